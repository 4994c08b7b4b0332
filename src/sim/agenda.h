/* sim/agenda.h: what will happen, in the order in which it happens.
 *
 * An entry is an event for a party at a moment. Ties in time go by party, then by the kind of event, then by who caused
 * it, then as that one put them in: so the order never depends on when an entry was put in beside those of others.
 *
 * Phones that were plugged in together stay together: a hundred thousand entries lie within some hundred moments. So
 * there is a heap of moments only, and what happens at one moment is a list, which is sorted when it comes to that. It
 * is mostly in order then: whoever puts entries in does so in his own order.
 * Limits  parties below AGENDA_PARTIES.
 * Memory  the entries of a moment lie one behind the other in blocks of its own, which are used again once all of a
 *         block was taken. They come from a store, which several agendas may share; agenda_close gives back all to it,
 *         agenda_store_close frees it. What agenda_take returns is good until the next call of it.
 * Threads an agenda and a store belong to one at a time. What is for an agenda that is another's now is written as a
 * letter, and
 *         posted when it is nobody's (sim/parts.h).
 */
#ifndef SIM_AGENDA_H
#define SIM_AGENDA_H
#include "base/engine.h"
#include <stdatomic.h>

enum { AGENDA_PARTIES = 1 << 28, AGENDA_NEAR = 256, AGENDA_BLOCKS = 3 };

struct entry {
    usec at;
    uint32_t party, source;
    struct event event; /* its bytes are `copy` */
    struct agenda_block *block;
    uint8_t copy[];
};

struct agenda_block {
    struct agenda_block *next;
    size_t used, size; /* of `bytes` */
    atomic_uint held;  /* by entries that are not over yet, and by who fills it */
    _Alignas(16) uint8_t bytes[];
};

struct agenda_place {
    uint64_t order; /* party, kind of event, source; what has the same is in its order already */
    struct entry *entry;
};

struct agenda_moment {
    usec at;
    struct agenda_place *place;
    uint32_t taken, count, size;
    bool untidy;                /* not in order from `taken` on */
    struct agenda_block *block; /* being filled */
    struct agenda_moment *next; /* of the same bucket; or free */
};

/* Spare blocks of each size, and moments. */
struct agenda_store {
    struct agenda_block *block[AGENDA_BLOCKS];
    uint32_t spare[AGENDA_BLOCKS], moments; /* how many */
    struct agenda_moment *moment;
    struct agenda_place *room; /* for sorting */
    uint32_t room_size;
};

struct agenda {
    struct agenda_store *store;
    struct agenda_moment **heap; /* by `at` */
    size_t moments, heap_size;
    struct agenda_moment *bucket[AGENDA_NEAR], *last; /* last: into which an entry was put */
    const struct entry *taken;                        /* may still be read */
    size_t count;
    bool failed; /* no memory: entries were lost */
};

void agenda_open(struct agenda *, struct agenda_store *); /* the store, all zero at first, outlives it */
void agenda_close(struct agenda *);
void agenda_store_close(struct agenda_store *);
void agenda_put(struct agenda *, usec at, uint32_t party, uint32_t source, const struct event *); /* copies its bytes */
/* A letter lies in *block, which is filled and let go as the moments' are. NULL: no memory. Once posted it is an entry
 * as any other. */
struct entry *agenda_letter(struct agenda_store *, struct agenda_block **block, usec at, uint32_t party,
                            uint32_t source, const struct event *);
void agenda_post(struct agenda *, struct entry *);
void agenda_let_go(struct agenda_store *, struct agenda_block *);
usec agenda_next(const struct agenda *);           /* when the first is; NEVER: nothing */
const struct entry *agenda_first(struct agenda *); /* NULL: nothing */
const struct entry *agenda_take(struct agenda *);
/* Whose is the entry so many places behind the first, of the same moment? UINT32_MAX: there is none. A guess where
 * entries may still come in between: for whoever fetches ahead. */
uint32_t agenda_ahead(const struct agenda *, uint32_t places);
#endif
