/* The DHCP server of `dialtone serve`: its configuration out of the file's, and of what the machine has. */
#include "app/log.h"
#include "app/serve/serve.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_BYTES = 64 * 1024, PREFIX_LEAST = 16 }; /* a subnet without pools gives away a /16 at most */

/* One subnet while it is made. */
struct making {
    struct serve *s;
    struct serve_dhcp *d;
    struct writer options;
};

/* --- networks --- */

static const struct dhcp_interface *network(const struct serve *s, uint32_t n)
{
    return &s->network[n];
}

/* On which of our networks is this subnet? */
static uint32_t network_of(const struct serve *s, ipv4 subnet, ipv4 mask, const char *interface)
{
    for (uint32_t n = 0; n < s->networks; n++) {
        ipv4 address = network(s, n)->address;
        const char *name = serve_network_name(s, n);
        if (interface[0] ? strcmp(interface, name) == 0 : (address & mask) == subnet) return n;
    }
    return DHCP_NO_INTERFACE;
}

/* --- options --- */

static struct bytes since(const struct writer *w, size_t begun)
{
    return (struct bytes){w->start + begun, w->len - begun};
}

static void put_configured(struct writer *w, const struct config_option *o, size_t n)
{
    for (size_t i = 0; i < n; i++) dhcp_put_text(w, o[i].number, (struct bytes){o[i].bytes, o[i].length});
}

static void put_addresses(struct writer *w, uint8_t code, const struct config_addresses *a)
{
    if (a->count) dhcp_put_addresses(w, code, a->at, a->count);
}

/* The router of a subnet of ours that names none: the machine's own, when it is in it; in a voice VLAN ourselves, for a
 * phone that is told no router at all looks for one. */
static ipv4 router_of(const struct serve *s, uint32_t n, ipv4 subnet, ipv4 mask)
{
    ipv4 router = n == DHCP_NO_INTERFACE || s->network_of[n].voice ? 0 : machine_router(serve_network_name(s, n));

    if (router && (router & mask) == subnet) return router;
    return n == DHCP_NO_INTERFACE ? 0 : network(s, n)->address;
}

static void fill_scope(struct making *m, struct dhcp_subnet *to, const struct config_subnet *c)
{
    struct writer *w = &m->options;
    size_t begun = w->len;
    struct config_addresses dns = c->dns;
    ipv4 router = c->routers.count ? 0 : router_of(m->s, to->interface, to->network, to->mask);

    put_addresses(w, 3, &c->routers);
    if (router) dhcp_put_addresses(w, 3, &router, 1);
    if (!dns.count && to->interface != DHCP_NO_INTERFACE && !m->s->network_of[to->interface].voice)
        dns.count = machine_dns(dns.at, CONFIG_ADDRESSES);
    put_addresses(w, 6, &dns);
    put_addresses(w, 42, &c->ntp);
    if (c->domain[0]) dhcp_put_text(w, 15, bytes_of(c->domain));
    put_configured(w, c->option, c->options);
    to->scope.options = since(w, begun);
    to->scope.lease = c->lease;
    for (uint8_t i = 0; i < c->tftp.count && i < DHCP_SERVER_TFTP; i++)
        to->scope.tftp[to->scope.tftps++] = c->tftp.at[i];
    if (!to->scope.tftps && m->s->config.tftp.serve)
        to->scope.tftp[to->scope.tftps++] =
            to->interface == DHCP_NO_INTERFACE ? m->s->address : network(m->s, to->interface)->address;
}

/* --- pools --- */

static bool fill_ranges(struct making *m, struct dhcp_subnet *to, const struct config_subnet *c)
{
    size_t n = c->pools ? c->pools : 1;
    struct dhcp_range *pool = serve_space(m->s, n * sizeof *pool),
                      *kept = serve_space(m->s, (c->excludes + 1) * sizeof *kept);

    if (!pool || !kept) return false;
    for (size_t i = 0; i < c->pools; i++) pool[i] = (struct dhcp_range){c->pool[i].first, c->pool[i].last};
    for (size_t i = 0; i < c->excludes; i++) kept[i] = (struct dhcp_range){c->exclude[i].first, c->exclude[i].last};
    if (!c->pools) {
        ipv4 mask = to->mask < ipv4_mask(PREFIX_LEAST) ? ipv4_mask(PREFIX_LEAST) : to->mask;
        pool[0] = (struct dhcp_range){to->network + 1, (to->network | ~mask) - 1};
    }
    to->pools = pool;
    to->pool_count = (uint32_t)n;
    to->excluded = kept;
    to->excluded_count = (uint32_t)c->excludes;
    return true;
}

/* Phones that come untagged stay only until they know their voice VLAN: a short lease. */
static bool fill_class(struct making *m, struct dhcp_subnet *to, const struct config_subnet *c)
{
    uint32_t lease = c->phone_lease ? c->phone_lease : m->s->config.dhcp.phone_lease;

    bool voice = to->interface != DHCP_NO_INTERFACE && m->s->network_of[to->interface].voice;
    if (voice || (to->interface == DHCP_NO_INTERFACE && !c->phone_lease))
        return true; /* a voice VLAN: they live there */
    struct dhcp_class *class = serve_space(m->s, sizeof *class);
    if (!class) return false;
    class->scope.lease = lease;
    to->classes = class;
    to->class_count = 1;
    return true;
}

static bool add_subnet(struct making *m, const struct config_subnet *c)
{
    struct dhcp_subnet *to = &m->d->subnet[m->d->config.subnet_count++];
    ipv4 mask = ipv4_mask(c->prefix);

    *to = (struct dhcp_subnet){.network = c->network & mask, .mask = mask};
    to->interface = network_of(m->s, to->network, mask, c->interface);
    fill_scope(m, to, c);
    return fill_ranges(m, to, c) && fill_class(m, to, c);
}

/* Without subnets in the file: one for each network that we are on. */
static bool add_own(struct making *m)
{
    for (uint32_t n = 0; n < m->s->networks; n++) {
        struct config_subnet c = {.network = network(m->s, n)->address, .prefix = m->s->network_of[n].prefix};
        if (!c.network || c.prefix > 30) continue;
        if (!add_subnet(m, &c)) return false;
    }
    return true;
}

/* Its subnet is that of an interface which is not there yet: it is reserved with that. */
static bool waits(const struct making *m, ipv4 address)
{
    bool away = false, in = address == 0;

    for (size_t i = 0; i < m->s->faces; i++) away |= !m->s->face[i].was_here;
    for (uint32_t i = 0; i < m->d->config.subnet_count; i++)
        in |= (address & m->d->subnet[i].mask) == m->d->subnet[i].network;
    return away && !in;
}

static bool add_reservations(struct making *m)
{
    size_t n = m->s->config.dhcp.reservations, k = 0;
    struct dhcp_reservation *r = n ? serve_space(m->s, n * sizeof *r) : NULL;

    if (n && !r) return false;
    for (size_t i = 0; i < n; i++) {
        const struct config_reservation *c = &m->s->config.dhcp.reservation[i];
        if (waits(m, c->address)) continue;
        r[k] = (struct dhcp_reservation){.by = DHCP_BY_MAC, .mac = c->mac, .address = c->address};
        if (c->host_name[0]) {
            struct dhcp_scope *scope = serve_space(m->s, sizeof *scope);
            size_t begun = m->options.len;
            if (!scope) return false;
            dhcp_put_text(&m->options, 12, bytes_of(c->host_name));
            scope->options = since(&m->options, begun);
            r[k].scope = scope;
        }
        k++;
    }
    m->d->config.reservations = r;
    m->d->config.reservation_count = (uint32_t)k;
    return true;
}

static bool make(struct serve *s, struct serve_dhcp *d)
{
    struct making m = {s, d, {0}};
    const struct serve_config *c = &s->config;
    size_t most = c->dhcp.subnets ? c->dhcp.subnets : 2 * CONFIG_INTERFACES, room = OPTION_BYTES;

    for (size_t i = 0; i < c->dhcp.subnets; i++) room += c->dhcp.subnet[i].options * (CONFIG_OPTION + 16) + 512;
    void *bytes = serve_space(s, room + c->dhcp.reservations * (CONFIG_NAME + 8));
    d->subnet = serve_space(s, most * sizeof *d->subnet);
    if (!bytes || !d->subnet) return false;
    m.options = writer(bytes, room + c->dhcp.reservations * (CONFIG_NAME + 8));
    d->config = (struct dhcp_server_config){.interfaces = s->network,
                                            .interface_count = s->networks,
                                            .subnets = d->subnet,
                                            .authoritative = c->dhcp.authoritative,
                                            .probe = c->dhcp.conflict_probe,
                                            .per_port = c->dhcp.leases_per_port,
                                            .reservations_most = (uint32_t)c->dhcp.reservations,
                                            .wall_at_start = s->wall_at_start / SECOND,
                                            .seed = s->seed};
    d->config.scope.lease = c->dhcp.lease;
    put_configured(&m.options, c->dhcp.option, c->dhcp.options);
    d->config.scope.options = since(&m.options, 0);
    bool good = true;
    for (size_t i = 0; good && i < c->dhcp.subnets; i++) good = add_subnet(&m, &c->dhcp.subnet[i]);
    if (good && !c->dhcp.subnets) good = add_own(&m);
    return good && add_reservations(&m) && !m.options.full;
}

static bool no_memory(struct net_error *why)
{
    return net_fail(why, -ENOMEM, "no memory for DHCP") == 0;
}

static bool not_sound(const struct fault *fault, struct net_error *why)
{
    return net_fail(why, -EINVAL, "DHCP: subnet or reservation %zu: %s", fault->at + 1,
                    fault->what ? fault->what : "the configuration is not sound") == 0;
}

bool serve_open_dhcp(struct serve *s, struct net_error *why)
{
    struct fault fault = {0};
    size_t first = s->memories;

    s->dhcp_made = serve_space(s, sizeof *s->dhcp_made);
    if (!s->dhcp_made || !make(s, s->dhcp_made)) return no_memory(why);
    size_t size = dhcp_server_size(&s->dhcp_made->config);
    if (!dhcp_server_init(&s->dhcp, &s->dhcp_made->config, serve_space(s, size), size, &fault))
        return not_sound(&fault, why);
    s->dhcp_made->first = first;
    s->dhcp_made->last = s->memories;
    return true;
}

/* Into *made, and in use. False: *why, and nothing has changed. */
static bool reload(struct serve *s, struct serve_dhcp *made, struct dhcp_reloaded *done, struct net_error *why)
{
    struct fault fault = {0};

    if (!made || !make(s, made)) return no_memory(why);
    made->config.wall_at_start = s->dhcp_made->config.wall_at_start;
    size_t size = dhcp_server_size(&made->config);
    return dhcp_server_reload(&s->dhcp, &made->config, serve_space(s, size), size, loop_now(&s->loop), done, &fault) ||
           not_sound(&fault, why);
}

bool serve_reload_dhcp(struct serve *s, struct net_error *why)
{
    size_t first = s->memories, bad, old = s->dhcp_made->last - s->dhcp_made->first;
    struct serve_dhcp *made = serve_space(s, sizeof *made);
    struct dhcp_reloaded done;
    struct fault fault = {0};

    if (!reload(s, made, &done, why)) {
        serve_free_space(s, first, s->memories);
        return false;
    }
    serve_free_space(s, s->dhcp_made->first, s->dhcp_made->last); /* it is before the new one */
    made->first = first - old;
    made->last = s->memories;
    s->dhcp_made = made;
    durable_settle(&s->durable);
    if (!store_load(s->store, NULL, &s->dhcp, loop_now(&s->loop), &bad,
                    &fault)) /* leases of addresses that are given again */
        log_say(LOG_IS_WARNING, "reload: store: %s", fault.what);
    if (done.lost)
        log_say(LOG_IS_WARNING,
                "reload: %u leases are of addresses that are not given any more; their clients get a NAK", done.lost);
    loop_wake(&s->loop, SERVE_DHCP, loop_now(&s->loop));
    return true;
}
