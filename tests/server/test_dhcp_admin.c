#include "dhcp_world.h"
#include "server/keyed_hash.h"

/* What an administrator sees and changes: leases, counts, another configuration, another boot. */

static bool view_of(ipv4 address, struct dhcp_lease_view *out)
{
    for (uint32_t cursor = 0; dhcp_server_next_lease(&s, &cursor, out);)
        if (out->record->address == address) return true;
    return false;
}

static unsigned views(void)
{
    struct dhcp_lease_view v;
    unsigned n = 0;

    for (uint32_t cursor = 0; dhcp_server_next_lease(&s, &cursor, &v);) n++;
    return n;
}

static void each_lease_is_listed_with_its_client_and_the_name_that_it_tells(void **state)
{
    struct dhcp m = message(DHCP_DISCOVER, 1);
    struct dhcp_lease_view v;

    (void)state;
    assert_int_equal(views(), 0);
    m.host_name = bytes_of("SEP020000000001\x1b[2J and so on, longer than fits");
    dhcp_set(&m, DHCP_HOST_NAME);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_true(view_of(got.yiaddr, &v));
    assert_int_equal(v.record->state, LEASE_OFFERED);
    assert_string_equal(v.record->host, "SEP020000000001?[2J?and?so?"); /* nothing of it steers a terminal */
    ipv4 address = bind(1);
    assert_true(view_of(address, &v));
    assert_int_equal(v.record->state, LEASE_BOUND);
    assert_true(v.record->until == WALL + 10 + 3600);
    assert_true(mac_equal(v.record->mac, mac_n(1)));
    assert_int_equal(v.subnet, 0);
    assert_false(v.reserved);
    struct record r = stored_at(0);
    assert_string_equal(r.lease.host, v.record->host);
    (void)bind(2);
    assert_int_equal(views(), 2);
    now += 4000 * SECOND;
    wake();
    assert_int_equal(views(), 2); /* whose they were */
}

static void all_that_comes_and_goes_is_counted(void **state)
{
    (void)state;
    ipv4 address = bind(1);
    struct dhcp m = message(DHCP_INFORM, 2);
    m.ciaddr = IPV4(10, 0, 0, 9);
    (void)say(&m, SERVER);
    m = message(DHCP_RELEASE, 1);
    m.ciaddr = address;
    (void)say(&m, SERVER);
    m = selecting(3, IPV4(10, 0, 0, 9));
    (void)say(&m, IPV4_BROADCAST);
    address = bind(4);
    m = message(DHCP_DECLINE, 4);
    m.requested = address;
    dhcp_set(&m, DHCP_REQUESTED);
    (void)say(&m, SERVER);
    give(bytes_of("garbage"), 0, SERVER);
    const struct dhcp_counts *c = &s.counts;
    assert_int_equal(c->received[0], 9);
    assert_int_equal(c->received[DHCP_DISCOVER], 2);
    assert_int_equal(c->received[DHCP_REQUEST], 3);
    assert_int_equal(c->received[DHCP_RELEASE], 1);
    assert_int_equal(c->received[DHCP_DECLINE], 1);
    assert_int_equal(c->received[DHCP_INFORM], 1);
    assert_int_equal(c->malformed, 1);
    assert_int_equal(c->offers, 2);
    assert_int_equal(c->acks, 3);
    assert_int_equal(c->naks, 1);
    assert_int_equal(s.pool[0].addresses, 3);
    assert_int_equal(s.pool[0].quarantined, 1);
    assert_int_equal(s.pool[0].free, 2);
}

/* Reload. */

static struct dhcp_reloaded reloaded;

static bool reload(const struct dhcp_server_config *config, struct fault *why)
{
    size_t size = dhcp_server_size(config);
    uint8_t *other = size ? malloc(size) : NULL;
    bool ok = dhcp_server_reload(&s, config, other, size, now, &reloaded, why);

    free(ok ? memory : other);
    if (ok) memory = other;
    wake();
    return ok;
}

/* A daemon that starts before its interface is there. */
static void without_an_interface_it_answers_nobody_until_a_reload_gives_it_one(void **state)
{
    struct dhcp_server_config none = usual(), both = usual();
    struct dhcp m = message(DHCP_DISCOVER, 1);
    struct fault why;

    (void)state;
    none.interfaces = NULL;
    none.subnets = NULL;
    none.interface_count = none.subnet_count = 0;
    none.reservations = NULL;
    none.reservation_count = none.reservations_most = 0;
    tear_down(NULL);
    init_as(&none);
    assert_false(say(&m, IPV4_BROADCAST));
    assert_int_equal(s.counts.offers, 0);
    assert_int_equal(s.counts.malformed, 1); /* there is no such interface */
    assert_true(due == NEVER);
    assert_true(reload(&both, &why));
    assert_int_equal(bind(1), IPV4(10, 0, 0, 100));
    assert_true(reload(&none, &why)); /* and gone again */
    assert_int_equal(reloaded.lost, 1);
    assert_false(say(&m, IPV4_BROADCAST));
}

static void a_reload_keeps_the_leases_whose_addresses_are_still_to_be_given(void **state)
{
    static const struct dhcp_range other[] = {{IPV4(10, 0, 0, 50), IPV4(10, 0, 0, 60)},
                                              {IPV4(10, 0, 0, 101), IPV4(10, 0, 0, 110)}};
    struct dhcp_subnet n[2] = {subnets[0], subnets[1]};
    struct dhcp_server_config c = usual();
    struct fault why;

    (void)state;
    assert_int_equal(bind(1), IPV4(10, 0, 0, 100));
    assert_int_equal(bind(2), IPV4(10, 0, 0, 101));
    usec until = s.timers.heap[0].due;
    struct record first = stored_at(0);
    n[0].pools = other;
    n[0].pool_count = 2;
    n[0].scope.lease = 60;
    c.subnets = n;
    assert_true(reload(&c, &why));
    assert_int_equal(reloaded.kept, 1);
    assert_int_equal(reloaded.lost, 1);
    assert_int_equal(s.counts.acks, 2);
    assert_true(due == until);
    assert_int_equal(offer(2), IPV4(10, 0, 0, 101));
    struct dhcp m = renewing(2, IPV4(10, 0, 0, 101));
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(got.lease, 60);
    m = renewing(1, IPV4(10, 0, 0, 100));
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_NAK);
    c = usual(); /* back again, and the store knows better than we do */
    assert_true(reload(&c, &why));
    first.lease.mac = mac_n(1);
    first.lease.address = IPV4(10, 0, 0, 100);
    dhcp_server_load(&s, &first, now);
    assert_int_equal(offer(1), IPV4(10, 0, 0, 100));
}

static void a_reload_that_is_refused_changes_nothing(void **state)
{
    struct dhcp_server_config c = usual();
    struct fault why;

    (void)state;
    ipv4 address = bind(1);
    c.subnet_count = 0;
    assert_false(reload(&c, &why));
    assert_string_equal(why.what, "number of subnets of the DHCP server");
    struct dhcp m = renewing(1, address);
    assert_true(say(&m, SERVER));
    assert_int_equal(got.type, DHCP_ACK);
}

static void an_offer_and_a_quarantine_outlive_a_reload(void **state)
{
    struct dhcp_server_config c = usual();
    struct fault why;

    (void)state;
    ipv4 first = bind(1);
    struct dhcp m = message(DHCP_DECLINE, 1);
    m.requested = first;
    dhcp_set(&m, DHCP_REQUESTED);
    (void)say(&m, SERVER);
    ipv4 second = offer(2);
    assert_true(reload(&c, &why));
    assert_int_equal(s.pool[0].quarantined, 1);
    assert_int_equal(s.pool[0].waiting, 1);
    m = selecting(2, second);
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(bind(3), IPV4(10, 0, 0, 102));
    assert_int_equal(offer(4), 0);
}

static void a_failed_store_is_taken_back_also_after_a_reload(void **state)
{
    struct dhcp_server_config c = usual();
    struct fault why;
    uint8_t stored[RECORD_MOST];

    (void)state;
    (void)bind(1);
    struct bytes p = payload(&box.out, (uint32_t)found_at(&box.out, ACTION_STORE, 0));
    memcpy(stored, p.at, p.len);
    assert_true(reload(&c, &why));
    step_with(&(struct event){.kind = EVENT_UNSTORED, .bytes = {stored, p.len}});
    assert_true(told(&box.out, DHCP_TOLD_UNSTORED));
    assert_int_equal(s.pool[0].bound, 0);
    assert_true(due == NEVER);
}

/* The store. */

static void a_record_of_version_1_is_read_without_its_host_name(void **state)
{
    static const uint8_t old[] = {RECORD_LEASE,
                                  RECORD_PUT,
                                  1,
                                  4,
                                  10,
                                  0,
                                  0,
                                  100, /* kind, operation, version, key */
                                  LEASE_BOUND,
                                  2,
                                  0,
                                  0,
                                  0,
                                  0,
                                  1,
                                  0, /* state, MAC, no client identifier */
                                  0,
                                  0,
                                  0,
                                  0,
                                  0x7f,
                                  0,
                                  0,
                                  0}; /* until */
    struct record r;
    struct fault why;

    (void)state;
    assert_true(record_decode(&r, (struct bytes){old, sizeof old}, &why));
    dhcp_server_load(&s, &r, now);
    assert_int_equal(s.pool[0].bound, 1);
    assert_int_equal(offer(1), IPV4(10, 0, 0, 100));
}

static void loading_the_store_again_changes_nothing(void **state)
{
    struct record r[2];

    (void)state;
    ipv4 address = bind(1);
    r[0] = stored_at(0);
    now += 100 * SECOND;
    struct dhcp m = renewing(1, address);
    (void)say(&m, SERVER);
    r[1] = stored_at(0);
    usec before = due;
    for (int i = 1; i >= 0; i--) dhcp_server_load(&s, &r[i], now);
    wake();
    assert_true(due == before);
    assert_int_equal(s.pool[0].bound, 1);
    r[0].lease.address = IPV4(10, 0, 0, 102); /* one client, two leases of a subnet: the later counts */
    dhcp_server_load(&s, &r[0], now);
    assert_int_equal(s.pool[0].bound, 1);
    assert_int_equal(offer(1), address);
}

/* Addresses that are ours or a router's, or that are excluded, are not given: ranges with holes. */
static void excluded_addresses_are_never_given(void **state)
{
    static const struct dhcp_range pools[] = {{IPV4(10, 0, 0, 200), IPV4(10, 0, 0, 254)},
                                              {IPV4(10, 0, 0, 1), IPV4(10, 0, 0, 9)}};
    static const struct dhcp_range excluded[] = {{IPV4(10, 0, 0, 3), IPV4(10, 0, 0, 4)},
                                                 {IPV4(10, 0, 0, 4), IPV4(10, 0, 0, 5)},
                                                 {IPV4(10, 0, 0, 202), IPV4(10, 0, 0, 253)}};
    static const uint8_t expected[] = {200, 201, 2, 6, 7, 8, 9}; /* 1 is ours, 254 the router */
    struct dhcp_subnet n = subnets[0];
    struct dhcp_server_config c = usual();

    (void)state;
    n.pools = pools;
    n.pool_count = 2;
    n.excluded = excluded;
    n.excluded_count = 3;
    c.subnets = &n;
    c.subnet_count = 1;
    init_as(&c);
    assert_int_equal(s.pool[0].addresses, sizeof expected);
    for (unsigned i = 0; i < sizeof expected; i++) assert_int_equal(bind(i), IPV4(10, 0, 0, expected[i]));
    assert_int_equal(offer(99), 0);
    struct dhcp m = selecting(99, IPV4(10, 0, 0, 4));
    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_NAK);
}

/* All of them ask before the first of them takes its offer: a second's worth of outstanding offers. */
static void fourteen_thousand_fresh_clients_in_a_second_on_one_interface_meet_no_limit(void **state)
{
    enum { N = 14000 };
    static ipv4 offered[N];
    const struct dhcp_range pool = {IPV4(10, 0, 1, 0), IPV4(10, 0, 250, 255)};
    struct dhcp_subnet n = subnets[0];
    struct dhcp_server_config c = usual();

    (void)state;
    n.mask = 0xffff0000;
    n.pools = &pool;
    c.subnets = &n;
    c.subnet_count = 1;
    init_as(&c);
    for (unsigned i = 0; i < N; i++, now += 71) assert_int_not_equal(offered[i] = offer(i), 0);
    for (unsigned i = 0; i < N; i++, now += 71) {
        struct dhcp m = selecting(i, offered[i]);
        assert_true(say(&m, IPV4_BROADCAST));
        assert_int_equal(got.type, DHCP_ACK);
    }
    assert_int_equal(s.pool[0].bound, N);
    assert_int_equal(s.counts.starved + s.counts.limited + s.counts.exhausted + s.counts.naks, 0);
}

/* CPython 3.11 has it as the hash of bytes; with PYTHONHASHSEED=0 its key is 0. */
static void the_keyed_hash_is_siphash_1_3(void **state)
{
    static const uint64_t zero[2], key[2] = {1, 0};
    uint8_t long_one[31];

    (void)state;
    for (uint8_t i = 0; i < sizeof long_one; i++) long_one[i] = i;
    assert_true(keyed_hash(zero, bytes_of("a")) == 0x407448d2b89b1813u);
    assert_true(keyed_hash(zero, bytes_of("1234567")) == 0xa33d651594fdae81u);
    assert_true(keyed_hash(zero, bytes_of("12345678")) == 0x3489982430560a87u);
    assert_true(keyed_hash(zero, (struct bytes){long_one, sizeof long_one}) == 0x169739443111d49bu);
    assert_true(keyed_hash(key, bytes_of("a")) != keyed_hash(zero, bytes_of("a")));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(each_lease_is_listed_with_its_client_and_the_name_that_it_tells),
        T(all_that_comes_and_goes_is_counted),
        T(without_an_interface_it_answers_nobody_until_a_reload_gives_it_one),
        T(a_reload_keeps_the_leases_whose_addresses_are_still_to_be_given),
        T(a_reload_that_is_refused_changes_nothing),
        T(an_offer_and_a_quarantine_outlive_a_reload),
        T(a_failed_store_is_taken_back_also_after_a_reload),
        T(a_record_of_version_1_is_read_without_its_host_name),
        T(loading_the_store_again_changes_nothing),
        T(excluded_addresses_are_never_given),
        T(fourteen_thousand_fresh_clients_in_a_second_on_one_interface_meet_no_limit),
        T(the_keyed_hash_is_siphash_1_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
