#include "server/lease.h"

bool dhcp_no(struct fault *why, size_t at, const char *what)
{
    *why = (struct fault){.kind = FAULT_VALUE, .at = at, .what = what};
    return false;
}

/* Scopes. */

void dhcp_put_addresses(struct writer *w, uint8_t code, const ipv4 *address, size_t n)
{
    if (n == 0 || n > 63) return; /* an empty list has no form (RFC 2132); 63 fit into one option */
    write_u8(w, code);
    write_u8(w, (uint8_t)(4 * n));
    for (size_t i = 0; i < n; i++) write_be32(w, address[i]);
}

void dhcp_put_text(struct writer *w, uint8_t code, struct bytes text)
{
    dhcp_write_option(w, code, text);
}

void dhcp_put_number(struct writer *w, uint8_t code, uint64_t value, uint8_t size)
{
    if (size < 1 || size > 8) return;
    write_u8(w, code);
    write_u8(w, size);
    for (uint8_t i = size; i-- > 0;) write_u8(w, (uint8_t)(value >> 8 * i));
}

void dhcp_put_search(struct writer *w, uint8_t code, struct bytes names)
{
    uint8_t bytes[512];
    struct writer v = writer(bytes, sizeof bytes);

    while (names.len > 0) {
        struct bytes name = bytes_trim(bytes_cut(&names, ' '));
        if (name.len == 0) continue;
        while (name.len > 0) { /* RFC 1035, section 3.1: labels of 1 to 63 letters, and an empty one */
            struct bytes label = bytes_cut(&name, '.');
            if (label.len < 1 || label.len > 63) return;
            write_u8(&v, (uint8_t)label.len);
            write_bytes(&v, label);
        }
        write_u8(&v, 0);
    }
    if (v.len && !v.full) dhcp_write_option(w, code, written(&v));
}

/* Options that are ours to fill in, or that only clients and relays send. */
static bool may_be_told(uint8_t code)
{
    return code != 0 && code != DHCP_MASK && (code < DHCP_REQUESTED || code > DHCP_T2) && code != DHCP_CLIENT_ID &&
           code != DHCP_RELAY_AGENT && code != 255;
}

static bool scope_sound(const struct dhcp_scope *s, size_t at, struct fault *why)
{
    struct fault cut;
    struct reader r = reader(s->options, &cut);

    if (s->tftps > DHCP_SERVER_TFTP) return dhcp_no(why, at, "number of TFTP servers");
    for (uint8_t i = 0; i < s->tftps; i++)
        if (s->tftp[i] == 0) return dhcp_no(why, at, "address of a TFTP server");
    while (unread(&r) > 0) {
        uint8_t code = read_u8(&r), length = read_u8(&r);
        (void)read_bytes(&r, length);
        if (!sound(&r)) return dhcp_no(why, at, "DHCP options of a scope");
        if (!may_be_told(code)) return dhcp_no(why, at, "DHCP option that is not for a configuration");
        bool list = code == DHCP_ROUTERS || code == DHCP_DNS || code == DHCP_NTP || code == DHCP_TFTP_SERVERS;
        if (list && (length == 0 || length % 4 != 0))
            return dhcp_no(why, at, "DHCP option that is no list of addresses");
    }
    return true;
}

static bool classes_sound(const struct dhcp_class *c, uint32_t n, size_t at, struct fault *why)
{
    if (n > DHCP_SERVER_CLASSES) return dhcp_no(why, at, "number of vendor classes");
    for (uint32_t i = 0; i < n; i++)
        if (!scope_sound(&c[i].scope, at, why)) return false;
    return true;
}

/* Addresses. */

/* The k-th run of addresses that must not be given to anybody: what the configuration excludes, our own addresses, the
 * routers. */
static bool excluded(const struct dhcp_server_config *c, const struct dhcp_subnet *n, uint32_t k,
                     struct dhcp_range *out)
{
    struct fault why;
    struct reader r = reader(n->scope.options, &why);

    if (k < n->excluded_count) {
        *out = n->excluded[k];
        return true;
    }
    k -= n->excluded_count;
    if (k < c->interface_count) {
        *out = (struct dhcp_range){c->interfaces[k].address, c->interfaces[k].address};
        return true;
    }
    k -= c->interface_count;
    while (unread(&r) > 0) {
        uint8_t code = read_u8(&r);
        struct reader value = read_part(&r, read_u8(&r));
        for (; code == DHCP_ROUTERS && unread(&value) >= 4; k--) {
            ipv4 router = read_be32(&value);
            *out = (struct dhcp_range){router, router};
            if (k == 0) return true;
        }
    }
    return false;
}

/* The first address from `from` on that is not excluded; past `last` when all are. */
static ipv4 first_allowed(const struct dhcp_server_config *c, const struct dhcp_subnet *n, ipv4 from, ipv4 last)
{
    struct dhcp_range e;

    for (uint32_t k = 0; from <= last && excluded(c, n, k, &e);) {
        k++;
        if (from < e.first || from > e.last) continue;
        from = e.last + 1; /* not past 255.255.255.255, which is in no pool */
        k = 0;
    }
    return from;
}

bool dhcp_next_span(const struct dhcp_server_config *c, uint32_t subnet, uint32_t *pool, ipv4 *from,
                    struct dhcp_range *out)
{
    const struct dhcp_subnet *n = &c->subnets[subnet];
    struct dhcp_range e;

    for (; *pool < n->pool_count; (*pool)++, *from = 0) {
        struct dhcp_range p = n->pools[*pool];
        ipv4 first = first_allowed(c, n, *from > p.first ? *from : p.first, p.last);
        if (first > p.last) continue;
        ipv4 last = p.last;
        for (uint32_t k = 0; excluded(c, n, k, &e); k++)
            if (e.first > first && e.first <= last) last = e.first - 1;
        *out = (struct dhcp_range){first, last};
        *from = last + 1;
        return true;
    }
    return false;
}

static bool pools_sound(const struct dhcp_subnet *n, uint32_t at, struct fault *why)
{
    if (n->pool_count > DHCP_SERVER_RANGES || n->excluded_count > DHCP_SERVER_RANGES)
        return dhcp_no(why, at, "number of pools of a subnet");
    for (uint32_t i = 0; i < n->pool_count; i++) {
        const struct dhcp_range *p = &n->pools[i];
        if (p->last < p->first) return dhcp_no(why, at, "pool that ends before it begins");
        if (!ipv4_same_subnet(p->first, n->network, n->mask) || !ipv4_same_subnet(p->last, n->network, n->mask))
            return dhcp_no(why, at, "pool outside of its subnet");
        if (p->first == n->network || p->last == (n->network | ~n->mask))
            return dhcp_no(why, at, "pool with the network's or broadcast address");
        for (uint32_t k = 0; k < i; k++)
            if (p->first <= n->pools[k].last && n->pools[k].first <= p->last)
                return dhcp_no(why, at, "pools that overlap");
    }
    for (uint32_t i = 0; i < n->excluded_count; i++)
        if (n->excluded[i].last < n->excluded[i].first || n->excluded[i].last == IPV4_BROADCAST)
            return dhcp_no(why, at, "exclusion that ends before it begins");
    return true;
}

static bool subnet_sound(const struct dhcp_server_config *c, uint32_t i, struct fault *why)
{
    const struct dhcp_subnet *s = &c->subnets[i];
    uint32_t hosts = ~s->mask;

    if ((hosts & (hosts + 1)) != 0 || s->mask == 0 || (s->network & hosts) != 0)
        return dhcp_no(why, i, "network or mask of a subnet");
    if (s->interface != DHCP_NO_INTERFACE && s->interface >= c->interface_count)
        return dhcp_no(why, i, "interface of a subnet");
    if (!pools_sound(s, i, why) || !scope_sound(&s->scope, i, why) ||
        !classes_sound(s->classes, s->class_count, i, why))
        return false;
    for (uint32_t k = 0; k < i; k++) {
        const struct dhcp_subnet *o = &c->subnets[k];
        if (ipv4_same_subnet(s->network, o->network, s->mask & o->mask)) return dhcp_no(why, i, "subnets that overlap");
        if (s->interface != DHCP_NO_INTERFACE && s->interface == o->interface)
            return dhcp_no(why, i, "two subnets on one interface");
    }
    return true;
}

bool dhcp_config_sound(const struct dhcp_server_config *c, struct fault *why)
{
    uint64_t all = 0;

    *why = (struct fault){.kind = FAULT_NONE};
    if (c->interface_count > DHCP_SERVER_INTERFACES) return dhcp_no(why, 0, "number of interfaces of the DHCP server");
    for (uint32_t i = 0; i < c->interface_count; i++)
        if (c->interfaces[i].address == 0 || c->interfaces[i].address == IPV4_BROADCAST)
            return dhcp_no(why, i, "address of the DHCP server");
    if ((c->subnet_count == 0 && c->interface_count > 0) || c->subnet_count > DHCP_SERVER_SUBNETS)
        return dhcp_no(why, 0, "number of subnets of the DHCP server");
    if (c->reservation_count > DHCP_SERVER_RESERVATIONS || c->reservations_most > DHCP_SERVER_RESERVATIONS)
        return dhcp_no(why, 0, "number of reservations");
    if (c->probes > DHCP_SERVER_PROBES) return dhcp_no(why, 0, "number of probes");
    if (!scope_sound(&c->scope, 0, why) || !classes_sound(c->classes, c->class_count, 0, why)) return false;
    for (uint32_t i = 0; i < c->subnet_count; i++) {
        if (!subnet_sound(c, i, why)) return false;
        for (uint32_t p = 0; p < c->subnets[i].pool_count; p++)
            all += (uint64_t)c->subnets[i].pools[p].last - c->subnets[i].pools[p].first + 1;
        if (all > DHCP_SERVER_ADDRESSES) return dhcp_no(why, i, "number of addresses of the DHCP server");
    }
    return true;
}
