/* net/layout.h: how a lab on real frames is spread over processes.
 *
 * A fleet process holds whole switches with their phones, one behind the other: a subnet over two uplinks would lose
 * its phones at one of them. So many fleets that none needs more open files than a process may have, and that no core
 * idles. The servers are one process, the only writer of the store; where it could not hold the streams of all phones,
 * each CallManager's are accepted by a process of its own, a front (net/front.c).
 *
 * Takes   a plan, the open files that a process may have (RLIMIT_NOFILE), the cores.
 * Errors  false, and in `why` what does not fit: one switch in one fleet, or one CallManager's streams in one front.
 */
#ifndef NET_LAYOUT_H
#define NET_LAYOUT_H
#include "lab/plan.h"

enum { LAYOUT_FLEETS = 32, LAYOUT_WHY = 200 };

struct layout {
    uint32_t switches, fleets;
    bool fronts; /* one for each CallManager */
};

bool layout_of(struct layout *, const struct plan *, uint64_t files, uint32_t cores, char why[LAYOUT_WHY]);
/* The switches of a fleet, from 0. */
void layout_fleet(const struct layout *, uint32_t fleet, uint32_t *first, uint32_t *switches);
uint32_t layout_fleet_of(const struct layout *, uint32_t of_switch);
#endif
