/* net/event_queue.h: events that wait for their parties: first in, first out, their bytes copied with them.
 *
 * Memory: one ring, doubled when it is full, given back when it is empty and larger than 1 MiB. Records are aligned to
 * 8 bytes and never wrap: where one does not fit before the end, the rest of the ring is passed over.
 * Errors: no memory, or more than 256 MiB waiting: false, and the queue is as it was.
 */
#ifndef NET_EVENT_QUEUE_H
#define NET_EVENT_QUEUE_H
#include "base/engine.h"

struct event_queue {
    uint8_t *ring;
    size_t size; /* a power of two, or 0 */
    size_t head; /* where the oldest record begins */
    size_t used; /* bytes from head on, passed-over ones included */
};

bool queue_put(struct event_queue *, uint32_t party, const struct event *);
/* The oldest: its bytes lie in the ring until queue_drop, and queue_put may move them. */
bool queue_first(const struct event_queue *, uint32_t *party, struct event *);
void queue_drop(struct event_queue *);
void queue_free(struct event_queue *);
#endif
