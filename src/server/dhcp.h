/* server/dhcp.h: DHCP server (RFC 2131, 2132; relay agent information RFC 3046; option 150, RFC 5859).
 *
 * Takes   EVENT_DATAGRAM (to port 67), EVENT_WAKE, EVENT_UNSTORED. All else changes nothing.
 * Gives   ACTION_STORE (RECORD_LEASE, always before the ACK's datagram), ACTION_DATAGRAM, ACTION_TELL (server/news.h,
 *         DHCP_TOLD_...): at most DHCP_SERVER_MOST a step.
 * Subnet  that of giaddr; else that of ciaddr; else `local`. A request from elsewhere gets no answer and is told.
 * Client  known by option 61, else by chaddr (RFC 2131, 4.2; Ethernet only). It gets: the address that it holds or held; the
 *         one it asks for, if free; else the one that has been free longest. An OFFER keeps its address for `offer`.
 * REQUEST as RFC 2131, 4.3.2: selecting (another's server id: the offer is taken back), init-reboot (NAK when the
 *         address is of another subnet or held by another; silence when we know nothing of the client), renewing,
 *         rebinding. A client whose lease ran out and whose address is still free gets it again.
 * DECLINE the address rests for `quarantine`. RELEASE: free, and kept for the same client as long as others are.
 *         INFORM: an ACK without yiaddr and lease.
 * Answers go to giaddr, port 67 (a NAK then with the broadcast bit, 4.3.2); to ciaddr; to 255.255.255.255 when
 *         the broadcast bit is set, or by NAK; else to yiaddr with `to.mac` = chaddr (the driver must not ask by ARP,
 *         4.1). Option 82 comes back as it came (RFC 3046, 2.2). Addresses are not probed by ICMP: the phone probes by
 *         ARP, and declines.
 * Garbage what cannot be decoded, is not a BOOTREQUEST, has no message type (plain BOOTP), or is of a type that only
 *         servers send: no state changes, no answer, told once a second at most.
 * Memory  dhcp_server_size(config) bytes from the owner at init: a lease record for each address of each pool.
 */
#ifndef SERVER_DHCP_H
#define SERVER_DHCP_H
#include "base/timers.h"
#include "server/store.h"

enum { DHCP_SERVER_MOST = 48, DHCP_SERVER_BYTES = 16 * 1024 }; /* a step: actions, bytes */
enum { DHCP_SERVER_SUBNETS = 64, DHCP_SERVER_TFTP = 3 };

struct dhcp_subnet {
    ipv4 network, mask;
    ipv4 first, last;            /* pool, both included */
    ipv4 router;                 /* 0: none is told */
    ipv4 tftp[DHCP_SERVER_TFTP]; /* option 150, in order; siaddr and option 66 tell the first */
    uint8_t tftps;
    ipv4 dns;       /* 0: none is told */
    uint32_t lease; /* s; 0: 86400. T1 is half, T2 seven eighths (RFC 2131, 4.4.5) */
};

struct dhcp_server_config {
    ipv4 address;                      /* ours: option 54, and where answers come from */
    const struct dhcp_subnet *subnets; /* outlives the server */
    uint32_t subnet_count;
    int32_t local;          /* the index of the subnet on our own wire; -1: none */
    usec offer;             /* how long an OFFER keeps its address; 0: 60 s */
    usec quarantine;        /* 0: 600 s */
    uint64_t wall_at_start; /* wall time in s when `now` was 0 */
};

struct dhcp_lease {
    struct lease_record record;
    uint64_t before;       /* `until` before the last STORE, s: what stays true when that fails */
    uint32_t next;         /* in the hash chain of its client */
    uint32_t older, newer; /* in its subnet's list of free addresses */
    bool hashed, listed;
};

struct dhcp_server {
    struct dhcp_server_config config;
    struct dhcp_lease *lease;
    uint32_t leases, buckets, *bucket;
    struct {
        uint32_t begin, end;     /* its leases */
        uint32_t oldest, newest; /* free ones, by how long they have been free */
        uint32_t free;
    } pool[DHCP_SERVER_SUBNETS];
    struct timers timers;
    usec told, exhausted_told;                         /* when each was last told: once a second at most */
    uint64_t malformed, exhausted, offers, acks, naks; /* counts since the start */
};

size_t dhcp_server_size(const struct dhcp_server_config *); /* 0: the configuration is not sound */
bool dhcp_server_init(struct dhcp_server *, const struct dhcp_server_config *, void *memory, size_t size,
                      struct fault *why);
/* One record of a store, at the start (`now` = 0). Others than leases, and leases outside of the pools, are passed
 * over. */
void dhcp_server_load(struct dhcp_server *, const struct record *);
usec dhcp_server_step(void *server, usec now, const struct event *, struct outbox *);
/* The wall clock stepped: what it would have been when `now` was 0. */
void dhcp_server_clock(struct dhcp_server *, uint64_t wall_at_start);
#endif
