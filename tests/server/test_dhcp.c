#include "dhcp_world.h"

static void a_phone_is_offered_an_address_with_router_lease_and_the_tftp_server_in_all_three_ways(void **state)
{
    (void)state;
    assert_int_equal(offer(1), IPV4(10, 0, 0, 100));
    assert_int_equal(got.server_id, SERVER);
    assert_int_equal(got.mask, 0xffffff00);
    assert_int_equal(got.routers.at[0], IPV4(10, 0, 0, 254));
    assert_int_equal(got.lease, 3600);
    assert_int_equal(got.t1, 1800);
    assert_int_equal(got.t2, 3150);
    assert_int_equal(got.tftp.count, 2);
    assert_int_equal(got.tftp.at[0], SERVER);
    assert_int_equal(got.tftp.at[1], IPV4(10, 0, 0, 2));
    assert_text(got.tftp_name, "10.0.0.1");
    assert_int_equal(got.siaddr, SERVER);
    assert_int_equal(count_of(&box.out, ACTION_STORE), 0); /* an offer promises nothing */
    assert_true(told(&box.out, DHCP_TOLD_OFFERED));
}

static void the_lease_is_stored_before_its_ack(void **state)
{
    struct record r;
    struct fault why;

    (void)state;
    ipv4 address = bind(1);
    int store = found_at(&box.out, ACTION_STORE, 0), ack = found_at(&box.out, ACTION_DATAGRAM, 0);
    assert_true(store >= 0 && store < ack);
    assert_true(record_decode(&r, payload(&box.out, (uint32_t)store), &why));
    assert_int_equal(r.lease.address, address);
    assert_int_equal(r.lease.state, LEASE_BOUND);
    assert_true(r.lease.until == WALL + 10 + 3600); /* wall time */
    assert_text(told_text(facts_of(&box.out, DHCP_TOLD_BOUND), FACT_WHY), "selecting");
}

/* RFC 2131, 4.1, paragraph on the broadcast bit. */
static void an_answer_goes_to_the_new_address_and_its_mac_unless_the_broadcast_bit_is_set(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got_to.address, got.yiaddr);
    assert_int_equal(got_to.port, 68);
    assert_true(mac_equal(got_to.mac, mac_n(1)));
    m.broadcast = true;
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got_to.address, IPV4_BROADCAST);
    assert_true(mac_is_none(got_to.mac));
    assert_true(got.broadcast);
}

static void a_relayed_request_gets_its_subnet_by_giaddr_and_option_82_back(void **state)
{
    static const uint8_t circuit[] = {1, 2, 0xca, 0xfe};
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    m.giaddr = RELAY;
    m.relay_agent = (struct bytes){circuit, sizeof circuit};
    dhcp_set(&m, DHCP_RELAY_AGENT);
    assert_true(say(&m, SERVER));
    assert_int_equal(got.yiaddr, IPV4(10, 1, 0, 10));
    assert_int_equal(got.lease, 600);
    assert_int_equal(got_to.address, RELAY);
    assert_int_equal(got_to.port, 67);
    assert_true(bytes_equal(got.relay_agent, m.relay_agent));
    m.giaddr = IPV4(192, 168, 9, 1);
    assert_false(say(&m, SERVER));
    assert_true(told(&box.out, DHCP_TOLD_NO_SUBNET));
}

static void the_same_client_is_offered_the_same_address_again_and_another_client_another(void **state)
{
    (void)state;
    ipv4 first = offer(1);
    assert_int_equal(offer(1), first);
    assert_int_not_equal(offer(2), first);
    ipv4 third = bind(3);
    assert_int_equal(offer(3), third); /* also one that it holds */
}

static void the_address_that_is_asked_for_is_given_when_it_is_free(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    dhcp_set(&m, DHCP_REQUESTED);
    m.requested = IPV4(10, 0, 0, 102);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.yiaddr, IPV4(10, 0, 0, 102));
    m = message(DHCP_DISCOVER, 2);
    dhcp_set(&m, DHCP_REQUESTED);
    m.requested = IPV4(10, 0, 0, 102);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.yiaddr, IPV4(10, 0, 0, 100)); /* it is offered to another */
}

static void a_client_is_known_by_its_identifier_before_its_mac(void **state)
{
    static const uint8_t one[] = {1, 2, 0, 0, 0, 0, 9}, long_id[40] = {255, 1};
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    m.client_id = (struct bytes){one, sizeof one};
    dhcp_set(&m, DHCP_CLIENT_ID);
    assert_true(say(&m, IPV4_BROADCAST));
    ipv4 first = got.yiaddr;
    assert_true(bytes_equal(got.client_id, m.client_id)); /* RFC 6842 */
    m.chaddr = mac_n(2);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.yiaddr, first);
    m.client_id = (struct bytes){long_id, sizeof long_id};
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_not_equal(got.yiaddr, first);
    first = got.yiaddr;
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.yiaddr, first);
}

static void a_client_that_discovers_again_keeps_its_lease_whatever_becomes_of_the_offer(void **state)
{
    (void)state;
    ipv4 address = bind(1);
    assert_int_equal(offer(1), address);
    now += 61 * SECOND;
    wake();
    assert_true(due == (10 + 3600) * SECOND);
    for (unsigned i = 2; i <= 4; i++) assert_int_not_equal(offer(i), address);
}

static void an_offer_keeps_its_address_for_a_minute_and_then_others_may_have_it(void **state)
{
    (void)state;
    (void)bind(1);
    (void)bind(2);
    assert_int_equal(offer(3), IPV4(10, 0, 0, 102));
    assert_true(due == now + 60 * SECOND);
    now += 59 * SECOND;
    wake();
    assert_int_equal(s.pool[0].offered, 1);
    now += SECOND;
    wake();
    assert_int_equal(s.pool[0].offered, 0);
    assert_int_equal(offer(4), IPV4(10, 0, 0, 102));
}

static void with_no_address_left_there_is_no_offer_and_that_is_told_once_a_second(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 3; i++) (void)bind(i);
    assert_int_equal(offer(4), 0);
    assert_int_equal(told_number(facts_of(&box.out, DHCP_TOLD_EXHAUSTED), FACT_ADDRESS, 0), IPV4(10, 0, 0, 100));
    assert_int_equal(offer(5), 0);
    assert_int_equal(box.out.count, 0);
    now += SECOND;
    assert_int_equal(offer(4), 0);
    assert_int_equal(told_number(facts_of(&box.out, DHCP_TOLD_EXHAUSTED), FACT_COUNT, 0), 3);
}

/* Of 50 free addresses 12 are held at most. */
static void offers_that_nobody_took_hold_a_quarter_of_the_pool_and_the_oldest_goes_first(void **state)
{
    ipv4 first[13];

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        struct dhcp m = message(DHCP_DISCOVER, 100 + i);
        m.giaddr = RELAY;
        assert_true(say(&m, SERVER)); /* a flood shuts nobody out */
        if (i < 13) first[i] = got.yiaddr;
        assert_int_equal(s.pool[1].waiting, i < 12 ? i + 1 : 12);
        assert_int_equal(told(&box.out, DHCP_TOLD_STARVED), i == 12);
        if (i != 12) continue;
        assert_int_equal(told_number(facts_of(&box.out, DHCP_TOLD_STARVED), FACT_ADDRESS, 0), first[0]);
        m = selecting(100, first[0]); /* it was taken back, and nobody else was offered it yet */
        m.giaddr = RELAY;
        assert_true(say(&m, SERVER));
        assert_int_equal(got.type, DHCP_ACK);
    }
    assert_int_equal(s.counts.starved, 1000 - 12);
    assert_int_equal(s.counts.exhausted, 0);
}

/* 3,000 a second: each offer is another's again before its client has chosen. */
static void in_a_flood_who_asks_for_an_address_gets_it_though_it_was_offered_to_somebody_else_since(void **state)
{
    ipv4 wanted = 0;

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        struct dhcp m = message(DHCP_DISCOVER, 100 + i);
        m.giaddr = RELAY;
        assert_true(say(&m, SERVER));
        if (i == 20) wanted = got.yiaddr;
    }
    struct dhcp m = selecting(120, wanted);
    m.giaddr = RELAY;
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(got.yiaddr, wanted);
    m = selecting(121, wanted); /* what is bound is bound */
    m.giaddr = RELAY;
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_NAK);
    now += 11 * SECOND; /* the flood is over: an offer holds again */
    m = message(DHCP_DISCOVER, 500);
    m.giaddr = RELAY;
    assert_true(say(&m, SERVER));
    wanted = got.yiaddr;
    s.pool[1].starved_until = 0; /* that took one more back */
    m = selecting(501, wanted);
    m.giaddr = RELAY;
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_NAK);
}

static void a_client_that_chose_another_server_frees_our_offer(void **state)
{
    (void)state;
    (void)bind(1);
    (void)bind(2);
    ipv4 address = offer(3);
    struct dhcp m = selecting(3, address);
    m.server_id = IPV4(10, 0, 0, 9);
    assert_false(say(&m, IPV4_BROADCAST));
    assert_int_equal(box.out.count, 0);
    assert_int_equal(s.pool[0].ready, 1);
    assert_int_equal(offer(4), address);
}

static void selecting_an_address_of_another_gets_a_nak_by_broadcast(void **state)
{
    (void)state;
    ipv4 address = bind(1);
    struct dhcp m = selecting(2, address);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_NAK);
    assert_int_equal(got.yiaddr, 0);
    assert_int_equal(got_to.address, IPV4_BROADCAST);
    assert_int_equal(count_of(&box.out, ACTION_STORE), 0);
    m = selecting(2, IPV4(10, 0, 0, 7)); /* and one outside of the pool */
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_NAK);
    m.giaddr = RELAY; /* by way of a relay: with the broadcast bit, 4.3.2 */
    assert_true(say(&m, SERVER));
    assert_int_equal(got_to.address, RELAY);
    assert_int_equal(got_to.port, 67);
    assert_true(got.broadcast);
}

static void an_offer_that_we_forgot_in_a_restart_is_granted_while_its_address_is_free(void **state)
{
    (void)state;
    ipv4 address = offer(1);
    init(WALL);
    struct dhcp m = selecting(1, address);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_ACK);
}

static void init_reboot_keeps_the_address_of_a_client_that_we_know(void **state)
{
    (void)state;
    ipv4 address = bind(1);
    struct dhcp m = rebooting(1, address);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_ACK);
    assert_text(told_text(facts_of(&box.out, DHCP_TOLD_BOUND), FACT_WHY), "init-reboot");
}

/* RFC 2131, 4.3.2: "If the DHCP server detects that the client is on the wrong net ... SHOULD send a DHCPNAK". */
static void init_reboot_on_the_wrong_network_or_with_the_address_of_another_gets_a_nak(void **state)
{
    struct dhcp m = rebooting(1, IPV4(10, 1, 0, 10));

    (void)state;
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_NAK);
    assert_text(got.message, "wrong network");
    ipv4 address = bind(2);
    m = rebooting(1, address);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_NAK);
    assert_text(got.message, "not your address");
    m = rebooting(2, IPV4(10, 0, 0, 102)); /* we know it under another address */
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_NAK);
}

/* RFC 2131, 4.3.2: "If the DHCP server has no record of this client, then it MUST remain silent": others may have. Who
 * is set to be authoritative knows that there are none, at least of its own pools. */
static void init_reboot_of_an_unknown_client_gets_a_nak_of_an_authoritative_server_and_silence_of_others(void **state)
{
    struct dhcp_server_config config = usual();
    struct dhcp m = rebooting(1, IPV4(10, 0, 0, 101));

    (void)state;
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_NAK);
    assert_text(got.message, "no such lease");
    struct dhcp elsewhere = rebooting(1, IPV4(10, 0, 0, 50)); /* of the subnet, but none of ours to give */
    assert_false(say(&elsewhere, IPV4_BROADCAST));
    config.authoritative = false;
    init_as(&config);
    assert_false(say(&m, IPV4_BROADCAST));
    assert_false(say(&elsewhere, IPV4_BROADCAST));
    m = rebooting(1, IPV4(10, 1, 0, 10)); /* nor does it speak of other networks */
    assert_false(say(&m, IPV4_BROADCAST));
    m = renewing(1, IPV4(10, 0, 0, 101));
    assert_false(say(&m, SERVER));
    assert_int_equal(box.out.count, 0);
    ipv4 address = bind(2);
    m = rebooting(1, address); /* but what it gave to another it knows */
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_NAK);
}

static void renewing_extends_the_lease_and_is_answered_to_ciaddr(void **state)
{
    (void)state;
    ipv4 address = bind(1);
    now += 1800 * SECOND;
    struct dhcp m = renewing(1, address);
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(got.ciaddr, address);
    assert_int_equal(got_to.address, address);
    assert_true(due == now + 3600 * SECOND);
    assert_text(told_text(facts_of(&box.out, DHCP_TOLD_BOUND), FACT_WHY), "renewing");
    now += 3150 * SECOND;
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_ACK);
    assert_text(told_text(facts_of(&box.out, DHCP_TOLD_BOUND), FACT_WHY), "rebinding");
}

static void a_routed_phone_renews_by_its_own_subnet(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    m.giaddr = RELAY;
    assert_true(say(&m, SERVER));
    m = selecting(1, got.yiaddr);
    m.giaddr = RELAY;
    assert_true(say(&m, SERVER));
    m = renewing(1, got.yiaddr);
    assert_true(say(&m, SERVER)); /* no giaddr: the router forwards it as it is */
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(got.lease, 600);
    m = renewing(2, IPV4(10, 1, 0, 40));
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_NAK);
    assert_int_equal(got_to.address, IPV4(10, 1, 0, 40)); /* a broadcast here would not reach it */
}

static void renewing_what_we_do_not_know_gets_a_nak(void **state)
{
    struct dhcp m = renewing(1, IPV4(10, 0, 0, 50));

    (void)state;
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_NAK);
    assert_int_equal(got_to.address, IPV4_BROADCAST);
    assert_false(say(&m, IPV4_BROADCAST)); /* another server may know it: the address is in none of our pools */
    ipv4 address = bind(2);
    m = renewing(1, address);
    assert_true(say(&m, IPV4_BROADCAST)); /* but not this one */
    assert_int_equal(got.type, DHCP_NAK);
}

/* A phone that was in the data VLAN and is now in the voice VLAN. */
static void rebinding_from_another_wire_gets_a_nak(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    m.giaddr = RELAY;
    assert_true(say(&m, SERVER));
    m = selecting(1, got.yiaddr);
    m.giaddr = RELAY;
    assert_true(say(&m, SERVER));
    m = renewing(1, got.yiaddr);
    assert_true(say(&m, IPV4_BROADCAST)); /* heard on the wire of 10.0.0.0 */
    assert_int_equal(got.type, DHCP_NAK);
    assert_text(got.message, "wrong network");
    assert_int_equal(got_to.address, IPV4_BROADCAST);
}

static void a_lease_runs_out_and_its_client_gets_it_again_while_it_is_free(void **state)
{
    (void)state;
    ipv4 address = bind(1);
    assert_true(due == now + 3600 * SECOND);
    now = due;
    wake();
    assert_true(told(&box.out, DHCP_TOLD_EXPIRED));
    assert_true(due == NEVER);
    assert_int_not_equal(offer(2), address); /* others first get those that were free longer */
    assert_int_equal(offer(1), address);
}

static void release_frees_the_address_and_stores_that(void **state)
{
    struct record r;
    struct fault why;

    (void)state;
    ipv4 address = bind(1);
    struct dhcp m = message(DHCP_RELEASE, 2);
    m.ciaddr = address;
    assert_false(say(&m, SERVER)); /* not its own */
    assert_int_equal(box.out.count, 0);
    m.chaddr = mac_n(1);
    assert_false(say(&m, SERVER));
    assert_true(told(&box.out, DHCP_TOLD_RELEASED));
    assert_true(record_decode(&r, payload(&box.out, (uint32_t)found_at(&box.out, ACTION_STORE, 0)), &why));
    assert_int_equal(r.lease.state, LEASE_FREE);
    assert_true(due == NEVER);
}

static void a_declined_address_rests_for_ten_minutes(void **state)
{
    (void)state;
    ipv4 address = bind(1);
    struct dhcp m = message(DHCP_DECLINE, 1);
    m.requested = address;
    m.server_id = SERVER;
    dhcp_set(&m, DHCP_REQUESTED);
    dhcp_set(&m, DHCP_SERVER_ID);
    assert_false(say(&m, IPV4_BROADCAST));
    assert_int_equal(told_number(facts_of(&box.out, DHCP_TOLD_DECLINED), FACT_WAIT, 0), 600);
    assert_int_equal(count_of(&box.out, ACTION_STORE), 1);
    assert_int_not_equal(bind(1), address);
    assert_int_not_equal(bind(2), address);
    assert_int_equal(offer(3), 0); /* the third rests */
    now += 601 * SECOND;
    bool again = false;
    for (unsigned i = 4; i <= 6; i++) again |= offer(i) == address;
    assert_true(again);
}

static void inform_is_answered_without_address_and_lease(void **state)
{
    struct dhcp m = message(DHCP_INFORM, 1);

    (void)state;
    m.ciaddr = IPV4(10, 0, 0, 77);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(got.yiaddr, 0);
    assert_false(dhcp_has(&got, DHCP_LEASE));
    assert_int_equal(got.tftp.at[0], SERVER);
    assert_int_equal(got_to.address, IPV4(10, 0, 0, 77));
    m.ciaddr = 0;
    assert_false(say(&m, IPV4_BROADCAST));
    uint8_t bytes[600]; /* who leaves ciaddr out is answered where it came from */
    struct writer w = writer(bytes, sizeof bytes);
    dhcp_encode(&w, &m);
    give(written(&w), IPV4(10, 0, 0, 78), IPV4_BROADCAST);
    assert_true(heard());
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(got_to.address, IPV4(10, 0, 0, 78));
}

static void leases_come_back_from_the_store_with_what_is_left_of_them(void **state)
{
    struct record r;
    struct fault why;

    (void)state;
    ipv4 address = bind(1); /* at WALL + 10, until WALL + 3610 */
    assert_true(record_decode(&r, payload(&box.out, (uint32_t)found_at(&box.out, ACTION_STORE, 0)), &why));
    init(WALL + 1010);
    dhcp_server_load(&s, &r, 0);
    now = 0;
    wake();
    assert_true(due == 2600 * SECOND);
    assert_int_not_equal(offer(2), address);
    struct dhcp m = rebooting(1, address);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_ACK);
    init(WALL + 9999); /* long after: free, but its client is still known */
    dhcp_server_load(&s, &r, 0);
    m = rebooting(1, address);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_ACK);
}

static void a_lease_that_could_not_be_stored_is_taken_back(void **state)
{
    uint8_t stored[RECORD_MOST];

    (void)state;
    ipv4 address = bind(1);
    struct bytes p = payload(&box.out, (uint32_t)found_at(&box.out, ACTION_STORE, 0));
    memcpy(stored, p.at, p.len);
    struct event e = {.kind = EVENT_UNSTORED, .bytes = {stored, p.len}};
    due = dhcp_server_step(&s, now, &e, box_empty(&box));
    assert_true(told(&box.out, DHCP_TOLD_UNSTORED));
    assert_true(due == NEVER);
    struct dhcp m = selecting(1, address); /* the client asks again */
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(count_of(&box.out, ACTION_STORE), 1);
}

static void a_renewal_that_could_not_be_stored_leaves_the_older_promise(void **state)
{
    uint8_t stored[RECORD_MOST];

    (void)state;
    ipv4 address = bind(1);
    usec old = due;
    now += 1800 * SECOND;
    struct dhcp m = renewing(1, address);
    assert_true(say(&m, SERVER));
    struct bytes p = payload(&box.out, (uint32_t)found_at(&box.out, ACTION_STORE, 0));
    memcpy(stored, p.at, p.len);
    struct event e = {.kind = EVENT_UNSTORED, .bytes = {stored, p.len}};
    due = dhcp_server_step(&s, now, &e, box_empty(&box));
    assert_true(due == old);
    assert_int_not_equal(offer(2), address);
    e.bytes = (struct bytes){0};
    (void)dhcp_server_step(&s, now, &e, box_empty(&box));
    assert_int_equal(box.out.count, 0);
}

static void the_wall_clock_may_step_and_leases_last_as_long_as_they_were_given_for(void **state)
{
    (void)state;
    ipv4 address = bind(1);
    usec before = due;
    dhcp_server_clock(&s, WALL + 100000);
    due = dhcp_server_step(&s, now, &(struct event){.kind = EVENT_CLOCK}, box_empty(&box));
    assert_true(due == before);
    assert_int_not_equal(offer(2), address);
}

static void garbage_changes_nothing_and_is_told_once_a_second(void **state)
{
    uint8_t bytes[1500];
    struct writer w = writer(bytes, sizeof bytes);
    struct dhcp m = message(DHCP_OFFER, 1);

    (void)state;
    dhcp_encode(&w, &m);
    give((struct bytes){bytes, 100}, 0, IPV4_BROADCAST);
    assert_true(told(&box.out, DHCP_TOLD_MALFORMED));
    assert_int_equal(box.out.count, 1);
    assert_false(say(&m, IPV4_BROADCAST)); /* a server's type */
    m = message(DHCP_DISCOVER, 1);
    m.op = BOOTREPLY;
    w.len = 0;
    dhcp_encode(&w, &m);
    give(written(&w), 0, IPV4_BROADCAST);
    assert_int_equal(box.out.count, 0);
    m = message(DHCP_DISCOVER, 1);
    m.chaddr = MAC_NONE;
    assert_false(say(&m, IPV4_BROADCAST));
    m.chaddr = MAC_BROADCAST;
    assert_false(say(&m, IPV4_BROADCAST));
    m = message(DHCP_REQUEST, 1); /* neither address nor server: none of the four */
    assert_false(say(&m, IPV4_BROADCAST));
    struct event other = {.kind = EVENT_DATAGRAM, .to = {.port = 69}, .bytes = written(&w)};
    (void)dhcp_server_step(&s, now, &other, box_empty(&box));
    assert_int_equal(box.out.count, 0);
    assert_int_equal(s.counts.malformed, 5);
    assert_true(due == NEVER);
}

/* Cut at each byte a DISCOVER is refused, or, where only options behind the message type are lost, still a DISCOVER. */
static void no_cut_of_a_message_does_harm(void **state)
{
    uint8_t bytes[1500];
    struct writer w = writer(bytes, sizeof bytes);
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    m.host_name = bytes_of("SEP020000000001");
    dhcp_set(&m, DHCP_HOST_NAME);
    dhcp_encode(&w, &m);
    for (size_t n = 0; n < w.len; n++) {
        give((struct bytes){bytes, n}, 0, IPV4_BROADCAST);
        assert_int_equal(heard(), n == 243 || n >= 260); /* 240 + 3, and 17 of option 12 */
    }
    assert_int_equal(s.pool[0].offered, 1);
}

static void all_of_a_pool_is_given_and_expires_in_bounded_steps(void **state)
{
    unsigned expired = 0;

    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        struct dhcp m = message(DHCP_DISCOVER, i);
        m.giaddr = RELAY;
        assert_true(say(&m, SERVER));
        m = selecting(i, got.yiaddr);
        m.giaddr = RELAY;
        assert_true(say(&m, SERVER));
    }
    now += 100000 * SECOND;
    do {
        wake();
        assert_true(box.out.count <= DHCP_SERVER_MOST && box.out.count > 0);
        expired += box.out.count;
    } while (due <= now);
    assert_int_equal(expired, 50);
}

/* Each of them changes one thing of a configuration that is sound. */
static void configurations_that_cannot_be_are_refused(void **state)
{
    static const uint8_t cut[] = {3, 4, 10, 0}, own[] = {51, 4, 0, 0, 0, 9}, odd[] = {6, 3, 10, 0, 0};
    static const struct dhcp_range overlapping[] = {{IPV4(10, 0, 0, 9), IPV4(10, 0, 0, 20)},
                                                    {IPV4(10, 0, 0, 20), IPV4(10, 0, 0, 30)}};
    static const struct {
        struct dhcp_range pool;
        const char *what;
    } pools[] = {
        {{IPV4(10, 0, 0, 100), IPV4(10, 0, 0, 99)}, "pool that ends before it begins"},
        {{IPV4(10, 0, 0, 100), IPV4(10, 0, 0, 255)}, "pool with the network's or broadcast address"},
        {{IPV4(10, 0, 0, 0), IPV4(10, 0, 0, 2)}, "pool with the network's or broadcast address"},
        {{IPV4(10, 0, 1, 1), IPV4(10, 0, 1, 2)}, "pool outside of its subnet"},
    };
    struct dhcp_subnet n[2];
    struct dhcp_server_config c = usual();
    struct dhcp_server t;
    struct fault why;

#define REFUSED(text)                                                                                                  \
    do {                                                                                                               \
        assert_int_equal(dhcp_server_size(&c), 0);                                                                     \
        assert_false(dhcp_server_init(&t, &c, memory, 1, &why));                                                       \
        assert_string_equal(why.what, text);                                                                           \
        memcpy(n, subnets, sizeof n);                                                                                  \
        c = usual();                                                                                                   \
        c.subnets = n;                                                                                                 \
    } while (0)
    (void)state;
    c.subnet_count = 0;
    REFUSED("number of subnets of the DHCP server");
    c.interface_count = DHCP_SERVER_INTERFACES + 1;
    REFUSED("number of interfaces of the DHCP server");
    for (size_t i = 0; i < ARRAY_LENGTH(pools); i++) {
        n[0].pools = &pools[i].pool;
        REFUSED(pools[i].what);
    }
    n[0].pools = overlapping;
    n[0].pool_count = 2;
    REFUSED("pools that overlap");
    n[0].excluded = &pools[0].pool;
    n[0].excluded_count = 1;
    REFUSED("exclusion that ends before it begins");
    n[1] = n[0];
    REFUSED("subnets that overlap");
    assert_int_equal(why.at, 1);
    n[1].mask = 0xfe000000; /* 10.1.0.0 has bits below it */
    REFUSED("network or mask of a subnet");
    n[1].mask = 0xff00ff00;
    REFUSED("network or mask of a subnet");
    n[1].interface = 1;
    REFUSED("interface of a subnet");
    n[1].interface = 0;
    REFUSED("two subnets on one interface");
    n[0].scope.tftps = DHCP_SERVER_TFTP + 1;
    REFUSED("number of TFTP servers");
    n[0].scope.tftp[1] = 0;
    REFUSED("address of a TFTP server");
    c.scope.options = (struct bytes){cut, sizeof cut};
    REFUSED("DHCP options of a scope");
    c.scope.options = (struct bytes){own, sizeof own};
    REFUSED("DHCP option that is not for a configuration");
    n[1].scope.options = (struct bytes){odd, sizeof odd};
    REFUSED("DHCP option that is no list of addresses");
    c.reservation_count = DHCP_SERVER_RESERVATIONS + 1;
    REFUSED("number of reservations");
    assert_false(dhcp_server_init(&t, &c, memory, dhcp_server_size(&c) - 1, &why));
    assert_string_equal(why.what, "memory of the DHCP server");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
/* RFC 2131, 4.3.2 has no server identifier in it, and some clients send one all the same. */
static void a_renewal_that_names_its_server_is_a_renewal(void **state)
{
    ipv4 address = bind(1);
    struct dhcp m = renewing(1, address);

    (void)state;
    dhcp_set(&m, DHCP_SERVER_ID);
    m.server_id = SERVER;
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(got.yiaddr, address);
    m.server_id = IPV4(10, 0, 0, 9); /* another's, by broadcast */
    assert_false(say(&m, IPV4_BROADCAST));
}

static void t1_is_before_t2_and_t2_before_the_end_whatever_is_configured(void **state)
{
    static const struct {
        uint32_t lease, t1, t2;
    } rows[] = {{3600, 0, 0}, {3600, 100, 100}, {3600, 3000, 1000}, {3600, 0, 900}, {3600, 0, 1800}, {60, 59, 60}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dhcp_subnet one = subnets[0];
        struct dhcp_server_config config = usual();
        one.scope.lease = rows[i].lease;
        one.scope.t1 = rows[i].t1;
        one.scope.t2 = rows[i].t2;
        config.subnets = &one;
        config.subnet_count = 1;
        init_as(&config);
        (void)bind(1);
        assert_true(got.t1 > 0 && got.t1 < got.t2 && got.t2 < got.lease);
    }
}

/* A machine without a battery behind its clock begins in 1970, and learns the time when its leases are given. */
static void leases_outlive_a_restart_behind_a_clock_that_stepped(void **state)
{
    enum { LATER = 1700000000 };
    struct dhcp_subnet wide = subnets[1];
    struct dhcp_server_config config = usual();
    struct record kept[50];
    size_t n = 0;

    (void)state;
    wide.interface = 0;
    config.subnets = &wide;
    config.subnet_count = 1;
    config.wall_at_start = 5;
    init_as(&config);
    for (uint64_t i = 1; i <= 50; i++) (void)bind(i);
    dhcp_server_clock(&s, LATER);
    step_with(&(struct event){.kind = EVENT_CLOCK});
    while (box.out.count) {
        for (uint32_t i = 0; i < box.out.count; i++, n++) {
            assert_true(n < 50);
            kept[n] = stored_at(i);
        }
        wake();
    }
    assert_int_equal(n, 50);
    assert_true(due > now);
    config.wall_at_start = LATER + 30;
    init_as(&config);
    for (size_t i = 0; i < n; i++) dhcp_server_load(&s, &kept[i], now);
    assert_int_equal(s.pool[0].bound, 50);
    dhcp_server_clock(&s, LATER + 31); /* one second is not worth 50 records */
    step_with(&(struct event){.kind = EVENT_CLOCK});
    assert_int_equal(box.out.count, 0);
}

static enum lease_state lease_state_of(ipv4 address)
{
    for (uint32_t i = 0; i < s.pooled; i++)
        if (s.lease[i].record.address == address) return s.lease[i].record.state;
    fail_msg("no such address");
    return LEASE_FREE;
}

/* A commit takes time, and a client that hears nothing asks again meanwhile: the second promise may hold when the first
 * could not be stored. */
static void a_failed_store_takes_nothing_of_a_later_one(void **state)
{
    uint8_t first[RECORD_MOST];
    struct dhcp m;

    (void)state;
    m = selecting(1, offer(1));
    assert_true(say(&m, IPV4_BROADCAST));
    struct bytes p = payload(&box.out, (uint32_t)found_at(&box.out, ACTION_STORE, 0));
    memcpy(first, p.at, p.len);
    now += 4 * SECOND;
    assert_true(say(&m, IPV4_BROADCAST));
    struct record second = stored_at(0);
    step_with(&(struct event){.kind = EVENT_UNSTORED, .bytes = {first, p.len}});
    now += 3598 * SECOND; /* 3600 were promised the second time */
    wake();
    assert_int_equal(lease_state_of(second.lease.address), LEASE_BOUND);
    now += 3 * SECOND;
    wake();
    assert_int_equal(lease_state_of(second.lease.address), LEASE_FREE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_phone_is_offered_an_address_with_router_lease_and_the_tftp_server_in_all_three_ways),
        T(the_lease_is_stored_before_its_ack),
        T(an_answer_goes_to_the_new_address_and_its_mac_unless_the_broadcast_bit_is_set),
        T(a_relayed_request_gets_its_subnet_by_giaddr_and_option_82_back),
        T(the_same_client_is_offered_the_same_address_again_and_another_client_another),
        T(the_address_that_is_asked_for_is_given_when_it_is_free),
        T(a_client_is_known_by_its_identifier_before_its_mac),
        T(a_client_that_discovers_again_keeps_its_lease_whatever_becomes_of_the_offer),
        T(an_offer_keeps_its_address_for_a_minute_and_then_others_may_have_it),
        T(with_no_address_left_there_is_no_offer_and_that_is_told_once_a_second),
        T(offers_that_nobody_took_hold_a_quarter_of_the_pool_and_the_oldest_goes_first),
        T(in_a_flood_who_asks_for_an_address_gets_it_though_it_was_offered_to_somebody_else_since),
        T(a_client_that_chose_another_server_frees_our_offer),
        T(selecting_an_address_of_another_gets_a_nak_by_broadcast),
        T(an_offer_that_we_forgot_in_a_restart_is_granted_while_its_address_is_free),
        T(init_reboot_keeps_the_address_of_a_client_that_we_know),
        T(init_reboot_on_the_wrong_network_or_with_the_address_of_another_gets_a_nak),
        T(init_reboot_of_an_unknown_client_gets_a_nak_of_an_authoritative_server_and_silence_of_others),
        T(renewing_extends_the_lease_and_is_answered_to_ciaddr),
        T(a_routed_phone_renews_by_its_own_subnet),
        T(renewing_what_we_do_not_know_gets_a_nak),
        T(rebinding_from_another_wire_gets_a_nak),
        T(a_lease_runs_out_and_its_client_gets_it_again_while_it_is_free),
        T(release_frees_the_address_and_stores_that),
        T(a_declined_address_rests_for_ten_minutes),
        T(inform_is_answered_without_address_and_lease),
        T(leases_come_back_from_the_store_with_what_is_left_of_them),
        T(a_lease_that_could_not_be_stored_is_taken_back),
        T(a_renewal_that_could_not_be_stored_leaves_the_older_promise),
        T(the_wall_clock_may_step_and_leases_last_as_long_as_they_were_given_for),
        T(garbage_changes_nothing_and_is_told_once_a_second),
        T(no_cut_of_a_message_does_harm),
        T(all_of_a_pool_is_given_and_expires_in_bounded_steps),
        T(configurations_that_cannot_be_are_refused),
        T(a_renewal_that_names_its_server_is_a_renewal),
        T(t1_is_before_t2_and_t2_before_the_end_whatever_is_configured),
        T(leases_outlive_a_restart_behind_a_clock_that_stepped),
        T(a_failed_store_takes_nothing_of_a_later_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
