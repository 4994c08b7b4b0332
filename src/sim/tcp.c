#include "sim/tcp.h"
#include <stdlib.h>
#include <string.h>

/* Linux's TCP_RTO_MIN, and what net.ipv4.tcp_rto_min_us is set to for routed uplinks; TCP_RTO_MAX; RFC 6298, 2.1. */
static const usec RTO_LEAST = 200 * MSEC, RTO_PATIENT = 1 * SECOND, RTO_MOST = 120 * SECOND, SYN_RTO = 1 * SECOND;
static const usec OVERTAKEN = OVERTAKEN_MS * MSEC;
enum { FIRST_PIECE = 64, SYN_TRIES = 7 }; /* then the kernel says timed out; a phone gives up long before */

bool sim_tcp_open(struct sim_tcp *t, const struct plan *plan, const struct sim_tcp_hooks *hooks, usec latency)
{
    *t = (struct sim_tcp){.plan = plan, .hooks = *hooks, .switches = plan_switches(plan)};
    t->rto = (t->switches > 1 ? RTO_PATIENT : RTO_LEAST) + 2 * latency;
    t->of_phone = calloc(plan->phones, sizeof *t->of_phone);
    t->at = calloc(t->switches, sizeof *t->at);
    return t->of_phone && t->at;
}

/* --- where streams are --- */

/* In which piece, and where there: piece k begins at FIRST_PIECE * (2^k - 1). */
static struct sim_stream **piece_of(struct sim_streams *all, uint32_t index, uint32_t *at)
{
    uint32_t k = 0, size = FIRST_PIECE;

    for (*at = index; k < SIM_STREAM_PIECES && *at >= size; k++, size *= 2) *at -= size;
    return k < SIM_STREAM_PIECES ? &all->piece[k] : NULL;
}

static struct sim_stream *with_id(const struct sim_tcp *t, uint32_t id)
{
    uint32_t at;
    struct sim_stream **piece = id ? piece_of(&t->at[(id - 1) % t->switches], (id - 1) / t->switches, &at) : NULL;

    return piece && *piece && (*piece)[at].id == id ? &(*piece)[at] : NULL;
}

uint32_t sim_tcp_phone_of(const struct sim_tcp *t, uint32_t id)
{
    const struct sim_stream *s = with_id(t, id);

    return s ? s->phone : UINT32_MAX;
}

static struct sim_stream *new_stream(struct sim_tcp *t, uint32_t phone)
{
    uint32_t k = plan_switch_of(t->plan, phone), at;
    struct sim_streams *all = &t->at[k];
    struct sim_stream **piece = piece_of(all, all->count, &at);

    if (piece && !*piece) *piece = calloc((size_t)FIRST_PIECE << (piece - all->piece), sizeof **piece);
    if (!piece || !*piece) return NULL;
    (*piece)[at].id = all->count++ * t->switches + k + 1;
    return &(*piece)[at];
}

/* Goes through all. NULL: the first. */
static struct sim_stream *next_stream(const struct sim_tcp *t, uint32_t *k, uint32_t *i)
{
    uint32_t at;

    for (; *k < t->switches && *i >= t->at[*k].count; ++*k) *i = 0;
    if (*k == t->switches) return NULL;
    struct sim_stream *piece = *piece_of(&t->at[*k], (*i)++, &at);
    return piece + at;
}

static void forget_held(struct sim_stream *s, enum sim_end to)
{
    while (s->held[to]) {
        struct sim_held *first = s->held[to];
        s->held[to] = first->next;
        free(first);
    }
}

static void forget_all_held(struct sim_stream *s)
{
    forget_held(s, END_PHONE);
    forget_held(s, END_CALLMANAGER);
}

void sim_tcp_close(struct sim_tcp *t)
{
    struct sim_stream *s;

    for (uint32_t k = 0, i = 0; t->at && (s = next_stream(t, &k, &i)) != NULL;) forget_all_held(s);
    for (uint32_t k = 0; t->at && k < t->switches; k++)
        for (size_t i = 0; i < SIM_STREAM_PIECES; i++) free(t->at[k].piece[i]);
    free(t->at);
    free(t->of_phone);
}

static struct sim_stream *of_phone(const struct sim_tcp *t, uint32_t phone, uint32_t number)
{
    for (size_t i = 0; i < SIM_PHONE_STREAMS; i++) {
        struct sim_stream *s = with_id(t, t->of_phone[phone][i]);
        if (s && s->number == number) return s;
    }
    return NULL;
}

static struct sim_stream *of_manager(const struct sim_tcp *t, uint8_t manager, uint32_t id)
{
    struct sim_stream *s = with_id(t, id);

    return s && s->manager == manager && s->manager_open ? s : NULL;
}

static void forget_phone(struct sim_tcp *t, struct sim_stream *s)
{
    for (size_t i = 0; i < SIM_PHONE_STREAMS; i++)
        if (t->of_phone[s->phone][i] == s->id) t->of_phone[s->phone][i] = 0;
    s->phone_open = false;
}

static usec in_order(struct sim_stream *s, enum sim_end to, usec at)
{
    if (at <= s->last[to]) at = s->last[to] + 1;
    s->last[to] = at;
    return at;
}

static void deliver(struct sim_tcp *t, struct sim_tcp_side *side, struct sim_stream *s, enum sim_end to, usec at,
                    struct event e)
{
    e.stream = to == END_PHONE ? s->number : s->id;
    t->hooks.deliver(side->context, at, to, to == END_PHONE ? s->phone : s->manager, &e);
}

static void down(struct sim_tcp *t, struct sim_tcp_side *side, struct sim_stream *s, enum sim_end to, usec at,
                 enum down why)
{
    deliver(t, side, s, to, in_order(s, to, at), (struct event){.kind = EVENT_DOWN, .why = (uint8_t)why});
}

/* Asked by the phone's side only. */
static bool has_path(const struct sim_tcp *t, const struct sim_tcp_side *side, const struct sim_stream *s)
{
    return t->hooks.path(side->context, s->phone, s->to.address);
}

static bool reaches(const struct sim_tcp *t, const struct sim_tcp_side *side, const struct sim_stream *s)
{
    return has_path(t, side, s) && !t->silent[s->manager];
}

/* One SYN leaves. What becomes of it is seen when it arrives. */
static void send_syn(struct sim_tcp *t, struct sim_tcp_side *side, usec now, struct sim_stream *s)
{
    usec out[2];
    bool arrives = reaches(t, side, s) && sim_link_pass(&side->way, now, out) > 0;

    s->tries++;
    if (!arrives) {
        t->hooks.later(side->context, now + (SYN_RTO << (s->tries - 1)), s->id);
    } else if (t->down[s->manager]) {
        down(t, side, s, END_PHONE, out[0] + side->way.latency, DOWN_REFUSED);
    } else {
        s->up = s->manager_open = true;
        struct event up = {.kind = EVENT_UP, .from = s->from, .to = s->to};
        deliver(t, side, s, END_CALLMANAGER, in_order(s, END_CALLMANAGER, out[0]), up);
        deliver(t, side, s, END_PHONE, in_order(s, END_PHONE, out[0] + side->way.latency), up);
    }
}

void sim_tcp_due(struct sim_tcp *t, struct sim_tcp_side *side, usec now, uint32_t id)
{
    struct sim_stream *s = with_id(t, id);

    if (!s || !s->phone_open || s->up) return;
    if (s->tries >= SYN_TRIES)
        down(t, side, s, END_PHONE, now + side->way.latency, DOWN_TIMED_OUT);
    else
        send_syn(t, side, now, s);
}

static void open_stream(struct sim_tcp *t, struct sim_tcp_side *side, usec now, uint32_t phone, const struct action *a)
{
    struct sim_stream *s = new_stream(t, phone);

    if (!s) {
        side->failed = true;
        return;
    }
    *s = (struct sim_stream){.phone = phone,
                             .number = a->stream,
                             .id = s->id,
                             .from = a->from,
                             .to = a->to,
                             .phone_open = true,
                             .manager = PLAN_CALLMANAGERS};
    s->from.port = (uint16_t)(49152 + s->id / t->switches % 16384);
    for (size_t i = 0; i < SIM_PHONE_STREAMS; i++) {
        if (t->of_phone[phone][i]) continue;
        t->of_phone[phone][i] = s->id;
        break;
    }
    for (uint8_t i = 0; i < t->plan->callmanagers; i++)
        if (t->plan->server[i] == a->to.address) s->manager = i;
    if (s->manager == PLAN_CALLMANAGERS) {
        s->manager = 0;
        down(t, side, s, END_PHONE, now + side->way.latency, DOWN_UNREACHABLE); /* nobody has that address */
    } else {
        send_syn(t, side, now, s);
    }
}

/* A silent machine acknowledges nothing: what is sent waits at its sender, and all that follows behind it. */
static void hold(struct sim_tcp_side *side, usec now, struct sim_stream *s, enum sim_end to, struct bytes payload,
                 bool fin)
{
    struct sim_held *h = malloc(sizeof *h + payload.len), **end = &s->held[to];

    if (!h) {
        side->failed = true;
        return;
    }
    *h = (struct sim_held){.fin = fin, .len = payload.len};
    if (payload.len) memcpy(h->bytes, payload.at, payload.len);
    if (!*end) s->since[to] = now;
    while (*end) end = &(*end)->next;
    *end = h;
}

/* It is back: at the sender's next retransmission, which doubles up to 120 s, all of it arrives. */
static void let_go(struct sim_tcp *t, struct sim_tcp_side *side, usec now, struct sim_stream *s, enum sim_end to)
{
    usec at = s->since[to];

    for (usec rto = t->rto; at < now; rto = rto * 2 < RTO_MOST ? rto * 2 : RTO_MOST) at += rto;
    for (struct sim_held *h = s->held[to]; h; h = h->next) {
        if (h->fin)
            down(t, side, s, to, at + side->way.latency, DOWN_CLOSED);
        else
            deliver(t, side, s, to, in_order(s, to, at + side->way.latency),
                    (struct event){.kind = EVENT_DATA, .bytes = {h->bytes, h->len}});
    }
}

/* When this segment arrives; if before one that was sent sooner, that one was overtaken. */
static usec crosses(struct sim_tcp *t, struct sim_tcp_side *side, usec now, struct sim_stream *s, enum sim_end to)
{
    usec at = sim_link_reliable(&side->way, now, t->rto);

    if (sim_link_disorders(&side->way)) {
        at += OVERTAKEN;
        s->late[to] = at;
    } else if (at < s->late[to]) {
        s->late[to] = 0;
        t->hooks.overtaken(side->context, s->phone);
    }
    return at;
}

/* Whether the phone has a path is seen where it is: as it sends, and when something arrives there. What is lost without
 * would come again for minutes; by then both ends have given up, so that direction is stuck. */
static void send_data(struct sim_tcp *t, struct sim_tcp_side *side, usec now, struct sim_stream *s, enum sim_end to,
                      struct bytes payload)
{
    if (!s->up) return;
    if (to == END_CALLMANAGER && !s->stuck[to] && !has_path(t, side, s)) s->stuck[to] = true;
    if (to == END_CALLMANAGER && s->stuck[to]) return;
    if (t->silent[s->manager])
        hold(side, now, s, to, payload, false);
    else
        deliver(t, side, s, to, in_order(s, to, crosses(t, side, now, s, to)),
                (struct event){.kind = EVENT_DATA, .bytes = payload});
}

static void send_fin(struct sim_tcp *t, struct sim_tcp_side *side, usec now, struct sim_stream *s, enum sim_end to)
{
    if (!s->up || (to == END_CALLMANAGER && (s->stuck[to] || !has_path(t, side, s)))) return;
    if (t->silent[s->manager])
        hold(side, now, s, to, (struct bytes){0}, true);
    else
        down(t, side, s, to, sim_link_reliable(&side->way, now, t->rto), DOWN_CLOSED);
}

void sim_tcp_phone(struct sim_tcp *t, struct sim_tcp_side *side, usec now, uint32_t phone, const struct action *a,
                   struct bytes payload)
{
    struct sim_stream *s = of_phone(t, phone, a->stream);

    if (a->kind == ACTION_OPEN) {
        open_stream(t, side, now, phone, a);
    } else if (s && a->kind == ACTION_WRITE) {
        send_data(t, side, now, s, END_CALLMANAGER, payload);
    } else if (s && a->kind == ACTION_CLOSE) {
        if (a->news == 0)
            send_fin(t, side, now, s, END_CALLMANAGER);
        else
            forget_held(s, END_CALLMANAGER); /* its power is gone: nobody will send it again */
        forget_phone(t, s);
    }
}

void sim_tcp_manager(struct sim_tcp *t, struct sim_tcp_side *side, usec now, uint8_t manager, const struct action *a,
                     struct bytes payload)
{
    struct sim_stream *s = of_manager(t, manager, a->stream);

    if (s && a->kind == ACTION_WRITE) {
        send_data(t, side, now, s, END_PHONE, payload);
    } else if (s && a->kind == ACTION_CLOSE) {
        send_fin(t, side, now, s, END_PHONE);
        s->manager_open = false;
    }
}

bool sim_tcp_arrives(struct sim_tcp *t, const struct sim_tcp_side *side, enum sim_end end, uint32_t whose,
                     const struct event *e)
{
    struct sim_stream *s = end == END_PHONE ? of_phone(t, whose, e->stream) : of_manager(t, (uint8_t)whose, e->stream);
    bool sent =
        e->kind == EVENT_DATA || (e->kind == EVENT_DOWN && e->why == DOWN_CLOSED); /* not the kernel's own word */

    if (!s) return false;
    if (end == END_PHONE && sent && !s->stuck[end] && !has_path(t, side, s)) s->stuck[end] = true;
    if (end == END_PHONE && sent && s->stuck[end]) return false;
    if (e->kind == EVENT_DOWN && end == END_PHONE) forget_phone(t, s);
    if (e->kind == EVENT_DOWN && end == END_CALLMANAGER) s->manager_open = false;
    return true;
}

static void reset(struct sim_tcp *t, struct sim_tcp_side *side, usec now, struct sim_stream *s)
{
    if (s->phone_open && reaches(t, side, s)) down(t, side, s, END_PHONE, now + side->way.latency, DOWN_RESET);
    if (s->manager_open) down(t, side, s, END_CALLMANAGER, now + SIM_LEAST, DOWN_RESET);
    s->up = false;
    forget_all_held(s);
}

void sim_tcp_set(struct sim_tcp *t, struct sim_tcp_side *side, usec now, uint8_t manager, bool is_down, bool silent)
{
    bool fell = is_down && !t->down[manager], is_back = t->silent[manager] && !silent;
    struct sim_stream *s;

    t->down[manager] = is_down;
    for (uint32_t k = 0, i = 0; fell && (s = next_stream(t, &k, &i)) != NULL;)
        if (s->manager == manager && s->up) reset(t, side, now, s);
    for (uint32_t k = 0, i = 0; is_back && (s = next_stream(t, &k, &i)) != NULL;) {
        if (s->manager != manager) continue;
        if (s->held[END_PHONE]) let_go(t, side, now, s, END_PHONE);
        if (s->held[END_CALLMANAGER]) let_go(t, side, now, s, END_CALLMANAGER);
        forget_all_held(s);
    }
    t->silent[manager] = silent;
}
