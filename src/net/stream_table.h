/* net/stream_table.h: for net/stream.c and net/listener.c only: a stream, and where it is found by owner and number.
 *
 * A stream stands in one chain of the table while its number is taken (connecting, up), in the list of all until it is
 * gone, and in the list of the dirty while messages wait for the flush.
 */
#ifndef NET_STREAM_TABLE_H
#define NET_STREAM_TABLE_H
#include "net/stream.h"
#include <netinet/in.h>

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

bool stream_table_grow(struct streams *); /* room for one more; false: no memory, and no table at all yet */
void stream_table_free(struct streams *);
void stream_table_add(struct streams *, struct stream *);
void stream_table_remove(struct streams *, struct stream *); /* from everywhere */
struct stream *stream_find(struct streams *, uint32_t owner, uint32_t number);
void stream_linger(struct streams *, struct stream *, unsigned ticks); /* its number is free */
void stream_soil(struct streams *, struct stream *);
void stream_clean(struct streams *, struct stream *);

bool stream_accepted(struct listener *, int fd, const struct sockaddr_in *peer); /* false: no memory */
void streams_reset_accepted(struct streams *, int listener);
void streams_tick(uv_timer_t *);
void listener_resume(struct listener *);
void listener_close(struct listener *);
#endif
