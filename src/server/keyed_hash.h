/* server/keyed_hash.h: SipHash-1-3 (Aumasson and Bernstein, 2012) over a few bytes that strangers choose.
 *
 * With a key that they do not know they cannot make client identifiers that all fall into one chain.
 */
#ifndef SERVER_KEYED_HASH_H
#define SERVER_KEYED_HASH_H
#include "base/bytes.h"

uint64_t keyed_hash(const uint64_t key[2], struct bytes);
#endif
