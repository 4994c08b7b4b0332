/* One phone on its own adaptor; its cable is an interface of this namespace, its TCP the kernel's. */
#include "net/relay.h"
#include "net/stream.h"
#include "part.h"
#include "phone/news.h"
#include "provision/load.h"
#include "switch/cable.h"
#include "wire/sccp.h"
#include <string.h>

struct one_phone {
    const struct part *part;
    struct loop loop;
    struct phone phone;
    struct workbench bench;
    struct workbenches benches;
    uint8_t flash[FLASH_SIZE];
    struct line far, near;
    struct packet cable;
    struct relay relay;
    struct streams streams;
    uv_timer_t limit;
    int status;
};

static bool read_flash(void *context, size_t at, uint8_t *to, size_t n)
{
    if (at > FLASH_SIZE || n > FLASH_SIZE - at) return false;
    memcpy(to, (const uint8_t *)context + at, n);
    return true;
}

static void hear_line(struct one_phone *o)
{
    uint8_t bytes[LINE_SIZE];
    struct writer w = writer(bytes, sizeof bytes);
    struct line l = cable_pass(CABLE_STRAIGHT, &o->near, &o->far);

    line_encode(&w, &l);
    loop_deliver(&o->loop, 0, &(struct event){.kind = EVENT_LINE, .bytes = written(&w)});
}

static void end_when_done(struct one_phone *o, uint16_t news)
{
    static const uint16_t done[] = {PHONE_REGISTERED, PHONE_VLAN, PHONE_ADDRESS, PHONE_CONFIGURATION};

    if (o->part->until == UNTIL_END || news != done[o->part->until] || o->status == 0) return;
    o->status = 0;
    loop_stop(&o->loop);
}

static void act(void *context, uint32_t party, const struct action *a, struct bytes payload)
{
    struct one_phone *o = context;
    struct fault why;

    switch (a->kind) {
    case ACTION_FRAME: packet_send(&o->cable, payload); break;
    case ACTION_LINE: (void)line_decode(&o->near, payload, &why); break;
    case ACTION_STORE:
        if (a->stream <= FLASH_SIZE && payload.len <= FLASH_SIZE - a->stream)
            memcpy(o->flash + a->stream, payload.at, payload.len);
        break;
    case ACTION_TELL:
        part_say(a, payload);
        end_when_done(o, a->news);
        break;
    case ACTION_OPEN:
    case ACTION_WRITE:
    case ACTION_CLOSE: (void)stream_act(&o->streams, party, a, payload, sccp_frame); break;
    case ACTION_DATAGRAM: break; /* a phone makes its own frames */
    }
}

static void from_cable(void *context, struct bytes frame)
{
    struct one_phone *o = context;
    struct bytes packet;

    if (phone_takes_tcp(&o->phone, frame, &packet))
        relay_to_kernel(&o->relay, packet);
    else
        loop_deliver(&o->loop, 0, &(struct event){.kind = EVENT_FRAME, .bytes = frame});
}

static const struct phone *find(void *context, ipv4 address, uint32_t *number)
{
    struct one_phone *o = context;

    *number = 0;
    return phone_address(&o->phone) == address ? &o->phone : NULL;
}

static void from_kernel(void *context, uint32_t number, struct bytes frame)
{
    struct one_phone *o = context;

    (void)number;
    packet_send(&o->cable, frame);
}

static void from_stream(void *context, uint32_t owner, const struct event *e)
{
    struct one_phone *o = context;

    loop_deliver(&o->loop, owner, e);
}

static void too_late(uv_timer_t *timer)
{
    struct one_phone *o = timer->data;

    if (o->part->until == UNTIL_END && phone_registered(&o->phone)) o->status = 0;
    loop_stop(&o->loop);
}

/* The load makes the phone: how long it waits for a voice VLAN stands in its manifest. */
static void lay_flash(struct one_phone *o)
{
    static uint8_t load[LOAD_BUILT_IN_MOST];
    static const uint8_t payload[1024];
    struct writer w = writer(load, sizeof load);
    struct load_manifest m;

    load_manifest_for(&m, o->part->model, bytes_of(load_built_in(o->part->model, o->part->older)));
    if (o->part->vlan_wait) m.vlan_wait = (uint16_t)o->part->vlan_wait;
    load_make(&w, &m, (struct bytes){payload, sizeof payload});
    flash_format(o->flash, written(&w), bytes_of(o->part->preference ? o->part->preference : ""));
}

static int plug_in(struct one_phone *o, struct net_error *why)
{
    struct packet_config cable = {
        .interface = o->part->interface[0], .hears = PACKET_HEARS_ALL, .receive = from_cable, .context = o};
    int error = streams_init(&o->streams, &o->loop, from_stream, o);

    if (error) return net_fail(why, error, "streams");
    error = relay_open(&o->relay, &o->loop, find, from_kernel, o, why);
    if (!error) error = part_ready(cable.interface, false, why); /* the kernel is to answer for nothing here */
    if (!error) error = packet_open(&o->cable, &o->loop, &cable, why);
    if (error) return error;
    o->limit.data = o;
    (void)uv_timer_init(&o->loop.uv, &o->limit);
    (void)uv_timer_start(&o->limit, too_late, (uint64_t)o->part->seconds * 1000, 0);
    return 0;
}

int part_phone(struct part *part)
{
    static struct one_phone o;
    struct net_error why = {0};
    struct phone_config config = {.mac = part->mac,
                                  .model = part->model,
                                  .wall_powered = true,
                                  .timing = &PHONE_SHORTENED,
                                  .flash = {{read_flash, o.flash, NULL}},
                                  .benches = &o.benches,
                                  .seed = 1};

    o.part = part;
    o.status = STATUS_LATE;
    o.benches = (struct workbenches){.bench = &o.bench, .count = 1};
    o.near = o.far = LINE_IDLE;
    lay_flash(&o);
    phone_init(&o.phone, &config);
    int error = loop_init(&o.loop, &(struct loop_config){.parties_most = 1});
    if (error) (void)net_fail(&why, error, "event loop");
    if (!error) error = plug_in(&o, &why);
    if (error) return part_impossible(&why);
    (void)loop_add(&o.loop, &(struct party){phone_step, &o.phone, act, &o}, NEVER);
    o.far.carrier = true;
    o.far.speed = SPEED_100;
    o.far.full_duplex = true;
    hear_line(&o);
    loop_run(&o.loop);
    return o.status;
}
