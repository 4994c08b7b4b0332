#include "app/lab/plan_of.h"
#include "app/zone.h"
#include "net/loop.h"
#include "provision/load.h"
#include "server/documents.h"
#include <stdlib.h>
#include <string.h>

static const uint64_t SIM_WALL = UINT64_C(1767225600000000); /* 2026-01-01 00:00 UTC: virtual time begins there */
enum { POE_BUDGET_FAULT = 16000 };                           /* mW: the first port only */
enum { FILES_MOST = 512, LIST_MOST = 512 };

static struct file file_table[FILES_MOST];

static bool add_file(struct plan *p, const char *load, const char *suffix, struct bytes bytes)
{
    size_t size = strlen(load) + strlen(suffix) + 1;
    char *name = malloc(size);
    uint8_t *copy = malloc(bytes.len);

    if (!name || !copy || p->files == FILES_MOST) {
        free(name);
        free(copy);
        return false;
    }
    struct writer w = writer(name, size);
    write_text(&w, load);
    write_text(&w, suffix);
    memcpy(copy, bytes.at, bytes.len);
    file_table[p->files++] = (struct file){written(&w), {copy, bytes.len}};
    // cppcheck-suppress memleak ; both stay until the end: TFTP serves from them
    return true;
}

static bool have_file(const struct plan *p, const char *load)
{
    for (size_t i = 0; i < p->files; i++)
        if (bytes_begin(file_table[i].name, load) && file_table[i].name.len == strlen(load) + 4) return true;
    return false;
}

/* Every load that a phone of this lab may run, and the list that names it. */
static bool add_loads(struct plan *p)
{
    static uint8_t bytes[LOAD_BUILT_IN_MOST];
    uint8_t list[LIST_MOST];

    p->file = file_table;
    for (size_t i = 0; i < model_count(); i++) {
        for (int older = 0; older <= 1; older++) {
            const struct phone_model *m = model_at(i);
            const char *load = m->speaks_sccp ? load_built_in(m, older) : NULL;
            struct writer w = writer(bytes, sizeof bytes), l = writer(list, sizeof list);
            if (!load || have_file(p, load) || !load_built_in_make(&w, bytes_of(load))) continue;
            loads_write(&l, bytes_of(load));
            if (!add_file(p, load, ".bin", written(&w)) || !add_file(p, load, ".loads", written(&l))) return false;
        }
    }
    return true;
}

/* They stay until the end, like the loads. */
static bool preferences_of(struct plan_phone *p, const struct options *o)
{
    char text[PLAN_PREFERENCES], device[DEVICE_NAME];
    struct writer w = writer(text, sizeof text - 1);

    device_name(device, p->mac);
    for (uint32_t i = 0; i < o->preferences; i++) {
        const struct option_preference *pref = &o->preference[i];
        if (!options_names(pref->whose, device, p->model)) continue;
        write_text(&w, pref->key);
        write_text(&w, " ");
        write_text(&w, pref->value);
        write_text(&w, "\n");
    }
    text[w.len] = '\0';
    if (w.len && !w.full) p->preferences = strdup(text);
    return !w.full && (w.len == 0 || p->preferences);
}

/* The second of three runs an older load than its configuration names, so that a first run shows an upgrade. */
static const char *load_of(const struct phone_model *m, uint32_t i)
{
    const char *older = i % 3 == 1 ? load_built_in(m, true) : NULL;

    return older ? older : load_built_in(m, false);
}

void plan_virtual(struct plan *p)
{
    p->wall = SIM_WALL; /* or no two runs would be the same */
    p->utc_offset_of = NULL;
}

bool plan_of(struct plan *p, const struct options *o, struct net_error *why)
{
    plan_default(p);
    if (!plan_phones(p, o->phones, o->per_switch)) return net_fail(why, -12, "no memory for the phones") == 0;
    p->callmanagers = o->callmanagers;
    p->realtime = o->realtime;
    p->seed = o->seed;
    p->faults = o->faults;
    memcpy(p->attach, o->attach, sizeof p->attach);
    p->attached = o->attached;
    p->start = monotonic_now();
    p->wall = wall_now();
    p->utc_offset_of = zone_utc_offset;
    if (o->sim) plan_virtual(p);
    if (p->faults.on[FAULT_IS_POE_BUDGET]) p->power_budget = POE_BUDGET_FAULT;
    if (o->power_budget != UINT32_MAX) p->power_budget = o->power_budget;
    for (uint32_t i = 0; i < o->phones; i++) {
        struct plan_phone *phone = &p->phone[i];
        phone->mac = mac_from_number((o->mac_base + i) & 0xffffffffffff);
        phone->model = options_model(o, i);
        phone->load = load_of(phone->model, i);
        phone->known = o->faults.on[FAULT_IS_TFTP_DOWN_KNOWN] || options_known(o, i);
        if (!preferences_of(phone, o)) return net_fail(why, -7, "too many preferences for one phone") == 0;
    }
    return add_loads(p) || net_fail(why, -12, "no memory for the image loads") == 0;
}
