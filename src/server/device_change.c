/* Changes of devices, groups and pools, and what each owes to a phone: docs/changes.md has the same as a table. */
#include "server/news.h"
#include "server/table.h"
#include "base/facts.h"
#include "provision/time_zone.h"
#include <string.h>

enum { VERSION_LOAD = 16 }; /* letters of a load in SCCP's Version (0x0098) */

static bool no(struct fault *why, enum fault_kind kind, const char *what)
{
    *why = (struct fault){.kind = kind, .what = what};
    return false;
}

/* UTF-8 without control characters: what XML can carry (XML 1.0, 2.2), and a phone show. */
static bool text_sound(struct bytes b)
{
    for (size_t i = 0; i < b.len;) {
        uint8_t c = b.at[i];
        size_t more = c < 0x80                ? 0
                      : c >= 0xc2 && c < 0xe0 ? 1
                      : c >= 0xe0 && c < 0xf0 ? 2
                      : c >= 0xf0 && c < 0xf5 ? 3
                                              : 9;
        uint32_t letter = more == 0 ? c : more == 9 ? 0 : c & (0x3fu >> more);

        if (more == 9 || b.len - i <= more || c < 0x20 || c == 0x7f) return false;
        for (size_t k = 1; k <= more; k++) {
            if ((b.at[i + k] & 0xc0) != 0x80) return false;
            letter = letter << 6 | (b.at[i + k] & 0x3fu);
        }
        if ((more == 2 && letter < 0x800) || (more == 3 && (letter < 0x10000 || letter > 0x10ffff)) ||
            (letter >= 0xd800 && letter < 0xe000) || letter == 0xfffe || letter == 0xffff)
            return false;
        i += more + 1;
    }
    return true;
}

static bool number_sound(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if (!memchr("0123456789*#+", b.at[i], 13)) return false;
    return b.len < RECORD_NUMBER;
}

static bool load_sound(struct bytes load, uint32_t device_type, struct fault *why)
{
    for (size_t i = 0; i < load.len; i++)
        if (load.at[i] <= ' ' || load.at[i] >= 0x7f || load.at[i] == '/' || load.at[i] == '\\')
            return no(why, FAULT_VALUE, "a load's name is letters, digits and signs, without blanks or slashes");
    if (load.len > VERSION_LOAD && learns_load_from_version(device_type))
        return no(why, FAULT_LONG, "this model learns its load from SCCP's Version, which holds 16 letters");
    return true;
}

static bool zone_sound(const char *zone)
{
    return zone[0] == 0 || time_zone_cisco(bytes_of(zone));
}

static bool callmanagers_sound(const struct record_callmanager *c, uint8_t n, struct fault *why)
{
    for (uint8_t i = 0; i < n; i++)
        if (c[i].address == 0 || c[i].port == 0)
            return no(why, FAULT_VALUE, "a CallManager needs an address and a port");
    return n <= RECORD_CALLMANAGERS || no(why, FAULT_LONG, "more than 3 CallManagers");
}

/* A model of which the table knows how many lines it has can have no more. */
static bool lines_fit(const struct device_record *r, struct fault *why)
{
    const struct phone_model *m = model_of_type(r->device_type);

    for (size_t i = m && m->lines ? m->lines : RECORD_LINES; i < RECORD_LINES; i++)
        if (r->line[i].number[0]) return no(why, FAULT_LONG, "this model has not so many lines");
    return true;
}

bool device_sound(const struct devices *t, const struct device_record *r, struct fault *why)
{
    if (!devices_pool(t, r->pool)) return no(why, FAULT_ABSENT, "no such pool");
    for (size_t i = 0; i < RECORD_LINES; i++) {
        if (!number_sound(bytes_of(r->line[i].number)))
            return no(why, FAULT_VALUE, "a directory number is up to 24 of 0-9 * # +");
        if (!text_sound(bytes_of(r->line[i].label))) return no(why, FAULT_VALUE, "a label is text in UTF-8");
    }
    for (size_t i = 0; i < RECORD_SPEED_DIALS; i++) {
        if (!number_sound(bytes_of(r->speed_dial[i].number)))
            return no(why, FAULT_VALUE, "a speed dial is up to 24 of 0-9 * # +");
        if (!text_sound(bytes_of(r->speed_dial[i].label))) return no(why, FAULT_VALUE, "a label is text in UTF-8");
    }
    if (!lines_fit(r, why)) return false;
    if (!text_sound(bytes_of(r->description))) return no(why, FAULT_VALUE, "a description is text in UTF-8");
    if (!load_sound(bytes_of(r->load), r->device_type, why)) return false;
    if (r->date_template[0] && !date_template_valid(bytes_of(r->date_template)))
        return no(why, FAULT_VALUE, "a date format is D, M and Y with / - or . between, and A for 12 hours");
    if (!zone_sound(r->time_zone)) return no(why, FAULT_VALUE, "no such time zone");
    if (!text_sound(bytes_of(r->user_locale)) || !text_sound(bytes_of(r->network_locale)))
        return no(why, FAULT_VALUE, "a locale is text in UTF-8");
    return callmanagers_sound(r->callmanager, r->callmanagers, why);
}

/* What a phone sees of a device: through its file, and in its registration. */
struct seen {
    const struct device_record *device;
    const struct pool_record *pool;
    const struct group_record *group;
};

static struct seen seen_of(const struct devices *t, const struct device_record *r)
{
    const struct pool_record *pool = devices_pool(t, r->pool);

    return (struct seen){r, pool, pool ? devices_group(t, pool->group) : NULL};
}

/* Nothing where there is no device. */
static struct seen seen_if(const struct devices *t, const struct device *d, struct device_record *whole)
{
    if (!d->used) return (struct seen){0};
    device_record_of(d, whole);
    return seen_of(t, whole);
}

static bool differ(const char *own_a, const char *pool_a, const char *own_b, const char *pool_b)
{
    return strcmp(own_a[0] ? own_a : pool_a, own_b[0] ? own_b : pool_b) != 0;
}

static bool callmanagers_differ(const struct record_callmanager *a, uint8_t na, const struct record_callmanager *b,
                                uint8_t nb)
{
    if (na != nb) return true;
    for (uint8_t i = 0; i < na; i++)
        if (a[i].address != b[i].address || a[i].port != b[i].port) return true;
    return false;
}

static bool groups_differ(const struct seen *a, const struct seen *b)
{
    static const struct group_record none;
    const struct group_record *ga = a->group ? a->group : &none, *gb = b->group ? b->group : &none;
    bool own_a = a->device->callmanagers > 0, own_b = b->device->callmanagers > 0;

    return strcmp(ga->name, gb->name) != 0 || /* the file names the group too */
           callmanagers_differ(
               own_a ? a->device->callmanager : ga->callmanager, own_a ? a->device->callmanagers : ga->callmanagers,
               own_b ? b->device->callmanager : gb->callmanager, own_b ? b->device->callmanagers : gb->callmanagers);
}

/* What the change from a to b owes to the phone: a reset for another load, since it must be fetched and booted (Reset
 * 1); a restart for all else that it sees (Reset 2: it asks its file again and registers again). */
static enum owed owes(const struct seen *a, const struct seen *b)
{
    static const struct pool_record none;
    const struct pool_record *pa = a->pool ? a->pool : &none, *pb = b->pool ? b->pool : &none;
    const struct device_record *da = a->device, *db = b->device;
    struct bytes la = da->load[0] ? bytes_of(da->load) : pool_load_of(pa, da->device_type);
    struct bytes lb = db->load[0] ? bytes_of(db->load) : pool_load_of(pb, db->device_type);

    if (!bytes_equal(la, lb)) return OWED_RESET;
    for (size_t i = 0; i < RECORD_LINES; i++)
        if (strcmp(da->line[i].number, db->line[i].number) != 0 || strcmp(da->line[i].label, db->line[i].label) != 0)
            return OWED_RESTART;
    for (size_t i = 0; i < RECORD_SPEED_DIALS; i++)
        if (strcmp(da->speed_dial[i].number, db->speed_dial[i].number) != 0 ||
            strcmp(da->speed_dial[i].label, db->speed_dial[i].label) != 0)
            return OWED_RESTART;
    if (differ(da->date_template, pa->date_template, db->date_template, pb->date_template) ||
        differ(da->time_zone, pa->time_zone, db->time_zone, pb->time_zone) ||
        differ(da->user_locale, pa->user_locale, db->user_locale, pb->user_locale) ||
        differ(da->network_locale, pa->network_locale, db->network_locale, pb->network_locale) ||
        strcmp(pa->name, pb->name) != 0 || pa->connection_monitor != pb->connection_monitor || groups_differ(a, b))
        return OWED_RESTART;
    return OWED_NOTHING;
}

/* A phone must see it: new stamp, debt, STORE. */
static void owe(struct devices *t, struct device *d, enum owed owed, struct outbox *out)
{
    d->record.stamp = counter_next(t, COUNTER_STAMP, out);
    if (owed > d->record.owed) d->record.owed = owed;
    t->changes++;
    device_put(t, d, out);
}

struct group_record *group_place(struct devices *t, const char *name)
{
    for (uint32_t i = 0; i < t->groups; i++)
        if (strcmp(t->group[i].name, name) == 0) return &t->group[i];
    if (t->groups == t->groups_most) return NULL;
    text_copy(t->group[t->groups].name, RECORD_NAME, bytes_of(name));
    return &t->group[t->groups++];
}

struct pool_record *pool_place(struct devices *t, const char *name)
{
    for (uint32_t i = 0; i < t->pools; i++)
        if (strcmp(t->pool[i].name, name) == 0) return &t->pool[i];
    if (t->pools == t->pools_most) return NULL;
    text_copy(t->pool[t->pools].name, RECORD_NAME, bytes_of(name));
    return &t->pool[t->pools++];
}

static bool name_sound(const char *name, struct fault *why)
{
    return (name[0] && text_sound(bytes_of(name))) || no(why, FAULT_VALUE, "a name is text in UTF-8, up to 31 bytes");
}

bool devices_put_group(struct devices *t, const struct group_record *new, struct outbox *out, struct fault *why)
{
    *why = (struct fault){.kind = FAULT_NONE};
    if (!name_sound(new->name, why) || !callmanagers_sound(new->callmanager, new->callmanagers, why)) return false;
    struct group_record *place = group_place(t, new->name);
    if (!place) return no(why, FAULT_LONG, "no room for another group");
    struct group_record old = *place;
    *place = *new;
    t->edition++;
    if (out) group_record_encode(put(out, (struct action){.kind = ACTION_STORE}), place);
    for (uint32_t i = 0; i < t->most; i++) {
        struct device *d = &t->device[i];
        struct device_record whole;
        struct seen now = seen_if(t, d, &whole);
        if (now.group != place) continue;
        struct seen before = {now.device, now.pool, &old};
        enum owed owed = owes(&before, &now);
        if (owed != OWED_NOTHING) owe(t, d, owed, out);
    }
    return true;
}

static bool pool_sound(const struct devices *t, const struct pool_record *p, struct fault *why)
{
    if (!name_sound(p->name, why)) return false;
    if (!devices_group(t, p->group)) return no(why, FAULT_ABSENT, "no such group");
    if (p->date_template[0] && !date_template_valid(bytes_of(p->date_template)))
        return no(why, FAULT_VALUE, "a date format is D, M and Y with / - or . between, and A for 12 hours");
    if (!zone_sound(p->time_zone)) return no(why, FAULT_VALUE, "no such time zone");
    if (!text_sound(bytes_of(p->user_locale)) || !text_sound(bytes_of(p->network_locale)))
        return no(why, FAULT_VALUE, "a locale is text in UTF-8");
    if (!text_sound(bytes_of(p->region))) return no(why, FAULT_VALUE, "a region is text in UTF-8");
    if (p->loads > RECORD_LOADS) return no(why, FAULT_LONG, "too many loads in a pool");
    for (uint8_t i = 0; i < p->loads; i++)
        if (!load_sound(bytes_of(p->load[i].load), p->load[i].device_type, why)) return false;
    return true;
}

bool devices_put_pool(struct devices *t, const struct pool_record *new, struct outbox *out, struct fault *why)
{
    *why = (struct fault){.kind = FAULT_NONE};
    if (!pool_sound(t, new, why)) return false;
    struct pool_record *place = pool_place(t, new->name);
    if (!place) return no(why, FAULT_LONG, "no room for another pool");
    struct pool_record old = *place;
    const struct group_record *old_group = devices_group(t, old.group);
    *place = *new;
    t->edition++;
    if (out) pool_record_encode(put(out, (struct action){.kind = ACTION_STORE}), place);
    for (uint32_t i = 0; i < t->most; i++) {
        struct device *d = &t->device[i];
        struct device_record whole;
        struct seen now = seen_if(t, d, &whole);
        if (now.pool != place) continue;
        struct seen before = {now.device, &old, old_group};
        enum owed owed = owes(&before, &now);
        if (owed != OWED_NOTHING) owe(t, d, owed, out);
    }
    return true;
}

bool devices_put_settings(struct devices *t, const struct settings_record *s, struct outbox *out, struct fault *why)
{
    *why = (struct fault){.kind = FAULT_NONE};
    if ((s->automatic || s->default_file_always) && !devices_pool(t, s->pool))
        return no(why, FAULT_ABSENT, "no such pool");
    if (s->automatic && (s->first == 0 || s->first > s->last || s->last == UINT32_MAX))
        return no(why, FAULT_VALUE, "the range of directory numbers is empty");
    t->settings = *s;
    t->next_directory = 0;
    t->edition++;
    if (out) settings_record_encode(put(out, (struct action){.kind = ACTION_STORE}), s);
    return true;
}

/* The fields of `--change`. */
enum field_kind { FIELD_TEXT, FIELD_ZONE, FIELD_CALLMANAGERS };

static const struct field {
    const char *name;
    enum field_kind kind;
    size_t at, size;
    size_t stride, most; /* of one that a device has several times: `label` is the first, `label2` the second */
} fields[] = {
#define OWN(name, field, kind)                                                                                         \
    {                                                                                                                  \
        name, kind, offsetof(struct device_record, field), sizeof((struct device_record *)0)->field, 0, 1              \
    }
#define EACH(name, array, field, most)                                                                                 \
    {                                                                                                                  \
        name, FIELD_TEXT, offsetof(struct device_record, array[0].field),                                              \
            sizeof((struct device_record *)0)->array[0].field, sizeof((struct device_record *)0)->array[0], most       \
    }
    OWN("load", load, FIELD_TEXT),
    OWN("date_format", date_template, FIELD_TEXT),
    OWN("time_zone", time_zone, FIELD_ZONE),
    OWN("callmanagers", callmanager, FIELD_CALLMANAGERS),
    OWN("user_locale", user_locale, FIELD_TEXT),
    OWN("network_locale", network_locale, FIELD_TEXT),
    OWN("pool", pool, FIELD_TEXT),
    OWN("description", description, FIELD_TEXT),
    EACH("directory_number", line, number, RECORD_LINES),
    EACH("label", line, label, RECORD_LINES),
    EACH("speed_dial", speed_dial, number, RECORD_SPEED_DIALS),
    EACH("speed_dial_label", speed_dial, label, RECORD_SPEED_DIALS),
#undef OWN
#undef EACH
};

static void write_value(struct writer *w, const struct device_record *r, const struct field *f)
{
    if (f->kind != FIELD_CALLMANAGERS) {
        write_text(w, (const char *)r + f->at);
        return;
    }
    for (uint8_t i = 0; i < r->callmanagers; i++) {
        if (i) write_u8(w, ',');
        write_ipv4_text(w, r->callmanager[i].address);
        write_u8(w, ':');
        write_decimal(w, r->callmanager[i].port);
    }
}

static bool set_callmanagers(struct device_record *r, struct bytes value, struct fault *why)
{
    enum { SCCP = 2000 };

    memset(r->callmanager, 0, sizeof r->callmanager);
    r->callmanagers = 0;
    while (value.len) {
        struct bytes port = bytes_trim(bytes_cut(&value, ',')), address = bytes_cut(&port, ':');
        uint64_t number = SCCP;
        if (r->callmanagers == RECORD_CALLMANAGERS) return no(why, FAULT_LONG, "more than 3 CallManagers");
        struct record_callmanager *c = &r->callmanager[r->callmanagers++];
        if (!ipv4_parse(address, &c->address) || (port.len && (!bytes_number(port, 65535, &number) || number == 0)))
            return no(why, FAULT_VALUE, "CallManagers are ADDRESS[:PORT], with commas between");
        c->port = (uint16_t)number;
    }
    return true;
}

static bool set_field(struct device_record *r, const struct field *f, struct bytes value, struct fault *why)
{
    if (f->kind == FIELD_CALLMANAGERS) return set_callmanagers(r, value, why);
    if (f->kind == FIELD_ZONE && value.len && time_zone_iana(value)) value = bytes_of(time_zone_iana(value));
    if (value.len >= f->size || (value.len && memchr(value.at, 0, value.len)))
        return no(why, FAULT_LONG, "the value is too long for this field");
    text_copy((char *)r + f->at, f->size, value);
    return true;
}

/* The field of a name, or of a name and a number from 2 on: *out is that very place. */
static bool field_find(struct bytes name, struct field *out)
{
    struct bytes word = name;
    uint64_t which = 1;

    while (word.len && word.at[word.len - 1] >= '0' && word.at[word.len - 1] <= '9') word.len--;
    struct bytes number = bytes_from(name, word.len);
    if (number.len && (number.at[0] == '0' || !bytes_number(number, 99, &which) || which < 2)) return false;
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
        if (!bytes_are(word, fields[i].name) || which > fields[i].most) continue;
        *out = fields[i];
        out->at += (size_t)(which - 1) * out->stride;
        return true;
    }
    return false;
}

static bool numbers_free(const struct devices *t, const struct device *d, const struct device_record *new,
                         struct fault *why)
{
    for (size_t i = 0; i < RECORD_LINES; i++) {
        struct bytes number = bytes_of(new->line[i].number);
        struct device *has = devices_find_number(t, number);
        if (has && has != d) return no(why, FAULT_ORDER, "another device has this directory number");
        for (size_t k = 0; k < i && number.len; k++)
            if (bytes_are(number, new->line[k].number))
                return no(why, FAULT_ORDER, "two lines have the same directory number");
    }
    return true;
}

static bool same_value(const struct device_record *a, const struct device_record *b, const struct field *f)
{
    char of_a[80], of_b[80];
    struct writer wa = writer(of_a, sizeof of_a), wb = writer(of_b, sizeof of_b);

    write_value(&wa, a, f);
    write_value(&wb, b, f);
    return bytes_equal(written(&wa), written(&wb));
}

static void tell_change(const struct device *d, const struct device_record *old, const struct device_record *new,
                        const struct field *f, struct bytes field, enum owed owed, struct outbox *out)
{
    char name[DEVICE_NAME], stamp[STAMP_TEXT], before[80], now[80];
    struct writer b = writer(before, sizeof before), n = writer(now, sizeof now);

    device_name(name, d->record.mac);
    write_value(&b, old, f);
    write_value(&n, new, f);
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .news = DEVICE_CHANGED});
    tell_text(w, FACT_DEVICE, bytes_of(name));
    tell_mac(w, FACT_MAC, d->record.mac);
    tell_text(w, FACT_PREFERENCE, field);
    tell_text(w, FACT_OLD, written(&b));
    tell_text(w, FACT_NEW, written(&n));
    tell_text(w, FACT_STAMP, bytes_of(stamp_text(stamp, d->record.stamp)));
    tell_number(w, FACT_RESET, owed == OWED_RESET ? 1 : owed == OWED_RESTART ? 2 : 0);
}

static void become(struct devices *t, struct device *d, const struct device_record *new)
{
    for (size_t i = 0; i < RECORD_LINES; i++) number_drop(t, d, i);
    device_keep(t, d, new);
    for (size_t i = 0; i < RECORD_LINES; i++) number_add(t, d, i);
}

bool devices_change(struct devices *t, struct bytes name, struct bytes field, struct bytes value, struct outbox *out,
                    struct fault *why)
{
    struct device *d = devices_find_name(t, name);
    struct field f;
    bool is_field = field_find(field, &f);

    *why = (struct fault){.kind = FAULT_NONE};
    if (!d) return no(why, FAULT_ABSENT, "no such device");
    if (!is_field) return no(why, FAULT_VALUE, "no such field of a device");
    struct device_record old, new;
    device_record_of(d, &old);
    new = old;
    if (!set_field(&new, &f, value, why) || !device_sound(t, &new, why) || !numbers_free(t, d, &new, why)) return false;
    if (new.line[0].number[0] == 0 && old.line[0].number[0])
        return no(why, FAULT_ABSENT, "a device needs a directory number");
    struct seen before = seen_of(t, &old), now = seen_of(t, &new);
    enum owed owed = owes(&before, &now);
    if (same_value(&old, &new, &f)) return true;
    become(t, d, &new);
    if (owed != OWED_NOTHING)
        owe(t, d, owed, out);
    else
        device_put(t, d, out);
    if (out) tell_change(d, &old, &new, &f, field, owed, out);
    return true;
}

/* --- for administration --- */

bool devices_replace(struct devices *t, struct device *d, const struct device_record *record, struct outbox *out,
                     struct fault *why)
{
    struct device_record old, new = *record;

    *why = (struct fault){.kind = FAULT_NONE};
    device_record_of(d, &old);
    new.mac = old.mac;
    new.stamp = old.stamp;
    new.owed = old.owed;
    new.automatic = old.automatic;
    if (!device_sound(t, &new, why) || !numbers_free(t, d, &new, why)) return false;
    struct seen before = seen_of(t, &old), now = seen_of(t, &new);
    enum owed owed = owes(&before, &now);
    if (memcmp(&old, &new, sizeof new) == 0) return true;
    become(t, d, &new);
    if (owed != OWED_NOTHING)
        owe(t, d, owed, out);
    else
        device_put(t, d, out);
    return true;
}

void devices_owe(struct devices *t, struct device *d, enum owed owed, struct outbox *out)
{
    owe(t, d, owed, out);
}

void devices_forgive(struct devices *t, struct device *d, struct outbox *out)
{
    if (d->record.owed == OWED_NOTHING) return;
    d->record.owed = OWED_NOTHING;
    device_put(t, d, out);
}

void devices_restore(struct devices *t, struct device *d, const struct device_record *before, struct outbox *out)
{
    become(t, d, before);
    t->changes++;
    device_put(t, d, out);
}
