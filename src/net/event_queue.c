#include "net/event_queue.h"
#include <stdlib.h>
#include <string.h>

enum { FIRST = 65536, KEEP = 1 << 20 };
static const size_t MOST = (size_t)256 << 20;

struct record {
    uint32_t party;
    uint32_t passed_over; /* 1: nothing here, the next record is at the ring's start */
    size_t whole;         /* bytes to the next record */
    struct event event;   /* `bytes.at` is not used: they follow */
};

static size_t aligned(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

/* Room for a record: where it begins, or SIZE_MAX. At the ring's end a gap of less than a record's head cannot hold the
 * mark "passed over"; it is told by its size alone. */
static size_t reserve(struct event_queue *q, size_t whole)
{
    if (q->size == 0) return SIZE_MAX;
    size_t tail = (q->head + q->used) & (q->size - 1);
    size_t to_end = q->size - tail;
    size_t gap = whole > to_end ? to_end : 0;

    if (q->used + gap + whole > q->size) return SIZE_MAX;
    if (gap >= sizeof(struct record))
        *(struct record *)(void *)(q->ring + tail) = (struct record){.passed_over = 1, .whole = gap};
    q->used += gap + whole;
    return gap ? 0 : tail;
}

static void pass_over(struct event_queue *q)
{
    size_t to_end = q->size - q->head;
    const struct record *r = (const void *)(q->ring + q->head);

    if (q->used == 0 || (to_end >= sizeof *r && !r->passed_over)) return;
    q->used -= to_end;
    q->head = 0;
}

static bool grow(struct event_queue *q, size_t whole)
{
    struct event_queue larger = {.size = q->size ? q->size : FIRST};

    while (larger.size < q->size + whole || larger.size == q->size) larger.size *= 2;
    if (larger.size > MOST || !(larger.ring = malloc(larger.size))) return false;
    while (q->used > 0) { /* in order, from the start: no gap is needed in the larger one */
        const struct record *r = (const void *)(q->ring + q->head);
        size_t n = r->whole;
        memcpy(larger.ring + larger.used, r, n);
        larger.used += n;
        q->head = (q->head + n) & (q->size - 1);
        q->used -= n;
        pass_over(q);
    }
    free(q->ring);
    *q = larger;
    return true;
}

bool queue_put(struct event_queue *q, uint32_t party, const struct event *event)
{
    size_t whole = aligned(sizeof(struct record) + event->bytes.len);
    size_t at = reserve(q, whole);

    if (at == SIZE_MAX) {
        if (!grow(q, whole)) return false;
        at = reserve(q, whole);
    }
    struct record *r = (void *)(q->ring + at);
    *r = (struct record){.party = party, .whole = whole, .event = *event};
    if (event->bytes.len) memcpy(r + 1, event->bytes.at, event->bytes.len);
    return true;
}

bool queue_first(const struct event_queue *q, uint32_t *party, struct event *event)
{
    if (q->used == 0) return false;
    const struct record *r = (const void *)(q->ring + q->head);
    *party = r->party;
    *event = r->event;
    event->bytes.at = (const uint8_t *)(r + 1);
    return true;
}

void queue_drop(struct event_queue *q)
{
    const struct record *r = (const void *)(q->ring + q->head);
    size_t n = r->whole;

    q->head = (q->head + n) & (q->size - 1);
    q->used -= n;
    pass_over(q);
    if (q->used > 0) return;
    q->head = 0;
    if (q->size > KEEP) queue_free(q);
}

void queue_free(struct event_queue *q)
{
    free(q->ring);
    *q = (struct event_queue){0};
}
