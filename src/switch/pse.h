/* switch/pse.h: the power sourcing equipment of one port: Cisco pre-standard detection, IEEE 802.3af/at (clause 33).
 *
 * Power is detected. Rounds alternate:
 *   pre-standard  narrow pulses with a random word, then wide ones with another, then wide ones with a third: both wide
 *                 words must come back and the narrow one must not. Only the closed relay and the low-pass filter of an
 *                 unpowered phone do that: a plain loop-back plug returns the narrow word too, another switch sends
 *                 words of its own. Echoes arrive in order, so no verdict depends on how late they are.
 *   IEEE          -4 V, then -8 V: at both the load must be 19 to 26.5 kohm with less than 150 nF; then -18 V, and the
 *                 current says the class.
 * Then budget (first come, first served), -48 V, power good, and for a pre-standard device a link within 4 s.
 * Words of another (a switch, a computer that negotiates) are a link partner: the port raises its carrier for it.
 *
 * Takes   what the far end does (pse_line), its moment (pse_wake), the administrator (pse_admin), budget (pse_retry).
 * Gives   ACTION_LINE when this end of the line changes, ACTION_TELL (DETECTED, POWER_GRANTED, POWER_DENIED, NO_LINK,
 *         DISCONNECTED, OVERLOADED, POWER_FAULT): at most PSE_MOST a call.
 * Memory  sizeof(struct pse) a port.
 * Errors  a line that cannot be decoded never comes here; any decodable line is taken as what the copper does.
 */
#ifndef SWITCH_PSE_H
#define SWITCH_PSE_H
#include "base/random.h"
#include "wire/line.h"

enum { PSE_MOST = 6 }; /* actions */

enum power_admin { POWER_AUTO, POWER_STATIC, POWER_NEVER };
enum pse_found { PSE_FOUND_NOTHING, PSE_FOUND_CISCO, PSE_FOUND_IEEE };
enum pse_state {
    PSE_DISABLED,     /* admin never, or the port is shut */
    PSE_DETECT_CISCO, /* no link, no power: pulses */
    PSE_DETECT_IEEE,  /* no link, no power: detection voltages */
    PSE_CLASSIFY,     /* IEEE seen: -18 V */
    PSE_LINK_ONLY,    /* the far end is up by its own power: nothing to detect until its carrier goes */
    PSE_DENIED,       /* no budget; looks again when some is freed, or after a while */
    PSE_POWER_UP,     /* -48 V is on, inrush */
    PSE_WAIT_LINK,    /* pre-standard: power good, no carrier yet */
    PSE_POWERED,
    PSE_DISCONNECT, /* power has just gone: the line rests before it is looked at again */
    PSE_OVERLOAD,
    PSE_FAULT, /* short, or no power good; admin static: until shut / no shut */
};

struct pse_timing {
    usec narrow, listen;    /* pre-standard: the narrow word; each wide word waits this long for its echo */
    usec point;             /* IEEE: at each of the two detection voltages (802.3 33.2.5: both within 500 ms) */
    usec classify;          /* 10 to 75 ms */
    usec round, round_most; /* from one round to the next; doubles up to `most` while nothing moves at the far end */
    usec power_up;          /* inrush: power good within 75 ms */
    usec wait_link;         /* pre-standard: 4 s (CatOS 6.3) */
    usec maintain;          /* IEEE: maintain power absent for 300 to 400 ms */
    usec overload;          /* 50 to 75 ms */
    usec fault_hold;        /* 750 ms (Ted) */
    usec denied_retry;      /* a denied device is looked for again */
    usec rest;              /* with no volts, after power was taken away */
};

struct pse_budget {
    uint32_t total, used; /* mW, of one member of the stack; used never exceeds total */
};

struct pse {
    enum pse_state state;
    enum power_admin admin;
    bool shut;
    enum pse_found found;
    uint8_t step, class;        /* of a round; of an IEEE device */
    bool narrow_back, courting; /* this round: the narrow word came back; words of another are heard */
    bool answered, denied_told;
    uint16_t words[6];          /* this round's and the last one's */
    uint32_t port, most;        /* its number; mW that it can give: 15400 (Type 1), 30000, 0 (an uplink) */
    uint32_t allocated, held;   /* mW: to the device; of the budget (static: always `most`) */
    usec due, began, round;     /* next wake; of this round */
    usec low_since, over_since; /* current below maintain power, above Icut; NEVER */
    struct line near, far;
    struct random random;
    const struct pse_timing *timing;
    struct pse_budget *budget;
};

void pse_init(struct pse *, uint32_t port, uint32_t most, const struct pse_timing *, struct pse_budget *,
              uint64_t seed);
usec pse_line(struct pse *, usec now, const struct line *far, struct outbox *);
usec pse_wake(struct pse *, usec now, struct outbox *);
usec pse_admin(struct pse *, usec now, enum power_admin, bool shut, struct outbox *);
void pse_retry(struct pse *,
               usec now); /* budget was freed: a DENIED port looks again at its next wake, which is due now */
bool pse_allocate(struct pse *, uint32_t milliwatts); /* negotiated; false: not powered, static, or no budget for it */
uint32_t pse_need(const struct pse *);                /* mW that a device as found would be given */
bool pse_gives(const struct pse *);                   /* -48 V is on the line */
bool pse_carrier(const struct pse *);                 /* both transceivers are up */
#endif
