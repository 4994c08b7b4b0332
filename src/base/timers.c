#include "base/timers.h"

void timers_init(struct timers *t, struct timer *heap, uint32_t *place, uint32_t n)
{
    *t = (struct timers){.heap = heap, .place = place, .n = n};
    for (uint32_t i = 0; i < n; i++) place[i] = UINT32_MAX;
}

static bool before(struct timer a, struct timer b)
{
    return a.due < b.due || (a.due == b.due && a.who < b.who);
}

static void lay(struct timers *t, uint32_t at, struct timer timer)
{
    t->heap[at] = timer;
    t->place[timer.who] = at;
}

static void rise(struct timers *t, uint32_t at)
{
    struct timer moving = t->heap[at];

    for (; at > 0 && before(moving, t->heap[(at - 1) / TIMERS_WAYS]); at = (at - 1) / TIMERS_WAYS)
        lay(t, at, t->heap[(at - 1) / TIMERS_WAYS]);
    lay(t, at, moving);
}

static void sink(struct timers *t, uint32_t at)
{
    struct timer moving = t->heap[at];

    for (;;) {
        uint32_t first = TIMERS_WAYS * at + 1, child = first;
        if (first >= t->count) break;
        for (uint32_t k = first + 1; k < first + TIMERS_WAYS && k < t->count; k++)
            if (before(t->heap[k], t->heap[child])) child = k;
        if (!before(t->heap[child], moving)) break;
        lay(t, at, t->heap[child]);
        at = child;
    }
    lay(t, at, moving);
}

static void take_out(struct timers *t, uint32_t at)
{
    t->place[t->heap[at].who] = UINT32_MAX;
    struct timer last = t->heap[--t->count];
    if (at == t->count) return;
    lay(t, at, last);
    rise(t, at);
    sink(t, t->place[last.who]);
}

void timers_set(struct timers *t, uint32_t who, usec due)
{
    uint32_t at = t->place[who];

    if (due == NEVER) {
        if (at != UINT32_MAX) take_out(t, at);
        return;
    }
    if (at != UINT32_MAX && t->heap[at].due == due) return; /* most often: a step that moved nothing */
    if (at == UINT32_MAX) at = t->count++;
    t->heap[at] = (struct timer){due, who};
    t->place[who] = at;
    rise(t, at);
    sink(t, t->place[who]);
}

usec timers_next(const struct timers *t)
{
    return t->count ? t->heap[0].due : NEVER;
}

uint32_t timers_first(const struct timers *t)
{
    return t->heap[0].who;
}
