/* net/channel.h: events and actions of streams between two processes of one lab, over a stream socket of the kernel's.
 *
 * Takes   messages; they leave at the loop's flush, in order.
 * Gives   each message that comes to `hear`; its bytes are borrowed until that returns. NULL: the other end is gone.
 * Blocks  one end may wait in its flush until the other has read (`patient`), the other must not, or both would wait:
 *         what the socket does not take stays in memory then.
 * Memory  what waits, and 256 KiB to read into.
 * Garbage there is none: both ends are the same program, forked from one process.
 */
#ifndef NET_CHANNEL_H
#define NET_CHANNEL_H
#include "net/error.h"
#include "net/loop.h"

/* Beside the kinds of events (front to servers) and of actions (servers to front), which have numbers below it. */
enum {
    CHANNEL_LISTEN = 100
}; /* servers to front: `why` 1: the port listens, 0: it refuses and its streams are reset */

struct channel_message {
    uint8_t kind, why;
    uint16_t news;
    uint32_t stream;
    struct endpoint from, to;
    struct bytes bytes;
};

typedef void channel_fn(void *context, const struct channel_message *);

struct channel {
    struct loop *loop;
    int fd; /* -1: closed */
    bool patient;
    uv_poll_t poll;
    channel_fn *hear;
    void *context;
    uint8_t *in, *out;
    size_t in_len, out_len, out_size;
};

/* Takes `fd` over. Register a journal's flush before (net/loop.h). The struct must not move. 0 or a negative errno. */
int channel_open(struct channel *, struct loop *, int fd, bool patient, channel_fn *, void *context,
                 struct net_error *why);
void channel_put(struct channel *, const struct channel_message *);
void channel_free(struct channel *); /* once its loop was closed */
#endif
