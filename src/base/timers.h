/* base/timers.h: one heap for the wake times of many engines.
 *
 * Each engine has a number, 0 to n - 1, and at most one due time. Ties go by number, so that a run can be repeated.
 * Memory: n of struct timer and n of uint32_t, from the owner.
 */
#ifndef BASE_TIMERS_H
#define BASE_TIMERS_H
#include "base/engine.h"

enum { TIMERS_WAYS = 4 }; /* of the heap: half as many levels as with two, and the children of one are 64 bytes */

struct timer {
    usec due;
    uint32_t who;
};

struct timers {
    struct timer *heap; /* heap[0] is the earliest */
    uint32_t *place;    /* of each engine in the heap; UINT32_MAX: not in it */
    uint32_t count, n;
};

void timers_init(struct timers *, struct timer *heap, uint32_t *place, uint32_t n);
void timers_set(struct timers *, uint32_t who, usec due); /* NEVER takes it out */
usec timers_next(const struct timers *);                  /* NEVER when empty */
uint32_t timers_first(const struct timers *);             /* whose is the earliest; only when one is set */
#endif
