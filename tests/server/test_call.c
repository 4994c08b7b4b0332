/* Two phones that call one another through one CallManager engine (server/call.h). */
#include "calls.h"

static void off_hook_gives_dial_tone_and_a_call_reference_that_is_stored_before_it_is_told(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    off_hook(1);
    WROTE(1, SCCP_SET_RINGER, SCCP_SET_SPEAKER_MODE, SCCP_SET_LAMP, SCCP_CALL_STATE, SCCP_SELECT_SOFT_KEYS,
          SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS, SCCP_ACTIVATE_CALL_PLANE, SCCP_START_TONE);
    assert_int_equal(box.actions[0].kind, ACTION_STORE); /* the end of the run of references */
    assert_int_equal(tone_at(1), TONE_INSIDE_DIAL);
    assert_int_equal(state_at(1), CALL_OFF_HOOK);
    assert_int_equal(shown(1, SCCP_SELECT_SOFT_KEYS)->keys.set, 4);
    assert_int_equal(prompt_of(1)->prompt.label, 0x20);
    assert_true(told(&box.out, CM_CALL_BEGUN));
    assert_int_equal(the_call()->id, shown(1, SCCP_CALL_STATE)->call.state.call);
    uint32_t before = the_call()->id;
    on_hook(1);
    no_call();
    off_hook(1);
    assert_true(the_call()->id > before); /* a 7940 loses calls whose reference is lower than one in its list */
}

static void the_first_digit_ends_the_dial_tone_and_the_last_one_rings_both_phones(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    off_hook(1);
    dial(1, "2");
    WROTE(1, SCCP_STOP_TONE, SCCP_SELECT_SOFT_KEYS);
    assert_int_equal(shown(1, SCCP_SELECT_SOFT_KEYS)->keys.set, 6);
    dial(1, "00");
    assert_int_equal(writes_to(1), 0);
    dial(1, "1");
    WROTE(1, SCCP_DIALED_NUMBER, SCCP_CALL_STATE, SCCP_CALL_INFO_DYNAMIC, SCCP_START_TONE, SCCP_CALL_STATE,
          SCCP_SELECT_SOFT_KEYS, SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS, SCCP_CALL_INFO_DYNAMIC);
    WROTE(2, SCCP_CALL_STATE, SCCP_SELECT_SOFT_KEYS, SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS,
          SCCP_DISPLAY_DYNAMIC_PRI_NOTIFY, SCCP_CALL_INFO_DYNAMIC, SCCP_SET_LAMP, SCCP_SET_RINGER);
    assert_int_equal(tone_at(1), TONE_ALERTING);
    assert_int_equal(state_at(1), CALL_RING_OUT);
    assert_int_equal(state_at(2), CALL_RING_IN);
    assert_text(shown(1, SCCP_DIALED_NUMBER)->call.dialed.number, "2001");
    assert_int_equal(shown(2, SCCP_SET_RINGER)->call.ring.mode, RINGER_INSIDE);
    assert_int_equal(shown(2, SCCP_SET_LAMP)->call.lamp.mode, LAMP_BLINK);
    assert_int_equal(prompt_of(2)->prompt.label, 0x17);
    assert_text(prompt_of(2)->prompt.text, "2000");
    assert_true(told(&box.out, CM_CALL_RINGING));
}

static void both_displays_have_names_and_numbers_of_both(void **state)
{
    struct fault why;

    (void)state;
    (void)phone(1, 1, 6, "2000");
    (void)phone(2, 2, 20, "2001");
    assert_true(
        devices_change(&w.t, bytes_of("SEP020000000001"), bytes_of("label"), bytes_of("Ann\xc3\xa9"), NULL, &why));
    assert_true(devices_change(&w.t, bytes_of("SEP020000000002"), bytes_of("label"), bytes_of("Bob"), NULL, &why));
    devices_find(&w.t, mac_n(1))->record.owed = devices_find(&w.t, mac_n(2))->record.owed = OWED_NOTHING;
    off_hook(1);
    dial(1, "2001");
    const struct sccp_message *i = shown(1, SCCP_CALL_INFO); /* version 6: the fixed form, and ISO 8859-1 */
    assert_non_null(i);
    assert_text(i->call.info.calling.name, "Ann\xe9");
    assert_text(i->call.info.calling.number, "2000");
    assert_text(i->call.info.called.name, "Bob");
    assert_text(i->call.info.called.number, "2001");
    assert_int_equal(i->call.info.type, 2);
    i = shown(2, SCCP_CALL_INFO_DYNAMIC);
    assert_non_null(i);
    assert_text(i->call.info.called.name, "Bob");
    assert_text(i->call.info.alternate_calling, "2000");
    assert_int_equal(i->call.info.type, 1);
    assert_int_equal(i->call.info.line, 1);
}

static void answer_opens_a_receive_channel_at_both_and_each_sends_to_where_the_other_receives(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    off_hook(1);
    dial(1, "2001");
    off_hook(2);
    WROTE(2, SCCP_SET_RINGER, SCCP_SET_SPEAKER_MODE, SCCP_SET_LAMP, SCCP_CALL_STATE, SCCP_ACTIVATE_CALL_PLANE,
          SCCP_SET_RINGER, SCCP_STOP_TONE, SCCP_OPEN_RECEIVE_CHANNEL, SCCP_STOP_TONE, SCCP_CALL_STATE,
          SCCP_SELECT_SOFT_KEYS, SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS, SCCP_CALL_INFO_DYNAMIC);
    WROTE(1, SCCP_STOP_TONE, SCCP_OPEN_RECEIVE_CHANNEL, SCCP_CALL_STATE, SCCP_SELECT_SOFT_KEYS,
          SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS, SCCP_CALL_INFO_DYNAMIC);
    assert_int_equal(state_at(1), CALL_CONNECTED);
    assert_int_equal(state_at(2), CALL_CONNECTED);
    struct sccp_media a = shown(1, SCCP_OPEN_RECEIVE_CHANNEL)->call.media;
    struct sccp_media b = shown(2, SCCP_OPEN_RECEIVE_CHANNEL)->call.media;
    assert_int_equal(a.dtmf_payload, 0);
    assert_int_equal(a.dtmf_type, 10); /* as CallManagers say it in the captured calls */
    assert_int_equal(a.codec, G711_U);
    assert_int_equal(a.milliseconds, 20);
    assert_true(a.party != b.party && a.call == b.call && a.conference == a.call);
    assert_text(told_text(facts_of(&box.out, CM_CALL_CONNECTED), FACT_CODEC), "G.711 u-law");
    opened(1, a.party, 20000);
    WROTE(2, SCCP_START_MEDIA_TRANSMISSION);
    const struct sccp_media *start = &shown(2, SCCP_START_MEDIA_TRANSMISSION)->call.media;
    assert_int_equal(start->peer.address, IPV4(10, 0, 0, 51));
    assert_int_equal(start->peer.port, 20000);
    assert_int_equal(start->party, b.party);
    assert_int_equal(start->precedence, 184);
    assert_int_equal(writes_to(1), 0);
    opened(2, b.party, 30000);
    WROTE(1, SCCP_START_MEDIA_TRANSMISSION);
    assert_int_equal(shown(1, SCCP_START_MEDIA_TRANSMISSION)->call.media.peer.port, 30000);
    opened(2, b.party, 31000); /* said twice: nothing follows */
    assert_int_equal(box.out.count, 0);
}

static void whoever_hangs_up_both_are_released_and_their_media_closed(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    for (uint32_t by = 1; by <= 2; by++) {
        talk(1, 2, "2001");
        now += 65 * SECOND;
        on_hook(by);
        for (uint32_t s = 1; s <= 2; s++) {
            WROTE(s, SCCP_STOP_TONE, SCCP_SET_LAMP, SCCP_CLEAR_PROMPT_STATUS, SCCP_CLOSE_RECEIVE_CHANNEL,
                  SCCP_STOP_MEDIA_TRANSMISSION, SCCP_CALL_STATE, SCCP_SELECT_SOFT_KEYS, SCCP_DEFINE_TIME_DATE,
                  SCCP_SET_SPEAKER_MODE, SCCP_SET_RINGER);
            assert_int_equal(state_at(s), CALL_ON_HOOK);
        }
        assert_string_equal(why_of(CM_CALL_ENDED), "answered");
        assert_int_equal(told_number(facts_of(&box.out, CM_CALL_ENDED), FACT_TOOK, 0), 65000);
        on_hook(3 - by);
        no_call();
    }
    assert_int_equal(m[0].count.calls[OUTCOME_ANSWERED], 2);
    assert_int_equal(m[0].count.calls_begun, 2);
}

static void the_one_who_still_has_the_handset_off_hears_the_reorder_tone_until_he_hangs_up(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    talk(1, 2, "2001");
    soft_key(1, END_CALL);
    assert_int_equal(the_call()->phase, PHASE_LEFT);
    wake(0);
    assert_int_equal(tone_at(2), TONE_REORDER);
    assert_int_equal(writes_to(1), 0);
    on_hook(2);
    WROTE(2, SCCP_STOP_TONE);
    no_call();
    off_hook(1); /* his own handset was never put back: a new tone is his by NewCall */
    soft_key(1, NEW_CALL);
    assert_int_equal(the_call()->phase, PHASE_DIALLING);
}

static void one_that_never_hangs_up_is_not_busy_for_ever(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    talk(1, 2, "2001");
    on_hook(1);
    wake(0);
    assert_int_equal(tone_at(2), TONE_REORDER);
    off_hook(1);
    dial(1, "2001");
    assert_int_equal(tone_at(1), TONE_BUSY);
    on_hook(1);
    wake(0); /* 15 s later */
    WROTE(2, SCCP_STOP_TONE);
    no_call();
    off_hook(1);
    dial(1, "2001");
    assert_int_equal(state_at(2), CALL_RING_IN);
}

static void a_phone_on_its_speaker_goes_on_hook_at_once_and_hears_no_tone(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    off_hook(1);
    dial(1, "2001");
    soft_key(2, ANSWER);
    assert_int_equal(the_call()->phase, PHASE_TALKING);
    on_hook(1);
    assert_int_equal(state_at(2), CALL_ON_HOOK);
    no_call();
}

static void the_caller_who_hangs_up_before_the_answer_ends_the_ringing(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    off_hook(1);
    dial(1, "2001");
    on_hook(2); /* nothing to hang up there */
    assert_int_equal(the_call()->phase, PHASE_RINGING);
    on_hook(1);
    assert_int_equal(state_at(2), CALL_ON_HOOK);
    assert_int_equal(shown(2, SCCP_SET_RINGER)->call.ring.mode, RINGER_OFF);
    assert_null(shown(2, SCCP_CLOSE_RECEIVE_CHANNEL));
    assert_string_equal(why_of(CM_CALL_ENDED), "abandoned");
    no_call();
}

static void a_phone_that_is_in_a_call_or_hears_a_tone_is_busy_and_so_is_ones_own_number(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    (void)phone(3, 3, 11, "2002");
    off_hook(1);
    dial(1, "2000"); /* himself */
    assert_int_equal(tone_at(1), TONE_BUSY);
    assert_int_equal(state_at(1), CALL_BUSY);
    assert_int_equal(prompt_of(1)->prompt.label, 0x19);
    assert_string_equal(why_of(CM_CALL_REFUSED), "busy");
    on_hook(1);
    assert_int_equal(state_at(1), CALL_ON_HOOK);
    no_call();
    talk(1, 2, "2001");
    off_hook(3);
    dial(3, "2001");
    assert_int_equal(tone_at(3), TONE_BUSY);
    assert_int_equal(writes_to(2), 0); /* no call waiting */
    on_hook(3);
    on_hook(1);
    on_hook(2);
    off_hook(1); /* its handset is off: dial tone */
    off_hook(3);
    dial(3, "2000");
    assert_int_equal(tone_at(3), TONE_BUSY);
    on_hook(3);
    soft_key(1, END_CALL); /* and now lies beside it */
    no_call();
    off_hook(3);
    dial(3, "2000");
    assert_int_equal(state_at(1), CALL_RING_IN);
    assert_int_equal(m[0].count.calls[OUTCOME_BUSY], 3);
}

static void an_unknown_number_hears_the_reorder_tone_as_soon_as_no_longer_number_is_known(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    off_hook(1);
    dial(1, "777");
    assert_int_equal(the_call()->phase, PHASE_DIALLING);
    dial(1, "7");
    assert_int_equal(tone_at(1), TONE_REORDER);
    assert_int_equal(prompt_of(1)->prompt.label, 0x38);
    assert_string_equal(why_of(CM_CALL_REFUSED), "unknown number");
    wake(0); /* the tone ends by itself */
    assert_int_equal(state_at(1), CALL_ON_HOOK);
    no_call();
}

static void a_number_with_which_longer_ones_begin_waits_for_its_timer_or_pound(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "30");
    (void)phone(3, 3, 11, "3055");
    off_hook(1);
    dial(1, "30");
    assert_int_equal(the_call()->phase, PHASE_DIALLING);
    usec last = now;
    wake(0);
    assert_int_equal(now - last, 10 * SECOND);
    assert_int_equal(state_at(2), CALL_RING_IN);
    on_hook(1);
    off_hook(1);
    dial(1, "30#");
    assert_int_equal(state_at(2), CALL_RING_IN);
    on_hook(1);
    off_hook(1);
    dial(1, "3055");
    assert_int_equal(state_at(3), CALL_RING_IN);
    on_hook(1);
    off_hook(1);
    dial(1, "2000"); /* no longer one begins with it: at once */
    assert_int_equal(tone_at(1), TONE_BUSY);
}

static void a_dial_tone_that_nobody_dials_at_ends(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    off_hook(1);
    usec begun = now;
    wake(0);
    assert_int_equal(now - begun, 15 * SECOND);
    assert_int_equal(tone_at(1), TONE_REORDER);
    assert_text(prompt_of(1)->prompt.text, "No number dialled");
    wake(0);
    no_call();
}

static void back_space_takes_the_last_digit_away(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    off_hook(1);
    soft_key(1, BACK); /* nothing there yet */
    assert_int_equal(writes_to(1), 0);
    dial(1, "209");
    soft_key(1, BACK);
    WROTE(1, SCCP_BACK_SPACE_RES);
    dial(1, "01");
    assert_int_equal(state_at(2), CALL_RING_IN);
}

static void a_number_may_come_en_bloc_by_speed_dial_and_by_redial(void **state)
{
    (void)state;
    struct device *d = phone(1, 1, 11, "2000");
    struct fault why;
    (void)phone(2, 2, 11, "2001");
    soft_key(1, REDIAL);
    assert_text(shown(1, SCCP_DISPLAY_DYNAMIC_NOTIFY)->prompt.text, "No number to redial");
    no_call();
    en_bloc(1, "2001");
    WROTE(1, SCCP_SET_RINGER, SCCP_SET_SPEAKER_MODE, SCCP_SET_LAMP, SCCP_CALL_STATE, SCCP_SELECT_SOFT_KEYS,
          SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS, SCCP_ACTIVATE_CALL_PLANE, SCCP_DIALED_NUMBER, SCCP_CALL_STATE,
          SCCP_CALL_INFO_DYNAMIC, SCCP_START_TONE, SCCP_CALL_STATE, SCCP_SELECT_SOFT_KEYS,
          SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS, SCCP_CALL_INFO_DYNAMIC);
    assert_int_equal(state_at(2), CALL_RING_IN);
    soft_key(1, END_CALL);
    soft_key(1, REDIAL);
    assert_int_equal(state_at(2), CALL_RING_IN);
    soft_key(1, END_CALL);
    stimulus(1, 1, 0);
    assert_int_equal(state_at(2), CALL_RING_IN);
    soft_key(1, END_CALL);
    stimulus(1, BUTTON_SPEED_DIAL, 2); /* not set */
    assert_int_equal(shown(1, SCCP_DISPLAY_DYNAMIC_NOTIFY)->prompt.label, 0x2d);
    assert_true(
        devices_change(&w.t, bytes_of("SEP020000000001"), bytes_of("speed_dial2"), bytes_of("2001"), NULL, &why));
    d->record.owed = OWED_NOTHING;
    stimulus(1, BUTTON_SPEED_DIAL, 2);
    assert_int_equal(state_at(2), CALL_RING_IN);
    soft_key(1, END_CALL);
    off_hook(1);
    stimulus(1, BUTTON_SPEED_DIAL, 2); /* into its dial tone */
    assert_int_equal(state_at(2), CALL_RING_IN);
    on_hook(1);
    en_bloc(1, "12a");
    en_bloc(1, "");
    no_call();
    assert_string_equal(d->redial, "2001");
}

static void each_line_of_a_device_can_call_and_be_called(void **state)
{
    (void)state;
    struct device *d = phone(1, 1, 11, "2000");
    struct fault why;
    (void)phone(2, 2, 11, "2001");
    assert_true(
        devices_change(&w.t, bytes_of("SEP020000000001"), bytes_of("directory_number6"), bytes_of("2006"), NULL, &why));
    d->record.owed = OWED_NOTHING;
    stimulus(1, BUTTON_LINE, 6);
    assert_int_equal(shown(1, SCCP_CALL_STATE)->call.state.line, 6);
    dial(1, "2001");
    assert_text(shown(2, SCCP_CALL_INFO_DYNAMIC)->call.info.calling.number, "2006");
    soft_key(1, END_CALL);
    stimulus(1, BUTTON_LINE, 3); /* a line without a number */
    no_call();
    off_hook(2);
    dial(2, "2006");
    assert_int_equal(shown(1, SCCP_SET_RINGER)->call.ring.line, 6);
    stimulus(1, BUTTON_LINE, 6); /* answers */
    assert_int_equal(the_call()->phase, PHASE_TALKING);
}

static void hold_closes_the_media_and_resume_opens_it_again_with_new_parties(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    talk(1, 2, "2001");
    uint32_t before = the_call()->party[1].stream;
    soft_key(1, HOLD);
    WROTE(1, SCCP_CLOSE_RECEIVE_CHANNEL, SCCP_STOP_MEDIA_TRANSMISSION, SCCP_DEFINE_TIME_DATE, SCCP_SET_LAMP,
          SCCP_CALL_STATE, SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS, SCCP_CALL_INFO_DYNAMIC, SCCP_SET_SPEAKER_MODE,
          SCCP_SELECT_SOFT_KEYS);
    WROTE(2, SCCP_CLOSE_RECEIVE_CHANNEL, SCCP_STOP_MEDIA_TRANSMISSION, SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS);
    assert_int_equal(state_at(1), CALL_HOLD);
    opened(2, before, 30000); /* an Ack of a channel that is closed */
    assert_int_equal(writes_to(1), 0);
    on_hook(1); /* he puts the handset down, and the call stays */
    assert_int_equal(the_call()->phase, PHASE_TALKING);
    soft_key(1, RESUME);
    assert_int_equal(state_at(1), CALL_CONNECTED);
    assert_int_equal(state_at(2), CALL_CONNECTED);
    assert_non_null(shown(1, SCCP_OPEN_RECEIVE_CHANNEL));
    assert_true(shown(2, SCCP_OPEN_RECEIVE_CHANNEL)->call.media.party > before);
    opened(2, before, 30000); /* still late */
    assert_int_equal(writes_to(1), 0);
    opened(2, the_call()->party[1].stream, 30002);
    assert_int_equal(shown(1, SCCP_START_MEDIA_TRANSMISSION)->call.media.peer.port, 30002);
    stimulus(2, 3, 0); /* the other one, by its button */
    assert_int_equal(state_at(2), CALL_HOLD);
    soft_key(1, HOLD); /* both */
    assert_int_equal(state_at(1), CALL_HOLD);
    stimulus(2, 3, 0);
    assert_int_equal(state_at(2), CALL_CONNECTED);
    assert_null(shown(2, SCCP_OPEN_RECEIVE_CHANNEL)); /* the first still holds */
    off_hook(1);
    assert_non_null(shown(1, SCCP_OPEN_RECEIVE_CHANNEL));
    assert_non_null(shown(2, SCCP_OPEN_RECEIVE_CHANNEL));
    soft_key(2, HOLD);
    soft_key(2, END_CALL); /* out of hold */
    assert_int_equal(state_at(1), CALL_ON_HOOK);
}

static void without_a_common_codec_the_call_is_refused_before_it_rings(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    with_codecs(1, G711_A, 0);
    with_codecs(2, G729A, 9);
    off_hook(1);
    dial(1, "2001");
    assert_int_equal(tone_at(1), TONE_REORDER);
    assert_text(prompt_of(1)->prompt.text, "No common codec");
    assert_int_equal(writes_to(2), 0);
    on_hook(1);
    with_codecs(1, 9, 0);
    off_hook(1);
    dial(1, "2001"); /* G.723.1: frames of 30 ms */
    assert_int_equal(the_call()->codec, 9);
    assert_int_equal(the_call()->milliseconds, 30);
    on_hook(1);
    say(1, (struct sccp_message){.id = SCCP_UPDATE_CAPABILITIES,
                                 .call.audio = {.count = 2, .codec = {{257, 20}, {G729A, 10}}}});
    off_hook(1);
    dial(1, "2001");
    assert_int_equal(the_call()->codec, G729A);
    assert_int_equal(the_call()->milliseconds, 10);
}

static void a_phone_that_is_not_registered_or_at_another_callmanager_is_told_so(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)table_add(&w, 2, T7960, "2001");
    off_hook(1);
    dial(1, "2001");
    assert_int_equal(tone_at(1), TONE_REORDER);
    assert_text(prompt_of(1)->prompt.text, "Phone is not registered");
    on_hook(1);
    up_at(1, 2);
    say_at(1, 2, registering(2, T7960, 11), 0);
    off_hook(1);
    dial(1, "2001");
    assert_text(prompt_of(1)->prompt.text, "Phone is at another CallManager");
    assert_string_equal(why_of(CM_CALL_REFUSED), "registered at another CallManager");
}

static void nobody_answers_for_three_minutes_and_the_caller_is_told(void **state)
{
    (void)state;
    init_one(0, (struct callmanager_config){.keepalive = 300});
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    off_hook(1);
    dial(1, "2001");
    wake(0);
    assert_int_equal(now, 180 * SECOND);
    assert_int_equal(state_at(2), CALL_ON_HOOK);
    assert_int_equal(tone_at(1), TONE_REORDER);
    assert_text(prompt_of(1)->prompt.text, "No answer");
    WROTE(1, SCCP_STOP_TONE, SCCP_START_TONE, SCCP_SELECT_SOFT_KEYS, SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS);
    on_hook(1);
    no_call();
}

static void lose(uint32_t stream, unsigned how)
{
    if (how == 0) step_at(0, &(struct event){.kind = EVENT_DOWN, .stream = stream, .why = DOWN_RESET});
    if (how == 1) ask(stream, SCCP_UNREGISTER, 0);
    if (how == 2) { /* keepalive expiry: only the other one is heard */
        now += 60 * SECOND;
        ask(3 - stream, SCCP_KEEP_ALIVE, 0);
        do wake(0);
        while (!told(&box.out, CM_UNREGISTERED));
    }
    if (how == 3) { /* it registers on another connection */
        up(9);
        say(9, registering(stream, T7960, 11));
    }
}

static void a_phone_that_vanishes_in_a_call_releases_the_other_one(void **state)
{
    for (unsigned how = 0; how < 4; how++)
        for (uint32_t who = 1; who <= 2; who++) {
            tear_down(state);
            set_up(state);
            (void)phone(1, 1, 11, "2000");
            (void)phone(2, 2, 11, "2001");
            uint32_t other = 3 - who;
            talk(1, 2, "2001");
            lose(who, how);
            assert_int_equal(state_at(other), CALL_ON_HOOK);
            assert_non_null(shown(other, SCCP_CLOSE_RECEIVE_CHANNEL));
            assert_text(shown(other, SCCP_DISPLAY_DYNAMIC_NOTIFY)->prompt.text, "The other phone is gone");
            assert_null(shown(who, SCCP_CALL_STATE)); /* nothing of it to the one that left */
            assert_string_equal(why_of(CM_CALL_ENDED), "a phone vanished");
            on_hook(other);
            no_call();
        }
}

static void a_phone_that_moves_to_another_callmanager_leaves_its_call_in_that_ones_step(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    talk(1, 2, "2001");
    up_at(1, 9);
    now += 65 * SECOND;
    say_at(1, 9, registering(2, T7960, 11), 0);
    assert_true(closed(2, 40));
    assert_int_equal(state_at(1), CALL_ON_HOOK);
    assert_int_equal(tone_at(1), TONE_REORDER); /* at once: the driver of the other knows of no wake for it */
    assert_int_equal(told_number(facts_of(&box.out, CM_CALL_ENDED), FACT_TOOK, 0), 65000);
    for (uint32_t i = 0; i < box.out.count; i++)
        if (box.actions[i].kind == ACTION_WRITE && box.actions[i].stream == 1)
            assert_int_equal(box.actions[i].engine, 40);
    on_hook(1);
    no_call();
}

static void a_phone_that_vanishes_while_it_rings_or_dials_leaves_nothing_behind(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    off_hook(1);
    dial(1, "2001");
    lose(2, 0);
    assert_int_equal(tone_at(1), TONE_REORDER);
    lose(1, 0);
    assert_true(told(&box.out, CM_CALL_ENDED)); /* what was begun is ended for whoever follows the news */
    no_call();
    up(2);
    say(2, registering(2, T7960, 11));
    off_hook(2);
    assert_int_equal(the_call()->phase, PHASE_DIALLING);
    lose(2, 0);
    no_call();
}

static void a_receive_channel_that_cannot_be_opened_ends_the_call_with_a_text(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    off_hook(1);
    dial(1, "2001");
    off_hook(2);
    struct sccp_message ack = {.id = SCCP_OPEN_RECEIVE_CHANNEL_ACK};
    ack.call.receiving = (struct sccp_receiving){.status = 3, .party = the_call()->party[1].stream};
    say(2, ack);
    for (uint32_t s = 1; s <= 2; s++) {
        assert_int_equal(state_at(s), CALL_ON_HOOK);
        assert_text(shown(s, SCCP_DISPLAY_DYNAMIC_NOTIFY)->prompt.text, "No audio: a phone failed");
    }
    assert_int_equal(m[0].count.calls[OUTCOME_NO_MEDIA], 1);
}

static void a_phone_that_cannot_send_ends_the_call_too(void **state)
{
    (void)state;
    (void)phone(1, 1, 20, "2000");
    (void)phone(2, 2, 11, "2001");
    for (int failure = 0; failure < 2; failure++) {
        talk(1, 2, "2001");
        uint32_t id = the_call()->id;
        struct sccp_message ack = {.id = SCCP_START_MEDIA_TRANSMISSION_ACK};
        ack.call.sending.call = id;
        say(1, ack);                                                           /* it can */
        ack.call.sending = (struct sccp_sending){.call = id + 1, .status = 1}; /* of no call */
        say(1, ack);
        assert_int_equal(box.out.count, 0);
        assert_int_equal(the_call()->phase, PHASE_TALKING);
        ack.call.sending.call = id;
        struct sccp_message fails = {.id = SCCP_MEDIA_TRANSMISSION_FAILURE};
        fails.call.failure.call = id;
        say(1, failure ? fails : ack);
        assert_int_equal(state_at(2), CALL_ON_HOOK);
        assert_string_equal(why_of(CM_CALL_ENDED), "no media");
        on_hook(1);
        on_hook(2);
        no_call();
    }
}

/* Values that no phone sends. Each is sound SCCP, none changes anything. */
static void wild_values_in_the_messages_of_a_call_do_nothing(void **state)
{
    static const uint32_t wild[] = {0xffffffff, 0x80000000, 17, 99, 256};

    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    for (unsigned in_a_call = 0; in_a_call < 2; in_a_call++) {
        if (in_a_call) talk(1, 2, "2001");
        for (size_t i = 0; i < ARRAY_LENGTH(wild); i++) {
            uint32_t v = wild[i];
            struct sccp_message g = {.id = SCCP_KEYPAD_BUTTON, .call.pressed = {v, v, v}};
            say(1, g);
            g.id = SCCP_SOFT_KEY_EVENT;
            say(1, g);
            g = (struct sccp_message){.id = SCCP_STIMULUS, .call.stimulus = {v, v, v, v}};
            say(1, g);
            g.call.stimulus.button = BUTTON_LINE;
            say(1, g);
            g.call.stimulus.button = BUTTON_SPEED_DIAL;
            say(1, g);
            g = (struct sccp_message){.id = SCCP_OPEN_RECEIVE_CHANNEL_ACK};
            g.call.receiving =
                (struct sccp_receiving){.status = v, .at = {.address = v, .port = v}, .party = v, .call = v};
            say(1, g);
            g = (struct sccp_message){.id = SCCP_START_MEDIA_TRANSMISSION_ACK};
            g.call.sending = (struct sccp_sending){.call = v, .status = v};
            say(1, g);
            say(1, (struct sccp_message){.id = SCCP_HOOK_FLASH, .call.of = {v, v}});
            if (in_a_call) say(1, (struct sccp_message){.id = SCCP_OFF_HOOK, .call.of = {v, v}});
            g = (struct sccp_message){.id = SCCP_ENBLOC_CALL};
            g.call.enbloc.number = (struct bytes){(const uint8_t *)"20\xff"
                                                                   "1",
                                                  4};
            say(1, g);
            g.call.enbloc = (struct sccp_enbloc){bytes_of("2001"), v};
            if (!in_a_call) g.call.enbloc.number = bytes_of("");
            say(1, g);
            if (in_a_call)
                assert_int_equal(the_call()->phase, PHASE_TALKING);
            else
                no_call();
            if (!in_a_call) on_hook(1);
        }
    }
    assert_true(the_call()->party[0].sending && the_call()->party[1].sending);
}

static void a_call_message_that_is_cut_is_counted_and_changes_nothing(void **state)
{
    static const uint32_t ids[] = {SCCP_KEYPAD_BUTTON,
                                   SCCP_STIMULUS,
                                   SCCP_SOFT_KEY_EVENT,
                                   SCCP_OPEN_RECEIVE_CHANNEL_ACK,
                                   SCCP_START_MEDIA_TRANSMISSION_ACK,
                                   SCCP_MEDIA_TRANSMISSION_FAILURE};

    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    talk(1, 2, "2001");
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        uint8_t bytes[32];
        struct writer w3 = writer(bytes, sizeof bytes);
        size_t begun = sccp_begin(&w3, 0, ids[i]);
        write_zeros(&w3, 3);
        sccp_end(&w3, begun);
        step_at(0, &(struct event){.kind = EVENT_DATA, .stream = 1, .bytes = written(&w3)});
        assert_int_equal(m[0].count.malformed, i + 1);
        assert_int_equal(count_of(&box.out, ACTION_WRITE), 0);
    }
    assert_int_equal(the_call()->phase, PHASE_TALKING);
}

static void a_number_of_the_most_digits_is_taken_whole(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "123456789012345678901234");
    off_hook(1);
    dial(1, "12345678901234567890123");
    assert_int_equal(the_call()->phase, PHASE_DIALLING);
    dial(1, "4");
    assert_int_equal(state_at(2), CALL_RING_IN);
    on_hook(1);
    off_hook(1);
    dial(1, "999999999999999999999999"); /* as many, and unknown */
    assert_int_equal(tone_at(1), TONE_REORDER);
    dial(1, "9999");
    assert_int_equal(the_call()->phase, PHASE_REFUSED);
}

static void a_reset_waits_until_the_call_ends(void **state)
{
    struct fault why;

    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    talk(1, 2, "2001");
    assert_true(devices_change(&w.t, bytes_of("SEP020000000001"), bytes_of("label"), bytes_of("New"), NULL, &why));
    (void)box_empty(&box);
    due[0] = callmanager_reset_changed(&m[0], now, &box.out);
    assert_int_equal(box.out.count, 0);
    assert_true(due[0] > now);
    on_hook(2);
    assert_null(shown(1, SCCP_RESET)); /* its handset is still off and a tone will come */
    on_hook(1);
    assert_non_null(shown(1, SCCP_RESET));
    off_hook(2);
    dial(2, "2000"); /* it rings until it obeys */
    assert_int_equal(state_at(1), CALL_RING_IN);
    ask(1, SCCP_UNREGISTER, 0);
    assert_string_equal(why_of(CM_UNREGISTERED), "reset");
    assert_text(prompt_of(2)->prompt.text, "Phone is not registered");
}

static void a_phone_that_registers_anew_on_its_connection_has_left_its_call(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    talk(1, 2, "2001");
    say(1, registering(1, T7960, 11));
    assert_non_null(shown(1, SCCP_REGISTER_ACK));
    assert_null(shown(1, SCCP_CALL_STATE));
    assert_int_equal(state_at(2), CALL_ON_HOOK);
    on_hook(2);
    no_call();
}

static void the_newest_list_of_capabilities_counts_in_each_of_its_forms(void **state)
{
    static const uint32_t forms[] = {SCCP_UPDATE_CAPABILITIES, SCCP_UPDATE_CAPABILITIES_V2,
                                     SCCP_UPDATE_CAPABILITIES_V3};

    (void)state;
    struct device *d = phone(1, 1, 20, "2000");
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        say(1, (struct sccp_message){.id = forms[i],
                                     .call.audio = {.count = 2, .codec = {{G722, 20}, {(uint32_t)i + 10, 40}}}});
        assert_int_equal(d->capabilities, 2);
        assert_int_equal(d->capability[0].codec, G722);
        assert_int_equal(d->capability[1].codec, i + 10);
        assert_int_equal(d->capability[1].milliseconds, 40);
    }
}

/* Of video, or of a layout that nobody knows: it takes nothing away from what the phone has told, and who has told
 * nothing else has G.711. */
static void a_list_of_capabilities_without_audio_codecs_counts_as_g_711_at_most(void **state)
{
    static const struct sccp_audio none = {.video = 2}, wild = {.count = 2, .codec = {{G711_U, 20}, {0, 0}}},
                                   wilder = {.count = 1, .codec = {{0x00a10001, 20}}};
    const struct sccp_audio *const lists[] = {&none, &wild, &wilder};

    (void)state;
    struct device *d = phone(1, 1, 20, "2000");
    (void)phone(2, 2, 20, "2001");
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        say(1, (struct sccp_message){.id = SCCP_UPDATE_CAPABILITIES_V3, .call.audio = *lists[i]});
        assert_int_equal(d->capabilities, 2);
        assert_int_equal(d->capability[1].codec, G729A);
    }
    say(1, registering(1, T7960, 20));
    assert_int_equal(d->capabilities, 0);
    off_hook(1);
    dial(1, "2001");
    assert_text(prompt_of(1)->prompt.text, "No common codec"); /* it has told none */
    on_hook(1);
    say(1, (struct sccp_message){.id = SCCP_UPDATE_CAPABILITIES_V3, .call.audio = none});
    off_hook(1);
    dial(1, "2001");
    assert_int_equal(the_call()->codec, G711_U);
}

/* Both found by fuzzing. */
static void a_phone_that_asks_the_time_in_a_call_is_reset_only_after_it(void **state)
{
    (void)state;
    struct device *d = phone(1, 1, 11, "2000");
    say(1, registering(1, T7960, 11)); /* again: not complete */
    d->record.owed = OWED_RESTART;
    off_hook(1);
    ask(1, SCCP_TIME_DATE_REQ, 0);
    assert_true(told(&box.out, CM_REGISTERED));
    assert_null(shown(1, SCCP_RESET));
    on_hook(1);
    assert_non_null(shown(1, SCCP_RESET));
}

static void a_register_that_is_rejected_ends_the_call_of_its_connection(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    talk(1, 2, "2001");
    say(1, registering(1, T7970, 11)); /* another model */
    assert_true(told(&box.out, CM_REJECTED));
    assert_string_equal(why_of(CM_UNREGISTERED), "rejected");
    assert_int_equal(state_at(2), CALL_ON_HOOK);
    on_hook(2);
    no_call();
}

static void a_device_that_is_removed_leaves_its_call(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    talk(1, 2, "2001");
    devices_remove(&w.t, devices_find(&w.t, mac_n(2)), NULL);
    step_at(0, &(struct event){.kind = EVENT_WAKE});
    assert_true(closed(2, 40));
    assert_int_equal(state_at(1), CALL_ON_HOOK);
    on_hook(1);
    no_call();
}

static void keys_of_what_is_not_built_are_masked_out_and_say_that_they_are_not_active(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    talk(1, 2, "2001");
    soft_key(1, TRANSFER);
    WROTE(1, SCCP_DISPLAY_DYNAMIC_NOTIFY);
    assert_int_equal(shown(1, SCCP_DISPLAY_DYNAMIC_NOTIFY)->prompt.label, 0x2d);
    soft_key(1, NEW_CALL);
    assert_int_equal(shown(1, SCCP_DISPLAY_DYNAMIC_NOTIFY)->prompt.label, 0x2d);
    assert_int_equal(the_call()->phase, PHASE_TALKING);
    dial(1, "55"); /* while they talk the phone sends its tones itself */
    assert_int_equal(box.out.count, 0);
}

static void a_device_that_is_not_registered_calls_nobody(void **state)
{
    (void)state;
    up(1);
    off_hook(1);
    dial(1, "2000");
    assert_int_equal(box.out.count, 0);
    no_call();
}

static void when_no_place_is_left_for_a_call_a_tone_and_a_text_say_so(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    uint32_t most = m[0].calls.most;
    m[0].calls.most = m[0].calls.used; /* half of all connections are in a call of their own */
    for (int by_key = 0; by_key < 2; by_key++) {
        off_hook(1);
        assert_int_equal(tone_at(1), TONE_REORDER);
        assert_int_equal(prompt_of(1)->prompt.label, 0x4a);
        assert_int_equal(m[0].connection[0].call, UINT32_MAX);
        if (by_key)
            soft_key(1, END_CALL);
        else
            on_hook(1);
        assert_non_null(shown(1, SCCP_STOP_TONE));
        assert_non_null(shown(1, SCCP_CLEAR_PROMPT_STATUS));
        assert_int_equal(shown(1, SCCP_SELECT_SOFT_KEYS)->keys.set, 0);
        assert_int_equal(state_at(1), CALL_ON_HOOK);
        on_hook(1); /* once is enough */
        assert_int_equal(writes_to(1), 0);
    }
    m[0].calls.most = most;
    off_hook(1);
    assert_int_equal(tone_at(1), TONE_INSIDE_DIAL);
}

static void every_version_makes_the_same_call_in_its_own_layouts(void **state)
{
    for (uint8_t a = 3; a <= 22; a++) {
        uint8_t b = (uint8_t)(25 - a);
        tear_down(state);
        set_up(state);
        (void)phone(1, 1, a, "2000");
        (void)phone(2, 2, b, "2001");
        talk(1, 2, "2001");
        soft_key(1, HOLD);
        soft_key(1, RESUME);
        opened(1, the_call()->party[0].stream, 20002);
        assert_int_equal(shown(2, SCCP_START_MEDIA_TRANSMISSION)->call.media.peer.address, IPV4(10, 0, 0, 51));
        assert_int_equal(shown(2, SCCP_START_MEDIA_TRANSMISSION)->call.media.peer.port, 20002);
        on_hook(2);
        on_hook(1);
        no_call();
        assert_int_equal(m[0].count.malformed, 0);
    }
}

static void the_list_of_calls_says_who_talks_since_when_and_how(void **state)
{
    (void)state;
    now = 5 * SECOND;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    (void)phone(3, 3, 11, "2002");
    talk(1, 2, "2001");
    now += SECOND;
    off_hook(3);
    const struct call *k = callmanager_next_call(&m[0], NULL);
    assert_string_equal(call_phase_name(k->phase), "talking");
    assert_string_equal(k->party[0].number, "2000");
    assert_string_equal(k->party[1].number, "2001");
    assert_true(callmanager_party(&m[0], k, 1) == devices_find(&w.t, mac_n(2)));
    assert_string_equal(call_codec_name(k->codec), "G.711 u-law");
    assert_int_equal(k->talking, 5 * SECOND);
    k = callmanager_next_call(&m[0], k);
    assert_string_equal(call_phase_name(k->phase), "dialling");
    assert_null(callmanager_party(&m[0], k, 1));
    assert_null(callmanager_next_call(&m[0], k));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(off_hook_gives_dial_tone_and_a_call_reference_that_is_stored_before_it_is_told),
        T(the_first_digit_ends_the_dial_tone_and_the_last_one_rings_both_phones),
        T(both_displays_have_names_and_numbers_of_both),
        T(answer_opens_a_receive_channel_at_both_and_each_sends_to_where_the_other_receives),
        T(whoever_hangs_up_both_are_released_and_their_media_closed),
        T(the_one_who_still_has_the_handset_off_hears_the_reorder_tone_until_he_hangs_up),
        T(one_that_never_hangs_up_is_not_busy_for_ever),
        T(a_phone_on_its_speaker_goes_on_hook_at_once_and_hears_no_tone),
        T(the_caller_who_hangs_up_before_the_answer_ends_the_ringing),
        T(a_phone_that_is_in_a_call_or_hears_a_tone_is_busy_and_so_is_ones_own_number),
        T(an_unknown_number_hears_the_reorder_tone_as_soon_as_no_longer_number_is_known),
        T(a_number_with_which_longer_ones_begin_waits_for_its_timer_or_pound),
        T(a_dial_tone_that_nobody_dials_at_ends),
        T(back_space_takes_the_last_digit_away),
        T(a_number_may_come_en_bloc_by_speed_dial_and_by_redial),
        T(each_line_of_a_device_can_call_and_be_called),
        T(hold_closes_the_media_and_resume_opens_it_again_with_new_parties),
        T(without_a_common_codec_the_call_is_refused_before_it_rings),
        T(a_phone_that_is_not_registered_or_at_another_callmanager_is_told_so),
        T(nobody_answers_for_three_minutes_and_the_caller_is_told),
        T(a_phone_that_vanishes_in_a_call_releases_the_other_one),
        T(a_phone_that_moves_to_another_callmanager_leaves_its_call_in_that_ones_step),
        T(a_phone_that_vanishes_while_it_rings_or_dials_leaves_nothing_behind),
        T(a_receive_channel_that_cannot_be_opened_ends_the_call_with_a_text),
        T(a_phone_that_cannot_send_ends_the_call_too),
        T(wild_values_in_the_messages_of_a_call_do_nothing),
        T(a_call_message_that_is_cut_is_counted_and_changes_nothing),
        T(a_number_of_the_most_digits_is_taken_whole),
        T(a_reset_waits_until_the_call_ends),
        T(a_phone_that_registers_anew_on_its_connection_has_left_its_call),
        T(the_newest_list_of_capabilities_counts_in_each_of_its_forms),
        T(a_list_of_capabilities_without_audio_codecs_counts_as_g_711_at_most),
        T(a_phone_that_asks_the_time_in_a_call_is_reset_only_after_it),
        T(a_register_that_is_rejected_ends_the_call_of_its_connection),
        T(a_device_that_is_removed_leaves_its_call),
        T(keys_of_what_is_not_built_are_masked_out_and_say_that_they_are_not_active),
        T(a_device_that_is_not_registered_calls_nobody),
        T(when_no_place_is_left_for_a_call_a_tone_and_a_text_say_so),
        T(every_version_makes_the_same_call_in_its_own_layouts),
        T(the_list_of_calls_says_who_talks_since_when_and_how),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
