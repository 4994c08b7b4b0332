#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/random.h"
#include "base/timers.h"

enum { N = 37 };

struct world {
    struct timers timers;
    struct timer heap[N + 1];
    uint32_t place[N + 1];
    usec due[N]; /* the naive model: NEVER is not set */
};

static void begin(struct world *w, uint32_t n)
{
    for (uint32_t i = 0; i <= N; i++) { /* behind n nothing may be touched: assert_heap */
        w->heap[i] = (struct timer){42, 42};
        w->place[i] = UINT32_MAX;
    }
    timers_init(&w->timers, w->heap, w->place, n);
    for (uint32_t i = 0; i < N; i++) w->due[i] = NEVER;
}

static void set(struct world *w, uint32_t who, usec due)
{
    timers_set(&w->timers, who, due);
    w->due[who] = due;
}

/* The earliest by looking at all; ties go by number. N when none is set. */
static uint32_t naive_first(const struct world *w)
{
    uint32_t first = N;

    for (uint32_t i = 0; i < N; i++)
        if (w->due[i] != NEVER && (first == N || w->due[i] < w->due[first])) first = i;
    return first;
}

static void assert_same(const struct world *w)
{
    uint32_t first = naive_first(w), count = 0;

    for (uint32_t i = 0; i < N; i++) count += w->due[i] != NEVER;
    assert_int_equal(w->timers.count, count);
    if (timers_next(&w->timers) != (first == N ? NEVER : w->due[first])) fail();
    if (first != N) assert_int_equal(timers_first(&w->timers), first);
}

/* What the heap promises inside: each knows its place, and no child is before its parent. */
static void assert_heap(const struct world *w)
{
    for (uint32_t i = 0; i < w->timers.count; i++) {
        struct timer t = w->heap[i], parent = w->heap[i ? (i - 1) / TIMERS_WAYS : 0];
        assert_int_equal(w->place[t.who], i);
        assert_true(t.due == w->due[t.who]);
        assert_true(parent.due < t.due || (parent.due == t.due && parent.who <= t.who));
    }
    for (uint32_t i = 0; i < N; i++) assert_int_equal(w->place[i] == UINT32_MAX, w->due[i] == NEVER);
    assert_true(w->heap[N].due == 42 && w->heap[N].who == 42 && w->place[N] == UINT32_MAX);
}

static void an_empty_heap_is_never_due(void **state)
{
    struct world w;

    (void)state;
    begin(&w, N);
    assert_true(timers_next(&w.timers) == NEVER);
    set(&w, 3, NEVER); /* taking out what is not in changes nothing */
    assert_same(&w);
}

static void ties_go_by_number_in_whatever_order_they_were_set(void **state)
{
    struct world w;

    (void)state;
    begin(&w, N);
    for (uint32_t i = 0; i < N; i++) set(&w, i * 11 % N, 5 * SECOND);
    for (uint32_t i = 0; i < N; i++) {
        assert_int_equal(timers_first(&w.timers), i);
        set(&w, i, NEVER);
    }
    assert_true(timers_next(&w.timers) == NEVER);
}

static void a_timer_moves_both_ways_and_is_in_the_heap_once(void **state)
{
    struct world w;

    (void)state;
    begin(&w, N);
    set(&w, 1, 10);
    set(&w, 2, 20);
    set(&w, 3, 30);
    set(&w, 1, 40);
    assert_int_equal(timers_first(&w.timers), 2);
    set(&w, 3, 0);
    assert_int_equal(timers_first(&w.timers), 3);
    set(&w, 3, NEVER - 1); /* the last moment there is, still a moment */
    assert_int_equal(w.timers.count, 3);
    assert_same(&w);
    assert_heap(&w);
}

static void random_operations_leave_what_looking_at_all_would_find(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random r = random_from(seed);
        struct world w;
        begin(&w, N);
        for (unsigned step = 0; step < 3000; step++) {
            uint32_t who = random_below(&r, N), kind = random_below(&r, 8);
            if (kind == 0)
                set(&w, who, NEVER);
            else if (kind == 1 && w.timers.count) /* as a driver does: the first is called and asks again */
                set(&w, timers_first(&w.timers), timers_next(&w.timers) + random_below(&r, 5));
            else
                set(&w, who, random_below(&r, kind < 5 ? 10 : 1000000)); /* few moments make many ties */
            assert_same(&w);
            assert_heap(&w);
        }
        for (usec last = 0; w.timers.count; set(&w, timers_first(&w.timers), NEVER)) {
            assert_same(&w);
            assert_true(timers_next(&w.timers) >= last);
            last = timers_next(&w.timers);
        }
        assert_same(&w);
    }
}

static void one_engine_alone_is_a_heap_too(void **state)
{
    struct world w;

    (void)state;
    begin(&w, 1);
    set(&w, 0, 7);
    set(&w, 0, 3);
    assert_true(timers_next(&w.timers) == 3);
    set(&w, 0, NEVER);
    assert_same(&w);
    assert_heap(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_heap_is_never_due),
        cmocka_unit_test(ties_go_by_number_in_whatever_order_they_were_set),
        cmocka_unit_test(a_timer_moves_both_ways_and_is_in_the_heap_once),
        cmocka_unit_test(random_operations_leave_what_looking_at_all_would_find),
        cmocka_unit_test(one_engine_alone_is_a_heap_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
