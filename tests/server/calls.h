/* tests/server/calls.h: phones that are registered, and what they do in a call. */
#ifndef TESTS_SERVER_CALLS_H
#define TESTS_SERVER_CALLS_H
#include "stations.h"

enum { G711_U = 4, G711_A = 2, G722 = 6, G729A = 12 };
static uint8_t version_of[64];

static inline void with_codecs(uint32_t stream, uint32_t a, uint32_t b)
{
    struct sccp_message caps = {.id = SCCP_CAPABILITIES_RES,
                                .capabilities = {.count = b ? 2 : 1, .codec = {{a, 40}, {b, 60}}}};
    say(stream, caps);
}

/* A device with this number and its phone, registered and complete, with G.711 u-law and G.729A. */
static inline struct device *phone(uint32_t stream, uint64_t n, uint8_t version, const char *number)
{
    struct device *d = table_add(&w, n, T7960, number);

    version_of[stream] = version;
    up(stream);
    say(stream, registering(n, T7960, version));
    assert_non_null(written_to(stream, SCCP_REGISTER_ACK, version));
    with_codecs(stream, G711_U, G729A);
    ask(stream, SCCP_TIME_DATE_REQ, 0);
    return d;
}

static inline void off_hook(uint32_t stream)
{
    say(stream, (struct sccp_message){.id = SCCP_OFF_HOOK});
}

static inline void on_hook(uint32_t stream)
{
    say(stream, (struct sccp_message){.id = SCCP_ON_HOOK});
}

static inline void soft_key(uint32_t stream, uint32_t event)
{
    say(stream, (struct sccp_message){.id = SCCP_SOFT_KEY_EVENT, .call.pressed = {event, 1, 0}});
}
enum { REDIAL = 1, NEW_CALL, HOLD, TRANSFER, BACK = 8, END_CALL, RESUME, ANSWER };

static inline void stimulus(uint32_t stream, uint32_t button, uint32_t instance)
{
    say(stream, (struct sccp_message){.id = SCCP_STIMULUS, .call.stimulus = {.button = button, .instance = instance}});
}

static inline void dial(uint32_t stream, const char *digits)
{
    for (; *digits; digits++) {
        uint32_t key = *digits == '*' ? 14u : *digits == '#' ? 15u : (uint32_t)(*digits - '0');
        say(stream, (struct sccp_message){.id = SCCP_KEYPAD_BUTTON, .call.pressed = {.key = key}});
    }
}

static inline void en_bloc(uint32_t stream, const char *number)
{
    say(stream, (struct sccp_message){.id = SCCP_ENBLOC_CALL, .call.enbloc = {.number = bytes_of(number)}});
}

/* What was written to the phone, by its version. */
static inline const struct sccp_message *shown(uint32_t stream, uint32_t id)
{
    return written_to(stream, id, version_of[stream]);
}

static inline const struct sccp_message *prompt_of(uint32_t stream)
{
    return shown(stream, version_of[stream] >= 8 ? SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS : SCCP_DISPLAY_PROMPT_STATUS);
}

static inline unsigned writes_to(uint32_t stream)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < box.out.count; i++)
        n += box.actions[i].kind == ACTION_WRITE && box.actions[i].stream == stream;
    return n;
}

static inline uint32_t tone_at(uint32_t stream)
{
    const struct sccp_message *t = shown(stream, SCCP_START_TONE);

    return t ? t->call.tone.tone : 0;
}

/* The last CallState that was written to the phone; 0: none. */
static inline uint32_t state_at(uint32_t stream)
{
    struct sccp_message message;
    struct fault why;
    uint32_t state = 0;

    for (uint32_t i = 0; i < box.out.count; i++) {
        if (box.actions[i].kind != ACTION_WRITE || box.actions[i].stream != stream) continue;
        assert_true(sccp_message_decode(&message, payload(&box.out, i), version_of[stream], &why));
        if (message.id == SCCP_CALL_STATE) state = message.call.state.state;
    }
    return state;
}

/* The ids that were written to the phone, in order, are exactly these. */
static inline void wrote(uint32_t stream, const uint32_t *ids, size_t n)
{
    struct sccp s;
    struct fault why;
    size_t at = 0;

    for (uint32_t i = 0; i < box.out.count; i++) {
        if (box.actions[i].kind != ACTION_WRITE || box.actions[i].stream != stream) continue;
        assert_true(sccp_decode(&s, payload(&box.out, i), &why));
        if (at == n || s.id != ids[at])
            fail_msg("message %zu to %u is 0x%04x (%s)", at, stream, s.id, sccp_name(s.id) ? sccp_name(s.id) : "?");
        at++;
    }
    assert_int_equal(at, n);
}
#define WROTE(stream, ...)                                                                                             \
    wrote(stream, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static inline void opened(uint32_t stream, uint32_t party, uint16_t port)
{
    struct sccp_message ack = {.id = SCCP_OPEN_RECEIVE_CHANNEL_ACK};

    ack.call.receiving = (struct sccp_receiving){
        .at = {.address = IPV4(10, 0, 0, 50) + stream, .port = port}, .party = party, .call = 0};
    say(stream, ack);
}

static inline const struct call *the_call(void)
{
    const struct call *k = callmanager_next_call(&m[0], NULL);

    assert_non_null(k);
    assert_null(callmanager_next_call(&m[0], k));
    return k;
}

/* 1 calls 2 and both hear one another. */
static inline void talk(uint32_t from, uint32_t to, const char *number)
{
    off_hook(from);
    dial(from, number);
    off_hook(to);
    const struct call *k = the_call();
    assert_int_equal(k->phase, PHASE_TALKING);
    opened(from, k->party[0].stream, 20000);
    opened(to, k->party[1].stream, 30000);
    assert_true(k->party[0].sending && k->party[1].sending);
}

static inline void no_call(void)
{
    assert_null(callmanager_next_call(&m[0], NULL));
    for (const struct cm_connection *c = callmanager_next(&m[0], NULL); c; c = callmanager_next(&m[0], c))
        assert_int_equal(c->call, UINT32_MAX);
}
#endif
