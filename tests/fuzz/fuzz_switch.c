/* Any bytes on any port of a switch at any time, and silence.
 *
 * The input is a list of commands: what happens (u8), port (u8), length (u8 and 1 bit of the first), bytes. Frames may
 * be given whole, or as the payload of a header that leads somewhere (CDP, LLDP, ARP, IPv4 to the router), with good
 * checksums of IPv4, UDP and ICMP, so that the deep parts are reached too. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "switch/cable.h"
#include "switch/switch.h"
#include "wire/ipv4_udp.h"

enum { PORTS = 5, PER_MEMBER = 2 };

static const struct switch_svi SVI[] = {
    {1, IPV4(10, 1, 0, 254), IPV4(255, 255, 255, 0), IPV4(10, 0, 0, 1)},
    {100, IPV4(10, 0, 0, 254), IPV4(255, 255, 255, 0), 0},
};
static struct switch_config config = {
    .name = "fuzz",
    .ports = PORTS,
    .ports_per_member = PER_MEMBER,
    .budget_mw = 20000,
    .data_vlan = 1,
    .voice_vlan = 100,
    .uplink_vlan = 100,
    .svi = SVI,
    .svis = 2,
    .base_mac = {{2, 0, 0x5e, 0, 0, 0}},
    .cdp = true,
    .lldp = true,
    .timing = &SWITCH_SHORTENED,
    .seed = 3,
};
static struct poe_switch sw;
static struct outbox out;
static void *memory;
static struct line near[PORTS + 2];

static void check(const struct event *e, usec now, usec due)
{
    uint32_t used[SWITCH_MEMBERS] = {0};

    assert(!out.bytes.full && out.count <= SWITCH_MOST);
    assert(e->kind != EVENT_WAKE || due > now || out.count > 0);
    for (uint32_t i = 0; i < out.count; i++) {
        const struct action *a = &out.actions[i];
        struct fault why;
        assert(a->stream >= 1 && a->stream <= PORTS + 1);
        if (a->kind == ACTION_LINE) assert(line_decode(&near[a->stream], payload(&out, i), &why));
        if (a->kind == ACTION_FRAME) {
            struct ethernet frame;
            assert(payload(&out, i).len >= ETHERNET_LEAST && payload(&out, i).len <= ETHERNET_MOST);
            assert(ethernet_decode(&frame, payload(&out, i), &why));
        }
    }
    for (uint32_t port = 1; port <= PORTS; port++) {
        const struct pse *p = &sw.ports[port].pse;
        used[(port - 1) / PER_MEMBER] += p->held;
        assert(pse_gives(p) == (near[port].millivolts == -48000));
        assert(!pse_gives(p) || (p->allocated > 0 && p->held >= p->allocated));
        (void)switch_port_report(&sw, port);
    }
    for (uint32_t m = 0; m < SWITCH_MEMBERS; m++) assert(sw.budget[m].used == used[m] && used[m] <= sw.budget[m].total);
}

static usec step(usec now, enum event_kind kind, uint32_t port, struct bytes bytes)
{
    struct event e = {.kind = kind, .stream = port, .bytes = bytes};

    outbox_clear(&out);
    usec due = switch_step(&sw, now, &e, &out);
    check(&e, now, due);
    return due;
}

static usec silence(usec now, usec until, usec due)
{
    for (int i = 0; i < 40 && due <= until; i++) {
        if (due > now) now = due;
        due = step(now, EVENT_WAKE, 0, (struct bytes){0});
    }
    return due;
}

/* The far end does what a phone would: echoes, a signature, a load. */
static usec answer_line(usec now, uint32_t port, uint8_t how)
{
    uint8_t bytes[LINE_SIZE];
    struct writer w = writer(bytes, sizeof bytes);
    struct line l = LINE_IDLE;

    if (how & 1 && near[port].pulse == PULSE_WIDE) l.pulse = PULSE_WIDE, l.word = near[port].word;
    if (how & 2) l.ohms = 25000, l.nanofarads = 80;
    if (how & 4) l.microamperes = 5000u * (how >> 2);
    if (how & 64) l = cable_pass((enum cable_mode)(how % 6), &near[port], &l);
    l.carrier = l.carrier || how & 128;
    line_encode(&w, &l);
    return step(now, EVENT_LINE, port, written(&w));
}

static usec send(usec now, uint32_t port, uint8_t what, struct bytes data)
{
    static uint8_t frame[2048];
    struct writer w = writer(frame, sizeof frame);
    struct ethernet e = {.to = MAC_BROADCAST, .from = {{2, 0, 0, 0, 0, (uint8_t)port}}, .type = TYPE_IPV4};
    struct ipv4_packet p = {.from = IPV4(10, 1, 0, port), .to = IPV4_BROADCAST, .protocol = PROTOCOL_UDP};

    switch (what % 6) {
    case 0:
        e.to = MAC_CDP;
        e.form = ETHERNET_SNAP;
        e.oui = SNAP_CISCO;
        e.type = SNAP_CDP;
        break;
    case 1:
        e.to = MAC_LLDP;
        e.type = TYPE_LLDP;
        break;
    case 2: e.type = TYPE_ARP; break;
    case 3: break; /* to all: DHCP to the relay */
    case 4:        /* a reply to the relay, or what is routed */
        e.to = router_mac(&sw.router, port > PORTS);
        p.to = what & 64 ? IPV4(10, 1, 0, 254) : IPV4(10, 0, 0, port);
        break;
    default:
        e.to = router_mac(&sw.router, port > PORTS);
        p.protocol = PROTOCOL_ICMP;
        p.to = IPV4(10, 0, 0, 254);
        break;
    }
    e.tagged = what & 32;
    e.vlan = 100;
    size_t begun = ethernet_begin(&w, &e);
    if (what % 6 < 3) {
        write_bytes(&w, data);
    } else {
        size_t ip = ipv4_begin(&w, &p), udp = p.protocol == PROTOCOL_UDP ? udp_begin(&w, 68, 67) : 0;
        write_bytes(&w, data);
        if (p.protocol == PROTOCOL_UDP) udp_end(&w, udp, p.from, p.to);
        ipv4_end(&w, ip);
    }
    ethernet_end(&w, begun);
    return step(now, EVENT_FRAME, port, written(&w));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct action actions[SWITCH_MOST];
    static uint8_t bytes[SWITCH_MOST_BYTES];
    struct fault why;
    struct reader r = reader((struct bytes){data, size}, &why);

    if (!memory) memory = malloc(switch_memory(&config));
    config.relay_option_82 = size & 1;
    config.uplink_trunk = size & 2;
    assert(switch_init(&sw, &config, memory, switch_memory(&config)));
    outbox_init(&out, actions, SWITCH_MOST, bytes, sizeof bytes);
    for (uint32_t port = 0; port < PORTS + 2; port++) near[port] = LINE_IDLE;
    usec now = 0, due = silence(0, 0, 0);
    while (unread(&r) > 0) {
        uint8_t what = read_u8(&r), how = read_u8(&r);
        uint32_t port = 1 + how % (PORTS + 1);
        size_t len = read_u8(&r) * (what & 8 ? 8u : 1u);
        struct bytes rest = read_bytes(&r, len < unread(&r) ? len : unread(&r));
        switch (what % 8) {
        case 0:
            now += (usec)len << (how % 24);
            due = silence(now, now, due);
            break;
        case 1: due = step(now, EVENT_FRAME, port, rest); break;
        case 2: due = step(now, EVENT_LINE, port, rest); break;
        case 3: due = answer_line(now, port, (uint8_t)len); break;
        case 4:
            outbox_clear(&out);
            due = switch_set_admin(&sw, now, port, (enum power_admin)(len % 3), len & 4, &out);
            check(&(struct event){.kind = EVENT_LINE}, now, due);
            break;
        case 5: /* all links up at once */
            for (uint32_t i = 1; i <= PORTS + 1; i++) due = answer_line(now, i, 128);
            break;
        default: due = send(now, port, how, rest); break;
        }
    }
    silence(now, now + 400 * SECOND, due);
    return 0;
}
