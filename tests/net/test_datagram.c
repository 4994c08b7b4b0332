#include "two_namespaces.h"
#include "net/datagram.h"
#include "net/packet.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

struct side {
    struct datagrams set;
    uint32_t heard;
    uint32_t socket; /* by which the latest came */
    struct event last;
    uint8_t bytes[2048];
    bool answers;
};

static struct loop loop;

static void hear(void *context, uint32_t socket, const struct event *event)
{
    struct side *s = context;
    s->heard++;
    s->socket = socket;
    s->last = *event;
    memcpy(s->bytes, event->bytes.at, event->bytes.len);
    if (s->answers) datagrams_send(&s->set, event->to, event->from, event->bytes);
}

static void open_sides(struct side *left, struct side *right)
{
    memset(left, 0, sizeof *left);
    memset(right, 0, sizeof *right);
    assert_int_equal(loop_init(&loop, &(struct loop_config){.parties_most = 1}), 0);
    assert_int_equal(datagrams_init(&left->set, &loop, hear, left), 0);
    assert_int_equal(datagrams_init(&right->set, &loop, hear, right), 0);
}

static void close_sides(struct side *left, struct side *right)
{
    datagrams_close(&left->set);
    datagrams_close(&right->set);
    loop_close(&loop);
}

static void bind_in(int namespace, struct side *s, struct datagram_config config)
{
    be_in(namespace);
    assert_done(datagrams_bind(&s->set, &config, &told));
    be_in(left_namespace);
}

static void turn_until(const uint32_t *counter, uint32_t n)
{
    usec end = monotonic_now() + 5 * SECOND;
    while (*counter < n && monotonic_now() < end) loop_turn(&loop);
}

static struct endpoint at(ipv4 address, uint16_t port)
{
    return (struct endpoint){address, port, MAC_NONE};
}

static void datagrams_cross_to_many_ports_and_back_from_the_one_that_was_asked(void **state)
{
    struct side left, right;
    struct datagram_counts l;
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(&left, &right);
    for (uint16_t port = 20000; port < 20016; port++)
        bind_in(right_namespace, &right, (struct datagram_config){.port = port});
    bind_in(left_namespace, &left, (struct datagram_config){.address = LEFT, .port = 30000});
    right.answers = true;
    for (uint16_t i = 0; i < 1600; i++)
        datagrams_send(&left.set, at(LEFT, 30000), at(RIGHT, (uint16_t)(20000 + i % 16)), bytes_of("block"));
    turn_until(&left.heard, 1600);
    assert_int_equal(right.heard, 1600);
    assert_int_equal(left.heard, 1600);
    assert_int_equal(left.last.from.address, RIGHT);
    assert_int_equal(left.last.from.port, 20015);
    assert_int_equal(left.last.to.port, 30000);
    assert_int_equal(left.last.bytes.len, 5);
    assert_int_equal(right.socket, 15);
    datagrams_count(&left.set, &l);
    assert_int_equal(l.sent, 1600);
    assert_int_equal(l.unsent + l.lost_in_kernel + l.oversize, 0);
    close_sides(&left, &right);
}

static void an_answer_leaves_from_the_address_that_was_asked_though_the_socket_is_bound_to_any(void **state)
{
    struct side left, right;
    struct netlink nl;
    (void)state;
    NEEDS_NAMESPACES;
    be_in(right_namespace);
    assert_done(netlink_open(&nl, &told));
    assert_done(netlink_add_address(&nl, "right", 0x0a090063, 24, &told)); /* a second one: 10.9.0.99 */
    netlink_close(&nl);
    be_in(left_namespace);
    open_sides(&left, &right);
    bind_in(right_namespace, &right, (struct datagram_config){.port = 69});
    bind_in(left_namespace, &left, (struct datagram_config){.port = 30000});
    right.answers = true;
    datagrams_send(&left.set, at(0, 30000), at(0x0a090063, 69), bytes_of("read"));
    turn_until(&left.heard, 1);
    assert_int_equal(right.last.to.address, 0x0a090063);
    assert_int_equal(left.last.from.address, 0x0a090063);
    close_sides(&left, &right);
}

static void a_broadcast_is_heard_with_its_real_destination_and_can_be_sent_from_0_0_0_0(void **state)
{
    struct side left, right;
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(&left, &right);
    bind_in(right_namespace, &right, (struct datagram_config){.port = 67, .interface = "right", .broadcast = true});
    bind_in(left_namespace, &left, (struct datagram_config){.port = 68, .interface = "left", .broadcast = true});
    datagrams_send(&left.set, at(0, 68), at(IPV4_BROADCAST, 67), bytes_of("discover"));
    turn_until(&right.heard, 1);
    assert_int_equal(right.last.to.address, IPV4_BROADCAST);
    assert_int_equal(right.last.from.address, LEFT);
    datagrams_send(&right.set, at(RIGHT, 67), at(IPV4_BROADCAST, 68), bytes_of("offer"));
    turn_until(&left.heard, 1);
    assert_int_equal(left.last.from.address, RIGHT);
    assert_int_equal(left.last.to.address, IPV4_BROADCAST);
    close_sides(&left, &right);
}

static uint32_t frames_to_client, arps;
static struct mac client_mac = {{2, 0, 0, 0, 0, 0x77}};

static void watch(void *context, struct bytes frame)
{
    (void)context;
    frames_to_client +=
        frame.len > 14 && memcmp(frame.at, client_mac.byte, 6) == 0 && frame.at[12] == 8 && frame.at[13] == 0;
    arps += frame.len > 14 && frame.at[12] == 8 && frame.at[13] == 6;
}

static void a_client_without_an_address_is_reached_by_its_mac_and_nobody_is_asked_by_arp(void **state)
{
    struct side left, right;
    struct packet packet;
    struct endpoint client = {0x0a090032, 68, client_mac};
    struct datagram_counts counts;
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(&left, &right);
    bind_in(right_namespace, &right, (struct datagram_config){.port = 67, .interface = "right", .broadcast = true});
    struct packet_config config = {.interface = "left", .receive = watch};
    assert_done(packet_open(&packet, &loop, &config, &told));
    frames_to_client = arps = 0;
    datagrams_send(&right.set, at(RIGHT, 67), client, bytes_of("offer"));
    turn_until(&frames_to_client, 1);
    assert_int_equal(frames_to_client, 1);
    assert_int_equal(arps, 0);
    datagrams_count(&right.set, &counts);
    assert_int_equal(counts.arp_refused, 0);
    packet_close(&packet);
    close_sides(&left, &right);
}

static void what_cannot_be_sent_is_counted_with_its_errno_and_the_rest_goes(void **state)
{
    struct side left, right;
    struct datagram_counts l;
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(&left, &right);
    bind_in(right_namespace, &right, (struct datagram_config){.port = 69});
    bind_in(left_namespace, &left, (struct datagram_config){.port = 30000});
    datagrams_send(&left.set, at(0, 30000), at(0x08080808, 69), bytes_of("no way leads there"));
    datagrams_send(&left.set, at(0, 30000), at(RIGHT, 69), bytes_of("good"));
    turn_until(&right.heard, 1);
    assert_int_equal(right.heard, 1);
    datagrams_count(&left.set, &l);
    assert_int_equal(l.unsent, 1);
    assert_int_equal(l.unsent_error, ENETUNREACH);
    datagrams_send(&left.set, at(0, 31000), at(RIGHT, 69), bytes_of("from a port that is not ours"));
    datagrams_send(&left.set, at(0, 30000), at(IPV4_BROADCAST, 69), bytes_of("broadcast was not asked for"));
    loop_turn(&loop);
    datagrams_count(&left.set, &l);
    assert_int_equal(l.unsent, 3);
    close_sides(&left, &right);
}

/* Another socket of the set does not wait for the one with a pace. */
static void a_paced_socket_sends_no_faster_in_order_and_the_last_of_it_at_the_close(void **state)
{
    struct side left, right;
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(&left, &right);
    bind_in(right_namespace, &right, (struct datagram_config){.port = 68});
    bind_in(left_namespace, &left, (struct datagram_config){.port = 67, .pace = 4});
    bind_in(left_namespace, &left, (struct datagram_config){.port = 69});
    usec began = monotonic_now();
    for (char i = 0; i < 100; i++)
        datagrams_send(&left.set, at(0, 67), at(RIGHT, 68), (struct bytes){(uint8_t *)&i, 1});
    loop_turn(&loop);
    assert_int_equal(left.set.counts.sent, PACE_AT_ONCE);
    datagrams_send(&left.set, at(0, 69), at(RIGHT, 68), bytes_of("file"));
    loop_turn(&loop);
    assert_int_equal(batch_waiting(&left.set.sockets[1].out), 0);
    turn_until(&right.heard, 101);
    assert_int_equal(right.heard, 101);
    assert_int_equal(right.bytes[0], 99);
    assert_true(monotonic_now() - began >= 9 * MSEC); /* the 36 after the first 64 */
    for (char i = 0; i < 100; i++)
        datagrams_send(&left.set, at(0, 67), at(RIGHT, 68), (struct bytes){(uint8_t *)&i, 1});
    datagrams_close(&left.set);
    turn_until(&right.heard, 201);
    assert_int_equal(right.heard, 201);
    datagrams_close(&right.set);
    loop_close(&loop);
}

static void a_datagram_longer_than_a_slot_is_dropped_and_counted(void **state)
{
    static uint8_t bytes[4000];
    struct side left, right;
    struct datagram_counts r;
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(&left, &right);
    bind_in(right_namespace, &right, (struct datagram_config){.port = 69});
    bind_in(left_namespace, &left, (struct datagram_config){.port = 30000});
    datagrams_send(&left.set, at(0, 30000), at(RIGHT, 69), (struct bytes){bytes, sizeof bytes});
    datagrams_send(&left.set, at(0, 30000), at(RIGHT, 69), (struct bytes){bytes, DATAGRAM_SLOT});
    datagrams_send(&left.set, at(0, 30000), at(RIGHT, 69), (struct bytes){bytes, 0});
    turn_until(&right.heard, 2);
    assert_int_equal(right.heard, 2);
    datagrams_count(&right.set, &r);
    assert_int_equal(r.oversize, 1);
    close_sides(&left, &right);
}

static void a_port_that_is_taken_is_named(void **state)
{
    struct side left, right;
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(&left, &right);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(69)};
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(datagrams_bind(&left.set, &(struct datagram_config){.port = 69}, &told), -EADDRINUSE);
    assert_non_null(strstr(told.text, "UDP 0.0.0.0:69"));
    close(fd);
    close_sides(&left, &right);
}

static void a_socket_of_an_interface_that_came_again_takes_the_place_of_the_old_one(void **state)
{
    struct side left, right;
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(&left, &right);
    bind_in(right_namespace, &right, (struct datagram_config){.port = 67, .interface = "right", .exclusive = true});
    bind_in(right_namespace, &right, (struct datagram_config){.port = 69});
    bind_in(left_namespace, &left, (struct datagram_config){.address = LEFT, .port = 30000});
    datagrams_send_by(&right.set, 1, at(RIGHT, 69), at(LEFT, 30000), bytes_of("waits before it, and leaves"));
    datagrams_send_by(&right.set, 0, at(RIGHT, 67), at(LEFT, 30000), bytes_of("waits, and is not sent"));
    datagrams_unbind(&right.set, 0);
    datagrams_unbind(&right.set, 0); /* garbage: not bound any more, never bound */
    datagrams_unbind(&right.set, 77);
    datagrams_send_by(&right.set, 0, at(RIGHT, 67), at(LEFT, 30000), bytes_of("lost")); /* counted, no more */
    be_in(right_namespace);
    assert_int_equal(datagrams_bind(&right.set,
                                    &(struct datagram_config){.port = 67, .interface = "right", .exclusive = true},
                                    &told),
                     2); /* libuv holds the old one until the loop has turned */
    datagrams_unbind(&right.set, 2);
    be_in(left_namespace);
    loop_turn(&loop);
    be_in(right_namespace);
    assert_int_equal(datagrams_bind(&right.set,
                                    &(struct datagram_config){.port = 67, .interface = "right", .exclusive = true},
                                    &told),
                     0);
    be_in(left_namespace);
    right.answers = true;
    datagrams_send(&left.set, at(LEFT, 30000), at(RIGHT, 67), bytes_of("discover"));
    turn_until(&left.heard, 2);
    assert_int_equal(right.socket, 0);
    assert_int_equal(left.heard, 2); /* what waited at the other socket, and the answer of the new one */
    close_sides(&left, &right);
}

enum { STEPS = 500, STEPS_SHORT = 200 };

/* In lock step, as a TFTP client: the next leaves when the answer to the last one is here. */
static void *steps(void *from)
{
    int fd = *(int *)from;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(20000), .sin_addr.s_addr = htonl(RIGHT)};
    uint32_t answer;

    for (uint32_t i = 0; i < STEPS; i++) {
        if (sendto(fd, &i, sizeof i, 0, (struct sockaddr *)&to, sizeof to) < 0 ||
            recv(fd, &answer, sizeof answer, 0) != sizeof answer || answer != i)
            return "an answer is not that to what was sent";
    }
    return NULL;
}

/* One peer after the other, each with a socket of its own: whose line it is then, and where the answers go. */
static void *peers_take_turns(void *none)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(20000), .sin_addr.s_addr = htonl(RIGHT)};
    struct timeval patience = {.tv_sec = 10};
    uint32_t answer;
    int fd[2];

    (void)none;
    for (int i = 0; i < 2; i++) {
        fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd[i] < 0 || setsockopt(fd[i], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0)
            return "no socket for a peer";
    }
    for (uint32_t i = 0; i < STEPS; i++) { /* the first, the second, the first again */
        int peer = i < STEPS_SHORT || (i >= STEPS - STEPS_SHORT) ? 0 : 1;
        uint32_t word = i << 1 | (uint32_t)peer;
        if (sendto(fd[peer], &word, sizeof word, 0, (struct sockaddr *)&to, sizeof to) < 0 ||
            recv(fd[peer], &answer, sizeof answer, 0) != sizeof answer || answer != word)
            return "an answer went to another peer, or was lost";
    }
    close(fd[0]);
    close(fd[1]);
    return NULL;
}

static void stop_at_the_last(void *context, uint32_t socket, const struct event *event)
{
    struct side *s = context;

    hear(context, socket, event);
    if (s->heard == STEPS) loop_stop(&loop);
}

static void tick(uv_timer_t *timer)
{
    (*(unsigned *)timer->data)++;
}

static void in_lock_step_each_gets_its_answer_most_without_a_turn_of_the_loop_and_timers_have_theirs(void **state)
{
    struct side left, right;
    unsigned ticks = 0;
    uv_timer_t timer;
    pthread_t peer;
    void *wrong;
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(&left, &right);
    right.set.receive = stop_at_the_last;
    right.answers = true;
    bind_in(right_namespace, &right, (struct datagram_config){.port = 20000, .lock_step = true});
    (void)uv_timer_init(&loop.uv, &timer);
    timer.data = &ticks;
    (void)uv_timer_start(&timer, tick, 1, 1);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = 10};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    be_in(right_namespace); /* where the line is opened */
    assert_int_equal(pthread_create(&peer, NULL, steps, &fd), 0);
    loop_run(&loop);
    loop_turn(&loop); /* the last answer leaves */
    assert_int_equal(pthread_join(peer, &wrong), 0);
    if (wrong) fail_msg("%s", (const char *)wrong);
    assert_int_equal(right.heard, STEPS);
    assert_in_range(right.set.counts.found, STEPS / 4, STEPS);
    assert_true(right.set.counts.looks >= right.set.counts.found);
    assert_int_equal(right.set.counts.lines, 1);
    /* Beside the line the port is everybody's still, and the line is no other's. */
    be_in(left_namespace);
    int other = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(20000), .sin_addr.s_addr = htonl(RIGHT)};
    uint32_t word = 7, answer = 0;
    assert_int_equal(sendto(other, &word, sizeof word, 0, (struct sockaddr *)&to, sizeof to), sizeof word);
    turn_until(&right.heard, STEPS + 1);
    loop_turn(&loop);
    assert_int_equal(recv(other, &answer, sizeof answer, MSG_DONTWAIT), sizeof answer);
    assert_int_equal(answer, word);
    assert_int_equal(right.socket, 0);
    close(other);
    assert_true(ticks > 0);
    close(fd);
    uv_close((uv_handle_t *)&timer, NULL);
    close_sides(&left, &right);
}

static void a_line_goes_to_who_is_in_lock_step_now_and_away_with_its_port(void **state)
{
    struct datagram_config port = {.port = 20000, .lock_step = true};
    struct side left, right;
    pthread_t peers;
    void *wrong;
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(&left, &right);
    right.set.receive = stop_at_the_last;
    right.answers = true;
    bind_in(right_namespace, &right, port);
    assert_int_equal(pthread_create(&peers, NULL, peers_take_turns, NULL), 0);
    be_in(right_namespace);
    loop_run(&loop);
    loop_turn(&loop);
    assert_int_equal(pthread_join(peers, &wrong), 0);
    if (wrong) fail_msg("%s", (const char *)wrong);
    assert_int_equal(right.heard, STEPS);
    assert_int_equal(right.socket, 0); /* to the owner it is one socket */
    assert_int_equal(right.set.counts.lines, 3);
    assert_in_range(right.set.count, 2, 4); /* the places of the lines before are used again, once libuv lets go */
    assert_non_null(right.set.line);
    datagrams_unbind(&right.set, 0);
    assert_null(right.set.line);
    be_in(left_namespace);
    loop_turn(&loop);
    loop_turn(&loop);
    be_in(right_namespace); /* nobody has the port any more: it can be had by anybody, alone */
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(20000)};
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    close(fd);
    assert_int_equal(datagrams_bind(&right.set, &port, &told), 0);
    be_in(left_namespace);
    close_sides(&left, &right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams_cross_to_many_ports_and_back_from_the_one_that_was_asked),
        cmocka_unit_test(an_answer_leaves_from_the_address_that_was_asked_though_the_socket_is_bound_to_any),
        cmocka_unit_test(a_broadcast_is_heard_with_its_real_destination_and_can_be_sent_from_0_0_0_0),
        cmocka_unit_test(a_client_without_an_address_is_reached_by_its_mac_and_nobody_is_asked_by_arp),
        cmocka_unit_test(what_cannot_be_sent_is_counted_with_its_errno_and_the_rest_goes),
        cmocka_unit_test(a_paced_socket_sends_no_faster_in_order_and_the_last_of_it_at_the_close),
        cmocka_unit_test(a_datagram_longer_than_a_slot_is_dropped_and_counted),
        cmocka_unit_test(a_port_that_is_taken_is_named),
        cmocka_unit_test(a_socket_of_an_interface_that_came_again_takes_the_place_of_the_old_one),
        cmocka_unit_test(in_lock_step_each_gets_its_answer_most_without_a_turn_of_the_loop_and_timers_have_theirs),
        cmocka_unit_test(a_line_goes_to_who_is_in_lock_step_now_and_away_with_its_port),
    };
    return cmocka_run_group_tests(tests, two_namespaces, NULL);
}
