/* A fleet's process: a role (net/process.h) with the access switches that its layout gives it, on one loop; the
 * phones' TCP is the kernel's, by a relay. It does what the showing process asks, and says what came of it.
 */
#include "net/access_switch.h"
#include "lab/recording.h"
#include "net/world.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { RATES_MS = 200 };

struct fleet_process {
    struct access_shared shared;
    int socket;
    struct access_switch *access; /* the first is switch number `first` of the plan */
    uint32_t first, switches;
    struct access_switch **of_party; /* whose is a party of the loop */
    uv_poll_t asked;
    uv_timer_t rates;
    struct recording recording;
    bool started; /* the switches */
};

static void deliver_to_stream(void *context, uint32_t party, const struct event *e)
{
    struct fleet_process *f = context;

    loop_deliver(&f->shared.loop, party, e);
}

/* The subnets of switch k are the k-th /24s of 10.0.0.0/9 and 10.128.0.0/9 (lab/plan.h); elsewhere are static
 * addresses. To look for nobody everywhere costs much: the kernel goes on for a while about a phone that starts
 * anew. */
static const struct phone *find_phone(void *context, ipv4 address, uint32_t *party)
{
    struct fleet_process *f = context;
    uint32_t k = (address >> 8 & 0x7fff) - f->first;
    const struct phone *found = NULL;

    if (address >> 24 == 10 && f->switches > 1)
        return k < f->switches ? access_switch_find(&f->access[k], address, party) : NULL;
    for (uint32_t i = 0; !found && i < f->switches; i++) found = access_switch_find(&f->access[i], address, party);
    return found;
}

static void from_kernel(void *context, uint32_t party, struct bytes frame)
{
    struct fleet_process *f = context;
    struct access_switch *a = f->of_party[party];

    fleet_from_phone(&a->fleet, party - a->party, frame);
}

/* --- what it says --- */

static uint64_t lost_at_links(struct fleet_process *f)
{
    struct packet_counts c;
    uint64_t lost = f->shared.loop.counts.dropped;

    packet_count(&f->shared.relay.packet, &c);
    lost += c.lost_in_kernel + c.unsent;
    for (uint32_t i = 0; i < f->switches; i++) {
        packet_count(&f->access[i].uplink, &c);
        lost += c.lost_in_kernel + c.unsent;
    }
    return lost;
}

static void on_rates(uv_timer_t *timer)
{
    struct fleet_process *f = timer->data;

    say_rates(f->shared.process, ROLE_FLEET, lost_at_links(f), network_resent());
}

/* A segment passes the relay once and the switch once, and was counted at both. */
static void say_measured(struct access_shared *s)
{
    if (!s->process->measure) return;
    meter_stop(&s->meter);
    s->meter.times.of[SERVICE_SEGMENT].count /= 2;
    say_services(s->process, &s->meter.times);
}

static void report(struct fleet_process *f)
{
    struct process *process = f->shared.process;
    uint64_t frames = 0, dropped = 0;

    process_flush(process);
    if (process->record >= 0) recording_flush(&f->recording);
    if (f->shared.loop.counts.overflows || f->shared.loop.counts.spins)
        say_text(process, SAYS_FAILED, ROLE_FLEET,
                 "a phone or the switch overran its outbox, or woke for nothing: a bug");
    for (uint32_t i = 0; i < f->switches; i++) {
        const struct access_switch *a = &f->access[i];
        access_switch_say_ports(a);
        frames += a->fleet.frames + a->uplink_frames;
        dropped += a->interloper.dropped;
    }
    captures_flush(&f->shared.captures);
    say_measured(&f->shared);
    say_counts(process, ROLE_FLEET, frames, dropped, attached_report(&f->shared.attached) + lost_at_links(f));
    say_byte(process, SAYS_DONE, ROLE_FLEET);
}

static void flush_news(void *context)
{
    struct access_shared *s = context;
    uint32_t was = meter_at(s->loop.meter, SERVICE_FLEET_NEWS);

    process_flush(s->process);
    (void)meter_at(s->loop.meter, was);
}

/* What a phone tells in one step leaves together: that it is registered, say, and what it asks for next. With many
 * switches the counters are told while it runs. */
static int begin_batches(struct fleet_process *f)
{
    process_batch(f->shared.process);
    if (f->shared.process->layout.switches > 1) {
        (void)uv_timer_init(&f->shared.loop.uv, &f->rates);
        f->rates.data = f;
        (void)uv_timer_start(&f->rates, on_rates, RATES_MS, RATES_MS);
    }
    return loop_on_flush(&f->shared.loop, flush_news, &f->shared);
}

/* --- what it is asked --- */

/* The switches start when the first cable goes in: had they looked at empty ports before, ever more seldom, the port
 * that they happen to look at next would get the power, not the first. */
static void start_switches(struct fleet_process *f)
{
    if (f->started) return;
    f->started = true;
    for (uint32_t i = 0; i < f->switches; i++) access_switch_start(&f->access[i]);
    attached_begin(&f->shared.attached);
}

/* The phones of all switches take turns, as their plugs would. */
static void plug_all(struct fleet_process *f, enum cable_mode mode)
{
    uint32_t most = f->shared.process->plan->phones;

    for (uint32_t phone = 0; phone < most && phone < f->access[0].fleet.at.phones; phone++)
        for (uint32_t i = 0; i < f->switches; i++)
            if (phone < f->access[i].fleet.at.phones) fleet_plug(&f->access[i].fleet, phone, mode);
}

/* The switch of a phone that is numbered in the whole lab; *phone becomes its number there. NULL: of another
 * process. */
static struct access_switch *switch_of(struct fleet_process *f, uint32_t *phone)
{
    const struct plan *plan = f->shared.process->plan;

    if (*phone >= plan->phones) return NULL;
    uint32_t k = plan_switch_of(plan, *phone) - f->first;
    if (k >= f->switches) return NULL;
    *phone -= f->access[k].fleet.at.first;
    return &f->access[k];
}

static void plug(struct fleet_process *f, uint32_t which, enum cable_mode mode)
{
    start_switches(f);
    if (which == UINT32_MAX) {
        plug_all(f, mode);
        return;
    }
    struct access_switch *a = switch_of(f, &which);
    if (a) fleet_plug(&a->fleet, which, mode);
}

static void user(struct fleet_process *f, struct reader *r)
{
    uint32_t phone = read_be32(r);
    struct access_switch *a = switch_of(f, &phone);

    if (a) loop_deliver(&f->shared.loop, a->party + phone, &(struct event){.kind = EVENT_USER, .bytes = read_rest(r)});
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
        loop_stop(&f->shared.loop);
        return;
    }
    struct reader r = reader((struct bytes){bytes, (size_t)n}, &why);
    switch (read_u8(&r)) {
    case ASKS_PLUG: plug(f, read_be32(&r), CABLE_STRAIGHT); break;
    case ASKS_UNPLUG: plug(f, read_be32(&r), CABLE_OPEN); break;
    case ASKS_USER: user(f, &r); break;
    case ASKS_REPORT: report(f); break;
    case ASKS_END: loop_stop(&f->shared.loop); break;
    default: break;
    }
}

static int begin_hearing(struct fleet_process *f)
{
    f->asked.data = f;
    int error = uv_poll_init(&f->shared.loop.uv, &f->asked, f->socket);
    return error ? error : uv_poll_start(&f->asked, UV_READABLE, on_asked);
}

/* --- setting up --- */

static void stepped(void *context, uint32_t party, usec now, const struct event *e, const struct outbox *out)
{
    struct fleet_process *f = context;

    if (f->access[0].interloper_party && party == f->access[0].interloper_party)
        return; /* no party of the startup process: what it lets through is heard */
    recording_step(&f->recording, now, party, e, out);
}

static uint32_t service_of(void *context, uint32_t party, const struct event *e)
{
    return access_switch_service(((struct fleet_process *)context)->of_party[party], party, e);
}

static bool open_switches(struct fleet_process *f)
{
    for (uint32_t i = 0; i < f->switches; i++) {
        struct access_switch *a = &f->access[i];
        if (!access_switch_open(a, &f->shared, f->first + i)) return false;
        for (uint32_t party = a->party; party < f->shared.loop.count; party++) f->of_party[party] = a;
    }
    return true;
}

static int make_loop(struct fleet_process *f, struct net_error *why)
{
    static uint8_t buffer[RECORDING_BUFFER];
    struct process *process = f->shared.process;
    const struct plan *plan = process->plan;
    struct loop_config config = {
        .outbox_actions = SWITCH_MOST, .outbox_bytes = SWITCH_MOST_BYTES, .start = plan->start};

    layout_fleet(&process->layout, process->which, &f->first, &f->switches);
    for (uint32_t i = 0; i < f->switches; i++) config.parties_most += access_switch_parties(plan, f->first + i);
    if (process->record >= 0) { /* of a single switch */
        recording_open(&f->recording, RECORDED_FLEET, buffer, process_record, process);
        config.stepped = stepped;
        config.context = f;
    }
    if (process->measure) {
        f->shared.meter.step = service_of;
        f->shared.meter.context = f;
        meter_start(&f->shared.meter, SERVICE_FLEET_TURN);
        config.meter = &f->shared.meter;
    }
    f->access = calloc(f->switches, sizeof *f->access);
    f->of_party = calloc(config.parties_most, sizeof *f->of_party);
    if (!f->access || !f->of_party) return net_fail(why, -12, "no memory for %u switches", f->switches);
    int error = loop_init(&f->shared.loop, &config);
    if (error) return net_fail(why, error, "event loop");
    return open_switches(f) ? 0 : net_fail(why, -12, "no memory for %u phones", plan->phones);
}

static int open_tcp(struct fleet_process *f, struct net_error *why)
{
    struct access_shared *s = &f->shared;

    network_patient(s->process);
    int error = streams_init(&s->streams, &s->loop, deliver_to_stream, f);
    if (error) return net_fail(why, error, "streams");
    s->streams.service = SERVICE_FLEET_STREAM;
    s->streams.tos = PHONE_TOS;
    s->streams.reset_at_close = false; /* phones close in order; the end of the lab is that of its namespaces */
    error = relay_open(&s->relay, &s->loop, find_phone, from_kernel, f, why);
    s->relay.packet.service = SERVICE_SEGMENT;
    return error;
}

/* The link is measured at one of them all. */
static int open_uplinks(struct fleet_process *f, struct net_error *why)
{
    bool measure = f->shared.process->measure && f->shared.process->which == 0;
    struct netlink n;
    int error = netlink_open(&n, why);

    if (error) return error;
    for (uint32_t i = 0; !error && i < f->switches; i++)
        error = access_switch_uplink(&f->access[i], &n, measure && i == 0, why);
    netlink_close(&n);
    return error;
}

static int set_up(struct fleet_process *f, struct net_error *why)
{
    struct access_shared *s = &f->shared;
    uint8_t asked[PROCESS_MESSAGE];

    if (world_receive(f->socket, asked, sizeof asked) <= 0 || asked[0] != ASKS_NETWORK)
        return net_fail(why, -1, "the lab ended before it began");
    int error = make_loop(f, why);
    if (!error) error = open_tcp(f, why);
    if (!error) error = open_uplinks(f, why);
    if (!error && s->process->which == 0)
        error = attached_open(&s->attached, s->process, &s->loop, &f->access[0].fleet, why);
    if (error) return error;
    error = captures_open(&s->captures, s->process, &s->loop, &f->access[0].fleet);
    if (error) return net_fail(why, error, "the capture file cannot be written: %s", strerror(-error));
    error = begin_batches(f);
    if (error) return net_fail(why, error, "news");
    error = begin_hearing(f);
    return error ? net_fail(why, error, "control socket") : 0;
}

int fleet_run(int socket, void *process)
{
    static struct fleet_process f;
    struct net_error why = {0};

    f.shared.process = process;
    f.socket = socket;
    (void)signal(SIGPIPE, SIG_IGN); /* a capture's reader that goes is an error of write */
    if (set_up(&f, &why)) {
        say_text(f.shared.process, SAYS_FAILED, ROLE_FLEET, why.text);
        return 3;
    }
    say_byte(f.shared.process, SAYS_READY, ROLE_FLEET);
    loop_run(&f.shared.loop);
    process_flush(f.shared.process);
    if (f.shared.process->record >= 0) recording_end(&f.recording, loop_now(&f.shared.loop));
    captures_close(&f.shared.captures);
    return 0;
}
