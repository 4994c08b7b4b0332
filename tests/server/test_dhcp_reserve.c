#include "dhcp_world.h"

static struct dhcp_server_config config;

static int set_up_reserve(void **state)
{
    (void)state;
    config = usual();
    config.reservations_most = 8;
    init_as(&config);
    return 0;
}

static bool reserve(struct dhcp_reservation r)
{
    struct fault why;

    return dhcp_server_reserve(&s, &r, &why);
}

static struct dhcp_reservation of(uint64_t client, ipv4 address)
{
    return (struct dhcp_reservation){.by = DHCP_BY_MAC, .mac = mac_n(client), .address = address};
}

static void a_reserved_address_goes_to_its_client_in_the_pools_and_outside_of_them(void **state)
{
    (void)state;
    assert_true(reserve(of(1, IPV4(10, 0, 0, 101))));
    assert_true(reserve(of(2, IPV4(10, 0, 0, 7))));
    assert_int_equal(bind(1), IPV4(10, 0, 0, 101));
    assert_int_equal(bind(2), IPV4(10, 0, 0, 7));
    assert_int_equal(bind(3), IPV4(10, 0, 0, 100));
    struct dhcp m = renewing(2, IPV4(10, 0, 0, 7));
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_ACK);
    m = message(DHCP_RELEASE, 2);
    m.ciaddr = IPV4(10, 0, 0, 7);
    assert_false(say(&m, SERVER));
    assert_int_equal(stored_at(0).lease.state, LEASE_FREE);
    assert_int_equal(bind(2), IPV4(10, 0, 0, 7));
}

static void nobody_else_gets_a_reserved_address_not_even_by_asking_for_it(void **state)
{
    (void)state;
    assert_true(reserve(of(1, IPV4(10, 0, 0, 100))));
    assert_true(reserve(of(2, IPV4(10, 0, 0, 7))));
    assert_int_equal(bind(3), IPV4(10, 0, 0, 101));
    assert_int_equal(bind(4), IPV4(10, 0, 0, 102));
    assert_int_equal(offer(5), 0);
    struct dhcp m = message(DHCP_DISCOVER, 5);
    m.requested = IPV4(10, 0, 0, 100);
    dhcp_set(&m, DHCP_REQUESTED);
    assert_false(say(&m, IPV4_BROADCAST));
    m = selecting(5, IPV4(10, 0, 0, 100));
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_NAK);
    m = selecting(5, IPV4(10, 0, 0, 7));
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_NAK);
}

/* A phone is known by the name on its label. */
static void a_device_name_is_the_same_as_its_mac(void **state)
{
    struct dhcp_reservation r = {.by = DHCP_BY_NAME, .key = bytes_of("sep020000000001"), .address = IPV4(10, 0, 0, 50)};

    (void)state;
    assert_true(reserve(r));
    assert_int_equal(bind(1), IPV4(10, 0, 0, 50));
    assert_false(reserve(of(1, IPV4(10, 0, 0, 51)))); /* it has one in this subnet */
    assert_true(dhcp_server_unreserve(&s, &(struct dhcp_reservation){.mac = mac_n(1), .address = IPV4(10, 0, 0, 50)}));
}

static void a_client_is_also_found_by_its_host_name_or_identifier(void **state)
{
    static const uint8_t id[] = {255, 1, 2, 3, 4, 0, 3, 0, 1, 9, 9, 9, 9, 9, 9, 1, 2, 3,
                                 4,   5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9}; /* RFC 4361, over 32 bytes */
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    assert_true(reserve(
        (struct dhcp_reservation){.by = DHCP_BY_NAME, .key = bytes_of("Printer"), .address = IPV4(10, 0, 0, 60)}));
    assert_true(reserve(
        (struct dhcp_reservation){.by = DHCP_BY_CLIENT_ID, .key = {id, sizeof id}, .address = IPV4(10, 0, 0, 61)}));
    m.host_name = (struct bytes){(const uint8_t *)"PRINTER", 8};
    dhcp_set(&m, DHCP_HOST_NAME);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.yiaddr, IPV4(10, 0, 0, 60));
    m = message(DHCP_DISCOVER, 2);
    m.client_id = (struct bytes){id, sizeof id};
    dhcp_set(&m, DHCP_CLIENT_ID);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.yiaddr, IPV4(10, 0, 0, 61));
    m.chaddr = mac_n(3); /* one client, several MACs */
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.yiaddr, IPV4(10, 0, 0, 61));
    m.client_id.len--;
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.yiaddr, IPV4(10, 0, 0, 100));
}

static void a_client_has_a_reservation_in_each_subnet(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    assert_true(reserve(of(1, IPV4(10, 0, 0, 7))));
    assert_true(reserve(of(1, IPV4(10, 1, 0, 7))));
    assert_int_equal(offer(1), IPV4(10, 0, 0, 7));
    m.giaddr = RELAY;
    assert_true(say(&m, SERVER));
    assert_int_equal(got.yiaddr, IPV4(10, 1, 0, 7));
}

static void an_address_that_becomes_reserved_is_left_to_its_holder_until_it_renews(void **state)
{
    (void)state;
    ipv4 address = bind(1);
    assert_true(reserve(of(2, address)));
    assert_int_not_equal(bind(2), address); /* it is in use: another one for now */
    struct dhcp m = renewing(1, address);
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_NAK);
    m = message(DHCP_RELEASE, 1);
    m.ciaddr = address;
    (void)say(&m, SERVER);
    m = renewing(2, IPV4(10, 0, 0, 101));
    assert_true(say(&m, SERVER)); /* now it can be had: "another address is reserved" */
    assert_int_equal(got.type, DHCP_NAK);
    assert_int_equal(bind(2), address);
    assert_int_equal(s.pool[0].bound, 1);
}

static void moving_to_the_reserved_address_frees_the_other_and_stores_both(void **state)
{
    (void)state;
    ipv4 before = bind(1);
    assert_true(reserve(of(1, IPV4(10, 0, 0, 7))));
    assert_int_equal(offer(1), IPV4(10, 0, 0, 7));
    assert_int_equal(s.pool[0].bound, 1); /* an offer changes nothing of what it has */
    struct dhcp m = selecting(1, IPV4(10, 0, 0, 7));
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(stored_at(0).lease.address, before);
    assert_int_equal(stored_at(0).lease.state, LEASE_FREE);
    assert_int_equal(stored_at(1).lease.address, IPV4(10, 0, 0, 7));
    assert_int_equal(s.pool[0].bound, 1);
    assert_int_equal(s.pool[0].ready, 3);
}

static void a_declined_reserved_address_rests_and_its_client_gets_another(void **state)
{
    (void)state;
    assert_true(reserve(of(1, IPV4(10, 0, 0, 7))));
    (void)bind(1);
    struct dhcp m = message(DHCP_DECLINE, 1);
    m.requested = IPV4(10, 0, 0, 7);
    dhcp_set(&m, DHCP_REQUESTED);
    (void)say(&m, SERVER);
    assert_int_equal(offer(1), IPV4(10, 0, 0, 100));
    now += 601 * SECOND;
    wake();
    assert_int_equal(offer(1), IPV4(10, 0, 0, 7));
}

static void without_reservation_an_address_of_the_pool_is_anybodys_again_and_one_outside_nobodys(void **state)
{
    struct dhcp_reservation in = of(1, IPV4(10, 0, 0, 100)), out = of(2, IPV4(10, 0, 0, 7));

    (void)state;
    assert_true(reserve(in) && reserve(out));
    assert_int_equal(bind(2), IPV4(10, 0, 0, 7));
    assert_true(dhcp_server_unreserve(&s, &in));
    assert_false(dhcp_server_unreserve(&s, &in));
    assert_true(dhcp_server_unreserve(&s, &out));
    assert_int_equal(s.pool[0].ready, 3);
    struct dhcp m = renewing(2, IPV4(10, 0, 0, 7));
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_NAK);
    now += 3601 * SECOND;
    wake();
    for (unsigned i = 0; i < 50; i++) { /* and its place is used again */
        struct dhcp_reservation r = of(1000 + i, IPV4(10, 0, 0, 7));
        assert_true(reserve(r));
        assert_true(dhcp_server_unreserve(&s, &r));
    }
}

static void a_reservation_may_be_for_options_alone(void **state)
{
    static const uint8_t options[] = {12, 2, 'm', 'e'};
    static const struct dhcp_scope scope = {.options = {options, sizeof options}};
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    assert_true(reserve((struct dhcp_reservation){.mac = mac_n(1), .scope = &scope}));
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.yiaddr, IPV4(10, 0, 0, 100));
    assert_text(got.host_name, "me");
}

static void reservations_that_cannot_be_are_refused(void **state)
{
    struct fault why;

    (void)state;
    assert_true(reserve(of(1, IPV4(10, 0, 0, 9))));
    assert_false(reserve(of(2, IPV4(10, 0, 0, 9))));  /* another's */
    assert_false(reserve(of(1, IPV4(10, 0, 0, 10)))); /* a second one in this subnet */
    assert_false(reserve(of(2, IPV4(10, 9, 0, 10)))); /* of no subnet */
    assert_false(reserve(of(2, IPV4(10, 0, 0, 0))));
    assert_false(reserve(of(2, IPV4(10, 0, 0, 255))));
    assert_false(reserve(of(2, SERVER)));
    assert_false(reserve((struct dhcp_reservation){.by = DHCP_BY_NAME, .address = IPV4(10, 0, 0, 10)}));
    for (unsigned i = 2; i < 9; i++) assert_true(reserve(of(i, IPV4(10, 0, 0, 10 + i))));
    assert_false(
        dhcp_server_reserve(&s, &(struct dhcp_reservation){.mac = mac_n(99), .address = IPV4(10, 0, 0, 33)}, &why));
    assert_string_equal(why.what, "no room for a reservation");
}

static void ten_thousand_reservations_are_taken_at_the_start(void **state)
{
    enum { N = 10000 };
    static struct dhcp_reservation r[N];
    struct dhcp_subnet wide = subnets[0];
    struct dhcp_range pool = {IPV4(10, 0, 100, 1), IPV4(10, 0, 100, 9)};

    (void)state;
    wide.mask = 0xffff0000;
    wide.pools = &pool;
    config.subnets = &wide;
    config.subnet_count = 1;
    config.reservations = r;
    config.reservation_count = N;
    for (uint32_t i = 0; i < N; i++) r[i] = of(i + 1, IPV4(10, 0, 1, 0) + i);
    init_as(&config);
    for (uint32_t i = 0; i < N; i += 997) assert_int_equal(bind(i + 1), IPV4(10, 0, 1, 0) + i);
    r[N - 1].address = r[0].address;
    struct fault why;
    assert_false(dhcp_server_init(&s, &config, memory, dhcp_server_size(&config), &why));
    assert_int_equal(why.at, N - 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up_reserve, tear_down)
/* A network card's boot ROM and each system behind it call themselves by another identifier, or by none; so do a
 * phone's old and new load. Its address is reserved for the machine. */
static void a_machine_keeps_the_address_reserved_by_its_mac_under_each_identifier(void **state)
{
    struct dhcp m;

    (void)state;
    assert_true(reserve(of(1, IPV4(10, 0, 0, 7))));
    assert_int_equal(bind(1), IPV4(10, 0, 0, 7));
    m = message(DHCP_DISCOVER, 1);
    dhcp_set(&m, DHCP_CLIENT_ID);
    m.client_id = bytes_of("\xff second stage");
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.yiaddr, IPV4(10, 0, 0, 7));
    m.type = DHCP_REQUEST;
    dhcp_set(&m, DHCP_SERVER_ID);
    dhcp_set(&m, DHCP_REQUESTED);
    m.server_id = SERVER;
    m.requested = IPV4(10, 0, 0, 7);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(got.yiaddr, IPV4(10, 0, 0, 7));
    m = rebooting(1, IPV4(10, 0, 0, 7));
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(s.pool[0].bound, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_reserved_address_goes_to_its_client_in_the_pools_and_outside_of_them),
        T(nobody_else_gets_a_reserved_address_not_even_by_asking_for_it),
        T(a_device_name_is_the_same_as_its_mac),
        T(a_client_is_also_found_by_its_host_name_or_identifier),
        T(a_client_has_a_reservation_in_each_subnet),
        T(an_address_that_becomes_reserved_is_left_to_its_holder_until_it_renews),
        T(moving_to_the_reserved_address_frees_the_other_and_stores_both),
        T(a_declined_reserved_address_rests_and_its_client_gets_another),
        T(without_reservation_an_address_of_the_pool_is_anybodys_again_and_one_outside_nobodys),
        T(a_reservation_may_be_for_options_alone),
        T(reservations_that_cannot_be_are_refused),
        T(ten_thousand_reservations_are_taken_at_the_start),
        T(a_machine_keeps_the_address_reserved_by_its_mac_under_each_identifier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
