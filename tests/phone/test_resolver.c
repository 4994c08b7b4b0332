#include "phone/resolver.h"
#include "phone/world.h"

static const struct mac SELF = {{2, 0, 0, 0, 0, 1}}, NEXT = {{2, 0, 0, 0, 9, 9}};
#define ME         IPV4(10, 0, 0, 50)
#define FIRST      IPV4(10, 0, 0, 3)
#define SECOND_ONE IPV4(10, 0, 0, 4)
#define FOUND      IPV4(10, 0, 0, 66)

static struct resolver r;
static struct host h;
static struct random rnd;
static struct action actions[8];
static uint8_t bytes[4096];
static struct outbox out;
static usec now;
static ipv4 address;
static struct bytes question; /* the last one, and to whom */
static ipv4 to;
static unsigned arps;

static void neighbour(size_t i, ipv4 of)
{
    h.neighbour[i] = (struct host_neighbour){.address = of, .mac = NEXT, .due = NEVER};
}

static void take(const char *name, ipv4 first, ipv4 second)
{
    struct dhcp m = {.tftp_name = bytes_of(name), .dns = {2, {first, second}}};

    dhcp_set(&m, DHCP_TFTP_NAME);
    assert_true(resolver_take(&r, &m));
}

static int set_up(void **state)
{
    (void)state;
    host_init(&h, SELF);
    h.address = ME;
    h.mask = IPV4(255, 255, 255, 0);
    neighbour(0, FIRST);
    neighbour(1, SECOND_ONE);
    rnd = random_from(3);
    outbox_init(&out, actions, ARRAY_LENGTH(actions), bytes, sizeof bytes);
    now = 3 * SECOND;
    arps = 0;
    take("tftp.example.com", FIRST, SECOND_ONE);
    return 0;
}

/* Was a question sent by the last step? */
static bool asked(void)
{
    static uint8_t kept[600];
    struct ethernet e;
    struct ipv4_packet ip;
    struct udp udp;
    struct fault why;
    bool some = false;

    for (uint32_t i = 0; i < out.count; i++) {
        struct bytes b = payload(&out, i);
        memcpy(kept, b.at, b.len);
        assert_true(ethernet_decode(&e, (struct bytes){kept, b.len}, &why));
        if (e.type == TYPE_ARP) {
            arps++;
            continue;
        }
        assert_false(some);
        assert_true(ipv4_decode(&ip, e.payload, &why) && udp_decode(&udp, &ip, &why));
        assert_true(udp.to == DNS_PORT && udp.from == r.port && ip.from == ME);
        to = ip.to;
        question = udp.payload;
        some = true;
    }
    outbox_clear(&out);
    return some;
}

static bool start(void)
{
    resolver_start(&r, &h, &rnd, now, &out);
    return asked();
}

static enum resolver_heard wake(void)
{
    now = resolver_due(&r);
    return resolver_wake(&r, &h, now, &out);
}

static enum resolver_heard hear_from(ipv4 from, uint16_t port, struct bytes b)
{
    struct fault why;
    struct host_frame f = {.packet = {.from = from, .to = ME}, .udp = {port, r.port, b}};

    address = 0;
    return resolver_hear(&r, &h, now, &f, &address, &why, &out);
}

static enum resolver_heard hear(ipv4 from, uint16_t id, uint8_t code, ipv4 found)
{
    uint8_t b[64];
    struct writer w = writer(b, sizeof b);

    write_be16(&w, id);
    write_be16(&w, (uint16_t)(0x8180 | code));
    write_be16(&w, 0);
    write_be16(&w, found ? 1 : 0);
    write_be32(&w, 0);
    if (found) { /* a record of the root: name 0, A, IN, for 0 s */
        write_u8(&w, 0);
        write_be16(&w, 1);
        write_be16(&w, 1);
        write_be32(&w, 0);
        write_be16(&w, 4);
        write_be32(&w, found);
    }
    return hear_from(from, DNS_PORT, written(&w));
}

static void a_name_and_a_server_are_both_needed(void **state)
{
    static const char *const none[] = {"", "10.0.0.66", "two names",
                                       "a-name-that-is-longer-than-what-a-phone-keeps-of-it.somewhere.example.com"};
    struct dhcp m = {.tftp_name = bytes_of("tftp"), .dns = {2, {0, FIRST}}};

    (void)state;
    assert_false(resolver_take(&r, &m));
    assert_string_equal(r.name, "");
    dhcp_set(&m, DHCP_TFTP_NAME);
    assert_true(resolver_take(&r, &m));
    assert_true(r.server[0] == FIRST && r.server[1] == 0); /* 0.0.0.0 is nobody */
    m.tftp_name = (struct bytes){(const uint8_t *)"tftp\0\0", 6};
    assert_true(resolver_take(&r, &m));
    assert_string_equal(r.name, "tftp");
    m.domain = bytes_of("example.com");
    assert_true(resolver_take(&r, &m));
    assert_string_equal(r.name, "tftp.example.com");
    m.tftp_name = bytes_of("tftp.");
    assert_true(resolver_take(&r, &m));
    assert_string_equal(r.name, "tftp.");
    m.domain = bytes_of("no domain");
    for (size_t i = 0; i < ARRAY_LENGTH(none); i++) {
        m.tftp_name = bytes_of(none[i]);
        assert_false(resolver_take(&r, &m));
    }
    m.tftp_name = bytes_of("tftp");
    m.dns.count = 1;
    assert_false(resolver_take(&r, &m));
}

static void it_asks_and_takes_the_address(void **state)
{
    static const char wanted[] = "\1\0\0\1\0\0\0\0\0\0\4tftp\7example\3com\0\0\1\0\1";

    (void)state;
    assert_true(start());
    assert_int_equal(to, FIRST);
    assert_int_equal(question.len, 2 + sizeof wanted - 1);
    assert_memory_equal(question.at + 2, wanted, sizeof wanted - 1);
    assert_int_equal(question.at[0] << 8 | question.at[1], r.id);
    assert_int_equal(hear(FIRST, r.id, 0, FOUND), RESOLVER_GOT);
    assert_int_equal(address, FOUND);
    assert_int_equal(resolver_due(&r), NEVER);
    assert_int_equal(hear(FIRST, r.id, 0, FOUND), RESOLVER_NOTHING);
}

static void silent_servers_are_asked_in_turn_for_2_2_4_and_4_seconds(void **state)
{
    static const unsigned wait[] = {2, 2, 4, 4};
    static const ipv4 whom[] = {FIRST, SECOND_ONE, FIRST, SECOND_ONE};

    (void)state;
    for (int alone = 0; alone < 2; alone++) {
        (void)set_up(NULL);
        if (alone) take("tftp", FIRST, 0);
        (void)start();
        for (size_t i = 0; i < ARRAY_LENGTH(wait); i++) {
            assert_int_equal(to, alone ? FIRST : whom[i]);
            assert_int_equal(resolver_due(&r), now + wait[i] * SECOND);
            assert_int_equal(wake(), i + 1 < ARRAY_LENGTH(wait) ? RESOLVER_NOTHING : RESOLVER_SILENT);
            assert_int_equal(asked(), i + 1 < ARRAY_LENGTH(wait));
        }
        assert_int_equal(resolver_due(&r), NEVER);
    }
}

static void a_server_that_fails_has_the_next_asked_and_one_that_denies_is_believed(void **state)
{
    (void)state;
    assert_true(start());
    assert_int_equal(hear(SECOND_ONE, r.id, DNS_FAILURE, 0), RESOLVER_NOTHING); /* it was not asked yet */
    assert_false(asked());
    assert_int_equal(hear(FIRST, r.id, DNS_REFUSED, 0), RESOLVER_NOTHING);
    assert_true(asked());
    assert_int_equal(to, SECOND_ONE);
    assert_int_equal(hear(SECOND_ONE, r.id, DNS_NO_SUCH_NAME, 0), RESOLVER_UNKNOWN);
    assert_int_equal(resolver_due(&r), NEVER);
    assert_true(start());
    assert_int_equal(hear(FIRST, r.id, DNS_NO_ERROR, 0), RESOLVER_UNKNOWN); /* IPv6 alone, say */
    assert_true(start());
    for (unsigned i = 0; i < RESOLVER_TRIES; i++)
        assert_int_equal(hear(to, r.id, DNS_FAILURE, 0), i + 1 < RESOLVER_TRIES ? RESOLVER_NOTHING : RESOLVER_SILENT),
            (void)asked();
}

static void what_is_not_the_answer_changes_nothing(void **state)
{
    struct random garbage = random_from(9);
    uint8_t b[80];

    (void)state;
    assert_true(start());
    struct resolver before = r;
    assert_int_equal(hear(FOUND, r.id, 0, FOUND), RESOLVER_NOTHING);
    assert_int_equal(hear(FIRST, (uint16_t)(r.id + 1), 0, FOUND), RESOLVER_NOTHING);
    assert_int_equal(hear_from(FIRST, 5353, question), RESOLVER_NOTHING);
    assert_int_equal(hear_from(FIRST, DNS_PORT, question), RESOLVER_MALFORMED);
    for (int i = 0; i < 2000; i++) {
        size_t n = random_below(&garbage, sizeof b);
        for (size_t k = 0; k < n; k++) b[k] = (uint8_t)random_u32(&garbage);
        if (n > 1) b[0] = (uint8_t) ~(r.id >> 8);
        (void)hear_from(FIRST, DNS_PORT, (struct bytes){b, n});
    }
    assert_memory_equal(&before, &r, sizeof r);
    assert_false(asked());
}

static void a_question_waits_for_arp_and_leaves_as_soon_as_it_is_answered(void **state)
{
    (void)state;
    h.neighbour[0] = (struct host_neighbour){0};
    assert_false(start());
    assert_int_equal(arps, 1);
    resolver_resolved(&r, &h, now, &out);
    assert_false(asked());
    neighbour(0, FIRST);
    resolver_resolved(&r, &h, now, &out);
    assert_true(asked());
    resolver_resolved(&r, &h, now, &out); /* somebody else's ARP answer repeats nothing */
    assert_false(asked());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_name_and_a_server_are_both_needed, set_up),
        cmocka_unit_test_setup(it_asks_and_takes_the_address, set_up),
        cmocka_unit_test_setup(silent_servers_are_asked_in_turn_for_2_2_4_and_4_seconds, set_up),
        cmocka_unit_test_setup(a_server_that_fails_has_the_next_asked_and_one_that_denies_is_believed, set_up),
        cmocka_unit_test_setup(what_is_not_the_answer_changes_nothing, set_up),
        cmocka_unit_test_setup(a_question_waits_for_arp_and_leaves_as_soon_as_it_is_answered, set_up),
    };

    return cmocka_run_group_tests_name("phone/resolver", tests, NULL, NULL);
}
