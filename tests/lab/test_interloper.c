/* lab/interloper.h: what each fault does to the frames on the uplink, and that all else passes as it is. */
#include "plan.h"
#include "lab/interloper.h"
#include "base/facts.h"
#include "wire/arp.h"
#include "wire/dhcp.h"
#include "wire/ethernet.h"
#include "wire/ipv4_udp.h"
#include "wire/tftp.h"

static const struct mac PHONE = {{2, 0, 0, 0, 0, 1}}, SERVER = {{2, 0x5e, 0, 0, 0, 1}};
enum {
    FRAME = 1600,
    BOX = 256,
    SERVER_IP = IPV4(10, 0, 0, 2),
    SECOND_IP = IPV4(10, 0, 0, 3),
    PHONE_IP = IPV4(10, 0, 0, 5)
};

struct bench {
    struct plan *plan;
    struct interloper interloper;
    struct action actions[BOX];
    uint8_t bytes[BOX * FRAME];
    struct outbox out;
    usec now, due;
};

static struct bench *bench_of(const char *first, const char *second)
{
    static const char *const models[] = {"7960"};
    struct bench *b = calloc(1, sizeof *b);

    b->plan = plan_of(models, 1);
    if (first) plan_wrong(b->plan, first);
    if (second) plan_wrong(b->plan, second);
    assert_true(interloper_open(&b->interloper, b->plan, 0));
    outbox_init(&b->out, b->actions, BOX, b->bytes, sizeof b->bytes);
    b->due = NEVER;
    return b;
}

static void end(struct bench *b)
{
    interloper_close(&b->interloper);
    plan_end(b->plan);
    free(b);
}

/* What comes out at this moment stands in b->out. */
static void hear(struct bench *b, uint32_t side, struct bytes frame)
{
    outbox_clear(&b->out);
    b->due = interloper_step(&b->interloper, b->now,
                             &(struct event){.kind = EVENT_FRAME, .stream = side, .bytes = frame}, &b->out);
    assert_true(b->out.count <= INTERLOPER_MOST && !b->out.bytes.full);
}

static void wake(struct bench *b, usec at)
{
    b->now = at;
    outbox_clear(&b->out);
    b->due = interloper_step(&b->interloper, b->now, &(struct event){.kind = EVENT_WAKE}, &b->out);
    assert_true(b->out.count <= INTERLOPER_MOST && !b->out.bytes.full);
    assert_true(b->out.count > 0 || b->due > b->now); /* it never spins */
}

static void passes(struct bench *b, uint32_t side, struct bytes frame)
{
    hear(b, side, frame);
    assert_int_equal(b->out.count, 1);
    assert_int_equal(b->actions[0].kind, ACTION_FRAME);
    assert_int_equal(b->actions[0].stream, side);
    assert_true(bytes_equal(payload(&b->out, 0), frame));
}

static void is_lost(struct bench *b, uint32_t side, struct bytes frame)
{
    hear(b, side, frame);
    assert_int_equal(b->out.count, 0);
    assert_true(b->due == NEVER);
}

/* --- frames --- */

static struct bytes ip_frame(uint8_t to[FRAME], uint32_t side, ipv4 server, uint8_t protocol, uint16_t port,
                             uint16_t other, struct bytes what)
{
    struct writer w = writer(to, FRAME);
    bool up = side == INTERLOPER_UP;
    struct ethernet e = {.to = up ? SERVER : PHONE, .from = up ? PHONE : SERVER, .type = TYPE_IPV4};
    struct ipv4_packet p = {.from = up ? PHONE_IP : server, .to = up ? server : PHONE_IP, .protocol = protocol};
    size_t begun = ethernet_begin(&w, &e), packet = ipv4_begin(&w, &p);
    size_t udp = protocol == PROTOCOL_UDP ? udp_begin(&w, up ? other : port, up ? port : other) : 0;

    write_bytes(&w, what);
    if (protocol == PROTOCOL_UDP) udp_end(&w, udp, p.from, p.to);
    ipv4_end(&w, packet);
    ethernet_end(&w, begun);
    return written(&w);
}

static struct bytes tcp_frame(uint8_t to[FRAME], uint32_t side, ipv4 server)
{
    static const uint8_t syn[20] = {0x07, 0xd0, 0xc0, 0x01, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02};

    return ip_frame(to, side, server, PROTOCOL_TCP, 0, 0, (struct bytes){syn, sizeof syn});
}

static struct bytes tftp_frame(uint8_t to[FRAME], uint32_t side, const struct tftp *t)
{
    uint8_t bytes[600];
    struct writer w = writer(bytes, sizeof bytes);

    tftp_encode(&w, t);
    return ip_frame(to, side, SERVER_IP, PROTOCOL_UDP, side == INTERLOPER_UP && t->op == TFTP_RRQ ? 69 : 51000, 50001,
                    written(&w));
}

static struct bytes dhcp_frame(uint8_t to[FRAME], uint32_t side, const struct dhcp *m)
{
    uint8_t bytes[DHCP_MOST];
    struct writer w = writer(bytes, sizeof bytes);

    dhcp_encode(&w, m);
    return ip_frame(to, side, SERVER_IP, PROTOCOL_UDP, DHCP_SERVER_PORT, DHCP_CLIENT_PORT, written(&w));
}

static struct dhcp dhcp_of(enum dhcp_type type)
{
    bool request = type == DHCP_DISCOVER || type == DHCP_REQUEST;
    struct dhcp m = {.op = request ? BOOTREQUEST : BOOTREPLY,
                     .htype = 1,
                     .hlen = 6,
                     .xid = 0x1234,
                     .chaddr = PHONE,
                     .type = type,
                     .server_id = SERVER_IP};

    dhcp_set(&m, DHCP_MESSAGE_TYPE);
    if (!request) dhcp_set(&m, DHCP_SERVER_ID);
    return m;
}

static struct bytes arp_frame(uint8_t to[FRAME], ipv4 sender, ipv4 target)
{
    struct writer w = writer(to, FRAME);
    struct ethernet e = {.to = MAC_BROADCAST, .from = PHONE, .type = TYPE_ARP};
    struct arp arp = {ARP_REQUEST, PHONE, MAC_NONE, sender, target};
    size_t begun = ethernet_begin(&w, &e);

    arp_encode(&w, &arp);
    ethernet_end(&w, begun);
    return written(&w);
}

/* The UDP payload of a frame that came out. */
static struct bytes udp_of(struct bench *b, uint32_t i, struct ethernet *e, struct ipv4_packet *p, struct udp *u)
{
    struct fault why;

    assert_true(i < b->out.count);
    assert_true(ethernet_decode(e, payload(&b->out, i), &why));
    assert_true(ipv4_decode(p, e->payload, &why));
    assert_true(udp_decode(u, p, &why));
    return u->payload;
}

/* --- tests --- */

static void without_faults_each_frame_goes_on_at_once(void **state)
{
    struct bench *b = bench_of(NULL, NULL);
    uint8_t f[FRAME];
    struct dhcp m = dhcp_of(DHCP_ACK);

    (void)state;
    assert_false(interloper_needed(b->plan));
    for (uint32_t side = INTERLOPER_UP; side <= INTERLOPER_DOWN; side++) {
        passes(b, side, tcp_frame(f, side, SERVER_IP));
        passes(b, side, arp_frame(f, 0, PHONE_IP));
        passes(b, side, dhcp_frame(f, side, &m));
        assert_true(b->due == NEVER);
    }
    assert_int_equal(b->interloper.passed, 6);
    end(b);
}

static void only_what_the_uplink_does_needs_it(void **state)
{
    static const char *const mine[] = {
        "loss=1",   "latency=1",         "duplicate=1", "reorder=1",   "slow-tftp",       "two-dhcp",  "dhcp-down",
        "dhcp-nak", "duplicate-address", "tftp-down",   "tftp-denied", "tftp-down-known", "cm1-silent"};
    uint32_t needed = 0;

    (void)state;
    for (size_t i = 0; i < FAULT_KINDS; i++) {
        struct plan *p = calloc(1, sizeof *p);
        p->faults.on[i] = true;
        needed += interloper_needed(p);
        free(p);
    }
    assert_int_equal(needed, ARRAY_LENGTH(mine));
    for (size_t i = 0; i < ARRAY_LENGTH(mine); i++) {
        struct bench *b = bench_of(mine[i], NULL);
        assert_true(interloper_needed(b->plan));
        end(b);
    }
}

static void garbage_goes_on_as_it_is_whatever_is_wrong(void **state)
{
    static const char *const faults[] = {"two-dhcp",  "dhcp-down",   "dhcp-nak",   "duplicate-address",
                                         "tftp-down", "tftp-denied", "cm1-silent", "slow-tftp"};
    uint8_t f[FRAME], cut[FRAME];
    struct dhcp m = dhcp_of(DHCP_ACK);
    struct random r = random_from(7);

    (void)state;
    for (size_t k = 0; k < ARRAY_LENGTH(faults); k++) {
        struct bench *b = bench_of(faults[k], NULL);
        for (uint32_t n = 0; n < 300; n++) {
            size_t len = random_below(&r, 80);
            for (size_t i = 0; i < len; i++) f[i] = (uint8_t)random_u32(&r);
            if (len > 13 && f[12] == 8) f[12] = 9; /* no IPv4 and no ARP by chance */
            passes(b, n & 1, (struct bytes){f, len});
        }
        /* What it would act upon, cut short: no longer what it knows. */
        for (uint32_t side = INTERLOPER_UP; side <= INTERLOPER_DOWN; side++) {
            struct bytes whole = dhcp_frame(f, side, &m);
            for (size_t n = 0; n < 42; n++) {
                memcpy(cut, whole.at, n);
                passes(b, side, (struct bytes){cut, n});
            }
        }
        end(b);
    }
}

static void dhcp_down_cuts_off_dhcp_alone(void **state)
{
    struct bench *b = bench_of("dhcp-down", NULL);
    uint8_t f[FRAME];
    struct dhcp discover = dhcp_of(DHCP_DISCOVER), offer = dhcp_of(DHCP_OFFER);
    struct tftp rrq = {.op = TFTP_RRQ, .name = bytes_of("x"), .mode = bytes_of("octet")};

    (void)state;
    is_lost(b, INTERLOPER_UP, dhcp_frame(f, INTERLOPER_UP, &discover));
    is_lost(b, INTERLOPER_DOWN, dhcp_frame(f, INTERLOPER_DOWN, &offer));
    passes(b, INTERLOPER_UP, tftp_frame(f, INTERLOPER_UP, &rrq));
    passes(b, INTERLOPER_UP, tcp_frame(f, INTERLOPER_UP, SERVER_IP));
    passes(b, INTERLOPER_UP, arp_frame(f, PHONE_IP, SERVER_IP));
    assert_int_equal(b->interloper.dropped, 2);
    end(b);
}

static void tftp_down_cuts_off_both_directions_of_tftp_alone(void **state)
{
    static const char *const faults[] = {"tftp-down", "tftp-down-known"};
    uint8_t f[FRAME];
    struct dhcp discover = dhcp_of(DHCP_DISCOVER);
    struct tftp rrq = {.op = TFTP_RRQ, .name = bytes_of("x"), .mode = bytes_of("octet")},
                data = {.op = TFTP_DATA, .number = 1, .data = bytes_of("abc")};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bench *b = bench_of(faults[i], NULL);
        is_lost(b, INTERLOPER_UP, tftp_frame(f, INTERLOPER_UP, &rrq));
        is_lost(b, INTERLOPER_DOWN, tftp_frame(f, INTERLOPER_DOWN, &data));
        passes(b, INTERLOPER_UP, dhcp_frame(f, INTERLOPER_UP, &discover));
        passes(b, INTERLOPER_DOWN, tcp_frame(f, INTERLOPER_DOWN, SERVER_IP));
        end(b);
    }
}

static void a_silent_callmanager_neither_hears_nor_says_anything_and_the_others_do(void **state)
{
    struct bench *b = bench_of("cm1-silent", NULL);
    uint8_t f[FRAME];
    struct tftp rrq = {.op = TFTP_RRQ, .name = bytes_of("x"), .mode = bytes_of("octet")};

    (void)state;
    is_lost(b, INTERLOPER_UP, tcp_frame(f, INTERLOPER_UP, SERVER_IP));
    is_lost(b, INTERLOPER_DOWN, tcp_frame(f, INTERLOPER_DOWN, SERVER_IP));
    passes(b, INTERLOPER_UP, tcp_frame(f, INTERLOPER_UP, SECOND_IP));
    passes(b, INTERLOPER_DOWN, tcp_frame(f, INTERLOPER_DOWN, SECOND_IP));
    passes(b, INTERLOPER_UP, tftp_frame(f, INTERLOPER_UP, &rrq)); /* TFTP has the same address */
    end(b);
}

static void an_ack_becomes_a_nak_of_the_same_transaction_and_all_else_stays(void **state)
{
    struct bench *b = bench_of("dhcp-nak", NULL);
    uint8_t f[FRAME];
    struct dhcp ack = dhcp_of(DHCP_ACK), offer = dhcp_of(DHCP_OFFER), request = dhcp_of(DHCP_REQUEST), nak;
    struct ethernet e;
    struct ipv4_packet p;
    struct udp u;
    struct fault why;

    (void)state;
    passes(b, INTERLOPER_DOWN, dhcp_frame(f, INTERLOPER_DOWN, &offer));
    passes(b, INTERLOPER_UP, dhcp_frame(f, INTERLOPER_UP, &request));
    passes(b, INTERLOPER_UP, dhcp_frame(f, INTERLOPER_UP, &ack)); /* of no server behind us */
    ack.yiaddr = PHONE_IP;
    hear(b, INTERLOPER_DOWN, dhcp_frame(f, INTERLOPER_DOWN, &ack));
    assert_int_equal(b->out.count, 1);
    assert_int_equal(b->actions[0].stream, INTERLOPER_DOWN);
    assert_true(dhcp_decode(&nak, udp_of(b, 0, &e, &p, &u), &why));
    assert_int_equal(nak.type, DHCP_NAK);
    assert_int_equal(nak.xid, ack.xid);
    assert_true(mac_equal(nak.chaddr, PHONE));
    assert_int_equal(nak.server_id, SERVER_IP);
    assert_int_equal(nak.yiaddr, 0); /* RFC 2131, table 3 */
    assert_int_equal(p.to, IPV4_BROADCAST);
    assert_true(mac_equal(e.to, MAC_BROADCAST));
    assert_int_equal(u.to, DHCP_CLIENT_PORT);
    assert_int_equal(b->interloper.changed, 1);
    ack.giaddr = IPV4(10, 1, 0, 1); /* to a relay: unicast to it */
    hear(b, INTERLOPER_DOWN, dhcp_frame(f, INTERLOPER_DOWN, &ack));
    assert_true(dhcp_decode(&nak, udp_of(b, 0, &e, &p, &u), &why));
    assert_int_equal(nak.giaddr, ack.giaddr);
    assert_int_equal(p.to, ack.giaddr);
    assert_int_equal(u.to, DHCP_SERVER_PORT);
    end(b);
}

static void the_second_dhcp_server_offers_first_and_names_no_tftp_server(void **state)
{
    struct bench *b = bench_of("two-dhcp", NULL);
    uint8_t f[FRAME];
    struct dhcp discover = dhcp_of(DHCP_DISCOVER), request = dhcp_of(DHCP_REQUEST), offer;
    struct ethernet e;
    struct ipv4_packet p;
    struct udp u;
    struct fault why;

    (void)state;
    struct bytes frame = dhcp_frame(f, INTERLOPER_UP, &discover);
    hear(b, INTERLOPER_UP, frame);
    assert_int_equal(b->out.count, 2); /* its OFFER down, before the DISCOVER goes up */
    assert_int_equal(b->actions[0].stream, INTERLOPER_DOWN);
    assert_int_equal(b->actions[1].stream, INTERLOPER_UP);
    assert_true(bytes_equal(payload(&b->out, 1), frame));
    assert_true(dhcp_decode(&offer, udp_of(b, 0, &e, &p, &u), &why));
    assert_int_equal(offer.type, DHCP_OFFER);
    assert_int_equal(offer.server_id, INTERLOPER_ROGUE);
    assert_int_equal(offer.xid, discover.xid);
    assert_false(dhcp_has(&offer, DHCP_TFTP_SERVERS) || dhcp_has(&offer, DHCP_TFTP_NAME));
    assert_int_equal(offer.siaddr, 0);
    assert_int_equal(offer.yiaddr & 0xffffff00, IPV4(10, 0, 0, 0));
    passes(b, INTERLOPER_UP, dhcp_frame(f, INTERLOPER_UP, &request));
    discover.giaddr = IPV4(10, 1, 0, 1); /* it is in the voice VLAN only */
    passes(b, INTERLOPER_UP, dhcp_frame(f, INTERLOPER_UP, &discover));
    end(b);
}

static void each_answer_of_tftp_becomes_error_2_from_the_same_port(void **state)
{
    struct bench *b = bench_of("tftp-denied", NULL);
    uint8_t f[FRAME];
    struct tftp rrq = {.op = TFTP_RRQ, .name = bytes_of("x"), .mode = bytes_of("octet")},
                data = {.op = TFTP_DATA, .number = 1, .data = bytes_of("abc")}, error;
    struct ethernet e;
    struct ipv4_packet p;
    struct udp u;
    struct fault why;

    (void)state;
    passes(b, INTERLOPER_UP, tftp_frame(f, INTERLOPER_UP, &rrq));
    hear(b, INTERLOPER_DOWN, tftp_frame(f, INTERLOPER_DOWN, &data));
    assert_int_equal(b->out.count, 1);
    assert_true(tftp_decode(&error, udp_of(b, 0, &e, &p, &u), &why));
    assert_int_equal(error.op, TFTP_ERROR);
    assert_int_equal(error.number, TFTP_ACCESS);
    assert_int_equal(u.from, 51000);
    assert_int_equal(u.to, 50001);
    assert_int_equal(p.to, PHONE_IP);
    assert_true(mac_equal(e.to, PHONE));
    end(b);
}

static void each_address_that_is_probed_is_somebodys_and_a_question_for_a_server_is_not(void **state)
{
    struct bench *b = bench_of("duplicate-address", NULL);
    uint8_t f[FRAME];
    struct ethernet e;
    struct arp arp;
    struct fault why;

    (void)state;
    passes(b, INTERLOPER_UP, arp_frame(f, PHONE_IP, SERVER_IP));
    passes(b, INTERLOPER_DOWN, arp_frame(f, 0, PHONE_IP));
    struct bytes probe = arp_frame(f, 0, PHONE_IP);
    hear(b, INTERLOPER_UP, probe);
    assert_int_equal(b->out.count, 2);
    assert_int_equal(b->actions[0].stream, INTERLOPER_DOWN);
    assert_true(ethernet_decode(&e, payload(&b->out, 0), &why) && arp_decode(&arp, e.payload, &why));
    assert_int_equal(arp.op, ARP_REPLY);
    assert_int_equal(arp.sender, PHONE_IP);
    assert_false(mac_equal(arp.sender_mac, PHONE));
    assert_true(bytes_equal(payload(&b->out, 1), probe));
    end(b);
}

static void slow_tftp_comes_300_ms_later_and_the_rest_at_once(void **state)
{
    struct bench *b = bench_of("slow-tftp", NULL);
    uint8_t f[FRAME], g[FRAME];
    struct tftp data = {.op = TFTP_DATA, .number = 1, .data = bytes_of("abc")};

    (void)state;
    struct bytes frame = tftp_frame(f, INTERLOPER_DOWN, &data);
    hear(b, INTERLOPER_DOWN, frame);
    assert_int_equal(b->out.count, 0);
    assert_int_equal(b->due, 300 * MSEC);
    passes(b, INTERLOPER_DOWN, tcp_frame(g, INTERLOPER_DOWN, SERVER_IP));
    assert_int_equal(b->due, 300 * MSEC);
    wake(b, 300 * MSEC - 1);
    assert_int_equal(b->out.count, 0);
    wake(b, 300 * MSEC);
    assert_int_equal(b->out.count, 1);
    assert_true(bytes_equal(payload(&b->out, 0), frame));
    assert_true(b->due == NEVER);
    end(b);
}

/* Frames of a number, so that their order can be seen. */
static struct bytes numbered(uint8_t to[FRAME], uint32_t n)
{
    memset(to, 0xee, 60);
    to[14] = (uint8_t)(n >> 8);
    to[15] = (uint8_t)n;
    return (struct bytes){to, 60};
}

static uint32_t number_of(struct bytes frame)
{
    return (uint32_t)frame.at[14] << 8 | frame.at[15];
}

static void latency_keeps_the_order_and_puts_a_bounded_number_in_a_step(void **state)
{
    struct bench *b = bench_of("latency=30", NULL);
    uint8_t f[FRAME];
    uint32_t next = 0;

    (void)state;
    for (uint32_t n = 0; n < 200; n++) { /* all in two moments, in both directions */
        b->now = n < 150 ? 1000 : 2000;
        hear(b, n & 1, numbered(f, n));
        assert_int_equal(b->out.count, 0);
        assert_int_equal(b->due, 1000 + 30 * MSEC);
    }
    while (b->due != NEVER) {
        usec due = b->due;
        wake(b, due > b->now ? due : b->now);
        for (uint32_t i = 0; i < b->out.count; i++, next++) {
            assert_int_equal(number_of(payload(&b->out, i)), next);
            assert_int_equal(b->actions[i].stream, next & 1);
            assert_int_equal(b->now, (next < 150 ? 1000 : 2000) + 30 * MSEC);
        }
    }
    assert_int_equal(next, 200);
    end(b);
}

static void a_late_wake_lets_all_go_that_were_due(void **state)
{
    struct bench *b = bench_of("latency=30", NULL);
    uint8_t f[FRAME];
    uint32_t next = 0;

    (void)state;
    for (uint32_t n = 0; n < 100; n++) {
        b->now = n * MSEC;
        hear(b, INTERLOPER_UP, numbered(f, n));
        for (uint32_t i = 0; i < b->out.count; i++, next++) assert_int_equal(number_of(payload(&b->out, i)), next);
    }
    while (next < 100) {
        wake(b, 10 * SECOND);
        assert_true(b->out.count > 0);
        for (uint32_t i = 0; i < b->out.count; i++, next++) assert_int_equal(number_of(payload(&b->out, i)), next);
    }
    assert_true(b->due == NEVER);
    end(b);
}

static void more_frames_than_it_can_hold_are_dropped_and_counted(void **state)
{
    struct bench *b = bench_of("latency=30", NULL);
    uint8_t f[FRAME] = {0};
    uint32_t out = 0;

    (void)state;
    for (uint32_t n = 0; n < INTERLOPER_HELD + 7; n++) hear(b, INTERLOPER_UP, numbered(f, n));
    assert_int_equal(b->interloper.count, INTERLOPER_HELD);
    assert_int_equal(b->interloper.dropped, 7);
    hear(b, INTERLOPER_UP, (struct bytes){f, INTERLOPER_FRAME + 1}); /* too long to be held: dropped too */
    assert_int_equal(b->interloper.dropped, 8);
    for (b->now = b->due; b->due != NEVER; out += b->out.count) wake(b, b->now);
    assert_int_equal(out, INTERLOPER_HELD);
    end(b);
}

static void of_all_frames_that_percentage_is_lost_or_comes_twice(void **state)
{
    struct bench *lossy = bench_of("loss=10", NULL), *twice = bench_of("duplicate=10", NULL),
                 *all = bench_of("loss=100", NULL), *none = bench_of("loss=0", NULL);
    uint8_t f[FRAME];
    uint32_t lost = 0, doubled = 0;
    enum { MANY = 10000 };

    (void)state;
    for (uint32_t n = 0; n < MANY; n++) {
        struct bytes frame = numbered(f, n);
        hear(lossy, n & 1, frame);
        lost += lossy->out.count == 0;
        hear(twice, n & 1, frame);
        assert_in_range(twice->out.count, 1, 2);
        doubled += twice->out.count == 2;
        for (uint32_t i = 0; i < twice->out.count; i++) assert_true(bytes_equal(payload(&twice->out, i), frame));
        is_lost(all, n & 1, frame);
        passes(none, n & 1, frame);
    }
    assert_in_range(lost, MANY / 10 - 150, MANY / 10 + 150); /* five times the deviation, which is 30 */
    assert_in_range(doubled, MANY / 10 - 150, MANY / 10 + 150);
    assert_int_equal(lossy->interloper.dropped, lost);
    assert_int_equal(lossy->interloper.passed, MANY - lost);
    end(lossy);
    end(twice);
    end(all);
    end(none);
}

static void a_reordered_frame_is_overtaken_and_not_lost(void **state)
{
    struct bench *b = bench_of("reorder=20", NULL);
    uint8_t f[FRAME], seen[1000] = {0};
    uint32_t out = 0, backwards = 0, last = 0;

    (void)state;
    for (uint32_t n = 0; n < 1000 || b->due != NEVER; n++) {
        b->now = n * 500;
        if (n < 1000)
            hear(b, INTERLOPER_UP, numbered(f, n));
        else
            wake(b, b->now);
        for (uint32_t i = 0; i < b->out.count; i++, out++) {
            uint32_t number = number_of(payload(&b->out, i));
            assert_int_equal(seen[number]++, 0);
            backwards += number < last;
            last = number;
        }
    }
    assert_int_equal(out, 1000);
    assert_in_range(backwards, 100, 250); /* a fifth of them */
    end(b);
}

/* Sends `many` datagrams of the phone, one each 500 us, of TCP or UDP. Returns what was told of overtaken ones; *late
 * gets how many came out after one that went in later, by the numbers in them. */
static uint64_t told_of(struct bench *b, uint32_t many, uint8_t protocol, uint32_t *late)
{
    uint8_t f[FRAME], number[4];
    uint64_t told = 0;
    uint32_t newest = 0;

    *late = 0;
    for (uint32_t n = 0; n < many || b->due != NEVER; n++) {
        struct writer w = writer(number, sizeof number);
        b->now = n * 500;
        write_be32(&w, n);
        if (n < many)
            hear(b, INTERLOPER_UP, ip_frame(f, INTERLOPER_UP, SERVER_IP, protocol, 2000, 50001, written(&w)));
        else
            wake(b, b->now);
        for (uint32_t i = 0; i < b->out.count; i++) {
            struct bytes at = payload(&b->out, i);
            struct fault why;
            if (b->actions[i].kind == ACTION_TELL) {
                assert_int_equal(b->actions[i].news, WAY_OVERTAKEN);
                assert_int_equal(told_number(at, FACT_PORT, 0), 1);
                told = told_number(at, FACT_COUNT, 0);
                continue;
            }
            struct reader r = reader(bytes_from(at, protocol == PROTOCOL_UDP ? 42 : 34), &why); /* behind the headers */
            uint32_t which = read_be32(&r);
            *late += which < newest;
            newest = which > newest ? which : newest;
        }
    }
    return told;
}

static void each_frame_that_was_overtaken_is_counted_and_none_that_was_not(void **state)
{
    static const char *const in_order[] = {"latency=7", "duplicate=50", "loss=30", "slow-tftp"};
    struct bench *b = bench_of("reorder=20", NULL);
    uint32_t late;

    (void)state;
    uint64_t told = told_of(b, 1000, PROTOCOL_UDP, &late);
    assert_int_equal(told, late);
    assert_in_range(late, 100, 300);
    end(b);
    b = bench_of("reorder=20", "duplicate=20");
    told = told_of(b, 1000, PROTOCOL_UDP, &late);
    assert_in_range(told, 100, late); /* the second copy of one is no other frame */
    end(b);
    for (size_t i = 0; i < ARRAY_LENGTH(in_order); i++) {
        b = bench_of(in_order[i], NULL);
        assert_int_equal(told_of(b, 300, PROTOCOL_UDP, &late), 0);
        assert_int_equal(told_of(b, 300, PROTOCOL_TCP, &late), 0);
        end(b);
    }
}

/* Of different protocols, and of different phones, frames may pass each other: nobody sees it. */
static void what_slow_tftp_lets_tcp_overtake_is_not_disorder(void **state)
{
    struct bench *b = bench_of("slow-tftp", NULL);
    uint8_t f[FRAME];

    (void)state;
    hear(b, INTERLOPER_UP, tftp_frame(f, INTERLOPER_UP, &(struct tftp){.op = TFTP_ACK, .number = 1}));
    assert_int_equal(b->out.count, 0);
    passes(b, INTERLOPER_UP, tcp_frame(f, INTERLOPER_UP, SERVER_IP));
    wake(b, b->due);
    assert_int_equal(b->out.count, 1);
    assert_int_equal(b->actions[0].kind, ACTION_FRAME);
    end(b);
}

static void the_same_seed_loses_the_same_frames(void **state)
{
    struct bench *a = bench_of("loss=50", NULL), *b = bench_of("loss=50", NULL), *other = bench_of("loss=50", NULL);
    uint8_t f[FRAME];
    uint32_t different = 0;

    (void)state;
    other->interloper.random = random_from(99);
    for (uint32_t n = 0; n < 200; n++) {
        hear(a, 0, numbered(f, n));
        hear(b, 0, numbered(f, n));
        hear(other, 0, numbered(f, n));
        assert_int_equal(a->out.count, b->out.count);
        different += a->out.count != other->out.count;
    }
    assert_true(different > 50);
    end(a);
    end(b);
    end(other);
}

static void faults_add_up(void **state)
{
    struct bench *b = bench_of("latency=30", "duplicate=100");
    uint8_t f[FRAME];

    (void)state;
    hear(b, INTERLOPER_UP, numbered(f, 1));
    hear(b, INTERLOPER_UP, numbered(f, 2));
    wake(b, 30 * MSEC);
    assert_int_equal(b->out.count, 4);
    for (uint32_t i = 0; i < 4; i++) assert_int_equal(number_of(payload(&b->out, i)), 1 + i / 2);
    end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_faults_each_frame_goes_on_at_once),
        cmocka_unit_test(only_what_the_uplink_does_needs_it),
        cmocka_unit_test(garbage_goes_on_as_it_is_whatever_is_wrong),
        cmocka_unit_test(dhcp_down_cuts_off_dhcp_alone),
        cmocka_unit_test(tftp_down_cuts_off_both_directions_of_tftp_alone),
        cmocka_unit_test(a_silent_callmanager_neither_hears_nor_says_anything_and_the_others_do),
        cmocka_unit_test(an_ack_becomes_a_nak_of_the_same_transaction_and_all_else_stays),
        cmocka_unit_test(the_second_dhcp_server_offers_first_and_names_no_tftp_server),
        cmocka_unit_test(each_answer_of_tftp_becomes_error_2_from_the_same_port),
        cmocka_unit_test(each_address_that_is_probed_is_somebodys_and_a_question_for_a_server_is_not),
        cmocka_unit_test(slow_tftp_comes_300_ms_later_and_the_rest_at_once),
        cmocka_unit_test(latency_keeps_the_order_and_puts_a_bounded_number_in_a_step),
        cmocka_unit_test(a_late_wake_lets_all_go_that_were_due),
        cmocka_unit_test(more_frames_than_it_can_hold_are_dropped_and_counted),
        cmocka_unit_test(of_all_frames_that_percentage_is_lost_or_comes_twice),
        cmocka_unit_test(a_reordered_frame_is_overtaken_and_not_lost),
        cmocka_unit_test(each_frame_that_was_overtaken_is_counted_and_none_that_was_not),
        cmocka_unit_test(what_slow_tftp_lets_tcp_overtake_is_not_disorder),
        cmocka_unit_test(the_same_seed_loses_the_same_frames),
        cmocka_unit_test(faults_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
