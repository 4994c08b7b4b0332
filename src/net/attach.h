/* net/attach.h: interfaces of the host as cables of the lab: opened where the host is, used in the lab's own world.
 *
 * attach_open is called in the host's network namespace before the world is made: it needs CAP_NET_RAW, which nobody
 * has in the lab's world over what is outside. What it opens is inherited; each process that does not use it closes it
 * with attach_close. An interface is promiscuous from packet_open on (as a switch port is), until the last process that
 * holds its socket has closed it, in whatever way it ends.
 *
 * Takes   names of Ethernet interfaces that are up.
 * Gives   a packet socket each for packet_open, one netlink socket that becomes readable when a link of the host
 *         changes, and what an interface does to its end of the cable, as often as that is asked.
 * Errors  0 or a negative errno, and in *why what is missing and what to do: CAP_NET_RAW, the interface itself, that it
 *         is not Ethernet, or not up. An interface that goes away later has no carrier.
 */
#ifndef NET_ATTACH_H
#define NET_ATTACH_H
#include "lab/plan.h"
#include "net/error.h"
#include "wire/line.h"

struct attach {
    uint32_t count;
    int frames[PLAN_ATTACHED]; /* packet sockets; -1: closed, or handed over */
    int changes;               /* netlink socket */
};

int attach_open(struct attach *, const struct plan *, struct net_error *why);
void attach_close(struct attach *);
/* `socket`: of frames, wherever it is used. The speed is that of the interface, at most 1000 Mbit/s; *megabits as it
 * is. */
struct line attach_line(int socket, uint32_t *megabits);
void attach_heard(
    const struct attach *); /* takes what the netlink socket holds: to be followed by attach_line of each */
#endif
