/* net/loop.h: the driver of engines: one libuv loop, one timer for all wake times, one queue of events.
 *
 * A party is an engine with its step function and a handler for its actions. An event for a party is delivered at once
 * if nothing else is under way, else it is copied into a queue (first in, first out): a handler may deliver to any
 * party, also its own, and nothing ever recurses. One turn of the loop handles LOOP_TURN steps at most, then what was
 * sent leaves (loop_on_flush), the sockets are polled, and the rest follows.
 *
 * Time    loop_now: microseconds of CLOCK_MONOTONIC since config.start. Wakes are late by what is under way, never
 *         early.
 * Wakes   A party whose step returns a moment not after now is woken again as soon as its actions were handled, in turn
 *         with the queue. If a wake puts nothing and asks again for now or before (a bug of the engine), that is
 *         counted, reported, and the party waits 1 ms: a spinning engine starves nobody.
 * Memory  all of it at init, but the queue, which grows as needed and shrinks once it is empty.
 * Errors  What does not fit in the outbox is counted and reported (LOOP_OVERFLOW): the actions that are surely whole
 *         are handled, those after them are dropped. No memory for the queue: the event is dropped, counted, and
 *         reported.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H
#include "base/engine.h"
#include "base/timers.h"
#include "net/event_queue.h"
#include "net/meter.h"
#include <uv.h>

enum {
    LOOP_TURN = 4096, /* steps between two polls of the sockets */
    LOOP_FLUSHERS_MOST = 96,
    LOOP_LOOKS = 64,     /* turns in a row without a poll, */
    LOOP_LOOKS_MSEC = 2, /* and for how long */
};

/* Handles one action of `party`, at once; `payload` is borrowed until it returns. */
typedef void action_fn(void *context, uint32_t party, const struct action *, struct bytes payload);
typedef void flush_fn(void *context);
enum looked { LOOK_NOTHING, LOOK_DELIVERED, LOOK_SETTLED };
typedef enum looked look_fn(void *context, int wait_ms); /* wait_ms as of epoll_wait(2) */

struct party {
    step_fn *step;
    void *engine;
    action_fn *act;
    void *context; /* for `act` */
};

enum loop_trouble {
    LOOP_OVERFLOW, /* a step put more than the outbox holds */
    LOOP_SPIN,     /* a wake put nothing and asked to be woken at once */
    LOOP_MEMORY,   /* an event was dropped: no memory for the queue */
};

struct loop_config {
    uint32_t parties_most;
    uint32_t outbox_actions; /* 0: 1,024 */
    size_t outbox_bytes;     /* 0: 1 MiB */
    usec start;              /* zero of loop_now, on monotonic_now's scale; 0: now. The same in several processes */
    void (*trouble)(void *context, uint32_t party, enum loop_trouble); /* may be NULL */
    /* After each step, before its actions are handled: a recorder. May be NULL. */
    void (*stepped)(void *context, uint32_t party, usec now, const struct event *, const struct outbox *);
    void *context;
    struct meter *meter; /* started; may be NULL. What is no step belongs to what it was started at: a turn */
};

struct loop_counts {
    uint64_t steps, turns;
    uint64_t cut_turns; /* that ended by LOOP_TURN or loop_end_turn, with work left */
    uint64_t overflows, spins, dropped;
    size_t queue_most; /* bytes */
};

struct loop {
    uv_loop_t uv;
    uv_poll_t alarm; /* of `clock`, a timerfd */
    int clock;
    usec armed; /* when that goes off; NEVER: it does not */
    uv_prepare_t prepare;
    uv_idle_t idle;
    struct party *parties;
    uint32_t count, most;
    struct timers timers;
    struct outbox outbox;
    struct event_queue queue;
    usec start;
    uint32_t budget; /* steps left in this turn */
    bool inside;     /* a step or its handlers are under way */
    struct flusher {
        flush_fn *flush;
        void *context;
    } flushers[LOOP_FLUSHERS_MOST];
    uint32_t flusher_count;
    look_fn *look;
    void *look_context;
    usec delivered; /* when an event was last delivered */
    bool waits;     /* a turn may wait for I/O */
    bool work_left; /* the idle handle runs */
    struct loop_counts counts;
    struct meter *meter;
    uint32_t turn; /* the service that a turn is */
    void (*stepped)(void *context, uint32_t party, usec now, const struct event *, const struct outbox *);
    void (*trouble)(void *context, uint32_t party, enum loop_trouble);
    void *context;
};

usec monotonic_now(void); /* CLOCK_MONOTONIC */
usec wall_now(void);      /* CLOCK_REALTIME, microseconds since 1970 */

int loop_init(struct loop *, const struct loop_config *); /* 0 or a negative errno; the struct must not move after */
void loop_close(
    struct loop *); /* closes every handle that is left on the loop, frees; what was registered is the owner's */

/* Adds a party; returns its number, from 0 up, or UINT32_MAX when parties_most are there. It is first woken at
 * `first_wake` (NEVER: not before an event has come). */
uint32_t loop_add(struct loop *, const struct party *, usec first_wake);
void loop_deliver(struct loop *, uint32_t party, const struct event *);
void loop_wake(struct loop *, uint32_t party, usec when); /* moves the party's wake time to `when` if that is earlier */

/* Calls `flush` at the end of each turn, in the order of registration. A role that stores registers its commit FIRST:
 * packet, datagram and stream hold back what they are given to send until their own flush, so that nothing leaves
 * before what it promises is stored. 0 or -ENOSPC. */
int loop_on_flush(struct loop *, flush_fn *, void *context);
void loop_no_flush(struct loop *, void *context); /* takes those of `context` away */
/* Calls `look` after the flush of a turn in which nothing else waits. It may wait until a descriptor of the loop is
 * ready (uv_backend_fd), and read its own: when it has delivered something the next turn begins at once, LOOP_LOOKS
 * times in a row and for LOOP_LOOKS_MSEC at most. LOOK_SETTLED: it delivered one event, and all that this set off has
 * left already: then nothing is flushed either, unless the step wants to be woken earlier than anybody did before.
 * Where one peer answers each datagram with the next, what libuv does around a poll is a good part of a turn. One a
 * loop: 0 or -EBUSY. loop_no_flush takes it away too. */
int loop_on_look(struct loop *, look_fn *, void *context);
void loop_end_turn(struct loop *); /* flush and poll soon: much waits to be sent */
/* True while events wait: whoever reads sockets stops reading until later (epoll reports them again). Back-pressure:
 * what is not read waits in the kernel, where its loss is counted. */
bool loop_busy(const struct loop *);

usec loop_now(const struct loop *);
void loop_run(struct loop *);  /* until loop_stop */
void loop_turn(struct loop *); /* one turn, without waiting for I/O */
void loop_stop(struct loop *);
#endif
