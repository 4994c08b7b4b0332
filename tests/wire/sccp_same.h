/* Whether two SCCP messages have the same values; texts by what they say, not by where they stand. A dynamic text of `a`
 * may be longer than an encoder writes: `b` is then its beginning. */
#ifndef TESTS_WIRE_SCCP_SAME_H
#define TESTS_WIRE_SCCP_SAME_H
#include <string.h>
#include "wire/sccp_register.h"

static inline bool same_cut(struct bytes a, struct bytes b, size_t most)
{
    if (a.len > most) a.len = most;
    return bytes_equal(a, b);
}

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
    return bytes_equal(a->name, b->name) && a->user == b->user && a->instance == b->instance &&
           bytes_equal(a->user_name, b->user_name) && bytes_equal(a->server_name, b->server_name) &&
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
    default: return bytes_equal(a->other, b->other); /* without a body, or unknown */
    }
}

static inline bool sccp_same(const struct sccp_message *a, const struct sccp_message *b)
{
    if (a->id != b->id || a->known != b->known) return false;
    switch (a->known ? a->id : UINT32_MAX) {
    case SCCP_REGISTER: return same_register(&a->reg, &b->reg);
    case SCCP_REGISTER_ACK: return same_ack(&a->ack, &b->ack);
    case SCCP_REGISTER_REJECT:
    case SCCP_VERSION:
    case SCCP_XML_ALARM: return same_cut(a->text, b->text, 2047);
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
    case SCCP_CONFIG_STAT: return same_config(&a->config, &b->config);
    case SCCP_DISPLAY_PROMPT_STATUS:
    case SCCP_DISPLAY_NOTIFY: return same_prompt(&a->prompt, &b->prompt, 32);
    case SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS:
    case SCCP_DISPLAY_DYNAMIC_NOTIFY: return same_prompt(&a->prompt, &b->prompt, 96);
    case SCCP_REGISTER_TOKEN_REQ: return same_token(&a->token, &b->token);
    default: return same_key(a, b);
    }
}
#endif
