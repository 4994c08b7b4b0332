/* tests/switch/interface_bench.h: an interface of serve in virtual time: what it is told, and what came out. Its own
 * address is 02:00:00:00:00:01, its name eth1, its number 7. */
#ifndef TESTS_SWITCH_INTERFACE_BENCH_H
#define TESTS_SWITCH_INTERFACE_BENCH_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/facts.h"
#include "switch/interface.h"
#include "wire/arp.h"
#include "wire/dhcp.h"
#include "wire/ipv4_udp.h"

enum { SEEN = 8192, ROOM = 1600, PLACES = 64 };

static const struct mac SELF = {{2, 0, 0, 0, 0, 1}}, OTHER_SELF = {{2, 0, 0, 0, 0, 2}}, SERVER = {{2, 0, 0, 0, 1, 0}},
                        SWITCH = {{2, 0, 0, 0, 2, 0}}, PHONE = {{0, 6, 0x53, 0x11, 0x22, 0x33}};
static const ipv4 SERVER_ID = IPV4(192, 168, 1, 1), OFFERED = IPV4(192, 168, 1, 77);

static struct seen {
    usec at;
    enum action_kind kind;
    uint16_t news;
    size_t len;
    uint8_t bytes[ROOM];
} seen[SEEN];
static uint32_t seen_count;
static struct interface face;
static struct heard_neighbour memory[NEIGHBOURS_DEFAULT];
static usec now, due;

static inline void step(enum event_kind kind, struct bytes frame)
{
    static struct action actions[INTERFACE_MOST];
    static uint8_t bytes[INTERFACE_MOST_BYTES];
    static struct outbox out;

    outbox_init(&out, actions, INTERFACE_MOST, bytes, sizeof bytes);
    due = interface_step(&face, now, &(struct event){.kind = kind, .bytes = frame}, &out);
    assert_false(out.bytes.full);
    if (kind == EVENT_WAKE) assert_true(due > now || out.count > 0); /* it never spins */
    for (uint32_t i = 0; i < out.count; i++) {
        struct bytes p = payload(&out, i);
        assert_true(seen_count < SEEN && p.len <= ROOM);
        assert_int_equal(out.actions[i].stream, 7);
        seen[seen_count] = (struct seen){now, out.actions[i].kind, out.actions[i].news, p.len, {0}};
        memcpy(seen[seen_count++].bytes, p.at, p.len);
    }
}

static inline void run(usec until)
{
    while (due <= until) {
        if (due > now) now = due;
        step(EVENT_WAKE, (struct bytes){0});
    }
    now = until;
}

static inline struct interface_config config_of(const struct interface_timing *timing)
{
    return (struct interface_config){.number = 7,
                                     .mac = SELF,
                                     .name = "dialtone",
                                     .platform = "Dialtone",
                                     .software = "Dialtone on Linux",
                                     .port = "eth1",
                                     .timing = timing,
                                     .seed = 5};
}

/* Begins at 10 s, with the first wake. */
static inline void begin_with(const struct interface_config *config, uint32_t places)
{
    interface_init(&face, config, memory, places);
    seen_count = 0;
    now = 10 * SECOND;
    step(EVENT_WAKE, (struct bytes){0});
}

static inline void begin(void)
{
    struct interface_config config = config_of(&INTERFACE_REAL);
    begin_with(&config, PLACES);
}

static inline void begin_without_look(uint32_t places)
{
    static struct interface_timing timing;
    timing = INTERFACE_REAL;
    timing.look = 0;
    struct interface_config config = config_of(&timing);
    begin_with(&config, places);
    assert_int_equal(seen_count, 0);
}

static const struct interface_announce ANNOUNCE = {.voice_vlan = 100,
                                                   .priority = 5,
                                                   .dscp = 46,
                                                   .signalling_priority = 3,
                                                   .signalling_dscp = 24,
                                                   .management = IPV4(10, 100, 0, 1),
                                                   .cdp = true,
                                                   .lldp = true};

static inline void announce(void)
{
    interface_announce(&face, &ANNOUNCE);
    step(EVENT_WAKE, (struct bytes){0});
}

static inline struct bytes of(const struct seen *s)
{
    return (struct bytes){s->bytes, s->len};
}

static inline unsigned frames_to(struct mac to)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < seen_count; i++)
        n += seen[i].kind == ACTION_FRAME && memcmp(seen[i].bytes, to.byte, sizeof to.byte) == 0;
    return n;
}

static inline const struct seen *last_to(struct mac to)
{
    const struct seen *s = NULL;
    for (uint32_t i = 0; i < seen_count; i++)
        if (seen[i].kind == ACTION_FRAME && memcmp(seen[i].bytes, to.byte, sizeof to.byte) == 0) s = &seen[i];
    return s;
}

static inline unsigned news(enum interface_news which)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < seen_count; i++) n += seen[i].kind == ACTION_TELL && seen[i].news == which;
    return n;
}

static inline struct bytes facts(enum interface_news which)
{
    struct bytes last = {0};
    for (uint32_t i = 0; i < seen_count; i++)
        if (seen[i].kind == ACTION_TELL && seen[i].news == which) last = of(&seen[i]);
    assert_non_null(last.at);
    return last;
}

static inline void assert_fact(struct bytes in, enum fact key, const char *text)
{
    struct bytes is = told_text(in, key);
    if (!bytes_are(is, text))
        fail_msg("%s is \"%.*s\", not \"%s\"", fact_name(key), (int)is.len, (const char *)is.at, text);
}

static inline struct cdp cdp_of(const struct seen *s)
{
    struct ethernet e;
    struct cdp c;
    struct fault why;
    assert_non_null(s);
    assert_true(ethernet_decode(&e, of(s), &why));
    assert_true(mac_equal(e.from, SELF));
    assert_true(cdp_decode(&c, e.payload, &why));
    assert_true(c.checksum_good);
    return c;
}

static inline struct lldp lldp_of(const struct seen *s)
{
    struct ethernet e;
    struct lldp l;
    struct fault why;
    assert_non_null(s);
    assert_true(ethernet_decode(&e, of(s), &why));
    assert_true(mac_equal(e.from, SELF));
    assert_true(lldp_decode(&l, e.payload, &why));
    return l;
}

/* --- what others send --- */

static inline void hear(struct writer *w)
{
    assert_false(w->full);
    step(EVENT_FRAME, written(w));
}

static inline void add(struct cdp *c, uint16_t type)
{
    c->has |= CDP_HAS(type);
    c->order[c->tlvs++] = type;
}

static inline void hear_cdp(struct mac from, struct cdp *c)
{
    uint8_t frame[ROOM];
    struct writer w = writer(frame, sizeof frame);
    struct ethernet e = {.to = MAC_CDP, .from = from, .form = ETHERNET_SNAP, .oui = SNAP_CISCO, .type = SNAP_CDP};
    size_t begun = ethernet_begin(&w, &e);
    cdp_encode(&w, c);
    ethernet_end(&w, begun);
    hear(&w);
}

static inline struct cdp device(const char *name, uint32_t capabilities)
{
    struct cdp c = {.version = 2,
                    .ttl = 180,
                    .device_id = bytes_of(name),
                    .port_id = bytes_of("Port 1"),
                    .capabilities = capabilities,
                    .software = bytes_of("P00308000500"),
                    .platform = bytes_of("Cisco IP Phone 7960")};
    add(&c, CDP_DEVICE_ID);
    add(&c, CDP_PORT_ID);
    add(&c, CDP_CAPABILITIES);
    add(&c, CDP_SOFTWARE);
    add(&c, CDP_PLATFORM);
    return c;
}

static inline void hear_phone_cdp(struct mac from, bool asks)
{
    static const uint8_t query[] = {0x20, 2, 0, 1};
    struct cdp c = device("SEP000653112233", CDP_HOST | CDP_PHONE);
    c.query = (struct bytes){query, sizeof query};
    c.power_consumption = 6300;
    if (asks) add(&c, CDP_VLAN_QUERY);
    add(&c, CDP_POWER_CONSUMPTION);
    hear_cdp(from, &c);
}

static inline void hear_switch_cdp(uint16_t vlan)
{
    struct cdp c = device("closet-3.example.net", CDP_SWITCH | CDP_IGMP);
    c.port_id = bytes_of("FastEthernet0/4");
    c.reply_appliance = 1;
    c.voice_vlan = vlan;
    add(&c, CDP_VLAN_REPLY);
    hear_cdp(SWITCH, &c);
}

static inline void hear_lldp(struct mac from, const struct lldp *l)
{
    uint8_t frame[ROOM];
    struct writer w = writer(frame, sizeof frame);
    struct ethernet e = {.to = MAC_LLDP, .from = from, .type = TYPE_LLDP};
    size_t begun = ethernet_begin(&w, &e);
    lldp_encode(&w, l);
    ethernet_end(&w, begun);
    hear(&w);
}

static inline struct lldp phone_lldp(void)
{
    static const uint8_t chassis[] = {1, 0, 0, 0, 0};
    struct lldp l = {.chassis_subtype = LLDP_CHASSIS_ADDRESS,
                     .chassis = {chassis, sizeof chassis},
                     .port_subtype = LLDP_PORT_LOCAL,
                     .port = bytes_of("000653112233:P1"),
                     .ttl = 180,
                     .system_name = bytes_of("SEP000653112233"),
                     .has_capabilities = true,
                     .capabilities = 0x24,
                     .enabled = 0x24,
                     .has_med = true,
                     .med_capabilities = 0x33,
                     .med_class = MED_CLASS_3,
                     .policy = {{.application = MED_VOICE, .unknown = true}},
                     .policies = 1,
                     .has_med_power = true,
                     .power_type = 1,
                     .power = 120};
    l.inventory[MED_MODEL] = bytes_of("CP-7945G");
    l.inventory[MED_SOFTWARE] = bytes_of("SCCP45.9-4-2-1S");
    return l;
}

struct reply {
    struct mac from;
    ipv4 id;
    int vlan; /* below 0: untagged */
    enum dhcp_type type;
};

static inline void hear_reply(const struct reply *r)
{
    uint8_t frame[ROOM];
    struct writer w = writer(frame, sizeof frame);
    struct ethernet e = {.to = MAC_BROADCAST,
                         .from = r->from,
                         .tagged = r->vlan >= 0,
                         .vlan = r->vlan >= 0 ? (uint16_t)r->vlan : 0,
                         .type = TYPE_IPV4};
    struct ipv4_packet ip = {.from = r->id, .to = IPV4_BROADCAST, .protocol = PROTOCOL_UDP};
    struct dhcp d = {.op = BOOTREPLY,
                     .htype = 1,
                     .hlen = 6,
                     .chaddr = SELF,
                     .yiaddr = OFFERED,
                     .type = r->type,
                     .server_id = r->id,
                     .tftp = {1, {IPV4(192, 168, 1, 9)}}};
    dhcp_set(&d, DHCP_MESSAGE_TYPE);
    dhcp_set(&d, DHCP_SERVER_ID);
    dhcp_set(&d, DHCP_TFTP_SERVERS);
    size_t f = ethernet_begin(&w, &e), p = ipv4_begin(&w, &ip), u = udp_begin(&w, DHCP_SERVER_PORT, DHCP_CLIENT_PORT);
    dhcp_encode(&w, &d);
    udp_end(&w, u, ip.from, ip.to);
    ipv4_end(&w, p);
    ethernet_end(&w, f);
    assert_true(interface_wants(written(&w)));
    hear(&w);
}

static const struct reply OFFER = {{{2, 0, 0, 0, 1, 0}}, IPV4(192, 168, 1, 1), -1, DHCP_OFFER};

static inline struct mac numbered(uint32_t n)
{
    return mac_from_number(UINT64_C(0x000653000000) + n);
}
#endif
