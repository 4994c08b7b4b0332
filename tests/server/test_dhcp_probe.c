#include "dhcp_world.h"
#include "wire/arp.h"
#include "wire/ethernet.h"

static const struct mac stranger = {{2, 5, 5, 5, 5, 5}};
static struct dhcp_server_config config;

static int set_up_probe(void **state)
{
    (void)state;
    config = usual();
    config.probe = true;
    config.probes = 2;
    init_as(&config);
    return 0;
}

/* The ARP probe in the outbox; 0: there is none. */
static ipv4 probed(void)
{
    struct ethernet e;
    struct arp a;
    struct fault why;
    int at = found_at(&box.out, ACTION_FRAME, 0);

    if (at < 0) return 0;
    assert_int_equal(box.actions[at].stream, 0);
    assert_true(ethernet_decode(&e, payload(&box.out, (uint32_t)at), &why));
    assert_true(arp_decode(&a, e.payload, &why));
    assert_true(mac_equal(e.to, MAC_BROADCAST) && mac_equal(e.from, interfaces[0].mac));
    assert_int_equal(a.op, ARP_REQUEST);
    assert_int_equal(a.sender, 0); /* RFC 5227, 2.1.1 */
    assert_true(mac_equal(a.sender_mac, interfaces[0].mac));
    return a.target;
}

static uint16_t arp_vlan; /* 0: no tag */

static void arp(enum arp_op op, struct mac from, ipv4 sender, ipv4 target)
{
    uint8_t bytes[128];
    struct writer w = writer(bytes, sizeof bytes);
    size_t begun = ethernet_begin(
        &w, &(struct ethernet){
                .to = MAC_BROADCAST, .from = from, .type = TYPE_ARP, .tagged = arp_vlan != 0, .vlan = arp_vlan});

    arp_encode(&w, &(struct arp){.op = op, .sender_mac = from, .sender = sender, .target = target});
    ethernet_end(&w, begun);
    step_with(&(struct event){.kind = EVENT_FRAME, .stream = 0, .bytes = written(&w)});
}

static void an_offer_waits_for_two_probes_that_nobody_answers(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    assert_false(say(&m, IPV4_BROADCAST));
    assert_int_equal(probed(), IPV4(10, 0, 0, 100));
    assert_true(due == now + 250 * MSEC);
    now = due;
    wake();
    assert_int_equal(probed(), IPV4(10, 0, 0, 100));
    assert_false(heard());
    assert_true(due == now + 250 * MSEC);
    now = due;
    wake();
    assert_true(heard());
    assert_int_equal(got.type, DHCP_OFFER);
    assert_int_equal(got.yiaddr, IPV4(10, 0, 0, 100));
    assert_int_equal(got.xid, m.xid);
    assert_true(mac_equal(got_to.mac, mac_n(1)));
    assert_true(due == now + 60 * SECOND);
    m = selecting(1, got.yiaddr);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(s.counts.probes, 2);
}

static void an_address_that_is_in_use_rests_and_the_next_one_is_probed(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    (void)say(&m, IPV4_BROADCAST);
    arp(ARP_REPLY, stranger, IPV4(10, 0, 0, 100), 0);
    struct bytes facts = facts_of(&box.out, DHCP_TOLD_CONFLICT);
    assert_int_equal(told_number(facts, FACT_ADDRESS, 0), IPV4(10, 0, 0, 100));
    assert_int_equal(told_number(facts, FACT_MAC, 0), mac_number(stranger));
    assert_int_equal(stored_at(0).lease.state, LEASE_QUARANTINED);
    assert_int_equal(probed(), IPV4(10, 0, 0, 101));
    assert_int_equal(s.pool[0].quarantined, 1);
    now += 250 * MSEC;
    wake();
    now += 250 * MSEC;
    wake();
    assert_true(heard());
    assert_int_equal(got.yiaddr, IPV4(10, 0, 0, 101));
    now += 700 * SECOND; /* it has rested, and is probed again */
    wake();
    assert_int_equal(s.pool[0].quarantined, 0);
}

/* RFC 5227, 2.1.1: also who probes for it at the same time, but not the client itself, nor we. */
static void a_probe_of_another_is_a_conflict_and_what_the_client_or_we_say_is_none(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    (void)say(&m, IPV4_BROADCAST);
    arp(ARP_REPLY, mac_n(1), IPV4(10, 0, 0, 100), 0);
    arp(ARP_REQUEST, interfaces[0].mac, 0, IPV4(10, 0, 0, 100));
    arp(ARP_REQUEST, stranger, IPV4(10, 0, 0, 50), IPV4(10, 0, 0, 100)); /* an ordinary question */
    arp(ARP_REPLY, stranger, IPV4(10, 0, 0, 101), 0);                    /* one that is not probed */
    arp(ARP_REPLY, stranger, 0, IPV4(10, 0, 0, 100));
    assert_int_equal(s.counts.conflicts, 0);
    assert_int_equal(box.out.count, 0);
    arp(ARP_REQUEST, stranger, 0, IPV4(10, 0, 0, 100));
    assert_int_equal(s.counts.conflicts, 1);
}

static void an_address_that_was_leased_before_or_is_reserved_or_behind_a_relay_is_not_probed(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);
    struct fault why;

    (void)state;
    (void)say(&m, IPV4_BROADCAST);
    m = selecting(1, IPV4(10, 0, 0, 100)); /* it does not wait */
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_ACK);
    assert_true(due == now + 3600 * SECOND);
    m = message(DHCP_RELEASE, 1);
    m.ciaddr = IPV4(10, 0, 0, 100);
    (void)say(&m, SERVER);
    m = message(DHCP_DISCOVER, 2);
    m.requested = IPV4(10, 0, 0, 100);
    dhcp_set(&m, DHCP_REQUESTED);
    assert_true(say(&m, IPV4_BROADCAST));
    m = message(DHCP_DISCOVER, 3);
    m.giaddr = RELAY;
    assert_true(say(&m, SERVER));
    config.reservations_most = 1;
    init_as(&config);
    assert_true(
        dhcp_server_reserve(&s, &(struct dhcp_reservation){.mac = mac_n(4), .address = IPV4(10, 0, 0, 7)}, &why));
    assert_int_equal(offer(4), IPV4(10, 0, 0, 7));
    assert_int_equal(s.counts.probes, 0);
}

static void a_client_that_repeats_itself_gets_one_offer_for_its_latest_discover(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    (void)say(&m, IPV4_BROADCAST);
    m.xid = 77;
    now += 100 * MSEC;
    assert_false(say(&m, IPV4_BROADCAST));
    assert_int_equal(box.out.count, 0);
    now += 150 * MSEC;
    wake();
    now += 250 * MSEC;
    wake();
    assert_true(heard());
    assert_int_equal(got.xid, 77);
}

static void a_discover_that_is_too_long_to_be_kept_is_offered_for_unprobed(void **state)
{
    static uint8_t long_name[255];
    struct dhcp m = message(DHCP_DISCOVER, 51);

    (void)state;
    m.vendor_class = m.host_name = (struct bytes){long_name, sizeof long_name};
    dhcp_set(&m, DHCP_CLASS);
    dhcp_set(&m, DHCP_HOST_NAME);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(s.counts.unprobed, 1);
}

static void a_flood_of_probes_is_bounded_by_its_table(void **state)
{
    struct dhcp_range pool = {IPV4(10, 0, 0, 100), IPV4(10, 0, 0, 199)};
    struct dhcp_subnet wide[2] = {subnets[0], subnets[1]};

    (void)state;
    wide[0].pools = &pool;
    config.subnets = wide;
    init_as(&config);
    for (unsigned i = 0; i < 20; i++) {
        struct dhcp m = message(DHCP_DISCOVER, i);
        assert_int_equal(say(&m, IPV4_BROADCAST), i >= 2);
    }
    assert_int_equal(s.counts.unprobed, 18);
    now += 250 * MSEC;
    wake();
    assert_int_equal(count_of(&box.out, ACTION_FRAME), 2);
    now += 250 * MSEC;
    wake();
    assert_int_equal(count_of(&box.out, ACTION_DATAGRAM), 2);
    struct dhcp m = message(DHCP_DISCOVER, 50);
    assert_false(say(&m, IPV4_BROADCAST)); /* their places are free again */
}

static void somebody_who_answers_for_every_address_is_asked_four_times_a_discover(void **state)
{
    struct dhcp_range pool = {IPV4(10, 0, 0, 100), IPV4(10, 0, 0, 199)};
    struct dhcp_subnet wide[2] = {subnets[0], subnets[1]};
    struct dhcp m = message(DHCP_DISCOVER, 1);
    unsigned asked = 0;

    (void)state;
    wide[0].pools = &pool;
    config.subnets = wide;
    init_as(&config);
    (void)say(&m, IPV4_BROADCAST);
    for (ipv4 a = probed(); a; a = probed(), asked++) arp(ARP_REPLY, stranger, a, 0);
    assert_int_equal(asked, 4);
    assert_false(heard());
}

static void a_client_that_chose_another_server_ends_its_probe(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    (void)say(&m, IPV4_BROADCAST);
    m = selecting(1, IPV4(10, 0, 0, 9));
    m.server_id = IPV4(10, 0, 0, 9);
    (void)say(&m, IPV4_BROADCAST);
    assert_true(due == NEVER);
    arp(ARP_REPLY, stranger, IPV4(10, 0, 0, 100), 0);
    assert_int_equal(box.out.count, 0);
}

/* A voice VLAN's frames come with their tag, where no kernel takes it off. */
static void an_answer_with_a_tag_is_an_answer(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    arp_vlan = 110;
    (void)say(&m, IPV4_BROADCAST);
    arp(ARP_REPLY, stranger, IPV4(10, 0, 0, 100), 0);
    arp_vlan = 0;
    assert_int_equal(s.counts.conflicts, 1);
    assert_int_equal(probed(), IPV4(10, 0, 0, 101));
}

static void frames_that_are_no_arp_change_nothing(void **state)
{
    static const uint8_t garbage[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 5, 5, 5, 5, 5, 8, 6, 0, 9};
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    (void)say(&m, IPV4_BROADCAST);
    for (size_t n = 0; n <= sizeof garbage; n++) step_with(&(struct event){.kind = EVENT_FRAME, .bytes = {garbage, n}});
    step_with(&(struct event){.kind = EVENT_FRAME, .stream = 9, .bytes = {garbage, sizeof garbage}});
    assert_int_equal(box.out.count, 0);
    assert_int_equal(s.counts.conflicts, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up_probe, tear_down)
static void an_address_that_was_found_in_use_is_probed_again_also_after_a_restart(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    (void)say(&m, IPV4_BROADCAST);
    arp(ARP_REPLY, stranger, IPV4(10, 0, 0, 100), IPV4(10, 0, 0, 1));
    struct record conflict = stored_at(0);
    init_as(&config);
    dhcp_server_load(&s, &conflict, now);
    assert_int_equal(s.pool[0].quarantined, 1);
    dhcp_server_load(&s, &conflict, now); /* it may be loaded again */
    assert_int_equal(s.pool[0].quarantined, 1);
    now += 700 * SECOND;
    wake();
    assert_int_equal(s.pool[0].quarantined, 0);
    m = message(DHCP_DISCOVER, 2);
    m.requested = IPV4(10, 0, 0, 100);
    dhcp_set(&m, DHCP_REQUESTED);
    assert_false(say(&m, IPV4_BROADCAST));
    assert_int_equal(probed(), IPV4(10, 0, 0, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_offer_waits_for_two_probes_that_nobody_answers),
        T(an_address_that_is_in_use_rests_and_the_next_one_is_probed),
        T(a_probe_of_another_is_a_conflict_and_what_the_client_or_we_say_is_none),
        T(an_address_that_was_leased_before_or_is_reserved_or_behind_a_relay_is_not_probed),
        T(a_client_that_repeats_itself_gets_one_offer_for_its_latest_discover),
        T(a_discover_that_is_too_long_to_be_kept_is_offered_for_unprobed),
        T(a_flood_of_probes_is_bounded_by_its_table),
        T(somebody_who_answers_for_every_address_is_asked_four_times_a_discover),
        T(a_client_that_chose_another_server_ends_its_probe),
        T(an_answer_with_a_tag_is_an_answer),
        T(frames_that_are_no_arp_change_nothing),
        T(an_address_that_was_found_in_use_is_probed_again_also_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
