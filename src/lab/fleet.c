#include "lab/fleet.h"
#include "wire/sccp.h"
#include <stdlib.h>
#include <string.h>

enum { LOADS_MOST = 64, PORTS_OF_A_MEMBER = 48, MACS_OF_A_SWITCH = 1024 /* switch_config.base_mac */ };
static const uint64_t SWITCH_MACS = 0x02ac00000000;

uint32_t fleet_switch(const struct fleet *f)
{
    return f->at.phones;
}

static void deliver_line(struct fleet *f, uint32_t party, uint32_t port, const struct line *l)
{
    uint8_t bytes[LINE_SIZE];
    struct writer w = writer(bytes, sizeof bytes);

    line_encode(&w, l);
    f->hooks.deliver(f->hooks.context, party,
                     &(struct event){.kind = EVENT_LINE, .stream = port, .bytes = written(&w)});
}

/* Something changed at an end, or the cable itself: tells each end what arrives there now. A driver may deliver at
 * once, and the answer come back here before the first call returns: what arrives at the phone is therefore worked out
 * last. */
static void settle_cable(struct fleet *f, uint32_t i)
{
    struct cable *c = &f->cable[i];
    struct line at_port = cable_pass(c->mode, &c->port, &c->phone);

    if (!line_equal(&at_port, &c->at_port)) {
        c->at_port = at_port;
        deliver_line(f, fleet_switch(f), i + 1, &at_port);
    }
    struct line at_phone = c->mode == CABLE_STRAIGHT ? cable_pass(c->mode, &c->phone, &c->port) : LINE_IDLE;
    if (!line_equal(&at_phone, &c->at_phone)) {
        c->at_phone = at_phone;
        deliver_line(f, i, 0, &at_phone);
    }
}

/* A frame goes into the cable of a phone: does it go there? */
static bool passes(struct fleet *f, uint32_t i, struct bytes frame, enum cable_frames where)
{
    if (cable_frames(f->cable[i].mode) != where) return false;
    f->frames++;
    if (f->hooks.seen) f->hooks.seen(f->hooks.context, i, frame);
    return true;
}

static void to_switch(struct fleet *f, uint32_t i, struct bytes frame)
{
    f->hooks.deliver(f->hooks.context, fleet_switch(f),
                     &(struct event){.kind = EVENT_FRAME, .stream = i + 1, .bytes = frame});
}

void fleet_from_phone(struct fleet *f, uint32_t i, struct bytes frame)
{
    if (!passes(f, i, frame, CABLE_TO_FAR)) {
        f->nowhere++;
        return;
    }
    to_switch(f, i, frame);
}

static void to_phone(struct fleet *f, uint32_t i, struct bytes frame)
{
    struct bytes packet;

    if (passes(f, i, frame, CABLE_BACK)) { /* a loop-back plug */
        to_switch(f, i, frame);
        return;
    }
    if (!passes(f, i, frame, CABLE_TO_FAR)) {
        f->nowhere++;
        return;
    }
    if (f->at.routed && f->hooks.seen && !phone_heeds(&f->phone[i], frame)) return;
    if (f->hooks.tcp && phone_takes_tcp(&f->phone[i], frame, &packet))
        f->hooks.tcp(f->hooks.context, i, packet);
    else
        f->hooks.deliver(f->hooks.context, i, &(struct event){.kind = EVENT_FRAME, .bytes = frame});
}

void fleet_from_uplink(struct fleet *f, struct bytes frame)
{
    f->hooks.deliver(f->hooks.context, fleet_switch(f),
                     &(struct event){.kind = EVENT_FRAME, .stream = f->uplink_port, .bytes = frame});
}

/* --- attached interfaces --- */

uint32_t fleet_attached_port(const struct fleet *f, uint32_t which)
{
    return f->at.phones + 1 + which;
}

void fleet_attached_line(struct fleet *f, uint32_t which, const struct line *l)
{
    deliver_line(f, fleet_switch(f), fleet_attached_port(f, which), l);
}

static void see_attached(struct fleet *f, uint32_t which, struct bytes frame)
{
    f->frames++;
    if (f->hooks.seen) f->hooks.seen(f->hooks.context, f->at.phones + which, frame);
}

void fleet_from_attached(struct fleet *f, uint32_t which, struct bytes frame)
{
    see_attached(f, which, frame);
    to_switch(f, f->at.phones + which, frame);
}

static void to_attached(struct fleet *f, uint32_t which, struct bytes frame)
{
    see_attached(f, which, frame);
    if (f->hooks.attached) f->hooks.attached(f->hooks.context, which, frame);
}

static usec step_switch(void *engine, usec now, const struct event *e, struct outbox *out)
{
    return switch_step(engine, now, e, out);
}

static void set_line(struct fleet *f, struct line *end, uint32_t i, struct bytes payload)
{
    struct fault why;

    if (line_decode(end, payload, &why)) settle_cable(f, i);
}

static void phone_acts(struct fleet *f, uint32_t i, const struct action *a, struct bytes payload)
{
    switch (a->kind) {
    case ACTION_LINE: set_line(f, &f->cable[i].phone, i, payload); break;
    case ACTION_FRAME: fleet_from_phone(f, i, payload); break;
    case ACTION_STORE: (void)chip_write(&f->chip[i], a->stream, payload); break;
    case ACTION_TELL: f->hooks.tell(f->hooks.context, a, payload); break;
    case ACTION_OPEN:
    case ACTION_WRITE:
    case ACTION_CLOSE: f->hooks.stream(f->hooks.context, i, a, payload); break;
    case ACTION_DATAGRAM: break; /* a phone makes its own frames */
    }
}

static void switch_acts(struct fleet *f, const struct action *a, struct bytes payload)
{
    bool phone = a->stream >= 1 && a->stream <= f->at.phones;
    uint32_t which = a->stream - fleet_attached_port(f, 0); /* huge below the first */

    switch (a->kind) {
    case ACTION_LINE:
        if (phone) set_line(f, &f->cable[a->stream - 1].port, a->stream - 1, payload);
        break;
    case ACTION_FRAME:
        if (a->stream == f->uplink_port)
            f->hooks.uplink(f->hooks.context, payload);
        else if (phone)
            to_phone(f, a->stream - 1, payload);
        else if (which < f->attached)
            to_attached(f, which, payload);
        break;
    case ACTION_TELL: f->hooks.tell(f->hooks.context, a, payload); break;
    case ACTION_OPEN:
    case ACTION_WRITE:
    case ACTION_CLOSE:
    case ACTION_STORE:
    case ACTION_DATAGRAM: break; /* a switch has no streams and no store */
    }
}

void fleet_stepped(struct fleet *f, uint32_t phone)
{
    if (phone >= f->at.phones) return;
    f->concern[phone + 1] = f->cable[phone].mode == CABLE_STRAIGHT ? phone_concern(&f->phone[phone]) : CONCERN_ALL;
}

void fleet_act(struct fleet *f, uint32_t party, const struct action *a, struct bytes payload)
{
    if (party == fleet_switch(f))
        switch_acts(f, a, payload);
    else
        phone_acts(f, party, a, payload);
}

step_fn *fleet_party(struct fleet *f, uint32_t party, void **engine, usec *first_wake)
{
    bool ethernet = party == fleet_switch(f);

    *engine = ethernet ? (void *)&f->ethernet : (void *)&f->phone[party];
    *first_wake = ethernet ? 0 : NEVER;
    return ethernet ? step_switch : phone_step;
}

void fleet_plug(struct fleet *f, uint32_t phone, enum cable_mode mode)
{
    if (phone >= f->at.phones) return;
    f->cable[phone].mode = mode;
    f->concern[phone + 1] = CONCERN_ALL; /* until its next step */
    settle_cable(f, phone);
}

const struct phone *fleet_at(struct fleet *f, ipv4 address, uint32_t *phone)
{
    uint32_t *hint = &f->hint[address & 255];

    for (uint32_t tried = 0, i = *hint < f->at.phones ? *hint : 0; tried < f->at.phones;
         tried++, i = (i + 1) % f->at.phones) {
        if (phone_address(&f->phone[i]) != address) continue;
        *hint = *phone = i;
        return &f->phone[i];
    }
    return NULL;
}

static void damage(struct flash_chip *chip, size_t bank)
{
    size_t at = FLASH_BANK_AT + bank * FLASH_BANK + LOAD_HEADER + 100;
    uint8_t byte;

    if (!chip_read(chip, at, &byte, 1)) return;
    byte ^= 0x40;
    (void)chip_write(chip, at, (struct bytes){&byte, 1});
}

/* A phone that has been here before: what configured it last, as it would have written it itself. */
static void remember(const struct fleet *f, struct flash_chip *chip, const struct plan_phone *p)
{
    struct action action;
    uint8_t bytes[FLASH_RECORD_SLOT], text[FLASH_TEXT];
    struct outbox out;
    struct writer w = writer(text, sizeof text);
    struct flash view = {.memory = {chip_read, chip, NULL}};
    struct good_configuration g = {.callmanagers = f->plan->callmanagers, .connection_monitor = 120};

    for (uint8_t i = 0; i < g.callmanagers; i++)
        g.callmanager[i] = (struct document_callmanager){.address = f->plan->server[i], .port = SCCP_PORT};
    text_copy(g.load, sizeof g.load, bytes_of(p->load));
    text_copy(g.file, sizeof g.file, bytes_of("last good configuration"));
    good_encode(&w, &g);
    outbox_init(&out, &action, 1, bytes, sizeof bytes);
    flash_record_write(&view, FLASH_CONFIGURATION, written(&w), &out);
    (void)chip_write(chip, action.stream, written(&out.bytes));
}

static bool lay_flash(struct fleet *f, struct flash_chip *chip, const struct plan_phone *p, const struct bytes *load)
{
    const struct faults *wrong = &f->plan->faults;
    struct bytes preferences = {0};

    if (p->preferences) preferences = bytes_of(p->preferences);
    if (!chip_open(chip, &f->loads, load, preferences)) return false;
    if (wrong->on[FAULT_IS_BAD_FLASH_BANK] || wrong->on[FAULT_IS_BAD_HARDWARE]) {
        chip->bank[1].under = load;
        damage(chip, 0);
    }
    if (wrong->on[FAULT_IS_BAD_HARDWARE]) damage(chip, 1);
    if (wrong->on[FAULT_IS_TFTP_DOWN_KNOWN]) remember(f, chip, p);
    return true;
}

static const struct bytes *load_in(const struct file *file, size_t files, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < files; i++)
        if (file[i].name.len >= len && bytes_begin(file[i].name, name) &&
            (file[i].name.len == len || bytes_are(bytes_from(file[i].name, len), ".bin")))
            return &file[i].bytes;
    return NULL;
}

/* The load of this name: the server's file, or one that is made here. NULL: no memory; an empty one: there is none. */
static const struct bytes *load_named(struct fleet *f, const char *name)
{
    const struct bytes *load = load_in(f->plan->file, f->plan->files, name);
    uint8_t *bytes;

    if (!load) load = load_in(f->made, f->loads.count, name);
    if (load) return load;
    bytes = malloc(LOAD_BUILT_IN_MOST);
    if (!bytes || f->loads.count == LOADS_MOST) {
        free(bytes);
        return NULL;
    }
    struct writer w = writer(bytes, LOAD_BUILT_IN_MOST);
    (void)load_built_in_make(&w, bytes_of(name));
    f->made[f->loads.count] = (struct file){bytes_of(name), {bytes, w.len}};
    return &f->made[f->loads.count++].bytes;
}

static bool make_phones(struct fleet *f)
{
    const struct plan *plan = f->plan;
    uint32_t phones = f->at.phones, places = phones ? phones : 1;

    f->phone = ground_take(f->ground, places * sizeof *f->phone);
    f->cable = ground_take(f->ground, places * sizeof *f->cable);
    f->chip = ground_take(f->ground, places * sizeof *f->chip);
    f->made = calloc(LOADS_MOST, sizeof *f->made);
    chip_loads_init(&f->loads, plan->file, plan->files, f->made);
    f->loads.opens = f->hooks.opens;
    f->loads.context = f->hooks.context;
    if (!f->phone || !f->cable || !f->chip || !f->made) return false;
    for (uint32_t i = 0; i < phones; i++) {
        const struct plan_phone *p = &plan->phone[f->at.first + i];
        const struct bytes *load = load_named(f, p->load);
        struct phone_config config = {.mac = p->mac,
                                      .model = p->model,
                                      .timing = plan->realtime ? &PHONE_REAL : &PHONE_SHORTENED,
                                      .flash = {{chip_read, &f->chip[i], chip_known}},
                                      .benches = &f->benches,
                                      .seed = plan->seed};
        if (!load || !lay_flash(f, &f->chip[i], p, load)) return false;
        f->cable[i] = (struct cable){CABLE_OPEN, LINE_IDLE, LINE_IDLE, LINE_IDLE, LINE_IDLE};
        phone_init(&f->phone[i], &config);
    }
    return true;
}

/* Broadcasts of others are spared the phones of a large lab; they are on the wire all the same. */
static bool heeds(void *context, uint32_t port, struct bytes behind)
{
    struct fleet *f = context;

    if (port == 0 || port > f->at.phones || f->cable[port - 1].mode != CABLE_STRAIGHT ||
        phone_heeds_broadcast(&f->phone[port - 1], behind))
        return true;
    f->frames++;
    return false;
}

static bool make_switch(struct fleet *f)
{
    const struct plan *plan = f->plan;
    struct switch_config *c = &f->switch_config;
    const struct plan_switch *at = &f->at;
    uint32_t members = (at->phones + f->attached + PORTS_OF_A_MEMBER - 1) / PORTS_OF_A_MEMBER;
    struct writer name = writer(f->name, sizeof f->name - 1);
    ipv4 helper = plan->server[0];

    write_text(&name, "access-");
    write_decimal(&name, (uint64_t)f->number + 1);
    f->svi[0] = (struct switch_svi){plan->voice_vlan, at->voice_router, at->voice_mask, at->routed ? helper : 0};
    f->svi[1] = (struct switch_svi){plan->data_vlan, at->data_router, at->data_mask, helper};
    f->svi[2] = (struct switch_svi){plan->uplink_vlan, at->uplink_router, at->uplink_mask, 0};
    *c = (struct switch_config){.name = f->name,
                                .ports = (members ? members : 1) * PORTS_OF_A_MEMBER,
                                .ports_per_member = PORTS_OF_A_MEMBER,
                                .budget_mw = plan->power_budget,
                                .data_vlan = plan->data_vlan,
                                .voice_vlan = plan->faults.on[FAULT_IS_NO_VOICE_VLAN] ? 0 : plan->voice_vlan,
                                .uplink_vlan = at->routed ? plan->uplink_vlan : plan->voice_vlan,
                                .svi = f->svi,
                                .svis = at->routed ? 3 : 2,
                                .default_router = at->uplink_server,
                                .base_mac = mac_from_number(SWITCH_MACS + (uint64_t)f->number * MACS_OF_A_SWITCH),
                                .cdp = !plan->faults.on[FAULT_IS_NO_CDP],
                                .lldp = !plan->faults.on[FAULT_IS_NO_CDP],
                                .timing = plan->realtime ? &SWITCH_REAL : &SWITCH_SHORTENED,
                                .seed = plan->seed + f->number};
    size_t size = switch_memory(c);
    f->switch_memory = size ? ground_take(f->ground, size) : NULL;
    f->uplink_port = c->ports + 1;
    f->concern = ground_take(f->ground, (c->ports + 2) * sizeof *f->concern);
    if (!f->concern) return false;
    memset(f->concern, 0xff, (c->ports + 2) * sizeof *f->concern); /* CONCERN_ALL */
    if (!f->switch_memory || !switch_init(&f->ethernet, c, f->switch_memory, size)) return false;
    if (at->routed && !f->hooks.seen)
        f->ethernet.bridge.heeds = (struct bridge_heeds){heeds, broadcast_concern, f->concern, &f->frames, f};
    for (uint32_t i = 0; i < f->attached; i++)
        if (plan->attach[i].trunk) switch_set_trunk(&f->ethernet, fleet_attached_port(f, i));
    return true;
}

/* Some 50 KiB each once used: of many switches each has fewer. */
static uint32_t benches_of(const struct plan *plan, uint32_t phones)
{
    enum { ALL = 1024, LEAST = 2 };
    uint32_t n = ALL / plan_switches(plan);

    n = n < LEAST ? LEAST : n > FLEET_BENCHES ? FLEET_BENCHES : n;
    return n < phones ? n : phones;
}

bool fleet_open_on(struct fleet *f, const struct plan *plan, uint32_t number, const struct fleet_hooks *hooks,
                   struct ground *ground)
{
    *f = (struct fleet){.plan = plan,
                        .hooks = *hooks,
                        .number = number,
                        .at = plan_switch(plan, number),
                        .attached = number == 0 ? plan->attached : 0};
    f->ground = ground ? ground : &f->own_ground;
    f->benches.count = benches_of(plan, f->at.phones);
    f->benches.bench = calloc(f->benches.count ? f->benches.count : 1, sizeof *f->benches.bench);
    memset(f->hint, 0xff, sizeof f->hint);
    return f->benches.bench && make_phones(f) && make_switch(f);
}

bool fleet_open(struct fleet *f, const struct plan *plan, uint32_t number, const struct fleet_hooks *hooks)
{
    return fleet_open_on(f, plan, number, hooks, NULL);
}

void fleet_begin(struct fleet *f)
{
    struct line up = LINE_IDLE;

    up.carrier = true;
    up.speed = SPEED_1000;
    up.full_duplex = true;
    deliver_line(f, fleet_switch(f), f->uplink_port, &up);
}

void fleet_close(struct fleet *f)
{
    for (uint32_t i = 0; f->chip && i < f->at.phones; i++) chip_close(&f->chip[i]);
    for (size_t i = 0; i < f->loads.count; i++) free((void *)(uintptr_t)f->made[i].bytes.at);
    free(f->made);
    free(f->benches.bench);
    ground_close(&f->own_ground);
}

size_t fleet_memory(const struct fleet *f)
{
    size_t n = sizeof *f + switch_memory(&f->switch_config) + LOADS_MOST * sizeof *f->made +
               f->loads.count * LOAD_BUILT_IN_MOST + f->at.phones * (sizeof *f->phone + sizeof *f->cable) +
               (f->switch_config.ports + 2) * sizeof *f->concern;

    for (uint32_t i = 0; i < f->at.phones; i++) n += chip_memory(&f->chip[i]);
    return n;
}
