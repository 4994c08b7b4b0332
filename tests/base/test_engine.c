#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/engine.h"

struct world {
    struct action actions[3];
    uint8_t bytes[16];
    struct outbox out;
};

static void begin(struct world *w)
{
    memset(w, 0, sizeof *w);
    outbox_init(&w->out, w->actions, 3, w->bytes, sizeof w->bytes);
}

static void each_payload_ends_where_the_next_one_begins(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    write_text(put(&w.out, (struct action){.kind = ACTION_FRAME, .stream = 7}), "first");
    put(&w.out, (struct action){.kind = ACTION_CLOSE, .stream = 8});
    write_text(put(&w.out, (struct action){.kind = ACTION_TELL, .news = 9}), "last");
    assert_int_equal(w.out.count, 3);
    assert_true(bytes_are(payload(&w.out, 0), "first"));
    assert_int_equal(payload(&w.out, 1).len, 0);
    assert_true(bytes_are(payload(&w.out, 2), "last"));
    assert_true(w.actions[0].stream == 7 && w.actions[1].kind == ACTION_CLOSE && w.actions[2].news == 9);
    assert_false(w.out.bytes.full);
}

static void every_action_carries_the_engine_that_the_driver_named(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    w.out.engine = 4;
    put(&w.out, (struct action){.kind = ACTION_LINE, .engine = 99, .at = 99});
    w.out.engine = 5;
    put(&w.out, (struct action){.kind = ACTION_LINE});
    assert_int_equal(w.actions[0].engine, 4);
    assert_int_equal(w.actions[0].at, 0);
    assert_int_equal(w.actions[1].engine, 5);
}

static void one_action_too_many_is_dropped_with_its_payload_and_said(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    for (int i = 0; i < 3; i++) write_u8(put(&w.out, (struct action){.kind = ACTION_LINE}), (uint8_t)i);
    struct writer *nowhere = put(&w.out, (struct action){.kind = ACTION_FRAME});
    assert_true(w.out.bytes.full && w.out.count == 3);
    write_text(nowhere, "lost"); /* must not lengthen the payload of the last one */
    assert_int_equal(payload(&w.out, 2).len, 1);
}

static void a_payload_that_does_not_fit_is_said_too(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    write_text(put(&w.out, (struct action){.kind = ACTION_FRAME}), "sixteen bytes ok");
    assert_false(w.out.bytes.full);
    write_u8(put(&w.out, (struct action){.kind = ACTION_FRAME}), 0);
    assert_true(w.out.bytes.full);
    assert_int_equal(payload(&w.out, 1).len, 0);
}

static void a_cleared_outbox_is_as_new(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    for (int i = 0; i < 5; i++) write_text(put(&w.out, (struct action){.kind = ACTION_FRAME}), "seven b");
    assert_true(w.out.bytes.full);
    outbox_clear(&w.out);
    assert_true(w.out.count == 0 && w.out.bytes.len == 0 && !w.out.bytes.full);
    write_text(put(&w.out, (struct action){.kind = ACTION_FRAME}), "again");
    assert_true(bytes_are(payload(&w.out, 0), "again"));
}

static void a_delay_without_end_leads_to_never_and_not_to_the_past(void **state)
{
    (void)state;
    assert_true(after(5 * SECOND, 200 * MSEC) == 5200000);
    assert_true(after(5, NEVER) == NEVER);
    assert_true(after(NEVER, 5) == NEVER && after(NEVER, 0) == NEVER);
    assert_true(after(NEVER - 5, 5) == NEVER && after(NEVER - 5, 6) == NEVER && after(NEVER - 5, 4) == NEVER - 1);
    assert_true(earlier(1, 2) == 1 && earlier(2, 1) == 1 && earlier(NEVER, 3) == 3 && earlier(4, 4) == 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_payload_ends_where_the_next_one_begins),
        cmocka_unit_test(every_action_carries_the_engine_that_the_driver_named),
        cmocka_unit_test(one_action_too_many_is_dropped_with_its_payload_and_said),
        cmocka_unit_test(a_payload_that_does_not_fit_is_said_too),
        cmocka_unit_test(a_cleared_outbox_is_as_new),
        cmocka_unit_test(a_delay_without_end_leads_to_never_and_not_to_the_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
