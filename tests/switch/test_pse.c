#include "bench.h"

/* Real timing; port 1 is looked at. Each far end is on a straight cable unless it says otherwise. */

static struct bench *with(uint32_t ports, struct far f)
{
    struct bench *b = bench_new(ports);

    bench_init(b);
    bench_plug(b, 1, f);
    return b;
}

static void an_unpowered_pre_standard_phone_gets_minus_48_volts(void **state)
{
    (void)state;
    struct bench *b = with(1, a_phone());
    bench_run(b, 4 * SECOND);
    assert_true(powered(b, 1));
    struct bytes detected = facts_of(last_news(b, 1, SWITCH_DETECTED)),
                 granted = facts_of(last_news(b, 1, SWITCH_POWER_GRANTED));
    assert_true(bytes_are(told_text(detected, FACT_DETECTED), "cisco"));
    assert_int_equal(told_number(granted, FACT_WATTS, 0), 15400);
    assert_int_equal(told_number(granted, FACT_VOLTS, 0), 48);
    assert_int_equal(b->sw.ports[1].pse.state, PSE_POWERED);
    assert_int_equal(heard_news(b, 1, SWITCH_LINK_UP), 1);
    assert_int_equal(switch_budget_used(&b->sw, 0), 15400);
    bench_free(b);
}

static void an_ieee_phone_is_given_power_by_its_class(void **state)
{
    (void)state;
    static const uint32_t allocated[] = {15400, 4000, 7000, 15400, 15400};
    for (uint8_t class = 0; class <= 4; class ++) {
        struct bench *b = with(1, an_ieee_phone(class));
        b->far[1].microamperes = 60000; /* 2.9 W: within each class */
        bench_run(b, 4 * SECOND);
        assert_true(powered(b, 1));
        struct bytes granted = facts_of(last_news(b, 1, SWITCH_POWER_GRANTED));
        assert_true(bytes_are(told_text(granted, FACT_DETECTED), "ieee"));
        assert_int_equal(told_number(granted, FACT_CLASS, 99), class);
        assert_int_equal(told_number(granted, FACT_WATTS, 0), allocated[class]);
        bench_free(b);
    }
}

static void a_phone_of_both_ways_comes_up_by_the_first_that_answers(void **state)
{
    (void)state;
    struct far f = an_ieee_phone(2);
    f.prestandard = true;
    struct bench *b = with(1, f);
    bench_run(b, 4 * SECOND);
    assert_true(powered(b, 1));
    assert_int_equal(heard_news(b, 1, SWITCH_DETECTED), 1);
    bench_free(b);
}

static void assert_never_powered(struct far f)
{
    struct bench *b = with(1, f);

    for (usec t = 0; t < 60 * SECOND; t += 10 * MSEC) {
        bench_run(b, t);
        assert_false(powered(b, 1));
    }
    assert_int_equal(heard_news(b, 1, SWITCH_DETECTED), 0);
    assert_int_equal(switch_budget_used(&b->sw, 0), 0);
    bench_free(b);
}

static void a_computer_gets_no_power(void **state)
{
    (void)state;
    assert_never_powered((struct far){.mode = CABLE_PC});
}

static void another_switch_gets_no_power(void **state)
{
    (void)state;
    assert_never_powered((struct far){.mode = CABLE_SWITCH});
}

static void a_loop_back_plug_gets_no_power(void **state)
{
    (void)state;
    assert_never_powered((struct far){.mode = CABLE_LOOPBACK});
}

static void open_and_shorted_cables_get_no_power(void **state)
{
    (void)state;
    assert_never_powered((struct far){.mode = CABLE_OPEN});
    assert_never_powered((struct far){.mode = CABLE_SHORT});
    struct far phone_behind_an_open_cable = a_phone();
    phone_behind_an_open_cable.mode = CABLE_OPEN;
    assert_never_powered(phone_behind_an_open_cable);
}

static void a_wall_powered_phone_gets_no_power(void **state)
{
    (void)state;
    assert_never_powered(a_host());
}

static void signatures_outside_19_to_26_5_kilohm_or_of_150_nanofarad_get_no_power(void **state)
{
    (void)state;
    static const struct {
        uint32_t ohms, nanofarads;
        bool good;
    } load[] = {
        {18999, 80, false}, {19000, 80, true},  {26500, 149, true},    {26501, 80, false}, {25000, 150, false},
        {15000, 80, false}, {33000, 80, false}, {25000, 10000, false}, {0, 0, false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(load); i++) {
        struct far f = an_ieee_phone(2);
        f.ohms = load[i].ohms;
        f.nanofarads = load[i].nanofarads;
        if (!load[i].good) {
            assert_never_powered(f);
            continue;
        }
        struct bench *b = with(1, f);
        bench_run(b, 4 * SECOND);
        assert_true(powered(b, 1));
        bench_free(b);
    }
}

/* Its own engine in the test's hand: what is said to it, and what it answers. */
struct hand {
    struct pse pse;
    struct pse_budget budget;
    struct outbox out;
    struct action actions[64];
    uint8_t bytes[4096];
};

static void hand_init(struct hand *h)
{
    h->budget = (struct pse_budget){.total = 740000};
    pse_init(&h->pse, 1, 15400, &SWITCH_REAL.power, &h->budget, 7);
    outbox_init(&h->out, h->actions, ARRAY_LENGTH(h->actions), h->bytes, sizeof h->bytes);
}

static usec wake_it(struct hand *h)
{
    usec now = h->pse.due;

    outbox_clear(&h->out);
    pse_wake(&h->pse, now, &h->out);
    return now;
}

static void say_to_it(struct hand *h, usec now, struct line l)
{
    outbox_clear(&h->out);
    pse_line(&h->pse, now, &l, &h->out);
}

static struct line echo(enum pulse_width pulse, uint16_t word)
{
    struct line l = LINE_IDLE;

    l.pulse = pulse;
    l.word = word;
    return l;
}

static void the_narrow_word_coming_back_once_spoils_the_round_even_if_the_wide_ones_come_back(void **state)
{
    (void)state;
    struct hand h;
    hand_init(&h);
    usec now = wake_it(&h);
    assert_int_equal(h.pse.near.pulse, PULSE_NARROW);
    uint16_t narrow = h.pse.near.word;
    now = wake_it(&h);
    assert_int_equal(h.pse.near.pulse, PULSE_WIDE);
    say_to_it(&h, now, echo(PULSE_NARROW, narrow)); /* late: but still before the wide one's echo */
    say_to_it(&h, now, echo(PULSE_WIDE, h.pse.near.word));
    say_to_it(&h, now, echo(PULSE_WIDE, h.pse.near.word));
    assert_int_equal(h.pse.state, PSE_DETECT_CISCO);
    assert_int_equal(h.budget.used, 0);
}

static void a_word_of_an_earlier_round_is_no_answer_and_words_change_with_each_round(void **state)
{
    (void)state;
    struct hand h;
    hand_init(&h);
    wake_it(&h);
    wake_it(&h);
    uint16_t old = h.pse.near.word;
    usec now = 0;
    do now = wake_it(&h);
    while (h.pse.state != PSE_DETECT_IEEE);
    do now = wake_it(&h);
    while (h.pse.state != PSE_DETECT_CISCO || h.pse.near.pulse != PULSE_WIDE);
    assert_int_not_equal(h.pse.near.word, old);
    say_to_it(&h, now, echo(PULSE_WIDE, old));
    assert_int_equal(h.pse.state, PSE_DETECT_CISCO);
    assert_int_equal(h.pse.step, 1);
    assert_false(h.pse.courting);
}

static void an_echo_that_comes_late_in_the_round_still_counts(void **state)
{
    (void)state;
    struct hand h;
    hand_init(&h);
    wake_it(&h);
    usec now = wake_it(&h);
    say_to_it(&h, now, echo(PULSE_WIDE, h.pse.near.word));
    uint16_t last = h.pse.near.word;
    now = wake_it(&h); /* gave up listening: it rests until the round ends */
    assert_int_equal(h.pse.near.pulse, PULSE_NONE);
    say_to_it(&h, now, echo(PULSE_WIDE, last));
    assert_int_equal(h.pse.state, PSE_POWER_UP);
}

static void words_of_another_raise_our_carrier_so_that_the_link_comes_up(void **state)
{
    (void)state;
    struct bench *b = with(1, (struct far){.mode = CABLE_SWITCH});
    bench_run(b, 3 * SECOND);
    assert_true(switch_port_report(&b->sw, 1).link);
    bench_free(b);
}

static void rounds_alternate_and_are_a_second_apart(void **state)
{
    (void)state;
    struct hand h;
    hand_init(&h);
    usec began[4], n = 0;
    enum pse_state before = PSE_DISABLED;
    for (int i = 0; n < 4; i++) {
        usec now = wake_it(&h);
        if (h.pse.state != before) began[n++] = now;
        before = h.pse.state;
        assert_true(i < 100);
    }
    for (int i = 1; i < 4; i++) assert_int_equal(began[i] - began[i - 1], SECOND);
}

static void both_detection_voltages_lie_in_2_8_to_10_volts_at_least_one_apart_within_500_ms(void **state)
{
    (void)state;
    struct hand h;
    hand_init(&h);
    while (h.pse.state != PSE_DETECT_IEEE || h.pse.near.millivolts == 0) wake_it(&h);
    say_to_it(&h, h.pse.began, (struct line){.ohms = 25000, .nanofarads = 80});
    usec began = h.pse.began, now;
    int first = h.pse.near.millivolts;
    wake_it(&h);
    int second = h.pse.near.millivolts;
    now = wake_it(&h);
    assert_in_range(-first, 2800, 10000);
    assert_in_range(-second, 2800, 10000);
    assert_true(abs(first - second) >= 1000);
    assert_true(now - began <= 500 * MSEC);
    assert_int_equal(h.pse.near.millivolts, -18000);
    assert_int_equal(h.pse.state, PSE_CLASSIFY);
    assert_in_range(h.pse.due - now, 10 * MSEC, 75 * MSEC);
}

static void classification_woken_over_400_ms_late_detects_again(void **state)
{
    (void)state;
    struct hand h;
    hand_init(&h);
    while (h.pse.state != PSE_DETECT_IEEE) wake_it(&h);
    say_to_it(&h, h.pse.began, (struct line){.ohms = 25000, .nanofarads = 80});
    while (h.pse.state != PSE_CLASSIFY) wake_it(&h);
    pse_wake(&h.pse, h.pse.began + 401 * MSEC, &h.out);
    assert_int_equal(h.pse.state, PSE_DETECT_IEEE);
}

static void a_pre_standard_phone_without_link_loses_power_after_4_seconds(void **state)
{
    (void)state;
    struct far f = a_phone();
    f.link_after = NEVER;
    struct bench *b = with(1, f);
    while (!powered(b, 1)) bench_run(b, b->due);
    usec on = b->now;
    bench_run(b, on + 4 * SECOND - 1);
    assert_true(powered(b, 1));
    bench_run(b, on + 4 * SECOND);
    assert_false(powered(b, 1));
    assert_int_equal(heard_news(b, 1, SWITCH_NO_LINK), 1);
    assert_int_equal(switch_budget_used(&b->sw, 0), 0);
    bench_run(b, on + 10 * SECOND);
    assert_true(heard_news(b, 1, SWITCH_POWER_GRANTED) >= 2); /* back to discovery, and again */
    bench_free(b);
}

static void an_ieee_phone_needs_no_link(void **state)
{
    (void)state;
    struct far f = an_ieee_phone(2);
    f.link_after = NEVER;
    struct bench *b = with(1, f);
    bench_run(b, 60 * SECOND);
    assert_true(powered(b, 1));
    bench_free(b);
}

static void a_pre_standard_phone_whose_link_goes_down_loses_power_at_once(void **state)
{
    (void)state;
    struct bench *b = with(1, a_phone());
    bench_run(b, 10 * SECOND);
    b->far[1].mode = CABLE_OPEN;
    bench_refresh(b, 1);
    assert_false(powered(b, 1));
    assert_true(bytes_are(told_text(facts_of(last_news(b, 1, SWITCH_DISCONNECTED)), FACT_REASON), "link down"));
    b->far[1].mode = CABLE_STRAIGHT;
    bench_refresh(b, 1);
    bench_run(b, 20 * SECOND);
    assert_true(powered(b, 1));
    bench_free(b);
}

static void maintain_power_absent_for_300_to_400_ms_takes_power_from_an_ieee_phone(void **state)
{
    (void)state;
    struct bench *b = with(1, an_ieee_phone(2));
    bench_run(b, 10 * SECOND);
    b->far[1].microamperes = 4999;
    bench_refresh(b, 1);
    bench_run(b, b->now + 299 * MSEC);
    b->far[1].microamperes = 10000; /* present again in time */
    bench_refresh(b, 1);
    bench_run(b, b->now + 10 * SECOND);
    assert_true(powered(b, 1));
    b->far[1].microamperes = 4999;
    bench_refresh(b, 1);
    usec absent = b->now;
    bench_run(b, absent + 300 * MSEC);
    assert_true(powered(b, 1));
    bench_run(b, absent + 400 * MSEC);
    assert_false(powered(b, 1));
    assert_int_equal(heard_news(b, 1, SWITCH_DISCONNECTED), 1);
    bench_free(b);
}

static void overload_for_50_to_75_ms_switches_off_for_750_ms(void **state)
{
    (void)state;
    struct bench *b = with(1, a_phone());
    bench_run(b, 10 * SECOND);
    b->far[1].microamperes = 330000; /* 15.8 W at 48 V */
    bench_refresh(b, 1);
    bench_run(b, b->now + 49 * MSEC);
    b->far[1].microamperes = 131250; /* a surge that ends in time is none */
    bench_refresh(b, 1);
    bench_run(b, b->now + SECOND);
    assert_true(powered(b, 1));
    b->far[1].microamperes = 330000;
    bench_refresh(b, 1);
    usec over = b->now;
    bench_run(b, over + 50 * MSEC);
    assert_true(powered(b, 1));
    bench_run(b, over + 75 * MSEC);
    assert_false(powered(b, 1));
    assert_int_equal(heard_news(b, 1, SWITCH_OVERLOADED), 1);
    assert_string_equal(switch_port_report(&b->sw, 1).oper, "faulty");
    b->far[1].microamperes = 131250;
    usec off = b->now;
    while (!powered(b, 1)) bench_run(b, b->due);
    assert_true(b->now - off >= 725 * MSEC);
    bench_free(b);
}

static void a_type_2_port_lets_30_watts_pass(void **state)
{
    (void)state;
    struct bench *b = bench_new(1);
    b->config.port_max_mw = 30000;
    bench_init(b);
    struct far f = an_ieee_phone(4);
    f.microamperes = 600000;
    bench_plug(b, 1, f);
    bench_run(b, 10 * SECOND);
    assert_true(powered(b, 1));
    bench_free(b);
}

static void a_short_circuit_on_a_powered_port_is_a_fault(void **state)
{
    (void)state;
    struct bench *b = with(1, an_ieee_phone(2));
    bench_run(b, 10 * SECOND);
    b->far[1].mode = CABLE_SHORT;
    bench_refresh(b, 1);
    bench_run(b, b->now + 75 * MSEC);
    assert_false(powered(b, 1));
    assert_true(bytes_are(told_text(facts_of(last_news(b, 1, SWITCH_POWER_FAULT)), FACT_REASON), "short circuit"));
    assert_string_equal(switch_port_report(&b->sw, 1).oper, "faulty");
    bench_free(b);
}

static void no_load_current_within_75_ms_is_no_power_good(void **state)
{
    (void)state;
    struct far f = an_ieee_phone(2);
    f.microamperes = 0;
    struct bench *b = with(1, f);
    while (!powered(b, 1)) bench_run(b, b->due);
    bench_run(b, b->now + 75 * MSEC);
    assert_false(powered(b, 1));
    assert_int_equal(heard_news(b, 1, SWITCH_POWER_GRANTED), 0);
    assert_true(bytes_are(told_text(facts_of(last_news(b, 1, SWITCH_POWER_FAULT)), FACT_REASON), "no power good"));
    bench_free(b);
}

static void a_static_port_stays_faulty_until_it_is_shut_and_opened(void **state)
{
    (void)state;
    struct far f = an_ieee_phone(2);
    f.microamperes = 0;
    struct bench *b = bench_new(1);
    bench_init(b);
    bench_admin(b, 1, POWER_STATIC, false);
    bench_plug(b, 1, f);
    bench_run(b, 60 * SECOND);
    assert_int_equal(heard_news(b, 1, SWITCH_POWER_FAULT), 1);
    b->far[1].microamperes = 131250;
    bench_admin(b, 1, POWER_STATIC, true);
    bench_admin(b, 1, POWER_STATIC, false);
    bench_run(b, 70 * SECOND);
    assert_true(powered(b, 1));
    bench_free(b);
}

static void a_wake_that_comes_minutes_late_still_ends_what_had_ended(void **state)
{
    (void)state;
    struct hand h;
    hand_init(&h);
    while (h.pse.state != PSE_DETECT_IEEE) wake_it(&h);
    say_to_it(&h, h.pse.began, (struct line){.ohms = 25000, .nanofarads = 80});
    while (h.pse.state != PSE_POWER_UP) wake_it(&h);
    usec now = h.pse.due - 1;
    struct line load = {.ohms = 400, .microamperes = 120000}, none = {.ohms = UINT32_MAX};
    say_to_it(&h, now, load);
    assert_int_equal(h.pse.state, PSE_POWERED);
    say_to_it(&h, now, none);
    say_to_it(&h, now + 100 * SECOND, load); /* the load is back, but long after it had been absent for too long */
    assert_int_equal(h.pse.state, PSE_DISCONNECT);
    assert_int_equal(h.budget.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unpowered_pre_standard_phone_gets_minus_48_volts),
        cmocka_unit_test(an_ieee_phone_is_given_power_by_its_class),
        cmocka_unit_test(a_phone_of_both_ways_comes_up_by_the_first_that_answers),
        cmocka_unit_test(a_computer_gets_no_power),
        cmocka_unit_test(another_switch_gets_no_power),
        cmocka_unit_test(a_loop_back_plug_gets_no_power),
        cmocka_unit_test(open_and_shorted_cables_get_no_power),
        cmocka_unit_test(a_wall_powered_phone_gets_no_power),
        cmocka_unit_test(signatures_outside_19_to_26_5_kilohm_or_of_150_nanofarad_get_no_power),
        cmocka_unit_test(the_narrow_word_coming_back_once_spoils_the_round_even_if_the_wide_ones_come_back),
        cmocka_unit_test(a_word_of_an_earlier_round_is_no_answer_and_words_change_with_each_round),
        cmocka_unit_test(an_echo_that_comes_late_in_the_round_still_counts),
        cmocka_unit_test(words_of_another_raise_our_carrier_so_that_the_link_comes_up),
        cmocka_unit_test(rounds_alternate_and_are_a_second_apart),
        cmocka_unit_test(both_detection_voltages_lie_in_2_8_to_10_volts_at_least_one_apart_within_500_ms),
        cmocka_unit_test(classification_woken_over_400_ms_late_detects_again),
        cmocka_unit_test(a_pre_standard_phone_without_link_loses_power_after_4_seconds),
        cmocka_unit_test(an_ieee_phone_needs_no_link),
        cmocka_unit_test(a_pre_standard_phone_whose_link_goes_down_loses_power_at_once),
        cmocka_unit_test(maintain_power_absent_for_300_to_400_ms_takes_power_from_an_ieee_phone),
        cmocka_unit_test(overload_for_50_to_75_ms_switches_off_for_750_ms),
        cmocka_unit_test(a_type_2_port_lets_30_watts_pass),
        cmocka_unit_test(a_short_circuit_on_a_powered_port_is_a_fault),
        cmocka_unit_test(no_load_current_within_75_ms_is_no_power_good),
        cmocka_unit_test(a_static_port_stays_faulty_until_it_is_shut_and_opened),
        cmocka_unit_test(a_wake_that_comes_minutes_late_still_ends_what_had_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
