/* app/serve/steps.h: how long each step of a phone's boot takes, as its servers see it: histograms for /metrics.
 *
 *   address        from the first OFFER to the ACK of a lease (selecting)
 *   configuration  from that ACK until a configuration file was fetched whole
 *   registration   from that file until the registration is complete
 * Takes   the news of the servers (server/news.h), by address; what does not belong to a boot changes nothing.
 * Memory  STEPS_KEPT phones that are on their way; one that comes to a taken place begins there anew.
 */
#ifndef APP_SERVE_STEPS_H
#define APP_SERVE_STEPS_H
#include "base/engine.h"

enum step_kind { STEP_ADDRESS, STEP_CONFIGURATION, STEP_REGISTRATION, STEPS };
enum { STEPS_KEPT = 16384, STEP_BUCKETS = 14 };

extern const double STEP_BOUNDS[STEP_BUCKETS]; /* s; above the last: +Inf */
extern const char *const STEP_NAMES[STEPS];

struct steps {
    struct {
        ipv4 address;
        usec offered, bound, configured; /* NEVER: not yet */
    } phone[STEPS_KEPT];
    struct {
        uint64_t bucket[STEP_BUCKETS + 1], count; /* each for itself, not added up */
        double sum;
    } step[STEPS];
};

void steps_news(struct steps *, usec now, uint16_t news, struct bytes facts);
#endif
