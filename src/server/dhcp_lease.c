#include "server/keyed_hash.h"
#include "server/lease.h"
#include "base/digest.h"
#include <string.h>

/* Lists of a pool. */

void list_add(struct dhcp_server *s, struct dhcp_lease *l, uint8_t list)
{
    struct dhcp_pool *p = &s->pool[l->subnet];
    uint32_t self = (uint32_t)(l - s->lease);

    l->older = p->list[list].newest;
    l->newer = NOBODY;
    if (l->older != NOBODY)
        s->lease[l->older].newer = self;
    else
        p->list[list].oldest = self;
    p->list[list].newest = self;
    *(list == LIST_FREE ? &p->ready : &p->waiting) += 1;
    l->list = (uint8_t)(list + 1);
}

void list_drop(struct dhcp_server *s, struct dhcp_lease *l)
{
    struct dhcp_pool *p = &s->pool[l->subnet];

    if (!l->list) return;
    uint8_t list = (uint8_t)(l->list - 1);
    if (l->older != NOBODY)
        s->lease[l->older].newer = l->newer;
    else
        p->list[list].oldest = l->newer;
    if (l->newer != NOBODY)
        s->lease[l->newer].older = l->older;
    else
        p->list[list].newest = l->older;
    *(list == LIST_FREE ? &p->ready : &p->waiting) -= 1;
    l->list = 0;
}

struct dhcp_lease *lease_oldest(struct dhcp_server *s, uint32_t subnet, uint8_t list)
{
    uint32_t oldest = s->pool[subnet].list[list].oldest;

    return oldest == NOBODY ? NULL : &s->lease[oldest];
}

/* Clients. */

void client_key(uint8_t key[RECORD_CLIENT], uint8_t *length, struct bytes id)
{
    memset(key, 0, RECORD_CLIENT);
    if (id.len > RECORD_CLIENT) { /* RFC 4361 allows long ones; they are compared by digest */
        struct digest d = digest_of(id);
        memcpy(key, d.byte, RECORD_CLIENT);
        *length = 255;
        return;
    }
    if (id.len) memcpy(key, id.at, id.len);
    *length = (uint8_t)id.len;
}

struct dhcp_client client_of(struct mac mac, struct bytes id)
{
    struct dhcp_client c = {.mac = mac};

    client_key(c.id, &c.id_length, id);
    return c;
}

static size_t kept_length(uint8_t length)
{
    return length == 255 ? RECORD_CLIENT : length;
}

static uint32_t *chain_of(struct dhcp_server *s, const struct mac *mac, const uint8_t *id, uint8_t length)
{
    struct bytes key = length ? (struct bytes){id, kept_length(length)} : (struct bytes){mac->byte, sizeof mac->byte};

    return &s->bucket[keyed_hash(s->key, key) & (s->buckets - 1)];
}

bool lease_belongs(const struct dhcp_lease *l, const struct dhcp_client *c)
{
    if (!l->hashed || l->record.client_length != c->id_length) return false;
    return c->id_length ? memcmp(l->record.client, c->id, kept_length(c->id_length)) == 0
                        : mac_equal(l->record.mac, c->mac);
}

/* Of those of one client that which counts most: bound, offered, the last one that it had. */
static struct dhcp_lease *best_of(struct dhcp_server *s, uint32_t subnet, const struct dhcp_client *c,
                                  const struct dhcp_lease *other_than)
{
    static const uint8_t rank[] = {
        [LEASE_FREE] = 1, [LEASE_OFFERED] = 2, [LEASE_BOUND] = 3, [LEASE_QUARANTINED] = 0 /* it has no client */};
    struct dhcp_lease *best = NULL;

    for (uint32_t i = *chain_of(s, &c->mac, c->id, c->id_length); i != NOBODY; i = s->lease[i].next) {
        struct dhcp_lease *l = &s->lease[i];
        if (l == other_than || l->subnet != subnet || !lease_belongs(l, c)) continue;
        if (!best || rank[l->record.state] > rank[best->record.state]) best = l;
    }
    return best;
}

struct dhcp_lease *lease_of(struct dhcp_server *s, uint32_t subnet, const struct dhcp_client *c)
{
    return best_of(s, subnet, c, NULL);
}

void lease_forget(struct dhcp_server *s, struct dhcp_lease *l)
{
    uint32_t self = (uint32_t)(l - s->lease);

    for (uint32_t *at = l->hashed ? chain_of(s, &l->record.mac, l->record.client, l->record.client_length) : NULL;
         at && *at != NOBODY; at = &s->lease[*at].next)
        if (*at == self) {
            *at = l->next;
            break;
        }
    l->hashed = false;
    l->record.client_length = 0;
    l->record.mac = MAC_NONE;
    l->record.host[0] = 0;
}

static void know_client(struct dhcp_server *s, struct dhcp_lease *l, const struct dhcp_client *c)
{
    if (!lease_belongs(l, c)) {
        lease_forget(s, l);
        memcpy(l->record.client, c->id, sizeof l->record.client);
        l->record.client_length = c->id_length;
        uint32_t *chain = chain_of(s, &c->mac, c->id, c->id_length);
        l->next = *chain;
        *chain = (uint32_t)(l - s->lease);
        l->hashed = true;
    }
    l->record.mac = c->mac; /* the same identifier may come by another interface */
    if (c->host[0]) memcpy(l->record.host, c->host, sizeof l->record.host);
}

/* States. */

uint64_t wall(const struct dhcp_server *s, usec now)
{
    return s->config.wall_at_start + now / SECOND;
}

void lease_timer(struct dhcp_server *s, struct dhcp_lease *l, usec due)
{
    timers_set(&s->timers, (uint32_t)(l - s->lease), due);
}

/* From a moment of wall time. A lease of 2^32 - 1 s is for ever (RFC 2131, 3.3). */
static void set_timer_wall(struct dhcp_server *s, struct dhcp_lease *l, usec now)
{
    uint64_t left = l->record.until > wall(s, now) ? l->record.until - wall(s, now) : 0;

    lease_timer(s, l, left >= UINT32_MAX ? NEVER : after(now, left * SECOND));
}

static uint32_t *count_of_state(struct dhcp_pool *p, enum lease_state state)
{
    switch (state) {
    case LEASE_FREE: return &p->free;
    case LEASE_OFFERED: return &p->offered;
    case LEASE_BOUND: return &p->bound;
    case LEASE_QUARANTINED: break;
    }
    return &p->quarantined;
}

static void set_state(struct dhcp_server *s, struct dhcp_lease *l, enum lease_state state)
{
    struct dhcp_pool *p = &s->pool[l->subnet];

    if (l->probe) probe_drop(s, l);
    list_drop(s, l);
    *count_of_state(p, l->record.state) -= 1;
    *count_of_state(p, state) += 1;
    l->record.state = state;
    bool anybodys = l->reserved == NOBODY && l < s->lease + s->pooled;
    if (state == LEASE_FREE && anybodys) list_add(s, l, LIST_FREE);
    if (state == LEASE_OFFERED && anybodys) list_add(s, l, LIST_OFFERED);
    if (state == LEASE_FREE || state == LEASE_QUARANTINED) ports_count(s, l, 0, 0);
}

static struct dhcp_client client_in(const struct lease_record *r)
{
    struct dhcp_client c = {.mac = r->mac, .id_length = r->client_length};

    memcpy(c.id, r->client, sizeof c.id);
    memcpy(c.host, r->host, sizeof c.host);
    return c;
}

void lease_let_go(struct dhcp_server *s, const struct dhcp_lease *l, const struct dhcp_client *c, enum lease_state most)
{
    for (struct dhcp_lease *o = best_of(s, l->subnet, c, l); o && o->record.state <= most;
         o = best_of(s, l->subnet, c, l)) {
        lease_free(s, o);
        lease_forget(s, o);
    }
}

void lease_offer(struct dhcp_server *s, struct dhcp_lease *l, const struct dhcp_client *c, usec until)
{
    if (l->record.state == LEASE_BOUND) return; /* its own: it stays bound, whatever becomes of the offer */
    know_client(s, l, c);
    set_state(s, l, LEASE_OFFERED);
    lease_let_go(s, l, c, LEASE_OFFERED); /* but not of what is bound: an offer changes nothing of that */
    lease_timer(s, l, until);
    ports_count(s, l, c->relay, c->port);
}

void lease_bind(struct dhcp_server *s, struct dhcp_lease *l, const struct dhcp_client *c, usec now, uint32_t seconds)
{
    know_client(s, l, c);
    l->before = l->record.state == LEASE_BOUND ? l->record.until : 0;
    if (l->record.state != LEASE_BOUND) set_state(s, l, LEASE_BOUND);
    l->used = true;
    l->record.until = wall(s, after(now, SECOND - 1)) + seconds; /* whole seconds, and no fewer than promised */
    set_timer_wall(s, l, now);
    if (c->relay || c->port) ports_count(s, l, c->relay, c->port); /* a renewal by unicast passes no relay */
}

void lease_free(struct dhcp_server *s, struct dhcp_lease *l)
{
    set_state(s, l, LEASE_FREE);
    l->record.until = 0;
    lease_timer(s, l, NEVER);
    struct dhcp_client c = client_in(&l->record);
    if (l->hashed && best_of(s, l->subnet, &c, l)) lease_forget(s, l); /* it was offered beside what the client has */
}

void lease_quarantine(struct dhcp_server *s, struct dhcp_lease *l, usec now)
{
    lease_forget(s, l);
    set_state(s, l, LEASE_QUARANTINED);
    l->record.until = wall(s, after(now, SECOND - 1)) + s->config.quarantine / SECOND;
    lease_timer(s, l, after(now, s->config.quarantine));
}

void lease_restore(struct dhcp_server *s, struct dhcp_lease *l, usec now)
{
    if (l->record.state != LEASE_BOUND) return;
    if (l->before > wall(s, now)) { /* the client has its older promise still */
        l->record.until = l->before;
        set_timer_wall(s, l, now);
        return;
    }
    lease_free(s, l);
}

void lease_take(struct dhcp_server *s, struct dhcp_lease *l, const struct lease_record *r, usec now)
{
    const struct dhcp_client c = client_in(r);
    const bool anybodys = r->state == LEASE_QUARANTINED;
    const struct dhcp_lease *other = anybodys ? NULL : best_of(s, l->subnet, &c, l);

    if (other && other->record.until > r->until) return; /* a client has one address of a subnet */
    lease_forget(s, l);
    if (!anybodys) {
        know_client(s, l, &c);
        lease_let_go(s, l, &c, LEASE_BOUND);
    }
    l->used = !anybodys; /* whoever had it may have it still: it is probed when it has rested */
    l->before = r->until;
    if (r->state == LEASE_FREE || r->until <= wall(s, now)) {
        lease_free(s, l);
        return;
    }
    set_state(s, l, r->state);
    l->record.until = r->until;
    set_timer_wall(s, l, now);
    if (r->state == LEASE_BOUND) ports_count(s, l, r->relay, r->port);
}
