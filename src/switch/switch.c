#include "switch/switch.h"
#include "base/facts.h"
#include <stdalign.h>
#include <string.h>

enum {
    WAKES = 16, /* ports woken in one step */
    ROUTER = 0, /* its place among the timers and the bridge's ports */
    TYPE_1_MW = 15400,
    MACS_A_PORT = 8,      /* phone and PC in two VLANs, and as much room against crowded places */
    OWN_ADDRESSES = 1024, /* base_mac up: those of the ports and of the router */
    SVI_ADDRESSES = 512,
};

const struct switch_timing SWITCH_REAL = {
    .power = {.narrow = 100 * MSEC,
              .listen = 200 * MSEC,
              .point = 200 * MSEC,
              .classify = 30 * MSEC,
              .round = 1 * SECOND,
              .round_most = 1 * SECOND,
              .power_up = 75 * MSEC,
              .wait_link = 4 * SECOND,
              .maintain = 350 * MSEC,
              .overload = 60 * MSEC,
              .fault_hold = 750 * MSEC,
              .denied_retry = 5 * SECOND,
              .rest = 500 * MSEC},
    .announce = {.cdp = 60 * SECOND, .lldp = 30 * SECOND, .fast = 1 * SECOND},
    .mac_age = 300 * SECOND, /* 802.1Q table 8-6 */
};

const struct switch_timing SWITCH_SHORTENED = {
    .power = {.narrow = 500,
              .listen = 2 * MSEC,
              .point = 1 * MSEC,
              .classify = 1 * MSEC,
              .round = 5 * MSEC,
              .round_most = 250 * MSEC,
              .power_up = 75 * MSEC,
              .wait_link = 4 * SECOND,
              .maintain = 350 * MSEC,
              .overload = 60 * MSEC,
              .fault_hold = 750 * MSEC,
              .denied_retry = 5 * SECOND,
              .rest = 5 * MSEC},
    .announce = {.cdp = 60 * SECOND, .lldp = 30 * SECOND, .fast = 1 * SECOND},
    .mac_age = 300 * SECOND,
};

/* --- memory --- */

struct parts {
    size_t ports, bridge_ports, entries, neighbours, waiting, heap, places, size; /* where each begins */
    uint32_t count, macs, arps; /* ports with the router's and the uplink's; places */
};

static size_t room(size_t *size, size_t n, size_t each)
{
    size_t at = (*size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);

    *size = at + n * each;
    return at;
}

static struct parts parts_of(const struct switch_config *c)
{
    struct parts p = {
        .count = c->ports + 2, .macs = (c->ports + 2) * MACS_A_PORT, .arps = (c->ports + 2) * 2 * ROUTER_WAYS};

    p.ports = room(&p.size, p.count, sizeof(struct switch_port));
    p.bridge_ports = room(&p.size, p.count, sizeof(struct bridge_port));
    p.entries = room(&p.size, p.macs, sizeof(struct bridge_entry));
    p.neighbours = room(&p.size, p.arps, sizeof(struct router_neighbour));
    p.waiting = room(&p.size, ROUTER_WAITING, sizeof(struct router_waiting));
    p.heap = room(&p.size, p.count, sizeof(struct timer));
    p.places = room(&p.size, p.count, sizeof(uint32_t));
    return p;
}

static bool possible(const struct switch_config *c)
{
    bool vlans = c->data_vlan >= 1 && c->data_vlan <= 4094 && c->voice_vlan <= 4094 && c->uplink_vlan >= 1 &&
                 c->uplink_vlan <= 4094;

    if (c->ports < 1 || c->ports > SWITCH_PORTS || c->ports_per_member < 1 || !vlans || !c->name || !c->timing)
        return false;
    if (c->svis > SWITCH_SVIS || (c->svis > 0 && !c->svi)) return false;
    for (uint8_t i = 0; i < c->svis; i++)
        for (uint8_t k = 0; k < i; k++)
            if (c->svi[i].vlan == c->svi[k].vlan) return false;
    return (c->ports - 1) / c->ports_per_member < SWITCH_MEMBERS;
}

size_t switch_memory(const struct switch_config *c)
{
    return possible(c) ? parts_of(c).size : 0;
}

/* --- init --- */

static void add_vlan(struct bridge *b, uint16_t vlan)
{
    for (size_t i = 0; vlan != 0 && i < BRIDGE_VLANS && b->vlans[i] != vlan; i++) {
        if (b->vlans[i] != 0) continue;
        b->vlans[i] = vlan;
        return;
    }
}

static void init_shared(struct poe_switch *s, const struct switch_config *c)
{
    s->announcing = (struct announcer_config){
        .name = c->name,
        .software = "Dialtone",
        .platform = "Dialtone virtual switch",
        .base = c->base_mac,
        .voice_vlan = c->voice_vlan,
        .native_vlan = c->data_vlan,
        .uplink = c->ports + 1,
        .uplink_vlan = c->uplink_vlan,
        .ports_per_member = (uint16_t)c->ports_per_member,
        .cdp = c->cdp,
        .lldp = c->lldp,
        .timing = &c->timing->announce,
    };
    if (c->svis > 0) s->announcing.management = c->svi[0].address;
    s->routing = (struct router_config){
        .svi = c->svi,
        .svis = c->svis,
        .default_router = c->default_router,
        .mac = mac_from_number(mac_number(c->base_mac) + SVI_ADDRESSES),
        .relay_option_82 = c->relay_option_82,
    };
    for (int i = 0; i < SWITCH_MEMBERS; i++) s->budget[i].total = c->budget_mw;
}

static void init_ports(struct poe_switch *s, const struct switch_config *c)
{
    struct random random = random_from(c->seed);

    for (uint32_t port = 1; port <= c->ports + 1; port++) {
        bool uplink = port == c->ports + 1;
        uint32_t most = uplink ? 0 : c->port_max_mw ? c->port_max_mw : TYPE_1_MW;
        struct pse_budget *budget = &s->budget[uplink ? 0 : (port - 1) / c->ports_per_member];
        pse_init(&s->ports[port].pse, port, most, &c->timing->power, budget, random_u64(&random));
        announcer_init(&s->ports[port].announcer, port);
        struct bridge_port access = {.untagged = c->data_vlan, .tagged = c->voice_vlan};
        struct bridge_port up = {.untagged = c->uplink_vlan, .trunk = c->uplink_trunk};
        s->bridge.ports[port] = uplink ? up : access;
        timers_set(&s->timers, port, 0);
    }
}

bool switch_init(struct poe_switch *s, const struct switch_config *c, void *memory, size_t size)
{
    if (!possible(c) || size < switch_memory(c)) return false;
    struct parts p = parts_of(c);
    uint8_t *at = memory;
    memset(memory, 0, p.size);
    *s = (struct poe_switch){.config = c, .ports = (void *)(at + p.ports)};
    init_shared(s, c);
    bridge_init(&s->bridge, (void *)(at + p.bridge_ports), p.count, (void *)(at + p.entries), p.macs,
                c->timing->mac_age);
    add_vlan(&s->bridge, c->data_vlan);
    add_vlan(&s->bridge, c->voice_vlan);
    add_vlan(&s->bridge, c->uplink_vlan);
    for (uint8_t i = 0; i < c->svis; i++) add_vlan(&s->bridge, c->svi[i].vlan);
    router_init(&s->router, &s->routing, &s->bridge, (void *)(at + p.neighbours), p.arps, (void *)(at + p.waiting));
    timers_init(&s->timers, (void *)(at + p.heap), (void *)(at + p.places), p.count);
    init_ports(s, c);
    return true;
}

/* --- what follows from a change at a port --- */

static struct writer *tell(uint32_t port, enum switch_news news, struct outbox *out)
{
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .stream = port, .news = (uint16_t)news});

    tell_number(w, FACT_PORT, port);
    return w;
}

static void malformed(struct poe_switch *s, usec now, uint32_t port, const struct fault *why, struct outbox *out)
{
    s->counts.malformed++;
    s->untold++;
    if (now < s->tell_after) return;
    struct writer *w = tell(port, SWITCH_MALFORMED, out);
    tell_fault(w, why);
    tell_number(w, FACT_COUNT, s->untold);
    s->untold = 0;
    s->tell_after = after(now, SECOND);
}

static void link_changed(struct poe_switch *s, usec now, uint32_t port, bool up, struct outbox *out)
{
    struct switch_port *p = &s->ports[port];

    p->up = s->bridge.ports[port].up = up;
    tell(port, up ? SWITCH_LINK_UP : SWITCH_LINK_DOWN, out);
    announcer_link(&p->announcer, &s->announcing, now, up, out);
    if (!up) bridge_forget_port(&s->bridge, port);
    if (!up || port <= s->config->ports) return;
    router_seek(&s->router, now, out);
    timers_set(&s->timers, ROUTER, router_due(&s->router));
}

/* Budget came free: the denied ports of the member look again, in their order, as far as it reaches. */
static void retry_denied(struct poe_switch *s, usec now, const struct pse_budget *budget)
{
    uint32_t left = budget->total - budget->used;

    for (uint32_t port = 1; port <= s->config->ports; port++) {
        struct pse *p = &s->ports[port].pse;
        if (p->budget != budget || p->state != PSE_DENIED || pse_need(p) > left) continue;
        left -= pse_need(p);
        pse_retry(p, now);
        timers_set(&s->timers, port, now);
    }
}

static void settle(struct poe_switch *s, usec now, uint32_t port, uint32_t used_before, struct outbox *out)
{
    struct switch_port *p = &s->ports[port];
    bool carrier = pse_carrier(&p->pse);

    if (!carrier) p->looped = false;
    bool up = carrier && !p->looped;
    if (up != p->up) link_changed(s, now, port, up, out);
    if (!pse_gives(&p->pse)) p->refused = 0;
    announcer_power(&p->announcer, &s->announcing, now, pse_gives(&p->pse) ? p->pse.allocated : 0);
    usec due = announcer_wake(&p->announcer, &s->announcing, now, out);
    timers_set(&s->timers, port, earlier(p->pse.due, due));
    if (p->pse.budget->used < used_before) retry_denied(s, now, p->pse.budget);
}

/* --- power that a neighbour asks for --- */

static void negotiate(struct poe_switch *s, uint32_t port, const struct power_wish *wish, struct outbox *out)
{
    struct switch_port *p = &s->ports[port];
    uint32_t before = p->pse.allocated;
    const char *protocol = wish->by_lldp ? "LLDP-MED" : "CDP";

    if (!wish->asked || !pse_gives(&p->pse)) return;
    for (int i = 0; i < wish->count && !pse_allocate(&p->pse, wish->milliwatts[i]);) i++; /* the first that there is */
    if (p->pse.allocated != before) {
        struct writer *w = tell(port, SWITCH_POWER_NEGOTIATED, out);
        tell_number(w, FACT_WATTS, before);
        tell_number(w, FACT_WATTS_LATER, p->pse.allocated);
        tell_text(w, FACT_PROTOCOL, bytes_of(protocol));
    }
    if (p->pse.allocated >= wish->milliwatts[0]) {
        p->refused = 0;
    } else if (p->refused != wish->milliwatts[0]) { /* it will ask again and again: told once */
        struct writer *w = tell(port, SWITCH_POWER_REFUSED, out);
        tell_number(w, FACT_WATTS, p->pse.allocated);
        tell_number(w, FACT_WATTS_LATER, wish->milliwatts[0]);
        tell_text(w, FACT_PROTOCOL, bytes_of(protocol));
        p->refused = wish->milliwatts[0];
    }
}

/* --- frames --- */

static bool own_address(const struct poe_switch *s, struct mac mac)
{
    return mac_number(mac) - mac_number(s->config->base_mac) < OWN_ADDRESSES;
}

static void take_announcement(struct poe_switch *s, usec now, uint32_t port, const struct ethernet *e,
                              struct outbox *out)
{
    struct switch_port *p = &s->ports[port];
    uint32_t used = p->pse.budget->used;
    struct power_wish wish;
    struct fault why;

    if (!announcer_hear(&p->announcer, &s->announcing, now, e, &wish, &why, out)) {
        malformed(s, now, port, &why, out);
        return;
    }
    negotiate(s, port, &wish, out);
    settle(s, now, port, used, out);
}

static void take_frame(struct poe_switch *s, usec now, uint32_t port, struct bytes frame, struct outbox *out)
{
    struct switch_port *p = &s->ports[port];
    struct bridged f;
    struct fault why;

    if (!p->up) {
        s->counts.port_down++;
        return;
    }
    bool sound = ethernet_decode(&f.ethernet, frame, &why);
    if (sound && own_address(s, f.ethernet.from)) {
        tell(port, SWITCH_LOOPED, out);
        p->looped = true;
        settle(s, now, port, p->pse.budget->used, out);
        return;
    }
    bool lldp = lldp_group(f.ethernet.to) && f.ethernet.form == ETHERNET_II && f.ethernet.type == TYPE_LLDP;
    if (sound && (mac_equal(f.ethernet.to, MAC_CDP) || lldp)) {
        if (!f.ethernet.tagged || f.ethernet.vlan == 0) take_announcement(s, now, port, &f.ethernet, out);
        return;
    }
    if (!bridge_take(&s->bridge, now, port, frame, &f, &why)) {
        if (why.kind != FAULT_NONE) malformed(s, now, port, &why, out);
        return;
    }
    bool ours = router_owns(&s->router, f.vlan, f.ethernet.to);
    if (!ours) bridge_send(&s->bridge, now, port, &f, out);
    if (!ours && !mac_is_group(f.ethernet.to)) return;
    if (!router_take(&s->router, now, port, &f, &why, out)) malformed(s, now, port, &why, out);
    timers_set(&s->timers, ROUTER, router_due(&s->router));
}

/* --- events --- */

static void take_line(struct poe_switch *s, usec now, uint32_t port, struct bytes bytes, struct outbox *out)
{
    struct pse *p = &s->ports[port].pse;
    uint32_t used = p->budget->used;
    struct fault why;
    struct line line;

    if (!line_decode(&line, bytes, &why)) {
        malformed(s, now, port, &why, out);
        return;
    }
    pse_line(p, now, &line, out);
    settle(s, now, port, used, out);
}

static void wake(struct poe_switch *s, usec now, struct outbox *out)
{
    uint32_t before = out->count;

    for (int i = 0; (i < WAKES || out->count == before) && timers_next(&s->timers) <= now; i++) {
        uint32_t who = timers_first(&s->timers);
        if (who == ROUTER) {
            timers_set(&s->timers, ROUTER, router_wake(&s->router, now, out));
            if (out->count != before) break; /* a question may have gone to every port: the rest in the next step */
            continue;
        }
        struct pse *p = &s->ports[who].pse;
        uint32_t used = p->budget->used;
        pse_wake(p, now, out);
        settle(s, now, who, used, out);
    }
}

usec switch_step(struct poe_switch *s, usec now, const struct event *event, struct outbox *out)
{
    uint32_t port = event->stream;
    bool there = port >= 1 && port <= s->config->ports + 1;

    switch (event->kind) {
    case EVENT_WAKE: wake(s, now, out); break;
    case EVENT_LINE:
        if (there) take_line(s, now, port, event->bytes, out);
        break;
    case EVENT_FRAME:
        if (there) take_frame(s, now, port, event->bytes, out);
        break;
    case EVENT_DATAGRAM:
    case EVENT_UP:
    case EVENT_DATA:
    case EVENT_DOWN:
    case EVENT_CLOCK:
    case EVENT_UNSTORED:
    case EVENT_USER: break; /* a switch has no datagrams, streams, store or user */
    }
    return timers_next(&s->timers);
}

usec switch_set_admin(struct poe_switch *s, usec now, uint32_t port, enum power_admin admin, bool shut,
                      struct outbox *out)
{
    if (port < 1 || port > s->config->ports + 1) return timers_next(&s->timers);
    struct pse *p = &s->ports[port].pse;
    uint32_t used = p->budget->used;
    pse_admin(p, now, admin, shut, out);
    settle(s, now, port, used, out);
    return timers_next(&s->timers);
}

void switch_set_trunk(struct poe_switch *s, uint32_t port)
{
    if (port < 1 || port > s->config->ports) return;
    s->bridge.ports[port] =
        (struct bridge_port){.untagged = s->config->data_vlan, .trunk = true, .up = s->bridge.ports[port].up};
    s->ports[port].announcer.trunk = true;
}
