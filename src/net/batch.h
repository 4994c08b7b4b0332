/* net/batch.h: messages that wait to be sent by sendmmsg(2): their bytes end to end, and where each goes.
 *
 * Used by net/packet.h and net/datagram.h. What a socket cannot take now stays, in order. Memory: grows up to `most`
 * bytes, and is given back when more than 1 MiB lies empty; past `most` a message is refused, and its owner counts it.
 */
#ifndef NET_BATCH_H
#define NET_BATCH_H
#include "base/address.h"

enum { BATCH_CALL = 64 }; /* messages a system call: more gains nothing */

struct batch_item {
    size_t at, len;
    struct endpoint from, to; /* datagrams only */
};

struct batch {
    uint8_t *bytes;
    struct batch_item *items;
    size_t len, size, most;
    size_t count, items_size;
    size_t sent; /* of `count` */
};

bool batch_add(struct batch *, struct bytes, const struct endpoint *from, const struct endpoint *to);
size_t batch_waiting(const struct batch *);                        /* messages */
const struct batch_item *batch_at(const struct batch *, size_t n); /* the n-th that waits */
void batch_sent(struct batch *, size_t n);                         /* the first n are gone */
void batch_discard(struct batch *);
void batch_free(struct batch *);
#endif
