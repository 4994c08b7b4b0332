/* tests/server/stations.h: two CallManagers over one device table, and what phones say to them. */
#ifndef TESTS_SERVER_STATIONS_H
#define TESTS_SERVER_STATIONS_H
#include "harness.h"
#include "server/callmanager.h"
#include "wire/sccp_register.h"

enum { T7960 = 7, T7910 = 6, T7970 = 30006 };

static struct table w;
static struct callmanager m[2];
static uint8_t *memory[2];
static struct box box;
static usec now, due[2];

static inline void init_one(unsigned i, struct callmanager_config config)
{
    config.index = (uint8_t)i;
    config.address = IPV4(10, 0, 0, 1) + i;
    config.devices = &w.t;
    if (config.connections == 0) config.connections = 32;
    free(memory[i]);
    memory[i] = used_memory(callmanager_size(config.connections));
    assert_true(callmanager_init(&m[i], &config, memory[i], callmanager_size(config.connections)));
    due[i] = NEVER;
}

static inline int set_up(void **state)
{
    (void)state;
    table_init(&w);
    /* 2024-02-29 (a Thursday) 23:59:50 UTC, and phones one hour ahead */
    struct callmanager_config config = {.wall_at_start = 1709251190u * (uint64_t)SECOND, .utc_offset = 3600};
    init_one(0, config);
    init_one(1, config);
    now = 0;
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    free(w.memory);
    for (int i = 0; i < 2; i++) free(memory[i]);
    memory[0] = memory[1] = NULL;
    return 0;
}

static inline void step_at(unsigned i, const struct event *e)
{
    (void)box_empty(&box);
    box.out.engine = 40 + i;
    due[i] = callmanager_step(&m[i], now, e, &box.out);
    assert_false(box.out.bytes.full);
    assert_true(box.out.count <= CALLMANAGER_MOST);
}

static inline void up_at(unsigned i, uint32_t stream)
{
    step_at(i, &(struct event){.kind = EVENT_UP,
                               .stream = stream,
                               .from = {.address = IPV4(10, 0, 0, 50) + stream, .port = 50000}});
}

static inline void up(uint32_t stream)
{
    up_at(0, stream);
}

static inline void say_at(unsigned i, uint32_t stream, struct sccp_message message, uint8_t version)
{
    uint8_t bytes[SCCP_MOST];
    struct writer out = writer(bytes, sizeof bytes);

    sccp_message_encode(&out, &message, version);
    assert_false(out.full);
    step_at(i, &(struct event){.kind = EVENT_DATA, .stream = stream, .bytes = written(&out)});
}

static inline void say(uint32_t stream, struct sccp_message message)
{
    const struct cm_connection *c = callmanager_connection(&m[0], stream);

    say_at(0, stream, message, c ? c->version : 0);
}

static inline void ask(uint32_t stream, uint32_t id, uint32_t number)
{
    if (id == SCCP_FEATURE_STAT_REQ)
        say(stream, (struct sccp_message){.id = id, .feature_req = {.index = number}});
    else
        say(stream, (struct sccp_message){.id = id, .number = number});
}

static char name_of[4][DEVICE_NAME];
static inline struct sccp_message registering(uint64_t n, uint32_t type, uint8_t version)
{
    char *name = name_of[n % 4];

    device_name(name, mac_n(n));
    return (struct sccp_message){.id = SCCP_REGISTER,
                                 .reg = {.name = bytes_of(name),
                                         .device_type = type,
                                         .protocol = version,
                                         .mac = mac_n(n),
                                         .load = bytes_of("P0030801SR02"),
                                         .length = 124}};
}

/* The first message of this id that was written to the stream; NULL: none. */
static inline const struct sccp_message *written_to(uint32_t stream, uint32_t id, uint8_t version)
{
    static struct sccp_message message;
    struct fault why;

    for (uint32_t i = 0; i < box.out.count; i++) {
        if (box.actions[i].kind != ACTION_WRITE || box.actions[i].stream != stream) continue;
        struct bytes b = payload(&box.out, i);
        assert_int_equal(sccp_frame(b), b.len); /* exactly one whole message */
        assert_true(sccp_message_decode(&message, b, version, &why));
        if (message.id == id) return &message;
    }
    return NULL;
}

static inline bool closed(uint32_t stream, uint32_t engine)
{
    for (uint32_t i = 0; i < box.out.count; i++)
        if (box.actions[i].kind == ACTION_CLOSE && box.actions[i].stream == stream && box.actions[i].engine == engine)
            return true;
    return false;
}

static inline void wake(unsigned i)
{
    assert_true(due[i] != NEVER);
    now = due[i];
    step_at(i, &(struct event){.kind = EVENT_WAKE});
    assert_true(box.out.count > 0 || due[i] > now); /* it never spins */
}

static inline void register_on(uint32_t stream, uint64_t n, uint32_t type)
{
    up(stream);
    say(stream, registering(n, type, 11));
    assert_non_null(written_to(stream, SCCP_REGISTER_ACK, 11));
}

static inline void complete(uint32_t stream)
{
    ask(stream, SCCP_TIME_DATE_REQ, 0);
    assert_non_null(written_to(stream, SCCP_DEFINE_TIME_DATE, 11));
}

static inline const char *why_of(unsigned news)
{
    static char text[80];

    (void)text_copy(text, sizeof text, told_text(facts_of(&box.out, news), FACT_WHY));
    return text;
}
#endif
