/* What an interface of serve looks for, announces and answers, and what is foreign to it. */
#include "interface_bench.h"

/* --- the look --- */

static void the_look_sends_one_discover_by_broadcast_and_asks_switches_by_cdp_and_lldp(void **state)
{
    struct ethernet e;
    struct ipv4_packet ip;
    struct udp udp;
    struct dhcp d;
    struct fault why;
    (void)state;
    begin();
    assert_int_equal(frames_to(MAC_BROADCAST), 1);
    assert_true(ethernet_decode(&e, of(last_to(MAC_BROADCAST)), &why));
    assert_true(mac_equal(e.from, SELF));
    assert_false(e.tagged);
    assert_true(ipv4_decode(&ip, e.payload, &why));
    assert_int_equal(ip.from, 0);
    assert_int_equal(ip.to, IPV4_BROADCAST);
    assert_true(udp_decode(&udp, &ip, &why));
    assert_int_equal(udp.from, 68);
    assert_int_equal(udp.to, 67);
    assert_true(dhcp_decode(&d, udp.payload, &why));
    assert_int_equal(d.op, BOOTREQUEST);
    assert_int_equal(d.type, DHCP_DISCOVER);
    assert_true(d.broadcast);
    assert_true(mac_equal(d.chaddr, SELF));
    assert_true(bytes_are(d.vendor_class, "dialtone"));
    struct cdp c = cdp_of(last_to(MAC_CDP));
    assert_true(c.has & CDP_HAS(CDP_VLAN_QUERY));
    assert_int_equal(c.ttl, 10); /* forgotten 5 s after the look */
    struct lldp l = lldp_of(last_to(MAC_LLDP));
    assert_int_equal(l.med_class, MED_CLASS_1);
    assert_true(l.policies == 1 && l.policy[0].unknown);
    assert_int_equal(seen_count, 3);
}

static void nothing_heard_it_asks_once_more_after_2_s_and_has_looked_after_5(void **state)
{
    (void)state;
    begin();
    run(12 * SECOND - 1);
    assert_int_equal(frames_to(MAC_BROADCAST), 1);
    run(12 * SECOND);
    assert_int_equal(frames_to(MAC_BROADCAST), 2);
    assert_int_equal(frames_to(MAC_CDP), 2);
    run(15 * SECOND - 1);
    assert_true(interface_looking(&face));
    assert_int_equal(news(INTERFACE_LOOKED), 0);
    run(15 * SECOND);
    assert_false(interface_looking(&face));
    assert_int_equal(news(INTERFACE_LOOKED), 1);
    assert_int_equal(told_number(facts(INTERFACE_LOOKED), FACT_COUNT, 9), 0);
    assert_fact(facts(INTERFACE_LOOKED), FACT_INTERFACE, "eth1");
    assert_false(told_find(facts(INTERFACE_LOOKED), FACT_VLAN, &(struct told){0}));
    run(3600 * SECOND); /* and is silent, as long as nobody says "announce" */
    assert_int_equal(frames_to(MAC_BROADCAST) + frames_to(MAC_CDP) + frames_to(MAC_LLDP), 6);
    assert_int_equal(due, NEVER);
}

static void an_offer_is_a_dhcp_server_and_no_second_discover_follows(void **state)
{
    (void)state;
    begin();
    hear_reply(&OFFER);
    struct bytes told = facts(INTERFACE_DHCP_SERVER);
    assert_int_equal(told_number(told, FACT_SERVER, 0), SERVER_ID);
    assert_int_equal(told_number(told, FACT_ADDRESS, 0), OFFERED);
    assert_int_equal(told_number(told, FACT_TFTP, 0), IPV4(192, 168, 1, 9));
    assert_int_equal(told_number(told, FACT_MAC, 0), mac_number(SERVER));
    hear_reply(&(struct reply){.from = {{2, 0, 0, 0, 1, 1}}, .id = SERVER_ID + 1, .vlan = -1, .type = DHCP_OFFER});
    hear_reply(&OFFER);
    run(15 * SECOND);
    assert_int_equal(frames_to(MAC_BROADCAST), 1);
    assert_int_equal(news(INTERFACE_DHCP_SERVER), 2); /* each once */
    assert_int_equal(told_number(facts(INTERFACE_LOOKED), FACT_COUNT, 0), 2);
    assert_int_equal(told_number(facts(INTERFACE_LOOKED), FACT_SERVER, 0), SERVER_ID);
    assert_int_equal(face.servers, 2);
}

static void a_server_that_only_answers_others_is_a_server_too(void **state)
{
    (void)state;
    begin();
    hear_reply(&(struct reply){.from = SERVER, .id = SERVER_ID, .vlan = -1, .type = DHCP_ACK});
    assert_int_equal(news(INTERFACE_DHCP_SERVER), 1);
}

static void the_voice_vlan_is_looked_into_with_a_tag(void **state)
{
    struct interface_config config = config_of(&INTERFACE_REAL);
    struct ethernet e;
    struct fault why;
    (void)state;
    config.look_vlan = 100;
    begin_with(&config, PLACES);
    assert_int_equal(frames_to(MAC_BROADCAST), 2);
    assert_true(ethernet_decode(&e, of(last_to(MAC_BROADCAST)), &why));
    assert_true(e.tagged);
    assert_int_equal(e.vlan, 100);
    hear_reply(&(struct reply){.from = SERVER, .id = SERVER_ID, .vlan = 100, .type = DHCP_OFFER});
    assert_int_equal(told_number(facts(INTERFACE_DHCP_SERVER), FACT_VLAN, 0), 100);
    assert_true(face.server[0].tagged);
    run(15 * SECOND); /* only the untagged side is asked again */
    assert_int_equal(frames_to(MAC_BROADCAST), 3);
}

static void what_comes_from_this_process_fools_nobody(void **state)
{
    static const struct mac macs[] = {{{2, 0, 0, 0, 0, 2}}};
    static const ipv4 addresses[] = {IPV4(10, 100, 0, 1)};
    (void)state;
    begin();
    interface_ours(&face, macs, 1, addresses, 1);
    uint32_t n = seen_count;
    for (uint32_t i = 0; i < n; i++) step(EVENT_FRAME, of(&seen[i])); /* its own, by a loop of the network */
    hear_reply(&(struct reply){.from = SELF, .id = SERVER_ID, .vlan = -1, .type = DHCP_OFFER});
    hear_reply(&(struct reply){.from = OTHER_SELF, .id = SERVER_ID, .vlan = -1, .type = DHCP_OFFER});
    /* our own server, by a relay agent's address */
    hear_reply(&(struct reply){.from = SWITCH, .id = addresses[0], .vlan = -1, .type = DHCP_OFFER});
    struct cdp c = device("dialtone", CDP_SWITCH);
    c.reply_appliance = 1, c.voice_vlan = 100;
    add(&c, CDP_VLAN_REPLY);
    hear_cdp(OTHER_SELF, &c);
    run(15 * SECOND);
    assert_int_equal(news(INTERFACE_DHCP_SERVER) + news(INTERFACE_VOICE_VLAN) + news(INTERFACE_NEIGHBOUR), 0);
    assert_int_equal(told_number(facts(INTERFACE_LOOKED), FACT_COUNT, 9), 0);
    assert_int_equal(interface_count(&face).own, n - 1 + 4); /* its DISCOVER is no frame that it wants to hear */
    /* and without interface_ours the same would have been told */
    interface_ours(&face, NULL, 0, NULL, 0);
    hear_cdp(OTHER_SELF, &c);
    assert_int_equal(news(INTERFACE_VOICE_VLAN), 1);
}

static void a_switch_that_gives_a_voice_vlan_by_cdp_is_told_with_who_and_where(void **state)
{
    (void)state;
    begin();
    hear_switch_cdp(110);
    run(15 * SECOND);
    struct bytes told = facts(INTERFACE_LOOKED);
    assert_int_equal(told_number(told, FACT_VLAN, 0), 110);
    assert_fact(told, FACT_PROTOCOL, "CDP");
    assert_fact(told, FACT_SWITCH, "closet-3.example.net");
    assert_fact(told, FACT_NEIGHBOUR, "FastEthernet0/4");
    assert_int_equal(frames_to(MAC_CDP), 1); /* answered: not asked again */
    assert_int_equal(face.givers, 1);
}

static void a_switch_that_gives_a_voice_vlan_by_lldp_med_is_told_but_a_phones_own_policy_is_not(void **state)
{
    struct lldp l = phone_lldp();
    (void)state;
    begin();
    l.policy[0] = (struct med_policy){.application = MED_VOICE, .tagged = true, .vlan = 120};
    hear_lldp(PHONE, &l);
    assert_int_equal(news(INTERFACE_VOICE_VLAN), 0);
    l.med_class = MED_NETWORK;
    l.capabilities = l.enabled = LLDP_BRIDGE;
    l.system_name = bytes_of("procurve");
    l.policy[0].unknown = true;
    hear_lldp(SWITCH, &l);
    assert_int_equal(news(INTERFACE_VOICE_VLAN), 0);
    l.policy[0].unknown = false;
    hear_lldp(SWITCH, &l);
    assert_int_equal(told_number(facts(INTERFACE_VOICE_VLAN), FACT_VLAN, 0), 120);
    assert_fact(facts(INTERFACE_VOICE_VLAN), FACT_SWITCH, "procurve");
    assert_fact(facts(INTERFACE_VOICE_VLAN), FACT_PROTOCOL, "LLDP");
}

/* --- announcing --- */

static void the_first_cdp_leaves_at_once_then_each_60_s_and_lldp_each_30(void **state)
{
    (void)state;
    begin_without_look(PLACES);
    announce();
    assert_int_equal(frames_to(MAC_CDP), 1);
    assert_int_equal(frames_to(MAC_LLDP), 1);
    run(now + 60 * SECOND - 1);
    assert_int_equal(frames_to(MAC_CDP), 1);
    assert_int_equal(frames_to(MAC_LLDP), 2);
    run(now + 1);
    assert_int_equal(frames_to(MAC_CDP), 2);
    struct cdp c = cdp_of(last_to(MAC_CDP));
    assert_true(c.has & CDP_HAS(CDP_VLAN_REPLY));
    assert_int_equal(c.voice_vlan, 100);
    assert_int_equal(c.ttl, 180);
    assert_true(bytes_are(c.device_id, "dialtone") && bytes_are(c.port_id, "eth1"));
    assert_int_equal(cdp_ipv4(c.addresses), IPV4(10, 100, 0, 1));
    assert_false(c.has & (CDP_HAS(CDP_POWER_AVAILABLE) | CDP_HAS(CDP_NATIVE_VLAN) | CDP_HAS(CDP_DUPLEX)));
    assert_false(lldp_of(last_to(MAC_LLDP)).has_med); /* nobody has shown MED */
}

static void without_a_voice_vlan_none_is_said(void **state)
{
    struct interface_announce a = ANNOUNCE;
    (void)state;
    begin_without_look(PLACES);
    a.voice_vlan = 0;
    interface_announce(&face, &a);
    step(EVENT_WAKE, (struct bytes){0});
    assert_false(cdp_of(last_to(MAC_CDP)).has & CDP_HAS(CDP_VLAN_REPLY));
    struct lldp l = phone_lldp();
    hear_lldp(PHONE, &l);
    run(now + SECOND);
    assert_true(lldp_of(last_to(MAC_LLDP)).has_med);
    assert_int_equal(lldp_of(last_to(MAC_LLDP)).policies, 0);
}

static void a_phones_query_is_answered_at_once_and_a_switch_is_not(void **state)
{
    (void)state;
    begin_without_look(PLACES);
    announce();
    run(now + SECOND);
    hear_switch_cdp(100);
    assert_int_equal(frames_to(MAC_CDP), 1);
    hear_phone_cdp(PHONE, true);
    assert_int_equal(frames_to(MAC_CDP), 2);
    run(now + 20 * SECOND);
    hear_phone_cdp(PHONE, true); /* known, but asks */
    assert_int_equal(frames_to(MAC_CDP), 3);
    run(now + 20 * SECOND);
    hear_phone_cdp(PHONE, false);
    assert_int_equal(frames_to(MAC_CDP), 3);
    assert_int_equal(interface_count(&face).asked, 2);
}

static void an_lldp_med_endpoint_gets_three_frames_one_second_apart_with_tagged_policies(void **state)
{
    struct lldp phone = phone_lldp();
    (void)state;
    begin_without_look(PLACES);
    announce();
    run(now + 5 * SECOND);
    usec first = now;
    hear_lldp(PHONE, &phone);
    assert_int_equal(frames_to(MAC_LLDP), 2);
    run(first + 1 * SECOND);
    assert_int_equal(frames_to(MAC_LLDP), 3);
    run(first + 2 * SECOND);
    assert_int_equal(frames_to(MAC_LLDP), 4);
    run(first + 2 * SECOND + 30 * SECOND - 1);
    assert_int_equal(frames_to(MAC_LLDP), 4);
    struct lldp l = lldp_of(last_to(MAC_LLDP));
    assert_int_equal(l.med_class, MED_NETWORK);
    assert_int_equal(l.policies, 2);
    assert_true(l.policy[0].application == MED_VOICE && l.policy[0].tagged && l.policy[0].vlan == 100);
    assert_true(l.policy[0].priority == 5 && l.policy[0].dscp == 46);
    assert_true(l.policy[1].application == MED_VOICE_SIGNALLING && l.policy[1].tagged && l.policy[1].dscp == 24);
    hear_lldp(PHONE, &phone); /* known: no fast start */
    assert_int_equal(frames_to(MAC_LLDP), 4);
    phone.ttl = 0; /* gone: MED with it */
    hear_lldp(PHONE, &phone);
    run(now + 30 * SECOND);
    assert_false(lldp_of(last_to(MAC_LLDP)).has_med);
}

static void endpoints_that_were_there_before_get_their_fast_start_with_the_first_frame(void **state)
{
    struct lldp phone = phone_lldp();
    (void)state;
    begin_without_look(PLACES);
    hear_lldp(PHONE, &phone);
    announce();
    run(now + 10 * SECOND);
    assert_int_equal(frames_to(MAC_LLDP), 3);
    assert_int_equal(lldp_of(last_to(MAC_LLDP)).policies, 2);
}

static void ten_thousand_who_ask_in_one_second_get_at_most_six_answers_of_each_protocol(void **state)
{
    struct lldp l = phone_lldp();
    (void)state;
    begin_without_look(PLACES);
    announce();
    run(now + 10 * SECOND);
    seen_count = 0;
    face.news_left = 0; /* the news of neighbours have a limit of their own */
    unsigned cdp = 0, lldp = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        now += 100;
        if (due <= now) step(EVENT_WAKE, (struct bytes){0});
        hear_phone_cdp(numbered(i), true);
        hear_lldp(numbered(i), &l);
        cdp += frames_to(MAC_CDP), lldp += frames_to(MAC_LLDP);
        seen_count = 0;
    }
    assert_in_range(cdp, 5, 6);
    assert_in_range(lldp, 5, 6);
    assert_int_equal(interface_count(&face).asked, 20000);
    run(now + 200 * MSEC); /* and the last who asked is answered too */
    assert_int_equal(frames_to(MAC_CDP), 1);
}

static void at_the_end_both_protocols_say_farewell_with_a_time_to_live_of_0(void **state)
{
    (void)state;
    begin_without_look(PLACES);
    announce();
    interface_shutdown(&face);
    step(EVENT_WAKE, (struct bytes){0});
    assert_int_equal(frames_to(MAC_CDP), 2);
    assert_int_equal(cdp_of(last_to(MAC_CDP)).ttl, 0);
    struct lldp l = lldp_of(last_to(MAC_LLDP));
    assert_int_equal(l.ttl, 0);
    assert_true(l.system_name.len == 0 && !l.has_med && !l.has_capabilities); /* a shutdown LLDPDU is the least one */
    hear_phone_cdp(PHONE, true);
    run(now + 600 * SECOND);
    assert_int_equal(frames_to(MAC_CDP) + frames_to(MAC_LLDP), 4);
}

static void what_was_never_announced_is_not_taken_back(void **state)
{
    struct interface_announce a = ANNOUNCE;
    (void)state;
    begin_without_look(PLACES);
    a.lldp = false;
    interface_announce(&face, &a);
    step(EVENT_WAKE, (struct bytes){0});
    interface_shutdown(&face);
    step(EVENT_WAKE, (struct bytes){0});
    assert_int_equal(frames_to(MAC_CDP), 2);
    assert_int_equal(frames_to(MAC_LLDP), 0);
}

/* --- what is foreign, later --- */

static void a_foreign_server_that_comes_later_is_told_once_an_hour_and_changes_nothing(void **state)
{
    (void)state;
    begin_without_look(PLACES);
    announce();
    for (int minute = 0; minute < 90; minute++) {
        hear_reply(&OFFER);
        run(now + 60 * SECOND);
    }
    assert_int_equal(news(INTERFACE_DHCP_SERVER), 2);
    assert_int_equal(cdp_of(last_to(MAC_CDP)).voice_vlan, 100);
    assert_int_equal(frames_to(MAC_BROADCAST), 0);
}

static void another_announcer_is_told_if_its_voice_vlan_is_not_ours(void **state)
{
    (void)state;
    begin_without_look(PLACES);
    announce();
    hear_switch_cdp(100);
    assert_int_equal(news(INTERFACE_VOICE_VLAN), 0);
    run(now + 120 * SECOND);
    for (uint16_t i = 0; i < 120; i++) { /* it changes its mind each second, and is told each minute */
        hear_switch_cdp((uint16_t)(200 + i));
        run(now + SECOND);
    }
    assert_int_equal(news(INTERFACE_VOICE_VLAN), 2);
    assert_int_equal(told_number(facts(INTERFACE_VOICE_VLAN), FACT_VLAN, 0), 260);
    assert_int_equal(told_number(facts(INTERFACE_VOICE_VLAN), FACT_OLD, 0), 200);
    assert_int_equal(cdp_of(last_to(MAC_CDP)).voice_vlan, 100);
}

static void a_giver_whose_time_to_live_ends_or_that_says_farewell_makes_room_for_another(void **state)
{
    (void)state;
    begin_without_look(PLACES);
    for (uint32_t i = 0; i < INTERFACE_GIVERS + 1; i++) {
        struct cdp c = device("old", CDP_SWITCH);
        c.reply_appliance = 1, c.voice_vlan = (uint16_t)(200 + i);
        add(&c, CDP_VLAN_REPLY);
        hear_cdp(numbered(i), &c); /* 180 s */
    }
    assert_int_equal(interface_count(&face).givers_beyond, 1);
    run(now + 100 * SECOND);
    hear_switch_cdp(110);
    assert_int_equal(interface_count(&face).givers_beyond, 2); /* all are there still */
    struct cdp c = device("old", CDP_SWITCH);
    c.reply_appliance = 1, c.voice_vlan = 200;
    add(&c, CDP_VLAN_REPLY);
    hear_cdp(numbered(0), &c);
    run(now + 81 * SECOND);
    assert_int_equal(face.givers, 1); /* who was heard again */
    hear_switch_cdp(110);
    assert_int_equal(face.givers, 2);
    assert_int_equal(told_number(facts(INTERFACE_VOICE_VLAN), FACT_VLAN, 0), 110);
    c.ttl = 0;
    hear_cdp(numbered(0), &c);
    run(now + SECOND);
    assert_int_equal(face.givers, 1);
    assert_true(mac_equal(face.giver[0].mac, SWITCH));
}

/* A minute after it was told at the earliest, whatever it claims. */
static void a_giver_that_comes_and_goes_is_told_once_a_minute(void **state)
{
    (void)state;
    begin_without_look(PLACES);
    for (unsigned i = 0; i < 180; i++) {
        struct cdp c = device("flash", CDP_SWITCH);
        c.ttl = i % 2, c.reply_appliance = 1, c.voice_vlan = 300;
        add(&c, CDP_VLAN_REPLY);
        hear_cdp(SWITCH, &c);
        run(now + SECOND);
    }
    assert_in_range(news(INTERFACE_VOICE_VLAN), 2, 3);
}

static void invented_servers_and_givers_fill_their_tables_and_no_more(void **state)
{
    (void)state;
    begin_without_look(PLACES);
    for (uint32_t i = 0; i < 500; i++) {
        struct cdp c = device("x", CDP_SWITCH);
        c.reply_appliance = 1, c.voice_vlan = (uint16_t)i;
        add(&c, CDP_VLAN_REPLY);
        hear_cdp(numbered(i), &c);
        hear_reply(&(struct reply){.from = numbered(i), .id = i + 1, .vlan = -1, .type = DHCP_OFFER});
    }
    assert_int_equal(news(INTERFACE_DHCP_SERVER), INTERFACE_SERVERS);
    assert_int_equal(news(INTERFACE_VOICE_VLAN), INTERFACE_GIVERS);
    assert_int_equal(interface_count(&face).servers_beyond, 500 - INTERFACE_SERVERS);
}

static void what_is_announced_is_not_asked_for(void **state)
{
    struct interface_config config = config_of(&INTERFACE_REAL);
    (void)state;
    interface_init(&face, &config, memory, PLACES);
    interface_announce(&face, &ANNOUNCE); /* told so before the look */
    seen_count = 0;
    now = SECOND;
    step(EVENT_WAKE, (struct bytes){0});
    run(now + 5 * SECOND);
    assert_int_equal(frames_to(MAC_BROADCAST), 2); /* DHCP is looked for all the same */
    assert_int_equal(frames_to(MAC_CDP), 1);
    assert_false(cdp_of(last_to(MAC_CDP)).has & CDP_HAS(CDP_VLAN_QUERY));
    assert_int_equal(news(INTERFACE_LOOKED), 1);
}

static void a_silent_look_sends_nothing_but_the_discover(void **state)
{
    struct interface_config config = config_of(&INTERFACE_REAL);
    (void)state;
    config.silent = true;
    begin_with(&config, PLACES);
    run(20 * SECOND);
    assert_int_equal(frames_to(MAC_BROADCAST), 2);
    assert_int_equal(frames_to(MAC_CDP) + frames_to(MAC_LLDP), 0);
}

static void a_second_look_begins_anew(void **state)
{
    (void)state;
    begin();
    hear_reply(&OFFER);
    hear_switch_cdp(110);
    run(20 * SECOND);
    interface_look(&face);
    assert_true(interface_looking(&face));
    step(EVENT_WAKE, (struct bytes){0});
    run(now + 5 * SECOND);
    assert_int_equal(news(INTERFACE_LOOKED), 2);
    assert_int_equal(told_number(facts(INTERFACE_LOOKED), FACT_COUNT, 9), 0); /* the server is gone */
    assert_false(told_find(facts(INTERFACE_LOOKED), FACT_VLAN, &(struct told){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_look_sends_one_discover_by_broadcast_and_asks_switches_by_cdp_and_lldp),
        cmocka_unit_test(nothing_heard_it_asks_once_more_after_2_s_and_has_looked_after_5),
        cmocka_unit_test(an_offer_is_a_dhcp_server_and_no_second_discover_follows),
        cmocka_unit_test(a_server_that_only_answers_others_is_a_server_too),
        cmocka_unit_test(the_voice_vlan_is_looked_into_with_a_tag),
        cmocka_unit_test(what_comes_from_this_process_fools_nobody),
        cmocka_unit_test(a_switch_that_gives_a_voice_vlan_by_cdp_is_told_with_who_and_where),
        cmocka_unit_test(a_switch_that_gives_a_voice_vlan_by_lldp_med_is_told_but_a_phones_own_policy_is_not),
        cmocka_unit_test(the_first_cdp_leaves_at_once_then_each_60_s_and_lldp_each_30),
        cmocka_unit_test(without_a_voice_vlan_none_is_said),
        cmocka_unit_test(a_phones_query_is_answered_at_once_and_a_switch_is_not),
        cmocka_unit_test(an_lldp_med_endpoint_gets_three_frames_one_second_apart_with_tagged_policies),
        cmocka_unit_test(endpoints_that_were_there_before_get_their_fast_start_with_the_first_frame),
        cmocka_unit_test(ten_thousand_who_ask_in_one_second_get_at_most_six_answers_of_each_protocol),
        cmocka_unit_test(at_the_end_both_protocols_say_farewell_with_a_time_to_live_of_0),
        cmocka_unit_test(what_was_never_announced_is_not_taken_back),
        cmocka_unit_test(a_foreign_server_that_comes_later_is_told_once_an_hour_and_changes_nothing),
        cmocka_unit_test(another_announcer_is_told_if_its_voice_vlan_is_not_ours),
        cmocka_unit_test(a_giver_whose_time_to_live_ends_or_that_says_farewell_makes_room_for_another),
        cmocka_unit_test(a_giver_that_comes_and_goes_is_told_once_a_minute),
        cmocka_unit_test(invented_servers_and_givers_fill_their_tables_and_no_more),
        cmocka_unit_test(what_is_announced_is_not_asked_for),
        cmocka_unit_test(a_silent_look_sends_nothing_but_the_discover),
        cmocka_unit_test(a_second_look_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
