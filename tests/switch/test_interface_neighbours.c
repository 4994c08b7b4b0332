/* Whom an interface of serve remembers, for how long, and what garbage does. */
#include "interface_bench.h"

static const struct heard_neighbour *neighbour(enum neighbour_protocol protocol)
{
    const struct heard_neighbour *n = NULL;
    while ((n = neighbours_next(&face.neighbours, n)))
        if (n->protocol == protocol) return n;
    return NULL;
}

static void a_phone_is_kept_with_who_it_is_by_each_protocol_and_told_once(void **state)
{
    struct lldp l = phone_lldp();
    (void)state;
    begin_without_look(PLACES);
    hear_phone_cdp(PHONE, true);
    hear_phone_cdp(PHONE, true);
    hear_lldp(PHONE, &l);
    assert_int_equal(news(INTERFACE_NEIGHBOUR), 2);
    assert_int_equal(interface_count(&face).neighbours, 2);
    const struct heard_neighbour *n = neighbour(HEARD_BY_CDP);
    assert_string_equal(n->who.device, "SEP000653112233");
    assert_string_equal(n->who.platform, "Cisco IP Phone 7960");
    assert_string_equal(n->who.software, "P00308000500");
    assert_string_equal(n->who.port, "Port 1");
    assert_true(n->who.phone);
    assert_int_equal(n->milliwatts, 6300);
    n = neighbour(HEARD_BY_LLDP);
    assert_string_equal(n->who.platform, "CP-7945G");
    assert_string_equal(n->who.software, "SCCP45.9-4-2-1S");
    assert_int_equal(n->milliwatts, 12000);
    assert_fact(facts(INTERFACE_NEIGHBOUR), FACT_MODEL, "CP-7945G");
    assert_int_equal(told_number(facts(INTERFACE_NEIGHBOUR), FACT_WATTS, 0), 12000);
    usec first = n->first;
    run(now + 20 * SECOND);
    l.inventory[MED_SOFTWARE] = bytes_of("SCCP45.9-4-2SR3-1S"); /* a new load is news */
    hear_lldp(PHONE, &l);
    assert_int_equal(news(INTERFACE_NEIGHBOUR), 3);
    assert_true(n->first == first && n->last == now);
}

static void a_neighbour_ends_with_its_time_to_live_or_at_its_farewell(void **state)
{
    struct cdp c = device("SEP000653112233", CDP_PHONE);
    (void)state;
    begin_without_look(PLACES);
    hear_cdp(PHONE, &c);
    run(now + 170 * SECOND);
    hear_cdp(PHONE, &c);
    run(now + 180 * SECOND - 1);
    assert_int_equal(news(INTERFACE_NEIGHBOUR_GONE), 0);
    run(now + 1);
    assert_int_equal(news(INTERFACE_NEIGHBOUR_GONE), 1);
    assert_int_equal(interface_count(&face).neighbours, 0);
    hear_cdp(PHONE, &c);
    c.ttl = 0;
    hear_cdp(PHONE, &c);
    assert_int_equal(news(INTERFACE_NEIGHBOUR_GONE), 2);
    assert_fact(facts(INTERFACE_NEIGHBOUR_GONE), FACT_DEVICE, "SEP000653112233");
    assert_null(neighbours_next(&face.neighbours, NULL));
    run(now + 200 * SECOND);
    assert_int_equal(due, NEVER);
}

static void in_a_full_table_the_oldest_that_is_no_phone_goes_first(void **state)
{
    struct cdp pc = device("pc", CDP_HOST), phone = device("SEP", CDP_PHONE);
    (void)state;
    begin_without_look(4);
    hear_cdp(numbered(0), &phone);
    hear_cdp(numbered(1), &pc);
    hear_cdp(numbered(2), &pc);
    hear_cdp(numbered(3), &phone);
    hear_cdp(numbered(1), &pc); /* heard again: number 2 is the oldest now */
    hear_cdp(numbered(4), &pc);
    assert_int_equal(told_number(facts(INTERFACE_NEIGHBOUR_GONE), FACT_MAC, 0), mac_number(numbered(2)));
    hear_cdp(numbered(5), &phone);
    assert_int_equal(told_number(facts(INTERFACE_NEIGHBOUR_GONE), FACT_MAC, 0), mac_number(numbered(1)));
    hear_cdp(numbered(6), &phone);
    assert_int_equal(told_number(facts(INTERFACE_NEIGHBOUR_GONE), FACT_MAC, 0), mac_number(numbered(4)));
    hear_cdp(numbered(7), &phone); /* phones only: the one heard longest ago */
    assert_int_equal(told_number(facts(INTERFACE_NEIGHBOUR_GONE), FACT_MAC, 0), mac_number(numbered(0)));
    assert_int_equal(interface_count(&face).neighbours, 4);
    assert_int_equal(interface_count(&face).evicted, 4);
}

static void a_thousand_phones_are_told_and_a_hundred_thousand_inventions_are_counted(void **state)
{
    struct cdp c = device("SEP", CDP_PHONE);
    unsigned told = 0;
    (void)state;
    begin_without_look(NEIGHBOURS_DEFAULT);
    for (uint32_t i = 0; i < 1000; i++) hear_cdp(numbered(i), &c);
    assert_int_equal(news(INTERFACE_NEIGHBOUR), 1000);
    for (uint32_t i = 1000; i < 101000; i++) { /* within one second */
        seen_count = 0;
        now += 10;
        hear_cdp(numbered(i), &c);
        told += news(INTERFACE_NEIGHBOUR) + news(INTERFACE_NEIGHBOUR_GONE);
    }
    assert_in_range(told, 100, 130);
    assert_int_equal(interface_count(&face).neighbours, NEIGHBOURS_DEFAULT);
    assert_true(interface_count(&face).untold > 100000);
    seen_count = 0;
    run(now + 200 * SECOND); /* and all of them end */
    assert_int_equal(interface_count(&face).neighbours, 0);
    assert_int_equal(due, NEVER);
}

static void however_short_the_times_to_live_the_table_is_looked_through_once_a_second(void **state)
{
    struct cdp c = device("SEP", CDP_PHONE);
    unsigned wakes = 0;
    (void)state;
    begin_without_look(NEIGHBOURS_DEFAULT);
    c.ttl = 1;
    for (uint32_t i = 0; i < 1000; i++) {
        now += 3 * MSEC;
        for (; due <= now; wakes++) step(EVENT_WAKE, (struct bytes){0});
        hear_cdp(numbered(i), &c);
        assert_int_equal(due % SECOND, 0);
    }
    assert_in_range(wakes, 2, 30); /* 3 s; 32 farewells a step */
}

static void garbage_is_counted_told_once_a_second_and_changes_nothing(void **state)
{
    uint8_t frame[64] = {0};
    (void)state;
    begin_without_look(PLACES);
    announce();
    uint32_t frames = seen_count;
    memcpy(frame, MAC_LLDP.byte, 6);
    memcpy(frame + 6, PHONE.byte, 6);
    frame[12] = 0x88, frame[13] = 0xcc;
    for (int i = 0; i < 100; i++) {
        now += 25 * MSEC;
        step(EVENT_FRAME, (struct bytes){frame, sizeof frame});
    }
    assert_int_equal(interface_count(&face).malformed, 100);
    assert_int_equal(news(INTERFACE_MALFORMED), 3);
    assert_int_equal(told_number(facts(INTERFACE_MALFORMED), FACT_COUNT, 0), 40);
    assert_int_equal(seen_count, frames + 3);
    /* the same as a tagged frame belongs to another network, and VTP on CDP's address is nobody's business here */
    for (size_t n = 0; n < sizeof frame; n++) step(EVENT_FRAME, (struct bytes){frame, n});
    assert_int_equal(interface_count(&face).neighbours, 0);
}

static void a_cdp_frame_with_a_vlans_tag_is_no_neighbour_of_the_cable_but_that_of_vlan_1(void **state)
{
    uint8_t frame[ROOM];
    struct cdp c = device("SEP000653112233", CDP_PHONE);
    (void)state;
    begin_without_look(PLACES);
    for (uint16_t vlan = 0; vlan < 4; vlan++) {
        struct writer w = writer(frame, sizeof frame);
        struct ethernet e = {.to = MAC_CDP,
                             .from = PHONE,
                             .tagged = true,
                             .vlan = vlan,
                             .form = ETHERNET_SNAP,
                             .oui = SNAP_CISCO,
                             .type = SNAP_CDP};
        size_t begun = ethernet_begin(&w, &e);
        cdp_encode(&w, &c);
        ethernet_end(&w, begun);
        hear(&w);
        /* the priority tag's, and that of a trunk with another native VLAN */
        assert_int_equal(interface_count(&face).heard_cdp, vlan < 1 ? 1 : 2);
    }
}

static void lldp_is_heard_of_its_three_groups_and_spanning_tree_is_no_garbage(void **state)
{
    static const uint64_t groups[] = {0x0180c200000e, 0x0180c2000003, 0x0180c2000000, 0x0180c2000001};
    struct lldp l = phone_lldp();
    uint8_t frame[ROOM];
    (void)state;
    begin_without_look(PLACES);
    for (size_t i = 0; i < ARRAY_LENGTH(groups); i++) {
        struct writer w = writer(frame, sizeof frame);
        struct ethernet e = {.to = mac_from_number(groups[i]), .from = PHONE, .type = TYPE_LLDP};
        size_t begun = ethernet_begin(&w, &e);
        lldp_encode(&w, &l);
        ethernet_end(&w, begun);
        assert_int_equal(interface_wants(written(&w)), i < 3);
        hear(&w);
        assert_int_equal(interface_count(&face).heard_lldp, i < 3 ? i + 1 : 3);
    }
    struct writer w = writer(frame, sizeof frame);
    struct ethernet e = {.to = mac_from_number(0x0180c2000000),
                         .from = SWITCH,
                         .form = ETHERNET_LLC,
                         .dsap = 0x42,
                         .ssap = 0x42,
                         .control = 3};
    size_t begun = ethernet_begin(&w, &e);
    write_zeros(&w, 35);
    ethernet_end(&w, begun);
    hear(&w);
    assert_true(interface_count(&face).malformed == 0 && interface_count(&face).neighbours == 1);
}

static void other_traffic_is_not_worth_a_step(void **state)
{
    uint8_t frame[ROOM];
    struct writer w = writer(frame, sizeof frame);
    struct ethernet e = {.to = SELF, .from = PHONE, .type = TYPE_IPV4};
    struct ipv4_packet ip = {.from = 1, .to = 2, .protocol = PROTOCOL_UDP};
    (void)state;
    size_t f = ethernet_begin(&w, &e), p = ipv4_begin(&w, &ip), u = udp_begin(&w, DHCP_CLIENT_PORT, DHCP_SERVER_PORT);
    udp_end(&w, u, ip.from, ip.to);
    ipv4_end(&w, p);
    ethernet_end(&w, f);
    assert_false(interface_wants(written(&w))); /* a client's */
    for (size_t n = 0; n <= w.len; n++) assert_false(interface_wants((struct bytes){frame, n}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phone_is_kept_with_who_it_is_by_each_protocol_and_told_once),
        cmocka_unit_test(a_neighbour_ends_with_its_time_to_live_or_at_its_farewell),
        cmocka_unit_test(in_a_full_table_the_oldest_that_is_no_phone_goes_first),
        cmocka_unit_test(a_thousand_phones_are_told_and_a_hundred_thousand_inventions_are_counted),
        cmocka_unit_test(however_short_the_times_to_live_the_table_is_looked_through_once_a_second),
        cmocka_unit_test(garbage_is_counted_told_once_a_second_and_changes_nothing),
        cmocka_unit_test(a_cdp_frame_with_a_vlans_tag_is_no_neighbour_of_the_cable_but_that_of_vlan_1),
        cmocka_unit_test(lldp_is_heard_of_its_three_groups_and_spanning_tree_is_no_garbage),
        cmocka_unit_test(other_traffic_is_not_worth_a_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
