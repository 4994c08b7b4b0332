/* switch/pse_parts.h: what the files of switch/pse.h share. Internal to them.
 *
 *   pse.c         the states, what this end of the line does in each, and which event goes where
 *   pse_detect.c  PSE_DETECT_CISCO, PSE_DETECT_IEEE, PSE_CLASSIFY: is there a device that wants power, and of which
 *                 class?
 *   pse_power.c   the budget; PSE_POWER_UP, PSE_WAIT_LINK, PSE_POWERED: is what it draws what it should?
 */
#ifndef SWITCH_PSE_PARTS_H
#define SWITCH_PSE_PARTS_H
#include "base/facts.h"
#include "switch/news.h"
#include "switch/pse.h"

/* mV */
enum {
    VOLTS_POWER = -48000, /* the point between 44 and 57 V (IEEE 802.3af 33.2.8) that Cisco's ports have */
    VOLTS_FIRST = -4000,
    VOLTS_SECOND = -8000, /* within 2.8 to 10 V, at least 1 V apart (33.2.5) */
    VOLTS_CLASS = -18000, /* 15.5 to 20.5 V (33.2.6) */
};
enum { NARROW, WIDE, WIDE_AGAIN, FIRST_VOLTS = 0, SECOND_VOLTS, RESTING = 3 }; /* steps of a round */

/* pse.c */
struct writer *pse_tell(const struct pse *, enum switch_news, struct outbox *);
const char *pse_how(const struct pse *); /* it was found, in words */
void pse_tell_why(const struct pse *, enum switch_news, const char *why, struct outbox *);
void pse_enter(struct pse *, enum pse_state, usec now);

/* pse_detect.c */
void pse_begin_cisco(struct pse *, usec now); /* a round */
void pse_begin_ieee(struct pse *, usec now);
/* Pulses of the far end during either kind of round: an echo of ours, or words of its own. */
void pse_hear_pulses(struct pse *, usec now, struct outbox *);
void pse_wake_cisco(struct pse *, usec now, struct outbox *);
void pse_wake_ieee(struct pse *, usec now);
void pse_wake_classify(struct pse *, usec now, struct outbox *);

/* pse_power.c */
void pse_give_back(struct pse *);
void pse_power_or_deny(struct pse *, usec now, struct outbox *); /* what was found, by the budget */
void pse_forget_load(struct pse *);                              /* before volts go on again */
void pse_hear_load(struct pse *, usec now, struct outbox *);     /* POWER_UP: power is good, or not yet */
void pse_wake_power_up(struct pse *, usec now, struct outbox *); /* it never was */
void pse_link_down(struct pse *, usec now, struct outbox *);     /* of a powered device */
/* WAIT_LINK and POWERED: since when is the current wrong, and when does that, or the wait for a link, end? */
void pse_watch(struct pse *, usec now);
/* True when one of those times had ended, however late we were called. */
bool pse_expired(struct pse *, usec now, struct outbox *);
#endif
