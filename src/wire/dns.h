/* wire/dns.h: the question for a name's IPv4 address, and its answer (RFC 1035).
 *
 * Of an answer the first A record counts, whatever aliases stand before it: a resolver that was asked to recurse puts
 * them in order (RFC 1034, 3.6.2). Names in an answer are passed over, not read; a compressed one ends at its pointer.
 * Garbage: fewer than 12 bytes, a question instead of an answer, a label type that there is not (RFC 1035, 4.1.4), a
 * record beyond the end before an address was found: refused. What stands behind the address is not looked at.
 */
#ifndef WIRE_DNS_H
#define WIRE_DNS_H
#include "base/address.h"

enum { DNS_PORT = 53, DNS_LABEL = 63, DNS_NAME = 253 };
enum dns_code { DNS_NO_ERROR = 0, DNS_FORMAT = 1, DNS_FAILURE = 2, DNS_NO_SUCH_NAME = 3, DNS_REFUSED = 5 };

struct dns_answer {
    uint16_t id;
    uint8_t code;
    ipv4 address; /* 0: it has none */
};

/* Letters, digits, "-" and "_" in labels of 1 to DNS_LABEL, with dots between, and one at the end or not; no dotted
 * address. */
bool dns_name(struct bytes);
void dns_question_encode(struct writer *, uint16_t id, struct bytes name); /* nothing when it is no dns_name */
bool dns_answer_decode(struct dns_answer *out, struct bytes in, struct fault *why);
#endif
