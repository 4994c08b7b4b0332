#include "phone/heed.h"
#include "wire/dhcp.h"
#include "wire/ipv4_udp.h"
#include <string.h>

enum { TYPE_AT = 12, ARP_SENDER_AT = 14, ARP_TARGET_AT = 24, CHADDR_AT = 28 };

static uint32_t be32_at(struct bytes b, size_t at)
{
    return (uint32_t)b.at[at] << 24 | (uint32_t)b.at[at + 1] << 16 | (uint32_t)b.at[at + 2] << 8 | b.at[at + 3];
}

/* What a broadcast is about, as far as a phone may be spared it. */
struct topic {
    enum { TOPIC_ANY, TOPIC_NOBODY, TOPIC_CLIENT, TOPIC_ARP } kind;
    const uint8_t *chaddr; /* TOPIC_CLIENT */
    ipv4 sender, target;   /* TOPIC_ARP */
};

/* DHCP to a server is nobody's here; an answer is his who is named in it (RFC 2131, chaddr). */
static struct topic topic_of_packet(struct bytes packet)
{
    size_t udp = packet.len ? (size_t)(packet.at[0] & 15) * 4 : 0;

    if (packet.len < udp + 8 + CHADDR_AT + 6 || packet.at[9] != PROTOCOL_UDP || packet.at[6] & 0x3f || packet.at[7])
        return (struct topic){.kind = TOPIC_ANY};
    uint32_t port = be32_at(packet, udp) & 0xffff;
    if (port == DHCP_SERVER_PORT) return (struct topic){.kind = TOPIC_NOBODY};
    if (port != DHCP_CLIENT_PORT) return (struct topic){.kind = TOPIC_ANY};
    return (struct topic){.kind = TOPIC_CLIENT, .chaddr = packet.at + udp + 8 + CHADDR_AT};
}

static struct topic topic_of(struct bytes behind)
{
    uint32_t type = (uint32_t)behind.at[0] << 8 | behind.at[1];
    struct bytes rest = bytes_from(behind, 2);

    if (type == TYPE_IPV4) return topic_of_packet(rest);
    if (type != TYPE_ARP || rest.len < ARP_TARGET_AT + 4) return (struct topic){.kind = TOPIC_ANY};
    return (struct topic){
        .kind = TOPIC_ARP, .sender = be32_at(rest, ARP_SENDER_AT), .target = be32_at(rest, ARP_TARGET_AT)};
}

static bool awake(const struct phone *p)
{
    return p->doing > DOING_LINK && p->doing != DOING_DEAD && p->carrier;
}

bool phone_heeds_broadcast(const struct phone *p, struct bytes behind)
{
    if (behind.len < 2) return true;
    if (!awake(p)) return false;
    struct topic t = topic_of(behind);
    switch (t.kind) {
    case TOPIC_ANY: return true;
    case TOPIC_NOBODY: return false;
    case TOPIC_CLIENT: return memcmp(t.chaddr, p->host.mac.byte, sizeof p->host.mac.byte) == 0;
    case TOPIC_ARP: return host_concerned(&p->host, t.sender, t.target);
    }
    return true;
}

bool phone_heeds(const struct phone *p, struct bytes frame)
{
    size_t at = TYPE_AT;

    if (frame.len < TYPE_AT + 6 || memcmp(frame.at, MAC_BROADCAST.byte, 6) != 0) return true;
    if (frame.at[at] == 0x81 && frame.at[at + 1] == 0) at += 4;
    return phone_heeds_broadcast(p, bytes_from(frame, at));
}

/* --- marks --- */

static const uint64_t ANYBODY = (uint64_t)1 << 63, AWAKE = (uint64_t)1 << 62;
/* Phones of one switch have neighbouring addresses: the last bits tell them apart. Next hops are apart from a phone's
 * own addresses: all have the same router, and whoever asks for it by ARP does not mean them. */
enum { OWN_MARKS = 28, HOP_MARKS = 16, MAC_MARKS = 18 };

static uint64_t mark_of_own(ipv4 a)
{
    return a ? (uint64_t)1 << a % OWN_MARKS : 0;
}

static uint64_t mark_of_hop(ipv4 a)
{
    return a ? (uint64_t)1 << (OWN_MARKS + a % HOP_MARKS) : 0;
}

static uint64_t mark_of_mac(const uint8_t *mac)
{
    return (uint64_t)1 << (OWN_MARKS + HOP_MARKS + mac[5] % MAC_MARKS);
}

uint64_t phone_concern(const struct phone *p)
{
    const struct host *h = &p->host;

    if (!awake(p)) return ANYBODY;
    uint64_t marks = ANYBODY | AWAKE | mark_of_mac(h->mac.byte) | mark_of_own(h->address) | mark_of_own(h->probing);
    for (size_t i = 0; i < HOST_NEIGHBOURS; i++) marks |= mark_of_hop(h->neighbour[i].address);
    return marks;
}

uint64_t broadcast_concern(struct bytes behind)
{
    if (behind.len < 2) return ANYBODY;
    struct topic t = topic_of(behind);
    switch (t.kind) {
    case TOPIC_ANY: return AWAKE;
    case TOPIC_NOBODY: return 0;
    case TOPIC_CLIENT: return mark_of_mac(t.chaddr);
    case TOPIC_ARP: return mark_of_own(t.sender) | mark_of_hop(t.sender) | mark_of_own(t.target);
    }
    return ANYBODY;
}
