/* app/serve/watch.h: what `dialtone serve` looks at again and again, since nobody tells it: the kernel's table of
 * neighbours, the store, the clock.
 *
 *   neighbours  the kernel has one table for the whole machine, of 1,024 by default (gc_thresh3): a segment with
 *               more phones overflows it, and the rest of them hears nothing. Said when it begins, and each minute
 *   store       a disk that is full, a database that is locked: said when it begins, each minute, and when it is
 *               over
 *   clock       a machine without a battery behind its clock learns the time long after it has started. Its phones
 *               are told the right one from now on, and so is the store: leases of years ago would be given anew
 *               after the next start
 *
 * Takes   serve_watch, some times a second; a zeroed struct serve_watch.
 * Gives   lines of the log; the new time to the CallManagers and to DHCP.
 */
#ifndef APP_SERVE_WATCH_H
#define APP_SERVE_WATCH_H
#include "base/engine.h"

struct serve;

struct serve_watch {
    uint64_t store_failures, store_good; /* transactions, as last looked at */
    usec store_said;
    bool store_bad;
    uint64_t neighbours_refused; /* entries of the kernel's table, as last looked at */
    usec neighbours_said;
};

void serve_watch(struct serve *);
#endif
