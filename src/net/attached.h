/* net/attached.h: the attached interfaces in the fleet's process: frames to and from their ports, carrier as their
 * lines.
 *
 * Takes   what net/attach.h opened, a loop, a fleet of the same plan.
 * Gives   frames and lines to the fleet (fleet_from_attached, fleet_attached_line) once attached_begin was called, none
 *         before; SAYS_ATTACHED whenever a carrier changes, and when asked.
 * Memory  a ring of 4 MiB an interface, shared with the kernel. The struct must not move.
 * Errors  an interface that goes away has no carrier; what cannot be sent or was lost is counted.
 */
#ifndef NET_ATTACHED_H
#define NET_ATTACHED_H
#include "lab/fleet.h"
#include "net/packet.h"
#include "net/process.h"

struct attached_port {
    struct attached *all;
    uint32_t which, megabits;
    int socket;
    struct packet packet;
    struct line line;
    uint64_t in, out;
};

struct attached {
    const struct process *process;
    struct fleet *fleet;
    uv_poll_t changes;
    struct attached_port port[PLAN_ATTACHED];
    bool begun;
};

int attached_open(struct attached *, const struct process *, struct loop *, struct fleet *, struct net_error *why);
void attached_begin(struct attached *);
void attached_send(struct attached *, uint32_t which, struct bytes frame);
uint64_t attached_report(struct attached *); /* says all; returns the frames that were lost */
#endif
