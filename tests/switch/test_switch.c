#include "bench.h"

static void plug_phones(struct bench *b, uint32_t first, uint32_t last)
{
    for (uint32_t port = first; port <= last; port++) bench_plug(b, port, a_phone());
}

static unsigned count_powered(const struct bench *b)
{
    unsigned n = 0;

    for (uint32_t port = 1; port <= b->config.ports; port++) n += powered(b, port);
    return n;
}

static void when_the_budget_is_used_up_the_next_is_denied_and_told_once(void **state)
{
    (void)state;
    struct bench *b = bench_new(3);
    b->config.budget_mw = 2 * 15400 + 15399;
    bench_init(b);
    plug_phones(b, 1, 2);
    bench_run(b, 10 * SECOND);
    bench_plug(b, 3, a_phone());
    bench_run(b, 60 * SECOND);
    assert_int_equal(count_powered(b), 2);
    assert_false(powered(b, 3));
    assert_int_equal(heard_news(b, 3, SWITCH_POWER_DENIED), 1);
    assert_int_equal(told_number(facts_of(last_news(b, 3, SWITCH_POWER_DENIED)), FACT_WATTS, 0), 15400);
    assert_string_equal(switch_port_report(&b->sw, 3).oper, "power-deny");
    assert_int_equal(switch_budget_used(&b->sw, 0), 2 * 15400);
    bench_free(b);
}

static void freed_budget_goes_to_the_denied_ports_in_their_order(void **state)
{
    (void)state;
    struct bench *b = bench_new(5);
    b->config.budget_mw = 2 * 15400;
    bench_init(b);
    plug_phones(b, 1, 2);
    bench_run(b, 10 * SECOND);
    plug_phones(b, 3, 5);
    bench_run(b, 13 * SECOND);
    assert_int_equal(count_powered(b), 2);
    bench_plug(b, 1, (struct far){.mode = CABLE_OPEN});
    bench_run(b, b->now + 900 * MSEC); /* before any would look again by itself */
    assert_true(powered(b, 3));
    assert_false(powered(b, 4));
    assert_false(powered(b, 5));
    assert_true(switch_budget_used(&b->sw, 0) <= b->config.budget_mw);
    bench_free(b);
}

static void a_denied_phone_that_is_unplugged_is_no_longer_denied(void **state)
{
    (void)state;
    struct bench *b = bench_new(1);
    b->config.budget_mw = 1000;
    bench_init(b);
    bench_plug(b, 1, an_ieee_phone(2));
    bench_run(b, 5 * SECOND);
    assert_string_equal(switch_port_report(&b->sw, 1).oper, "power-deny");
    bench_plug(b, 1, (struct far){.mode = CABLE_OPEN});
    bench_run(b, 20 * SECOND);
    assert_string_equal(switch_port_report(&b->sw, 1).oper, "off");
    bench_free(b);
}

static void each_member_of_a_stack_has_a_budget_of_its_own(void **state)
{
    (void)state;
    struct bench *b = bench_new(6);
    b->config.ports_per_member = 3;
    b->config.budget_mw = 2 * 15400;
    bench_init(b);
    plug_phones(b, 1, 6);
    bench_run(b, 10 * SECOND);
    assert_int_equal(count_powered(b), 4);
    assert_int_equal(switch_budget_used(&b->sw, 0), 2 * 15400);
    assert_int_equal(switch_budget_used(&b->sw, 1), 2 * 15400);
    bench_free(b);
}

static void a_static_port_keeps_its_power_reserved(void **state)
{
    (void)state;
    struct bench *b = bench_new(2);
    b->config.budget_mw = 2 * 15400 - 1;
    bench_init(b);
    bench_admin(b, 2, POWER_STATIC, false);
    assert_int_equal(switch_budget_used(&b->sw, 0), 15400);
    plug_phones(b, 1, 2);
    bench_run(b, 10 * SECOND);
    assert_false(powered(b, 1));
    assert_true(powered(b, 2));
    assert_string_equal(switch_port_report(&b->sw, 2).admin, "static");
    bench_admin(b, 2, POWER_NEVER, false); /* gives it back */
    assert_int_equal(switch_budget_used(&b->sw, 0), 0);
    bench_run(b, 20 * SECOND);
    assert_true(powered(b, 1));
    assert_false(powered(b, 2));
    bench_free(b);
}

static void a_shut_port_has_neither_power_nor_link_and_comes_back(void **state)
{
    (void)state;
    struct bench *b = bench_new(1);
    bench_init(b);
    bench_plug(b, 1, a_phone());
    bench_run(b, 10 * SECOND);
    bench_admin(b, 1, POWER_AUTO, true);
    assert_false(powered(b, 1));
    assert_false(switch_port_report(&b->sw, 1).link);
    assert_int_equal(heard_news(b, 1, SWITCH_LINK_DOWN), 1);
    assert_true(bytes_are(told_text(facts_of(last_news(b, 1, SWITCH_DISCONNECTED)), FACT_REASON), "administrator"));
    bench_run(b, 60 * SECOND);
    assert_false(powered(b, 1));
    bench_admin(b, 1, POWER_AUTO, false);
    bench_run(b, 70 * SECOND);
    assert_true(powered(b, 1));
    bench_free(b);
}

static void a_port_that_never_gives_power_still_has_a_link(void **state)
{
    (void)state;
    struct bench *b = bench_new(2);
    bench_init(b);
    bench_admin(b, 1, POWER_NEVER, false);
    bench_admin(b, 2, POWER_NEVER, false);
    bench_plug(b, 1, a_phone());
    bench_plug(b, 2, a_host());
    bench_run(b, 60 * SECOND);
    assert_false(powered(b, 1));
    assert_true(switch_port_report(&b->sw, 2).link);
    assert_string_equal(switch_port_report(&b->sw, 2).admin, "off");
    bench_free(b);
}

static void a_looped_port_carries_no_frames_until_its_carrier_has_gone(void **state)
{
    (void)state;
    struct bench *b = bench_new(2);
    bench_init(b);
    bench_admin(b, 1, POWER_NEVER, false);
    bench_plug(b, 1, (struct far){.mode = CABLE_LOOPBACK});
    assert_true(switch_port_report(&b->sw, 1).link);
    const struct seen *cdp = next_frame_to(b, 1, MAC_CDP, NULL);
    assert_non_null(cdp);
    bench_step(b, EVENT_FRAME, 1, facts_of(cdp)); /* the plug returns what the port said */
    assert_false(switch_port_report(&b->sw, 1).link);
    assert_int_equal(heard_news(b, 1, SWITCH_LOOPED), 1);
    bench_run(b, 200 * SECOND);
    assert_int_equal(heard_news(b, 1, SWITCH_LINK_UP), 1);
    bench_plug(b, 1, (struct far){.mode = CABLE_OPEN});
    bench_plug(b, 1, a_host());
    assert_true(switch_port_report(&b->sw, 1).link);
    bench_free(b);
}

static void a_trunk_has_each_vlan_by_its_tag_and_announces_no_voice_vlan(void **state)
{
    (void)state;
    struct bench *b = bench_new(3);
    struct ethernet e;
    struct cdp cdp;
    struct fault why;
    bench_init(b);
    switch_set_trunk(&b->sw, 2);
    bench_plug(b, 1, a_host());
    bench_plug(b, 2, a_host());
    for (uint32_t port = 1; port <= 2; port++) { /* an access port, the trunk */
        const struct seen *frame = next_frame_to(b, port, MAC_CDP, NULL);
        assert_non_null(frame);
        assert_true(ethernet_decode(&e, (struct bytes){frame->bytes, frame->len}, &why));
        assert_true(cdp_decode(&cdp, e.payload, &why));
        assert_int_equal(cdp.native_vlan, 1);
        assert_int_equal(cdp.voice_vlan, port == 1 ? 100 : 0);
    }
    static const struct {
        int sent, at_trunk;
    } all[] = {{UNTAGGED, 1}, {100, 1}, {200, 0}};
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
        bench_clear(b);
        send_frame(b, 1, MAC_BROADCAST, host_mac(1), all[i].sent, 0x88b5, bytes_of("to the trunk"));
        assert_int_equal(frames_at(b, 2), all[i].at_trunk);
        bench_clear(b);
        send_frame(b, 2, MAC_BROADCAST, host_mac(2), all[i].sent, 0x88b5, bytes_of("from the trunk"));
        assert_int_equal(frames_at(b, 1), all[i].at_trunk);
        if (!all[i].at_trunk) continue;
        const struct seen *frame = last_frame(b, 1);
        assert_true(ethernet_decode(&e, (struct bytes){frame->bytes, frame->len}, &why));
        assert_true(all[i].sent == UNTAGGED ? !e.tagged : e.tagged && e.vlan == 100);
    }
    bench_free(b);
}

static void a_report_has_the_words_of_show_power_inline(void **state)
{
    (void)state;
    struct bench *b = bench_new(3);
    bench_init(b);
    bench_plug(b, 1, a_phone());
    bench_plug(b, 2, an_ieee_phone(2));
    bench_run(b, 10 * SECOND);
    struct switch_report r = switch_port_report(&b->sw, 1);
    assert_string_equal(r.admin, "auto");
    assert_string_equal(r.oper, "on");
    assert_string_equal(r.device, "Cisco PD");
    assert_string_equal(r.class, "n/a");
    assert_int_equal(r.milliwatts, 15400);
    assert_int_equal(r.millivolts, 48000);
    assert_int_equal(r.max_milliwatts, 15400);
    assert_true(r.link);
    r = switch_port_report(&b->sw, 2);
    assert_string_equal(r.device, "Ieee PD");
    assert_string_equal(r.class, "2");
    assert_int_equal(r.milliwatts, 7000);
    r = switch_port_report(&b->sw, 3);
    assert_string_equal(r.oper, "off");
    assert_string_equal(r.device, "n/a");
    assert_int_equal(r.millivolts, 0);
    bench_free(b);
}

static void a_stack_of_288_phones_comes_up_in_shortened_time(void **state)
{
    (void)state;
    struct bench *b = bench_new(SWITCH_PORTS);
    b->timing = SWITCH_SHORTENED;
    b->config.cdp = b->config.lldp = false;
    bench_init(b);
    for (uint32_t port = 1; port <= SWITCH_PORTS; port++) {
        struct far f = port % 3 ? a_phone() : an_ieee_phone(2);
        f.link_after = 10 * MSEC;
        bench_plug(b, port, f);
    }
    bench_run(b, 100 * MSEC);
    assert_int_equal(count_powered(b), SWITCH_PORTS);
    for (uint32_t m = 0; m < 6; m++) assert_int_equal(switch_budget_used(&b->sw, m), 32 * 15400 + 16 * 7000);
    bench_free(b);
}

static void a_broadcast_to_288_ports_and_the_uplink_fits_one_step(void **state)
{
    (void)state;
    static const uint8_t zeros[1500];
    struct bench *b = bench_new(SWITCH_PORTS);
    b->config.cdp = b->config.lldp = false;
    b->timing = SWITCH_SHORTENED;
    bench_init(b);
    make_host_ports(b, 1, SWITCH_PORTS);
    send_frame(b, 1, MAC_BROADCAST, host_mac(1), 100, 0x88b5, (struct bytes){zeros, sizeof zeros});
    assert_int_equal(b->count, SWITCH_PORTS); /* 287 ports and the uplink */
    bench_free(b);
}

static void an_empty_port_is_looked_at_less_and_less_in_shortened_time_but_at_least_four_times_a_second(void **state)
{
    (void)state;
    struct bench *b = bench_new(1);
    b->timing = SWITCH_SHORTENED;
    bench_init(b);
    bench_run(b, 10 * SECOND);
    bench_plug(b, 1, a_phone());
    usec plugged = b->now;
    while (!powered(b, 1)) bench_run(b, b->due);
    assert_true(b->now - plugged <= 600 * MSEC); /* two rounds: it may have to wait for its kind */
    bench_free(b);
}

static void the_same_seed_gives_the_same_run(void **state)
{
    (void)state;
    struct bench *b[2];
    for (int i = 0; i < 2; i++) {
        b[i] = bench_new(4);
        bench_init(b[i]);
        plug_phones(b[i], 1, 3);
        bench_run(b[i], 100 * SECOND);
    }
    assert_int_equal(b[0]->count, b[1]->count);
    for (uint32_t i = 0; i < b[0]->count; i++) assert_memory_equal(&b[0]->seen[i], &b[1]->seen[i], sizeof *b[0]->seen);
    assert_memory_equal(b[0]->sw.ports[4].pse.words, b[1]->sw.ports[4].pse.words, 12);
    bench_free(b[0]);
    bench_free(b[1]);
}

static void garbage_lines_and_ports_that_are_not_there_change_nothing(void **state)
{
    (void)state;
    struct bench *b = bench_new(1);
    bench_init(b);
    bench_plug(b, 1, a_phone());
    bench_run(b, 10 * SECOND);
    struct pse before = b->sw.ports[1].pse;
    uint8_t line[LINE_SIZE + 1];
    memset(line, 0xff, sizeof line);
    for (size_t n = 0; n <= sizeof line; n++) bench_step(b, EVENT_LINE, 1, (struct bytes){line, n});
    bench_step(b, EVENT_LINE, 0, (struct bytes){line, LINE_SIZE});
    bench_step(b, EVENT_FRAME, 3, (struct bytes){line, LINE_SIZE});
    bench_step(b, EVENT_FRAME, UINT32_MAX, (struct bytes){line, LINE_SIZE});
    bench_step(b, EVENT_DATA, 1, (struct bytes){line, LINE_SIZE});
    assert_memory_equal(&b->sw.ports[1].pse, &before, sizeof before);
    assert_int_equal(heard_news(b, 1, SWITCH_MALFORMED), 1);
    bench_free(b);
}

static void a_config_that_is_not_possible_is_refused(void **state)
{
    (void)state;
    struct bench *b = bench_new(48);
    assert_true(switch_memory(&b->config) > 0);
    struct switch_config c = b->config;
    c.ports = SWITCH_PORTS + 1;
    assert_int_equal(switch_memory(&c), 0);
    c = b->config;
    c.ports_per_member = 5; /* ten members */
    assert_int_equal(switch_memory(&c), 0);
    c = b->config;
    c.data_vlan = 4095;
    assert_int_equal(switch_memory(&c), 0);
    c = b->config;
    c.svis = 2; /* both in VLAN 0 */
    assert_int_equal(switch_memory(&c), 0);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(when_the_budget_is_used_up_the_next_is_denied_and_told_once),
        cmocka_unit_test(freed_budget_goes_to_the_denied_ports_in_their_order),
        cmocka_unit_test(a_denied_phone_that_is_unplugged_is_no_longer_denied),
        cmocka_unit_test(each_member_of_a_stack_has_a_budget_of_its_own),
        cmocka_unit_test(a_static_port_keeps_its_power_reserved),
        cmocka_unit_test(a_shut_port_has_neither_power_nor_link_and_comes_back),
        cmocka_unit_test(a_port_that_never_gives_power_still_has_a_link),
        cmocka_unit_test(a_looped_port_carries_no_frames_until_its_carrier_has_gone),
        cmocka_unit_test(a_trunk_has_each_vlan_by_its_tag_and_announces_no_voice_vlan),
        cmocka_unit_test(a_report_has_the_words_of_show_power_inline),
        cmocka_unit_test(a_stack_of_288_phones_comes_up_in_shortened_time),
        cmocka_unit_test(a_broadcast_to_288_ports_and_the_uplink_fits_one_step),
        cmocka_unit_test(an_empty_port_is_looked_at_less_and_less_in_shortened_time_but_at_least_four_times_a_second),
        cmocka_unit_test(the_same_seed_gives_the_same_run),
        cmocka_unit_test(garbage_lines_and_ports_that_are_not_there_change_nothing),
        cmocka_unit_test(a_config_that_is_not_possible_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
