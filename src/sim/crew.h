/* sim/crew.h: some threads that do the same kind of work, item by item, and are all done with it before anything else
 * goes on.
 *
 * The caller is one of the hands, number 0. Between two works the others wait, awake for some microseconds, since works
 * are many and short, then asleep. They take no signals.
 */
#ifndef SIM_CREW_H
#define SIM_CREW_H
#include <stdbool.h>
#include <stdint.h>

enum { CREW_HANDS = 64 }; /* at most */

typedef void crew_work_fn(void *context, uint32_t hand, uint32_t item);

struct crew_room;
struct crew {
    uint32_t hands; /* 1: nobody but the caller */
    struct crew_room *room;
};

/* With fewer hands than asked for where there are no more to be had; at least the caller is there. */
void crew_open(struct crew *, uint32_t hands);
void crew_do(struct crew *, crew_work_fn *, void *context, uint32_t items); /* each item once, by any of the hands */
void crew_close(struct crew *);
#endif
