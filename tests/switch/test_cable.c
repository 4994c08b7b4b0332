#include "bench.h"

static const struct line PULSING = {
    .pulse = PULSE_NARROW, .word = 0x1234, .ohms = UINT32_MAX, .carrier = true, .speed = SPEED_100};
static const struct line PHONE = {.pulse = PULSE_WIDE, .word = 7, .ohms = 25000, .nanofarads = 80, .microamperes = 160};
static const struct line POWERING = {.millivolts = -48000, .ohms = UINT32_MAX};

static void a_straight_cable_passes_all_that_the_far_end_does_both_ways(void **state)
{
    (void)state;
    struct line a = cable_pass(CABLE_STRAIGHT, &PULSING, &PHONE), b = cable_pass(CABLE_STRAIGHT, &PHONE, &PULSING);
    assert_true(line_equal(&a, &PHONE));
    assert_true(line_equal(&b, &PULSING));
    assert_int_equal(cable_frames(CABLE_STRAIGHT), CABLE_TO_FAR);
}

static void an_open_cable_passes_nothing(void **state)
{
    (void)state;
    struct line l = cable_pass(CABLE_OPEN, &PULSING, &PHONE);
    assert_true(line_equal(&l, &LINE_IDLE));
    assert_int_equal(cable_frames(CABLE_OPEN), CABLE_NOWHERE);
}

static void a_loop_back_plug_returns_narrow_pulses_too_and_shorts_direct_current(void **state)
{
    (void)state;
    struct line l = cable_pass(CABLE_LOOPBACK, &PULSING, &PHONE);
    assert_int_equal(l.pulse, PULSE_NARROW);
    assert_int_equal(l.word, 0x1234);
    assert_true(l.carrier);
    assert_int_equal(l.ohms, 0);
    assert_int_equal(cable_frames(CABLE_LOOPBACK), CABLE_BACK);
}

static void a_short_draws_the_limit_of_each_voltage(void **state)
{
    (void)state;
    struct line detecting = {.millivolts = -8000}, classifying = {.millivolts = -18000};
    assert_int_equal(cable_pass(CABLE_SHORT, &detecting, &PHONE).microamperes, 5000);
    assert_int_equal(cable_pass(CABLE_SHORT, &classifying, &PHONE).microamperes, 100000);
    assert_int_equal(cable_pass(CABLE_SHORT, &POWERING, &PHONE).microamperes, 450000);
    assert_int_equal(cable_pass(CABLE_SHORT, &LINE_IDLE, &PHONE).microamperes, 0);
    assert_int_equal(cable_pass(CABLE_SHORT, &POWERING, &PHONE).ohms, 0);
}

static void a_computer_has_carrier_and_terminations_but_no_signature(void **state)
{
    (void)state;
    struct line l = cable_pass(CABLE_PC, &LINE_IDLE, &LINE_IDLE);
    assert_true(l.carrier && l.ohms < 15000);
    assert_int_equal(l.pulse, PULSE_NONE);
}

static void another_switch_sends_words_of_its_own_until_it_sees_our_carrier(void **state)
{
    (void)state;
    struct line l = cable_pass(CABLE_SWITCH, &POWERING, &LINE_IDLE);
    assert_int_equal(l.pulse, PULSE_WIDE);
    assert_false(l.carrier);
    l = cable_pass(CABLE_SWITCH, &PULSING, &LINE_IDLE);
    assert_int_equal(l.pulse, PULSE_NONE);
    assert_true(l.carrier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_straight_cable_passes_all_that_the_far_end_does_both_ways),
        cmocka_unit_test(an_open_cable_passes_nothing),
        cmocka_unit_test(a_loop_back_plug_returns_narrow_pulses_too_and_shorts_direct_current),
        cmocka_unit_test(a_short_draws_the_limit_of_each_voltage),
        cmocka_unit_test(a_computer_has_carrier_and_terminations_but_no_signature),
        cmocka_unit_test(another_switch_sends_words_of_its_own_until_it_sees_our_carrier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
