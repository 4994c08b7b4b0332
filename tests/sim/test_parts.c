/* sim/parts.h, sim/crew.h: what goes on beside one another, and comes out as if it had not. */
#include "lab.h"
#include "sim/crew.h"
#include <unistd.h>

enum { PARTS = 5, EACH = 3, WINDOW = 50, HANDS = 4 };

/* Parties send one another what they were sent, within their part soon, to others a window later; each keeps a sum of
 * what it heard, in its order. */
struct world {
    struct parts parts;
    struct crew crew;
    usec last;
    uint64_t sum[PARTS * EACH];
    uint32_t heard[PARTS * EACH], letters[PARTS];
};

static void send(struct world *w, uint32_t from, usec at, uint32_t to, uint32_t what)
{
    uint8_t bytes[3] = {(uint8_t)from, (uint8_t)to, (uint8_t)what};

    parts_put(&w->parts, from / EACH, to / EACH, at, to, from,
              &(struct event){.kind = EVENT_DATA, .stream = what, .bytes = {bytes, sizeof bytes}});
}

static void hears(struct world *w, usec now, const struct entry *n)
{
    uint32_t self = n->party, what = n->event.stream, next = (self * 7 + what) % (PARTS * EACH);

    assert_int_equal(n->event.bytes.at[0], n->source);
    assert_int_equal(n->event.bytes.at[1], self);
    w->heard[self]++;
    w->sum[self] = (w->sum[self] ^ now ^ (uint64_t)what << 32 ^ n->source) * 0x9e3779b97f4a7c15u;
    w->letters[self / EACH] += next / EACH != self / EACH;
    send(w, self, now + (next / EACH == self / EACH ? 3 + what % 5 : WINDOW + what % 20), next,
         (what * 5 + 1) & 0xffff);
}

static void goes_on(void *context, uint32_t hand, uint32_t item)
{
    struct world *w = context;
    uint32_t part = w->parts.ready[item];
    struct part *p = &w->parts.part[part];

    parts_enter(&w->parts, part, hand);
    for (usec at; (at = part_next(p)) <= w->last && at != NEVER;) {
        if (timers_next(&p->timers) == at) { /* a wake goes first, and is over */
            uint32_t self = part * EACH + timers_first(&p->timers);
            parts_wake(&w->parts, part, self % EACH, NEVER);
            w->sum[self] = (w->sum[self] + at) * 3;
        } else
            hears(w, at, agenda_take(&p->agenda));
    }
    parts_leave(&w->parts, part);
}

static struct world *run_with(uint32_t hands)
{
    static const uint32_t sizes[PARTS] = {EACH, EACH, EACH, EACH, EACH};
    struct world *w = calloc(1, sizeof *w);
    usec begin;

    crew_open(&w->crew, hands);
    assert_int_equal(w->crew.hands, hands);
    assert_true(parts_open(&w->parts, PARTS, sizes, hands));
    for (uint32_t i = 0; i < PARTS * EACH; i++) {
        send(w, i, i % 4, i, i * 31);
        parts_wake(&w->parts, i / EACH, i % EACH, 10 + i);
    }
    while ((begin = parts_next(&w->parts)) < 20000) {
        w->last = begin + WINDOW - 1;
        uint32_t n = parts_ready(&w->parts, w->last);
        assert_in_range(n, 1, PARTS);
        crew_do(&w->crew, goes_on, w, n);
        parts_settle(&w->parts, n);
    }
    assert_false(w->parts.failed);
    parts_close(&w->parts);
    crew_close(&w->crew);
    return w;
}

static void any_number_of_hands_gives_each_party_the_same_things_in_the_same_order(void **state)
{
    struct world *one = run_with(1);

    (void)state;
    for (uint32_t hands = 2; hands <= HANDS; hands++) {
        struct world *many = run_with(hands);
        assert_memory_equal(one->sum, many->sum, sizeof one->sum);
        assert_memory_equal(one->heard, many->heard, sizeof one->heard);
        assert_memory_equal(one->letters, many->letters, sizeof one->letters);
        free(many);
    }
    for (uint32_t i = 0; i < PARTS; i++) assert_true(one->letters[i] > 10); /* they did have to do with one another */
    free(one);
}

/* From outside nothing is a letter: it is there at once, and the part has its turn. */
static void what_is_put_while_nobody_works_is_there_at_once(void **state)
{
    static const uint32_t sizes[2] = {1, 1};
    struct parts p;

    (void)state;
    assert_true(parts_open(&p, 2, sizes, 1));
    assert_int_equal(parts_next(&p), NEVER);
    parts_put(&p, 0, 1, 70, 1, 0, &(struct event){.kind = EVENT_FRAME});
    assert_int_equal(parts_next(&p), 70);
    parts_wake(&p, 0, 0, 60);
    assert_int_equal(parts_next(&p), 60);
    assert_int_equal(parts_ready(&p, 59), 0);
    assert_int_equal(parts_ready(&p, 60), 1);
    assert_int_equal(p.ready[0], 0);
    parts_enter(&p, 0, 0);
    parts_wake(&p, 0, 0, NEVER);
    parts_put(&p, 0, 1, 65, 1, 0, &(struct event){.kind = EVENT_FRAME}); /* a letter, before the other's entry */
    assert_int_equal(part_next(&p.part[1]), 70);
    parts_leave(&p, 0);
    parts_settle(&p, 1);
    assert_int_equal(parts_next(&p), 65);
    parts_put(&p, 0, 0, 99, 0, 0, &(struct event){.kind = EVENT_FRAME}); /* what was never taken is freed: ASan looks */
    parts_close(&p);
}

struct tally {
    uint32_t done[1000], by[HANDS + 1];
};

static void once(void *context, uint32_t hand, uint32_t item)
{
    struct tally *t = context;

    t->done[item]++;
    __atomic_fetch_add(&t->by[hand], 1, __ATOMIC_RELAXED);
}

static void a_crew_does_each_item_once_work_after_work(void **state)
{
    struct tally t = {0};
    struct crew c;
    uint32_t all = 0;

    (void)state;
    crew_open(&c, HANDS);
    for (uint32_t work = 0; work < 200; work++) {
        if (work % 50 == 49) (void)usleep(2000); /* the others have gone to sleep */
        crew_do(&c, once, &t, work % 3 ? 1000 : 1);
    }
    crew_do(&c, once, &t, 0);
    crew_close(&c);
    for (uint32_t i = 0; i < 1000; i++) assert_int_equal(t.done[i], i == 0 ? 200 : 133);
    for (uint32_t i = 0; i < HANDS; i++) all += t.by[i];
    assert_int_equal(all, 200 + 999 * 133);
    crew_open(&c, 0);
    assert_int_equal(c.hands, 1);
    crew_do(&c, once, &t, 1);
    assert_int_equal(t.done[0], 201);
    crew_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_hands_gives_each_party_the_same_things_in_the_same_order),
        cmocka_unit_test(what_is_put_while_nobody_works_is_there_at_once),
        cmocka_unit_test(a_crew_does_each_item_once_work_after_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
