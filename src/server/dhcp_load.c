#include "server/lease.h"
#include <string.h>

enum { RESTAMPED_FROM = 60 }; /* s: nobody waits less before an address is given again */

static bool load(struct dhcp_server *s, const struct lease_record *r, usec now)
{
    uint32_t subnet = subnet_with(s, r->address);
    struct dhcp_lease *l = subnet == NOBODY ? NULL : lease_at(s, subnet, r->address);

    if (!l || l->record.state == LEASE_OFFERED) return false;
    if ((l->used || l->record.state == LEASE_QUARANTINED) && l->record.until >= r->until) return false;
    lease_take(s, l, r, now);
    return true;
}

void dhcp_server_load(struct dhcp_server *s, const struct record *r, usec now)
{
    if (r->kind == RECORD_LEASE && r->operation == RECORD_PUT) (void)load(s, &r->lease, now);
}

void dhcp_server_clock(struct dhcp_server *s, uint64_t wall_at_start)
{
    const uint64_t was = s->config.wall_at_start;
    bool far = (was < wall_at_start ? wall_at_start - was : was - wall_at_start) >= RESTAMPED_FROM;

    /* A lease lasts as long as it was given for: its end moves with the clock that it is written in, in the store too.
     * A machine without a clock of its own starts years ago: after a restart all that it has stored would have run
     * out. */
    if (far) s->restamp = 0;
    for (uint32_t i = 0; i < s->leases; i++) {
        struct lease_record *r = &s->lease[i].record;
        if (r->state == LEASE_FREE || r->state == LEASE_OFFERED) continue;
        r->until = r->until - s->config.wall_at_start + wall_at_start;
        s->lease[i].before = s->lease[i].before ? s->lease[i].before - s->config.wall_at_start + wall_at_start : 0;
    }
    s->config.wall_at_start = wall_at_start;
}

/* One lease of the old configuration. */
static void carry_over(struct dhcp_server *to, const struct dhcp_lease *l, usec now, struct dhcp_reloaded *out)
{
    const struct lease_record *r = &l->record;
    struct dhcp_client c = {.mac = r->mac, .id_length = r->client_length, .relay = r->relay, .port = r->port};
    bool lasts = r->state == LEASE_BOUND || r->state == LEASE_QUARANTINED;

    memcpy(c.id, r->client, sizeof c.id);
    memcpy(c.host, r->host, sizeof c.host);
    uint32_t subnet = subnet_with(to, r->address);
    struct dhcp_lease *at = subnet == NOBODY ? NULL : lease_at(to, subnet, r->address);
    if (!at) {
        out->lost += r->state == LEASE_BOUND;
        return;
    }
    if (r->state == LEASE_OFFERED) { /* an offer whose probe was under way is forgotten: the client asks again */
        if (l->hashed && !l->probe && at->record.state == LEASE_FREE)
            lease_offer(to, at, &c, after(now, to->config.offer));
        return;
    }
    if (load(to, r, now)) {
        at->before = l->before;
        out->kept += lasts && at->record.state == r->state;
    }
}

bool dhcp_server_reload(struct dhcp_server *s, const struct dhcp_server_config *config, void *memory, size_t size,
                        usec now, struct dhcp_reloaded *out, struct fault *why)
{
    struct dhcp_server_config c = *config;
    struct dhcp_server to;

    *out = (struct dhcp_reloaded){0};
    c.wall_at_start = s->config.wall_at_start;
    c.seed = s->config.seed;
    if (!dhcp_server_init(&to, &c, memory, size, why)) return false;
    for (int offered = 0; offered < 2; offered++) /* who has a lease keeps it, and offers come behind */
        for (uint32_t i = 0; i < s->leases; i++) {
            const struct dhcp_lease *l = &s->lease[i];
            if (!l->hashed && l->record.state == LEASE_FREE) continue;
            if ((l->record.state == LEASE_OFFERED) == offered) carry_over(&to, l, now, out);
        }
    if (s->restamp < s->leases) to.restamp = 0;
    to.counts = s->counts;
    to.told = s->told;
    to.exhausted_told = s->exhausted_told;
    to.starved_told = s->starved_told;
    to.limited_told = s->limited_told;
    *s = to;
    return true;
}

bool dhcp_server_next_lease(const struct dhcp_server *s, uint32_t *cursor, struct dhcp_lease_view *out)
{
    for (; *cursor < s->leases; (*cursor)++) {
        const struct dhcp_lease *l = &s->lease[*cursor];
        if (l->record.address == 0 || (l->record.state == LEASE_FREE && !l->hashed)) continue;
        *out = (struct dhcp_lease_view){.record = &l->record, .subnet = l->subnet, .reserved = l->reserved != NOBODY};
        (*cursor)++;
        return true;
    }
    return false;
}
