/* What a phone's hook, keys and buttons mean, by the state of its call. */
#include "server/call_parts.h"
#include <string.h>

enum { NONE = UINT32_MAX, KEY_NOT_ACTIVE = 0x2d, KEYPAD_STAR = 14, KEYPAD_POUND = 15, KEYPAD_PLUS = 16 };
enum soft_key { KEY_REDIAL = 1, KEY_NEW_CALL, KEY_HOLD, KEY_BACK = 8, KEY_END_CALL, KEY_RESUME, KEY_ANSWER };
enum stimulus {
    STIMULUS_REDIAL = 1,
    STIMULUS_SPEED_DIAL = 2,
    STIMULUS_HOLD = 3,
    STIMULUS_LINE = 9,
    STIMULUS_ANSWER_RELEASE = 0x10,
    STIMULUS_NEW_CALL = 0x89,
    STIMULUS_END_CALL = 0x8a
};

/* A phone, and the call that it is in. */
struct pressed {
    struct calling x; /* x.k NULL: it is in none */
    struct cm_connection *c;
    struct device *d;
    int side;
};

static bool in(const struct pressed *p, enum call_phase phase)
{
    return p->x.k && p->x.k->phase == phase;
}

static bool rings(const struct pressed *p)
{
    return in(p, PHASE_RINGING) && p->side == CALLED;
}

static bool holds(const struct pressed *p)
{
    return in(p, PHASE_TALKING) && p->x.k->party[p->side].held;
}

static bool has_tone_alone(const struct pressed *p)
{
    return in(p, PHASE_REFUSED) || in(p, PHASE_LEFT);
}

static void not_active(const struct pressed *p)
{
    show_notice(p->c, KEY_NOT_ACTIVE, "", p->x.out);
}

static void begin(struct pressed *p, uint32_t line, struct bytes number)
{
    call_begin(p->x.m, p->x.now, p->c, line, number, p->x.out);
}

/* A 7960 puts a button's position where the line belongs: who lifts his handset hears a dial tone whatever it names. */
static uint32_t line_or_default(const struct pressed *p, uint32_t line)
{
    return device_line(p->d, line)->number[0] ? line : 0;
}

/* A new call, out of rest or out of a tone that says nothing more to it. */
static void new_call(struct pressed *p, uint32_t line, struct bytes number)
{
    if (has_tone_alone(p)) {
        call_hang_up(&p->x, p->side);
        if (!cm_in_service(p->c)) return; /* a reset waited for the end of that call */
        p->x.k = NULL;
    }
    if (!p->x.k)
        begin(p, line, number);
    else if (number.len && in(p, PHASE_DIALLING) && p->x.k->digits == 0)
        call_number(&p->x, number);
    else if (!in(p, PHASE_DIALLING))
        not_active(p);
}

static void off_hook(struct pressed *p, uint32_t line)
{
    p->c->off_hook = true;
    if (rings(p))
        call_answer(&p->x);
    else if (holds(p))
        call_resume(&p->x, p->side);
    else if (!p->x.k)
        begin(p, line_or_default(p, line), (struct bytes){0});
    /* else the handset was lifted in a call that its speaker had */
}

static void on_hook(struct pressed *p)
{
    p->c->off_hook = false;
    if (!p->x.k) call_put_down(p->x.m, p->x.now, p->c, p->x.out);
    if (p->x.k && !rings(p) && !holds(p)) call_hang_up(&p->x, p->side);
}

static void redial(struct pressed *p, uint32_t line)
{
    if (p->d->redial[0])
        new_call(p, line, bytes_of(p->d->redial));
    else
        show_notice(p->c, 0, "No number to redial", p->x.out);
}

static void speed_dial(struct pressed *p, uint32_t which)
{
    const char *number = device_speed_dial(p->d, which)->number;

    if (number[0])
        new_call(p, 0, bytes_of(number));
    else
        not_active(p);
}

static void hold(struct pressed *p)
{
    if (in(p, PHASE_TALKING) && !holds(p))
        call_hold(&p->x, p->side);
    else
        not_active(p);
}

static void resume(struct pressed *p)
{
    if (holds(p))
        call_resume(&p->x, p->side);
    else
        not_active(p);
}

static void line_button(struct pressed *p, uint32_t line)
{
    if (rings(p))
        call_answer(&p->x);
    else if (holds(p))
        call_resume(&p->x, p->side);
    else if (!p->x.k || has_tone_alone(p))
        new_call(p, line, (struct bytes){0});
    /* else it is the line on which it dials or talks */
}

/* From now on it counts as on hook, whether or not it says so: a phone on its speaker may never do, and would be busy
 * for ever. One whose handset lies beside it rings. */
static void end_call(struct pressed *p)
{
    if (!p->x.k) call_put_down(p->x.m, p->x.now, p->c, p->x.out);
    if (!p->x.k || rings(p)) return;
    p->c->off_hook = false;
    call_hang_up(&p->x, p->side);
}

static void soft_key(struct pressed *p, uint32_t key, uint32_t line)
{
    switch (key) {
    case KEY_REDIAL: redial(p, line_or_default(p, line)); break;
    case KEY_NEW_CALL: new_call(p, line_or_default(p, line), (struct bytes){0}); break;
    case KEY_HOLD: hold(p); break;
    case KEY_BACK:
        if (p->x.k) call_back_space(&p->x);
        break;
    case KEY_END_CALL: end_call(p); break;
    case KEY_RESUME: resume(p); break;
    case KEY_ANSWER:
        if (rings(p)) call_answer(&p->x);
        break;
    default: not_active(p);
    }
}

static void stimulus(struct pressed *p, uint32_t button, uint32_t instance)
{
    switch (button) {
    case STIMULUS_REDIAL: redial(p, 0); break;
    case STIMULUS_SPEED_DIAL: speed_dial(p, instance); break;
    case STIMULUS_HOLD: /* a 7912 has one button for both */
        if (holds(p))
            resume(p);
        else
            hold(p);
        break;
    case STIMULUS_LINE: line_button(p, instance); break;
    case STIMULUS_ANSWER_RELEASE:
        if (rings(p))
            call_answer(&p->x);
        else
            end_call(p);
        break;
    case STIMULUS_NEW_CALL: new_call(p, 0, (struct bytes){0}); break;
    case STIMULUS_END_CALL: end_call(p); break;
    default: not_active(p);
    }
}

static void keypad(struct pressed *p, uint32_t key)
{
    char digit = key <= 9              ? (char)('0' + key)
                 : key == KEYPAD_STAR  ? '*'
                 : key == KEYPAD_POUND ? '#'
                 : key == KEYPAD_PLUS  ? '+'
                                       : 0;

    /* While they talk there is nobody for whom a digit would mean something: no machine answers here, and CallManager's
     * phones do not hear one another's. */
    if (p->x.k && digit) call_digit(&p->x, digit);
}

/* The number as far as it is one; a `#` at its end only says that it ends. */
static void en_bloc(struct pressed *p, struct bytes number, uint32_t line)
{
    if (number.len > 1 && number.at[number.len - 1] == '#') number.len--;
    for (size_t i = 0; i < number.len; i++)
        if (number.at[i] == 0 || !memchr("0123456789*#+", number.at[i], 13)) return;
    if (number.len == 0 || number.len >= RECORD_NUMBER) return;
    new_call(p, line_or_default(p, line), number);
}

static void channel_opened(struct pressed *p, const struct sccp_receiving *r)
{
    if (p->x.k) media_opened(&p->x, p->side, r);
}

/* It cannot send: nobody would hear it. A 6901 leaves all but the call empty, so that decides. */
static void cannot_send(struct pressed *p, uint32_t call)
{
    if (p->x.k && call == p->x.k->id) call_fail(&p->x, OUTCOME_NO_MEDIA);
}

bool cm_call_message(struct callmanager *m, usec now, struct cm_connection *c, struct device *d,
                     const struct sccp_message *in, struct outbox *out)
{
    struct pressed p = {.x = {m, now, c->call == NONE ? NULL : &m->calls.call[c->call], out}, .c = c, .d = d};

    p.side = p.x.k && party_of(&p.x, CALLED) == c ? CALLED : CALLER;
    switch (in->id) {
    case SCCP_OFF_HOOK: off_hook(&p, in->call.of.line); return true;
    case SCCP_OFF_HOOK_WITH_CALLING_PARTY: off_hook(&p, in->call.calling.line); return true;
    case SCCP_ON_HOOK: on_hook(&p); return true;
    case SCCP_KEYPAD_BUTTON: keypad(&p, in->call.pressed.key); return true;
    case SCCP_ENBLOC_CALL: en_bloc(&p, in->call.enbloc.number, in->call.enbloc.line); return true;
    case SCCP_SOFT_KEY_EVENT: soft_key(&p, in->call.pressed.key, in->call.pressed.line); return true;
    case SCCP_STIMULUS: stimulus(&p, in->call.stimulus.button, in->call.stimulus.instance); return true;
    case SCCP_OPEN_RECEIVE_CHANNEL_ACK: channel_opened(&p, &in->call.receiving); return true;
    case SCCP_START_MEDIA_TRANSMISSION_ACK:
        if (in->call.sending.status != 0) cannot_send(&p, in->call.sending.call);
        return true;
    case SCCP_MEDIA_TRANSMISSION_FAILURE: cannot_send(&p, in->call.failure.call); return true;
    default: return false;
    }
}
