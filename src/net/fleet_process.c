/* A fleet's process: the engines of its switches on one loop; each uplink is a veth, the phones' TCP is the kernel's. */
#include "lab/fleet.h"
#include "lab/interloper.h"
#include "lab/recording.h"
#include "net/attached.h"
#include "net/netlink.h"
#include "net/pcapng.h"
#include "net/process.h"
#include "net/relay.h"
#include "net/stream.h"
#include "net/world.h"
#include "wire/ipv4_udp.h"
#include "wire/sccp.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* UPLINK_RING: of a routed uplink: its phones have a datagram and some segments each on the way, not more; 2,048 frames. */
enum { LINK_WAIT_MS = 5000, UPLINK_RING = 4 << 20, RATES_MS = 200 };

/* A switch with its phones. */
struct unit {
    struct fleet_process *all;
    uint32_t party; /* of its first phone, on the loop */
    struct fleet fleet;
    struct interloper interloper;
    uint32_t interloper_party; /* 0: none */
    struct packet uplink;
    uint64_t uplink_frames;
};

struct fleet_process {
    struct process *process;
    int socket;
    struct loop loop;
    struct meter meter; /* with process.measure */
    struct unit *unit;
    uint32_t first, units;  /* switches: the first's number, how many */
    struct unit **of_party; /* whose is a party of the loop */
    struct streams streams;
    struct relay relay;
    struct attached attached;
    uv_poll_t asked;
    uv_timer_t rates;
    struct pcapng capture, capture_uplink;
    struct recording recording;
    bool started; /* the switches */
    bool capturing, capturing_uplink;
};

static void deliver_to_stream(void *context, uint32_t party, const struct event *e)
{
    struct fleet_process *f = context;

    loop_deliver(&f->loop, party, e);
}

static void deliver(void *context, uint32_t party, const struct event *e)
{
    struct unit *u = context;

    loop_deliver(&u->all->loop, u->party + party, e);
}

/* A capture that misses frames is worse than none: the disk is full, or the reader of the pipe is gone, and so the lab ends. */
static void check_capture(struct fleet_process *f, bool *capturing, int error)
{
    char text[128];

    if (error == 0) return;
    *capturing = false;
    (void)snprintf(text, sizeof text, "the capture cannot be written: %s", strerror(-error));
    say_text(f->process, SAYS_FAILED, ROLE_FLEET, text);
}

static void seen(void *context, uint32_t phone, struct bytes frame)
{
    struct fleet_process *f = ((struct unit *)context)->all;

    if (f->capturing) check_capture(f, &f->capturing, pcapng_frame(&f->capture, phone, loop_now(&f->loop), frame));
}

static void seen_at_uplink(struct unit *u, struct bytes frame)
{
    struct fleet_process *f = u->all;

    u->uplink_frames++;
    if (f->capturing_uplink)
        check_capture(f, &f->capturing_uplink, pcapng_frame(&f->capture_uplink, 0, loop_now(&f->loop), frame));
}

static void leave(struct unit *u, struct bytes frame)
{
    seen_at_uplink(u, frame);
    packet_send(&u->uplink, frame);
}

static void to_interloper(const struct unit *u, uint32_t side, struct bytes frame)
{
    loop_deliver(&u->all->loop, u->interloper_party,
                 &(struct event){.kind = EVENT_FRAME, .stream = side, .bytes = frame});
}

static void to_uplink(void *context, struct bytes frame)
{
    struct unit *u = context;

    if (u->interloper_party)
        to_interloper(u, INTERLOPER_UP, frame);
    else
        leave(u, frame);
}

static void from_uplink(void *context, struct bytes frame)
{
    struct unit *u = context;

    seen_at_uplink(u, frame);
    if (u->interloper_party)
        to_interloper(u, INTERLOPER_DOWN, frame);
    else
        fleet_from_uplink(&u->fleet, frame);
}

/* A phone is told by its number in the whole lab, a switch (and who is on its uplink) by that of its first phone. */
static void tell(void *context, const struct action *a, struct bytes facts)
{
    struct unit *u = context;
    struct action told = *a;
    uint32_t party = a->engine - u->party;

    told.engine = u->fleet.at.first + (party < fleet_switch(&u->fleet) ? party : 0);
    meter_count(u->all->loop.meter, SERVICE_FLEET_NEWS, 1);
    say_news(u->all->process, ROLE_FLEET, loop_now(&u->all->loop), &told, facts);
}

static void interloper_acts(void *context, uint32_t party, const struct action *a, struct bytes frame)
{
    struct unit *u = context;

    (void)party;
    if (a->kind == ACTION_TELL)
        tell(u, a, frame);
    else if (a->stream == INTERLOPER_UP)
        leave(u, frame);
    else
        fleet_from_uplink(&u->fleet, frame);
}

static void stream(void *context, uint32_t phone, const struct action *a, struct bytes payload)
{
    struct unit *u = context;

    (void)stream_act(&u->all->streams, u->party + phone, a, payload, sccp_frame);
}

static void tcp(void *context, uint32_t phone, struct bytes packet)
{
    struct unit *u = context;

    (void)phone;
    relay_to_kernel(&u->all->relay, packet);
}

static void act(void *context, uint32_t party, const struct action *a, struct bytes payload)
{
    struct unit *u = context;

    fleet_act(&u->fleet, party - u->party, a, payload);
}

static const struct phone *find_at(struct unit *u, ipv4 address, uint32_t *party)
{
    uint32_t phone;
    const struct phone *found = fleet_at(&u->fleet, address, &phone);

    if (found) *party = u->party + phone;
    return found;
}

/* The subnets of switch k are the k-th /24s of 10.0.0.0/9 and 10.128.0.0/9 (lab/plan.h); elsewhere are static addresses. To look for
 * nobody everywhere costs much: the kernel goes on for a while about a phone that starts anew. */
static const struct phone *find_phone(void *context, ipv4 address, uint32_t *party)
{
    struct fleet_process *f = context;
    uint32_t k = (address >> 8 & 0x7fff) - f->first;
    const struct phone *found = NULL;

    if (address >> 24 == 10 && f->units > 1) return k < f->units ? find_at(&f->unit[k], address, party) : NULL;
    for (uint32_t i = 0; !found && i < f->units; i++) found = find_at(&f->unit[i], address, party);
    return found;
}

static void from_kernel(void *context, uint32_t party, struct bytes frame)
{
    struct fleet_process *f = context;
    struct unit *u = f->of_party[party];

    fleet_from_phone(&u->fleet, party - u->party, frame);
}

static void to_attached(void *context, uint32_t which, struct bytes frame)
{
    attached_send(&((struct unit *)context)->all->attached, which, frame);
}

/* At the end of each turn: whoever reads a capture while the lab runs sees all until now. */
static void flush_captures(void *context)
{
    struct fleet_process *f = context;

    if (f->capturing) check_capture(f, &f->capturing, pcapng_flush(&f->capture));
    if (f->capturing_uplink) check_capture(f, &f->capturing_uplink, pcapng_flush(&f->capture_uplink));
}

/* --- what is asked of the fleet --- */

/* With several switches the port is told as if all were one, by the phones at them; spare ports are not told then. */
static void say_port(const struct unit *u, uint32_t port)
{
    struct switch_report r = switch_port_report(&u->fleet.ethernet, port);
    uint8_t bytes[256];
    struct writer w = writer(bytes, sizeof bytes);

    write_port_row(&w, &(struct port_row){u->fleet.at.first + r.port,
                                          r.milliwatts,
                                          r.millivolts,
                                          r.max_milliwatts,
                                          {r.admin, r.oper, r.device, r.class}});
    (void)world_send(u->all->process->up, written(&w).at, w.len);
}

static uint64_t lost_at_links(struct fleet_process *f)
{
    struct packet_counts c;
    uint64_t lost = f->loop.counts.dropped;

    packet_count(&f->relay.packet, &c);
    lost += c.lost_in_kernel + c.unsent;
    for (uint32_t i = 0; i < f->units; i++) {
        packet_count(&f->unit[i].uplink, &c);
        lost += c.lost_in_kernel + c.unsent;
    }
    return lost;
}

static void on_rates(uv_timer_t *timer)
{
    struct fleet_process *f = timer->data;

    say_rates(f->process, ROLE_FLEET, lost_at_links(f), network_resent());
}

/* A segment passes the relay once and the switch once, and was counted at both. */
static void say_measured(struct fleet_process *f)
{
    if (!f->process->measure) return;
    meter_stop(&f->meter);
    f->meter.times.of[SERVICE_SEGMENT].count /= 2;
    say_services(f->process, &f->meter.times);
}

static void report(struct fleet_process *f)
{
    uint64_t frames = 0, dropped = 0;

    process_flush(f->process);
    if (f->process->record >= 0) recording_flush(&f->recording);
    if (f->loop.counts.overflows || f->loop.counts.spins)
        say_text(f->process, SAYS_FAILED, ROLE_FLEET,
                 "a phone or the switch overran its outbox, or woke for nothing: a bug");
    for (uint32_t i = 0; i < f->units; i++) {
        const struct unit *u = &f->unit[i];
        uint32_t ports = u->fleet.at.routed ? u->fleet.at.phones : u->fleet.switch_config.ports;
        for (uint32_t port = 1; port <= ports; port++) say_port(u, port);
        frames += u->fleet.frames + u->uplink_frames;
        dropped += u->interloper.dropped;
    }
    flush_captures(f);
    say_measured(f);
    say_counts(f->process, ROLE_FLEET, frames, dropped, attached_report(&f->attached) + lost_at_links(f));
    say_byte(f->process, SAYS_DONE, ROLE_FLEET);
}

/* The switches start when the first cable goes in: had they looked at empty ports before, ever more seldom, the port that
 * they happen to look at next would get the power, not the first. */
static void start_switches(struct fleet_process *f)
{
    if (f->started) return;
    f->started = true;
    for (uint32_t i = 0; i < f->units; i++) {
        struct unit *u = &f->unit[i];
        deliver(u, fleet_switch(&u->fleet), &(struct event){.kind = EVENT_WAKE});
        fleet_begin(&u->fleet);
    }
    attached_begin(&f->attached);
}

/* The phones of all switches take turns, as their plugs would. */
static void plug_all(struct fleet_process *f, enum cable_mode mode)
{
    uint32_t most = f->process->plan->phones;

    for (uint32_t phone = 0; phone < most && phone < f->unit[0].fleet.at.phones; phone++)
        for (uint32_t i = 0; i < f->units; i++)
            if (phone < f->unit[i].fleet.at.phones) fleet_plug(&f->unit[i].fleet, phone, mode);
}

/* The unit of a phone that is numbered in the whole lab; *phone becomes its number there. NULL: of another process. */
static struct unit *unit_of(struct fleet_process *f, uint32_t *phone)
{
    const struct plan *plan = f->process->plan;

    if (*phone >= plan->phones) return NULL;
    uint32_t k = plan_switch_of(plan, *phone) - f->first;
    if (k >= f->units) return NULL;
    *phone -= f->unit[k].fleet.at.first;
    return &f->unit[k];
}

static void plug(struct fleet_process *f, uint32_t which, enum cable_mode mode)
{
    start_switches(f);
    if (which == UINT32_MAX) {
        plug_all(f, mode);
        return;
    }
    struct unit *u = unit_of(f, &which);
    if (u) fleet_plug(&u->fleet, which, mode);
}

static void user(struct fleet_process *f, struct reader *r)
{
    uint32_t phone = read_be32(r);
    struct unit *u = unit_of(f, &phone);

    if (u) deliver(u, phone, &(struct event){.kind = EVENT_USER, .bytes = read_rest(r)});
}

static void on_asked(uv_poll_t *poll, int status, int events)
{
    struct fleet_process *f = poll->data;
    uint8_t bytes[PROCESS_MESSAGE];
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
    case ASKS_PLUG: plug(f, read_be32(&r), CABLE_STRAIGHT); break;
    case ASKS_UNPLUG: plug(f, read_be32(&r), CABLE_OPEN); break;
    case ASKS_USER: user(f, &r); break;
    case ASKS_REPORT: report(f); break;
    case ASKS_END: loop_stop(&f->loop); break;
    default: break;
    }
}

/* --- setting up --- */

static bool add_party(struct fleet_process *f, struct unit *u, step_fn *step, void *engine, action_fn *action)
{
    uint32_t party = loop_add(&f->loop, &(struct party){step, engine, action, u}, NEVER);

    if (party == UINT32_MAX) return false;
    f->of_party[party] = u;
    return true;
}

static bool make_unit(struct fleet_process *f, uint32_t i)
{
    struct unit *u = &f->unit[i];
    const struct plan *plan = f->process->plan;
    struct fleet_hooks hooks = {u, deliver, to_uplink, stream, tell, tcp, seen, to_attached};

    u->all = f;
    u->party = f->loop.count;
    if (!fleet_open(&u->fleet, plan, f->first + i, &hooks)) return false;
    for (uint32_t k = 0; k <= fleet_switch(&u->fleet); k++) {
        void *engine;
        usec first;
        step_fn *step = fleet_party(&u->fleet, k, &engine, &first);
        if (!add_party(f, u, step, engine, act)) return false;
    }
    if (!interloper_needed(plan)) return true;
    u->interloper_party = f->loop.count;
    return interloper_open(&u->interloper, plan, f->first + i) &&
           add_party(f, u, interloper_step, &u->interloper, interloper_acts);
}

static bool make_units(struct fleet_process *f)
{
    for (uint32_t i = 0; i < f->units; i++)
        if (!make_unit(f, i)) return false;
    return true;
}

static int describe_attached(struct fleet_process *f, uint32_t which)
{
    char name[48];
    uint32_t number;

    (void)snprintf(name, sizeof name, "port %u (%s)", fleet_attached_port(&f->unit[0].fleet, which),
                   f->process->plan->attach[which].interface);
    return pcapng_interface(&f->capture, name, &number);
}

static int open_captures(struct fleet_process *f)
{
    const struct process *p = f->process;
    char name[32] = "port ";
    uint32_t number;

    if (p->capture >= 0) {
        int error = pcapng_open(&f->capture, p->capture, p->plan->wall);
        for (uint32_t i = 0; !error && i < p->plan->phones; i++) {
            struct writer w = writer(name + 5, sizeof name - 6);
            write_decimal(&w, (uint64_t)i + 1);
            name[5 + w.len] = '\0';
            error = pcapng_interface(&f->capture, name, &number);
        }
        for (uint32_t i = 0; !error && i < p->plan->attached; i++) error = describe_attached(f, i);
        if (error) return error;
        f->capturing = true;
    }
    if (p->capture_uplink >= 0) {
        int error = pcapng_open(&f->capture_uplink, p->capture_uplink, p->plan->wall);
        if (!error) error = pcapng_interface(&f->capture_uplink, "uplink", &number);
        if (error) return error;
        f->capturing_uplink = true;
    }
    return f->capturing || f->capturing_uplink ? loop_on_flush(&f->loop, flush_captures, f) : 0;
}

/* Before anybody hears what comes in there. */
static void measure_link(struct unit *u, const char *name)
{
    const struct fleet *f = &u->fleet;
    uint64_t delay = link_delay(name, f->at.routed ? f->at.uplink_server : f->plan->server[0]);

    uint64_t waking = waking_delay();

    service_add(&u->all->meter.times, SERVICE_LINK, (struct service_time){delay != 0, delay});
    service_add(&u->all->meter.times, SERVICE_WAKING, (struct service_time){waking != 0, waking});
}

static int open_uplink(struct netlink *n, struct unit *u, struct net_error *why)
{
    char name[16];
    struct packet_config config = {.interface = name,
                                   .hears = PACKET_HEARS_ALL,
                                   .ring_bytes = u->fleet.at.routed ? UPLINK_RING : 0,
                                   .receive = from_uplink,
                                   .context = u};

    (void)snprintf(name, sizeof name, "uplink%u", u->fleet.number);
    int error =
        netlink_set_arp(n, name, false, why); /* or the kernel answers for every address that is local by route */
    if (!error) error = interface_offloads_off(name, why);
    if (!error) error = netlink_set_up(n, name, true, why);
    if (!error) error = netlink_wait_up(n, name, LINK_WAIT_MS, why); /* a frame before that would be dropped */
    if (!error && u->all->process->measure && u->all->process->which == 0 && u == u->all->unit) measure_link(u, name);
    if (!error) error = packet_open(&u->uplink, &u->all->loop, &config, why);
    u->uplink.service = SERVICE_UPLINK;
    return error;
}

static int open_uplinks(struct fleet_process *f, struct net_error *why)
{
    struct netlink n;
    int error = netlink_open(&n, why);

    if (error) return error;
    for (uint32_t i = 0; !error && i < f->units; i++) error = open_uplink(&n, &f->unit[i], why);
    netlink_close(&n);
    return error;
}

static void stepped(void *context, uint32_t party, usec now, const struct event *e, const struct outbox *out)
{
    struct fleet_process *f = context;

    if (f->unit[0].interloper_party && party == f->unit[0].interloper_party)
        return; /* no party of the startup process: what it lets through is heard */
    recording_step(&f->recording, now, party, e, out);
}

/* Of net/meter.h. A phone's TCP passes its switch as frames: virtual time has segments there. */
static uint32_t service_of(void *context, uint32_t party, const struct event *e)
{
    struct fleet_process *f = context;
    const struct unit *u = f->of_party[party];
    bool tcp = false;

    if (party - u->party < fleet_switch(&u->fleet)) return service_of_phone(e);
    if (e->kind == EVENT_FRAME) {
        size_t tag = e->bytes.len > 13 && e->bytes.at[12] == 0x81 && e->bytes.at[13] == 0 ? 4 : 0;
        tcp = e->bytes.len > tag + 23 && e->bytes.at[tag + 12] == 8 && e->bytes.at[tag + 13] == 0 &&
              e->bytes.at[tag + 23] == PROTOCOL_TCP;
    }
    return tcp ? SERVICE_SEGMENT : service_of_switch(e);
}

static int make_loop(struct fleet_process *f, struct net_error *why)
{
    static uint8_t buffer[RECORDING_BUFFER];
    const struct plan *plan = f->process->plan;
    struct loop_config config = {
        .outbox_actions = SWITCH_MOST, .outbox_bytes = SWITCH_MOST_BYTES, .start = plan->start};

    layout_fleet(&f->process->layout, f->process->which, &f->first, &f->units);
    for (uint32_t i = 0; i < f->units; i++) config.parties_most += plan_switch(plan, f->first + i).phones + 2;
    if (f->process->record >= 0) { /* of a single switch */
        recording_open(&f->recording, RECORDED_FLEET, buffer, process_record, f->process);
        config.stepped = stepped;
        config.context = f;
    }
    if (f->process->measure) {
        f->meter.step = service_of;
        f->meter.context = f;
        meter_start(&f->meter, SERVICE_FLEET_TURN);
        config.meter = &f->meter;
    }
    f->unit = calloc(f->units, sizeof *f->unit);
    f->of_party = calloc(config.parties_most, sizeof *f->of_party);
    if (!f->unit || !f->of_party) return net_fail(why, -12, "no memory for %u switches", f->units);
    int error = loop_init(&f->loop, &config);
    if (error) return net_fail(why, error, "event loop");
    return make_units(f) ? 0 : net_fail(why, -12, "no memory for %u phones", plan->phones);
}

static void flush_news(void *context)
{
    struct fleet_process *f = context;
    uint32_t was = meter_at(f->loop.meter, SERVICE_FLEET_NEWS);

    process_flush(f->process);
    (void)meter_at(f->loop.meter, was);
}

/* What a phone tells in one step leaves together: that it is registered, say, and what it asks for next. With many switches the
 * counters are told while it runs. */
static int begin_batches(struct fleet_process *f)
{
    process_batch(f->process);
    if (f->process->layout.switches > 1) {
        (void)uv_timer_init(&f->loop.uv, &f->rates);
        f->rates.data = f;
        (void)uv_timer_start(&f->rates, on_rates, RATES_MS, RATES_MS);
    }
    return loop_on_flush(&f->loop, flush_news, f);
}

static int set_up(struct fleet_process *f, struct net_error *why)
{
    uint8_t asked[PROCESS_MESSAGE];

    if (world_receive(f->socket, asked, sizeof asked) <= 0 || asked[0] != ASKS_NETWORK)
        return net_fail(why, -1, "the lab ended before it began");
    int error = make_loop(f, why);
    if (error) return error;
    network_patient(f->process);
    error = streams_init(&f->streams, &f->loop, deliver_to_stream, f);
    if (error) return net_fail(why, error, "streams");
    f->streams.service = SERVICE_FLEET_STREAM;
    error = relay_open(&f->relay, &f->loop, find_phone, from_kernel, f, why);
    f->relay.packet.service = SERVICE_SEGMENT;
    if (!error) error = open_uplinks(f, why);
    if (!error && f->process->which == 0)
        error = attached_open(&f->attached, f->process, &f->loop, &f->unit[0].fleet, why);
    if (error) return error;
    error = open_captures(f);
    if (error) return net_fail(why, error, "the capture file cannot be written: %s", strerror(-error));
    error = begin_batches(f);
    if (error) return net_fail(why, error, "news");
    f->streams.tos = PHONE_TOS;
    f->streams.reset_at_close = false; /* phones close in order; the end of the lab is that of its namespaces */
    f->asked.data = f;
    error = uv_poll_init(&f->loop.uv, &f->asked, f->socket);
    if (!error) error = uv_poll_start(&f->asked, UV_READABLE, on_asked);
    return error ? net_fail(why, error, "control socket") : 0;
}

int fleet_run(int socket, void *process)
{
    static struct fleet_process f;
    struct net_error why = {0};

    f.process = process;
    f.socket = socket;
    (void)signal(SIGPIPE, SIG_IGN); /* a capture's reader that goes is an error of write */
    if (set_up(&f, &why)) {
        say_text(f.process, SAYS_FAILED, ROLE_FLEET, why.text);
        return 3;
    }
    say_byte(f.process, SAYS_READY, ROLE_FLEET);
    loop_run(&f.loop);
    process_flush(f.process);
    if (f.process->record >= 0) recording_end(&f.recording, loop_now(&f.loop));
    if (f.capturing) (void)pcapng_close(&f.capture);
    if (f.capturing_uplink) (void)pcapng_close(&f.capture_uplink);
    return 0;
}
