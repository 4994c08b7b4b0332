#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "net/meter.h"

static void burn(uint64_t nanoseconds)
{
    uint64_t from = meter_clock();

    while (meter_clock() - from < nanoseconds) continue;
}

static void what_passed_belongs_to_what_the_thread_was_at(void **state)
{
    struct meter m = {0};

    (void)state;
    meter_start(&m, SERVICE_FLEET_TURN);
    burn(2000000);
    assert_int_equal(meter_at(&m, SERVICE_UPLINK), SERVICE_FLEET_TURN);
    burn(4000000);
    assert_int_equal(meter_at(&m, SERVICE_FLEET_TURN), SERVICE_UPLINK);
    uint64_t uplink = m.times.of[SERVICE_UPLINK].nanoseconds;
    assert_true(uplink >= 3900000); /* processor time: it cannot be less, however busy the machine is */
    burn(1000000);
    meter_stop(&m);
    assert_int_equal(m.times.of[SERVICE_UPLINK].nanoseconds, uplink);
    assert_true(m.times.of[SERVICE_FLEET_TURN].nanoseconds >= 2900000);
    meter_count(&m, SERVICE_UPLINK, 3);
    assert_int_equal(m.times.of[SERVICE_UPLINK].count, 3);
}

static void without_a_meter_nothing_is_measured(void **state)
{
    (void)state;
    assert_int_equal(meter_at(NULL, SERVICE_UPLINK), 0);
    meter_count(NULL, SERVICE_UPLINK, 1);
    meter_stop(NULL);
}

static void what_commits_take_is_a_constant_and_so_much_for_each_record(void **state)
{
    static const uint64_t records[] = {1, 2, 5, 10, 40};
    struct regression r = {0};
    struct service_time commit, record;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(records); i++) regression_add(&r, records[i], 50000 + 2000 * records[i]);
    regression_ends(&r, &commit, &record);
    assert_int_equal(commit.count, 5);
    assert_int_equal(record.count, 58);
    assert_in_range(commit.nanoseconds / 5, 49990, 50010);
    assert_in_range(record.nanoseconds / 58, 1999, 2001);
    assert_int_equal(commit.nanoseconds + record.nanoseconds, 5 * 50000 + 58 * 2000);
}

static void where_commits_tell_no_slope_all_is_the_commits_and_nothing_is_below_zero(void **state)
{
    struct regression none = {0}, alike = {0}, falling = {0}, through = {0};
    struct service_time commit, record;

    (void)state;
    regression_ends(&none, &commit, &record);
    assert_int_equal(commit.count + record.count + commit.nanoseconds + record.nanoseconds, 0);
    regression_add(&alike, 1, 1000);
    regression_add(&alike, 1, 3000);
    regression_ends(&alike, &commit, &record);
    assert_int_equal(commit.nanoseconds, 4000);
    assert_int_equal(record.nanoseconds, 0);
    regression_add(&falling, 1, 9000);
    regression_add(&falling, 9, 1000);
    regression_ends(&falling, &commit, &record);
    assert_int_equal(commit.nanoseconds, 10000);
    assert_int_equal(record.nanoseconds, 0);
    regression_add(&through, 1, 100); /* a line that meets the axis below 0 */
    regression_add(&through, 10, 10000);
    regression_ends(&through, &commit, &record);
    assert_int_equal(commit.nanoseconds, 0);
    assert_int_equal(record.nanoseconds, 10100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_passed_belongs_to_what_the_thread_was_at),
        cmocka_unit_test(without_a_meter_nothing_is_measured),
        cmocka_unit_test(what_commits_take_is_a_constant_and_so_much_for_each_record),
        cmocka_unit_test(where_commits_tell_no_slope_all_is_the_commits_and_nothing_is_below_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
