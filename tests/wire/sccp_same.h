/* Whether two SCCP messages have the same values; texts by what they say, not by where they stand. A dynamic text of
 * `a` may be longer than an encoder writes: `b` is then its beginning. */
#ifndef TESTS_WIRE_SCCP_SAME_H
#define TESTS_WIRE_SCCP_SAME_H
#include <string.h>
#include "wire/sccp_register.h"

static inline bool same_cut(struct bytes a, struct bytes b, size_t most)
{
    if (a.len > most) a.len = most;
    return bytes_equal(a, b);
}

/* ---- wire/sccp_call.h */
static inline bool same_party(const struct sccp_party *a, const struct sccp_party *b)
{
    return same_cut(a->name, b->name, 120) && same_cut(a->number, b->number, 24) &&
           same_cut(a->mailbox, b->mailbox, 24);
}

static inline bool same_info(const struct sccp_info *a, const struct sccp_info *b)
{
    return same_party(&a->calling, &b->calling) && same_party(&a->called, &b->called) &&
           same_party(&a->original, &b->original) && same_party(&a->redirecting, &b->redirecting) &&
           a->line == b->line && a->call == b->call && a->type == b->type && a->original_reason == b->original_reason &&
           a->redirecting_reason == b->redirecting_reason && a->instance == b->instance && a->security == b->security &&
           a->restriction == b->restriction && same_cut(a->alternate_calling, b->alternate_calling, 24) &&
           same_cut(a->hunt_pilot, b->hunt_pilot, 24) && same_cut(a->hunt_pilot_name, b->hunt_pilot_name, 120);
}

/* Behind `frames` there are two bytes that no field has. */
static inline bool same_media(const struct sccp_media *a, const struct sccp_media *b)
{
    size_t behind = offsetof(struct sccp_media, parameters);

    return memcmp(a, b, offsetof(struct sccp_media, frames)) == 0 && a->frames == b->frames &&
           memcmp((const uint8_t *)a + behind, (const uint8_t *)b + behind, sizeof *a - behind) == 0;
}

static inline bool same_statistics(const struct sccp_statistics *a, const struct sccp_statistics *b)
{
    return bytes_equal(a->number, b->number) && a->call == b->call && a->mode == b->mode &&
           a->sent_packets == b->sent_packets && a->sent_octets == b->sent_octets &&
           a->received_packets == b->received_packets && a->received_octets == b->received_octets &&
           a->lost_packets == b->lost_packets && a->jitter == b->jitter && a->latency == b->latency &&
           bytes_equal(a->text, b->text);
}

static inline bool same_user_data(const struct sccp_user_data *a, const struct sccp_user_data *b)
{
    return a->application == b->application && a->line == b->line && a->call == b->call &&
           a->transaction == b->transaction && a->sequence == b->sequence && a->priority == b->priority &&
           a->conference == b->conference && a->instance == b->instance && a->routing == b->routing &&
           same_cut(a->data, b->data, SCCP_USER_DATA);
}

static inline bool same_spcp_token(const struct sccp_spcp_token *a, const struct sccp_spcp_token *b)
{
    return bytes_equal(a->name, b->name) && a->user == b->user && a->instance == b->instance &&
           a->address == b->address && a->device_type == b->device_type && a->max_streams == b->max_streams;
}

/* Those of numbers alone. */
static inline bool same_numbers(const struct sccp_message *a, const struct sccp_message *b)
{
    const union sccp_call *c = &a->call, *d = &b->call;

    switch (a->id) {
    case SCCP_KEYPAD_BUTTON:
    case SCCP_SOFT_KEY_EVENT: return memcmp(&c->pressed, &d->pressed, sizeof c->pressed) == 0;
    case SCCP_STIMULUS: return memcmp(&c->stimulus, &d->stimulus, sizeof c->stimulus) == 0;
    case SCCP_OFF_HOOK:
    case SCCP_ON_HOOK:
    case SCCP_HOOK_FLASH:
    case SCCP_CLEAR_PROMPT_STATUS:
    case SCCP_BACK_SPACE_RES: return memcmp(&c->of, &d->of, sizeof c->of) == 0;
    case SCCP_MEDIA_PATH_EVENT:
    case SCCP_MEDIA_PATH_CAPABILITY: return memcmp(&c->path, &d->path, sizeof c->path) == 0;
    case SCCP_SET_RINGER: return memcmp(&c->ring, &d->ring, sizeof c->ring) == 0;
    case SCCP_SET_LAMP: return memcmp(&c->lamp, &d->lamp, sizeof c->lamp) == 0;
    case SCCP_START_TONE:
    case SCCP_STOP_TONE: return memcmp(&c->tone, &d->tone, sizeof c->tone) == 0;
    case SCCP_CALL_STATE: return memcmp(&c->state, &d->state, sizeof c->state) == 0;
    case SCCP_CALL_HISTORY_DISPOSITION: return memcmp(&c->history, &d->history, sizeof c->history) == 0;
    case SCCP_CALL_SELECT_STAT: return memcmp(&c->select, &d->select, sizeof c->select) == 0;
    case SCCP_RECORDING_STATUS: return memcmp(&c->recording, &d->recording, sizeof c->recording) == 0;
    case SCCP_OPEN_RECEIVE_CHANNEL_ACK: return memcmp(&c->receiving, &d->receiving, sizeof c->receiving) == 0;
    case SCCP_START_MEDIA_TRANSMISSION_ACK: return memcmp(&c->sending, &d->sending, sizeof c->sending) == 0;
    case SCCP_MEDIA_TRANSMISSION_FAILURE: return memcmp(&c->failure, &d->failure, sizeof c->failure) == 0;
    case SCCP_CLOSE_RECEIVE_CHANNEL:
    case SCCP_STOP_MEDIA_TRANSMISSION: return memcmp(&c->close, &d->close, sizeof c->close) == 0;
    case SCCP_MULTICAST_MEDIA_RECEPTION_ACK: return memcmp(&c->multicast, &d->multicast, sizeof c->multicast) == 0;
    case SCCP_PORT_REQUEST:
    case SCCP_PORT_CLOSE:
    case SCCP_PORT_RESPONSE: return memcmp(&c->port, &d->port, sizeof c->port) == 0;
    case SCCP_MEDIA_RESOURCE_NOTIFICATION: return memcmp(&c->resource, &d->resource, sizeof c->resource) == 0;
    case SCCP_UPDATE_CAPABILITIES:
    case SCCP_UPDATE_CAPABILITIES_V2:
    case SCCP_UPDATE_CAPABILITIES_V3: return memcmp(&c->audio, &d->audio, sizeof c->audio) == 0;
    case SCCP_CALL_COUNT_RES: return memcmp(&c->counts, &d->counts, sizeof c->counts) == 0;
    case SCCP_SET_SPEAKER_MODE:
    case SCCP_SET_MICRO_MODE:
    case SCCP_ACTIVATE_CALL_PLANE:
    case SCCP_CLEAR_PRI_NOTIFY:
    case SCCP_SPCP_TOKEN_ACK:
    case SCCP_SPCP_TOKEN_REJECT: return a->number == b->number;
    default: return bytes_equal(a->other, b->other); /* without a body, or of no known layout */
    }
}

static inline bool same_call(const struct sccp_message *a, const struct sccp_message *b)
{
    const union sccp_call *c = &a->call, *d = &b->call;

    switch (a->id) {
    case SCCP_ENBLOC_CALL: return bytes_equal(c->enbloc.number, d->enbloc.number) && c->enbloc.line == d->enbloc.line;
    case SCCP_OFF_HOOK_WITH_CALLING_PARTY:
        return bytes_equal(c->calling.number, d->calling.number) &&
               bytes_equal(c->calling.mailbox, d->calling.mailbox) && c->calling.line == d->calling.line;
    case SCCP_DIALED_NUMBER:
        return bytes_equal(c->dialed.number, d->dialed.number) && c->dialed.line == d->dialed.line &&
               c->dialed.call == d->dialed.call;
    case SCCP_CALL_INFO:
    case SCCP_CALL_INFO_DYNAMIC: return same_info(&c->info, &d->info);
    case SCCP_DISPLAY_PRI_NOTIFY:
    case SCCP_DISPLAY_DYNAMIC_PRI_NOTIFY:
        return c->notice.timeout == d->notice.timeout && c->notice.priority == d->notice.priority &&
               c->notice.label == d->notice.label &&
               same_cut(c->notice.text, d->notice.text, d->notice.label ? 94 : 96);
    case SCCP_DISPLAY_TEXT:
    case SCCP_LOCATION_INFO: return bytes_equal(a->text, b->text);
    case SCCP_OPEN_RECEIVE_CHANNEL:
    case SCCP_START_MEDIA_TRANSMISSION: return same_media(&c->media, &d->media);
    case SCCP_CONNECTION_STATISTICS_RES: return same_statistics(&c->statistics, &d->statistics);
    case SCCP_CONNECTION_STATISTICS_REQ:
        return bytes_equal(c->statistics_req.number, d->statistics_req.number) &&
               c->statistics_req.call == d->statistics_req.call && c->statistics_req.mode == d->statistics_req.mode;
    case SCCP_DEVICE_TO_USER_DATA:
    case SCCP_DEVICE_TO_USER_DATA_RESPONSE:
    case SCCP_USER_TO_DEVICE_DATA:
    case SCCP_DEVICE_TO_USER_DATA_V1:
    case SCCP_DEVICE_TO_USER_DATA_RESPONSE_V1:
    case SCCP_USER_TO_DEVICE_DATA_V1: return same_user_data(&c->user_data, &d->user_data);
    case SCCP_SUBSCRIPTION_STAT_REQ:
    case SCCP_SUBSCRIPTION_STAT:
    case SCCP_NOTIFICATION:
        return c->subscription.transaction == d->subscription.transaction &&
               c->subscription.feature == d->subscription.feature && c->subscription.timer == d->subscription.timer &&
               c->subscription.status == d->subscription.status &&
               bytes_equal(c->subscription.text, d->subscription.text);
    case SCCP_MWI_NOTIFICATION:
        return bytes_equal(c->waiting.target, d->waiting.target) &&
               bytes_equal(c->waiting.control, d->waiting.control) && c->waiting.waiting == d->waiting.waiting &&
               memcmp(c->waiting.messages, d->waiting.messages, sizeof c->waiting.messages) == 0;
    case SCCP_EXTENSION_DEVICE_CAPS:
        return c->extension.number == d->extension.number && c->extension.type == d->extension.type &&
               c->extension.third == d->extension.third && bytes_equal(c->extension.text, d->extension.text);
    case SCCP_SPCP_TOKEN_REQ: return same_spcp_token(&c->spcp_token, &d->spcp_token);
    default: return same_numbers(a, b);
    }
}

/* ---- wire/sccp_register.h */
static inline bool same_register(const struct sccp_register *a, const struct sccp_register *b)
{
    uint16_t length = a->length < 52 ? 52 : a->length > 124 ? 124 : a->length; /* what an encoder makes of it */

    return bytes_equal(a->name, b->name) && a->user == b->user && a->instance == b->instance &&
           a->address == b->address && a->device_type == b->device_type && a->max_streams == b->max_streams &&
           a->active_streams == b->active_streams && a->protocol == b->protocol &&
           memcmp(a->features, b->features, sizeof a->features) == 0 && a->max_conferences == b->max_conferences &&
           a->active_conferences == b->active_conferences && mac_equal(a->mac, b->mac) &&
           a->address_scope == b->address_scope && a->max_lines == b->max_lines && bytes_equal(a->load, b->load) &&
           length == b->length;
}

static inline bool same_soft_keys(const struct sccp_soft_key_template *a, const struct sccp_soft_key_template *b)
{
    if (a->offset != b->offset || a->count != b->count || a->total != b->total) return false;
    for (size_t i = 0; i < SCCP_SOFT_KEYS; i++)
        if (a->key[i].label != b->key[i].label || a->key[i].event != b->key[i].event ||
            !bytes_equal(a->key[i].text, b->key[i].text))
            return false;
    return true;
}

static inline bool same_buttons(const struct sccp_button_template *a, const struct sccp_button_template *b)
{
    return a->offset == b->offset && a->count == b->count && a->total == b->total &&
           memcmp(a->button, b->button, sizeof a->button) == 0;
}

static inline bool same_forward(const struct sccp_forward *a, const struct sccp_forward *b)
{
    return a->active == b->active && a->line == b->line && a->all.active == b->all.active &&
           a->busy.active == b->busy.active && a->no_answer.active == b->no_answer.active &&
           bytes_equal(a->all.number, b->all.number) && bytes_equal(a->busy.number, b->busy.number) &&
           bytes_equal(a->no_answer.number, b->no_answer.number);
}

static inline bool same_servers(const struct sccp_servers *a, const struct sccp_servers *b)
{
    for (size_t i = 0; i < SCCP_SERVERS; i++)
        if (!bytes_equal(a->server[i].name, b->server[i].name) || a->server[i].port != b->server[i].port ||
            a->server[i].address != b->server[i].address)
            return false;
    return true;
}

static inline bool same_config(const struct sccp_config *a, const struct sccp_config *b)
{
    return same_cut(a->name, b->name, 16) && a->user == b->user && a->instance == b->instance &&
           same_cut(a->user_name, b->user_name, 40) && same_cut(a->server_name, b->server_name, 40) &&
           a->lines == b->lines && a->speed_dials == b->speed_dials;
}

static inline bool same_token(const struct sccp_token *a, const struct sccp_token *b)
{
    return bytes_equal(a->name, b->name) && a->user == b->user && a->instance == b->instance &&
           a->address == b->address && a->device_type == b->device_type;
}

static inline bool same_ack(const struct sccp_register_ack *a, const struct sccp_register_ack *b)
{
    return a->keepalive == b->keepalive && a->standby_keepalive == b->standby_keepalive && a->protocol == b->protocol &&
           memcmp(a->features, b->features, sizeof a->features) == 0 && bytes_equal(a->date_template, b->date_template);
}

static inline bool same_alarm(const struct sccp_alarm *a, const struct sccp_alarm *b)
{
    return a->severity == b->severity && a->parameter1 == b->parameter1 && a->parameter2 == b->parameter2 &&
           bytes_equal(a->text, b->text);
}

static inline bool same_prompt(const struct sccp_prompt *a, const struct sccp_prompt *b, size_t most)
{
    return a->timeout == b->timeout && a->line == b->line && a->call == b->call && a->label == b->label &&
           same_cut(a->text, b->text, a->label ? most - 2 : most);
}

/* The messages that tell of a key of the phone, in their fixed and their dynamic form, and what is left. */
static inline bool same_key(const struct sccp_message *a, const struct sccp_message *b)
{
    switch (a->id) {
    case SCCP_LINE_STAT:
    case SCCP_LINE_STAT_DYNAMIC:
        return a->line.line == b->line.line && a->line.options == b->line.options &&
               same_cut(a->line.number, b->line.number, 24) && same_cut(a->line.name, b->line.name, 120) &&
               same_cut(a->line.label, b->line.label, 120);
    case SCCP_SPEED_DIAL_STAT:
    case SCCP_SPEED_DIAL_STAT_DYNAMIC:
        return a->speed_dial.index == b->speed_dial.index && same_cut(a->speed_dial.number, b->speed_dial.number, 24) &&
               same_cut(a->speed_dial.name, b->speed_dial.name, 120);
    case SCCP_FEATURE_STAT:
    case SCCP_FEATURE_STAT_DYNAMIC:
        return a->feature.index == b->feature.index && a->feature.definition == b->feature.definition &&
               a->feature.status == b->feature.status && same_cut(a->feature.label, b->feature.label, 120);
    case SCCP_SERVICE_URL_STAT:
    case SCCP_SERVICE_URL_STAT_DYNAMIC:
        return a->service.index == b->service.index &&
               same_cut(a->service.url, b->service.url, a->id == SCCP_SERVICE_URL_STAT ? 256 : 255) &&
               same_cut(a->service.label, b->service.label, 120);
    default: return a->known ? same_call(a, b) : bytes_equal(a->other, b->other);
    }
}

static inline bool sccp_same(const struct sccp_message *a, const struct sccp_message *b)
{
    if (a->id != b->id || a->known != b->known) return false;
    switch (a->known ? a->id : UINT32_MAX) {
    case SCCP_REGISTER: return same_register(&a->reg, &b->reg);
    case SCCP_REGISTER_ACK: return same_ack(&a->ack, &b->ack);
    case SCCP_REGISTER_REJECT:
    case SCCP_VERSION: return same_cut(a->text, b->text, 2047);
    case SCCP_XML_ALARM: return same_cut(a->text, b->text, 2046);
    case SCCP_ALARM: return same_alarm(&a->alarm, &b->alarm);
    case SCCP_IP_PORT:
    case SCCP_HEADSET_STATUS:
    case SCCP_REGISTER_AVAILABLE_LINES:
    case SCCP_LINE_STAT_REQ:
    case SCCP_SPEED_DIAL_STAT_REQ:
    case SCCP_FORWARD_STAT_REQ:
    case SCCP_SERVICE_URL_STAT_REQ:
    case SCCP_UNREGISTER:
    case SCCP_UNREGISTER_ACK:
    case SCCP_RESET:
    case SCCP_REGISTER_TOKEN_REJECT: return a->number == b->number;
    case SCCP_FEATURE_STAT_REQ: return memcmp(&a->feature_req, &b->feature_req, sizeof a->feature_req) == 0;
    case SCCP_BUTTON_TEMPLATE_RES: return same_buttons(&a->buttons, &b->buttons);
    case SCCP_SOFT_KEY_TEMPLATE_RES: return same_soft_keys(&a->soft_keys, &b->soft_keys);
    case SCCP_SOFT_KEY_SET_RES: return memcmp(&a->key_sets, &b->key_sets, sizeof a->key_sets) == 0;
    case SCCP_SELECT_SOFT_KEYS: return memcmp(&a->keys, &b->keys, sizeof a->keys) == 0;
    case SCCP_CAPABILITIES_RES: return memcmp(&a->capabilities, &b->capabilities, sizeof a->capabilities) == 0;
    case SCCP_FORWARD_STAT: return same_forward(&a->forward, &b->forward);
    case SCCP_DEFINE_TIME_DATE: return memcmp(&a->time, &b->time, sizeof a->time) == 0;
    case SCCP_SERVER_RES: return same_servers(&a->servers, &b->servers);
    case SCCP_CONFIG_STAT:
    case SCCP_CONFIG_STAT_DYNAMIC: return same_config(&a->config, &b->config);
    case SCCP_DISPLAY_PROMPT_STATUS:
    case SCCP_DISPLAY_NOTIFY: return same_prompt(&a->prompt, &b->prompt, 32);
    case SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS:
    case SCCP_DISPLAY_DYNAMIC_NOTIFY: return same_prompt(&a->prompt, &b->prompt, 96);
    case SCCP_REGISTER_TOKEN_REQ: return same_token(&a->token, &b->token);
    default: return same_key(a, b);
    }
}
#endif
