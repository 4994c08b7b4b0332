/* net/relay.h: the kernel's TCP for phones that are not the kernel's: each packet that it sends is framed as the phone
 * that owns its address would, with that phone's MAC and tag, and back.
 *
 * In the fleet's namespace a route of type local covers the whole range 10.0.0.0/8, so that a socket can bind any
 * phone's address. What the kernel sends goes to the veth RELAY_KERNEL; its other end is read here. The rules of
 * netlink.h let a connection between two of these addresses leave by that link too.
 * Only TCP goes this way: the engine is asked first whether the phone has power, link, that address and a next hop;
 * otherwise the packet is dropped and counted, as a dead cable would.
 */
#ifndef NET_RELAY_H
#define NET_RELAY_H
#include "net/packet.h"
#include "phone/phone.h"

#define RELAY_KERNEL "phones0"
#define RELAY_END    "relay0"

/* Which phone has this address now? NULL: none. */
typedef const struct phone *relay_find_fn(void *context, ipv4, uint32_t *number);
/* A frame as the phone sends it. */
typedef void relay_frame_fn(void *context, uint32_t number, struct bytes frame);

struct relay {
    struct packet packet;
    struct mac kernel, gateway;
    relay_find_fn *find;
    relay_frame_fn *frame;
    void *context;
    uint64_t homeless; /* packets of an address that no phone has, or of a phone that cannot send */
};

/* Makes the veth, routes, rules and the permanent neighbour in the calling process's namespace, and opens the
 * socket. */
int relay_open(struct relay *, struct loop *, relay_find_fn *, relay_frame_fn *, void *context, struct net_error *why);
void relay_to_kernel(struct relay *, struct bytes packet); /* an IPv4 packet that phone_takes_tcp took */
void relay_close(struct relay *);
#endif
