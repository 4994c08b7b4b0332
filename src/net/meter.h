/* net/meter.h: a stopwatch on the processor time of one thread: what it is at, and what that took
 * (lab/service_times.h).
 *
 * The thread is always at exactly one thing; meter_at says at which from now on, and what passed since belongs to the
 * one before. It reads the processor time at each change: a monotonic clock would be cheaper, but a process that sends
 * wakes another, which may have its core then and there, and the sending would seem to take what the other does.
 * Waiting takes no processor time. What reading the clock itself takes was measured by meter_start, and is left out. At
 * NULL all of them do nothing: a lab that measures nothing pays a comparison.
 */
#ifndef NET_METER_H
#define NET_METER_H
#include "lab/service_times.h"

struct meter {
    struct service_times times;
    uint64_t last, reading; /* nanoseconds */
    uint32_t at;
    uint32_t (*step)(void *context, uint32_t party, const struct event *); /* which service a step is */
    void *context;
};

/* What a commit takes, by the number of its records: a constant and so much for each, by least squares. */
struct regression {
    uint64_t count, records;
    double ns, records_squared, records_ns; /* sums */
};
void regression_add(struct regression *, uint64_t records, uint64_t nanoseconds);
/* Both at least 0, and together all that was spent. Without commits both are of none. */
void regression_ends(const struct regression *, struct service_time *commit, struct service_time *record);

uint64_t meter_clock(void); /* of the calling thread, nanoseconds */
void meter_start(struct meter *, uint32_t at);
uint32_t meter_at(struct meter *, uint32_t service); /* returns what it was at */
void meter_count(struct meter *, uint32_t service, uint64_t more);
void meter_stop(struct meter *); /* what passed until now is told too */
#endif
