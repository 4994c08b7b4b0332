#include "dhcp_world.h"

/* Several wires, relays, option 82. */

static const struct dhcp_interface two[] = {{.address = IPV4(10, 0, 0, 1)}, {.address = IPV4(10, 2, 0, 1)}};
static const struct dhcp_range third_pool = {IPV4(10, 2, 0, 10), IPV4(10, 2, 0, 19)};
static struct dhcp_subnet three[3];
static struct dhcp_server_config config;
static uint8_t relay_bytes[512];

static int set_up_relay(void **state)
{
    (void)state;
    memcpy(three, subnets, sizeof subnets);
    three[2] = (struct dhcp_subnet){.network = IPV4(10, 2, 0, 0),
                                    .mask = 0xffffff00,
                                    .interface = 1,
                                    .pools = &third_pool,
                                    .pool_count = 1,
                                    .scope = {.lease = 900}};
    config = usual();
    config.interfaces = two;
    config.interface_count = 2;
    config.subnets = three;
    config.subnet_count = 3;
    init_as(&config);
    return 0;
}

static void with_option_82(struct dhcp *m, ipv4 giaddr, const char *bytes, size_t n)
{
    memcpy(relay_bytes, bytes, n);
    m->giaddr = giaddr;
    m->relay_agent = (struct bytes){relay_bytes, n};
    dhcp_set(m, DHCP_RELAY_AGENT);
}
#define OPTION_82(m, giaddr, text) with_option_82(m, giaddr, text, sizeof(text) - 1)

static void a_client_gets_its_address_from_the_subnet_of_the_wire_by_which_it_asks(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    assert_true(say_on(0, &m, IPV4_BROADCAST));
    assert_int_equal(got.yiaddr, IPV4(10, 0, 0, 100));
    assert_int_equal(got.server_id, IPV4(10, 0, 0, 1));
    assert_int_equal(got_stream, 0);
    assert_true(say_on(1, &m, IPV4_BROADCAST));
    assert_int_equal(got.yiaddr, IPV4(10, 2, 0, 10));
    assert_int_equal(got.server_id, IPV4(10, 2, 0, 1));
    assert_int_equal(got_from.address, IPV4(10, 2, 0, 1));
    assert_int_equal(got_stream, 1);
    m = selecting(1, IPV4(10, 2, 0, 10));
    m.server_id = IPV4(10, 2, 0, 1);
    assert_true(say_on(1, &m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(got.lease, 900);
}

static void a_wire_that_has_no_subnet_gets_no_answer(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    three[2].interface = DHCP_NO_INTERFACE;
    init_as(&config);
    assert_false(say_on(1, &m, IPV4_BROADCAST));
    assert_true(told(&box.out, DHCP_TOLD_NO_SUBNET));
    assert_int_equal(s.counts.no_subnet, 1);
    now += SECOND;
    assert_false(say_on(2, &m, IPV4_BROADCAST)); /* and there is no third */
    assert_true(told(&box.out, DHCP_TOLD_MALFORMED));
    assert_int_equal(s.counts.malformed, 1);
}

/* RFC 3527: the link of the client is not that of the address by which the relay is reached. */
static void link_selection_names_the_subnet_and_the_answer_goes_to_giaddr(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    OPTION_82(&m, IPV4(192, 168, 0, 1), "\x01\x02\xca\xfe\x05\x04\x0a\x01\x00\x00");
    assert_true(say(&m, SERVER));
    assert_int_equal(got.yiaddr, IPV4(10, 1, 0, 10));
    assert_int_equal(got_to.address, IPV4(192, 168, 0, 1));
    assert_int_equal(got_to.port, 67);
    assert_true(bytes_equal(got.relay_agent, m.relay_agent));
    OPTION_82(&m, 0, "\x05\x04\x0a\x01\x00\x00"); /* a client may not choose where it is */
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.yiaddr, IPV4(10, 0, 0, 100));
    OPTION_82(&m, IPV4(10, 1, 0, 254), "\x05\x03\x0a\x02\x00"); /* of a wrong length: giaddr counts */
    assert_true(say(&m, SERVER));
    assert_int_equal(got.yiaddr, IPV4(10, 1, 0, 10));
    OPTION_82(&m, IPV4(10, 1, 0, 254), "\x01\x09\x01"); /* cut short: echoed as it came */
    assert_true(say(&m, SERVER));
    assert_true(bytes_equal(got.relay_agent, m.relay_agent));
}

/* RFC 5107: the client takes the relay for the server, and renews by it. */
static void server_identifier_override_has_the_relay_asked_in_our_place(void **state)
{
    static const char sub[] = "\x0b\x04\x0a\x01\x00\xfe";
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    with_option_82(&m, RELAY, sub, 6);
    assert_true(say(&m, SERVER));
    assert_int_equal(got.server_id, SERVER); /* a setting */
    config.server_id_override = true;
    init_as(&config);
    assert_true(say(&m, SERVER));
    assert_int_equal(got.server_id, RELAY);
    ipv4 address = got.yiaddr;
    m = selecting(1, address);
    m.server_id = RELAY;
    with_option_82(&m, RELAY, sub, 6);
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_ACK);
    m = renewing(1, address);
    with_option_82(&m, RELAY, sub, 6);
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(got_to.address, RELAY);
}

static void a_port_of_a_relay_gets_no_more_leases_than_its_limit(void **state)
{
    struct dhcp m;

    (void)state;
    config.per_port = 2;
    init_as(&config);
    for (unsigned i = 1; i <= 3; i++) {
        m = message(DHCP_DISCOVER, i);
        OPTION_82(&m, RELAY, "\x01\x02\x00\x07");
        assert_int_equal(say(&m, SERVER), i <= 2);
    }
    struct bytes facts = facts_of(&box.out, DHCP_TOLD_LIMITED);
    assert_text(told_text(facts, FACT_TEXT), "0007");
    assert_int_equal(told_number(facts, FACT_ADDRESS, 0), RELAY);
    assert_false(say(&m, SERVER));
    assert_int_equal(box.out.count, 0); /* told once a second */
    assert_int_equal(s.counts.limited, 2);
    OPTION_82(&m, RELAY, "\x01\x02\x00\x08"); /* another port */
    assert_true(say(&m, SERVER));
    m = message(DHCP_DISCOVER, 1); /* who has one keeps it */
    OPTION_82(&m, RELAY, "\x01\x02\x00\x07");
    assert_true(say(&m, SERVER));
    m = selecting(1, got.yiaddr);
    OPTION_82(&m, RELAY, "\x01\x02\x00\x07");
    assert_true(say(&m, SERVER));
    now += 61 * SECOND; /* the other's offer ends, and makes room for a third */
    wake();
    m = message(DHCP_DISCOVER, 4);
    OPTION_82(&m, RELAY, "\x01\x02\x00\x07");
    assert_true(say(&m, SERVER));
    m = renewing(1, IPV4(10, 1, 0, 10)); /* by unicast, without option 82: it still counts there */
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_ACK);
    m = message(DHCP_DISCOVER, 5);
    OPTION_82(&m, RELAY, "\x01\x02\x00\x07");
    assert_false(say(&m, SERVER));
    m = selecting(5, IPV4(10, 1, 0, 40)); /* nor without an offer */
    OPTION_82(&m, RELAY, "\x01\x02\x00\x07");
    assert_false(say(&m, SERVER));
}

static void a_limit_lasts_over_a_restart(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    config.per_port = 1;
    init_as(&config);
    OPTION_82(&m, RELAY, "\x01\x02\x00\x07");
    assert_true(say(&m, SERVER));
    m = selecting(1, got.yiaddr);
    OPTION_82(&m, RELAY, "\x01\x02\x00\x07");
    assert_true(say(&m, SERVER));
    struct record r = stored_at(0);
    assert_int_equal(r.lease.relay, RELAY);
    init_as(&config);
    dhcp_server_load(&s, &r, 0);
    m = message(DHCP_DISCOVER, 2);
    OPTION_82(&m, RELAY, "\x01\x02\x00\x07");
    assert_false(say(&m, SERVER));
}

static void a_relay_gets_no_more_leases_than_its_limit(void **state)
{
    (void)state;
    config.per_relay = 3;
    init_as(&config);
    for (unsigned i = 1; i <= 4; i++) {
        struct dhcp m = message(DHCP_DISCOVER, i);
        m.giaddr = RELAY;
        assert_int_equal(say(&m, SERVER), i <= 3);
    }
    assert_int_equal(told_text(facts_of(&box.out, DHCP_TOLD_LIMITED), FACT_TEXT).len, 0);
    assert_int_not_equal(offer(9), 0); /* who asks by no relay is in no limit */
}

static void without_a_limit_one_port_may_have_the_whole_pool(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 50; i++) {
        struct dhcp m = message(DHCP_DISCOVER, i);
        OPTION_82(&m, RELAY, "\x01\x02\x00\x07");
        assert_true(say(&m, SERVER));
        m = selecting(i, got.yiaddr);
        OPTION_82(&m, RELAY, "\x01\x02\x00\x07");
        assert_true(say(&m, SERVER));
        assert_int_equal(got.type, DHCP_ACK);
    }
    assert_int_equal(s.pool[1].bound, 50);
}

static void a_nak_to_a_renewal_over_routers_goes_to_the_client_itself(void **state)
{
    struct dhcp m = renewing(7, IPV4(10, 1, 0, 20));

    (void)state;
    assert_true(say_on(1, &m, IPV4(10, 2, 0, 1)));
    assert_int_equal(got.type, DHCP_NAK);
    assert_int_equal(got_to.address, IPV4(10, 1, 0, 20));
    assert_int_equal(got.server_id, IPV4(10, 2, 0, 1));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up_relay, tear_down)
/* Two servers share a subnet behind a relay, which asks both: what the other one gave is its own to renew. */
static void a_relayed_client_of_another_server_is_left_in_peace(void **state)
{
    struct dhcp m = renewing(1, IPV4(10, 1, 0, 200));

    (void)state;
    m.giaddr = RELAY;
    assert_false(say(&m, SERVER));
    m = rebooting(1, IPV4(10, 1, 0, 200));
    m.giaddr = RELAY;
    assert_false(say(&m, SERVER));
    m = renewing(1, IPV4(10, 1, 0, 59)); /* of our own pool: nobody else answers for it */
    m.giaddr = RELAY;
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_NAK);
}

/* In a flood who asks for an address gets it though another was offered it since, but not beyond its port's limit. */
static void in_a_flood_a_port_gets_no_more_leases_than_its_limit_either(void **state)
{
    char other[] = "\x01\x02\x01\x00";
    struct dhcp m;
    ipv4 offered = 0;

    (void)state;
    config.per_port = 1;
    init_as(&config);
    m = message(DHCP_DISCOVER, 1);
    OPTION_82(&m, RELAY, "\x01\x02\x00\x07");
    assert_true(say(&m, SERVER));
    m = selecting(1, got.yiaddr);
    OPTION_82(&m, RELAY, "\x01\x02\x00\x07");
    assert_true(say(&m, SERVER));
    for (uint8_t i = 0; i < 20; i++) { /* more than a quarter of 50, each from a port of its own */
        m = message(DHCP_DISCOVER, 100u + i);
        other[3] = (char)i;
        OPTION_82(&m, RELAY, other);
        assert_true(say(&m, SERVER));
        offered = got.yiaddr;
    }
    assert_true(s.counts.starved > 0);
    m = selecting(2, offered);
    OPTION_82(&m, RELAY, "\x01\x02\x00\x07");
    assert_false(say(&m, SERVER));
    assert_int_equal(s.counts.limited, 1);
    OPTION_82(&m, RELAY, "\x01\x02\x00\x08");
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_ACK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_client_gets_its_address_from_the_subnet_of_the_wire_by_which_it_asks),
        T(a_wire_that_has_no_subnet_gets_no_answer),
        T(link_selection_names_the_subnet_and_the_answer_goes_to_giaddr),
        T(server_identifier_override_has_the_relay_asked_in_our_place),
        T(a_port_of_a_relay_gets_no_more_leases_than_its_limit),
        T(a_limit_lasts_over_a_restart),
        T(a_relay_gets_no_more_leases_than_its_limit),
        T(without_a_limit_one_port_may_have_the_whole_pool),
        T(a_nak_to_a_renewal_over_routers_goes_to_the_client_itself),
        T(a_relayed_client_of_another_server_is_left_in_peace),
        T(in_a_flood_a_port_gets_no_more_leases_than_its_limit_either),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
