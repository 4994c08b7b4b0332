/* switch/relay.h: what a DHCP relay agent does to a message (RFC 1542, 4.1; RFC 3046). Pure.
 *
 * The message is passed on byte for byte but for hops, giaddr and option 82: no option is lost, whatever it is.
 * A message that does not decode (wire/dhcp.h) is refused with its fault; one that a relay must not pass (hops 16 or
 * more, our own giaddr coming back, option 82 from a client when we would add ours) with FAULT_NONE. Nothing is
 * written then.
 */
#ifndef SWITCH_RELAY_H
#define SWITCH_RELAY_H
#include "base/address.h"

struct relay_agent {
    ipv4 address; /* of the interface that the client is at: giaddr */
    bool option_82;
    uint16_t vlan; /* of the circuit id, in the form of IOS: type 0, length 4, VLAN, module 0, port */
    uint32_t port;
    struct mac mac; /* the remote id: type 0, length 6 */
};

/* Where a reply goes: RFC 2131, 4.1. */
struct relay_client {
    ipv4 giaddr, address; /* 255.255.255.255: to all */
    struct mac mac;
};

bool relay_to_server(struct writer *out, struct bytes in, const struct relay_agent *, struct fault *why);
bool relay_to_client(struct writer *out, struct bytes in, bool option_82, struct relay_client *, struct fault *why);
#endif
