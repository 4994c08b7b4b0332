#include "net/access_switch.h"
#include "net/world.h"
#include "wire/ipv4_udp.h"
#include "wire/sccp.h"
#include <stdio.h>

/* UPLINK_RING: of a routed uplink: its phones have a datagram and some segments each on the way, not more; 2,048
 * frames. */
enum { LINK_WAIT_MS = 5000, UPLINK_RING = 4 << 20 };

/* --- frames: phones and switch, interloper, uplink --- */

static void leave(struct access_switch *a, struct bytes frame)
{
    a->uplink_frames++;
    captures_uplink(&a->shared->captures, frame);
    packet_send(&a->uplink, frame);
}

static void to_interloper(const struct access_switch *a, uint32_t side, struct bytes frame)
{
    loop_deliver(&a->shared->loop, a->interloper_party,
                 &(struct event){.kind = EVENT_FRAME, .stream = side, .bytes = frame});
}

static void to_uplink(void *context, struct bytes frame)
{
    struct access_switch *a = context;

    if (a->interloper_party)
        to_interloper(a, INTERLOPER_UP, frame);
    else
        leave(a, frame);
}

static void from_uplink(void *context, struct bytes frame)
{
    struct access_switch *a = context;

    a->uplink_frames++;
    captures_uplink(&a->shared->captures, frame);
    if (a->interloper_party)
        to_interloper(a, INTERLOPER_DOWN, frame);
    else
        fleet_from_uplink(&a->fleet, frame);
}

static void to_attached(void *context, uint32_t which, struct bytes frame)
{
    attached_send(&((struct access_switch *)context)->shared->attached, which, frame);
}

static void seen(void *context, uint32_t phone, struct bytes frame)
{
    captures_port(&((struct access_switch *)context)->shared->captures, phone, frame);
}

/* --- what else the engines do --- */

static void deliver(void *context, uint32_t party, const struct event *e)
{
    struct access_switch *a = context;

    loop_deliver(&a->shared->loop, a->party + party, e);
}

static void stream(void *context, uint32_t phone, const struct action *action, struct bytes payload)
{
    struct access_switch *a = context;

    (void)stream_act(&a->shared->streams, a->party + phone, action, payload, sccp_frame);
}

static void tcp(void *context, uint32_t phone, struct bytes packet)
{
    struct access_switch *a = context;

    (void)phone;
    relay_to_kernel(&a->shared->relay, packet);
}

static void tell(void *context, const struct action *action, struct bytes facts)
{
    struct access_switch *a = context;
    struct action told = *action;
    uint32_t party = action->engine - a->party;

    told.engine = a->fleet.at.first + (party < fleet_switch(&a->fleet) ? party : 0);
    meter_count(a->shared->loop.meter, SERVICE_FLEET_NEWS, 1);
    say_news(a->shared->process, ROLE_FLEET, loop_now(&a->shared->loop), &told, facts);
}

/* A step of a phone goes on when it is over. */
static void opens(void *context, bool begins)
{
    struct access_switch *a = context;
    struct meter *meter = a->shared->loop.meter;

    if (begins) a->opens_in = meter_at(meter, SERVICE_LOAD);
    if (begins) meter_count(meter, SERVICE_LOAD, 1);
    if (!begins) (void)meter_at(meter, a->opens_in);
}

static void act(void *context, uint32_t party, const struct action *action, struct bytes payload)
{
    struct access_switch *a = context;

    fleet_act(&a->fleet, party - a->party, action, payload);
}

static void interloper_acts(void *context, uint32_t party, const struct action *action, struct bytes frame)
{
    struct access_switch *a = context;

    (void)party;
    if (action->kind == ACTION_TELL)
        tell(a, action, frame);
    else if (action->stream == INTERLOPER_UP)
        leave(a, frame);
    else
        fleet_from_uplink(&a->fleet, frame);
}

/* --- setting up --- */

uint32_t access_switch_parties(const struct plan *plan, uint32_t number)
{
    return plan_switch(plan, number).phones + 2;
}

static bool add_party(struct access_switch *a, step_fn *step, void *engine, action_fn *action)
{
    return loop_add(&a->shared->loop, &(struct party){step, engine, action, a}, NEVER) != UINT32_MAX;
}

bool access_switch_open(struct access_switch *a, struct access_shared *shared, uint32_t number)
{
    const struct plan *plan = shared->process->plan;
    struct fleet_hooks hooks = {a, deliver, to_uplink, stream, tell, tcp, seen, to_attached, opens};

    a->shared = shared;
    a->party = shared->loop.count;
    if (!fleet_open(&a->fleet, plan, number, &hooks)) return false;
    for (uint32_t k = 0; k <= fleet_switch(&a->fleet); k++) {
        void *engine;
        usec first;
        step_fn *step = fleet_party(&a->fleet, k, &engine, &first);
        if (!add_party(a, step, engine, act)) return false;
    }
    if (!interloper_needed(plan)) return true;
    a->interloper_party = shared->loop.count;
    return interloper_open(&a->interloper, plan, number) &&
           add_party(a, interloper_step, &a->interloper, interloper_acts);
}

/* Before anybody hears what comes in there. */
static void measure_link(struct access_switch *a, const char *name)
{
    const struct fleet *f = &a->fleet;
    uint64_t delay = link_delay(name, f->at.routed ? f->at.uplink_server : f->plan->server[0]);
    uint64_t waking = waking_delay();

    service_add(&a->shared->meter.times, SERVICE_LINK, (struct service_time){delay != 0, delay});
    service_add(&a->shared->meter.times, SERVICE_WAKING, (struct service_time){waking != 0, waking});
}

int access_switch_uplink(struct access_switch *a, struct netlink *n, bool measure, struct net_error *why)
{
    char name[16];
    struct packet_config config = {.interface = name,
                                   .hears = PACKET_HEARS_ALL,
                                   .ring_bytes = a->fleet.at.routed ? UPLINK_RING : 0,
                                   .receive = from_uplink,
                                   .context = a};

    (void)snprintf(name, sizeof name, "uplink%u", a->fleet.number);
    int error =
        netlink_set_arp(n, name, false, why); /* or the kernel answers for every address that is local by route */
    if (!error) error = interface_offloads_off(name, why);
    if (!error) error = netlink_set_up(n, name, true, why);
    if (!error) error = netlink_wait_up(n, name, LINK_WAIT_MS, why); /* a frame before that would be dropped */
    if (!error && measure) measure_link(a, name);
    if (!error) error = packet_open(&a->uplink, &a->shared->loop, &config, why);
    a->uplink.service = SERVICE_UPLINK;
    return error;
}

void access_switch_start(struct access_switch *a)
{
    deliver(a, fleet_switch(&a->fleet), &(struct event){.kind = EVENT_WAKE});
    fleet_begin(&a->fleet);
}

/* --- what is asked of it --- */

const struct phone *access_switch_find(struct access_switch *a, ipv4 address, uint32_t *party)
{
    uint32_t phone;
    const struct phone *found = fleet_at(&a->fleet, address, &phone);

    if (found) *party = a->party + phone;
    return found;
}

/* A phone's TCP passes its switch as frames: virtual time has segments there. */
uint32_t access_switch_service(const struct access_switch *a, uint32_t party, const struct event *e)
{
    bool is_tcp = false;

    if (party - a->party < fleet_switch(&a->fleet)) return service_of_phone(e);
    if (e->kind == EVENT_FRAME) {
        size_t tag = e->bytes.len > 13 && e->bytes.at[12] == 0x81 && e->bytes.at[13] == 0 ? 4 : 0;
        is_tcp = e->bytes.len > tag + 23 && e->bytes.at[tag + 12] == 8 && e->bytes.at[tag + 13] == 0 &&
                 e->bytes.at[tag + 23] == PROTOCOL_TCP;
    }
    return is_tcp ? SERVICE_SEGMENT : service_of_switch(e);
}

/* With several switches the port is told as if all were one, by the phones at them; spare ports are not told then. */
void access_switch_say_ports(const struct access_switch *a)
{
    uint32_t ports = a->fleet.at.routed ? a->fleet.at.phones : a->fleet.switch_config.ports;

    for (uint32_t port = 1; port <= ports; port++) {
        struct switch_report r = switch_port_report(&a->fleet.ethernet, port);
        uint8_t bytes[256];
        struct writer w = writer(bytes, sizeof bytes);

        write_port_row(&w, &(struct port_row){a->fleet.at.first + r.port,
                                              r.milliwatts,
                                              r.millivolts,
                                              r.max_milliwatts,
                                              {r.admin, r.oper, r.device, r.class}});
        (void)world_send(a->shared->process->up, written(&w).at, w.len);
    }
}
