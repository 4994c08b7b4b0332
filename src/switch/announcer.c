#include "switch/announcer.h"
#include "base/facts.h"
#include "switch/announcement.h"
#include "switch/news.h"
#include <string.h>

enum { PORT_NAME = 40 };

void announcer_init(struct announcer *a, uint32_t port)
{
    *a = (struct announcer){.port = port, .management = 1, .cdp_due = NEVER, .lldp_due = NEVER};
}

struct mac announcer_mac(const struct announcer_config *c, uint32_t port)
{
    return mac_from_number(mac_number(c->base) + port);
}

/* FastEthernet1/0/1: member, module, port of the member, as a 3750 stack names them. */
static struct bytes port_name(const struct announcer_config *c, uint32_t port, struct writer *w)
{
    uint32_t index = port - 1;

    if (port == c->uplink) {
        write_text(w, "GigabitEthernet1/0/1");
        return written(w);
    }
    write_text(w, "FastEthernet");
    write_decimal(w, index / c->ports_per_member + 1);
    write_text(w, "/0/");
    write_decimal(w, index % c->ports_per_member + 1);
    return written(w);
}

static uint16_t next_management(uint16_t id)
{
    return id == UINT16_MAX ? 1 : (uint16_t)(id + 1); /* 0 is skipped */
}

/* --- sending --- */

/* The id of what 0x1a says now; see the header. */
static void number_power(struct announcer *a)
{
    bool differs = a->said.request != a->request || a->said.allocated != a->allocated;

    if (differs && (a->asked || a->lldp_power)) a->management = next_management(a->management);
    a->said.request = a->request;
    a->said.allocated = a->allocated;
}

static struct announcement said_by(const struct announcer *a, const struct announcer_config *c, struct writer *port)
{
    bool uplink = a->port == c->uplink;

    return (struct announcement){.stream = a->port,
                                 .from = announcer_mac(c, a->port),
                                 .chassis = c->base,
                                 .name = c->name,
                                 .software = c->software,
                                 .platform = c->platform,
                                 .port = port_name(c, a->port, port),
                                 .management = c->management,
                                 .native_vlan = uplink ? c->uplink_vlan : c->native_vlan,
                                 .full_duplex = true,
                                 .capabilities = LLDP_BRIDGE | LLDP_ROUTER,
                                 .enabled = (uint16_t)(LLDP_BRIDGE | (c->management ? LLDP_ROUTER : 0)),
                                 .voice_vlan = uplink || a->trunk ? 0 : c->voice_vlan,
                                 .voice_priority = VOICE_PRIORITY,
                                 .voice_dscp = VOICE_DSCP,
                                 .signalling_priority = SIGNALLING_PRIORITY,
                                 .signalling_dscp = SIGNALLING_DSCP,
                                 .gives_power = true,
                                 .request = a->request,
                                 .management_id = a->management,
                                 .allocated = a->allocated,
                                 .med = a->med,
                                 .cdp_ttl = ANNOUNCED_CDP_TTL,
                                 .lldp_ttl = ANNOUNCED_LLDP_TTL};
}

static void send_cdp(struct announcer *a, const struct announcer_config *c, struct outbox *out)
{
    uint8_t name[PORT_NAME];
    struct writer port = writer(name, sizeof name);

    number_power(a);
    struct announcement said = said_by(a, c, &port);
    announcement_cdp(&said, out);
}

static void send_lldp(const struct announcer *a, const struct announcer_config *c, struct outbox *out)
{
    uint8_t name[PORT_NAME];
    struct writer port = writer(name, sizeof name);
    struct announcement said = said_by(a, c, &port);

    announcement_lldp(&said, out);
}

/* --- neighbours --- */

static void tell_of(const struct announcer *a, enum switch_news news, const struct neighbour *n, const char *protocol,
                    struct outbox *out)
{
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .stream = a->port, .news = (uint16_t)news});

    tell_number(w, FACT_PORT, a->port);
    tell_text(w, FACT_PROTOCOL, bytes_of(protocol));
    tell_text(w, FACT_DEVICE, bytes_of(n->device));
    if (news == SWITCH_NEIGHBOUR_GONE) return;
    neighbour_tell(w, n);
}

static void forget(const struct announcer *a, struct neighbour *n, struct outbox *out)
{
    if (n->until == 0) return;
    tell_of(a, SWITCH_NEIGHBOUR_GONE, n, n == &a->cdp ? "CDP" : "LLDP", out);
    *n = (struct neighbour){0};
}

/* True when it was not known. A time to live of 0 is a farewell (802.1AB 9.5.4). */
static bool meet(const struct announcer *a, struct neighbour *known, struct neighbour *n, usec now, uint32_t ttl,
                 struct outbox *out)
{
    bool fresh = known->until == 0 || strcmp(known->device, n->device) != 0;

    if (ttl == 0) {
        forget(a, known, out);
        return false;
    }
    n->until = after(now, ttl * SECOND);
    if (known->until == 0 || !neighbour_same(known, n))
        tell_of(a, SWITCH_NEIGHBOUR, n, known == &a->cdp ? "CDP" : "LLDP", out);
    *known = *n;
    return fresh;
}

/* --- hearing --- */

static void wish(struct power_wish *p, uint32_t milliwatts)
{
    if (p->count < WISHES && milliwatts > 0) p->milliwatts[p->count++] = milliwatts;
    p->asked = p->count > 0;
}

static bool hear_cdp(struct announcer *a, usec now, const struct ethernet *e, struct power_wish *power,
                     struct fault *why, struct outbox *out)
{
    struct cdp cdp;

    if (!cdp_decode(&cdp, e->payload, why)) return false;
    bool asks_vlan = cdp.has & CDP_HAS(CDP_VLAN_QUERY), asks_power = cdp.has & CDP_HAS(CDP_POWER_REQUESTED);
    struct neighbour n = neighbour_of_cdp(&cdp, e->from);
    if (meet(a, &a->cdp, &n, now, cdp.ttl, out) || asks_vlan || asks_power) a->cdp_due = now;
    if (cdp.ttl == 0 || (a->locked && a->lldp_power)) return true;
    if (asks_power) {
        a->asked = true;
        a->request = cdp.requested.request;
        for (int i = 0; i < cdp.requested.count && i < CDP_LEVELS; i++) wish(power, cdp.requested.milliwatts[i]);
    }
    if (cdp.has & CDP_HAS(CDP_POWER_CONSUMPTION)) wish(power, cdp.power_consumption); /* alone, or what it has now */
    a->locked = a->locked || power->asked;
    return true;
}

static bool hear_lldp(struct announcer *a, usec now, const struct ethernet *e, struct power_wish *power,
                      struct fault *why, struct outbox *out)
{
    struct lldp l;

    if (!lldp_decode(&l, e->payload, why)) return false;
    struct neighbour n = neighbour_of_lldp(&l, e->from);
    if (meet(a, &a->lldp, &n, now, l.ttl, out)) a->lldp_due = now;
    if (l.ttl == 0) {
        a->med = false;
        return true;
    }
    if (l.has_med && l.med_class >= MED_CLASS_1 && l.med_class <= MED_CLASS_3 && !a->med) {
        a->med = true;
        a->fast = FAST_START;
        a->lldp_due = now;
    }
    if (!l.has_med_power || l.power_type != 1 || (a->locked && !a->lldp_power)) return true;
    wish(power, (uint32_t)l.power * 100);
    power->by_lldp = true;
    a->locked = a->locked || power->asked;
    a->lldp_power = power->asked;
    return true;
}

bool announcer_hear(struct announcer *a, const struct announcer_config *c, usec now, const struct ethernet *e,
                    struct power_wish *power, struct fault *why, struct outbox *out)
{
    bool cdp = mac_equal(e->to, MAC_CDP) && e->form == ETHERNET_SNAP && e->oui == SNAP_CISCO && e->type == SNAP_CDP;
    bool lldp = lldp_group(e->to) && e->form == ETHERNET_II && e->type == TYPE_LLDP;

    *power = (struct power_wish){0};
    *why = (struct fault){0};
    if (!a->up) return true;
    if (cdp && c->cdp) return hear_cdp(a, now, e, power, why, out);
    if (lldp && c->lldp) return hear_lldp(a, now, e, power, why, out);
    return true; /* VTP, DTP and others share CDP's address, and mean nothing here */
}

/* --- time and state --- */

void announcer_link(struct announcer *a, const struct announcer_config *c, usec now, bool up, struct outbox *out)
{
    if (up == a->up) return;
    a->up = up;
    a->cdp_due = up && c->cdp ? now : NEVER;
    a->lldp_due = up && c->lldp ? now : NEVER;
    if (up) return;
    forget(a, &a->cdp, out);
    forget(a, &a->lldp, out);
    a->med = a->locked = a->lldp_power = false;
    a->fast = 0;
    a->request = 0;
    a->asked = false;
    a->management = next_management(a->management);
}

void announcer_power(struct announcer *a, const struct announcer_config *c, usec now, uint32_t milliwatts)
{
    if (milliwatts == a->allocated) return;
    a->allocated = milliwatts;
    if (!a->up) return;
    if (c->cdp) a->cdp_due = now;
    if (c->lldp && a->med) a->lldp_due = now;
}

usec announcer_due(const struct announcer *a)
{
    usec due = earlier(a->cdp_due, a->lldp_due);

    if (a->cdp.until != 0) due = earlier(due, a->cdp.until);
    if (a->lldp.until != 0) due = earlier(due, a->lldp.until);
    return due;
}

usec announcer_wake(struct announcer *a, const struct announcer_config *c, usec now, struct outbox *out)
{
    if (now >= a->cdp.until) forget(a, &a->cdp, out);
    if (now >= a->lldp.until) forget(a, &a->lldp, out);
    if (now >= a->cdp_due) {
        send_cdp(a, c, out);
        a->cdp_due = after(now, c->timing->cdp);
    }
    if (now >= a->lldp_due) {
        send_lldp(a, c, out);
        if (a->fast > 0) a->fast--;
        a->lldp_due = after(now, a->fast > 0 ? c->timing->fast : c->timing->lldp);
    }
    return announcer_due(a);
}
