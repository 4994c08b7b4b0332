#include "server/lease.h"
#include <string.h>

/* Memory. */

static uint32_t addresses_of(const struct dhcp_server_config *c, uint32_t subnet, uint32_t *spans)
{
    struct dhcp_range r;
    ipv4 from = 0;
    uint32_t n = 0;

    for (uint32_t pool = 0; dhcp_next_span(c, subnet, &pool, &from, &r); (*spans)++) n += r.last - r.first + 1;
    return n;
}

static void lay_out_side_tables(struct dhcp_server *s, struct carving *c)
{
    const uint32_t reservations = s->reservations;
    const bool limits = s->config.per_port || s->config.per_relay;

    s->reserved_buckets = buckets_for(reservations);
    s->outside_buckets = buckets_for(reservations);
    s->reserved = carve(c, sizeof *s->reserved, reservations);
    s->reserved_bucket = carve(c, sizeof *s->reserved_bucket, s->reserved_buckets);
    s->outside = carve(c, sizeof *s->outside, s->outside_buckets);
    s->probe = carve(c, sizeof *s->probe, s->config.probe ? s->config.probes : 0);
    /* A lease counts in one port and one relay. */
    const uint32_t ports = limits ? 2 * s->leases : 0;
    s->port_buckets = buckets_for(ports);
    s->port = carve(c, sizeof *s->port, ports);
    s->port_bucket = carve(c, sizeof *s->port_bucket, s->port_buckets);
}

static void lay_out(struct dhcp_server *s, struct carving *c)
{
    const struct dhcp_server_config *config = &s->config;

    s->spans = s->pooled = 0;
    for (uint32_t i = 0; i < config->subnet_count; i++) s->pooled += addresses_of(config, i, &s->spans);
    s->reservations =
        config->reservations_most > config->reservation_count ? config->reservations_most : config->reservation_count;
    s->leases = s->pooled + s->reservations;
    s->buckets = buckets_for(s->leases);
    s->lease = carve(c, sizeof *s->lease, s->leases);
    s->bucket = carve(c, sizeof *s->bucket, s->buckets);
    struct timer *heap = carve(c, sizeof *heap, s->leases);
    uint32_t *place = carve(c, sizeof *place, s->leases);
    if (heap && place) timers_init(&s->timers, heap, place, s->leases);
    s->span = carve(c, sizeof *s->span, s->spans);
    s->by_network = carve(c, sizeof *s->by_network, config->subnet_count);
    s->of_interface = carve(c, sizeof *s->of_interface, config->interface_count);
    s->pool = carve(c, sizeof *s->pool, config->subnet_count);
    lay_out_side_tables(s, c);
}

static void set_defaults(struct dhcp_server_config *c)
{
    if (c->offer == 0) c->offer = 60 * SECOND;
    if (c->quarantine == 0) c->quarantine = 600 * SECOND;
    if (c->probe_wait == 0) c->probe_wait = 500 * MSEC;
    if (c->probes == 0) c->probes = 1024;
}

size_t leases_size(const struct dhcp_server_config *config)
{
    struct dhcp_server s = {.config = *config};
    struct carving c = {0};

    set_defaults(&s.config);
    lay_out(&s, &c);
    return c.used;
}

/* The chains of what is not in use. */
static void fill_unused(struct dhcp_server *s)
{
    const uint32_t probes = s->config.probe ? s->config.probes : 0;
    const uint32_t ports = s->config.per_port || s->config.per_relay ? 2 * s->leases : 0;

    memset(s->bucket, 0xff, s->buckets * sizeof *s->bucket);
    memset(s->reserved_bucket, 0xff, s->reserved_buckets * sizeof *s->reserved_bucket);
    memset(s->outside, 0xff, s->outside_buckets * sizeof *s->outside);
    memset(s->port_bucket, 0xff, s->port_buckets * sizeof *s->port_bucket);
    s->outside_unused = s->reserved_unused = s->probe_unused = s->port_unused = NOBODY;
    for (uint32_t i = s->leases; i-- > s->pooled;) {
        s->lease[i].older = s->outside_unused;
        s->outside_unused = i;
    }
    for (uint32_t i = s->reservations; i-- > 0;) {
        s->reserved[i].next = s->reserved_unused;
        s->reserved_unused = i;
    }
    for (uint32_t i = probes; i-- > 0;) {
        s->probe[i].next = s->probe_unused;
        s->probe_unused = i;
    }
    for (uint32_t i = ports; i-- > 0;) {
        s->port[i].next = s->port_unused;
        s->port_unused = i;
    }
}

static void fill_pool(struct dhcp_server *s, uint32_t subnet, uint32_t *next, uint32_t *spans)
{
    struct dhcp_pool *p = &s->pool[subnet];
    struct dhcp_range r;
    ipv4 from = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(p->list); i++) p->list[i].oldest = p->list[i].newest = NOBODY;
    for (uint32_t pool = 0; dhcp_next_span(&s->config, subnet, &pool, &from, &r);) {
        uint32_t at = (*spans)++;
        for (; at > 0 && s->span[at - 1].first > r.first; at--) s->span[at] = s->span[at - 1];
        s->span[at] = (struct dhcp_span){r.first, r.last, *next, subnet};
        for (ipv4 a = r.first; a <= r.last; a++, (*next)++) {
            struct dhcp_lease *l = &s->lease[*next];
            l->record.address = a;
            l->subnet = (uint16_t)subnet;
            l->reserved = NOBODY;
            p->addresses++;
            p->free++;
            list_add(s, l, LIST_FREE);
        }
    }
}

bool leases_init(struct dhcp_server *s, void *memory, size_t size)
{
    struct carving c = {.at = memory, .size = size};
    uint32_t next = 0, spans = 0;

    set_defaults(&s->config);
    lay_out(s, &c);
    if (!memory || c.used > size) return false;
    s->key[0] = s->config.seed;
    s->key[1] = ~s->config.seed * 0x9e3779b97f4a7c15u;
    fill_unused(s);
    memset(s->of_interface, 0xff, s->config.interface_count * sizeof *s->of_interface);
    for (uint32_t i = 0; i < s->config.subnet_count; i++) {
        const struct dhcp_subnet *n = &s->config.subnets[i];
        uint32_t at = i;
        for (; at > 0 && s->config.subnets[s->by_network[at - 1]].network > n->network; at--)
            s->by_network[at] = s->by_network[at - 1];
        s->by_network[at] = i;
        if (n->interface != DHCP_NO_INTERFACE) s->of_interface[n->interface] = i;
        fill_pool(s, i, &next, &spans);
    }
    return true;
}

/* Which subnet and which lease an address has: by halving. */

uint32_t subnet_with(const struct dhcp_server *s, ipv4 address)
{
    uint32_t low = 0, high = s->config.subnet_count;

    while (low < high) { /* the first one that begins behind the address */
        uint32_t middle = low + (high - low) / 2;
        if (s->config.subnets[s->by_network[middle]].network <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) return NOBODY;
    const struct dhcp_subnet *n = &s->config.subnets[s->by_network[low - 1]];
    return ipv4_same_subnet(address, n->network, n->mask) ? s->by_network[low - 1] : NOBODY;
}

static struct dhcp_lease *in_pools(struct dhcp_server *s, ipv4 address)
{
    uint32_t low = 0, high = s->spans;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->span[middle].last < address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == s->spans || address < s->span[low].first) return NULL;
    return &s->lease[s->span[low].begin + (address - s->span[low].first)];
}

static uint32_t *outside_chain(struct dhcp_server *s, ipv4 address)
{
    return &s->outside[hash_number(address) & (s->outside_buckets - 1)];
}

struct dhcp_lease *lease_at(struct dhcp_server *s, uint32_t subnet, ipv4 address)
{
    struct dhcp_lease *l = in_pools(s, address);

    if (!l)
        for (uint32_t i = *outside_chain(s, address); i != NOBODY && !l; i = s->lease[i].older)
            if (s->lease[i].record.address == address) l = &s->lease[i];
    return l && l->subnet == subnet ? l : NULL;
}

struct dhcp_lease *outside_take(struct dhcp_server *s, uint32_t subnet, ipv4 address)
{
    uint32_t *chain = outside_chain(s, address), self = s->outside_unused;

    if (self == NOBODY) return NULL;
    struct dhcp_lease *l = &s->lease[self];
    s->outside_unused = l->older;
    *l = (struct dhcp_lease){
        .record = {.address = address}, .subnet = (uint16_t)subnet, .reserved = NOBODY, .older = *chain};
    *chain = self;
    s->pool[subnet].free++;
    return l;
}

void outside_give(struct dhcp_server *s, struct dhcp_lease *l)
{
    uint32_t self = (uint32_t)(l - s->lease);

    lease_forget(s, l);
    for (uint32_t *at = outside_chain(s, l->record.address); *at != NOBODY; at = &s->lease[*at].older)
        if (*at == self) {
            *at = l->older;
            break;
        }
    s->pool[l->subnet].free--;
    *l = (struct dhcp_lease){.older = s->outside_unused};
    s->outside_unused = self;
}
