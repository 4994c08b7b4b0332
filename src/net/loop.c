#include "net/loop.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_A_WAKE = 64 };

static usec read_clock(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (usec)t.tv_sec * SECOND + (usec)t.tv_nsec / 1000;
}

usec monotonic_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

usec wall_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

usec loop_now(const struct loop *l)
{
    return monotonic_now() - l->start;
}

bool loop_busy(const struct loop *l)
{
    return l->queue.used > 0 || l->budget == 0;
}

static void trouble(struct loop *l, uint32_t party, enum loop_trouble what)
{
    if (l->trouble) l->trouble(l->context, party, what);
}

/* Work is left: the idle handle makes the next poll return at once. */
static void on_idle(uv_idle_t *);

static void come_back(struct loop *l)
{
    if (!l->work_left) (void)uv_idle_start(&l->idle, on_idle);
    l->work_left = true;
}

void loop_end_turn(struct loop *l)
{
    l->budget = 0;
    come_back(l);
}

static void enqueue(struct loop *l, uint32_t party, const struct event *event)
{
    if (queue_put(&l->queue, party, event)) {
        if (l->queue.used > l->counts.queue_most) l->counts.queue_most = l->queue.used;
        return;
    }
    l->counts.dropped++;
    trouble(l, party, LOOP_MEMORY);
}

/* Of an outbox that overflowed: an action is surely whole if another byte was written behind it. */
static uint32_t whole_actions(const struct outbox *out)
{
    uint32_t n = out->count;

    if (!out->bytes.full) return n;
    while (n > 0 && (n < out->count ? out->actions[n].at : out->bytes.len) == out->bytes.len) n--;
    return n;
}

static void meter_step(struct loop *l, uint32_t who, const struct event *event)
{
    uint32_t service = l->meter->step(l->meter->context, who, event);

    (void)meter_at(l->meter, service);
    meter_count(l->meter, service, 1);
}

/* One step, then its actions. `queued`: the event lies at the front of the queue, and is dropped once the step has read
 * it: a handler may move the queue's memory. */
static void step(struct loop *l, usec now, uint32_t who, const struct event *event, bool queued)
{
    struct party *p = &l->parties[who];

    l->inside = true;
    if (l->budget > 0) l->budget--;
    l->counts.steps++;
    outbox_clear(&l->outbox);
    l->outbox.engine = who;
    if (l->meter) meter_step(l, who, event);
    bool wake = event->kind == EVENT_WAKE;
    usec due = p->step(p->engine, now, event, &l->outbox);
    if (l->stepped) l->stepped(l->context, who, now, event, &l->outbox);
    if (queued) queue_drop(&l->queue);
    if (wake && due <= now && l->outbox.count == 0) {
        l->counts.spins++;
        trouble(l, who, LOOP_SPIN);
        due = now + MSEC;
    }
    timers_set(&l->timers, who, due);
    if (l->outbox.bytes.full) {
        l->counts.overflows++;
        trouble(l, who, LOOP_OVERFLOW);
    }
    uint32_t n = whole_actions(&l->outbox);
    for (uint32_t i = 0; i < n; i++) p->act(p->context, who, &l->outbox.actions[i], payload(&l->outbox, i));
    l->inside = false;
}

/* Queue and wakes in turn, so that neither starves the other. What a wake sets off, and that sets off, has its turn
 * before the next wake: where thousands are late, the queue would otherwise grow with each of them. False when work is
 * left. */
static bool drain(struct loop *l, usec now)
{
    /* One moment for both: to ask the clock is a good part of what a short step takes. */
    for (; l->budget > 0; now = loop_now(l)) {
        uint32_t who;
        struct event event;
        bool queued = false;
        bool due = timers_next(&l->timers) <= now;
        if (due) step(l, now, timers_first(&l->timers), &(struct event){.kind = EVENT_WAKE}, false);
        for (unsigned n = 0; n < EVENTS_A_WAKE && l->budget > 0 && queue_first(&l->queue, &who, &event); n++) {
            step(l, n ? loop_now(l) : now, who, &event, true);
            queued = true;
        }
        if (!due && !queued) return true;
    }
    return l->queue.used == 0 && timers_next(&l->timers) > loop_now(l);
}

void loop_deliver(struct loop *l, uint32_t party, const struct event *event)
{
    if (party >= l->count) return;
    if (l->inside || l->queue.used > 0 || l->budget == 0) {
        enqueue(l, party, event);
        if (!l->inside) come_back(l);
        return;
    }
    usec now = l->delivered = loop_now(l);
    uint32_t was = l->meter ? l->meter->at : 0;
    step(l, now, party, event, false);
    if (!drain(l, now)) come_back(l);
    (void)meter_at(l->meter, was); /* whoever delivered goes on */
}

void loop_wake(struct loop *l, uint32_t party, usec when)
{
    uint32_t at = l->timers.place[party];

    if (at != UINT32_MAX && l->timers.heap[at].due <= when) return;
    timers_set(&l->timers, party, when);
    if (!l->inside && when <= loop_now(l)) come_back(l);
}

static void on_idle(uv_idle_t *idle)
{
    struct loop *l = idle->data;

    if (drain(l, loop_now(l))) {
        (void)uv_idle_stop(idle);
        l->work_left = false;
    }
    (void)meter_at(l->meter, l->turn);
}

static void on_alarm(uv_poll_t *alarm, int status, int events)
{
    struct loop *l = alarm->data;

    (void)status;
    (void)events;
    l->armed = 0; /* it has gone off; setting it anew takes that back (timerfd_settime(2)) */
    if (!drain(l, loop_now(l))) come_back(l);
    (void)meter_at(l->meter, l->turn);
}

/* libuv counts whole milliseconds, of a moment that it cut to one as well: a pause of 1 ms would take up to 2. A
 * timerfd has the microseconds of our clock, and no slack. */
static void arm(struct loop *l)
{
    usec next = timers_next(&l->timers), at = after(l->start, next);
    struct itimerspec when = {0};

    if (l->armed == next) return;
    if (at != NEVER) when.it_value = (struct timespec){(time_t)(at / SECOND), (long)(at % SECOND) * 1000};
    if (timerfd_settime(l->clock, TFD_TIMER_ABSTIME, &when, NULL) == 0) l->armed = next;
}

/* What was put for sending leaves. False when the flushers themselves set something off (a stream that is down): that
 * is flushed in the next turn, which then comes at once. */
static bool flush_all(struct loop *l)
{
    uint64_t before = l->counts.steps;

    l->counts.turns++;
    meter_count(l->meter, l->turn, 1);
    l->budget = LOOP_TURN;
    for (uint32_t i = 0; i < l->flusher_count; i++) l->flushers[i].flush(l->flushers[i].context);
    l->budget = LOOP_TURN;
    return l->counts.steps == before && l->queue.used == 0;
}

/* libuv's moments count from when it last asked the clock, a while ago: `since` bounds by how much a look may wait too
 * long. */
static enum looked look(struct loop *l, usec since, int wait)
{
    if (!l->look || l->delivered - since > LOOP_LOOKS_MSEC * MSEC) return LOOK_NOTHING;
    return l->look(l->look_context, wait);
}

/* The end of a turn: all of it leaves, then the poll begins, or another turn by who looks. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct loop *l = prepare->data;
    usec since = l->delivered, armed = 0;
    enum looked found = LOOK_DELIVERED;
    bool idle = !l->work_left;
    int wait = 0;

    if (!idle) l->counts.cut_turns++;
    for (unsigned n = 0; n <= LOOP_LOOKS; n++) {
        if (found != LOOK_SETTLED || l->work_left || timers_next(&l->timers) < armed) {
            bool all = flush_all(l);
            if (!all) come_back(l);
            arm(l);
            armed = timers_next(&l->timers);
            if (!all || !idle) break;
            wait = l->waits ? uv_backend_timeout(&l->uv) : 0;
        }
        if (n == LOOP_LOOKS) break;
        found = look(l, since, wait);
        if (found == LOOK_NOTHING) break;
        idle = !l->work_left;
    }
    uv_update_time(&l->uv); /* the poll waits from now on */
}

int loop_init(struct loop *l, const struct loop_config *config)
{
    uint32_t n = config->parties_most, actions = config->outbox_actions ? config->outbox_actions : 1024;
    size_t size = config->outbox_bytes ? config->outbox_bytes : (size_t)1 << 20;

    *l = (struct loop){.most = n,
                       .start = config->start ? config->start : monotonic_now(),
                       .budget = LOOP_TURN,
                       .stepped = config->stepped,
                       .trouble = config->trouble,
                       .meter = config->meter,
                       .turn = config->meter ? config->meter->at : 0,
                       .context = config->context,
                       .armed = NEVER,
                       .clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
    if (l->clock < 0) return -errno;
    int error = uv_loop_init(&l->uv);
    if (error) {
        (void)close(l->clock);
        return error;
    }
    l->parties = calloc(n, sizeof *l->parties);
    struct timer *heap = calloc(n, sizeof *heap);
    uint32_t *place = calloc(n, sizeof *place);
    struct action *list = calloc(actions, sizeof *list);
    uint8_t *bytes = malloc(size);
    timers_init(&l->timers, heap, place, place ? n : 0);
    outbox_init(&l->outbox, list, actions, bytes, size);
    (void)uv_prepare_init(&l->uv, &l->prepare);
    (void)uv_idle_init(&l->uv, &l->idle);
    error = uv_poll_init(&l->uv, &l->alarm, l->clock);
    l->alarm.data = l->prepare.data = l->idle.data = l;
    if (!error) error = uv_poll_start(&l->alarm, UV_READABLE, on_alarm);
    if (!error && (!l->parties || !heap || !place || !list || !bytes)) error = -ENOMEM;
    if (error) {
        loop_close(l);
        return error;
    }
    (void)uv_prepare_start(&l->prepare, on_prepare);
    come_back(l); /* the first turn looks for work that was put before it */
    return 0;
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

void loop_close(struct loop *l)
{
    uv_walk(&l->uv, close_handle, NULL);
    (void)uv_run(&l->uv, UV_RUN_DEFAULT);
    (void)uv_loop_close(&l->uv);
    (void)close(l->clock);
    queue_free(&l->queue);
    free(l->parties);
    free(l->timers.heap);
    free(l->timers.place);
    free(l->outbox.actions);
    free(l->outbox.bytes.start);
    *l = (struct loop){0};
}

uint32_t loop_add(struct loop *l, const struct party *party, usec first_wake)
{
    if (l->count == l->most) return UINT32_MAX;
    l->parties[l->count] = *party;
    timers_set(&l->timers, l->count, first_wake);
    if (first_wake != NEVER) come_back(l);
    return l->count++;
}

int loop_on_flush(struct loop *l, flush_fn *flush, void *context)
{
    if (l->flusher_count == LOOP_FLUSHERS_MOST) return -ENOSPC;
    l->flushers[l->flusher_count++] = (struct flusher){flush, context};
    return 0;
}

void loop_no_flush(struct loop *l, void *context)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < l->flusher_count; i++)
        if (l->flushers[i].context != context) l->flushers[kept++] = l->flushers[i];
    l->flusher_count = kept;
    if (l->look_context == context) l->look = NULL;
}

int loop_on_look(struct loop *l, look_fn *looks, void *context)
{
    if (l->look) return -EBUSY;
    l->look = looks;
    l->look_context = context;
    return 0;
}

void loop_run(struct loop *l)
{
    l->waits = true;
    (void)uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_turn(struct loop *l)
{
    l->waits = false;
    (void)uv_run(&l->uv, UV_RUN_NOWAIT);
}

void loop_stop(struct loop *l)
{
    uv_stop(&l->uv);
}
