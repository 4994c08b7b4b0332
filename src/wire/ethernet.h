/* wire/ethernet.h: Ethernet frames without FCS: Ethernet II, IEEE 802.1Q tag, IEEE 802.3 with LLC or LLC/SNAP.
 *
 * Decoding an 802.3 frame trusts its length field: padding behind it is not payload. An Ethernet II payload keeps its
 * padding (the next layer knows its own length).
 * Garbage: shorter than its header, an 802.3 length beyond the frame, a second tag: refused with a fault.
 */
#ifndef WIRE_ETHERNET_H
#define WIRE_ETHERNET_H
#include "base/address.h"

enum { ETHERNET_MOST = 1518, ETHERNET_LEAST = 60 };
enum { TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806, TYPE_VLAN = 0x8100, TYPE_LLDP = 0x88cc };
enum { SNAP_CISCO = 0x00000c, SNAP_CDP = 0x2000 };

enum ethernet_form { ETHERNET_II, ETHERNET_SNAP, ETHERNET_LLC };

struct ethernet {
    struct mac to, from;
    bool tagged;
    uint8_t priority;   /* 802.1Q PCP, 0 to 7 */
    bool drop_eligible; /* 802.1Q DEI */
    uint16_t vlan;      /* 802.1Q VID, 0 to 4095; 0: priority tag */
    enum ethernet_form form;
    uint16_t type;               /* ETHERNET_II: EtherType; SNAP: protocol id */
    uint32_t oui;                /* SNAP */
    uint8_t dsap, ssap, control; /* LLC; for SNAP always AA AA 03 */
    struct bytes payload;        /* decode only */
};

bool ethernet_decode(struct ethernet *out, struct bytes in, struct fault *why);
/* Writes the header; then the payload is written in place; then ethernet_end with what begin returned sets the 802.3
 * length and pads the frame to 60 bytes (64 with a tag, so that it is legal on both sides of a tag). */
size_t ethernet_begin(struct writer *, const struct ethernet *);
void ethernet_end(struct writer *, size_t begun);
#endif
