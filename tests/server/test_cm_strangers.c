/* Connections of which nothing sound comes, and phones that must get through beside them. */
#include "stations.h"

static void with(uint32_t connections)
{
    init_one(0, (struct callmanager_config){.connections = connections});
}

static bool is_open(uint32_t stream)
{
    return callmanager_connection(&m[0], stream) != NULL;
}

static void silent_connections_take_a_quarter_of_the_places_and_the_oldest_goes_first(void **state)
{
    (void)state;
    with(16);
    for (uint32_t i = 1; i <= 4; i++) up(i);
    assert_int_equal(m[0].open, 4);
    up(5);
    assert_true(closed(1, 40));
    assert_string_equal(why_of(CM_DISCONNECTED), "nothing sound came");
    assert_int_equal(told_number(facts_of(&box.out, CM_EVICTED), FACT_COUNT, 0), 1);
    up(6);
    assert_true(closed(2, 40));
    assert_false(told(&box.out, CM_EVICTED)); /* once a second */
    now += SECOND;
    up(7);
    assert_int_equal(told_number(facts_of(&box.out, CM_EVICTED), FACT_COUNT, 0), 3);
    assert_int_equal(m[0].open, 4);
    assert_int_equal(m[0].count.evicted, 3);
    assert_int_equal(m[0].count.full, 0);
}

static void a_sound_message_makes_a_connection_safe_and_garbage_does_not(void **state)
{
    uint8_t bytes[64];
    struct writer garbage = writer(bytes, sizeof bytes);

    (void)state;
    with(16);
    size_t begun = sccp_begin(&garbage, 0, SCCP_REGISTER);
    write_zeros(&garbage, 20); /* a Register that is cut */
    sccp_end(&garbage, begun);
    for (uint32_t i = 1; i <= 4; i++) up(i);
    ask(1, SCCP_KEEP_ALIVE, 0);
    step_at(0, &(struct event){.kind = EVENT_DATA, .stream = 2, .bytes = written(&garbage)});
    ask(3, 0x7777, 0);                                    /* a sound header with what nobody knows */
    say(4, (struct sccp_message){.id = SCCP_START_TONE}); /* no phone says that */
    for (uint32_t i = 5; i <= 8; i++) up(i);
    assert_true(is_open(1));
    assert_false(is_open(2) || is_open(3) || is_open(4));
}

static void a_standby_connection_that_is_kept_alive_is_a_phones_and_a_silent_one_is_not(void **state)
{
    (void)state;
    with(16);
    up(1);
    up(2);
    ask(1, SCCP_KEEP_ALIVE, 0);
    ask(2, SCCP_KEEP_ALIVE, 0);
    now = 60 * SECOND;
    ask(1, SCCP_KEEP_ALIVE, 0);
    wake(0); /* 90 s: the other one was silent for three keepalive times */
    assert_int_equal(now, 90 * SECOND);
    assert_int_equal(m[0].strangers, 1);
    now = 100 * SECOND;
    for (uint32_t i = 3; i <= 6; i++) up(i);
    assert_true(is_open(1));
    assert_false(is_open(2));
    now = 110 * SECOND;
    ask(3, SCCP_KEEP_ALIVE, 0);
    ask(1, SCCP_KEEP_ALIVE, 0);
    assert_int_equal(m[0].strangers, 3);
}

static void phones_that_fall_silent_together_have_no_more_than_that_quarter(void **state)
{
    (void)state;
    with(16);
    for (uint32_t i = 1; i <= 10; i++) {
        up(i);
        ask(i, SCCP_KEEP_ALIVE, 0);
    }
    while (now < 90 * SECOND || due[0] <= now) wake(0);
    assert_int_equal(m[0].strangers, 4);
    assert_int_equal(m[0].open, 4);
    assert_true(is_open(10));
}

static void one_that_speaks_again_is_no_stranger_any_more(void **state)
{
    (void)state;
    with(16);
    up(1);
    ask(1, SCCP_KEEP_ALIVE, 0);
    wake(0);
    assert_int_equal(m[0].strangers, 1);
    ask(1, SCCP_KEEP_ALIVE, 0);
    assert_int_equal(m[0].strangers, 0);
    wake(0);
    wake(0); /* and 180 s of silence end it */
    assert_true(closed(1, 40));
    assert_int_equal(now, 270 * SECOND);
}

static void when_the_table_is_full_of_phones_a_connection_is_closed_at_once(void **state)
{
    (void)state;
    with(8);
    for (uint32_t i = 0; i < 8; i++) {
        up(i);
        ask(i, SCCP_KEEP_ALIVE, 0);
    }
    up(100);
    assert_true(closed(100, 40));
    assert_true(told(&box.out, CM_FULL));
    up(101);
    assert_true(closed(101, 40));
    assert_false(told(&box.out, CM_FULL));
    assert_int_equal(m[0].count.full, 2);
    step_at(0, &(struct event){.kind = EVENT_DOWN, .stream = 3, .why = DOWN_RESET});
    assert_string_equal(why_of(CM_DISCONNECTED), "connection reset");
    up(102);
    assert_false(closed(102, 40));
    up(103); /* full again, and one of them has said nothing */
    assert_true(closed(102, 40));
    assert_true(is_open(103));
}

static void phones_register_while_ten_thousand_connections_come(void **state)
{
    (void)state;
    with(400);
    for (uint64_t n = 1; n <= 60; n++) {
        for (uint32_t i = 0; i < 170; i++) up((uint32_t)(1000 + n * 170 + i));
        if (n <= 40) (void)table_add(&w, n, T7960, "");
        up((uint32_t)n);
        if (n <= 40) {
            say((uint32_t)n, registering(n, T7960, 11));
            assert_non_null(written_to((uint32_t)n, SCCP_REGISTER_ACK, 11));
        }
        assert_true(m[0].open <= 400 && m[0].strangers <= 100);
        now += 100 * MSEC;
    }
    for (uint32_t n = 1; n <= 40; n++) {
        ask(n, SCCP_TIME_DATE_REQ, 0);
        assert_non_null(written_to(n, SCCP_DEFINE_TIME_DATE, 11));
    }
    assert_int_equal(callmanager_registered(&m[0]), 40);
    assert_int_equal(m[0].count.full, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(silent_connections_take_a_quarter_of_the_places_and_the_oldest_goes_first),
        T(a_sound_message_makes_a_connection_safe_and_garbage_does_not),
        T(a_standby_connection_that_is_kept_alive_is_a_phones_and_a_silent_one_is_not),
        T(phones_that_fall_silent_together_have_no_more_than_that_quarter),
        T(one_that_speaks_again_is_no_stranger_any_more),
        T(when_the_table_is_full_of_phones_a_connection_is_closed_at_once),
        T(phones_register_while_ten_thousand_connections_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
