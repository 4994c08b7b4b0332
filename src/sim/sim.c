#include "sim/sim_inside.h"
#include "sim/sim_machine.h"
#include <stdlib.h>

enum { AHEAD = 2, FEW = 4, LINE = 64 };

/* --- whose a party is --- */

static uint32_t phones_of(const struct sim *s)
{
    return s->config.plan->phones;
}

uint32_t sim_switch_party(const struct sim *s, uint32_t number)
{
    return phones_of(s) + number;
}

struct fleet *sim_fleet_of(const struct sim *s, uint32_t party, uint32_t *local)
{
    bool phone = party < phones_of(s);
    uint32_t k = !phone ? party - phones_of(s) : s->switches > 1 ? party / s->config.plan->per_switch : 0;
    struct fleet *f = &s->fleet[k];

    *local = phone ? party - f->at.first : fleet_switch(f);
    return f;
}

/* Its part, and its number there. */
static uint32_t part_of(const struct sim *s, uint32_t party, uint32_t *local)
{
    *local = party;
    if (s->parts.count == 1) return 0;
    *local = party - s->site_base;
    return is_fleets(s, party) ? sim_fleet_of(s, party, local)->number : s->switches;
}

struct sim_place *sim_place_of(const struct sim *s, uint32_t party)
{
    uint32_t local;

    return &s->place[part_of(s, party, &local)];
}

void sim_put(struct sim_place *w, usec at, uint32_t party, uint32_t source, const struct event *e)
{
    uint32_t local;

    parts_put(&w->sim->parts, w->number, part_of(w->sim, party, &local), at, party, source, e);
}

void sim_later(struct sim_place *w, usec at, uint32_t party, const struct event *e)
{
    sim_put(w, at, party, w->source, e);
}

void sim_wake(struct sim *s, uint32_t party, usec due)
{
    uint32_t local, part = part_of(s, party, &local);

    parts_wake(&s->parts, part, local, due);
}

struct phone *sim_phone(const struct sim *s, uint32_t phone)
{
    uint32_t local;
    struct fleet *f = sim_fleet_of(s, phone, &local);

    return &f->phone[local];
}

/* --- news --- */

static void tell(const struct sim *s, usec now, uint32_t party, const struct action *a, struct bytes facts)
{
    enum sim_side side = is_fleets(s, party) ? SIDE_FLEET : SIDE_SITE;

    if (s->config.tell)
        s->config.tell(s->config.context, now, side, side == SIDE_FLEET ? party : party - s->site_base, a, facts);
}

/* On the thread that works on it: it is told when the window is over. */
void sim_say(struct sim_place *w, uint32_t party, const struct action *a, struct bytes facts)
{
    enum { HEAD = 8 + 4 + 2 + 2 };

    if (!w->sim->parts.part[w->number].hand || w->sim->parts.count == 1) {
        tell(w->sim, w->now, party, a, facts);
        return;
    }
    struct writer m;
    if (!sim_more(&w->said, HEAD + facts.len, &m)) {
        w->failed = true;
        return;
    }
    write_be64(&m, w->now);
    write_be32(&m, party);
    write_be16(&m, a->news);
    write_be16(&m, (uint16_t)facts.len);
    write_bytes(&m, facts);
    sim_written(&w->said, &m);
}

static void tell_what_was_said(struct sim_place *w)
{
    enum { KEPT = 4096 };
    struct fault why;
    struct reader r = reader((struct bytes){w->said.at, w->said.len}, &why);

    while (unread(&r)) {
        usec now = read_be64(&r);
        uint32_t party = read_be32(&r);
        struct action a = {.kind = ACTION_TELL, .engine = party, .news = read_be16(&r)};
        tell(w->sim, now, party, &a, read_bytes(&r, read_be16(&r)));
    }
    w->said.len = 0;
    if (w->said.size <= KEPT) return;
    free(w->said.at);
    w->said = (struct sim_memory){0};
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

/* A CallManager's streams are numbered as they were opened, and which of two at two switches was first is nobody's
 * business: the phone's number says as much. */
static uint32_t stream_of(const struct sim *s, uint32_t party, const struct event *e)
{
    bool callmanager = party >= s->site_base + SITE_CALLMANAGER && party < s->interloper_party;

    return callmanager && e->stream ? sim_tcp_phone_of(&s->tcp, e->stream) : e->stream;
}

/* Into the sum of all that happened so far at that switch, or the servers. */
static void digest_entry(struct sim_place *w, uint32_t party, const struct event *e)
{
    struct sim *s = w->sim;
    const uint64_t word[] = {w->now, (uint64_t)party << 32 | stream_of(s, party, e),
                             (uint64_t)e->kind << 40 | (uint64_t)e->why << 32 | e->bytes.len, sum_of(e->bytes)};
    uint32_t local;
    uint64_t *sum = is_fleets(s, party) ? &s->access[sim_fleet_of(s, party, &local)->number].sum : &s->sum;

    for (size_t i = 0; i < ARRAY_LENGTH(word); i++) *sum = mixed(*sum, word[i]);
}

static step_fn *engine_of(struct sim *s, uint32_t party, void **engine)
{
    uint32_t local;
    usec first;

    if (party >= s->interloper_party) {
        *engine = &s->access[party - s->interloper_party].interloper;
        return interloper_step;
    }
    if (!is_fleets(s, party)) return site_party(&s->site, party - s->site_base, engine);
    struct fleet *f = sim_fleet_of(s, party, &local);
    return fleet_party(f, local, engine, &first);
}

static void recorder_sees(struct sim_place *w, uint32_t party, const struct event *e)
{
    const struct sim *s = w->sim;

    if (!s->config.stepped || party >= s->interloper_party) return;
    if (is_fleets(s, party))
        s->config.stepped(s->config.context, SIDE_FLEET, party, w->now, e, w->outbox);
    else
        s->config.stepped(s->config.context, SIDE_SITE, party - s->site_base, w->now, e, w->outbox);
}

void sim_step(struct sim_place *w, uint32_t party, const struct event *e)
{
    struct sim *s = w->sim;
    void *engine;
    step_fn *fn = engine_of(s, party, &engine);

    if (s->config.times) machine_stepped(&s->machine, party);
    digest_entry(w, party, e);
    w->events++;
    w->source = party;
    outbox_clear(w->outbox);
    w->outbox->engine = party;
    usec due = fn(engine, w->now, e, w->outbox);
    if (party < phones_of(s)) {
        uint32_t local;
        struct fleet *f = sim_fleet_of(s, party, &local);
        fleet_stepped(f, local);
    }
    recorder_sees(w, party, e);
    if (w->outbox->bytes.full) w->overflows++;
    if (due <= w->now && e->kind == EVENT_WAKE && w->outbox->count == 0) { /* a spin: a bug of the engine, counted */
        w->spins++;
        due = w->now + MSEC;
    }
    sim_wake(s, party, due <= w->now ? w->now : due);
    sim_act(w, party);
}

/* A phone is many cache lines far apart from those of the one before, and its step asks for one after the other: they
 * are fetched some steps before. */
static void fetch(const struct sim *s, uint32_t party)
{
    uint32_t local;

    if (party >= phones_of(s)) return;
    const uint8_t *phone = (const uint8_t *)&sim_fleet_of(s, party, &local)->phone[local];
    for (size_t i = 0; i < sizeof(struct phone); i += LINE) __builtin_prefetch(phone + i);
}

static void enter(struct sim_place *w, const struct entry *n)
{
    struct sim *s = w->sim;

    w->source = n->party % s->span;
    if (s->config.times && sim_machine_takes(s, n))
        return;
    else if (n->party == s->host_party)
        sim_hears(w, n->event.stream, n->event.bytes);
    else if (n->party == s->tcp_party)
        sim_tcp_due(&s->tcp, &w->tcp, w->now, n->event.stream);
    else if (sim_arrives(w, n->party, &n->event))
        sim_step(w, n->party, &n->event);
}

static void wake(struct sim_place *w, uint32_t party)
{
    if (w->sim->config.times && party < w->sim->interloper_party)
        sim_machine_wakes(w->sim, party);
    else
        sim_step(w, party, &(struct event){.kind = EVENT_WAKE});
}

/* Whose wake is the earliest here. */
static uint32_t first_to_wake(const struct sim *s, const struct part *p, uint32_t part)
{
    uint32_t first = timers_first(&p->timers);

    if (s->parts.count == 1) return first;
    if (part == s->switches) return s->site_base + first;
    const struct fleet *f = &s->fleet[part];
    return first == fleet_switch(f) ? sim_switch_party(s, part) : f->at.first + first;
}

/* The next thing that happens. A wake is the first kind: it goes before the entries of the same party and moment. */
static void go_on(struct sim_place *w, struct part *p)
{
    usec due = timers_next(&p->timers), at = agenda_next(&p->agenda);
    const struct entry *n = due >= at ? agenda_first(&p->agenda) : NULL;
    uint32_t party = due <= at ? first_to_wake(w->sim, p, w->number) : 0;

    if (due < at || (due == at && (!n || party <= n->party))) {
        fetch(w->sim, party + AHEAD); /* they often wake in their order */
        wake(w, party);
    } else if ((n = agenda_take(&p->agenda)) != NULL) {
        fetch(w->sim, agenda_ahead(&p->agenda, AHEAD));
        enter(w, n);
    }
}

/* --- windows --- */

/* All of a window at one place. */
static void work(void *context, uint32_t hand, uint32_t item)
{
    struct sim *s = context;
    uint32_t part = s->parts.ready[item];
    struct sim_place *w = &s->place[part];
    struct part *p = &s->parts.part[part];

    parts_enter(&s->parts, part, hand);
    w->outbox = &s->outbox[hand];
    for (usec at; (at = part_next(p)) <= s->last && at != NEVER;) {
        w->now = at;
        go_on(w, p);
    }
    parts_leave(&s->parts, part);
}

/* Of several parts each has all of the window; the servers, who are the longest, go first. */
static void run_window(struct sim *s, usec last)
{
    uint32_t n = parts_ready(&s->parts, last), *ready = s->parts.ready;

    for (uint32_t i = 1; i < n; i++) {
        if (ready[i] != s->switches) continue;
        ready[i] = ready[0];
        ready[0] = s->switches;
    }
    s->last = last;
    if (n >= FEW && s->crew.hands > 1)
        crew_do(&s->crew, work, s, n);
    else
        for (uint32_t i = 0; i < n; i++) work(s, 0, i);
    parts_settle(&s->parts, n);
    for (uint32_t i = 0; i < n; i++) {
        struct sim_place *w = &s->place[ready[i]];
        if (w->now > s->now) s->now = w->now;
        s->failed |= w->failed || w->tcp.failed;
        tell_what_was_said(w);
    }
    s->failed |= s->parts.failed;
}

/* Everything is one part: an entry at a time. */
static void run_entry(struct sim *s)
{
    struct sim_place *w = s->place;

    (void)parts_ready(&s->parts, NEVER);
    parts_enter(&s->parts, 0, 0);
    s->now = w->now = part_next(s->parts.part);
    go_on(w, s->parts.part);
    parts_leave(&s->parts, 0);
    parts_settle(&s->parts, 1);
    s->failed |= w->tcp.failed || s->machine.failed || s->parts.failed;
}

bool sim_run(struct sim *s, usec until, bool (*stop)(void *), void *context)
{
    for (usec begin; (begin = parts_next(&s->parts)) != NEVER && begin <= until;) {
        if (s->parts.count == 1)
            run_entry(s);
        else
            run_window(s, until - begin < s->window ? until : begin + s->window - 1);
        if (s->failed || (stop && stop(context))) return false;
    }
    s->now = until;
    return parts_next(&s->parts) != NEVER;
}

/* --- from outside --- */

/* No place is ahead of this moment, and none is worked on. */
static struct sim_place *from_outside(struct sim *s, uint32_t party)
{
    struct sim_place *w = sim_place_of(s, party);

    w->source = s->tcp_party + 1;
    w->now = s->now;
    return w;
}

void sim_plug(struct sim *s, uint32_t phone, enum cable_mode mode)
{
    for (uint32_t i = phone == UINT32_MAX ? 0 : phone; i < phones_of(s); i++) {
        uint32_t local;
        struct fleet *f = sim_fleet_of(s, i, &local);
        (void)from_outside(s, i);
        fleet_plug(f, local, mode);
        if (phone != UINT32_MAX) break;
    }
}

void sim_user(struct sim *s, uint32_t phone, struct bytes what)
{
    if (phone >= phones_of(s)) return;
    sim_later(from_outside(s, phone), s->now, phone, &(struct event){.kind = EVENT_USER, .bytes = what});
}

void sim_callmanager(struct sim *s, uint8_t manager, bool down, bool silent)
{
    struct sim_place *w = from_outside(s, s->site_base);

    if (manager < s->config.plan->callmanagers) sim_tcp_set(&s->tcp, &w->tcp, s->now, manager, down, silent);
}

bool sim_change(struct sim *s, struct bytes what, struct fault *why)
{
    uint32_t party = s->site_base + SITE_CALLMANAGER;
    struct sim_place *w = from_outside(s, party);

    w->outbox = s->outbox;
    outbox_clear(w->outbox);
    w->outbox->engine = w->source = party;
    if (!site_change(&s->site, what, w->outbox, why)) return false;
    sim_site_acts(w, party, w->outbox);
    for (uint32_t i = SITE_CALLMANAGER; i < site_parties(&s->site); i++) sim_wake(s, s->site_base + i, s->now);
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
    struct reader r = reader((struct bytes){s->journal.at, s->journal.len}, &why);
    while (unread(&r)) {
        struct record record;
        struct bytes payload_ = read_bytes(&r, read_be32(&r));
        struct fault bad;
        if (!record_decode(&record, payload_, &bad)) continue;
        (void)devices_load(&s->site.devices, &record, &bad);
        dhcp_server_load(&s->site.dhcp, &record, s->now);
    }
    for (uint32_t i = s->site_base; i < s->interloper_party; i++) sim_wake(s, i, s->now);
    return true;
}

static void digest_number(struct digesting *d, uint64_t number)
{
    uint8_t bytes[8];
    struct writer w = writer(bytes, sizeof bytes);

    write_be64(&w, number);
    digest_add(d, written(&w));
}

struct digest sim_digest(const struct sim *s)
{
    struct digesting d = digest_begin();

    for (uint32_t k = 0; k < s->switches; k++) digest_number(&d, s->access[k].sum);
    digest_number(&d, s->sum);
    return digest_end(&d);
}

struct sim_counts sim_counts(const struct sim *s)
{
    struct sim_counts c = {.unstored = s->unstored};

    for (uint32_t i = 0; i < s->parts.count; i++) {
        c.events += s->place[i].events;
        c.spins += s->place[i].spins;
        c.overflows += s->place[i].overflows;
        c.dropped += s->place[i].tcp.way.dropped;
    }
    for (uint32_t k = 0; k < s->switches; k++) {
        c.frames += s->fleet[k].frames + s->access[k].up.passed + s->access[k].down.passed;
        c.dropped += s->access[k].interloper.dropped;
    }
    return c;
}
