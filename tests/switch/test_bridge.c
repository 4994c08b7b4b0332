#include "bench.h"

/* Ports 1 to 4 are access ports (data VLAN 1, voice VLAN 100), 5 is the uplink (VLAN 100 untagged); all links are
 * up. */

static struct bench *ready(void)
{
    struct bench *b = bench_new(4);

    b->config.cdp = b->config.lldp = false;
    bench_init(b);
    make_host_ports(b, 1, 4);
    return b;
}

static const uint8_t TEXT[100] = "payload";
static const struct bytes DATA = {TEXT, sizeof TEXT};
enum { SOME_TYPE = 0x88b5 }; /* IEEE 802 local experimental */

static void send(struct bench *b, uint32_t port, struct mac to, struct mac from, int vlan)
{
    send_frame(b, port, to, from, vlan, SOME_TYPE, DATA);
}

static struct ethernet decoded(const struct seen *s)
{
    struct ethernet e;
    struct fault why;

    assert_non_null(s);
    assert_true(ethernet_decode(&e, facts_of(s), &why));
    return e;
}

static void an_unknown_address_is_flooded_within_the_vlan_and_never_back(void **state)
{
    (void)state;
    struct bench *b = ready();
    send(b, 1, host_mac(9), host_mac(1), UNTAGGED);
    assert_int_equal(frames_at(b, 1), 0);
    assert_int_equal(frames_at(b, 2), 1);
    assert_int_equal(frames_at(b, 3), 1);
    assert_int_equal(frames_at(b, 4), 1);
    assert_int_equal(frames_at(b, 5), 0); /* the uplink is not in the data VLAN */
    bench_free(b);
}

static void a_learnt_address_gets_its_frames_alone(void **state)
{
    (void)state;
    struct bench *b = ready();
    send(b, 2, MAC_BROADCAST, host_mac(2), UNTAGGED);
    bench_clear(b);
    send(b, 1, host_mac(2), host_mac(1), UNTAGGED);
    assert_int_equal(frames_at(b, 2), 1);
    assert_int_equal(frames_at(b, 3) + frames_at(b, 4) + frames_at(b, 5), 0);
    assert_true(bytes_begin((struct bytes){decoded(last_frame(b, 2)).payload.at, 100}, "payload"));
    bench_clear(b);
    send(b, 2, host_mac(2), host_mac(3), UNTAGGED); /* it is on the very port */
    assert_int_equal(b->count, 0);
    bench_free(b);
}

static void an_address_is_forgotten_after_300_seconds_of_silence(void **state)
{
    (void)state;
    struct bench *b = ready();
    send(b, 2, MAC_BROADCAST, host_mac(2), UNTAGGED);
    b->now += 300 * SECOND - 1;
    assert_int_equal(bridge_where(&b->sw.bridge, b->now, 1, host_mac(2)), 2);
    b->now += 1;
    assert_int_equal(bridge_where(&b->sw.bridge, b->now, 1, host_mac(2)), 0);
    bench_free(b);
}

static void an_address_that_moves_is_followed(void **state)
{
    (void)state;
    struct bench *b = ready();
    send(b, 2, MAC_BROADCAST, host_mac(2), UNTAGGED);
    send(b, 3, MAC_BROADCAST, host_mac(2), UNTAGGED);
    assert_int_equal(bridge_where(&b->sw.bridge, b->now, 1, host_mac(2)), 3);
    bench_free(b);
}

static void one_address_in_two_vlans_is_two(void **state)
{
    (void)state;
    struct bench *b = ready();
    send(b, 1, MAC_BROADCAST, host_mac(1), UNTAGGED);
    send(b, 2, MAC_BROADCAST, host_mac(1), 100);
    assert_int_equal(bridge_where(&b->sw.bridge, b->now, 1, host_mac(1)), 1);
    assert_int_equal(bridge_where(&b->sw.bridge, b->now, 100, host_mac(1)), 2);
    bench_free(b);
}

static void a_voice_frame_leaves_tagged_at_access_ports_and_untagged_at_the_uplink(void **state)
{
    (void)state;
    struct bench *b = ready();
    send(b, 1, MAC_BROADCAST, host_mac(1), 100);
    struct ethernet e = decoded(last_frame(b, 2));
    assert_true(e.tagged);
    assert_int_equal(e.vlan, 100);
    assert_int_equal(e.priority, 5);
    e = decoded(last_frame(b, 5));
    assert_false(e.tagged);
    assert_int_equal(e.payload.len, sizeof TEXT);
    bench_clear(b);
    send(b, 5, host_mac(1), host_mac(9), UNTAGGED);
    e = decoded(last_frame(b, 1));
    assert_true(e.tagged);
    assert_int_equal(e.vlan, 100);
    assert_int_equal(frames_at(b, 2), 0);
    bench_free(b);
}

static void a_priority_tag_counts_as_untagged_and_is_taken_off(void **state)
{
    (void)state;
    struct bench *b = ready();
    send(b, 1, MAC_BROADCAST, host_mac(1), 0);
    assert_false(decoded(last_frame(b, 2)).tagged);
    assert_int_equal(frames_at(b, 5), 0);
    bench_free(b);
}

static void other_vlans_are_dropped_and_counted(void **state)
{
    (void)state;
    struct bench *b = ready();
    send(b, 1, MAC_BROADCAST, host_mac(1), 7);
    send(b, 1, MAC_BROADCAST, host_mac(1), 1); /* the data VLAN comes untagged */
    send(b, 5, MAC_BROADCAST, host_mac(9), 1);
    assert_int_equal(b->count, 0);
    assert_int_equal(b->sw.bridge.counts.wrong_vlan, 3);
    bench_free(b);
}

static void a_trunk_uplink_carries_the_data_vlan_tagged(void **state)
{
    (void)state;
    struct bench *b = bench_new(2);
    b->config.uplink_trunk = true;
    b->config.cdp = b->config.lldp = false;
    bench_init(b);
    make_host_ports(b, 1, 2);
    send(b, 1, MAC_BROADCAST, host_mac(1), UNTAGGED);
    struct ethernet e = decoded(last_frame(b, 3));
    assert_true(e.tagged);
    assert_int_equal(e.vlan, 1);
    send(b, 3, host_mac(1), host_mac(9), 1);
    assert_false(decoded(last_frame(b, 1)).tagged);
    bench_clear(b);
    send(b, 3, MAC_BROADCAST, host_mac(9), 7); /* a VLAN that the switch does not have */
    assert_int_equal(b->count, 0);
    bench_free(b);
}

static void addresses_of_one_link_are_not_forwarded(void **state)
{
    (void)state;
    struct bench *b = ready();
    for (uint8_t i = 0; i < 16; i++) send(b, 1, (struct mac){{1, 0x80, 0xc2, 0, 0, i}}, host_mac(1), UNTAGGED);
    assert_int_equal(frames_at(b, 2), 0);
    assert_true(b->sw.bridge.counts.reserved >= 15);
    send(b, 1, (struct mac){{1, 0x80, 0xc2, 0, 0, 16}}, host_mac(1), UNTAGGED);
    assert_int_equal(frames_at(b, 2), 1);
    bench_free(b);
}

static void a_frame_of_1514_bytes_passes_and_a_longer_one_does_not_tag_aside(void **state)
{
    (void)state;
    static const uint8_t zeros[1501];
    struct bench *b = ready();
    send_frame(b, 1, MAC_BROADCAST, host_mac(1), UNTAGGED, SOME_TYPE, (struct bytes){zeros, 1500});
    send_frame(b, 1, MAC_BROADCAST, host_mac(1), 100, SOME_TYPE, (struct bytes){zeros, 1500});
    assert_int_equal(frames_at(b, 2), 2);
    assert_int_equal(last_frame(b, 2)->len, 1518);
    send_frame(b, 1, MAC_BROADCAST, host_mac(1), UNTAGGED, SOME_TYPE, (struct bytes){zeros, 1501});
    send_frame(b, 1, MAC_BROADCAST, host_mac(1), 100, SOME_TYPE, (struct bytes){zeros, 1501});
    assert_int_equal(frames_at(b, 2), 2);
    assert_int_equal(b->sw.bridge.counts.too_long, 2);
    bench_free(b);
}

static void a_frame_that_is_short_without_its_tag_is_padded(void **state)
{
    (void)state;
    struct bench *b = ready();
    uint8_t frame[60] = {0};
    struct writer w = writer(frame, sizeof frame);
    write_mac(&w, MAC_BROADCAST);
    write_mac(&w, host_mac(1));
    write_be16(&w, TYPE_VLAN);
    write_be16(&w, 100);
    write_be16(&w, SOME_TYPE);
    bench_step(b, EVENT_FRAME, 1, (struct bytes){frame, sizeof frame});
    assert_int_equal(last_frame(b, 5)->len, 60);
    bench_step(b, EVENT_FRAME, 5,
               (struct bytes){(const uint8_t *)"\377\377\377\377\377\377\2\0\0\0\0\11\210\265hi", 16});
    assert_int_equal(last_frame(b, 1)->len, 64); /* legal on both sides of the tag */
    bench_free(b);
}

static void a_port_whose_link_is_down_gets_and_gives_nothing_and_its_addresses_are_forgotten(void **state)
{
    (void)state;
    struct bench *b = ready();
    send(b, 2, MAC_BROADCAST, host_mac(2), UNTAGGED);
    bench_plug(b, 2, (struct far){.mode = CABLE_OPEN});
    bench_clear(b);
    send(b, 1, host_mac(2), host_mac(1), UNTAGGED);
    assert_int_equal(frames_at(b, 2), 0);
    assert_int_equal(frames_at(b, 3), 1); /* flooded: it may be elsewhere by now */
    bench_clear(b);
    send(b, 2, MAC_BROADCAST, host_mac(2), UNTAGGED);
    assert_int_equal(b->count, 0);
    assert_int_equal(b->sw.counts.port_down, 1);
    bench_free(b);
}

static void a_frame_that_is_malformed_teaches_nothing(void **state)
{
    (void)state;
    struct bench *b = ready();
    static const uint8_t runt[13] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8};
    for (size_t n = 0; n <= sizeof runt; n++) bench_step(b, EVENT_FRAME, 1, (struct bytes){runt, n});
    send(b, 1, MAC_BROADCAST, (struct mac){{1, 2, 3, 4, 5, 6}}, UNTAGGED); /* its source is a group */
    assert_int_equal(bridge_where(&b->sw.bridge, b->now, 1, host_mac(1)), 0);
    assert_int_equal(frames_at(b, 2), 0);
    assert_int_equal(heard_news(b, 1, SWITCH_MALFORMED), 1);
    assert_int_equal(b->sw.counts.malformed, 15);
    bench_free(b);
}

static void a_thousand_forged_addresses_do_not_keep_a_station_from_its_frames(void **state)
{
    (void)state;
    struct bench *b = ready();
    for (uint32_t i = 0; i < 1000; i++) {
        send(b, 2, host_mac(1), host_mac(1000 + i), UNTAGGED);
        bench_clear(b);
    }
    send(b, 1, MAC_BROADCAST, host_mac(1), UNTAGGED);
    bench_clear(b);
    send(b, 2, host_mac(1), host_mac(2), UNTAGGED);
    assert_int_equal(frames_at(b, 1), 1);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_address_is_flooded_within_the_vlan_and_never_back),
        cmocka_unit_test(a_learnt_address_gets_its_frames_alone),
        cmocka_unit_test(an_address_is_forgotten_after_300_seconds_of_silence),
        cmocka_unit_test(an_address_that_moves_is_followed),
        cmocka_unit_test(one_address_in_two_vlans_is_two),
        cmocka_unit_test(a_voice_frame_leaves_tagged_at_access_ports_and_untagged_at_the_uplink),
        cmocka_unit_test(a_priority_tag_counts_as_untagged_and_is_taken_off),
        cmocka_unit_test(other_vlans_are_dropped_and_counted),
        cmocka_unit_test(a_trunk_uplink_carries_the_data_vlan_tagged),
        cmocka_unit_test(addresses_of_one_link_are_not_forwarded),
        cmocka_unit_test(a_frame_of_1514_bytes_passes_and_a_longer_one_does_not_tag_aside),
        cmocka_unit_test(a_frame_that_is_short_without_its_tag_is_padded),
        cmocka_unit_test(a_port_whose_link_is_down_gets_and_gives_nothing_and_its_addresses_are_forgotten),
        cmocka_unit_test(a_frame_that_is_malformed_teaches_nothing),
        cmocka_unit_test(a_thousand_forged_addresses_do_not_keep_a_station_from_its_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
