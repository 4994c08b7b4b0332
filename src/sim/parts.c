#include "sim/parts.h"
#include <stdlib.h>

struct letter {
    struct entry *entry;
    uint32_t to;
};

struct parts_hand {
    _Alignas(64) struct agenda_store store;
    struct agenda_block *block; /* of the letters */
    struct letter *letter;
    size_t letters, size;
    bool failed;
};

bool parts_open(struct parts *p, uint32_t count, const uint32_t sizes[], uint32_t hands)
{
    size_t all = count;

    for (uint32_t i = 0; i < count; i++) all += sizes[i];
    *p = (struct parts){.count = count, .hands = hands};
    p->part = aligned_alloc(_Alignof(struct part), count * sizeof *p->part);
    p->hand = aligned_alloc(_Alignof(struct parts_hand), hands * sizeof *p->hand);
    p->ready = calloc(count, sizeof *p->ready);
    p->heaps = calloc(all, sizeof *p->heaps);
    p->places = calloc(all, sizeof *p->places);
    for (uint32_t i = 0; p->part && i < count; i++) p->part[i] = (struct part){0};
    for (uint32_t i = 0; p->hand && i < hands; i++) p->hand[i] = (struct parts_hand){0};
    if (!p->part || !p->hand || !p->ready || !p->heaps || !p->places) {
        parts_close(p);
        return false;
    }
    timers_init(&p->turns, p->heaps, p->places, count);
    for (uint32_t i = 0, at = count; i < count; at += sizes[i++]) {
        agenda_open(&p->part[i].agenda, &p->hand->store);
        timers_init(&p->part[i].timers, p->heaps + at, p->places + at, sizes[i]);
    }
    return true;
}

void parts_close(struct parts *p)
{
    for (uint32_t i = 0; p->hand && p->part && i < p->count; i++)
        if (p->part[i].agenda.store) agenda_close(&p->part[i].agenda);
    for (uint32_t i = 0; p->hand && i < p->hands; i++) {
        struct parts_hand *h = &p->hand[i];
        for (size_t k = 0; k < h->letters; k++) agenda_let_go(&h->store, h->letter[k].entry->block);
        agenda_let_go(&h->store, h->block);
        agenda_store_close(&h->store);
        free(h->letter);
    }
    free(p->part);
    free(p->hand);
    free(p->ready);
    free(p->heaps);
    free(p->places);
    *p = (struct parts){0};
}

usec part_next(const struct part *p)
{
    usec due = timers_next(&p->timers), at = agenda_next(&p->agenda);

    return due < at ? due : at;
}

static void turn_of(struct parts *p, uint32_t part)
{
    if (p->part[part].hand) return; /* when it is left */
    if (p->part[part].agenda.failed) p->failed = true;
    timers_set(&p->turns, part, part_next(&p->part[part]));
}

static void post_later(struct parts_hand *h, uint32_t to, struct entry *entry)
{
    if (entry && h->letters == h->size) {
        size_t size = h->size ? h->size * 2 : 256;
        struct letter *more = realloc(h->letter, size * sizeof *more);
        if (more) {
            h->letter = more;
            h->size = size;
        }
    }
    if (entry && h->letters < h->size) {
        h->letter[h->letters++] = (struct letter){entry, to};
        return;
    }
    if (entry) agenda_let_go(&h->store, entry->block);
    h->failed = true;
}

void parts_put(struct parts *p, uint32_t by, uint32_t to, usec at, uint32_t party, uint32_t source,
               const struct event *e)
{
    struct parts_hand *h = p->part[by].hand;

    if (h && by != to) {
        post_later(h, to, agenda_letter(&h->store, &h->block, at, party, source, e));
        return;
    }
    agenda_put(&p->part[to].agenda, at, party, source, e);
    if (!h) turn_of(p, to);
}

void parts_wake(struct parts *p, uint32_t part, uint32_t party, usec due)
{
    timers_set(&p->part[part].timers, party, due);
    if (!p->part[part].hand) turn_of(p, part);
}

usec parts_next(const struct parts *p)
{
    return timers_next(&p->turns);
}

uint32_t parts_ready(struct parts *p, usec last)
{
    uint32_t n = 0;

    while (timers_next(&p->turns) <= last && timers_next(&p->turns) != NEVER) {
        p->ready[n] = timers_first(&p->turns);
        timers_set(&p->turns, p->ready[n++], NEVER);
    }
    return n;
}

void parts_enter(struct parts *p, uint32_t part, uint32_t hand)
{
    p->part[part].hand = &p->hand[hand];
    p->part[part].agenda.store = &p->hand[hand].store;
}

void parts_leave(struct parts *p, uint32_t part)
{
    p->part[part].hand = NULL;
}

void parts_settle(struct parts *p, uint32_t ready)
{
    for (uint32_t i = 0; i < p->hands; i++) {
        struct parts_hand *h = &p->hand[i];
        for (size_t k = 0; k < h->letters; k++) {
            struct part *to = &p->part[h->letter[k].to];
            to->agenda.store = &p->hand->store;
            agenda_post(&to->agenda, h->letter[k].entry);
            turn_of(p, h->letter[k].to);
        }
        h->letters = 0;
        p->failed |= h->failed;
    }
    for (uint32_t i = 0; i < ready; i++) turn_of(p, p->ready[i]);
}
