/* net/stream.h: TCP streams for engines, over the kernel's own TCP.
 *
 * A stream belongs to an owner (the party's number) and has a number that is the owner's own: given by the owner when
 * it opens one, or by the listener when it accepts one (from STREAM_ACCEPTED up, never twice).
 *
 * Takes   OPEN, WRITE, CLOSE by stream_act (or the calls below), one whole message a WRITE.
 * Gives   to the callback, which passes it to loop_deliver: EVENT_UP (`from`: the end that opened, `to`: the end that
 *         accepted), EVENT_DATA (exactly one whole message, borrowed), EVENT_DOWN (then the stream is gone, its number
 *         free).
 * Framing a pure function: the length of the first whole message, 0 if more is needed, SIZE_MAX if it cannot be one
 *         (DOWN_MALFORMED, and the connection is reset). A message has 64 KiB at most.
 * Order   messages wait for the loop's flush. What the kernel does not take then waits; more than 64 KiB: DOWN_SLOW,
 *         and the connection is reset. After a close in order the rest is sent first, for 5 s at most.
 * Memory  sizeof(struct stream) each, some 300 bytes; buffers only while something waits in part.
 * Errors  a source address that cannot be bound: DOWN_UNREACHABLE, and no attempt (the kernel would choose another
 *         address). A WRITE or CLOSE of a stream that is not there is ignored: its DOWN is on its way. Out of
 *         descriptors while accepting: the listener rests until a stream has gone, 100 ms at least.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H
#include "net/arrival.h"
#include "net/error.h"
#include "net/loop.h"

enum {
    STREAM_MESSAGE_MOST = 65536,
    STREAM_UNSENT_MOST = 65536,
    STREAM_ACCEPTED = 1, /* the first number that a set gives to an accepted stream */
    LISTENERS_MOST = 32,
    LISTEN_BACKLOG = 65535, /* the kernel takes the lesser of this and somaxconn; 128 loses SYNs in a storm */
};

typedef size_t frame_fn(struct bytes);
typedef void stream_fn(void *context, uint32_t owner, const struct event *);

struct stream; /* in stream_parts.h */
struct streams;

struct listener {
    struct streams *set;
    uv_poll_t *poll;
    int fd;       /* -1: down */
    bool resting; /* no descriptors left */
    bool used;
    ipv4 address;
    uint16_t port;
    uint32_t owner;
    frame_fn *frame;
    const struct arrivals *from; /* NULL: any */
};

struct stream_counts {
    uint64_t opened, accepted;
    uint64_t rests; /* times that a listener ran out of descriptors */
    uint32_t open;
};

struct streams {
    struct loop *loop;
    stream_fn *deliver;
    void *context;
    uint8_t tos; /* the whole TOS byte of what is sent, SYN-ACKs too; set before stream_listen and stream_open */
    bool reset_at_close;   /* may be set at any time */
    struct stream **table; /* by owner and number */
    uint32_t table_size;
    struct stream *all, *dirty;
    uint32_t next_accepted;
    struct listener listeners[LISTENERS_MOST];
    uv_timer_t timer; /* listeners at rest, closes that take too long */
    uint8_t *scratch;
    struct stream_counts counts;
    uint32_t service; /* as that of net/packet.h: what is told, and what stream_act does */
};

/* reset_at_close: SO_LINGER 0 at every close: the other side sees a reset, nothing stays in the kernel; for a lab's
 * end. */
int streams_init(struct streams *, struct loop *, stream_fn *, void *context); /* 0 or a negative errno */
void streams_close(struct streams *); /* all, without a DOWN; the struct lives until the loop has turned once */

/* A listener; returns its number or a negative errno. address 0: any. port 0: the kernel's choice, see
 * listener.port. */
int stream_listen(struct streams *, uint32_t owner, ipv4 address, uint16_t port, frame_fn *, struct net_error *why);
/* Who comes from now on must arrive by these interfaces (net/arrival.h), whose list outlives the set; NULL: by any. To
 * be called again when the list has changed. Connections that are there stay. */
int stream_listener_from(struct streams *, int listener, const struct arrivals *, struct net_error *why);
/* The port refuses, and every connection that came by it is reset: DOWN_RESET to its owner. */
void stream_listener_down(struct streams *, int listener);
int stream_listener_up(struct streams *, int listener, struct net_error *why);
/* Down, and up at another address of this machine. */
int stream_listener_move(struct streams *, int listener, ipv4 address, struct net_error *why);

/* from.address 0: the kernel's choice; from.port 0: the kernel's choice, else that one, though it be in TIME_WAIT. A
 * number that is in use: the older stream is reset first, without a DOWN. UP or DOWN follows. */
void stream_open(struct streams *, uint32_t owner, uint32_t number, struct endpoint from, struct endpoint to,
                 frame_fn *);
void stream_write(struct streams *, uint32_t owner, uint32_t number, struct bytes message);
void stream_close(struct streams *, uint32_t owner, uint32_t number); /* in order; no DOWN follows */
void stream_vanish(struct streams *, uint32_t owner,
                   uint32_t number); /* as by loss of power: nothing leaves (TCP_REPAIR);
                                                                          a reset where the kernel refuses that */
void stream_reset(struct streams *, uint32_t owner, uint32_t number);
void streams_vanish(struct streams *, uint32_t owner); /* all of an owner's */
/* ACTION_OPEN, ACTION_WRITE, ACTION_CLOSE; false for any other action. `frame` is for OPEN. */
bool stream_act(struct streams *, uint32_t owner, const struct action *, struct bytes payload, frame_fn *frame);
void streams_discard(struct streams *); /* drops the messages given since the last flush (a store failed) */
#endif
