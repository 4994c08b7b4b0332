#include "lab/site.h"
#include "lab/ground.h"
#include "provision/load.h"
#include "provision/device_name.h"
#include "provision/time_zone.h"
#include "wire/dhcp.h"
#include "wire/sccp.h"
#include <stdlib.h>
#include <string.h>

enum { TRANSFERS = 1024, SLOTS = 512, CONNECTIONS = 1024, DEVICES = 1024, NUMBERS = 1000, LEASE = 86400 };
enum {
    ROOM = 64, /* beside the phones of a large lab: others that try */
    /* Each slot takes some KiB of memory; a document is held for a few round trips only. */
    SLOTS_MOST = 4096,
    TRANSFERS_MOST = 16384,
    /* The more phones there are the more ask at once, since all wait the same 20 ms at most. 300,000 known ones had
     * enough with a place for each 73 and each 18 of them; of a million 62,000 did not get their files with one for
     * each 244 and 61. */
    PHONES_OF_A_SLOT = 64,
    PHONES_OF_A_TRANSFER = 16
};

static void *space(struct site *s, size_t size)
{
    void *memory = size ? malloc(size) : NULL;

    if (memory && s->memories == ARRAY_LENGTH(s->memory)) {
        free(memory);
        return NULL;
    }
    if (memory) s->memory[s->memories++] = memory;
    return memory;
}

/* For what is all in use and is read here and there: see lab/ground.h. */
static void *dense_space(struct site *s, size_t size)
{
    void *memory = space(s, size);

    ground_huge(memory, size);
    return memory;
}

/* Places for each phone, and never fewer than `least`. */
static uint32_t places(const struct plan *plan, uint32_t least)
{
    return plan->phones + ROOM > least ? plan->phones + ROOM : least;
}

/* The same, but no more than `most`, or than one for so many phones. */
static uint32_t places_of(const struct plan *plan, uint32_t least, uint32_t most, uint32_t phones)
{
    if (plan->phones / phones > most) most = plan->phones / phones;
    return places(plan, least) < most ? places(plan, least) : most;
}

static bool wrong(const struct site *s, enum lab_fault f)
{
    return s->plan->faults.on[f];
}

static bool put_pool(struct site *s, struct fault *why)
{
    struct group_record group = {.name = "Default",
                                 .callmanagers = wrong(s, FAULT_IS_EMPTY_GROUP) ? 0 : s->plan->callmanagers};
    struct pool_record pool = {.name = "Default",
                               .group = "Default",
                               .date_template = "D/M/Y",
                               .time_zone = "Etc/GMT",
                               .user_locale = "English_United_States",
                               .network_locale = "United_States",
                               .connection_monitor = 120};

    for (uint8_t i = 0; i < group.callmanagers; i++)
        group.callmanager[i] = (struct record_callmanager){s->plan->server[i], SCCP_PORT};
    for (size_t i = 0; i < model_count() && pool.loads < RECORD_LOADS; i++) {
        const struct phone_model *m = model_at(i);
        const char *load = m->speaks_sccp ? load_built_in(m, false) : NULL;
        if (!load) continue;
        pool.load[pool.loads].device_type = m->device_type;
        text_copy(pool.load[pool.loads++].load, LOAD_NAME, bytes_of(load));
    }
    return devices_put_group(&s->devices, &group, NULL, why) && devices_put_pool(&s->devices, &pool, NULL, why);
}

/* The device database as this lab begins: one group, one pool, whom we know already. They have the first numbers. */
static bool fill_devices(struct site *s, struct fault *why)
{
    const struct plan *plan = s->plan;
    struct devices_limits limits = {places(plan, DEVICES), 4, 4};
    size_t size = devices_size(&limits);
    struct settings_record settings = {.automatic = !wrong(s, FAULT_IS_NO_CONFIG) && !wrong(s, FAULT_IS_REJECT),
                                       .default_file_always = wrong(s, FAULT_IS_REJECT),
                                       .first = plan->first_number,
                                       .last = plan->first_number + places(plan, NUMBERS) - 1,
                                       .pool = "Default"};
    uint32_t number = plan->first_number;

    *why = (struct fault){FAULT_LONG, 0, "no memory for the device table"};
    if (!devices_init(&s->devices, &limits, dense_space(s, size), size) || !put_pool(s, why)) return false;
    for (uint32_t i = 0; i < plan->phones; i++) {
        const struct plan_phone *p = &plan->phone[i];
        struct device_record d = {.mac = p->mac, .device_type = p->model->device_type, .pool = "Default"};
        struct writer w = writer(d.line[0].number, sizeof d.line[0].number - 1);
        if (!p->known) continue;
        write_decimal(&w, number++);
        text_copy(d.line[0].label, sizeof d.line[0].label, written(&w));
        if (!devices_create(&s->devices, &d, NULL, why)) return false;
    }
    settings.first = number;
    if (wrong(s, FAULT_IS_NUMBERS_USED_UP)) settings.last = number;
    return devices_put_settings(&s->devices, &settings, NULL, why);
}

static void make_subnet(struct site *s, uint32_t i, ipv4 router, ipv4 mask, ipv4 first, ipv4 last)
{
    struct writer options = writer(s->options[i], sizeof s->options[i]);

    dhcp_put_addresses(&options, DHCP_ROUTERS, &router, 1);
    s->pool[i] = (struct dhcp_range){first, last};
    s->subnet[i] = (struct dhcp_subnet){
        .network = router & mask,
        .mask = mask,
        .interface = i == 0 && plan_switches(s->plan) == 1 ? 0 : DHCP_NO_INTERFACE, /* others are behind relays */
        .pools = &s->pool[i],
        .pool_count = 1,
        .scope = {.tftp = {s->plan->server[0]},
                  .tftps = !wrong(s, FAULT_IS_NO_TFTP_OPTION),
                  .options = written(&options),
                  .lease = LEASE}};
}

static bool make_dhcp(struct site *s, struct fault *why)
{
    const struct plan *p = s->plan;
    uint32_t switches = plan_switches(p);

    *why = (struct fault){FAULT_LONG, 0, "no memory for the subnets"};
    s->subnet = space(s, 2 * switches * sizeof *s->subnet);
    s->pool = space(s, 2 * switches * sizeof *s->pool);
    s->options = space(s, 2 * switches * sizeof *s->options);
    if (!s->subnet || !s->pool || !s->options) return false;
    for (uint32_t k = 0; k < switches; k++) {
        struct plan_switch at = plan_switch(p, k);
        ipv4 last = wrong(s, FAULT_IS_DHCP_EXHAUSTED) ? at.voice_first : at.voice_last;
        make_subnet(s, 2 * k, at.voice_router, at.voice_mask, at.voice_first, last);
        make_subnet(s, 2 * k + 1, at.data_router, at.data_mask, at.data_first, at.data_last);
    }
    s->interface = (struct dhcp_interface){.address = p->server[0]};
    struct dhcp_server_config c = {.interfaces = &s->interface,
                                   .interface_count = 1,
                                   .subnets = s->subnet,
                                   .subnet_count = 2 * switches,
                                   .authoritative = true,
                                   .wall_at_start = p->wall / SECOND};
    size_t size = dhcp_server_size(&c);
    return dhcp_server_init(&s->dhcp, &c, dense_space(s, size), size, why);
}

/* A model that no phone here is. */
static uint32_t absent_type(const struct plan *plan)
{
    for (size_t m = 0; m < model_count(); m++) {
        bool here = false;
        for (uint32_t i = 0; i < plan->phones; i++)
            here |= plan->phone[i].model->device_type == model_at(m)->device_type;
        if (!here) return model_at(m)->device_type;
    }
    return 0; /* no device has it */
}

/* The image that stands in a file, made for such a model. */
static size_t for_another_model(const struct plan *plan, uint8_t *to, size_t size, struct bytes image)
{
    struct load_info info;
    struct fault why;
    struct writer w = writer(to, size);

    if (!load_open_bytes(&info, image, &why)) return 0;
    info.manifest.models = 1;
    info.manifest.model[0] = absent_type(plan);
    load_make(&w, &info.manifest, bytes_from(image, image.len / 2));
    return w.full ? 0 : w.len;
}

/* Faults of the loads that configurations name. False: the file is not there at all. */
static bool spoil(struct site *s, struct file *f)
{
    bool named = false;

    for (size_t i = 0; i < model_count(); i++) {
        const struct phone_model *m = model_at(i);
        const char *load = m->speaks_sccp ? load_built_in(m, false) : NULL;
        named |= load && bytes_begin(f->name, load) && bytes_end(f->name, ".bin");
    }
    if (!named) return true;
    if (wrong(s, FAULT_IS_MISSING_LOAD)) return false;
    if (!wrong(s, FAULT_IS_CORRUPT_LOAD) && !wrong(s, FAULT_IS_WRONG_LOAD)) return true;
    uint8_t *copy = space(s, f->bytes.len + LOAD_MANIFEST_MOST);
    if (!copy) return false;
    memcpy(copy, f->bytes.at, f->bytes.len);
    if (wrong(s, FAULT_IS_CORRUPT_LOAD))
        copy[f->bytes.len / 2] ^= 1;
    else
        f->bytes.len = for_another_model(s->plan, copy, f->bytes.len + LOAD_MANIFEST_MOST, f->bytes);
    f->bytes.at = copy;
    return true;
}

static bool take_files(struct site *s)
{
    s->file = space(s, (s->plan->files + 1) * sizeof *s->file);
    if (!s->file) return false;
    for (size_t i = 0; i < s->plan->files; i++) {
        struct file f = s->plan->file[i];
        if (spoil(s, &f)) s->file[s->files++] = f;
    }
    return true;
}

/* By fault every configuration file is malformed. */
static enum found find(void *context, struct bytes name, struct served **out)
{
    static const char text[] = "<device><devicePool><callManagerGroup>";
    struct site *s = context;
    enum found found = documents_find(&s->documents, name, out);
    enum asked_kind kind = asked_name(name).kind;
    bool configuration =
        kind == ASKED_OWN_XML || kind == ASKED_OWN_CNF || kind == ASKED_DEFAULT_XML || kind == ASKED_DEFAULT_CNF;

    if (found != FOUND || !configuration || !wrong(s, FAULT_IS_BAD_CONFIG)) return found;
    documents_release(&s->documents, *out, false);
    s->malformed.bytes = bytes_of(text);
    *out = &s->malformed;
    return FOUND;
}

static void release(void *context, struct served *served, bool whole)
{
    struct site *s = context;

    if (served != &s->malformed) documents_release(&s->documents, served, whole);
}

static bool make_tftp(struct site *s)
{
    if (!take_files(s)) return false;
    uint32_t slots = places_of(s->plan, SLOTS, SLOTS_MOST, PHONES_OF_A_SLOT);
    size_t size = documents_size(slots, s->files);
    if (!documents_init(&s->documents, &s->devices, slots, s->file, s->files, space(s, size), size)) return false;
    struct tftp_server_config c = {.first_port = SITE_TRANSFER_PORT,
                                   .ports = SITE_TRANSFER_PORTS,
                                   .find = find,
                                   .release = release,
                                   .context = s,
                                   .seed = s->plan->seed,
                                   .transfers = places_of(s->plan, TRANSFERS, TRANSFERS_MOST, PHONES_OF_A_TRANSFER)};
    size = tftp_server_size(c.transfers);
    return tftp_server_init(&s->tftp, &c, space(s, size), size);
}

/* Without a time zone database. Every zone that the device table takes is known here. */
static int32_t standard_offset(void *context, const char *iana_zone, uint64_t unix_seconds)
{
    int32_t seconds = 0;

    (void)context;
    (void)unix_seconds;
    (void)time_zone_standard_offset(bytes_of(iana_zone), &seconds);
    return seconds;
}

static bool make_callmanagers(struct site *s)
{
    static const char *const name[] = {"cm1", "cm2", "cm3"};

    for (uint8_t i = 0; i < s->plan->callmanagers; i++) {
        struct callmanager_config c = {.index = i,
                                       .address = s->plan->server[i],
                                       .devices = &s->devices,
                                       .name = name[i],
                                       .connections = places(s->plan, CONNECTIONS),
                                       .wall_at_start = s->plan->wall,
                                       .utc_offset_of =
                                           s->plan->utc_offset_of ? s->plan->utc_offset_of : standard_offset};
        size_t size = callmanager_size(c.connections);
        if (!callmanager_init(&s->callmanager[i], &c, dense_space(s, size), size)) return false;
    }
    return true;
}

bool site_open(struct site *s, const struct plan *plan, struct fault *why)
{
    *s = (struct site){.plan = plan};
    if (!fill_devices(s, why) || !make_dhcp(s, why)) return false;
    *why = (struct fault){FAULT_LONG, 0, "no memory for the servers"};
    return make_tftp(s) && make_callmanagers(s);
}

void site_close(struct site *s)
{
    while (s->memories) free(s->memory[--s->memories]);
}

uint32_t site_parties(const struct site *s)
{
    return SITE_CALLMANAGER + s->plan->callmanagers;
}

bool site_listens(const struct site *s, uint8_t callmanager)
{
    return !wrong(s, FAULT_IS_CM_DOWN) && !(wrong(s, FAULT_IS_CM1_DOWN) && callmanager == 0);
}

/* By fault: it takes connections and says nothing. */
static usec mute(void *engine, usec now, const struct event *e, struct outbox *out)
{
    (void)engine;
    (void)now;
    (void)e;
    (void)out;
    return NEVER;
}

step_fn *site_party(struct site *s, uint32_t party, void **engine)
{
    if (party == SITE_DHCP) {
        *engine = &s->dhcp;
        return dhcp_server_step;
    }
    if (party == SITE_TFTP) {
        *engine = &s->tftp;
        return tftp_server_step;
    }
    *engine = &s->callmanager[party - SITE_CALLMANAGER];
    return wrong(s, FAULT_IS_CM_SILENT) ? mute : callmanager_step;
}

uint32_t site_of_port(uint16_t port)
{
    return port == DHCP_SERVER_PORT ? SITE_DHCP : SITE_TFTP;
}

bool site_change(struct site *s, struct bytes what, struct outbox *out, struct fault *why)
{
    struct bytes device = bytes_cut(&what, 0), field = bytes_cut(&what, 0), value = bytes_cut(&what, 0);

    if (!devices_change(&s->devices, device, field, value, out, why)) return false;
    if (out->count) return true;
    *why = (struct fault){FAULT_ORDER, 0, "it has that value already"};
    return false;
}
