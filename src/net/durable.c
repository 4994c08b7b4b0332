#include "net/durable.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* What the store writes to the eventfd: it may come from its thread, so that nothing else is shared. */
enum { ANSWER_OK = 1, ANSWER_FAILED = 2 };
enum { SETTLE_ROUNDS = 4 }; /* what leaves may set off something that leaves: but not for ever */

void durable_committed(struct durable *d, bool ok)
{
    (void)eventfd_write(d->done, ok ? ANSWER_OK : ANSWER_FAILED);
}

static void leave(struct durable *d, uint8_t which)
{
    struct outbox *box = &d->box[which];

    for (uint32_t i = 0; i < box->count; i++)
        if (box->actions[i].kind != ACTION_STORE)
            d->apply(d->context, box->actions[i].engine, &box->actions[i], payload(box, i));
}

static void take_back(struct durable *d, uint8_t which)
{
    const struct outbox *box = &d->box[which];

    for (uint32_t i = 0; i < box->count; i++) {
        if (box->actions[i].kind != ACTION_STORE) continue;
        loop_deliver(d->loop, box->actions[i].engine,
                     &(struct event){.kind = EVENT_UNSTORED, .bytes = payload(box, i)});
    }
}

static void clear(struct durable *d, uint8_t which)
{
    outbox_clear(&d->box[which]);
    d->stores[which] = false;
}

/* The commit has come back: its batch leaves, or is taken back. */
static void finish(struct durable *d, bool ok)
{
    uint8_t which = (uint8_t)(1 - d->filling);

    if (!d->committing) return;
    d->finishing = true;
    d->commits++;
    if (ok) {
        leave(d, which);
    } else {
        d->failures++;
        take_back(d, which);
    }
    clear(d, which);
    d->finishing = false;
    d->committing = false; /* last: what is put meanwhile goes into the other box, and waits */
}

static bool answer(struct durable *d, int wait_ms)
{
    struct pollfd polled = {.fd = d->done, .events = POLLIN};
    eventfd_t value = 0;
    int n;

    do n = poll(&polled, 1, wait_ms);
    while (n < 0 && errno == EINTR);
    if (n <= 0 || eventfd_read(d->done, &value) != 0) return false;
    finish(d, value == ANSWER_OK);
    return true;
}

/* The next commit may begin at `when`: until then others share it. */
static void wait_for_others(struct durable *d, usec when)
{
    struct itimerspec at = {.it_value = {(time_t)(when / SECOND), (long)(when % SECOND) * 1000}};

    if (d->waiting) return;
    d->waiting = timerfd_settime(d->timer, TFD_TIMER_ABSTIME, &at, NULL) == 0;
}

static bool too_soon(struct durable *d)
{
    usec now = monotonic_now(), next = d->begun + STORE_SPACING;

    if (now < next) {
        wait_for_others(d, next);
        if (d->waiting) return true;
    }
    d->begun = now;
    return false;
}

/* `at_once`: nobody comes any more, or there is no more room. */
static void begin(struct durable *d, bool at_once)
{
    uint8_t which = d->filling;

    if (d->committing || d->finishing || d->box[which].count == 0) return;
    if (!at_once && d->stores[which] && too_soon(d)) return;
    d->filling = (uint8_t)(1 - which); /* empty while nothing commits: what is put while this one leaves waits there */
    if (!d->stores[which]) {
        d->finishing = true;
        leave(d, which);
        clear(d, which);
        d->finishing = false;
        return;
    }
    d->committing = true;
    if (!d->commit(d->context, &d->box[which])) finish(d, false);
}

static void on_flush(void *context)
{
    begin(context, false);
}

static void on_time(uv_poll_t *poll, int status, int events)
{
    struct durable *d = poll->data;
    uint64_t times;

    (void)status;
    (void)events;
    if (read(d->timer, &times, sizeof times) != sizeof times) return;
    d->waiting = false; /* the flush of this turn begins */
}

static void on_done(uv_poll_t *poll, int status, int events)
{
    struct durable *d = poll->data;

    (void)status;
    (void)events;
    (void)answer(d, 0);
    loop_end_turn(d->loop); /* what leaves goes into the sockets' batches: they are flushed at the end of this turn */
}

void durable_act(struct durable *d, uint32_t party, const struct action *a, struct bytes bytes)
{
    struct outbox *box = &d->box[d->filling];

    if (a->ahead) {
        d->apply(d->context, a->engine, a, bytes);
        return;
    }
    /* While a batch leaves, the store has nothing to answer: the half that is left must do. */
    if (!d->finishing && (box->count > box->most / 2 || box->bytes.len > box->bytes.size / 2)) {
        while (d->committing && answer(d, -1)) {
        }
        begin(d, true);
        box = &d->box[d->filling];
    }
    box->engine = a->kind == ACTION_STORE ? party : a->engine;
    write_bytes(put(box, *a), bytes);
    if (a->kind == ACTION_STORE) d->stores[d->filling] = true;
}

bool durable_idle(const struct durable *d)
{
    return !d->committing && !d->finishing && d->box[d->filling].count == 0;
}

static int watch(struct loop *loop, uv_poll_t *poll, struct durable *d, int fd, uv_poll_cb on)
{
    int error = uv_poll_init(&loop->uv, poll, fd);

    poll->data = d;
    return error ? error : uv_poll_start(poll, UV_READABLE, on);
}

int durable_init(struct durable *d, struct loop *loop, bool (*commit)(void *, const struct outbox *), action_fn *apply,
                 void *context, struct net_error *why)
{
    *d = (struct durable){.loop = loop,
                          .commit = commit,
                          .apply = apply,
                          .context = context,
                          .done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                          .timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
    if (d->done < 0) return net_fail_errno(why, "eventfd");
    if (d->timer < 0) return net_fail_errno(why, "timerfd");
    for (size_t i = 0; i < 2; i++) {
        struct action *actions = malloc(DURABLE_ACTIONS * sizeof *actions);
        void *bytes = malloc(DURABLE_BYTES);
        outbox_init(&d->box[i], actions, actions ? DURABLE_ACTIONS : 0, bytes, bytes ? DURABLE_BYTES : 0);
        if (!actions || !bytes) return net_fail(why, -ENOMEM, "no memory for the journal");
    }
    int error = watch(loop, &d->poll, d, d->done, on_done);
    if (!error) error = watch(loop, &d->time_poll, d, d->timer, on_time);
    if (!error) error = loop_on_flush(loop, on_flush, d);
    return error ? net_fail(why, error, "journal") : 0;
}

void durable_settle(struct durable *d)
{
    for (int round = 0; round < SETTLE_ROUNDS && (d->committing || d->box[d->filling].count); round++) {
        while (d->committing && answer(d, 10000)) {
        }
        if (d->committing) return; /* the store does not answer */
        begin(d, true);
    }
    while (d->committing && answer(d, 10000)) {
    }
}

void durable_close(struct durable *d)
{
    (void)uv_poll_stop(&d->poll);
    (void)uv_poll_stop(&d->time_poll);
    (void)close(d->done);
    (void)close(d->timer);
    for (size_t i = 0; i < 2; i++) {
        free(d->box[i].actions);
        free(d->box[i].bytes.start);
    }
}
