#include "sim/agenda.h"
#include <stdlib.h>
#include <string.h>

/* KEEP: so many places a spare moment may hold on to; MOST_MOMENTS: so many moments are kept. */
enum { LINE = 64, GRAIN = 16, KEEP = 64, MOST_MOMENTS = 1024, FIRST_PLACES = 4 };
/* Many a moment has one entry; of a switch it has some dozens. So many blocks are kept; the rest is given back, for
 * what phones and servers need later. */
static const size_t size_of[AGENDA_BLOCKS] = {960, 4064, 32736};
static const uint32_t most_spare[AGENDA_BLOCKS] = {1024, 256, 32};

void agenda_open(struct agenda *a, struct agenda_store *store)
{
    *a = (struct agenda){.store = store};
}

/* --- blocks --- */

/* The one after a block of `before` bytes. */
static struct agenda_block *new_block(struct agenda_store *store, size_t least, size_t before)
{
    size_t k = 0;
    struct agenda_block *b = NULL;

    while (k < AGENDA_BLOCKS - 1 && (size_of[k] <= before || size_of[k] < least)) k++;
    size_t size = size_of[k] < least ? least : size_of[k]; /* what is larger than any frame has one of its own */
    if (size == size_of[k] && store->block[k]) {
        b = store->block[k];
        store->block[k] = b->next;
        store->spare[k]--;
    }
    if (!b) b = malloc(sizeof *b + size);
    if (!b) return NULL;
    b->next = NULL;
    b->used = 0;
    b->size = size;
    atomic_init(&b->held, 1);
    return b;
}

static void spare_block(struct agenda_store *store, struct agenda_block *b)
{
    size_t k = 0;

    while (k < AGENDA_BLOCKS - 1 && size_of[k] < b->size) k++;
    if (b->size != size_of[k] || store->spare[k] == most_spare[k]) {
        free(b);
        return;
    }
    store->spare[k]++;
    b->next = store->block[k];
    store->block[k] = b;
}

void agenda_let_go(struct agenda_store *store, struct agenda_block *b)
{
    if (b && atomic_fetch_sub_explicit(&b->held, 1, memory_order_acq_rel) == 1) spare_block(store, b);
}

static struct entry *new_entry(struct agenda_store *store, struct agenda_block **block, size_t before, usec at,
                               uint32_t party, uint32_t source, const struct event *e)
{
    size_t need = (sizeof(struct entry) + e->bytes.len + GRAIN - 1) / GRAIN * GRAIN;

    if (!*block || (*block)->size - (*block)->used < need) {
        struct agenda_block *b = new_block(store, need, *block ? (*block)->size : before);
        if (!b) return NULL;
        agenda_let_go(store, *block);
        *block = b;
    }
    struct agenda_block *b = *block;
    struct entry *n = (struct entry *)(void *)(b->bytes + b->used);
    b->used += need;
    atomic_fetch_add_explicit(&b->held, 1, memory_order_relaxed);
    *n = (struct entry){.at = at, .party = party, .source = source, .event = *e, .block = b};
    if (e->bytes.len) memcpy(n->copy, e->bytes.at, e->bytes.len);
    n->event.bytes = (struct bytes){n->copy, e->bytes.len};
    return n;
}

struct entry *agenda_letter(struct agenda_store *store, struct agenda_block **block, usec at, uint32_t party,
                            uint32_t source, const struct event *e)
{
    return new_entry(store, block, size_of[AGENDA_BLOCKS - 2], at, party, source,
                     e); /* letters are many: a large one */
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
    struct agenda_moment *m = a->store->moment;

    if (m) {
        a->store->moment = m->next;
        a->store->moments--;
    } else if (!(m = calloc(1, sizeof *m))) {
        return NULL;
    }
    if (!m->place && (m->place = malloc(FIRST_PLACES * sizeof *m->place))) m->size = FIRST_PLACES;
    m->at = at;
    if (m->place && into_heap(a, m)) return m;
    free(m->place);
    free(m);
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

static void spare_moment(struct agenda_store *store, struct agenda_moment *m)
{
    agenda_let_go(store, m->block);
    if (store->moments == MOST_MOMENTS) {
        free(m->place);
        free(m);
        return;
    }
    if (m->size > KEEP) {
        free(m->place);
        m->place = NULL;
        m->size = 0;
    }
    *m = (struct agenda_moment){.place = m->place, .size = m->size, .next = store->moment};
    store->moment = m;
    store->moments++;
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

/* A moment may be left empty where there is no memory: whoever has none goes no further. */
static void lay_entry(struct agenda *a, struct agenda_moment *m, struct entry *n)
{
    uint64_t order = (uint64_t)n->party << 36 | (uint64_t)n->event.kind << 32 | n->source;

    if (m && lay(m, (struct agenda_place){order, n})) {
        a->count++;
        return;
    }
    agenda_let_go(a->store, n->block);
    a->failed = true;
}

void agenda_put(struct agenda *a, usec at, uint32_t party, uint32_t source, const struct event *e)
{
    struct agenda_moment *m = moment_at(a, at);
    struct entry *n = m ? new_entry(a->store, &m->block, 0, at, party, source, e) : NULL;

    if (n)
        lay_entry(a, m, n);
    else
        a->failed = true;
}

void agenda_post(struct agenda *a, struct entry *n)
{
    lay_entry(a, moment_at(a, n->at), n);
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
static bool tidy(struct agenda_store *s, struct agenda_moment *m)
{
    uint32_t count = m->count - m->taken;
    struct agenda_place *from = m->place + m->taken, *to;

    if (s->room_size < count) {
        struct agenda_place *room = realloc(s->room, count * sizeof *room);
        if (!room) return false;
        s->room = room;
        s->room_size = count;
    }
    to = s->room;
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
    if (from == s->room) memcpy(m->place + m->taken, s->room, count * sizeof *from);
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
    if (m->untidy && !tidy(a->store, m)) {
        a->failed = true;
        return NULL;
    }
    return m->place[m->taken].entry;
}

const struct entry *agenda_take(struct agenda *a)
{
    const struct entry *first = agenda_first(a);

    if (a->taken) agenda_let_go(a->store, a->taken->block);
    a->taken = first;
    if (!first) return NULL;
    struct agenda_moment *m = a->heap[0];
    m->taken++;
    a->count--;
    if (m->taken == m->count) spare_moment(a->store, retire(a));
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

static void forget(struct agenda *a, struct agenda_moment *m)
{
    for (uint32_t i = m->taken; i < m->count; i++) agenda_let_go(a->store, m->place[i].entry->block);
    agenda_let_go(a->store, m->block);
    free(m->place);
    free(m);
}

void agenda_close(struct agenda *a)
{
    if (a->taken) agenda_let_go(a->store, a->taken->block);
    for (size_t i = 0; i < a->moments; i++) forget(a, a->heap[i]);
    free(a->heap);
    *a = (struct agenda){0};
}

void agenda_store_close(struct agenda_store *s)
{
    for (size_t k = 0; k < AGENDA_BLOCKS; k++)
        for (struct agenda_block *b = s->block[k], *next; b; b = next) {
            next = b->next;
            free(b);
        }
    for (struct agenda_moment *m = s->moment, *next; m; m = next) {
        next = m->next;
        free(m->place);
        free(m);
    }
    free(s->room);
    *s = (struct agenda_store){0};
}
