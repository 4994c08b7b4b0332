/* net/durable.h: a role that keeps promises: what its engines put after a STORE leaves only when that is on stable
 * storage.
 *
 * Two outboxes: one fills while the other's STOREs are committed by somebody else (a thread); what stands in it then
 * leaves, in order. While nothing was stored there is nothing to wait for: it leaves at the end of the turn.
 * A commit begins STORE_SPACING after the one before at the earliest (server/store.h). What promises nothing (`ahead`)
 * is applied at once, whatever waits.
 * A failed commit: nothing of that batch leaves, and for each of its STOREs the engine gets EVENT_UNSTORED with its
 * payload (server/store.h); the clients ask again.
 *
 * Takes   actions, by durable_act, from the handlers of any party of one loop; `commit` hands a whole outbox over (its
 *         STOREs are meant) and must call durable_committed once, from any thread; false: it cannot take one.
 * Gives   each other action to `apply`, in the order in which they were put.
 * Memory  two outboxes of DURABLE_ACTIONS and DURABLE_BYTES at init. One that is half full waits for the commit under
 *         way: back-pressure, nothing is dropped.
 */
#ifndef NET_DURABLE_H
#define NET_DURABLE_H
#include "net/error.h"
#include "net/loop.h"
#include "server/store.h"

enum { DURABLE_ACTIONS = 16384, DURABLE_BYTES = 8 << 20 };

struct durable {
    struct loop *loop;
    bool (*commit)(void *context, const struct outbox *batch);
    action_fn *apply;
    void *context;
    struct outbox box[2];
    bool stores[2]; /* it has a STORE */
    uint8_t filling;
    bool finishing;  /* what a commit promised is leaving */
    bool committing; /* box[1 - filling] is with the store */
    int done;        /* eventfd: it came back */
    uv_poll_t poll;
    usec begun;   /* the last commit; of monotonic_now */
    bool waiting; /* until the next one may begin */
    int timer;    /* timerfd: for that */
    uv_poll_t time_poll;
    uint64_t commits, failures;
};

/* Registers its flush: call it before packet_open, datagrams_init and streams_init of the same loop. */
int durable_init(struct durable *, struct loop *, bool (*commit)(void *, const struct outbox *), action_fn *apply,
                 void *context, struct net_error *why);
void durable_act(struct durable *, uint32_t party, const struct action *, struct bytes payload);
/* Nothing waits and nothing is being committed: what is put now promises nothing that is not stored. */
bool durable_idle(const struct durable *);
void durable_committed(struct durable *, bool ok); /* from any thread, once for each commit */
void durable_settle(struct durable *); /* before the end: waits for what is under way, and lets all of it leave */
void durable_close(struct durable *);
#endif
