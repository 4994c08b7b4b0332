#include "switch/neighbours.h"
#include <string.h>

enum { NOBODY = UINT16_MAX, MEMORY_MOST = UINT16_MAX - 1 };

void neighbours_init(struct neighbours *t, struct heard_neighbour *memory, uint32_t n, uint64_t seed)
{
    *t = (struct neighbours){.at = memory, .n = n < MEMORY_MOST ? n : MEMORY_MOST, .seed = seed};
    t->soonest = t->soonest_of_pass = NEVER;
    memset(t->head, 0xff, sizeof t->head); /* NOBODY */
    t->heard[0].oldest = t->heard[0].newest = t->heard[1].oldest = t->heard[1].newest = NOBODY;
    t->free = t->n > 0 ? 0 : NOBODY;
    for (uint32_t i = 0; i < t->n; i++)
        memory[i] = (struct heard_neighbour){.next = i + 1 < t->n ? (uint16_t)(i + 1) : NOBODY};
}

/* FNV-1a, 64 bits: RFC 9923's offset and prime. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < n; i++) hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

uint64_t neighbours_id(const struct neighbours *t, struct bytes device, struct bytes port)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ t->seed;

    hash = mix(hash, &device.len, sizeof device.len); /* so that a byte cannot move from the one to the other */
    hash = mix(hash, device.at, device.len);
    return mix(hash, port.at, port.len);
}

static uint16_t *head_of(struct neighbours *t, struct mac mac, enum neighbour_protocol protocol, uint64_t id)
{
    uint64_t hash = mix(id ^ (uint64_t)protocol, mac.byte, sizeof mac.byte);

    return &t->head[(hash ^ hash >> 32) % NEIGHBOURS_HEADS];
}

struct heard_neighbour *neighbours_find(struct neighbours *t, struct mac mac, enum neighbour_protocol protocol,
                                        uint64_t id)
{
    for (uint16_t i = *head_of(t, mac, protocol, id); i != NOBODY; i = t->at[i].next) {
        struct heard_neighbour *n = &t->at[i];
        if (n->id == id && n->protocol == protocol && mac_equal(n->who.mac, mac)) return n;
    }
    return NULL;
}

struct heard_neighbour *neighbours_victim(struct neighbours *t)
{
    if (t->free != NOBODY) return NULL;
    uint16_t oldest = t->heard[0].oldest != NOBODY ? t->heard[0].oldest : t->heard[1].oldest;
    return oldest != NOBODY ? &t->at[oldest] : NULL;
}

/* At the newest end of the order of its kind. */
static void link_newest(struct neighbours *t, struct heard_neighbour *n)
{
    uint16_t self = (uint16_t)(n - t->at), *newest = &t->heard[n->who.phone].newest;

    n->older = *newest;
    n->newer = NOBODY;
    if (*newest != NOBODY)
        t->at[*newest].newer = self;
    else
        t->heard[n->who.phone].oldest = self;
    *newest = self;
}

static void unlink_heard(struct neighbours *t, struct heard_neighbour *n)
{
    if (n->older != NOBODY)
        t->at[n->older].newer = n->newer;
    else
        t->heard[n->who.phone].oldest = n->newer;
    if (n->newer != NOBODY)
        t->at[n->newer].older = n->older;
    else
        t->heard[n->who.phone].newest = n->older;
}

static void note_end(struct neighbours *t, usec until)
{
    t->soonest = earlier(t->soonest, until);
    t->soonest_of_pass = earlier(t->soonest_of_pass, until);
}

struct heard_neighbour *neighbours_add(struct neighbours *t, const struct heard_neighbour *new)
{
    if (t->free == NOBODY) return NULL;
    uint16_t self = t->free, *head = head_of(t, new->who.mac, new->protocol, new->id);
    struct heard_neighbour *n = &t->at[self];
    t->free = n->next;
    *n = *new;
    n->next = *head;
    *head = self;
    link_newest(t, n);
    note_end(t, n->who.until);
    t->count++;
    return n;
}

void neighbours_refresh(struct neighbours *t, struct heard_neighbour *n, const struct heard_neighbour *now)
{
    struct heard_neighbour kept = *n;

    unlink_heard(t, n);
    *n = *now;
    n->next = kept.next;
    n->first = kept.first;
    link_newest(t, n);
    note_end(t, n->who.until);
}

void neighbours_remove(struct neighbours *t, struct heard_neighbour *n)
{
    uint16_t self = (uint16_t)(n - t->at), *at = head_of(t, n->who.mac, n->protocol, n->id);

    while (*at != self) at = &t->at[*at].next;
    *at = n->next;
    unlink_heard(t, n);
    *n = (struct heard_neighbour){.next = t->free};
    t->free = self;
    t->count--;
}

struct heard_neighbour *neighbours_ended(struct neighbours *t, usec now)
{
    while (now >= t->soonest) {
        if (t->cursor == 0) t->soonest_of_pass = NEVER; /* a pass begins: what it passes over counts anew */
        for (; t->cursor < t->n; t->cursor++) {
            struct heard_neighbour *n = &t->at[t->cursor];
            if (n->who.until == 0) continue;
            if (n->who.until <= now) return n; /* the owner removes it: looked at again, the place is free */
            t->soonest_of_pass = earlier(t->soonest_of_pass, n->who.until);
        }
        t->soonest = t->soonest_of_pass; /* may be that of one that came and ended during the pass: then once more */
        t->cursor = 0;
    }
    return NULL;
}

usec neighbours_due(const struct neighbours *t)
{
    return t->soonest;
}

const struct heard_neighbour *neighbours_next(const struct neighbours *t, const struct heard_neighbour *n)
{
    for (uint32_t i = n ? (uint32_t)(n - t->at) + 1 : 0; i < t->n; i++)
        if (t->at[i].who.until != 0) return &t->at[i];
    return NULL;
}
