#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wire/ethernet.h"

#define SPAN(array) ((struct bytes){(array), sizeof(array)})

/* An ARP frame of a phone in its voice VLAN.
 *   ffffffffffff  to everybody        020000000001  from
 *   8100 a064     802.1Q: PCP 5, DEI 0, VID 100
 *   0806          ARP                 de ad be ef   payload (what it says does not matter here) */
static const uint8_t tagged[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0,    0,    0,    0,
                                 0x01, 0x81, 0x00, 0xa0, 0x64, 0x08, 0x06, 0xde, 0xad, 0xbe, 0xef};

/* The head of a CDP frame, with three bytes of padding behind what its length counts.
 *   01000ccccccc  Cisco's group       020000000001  from
 *   000a          802.3: 10 bytes     aaaa03        LLC that announces SNAP
 *   00000c 2000   Cisco, CDP          02 b4         CDP version 2, time to live 180
 *   77 77 77      padding */
static const uint8_t snap[] = {0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc, 0x02, 0,    0,    0,    0,    0x01, 0x00, 0x0a,
                               0xaa, 0xaa, 0x03, 0x00, 0x00, 0x0c, 0x20, 0x00, 0x02, 0xb4, 0x77, 0x77, 0x77};

/* A spanning tree BPDU's head: 802.3 with LLC alone.
 *   0180c2000000  bridges             00180a4f0001  from
 *   0007          7 bytes             42 42 03      LLC: spanning tree, unnumbered
 *   0000 00 00    payload             00 00         padding */
static const uint8_t llc[] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x00, 0x00, 0x18, 0x0a, 0x4f, 0x00, 0x01,
                              0x00, 0x07, 0x42, 0x42, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

static bool decodes(struct bytes in, struct ethernet *e, struct fault *why)
{
    uint8_t *exact = malloc(in.len ? in.len : 1); /* of its very size, so that the sanitizer sees each read behind it */
    bool ok;

    if (in.len) memcpy(exact, in.at, in.len);
    ok = ethernet_decode(e, (struct bytes){exact, in.len}, why);
    assert_int_equal(ok, why->kind == FAULT_NONE);
    if (!ok) assert_non_null(why->what);
    if (!ok) assert_true(why->at <= in.len);
    if (ok) e->payload.at = in.at + (e->payload.at - exact);
    free(exact);
    return ok;
}

static void refused(struct bytes in, enum fault_kind kind)
{
    struct ethernet e;
    struct fault why;

    assert_false(decodes(in, &e, &why));
    assert_int_equal(why.kind, kind);
}

static size_t encode(uint8_t *to, size_t size, const struct ethernet *e)
{
    struct writer w = writer(to, size);
    size_t begun = ethernet_begin(&w, e);

    write_bytes(&w, e->payload);
    ethernet_end(&w, begun);
    assert_false(w.full);
    return w.len;
}

static void a_tag_gives_priority_and_vlan_and_the_type_stands_behind_it(void **state)
{
    struct ethernet e;
    struct fault why;

    (void)state;
    assert_true(decodes(SPAN(tagged), &e, &why));
    assert_true(mac_equal(e.to, MAC_BROADCAST));
    assert_true(mac_number(e.from) == 0x020000000001);
    assert_true(e.tagged && e.priority == 5 && !e.drop_eligible && e.vlan == 100);
    assert_true(e.form == ETHERNET_II && e.type == TYPE_ARP);
    assert_true(bytes_equal(e.payload, (struct bytes){tagged + 18, 4}));
}

static void the_tag_holds_each_of_its_values_in_its_own_bits(void **state)
{
    static const struct {
        uint8_t priority;
        bool drop;
        uint16_t vlan, control;
    } tags[] = {{0, false, 0, 0x0000}, {7, true, 4095, 0xffff},  {7, false, 0, 0xe000},
                {0, true, 0, 0x1000},  {0, false, 4095, 0x0fff}, {3, false, 1, 0x6001}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(tags); i++) {
        struct ethernet e = {.tagged = true,
                             .type = TYPE_IPV4,
                             .priority = tags[i].priority,
                             .drop_eligible = tags[i].drop,
                             .vlan = tags[i].vlan},
                        got;
        struct fault why;
        uint8_t frame[ETHERNET_MOST];
        size_t n = encode(frame, sizeof frame, &e);
        assert_int_equal(frame[14] << 8 | frame[15], tags[i].control);
        assert_true(decodes((struct bytes){frame, n}, &got, &why));
        assert_true(got.priority == e.priority && got.drop_eligible == e.drop_eligible && got.vlan == e.vlan);
    }
}

static void a_second_tag_is_refused_whoever_put_it_there(void **state)
{
    uint8_t twice[26] = {0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc, 0x02, 0,    0,    0,    0,
                         0x01, 0x81, 0x00, 0x00, 0x64, 0x81, 0x00, 0x00, 0xc8, 0x08, 0x00};

    (void)state;
    refused(SPAN(twice), FAULT_VALUE);
    twice[16] = 0x88, twice[17] = 0xa8; /* IEEE 802.1ad's, behind ours */
    refused(SPAN(twice), FAULT_VALUE);
}

static void an_802_3_length_wins_over_padding(void **state)
{
    struct ethernet e;
    struct fault why;

    (void)state;
    assert_true(decodes(SPAN(snap), &e, &why));
    assert_true(e.form == ETHERNET_SNAP && e.oui == SNAP_CISCO && e.type == SNAP_CDP);
    assert_true(e.dsap == 0xaa && e.ssap == 0xaa && e.control == 3);
    assert_true(bytes_equal(e.payload, (struct bytes){snap + 22, 2}));
    assert_true(decodes(SPAN(llc), &e, &why));
    assert_true(e.form == ETHERNET_LLC && e.dsap == 0x42 && e.ssap == 0x42 && e.control == 3);
    assert_true(bytes_equal(e.payload, (struct bytes){llc + 17, 4}));
}

static void an_802_3_length_beyond_the_frame_or_below_its_llc_is_refused(void **state)
{
    uint8_t frame[sizeof snap];

    (void)state;
    memcpy(frame, snap, sizeof frame);
    for (unsigned length = 0; length <= 1500; length++) {
        struct ethernet e;
        struct fault why;
        frame[12] = (uint8_t)(length >> 8), frame[13] = (uint8_t)length;
        bool ok = decodes(SPAN(frame), &e, &why); /* 8: LLC and SNAP; 13: all of the frame */
        assert_int_equal(ok, length >= 8 && length <= 13);
        if (ok) assert_int_equal(e.payload.len, length - 8);
        if (!ok) assert_int_equal(why.kind, FAULT_SHORT);
    }
}

static void what_is_neither_a_length_nor_a_type_is_refused(void **state)
{
    uint8_t frame[1600] = {0};
    struct ethernet e;
    struct fault why;

    (void)state;
    for (unsigned type = 1501; type < 0x600; type++) {
        frame[12] = (uint8_t)(type >> 8), frame[13] = (uint8_t)type;
        refused(SPAN(frame), FAULT_VALUE);
    }
    frame[12] = 0x05, frame[13] = 0xdc;
    assert_true(decodes(SPAN(frame), &e, &why) && e.form == ETHERNET_LLC && e.payload.len == 1497);
    frame[12] = 0x06, frame[13] = 0x00;
    assert_true(decodes(SPAN(frame), &e, &why) && e.form == ETHERNET_II && e.payload.len == 1586);
}

static void aa_aa_with_another_control_is_llc_and_no_snap(void **state)
{
    uint8_t frame[sizeof snap];
    struct ethernet e;
    struct fault why;

    (void)state;
    memcpy(frame, snap, sizeof frame);
    frame[16] = 0xf3; /* TEST */
    assert_true(decodes(SPAN(frame), &e, &why));
    assert_true(e.form == ETHERNET_LLC && e.control == 0xf3 && e.payload.len == 7 && e.oui == 0);
}

static void a_frame_cut_inside_its_header_or_its_802_3_length_is_refused(void **state)
{
    struct ethernet e;
    struct fault why;

    (void)state;
    for (size_t n = 0; n < 18; n++) refused((struct bytes){tagged, n}, FAULT_SHORT);
    for (size_t n = 0; n < 24; n++) refused((struct bytes){snap, n}, FAULT_SHORT);
    for (size_t n = 0; n < 21; n++) refused((struct bytes){llc, n}, FAULT_SHORT);
    assert_true(decodes((struct bytes){tagged, 18}, &e, &why) && e.payload.len == 0);
    assert_true(decodes((struct bytes){snap, 24}, &e, &why) && e.payload.len == 2);
    assert_true(decodes((struct bytes){llc, 21}, &e, &why) && e.payload.len == 4);
}

/* An untagged frame is legal at 60 bytes (64 with FCS, IEEE 802.3); a tagged one has 64 so that it is still at least
 * 60 when a switch takes its tag off. */
static void a_short_frame_is_padded_with_zeros_to_60_and_with_a_tag_to_64(void **state)
{
    (void)state;
    for (int with_tag = 0; with_tag < 2; with_tag++)
        for (size_t n = 0; n < 100; n++) {
            uint8_t payload[100], frame[200];
            size_t header = with_tag ? 18 : 14, least = with_tag ? 64 : 60;
            memset(payload, 0x5a, sizeof payload);
            memset(frame, 0xff, sizeof frame);
            struct ethernet e = {.tagged = with_tag, .type = TYPE_IPV4, .payload = {payload, n}};
            size_t size = encode(frame, sizeof frame, &e);
            assert_int_equal(size, header + n < least ? least : header + n);
            assert_memory_equal(frame + header, payload, n);
            for (size_t i = header + n; i < size; i++) assert_int_equal(frame[i], 0);
            assert_int_equal(frame[size], 0xff);
        }
}

static void each_form_comes_back_as_it_was_written_at_any_place_of_the_writer(void **state)
{
    static const struct ethernet forms[] = {
        {.to = {{1, 0x80, 0xc2, 0, 0, 0x0e}}, .from = {{2, 0, 0, 0, 0, 9}}, .form = ETHERNET_II, .type = TYPE_LLDP},
        {.to = {{1, 0, 0x0c, 0xcc, 0xcc, 0xcc}},
         .from = {{2, 0, 0, 0, 0, 8}},
         .form = ETHERNET_SNAP,
         .oui = SNAP_CISCO,
         .type = SNAP_CDP,
         .dsap = 0xaa,
         .ssap = 0xaa,
         .control = 3},
        {.to = {{1, 0x80, 0xc2, 0, 0, 0}},
         .from = {{2, 0, 0, 0, 0, 7}},
         .form = ETHERNET_LLC,
         .dsap = 0x42,
         .ssap = 0x42,
         .control = 3},
    };
    static const uint8_t payload[] = "what stands behind the header, and is longer than the least frame by some bytes";

    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_LENGTH(forms); i++) {
        struct ethernet e = forms[i / 2], got;
        struct fault why;
        uint8_t room[200];
        struct writer w = writer(room, sizeof room);
        e.tagged = i % 2, e.vlan = i % 2 ? 100 : 0, e.priority = i % 2 ? 3 : 0;
        write_text(&w, "before");
        size_t begun = ethernet_begin(&w, &e);
        assert_int_equal(begun, 6);
        write_bytes(&w, SPAN(payload));
        ethernet_end(&w, begun);
        assert_memory_equal(room, "before", 6);
        assert_true(decodes(written_from(&w, begun), &got, &why));
        assert_true(bytes_equal(got.payload, SPAN(payload)));
        assert_true(mac_equal(got.to, e.to) && mac_equal(got.from, e.from) && got.form == e.form && got.type == e.type);
        assert_true(got.oui == e.oui && got.dsap == e.dsap && got.ssap == e.ssap && got.control == e.control);
        assert_true(got.tagged == e.tagged && got.vlan == e.vlan && got.priority == e.priority);
    }
}

static void a_snap_frame_needs_no_llc_from_its_caller(void **state)
{
    struct ethernet e = {.form = ETHERNET_SNAP, .oui = SNAP_CISCO, .type = SNAP_CDP, .payload = {snap + 22, 2}};
    uint8_t frame[60];

    (void)state;
    memcpy(e.to.byte, snap, 6);
    memcpy(e.from.byte, snap + 6, 6);
    assert_int_equal(encode(frame, sizeof frame, &e), 60);
    assert_memory_equal(frame, snap, 24);
}

static void what_does_not_fit_sets_full_and_neither_reads_nor_writes_behind(void **state)
{
    struct ethernet e = {.form = ETHERNET_SNAP, .tagged = true, .payload = SPAN(llc)};

    (void)state;
    for (size_t size = 1; size < 64; size++) {
        uint8_t *exact = malloc(size);
        struct writer w = writer(exact, size);
        assert_non_null(exact);
        size_t begun = ethernet_begin(&w, &e);
        write_bytes(&w, e.payload);
        ethernet_end(&w, begun);
        assert_true(w.full && w.len <= size);
        free(exact);
    }
}

static void more_than_1500_bytes_do_not_fit_an_802_3_length(void **state)
{
    (void)state;
    for (size_t n = 1492; n <= 1493; n++) { /* with LLC and SNAP: 1500 and 1501 */
        struct ethernet e = {.form = ETHERNET_SNAP};
        uint8_t frame[1600];
        struct writer w = writer(frame, sizeof frame);
        size_t begun = ethernet_begin(&w, &e);
        write_zeros(&w, n);
        ethernet_end(&w, begun);
        assert_int_equal(w.full, n > 1492);
    }
}

static uint32_t little_endian(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Real CDP (802.3, SNAP) and LLDP (Ethernet II): a capture file has 24 bytes of head, each frame 16 with its length at
 * the ninth. */
static void every_captured_frame_comes_back_byte_for_byte(void **state)
{
    static uint8_t file[1 << 16];
    FILE *f = fopen(VECTORS "/LLDP_and_CDP.pcap", "rb");
    unsigned cdp = 0, lldp = 0;

    (void)state;
    assert_non_null(f);
    size_t size = fread(file, 1, sizeof file, f);
    fclose(f);
    assert_int_equal(little_endian(file), 0xa1b2c3d4);
    for (size_t at = 24, n; at + 16 <= size; at += 16 + n) {
        struct bytes frame = {file + at + 16, n = little_endian(file + at + 8)};
        uint8_t again[ETHERNET_MOST];
        struct ethernet e;
        struct fault why;
        assert_true(frame.at + n <= file + size);
        assert_true(decodes(frame, &e, &why));
        cdp += e.form == ETHERNET_SNAP && e.oui == SNAP_CISCO && e.type == SNAP_CDP;
        lldp += e.form == ETHERNET_II && e.type == TYPE_LLDP;
        assert_int_equal(encode(again, sizeof again, &e), n);
        assert_memory_equal(again, frame.at, n);
    }
    assert_true(cdp >= 2 && lldp >= 2);
}

/* 0x0600 is the first number that is a type (IEEE 802.3, 3.2.6). */
static void the_least_type_is_not_overwritten_by_a_length(void **state)
{
    struct ethernet e = {.form = ETHERNET_II, .type = 0x0600}, again;
    struct fault why;
    uint8_t room[64];

    (void)state;
    assert_int_equal(encode(room, sizeof room, &e), ETHERNET_LEAST);
    assert_true(room[12] == 0x06 && room[13] == 0x00);
    assert_true(decodes((struct bytes){room, ETHERNET_LEAST}, &again, &why));
    assert_true(again.form == ETHERNET_II && again.type == 0x0600);
}

static void a_short_frame_behind_others_is_padded_too(void **state)
{
    struct ethernet e = {.form = ETHERNET_II, .type = TYPE_ARP};
    uint8_t room[256];
    struct writer w = writer(room, sizeof room);

    (void)state;
    write_zeros(&w, 100);
    size_t begun = ethernet_begin(&w, &e);
    ethernet_end(&w, begun);
    assert_int_equal(w.len, 100 + ETHERNET_LEAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_gives_priority_and_vlan_and_the_type_stands_behind_it),
        cmocka_unit_test(the_tag_holds_each_of_its_values_in_its_own_bits),
        cmocka_unit_test(a_second_tag_is_refused_whoever_put_it_there),
        cmocka_unit_test(an_802_3_length_wins_over_padding),
        cmocka_unit_test(an_802_3_length_beyond_the_frame_or_below_its_llc_is_refused),
        cmocka_unit_test(what_is_neither_a_length_nor_a_type_is_refused),
        cmocka_unit_test(aa_aa_with_another_control_is_llc_and_no_snap),
        cmocka_unit_test(a_frame_cut_inside_its_header_or_its_802_3_length_is_refused),
        cmocka_unit_test(a_short_frame_is_padded_with_zeros_to_60_and_with_a_tag_to_64),
        cmocka_unit_test(each_form_comes_back_as_it_was_written_at_any_place_of_the_writer),
        cmocka_unit_test(a_snap_frame_needs_no_llc_from_its_caller),
        cmocka_unit_test(what_does_not_fit_sets_full_and_neither_reads_nor_writes_behind),
        cmocka_unit_test(more_than_1500_bytes_do_not_fit_an_802_3_length),
        cmocka_unit_test(every_captured_frame_comes_back_byte_for_byte),
        cmocka_unit_test(the_least_type_is_not_overwritten_by_a_length),
        cmocka_unit_test(a_short_frame_behind_others_is_padded_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
