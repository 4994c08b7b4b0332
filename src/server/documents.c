#include "server/carve.h"
#include "server/documents.h"
#include "provision/time_zone.h"
#include <string.h>

static void lay_out(struct documents *d, uint32_t slots, size_t files, struct carving *c)
{
    d->slot = carve(c, sizeof *d->slot, slots);
    d->file_served = carve(c, sizeof *d->file_served, files);
    uint8_t *memory = carve(c, DOCUMENT_SLOT, slots);
    for (uint32_t i = 0; memory && i < slots; i++) d->slot[i].memory = memory + (size_t)i * DOCUMENT_SLOT;
}

size_t documents_size(uint32_t slots, size_t files)
{
    struct documents d;
    struct carving c = {0};

    lay_out(&d, slots, files, &c);
    return c.used;
}

bool documents_init(struct documents *d, struct devices *devices, uint32_t slots, const struct file *files,
                    size_t file_count, void *memory, size_t size)
{
    struct carving c = {.at = memory, .size = size};

    *d = (struct documents){.devices = devices, .slots = slots, .file = files, .files = file_count};
    if (!memory || documents_size(slots, file_count) > size) return false;
    lay_out(d, slots, file_count, &c);
    for (size_t i = 0; i < file_count; i++) d->file_served[i].bytes = files[i].bytes;
    return true;
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
              bytes_of(first_set(device->record.user_locale, pool->user_locale)));
    text_copy(to->network_locale, sizeof to->network_locale,
              bytes_of(first_set(device->record.network_locale, pool->network_locale)));
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
    return !w.full;
}

static enum found make(struct documents *d, enum asked_kind kind, struct mac mac, const struct device *device,
                       struct served **out)
{
    uint64_t stamp = device ? device->record.stamp : d->devices->edition;
    struct document_slot *best = NULL;

    for (uint32_t i = 0; i < d->slots; i++) {
        struct document_slot *s = &d->slot[i];
        if (s->kind == kind && s->stamp == stamp && mac_equal(s->mac, mac)) {
            best = s;
            break;
        }
        if (s->served.held == 0 && (!best || s->last < best->last)) best = s;
    }
    if (!best) return FOUND_BUSY;
    if (best->kind != kind || best->stamp != stamp || !mac_equal(best->mac, mac)) {
        best->kind = ASKED_OTHER;
        if (!fill(best, d->devices, kind, device)) return FOUND_BUSY;
        best->kind = kind;
        best->stamp = stamp;
        best->mac = mac;
    }
    best->last = ++d->uses;
    best->served.held++;
    *out = &best->served;
    return FOUND;
}

static bool slash(uint8_t c)
{
    return c == '/' || c == '\\';
}

/* Without what phones put before a name (provisioning by IP Communicator and old loads): slashes, "Cisco/". */
static struct bytes without_prefix(struct bytes name)
{
    while (name.len && slash(name.at[0])) name = bytes_from(name, 1);
    if (name.len > 6 && slash(name.at[5]) && bytes_equal_nocase((struct bytes){name.at, 5}, bytes_of("Cisco")))
        name = bytes_from(name, 6);
    return name;
}

static enum found find_file(struct documents *d, struct bytes name, struct served **out)
{
    name = without_prefix(name);
    for (size_t i = 0; i < d->files; i++)
        if (bytes_equal_nocase(d->file[i].name, name)) {
            d->file_served[i].held++;
            *out = &d->file_served[i];
            return FOUND;
        }
    return FOUND_NOTHING;
}

enum found documents_find(void *documents, struct bytes name, struct served **out)
{
    struct documents *d = documents;
    struct asked asked = asked_name(name);
    const struct device *device = is_own(asked.kind) ? devices_find(d->devices, asked.mac) : NULL;
    bool defaults = d->devices->settings.automatic || d->devices->settings.default_file_always;

    if (device) return make(d, asked.kind, asked.mac, device, out);
    if ((asked.kind == ASKED_DEFAULT_XML || asked.kind == ASKED_DEFAULT_CNF) && defaults)
        return make(d, asked.kind, MAC_NONE, NULL, out);
    return find_file(d, name, out);
}

void documents_release(void *documents, struct served *served, bool whole)
{
    struct documents *d = documents;

    if (served->held) served->held--;
    if (!whole) return;
    for (uint32_t i = 0; i < d->slots; i++)
        if (&d->slot[i].served == served && is_own(d->slot[i].kind)) {
            struct device *device = devices_find(d->devices, d->slot[i].mac);
            if (device) device->fetched = d->slot[i].stamp;
        }
}
