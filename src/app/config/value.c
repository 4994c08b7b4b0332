#include "app/config/value.h"
#include "app/zone.h"
#include "base/hex.h"
#include "provision/models.h"
#include "provision/time_zone.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { INTERFACE_NAME = 15, PORTS_MOST = 256 }; /* IFNAMSIZ less its NUL */

static bool no(char why[WHY], const char *text, const char *form, const char *more)
{
    char quoted[QUOTE];

    (void)quote(quoted, text, strlen(text));
    int n = snprintf(why, WHY, "%s ", quoted);
    (void)snprintf(why + n, WHY - (size_t)n, form, more);
    return false;
}

static bool no_span(char why[WHY], struct bytes text, const char *what)
{
    char copy[QUOTE * 2];

    (void)text_copy(copy, sizeof copy, text);
    return no(why, copy, "%s", what);
}

static bool word_is(struct bytes text, const char *words)
{
    struct bytes rest = bytes_of(words);

    while (rest.len)
        if (bytes_equal_nocase(bytes_cut(&rest, '|'), text)) return true;
    return false;
}

static bool take_number(void *to, size_t size, uint64_t n)
{
    uint8_t n1 = (uint8_t)n;
    uint16_t n2 = (uint16_t)n;
    uint32_t n4 = (uint32_t)n;

    if (size == 1) memcpy(to, &n1, 1);
    if (size == 2) memcpy(to, &n2, 2);
    if (size == 4) memcpy(to, &n4, 4);
    return true;
}

static const struct {
    char letter;
    uint32_t seconds;
} units[] = {{'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

const char *duration_text(char to[16], uint32_t seconds)
{
    size_t i = 0;

    while (i + 1 < ARRAY_LENGTH(units) && (i == 0 || seconds == 0 || seconds % units[i].seconds)) i++;
    (void)snprintf(to, 16, "%u%c", seconds / units[i].seconds, units[i].letter);
    return to;
}

static bool take_seconds(void *to, const struct config_key *k, const char *text, char why[WHY])
{
    struct bytes t = bytes_of(text);
    uint64_t n, unit = 1;

    for (size_t i = 0; i < ARRAY_LENGTH(units) && t.len; i++)
        if (t.at[t.len - 1] == (uint8_t)units[i].letter) {
            unit = units[i].seconds;
            t.len--;
            break;
        }
    if (bytes_number(t, UINT32_MAX, &n) && n * unit >= k->least && n * unit <= k->most)
        return take_number(to, k->size, n * unit);
    char least[16], most[16], range[48];
    (void)snprintf(range, sizeof range, "%s to %s", duration_text(least, k->least), duration_text(most, k->most));
    return no(why, text, "is not a time from %s, such as 90s, 15m, 12h or 1d", range);
}

bool value_text_sound(struct bytes text, size_t most, char why[WHY])
{
    if (text.len > most) {
        char much[24];
        (void)snprintf(much, sizeof much, "%zu", most);
        return no(why, (const char *)text.at, "is too long: it may have %s bytes", much);
    }
    for (size_t i = 0; i < text.len; i++) /* that it is UTF-8, libyaml has seen; of an option the shell */
        if (text.at[i] < 0x20 || text.at[i] == 0x7f)
            return no(why, (const char *)text.at, "%s", "holds a control character or a line break");
    return true;
}

/* With zeros behind it (text_copy): records are compared whole. */
static bool put_text(char *to, size_t size, const char *text)
{
    (void)text_copy(to, size, bytes_of(text));
    return true;
}

static bool take_text(char *to, const struct config_key *k, const char *text, char why[WHY])
{
    if (strlen(text) < k->least) return no(why, text, "is empty%s", "");
    if (!value_text_sound(bytes_of(text), k->size - 1, why)) return false;
    return put_text(to, k->size, text);
}

bool value_is_station(ipv4 address, ipv4 network, uint8_t prefix)
{
    ipv4 mask = ipv4_mask(prefix);

    return address != (network & mask) && address != (network | ~mask);
}

bool value_address(struct bytes text, ipv4 *out, char why[WHY])
{
    ipv4 a;

    if (!ipv4_parse(text, &a)) return no_span(why, text, "is not an IPv4 address, such as 10.100.0.1");
    if (a >> 24 == 0 || a >> 28 >= 14)
        return no_span(why, text, "is not the address of a single station, such as 10.100.0.1");
    *out = a;
    return true;
}

static bool take_prefix(void *to, uint8_t *prefix, const struct config_key *k, const char *text, char why[WHY])
{
    struct bytes rest = bytes_of(text), host = bytes_cut(&rest, '/');
    bool network = k->kind == VALUE_NETWORK;
    uint64_t bits = 24;
    ipv4 a;

    if (!ipv4_parse(host, &a) || (!strchr(text, '/') && network))
        return no(why, text, "is not %s",
                  network ? "a network, such as 10.100.0.0/24" : "an address, such as 10.100.0.1/24");
    if (strchr(text, '/') && (!bytes_number(rest, 30, &bits) || bits < 8))
        return no(why, text, "has a prefix length that is not from 8 to 30%s", "");
    if (network && (a & ~ipv4_mask((uint8_t)bits))) {
        char right[IPV4_TEXT], all[IPV4_TEXT + 4];
        (void)snprintf(all, sizeof all, "%s/%u", ipv4_text(right, a & ipv4_mask((uint8_t)bits)), (unsigned)bits);
        return no(why, text, "is a station's address, not a network: %s would be", all);
    }
    if (!network && !value_is_station(a, a, (uint8_t)bits))
        return no(why, text, "is %s, not a station's", "the network's own address or its broadcast address");
    if (a >> 24 == 0 || a >> 24 == 127 || a >> 28 >= 14) return no(why, text, "is %s", "not a network of stations");
    memcpy(to, &a, sizeof a);
    *prefix = (uint8_t)bits;
    return true;
}

static bool take_ports(uint16_t *first, uint16_t *last, const char *text, char why[WHY])
{
    struct bytes rest = bytes_of(text), begin = bytes_cut(&rest, '-');
    uint64_t a, b;

    if (!bytes_number(begin, 65535, &a) || !bytes_number(strchr(text, '-') ? rest : begin, 65535, &b) || a < 1024)
        return no(why, text, "is not a range of ports from 1024 on, such as %s", "51000-51015");
    if (b < a) return no(why, text, "ends before it begins%s", "");
    if (b - a >= PORTS_MOST) return no(why, text, "is more than %s ports", "256");
    *first = (uint16_t)a;
    *last = (uint16_t)b;
    return true;
}

static bool take_endpoint(ipv4 *address, uint16_t *port, const char *text, char why[WHY])
{
    struct bytes rest = bytes_of(text), host = bytes_cut(&rest, ':');
    uint64_t n = *port;
    ipv4 a;

    if (!ipv4_parse(host, &a) || a >> 28 >= 14 || (strchr(text, ':') && (!bytes_number(rest, 65535, &n) || n == 0)))
        return no(why, text, "is not ADDRESS:PORT, such as %s", "127.0.0.1:8970");
    *address = a;
    *port = (uint16_t)n;
    return true;
}

static bool take_interface(char *to, const struct config_key *k, const char *text, char why[WHY])
{
    size_t n = strlen(text);
    bool fine = n && n <= INTERFACE_NAME && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;

    for (size_t i = 0; i < n; i++)
        if ((uint8_t)text[i] <= ' ' || text[i] == 0x7f || text[i] == '/' || text[i] == ':') fine = false;
    if (!fine)
        return no(why, text, "is not the name of an interface, such as eth1 (up to %s letters, no / or :)", "15");
    return put_text(to, k->size, text);
}

/* Known to the phones, by provision's table; that the machine knows it too is asked of its own database, where it has
 * one. */
static bool take_zone(char *to, const struct config_key *k, const char *text, char why[WHY])
{
    static const char folder[] = "/usr/share/zoneinfo/";
    bool known = time_zone_cisco(bytes_of(text)) != NULL;
    char path[CONFIG_PATH];

    if (known) return take_text(to, k, text, why);
    int n = snprintf(path, sizeof path, "%s%s", folder, text);
    if (text[0] != '/' && !strstr(text, "..") && n > 0 && (size_t)n < sizeof path && access(path, R_OK) == 0)
        return no(why, text, "is a time zone that the phones have no name for: %s",
                  "take one with the same hours, such as Europe/Berlin, America/New_York or Etc/UTC");
    return no(why, text, "is no time zone: IANA's names are taken, such as %s", "Europe/Amsterdam");
}

static bool take_model(uint32_t *to, const char *text, char why[WHY])
{
    const struct phone_model *m = model_find(bytes_of(text));

    if (!m) return no(why, text, "is no phone model that is known, such as %s", "7960");
    if (!m->speaks_sccp) return no(why, text, "speaks no SCCP, and %s", "cannot register here");
    *to = m->device_type;
    return true;
}

bool value_load_sound(struct bytes load, char why[WHY])
{
    static const char *const suffix[] = {".bin", ".loads", ".sbn", ".zup", ".sbin", ".sb2"};

    if (load.len == 0 || load.len >= LOAD_NAME) return no_span(why, load, "is not a load's name: 1 to 63 letters");
    for (size_t i = 0; i < load.len; i++)
        if (load.at[i] <= ' ' || load.at[i] >= 0x7f || load.at[i] == '/' || load.at[i] == '\\')
            return no_span(why, load, "is not a load's name: letters, digits and signs, without blanks or slashes");
    for (size_t i = 0; i < ARRAY_LENGTH(suffix); i++)
        if (bytes_end(load, suffix[i]))
            return no_span(why, load, "is a file's name: the load's is without what follows the last dot");
    return true;
}

static bool take_digits(char *to, const struct config_key *k, const char *text, char why[WHY])
{
    size_t n = strlen(text);

    if (n == 0 || n >= k->size || strspn(text, "0123456789*#+") != n)
        return no(why, text, "is not a directory number: up to 24 of %s", "0-9 * # +");
    return put_text(to, k->size, text);
}

static bool take_yes(bool *to, const char *text, char why[WHY])
{
    bool on = word_is(bytes_of(text), "on|yes|true");

    if (!on && !word_is(bytes_of(text), "off|no|false")) return no(why, text, "is neither on nor off%s", "");
    *to = on;
    return true;
}

static bool take_switch(enum config_switch *to, const char *text, char why[WHY])
{
    bool on;

    if (word_is(bytes_of(text), "auto")) {
        *to = SWITCH_AUTO;
        return true;
    }
    if (!take_yes(&on, text, why)) return no(why, text, "is none of %s", "auto, on and off");
    *to = on ? SWITCH_ON : SWITCH_OFF;
    return true;
}

static bool take_word(char *to, const struct config_key *k, const char *text, char why[WHY])
{
    if (!word_is(bytes_of(text), k->words) || strchr(text, '|')) return no(why, text, "is none of %s", k->words);
    (void)put_text(to, k->size, text);
    for (; *to; to++)
        if (*to >= 'A' && *to <= 'Z') *to = (char)(*to | 0x20);
    return true;
}

static bool take_load(char *to, const struct config_key *k, const char *text, char why[WHY])
{
    return value_load_sound(bytes_of(text), why) && take_text(to, k, text, why);
}

static bool take_path(char *to, const struct config_key *k, const char *text, char why[WHY])
{
    if (text[0] != '/') return no(why, text, "is not a path from the root, such as %s", "/var/lib/dialtone");
    return take_text(to, k, text, why);
}

bool value_take(void *into, const struct config_key *k, const char *text, char why[WHY])
{
    char *base = into;
    void *to = base + k->to, *also = base + k->also;
    uint64_t n;

    switch (k->kind) {
    case VALUE_YES: return take_yes(to, text, why);
    case VALUE_SWITCH: return take_switch(to, text, why);
    case VALUE_NUMBER: {
        char range[32];
        if (bytes_number(bytes_of(text), k->most, &n) && n >= k->least) return take_number(to, k->size, n);
        (void)snprintf(range, sizeof range, "%u to %u", k->least, k->most);
        return no(why, text, "is not a number from %s", range);
    }
    case VALUE_SECONDS: return take_seconds(to, k, text, why);
    case VALUE_TEXT: return take_text(to, k, text, why);
    case VALUE_PATH: return take_path(to, k, text, why);
    case VALUE_WORD: return take_word(to, k, text, why);
    case VALUE_INTERFACE: return take_interface(to, k, text, why);
    case VALUE_ADDRESS: return value_address(bytes_of(text), to, why);
    case VALUE_STATION:
    case VALUE_NETWORK: return take_prefix(to, also, k, text, why);
    case VALUE_PORTS: return take_ports(to, also, text, why);
    case VALUE_ENDPOINT: return take_endpoint(to, also, text, why);
    case VALUE_DIGITS: return take_digits(to, k, text, why);
    case VALUE_DATE:
        if (!date_template_valid(bytes_of(text)))
            return no(why, text, "is not D, M and Y with / - or . between, and A for 12 hours, such as %s", "D/M/YA");
        return take_text(to, k, text, why);
    case VALUE_ZONE: return take_zone(to, k, text, why);
    case VALUE_MODEL: return take_model(to, text, why);
    case VALUE_LOAD: return take_load(to, k, text, why);
    }
    return false;
}

bool value_range(struct bytes text, struct config_range *out, char why[WHY])
{
    struct bytes rest = text, first = bytes_trim(bytes_cut(&rest, '-'));

    rest = bytes_trim(rest);
    if (!value_address(first, &out->first, why)) return false;
    out->last = out->first;
    if (memchr(text.at, '-', text.len) && !value_address(rest, &out->last, why)) return false;
    return out->first <= out->last || no_span(why, text, "ends before it begins");
}

bool value_callmanager(struct bytes text, const struct serve_config *c, struct record_callmanager *out, char why[WHY])
{
    struct bytes rest = text, host = bytes_cut(&rest, ':');
    bool with_port = host.len < text.len;
    uint64_t port = 2000; /* SCCP */

    for (uint8_t i = 0; i < c->callmanager.nodes; i++)
        if (bytes_are(text, c->callmanager.node[i].name)) {
            *out = (struct record_callmanager){c->callmanager.node[i].address, c->callmanager.node[i].port};
            return true;
        }
    *out = (struct record_callmanager){0};
    if (!bytes_are(host, "self") && !ipv4_parse(host, &out->address))
        return no_span(why, text, "is not ADDRESS[:PORT], self[:PORT] or the name of a node");
    if (!bytes_are(host, "self") && !value_address(host, &out->address, why)) return false;
    if (with_port && (!bytes_number(rest, 65535, &port) || port == 0))
        return no_span(why, text, "has a port that is not from 1 to 65535");
    out->port = (uint16_t)port;
    return true;
}

bool value_hex(const char *text, uint8_t *to, size_t most, size_t *length, char why[WHY])
{
    const char *at = strncmp(text, "0x", 2) == 0 ? text + 2 : text;

    *length = 0;
    while (*at) {
        int high = hex_value((uint8_t)at[0]), low = high < 0 ? -1 : hex_value((uint8_t)at[1]);
        if (low < 0) return no(why, text, "is not bytes in hex, two digits each, such as %s", "0104c0a80001");
        if (*length == most) return no(why, text, "is too long for an option%s", "");
        to[(*length)++] = (uint8_t)(high << 4 | low);
        at += 2;
        if (*at && strchr(":- ", *at)) at++;
    }
    return true;
}
