#include "sim/host.h"
#include "wire/arp.h"
#include "wire/ethernet.h"
#include "wire/icmp.h"
#include "wire/ipv4_udp.h"

void sim_host_init(struct sim_host *h, struct mac mac, const ipv4 *addresses, uint8_t count, struct sim_peer *peer)
{
    *h = (struct sim_host){.mac = mac, .addresses = count, .peer = peer};
    for (uint8_t i = 0; i < count && i < HOST_ADDRESSES; i++) h->address[i] = addresses[i];
}

void sim_host_route(struct sim_host *h, ipv4 own, struct mac router)
{
    if (h->addresses < HOST_ADDRESSES) h->address[h->addresses++] = own;
    h->peer = NULL;
    h->router = router;
}

static bool ours(const struct sim_host *h, ipv4 address)
{
    for (uint8_t i = 0; i < h->addresses; i++)
        if (h->address[i] == address) return true;
    return false;
}

static size_t place(ipv4 address)
{
    return (address * 2654435761u >> 16) % HOST_PEERS;
}

static void hear_arp(struct sim_host *h, const struct ethernet *e, struct writer *reply)
{
    struct arp arp;
    struct fault why;

    if (!arp_decode(&arp, e->payload, &why) || arp.op != ARP_REQUEST || !ours(h, arp.target)) return;
    struct arp answer = {ARP_REPLY, h->mac, arp.sender_mac, arp.target, arp.sender};
    struct ethernet out = {.to = arp.sender_mac, .from = h->mac, .type = TYPE_ARP};
    size_t begun = ethernet_begin(reply, &out);
    arp_encode(reply, &answer);
    ethernet_end(reply, begun);
}

static void hear_icmp(struct sim_host *h, const struct ethernet *e, const struct ipv4_packet *p, struct writer *reply)
{
    struct icmp icmp;
    struct fault why;

    if (!ours(h, p->to) || !icmp_decode(&icmp, p->payload, &why) || icmp.type != ICMP_ECHO) return;
    icmp.type = ICMP_ECHO_REPLY;
    struct ethernet out = {.to = e->from, .from = h->mac, .type = TYPE_IPV4};
    struct ipv4_packet back = {.from = p->to, .to = p->from, .protocol = PROTOCOL_ICMP, .id = h->id++};
    size_t frame = ethernet_begin(reply, &out), packet = ipv4_begin(reply, &back);
    icmp_encode(reply, &icmp);
    ipv4_end(reply, packet);
    ethernet_end(reply, frame);
}

bool sim_host_hear(struct sim_host *h, struct bytes frame, struct event *out, struct writer *reply)
{
    struct ethernet e;
    struct ipv4_packet p;
    struct udp u;
    struct fault why;

    if (!ethernet_decode(&e, frame, &why) || e.tagged || e.form != ETHERNET_II) return false;
    if (!mac_equal(e.to, h->mac) && !mac_equal(e.to, MAC_BROADCAST)) return false;
    if (e.type == TYPE_ARP) hear_arp(h, &e, reply);
    if (e.type != TYPE_IPV4 || !ipv4_decode(&p, e.payload, &why) || p.fragment) return false;
    if (p.protocol == PROTOCOL_ICMP) hear_icmp(h, &e, &p, reply);
    if (p.protocol != PROTOCOL_UDP || (!ours(h, p.to) && p.to != IPV4_BROADCAST) || !udp_decode(&u, &p, &why))
        return false;
    if (p.from && h->peer) {
        size_t at = place(p.from);
        h->peer[at].address = p.from;
        h->peer[at].mac = e.from;
    }
    *out = (struct event){.kind = EVENT_DATAGRAM,
                          .from = {.address = p.from, .port = u.from},
                          .to = {.address = p.to, .port = u.to},
                          .bytes = u.payload};
    return true;
}

bool sim_host_send(struct sim_host *h, struct endpoint from, struct endpoint to, struct bytes payload,
                   struct writer *frame)
{
    const size_t at = place(to.address);
    struct mac next = to.address == IPV4_BROADCAST ? MAC_BROADCAST : to.mac;

    if (!h->peer)
        next = h->router;
    else if (mac_is_none(next) && h->peer[at].address == to.address)
        next = h->peer[at].mac;
    if (mac_is_none(next)) return false;
    struct ethernet e = {.to = next, .from = h->mac, .type = TYPE_IPV4};
    struct ipv4_packet p = {
        .from = from.address ? from.address : h->address[0], .to = to.address, .protocol = PROTOCOL_UDP, .id = h->id++};
    size_t begun = ethernet_begin(frame, &e), packet = ipv4_begin(frame, &p),
           udp = udp_begin(frame, from.port, to.port);
    write_bytes(frame, payload);
    udp_end(frame, udp, p.from, p.to);
    ipv4_end(frame, packet);
    ethernet_end(frame, begun);
    return !frame->full;
}
