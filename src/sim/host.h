/* sim/host.h: the servers' network card in virtual time: what a kernel does there. ARP for its addresses (RFC 826),
 * ICMP echo, UDP in and out.
 *
 * It never asks by ARP: all that servers send is an answer, and goes back to the MAC that the question came from, or to
 * the one that the engine names (DHCP). Behind a routed uplink all of it goes to the router at the other end, whose
 * address it knows. Garbage: ignored, as a kernel does.
 * Memory  HOST_PEERS of struct sim_peer from the owner, none behind a routed uplink.
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H
#include "base/engine.h"

enum { HOST_ADDRESSES = 4, HOST_PEERS = 4096 };

struct sim_peer {
    ipv4 address;
    struct mac mac;
};

struct sim_host {
    struct mac mac;
    ipv4 address[HOST_ADDRESSES];
    uint8_t addresses;
    uint16_t id;
    struct sim_peer *peer; /* by hash of the address; the newest wins. NULL: routed */
    struct mac router;
};

void sim_host_init(struct sim_host *, struct mac, const ipv4 *addresses, uint8_t count, struct sim_peer *);
/* Its own address on a routed uplink, and the MAC of the router there. */
void sim_host_route(struct sim_host *, ipv4 own, struct mac router);
/* A frame came. True: it is a datagram for a server: *out is its event (borrows the frame). Its own answers go into
 * `reply`. */
bool sim_host_hear(struct sim_host *, struct bytes frame, struct event *out, struct writer *reply);
/* A server's datagram as a frame. False: nobody knows where to. */
bool sim_host_send(struct sim_host *, struct endpoint from, struct endpoint to, struct bytes payload,
                   struct writer *frame);
#endif
