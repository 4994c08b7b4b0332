/* sim/sim_inside.h: what the files of a lab in virtual time share: sim_open.c (all that there is), sim.c (what goes
 * on), sim_ways.c (what engines put, and where it arrives), sim_machine.c (the machine that all of it may run on).
 *
 * A place is where something happens now: a part of the lab (sim/parts.h), the moment there, who acts. Threads work on
 * different places and touch nothing else: the switch and its phones of a fleet's place, the servers of the last, what
 * only one side of a stream changes (sim/tcp.h).
 */
#ifndef SIM_SIM_INSIDE_H
#define SIM_SIM_INSIDE_H
#include "sim/sim.h"

enum { FRAME_MOST = 2048 };

struct sim_place {
    _Alignas(64) struct sim *sim;
    uint32_t number; /* its part's */
    uint32_t source; /* who acts */
    usec now;
    struct outbox *outbox; /* the thread's */
    struct sim_tcp_side tcp;
    uint64_t events, spins, overflows;
    struct sim_memory said; /* news until the window is over: moment be64, party be32, news be16, length be16, facts */
    bool failed;
};

/* Parties of the fleets' side: phones first, then the switches. */
static inline bool is_fleets(const struct sim *s, uint32_t party)
{
    return party < s->site_base;
}

struct fleet *sim_fleet_of(const struct sim *, uint32_t party,
                           uint32_t *local); /* of the fleets' side; its number there */
uint32_t sim_switch_party(const struct sim *, uint32_t number);
struct sim_place *sim_place_of(const struct sim *, uint32_t party); /* of any party */
void sim_put(struct sim_place *, usec at, uint32_t party, uint32_t source, const struct event *);
void sim_later(struct sim_place *, usec at, uint32_t party, const struct event *); /* by who acts */
void sim_wake(struct sim *, uint32_t party, usec due);
void sim_say(struct sim_place *, uint32_t party, const struct action *, struct bytes facts);

/* At the place's present moment. */
void sim_step(struct sim_place *, uint32_t party, const struct event *);
bool sim_arrives(struct sim_place *, uint32_t party, const struct event *); /* may have been closed in the meantime */
void sim_act(struct sim_place *, uint32_t party);                           /* what an engine put */
void sim_hears(struct sim_place *, uint32_t number, struct bytes frame);    /* the servers' card, at that uplink */
void sim_uplink(struct sim_access *, struct bytes frame);
void sim_site_acts(struct sim_place *, uint32_t party, const struct outbox *);
void sim_site_leaves(struct sim_place *, uint32_t party, const struct action *, struct bytes); /* party: of site.h */
void sim_remember(struct sim *, struct bytes record);
/* A writer of so many bytes behind what is there; they count once written. False: no memory. */
bool sim_more(struct sim_memory *, size_t bytes, struct writer *);
void sim_written(struct sim_memory *, const struct writer *);
struct fleet_hooks sim_fleet_hooks(struct sim_access *);
struct sim_tcp_hooks sim_tcp_hooks_of(void); /* of a context that is a place */
#endif
