/* What stations that are no 7960 do at a CallManager: SPA phones, bridges, soft clients. */
#include "stations.h"

enum { SPA_525 = 80005 };

static struct sccp_message spcp_token(const char *name)
{
    return (struct sccp_message){.id = SCCP_SPCP_TOKEN_REQ,
                                 .call.spcp_token = {.name = bytes_of(name), .device_type = SPA_525}};
}

static void an_spa_phone_gets_the_token_that_it_asks_for_before_it_registers(void **state)
{
    (void)state;
    (void)table_add(&w, 1, SPA_525, "2001");
    up(5);
    say(5, spcp_token("SEP020000000001"));
    assert_non_null(written_to(5, SCCP_SPCP_TOKEN_ACK, 0));
    assert_int_equal(written_to(5, SCCP_SPCP_TOKEN_ACK, 0)->number, 65535);
    assert_true(told(&box.out, CM_TOKEN_GIVEN));
    say(5, registering(1, SPA_525, 8));
    assert_non_null(written_to(5, SCCP_REGISTER_ACK, 0));
}

static void an_spa_phone_that_nobody_knows_is_told_to_wait(void **state)
{
    (void)state;
    w.t.settings.automatic = false;
    up(5);
    say(5, spcp_token("SEP020000000009"));
    assert_null(written_to(5, SCCP_REGISTER_TOKEN_REJECT, 0));
    assert_non_null(written_to(5, SCCP_SPCP_TOKEN_REJECT, 0));
    assert_int_equal(written_to(5, SCCP_SPCP_TOKEN_REJECT, 0)->number, 60);
}

static void a_station_that_never_asks_for_the_time_is_registered_at_its_first_keepalive(void **state)
{
    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    up(5);
    say(5, registering(1, T7960, 11));
    now += SECOND; /* a 6911 sends one before it registers, another phone may at once */
    ask(5, SCCP_KEEP_ALIVE, 0);
    assert_non_null(written_to(5, SCCP_KEEP_ALIVE_ACK, 0));
    assert_int_equal(callmanager_registered(&m[0]), 0);
    now += 29 * SECOND;
    ask(5, SCCP_KEEP_ALIVE, 0);
    assert_non_null(written_to(5, SCCP_KEEP_ALIVE_ACK, 0));
    assert_true(told(&box.out, CM_REGISTERED));
    assert_int_equal(callmanager_registered(&m[0]), 1);
    now += 30 * SECOND;
    ask(5, SCCP_KEEP_ALIVE, 0);
    ask(5, SCCP_TIME_DATE_REQ, 0);
    assert_false(told(&box.out, CM_REGISTERED)); /* once */
}

static void a_subscription_to_the_state_of_a_number_is_answered_with_none(void **state)
{
    struct sccp_message request = {.id = SCCP_SUBSCRIPTION_STAT_REQ,
                                   .call.subscription = {.transaction = 7, .feature = 1, .text = bytes_of("2002")}};

    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    up(5);
    say(5, registering(1, T7960, 11));
    say(5, request);
    const struct sccp_message *answer = written_to(5, SCCP_SUBSCRIPTION_STAT, 11);
    assert_non_null(answer);
    assert_int_equal(answer->call.subscription.transaction, 7);
    assert_int_equal(answer->call.subscription.feature, 1);
    assert_int_equal(answer->call.subscription.status, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_spa_phone_gets_the_token_that_it_asks_for_before_it_registers),
        T(an_spa_phone_that_nobody_knows_is_told_to_wait),
        T(a_station_that_never_asks_for_the_time_is_registered_at_its_first_keepalive),
        T(a_subscription_to_the_state_of_a_number_is_answered_with_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
