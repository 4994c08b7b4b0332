/* app/serve/metrics.h: /metrics in Prometheus' text format (version 0.0.4), /healthz, over HTTP on `admin-http`.
 *
 * metrics_text  the whole page, to be freed; NULL: no memory.
 * metrics_open  serves it: GET /metrics, GET /healthz ("ok", or 503 while not ready or when a store failed last);
 *               everything else is 404, other methods 405. With a token: `Authorization: Bearer TOKEN`, else 401. 32
 *               connections.
 */
#ifndef APP_SERVE_METRICS_H
#define APP_SERVE_METRICS_H
#include "net/error.h"
#include <stddef.h>

struct serve;
struct metrics;

char *metrics_text(struct serve *, size_t *length);
struct metrics *metrics_open(struct serve *, struct net_error *why);
void metrics_close(struct metrics *);
#endif
