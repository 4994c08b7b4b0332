#include "lab/plan.h"

enum { BUDGET = 740000, FIRST_NUMBER = 1000 };

void plan_default(struct plan *p)
{
    *p = (struct plan){.callmanagers = 2,
                       .voice_vlan = 100,
                       .data_vlan = 1,
                       .voice_router = IPV4(10, 0, 0, 1),
                       .voice_mask = 0xffffff00,
                       .voice_first = IPV4(10, 0, 0, 5),
                       .voice_last = IPV4(10, 0, 0, 254),
                       .server = {IPV4(10, 0, 0, 2), IPV4(10, 0, 0, 3), IPV4(10, 0, 0, 4)},
                       .data_router = IPV4(10, 1, 0, 1),
                       .data_mask = 0xffffff00,
                       .data_first = IPV4(10, 1, 0, 5),
                       .data_last = IPV4(10, 1, 0, 254),
                       .power_budget = BUDGET,
                       .first_number = FIRST_NUMBER,
                       .seed = 1};
}
