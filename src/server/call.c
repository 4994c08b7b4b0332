/* The state of a call: what each state begins with, and what ends it. */
#include "server/call_parts.h"
#include <string.h>

enum { NONE = UINT32_MAX };

/* This party has to do with the call no more. A reset that waited for the call's end goes out. */
static void party_out(struct calling *x, int side)
{
    struct cm_connection *c = party_of(x, side);

    x->k->party[side].connection = NONE;
    if (!c) return;
    c->call = NONE;
    cm_pay(x->m, x->now, c, x->out);
}

/* What is told. */

static struct writer *tell(const struct calling *x, enum server_news news)
{
    static const struct cm_connection nobody = {.device = NONE};
    struct cm_connection *c = party_of(x, CALLER);
    struct writer *w = cm_tell(x->m, news, c ? c : &nobody, x->out);
    const struct device *d = c ? cm_device(x->m, c) : NULL;

    if (d) cm_tell_device(w, d);
    tell_number(w, FACT_CALL, x->k->id);
    tell_text(w, FACT_CALLING, bytes_of(x->k->party[CALLER].number));
    if (x->k->party[CALLED].number[0] || x->k->dialled[0])
        tell_text(w, FACT_CALLED, bytes_of(x->k->party[CALLED].number[0] ? x->k->party[CALLED].number : x->k->dialled));
    return w;
}

static void tell_end(const struct calling *x, enum call_outcome why)
{
    struct writer *w = tell(x, CM_CALL_ENDED);

    tell_text(w, FACT_WHY, bytes_of(call_outcome_name(why)));
    tell_number(w, FACT_TOOK, x->k->phase == PHASE_TALKING ? (x->now - x->k->talking) / MSEC : 0);
}

/* States. Each has one way in. */

static void begin_tone(struct calling *x)
{
    x->k->toned = true;
    show_tone(x, CALLER, TONE_REORDER);
    call_wake_at(x, after(x->now, x->m->config.tone_most));
}

static void enter(struct calling *x, enum call_phase phase)
{
    struct call *k = x->k;

    k->phase = phase;
    switch (phase) {
    case PHASE_DIALLING:
        (void)tell(x, CM_CALL_BEGUN);
        call_wake_at(x, after(x->now, x->m->config.first_digit_wait));
        break;
    case PHASE_RINGING:
        show_ringing(x);
        tell_text(tell(x, CM_CALL_RINGING), FACT_TEXT, bytes_of(k->party[CALLED].name));
        call_wake_at(x, after(x->now, x->m->config.ring_most));
        break;
    case PHASE_TALKING:
        k->talking = x->now;
        show_answering(x);
        media_open(x, CALLED);
        show_no_tone(x, CALLED);
        show_talking(x, CALLED);
        show_no_tone(x, CALLER);
        media_open(x, CALLER);
        show_talking(x, CALLER);
        tell_text(tell(x, CM_CALL_CONNECTED), FACT_CODEC, bytes_of(call_codec_name(k->codec)));
        call_wake_at(x, NEVER);
        break;
    case PHASE_REFUSED:
        x->m->count.calls[k->outcome]++;
        show_refused(x, k->outcome);
        tell_text(tell(x, CM_CALL_REFUSED), FACT_WHY, bytes_of(call_outcome_name(k->outcome)));
        call_wake_at(x, after(x->now, x->m->config.tone_most));
        break;
    case PHASE_LEFT: /* half a second: a phone on its speaker goes on hook by itself */
        if (x->m->stepping)
            call_wake_at(x, after(x->now, 500 * MSEC));
        else
            begin_tone(x); /* the other phone has moved to another engine, whose driver knows of no wake of this one */
        break;
    case PHASE_FREE:
        party_out(x, CALLER);
        party_out(x, CALLED);
        call_give(x);
        break;
    }
}

static void turn_down(struct calling *x, enum call_outcome why)
{
    if (x->k->phase == PHASE_RINGING) show_no_tone(x, CALLER);
    x->k->outcome = why;
    enter(x, PHASE_REFUSED);
}

/* It is over. `other`: who did not hang up, and hears a tone while its handset is off; -1: nobody. */
static void over(struct calling *x, enum call_outcome why, int other)
{
    struct cm_connection *left = other < 0 ? NULL : party_of(x, other);

    x->m->count.calls[why]++;
    tell_end(x, why);
    x->k->outcome = why;
    if (!left || !left->off_hook) {
        enter(x, PHASE_FREE);
        return;
    }
    party_out(x, !other);
    if (other == CALLED) x->k->party[CALLER] = x->k->party[CALLED];
    x->k->party[CALLED].connection = NONE;
    enter(x, PHASE_LEFT);
}

/* What a phone does. */

static uint8_t line_or_first(const struct device *d, uint32_t line)
{
    if (device_line(d, line)->number[0]) return (uint8_t)line;
    for (uint8_t i = 1; line == 0 && i <= RECORD_LINES; i++)
        if (device_line(d, i)->number[0]) return i;
    return line == 0 ? 1 : 0; /* a device without a number may call all the same */
}

static void party_is(struct call_party *p, const struct device *d, uint8_t line)
{
    const struct record_line *l = device_line(d, line);

    p->line = line;
    text_copy(p->number, sizeof p->number, bytes_of(l->number));
    text_copy(p->name, sizeof p->name, bytes_of(l->label[0] ? l->label : l->number));
}

static void ring(struct calling *x, struct device *d, uint8_t line)
{
    struct cm_connection *caller = party_of(x, CALLER);
    const struct device *from = cm_device(x->m, caller);
    struct cm_connection *c = NULL;

    if (d->manager == x->m->config.index + 1) c = cm_find(x->m, d->stream);
    if (!c && d->manager) {
        turn_down(x, OUTCOME_ELSEWHERE);
    } else if (!c ||
               !from) { /* one that is about to be reset rings: it may not obey, and else it is gone in a moment */
        turn_down(x, OUTCOME_NOT_REGISTERED);
    } else if (c->call != NONE || c->off_hook) { /* its own number too */
        turn_down(x, OUTCOME_BUSY);
    } else if (!media_agree(from, d, &x->k->codec, &x->k->milliseconds)) {
        turn_down(x, OUTCOME_NO_CODEC);
    } else {
        x->k->party[CALLED].connection = cm_index(x->m, c);
        c->call = call_index(&x->m->calls, x->k);
        party_is(&x->k->party[CALLED], d, line);
        enter(x, PHASE_RINGING);
    }
}

static void complete(struct calling *x)
{
    struct device *from = cm_device(x->m, party_of(x, CALLER));
    uint8_t line = 0;
    struct device *d = devices_find_line(x->m->config.devices, bytes_of(x->k->dialled), &line);

    if (from && x->k->digits) memcpy(from->redial, x->k->dialled, sizeof from->redial);
    if (x->k->digits == 0)
        turn_down(x, OUTCOME_NOT_DIALLED);
    else if (!d)
        turn_down(x, OUTCOME_UNKNOWN_NUMBER);
    else
        ring(x, d, line);
}

static void number_is(struct calling *x, struct bytes number)
{
    x->k->digits = (uint8_t)text_copy(x->k->dialled, sizeof x->k->dialled, number);
    complete(x);
}

void call_begin(struct callmanager *m, usec now, struct cm_connection *c, uint32_t line, struct bytes number,
                struct outbox *out)
{
    const struct device *d = cm_device(m, c);
    uint8_t on = d ? line_or_first(d, line) : 0;
    struct calling x = {m, now, NULL, out};

    if (on == 0) return;
    call_put_down(m, now, c, out);
    x.k = call_take(m, c);
    if (!x.k) { /* no reference to speak of: a tone and a text alone */
        struct call none = {.party = {{.connection = cm_index(m, c), .line = on}, {.connection = NONE}}};
        x.k = &none;
        show_refused(&x, OUTCOME_NO_ROOM);
        m->count.calls[OUTCOME_NO_ROOM]++;
        c->refused = on;
        return;
    }
    x.k->id = 0x01000000u + (uint32_t)counter_next(m->config.devices, COUNTER_CALL, out);
    x.k->since = now;
    party_is(&x.k->party[CALLER], d, on);
    m->count.calls_begun++;
    enter(&x, PHASE_DIALLING);
    show_dialling(&x, number.len == 0);
    if (number.len) number_is(&x, number);
}

void call_put_down(struct callmanager *m, usec now, struct cm_connection *c, struct outbox *out)
{
    struct call none = {.party = {{.connection = cm_index(m, c), .line = c->refused}, {.connection = NONE}}};
    struct calling x = {m, now, &none, out};

    if (c->refused) show_released(&x, CALLER);
    c->refused = 0;
}

void call_number(struct calling *x, struct bytes number)
{
    if (x->k->phase != PHASE_DIALLING) return;
    if (x->k->digits == 0) show_first_digit(x);
    number_is(x, number);
}

void call_digit(struct calling *x, char digit)
{
    struct call *k = x->k;
    const struct devices *t = x->m->config.devices;

    if (k->phase != PHASE_DIALLING) return;
    if (digit == '#') {
        if (k->digits == 0) show_no_tone(x, CALLER);
        complete(x);
        return;
    }
    if (k->digits == 0) show_first_digit(x);
    k->dialled[k->digits++] = digit;
    struct bytes number = bytes_of(k->dialled);
    call_wake_at(x, after(x->now, x->m->config.digit_wait));
    if (!devices_number_goes_on(t, number) || k->digits + 1 == sizeof k->dialled) complete(x);
}

void call_back_space(struct calling *x)
{
    struct call *k = x->k;
    struct cm_connection *c = party_of(x, CALLER);

    if (k->phase != PHASE_DIALLING || k->digits == 0 || !c) return;
    k->dialled[--k->digits] = 0;
    cm_write(c, &(struct sccp_message){.id = SCCP_BACK_SPACE_RES, .call.of = {k->party[CALLER].line, k->id}}, x->out);
    call_wake_at(x, after(x->now, x->m->config.digit_wait));
}

void call_answer(struct calling *x)
{
    if (x->k->phase == PHASE_RINGING) enter(x, PHASE_TALKING);
}

void call_hold(struct calling *x, int side)
{
    struct call_party *p = &x->k->party[side];

    if (x->k->phase != PHASE_TALKING || p->held) return;
    p->held = true;
    media_close(x, side);
    show_held(x, side);
    media_close(x, !side);
    if (!x->k->party[!side].held) show_holding_on(x, !side);
    tell_text(tell(x, CM_CALL_HELD), FACT_LABEL, bytes_of(p->number));
}

void call_resume(struct calling *x, int side)
{
    struct call_party *p = &x->k->party[side];
    struct cm_connection *c = party_of(x, side);
    bool both = !x->k->party[!side].held;

    if (x->k->phase != PHASE_TALKING || !p->held || !c) return;
    p->held = false;
    cm_write(c, &(struct sccp_message){.id = SCCP_SET_SPEAKER_MODE, .number = 1}, x->out);
    cm_write(c, &(struct sccp_message){.id = SCCP_SET_LAMP, .call.lamp = {BUTTON_LINE, p->line, LAMP_ON}}, x->out);
    if (both) media_open(x, side);
    show_talking(x, side);
    if (!both) show_holding_on(x, side);
    if (both) {
        media_open(x, !side);
        show_talking(x, !side);
    }
    tell_text(tell(x, CM_CALL_RESUMED), FACT_LABEL, bytes_of(p->number));
}

void call_hang_up(struct calling *x, int side)
{
    switch (x->k->phase) {
    case PHASE_FREE: return;
    case PHASE_DIALLING:
        show_released(x, CALLER);
        over(x, OUTCOME_ABANDONED, -1);
        return;
    case PHASE_RINGING: /* a phone that only rings has nothing to hang up */
        if (side == CALLED) return;
        show_released(x, CALLER);
        show_released(x, CALLED);
        over(x, OUTCOME_ABANDONED, -1);
        return;
    case PHASE_TALKING:
        show_released(x, side);
        show_released(x, !side);
        over(x, OUTCOME_ANSWERED, !side);
        return;
    case PHASE_REFUSED:
        show_released(x, CALLER);
        tell_end(x, x->k->outcome); /* it was counted when it was refused */
        enter(x, PHASE_FREE);
        return;
    case PHASE_LEFT:
        if (x->k->toned) show_no_tone(x, CALLER);
        enter(x, PHASE_FREE);
        return;
    }
}

static void notice(struct calling *x, int side, const char *text)
{
    struct cm_connection *c = party_of(x, side);

    if (c) show_notice(c, 0, text, x->out);
}

void call_fail(struct calling *x, enum call_outcome why)
{
    if (x->k->phase != PHASE_TALKING) return;
    for (int side = CALLER; side <= CALLED; side++) {
        show_released(x, side);
        notice(x, side, "No audio: a phone failed");
    }
    int with_handset = party_of(x, CALLER)->off_hook ? CALLER : CALLED;
    over(x, why, with_handset);
}

void cm_call_gone(struct callmanager *m, usec now, struct cm_connection *c, struct outbox *out)
{
    struct calling x = {m, now, c->call == NONE ? NULL : &m->calls.call[c->call], out};

    c->off_hook = false;
    c->refused = 0;
    if (!x.k) return;
    int side = side_of(&x, c), other = !side;
    enum call_phase phase = x.k->phase;
    x.k->party[side].connection = NONE; /* nothing is said to it any more */
    c->call = NONE;
    if (phase == PHASE_RINGING && side == CALLED) {
        turn_down(&x, OUTCOME_NOT_REGISTERED);
    } else if (phase == PHASE_RINGING || phase == PHASE_TALKING) {
        show_released(&x, other);
        if (phase == PHASE_TALKING) notice(&x, other, "The other phone is gone");
        over(&x, phase == PHASE_TALKING ? OUTCOME_LOST : OUTCOME_ABANDONED, phase == PHASE_TALKING ? other : -1);
    } else if (phase == PHASE_DIALLING) {
        over(&x, OUTCOME_ABANDONED, -1);
    } else {
        if (phase == PHASE_REFUSED) tell_end(&x, x.k->outcome);
        enter(&x, PHASE_FREE);
    }
}

/* It does not hang up: from now on it counts as on hook. */
static void give_up(struct calling *x)
{
    party_of(x, CALLER)->off_hook = false;
    call_hang_up(x, CALLER);
}

void cm_call_due(struct callmanager *m, usec now, uint32_t which, struct outbox *out)
{
    struct calling x = {m, now, &m->calls.call[which], out};

    call_wake_at(&x, NEVER);
    switch (x.k->phase) {
    case PHASE_FREE:
    case PHASE_TALKING: break;
    case PHASE_DIALLING:
        if (x.k->digits == 0) show_no_tone(&x, CALLER);
        complete(&x);
        break;
    case PHASE_RINGING:
        show_released(&x, CALLED);
        party_out(&x, CALLED);
        turn_down(&x, OUTCOME_NO_ANSWER);
        break;
    case PHASE_REFUSED: give_up(&x); break;
    case PHASE_LEFT:
        if (x.k->toned)
            give_up(&x);
        else
            begin_tone(&x);
    }
}
