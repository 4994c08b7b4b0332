#include "phone/host.h"
#include "wire/icmp.h"

enum {
    ARP_TRIES = 4,
}; /* CS3, what these phones use without a configuration that says otherwise */
static const usec REFRESH = 300 * SECOND, DEFEND_INTERVAL = 10 * SECOND; /* the latter: RFC 5227, 1.1 */

void host_init(struct host *h, struct mac mac)
{
    *h = (struct host){.mac = mac, .vlan = VLAN_UNTAGGED};
}

void host_forget(struct host *h)
{
    *h = (struct host){.mac = h->mac, .vlan = h->vlan, .priority = h->priority, .ip_id = h->ip_id};
}

struct ethernet host_frame(const struct host *h, struct mac to)
{
    return (struct ethernet){.to = to, .from = h->mac};
}

static struct ethernet voice_frame(const struct host *h, struct mac to, uint16_t type)
{
    struct ethernet e = host_frame(h, to);

    e.type = type;
    if (h->vlan != VLAN_UNTAGGED) {
        e.tagged = true;
        e.vlan = h->vlan;
        e.priority = h->priority;
    }
    return e;
}

static void send_arp(const struct host *h, struct mac to, const struct arp *arp, struct outbox *out)
{
    struct ethernet e = voice_frame(h, to, TYPE_ARP);
    struct writer *w = put(out, (struct action){.kind = ACTION_FRAME});
    size_t begun = ethernet_begin(w, &e);

    arp_encode(w, arp);
    ethernet_end(w, begun);
}

static void ask_for(const struct host *h, const struct host_neighbour *n, struct outbox *out)
{
    struct arp arp = {ARP_REQUEST, h->mac, MAC_NONE, h->address, n->address};

    send_arp(h, mac_is_none(n->mac) ? MAC_BROADCAST : n->mac, &arp, out);
}

void host_probe(struct host *h, ipv4 address, struct outbox *out)
{
    struct arp arp = {ARP_REQUEST, h->mac, MAC_NONE, 0, address};

    h->probing = address;
    send_arp(h, MAC_BROADCAST, &arp, out);
}

void host_announce(struct host *h, struct outbox *out)
{
    struct arp arp = {ARP_REQUEST, h->mac, MAC_NONE, h->address, h->address};

    h->probing = 0;
    send_arp(h, MAC_BROADCAST, &arp, out);
}

static ipv4 next_hop(const struct host *h, ipv4 to)
{
    return h->mask && !ipv4_same_subnet(h->address, to, h->mask) && h->router ? h->router : to;
}

static struct host_neighbour *find(struct host *h, ipv4 address)
{
    for (size_t i = 0; i < HOST_NEIGHBOURS; i++)
        if (h->neighbour[i].address == address) return &h->neighbour[i];
    return NULL;
}

static struct host_neighbour *make(struct host *h, ipv4 address)
{
    struct host_neighbour *oldest = &h->neighbour[0];

    for (size_t i = 0; i < HOST_NEIGHBOURS; i++) {
        if (h->neighbour[i].address == 0) {
            oldest = &h->neighbour[i];
            break;
        }
        if (h->neighbour[i].used < oldest->used) oldest = &h->neighbour[i];
    }
    *oldest = (struct host_neighbour){.address = address, .due = NEVER};
    return oldest;
}

bool host_reach(struct host *h, usec now, ipv4 to, struct mac *next, struct outbox *out)
{
    if (h->address == 0 || to == 0) return false;
    ipv4 hop = next_hop(h, to);
    struct host_neighbour *n = find(h, hop);
    if (!n) n = make(h, hop);
    n->used = now;
    if (!mac_is_none(n->mac)) {
        *next = n->mac;
        return true;
    }
    if (n->due == NEVER) { /* not being asked: begin, or begin again */
        n->tries = 1;
        n->due = now + SECOND;
        ask_for(h, n, out);
    }
    return false;
}

bool host_known(const struct host *h, ipv4 to, struct mac *next)
{
    if (h->address == 0) return false;
    ipv4 hop = next_hop(h, to);
    for (size_t i = 0; i < HOST_NEIGHBOURS; i++) {
        if (h->neighbour[i].address != hop || mac_is_none(h->neighbour[i].mac)) continue;
        *next = h->neighbour[i].mac;
        return true;
    }
    return false;
}

bool host_unreachable(const struct host *h, ipv4 to)
{
    ipv4 hop = next_hop(h, to);

    for (size_t i = 0; i < HOST_NEIGHBOURS; i++) {
        const struct host_neighbour *n = &h->neighbour[i];
        if (n->address == hop && mac_is_none(n->mac) && n->due == NEVER) return true;
    }
    return false;
}

bool host_concerned(const struct host *h, ipv4 sender, ipv4 target)
{
    if (h->probing && (sender == h->probing || target == h->probing)) return true;
    if (h->address && (sender == h->address || target == h->address)) return true;
    for (size_t i = 0; sender && i < HOST_NEIGHBOURS; i++)
        if (h->neighbour[i].address == sender) return true;
    return false;
}

static void neighbour_due(struct host *h, usec now, struct host_neighbour *n, struct outbox *out)
{
    if (n->tries >= ARP_TRIES) { /* no answer: forgotten, whether it was new or a refresh */
        n->mac = MAC_NONE;
        n->due = NEVER;
        return;
    }
    if (!mac_is_none(n->mac) && n->tries == 0 && after(n->used, REFRESH) <= now) { /* not in use: no need to ask */
        *n = (struct host_neighbour){0};
        return;
    }
    n->tries++;
    n->due = now + (SECOND << (n->tries - 1));
    ask_for(h, n, out);
}

usec host_wake(struct host *h, usec now, struct outbox *out)
{
    usec due = NEVER;

    for (size_t i = 0; i < HOST_NEIGHBOURS; i++) {
        struct host_neighbour *n = &h->neighbour[i];
        if (n->address == 0) continue;
        if (n->due <= now) neighbour_due(h, now, n, out);
        if (n->address) due = earlier(due, n->due);
    }
    return due;
}

/* RFC 826: an entry that we hold is brought up to date by any ARP; a new one is made only when we asked. */
static bool learn(struct host *h, usec now, const struct arp *arp)
{
    struct host_neighbour *n = arp->sender ? find(h, arp->sender) : NULL;

    if (!n || mac_is_group(arp->sender_mac) || mac_is_none(arp->sender_mac)) return false;
    bool was_waiting = mac_is_none(n->mac);
    n->mac = arp->sender_mac;
    n->tries = 0;
    n->due = now + REFRESH;
    return was_waiting;
}

/* So that whoever took it, or learned it of him, hears that it is in use. */
static void defend(struct host *h, usec now, struct outbox *out)
{
    if (h->defended && now - h->defended < DEFEND_INTERVAL) return;
    h->defended = now;
    host_announce(h, out);
}

static enum host_heard hear_arp(struct host *h, usec now, struct host_frame *f, struct outbox *out)
{
    struct arp arp;

    if (!arp_decode(&arp, f->ethernet.payload, &f->why)) return HOST_MALFORMED;
    if (mac_equal(arp.sender_mac, h->mac)) return HOST_NOTHING;
    /* RFC 5227, 2.1.1: anybody who has the probed address, or probes for it at the same time; 2.4: or uses ours. */
    bool theirs = h->probing && (arp.sender == h->probing || (arp.sender == 0 && arp.target == h->probing));
    if (theirs || (h->address && arp.sender == h->address)) {
        f->mac = arp.sender_mac;
        if (!theirs) defend(h, now, out);
        return HOST_DUPLICATE;
    }
    bool resolved = learn(h, now, &arp);
    if (arp.op == ARP_REQUEST && h->address && arp.target == h->address) {
        struct arp answer = {ARP_REPLY, h->mac, arp.sender_mac, h->address, arp.sender};
        send_arp(h, arp.sender_mac, &answer, out);
    }
    return resolved ? HOST_RESOLVED : HOST_NOTHING;
}

static enum host_heard hear_icmp(struct host *h, struct host_frame *f, struct outbox *out)
{
    struct icmp icmp;

    if (!icmp_decode(&icmp, f->packet.payload, &f->why)) return HOST_MALFORMED;
    if (icmp.type != ICMP_ECHO || f->packet.to != h->address || f->packet.payload.len > 1480) return HOST_NOTHING;
    icmp.type = ICMP_ECHO_REPLY;
    struct ethernet e = voice_frame(h, f->ethernet.from, TYPE_IPV4);
    struct ipv4_packet p = {
        .from = h->address, .to = f->packet.from, .protocol = PROTOCOL_ICMP, .tos = f->packet.tos, .id = h->ip_id++};
    struct writer *w = put(out, (struct action){.kind = ACTION_FRAME});
    size_t frame = ethernet_begin(w, &e), packet = ipv4_begin(w, &p);
    icmp_encode(w, &icmp);
    ipv4_end(w, packet);
    ethernet_end(w, frame);
    return HOST_NOTHING;
}

static enum host_heard hear_ip(struct host *h, struct host_frame *f, struct outbox *out)
{
    if (!ipv4_decode(&f->packet, f->ethernet.payload, &f->why)) return HOST_MALFORMED;
    ipv4 subnet_broadcast = h->address | ~h->mask;
    bool ours = h->address && f->packet.to == h->address;
    bool broadcast = f->packet.to == IPV4_BROADCAST || (h->mask && f->packet.to == subnet_broadcast);
    if (f->packet.fragment) return HOST_NOTHING;
    switch (f->packet.protocol) {
    case PROTOCOL_UDP:
        /* Before an address, DHCP answers come to the address that is being offered: the MAC says that it is for us. */
        if (h->address && !ours && !broadcast) return HOST_NOTHING;
        return udp_decode(&f->udp, &f->packet, &f->why) ? HOST_UDP : HOST_MALFORMED;
    case PROTOCOL_TCP: return ours ? HOST_TCP : HOST_NOTHING;
    case PROTOCOL_ICMP: return ours ? hear_icmp(h, f, out) : HOST_NOTHING;
    default: return HOST_NOTHING;
    }
}

enum host_heard host_hear(struct host *h, usec now, struct bytes frame, struct host_frame *f, struct outbox *out)
{
    struct ethernet *e = &f->ethernet;

    if (!ethernet_decode(e, frame, &f->why)) return HOST_MALFORMED;
    if (mac_equal(e->from, h->mac)) return HOST_NOTHING;
    if (e->form != ETHERNET_II || e->type == TYPE_LLDP) return HOST_RAW;
    if (!mac_equal(e->to, h->mac) && !mac_equal(e->to, MAC_BROADCAST)) return HOST_NOTHING;
    bool tagged = e->tagged && e->vlan != 0; /* VLAN 0 is a priority tag: the untagged VLAN */
    if (h->vlan == VLAN_UNTAGGED ? tagged : !tagged || e->vlan != h->vlan) return HOST_NOTHING;
    switch (e->type) {
    case TYPE_ARP: return hear_arp(h, now, f, out);
    case TYPE_IPV4: return hear_ip(h, f, out);
    default: return HOST_NOTHING;
    }
}

struct host_datagram host_udp_begin_as(struct host *h, const struct host_class *class, struct mac next, ipv4 from,
                                       uint16_t from_port, ipv4 to, uint16_t to_port, struct outbox *out)
{
    struct ethernet e = voice_frame(h, next, TYPE_IPV4);
    struct ipv4_packet p = {.from = from, .to = to, .protocol = PROTOCOL_UDP, .tos = class->tos, .id = h->ip_id++};

    if (e.tagged) e.priority = class->priority;
    struct host_datagram d = {.w = put(out, (struct action){.kind = ACTION_FRAME}), .from = from, .to = to};

    d.frame = ethernet_begin(d.w, &e);
    d.packet = ipv4_begin(d.w, &p);
    d.udp = udp_begin(d.w, from_port, to_port);
    return d;
}

struct host_datagram host_udp_begin(struct host *h, struct mac next, ipv4 from, uint16_t from_port, ipv4 to,
                                    uint16_t to_port, struct outbox *out)
{
    return host_udp_begin_as(h, &(struct host_class){h->priority, PHONE_TOS}, next, from, from_port, to, to_port, out);
}

void host_udp_end(struct host_datagram *d)
{
    udp_end(d->w, d->udp, d->from, d->to);
    ipv4_end(d->w, d->packet);
    ethernet_end(d->w, d->frame);
}
