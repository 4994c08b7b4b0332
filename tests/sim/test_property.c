/* Labs drawn at random: models, preferences, faults, stores that fail, servers that start again. Whatever happens: a
 * phone ends registered or with a verdict, by the very code that `dialtone lab` prints it from (app/lab/row.c,
 * app/lab/verdict.c); none is silent, and no verdict says what is not so; no engine leaves its bounds or spins; nothing
 * that was promised is lost.
 *
 *   PROPERTY_SEEDS=1000 test_sim_property     so many labs; from PROPERTY_FIRST up (1)
 *   PROPERTY_SEED=417 test_sim_property       this one again
 */
#include "lab.h"
#include "app/lab/board.h"
#include "app/lab/verdict.h"
#include <stdio.h>

enum { PHONES = 9, MINUTES = 8, ROUND = 180 /* s */ };
static uint64_t property_seed; /* of the lab at hand */

/* A lab, and what the program that shows it would know of it. */
struct shown {
    struct lab *lab;
    struct board board;
    const char
        *code[PHONES]; /* of the last verdict that says what is wrong; "" once it was registered; NULL: neither */
};

static void hear_shown(void *context, usec now, enum sim_side side, uint32_t party, const struct action *a,
                       struct bytes facts)
{
    struct shown *s = context;
    struct row *row;
    const struct plan *plan = &s->lab->plan;

    hear(s->lab, now, side, party, a, facts);
    if (side == SIDE_FLEET && party >= plan->phones) party = plan_switch(plan, party - plan->phones).first;
    board_news(&s->board, now, side == SIDE_FLEET ? ROLE_FLEET : ROLE_SERVERS, party, a->news, facts, &row);
}

static void begin_shown(struct shown *s, struct sim_config config)
{
    begin(s->lab, config);
    s->lab->sim.config.tell = hear_shown;
    s->lab->sim.config.context = s;
    assert_true(board_init(&s->board, NULL, &s->lab->plan));
    for (uint32_t i = 0; i < s->board.rows; i++) s->board.row[i].plugged = true;
}

static void draw_phones(struct lab *lab, struct random *r)
{
    static const char *const models[] = {"7902", "7905", "7906", "7910", "7911", "7912", "7931",
                                         "7940", "7941", "7942", "7945", "7960", "7961", "7962",
                                         "7965", "7970", "7971", "7975", "6921", "8945"};
    static const char *const preferences[] = {"",
                                              "",
                                              "",
                                              "ring 3\n",
                                              "contrast 5\n",
                                              "admin-vlan 100\n",
                                              "alternate-tftp 10.0.0.2\n",
                                              "static-address 10.0.0.200/24,10.0.0.1\n",
                                              "alternate-tftp 10.0.0.99\n"};
    bool static_used = false;

    for (uint32_t i = 0; i < lab->plan.phones; i++) {
        struct plan_phone *p = &lab->plan.phone[i];
        const char *preference = preferences[random_below(r, ARRAY_LENGTH(preferences))];
        p->model = model_find(bytes_of(models[random_below(r, ARRAY_LENGTH(models))]));
        assert_non_null(p->model);
        p->load = load_built_in(p->model, random_below(r, 3) == 0);
        p->known = random_below(r, 2);
        if (bytes_begin(bytes_of(preference),
                        "static")) { /* one only: two would be a conflict of the user's own making */
            if (static_used) preference = "";
            static_used = true;
        }
        p->preferences = preference;
    }
}

static void draw_faults(struct lab *lab, struct random *r)
{
    for (uint32_t n = random_below(r, 4); n > 0; n--) {
        enum lab_fault f = (enum lab_fault)random_below(r, FAULT_KINDS);
        char text[40];
        uint32_t most = f == FAULT_IS_LOSS ? 10 : f == FAULT_IS_LATENCY ? 300 : 20;
        if (fault_takes_value(f))
            (void)snprintf(text, sizeof text, "%s=%u", fault_name(f), 1 + random_below(r, most));
        else
            (void)snprintf(text, sizeof text, "%s", fault_name(f));
        wrong(lab, text);
    }
    if (lab->plan.faults.on[FAULT_IS_POE_BUDGET]) lab->plan.power_budget = 16000;
    for (uint32_t i = 0; lab->plan.faults.on[FAULT_IS_TFTP_DOWN_KNOWN] && i < lab->plan.phones; i++)
        lab->plan.phone[i].known = true;
}

static void nothing_is_given_twice(const struct lab *lab)
{
    for (uint32_t i = 0; i < lab->plan.phones; i++) {
        const struct phone *p = sim_phone(&lab->sim, i);
        for (uint32_t k = i + 1; k < lab->plan.phones; k++) {
            const struct phone *other = sim_phone(&lab->sim, k);
            assert_false(phone_address(p) && phone_address(p) == phone_address(other));
            assert_false(phone_registered(p) && phone_registered(other) && p->station.number[0] &&
                         strcmp(p->station.number, other->station.number) == 0);
        }
    }
}

/* How phones ended, over all labs: a change that makes every one of them end alike is seen at once. */
static struct {
    const char *code;
    uint32_t count;
} ends[64];

static void count_end(const char *code)
{
    size_t i = 0;

    while (i < ARRAY_LENGTH(ends) - 1 && ends[i].code && strcmp(ends[i].code, code) != 0) i++;
    ends[i].code = code;
    ends[i].count++;
}

static void say_ends(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(ends) && ends[i].code; i++)
        print_message("%6u phones: %s\n", ends[i].count, ends[i].code[0] ? ends[i].code : "registered");
}

/* A verdict that names a cause; "unfinished" names none. */
static bool judged(struct verdict *v, const struct row *row)
{
    return verdict_of(v, row) && strcmp(v->code, "unfinished") != 0;
}

/* What is shown of a phone is so. */
static void is_true(const struct shown *s, uint32_t i)
{
    const struct row *row = &s->board.row[i];
    const struct phone *p = sim_phone(&s->lab->sim, i);
    struct verdict v;
    bool any = verdict_of(&v, row), failure = any && strcmp(v.severity, "failure") == 0,
         so = row->line == phone_registered(p) && failure == !row_registered(row) && (!any || (v.text[0] && v.fix[0]));

    const char *code = any ? v.code : "";
    if (strcmp(code, "poe-budget") == 0) so &= p->doing == DOING_NOTHING;
    if (strcmp(code, "bad-hardware") == 0) so &= p->doing == DOING_DEAD;
    if (row->address && phone_address(p)) so &= row->address == phone_address(p);
    if (!so)
        print_message(
            "phone %u (%s) is not as shown: doing %d, last news %x, address %x; shown: %sregistered, %s, address %x, "
            "\"%s\"\n",
            i, row->model->name, (int)p->doing, s->lab->last[i], phone_address(p), row->line ? "" : "not ",
            step_names[row->step], row->address, code);
    assert_true(so);
}

/* Each phone is registered, or has a verdict that names the cause. A stuck one tries again now and then, and what it
 * fails at is overcome until it fails again: so for as long as the slowest of them takes for one round (DHCP's 64 s,
 * twice, and the files). */
static void all_end_judged(struct shown *s)
{
    struct lab *lab = s->lab;
    struct verdict v;

    for (uint32_t second = 0; second <= ROUND; second++) {
        sim_run(&lab->sim, (usec)(MINUTES * 60 + second) * SECOND, NULL, NULL);
        for (uint32_t i = 0; i < lab->plan.phones; i++) {
            is_true(s, i);
            if (row_registered(&s->board.row[i]))
                s->code[i] = "";
            else if (judged(&v, &s->board.row[i]))
                s->code[i] = v.code;
        }
    }
    for (uint32_t i = 0; i < lab->plan.phones; i++) {
        const struct row *row = &s->board.row[i];
        if (!s->code[i])
            print_message("phone %u (%s) is neither registered nor has it a verdict: doing %d, step %s, last news %x\n",
                          i, row->model->name, (int)sim_phone(&lab->sim, i)->doing, step_names[row->step],
                          lab->last[i]);
        assert_non_null(s->code[i]);
        count_end(s->code[i]);
    }
}

static void a_lab(uint64_t seed)
{
    struct random r = random_from(seed * 7919 + 1);
    uint32_t phones = 1 + random_below(&r, PHONES), per_switch = seed % 5 ? PLAN_PHONES : 1 + (uint32_t)(seed / 5 % 3);
    struct shown s = {.lab = lab_over(phones, per_switch, seed)};
    struct lab *lab = s.lab;
    char number[PHONES][25] = {{0}};

    lab->plan.callmanagers = (uint8_t)(1 + random_below(&r, 3));
    draw_phones(lab, &r);
    draw_faults(lab, &r);
    for (size_t i = 0; i < model_count(); i++) add_load_once(lab, model_at(i));
    begin_shown(&s, (struct sim_config){.strict = seed % 4 == 1, .hands = 1 + random_below(&r, 3)});
    for (uint32_t second = 0; second < MINUTES * 60; second += 5) {
        sim_run(&lab->sim, (usec)second * SECOND, NULL, NULL);
        nothing_is_given_twice(lab);
        for (uint32_t i = 0; i < lab->plan.phones; i++) {
            const struct phone *p = sim_phone(&lab->sim, i);
            is_true(&s, i);
            if (!phone_registered(p)) continue;
            if (number[i][0])
                assert_string_equal(number[i],
                                    p->station.number); /* a number once promised stays, over every restart */
            text_copy(number[i], sizeof number[i], bytes_of(p->station.number));
        }
        if (second < 120 && random_below(&r, 10) == 0) sim_fail_stores(&lab->sim, 1 + random_below(&r, 3));
        if (second > 0 && second < 120 && random_below(&r, 12) == 0) assert_true(sim_restart_site(&lab->sim));
    }
    all_end_judged(&s);
    board_free(&s.board);
    end(lab);
}

static void whatever_happens_phones_register_or_have_a_verdict(void **state)
{
    const char *one = getenv("PROPERTY_SEED"), *many = getenv("PROPERTY_SEEDS"), *from = getenv("PROPERTY_FIRST");
    uint64_t first = one    ? strtoull(one, NULL, 10)
                     : from ? strtoull(from, NULL, 10)
                            : 1,
             last = one ? first : first - 1 + (many ? strtoull(many, NULL, 10) : 150);

    (void)state;
    for (uint64_t seed = first; seed <= last; seed++) {
        property_seed = seed;
        a_lab(seed);
    }
    say_ends();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_happens_phones_register_or_have_a_verdict)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    if (failed)
        fprintf(stderr, "again: PROPERTY_SEED=%llu build/tests/sim/test_sim_property\n",
                (unsigned long long)property_seed);
    return failed;
}
