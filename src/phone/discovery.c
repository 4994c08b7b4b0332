#include "phone/discovery.h"
#include "provision/device_name.h"
#include "wire/cdp.h"
#include "wire/lldp.h"

enum { HOLD = 180, FAST = 3 };
static const usec CDP_INTERVAL = 60 * SECOND, LLDP_INTERVAL = 30 * SECOND, LLDP_PATIENCE = 3 * SECOND;

void discovery_start(struct discovery *d, const struct discovery_self *self, usec now, uint32_t wants)
{
    usec first = now + self->timing->first_discovery;

    *d = (struct discovery){.running = true, .vlan = VLAN_UNTAGGED, .cdp_due = NEVER, .lldp_due = NEVER};
    if (self->load->cdp) d->cdp_due = first;
    if (self->load->lldp) d->lldp_due = first;
    d->decide_due = after(now, (usec)self->load->vlan_wait * SECOND);
    if (wants) {
        d->wants = wants;
        d->request = 1;
    }
}

void discovery_stop(struct discovery *d)
{
    d->running = false;
}

static void device_id(char name[DEVICE_NAME], const struct discovery_self *self)
{
    device_name(name, self->host->mac);
}

static void send_cdp(struct discovery *d, const struct discovery_self *self, struct outbox *out)
{
    static const uint8_t query[] = {0x20, 0x02, 0x00, 0x01}; /* as a 7960 sends it; what the bytes mean is not public */
    /* the order of a real 7960's frame; newer phones add 0x19 */
    static const uint16_t order[] = {CDP_DEVICE_ID,         CDP_ADDRESSES,      CDP_PORT_ID,    CDP_CAPABILITIES,
                                     CDP_SOFTWARE,          CDP_PLATFORM,       CDP_VLAN_QUERY, CDP_DUPLEX,
                                     CDP_POWER_CONSUMPTION, CDP_POWER_REQUESTED};
    char name[DEVICE_NAME];
    uint8_t address[16];
    struct writer a = writer(address, sizeof address);
    struct cdp c = {.version = 2, .ttl = HOLD, .port_id = bytes_of("Port 1"), .duplex = 1};

    device_id(name, self);
    write_cdp_ipv4(&a, self->host->address);
    c.device_id = bytes_of(name);
    c.addresses = written(&a);
    c.capabilities = self->load->cdp_capabilities;
    c.software = bytes_of(self->load->name);
    c.platform = bytes_of(self->model->cdp_platform);
    c.query = (struct bytes){query, sizeof query};
    c.power_consumption = (uint16_t)self->milliwatts;
    c.requested.request = d->request;
    c.requested.management = d->management;
    c.requested.milliwatts[0] = d->wants;
    c.requested.count = 1;
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
        if (order[i] == CDP_POWER_REQUESTED && d->request == 0) continue;
        if (order[i] == CDP_POWER_CONSUMPTION && self->milliwatts == 0) continue; /* it takes none from the switch */
        if (order[i] == CDP_PLATFORM && c.platform.len == 0) continue;
        c.order[c.tlvs++] = order[i];
        c.has |= CDP_HAS(order[i]);
    }
    struct ethernet e = host_frame(self->host, MAC_CDP);
    e.form = ETHERNET_SNAP;
    e.oui = SNAP_CISCO;
    e.type = SNAP_CDP;
    struct writer *w = put(out, (struct action){.kind = ACTION_FRAME});
    size_t begun = ethernet_begin(w, &e);
    cdp_encode(w, &c);
    ethernet_end(w, begun);
}

/* "CP-7970G": as its DHCP class has it, behind the maker's name; without one, the model. */
static struct bytes product(const struct phone_model *m)
{
    struct bytes class = bytes_of(m->option60);

    for (; class.len; class = bytes_from(class, 1))
        if (bytes_begin(class, "CP-")) return class;
    return bytes_of(m->name);
}

static void send_lldp(const struct discovery *d, const struct discovery_self *self, struct outbox *out)
{
    char name[DEVICE_NAME];
    uint8_t chassis[5], port[16];
    struct writer c = writer(chassis, sizeof chassis), p = writer(port, sizeof port);
    struct lldp l = {.chassis_subtype = LLDP_CHASSIS_ADDRESS, .port_subtype = LLDP_PORT_LOCAL, .ttl = HOLD};

    device_id(name, self);
    write_u8(&c, 1); /* IANA address family: IPv4; 0.0.0.0 before DHCP */
    write_be32(&c, self->host->address);
    write_text(&p, name + 3); /* the MAC in hex, then the port: 001122334455:P1 */
    write_text(&p, ":P1");
    l.chassis = written(&c);
    l.port = written(&p);
    l.port_description = bytes_of("SW PORT");
    l.system_name = bytes_of(name);
    l.system_description = bytes_of(self->model->cdp_platform);
    l.has_capabilities = true;
    l.capabilities = l.enabled = LLDP_BRIDGE | LLDP_TELEPHONE;
    l.has_mac_phy = true; /* 100BASE-TX full duplex, as captured from phones */
    l.autonegotiation = 3;
    l.advertised = 0x6c00; /* 10 and 100, half and full */
    l.mau = 16;
    l.has_med = true;
    l.med_capabilities = MED_CAPABILITIES | MED_POLICY | MED_POWER_PD | MED_INVENTORY;
    l.med_class = MED_CLASS_3;
    bool knows = d->source == VLAN_FROM_LLDP || d->source == VLAN_FROM_CDP;
    bool tagged = knows && d->vlan != VLAN_UNTAGGED;
    l.policies = 1;
    l.policy[0] = (struct med_policy){.application = MED_VOICE,
                                      .unknown = !knows,
                                      .tagged = tagged,
                                      .vlan = tagged ? d->vlan : 0,
                                      .priority = knows ? 5 : 0,
                                      .dscp = knows ? 46 : 0};
    l.has_med_power = true;
    l.power_type = 1; /* a powered device, its source not told, low priority: as a real 7945 says it */
    l.power_priority = 3;
    l.power = (uint16_t)(self->milliwatts / 100);
    l.inventory[MED_SOFTWARE] = bytes_of(self->load->name);
    l.inventory[MED_MANUFACTURER] = bytes_of("Cisco Systems, Inc.");
    l.inventory[MED_MODEL] = product(self->model);
    struct ethernet e = host_frame(self->host, MAC_LLDP);
    e.type = TYPE_LLDP;
    struct writer *w = put(out, (struct action){.kind = ACTION_FRAME});
    size_t begun = ethernet_begin(w, &e);
    lldp_encode(w, &l);
    ethernet_end(w, begun);
}

static uint16_t tag_of(uint16_t vlan)
{
    return vlan == 0 || vlan >= 4095 ? VLAN_UNTAGGED : vlan; /* 0 dot1p, 4095 untagged: both go without our tag */
}

struct saying { /* who says something of the VLAN, and how long it holds, in s */
    enum vlan_source source;
    struct mac from;
    uint16_t ttl;
};

/* May this one speak of the VLAN now? The user's preference is above all, CDP above LLDP; of one protocol the giver. */
static bool may_say(const struct discovery *d, usec now, enum vlan_source source, struct mac from)
{
    if (d->source == VLAN_FROM_PREFERENCE) return false;
    if (now >= d->held) return true;
    return d->source == source ? mac_equal(d->giver, from) : source == VLAN_FROM_CDP;
}

static enum discovery_heard decide(struct discovery *d, enum vlan_source source, uint16_t vlan)
{
    if (d->source == VLAN_FROM_PREFERENCE) return DISCOVERY_NOTHING;
    bool change = !d->decided || d->vlan != vlan;
    d->decided = true;
    d->decide_due = NEVER;
    d->source = (uint8_t)source;
    d->vlan = vlan;
    return change ? DISCOVERY_VLAN : DISCOVERY_NOTHING;
}

/* A switch says a VLAN, and from now on is its giver. */
static enum discovery_heard give(struct discovery *d, usec now, const struct saying *by, uint16_t vlan)
{
    d->giver = by->from;
    d->held = after(now, by->ttl * SECOND);
    return decide(d, by->source, vlan);
}

/* One that may speak says that there is none: it takes away what its protocol gave. */
static enum discovery_heard take_away(struct discovery *d, enum vlan_source source)
{
    if (!d->decided || d->source != source) return DISCOVERY_NOTHING;
    d->held = 0;
    return decide(d, source, VLAN_UNTAGGED);
}

/* A farewell: whoever gave the VLAN gives it no longer; nobody has said another. */
static void hear_farewell(struct discovery *d, enum vlan_source source, struct mac from)
{
    if (d->source == source && mac_equal(d->giver, from)) d->held = 0;
}

static enum discovery_heard hear_power(struct discovery *d, const struct cdp *c)
{
    if (!(c->has & CDP_HAS(CDP_POWER_AVAILABLE)) || d->request == 0) return DISCOVERY_NOTHING;
    d->management = c->available.management;
    if (c->available.request != d->request) return DISCOVERY_NOTHING; /* an answer to somebody before us: ask again */
    /* a level of 0xffffffff is no preference */
    uint32_t grant = (uint32_t)earlier(d->wants, earlier(c->available.available, c->available.level));
    if (grant == d->granted) return DISCOVERY_NOTHING;
    d->granted = grant;
    return DISCOVERY_POWER;
}

static enum discovery_heard hear_cdp(struct discovery *d, const struct discovery_self *self, usec now,
                                     const struct ethernet *e, struct fault *why)
{
    struct cdp c;
    uint16_t vlan;

    if (!cdp_decode(&c, e->payload, why)) return DISCOVERY_MALFORMED;
    if (c.has & CDP_HAS(CDP_CAPABILITIES) && c.capabilities & CDP_PHONE)
        return DISCOVERY_NOTHING; /* another phone, on a hub */
    if (c.ttl == 0) {
        hear_farewell(d, VLAN_FROM_CDP, e->from);
        return DISCOVERY_NOTHING;
    }
    if (d->source != VLAN_FROM_PREFERENCE && !may_say(d, now, VLAN_FROM_CDP, e->from)) return DISCOVERY_NOTHING;
    d->heard_cdp = true;
    text_copy(d->neighbour, sizeof d->neighbour, c.device_id);
    text_copy(d->port, sizeof d->port, c.port_id);
    if (c.has & CDP_HAS(CDP_NATIVE_VLAN)) d->native_vlan = c.native_vlan;
    enum discovery_heard power = hear_power(d, &c), heard = DISCOVERY_NOTHING;
    if (d->cdp_sent == 0 && !d->decided) return power; /* it asks first; the switch answers each query at once */
    if (cdp_voice_vlan(&c, &vlan)) {
        heard = give(d, now, &(struct saying){VLAN_FROM_CDP, e->from, c.ttl}, tag_of(vlan));
    } else if (!cdp_has_other(&c, CDP_VLAN_REPLY)) {
        d->other_heard = true;
        if (d->decided)
            heard = take_away(d, VLAN_FROM_CDP);
        else if (self->load->lldp && !d->lldp_empty)
            d->decide_due = earlier(d->decide_due, now + LLDP_PATIENCE);
        else
            heard = decide(d, VLAN_FROM_CDP, VLAN_UNTAGGED);
    }
    return heard != DISCOVERY_NOTHING ? heard : power;
}

static enum discovery_heard hear_lldp(struct discovery *d, const struct discovery_self *self, usec now,
                                      const struct ethernet *e, struct fault *why)
{
    struct lldp l;

    if (!self->load->lldp) return DISCOVERY_NOTHING;
    if (!lldp_decode(&l, e->payload, why)) return DISCOVERY_MALFORMED;
    if (l.ttl == 0) hear_farewell(d, VLAN_FROM_LLDP, e->from);
    if (l.ttl == 0 || !l.has_med || l.med_class != MED_NETWORK)
        return DISCOVERY_NOTHING; /* a phone ignores LLDP without MED */
    const struct med_policy *policy = lldp_voice_policy(&l);
    bool may = may_say(d, now, VLAN_FROM_LLDP, e->from);
    d->heard_lldp = true;
    if (d->neighbour[0] == '\0' || (policy && may)) {
        text_copy(d->neighbour, sizeof d->neighbour, l.system_name);
        text_copy(d->port, sizeof d->port, l.port_subtype == LLDP_PORT_MAC ? l.port_description : l.port);
    }
    if (!may) return DISCOVERY_NOTHING;
    if (policy)
        return give(d, now, &(struct saying){VLAN_FROM_LLDP, e->from, l.ttl},
                    policy->tagged ? tag_of(policy->vlan) : VLAN_UNTAGGED);
    d->lldp_empty = true;
    if (!d->decided && d->other_heard) return decide(d, VLAN_FROM_LLDP, VLAN_UNTAGGED); /* neither has one: at once */
    return take_away(d, VLAN_FROM_LLDP);
}

enum discovery_heard discovery_hear(struct discovery *d, const struct discovery_self *self, usec now,
                                    const struct ethernet *e, struct fault *why)
{
    if (!d->running) return DISCOVERY_NOTHING;
    uint16_t tag = e->tagged ? e->vlan : 0; /* a priority tag is none */
    if (e->form == ETHERNET_SNAP && e->oui == SNAP_CISCO && e->type == SNAP_CDP && mac_equal(e->to, MAC_CDP) &&
        tag <= CDP_VLAN && self->load->cdp)
        return hear_cdp(d, self, now, e, why);
    if (e->form == ETHERNET_II && e->type == TYPE_LLDP && lldp_group(e->to) && tag == 0)
        return hear_lldp(d, self, now, e, why);
    return DISCOVERY_NOTHING;
}

usec discovery_wake(struct discovery *d, const struct discovery_self *self, usec now, bool *decided, struct outbox *out)
{
    *decided = false;
    if (!d->running) return NEVER;
    if (d->cdp_due <= now) {
        send_cdp(d, self, out);
        if (d->cdp_sent < 255) d->cdp_sent++;
        bool asking = d->request && d->granted == 0 && d->cdp_sent < 10; /* repeated until an 0x1A echoes the request */
        bool fast = d->cdp_sent <= FAST && (!d->decided || asking);
        d->cdp_due = now + (fast ? self->timing->discovery_repeat : asking ? 5 * SECOND : CDP_INTERVAL);
    }
    if (d->lldp_due <= now) {
        send_lldp(d, self, out);
        if (d->lldp_sent < 255) d->lldp_sent++;
        d->lldp_due = now + (d->lldp_sent < FAST ? SECOND : LLDP_INTERVAL);
    }
    if (!d->decided && d->decide_due <= now) {
        d->decided = true;
        d->decide_due = NEVER;
        d->source = VLAN_FROM_NOTHING; /* so that LLDP-MED may still change it, though CDP was heard */
        *decided = true;
    }
    return earlier(d->cdp_due, earlier(d->lldp_due, d->decided ? NEVER : d->decide_due));
}
