/* tests/phone/calling.h: a phone in a call (phone/call.h, phone/voice.h): each message of a CallManager stands in the
 * test's script, as ours and a CallManager 4 order them; the other phone is an address that hears and sends RTP. */
#ifndef TESTS_PHONE_CALLING_H
#define TESTS_PHONE_CALLING_H
#include "base/random.h"
#include "phone/call_wire.h"
#include "phone/world.h"
#include "wire/rtp.h"

enum { CALL = 16777217, OTHER_CALL = 16777218, PARTY = 33554433, U_LAW = 4, A_LAW = 2, G729A = 12, G7231 = 9 };
enum { SAID = 256 };

static struct world w;
static struct {
    struct sccp_message m[SAID];
    char text[SAID][32];
    size_t count;
} said; /* by the phone, since the last look */

static inline void keep(struct world *world, unsigned i, const struct sccp_message *m)
{
    (void)world;
    (void)i;
    if (m->id == SCCP_ALARM || m->id == SCCP_IP_PORT || m->id == SCCP_CAPABILITIES_RES ||
        m->id == SCCP_REGISTER_AVAILABLE_LINES)
        return;
    assert_true(said.count < SAID);
    said.m[said.count] = *m;
    if (m->id == SCCP_ENBLOC_CALL) text_copy(said.text[said.count], 32, m->call.enbloc.number);
    said.count++;
}

static inline void phone(const char *model)
{
    const struct phone_model *m = model_find(bytes_of(model));
    const char *load = load_built_in(m, false);

    world_init(&w, model, load, "");
    world_document(&w, "SEP020000000001.cnf.xml", load, 2);
    world_document(&w, "SEP020000000001.cnf", load, 2);
    if (strlen(load) <= 16) text_copy(w.site.version, sizeof w.site.version, bytes_of(load));
    w.sccp = keep;
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 30 * SECOND));
    world_run(&w, SECOND);
    said.count = 0;
    w.tells = 0;
}

static inline void user(enum user_does does, uint32_t milliseconds, const char *number)
{
    uint8_t b[64];
    struct writer x = writer(b, sizeof b);

    user_encode(&x, &(struct user){does, milliseconds, bytes_of(number)});
    world_event(&w, &(struct event){.kind = EVENT_USER, .bytes = written(&x)});
}

/* ---- what the CallManager says */
static inline void say(struct sccp_message m)
{
    world_say(&w, 0, &m);
}

static inline void state_of(uint32_t call, uint32_t state)
{
    say((struct sccp_message){.id = SCCP_CALL_STATE, .call.state = {.state = state, .line = 1, .call = call}});
}

static inline void state(uint32_t s)
{
    state_of(CALL, s);
}

static inline void tone(uint32_t t)
{
    say((struct sccp_message){.id = SCCP_START_TONE, .call.tone = {.tone = t, .line = 1, .call = CALL}});
}

static inline void ringer(uint32_t mode, uint32_t call)
{
    say((struct sccp_message){.id = SCCP_SET_RINGER, .call.ring = {mode, 1, call ? 1 : 0, call}});
}

static inline void speaker(uint32_t mode)
{
    say((struct sccp_message){.id = SCCP_SET_SPEAKER_MODE, .number = mode});
}

static inline void info(uint32_t type, const char *calling, const char *called)
{
    bool dynamic = w.site.cm[0].protocol >= 8;
    struct sccp_message m = {.id = dynamic ? SCCP_CALL_INFO_DYNAMIC : SCCP_CALL_INFO};

    m.call.info.calling.number = bytes_of(calling);
    m.call.info.called.number = bytes_of(called);
    m.call.info.line = 1;
    m.call.info.call = CALL;
    m.call.info.type = type;
    say(m);
}

static inline struct sccp_message media(uint32_t id, uint32_t codec)
{
    struct sccp_message m = {.id = id};

    m.call.media =
        (struct sccp_media){.conference = CALL, .party = PARTY, .milliseconds = 20, .codec = codec, .call = CALL};
    if (id == SCCP_START_MEDIA_TRANSMISSION)
        m.call.media.peer = (struct sccp_transport){.address = WORLD_PEER, .port = 20000};
    return m;
}

static inline void closing(uint32_t id, uint32_t party)
{
    say((struct sccp_message){.id = id, .call.close = {.conference = CALL, .party = party, .call = CALL}});
}

/* What ends a call at both phones (server/call_show.c). */
static inline void release(void)
{
    say((struct sccp_message){.id = SCCP_STOP_TONE, .call.tone = {.line = 1, .call = CALL}});
    closing(SCCP_CLOSE_RECEIVE_CHANNEL, PARTY);
    closing(SCCP_STOP_MEDIA_TRANSMISSION, PARTY);
    state(CALL_ON_HOOK);
    say((struct sccp_message){.id = SCCP_SELECT_SOFT_KEYS});
    speaker(SPEAKER_OFF);
    ringer(RINGER_OFF, 0);
}

static inline void dial_tone(void)
{
    ringer(RINGER_OFF, 0);
    speaker(SPEAKER_ON);
    state(CALL_OFF_HOOK);
    tone(TONE_INSIDE_DIAL);
}

static inline void ring_back(void)
{
    state(CALL_PROCEED);
    info(2, "1001", "1002");
    tone(TONE_ALERTING);
    state(CALL_RING_OUT);
}

static inline void incoming(void)
{
    state(CALL_RING_IN);
    info(1, "1002", "1001");
    ringer(RINGER_INSIDE, CALL);
}

static inline void connects(uint32_t codec)
{
    say(media(SCCP_OPEN_RECEIVE_CHANNEL, codec));
    state(CALL_CONNECTED);
    say(media(SCCP_START_MEDIA_TRANSMISSION, codec));
}

/* The phone calls 1002, which answers: they talk. */
static inline void talking(uint32_t codec, uint32_t talk)
{
    user(USER_CALLS, talk, "1002");
    dial_tone();
    world_run(&w, SECOND);
    ring_back();
    connects(codec);
    said.count = 0;
}

static inline void called_and_talking(void)
{
    user(USER_ANSWERS_AFTER, 500, "");
    incoming();
    world_run(&w, SECOND);
    speaker(SPEAKER_ON);
    state(CALL_OFF_HOOK);
    connects(U_LAW);
    said.count = 0;
}

/* ---- what the phone said */
static inline void says(const uint32_t *ids, size_t n)
{
    for (size_t i = 0; i < n && i < said.count; i++)
        if (said.m[i].id != ids[i])
            fail_msg("message %zu is %s, not %s", i, sccp_name(said.m[i].id), sccp_name(ids[i]));
    assert_int_equal(said.count, n);
    said.count = 0;
}
#define SAYS(...) says((const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static inline void says_nothing(void)
{
    if (said.count) fail_msg("it says %s", sccp_name(said.m[0].id));
}

static inline void tells(uint16_t news, unsigned times)
{
    if (world_count(&w, news) != times)
        fail_msg("news %x was told %u times, not %u", news, world_count(&w, news), times);
}

static inline struct rtp packet(void)
{
    struct rtp p;
    struct fault why;

    assert_true(rtp_decode(&p, (struct bytes){w.voice.bytes, w.voice.len}, &why));
    return p;
}

static inline uint16_t own_port(void)
{
    return w.phone.call.voice.port;
}

static inline void rtp_of(uint32_t ssrc, uint16_t sequence, uint8_t type, usec late)
{
    uint8_t b[200], tone_[160] = {0};
    struct writer x = writer(b, sizeof b);

    (void)late;
    rtp_encode(&x, &(struct rtp){.type = type,
                                 .sequence = sequence,
                                 .timestamp = (uint32_t)sequence * 160,
                                 .ssrc = ssrc,
                                 .payload = {tone_, sizeof tone_}});
    world_voice(&w, own_port(), written(&x));
    world_run(&w, late);
}

static inline uint64_t counted(enum fact key)
{
    return told_number(world_facts(&w, PHONE_MEDIA), key, 99999);
}
#endif
