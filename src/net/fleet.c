/* The fleet process: the switch with every phone on its ports, the cables between them, the uplink, the phones' TCP. */
#include "base/facts.h"
#include "net/pcapng.h"
#include "net/netlink.h"
#include "net/plan.h"
#include "net/relay.h"
#include "net/stream.h"
#include "net/world.h"
#include "phone/news.h"
#include "switch/cable.h"
#include "switch/switch.h"
#include "wire/sccp.h"
#include <stdlib.h>
#include <string.h>

enum { BENCHES = 32, PORTS_OF_A_MEMBER = 48 };

struct cable {
    enum cable_mode mode;
    struct line phone, port;             /* what each end does */
    struct line at_phone, at_port;       /* what was last heard there */
};

struct fleet {
    const struct plan *plan;
    int socket;
    struct loop loop;
    struct streams streams;
    struct packet uplink;
    struct relay relay;
    uv_poll_t asked;
    struct phone *phone;
    uint8_t *flash;
    struct cable *cable;
    struct poe_switch ethernet;
    struct switch_config switch_config;
    struct switch_svi svi[2];
    void *switch_memory;
    uint32_t switch_party, uplink_port;
    struct workbenches benches;
    struct pcapng capture, capture_uplink;
    bool capturing, capturing_uplink;
    uint64_t frames, lost_to_ports;
    uint32_t hint[256];                  /* by the last byte of an address: the phone that had it */
};

static bool read_flash(void *context, size_t at, uint8_t *to, size_t n)
{
    if (at > FLASH_SIZE || n > FLASH_SIZE - at) return false;
    memcpy(to, (const uint8_t *)context + at, n);
    return true;
}

/* A frame at a phone's port, in either direction: recorded once. */
static void record(struct fleet *f, uint32_t phone, struct bytes frame)
{
    f->frames++;
    if (f->capturing) (void)pcapng_frame(&f->capture, phone, loop_now(&f->loop), frame);
}

static void record_uplink(struct fleet *f, struct bytes frame)
{
    f->frames++;
    if (f->capturing_uplink) (void)pcapng_frame(&f->capture_uplink, 0, loop_now(&f->loop), frame);
}

static void deliver_line(struct fleet *f, uint32_t party, uint32_t port, const struct line *l)
{
    uint8_t bytes[LINE_SIZE];
    struct writer w = writer(bytes, sizeof bytes);

    line_encode(&w, l);
    loop_deliver(&f->loop, party, &(struct event){.kind = EVENT_LINE, .stream = port, .bytes = written(&w)});
}

/* Something changed at an end, or the cable itself: tells each end what arrives there now. */
static void settle_cable(struct fleet *f, uint32_t i)
{
    struct cable *c = &f->cable[i];
    struct line at_port = cable_pass(c->mode, &c->port, &c->phone), at_phone = LINE_IDLE;

    if (c->mode == CABLE_STRAIGHT) at_phone = cable_pass(c->mode, &c->phone, &c->port);
    if (!line_equal(&at_port, &c->at_port)) {
        c->at_port = at_port;
        deliver_line(f, f->switch_party, i + 1, &at_port);
    }
    if (!line_equal(&at_phone, &c->at_phone)) {
        c->at_phone = at_phone;
        deliver_line(f, i, 0, &at_phone);
    }
}

static void frame_to_port(void *context, uint32_t i, struct bytes frame)
{
    struct fleet *f = context;

    if (f->cable[i].mode != CABLE_STRAIGHT) {
        f->lost_to_ports++;
        return;
    }
    record(f, i, frame);
    loop_deliver(&f->loop, f->switch_party, &(struct event){.kind = EVENT_FRAME, .stream = i + 1, .bytes = frame});
}

static void frame_to_phone(struct fleet *f, uint32_t i, struct bytes frame)
{
    struct bytes packet;

    if (f->cable[i].mode != CABLE_STRAIGHT) {
        f->lost_to_ports++;
        return;
    }
    record(f, i, frame);
    if (phone_takes_tcp(&f->phone[i], frame, &packet)) relay_to_kernel(&f->relay, packet);
    else loop_deliver(&f->loop, i, &(struct event){.kind = EVENT_FRAME, .bytes = frame});
}

static void set_line(struct fleet *f, struct line *end, uint32_t i, struct bytes payload)
{
    struct fault why;

    if (line_decode(end, payload, &why)) settle_cable(f, i);
}

static void phone_acts(void *context, uint32_t i, const struct action *a, struct bytes payload)
{
    struct fleet *f = context;

    switch (a->kind) {
    case ACTION_LINE:  set_line(f, &f->cable[i].phone, i, payload); break;
    case ACTION_FRAME: frame_to_port(f, i, payload); break;
    case ACTION_STORE:
        if (a->stream <= FLASH_SIZE && payload.len <= FLASH_SIZE - a->stream)
            memcpy(f->flash + (size_t)i * FLASH_SIZE + a->stream, payload.at, payload.len);
        break;
    case ACTION_TELL:
        plan_say_news(f->plan, ROLE_FLEET, loop_now(&f->loop), a, payload);
        break;
    case ACTION_OPEN:
    case ACTION_WRITE:
    case ACTION_CLOSE:
    case ACTION_DATAGRAM: (void)stream_act(&f->streams, i, a, payload, sccp_frame); break;
    }
}

static void switch_acts(void *context, uint32_t party, const struct action *a, struct bytes payload)
{
    struct fleet *f = context;
    bool uplink = a->stream == f->uplink_port;

    (void)party;
    switch (a->kind) {
    case ACTION_LINE:
        if (!uplink && a->stream >= 1 && a->stream <= f->plan->phones) set_line(f, &f->cable[a->stream - 1].port, a->stream - 1, payload);
        break;
    case ACTION_FRAME:
        if (uplink) {
            record_uplink(f, payload);
            packet_send(&f->uplink, payload);
        } else if (a->stream >= 1 && a->stream <= f->plan->phones) {
            frame_to_phone(f, a->stream - 1, payload);
        }
        break;
    case ACTION_TELL: plan_say_news(f->plan, ROLE_FLEET, loop_now(&f->loop), a, payload); break;
    case ACTION_OPEN:
    case ACTION_WRITE:
    case ACTION_CLOSE:
    case ACTION_STORE:
    case ACTION_DATAGRAM: break; /* a switch has no streams and no store */
    }
}

static void from_uplink(void *context, struct bytes frame)
{
    struct fleet *f = context;

    record_uplink(f, frame);
    loop_deliver(&f->loop, f->switch_party, &(struct event){.kind = EVENT_FRAME, .stream = f->uplink_port, .bytes = frame});
}

static void from_stream(void *context, uint32_t owner, const struct event *e)
{
    struct fleet *f = context;

    loop_deliver(&f->loop, owner, e);
}

static const struct phone *find_phone(void *context, ipv4 address, uint32_t *number)
{
    struct fleet *f = context;
    uint32_t *hint = &f->hint[address & 255];

    if (*hint < f->plan->phones && phone_address(&f->phone[*hint]) == address) {
        *number = *hint;
        return &f->phone[*hint];
    }
    for (uint32_t i = 0; i < f->plan->phones; i++) {
        if (phone_address(&f->phone[i]) != address) continue;
        *hint = *number = i;
        return &f->phone[i];
    }
    return NULL;
}

/* --- what is asked of the fleet --- */

static void set_mode(struct fleet *f, uint32_t i, enum cable_mode mode)
{
    if (i >= f->plan->phones) return;
    f->cable[i].mode = mode;
    settle_cable(f, i);
}

static void say_port(struct fleet *f, uint32_t port)
{
    struct switch_report r = switch_port_report(&f->ethernet, port);
    uint8_t bytes[256];
    struct writer w = writer(bytes, sizeof bytes);
    const char *const text[] = {r.admin, r.oper, r.device, r.class};

    write_u8(&w, SAYS_PORT);
    write_be32(&w, r.port);
    write_be32(&w, r.milliwatts);
    write_be32(&w, r.millivolts);
    write_be32(&w, r.max_milliwatts);
    for (size_t i = 0; i < ARRAY_LENGTH(text); i++) {
        write_text(&w, text[i]);
        write_u8(&w, 0);
    }
    (void)world_send(f->plan->up, written(&w).at, w.len);
}

static void report(struct fleet *f)
{
    struct packet_counts uplink, relay;

    for (uint32_t port = 1; port <= f->switch_config.ports; port++) say_port(f, port);
    packet_count(&f->uplink, &uplink);
    packet_count(&f->relay.packet, &relay);
    if (f->capturing) (void)pcapng_flush(&f->capture);
    if (f->capturing_uplink) (void)pcapng_flush(&f->capture_uplink);
    plan_say_counts(f->plan, ROLE_FLEET, f->frames,
                    uplink.lost_in_kernel + relay.lost_in_kernel + uplink.unsent + relay.unsent + f->loop.counts.dropped);
    plan_say_byte(f->plan, SAYS_DONE, ROLE_FLEET);
}

static void on_asked(uv_poll_t *poll, int status, int events)
{
    struct fleet *f = poll->data;
    uint8_t bytes[PLAN_MESSAGE];
    ssize_t n = world_receive(f->socket, bytes, sizeof bytes);
    struct fault why;

    (void)status;
    (void)events;
    if (n <= 0) {
        loop_stop(&f->loop);
        return;
    }
    struct reader r = reader((struct bytes){bytes, (size_t)n}, &why);
    switch (read_u8(&r)) {
    case ASKS_PLUG: {
        uint32_t which = read_be32(&r);
        if (which == UINT32_MAX)
            for (uint32_t i = 0; i < f->plan->phones; i++) set_mode(f, i, CABLE_STRAIGHT);
        else
            set_mode(f, which, CABLE_STRAIGHT);
        break;
    }
    case ASKS_UNPLUG: set_mode(f, read_be32(&r), CABLE_OPEN); break;
    case ASKS_REPORT: report(f); break;
    case ASKS_END: loop_stop(&f->loop); break;
    default: break;
    }
}

/* --- setting up --- */

static bool make_phones(struct fleet *f)
{
    const struct plan *plan = f->plan;

    f->phone = calloc(plan->phones, sizeof *f->phone);
    f->cable = calloc(plan->phones, sizeof *f->cable);
    f->flash = malloc((size_t)plan->phones * FLASH_SIZE);
    uint32_t benches = plan->phones < BENCHES ? plan->phones : BENCHES;
    f->benches = (struct workbenches){calloc(benches, sizeof *f->benches.bench), benches};
    uint8_t *load = malloc(LOAD_BUILT_IN_MOST);
    if (!f->phone || !f->cable || !f->flash || !f->benches.bench || !load) {
        free(load);
        return false;
    }
    for (uint32_t i = 0; i < plan->phones; i++) {
        const struct plan_phone *p = &plan->phone[i];
        uint8_t *flash = f->flash + (size_t)i * FLASH_SIZE;
        struct writer w = writer(load, LOAD_BUILT_IN_MOST);
        struct phone_config config = {.mac = p->mac, .model = p->model, .timing = plan->realtime ? &PHONE_REAL : &PHONE_SHORTENED,
                                      .flash = {read_flash, flash}, .benches = &f->benches, .seed = plan->seed};
        (void)load_built_in_make(&w, bytes_of(p->load));
        flash_format(flash, written(&w), bytes_of(p->preferences));
        f->cable[i] = (struct cable){CABLE_OPEN, LINE_IDLE, LINE_IDLE, LINE_IDLE, LINE_IDLE};
        phone_init(&f->phone[i], &config);
        (void)loop_add(&f->loop, &(struct party){phone_step, &f->phone[i], phone_acts, f}, NEVER);
    }
    free(load);
    return true;
}

static usec step_switch(void *engine, usec now, const struct event *e, struct outbox *out)
{
    return switch_step(engine, now, e, out);
}

static bool make_switch(struct fleet *f)
{
    const struct plan *plan = f->plan;
    struct switch_config *c = &f->switch_config;
    uint32_t members = (plan->phones + PORTS_OF_A_MEMBER - 1) / PORTS_OF_A_MEMBER;

    f->svi[0] = (struct switch_svi){plan->voice_vlan, plan->voice_router, plan->voice_mask, 0};
    f->svi[1] = (struct switch_svi){plan->data_vlan, plan->data_router, plan->data_mask, plan->server[0]};
    *c = (struct switch_config){.name = "access-1", .ports = (members ? members : 1) * PORTS_OF_A_MEMBER, .ports_per_member = PORTS_OF_A_MEMBER,
                                .budget_mw = plan->power_budget, .data_vlan = plan->data_vlan, .voice_vlan = plan->voice_vlan,
                                .uplink_vlan = plan->voice_vlan, .svi = f->svi, .svis = 2, .base_mac = {{0x02, 0xac, 0, 0, 0, 0}}, .cdp = true,
                                .lldp = true, .timing = plan->realtime ? &SWITCH_REAL : &SWITCH_SHORTENED, .seed = plan->seed};
    size_t size = switch_memory(c);
    f->switch_memory = size ? malloc(size) : NULL;
    f->uplink_port = c->ports + 1;
    if (!f->switch_memory || !switch_init(&f->ethernet, c, f->switch_memory, size)) return false;
    f->switch_party = loop_add(&f->loop, &(struct party){step_switch, &f->ethernet, switch_acts, f}, 0);
    return true;
}

static int open_captures(struct fleet *f)
{
    const struct plan *plan = f->plan;
    char name[32] = "port ";
    uint32_t number;

    if (plan->capture >= 0) {
        int error = pcapng_open(&f->capture, plan->capture, plan->wall);
        for (uint32_t i = 0; !error && i < plan->phones; i++) {
            struct writer w = writer(name + 5, sizeof name - 6);
            write_decimal(&w, (uint64_t)i + 1);
            name[5 + w.len] = '\0';
            error = pcapng_interface(&f->capture, name, &number);
        }
        if (error) return error;
        f->capturing = true;
    }
    if (plan->capture_uplink >= 0) {
        int error = pcapng_open(&f->capture_uplink, plan->capture_uplink, plan->wall);
        if (!error) error = pcapng_interface(&f->capture_uplink, "uplink", &number);
        if (error) return error;
        f->capturing_uplink = true;
    }
    return 0;
}

static int open_uplink(struct fleet *f, struct net_error *why)
{
    struct netlink n;
    struct packet_config config = {.interface = "uplink0", .hears = PACKET_HEARS_ALL, .receive = from_uplink, .context = f};
    int error = netlink_open(&n, why);

    if (error) return error;
    error = netlink_set_arp(&n, "uplink0", false, why); /* or the kernel answers for every address that is local by route */
    if (!error) error = interface_offloads_off("uplink0", why);
    if (!error) error = netlink_set_up(&n, "uplink0", true, why);
    netlink_close(&n);
    if (!error) error = packet_open(&f->uplink, &f->loop, &config, why);
    return error;
}

static int set_up(struct fleet *f, struct net_error *why)
{
    const struct plan *plan = f->plan;
    struct loop_config config = {.parties_most = plan->phones + 1, .outbox_actions = SWITCH_MOST, .outbox_bytes = SWITCH_MOST_BYTES,
                                 .start = plan->start};
    uint8_t ask[PLAN_MESSAGE];

    if (world_receive(f->socket, ask, sizeof ask) <= 0 || ask[0] != ASKS_NETWORK) return net_fail(why, -1, "the lab ended before it began");
    int error = loop_init(&f->loop, &config);
    if (error) return net_fail(why, error, "event loop");
    if (!make_phones(f) || !make_switch(f)) return net_fail(why, -12, "no memory for %u phones", plan->phones);
    error = streams_init(&f->streams, &f->loop, from_stream, f);
    if (error) return net_fail(why, error, "streams");
    f->streams.reset_at_close = false;
    error = relay_open(&f->relay, &f->loop, find_phone, frame_to_port, f, why);
    if (!error) error = open_uplink(f, why);
    if (error) return error;
    error = open_captures(f);
    if (error) return net_fail(why, error, "the capture file cannot be written: %s", strerror(-error));
    struct line up = LINE_IDLE;
    up.carrier = true;
    up.speed = SPEED_1000;
    up.full_duplex = true;
    deliver_line(f, f->switch_party, f->uplink_port, &up);
    f->asked.data = f;
    error = uv_poll_init(&f->loop.uv, &f->asked, f->socket);
    if (!error) error = uv_poll_start(&f->asked, UV_READABLE, on_asked);
    return error ? net_fail(why, error, "control socket") : 0;
}

int fleet_run(int socket, void *context)
{
    static struct fleet f;
    struct net_error why = {0};

    f.plan = context;
    f.socket = socket;
    memset(f.hint, 0xff, sizeof f.hint);
    if (set_up(&f, &why)) {
        plan_say_text(f.plan, SAYS_FAILED, ROLE_FLEET, why.text);
        return 3;
    }
    plan_say_byte(f.plan, SAYS_READY, ROLE_FLEET);
    loop_run(&f.loop);
    if (f.capturing) (void)pcapng_close(&f.capture);
    if (f.capturing_uplink) (void)pcapng_close(&f.capture_uplink);
    return 0;
}
