#include "sim/sim_machine.h"
#include "sim/sim_inside.h"

static uint32_t process_of(const struct sim *s, uint32_t party)
{
    const struct plan *plan = s->config.plan;

    if (party >= s->site_base) return s->machine.servers;
    uint32_t k = party >= plan->phones ? party - plan->phones : plan_switch_of(plan, party);
    uint32_t fleet = (uint32_t)((uint64_t)k * s->config.fleets / s->switches);
    /* A fleet begins at switches * fleet / fleets (net/layout.c), rounded down: near that the quotient may be one too
     * small. */
    while (fleet + 1 < s->config.fleets && (uint64_t)s->switches * (fleet + 1) / s->config.fleets <= k) fleet++;
    return fleet;
}

static usec now_(void *context)
{
    const struct sim *s = context;

    return s->place->now;
}

static uint32_t service(void *context, uint32_t party, const struct event *e)
{
    const struct sim *s = context;

    if (party < s->config.plan->phones) return service_of_phone(e);
    if (party < s->site_base) return service_of_switch(e);
    switch (party - s->site_base) {
    case SITE_DHCP: return service_step(SERVICE_DHCP, e->kind);
    case SITE_TFTP: return service_of_tftp(e);
    default: return service_step(SERVICE_CALLMANAGER, e->kind);
    }
}

/* A stream may have been closed while this waited. */
static void step(void *context, uint32_t party, const struct event *e)
{
    struct sim *s = context;

    if (sim_arrives(s->place, party, e)) sim_step(s->place, party, e);
}

static void again(void *context, usec at, uint32_t process)
{
    struct sim *s = context;
    uint32_t party = s->machine_base + process;

    sim_put(s->place, at, party, party, &(struct event){.kind = EVENT_WAKE});
}

static bool stored(void *context, const struct machine_list *batch)
{
    struct sim *s = context;

    if (s->failing) {
        s->failing--;
        s->unstored++;
        return false;
    }
    for (const struct machine_item *i = batch->first; i; i = i->next)
        if (i->what == ITEM_STORE) sim_remember(s, (struct bytes){i->bytes, i->len});
    return true;
}

static void leave(void *context, const struct machine_item *i)
{
    struct sim *s = context;
    struct bytes bytes = {i->bytes, i->len};

    switch (i->what) {
    case ITEM_FRAME: sim_uplink(&s->access[i->party], bytes); break;
    case ITEM_STREAM:
    case ITEM_DATAGRAM:
    case ITEM_TOLD:
        if (i->party >= s->site_base)
            sim_site_leaves(s->place, i->party - s->site_base, &i->action, bytes);
        else
            sim_tcp_phone(&s->tcp, &s->place->tcp, s->place->now, i->party, &i->action, bytes);
        break;
    case ITEM_SEGMENT: /* straight to the next socket: the ways were part of when it came here */
        sim_later(s->place, s->place->now, i->party + (i->passes - 1) * s->span, &i->event);
        break;
    case ITEM_EVENT:
    case ITEM_STORE:
    case ITEM_COMMITTED: break;
    }
}

bool sim_machine_open(struct sim *s)
{
    const struct machine_hooks hooks = {s, now_, service, step, leave, stored, again};

    return machine_open(&s->machine, s->config.times, s->config.fleets, s->parties, &hooks);
}

void sim_machine_ways(struct sim_config *c)
{
    uint64_t link = service_mean(c->times, SERVICE_LINK);

    c->cable = 0; /* in memory, within a process */
    c->uplink = (link + 999) / 1000;
    if (c->fleets == 0) c->fleets = 1;
}

void sim_machine_wakes(struct sim *s, uint32_t party)
{
    sim_wake(s, party, NEVER);
    machine_wake(&s->machine, process_of(s, party), party);
}

/* The phone at the other end of a CallManager's stream. */
static uint32_t phone_of(const struct sim *s, const struct event *e)
{
    uint32_t phone = sim_tcp_phone_of(&s->tcp, e->stream);

    return phone == UINT32_MAX ? 0 : phone;
}

/* A SYN passes the phone's fleet, and so does what answers it; all else passes once. */
uint32_t sim_machine_way(const struct sim *s, uint32_t party, const struct event *e)
{
    bool phones = party < s->site_base;

    return party + (phones && (e->kind == EVENT_UP || e->why == DOWN_REFUSED) ? 2 : 1) * s->span;
}

bool sim_machine_takes(struct sim *s, const struct entry *n)
{
    uint32_t party = n->party % s->span, passes = n->party / s->span;

    if (party >= s->machine_base) {
        machine_go(&s->machine, party - s->machine_base);
        return true;
    }
    if (party >= s->interloper_party) return false;
    uint32_t phone = party < s->site_base ? party : passes ? phone_of(s, &n->event) : 0;
    /* What an opened stream takes is counted with the OPEN and the UP of its phone: the last ACK goes for nothing. */
    if (passes)
        machine_segment(&s->machine, process_of(s, phone), party, &n->event, passes,
                        party >= s->site_base && n->event.kind == EVENT_UP);
    else
        machine_event(&s->machine, process_of(s, party), party, &n->event, true);
    return true;
}

void sim_machine_inside(struct sim *s, uint32_t party, const struct event *e)
{
    machine_event(&s->machine, process_of(s, party), party, e, false);
}

void sim_machine_frame(struct sim_access *a, struct bytes frame)
{
    struct sim *s = a->sim;

    machine_put(&s->machine, process_of(s, s->config.plan->phones + a->number), ITEM_FRAME, a->number, NULL, frame);
}

void sim_machine_stream(struct sim *s, uint32_t phone, const struct action *a, struct bytes bytes)
{
    machine_put(&s->machine, process_of(s, phone), ITEM_STREAM, phone, a, bytes);
}

void sim_machine_told(struct sim *s, uint32_t party)
{
    machine_told(&s->machine, process_of(s, party));
}

void sim_machine_site(struct sim *s, uint32_t party, const struct outbox *out)
{
    for (uint32_t i = 0; i < out->count; i++) {
        const struct action *a = &out->actions[i];
        enum machine_what what = a->kind == ACTION_STORE      ? ITEM_STORE
                                 : a->kind == ACTION_TELL     ? ITEM_TOLD
                                 : a->kind == ACTION_DATAGRAM ? ITEM_DATAGRAM
                                                              : ITEM_STREAM;
        machine_put(&s->machine, s->machine.servers, what, party, a, payload(out, i));
    }
}
