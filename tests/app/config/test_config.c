/* app/config/config.h: the file of `dialtone serve`, its errors with their places, the options over it, and what is
 * printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "app/config/config.h"
#include "base/random.h"

enum { SAID = 32768 };

struct said {
    char text[SAID];
    size_t len;
    unsigned lines;
};

static struct said said;

static void say(void *context, const char *file, int line, int column, const char *text)
{
    struct said *s = context;
    int n = snprintf(s->text + s->len, SAID - s->len, "%s%s%d:%d: %s\n", strcmp(file, "f") ? file : "",
                     strcmp(file, "f") ? ":" : "", line, column, text);

    if (n > 0 && s->len + (size_t)n < SAID) s->len += (size_t)n;
    s->lines++;
}

/* Load and check, as serve does; what both said. */
static bool load(struct serve_config *c, const char *yaml)
{
    said = (struct said){0};
    bool read = config_read(c, bytes_of(yaml), "f", say, &said), checked = config_check(c, "f", say, &said);

    return read && checked;
}

static void expect(const char *yaml, const char *lines)
{
    struct serve_config c;
    bool fine = load(&c, yaml);

    assert_string_equal(said.text, lines);
    assert_false(fine);
    config_free(&c);
}

static void expect_fine(struct serve_config *c, const char *yaml)
{
    bool fine = load(c, yaml);

    assert_string_equal(said.text, "");
    assert_true(fine);
}

static char *printed(const struct serve_config *c)
{
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);

    assert_non_null(f);
    config_print(c, f);
    assert_int_equal(fclose(f), 0);
    return text;
}

static void option(struct serve_config *c, const char *name, const char *value)
{
    char why[256] = "";

    if (!config_option(c, name, value, why)) fail_msg("--%s %s: %s", name, value ? value : "", why);
}

static void an_empty_file_is_the_defaults(void **state)
{
    static const char *const nothing[] = {"",
                                          "# nothing\n",
                                          "---\n",
                                          "---\n# c\n...\n",
                                          "\n\n",
                                          "{}\n",
                                          "~\n",
                                          "\xef\xbb\xbf# bom\n",
                                          "interfaces:\ndhcp:\n"};
    struct serve_config c;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(nothing); i++) {
        expect_fine(&c, nothing[i]);
        assert_string_equal(c.state, "/var/lib/dialtone");
        assert_string_equal(c.user, "dialtone");
        assert_int_equal(c.interfaces, 0);
        assert_int_equal(c.dhcp.serve, SWITCH_AUTO);
        assert_true(c.dhcp.conflict_probe && c.dhcp.authoritative);
        assert_int_equal(c.dhcp.lease, 86400);
        assert_int_equal(c.dhcp.phone_lease, 3600);
        assert_true(c.tftp.serve && c.http.serve && c.callmanager.serve && c.admin_http.serve);
        assert_int_equal(c.tftp.first_port, 51000);
        assert_int_equal(c.tftp.last_port, 51015);
        assert_true(c.automatic.automatic);
        assert_int_equal(c.automatic.first, 1000);
        assert_int_equal(c.automatic.last, 1999);
        assert_int_equal(c.admin_http.address, IPV4(127, 0, 0, 1));
        assert_int_equal(c.admin_http.port, 8970);
        assert_int_equal(c.pools, 1);
        assert_string_equal(c.pool[0].name, "Default");
        assert_int_equal(c.groups, 1);
        assert_int_equal(c.group[0].callmanagers, 1);
        assert_int_equal(c.group[0].callmanager[0].address, 0);
        assert_int_equal(c.group[0].callmanager[0].port, 2000);
        config_free(&c);
    }
}

static void a_home_lab_is_five_lines(void **state)
{
    struct serve_config c;

    (void)state;
    expect_fine(&c, "interfaces:\n"
                    "  - name: eth1\n"
                    "    voice-vlan: 100\n"
                    "dhcp: on\n"
                    "auto-registration: {first-number: 200, last-number: 299}\n");
    assert_int_equal(c.interfaces, 1);
    assert_string_equal(c.interface[0].name, "eth1");
    assert_int_equal(c.interface[0].voice_vlan, 100);
    assert_int_equal(c.interface[0].priority, 5);
    assert_int_equal(c.interface[0].dscp, 46);
    assert_true(c.interface[0].cdp && c.interface[0].lldp);
    assert_int_equal(c.interface[0].announce, SWITCH_AUTO);
    assert_int_equal(c.dhcp.serve, SWITCH_ON);
    assert_int_equal(c.automatic.first, 200);
    config_free(&c);
}

static const char site[] = "interfaces: [{name: eth1, announce: off}]\n"
                           "dhcp:\n"
                           "  serve: yes\n"
                           "  leases-per-port: 4\n"
                           "  subnets:\n"
                           "    - network: 10.20.0.0/22\n"
                           "      pools: [10.20.0.10-10.20.1.255, 10.20.2.0-10.20.3.200]\n"
                           "      exclude: 10.20.1.7\n"
                           "      routers: 10.20.0.1\n"
                           "      dns: [10.1.0.53, 10.2.0.53]\n"
                           "      domain: example.com\n"
                           "      ntp: 10.1.0.1\n"
                           "      tftp: [10.1.0.1, 10.1.0.2]\n"
                           "      lease: 12h\n"
                           "      phone-lease: 15m\n"
                           "      options:\n"
                           "        - {number: 43, hex: \"01:04:c0:a8:00:01\"}\n"
                           "        - {number: 67, text: boot file}\n"
                           "        - {number: 69, addresses: [10.1.0.9, 10.1.0.10]}\n"
                           "    - 10.20.4.0/24\n"
                           "  reservations:\n"
                           "    - {device: SEP0011223344ff, address: 10.20.0.9, host-name: lobby-1}\n"
                           "    - {mac: 00-11-22-33-44-00, address: 10.20.4.9}\n"
                           "callmanager:\n"
                           "  keepalive: 45s\n"
                           "  nodes: [{name: one, address: 10.1.0.1}, {name: two, address: 10.1.0.1, port: 2001}]\n"
                           "groups:\n"
                           "  - {name: main, callmanagers: [one, two, \"10.9.0.1:2002\"]}\n"
                           "  - {name: branch, callmanagers: [self, \"self:2001\"]}\n"
                           "pools:\n"
                           "  - name: site\n"
                           "    date-format: D.M.YA\n"
                           "    time-zone: Europe/Amsterdam\n"
                           "    connection-monitor: 2m\n"
                           "  - {name: café, group: branch, user-locale: \"\"}\n"
                           "devices:\n"
                           "  - name: sep0011223344FF\n"
                           "    model: Cisco 7960\n"
                           "    description: \"lobby, \\\"left\\\"\"\n"
                           "    lines: [{number: 0123, label: Lobby}, {number: \"*7#\"}]\n"
                           "    speed-dials: [{number: 2000, label: Boss}]\n"
                           "    callmanagers: two\n"
                           "  - {name: SEP001122334401, model: 7912, pool: café}\n"
                           "log: {level: Debug, to: syslog}\n"
                           "admin-http: {address: \"10.1.0.1:9000\", token: \"a: b\"}\n";

/* A store compares records whole: what stood in a field before must not show behind its text. */
static void a_text_has_zeros_behind_it(void **state)
{
    static const char zeros[RECORD_NAME];
    struct serve_config c;

    (void)state;
    expect_fine(&c, "groups: [{name: G, callmanagers: self}]\n");
    assert_string_equal(c.pool[0].name, "Default"); /* of the group that there is */
    assert_string_equal(c.pool[0].group, "G");
    assert_memory_equal(c.pool[0].group + 1, zeros, RECORD_NAME - 1);
    config_free(&c);
    expect_fine(&c, "groups: [{name: Default, callmanagers: self}, {name: H, callmanagers: self}]\n"
                    "pools: [{name: Default, group: H, user-locale: Dutch}]\n");
    assert_memory_equal(c.pool[0].group + 1, zeros, RECORD_NAME - 1);
    assert_string_equal(c.pool[0].user_locale, "Dutch");
    assert_memory_equal(c.pool[0].user_locale + 5, zeros, RECORD_NAME - 5);
    config_free(&c);
}

static void a_site_with_relays_is_read_whole(void **state)
{
    struct serve_config c;

    (void)state;
    expect_fine(&c, site);
    assert_int_equal(c.dhcp.subnets, 2);
    const struct config_subnet *s = &c.dhcp.subnet[0];
    assert_int_equal(s->network, IPV4(10, 20, 0, 0));
    assert_int_equal(s->prefix, 22);
    assert_int_equal(s->pools, 2);
    assert_int_equal(s->pool[1].last, IPV4(10, 20, 3, 200));
    assert_int_equal(s->excludes, 1);
    assert_int_equal(s->exclude[0].first, s->exclude[0].last);
    assert_int_equal(s->dns.count, 2);
    assert_int_equal(s->tftp.at[1], IPV4(10, 1, 0, 2));
    assert_int_equal(s->lease, 43200);
    assert_int_equal(s->phone_lease, 900);
    assert_int_equal(s->options, 3);
    assert_memory_equal(s->option[0].bytes, "\x01\x04\xc0\xa8\x00\x01", 6);
    assert_memory_equal(s->option[1].bytes, "boot file", 9);
    assert_memory_equal(s->option[2].bytes, "\x0a\x01\x00\x09\x0a\x01\x00\x0a", 8);
    assert_int_equal(c.dhcp.subnet[1].prefix, 24);
    assert_int_equal(c.dhcp.reservations, 2);
    assert_int_equal(mac_number(c.dhcp.reservation[1].mac), 0x001122334400);
    assert_string_equal(c.dhcp.reservation[0].host_name, "lobby-1");
    assert_int_equal(c.callmanager.keepalive, 45);
    assert_int_equal(c.group[0].callmanagers, 3);
    assert_int_equal(c.group[0].callmanager[1].address, IPV4(10, 1, 0, 1));
    assert_int_equal(c.group[0].callmanager[1].port, 2001);
    assert_int_equal(c.group[0].callmanager[2].port, 2002);
    assert_int_equal(c.group[1].callmanager[1].address, 0);
    assert_string_equal(c.pool[0].group, "main"); /* no Default: the first */
    assert_int_equal(c.pool[0].connection_monitor, 120);
    assert_string_equal(c.pool[0].user_locale, "English_United_States");
    assert_string_equal(c.pool[1].user_locale, "");
    assert_string_equal(c.automatic.pool, "site");
    assert_int_equal(c.devices, 2);
    const struct device_record *d = &c.device[0].record;
    assert_int_equal(d->device_type, 7);
    assert_string_equal(d->pool, "site");
    assert_string_equal(d->line[0].number, "0123"); /* not octal */
    assert_string_equal(d->line[1].number, "*7#");
    assert_string_equal(d->speed_dial[0].label, "Boss");
    assert_int_equal(d->callmanagers, 1);
    assert_string_equal(c.device[1].record.pool, "café");
    assert_string_equal(c.log.level, "debug");
    assert_string_equal(c.admin_http.token, "a: b");
    assert_int_equal(c.admin_http.port, 9000);
    config_free(&c);
}

static void switches_take_every_word_of_yaml(void **state)
{
    static const char *const on[] = {"on", "yes", "true", "On", "YES", "True", "\"on\""}, *const off[] = {
                                                                                              "off", "no", "false",
                                                                                              "OFF", "No", "False",
                                                                                              "'no'"};
    struct serve_config c;
    char yaml[64];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(on); i++) {
        (void)snprintf(yaml, sizeof yaml, "tftp: {single-port: %s}\ndhcp: %s\n", on[i], on[i]);
        expect_fine(&c, yaml);
        assert_true(c.tftp.single_port);
        assert_int_equal(c.dhcp.serve, SWITCH_ON);
        config_free(&c);
        (void)snprintf(yaml, sizeof yaml, "http: %s\ndhcp: {serve: %s}\n", off[i], off[i]);
        expect_fine(&c, yaml);
        assert_false(c.http.serve);
        assert_int_equal(c.dhcp.serve, SWITCH_OFF);
        config_free(&c);
    }
}

static void short_forms_mean_the_whole(void **state)
{
    struct serve_config c;

    (void)state;
    expect_fine(&c, "interfaces: [eth1, eth2]\nadmin-http: 127.0.0.1:99\nauto-registration: off\n"
                    "callmanager: {nodes: [10.0.0.1, 10.0.0.2]}\n");
    assert_int_equal(c.interfaces, 2);
    assert_string_equal(c.interface[1].name, "eth2");
    assert_int_equal(c.admin_http.port, 99);
    assert_false(c.automatic.automatic);
    assert_int_equal(c.callmanager.nodes, 2);
    assert_string_equal(c.callmanager.node[1].name, "cm2");
    assert_int_equal(c.group[0].callmanagers, 2); /* "Default" has them in order */
    assert_int_equal(c.group[0].callmanager[1].address, IPV4(10, 0, 0, 2));
    config_free(&c);
    expect_fine(&c, "interfaces: eth1\nadmin-http: off\n");
    assert_int_equal(c.interfaces, 1);
    assert_false(c.admin_http.serve);
    config_free(&c);
}

static void an_unknown_key_names_the_nearest_or_where_it_belongs(void **state)
{
    (void)state;
    expect("interfaces:\n  - name: eth1\n    voice-vlna: 1\n",
           "3:5: unknown key 'voice-vlna': 'voice-vlan' is the nearest\n");
    expect("interfaces: [{name: e, voice_vlan: 1}]\n", "1:24: unknown key 'voice_vlan': 'voice-vlan' is the nearest\n");
    expect("voice-vlan: 3\n", "1:1: unknown key 'voice-vlan' here: it belongs in interfaces\n");
    expect("dhcp:\n  ports: 1\n", "2:3: unknown key 'ports' here: it belongs in tftp\n");
    expect("log:\n  colour: 1\n", "2:3: unknown key 'colour': the keys here are level, to\n");
}

static void a_value_of_another_form_is_told(void **state)
{
    (void)state;
    expect("state: [a]\nuser: {a: b}\nhttp: [1]\nlog:\n  - a\n",
           "1:8: state: a list stands here, and a single value belongs here\n"
           "2:7: user: a mapping stands here, and a single value belongs here\n"
           "3:7: http: a list stands here, and a mapping (KEY: VALUE) belongs here\n"
           "5:3: log: a list stands here, and a mapping (KEY: VALUE) belongs here\n");
    expect("dhcp: {subnets: {network: 10.0.0.0/24}}\n",
           "1:17: subnets: a mapping stands here, and a list belongs here (- before each)\n");
    expect("interfaces:\n  -\n  - {cdp: on}\n",
           "2:4: interfaces: an entry with nothing in it\n3:5: interfaces: 'name' is missing, and must be there\n");
    expect("devices: [{name: SEP001122334455}]\n", "1:11: devices: 'model' is missing, and must be there\n");
    expect("user: a\nstate: /x\nuser: b\n", "3:1: 'user' stands twice: line 1 has it too\n");
    expect("nothing\n", "1:1: a single value stands here, and keys belong here, such as 'interfaces:'\n");
    expect("- a\n", "1:1: a list stands here, and keys belong here, such as 'interfaces:'\n");
    expect("user: \"a\\0b\"\n", "1:7: user: the value holds a NUL\n");
    expect("user: \"a\\nb\"\n", "1:7: user: 'a?b' holds a control character or a line break\n");
}

static void a_value_out_of_its_range_is_told(void **state)
{
    (void)state;
    expect("interfaces:\n  - {name: eth1, voice-vlan: 4095}\n  - {name: e/1}\n  - {name: e2, priority: 8, dscp: 64}\n  "
           "- {name: e3, cdp: maybe}\n",
           "2:30: voice-vlan: '4095' is not a number from 1 to 4094\n"
           "3:12: name: 'e/1' is not the name of an interface, such as eth1 (up to 15 letters, no / or :)\n"
           "4:26: priority: '8' is not a number from 0 to 7\n"
           "4:35: dscp: '64' is not a number from 0 to 63\n"
           "5:21: cdp: 'maybe' is neither on nor off\n");
    expect("interfaces: [{name: e, announce: sometimes, voice-address: 10.0.0.0/24, voice-vlan: 0x10}]\n",
           "1:34: announce: 'sometimes' is none of auto, on and off\n"
           "1:60: voice-address: '10.0.0.0/24' is the network's own address or its broadcast address, not a station's\n"
           "1:85: voice-vlan: '0x10' is not a number from 1 to 4094\n");
    expect("dhcp: {lease: 59, phone-lease: 1y}\ntftp: {folder: x, ports: 10-5}\nhttp: {port: 0}\n",
           "1:15: lease: '59' is not a time from 1m to 365d, such as 90s, 15m, 12h or 1d\n"
           "1:32: phone-lease: '1y' is not a time from 1m to 365d, such as 90s, 15m, 12h or 1d\n"
           "2:16: folder: 'x' is not a path from the root, such as /var/lib/dialtone\n"
           "2:26: ports: '10-5' is not a range of ports from 1024 on, such as 51000-51015\n"
           "3:14: port: '0' is not a number from 1 to 65535\n");
    expect("tftp: {ports: 51015-51000}\nlog: {level: loud, to: error|info}\nadmin-http: {address: localhost}\n",
           "1:15: ports: '51015-51000' ends before it begins\n"
           "2:14: level: 'loud' is none of error|warning|info|debug\n"
           "2:24: to: 'error|info' is none of auto|stderr|syslog\n"
           "3:23: address: 'localhost' is not ADDRESS:PORT, such as 127.0.0.1:8970\n");
    expect("interfaces: [a, b, c, d, e, f, g, h, i, j]\n", "1:38: interfaces: 8 are the most, and this is one more\n");
    expect("dhcp: {lease: 99999999999999999999999w}\n",
           "1:15: lease: '99999999999999999999999w' is not a time from 1m to 365d, such as 90s, 15m, 12h or 1d\n");
}

static void what_is_wrong_with_a_subnet_is_told(void **state)
{
    (void)state;
    expect("dhcp:\n  subnets:\n    - network: 10.0.0.5/24\n",
           "3:16: network: '10.0.0.5/24' is a station's address, not a network: 10.0.0.0/24 would be\n");
    expect("dhcp: {subnets: [10.0.0.0/31, 10.0.0.0, 224.0.0.0/8]}\n",
           "1:18: network: '10.0.0.0/31' has a prefix length that is not from 8 to 30\n"
           "1:31: network: '10.0.0.0' is not a network, such as 10.100.0.0/24\n"
           "1:41: network: '224.0.0.0/8' is not a network of stations\n");
    expect("dhcp:\n"
           "  subnets:\n"
           "    - network: 10.0.1.0/24\n"
           "      pools: [10.0.1.10-10.0.1.20, 10.0.1.20-10.0.1.30, 10.0.2.1-10.0.2.9, 10.0.1.0-10.0.1.2, 10.0.1.255]\n"
           "      exclude: [10.0.2.5]\n"
           "      routers: 10.0.2.1\n"
           "    - network: 10.0.0.0/16\n",
           "4:36: pool 10.0.1.20-10.0.1.30 overlaps another: line 4, column 15 has it too\n"
           "4:57: pool 10.0.2.1-10.0.2.9 is not inside its subnet 10.0.1.0\n"
           "4:76: pool 10.0.1.0-10.0.1.2 is not inside its subnet 10.0.1.0\n"
           "4:95: pool 10.0.1.255-10.0.1.255 is not inside its subnet 10.0.1.0\n"
           "5:17: exclude: 10.0.2.5-10.0.2.5 is not inside its subnet 10.0.1.0\n"
           "6:16: routers: 10.0.2.1 is no station of the subnet 10.0.1.0/24: a router must be on the phone's own\n"
           "7:16: subnet 10.0.0.0/16 overlaps 10.0.1.0/24: line 3, column 16 has it too\n");
    expect("dhcp:\n  subnets:\n    - network: 10.0.1.0/24\n      pools: [10.0.1.9-10.0.1.1, x]\n      dns: "
           "[10.0.1.256, 0.0.0.0, 239.1.1.1]\n",
           "4:15: pools: '10.0.1.9-10.0.1.1' ends before it begins; FIRST-LAST or one address is taken\n"
           "4:34: pools: 'x' is not an IPv4 address, such as 10.100.0.1; FIRST-LAST or one address is taken\n"
           "5:13: dns: '10.0.1.256' is not an IPv4 address, such as 10.100.0.1\n"
           "5:25: dns: '0.0.0.0' is not the address of a single station, such as 10.100.0.1\n"
           "5:34: dns: '239.1.1.1' is not the address of a single station, such as 10.100.0.1\n");
    expect("dhcp: {subnets: [10.0.0.0/8]}\n", "1:18: the pools have 16777216 addresses together: 1048576 are the most; "
                                              "give 'pools' smaller than the subnet\n");
}

static void what_is_wrong_with_an_option_by_number_is_told(void **state)
{
    (void)state;
    expect("dhcp:\n  options:\n    - {number: 3, hex: 01}\n    - {number: 43, hex: 01, text: a}\n    - {number: 43, "
           "hex: 1}\n    - {number: 43, hex: 01}\n    - {number: 43, text: b}\n    - {number: 256, text: b}\n",
           "3:16: number: option 3 cannot be given here: the key 'routers' gives it\n"
           "4:7: options: one of 'hex', 'text' and 'addresses' must be there, and no more than one\n"
           "5:25: hex: '1' is not bytes in hex, two digits each, such as 0104c0a80001\n"
           "7:16: number: option 43 stands twice: line 6 has it too\n"
           "8:16: number: '256' is not an option's, from 1 to 254\n");
}

static void what_stands_twice_names_the_other_line(void **state)
{
    (void)state;
    expect("interfaces:\n  - eth1\n  - eth1\n", "3:5: interface eth1 stands twice: line 2, column 5 has it too\n");
    expect("dhcp:\n  reservations:\n    - {device: SEP001122334455, address: 10.0.1.5}\n    - {mac: "
           "\"00:11:22:33:44:55\", address: 10.0.1.5}\n",
           "4:13: a reservation for 00:11:22:33:44:55 stands twice: line 3, column 16 has it too\n"
           "4:43: the reserved address 10.0.1.5 stands twice: line 3, column 42 has it too\n");
    expect("devices:\n"
           "  - {name: SEP001122334455, model: 7961, lines: [{number: 1001}, {number: 1001}]}\n"
           "  - {name: SEP001122334455, model: 7910, lines: [{number: 1001}, {number: 2}]}\n",
           "3:66: lines: a 7910 has 1 here, and this is one more\n"
           "2:75: directory number 1001 stands twice: line 2, column 59 has it too\n"
           "3:12: device SEP001122334455 stands twice: line 2, column 12 has it too\n"
           "3:59: directory number 1001 stands twice: line 2, column 59 has it too\n");
    expect("groups:\n  - {name: Default, callmanagers: self}\n  - {name: Default, callmanagers: self}\npools:\n  - A\n "
           " - A\n",
           "3:12: group Default stands twice: line 2, column 12 has it too\n"
           "6:5: pool A stands twice: line 5, column 5 has it too\n");
    expect("callmanager: {nodes: [{name: a}, {name: b}, {name: a, port: 2001}]}\n",
           "1:41: nodes a and b are on the same address and port: give one another 'port' or 'address'\n"
           "1:52: node a stands twice: line 1, column 30 has it too\n");
}

static void names_that_nobody_has_are_told(void **state)
{
    (void)state;
    expect("pools:\n  - {name: P, group: Q}\ndevices:\n  - {name: SEP001122334455, model: 7960, pool: "
           "R}\nauto-registration: {pool: S}\n",
           "2:22: pool P is of group 'Q', which is not in 'groups': 'Default' is\n"
           "4:48: pool: 'R' is not in 'pools': 'P' is\n"
           "5:27: auto-registration: pool 'S' is not in 'pools': 'P' is\n");
    expect("devices:\n  - {name: SEP00112233445, model: 7960}\n  - {name: SEP001122334455, model: 9999, lines: "
           "[{number: 10a}]}\n",
           "2:12: name: 'SEP00112233445' is not a device name: SEP and the 12 hex digits of its MAC address\n"
           "3:36: model: '9999' is no phone model that is known, such as 7960\n"
           "3:59: number: '10a' is not a directory number: up to 24 of 0-9 * # +\n");
    expect("pools: [{name: P, time-zone: Europe/Amsterdm, date-format: Y-M}]\n",
           "1:30: time-zone: 'Europe/Amsterdm' is no time zone: IANA's names are taken, such as Europe/Amsterdam\n"
           "1:60: date-format: 'Y-M' is not D, M and Y with / - or . between, and A for 12 hours, such as D/M/YA\n");
    expect("groups:\n  - {name: A, callmanagers: [self, 1.2.3.4, 1.2.3.5, 1.2.3.6]}\n  - {name: B, callmanagers: [cm7, "
           "\"1.2.3.4:0\"]}\n  - C\n",
           "2:54: callmanagers: 3 are the most, and this is one more\n"
           "3:30: callmanagers: 'cm7' is not ADDRESS[:PORT], self[:PORT] or the name of a node\n"
           "3:35: callmanagers: '1.2.3.4:0' has a port that is not from 1 to 65535\n"
           "4:5: groups: 'callmanagers' holds none: one to three belong there, such as self\n");
    expect("auto-registration: {first-number: 10, last-number: 5}\n",
           "1:52: auto-registration: last-number 5 comes before first-number 10\n");
    expect("admin-http: 0.0.0.0:99\n",
           "1:13: admin-http: others than this machine reach this address: give it a 'token'\n");
    expect(
        "interfaces: [{name: e, voice-address: 10.0.0.1}, {name: f, voice-vlan: 5}, {name: g, voice-vlan: 5}]\n",
        "1:21: interface e has a voice-address and no voice-vlan: give it one, from 1 to 4094\n"
        "1:83: the voice VLAN of interface g would have addresses of that of f: give it a voice-address of its own\n");
}

static void limits_that_contradict_each_other_are_told(void **state)
{
    (void)state;
    expect("callmanager: {devices: 100, connections: 99}\n",
           "0:0: callmanager: connections (99) are fewer than devices (100): not all could register\n");
    expect("callmanager: {devices: 1}\ndevices:\n  - {name: SEP001122334455, model: 7960}\n"
           "  - {name: SEP001122334456, model: 7960}\n",
           "4:12: devices: this is one more than 'devices' of callmanager, which is 1\n");
    expect("tftp: {ports: 50000-50256}\n", "1:15: ports: '50000-50256' is more than 256 ports\n");
}

static void what_is_wrong_with_a_reservation_is_told(void **state)
{
    (void)state;
    expect("dhcp:\n"
           "  subnets:\n"
           "    - {network: 10.0.0.0/24, routers: 10.0.0.255}\n"
           "    - 10.1.0.0/7\n"
           "  reservations:\n"
           "    - {mac: 0011.2233.4455, address: 10.0.0.255}\n"
           "    - {mac: 0011.2233.4456, address: 10.0.1.1}\n"
           "    - {mac: 0111.2233.4455, address: 10.0.0.1}\n"
           "    - {mac: x, address: 10.0.0.1, host-name: a_b}\n"
           "    - {device: SEP00, address: y}\n"
           "    - {mac: 0011.2233.4457, address: 10.0.0.2, host-name: "
           "abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz.abcdefghijklm}\n"
           "    - 10.0.0.3\n",
           "4:7: network: '10.1.0.0/7' has a prefix length that is not from 8 to 30\n"
           "8:13: mac: '0111.2233.4455' is not the address of a single station\n"
           "9:13: mac: 'x' is not a MAC address, such as 00:11:22:33:44:55\n"
           "9:46: host-name: 'a_b' is not a host's name: letters, digits, - and .\n"
           "10:16: device: 'SEP00' is not a device name, such as SEP001122334455\n"
           "10:32: address: 'y' is not an IPv4 address, such as 10.100.0.1\n"
           "11:59: host-name: 'abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz.abcd...' is not a host's name: "
           "letters, digits, - and .\n"
           "12:7: reservations: one of 'device' and 'mac' must be there, and no more than one\n"
           "3:39: routers: 10.0.0.255 is no station of the subnet 10.0.0.0/24: a router must be on the phone's own\n"
           "6:38: address: 10.0.0.255 is its subnet's own or its broadcast address\n"
           "7:38: address: 10.0.1.1 is in no subnet of this file\n");
}

static void a_load_that_is_not_in_the_folder_is_told(void **state)
{
    char folder[] = "/tmp/dialtone-config-XXXXXX", yaml[512], lines[512], path[96];
    static const char *const names[] = {"P0030801SR02.loads", "p00405000700.BIN", "SCCP41.9-4-2SR3-1S.loads", "README"};
    struct serve_config c;

    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(fclose(f), 0);
    }
    (void)snprintf(yaml, sizeof yaml,
                   "tftp: {folder: %s}\npools:\n  - name: P\n    loads:\n      - {model: 7960, load: P0030801SR02}\n"
                   "      - {model: 7910, load: P00405000700}\n      - {model: 7961, load: SCCP41.9-4-2SR3-2S}\n"
                   "devices: [{name: SEP001122334455, model: 7960, load: README}]\n",
                   folder);
    (void)snprintf(lines, sizeof lines,
                   "7:29: load: there is no SCCP41.9-4-2SR3-2S.loads, .bin, .sbn, .sbin, .zup or .sb2 in %s\n"
                   "8:54: load: there is no README.loads, .bin, .sbn, .sbin, .zup or .sb2 in %s\n",
                   folder, folder);
    expect(yaml, lines);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
    /* No folder yet: said, and nothing is wrong. */
    assert_true(load(&c, yaml));
    (void)snprintf(lines, sizeof lines, "5:29: load: whether it is there cannot be said: there is no folder %s yet\n",
                   folder);
    assert_string_equal(said.text, lines);
    config_free(&c);
    expect("pools: [{name: P, loads: [{model: 7910, load: P00405000700LONG1}, {model: 7960, load: a.bin}, {model: "
           "7910, load: X}]}]\ntftp: off\n",
           "1:87: load: 'a.bin' is a file's name: the load's is without what follows the last dot\n"
           "1:103: model: this model stands twice: line 1 has it too\n"
           "1:47: load: P00405000700LONG1 is too long: this model learns its load from SCCP's Version, which holds 16 "
           "letters\n");
}

static void what_is_no_yaml_is_told_with_its_place(void **state)
{
    (void)state;
    expect("interfaces:\n  - name: eth1\n\tvoice-vlan: 100\n", "3:1: a tab: YAML is indented with blanks only\n");
    expect("dhcp:\n  \tserve: on\n", "2:3: a tab: YAML is indented with blanks only\n");
    expect("user: a: b\n", "1:8: this is no YAML: mapping values are not allowed in this context\n");
    expect("\xff\xfeuser\n", "1:1: the byte 0xff is no text: is this a YAML file?\n");
    expect("user: é\n# \x01\n", "2:3: the byte 0x01 is no text: is this a YAML file?\n");
    expect("user: *b\n", "1:7: an alias (*): write the value out; aliases are not taken\n");
    expect("user: &x a\n", "1:7: an anchor (&): write the value out where it is needed\n");
    expect("user: !!str a\n", "1:7: a tag (tag:yaml.org,2002:str): write the value alone\n");
    expect("user: a\n---\nuser: b\n", "2:1: a second document begins here: a configuration is one\n");
    expect("{[a]: b}\n", "1:2: a key must be one word, not a list or a mapping\n");
    expect("[[[[[[[[[[[[[[[[[[", "1:17: too deep: nothing in this file has so many levels\n");
    /* ten lines of aliases that would be a thousand million values */
    expect("a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n",
           "1:4: an anchor (&): write the value out where it is needed\n"
           "2:4: an anchor (&): write the value out where it is needed\n"
           "2:8: an alias (*): write the value out; aliases are not taken\n");
}

static void columns_count_characters(void **state)
{
    (void)state;
    expect("pools: [{name: café, group: é}]\n",
           "1:29: pool café is of group 'é', which is not in 'groups': 'Default' is\n");
}

static void what_is_no_file_is_told(void **state)
{
    char name[] = "/tmp/dialtone-config-XXXXXX", told[128];
    struct serve_config c;
    int fd = mkstemp(name);

    (void)state;
    assert_true(fd >= 0);
    said = (struct said){0};
    assert_false(config_load(&c, "/tmp", say, &said));
    assert_string_equal(said.text, "/tmp:0:0: it is a folder, not a file\n");
    config_free(&c);
    said = (struct said){0};
    assert_false(config_load(&c, "/dev/zero", say, &said));
    assert_string_equal(said.text, "/dev/zero:0:0: it is a device or a pipe, not a file\n");
    config_free(&c);
    assert_int_equal(ftruncate(fd, CONFIG_FILE_MOST + 1), 0);
    said = (struct said){0};
    assert_false(config_load(&c, name, say, &said));
    (void)snprintf(told, sizeof told, "%s:0:0: it has more than 16 MiB: that is no configuration\n", name);
    assert_string_equal(said.text, told);
    config_free(&c);
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink(name), 0);
    said = (struct said){0};
    assert_false(config_load(&c, name, say, &said));
    (void)snprintf(told, sizeof told, "%s:0:0: it cannot be opened: No such file or directory\n", name);
    assert_string_equal(said.text, told);
    assert_int_equal(c.http.port, 6970); /* the defaults all the same */
    config_free(&c);
}

static void after_a_hundred_errors_the_rest_is_counted(void **state)
{
    static char yaml[65536];
    struct serve_config c;
    size_t n = 0;

    (void)state;
    for (int i = 0; i < 250; i++) n += (size_t)sprintf(yaml + n, "zzzzzzzzzzzz%d: 1\n", i);
    assert_false(load(&c, yaml));
    assert_int_equal(said.lines, 101);
    assert_non_null(strstr(said.text, "0:0: and 150 more\n"));
    config_free(&c);
}

static void what_is_printed_is_read_back_the_same(void **state)
{
    const char *const files[] = {"", site};
    struct serve_config c, again;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        expect_fine(&c, files[i]);
        char *text = printed(&c);
        expect_fine(&again, text);
        char *second = printed(&again);
        assert_string_equal(text, second);
        assert_int_equal(c.interfaces, again.interfaces);
        assert_int_equal(c.group_made, again.group_made);
        assert_int_equal(c.devices, again.devices);
        for (size_t d = 0; d < c.devices; d++)
            assert_memory_equal(&c.device[d].record, &again.device[d].record, sizeof c.device[d].record);
        for (size_t p = 0; p < c.pools; p++) assert_memory_equal(&c.pool[p], &again.pool[p], sizeof c.pool[p]);
        for (size_t g = 0; g < c.groups; g++) assert_memory_equal(&c.group[g], &again.group[g], sizeof c.group[g]);
        assert_memory_equal(&c.tftp, &again.tftp, sizeof c.tftp);
        assert_memory_equal(&c.callmanager.keepalive, &again.callmanager.keepalive, 5 * sizeof(uint32_t));
        assert_int_equal(c.dhcp.reservations, again.dhcp.reservations);
        for (size_t s = 0; s < c.dhcp.subnets; s++) {
            assert_int_equal(c.dhcp.subnet[s].options, again.dhcp.subnet[s].options);
            for (size_t o = 0; o < c.dhcp.subnet[s].options; o++)
                assert_memory_equal(c.dhcp.subnet[s].option[o].bytes, again.dhcp.subnet[s].option[o].bytes,
                                    c.dhcp.subnet[s].option[o].length);
        }
        free(text);
        free(second);
        config_free(&c);
        config_free(&again);
    }
}

static void the_packaged_file_is_what_is_printed(void **state)
{
    struct serve_config c;
    static char packaged[32768];
    FILE *f = fopen(PACKAGING "/dialtone.yaml", "r");

    (void)state;
    assert_non_null(f);
    packaged[fread(packaged, 1, sizeof packaged - 1, f)] = 0;
    assert_int_equal(fclose(f), 0);
    config_default(&c);
    char *text = printed(&c);
    assert_string_equal(text, packaged);
    /* Its examples are sound, each as it stands when its # is taken away. */
    for (char *line = packaged; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (line[0] == '#' && line[1] == ' ' && line[2] == ' ') memmove(line, line + 1, strlen(line));
    config_free(&c);
    assert_true(load(&c, packaged));
    assert_int_equal(said.lines <= 1, 1); /* the folder that is not there yet */
    assert_int_equal(c.devices, 1);
    assert_int_equal(c.interfaces, 1);
    assert_int_equal(c.dhcp.subnets, 1);
    assert_int_equal(c.dhcp.reservations, 2);
    free(text);
    config_free(&c);
}

static void refused(struct serve_config *c, const char *name, const char *value, const char *text)
{
    char why[256] = "";

    assert_false(config_option(c, name, value, why));
    assert_string_equal(why, text);
}

static void options_go_over_the_file(void **state)
{
    struct serve_config c;

    (void)state;
    expect_fine(&c, "interfaces: [{name: eth1, voice-vlan: 5}]\nstate: /a\n");
    option(&c, "voice-vlan", "6"); /* the file's only one */
    option(&c, "interface", "eth2");
    option(&c, "voice-vlan", "100");
    option(&c, "voice-address", "10.1.0.1");
    option(&c, "announce", "on");
    option(&c, "interface", "eth1");
    option(&c, "cdp", "off");
    option(&c, "state", "/b");
    option(&c, "user", "nobody");
    option(&c, "dhcp", "on");
    option(&c, "conflict-probe", "off");
    option(&c, "lease", "2h");
    option(&c, "tftp-folder", "/srv/tftp");
    option(&c, "tftp-ports", "50000-50001");
    option(&c, "tftp-single-port", NULL);
    option(&c, "http", "off");
    option(&c, "nodes", "self:2000,10.0.0.2:2002,10.0.0.3:2001");
    option(&c, "auto-registration", "no");
    option(&c, "first-number", "7000");
    option(&c, "last-number", "7999");
    option(&c, "time-zone", "Europe/Amsterdam");
    option(&c, "admin-http", "127.0.0.1:1");
    option(&c, "admin-http", "off");
    option(&c, "log-level", "debug");
    assert_int_equal(c.interfaces, 2);
    assert_int_equal(c.interface[0].voice_vlan, 6);
    assert_false(c.interface[0].cdp);
    assert_int_equal(c.interface[1].voice_vlan, 100);
    assert_int_equal(c.interface[1].voice_address, IPV4(10, 1, 0, 1));
    assert_int_equal(c.interface[1].voice_prefix, 24);
    assert_int_equal(c.interface[1].announce, SWITCH_ON);
    assert_true(c.interface[1].cdp);
    assert_string_equal(c.state, "/b");
    assert_int_equal(c.dhcp.lease, 7200);
    assert_false(c.dhcp.conflict_probe);
    assert_true(c.tftp.single_port);
    assert_int_equal(c.tftp.last_port, 50001);
    assert_false(c.http.serve);
    assert_int_equal(c.callmanager.nodes, 3);
    assert_int_equal(c.group[0].callmanagers, 3);
    assert_int_equal(c.group[0].callmanager[2].port, 2001);
    assert_int_equal(c.automatic.first, 7000);
    assert_string_equal(c.pool[0].time_zone, "Europe/Amsterdam");
    assert_false(c.admin_http.serve);
    assert_int_equal(c.admin_http.port, 1);
    assert_true(config_check(&c, "", say, &said));
    config_free(&c);
    config_default(&c); /* what was changed above is not the default of the next */
    assert_string_equal(c.pool[0].time_zone, "Etc/UTC");
    assert_int_equal(c.group[0].callmanagers, 1);
    config_free(&c);
}

static void an_option_that_is_wrong_says_why(void **state)
{
    struct serve_config c;

    (void)state;
    config_default(&c);
    refused(&c, "voice-vlan", "100", "of which interface? --interface NAME must come before it");
    refused(&c, "interface", "a/b",
            "'a/b' is not the name of an interface, such as eth1 (up to 15 letters, no / or :)");
    refused(&c, "colour", "x", "there is no such option: 'colour'");
    refused(&c, "nodes", "a,b", "'a' is not ADDRESS[:PORT], self[:PORT] or the name of a node");
    refused(&c, "nodes", "self,self:1,self:2,self:3", "3 nodes are the most");
    refused(&c, "state", NULL, "'on' is not a path from the root, such as /var/lib/dialtone");
    refused(&c, "admin-http", "1.2.3", "'1.2.3' is not ADDRESS:PORT, such as 127.0.0.1:8970");
    option(&c, "interface", "eth0");
    refused(&c, "voice-vlan", "0", "'0' is not a number from 1 to 4094");
    config_free(&c);
}

static void every_option_that_help_names_is_known(void **state)
{
    struct serve_config c;
    char why[256];

    (void)state;
    config_default(&c);
    option(&c, "interface", "eth0");
    assert_true(config_option_count > 30);
    for (size_t i = 0; i < config_option_count; i++) {
        assert_non_null(config_option_names[i].argument);
        assert_non_null(config_option_names[i].help);
        if (!config_option(&c, config_option_names[i].name, "on", why)) assert_null(strstr(why, "no such option"));
    }
    assert_null(config_option_names[config_option_count].name);
    config_free(&c);
}

/* Bytes cut from and put into a sound file: whatever comes, it is freed whole, and what was wrong was said. */
static void garbage_is_told_and_never_taken(void **state)
{
    static char yaml[8192];
    static const char noise[] = "{}[]:,-#&*!|>'\"%@`\n\t \\0aZ\x80\xff";
    struct random r = random_from(7);

    (void)state;
    for (int round = 0; round < 3000; round++) {
        size_t n = strlen(site);
        memcpy(yaml, site, n + 1);
        for (uint32_t k = 1 + random_below(&r, 6); k; k--)
            yaml[random_below(&r, (uint32_t)n)] = noise[random_below(&r, sizeof noise)];
        struct serve_config c;
        said = (struct said){0};
        bool fine =
            config_read(&c, (struct bytes){(const uint8_t *)yaml, random_below(&r, (uint32_t)n + 1)}, "f", say, &said);
        assert_int_equal(fine, said.lines == 0);
        (void)config_check(&c, "f", say, &said);
        char *text = printed(&c);
        free(text);
        config_free(&c);
    }
}

static void a_subnet_is_of_an_interface_that_is_served(void **state)
{
    struct serve_config c;
    char why[256];

    (void)state;
    expect(
        "interfaces: [{name: eth1, voice-vlan: 100}, {name: eth2}]\n"
        "dhcp:\n"
        "  subnets:\n"
        "    - {network: 10.0.0.0/24, interface: eth3}\n"
        "    - {network: 10.0.1.0/24, interface: eth1.200}\n"
        "    - {network: 10.0.2.0/24, interface: dt4.100}\n",
        "4:41: interface: eth3 is not served, so nobody would get an address of this subnet: eth1, eth1.100, eth2 can "
        "stand here\n"
        "5:41: interface: eth1.200 is not served, so nobody would get an address of this subnet: eth1, eth1.100, eth2 "
        "can stand here\n"
        "6:41: interface: dt4.100 is not served, so nobody would get an address of this subnet: eth1, eth1.100, eth2 "
        "can stand here\n");
    expect_fine(&c, "interfaces: [{name: eth1, voice-vlan: 100}, {name: enp0s20f0u1u4, voice-vlan: 200}]\n"
                    "dhcp: {subnets: [{network: 10.0.0.0/24, interface: eth1}, {network: 10.0.1.0/24, interface: "
                    "eth1.100}, {network: 10.0.2.0/24, interface: dt12.200}]}\n");
    config_free(&c);
    /* The options say which ones are served, too. */
    assert_true(
        config_read(&c, bytes_of("dhcp: {subnets: [{network: 10.0.0.0/24, interface: eth7}]}\n"), "f", say, &said));
    assert_true(config_option(&c, "interface", "eth7", why));
    assert_true(config_check(&c, "f", say, &said));
    config_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_is_the_defaults),
        cmocka_unit_test(a_home_lab_is_five_lines),
        cmocka_unit_test(a_text_has_zeros_behind_it),
        cmocka_unit_test(a_site_with_relays_is_read_whole),
        cmocka_unit_test(switches_take_every_word_of_yaml),
        cmocka_unit_test(short_forms_mean_the_whole),
        cmocka_unit_test(an_unknown_key_names_the_nearest_or_where_it_belongs),
        cmocka_unit_test(a_value_of_another_form_is_told),
        cmocka_unit_test(a_value_out_of_its_range_is_told),
        cmocka_unit_test(what_is_wrong_with_a_subnet_is_told),
        cmocka_unit_test(what_is_wrong_with_an_option_by_number_is_told),
        cmocka_unit_test(what_stands_twice_names_the_other_line),
        cmocka_unit_test(names_that_nobody_has_are_told),
        cmocka_unit_test(limits_that_contradict_each_other_are_told),
        cmocka_unit_test(what_is_wrong_with_a_reservation_is_told),
        cmocka_unit_test(a_load_that_is_not_in_the_folder_is_told),
        cmocka_unit_test(what_is_no_yaml_is_told_with_its_place),
        cmocka_unit_test(columns_count_characters),
        cmocka_unit_test(what_is_no_file_is_told),
        cmocka_unit_test(after_a_hundred_errors_the_rest_is_counted),
        cmocka_unit_test(what_is_printed_is_read_back_the_same),
        cmocka_unit_test(the_packaged_file_is_what_is_printed),
        cmocka_unit_test(options_go_over_the_file),
        cmocka_unit_test(an_option_that_is_wrong_says_why),
        cmocka_unit_test(every_option_that_help_names_is_known),
        cmocka_unit_test(a_subnet_is_of_an_interface_that_is_served),
        cmocka_unit_test(garbage_is_told_and_never_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
