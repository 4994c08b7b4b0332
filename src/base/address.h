/* base/address.h: MAC and IPv4 addresses as values, and their text.
 *
 * An IPv4 address is a number in host order: 10.0.0.1 is 0x0a000001; 0 means "none".
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H
#include "base/bytes.h"

typedef uint32_t ipv4;

struct mac {
    uint8_t byte[6];
};

#define IPV4(a, b, c, d) ((ipv4)(a) << 24 | (ipv4)(b) << 16 | (ipv4)(c) << 8 | (ipv4)(d))
#define IPV4_BROADCAST   ((ipv4)0xffffffff)
extern const struct mac MAC_BROADCAST, MAC_NONE;

/* One end of a datagram or stream. `mac` is used only where an answer must reach a client that has no address yet
 * (DHCP): not MAC_NONE, it says to which hardware address `address` belongs, so that nobody is asked by ARP. */
struct endpoint {
    ipv4 address;
    uint16_t port;
    struct mac mac;
};

bool mac_equal(struct mac, struct mac);
bool mac_is_none(struct mac);
bool mac_is_group(struct mac); /* multicast or broadcast */
struct mac read_mac(struct reader *);
void write_mac(struct writer *, struct mac);
uint64_t mac_number(struct mac); /* 48 bits, as one reads them */
struct mac mac_from_number(uint64_t);

enum { MAC_TEXT = 18, IPV4_TEXT = 16 };              /* with the NUL */
const char *mac_text(char to[MAC_TEXT], struct mac); /* 02:00:00:00:00:01; returns `to` */
const char *ipv4_text(char to[IPV4_TEXT], ipv4);     /* 10.0.0.1; returns `to` */
void write_ipv4_text(struct writer *, ipv4);
bool mac_parse(struct bytes, struct mac *out); /* with `:`, `-` or `.` between, or 12 hex digits alone */
bool ipv4_parse(struct bytes, ipv4 *out);      /* four decimal numbers, no leading zeros, nothing around them */
bool ipv4_same_subnet(ipv4, ipv4, ipv4 mask);
ipv4 ipv4_mask(unsigned prefix); /* 24: 255.255.255.0; above 32: as 32 */
unsigned ipv4_prefix(ipv4 mask); /* its leading ones */
#endif
