/* A phone's side of a call: what the person does, what the CallManager says, in their order (phone/call.h). */
#include "phone/calling.h"

/* ---- calling */
static void off_hook_the_dial_tone_then_a_key_each_100_ms(void **state_)
{
    usec last = 0;

    (void)state_;
    phone("7960");
    user(USER_CALLS, 2000, "12*#");
    SAYS(SCCP_OFF_HOOK);
    tells(PHONE_OFF_HOOK, 1);
    world_run(&w, SECOND);
    says_nothing(); /* it dials into no silence */
    dial_tone();
    tells(PHONE_DIAL_TONE, 1);
    assert_int_equal(told_number(world_facts(&w, PHONE_DIAL_TONE), FACT_CALL, 0), CALL);
    static const uint32_t keys[] = {1, 2, 14, 15};
    for (size_t i = 0; i < 4; i++) {
        usec began = w.now;
        while (said.count == i) assert_true(world_next(&w, began + SECOND));
        assert_int_equal(said.m[i].id, SCCP_KEYPAD_BUTTON);
        assert_int_equal(said.m[i].call.pressed.key, keys[i]);
        assert_true(said.m[i].call.pressed.line == 1 && said.m[i].call.pressed.call == CALL);
        if (i) assert_int_equal(w.now - last, 100 * MSEC);
        last = w.now;
    }
    world_run(&w, SECOND);
    assert_int_equal(said.count, 4);
    assert_text(world_facts(&w, PHONE_DIALS), FACT_CALLED, "12*#");
}

static void en_bloc_the_number_goes_in_one_message(void **state_)
{
    (void)state_;
    phone("7960");
    user(USER_CALLS_EN_BLOC, 0, "1002");
    assert_string_equal(said.text[0], "1002");
    SAYS(SCCP_ENBLOC_CALL);
    speaker(SPEAKER_ON);
    state(CALL_OFF_HOOK);
    ring_back();
    tells(PHONE_RING_BACK, 1);
    connects(U_LAW);
    tells(PHONE_CONNECTED, 1);
    said.count = 0;
    release();
    SAYS(SCCP_ON_HOOK); /* the CallManager had put it off hook */
}

static void a_person_presses_keys_by_hand(void **state_)
{
    (void)state_;
    phone("7960");
    user(USER_PRESSES, 0, "1"); /* on hook: nothing */
    says_nothing();
    user(USER_LIFTS, 0, "");
    dial_tone();
    user(USER_PRESSES, 0, "7");
    user(USER_PRESSES, 0, "#");
    assert_true(said.m[1].call.pressed.key == 7 && said.m[2].call.pressed.key == 15);
    SAYS(SCCP_OFF_HOOK, SCCP_KEYPAD_BUTTON, SCCP_KEYPAD_BUTTON);
    user(USER_HANGS_UP, 0, "");
    SAYS(SCCP_ON_HOOK);
    state(CALL_ON_HOOK);
    speaker(SPEAKER_OFF);
    says_nothing(); /* it is on hook already */
}

static void who_calls_a_busy_number_listens_and_hangs_up(void **state_)
{
    (void)state_;
    phone("7960");
    user(USER_CALLS, 2000, "1002");
    dial_tone();
    world_run(&w, SECOND);
    said.count = 0;
    tone(TONE_BUSY);
    state(CALL_BUSY);
    tells(PHONE_REFUSED, 1);
    assert_text(world_facts(&w, PHONE_REFUSED), FACT_WHY, "busy");
    assert_text(world_facts(&w, PHONE_REFUSED), FACT_CALLED, "1002");
    world_run(&w, 1900 * MSEC);
    says_nothing();
    world_run(&w, 200 * MSEC);
    SAYS(SCCP_ON_HOOK);
    state(CALL_ON_HOOK);
    speaker(SPEAKER_OFF);
    says_nothing();
    assert_text(world_facts(&w, PHONE_ON_HOOK), FACT_WHY, "refused");
    tells(PHONE_MEDIA, 0);
}

static void who_pressed_the_keys_by_hand_listens_as_long_as_they_like(void **state_)
{
    (void)state_;
    phone("7960");
    user(USER_LIFTS, 0, "");
    dial_tone();
    user(USER_PRESSES, 0, "1");
    tone(TONE_BUSY);
    said.count = 0;
    world_run(&w, 20 * SECOND);
    says_nothing();
    user(USER_HANGS_UP, 0, "");
    SAYS(SCCP_ON_HOOK);
}

static void what_is_being_dialled_is_not_changed_by_what_the_display_shows(void **state_)
{
    (void)state_;
    phone("7960");
    user(USER_CALLS, 0, "12");
    dial_tone();
    info(2, "1001", "999");
    state_of(0, CALL_OFF_HOOK); /* of no call in particular */
    said.count = 0;
    world_run(&w, SECOND);
    assert_true(said.m[0].call.pressed.key == 1 && said.m[1].call.pressed.key == 2 &&
                said.m[1].call.pressed.call == CALL);
    SAYS(SCCP_KEYPAD_BUTTON, SCCP_KEYPAD_BUTTON);
}

static void reorder_says_that_a_number_is_unknown(void **state_)
{
    (void)state_;
    phone("7960");
    user(USER_CALLS, 0, "99");
    dial_tone();
    world_run(&w, SECOND);
    tone(TONE_REORDER);
    tells(PHONE_REFUSED, 1);
    assert_text(world_facts(&w, PHONE_REFUSED), FACT_WHY, "reorder");
}

/* ---- called */
static void it_rings_and_is_answered_when_the_person_wants(void **state_)
{
    (void)state_;
    phone("7960");
    user(USER_ANSWERS_AFTER, 1500, "");
    incoming();
    tells(PHONE_RINGS, 1);
    assert_text(world_facts(&w, PHONE_RINGS), FACT_CALLING, "1002");
    world_run(&w, 700 * MSEC);
    ringer(RINGER_OUTSIDE, CALL); /* another ring is no other call */
    tells(PHONE_RINGS, 1);
    speaker(SPEAKER_OFF); /* which it is */
    world_run(&w, 700 * MSEC);
    says_nothing();
    world_run(&w, 200 * MSEC);
    assert_true(said.m[0].call.of.line == 1 && said.m[0].call.of.call == CALL);
    SAYS(SCCP_OFF_HOOK);
    connects(U_LAW);
    tells(PHONE_CONNECTED, 1);
    assert_text(world_facts(&w, PHONE_CONNECTED), FACT_CALLING, "1002");
}

static void who_decides_while_it_rings_answers_then_or_not_at_all(void **state_)
{
    (void)state_;
    phone("7960");
    user(USER_ANSWERS_AFTER, 500, "");
    state(CALL_RING_IN);
    ringer(RINGER_INSIDE, OTHER_CALL); /* not this one */
    tells(PHONE_RINGS, 0);
    ringer(RINGER_INSIDE, CALL);
    user(USER_ANSWERS_AFTER, USER_NEVER, "");
    world_run(&w, 20 * SECOND);
    says_nothing();
    user(USER_ANSWERS_AFTER, 1000, "");
    world_run(&w, 900 * MSEC);
    says_nothing();
    world_run(&w, 200 * MSEC);
    SAYS(SCCP_OFF_HOOK);
}

static void nobody_answers_by_itself_and_a_hand_on_the_handset_does(void **state_)
{
    (void)state_;
    phone("7960");
    incoming();
    world_run(&w, 300 * SECOND);
    for (size_t i = 0; i < said.count; i++) assert_int_not_equal(said.m[i].id, SCCP_OFF_HOOK);
    said.count = 0;
    user(USER_HANGS_UP, 0, ""); /* there is nothing to hang up */
    says_nothing();
    user(USER_LIFTS, 0, "");
    SAYS(SCCP_OFF_HOOK);
}

static void a_caller_who_gives_up_ends_the_ringing(void **state_)
{
    (void)state_;
    phone("7960");
    user(USER_ANSWERS_AFTER, 3000, "");
    incoming();
    state(CALL_ON_HOOK);
    speaker(SPEAKER_OFF);
    ringer(RINGER_OFF, 0);
    assert_text(world_facts(&w, PHONE_ON_HOOK), FACT_WHY, "the caller gave up");
    world_run(&w, 10 * SECOND);
    says_nothing();
    assert_int_equal(w.phone.call.stage, STAGE_IDLE);
}

/* ---- the end */
static void the_caller_hangs_up_when_they_have_talked_long_enough(void **state_)
{
    (void)state_;
    phone("7960");
    talking(U_LAW, 2000);
    usec began = w.now;
    while (said.count == 0) assert_true(world_next(&w, began + 5 * SECOND));
    assert_int_equal(w.now - began, 2 * SECOND);
    SAYS(SCCP_ON_HOOK);
    unsigned sent = w.voice.count;
    world_run(&w, 100 * MSEC);
    assert_int_equal(w.voice.count, sent); /* its microphone is off at once */
    release();
    says_nothing();
    tells(PHONE_ON_HOOK, 1);
    tells(PHONE_MEDIA, 1);
    assert_int_equal(counted(FACT_SENT), sent);
    assert_text(world_facts(&w, PHONE_MEDIA), FACT_CODEC, "G.711 u-law");
    assert_text(world_facts(&w, PHONE_ON_HOOK), FACT_WHY, "hung up");
    assert_about(told_number(world_facts(&w, PHONE_ON_HOOK), FACT_TOOK, 0), 2100, 10);
    assert_int_equal(w.phone.call.stage, STAGE_IDLE);
}

static void hung_up_on_it_goes_on_hook_and_says_so_once(void **state_)
{
    (void)state_;
    phone("7960");
    called_and_talking();
    world_run(&w, SECOND);
    release();
    SAYS(SCCP_ON_HOOK);
    assert_text(world_facts(&w, PHONE_ON_HOOK), FACT_WHY, "the other side hung up");
    unsigned sent = w.voice.count;
    world_run(&w, 5 * SECOND);
    says_nothing();
    assert_int_equal(w.voice.count, sent);
}

static void without_speaker_off_the_person_puts_the_handset_down(void **state_)
{
    (void)state_;
    phone("7960");
    called_and_talking();
    state(CALL_ON_HOOK);
    tells(PHONE_ON_HOOK, 1);
    state(CALL_ON_HOOK);
    tells(PHONE_ON_HOOK, 1);
    state(CALL_CONNECTED); /* too late */
    tells(PHONE_CONNECTED, 1);
    assert_int_equal(w.phone.call.stage, STAGE_OVER);
    tone(TONE_REORDER); /* it hears that it has to */
    tells(PHONE_REFUSED, 0);
    world_run(&w, 900 * MSEC);
    says_nothing();
    world_run(&w, 200 * MSEC);
    SAYS(SCCP_ON_HOOK);
    assert_int_equal(w.phone.call.stage, STAGE_IDLE);
    tells(PHONE_ON_HOOK, 1);
}

static void a_callmanager_that_does_not_answer_on_hook_leaves_no_call_behind(void **state_)
{
    (void)state_;
    phone("7960");
    talking(U_LAW, 0);
    user(USER_HANGS_UP, 0, "");
    user(USER_HANGS_UP, 0, "");
    SAYS(SCCP_ON_HOOK);
    unsigned sent = w.voice.count;
    say(media(SCCP_START_MEDIA_TRANSMISSION, U_LAW)); /* it crossed its OnHook */
    world_run(&w, 1900 * MSEC);
    assert_int_equal(w.voice.count, sent);
    tells(PHONE_ON_HOOK, 0);
    world_run(&w, 200 * MSEC);
    tells(PHONE_ON_HOOK, 1);
    assert_int_equal(w.phone.call.stage, STAGE_IDLE);
    talking(U_LAW, 0); /* and it can call again */
    tells(PHONE_CONNECTED, 2);
}

static void power_lost_in_a_call_ends_it_and_the_next_boot_knows_nothing_of_it(void **state_)
{
    (void)state_;
    phone("7960");
    talking(U_LAW, 0);
    world_run(&w, SECOND);
    unsigned sent = w.voice.count;
    world_unplug(&w);
    tells(PHONE_ON_HOOK, 0);
    world_run(&w, 5 * SECOND);
    tells(PHONE_ON_HOOK, 1);
    assert_text(world_facts(&w, PHONE_ON_HOOK), FACT_WHY, "the CallManager is gone");
    assert_int_equal(counted(FACT_SENT), sent);
    assert_int_equal(w.voice.count, sent);
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 30 * SECOND));
    assert_int_equal(w.phone.call.stage, STAGE_IDLE);
}

static void a_callmanager_lost_in_a_call_ends_it_and_the_second_one_gets_no_word_of_it(void **state_)
{
    (void)state_;
    phone("7960");
    talking(U_LAW, 0);
    struct event e = {.kind = EVENT_DOWN, .stream = w.site.cm[0].stream, .why = DOWN_RESET};
    w.site.cm[0].stream = 0;
    world_event(&w, &e);
    tells(PHONE_ON_HOOK, 1);
    assert_int_equal(w.phone.call.stage, STAGE_IDLE);
    says_nothing();
    unsigned sent = w.voice.count;
    world_run(&w, 10 * SECOND);
    assert_int_equal(w.voice.count, sent);
    assert_true(phone_registered(&w.phone));
    for (size_t i = 0; i < said.count; i++) assert_int_not_equal(said.m[i].id, SCCP_ON_HOOK);
}

/* ---- hold */
static void hold_and_resume_by_soft_key(void **state_)
{
    (void)state_;
    phone("7960");
    talking(U_LAW, 0);
    world_run(&w, SECOND);
    user(USER_HOLDS, 0, "");
    assert_true(said.m[0].call.pressed.key == 3 && said.m[0].call.pressed.call == CALL);
    SAYS(SCCP_SOFT_KEY_EVENT);
    closing(SCCP_CLOSE_RECEIVE_CHANNEL, PARTY);
    closing(SCCP_STOP_MEDIA_TRANSMISSION, PARTY);
    state(CALL_HOLD);
    speaker(SPEAKER_OFF);
    SAYS(SCCP_ON_HOOK); /* which leaves a held call */
    tells(PHONE_HELD, 1);
    tells(PHONE_ON_HOOK, 0);
    unsigned sent = w.voice.count;
    world_run(&w, SECOND);
    assert_int_equal(w.voice.count, sent);
    user(USER_RESUMES, 0, "");
    assert_int_equal(said.m[0].call.pressed.key, 10);
    SAYS(SCCP_SOFT_KEY_EVENT);
    speaker(SPEAKER_ON);
    connects(U_LAW);
    tells(PHONE_RESUMED, 1);
    tells(PHONE_CONNECTED, 1);
    world_run(&w, SECOND);
    assert_in_range(w.voice.count, sent + 49, sent + 51);
    release();
    assert_int_equal(counted(FACT_SENT), w.voice.count); /* of both streams */
}

static void a_7910_has_a_hold_button_and_no_soft_keys(void **state_)
{
    (void)state_;
    phone("7910");
    talking(U_LAW, 0);
    user(USER_HOLDS, 0, "");
    assert_int_equal(said.m[0].call.stimulus.button, 3);
    SAYS(SCCP_STIMULUS);
    state(CALL_HOLD);
    speaker(SPEAKER_OFF);
    SAYS(SCCP_ON_HOOK);
    user(USER_HANGS_UP, 0, ""); /* has no EndCall: takes it back first */
    SAYS(SCCP_STIMULUS);
    speaker(SPEAKER_ON);
    connects(U_LAW);
    SAYS(SCCP_OPEN_RECEIVE_CHANNEL_ACK);
    world_run(&w, 3 * SECOND);
    SAYS(SCCP_ON_HOOK);
}

static void who_hangs_up_a_held_call_presses_end_call(void **state_)
{
    (void)state_;
    phone("7960");
    talking(U_LAW, 0);
    state(CALL_HOLD);
    speaker(SPEAKER_OFF);
    said.count = 0;
    user(USER_HANGS_UP, 0, "");
    assert_int_equal(said.m[0].call.pressed.key, 9);
    SAYS(SCCP_SOFT_KEY_EVENT);
    release();
    says_nothing();
    assert_text(world_facts(&w, PHONE_ON_HOOK), FACT_WHY, "hung up");
}

/* ---- out of place */
static void a_phone_in_no_call_says_nothing_whatever_it_is_told_of_one(void **state_)
{
    static const uint32_t ids[] = {SCCP_START_TONE, SCCP_STOP_TONE,  SCCP_SET_LAMP,         SCCP_DIALED_NUMBER,
                                   SCCP_CALL_INFO,  SCCP_CALL_STATE, SCCP_SELECT_SOFT_KEYS, SCCP_ACTIVATE_CALL_PLANE};

    (void)state_;
    phone("7960");
    usec due = w.phone.station.link[0].due;
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) say((struct sccp_message){.id = ids[i]});
    for (uint32_t s = 0; s < 16; s++)
        if (s != CALL_RING_IN) state(s);
    say(media(SCCP_OPEN_RECEIVE_CHANNEL, U_LAW));
    say(media(SCCP_START_MEDIA_TRANSMISSION, U_LAW));
    speaker(SPEAKER_OFF);
    ringer(RINGER_INSIDE, CALL);
    user(USER_HOLDS, 0, "");
    user(USER_RESUMES, 0, "");
    user(USER_HANGS_UP, 0, "");
    says_nothing();
    assert_int_equal(w.tells, 0);
    assert_true(phone_call_due(&w.phone.call) == NEVER && w.phone.station.link[0].due == due);
}

static void another_calls_messages_do_not_touch_this_one(void **state_)
{
    (void)state_;
    phone("7960");
    talking(U_LAW, 0);
    state_of(OTHER_CALL, CALL_RING_IN);
    ringer(RINGER_INSIDE, OTHER_CALL);
    state_of(OTHER_CALL, CALL_ON_HOOK);
    struct sccp_message stop = {.id = SCCP_STOP_MEDIA_TRANSMISSION,
                                .call.close = {.conference = OTHER_CALL, .party = 5, .call = OTHER_CALL}};
    say(stop);
    closing(SCCP_CLOSE_RECEIVE_CHANNEL, PARTY + 1); /* a channel of before */
    says_nothing();
    tells(PHONE_ON_HOOK, 0);
    assert_int_not_equal(own_port(), 0);
    world_run(&w, SECOND);
    assert_in_range(w.voice.count, 49, 51);
    user(USER_CALLS, 0, "1003"); /* it has one line and one call */
    says_nothing();
}

static void a_phone_without_service_does_not_go_off_hook(void **state_)
{
    (void)state_;
    world_init(&w, "7960", "P0030801SR02", "");
    w.sccp = keep;
    said.count = 0;
    user(USER_LIFTS, 0, "");
    user(USER_CALLS, 0, "1002");
    says_nothing();
    assert_int_equal(w.tells, 0);
}

static void a_users_event_that_cannot_be_read_does_nothing(void **state_)
{
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {{"", 0},
               {"\1", 1},
               {"\2\0\0\0", 4},
               {"\0\0\0\0\0", 5},
               {"\11\0\0\0\0", 5},
               {"\2\0\0\0\0"
                "10a2",
                9},
               {"\2\0\0\0\0", 5}, /* no number */
               {"\2\0\0\0\0"
                "1234567890123456789012345",
                30}};

    (void)state_;
    phone("7960");
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct user u;
        struct fault why;
        struct bytes b = {(const uint8_t *)bad[i].bytes, bad[i].len};
        assert_int_equal(user_decode(&u, b, &why), bad[i].len == 5 && bad[i].bytes[0] == 2);
        world_event(&w, &(struct event){.kind = EVENT_USER, .bytes = b});
    }
    says_nothing();
    assert_int_equal(w.tells, 0);
    user(USER_CALLS, 0, "123456789012345678901234"); /* 24 digits are the most */
    SAYS(SCCP_OFF_HOOK);
}

static void every_model_makes_and_takes_a_call_in_the_version_of_its_load(void **state_)
{
    (void)state_;
    for (size_t i = 0; i < model_count(); i++) {
        const struct phone_model *m = model_at(i);
        if (!m->speaks_sccp || !load_built_in(m, false)) continue;
        phone(m->name);
        talking(U_LAW, 1000);
        rtp_of(1, 1, RTP_PCMU, MSEC);
        world_run(&w, 2 * SECOND);
        release();
        if (world_count(&w, PHONE_ON_HOOK) != 1 || counted(FACT_RECEIVED) != 1 || counted(FACT_SENT) < 45)
            fail_msg("a %s makes no call", m->name);
        called_and_talking();
        world_run(&w, SECOND);
        release();
        if (world_count(&w, PHONE_RINGS) != 1 || counted(FACT_SENT) < 45) fail_msg("a %s takes no call", m->name);
        assert_int_equal(world_count(&w, PHONE_MALFORMED), 0);
    }
}

static void each_message_of_the_call_is_told_in_its_order(void **state_)
{
    static const char *const names[] = {"OffHook",
                                        "SetRinger",
                                        "SetSpeakerMode",
                                        "CallState",
                                        "StartTone",
                                        "CallState",
                                        "CallInfoDynamic",
                                        "StartTone",
                                        "CallState",
                                        "OpenReceiveChannel",
                                        "OpenReceiveChannelAck",
                                        "CallState",
                                        "StartMediaTransmission"};
    size_t at = 0;

    (void)state_;
    phone("7960");
    user(USER_LIFTS, 0, "");
    dial_tone();
    ring_back();
    connects(U_LAW);
    for (size_t i = 0; i < w.tells; i++) {
        struct bytes facts = {w.told[i].bytes, w.told[i].len};
        if (w.told[i].news != PHONE_MESSAGE) continue;
        assert_true(at < ARRAY_LENGTH(names));
        assert_text(facts, FACT_MESSAGE, names[at]);
        bool own = strcmp(names[at], "OffHook") == 0 || bytes_end(bytes_of(names[at]), "Ack");
        assert_text(facts, FACT_SOURCE, own ? "phone" : "callmanager");
        at++;
    }
    assert_int_equal(at, ARRAY_LENGTH(names));
}

/* Any message of a call and any act of the person, at any time: world_event sees to it that nothing is dropped and
 * nothing spins; whatever came, the phone can then make a call. */
static void ten_thousand_random_acts_and_messages_are_survived(void **state_)
{
    static const uint32_t ids[] = {SCCP_START_TONE,
                                   SCCP_STOP_TONE,
                                   SCCP_SET_RINGER,
                                   SCCP_SET_SPEAKER_MODE,
                                   SCCP_CALL_INFO_DYNAMIC,
                                   SCCP_CALL_STATE,
                                   SCCP_CALL_STATE,
                                   SCCP_OPEN_RECEIVE_CHANNEL,
                                   SCCP_CLOSE_RECEIVE_CHANNEL,
                                   SCCP_STOP_MEDIA_TRANSMISSION,
                                   SCCP_START_MEDIA_TRANSMISSION,
                                   SCCP_CONNECTION_STATISTICS_REQ};

    (void)state_;
    phone("7960");
    for (unsigned seed = 1; seed <= 4; seed++) {
        struct random r = random_from(seed);
        for (int i = 0; i < 10000; i++) {
            struct sccp_message m = {.id = ids[random_below(&r, ARRAY_LENGTH(ids))]};
            uint32_t call = CALL + random_below(&r, 2), n = random_below(&r, 16);
            w.tells = said.count = w.site.cm[0].count = 0;
            if (random_below(&r, 3) == 0) {
                user((enum user_does)(1 + random_below(&r, 8)), random_below(&r, 3000),
                     random_below(&r, 2) ? "1002" : "");
                continue;
            }
            if (random_below(&r, 3) == 0) {
                world_run(&w, random_below(&r, 500) * MSEC);
                continue;
            }
            if (m.id == SCCP_CALL_STATE) m.call.state = (struct sccp_state){.state = n, .line = 1, .call = call};
            if (m.id == SCCP_START_TONE) m.call.tone = (struct sccp_tone_of){.tone = 0x20 + n, .line = 1, .call = call};
            if (m.id == SCCP_SET_RINGER) m.call.ring = (struct sccp_ring){n % 6, 1, 1, call};
            if (m.id == SCCP_SET_SPEAKER_MODE) m.number = n % 3;
            if (m.id == SCCP_OPEN_RECEIVE_CHANNEL || m.id == SCCP_START_MEDIA_TRANSMISSION) m = media(m.id, n);
            say(m);
        }
        w.tells = said.count = w.site.cm[0].count = 0;
        user(USER_ANSWERS_AFTER, USER_NEVER, "");
        user(USER_HANGS_UP, 0, "");
        state(CALL_ON_HOOK);
        state_of(OTHER_CALL, CALL_ON_HOOK);
        speaker(SPEAKER_OFF);
        world_run(&w, 5 * SECOND);
        assert_int_equal(w.phone.call.stage, STAGE_IDLE);
        w.tells = said.count = 0;
        talking(U_LAW, 0);
        tells(PHONE_CONNECTED, 1);
        release();
        assert_int_equal(w.phone.call.stage, STAGE_IDLE);
    }
}

/* ---- another call server: the order, and the numbers, of Asterisk's chan_skinny. It names the call in no message of
 * its media, makes the call's number the party's, closes with conference 0, and puts the speaker off before all
 * else. */
static struct sccp_message of_asterisk(uint32_t id)
{
    struct sccp_message m = media(id, U_LAW);

    m.call.media.party = CALL;
    m.call.media.call = 0;
    return m;
}

static void asterisk_closes(void)
{
    say((struct sccp_message){.id = SCCP_CLOSE_RECEIVE_CHANNEL, .call.close = {.party = CALL}});
    say((struct sccp_message){.id = SCCP_STOP_MEDIA_TRANSMISSION, .call.close = {.party = CALL}});
}

static void a_call_goes_as_asterisks_chan_skinny_orders_it(void **state_)
{
    (void)state_;
    phone("7960");
    user(USER_CALLS, 0, "1002");
    state(CALL_OFF_HOOK);
    say((struct sccp_message){.id = SCCP_ACTIVATE_CALL_PLANE, .number = 1});
    say((struct sccp_message){.id = SCCP_CLEAR_DISPLAY});
    tone(TONE_INSIDE_DIAL);
    world_run(&w, SECOND);
    SAYS(SCCP_OFF_HOOK, SCCP_KEYPAD_BUTTON, SCCP_KEYPAD_BUTTON, SCCP_KEYPAD_BUTTON, SCCP_KEYPAD_BUTTON);
    state(CALL_OFF_HOOK); /* once more, when the number is complete */
    state(CALL_PROCEED);
    tone(TONE_ALERTING);
    state(CALL_RING_OUT);
    tells(PHONE_RING_BACK, 1);
    say((struct sccp_message){.id = SCCP_SET_RINGER, .call.ring = {RINGER_OFF, 1, 1, 0}});
    state(CALL_CONNECTED);
    say(of_asterisk(SCCP_OPEN_RECEIVE_CHANNEL));
    assert_true(said.m[0].call.receiving.status == 0 && said.m[0].call.receiving.party == CALL);
    SAYS(SCCP_OPEN_RECEIVE_CHANNEL_ACK);
    say(of_asterisk(SCCP_START_MEDIA_TRANSMISSION));
    tells(PHONE_CONNECTED, 1);
    world_run(&w, SECOND);
    assert_in_range(w.voice.count, 45, 55);
    user(USER_HOLDS, 0, "");
    SAYS(SCCP_SOFT_KEY_EVENT);
    asterisk_closes();
    state(CALL_HOLD);
    tells(PHONE_HELD, 1);
    user(USER_RESUMES, 0, "");
    SAYS(SCCP_SOFT_KEY_EVENT);
    say(of_asterisk(SCCP_OPEN_RECEIVE_CHANNEL));
    state(CALL_CONNECTED);
    say(of_asterisk(SCCP_START_MEDIA_TRANSMISSION));
    SAYS(SCCP_OPEN_RECEIVE_CHANNEL_ACK);
    tells(PHONE_RESUMED, 1);
    speaker(SPEAKER_OFF); /* the other side hung up */
    SAYS(SCCP_ON_HOOK);
    asterisk_closes();
    say((struct sccp_message){.id = SCCP_STOP_TONE, .call.tone = {.line = 1, .call = CALL}});
    state(CALL_ON_HOOK);
    ringer(RINGER_OFF, 0);
    tells(PHONE_ON_HOOK, 1);
    assert_int_equal(w.phone.call.stage, STAGE_IDLE);
    says_nothing();
    /* and one that comes */
    user(USER_ANSWERS_AFTER, 500, "");
    state_of(OTHER_CALL, CALL_RING_IN);
    say((struct sccp_message){.id = SCCP_SET_RINGER, .call.ring = {RINGER_INSIDE, 1, 1, 0}});
    world_run(&w, SECOND);
    assert_true(said.m[0].call.of.call == OTHER_CALL);
    SAYS(SCCP_OFF_HOOK);
}

#define T(name) cmocka_unit_test(name)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(off_hook_the_dial_tone_then_a_key_each_100_ms),
        T(en_bloc_the_number_goes_in_one_message),
        T(a_person_presses_keys_by_hand),
        T(who_calls_a_busy_number_listens_and_hangs_up),
        T(who_pressed_the_keys_by_hand_listens_as_long_as_they_like),
        T(what_is_being_dialled_is_not_changed_by_what_the_display_shows),
        T(reorder_says_that_a_number_is_unknown),
        T(it_rings_and_is_answered_when_the_person_wants),
        T(who_decides_while_it_rings_answers_then_or_not_at_all),
        T(nobody_answers_by_itself_and_a_hand_on_the_handset_does),
        T(a_caller_who_gives_up_ends_the_ringing),
        T(the_caller_hangs_up_when_they_have_talked_long_enough),
        T(hung_up_on_it_goes_on_hook_and_says_so_once),
        T(without_speaker_off_the_person_puts_the_handset_down),
        T(a_callmanager_that_does_not_answer_on_hook_leaves_no_call_behind),
        T(power_lost_in_a_call_ends_it_and_the_next_boot_knows_nothing_of_it),
        T(a_callmanager_lost_in_a_call_ends_it_and_the_second_one_gets_no_word_of_it),
        T(hold_and_resume_by_soft_key),
        T(a_7910_has_a_hold_button_and_no_soft_keys),
        T(who_hangs_up_a_held_call_presses_end_call),
        T(a_phone_in_no_call_says_nothing_whatever_it_is_told_of_one),
        T(another_calls_messages_do_not_touch_this_one),
        T(a_phone_without_service_does_not_go_off_hook),
        T(a_users_event_that_cannot_be_read_does_nothing),
        T(every_model_makes_and_takes_a_call_in_the_version_of_its_load),
        T(each_message_of_the_call_is_told_in_its_order),
        T(ten_thousand_random_acts_and_messages_are_survived),
        T(a_call_goes_as_asterisks_chan_skinny_orders_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
