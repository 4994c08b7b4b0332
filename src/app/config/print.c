/* A configuration as a file with comments. What holds nothing is printed as a key with nothing behind it, or as an
 * empty list with an example below it. */
#include "app/config/value.h"
#include "provision/device_name.h"
#include "provision/models.h"
#include <stdio.h>
#include <string.h>

static const char *yes(bool b)
{
    return b ? "on" : "off";
}

static const char *switch_text(enum config_switch s)
{
    static const char *const words[] = {[SWITCH_AUTO] = "auto", [SWITCH_ON] = "on", [SWITCH_OFF] = "off"};

    return words[s];
}

/* Any text as YAML's double-quoted scalar; plain when nothing in it could be taken for something else. */
static void put_text(FILE *f, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+";
    size_t n = strlen(text);

    if (n && strspn(text, plain) == n && strcmp(text, "null") != 0) {
        (void)fputs(text, f);
        return;
    }
    (void)fputc('"', f);
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '"' || text[i] == '\\') (void)fputc('\\', f);
        (void)fputc(text[i], f);
    }
    (void)fputc('"', f);
}

/* `KEY: TEXT`; "" when it is empty, where nothing would be something else. */
static void put_value(FILE *f, const char *indent, const char *key, const char *text)
{
    (void)fprintf(f, "%s%s: ", indent, key);
    put_text(f, text);
    (void)fputc('\n', f);
}

/* `KEY: TEXT`; nothing behind it when the text is empty. */
static void put_key(FILE *f, const char *indent, const char *key, const char *text)
{
    (void)fprintf(f, "%s%s:", indent, key);
    if (text[0]) {
        (void)fputc(' ', f);
        put_text(f, text);
    }
    (void)fputc('\n', f);
}

static void put_seconds(FILE *f, const char *indent, const char *key, uint32_t seconds)
{
    char text[16];

    if (seconds)
        (void)fprintf(f, "%s%s: %s\n", indent, key, duration_text(text, seconds));
    else
        (void)fprintf(f, "%s%s:\n", indent, key);
}

static void put_interfaces(FILE *f, const struct serve_config *c)
{
    char text[IPV4_TEXT];

    (void)fputs("# The interfaces that phones are reached through.\n", f);
    if (!c->interfaces)
        (void)fputs("interfaces:\n"
                    "#  - name: eth1\n"
                    "#    voice-vlan: 100            # nothing here: no voice VLAN\n"
                    "#    voice-address: 10.100.0.1/24\n"
                    "#    announce: auto             # auto: unless a switch gives a voice VLAN already; on, off\n"
                    "#    cdp: on\n"
                    "#    lldp: on\n"
                    "#    priority: 5                # layer 2, of voice\n"
                    "#    dscp: 46\n",
                    f);
    else
        (void)fputs("interfaces:\n", f);
    for (size_t i = 0; i < c->interfaces; i++) {
        const struct config_interface *one = &c->interface[i];
        (void)fputs("  - name: ", f);
        put_text(f, one->name);
        (void)fputs("\n    voice-vlan:", f);
        if (one->voice_vlan) (void)fprintf(f, " %u", one->voice_vlan);
        (void)fputs("\n    voice-address:", f);
        if (one->voice_address) (void)fprintf(f, " %s/%u", ipv4_text(text, one->voice_address), one->voice_prefix);
        (void)fprintf(f, "\n    announce: %s\n    cdp: %s\n    lldp: %s\n    priority: %u\n    dscp: %u\n",
                      switch_text(one->announce), yes(one->cdp), yes(one->lldp), one->priority, one->dscp);
    }
    (void)fputc('\n', f);
}

static void put_addresses(FILE *f, const char *key, const struct config_addresses *a)
{
    char text[IPV4_TEXT];

    (void)fprintf(f, "      %s: [", key);
    for (uint8_t i = 0; i < a->count; i++) (void)fprintf(f, "%s%s", i ? ", " : "", ipv4_text(text, a->at[i]));
    (void)fputs("]\n", f);
}

static void put_ranges(FILE *f, const char *key, const struct config_range *r, size_t n)
{
    char a[IPV4_TEXT], b[IPV4_TEXT];

    (void)fprintf(f, "      %s: [", key);
    for (size_t i = 0; i < n; i++)
        (void)fprintf(f, "%s%s-%s", i ? ", " : "", ipv4_text(a, r[i].first), ipv4_text(b, r[i].last));
    (void)fputs("]\n", f);
}

static void put_options(FILE *f, const char *indent, const struct config_option *o, size_t n)
{
    (void)fprintf(f, "%soptions:%s\n", indent, n ? "" : " []");
    for (size_t i = 0; i < n; i++) {
        (void)fprintf(f, "%s  - {number: %u, %s", indent, o[i].number, o[i].length ? "hex: \"" : "text: \"");
        for (size_t k = 0; k < o[i].length; k++) (void)fprintf(f, "%02x", o[i].bytes[k]);
        (void)fputs("\"}\n", f);
    }
}

static void put_subnets(FILE *f, const struct serve_config *c)
{
    char text[IPV4_TEXT];

    (void)fputs("  # None: one for each interface and voice VLAN.\n", f);
    if (!c->dhcp.subnets)
        (void)fputs("  subnets:\n"
                    "#    - network: 10.100.0.0/24\n"
                    "#      interface: eth1.100       # nothing: the one that has an address in it, or behind a relay\n"
                    "#      pools: [10.100.0.10-10.100.0.250]\n"
                    "#      exclude: [10.100.0.100]\n"
                    "#      routers: [10.100.0.1]\n"
                    "#      dns: [10.100.0.1]\n"
                    "#      domain: example.com\n"
                    "#      ntp: [10.100.0.1]\n"
                    "#      tftp: [10.100.0.1]        # nothing: ourselves\n"
                    "#      lease: 1d\n"
                    "#      phone-lease: 1h\n"
                    "#      options:\n"
                    "#        - {number: 43, hex: \"0104c0a80001\"}\n"
                    "#        - {number: 67, text: boot}\n",
                    f);
    else
        (void)fputs("  subnets:\n", f);
    for (size_t i = 0; i < c->dhcp.subnets; i++) {
        const struct config_subnet *s = &c->dhcp.subnet[i];
        (void)fprintf(f, "    - network: %s/%u\n", ipv4_text(text, s->network), s->prefix);
        put_key(f, "      ", "interface", s->interface);
        put_ranges(f, "pools", s->pool, s->pools);
        put_ranges(f, "exclude", s->exclude, s->excludes);
        put_addresses(f, "routers", &s->routers);
        put_addresses(f, "dns", &s->dns);
        put_key(f, "      ", "domain", s->domain);
        put_addresses(f, "ntp", &s->ntp);
        put_addresses(f, "tftp", &s->tftp);
        put_seconds(f, "      ", "lease", s->lease);
        put_seconds(f, "      ", "phone-lease", s->phone_lease);
        put_options(f, "      ", s->option, s->options);
    }
}

static void put_dhcp(FILE *f, const struct serve_config *c)
{
    char mac[MAC_TEXT], text[IPV4_TEXT];

    (void)fprintf(f, "dhcp:\n  serve: %s                   # auto: unless another server answers; on, off\n",
                  switch_text(c->dhcp.serve));
    (void)fprintf(f, "  conflict-probe: %s            # ask by ARP before an address is given for the first time\n",
                  yes(c->dhcp.conflict_probe));
    (void)fprintf(f, "  authoritative: %s             # refuse addresses that are not ours\n",
                  yes(c->dhcp.authoritative));
    put_seconds(f, "  ", "lease", c->dhcp.lease);
    (void)fputs("  # To phones in a subnet that is not a voice VLAN's: they soon go on to theirs.\n", f);
    put_seconds(f, "  ", "phone-lease", c->dhcp.phone_lease);
    (void)fprintf(f, "  leases-per-port: %u            # of a port of a relay (option 82); 0: any number\n",
                  c->dhcp.leases_per_port);
    put_subnets(f, c);
    (void)fputs("  # Addresses for one device each, by its name or its MAC address.\n", f);
    if (!c->dhcp.reservations)
        (void)fputs("  reservations:\n"
                    "#    - {device: SEP001122334455, address: 10.100.0.20}\n"
                    "#    - {mac: \"00:11:22:33:44:56\", address: 10.100.0.21, host-name: reception}\n",
                    f);
    else
        (void)fputs("  reservations:\n", f);
    for (size_t i = 0; i < c->dhcp.reservations; i++) {
        const struct config_reservation *r = &c->dhcp.reservation[i];
        (void)fprintf(f, "    - mac: \"%s\"\n      address: %s\n", mac_text(mac, r->mac), ipv4_text(text, r->address));
        put_key(f, "      ", "host-name", r->host_name);
    }
    (void)fputs("  # In every subnet.\n", f);
    put_options(f, "  ", c->dhcp.option, c->dhcp.options);
    (void)fputc('\n', f);
}

static void put_callmanager(FILE *f, const struct serve_config *c)
{
    char text[IPV4_TEXT];

    (void)fprintf(f, "callmanager:\n  serve: %s\n  # None: one, on port 2000 of every address.\n",
                  yes(c->callmanager.serve));
    if (!c->callmanager.nodes)
        (void)fputs("  nodes:\n"
                    "#    - {name: cm1, address: 10.100.0.1, port: 2000}\n",
                    f);
    else
        (void)fputs("  nodes:\n", f);
    for (uint8_t i = 0; i < c->callmanager.nodes; i++) {
        const struct config_node *n = &c->callmanager.node[i];
        (void)fputs("    - name: ", f);
        put_text(f, n->name);
        (void)fprintf(f, "\n      address:%s%s\n      port: %u\n", n->address ? " " : "",
                      n->address ? ipv4_text(text, n->address) : "", n->port);
    }
    put_seconds(f, "  ", "keepalive", c->callmanager.keepalive);
    put_seconds(f, "  ", "standby-keepalive", c->callmanager.standby_keepalive);
    (void)fprintf(
        f,
        "  tokens: %u                    # phones that may fall back in a second\n  devices: %u\n  connections: %u\n\n",
        c->callmanager.tokens, c->callmanager.devices, c->callmanager.connections);
    (void)fprintf(f,
                  "# Phones that nobody entered get the next free directory number.\n"
                  "auto-registration:\n  enabled: %s\n  first-number: %u\n  last-number: %u\n",
                  yes(c->automatic.automatic), c->automatic.first, c->automatic.last);
    put_key(f, "  ", "pool", c->automatic.pool);
    (void)fputc('\n', f);
}

static void put_callmanagers(FILE *f, const char *indent, const struct record_callmanager *m, uint8_t n)
{
    char text[IPV4_TEXT];

    (void)fprintf(f, "%scallmanagers: [", indent);
    for (uint8_t i = 0; i < n; i++)
        (void)fprintf(f, "%s\"%s:%u\"", i ? ", " : "", m[i].address ? ipv4_text(text, m[i].address) : "self",
                      m[i].port);
    (void)fputs("]\n", f);
}

static const char *model_text(char to[32], uint32_t device_type)
{
    const struct phone_model *m = model_of_type(device_type);

    (void)text_copy(to, 32, bytes_of(m ? m->name : ""));
    return to;
}

static void put_pools(FILE *f, const struct serve_config *c)
{
    char model[32];

    (void)fputs("# CallManager groups: up to three each, in order; self is ourselves, as the phone reaches us. None: "
                "\"Default\",\n"
                "# of all our nodes.\n",
                f);
    if (c->group_made)
        (void)fputs("groups:\n"
                    "#  - {name: Default, callmanagers: [self, 10.1.0.1, \"10.2.0.1:2000\"]}\n",
                    f);
    else
        (void)fputs("groups:\n", f);
    for (size_t i = 0; !c->group_made && i < c->groups; i++) {
        put_key(f, "  - ", "name", c->group[i].name);
        put_callmanagers(f, "    ", c->group[i].callmanager, c->group[i].callmanagers);
    }
    (void)fputs("\n# Device pools: what many devices have in common.\npools:\n", f);
    for (size_t i = 0; i < c->pools; i++) {
        const struct pool_record *p = &c->pool[i];
        put_key(f, "  - ", "name", p->name);
        put_key(f, "    ", "group", p->group);
        put_key(f, "    ", "date-format", p->date_template);
        put_key(f, "    ", "time-zone", p->time_zone);
        put_value(f, "    ", "user-locale", p->user_locale);
        put_value(f, "    ", "network-locale", p->network_locale);
        put_seconds(f, "    ", "connection-monitor", p->connection_monitor);
        put_key(f, "    ", "region", p->region);
        (void)fputs("    loads:\n", f);
        if (!p->loads) (void)fputs("#      - {model: 7960, load: P0030801SR02}\n", f);
        for (uint8_t l = 0; l < p->loads; l++) {
            put_key(f, "      - ", "model", model_text(model, p->load[l].device_type));
            put_key(f, "        ", "load", p->load[l].load);
        }
    }
    (void)fputc('\n', f);
}

/* As long as they have a number. */
static void put_lines(FILE *f, const char *key, const struct record_line *line, size_t most)
{
    size_t n = 0;

    while (n < most && line[n].number[0]) n++;
    (void)fprintf(f, "    %s:%s\n", key, n ? "" : " []");
    for (size_t i = 0; i < n; i++) {
        put_key(f, "      - ", "number", line[i].number);
        put_key(f, "        ", "label", line[i].label);
    }
}

static void put_devices(FILE *f, const struct serve_config *c)
{
    char name[DEVICE_NAME], model[32];

    (void)fputs(
        "# Devices, and the directory numbers on their lines. What a device has for itself goes before its pool's.\n",
        f);
    if (!c->devices)
        (void)fputs("devices:\n"
                    "#  - name: SEP001122334455\n"
                    "#    model: 7960\n"
                    "#    description: reception\n"
                    "#    lines:\n"
                    "#      - {number: 2001, label: Reception}\n"
                    "#    speed-dials:\n"
                    "#      - {number: 2002, label: Kitchen}\n",
                    f);
    else
        (void)fputs("devices:\n", f);
    for (size_t i = 0; i < c->devices; i++) {
        const struct device_record *d = &c->device[i].record;
        struct record_line dial[RECORD_SPEED_DIALS];
        device_name(name, d->mac);
        (void)fprintf(f, "  - name: %s\n", name);
        put_key(f, "    ", "model", model_text(model, d->device_type));
        put_key(f, "    ", "pool", d->pool);
        put_key(f, "    ", "description", d->description);
        put_lines(f, "lines", d->line, RECORD_LINES);
        for (size_t k = 0; k < RECORD_SPEED_DIALS; k++) {
            memcpy(dial[k].number, d->speed_dial[k].number, sizeof dial[k].number);
            memcpy(dial[k].label, d->speed_dial[k].label, sizeof dial[k].label);
        }
        put_lines(f, "speed-dials", dial, RECORD_SPEED_DIALS);
        put_key(f, "    ", "load", d->load);
        put_key(f, "    ", "date-format", d->date_template);
        put_key(f, "    ", "time-zone", d->time_zone);
        put_key(f, "    ", "user-locale", d->user_locale);
        put_key(f, "    ", "network-locale", d->network_locale);
        if (d->callmanagers) put_callmanagers(f, "    ", d->callmanager, d->callmanagers);
    }
    (void)fputc('\n', f);
}

void config_print(const struct serve_config *c, void *stdio_file)
{
    char text[IPV4_TEXT];
    FILE *f = stdio_file;

    (void)fputs(
        "# Dialtone, what `dialtone serve` does. Every key may be left out; dialtone.yaml(5) tells about each.\n\n", f);
    put_interfaces(f, c);
    (void)fputs("# Where devices, leases and files are kept, and the user to become.\n", f);
    put_key(f, "", "state", c->state);
    put_key(f, "", "user", c->user);
    (void)fputc('\n', f);
    put_dhcp(f, c);
    (void)fprintf(f, "tftp:\n  serve: %s\n", yes(c->tftp.serve));
    (void)fputs("  # Firmware and other files. Nothing here: the folder `files` in the state folder.\n", f);
    put_key(f, "  ", "folder", c->tftp.folder);
    (void)fprintf(
        f, "  ports: %u-%u            # of transfers\n  single-port: %s              # transfers from port 69 only\n\n",
        c->tftp.first_port, c->tftp.last_port, yes(c->tftp.single_port));
    (void)fprintf(f, "# The same files, for phones that ask by HTTP.\nhttp:\n  serve: %s\n  port: %u\n\n",
                  yes(c->http.serve), c->http.port);
    put_callmanager(f, c);
    put_pools(f, c);
    put_devices(f, c);
    (void)fprintf(f,
                  "# /metrics and /healthz. An address that others reach needs a token.\n"
                  "admin-http:\n  serve: %s\n  address: %s:%u\n",
                  yes(c->admin_http.serve), ipv4_text(text, c->admin_http.address), c->admin_http.port);
    put_key(f, "  ", "token", c->admin_http.token);
    (void)fprintf(f, "\nlog:\n  level: %s                   # error, warning, info, debug\n", c->log.level);
    (void)fprintf(f, "  to: %s                      # auto (the journal or standard error), stderr, syslog\n",
                  c->log.to);
}
