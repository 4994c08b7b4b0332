#include "server/keyed_hash.h"
#include "server/lease.h"
#include "provision/device_name.h"
#include <string.h>

struct who {
    uint8_t by, length, key[RECORD_CLIENT];
};

static struct who who_by_mac(struct mac mac)
{
    struct who w = {.by = DHCP_BY_MAC, .length = sizeof mac.byte};

    memcpy(w.key, mac.byte, sizeof mac.byte);
    return w;
}

static struct who who_by(enum dhcp_reserved_by by, struct bytes key)
{
    struct who w = {.by = (uint8_t)by};
    uint8_t lower[256];
    size_t n = key.len < sizeof lower ? key.len : sizeof lower;

    for (size_t i = 0; i < n; i++) {
        bool capital = by == DHCP_BY_NAME && key.at[i] >= 'A' && key.at[i] <= 'Z';
        lower[i] = (uint8_t)(key.at[i] + (capital ? 'a' - 'A' : 0));
    }
    client_key(w.key, &w.length, (struct bytes){lower, n});
    return w;
}

static struct who who_is(const struct dhcp_reservation *r)
{
    struct mac mac;

    if (r->by == DHCP_BY_MAC) return who_by_mac(r->mac);
    if (r->by == DHCP_BY_NAME && device_name_parse(r->key, &mac)) return who_by_mac(mac);
    return who_by(r->by, r->by == DHCP_BY_NAME ? dhcp_text(r->key) : r->key);
}

static uint32_t *chain_of(const struct dhcp_server *s, const struct who *w)
{
    struct bytes all = {&w->by, sizeof *w};

    return &s->reserved_bucket[keyed_hash(s->key, all) & (s->reserved_buckets - 1)];
}
_Static_assert(sizeof(struct who) == 2 + RECORD_CLIENT, "it is hashed whole");

static bool same(const struct dhcp_reserved *r, const struct who *w)
{
    return r->by == w->by && r->length == w->length && memcmp(r->key, w->key, RECORD_CLIENT) == 0;
}

/* That of this subnet before that of any. */
static const struct dhcp_reserved *find(const struct dhcp_server *s, uint32_t subnet, const struct who *w)
{
    const struct dhcp_reserved *any = NULL;

    for (uint32_t i = *chain_of(s, w); i != NOBODY; i = s->reserved[i].next) {
        const struct dhcp_reserved *r = &s->reserved[i];
        if (!same(r, w)) continue;
        if (r->subnet == subnet) return r;
        if (r->subnet == NOBODY) any = r;
    }
    return any;
}

const struct dhcp_reserved *reserved_for(const struct dhcp_server *s, uint32_t subnet, const struct dhcp *m)
{
    const struct dhcp_reserved *found = NULL;
    struct who who[3];
    size_t n = 0;

    if (s->reservations == 0) return NULL;
    if (m->htype == 1 && m->hlen == 6) who[n++] = who_by_mac(m->chaddr);
    if (m->client_id.len) who[n++] = who_by(DHCP_BY_CLIENT_ID, m->client_id);
    if (m->host_name.len) who[n++] = who_by(DHCP_BY_NAME, dhcp_text(m->host_name));
    for (size_t i = 0; i < n && (!found || found->subnet == NOBODY); i++) {
        const struct dhcp_reserved *r = find(s, subnet, &who[i]);
        if (r && (!found || r->subnet != NOBODY)) found = r;
    }
    return found;
}

/* FREE ones outside of the pools whose reservation is gone. */
static void give_back_orphans(struct dhcp_server *s)
{
    for (uint32_t i = s->pooled; i < s->leases; i++) {
        struct dhcp_lease *l = &s->lease[i];
        if (l->record.address && l->reserved == NOBODY && l->record.state == LEASE_FREE) outside_give(s, l);
    }
}

static bool may_be_reserved(const struct dhcp_server *s, uint32_t subnet, ipv4 address)
{
    const struct dhcp_subnet *n = subnet == NOBODY ? NULL : &s->config.subnets[subnet];

    if (!n || address == n->network || address == (n->network | ~n->mask)) return false;
    for (uint32_t i = 0; i < s->config.interface_count; i++)
        if (s->config.interfaces[i].address == address) return false;
    return true;
}

static bool reserve(struct dhcp_server *s, const struct dhcp_reservation *r, size_t at, struct fault *why)
{
    const struct who w = who_is(r);
    uint32_t subnet = r->address ? subnet_with(s, r->address) : NOBODY, self = s->reserved_unused;
    struct dhcp_lease *l = NULL;

    if (w.length == 0) return dhcp_no(why, at, "reservation without a client");
    if (r->address && !may_be_reserved(s, subnet, r->address)) return dhcp_no(why, at, "address of a reservation");
    const struct dhcp_reserved *other = find(s, subnet, &w);
    if (other && other->subnet == subnet) return dhcp_no(why, at, "client with two reservations in a subnet");
    if (self == NOBODY) return dhcp_no(why, at, "no room for a reservation");
    if (r->address) {
        l = lease_at(s, subnet, r->address);
        if (l && l->reserved != NOBODY) return dhcp_no(why, at, "address that is reserved already");
        if (!l && s->outside_unused == NOBODY) give_back_orphans(s);
        if (!l) l = outside_take(s, subnet, r->address);
        if (!l) return dhcp_no(why, at, "no room for a reservation");
        list_drop(s, l);
        l->reserved = self;
    }
    struct dhcp_reserved *to = &s->reserved[self];
    s->reserved_unused = to->next;
    *to = (struct dhcp_reserved){
        .scope = r->scope, .address = r->address, .subnet = subnet, .by = w.by, .length = w.length};
    memcpy(to->key, w.key, sizeof to->key);
    uint32_t *chain = chain_of(s, &w);
    to->next = *chain;
    *chain = self;
    return true;
}

bool dhcp_server_reserve(struct dhcp_server *s, const struct dhcp_reservation *r, struct fault *why)
{
    *why = (struct fault){.kind = FAULT_NONE};
    return reserve(s, r, 0, why);
}

bool reservations_init(struct dhcp_server *s, struct fault *why)
{
    for (uint32_t i = 0; i < s->config.reservation_count; i++)
        if (!reserve(s, &s->config.reservations[i], i, why)) return false;
    return true;
}

bool dhcp_server_unreserve(struct dhcp_server *s, const struct dhcp_reservation *r)
{
    const struct who w = who_is(r);

    for (uint32_t *at = chain_of(s, &w); *at != NOBODY; at = &s->reserved[*at].next) {
        struct dhcp_reserved *found = &s->reserved[*at];
        if (!same(found, &w) || found->address != r->address) continue;
        struct dhcp_lease *l = found->address ? lease_at(s, found->subnet, found->address) : NULL;
        uint32_t self = *at;
        *at = found->next;
        found->next = s->reserved_unused;
        s->reserved_unused = self;
        if (!l) return true;
        l->reserved = NOBODY;
        if (l < s->lease + s->pooled && l->record.state == LEASE_FREE) list_add(s, l, LIST_FREE);
        if (l < s->lease + s->pooled && l->record.state == LEASE_OFFERED) list_add(s, l, LIST_OFFERED);
        return true;
    }
    return false;
}
