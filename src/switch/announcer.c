#include "switch/announcer.h"
#include "base/facts.h"
#include "switch/news.h"
#include <string.h>

enum {
    CDP_TTL = 180,
    LLDP_TTL = 120,      /* s */
    FAST_START = 3,      /* TIA-1057, medFastStartRepeatCount */
    AUTONEGOTIATION = 3, /* 802.3 TLV MAC/PHY: supported and enabled */
    ADVERTISED = 0x6c00,
    MAU = 0x0010, /* 10/100, half and full; 100BASE-TX full: as seen on Catalysts */
    VOICE_PRIORITY = 5,
    VOICE_DSCP = 46,
    SIGNALLING_PRIORITY = 3,
    SIGNALLING_DSCP = 24,
    PORT_NAME = 40,
    CDP_IPV4 = 13, /* bytes */
};

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

static uint16_t voice_vlan(const struct announcer *a, const struct announcer_config *c)
{
    return a->port == c->uplink ? 0 : c->voice_vlan;
}

/* The id of what 0x1a says now; see the header. */
static void number_power(struct announcer *a)
{
    bool differs = a->said.request != a->request || a->said.allocated != a->allocated;

    if (differs && (a->asked || a->lldp_power)) a->management = next_management(a->management);
    a->said.request = a->request;
    a->said.allocated = a->allocated;
}

static void send_cdp(struct announcer *a, const struct announcer_config *c, struct outbox *out)
{
    static const uint16_t order[] = {CDP_DEVICE_ID,
                                     CDP_SOFTWARE,
                                     CDP_PLATFORM,
                                     CDP_ADDRESSES,
                                     CDP_PORT_ID,
                                     CDP_CAPABILITIES,
                                     CDP_VTP_DOMAIN,
                                     CDP_NATIVE_VLAN,
                                     CDP_DUPLEX,
                                     CDP_VLAN_REPLY,
                                     CDP_TRUST,
                                     CDP_UNTRUSTED_COS,
                                     CDP_MANAGEMENT_ADDRESSES,
                                     CDP_POWER_AVAILABLE};
    uint8_t name[PORT_NAME], address[CDP_IPV4];
    struct writer port = writer(name, sizeof name), ip = writer(address, sizeof address);
    struct cdp cdp = {.version = 2, .ttl = CDP_TTL};

    if (c->management) write_cdp_ipv4(&ip, c->management);
    cdp.device_id = bytes_of(c->name);
    cdp.software = bytes_of(c->software);
    cdp.platform = bytes_of(c->platform);
    cdp.port_id = port_name(c, a->port, &port);
    cdp.addresses = cdp.management_addresses = written(&ip);
    cdp.capabilities = CDP_SWITCH | CDP_IGMP; /* 0x28, as a 3560 says, also when it routes */
    cdp.native_vlan = a->port == c->uplink ? c->uplink_vlan : c->native_vlan;
    cdp.duplex = 1;
    cdp.reply_appliance = 1;
    cdp.voice_vlan = voice_vlan(a, c);
    number_power(a);
    cdp.available.request = a->request;
    cdp.available.management = a->management;
    cdp.available.available = a->allocated;
    cdp.available.level = UINT32_MAX; /* no preference */
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
        bool absent = (order[i] == CDP_VLAN_REPLY && cdp.voice_vlan == 0) ||
                      ((order[i] == CDP_ADDRESSES || order[i] == CDP_MANAGEMENT_ADDRESSES) && c->management == 0);
        if (absent) continue;
        cdp.has |= CDP_HAS(order[i]);
        cdp.order[cdp.tlvs++] = order[i];
    }
    struct ethernet e = {
        .to = MAC_CDP, .from = announcer_mac(c, a->port), .form = ETHERNET_SNAP, .oui = SNAP_CISCO, .type = SNAP_CDP};
    struct writer *w = put(out, (struct action){.kind = ACTION_FRAME, .stream = a->port});
    size_t begun = ethernet_begin(w, &e);
    cdp_encode(w, &cdp);
    ethernet_end(w, begun);
}

static void add_med(const struct announcer *a, const struct announcer_config *c, struct lldp *l)
{
    uint16_t vlan = voice_vlan(a, c);

    l->has_med = true;
    l->med_capabilities = MED_CAPABILITIES | MED_POLICY | MED_POWER_PSE;
    l->med_class = MED_NETWORK;
    if (vlan != 0) {
        l->policy[l->policies++] = (struct med_policy){
            .application = MED_VOICE, .tagged = true, .vlan = vlan, .priority = VOICE_PRIORITY, .dscp = VOICE_DSCP};
        l->policy[l->policies++] = (struct med_policy){.application = MED_VOICE_SIGNALLING,
                                                       .tagged = true,
                                                       .vlan = vlan,
                                                       .priority = SIGNALLING_PRIORITY,
                                                       .dscp = SIGNALLING_DSCP};
    }
    if (a->allocated == 0) return;
    l->has_med_power = true;
    l->power_type = 0;     /* PSE */
    l->power_source = 1;   /* primary */
    l->power_priority = 3; /* low */
    l->power = (uint16_t)(a->allocated / 100);
}

static void send_lldp(const struct announcer *a, const struct announcer_config *c, struct outbox *out)
{
    uint8_t name[PORT_NAME];
    struct writer port = writer(name, sizeof name);
    struct lldp l = {.chassis_subtype = LLDP_CHASSIS_MAC, .port_subtype = LLDP_PORT_INTERFACE, .ttl = LLDP_TTL};

    l.chassis = (struct bytes){c->base.byte, sizeof c->base.byte};
    l.port = l.port_description = port_name(c, a->port, &port);
    l.system_name = bytes_of(c->name);
    l.system_description = bytes_of(c->software);
    l.has_capabilities = true;
    l.capabilities = LLDP_BRIDGE | LLDP_ROUTER;
    l.enabled = (uint16_t)(LLDP_BRIDGE | (c->management ? LLDP_ROUTER : 0));
    l.management = c->management;
    l.has_mac_phy = true;
    l.autonegotiation = AUTONEGOTIATION;
    l.advertised = ADVERTISED;
    l.mau = MAU;
    if (a->med) add_med(a, c, &l);
    struct ethernet e = {.to = MAC_LLDP, .from = announcer_mac(c, a->port), .form = ETHERNET_II, .type = TYPE_LLDP};
    struct writer *w = put(out, (struct action){.kind = ACTION_FRAME, .stream = a->port});
    size_t begun = ethernet_begin(w, &e);
    lldp_encode(w, &l);
    ethernet_end(w, begun);
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
    tell_text(w, FACT_MODEL, bytes_of(n->platform));
    tell_text(w, FACT_LOAD, bytes_of(n->software));
    tell_text(w, FACT_NEIGHBOUR, bytes_of(n->port));
    tell_number(w, FACT_CAPABILITIES, n->capabilities);
    tell_mac(w, FACT_MAC, n->mac);
    if (n->phone) tell_text(w, FACT_SOURCE, bytes_of("voice"));
}

static bool same(const struct neighbour *a, const struct neighbour *b)
{
    return a->until != 0 && strcmp(a->device, b->device) == 0 && strcmp(a->platform, b->platform) == 0 &&
           strcmp(a->software, b->software) == 0 && strcmp(a->port, b->port) == 0 && mac_equal(a->mac, b->mac) &&
           a->capabilities == b->capabilities;
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
    if (!same(known, n)) tell_of(a, SWITCH_NEIGHBOUR, n, known == &a->cdp ? "CDP" : "LLDP", out);
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
    struct neighbour n = {.mac = e->from};

    if (!cdp_decode(&cdp, e->payload, why)) return false;
    bool asks_vlan = cdp.has & CDP_HAS(CDP_VLAN_QUERY), asks_power = cdp.has & CDP_HAS(CDP_POWER_REQUESTED);
    text_copy(n.device, sizeof n.device, cdp.device_id);
    text_copy(n.platform, sizeof n.platform, cdp.platform);
    text_copy(n.software, sizeof n.software, cdp.software);
    text_copy(n.port, sizeof n.port, cdp.port_id);
    n.capabilities = cdp.capabilities;
    n.phone = (cdp.capabilities & CDP_PHONE) || asks_vlan; /* a 7960 with a SIP load says "host" only, but asks */
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

/* An id of LLDP as text: addresses in their own form, the rest as it came. */
static void id_text(char *to, size_t size, struct bytes id, bool is_mac, bool is_address)
{
    struct fault why;
    struct reader r = reader(id, &why);
    char text[MAC_TEXT];

    if (is_mac && id.len == sizeof(struct mac)) {
        text_copy(to, size, bytes_of(mac_text(text, read_mac(&r))));
    } else if (is_address && id.len == 5 && read_u8(&r) == 1) { /* IANA address family 1: IPv4 */
        text_copy(to, size, bytes_of(ipv4_text(text, read_be32(&r))));
    } else {
        text_copy(to, size, id);
    }
}

static bool hear_lldp(struct announcer *a, usec now, const struct ethernet *e, struct power_wish *power,
                      struct fault *why, struct outbox *out)
{
    struct lldp l;
    struct neighbour n = {.mac = e->from};

    if (!lldp_decode(&l, e->payload, why)) return false;
    if (l.system_name.len > 0)
        text_copy(n.device, sizeof n.device, l.system_name);
    else
        id_text(n.device, sizeof n.device, l.chassis, l.chassis_subtype == LLDP_CHASSIS_MAC,
                l.chassis_subtype == LLDP_CHASSIS_ADDRESS);
    text_copy(n.platform, sizeof n.platform, l.inventory[MED_MODEL]);
    text_copy(n.software, sizeof n.software,
              l.inventory[MED_SOFTWARE].len > 0 ? l.inventory[MED_SOFTWARE] : l.system_description);
    id_text(n.port, sizeof n.port, l.port, l.port_subtype == LLDP_PORT_MAC, false);
    n.capabilities = l.enabled;
    n.phone = (l.has_capabilities && (l.capabilities & LLDP_TELEPHONE)) || (l.has_med && l.med_class == MED_CLASS_3);
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
    bool lldp = mac_equal(e->to, MAC_LLDP) && e->form == ETHERNET_II && e->type == TYPE_LLDP;

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
