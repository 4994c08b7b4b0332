/* net/stream_parts.h: what the files of net/stream.h share. Internal to them.
 *
 *   stream.c          a stream from its opening to its end, and the set of all
 *   stream_table.c    where a stream is found. It stands in one chain of the table while its number is taken
 *                     (connecting, up), in the list of all until it is gone, and in the list of the dirty while
 *                     messages wait for the flush
 *   stream_receive.c  what the kernel brings: whole messages
 *   stream_send.c     what the kernel is to take: messages, at the flush
 *   listener.c        who may come, and where
 */
#ifndef NET_STREAM_PARTS_H
#define NET_STREAM_PARTS_H
#include "net/stream.h"
#include <netinet/in.h>

enum { STREAM_SCRATCH = 2 * STREAM_MESSAGE_MOST }; /* streams.scratch: a part of a message, and what comes behind it */
enum stream_ending { STREAM_IN_ORDER, STREAM_BY_RESET, STREAM_SILENT };
enum stream_state { STREAM_CONNECTING, STREAM_UP, STREAM_LINGERING, STREAM_GONE };

struct stream {
    uv_poll_t poll;
    struct streams *set;
    struct stream *chain;           /* of the table */
    struct stream *next, *previous; /* of all */
    struct stream *next_dirty, *previous_dirty;
    uint32_t owner, number;
    int fd, events, listener;
    enum stream_state state;
    bool dirty;
    unsigned ticks; /* left to a lingering one */
    frame_fn *frame;
    struct endpoint from, to;
    uint8_t *part, *unsent;
    size_t part_len;
    size_t unsent_at, unsent_len, unsent_size;
    size_t settled; /* of unsent_len: was there at the last flush */
};

/* stream_table.c */
bool stream_table_grow(struct streams *); /* room for one more; false: no memory, and no table at all yet */
void stream_table_free(struct streams *);
void stream_table_add(struct streams *, struct stream *);
void stream_table_remove(struct streams *, struct stream *); /* from everywhere */
struct stream *stream_find(struct streams *, uint32_t owner, uint32_t number);
void stream_linger(struct streams *, struct stream *, unsigned ticks); /* its number is free */
void stream_soil(struct streams *, struct stream *);
void stream_clean(struct streams *, struct stream *);

/* stream.c */
enum down stream_down_by(int error); /* of errno */
void stream_tell(struct stream *, struct event);
void stream_listen_for(struct stream *, int events); /* UV_READABLE, UV_WRITABLE */
/* At once: it is in no list, and its socket is closed. Its memory goes when libuv lets go of it. */
void stream_end(struct stream *, enum stream_ending);
void stream_end_and_tell(struct stream *, enum down);
bool stream_accepted(struct listener *, int fd, const struct sockaddr_in *peer); /* false: no memory */
void streams_reset_accepted(struct streams *, int listener);
void streams_tick(uv_timer_t *);

/* stream_receive.c */
void stream_receive(struct stream *); /* it is up: each whole message is told. It may be gone then */
/* It lingers: what comes is of no interest, only the end of the other side is. */
void stream_receive_in_vain(struct stream *);

/* stream_send.c */
/* Sends the first `limit` bytes of what waits: all at a flush, between flushes only what an earlier one has released.
 * What the kernel does not take stays. False when the stream is gone. */
bool stream_send_waiting(struct stream *, size_t limit);
void streams_flush(void *set);

/* listener.c */
void listener_resume(struct listener *);
void listener_close(struct listener *);
#endif
