#include "lab/plan.h"
#include <stdlib.h>

enum { BUDGET = 740000, FIRST_NUMBER = 1000, UPLINK_VLAN = 999 };
/* In each /24 of a routed switch, as in the only switch's; but no more leases than its phones and a few others need. */
enum { ROUTER_HOST = 1, FIRST_HOST = 5, LAST_HOST = 254, OTHERS = 4 };

void plan_default(struct plan *p)
{
    *p = (struct plan){.per_switch = PLAN_PHONES,
                       .callmanagers = 2,
                       .voice_vlan = 100,
                       .data_vlan = 1,
                       .uplink_vlan = UPLINK_VLAN,
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

bool plan_phones(struct plan *p, uint32_t phones, uint32_t per_switch)
{
    p->per_switch = per_switch;
    p->phones = phones;
    p->phone = calloc(phones ? phones : 1, sizeof *p->phone);
    if (!p->phone || plan_switches(p) > PLAN_SWITCHES) return false;
    for (uint32_t i = 0; plan_switches(p) > 1 && i < PLAN_CALLMANAGERS; i++) p->server[i] = IPV4(172, 31, 255, 1) + i;
    return true;
}

void plan_free(struct plan *p)
{
    free(p->phone);
    p->phone = NULL;
    p->phones = 0;
}

uint32_t plan_switches(const struct plan *p)
{
    return p->per_switch == 0 || p->phones <= p->per_switch ? 1 : (p->phones - 1) / p->per_switch + 1;
}

struct plan_switch plan_switch(const struct plan *p, uint32_t k)
{
    bool routed = plan_switches(p) > 1;
    ipv4 voice = IPV4(10, 0, 0, 0) + (k << 8), data = IPV4(10, 128, 0, 0) + (k << 8),
         uplink = IPV4(172, 16, 0, 0) + 4 * k;
    uint32_t first = k * p->per_switch, left = p->phones - first;

    uint32_t phones = left < p->per_switch ? left : p->per_switch, last = FIRST_HOST + phones + OTHERS - 1;

    if (last > LAST_HOST) last = LAST_HOST;
    if (!routed)
        return (struct plan_switch){.phones = p->phones,
                                    .voice_router = p->voice_router,
                                    .voice_mask = p->voice_mask,
                                    .voice_first = p->voice_first,
                                    .voice_last = p->voice_last,
                                    .data_router = p->data_router,
                                    .data_mask = p->data_mask,
                                    .data_first = p->data_first,
                                    .data_last = p->data_last};
    return (struct plan_switch){.first = first,
                                .phones = phones,
                                .voice_router = voice + ROUTER_HOST,
                                .voice_mask = 0xffffff00,
                                .voice_first = voice + FIRST_HOST,
                                .voice_last = voice + last,
                                .data_router = data + ROUTER_HOST,
                                .data_mask = 0xffffff00,
                                .data_first = data + FIRST_HOST,
                                .data_last = data + last,
                                .uplink_router = uplink + 1,
                                .uplink_server = uplink + 2,
                                .uplink_mask = 0xfffffffc,
                                .routed = true};
}

uint32_t plan_switch_of(const struct plan *p, uint32_t phone)
{
    return plan_switches(p) > 1 ? phone / p->per_switch : 0;
}

uint32_t plan_switch_towards(const struct plan *p, ipv4 address)
{
    uint32_t k = UINT32_MAX;

    if (address >> 24 == 10) k = (address >> 8) & (PLAN_SWITCHES - 1); /* 10.0.0.0/9 and 10.128.0.0/9 by /24s */
    if (address >= IPV4(172, 16, 0, 0) && address < IPV4(172, 18, 0, 0)) k = (address - IPV4(172, 16, 0, 0)) / 4;
    return k < plan_switches(p) ? k : UINT32_MAX;
}
