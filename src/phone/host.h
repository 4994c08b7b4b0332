/* phone/host.h: the phone as an IP host: frames with its MAC and tag, ARP (RFC 826) with duplicate probe (RFC 5227),
 * ICMP echo (RFC 792), UDP out and in.
 *
 * TCP is not here: it belongs to the driver, which asks phone_path (phone/phone.h) how to frame it.
 *
 * Neighbours  HOST_NEIGHBOURS next hops; resolved on demand (ARP at once, again after 1, 2, 4 s, given up 8 s later); a
 *             resolved one is asked again, by unicast, when it is older than 5 minutes and in use. A full table drops
 *             the least lately used.
 * Defends     its address (RFC 5227, 2.4 (b)): who uses it is answered with an announcement, once in 10 s at most.
 * Gives       at most one frame for a frame, and one ARP request a neighbour for a wake.
 * Memory      one struct host; nothing is allocated.
 * Garbage     frames to other MACs, other VLANs, broken ARP/IP/UDP, fragments: no state change; host_hear says what it
 *             was.
 */
#ifndef PHONE_HOST_H
#define PHONE_HOST_H
#include "base/engine.h"
#include "wire/arp.h"
#include "wire/ethernet.h"
#include "wire/ipv4_udp.h"

/* CS3, the TOS byte of these phones' signalling without a configuration that says otherwise; a driver gives it to their
 * TCP. */
enum { PHONE_TOS = 0x60 };
enum { HOST_NEIGHBOURS = 6, VLAN_UNTAGGED = 0xffff };

struct host_neighbour {
    ipv4 address;   /* 0: free */
    struct mac mac; /* MAC_NONE: not resolved */
    uint8_t tries;
    usec due, used; /* next ARP, or refresh; last asked for */
};

struct host {
    struct mac mac;
    uint16_t vlan;    /* VLAN_UNTAGGED, or the tag of all but discovery */
    uint8_t priority; /* in the tag */
    ipv4 address, mask, router;
    ipv4 probing; /* being probed for duplicates; 0: none */
    uint16_t ip_id;
    usec defended; /* when its address was last announced against another; 0: never */
    struct host_neighbour neighbour[HOST_NEIGHBOURS];
};

enum host_heard {
    HOST_NOTHING,   /* not for us, or answered here */
    HOST_MALFORMED, /* *why says what */
    HOST_UDP,       /* for us: *datagram */
    HOST_TCP,       /* the driver's business */
    HOST_RESOLVED,  /* a next hop answered */
    HOST_DUPLICATE, /* somebody else has the address that is probed, or ours: *mac */
    HOST_RAW,       /* not IP or ARP: discovery; *ethernet is the frame */
};

struct host_frame {
    struct ethernet ethernet;
    struct ipv4_packet packet;
    struct udp udp;
    struct mac mac; /* DUPLICATE */
    struct fault why;
};

void host_init(struct host *, struct mac);
void host_forget(struct host *); /* no address, no neighbours (VLAN changed, power lost) */
enum host_heard host_hear(struct host *, usec now, struct bytes frame, struct host_frame *, struct outbox *);
usec host_wake(struct host *, usec now, struct outbox *); /* ARP repeats; returns when it next has something to do */
/* The MAC to which a packet for `to` goes now. False: unknown; asked by ARP, HOST_RESOLVED will come. */
bool host_reach(struct host *, usec now, ipv4 to, struct mac *next, struct outbox *);
bool host_known(const struct host *, ipv4 to, struct mac *next); /* the same, without asking */
bool host_unreachable(const struct host *, ipv4 to);             /* its next hop has not answered ARP, all tries used */
bool host_concerned(const struct host *, ipv4 sender, ipv4 target); /* would an ARP with these mean anything to it? */
void host_probe(struct host *, ipv4 address, struct outbox *); /* one ARP probe; HOST_DUPLICATE if somebody has it */
void host_announce(struct host *, struct outbox *);            /* gratuitous ARP */
/* A UDP datagram: begin, write the payload to `w`, end. `next` is its destination MAC; `from` 0 before an address. */
struct host_datagram {
    struct writer *w;
    size_t frame, packet, udp;
    ipv4 from, to;
};
struct host_datagram host_udp_begin(struct host *, struct mac next, ipv4 from, uint16_t from_port, ipv4 to,
                                    uint16_t to_port, struct outbox *);
/* The same for what is no signalling: with its own priority in the tag and TOS byte. */
struct host_class {
    uint8_t priority, tos;
};
struct host_datagram host_udp_begin_as(struct host *, const struct host_class *, struct mac next, ipv4 from,
                                       uint16_t from_port, ipv4 to, uint16_t to_port, struct outbox *);
void host_udp_end(struct host_datagram *);
/* A frame of discovery, untagged. */
struct ethernet host_frame(const struct host *, struct mac to);
#endif
