/* Eight phones whose users do anything at any time, for a long while. Each phone here only believes what it is told; so
 * after every step it must be seen that one in no call has no tone, no ringing, no lamp and no media, that media stand
 * only between two who talk, and that nobody sends to where nobody receives. */
#include "calls.h"
#include "base/random.h"

enum { PHONES = 8, STEPS = 60000 };

static struct seen {
    bool registered;
    uint32_t tone, ringer, lamp, state, prompt_call;
    uint32_t channel; /* party of the open one */
    uint16_t port;    /* where it receives, once it has said so */
    ipv4 to;
    uint32_t to_port; /* where it sends; 0: nowhere */
    uint32_t call;
} seen[PHONES + 1];

static void hear(uint32_t stream, const struct sccp_message *g)
{
    struct seen *p = &seen[stream];

    switch (g->id) {
    case SCCP_START_TONE: p->tone = g->call.tone.tone; break;
    case SCCP_STOP_TONE: p->tone = 0; break;
    case SCCP_SET_RINGER: p->ringer = g->call.ring.mode == RINGER_OFF ? 0 : g->call.ring.mode; break;
    case SCCP_SET_LAMP: p->lamp = g->call.lamp.mode == LAMP_OFF ? 0 : g->call.lamp.mode; break;
    case SCCP_CALL_STATE:
        if (p->state && p->call != g->call.state.call) /* one call a phone */
            fail_msg("%u: state %u of call %x while %u of %x", stream, g->call.state.state, g->call.state.call,
                     p->state, p->call);
        p->call = g->call.state.call;
        p->state = g->call.state.state == CALL_ON_HOOK ? 0 : g->call.state.state;
        break;
    case SCCP_OPEN_RECEIVE_CHANNEL:
        assert_int_equal(p->channel, 0);
        assert_true(g->call.media.party > p->prompt_call); /* no party number comes twice */
        p->channel = p->prompt_call = g->call.media.party;
        p->port = 0;
        break;
    case SCCP_CLOSE_RECEIVE_CHANNEL:
        assert_int_equal(g->call.close.party, p->channel);
        p->channel = 0;
        p->port = 0;
        break;
    case SCCP_START_MEDIA_TRANSMISSION:
        assert_int_equal(p->to_port, 0);
        assert_true(p->channel != 0);
        p->to = g->call.media.peer.address;
        p->to_port = g->call.media.peer.port;
        break;
    case SCCP_STOP_MEDIA_TRANSMISSION: p->to_port = 0; break;
    default: break;
    }
}

static void hear_all(void)
{
    assert_true(box.out.count <= 56); /* of one event: what a step keeps free (SLACK of callmanager.c) */
    for (uint32_t i = 0; i < box.out.count; i++) {
        static struct sccp_message g;
        struct fault why;
        uint32_t stream = box.actions[i].stream;
        if (box.actions[i].kind == ACTION_CLOSE) memset(&seen[stream], 0, sizeof seen[stream]);
        if (box.actions[i].kind != ACTION_WRITE) continue;
        assert_true(sccp_message_decode(&g, payload(&box.out, i), version_of[stream], &why));
        hear(stream, &g);
    }
}

static void check(void)
{
    for (const struct cm_connection *c = callmanager_next(&m[0], NULL); c; c = callmanager_next(&m[0], c)) {
        const struct seen *p = &seen[c->stream];
        if (!callmanager_device(&m[0], c)) continue; /* it unregistered, and has forgotten all by itself */
        if (c->call == UINT32_MAX) {
            if (p->tone || p->ringer || p->lamp || p->state)
                fail_msg("%u: tone %x, ringer %u, lamp %u, state %u", c->stream, p->tone, p->ringer, p->lamp, p->state);
            assert_true(p->channel == 0 && p->to_port == 0);
            continue;
        }
        const struct call *k = &m[0].calls.call[c->call];
        int side = k->party[1].connection != UINT32_MAX && &m[0].connection[k->party[1].connection] == c;
        bool talking = k->phase == PHASE_TALKING, held = k->party[0].held || k->party[1].held;
        assert_int_equal(p->channel != 0, talking && !held);
        assert_true(p->to_port == 0 || talking);
        assert_int_equal(p->ringer != 0, k->phase == PHASE_RINGING && side == 1);
        if (talking) assert_true(p->tone == 0 && p->lamp == (k->party[side].held ? LAMP_WINK : LAMP_ON));
        if (p->to_port) { /* the other one receives there */
            const struct seen *o = &seen[m[0].connection[k->party[!side].connection].stream];
            assert_true(o->channel != 0 && o->port == p->to_port);
        }
    }
}

static void come(uint32_t stream)
{
    say(stream, registering(stream, T7960, version_of[stream]));
    hear_all();
    with_codecs(stream, stream % 4 ? G711_U : G729A, G711_A);
    ask(stream, SCCP_TIME_DATE_REQ, 0);
    seen[stream].registered = true;
}

static void acknowledge(struct random *r, uint32_t stream)
{
    struct seen *p = &seen[stream];
    struct sccp_message ack = {.id = SCCP_OPEN_RECEIVE_CHANNEL_ACK};

    if (p->channel == 0 || p->port) return;
    bool fails = random_below(r, 20) == 0;
    p->port = fails ? 0 : (uint16_t)(20000 + random_below(r, 10000));
    ack.call.receiving = (struct sccp_receiving){.status = fails ? 2 : 0, .at.port = p->port, .party = p->channel};
    say(stream, ack);
}

static void use(struct random *r, uint32_t s)
{
    static const char *const numbers[] = {"31", "32", "33", "34", "35", "36", "37", "38", "3", "39", "311", "#"};
    static const uint32_t keys[] = {REDIAL, NEW_CALL, HOLD, RESUME, END_CALL, ANSWER, BACK, TRANSFER};

    switch (random_below(r, 16)) {
    case 0:
    case 1: off_hook(s); break;
    case 2: on_hook(s); break;
    case 3:
    case 4:
        for (const char *digit = numbers[random_below(r, ARRAY_LENGTH(numbers))]; *digit; digit++) {
            const char one[] = {*digit, 0};
            dial(s, one);
            hear_all();
        }
        (void)box_empty(&box);
        break;
    case 5: en_bloc(s, numbers[random_below(r, ARRAY_LENGTH(numbers))]); break;
    case 6:
    case 7: soft_key(s, keys[random_below(r, ARRAY_LENGTH(keys))]); break;
    case 8: stimulus(s, random_below(r, 20), random_below(r, 3)); break;
    case 9:
    case 10:
    case 11: acknowledge(r, s); break;
    case 12:
        if (random_below(r, 30)) break;
        step_at(0, &(struct event){.kind = EVENT_DOWN, .stream = s, .why = DOWN_RESET});
        memset(&seen[s], 0, sizeof seen[s]);
        break;
    case 13:
        if (random_below(r, 30) == 0) ask(s, SCCP_UNREGISTER, 0);
        break;
    default: ask(s, SCCP_KEEP_ALIVE, 0);
    }
}

static void one_life(uint64_t seed, uint64_t reached[PHASE_LEFT + 1])
{
    struct random r = random_from(seed);

    memset(seen, 0, sizeof seen);
    for (uint32_t s = 1; s <= PHONES; s++) {
        const char number[] = {'3', (char)('0' + s), 0};
        (void)table_add(&w, s, T7960, number);
        version_of[s] = (uint8_t)(3 + random_below(&r, 20));
    }
    for (unsigned i = 0; i < STEPS; i++) {
        uint32_t s = 1 + random_below(&r, PHONES);
        (void)box_empty(&box);
        now += random_below(&r, 300) * MSEC;
        while (due[0] <= now) {
            step_at(0, &(struct event){.kind = EVENT_WAKE});
            hear_all();
            (void)box_empty(&box);
        }
        const struct cm_connection *c = callmanager_connection(&m[0], s);
        if (!c) {
            up(s);
            come(s);
        } else if (!callmanager_device(&m[0], c)) {
            uint32_t party = seen[s].prompt_call;
            memset(&seen[s], 0, sizeof seen[s]);
            come(s);
            seen[s].prompt_call = party;
        } else {
            use(&r, s);
        }
        hear_all();
        check();
        for (const struct call *k = callmanager_next_call(&m[0], NULL); k; k = callmanager_next_call(&m[0], k))
            reached[k->phase]++;
    }
}

static void whatever_phones_do_each_is_told_all_that_it_must_know(void **state)
{
    uint64_t reached[PHASE_LEFT + 1] = {0};

    for (uint64_t seed = 1; seed <= 3; seed++) {
        tear_down(state);
        set_up(state);
        one_life(seed, reached);
        for (size_t o = 0; o < OUTCOMES; o++) /* no room, no codec and no answer need more than these phones do */
            if (m[0].count.calls[o] == 0 && o != OUTCOME_NO_ROOM && o != OUTCOME_NO_CODEC && o != OUTCOME_NO_ANSWER &&
                o != OUTCOME_ELSEWHERE)
                fail_msg("seed %u: no call ended as %s", (unsigned)seed, call_outcome_name((enum call_outcome)o));
    }
    for (size_t p = PHASE_DIALLING; p <= PHASE_LEFT; p++) assert_true(reached[p] > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whatever_phones_do_each_is_told_all_that_it_must_know, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
