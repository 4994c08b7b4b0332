/* sim/host.h: what a kernel does at the servers' network card. */
#include "lab.h"
#include "sim/host.h"
#include "wire/arp.h"
#include "wire/ethernet.h"
#include "wire/icmp.h"
#include "wire/ipv4_udp.h"

static const struct mac SELF = {{2, 0x5e, 0, 0, 0, 1}}, PHONE = {{2, 0, 0, 0, 0, 7}}, OTHER = {{2, 0, 0, 0, 0, 8}};
enum { SERVER = IPV4(10, 0, 0, 2), SECOND_IP = IPV4(10, 0, 0, 3), CLIENT = IPV4(10, 0, 0, 7), FRAME = 1600 };

struct bench {
    struct sim_host host;
    struct sim_peer peer[HOST_PEERS];
    uint8_t frame[FRAME], reply[FRAME];
    struct writer w;
    struct event event;
};

static struct bench *bench(void)
{
    static const ipv4 addresses[] = {SERVER, SECOND_IP};
    struct bench *b = calloc(1, sizeof *b);

    sim_host_init(&b->host, SELF, addresses, 2, b->peer);
    return b;
}

static bool hears(struct bench *b, struct bytes frame)
{
    b->w = writer(b->reply, sizeof b->reply);
    return sim_host_hear(&b->host, frame, &b->event, &b->w);
}

static struct bytes arp_for(struct bench *b, struct mac to, enum arp_op op, ipv4 target)
{
    struct writer w = writer(b->frame, FRAME);
    size_t begun = ethernet_begin(&w, &(struct ethernet){.to = to, .from = PHONE, .type = TYPE_ARP});

    arp_encode(&w, &(struct arp){op, PHONE, MAC_NONE, CLIENT, target});
    ethernet_end(&w, begun);
    return written(&w);
}

static struct bytes packet(struct bench *b, struct mac to, bool tagged, ipv4 from, ipv4 address, uint8_t protocol,
                           struct bytes what)
{
    struct writer w = writer(b->frame, FRAME);
    struct ipv4_packet p = {.from = from, .to = address, .protocol = protocol};
    size_t begun = ethernet_begin(
               &w, &(struct ethernet){.to = to, .from = PHONE, .type = TYPE_IPV4, .tagged = tagged, .vlan = 100}),
           ip = ipv4_begin(&w, &p);
    size_t udp = protocol == PROTOCOL_UDP ? udp_begin(&w, 50000, 69) : 0;

    if (protocol == PROTOCOL_ICMP)
        icmp_encode(&w, &(struct icmp){.type = ICMP_ECHO, .id = 3, .sequence = 4, .data = what});
    else
        write_bytes(&w, what);
    if (protocol == PROTOCOL_UDP) udp_end(&w, udp, from, address);
    ipv4_end(&w, ip);
    ethernet_end(&w, begun);
    return written(&w);
}

static void it_answers_arp_for_each_of_its_addresses_and_for_no_other(void **state)
{
    struct bench *b = bench();
    struct ethernet e;
    struct arp arp;
    struct fault why;

    (void)state;
    for (ipv4 address = SERVER; address <= SECOND_IP; address++) {
        assert_false(hears(b, arp_for(b, MAC_BROADCAST, ARP_REQUEST, address)));
        assert_true(ethernet_decode(&e, written(&b->w), &why) && arp_decode(&arp, e.payload, &why));
        assert_int_equal(arp.op, ARP_REPLY);
        assert_int_equal(arp.sender, address);
        assert_true(mac_equal(arp.sender_mac, SELF) && mac_equal(e.to, PHONE));
    }
    assert_false(hears(b, arp_for(b, MAC_BROADCAST, ARP_REQUEST, CLIENT)));
    assert_int_equal(b->w.len, 0);
    assert_false(hears(b, arp_for(b, SELF, ARP_REPLY, SERVER))); /* an answer is not answered */
    assert_int_equal(b->w.len, 0);
    assert_false(hears(b, arp_for(b, OTHER, ARP_REQUEST, SERVER))); /* to another card */
    assert_int_equal(b->w.len, 0);
    free(b);
}

static void it_answers_an_echo_with_the_same_data(void **state)
{
    struct bench *b = bench();
    struct ethernet e;
    struct ipv4_packet p;
    struct icmp icmp;
    struct fault why;

    (void)state;
    assert_false(hears(b, packet(b, SELF, false, CLIENT, SECOND_IP, PROTOCOL_ICMP, bytes_of("ping"))));
    assert_true(ethernet_decode(&e, written(&b->w), &why) && ipv4_decode(&p, e.payload, &why) &&
                icmp_decode(&icmp, p.payload, &why));
    assert_int_equal(p.from, SECOND_IP);
    assert_int_equal(p.to, CLIENT);
    assert_int_equal(icmp.type, ICMP_ECHO_REPLY);
    assert_int_equal(icmp.id, 3);
    assert_true(bytes_are(icmp.data, "ping"));
    assert_false(hears(b, packet(b, SELF, false, CLIENT, CLIENT, PROTOCOL_ICMP, bytes_of("ping"))));
    assert_int_equal(b->w.len, 0);
    free(b);
}

static void a_datagram_reaches_its_server_and_the_answer_goes_back_to_where_it_came_from(void **state)
{
    struct bench *b = bench();
    struct ethernet e;
    struct ipv4_packet p;
    struct udp u;
    struct fault why;

    (void)state;
    assert_true(hears(b, packet(b, SELF, false, CLIENT, SERVER, PROTOCOL_UDP, bytes_of("ask"))));
    assert_int_equal(b->event.kind, EVENT_DATAGRAM);
    assert_true(b->event.from.address == CLIENT && b->event.from.port == 50000 && b->event.to.address == SERVER &&
                b->event.to.port == 69);
    assert_true(bytes_are(b->event.bytes, "ask"));
    struct writer w = writer(b->reply, FRAME);
    assert_true(sim_host_send(&b->host, b->event.to, b->event.from, bytes_of("answer"), &w));
    assert_true(ethernet_decode(&e, written(&w), &why) && ipv4_decode(&p, e.payload, &why) && udp_decode(&u, &p, &why));
    assert_true(mac_equal(e.to, PHONE) && mac_equal(e.from, SELF));
    assert_true(p.from == SERVER && p.to == CLIENT && u.from == 69 && u.to == 50000 && bytes_are(u.payload, "answer"));
    free(b);
}

static void what_the_engine_names_wins_broadcasts_need_nobody_and_strangers_are_not_reached(void **state)
{
    struct bench *b = bench();
    struct ethernet e;
    struct fault why;
    struct writer w = writer(b->reply, FRAME);

    (void)state;
    assert_false(sim_host_send(&b->host, (struct endpoint){.address = SERVER, .port = 69},
                               (struct endpoint){.address = CLIENT, .port = 1}, bytes_of("x"), &w));
    assert_int_equal(w.len, 0);
    assert_true(sim_host_send(&b->host, (struct endpoint){.port = 67},
                              (struct endpoint){.address = CLIENT, .port = 68, .mac = OTHER}, bytes_of("x"), &w));
    assert_true(ethernet_decode(&e, written(&w), &why) && mac_equal(e.to, OTHER));
    w = writer(b->reply, FRAME);
    assert_true(sim_host_send(&b->host, (struct endpoint){.port = 67},
                              (struct endpoint){.address = IPV4_BROADCAST, .port = 68}, bytes_of("x"), &w));
    assert_true(ethernet_decode(&e, written(&w), &why) && mac_equal(e.to, MAC_BROADCAST));
    free(b);
}

static void frames_that_are_not_for_it_and_garbage_are_ignored(void **state)
{
    struct bench *b = bench();
    struct bytes good;

    (void)state;
    assert_false(hears(b, packet(b, OTHER, false, CLIENT, SERVER, PROTOCOL_UDP, bytes_of("x"))));
    assert_false(
        hears(b, packet(b, SELF, true, CLIENT, SERVER, PROTOCOL_UDP, bytes_of("x")))); /* tagged: another VLAN */
    assert_false(hears(b, packet(b, SELF, false, CLIENT, CLIENT, PROTOCOL_UDP, bytes_of("x"))));
    assert_false(hears(b, packet(b, SELF, false, CLIENT, SERVER, PROTOCOL_TCP, bytes_of("x"))));
    good = packet(b, SELF, false, CLIENT, SERVER, PROTOCOL_UDP, bytes_of("0123456789abcdefghijklmnopqrstuvwxyz"));
    for (size_t n = 0; n < good.len; n++) assert_false(hears(b, (struct bytes){good.at, n}));
    assert_true(hears(b, good));
    b->frame[good.len - 1] ^= 1; /* a wrong UDP checksum */
    assert_false(hears(b, good));
    assert_true(hears(b, packet(b, MAC_BROADCAST, false, 0, IPV4_BROADCAST, PROTOCOL_UDP, bytes_of("discover"))));
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_answers_arp_for_each_of_its_addresses_and_for_no_other),
        cmocka_unit_test(it_answers_an_echo_with_the_same_data),
        cmocka_unit_test(a_datagram_reaches_its_server_and_the_answer_goes_back_to_where_it_came_from),
        cmocka_unit_test(what_the_engine_names_wins_broadcasts_need_nobody_and_strangers_are_not_reached),
        cmocka_unit_test(frames_that_are_not_for_it_and_garbage_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
