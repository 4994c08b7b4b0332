#include "bench.h"

struct bench *bench_new(uint32_t ports)
{
    struct bench *b = calloc(1, sizeof *b);

    b->timing = SWITCH_REAL;
    b->config = (struct switch_config){
        .name = "bench",
        .ports = ports,
        .ports_per_member = 48,
        .budget_mw = 740000,
        .data_vlan = 1,
        .voice_vlan = 100,
        .uplink_vlan = 100,
        .svi = b->svi,
        .base_mac = {{2, 0, 0x5e, 0, 0, 0}},
        .cdp = true,
        .lldp = true,
        .timing = &b->timing,
        .seed = 1,
    };
    b->seen = calloc(BENCH_SEEN, sizeof *b->seen);
    b->actions = calloc(SWITCH_MOST, sizeof *b->actions);
    b->bytes = malloc(SWITCH_MOST_BYTES);
    outbox_init(&b->out, b->actions, SWITCH_MOST, b->bytes, SWITCH_MOST_BYTES);
    for (int i = 0; i < BENCH_PORTS; i++) {
        b->far[i] = (struct far){.carrier_at = NEVER};
        b->far[i].seen = b->far[i].said = b->far[i].arrived = LINE_IDLE;
    }
    return b;
}

void bench_init(struct bench *b)
{
    size_t size = switch_memory(&b->config);

    assert_true(size > 0);
    b->memory = malloc(size);
    assert_true(switch_init(&b->sw, &b->config, b->memory, size));
    bench_run(b, 0);
    bench_plug(b, b->config.ports + 1, a_host());
}

void bench_free(struct bench *b)
{
    free(b->memory);
    free(b->seen);
    free(b->actions);
    free(b->bytes);
    free(b);
}

/* What the far end does, from what it sees. */
static void react(struct bench *b, uint32_t port)
{
    struct far *f = &b->far[port];
    struct line l = LINE_IDLE;
    uint32_t mv = (uint32_t)abs(f->seen.millivolts);
    static const uint32_t class_current[] = {2000, 10500, 18500, 28000, 40000};

    if (f->kind == FAR_PHONE) {
        bool on = mv >= 42000 || (f->powered && mv >= 30000);
        if (on && !f->powered) f->carrier_at = after(b->now, f->link_after);
        if (!on) f->carrier_at = NEVER;
        f->powered = on;
        if (on) {
            l.microamperes = f->microamperes;
            l.ohms = f->microamperes ? mv * 1000 / f->microamperes : UINT32_MAX;
        } else {
            if (f->prestandard && f->seen.pulse == PULSE_WIDE) l.pulse = PULSE_WIDE, l.word = f->seen.word;
            if (f->ieee_class != NO_CLASS) {
                l.ohms = f->ohms;
                l.nanofarads = f->nanofarads;
                if (mv >= 15500 && mv <= 20500) l.microamperes = class_current[f->ieee_class];
            }
        }
    }
    l.carrier = f->kind == FAR_HOST || (f->kind == FAR_PHONE && b->now >= f->carrier_at);
    if (l.carrier) l.speed = SPEED_100, l.full_duplex = true;
    f->said = l;
}

static void log_action(struct bench *b, const struct action *a, struct bytes bytes)
{
    assert_true(b->count < BENCH_SEEN);
    assert_true(bytes.len <= FRAME_ROOM);
    struct seen *s = &b->seen[b->count++];
    *s = (struct seen){.at = b->now, .kind = a->kind, .port = a->stream, .news = a->news, .len = (uint16_t)bytes.len};
    memcpy(s->bytes, bytes.at, bytes.len);
}

static void one_step(struct bench *b, enum event_kind kind, uint32_t port, struct bytes bytes)
{
    struct event e = {.kind = kind, .stream = port, .bytes = bytes};

    outbox_clear(&b->out);
    b->due = switch_step(&b->sw, b->now, &e, &b->out);
    assert_false(b->out.bytes.full);
    assert_true(kind != EVENT_WAKE || b->due > b->now || b->out.count > 0);
}

static void take_output(struct bench *b)
{
    for (uint32_t i = 0; i < b->out.count; i++) {
        const struct action *a = &b->out.actions[i];
        struct fault why;
        if (a->kind == ACTION_LINE) {
            assert_true(line_decode(&b->far[a->stream].seen, payload(&b->out, i), &why));
            b->dirty[a->stream] = true;
        } else {
            log_action(b, a, payload(&b->out, i));
        }
    }
    outbox_clear(&b->out);
}

static bool deliver(struct bench *b)
{
    bool any = false;

    for (uint32_t port = 1; port <= b->config.ports + 1; port++) {
        struct far *f = &b->far[port];
        if (!b->dirty[port]) continue;
        b->dirty[port] = false;
        react(b, port);
        struct line arrives = cable_pass(f->mode, &f->seen, &f->said);
        if (line_equal(&arrives, &f->arrived)) continue;
        f->arrived = arrives;
        uint8_t bytes[LINE_SIZE];
        struct writer w = writer(bytes, sizeof bytes);
        line_encode(&w, &arrives);
        one_step(b, EVENT_LINE, port, written(&w));
        take_output(b);
        any = true;
    }
    return any;
}

void bench_step(struct bench *b, enum event_kind kind, uint32_t port, struct bytes bytes)
{
    one_step(b, kind, port, bytes);
    take_output(b);
    for (int i = 0; deliver(b); i++) assert_true(i < 100); /* two ends that never agree would be a bug */
}

void bench_run(struct bench *b, usec until)
{
    for (;;) {
        usec next = b->due;
        for (uint32_t port = 1; port <= b->config.ports + 1; port++)
            if (b->far[port].carrier_at > b->now) next = earlier(next, b->far[port].carrier_at);
        if (next > until) break;
        if (next > b->now) b->now = next;
        for (uint32_t port = 1; port <= b->config.ports + 1; port++)
            if (b->far[port].carrier_at <= b->now && !b->far[port].said.carrier) b->dirty[port] = true;
        while (deliver(b)) {
        }
        if (b->due <= b->now) bench_step(b, EVENT_WAKE, 0, (struct bytes){0});
    }
    b->now = until;
}

void bench_refresh(struct bench *b, uint32_t port)
{
    b->dirty[port] = true;
    while (deliver(b)) {
    }
}

void bench_plug(struct bench *b, uint32_t port, struct far f)
{
    struct far *old = &b->far[port];

    f.seen = old->seen;
    f.said = LINE_IDLE;
    f.arrived = old->arrived;
    f.carrier_at = NEVER;
    *old = f;
    bench_refresh(b, port);
}

void bench_admin(struct bench *b, uint32_t port, enum power_admin admin, bool shut)
{
    outbox_clear(&b->out);
    b->due = switch_set_admin(&b->sw, b->now, port, admin, shut, &b->out);
    take_output(b);
    while (deliver(b)) {
    }
}

void bench_clear(struct bench *b)
{
    b->count = 0;
}

struct far a_phone(void)
{
    return (struct far){.kind = FAR_PHONE,
                        .prestandard = true,
                        .ieee_class = NO_CLASS,
                        .microamperes = 131250,
                        .link_after = 2 * SECOND};
}

struct far an_ieee_phone(uint8_t ieee_class)
{
    return (struct far){.kind = FAR_PHONE,
                        .ieee_class = ieee_class,
                        .ohms = 25000,
                        .nanofarads = 80,
                        .microamperes = 131250,
                        .link_after = 2 * SECOND};
}

struct far a_host(void)
{
    return (struct far){.kind = FAR_HOST};
}

void make_host_ports(struct bench *b, uint32_t first, uint32_t last)
{
    for (uint32_t port = first; port <= last; port++) bench_plug(b, port, a_host());
    for (uint32_t port = first; port <= last; port++) assert_true(b->sw.ports[port].up);
    bench_clear(b);
}

unsigned heard_news(const struct bench *b, uint32_t port, enum switch_news news)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < b->count; i++)
        n += b->seen[i].kind == ACTION_TELL && b->seen[i].port == port && b->seen[i].news == news;
    return n;
}

const struct seen *last_news(const struct bench *b, uint32_t port, enum switch_news news)
{
    for (uint32_t i = b->count; i-- > 0;)
        if (b->seen[i].kind == ACTION_TELL && b->seen[i].port == port && b->seen[i].news == news) return &b->seen[i];
    return NULL;
}

struct bytes facts_of(const struct seen *s)
{
    return s ? (struct bytes){s->bytes, s->len} : (struct bytes){0};
}

unsigned frames_at(const struct bench *b, uint32_t port)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < b->count; i++) n += b->seen[i].kind == ACTION_FRAME && b->seen[i].port == port;
    return n;
}

const struct seen *last_frame(const struct bench *b, uint32_t port)
{
    for (uint32_t i = b->count; i-- > 0;)
        if (b->seen[i].kind == ACTION_FRAME && b->seen[i].port == port) return &b->seen[i];
    return NULL;
}

const struct seen *next_frame_to(const struct bench *b, uint32_t port, struct mac to, const struct seen *after_this)
{
    for (const struct seen *s = after_this ? after_this + 1 : b->seen; s < b->seen + b->count; s++)
        if (s->kind == ACTION_FRAME && s->port == port && memcmp(s->bytes, to.byte, 6) == 0) return s;
    return NULL;
}

bool powered(const struct bench *b, uint32_t port)
{
    return b->far[port].seen.millivolts <= -44000;
}

size_t make_frame(uint8_t *to, struct mac dst, struct mac src, int vlan, uint16_t type, struct bytes data)
{
    struct writer w = writer(to, FRAME_ROOM);
    struct ethernet e = {.to = dst,
                         .from = src,
                         .tagged = vlan >= 0,
                         .vlan = (uint16_t)(vlan >= 0 ? vlan : 0),
                         .type = type,
                         .priority = vlan > 0 ? 5 : 0};
    size_t begun = ethernet_begin(&w, &e);

    write_bytes(&w, data);
    ethernet_end(&w, begun);
    assert_false(w.full);
    return w.len;
}

void send_frame(struct bench *b, uint32_t port, struct mac dst, struct mac src, int vlan, uint16_t type,
                struct bytes data)
{
    uint8_t frame[FRAME_ROOM];
    size_t len = make_frame(frame, dst, src, vlan, type, data);

    bench_step(b, EVENT_FRAME, port, (struct bytes){frame, len});
}

struct mac host_mac(uint32_t n)
{
    return mac_from_number(0x020000000000u + n);
}
