/* How a device is kept in the table: what every one has is its own, the rest is in a place that only those take that
 * need it. */
#include "server/table.h"
#include <string.h>

static const struct device_more NOTHING_MORE;

static const struct device_more *more_of(const struct device *d)
{
    return d->more ? d->more : &NOTHING_MORE;
}

const struct record_line *device_line(const struct device *d, uint32_t line)
{
    static const struct record_line none;

    if (line == 1) return &d->first;
    return line >= 2 && line <= RECORD_LINES ? &more_of(d)->line[line - 2] : &none;
}

const struct record_speed_dial *device_speed_dial(const struct device *d, uint32_t key)
{
    static const struct record_speed_dial none;

    return key >= 1 && key <= RECORD_SPEED_DIALS ? &more_of(d)->speed_dial[key - 1] : &none;
}

const struct device_own *device_own(const struct device *d)
{
    return &more_of(d)->own;
}

uint32_t *next_of_number(struct device *d, size_t line)
{
    return line == 0 ? &d->next_number : &d->more->next_number[line - 1];
}

void device_record_of(const struct device *d, struct device_record *out)
{
    const struct device_more *m = more_of(d);

    memset(out, 0, sizeof *out);
    out->mac = d->record.mac;
    out->device_type = d->record.device_type;
    memcpy(out->description, d->record.description, sizeof out->description);
    out->line[0] = d->first;
    memcpy(out->line + 1, m->line, sizeof m->line);
    memcpy(out->speed_dial, m->speed_dial, sizeof out->speed_dial);
    memcpy(out->pool, d->record.pool, sizeof out->pool);
    memcpy(out->load, m->own.load, sizeof out->load);
    memcpy(out->date_template, m->own.date_template, sizeof out->date_template);
    memcpy(out->time_zone, m->own.time_zone, sizeof out->time_zone);
    memcpy(out->user_locale, m->own.user_locale, sizeof out->user_locale);
    memcpy(out->network_locale, m->own.network_locale, sizeof out->network_locale);
    memcpy(out->callmanager, m->own.callmanager, sizeof out->callmanager);
    out->callmanagers = m->own.callmanagers;
    out->stamp = d->record.stamp;
    out->owed = d->record.owed;
    out->automatic = d->record.automatic;
}

static bool needs_more(const struct device_record *r)
{
    for (size_t i = 1; i < RECORD_LINES; i++)
        if (r->line[i].number[0] || r->line[i].label[0]) return true;
    for (size_t i = 0; i < RECORD_SPEED_DIALS; i++)
        if (r->speed_dial[i].number[0] || r->speed_dial[i].label[0]) return true;
    return r->load[0] || r->date_template[0] || r->time_zone[0] || r->user_locale[0] || r->network_locale[0] ||
           r->callmanagers > 0;
}

/* There are as many as devices, so there is always one. */
static struct device_more *take_more(struct devices *t)
{
    struct device_more *m = t->more_free;

    if (m)
        t->more_free = m->next;
    else
        m = &t->more[t->more_used++];
    return m;
}

void device_give_more(struct devices *t, struct device *d)
{
    if (!d->more) return;
    d->more->next = t->more_free;
    t->more_free = d->more;
    d->more = NULL;
}

void device_keep(struct devices *t, struct device *d, const struct device_record *r)
{
    struct device_more *m;

    d->record.mac = r->mac;
    d->record.device_type = r->device_type;
    memcpy(d->record.description, r->description, sizeof r->description);
    memcpy(d->record.pool, r->pool, sizeof r->pool);
    d->record.stamp = r->stamp;
    d->record.owed = r->owed;
    d->record.automatic = r->automatic;
    d->first = r->line[0];
    if (!needs_more(r)) {
        device_give_more(t, d);
        return;
    }
    m = d->more ? d->more : take_more(t);
    memset(m, 0, sizeof *m);
    memcpy(m->line, r->line + 1, sizeof m->line);
    memcpy(m->speed_dial, r->speed_dial, sizeof m->speed_dial);
    memcpy(m->own.load, r->load, sizeof r->load);
    memcpy(m->own.date_template, r->date_template, sizeof r->date_template);
    memcpy(m->own.time_zone, r->time_zone, sizeof r->time_zone);
    memcpy(m->own.user_locale, r->user_locale, sizeof r->user_locale);
    memcpy(m->own.network_locale, r->network_locale, sizeof r->network_locale);
    memcpy(m->own.callmanager, r->callmanager, sizeof r->callmanager);
    m->own.callmanagers = r->callmanagers;
    d->more = m;
}
