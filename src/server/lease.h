/* server/lease.h: the leases of the DHCP server, shared by dhcp.c and dhcp_lease.c; no other file includes it.
 *
 * A lease record stands for each address of each pool, at its place. FREE ones are in their pool's list, the one that
 * has been free longest first; a free one still knows its last client, who gets it again while nobody else needed it.
 * OFFERED, BOUND and QUARANTINED ones have a timer.
 */
#ifndef SERVER_LEASE_H
#define SERVER_LEASE_H
#include "server/dhcp.h"

struct dhcp_client {
    struct mac mac;
    uint8_t id[RECORD_CLIENT], id_length; /* as in lease_record */
};

struct dhcp_client client_of(struct mac, struct bytes client_id);
bool leases_init(struct dhcp_server *, void *memory, size_t size);
size_t leases_size(const struct dhcp_server_config *);
struct dhcp_lease *lease_at(struct dhcp_server *, uint32_t subnet, ipv4 address); /* NULL: not in its pool */
struct dhcp_lease *lease_of(struct dhcp_server *, uint32_t subnet, const struct dhcp_client *); /* NULL: none known */
bool lease_belongs(const struct dhcp_lease *, const struct dhcp_client *);
struct dhcp_lease *lease_oldest_free(struct dhcp_server *, uint32_t subnet);
void lease_offer(struct dhcp_server *, struct dhcp_lease *, const struct dhcp_client *, usec now);
void lease_bind(struct dhcp_server *, struct dhcp_lease *, const struct dhcp_client *, usec now, uint32_t seconds);
void lease_free(struct dhcp_server *, struct dhcp_lease *, usec now);
void lease_quarantine(struct dhcp_server *, struct dhcp_lease *, usec now);
void lease_restore(struct dhcp_server *, struct dhcp_lease *, usec now); /* its last STORE failed */
uint64_t wall(const struct dhcp_server *, usec now);                     /* s */
#endif
