#include "base/random.h"
#include "phone/world.h"

static const struct mac SELF = {{2, 0, 0, 0, 0, 1}}, SERVER = {{2, 0, 0, 0, 9, 9}};
#define OFFERED IPV4(10, 0, 0, 50)
#define DHCP    IPV4(10, 0, 0, 1)
#define TFTP    IPV4(10, 0, 0, 2)

static struct dhcp_client c;
static struct host h;
static struct random rnd;
static struct dhcp_self self;
static char words[DHCP_SAID];
static struct phone_timing timing;
static struct action actions[16];
static uint8_t bytes[8192];
static struct outbox out;
static usec now;
static enum dhcp_heard heard;  /* of the last step */
static struct dhcp sent, said; /* the last message of the client, and of the server */
static struct ethernet carried;
static struct ipv4_packet in_packet;
static unsigned probes, announcements;
static uint16_t server_port; /* from which answers come */

static int set_up(void **state)
{
    (void)state;
    timing = PHONE_SHORTENED;
    timing.probes = 0;
    rnd = random_from(11);
    host_init(&h, SELF);
    h.vlan = 100;
    self = (struct dhcp_self){&h, &timing, &rnd, bytes_of("Cisco Systems, Inc. IP Phone CP-7960G"), words};
    outbox_init(&out, actions, ARRAY_LENGTH(actions), bytes, sizeof bytes);
    now = 5 * SECOND;
    probes = announcements = 0;
    server_port = 67;
    dhcp_client_start(&c, &self, now, NULL);
    return 0;
}

/* Looks at what the last step put: the type of a DHCP message, or 0. */
static unsigned look(void)
{
    static uint8_t kept[2000];
    struct fault why;
    struct udp udp;
    struct arp a;
    unsigned type = 0;

    for (uint32_t i = 0; i < out.count; i++) {
        struct bytes b = payload(&out, i);
        struct ethernet e;
        assert_true(ethernet_decode(&e, b, &why));
        if (e.type == TYPE_ARP) {
            assert_true(arp_decode(&a, e.payload, &why));
            if (a.sender == 0) probes++;
            if (a.sender == a.target) announcements++;
            continue;
        }
        assert_int_equal(type, 0); /* one a step */
        memcpy(kept, b.at, b.len);
        assert_true(ethernet_decode(&carried, (struct bytes){kept, b.len}, &why));
        assert_true(ipv4_decode(&in_packet, carried.payload, &why));
        assert_true(udp_decode(&udp, &in_packet, &why));
        assert_true(udp.from == 68 && udp.to == 67);
        assert_true(dhcp_decode(&sent, udp.payload, &why));
        assert_true(sent.op == BOOTREQUEST && mac_equal(sent.chaddr, SELF) && carried.vlan == 100);
        type = sent.type;
    }
    outbox_clear(&out);
    return type;
}

/* Moves the clock to the client's own wake time, again and again, until it sends; 0 when it waits for ever. */
static unsigned next_sent(void)
{
    for (int i = 0; i < 100; i++) {
        if (dhcp_client_due(&c) == NEVER) return 0;
        if (dhcp_client_due(&c) > now) now = dhcp_client_due(&c);
        heard = dhcp_client_wake(&c, &self, now, &out);
        unsigned type = look();
        assert_true(dhcp_client_due(&c) > now || type || heard != DHCP_NOTHING || probes);
        if (type) return type;
    }
    fail_msg("it spins");
    return 0;
}

static void answer_with(enum dhcp_type type)
{
    memset(&said, 0, sizeof said);
    said.op = BOOTREPLY;
    said.htype = 1;
    said.hlen = 6;
    said.xid = sent.xid;
    said.chaddr = SELF;
    said.type = type;
    said.yiaddr = type == DHCP_NAK ? 0 : OFFERED;
    said.server_id = DHCP;
    said.lease = 3600;
    said.mask = IPV4(255, 255, 255, 0);
    said.routers = (struct dhcp_addresses){1, {DHCP}};
    said.tftp = (struct dhcp_addresses){1, {TFTP}};
    dhcp_set(&said, DHCP_MESSAGE_TYPE);
    dhcp_set(&said, DHCP_SERVER_ID);
    if (type == DHCP_NAK) return;
    dhcp_set(&said, DHCP_LEASE);
    dhcp_set(&said, DHCP_MASK);
    dhcp_set(&said, DHCP_ROUTERS);
    dhcp_set(&said, DHCP_TFTP_SERVERS);
}

static void leave_out(uint8_t code)
{
    said.has[code / 64] &= ~(UINT64_C(1) << code % 64);
}

/* Hands the client these bytes in a datagram from server_port; the type of what it sends at once, or 0. */
static unsigned hear(struct bytes b)
{
    struct fault why;
    struct host_frame f = {.ethernet = {.from = SERVER}, .udp = {.from = server_port, .to = 68, .payload = b}};

    heard = dhcp_client_hear(&c, &self, now, &f, &why, &out);
    return look();
}

static unsigned hear_said(void)
{
    uint8_t m[DHCP_MOST];
    struct writer w = writer(m, sizeof m);

    dhcp_encode(&w, &said);
    return hear(written(&w));
}

static unsigned answer(enum dhcp_type type)
{
    answer_with(type);
    return hear_said();
}

static void bound_for(uint32_t seconds)
{
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    assert_int_equal(answer(DHCP_OFFER), DHCP_REQUEST);
    answer_with(DHCP_ACK);
    said.lease = seconds;
    (void)hear_said();
    assert_int_equal(heard, DHCP_GOT);
}

static void arp_answer(void)
{
    struct mac next;

    (void)host_reach(&h, now, DHCP, &next, &out);
    h.neighbour[0].mac = SERVER;
    h.neighbour[0].due = NEVER;
    outbox_clear(&out);
}

static void unanswered_it_asks_again_after_4_8_16_32_64_and_64_seconds(void **state)
{
    static const unsigned wait[] = {4, 8, 16, 32, 64, 64, 64}; /* give or take one: RFC 2131, 4.1 */

    (void)state;
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    for (size_t i = 0; i < ARRAY_LENGTH(wait); i++) {
        usec before = now;
        assert_int_equal(next_sent(), DHCP_DISCOVER);
        assert_int_equal(heard, DHCP_NO_ANSWER);
        assert_about(now - before, wait[i] * SECOND, SECOND);
    }
    for (int i = 0; i < 400; i++) { /* and for ever: no counter runs over */
        usec before = now;
        assert_int_equal(next_sent(), DHCP_DISCOVER);
        assert_about(now - before, 64 * SECOND, SECOND);
    }
}

static void the_start_waits_at_random_up_to_ten_seconds_in_real_time(void **state)
{
    usec least = NEVER, most = 0;

    (void)state;
    timing = PHONE_REAL;
    for (unsigned i = 0; i < 500; i++) {
        dhcp_client_start(&c, &self, now, NULL);
        least = earlier(least, c.due - now);
        if (c.due - now > most) most = c.due - now;
    }
    assert_true(most <= 10 * SECOND + 1 && most > 9 * SECOND && least < SECOND);
}

static void the_discover_has_what_a_phone_puts_into_it(void **state)
{
    static const uint8_t parameters[] = {1, 66, 6, 3, 15, 150, 35}, id[] = {1, 2, 0, 0, 0, 0, 1};

    (void)state;
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    assert_true(bytes_equal(sent.parameters, (struct bytes){parameters, sizeof parameters}));
    assert_true(bytes_equal(sent.client_id, (struct bytes){id, sizeof id}));
    assert_true(bytes_are(sent.host_name, "SEP020000000001"));
    assert_true(bytes_are(sent.vendor_class, "Cisco Systems, Inc. IP Phone CP-7960G"));
    assert_false(sent.broadcast);
    assert_true(sent.hops == 0 && sent.ciaddr == 0 && in_packet.from == 0 && in_packet.to == IPV4_BROADCAST);
    assert_true(mac_equal(carried.to, MAC_BROADCAST));
    uint32_t xid = sent.xid;
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    assert_int_equal(sent.xid, xid);
    assert_in_range(sent.secs, 3, 5);
}

static void an_offer_with_all_that_is_needed_is_taken_at_once(void **state)
{
    (void)state;
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    assert_int_equal(answer(DHCP_OFFER), DHCP_REQUEST);
    assert_true(sent.requested == OFFERED && sent.server_id == DHCP && sent.ciaddr == 0);
    assert_true(dhcp_has(&sent, DHCP_REQUESTED) && dhcp_has(&sent, DHCP_SERVER_ID));
    assert_int_equal(answer(DHCP_ACK), 0);
    assert_int_equal(heard, DHCP_GOT);
    assert_true(h.address == OFFERED && h.mask == IPV4(255, 255, 255, 0) && h.router == DHCP);
    assert_true(c.lease.tftp[0] == TFTP && c.lease.tftp_source == TFTP_FROM_150);
    assert_int_equal(announcements, 1);
}

static void a_poor_offer_waits_one_second_for_a_better_one(void **state)
{
    (void)state;
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    usec asked = now;
    answer_with(DHCP_OFFER);
    leave_out(DHCP_TFTP_SERVERS);
    assert_int_equal(hear_said(), 0);
    assert_int_equal(next_sent(), DHCP_REQUEST);
    assert_int_equal(now - asked, SECOND);
    assert_int_equal(sent.requested, OFFERED);
}

static void a_better_offer_wins_and_a_worse_one_does_not(void **state)
{
    (void)state;
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    answer_with(DHCP_OFFER);
    leave_out(DHCP_TFTP_SERVERS);
    assert_int_equal(hear_said(), 0);
    answer_with(DHCP_OFFER);
    leave_out(DHCP_TFTP_SERVERS);
    leave_out(DHCP_MASK);
    said.yiaddr = OFFERED + 1;
    assert_int_equal(hear_said(), 0);
    assert_int_equal(c.lease.address, OFFERED);
    now += SECOND / 2;
    answer_with(DHCP_OFFER);
    said.yiaddr = OFFERED + 2;
    said.server_id = DHCP + 7;
    assert_int_equal(hear_said(), DHCP_REQUEST);
    assert_true(sent.requested == OFFERED + 2 && sent.server_id == DHCP + 7);
}

static void an_offer_without_address_or_server_is_none(void **state)
{
    (void)state;
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    usec due = c.due;
    answer_with(DHCP_OFFER);
    said.yiaddr = 0;
    assert_int_equal(hear_said(), 0);
    answer_with(DHCP_OFFER);
    leave_out(DHCP_SERVER_ID);
    said.server_id = 0;
    assert_int_equal(hear_said(), 0);
    assert_int_equal(c.due, due);
}

static void tftp_is_option_150_then_66_then_siaddr_then_sname(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        (void)set_up(NULL);
        assert_int_equal(next_sent(), DHCP_DISCOVER);
        answer_with(DHCP_OFFER);
        said.tftp = (struct dhcp_addresses){3, {TFTP, TFTP + 1, TFTP + 2}};
        said.tftp_name = (struct bytes){(const uint8_t *)"10.0.0.66", 10}; /* with its NUL, as some servers send it */
        said.siaddr = IPV4(10, 0, 0, 77);
        said.sname = bytes_of("10.0.0.88");
        dhcp_set(&said, DHCP_TFTP_NAME);
        if (i >= 1) leave_out(DHCP_TFTP_SERVERS);
        if (i >= 2) said.tftp_name = bytes_of("tftp.example.com"); /* a name: these phones would ask DNS */
        if (i >= 3) leave_out(DHCP_TFTP_NAME);
        if (i >= 4) said.siaddr = 0;
        if (i >= 5) said.sname = bytes_of("boot server");
        (void)hear_said();
        static const ipv4 wanted[] = {
            TFTP, IPV4(10, 0, 0, 66), IPV4(10, 0, 0, 77), IPV4(10, 0, 0, 77), IPV4(10, 0, 0, 88), 0};
        static const uint8_t source[] = {TFTP_FROM_150,    TFTP_FROM_66,    TFTP_FROM_SIADDR,
                                         TFTP_FROM_SIADDR, TFTP_FROM_SNAME, TFTP_FROM_NOTHING};
        assert_int_equal(c.lease.tftp[0], wanted[i]);
        assert_int_equal(c.lease.tftp[1], i == 0 ? TFTP + 1 : 0);
        assert_int_equal(c.lease.tftp_source, source[i]);
    }
}

/* RFC 2131, 4.3.2: a server that was not chosen has nothing to say to this REQUEST. */
static void a_nak_or_ack_of_a_server_that_was_not_asked_is_none(void **state)
{
    (void)state;
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    assert_int_equal(answer(DHCP_OFFER), DHCP_REQUEST);
    usec due = c.due;
    answer_with(DHCP_NAK);
    said.server_id = DHCP + 7;
    assert_int_equal(hear_said(), 0);
    assert_int_equal(heard, DHCP_NOTHING);
    answer_with(DHCP_ACK);
    said.server_id = DHCP + 7;
    said.yiaddr = OFFERED + 9;
    assert_int_equal(hear_said(), 0);
    assert_int_equal(heard, DHCP_NOTHING);
    assert_true(c.state == DHCP_REQUESTING && c.due == due);
    answer_with(DHCP_ACK); /* a server of two addresses may call itself by the other one now */
    said.server_id = DHCP + 7;
    (void)hear_said();
    assert_int_equal(heard, DHCP_GOT);
    assert_int_equal(c.lease.server, DHCP + 7);
}

static void a_renewal_heeds_the_nak_of_its_own_server_and_rebinding_that_of_any(void **state)
{
    (void)state;
    for (int rebinding = 0; rebinding < 2; rebinding++) {
        (void)set_up(NULL);
        bound_for(3600);
        arp_answer();
        do assert_int_equal(next_sent(), DHCP_REQUEST);
        while (c.state != (rebinding ? DHCP_REBINDING : DHCP_RENEWING));
        answer_with(DHCP_NAK);
        said.server_id = DHCP + 7;
        (void)hear_said();
        assert_int_equal(heard, rebinding ? DHCP_LOST : DHCP_NOTHING);
        if (rebinding) continue;
        (void)answer(DHCP_NAK);
        assert_int_equal(heard, DHCP_LOST);
    }
}

/* RFC 6842, 3: an answer that names another client identifier is for that client, whatever chaddr says. */
static void an_answer_with_the_identifier_of_another_client_is_not_ours(void **state)
{
    static const uint8_t own[] = {1, 2, 0, 0, 0, 0, 1}, others[] = {1, 2, 0, 0, 0, 0, 2};

    (void)state;
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    for (size_t i = 0; i < 3; i++) {
        answer_with(DHCP_OFFER);
        dhcp_set(&said, DHCP_CLIENT_ID);
        said.client_id = i == 0   ? (struct bytes){others, sizeof others}
                         : i == 1 ? (struct bytes){own, sizeof own - 1}
                                  : (struct bytes){own, sizeof own};
        assert_int_equal(hear_said(), i == 2 ? DHCP_REQUEST : 0);
    }
}

static void an_offer_that_could_not_be_used_is_none(void **state)
{
    static const ipv4 no_host[] = {IPV4_BROADCAST, IPV4(224, 0, 0, 1), IPV4(127, 0, 0, 1), IPV4(0, 0, 0, 9),
                                   IPV4(240, 0, 0, 1)};

    (void)state;
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    usec due = c.due;
    answer_with(DHCP_OFFER);
    said.lease = 0; /* its ACK would be over at once */
    assert_int_equal(hear_said(), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(no_host); i++) {
        answer_with(DHCP_OFFER);
        said.yiaddr = no_host[i];
        assert_int_equal(hear_said(), 0);
    }
    assert_true(c.due == due && !c.has_offer);
    assert_int_equal(answer(DHCP_OFFER), DHCP_REQUEST);
}

static void an_answer_may_come_from_any_port(void **state)
{
    (void)state;
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    server_port = 1067; /* a relay behind a translator: RFC 2131, 4.1 names the port to which it is sent alone */
    assert_int_equal(answer(DHCP_OFFER), DHCP_REQUEST);
    (void)answer(DHCP_ACK);
    assert_int_equal(heard, DHCP_GOT);
}

/* RFC 950, 2.1: without a subnet mask that of the class, so that what is elsewhere goes by the router. */
static void without_a_mask_the_class_of_the_address_counts(void **state)
{
    static const struct {
        ipv4 address, mask;
    } of[] = {{IPV4(10, 1, 2, 3), IPV4(255, 0, 0, 0)},
              {IPV4(172, 16, 2, 3), IPV4(255, 255, 0, 0)},
              {IPV4(192, 168, 2, 3), IPV4(255, 255, 255, 0)}};

    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_LENGTH(of); i++) {
        (void)set_up(NULL);
        assert_int_equal(next_sent(), DHCP_DISCOVER);
        for (int type = DHCP_OFFER; type <= DHCP_ACK; type += DHCP_ACK - DHCP_OFFER) {
            answer_with((enum dhcp_type)type);
            said.yiaddr = of[i / 2].address;
            said.mask = 0;
            if (i % 2) leave_out(DHCP_MASK);
            (void)hear_said();
            if (type == DHCP_OFFER) assert_int_equal(next_sent(), DHCP_REQUEST);
        }
        assert_int_equal(heard, DHCP_GOT);
        assert_int_equal(h.mask, of[i / 2].mask);
        assert_int_equal(c.lease.mask, of[i / 2].mask);
    }
}

static void addresses_of_nobody_are_passed_over(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        (void)set_up(NULL);
        assert_int_equal(next_sent(), DHCP_DISCOVER);
        answer_with(DHCP_OFFER);
        said.routers = (struct dhcp_addresses){2, {0, DHCP}};
        said.tftp = (struct dhcp_addresses){4, {0, TFTP, IPV4_BROADCAST, TFTP + 1}};
        if (i > 0) said.tftp.count = 1;
        if (i == 1) said.siaddr = IPV4(10, 0, 0, 77);
        if (i == 2) {
            said.siaddr = IPV4_BROADCAST;
            said.sname = bytes_of("10.0.0.88");
        }
        (void)hear_said();
        assert_int_equal(c.lease.router, DHCP);
        static const ipv4 wanted[] = {TFTP, IPV4(10, 0, 0, 77), IPV4(10, 0, 0, 88)};
        assert_int_equal(c.lease.tftp[0], wanted[i]);
        assert_int_equal(c.lease.tftp[1], i == 0 ? TFTP + 1 : 0);
    }
}

static void an_address_in_option_66_is_read_as_people_type_it(void **state)
{
    static const char *const texts[] = {" 10.0.0.66 ",         "10.0.0.66\r\n", "10.0.0.66,10.0.0.67",
                                        "10.0.0.66 10.0.0.67", "\"10.0.0.66\"", "10.0.0.66;10.0.0.67",
                                        "tftp://10.0.0.66/"};

    (void)state;
    for (size_t i = 0; i <= ARRAY_LENGTH(texts); i++) {
        (void)set_up(NULL);
        assert_int_equal(next_sent(), DHCP_DISCOVER);
        answer_with(DHCP_OFFER);
        leave_out(DHCP_TFTP_SERVERS);
        dhcp_set(&said, DHCP_TFTP_NAME);
        said.tftp_name =
            i < ARRAY_LENGTH(texts) ? bytes_of(texts[i]) : (struct bytes){(const uint8_t *)"10.0.0.66\0\xff\xff", 12};
        (void)hear_said();
        assert_int_equal(c.lease.tftp[0], IPV4(10, 0, 0, 66));
        assert_int_equal(c.lease.tftp_source, TFTP_FROM_66);
    }
}

static void a_nak_begins_again_and_the_next_ones_only_after_a_second(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        usec before = now;
        assert_int_equal(next_sent(), DHCP_DISCOVER);
        if (i > 1) assert_about(now - before, SECOND, 250 * MSEC);
        assert_int_equal(answer(DHCP_OFFER), DHCP_REQUEST);
        answer_with(DHCP_NAK);
        said.message = bytes_of("wrong network");
        dhcp_set(&said, DHCP_MESSAGE);
        assert_int_equal(hear_said(), 0);
        assert_int_equal(heard, DHCP_REFUSED);
        assert_string_equal(words, "wrong network");
        assert_int_equal(c.naks, i + 1);
        assert_int_equal(h.address, 0);
    }
}

static void an_unanswered_request_is_repeated_and_after_four_it_begins_again(void **state)
{
    static const unsigned wait[] = {4, 8, 16};

    (void)state;
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    uint32_t xid = sent.xid;
    assert_int_equal(answer(DHCP_OFFER), DHCP_REQUEST);
    for (size_t i = 0; i < ARRAY_LENGTH(wait); i++) {
        usec before = now;
        assert_int_equal(next_sent(), DHCP_REQUEST);
        assert_about(now - before, wait[i] * SECOND, SECOND);
        assert_int_equal(sent.xid, xid);
    }
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    assert_int_not_equal(sent.xid, xid);
}

static void at_t1_it_asks_its_server_at_t2_everybody_and_at_the_end_the_address_is_gone(void **state)
{
    (void)state;
    bound_for(3600);
    usec start = now;
    arp_answer();
    assert_int_equal(next_sent(), DHCP_REQUEST); /* RFC 2131, 4.4.5: T1 is half */
    assert_int_equal(now - start, 1800 * SECOND);
    assert_true(in_packet.to == DHCP && in_packet.from == OFFERED && mac_equal(carried.to, SERVER));
    assert_true(sent.ciaddr == OFFERED && !dhcp_has(&sent, DHCP_REQUESTED) && !dhcp_has(&sent, DHCP_SERVER_ID));
    assert_int_equal(next_sent(), DHCP_REQUEST); /* half of what is left to T2 at 3150 s */
    assert_int_equal(now - start, 2475 * SECOND);
    unsigned asked = 0;
    do assert_int_equal(next_sent(), DHCP_REQUEST);
    while (in_packet.to == DHCP && asked++ < 20);
    assert_int_equal(now - start, 3150 * SECOND);
    assert_true(in_packet.to == IPV4_BROADCAST && sent.ciaddr == OFFERED);
    while (sent.type == DHCP_REQUEST && asked++ < 40) (void)next_sent();
    assert_int_equal(c.state, DHCP_SELECTING);
    assert_true(now - start >= 3600 * SECOND);
    assert_int_equal(h.address, 0);
}

static void the_end_of_the_lease_is_told(void **state)
{
    (void)state;
    bound_for(3600);
    now = c.lease.end; /* nobody woke it in between: late, and right */
    heard = dhcp_client_wake(&c, &self, now, &out);
    assert_int_equal(heard, DHCP_LOST);
    assert_int_equal(h.address, 0);
    assert_int_equal(c.state, DHCP_INIT);
}

static void a_late_wake_lands_where_the_lease_is(void **state)
{
    static const struct {
        unsigned at;
        enum dhcp_state state;
    } late[] = {{1800, DHCP_RENEWING},  {3149, DHCP_RENEWING}, {3150, DHCP_REBINDING},
                {3599, DHCP_REBINDING}, {3600, DHCP_INIT},     {1000000, DHCP_INIT}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(late); i++) {
        (void)set_up(NULL);
        bound_for(3600);
        arp_answer();
        now += late[i].at * SECOND;
        (void)dhcp_client_wake(&c, &self, now, &out);
        assert_int_equal(c.state, late[i].state);
        assert_true(c.due > now);
        outbox_clear(&out);
    }
}

static void a_renewal_is_counted_from_when_it_was_asked_and_keeps_what_the_ack_leaves_out(void **state)
{
    (void)state;
    bound_for(3600);
    arp_answer();
    assert_int_equal(next_sent(), DHCP_REQUEST);
    usec asked = now;
    now += 2 * SECOND;
    answer_with(DHCP_ACK);
    said.lease = 7200;
    leave_out(DHCP_TFTP_SERVERS);
    leave_out(DHCP_MASK);
    leave_out(DHCP_ROUTERS);
    assert_int_equal(hear_said(), 0);
    assert_int_equal(heard, DHCP_RENEWED);
    assert_int_equal(c.due, asked + 3600 * SECOND);
    assert_int_equal(c.lease.end, asked + 7200 * SECOND);
    assert_true(c.lease.tftp[0] == TFTP && h.mask == IPV4(255, 255, 255, 0) && h.router == DHCP &&
                h.address == OFFERED);
}

/* The server's MAC may be forgotten by T1: the request must not be lost for it. */
static void a_renewal_waits_for_arp_and_leaves_as_soon_as_it_is_answered(void **state)
{
    (void)state;
    bound_for(3600);
    now = c.due;
    (void)dhcp_client_wake(&c, &self, now, &out);
    assert_int_equal(out.count, 1); /* ARP */
    assert_int_equal(look(), 0);
    now += MSEC;
    dhcp_client_resolved(&c, &self, now, &out); /* of somebody else */
    assert_int_equal(out.count, 0);
    h.neighbour[0].mac = SERVER;
    dhcp_client_resolved(&c, &self, now, &out);
    assert_int_equal(look(), DHCP_REQUEST);
    dhcp_client_resolved(&c, &self, now, &out);
    assert_int_equal(look(), 0); /* once */
    assert_int_equal(answer(DHCP_ACK), 0);
    assert_int_equal(heard, DHCP_RENEWED);
}

static void a_nak_to_a_renewal_takes_the_address(void **state)
{
    (void)state;
    bound_for(3600);
    arp_answer();
    assert_int_equal(next_sent(), DHCP_REQUEST);
    (void)answer(DHCP_NAK);
    assert_int_equal(heard, DHCP_LOST);
    assert_int_equal(h.address, 0);
}

static void t1_and_t2_of_the_server_count_when_they_make_sense(void **state)
{
    static const struct {
        uint32_t t1, t2, is1, is2;
    } given[] = {
        {100, 200, 100, 200}, {5000, 200, 1800, 3150},  {100, 50, 100, 3150},    {UINT32_MAX, UINT32_MAX, 1800, 3150},
        {0, 0, 1800, 3150},   {3599, 3599, 3599, 3599}, {3500, 9999, 3500, 3500}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(given); i++) {
        (void)set_up(NULL);
        assert_int_equal(next_sent(), DHCP_DISCOVER);
        assert_int_equal(answer(DHCP_OFFER), DHCP_REQUEST);
        answer_with(DHCP_ACK);
        said.t1 = given[i].t1;
        said.t2 = given[i].t2;
        dhcp_set(&said, DHCP_T1);
        dhcp_set(&said, DHCP_T2);
        (void)hear_said();
        assert_int_equal(c.lease.t1 - now, given[i].is1 * SECOND);
        assert_int_equal(c.lease.t2 - now, given[i].is2 * SECOND);
    }
}

static void an_ack_with_a_lease_of_0_seconds_is_no_answer(void **state)
{
    (void)state;
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    assert_int_equal(answer(DHCP_OFFER), DHCP_REQUEST);
    usec due = c.due;
    answer_with(DHCP_ACK);
    said.lease = 0;
    assert_int_equal(hear_said(), 0);
    assert_int_equal(heard, DHCP_NOTHING);
    assert_int_equal(c.due, due);
    unsigned sends = 0;
    for (usec end = now + 60 * SECOND; now < end; sends++) { /* a server that always says so is not asked like mad */
        (void)next_sent();
        answer_with(sent.type == DHCP_DISCOVER ? DHCP_OFFER : DHCP_ACK);
        said.lease = 0;
        (void)hear_said();
    }
    assert_true(sends < 20);
}

static void an_infinite_lease_wants_no_wake(void **state)
{
    (void)state;
    bound_for(UINT32_MAX);
    assert_int_equal(dhcp_client_due(&c), NEVER);
}

static void a_new_address_is_probed_and_a_conflict_is_declined_and_waits_ten_seconds(void **state)
{
    (void)state;
    timing.probes = 3;
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    assert_int_equal(answer(DHCP_OFFER), DHCP_REQUEST);
    (void)answer(DHCP_ACK);
    assert_int_equal(heard, DHCP_NOTHING);
    assert_true(probes == 1 && h.address == 0);
    usec first = now;
    now = c.due;
    assert_int_equal(now - first, timing.probe_wait);
    (void)dhcp_client_wake(&c, &self, now, &out);
    (void)look();
    assert_int_equal(probes, 2);
    heard = dhcp_client_duplicate(&c, &self, now, SERVER, &out);
    assert_int_equal(heard, DHCP_DUPLICATED);
    assert_int_equal(look(), DHCP_DECLINE);
    assert_true(sent.requested == OFFERED && sent.server_id == DHCP && sent.ciaddr == 0 &&
                in_packet.to == IPV4_BROADCAST);
    assert_true(c.refused == OFFERED && mac_equal(c.other, SERVER) && c.declines == 1);
    usec declined = now;
    assert_int_equal(next_sent(), DHCP_DISCOVER); /* RFC 2131, 3.1 (5) */
    assert_int_equal(now - declined, 10 * SECOND);
    assert_int_equal(dhcp_client_duplicate(&c, &self, now, SERVER, &out), DHCP_NOTHING); /* nothing is probed now */
}

static void an_address_that_nobody_has_is_taken_after_all_probes(void **state)
{
    (void)state;
    timing.probes = 3;
    assert_int_equal(next_sent(), DHCP_DISCOVER);
    assert_int_equal(answer(DHCP_OFFER), DHCP_REQUEST);
    (void)answer(DHCP_ACK);
    usec acked = now;
    while (heard != DHCP_GOT) {
        now = c.due;
        heard = dhcp_client_wake(&c, &self, now, &out);
        (void)look();
    }
    assert_int_equal(probes, 3);
    assert_int_equal(now - acked, 3 * timing.probe_wait);
    assert_int_equal(h.address, OFFERED);
}

static void a_remembered_lease_is_asked_for_first(void **state)
{
    (void)state;
    bound_for(3600);
    struct lease lease = c.lease;
    host_forget(&h);
    dhcp_client_start(&c, &self, now, &lease);
    assert_int_equal(next_sent(), DHCP_REQUEST); /* INIT-REBOOT: RFC 2131, 4.3.2 */
    assert_true(sent.requested == OFFERED && !dhcp_has(&sent, DHCP_SERVER_ID) && sent.ciaddr == 0 &&
                in_packet.from == 0);
    (void)answer(DHCP_ACK);
    assert_int_equal(heard, DHCP_GOT);
    host_forget(&h);
    dhcp_client_start(&c, &self, now, &lease); /* another network: NAK */
    assert_int_equal(next_sent(), DHCP_REQUEST);
    (void)answer(DHCP_NAK);
    assert_int_equal(heard, DHCP_REFUSED);
    assert_int_equal(next_sent(), DHCP_DISCOVER);
}

static void an_unanswered_reboot_goes_on_with_the_lease_while_it_lives(void **state)
{
    (void)state;
    bound_for(3600);
    struct lease lease = c.lease;
    dhcp_client_start(&c, &self, now, &lease);
    assert_int_equal(next_sent(), DHCP_REQUEST);
    assert_int_equal(next_sent(), DHCP_REQUEST);
    now = c.due;
    assert_int_equal(dhcp_client_wake(&c, &self, now, &out), DHCP_GOT);
    assert_true(h.address == OFFERED && c.state == DHCP_BOUND);
    outbox_clear(&out);
    now = lease.end;
    dhcp_client_start(&c, &self, now, &lease); /* it lives no longer */
    assert_int_equal(next_sent(), DHCP_DISCOVER);
}

static void a_release_says_goodbye_to_the_server(void **state)
{
    (void)state;
    bound_for(3600);
    arp_answer();
    dhcp_client_release(&c, &self, &out);
    assert_int_equal(look(), DHCP_RELEASE);
    assert_true(sent.ciaddr == OFFERED && sent.server_id == DHCP && in_packet.to == DHCP);
    assert_int_equal(dhcp_client_due(&c), NEVER);
}

static void garbage_another_xid_another_chaddr_and_requests_move_no_timer(void **state)
{
    uint8_t m[DHCP_MOST];
    struct random r = random_from(5);

    (void)state;
    for (int phase = 0; phase < 3; phase++) {
        (void)set_up(NULL);
        assert_int_equal(next_sent(), DHCP_DISCOVER);
        if (phase > 0) assert_int_equal(answer(DHCP_OFFER), DHCP_REQUEST);
        if (phase > 1) (void)answer(DHCP_ACK);
        struct dhcp_client before = c;
        for (int i = 0; i < 4; i++) {
            answer_with(phase == 0 ? DHCP_OFFER : DHCP_ACK);
            if (i == 0) said.xid ^= 1;
            if (i == 1) said.chaddr = SERVER;
            if (i == 2) said.op = BOOTREQUEST;
            if (i == 3) said.type = DHCP_INFORM;
            assert_int_equal(hear_said(), 0);
            assert_int_equal(heard, DHCP_NOTHING);
        }
        answer_with(DHCP_OFFER);
        struct writer w = writer(m, sizeof m);
        dhcp_encode(&w, &said);
        for (size_t n = 0; n < 240; n++) {
            assert_int_equal(hear((struct bytes){m, n}), 0);
            assert_int_equal(heard, DHCP_MALFORMED);
        }
        for (int i = 0; i < 2000; i++) {
            size_t n = random_below(&r, sizeof m);
            for (size_t k = 0; k < n; k++) m[k] = (uint8_t)random_u32(&r);
            assert_int_equal(hear((struct bytes){m, n}), 0);
        }
        assert_memory_equal(&before, &c, sizeof c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(unanswered_it_asks_again_after_4_8_16_32_64_and_64_seconds, set_up),
        cmocka_unit_test_setup(the_start_waits_at_random_up_to_ten_seconds_in_real_time, set_up),
        cmocka_unit_test_setup(the_discover_has_what_a_phone_puts_into_it, set_up),
        cmocka_unit_test_setup(an_offer_with_all_that_is_needed_is_taken_at_once, set_up),
        cmocka_unit_test_setup(a_poor_offer_waits_one_second_for_a_better_one, set_up),
        cmocka_unit_test_setup(a_better_offer_wins_and_a_worse_one_does_not, set_up),
        cmocka_unit_test_setup(an_offer_without_address_or_server_is_none, set_up),
        cmocka_unit_test_setup(tftp_is_option_150_then_66_then_siaddr_then_sname, set_up),
        cmocka_unit_test_setup(a_nak_or_ack_of_a_server_that_was_not_asked_is_none, set_up),
        cmocka_unit_test_setup(a_renewal_heeds_the_nak_of_its_own_server_and_rebinding_that_of_any, set_up),
        cmocka_unit_test_setup(an_answer_with_the_identifier_of_another_client_is_not_ours, set_up),
        cmocka_unit_test_setup(an_offer_that_could_not_be_used_is_none, set_up),
        cmocka_unit_test_setup(an_answer_may_come_from_any_port, set_up),
        cmocka_unit_test_setup(without_a_mask_the_class_of_the_address_counts, set_up),
        cmocka_unit_test_setup(addresses_of_nobody_are_passed_over, set_up),
        cmocka_unit_test_setup(an_address_in_option_66_is_read_as_people_type_it, set_up),
        cmocka_unit_test_setup(a_nak_begins_again_and_the_next_ones_only_after_a_second, set_up),
        cmocka_unit_test_setup(an_unanswered_request_is_repeated_and_after_four_it_begins_again, set_up),
        cmocka_unit_test_setup(at_t1_it_asks_its_server_at_t2_everybody_and_at_the_end_the_address_is_gone, set_up),
        cmocka_unit_test_setup(the_end_of_the_lease_is_told, set_up),
        cmocka_unit_test_setup(a_late_wake_lands_where_the_lease_is, set_up),
        cmocka_unit_test_setup(a_renewal_is_counted_from_when_it_was_asked_and_keeps_what_the_ack_leaves_out, set_up),
        cmocka_unit_test_setup(a_renewal_waits_for_arp_and_leaves_as_soon_as_it_is_answered, set_up),
        cmocka_unit_test_setup(a_nak_to_a_renewal_takes_the_address, set_up),
        cmocka_unit_test_setup(t1_and_t2_of_the_server_count_when_they_make_sense, set_up),
        cmocka_unit_test_setup(an_ack_with_a_lease_of_0_seconds_is_no_answer, set_up),
        cmocka_unit_test_setup(an_infinite_lease_wants_no_wake, set_up),
        cmocka_unit_test_setup(a_new_address_is_probed_and_a_conflict_is_declined_and_waits_ten_seconds, set_up),
        cmocka_unit_test_setup(an_address_that_nobody_has_is_taken_after_all_probes, set_up),
        cmocka_unit_test_setup(a_remembered_lease_is_asked_for_first, set_up),
        cmocka_unit_test_setup(an_unanswered_reboot_goes_on_with_the_lease_while_it_lives, set_up),
        cmocka_unit_test_setup(a_release_says_goodbye_to_the_server, set_up),
        cmocka_unit_test_setup(garbage_another_xid_another_chaddr_and_requests_move_no_timer, set_up),
    };

    return cmocka_run_group_tests_name("phone/dhcp", tests, NULL, NULL);
}
