#include "stations.h"

static void an_unknown_device_is_made_with_the_next_number_stored_before_its_ack_and_reset_when_it_has_the_time(
    void **state)
{
    (void)state;
    register_on(5, 9, T7960);
    int store = found_at(&box.out, ACTION_STORE, 0), ack = found_at(&box.out, ACTION_WRITE, 0);
    assert_true(store >= 0 && store < ack);
    assert_text(told_text(facts_of(&box.out, CM_DEVICE_MADE), FACT_DIRECTORY_NUMBER), "1000");
    assert_null(written_to(5, SCCP_RESET, 11));
    now += SECOND;
    complete(5);
    assert_true(found_at(&box.out, ACTION_TELL, CM_REGISTERED) < found_at(&box.out, ACTION_TELL, CM_RESET));
    assert_int_equal(written_to(5, SCCP_RESET, 11)->number, SCCP_RESET_RESET);
    assert_string_equal(why_of(CM_RESET), "auto-registered");
    ask(5, SCCP_UNREGISTER, 0);
    assert_int_equal(written_to(5, SCCP_UNREGISTER_ACK, 11)->number, 0);
    assert_string_equal(why_of(CM_UNREGISTERED), "reset");
    step_at(0, &(struct event){.kind = EVENT_DOWN, .stream = 5, .why = DOWN_CLOSED});
    struct device *d = devices_find(&w.t, mac_n(9));
    d->fetched = d->record.stamp; /* it fetched its own file */
    register_on(6, 9, T7960);
    assert_int_equal(d->record.owed, OWED_NOTHING);
    assert_int_equal(count_of(&box.out, ACTION_STORE), 1); /* and that is stored */
    complete(6);
    assert_null(written_to(6, SCCP_RESET, 11)); /* once is enough */
}

static void a_new_device_that_never_asks_the_time_is_reset_after_10_s(void **state)
{
    (void)state;
    register_on(5, 9, T7960);
    assert_true(due[0] == now + 10 * SECOND);
    wake(0);
    assert_int_equal(written_to(5, SCCP_RESET, 11)->number, SCCP_RESET_RESET);
}

static void after_a_reset_the_connection_is_left_to_the_phone_for_30_s_then_closed(void **state)
{
    (void)state;
    register_on(5, 9, T7960);
    complete(5);
    assert_true(due[0] == now + 30 * SECOND);
    now += 29 * SECOND;
    ask(5, SCCP_KEEP_ALIVE, 0); /* keepalives do not prolong it */
    assert_true(due[0] == now + SECOND);
    wake(0);
    assert_true(closed(5, 40));
    assert_string_equal(why_of(CM_UNREGISTERED), "no response to reset");
    assert_true(due[0] == NEVER);
}

static void a_phone_that_unregisters_after_a_reset_but_stays_connected_is_closed_too(void **state)
{
    (void)state;
    register_on(5, 9, T7960);
    complete(5);
    ask(5, SCCP_UNREGISTER, 0);
    assert_true(due[0] == now + 30 * SECOND);
    wake(0);
    assert_true(closed(5, 40));
}

static void a_phone_that_comes_back_without_its_new_file_is_not_reset_for_ever(void **state)
{
    (void)state;
    register_on(5, 9, T7960);
    complete(5);
    step_at(0, &(struct event){.kind = EVENT_DOWN, .stream = 5, .why = DOWN_CLOSED});
    register_on(6, 9, T7960); /* its TFTP server is down */
    complete(6);
    assert_null(written_to(6, SCCP_RESET, 11));
    assert_true(told(&box.out, CM_REGISTERED));
}

/* Over a lossy line: nothing says that the phone got its Reset. */
static void a_reset_that_was_lost_is_sent_again_when_the_phone_comes_back_three_times_at_most(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        register_on(20 + i, 9, T7960);
        complete(20 + i);
        assert_non_null(written_to(20 + i, SCCP_RESET, 11));
        step_at(0, &(struct event){.kind = EVENT_DOWN, .stream = 20 + i, .why = DOWN_TIMED_OUT});
        assert_string_equal(why_of(CM_UNREGISTERED), "reset");
    }
    register_on(24, 9, T7960);
    complete(24);
    assert_null(written_to(24, SCCP_RESET, 11));
}

static void a_change_resets_or_restarts_the_registered_phone(void **state)
{
    static const struct {
        const char *field, *value;
        uint32_t reset;
    } rows[] = {{"label", "Anna", SCCP_RESET_RESTART},
                {"load", "P0030702T023", SCCP_RESET_RESET},
                {"callmanagers", "10.0.0.2", SCCP_RESET_RESTART}};
    struct fault why;

    (void)state;
    struct device *d = table_add(&w, 1, T7960, "2001");
    (void)table_add(&w, 2, T7960, "2002");
    register_on(6, 2, T7960);
    complete(6);
    for (uint32_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        register_on(10 + i, 1, T7960);
        complete(10 + i);
        assert_true(devices_change(&w.t, bytes_of("SEP020000000001"), bytes_of(rows[i].field), bytes_of(rows[i].value),
                                   NULL, &why));
        (void)box_empty(&box);
        due[0] = callmanager_reset_changed(&m[0], now, &box.out);
        assert_int_equal(written_to(10 + i, SCCP_RESET, 11)->number, rows[i].reset);
        assert_int_equal(count_of(&box.out, ACTION_WRITE), 1); /* nobody else */
        (void)box_empty(&box);
        due[1] = callmanager_reset_changed(&m[1], now, &box.out);
        assert_int_equal(box.out.count, 0); /* it is not registered there */
        due[0] = callmanager_reset_changed(&m[0], now, &box.out);
        assert_int_equal(box.out.count, 0); /* and once is enough */
        d->fetched = d->record.stamp;
        step_at(0, &(struct event){.kind = EVENT_DOWN, .stream = 10 + i, .why = DOWN_CLOSED});
        assert_string_equal(why_of(CM_UNREGISTERED), "reset");
    }
}

static void a_change_during_registration_waits_for_its_end(void **state)
{
    struct fault why;

    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    register_on(5, 1, T7960);
    assert_true(devices_change(&w.t, bytes_of("SEP020000000001"), bytes_of("label"), bytes_of("A"), NULL, &why));
    (void)box_empty(&box);
    due[0] = callmanager_reset_changed(&m[0], now, &box.out);
    assert_int_equal(box.out.count, 0);
    assert_true(due[0] == now + 10 * SECOND);
    complete(5);
    assert_int_equal(written_to(5, SCCP_RESET, 11)->number, SCCP_RESET_RESTART);
}

static void a_device_that_is_removed_is_disconnected(void **state)
{
    (void)state;
    struct device *d = table_add(&w, 1, T7960, "2001");
    register_on(5, 1, T7960);
    complete(5);
    devices_remove(&w.t, d, NULL);
    step_at(0, &(struct event){.kind = EVENT_WAKE});
    assert_true(closed(5, 40));
    assert_string_equal(why_of(CM_UNREGISTERED), "removed");
}

/* The STORE of the device that stands in the box. */
static size_t stored_device(uint8_t to[RECORD_MOST])
{
    size_t n = 0;

    for (uint32_t i = 0; i < box.out.count; i++) /* the device, not the counter */
        if (box.actions[i].kind == ACTION_STORE && payload(&box.out, i).at[0] == RECORD_DEVICE) {
            n = payload(&box.out, i).len;
            memcpy(to, payload(&box.out, i).at, n);
        }
    assert_true(n > 0);
    return n;
}

static void a_device_that_could_not_be_stored_is_taken_back_and_its_connection_closed(void **state)
{
    uint8_t stored[RECORD_MOST];

    (void)state;
    register_on(5, 9, T7960);
    size_t n = stored_device(stored);
    ask(5, SCCP_IP_PORT, 4000); /* came right behind Register: says nothing of what the phone has heard */
    step_at(0, &(struct event){.kind = EVENT_UNSTORED, .bytes = {stored, n}});
    assert_true(told(&box.out, CM_UNSTORED));
    assert_true(closed(5, 40));
    assert_int_equal(w.t.count, 0);
    register_on(6, 9, T7960); /* it asks again */
    assert_text(told_text(facts_of(&box.out, CM_DEVICE_MADE), FACT_DIRECTORY_NUMBER), "1000");
}

static void a_phone_that_answers_what_followed_its_ack_is_known_to_be_stored(void **state)
{
    uint8_t stored[RECORD_MOST];

    (void)state;
    register_on(5, 9, T7960);
    size_t n = stored_device(stored);
    say(5, (struct sccp_message){.id = SCCP_CAPABILITIES_RES});
    step_at(0, &(struct event){.kind = EVENT_UNSTORED, .bytes = {stored, n}}); /* of a later change, say */
    assert_int_equal(box.out.count, 0);
    assert_int_equal(w.t.count, 1);
}

static void many_resets_and_many_timeouts_come_in_bounded_steps(void **state)
{
    struct group_record group = *devices_group(&w.t, "Group");
    struct fault why;
    unsigned resets = 0, steps = 0;
    char number[8];

    (void)state;
    init_one(0, (struct callmanager_config){.connections = 64});
    for (uint32_t i = 0; i < 64; i++) {
        struct writer n = writer(number, sizeof number);
        write_decimal(&n, 3000 + i);
        write_u8(&n, 0);
        (void)table_add(&w, i, T7960, number);
        register_on(i, i, T7960);
        complete(i);
    }
    group.callmanager[0].port = 2001;
    assert_true(devices_put_group(&w.t, &group, NULL, &why));
    do {
        step_at(0, &(struct event){.kind = EVENT_WAKE});
        assert_true(box.out.count > 0 && ++steps < 5);
        resets += count_of(&box.out, ACTION_WRITE);
    } while (due[0] <= now);
    assert_int_equal(resets, 64);
    now += 1000 * SECOND;
    for (steps = 0; m[0].open > 0; steps++) {
        step_at(0, &(struct event){.kind = EVENT_WAKE});
        assert_true(box.out.count > 0 && steps < 5);
    }
    assert_true(due[0] == NEVER);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_unknown_device_is_made_with_the_next_number_stored_before_its_ack_and_reset_when_it_has_the_time),
        T(a_new_device_that_never_asks_the_time_is_reset_after_10_s),
        T(after_a_reset_the_connection_is_left_to_the_phone_for_30_s_then_closed),
        T(a_phone_that_unregisters_after_a_reset_but_stays_connected_is_closed_too),
        T(a_phone_that_comes_back_without_its_new_file_is_not_reset_for_ever),
        T(a_reset_that_was_lost_is_sent_again_when_the_phone_comes_back_three_times_at_most),
        T(a_change_resets_or_restarts_the_registered_phone),
        T(a_change_during_registration_waits_for_its_end),
        T(a_device_that_is_removed_is_disconnected),
        T(a_phone_that_answers_what_followed_its_ack_is_known_to_be_stored),
        T(a_device_that_could_not_be_stored_is_taken_back_and_its_connection_closed),
        T(many_resets_and_many_timeouts_come_in_bounded_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
