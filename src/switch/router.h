/* switch/router.h: the router inside the switch: an interface a VLAN (SVI), IPv4 forwarding, DHCP relay.
 *
 * Answers ARP (RFC 826) and ICMP echo (RFC 792) for its own addresses. Forwards IPv4 between its VLANs and by its
 * default router: TTL - 1 (RFC 1812, 5.3.1), at 0 the packet is dropped and counted; broadcasts and group addresses are
 * not forwarded. Packets whose next hop is not known wait, a few for all, while it is asked for by ARP: 3 times, 1 s
 * apart. An ARP entry lives 4 hours (as in IOS) and is renewed by whatever ARP its host sends; an ARP whose sender is
 * not the frame's is not believed.
 * DHCP relay (RFC 1542, 4.1; RFC 2131, 4.1; RFC 3046): a BOOTREQUEST in a VLAN whose SVI has a helper goes to it with
 * giaddr and hops + 1 (16 or more: dropped), with option 82 when asked for; a BOOTREPLY to an address of ours goes to
 * the client in giaddr's VLAN: to yiaddr at chaddr, or to all when the broadcast flag is set. Option 82 is then taken
 * off again.
 *
 * Takes   frames to its own address, or to all, that the bridge has let in; its moment.
 * Gives   frames by the bridge: at most ROUTER_WAITING + 2 sends a call.
 * Memory  struct router_neighbour, a multiple of ROUTER_WAYS, and ROUTER_WAITING of struct router_waiting, from the
 *         owner.
 * Errors  what cannot be decoded changes nothing, and is handed back as a fault.
 */
#ifndef SWITCH_ROUTER_H
#define SWITCH_ROUTER_H
#include "switch/bridge.h"

enum { SWITCH_SVIS = 6, ROUTER_WAYS = 4, ROUTER_WAITING = 32, ROUTER_PACKET = 1500 };

struct switch_svi {
    uint16_t vlan;
    ipv4 address, mask;
    ipv4 helper; /* DHCP server for this VLAN; 0: no relay */
};

struct router_neighbour {
    ipv4 address; /* 0: empty */
    uint8_t svi, tries;
    bool known;
    struct mac mac;
    usec until; /* known: forgotten then; else: asked again then */
};

struct router_waiting {
    ipv4 next_hop; /* 0: free */
    uint8_t svi;
    uint16_t len;
    uint8_t packet[ROUTER_PACKET];
};

struct router_counts {
    uint64_t forwarded, echoed, ttl_exceeded, no_route, unresolved, relayed, relay_dropped;
};

struct router_config {
    const struct switch_svi *svi;
    uint8_t svis;
    ipv4 default_router; /* 0: none */
    struct mac mac;      /* of the first SVI; the others follow it by one */
    bool
        relay_option_82; /* circuit id: "VLAN/port" as IOS has it: 00 04, VLAN, module 0, port; remote id: 00 06, mac */
};

struct router {
    const struct router_config *config;
    struct bridge *bridge;
    struct router_neighbour *neighbours;
    struct router_waiting *waiting;
    uint32_t sets;
    usec due;
    uint16_t next_id; /* IPv4 identification of what it sends itself */
    struct router_counts counts;
    uint8_t scratch[ROUTER_PACKET + 64];
};

void router_init(struct router *, const struct router_config *, struct bridge *, struct router_neighbour *,
                 uint32_t neighbours, struct router_waiting *);
bool router_owns(const struct router *, uint16_t vlan, struct mac); /* it is the address of that VLAN's SVI */
struct mac router_mac(const struct router *, uint8_t svi);
/* The uplink came up: asks for the default router, so that it is known before many packets at once need it. Then see
 * router_due. */
void router_seek(struct router *, usec now, struct outbox *);
/* A frame to router_owns or to a group. False: malformed, *why. Then see router_due. */
bool router_take(struct router *, usec now, uint32_t port, const struct bridged *, struct fault *why, struct outbox *);
usec router_wake(struct router *, usec now, struct outbox *); /* the next moment; NEVER when nothing waits */
usec router_due(const struct router *);
#endif
