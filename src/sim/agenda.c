#include "sim/agenda.h"
#include <stdlib.h>
#include <string.h>

/* SMALL: many a moment has one entry. SPARE_LARGE: the rest is given back, for what phones and servers need later.
 * KEEP: so many places a spare moment may hold on to. */
enum { LINE = 64, GRAIN = 16, SMALL = 960, LARGE = 32736, SPARE_LARGE = 64, KEEP = 256, FIRST_PLACES = 4 };

bool agenda_open(struct agenda *a, uint32_t sources)
{
    *a = (struct agenda){.sources = sources, .counter = calloc(sources, sizeof *a->counter)};
    return a->counter != NULL;
}

/* --- blocks --- */

static struct agenda_block *new_block(struct agenda *a, size_t least, bool first)
{
    size_t size = first ? SMALL : LARGE;
    struct agenda_block **spare = first ? &a->small : &a->large, *b = NULL;

    if (least > size) { /* what is larger than any frame has one of its own */
        size = least;
    } else if (*spare) {
        b = *spare;
        *spare = b->next;
        a->spare_large -= !first;
    }
    if (!b) b = malloc(sizeof *b + size);
    if (b) *b = (struct agenda_block){.size = size, .held = 1};
    return b;
}

static void spare_block(struct agenda *a, struct agenda_block *b)
{
    struct agenda_block **spare = b->size == SMALL ? &a->small : b->size == LARGE ? &a->large : NULL;

    if (!spare || (b->size == LARGE && a->spare_large == SPARE_LARGE)) {
        free(b);
        return;
    }
    a->spare_large += b->size == LARGE;
    b->next = *spare;
    *spare = b;
}

static void let_go(struct agenda *a, struct agenda_block *b)
{
    if (b && --b->held == 0) spare_block(a, b);
}

static struct entry *entry_in(struct agenda *a, struct agenda_moment *m, size_t bytes)
{
    size_t need = (sizeof(struct entry) + bytes + GRAIN - 1) / GRAIN * GRAIN;

    if (!m->block || m->block->size - m->block->used < need) {
        struct agenda_block *b = new_block(a, need, !m->block);
        if (!b) return NULL;
        let_go(a, m->block);
        m->block = b;
    }
    struct entry *e = (struct entry *)(void *)(m->block->bytes + m->block->used);
    m->block->used += need;
    m->block->held++;
    return e;
}

/* --- moments --- */

static struct agenda_moment **bucket_of(struct agenda *a, usec at)
{
    return &a->bucket[at % AGENDA_NEAR];
}

static bool into_heap(struct agenda *a, struct agenda_moment *m)
{
    if (a->moments == a->heap_size) {
        size_t size = a->heap_size ? a->heap_size * 2 : 256;
        struct agenda_moment **heap = realloc(a->heap, size * sizeof *heap);
        if (!heap) return false;
        a->heap = heap;
        a->heap_size = size;
    }
    size_t i = a->moments++;
    for (; i > 0 && m->at < a->heap[(i - 1) / 2]->at; i = (i - 1) / 2) a->heap[i] = a->heap[(i - 1) / 2];
    a->heap[i] = m;
    return true;
}

static struct agenda_moment *out_of_heap(struct agenda *a)
{
    struct agenda_moment *first = a->heap[0], *last = a->heap[--a->moments];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= a->moments) break;
        if (child + 1 < a->moments && a->heap[child + 1]->at < a->heap[child]->at) child++;
        if (a->heap[child]->at >= last->at) break;
        a->heap[i] = a->heap[child];
        i = child;
    }
    a->heap[i] = last;
    return first;
}

/* One that has room for an entry. */
static struct agenda_moment *new_moment(struct agenda *a, usec at)
{
    struct agenda_moment *m = a->spare;

    if (m) {
        a->spare = m->next;
    } else if (!(m = calloc(1, sizeof *m))) {
        return NULL;
    }
    if (!m->place && (m->place = malloc(FIRST_PLACES * sizeof *m->place))) m->size = FIRST_PLACES;
    m->at = at;
    if (m->place && into_heap(a, m)) return m;
    m->next = a->spare;
    a->spare = m;
    return NULL;
}

static struct agenda_moment *moment_at(struct agenda *a, usec at)
{
    struct agenda_moment **bucket = bucket_of(a, at), *m;

    if (a->last && a->last->at == at) return a->last;
    for (m = *bucket; m && m->at != at;) m = m->next;
    if (!m) {
        m = new_moment(a, at);
        if (!m) return NULL;
        m->next = *bucket;
        *bucket = m;
    }
    return a->last = m;
}

/* All of it is taken: nobody finds it any more. */
static struct agenda_moment *retire(struct agenda *a)
{
    struct agenda_moment *m = out_of_heap(a), **at = bucket_of(a, m->at);

    while (*at != m) at = &(*at)->next;
    *at = m->next;
    if (a->last == m) a->last = NULL;
    return m;
}

static void spare_moment(struct agenda *a, struct agenda_moment *m)
{
    let_go(a, m->block);
    if (m->size > KEEP) {
        free(m->place);
        m->place = NULL;
        m->size = 0;
    }
    *m = (struct agenda_moment){.place = m->place, .size = m->size, .next = a->spare};
    a->spare = m;
}

static bool lay(struct agenda_moment *m, struct agenda_place place)
{
    if (m->count == m->size) {
        uint32_t size = m->size * 2;
        struct agenda_place *more = realloc(m->place, size * sizeof *more);
        if (!more) return false;
        m->place = more;
        m->size = size;
    }
    if (m->count > m->taken && place.order < m->place[m->count - 1].order) m->untidy = true;
    m->place[m->count++] = place;
    return true;
}

void agenda_put(struct agenda *a, usec at, uint32_t party, uint32_t source, const struct event *e)
{
    struct agenda_moment *m = moment_at(a, at);
    struct entry *n = m ? entry_in(a, m, e->bytes.len) : NULL;
    uint64_t order = (uint64_t)party << 36 | (uint64_t)e->kind << 32 | source;

    if (!n || !lay(m, (struct agenda_place){order, n})) {
        if (n) let_go(a, m->block);
        a->failed = true; /* a moment may be left empty: whoever has no memory goes no further */
        return;
    }
    *n = (struct entry){
        .at = at, .party = party, .source = source, .counter = a->counter[source]++, .event = *e, .block = m->block};
    if (e->bytes.len) memcpy(n->copy, e->bytes.at, e->bytes.len);
    n->event.bytes = (struct bytes){n->copy, e->bytes.len};
    a->count++;
}

/* --- order --- */

/* Where the run ends that begins at `from`. */
static uint32_t run_end(const struct agenda_place *p, uint32_t from, uint32_t count)
{
    if (from < count) do
            from++;
        while (from < count && p[from - 1].order <= p[from].order);
    return from;
}

/* Two runs become one; of equals those of the first go first. */
static void merge(const struct agenda_place *from, uint32_t first, uint32_t middle, uint32_t end,
                  struct agenda_place *to)
{
    uint32_t i = first, k = middle;

    for (uint32_t n = first; n < end; n++)
        to[n] = k == end || (i < middle && from[i].order <= from[k].order) ? from[i++] : from[k++];
}

/* A merge sort of the runs that are there: few, most often. */
static bool tidy(struct agenda *a, struct agenda_moment *m)
{
    uint32_t count = m->count - m->taken;
    struct agenda_place *from = m->place + m->taken, *to;

    if (a->room_size < count) {
        struct agenda_place *room = realloc(a->room, count * sizeof *room);
        if (!room) return false;
        a->room = room;
        a->room_size = count;
    }
    to = a->room;
    while (run_end(from, 0, count) < count) {
        for (uint32_t first = 0, middle, end; first < count; first = end) {
            middle = run_end(from, first, count);
            end = run_end(from, middle, count);
            merge(from, first, middle, end, to);
        }
        struct agenda_place *swap = from;
        from = to;
        to = swap;
    }
    if (from == a->room) memcpy(m->place + m->taken, a->room, count * sizeof *from);
    m->untidy = false;
    return true;
}

/* --- what comes first --- */

usec agenda_next(const struct agenda *a)
{
    return a->count && !a->failed ? a->heap[0]->at : NEVER;
}

const struct entry *agenda_first(struct agenda *a)
{
    if (agenda_next(a) == NEVER) return NULL;
    struct agenda_moment *m = a->heap[0];
    if (m->untidy && !tidy(a, m)) {
        a->failed = true;
        return NULL;
    }
    return m->place[m->taken].entry;
}

const struct entry *agenda_take(struct agenda *a)
{
    const struct entry *first = agenda_first(a);

    if (a->taken) let_go(a, a->taken->block);
    a->taken = first;
    if (!first) return NULL;
    struct agenda_moment *m = a->heap[0];
    m->taken++;
    a->count--;
    if (m->taken == m->count) spare_moment(a, retire(a));
    return first;
}

uint32_t agenda_ahead(const struct agenda *a, uint32_t places)
{
    const struct agenda_moment *m = a->count ? a->heap[0] : NULL;

    if (!m || places >= m->count - m->taken) return UINT32_MAX;
    const struct agenda_place *p = &m->place[m->taken + places];
    __builtin_prefetch(p->entry);
    __builtin_prefetch((const uint8_t *)p->entry + LINE);
    return (uint32_t)(p->order >> 36);
}

static void forget_blocks(struct agenda_block *b)
{
    for (struct agenda_block *next; b; b = next) {
        next = b->next;
        free(b);
    }
}

static void forget(struct agenda *a, struct agenda_moment *m)
{
    for (uint32_t i = m->taken; i < m->count; i++) let_go(a, m->place[i].entry->block);
    let_go(a, m->block);
    free(m->place);
    free(m);
}

void agenda_close(struct agenda *a)
{
    if (a->taken) let_go(a, a->taken->block);
    for (size_t i = 0; i < a->moments; i++) forget(a, a->heap[i]);
    for (struct agenda_moment *m = a->spare, *next; m; m = next) {
        next = m->next;
        forget(a, m);
    }
    forget_blocks(a->small);
    forget_blocks(a->large);
    free(a->heap);
    free(a->room);
    free(a->counter);
    *a = (struct agenda){0};
}
