/* tests/server/harness.h: an outbox in the test's hand, and questions about what is in it. */
#ifndef TESTS_SERVER_HARNESS_H
#define TESTS_SERVER_HARNESS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/facts.h"
#include "server/devices.h"
#include "server/news.h"

struct box {
    struct action actions[512];
    uint8_t bytes[512 * 1024];
    struct outbox out;
};

static inline struct outbox *box_empty(struct box *b)
{
    outbox_init(&b->out, b->actions, ARRAY_LENGTH(b->actions), b->bytes, sizeof b->bytes);
    b->out.engine = 7;
    return &b->out;
}

/* The index of the first action of a kind, of these news when it is TELL; -1: none. */
static inline int found_at(const struct outbox *out, enum action_kind kind, unsigned news)
{
    assert_false(out->bytes.full);
    for (uint32_t i = 0; i < out->count; i++)
        if (out->actions[i].kind == kind && (kind != ACTION_TELL || out->actions[i].news == news)) return (int)i;
    return -1;
}

static inline unsigned count_of(const struct outbox *out, enum action_kind kind)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < out->count; i++) n += out->actions[i].kind == kind;
    return n;
}

static inline bool told(const struct outbox *out, unsigned news)
{
    return found_at(out, ACTION_TELL, news) >= 0;
}

static inline struct bytes facts_of(const struct outbox *out, unsigned news)
{
    int at = found_at(out, ACTION_TELL, news);

    assert_true(at >= 0);
    return payload(out, (uint32_t)at);
}

#define assert_text(span, expected)                                                                                    \
    do {                                                                                                               \
        struct bytes assert_b = (span);                                                                                \
        char assert_copy[1200];                                                                                        \
        (void)text_copy(assert_copy, sizeof assert_copy, assert_b);                                                    \
        assert_string_equal(assert_copy, expected);                                                                    \
    } while (0)

/* A device table of 64 devices with one group, one pool, and auto-registration of 1000 to 1003. */
struct table {
    struct devices t;
    uint8_t *memory;
};

static inline struct mac mac_n(uint64_t n)
{
    return mac_from_number(0x020000000000u + n);
}

/* As an owner may have it: somebody has used it before. */
enum { USED_BEFORE = 0xa5 };
static inline uint8_t *used_memory(size_t size)
{
    uint8_t *memory = malloc(size);

    assert_non_null(memory);
    return memset(memory, USED_BEFORE, size);
}

static inline bool is_untouched(const void *memory, size_t size)
{
    const uint8_t *at = memory;

    for (size_t i = 0; i < size; i++)
        if (at[i] != USED_BEFORE) return false;
    return true;
}

static inline void table_init(struct table *w)
{
    struct devices_limits limits = {.devices = 64, .groups = 4, .pools = 4};
    struct fault why;

    w->memory = used_memory(devices_size(&limits));
    assert_true(devices_init(&w->t, &limits, w->memory, devices_size(&limits)));
    struct group_record group = {
        .name = "Group", .callmanager = {{IPV4(10, 0, 0, 1), 2000}, {IPV4(10, 0, 0, 2), 2000}}, .callmanagers = 2};
    assert_true(devices_put_group(&w->t, &group, NULL, &why));
    struct pool_record pool = {.name = "Default",
                               .group = "Group",
                               .date_template = "D/M/Y",
                               .time_zone = "Europe/Paris",
                               .load = {{7, "P0030801SR02"}, {6, "P00405000700"}},
                               .loads = 2};
    assert_true(devices_put_pool(&w->t, &pool, NULL, &why));
    struct settings_record settings = {.automatic = true, .first = 1000, .last = 1003, .pool = "Default"};
    assert_true(devices_put_settings(&w->t, &settings, NULL, &why));
}

static inline struct device *table_add(struct table *w, uint64_t n, uint32_t type, const char *number)
{
    struct device_record r = {.mac = mac_n(n), .device_type = type, .pool = "Default"};
    struct fault why;

    (void)text_copy(r.line[0].number, sizeof r.line[0].number, bytes_of(number));
    struct device *d = devices_create(&w->t, &r, NULL, &why);
    assert_non_null(d);
    return d;
}
#endif
