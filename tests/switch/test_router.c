#include "bench.h"
#include "wire/arp.h"
#include "wire/dhcp.h"
#include "wire/icmp.h"
#include "wire/ipv4_udp.h"

/* Data VLAN 1 is 10.1.0.0/24 with a relay, voice VLAN 100 is 10.0.0.0/24 with the server 10.0.0.1 at the uplink (port
 * 3); the SVIs are 10.1.0.254 and 10.0.0.254. PC: port 1, untagged. */

static const ipv4 PC = IPV4(10, 1, 0, 7), SERVER = IPV4(10, 0, 0, 1), DATA_SVI = IPV4(10, 1, 0, 254),
                  VOICE_SVI = IPV4(10, 0, 0, 254);
enum { PC_PORT = 1, UPLINK = 3 };
#define PC_MAC     host_mac(1)
#define SERVER_MAC host_mac(2)

static struct bench *ready_with(bool option_82)
{
    struct bench *b = bench_new(2);

    b->config.cdp = b->config.lldp = false;
    b->svi[0] = (struct switch_svi){1, DATA_SVI, IPV4(255, 255, 255, 0), SERVER};
    b->svi[1] = (struct switch_svi){100, VOICE_SVI, IPV4(255, 255, 255, 0), 0};
    b->config.svis = 2;
    b->config.relay_option_82 = option_82;
    bench_init(b);
    make_host_ports(b, 1, 2);
    return b;
}

static struct bench *ready(void)
{
    return ready_with(false);
}

static struct mac svi_mac(const struct bench *b, uint8_t svi)
{
    return router_mac(&b->sw.router, svi);
}

static void send_arp(struct bench *b, uint32_t port, enum arp_op op, struct mac to, struct mac from, ipv4 sender,
                     ipv4 target)
{
    uint8_t bytes[64];
    struct writer w = writer(bytes, sizeof bytes);
    struct arp a = {.op = op, .sender_mac = from, .sender = sender, .target = target};

    arp_encode(&w, &a);
    send_frame(b, port, to, from, UNTAGGED, TYPE_ARP, written(&w));
}

static void send_udp(struct bench *b, uint32_t port, struct mac to, struct mac from, struct ipv4_packet p,
                     uint16_t from_port, uint16_t to_port, struct bytes data)
{
    uint8_t bytes[1500];
    struct writer w = writer(bytes, sizeof bytes);

    p.protocol = PROTOCOL_UDP;
    size_t begun = ipv4_begin(&w, &p), udp = udp_begin(&w, from_port, to_port);
    write_bytes(&w, data);
    udp_end(&w, udp, p.from, p.to);
    ipv4_end(&w, begun);
    send_frame(b, port, to, from, UNTAGGED, TYPE_IPV4, written(&w));
}

static void from_pc(struct bench *b, ipv4 to, uint8_t ttl)
{
    struct ipv4_packet p = {.from = PC, .to = to, .ttl = ttl};
    send_udp(b, PC_PORT, svi_mac(b, 0), PC_MAC, p, 1000, 2000, bytes_of("hello"));
}

static struct arp arp_of(const struct seen *s)
{
    struct ethernet e;
    struct fault why;
    struct arp a;

    assert_non_null(s);
    assert_true(ethernet_decode(&e, facts_of(s), &why));
    assert_int_equal(e.type, TYPE_ARP);
    assert_true(arp_decode(&a, e.payload, &why));
    return a;
}

static struct ipv4_packet packet_of(const struct seen *s)
{
    struct ethernet e;
    struct fault why;
    struct ipv4_packet p;

    assert_non_null(s);
    assert_true(ethernet_decode(&e, facts_of(s), &why));
    assert_int_equal(e.type, TYPE_IPV4);
    assert_true(ipv4_decode(&p, e.payload, &why));
    return p;
}

static struct udp udp_of(const struct seen *s)
{
    struct ipv4_packet p = packet_of(s);
    struct fault why;
    struct udp u;

    assert_true(udp_decode(&u, &p, &why));
    return u;
}

static void it_answers_arp_for_its_own_address_and_no_other(void **state)
{
    (void)state;
    struct bench *b = ready();
    send_arp(b, PC_PORT, ARP_REQUEST, MAC_BROADCAST, PC_MAC, PC, DATA_SVI);
    struct arp a = arp_of(last_frame(b, PC_PORT));
    assert_int_equal(a.op, ARP_REPLY);
    assert_int_equal(a.sender, DATA_SVI);
    assert_true(mac_equal(a.sender_mac, svi_mac(b, 0)));
    assert_true(mac_equal(a.target_mac, PC_MAC));
    bench_clear(b);
    send_arp(b, PC_PORT, ARP_REQUEST, MAC_BROADCAST, PC_MAC, PC, IPV4(10, 1, 0, 8));
    send_arp(b, PC_PORT, ARP_REQUEST, MAC_BROADCAST, PC_MAC, PC, VOICE_SVI); /* another VLAN's */
    assert_int_equal(frames_at(b, PC_PORT), 0);
    send_arp(b, PC_PORT, ARP_REQUEST, MAC_BROADCAST, PC_MAC, 0, DATA_SVI); /* a probe (RFC 5227) */
    assert_int_equal(arp_of(last_frame(b, PC_PORT)).op, ARP_REPLY);
    bench_free(b);
}

static void it_answers_echo_for_each_of_its_addresses(void **state)
{
    (void)state;
    struct bench *b = ready();
    send_arp(b, PC_PORT, ARP_REQUEST, MAC_BROADCAST, PC_MAC, PC, DATA_SVI);
    const ipv4 to[] = {DATA_SVI, VOICE_SVI};
    for (size_t i = 0; i < ARRAY_LENGTH(to); i++) {
        uint8_t bytes[128];
        struct writer w = writer(bytes, sizeof bytes);
        size_t begun = ipv4_begin(&w, &(struct ipv4_packet){.from = PC, .to = to[i], .protocol = PROTOCOL_ICMP});
        icmp_encode(&w, &(struct icmp){.type = ICMP_ECHO, .id = 7, .sequence = 9, .data = bytes_of("ping")});
        ipv4_end(&w, begun);
        bench_clear(b);
        send_frame(b, PC_PORT, svi_mac(b, 0), PC_MAC, UNTAGGED, TYPE_IPV4, written(&w));
        struct ipv4_packet p = packet_of(last_frame(b, PC_PORT));
        struct icmp reply;
        struct fault why;
        assert_true(icmp_decode(&reply, p.payload, &why));
        assert_int_equal(reply.type, ICMP_ECHO_REPLY);
        assert_int_equal(reply.id, 7);
        assert_int_equal(reply.sequence, 9);
        assert_true(bytes_are(reply.data, "ping"));
        assert_int_equal(p.from, to[i]);
        assert_int_equal(p.to, PC);
    }
    bench_free(b);
}

static void a_packet_waits_for_arp_and_is_forwarded_with_one_hop_less(void **state)
{
    (void)state;
    struct bench *b = ready();
    from_pc(b, SERVER, 64);
    struct arp asked = arp_of(last_frame(b, UPLINK));
    assert_int_equal(asked.op, ARP_REQUEST);
    assert_int_equal(asked.target, SERVER);
    assert_int_equal(asked.sender, VOICE_SVI);
    from_pc(b, SERVER, 64); /* a second one waits too, and asks nothing */
    assert_int_equal(frames_at(b, UPLINK), 1);
    bench_clear(b);
    send_arp(b, UPLINK, ARP_REPLY, svi_mac(b, 1), SERVER_MAC, SERVER, VOICE_SVI);
    assert_int_equal(frames_at(b, UPLINK), 2);
    struct ipv4_packet p = packet_of(last_frame(b, UPLINK)); /* its header checksum is checked by decoding */
    assert_int_equal(p.ttl, 63);
    assert_int_equal(p.from, PC);
    assert_true(bytes_are(udp_of(last_frame(b, UPLINK)).payload, "hello"));
    assert_non_null(next_frame_to(b, UPLINK, SERVER_MAC, NULL));
    bench_clear(b);
    from_pc(b, SERVER, 64); /* known by now */
    assert_int_equal(frames_at(b, UPLINK), 1);
    assert_int_equal(b->sw.router.counts.forwarded, 3);
    bench_free(b);
}

static void unanswered_arp_is_asked_three_times_a_second_apart_then_what_waits_is_dropped(void **state)
{
    (void)state;
    struct bench *b = ready();
    from_pc(b, SERVER, 64);
    bench_run(b, SECOND - 1);
    assert_int_equal(frames_at(b, UPLINK), 1);
    bench_run(b, 2 * SECOND);
    assert_int_equal(frames_at(b, UPLINK), 3);
    bench_run(b, 60 * SECOND);
    assert_int_equal(frames_at(b, UPLINK), 3);
    assert_int_equal(b->sw.router.counts.unresolved, 1);
    bench_clear(b);
    send_arp(b, UPLINK, ARP_REQUEST, MAC_BROADCAST, SERVER_MAC, SERVER, VOICE_SVI);
    assert_int_equal(frames_at(b, UPLINK), 1); /* the answer alone: nothing waits any more */
    bench_free(b);
}

static void more_packets_than_can_wait_are_dropped_and_counted(void **state)
{
    (void)state;
    struct bench *b = ready();
    for (int i = 0; i < ROUTER_WAITING + 5; i++) from_pc(b, SERVER, 64);
    assert_int_equal(b->sw.router.counts.unresolved, 5);
    bench_clear(b);
    send_arp(b, UPLINK, ARP_REPLY, svi_mac(b, 1), SERVER_MAC, SERVER, VOICE_SVI);
    assert_int_equal(frames_at(b, UPLINK), ROUTER_WAITING);
    bench_free(b);
}

static void a_packet_with_its_last_hop_is_dropped_and_counted(void **state)
{
    (void)state;
    struct bench *b = ready();
    from_pc(b, SERVER, 1);
    assert_int_equal(frames_at(b, UPLINK), 0);
    assert_int_equal(b->sw.router.counts.ttl_exceeded, 1);
    bench_free(b);
}

static void broadcasts_groups_and_unknown_networks_are_not_forwarded(void **state)
{
    (void)state;
    struct bench *b = ready();
    from_pc(b, IPV4(10, 0, 0, 255), 64);
    from_pc(b, IPV4(10, 0, 0, 0), 64);
    from_pc(b, IPV4(224, 0, 1, 1), 64);
    from_pc(b, IPV4(127, 0, 0, 1), 64);
    from_pc(b, IPV4_BROADCAST, 64);
    from_pc(b, IPV4(192, 0, 2, 1), 64);
    assert_int_equal(frames_at(b, UPLINK) + frames_at(b, 2), 0);
    assert_int_equal(b->sw.router.counts.no_route, 1);
    bench_free(b);
}

static void what_no_interface_has_goes_to_the_default_router(void **state)
{
    (void)state;
    struct bench *b = ready();
    b->sw.routing.default_router = SERVER;
    from_pc(b, IPV4(192, 0, 2, 1), 64);
    assert_int_equal(arp_of(last_frame(b, UPLINK)).target, SERVER);
    bench_free(b);
}

static void an_arp_that_speaks_for_another_station_is_not_believed(void **state)
{
    (void)state;
    struct bench *b = ready();
    from_pc(b, SERVER, 64);
    bench_clear(b);
    uint8_t bytes[64];
    struct writer w = writer(bytes, sizeof bytes);
    arp_encode(&w, &(struct arp){.op = ARP_REPLY, .sender_mac = host_mac(66), .sender = SERVER, .target = VOICE_SVI});
    send_frame(b, UPLINK, svi_mac(b, 1), SERVER_MAC, UNTAGGED, TYPE_ARP, written(&w));
    assert_int_equal(b->count, 0);
    bench_free(b);
}

/* --- DHCP relay --- */

static size_t request(uint8_t *to, ipv4 giaddr, uint8_t hops)
{
    struct writer w = writer(to, 1500);
    struct dhcp d = {.op = BOOTREQUEST,
                     .htype = 1,
                     .hlen = 6,
                     .hops = hops,
                     .xid = 77,
                     .chaddr = PC_MAC,
                     .giaddr = giaddr,
                     .type = DHCP_DISCOVER,
                     .options = {(const uint8_t *)"\xfa\2ok", 4}};

    dhcp_set(&d, DHCP_MESSAGE_TYPE);
    dhcp_encode(&w, &d);
    return w.len;
}

static void discover(struct bench *b, ipv4 giaddr, uint8_t hops)
{
    uint8_t bytes[1500];
    size_t len = request(bytes, giaddr, hops);
    struct ipv4_packet p = {.from = 0, .to = IPV4_BROADCAST};

    send_udp(b, PC_PORT, MAC_BROADCAST, PC_MAC, p, 68, 67, (struct bytes){bytes, len});
}

static void know_the_server(struct bench *b)
{
    send_arp(b, UPLINK, ARP_REQUEST, MAC_BROADCAST, SERVER_MAC, SERVER, VOICE_SVI);
    bench_clear(b);
}

static void a_broadcast_request_goes_to_the_helper_with_giaddr_and_one_hop_more(void **state)
{
    (void)state;
    struct bench *b = ready();
    know_the_server(b);
    discover(b, 0, 3);
    const struct seen *s = last_frame(b, UPLINK);
    struct ipv4_packet p = packet_of(s);
    struct udp u = udp_of(s);
    struct dhcp d;
    struct fault why;
    assert_true(dhcp_decode(&d, u.payload, &why));
    assert_int_equal(p.from, DATA_SVI);
    assert_int_equal(p.to, SERVER);
    assert_int_equal(u.from, 67);
    assert_int_equal(u.to, 67);
    assert_int_equal(d.giaddr, DATA_SVI);
    assert_int_equal(d.hops, 4);
    assert_int_equal(d.xid, 77);
    assert_int_equal(d.type, DHCP_DISCOVER);
    assert_true(bytes_are(dhcp_option(&d, 0xfa), "ok")); /* an option that nobody knows is passed on */
    assert_false(dhcp_has(&d, DHCP_RELAY_AGENT));
    assert_int_equal(frames_at(b, 2), 1); /* and is flooded in its own VLAN like any broadcast */
    bench_free(b);
}

static void a_vlan_without_a_helper_relays_nothing(void **state)
{
    (void)state;
    struct bench *b = ready();
    know_the_server(b);
    uint8_t bytes[1500];
    size_t len = request(bytes, 0, 0);
    struct ipv4_packet p = {.from = 0, .to = IPV4_BROADCAST};
    send_udp(b, UPLINK, MAC_BROADCAST, host_mac(9), p, 68, 67, (struct bytes){bytes, len}); /* the voice VLAN */
    assert_int_equal(frames_at(b, UPLINK), 0);
    assert_int_equal(b->sw.router.counts.relayed, 0);
    bench_free(b);
}

static void sixteen_hops_and_our_own_giaddr_are_dropped(void **state)
{
    (void)state;
    struct bench *b = ready();
    know_the_server(b);
    discover(b, 0, 16);
    discover(b, DATA_SVI, 0);
    assert_int_equal(frames_at(b, UPLINK), 0);
    assert_int_equal(b->sw.router.counts.relay_dropped, 2);
    assert_int_equal(heard_news(b, PC_PORT, SWITCH_MALFORMED), 0);
    discover(b, IPV4(10, 9, 0, 1), 1); /* another relay's is kept (RFC 1542, 4.1.1) */
    struct dhcp d;
    struct fault why;
    assert_true(dhcp_decode(&d, udp_of(last_frame(b, UPLINK)).payload, &why));
    assert_int_equal(d.giaddr, IPV4(10, 9, 0, 1));
    bench_free(b);
}

static void offer(struct bench *b, bool broadcast, ipv4 yiaddr, struct bytes relay_agent)
{
    uint8_t bytes[1500];
    struct writer w = writer(bytes, sizeof bytes);
    struct dhcp d = {.op = BOOTREPLY,
                     .htype = 1,
                     .hlen = 6,
                     .xid = 77,
                     .chaddr = PC_MAC,
                     .giaddr = DATA_SVI,
                     .yiaddr = yiaddr,
                     .broadcast = broadcast,
                     .type = DHCP_OFFER,
                     .relay_agent = relay_agent};

    dhcp_set(&d, DHCP_MESSAGE_TYPE);
    if (relay_agent.len) dhcp_set(&d, DHCP_RELAY_AGENT);
    dhcp_encode(&w, &d);
    struct ipv4_packet p = {.from = SERVER, .to = DATA_SVI};
    send_udp(b, UPLINK, svi_mac(b, 1), SERVER_MAC, p, 67, 67, written(&w));
}

static void a_reply_goes_to_the_new_address_at_the_clients_hardware_address(void **state)
{
    (void)state;
    struct bench *b = ready();
    discover(b, 0, 0);
    bench_clear(b);
    offer(b, false, PC, (struct bytes){0});
    const struct seen *s = next_frame_to(b, PC_PORT, PC_MAC, NULL);
    assert_non_null(s);
    assert_int_equal(frames_at(b, 2), 0);
    assert_int_equal(packet_of(s).to, PC);
    assert_int_equal(packet_of(s).from, DATA_SVI);
    assert_int_equal(udp_of(s).from, 67);
    assert_int_equal(udp_of(s).to, 68);
    bench_free(b);
}

static void a_reply_goes_to_all_when_the_flag_says_so_or_there_is_no_address(void **state)
{
    (void)state;
    struct bench *b = ready();
    offer(b, true, PC, (struct bytes){0});
    const struct seen *s = next_frame_to(b, PC_PORT, MAC_BROADCAST, NULL);
    assert_int_equal(packet_of(s).to, IPV4_BROADCAST);
    assert_int_equal(frames_at(b, 2), 1);
    bench_clear(b);
    offer(b, false, 0, (struct bytes){0});
    assert_int_equal(packet_of(next_frame_to(b, PC_PORT, MAC_BROADCAST, NULL)).to, IPV4_BROADCAST);
    bench_free(b);
}

static void option_82_is_added_with_vlan_and_port_and_taken_off_again(void **state)
{
    (void)state;
    static const uint8_t circuit[] = {1, 6, 0, 4, 0, 1, 0, PC_PORT, 2, 8, 0, 6};
    struct bench *b = ready_with(true);
    know_the_server(b);
    discover(b, 0, 0);
    struct dhcp d;
    struct fault why;
    assert_true(dhcp_decode(&d, udp_of(last_frame(b, UPLINK)).payload, &why));
    assert_int_equal(d.relay_agent.len, 18);
    assert_memory_equal(d.relay_agent.at, circuit, sizeof circuit);
    uint8_t echoed[18];
    memcpy(echoed, d.relay_agent.at, 18);
    bench_clear(b);
    offer(b, false, PC, (struct bytes){echoed, 18});
    assert_true(dhcp_decode(&d, udp_of(next_frame_to(b, PC_PORT, PC_MAC, NULL)).payload, &why));
    assert_false(dhcp_has(&d, DHCP_RELAY_AGENT));
    assert_int_equal(d.type, DHCP_OFFER);
    bench_free(b);
}

static void garbage_to_port_67_is_told_and_goes_nowhere(void **state)
{
    (void)state;
    struct bench *b = ready();
    know_the_server(b);
    uint8_t bytes[1500];
    size_t len = request(bytes, 0, 0);
    bytes[236] ^= 1; /* the magic cookie */
    struct ipv4_packet p = {.from = 0, .to = IPV4_BROADCAST};
    send_udp(b, PC_PORT, MAC_BROADCAST, PC_MAC, p, 68, 67, (struct bytes){bytes, len});
    assert_int_equal(frames_at(b, UPLINK), 0);
    assert_int_equal(heard_news(b, PC_PORT, SWITCH_MALFORMED), 1);
    bench_free(b);
}

/* Before anybody needs it: a storm of DHCP would else overrun what may wait for it. */
static void the_default_router_is_asked_for_as_soon_as_the_uplink_is_up(void **state)
{
    (void)state;
    struct bench *b = bench_new(2);

    b->config.cdp = b->config.lldp = false;
    b->svi[0] = (struct switch_svi){1, DATA_SVI, IPV4(255, 255, 255, 0), SERVER};
    b->svi[1] = (struct switch_svi){100, VOICE_SVI, IPV4(255, 255, 255, 0), 0};
    b->config.svis = 2;
    b->config.default_router = SERVER;
    bench_init(b);
    make_host_ports(b, 1, 2);
    bench_plug(b, UPLINK, a_host());
    bench_run(b, b->now + 5 * SECOND);
    struct arp a = arp_of(last_frame(b, UPLINK));
    assert_int_equal(a.op, ARP_REQUEST);
    assert_int_equal(a.target, SERVER);
    assert_int_equal(a.sender, VOICE_SVI);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_answers_arp_for_its_own_address_and_no_other),
        cmocka_unit_test(the_default_router_is_asked_for_as_soon_as_the_uplink_is_up),
        cmocka_unit_test(it_answers_echo_for_each_of_its_addresses),
        cmocka_unit_test(a_packet_waits_for_arp_and_is_forwarded_with_one_hop_less),
        cmocka_unit_test(unanswered_arp_is_asked_three_times_a_second_apart_then_what_waits_is_dropped),
        cmocka_unit_test(more_packets_than_can_wait_are_dropped_and_counted),
        cmocka_unit_test(a_packet_with_its_last_hop_is_dropped_and_counted),
        cmocka_unit_test(broadcasts_groups_and_unknown_networks_are_not_forwarded),
        cmocka_unit_test(what_no_interface_has_goes_to_the_default_router),
        cmocka_unit_test(an_arp_that_speaks_for_another_station_is_not_believed),
        cmocka_unit_test(a_broadcast_request_goes_to_the_helper_with_giaddr_and_one_hop_more),
        cmocka_unit_test(a_vlan_without_a_helper_relays_nothing),
        cmocka_unit_test(sixteen_hops_and_our_own_giaddr_are_dropped),
        cmocka_unit_test(a_reply_goes_to_the_new_address_at_the_clients_hardware_address),
        cmocka_unit_test(a_reply_goes_to_all_when_the_flag_says_so_or_there_is_no_address),
        cmocka_unit_test(option_82_is_added_with_vlan_and_port_and_taken_off_again),
        cmocka_unit_test(garbage_to_port_67_is_told_and_goes_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
