/* switch/neighbours.h: the neighbours heard on a real interface: a bounded table, since on a shared segment anybody may
 * claim to be any number of them.
 *
 * A record is known by source address, protocol, and the ids by which the protocol tells devices apart (CDP: device and
 * port id; LLDP: chassis and port id, IEEE 802.1AB-2009, 6.5), kept as a seeded 64-bit hash. One whose time to live has
 * ended is handed out by neighbours_ended, and removed by its owner. In a full table a new one takes the place of the
 * one that was heard longest ago and is not a phone, then of the phone that was heard longest ago.
 * Memory  n records from the owner, 65,534 at most; finding one does not depend on how many there are.
 */
#ifndef SWITCH_NEIGHBOURS_H
#define SWITCH_NEIGHBOURS_H
#include "switch/neighbour.h"

enum { NEIGHBOURS_DEFAULT = 1024, NEIGHBOURS_HEADS = 1024 };
enum neighbour_protocol { HEARD_BY_CDP = 1, HEARD_BY_LLDP };

struct heard_neighbour {
    struct neighbour who; /* who.until 0: this place is free */
    enum neighbour_protocol protocol;
    uint64_t id;         /* the hash of its ids */
    bool med;            /* an LLDP-MED endpoint, classes 1 to 3 */
    ipv4 address;        /* its management address; 0: not said */
    uint32_t milliwatts; /* that it wants; 0: not said */
    usec first, last;    /* heard */
    uint16_t next;       /* with the same head */
    uint16_t older, newer;
};

struct neighbours {
    struct heard_neighbour *at;
    uint32_t n, count;
    uint64_t seed;
    uint16_t free;
    uint16_t head[NEIGHBOURS_HEADS];
    struct {
        uint16_t oldest, newest;
    } heard[2];                    /* by when: [0] others, [1] phones */
    uint32_t cursor;               /* of neighbours_ended: where it goes on */
    usec soonest, soonest_of_pass; /* no record ends before */
};

void neighbours_init(struct neighbours *, struct heard_neighbour *memory, uint32_t n, uint64_t seed);
uint64_t neighbours_id(const struct neighbours *, struct bytes device, struct bytes port);
struct heard_neighbour *neighbours_find(struct neighbours *, struct mac, enum neighbour_protocol, uint64_t id);
/* Which one would have to go for a new one. NULL: none, there is room. */
struct heard_neighbour *neighbours_victim(struct neighbours *);
/* A new record, heard now; there must be room. */
struct heard_neighbour *neighbours_add(struct neighbours *, const struct heard_neighbour *);
/* What is known of a record that was heard again; its key, `first` and place stay. */
void neighbours_refresh(struct neighbours *, struct heard_neighbour *, const struct heard_neighbour *now);
void neighbours_remove(struct neighbours *, struct heard_neighbour *);
/* One whose time has ended, until NULL; to be called when neighbours_due has come. */
struct heard_neighbour *neighbours_ended(struct neighbours *, usec now);
usec neighbours_due(const struct neighbours *); /* NEVER, or a moment before which no record ends */
/* All records, in no particular order: begin with NULL, until NULL. */
const struct heard_neighbour *neighbours_next(const struct neighbours *, const struct heard_neighbour *);
#endif
