/* sim/link.h: a way with latency, loss, doubling and disorder; each with a random stream of its own. */
#ifndef SIM_LINK_H
#define SIM_LINK_H
#include "base/random.h"

enum { SIM_LEAST = 2 }; /* µs: no way is shorter, so that what happens within it cannot depend on each other */

struct sim_trouble { /* in each 10,000 */
    uint32_t loss, duplicate, reorder;
};

struct sim_link {
    usec latency; /* at least SIM_LEAST */
    struct sim_trouble trouble;
    struct random random;
    uint64_t passed, dropped;
};

void sim_link_init(struct sim_link *, usec latency, const struct sim_trouble *, uint64_t seed);
/* A frame goes in at `now`: when it comes out, once or twice. Returns how often: 0 lost, 1, or 2. */
unsigned sim_link_pass(struct sim_link *, usec now, usec out[2]);
bool sim_link_disorders(struct sim_link *); /* drawn: do those behind this one overtake it? */
/* TCP's way over it: nothing is lost, a lost segment comes again after `rto`, doubling. */
usec sim_link_reliable(struct sim_link *, usec now, usec rto);
#endif
