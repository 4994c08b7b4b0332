/* Any bytes on a real interface at any time, and silence: what leaves is sound, bounded and seldom, and the table of
 * neighbours stays whole.
 *
 * The input is a list of commands: what happens (u8), a byte for it, length (u8), bytes. Frames may be given whole, or
 * as the payload of a header that leads somewhere (CDP, LLDP, DHCP with good checksums), so that the deep parts are
 * reached too. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "switch/interface.h"
#include "wire/ipv4_udp.h"

enum { PLACES = 6 };

static struct interface_timing timing;
static struct interface face;
static struct heard_neighbour memory[PLACES];
static struct outbox out;
static struct action actions[INTERFACE_MOST];
static uint8_t bytes[INTERFACE_MOST_BYTES];
static usec last_cdp, last_lldp; /* sent, plus 1; 0: none since the announcement was changed */

static void check_table(void)
{
    uint32_t count = 0, endpoints = 0, in_order = 0;

    for (const struct heard_neighbour *n = NULL; (n = neighbours_next(&face.neighbours, n)); count++) {
        endpoints += n->med;
        assert(neighbours_find(&face.neighbours, n->who.mac, n->protocol, n->id) == n);
        assert(n->first <= n->last && n->last < n->who.until);
    }
    for (int phone = 0; phone < 2; phone++) {
        usec before = 0;
        for (uint16_t i = face.neighbours.heard[phone].oldest; i != UINT16_MAX; i = memory[i].newer, in_order++) {
            assert(i < PLACES && memory[i].who.phone == phone && memory[i].last >= before);
            before = memory[i].last;
        }
    }
    assert(count == face.neighbours.count && count == in_order && endpoints == face.endpoints);
}

static void check_frame(usec now, struct bytes frame)
{
    struct ethernet e;
    struct fault why;

    assert(frame.len >= ETHERNET_LEAST && frame.len <= ETHERNET_MOST);
    assert(ethernet_decode(&e, frame, &why));
    assert(mac_equal(e.from, face.config.mac));
    usec *last = mac_equal(e.to, MAC_CDP) ? &last_cdp : mac_equal(e.to, MAC_LLDP) ? &last_lldp : NULL;
    if (!last) return;
    assert(*last == 0 || now >= *last - 1 + timing.gap);
    *last = now + 1;
}

static usec step(usec now, enum event_kind kind, struct bytes in)
{
    struct event e = {.kind = kind, .bytes = in};
    bool looks = interface_looking(&face);

    outbox_clear(&out);
    usec due = interface_step(&face, now, &e, &out);
    assert(!out.bytes.full && out.count <= INTERFACE_MOST);
    assert(kind != EVENT_WAKE || due > now || out.count > 0);
    for (uint32_t i = 0; i < out.count; i++) {
        if (looks) last_cdp = last_lldp = 0; /* its questions are not held back: two at most */
        if (out.actions[i].kind == ACTION_FRAME) check_frame(now, payload(&out, i));
    }
    check_table();
    return due;
}

static usec silence(usec now, usec until, usec due)
{
    for (int i = 0; i < 40 && due <= until; i++) {
        if (due > now) now = due;
        due = step(now, EVENT_WAKE, (struct bytes){0});
    }
    return due;
}

static usec hear(usec now, uint8_t what, uint8_t who, struct bytes data)
{
    static uint8_t frame[2048];
    struct writer w = writer(frame, sizeof frame);
    struct ethernet e = {.to = MAC_CDP, .from = {{2, 0, 0, 0, 1, (uint8_t)(who % 16)}}};
    struct ipv4_packet ip = {.from = who, .to = IPV4_BROADCAST, .protocol = PROTOCOL_UDP};

    if (what == 0) return step(now, EVENT_FRAME, data);
    if (what == 1) e.form = ETHERNET_SNAP, e.oui = SNAP_CISCO, e.type = SNAP_CDP;
    if (what == 2) e.to = MAC_LLDP, e.type = TYPE_LLDP;
    if (what == 3) e.to = MAC_BROADCAST, e.type = TYPE_IPV4, e.tagged = who & 1, e.vlan = who;
    size_t begun = ethernet_begin(&w, &e);
    if (what == 3) {
        size_t p = ipv4_begin(&w, &ip), u = udp_begin(&w, 67, 68);
        static const uint8_t head[] = {2, 1, 6, 0};
        write_bytes(&w, (struct bytes){head, sizeof head});
        write_zeros(&w, 232);
        write_be32(&w, 0x63825363); /* RFC 2131, 3: the cookie; then options */
        write_bytes(&w, data);
        udp_end(&w, u, ip.from, ip.to);
        ipv4_end(&w, p);
    } else {
        write_bytes(&w, data);
    }
    ethernet_end(&w, begun);
    return step(now, EVENT_FRAME, written(&w));
}

static void announce(uint8_t how)
{
    interface_announce(
        &face,
        &(struct interface_announce){
            .voice_vlan = how >> 2, .priority = 5, .dscp = 46, .management = how, .cdp = how & 1, .lldp = how & 2});
    last_cdp = last_lldp = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault why;
    struct reader r = reader((struct bytes){data, size}, &why);
    uint8_t how = read_u8(&r);
    usec now = SECOND;

    timing = INTERFACE_REAL;
    if (how & 1) timing.look = 0;
    outbox_init(&out, actions, INTERFACE_MOST, bytes, sizeof bytes);
    last_cdp = last_lldp = 0;
    interface_init(&face,
                   &(struct interface_config){.number = 1,
                                              .mac = {{2, 0, 0, 0, 0, 1}},
                                              .name = "fuzz",
                                              .platform = "fuzz",
                                              .software = "fuzz",
                                              .port = "eth1",
                                              .look_vlan = how >> 1,
                                              .timing = &timing,
                                              .seed = 1},
                   memory, PLACES);
    usec due = step(now, EVENT_WAKE, (struct bytes){0});
    while (unread(&r) > 0) {
        uint8_t what = read_u8(&r), it = read_u8(&r);
        struct bytes in = read_bytes(&r, read_u8(&r));
        if (r.failed) break;
        switch (what % 8) {
        case 4: announce(it), due = step(now, EVENT_WAKE, in); break;
        case 5: interface_shutdown(&face), last_cdp = last_lldp = 0, due = step(now, EVENT_WAKE, in); break;
        case 6:
        case 7: {
            usec until = now + (usec)it * it * (what % 8 == 6 ? MSEC : SECOND);
            due = silence(now, until, due);
            now = until;
            break;
        }
        default: due = hear(now, what % 8, it, in);
        }
    }
    (void)silence(now, now + 200 * SECOND, due);
    return 0;
}
