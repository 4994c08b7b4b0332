#include "two_namespaces.h"
#include "net/packet.h"
#include "wire/ethernet.h"
#include "wire/ipv4_udp.h"
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

struct end {
    struct packet packet;
    uint32_t frames, wrong_order, next;
    uint8_t last[2048];
    size_t last_len;
    bool answers; /* sends each frame back */
};

static struct loop loop;

static void hear(void *context, struct bytes frame)
{
    struct end *e = context;
    e->frames++;
    e->last_len = frame.len;
    memcpy(e->last, frame.at, frame.len);
    uint32_t number;
    memcpy(&number, frame.at + 14, sizeof number);
    if (number != e->next) e->wrong_order++;
    e->next = number + 1;
    if (e->answers) packet_send(&e->packet, frame);
}

static void open_ends(struct end *left, struct end *right, bool ring)
{
    memset(left, 0, sizeof *left);
    memset(right, 0, sizeof *right);
    assert_int_equal(loop_init(&loop, &(struct loop_config){.parties_most = 1}), 0);
    be_in(right_namespace);
    struct packet_config config = {.interface = "right", .no_ring = !ring, .receive = hear, .context = right};
    assert_done(packet_open(&right->packet, &loop, &config, &told));
    be_in(left_namespace);
    config.interface = "left";
    config.context = left;
    assert_done(packet_open(&left->packet, &loop, &config, &told));
    assert_true((left->packet.ring != NULL) == ring);
}

static void close_ends(struct end *left, struct end *right)
{
    packet_close(&left->packet);
    packet_close(&right->packet);
    loop_close(&loop);
}

/* Not IP, so that no kernel answers: the local experimental EtherType of IEEE 802. */
static struct bytes numbered(uint32_t number, size_t len)
{
    static uint8_t frame[2048];
    memcpy(frame, "\x02\0\0\0\0\xbb\x02\0\0\0\0\xaa\x88\xb5", 14);
    memcpy(frame + 14, &number, sizeof number);
    return (struct bytes){frame, len};
}

static void turn_until(const uint32_t *counter, uint32_t n)
{
    usec end = monotonic_now() + 5 * SECOND;
    while (*counter < n && monotonic_now() < end) loop_turn(&loop);
}

static void cross(bool ring)
{
    struct end left, right;
    struct packet_counts l, r;
    open_ends(&left, &right, ring);
    right.answers = true;
    uint32_t n = 0;
    for (int burst = 0; burst < 40; burst++) {
        for (int i = 0; i < 100; i++, n++) packet_send(&left.packet, numbered(n, 60 + n % 1400));
        turn_until(&left.frames, n - 50);
    }
    turn_until(&left.frames, n);
    assert_int_equal(right.frames, n);
    assert_int_equal(left.frames, n); /* and none of its own: what this host sends does not come back */
    assert_int_equal(right.wrong_order + left.wrong_order, 0);
    packet_count(&left.packet, &l);
    packet_count(&right.packet, &r);
    assert_int_equal(l.sent, n);
    assert_int_equal(r.received, n);
    assert_int_equal(l.lost_in_kernel + r.lost_in_kernel + l.unsent + r.unsent, 0);
    close_ends(&left, &right);
}

static void frames_cross_in_order_by_the_ring_and_none_of_ones_own_comes_back(void **state)
{
    (void)state;
    NEEDS_NAMESPACES;
    cross(true);
}

static void frames_cross_in_order_by_recvmmsg(void **state)
{
    (void)state;
    NEEDS_NAMESPACES;
    cross(false);
}

static void a_tag_that_the_kernel_took_off_is_put_back(void **state)
{
    /* To ..bb from ..aa, 802.1Q: priority 5, VLAN 100; type 0x88b5; five bytes. */
    static const uint8_t tagged[64] = "\x02\0\0\0\0\xbb\x02\0\0\0\0\xaa\x81\0\xa0\x64\x88\xb5hello";
    (void)state;
    NEEDS_NAMESPACES;
    for (int ring = 0; ring < 2; ring++) {
        struct end left, right;
        open_ends(&left, &right, ring);
        packet_send(&left.packet, (struct bytes){tagged, sizeof tagged});
        turn_until(&right.frames, 1);
        assert_int_equal(right.frames, 1);
        assert_int_equal(right.last_len, sizeof tagged);
        assert_memory_equal(right.last, tagged, sizeof tagged);
        close_ends(&left, &right);
    }
}

static void hear_datagram(void *context, struct bytes frame)
{
    struct end *e = context;
    struct ethernet ethernet;
    struct ipv4_packet packet;
    struct udp udp;
    struct fault why;
    if (!ethernet_decode(&ethernet, frame, &why) || ethernet.type != TYPE_IPV4) return;
    e->frames++;
    if (!ipv4_decode(&packet, ethernet.payload, &why) || !udp_decode(&udp, &packet, &why)) return;
    e->last_len = udp.payload.len;
    memcpy(e->last, udp.payload.at, udp.payload.len);
}

/* What two kernels of one machine do between them: the sum of the pseudo-header only, "hardware will do the rest". */
static void a_udp_checksum_that_the_kernel_left_unfinished_is_finished(void **state)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(68), .sin_addr.s_addr = htonl(IPV4(10, 9, 1, 2))};
    struct veth_end here = {.name = "whole"},
                    there = {.name = "half", .mac = RIGHT_MAC, .namespace_fd = right_namespace};
    struct netlink nl;
    (void)state;
    NEEDS_NAMESPACES;
    be_in(left_namespace);
    assert_done(netlink_open(&nl, &told));
    assert_done(netlink_add_veth(&nl, &here, &there, 0, &told)); /* as the kernel makes it, its offloads on */
    assert_done(netlink_add_address(&nl, "whole", IPV4(10, 9, 1, 1), 24, &told));
    assert_done(netlink_set_up(&nl, "whole", true, &told));
    assert_done(netlink_add_neighbour(&nl, "whole", IPV4(10, 9, 1, 2), RIGHT_MAC, &told));
    be_in(right_namespace);
    struct netlink far;
    assert_done(netlink_open(&far, &told));
    assert_done(netlink_set_up(&far, "half", true, &told));
    netlink_close(&far);
    be_in(left_namespace);
    assert_done(netlink_wait_up(&nl, "whole", 5000, &told));
    for (int ring = 0; ring < 2; ring++) {
        struct end right = {0};
        assert_int_equal(loop_init(&loop, &(struct loop_config){.parties_most = 1}), 0);
        be_in(right_namespace);
        struct packet_config config = {
            .interface = "half", .no_ring = !ring, .receive = hear_datagram, .context = &right};
        assert_done(packet_open(&right.packet, &loop, &config, &told));
        be_in(left_namespace);
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        assert_true(sendto(fd, "odd", 3, 0, (struct sockaddr *)&to, sizeof to) == 3);
        turn_until(&right.frames, 1);
        assert_int_equal(right.frames, 1);
        assert_int_equal(right.last_len, 3);
        assert_memory_equal(right.last, "odd", 3);
        close(fd);
        packet_close(&right.packet);
        loop_close(&loop);
    }
    assert_done(netlink_delete_link(&nl, "whole", &told));
    netlink_close(&nl);
}

static void frames_for_other_macs_are_heard_on_a_veth(void **state)
{
    struct end left, right;
    static const uint8_t frame[60] = "\x02\0\0\0\x12\x34\x02\0\0\0\0\xaa\x88\xb5";
    (void)state;
    NEEDS_NAMESPACES;
    open_ends(&left, &right, true);
    packet_send(&left.packet, (struct bytes){frame, sizeof frame});
    turn_until(&right.frames, 1);
    assert_int_equal(right.frames, 1);
    close_ends(&left, &right);
}

static void what_the_ring_has_no_room_for_is_counted(void **state)
{
    struct end left, right;
    struct packet_counts r;
    (void)state;
    NEEDS_NAMESPACES;
    open_ends(&left, &right, true);
    packet_close(&right.packet);
    loop_turn(&loop);
    be_in(right_namespace);
    struct packet_config config = {.interface = "right", .ring_bytes = 65536, .receive = hear, .context = &right};
    assert_done(packet_open(&right.packet, &loop, &config, &told));
    be_in(left_namespace);
    for (uint32_t i = 0; i < 500; i++) packet_send(&left.packet, numbered(i, 60));
    for (int i = 0; i < 20; i++) loop_turn(&loop);
    packet_count(&right.packet, &r);
    assert_true(r.lost_in_kernel > 0);
    assert_int_equal(r.received + r.lost_in_kernel, 500);
    assert_true(r.received >= 30);
    close_ends(&left, &right);
}

static void frames_to_an_interface_that_is_down_are_counted_as_unsent(void **state)
{
    struct end left, right;
    struct packet_counts l;
    struct netlink nl;
    (void)state;
    NEEDS_NAMESPACES;
    open_ends(&left, &right, true);
    assert_done(netlink_open(&nl, &told));
    assert_done(netlink_set_up(&nl, "left", false, &told));
    packet_send(&left.packet, numbered(0, 60));
    packet_send(&left.packet, numbered(1, 60));
    loop_turn(&loop);
    packet_count(&left.packet, &l);
    assert_int_equal(l.unsent, 2);
    assert_done(netlink_set_up(&nl, "left", true, &told));
    /* And the socket still works, once the kernel has noticed that the other end has a carrier: until then it drops
     * what is sent. */
    for (usec end = monotonic_now() + 5 * SECOND; right.frames == 0 && monotonic_now() < end; (void)poll(NULL, 0, 1)) {
        packet_send(&left.packet, numbered(2, 60));
        loop_turn(&loop);
    }
    assert_true(right.frames > 0);
    packet_send(&right.packet, numbered(3, 60));
    turn_until(&left.frames, 1);
    assert_int_equal(left.frames, 1);
    netlink_close(&nl);
    close_ends(&left, &right);
}

/* A veth takes all at once, so a socket whose reader is slow stands in for a busy device: sendmmsg says EAGAIN. */
static void frames_that_the_kernel_cannot_take_now_stay_and_leave_later_in_order(void **state)
{
    struct end left, right;
    struct packet_counts l;
    int pair[2];
    uint32_t next = 0, number;
    uint8_t frame[2048];
    (void)state;
    NEEDS_NAMESPACES;
    open_ends(&left, &right, true);
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
    uv_poll_stop(&left.packet.poll);
    assert_true(dup2(pair[0], left.packet.fd) >= 0);
    for (uint32_t i = 0; i < 2000; i++) packet_send(&left.packet, numbered(i, 1500));
    for (usec end = monotonic_now() + 5 * SECOND; next < 2000 && monotonic_now() < end;) {
        loop_turn(&loop);
        for (int i = 0; i < 100 && recv(pair[1], frame, sizeof frame, 0) == 1500; i++) {
            memcpy(&number, frame + 14, sizeof number);
            assert_int_equal(number, next++);
        }
    }
    assert_int_equal(next, 2000);
    packet_count(&left.packet, &l);
    assert_int_equal(l.unsent, 0);
    assert_int_equal(l.sent, 2000);
    assert_true(l.held > 0);
    close(pair[0]);
    close(pair[1]);
    close_ends(&left, &right);
}

static void what_was_discarded_before_the_flush_never_leaves(void **state)
{
    struct end left, right;
    (void)state;
    NEEDS_NAMESPACES;
    open_ends(&left, &right, true);
    packet_send(&left.packet, numbered(0, 60));
    packet_discard(&left.packet);
    packet_send(&left.packet, numbered(7, 60));
    turn_until(&right.frames, 1);
    assert_int_equal(right.frames, 1);
    assert_int_equal(right.next, 8);
    close_ends(&left, &right);
}

static void a_socket_keeps_the_interface_of_the_namespace_in_which_it_was_made(void **state)
{
    struct end left, right = {0};
    (void)state;
    NEEDS_NAMESPACES;
    be_in(right_namespace);
    int made = packet_socket("right", &told);
    assert_true(made > STDERR_FILENO);
    be_in(left_namespace);
    memset(&left, 0, sizeof left);
    assert_int_equal(loop_init(&loop, &(struct loop_config){.parties_most = 1}), 0);
    struct packet_config config = {
        .interface = "right", .socket = made, .hears = PACKET_HEARS_ALL, .receive = hear, .context = &right};
    assert_done(packet_open(&right.packet, &loop, &config, &told)); /* here there is none of that name */
    assert_int_equal(right.packet.fd, made);
    config = (struct packet_config){.interface = "left", .receive = hear, .context = &left};
    assert_done(packet_open(&left.packet, &loop, &config, &told));
    packet_send(&left.packet, numbered(0, 60));
    turn_until(&right.frames, 1);
    packet_send(&right.packet, numbered(0, 60));
    turn_until(&left.frames, 1);
    assert_true(right.frames == 1 && left.frames == 1);
    close_ends(&left, &right);
    assert_int_equal(packet_socket("nowhere", &told), -ENODEV);
    assert_non_null(strstr(told.text, "nowhere"));
}

static void an_interface_that_is_not_there_is_named(void **state)
{
    struct packet p;
    (void)state;
    NEEDS_NAMESPACES;
    assert_int_equal(loop_init(&loop, &(struct loop_config){.parties_most = 1}), 0);
    assert_int_equal(packet_open(&p, &loop, &(struct packet_config){.interface = "nowhere", .receive = hear}, &told),
                     -ENODEV);
    assert_non_null(strstr(told.text, "nowhere"));
    loop_close(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_cross_in_order_by_the_ring_and_none_of_ones_own_comes_back),
        cmocka_unit_test(frames_cross_in_order_by_recvmmsg),
        cmocka_unit_test(a_tag_that_the_kernel_took_off_is_put_back),
        cmocka_unit_test(a_udp_checksum_that_the_kernel_left_unfinished_is_finished),
        cmocka_unit_test(frames_for_other_macs_are_heard_on_a_veth),
        cmocka_unit_test(what_the_ring_has_no_room_for_is_counted),
        cmocka_unit_test(frames_to_an_interface_that_is_down_are_counted_as_unsent),
        cmocka_unit_test(frames_that_the_kernel_cannot_take_now_stay_and_leave_later_in_order),
        cmocka_unit_test(what_was_discarded_before_the_flush_never_leaves),
        cmocka_unit_test(a_socket_keeps_the_interface_of_the_namespace_in_which_it_was_made),
        cmocka_unit_test(an_interface_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, two_namespaces, NULL);
}
