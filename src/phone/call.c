#include "phone/call.h"
#include "base/facts.h"
#include "phone/call_wire.h"
#include "phone/news.h"
#include <string.h>

/* How a person acts. */
static const usec KEY_PAUSE = 100 * MSEC, LISTENS = 2 * SECOND, PUTS_DOWN = SECOND;
static const usec RELEASE_WAIT = 2 * SECOND; /* for CallState OnHook after OnHook: this emulator's choice */

void phone_call_init(struct phone_call *c)
{
    *c = (struct phone_call){.due = NEVER, .answer_after = USER_NEVER};
    voice_reset(&c->voice);
}

static struct writer *tell(const struct phone_call *c, const struct call_self *self, enum phone_news news,
                           struct outbox *out)
{
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .news = (uint16_t)news});

    tell_number(w, FACT_BOOT, self->boot);
    if (c->reference) tell_number(w, FACT_CALL, c->reference);
    return w;
}

static void tell_number_of(const struct phone_call *c, struct writer *w)
{
    if (c->number[0]) tell_text(w, c->mine ? FACT_CALLED : FACT_CALLING, bytes_of(c->number));
}

static void say(const struct phone_call *c, const struct call_self *self, const struct sccp_message *m,
                struct outbox *out)
{
    sccp_message_encode(put(out, (struct action){.kind = ACTION_WRITE, .stream = c->stream}), m, self->protocol);
    call_wire_tell(tell(c, self, PHONE_MESSAGE, out), "phone", m);
}

static void begin(struct phone_call *c, const struct call_self *self, usec now, enum call_stage stage)
{
    *c = (struct phone_call){.due = NEVER,
                             .answer_after = c->answer_after,
                             .voice = c->voice,
                             .stage = (uint8_t)stage,
                             .stream = self->stream,
                             .since = now};
    voice_reset(&c->voice);
}

/* --- what the person does */

static void say_hook(struct phone_call *c, const struct call_self *self, uint32_t id, struct outbox *out)
{
    c->off_hook = id == SCCP_OFF_HOOK;
    say(c, self, &(struct sccp_message){.id = id, .call.of = {c->line, c->reference}}, out);
}

static void soft_key(const struct phone_call *c, const struct call_self *self, uint32_t event, struct outbox *out)
{
    say(c, self, &(struct sccp_message){.id = SCCP_SOFT_KEY_EVENT, .call.pressed = {event, c->line, c->reference}},
        out);
}

static void hold_key(const struct phone_call *c, const struct call_self *self, uint32_t event, struct outbox *out)
{
    if (self->soft_keys)
        soft_key(c, self, event, out);
    else
        say(c, self, &(struct sccp_message){.id = SCCP_STIMULUS, .call.stimulus = {.button = STIMULUS_HOLD}}, out);
}

static void lift(struct phone_call *c, const struct call_self *self, usec now, struct outbox *out)
{
    begin(c, self, now, STAGE_OFF_HOOK);
    c->mine = true;
    (void)tell(c, self, PHONE_OFF_HOOK, out);
    say_hook(c, self, SCCP_OFF_HOOK, out);
}

static void answer(struct phone_call *c, const struct call_self *self, struct outbox *out)
{
    c->stage = STAGE_ANSWERED;
    c->due = NEVER;
    (void)tell(c, self, PHONE_OFF_HOOK, out);
    say_hook(c, self, SCCP_OFF_HOOK, out);
}

static void call(struct phone_call *c, const struct call_self *self, usec now, const struct user *u, struct outbox *out)
{
    if (u->does == USER_CALLS) {
        lift(c, self, now, out);
        c->dials = true;
    } else {
        begin(c, self, now, STAGE_DIALLED);
        c->mine = true;
    }
    c->talk = u->milliseconds;
    text_copy(c->number, sizeof c->number, u->number);
    if (u->does == USER_CALLS) return;
    c->line = 1;
    tell_number_of(c, tell(c, self, PHONE_DIALS, out));
    say(c, self, &(struct sccp_message){.id = SCCP_ENBLOC_CALL, .call.enbloc = {bytes_of(c->number), c->line}}, out);
}

static void press(const struct phone_call *c, const struct call_self *self, char key, struct outbox *out)
{
    uint32_t n = key == '*' ? KEY_STAR : key == '#' ? KEY_POUND : (uint32_t)(key - '0');

    if (n > KEY_POUND || (key < '0' && n < KEY_STAR)) return;
    say(c, self, &(struct sccp_message){.id = SCCP_KEYPAD_BUTTON, .call.pressed = {n, c->line, c->reference}}, out);
}

static void hang_up(struct phone_call *c, const struct call_self *self, usec now, struct outbox *out)
{
    if (c->stage == STAGE_IDLE || c->stage == STAGE_RINGING || c->hung_up) return;
    if (c->stage == STAGE_HELD && !self->soft_keys) { /* without EndCall: first back into the call, then out of it */
        hold_key(c, self, KEY_RESUME, out);
        c->due = now + RELEASE_WAIT;
        return;
    }
    voice_stop(&c->voice);
    if (c->stage == STAGE_HELD) /* the handset is down already: OnHook would leave a held call */
        soft_key(c, self, KEY_END_CALL, out);
    else
        say_hook(c, self, SCCP_ON_HOOK, out);
    c->hung_up = true;
    c->due = now + RELEASE_WAIT;
    if (c->stage == STAGE_OVER) phone_call_rest(c);
}

void phone_call_user(struct phone_call *c, const struct call_self *self, usec now, struct bytes what,
                     struct outbox *out)
{
    struct user u;
    struct fault why;

    if (!user_decode(&u, what, &why)) return;
    if (u.does == USER_ANSWERS_AFTER) {
        c->answer_after = u.milliseconds;
        if (c->stage == STAGE_RINGING && c->rung)
            c->due = c->answer_after == USER_NEVER ? NEVER : now + c->answer_after * MSEC;
        return;
    }
    if (!self->registered) return; /* a phone without service shows that it has none */
    switch (u.does) {
    case USER_LIFTS:
        if (c->stage == STAGE_RINGING)
            answer(c, self, out);
        else if (c->stage == STAGE_IDLE)
            lift(c, self, now, out);
        break;
    case USER_CALLS:
    case USER_CALLS_EN_BLOC:
        if (c->stage == STAGE_IDLE && u.number.len) call(c, self, now, &u, out);
        break;
    case USER_PRESSES:
        if (c->stage != STAGE_IDLE && u.number.len) press(c, self, (char)u.number.at[0], out);
        break;
    case USER_HOLDS:
        if (c->stage == STAGE_TALKING) hold_key(c, self, KEY_HOLD, out);
        break;
    case USER_RESUMES:
        if (c->stage == STAGE_HELD) hold_key(c, self, KEY_RESUME, out);
        break;
    case USER_HANGS_UP: hang_up(c, self, now, out); break;
    case USER_ANSWERS_AFTER: break;
    }
}

/* --- what the CallManager says */

static void tell_media(struct phone_call *c, const struct call_self *self, struct outbox *out)
{
    if (!c->media) return;
    struct writer *w = tell(c, self, PHONE_MEDIA, out);
    tell_text(w, FACT_CODEC, bytes_of(voice_name(&c->voice)));
    tell_number(w, FACT_SENT, c->voice.sent);
    tell_number(w, FACT_RECEIVED, c->voice.received);
    tell_number(w, FACT_LOST, voice_lost(&c->voice));
    tell_number(w, FACT_JITTER, voice_jitter_us(&c->voice));
}

void phone_call_rest(struct phone_call *c)
{
    c->stage = STAGE_IDLE;
    c->reference = 0;
    c->due = NEVER;
    voice_stop(&c->voice);
    voice_close(&c->voice);
}

static void end(struct phone_call *c, const struct call_self *self, usec now, const char *why, struct outbox *out)
{
    voice_stop(&c->voice);
    voice_close(&c->voice);
    tell_media(c, self, out);
    struct writer *w = tell(c, self, PHONE_ON_HOOK, out);
    tell_number_of(c, w);
    tell_text(w, FACT_WHY, bytes_of(why));
    tell_number(w, FACT_TOOK, c->was_connected ? (now - c->answered) / MSEC : 0);
    if (!c->off_hook) {
        phone_call_rest(c);
        return;
    }
    c->stage = STAGE_OVER;
    c->hung_up = false;
    c->due = now + PUTS_DOWN;
}

static void released(struct phone_call *c, const struct call_self *self, usec now, struct outbox *out)
{
    const char *why = "not answered";

    if (c->stage == STAGE_OVER) return;
    if (c->stage == STAGE_REFUSED)
        why = "refused";
    else if (c->hung_up)
        why = "hung up";
    else if (c->was_connected)
        why = "the other side hung up";
    else if (!c->mine)
        why = "the caller gave up";
    end(c, self, now, why, out);
}

static void refused(struct phone_call *c, const struct call_self *self, usec now, const char *why, struct outbox *out)
{
    if (!c->mine || c->stage >= STAGE_RINGING) return; /* else it says that it is over */
    c->stage = STAGE_REFUSED;
    struct writer *w = tell(c, self, PHONE_REFUSED, out);
    tell_number_of(c, w);
    tell_text(w, FACT_WHY, bytes_of(why));
    if (c->dials || c->talk) c->due = now + LISTENS; /* whoever dialled a number listens, and hangs up */
}

static void ring_back(struct phone_call *c, const struct call_self *self, struct outbox *out)
{
    if (!c->mine || c->stage >= STAGE_RING_BACK) return;
    c->stage = STAGE_RING_BACK;
    c->due = NEVER;
    tell_number_of(c, tell(c, self, PHONE_RING_BACK, out));
}

static void connected(struct phone_call *c, const struct call_self *self, usec now, struct outbox *out)
{
    bool held = c->stage == STAGE_HELD;

    if (c->stage == STAGE_OVER || c->stage == STAGE_TALKING) return;
    c->stage = STAGE_TALKING;
    if (held) (void)tell(c, self, PHONE_RESUMED, out);
    if (c->was_connected) return;
    c->was_connected = true;
    c->answered = now;
    c->due = c->mine && c->talk ? now + c->talk * MSEC : NEVER;
    struct writer *w = tell(c, self, PHONE_CONNECTED, out);
    tell_number_of(c, w);
    tell_number(w, FACT_TOOK, (now - c->since) / MSEC);
}

static void hear_state(struct phone_call *c, const struct call_self *self, usec now, const struct sccp_state *s,
                       struct outbox *out)
{
    if (c->stage == STAGE_IDLE) {
        if (s->state != CALL_RING_IN) return;
        begin(c, self, now, STAGE_RINGING);
    }
    if (c->reference == 0) {
        c->reference = s->call;
        c->line = s->line;
    }
    switch (s->state) {
    case CALL_ON_HOOK: released(c, self, now, out); break;
    case CALL_PROCEED:
        if (c->mine && c->stage < STAGE_DIALLED) c->stage = STAGE_DIALLED;
        break;
    case CALL_RING_OUT: ring_back(c, self, out); break;
    case CALL_CONNECTED: connected(c, self, now, out); break;
    case CALL_BUSY: refused(c, self, now, "busy", out); break;
    case CALL_CONGESTION: refused(c, self, now, "congestion", out); break;
    case CALL_INVALID_NUMBER: refused(c, self, now, "invalid number", out); break;
    case CALL_HOLD:
        if (c->stage != STAGE_TALKING) break;
        c->stage = STAGE_HELD;
        (void)tell(c, self, PHONE_HELD, out);
        break;
    default: break;
    }
}

static void hear_tone(struct phone_call *c, const struct call_self *self, usec now, uint32_t tone, struct outbox *out)
{
    switch (tone) {
    case TONE_INSIDE_DIAL:
    case TONE_OUTSIDE_DIAL:
        if (c->stage != STAGE_OFF_HOOK) break;
        c->stage = STAGE_DIAL_TONE;
        (void)tell(c, self, PHONE_DIAL_TONE, out);
        if (c->dials) c->due = now + KEY_PAUSE;
        break;
    case TONE_ALERTING: ring_back(c, self, out); break;
    case TONE_BUSY: refused(c, self, now, "busy", out); break;
    case TONE_REORDER: refused(c, self, now, "reorder", out); break;
    default: break;
    }
}

static void hear_ringer(struct phone_call *c, const struct call_self *self, usec now, uint32_t mode, struct outbox *out)
{
    if (c->stage != STAGE_RINGING || mode == RINGER_OFF || c->rung) return;
    c->rung = true;
    tell_number_of(c, tell(c, self, PHONE_RINGS, out));
    if (c->answer_after != USER_NEVER) c->due = now + c->answer_after * MSEC;
}

static void hear_speaker(struct phone_call *c, const struct call_self *self, uint32_t mode, struct outbox *out)
{
    if (mode == SPEAKER_ON) c->off_hook = true;
    if (mode != SPEAKER_OFF || !c->off_hook) return;
    say_hook(c, self, SCCP_ON_HOOK, out);
    if (c->stage == STAGE_OVER) phone_call_rest(c);
}

static void hear_open(struct phone_call *c, const struct call_self *self, const struct sccp_media *m,
                      struct outbox *out)
{
    struct sccp_message ack = {.id = SCCP_OPEN_RECEIVE_CHANNEL_ACK};
    bool opened = voice_open(&c->voice, self->load, m->codec);

    c->party = m->party;
    c->media |= opened;
    ack.call.receiving = (struct sccp_receiving){.status = !opened, .party = m->party, .call = c->reference};
    if (opened) ack.call.receiving.at = (struct sccp_transport){.address = self->host->address, .port = c->voice.port};
    say(c, self, &ack, out);
}

static void hear_start(struct phone_call *c, const struct call_self *self, usec now, const struct sccp_media *m,
                       struct outbox *out)
{
    struct sccp_message answer_ = {.id = SCCP_START_MEDIA_TRANSMISSION_ACK};

    if (!voice_send(&c->voice, self->load, now, m->peer.address, (uint16_t)m->peer.port, m->codec, m->milliseconds,
                    self->random)) {
        answer_.id = SCCP_MEDIA_TRANSMISSION_FAILURE;
        answer_.call.failure = (struct sccp_failure){m->conference, m->party, m->peer, c->reference};
        say(c, self, &answer_, out);
        return;
    }
    c->media = true;
    struct writer *w = tell(c, self, PHONE_SENDS, out);
    tell_ipv4(w, FACT_ADDRESS, m->peer.address);
    tell_number(w, FACT_PORT, m->peer.port);
    tell_text(w, FACT_CODEC, bytes_of(voice_name(&c->voice)));
    if (self->protocol < CALL_ACKNOWLEDGES) return;
    answer_.call.sending = (struct sccp_sending){
        m->conference, m->party, c->reference, {.address = self->host->address, .port = c->voice.last_port}, 0};
    say(c, self, &answer_, out);
}

/* A number that the phone knows itself, of what it dialled, gives way to that of who answers. */
static void hear_info(struct phone_call *c, const struct sccp_info *i)
{
    struct bytes number = c->mine ? i->called.number : i->calling.number;

    if (c->stage != STAGE_DIAL_TONE && number.len) text_copy(c->number, sizeof c->number, number);
}

static void answer_statistics(const struct phone_call *c, const struct call_self *self,
                              const struct sccp_statistics_req *q, struct outbox *out)
{
    const struct voice *v = &c->voice;
    struct sccp_message m = {.id = SCCP_CONNECTION_STATISTICS_RES};

    m.call.statistics = (struct sccp_statistics){.number = q->number,
                                                 .call = q->call,
                                                 .mode = q->mode,
                                                 .sent_packets = v->sent,
                                                 .sent_octets = voice_octets(v, v->sent),
                                                 .received_packets = v->received,
                                                 .received_octets = voice_octets(v, v->received),
                                                 .lost_packets = voice_lost(v),
                                                 .jitter = voice_jitter_us(v) / 1000};
    sccp_message_encode(put(out, (struct action){.kind = ACTION_WRITE, .stream = self->stream}), &m, self->protocol);
}

static bool of_another_call(const struct phone_call *c, const struct sccp_message *m)
{
    uint32_t reference = call_wire_reference(m);

    return reference && c->reference && reference != c->reference;
}

static bool begins_call(const struct sccp_message *m)
{
    return m->id == SCCP_CALL_STATE && m->call.state.state == CALL_RING_IN;
}

void phone_call_hear(struct phone_call *c, const struct call_self *self, usec now, const struct sccp_message *m,
                     struct outbox *out)
{
    if (m->id == SCCP_CONNECTION_STATISTICS_REQ) answer_statistics(c, self, &m->call.statistics_req, out);
    if (!m->known || (c->stage == STAGE_IDLE && !begins_call(m)) || of_another_call(c, m)) return;
    call_wire_tell(tell(c, self, PHONE_MESSAGE, out), "callmanager", m);
    switch (m->id) {
    case SCCP_CALL_STATE: hear_state(c, self, now, &m->call.state, out); break;
    case SCCP_START_TONE: hear_tone(c, self, now, m->call.tone.tone, out); break;
    case SCCP_SET_RINGER: hear_ringer(c, self, now, m->call.ring.mode, out); break;
    case SCCP_SET_SPEAKER_MODE: hear_speaker(c, self, m->number, out); break;
    case SCCP_CALL_INFO:
    case SCCP_CALL_INFO_DYNAMIC: hear_info(c, &m->call.info); break;
    case SCCP_OPEN_RECEIVE_CHANNEL: hear_open(c, self, &m->call.media, out); break;
    case SCCP_CLOSE_RECEIVE_CHANNEL:
        if (m->call.close.party == 0 || m->call.close.party == c->party) voice_close(&c->voice);
        break;
    case SCCP_START_MEDIA_TRANSMISSION:
        if (!c->hung_up && c->stage != STAGE_OVER) hear_start(c, self, now, &m->call.media, out);
        break;
    case SCCP_STOP_MEDIA_TRANSMISSION: voice_stop(&c->voice); break;
    default: break; /* lamps, keys, displays: shown, if there were a display */
    }
}

/* --- voice and time */

bool phone_call_voice(struct phone_call *c, const struct call_self *self, usec now, const struct host_frame *f,
                      struct outbox *out)
{
    bool first;

    if (!voice_hear(&c->voice, now, f, &first)) return false;
    if (first) tell_ipv4(tell(c, self, PHONE_HEARS, out), FACT_ADDRESS, f->packet.from);
    return true;
}

static void dial(struct phone_call *c, const struct call_self *self, usec now, struct outbox *out)
{
    if (c->digit == 0) tell_number_of(c, tell(c, self, PHONE_DIALS, out));
    press(c, self, c->number[c->digit++], out);
    bool all = c->number[c->digit] == '\0';
    if (all) c->stage = STAGE_DIALLED;
    c->due = all ? NEVER : now + KEY_PAUSE;
}

void phone_call_wake(struct phone_call *c, const struct call_self *self, usec now, struct outbox *out)
{
    bool first;

    if (c->due <= now) {
        c->due = NEVER;
        if (c->hung_up)
            end(c, self, now, "hung up; the CallManager says nothing", out);
        else if (c->stage == STAGE_DIAL_TONE)
            dial(c, self, now, out);
        else if (c->stage == STAGE_RINGING)
            answer(c, self, out);
        else
            hang_up(c, self, now, out);
    }
    voice_wake(&c->voice, self->host, now, &first, out);
}

void phone_call_lost(struct phone_call *c, const struct call_self *self, usec now, struct outbox *out)
{
    if (c->stage == STAGE_IDLE) return;
    c->off_hook = false;
    if (c->stage == STAGE_OVER)
        phone_call_rest(c);
    else
        end(c, self, now, "the CallManager is gone", out);
}

usec phone_call_due(const struct phone_call *c)
{
    return earlier(c->due, c->voice.due);
}
