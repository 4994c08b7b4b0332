/* sim/link.h: a way with latency, loss, doubling and disorder. */
#include "lab.h"
#include "sim/link.h"

enum { MANY = 10000 };

static void a_good_way_takes_its_latency_and_no_way_takes_less_than_the_least(void **state)
{
    struct sim_link l;
    struct sim_trouble none = {0};
    usec out[2];

    (void)state;
    sim_link_init(&l, 50, &none, 1);
    assert_int_equal(sim_link_pass(&l, 1000, out), 1);
    assert_int_equal(out[0], 1050);
    assert_int_equal(sim_link_reliable(&l, 1000, 200 * MSEC), 1050);
    sim_link_init(&l, 0, &none, 1);
    assert_int_equal(sim_link_pass(&l, 1000, out), 1);
    assert_int_equal(out[0], 1000 + SIM_LEAST);
    assert_int_equal(l.dropped, 0);
}

static void frames_are_lost_doubled_and_overtaken_as_often_as_it_says(void **state)
{
    struct sim_link loss, twice, order;
    usec out[2];
    uint32_t lost = 0, doubled = 0, late = 0;

    (void)state;
    sim_link_init(&loss, 50, &(struct sim_trouble){.loss = 1000}, 1);
    sim_link_init(&twice, 50, &(struct sim_trouble){.duplicate = 1000}, 2);
    sim_link_init(&order, 50, &(struct sim_trouble){.reorder = 1000}, 3);
    for (usec i = 0; i < MANY; i++) {
        lost += sim_link_pass(&loss, i, out) == 0;
        unsigned n = sim_link_pass(&twice, i, out);
        doubled += n == 2;
        if (n == 2) assert_int_equal(out[1], i + 100);
        assert_int_equal(sim_link_pass(&order, i, out), 1);
        late += out[0] > i + 50;
        assert_in_range(out[0], i + 50, i + 300);
    }
    assert_in_range(lost, MANY / 10 - 150, MANY / 10 + 150); /* five times the deviation */
    assert_in_range(doubled, MANY / 10 - 150, MANY / 10 + 150);
    assert_in_range(late, MANY / 10 - 150, MANY / 10 + 150);
    assert_int_equal(loss.dropped, lost);
    assert_int_equal(loss.passed, MANY - lost);
}

static void what_tcp_sends_is_never_lost_only_later_by_200_400_800_ms(void **state)
{
    struct sim_link l, worst;
    uint32_t at_once = 0, once = 0, more = 0;

    (void)state;
    sim_link_init(&l, 50, &(struct sim_trouble){.loss = 2000}, 1);
    for (uint32_t i = 0; i < MANY; i++) {
        usec late = sim_link_reliable(&l, 0, 200 * MSEC) - 50;
        if (late == 0)
            at_once++;
        else if (late == 200 * MSEC)
            once++;
        else
            more++;
        assert_true(late == 0 || late == 200 * MSEC || late == 600 * MSEC || late == 1400 * MSEC ||
                    late >= 3000 * MSEC);
    }
    assert_in_range(at_once, 7800, 8200);
    assert_in_range(once, 1400, 1800);
    assert_in_range(more, 300, 500);
    assert_int_equal(l.passed, MANY);
    sim_link_init(&worst, 50, &(struct sim_trouble){.loss = 10000}, 1); /* even so it comes: 8 times too late */
    assert_int_equal(sim_link_reliable(&worst, 0, 200 * MSEC), 50 + 200 * 255 * MSEC);
}

static void the_same_seed_gives_the_same_fate(void **state)
{
    struct sim_link a, b, c;
    struct sim_trouble half = {.loss = 5000};
    usec out[2];
    uint32_t different = 0;

    (void)state;
    sim_link_init(&a, 50, &half, 1);
    sim_link_init(&b, 50, &half, 1);
    sim_link_init(&c, 50, &half, 2);
    for (usec i = 0; i < 200; i++) {
        unsigned n = sim_link_pass(&a, i, out);
        assert_int_equal(sim_link_pass(&b, i, out), n);
        different += sim_link_pass(&c, i, out) != n;
    }
    assert_true(different > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_way_takes_its_latency_and_no_way_takes_less_than_the_least),
        cmocka_unit_test(frames_are_lost_doubled_and_overtaken_as_often_as_it_says),
        cmocka_unit_test(what_tcp_sends_is_never_lost_only_later_by_200_400_800_ms),
        cmocka_unit_test(the_same_seed_gives_the_same_fate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
