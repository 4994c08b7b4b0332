#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "net/loop.h"

/* A fake engine: what it is told to do on its next events. */
struct fake {
    unsigned heard, woken;
    uint8_t last[64];
    size_t last_len;
    unsigned answers; /* frames to put at each event */
    size_t size;      /* of each */
    usec due;         /* what a step returns */
    unsigned at_once; /* wakes that it asks for at once, with something put */
    bool spins;
    usec woken_at;
};

struct world {
    struct loop loop;
    struct fake fakes[4];
    uint32_t target[4]; /* where a frame of each party goes */
    uint64_t handled, left_to_do;
    unsigned deepest, depth;
    unsigned troubles[3];
    uint32_t troubled;
    char order[64];
    unsigned found, flushes;
    unsigned stored;
};

static usec fake_step(void *engine, usec now, const struct event *event, struct outbox *out)
{
    struct fake *f = engine;
    f->heard++;
    if (event->kind == EVENT_WAKE) {
        f->woken++;
        f->woken_at = now;
    }
    f->last_len = event->bytes.len < sizeof f->last ? event->bytes.len : sizeof f->last;
    if (f->last_len) memcpy(f->last, event->bytes.at, f->last_len);
    if (event->kind == EVENT_WAKE && f->spins) return now;
    if (event->kind == EVENT_WAKE && f->at_once > 0) {
        f->at_once--;
        write_text(put(out, (struct action){.kind = ACTION_STORE}), "once");
        return f->at_once > 0 ? now : NEVER;
    }
    for (unsigned i = 0; i < f->answers; i++) {
        struct writer *w = put(out, (struct action){.kind = ACTION_FRAME, .stream = f->heard});
        if (f->size)
            write_zeros(w, f->size);
        else
            write_decimal(w, f->heard);
    }
    return f->due > now ? f->due : NEVER;
}

static void act(void *context, uint32_t party, const struct action *action, struct bytes bytes)
{
    struct world *w = context;
    w->depth++;
    if (w->depth > w->deepest) w->deepest = w->depth;
    w->handled++;
    if (action->kind == ACTION_STORE) w->stored += bytes_are(bytes, "once");
    if (action->kind == ACTION_FRAME && w->left_to_do > 0) {
        w->left_to_do--;
        loop_deliver(&w->loop, w->target[party], &(struct event){.kind = EVENT_FRAME, .bytes = bytes});
    } else if (w->left_to_do == 0) {
        loop_stop(&w->loop);
    }
    w->depth--;
}

static void on_trouble(void *context, uint32_t party, enum loop_trouble what)
{
    struct world *w = context;
    w->troubles[what]++;
    w->troubled = party;
}

static void begin(struct world *w, uint32_t actions, size_t bytes)
{
    memset(w, 0, sizeof *w);
    struct loop_config config = {
        .parties_most = 4, .outbox_actions = actions, .outbox_bytes = bytes, .trouble = on_trouble, .context = w};
    assert_int_equal(loop_init(&w->loop, &config), 0);
    for (uint32_t i = 0; i < 4; i++) {
        w->fakes[i].due = NEVER;
        w->target[i] = i ^ 1;
        assert_int_equal(loop_add(&w->loop, &(struct party){fake_step, &w->fakes[i], act, w}, NEVER), i);
    }
    assert_int_equal(loop_add(&w->loop, &(struct party){fake_step, NULL, act, w}, NEVER), UINT32_MAX);
}

static void a_ping_pong_of_a_million_events_never_recurses_and_lets_the_sockets_be_polled(void **state)
{
    struct world w;
    (void)state;
    begin(&w, 0, 0);
    w.fakes[0].answers = w.fakes[1].answers = 1;
    w.left_to_do = 1000000;
    loop_deliver(&w.loop, 0, &(struct event){.kind = EVENT_FRAME, .bytes = bytes_of("serve")});
    loop_run(&w.loop);
    assert_int_equal(w.fakes[0].heard + w.fakes[1].heard, 1000001);
    assert_int_equal(w.deepest, 1);
    assert_true(w.loop.counts.turns >= 1000000 / LOOP_TURN);
    assert_true(w.loop.counts.queue_most < 4096); /* one event at a time: the queue stays small */
    loop_close(&w.loop);
}

static void events_are_taken_in_the_order_they_were_given_with_bytes_of_their_own(void **state)
{
    struct world w;
    uint8_t bytes[3000];
    (void)state;
    begin(&w, 0, 0);
    /* Party 0 puts 300 frames of 3,000 bytes in one step: the queue must grow, and wrap, while party 1 hears them
     * all. */
    w.fakes[0].answers = 300;
    w.fakes[0].size = sizeof bytes;
    w.left_to_do = 900;
    for (int i = 0; i < 3; i++) loop_deliver(&w.loop, 0, &(struct event){.kind = EVENT_FRAME});
    while (w.loop.queue.used > 0) loop_turn(&w.loop);
    assert_int_equal(w.fakes[1].heard, 900);
    assert_int_equal(w.loop.counts.dropped, 0);
    loop_close(&w.loop);
}

static void the_queue_keeps_order_and_content_when_it_wraps_and_grows(void **state)
{
    struct event_queue q = {0};
    uint32_t in = 0, out = 0, party;
    struct event event;
    uint8_t bytes[5000];
    (void)state;
    srand(1);
    while (out < 20000) {
        bool more = in < 20000 && (rand() % 100 < (in < 10000 ? 60 : 45) || in == out);
        if (more) {
            size_t len = (size_t)(rand() % 100 == 0 ? rand() % 5000 : rand() % 200);
            memset(bytes, (int)(in & 255), len);
            assert_true(queue_put(&q, in++, &(struct event){.stream = (uint32_t)len, .bytes = {bytes, len}}));
            continue;
        }
        assert_true(queue_first(&q, &party, &event));
        assert_int_equal(party, out);
        assert_int_equal(event.bytes.len, event.stream);
        for (size_t i = 0; i < event.bytes.len; i++) assert_int_equal(event.bytes.at[i], out & 255);
        queue_drop(&q);
        out++;
    }
    assert_false(queue_first(&q, &party, &event));
    assert_int_equal(q.used, 0);
    queue_free(&q);
}

static void an_engine_that_is_due_at_once_is_woken_again_after_its_actions_were_handled(void **state)
{
    struct world w;
    (void)state;
    begin(&w, 0, 0);
    w.fakes[2].at_once = 5;
    w.left_to_do = 1; /* so that the handler does not stop the loop */
    loop_wake(&w.loop, 2, 0);
    loop_turn(&w.loop);
    assert_int_equal(w.fakes[2].woken, 5);
    assert_int_equal(w.stored, 5); /* the payload of each STORE came to the handler */
    assert_int_equal(w.loop.counts.spins, 0);
    loop_close(&w.loop);
}

static void an_engine_that_spins_is_counted_and_starves_nobody(void **state)
{
    struct world w;
    (void)state;
    begin(&w, 0, 0);
    w.fakes[2].spins = true;
    w.left_to_do = 1;
    loop_wake(&w.loop, 2, 0);
    loop_deliver(&w.loop, 3, &(struct event){.kind = EVENT_FRAME});
    for (int i = 0; i < 50; i++) loop_turn(&w.loop);
    assert_int_equal(w.fakes[3].heard, 1);
    assert_true(w.troubles[LOOP_SPIN] >= 1);
    assert_int_equal(w.troubled, 2);
    assert_true(w.fakes[2].woken < 50); /* a millisecond passes before it is woken again */
    loop_close(&w.loop);
}

/* How late one wake is, that was due after `wait`. It must not be early. */
static usec late(usec wait)
{
    struct world w;
    begin(&w, 0, 0);
    w.fakes[1].answers = 1; /* then the handler stops the loop, as nothing is left to do */
    usec due = loop_now(&w.loop) + wait;
    loop_wake(&w.loop, 1, due);
    loop_run(&w.loop);
    assert_int_equal(w.fakes[1].woken, 1);
    assert_true(w.fakes[1].woken_at >= due);
    loop_close(&w.loop);
    return w.fakes[1].woken_at - due;
}

/* What other programs do makes any wake late, but hardly all of them: a timer of whole milliseconds would. */
static bool some_are_late_by_less_than(usec most, usec wait, unsigned tries)
{
    for (unsigned i = 0; i < tries; i++)
        if (late(wait) < most) return true;
    return false;
}

static void a_wake_is_never_early_and_late_by_what_the_machine_takes_to_wake_it(void **state)
{
    (void)state;
    for (usec wait = 700; wait < 30 * MSEC; wait += 3700) assert_true(some_are_late_by_less_than(300, wait, 50));
}

static void a_pause_shorter_than_a_millisecond_is_shorter_than_a_millisecond(void **state)
{
    (void)state;
    assert_true(some_are_late_by_less_than(400, 100, 200));
}

static void a_ping_pong_does_not_starve_a_wake(void **state)
{
    struct world w;
    (void)state;
    begin(&w, 0, 0);
    w.fakes[0].answers = w.fakes[1].answers = 1;
    w.left_to_do = 200000;
    loop_wake(&w.loop, 2, loop_now(&w.loop) + 2 * MSEC);
    loop_deliver(&w.loop, 0, &(struct event){.kind = EVENT_FRAME});
    while (w.left_to_do > 0 && w.fakes[2].woken == 0) loop_turn(&w.loop);
    assert_int_equal(w.fakes[2].woken, 1);
    assert_true(w.left_to_do > 0);
    loop_close(&w.loop);
}

static void more_actions_than_the_outbox_holds_are_reported_and_only_whole_ones_handled(void **state)
{
    struct world w;
    (void)state;
    begin(&w, 8, 1 << 20);
    w.fakes[3].answers = 10;
    w.left_to_do = 100;
    loop_deliver(&w.loop, 3, &(struct event){.kind = EVENT_FRAME});
    assert_int_equal(w.loop.counts.overflows, 1);
    assert_int_equal(w.troubles[LOOP_OVERFLOW], 1);
    assert_int_equal(w.troubled, 3);
    assert_int_equal(w.handled, 7); /* of the 8th nobody knows whether it is whole */
    loop_close(&w.loop);
}

static void a_payload_that_did_not_fit_is_never_handled(void **state)
{
    struct world w;
    (void)state;
    begin(&w, 8, 1000);
    w.fakes[3].answers = 4;
    w.fakes[3].size = 300; /* the fourth does not fit */
    w.left_to_do = 100;
    loop_deliver(&w.loop, 3, &(struct event){.kind = EVENT_FRAME});
    assert_int_equal(w.loop.counts.overflows, 1);
    assert_int_equal(w.handled, 2);
    loop_close(&w.loop);
}

static void note(struct world *w, char c)
{
    size_t len = strlen(w->order);
    if (len < sizeof w->order - 1) w->order[len] = c;
}

static void flush_a(void *w)
{
    note(w, 'a');
}

static void flush_b(void *w)
{
    note(w, 'b');
}

static void flushers_run_at_the_end_of_each_turn_in_their_order(void **state)
{
    struct world w;
    (void)state;
    begin(&w, 0, 0);
    assert_int_equal(loop_on_flush(&w.loop, flush_a, &w), 0);
    assert_int_equal(loop_on_flush(&w.loop, flush_b, &w), 0);
    loop_turn(&w.loop);
    loop_turn(&w.loop);
    assert_string_equal(w.order, "abab");
    loop_no_flush(&w.loop, &w);
    loop_turn(&w.loop);
    assert_string_equal(w.order, "abab");
    loop_close(&w.loop);
}

static enum looked look_in_vain(void *w, int wait_ms)
{
    assert_int_equal(wait_ms, 0); /* loop_turn waits for nothing */
    note(w, 'l');
    return LOOK_NOTHING;
}

static enum looked look_and_find(void *context, int wait_ms)
{
    struct world *w = context;

    (void)wait_ms;
    note(w, 'l');
    w->found++;
    loop_deliver(&w->loop, 2, &(struct event){.kind = EVENT_FRAME});
    return LOOK_DELIVERED;
}

/* All that it set off has left by itself; at the third time an engine asks to be woken sooner. */
static enum looked look_and_settle(void *context, int wait_ms)
{
    struct world *w = context;

    (void)look_and_find(context, wait_ms);
    if (w->found == 3) loop_wake(&w->loop, 3, loop_now(&w->loop) + 5 * MSEC);
    return LOOK_SETTLED;
}

static void who_looks_is_asked_after_the_flush_and_what_it_finds_is_flushed_before_the_poll(void **state)
{
    struct world w;
    (void)state;
    begin(&w, 0, 0);
    assert_int_equal(loop_on_flush(&w.loop, flush_a, &w), 0);
    loop_turn(&w.loop); /* the first looks for work put before it */
    w.order[0] = '\0';
    assert_int_equal(loop_on_look(&w.loop, look_in_vain, &w), 0);
    assert_int_equal(loop_on_look(&w.loop, look_and_find, &w), -EBUSY);
    loop_turn(&w.loop);
    loop_turn(&w.loop);
    assert_string_equal(w.order, "alal");
    loop_no_flush(&w.loop, &w);
    loop_turn(&w.loop);
    assert_string_equal(w.order, "alal");
    loop_close(&w.loop);
}

static void count_flush(void *context)
{
    struct world *w = context;
    w->flushes++;
}

static void a_look_that_always_finds_something_does_not_keep_the_loop_from_its_poll_nor_from_its_wakes(void **state)
{
    struct world w;
    (void)state;
    begin(&w, 0, 0);
    loop_turn(&w.loop);
    assert_int_equal(loop_on_flush(&w.loop, count_flush, &w), 0);
    assert_int_equal(loop_on_look(&w.loop, look_and_find, &w), 0);
    loop_turn(&w.loop);
    assert_in_range(w.found, 1, LOOP_LOOKS); /* fewer when 2 ms are over */
    assert_int_equal(w.flushes, w.found + 1);
    assert_int_equal(w.fakes[2].heard, w.found);
    usec due = loop_now(&w.loop) + 20 * MSEC;
    loop_wake(&w.loop, 3, due);
    while (w.fakes[3].woken == 0 && loop_now(&w.loop) < due + SECOND) loop_turn(&w.loop);
    assert_int_equal(w.fakes[3].woken, 1);
    assert_true(w.fakes[3].woken_at >= due);
    loop_close(&w.loop);
}

static void readers_are_told_to_wait_while_events_are_left_from_a_cut_turn(void **state)
{
    struct world w;
    (void)state;
    begin(&w, 0, 0);
    w.fakes[0].answers = w.fakes[1].answers = 1;
    w.left_to_do = 10000;
    assert_false(loop_busy(&w.loop));
    loop_deliver(&w.loop, 0, &(struct event){.kind = EVENT_FRAME});
    assert_true(loop_busy(&w.loop));
    assert_int_equal(w.loop.counts.steps, LOOP_TURN);
    unsigned heard = w.fakes[2].heard;
    loop_deliver(&w.loop, 2, &(struct event){.kind = EVENT_FRAME}); /* behind the others */
    assert_int_equal(w.fakes[2].heard, heard);
    while (loop_busy(&w.loop)) loop_turn(&w.loop);
    assert_int_equal(w.fakes[2].heard, heard + 1);
    assert_int_equal(w.left_to_do, 0);
    loop_close(&w.loop);
}

static void what_is_settled_is_not_flushed_again_and_a_wake_that_it_asked_for_comes_in_time(void **state)
{
    struct world w;
    (void)state;
    begin(&w, 0, 0);
    loop_turn(&w.loop);
    assert_int_equal(loop_on_flush(&w.loop, count_flush, &w), 0);
    assert_int_equal(loop_on_look(&w.loop, look_and_settle, &w), 0);
    usec begun = loop_now(&w.loop);
    while (w.found < 3) loop_turn(&w.loop);
    assert_true(w.flushes < w.found); /* each turn once, and for the new wake */
    while (w.fakes[3].woken == 0 && loop_now(&w.loop) < begun + SECOND) loop_turn(&w.loop);
    assert_int_equal(w.fakes[3].woken, 1);
    assert_true(w.fakes[3].woken_at >= begun + 5 * MSEC);
    assert_true(w.flushes < w.found);
    loop_close(&w.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ping_pong_of_a_million_events_never_recurses_and_lets_the_sockets_be_polled),
        cmocka_unit_test(events_are_taken_in_the_order_they_were_given_with_bytes_of_their_own),
        cmocka_unit_test(the_queue_keeps_order_and_content_when_it_wraps_and_grows),
        cmocka_unit_test(an_engine_that_is_due_at_once_is_woken_again_after_its_actions_were_handled),
        cmocka_unit_test(an_engine_that_spins_is_counted_and_starves_nobody),
        cmocka_unit_test(a_wake_is_never_early_and_late_by_what_the_machine_takes_to_wake_it),
        cmocka_unit_test(a_pause_shorter_than_a_millisecond_is_shorter_than_a_millisecond),
        cmocka_unit_test(a_ping_pong_does_not_starve_a_wake),
        cmocka_unit_test(more_actions_than_the_outbox_holds_are_reported_and_only_whole_ones_handled),
        cmocka_unit_test(a_payload_that_did_not_fit_is_never_handled),
        cmocka_unit_test(flushers_run_at_the_end_of_each_turn_in_their_order),
        cmocka_unit_test(who_looks_is_asked_after_the_flush_and_what_it_finds_is_flushed_before_the_poll),
        cmocka_unit_test(a_look_that_always_finds_something_does_not_keep_the_loop_from_its_poll_nor_from_its_wakes),
        cmocka_unit_test(what_is_settled_is_not_flushed_again_and_a_wake_that_it_asked_for_comes_in_time),
        cmocka_unit_test(readers_are_told_to_wait_while_events_are_left_from_a_cut_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
