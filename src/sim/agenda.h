/* sim/agenda.h: what will happen, in the order in which it happens.
 *
 * An entry is an event for a party at a moment. Ties in time go by party, then by the kind of event, then by who caused
 * it, then by that one's own counter: so the order never depends on when an entry was put in, only on what it is.
 *
 * Phones that were plugged in together stay together: a hundred thousand entries lie within some hundred moments. So there is a
 * heap of moments only, and what happens at one moment is a list, which is sorted when it comes to that. It is mostly in order then:
 * whoever puts entries in does so in his own order.
 * Limits  parties and sources below AGENDA_PARTIES.
 * Memory  the entries of a moment lie one behind the other in blocks of its own, which are used again once all of a block was taken, and
 *         given back by agenda_close. What agenda_take returns is good until the next call of it.
 */
#ifndef SIM_AGENDA_H
#define SIM_AGENDA_H
#include "base/engine.h"

enum { AGENDA_PARTIES = 1 << 28, AGENDA_NEAR = 1024 };

struct entry {
    usec at;
    uint32_t party, source;
    uint64_t counter;   /* of the source */
    struct event event; /* its bytes are `copy` */
    struct agenda_block *block;
    uint8_t copy[];
};

struct agenda_block {
    struct agenda_block *next;
    size_t used, size; /* of `bytes` */
    uint32_t held;     /* by entries that are not over yet, and by the moment that fills it */
    _Alignas(16) uint8_t bytes[];
};

struct agenda_place {
    uint64_t order; /* party, kind of event, source; what has the same is in the order of its counter already */
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

struct agenda {
    struct agenda_moment **heap; /* by `at` */
    size_t moments, heap_size;
    struct agenda_moment *bucket[AGENDA_NEAR], *spare, *last; /* last: into which an entry was put */
    struct agenda_place *room;                                /* for sorting */
    uint32_t room_size;
    const struct entry *taken;          /* may still be read */
    struct agenda_block *small, *large; /* spare */
    size_t count;
    uint32_t spare_large;
    uint64_t *counter; /* by source */
    uint32_t sources;
    bool failed; /* no memory: entries were lost */
};

bool agenda_open(struct agenda *, uint32_t sources);
void agenda_close(struct agenda *);
void agenda_put(struct agenda *, usec at, uint32_t party, uint32_t source, const struct event *); /* copies its bytes */
usec agenda_next(const struct agenda *);           /* when the first is; NEVER: nothing */
const struct entry *agenda_first(struct agenda *); /* NULL: nothing */
const struct entry *agenda_take(struct agenda *);
/* Whose is the entry so many places behind the first, of the same moment? UINT32_MAX: there is none. A guess where entries may still
 * come in between: for whoever fetches ahead. */
uint32_t agenda_ahead(const struct agenda *, uint32_t places);
#endif
