#include "bench.h"

/* Port 1 is looked at: a host is at its far end, so that its link is up at 0 s. */

static const struct mac PHONE = {{0, 6, 0x53, 0x11, 0x22, 0x33}};

static struct bench *ready(void)
{
    struct bench *b = bench_new(1);

    b->svi[0] = (struct switch_svi){.vlan = 100, .address = IPV4(10, 0, 0, 254), .mask = IPV4(255, 255, 255, 0)};
    b->config.svis = 1;
    return b;
}

static void up(struct bench *b)
{
    bench_init(b);
    bench_plug(b, 1, a_host());
}

static struct cdp cdp_of(const struct seen *s)
{
    struct ethernet e;
    struct cdp c;
    struct fault why;

    assert_non_null(s);
    assert_true(ethernet_decode(&e, facts_of(s), &why));
    assert_true(cdp_decode(&c, e.payload, &why));
    assert_true(c.checksum_good);
    return c;
}

static struct lldp lldp_of(const struct seen *s)
{
    struct ethernet e;
    struct lldp l;
    struct fault why;

    assert_non_null(s);
    assert_true(ethernet_decode(&e, facts_of(s), &why));
    assert_true(lldp_decode(&l, e.payload, &why));
    return l;
}

static const struct seen *last_to(const struct bench *b, struct mac to)
{
    const struct seen *s = NULL, *next = NULL;

    while ((next = next_frame_to(b, 1, to, s))) s = next;
    return s;
}

static unsigned count_to(const struct bench *b, struct mac to)
{
    unsigned n = 0;

    for (const struct seen *s = NULL; (s = next_frame_to(b, 1, to, s));) n++;
    return n;
}

static void send_cdp(struct bench *b, struct cdp *c)
{
    uint8_t frame[FRAME_ROOM];
    struct writer w = writer(frame, sizeof frame);
    struct ethernet e = {.to = MAC_CDP, .from = PHONE, .form = ETHERNET_SNAP, .oui = SNAP_CISCO, .type = SNAP_CDP};
    size_t begun = ethernet_begin(&w, &e);

    cdp_encode(&w, c);
    ethernet_end(&w, begun);
    bench_step(b, EVENT_FRAME, 1, written(&w));
}

static void add(struct cdp *c, uint16_t type)
{
    c->has |= CDP_HAS(type);
    c->order[c->tlvs++] = type;
}

static struct cdp phone_cdp(void)
{
    struct cdp c = {.version = 2,
                    .ttl = 180,
                    .device_id = bytes_of("SEP000653112233"),
                    .port_id = bytes_of("Port 1"),
                    .capabilities = CDP_HOST | CDP_PHONE,
                    .software = bytes_of("P00308000500"),
                    .platform = bytes_of("Cisco IP Phone 7960")};

    add(&c, CDP_DEVICE_ID);
    add(&c, CDP_PORT_ID);
    add(&c, CDP_CAPABILITIES);
    add(&c, CDP_SOFTWARE);
    add(&c, CDP_PLATFORM);
    return c;
}

static void send_lldp(struct bench *b, bool med, uint16_t power, uint16_t ttl)
{
    uint8_t frame[FRAME_ROOM];
    static const uint8_t chassis[] = {1, 0, 0, 0, 0};
    struct writer w = writer(frame, sizeof frame);
    struct ethernet e = {.to = MAC_LLDP, .from = PHONE, .type = TYPE_LLDP};
    struct lldp l = {.chassis_subtype = LLDP_CHASSIS_ADDRESS,
                     .port_subtype = LLDP_PORT_LOCAL,
                     .chassis = {chassis, 5},
                     .port = bytes_of("000653112233:P1"),
                     .ttl = ttl,
                     .system_name = bytes_of("SEP000653112233"),
                     .has_capabilities = true,
                     .capabilities = 0x24,
                     .enabled = 0x24,
                     .has_med = med,
                     .med_capabilities = 0x33,
                     .med_class = MED_CLASS_3,
                     .has_med_power = power > 0,
                     .power_type = 1,
                     .power_priority = 3,
                     .power = power};
    size_t begun = ethernet_begin(&w, &e);

    lldp_encode(&w, &l);
    ethernet_end(&w, begun);
    bench_step(b, EVENT_FRAME, 1, written(&w));
}

static void cdp_comes_with_the_link_and_each_60_seconds_with_a_hold_time_of_180(void **state)
{
    (void)state;
    struct bench *b = ready();
    up(b);
    assert_int_equal(count_to(b, MAC_CDP), 1);
    assert_int_equal(cdp_of(last_to(b, MAC_CDP)).ttl, 180);
    bench_run(b, 60 * SECOND - 1);
    assert_int_equal(count_to(b, MAC_CDP), 1);
    bench_run(b, 180 * SECOND);
    assert_int_equal(count_to(b, MAC_CDP), 4);
    bench_free(b);
}

static void its_tlvs_stand_in_the_order_of_a_3560_with_the_voice_vlan(void **state)
{
    (void)state;
    static const uint16_t order[] = {0x01, 0x05, 0x06, 0x02, 0x03, 0x04, 0x09,
                                     0x0a, 0x0b, 0x0e, 0x12, 0x13, 0x16, 0x1a};
    struct bench *b = ready();
    up(b);
    struct cdp c = cdp_of(last_to(b, MAC_CDP));
    assert_int_equal(c.tlvs, ARRAY_LENGTH(order));
    assert_memory_equal(c.order, order, sizeof order);
    assert_int_equal(c.voice_vlan, 100);
    assert_int_equal(c.reply_appliance, 1);
    assert_int_equal(c.native_vlan, 1);
    assert_true(bytes_are(c.device_id, "bench"));
    assert_true(bytes_are(c.port_id, "FastEthernet1/0/1"));
    assert_int_equal(cdp_ipv4(c.addresses), IPV4(10, 0, 0, 254));
    assert_int_equal(c.available.management, 1);
    assert_int_equal(c.available.available, 0);
    assert_int_equal(c.available.level, UINT32_MAX);
    bench_free(b);
}

static void without_a_voice_vlan_there_is_no_appliance_reply_and_no_policy(void **state)
{
    (void)state;
    struct bench *b = ready();
    b->config.voice_vlan = 0;
    up(b);
    assert_false(cdp_of(last_to(b, MAC_CDP)).has & CDP_HAS(CDP_VLAN_REPLY));
    send_lldp(b, true, 0, 180);
    assert_int_equal(lldp_of(last_to(b, MAC_LLDP)).policies, 0);
    bench_free(b);
}

static void the_first_frame_of_a_neighbour_is_answered_at_once(void **state)
{
    (void)state;
    struct bench *b = ready();
    up(b);
    bench_run(b, 10 * SECOND);
    struct cdp c = phone_cdp();
    send_cdp(b, &c);
    assert_int_equal(count_to(b, MAC_CDP), 2);
    send_cdp(b, &c); /* known by now, and it asks for nothing */
    assert_int_equal(count_to(b, MAC_CDP), 2);
    bench_run(b, 70 * SECOND - 1);
    assert_int_equal(count_to(b, MAC_CDP), 2);
    bench_run(b, 70 * SECOND); /* 60 s after the answer */
    assert_int_equal(count_to(b, MAC_CDP), 3);
    bench_free(b);
}

static void each_vlan_query_is_answered_at_once(void **state)
{
    (void)state;
    static const uint8_t query[] = {0x20, 2, 0, 1};
    struct bench *b = ready();
    up(b);
    struct cdp c = phone_cdp();
    c.query = (struct bytes){query, sizeof query};
    add(&c, CDP_VLAN_QUERY);
    for (unsigned i = 2; i < 5; i++) {
        send_cdp(b, &c);
        assert_int_equal(count_to(b, MAC_CDP), i);
        assert_int_equal(cdp_of(last_to(b, MAC_CDP)).voice_vlan, 100);
    }
    bench_free(b);
}

static void a_neighbour_is_kept_until_its_time_to_live_ends(void **state)
{
    (void)state;
    struct bench *b = ready();
    up(b);
    struct cdp c = phone_cdp();
    c.ttl = 20;
    send_cdp(b, &c);
    const struct neighbour *n = switch_neighbour(&b->sw, 1);
    assert_non_null(n);
    assert_string_equal(n->device, "SEP000653112233");
    assert_string_equal(n->platform, "Cisco IP Phone 7960");
    assert_string_equal(n->software, "P00308000500");
    assert_string_equal(n->port, "Port 1");
    assert_true(n->phone);
    assert_int_equal(heard_news(b, 1, SWITCH_NEIGHBOUR), 1);
    bench_run(b, 20 * SECOND - 1);
    assert_non_null(switch_neighbour(&b->sw, 1));
    bench_run(b, 20 * SECOND);
    assert_null(switch_neighbour(&b->sw, 1));
    assert_int_equal(heard_news(b, 1, SWITCH_NEIGHBOUR_GONE), 1);
    bench_free(b);
}

static void a_time_to_live_of_0_and_a_link_that_goes_down_take_the_neighbour_away(void **state)
{
    (void)state;
    struct bench *b = ready();
    up(b);
    struct cdp c = phone_cdp();
    send_cdp(b, &c);
    c.ttl = 0;
    send_cdp(b, &c);
    assert_null(switch_neighbour(&b->sw, 1));
    send_lldp(b, true, 0, 180);
    assert_non_null(switch_neighbour(&b->sw, 1));
    bench_plug(b, 1, (struct far){0});
    assert_null(switch_neighbour(&b->sw, 1));
    bench_free(b);
}

static void lldp_comes_each_30_seconds_with_120_to_live_and_without_med(void **state)
{
    (void)state;
    struct bench *b = ready();
    up(b);
    assert_int_equal(count_to(b, MAC_LLDP), 1);
    bench_run(b, 90 * SECOND);
    assert_int_equal(count_to(b, MAC_LLDP), 4);
    struct lldp l = lldp_of(last_to(b, MAC_LLDP));
    assert_int_equal(l.ttl, 120);
    assert_false(l.has_med);
    assert_int_equal(l.policies, 0);
    send_lldp(b, false, 0, 180); /* a neighbour, but without MED */
    assert_false(lldp_of(last_to(b, MAC_LLDP)).has_med);
    bench_free(b);
}

static void med_is_shown_once_the_other_side_has_in_three_frames_a_second_apart(void **state)
{
    (void)state;
    struct bench *b = ready();
    up(b);
    bench_run(b, 10 * SECOND);
    send_lldp(b, true, 0, 180);
    assert_int_equal(count_to(b, MAC_LLDP), 2);
    struct lldp l = lldp_of(last_to(b, MAC_LLDP));
    assert_true(l.has_med);
    assert_int_equal(l.med_class, MED_NETWORK);
    assert_int_equal(l.policies, 2);
    assert_int_equal(l.policy[0].application, MED_VOICE);
    assert_true(l.policy[0].tagged && !l.policy[0].unknown);
    assert_int_equal(l.policy[0].vlan, 100);
    assert_int_equal(l.policy[0].priority, 5);
    assert_int_equal(l.policy[0].dscp, 46);
    assert_int_equal(l.policy[1].application, MED_VOICE_SIGNALLING);
    assert_int_equal(l.policy[1].priority, 3);
    assert_int_equal(l.policy[1].dscp, 24);
    assert_false(l.has_med_power); /* we do not power it */
    bench_run(b, 11 * SECOND);
    assert_int_equal(count_to(b, MAC_LLDP), 3);
    bench_run(b, 12 * SECOND);
    assert_int_equal(count_to(b, MAC_LLDP), 4);
    bench_run(b, 42 * SECOND - 1);
    assert_int_equal(count_to(b, MAC_LLDP), 4);
    bench_run(b, 42 * SECOND);
    assert_int_equal(count_to(b, MAC_LLDP), 5);
    bench_free(b);
}

static void either_protocol_can_be_off_and_is_then_not_heard_either(void **state)
{
    (void)state;
    struct bench *b = ready();
    b->config.cdp = false;
    b->config.lldp = false;
    up(b);
    struct cdp c = phone_cdp();
    send_cdp(b, &c);
    send_lldp(b, true, 0, 180);
    bench_run(b, 120 * SECOND);
    assert_int_equal(frames_at(b, 1), 0);
    assert_null(switch_neighbour(&b->sw, 1));
    bench_free(b);
}

static struct bench *powered_phone(struct far f)
{
    struct bench *b = ready();

    bench_init(b);
    bench_plug(b, 1, f);
    bench_run(b, 5 * SECOND);
    assert_true(b->sw.ports[1].up);
    bench_clear(b);
    return b;
}

static void power_consumption_lowers_the_allocation_and_the_switch_says_so_at_once(void **state)
{
    (void)state;
    struct bench *b = powered_phone(a_phone());
    struct cdp c = phone_cdp();
    c.power_consumption = 6300;
    add(&c, CDP_POWER_CONSUMPTION);
    send_cdp(b, &c);
    assert_int_equal(count_to(b, MAC_CDP), 1); /* triggered, and the change: one frame */
    struct cdp answer = cdp_of(last_to(b, MAC_CDP));
    assert_int_equal(answer.available.available, 6300);
    assert_int_equal(answer.available.request, 0);
    struct bytes told = facts_of(last_news(b, 1, SWITCH_POWER_NEGOTIATED));
    assert_int_equal(told_number(told, FACT_WATTS, 0), 15400);
    assert_int_equal(told_number(told, FACT_WATTS_LATER, 0), 6300);
    assert_int_equal(switch_budget_used(&b->sw, 0), 6300);
    assert_int_equal(switch_port_report(&b->sw, 1).milliwatts, 6300);
    assert_string_equal(switch_port_report(&b->sw, 1).device, "IP Phone 7960");
    bench_free(b);
}

static void ask(struct bench *b, uint16_t request, uint32_t milliwatts)
{
    struct cdp c = phone_cdp();

    c.power_consumption = 6300;
    c.requested.request = request;
    c.requested.count = 1;
    c.requested.milliwatts[0] = milliwatts;
    add(&c, CDP_POWER_CONSUMPTION);
    add(&c, CDP_POWER_REQUESTED);
    send_cdp(b, &c);
}

static void a_power_request_is_echoed_and_its_management_id_rises_with_a_new_one(void **state)
{
    (void)state;
    struct bench *b = powered_phone(a_phone());
    ask(b, 0x59f1, 12000);
    struct cdp first = cdp_of(last_to(b, MAC_CDP));
    assert_int_equal(first.available.request, 0x59f1);
    assert_int_equal(first.available.available, 12000);
    ask(b, 0x59f1, 12000); /* the same again: answered, with the same ids */
    struct cdp again = cdp_of(last_to(b, MAC_CDP));
    assert_int_equal(count_to(b, MAC_CDP), 2);
    assert_int_equal(again.available.management, first.available.management);
    ask(b, 0x59f2, 12000);
    struct cdp later = cdp_of(last_to(b, MAC_CDP));
    assert_int_equal(later.available.request, 0x59f2);
    assert_int_equal(later.available.management, first.available.management + 1);
    bench_free(b);
}

/* As a 3750 was seen with a 7960: 15400 mW at first, 6300 mW after the phone's 0x10; request 0 and management 1 in
 * both. */
static void the_management_id_is_1_after_power_up_and_after_the_consumption_of_a_phone_that_asks_for_none(void **state)
{
    (void)state;
    struct bench *b = ready();
    bench_init(b);
    bench_plug(b, 1, a_phone());
    bench_run(b, 5 * SECOND);
    struct cdp first = cdp_of(next_frame_to(b, 1, MAC_CDP, NULL));
    assert_int_equal(first.available.available, 15400);
    assert_int_equal(first.available.request, 0);
    assert_int_equal(first.available.management, 1);
    struct cdp c = phone_cdp();
    c.power_consumption = 6300;
    add(&c, CDP_POWER_CONSUMPTION);
    send_cdp(b, &c);
    struct cdp answer = cdp_of(last_to(b, MAC_CDP));
    assert_int_equal(answer.available.available, 6300);
    assert_int_equal(answer.available.request, 0);
    assert_int_equal(answer.available.management, 1);
    bench_free(b);
}

static void the_management_id_rises_once_for_a_request_with_another_level_and_once_when_the_link_goes_down(void **state)
{
    (void)state;
    struct bench *b = powered_phone(a_phone());
    ask(b, 0x59f1, 12000); /* request id and level, one frame */
    assert_int_equal(cdp_of(last_to(b, MAC_CDP)).available.management, 2);
    ask(b, 0x59f1, 7000); /* the level alone */
    assert_int_equal(cdp_of(last_to(b, MAC_CDP)).available.management, 3);
    bench_run(b, b->now + 60 * SECOND); /* the same again, by time */
    assert_int_equal(cdp_of(last_to(b, MAC_CDP)).available.management, 3);
    bench_plug(b, 1, (struct far){0});
    bench_run(b, b->now + 5 * SECOND); /* its power is gone, which nobody was told */
    bench_clear(b);
    bench_plug(b, 1, a_phone());
    bench_run(b, b->now + 10 * SECOND);
    struct cdp again = cdp_of(next_frame_to(b, 1, MAC_CDP, NULL));
    assert_int_equal(again.available.management, 4);
    assert_int_equal(again.available.request, 0);
    assert_int_equal(again.available.available, 15400);
    bench_free(b);
}

static void a_wish_above_the_port_is_refused_once_and_the_phone_keeps_what_it_has_said_it_draws(void **state)
{
    (void)state;
    struct bench *b = powered_phone(a_phone());
    ask(b, 1, 20000);
    ask(b, 1, 20000);
    assert_int_equal(cdp_of(last_to(b, MAC_CDP)).available.available, 6300);
    assert_int_equal(heard_news(b, 1, SWITCH_POWER_REFUSED), 1);
    assert_int_equal(told_number(facts_of(last_news(b, 1, SWITCH_POWER_REFUSED)), FACT_WATTS_LATER, 0), 20000);
    assert_true(powered(b, 1));
    bench_free(b);
}

static void med_power_changes_the_allocation_and_is_answered_by_ours(void **state)
{
    (void)state;
    struct bench *b = powered_phone(an_ieee_phone(3));
    send_lldp(b, true, 120, 180);
    struct lldp l = lldp_of(last_to(b, MAC_LLDP));
    assert_int_equal(switch_port_report(&b->sw, 1).milliwatts, 12000);
    assert_true(l.has_med_power);
    assert_int_equal(l.power_type, 0);
    assert_int_equal(l.power_source, 1);
    assert_int_equal(l.power_priority, 3);
    assert_int_equal(l.power, 120);
    assert_true(bytes_are(told_text(facts_of(last_news(b, 1, SWITCH_POWER_NEGOTIATED)), FACT_PROTOCOL), "LLDP-MED"));
    bench_free(b);
}

static void who_negotiates_power_first_goes_on_alone_until_the_link_goes(void **state)
{
    (void)state;
    struct bench *b = powered_phone(an_ieee_phone(3));
    ask(b, 1, 7000);
    send_lldp(b, true, 120, 180);
    assert_int_equal(switch_port_report(&b->sw, 1).milliwatts, 7000);
    bench_free(b);
}

static void announcements_end_at_the_switch(void **state)
{
    (void)state;
    struct bench *b = bench_new(2);
    bench_init(b);
    make_host_ports(b, 1, 2);
    struct cdp c = phone_cdp();
    send_cdp(b, &c);
    send_lldp(b, true, 0, 180);
    assert_int_equal(frames_at(b, 2), 0);
    assert_int_equal(frames_at(b, 3), 0);
    bench_free(b);
}

static void garbage_changes_nothing(void **state)
{
    (void)state;
    struct bench *b = powered_phone(a_phone());
    ask(b, 1, 7000);
    bench_clear(b);
    uint8_t frame[FRAME_ROOM];
    struct writer w = writer(frame, sizeof frame);
    struct ethernet e = {.to = MAC_CDP, .from = PHONE, .form = ETHERNET_SNAP, .oui = SNAP_CISCO, .type = SNAP_CDP};
    struct announcer before = b->sw.ports[1].announcer;
    size_t begun = ethernet_begin(&w, &e);
    write_be32(&w, 0x02b40000);
    write_be16(&w, CDP_DEVICE_ID);
    write_be16(&w, 200); /* beyond the frame */
    ethernet_end(&w, begun);
    for (int i = 0; i < 50; i++) bench_step(b, EVENT_FRAME, 1, written(&w));
    assert_memory_equal(&b->sw.ports[1].announcer, &before, sizeof before);
    assert_int_equal(heard_news(b, 1, SWITCH_MALFORMED), 1);
    assert_int_equal(frames_at(b, 1), 0);
    assert_int_equal(b->sw.counts.malformed, 50);
    b->now += SECOND;
    bench_step(b, EVENT_FRAME, 1, written(&w));
    assert_int_equal(heard_news(b, 1, SWITCH_MALFORMED), 2);
    assert_int_equal(told_number(facts_of(last_news(b, 1, SWITCH_MALFORMED)), FACT_COUNT, 0), 50);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cdp_comes_with_the_link_and_each_60_seconds_with_a_hold_time_of_180),
        cmocka_unit_test(its_tlvs_stand_in_the_order_of_a_3560_with_the_voice_vlan),
        cmocka_unit_test(without_a_voice_vlan_there_is_no_appliance_reply_and_no_policy),
        cmocka_unit_test(the_first_frame_of_a_neighbour_is_answered_at_once),
        cmocka_unit_test(each_vlan_query_is_answered_at_once),
        cmocka_unit_test(a_neighbour_is_kept_until_its_time_to_live_ends),
        cmocka_unit_test(a_time_to_live_of_0_and_a_link_that_goes_down_take_the_neighbour_away),
        cmocka_unit_test(lldp_comes_each_30_seconds_with_120_to_live_and_without_med),
        cmocka_unit_test(med_is_shown_once_the_other_side_has_in_three_frames_a_second_apart),
        cmocka_unit_test(either_protocol_can_be_off_and_is_then_not_heard_either),
        cmocka_unit_test(power_consumption_lowers_the_allocation_and_the_switch_says_so_at_once),
        cmocka_unit_test(a_power_request_is_echoed_and_its_management_id_rises_with_a_new_one),
        cmocka_unit_test(the_management_id_is_1_after_power_up_and_after_the_consumption_of_a_phone_that_asks_for_none),
        cmocka_unit_test(
            the_management_id_rises_once_for_a_request_with_another_level_and_once_when_the_link_goes_down),
        cmocka_unit_test(a_wish_above_the_port_is_refused_once_and_the_phone_keeps_what_it_has_said_it_draws),
        cmocka_unit_test(med_power_changes_the_allocation_and_is_answered_by_ours),
        cmocka_unit_test(who_negotiates_power_first_goes_on_alone_until_the_link_goes),
        cmocka_unit_test(announcements_end_at_the_switch),
        cmocka_unit_test(garbage_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
