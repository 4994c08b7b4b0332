/* wire/arp.h: ARP for IPv4 over Ethernet (RFC 826; probe and announcement RFC 5227). Payload of EtherType 0x0806.
 * Other hardware or protocol types, lengths or operations: FAULT_VALUE. Bytes behind (padding) are ignored. */
#ifndef WIRE_ARP_H
#define WIRE_ARP_H
#include "base/address.h"

enum arp_op { ARP_REQUEST = 1, ARP_REPLY = 2 };

struct arp {
    enum arp_op op;
    struct mac sender_mac, target_mac;
    ipv4 sender, target; /* a probe has sender 0 */
};

bool arp_decode(struct arp *out, struct bytes in, struct fault *why);
void arp_encode(struct writer *, const struct arp *);
#endif
