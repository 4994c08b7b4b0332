/* wire/ipv4_udp.h: IPv4 (RFC 791) and UDP (RFC 768), checksums included.
 *
 * Garbage: version, header length, total length beyond the input, bad header checksum: refused. Fragments decode (see
 * `fragment`), their payload is not a whole datagram: the caller decides (a phone drops them). UDP: length below 8 or
 * beyond the packet, bad checksum (0 means none): refused. Bytes behind the total length (padding) are ignored.
 */
#ifndef WIRE_IPV4_UDP_H
#define WIRE_IPV4_UDP_H
#include "base/address.h"

enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

struct ipv4_packet {
    ipv4 from, to;
    uint8_t protocol, tos, ttl; /* tos: the whole byte; ttl 0 when encoding means 64 */
    uint16_t id;
    bool dont_fragment;
    bool fragment;        /* decode: part of a fragmented datagram */
    struct bytes options; /* decode only */
    struct bytes payload; /* decode only */
};

struct udp {
    uint16_t from, to;
    struct bytes payload;
};

bool ipv4_decode(struct ipv4_packet *out, struct bytes in, struct fault *why);
size_t ipv4_begin(struct writer *, const struct ipv4_packet *); /* writes a 20-byte header, then the payload follows */
void ipv4_end(struct writer *, size_t begun);                   /* sets the total length and the header checksum */

/* The addresses are those of the packet: the pseudo-header counts into the checksum. */
bool udp_decode(struct udp *out, const struct ipv4_packet *, struct fault *why);
size_t udp_begin(struct writer *, uint16_t from, uint16_t to);
void udp_end(struct writer *, size_t begun, ipv4 from, ipv4 to);

uint16_t internet_checksum(struct bytes,
                           uint32_t start); /* RFC 1071; `start`: a sum to begin with, e.g. a pseudo-header */
#endif
