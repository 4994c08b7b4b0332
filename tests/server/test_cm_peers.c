/* What stations that are no 7960 do at a CallManager: SPA phones, bridges, soft clients. */
#include "calls.h"

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
    assert_null(written_to(5, SCCP_DEFINE_TIME_DATE, 0)); /* it has no clock to show */
    now += 30 * SECOND;
    ask(5, SCCP_KEEP_ALIVE, 0);
    assert_null(written_to(5, SCCP_DEFINE_TIME_DATE, 0));
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

static void who_asks_how_many_calls_a_line_takes_is_told_one_of_each(void **state)
{
    struct device_record d = {
        .mac = mac_n(1), .device_type = T7960, .pool = "Default", .line = {{"2001", ""}, {"2002", ""}}};
    struct fault why;

    (void)state;
    assert_non_null(devices_create(&w.t, &d, NULL, &why));
    up(5);
    say(5, registering(1, T7960, 17));
    ask(5, SCCP_CALL_COUNT_REQ, 0);
    const struct sccp_message *answer = written_to(5, SCCP_CALL_COUNT_RES, 17);
    assert_non_null(answer);
    assert_int_equal(answer->call.counts.lines, 2);
    assert_int_equal(answer->call.counts.first, 1);
    assert_int_equal(answer->call.counts.count, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(answer->call.counts.line[i].most, 1);
        assert_int_equal(answer->call.counts.line[i].busy_trigger, 1);
    }
}

static void analogue_adaptors_register_under_the_names_that_they_have(void **state)
{
    static const char *const good[] = {"ATA020000000001", "VGC020000000002"};
    static const char *const bad[] = {"ATA02000000000",  "ATA0200000000011", "ATA02000000000G",
                                      "ata020000000001", "AN0200000000001",  "ATA"};

    (void)state;
    for (uint32_t i = 0; i < ARRAY_LENGTH(good); i++) {
        struct sccp_message r = registering(i + 1, 12, 33);
        (void)table_add(&w, i + 1, 12, i ? "2002" : "2001");
        r.reg.name = bytes_of(good[i]);
        up(i + 1);
        say(i + 1, (struct sccp_message){.id = SCCP_REGISTER_TOKEN_REQ, .token = {.name = r.reg.name}});
        assert_non_null(written_to(i + 1, SCCP_REGISTER_TOKEN_ACK, 0));
        say(i + 1, r);
        assert_int_equal(written_to(i + 1, SCCP_REGISTER_ACK, 0)->ack.protocol, 3);
        ask(i + 1, SCCP_LINE_STAT_REQ, 1);
        assert_text(written_to(i + 1, SCCP_LINE_STAT, 3)->line.number, i ? "2002" : "2001");
    }
    for (uint32_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct sccp_message r = registering(1, 12, 33);
        r.reg.name = bytes_of(bad[i]);
        up(10 + i);
        say(10 + i, r);
        assert_non_null(written_to(10 + i, SCCP_REGISTER_REJECT, 0));
    }
}

/* A 7960 puts a button's position where the line belongs. */
static void whoever_begins_a_call_on_a_line_that_is_not_there_gets_the_first(void **state)
{
    static const uint32_t lines[] = {2, 6, 77, UINT32_MAX};

    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 20, "2001");
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
        say(1, (struct sccp_message){.id = SCCP_OFF_HOOK, .call.of = {.line = lines[i]}});
        assert_int_equal(tone_at(1), TONE_INSIDE_DIAL);
        assert_int_equal(shown(1, SCCP_CALL_STATE)->call.state.line, 1);
        on_hook(1);
        say(1, (struct sccp_message){.id = SCCP_SOFT_KEY_EVENT, .call.pressed = {NEW_CALL, lines[i], 0}});
        assert_int_equal(tone_at(1), TONE_INSIDE_DIAL);
        on_hook(1);
        say(2, (struct sccp_message){.id = SCCP_ENBLOC_CALL, .call.enbloc = {bytes_of("2000"), lines[i]}});
        assert_int_equal(state_at(1), CALL_RING_IN);
        on_hook(2);
    }
}

static void capabilities_that_name_no_audio_take_none_away(void **state)
{
    (void)state;
    struct device *d = phone(1, 1, 11, "2000");
    assert_int_equal(d->capabilities, 2);
    say(1, (struct sccp_message){.id = SCCP_UPDATE_CAPABILITIES, .call.audio = {.count = 0, .video = 2}});
    assert_int_equal(d->capabilities, 2);
    say(1, (struct sccp_message){.id = SCCP_UPDATE_CAPABILITIES,
                                 .call.audio = {.count = 1, .codec = {{.codec = G711_A, .milliseconds = 40}}}});
    assert_int_equal(d->capabilities, 1);
    assert_int_equal(d->capability[0].codec, G711_A);
}

/* At stream 1, with number 1000; it does not obey yet. The phone at stream 2 has 2001. */
static void one_that_was_just_made_and_told_to_reset(void)
{
    (void)phone(2, 2, 11, "2001");
    version_of[1] = 11;
    up(1);
    say(1, registering(9, T7960, 11));
    with_codecs(1, G711_U, 0);
    ask(1, SCCP_TIME_DATE_REQ, 0);
    assert_non_null(shown(1, SCCP_RESET));
}

/* Cisco's phones reset after their call, soft clients perhaps never; one that was just made of auto-registration
 * too. */
static void a_phone_that_is_used_after_its_reset_is_served_and_not_reset_again(void **state)
{
    (void)state;
    one_that_was_just_made_and_told_to_reset();
    say(1, (struct sccp_message){.id = SCCP_ON_HOOK}); /* says nothing of a call */
    assert_int_equal(callmanager_registered(&m[0]), 1);
    off_hook(1);
    assert_int_equal(tone_at(1), TONE_INSIDE_DIAL);
    assert_int_equal(callmanager_registered(&m[0]), 2);
    dial(1, "2001");
    off_hook(2);
    now += 60 * SECOND;
    ask(1, SCCP_KEEP_ALIVE, 0);
    assert_false(closed(1, 40));
    assert_int_equal(state_at(1), 0);
    on_hook(1);
    on_hook(2);
    assert_null(shown(1, SCCP_RESET));
    assert_int_equal(devices_find(&w.t, mac_n(9))->record.owed, OWED_NOTHING);
    now += 20 * SECOND;
    ask(1, SCCP_UNREGISTER, 0); /* now it does */
    assert_non_null(shown(1, SCCP_UNREGISTER_ACK));
    assert_string_equal(why_of(CM_UNREGISTERED), "unregistered");
}

static void a_phone_that_rings_after_its_reset_answers_by_key_too(void **state)
{
    (void)state;
    one_that_was_just_made_and_told_to_reset();
    en_bloc(2, "1000");
    assert_int_equal(state_at(1), CALL_RING_IN);
    soft_key(1, ANSWER);
    assert_int_equal(state_at(1), CALL_CONNECTED);
    assert_int_equal(state_at(2), CALL_CONNECTED);
}

/* The field is called MaxFramesPerPacket; Cisco's phones write milliseconds into it, others frames, or nothing. */
static void a_phone_that_counts_frames_gets_packets_of_the_usual_length(void **state)
{
    static const uint32_t most[] = {0, 1, 2, 8, 10, 20, 40};

    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    for (size_t i = 0; i < ARRAY_LENGTH(most); i++) {
        say(2, (struct sccp_message){.id = SCCP_CAPABILITIES_RES,
                                     .capabilities = {.count = 1, .codec = {{G711_U, most[i]}}}});
        en_bloc(1, "2001");
        off_hook(2);
        assert_int_equal(shown(2, SCCP_OPEN_RECEIVE_CHANNEL)->call.media.milliseconds, most[i] == 10 ? 10 : 20);
        on_hook(2);
        on_hook(1);
    }
    with_codecs(1, 9, 0); /* G.723.1: a frame is 30 ms */
    say(2, (struct sccp_message){.id = SCCP_CAPABILITIES_RES, .capabilities = {.count = 1, .codec = {{9, 1}}}});
    en_bloc(1, "2001");
    off_hook(2);
    assert_int_equal(shown(2, SCCP_OPEN_RECEIVE_CHANNEL)->call.media.milliseconds, 30);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_spa_phone_gets_the_token_that_it_asks_for_before_it_registers),
        T(an_spa_phone_that_nobody_knows_is_told_to_wait),
        T(a_station_that_never_asks_for_the_time_is_registered_at_its_first_keepalive),
        T(who_asks_how_many_calls_a_line_takes_is_told_one_of_each),
        T(analogue_adaptors_register_under_the_names_that_they_have),
        T(whoever_begins_a_call_on_a_line_that_is_not_there_gets_the_first),
        T(capabilities_that_name_no_audio_take_none_away),
        T(a_phone_that_is_used_after_its_reset_is_served_and_not_reset_again),
        T(a_phone_that_rings_after_its_reset_answers_by_key_too),
        T(a_phone_that_counts_frames_gets_packets_of_the_usual_length),
        T(a_subscription_to_the_state_of_a_number_is_answered_with_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
