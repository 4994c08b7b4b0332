#include "phone/call_wire.h"
#include "base/facts.h"
#include "phone/call.h"

bool user_decode(struct user *out, struct bytes in, struct fault *why)
{
    struct reader r = reader(in, why);
    uint8_t does = read_u8(&r);

    *out = (struct user){.does = (enum user_does)does, .milliseconds = read_be32(&r)};
    out->number = read_rest(&r);
    if (sound(&r) && (does < USER_LIFTS || does > USER_HANGS_UP)) refuse(&r, FAULT_VALUE, "what a user does");
    if (out->number.len >= CALL_NUMBER) refuse(&r, FAULT_LONG, "number that a user dials");
    for (size_t i = 0; i < out->number.len; i++) {
        uint8_t key = out->number.at[i];
        if ((key < '0' || key > '9') && key != '*' && key != '#') refuse(&r, FAULT_VALUE, "key that a user presses");
    }
    return sound(&r);
}

void user_encode(struct writer *w, const struct user *u)
{
    write_u8(w, (uint8_t)u->does);
    write_be32(w, u->milliseconds);
    write_bytes(w, u->number);
}

uint32_t call_wire_reference(const struct sccp_message *m)
{
    switch (m->id) {
    case SCCP_CALL_STATE: return m->call.state.call;
    case SCCP_SET_RINGER: return m->call.ring.call;
    case SCCP_START_TONE:
    case SCCP_STOP_TONE: return m->call.tone.call;
    case SCCP_CALL_INFO:
    case SCCP_CALL_INFO_DYNAMIC: return m->call.info.call;
    case SCCP_DIALED_NUMBER: return m->call.dialed.call;
    case SCCP_OPEN_RECEIVE_CHANNEL:
    case SCCP_START_MEDIA_TRANSMISSION: return m->call.media.call;
    case SCCP_CLOSE_RECEIVE_CHANNEL:
    case SCCP_STOP_MEDIA_TRANSMISSION: return m->call.close.call;
    case SCCP_DISPLAY_PROMPT_STATUS:
    case SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS: return m->prompt.call;
    case SCCP_CLEAR_PROMPT_STATUS: return m->call.of.call;
    case SCCP_SELECT_SOFT_KEYS: return m->keys.call;
    default: return 0;
    }
}

static void tell_transport(struct writer *w, const struct sccp_transport *t)
{
    if (t->address) tell_ipv4(w, FACT_ADDRESS, t->address);
    if (t->port) tell_number(w, FACT_PORT, t->port);
}

static void tell_shown(struct writer *w, uint8_t label, struct bytes text)
{
    if (label) tell_number(w, FACT_LABEL, label);
    if (text.len) tell_text(w, FACT_TEXT, text);
}

static void tell_what(struct writer *w, const struct sccp_message *m)
{
    switch (m->id) {
    case SCCP_KEYPAD_BUTTON:
    case SCCP_SOFT_KEY_EVENT: tell_number(w, FACT_VALUE, m->call.pressed.key); break;
    case SCCP_STIMULUS: tell_number(w, FACT_VALUE, m->call.stimulus.button); break;
    case SCCP_ENBLOC_CALL: tell_text(w, FACT_CALLED, m->call.enbloc.number); break;
    case SCCP_CALL_STATE: tell_number(w, FACT_VALUE, m->call.state.state); break;
    case SCCP_START_TONE: tell_number(w, FACT_VALUE, m->call.tone.tone); break;
    case SCCP_SET_RINGER: tell_number(w, FACT_VALUE, m->call.ring.mode); break;
    case SCCP_SET_LAMP: tell_number(w, FACT_VALUE, m->call.lamp.mode); break;
    case SCCP_SET_SPEAKER_MODE: tell_number(w, FACT_VALUE, m->number); break;
    case SCCP_SELECT_SOFT_KEYS: tell_number(w, FACT_VALUE, m->keys.set); break;
    case SCCP_DIALED_NUMBER: tell_text(w, FACT_CALLED, m->call.dialed.number); break;
    case SCCP_CALL_INFO:
    case SCCP_CALL_INFO_DYNAMIC:
        tell_text(w, FACT_CALLING, m->call.info.calling.number);
        tell_text(w, FACT_CALLED, m->call.info.called.number);
        break;
    case SCCP_DISPLAY_PROMPT_STATUS:
    case SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS:
    case SCCP_DISPLAY_NOTIFY:
    case SCCP_DISPLAY_DYNAMIC_NOTIFY: tell_shown(w, m->prompt.label, m->prompt.text); break;
    case SCCP_DISPLAY_PRI_NOTIFY:
    case SCCP_DISPLAY_DYNAMIC_PRI_NOTIFY: tell_shown(w, m->call.notice.label, m->call.notice.text); break;
    case SCCP_OPEN_RECEIVE_CHANNEL: tell_number(w, FACT_CODEC, m->call.media.codec); break;
    case SCCP_START_MEDIA_TRANSMISSION:
        tell_number(w, FACT_CODEC, m->call.media.codec);
        tell_transport(w, &m->call.media.peer);
        break;
    case SCCP_OPEN_RECEIVE_CHANNEL_ACK:
        tell_number(w, FACT_ERROR, m->call.receiving.status);
        tell_transport(w, &m->call.receiving.at);
        break;
    case SCCP_START_MEDIA_TRANSMISSION_ACK: tell_transport(w, &m->call.sending.at); break;
    default: break;
    }
}

void call_wire_tell(struct writer *w, const char *source, const struct sccp_message *m)
{
    const char *name = sccp_name(m->id);

    tell_text(w, FACT_SOURCE, bytes_of(source));
    tell_text(w, FACT_MESSAGE, bytes_of(name ? name : "unknown"));
    tell_what(w, m);
}
