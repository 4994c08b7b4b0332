/* Every frame of the captures in tests/vectors: each is taken apart by the codecs and put together again as it came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wire/cdp.h"
#include "wire/ethernet.h"
#include "wire/ipv4_udp.h"
#include "wire/lldp.h"
#include "wire/tftp.h"

enum { DNS_PORT = 53 };

static uint8_t room[2048];

struct seen {
    unsigned frames, cdp, lldp, tftp, tcp, other;
};

/* Of its very size on the heap: a sanitizer sees each read behind it. */
static struct bytes own(struct bytes b)
{
    uint8_t *to = malloc(b.len ? b.len : 1);

    if (b.len) memcpy(to, b.at, b.len);
    return (struct bytes){to, b.len};
}

static void cdp(struct bytes in, struct seen *seen)
{
    struct cdp c;
    struct fault why;
    struct writer w = writer(room, sizeof room);

    assert_true(cdp_decode(&c, in, &why));
    assert_true(c.checksum_good);
    cdp_encode(&w, &c);
    assert_true(bytes_equal(written(&w), in));
    seen->cdp++;
}

/* The standard's order is not a switch's, and a TLV of a port's VLAN is skipped: so the same values, not the same
 * bytes. */
static void lldp(struct bytes in, struct seen *seen)
{
    static uint8_t again[2048];
    struct lldp l;
    struct fault why;
    struct writer w = writer(room, sizeof room), v = writer(again, sizeof again);

    assert_true(lldp_decode(&l, in, &why));
    assert_true(l.ttl == 120 && l.system_name.len > 0 && l.has_mac_phy);
    lldp_encode(&w, &l);
    assert_true(lldp_decode(&l, written(&w), &why));
    lldp_encode(&v, &l);
    assert_true(!w.full && bytes_equal(written(&w), written(&v)));
    seen->lldp++;
}

static void tftp(struct bytes in, struct seen *seen)
{
    struct tftp t;
    struct fault why;
    struct writer w = writer(room, sizeof room);

    assert_true(tftp_decode(&t, in, &why));
    tftp_encode(&w, &t);
    assert_true(bytes_equal(written(&w), in));
    seen->tftp++;
}

static void packet_of_ip(struct bytes in, struct seen *seen)
{
    struct ipv4_packet p;
    struct udp u;
    struct fault why;

    assert_true(ipv4_decode(&p, in, &why)); /* with its checksum */
    if (p.protocol == PROTOCOL_TCP) {
        seen->tcp++;
        return;
    }
    assert_int_equal(p.protocol, PROTOCOL_UDP);
    assert_true(udp_decode(&u, &p, &why));
    if (u.from == DNS_PORT || u.to == DNS_PORT)
        seen->other++;
    else
        tftp(u.payload, seen);
}

static void frame(struct bytes captured, struct seen *seen)
{
    struct bytes in = own(captured);
    struct ethernet e;
    struct fault why;

    seen->frames++;
    assert_true(ethernet_decode(&e, in, &why));
    if (e.form == ETHERNET_SNAP && e.oui == SNAP_CISCO && e.type == SNAP_CDP)
        cdp(e.payload, seen);
    else if (e.form == ETHERNET_II && e.type == TYPE_LLDP)
        lldp(e.payload, seen);
    else if (e.form == ETHERNET_II && e.type == TYPE_IPV4)
        packet_of_ip(e.payload, seen);
    else
        seen->other++;
    free((void *)(uintptr_t)in.at);
}

/* The form of libpcap: 24 bytes, then for each frame 16 (seconds, microseconds, captured, length) and its bytes. */
static void pcap(struct reader *r, struct seen *seen)
{
    (void)read_bytes(r, 20);
    while (unread(r) > 0) {
        (void)read_bytes(r, 8);
        uint32_t captured = read_le32(r);
        assert_int_equal(read_le32(r), captured);
        frame(read_bytes(r, captured), seen);
    }
}

/* pcapng (draft-ietf-opsawg-pcapng): blocks of type, length, content, length again; 6: an enhanced packet. */
static void pcapng(struct reader *r, struct seen *seen)
{
    enum { ENHANCED_PACKET = 6, AROUND = 12 };
    uint32_t type = 0x0a0d0d0a;

    for (;; type = read_le32(r)) {
        uint32_t length = read_le32(r);
        struct bytes content = read_bytes(r, length - AROUND);
        assert_int_equal(read_le32(r), length);
        struct fault why;
        struct reader packet = reader(content, &why);
        (void)read_bytes(&packet, 12); /* interface, time */
        uint32_t captured = read_le32(&packet);
        (void)read_le32(&packet);
        if (type == ENHANCED_PACKET) frame(read_bytes(&packet, captured), seen);
        if (unread(r) == 0) return;
    }
}

static struct seen all_of(const char *name)
{
    static uint8_t file[1 << 16];
    char path[512];
    struct seen seen = {0};
    struct fault why;

    (void)snprintf(path, sizeof path, "%s/%s", VECTORS, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    struct bytes whole = {file, fread(file, 1, sizeof file, f)};
    (void)fclose(f);
    struct reader r = reader(whole, &why);
    if (read_le32(&r) == 0xa1b2c3d4)
        pcap(&r, &seen);
    else
        pcapng(&r, &seen);
    assert_int_equal(why.kind, FAULT_NONE);
    return seen;
}

static void the_captured_frames_of_catalysts_come_back_as_they_were(void **state)
{
    struct seen s = all_of("3560_CDP.pcap");

    (void)state;
    assert_true(s.frames == 3 && s.cdp == 3);
    s = all_of("LLDP_and_CDP.pcap");
    assert_true(s.frames == 12 && s.cdp == 4 && s.lldp == 8);
}

static void the_captured_packets_of_a_7912_come_back_as_they_were(void **state)
{
    struct seen s = all_of("callmanager4-7912-register.pcapng");

    (void)state;
    assert_true(s.frames == 97 && s.tftp == 37 && s.tcp == 60);
    s = all_of("callmanager4-7912-fallback-register-call.pcapng");
    assert_true(s.frames == 171 && s.tftp == 37 && s.tcp == 126 && s.other == 8);
}

static void the_captured_packets_of_a_conference_bridge_are_sound(void **state)
{
    struct seen s = all_of("sccp_hw_conf_register.pcapng");

    (void)state;
    assert_true(s.frames == 17 && s.tcp == 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_captured_frames_of_catalysts_come_back_as_they_were),
        cmocka_unit_test(the_captured_packets_of_a_7912_come_back_as_they_were),
        cmocka_unit_test(the_captured_packets_of_a_conference_bridge_are_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
