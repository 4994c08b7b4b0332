/* The calls of a CallManager, and what is said of them to those who run it. */
#include "server/call_parts.h"

enum { NONE = UINT32_MAX };

uint32_t call_index(const struct calls *s, const struct call *k)
{
    return (uint32_t)(k - s->call);
}

/* The calls' wake times stand in the CallManager's heap, behind those of the connections. */
void call_wake_at(struct calling *x, usec due)
{
    x->k->due = due;
    timers_set(&x->m->timers, x->m->config.connections + call_index(&x->m->calls, x->k), due);
}

void calls_init(struct calls *s, struct call *call, uint32_t n)
{
    *s = (struct calls){.call = call, .most = n, .free = NONE};
}

struct cm_connection *party_of(const struct calling *x, int side)
{
    uint32_t c = x->k->party[side].connection;

    return c == NONE ? NULL : &x->m->connection[c];
}

int side_of(const struct calling *x, const struct cm_connection *c)
{
    return party_of(x, CALLED) == c ? CALLED : CALLER;
}

struct call *call_take(struct callmanager *m, struct cm_connection *c)
{
    struct calls *s = &m->calls;
    bool again = s->free != NONE;
    uint32_t i = again ? s->free : s->used;

    if (i == s->most) return NULL;
    struct call *k = &s->call[i];
    if (again)
        s->free = k->next;
    else
        s->used++;
    s->count++;
    *k = (struct call){.next = NONE, .due = NEVER};
    k->party[CALLER].connection = cm_index(m, c);
    k->party[CALLED].connection = NONE;
    c->call = i;
    return k;
}

void call_give(struct calling *x)
{
    struct calls *s = &x->m->calls;

    call_wake_at(x, NEVER);
    *x->k = (struct call){.next = s->free};
    s->free = call_index(s, x->k);
    s->count--;
}

/* For administration. */

const struct call *callmanager_next_call(const struct callmanager *m, const struct call *after)
{
    for (uint32_t i = after ? call_index(&m->calls, after) + 1 : 0; i < m->calls.used; i++)
        if (m->calls.call[i].phase != PHASE_FREE) return &m->calls.call[i];
    return NULL;
}

const char *call_phase_name(enum call_phase phase)
{
    static const char *const name[] = {"free", "dialling", "ringing", "talking", "refused", "left"};

    return (size_t)phase < ARRAY_LENGTH(name) ? name[phase] : "";
}

const char *call_outcome_name(enum call_outcome outcome)
{
    static const char *const name[OUTCOMES] = {
        "answered",        "abandoned",        "busy",
        "unknown number",  "not registered",   "registered at another CallManager",
        "no common codec", "no answer",        "no number dialled",
        "no media",        "a phone vanished", "no room for another call"};

    return (size_t)outcome < OUTCOMES ? name[outcome] : "";
}
