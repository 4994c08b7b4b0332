/* wire/icmp.h: ICMP echo (RFC 792). Other types decode with their type and code, and the rest as `data`.
 * Bad checksum or fewer than 8 bytes: refused. */
#ifndef WIRE_ICMP_H
#define WIRE_ICMP_H
#include "base/bytes.h"

enum icmp_type { ICMP_ECHO_REPLY = 0, ICMP_UNREACHABLE = 3, ICMP_ECHO = 8, ICMP_TIME_EXCEEDED = 11 };

struct icmp {
    uint8_t type, code;
    uint16_t id, sequence; /* echo and its reply; otherwise the two halves of the second word */
    struct bytes data;
};

bool icmp_decode(struct icmp *out, struct bytes in, struct fault *why);
void icmp_encode(struct writer *, const struct icmp *);
#endif
