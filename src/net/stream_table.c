#include "net/stream_parts.h"
#include <stdlib.h>

enum { FIRST = 256 };

static struct stream **chain_of(const struct streams *set, uint32_t owner, uint32_t number)
{
    uint64_t mixed =
        ((uint64_t)owner << 32 | number) * 0x9e3779b97f4a7c15U; /* Fibonacci hashing: 2^64 / golden ratio */

    return &set->table[(uint32_t)(mixed >> 32) & (set->table_size - 1)];
}

bool stream_table_grow(struct streams *set)
{
    if (set->counts.open < set->table_size) return true;
    uint32_t size = set->table_size ? 2 * set->table_size : FIRST;
    struct stream **table = calloc(size, sizeof *table);
    if (!table) return set->table_size > 0; /* longer chains will do */
    free(set->table);
    set->table = table;
    set->table_size = size;
    for (struct stream *s = set->all; s; s = s->next) {
        if (s->state == STREAM_LINGERING) continue;
        struct stream **chain = chain_of(set, s->owner, s->number);
        s->chain = *chain;
        *chain = s;
    }
    return true;
}

void stream_table_free(struct streams *set)
{
    free(set->table);
    set->table = NULL;
    set->table_size = 0;
}

void stream_table_add(struct streams *set, struct stream *s)
{
    struct stream **chain = chain_of(set, s->owner, s->number);

    s->chain = *chain;
    *chain = s;
    s->next = set->all;
    if (s->next) s->next->previous = s;
    set->all = s;
}

static void unchain(struct streams *set, struct stream *s)
{
    struct stream **at = chain_of(set, s->owner, s->number);

    while (*at && *at != s) at = &(*at)->chain;
    if (*at) *at = s->chain;
    s->chain = NULL;
}

void stream_table_remove(struct streams *set, struct stream *s)
{
    unchain(set, s);
    stream_clean(set, s);
    if (s->next) s->next->previous = s->previous;
    *(s->previous ? &s->previous->next : &set->all) = s->next;
    s->next = s->previous = NULL;
}

struct stream *stream_find(struct streams *set, uint32_t owner, uint32_t number)
{
    struct stream *s = *chain_of(set, owner, number);

    while (s && (s->owner != owner || s->number != number)) s = s->chain;
    return s;
}

void stream_linger(struct streams *set, struct stream *s, unsigned ticks)
{
    unchain(set, s);
    s->state = STREAM_LINGERING;
    s->ticks = ticks;
}

void stream_soil(struct streams *set, struct stream *s)
{
    if (s->dirty) return;
    s->dirty = true;
    s->previous_dirty = NULL;
    s->next_dirty = set->dirty;
    if (s->next_dirty) s->next_dirty->previous_dirty = s;
    set->dirty = s;
}

void stream_clean(struct streams *set, struct stream *s)
{
    if (!s->dirty) return;
    s->dirty = false;
    if (s->next_dirty) s->next_dirty->previous_dirty = s->previous_dirty;
    *(s->previous_dirty ? &s->previous_dirty->next_dirty : &set->dirty) = s->next_dirty;
    s->next_dirty = s->previous_dirty = NULL;
}
