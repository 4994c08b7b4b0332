#include "net/meter.h"
#include <time.h>

enum { READINGS = 256 };

uint64_t meter_clock(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void meter_start(struct meter *m, uint32_t at)
{
    uint64_t begun = meter_clock();

    for (int i = 1; i < READINGS; i++) (void)meter_clock();
    m->last = meter_clock();
    m->reading = (m->last - begun) / READINGS;
    m->at = at;
}

uint32_t meter_at(struct meter *m, uint32_t service)
{
    if (!m) return 0;
    uint64_t now = meter_clock(), passed = now - m->last;
    uint32_t was = m->at;

    m->times.of[was].nanoseconds += passed > m->reading ? passed - m->reading : 0;
    m->last = now;
    m->at = service;
    return was;
}

void meter_count(struct meter *m, uint32_t service, uint64_t more)
{
    if (m) m->times.of[service].count += more;
}

void meter_stop(struct meter *m)
{
    if (m) (void)meter_at(m, m->at);
}

void regression_add(struct regression *r, uint64_t records, uint64_t nanoseconds)
{
    double x = (double)records, y = (double)nanoseconds;

    r->count++;
    r->records += records;
    r->ns += y;
    r->records_squared += x * x;
    r->records_ns += x * y;
}

void regression_ends(const struct regression *r, struct service_time *commit, struct service_time *record)
{
    double n = (double)r->count, x = (double)r->records;
    double spread = n * r->records_squared - x * x;
    double slope = spread > 0 ? (n * r->records_ns - x * r->ns) / spread : 0; /* all alike: all of it is the commit's */

    if (slope < 0) slope = 0;
    if (slope * x > r->ns) slope = x > 0 ? r->ns / x : 0;
    *record = (struct service_time){r->records, (uint64_t)(slope * x)};
    *commit = (struct service_time){r->count, (uint64_t)r->ns - record->nanoseconds};
}
