/* server/dhcp.h: DHCP server (RFC 2131, 2132; long options RFC 3396; relays RFC 3046, 3527, 5107; client
 * identifiers RFC 4361, echoed by RFC 6842; option 150, RFC 5859).
 *
 * Takes   EVENT_DATAGRAM (to port 67; `stream`: the interface on which it came), EVENT_FRAME (what came on interface
 *         `stream`, tagged or not, if there is a probe: ARP alone matters), EVENT_WAKE, EVENT_UNSTORED. All else
 *         changes nothing.
 * Gives   ACTION_STORE (RECORD_LEASE, always before the ACK's datagram), ACTION_DATAGRAM and ACTION_FRAME (`stream`:
 *         the interface on which it leaves), ACTION_TELL (server/news.h, DHCP_TOLD_...): at most DHCP_SERVER_MOST a
 *         step.
 * Subnet  relayed: that of the relay's link selection (RFC 3527), else of giaddr. Sent to our own address: that of
 *         ciaddr. Else that of the interface. A request from elsewhere gets no answer and is told.
 * Client  known by option 61, else by chaddr (RFC 2131, 4.2; Ethernet only). It gets: the address that is reserved
 *         for it, also when the same machine (chaddr) has it under another identifier: a boot ROM and the system
 *         behind; that which it holds or held; the one it asks for, if free; else the one that has been free longest.
 *         An OFFER keeps its address for `offer`; offers that nobody took hold a quarter of the free addresses at most
 *         (one at least), then the oldest is taken back and told: who asks for it still gets it while nobody else was
 *         offered it.
 * Options the narrowest scope that has one counts: reservation, class of the subnet, class of the server, subnet,
 *         server. What the client's list (option 55) names, in its order; without a list all of them. Beside that: 1,
 *         51, 54, 58, 59 always; what a scope's `always` names; to a Cisco phone (dhcp_is_phone) also 150, 66, 3 and
 *         6. Where 150 or 66 is sent, siaddr and sname say the same, so that every generation of phones finds its
 *         server. Option 67 is also `file`. What is too long for the client (option 57; else 576 bytes of IP) goes
 *         into `file` and `sname` (option 52), and what does not fit there is left out and counted.
 * REQUEST as RFC 2131, 4.3.2: selecting (another's server id: the offer is taken back), init-reboot, renewing,
 *         rebinding. An address that another client has: NAK. One of another network, or of our pools and of a client
 *         that we do not know: NAK when `authoritative`, else silence. One of the subnet that is not ours to give:
 *         silence. A client whose lease ran out and whose address is still free gets it again. One that renews and
 *         names its server, as it must not, is answered all the same.
 * DECLINE the address rests for `quarantine`. RELEASE: free, and kept for the same client as long as others are.
 *         INFORM: an ACK without yiaddr and lease, to ciaddr, else to where it came from.
 * Answers go to giaddr, port 67 (a NAK then with the broadcast bit, 4.3.2); to ciaddr; to 255.255.255.255 when the
 *         broadcast bit is set, or by NAK; else to yiaddr with `to.mac` = chaddr (the driver must not ask by ARP,
 *         4.1). Option 82 comes back as it came (RFC 3046, 2.2).
 * Probe   with `probe`, an address of a local interface that was never leased is asked for by ARP (two probes as RFC
 *         5227, 2.1.1) before it is offered, and the OFFER waits `probe_wait`. Whoever has it, or asks for it too,
 *         sends it to quarantine, and the next one is tried. With no place to wait in, or a DISCOVER of over 576
 *         bytes: unprobed.
 * Garbage what cannot be decoded, is not a BOOTREQUEST, has no message type (plain BOOTP), is of a type that only
 *         servers send, or came by an interface that is not there: no state changes, no answer, told once a second at
 *         most.
 * Memory  dhcp_server_size(config) bytes from the owner at init: DHCP_LEASE_BYTES and a hash entry for each address,
 *         20 for its timer; with a limit a relay or port 48 more; a reservation 220; a probe 600.
 */
#ifndef SERVER_DHCP_H
#define SERVER_DHCP_H
#include "base/facts.h"
#include "base/timers.h"
#include "server/store.h"

enum { DHCP_SERVER_MOST = 48, DHCP_SERVER_BYTES = 64 * 1024 }; /* a step: actions, bytes */
enum {
    DHCP_SERVER_SUBNETS = 65536,
    DHCP_SERVER_RANGES = 256, /* pools of a subnet; exclusions of it */
    DHCP_SERVER_INTERFACES = 64,
    DHCP_SERVER_CLASSES = 16, /* of the server, and of each subnet */
    DHCP_SERVER_TFTP = 3,
    DHCP_SERVER_ADDRESSES = 1 << 24,
    DHCP_SERVER_RESERVATIONS = 1 << 20,
    DHCP_SERVER_PROBES = 60000,
    DHCP_LEASE_BYTES = 128,
};
#define DHCP_NO_INTERFACE UINT32_MAX

/* What is told to the clients of a part of the world. All of it may be empty. */
struct dhcp_scope {
    ipv4 tftp[DHCP_SERVER_TFTP]; /* option 150, in order; the first is also siaddr, and sname and option 66 as text,
                                             unless the scope or a narrower one has a 66 of its own */
    uint8_t tftps;
    struct bytes
        options; /* others: code, length, value, one behind the other, made with dhcp_put_...; the same code twice
                                            in a row is one long value (RFC 3396). Not 0, 1, 50 to 59, 61, 82, 255 */
    struct bytes always; /* codes that are sent also to those who do not ask for them */
    uint32_t lease;      /* s; 0: the wider scope's; none has it: 86400; UINT32_MAX: for ever */
    uint32_t t1, t2;     /* s; 0, or not in order below the lease: half and seven eighths (RFC 2131, 4.4.5) */
};

void dhcp_put_addresses(struct writer *options, uint8_t code, const ipv4 *, size_t n);
void dhcp_put_text(struct writer *options, uint8_t code, struct bytes text); /* or any bytes */
/* Names with spaces between as option 119 has them (RFC 3397; not compressed); nothing when one is no name. */
void dhcp_put_search(struct writer *options, uint8_t code, struct bytes names);
void dhcp_put_number(struct writer *options, uint8_t code, uint64_t value, uint8_t size); /* big endian, 1 to 8 bytes */

/* Clients whose option 60 begins so. */
struct dhcp_class {
    struct bytes prefix; /* empty: Cisco's phones */
    struct dhcp_scope scope;
};

/* Does it send one of the option 60 of Cisco's phones? A PC behind one does not. */
bool dhcp_is_phone(struct bytes vendor_class);

struct dhcp_range {
    ipv4 first, last; /* both included */
};

struct dhcp_subnet {
    ipv4 network, mask;
    uint32_t interface; /* on whose wire it is; DHCP_NO_INTERFACE: behind relays alone */
    const struct dhcp_range *pools, *excluded;
    uint32_t pool_count, excluded_count; /* our own addresses, and the routers, are never given either */
    struct dhcp_scope scope;
    const struct dhcp_class *classes;
    uint32_t class_count;
};

struct dhcp_interface {
    ipv4 address;   /* ours on it: option 54, and where answers come from */
    struct mac mac; /* for ARP probes; MAC_NONE: none are sent */
};

enum dhcp_reserved_by { DHCP_BY_MAC, DHCP_BY_CLIENT_ID, DHCP_BY_NAME };

struct dhcp_reservation {
    enum dhcp_reserved_by by;
    struct mac mac;
    struct bytes key; /* CLIENT_ID: option 61 whole; NAME: option 12 without case; SEP<MAC> is the same as BY_MAC */
    ipv4 address;     /* of a subnet, in its pools or not; 0: none, it is for the scope alone */
    const struct dhcp_scope *scope; /* NULL: none */
};

/* All that it points to outlives the server, or the reload that replaces it. */
struct dhcp_server_config {
    const struct dhcp_interface *interfaces;
    uint32_t interface_count; /* 0: it is by no network yet, hears nobody, and may have no subnet; until a reload */
    const struct dhcp_subnet *subnets;
    uint32_t subnet_count;
    const struct dhcp_class *classes;
    uint32_t class_count;
    const struct dhcp_reservation *reservations; /* needed at init alone; their scopes outlive it */
    uint32_t reservation_count;
    uint32_t reservations_most; /* with those made while it runs; less than the list: as many as the list */
    struct dhcp_scope scope;
    bool authoritative;
    bool server_id_override;      /* RFC 5107: the relay may have itself asked in our place */
    bool probe;                   /* by ARP, before an OFFER */
    usec probe_wait;              /* 0: 500 ms */
    uint32_t probes;              /* at once; 0: 1024 */
    uint32_t per_port, per_relay; /* leases of one port (giaddr and circuit id) or relay; 0: no limit */
    usec offer;                   /* how long an OFFER keeps its address; 0: 60 s */
    usec quarantine;              /* 0: 600 s */
    uint64_t wall_at_start;       /* wall time in s when `now` was 0 */
    uint64_t seed;                /* secret: strangers choose what is hashed */
};

struct dhcp_counts {
    uint64_t received[9]; /* by type (enum dhcp_type); [0]: all, the malformed too */
    uint64_t malformed, no_subnet;
    uint64_t offers, acks, naks; /* sent */
    uint64_t exhausted;          /* DISCOVERs for which no address was free */
    uint64_t starved;            /* offers that were taken back, for there were too many */
    uint64_t limited;            /* refused by per_port or per_relay */
    uint64_t probes, unprobed;   /* ARP probes sent; offers without one, for want of a place */
    uint64_t conflicts;          /* addresses that were found in use */
    uint64_t expired, unstored;
    uint64_t left_out; /* options that did not fit */
};

/* Of one subnet. */
struct dhcp_pool {
    uint32_t addresses;                         /* to be given, without those that are reserved outside of its pools */
    uint32_t free, offered, bound, quarantined; /* all of its leases by state; free: of these `ready` are for anybody */
    uint32_t ready, waiting;                    /* lists: free for anybody; offered to anybody, not taken yet */
    usec starved_until;                         /* offers were taken back for want of room, not long before */
    struct {
        uint32_t oldest, newest;
    } list[2];
};

struct dhcp_lease {
    struct lease_record record;
    uint64_t before;        /* `until` before the last STORE, s: what stays true when that fails */
    uint32_t next;          /* in the hash chain of its client */
    uint32_t older, newer;  /* in a list of its subnet; outside of the pools: the chain of its address */
    uint32_t reserved;      /* whose: a number of the table; UINT32_MAX: anybody's */
    uint16_t subnet, probe; /* probe: its number + 1; 0: none */
    uint8_t list;           /* which list of its pool, + 1 */
    bool hashed, used;      /* used: it was leased before */
};
_Static_assert(sizeof(struct dhcp_lease) == DHCP_LEASE_BYTES, "bytes of a lease");

struct dhcp_server {
    struct dhcp_server_config config;
    struct dhcp_counts counts;
    struct dhcp_lease *lease; /* of the pools, then those outside of them */
    uint32_t leases, pooled, buckets, *bucket;
    uint32_t *outside, outside_buckets, outside_unused; /* by address; those that stand for none */
    struct dhcp_span *span;                             /* of addresses, in order */
    uint32_t spans, *by_network, *of_interface;         /* subnets in order; the subnet of each interface */
    struct dhcp_pool *pool;
    struct dhcp_reserved *reserved;
    uint32_t reservations, reserved_unused, reserved_buckets, *reserved_bucket;
    struct dhcp_probe *probe;
    uint32_t probe_unused;
    struct dhcp_port *port;
    uint32_t port_unused, port_buckets, *port_bucket;
    struct timers timers;
    uint32_t restamp; /* the lease at which the store goes on to be told of a clock that stepped */
    uint64_t key[2];
    usec told, exhausted_told, starved_told, limited_told; /* when each was last told: once a second at most */
};

size_t dhcp_server_size(const struct dhcp_server_config *); /* 0: the configuration is not sound */
/* `why->at` is the index of the subnet or reservation that is wrong, where there is one. */
bool dhcp_server_init(struct dhcp_server *, const struct dhcp_server_config *, void *memory, size_t size,
                      struct fault *why);
/* One record of a store. Others than leases, and leases of addresses that are not ours to give, are passed over. A
 * lease that counts less than what we have of the same address or client is passed over too: it may be loaded again. */
void dhcp_server_load(struct dhcp_server *, const struct record *, usec now);
usec dhcp_server_step(void *server, usec now, const struct event *, struct outbox *);
/* The wall clock stepped: what it would have been when `now` was 0. A step with EVENT_CLOCK is to follow, which stores
 * what is leased anew when it was by a minute or more (and asks to be woken for the rest). */
void dhcp_server_clock(struct dhcp_server *, uint64_t wall_at_start);

/* While it runs. A lease that another client has of an address that becomes reserved ends when it is next renewed. */
bool dhcp_server_reserve(struct dhcp_server *, const struct dhcp_reservation *, struct fault *why);
bool dhcp_server_unreserve(struct dhcp_server *, const struct dhcp_reservation *); /* false: there is none such */

/* Another configuration in other memory; leases, offers and counts stay, as far as their addresses are still to be
 * given. All of the configuration may change but wall_at_start and seed, which stay. False: *why, and nothing has
 * changed. After it the old memory, and what the old configuration points to, may be freed; the caller steps the server
 * with EVENT_WAKE. Reservations made since init are not in the new one unless the caller lists them. */
struct dhcp_reloaded {
    uint32_t kept; /* leases, bound or in quarantine */
    uint32_t
        lost; /* bound leases of addresses that are not to be given any more: NAK at their next renewal. The store still
                                 has them: load it again if a later reload gives these addresses again */
};
bool dhcp_server_reload(struct dhcp_server *, const struct dhcp_server_config *, void *memory, size_t size, usec now,
                        struct dhcp_reloaded *, struct fault *why);

/* Each lease that is or was somebody's, in order of slots: begin with *cursor = 0; false at the end. Borrowed until the
 * next step. */
struct dhcp_lease_view {
    const struct lease_record *record; /* state FREE: its last client. OFFERED: `until` has no meaning */
    uint32_t subnet;
    bool reserved;
};
bool dhcp_server_next_lease(const struct dhcp_server *, uint32_t *cursor, struct dhcp_lease_view *);
#endif
