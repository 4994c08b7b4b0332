#include "server/carve.h"
#include "server/documents.h"
#include "provision/phone_lists.h"
#include "provision/time_zone.h"
#include <string.h>

enum { NONE = UINT32_MAX, SLOT_ALIGN = 64, LIST_END = 32 /* more than the end of a list takes */ };

/* The bytes of the slots come last, and are not set to 0: what no document needs is never touched. */
static size_t lay_out(struct documents *d, uint32_t slots, size_t files, struct carving *c)
{
    d->buckets = buckets_for(slots);
    d->slot = carve(c, sizeof *d->slot, slots);
    d->bucket = carve(c, sizeof *d->bucket, d->buckets);
    d->file_served = carve(c, sizeof *d->file_served, files);
    void *names = carve(c, 1, catalogue_size((uint32_t)files));
    if (names) (void)catalogue_init(&d->catalogue, (uint32_t)files, names, catalogue_size((uint32_t)files));
    return (c->used + SLOT_ALIGN - 1) / SLOT_ALIGN * SLOT_ALIGN;
}

size_t documents_size(uint32_t slots, size_t files)
{
    struct documents d;
    struct carving c = {0};

    return lay_out(&d, slots, files, &c) + (size_t)DOCUMENT_SLOT * slots;
}

static void be_newest(struct documents *d, struct document_slot *slot);
static void be_oldest(struct documents *d, struct document_slot *slot);

bool documents_init(struct documents *d, struct devices *devices, uint32_t slots, const struct file *files,
                    size_t file_count, void *memory, size_t size)
{
    struct carving c = {.at = memory, .size = size};

    *d = (struct documents){.devices = devices, .slots = slots, .newest = NONE, .oldest = NONE, .file = files};
    if (!memory || file_count >= NONE || documents_size(slots, file_count) > size) return false;
    uint8_t *bytes = (uint8_t *)memory + lay_out(d, slots, file_count, &c);
    for (uint32_t i = 0; i < d->buckets; i++) d->bucket[i] = NONE;
    for (uint32_t i = 0; i < slots; i++) {
        d->slot[i].memory = bytes + (size_t)DOCUMENT_SLOT * i;
        be_newest(d, &d->slot[i]);
    }
    for (size_t i = 0; i < file_count; i++) {
        d->file_served[i].bytes = files[i].bytes;
        if (catalogue_add(&d->catalogue, files[i].name) != i) return false;
    }
    return true;
}

void documents_from(struct documents *d, const struct file_source *source, bool source_first,
                    void (*both)(void *context, struct bytes name, bool made_wins), void *context)
{
    d->source = *source;
    d->source_first = source_first;
    d->both = both;
    d->both_context = context;
}

/* The document of the device table, as provision/document.h wants it. */

static void set_callmanagers(struct document *to, const struct record_callmanager *from, uint8_t n)
{
    to->callmanagers = n;
    for (uint8_t i = 0; i < n; i++) {
        (void)ipv4_text(to->callmanager[i].node, from[i].address);
        to->callmanager[i].address = from[i].address;
        to->callmanager[i].port = from[i].port;
    }
}

static void set_zone(struct document *to, struct bytes iana)
{
    const char *name = time_zone_cisco(iana);

    text_copy(to->time_zone, sizeof to->time_zone, bytes_of(name ? name : "Greenwich Standard Time")); /* UTC */
}

static const char *first_set(const char *own, const char *pool)
{
    return own[0] ? own : pool;
}

static void fill_own(struct document *to, const struct devices *t, const struct device *device)
{
    static const struct pool_record none;
    const struct pool_record *pool = devices_pool(t, device->record.pool);
    struct record_callmanager list[RECORD_CALLMANAGERS];
    char stamp[STAMP_TEXT];

    if (!pool) pool = &none;
    set_callmanagers(to, list, device_callmanagers(t, device, list));
    text_copy(to->group, sizeof to->group, bytes_of(pool->group));
    text_copy(to->pool, sizeof to->pool, bytes_of(pool->name));
    text_copy(to->load, sizeof to->load, device_load(t, device));
    text_copy(to->stamp, sizeof to->stamp, bytes_of(stamp_text(stamp, device->record.stamp)));
    text_copy(to->date_template, sizeof to->date_template, device_date_template(t, device));
    set_zone(to, device_time_zone(t, device));
    text_copy(to->user_locale, sizeof to->user_locale,
              bytes_of(first_set(device_own(device)->user_locale, pool->user_locale)));
    text_copy(to->network_locale, sizeof to->network_locale,
              bytes_of(first_set(device_own(device)->network_locale, pool->network_locale)));
    to->connection_monitor = pool->connection_monitor ? pool->connection_monitor : 120;
}

static size_t fill_default(struct document *to, const struct devices *t, struct document_load loads[RECORD_LOADS])
{
    const struct pool_record *pool = devices_pool(t, t->settings.pool);
    const struct group_record *group = pool ? devices_group(t, pool->group) : NULL;

    if (!pool) return 0;
    if (group) set_callmanagers(to, group->callmanager, group->callmanagers);
    text_copy(to->group, sizeof to->group, bytes_of(pool->group));
    text_copy(to->pool, sizeof to->pool, bytes_of(pool->name));
    text_copy(to->date_template, sizeof to->date_template, bytes_of(first_set(pool->date_template, "M/D/Y")));
    set_zone(to, bytes_of(first_set(pool->time_zone, "Etc/UTC")));
    text_copy(to->user_locale, sizeof to->user_locale, bytes_of(pool->user_locale));
    text_copy(to->network_locale, sizeof to->network_locale, bytes_of(pool->network_locale));
    to->connection_monitor = pool->connection_monitor ? pool->connection_monitor : 120;
    to->auto_registration = t->settings.automatic;
    for (uint8_t i = 0; i < pool->loads; i++) {
        const struct phone_model *m = model_of_type(pool->load[i].device_type);
        loads[i] = (struct document_load){.device_type = pool->load[i].device_type};
        struct writer w = writer(loads[i].model, sizeof loads[i].model - 1);
        if (m) {
            write_text(&w, "Cisco ");
            write_text(&w, m->name);
        }
        text_copy(loads[i].load, sizeof loads[i].load, bytes_of(pool->load[i].load));
    }
    return pool->loads;
}

static bool is_own(enum asked_kind kind)
{
    return kind == ASKED_OWN_XML || kind == ASKED_OWN_CNF;
}

/* False: it does not fit the slot. */
static bool fill(struct document_slot *slot, const struct devices *t, enum asked_kind kind, const struct device *device)
{
    struct document doc = {.kind = device ? DOCUMENT_OWN : DOCUMENT_DEFAULT};
    struct document_load loads[RECORD_LOADS];
    struct writer w = writer(slot->memory, DOCUMENT_SLOT);

    if (device) {
        fill_own(&doc, t, device);
    } else {
        doc.load_count = fill_default(&doc, t, loads);
        doc.loads = loads;
    }
    if (kind == ASKED_OWN_XML || kind == ASKED_DEFAULT_XML)
        document_write(&w, &doc);
    else
        plain_write(&w, &doc);
    slot->served.bytes = written(&w);
    slot->served.promises = true;
    return !w.full;
}

/* --- slots: by what they hold, and, those that nobody holds, by their last use --- */

static uint32_t index_of(const struct documents *d, const struct document_slot *slot)
{
    return (uint32_t)(slot - d->slot);
}

static void be_newest(struct documents *d, struct document_slot *slot)
{
    slot->newer = NONE;
    slot->older = d->newest;
    *(d->newest == NONE ? &d->oldest : &d->slot[d->newest].newer) = index_of(d, slot);
    d->newest = index_of(d, slot);
}

static void be_oldest(struct documents *d, struct document_slot *slot)
{
    slot->older = NONE;
    slot->newer = d->oldest;
    *(d->oldest == NONE ? &d->newest : &d->slot[d->oldest].older) = index_of(d, slot);
    d->oldest = index_of(d, slot);
}

static void leave_list(struct documents *d, struct document_slot *slot)
{
    *(slot->newer == NONE ? &d->newest : &d->slot[slot->newer].older) = slot->older;
    *(slot->older == NONE ? &d->oldest : &d->slot[slot->older].newer) = slot->newer;
}

static uint32_t *chain_of(const struct documents *d, enum asked_kind kind, struct mac mac)
{
    return &d->bucket[hash_number(mac_number(mac) << 8 | (uint64_t)kind) & (d->buckets - 1)];
}

/* From now on nobody finds it; those who hold it go on with it. */
static void retire(struct documents *d, struct document_slot *slot)
{
    uint32_t *at = chain_of(d, slot->kind, slot->mac);

    if (slot->kind == ASKED_OTHER) return;
    while (*at != index_of(d, slot)) at = &d->slot[*at].next;
    *at = slot->next;
    slot->kind = ASKED_OTHER;
}

static void hold(struct documents *d, struct document_slot *slot, struct served **out)
{
    if (slot->served.held++ == 0) leave_list(d, slot);
    *out = &slot->served;
}

static enum found make(struct documents *d, enum asked_kind kind, struct mac mac, const struct device *device,
                       struct served **out)
{
    uint64_t stamp = device ? device->record.stamp : d->devices->edition;
    uint32_t *chain = chain_of(d, kind, mac);

    for (uint32_t i = *chain; i != NONE; i = d->slot[i].next) {
        struct document_slot *slot = &d->slot[i];
        if (slot->kind != kind || !mac_equal(slot->mac, mac)) continue;
        if (slot->stamp == stamp) {
            hold(d, slot, out);
            return FOUND;
        }
        retire(d, slot); /* its device has changed since */
        if (slot->served.held == 0) {
            leave_list(d, slot);
            be_oldest(d, slot);
        }
        break;
    }
    if (d->oldest == NONE) return FOUND_BUSY;
    struct document_slot *slot = &d->slot[d->oldest];
    retire(d, slot);
    if (!fill(slot, d->devices, kind, device)) return FOUND_BUSY;
    slot->kind = slot->made = kind;
    slot->stamp = stamp;
    slot->mac = mac;
    slot->next = *chain;
    *chain = index_of(d, slot);
    hold(d, slot, out);
    return FOUND;
}

/* --- names --- */

static enum found find_file(struct documents *d, struct bytes name, struct served **out)
{
    uint32_t i = catalogue_find(&d->catalogue, name);

    if (i == CATALOGUE_NONE) return d->source.find ? d->source.find(d->source.context, name, out) : FOUND_NOTHING;
    d->file_served[i].held++;
    *out = &d->file_served[i];
    return FOUND;
}

static bool is_there(struct documents *d, struct bytes name)
{
    return catalogue_find(&d->catalogue, name) != CATALOGUE_NONE ||
           (d->source.has && d->source.has(d->source.context, name));
}

/* The ith of the owner's files, those in memory first. */
static bool file_at(const struct documents *d, uint32_t i, struct bytes *name)
{
    if (i < d->catalogue.count) {
        *name = d->file[i].name;
        return true;
    }
    return d->source.at && d->source.at(d->source.context, i - d->catalogue.count, name);
}

/* Made anew each time: it is asked seldom, and nothing needs to tell when a file came or went. */
static enum found make_list(struct documents *d, struct bytes asked, struct served **out)
{
    struct bytes folder, name, small;
    char room[PHONE_LIST_PATH];
    enum phone_list list = phone_list_of(asked, &folder);
    uint32_t n = 0;

    if (list == LIST_NONE) return FOUND_NOTHING;
    if (d->oldest == NONE) return FOUND_BUSY;
    struct document_slot *slot = &d->slot[d->oldest];
    struct writer w = writer(slot->memory, DOCUMENT_SLOT);
    retire(d, slot);
    phone_list_begin(&w, list);
    for (uint32_t i = 0; n < PHONE_LIST_MOST && file_at(d, i, &name); i++) {
        if (!phone_list_takes(list, folder, name, &small, room) || (small.len && !is_there(d, small))) continue;
        size_t before = w.len;
        phone_list_add(&w, list, name, small);
        if (w.full || w.size - w.len < LIST_END) { /* what fits is told */
            w.len = before;
            w.full = false;
            break;
        }
        n++;
    }
    phone_list_end(&w, list);
    if (n == 0) return FOUND_NOTHING;
    slot->served.bytes = written(&w);
    slot->served.promises = false;
    slot->made = ASKED_OTHER;
    hold(d, slot, out);
    return FOUND;
}

/* Is there a file where a document is made too? Its owner hears of it once, and does not wonder what the phone got. */
static bool also_a_file(struct documents *d, struct bytes name)
{
    uint32_t hash = hash_bytes(name);

    if (!d->source.has || !d->source.has(d->source.context, name)) return false;
    for (size_t i = 0; i < DOCUMENTS_BOTH; i++)
        if (d->told[i] == hash) return true;
    d->told[d->told_at++ % DOCUMENTS_BOTH] = hash;
    if (d->both) d->both(d->both_context, name, !d->source_first);
    return true;
}

enum found documents_find(void *documents, struct bytes name, struct served **out)
{
    struct documents *d = documents;
    struct asked asked = asked_name(name);
    const struct device *device = is_own(asked.kind) ? devices_find(d->devices, asked.mac) : NULL;
    bool defaults = d->devices->settings.automatic || d->devices->settings.default_file_always;
    bool is_default = asked.kind == ASKED_DEFAULT_XML || asked.kind == ASKED_DEFAULT_CNF;

    if (!device && !(is_default && defaults)) {
        enum found found = find_file(d, name, out);
        return found == FOUND_NOTHING ? make_list(d, asked.stem, out) : found;
    }
    if (also_a_file(d, name) && d->source_first) return find_file(d, name, out);
    return make(d, asked.kind, device ? asked.mac : MAC_NONE, device, out);
}

void documents_release(void *documents, struct served *served, bool whole)
{
    struct documents *d = documents;

    if (served->owner) {
        if (served->owner == d->source.context) d->source.release(d->source.context, served);
        return;
    }
    uintptr_t at = (uintptr_t)served, first = (uintptr_t)d->slot;
    if (served->held) served->held--;
    if (at < first || at >= first + d->slots * sizeof *d->slot) return; /* a file in memory */
    struct document_slot *slot = &d->slot[(at - first) / sizeof *d->slot];
    if (whole && is_own(slot->made)) {
        struct device *device = devices_find(d->devices, slot->mac);
        if (device) device->fetched = slot->stamp;
    }
    if (served->held > 0) return;
    if (slot->kind == ASKED_OTHER)
        be_oldest(d, slot);
    else
        be_newest(d, slot);
}
