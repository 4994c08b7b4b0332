/* The command line over the file: each option is a key of the file, and is read as that key is. */
#include "app/config/load.h"
#include <stdio.h>
#include <string.h>

/* name, argument, help; which keys, which of them (NULL: read apart) */
#define OPTIONS(X)                                                                                                     \
    X("interface", "NAME", "an interface that phones are reached through; again for another", NULL, NULL)              \
    X("voice-vlan", "VLAN", "the voice VLAN announced there, 1 to 4094", keys_interface, "voice-vlan")                 \
    X("voice-address", "ADDRESS[/BITS]", "our address in it (10.N.0.1/24 for VLAN N)", keys_interface,                 \
      "voice-address")                                                                                                 \
    X("announce", "auto|on|off", "announce it by CDP and LLDP-MED (auto: unless a switch does)", keys_interface,       \
      "announce")                                                                                                      \
    X("cdp", "on|off", "announce by CDP", keys_interface, "cdp")                                                       \
    X("lldp", "on|off", "announce by LLDP-MED", keys_interface, "lldp")                                                \
    X("priority", "0..7", "layer 2 priority of voice", keys_interface, "priority")                                     \
    X("dscp", "0..63", "DSCP of voice", keys_interface, "dscp")                                                        \
    X("state", "DIR", "where what must not be lost is kept", keys_top, "state")                                        \
    X("user", "NAME", "the user to become", keys_top, "user")                                                          \
    X("dhcp", "auto|on|off", "serve DHCP (auto: unless another server answers)", keys_dhcp, "serve")                   \
    X("conflict-probe", "on|off", "ask by ARP before a new address is given", keys_dhcp, "conflict-probe")             \
    X("authoritative", "on|off", "refuse addresses that are not ours to clients that ask for them", keys_dhcp,         \
      "authoritative")                                                                                                 \
    X("lease", "TIME", "how long an address is lent, such as 1d", keys_dhcp, "lease")                                  \
    X("phone-lease", "TIME", "the same to phones outside of their voice VLAN", keys_dhcp, "phone-lease")               \
    X("leases-per-port", "N", "leases of one relay's port at most; 0: any number", keys_dhcp, "leases-per-port")       \
    X("tftp", "on|off", "serve TFTP", keys_tftp, "serve")                                                              \
    X("tftp-folder", "DIR", "firmware and other files (STATE/files)", keys_tftp, "folder")                             \
    X("tftp-ports", "FIRST-LAST", "ports of transfers", keys_tftp, "ports")                                            \
    X("tftp-single-port", "on|off", "transfers from port 69 only", keys_tftp, "single-port")                           \
    X("http", "on|off", "serve the same files by HTTP", keys_http, "serve")                                            \
    X("http-port", "PORT", "its port", keys_http, "port")                                                              \
    X("callmanager", "on|off", "serve SCCP", keys_callmanager, "serve")                                                \
    X("nodes", "ADDRESS[:PORT],...", "its nodes, up to three, or self:PORT", NULL, NULL)                               \
    X("keepalive", "TIME", "between keepalives of a registered phone", keys_callmanager, "keepalive")                  \
    X("standby-keepalive", "TIME", "the same of its standby connection", keys_callmanager, "standby-keepalive")        \
    X("tokens", "N", "phones that may fall back in a second", keys_callmanager, "tokens")                              \
    X("devices", "N", "devices at most", keys_callmanager, "devices")                                                  \
    X("connections", "N", "connections at most", keys_callmanager, "connections")                                      \
    X("auto-registration", "on|off", "take phones that nobody entered", keys_automatic, "enabled")                     \
    X("first-number", "N", "the first directory number for them", keys_automatic, "first-number")                      \
    X("last-number", "N", "the last one", keys_automatic, "last-number")                                               \
    X("pool", "NAME", "their device pool", keys_automatic, "pool")                                                     \
    X("date-format", "FORMAT", "of the first pool, such as D/M/YA", keys_pool, "date-format")                          \
    X("time-zone", "ZONE", "of the first pool, such as Europe/Amsterdam", keys_pool, "time-zone")                      \
    X("admin-http", "ADDRESS:PORT|off", "metrics and health", NULL, NULL)                                              \
    X("log-level", "LEVEL", "error, warning, info or debug", keys_log, "level")                                        \
    X("log-to", "WHERE", "auto, stderr or syslog", keys_log, "to")

#define NAME_OF(name, argument, help, keys, key) {name, argument, help},
const struct config_option_name config_option_names[] = {OPTIONS(NAME_OF){NULL, NULL, NULL}};
const size_t config_option_count = ARRAY_LENGTH(config_option_names) - 1;

#define KEY_OF(name, argument, help, keys, key) {keys, key},
static const struct {
    const struct config_key *keys;
    const char *key;
} options[] = {OPTIONS(KEY_OF)};

static bool take_interface(struct serve_config *c, const char *value, char why[WHY])
{
    struct config_interface one = {.cdp = true, .lldp = true, .priority = 5, .dscp = 46};

    if (!value_take(&one, keys_interface, value, why)) return false;
    for (size_t i = 0; i < c->interfaces; i++)
        if (strcmp(c->interface[i].name, one.name) == 0) {
            c->option_interface = i + 1;
            return true;
        }
    if (c->interfaces == CONFIG_INTERFACES) {
        (void)snprintf(why, WHY, "%d interfaces are the most", (int)CONFIG_INTERFACES);
        return false;
    }
    c->interface[c->interfaces++] = one;
    c->option_interface = c->interfaces;
    return true;
}

static bool take_nodes(struct serve_config *c, const char *value, char why[WHY])
{
    struct config_node node[CONFIG_NODES] = {0};
    struct bytes rest = bytes_of(value);
    struct serve_config none = {0}; /* a node's name is of no use here */
    struct record_callmanager at;
    uint8_t n = 0;

    while (rest.len) {
        struct bytes one = bytes_cut(&rest, ',');
        if (n == CONFIG_NODES) {
            (void)snprintf(why, WHY, "%d nodes are the most", (int)CONFIG_NODES);
            return false;
        }
        if (!value_callmanager(one, &none, &at, why)) return false;
        node[n].address = at.address;
        node[n].port = at.port;
        n++;
        (void)snprintf(node[n - 1].name, sizeof node[n - 1].name, "cm%u", n);
    }
    if (n == 0) {
        (void)snprintf(why, WHY, "one to three belong here, such as self:2000,self:2001");
        return false;
    }
    memcpy(c->callmanager.node, node, sizeof node);
    c->callmanager.nodes = n;
    config_make_group(c);
    return true;
}

static bool take_admin(struct serve_config *c, const char *value, char why[WHY])
{
    if (strchr(value, '.')) {
        for (const struct config_key *k = keys_admin; k->key; k++)
            if (strcmp(k->key, "address") == 0) return value_take(c, k, value, why) && (c->admin_http.serve = true);
    }
    return value_take(c, keys_admin, value, why); /* its first key is `serve` */
}

/* What the keys' values are members of. */
static void *struct_of(struct serve_config *c, const struct config_key *keys, char why[WHY])
{
    if (keys == keys_interface) {
        size_t at = c->option_interface ? c->option_interface : c->interfaces == 1 ? 1 : 0;
        if (at == 0) (void)snprintf(why, WHY, "of which interface? --interface NAME must come before it");
        return at ? &c->interface[at - 1] : NULL;
    }
    if (keys != keys_pool) return c;
    void *pool = config_own_pool(c);
    if (!pool) (void)snprintf(why, WHY, "no memory is left");
    return pool;
}

bool config_option(struct serve_config *c, const char *name, const char *value, char why[256])
{
    size_t i = 0;

    why[0] = 0;
    if (!value) value = "on";
    if (strcmp(name, "interface") == 0) return take_interface(c, value, why);
    if (strcmp(name, "nodes") == 0) return take_nodes(c, value, why);
    if (strcmp(name, "admin-http") == 0) return take_admin(c, value, why);
    while (i < ARRAY_LENGTH(options) && strcmp(config_option_names[i].name, name) != 0) i++;
    if (i == ARRAY_LENGTH(options)) {
        char quoted[QUOTE];
        (void)snprintf(why, WHY, "there is no such option: %s", quote(quoted, name, strlen(name)));
        return false;
    }
    const struct config_key *k = options[i].keys;
    void *into = struct_of(c, k, why);
    while (k->key && strcmp(k->key, options[i].key) != 0) k++;
    return into && k->key && value_take(into, k, value, why);
}
