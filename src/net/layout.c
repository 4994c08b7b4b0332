#include "net/layout.h"
#include <stdio.h>

/* A phone has two streams, and for a moment a third when it moves. Beside them: rings, rules, the loop, the
 * captures. */
enum { FILES_OF_A_PHONE = 3, FILES_OF_A_PROCESS = 64, FLUSHERS = 90 };

static uint64_t fleet_files(uint32_t phones, uint32_t switches)
{
    return (uint64_t)phones * FILES_OF_A_PHONE + switches + FILES_OF_A_PROCESS;
}

/* What the servers, or a front, hold when each phone has `streams` there, and a tenth of them come back before the old
 * are gone. */
static uint64_t server_files(uint32_t phones, uint32_t streams)
{
    return (uint64_t)phones * streams * 11 / 10 + FILES_OF_A_PROCESS;
}

void layout_fleet(const struct layout *l, uint32_t fleet, uint32_t *first, uint32_t *switches)
{
    uint64_t next = (uint64_t)l->switches * (fleet + 1) / l->fleets;

    *first = (uint32_t)((uint64_t)l->switches * fleet / l->fleets);
    *switches = (uint32_t)next - *first;
}

uint32_t layout_fleet_of(const struct layout *l, uint32_t of_switch)
{
    uint32_t first, switches, fleet = (uint32_t)((uint64_t)of_switch * l->fleets / l->switches);

    for (layout_fleet(l, fleet, &first, &switches); fleet + 1 < l->fleets && of_switch >= first + switches;
         layout_fleet(l, fleet, &first, &switches))
        fleet++;
    return fleet;
}

static bool fits(const struct layout *l, const struct plan *plan, uint64_t files)
{
    uint32_t most = (l->switches + l->fleets - 1) / l->fleets;
    uint32_t phones = l->switches == 1 ? plan->phones : most * plan->per_switch;

    return most <= FLUSHERS && fleet_files(phones, most) <= files;
}

bool layout_of(struct layout *l, const struct plan *plan, uint64_t files, uint32_t cores, char why[LAYOUT_WHY])
{
    uint32_t switches = plan_switches(plan), streams = plan->callmanagers < 2 ? plan->callmanagers : 2;
    uint32_t most = switches < LAYOUT_FLEETS ? switches : LAYOUT_FLEETS;

    *l = (struct layout){.switches = switches, .fleets = cores < most ? cores : most};
    if (l->fleets == 0) l->fleets = 1;
    while (!fits(l, plan, files) && l->fleets < most) l->fleets++;
    l->fronts = server_files(plan->phones, streams) > files;
    if (fits(l, plan, files) && server_files(plan->phones, 1) <= files) return true;
    uint64_t needs = fits(l, plan, files) ? server_files(plan->phones, 1)
                                          : fleet_files(plan->phones / l->fleets, switches / l->fleets);
    (void)snprintf(why, LAYOUT_WHY,
                   "%u phones need %llu open files a process, and `ulimit -n` allows %llu: raise it, or use fewer "
                   "phones or --sim",
                   plan->phones, (unsigned long long)needs, (unsigned long long)files);
    return false;
}
