/* The virtual switch, its first ports on interfaces of this namespace: carrier, no power, as for a PC. */
#include "net/packet.h"
#include "part.h"
#include "switch/cable.h"
#include "switch/switch.h"
#include <stdio.h>
#include <stdlib.h>

enum { VOICE_VLAN = 100, DATA_VLAN = 1 };

struct one_port {
    struct one_switch *all;
    uint32_t port;
    struct line near, arrived; /* what our end does; what was last heard there */
    struct packet cable;
};

struct one_switch {
    struct loop loop;
    struct poe_switch engine;
    struct switch_config config;
    struct switch_svi svi[1];
    struct one_port port[PART_INTERFACES + 2]; /* [0] is unused; the uplink is behind the others */
    uint32_t ports, all;
};

static void hear_line(struct one_port *p)
{
    uint8_t bytes[LINE_SIZE];
    struct writer w = writer(bytes, sizeof bytes);
    struct line idle = LINE_IDLE, l = cable_pass(CABLE_PC, &p->near, &idle);

    if (line_equal(&l, &p->arrived)) return;
    p->arrived = l;
    line_encode(&w, &l);
    loop_deliver(&p->all->loop, 0, &(struct event){.kind = EVENT_LINE, .stream = p->port, .bytes = written(&w)});
}

static void act(void *context, uint32_t party, const struct action *a, struct bytes payload)
{
    struct one_switch *s = context;
    struct one_port *p = a->stream >= 1 && a->stream <= s->all ? &s->port[a->stream] : NULL;
    struct line said;
    struct fault why;

    (void)party;
    switch (a->kind) {
    case ACTION_FRAME:
        if (p) packet_send(&p->cable, payload);
        break;
    case ACTION_LINE:
        if (!p || !line_decode(&said, payload, &why) || line_equal(&said, &p->near)) break;
        p->near = said;
        hear_line(p);
        break;
    case ACTION_TELL: part_say(a, payload); break;
    case ACTION_OPEN:
    case ACTION_WRITE:
    case ACTION_CLOSE:
    case ACTION_STORE:
    case ACTION_DATAGRAM: break; /* a switch has no streams and no store */
    }
}

static void from_cable(void *context, struct bytes frame)
{
    struct one_port *p = context;

    loop_deliver(&p->all->loop, 0, &(struct event){.kind = EVENT_FRAME, .stream = p->port, .bytes = frame});
}

static usec step(void *engine, usec now, const struct event *e, struct outbox *out)
{
    return switch_step(engine, now, e, out);
}

static int make_switch(struct one_switch *s, const struct part *part, struct net_error *why)
{
    struct switch_config *c = &s->config;

    s->svi[0] = (struct switch_svi){VOICE_VLAN, IPV4(10, 9, 0, 254), 0xffffff00, 0};
    *c = (struct switch_config){.name = "dialtone-switch",
                                .ports = s->ports,
                                .ports_per_member = 48,
                                .budget_mw = 740000,
                                .data_vlan = DATA_VLAN,
                                .voice_vlan = VOICE_VLAN,
                                .uplink_vlan = VOICE_VLAN,
                                .svi = s->svi,
                                .svis = 1,
                                .base_mac = {{0x02, 0xac, 0, 0, 0, 0}},
                                .cdp = !part->silent,
                                .lldp = !part->silent,
                                .timing = &SWITCH_SHORTENED,
                                .seed = 1};
    size_t size = switch_memory(c);
    void *memory = size ? malloc(size) : NULL;
    if (!memory || !switch_init(&s->engine, c, memory, size)) return net_fail(why, -12, "no memory for the switch");
    return 0; /* cppcheck-suppress memleak ; the switch keeps it until the end */
}

static int plug_in(struct one_switch *s, const struct part *part, struct net_error *why)
{
    int error = 0;

    for (uint32_t i = 1; !error && i <= s->all; i++) {
        struct one_port *p = &s->port[i];
        struct packet_config cable = {.interface = i > s->ports ? part->uplink : part->interface[i - 1],
                                      .hears = PACKET_HEARS_ALL,
                                      .receive = from_cable,
                                      .context = p};
        p->all = s;
        p->port = i;
        p->near = p->arrived = LINE_IDLE;
        error = part_ready(cable.interface, false, why);
        if (!error) error = packet_open(&p->cable, &s->loop, &cable, why);
    }
    return error;
}

int part_switch(struct part *part)
{
    static struct one_switch s;
    struct net_error why = {0};
    struct loop_config config = {.parties_most = 1, .outbox_actions = SWITCH_MOST, .outbox_bytes = SWITCH_MOST_BYTES};

    s.ports = part->interfaces;
    s.all = s.ports + (part->uplink ? 1 : 0);
    int error = loop_init(&s.loop, &config);
    if (error) (void)net_fail(&why, error, "event loop");
    if (!error) error = make_switch(&s, part, &why);
    if (!error) error = plug_in(&s, part, &why);
    if (error) return part_impossible(&why);
    (void)loop_add(&s.loop, &(struct party){step, &s.engine, act, &s}, 0);
    for (uint32_t i = 1; i <= s.all; i++) hear_line(&s.port[i]);
    (void)puts("ready");
    (void)fflush(stdout);
    loop_run(&s.loop);
    return 0;
}
