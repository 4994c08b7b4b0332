/* What a phone is told in each state of a call. The order is CallManager 4's to a 7912 and a newer CUCM's at protocol
 * 20, which agree (tests/server/test_real_7912.c replays the first); Hold, busy and wrong number, which neither shows,
 * are chan-sccp's. */
#include "server/call_parts.h"

enum { /* labels `80 nn` of the phone's own dictionary */
       SAYS_HOLD = 0x03,
       SAYS_RING_OUT = 0x16,
       SAYS_FROM = 0x17,
       SAYS_CONNECTED = 0x18,
       SAYS_BUSY = 0x19,
       SAYS_ENTER_NUMBER = 0x20,
       SAYS_UNKNOWN_NUMBER = 0x38,
       SAYS_HIGH_TRAFFIC = 0x4a
};
/* The sets of cm_answers.c, and which keys of them do something: a bit a place, from the first. */
enum { KEYS_ON_HOOK, KEYS_CONNECTED, KEYS_ON_HOLD, KEYS_RING_IN, KEYS_OFF_HOOK, KEYS_DIGITS = 6, KEYS_RING_OUT = 8 };
enum {
    MASK_ON_HOOK = 1 << 0 | 1 << 1,   /* Redial, NewCall */
    MASK_CONNECTED = 1 << 0 | 1 << 1, /* Hold, EndCall */
    MASK_ON_HOLD = 1 << 0,            /* Resume */
    MASK_OFF_HOOK = 1 << 0 | 1 << 1,  /* Redial, EndCall */
    MASK_ALL = -1
};
enum { ON = 1, OFF = 2, DYNAMIC = 8, NOTICE = 10, NOTICE_PRIORITY = 5, PRECEDENCE_ROUTINE = 4, CONTINUOUS = 1 };

static void to(const struct calling *x, int side, const struct sccp_message *message)
{
    struct cm_connection *c = party_of(x, side);

    if (c) cm_write(c, message, x->out);
}

static void number(const struct calling *x, int side, uint32_t id, uint32_t value)
{
    to(x, side, &(struct sccp_message){.id = id, .number = value});
}

static uint32_t line_of(const struct calling *x, int side)
{
    return x->k->party[side].line;
}

static void ringer(const struct calling *x, int side, enum sccp_ringer mode, bool of_call)
{
    to(x, side,
       &(struct sccp_message){.id = SCCP_SET_RINGER,
                              .call.ring = {.mode = mode,
                                            .duration = CONTINUOUS,
                                            .line = of_call ? line_of(x, side) : 0,
                                            .call = of_call ? x->k->id : 0}});
}

static void lamp(const struct calling *x, int side, enum sccp_lamp mode)
{
    to(x, side, &(struct sccp_message){.id = SCCP_SET_LAMP, .call.lamp = {BUTTON_LINE, line_of(x, side), mode}});
}

static void state(const struct calling *x, int side, enum sccp_call_state s)
{
    to(x, side,
       &(struct sccp_message){
           .id = SCCP_CALL_STATE,
           .call.state = {.state = s, .line = line_of(x, side), .call = x->k->id, .precedence = PRECEDENCE_ROUTINE}});
}

static void keys(const struct calling *x, int side, uint32_t set, int mask)
{
    bool idle = set == KEYS_ON_HOOK;

    to(x, side,
       &(struct sccp_message){.id = SCCP_SELECT_SOFT_KEYS,
                              .keys = {idle ? 0 : line_of(x, side), idle ? 0 : x->k->id, set, (uint32_t)mask}});
}

static uint32_t form(const struct cm_connection *c, uint32_t fixed, uint32_t dynamic)
{
    return c->version >= DYNAMIC ? dynamic : fixed;
}

static void prompt(const struct calling *x, int side, uint8_t label, const char *text)
{
    struct cm_connection *c = party_of(x, side);

    if (!c) return;
    to(x, side,
       &(struct sccp_message){
           .id = form(c, SCCP_DISPLAY_PROMPT_STATUS, SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS),
           .prompt = {.line = line_of(x, side), .call = x->k->id, .label = label, .text = bytes_of(text)}});
}

void show_notice(struct cm_connection *c, uint8_t label, const char *text, struct outbox *out)
{
    cm_write(c,
             &(struct sccp_message){.id = form(c, SCCP_DISPLAY_NOTIFY, SCCP_DISPLAY_DYNAMIC_NOTIFY),
                                    .prompt = {.timeout = NOTICE, .label = label, .text = bytes_of(text)}},
             out);
}

/* Who calls whom; each phone hears it from its side. */
static void info(const struct calling *x, int side)
{
    struct cm_connection *c = party_of(x, side);
    const struct call_party *from = &x->k->party[CALLER], *called = &x->k->party[CALLED];
    struct sccp_party a = {.name = bytes_of(from->name), .number = bytes_of(from->number)};
    struct sccp_party b = {.name = bytes_of(called->name), .number = bytes_of(called->number)};
    struct sccp_message m;

    if (!c) return;
    m = (struct sccp_message){.id = form(c, SCCP_CALL_INFO, SCCP_CALL_INFO_DYNAMIC)};
    m.call.info = (struct sccp_info){.calling = a,
                                     .called = b,
                                     .original = b,
                                     .redirecting = b,
                                     .line = line_of(x, side),
                                     .call = x->k->id,
                                     .type = side == CALLER ? 2 : 1,
                                     .instance = 1,
                                     .security = x->k->phase == PHASE_TALKING ? 1 : 0}; /* 1: not authenticated */
    if (side == CALLED) m.call.info.alternate_calling = a.number;
    to(x, side, &m);
}

void show_tone(const struct calling *x, int side, enum sccp_tone tone)
{
    to(x, side,
       &(struct sccp_message){.id = SCCP_START_TONE,
                              .call.tone = {.tone = tone, .line = line_of(x, side), .call = x->k->id}});
}

void show_no_tone(const struct calling *x, int side)
{
    to(x, side,
       &(struct sccp_message){.id = SCCP_STOP_TONE,
                              .call.tone = {.tone = TONE_NONE, .line = line_of(x, side), .call = x->k->id}});
}

void show_dialling(const struct calling *x, bool dial_tone)
{
    ringer(x, CALLER, RINGER_OFF, false);
    number(x, CALLER, SCCP_SET_SPEAKER_MODE, ON);
    lamp(x, CALLER, LAMP_ON);
    state(x, CALLER, CALL_OFF_HOOK);
    if (dial_tone)
        keys(x, CALLER, KEYS_OFF_HOOK, MASK_OFF_HOOK);
    else
        keys(x, CALLER, KEYS_DIGITS, MASK_ALL);
    prompt(x, CALLER, SAYS_ENTER_NUMBER, "");
    number(x, CALLER, SCCP_ACTIVATE_CALL_PLANE, line_of(x, CALLER));
    if (dial_tone) show_tone(x, CALLER, TONE_INSIDE_DIAL);
}

void show_first_digit(const struct calling *x)
{
    show_no_tone(x, CALLER);
    keys(x, CALLER, KEYS_DIGITS, MASK_ALL);
}

static void dialled_number(const struct calling *x)
{
    to(x, CALLER,
       &(struct sccp_message){
           .id = SCCP_DIALED_NUMBER,
           .call.dialed = {.number = bytes_of(x->k->dialled), .line = line_of(x, CALLER), .call = x->k->id}});
}

void show_ringing(const struct calling *x)
{
    struct cm_connection *c = party_of(x, CALLED);
    const char *from = x->k->party[CALLER].number;

    dialled_number(x);
    state(x, CALLER, CALL_PROCEED);
    info(x, CALLER);
    show_tone(x, CALLER, TONE_ALERTING);
    state(x, CALLER, CALL_RING_OUT);
    keys(x, CALLER, KEYS_RING_OUT, MASK_ALL);
    prompt(x, CALLER, SAYS_RING_OUT, "");
    info(x, CALLER);
    if (!c) return;
    state(x, CALLED, CALL_RING_IN);
    keys(x, CALLED, KEYS_RING_IN, MASK_ALL);
    prompt(x, CALLED, SAYS_FROM, from);
    struct sccp_message m = {.id = form(c, SCCP_DISPLAY_PRI_NOTIFY, SCCP_DISPLAY_DYNAMIC_PRI_NOTIFY)};
    m.call.notice = (struct sccp_notice){NOTICE, NOTICE_PRIORITY, SAYS_FROM, bytes_of(from)};
    to(x, CALLED, &m);
    info(x, CALLED);
    lamp(x, CALLED, LAMP_BLINK);
    ringer(x, CALLED, RINGER_INSIDE, true);
}

void show_refused(const struct calling *x, enum call_outcome why)
{
    static const char *const says[OUTCOMES] = {[OUTCOME_NOT_REGISTERED] = "Phone is not registered",
                                               [OUTCOME_ELSEWHERE] = "Phone is at another CallManager",
                                               [OUTCOME_NO_CODEC] = "No common codec",
                                               [OUTCOME_NO_ANSWER] = "No answer",
                                               [OUTCOME_NOT_DIALLED] = "No number dialled"};

    if (why == OUTCOME_BUSY) {
        dialled_number(x);
        show_tone(x, CALLER, TONE_BUSY);
        state(x, CALLER, CALL_BUSY);
    } else {
        show_tone(x, CALLER, TONE_REORDER);
    }
    keys(x, CALLER, KEYS_RING_OUT, MASK_ALL);
    if (why == OUTCOME_BUSY)
        prompt(x, CALLER, SAYS_BUSY, "");
    else if (why == OUTCOME_UNKNOWN_NUMBER)
        prompt(x, CALLER, SAYS_UNKNOWN_NUMBER, "");
    else if (why == OUTCOME_NO_ROOM)
        prompt(x, CALLER, SAYS_HIGH_TRAFFIC, "");
    else
        prompt(x, CALLER, 0, says[why] ? says[why] : "");
}

void show_answering(const struct calling *x)
{
    ringer(x, CALLED, RINGER_OFF, false);
    number(x, CALLED, SCCP_SET_SPEAKER_MODE, ON);
    lamp(x, CALLED, LAMP_ON);
    state(x, CALLED, CALL_OFF_HOOK);
    number(x, CALLED, SCCP_ACTIVATE_CALL_PLANE, line_of(x, CALLED));
    ringer(x, CALLED, RINGER_OFF, true);
    show_no_tone(x, CALLED);
}

void show_talking(const struct calling *x, int side)
{
    state(x, side, CALL_CONNECTED);
    keys(x, side, KEYS_CONNECTED, MASK_CONNECTED);
    prompt(x, side, SAYS_CONNECTED, "");
    info(x, side);
}

void show_held(const struct calling *x, int side)
{
    struct cm_connection *c = party_of(x, side);

    if (!c) return;
    cm_time(x->m, x->now, c, x->out);
    lamp(x, side, LAMP_WINK);
    state(x, side, CALL_HOLD);
    prompt(x, side, SAYS_HOLD, "");
    info(x, side);
    number(x, side, SCCP_SET_SPEAKER_MODE, OFF);
    keys(x, side, KEYS_ON_HOLD, MASK_ON_HOLD);
}

void show_holding_on(const struct calling *x, int side)
{
    prompt(x, side, 0, "Held by the other side");
}

void show_released(const struct calling *x, int side)
{
    struct cm_connection *c = party_of(x, side);
    struct calling closing = *x;

    if (!c) return;
    show_no_tone(x, side);
    lamp(x, side, LAMP_OFF);
    to(x, side, &(struct sccp_message){.id = SCCP_CLEAR_PROMPT_STATUS, .call.of = {line_of(x, side), x->k->id}});
    media_close(&closing, side);
    state(x, side, CALL_ON_HOOK);
    keys(x, side, KEYS_ON_HOOK, MASK_ON_HOOK);
    cm_time(x->m, x->now, c, x->out);
    number(x, side, SCCP_SET_SPEAKER_MODE, OFF);
    ringer(x, side, RINGER_OFF, false);
}
