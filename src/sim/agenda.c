#include "sim/agenda.h"
#include <stdlib.h>
#include <string.h>

enum { WAYS = 4 }; /* of the heap: with millions of entries half as many levels are far from the cache */

bool agenda_open(struct agenda *a, uint32_t sources)
{
    *a = (struct agenda){.sources = sources, .counter = calloc(sources, sizeof *a->counter)};
    return a->counter != NULL;
}

void agenda_close(struct agenda *a)
{
    for (size_t i = 0; i < a->count; i++) free(a->heap[i].entry);
    free(a->heap);
    free(a->taken);
    free(a->counter);
    *a = (struct agenda){0};
}

static bool before(const struct agenda_place *x, const struct agenda_place *y)
{
    if (x->at != y->at) return x->at < y->at;
    if (x->party != y->party) return x->party < y->party;
    const struct entry *a = x->entry, *b = y->entry;
    if (a->event.kind != b->event.kind) return a->event.kind < b->event.kind;
    if (a->source != b->source) return a->source < b->source;
    return a->counter < b->counter;
}

static bool grow(struct agenda *a)
{
    size_t size = a->size ? a->size * 2 : 1024;
    struct agenda_place *heap = realloc(a->heap, size * sizeof *heap);

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
    struct agenda_place place = {at, party, n};
    size_t i = a->count++;
    for (; i > 0 && before(&place, &a->heap[(i - 1) / WAYS]); i = (i - 1) / WAYS) a->heap[i] = a->heap[(i - 1) / WAYS];
    a->heap[i] = place;
}

const struct entry *agenda_first(const struct agenda *a)
{
    return a->count ? a->heap[0].entry : NULL;
}

const struct entry *agenda_take(struct agenda *a)
{
    free(a->taken);
    a->taken = NULL;
    if (a->count == 0) return NULL;
    a->taken = a->heap[0].entry;
    struct agenda_place last = a->heap[--a->count];
    size_t i = 0;
    for (;;) {
        size_t first = WAYS * i + 1, least = first;
        if (first >= a->count) break;
        for (size_t k = first + 1; k < first + WAYS && k < a->count; k++)
            if (before(&a->heap[k], &a->heap[least])) least = k;
        if (!before(&a->heap[least], &last)) break;
        a->heap[i] = a->heap[least];
        i = least;
    }
    if (a->count) a->heap[i] = last;
    return a->taken;
}
