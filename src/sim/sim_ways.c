#include "sim/sim_inside.h"
#include "base/facts.h"
#include "sim/sim_machine.h"
#include <stdlib.h>

/* --- the fleets' hooks --- */

static struct sim_place *place_of_switch(const struct sim_access *a)
{
    return sim_place_of(a->sim, sim_switch_party(a->sim, a->number));
}

static void fleet_deliver(void *context, uint32_t party, const struct event *e)
{
    struct sim_access *a = context;
    struct sim *s = a->sim;
    const struct fleet *f = &s->fleet[a->number];
    struct sim_place *w = place_of_switch(a);

    party = party == fleet_switch(f) ? sim_switch_party(s, a->number) : f->at.first + party;
    if (s->config.times)
        sim_machine_inside(s, party, e);
    else
        sim_later(w, w->now + s->config.cable, party, e);
}

static void send_over(struct sim_place *w, struct sim_link *link, uint32_t party, uint32_t stream, struct bytes frame)
{
    usec out[2];
    unsigned n = sim_link_pass(link, w->now, out);

    for (unsigned i = 0; i < n; i++)
        sim_later(w, out[i], party, &(struct event){.kind = EVENT_FRAME, .stream = stream, .bytes = frame});
}

/* From the servers' side. */
static void to_switch(struct sim_place *w, struct sim_access *a, struct bytes frame)
{
    send_over(w, &a->down, sim_switch_party(a->sim, a->number), a->sim->fleet[a->number].uplink_port, frame);
}

void sim_uplink(struct sim_access *a, struct bytes frame)
{
    struct sim *s = a->sim;
    struct sim_place *w = place_of_switch(a);

    if (s->straight)
        send_over(w, &a->up, s->host_party, a->number, frame);
    else
        send_over(w, &a->up, s->interloper_party + a->number, INTERLOPER_UP, frame);
}

static void fleet_uplink(void *context, struct bytes frame)
{
    struct sim_access *a = context;

    if (a->sim->config.times)
        sim_machine_frame(a, frame);
    else
        sim_uplink(a, frame);
}

static void fleet_stream(void *context, uint32_t phone, const struct action *action, struct bytes payload)
{
    const struct sim_access *a = context;
    struct sim *s = a->sim;
    struct sim_place *w = place_of_switch(a);

    phone += s->fleet[a->number].at.first;
    if (s->config.times)
        sim_machine_stream(s, phone, action, payload);
    else
        sim_tcp_phone(&s->tcp, &w->tcp, w->now, phone, action, payload);
}

static void fleet_tell(void *context, const struct action *action, struct bytes facts)
{
    const struct sim_access *a = context;

    if (a->sim->config.times) sim_machine_told(a->sim, action->engine);
    sim_say(place_of_switch(a), action->engine, action, facts);
}

static void fleet_opens(void *context, bool begins)
{
    const struct sim_access *a = context;

    if (a->sim->config.times && begins) machine_opens(&a->sim->machine);
}

struct fleet_hooks sim_fleet_hooks(struct sim_access *a)
{
    return (struct fleet_hooks){a,    fleet_deliver, fleet_uplink, fleet_stream, fleet_tell,
                                NULL, NULL,          NULL,         fleet_opens};
}

/* What is told of an uplink is of its switch. */
static void tell_of_uplink(struct sim_access *a, struct action told, struct bytes facts)
{
    told.engine = sim_switch_party(a->sim, a->number);
    fleet_tell(a, &told, facts);
}

/* --- TCP's hooks: the context is the place --- */

static bool tcp_path(void *context, uint32_t phone, ipv4 to)
{
    const struct sim_place *w = context;
    uint32_t local;
    const struct fleet *f = sim_fleet_of(w->sim, phone, &local);
    struct phone_path path;

    return f->cable[local].mode == CABLE_STRAIGHT && phone_path(&f->phone[local], to, &path);
}

static void tcp_deliver(void *context, usec at, enum sim_end end, uint32_t whose, const struct event *e)
{
    struct sim_place *w = context;
    const struct sim *s = w->sim;
    uint32_t party = end == END_PHONE ? whose : s->site_base + SITE_CALLMANAGER + whose;

    sim_later(w, at, s->config.times ? sim_machine_way(s, party, e) : party, e);
}

/* It comes back to this place. */
static void tcp_later(void *context, usec at, uint32_t id)
{
    struct sim_place *w = context;

    parts_put(&w->sim->parts, w->number, w->number, at, w->sim->tcp_party, w->source,
              &(struct event){.kind = EVENT_WAKE, .stream = id});
}

/* TCP is no frames here: what the interloper counts of the others is counted of its segments too. */
static void tcp_overtaken(void *context, uint32_t phone)
{
    const struct sim_place *w = context;
    uint8_t bytes[32];
    struct writer facts = writer(bytes, sizeof bytes);
    uint32_t local;
    const struct fleet *f = sim_fleet_of(w->sim, phone, &local);
    struct sim_access *a = &w->sim->access[f->number];

    tell_number(&facts, FACT_PORT, (uint64_t)local + 1);
    tell_number(&facts, FACT_COUNT, ++a->interloper.overtaken[local]);
    tell_of_uplink(a, (struct action){.kind = ACTION_TELL, .news = WAY_OVERTAKEN}, written(&facts));
}

struct sim_tcp_hooks sim_tcp_hooks_of(void)
{
    return (struct sim_tcp_hooks){tcp_path, tcp_deliver, tcp_later, tcp_overtaken};
}

bool sim_arrives(struct sim_place *w, uint32_t party, const struct event *e)
{
    struct sim *s = w->sim;

    if (e->kind != EVENT_UP && e->kind != EVENT_DATA && e->kind != EVENT_DOWN) return true;
    if (is_fleets(s, party)) return sim_tcp_arrives(&s->tcp, &w->tcp, END_PHONE, party, e);
    return sim_tcp_arrives(&s->tcp, &w->tcp, END_CALLMANAGER, party - s->site_base - SITE_CALLMANAGER, e);
}

/* --- the servers' side --- */

/* What the interloper lets through. */
static void interloper_acts(struct sim_place *w, struct sim_access *a, const struct outbox *out)
{
    for (uint32_t i = 0; i < out->count; i++) {
        struct bytes frame = payload(out, i);
        if (out->actions[i].kind == ACTION_TELL)
            tell_of_uplink(a, out->actions[i], frame);
        else if (out->actions[i].stream == INTERLOPER_UP)
            sim_later(w, w->now + SIM_LEAST, w->sim->host_party,
                      &(struct event){.kind = EVENT_FRAME, .stream = a->number, .bytes = frame});
        else
            to_switch(w, a, frame);
    }
}

static void from_host(struct sim_place *w, struct sim_access *a, struct bytes frame)
{
    if (w->sim->straight)
        to_switch(w, a, frame);
    else
        sim_later(w, w->now + SIM_LEAST, w->sim->interloper_party + a->number,
                  &(struct event){.kind = EVENT_FRAME, .stream = INTERLOPER_DOWN, .bytes = frame});
}

void sim_hears(struct sim_place *w, uint32_t number, struct bytes frame)
{
    struct sim_access *a = &w->sim->access[number];
    uint8_t bytes[FRAME_MOST];
    struct writer reply = writer(bytes, sizeof bytes);
    struct event e;

    if (sim_host_hear(&a->host, frame, &e, &reply))
        sim_later(w, w->now + SIM_LEAST, w->sim->site_base + site_of_port(e.to.port), &e);
    if (reply.len && !reply.full) from_host(w, a, written(&reply));
}

static void host_sends(struct sim_place *w, const struct action *a, struct bytes bytes)
{
    struct sim *s = w->sim;
    uint8_t frame[FRAME_MOST];
    struct writer out = writer(frame, sizeof frame);
    uint32_t k = s->switches > 1 ? plan_switch_towards(s->config.plan, a->to.address) : 0;

    if (k < s->switches && sim_host_send(&s->access[k].host, a->from, a->to, bytes, &out))
        from_host(w, &s->access[k], written(&out));
}

void sim_site_leaves(struct sim_place *w, uint32_t party, const struct action *a, struct bytes bytes)
{
    struct sim *s = w->sim;

    switch (a->kind) {
    case ACTION_DATAGRAM: host_sends(w, a, bytes); break;
    case ACTION_WRITE:
    case ACTION_CLOSE: /* of a->engine: a device that moved to another CallManager is closed at its old one */
        sim_tcp_manager(&s->tcp, &w->tcp, w->now, (uint8_t)(a->engine - s->site_base - SITE_CALLMANAGER), a, bytes);
        break;
    case ACTION_TELL:
        if (s->config.times) sim_machine_told(s, s->site_base + party);
        sim_say(w, s->site_base + party, a, bytes);
        break;
    case ACTION_OPEN:
    case ACTION_STORE:
    case ACTION_LINE:
    case ACTION_FRAME: break;
    }
}

bool sim_more(struct sim_memory *m, size_t bytes, struct writer *out)
{
    enum { FIRST = 1024 };

    if (m->size - m->len < bytes) {
        size_t size = (m->size ? m->size * 2 : FIRST) + bytes;
        uint8_t *more = realloc(m->at, size);
        if (!more) return false;
        m->at = more;
        m->size = size;
    }
    *out = writer(m->at + m->len, bytes);
    return true;
}

void sim_written(struct sim_memory *m, const struct writer *w)
{
    m->len += w->len;
}

void sim_remember(struct sim *s, struct bytes record)
{
    struct writer w;

    if (!sim_more(&s->journal, 4 + record.len, &w)) {
        s->failed = true;
        return;
    }
    write_be32(&w, (uint32_t)record.len);
    write_bytes(&w, record);
    sim_written(&s->journal, &w);
}

static bool stores(const struct outbox *out)
{
    for (uint32_t i = 0; i < out->count; i++)
        if (out->actions[i].kind == ACTION_STORE) return true;
    return false;
}

/* When is on stable storage what is stored now? One commit goes on at a time, and begins STORE_SPACING after the one
 * before at the earliest; all that comes meanwhile shares the next. */
static usec committed(struct sim *s, usec now)
{
    usec next = s->committing == NEVER ? now : after(s->committing, STORE_SPACING);

    if (s->committing != NEVER && s->committing > now) return s->durable; /* it has not begun */
    if (next < s->durable) next = s->durable;
    s->committing = next > now ? next : now;
    return s->committing + s->config.commit;
}

/* False: the commit fails, and the engine hears of each. */
static bool stored(struct sim_place *w, uint32_t party, const struct outbox *out)
{
    struct sim *s = w->sim;
    bool fails = s->failing > 0;

    s->durable = committed(s, w->now);
    s->failing -= fails;
    s->unstored += fails;
    for (uint32_t i = 0; i < out->count; i++) {
        if (out->actions[i].kind != ACTION_STORE) continue;
        if (fails)
            sim_later(w, s->durable, party, &(struct event){.kind = EVENT_UNSTORED, .bytes = payload(out, i)});
        else
            sim_remember(s, payload(out, i));
    }
    return !fails;
}

static void leave(struct sim_place *w, uint32_t party, const struct outbox *out, bool ahead)
{
    for (uint32_t i = 0; i < out->count; i++)
        if (out->actions[i].ahead == ahead)
            sim_site_leaves(w, party - w->sim->site_base, &out->actions[i], payload(out, i));
}

/* What a server put leaves when all that was stored before it is on stable storage; or never, and is taken back. What
 * promises nothing leaves at once. */
void sim_site_acts(struct sim_place *w, uint32_t party, const struct outbox *out)
{
    struct sim *s = w->sim;
    usec now = w->now;

    if (s->config.times) {
        sim_machine_site(s, party, out);
        return;
    }
    leave(w, party, out, true);
    if (stores(out) && !stored(w, party, out)) return;
    if (s->durable > now) w->now = s->durable; /* they leave then; nothing else happens at that moment here */
    leave(w, party, out, false);
    w->now = now;
}

void sim_act(struct sim_place *w, uint32_t party)
{
    struct sim *s = w->sim;
    uint32_t local;

    if (party >= s->interloper_party) {
        interloper_acts(w, &s->access[party - s->interloper_party], w->outbox);
        return;
    }
    if (!is_fleets(s, party)) {
        sim_site_acts(w, party, w->outbox);
        return;
    }
    struct fleet *f = sim_fleet_of(s, party, &local);
    for (uint32_t i = 0; i < w->outbox->count; i++) fleet_act(f, local, &w->outbox->actions[i], payload(w->outbox, i));
}
