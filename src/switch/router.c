#include "switch/router.h"
#include "switch/relay.h"
#include "wire/arp.h"
#include "wire/dhcp.h"
#include "wire/icmp.h"
#include "wire/ipv4_udp.h"
#include <string.h>

enum {
    ASK_TRIES = 3,
    TTL_AT = 8,
    CHECKSUM_AT = 10,
    TOTAL_AT = 2, /* RFC 791, 3.1 */
    NO_SVI = 0xff,
};
static const usec ASK_AGAIN = 1 * SECOND, KNOWN_FOR = 4 * 3600 * SECOND;

void router_init(struct router *r, const struct router_config *config, struct bridge *bridge,
                 struct router_neighbour *neighbours, uint32_t neighbours_count, struct router_waiting *waiting)
{
    *r =
        (struct router){.config = config, .bridge = bridge, .neighbours = neighbours, .waiting = waiting, .due = NEVER};
    r->sets = neighbours_count / ROUTER_WAYS;
    memset(neighbours, 0, (size_t)neighbours_count * sizeof *neighbours);
    memset(waiting, 0, ROUTER_WAITING * sizeof *waiting);
}

/* --- its interfaces --- */

static uint8_t svi_of_vlan(const struct router *r, uint16_t vlan)
{
    for (uint8_t i = 0; i < r->config->svis; i++)
        if (r->config->svi[i].vlan == vlan) return i;
    return NO_SVI;
}

static uint8_t svi_with(const struct router *r, ipv4 address)
{
    for (uint8_t i = 0; i < r->config->svis; i++)
        if (r->config->svi[i].address == address) return i;
    return NO_SVI;
}

static uint8_t svi_towards(const struct router *r, ipv4 address)
{
    for (uint8_t i = 0; i < r->config->svis; i++)
        if (ipv4_same_subnet(address, r->config->svi[i].address, r->config->svi[i].mask)) return i;
    return NO_SVI;
}

struct mac router_mac(const struct router *r, uint8_t svi)
{
    return mac_from_number(mac_number(r->config->mac) + svi);
}

bool router_owns(const struct router *r, uint16_t vlan, struct mac mac)
{
    uint8_t svi = svi_of_vlan(r, vlan);

    return svi != NO_SVI && mac_equal(router_mac(r, svi), mac);
}

/* --- sending: a frame is written into the scratch buffer, from its EtherType on --- */

static struct writer begin(struct router *r, uint16_t type)
{
    struct writer w = writer(r->scratch, sizeof r->scratch);

    write_be16(&w, type);
    return w;
}

static void send(struct router *r, usec now, uint8_t svi, struct mac to, const struct writer *w, struct outbox *out)
{
    struct bridged f = {.behind = written(w), .vlan = r->config->svi[svi].vlan};

    if (w->full) return;
    f.ethernet.to = to;
    f.ethernet.from = router_mac(r, svi);
    bridge_send(r->bridge, now, 0, &f, out);
}

static void send_packet(struct router *r, usec now, uint8_t svi, struct mac to, struct bytes packet, struct outbox *out)
{
    struct writer w = begin(r, TYPE_IPV4);

    write_bytes(&w, packet);
    send(r, now, svi, to, &w, out);
}

static void send_arp(struct router *r, usec now, uint8_t svi, enum arp_op op, struct mac to, ipv4 target,
                     struct outbox *out)
{
    struct writer w = begin(r, TYPE_ARP);
    struct arp a = {
        .op = op, .sender_mac = router_mac(r, svi), .sender = r->config->svi[svi].address, .target = target};

    if (op == ARP_REPLY) a.target_mac = to; /* in a request it is not known: zeros (RFC 826) */
    arp_encode(&w, &a);
    send(r, now, svi, to, &w, out);
}

/* --- neighbours --- */

static struct router_neighbour *find(const struct router *r, ipv4 address)
{
    uint32_t mixed = address * 0x9e3779b1u; /* Fibonacci hashing: a subnet's addresses spread */
    struct router_neighbour *set = &r->neighbours[(mixed >> 8) % r->sets * ROUTER_WAYS];

    for (int i = 0; i < ROUTER_WAYS; i++)
        if (set[i].address == address) return &set[i];
    return NULL;
}

static void drop_waiting(struct router *r, ipv4 next_hop)
{
    for (int i = 0; i < ROUTER_WAITING; i++) {
        if (r->waiting[i].next_hop != next_hop) continue;
        r->waiting[i].next_hop = 0;
        r->counts.unresolved++;
    }
}

/* A place for an address that is not there: a free one, or the one that would be forgotten first. */
static struct router_neighbour *place_for(struct router *r, ipv4 address, uint8_t svi)
{
    uint32_t mixed = address * 0x9e3779b1u;
    struct router_neighbour *set = &r->neighbours[(mixed >> 8) % r->sets * ROUTER_WAYS], *place = set;

    for (int i = 1; i < ROUTER_WAYS; i++)
        if (place->address != 0 && (set[i].address == 0 || set[i].until < place->until)) place = &set[i];
    if (place->address != 0 && !place->known) drop_waiting(r, place->address);
    *place = (struct router_neighbour){.address = address, .svi = svi};
    return place;
}

static void known(struct router *r, usec now, struct router_neighbour *n, uint8_t svi, struct mac mac,
                  struct outbox *out)
{
    n->known = true;
    n->svi = svi;
    n->mac = mac;
    n->until = after(now, KNOWN_FOR);
    for (int i = 0; i < ROUTER_WAITING; i++) {
        struct router_waiting *waiting = &r->waiting[i];
        if (waiting->next_hop != n->address) continue;
        waiting->next_hop = 0;
        send_packet(r, now, svi, mac, (struct bytes){waiting->packet, waiting->len}, out);
    }
}

static void ask(struct router *r, usec now, struct router_neighbour *n, struct outbox *out)
{
    n->known = false;
    n->tries++;
    n->until = after(now, ASK_AGAIN);
    r->due = earlier(r->due, n->until);
    send_arp(r, now, n->svi, ARP_REQUEST, MAC_BROADCAST, n->address, out);
}

static void keep_waiting(struct router *r, ipv4 next_hop, uint8_t svi, struct bytes packet)
{
    for (int i = 0; i < ROUTER_WAITING; i++) {
        struct router_waiting *waiting = &r->waiting[i];
        if (waiting->next_hop != 0 || packet.len > sizeof waiting->packet) continue;
        waiting->next_hop = next_hop;
        waiting->svi = svi;
        waiting->len = (uint16_t)packet.len;
        memcpy(waiting->packet, packet.at, packet.len);
        return;
    }
    r->counts.unresolved++; /* bounded: the sender will ask again */
}

/* --- forwarding --- */

/* To its next hop; the packet does not stand in the scratch buffer's first two bytes. */
static void route(struct router *r, usec now, ipv4 to, struct bytes packet, struct outbox *out)
{
    uint8_t svi = svi_towards(r, to);
    ipv4 next_hop = to;

    if (svi == NO_SVI) {
        next_hop = r->config->default_router;
        svi = next_hop ? svi_towards(r, next_hop) : NO_SVI;
    }
    if (svi == NO_SVI) {
        r->counts.no_route++;
        return;
    }
    struct router_neighbour *n = find(r, next_hop);
    if (n && n->known && now < n->until) {
        send_packet(r, now, svi, n->mac, packet, out);
        return;
    }
    keep_waiting(r, next_hop, svi, packet);
    if (n && !n->known) return; /* asked already */
    if (!n) n = place_for(r, next_hop, svi);
    n->tries = 0;
    n->svi = svi;
    ask(r, now, n, out);
}

void router_seek(struct router *r, usec now, struct outbox *out)
{
    ipv4 next_hop = r->config->default_router;
    uint8_t svi = next_hop ? svi_towards(r, next_hop) : NO_SVI;
    struct router_neighbour *n = svi == NO_SVI ? NULL : find(r, next_hop);

    if (svi == NO_SVI || (n && !n->known)) return; /* none, or asked already */
    if (!n) n = place_for(r, next_hop, svi);
    n->tries = 0;
    ask(r, now, n, out);
}

/* 0/8, 127/8 and 224/3 are not forwarded, nor broadcasts of a subnet (RFC 1812, 5.3.7 and 5.3.5). */
static bool forwardable(const struct router *r, ipv4 to)
{
    uint8_t svi = svi_towards(r, to);

    if (to >> 24 == 0 || to >> 24 == 127 || to >= IPV4(224, 0, 0, 0)) return false;
    if (svi == NO_SVI) return true;
    ipv4 host = to & ~r->config->svi[svi].mask, ones = ~r->config->svi[svi].mask;
    return ones <= 1 || (host != 0 && host != ones); /* RFC 3021: /31 and /32 have no broadcast */
}

static void forward(struct router *r, usec now, const struct ipv4_packet *p, struct bytes in, struct outbox *out)
{
    uint8_t copy[ROUTER_PACKET];
    struct writer w = writer(copy, sizeof copy);
    size_t header = 20 + p->options.len;

    if (!forwardable(r, p->to)) return;
    if (p->ttl <= 1) {
        r->counts.ttl_exceeded++;
        return;
    }
    write_bytes(&w, (struct bytes){in.at, header + p->payload.len}); /* without what the frame is padded with */
    patch_u8(&w, TTL_AT, (uint8_t)(p->ttl - 1));
    patch_be16(&w, CHECKSUM_AT, 0);
    if (w.full) return;
    patch_be16(&w, CHECKSUM_AT, internet_checksum((struct bytes){copy, header}, 0));
    r->counts.forwarded++;
    route(r, now, p->to, written(&w), out);
}

/* --- what is meant for the router itself --- */

static bool take_arp(struct router *r, usec now, uint8_t svi, const struct ethernet *e, struct fault *why,
                     struct outbox *out)
{
    ipv4 ours = r->config->svi[svi].address;
    struct arp a;

    if (!arp_decode(&a, e->payload, why)) return false;
    /* One that speaks for another address than its own is not believed: what waits would go where nobody is known. */
    bool here = mac_equal(a.sender_mac, e->from) && a.sender != 0 && a.sender != ours &&
                ipv4_same_subnet(a.sender, ours, r->config->svi[svi].mask);
    struct router_neighbour *n = here ? find(r, a.sender) : NULL;
    if (here && !n && a.target == ours) n = place_for(r, a.sender, svi); /* RFC 826: only when we are asked */
    if (n) known(r, now, n, svi, a.sender_mac, out);
    if (a.op == ARP_REQUEST && a.target == ours && a.sender != ours)
        send_arp(r, now, svi, ARP_REPLY, a.sender_mac, a.sender, out);
    return true;
}

static bool take_icmp(struct router *r, usec now, const struct ipv4_packet *p, struct fault *why, struct outbox *out)
{
    uint8_t copy[ROUTER_PACKET];
    struct writer w = writer(copy, sizeof copy);
    struct icmp i;

    if (!icmp_decode(&i, p->payload, why)) return false;
    if (i.type != ICMP_ECHO || i.code != 0) return true;
    struct ipv4_packet answer = {
        .from = p->to, .to = p->from, .protocol = PROTOCOL_ICMP, .tos = p->tos, .id = r->next_id++};
    i.type = ICMP_ECHO_REPLY;
    size_t begun = ipv4_begin(&w, &answer);
    icmp_encode(&w, &i);
    ipv4_end(&w, begun);
    if (w.full || !forwardable(r, p->from)) return true;
    r->counts.echoed++;
    route(r, now, p->from, written(&w), out);
    return true;
}

static size_t begin_udp(struct writer *w, struct router *r, ipv4 from, ipv4 to, uint16_t to_port, size_t *udp)
{
    size_t begun =
        ipv4_begin(w, &(struct ipv4_packet){.from = from, .to = to, .protocol = PROTOCOL_UDP, .id = r->next_id++});

    *udp = udp_begin(w, DHCP_SERVER_PORT, to_port);
    return begun;
}

static bool relay_request(struct router *r, usec now, uint32_t port, uint8_t svi, struct bytes in, struct fault *why,
                          struct outbox *out)
{
    const struct switch_svi *s = &r->config->svi[svi];
    struct relay_agent agent = {s->address, r->config->relay_option_82, s->vlan, port, r->config->mac};
    uint8_t copy[ROUTER_PACKET];
    struct writer w = writer(copy, sizeof copy);
    size_t udp, begun = begin_udp(&w, r, s->address, s->helper, DHCP_SERVER_PORT, &udp);

    if (!relay_to_server(&w, in, &agent, why) || w.full) {
        r->counts.relay_dropped++;
        return why->kind == FAULT_NONE;
    }
    udp_end(&w, udp, s->address, s->helper);
    ipv4_end(&w, begun);
    r->counts.relayed++;
    route(r, now, s->helper, written(&w), out);
    return true;
}

static bool relay_reply(struct router *r, usec now, struct bytes in, struct fault *why, struct outbox *out)
{
    uint8_t message[ROUTER_PACKET];
    struct writer m = writer(message, sizeof message), w = begin(r, TYPE_IPV4);
    struct relay_client client;
    bool passed = relay_to_client(&m, in, r->config->relay_option_82, &client, why) && !m.full;
    uint8_t svi = passed && client.giaddr != 0 ? svi_with(r, client.giaddr) : NO_SVI;
    size_t udp;

    if (svi == NO_SVI) {
        r->counts.relay_dropped++;
        return why->kind == FAULT_NONE;
    }
    size_t begun = begin_udp(&w, r, client.giaddr, client.address, DHCP_CLIENT_PORT, &udp);
    write_bytes(&w, written(&m));
    udp_end(&w, udp, client.giaddr, client.address);
    ipv4_end(&w, begun);
    r->counts.relayed++;
    send(r, now, svi, client.mac, &w, out);
    return true;
}

/* A datagram to port 67: of a client in a VLAN with a helper, or a server's answer to what was relayed. */
static bool take_udp(struct router *r, usec now, uint32_t port, uint8_t svi, const struct ipv4_packet *p,
                     struct fault *why, struct outbox *out)
{
    struct udp u;

    if (!udp_decode(&u, p, why)) return false;
    if (u.to != DHCP_SERVER_PORT || u.payload.len == 0) return true;
    if (u.payload.at[0] == BOOTREPLY) return p->to == IPV4_BROADCAST || relay_reply(r, now, u.payload, why, out);
    if (r->config->svi[svi].helper == 0) return true;
    return relay_request(r, now, port, svi, u.payload, why, out);
}

static bool take_ipv4(struct router *r, usec now, uint32_t port, uint8_t svi, const struct ethernet *e,
                      struct fault *why, struct outbox *out)
{
    bool group = mac_is_group(e->to);
    struct ipv4_packet p;

    if (!ipv4_decode(&p, e->payload, why)) return false;
    bool ours = svi_with(r, p.to) != NO_SVI;
    if (!ours && !(group && p.to == IPV4_BROADCAST)) {
        if (!group) forward(r, now, &p, e->payload, out);
        return true;
    }
    if (p.fragment) return true; /* nothing that is asked of it needs more than one packet */
    if (p.protocol == PROTOCOL_UDP) return take_udp(r, now, port, svi, &p, why, out);
    if (p.protocol == PROTOCOL_ICMP && ours && !group) return take_icmp(r, now, &p, why, out);
    return true;
}

bool router_take(struct router *r, usec now, uint32_t port, const struct bridged *f, struct fault *why,
                 struct outbox *out)
{
    uint8_t svi = svi_of_vlan(r, f->vlan);

    *why = (struct fault){0};
    if (svi == NO_SVI || f->ethernet.form != ETHERNET_II) return true;
    if (f->ethernet.type == TYPE_ARP) return take_arp(r, now, svi, &f->ethernet, why, out);
    if (f->ethernet.type == TYPE_IPV4) return take_ipv4(r, now, port, svi, &f->ethernet, why, out);
    return true;
}

/* At most one question a call, so that a step stays bounded: each may be flooded to every port. */
usec router_wake(struct router *r, usec now, struct outbox *out)
{
    struct router_neighbour *late = NULL;

    if (now < r->due) return r->due;
    r->due = NEVER;
    for (uint32_t i = 0; i < r->sets * ROUTER_WAYS; i++) {
        struct router_neighbour *n = &r->neighbours[i];
        if (n->address == 0 || n->known) continue;
        if (now >= n->until && n->tries >= ASK_TRIES) {
            drop_waiting(r, n->address);
            *n = (struct router_neighbour){0};
        } else if (now >= n->until && !late) {
            late = n;
        } else {
            r->due = earlier(r->due, n->until > now ? n->until : now + 1);
        }
    }
    if (late) ask(r, now, late, out);
    return r->due;
}

usec router_due(const struct router *r)
{
    return r->due;
}
