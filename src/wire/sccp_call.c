/* wire/sccp_call.h without its media, which are in sccp_media.c. */
#include "wire/sccp_body.h"
#include <string.h>

_Static_assert(sizeof(union sccp_call) <= sizeof(struct sccp_soft_key_template),
               "a message on a stack stays what it was");

enum {
    TONE_TO_STOP = 11, /* protocol version from which a StopTone names its tone */
    ENBLOC_LINE = 17,  /* from which an EnblocCall names its line */
    ALL_PARTIES = 16,  /* from which a CallInfoDynamic has 15 strings instead of 12 */
    DIALED_SHORT = 32, /* bodies of the forms before LONG_NUMBERS */
    CALLING_SHORT = 52,
    ENBLOC_SHORT = 28,
    WIDE_NUMBER = 28, /* an 8945's field of a number */
    SUBSCRIBED = 64,
    SUBSCRIBED_PLACE = 260,
    NOTIFIED = 97,
    EXTENSION_BEFORE_TEXT = 24,
    EXTENSION_TEXT = 128,
    LOCATION = 2404,
};

/* A directory number has 24 bytes, or 25 from LONG_NUMBERS on; one of exactly the older length has the older form. */
static size_t number_size(const struct walk *k, size_t older)
{
    return k->version >= LONG_NUMBERS && (k->to || k->size != older) ? MOST_NUMBER + 1 : MOST_NUMBER;
}

static void walk_pressed(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->call.pressed.key);
    walk_le32(k, &m->call.pressed.line);
    walk_le32(k, &m->call.pressed.call);
}

/* Whether the line stands at 28: the bytes of a line at 25 would be there otherwise. No line that a phone has needs the
 * wide form; it is written for one whose low three bytes are 0, which would not be read back. */
static bool wide(const struct walk *k, const struct sccp_enbloc *e)
{
    const uint32_t low = 0xffffff;

    if (k->to) return (e->line & low) == 0 && e->line != 0;
    return unread(&k->from) >= WIDE_NUMBER && memcmp(k->from.at + MOST_NUMBER + 1, "\0\0", 3) == 0;
}

static void walk_enbloc(struct walk *k, struct sccp_message *m)
{
    struct sccp_enbloc *e = &m->call.enbloc;
    size_t n = number_size(k, ENBLOC_SHORT);
    bool at_28 = n > MOST_NUMBER && wide(k, e);

    walk_field(k, &e->number, n);
    if (at_28) walk_skip(k, WIDE_NUMBER - n);
    if (k->version >= ENBLOC_LINE) walk_le32(k, &e->line);
    walk_padding(k);
}

static void walk_stimulus(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->call.stimulus.button);
    walk_le32(k, &m->call.stimulus.instance);
    walk_le32(k, &m->call.stimulus.call);
    walk_le32(k, &m->call.stimulus.status);
}

static void walk_line_call(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->call.of.line);
    walk_le32(k, &m->call.of.call);
}

static void walk_calling_number(struct walk *k, struct sccp_message *m)
{
    size_t n = number_size(k, CALLING_SHORT);

    walk_field(k, &m->call.calling.number, n);
    walk_field(k, &m->call.calling.mailbox, n);
    walk_le32(k, &m->call.calling.line);
    walk_padding(k);
}

static void walk_media_path(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->call.path.path);
    walk_le32(k, &m->call.path.value);
}

static void walk_ring(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->call.ring.mode);
    walk_le32(k, &m->call.ring.duration);
    walk_le32(k, &m->call.ring.line);
    walk_le32(k, &m->call.ring.call);
}

static void walk_lamp(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->call.lamp.button);
    walk_le32(k, &m->call.lamp.instance);
    walk_le32(k, &m->call.lamp.mode);
}

static void walk_start_tone(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->call.tone.tone);
    walk_le32(k, &m->call.tone.direction);
    walk_le32(k, &m->call.tone.line);
    walk_le32(k, &m->call.tone.call);
}

static void walk_stop_tone(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->call.tone.line);
    walk_le32(k, &m->call.tone.call);
    if (k->version >= TONE_TO_STOP) walk_le32(k, &m->call.tone.tone);
}

static void walk_state(struct walk *k, struct sccp_message *m)
{
    struct sccp_state *s = &m->call.state;

    walk_le32(k, &s->state);
    walk_le32(k, &s->line);
    walk_le32(k, &s->call);
    walk_le32(k, &s->privacy);
    walk_le32(k, &s->precedence);
    walk_le32(k, &s->domain);
}

static void walk_party(struct walk *k, struct sccp_party *p)
{
    walk_field(k, &p->name, MOST_LABEL);
    walk_field(k, &p->number, MOST_NUMBER);
}

static void walk_info(struct walk *k, struct sccp_message *m)
{
    struct sccp_info *i = &m->call.info;

    walk_party(k, &i->calling);
    walk_party(k, &i->called);
    walk_le32(k, &i->line);
    walk_le32(k, &i->call);
    walk_le32(k, &i->type);
    walk_party(k, &i->original);
    walk_party(k, &i->redirecting);
    walk_le32(k, &i->original_reason);
    walk_le32(k, &i->redirecting_reason);
    walk_field(k, &i->calling.mailbox, MOST_NUMBER);
    walk_field(k, &i->called.mailbox, MOST_NUMBER);
    walk_field(k, &i->original.mailbox, MOST_NUMBER);
    walk_field(k, &i->redirecting.mailbox, MOST_NUMBER);
    walk_le32(k, &i->instance);
    walk_le32(k, &i->security);
    walk_le32(k, &i->restriction);
}

static void walk_info_dynamic(struct walk *k, struct sccp_message *m)
{
    struct sccp_info *i = &m->call.info;
    bool all = k->version >= ALL_PARTIES;

    walk_le32(k, &i->line);
    walk_le32(k, &i->call);
    walk_le32(k, &i->type);
    walk_le32(k, &i->original_reason);
    walk_le32(k, &i->redirecting_reason);
    walk_le32(k, &i->instance);
    walk_le32(k, &i->security);
    walk_le32(k, &i->restriction);
    walk_string(k, &i->calling.number, MOST_DYNAMIC_NUMBER);
    if (all) walk_string(k, &i->alternate_calling, MOST_DYNAMIC_NUMBER);
    walk_string(k, &i->called.number, MOST_DYNAMIC_NUMBER);
    walk_string(k, &i->original.number, MOST_DYNAMIC_NUMBER);
    walk_string(k, &i->redirecting.number, MOST_DYNAMIC_NUMBER);
    walk_string(k, &i->calling.mailbox, MOST_DYNAMIC_NUMBER);
    walk_string(k, &i->called.mailbox, MOST_DYNAMIC_NUMBER);
    walk_string(k, &i->original.mailbox, MOST_DYNAMIC_NUMBER);
    walk_string(k, &i->redirecting.mailbox, MOST_DYNAMIC_NUMBER);
    walk_string(k, &i->calling.name, MOST_DYNAMIC_NAME);
    walk_string(k, &i->called.name, MOST_DYNAMIC_NAME);
    walk_string(k, &i->original.name, MOST_DYNAMIC_NAME);
    walk_string(k, &i->redirecting.name, MOST_DYNAMIC_NAME);
    if (all) walk_string(k, &i->hunt_pilot, MOST_DYNAMIC_NUMBER);
    if (all) walk_string(k, &i->hunt_pilot_name, MOST_DYNAMIC_NAME);
    walk_padding(k);
}

static void walk_dialed(struct walk *k, struct sccp_message *m)
{
    walk_field(k, &m->call.dialed.number, number_size(k, DIALED_SHORT));
    walk_le32(k, &m->call.dialed.line);
    walk_le32(k, &m->call.dialed.call);
    walk_padding(k);
}

static void walk_history(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->call.history.disposition);
    walk_le32(k, &m->call.history.line);
    walk_le32(k, &m->call.history.call);
}

static void walk_select(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->call.select.status);
    walk_le32(k, &m->call.select.call);
    walk_le32(k, &m->call.select.line);
}

static void walk_notice(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->call.notice.timeout);
    walk_le32(k, &m->call.notice.priority);
    walk_label_field(k, &m->call.notice.label, &m->call.notice.text, MOST_PROMPT);
}

static void walk_notice_dynamic(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->call.notice.timeout);
    walk_le32(k, &m->call.notice.priority);
    walk_label_string(k, &m->call.notice.label, &m->call.notice.text, MOST_DYNAMIC_PROMPT);
    walk_padding(k);
}

static void walk_text(struct walk *k, struct sccp_message *m)
{
    walk_field(k, &m->text, MOST_PROMPT);
}

static void walk_location(struct walk *k, struct sccp_message *m)
{
    walk_field(k, &m->text, LOCATION);
}

static void walk_recording(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->call.recording.call);
    walk_le32(k, &m->call.recording.status);
}

static void walk_subscription_req(struct walk *k, struct sccp_message *m)
{
    struct sccp_subscription *s = &m->call.subscription;

    walk_le32(k, &s->transaction);
    walk_le32(k, &s->feature);
    walk_le32(k, &s->timer);
    walk_field(k, &s->text, SUBSCRIBED);
    walk_skip(k, SUBSCRIBED_PLACE - SUBSCRIBED);
}

static void walk_subscription(struct walk *k, struct sccp_message *m)
{
    struct sccp_subscription *s = &m->call.subscription;

    walk_le32(k, &s->transaction);
    walk_le32(k, &s->feature);
    walk_le32(k, &s->timer);
    walk_le32(k, &s->status);
}

static void walk_notification(struct walk *k, struct sccp_message *m)
{
    struct sccp_subscription *s = &m->call.subscription;

    walk_le32(k, &s->transaction);
    walk_le32(k, &s->feature);
    walk_le32(k, &s->status);
    walk_field(k, &s->text, NOTIFIED);
    walk_padding(k);
}

static void walk_waiting(struct walk *k, struct sccp_message *m)
{
    struct sccp_waiting *w = &m->call.waiting;

    walk_field(k, &w->target, MOST_NUMBER + 1);
    walk_field(k, &w->control, MOST_NUMBER + 1);
    walk_le32(k, &w->waiting);
    for (size_t i = 0; i < SCCP_WAITING; i++) {
        walk_le32(k, &w->messages[i].unheard);
        walk_le32(k, &w->messages[i].heard);
    }
    walk_padding(k);
}

static void walk_counts(struct walk *k, struct sccp_message *m)
{
    struct sccp_counts *c = &m->call.counts;

    walk_le32(k, &c->lines);
    walk_le32(k, &c->first);
    walk_count(k, &c->count, SCCP_LINE_COUNTS);
    for (size_t i = 0; i < c->count; i++) {
        walk_le16(k, &c->line[i].most);
        walk_le16(k, &c->line[i].busy_trigger);
    }
}

static void walk_extension(struct walk *k, struct sccp_message *m)
{
    struct sccp_extension *e = &m->call.extension;

    walk_le32(k, &e->number);
    walk_le32(k, &e->type);
    walk_le32(k, &e->third);
    walk_skip(k, EXTENSION_BEFORE_TEXT);
    walk_field(k, &e->text, EXTENSION_TEXT);
}

/* The length stands before what V1 put between it and the data. */
static void walk_user(struct walk *k, struct sccp_user_data *d, bool v1)
{
    uint32_t n = (uint32_t)(d->data.len < SCCP_USER_DATA ? d->data.len : SCCP_USER_DATA);

    walk_le32(k, &d->application);
    walk_le32(k, &d->line);
    walk_le32(k, &d->call);
    walk_le32(k, &d->transaction);
    walk_le32(k, &n);
    if (v1) {
        walk_le32(k, &d->sequence);
        walk_le32(k, &d->priority);
        walk_le32(k, &d->conference);
        walk_le32(k, &d->instance);
        walk_le32(k, &d->routing);
    }
    walk_data(k, &d->data, n);
    walk_padding(k);
}

static void walk_user_data(struct walk *k, struct sccp_message *m)
{
    walk_user(k, &m->call.user_data, false);
}

static void walk_user_data_v1(struct walk *k, struct sccp_message *m)
{
    walk_user(k, &m->call.user_data, true);
}

static void walk_spcp_token(struct walk *k, struct sccp_message *m)
{
    struct sccp_spcp_token *t = &m->call.spcp_token;

    walk_field(k, &t->name, MOST_NAME);
    walk_le32(k, &t->user);
    walk_le32(k, &t->instance);
    walk_address(k, &t->address);
    walk_le32(k, &t->device_type);
    walk_le32(k, &t->max_streams);
}

static const struct body bodies[] = {
    {SCCP_KEYPAD_BUTTON, 4, walk_pressed},
    {SCCP_ENBLOC_CALL, 1, walk_enbloc},
    {SCCP_STIMULUS, 4, walk_stimulus},
    {SCCP_OFF_HOOK, 0, walk_line_call},
    {SCCP_ON_HOOK, 0, walk_line_call},
    {SCCP_HOOK_FLASH, 0, walk_line_call},
    {SCCP_MEDIA_PORT_LIST, 0, walk_other},
    {SCCP_OFF_HOOK_WITH_CALLING_PARTY, 24, walk_calling_number},
    {SCCP_SOFT_KEY_EVENT, 4, walk_pressed},
    {SCCP_DEVICE_TO_USER_DATA, 20, walk_user_data},
    {SCCP_DEVICE_TO_USER_DATA_RESPONSE, 20, walk_user_data},
    {SCCP_DEVICE_TO_USER_DATA_V1, 40, walk_user_data_v1},
    {SCCP_DEVICE_TO_USER_DATA_RESPONSE_V1, 40, walk_user_data_v1},
    {SCCP_SUBSCRIPTION_STAT_REQ, 12, walk_subscription_req},
    {SCCP_MEDIA_PATH_EVENT, 4, walk_media_path},
    {SCCP_MEDIA_PATH_CAPABILITY, 4, walk_media_path},
    {SCCP_MWI_NOTIFICATION, 54, walk_waiting},
    {SCCP_START_TONE, 4, walk_start_tone},
    {SCCP_STOP_TONE, 0, walk_stop_tone},
    {SCCP_SET_RINGER, 4, walk_ring},
    {SCCP_SET_LAMP, 12, walk_lamp},
    {SCCP_SET_HOOK_FLASH_DETECT, 0, walk_other},
    {SCCP_SET_SPEAKER_MODE, 4, walk_number},
    {SCCP_SET_MICRO_MODE, 4, walk_number},
    {SCCP_CALL_INFO, 128, walk_info},
    {SCCP_DISPLAY_TEXT, 0, walk_text},
    {SCCP_CLEAR_DISPLAY, 0, walk_other},
    {SCCP_CALL_STATE, 12, walk_state},
    {SCCP_CLEAR_PROMPT_STATUS, 0, walk_line_call},
    {SCCP_CLEAR_NOTIFY, 0, walk_other},
    {SCCP_ACTIVATE_CALL_PLANE, 4, walk_number},
    {SCCP_DEACTIVATE_CALL_PLANE, 0, walk_other},
    {SCCP_BACK_SPACE_RES, 0, walk_line_call},
    {SCCP_DIALED_NUMBER, 24, walk_dialed},
    {SCCP_USER_TO_DEVICE_DATA, 20, walk_user_data},
    {SCCP_DISPLAY_PRI_NOTIFY, 8, walk_notice},
    {SCCP_CLEAR_PRI_NOTIFY, 4, walk_number},
    {SCCP_CALL_SELECT_STAT, 4, walk_select},
    {SCCP_USER_TO_DEVICE_DATA_V1, 40, walk_user_data_v1},
    {SCCP_DISPLAY_DYNAMIC_PRI_NOTIFY, 8, walk_notice_dynamic},
    {SCCP_CALL_INFO_DYNAMIC, 32, walk_info_dynamic},
    {SCCP_SUBSCRIPTION_STAT, 12, walk_subscription},
    {SCCP_NOTIFICATION, 12, walk_notification},
    {SCCP_CALL_HISTORY_DISPOSITION, 4, walk_history},
    {SCCP_LOCATION_INFO, 0, walk_location},
    {SCCP_EXTENSION_DEVICE_CAPS, 12, walk_extension},
    {SCCP_CALL_COUNT_REQ, 0, walk_other},
    {SCCP_CALL_COUNT_RES, 12, walk_counts},
    {SCCP_RECORDING_STATUS, 8, walk_recording},
    {SCCP_SPCP_TOKEN_REQ, 32, walk_spcp_token},
    {SCCP_SPCP_TOKEN_ACK, 4, walk_number},
    {SCCP_SPCP_TOKEN_REJECT, 4, walk_number},
};

const struct body *call_body(uint32_t id)
{
    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++)
        if (bodies[i].id == id) return &bodies[i];
    return NULL;
}
