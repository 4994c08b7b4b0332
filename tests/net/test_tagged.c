/* This machine in VLAN 100 of the interface "left", and a client that tags at "right". */
#include "two_namespaces.h"
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "net/tagged.h"
#include "wire/arp.h"
#include "wire/ethernet.h"
#include "wire/icmp.h"
#include "wire/ipv4_udp.h"

enum { SERVER = 0x0a640001, CLIENT = 0x0a640032, VLAN = 100, RING = 1 << 20 };

/* One end: the packet socket of its interface and, if it is open, the VLAN. */
struct side {
    int namespace;
    const char *interface;
    struct packet packet;
    struct tagged tagged;
    uint32_t heard, taken;
    size_t last_len;
    uint8_t last[2048];
};

static struct loop loop;
static struct side left = {.interface = "left"}, right = {.interface = "right"};

static void hear(void *context, struct bytes frame)
{
    struct side *s = context;
    s->heard++;
    s->last_len = frame.len;
    memcpy(s->last, frame.at, frame.len);
    s->taken += tagged_frame(&s->tagged, frame);
}

static void open_side(struct side *s, int namespace, const struct packet_filter *filter)
{
    struct packet_config config = {
        .interface = s->interface, .ring_bytes = RING, .receive = hear, .context = s, .filter = filter};
    s->namespace = namespace;
    s->heard = s->taken = 0;
    memset(&s->tagged, 0, sizeof s->tagged);
    be_in(namespace);
    assert_done(packet_open(&s->packet, &loop, &config, &told));
    be_in(left_namespace);
}

static struct tagged_config in_vlan(struct side *s, ipv4 address)
{
    return (struct tagged_config){.interface = s->interface,
                                  .vlan = VLAN,
                                  .address = address,
                                  .prefix = 24,
                                  .priority = 5,
                                  .out = &s->packet,
                                  .relay_only = true,
                                  .ring_bytes = RING};
}

static int open_vlan(struct side *s, ipv4 address)
{
    struct tagged_config config = in_vlan(s, address);
    be_in(s->namespace);
    int error = tagged_open(&s->tagged, &loop, &config, &told);
    be_in(left_namespace);
    return error;
}

static void begin(void)
{
    assert_int_equal(loop_init(&loop, &(struct loop_config){.parties_most = 1}), 0);
    open_side(&left, left_namespace, NULL);
    open_side(&right, right_namespace, NULL);
}

static void end(void)
{
    struct side *both[] = {&left, &right};
    for (int i = 0; i < 2; i++) {
        be_in(both[i]->namespace);
        tagged_close(&both[i]->tagged);
        packet_close(&both[i]->packet);
    }
    be_in(left_namespace);
    loop_close(&loop);
}

static void turn_for(usec time)
{
    usec until = monotonic_now() + time;
    while (monotonic_now() < until) loop_turn(&loop);
}

static void turn_until(const uint32_t *counter, uint32_t n)
{
    usec until = monotonic_now() + 5 * SECOND;
    while (*counter < n && monotonic_now() < until) loop_turn(&loop);
}

static struct ethernet tagged_frame_of(uint16_t type)
{
    return (struct ethernet){
        .to = LEFT_MAC, .from = {{2, 0, 0, 0, 0x22, 1}}, .tagged = true, .vlan = VLAN, .priority = 3, .type = type};
}

/* A phone that tags, frame by frame: it asks by ARP, and pings. */
static void a_client_that_tags_gets_arp_and_ping_answered_with_the_tag_and_the_priority(void **state)
{
    uint8_t frame[256];
    struct writer w = writer(frame, sizeof frame);
    struct ethernet e = tagged_frame_of(TYPE_ARP);
    struct ipv4_packet ip = {.from = CLIENT, .to = SERVER, .protocol = PROTOCOL_ICMP};
    struct fault why;
    (void)state;
    NEEDS_NAMESPACES;
    begin();
    assert_done(open_vlan(&left, SERVER));
    assert_int_equal(left.tagged.how, TAGGED_RELAY);
    assert_string_equal(left.tagged.name, "left.100");
    assert_int_equal(left.tagged.index, (int)if_nametoindex("left.100"));
    assert_true(mac_equal(left.tagged.mac, LEFT_MAC));
    e.to = MAC_BROADCAST;
    size_t begun = ethernet_begin(&w, &e);
    arp_encode(&w, &(struct arp){.op = ARP_REQUEST, .sender_mac = e.from, .sender = CLIENT, .target = SERVER});
    ethernet_end(&w, begun);
    turn_for(50 * MSEC);
    right.heard = 0;
    packet_send(&right.packet, written(&w));
    turn_until(&right.heard, 1);
    struct arp a;
    assert_true(ethernet_decode(&e, (struct bytes){right.last, right.last_len}, &why));
    assert_true(e.tagged && e.vlan == VLAN && e.priority == 5 && e.type == TYPE_ARP);
    assert_true(arp_decode(&a, e.payload, &why));
    assert_int_equal(a.sender, SERVER);
    assert_true(mac_equal(a.sender_mac, LEFT_MAC));
    assert_true(right.last_len >= 64);

    w = writer(frame, sizeof frame);
    e = tagged_frame_of(TYPE_IPV4);
    begun = ethernet_begin(&w, &e);
    size_t packet = ipv4_begin(&w, &ip);
    icmp_encode(&w, &(struct icmp){.type = ICMP_ECHO, .id = 7, .sequence = 1, .data = bytes_of("are you there?")});
    ipv4_end(&w, packet);
    ethernet_end(&w, begun);
    right.heard = 0;
    packet_send(&right.packet, written(&w));
    turn_until(&right.heard, 1);
    assert_true(ethernet_decode(&e, (struct bytes){right.last, right.last_len}, &why));
    assert_true(e.tagged && e.vlan == VLAN);
    assert_true(ipv4_decode(&ip, e.payload, &why));
    assert_true(ip.from == SERVER && ip.to == CLIENT && ip.protocol == PROTOCOL_ICMP);
    assert_int_equal(ip.payload.at[0], ICMP_ECHO_REPLY);
    end();
}

static int socket_on(struct side *s, int type, ipv4 address, uint16_t port)
{
    int on = 1;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
    be_in(s->namespace);
    int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, s->tagged.name, (socklen_t)strlen(s->tagged.name)), 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    be_in(left_namespace);
    return fd;
}

static void send_to(int fd, ipv4 address, uint16_t port, const char *text)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
    assert_int_equal(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&a, sizeof a), (ssize_t)strlen(text));
}

static bool receive(int fd, const char *text)
{
    char got[64];
    usec until = monotonic_now() + 5 * SECOND;
    while (monotonic_now() < until) {
        loop_turn(&loop);
        ssize_t n = recv(fd, got, sizeof got, 0);
        if (n >= 0) return (size_t)n == strlen(text) && memcmp(got, text, (size_t)n) == 0;
    }
    return false;
}

/* Both ends are a kernel's: a server bound to left.100, a client to right.100. */
static void datagrams_and_broadcasts_cross_both_ways_between_two_kernels(void **state)
{
    (void)state;
    NEEDS_NAMESPACES;
    begin();
    assert_done(open_vlan(&left, SERVER));
    assert_done(open_vlan(&right, CLIENT));
    int server = socket_on(&left, SOCK_DGRAM, 0, 67), client = socket_on(&right, SOCK_DGRAM, 0, 68);
    send_to(client, SERVER, 67, "a request");
    assert_true(receive(server, "a request"));
    send_to(server, CLIENT, 68, "its answer");
    assert_true(receive(client, "its answer"));
    send_to(client, IPV4_BROADCAST, 67, "to all");
    assert_true(receive(server, "to all"));
    send_to(server, IPV4_BROADCAST, 68, "back to all");
    assert_true(receive(client, "back to all"));
    assert_true(left.tagged.counts.to_kernel > 0 && left.tagged.counts.from_kernel > 0);
    assert_int_equal(left.taken, left.tagged.counts.to_kernel + left.tagged.counts.for_others);
    close(server), close(client);
    end();
}

/* 4 MB over a stream: checksums, whole segments, full MTU. */
static void a_stream_crosses_with_full_segments(void **state)
{
    enum { WHOLE = 4 << 20 };
    static uint8_t block[65536], got[65536];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(2000), .sin_addr.s_addr = htonl(SERVER)};
    size_t sent = 0, came = 0;
    uint64_t sum_sent = 0, sum_came = 0;
    (void)state;
    NEEDS_NAMESPACES;
    begin();
    assert_done(open_vlan(&left, SERVER));
    assert_done(open_vlan(&right, CLIENT));
    int listener = socket_on(&left, SOCK_STREAM, SERVER, 2000), client = socket_on(&right, SOCK_STREAM, CLIENT, 0);
    assert_int_equal(listen(listener, 1), 0);
    (void)connect(client, (struct sockaddr *)&to, sizeof to);
    int server = -1;
    usec until = monotonic_now() + 5 * SECOND;
    while (server < 0 && monotonic_now() < until) {
        loop_turn(&loop);
        server = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    }
    assert_true(server >= 0);
    for (size_t i = 0; i < sizeof block; i++) block[i] = (uint8_t)(i * 31 >> 3);
    until = monotonic_now() + 20 * SECOND;
    while (came < WHOLE && monotonic_now() < until) {
        size_t at = sent % sizeof block, most = sizeof block - at;
        ssize_t n = sent < WHOLE ? send(server, block + at, most < WHOLE - sent ? most : WHOLE - sent, 0) : 0;
        for (ssize_t i = 0; i < n; i++) sum_sent += block[at + (size_t)i] * (uint64_t)(sent + (size_t)i + 1);
        if (n > 0) sent += (size_t)n;
        loop_turn(&loop);
        n = recv(client, got, sizeof got, 0);
        for (ssize_t i = 0; i < n; i++) sum_came += got[i] * (uint64_t)(came + (size_t)i + 1);
        if (n > 0) came += (size_t)n;
    }
    assert_int_equal(came, WHOLE);
    assert_true(sum_came == sum_sent);
    assert_int_equal(left.tagged.counts.unfit + left.tagged.far.counts.oversize + right.packet.counts.oversize, 0);
    close(server), close(client), close(listener);
    end();
}

static void what_is_not_for_us_or_not_of_the_vlan_does_not_reach_the_kernel(void **state)
{
    uint8_t frame[256];
    struct ethernet e = tagged_frame_of(TYPE_IPV4);
    struct writer w = writer(frame, sizeof frame);
    (void)state;
    NEEDS_NAMESPACES;
    begin();
    assert_done(open_vlan(&left, SERVER));
    size_t begun = ethernet_begin(&w, &e);
    ethernet_end(&w, begun);
    struct bytes f = written(&w);
    assert_true(tagged_frame(&left.tagged, f));
    frame[5] ^= 1; /* another's address */
    assert_true(tagged_frame(&left.tagged, f));
    frame[5] ^= 1;
    memcpy(frame + 6, LEFT_MAC.byte, 6); /* our own frame, back by a loop */
    assert_true(tagged_frame(&left.tagged, f));
    frame[15] = 101; /* another VLAN */
    assert_false(tagged_frame(&left.tagged, f));
    frame[15] = VLAN, frame[12] = 8, frame[13] = 0; /* untagged */
    assert_false(tagged_frame(&left.tagged, f));
    for (size_t n = 0; n < 18; n++) (void)tagged_frame(&left.tagged, (struct bytes){frame, n});
    assert_int_equal(left.tagged.counts.to_kernel, 1);
    assert_int_equal(left.tagged.counts.for_others, 2);
    end();
}

static void all_that_was_made_is_taken_away_at_the_end(void **state)
{
    char far[16];
    (void)state;
    NEEDS_NAMESPACES;
    begin();
    assert_done(open_vlan(&left, SERVER));
    (void)snprintf(far, sizeof far, "dt%ur100", if_nametoindex("left"));
    assert_true(if_nametoindex("left.100") > 0 && if_nametoindex(far) > 0);
    tagged_close(&left.tagged);
    assert_true(if_nametoindex("left.100") == 0 && if_nametoindex(far) == 0);
    assert_false(tagged_frame(&left.tagged, (struct bytes){(const uint8_t *)"", 0}));
    end();
}

static void make_link(const char *name, const char *alias, ipv4 address)
{
    struct netlink nl;
    assert_done(netlink_open(&nl, &told));
    assert_done(
        netlink_add_veth(&nl, &(struct veth_end){.name = name}, &(struct veth_end){.name = "theirs"}, 0, &told));
    if (alias) assert_done(netlink_set_alias(&nl, name, alias, &told));
    if (address) assert_done(netlink_add_address(&nl, name, address, 16, &told));
    netlink_close(&nl);
}

static void delete_link(const char *name)
{
    struct netlink nl;
    assert_done(netlink_open(&nl, &told));
    assert_done(netlink_delete_link(&nl, name, &told));
    netlink_close(&nl);
}

static void what_a_killed_process_left_is_replaced(void **state)
{
    (void)state;
    NEEDS_NAMESPACES;
    begin();
    make_link("left.100", "dialtone 4194999", IPV4(10, 77, 0, 1)); /* above the kernel's largest pid */
    assert_done(open_vlan(&left, SERVER));
    assert_int_equal(left.tagged.how, TAGGED_RELAY);
    assert_int_equal(left.tagged.address, SERVER);
    assert_int_equal(if_nametoindex("theirs"), 0);
    end();
}

static void what_another_process_like_this_one_has_is_left_alone(void **state)
{
    char alias[32];
    int pipes[2];
    (void)state;
    NEEDS_NAMESPACES;
    begin();
    assert_int_equal(pipe(pipes), 0);
    pid_t other = fork(); /* it has our name, and lives */
    if (other == 0) {
        char byte;
        close(pipes[1]);
        (void)!read(pipes[0], &byte, 1);
        _exit(0);
    }
    (void)snprintf(alias, sizeof alias, "dialtone %d", (int)other);
    make_link("left.100", alias, 0);
    assert_int_equal(open_vlan(&left, SERVER), -EBUSY);
    assert_non_null(strstr(told.text, "left.100 is in use by process"));
    assert_true(if_nametoindex("left.100") > 0);
    close(pipes[0]), close(pipes[1]);
    delete_link("left.100");
    end();
}

static void an_interface_of_that_name_is_used_as_it_is_and_stays(void **state)
{
    ipv4 address;
    unsigned prefix;
    (void)state;
    NEEDS_NAMESPACES;
    begin();
    make_link("left.100", NULL, IPV4(10, 77, 0, 1));
    assert_done(open_vlan(&left, SERVER));
    assert_int_equal(left.tagged.how, TAGGED_EXISTING);
    assert_int_equal(left.tagged.address, IPV4(10, 77, 0, 1));
    assert_int_equal(left.tagged.prefix, 16);
    assert_int_equal(left.tagged.index, (int)if_nametoindex("left.100"));
    tagged_close(&left.tagged);
    assert_done(interface_address("left.100", &address, &prefix, &told));
    assert_int_equal(address, IPV4(10, 77, 0, 1));
    delete_link("left.100");
    make_link("left.100", NULL, 0); /* without an address it gets ours, for as long */
    assert_done(open_vlan(&left, SERVER));
    assert_int_equal(left.tagged.address, SERVER);
    assert_done(interface_address("left.100", &address, &prefix, &told));
    assert_true(address == SERVER && prefix == 24);
    tagged_close(&left.tagged);
    assert_done(interface_address("left.100", &address, &prefix, &told));
    assert_int_equal(address, 0);
    delete_link("left.100");
    end();
}

static void a_long_interface_name_gets_a_short_one_for_its_vlan(void **state)
{
    char expected[16];
    struct side side = {.interface = "enx001122334455"};
    struct netlink nl;
    (void)state;
    NEEDS_NAMESPACES;
    begin();
    assert_done(netlink_open(&nl, &told));
    assert_done(netlink_add_veth(&nl, &(struct veth_end){.name = side.interface}, &(struct veth_end){.name = "peer"}, 0,
                                 &told));
    assert_done(netlink_set_up(&nl, side.interface, true, &told));
    open_side(&side, left_namespace, NULL);
    assert_done(open_vlan(&side, SERVER));
    (void)snprintf(expected, sizeof expected, "dt%u.100", if_nametoindex(side.interface));
    assert_string_equal(side.tagged.name, expected);
    tagged_close(&side.tagged);
    packet_close(&side.packet);
    turn_for(MSEC);
    assert_done(netlink_delete_link(&nl, side.interface, &told));
    netlink_close(&nl);
    end();
}

static void without_802_1q_the_kernels_refusal_is_kept_as_the_reason_for_the_relay(void **state)
{
    struct tagged_config config = in_vlan(&left, SERVER);
    (void)state;
    NEEDS_NAMESPACES;
    begin();
    config.relay_only = false;
    assert_done(tagged_open(&left.tagged, &loop, &config, &told));
    if (left.tagged.how == TAGGED_RELAY) {
        assert_int_equal(left.tagged.no_8021q.code, -EOPNOTSUPP);
        assert_non_null(strstr(left.tagged.no_8021q.text, "add VLAN 100 on left"));
    } else {
        assert_int_equal(left.tagged.how, TAGGED_8021Q);
    }
    tagged_close(&left.tagged);
    assert_int_equal(if_nametoindex("left.100"), 0);
    turn_for(MSEC);
    config.out = NULL;
    int error = tagged_open(&left.tagged, &loop, &config, &told);
    if (error) assert_non_null(strstr(told.text, "no packet socket for a relay"));
    end();
}

static void what_cannot_be_is_refused_by_name(void **state)
{
    struct tagged_config config = in_vlan(&left, SERVER);
    (void)state;
    NEEDS_NAMESPACES;
    begin();
    config.vlan = 4095;
    assert_int_equal(tagged_open(&left.tagged, &loop, &config, &told), -EINVAL);
    assert_non_null(strstr(told.text, "VLAN 4095"));
    config.vlan = VLAN, config.interface = "nowhere0";
    assert_int_equal(tagged_open(&left.tagged, &loop, &config, &told), -ENODEV);
    assert_non_null(strstr(told.text, "nowhere0"));
    config.interface = "a_name_that_no_interface_has";
    assert_int_equal(tagged_open(&left.tagged, &loop, &config, &told), -ENODEV);
    end();
}

static bool receive_offload(const char *name)
{
    bool was = false;
    assert_done(interface_receive_offload(name, false, &was, &told));
    return was;
}

static void receive_offload_is_off_while_the_relay_runs_and_as_it_was_after(void **state)
{
    bool was;
    (void)state;
    NEEDS_NAMESPACES;
    begin();
    assert_done(interface_receive_offload("left", true, &was, &told));
    assert_done(open_vlan(&left, SERVER));
    assert_false(receive_offload("left"));
    tagged_close(&left.tagged);
    assert_true(receive_offload("left"));
    end();
}

/* --- the filter --- */

static uint32_t passes(const struct packet_filter *filter, struct bytes frame)
{
    static const uint8_t last[60] = "\x01\x80\xc2\0\0\x0e\x02\0\0\0\0\xbb\x88\xcc"; /* LLDP: passes every filter here */
    struct packet_filter with_discovery = *filter;
    with_discovery.discovery = true;
    assert_int_equal(loop_init(&loop, &(struct loop_config){.parties_most = 1}), 0);
    open_side(&left, left_namespace, &with_discovery);
    open_side(&right, right_namespace, NULL);
    turn_for(MSEC);
    packet_send(&right.packet, frame);
    packet_send(&right.packet, (struct bytes){last, sizeof last});
    usec until = monotonic_now() + 5 * SECOND;
    while (monotonic_now() < until && !(left.last_len == sizeof last && memcmp(left.last, last, sizeof last) == 0))
        loop_turn(&loop);
    assert_memory_equal(left.last, last, sizeof last);
    left.last_len = 0;
    uint32_t heard = left.heard - 1;
    end();
    return heard;
}

static struct bytes udp_frame(uint16_t from, uint16_t to, bool tagged)
{
    static uint8_t frame[256];
    struct writer w = writer(frame, sizeof frame);
    struct ethernet e = {.to = LEFT_MAC, .from = RIGHT_MAC, .tagged = tagged, .vlan = VLAN, .type = TYPE_IPV4};
    struct ipv4_packet ip = {.from = CLIENT, .to = SERVER, .protocol = PROTOCOL_UDP};
    size_t f = ethernet_begin(&w, &e), p = ipv4_begin(&w, &ip), u = udp_begin(&w, from, to);
    udp_end(&w, u, ip.from, ip.to);
    ipv4_end(&w, p);
    ethernet_end(&w, f);
    return written(&w);
}

static void the_filter_lets_through_what_is_asked_for_and_nothing_else(void **state)
{
    static const uint8_t cdp[60] = "\x01\0\x0c\xcc\xcc\xcc\x02\0\0\0\0\xbb\0\x20\xaa\xaa\x03\0\0\x0c\x20\0";
    static const uint8_t stp[60] = "\x01\x80\xc2\0\0\0\x02\0\0\0\0\xbb\0\x26\x42\x42\x03";
    static const uint8_t other[60] = "\x01\x80\xc2\0\0\x03\x02\0\0\0\0\xbb\x88\xcc"; /* LLDP to the next group */
    static const uint8_t arp[60] = "\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\xbb\x08\x06\0\x01";
    const struct packet_filter none = {0}, replies = {.dhcp_replies = true}, dhcp = {.dhcp = true},
                               asks = {.arp = true}, vlan = {.vlan = {7, VLAN}, .vlans = 2},
                               other_vlan = {.vlan = {7, 101}, .vlans = 2},
                               all = {.arp = true, .dhcp = true, .vlan = {VLAN}, .vlans = 1};
    (void)state;
    NEEDS_NAMESPACES;
    assert_int_equal(passes(&none, (struct bytes){cdp, sizeof cdp}), 1);
    assert_int_equal(passes(&none, (struct bytes){other, sizeof other}), 1);
    assert_int_equal(passes(&none, (struct bytes){stp, sizeof stp}), 0);
    assert_int_equal(passes(&none, (struct bytes){arp, sizeof arp}), 0);
    assert_int_equal(passes(&asks, (struct bytes){arp, sizeof arp}), 1);
    assert_int_equal(passes(&all, (struct bytes){arp, sizeof arp}), 1);
    assert_int_equal(passes(&all, (struct bytes){stp, sizeof stp}), 0);
    assert_int_equal(passes(&replies, udp_frame(67, 68, false)), 1);
    assert_int_equal(passes(&replies, udp_frame(67, 68, true)), 1);
    assert_int_equal(passes(&replies, udp_frame(68, 67, false)), 0);
    assert_int_equal(passes(&replies, udp_frame(67, 5060, false)), 0);
    assert_int_equal(passes(&dhcp, udp_frame(68, 67, false)), 1);
    assert_int_equal(passes(&dhcp, udp_frame(4000, 67, false)), 1);
    assert_int_equal(passes(&all, udp_frame(4000, 4001, false)), 0);
    assert_int_equal(passes(&asks, udp_frame(67, 68, false)), 0);
    assert_int_equal(passes(&vlan, udp_frame(4000, 4001, true)), 1);
    assert_int_equal(passes(&all, udp_frame(4000, 4001, true)), 1);
    assert_int_equal(passes(&vlan, udp_frame(4000, 4001, false)), 0);
    assert_int_equal(passes(&other_vlan, udp_frame(4000, 4001, true)), 0);
    assert_int_equal(passes(&other_vlan, (struct bytes){cdp, sizeof cdp}), 1); /* the untagged go on to the next test */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_tags_gets_arp_and_ping_answered_with_the_tag_and_the_priority),
        cmocka_unit_test(datagrams_and_broadcasts_cross_both_ways_between_two_kernels),
        cmocka_unit_test(a_stream_crosses_with_full_segments),
        cmocka_unit_test(what_is_not_for_us_or_not_of_the_vlan_does_not_reach_the_kernel),
        cmocka_unit_test(all_that_was_made_is_taken_away_at_the_end),
        cmocka_unit_test(what_a_killed_process_left_is_replaced),
        cmocka_unit_test(what_another_process_like_this_one_has_is_left_alone),
        cmocka_unit_test(an_interface_of_that_name_is_used_as_it_is_and_stays),
        cmocka_unit_test(a_long_interface_name_gets_a_short_one_for_its_vlan),
        cmocka_unit_test(without_802_1q_the_kernels_refusal_is_kept_as_the_reason_for_the_relay),
        cmocka_unit_test(what_cannot_be_is_refused_by_name),
        cmocka_unit_test(receive_offload_is_off_while_the_relay_runs_and_as_it_was_after),
        cmocka_unit_test(the_filter_lets_through_what_is_asked_for_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, two_namespaces, NULL);
}
