/* net/layout.h: which process has which switches, and when it says that they do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "net/layout.h"

static struct plan plan_with(uint32_t phones)
{
    struct plan p = {.phones = phones, .per_switch = 250, .callmanagers = 2};

    return p;
}

/* Every switch is in one fleet, all in order, and layout_fleet_of agrees. */
static void check_whole(const struct layout *l)
{
    uint32_t next = 0;

    for (uint32_t i = 0; i < l->fleets; i++) {
        uint32_t first, switches;
        layout_fleet(l, i, &first, &switches);
        assert_int_equal(first, next);
        assert_true(switches > 0);
        for (uint32_t k = first; k < first + switches; k++) assert_int_equal(layout_fleet_of(l, k), i);
        next += switches;
    }
    assert_int_equal(next, l->switches);
}

static struct layout laid(uint32_t phones, uint64_t files, uint32_t cores)
{
    struct plan p = plan_with(phones);
    struct layout l;
    char why[LAYOUT_WHY] = "";

    assert_true(layout_of(&l, &p, files, cores, why));
    check_whole(&l);
    return l;
}

static void one_switch_is_one_fleet_however_many_cores_there_are(void **state)
{
    (void)state;
    assert_int_equal(laid(250, 20000, 1).fleets, 1);
    assert_int_equal(laid(250, 20000, 64).fleets, 1);
    assert_false(laid(250, 20000, 64).fronts);
}

static void several_switches_go_over_as_many_fleets_as_there_are_cores(void **state)
{
    (void)state;
    assert_int_equal(laid(1000, 20000, 1).fleets, 1);
    assert_int_equal(laid(1000, 20000, 2).fleets, 2);
    assert_int_equal(laid(1000, 20000, 64).fleets, 4); /* a switch is never split */
    assert_int_equal(laid(751, 20000, 3).fleets, 3);
}

static void where_files_are_few_there_are_more_fleets_than_cores(void **state)
{
    (void)state;
    assert_int_equal(laid(10000, 20000, 1).fleets, 2);
    assert_int_equal(laid(17500, 20000, 2).fleets, 3); /* 70 switches: 24 fit one process (751 files each, and 64) */
    assert_int_equal(laid(600, 1100, 2).fleets, 3);
}

static void callmanagers_have_fronts_where_the_servers_would_have_too_many_streams(void **state)
{
    (void)state;
    assert_false(laid(9000, 20000, 2).fronts); /* 2 streams of each, a tenth more, and 64 */
    assert_true(laid(10000, 20000, 2).fronts);
    assert_false(laid(10000, 30000, 2).fronts);
}

static void what_does_not_fit_is_refused_with_both_numbers(void **state)
{
    (void)state;
    struct plan p = plan_with(1000);
    struct layout l;
    char why[LAYOUT_WHY] = "";

    assert_false(layout_of(&l, &p, 500, 2, why)); /* a switch alone needs 815 */
    assert_non_null(strstr(why, "1000 phones need 815 open files a process"));
    assert_non_null(strstr(why, "allows 500"));
    p = plan_with(30000);
    assert_false(layout_of(&l, &p, 20000, 2, why)); /* one CallManager has a stream of each phone */
    assert_non_null(strstr(why, "need 33064 open files"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_switch_is_one_fleet_however_many_cores_there_are),
        cmocka_unit_test(several_switches_go_over_as_many_fleets_as_there_are_cores),
        cmocka_unit_test(where_files_are_few_there_are_more_fleets_than_cores),
        cmocka_unit_test(callmanagers_have_fronts_where_the_servers_would_have_too_many_streams),
        cmocka_unit_test(what_does_not_fit_is_refused_with_both_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
