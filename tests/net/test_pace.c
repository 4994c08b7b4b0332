/* net/pace.h: answers that became ready all at once leave no faster than a reader with the buffer of one socket takes
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "net/pace.h"

/* Sends what may leave of `waiting` at `now`; how many that was. */
static size_t leaves(struct pace *p, usec now, size_t waiting)
{
    size_t n = pace_room(p, now, waiting);

    pace_sent(p, n);
    return n;
}

static void without_a_rate_all_leaves(void **state)
{
    struct pace p = {.rate = 0};

    (void)state;
    assert_int_equal(leaves(&p, 0, 5000), 5000);
    assert_int_equal(leaves(&p, 0, 5000), 5000);
}

static void a_few_after_a_rest_leave_at_once_and_then_so_many_a_millisecond(void **state)
{
    struct pace p = {.rate = 24};
    usec now = 10 * SECOND;

    (void)state;
    assert_int_equal(leaves(&p, now, 10), 10);
    assert_int_equal(leaves(&p, now, 300), PACE_AT_ONCE - 10);
    assert_int_equal(leaves(&p, now, 300), 0);
    assert_int_equal(leaves(&p, now + 1 * MSEC, 300), 24);
    assert_int_equal(leaves(&p, now + 1 * MSEC, 300), 0);
    assert_int_equal(leaves(&p, now + 3 * MSEC, 300), 48);
}

static void looking_often_gives_neither_more_nor_less_than_the_rate(void **state)
{
    struct pace p = {.rate = 24};
    usec now = 10 * SECOND;
    size_t sent = 0;

    (void)state;
    (void)leaves(&p, now, 1000);
    for (usec passed = 1; passed <= 100 * MSEC; passed += 7) sent += leaves(&p, now + passed, 1000);
    assert_in_range(sent, 2399, 2400);
}

static void a_late_look_makes_up_for_a_millisecond_and_no_more(void **state)
{
    struct pace p = {.rate = 24};
    usec now = 10 * SECOND;

    (void)state;
    (void)leaves(&p, now, 64);
    assert_int_equal(leaves(&p, now + 50 * MSEC, 1000), PACE_AT_ONCE);
    (void)leaves(&p, now + 50 * MSEC, 1000);
    p.rate = 100;
    assert_int_equal(leaves(&p, now + 100 * MSEC, 1000), 200);
}

/* 20,000 clients a second: the rate that is asked for is none that is refused. */
static void what_waits_grows_the_rate_so_that_no_number_of_clients_is_too_many(void **state)
{
    struct pace p = {.rate = 24};
    usec now = 10 * SECOND;
    size_t waiting = 0, most = 0;

    (void)state;
    for (int i = 0; i < 5000; i++) {
        waiting += 40;
        now += 1 * MSEC;
        waiting -= leaves(&p, now, waiting);
        if (waiting > most) most = waiting;
    }
    assert_in_range(most, 1, 41 * PACE_SHARE);
}

static void a_clock_that_goes_back_gives_nothing_and_breaks_nothing(void **state)
{
    struct pace p = {.rate = 24};

    (void)state;
    (void)leaves(&p, 10 * SECOND, 64);
    assert_int_equal(leaves(&p, 9 * SECOND, 64), 0);
    assert_int_equal(leaves(&p, 10 * SECOND + 1 * MSEC, 64), 24);
    pace_sent(&p, 1000); /* more than there was room for */
    assert_int_equal(leaves(&p, 10 * SECOND + 1 * MSEC, 64), 0);
    assert_int_equal(leaves(&p, ~(usec)0, 1000), PACE_AT_ONCE); /* a rest of ages */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_rate_all_leaves),
        cmocka_unit_test(a_few_after_a_rest_leave_at_once_and_then_so_many_a_millisecond),
        cmocka_unit_test(looking_often_gives_neither_more_nor_less_than_the_rate),
        cmocka_unit_test(a_late_look_makes_up_for_a_millisecond_and_no_more),
        cmocka_unit_test(what_waits_grows_the_rate_so_that_no_number_of_clients_is_too_many),
        cmocka_unit_test(a_clock_that_goes_back_gives_nothing_and_breaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
