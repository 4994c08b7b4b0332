#include "sim/agenda.h"
#include <stdlib.h>
#include <string.h>

bool agenda_open(struct agenda *a, uint32_t sources)
{
    *a = (struct agenda){.sources = sources, .counter = calloc(sources, sizeof *a->counter)};
    return a->counter != NULL;
}

void agenda_close(struct agenda *a)
{
    for (size_t i = 0; i < a->count; i++) free(a->heap[i]);
    free(a->heap);
    free(a->taken);
    free(a->counter);
    *a = (struct agenda){0};
}

static bool before(const struct entry *a, const struct entry *b)
{
    if (a->at != b->at) return a->at < b->at;
    if (a->party != b->party) return a->party < b->party;
    if (a->event.kind != b->event.kind) return a->event.kind < b->event.kind;
    if (a->source != b->source) return a->source < b->source;
    return a->counter < b->counter;
}

static bool grow(struct agenda *a)
{
    size_t size = a->size ? a->size * 2 : 1024;
    struct entry **heap = realloc(a->heap, size * sizeof(struct entry *));

    if (!heap) return false;
    a->heap = heap;
    a->size = size;
    return true;
}

void agenda_put(struct agenda *a, usec at, uint32_t party, uint32_t source, const struct event *e)
{
    struct entry *n = malloc(sizeof *n + e->bytes.len);

    if (!n || (a->count == a->size && !grow(a))) {
        free(n);
        a->failed = true;
        return;
    }
    *n = (struct entry){.at = at, .party = party, .source = source, .counter = a->counter[source]++, .event = *e};
    if (e->bytes.len) memcpy(n->copy, e->bytes.at, e->bytes.len);
    n->event.bytes = (struct bytes){n->copy, e->bytes.len};
    size_t i = a->count++;
    for (; i > 0 && before(n, a->heap[(i - 1) / 2]); i = (i - 1) / 2) a->heap[i] = a->heap[(i - 1) / 2];
    a->heap[i] = n;
}

const struct entry *agenda_first(const struct agenda *a)
{
    return a->count ? a->heap[0] : NULL;
}

const struct entry *agenda_take(struct agenda *a)
{
    free(a->taken);
    a->taken = NULL;
    if (a->count == 0) return NULL;
    a->taken = a->heap[0];
    struct entry *last = a->heap[--a->count];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= a->count) break;
        if (child + 1 < a->count && before(a->heap[child + 1], a->heap[child])) child++;
        if (!before(a->heap[child], last)) break;
        a->heap[i] = a->heap[child];
        i = child;
    }
    if (a->count) a->heap[i] = last;
    return a->taken;
}
