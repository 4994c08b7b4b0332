/* sim/agenda.h: what happens first. */
#include "lab.h"

enum { SOURCES = 6 };

static uint32_t put_so_far;

/* Its stream says as how many-th it was put. */
static void put_(struct agenda *a, usec at, uint32_t party, uint32_t source, enum event_kind kind)
{
    agenda_put(a, at, party, source, &(struct event){.kind = kind, .stream = put_so_far++});
}

static void takes(struct agenda *a, usec at, uint32_t party, enum event_kind kind, uint32_t source, uint32_t nth)
{
    const struct entry *e = agenda_take(a);

    assert_non_null(e);
    assert_int_equal(e->at, at);
    assert_int_equal(e->party, party);
    assert_int_equal(e->event.kind, kind);
    assert_int_equal(e->source, source);
    assert_int_equal(e->event.stream, nth);
}

static void ties_in_time_go_by_party_then_kind_then_source_then_as_it_put_them(void **state)
{
    struct agenda a;
    struct agenda_store store = {0};

    (void)state;
    agenda_open(&a, &store);
    put_so_far = 0;
    put_(&a, 10, 2, 1, EVENT_FRAME);
    put_(&a, 10, 1, 3, EVENT_FRAME);
    put_(&a, 10, 1, 2, EVENT_FRAME);
    put_(&a, 10, 1, 2, EVENT_FRAME); /* the second of source 2 */
    put_(&a, 10, 1, 5, EVENT_LINE);
    put_(&a, 9, 5, 5, EVENT_DOWN);
    takes(&a, 9, 5, EVENT_DOWN, 5, 5);
    takes(&a, 10, 1, EVENT_LINE, 5, 4);
    takes(&a, 10, 1, EVENT_FRAME, 2, 2);
    takes(&a, 10, 1, EVENT_FRAME, 2, 3);
    takes(&a, 10, 1, EVENT_FRAME, 3, 1);
    takes(&a, 10, 2, EVENT_FRAME, 1, 0);
    assert_null(agenda_take(&a));
    assert_null(agenda_first(&a));
    agenda_close(&a);
    agenda_store_close(&store);
}

struct what {
    usec at;
    uint32_t party, source;
    enum event_kind kind;
};

/* The order never depends on when entries of different sources were put in. */
static void any_order_of_putting_gives_the_same_order_of_taking(void **state)
{
    enum { N = 600 };
    static struct what all[N], first[N];
    struct random r = random_from(3);

    (void)state;
    for (size_t i = 0; i < N; i++)
        all[i] = (struct what){random_below(&r, 20), random_below(&r, 4), (uint32_t)(i % SOURCES),
                               random_below(&r, 2) ? EVENT_FRAME : EVENT_DATA};
    for (int round = 0; round < 5; round++) {
        struct agenda a;
        struct agenda_store store = {0};
        size_t next[SOURCES] = {0}, left = N;
        usec last = 0;
        agenda_open(&a, &store);
        while (left) { /* each source puts its own in its order; the sources take turns at random */
            uint32_t s = random_below(&r, SOURCES);
            size_t i = s + SOURCES * next[s];
            if (i >= N) continue;
            next[s]++;
            left--;
            put_(&a, all[i].at, all[i].party, s, all[i].kind);
        }
        for (size_t i = 0; i < N; i++) {
            const struct entry *e = agenda_take(&a);
            struct what w = {.at = e->at, .party = e->party, .source = e->source, .kind = e->event.kind};
            assert_true(w.at >= last);
            last = w.at;
            if (round == 0)
                first[i] = w;
            else
                assert_true(w.at == first[i].at && w.party == first[i].party && w.source == first[i].source &&
                            w.kind == first[i].kind);
        }
        agenda_close(&a);
        agenda_store_close(&store);
    }
}

static void an_entry_keeps_its_own_copy_of_the_bytes(void **state)
{
    struct agenda a;
    struct agenda_store store = {0};
    uint8_t bytes[4] = {1, 2, 3, 4};

    (void)state;
    agenda_open(&a, &store);
    agenda_put(&a, 5, 0, 0, &(struct event){.kind = EVENT_FRAME, .stream = 9, .bytes = {bytes, 4}});
    memset(bytes, 0, sizeof bytes);
    const struct entry *e = agenda_take(&a);
    assert_int_equal(e->event.stream, 9);
    assert_int_equal(e->event.bytes.len, 4);
    assert_memory_equal(e->event.bytes.at, "\1\2\3\4", 4);
    agenda_put(&a, 6, 0, 0, &(struct event){.kind = EVENT_WAKE}); /* what was not taken is freed with it: ASan looks */
    agenda_close(&a);
    agenda_store_close(&store);
}

/* Entries of one moment come in many orders and sizes, some while it is being taken. */
static void a_crowded_moment_is_taken_in_order_with_all_its_bytes(void **state)
{
    enum { N = 5000 };
    static uint8_t bytes[40000];
    struct random r = random_from(11);
    struct agenda a;
    struct agenda_store store = {0};
    uint32_t last = 0;

    (void)state;
    memset(bytes, 0xa5, sizeof bytes);
    agenda_open(&a, &store);
    for (uint32_t i = 0; i < N; i++) {
        uint32_t party = random_below(&r, 1000), len = i % 500 == 0 ? sizeof bytes : random_below(&r, 700);
        agenda_put(&a, 10, party, 0, &(struct event){.kind = EVENT_FRAME, .stream = len, .bytes = {bytes, len}});
        agenda_put(&a, 1000 + i, party, 0, &(struct event){.kind = EVENT_WAKE});
    }
    for (uint32_t i = 0; i < N + N / 10; i++) {
        assert_int_equal(agenda_next(&a), 10);
        const struct entry *e = agenda_take(&a);
        assert_true(e->party >= last && e->event.bytes.len == e->event.stream);
        assert_memory_equal(e->event.bytes.at, bytes, e->event.stream);
        last = e->party;
        if (i % 10 == 0)
            agenda_put(&a, 10, last, 0, &(struct event){.kind = EVENT_FRAME, .stream = 3, .bytes = {bytes, 3}});
        if (i % 10 == 0) assert_int_equal(e->event.bytes.len, e->event.stream); /* still there */
    }
    for (uint32_t i = 0; i < N; i++) {
        const struct entry *e = agenda_take(&a);
        if (i == 0) {
            while (e->at == 10) e = agenda_take(&a);
        }
        assert_int_equal(e->at, 1000 + i);
    }
    assert_int_equal(agenda_next(&a), NEVER);
    assert_false(a.failed);
    agenda_close(&a);
    agenda_store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ties_in_time_go_by_party_then_kind_then_source_then_as_it_put_them),
        cmocka_unit_test(any_order_of_putting_gives_the_same_order_of_taking),
        cmocka_unit_test(an_entry_keeps_its_own_copy_of_the_bytes),
        cmocka_unit_test(a_crowded_moment_is_taken_in_order_with_all_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
