#include "dhcp_world.h"

/* Scopes: what is told, to whom. */

static const char PHONE[] = "Cisco Systems, Inc. IP Phone CP-7940G"; /* with its NUL, as they send it */
static const struct bytes phone_class = {(const uint8_t *)PHONE, sizeof PHONE};
static uint8_t global_options[64], class_options[64], own_options[512], many[1024];
static struct writer g, c, o;
static struct dhcp_class classes[2];
static struct dhcp_subnet mine[2];
static struct dhcp_reservation reservation;
static struct dhcp_scope own;
static struct dhcp_server_config config;

static int set_up_scopes(void **state)
{
    (void)state;
    g = writer(global_options, sizeof global_options);
    c = writer(class_options, sizeof class_options);
    o = writer(own_options, sizeof own_options);
    memcpy(mine, subnets, sizeof mine);
    memset(classes, 0, sizeof classes);
    config = usual();
    config.subnets = mine;
    config.classes = classes;
    own = (struct dhcp_scope){0};
    return 0;
}

static void begin(void)
{
    config.scope.options = written(&g);
    classes[0].scope.options = written(&c);
    own.options = written(&o);
    init_as(&config);
}

static struct dhcp asking(uint64_t client, const char *codes)
{
    struct dhcp m = message(DHCP_DISCOVER, client);

    ask_for(&m, codes);
    return m;
}

static struct dhcp phone(uint64_t client)
{
    struct dhcp m = asking(client, "\x01\x42\x06\x03\x0f\x96\x23"); /* what phones ask for: 1, 66, 6, 3, 15, 150, 35 */

    dhcp_set(&m, DHCP_CLASS);
    m.vendor_class = phone_class;
    return m;
}

static void a_list_is_answered_in_its_order_and_with_nothing_else(void **state)
{
    struct dhcp m = asking(1, "\x2a\x0f\x06");
    ipv4 dns[] = {IPV4(10, 0, 0, 5), IPV4(10, 0, 0, 6)}, ntp[] = {IPV4(10, 0, 0, 7)};

    (void)state;
    dhcp_put_addresses(&g, DHCP_DNS, dns, 2);
    dhcp_put_text(&g, DHCP_DOMAIN, bytes_of("lab.example"));
    dhcp_put_addresses(&g, DHCP_NTP, ntp, 1);
    dhcp_put_number(&g, 35, 600, 4);
    begin();
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.dns.count, 2);
    assert_int_equal(got.dns.at[1], IPV4(10, 0, 0, 6));
    assert_text(got.domain, "lab.example");
    assert_int_equal(got.ntp.at[0], IPV4(10, 0, 0, 7));
    static const uint8_t order[] = {53, 54, 51, 58, 59, 1, 42, 15, 6, 255};
    const uint8_t *at = got.options.at;
    for (size_t i = 0; i < sizeof order; i++, at += 2 + at[1]) assert_int_equal(*at, order[i]);
    m.parameters = bytes_of("\x23\x0f"); /* one that has no field */
    assert_true(say(&m, IPV4_BROADCAST));
    assert_memory_equal(dhcp_option(&got, 35).at, "\0\0\x02\x58", 4);
    assert_false(dhcp_has(&got, DHCP_DNS));
}

static void a_phone_gets_its_tftp_server_in_all_ways_whatever_it_asks_for(void **state)
{
    struct dhcp m = phone(1);

    (void)state;
    m.parameters = bytes_of("\x01");
    begin();
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.tftp.count, 2);
    assert_text(got.tftp_name, "10.0.0.1");
    assert_text(got.sname, "10.0.0.1");
    assert_int_equal(got.siaddr, SERVER);
    assert_int_equal(got.routers.at[0], IPV4(10, 0, 0, 254));
}

static void a_pc_behind_a_phone_is_served_as_a_pc(void **state)
{
    struct dhcp m = asking(2, "\x01\x03\x06\x0f");

    (void)state;
    dhcp_set(&m, DHCP_CLASS);
    m.vendor_class = bytes_of("MSFT 5.0");
    classes[0].scope.lease = 60; /* of phones alone */
    config.class_count = 1;
    begin();
    assert_true(say(&m, IPV4_BROADCAST));
    assert_false(dhcp_has(&got, DHCP_TFTP_SERVERS));
    assert_false(dhcp_has(&got, DHCP_TFTP_NAME));
    assert_int_equal(got.siaddr, 0);
    assert_int_equal(got.sname.len, 0);
    assert_int_equal(got.lease, 3600);
    assert_int_equal(got.routers.at[0], IPV4(10, 0, 0, 254));
    m.parameters = bytes_of("\x96"); /* unless it asks for it */
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.tftp.count, 2);
    assert_int_equal(got.siaddr, SERVER);
}

static void every_kind_of_phone_is_known_by_its_vendor_class(void **state)
{
    (void)state;
    assert_true(dhcp_is_phone(phone_class));
    assert_true(dhcp_is_phone(bytes_of("Cisco Systems, Inc. IP Phone 7912")));
    assert_true(dhcp_is_phone(bytes_of("Cisco Systems Inc. Wireless Phone 7921")));
    assert_true(dhcp_is_phone(bytes_of("Cisco Systems, Inc.")));
    assert_true(dhcp_is_phone((struct bytes){(const uint8_t *)"Cisco Systems, Inc.", 20})); /* and a NUL */
    assert_false(dhcp_is_phone(bytes_of("Cisco Systems, Inc. Router")));
    assert_false(dhcp_is_phone(bytes_of("Cisco Systems, Inc. IP Phon")));
    assert_false(dhcp_is_phone(bytes_of("MSFT 5.0")));
    assert_false(dhcp_is_phone((struct bytes){0}));
}

static void phones_in_the_data_vlan_get_a_short_lease(void **state)
{
    struct dhcp m = phone(1);

    (void)state;
    classes[0].scope.lease = 120;
    mine[0].classes = classes; /* of this subnet alone */
    mine[0].class_count = 1;
    begin();
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.lease, 120);
    assert_int_equal(got.t1, 60);
    assert_int_equal(got.t2, 105);
    m = selecting(1, got.yiaddr);
    dhcp_set(&m, DHCP_CLASS);
    m.vendor_class = phone_class;
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(got.lease, 120);
    assert_true(due == now + 120 * SECOND);
    m = phone(2);
    m.giaddr = RELAY;
    assert_true(say(&m, SERVER));
    assert_int_equal(got.lease, 600);
}

/* reservation, class of the subnet, class of the server, subnet, server */
static void the_narrowest_scope_that_has_an_option_counts(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    m.vendor_class = bytes_of("Thing 7");
    dhcp_set(&m, DHCP_CLASS);
    dhcp_put_text(&g, DHCP_DOMAIN, bytes_of("server"));
    dhcp_put_text(&g, 200, bytes_of("server"));
    dhcp_put_text(&g, 201, bytes_of("server"));
    dhcp_put_text(&c, 200, bytes_of("class"));
    dhcp_put_text(&c, 201, bytes_of("class"));
    dhcp_put_text(&o, 201, bytes_of("own"));
    classes[0].prefix = bytes_of("Thing");
    config.class_count = 2;
    classes[1] = (struct dhcp_class){.prefix = bytes_of("Thing 8"), .scope = {.lease = 5}};
    own.tftp[0] = IPV4(10, 0, 0, 77);
    own.tftps = 1;
    own.lease = 42;
    own.t1 = 7;
    own.t2 = 30;
    reservation = (struct dhcp_reservation){.mac = mac_n(1), .address = IPV4(10, 0, 0, 44), .scope = &own};
    config.reservations = &reservation;
    config.reservation_count = 1;
    begin();
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.yiaddr, IPV4(10, 0, 0, 44));
    assert_text(got.domain, "server");
    assert_text(dhcp_option(&got, 200), "class");
    assert_text(dhcp_option(&got, 201), "own");
    assert_int_equal(got.tftp.count, 1);
    assert_int_equal(got.siaddr, IPV4(10, 0, 0, 77));
    assert_text(got.tftp_name, "10.0.0.77");
    assert_int_equal(got.lease, 42);
    assert_int_equal(got.t1, 7);
    assert_int_equal(got.t2, 30);
    m = message(DHCP_DISCOVER, 2); /* without class and reservation */
    assert_true(say(&m, IPV4_BROADCAST));
    assert_text(dhcp_option(&got, 200), "server");
    assert_text(dhcp_option(&got, 201), "server");
    assert_int_equal(got.lease, 3600);
}

static void a_name_for_66_is_also_sname_and_150_stays(void **state)
{
    struct dhcp m = phone(1);

    (void)state;
    dhcp_put_text(&g, DHCP_TFTP_NAME, bytes_of("tftp.example.org"));
    begin();
    assert_true(say(&m, IPV4_BROADCAST));
    assert_text(got.tftp_name, "tftp.example.org");
    assert_text(got.sname, "tftp.example.org");
    assert_int_equal(got.tftp.at[0], SERVER);
    assert_int_equal(got.siaddr, SERVER);
}

static void an_address_for_66_alone_is_also_150_and_siaddr(void **state)
{
    struct dhcp m = phone(1);

    (void)state;
    mine[0].scope.tftps = 0;
    dhcp_put_text(&g, DHCP_TFTP_NAME, bytes_of("10.0.0.9"));
    begin();
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.tftp.at[0], IPV4(10, 0, 0, 9));
    assert_int_equal(got.siaddr, IPV4(10, 0, 0, 9));
}

static void the_boot_file_is_told_by_67_and_in_file(void **state)
{
    struct dhcp m = asking(1, "\x43");

    (void)state;
    dhcp_put_text(&g, DHCP_BOOT_FILE, bytes_of("P00305000301.sbn"));
    begin();
    assert_true(say(&m, IPV4_BROADCAST));
    assert_text(got.boot_file, "P00305000301.sbn");
    assert_text(got.file, "P00305000301.sbn");
    m.parameters = bytes_of("\x01");
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.file.len, 0);
}

/* RFC 3397, without compression. */
static void a_search_list_is_told_as_labels(void **state)
{
    struct dhcp m = asking(1, "\x77");

    (void)state;
    dhcp_put_search(&g, DHCP_SEARCH, bytes_of("a..b")); /* no name: nothing */
    assert_int_equal(g.len, 0);
    dhcp_put_search(&g, DHCP_SEARCH, bytes_of("lab.example  x"));
    begin();
    assert_true(say(&m, IPV4_BROADCAST));
    assert_true(
        bytes_equal(dhcp_option(&got, DHCP_SEARCH), (struct bytes){(const uint8_t *)"\3lab\7example\0\1x", 16}));
}

static void what_a_scope_always_sends_needs_not_be_asked_for(void **state)
{
    struct dhcp m = asking(1, "\x01");

    (void)state;
    dhcp_put_text(&g, DHCP_VENDOR, (struct bytes){(const uint8_t *)"\x01\x02\xab\xcd", 4});
    config.scope.always = bytes_of("\x2b");
    begin();
    assert_true(say(&m, IPV4_BROADCAST));
    assert_memory_equal(got.vendor.at, "\x01\x02\xab\xcd", 4);
}

static void times_that_are_out_of_order_become_half_and_seven_eighths(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    config.scope.t1 = 5000; /* of a lease of 3600 */
    config.scope.t2 = 6000;
    begin();
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.t1, 1800);
    assert_int_equal(got.t2, 3150);
}

static void a_lease_for_ever_has_no_end(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    mine[0].scope.lease = UINT32_MAX;
    begin();
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.lease, UINT32_MAX);
    assert_int_equal(got.t1, UINT32_MAX);
    (void)bind(1);
    assert_true(due == NEVER);
}

/* Option 57 and RFC 2132, 9.10: 576 bytes of IP when it says nothing, and never less. */
static void what_is_too_long_for_the_client_goes_into_file_and_sname_and_is_joined_again(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    for (uint8_t code = 200; code < 209; code++) { /* 9 x 42 = 378 bytes: main has 308, less 40 for the rest */
        uint8_t text[40];
        memset(text, code, sizeof text);
        dhcp_put_text(&o, code, (struct bytes){text, sizeof text});
    }
    config.scope.options = (struct bytes){0};
    mine[0].scope.tftps = 0;
    mine[0].scope.options = written(&o);
    init_as(&config);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_true(got_bytes.len <= 548);
    assert_int_equal(dhcp_option(&got, DHCP_OVERLOAD).len, 1);
    unsigned there = 0;
    for (uint8_t code = 200; code < 209; code++) {
        struct bytes b = dhcp_option(&got, code);
        there += b.len == 40 && b.at[0] == code && b.at[39] == code;
    }
    assert_int_equal(there, 9);
    assert_int_equal(s.counts.left_out, 0);
    m.max_size = 1500;
    dhcp_set(&m, DHCP_MAX_SIZE);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_false(dhcp_has(&got, DHCP_OVERLOAD));
    assert_int_equal(dhcp_option(&got, 208).len, 40);
    m.max_size = 100; /* nobody may ask for so little */
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(dhcp_option(&got, 208).len, 40);
}

static void what_fits_nowhere_is_left_out_and_counted_and_option_82_is_still_last_and_whole(void **state)
{
    static uint8_t relay[120];
    struct writer w = writer(many, sizeof many);
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    relay[0] = DHCP_REMOTE_ID;
    relay[1] = sizeof relay - 2;
    for (uint8_t code = 200; code < 216; code++)
        dhcp_put_text(&w, code, bytes_of("0123456789012345678901234567890123456789"));
    config.scope.options = written(&w);
    init_as(&config);
    m.relay_agent = (struct bytes){relay, sizeof relay};
    dhcp_set(&m, DHCP_RELAY_AGENT);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_true(got_bytes.len <= 548);
    assert_true(bytes_equal(got.relay_agent, m.relay_agent));
    assert_int_equal(got_bytes.at[got_bytes.len - 1], 255);
    assert_int_equal(got_bytes.at[got_bytes.len - 1 - 122], 82);
    assert_int_equal(got.lease, 3600); /* what is needed comes first */
    assert_true(s.counts.left_out > 0);
}

static void a_value_over_255_bytes_is_split_and_its_pieces_stay_in_order(void **state)
{
    static uint8_t value[300];
    struct dhcp m = message(DHCP_DISCOVER, 1);

    (void)state;
    for (size_t i = 0; i < sizeof value; i++) value[i] = (uint8_t)i;
    dhcp_put_text(&o, DHCP_VENDOR, (struct bytes){value, sizeof value});
    mine[0].scope.options = written(&o);
    mine[0].scope.tftps = 0;
    init_as(&config);
    m.max_size = 1500;
    dhcp_set(&m, DHCP_MAX_SIZE);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_true(bytes_equal(got.vendor, (struct bytes){value, sizeof value}));
}

static void inform_has_options_and_no_times(void **state)
{
    struct dhcp m = message(DHCP_INFORM, 1);

    (void)state;
    begin();
    m.ciaddr = IPV4(10, 0, 0, 77);
    ask_for(&m, "\x03\x33\x3a");
    assert_true(say(&m, SERVER));
    assert_int_equal(got.routers.at[0], IPV4(10, 0, 0, 254));
    assert_false(dhcp_has(&got, DHCP_LEASE));
    assert_false(dhcp_has(&got, DHCP_T1));
    assert_int_equal(got.ciaddr, m.ciaddr);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up_scopes, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_list_is_answered_in_its_order_and_with_nothing_else),
        T(a_phone_gets_its_tftp_server_in_all_ways_whatever_it_asks_for),
        T(a_pc_behind_a_phone_is_served_as_a_pc),
        T(every_kind_of_phone_is_known_by_its_vendor_class),
        T(phones_in_the_data_vlan_get_a_short_lease),
        T(the_narrowest_scope_that_has_an_option_counts),
        T(a_name_for_66_is_also_sname_and_150_stays),
        T(an_address_for_66_alone_is_also_150_and_siaddr),
        T(the_boot_file_is_told_by_67_and_in_file),
        T(a_search_list_is_told_as_labels),
        T(what_a_scope_always_sends_needs_not_be_asked_for),
        T(times_that_are_out_of_order_become_half_and_seven_eighths),
        T(a_lease_for_ever_has_no_end),
        T(what_is_too_long_for_the_client_goes_into_file_and_sname_and_is_joined_again),
        T(what_fits_nowhere_is_left_out_and_counted_and_option_82_is_still_last_and_whole),
        T(a_value_over_255_bytes_is_split_and_its_pieces_stay_in_order),
        T(inform_has_options_and_no_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
