#include "sim/link.h"

enum { WHOLE = 10000, RETRANSMISSIONS = 8 };

void sim_link_init(struct sim_link *l, usec latency, const struct sim_trouble *trouble, uint64_t seed)
{
    *l = (struct sim_link){
        .latency = latency < SIM_LEAST ? SIM_LEAST : latency, .trouble = *trouble, .random = random_from(seed)};
}

static bool happens(struct sim_link *l, uint32_t chance)
{
    return chance && random_below(&l->random, WHOLE) < chance;
}

unsigned sim_link_pass(struct sim_link *l, usec now, usec out[2])
{
    if (happens(l, l->trouble.loss)) {
        l->dropped++;
        return 0;
    }
    l->passed++;
    out[0] = now + l->latency;
    if (happens(l, l->trouble.reorder))
        out[0] += l->latency + random_below(&l->random, (uint32_t)(4 * l->latency) + 1); /* others overtake it */
    if (!happens(l, l->trouble.duplicate)) return 1;
    out[1] = out[0] + l->latency;
    return 2;
}

bool sim_link_disorders(struct sim_link *l)
{
    return happens(l, l->trouble.reorder);
}

usec sim_link_reliable(struct sim_link *l, usec now, usec rto)
{
    for (unsigned i = 0; i < RETRANSMISSIONS && happens(l, l->trouble.loss); i++, rto *= 2) {
        l->dropped++;
        now += rto;
    }
    l->passed++;
    return now + l->latency;
}
