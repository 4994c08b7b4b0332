#include "sim/tcp.h"
#include "lab/ground.h"
#include <stdlib.h>
#include <string.h>

/* Linux's TCP_RTO_MIN, and what net.ipv4.tcp_rto_min_us is set to for routed uplinks; TCP_RTO_MAX; RFC 6298, 2.1. */
static const usec RTO_LEAST = 200 * MSEC, RTO_PATIENT = 1 * SECOND, RTO_MOST = 120 * SECOND, SYN_RTO = 1 * SECOND;
static const usec OVERTAKEN = OVERTAKEN_MS * MSEC;
enum { SYN_TRIES = 7 }; /* then the kernel says timed out; a phone gives up long before */

bool sim_tcp_open(struct sim_tcp *t, const struct plan *plan, const struct sim_tcp_hooks *hooks,
                  const struct sim_link *way)
{
    *t = (struct sim_tcp){.hooks = *hooks, .way = *way, .managers = plan->callmanagers};
    t->rto = (plan_switches(plan) > 1 ? RTO_PATIENT : RTO_LEAST) + 2 * way->latency;
    for (uint8_t i = 0; i < plan->callmanagers; i++) t->server[i] = plan->server[i];
    t->of_phone = calloc(plan->phones, sizeof *t->of_phone);
    return t->of_phone != NULL;
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
    for (uint32_t i = 0; i < t->count; i++) forget_all_held(&t->stream[i]);
    free(t->stream);
    free(t->of_phone);
}

static struct sim_stream *of_phone(const struct sim_tcp *t, uint32_t phone, uint32_t number)
{
    for (size_t i = 0; i < SIM_PHONE_STREAMS; i++) {
        uint32_t at = t->of_phone[phone][i];
        if (at && t->stream[at - 1].number == number) return &t->stream[at - 1];
    }
    return NULL;
}

static struct sim_stream *of_manager(const struct sim_tcp *t, uint8_t manager, uint32_t number)
{
    struct sim_stream *s = number && number <= t->count ? &t->stream[number - 1] : NULL;

    return s && s->manager == manager && s->manager_open ? s : NULL;
}

static uint32_t index_of(const struct sim_tcp *t, const struct sim_stream *s)
{
    return (uint32_t)(s - t->stream);
}

static void forget_phone(struct sim_tcp *t, struct sim_stream *s)
{
    for (size_t i = 0; i < SIM_PHONE_STREAMS; i++)
        if (t->of_phone[s->phone][i] == index_of(t, s) + 1) t->of_phone[s->phone][i] = 0;
    s->phone_open = false;
}

static usec in_order(struct sim_stream *s, enum sim_end to, usec at)
{
    if (at <= s->last[to]) at = s->last[to] + 1;
    s->last[to] = at;
    return at;
}

static void deliver(struct sim_tcp *t, struct sim_stream *s, enum sim_end to, usec at, struct event e)
{
    e.stream = to == END_PHONE ? s->number : index_of(t, s) + 1;
    t->hooks.deliver(t->hooks.context, at, to, to == END_PHONE ? s->phone : s->manager, &e);
}

static void down(struct sim_tcp *t, struct sim_stream *s, enum sim_end to, usec at, enum down why)
{
    deliver(t, s, to, in_order(s, to, at), (struct event){.kind = EVENT_DOWN, .why = (uint8_t)why});
}

static bool has_path(const struct sim_tcp *t, const struct sim_stream *s)
{
    return t->hooks.path(t->hooks.context, s->phone, s->to.address);
}

static bool reaches(const struct sim_tcp *t, const struct sim_stream *s)
{
    return has_path(t, s) && !t->silent[s->manager];
}

/* One SYN leaves. What becomes of it is seen when it arrives. */
static void send_syn(struct sim_tcp *t, usec now, struct sim_stream *s)
{
    usec out[2];
    bool arrives = reaches(t, s) && sim_link_pass(&t->way, now, out) > 0;

    s->tries++;
    if (!arrives) {
        t->hooks.later(t->hooks.context, now + (SYN_RTO << (s->tries - 1)), index_of(t, s));
    } else if (t->down[s->manager]) {
        down(t, s, END_PHONE, out[0] + t->way.latency, DOWN_REFUSED);
    } else {
        s->up = s->manager_open = true;
        struct event up = {.kind = EVENT_UP, .from = s->from, .to = s->to};
        deliver(t, s, END_CALLMANAGER, in_order(s, END_CALLMANAGER, out[0]), up);
        deliver(t, s, END_PHONE, in_order(s, END_PHONE, out[0] + t->way.latency), up);
    }
}

void sim_tcp_due(struct sim_tcp *t, usec now, uint32_t stream)
{
    struct sim_stream *s = &t->stream[stream];

    if (!s->phone_open || s->up) return;
    if (s->tries >= SYN_TRIES)
        down(t, s, END_PHONE, now + t->way.latency, DOWN_TIMED_OUT);
    else
        send_syn(t, now, s);
}

static void open_stream(struct sim_tcp *t, usec now, uint32_t phone, const struct action *a)
{
    if (t->count == t->size) {
        uint32_t size = t->size ? t->size * 2 : 256;
        struct sim_stream *more = realloc(t->stream, size * sizeof *more);
        if (!more) {
            t->failed = true;
            return;
        }
        ground_huge(more, size * sizeof *more);
        t->stream = more;
        t->size = size;
    }
    struct sim_stream *s = &t->stream[t->count++];
    *s = (struct sim_stream){.phone = phone,
                             .number = a->stream,
                             .from = a->from,
                             .to = a->to,
                             .phone_open = true,
                             .manager = PLAN_CALLMANAGERS};
    s->from.port = (uint16_t)(49152 + t->count % 16384);
    for (size_t i = 0; i < SIM_PHONE_STREAMS; i++) {
        if (t->of_phone[phone][i]) continue;
        t->of_phone[phone][i] = t->count;
        break;
    }
    for (uint8_t i = 0; i < t->managers; i++)
        if (t->server[i] == a->to.address) s->manager = i;
    if (s->manager == PLAN_CALLMANAGERS) {
        s->manager = 0;
        down(t, s, END_PHONE, now + t->way.latency, DOWN_UNREACHABLE); /* nobody has that address */
    } else {
        send_syn(t, now, s);
    }
}

/* A silent machine acknowledges nothing: what is sent waits at its sender, and all that follows behind it. */
static void hold(struct sim_tcp *t, usec now, struct sim_stream *s, enum sim_end to, struct bytes payload, bool fin)
{
    struct sim_held *h = malloc(sizeof *h + payload.len), **end = &s->held[to];

    if (!h) {
        t->failed = true;
        return;
    }
    *h = (struct sim_held){.fin = fin, .len = payload.len};
    if (payload.len) memcpy(h->bytes, payload.at, payload.len);
    if (!*end) s->since[to] = now;
    while (*end) end = &(*end)->next;
    *end = h;
}

/* It is back: at the sender's next retransmission, which doubles up to 120 s, all of it arrives. */
static void let_go(struct sim_tcp *t, usec now, struct sim_stream *s, enum sim_end to)
{
    usec at = s->since[to];

    for (usec rto = t->rto; at < now; rto = rto * 2 < RTO_MOST ? rto * 2 : RTO_MOST) at += rto;
    for (struct sim_held *h = s->held[to]; h; h = h->next) {
        if (h->fin)
            down(t, s, to, at + t->way.latency, DOWN_CLOSED);
        else
            deliver(t, s, to, in_order(s, to, at + t->way.latency),
                    (struct event){.kind = EVENT_DATA, .bytes = {h->bytes, h->len}});
    }
}

/* When this segment arrives; if before one that was sent sooner, that one was overtaken. */
static usec crosses(struct sim_tcp *t, usec now, struct sim_stream *s, enum sim_end to)
{
    usec at = sim_link_reliable(&t->way, now, t->rto);

    if (sim_link_disorders(&t->way)) {
        at += OVERTAKEN;
        s->late[to] = at;
    } else if (at < s->late[to]) {
        s->late[to] = 0;
        t->hooks.overtaken(t->hooks.context, s->phone);
    }
    return at;
}

static void send_data(struct sim_tcp *t, usec now, struct sim_stream *s, enum sim_end to, struct bytes payload)
{
    if (!s->up || s->stuck[to]) return;
    if (has_path(t, s) && t->silent[s->manager]) {
        hold(t, now, s, to, payload, false);
        return;
    }
    if (!has_path(t, s)) { /* it would come again for minutes; by then both ends have given up */
        s->stuck[to] = true;
        return;
    }
    deliver(t, s, to, in_order(s, to, crosses(t, now, s, to)), (struct event){.kind = EVENT_DATA, .bytes = payload});
}

static void send_fin(struct sim_tcp *t, usec now, struct sim_stream *s, enum sim_end to)
{
    if (!s->up || s->stuck[to] || !has_path(t, s)) return;
    if (t->silent[s->manager])
        hold(t, now, s, to, (struct bytes){0}, true);
    else
        down(t, s, to, sim_link_reliable(&t->way, now, t->rto), DOWN_CLOSED);
}

void sim_tcp_phone(struct sim_tcp *t, usec now, uint32_t phone, const struct action *a, struct bytes payload)
{
    struct sim_stream *s = of_phone(t, phone, a->stream);

    if (a->kind == ACTION_OPEN) {
        open_stream(t, now, phone, a);
    } else if (s && a->kind == ACTION_WRITE) {
        send_data(t, now, s, END_CALLMANAGER, payload);
    } else if (s && a->kind == ACTION_CLOSE) {
        if (a->news == 0)
            send_fin(t, now, s, END_CALLMANAGER);
        else
            forget_held(s, END_CALLMANAGER); /* its power is gone: nobody will send it again */
        forget_phone(t, s);
    }
}

void sim_tcp_manager(struct sim_tcp *t, usec now, uint8_t manager, const struct action *a, struct bytes payload)
{
    struct sim_stream *s = of_manager(t, manager, a->stream);

    if (s && a->kind == ACTION_WRITE) {
        send_data(t, now, s, END_PHONE, payload);
    } else if (s && a->kind == ACTION_CLOSE) {
        send_fin(t, now, s, END_PHONE);
        s->manager_open = false;
    }
}

bool sim_tcp_arrives(struct sim_tcp *t, enum sim_end end, uint32_t whose, const struct event *e)
{
    struct sim_stream *s = end == END_PHONE ? of_phone(t, whose, e->stream) : of_manager(t, (uint8_t)whose, e->stream);

    if (!s) return false;
    if (end == END_PHONE && e->kind == EVENT_DATA && !has_path(t, s)) {
        s->stuck[END_PHONE] = true;
        return false;
    }
    if (e->kind == EVENT_DOWN && end == END_PHONE) forget_phone(t, s);
    if (e->kind == EVENT_DOWN && end == END_CALLMANAGER) s->manager_open = false;
    return true;
}

void sim_tcp_set(struct sim_tcp *t, usec now, uint8_t manager, bool is_down, bool silent)
{
    bool fell = is_down && !t->down[manager];

    t->down[manager] = is_down;
    for (uint32_t i = 0; fell && i < t->count; i++) {
        struct sim_stream *s = &t->stream[i];
        if (s->manager != manager || !s->up) continue;
        if (s->phone_open && reaches(t, s)) down(t, s, END_PHONE, now + t->way.latency, DOWN_RESET);
        if (s->manager_open) down(t, s, END_CALLMANAGER, now + SIM_LEAST, DOWN_RESET);
        s->up = false;
        forget_all_held(s);
    }
    for (uint32_t i = 0; t->silent[manager] && !silent && i < t->count; i++) {
        struct sim_stream *s = &t->stream[i];
        if (s->manager != manager) continue;
        if (s->held[END_PHONE]) let_go(t, now, s, END_PHONE);
        if (s->held[END_CALLMANAGER]) let_go(t, now, s, END_CALLMANAGER);
        forget_all_held(s);
    }
    t->silent[manager] = silent;
}
