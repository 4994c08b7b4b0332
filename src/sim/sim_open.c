#include "sim/sim_inside.h"
#include "sim/sim_machine.h"
#include <stdlib.h>

enum { OUTBOX_ACTIONS = SWITCH_MOST + 256, OUTBOX_BYTES = SWITCH_MOST_BYTES + 65536 };
enum { MANY_SWITCHES = 16, GROUND_PIECE = 32 << 20 };
static const struct mac SERVER_MAC = {{0x02, 0x5e, 0, 0, 0, 1}};

/* Where each kind of party begins. Of the agenda: the fleets', the site's, the interlopers; then the servers' card and
 * TCP, which are no engines. */
static void number_parties(struct sim *s)
{
    const struct plan *plan = s->config.plan;

    s->switches = plan_switches(plan);
    s->straight = s->switches > 1 && !interloper_needed(plan);
    s->site_base = plan->phones + s->switches;
    s->interloper_party = s->site_base + SITE_CALLMANAGER + plan->callmanagers;
    s->parties = s->host_party = s->interloper_party + s->switches;
    s->tcp_party = s->host_party + 1;
    s->machine_base = s->tcp_party + 2;
    s->span = s->machine_base + (s->config.times ? machine_processes(s->config.fleets) : 0);
}

/* Where nothing but uplinks joins the switches, each is a part, and the servers are one. */
static bool make_parts(struct sim *s)
{
    bool apart = s->straight && !s->config.strict && !s->config.times && !s->config.stepped;
    uint32_t count = apart ? s->switches + 1 : 1, *sizes = calloc(count, sizeof *sizes);

    if (!sizes) return false;
    sizes[count - 1] = apart ? s->parties - s->site_base : s->parties;
    for (uint32_t k = 0; apart && k < s->switches; k++) sizes[k] = plan_switch(s->config.plan, k).phones + 1;
    crew_open(&s->crew, apart ? s->config.hands : 1);
    bool ok = parts_open(&s->parts, count, sizes, s->crew.hands);
    free(sizes);
    return ok;
}

static bool make_outboxes(struct sim *s)
{
    s->outbox = calloc(s->crew.hands, sizeof *s->outbox);
    for (uint32_t i = 0; s->outbox && i < s->crew.hands; i++) {
        struct action *actions = malloc(OUTBOX_ACTIONS * sizeof *actions);
        void *bytes = malloc(OUTBOX_BYTES);
        if (!actions || !bytes) {
            free(actions);
            free(bytes);
            return false;
        }
        outbox_init(&s->outbox[i], actions, OUTBOX_ACTIONS, bytes, OUTBOX_BYTES);
    }
    return s->outbox != NULL;
}

static bool make_places(struct sim *s)
{
    const struct plan *plan = s->config.plan;
    const struct sim_trouble troubled = {.loss = plan->faults.value[FAULT_IS_LOSS],
                                         .reorder = plan->faults.value[FAULT_IS_REORDER]};
    /* of TCP, which is no frames here: to those the interloper does it */

    s->place = aligned_alloc(_Alignof(struct sim_place), s->parts.count * sizeof *s->place);
    for (uint32_t i = 0; s->place && i < s->parts.count; i++) {
        struct sim_place *w = &s->place[i];
        *w = (struct sim_place){.sim = s, .number = i, .source = s->tcp_party + 1, .outbox = s->outbox};
        w->tcp.context = w;
        sim_link_init(&w->tcp.way, s->config.uplink + 2 * s->config.cable + plan->faults.value[FAULT_IS_LATENCY] * MSEC,
                      &troubled, plan->seed ^ 0x746370);
    }
    return s->place != NULL;
}

static bool make_access(struct sim *s)
{
    const struct plan *plan = s->config.plan;
    struct sim_trouble none = {0};

    s->fleet = calloc(s->switches, sizeof *s->fleet);
    s->access = calloc(s->switches, sizeof *s->access);
    s->ground.piece = s->switches >= MANY_SWITCHES ? GROUND_PIECE : 0;
    if (!s->fleet || !s->access) return false;
    for (uint32_t k = 0; k < s->switches; k++) {
        struct sim_access *a = &s->access[k];
        struct fleet_hooks hooks = sim_fleet_hooks(a);
        a->sim = s;
        a->number = k;
        if (!fleet_open_on(&s->fleet[k], plan, k, &hooks, &s->ground)) return false;
        if (!s->straight && !interloper_open(&a->interloper, plan, k)) return false;
        sim_link_init(&a->up, s->config.uplink, &none, (plan->seed + k) ^ 0x7570);
        sim_link_init(&a->down, s->config.uplink, &none, (plan->seed + k) ^ 0x646f776e);
        sim_host_init(&a->host, SERVER_MAC, plan->server, plan->callmanagers, s->peer);
        if (s->fleet[k].at.routed)
            sim_host_route(&a->host, s->fleet[k].at.uplink_server, router_mac(&s->fleet[k].ethernet.router, 2));
    }
    s->window = s->access->up.latency;
    return true;
}

static bool make_servers(struct sim *s, struct fault *why)
{
    const struct plan *plan = s->config.plan;
    const struct sim_tcp_hooks tcp = sim_tcp_hooks_of();

    return sim_tcp_open(&s->tcp, plan, &tcp, s->place->tcp.way.latency) && (!s->config.times || sim_machine_open(s)) &&
           site_open(&s->site, plan, why);
}

bool sim_open(struct sim *s, const struct sim_config *config, struct fault *why)
{
    const struct plan *plan = config->plan;

    *s = (struct sim){.config = *config};
    if (s->config.cable == 0) s->config.cable = 5;
    if (s->config.uplink == 0) s->config.uplink = 50;
    if (s->config.commit == 0) s->config.commit = 100;
    s->committing = NEVER;
    if (s->config.times) sim_machine_ways(&s->config);
    number_parties(s);
    *why = (struct fault){FAULT_LONG, 0, "no memory for the simulation"};
    if (!make_parts(s) || !make_outboxes(s) || !make_places(s) || !make_access(s) || !make_servers(s, why)) {
        sim_close(s);
        return false;
    }
    for (uint32_t i = plan->phones; i < s->site_base; i++) sim_wake(s, i, 0);
    for (uint8_t i = 0; i < plan->callmanagers; i++)
        sim_callmanager(s, i, !site_listens(&s->site, i), i == 0 && plan->faults.on[FAULT_IS_CM1_SILENT]);
    for (uint32_t k = 0; k < s->switches; k++) fleet_begin(&s->fleet[k]);
    return true;
}

void sim_close(struct sim *s)
{
    crew_close(&s->crew);
    for (uint32_t i = 0; s->outbox && i < s->parts.hands; i++) {
        free(s->outbox[i].actions);
        free(s->outbox[i].bytes.start);
    }
    for (uint32_t i = 0; s->place && i < s->parts.count; i++) free(s->place[i].said.at);
    for (uint32_t k = 0; s->fleet && s->access && k < s->switches; k++) {
        fleet_close(&s->fleet[k]);
        interloper_close(&s->access[k].interloper);
    }
    parts_close(&s->parts);
    ground_close(&s->ground);
    free(s->journal.at);
    free(s->outbox);
    free(s->place);
    free(s->fleet);
    free(s->access);
    sim_tcp_close(&s->tcp);
    if (s->config.times) machine_close(&s->machine);
    site_close(&s->site);
}
