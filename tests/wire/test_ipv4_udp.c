#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "wire/ipv4_udp.h"

#define SPAN(array) ((struct bytes){(array), sizeof(array)})

/* A real 7912 acknowledges block 1 (frame 3 of callmanager4-7912-register.pcapng), behind its Ethernet header.
 *   45 version 4, 20 bytes   60 tos   0020 32 bytes   0002 id   0000 no fragment   fa ttl   11 UDP   a080 checksum
 *   0a660ad1 10.102.10.209   0a0000b4 10.0.0.180
 *   39e8 14824   c24c 49740   000c 12 bytes   e3b1 checksum   0004 0001 ACK of block 1   14 bytes of padding */
static const uint8_t ack[] = {0x45, 0x60, 0x00, 0x20, 0x00, 0x02, 0x00, 0x00, 0xfa, 0x11, 0xa0, 0x80,
                              0x0a, 0x66, 0x0a, 0xd1, 0x0a, 0x00, 0x00, 0xb4, 0x39, 0xe8, 0xc2, 0x4c,
                              0x00, 0x0c, 0xe3, 0xb1, 0x00, 0x04, 0x00, 0x01, 0,    0,    0,    0,
                              0,    0,    0,    0,    0,    0,    0,    0,    0,    0};

enum { ACK_SIZE = 32 };

static bool decodes(struct bytes in, struct ipv4_packet *p, struct fault *why)
{
    uint8_t *exact = malloc(in.len ? in.len : 1); /* of its very size, so that the sanitizer sees each read behind it */
    bool ok;

    if (in.len) memcpy(exact, in.at, in.len);
    ok = ipv4_decode(p, (struct bytes){exact, in.len}, why);
    assert_int_equal(ok, why->kind == FAULT_NONE);
    if (ok) p->payload.at = in.at + (p->payload.at - exact);
    if (ok) p->options.at = in.at + (p->options.at - exact);
    free(exact);
    return ok;
}

static bool udp_decodes(struct ipv4_packet p, struct udp *u, struct fault *why)
{
    const uint8_t *at = p.payload.at;
    uint8_t *exact = malloc(p.payload.len ? p.payload.len : 1);
    bool ok;

    if (p.payload.len) memcpy(exact, at, p.payload.len);
    p.payload.at = exact;
    ok = udp_decode(u, &p, why);
    assert_int_equal(ok, why->kind == FAULT_NONE);
    if (ok) u->payload.at = at + (u->payload.at - exact);
    free(exact);
    return ok;
}

static void refused(struct bytes in, enum fault_kind kind)
{
    struct ipv4_packet p;
    struct fault why;

    assert_false(decodes(in, &p, &why));
    assert_int_equal(why.kind, kind);
}

static void udp_refused(struct ipv4_packet p, enum fault_kind kind)
{
    struct udp u;
    struct fault why;

    assert_false(udp_decodes(p, &u, &why));
    assert_int_equal(why.kind, kind);
}

/* Makes the header's checksum right again after a byte was changed on purpose. */
static void mend(uint8_t *packet, size_t header)
{
    packet[10] = packet[11] = 0;
    uint16_t sum = internet_checksum((struct bytes){packet, header}, 0);
    packet[10] = (uint8_t)(sum >> 8), packet[11] = (uint8_t)sum;
}

static void the_checksum_is_that_of_the_example_of_rfc_1071(void **state)
{
    static const uint8_t example[] = {0x00, 0x01, 0xf2, 0x03,
                                      0xf4, 0xf5, 0xf6, 0xf7}; /* RFC 1071, 3: the sum is ddf2 */

    (void)state;
    assert_int_equal(internet_checksum(SPAN(example), 0), (uint16_t)~0xddf2);
    assert_int_equal(internet_checksum((struct bytes){example, 7}, 0),
                     (uint16_t) ~(0xddf2 - 0xf7)); /* as if a 0 followed */
    assert_int_equal(internet_checksum((struct bytes){NULL, 0}, 0), 0xffff);
    assert_int_equal(internet_checksum((struct bytes){example, 2}, 0xffffffff), (uint16_t)~1);
}

static void carries_of_the_longest_packet_are_not_lost(void **state)
{
    static uint8_t ones[65535];

    (void)state;
    memset(ones, 0xff, sizeof ones);
    assert_int_equal(internet_checksum((struct bytes){ones, 65534}, 0), 0);
    assert_int_equal(internet_checksum((struct bytes){ones, 65534}, UINT32_MAX), 0);
    assert_int_equal(internet_checksum((struct bytes){ones, 65535}, 0), 0x00ff);
}

static void a_captured_packet_is_read_and_its_padding_ignored(void **state)
{
    struct ipv4_packet p;
    struct udp u;
    struct fault why;

    (void)state;
    assert_true(decodes(SPAN(ack), &p, &why));
    assert_int_equal(p.from, IPV4(10, 102, 10, 209));
    assert_int_equal(p.to, IPV4(10, 0, 0, 180));
    assert_true(p.protocol == PROTOCOL_UDP && p.tos == 0x60 && p.ttl == 250 && p.id == 2);
    assert_true(!p.dont_fragment && !p.fragment && p.options.len == 0 && p.payload.len == 12);
    assert_true(udp_decodes(p, &u, &why));
    assert_true(u.from == 14824 && u.to == 49740);
    assert_true(bytes_equal(u.payload, (struct bytes){ack + 28, 4}));
}

static void the_captured_packet_is_written_byte_for_byte_at_any_place_of_the_writer(void **state)
{
    (void)state;
    for (size_t before = 0; before < 3; before++) {
        uint8_t room[64];
        struct writer w = writer(room, sizeof room);
        struct ipv4_packet p = {.from = IPV4(10, 102, 10, 209),
                                .to = IPV4(10, 0, 0, 180),
                                .protocol = PROTOCOL_UDP,
                                .tos = 0x60,
                                .ttl = 250,
                                .id = 2};
        write_zeros(&w, before);
        size_t ip = ipv4_begin(&w, &p), udp = udp_begin(&w, 14824, 49740);
        write_bytes(&w, (struct bytes){ack + 28, 4});
        udp_end(&w, udp, p.from, p.to);
        ipv4_end(&w, ip);
        assert_int_equal(w.len, before + ACK_SIZE);
        assert_memory_equal(room + before, ack, ACK_SIZE);
    }
}

static void a_ttl_of_0_means_64_and_dont_fragment_is_kept(void **state)
{
    uint8_t room[20];
    struct writer w = writer(room, sizeof room);
    struct ipv4_packet p = {.from = 1, .to = 2, .protocol = PROTOCOL_ICMP, .dont_fragment = true}, got;
    struct fault why;

    (void)state;
    ipv4_end(&w, ipv4_begin(&w, &p));
    assert_false(w.full);
    assert_true(decodes(written(&w), &got, &why));
    assert_true(got.ttl == 64 && got.dont_fragment && !got.fragment && got.payload.len == 0);
}

static void options_are_handed_over_and_are_no_payload(void **state)
{
    uint8_t packet[26] = {0x46, 0, 0, 26, 0, 0, 0, 0, 1, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x94, 4, 0, 0, 0xab, 0xcd};
    struct ipv4_packet p;
    struct fault why;

    (void)state;
    mend(packet, 24); /* RFC 2113: router alert */
    assert_true(decodes(SPAN(packet), &p, &why));
    assert_true(bytes_equal(p.options, (struct bytes){packet + 20, 4}));
    assert_true(bytes_equal(p.payload, (struct bytes){packet + 24, 2}));
}

static void the_first_the_middle_and_the_last_fragment_are_fragments_and_dont_fragment_is_none(void **state)
{
    static const struct {
        uint16_t flags;
        bool fragment;
    } each[] = {{0x2000, true}, {0x2001, true}, {0x1fff, true}, {0x0001, true}, {0x4000, false}, {0x8000, false}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(each); i++) {
        uint8_t packet[sizeof ack];
        struct ipv4_packet p;
        struct fault why;
        memcpy(packet, ack, sizeof packet);
        packet[6] = (uint8_t)(each[i].flags >> 8), packet[7] = (uint8_t)each[i].flags;
        mend(packet, 20);
        assert_true(decodes(SPAN(packet), &p, &why));
        assert_int_equal(p.fragment, each[i].fragment);
        assert_int_equal(p.dont_fragment, each[i].flags == 0x4000);
    }
}

static void a_packet_cut_at_every_byte_is_refused_as_short(void **state)
{
    (void)state;
    for (size_t n = 0; n < ACK_SIZE; n++) refused((struct bytes){ack, n}, FAULT_SHORT);
}

static void each_flipped_bit_of_the_header_is_refused(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 20 * 8; bit++) {
        uint8_t bad[sizeof ack];
        struct ipv4_packet p;
        struct fault why;
        memcpy(bad, ack, sizeof bad);
        bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(decodes(SPAN(bad), &p, &why));
        if (bit / 8 >= 4)
            assert_int_equal(why.kind, FAULT_CHECK); /* before: version and lengths, each in its own way */
        if (bit / 8 >= 4) assert_int_equal(why.at, 10);
    }
}

static void another_version_and_lengths_that_cannot_be_are_refused(void **state)
{
    static const struct {
        uint8_t first, total;
        enum fault_kind kind;
    } wrong[] = {{0x65, 32, FAULT_VALUE}, {0x05, 32, FAULT_VALUE}, {0x40, 32, FAULT_VALUE},
                 {0x44, 32, FAULT_VALUE}, {0x45, 0, FAULT_VALUE},  {0x45, 19, FAULT_VALUE},
                 {0x49, 32, FAULT_VALUE}, {0x45, 47, FAULT_SHORT}, {0x4f, 60, FAULT_SHORT}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        uint8_t bad[sizeof ack];
        memcpy(bad, ack, sizeof bad);
        bad[0] = wrong[i].first, bad[3] = wrong[i].total;
        mend(bad, 20);
        refused(SPAN(bad), wrong[i].kind);
    }
}

static void udp_cut_at_every_byte_is_refused_as_short(void **state)
{
    struct ipv4_packet p = {.from = IPV4(10, 102, 10, 209), .to = IPV4(10, 0, 0, 180)};

    (void)state;
    for (size_t n = 0; n < 12; n++) {
        p.payload = (struct bytes){ack + 20, n};
        udp_refused(p, FAULT_SHORT);
    }
}

static void each_flipped_bit_of_udp_or_of_the_addresses_is_refused(void **state)
{
    (void)state;
    for (size_t bit = 12 * 8; bit < ACK_SIZE * 8; bit++) {
        uint8_t bad[sizeof ack];
        struct ipv4_packet p;
        struct udp u;
        struct fault why;
        memcpy(bad, ack, sizeof bad);
        bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
        mend(bad, 20);
        assert_true(decodes(SPAN(bad), &p, &why));
        assert_false(udp_decodes(p, &u, &why));
        if (bit / 8 / 2 != 12) assert_int_equal(why.kind, FAULT_CHECK); /* 24 and 25 are the length */
    }
}

static void a_udp_checksum_of_0_means_that_there_is_none(void **state)
{
    uint8_t datagram[12];
    struct ipv4_packet p = {.from = 1, .to = 2, .payload = SPAN(datagram)};
    struct udp u;
    struct fault why;

    (void)state;
    memcpy(datagram, ack + 20, sizeof datagram);
    datagram[6] = datagram[7] = 0;
    assert_true(udp_decodes(p, &u, &why));
    assert_int_equal(u.payload.len, 4);
    datagram[7] = 1;
    udp_refused(p, FAULT_CHECK);
}

/* From 0.0.0.0 to 0.0.0.0, ports 0 and 0, with two bytes: the sum of pseudo-header (17 + 10), length (10) and data is
 * 37 + data; data of ffff - 37 makes it ffff, whose complement is 0, and 0 would mean "none". */
static void a_computed_checksum_of_0_goes_out_as_ffff(void **state)
{
    uint8_t room[10];
    struct writer w = writer(room, sizeof room);
    struct ipv4_packet p = {.protocol = PROTOCOL_UDP};
    struct udp u;
    struct fault why;

    (void)state;
    size_t begun = udp_begin(&w, 0, 0);
    write_be16(&w, 0xffff - 37);
    udp_end(&w, begun, 0, 0);
    assert_false(w.full);
    assert_int_equal(room[6] << 8 | room[7], 0xffff);
    p.payload = written(&w);
    assert_true(udp_decodes(p, &u, &why));
    room[9] ^= 1;
    udp_refused(p, FAULT_CHECK);
}

static void udp_of_any_length_odd_or_even_survives_the_round_trip(void **state)
{
    uint8_t data[67], room[100];

    (void)state;
    for (size_t n = 0; n < sizeof data; n++) data[n] = (uint8_t)(0xf0 + n);
    for (size_t n = 0; n <= sizeof data; n++) {
        struct writer w = writer(room, sizeof room);
        struct ipv4_packet p = {.from = 0, .to = IPV4_BROADCAST, .protocol = PROTOCOL_UDP, .tos = 0xb8}, got;
        struct udp u;
        struct fault why;
        write_u8(&w, 0); /* the datagram begins at an odd place, which must not matter */
        size_t ip = ipv4_begin(&w, &p), udp = udp_begin(&w, 68, 67);
        write_bytes(&w, (struct bytes){data, n});
        udp_end(&w, udp, p.from, p.to);
        ipv4_end(&w, ip);
        assert_true(decodes(written_from(&w, 1), &got, &why));
        assert_true(udp_decodes(got, &u, &why));
        assert_true(got.to == IPV4_BROADCAST && got.tos == 0xb8 && u.from == 68 && u.to == 67);
        assert_true(bytes_equal(u.payload, (struct bytes){data, n}));
    }
}

static void a_udp_length_below_8_is_refused_and_bytes_behind_it_are_not_payload(void **state)
{
    uint8_t datagram[14] = {0x00, 0x45, 0x10, 0x00, 0, 0, 0, 0, 'o', 'k', 0xde, 0xad, 0xbe, 0xef};
    struct ipv4_packet p = {.payload = SPAN(datagram)};

    (void)state;
    for (uint8_t length = 0; length <= 20; length++) {
        struct udp u;
        struct fault why;
        datagram[5] = length;
        bool ok = udp_decodes(p, &u, &why);
        assert_int_equal(ok, length >= 8 && length <= 14);
        if (ok) assert_int_equal(u.payload.len, length - 8);
        if (!ok) assert_int_equal(why.kind, length < 8 ? FAULT_VALUE : FAULT_SHORT);
    }
}

static void bytes_behind_the_udp_length_do_not_count_into_its_checksum(void **state)
{
    uint8_t datagram[16];
    struct ipv4_packet p = {.from = IPV4(10, 102, 10, 209), .to = IPV4(10, 0, 0, 180), .payload = SPAN(datagram)};
    struct udp u;
    struct fault why;

    (void)state;
    memset(datagram, 0x5a, sizeof datagram);
    memcpy(datagram, ack + 20, 12);
    assert_true(udp_decodes(p, &u, &why));
    assert_true(bytes_equal(u.payload, (struct bytes){ack + 28, 4}));
}

static void what_does_not_fit_a_buffer_or_the_total_length_sets_full(void **state)
{
    static uint8_t room[70000];
    struct ipv4_packet p = {.from = 1, .to = 2, .protocol = PROTOCOL_UDP};

    (void)state;
    for (size_t size = 0; size < 30; size++) {
        struct writer w = writer(room, size);
        memset(room, 0xee, 40);
        size_t ip = ipv4_begin(&w, &p), udp = udp_begin(&w, 1, 2);
        write_be16(&w, 0);
        udp_end(&w, udp, p.from, p.to);
        ipv4_end(&w, ip);
        assert_true(w.full);
        for (size_t i = size; i < 40; i++) assert_int_equal(room[i], 0xee);
    }
    for (size_t n = 65507; n <= 65508; n++) { /* the most that UDP in IPv4 can hold, and one more */
        struct writer w = writer(room, sizeof room);
        size_t ip = ipv4_begin(&w, &p), udp = udp_begin(&w, 1, 2);
        write_zeros(&w, n);
        udp_end(&w, udp, p.from, p.to);
        ipv4_end(&w, ip);
        assert_int_equal(w.full, n > 65507);
    }
}

/* 65,535 bytes are the most that its length can say, its header among them. */
static void a_datagram_longer_than_its_length_can_say_is_not_written(void **state)
{
    enum { HEADER = 8, MOST = 65535 };
    static uint8_t room[MOST + 8];

    (void)state;
    struct writer w = writer(room, sizeof room);
    size_t begun = udp_begin(&w, 1, 2);
    write_zeros(&w, MOST - HEADER);
    udp_end(&w, begun, IPV4(10, 0, 0, 1), IPV4(10, 0, 0, 2));
    assert_true(!w.full && room[4] == 0xff && room[5] == 0xff);
    w = writer(room, sizeof room);
    begun = udp_begin(&w, 1, 2);
    write_zeros(&w, MOST - HEADER + 1);
    udp_end(&w, begun, IPV4(10, 0, 0, 1), IPV4(10, 0, 0, 2));
    assert_true(w.full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checksum_is_that_of_the_example_of_rfc_1071),
        cmocka_unit_test(carries_of_the_longest_packet_are_not_lost),
        cmocka_unit_test(a_captured_packet_is_read_and_its_padding_ignored),
        cmocka_unit_test(the_captured_packet_is_written_byte_for_byte_at_any_place_of_the_writer),
        cmocka_unit_test(a_ttl_of_0_means_64_and_dont_fragment_is_kept),
        cmocka_unit_test(options_are_handed_over_and_are_no_payload),
        cmocka_unit_test(the_first_the_middle_and_the_last_fragment_are_fragments_and_dont_fragment_is_none),
        cmocka_unit_test(a_packet_cut_at_every_byte_is_refused_as_short),
        cmocka_unit_test(each_flipped_bit_of_the_header_is_refused),
        cmocka_unit_test(another_version_and_lengths_that_cannot_be_are_refused),
        cmocka_unit_test(udp_cut_at_every_byte_is_refused_as_short),
        cmocka_unit_test(each_flipped_bit_of_udp_or_of_the_addresses_is_refused),
        cmocka_unit_test(a_udp_checksum_of_0_means_that_there_is_none),
        cmocka_unit_test(a_computed_checksum_of_0_goes_out_as_ffff),
        cmocka_unit_test(udp_of_any_length_odd_or_even_survives_the_round_trip),
        cmocka_unit_test(a_udp_length_below_8_is_refused_and_bytes_behind_it_are_not_payload),
        cmocka_unit_test(bytes_behind_the_udp_length_do_not_count_into_its_checksum),
        cmocka_unit_test(what_does_not_fit_a_buffer_or_the_total_length_sets_full),
        cmocka_unit_test(a_datagram_longer_than_its_length_can_say_is_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
