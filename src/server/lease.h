/* server/lease.h: what the files of the DHCP server share; no other file of src includes it.
 *
 * A lease record stands for each address of each pool, and for each reserved one outside of them. FREE ones for anybody
 * are in their subnet's list of free ones, the one that has been free longest first; a free one still knows its last
 * client, who gets it again while nobody else needed it. Those OFFERED to anybody are in another list, by age. OFFERED,
 * BOUND and QUARANTINED ones have a timer. A reserved lease is in no list.
 */
#ifndef SERVER_LEASE_H
#define SERVER_LEASE_H
#include "server/dhcp.h"
#include "server/carve.h"
#include "server/news.h"
#include "wire/dhcp.h"

enum { NOBODY = UINT32_MAX }; /* of a list or chain: its end; of a subnet: none */
enum { LIST_FREE, LIST_OFFERED };
enum { SCOPES_MOST = 2 * DHCP_SERVER_CLASSES + 3, PROBE_MESSAGE = 576 };

struct dhcp_span {
    ipv4 first, last;
    uint32_t begin, subnet; /* its leases begin there */
};

struct dhcp_reserved {
    const struct dhcp_scope *scope;
    ipv4 address;
    uint32_t subnet; /* NOBODY: of any */
    uint32_t next;
    uint8_t by, length, key[RECORD_CLIENT];
};

struct dhcp_probe {
    uint32_t lease, next;
    uint32_t interface;
    ipv4 to;     /* of the DISCOVER */
    bool second; /* both were sent */
    uint8_t tries;
    uint16_t length;
    uint8_t message[PROBE_MESSAGE];
};

struct dhcp_port {
    uint64_t key;
    uint32_t count, next;
};

struct dhcp_client {
    struct mac mac;
    uint8_t id[RECORD_CLIENT], id_length; /* as in lease_record */
    ipv4 relay;
    uint64_t port;
    char host[RECORD_HOST];
};

/* One request, and what we know of it. */
struct request {
    const struct dhcp *m;
    struct bytes raw;
    struct dhcp_client client;
    uint32_t subnet, interface;
    ipv4 to;
    ipv4 server_id; /* what we are called in the answer; it comes from that of the interface */
    bool to_us;     /* it was sent to our own address, by unicast */
    bool phone;
    struct dhcp_lease *reserved;                 /* of its reservation in this subnet */
    const struct dhcp_scope *scope[SCOPES_MOST]; /* the narrowest first */
    uint32_t scopes;
    usec now;
    struct outbox *out;
};

/* dhcp_config.c */
bool dhcp_config_sound(const struct dhcp_server_config *, struct fault *why);
/* The next run of addresses of a subnet that may be given, from *pool and *from on, which it moves. False: no more. */
bool dhcp_next_span(const struct dhcp_server_config *, uint32_t subnet, uint32_t *pool, ipv4 *from,
                    struct dhcp_range *out);
bool dhcp_no(struct fault *why, size_t at, const char *what); /* refuses */

/* dhcp_pool.c: memory, and which lease an address has */
size_t leases_size(const struct dhcp_server_config *);
bool leases_init(struct dhcp_server *, void *memory, size_t size);
uint32_t subnet_with(const struct dhcp_server *, ipv4 address);                   /* NOBODY: none */
struct dhcp_lease *lease_at(struct dhcp_server *, uint32_t subnet, ipv4 address); /* NULL: not ours to give */
struct dhcp_lease *outside_take(struct dhcp_server *, uint32_t subnet, ipv4 address);
void outside_give(struct dhcp_server *, struct dhcp_lease *);

/* dhcp_lease.c: lists, clients, states */
struct dhcp_client client_of(struct mac, struct bytes client_id);
void client_key(uint8_t key[RECORD_CLIENT], uint8_t *length, struct bytes id);
/* The lease of a client in a subnet: bound, else offered, else what it had last; NULL: none. It has one of each state
 * at most: beside a bound one another may be offered, when that is reserved for it or the bound one for somebody
 * else. */
struct dhcp_lease *lease_of(struct dhcp_server *, uint32_t subnet, const struct dhcp_client *);
/* Its other leases become free, and are no more its own: those that it had or has; up to what is offered, or bound. */
void lease_let_go(struct dhcp_server *, const struct dhcp_lease *but, const struct dhcp_client *,
                  enum lease_state most);
bool lease_belongs(const struct dhcp_lease *, const struct dhcp_client *);
struct dhcp_lease *lease_oldest(struct dhcp_server *, uint32_t subnet, uint8_t list);
void lease_forget(struct dhcp_server *, struct dhcp_lease *); /* its client */
void list_add(struct dhcp_server *, struct dhcp_lease *, uint8_t list);
void list_drop(struct dhcp_server *, struct dhcp_lease *);
void lease_offer(struct dhcp_server *, struct dhcp_lease *, const struct dhcp_client *, usec until);
void lease_bind(struct dhcp_server *, struct dhcp_lease *, const struct dhcp_client *, usec now, uint32_t seconds);
void lease_free(struct dhcp_server *, struct dhcp_lease *);
void lease_quarantine(struct dhcp_server *, struct dhcp_lease *, usec now);
void lease_restore(struct dhcp_server *, struct dhcp_lease *, usec now); /* its last STORE failed */
void lease_take(struct dhcp_server *, struct dhcp_lease *, const struct lease_record *,
                usec now); /* as it was stored */
void lease_timer(struct dhcp_server *, struct dhcp_lease *, usec due);
uint64_t wall(const struct dhcp_server *, usec now); /* s */

/* dhcp_reserve.c */
const struct dhcp_reserved *reserved_for(const struct dhcp_server *, uint32_t subnet, const struct dhcp *);
bool reservations_init(struct dhcp_server *, struct fault *why);

/* dhcp_relay.c: option 82, limits */
ipv4 relay_link(const struct dhcp *);      /* of link selection, else giaddr */
ipv4 relay_server_id(const struct dhcp *); /* 0: none */
void relay_of(struct dhcp_client *, const struct dhcp *);
/* Limits count those offered and bound. A lease that counts is dropped from its port with the state. */
bool relay_may_have_more(struct dhcp_server *, const struct request *);
void ports_count(struct dhcp_server *, struct dhcp_lease *, ipv4 relay,
                 uint64_t port); /* it counts there from now on */

/* dhcp_answer.c */
struct writer *dhcp_tell(struct outbox *, enum server_news, struct mac, ipv4 address);
uint32_t lease_time(const struct request *);
void answer_offer(struct dhcp_server *, const struct request *, const struct dhcp_lease *);
void answer_ack(struct dhcp_server *, const struct request *, const struct dhcp_lease *, const char *why);
void answer_inform(struct dhcp_server *, const struct request *);
void answer_nak(struct dhcp_server *, const struct request *, ipv4 address, const char *message);
void lease_store(const struct dhcp_lease *, struct outbox *);

/* dhcp.c */
bool request_open(struct dhcp_server *, struct request *, const struct dhcp *, struct bytes raw, uint32_t interface,
                  ipv4 to, usec now, struct outbox *); /* false: no subnet of ours */
void discover(struct dhcp_server *, struct request *, uint8_t tries);
bool told_lately(usec *told, usec now); /* else it is told now */

/* dhcp_probe.c */
bool probe_begin(struct dhcp_server *, const struct request *, struct dhcp_lease *,
                 uint8_t tries);                                                     /* false: offer it */
void probe_again(struct dhcp_server *, const struct request *, struct dhcp_lease *); /* the client repeats itself */
void probe_drop(struct dhcp_server *, struct dhcp_lease *);
void probe_due(struct dhcp_server *, struct dhcp_lease *, usec now, struct outbox *);
void probe_frame(struct dhcp_server *, usec now, uint32_t interface, struct bytes frame, struct outbox *);
#endif
