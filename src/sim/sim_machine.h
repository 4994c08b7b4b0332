/* sim/sim_machine.h: what sim.c does where the lab runs on a machine (sim_config.times): between the one's parties and
 * the other's processes. Only the files of sim_inside.h include it.
 */
#ifndef SIM_SIM_MACHINE_H
#define SIM_SIM_MACHINE_H
#include "sim/sim.h"

bool sim_machine_open(struct sim *);
void sim_machine_ways(struct sim_config *); /* how long ways are */
/* Takes an entry of the agenda that is the machine's, or an engine's: true. */
bool sim_machine_takes(struct sim *, const struct entry *);
void sim_machine_wakes(struct sim *, uint32_t party);
uint32_t sim_machine_way(const struct sim *, uint32_t party, const struct event *); /* TCP's: the party of its entry */

/* What engines put. */
void sim_machine_inside(struct sim *, uint32_t party, const struct event *); /* for another of the same process */
void sim_machine_frame(struct sim_access *, struct bytes frame);
void sim_machine_stream(struct sim *, uint32_t phone, const struct action *, struct bytes);
void sim_machine_told(struct sim *, uint32_t party);
void sim_machine_site(struct sim *, uint32_t party, const struct outbox *);
#endif
