#include "base/random.h"
#include "phone/world.h"

static const struct mac SELF = {{2, 0, 0, 0, 0, 1}}, ROUTER = {{2, 0, 0, 0, 9, 9}}, OTHER = {{2, 0, 0, 0, 9, 8}};
#define ME       IPV4(10, 0, 0, 50)
#define GATEWAY  IPV4(10, 0, 0, 1)
#define FAR_AWAY IPV4(192, 0, 2, 1)

static struct host h;
static struct action actions[16];
static uint8_t bytes[8192];
static struct outbox out;
static struct host_frame f;
static usec now;

static int set_up(void **state)
{
    (void)state;
    host_init(&h, SELF);
    h.vlan = 100;
    h.priority = 3;
    h.address = ME;
    h.mask = IPV4(255, 255, 255, 0);
    h.router = GATEWAY;
    now = SECOND;
    outbox_init(&out, actions, ARRAY_LENGTH(actions), bytes, sizeof bytes);
    return 0;
}

static struct ethernet from(struct mac who, struct mac to, uint16_t type)
{
    return (struct ethernet){.to = to, .from = who, .type = type, .tagged = true, .vlan = 100};
}

static enum host_heard hear(const struct ethernet *e, struct bytes payload)
{
    static uint8_t frame[2000];
    struct writer w = writer(frame, sizeof frame);
    size_t begun = ethernet_begin(&w, e);

    write_bytes(&w, payload);
    ethernet_end(&w, begun);
    f = (struct host_frame){0};
    return host_hear(&h, now, written(&w), &f, &out);
}

static enum host_heard hear_arp(struct mac who, enum arp_op op, ipv4 sender, ipv4 target)
{
    uint8_t a[64];
    struct writer w = writer(a, sizeof a);
    struct ethernet e = from(who, op == ARP_REQUEST ? MAC_BROADCAST : SELF, TYPE_ARP);

    arp_encode(&w, &(struct arp){op, who, op == ARP_REQUEST ? MAC_NONE : SELF, sender, target});
    return hear(&e, written(&w));
}

/* The ARP message that is the nth action. */
static struct arp sent_arp(uint32_t n, struct ethernet *e)
{
    struct arp a;
    struct fault why;

    assert_true(n < out.count);
    assert_int_equal(out.actions[n].kind, ACTION_FRAME);
    assert_true(ethernet_decode(e, payload(&out, n), &why));
    assert_int_equal(e->type, TYPE_ARP);
    assert_true(arp_decode(&a, e->payload, &why));
    return a;
}

static void resolve(ipv4 to, struct mac who)
{
    struct mac next;

    (void)host_reach(&h, now, to, &next, &out);
    assert_int_equal(hear_arp(who, ARP_REPLY, to, ME), HOST_RESOLVED);
    outbox_clear(&out);
}

static void a_next_hop_is_asked_by_arp_at_once_then_after_1_2_and_4_seconds_and_given_up_8_seconds_later(void **state)
{
    static const usec wait[] = {1, 2, 4};
    struct mac next;
    struct ethernet e;
    usec due = now;

    (void)state;
    assert_false(host_reach(&h, now, FAR_AWAY, &next, &out));
    struct arp a = sent_arp(0, &e);
    assert_true(a.op == ARP_REQUEST && a.target == GATEWAY && a.sender == ME && mac_equal(e.to, MAC_BROADCAST));
    assert_true(e.tagged && e.vlan == 100 && e.priority == 3);
    for (size_t i = 0; i < ARRAY_LENGTH(wait); i++) {
        outbox_clear(&out);
        assert_false(host_reach(&h, now, FAR_AWAY, &next, &out)); /* asked again meanwhile: no second request */
        assert_int_equal(out.count, 0);
        due += wait[i] * SECOND;
        assert_int_equal(host_wake(&h, now, &out), due);
        assert_int_equal(out.count, 0);
        now = due;
        (void)host_wake(&h, now, &out);
        assert_int_equal(sent_arp(0, &e).target, GATEWAY);
        assert_false(host_unreachable(&h, FAR_AWAY));
    }
    outbox_clear(&out);
    assert_int_equal(host_wake(&h, now, &out), due + 8 * SECOND);
    now = due + 8 * SECOND;
    assert_int_equal(host_wake(&h, now, &out), NEVER);
    assert_int_equal(out.count, 0);
    assert_true(host_unreachable(&h, FAR_AWAY));
    assert_false(host_reach(&h, now, FAR_AWAY, &next, &out)); /* who wants it again begins again */
    assert_int_equal(out.count, 1);
    assert_false(host_unreachable(&h, FAR_AWAY));
}

static void an_answer_resolves_the_next_hop_for_all_that_lies_behind_it(void **state)
{
    struct mac next;

    (void)state;
    assert_false(host_reach(&h, now, FAR_AWAY, &next, &out));
    assert_int_equal(hear_arp(OTHER, ARP_REPLY, IPV4(10, 0, 0, 7), ME), HOST_NOTHING); /* nobody asked for this one */
    assert_false(host_known(&h, IPV4(10, 0, 0, 7), &next));
    assert_int_equal(hear_arp(ROUTER, ARP_REPLY, GATEWAY, ME), HOST_RESOLVED);
    assert_true(host_reach(&h, now, IPV4(203, 0, 113, 9), &next, &out) && mac_equal(next, ROUTER));
    assert_true(host_known(&h, GATEWAY, &next));
    assert_int_equal(hear_arp(OTHER, ARP_REQUEST, GATEWAY, IPV4(10, 0, 0, 99)), HOST_NOTHING); /* RFC 826: merged */
    assert_true(host_known(&h, GATEWAY, &next) && mac_equal(next, OTHER));
}

static void a_neighbour_in_use_is_asked_again_by_unicast_after_five_minutes_and_lost_when_it_is_silent(void **state)
{
    struct mac next;
    struct ethernet e;

    (void)state;
    resolve(GATEWAY, ROUTER);
    now += 200 * SECOND;
    assert_true(host_reach(&h, now, FAR_AWAY, &next, &out));
    now += 100 * SECOND;
    (void)host_wake(&h, now, &out);
    assert_int_equal(sent_arp(0, &e).target, GATEWAY);
    assert_true(mac_equal(e.to, ROUTER));
    assert_true(host_known(&h, FAR_AWAY, &next)); /* while it is asked it still serves */
    for (int i = 0; i < 20 && host_known(&h, FAR_AWAY, &next); i++) {
        now = host_wake(&h, now, &out);
        (void)host_wake(&h, now, &out);
    }
    assert_false(host_known(&h, FAR_AWAY, &next));
    assert_true(host_unreachable(&h, FAR_AWAY));
}

static void a_neighbour_that_nobody_used_for_five_minutes_is_forgotten_without_asking(void **state)
{
    struct mac next;

    (void)state;
    resolve(GATEWAY, ROUTER);
    now += 300 * SECOND;
    assert_int_equal(host_wake(&h, now, &out), NEVER);
    assert_int_equal(out.count, 0);
    assert_false(host_known(&h, GATEWAY, &next));
}

static void a_full_table_drops_the_least_lately_used(void **state)
{
    struct mac next;

    (void)state;
    for (unsigned i = 0; i < HOST_NEIGHBOURS; i++, now += SECOND) resolve(IPV4(10, 0, 0, 100) + i, ROUTER);
    assert_true(host_reach(&h, now, IPV4(10, 0, 0, 100), &next, &out)); /* the first is used again */
    now += SECOND;
    resolve(IPV4(10, 0, 0, 200), ROUTER);
    assert_true(host_known(&h, IPV4(10, 0, 0, 100), &next));
    assert_false(host_known(&h, IPV4(10, 0, 0, 101), &next));
    assert_true(host_known(&h, IPV4(10, 0, 0, 102), &next));
}

static void it_answers_arp_for_its_address_and_for_no_other(void **state)
{
    struct ethernet e;

    (void)state;
    (void)hear_arp(OTHER, ARP_REQUEST, IPV4(10, 0, 0, 7), ME);
    struct arp a = sent_arp(0, &e);
    assert_true(a.op == ARP_REPLY && a.sender == ME && mac_equal(a.sender_mac, SELF) && mac_equal(e.to, OTHER));
    outbox_clear(&out);
    (void)hear_arp(OTHER, ARP_REQUEST, IPV4(10, 0, 0, 7), IPV4(10, 0, 0, 51));
    h.address = 0;
    (void)hear_arp(OTHER, ARP_REQUEST, IPV4(10, 0, 0, 7), 0);
    assert_int_equal(out.count, 0);
}

/* RFC 5227, 2.1.1 and 2.4. */
static void a_probe_finds_who_has_the_address_or_probes_for_it_too(void **state)
{
    struct ethernet e;

    (void)state;
    h.address = 0;
    host_probe(&h, ME, &out);
    struct arp a = sent_arp(0, &e);
    assert_true(a.op == ARP_REQUEST && a.sender == 0 && a.target == ME && mac_equal(e.to, MAC_BROADCAST));
    assert_int_equal(hear_arp(OTHER, ARP_REPLY, ME, 0), HOST_DUPLICATE);
    assert_true(mac_equal(f.mac, OTHER));
    assert_int_equal(hear_arp(OTHER, ARP_REQUEST, 0, ME), HOST_DUPLICATE);
    assert_int_equal(hear_arp(OTHER, ARP_REQUEST, ME, ME), HOST_DUPLICATE);
    assert_int_equal(hear_arp(SELF, ARP_REQUEST, 0, ME), HOST_NOTHING); /* our own, come back */
    assert_int_equal(hear_arp(OTHER, ARP_REQUEST, 0, IPV4(10, 0, 0, 51)), HOST_NOTHING);
    h.address = ME;
    host_announce(&h, &out);
    assert_int_equal(hear_arp(OTHER, ARP_REQUEST, 0, ME), HOST_NOTHING); /* the probe is over; theirs is answered */
    assert_int_equal(hear_arp(OTHER, ARP_REQUEST, ME, GATEWAY), HOST_DUPLICATE);
}

static void an_address_that_another_uses_is_defended_once_in_ten_seconds(void **state)
{
    struct ethernet e;

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(hear_arp(OTHER, i % 2 ? ARP_REPLY : ARP_REQUEST, ME, ME), HOST_DUPLICATE);
        assert_int_equal(out.count, 1);
        struct arp a = sent_arp(0, &e);
        assert_true(a.op == ARP_REQUEST && a.sender == ME && a.target == ME && mac_equal(a.sender_mac, SELF));
        assert_true(mac_equal(e.to, MAC_BROADCAST));
        outbox_clear(&out);
        now += 10 * SECOND - 1;
        assert_int_equal(hear_arp(OTHER, ARP_REPLY, ME, GATEWAY), HOST_DUPLICATE);
        assert_int_equal(out.count, 0);
        now++;
    }
}

static enum host_heard hear_ip(struct mac to, ipv4 dst, uint8_t protocol, struct bytes payload, uint16_t flags)
{
    uint8_t packet[1600];
    struct writer w = writer(packet, sizeof packet);
    struct ethernet e = from(ROUTER, to, TYPE_IPV4);
    size_t begun = ipv4_begin(&w, &(struct ipv4_packet){.from = FAR_AWAY, .to = dst, .protocol = protocol});

    write_bytes(&w, payload);
    if (flags) patch_be16(&w, 6, flags);
    ipv4_end(&w, begun);
    return hear(&e, written(&w));
}

static void it_answers_an_icmp_echo_with_the_same_bytes(void **state)
{
    uint8_t echo[64];
    struct writer w = writer(echo, sizeof echo);
    struct icmp sent = {.type = ICMP_ECHO, .id = 0x1234, .sequence = 7, .data = bytes_of("twelve bytes")}, got;
    struct ethernet e;
    struct ipv4_packet p;
    struct fault why;

    (void)state;
    icmp_encode(&w, &sent);
    assert_int_equal(hear_ip(SELF, ME, PROTOCOL_ICMP, written(&w), 0), HOST_NOTHING);
    assert_int_equal(out.count, 1);
    assert_true(ethernet_decode(&e, payload(&out, 0), &why) && ipv4_decode(&p, e.payload, &why));
    assert_true(icmp_decode(&got, p.payload, &why));
    assert_true(mac_equal(e.to, ROUTER) && e.vlan == 100 && p.from == ME && p.to == FAR_AWAY);
    assert_true(got.type == ICMP_ECHO_REPLY && got.id == 0x1234 && got.sequence == 7 &&
                bytes_equal(got.data, sent.data));
    outbox_clear(&out);
    (void)hear_ip(MAC_BROADCAST, IPV4(10, 0, 0, 255), PROTOCOL_ICMP, written(&w),
                  0); /* RFC 1122, 3.2.2.6: may be silent */
    (void)hear_ip(SELF, IPV4(10, 0, 0, 51), PROTOCOL_ICMP, written(&w), 0);
    assert_int_equal(out.count, 0);
    echo[3] ^= 1;
    assert_int_equal(hear_ip(SELF, ME, PROTOCOL_ICMP, written(&w), 0), HOST_MALFORMED);
}

static struct bytes datagram(ipv4 to, const char *text)
{
    static uint8_t d[200];
    struct writer w = writer(d, sizeof d);
    size_t begun = udp_begin(&w, 69, 5000);

    write_text(&w, text);
    udp_end(&w, begun, FAR_AWAY, to);
    return written(&w);
}

static void udp_for_us_is_heard_and_fragments_are_not(void **state)
{
    (void)state;
    assert_int_equal(hear_ip(SELF, ME, PROTOCOL_UDP, datagram(ME, "hello"), 0), HOST_UDP);
    assert_true(f.udp.to == 5000 && bytes_are(f.udp.payload, "hello"));
    assert_int_equal(hear_ip(SELF, ME, PROTOCOL_UDP, datagram(ME, "hello"), 0x2000), HOST_NOTHING); /* more fragments */
    assert_int_equal(hear_ip(SELF, ME, PROTOCOL_UDP, datagram(ME, "hello"), 0x0001), HOST_NOTHING); /* an offset */
    assert_int_equal(hear_ip(SELF, IPV4(10, 0, 0, 51), PROTOCOL_UDP, datagram(IPV4(10, 0, 0, 51), "hello"), 0),
                     HOST_NOTHING);
    assert_int_equal(hear_ip(MAC_BROADCAST, IPV4(10, 0, 0, 255), PROTOCOL_UDP, datagram(IPV4(10, 0, 0, 255), "all"), 0),
                     HOST_UDP);
    assert_int_equal(hear_ip(SELF, ME, PROTOCOL_TCP, bytes_of("whatever"), 0), HOST_TCP);
    assert_int_equal(hear_ip(SELF, ME, 47, bytes_of("whatever"), 0), HOST_NOTHING);
    h.address = 0; /* DHCP: the address is not ours yet, the MAC is */
    assert_int_equal(hear_ip(SELF, IPV4(10, 0, 0, 51), PROTOCOL_UDP, datagram(IPV4(10, 0, 0, 51), "offer"), 0),
                     HOST_UDP);
}

static void frames_of_other_vlans_and_other_hosts_are_not_heard(void **state)
{
    struct ethernet e = from(ROUTER, SELF, TYPE_ARP);
    uint8_t a[64];
    struct writer w = writer(a, sizeof a);

    (void)state;
    arp_encode(&w, &(struct arp){ARP_REQUEST, ROUTER, MAC_NONE, GATEWAY, ME});
    e.vlan = 101;
    assert_int_equal(hear(&e, written(&w)), HOST_NOTHING);
    e.tagged = false;
    assert_int_equal(hear(&e, written(&w)), HOST_NOTHING);
    e = from(ROUTER, OTHER, TYPE_ARP);
    assert_int_equal(hear(&e, written(&w)), HOST_NOTHING);
    assert_int_equal(out.count, 0);
    h.vlan = VLAN_UNTAGGED;
    e = from(ROUTER, SELF, TYPE_ARP);
    assert_int_equal(hear(&e, written(&w)), HOST_NOTHING);
    assert_int_equal(out.count, 0);
    e.vlan = 0; /* a priority tag: 802.1Q, 6.9: the untagged VLAN */
    (void)hear(&e, written(&w));
    assert_int_equal(out.count, 1);
    e.tagged = false;
    (void)hear(&e, written(&w));
    assert_int_equal(out.count, 2);
}

static void garbage_changes_nothing(void **state)
{
    struct random r = random_from(3);
    struct host same;
    uint8_t frame[200];

    (void)state;
    resolve(GATEWAY, ROUTER);
    same = h;
    for (int i = 0; i < 20000; i++) {
        size_t n = random_below(&r, sizeof frame);
        for (size_t k = 0; k < n; k++) frame[k] = (uint8_t)random_u32(&r);
        if (i & 1 && n > 18) { /* so that it comes past the filter */
            struct writer w = writer(frame, 18);
            write_mac(&w, SELF);
            write_mac(&w, ROUTER);
            write_be16(&w, TYPE_VLAN);
            write_be16(&w, 100);
            write_be16(&w, i & 2 ? TYPE_ARP : TYPE_IPV4);
        }
        f = (struct host_frame){0};
        enum host_heard heard = host_hear(&h, now, (struct bytes){frame, n}, &f, &out);
        assert_true(heard == HOST_MALFORMED ? f.why.kind != FAULT_NONE : heard == HOST_NOTHING || heard == HOST_RAW);
        assert_int_equal(out.count, 0);
        assert_memory_equal(&h, &same, sizeof h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(
            a_next_hop_is_asked_by_arp_at_once_then_after_1_2_and_4_seconds_and_given_up_8_seconds_later, set_up),
        cmocka_unit_test_setup(an_answer_resolves_the_next_hop_for_all_that_lies_behind_it, set_up),
        cmocka_unit_test_setup(
            a_neighbour_in_use_is_asked_again_by_unicast_after_five_minutes_and_lost_when_it_is_silent, set_up),
        cmocka_unit_test_setup(a_neighbour_that_nobody_used_for_five_minutes_is_forgotten_without_asking, set_up),
        cmocka_unit_test_setup(a_full_table_drops_the_least_lately_used, set_up),
        cmocka_unit_test_setup(it_answers_arp_for_its_address_and_for_no_other, set_up),
        cmocka_unit_test_setup(a_probe_finds_who_has_the_address_or_probes_for_it_too, set_up),
        cmocka_unit_test_setup(an_address_that_another_uses_is_defended_once_in_ten_seconds, set_up),
        cmocka_unit_test_setup(it_answers_an_icmp_echo_with_the_same_bytes, set_up),
        cmocka_unit_test_setup(udp_for_us_is_heard_and_fragments_are_not, set_up),
        cmocka_unit_test_setup(frames_of_other_vlans_and_other_hosts_are_not_heard, set_up),
        cmocka_unit_test_setup(garbage_changes_nothing, set_up),
    };

    return cmocka_run_group_tests_name("phone/host", tests, NULL, NULL);
}
