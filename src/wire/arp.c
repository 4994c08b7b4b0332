#include "wire/arp.h"
#include "wire/ethernet.h"

enum { HARDWARE_ETHERNET = 1 }; /* RFC 826, ar$hrd */

bool arp_decode(struct arp *out, struct bytes in, struct fault *why)
{
    struct reader r = reader(in, why);

    if (read_be16(&r) != HARDWARE_ETHERNET) refuse(&r, FAULT_VALUE, "ARP hardware type");
    if (read_be16(&r) != TYPE_IPV4) refuse(&r, FAULT_VALUE, "ARP protocol type");
    if (read_u8(&r) != sizeof out->sender_mac.byte) refuse(&r, FAULT_VALUE, "ARP hardware address length");
    if (read_u8(&r) != sizeof out->sender) refuse(&r, FAULT_VALUE, "ARP protocol address length");
    uint16_t op = read_be16(&r);
    if (op != ARP_REQUEST && op != ARP_REPLY) refuse(&r, FAULT_VALUE, "ARP operation");
    out->op = (enum arp_op)op;
    out->sender_mac = read_mac(&r);
    out->sender = read_be32(&r);
    out->target_mac = read_mac(&r);
    out->target = read_be32(&r);
    return sound(&r);
}

void arp_encode(struct writer *w, const struct arp *a)
{
    write_be16(w, HARDWARE_ETHERNET);
    write_be16(w, TYPE_IPV4);
    write_u8(w, sizeof a->sender_mac.byte);
    write_u8(w, sizeof a->sender);
    write_be16(w, (uint16_t)a->op);
    write_mac(w, a->sender_mac);
    write_be32(w, a->sender);
    write_mac(w, a->target_mac);
    write_be32(w, a->target);
}
