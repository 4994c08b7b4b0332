#include "server/carve.h"
#include "server/devices.h"
#include "server/table.h"
#include "provision/time_zone.h"
#include <string.h>

enum { NONE = UINT32_MAX, COUNTER_RUN = 256 };

static void lay_out(struct devices *t, const struct devices_limits *limits, struct carving *c)
{
    uint32_t buckets = buckets_for(limits->devices * 2);

    t->device = carve(c, sizeof *t->device, limits->devices);
    t->group = carve(c, sizeof *t->group, limits->groups);
    t->pool = carve(c, sizeof *t->pool, limits->pools);
    t->more = carve_untouched(c, sizeof *t->more, limits->devices);
    t->by_mac = carve(c, sizeof *t->by_mac, buckets);
    t->by_number = carve(c, sizeof *t->by_number, buckets);
    t->buckets = buckets;
}

size_t devices_size(const struct devices_limits *limits)
{
    struct devices t;
    struct carving c = {0};

    lay_out(&t, limits, &c);
    return c.used;
}

bool devices_init(struct devices *t, const struct devices_limits *limits, void *memory, size_t size)
{
    struct carving c = {.at = memory, .size = size};

    *t = (struct devices){.most = limits->devices, .groups_most = limits->groups, .pools_most = limits->pools};
    lay_out(t, limits, &c);
    if (!memory || c.used > size) return false;
    for (uint32_t i = 0; i < t->buckets; i++) t->by_mac[i] = t->by_number[i] = NONE;
    for (uint32_t i = 0; i < t->most; i++) t->device[i].next_mac = i + 1 < t->most ? i + 1 : NONE;
    t->free = t->most ? 0 : NONE;
    for (size_t i = 0; i < COUNTERS; i++) t->counter[i].next = t->counter[i].reserved = 1;
    return true;
}

static bool no(struct fault *why, enum fault_kind kind, const char *what)
{
    *why = (struct fault){.kind = kind, .what = what};
    return false;
}

/* The two hashes. */

static uint32_t *mac_chain(const struct devices *t, struct mac mac)
{
    return &t->by_mac[hash_number(mac_number(mac)) & (t->buckets - 1)];
}

static uint32_t *number_chain(const struct devices *t, const char *number)
{
    return &t->by_number[hash_bytes(bytes_of(number)) & (t->buckets - 1)];
}

void number_add(struct devices *t, struct device *d, size_t line)
{
    const char *number = device_line(d, (uint32_t)line + 1)->number;
    uint32_t *chain = number_chain(t, number);

    if (number[0] == 0) return;
    t->of_length[strlen(number)]++;
    if (line >= d->lines) d->lines = (uint8_t)(line + 1);
    *next_of_number(d, line) = *chain;
    *chain = (uint32_t)(d - t->device) * RECORD_LINES + (uint32_t)line;
}

void number_drop(struct devices *t, struct device *d, size_t line)
{
    uint32_t self = (uint32_t)(d - t->device) * RECORD_LINES + (uint32_t)line;

    const char *number = device_line(d, (uint32_t)line + 1)->number;

    if (number[0] == 0) return;
    for (uint32_t *at = number_chain(t, number); *at != NONE;
         at = next_of_number(&t->device[*at / RECORD_LINES], *at % RECORD_LINES))
        if (*at == self) {
            *at = *next_of_number(d, line);
            break;
        }
    t->of_length[strlen(number)]--;
    t->next_directory = 0; /* a number came free: look from the first again */
}

struct device *devices_find(const struct devices *t, struct mac mac)
{
    for (uint32_t i = *mac_chain(t, mac); i != NONE; i = t->device[i].next_mac)
        if (mac_equal(t->device[i].record.mac, mac)) return &t->device[i];
    return NULL;
}

struct device *devices_find_name(const struct devices *t, struct bytes name)
{
    struct mac mac;

    return device_name_parse(name, &mac) ? devices_find(t, mac) : NULL;
}

struct device *devices_find_line(const struct devices *t, struct bytes number, uint8_t *line)
{
    char text[RECORD_NUMBER];

    if (number.len == 0 || number.len >= sizeof text) return NULL;
    text_copy(text, sizeof text, number);
    for (uint32_t i = *number_chain(t, text); i != NONE;) {
        struct device *d = &t->device[i / RECORD_LINES];
        if (strcmp(device_line(d, i % RECORD_LINES + 1)->number, text) == 0) {
            *line = (uint8_t)(i % RECORD_LINES + 1);
            return d;
        }
        i = *next_of_number(d, i % RECORD_LINES);
    }
    return NULL;
}

struct device *devices_find_number(const struct devices *t, struct bytes number)
{
    uint8_t line;

    return devices_find_line(t, number, &line);
}

static bool begins_a_number(const struct device *d, struct bytes digits)
{
    for (uint32_t line = 1; d->used && line <= d->lines; line++) {
        struct bytes number = bytes_of(device_line(d, line)->number);
        if (number.len > digits.len && memcmp(number.at, digits.at, digits.len) == 0) return true;
    }
    return false;
}

bool devices_number_goes_on(const struct devices *t, struct bytes digits)
{
    bool longer = false;

    for (size_t n = digits.len + 1; n < RECORD_NUMBER; n++) longer |= t->of_length[n] > 0;
    if (!longer || !devices_find_number(t, digits)) return longer;
    for (uint32_t i = 0; i < t->most; i++)
        if (begins_a_number(&t->device[i], digits)) return true;
    return false;
}

/* Whose phone has not come: it may be this one, under a name that was mistyped. */
static struct device *expected(const struct devices *t, uint64_t mac)
{
    struct device *d = devices_find(t, mac_from_number(mac));

    return d && !d->record.automatic && !d->manager ? d : NULL;
}

struct device *devices_nearest(const struct devices *t, struct mac mac)
{
    enum { DIGITS = 12 };
    uint64_t number = mac_number(mac);

    for (unsigned at = 0; at < DIGITS * 4; at += 4) {
        for (uint64_t other = 1; other < 16; other++) {
            struct device *d = expected(t, number ^ other << at);
            if (d) return d;
        }
        uint64_t differs = ((number >> at) ^ (number >> (at + 4))) & 15;
        if (at + 4 == DIGITS * 4 || differs == 0) continue;
        struct device *d = expected(t, number ^ differs << at ^ differs << (at + 4));
        if (d) return d;
    }
    return NULL;
}

struct device *devices_next(const struct devices *t, const struct device *after)
{
    for (uint32_t i = after ? (uint32_t)(after - t->device) + 1 : 0; i < t->most; i++)
        if (t->device[i].used) return &t->device[i];
    return NULL;
}

const struct group_record *devices_group(const struct devices *t, const char *name)
{
    for (uint32_t i = 0; i < t->groups; i++)
        if (strcmp(t->group[i].name, name) == 0) return &t->group[i];
    return NULL;
}

const struct pool_record *devices_pool(const struct devices *t, const char *name)
{
    for (uint32_t i = 0; i < t->pools; i++)
        if (strcmp(t->pool[i].name, name) == 0) return &t->pool[i];
    return NULL;
}

/* In and out. */

static struct device *device_in(struct devices *t, const struct device_record *record)
{
    struct device *d = &t->device[t->free];
    uint32_t *chain = mac_chain(t, record->mac);

    t->free = d->next_mac;
    *d = (struct device){.used = true, .next_mac = *chain};
    *chain = (uint32_t)(d - t->device);
    device_keep(t, d, record);
    for (size_t i = 0; i < RECORD_LINES; i++) number_add(t, d, i);
    t->count++;
    return d;
}

static void device_out(struct devices *t, struct device *d)
{
    uint32_t self = (uint32_t)(d - t->device);

    for (size_t i = 0; i < RECORD_LINES; i++) number_drop(t, d, i);
    for (uint32_t *at = mac_chain(t, d->record.mac); *at != NONE; at = &t->device[*at].next_mac)
        if (*at == self) {
            *at = d->next_mac;
            break;
        }
    device_give_more(t, d);
    *d = (struct device){.next_mac = t->free};
    t->free = self;
    t->count--;
}

void device_put(struct devices *t, const struct device *d, struct outbox *out)
{
    struct device_record whole;

    (void)t;
    if (!out) return;
    device_record_of(d, &whole);
    device_record_encode(put(out, (struct action){.kind = ACTION_STORE}), &whole);
}

uint64_t counter_next(struct devices *t, enum counter which, struct outbox *out)
{
    uint64_t value = t->counter[which].next++;

    if (t->counter[which].next > t->counter[which].reserved) {
        t->counter[which].reserved = t->counter[which].next + COUNTER_RUN;
        if (out)
            counter_record_encode(put(out, (struct action){.kind = ACTION_STORE}),
                                  &(struct counter_record){which, t->counter[which].reserved});
    }
    return value;
}

static bool lines_free(const struct devices *t, const struct device_record *r, struct fault *why)
{
    for (size_t i = 0; i < RECORD_LINES; i++) {
        struct bytes number = bytes_of(r->line[i].number);
        if (number.len == 0) continue;
        if (devices_find_number(t, number)) return no(why, FAULT_ORDER, "another device has this directory number");
        for (size_t k = 0; k < i; k++)
            if (bytes_are(number, r->line[k].number))
                return no(why, FAULT_ORDER, "two lines have the same directory number");
    }
    return true;
}

static bool room_for(const struct devices *t, const struct device_record *r, struct fault *why)
{
    if (devices_find(t, r->mac)) return no(why, FAULT_ORDER, "this device is there already");
    if (t->free == NONE) return no(why, FAULT_LONG, "no room for another device");
    return lines_free(t, r, why);
}

struct device *devices_create(struct devices *t, const struct device_record *record, struct outbox *out,
                              struct fault *why)
{
    struct device_record r = *record;

    *why = (struct fault){.kind = FAULT_NONE};
    if (!device_sound(t, &r, why) || !room_for(t, &r, why)) return NULL;
    r.stamp = counter_next(t, COUNTER_STAMP, out);
    struct device *d = device_in(t, &r);
    d->confirmed = true; /* its owner hears of it when it is stored, and takes it back when it is not */
    device_put(t, d, out);
    return d;
}

/* The next number of the range that nobody has; 0: used up. */
static uint32_t free_number(struct devices *t)
{
    const struct settings_record *s = &t->settings;
    char text[RECORD_NUMBER];

    if (t->next_directory == NONE || s->first == 0) return 0;
    if (t->next_directory < s->first) t->next_directory = s->first;
    for (; t->next_directory <= s->last && t->next_directory != NONE; t->next_directory++) {
        struct writer w = writer(text, sizeof text);
        write_decimal(&w, t->next_directory);
        if (!devices_find_number(t, written(&w))) return t->next_directory++;
    }
    t->next_directory = NONE; /* until a number comes free: see number_drop */
    return 0;
}

struct device *devices_register_automatically(struct devices *t, struct mac mac, uint32_t device_type,
                                              struct outbox *out, struct fault *why)
{
    struct device_record r = {.mac = mac, .device_type = device_type, .owed = OWED_RESET, .automatic = true};

    *why = (struct fault){.kind = FAULT_NONE};
    if (!t->settings.automatic) {
        no(why, FAULT_ABSENT, "auto-registration is off");
        return NULL;
    }
    if (!room_for(t, &r, why)) return NULL;
    uint32_t number = free_number(t);
    if (number == 0) {
        no(why, FAULT_LONG, DEVICES_NO_NUMBER);
        return NULL;
    }
    struct writer w = writer(r.line[0].number, sizeof r.line[0].number - 1);
    write_decimal(&w, number);
    text_copy(r.line[0].label, sizeof r.line[0].label, written(&w));
    memcpy(r.pool, t->settings.pool, sizeof r.pool);
    w = writer(r.description, sizeof r.description - 1);
    write_text(&w, "Auto ");
    write_text(&w, r.line[0].number);
    struct device *d = devices_create(t, &r, out, why);
    if (d) d->confirmed = false; /* until its phone proves that RegisterAck has left, which is behind the STORE */
    return d;
}

void devices_remove(struct devices *t, struct device *d, struct outbox *out)
{
    if (out) device_remove_encode(put(out, (struct action){.kind = ACTION_STORE}), d->record.mac);
    device_out(t, d);
    t->changes++; /* the CallManager where it is registered must close its connection */
}

void device_alarm_add(struct device *d, const struct device_alarm *alarm)
{
    memmove(&d->alarm[1], &d->alarm[0], sizeof d->alarm - sizeof d->alarm[0]);
    d->alarm[0] = *alarm;
    if (d->alarms < DEVICE_ALARMS) d->alarms++;
}

void device_settle(struct devices *t, struct device *d, struct outbox *out)
{
    bool fetched = d->fetched == d->record.stamp, sent = d->reset_for == d->record.stamp;

    if (d->record.owed == OWED_NOTHING || (!fetched && !sent)) return;
    d->record.owed = OWED_NOTHING;
    device_put(t, d, out);
}

bool devices_unstored(struct devices *t, struct bytes payload, struct mac *whose)
{
    struct record r;
    struct fault why;

    if (!record_decode(&r, payload, &why) || r.operation != RECORD_PUT) return false;
    if (r.kind == RECORD_COUNTER) /* the next that is given stores the end of a run again */
        t->counter[r.counter.which].reserved = t->counter[r.counter.which].next;
    if (r.kind != RECORD_DEVICE) return false;
    struct device *d = devices_find(t, r.device.mac);
    if (!d) return false;
    *whose = d->record.mac;
    if (d->confirmed) return false;
    device_out(t, d);
    t->changes++;
    return true;
}

/* From a store. */

static bool load_device(struct devices *t, const struct device_record *r, struct fault *why)
{
    if (!room_for(t, r, why)) return false;
    struct device *d = device_in(t, r);
    d->confirmed = true;
    if (r->stamp >= t->counter[COUNTER_STAMP].next) /* a store without its counter must not give a stamp twice */
        t->counter[COUNTER_STAMP].next = t->counter[COUNTER_STAMP].reserved = r->stamp + 1;
    return true;
}

bool devices_load(struct devices *t, const struct record *r, struct fault *why)
{
    *why = (struct fault){.kind = FAULT_NONE};
    if (r->operation != RECORD_PUT) return true;
    switch (r->kind) {
    case RECORD_DEVICE: return load_device(t, &r->device, why);
    case RECORD_GROUP:
        if (!group_place(t, r->group.name)) return no(why, FAULT_LONG, "no room for another group");
        *group_place(t, r->group.name) = r->group;
        return true;
    case RECORD_POOL:
        if (!pool_place(t, r->pool.name)) return no(why, FAULT_LONG, "no room for another pool");
        *pool_place(t, r->pool.name) = r->pool;
        return true;
    case RECORD_SETTINGS:
        t->settings = r->settings;
        t->next_directory = 0;
        return true;
    case RECORD_COUNTER:
        if (r->counter.value > t->counter[r->counter.which].next)
            t->counter[r->counter.which].next = t->counter[r->counter.which].reserved = r->counter.value;
        return true;
    case RECORD_LEASE: return true;
    }
    return true;
}

/* What a device has. */

struct bytes pool_load_of(const struct pool_record *pool, uint32_t device_type)
{
    for (uint8_t i = 0; pool && i < pool->loads; i++)
        if (pool->load[i].device_type == device_type) return bytes_of(pool->load[i].load);
    return (struct bytes){0};
}

struct bytes device_load(const struct devices *t, const struct device *d)
{
    if (device_own(d)->load[0]) return bytes_of(device_own(d)->load);
    return pool_load_of(devices_pool(t, d->record.pool), d->record.device_type);
}

struct bytes device_date_template(const struct devices *t, const struct device *d)
{
    const struct pool_record *pool = devices_pool(t, d->record.pool);

    if (device_own(d)->date_template[0]) return bytes_of(device_own(d)->date_template);
    return bytes_of(pool && pool->date_template[0] ? pool->date_template : "M/D/Y");
}

struct bytes device_time_zone(const struct devices *t, const struct device *d)
{
    const struct pool_record *pool = devices_pool(t, d->record.pool);

    if (device_own(d)->time_zone[0]) return bytes_of(device_own(d)->time_zone);
    return bytes_of(pool && pool->time_zone[0] ? pool->time_zone : "Etc/UTC");
}

uint8_t device_callmanagers(const struct devices *t, const struct device *d,
                            struct record_callmanager out[RECORD_CALLMANAGERS])
{
    const struct pool_record *pool = devices_pool(t, d->record.pool);
    const struct group_record *group = pool ? devices_group(t, pool->group) : NULL;
    const struct device_own *own = device_own(d);
    uint8_t n = own->callmanagers ? own->callmanagers : group ? group->callmanagers : 0;

    if (n) memcpy(out, own->callmanagers ? own->callmanager : group->callmanager, n * sizeof *out);
    return n;
}

bool learns_load_from_version(uint32_t device_type)
{
    const struct phone_model *m = model_of_type(device_type);

    return m && m->needs_xml == XML_NO;
}

const char *stamp_text(char to[STAMP_TEXT], uint64_t stamp)
{
    for (size_t i = 0; i < STAMP_TEXT - 1; i++) to[i] = "0123456789ABCDEF"[stamp >> (60 - 4 * i) & 15];
    to[STAMP_TEXT - 1] = 0;
    return to;
}
