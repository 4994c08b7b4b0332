#include "wire/sccp_body.h"

enum {
    BUTTONS_SHORT = 42, /* what CallManagers send; chan-sccp's and larger phones' form has all 56 */
    FORWARD_SHORT = 92, /* body of a ForwardStat before that */
    LABEL_FIELD = 16,
};

/* Places from `count` on are unused whatever stands in them, here and in the other tables: real CallManagers leave
 * stale bytes there. An unused button is written as 00 ff. */
void walk_buttons(struct walk *k, struct sccp_message *m)
{
    struct sccp_button_template *t = &m->buttons;

    walk_le32(k, &t->offset);
    walk_count(k, &t->count, SCCP_BUTTONS);
    walk_le32(k, &t->total);
    size_t places = t->buttons > BUTTONS_SHORT || t->count > BUTTONS_SHORT ? SCCP_BUTTONS : BUTTONS_SHORT;
    size_t came = k->to ? places : unread(&k->from) / 2;
    if (came > SCCP_BUTTONS) came = SCCP_BUTTONS;
    for (size_t i = 0; i < SCCP_BUTTONS; i++) {
        struct sccp_button_of unused = {.instance = 0, .definition = BUTTON_NONE};
        bool used = i < t->count && i < came;
        if (!used) t->button[i] = unused;
        if (k->to ? i < places : used) {
            walk_u8(k, &t->button[i].instance);
            walk_u8(k, &t->button[i].definition);
        }
    }
    t->buttons = (uint8_t)came;
}

void walk_soft_keys(struct walk *k, struct sccp_message *m)
{
    struct sccp_soft_key_template *t = &m->soft_keys;

    walk_le32(k, &t->offset);
    walk_count(k, &t->count, SCCP_SOFT_KEYS);
    walk_le32(k, &t->total);
    for (size_t i = 0; i < t->count; i++) {
        walk_label_field(k, &t->key[i].label, &t->key[i].text, LABEL_FIELD);
        walk_le32(k, &t->key[i].event);
    }
    walk_skip(k, (SCCP_SOFT_KEYS - t->count) * (LABEL_FIELD + sizeof(uint32_t)));
}

void walk_key_sets(struct walk *k, struct sccp_message *m)
{
    struct sccp_soft_key_set *t = &m->key_sets;

    walk_le32(k, &t->offset);
    walk_count(k, &t->count, SCCP_KEY_SETS);
    walk_le32(k, &t->total);
    for (size_t i = 0; i < t->count; i++) {
        for (size_t j = 0; j < SCCP_KEYS; j++) walk_u8(k, &t->set[i].position[j]);
        for (size_t j = 0; j < SCCP_KEYS; j++) walk_le16(k, &t->set[i].info[j]);
    }
    walk_skip(k, (SCCP_KEY_SETS - t->count) * SCCP_KEYS * (sizeof(uint8_t) + sizeof(uint16_t)));
}

void walk_keys(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->keys.line);
    walk_le32(k, &m->keys.call);
    walk_le32(k, &m->keys.set);
    walk_le32(k, &m->keys.mask);
}

/* 28 bytes in CallManager 2.x, 68 in 3.1, 108 in 3.3, 112 since. */
void walk_line(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->line.line);
    walk_field(k, &m->line.number, MOST_NUMBER);
    walk_field(k, &m->line.name, MOST_LABEL);
    walk_field(k, &m->line.label, MOST_LABEL);
    walk_le32(k, &m->line.options);
}

void walk_line_dynamic(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->line.line);
    walk_le32(k, &m->line.options);
    walk_string(k, &m->line.number, MOST_DYNAMIC_NUMBER);
    walk_string(k, &m->line.name, MOST_DYNAMIC_NAME);
    walk_string(k, &m->line.label, MOST_DYNAMIC_NAME);
    walk_padding(k);
}

void walk_speed_dial(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->speed_dial.index);
    walk_field(k, &m->speed_dial.number, MOST_NUMBER);
    walk_field(k, &m->speed_dial.name, MOST_LABEL);
}

void walk_speed_dial_dynamic(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->speed_dial.index);
    walk_string(k, &m->speed_dial.number, MOST_DYNAMIC_NUMBER);
    walk_string(k, &m->speed_dial.name, MOST_DYNAMIC_NAME);
    walk_padding(k);
}

/* A body of exactly the old length has the old layout, whatever was agreed: no new one ends there. */
void walk_forward(struct walk *k, struct sccp_message *m)
{
    bool longer = k->version >= LONG_NUMBERS && (k->to || k->size != FORWARD_SHORT);
    size_t n = longer ? MOST_NUMBER + 1 : MOST_NUMBER;

    walk_le32(k, &m->forward.active);
    walk_le32(k, &m->forward.line);
    walk_le32(k, &m->forward.all.active);
    walk_field(k, &m->forward.all.number, n);
    walk_le32(k, &m->forward.busy.active);
    walk_field(k, &m->forward.busy.number, n);
    walk_le32(k, &m->forward.no_answer.active);
    walk_field(k, &m->forward.no_answer.number, n);
    walk_padding(k);
}

/* The 7912 sends the index alone; newer phones also say whether they want the form for busy lamps. */
void walk_feature_req(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->feature_req.index);
    walk_le32(k, &m->feature_req.capabilities);
}

void walk_feature(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->feature.index);
    walk_le32(k, &m->feature.definition);
    walk_field(k, &m->feature.label, MOST_LABEL);
    walk_le32(k, &m->feature.status);
}

void walk_feature_dynamic(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->feature.index);
    walk_le32(k, &m->feature.definition);
    walk_le32(k, &m->feature.status);
    walk_string(k, &m->feature.label, MOST_DYNAMIC_NAME);
    walk_padding(k);
}

void walk_service(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->service.index);
    walk_field(k, &m->service.url, MOST_URL);
    walk_field(k, &m->service.label, MOST_LABEL);
}

void walk_service_dynamic(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->service.index);
    walk_string(k, &m->service.url, MOST_DYNAMIC_URL);
    walk_string(k, &m->service.label, MOST_DYNAMIC_NAME);
    walk_padding(k);
}

void walk_time(struct walk *k, struct sccp_message *m)
{
    struct sccp_time *t = &m->time;

    walk_le32(k, &t->year);
    walk_le32(k, &t->month);
    walk_le32(k, &t->weekday);
    walk_le32(k, &t->day);
    walk_le32(k, &t->hour);
    walk_le32(k, &t->minute);
    walk_le32(k, &t->second);
    walk_le32(k, &t->millisecond);
    walk_le32(k, &t->unix_time);
}

void walk_prompt(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->prompt.timeout);
    walk_label_field(k, &m->prompt.label, &m->prompt.text, MOST_PROMPT);
    walk_le32(k, &m->prompt.line);
    walk_le32(k, &m->prompt.call);
}

void walk_prompt_dynamic(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->prompt.timeout);
    walk_le32(k, &m->prompt.line);
    walk_le32(k, &m->prompt.call);
    walk_label_string(k, &m->prompt.label, &m->prompt.text, MOST_DYNAMIC_PROMPT);
    walk_padding(k);
}

void walk_notify(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->prompt.timeout);
    walk_label_field(k, &m->prompt.label, &m->prompt.text, MOST_PROMPT);
}

void walk_notify_dynamic(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->prompt.timeout);
    walk_label_string(k, &m->prompt.label, &m->prompt.text, MOST_DYNAMIC_PROMPT);
    walk_padding(k);
}
