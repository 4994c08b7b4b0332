/* sim/agenda.h: what will happen, in the order in which it happens.
 *
 * An entry is an event for a party at a moment. Ties in time go by party, then by the kind of event, then by who caused
 * it, then by that one's own counter: so the order never depends on when an entry was put in, only on what it is.
 * Memory  each entry is allocated with its bytes; the one that agenda_take returns is freed by the next call of it.
 */
#ifndef SIM_AGENDA_H
#define SIM_AGENDA_H
#include "base/engine.h"

struct entry {
    usec at;
    uint32_t party, source;
    uint64_t counter;   /* of the source */
    struct event event; /* its bytes are `copy` */
    uint8_t copy[];
};

struct agenda_place { /* what decides most often stands in the heap itself */
    usec at;
    uint32_t party;
    struct entry *entry;
};

struct agenda {
    struct agenda_place *heap;
    struct entry *taken;
    size_t count, size;
    uint64_t *counter; /* by source */
    uint32_t sources;
    bool failed; /* no memory: entries were lost */
};

bool agenda_open(struct agenda *, uint32_t sources);
void agenda_close(struct agenda *);
void agenda_put(struct agenda *, usec at, uint32_t party, uint32_t source, const struct event *); /* copies its bytes */
const struct entry *agenda_first(const struct agenda *);                                          /* NULL: nothing */
const struct entry *agenda_take(struct agenda *);
#endif
