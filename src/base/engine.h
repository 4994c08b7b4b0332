/* base/engine.h: how an engine meets the world.
 *
 * An engine is a plain object that plays one party of the startup process. It makes no system call, reads no clock,
 * allocates nothing after init and keeps no global state. Time is an argument, randomness a seed given at init, output
 * an outbox that belongs to the driver. An event goes in, the moment of the next wake comes out.
 */
#ifndef BASE_ENGINE_H
#define BASE_ENGINE_H
#include "base/address.h"

typedef uint64_t usec; /* a moment (monotonic, since the start) or a length of time, in microseconds */
#define MSEC   ((usec)1000)
#define SECOND ((usec)1000000)
#define NEVER  UINT64_MAX

enum event_kind {
    EVENT_WAKE,     /* the moment that the engine asked for has come, or passed */
    EVENT_LINE,     /* what the far end of a cable does (wire/line.h); `stream` is the port for an engine with many */
    EVENT_FRAME,    /* a whole Ethernet frame, without its FCS; `stream` is the port for an engine with many */
    EVENT_DATAGRAM, /* a UDP payload; `stream` is the index of the interface on which it came, 0 where there is one */
    EVENT_UP,       /* a stream is open: one we asked for, or one that was accepted; from and to name its ends */
    EVENT_DATA,     /* exactly one whole message of a stream */
    EVENT_DOWN,     /* a stream is gone, or never came; `why` is an enum down */
    EVENT_CLOCK,    /* the wall clock stepped */
    EVENT_UNSTORED, /* a STORE of an earlier batch failed, and what was sent after it did not leave */
    EVENT_USER,     /* what the person at a phone does (phone/call.h); only a phone hears it */
};

enum down {
    DOWN_REFUSED = 1,
    DOWN_UNREACHABLE,
    DOWN_TIMED_OUT,
    DOWN_RESET,
    DOWN_CLOSED,    /* by the other side, in order */
    DOWN_SLOW,      /* the other side does not read: more than 64 KiB wait */
    DOWN_MALFORMED, /* what came cannot be framed */
};

struct event {
    enum event_kind kind;
    uint32_t stream;          /* UP, DATA, DOWN: the number its opener gave it (ACTION_OPEN, or the driver on accept);
                                 LINE, FRAME, DATAGRAM: the port or interface */
    uint8_t why;              /* DOWN: an enum down */
    struct endpoint from, to; /* DATAGRAM, UP */
    struct bytes bytes;       /* LINE, FRAME, DATAGRAM, DATA, USER: borrowed until the step returns */
};

enum action_kind {
    ACTION_LINE,     /* what this end of a cable does from now on; `stream` is the port */
    ACTION_FRAME,    /* a whole frame, without FCS; `stream` is the port */
    ACTION_DATAGRAM, /* UDP payload, from `from` to `to`; `stream` is the index of the interface on which it leaves */
    ACTION_OPEN,     /* a stream `stream`, from `from.address` to `to`; UP or DOWN will follow */
    ACTION_WRITE,    /* one whole message on `stream` */
    ACTION_CLOSE,    /* `stream` in order; no DOWN follows. With `news` = 1: at once and silent, as by loss of power */
    ACTION_STORE,    /* the journal of the engine's memory; nothing after it leaves before it is stored */
    ACTION_TELL,     /* `news` happened; payload: facts (base/facts.h) */
};

struct action {
    enum action_kind kind;
    uint32_t stream;
    uint16_t news;            /* TELL */
    bool ahead;               /* promises nothing: it need not wait for what was stored before it */
    uint32_t engine;          /* whose: filled in by put() from the outbox */
    size_t at;                /* its payload begins here in the outbox's bytes, and ends where the next one begins */
    struct endpoint from, to; /* DATAGRAM, OPEN */
};

/* Owned by the driver, emptied after each batch: an engine at rest holds no output. `engine` is set by the driver
 * before each step. What does not fit is dropped and `bytes.full` set: a bug of the engine or of its driver's sizes. */
struct outbox {
    struct action *actions;
    uint32_t count, most, engine;
    struct writer bytes;
};

void outbox_init(struct outbox *, struct action *actions, uint32_t most, void *bytes, size_t size);
void outbox_clear(struct outbox *);
/* Puts an action; returns where to encode its payload, until the next put(). An encoder must count from the writer's
 * len at its entry, not from 0. */
struct writer *put(struct outbox *, struct action);
struct bytes payload(const struct outbox *, uint32_t index);

/* Every engine X has X_init and X_step of this shape. Returns when it next wants EVENT_WAKE: NEVER, or a moment; one
 * that is not after `now` asks to be called again after a flush, and after a wake that is only allowed if something
 * was put: it never spins. */
typedef usec step_fn(void *engine, usec now, const struct event *, struct outbox *);

usec earlier(usec, usec);
usec after(usec now, usec delay); /* now + delay, saturating at NEVER */
#endif
