/* app/lab/sim_world.h: the world of `dialtone lab --sim`: it is asked, and says, the same as the processes of a lab on
 * real frames (net/process.h), in virtual time and in this process. */
#ifndef APP_LAB_SIM_WORLD_H
#define APP_LAB_SIM_WORLD_H
#include "net/process.h"

struct sim_world;
typedef void sim_says_fn(void *context, struct bytes message); /* as a message of enum process_says */

/* `record`: descriptor of a recording, -1: none. `times`: the machine it runs on, and over how many fleets (sim/sim.h);
 * NULL: none. `threads`: 0 or 1: none but the caller's. NULL: *why. */
struct sim_world *sim_world_open(const struct process *, const struct service_times *times, uint32_t threads,
                                 sim_says_fn *, void *context, const char **why);
void sim_world_close(struct sim_world *);
void sim_world_ask(struct sim_world *, struct bytes message); /* a message of enum process_asks */
usec sim_world_now(const struct sim_world *);
void sim_world_turn(struct sim_world *, usec until);          /* until something is said, or that moment */
void sim_world_digest(const struct sim_world *, char to[65]); /* of all that happened, in hex */
#endif
