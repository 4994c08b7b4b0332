/* net/durable.h: what is promised leaves only after its commit. The store here commits when the test says so, or on a
 * thread of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "net/durable.h"

enum { LEFT = 3 * DURABLE_ACTIONS, TOLD = 64, PARTIES = 2 };

struct bench {
    struct loop loop;
    struct durable durable;
    uint32_t party[PARTIES];
    uint32_t commits, stores;   /* begun; STOREs in the last one */
    const struct outbox *batch; /* the last one that was handed over */
    bool refuse, at_once, threaded, fail, reacts;
    pthread_t thread[8];
    uint32_t threads;
    uint32_t left[LEFT]; /* the `stream` of each action that left, in order */
    uint32_t left_party[LEFT], count;
    enum action_kind kind; /* of the last one */
    char bytes[64];        /* its payload */
    struct {
        uint32_t party;
        char bytes[16];
    } unstored[TOLD];
    uint32_t unstoreds;
};

static struct bench *the_bench; /* for the step of a party */

static usec step(void *engine, usec now, const struct event *e, struct outbox *out)
{
    struct bench *b = the_bench;

    (void)now;
    (void)out;
    if (e->kind != EVENT_UNSTORED) return NEVER;
    assert_true(b->unstoreds < TOLD && e->bytes.len < sizeof b->unstored[0].bytes);
    b->unstored[b->unstoreds].party = *(uint32_t *)engine;
    memcpy(b->unstored[b->unstoreds++].bytes, e->bytes.at, e->bytes.len);
    return NEVER;
}

static void never(void *context, uint32_t party, const struct action *a, struct bytes bytes)
{
    (void)context;
    (void)party;
    (void)a;
    (void)bytes;
}

static void *commits_slowly(void *context)
{
    struct bench *b = context;

    usleep(20000);
    durable_committed(&b->durable, !b->fail);
    return NULL;
}

static bool commit(void *context, const struct outbox *batch)
{
    struct bench *b = context;

    b->commits++;
    b->batch = batch;
    b->stores = 0;
    for (uint32_t i = 0; i < batch->count; i++) b->stores += batch->actions[i].kind == ACTION_STORE;
    if (b->refuse) return false;
    if (b->at_once) durable_committed(&b->durable, true);
    if (b->threaded) {
        assert_true(b->threads < 8);
        assert_int_equal(pthread_create(&b->thread[b->threads++], NULL, commits_slowly, b), 0);
    }
    return true;
}

static void apply(void *context, uint32_t party, const struct action *a, struct bytes bytes)
{
    struct bench *b = context;

    assert_true(a->kind != ACTION_STORE);
    assert_true(b->count < LEFT);
    b->left_party[b->count] = party;
    b->left[b->count++] = a->stream;
    b->kind = a->kind;
    memset(b->bytes, 0, sizeof b->bytes);
    memcpy(b->bytes, bytes.at, bytes.len < 63 ? bytes.len : 63);
    if (b->reacts &&
        a->stream == 100) { /* a stream that broke: its engine hears of it at once, and promises something */
        durable_act(&b->durable, 0, &(struct action){.kind = ACTION_STORE}, bytes_of("late"));
        durable_act(&b->durable, 0, &(struct action){.kind = ACTION_DATAGRAM, .stream = 101}, bytes_of(""));
    }
}

static struct bench *begin(void)
{
    struct bench *b = calloc(1, sizeof *b);
    struct net_error why;

    the_bench = b;
    assert_int_equal(loop_init(&b->loop, &(struct loop_config){.parties_most = PARTIES}), 0);
    for (uint32_t i = 0; i < PARTIES; i++) {
        b->party[i] = i;
        assert_int_equal(loop_add(&b->loop, &(struct party){step, &b->party[i], never, NULL}, NEVER), i);
    }
    assert_int_equal(durable_init(&b->durable, &b->loop, commit, apply, b, &why), 0);
    return b;
}

static void end(struct bench *b)
{
    for (uint32_t i = 0; i < b->threads; i++) (void)pthread_join(b->thread[i], NULL);
    durable_close(&b->durable);
    loop_close(&b->loop);
    free(b);
}

static void acts(struct bench *b, uint32_t party, enum action_kind kind, uint32_t number, const char *bytes)
{
    durable_act(&b->durable, party, &(struct action){.kind = kind, .stream = number, .engine = party}, bytes_of(bytes));
}

static void turns(struct bench *b, int n)
{
    while (n-- > 0) loop_turn(&b->loop);
}

/* Until a next commit may have begun. */
static void later(struct bench *b)
{
    usleep(2 * STORE_SPACING);
    turns(b, 3);
}

static void left(const struct bench *b, uint32_t count, const uint32_t *numbers)
{
    assert_int_equal(b->count, count);
    for (uint32_t i = 0; i < count; i++) assert_int_equal(b->left[i], numbers[i]);
}

static void what_promises_nothing_leaves_at_the_end_of_the_turn_without_a_commit(void **state)
{
    struct bench *b = begin();

    (void)state;
    acts(b, 1, ACTION_DATAGRAM, 1, "one");
    acts(b, 0, ACTION_WRITE, 2, "two");
    assert_int_equal(b->count, 0);
    turns(b, 2);
    left(b, 2, (uint32_t[]){1, 2});
    assert_int_equal(b->left_party[0], 1);
    assert_int_equal(b->left_party[1], 0);
    assert_int_equal(b->kind, ACTION_WRITE);
    assert_string_equal(b->bytes, "two");
    assert_int_equal(b->commits, 0);
    end(b);
}

static void nothing_leaves_before_its_commit_and_then_all_in_order(void **state)
{
    struct bench *b = begin();

    (void)state;
    acts(b, 0, ACTION_DATAGRAM, 1, "before the store: it waits too, or order would be lost");
    acts(b, 0, ACTION_STORE, 0, "lease");
    acts(b, 0, ACTION_DATAGRAM, 2, "ack");
    acts(b, 1, ACTION_WRITE, 3, "register ack");
    turns(b, 5);
    assert_int_equal(b->commits, 1);
    assert_int_equal(b->stores, 1);
    assert_int_equal(b->count, 0);
    durable_committed(&b->durable, true);
    turns(b, 2);
    left(b, 3, (uint32_t[]){1, 2, 3});
    assert_int_equal(b->unstoreds, 0);
    assert_int_equal(b->durable.commits, 1);
    end(b);
}

static void what_comes_during_a_commit_waits_for_the_next_one_and_keeps_its_order(void **state)
{
    struct bench *b = begin();

    (void)state;
    acts(b, 0, ACTION_STORE, 0, "first");
    acts(b, 0, ACTION_DATAGRAM, 1, "");
    turns(b, 2);
    acts(b, 0, ACTION_STORE, 0, "second");
    acts(b, 0, ACTION_STORE, 0, "third");
    acts(b, 0, ACTION_DATAGRAM, 2, "");
    turns(b, 3);
    later(b);
    assert_int_equal(b->commits, 1); /* one at a time */
    assert_int_equal(b->count, 0);
    durable_committed(&b->durable, true);
    later(b);
    left(b, 1, (uint32_t[]){1});
    assert_int_equal(b->commits, 2); /* both of them in one */
    assert_int_equal(b->stores, 2);
    durable_committed(&b->durable, true);
    turns(b, 3);
    left(b, 2, (uint32_t[]){1, 2});
    end(b);
}

/* Half a thousand stores with a store that takes no time: were there no pause, each would have a commit of its own. */
static void commits_begin_a_millisecond_apart_at_the_least_and_share_what_came_meanwhile(void **state)
{
    enum { STORES = 500 };
    struct bench *b = begin();
    usec begun = monotonic_now();

    (void)state;
    b->at_once = true;
    for (uint32_t i = 0; i < STORES; i++) {
        acts(b, 0, ACTION_STORE, 0, "x");
        acts(b, 0, ACTION_DATAGRAM, i, "");
        turns(b, 1);
    }
    assert_in_range(b->commits, 1, 1 + (monotonic_now() - begun) / STORE_SPACING);
    while (b->count < STORES) (void)uv_run(&b->loop.uv, UV_RUN_ONCE); /* nothing but its own timer wakes the loop */
    for (uint32_t i = 0; i < STORES; i++) assert_int_equal(b->left[i], i);
    assert_in_range(b->commits, 2, STORES - 1);
    end(b);
}

static void what_goes_ahead_waits_for_no_commit(void **state)
{
    struct bench *b = begin();

    (void)state;
    acts(b, 0, ACTION_STORE, 0, "lease");
    acts(b, 0, ACTION_DATAGRAM, 1, "its ack");
    turns(b, 2);
    durable_act(&b->durable, 1, &(struct action){.kind = ACTION_DATAGRAM, .stream = 2, .engine = 1, .ahead = true},
                bytes_of("an offer"));
    left(b, 1, (uint32_t[]){2});
    assert_int_equal(b->left_party[0], 1);
    assert_string_equal(b->bytes, "an offer");
    durable_committed(&b->durable, false); /* and it does not come back with those that failed */
    turns(b, 3);
    left(b, 1, (uint32_t[]){2});
    end(b);
}

static void what_is_not_said_to_go_ahead_does_not_overtake_a_commit_under_way(void **state)
{
    struct bench *b = begin();

    (void)state;
    acts(b, 0, ACTION_STORE, 0, "first");
    acts(b, 0, ACTION_DATAGRAM, 1, "");
    turns(b, 2);
    acts(b, 0, ACTION_DATAGRAM, 2, "");
    turns(b, 3);
    assert_int_equal(b->count, 0);
    durable_committed(&b->durable, true);
    turns(b, 3);
    left(b, 2, (uint32_t[]){1, 2});
    assert_int_equal(b->commits, 1);
    end(b);
}

static void a_commit_that_fails_drops_exactly_its_batch_and_each_store_comes_back_to_who_stored_it(void **state)
{
    struct bench *b = begin();

    (void)state;
    acts(b, 0, ACTION_STORE, 0, "lease a");
    acts(b, 0, ACTION_DATAGRAM, 1, "");
    acts(b, 1, ACTION_STORE, 0, "device b");
    acts(b, 1, ACTION_STORE, 0, "device c");
    acts(b, 1, ACTION_WRITE, 2, "");
    turns(b, 2);
    acts(b, 0, ACTION_STORE, 0, "lease d"); /* of the next batch */
    acts(b, 0, ACTION_DATAGRAM, 3, "");
    durable_committed(&b->durable, false);
    turns(b, 3);
    later(b);
    assert_int_equal(b->count, 0);
    assert_int_equal(b->unstoreds, 3);
    assert_int_equal(b->unstored[0].party, 0);
    assert_string_equal(b->unstored[0].bytes, "lease a");
    assert_int_equal(b->unstored[1].party, 1);
    assert_string_equal(b->unstored[1].bytes, "device b");
    assert_string_equal(b->unstored[2].bytes, "device c");
    durable_committed(&b->durable, true);
    turns(b, 3);
    left(b, 1, (uint32_t[]){3});
    assert_int_equal(b->unstoreds, 3);
    assert_int_equal(b->durable.failures, 1);
    assert_int_equal(b->durable.commits, 2);
    end(b);
}

static void a_store_that_cannot_take_a_batch_has_failed(void **state)
{
    struct bench *b = begin();

    (void)state;
    b->refuse = true;
    acts(b, 1, ACTION_STORE, 0, "x");
    acts(b, 1, ACTION_DATAGRAM, 1, "");
    turns(b, 3);
    assert_int_equal(b->count, 0);
    assert_int_equal(b->unstoreds, 1);
    b->refuse = false;
    acts(b, 1, ACTION_STORE, 0, "x"); /* and later it can */
    acts(b, 1, ACTION_DATAGRAM, 2, "");
    later(b);
    durable_committed(&b->durable, true);
    turns(b, 3);
    left(b, 1, (uint32_t[]){2});
    end(b);
}

static void what_is_promised_while_others_leave_waits_for_a_commit_of_its_own(void **state)
{
    (void)state;
    for (int stored = 0; stored < 2; stored++) {
        struct bench *b = begin();
        b->reacts = true;
        if (stored) acts(b, 0, ACTION_STORE, 0, "early");
        acts(b, 0, ACTION_WRITE, 100, "");
        acts(b, 0, ACTION_WRITE, 102, "");
        turns(b, 2);
        if (stored) durable_committed(&b->durable, true);
        later(b);
        left(b, 2, (uint32_t[]){100, 102});
        assert_int_equal(b->commits, 1 + stored);
        durable_committed(&b->durable, true);
        turns(b, 3);
        left(b, 3, (uint32_t[]){100, 102, 101});
        end(b);
    }
}

static void a_commit_is_answered_from_another_thread(void **state)
{
    struct bench *b = begin();

    (void)state;
    b->threaded = true;
    acts(b, 0, ACTION_STORE, 0, "x");
    acts(b, 0, ACTION_DATAGRAM, 1, "");
    turns(b, 1);
    assert_int_equal(b->commits, 1);
    assert_int_equal(b->count, 0);
    for (int i = 0; i < 2000 && b->count == 0; i++) {
        turns(b, 1);
        usleep(1000);
    }
    left(b, 1, (uint32_t[]){1});
    end(b);
}

/* More than both halves hold, with a store that takes its time: durable_act waits, and nothing is lost or out of
 * order. */
static void when_half_full_it_waits_for_the_commit_and_drops_nothing(void **state)
{
    enum { MANY = 2 * DURABLE_ACTIONS };
    struct bench *b = begin();

    (void)state;
    b->threaded = true;
    for (uint32_t i = 0; i < MANY; i++) {
        if (i % 1024 == 0) acts(b, 0, ACTION_STORE, 0, "x");
        acts(b, 0, ACTION_DATAGRAM, i, "abc");
    }
    assert_true(b->commits >= 3);
    assert_true(b->count > 0); /* the first ones have left while it waited */
    assert_true(b->count < MANY);
    durable_settle(&b->durable);
    assert_int_equal(b->count, MANY);
    for (uint32_t i = 0; i < MANY; i++) assert_int_equal(b->left[i], i);
    assert_false(b->durable.box[0].bytes.full || b->durable.box[1].bytes.full);
    end(b);
}

static void large_payloads_fill_a_half_too(void **state)
{
    enum { LARGE = 1 << 20, MANY = 20 };
    struct bench *b = begin();
    char *large = calloc(1, LARGE + 1);

    (void)state;
    b->threaded = true;
    memset(large, 'x', LARGE);
    acts(b, 0, ACTION_STORE, 0, "x");
    for (uint32_t i = 0; i < MANY; i++) acts(b, 0, ACTION_WRITE, i, large);
    durable_settle(&b->durable);
    assert_int_equal(b->count, MANY);
    for (uint32_t i = 0; i < MANY; i++) assert_int_equal(b->left[i], i);
    assert_false(b->durable.box[0].bytes.full || b->durable.box[1].bytes.full);
    free(large);
    end(b);
}

static void before_the_end_all_of_it_leaves(void **state)
{
    struct bench *b = begin();

    (void)state;
    b->threaded = true;
    acts(b, 0, ACTION_STORE, 0, "x");
    acts(b, 0, ACTION_DATAGRAM, 1, "");
    turns(b, 1);
    acts(b, 0, ACTION_STORE, 0, "y");
    acts(b, 0, ACTION_DATAGRAM, 2, "");
    durable_settle(&b->durable);
    left(b, 2, (uint32_t[]){1, 2});
    assert_int_equal(b->commits, 2);
    end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_promises_nothing_leaves_at_the_end_of_the_turn_without_a_commit),
        cmocka_unit_test(nothing_leaves_before_its_commit_and_then_all_in_order),
        cmocka_unit_test(what_comes_during_a_commit_waits_for_the_next_one_and_keeps_its_order),
        cmocka_unit_test(commits_begin_a_millisecond_apart_at_the_least_and_share_what_came_meanwhile),
        cmocka_unit_test(what_goes_ahead_waits_for_no_commit),
        cmocka_unit_test(what_is_not_said_to_go_ahead_does_not_overtake_a_commit_under_way),
        cmocka_unit_test(a_commit_that_fails_drops_exactly_its_batch_and_each_store_comes_back_to_who_stored_it),
        cmocka_unit_test(a_store_that_cannot_take_a_batch_has_failed),
        cmocka_unit_test(what_is_promised_while_others_leave_waits_for_a_commit_of_its_own),
        cmocka_unit_test(a_commit_is_answered_from_another_thread),
        cmocka_unit_test(when_half_full_it_waits_for_the_commit_and_drops_nothing),
        cmocka_unit_test(large_payloads_fill_a_half_too),
        cmocka_unit_test(before_the_end_all_of_it_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
