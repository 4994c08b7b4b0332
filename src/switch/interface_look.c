/* Who is there already: the look, and what is foreign at any time. */
#include "base/facts.h"
#include "switch/interface.h"
#include "wire/dhcp.h"
#include "wire/ipv4_udp.h"
#include <string.h>

enum {
    ETHERNET_HARDWARE = 1, /* RFC 1700, ARP: htype */
    STATION_ONLY = 0x80,   /* IEEE 802.1AB-2009, table 8-4 */
    FORGET_AFTER = 5,      /* s after the look: how long who hears our questions keeps them */
};
#define CHANGE_OF_MIND (60 * SECOND)

/* --- asking --- */

static void discover(struct interface *f, bool tagged, uint16_t secs, struct outbox *out)
{
    static const uint8_t wanted[] = {DHCP_MASK,  DHCP_ROUTERS,   DHCP_DNS,       DHCP_DOMAIN,
                                     DHCP_LEASE, DHCP_SERVER_ID, DHCP_TFTP_NAME, DHCP_TFTP_SERVERS};
    struct ethernet e = {.to = MAC_BROADCAST,
                         .from = f->config.mac,
                         .tagged = tagged,
                         .vlan = tagged ? f->config.look_vlan : 0,
                         .type = TYPE_IPV4};
    struct ipv4_packet ip = {.to = IPV4_BROADCAST, .protocol = PROTOCOL_UDP};
    struct dhcp d = {.op = BOOTREQUEST,
                     .htype = ETHERNET_HARDWARE,
                     .hlen = sizeof f->config.mac,
                     .xid = f->xid + tagged,
                     .secs = secs,
                     .broadcast = true, /* the answer is to be heard without the address */
                     .chaddr = f->config.mac,
                     .type = DHCP_DISCOVER,
                     .vendor_class = bytes_of(f->config.vendor_class),
                     .parameters = {wanted, sizeof wanted}};

    dhcp_set(&d, DHCP_MESSAGE_TYPE);
    dhcp_set(&d, DHCP_CLASS);
    dhcp_set(&d, DHCP_PARAMETERS);
    struct writer *w = put(out, (struct action){.kind = ACTION_FRAME, .stream = f->config.number});
    size_t frame = ethernet_begin(w, &e), packet = ipv4_begin(w, &ip),
           datagram = udp_begin(w, DHCP_CLIENT_PORT, DHCP_SERVER_PORT);
    dhcp_encode(w, &d);
    udp_end(w, datagram, ip.from, ip.to);
    ipv4_end(w, packet);
    ethernet_end(w, frame);
    f->counts.sent_dhcp++;
}

static uint8_t question_ttl(const struct interface *f)
{
    usec s = f->config.timing->look / SECOND + FORGET_AFTER;

    return s < UINT8_MAX ? (uint8_t)s : UINT8_MAX;
}

static void ask_by_cdp(struct interface *f, struct outbox *out)
{
    static const uint8_t query[] = {0x20, 0x02, 0x00, 0x01}; /* as phones send it */
    static const uint16_t order[] = {CDP_DEVICE_ID, CDP_PORT_ID,  CDP_CAPABILITIES,
                                     CDP_SOFTWARE,  CDP_PLATFORM, CDP_VLAN_QUERY};
    struct cdp cdp = {.version = 2,
                      .ttl = question_ttl(f),
                      .device_id = bytes_of(f->config.name),
                      .port_id = bytes_of(f->config.port),
                      .capabilities = CDP_HOST,
                      .software = bytes_of(f->config.software),
                      .platform = bytes_of(f->config.platform),
                      .query = {query, sizeof query},
                      .tlvs = ARRAY_LENGTH(order)};
    struct ethernet e = {
        .to = MAC_CDP, .from = f->config.mac, .form = ETHERNET_SNAP, .oui = SNAP_CISCO, .type = SNAP_CDP};

    for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
        cdp.has |= CDP_HAS(order[i]);
        cdp.order[i] = order[i];
    }
    struct writer *w = put(out, (struct action){.kind = ACTION_FRAME, .stream = f->config.number});
    size_t begun = ethernet_begin(w, &e);
    cdp_encode(w, &cdp);
    ethernet_end(w, begun);
    f->counts.sent_cdp++;
}

static void ask_by_lldp(struct interface *f, struct outbox *out)
{
    struct lldp l = {.chassis_subtype = LLDP_CHASSIS_MAC,
                     .chassis = {f->config.mac.byte, sizeof f->config.mac.byte},
                     .port_subtype = LLDP_PORT_INTERFACE,
                     .port = bytes_of(f->config.port),
                     .ttl = question_ttl(f),
                     .system_name = bytes_of(f->config.name),
                     .system_description = bytes_of(f->config.software),
                     .has_capabilities = true,
                     .capabilities = STATION_ONLY,
                     .enabled = STATION_ONLY,
                     .has_med = true,
                     .med_capabilities = MED_CAPABILITIES | MED_POLICY,
                     .med_class = MED_CLASS_1,
                     .policy = {{.application = MED_VOICE, .unknown = true}}, /* TIA-1057, 10.2.3.2 */
                     .policies = 1};
    struct ethernet e = {.to = MAC_LLDP, .from = f->config.mac, .type = TYPE_LLDP};
    struct writer *w = put(out, (struct action){.kind = ACTION_FRAME, .stream = f->config.number});
    size_t begun = ethernet_begin(w, &e);

    lldp_encode(w, &l);
    ethernet_end(w, begun);
    f->counts.sent_lldp++;
}

static bool server_heard(const struct interface *f, bool tagged)
{
    for (size_t i = 0; i < f->servers; i++)
        if (f->server[i].tagged == tagged) return true;
    return false;
}

/* What is not answered yet. Questions would contradict an announcement that has begun. */
static void ask(struct interface *f, uint16_t secs, struct outbox *out)
{
    bool silent = f->config.silent || f->givers > 0;

    if (!server_heard(f, false)) discover(f, false, secs, out);
    if (f->config.look_vlan != 0 && !server_heard(f, true)) discover(f, true, secs, out);
    if (!silent && !f->announce.cdp && !f->cdp.farewell) ask_by_cdp(f, out);
    if (!silent && !f->announce.lldp && !f->lldp.farewell) ask_by_lldp(f, out);
}

/* --- the look --- */

static void tell_giver(struct writer *w, const struct interface_giver *g)
{
    tell_number(w, FACT_VLAN, g->vlan);
    tell_text(w, FACT_PROTOCOL, bytes_of(g->protocol == HEARD_BY_CDP ? "CDP" : "LLDP"));
    tell_text(w, FACT_SWITCH, bytes_of(g->device));
    tell_text(w, FACT_NEIGHBOUR, bytes_of(g->port));
}

static void tell_looked(struct interface *f, struct outbox *out)
{
    struct writer *w = interface_tell(f, INTERFACE_LOOKED, out);

    tell_number(w, FACT_COUNT, f->servers);
    if (f->servers > 0) tell_ipv4(w, FACT_SERVER, f->server[0].id);
    if (f->givers > 0) tell_giver(w, &f->giver[0]);
}

void interface_look(struct interface *f)
{
    f->phase = INTERFACE_FRESH;
    f->servers = f->givers = 0;
}

bool interface_looking(const struct interface *f)
{
    return f->phase != INTERFACE_HAS_LOOKED;
}

usec interface_look_step(struct interface *f, usec now, struct outbox *out)
{
    const struct interface_timing *timing = f->config.timing;

    if (f->phase == INTERFACE_FRESH && timing->look == 0) f->phase = INTERFACE_HAS_LOOKED;
    if (f->phase == INTERFACE_FRESH) {
        f->phase = INTERFACE_LOOKS;
        f->look_ends = after(now, timing->look);
        f->repeat_at = after(now, timing->repeat);
        ask(f, 0, out);
    }
    if (f->phase == INTERFACE_HAS_LOOKED) return NEVER;
    if (now >= f->look_ends) {
        f->phase = INTERFACE_HAS_LOOKED;
        tell_looked(f, out);
        return NEVER;
    }
    if (now >= f->repeat_at) {
        f->repeat_at = NEVER;
        ask(f, (uint16_t)(timing->repeat / SECOND), out);
    }
    return earlier(f->look_ends, f->repeat_at);
}

/* --- what is foreign --- */

static bool our_address(const struct interface *f, ipv4 address)
{
    for (size_t i = 0; i < f->our_addresses_count; i++)
        if (f->our_addresses[i] == address) return true;
    return false;
}

static struct interface_server *server_of(struct interface *f, const struct interface_server *is)
{
    for (size_t i = 0; i < f->servers; i++) {
        struct interface_server *s = &f->server[i];
        if (s->id == is->id && s->tagged == is->tagged && s->vlan == is->vlan) return s;
    }
    return NULL;
}

static void tell_server(struct interface *f, const struct interface_server *s, struct outbox *out)
{
    struct writer *w = interface_tell(f, INTERFACE_DHCP_SERVER, out);

    tell_ipv4(w, FACT_SERVER, s->id);
    tell_mac(w, FACT_MAC, s->mac);
    if (s->tagged) tell_number(w, FACT_VLAN, s->vlan);
    if (s->offered) tell_ipv4(w, FACT_ADDRESS, s->offered);
    if (s->mask) tell_ipv4(w, FACT_MASK, s->mask);
    if (s->router) tell_ipv4(w, FACT_ROUTER, s->router);
    if (s->tftp) tell_ipv4(w, FACT_TFTP, s->tftp);
}

static void meet_server(struct interface *f, usec now, const struct interface_server *is, struct outbox *out)
{
    struct interface_server *s = server_of(f, is);

    if (!s && f->servers == INTERFACE_SERVERS) {
        f->counts.servers_beyond++;
        return;
    }
    if (s && now < after(s->told, f->config.timing->remind)) return;
    if (!s) s = &f->server[f->servers++];
    *s = *is;
    s->told = now;
    tell_server(f, s, out);
}

bool interface_hear_dhcp(struct interface *f, usec now, const struct ethernet *e, struct fault *why, struct outbox *out)
{
    struct ipv4_packet ip;
    struct udp udp;
    struct dhcp d;

    if (!ipv4_decode(&ip, e->payload, why)) return false;
    if (ip.fragment) return true;
    if (!udp_decode(&udp, &ip, why) || !dhcp_decode(&d, udp.payload, why)) return false;
    if (d.op != BOOTREPLY || udp.from != DHCP_SERVER_PORT) return true;
    f->counts.heard_dhcp++;
    struct interface_server is = {.id = d.server_id ? d.server_id : ip.from,
                                  .mac = e->from,
                                  .tagged = e->tagged && e->vlan != 0,
                                  .vlan = e->tagged ? e->vlan : 0,
                                  .offered = d.yiaddr,
                                  .mask = d.mask,
                                  .router = d.routers.count ? d.routers.at[0] : 0,
                                  .tftp = d.tftp.count ? d.tftp.at[0] : d.siaddr};
    if (our_address(f, is.id) || our_address(f, ip.from)) {
        f->counts.own++;
        return true;
    }
    meet_server(f, now, &is, out);
    return true;
}

/* Not at once: one that invents itself anew each second would be told each second. */
void interface_giver_ends(struct interface *f, struct mac mac, enum neighbour_protocol protocol)
{
    for (size_t i = 0; i < f->givers; i++) {
        struct interface_giver *g = &f->giver[i];
        if (mac_equal(g->mac, mac) && g->protocol == protocol) g->until = after(g->told, CHANGE_OF_MIND);
    }
}

usec interface_age_givers(struct interface *f, usec now)
{
    usec due = NEVER;
    uint8_t kept = 0;

    for (uint8_t i = 0; i < f->givers; i++) {
        if (now >= f->giver[i].until) continue;
        due = earlier(due, f->giver[i].until);
        if (kept != i) f->giver[kept] = f->giver[i];
        kept++;
    }
    f->givers = kept;
    return due;
}

void interface_hear_giver(struct interface *f, usec now, const struct interface_giver *is, struct outbox *out)
{
    struct interface_giver *g = NULL;
    const struct interface_announce *ours = &f->announce;
    bool agrees = (ours->cdp || ours->lldp) && is->vlan == ours->voice_vlan;

    for (size_t i = 0; i < f->givers; i++)
        if (mac_equal(f->giver[i].mac, is->mac) && f->giver[i].protocol == is->protocol) g = &f->giver[i];
    if (!g && f->givers == INTERFACE_GIVERS) {
        f->counts.givers_beyond++;
        return;
    }
    uint16_t before = g ? g->vlan : is->vlan;
    usec wait = before != is->vlan ? CHANGE_OF_MIND : f->config.timing->remind;
    if (g) g->until = is->until > after(g->told, CHANGE_OF_MIND) ? is->until : after(g->told, CHANGE_OF_MIND);
    if (g && now < after(g->told, wait)) return; /* what it says now is taken when it is told */
    if (!g) g = &f->giver[f->givers++];
    *g = *is;
    g->told = now;
    if (g->until < after(now, CHANGE_OF_MIND)) g->until = after(now, CHANGE_OF_MIND);
    if (agrees) return;
    struct writer *w = interface_tell(f, INTERFACE_VOICE_VLAN, out);
    tell_giver(w, g);
    tell_mac(w, FACT_MAC, g->mac);
    if (before != g->vlan) tell_number(w, FACT_OLD, before);
}
