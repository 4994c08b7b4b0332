#include "phone/world.h"

static struct power p;
static struct line said;

static struct line heard(int32_t millivolts, enum pulse_width pulse, uint16_t word)
{
    struct line l = LINE_IDLE;

    l.millivolts = millivolts;
    l.pulse = pulse;
    l.word = word;
    return l;
}

/* What our end does when the far end does this. */
static struct line answer(int32_t millivolts, enum pulse_width pulse, uint16_t word)
{
    struct line l = heard(millivolts, pulse, word), now;

    (void)power_hear(&p, &l);
    if (power_say(&p, &now)) said = now;
    assert_true(line_equal(&said, &now));
    return now;
}

static void plug(const char *model, bool wall)
{
    power_init(&p, model_find(bytes_of(model)), wall);
    said = LINE_IDLE;
}

static void the_closed_relay_of_an_unpowered_phone_returns_wide_pulses_and_no_narrow_ones(void **state)
{
    (void)state;
    plug("7960", false);
    struct line l = answer(0, PULSE_WIDE, 0xabcd);
    assert_true(l.pulse == PULSE_WIDE && l.word == 0xabcd);
    l = answer(0, PULSE_NARROW, 0xabcd);
    assert_true(l.pulse == PULSE_NONE && l.word == 0);
    assert_int_equal(answer(0, PULSE_WIDE, 0x1234).word, 0x1234);
    assert_int_equal(answer(-48000, PULSE_WIDE, 0x1234).pulse, PULSE_NONE); /* power opens the relay */
}

static void a_model_without_the_prestandard_way_returns_no_pulses(void **state)
{
    (void)state;
    plug("8851", false);
    assert_int_equal(answer(0, PULSE_WIDE, 0xabcd).pulse, PULSE_NONE);
}

static void a_7960_shows_no_ieee_signature_and_a_7941_shows_25_kilohms_beside_80_nanofarads(void **state)
{
    (void)state;
    plug("7960", false);
    assert_int_equal(answer(-5000, PULSE_NONE, 0).ohms, UINT32_MAX);
    plug("7941", false);
    struct line l = answer(-5000, PULSE_NONE, 0);
    assert_int_equal(l.ohms, 25000);
    assert_int_equal(l.nanofarads, 80);
    assert_int_equal(l.microamperes, 200);
    assert_int_equal(answer(-8000, PULSE_NONE, 0).microamperes, 320); /* two points tell the resistance */
}

/* IEEE 802.3af, table 33-10: class 2 draws 17 to 20 mA, class 3 26 to 30 mA, between 15.5 and 20.5 V. */
static void between_15_5_and_20_5_volts_it_draws_the_current_of_its_class(void **state)
{
    (void)state;
    plug("7941", false);
    assert_in_range(answer(-18000, PULSE_NONE, 0).microamperes, 17000, 20000);
    assert_in_range(answer(-15500, PULSE_NONE, 0).microamperes, 17000, 20000);
    assert_true(answer(-15499, PULSE_NONE, 0).microamperes < 1000);
    assert_true(answer(-20501, PULSE_NONE, 0).microamperes < 1000);
    plug("7970", false);
    assert_in_range(answer(-18000, PULSE_NONE, 0).microamperes, 26000, 30000);
}

static void it_turns_on_at_42_volts_and_off_under_30(void **state)
{
    (void)state;
    struct line l = heard(-41999, PULSE_NONE, 0);
    plug("7960", false);
    assert_false(power_hear(&p, &l));
    l.millivolts = -42000;
    assert_true(power_hear(&p, &l));
    assert_int_equal(p.state, POWER_INRUSH);
    p.state = POWER_ON;
    l.millivolts = -30000;
    assert_false(power_hear(&p, &l));
    l.millivolts = -29999;
    assert_true(power_hear(&p, &l));
    assert_int_equal(p.state, POWER_OFF);
}

static void the_bridge_rectifier_takes_either_polarity_and_any_value(void **state)
{
    (void)state;
    struct line l = heard(48000, PULSE_NONE, 0);
    plug("7960", false);
    assert_true(power_hear(&p, &l));
    plug("7941", false);
    (void)answer(INT32_MIN, PULSE_WIDE, 1);
    assert_int_equal(p.state, POWER_INRUSH);
    (void)answer(INT32_MAX, PULSE_NARROW, 1);
    (void)answer(1, PULSE_NARROW, 1);
    assert_int_equal(p.state, POWER_OFF);
}

static void a_wall_powered_phone_is_not_to_be_detected(void **state)
{
    (void)state;
    plug("7941", true);
    struct line l = answer(-5000, PULSE_WIDE, 0xabcd);
    assert_true(line_equal(&l, &LINE_IDLE));
    l = answer(-18000, PULSE_NONE, 0);
    assert_int_equal(l.microamperes, 0);
    assert_int_equal(p.state, POWER_INRUSH); /* it has power of its own */
    l = answer(0, PULSE_NONE, 0);
    assert_int_equal(p.state, POWER_INRUSH);
}

static void its_draw_follows_volts_and_need(void **state)
{
    (void)state;
    plug("7970", false);
    struct line l = answer(-48000, PULSE_NONE, 0), n;
    assert_int_equal(p.milliwatts, 6300);
    assert_int_equal(l.microamperes, 131250);
    p.milliwatts = 10250;
    assert_true(power_say(&p, &n));
    assert_int_equal(n.microamperes, 213541);
    assert_false(power_say(&p, &n)); /* said once */
    power_low(&p, model_find(bytes_of("7970")));
    assert_int_equal(p.milliwatts, 6300);
}

static void carrier_needs_power_and_both_ends(void **state)
{
    (void)state;
    struct line l = heard(-48000, PULSE_NONE, 0), n;
    plug("7960", false);
    l.carrier = true;
    (void)power_hear(&p, &l);
    p.carrier = true;
    assert_false(power_carrier(&p)); /* inrush: no software yet */
    p.state = POWER_ON;
    assert_true(power_carrier(&p));
    (void)power_say(&p, &n);
    assert_true(n.carrier && n.speed == SPEED_100 && n.full_duplex);
    l.carrier = false;
    (void)power_hear(&p, &l);
    assert_false(power_carrier(&p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_closed_relay_of_an_unpowered_phone_returns_wide_pulses_and_no_narrow_ones),
        cmocka_unit_test(a_model_without_the_prestandard_way_returns_no_pulses),
        cmocka_unit_test(a_7960_shows_no_ieee_signature_and_a_7941_shows_25_kilohms_beside_80_nanofarads),
        cmocka_unit_test(between_15_5_and_20_5_volts_it_draws_the_current_of_its_class),
        cmocka_unit_test(it_turns_on_at_42_volts_and_off_under_30),
        cmocka_unit_test(the_bridge_rectifier_takes_either_polarity_and_any_value),
        cmocka_unit_test(a_wall_powered_phone_is_not_to_be_detected),
        cmocka_unit_test(its_draw_follows_volts_and_need),
        cmocka_unit_test(carrier_needs_power_and_both_ends),
    };

    return cmocka_run_group_tests_name("phone/power", tests, NULL, NULL);
}
