/* The fleet's process: its engines on a loop; the uplink is a veth, the phones' TCP is the kernel's. */
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
#include "wire/sccp.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { LINK_WAIT_MS = 5000 };

struct fleet_process {
    const struct process *process;
    int socket;
    struct loop loop;
    struct fleet fleet;
    struct interloper interloper;
    uint32_t interloper_party;
    struct streams streams;
    struct packet uplink;
    struct relay relay;
    struct attached attached;
    uv_poll_t asked;
    struct pcapng capture, capture_uplink;
    struct recording recording;
    bool started; /* the switch */
    bool capturing, capturing_uplink;
    uint64_t uplink_frames;
};

static void deliver(void *context, uint32_t party, const struct event *e)
{
    struct fleet_process *f = context;

    loop_deliver(&f->loop, party, e);
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
    struct fleet_process *f = context;

    if (f->capturing) check_capture(f, &f->capturing, pcapng_frame(&f->capture, phone, loop_now(&f->loop), frame));
}

static void seen_at_uplink(struct fleet_process *f, struct bytes frame)
{
    f->uplink_frames++;
    if (f->capturing_uplink)
        check_capture(f, &f->capturing_uplink, pcapng_frame(&f->capture_uplink, 0, loop_now(&f->loop), frame));
}

static void leave(struct fleet_process *f, struct bytes frame)
{
    seen_at_uplink(f, frame);
    packet_send(&f->uplink, frame);
}

static void to_uplink(void *context, struct bytes frame)
{
    struct fleet_process *f = context;

    if (f->interloper_party)
        loop_deliver(&f->loop, f->interloper_party,
                     &(struct event){.kind = EVENT_FRAME, .stream = INTERLOPER_UP, .bytes = frame});
    else
        leave(f, frame);
}

static void from_uplink(void *context, struct bytes frame)
{
    struct fleet_process *f = context;

    seen_at_uplink(f, frame);
    if (f->interloper_party)
        loop_deliver(&f->loop, f->interloper_party,
                     &(struct event){.kind = EVENT_FRAME, .stream = INTERLOPER_DOWN, .bytes = frame});
    else
        fleet_from_uplink(&f->fleet, frame);
}

static void tell(void *context, const struct action *a, struct bytes facts)
{
    struct fleet_process *f = context;

    say_news(f->process, ROLE_FLEET, loop_now(&f->loop), a, facts);
}

static void interloper_acts(void *context, uint32_t party, const struct action *a, struct bytes frame)
{
    struct fleet_process *f = context;

    (void)party;
    if (a->kind == ACTION_TELL)
        tell(f, a, frame);
    else if (a->stream == INTERLOPER_UP)
        leave(f, frame);
    else
        fleet_from_uplink(&f->fleet, frame);
}

static void stream(void *context, uint32_t phone, const struct action *a, struct bytes payload)
{
    struct fleet_process *f = context;

    (void)stream_act(&f->streams, phone, a, payload, sccp_frame);
}

static void tcp(void *context, uint32_t phone, struct bytes packet)
{
    struct fleet_process *f = context;

    (void)phone;
    relay_to_kernel(&f->relay, packet);
}

static void act(void *context, uint32_t party, const struct action *a, struct bytes payload)
{
    struct fleet_process *f = context;

    fleet_act(&f->fleet, party, a, payload);
}

static const struct phone *find_phone(void *context, ipv4 address, uint32_t *number)
{
    struct fleet_process *f = context;

    return fleet_at(&f->fleet, address, number);
}

static void from_kernel(void *context, uint32_t phone, struct bytes frame)
{
    struct fleet_process *f = context;

    fleet_from_phone(&f->fleet, phone, frame);
}

static void to_attached(void *context, uint32_t which, struct bytes frame)
{
    struct fleet_process *f = context;

    attached_send(&f->attached, which, frame);
}

/* At the end of each turn: whoever reads a capture while the lab runs sees all until now. */
static void flush_captures(void *context)
{
    struct fleet_process *f = context;

    if (f->capturing) check_capture(f, &f->capturing, pcapng_flush(&f->capture));
    if (f->capturing_uplink) check_capture(f, &f->capturing_uplink, pcapng_flush(&f->capture_uplink));
}

/* --- what is asked of the fleet --- */

static void say_port(const struct fleet_process *f, uint32_t port)
{
    struct switch_report r = switch_port_report(&f->fleet.ethernet, port);
    uint8_t bytes[256];
    struct writer w = writer(bytes, sizeof bytes);

    write_port_row(&w, &(struct port_row){
                           r.port, r.milliwatts, r.millivolts, r.max_milliwatts, {r.admin, r.oper, r.device, r.class}});
    (void)world_send(f->process->up, written(&w).at, w.len);
}

static void report(struct fleet_process *f)
{
    struct packet_counts uplink, relay;

    if (f->process->record >= 0) recording_flush(&f->recording);
    if (f->loop.counts.overflows || f->loop.counts.spins)
        say_text(f->process, SAYS_FAILED, ROLE_FLEET,
                 "a phone or the switch overran its outbox, or woke for nothing: a bug");
    for (uint32_t port = 1; port <= f->fleet.switch_config.ports; port++) say_port(f, port);
    packet_count(&f->uplink, &uplink);
    packet_count(&f->relay.packet, &relay);
    flush_captures(f);
    say_counts(f->process, ROLE_FLEET, f->fleet.frames + f->uplink_frames, f->interloper.dropped,
               attached_report(&f->attached) + uplink.lost_in_kernel + relay.lost_in_kernel + uplink.unsent +
                   relay.unsent + f->loop.counts.dropped);
    say_byte(f->process, SAYS_DONE, ROLE_FLEET);
}

/* The switch starts when the first cable goes in: had it looked at empty ports before, ever more seldom, the port that it
 * happens to look at next would get the power, not the first. */
static void start_switch(struct fleet_process *f)
{
    if (f->started) return;
    f->started = true;
    loop_deliver(&f->loop, fleet_switch(&f->fleet), &(struct event){.kind = EVENT_WAKE});
    fleet_begin(&f->fleet);
    attached_begin(&f->attached);
}

static void plug(struct fleet_process *f, uint32_t which, enum cable_mode mode)
{
    uint32_t phones = f->process->plan->phones;

    start_switch(f);
    for (uint32_t i = 0; i < phones; i++)
        if (which == i || which == UINT32_MAX) fleet_plug(&f->fleet, i, mode);
}

static void user(struct fleet_process *f, struct reader *r)
{
    uint32_t phone = read_be32(r);

    if (phone < f->process->plan->phones)
        loop_deliver(&f->loop, phone, &(struct event){.kind = EVENT_USER, .bytes = read_rest(r)});
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

static bool make_parties(struct fleet_process *f)
{
    struct fleet_hooks hooks = {f, deliver, to_uplink, stream, tell, tcp, seen, to_attached};

    if (!fleet_open(&f->fleet, f->process->plan, &hooks)) return false;
    for (uint32_t i = 0; i <= fleet_switch(&f->fleet); i++) {
        void *engine;
        usec first;
        step_fn *step = fleet_party(&f->fleet, i, &engine, &first);
        if (loop_add(&f->loop, &(struct party){step, engine, act, f}, NEVER) != i) return false;
    }
    if (!interloper_needed(f->process->plan)) return true;
    if (!interloper_open(&f->interloper, f->process->plan)) return false;
    f->interloper_party =
        loop_add(&f->loop, &(struct party){interloper_step, &f->interloper, interloper_acts, f}, NEVER);
    return true;
}

static int describe_attached(struct fleet_process *f, uint32_t which)
{
    char name[48];
    uint32_t number;

    (void)snprintf(name, sizeof name, "port %u (%s)", fleet_attached_port(&f->fleet, which),
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

static int open_uplink(struct fleet_process *f, struct net_error *why)
{
    struct netlink n;
    struct packet_config config = {
        .interface = "uplink0", .hears = PACKET_HEARS_ALL, .receive = from_uplink, .context = f};
    int error = netlink_open(&n, why);

    if (error) return error;
    error =
        netlink_set_arp(&n, "uplink0", false, why); /* or the kernel answers for every address that is local by route */
    if (!error) error = interface_offloads_off("uplink0", why);
    if (!error) error = netlink_set_up(&n, "uplink0", true, why);
    if (!error) error = netlink_wait_up(&n, "uplink0", LINK_WAIT_MS, why); /* a frame before that would be dropped */
    netlink_close(&n);
    if (!error) error = packet_open(&f->uplink, &f->loop, &config, why);
    return error;
}

static void stepped(void *context, uint32_t party, usec now, const struct event *e, const struct outbox *out)
{
    struct fleet_process *f = context;

    if (f->interloper_party && party == f->interloper_party)
        return; /* no party of the startup process: what it lets through is heard */
    recording_step(&f->recording, now, party, e, out);
}

static int set_up(struct fleet_process *f, struct net_error *why)
{
    const struct plan *plan = f->process->plan;
    struct loop_config config = {.parties_most = plan->phones + 2,
                                 .outbox_actions = SWITCH_MOST,
                                 .outbox_bytes = SWITCH_MOST_BYTES,
                                 .start = plan->start};
    static uint8_t buffer[RECORDING_BUFFER];
    uint8_t asked[PROCESS_MESSAGE];

    if (world_receive(f->socket, asked, sizeof asked) <= 0 || asked[0] != ASKS_NETWORK)
        return net_fail(why, -1, "the lab ended before it began");
    if (f->process->record >= 0) {
        recording_open(&f->recording, RECORDED_FLEET, buffer, process_record, (void *)(uintptr_t)f->process);
        config.stepped = stepped;
        config.context = f;
    }
    int error = loop_init(&f->loop, &config);
    if (error) return net_fail(why, error, "event loop");
    if (!make_parties(f)) return net_fail(why, -12, "no memory for %u phones", plan->phones);
    error = streams_init(&f->streams, &f->loop, deliver, f);
    if (error) return net_fail(why, error, "streams");
    error = relay_open(&f->relay, &f->loop, find_phone, from_kernel, f, why);
    if (!error) error = open_uplink(f, why);
    if (!error) error = attached_open(&f->attached, f->process, &f->loop, &f->fleet, why);
    if (error) return error;
    error = open_captures(f);
    if (error) return net_fail(why, error, "the capture file cannot be written: %s", strerror(-error));
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
    if (f.process->record >= 0) recording_end(&f.recording, loop_now(&f.loop));
    if (f.capturing) (void)pcapng_close(&f.capture);
    if (f.capturing_uplink) (void)pcapng_close(&f.capture_uplink);
    return 0;
}
