#include "two_namespaces.h"
#include "net/stream.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { PORT = 2000, OWNER = 7, OTHER = 8 };

/* Both sides of a test: the left opens, the right listens. One set each. */
struct side {
    struct streams set;
    uint32_t ups, downs, messages, wrong;
    uint64_t bytes;
    uint32_t stream, owner; /* of the latest event */
    uint8_t why;
    struct endpoint from, to;
    uint8_t last[8];
    size_t last_len;
    bool echoes;
    bool closes; /* upon the first message */
};

static struct loop loop;
static struct side left, right;

/* A message: one byte, its length (this one included), then the rest. 0 cannot be. */
static size_t frame(struct bytes b)
{
    if (b.len == 0) return 0;
    if (b.at[0] == 0) return SIZE_MAX;
    return b.len >= b.at[0] ? b.at[0] : 0;
}

/* A length of four bytes, big endian; up to any size. */
static size_t long_frame(struct bytes b)
{
    struct fault why;
    struct reader r = reader(b, &why);
    size_t len = read_be32(&r);
    return sound(&r) && b.len >= len ? len : 0;
}

static void hear(void *context, uint32_t owner, const struct event *e)
{
    struct side *s = context;
    s->stream = e->stream;
    s->owner = owner;
    if (e->kind == EVENT_UP) {
        s->ups++;
        s->from = e->from;
        s->to = e->to;
    } else if (e->kind == EVENT_DOWN) {
        s->downs++;
        s->why = e->why;
    } else {
        s->messages++;
        s->bytes += e->bytes.len;
        s->last_len = e->bytes.len;
        memcpy(s->last, e->bytes.at, e->bytes.len < 8 ? e->bytes.len : 8);
        if (s->echoes) stream_write(&s->set, owner, e->stream, e->bytes);
        if (s->closes) stream_close(&s->set, owner, e->stream);
    }
}

static void open_sides(frame_fn *framing)
{
    memset(&left, 0, sizeof left);
    memset(&right, 0, sizeof right);
    assert_int_equal(loop_init(&loop, &(struct loop_config){.parties_most = 1}), 0);
    assert_int_equal(streams_init(&left.set, &loop, hear, &left), 0);
    assert_int_equal(streams_init(&right.set, &loop, hear, &right), 0);
    be_in(right_namespace);
    assert_done(stream_listen(&right.set, OTHER, 0, PORT, framing, &told));
    be_in(left_namespace);
}

static void close_sides(void)
{
    left.set.reset_at_close = right.set.reset_at_close = true;
    streams_close(&left.set);
    streams_close(&right.set);
    loop_close(&loop);
}

static void turn_until(const uint32_t *counter, uint32_t n)
{
    usec end = monotonic_now() + 5 * SECOND;
    while (*counter < n && monotonic_now() < end) loop_turn(&loop);
}

static void turn_for(usec time)
{
    for (usec end = monotonic_now() + time; monotonic_now() < end;) loop_turn(&loop);
}

static struct endpoint at(ipv4 address, uint16_t port)
{
    return (struct endpoint){address, port, MAC_NONE};
}

static void connect_left(uint32_t number, frame_fn *framing)
{
    uint32_t ups = left.ups, accepted = right.ups;
    stream_open(&left.set, OWNER, number, at(LEFT, 0), at(RIGHT, PORT), framing);
    turn_until(&left.ups, ups + 1);
    turn_until(&right.ups, accepted + 1);
    assert_int_equal(left.ups, ups + 1);
    assert_int_equal(right.ups, accepted + 1);
}

static void both_ends_of_a_stream_are_named_when_it_is_up(void **state)
{
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    connect_left(5, frame);
    assert_int_equal(left.stream, 5);
    assert_int_equal(left.owner, OWNER);
    assert_int_equal(right.stream, STREAM_ACCEPTED);
    assert_int_equal(right.owner, OTHER);
    assert_int_equal(left.from.address, LEFT);
    assert_true(left.from.port > 0);
    assert_int_equal(left.to.port, PORT);
    assert_memory_equal(&left.from, &right.from, sizeof left.from);
    assert_memory_equal(&left.to, &right.to, sizeof left.to);
    close_sides();
}

static void each_message_arrives_whole_whatever_pieces_tcp_makes(void **state)
{
    /* Three messages in one write, then one cut into single bytes by a raw socket. */
    static const uint8_t three[] = {3, 'a', 'b', 1, 4, 'x', 'y', 'z'}, cut[] = {6, 'h', 'e', 'l', 'l', 'o', 2};
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    connect_left(1, frame);
    stream_write(&left.set, OWNER, 1, (struct bytes){three, sizeof three});
    turn_until(&right.messages, 3);
    assert_int_equal(right.messages, 3);
    assert_int_equal(right.bytes, sizeof three);
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(RIGHT)};
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (size_t i = 0; i < sizeof cut; i++) {
        assert_int_equal(write(fd, cut + i, 1), 1);
        turn_for(2 * MSEC);
        assert_int_equal(right.messages, i < 5 ? 3 : 4);
    }
    assert_int_equal(right.last_len, 6);
    assert_memory_equal(right.last, cut, 6);
    close(fd);
    turn_until(&right.downs, 1); /* with a message cut short: it is closed all the same */
    assert_int_equal(right.why, DOWN_CLOSED);
    close_sides();
}

static void many_streams_echo_many_messages(void **state)
{
    static const uint8_t message[] = {8, 1, 2, 3, 4, 5, 6, 7};
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    right.echoes = true;
    for (uint32_t i = 0; i < 500; i++) {
        stream_open(&left.set, i, 1, at(LEFT, 0), at(RIGHT, PORT), frame); /* the same number, other owners */
        for (int k = 0; k < 10; k++)
            stream_write(&left.set, i, 1, (struct bytes){message, sizeof message}); /* before UP */
    }
    turn_until(&left.messages, 5000);
    assert_int_equal(left.ups, 500);
    assert_int_equal(right.ups, 500);
    assert_int_equal(right.messages, 5000);
    assert_int_equal(left.messages, 5000);
    assert_int_equal(left.set.counts.open, 500);
    for (uint32_t i = 0; i < 500; i++) stream_close(&left.set, i, 1);
    turn_until(&right.downs, 500);
    assert_int_equal(right.downs, 500);
    assert_int_equal(right.why, DOWN_CLOSED);
    assert_int_equal(left.downs, 0); /* no DOWN follows one's own close */
    assert_int_equal(left.set.counts.open + right.set.counts.open, 0);
    close_sides();
}

static void what_was_written_before_a_close_arrives_first(void **state)
{
    static uint8_t message[60000];
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(long_frame);
    connect_left(1, long_frame);
    memcpy(message, "\0\0\xea\x60", 4); /* 60,000 */
    for (int i = 0; i < 10; i++) stream_write(&left.set, OWNER, 1, (struct bytes){message, sizeof message});
    stream_close(&left.set, OWNER, 1);
    turn_until(&right.downs, 1);
    assert_int_equal(right.messages, 10);
    assert_int_equal(right.why, DOWN_CLOSED);
    assert_int_equal(left.set.counts.open, 0);
    close_sides();
}

static void a_port_without_a_listener_refuses(void **state)
{
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    stream_open(&left.set, OWNER, 1, at(LEFT, 0), at(RIGHT, PORT + 1), frame);
    turn_until(&left.downs, 1);
    assert_int_equal(left.why, DOWN_REFUSED);
    assert_int_equal(left.stream, 1);
    assert_int_equal(left.set.counts.open, 0);
    close_sides();
}

static void a_source_address_that_is_not_ours_gives_down_and_no_attempt(void **state)
{
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    stream_open(&left.set, OWNER, 1, at(0x0a0900c8, 0), at(RIGHT, PORT), frame);
    assert_int_equal(left.downs, 1);
    assert_int_equal(left.why, DOWN_UNREACHABLE);
    turn_for(20 * MSEC);
    assert_int_equal(right.ups, 0);
    stream_open(&left.set, OWNER, 1, at(LEFT, 0), at(0x08080808, PORT), frame); /* no route */
    turn_until(&left.downs, 2);
    assert_int_equal(left.why, DOWN_UNREACHABLE);
    close_sides();
}

static void a_fixed_port_can_be_used_again_at_once_after_a_close_in_order(void **state)
{
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    stream_open(&left.set, OWNER, 2, at(LEFT, 0), at(RIGHT, PORT), frame);
    turn_until(&left.ups, 1);
    uint16_t port = left.from.port; /* the kernel's choice for another stream, which leaves it in TIME_WAIT */
    stream_close(&left.set, OWNER, 2);
    turn_until(&right.downs, 1);
    for (uint32_t i = 1; i < 4; i++) {
        stream_open(&left.set, OWNER, 1, at(LEFT, port), at(RIGHT, PORT), frame);
        turn_until(&left.ups, i + 1);
        assert_int_equal(left.ups, i + 1);
        assert_int_equal(left.from.port, port);
        stream_close(&left.set, OWNER, 1); /* in TIME_WAIT on this side now */
        turn_until(&right.downs, i + 1);
    }
    close_sides();
}

static void what_cannot_be_framed_is_malformed_and_reset(void **state)
{
    static const uint8_t bad[] = {2, 9, 0, 1};
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    connect_left(1, frame);
    stream_write(&left.set, OWNER, 1, (struct bytes){bad, sizeof bad});
    turn_until(&left.downs, 1);
    assert_int_equal(right.messages, 1);
    assert_int_equal(right.why, DOWN_MALFORMED);
    assert_int_equal(left.why, DOWN_RESET);
    close_sides();
}

static void a_message_without_end_is_malformed(void **state)
{
    static uint8_t endless[50000] = {0x7f, 0xff, 0xff, 0xff};
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(long_frame);
    connect_left(1, long_frame);
    stream_write(&left.set, OWNER, 1, (struct bytes){endless, sizeof endless});
    turn_for(20 * MSEC);
    assert_int_equal(right.downs, 0);
    stream_write(&left.set, OWNER, 1, (struct bytes){endless, sizeof endless});
    turn_until(&right.downs, 1);
    assert_int_equal(right.why, DOWN_MALFORMED);
    close_sides();
}

static void a_peer_that_does_not_read_is_slow(void **state)
{
    static uint8_t message[60000] = {0, 0, 0xea, 0x60};
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(RIGHT)};
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    turn_until(&right.ups, 1);
    for (int i = 0; i < 1000 && right.downs == 0; i++) { /* into a socket that never reads */
        stream_write(&right.set, OTHER, STREAM_ACCEPTED, (struct bytes){message, sizeof message});
        loop_turn(&loop);
    }
    assert_int_equal(right.downs, 1);
    assert_int_equal(right.why, DOWN_SLOW);
    close(fd);
    close_sides();
}

static void loss_of_power_sends_nothing(void **state)
{
    static const uint8_t message[] = {2, 1};
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    connect_left(1, frame);
    stream_vanish(&left.set, OWNER, 1);
    turn_for(100 * MSEC);
    assert_int_equal(right.downs, 0); /* neither FIN nor RST came */
    assert_int_equal(left.set.counts.open, 0);
    assert_int_equal(left.downs, 0);
    stream_write(&right.set, OTHER, STREAM_ACCEPTED, (struct bytes){message, 2}); /* nobody has that connection now */
    turn_until(&right.downs, 1);
    assert_int_equal(right.why, DOWN_RESET);
    close_sides();
}

static void a_reset_is_seen_as_one(void **state)
{
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    connect_left(1, frame);
    stream_reset(&left.set, OWNER, 1);
    turn_until(&right.downs, 1);
    assert_int_equal(right.why, DOWN_RESET);
    close_sides();
}

static void a_listener_that_is_down_refuses_resets_its_connections_and_comes_back(void **state)
{
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    connect_left(1, frame);
    connect_left(2, frame);
    stream_listener_down(&right.set, 0);
    assert_int_equal(right.downs, 2);
    assert_int_equal(right.why, DOWN_RESET);
    turn_until(&left.downs, 2);
    assert_int_equal(left.why, DOWN_RESET);
    stream_open(&left.set, OWNER, 3, at(LEFT, 0), at(RIGHT, PORT), frame);
    turn_until(&left.downs, 3);
    assert_int_equal(left.why, DOWN_REFUSED);
    be_in(right_namespace);
    assert_done(stream_listener_up(&right.set, 0, &told));
    stream_listener_down(&right.set, 0);
    assert_done(stream_listener_up(&right.set, 0, &told)); /* down and up within a turn */
    be_in(left_namespace);
    connect_left(4, frame);
    assert_int_equal(right.stream, STREAM_ACCEPTED + 2); /* numbers are never given twice */
    be_in(right_namespace);
    assert_done(stream_listener_move(&right.set, 0, 0x7f000001, &told));
    be_in(left_namespace);
    assert_int_equal(right.downs, 3);
    stream_open(&left.set, OWNER, 5, at(LEFT, 0), at(RIGHT, PORT), frame);
    turn_until(&left.downs, 5);
    assert_int_equal(left.why, DOWN_REFUSED);
    close_sides();
}

static void who_arrives_by_an_interface_that_is_not_listed_hears_nothing(void **state)
{
    struct arrivals from = {.index = {1}, .count = 1}; /* lo */
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    assert_done(stream_listener_from(&right.set, 0, &from, &told));
    stream_open(&left.set, OWNER, 1, at(LEFT, 0), at(RIGHT, PORT), frame);
    turn_for(200 * MSEC);
    assert_int_equal(left.ups + left.downs, 0);
    be_in(right_namespace);
    from.index[from.count++] = (int)if_nametoindex("right");
    be_in(left_namespace);
    assert_done(stream_listener_from(&right.set, 0, &from, &told));
    turn_until(&left.ups, 1); /* its SYN comes again after a second */
    turn_until(&right.ups, 1);
    assert_int_equal(right.ups, 1);
    from.count = 1; /* the interface is another one now: who is there stays */
    assert_done(stream_listener_from(&right.set, 0, &from, &told));
    stream_write(&left.set, OWNER, 1, (struct bytes){(const uint8_t *)"\2x", 2});
    turn_until(&right.messages, 1);
    assert_int_equal(right.messages, 1);
    from.count = 0;
    assert_done(stream_listener_from(&right.set, 0, &from, &told)); /* none: nobody */
    from.count = ARRIVALS_MOST + 1;
    assert_int_equal(stream_listener_from(&right.set, 0, &from, &told), -EINVAL);
    for (from.count = 0; from.count < ARRIVALS_MOST; from.count++) from.index[from.count] = 1000 + (int)from.count;
    be_in(right_namespace);
    from.index[0] = (int)if_nametoindex("right"); /* over all the others */
    be_in(left_namespace);
    assert_done(stream_listener_from(&right.set, 0, &from, &told));
    connect_left(2, frame);
    assert_done(stream_listener_from(&right.set, 0, NULL, &told));
    connect_left(3, frame);
    close_sides();
}

static void a_receiver_may_close_its_stream_in_the_midst_of_messages(void **state)
{
    static const uint8_t three[] = {1, 1, 1};
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    right.closes = true;
    connect_left(1, frame);
    stream_write(&left.set, OWNER, 1, (struct bytes){three, sizeof three});
    turn_until(&left.downs, 1);
    assert_int_equal(right.messages, 1); /* nothing after its close */
    assert_int_equal(left.why, DOWN_CLOSED);
    close_sides();
}

static void a_number_in_use_is_opened_anew_and_the_older_stream_reset(void **state)
{
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    connect_left(1, frame);
    connect_left(1, frame);
    turn_until(&right.downs, 1);
    assert_int_equal(right.why, DOWN_RESET);
    assert_int_equal(left.downs, 0);
    assert_int_equal(left.set.counts.open, 1);
    close_sides();
}

static void without_descriptors_a_listener_rests_and_resumes(void **state)
{
    struct rlimit before, few;
    int clients[40];
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(RIGHT)};
    for (int i = 0; i < 40; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(clients[i], (struct sockaddr *)&a, sizeof a), 0); /* the kernel's queue takes them */
    }
    getrlimit(RLIMIT_NOFILE, &before);
    few = (struct rlimit){(rlim_t)clients[39] + 11, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
    turn_for(250 * MSEC);
    uint32_t accepted = right.ups;
    uint64_t rests = right.set.counts.rests;
    setrlimit(RLIMIT_NOFILE, &before);
    turn_until(&right.ups, 40);
    assert_true(accepted > 0 && accepted < 40);
    assert_true(rests > 0 && rests < 10); /* it does not spin on EMFILE */
    assert_int_equal(right.ups, 40);
    for (int i = 0; i < 40; i++) close(clients[i]);
    close_sides();
}

static void actions_of_an_engine_do_the_same(void **state)
{
    static const uint8_t message[] = {3, 4, 5};
    struct action open = {.kind = ACTION_OPEN, .stream = 3, .from = at(LEFT, 0), .to = at(RIGHT, PORT)};
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    assert_true(stream_act(&left.set, OWNER, &open, (struct bytes){0}, frame));
    assert_true(stream_act(&left.set, OWNER, &(struct action){.kind = ACTION_WRITE, .stream = 3},
                           (struct bytes){message, sizeof message}, frame));
    assert_false(stream_act(&left.set, OWNER, &(struct action){.kind = ACTION_TELL}, (struct bytes){0}, frame));
    turn_until(&right.messages, 1);
    assert_int_equal(right.messages, 1);
    assert_true(
        stream_act(&left.set, OWNER, &(struct action){.kind = ACTION_CLOSE, .stream = 3}, (struct bytes){0}, frame));
    turn_until(&right.downs, 1);
    assert_int_equal(right.why, DOWN_CLOSED);
    close_sides();
}

static void messages_discarded_before_the_flush_never_leave_and_older_ones_do(void **state)
{
    static const uint8_t first[] = {3, 'o', 'k'}, second[] = {3, 'n', 'o'}, third[] = {2, 'k'};
    (void)state;
    NEEDS_NAMESPACES;
    open_sides(frame);
    connect_left(1, frame);
    stream_write(&left.set, OWNER, 1, (struct bytes){first, sizeof first});
    loop_turn(&loop);
    stream_write(&left.set, OWNER, 1, (struct bytes){second, sizeof second});
    streams_discard(&left.set);
    stream_write(&left.set, OWNER, 1, (struct bytes){third, sizeof third});
    turn_until(&right.messages, 2);
    turn_for(10 * MSEC);
    assert_int_equal(right.messages, 2);
    assert_int_equal(right.bytes, sizeof first + sizeof third);
    close_sides();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_of_a_stream_are_named_when_it_is_up),
        cmocka_unit_test(each_message_arrives_whole_whatever_pieces_tcp_makes),
        cmocka_unit_test(many_streams_echo_many_messages),
        cmocka_unit_test(what_was_written_before_a_close_arrives_first),
        cmocka_unit_test(a_port_without_a_listener_refuses),
        cmocka_unit_test(a_source_address_that_is_not_ours_gives_down_and_no_attempt),
        cmocka_unit_test(a_fixed_port_can_be_used_again_at_once_after_a_close_in_order),
        cmocka_unit_test(what_cannot_be_framed_is_malformed_and_reset),
        cmocka_unit_test(a_message_without_end_is_malformed),
        cmocka_unit_test(a_peer_that_does_not_read_is_slow),
        cmocka_unit_test(loss_of_power_sends_nothing),
        cmocka_unit_test(a_reset_is_seen_as_one),
        cmocka_unit_test(a_listener_that_is_down_refuses_resets_its_connections_and_comes_back),
        cmocka_unit_test(who_arrives_by_an_interface_that_is_not_listed_hears_nothing),
        cmocka_unit_test(a_receiver_may_close_its_stream_in_the_midst_of_messages),
        cmocka_unit_test(a_number_in_use_is_opened_anew_and_the_older_stream_reset),
        cmocka_unit_test(without_descriptors_a_listener_rests_and_resumes),
        cmocka_unit_test(actions_of_an_engine_do_the_same),
        cmocka_unit_test(messages_discarded_before_the_flush_never_leave_and_older_ones_do),
    };
    return cmocka_run_group_tests(tests, two_namespaces, NULL);
}
