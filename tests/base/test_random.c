#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/random.h"

/* The first outputs of splitmix64 for seed 1234567, as its author's reference program gives them. */
static void it_is_splitmix64(void **state)
{
    static const uint64_t expected[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                        4593380528125082431u, 16408922859458223821u};
    struct random r = random_from(1234567);

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) assert_true(random_u64(&r) == expected[i]);
}

static void the_same_seed_gives_the_same_run_and_another_does_not(void **state)
{
    struct random a = random_from(1), b = random_from(1), c = random_from(2);
    unsigned same = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        uint32_t of_a = random_u32(&a);
        assert_int_equal(of_a, random_u32(&b));
        same += of_a == random_u32(&c);
    }
    assert_true(same < 3);
}

static void below_n_gives_each_value_about_as_often_and_none_beyond(void **state)
{
    unsigned seen[10] = {0};
    struct random r = random_from(3);

    (void)state;
    for (int i = 0; i < 100000; i++) {
        uint32_t v = random_below(&r, 10);
        assert_true(v < 10);
        seen[v]++;
    }
    for (size_t i = 0; i < 10; i++) assert_in_range(seen[i], 9500, 10500); /* five standard deviations */
    for (int i = 0; i < 100; i++) assert_int_equal(random_below(&r, 1), 0);
    assert_int_equal(random_below(&r, 0), 0);
    for (int i = 0; i < 100; i++) assert_true(random_below(&r, UINT32_MAX) < UINT32_MAX);
}

static void about_a_time_stays_inside_its_spread_and_reaches_both_ends(void **state)
{
    struct random r = random_from(4);
    usec least = NEVER, most = 0;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        usec t = random_about(&r, 100, 10);
        least = earlier(least, t);
        most = t > most ? t : most;
    }
    assert_true(least == 90 && most == 110);
    for (int i = 0; i < 1000; i++) assert_true(random_about(&r, 5, 20) <= 25); /* never below 0 */
    assert_true(random_about(&r, 4 * SECOND, 0) == 4 * SECOND);
    assert_true(random_about(&r, 0, 0) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_splitmix64),
        cmocka_unit_test(the_same_seed_gives_the_same_run_and_another_does_not),
        cmocka_unit_test(below_n_gives_each_value_about_as_often_and_none_beyond),
        cmocka_unit_test(about_a_time_stays_inside_its_spread_and_reaches_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
