/* What phones tell of themselves: SCCP Alarm, a text, and XMLAlarm, a document. Most come before Register says whose
 * they are: the connection keeps the last one of each kind until then. */
#include "server/cm.h"
#include "wire/xml_alarm.h"
#include <string.h>

static void tell(struct callmanager *m, struct cm_connection *c, const struct device_alarm *alarm, struct outbox *out)
{
    struct writer *w = cm_tell(m, CM_ALARM, c, out);

    tell_number(w, FACT_PRIORITY, alarm->severity);
    tell_text(w, FACT_TEXT, bytes_of(alarm->text));
}

static uint64_t wall(const struct callmanager *m)
{
    uint64_t seconds = (m->config.wall_at_start + m->now) / SECOND;

    return seconds ? seconds : 1; /* a machine without a clock; 0 says that there is none */
}

/* Loads whose Register ends before its load's name (7912, 7940, 7960, 6961) tell it here: "Name=SEP... Load=8.0(10.0)
 * Last=Reset-Reset". */
static void learn_load(struct cm_connection *c, struct bytes text)
{
    static const char key[] = "Load=";

    for (size_t at = 0; at + sizeof key - 1 <= text.len; at++) {
        if ((at && text.at[at - 1] != ' ') || memcmp(text.at + at, key, sizeof key - 1) != 0) continue;
        struct bytes load = bytes_from(text, at + sizeof key - 1);
        for (size_t n = 0; n < load.len; n++)
            if (load.at[n] <= ' ') load.len = n;
        text_copy(c->load, sizeof c->load, load);
        return;
    }
}

void cm_alarm(struct callmanager *m, struct cm_connection *c, const struct sccp_alarm *came, struct outbox *out)
{
    struct device *d = cm_device(m, c);
    struct device_alarm alarm = {
        .wall = wall(m), .severity = came->severity, .parameter1 = came->parameter1, .parameter2 = came->parameter2};

    text_copy(alarm.text, sizeof alarm.text, came->text);
    learn_load(c, came->text);
    c->xml_alarm_open = c->xml_alarm_last = false;
    m->count.alarms++;
    if (d)
        device_alarm_add(d, &alarm);
    else
        c->alarm = alarm;
    tell(m, c, &alarm, out);
}

/* Its parameters stand where the text alarms have theirs. */
static void show(struct device_alarm *to, const struct xml_alarm *x)
{
    struct writer w = writer(to->text, sizeof to->text - 1);

    xml_alarm_text(&w, x);
    to->text[w.len] = '\0';
    to->parameter1 = x->reason;
    to->parameter2 = x->address;
}

void cm_xml_alarm(struct callmanager *m, struct cm_connection *c, struct bytes document, struct outbox *out)
{
    struct device_alarm alarm = {.wall = wall(m), .severity = ALARM_UNKNOWN}; /* the document tells none */
    struct device *d = cm_device(m, c);
    struct xml_alarm x;

    m->count.alarms++;
    xml_alarm_decode(&x, document);
    if (c->xml_alarm_open && !x.begun) { /* the rest of the one before, in a message of its own */
        xml_alarm_join(&c->xml_alarm, &x);
        c->xml_alarm_open = !x.ended;
        show(&alarm, &c->xml_alarm);
        if (d && d->alarms) d->alarm[0] = alarm;
        tell(m, c, &alarm, out);
        return;
    }
    c->xml_alarm = x;
    c->xml_alarm_open = x.begun && !x.ended;
    if (xml_alarm_told(&x))
        show(&alarm, &x);
    else
        text_copy(alarm.text, sizeof alarm.text, document);
    if (d) {
        device_alarm_add(d, &alarm);
    } else if (xml_alarm_told(&x) || c->xml_alarm_open) {
        c->xml_alarm_wall = alarm.wall;
        c->xml_alarm_last = true;
    } else {
        c->alarm = alarm;
    }
    tell(m, c, &alarm, out);
}

void cm_keep_alarms(struct cm_connection *c, struct device *d)
{
    struct device_alarm xml = {.wall = c->xml_alarm_wall, .severity = ALARM_UNKNOWN};

    show(&xml, &c->xml_alarm);
    if (xml.wall && !c->xml_alarm_last) device_alarm_add(d, &xml);
    if (c->alarm.wall) device_alarm_add(d, &c->alarm);
    if (xml.wall && c->xml_alarm_last) device_alarm_add(d, &xml);
    c->alarm.wall = c->xml_alarm_wall = 0;
}
