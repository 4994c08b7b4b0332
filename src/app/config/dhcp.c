/* The DHCP part of the configuration file: subnets with their pools, reservations, options by number. */
#include "app/config/load.h"
#include "provision/device_name.h"
#include <stdlib.h>
#include <string.h>

/* Options that the server makes itself, and what decides them (RFC 2132; 150: RFC 5859; 82: RFC 3046). */
static const struct {
    uint8_t number;
    const char *instead;
} taken[] = {{0, "it is padding"},
             {1, "it follows from 'network'"},
             {3, "the key 'routers' gives it"},
             {6, "the key 'dns' gives it"},
             {12, "the key 'host-name' of a reservation gives it"},
             {15, "the key 'domain' gives it"},
             {42, "the key 'ntp' gives it"},
             {50, "only clients send it"},
             {51, "the key 'lease' gives it"},
             {52, "the server sets it itself"},
             {53, "the server sets it itself"},
             {54, "the server sets it itself"},
             {55, "only clients send it"},
             {56, "the server sets it itself"},
             {57, "only clients send it"},
             {58, "it follows from 'lease'"},
             {59, "it follows from 'lease'"},
             {61, "only clients send it"},
             {66, "the key 'tftp' gives it"},
             {82, "relays send it"},
             {150, "the key 'tftp' gives it"},
             {255, "it ends the options"}};

static bool load_number(struct load *l, const struct file_option *f, const struct node *n, struct config_option *o)
{
    struct config_mark at = node_mark(node_find(n, "number"));
    uint64_t number;
    char quoted[QUOTE];

    if (!bytes_number(bytes_of(f->number), 255, &number)) {
        tell(l->t, at, "number: %s is not an option's, from 1 to 254", quote(quoted, f->number, strlen(f->number)));
        return false;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(taken); i++)
        if (taken[i].number == number) {
            tell(l->t, at, "number: option %u cannot be given here: %s", (unsigned)number, taken[i].instead);
            return false;
        }
    o->number = (uint8_t)number;
    o->at = at;
    return true;
}

static bool load_bytes(struct load *l, const struct file_option *f, const struct node *n, struct config_option *o)
{
    uint8_t bytes[CONFIG_OPTION];
    struct writer w = writer(bytes, sizeof bytes);
    const struct node *at = load_list(n, "addresses");
    char why[WHY] = "";
    ipv4 address = 0;
    bool fine = true;

    if (!!f->hex + !!f->text + !!f->addresses_count != 1) {
        tell(l->t, node_mark(n), "options: one of 'hex', 'text' and 'addresses' must be there, and no more than one");
        return false;
    }
    if (f->hex && !value_hex(f->hex, bytes, sizeof bytes, &w.len, why)) {
        tell(l->t, node_mark(node_find(n, "hex")), "hex: %s", why);
        return false;
    }
    if (f->text) write_text(&w, f->text);
    for (unsigned i = 0; i < f->addresses_count; i++, at = at ? at->next : NULL) {
        if (!value_address(bytes_of(f->addresses[i]), &address, why)) {
            tell(l->t, node_mark(at), "addresses: %s", why);
            fine = false;
        }
        write_be32(&w, address);
    }
    if (w.full) tell(l->t, node_mark(n), "options: %d bytes are the most", (int)CONFIG_OPTION);
    if (w.full || !fine) return false;
    o->bytes = load_array(l, w.len ? w.len : 1, 1);
    if (!o->bytes) return false;
    memcpy(o->bytes, bytes, w.len);
    o->length = w.len;
    return true;
}

static size_t load_options(struct load *l, const struct file_option *f, unsigned count, const struct node *n,
                           struct config_option **out)
{
    struct config_option *o = *out = load_array(l, count, sizeof *o);
    struct config_mark seen[256] = {0};
    size_t kept = 0;

    for (unsigned i = 0; o && i < count; i++, n = n ? n->next : NULL) {
        struct config_option one = {0};
        bool fine = load_number(l, &f[i], n, &one);
        if (!load_bytes(l, &f[i], n, &one) || !fine) {
            free(one.bytes);
            continue;
        }
        if (seen[one.number].line) {
            tell(l->t, one.at, "number: option %u stands twice: line %d has it too", one.number, seen[one.number].line);
            free(one.bytes);
            continue;
        }
        seen[one.number] = one.at;
        o[kept++] = one;
    }
    return kept;
}

static void load_addresses(struct load *l, char *const *text, unsigned count, const struct node *map, const char *key,
                           struct config_addresses *out)
{
    const struct node *n = load_list(map, key);
    char why[WHY];

    for (unsigned i = 0; i < count && load_room(l, n, key, i, CONFIG_ADDRESSES); i++, n = n ? n->next : NULL)
        if (value_address(bytes_of(text[i]), &out->at[out->count], why))
            out->count++;
        else
            tell(l->t, node_mark(n), "%s: %s", key, why);
}

static size_t load_ranges(struct load *l, char *const *text, unsigned count, const struct node *map, const char *key,
                          struct config_range **out)
{
    const struct node *n = load_list(map, key);
    struct config_range *r = *out = load_array(l, count, sizeof *r);
    char why[WHY];
    size_t kept = 0;

    for (unsigned i = 0; r && i < count && load_room(l, n, key, i, CONFIG_RANGES); i++, n = n ? n->next : NULL) {
        r[kept].at = node_mark(n);
        if (value_range(bytes_of(text[i]), &r[kept], why))
            kept++;
        else
            tell(l->t, node_mark(n), "%s: %s; FIRST-LAST or one address is taken", key, why);
    }
    return kept;
}

static void load_subnets(struct load *l, const struct file_dhcp *f, const struct node *n)
{
    struct serve_config *c = l->c;

    c->dhcp.subnet = load_array(l, f->subnets_count, sizeof *c->dhcp.subnet);
    for (unsigned i = 0; c->dhcp.subnet && i < f->subnets_count; i++, n = n ? n->next : NULL) {
        const struct file_subnet *from = &f->subnets[i];
        struct config_subnet one = {0};
        struct config_mark at = node_mark(node_find(n, "network"));
        if (!load_room(l, n, "subnets", i, CONFIG_SUBNETS)) return;
        (void)load_keys(l, keys_subnet, &one, from, n);
        one.line = at.line;
        one.column = at.column;
        one.routers_at = node_mark(load_list(n, "routers"));
        load_addresses(l, from->routers, from->routers_count, n, "routers", &one.routers);
        load_addresses(l, from->dns, from->dns_count, n, "dns", &one.dns);
        load_addresses(l, from->ntp, from->ntp_count, n, "ntp", &one.ntp);
        load_addresses(l, from->tftp, from->tftp_count, n, "tftp", &one.tftp);
        one.pools = load_ranges(l, from->pools, from->pools_count, n, "pools", &one.pool);
        one.excludes = load_ranges(l, from->exclude, from->exclude_count, n, "exclude", &one.exclude);
        one.options = load_options(l, from->options, from->options_count, load_list(n, "options"), &one.option);
        c->dhcp.subnet[c->dhcp.subnets++] = one;
    }
}

static bool load_whose(struct load *l, const struct file_reservation *f, const struct node *n, struct mac *out)
{
    const char *key = f->device ? "device" : "mac", *text = f->device ? f->device : f->mac;
    struct config_mark at = node_mark(node_find(n, key));
    char quoted[QUOTE];

    if (!f->device == !f->mac) {
        tell(l->t, node_mark(n), "reservations: one of 'device' and 'mac' must be there, and no more than one");
        return false;
    }
    (void)quote(quoted, text, strlen(text));
    if (f->device ? device_name_parse(bytes_of(text), out) : mac_parse(bytes_of(text), out)) {
        if (!mac_is_none(*out) && !mac_is_group(*out)) return true;
        tell(l->t, at, "%s: %s is not the address of a single station", key, quoted);
        return false;
    }
    tell(l->t, at,
         f->device ? "device: %s is not a device name, such as SEP001122334455"
                   : "mac: %s is not a MAC address, such as 00:11:22:33:44:55",
         quoted);
    return false;
}

static bool load_host(struct load *l, const char *text, const struct node *n, struct config_reservation *to)
{
    size_t length = text ? strlen(text) : 0;
    char quoted[QUOTE];
    bool fine = length < sizeof to->host_name;

    for (size_t i = 0; i < length; i++) { /* RFC 1123, 2.1: letters, digits, hyphens; dots between labels */
        char x = text[i];
        if (!((x >= '0' && x <= '9') || (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || x == '-' || x == '.'))
            fine = false;
    }
    if (fine && text) (void)text_copy(to->host_name, sizeof to->host_name, bytes_of(text));
    if (!fine)
        tell(l->t, node_mark(node_find(n, "host-name")), "host-name: %s is not a host's name: letters, digits, - and .",
             quote(quoted, text, length));
    return fine;
}

static void load_reservations(struct load *l, const struct file_dhcp *f, const struct node *n)
{
    struct serve_config *c = l->c;
    char why[WHY];

    c->dhcp.reservation = load_array(l, f->reservations_count, sizeof *c->dhcp.reservation);
    for (unsigned i = 0; c->dhcp.reservation && i < f->reservations_count; i++, n = n ? n->next : NULL) {
        const struct file_reservation *from = &f->reservations[i];
        struct config_reservation one = {.address_at = node_mark(node_find(n, "address"))};
        struct config_mark at = node_mark(node_find(n, from->device ? "device" : "mac"));
        bool fine = load_whose(l, from, n, &one.mac);
        one.line = at.line;
        one.column = at.column;
        if (!value_address(bytes_of(from->address), &one.address, why)) {
            tell(l->t, one.address_at, "address: %s", why);
            fine = false;
        }
        if (load_host(l, from->host_name, n, &one) && fine) c->dhcp.reservation[c->dhcp.reservations++] = one;
    }
}

void load_dhcp(struct load *l, const struct file_dhcp *f, const struct node *map)
{
    struct serve_config *c = l->c;

    (void)load_keys(l, keys_dhcp, c, f, map);
    load_subnets(l, f, load_list(map, "subnets"));
    load_reservations(l, f, load_list(map, "reservations"));
    c->dhcp.options = load_options(l, f->options, f->options_count, load_list(map, "options"), &c->dhcp.option);
}
