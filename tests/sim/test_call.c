/* Calls between phones of a lab in virtual time: our phone (phone/call.h) and our CallManager (server/call.h) against
 * one another, over the switch, with real RTP packets between the phones. */
#include "lab.h"
#include "phone/call.h"
#include "base/random.h"

enum { A, B, C, PHONES };

static struct lab *lab;
static struct {
    uint32_t calls, refused, sent, received, lost; /* sums of what was told */
    char why[40], refused_why[40];
} told_of[PLAN_PHONES];
static uint32_t ended_of_server, refused_by_server;
static char server_why[40];

static void note(void *context, usec now, enum sim_side side, uint32_t party, const struct action *a,
                 struct bytes facts)
{
    hear(context, now, side, party, a, facts);
    if (side == SIDE_SITE && (a->news == CM_CALL_ENDED || a->news == CM_CALL_REFUSED)) {
        ended_of_server += a->news == CM_CALL_ENDED;
        refused_by_server += a->news == CM_CALL_REFUSED;
        text_copy(server_why, sizeof server_why, told_text(facts, FACT_WHY));
    }
    if (side != SIDE_FLEET || party >= PLAN_PHONES) return;
    if (a->news == PHONE_ON_HOOK) text_copy(told_of[party].why, sizeof told_of[party].why, told_text(facts, FACT_WHY));
    if (a->news == PHONE_REFUSED)
        text_copy(told_of[party].refused_why, sizeof told_of[party].refused_why, told_text(facts, FACT_WHY));
    if (a->news != PHONE_MEDIA) return;
    told_of[party].calls++;
    told_of[party].sent += (uint32_t)told_number(facts, FACT_SENT, 0);
    told_of[party].received += (uint32_t)told_number(facts, FACT_RECEIVED, 0);
    told_of[party].lost += (uint32_t)told_number(facts, FACT_LOST, 0);
}

static void run(usec length)
{
    (void)sim_run(&lab->sim, lab->sim.now + length, NULL, NULL);
}

static void opened(uint32_t phones, uint64_t seed)
{
    struct sim_config config = {0};

    memset(told_of, 0, sizeof told_of);
    ended_of_server = refused_by_server = 0;
    lab = lab_of(phones, seed);
    begin(lab, config);
    lab->sim.config.tell = note;
}

static void registered(uint32_t phones, uint64_t seed)
{
    opened(phones, seed);
    run(20 * SECOND);
    assert_int_equal(registered_now(lab), phones);
}

static const char *number_of(uint32_t phone)
{
    return lab->sim.fleet->phone[phone].station.number;
}

static enum call_stage stage(uint32_t phone)
{
    return (enum call_stage)lab->sim.fleet->phone[phone].call.stage;
}

static void user(uint32_t phone, enum user_does does, uint32_t milliseconds, const char *number)
{
    uint8_t b[64];
    struct writer w = writer(b, sizeof b);

    user_encode(&w, &(struct user){does, milliseconds, bytes_of(number)});
    sim_user(&lab->sim, phone, written(&w));
}

static uint32_t seen(uint32_t phone, uint16_t news)
{
    return lab->seen[phone][news - PHONE_POWERED];
}

/* Neither phones nor CallManagers know of any call. */
static void all_is_quiet(void)
{
    for (uint32_t i = 0; i < lab->plan.phones; i++) assert_int_equal(stage(i), STAGE_IDLE);
    for (uint8_t i = 0; i < lab->plan.callmanagers; i++)
        assert_null(callmanager_next_call(&lab->sim.site.callmanager[i], NULL));
}

static void call_and_talk(uint32_t from, uint32_t to, uint32_t talk)
{
    user(to, USER_ANSWERS_AFTER, 1000, "");
    user(from, USER_CALLS, talk, number_of(to));
    run(2 * SECOND);
    assert_int_equal(stage(from), STAGE_TALKING);
    assert_int_equal(stage(to), STAGE_TALKING);
}

static void two_phones_talk_and_each_hears_what_the_other_sends(void **state)
{
    (void)state;
    registered(PHONES, 1);
    call_and_talk(A, B, 5000);
    run(20 * SECOND);
    for (uint32_t i = A; i <= B; i++) {
        assert_in_range(told_of[i].sent, 245, 252);
        assert_int_equal(told_of[i].lost, 0);
        assert_in_range(told_of[i].received, told_of[!i].sent - 3, told_of[!i].sent);
        assert_true(seen(i, PHONE_HEARS) == 1 && seen(i, PHONE_CONNECTED) == 1 && seen(i, PHONE_MALFORMED) == 0);
    }
    assert_true(seen(A, PHONE_DIAL_TONE) == 1 && seen(A, PHONE_RING_BACK) == 1 && seen(B, PHONE_RINGS) == 1);
    assert_string_equal(told_of[A].why, "hung up");
    assert_string_equal(told_of[B].why, "the other side hung up");
    assert_string_equal(server_why, "answered");
    assert_int_equal(seen(C, PHONE_MESSAGE), 0);
    all_is_quiet();
    end(lab);
}

static void every_pair_of_models_understands_one_another_in_their_versions(void **state)
{
    (void)state;
    registered(PHONES, 2);
    for (uint32_t from = 0; from < PHONES; from++)
        for (uint32_t to = 0; to < PHONES; to++) {
            if (from == to) continue;
            uint32_t calls = told_of[from].calls, other = told_of[to].calls;
            call_and_talk(from, to, 2000);
            run(5 * SECOND);
            assert_true(told_of[from].calls == calls + 1 && told_of[to].calls == other + 1);
            all_is_quiet();
        }
    for (uint32_t i = 0; i < PHONES; i++) assert_true(told_of[i].received > 150 && told_of[i].lost == 0);
    end(lab);
}

static void the_called_may_hang_up_first(void **state)
{
    (void)state;
    registered(PHONES, 3);
    call_and_talk(A, B, 0);
    user(B, USER_HANGS_UP, 0, "");
    run(5 * SECOND);
    assert_string_equal(told_of[B].why, "hung up");
    assert_string_equal(told_of[A].why, "the other side hung up");
    all_is_quiet();
    end(lab);
}

static void en_bloc_rings_at_once(void **state)
{
    (void)state;
    registered(PHONES, 4);
    user(C, USER_CALLS_EN_BLOC, 1000, number_of(B));
    user(B, USER_ANSWERS_AFTER, 0, "");
    run(200 * MSEC);
    assert_int_equal(stage(B), STAGE_TALKING);
    run(5 * SECOND);
    assert_string_equal(told_of[C].why, "hung up");
    all_is_quiet();
    end(lab);
}

static void a_busy_phone_is_told_to_the_third_and_its_call_goes_on(void **state)
{
    (void)state;
    registered(PHONES, 5);
    call_and_talk(A, B, 0);
    user(C, USER_CALLS, 1000, number_of(B));
    run(2 * SECOND);
    assert_string_equal(told_of[C].refused_why, "busy");
    assert_int_equal(stage(C), STAGE_REFUSED);
    run(5 * SECOND);
    assert_string_equal(told_of[C].why, "refused");
    assert_int_equal(stage(C), STAGE_IDLE);
    assert_true(stage(A) == STAGE_TALKING && stage(B) == STAGE_TALKING);
    user(A, USER_HANGS_UP, 0, "");
    run(5 * SECOND);
    assert_int_equal(told_of[B].lost, 0);
    all_is_quiet();
    end(lab);
}

static void an_unknown_number_gives_reorder_and_then_is_released(void **state)
{
    (void)state;
    registered(PHONES, 6);
    user(A, USER_CALLS, 1000, "5555");
    run(2 * SECOND);
    assert_string_equal(told_of[A].refused_why, "reorder");
    assert_string_equal(server_why, "unknown number");
    run(5 * SECOND);
    all_is_quiet();
    user(B, USER_LIFTS, 0, ""); /* and dials nothing: released by the CallManager */
    run(60 * SECOND);
    assert_string_equal(server_why, "no number dialled");
    all_is_quiet();
    end(lab);
}

static void who_does_not_answer_is_not_rung_for_ever(void **state)
{
    (void)state;
    registered(PHONES, 7);
    user(A, USER_CALLS, 1000, number_of(B));
    run(170 * SECOND);
    assert_int_equal(stage(B), STAGE_RINGING);
    run(60 * SECOND);
    assert_string_equal(server_why, "no answer");
    assert_string_equal(told_of[B].why, "the caller gave up");
    all_is_quiet();
    end(lab);
}

static void hold_stops_the_voice_both_ways_and_resume_brings_it_back(void **state)
{
    (void)state;
    registered(PHONES, 8);
    for (uint32_t holder = A; holder <= C; holder++) { /* by soft key, and by the 7910's button */
        uint32_t other = (holder + 1) % PHONES;
        call_and_talk(holder, other, 0);
        user(holder, USER_HOLDS, 0, "");
        run(SECOND);
        assert_int_equal(stage(holder), STAGE_HELD);
        uint32_t sent = lab->sim.fleet->phone[other].call.voice.sent,
                 mine = lab->sim.fleet->phone[holder].call.voice.sent;
        run(3 * SECOND);
        assert_int_equal(lab->sim.fleet->phone[other].call.voice.sent, sent);
        assert_int_equal(lab->sim.fleet->phone[holder].call.voice.sent, mine);
        user(holder, USER_RESUMES, 0, "");
        run(2 * SECOND);
        assert_int_equal(stage(holder), STAGE_TALKING);
        assert_in_range(lab->sim.fleet->phone[other].call.voice.sent, sent + 95, sent + 101);
        assert_in_range(lab->sim.fleet->phone[holder].call.voice.sent, mine + 95, mine + 101);
        assert_int_equal(voice_lost(&lab->sim.fleet->phone[other].call.voice), 0);
        user(holder, USER_HANGS_UP, 0, "");
        run(5 * SECOND);
        assert_int_equal(seen(holder, PHONE_RESUMED), 1);
        all_is_quiet();
    }
    end(lab);
}

static void a_held_call_is_ended_by_who_holds_it_and_by_who_waits(void **state)
{
    (void)state;
    registered(PHONES, 9);
    for (uint32_t round = 0; round < 4; round++) {
        uint32_t holder = round & 1 ? A : B; /* a 7910 has no EndCall key */
        call_and_talk(A, B, 0);
        user(holder, USER_HOLDS, 0, "");
        run(SECOND);
        assert_int_equal(stage(holder), STAGE_HELD);
        user(round & 2 ? holder : holder == A ? B : A, USER_HANGS_UP, 0, "");
        run(10 * SECOND);
        all_is_quiet();
    }
    end(lab);
}

static void a_phone_that_vanishes_in_the_call_leaves_the_other_one_free(void **state)
{
    (void)state;
    registered(PHONES, 10);
    call_and_talk(A, B, 0);
    sim_plug(&lab->sim, B, CABLE_OPEN);
    run(SECOND);
    assert_string_equal(told_of[B].why, "the CallManager is gone");
    assert_int_equal(stage(B), STAGE_IDLE);
    run(200 * SECOND); /* its keepalives do not come any more */
    assert_int_equal(stage(A), STAGE_IDLE);
    assert_string_equal(told_of[A].why, "the other side hung up");
    assert_string_equal(server_why, "a phone vanished");
    sim_plug(&lab->sim, B, CABLE_STRAIGHT);
    run(30 * SECOND);
    all_is_quiet();
    call_and_talk(B, A, 2000);
    run(5 * SECOND);
    all_is_quiet();
    end(lab);
}

static void a_callmanager_that_goes_down_ends_the_call_and_the_next_one_makes_the_next(void **state)
{
    (void)state;
    registered(PHONES, 11);
    call_and_talk(A, B, 0);
    sim_callmanager(&lab->sim, 0, true, false);
    run(20 * SECOND);
    assert_string_equal(told_of[A].why, "the CallManager is gone");
    assert_int_equal(registered_now(lab), PHONES);
    assert_true(stage(A) == STAGE_IDLE && stage(B) == STAGE_IDLE);
    call_and_talk(A, B, 2000);
    run(5 * SECOND);
    assert_string_equal(told_of[A].why, "hung up");
    end(lab);
}

/* The loads of these phones all have G.711: here each has one codec that the others have not. */
static void without_a_codec_in_common_the_call_is_refused(void **state)
{
    static const uint16_t codecs[PHONES] = {4, 12, 6};

    (void)state;
    opened(PHONES, 12);
    for (unsigned i = 0; registered_now(lab) < PHONES; i++) { /* before they tell what they can */
        run(MSEC);
        assert_true(i < 20000);
        for (uint32_t k = 0; k < PHONES; k++) {
            struct load_manifest *load = &lab->sim.fleet->phone[k].load;
            load->codecs = 1;
            load->codec[0] = codecs[k];
        }
    }
    run(SECOND);
    user(A, USER_CALLS, 1000, number_of(B));
    run(2 * SECOND);
    assert_string_equal(server_why, "no common codec");
    assert_string_equal(told_of[A].refused_why, "reorder");
    run(30 * SECOND);
    assert_true(seen(B, PHONE_RINGS) == 0 && told_of[A].calls == 0);
    all_is_quiet();
    end(lab);
}

static void many_calls_at_once_lose_nothing(void **state)
{
    enum { MANY = 40 };

    (void)state;
    registered(MANY, 13);
    for (uint32_t i = 0; i < MANY; i += 2) {
        user(i + 1, USER_ANSWERS_AFTER, 100 * i, "");
        user(i, USER_CALLS, 3000, number_of(i + 1));
    }
    run(30 * SECOND);
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(told_of[i].calls, 1);
        assert_int_equal(told_of[i].lost, 0);
        assert_in_range(told_of[i].sent, 145, 153);
        assert_in_range(told_of[i].received, told_of[i ^ 1].sent - 3, told_of[i ^ 1].sent);
    }
    all_is_quiet();
    end(lab);
}

static void random_act(struct random *r, uint32_t phones)
{
    static const enum user_does does[] = {USER_LIFTS, USER_CALLS,   USER_CALLS,    USER_CALLS_EN_BLOC, USER_PRESSES,
                                          USER_HOLDS, USER_RESUMES, USER_HANGS_UP, USER_ANSWERS_AFTER};
    uint32_t phone = random_below(r, phones), other = random_below(r, phones);
    enum user_does what = does[random_below(r, ARRAY_LENGTH(does))];
    const char *number = random_below(r, 10) == 0 ? "77#" : number_of(other);

    user(phone, what, random_below(r, 4) == 0 ? 0 : random_below(r, 5000), what == USER_PRESSES ? "3" : number);
}

/* People do anything at any time, phones lose their power, CallManagers go down: in the end nobody is left in a call,
 * and whoever wants can talk. */
static void whatever_people_do_no_call_is_left_behind(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct random r = random_from(seed);
        registered(6, seed);
        for (uint32_t i = 0; i < 6; i++) user(i, USER_ANSWERS_AFTER, 200 * i, "");
        for (int i = 0; i < 600; i++) {
            uint32_t chance = random_below(&r, 200), phone = random_below(&r, 6);
            if (chance < 2) {
                sim_plug(&lab->sim, phone, CABLE_OPEN);
                run(random_below(&r, 2000) * MSEC);
                sim_plug(&lab->sim, phone, CABLE_STRAIGHT);
            } else if (chance == 2) {
                sim_callmanager(&lab->sim, 0, true, false);
                run(5 * SECOND);
                sim_callmanager(&lab->sim, 0, false, false);
            } else {
                random_act(&r, 6);
            }
            run(random_below(&r, 800) * MSEC);
        }
        uint32_t talked = 0;
        for (uint32_t i = 0; i < 6; i++) talked += told_of[i].calls;
        assert_true(talked > 10); /* or it would prove little */
        for (uint32_t i = 0; i < 6; i++) user(i, USER_ANSWERS_AFTER, USER_NEVER, "");
        for (int round = 0; round < 3; round++) {
            for (uint32_t i = 0; i < 6; i++) user(i, USER_HANGS_UP, 0, "");
            run(220 * SECOND); /* what nobody answers is given up after 180 s */
        }
        assert_int_equal(registered_now(lab), 6);
        all_is_quiet();
        for (uint32_t i = 0; i < 6; i++) assert_int_equal(seen(i, PHONE_MALFORMED), 0);
        call_and_talk(A, B, 2000);
        run(5 * SECOND);
        assert_string_equal(told_of[A].why, "hung up");
        all_is_quiet();
        end(lab);
    }
}

static struct digest call_digest(usec turn)
{
    lab = lab_of(PHONES, 21);
    begin(lab, (struct sim_config){0});
    run_in_turns(lab, 10 * SECOND, turn);
    call_and_talk(A, B, 2000);
    run_in_turns(lab, lab->sim.now + 5 * SECOND, turn);
    struct digest d = sim_digest(&lab->sim);
    end(lab);
    return d;
}

static void the_same_seed_gives_the_same_call_in_turns_of_any_length(void **state)
{
    struct digest one = call_digest(0), many = call_digest(777);

    (void)state;
    assert_memory_equal(one.byte, many.byte, DIGEST_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_phones_talk_and_each_hears_what_the_other_sends),
        cmocka_unit_test(every_pair_of_models_understands_one_another_in_their_versions),
        cmocka_unit_test(the_called_may_hang_up_first),
        cmocka_unit_test(en_bloc_rings_at_once),
        cmocka_unit_test(a_busy_phone_is_told_to_the_third_and_its_call_goes_on),
        cmocka_unit_test(an_unknown_number_gives_reorder_and_then_is_released),
        cmocka_unit_test(who_does_not_answer_is_not_rung_for_ever),
        cmocka_unit_test(hold_stops_the_voice_both_ways_and_resume_brings_it_back),
        cmocka_unit_test(a_held_call_is_ended_by_who_holds_it_and_by_who_waits),
        cmocka_unit_test(a_phone_that_vanishes_in_the_call_leaves_the_other_one_free),
        cmocka_unit_test(a_callmanager_that_goes_down_ends_the_call_and_the_next_one_makes_the_next),
        cmocka_unit_test(without_a_codec_in_common_the_call_is_refused),
        cmocka_unit_test(many_calls_at_once_lose_nothing),
        cmocka_unit_test(whatever_people_do_no_call_is_left_behind),
        cmocka_unit_test(the_same_seed_gives_the_same_call_in_turns_of_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
