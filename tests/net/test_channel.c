/* net/channel.h: messages between two loops over a socket pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "net/channel.h"

enum { LARGE = 65536, MANY = 20000 };

struct end {
    struct loop loop;
    struct channel channel;
    uint32_t heard, ends;
    struct channel_message last;
    uint8_t bytes[LARGE];
    uint32_t wrong; /* messages out of order */
};

static void hear(void *context, const struct channel_message *m)
{
    struct end *e = context;

    if (!m) {
        e->ends++;
        return;
    }
    assert_true(m->bytes.len <= sizeof e->bytes);
    e->last = *m;
    if (m->bytes.len) memcpy(e->bytes, m->bytes.at, m->bytes.len);
    if (m->stream != e->heard) e->wrong++;
    e->heard++;
}

static struct end *front, *servers;

static int begin(void **state)
{
    int pair[2];
    struct loop_config config = {.parties_most = 1};
    (void)state;

    front = calloc(1, sizeof *front);
    servers = calloc(1, sizeof *servers);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(loop_init(&front->loop, &config), 0);
    assert_int_equal(loop_init(&servers->loop, &config), 0);
    assert_int_equal(channel_open(&front->channel, &front->loop, pair[0], true, hear, front, NULL), 0);
    assert_int_equal(channel_open(&servers->channel, &servers->loop, pair[1], false, hear, servers, NULL), 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    loop_close(&front->loop);
    loop_close(&servers->loop);
    channel_free(&front->channel);
    channel_free(&servers->channel);
    free(front);
    free(servers);
    return 0;
}

static void turn(int times)
{
    for (int i = 0; i < times; i++) {
        loop_turn(&front->loop);
        loop_turn(&servers->loop);
    }
}

static void a_message_comes_with_all_that_it_had(void **state)
{
    (void)state;
    struct channel_message m = {.kind = EVENT_UP,
                                .why = 3,
                                .news = 7,
                                .from = {IPV4(10, 0, 1, 5), 49152, {{2, 0, 0, 0, 0, 1}}},
                                .to = {IPV4(172, 31, 255, 1), 2000, {{2, 0, 0, 0, 0, 2}}},
                                .bytes = bytes_of("register")};

    channel_put(&front->channel, &m);
    turn(4);
    assert_int_equal(servers->heard, 1);
    assert_int_equal(servers->last.kind, EVENT_UP);
    assert_int_equal(servers->last.why, 3);
    assert_int_equal(servers->last.news, 7);
    assert_memory_equal(&servers->last.from, &m.from, sizeof m.from);
    assert_memory_equal(&servers->last.to, &m.to, sizeof m.to);
    assert_int_equal(servers->last.bytes.len, 8);
    assert_memory_equal(servers->bytes, "register", 8);
}

static void many_of_every_size_come_whole_and_in_order(void **state)
{
    (void)state;
    static uint8_t bytes[LARGE];

    for (uint32_t i = 0; i < MANY; i++) { /* servers to front: more than a socket holds while nobody reads */
        struct channel_message m = {.stream = i, .bytes = {bytes, i % 500 == 0 ? LARGE : i % 97}};
        memset(bytes, (int)i & 255, m.bytes.len);
        channel_put(&servers->channel, &m);
    }
    turn(400);
    assert_int_equal(front->heard, MANY);
    assert_int_equal(front->wrong, 0);
    assert_int_equal(front->last.bytes.len, (MANY - 1) % 97);
    if (front->last.bytes.len) assert_int_equal(front->bytes[0], (MANY - 1) & 255);
}

static void when_the_other_end_is_gone_it_is_told_once_and_what_is_put_then_is_dropped(void **state)
{
    (void)state;
    shutdown(front->channel.fd, SHUT_RDWR);
    turn(3);
    assert_int_equal(servers->ends, 1);
    channel_put(&servers->channel, &(struct channel_message){.bytes = bytes_of("late")});
    turn(3);
    assert_int_equal(servers->ends, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_message_comes_with_all_that_it_had, begin, end),
        cmocka_unit_test_setup_teardown(many_of_every_size_come_whole_and_in_order, begin, end),
        cmocka_unit_test_setup_teardown(when_the_other_end_is_gone_it_is_told_once_and_what_is_put_then_is_dropped,
                                        begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
