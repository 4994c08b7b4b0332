#include "sim/sim.h"
#include "sim/sim_machine.h"
#include "base/facts.h"
#include <stdlib.h>
#include <string.h>

enum { FRAME_MOST = 2048, BENCHES = 256, OUTBOX_ACTIONS = SWITCH_MOST + 256, OUTBOX_BYTES = SWITCH_MOST_BYTES + 65536 };
enum { AHEAD = 2, MANY_SWITCHES = 16, GROUND_PIECE = 32 << 20 };
static const struct mac SERVER_MAC = {{0x02, 0x5e, 0, 0, 0, 1}};

/* Parties of the agenda: the fleet's, the site's, then the servers' card and TCP, which are no engines. */
static bool is_engine(const struct sim *s, uint32_t party)
{
    return party < s->host_party;
}

static void later(struct sim *s, usec at, uint32_t party, const struct event *e)
{
    agenda_put(&s->agenda, at, party, s->source, e);
}

/* --- whose a party is --- */

static uint32_t phones_of(const struct sim *s)
{
    return s->config.plan->phones;
}

static uint32_t switch_party(const struct sim *s, uint32_t number)
{
    return phones_of(s) + number;
}

/* Of a party of the fleet side: the switch, and its number there. */
static struct fleet *fleet_of(const struct sim *s, uint32_t party, uint32_t *local)
{
    bool phone = party < phones_of(s);
    uint32_t k = !phone ? party - phones_of(s) : s->switches > 1 ? party / s->config.plan->per_switch : 0;
    struct fleet *f = &s->fleet[k];

    *local = phone ? party - f->at.first : fleet_switch(f);
    return f;
}

struct phone *sim_phone(const struct sim *s, uint32_t phone)
{
    uint32_t local;
    struct fleet *f = fleet_of(s, phone, &local);

    return &f->phone[local];
}

/* --- the fleets' hooks --- */

static void fleet_deliver(void *context, uint32_t party, const struct event *e)
{
    struct sim_access *a = context;
    struct sim *s = a->sim;
    const struct fleet *f = &s->fleet[a->number];
    bool ethernet = party == fleet_switch(f);

    if (s->config.times) {
        sim_machine_inside(s, ethernet ? switch_party(s, a->number) : f->at.first + party, e);
        return;
    }
    later(s, s->now + s->config.cable, ethernet ? switch_party(s, a->number) : f->at.first + party, e);
}

static void send_over(struct sim *s, struct sim_link *link, uint32_t party, uint32_t stream, struct bytes frame)
{
    usec out[2];
    unsigned n = sim_link_pass(link, s->now, out);

    for (unsigned i = 0; i < n; i++)
        later(s, out[i], party, &(struct event){.kind = EVENT_FRAME, .stream = stream, .bytes = frame});
}

static void to_switch(struct sim_access *a, struct bytes frame)
{
    send_over(a->sim, &a->down, switch_party(a->sim, a->number), a->sim->fleet[a->number].uplink_port, frame);
}

void sim_uplink(struct sim_access *a, struct bytes frame)
{
    struct sim *s = a->sim;

    if (s->straight)
        send_over(s, &a->up, s->host_party, a->number, frame);
    else
        send_over(s, &a->up, s->interloper_party + a->number, INTERLOPER_UP, frame);
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

    phone += s->fleet[a->number].at.first;
    if (s->config.times)
        sim_machine_stream(s, phone, action, payload);
    else
        sim_tcp_phone(&s->tcp, s->now, phone, action, payload);
}

static void fleet_tell(void *context, const struct action *action, struct bytes facts)
{
    struct sim *s = ((struct sim_access *)context)->sim;

    if (s->config.times) sim_machine_told(s, action->engine);
    if (s->config.tell) s->config.tell(s->config.context, s->now, SIDE_FLEET, action->engine, action, facts);
}

/* What is told of an uplink is of its switch. */
static void tell_of_uplink(struct sim_access *a, struct action told, struct bytes facts)
{
    told.engine = switch_party(a->sim, a->number);
    fleet_tell(a, &told, facts);
}

/* --- TCP's hooks --- */

static bool tcp_path(void *context, uint32_t phone, ipv4 to)
{
    const struct sim *s = context;
    uint32_t local;
    const struct fleet *f = fleet_of(s, phone, &local);
    struct phone_path path;

    return f->cable[local].mode == CABLE_STRAIGHT && phone_path(&f->phone[local], to, &path);
}

static void tcp_deliver(void *context, usec at, enum sim_end end, uint32_t whose, const struct event *e)
{
    struct sim *s = context;

    uint32_t party = end == END_PHONE ? whose : s->site_base + SITE_CALLMANAGER + whose;

    later(s, at, s->config.times ? sim_machine_way(s, party, e) : party, e);
}

static void tcp_later(void *context, usec at, uint32_t stream)
{
    struct sim *s = context;

    later(s, at, s->tcp_party, &(struct event){.kind = EVENT_WAKE, .stream = stream});
}

/* TCP is no frames here: what the interloper counts of the others is counted of its segments too. */
static void tcp_overtaken(void *context, uint32_t phone)
{
    struct sim *s = context;
    uint8_t bytes[32];
    struct writer facts = writer(bytes, sizeof bytes);
    uint32_t local;
    const struct fleet *f = fleet_of(s, phone, &local);
    struct sim_access *a = &s->access[f->number];

    tell_number(&facts, FACT_PORT, (uint64_t)local + 1);
    tell_number(&facts, FACT_COUNT, ++a->interloper.overtaken[local]);
    tell_of_uplink(a, (struct action){.kind = ACTION_TELL, .news = WAY_OVERTAKEN}, written(&facts));
}

/* --- the servers' side --- */

/* What the interloper lets through. */
static void interloper_acts(struct sim_access *a, const struct outbox *out)
{
    struct sim *s = a->sim;

    for (uint32_t i = 0; i < out->count; i++) {
        struct bytes frame = payload(out, i);
        if (out->actions[i].kind == ACTION_TELL)
            tell_of_uplink(a, out->actions[i], frame);
        else if (out->actions[i].stream == INTERLOPER_UP)
            later(s, s->now + SIM_LEAST, s->host_party,
                  &(struct event){.kind = EVENT_FRAME, .stream = a->number, .bytes = frame});
        else
            to_switch(a, frame);
    }
}

static void from_host(struct sim_access *a, struct bytes frame)
{
    struct sim *s = a->sim;

    if (s->straight)
        to_switch(a, frame);
    else
        later(s, s->now + SIM_LEAST, s->interloper_party + a->number,
              &(struct event){.kind = EVENT_FRAME, .stream = INTERLOPER_DOWN, .bytes = frame});
}

static void host_hears(struct sim_access *a, struct bytes frame)
{
    struct sim *s = a->sim;
    uint8_t bytes[FRAME_MOST];
    struct writer reply = writer(bytes, sizeof bytes);
    struct event e;

    if (sim_host_hear(&a->host, frame, &e, &reply))
        later(s, s->now + SIM_LEAST, s->site_base + site_of_port(e.to.port), &e);
    if (reply.len && !reply.full) from_host(a, written(&reply));
}

static void host_sends(struct sim *s, const struct action *a, struct bytes bytes)
{
    uint8_t frame[FRAME_MOST];
    struct writer w = writer(frame, sizeof frame);
    uint32_t k = s->switches > 1 ? plan_switch_towards(s->config.plan, a->to.address) : 0;

    if (k < s->switches && sim_host_send(&s->access[k].host, a->from, a->to, bytes, &w))
        from_host(&s->access[k], written(&w));
}

void sim_site_leaves(struct sim *s, uint32_t party, const struct action *a, struct bytes bytes)
{
    switch (a->kind) {
    case ACTION_DATAGRAM: host_sends(s, a, bytes); break;
    case ACTION_WRITE:
    case ACTION_CLOSE: /* of a->engine: a device that moved to another CallManager is closed at its old one */
        sim_tcp_manager(&s->tcp, s->now, (uint8_t)(a->engine - s->site_base - SITE_CALLMANAGER), a, bytes);
        break;
    case ACTION_TELL:
        if (s->config.times) sim_machine_told(s, s->site_base + party);
        if (s->config.tell) s->config.tell(s->config.context, s->now, SIDE_SITE, party, a, bytes);
        break;
    case ACTION_OPEN:
    case ACTION_STORE:
    case ACTION_LINE:
    case ACTION_FRAME: break;
    }
}

void sim_remember(struct sim *s, struct bytes record)
{
    if (s->journal_len + 4 + record.len > s->journal_size) {
        size_t size = (s->journal_size ? s->journal_size * 2 : 65536) + record.len;
        uint8_t *more = realloc(s->journal, size);
        if (!more) {
            s->failed = true;
            return;
        }
        s->journal = more;
        s->journal_size = size;
    }
    struct writer w = writer(s->journal + s->journal_len, s->journal_size - s->journal_len);
    write_be32(&w, (uint32_t)record.len);
    write_bytes(&w, record);
    s->journal_len += w.len;
}

static bool stores(const struct outbox *out)
{
    for (uint32_t i = 0; i < out->count; i++)
        if (out->actions[i].kind == ACTION_STORE) return true;
    return false;
}

/* When is on stable storage what is stored now? One commit goes on at a time; all that comes meanwhile shares the next. */
static usec committed(const struct sim *s, usec now)
{
    if (s->durable <= now) return now + s->config.commit;
    return s->durable - now > s->config.commit ? s->durable : s->durable + s->config.commit;
}

/* What a server put leaves when all that was stored before it is on stable storage; or never, and is taken back. */
static void site_acts(struct sim *s, uint32_t party, const struct outbox *out)
{
    usec now = s->now;

    if (s->config.times) {
        sim_machine_site(s, party, out);
        return;
    }
    if (stores(out)) {
        s->durable = committed(s, now);
        if (s->failing) {
            s->failing--;
            s->unstored++;
            for (uint32_t i = 0; i < out->count; i++)
                if (out->actions[i].kind == ACTION_STORE)
                    later(s, s->durable, party, &(struct event){.kind = EVENT_UNSTORED, .bytes = payload(out, i)});
            return;
        }
        for (uint32_t i = 0; i < out->count; i++)
            if (out->actions[i].kind == ACTION_STORE) sim_remember(s, payload(out, i));
    }
    if (s->durable > now) s->now = s->durable; /* they leave then; nothing else happens at that moment here */
    for (uint32_t i = 0; i < out->count; i++)
        sim_site_leaves(s, party - s->site_base, &out->actions[i], payload(out, i));
    s->now = now;
}

/* --- steps --- */

static uint64_t mixed(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
    return sum ^ sum >> 32;
}

/* The same on any machine. */
static uint64_t little64(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
           (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static void digest_sum(struct digesting *d, uint64_t sum)
{
    uint8_t bytes[8];
    struct writer w = writer(bytes, sizeof bytes);

    write_be64(&w, sum);
    digest_add(d, written(&w));
}

/* A payload in 64 bits: its SHA-256 would be most of what a run costs, and only a difference is to be seen. */
static uint64_t sum_of(struct bytes b)
{
    uint64_t sum = b.len, word = 0;
    size_t i = 0;

    for (; i + 8 <= b.len; i += 8) sum = mixed(sum, little64(b.at + i));
    if (i == b.len) return sum;
    for (size_t k = 0; i + k < b.len; k++) word |= (uint64_t)b.at[i + k] << (8 * k);
    return mixed(sum, word);
}

/* Into the sum of all that happened so far; the sum itself goes into the digest now and then. */
static void digest_entry(struct sim *s, uint32_t party, const struct event *e)
{
    const uint64_t word[] = {s->now, (uint64_t)party << 32 | e->stream,
                             (uint64_t)e->kind << 40 | (uint64_t)e->why << 32 | e->bytes.len, sum_of(e->bytes)};

    for (size_t i = 0; i < ARRAY_LENGTH(word); i++) s->sum = mixed(s->sum, word[i]);
    if (s->events % 256 == 0) digest_sum(&s->digesting, s->sum);
}

static void act(struct sim *s, uint32_t party)
{
    uint32_t local;

    if (party >= s->interloper_party) {
        interloper_acts(&s->access[party - s->interloper_party], &s->outbox);
        return;
    }
    if (party >= s->site_base) {
        site_acts(s, party, &s->outbox);
        return;
    }
    struct fleet *f = fleet_of(s, party, &local);
    for (uint32_t i = 0; i < s->outbox.count; i++) fleet_act(f, local, &s->outbox.actions[i], payload(&s->outbox, i));
}

static step_fn *engine_of(struct sim *s, uint32_t party, void **engine)
{
    uint32_t local;
    usec first;

    if (party >= s->interloper_party) {
        *engine = &s->access[party - s->interloper_party].interloper;
        return interloper_step;
    }
    if (party >= s->site_base) return site_party(&s->site, party - s->site_base, engine);
    struct fleet *f = fleet_of(s, party, &local);
    return fleet_party(f, local, engine, &first);
}

void sim_step(struct sim *s, uint32_t party, const struct event *e)
{
    void *engine;
    step_fn *fn = engine_of(s, party, &engine);

    if (s->config.times) machine_stepped(&s->machine, party);
    digest_entry(s, party, e);
    s->events++;
    s->source = party;
    outbox_clear(&s->outbox);
    s->outbox.engine = party;
    usec due = fn(engine, s->now, e, &s->outbox);
    if (party < phones_of(s)) {
        uint32_t local;
        struct fleet *f = fleet_of(s, party, &local);
        fleet_stepped(f, local);
    }
    if (s->config.stepped && party < s->interloper_party) {
        bool fleet = party < s->site_base;
        s->config.stepped(s->config.context, fleet ? SIDE_FLEET : SIDE_SITE, fleet ? party : party - s->site_base,
                          s->now, e, &s->outbox);
    }
    if (s->outbox.bytes.full) s->overflows++;
    if (due <= s->now && e->kind == EVENT_WAKE && s->outbox.count == 0) { /* a spin: a bug of the engine, counted */
        s->spins++;
        due = s->now + MSEC;
    }
    timers_set(&s->timers, party, due <= s->now ? s->now : due);
    act(s, party);
}

bool sim_arrives(struct sim *s, uint32_t party, const struct event *e)
{
    if (e->kind != EVENT_UP && e->kind != EVENT_DATA && e->kind != EVENT_DOWN) return true;
    if (party < s->site_base) return sim_tcp_arrives(&s->tcp, END_PHONE, party, e);
    return sim_tcp_arrives(&s->tcp, END_CALLMANAGER, party - s->site_base - SITE_CALLMANAGER, e);
}

/* A phone is many cache lines far apart from those of the one before, and its step asks for one after the other: they are fetched
 * some steps before. */
static void fetch(const struct sim *s, uint32_t party)
{
    enum { LINE = 64 };
    uint32_t local;

    if (party >= phones_of(s)) return;
    const uint8_t *phone = (const uint8_t *)&fleet_of(s, party, &local)->phone[local];
    for (size_t i = 0; i < sizeof(struct phone); i += LINE) __builtin_prefetch(phone + i);
}

static void enter(struct sim *s, const struct entry *n)
{
    fetch(s, agenda_ahead(&s->agenda, AHEAD));
    s->source = n->party % s->span;
    if (s->config.times && sim_machine_takes(s, n))
        return;
    else if (n->party == s->host_party)
        host_hears(&s->access[n->event.stream], n->event.bytes);
    else if (n->party == s->tcp_party)
        sim_tcp_due(&s->tcp, s->now, n->event.stream);
    else if (sim_arrives(s, n->party, &n->event))
        sim_step(s, n->party, &n->event);
}

static void wake_first(struct sim *s)
{
    uint32_t party = timers_first(&s->timers);

    fetch(s, party + AHEAD); /* they often wake in their order */
    if (s->config.times && party < s->interloper_party)
        sim_machine_wakes(s, party);
    else
        sim_step(s, party, &(struct event){.kind = EVENT_WAKE});
}

/* The next thing that happens: a wake or an entry. A wake is the first kind: it goes before the entries of the same party and moment. */
static usec next_moment(struct sim *s, bool *wake)
{
    usec due = timers_next(&s->timers), at = agenda_next(&s->agenda);

    *wake = due < at;
    if (due == at && due != NEVER) {
        const struct entry *n = agenda_first(&s->agenda);
        *wake = n && timers_first(&s->timers) <= n->party;
    }
    return *wake ? due : at;
}

bool sim_run(struct sim *s, usec until, bool (*stop)(void *), void *context)
{
    const struct entry *n;
    bool wake;

    for (;;) {
        usec begin = next_moment(s, &wake);
        if (begin == NEVER || begin > until) {
            s->failed |= s->agenda.failed;
            s->now = until;
            return begin != NEVER;
        }
        /* A batch: all of it lies within the shortest way, so that nothing that it causes can fall into it. */
        for (uint32_t i = 0; i < s->config.batch; i++) {
            usec at = next_moment(s, &wake);
            if (at == NEVER || at > until || at >= begin + SIM_LEAST) break;
            s->now = at;
            if (wake)
                wake_first(s);
            else if ((n = agenda_take(&s->agenda)) != NULL)
                enter(s, n);
            if (s->agenda.failed || s->tcp.failed || s->machine.failed) s->failed = true;
            if (s->failed || (stop && stop(context))) return false;
        }
    }
}

/* --- from outside --- */

void sim_plug(struct sim *s, uint32_t phone, enum cable_mode mode)
{
    s->source = s->tcp_party + 1;
    for (uint32_t i = phone == UINT32_MAX ? 0 : phone; i < phones_of(s); i++) {
        uint32_t local;
        struct fleet *f = fleet_of(s, i, &local);
        fleet_plug(f, local, mode);
        if (phone != UINT32_MAX) break;
    }
}

void sim_user(struct sim *s, uint32_t phone, struct bytes what)
{
    s->source = s->tcp_party + 1;
    if (phone < s->config.plan->phones) later(s, s->now, phone, &(struct event){.kind = EVENT_USER, .bytes = what});
}

void sim_callmanager(struct sim *s, uint8_t manager, bool down, bool silent)
{
    s->source = s->tcp_party + 1;
    if (manager < s->config.plan->callmanagers) sim_tcp_set(&s->tcp, s->now, manager, down, silent);
}

bool sim_change(struct sim *s, struct bytes what, struct fault *why)
{
    uint32_t party = s->site_base + SITE_CALLMANAGER;

    outbox_clear(&s->outbox);
    s->outbox.engine = s->source = party;
    if (!site_change(&s->site, what, &s->outbox, why)) return false;
    site_acts(s, party, &s->outbox);
    for (uint32_t i = SITE_CALLMANAGER; i < site_parties(&s->site); i++)
        timers_set(&s->timers, s->site_base + i, s->now);
    return true;
}

void sim_fail_stores(struct sim *s, uint32_t commits)
{
    s->failing = commits;
}

bool sim_restart_site(struct sim *s)
{
    struct fault why;

    for (uint8_t i = 0; i < s->config.plan->callmanagers; i++) {
        bool down = s->tcp.down[i];
        sim_callmanager(s, i, true, s->tcp.silent[i]);
        sim_callmanager(s, i, down, s->tcp.silent[i]);
    }
    if (s->config.times) machine_forget_servers(&s->machine);
    site_close(&s->site);
    if (!site_open(&s->site, s->config.plan, &why)) return false;
    struct reader r = reader((struct bytes){s->journal, s->journal_len}, &why);
    while (unread(&r)) {
        struct record record;
        struct bytes payload_ = read_bytes(&r, read_be32(&r));
        struct fault bad;
        if (!record_decode(&record, payload_, &bad)) continue;
        (void)devices_load(&s->site.devices, &record, &bad);
        dhcp_server_load(&s->site.dhcp, &record, s->now);
    }
    for (uint32_t i = s->site_base; i < s->interloper_party; i++) timers_set(&s->timers, i, s->now);
    return true;
}

struct digest sim_digest(const struct sim *s)
{
    struct digesting copy = s->digesting;

    digest_sum(&copy, s->sum);
    return digest_end(&copy);
}

static bool make_queues(struct sim *s)
{
    struct timer *heap = calloc(s->parties, sizeof *heap);
    uint32_t *place = calloc(s->parties, sizeof *place);
    struct action *actions = malloc(OUTBOX_ACTIONS * sizeof *actions);
    void *bytes = malloc(OUTBOX_BYTES);

    if (heap && place) timers_init(&s->timers, heap, place, s->parties);
    if (actions && bytes) outbox_init(&s->outbox, actions, OUTBOX_ACTIONS, bytes, OUTBOX_BYTES);
    if (heap && place && actions && bytes && agenda_open(&s->agenda, s->span)) return true;
    free(heap);
    free(place);
    free(actions);
    free(bytes);
    s->timers = (struct timers){0};
    s->outbox = (struct outbox){0};
    return false;
}

static bool make_access(struct sim *s)
{
    const struct plan *plan = s->config.plan;
    struct sim_trouble none = {0};
    struct workbenches *shared = s->switches > 1 ? &s->benches : NULL;

    s->fleet = calloc(s->switches, sizeof *s->fleet);
    s->access = calloc(s->switches, sizeof *s->access);
    if (shared)
        *shared = (struct workbenches){.bench = calloc(fleets_benches(plan), sizeof *shared->bench),
                                       .count = fleets_benches(plan)};
    s->ground.piece = s->switches >= MANY_SWITCHES ? GROUND_PIECE : 0;
    if (!s->fleet || !s->access || (shared && !shared->bench)) return false;
    for (uint32_t k = 0; k < s->switches; k++) {
        struct sim_access *a = &s->access[k];
        struct fleet_hooks hooks = {a, fleet_deliver, fleet_uplink, fleet_stream, fleet_tell, NULL, NULL, NULL};
        a->sim = s;
        a->number = k;
        if (!fleet_open_shared(&s->fleet[k], plan, k, &hooks, shared, &s->ground)) return false;
        if (!s->straight && !interloper_open(&a->interloper, plan, k)) return false;
        sim_link_init(&a->up, s->config.uplink, &none, (plan->seed + k) ^ 0x7570);
        sim_link_init(&a->down, s->config.uplink, &none, (plan->seed + k) ^ 0x646f776e);
        sim_host_init(&a->host, SERVER_MAC, plan->server, plan->callmanagers, s->peer);
        if (s->fleet[k].at.routed)
            sim_host_route(&a->host, s->fleet[k].at.uplink_server, router_mac(&s->fleet[k].ethernet.router, 2));
    }
    return true;
}

/* Where each kind of party begins. */
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

bool sim_open(struct sim *s, const struct sim_config *config, struct fault *why)
{
    struct sim_tcp_hooks tcp = {s, tcp_path, tcp_deliver, tcp_later, tcp_overtaken};
    const struct plan *plan = config->plan;
    struct sim_link way;
    struct sim_trouble troubled = {.loss = plan->faults.value[FAULT_IS_LOSS],
                                   .reorder = plan->faults.value[FAULT_IS_REORDER]};
    /* of TCP, which is no frames here: to those the interloper does it */

    *s = (struct sim){.config = *config, .digesting = digest_begin()};
    if (s->config.cable == 0) s->config.cable = 5;
    if (s->config.uplink == 0) s->config.uplink = 50;
    if (s->config.commit == 0) s->config.commit = 100;
    if (s->config.batch == 0) s->config.batch = 64;
    if (s->config.times) sim_machine_ways(&s->config);
    number_parties(s);
    sim_link_init(&way, s->config.uplink + 2 * s->config.cable + plan->faults.value[FAULT_IS_LATENCY] * MSEC, &troubled,
                  plan->seed ^ 0x746370);
    *why = (struct fault){FAULT_LONG, 0, "no memory for the simulation"};
    if (!make_queues(s) || !make_access(s) || !sim_tcp_open(&s->tcp, plan, &tcp, &way) ||
        (config->times && !sim_machine_open(s)) || !site_open(&s->site, plan, why)) {
        sim_close(s);
        return false;
    }
    for (uint32_t i = 0; is_engine(s, i); i++)
        timers_set(&s->timers, i, i >= plan->phones && i < s->site_base ? 0 : NEVER);
    s->source = s->tcp_party + 1;
    for (uint8_t i = 0; i < plan->callmanagers; i++)
        sim_tcp_set(&s->tcp, 0, i, !site_listens(&s->site, i), i == 0 && plan->faults.on[FAULT_IS_CM1_SILENT]);
    for (uint32_t k = 0; k < s->switches; k++) fleet_begin(&s->fleet[k]);
    return true;
}

void sim_close(struct sim *s)
{
    agenda_close(&s->agenda);
    free(s->journal);
    free(s->timers.heap);
    free(s->timers.place);
    free(s->outbox.actions);
    free(s->outbox.bytes.start);
    for (uint32_t k = 0; s->fleet && s->access && k < s->switches; k++) {
        fleet_close(&s->fleet[k]);
        interloper_close(&s->access[k].interloper);
    }
    ground_close(&s->ground);
    free(s->fleet);
    free(s->access);
    free(s->benches.bench);
    sim_tcp_close(&s->tcp);
    if (s->config.times) machine_close(&s->machine);
    site_close(&s->site);
}

uint64_t sim_frames(const struct sim *s, uint64_t *dropped)
{
    uint64_t frames = 0;

    *dropped = s->tcp.way.dropped;
    for (uint32_t k = 0; k < s->switches; k++) {
        frames += s->fleet[k].frames + s->access[k].up.passed + s->access[k].down.passed;
        *dropped += s->access[k].interloper.dropped;
    }
    return frames;
}
