#include "server/carve.h"
#include "server/lease.h"
#include "base/digest.h"
#include <string.h>

enum { NONE = UINT32_MAX };

static uint32_t addresses(const struct dhcp_subnet *s)
{
    return s->last - s->first + 1;
}

static void lay_out(struct dhcp_server *s, uint32_t n, struct carving *c)
{
    s->leases = n;
    s->buckets = buckets_for(n);
    s->lease = carve(c, sizeof *s->lease, n);
    s->bucket = carve(c, sizeof *s->bucket, s->buckets);
    struct timer *heap = carve(c, sizeof *heap, n);
    uint32_t *place = carve(c, sizeof *place, n);
    if (heap && place) timers_init(&s->timers, heap, place, n);
}

static uint32_t all_addresses(const struct dhcp_server_config *config)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < config->subnet_count; i++) n += addresses(&config->subnets[i]);
    return n;
}

size_t leases_size(const struct dhcp_server_config *config)
{
    struct dhcp_server s;
    struct carving c = {0};

    lay_out(&s, all_addresses(config), &c);
    return c.used;
}

/* The list of free ones of a pool. */

static uint32_t pool_of(const struct dhcp_server *s, const struct dhcp_lease *l)
{
    uint32_t self = (uint32_t)(l - s->lease), i = 0;

    while (self >= s->pool[i].end) i++;
    return i;
}

static void list_add(struct dhcp_server *s, struct dhcp_lease *l)
{
    uint32_t self = (uint32_t)(l - s->lease), p = pool_of(s, l);

    l->older = s->pool[p].newest;
    l->newer = NONE;
    if (l->older != NONE)
        s->lease[l->older].newer = self;
    else
        s->pool[p].oldest = self;
    s->pool[p].newest = self;
    s->pool[p].free++;
    l->listed = true;
}

static void list_drop(struct dhcp_server *s, struct dhcp_lease *l)
{
    uint32_t p = pool_of(s, l);

    if (!l->listed) return;
    if (l->older != NONE)
        s->lease[l->older].newer = l->newer;
    else
        s->pool[p].oldest = l->newer;
    if (l->newer != NONE)
        s->lease[l->newer].older = l->older;
    else
        s->pool[p].newest = l->older;
    s->pool[p].free--;
    l->listed = false;
}

struct dhcp_lease *lease_oldest_free(struct dhcp_server *s, uint32_t subnet)
{
    return s->pool[subnet].oldest == NONE ? NULL : &s->lease[s->pool[subnet].oldest];
}

/* Clients. */

struct dhcp_client client_of(struct mac mac, struct bytes id)
{
    struct dhcp_client c = {.mac = mac};

    if (id.len > RECORD_CLIENT) { /* RFC 4361 allows long ones; they are compared by digest */
        struct digest d = digest_of(id);
        memcpy(c.id, d.byte, RECORD_CLIENT);
        c.id_length = 255;
    } else if (id.len) {
        memcpy(c.id, id.at, id.len);
        c.id_length = (uint8_t)id.len;
    }
    return c;
}

static uint32_t *chain_of(struct dhcp_server *s, struct mac mac, const uint8_t *id, uint8_t length)
{
    uint32_t h =
        length ? hash_bytes((struct bytes){id, length == 255 ? RECORD_CLIENT : length}) : hash_number(mac_number(mac));

    return &s->bucket[h & (s->buckets - 1)];
}

bool lease_belongs(const struct dhcp_lease *l, const struct dhcp_client *c)
{
    size_t n = c->id_length == 255 ? RECORD_CLIENT : c->id_length;

    if (!l->hashed || l->record.client_length != c->id_length) return false;
    return n ? memcmp(l->record.client, c->id, n) == 0 : mac_equal(l->record.mac, c->mac);
}

struct dhcp_lease *lease_of(struct dhcp_server *s, uint32_t subnet, const struct dhcp_client *c)
{
    for (uint32_t i = *chain_of(s, c->mac, c->id, c->id_length); i != NONE; i = s->lease[i].next)
        if (i >= s->pool[subnet].begin && i < s->pool[subnet].end && lease_belongs(&s->lease[i], c))
            return &s->lease[i];
    return NULL;
}

struct dhcp_lease *lease_at(struct dhcp_server *s, uint32_t subnet, ipv4 address)
{
    const struct dhcp_subnet *n = &s->config.subnets[subnet];

    return address < n->first || address > n->last ? NULL : &s->lease[s->pool[subnet].begin + (address - n->first)];
}

static void forget_client(struct dhcp_server *s, struct dhcp_lease *l)
{
    uint32_t self = (uint32_t)(l - s->lease);

    if (!l->hashed) return;
    for (uint32_t *at = chain_of(s, l->record.mac, l->record.client, l->record.client_length); *at != NONE;
         at = &s->lease[*at].next)
        if (*at == self) {
            *at = l->next;
            break;
        }
    l->hashed = false;
    l->record.client_length = 0;
    l->record.mac = MAC_NONE;
}

static void know_client(struct dhcp_server *s, struct dhcp_lease *l, const struct dhcp_client *c)
{
    if (lease_belongs(l, c)) {
        l->record.mac = c->mac; /* the same identifier on another interface */
        return;
    }
    forget_client(s, l);
    l->record.mac = c->mac;
    memcpy(l->record.client, c->id, sizeof l->record.client);
    l->record.client_length = c->id_length;
    uint32_t *chain = chain_of(s, c->mac, c->id, c->id_length);
    l->next = *chain;
    *chain = (uint32_t)(l - s->lease);
    l->hashed = true;
}

/* States. */

uint64_t wall(const struct dhcp_server *s, usec now)
{
    return s->config.wall_at_start + now / SECOND;
}

static void set_timer(struct dhcp_server *s, struct dhcp_lease *l, usec due)
{
    timers_set(&s->timers, (uint32_t)(l - s->lease), due);
}

/* From a moment of wall time. A lease of 2^32 - 1 s is for ever (RFC 2131, 3.3). */
static void set_timer_wall(struct dhcp_server *s, struct dhcp_lease *l, usec now)
{
    uint64_t left = l->record.until > wall(s, now) ? l->record.until - wall(s, now) : 0;

    set_timer(s, l, left >= UINT32_MAX ? NEVER : after(now, left * SECOND));
}

void lease_offer(struct dhcp_server *s, struct dhcp_lease *l, const struct dhcp_client *c, usec now)
{
    if (l->record.state == LEASE_BOUND) return; /* its own: it stays bound, whatever becomes of the offer */
    list_drop(s, l);
    know_client(s, l, c);
    l->record.state = LEASE_OFFERED;
    set_timer(s, l, after(now, s->config.offer));
}

void lease_bind(struct dhcp_server *s, struct dhcp_lease *l, const struct dhcp_client *c, usec now, uint32_t seconds)
{
    list_drop(s, l);
    know_client(s, l, c);
    l->before = l->record.state == LEASE_BOUND ? l->record.until : 0;
    l->record.state = LEASE_BOUND;
    l->record.until = wall(s, now) + seconds;
    set_timer_wall(s, l, now);
}

void lease_free(struct dhcp_server *s, struct dhcp_lease *l, usec now)
{
    (void)now;
    l->record.state = LEASE_FREE;
    l->record.until = 0;
    set_timer(s, l, NEVER);
    if (!l->listed) list_add(s, l);
}

void lease_quarantine(struct dhcp_server *s, struct dhcp_lease *l, usec now)
{
    list_drop(s, l);
    forget_client(s, l);
    l->record.state = LEASE_QUARANTINED;
    l->record.until = wall(s, now) + s->config.quarantine / SECOND;
    set_timer(s, l, after(now, s->config.quarantine));
}

void lease_restore(struct dhcp_server *s, struct dhcp_lease *l, usec now)
{
    if (l->record.state != LEASE_BOUND) return;
    if (l->before > wall(s, now)) { /* the client has its older promise still */
        l->record.until = l->before;
        set_timer_wall(s, l, now);
        return;
    }
    lease_free(s, l, now);
}

bool leases_init(struct dhcp_server *s, void *memory, size_t size)
{
    struct carving c = {.at = memory, .size = size};
    uint32_t next = 0;

    lay_out(s, all_addresses(&s->config), &c);
    if (!memory || c.used > size) return false;
    for (uint32_t i = 0; i < s->buckets; i++) s->bucket[i] = NONE;
    for (uint32_t p = 0; p < s->config.subnet_count; p++) {
        const struct dhcp_subnet *n = &s->config.subnets[p];
        s->pool[p].begin = next;
        s->pool[p].end = next + addresses(n);
        s->pool[p].oldest = s->pool[p].newest = NONE;
        for (uint32_t i = 0; i < addresses(n); i++, next++) {
            s->lease[next].record.address = n->first + i;
            list_add(s, &s->lease[next]);
        }
    }
    return true;
}

void dhcp_server_load(struct dhcp_server *s, const struct record *r)
{
    const struct lease_record *l = &r->lease;
    struct dhcp_client c = {.mac = l->mac, .id_length = l->client_length};

    if (r->kind != RECORD_LEASE || r->operation != RECORD_PUT) return;
    memcpy(c.id, l->client, sizeof c.id);
    for (uint32_t p = 0; p < s->config.subnet_count; p++) {
        struct dhcp_lease *at = lease_at(s, p, l->address);
        if (!at) continue;
        struct dhcp_lease *other =
            lease_of(s, p, &c); /* a client has one address of a subnet: the later lease counts */
        if (other && other != at && other->record.until > l->until) return;
        if (other && other != at) {
            lease_free(s, other, 0);
            forget_client(s, other);
        }
        if (l->state != LEASE_QUARANTINED) know_client(s, at, &c);
        at->record.until = l->until;
        if (l->state == LEASE_FREE || l->until <= s->config.wall_at_start) {
            lease_free(s, at, 0);
            return;
        }
        list_drop(s, at);
        at->record.state = l->state;
        at->before = l->until;
        set_timer_wall(s, at, 0);
        return;
    }
}

void dhcp_server_clock(struct dhcp_server *s, uint64_t wall_at_start)
{
    /* A lease lasts as long as it was given for: its end moves with the clock that it is written in. */
    for (uint32_t i = 0; i < s->leases; i++) {
        struct lease_record *r = &s->lease[i].record;
        if (r->state == LEASE_FREE || r->state == LEASE_OFFERED) continue;
        r->until = r->until - s->config.wall_at_start + wall_at_start;
        s->lease[i].before = s->lease[i].before ? s->lease[i].before - s->config.wall_at_start + wall_at_start : 0;
    }
    s->config.wall_at_start = wall_at_start;
}
