#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "sim/cores.h"

enum { USERS = 4 };

struct bench {
    struct cores cores;
    usec now;
    bool has[USERS];
    unsigned changes;
};

static usec now_(void *context)
{
    return ((struct bench *)context)->now;
}

static void has(void *context, uint32_t user)
{
    struct bench *b = context;

    assert_false(b->has[user]);
    b->has[user] = true;
    b->changes++;
}

static void lost(void *context, uint32_t user)
{
    struct bench *b = context;

    assert_true(b->has[user]);
    b->has[user] = false;
    b->changes++;
}

static void begin(struct bench *b, uint32_t cores)
{
    const struct cores_hooks hooks = {b, now_, has, lost};

    *b = (struct bench){0};
    assert_true(cores_open(&b->cores, cores, USERS, &hooks));
}

static void sleeps(struct bench *b, uint32_t user)
{
    b->has[user] = false;
    cores_sleep(&b->cores, user);
}

static void who_had_little_takes_the_core_at_once_when_it_wakes_and_who_had_none_waits_for_a_slice(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, 1);
    cores_wake(&b.cores, 0);
    cores_wake(&b.cores, 1); /* neither has had any */
    assert_true(b.has[0] && !b.has[1]);
    b.now = 699;
    cores_over(&b.cores, 0);
    assert_true(b.has[0]);
    b.now = 700;
    cores_over(&b.cores, 0);
    assert_true(b.has[1] && !b.has[0]);
    b.now = 750;
    sleeps(&b, 1);
    assert_true(b.has[0]);
    b.now = 1000;
    cores_wake(&b.cores, 1);
    assert_true(b.has[1] && !b.has[0]);
    b.now = 1050;
    sleeps(&b, 1);
    assert_true(b.has[0]);
    cores_close(&b.cores);
}

static void those_who_want_it_all_have_it_by_turns_evenly(void **state)
{
    struct bench b;
    usec had[3] = {0};

    (void)state;
    begin(&b, 1);
    for (uint32_t i = 0; i < 3; i++) cores_wake(&b.cores, i);
    for (; b.now < SECOND; b.now += 50) {
        unsigned count = 0;
        for (uint32_t i = 0; i < 3; i++) count += b.has[i];
        assert_int_equal(count, 1);
        for (uint32_t i = 0; i < 3; i++) {
            if (!b.has[i]) continue;
            cores_over(&b.cores, i);
            break;
        }
        for (uint32_t i = 0; i < 3; i++) had[i] += b.has[i] ? 50 : 0;
    }
    for (uint32_t i = 0; i < 3; i++) assert_in_range(had[i], SECOND / 3 - 1000, SECOND / 3 + 1000);
    assert_in_range(b.changes, 1000, 3000); /* by slices, not each time */
    cores_close(&b.cores);
}

static void who_wakes_goes_where_it_was_and_an_idle_core_takes_one_that_waits_at_a_tick(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, 2);
    cores_wake(&b.cores, 0);
    assert_false(cores_idle(&b.cores, 2)); /* of the same core; the other one idles */
    assert_true(cores_idle(&b.cores, 1));
    cores_wake(&b.cores, 2);
    b.now = 3999;
    cores_go(&b.cores);
    assert_true(b.has[0] && !b.has[2]);
    b.now = 4000;
    cores_go(&b.cores);
    assert_true(b.has[0] && b.has[2]);
    b.now = 4100;
    sleeps(&b, 2);
    cores_wake(&b.cores, 2); /* there it is now */
    assert_true(b.has[0] && b.has[2]);
    cores_close(&b.cores);
}

static void two_cores_of_which_one_has_one_more_stay_as_they_are(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, 2);
    for (uint32_t i = 0; i < 3; i++) cores_wake(&b.cores, i);
    for (b.now = 0; b.now < 20 * MSEC; b.now += MSEC) cores_go(&b.cores);
    assert_true(b.has[0] && b.has[1] && !b.has[2]);
    assert_int_equal(b.changes, 2);
    cores_close(&b.cores);
}

static void who_wakes_or_sleeps_twice_changes_nothing(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, 1);
    sleeps(&b, 1);
    cores_over(&b.cores, 1);
    assert_int_equal(b.changes, 0);
    cores_wake(&b.cores, 1);
    cores_wake(&b.cores, 1);
    assert_int_equal(b.changes, 1);
    sleeps(&b, 1);
    sleeps(&b, 1);
    assert_true(cores_idle(&b.cores, 1));
    cores_close(&b.cores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_had_little_takes_the_core_at_once_when_it_wakes_and_who_had_none_waits_for_a_slice),
        cmocka_unit_test(those_who_want_it_all_have_it_by_turns_evenly),
        cmocka_unit_test(who_wakes_goes_where_it_was_and_an_idle_core_takes_one_that_waits_at_a_tick),
        cmocka_unit_test(two_cores_of_which_one_has_one_more_stay_as_they_are),
        cmocka_unit_test(who_wakes_or_sleeps_twice_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
