/* sim/parts.h: what will happen in the parts of a lab in virtual time, and which parts go on next.
 *
 * A part is a group of parties that have their own agenda (sim/agenda.h) and their own wake times (base/timers.h).
 * Between parts nothing is quicker than a certain time, the window: so each may go on for that long, from the earliest
 * moment of all, without a look at the others, and on a thread of its own. With one part only all goes in the order of
 * time.
 *
 *   n = parts_ready(&p, begin + window - 1)       all that have something to do in the window that begins at
 *                                                 parts_next(&p)
 *   on each hand, for each of its p.ready[...]:
 *       parts_enter(&p, part, hand);              a hand is a thread, and what belongs to it alone
 *       ...part_next, parts_wake, parts_put...    this part goes on, entry by entry, up to the end of the window
 *       parts_leave(&p, part);
 *   parts_settle(&p, n);                          then each gets what the others put for it
 *
 * What a part puts for another lies beyond the window, so the outcome is the same for any order of the parts and any
 * number of hands.
 * Wakes   each party has at most one; it goes before the entries of the same party and moment. Parties are numbered
 *         within the part here, in the order of their numbers in its agenda.
 * Memory  allocated by parts_open, and as agendas grow; `failed`, after parts_settle, when there was none.
 */
#ifndef SIM_PARTS_H
#define SIM_PARTS_H
#include "base/timers.h"
#include "sim/agenda.h"

struct parts_hand;

/* Each on cache lines of its own: two threads write to two of them. */
struct part {
    _Alignas(64) struct agenda agenda;
    struct timers timers;
    struct parts_hand *hand; /* works on it now; NULL: nobody does */
};

struct parts {
    struct part *part;
    struct parts_hand *hand;
    uint32_t count, hands;
    struct timers turns; /* when each has something to do: while nobody works on it */
    uint32_t *ready;
    struct timer *heaps;
    uint32_t *places;
    bool failed;
};

/* So many parts, of sizes[i] parties each. False: no memory. */
bool parts_open(struct parts *, uint32_t count, const uint32_t sizes[], uint32_t hands);
void parts_close(struct parts *);
/* `by` is the part that puts it, on the thread that works on it; or any, if nobody works on one. */
void parts_put(struct parts *, uint32_t by, uint32_t to, usec at, uint32_t party, uint32_t source,
               const struct event *);
void parts_wake(struct parts *, uint32_t part, uint32_t party, usec due); /* NEVER: not */
usec parts_next(const struct parts *);                                    /* NEVER: nothing at all */
uint32_t parts_ready(struct parts *, usec last); /* how many stand in `ready`; each of them is to be entered once */
void parts_enter(struct parts *, uint32_t part, uint32_t hand);
void parts_leave(struct parts *, uint32_t part);
void parts_settle(struct parts *, uint32_t ready);
usec part_next(const struct part *); /* its agenda's or its timers' */
#endif
