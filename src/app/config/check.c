/* What no single key shows: overlaps, what stands twice, names that nobody has. */
#include "app/config/value.h"
#include "app/config/files.h"
#include "provision/device_name.h"
#include "server/devices.h"
#include <stdlib.h>
#include <string.h>

enum { OTHER = 56, INTERFACE_TEXT = 16 }; /* net/if.h: IFNAMSIZ */

struct check {
    const struct serve_config *c;
    struct teller *t;
};

static struct config_mark mark(int line, int column)
{
    return (struct config_mark){line, column};
}

/* ": line N, column M has it too"; nothing when the other one stands in no file. */
static const char *other(char to[OTHER], struct config_mark at)
{
    to[0] = 0;
    if (at.line) {
        struct writer w = writer(to, OTHER - 1);
        write_text(&w, ": line ");
        write_decimal(&w, (uint64_t)at.line);
        write_text(&w, ", column ");
        write_decimal(&w, (uint64_t)at.column);
        write_text(&w, " has it too");
        to[w.len] = 0;
    }
    return to;
}

ipv4 config_voice_address(const struct config_interface *i, uint8_t *prefix)
{
    *prefix = i->voice_prefix ? i->voice_prefix : 24;
    return i->voice_address ? i->voice_address : IPV4(10, i->voice_vlan % 256, 0, 1);
}

static bool networks_meet(ipv4 a, uint8_t a_prefix, ipv4 b, uint8_t b_prefix)
{
    ipv4 mask = ipv4_mask(a_prefix < b_prefix ? a_prefix : b_prefix);

    return (a & mask) == (b & mask);
}

static void check_interfaces(struct check *k)
{
    const struct serve_config *c = k->c;
    char too[OTHER];

    for (size_t i = 0; i < c->interfaces; i++) {
        const struct config_interface *a = &c->interface[i];
        uint8_t a_prefix, b_prefix;
        ipv4 a_voice = config_voice_address(a, &a_prefix);
        if (a->voice_address && !a->voice_vlan)
            tell(k->t, a->at, "interface %s has a voice-address and no voice-vlan: give it one, from 1 to 4094",
                 a->name);
        for (size_t j = 0; j < i; j++) {
            const struct config_interface *b = &c->interface[j];
            ipv4 b_voice = config_voice_address(b, &b_prefix);
            if (strcmp(a->name, b->name) == 0) {
                tell(k->t, a->at, "interface %s stands twice%s", a->name, other(too, b->at));
                break;
            }
            if (a->voice_vlan && b->voice_vlan && networks_meet(a_voice, a_prefix, b_voice, b_prefix)) {
                tell(k->t, a->at,
                     "the voice VLAN of interface %s would have addresses of that of %s: give it a voice-address of "
                     "its own",
                     a->name, b->name);
                break;
            }
        }
    }
}

static uint64_t check_ranges(struct check *k, const struct config_subnet *s)
{
    char a[IPV4_TEXT], b[IPV4_TEXT], too[OTHER];
    ipv4 mask = ipv4_mask(s->prefix), most = s->network | ~mask;
    uint64_t addresses = s->pools ? 0 : (uint64_t)~mask + 1;

    for (size_t i = 0; i < s->pools; i++) {
        const struct config_range *r = &s->pool[i];
        if (r->first <= s->network || r->last >= most) {
            tell(k->t, r->at, "pool %s-%s is not inside its subnet %s", ipv4_text(a, r->first), ipv4_text(b, r->last),
                 ipv4_text(too, s->network));
            continue;
        }
        addresses += (uint64_t)r->last - r->first + 1;
        for (size_t j = 0; j < i; j++)
            if (r->first <= s->pool[j].last && s->pool[j].first <= r->last) {
                tell(k->t, r->at, "pool %s-%s overlaps another%s", ipv4_text(a, r->first), ipv4_text(b, r->last),
                     other(too, s->pool[j].at));
                break;
            }
    }
    for (size_t i = 0; i < s->excludes; i++)
        if (s->exclude[i].first < s->network || s->exclude[i].last > most)
            tell(k->t, s->exclude[i].at, "exclude: %s-%s is not inside its subnet %s",
                 ipv4_text(a, s->exclude[i].first), ipv4_text(b, s->exclude[i].last), ipv4_text(too, s->network));
    return addresses;
}

/* "eth1", its voice VLAN "eth1.100", or "dt4.100" where that would be too long for Linux (net/tagged.h): its number
 * nobody knows here. */
static bool is_name_of(const struct config_interface *i, const char *name)
{
    size_t length = strlen(i->name);
    const char *dot = strrchr(name, '.');
    uint64_t vlan, index;

    if (strcmp(i->name, name) == 0) return true;
    if (!i->voice_vlan || !dot || !bytes_number(bytes_of(dot + 1), UINT16_MAX, &vlan) || vlan != i->voice_vlan)
        return false;
    if ((size_t)(dot - name) == length && strncmp(i->name, name, length) == 0) return true;
    bool short_enough = length + strlen(dot) < INTERFACE_TEXT;
    return !short_enough && strncmp(name, "dt", 2) == 0 &&
           bytes_number((struct bytes){(const uint8_t *)name + 2, (size_t)(dot - name) - 2}, UINT32_MAX, &index);
}

/* Requests come from served interfaces alone: a subnet of another one would never give an address. */
static void check_served(struct check *k, const struct config_subnet *s)
{
    const struct serve_config *c = k->c;
    char served[160];
    struct writer w = writer(served, sizeof served - 1);

    if (!s->interface[0] || !c->interfaces) return; /* none: told where one is needed */
    for (size_t i = 0; i < c->interfaces; i++) {
        const struct config_interface *one = &c->interface[i];
        if (is_name_of(one, s->interface)) return;
        if (i) write_text(&w, ", ");
        write_text(&w, one->name);
        if (!one->voice_vlan) continue;
        write_text(&w, ", ");
        write_text(&w, one->name);
        write_text(&w, ".");
        write_decimal(&w, one->voice_vlan);
    }
    served[w.len] = 0;
    tell(k->t, s->interface_at,
         "interface: %s is not served, so nobody would get an address of this subnet: %s can stand here", s->interface,
         served);
}

static void check_subnets(struct check *k)
{
    const struct serve_config *c = k->c;
    char a[IPV4_TEXT], b[IPV4_TEXT], too[OTHER];
    uint64_t addresses = 0;

    for (size_t i = 0; i < c->dhcp.subnets; i++) {
        const struct config_subnet *s = &c->dhcp.subnet[i];
        check_served(k, s);
        if (!s->prefix) continue; /* its network was told */
        addresses += check_ranges(k, s);
        for (uint8_t r = 0; r < s->routers.count; r++)
            if (((s->routers.at[r] ^ s->network) & ipv4_mask(s->prefix)) ||
                !value_is_station(s->routers.at[r], s->network, s->prefix))
                tell(k->t, s->routers_at,
                     "routers: %s is no station of the subnet %s/%u: a router must be on the phone's own",
                     ipv4_text(a, s->routers.at[r]), ipv4_text(b, s->network), s->prefix);
        for (size_t j = 0; j < i; j++) {
            const struct config_subnet *o = &c->dhcp.subnet[j];
            if (!o->prefix || !networks_meet(s->network, s->prefix, o->network, o->prefix)) continue;
            tell(k->t, mark(s->line, s->column), "subnet %s/%u overlaps %s/%u%s", ipv4_text(a, s->network), s->prefix,
                 ipv4_text(b, o->network), o->prefix, other(too, mark(o->line, o->column)));
            break;
        }
    }
    if (addresses > CONFIG_LEASES)
        tell(k->t, mark(c->dhcp.subnet[0].line, c->dhcp.subnet[0].column),
             "the pools have %llu addresses together: %d are the most; give 'pools' smaller than the subnet",
             (unsigned long long)addresses, (int)CONFIG_LEASES);
}

/* One thing with its key and place, to find what stands twice among thousands. */
struct thing {
    uint64_t key;
    const char *text;
    struct config_mark at;
};

static int by_key(const void *a, const void *b)
{
    const struct thing *x = a, *y = b;
    int by_text = x->text && y->text ? strcmp(x->text, y->text) : 0;

    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    if (by_text) return by_text;
    if (x->at.line != y->at.line) return x->at.line < y->at.line ? -1 : 1;
    return (x->at.column > y->at.column) - (x->at.column < y->at.column);
}

/* Sorts them; each that is like the one before it is told. `name` writes what it is, for the message. */
static void tell_twice(struct check *k, struct thing *things, size_t n, const char *what,
                       const char *name(char to[32], const struct thing *))
{
    char text[32], too[OTHER];
    size_t first = 0;

    if (n) qsort(things, n, sizeof *things, by_key);
    for (size_t i = 1; i < n; i++) {
        bool same =
            things[i].key == things[first].key && (!things[i].text || strcmp(things[i].text, things[first].text) == 0);
        if (same)
            tell(k->t, things[i].at, "%s %s stands twice%s", what, name(text, &things[i]),
                 other(too, things[first].at));
        else
            first = i;
    }
}

static const char *name_mac(char to[32], const struct thing *t)
{
    (void)mac_text(to, mac_from_number(t->key));
    return to;
}

static const char *name_device(char to[32], const struct thing *t)
{
    device_name(to, mac_from_number(t->key));
    return to;
}

static const char *name_address(char to[32], const struct thing *t)
{
    (void)ipv4_text(to, (ipv4)t->key);
    return to;
}

static const char *name_text(char to[32], const struct thing *t)
{
    (void)text_copy(to, 32, bytes_of(t->text));
    return to;
}

static struct thing *things(struct check *k, size_t n)
{
    struct thing *p = calloc(n ? n : 1, sizeof *p);

    if (!p) tell(k->t, mark(0, 0), "no memory is left to check it");
    return p;
}

static void check_reservations(struct check *k)
{
    const struct serve_config *c = k->c;
    size_t n = c->dhcp.reservations;
    struct thing *all = things(k, n);
    char a[IPV4_TEXT];

    for (size_t i = 0; all && i < n; i++) {
        const struct config_reservation *r = &c->dhcp.reservation[i];
        const struct config_subnet *in = NULL;
        all[i] = (struct thing){r->address, NULL, r->address_at};
        for (size_t s = 0; s < c->dhcp.subnets && !in; s++)
            if (c->dhcp.subnet[s].prefix &&
                !((c->dhcp.subnet[s].network ^ r->address) & ipv4_mask(c->dhcp.subnet[s].prefix)))
                in = &c->dhcp.subnet[s];
        if (c->dhcp.subnets && !in)
            tell(k->t, r->address_at, "address: %s is in no subnet of this file", ipv4_text(a, r->address));
        if (in && !value_is_station(r->address, in->network, in->prefix))
            tell(k->t, r->address_at, "address: %s is its subnet's own or its broadcast address",
                 ipv4_text(a, r->address));
    }
    if (all) tell_twice(k, all, n, "the reserved address", name_address);
    for (size_t i = 0; all && i < n; i++) {
        const struct config_reservation *r = &c->dhcp.reservation[i];
        all[i] = (struct thing){mac_number(r->mac), NULL, mark(r->line, r->column)};
    }
    if (all) tell_twice(k, all, n, "a reservation for", name_mac);
    free(all);
}

static void check_nodes(struct check *k)
{
    const struct serve_config *c = k->c;
    char too[OTHER];

    for (uint8_t i = 0; i < c->callmanager.nodes; i++)
        for (uint8_t j = 0; j < i; j++) {
            const struct config_node *a = &c->callmanager.node[i], *b = &c->callmanager.node[j];
            if (strcmp(a->name, b->name) == 0) tell(k->t, a->at, "node %s stands twice%s", a->name, other(too, b->at));
            /* an address of 0 is every one that there is */
            if (a->port == b->port && (a->address == b->address || !a->address || !b->address))
                tell(k->t, a->at,
                     "nodes %s and %s are on the same address and port: give one another 'port' or 'address'", b->name,
                     a->name);
        }
    if (c->callmanager.connections < c->callmanager.devices)
        tell(k->t, mark(0, 0), "callmanager: connections (%u) are fewer than devices (%u): not all could register",
             c->callmanager.connections, c->callmanager.devices);
    if (c->devices > c->callmanager.devices)
        tell(k->t, mark(c->device[c->callmanager.devices].line, c->device[c->callmanager.devices].column),
             "devices: this is one more than 'devices' of callmanager, which is %u", c->callmanager.devices);
}

static bool pool_is_there(const struct serve_config *c, const char *name)
{
    for (size_t i = 0; i < c->pools; i++)
        if (strcmp(c->pool[i].name, name) == 0) return true;
    return c->pools == 0; /* what stood there was told */
}

static void check_groups_and_pools(struct check *k)
{
    const struct serve_config *c = k->c;
    size_t n = c->groups > c->pools ? c->groups : c->pools;
    struct thing *all = things(k, n);

    for (size_t i = 0; all && i < c->groups; i++)
        all[i] = (struct thing){0, c->group[i].name, c->group_at ? c->group_at[i] : mark(0, 0)};
    if (all) tell_twice(k, all, c->groups, "group", name_text);
    for (size_t i = 0; all && i < c->pools; i++) {
        bool there = false;
        struct config_mark at = c->pool_at ? c->pool_at[i].group : mark(0, 0);
        all[i] = (struct thing){0, c->pool[i].name, c->pool_at ? c->pool_at[i].name : mark(0, 0)};
        for (size_t g = 0; g < c->groups && !there; g++) there = strcmp(c->group[g].name, c->pool[i].group) == 0;
        if (!there && c->groups) /* none: what stood there was told */
            tell(k->t, at, "pool %s is of group '%s', which is not in 'groups': '%s' is", c->pool[i].name,
                 c->pool[i].group, c->group[0].name);
        for (uint8_t l = 0; l < c->pool[i].loads; l++)
            if (strlen(c->pool[i].load[l].load) > 16 && learns_load_from_version(c->pool[i].load[l].device_type))
                tell(k->t, c->pool_at ? c->pool_at[i].load[l] : mark(0, 0),
                     "load: %s is too long: this model learns its load from SCCP's Version, which holds 16 letters",
                     c->pool[i].load[l].load);
    }
    if (all) tell_twice(k, all, c->pools, "pool", name_text);
    free(all);
    if (c->automatic.first > c->automatic.last)
        tell(k->t, c->automatic_at.last, "auto-registration: last-number %u comes before first-number %u",
             c->automatic.last, c->automatic.first);
    if (!pool_is_there(c, c->automatic.pool))
        tell(k->t, c->automatic_at.pool, "auto-registration: pool '%s' is not in 'pools': '%s' is", c->automatic.pool,
             c->pool[0].name);
}

static void check_devices(struct check *k)
{
    const struct serve_config *c = k->c;
    struct thing *all = things(k, c->devices * RECORD_LINES);
    size_t n = 0;

    for (size_t i = 0; all && i < c->devices; i++)
        all[i] =
            (struct thing){mac_number(c->device[i].record.mac), NULL, mark(c->device[i].line, c->device[i].column)};
    if (all) tell_twice(k, all, c->devices, "device", name_device);
    for (size_t i = 0; all && i < c->devices; i++) {
        const struct config_device *d = &c->device[i];
        for (size_t l = 0; l < RECORD_LINES; l++)
            if (d->record.line[l].number[0]) all[n++] = (struct thing){0, d->record.line[l].number, d->number_at[l]};
        if (!pool_is_there(c, d->record.pool))
            tell(k->t, d->pool_at, "pool: '%s' is not in 'pools': '%s' is", d->record.pool, c->pool[0].name);
        if (strlen(d->record.load) > 16 && learns_load_from_version(d->record.device_type))
            tell(k->t, d->load_at,
                 "load: %s is too long: this model learns its load from SCCP's Version, which holds 16 letters",
                 d->record.load);
    }
    if (all) tell_twice(k, all, n, "directory number", name_text);
    free(all);
}

bool config_check(const struct serve_config *c, const char *file, config_say_fn *say, void *context)
{
    struct teller t = {.file = file, .say = say, .context = context};
    struct check k = {c, &t};

    check_interfaces(&k);
    check_subnets(&k);
    check_reservations(&k);
    check_nodes(&k);
    check_groups_and_pools(&k);
    check_devices(&k);
    check_loads(c, &t);
    if (c->admin_http.serve && c->admin_http.address >> 24 != 127 && !c->admin_http.token[0])
        tell(&t, c->admin_http.at, "admin-http: others than this machine reach this address: give it a 'token'");
    return tell_all(&t);
}
