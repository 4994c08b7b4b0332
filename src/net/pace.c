#include "net/pace.h"

size_t pace_room(struct pace *p, usec now, size_t waiting)
{
    if (p->rate == 0) return waiting;
    size_t rate = waiting / PACE_SHARE > p->rate ? waiting / PACE_SHARE : p->rate;
    size_t most = 2 * rate > PACE_AT_ONCE ? 2 * rate : PACE_AT_ONCE; /* a timer of a millisecond may be late by one */
    usec rested = now > p->since ? now - p->since : 0;

    p->room += (rested > SECOND ? SECOND : rested) * rate;
    if (p->room > most * MSEC) p->room = most * MSEC;
    if (now > p->since) p->since = now;
    return waiting < p->room / MSEC ? waiting : (size_t)(p->room / MSEC);
}

void pace_sent(struct pace *p, size_t n)
{
    if (p->rate > 0) p->room -= n <= p->room / MSEC ? n * MSEC : p->room;
}
