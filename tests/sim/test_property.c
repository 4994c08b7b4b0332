/* Labs drawn at random: models, preferences, faults, stores that fail, servers that start again. Whatever happens: a phone ends registered or
 * keeps saying why not; no engine leaves its bounds or spins; nothing that was promised is lost.
 *
 *   PROPERTY_SEEDS=1000 test_sim_property     so many labs; from PROPERTY_FIRST up (1)
 *   PROPERTY_SEED=417 test_sim_property       this one again
 */
#include "lab.h"
#include <stdio.h>

enum { PHONES = 9, MINUTES = 8 };
static uint64_t property_seed; /* of the lab at hand */

/* It said not long ago why it is stuck: within 150 s (the longest wait of a phone is DHCP's 64 s and a second try); one without an image or power says it once. */
static bool telling(const struct lab *lab, uint32_t i)
{
    if (lab->seen[i][PHONE_NO_IMAGE - PHONE_POWERED] || lab->denied) return true;
    return lab->trouble_at[i] && lab->trouble_at[i] + 150 * SECOND > lab->sim.now;
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
        text_copy(p->preferences, sizeof p->preferences, bytes_of(preference));
    }
}

static void draw_faults(struct lab *lab, struct random *r)
{
    static const char *const valued[] = {"loss=3", "latency=20", "duplicate=5", "reorder=5"};

    for (uint32_t n = random_below(r, 3); n > 0; n--) {
        enum lab_fault f = (enum lab_fault)random_below(r, FAULT_KINDS);
        if (fault_takes_value(f))
            wrong(lab, valued[random_below(r, 4)]);
        else
            wrong(lab, fault_name(f));
    }
    if (lab->plan.faults.on[FAULT_IS_POE_BUDGET]) lab->plan.power_budget = 16000;
    for (uint32_t i = 0; lab->plan.faults.on[FAULT_IS_TFTP_DOWN_KNOWN] && i < lab->plan.phones; i++)
        lab->plan.phone[i].known = true;
}

static void nothing_is_given_twice(const struct lab *lab)
{
    const struct phone *p = lab->sim.fleet.phone;

    for (uint32_t i = 0; i < lab->plan.phones; i++) {
        for (uint32_t k = i + 1; k < lab->plan.phones; k++) {
            assert_false(phone_address(&p[i]) && phone_address(&p[i]) == phone_address(&p[k]));
            assert_false(phone_registered(&p[i]) && phone_registered(&p[k]) && p[i].station.number[0] &&
                         strcmp(p[i].station.number, p[k].station.number) == 0);
        }
    }
}

static void a_lab(uint64_t seed)
{
    struct random r = random_from(seed * 7919 + 1);
    struct lab *lab = lab_of(1 + random_below(&r, PHONES), seed);
    char number[PHONES][25] = {{0}};

    lab->plan.callmanagers = (uint8_t)(1 + random_below(&r, 3));
    draw_phones(lab, &r);
    draw_faults(lab, &r);
    for (size_t i = 0; i < model_count(); i++) add_load_once(lab, model_at(i));
    begin(lab, (struct sim_config){.batch = 1 + random_below(&r, 64)});
    for (uint32_t second = 0; second < MINUTES * 60; second += 5) {
        sim_run(&lab->sim, (usec)second * SECOND, NULL, NULL);
        nothing_is_given_twice(lab);
        for (uint32_t i = 0; i < lab->plan.phones; i++) {
            const struct phone *p = &lab->sim.fleet.phone[i];
            if (!phone_registered(p)) continue;
            if (number[i][0])
                assert_string_equal(number[i],
                                    p->station.number); /* a number once promised stays, over every restart */
            text_copy(number[i], sizeof number[i], bytes_of(p->station.number));
        }
        if (second < 120 && random_below(&r, 10) == 0) sim_fail_stores(&lab->sim, 1 + random_below(&r, 3));
        if (second > 0 && second < 120 && random_below(&r, 12) == 0) assert_true(sim_restart_site(&lab->sim));
    }
    for (uint32_t i = 0; i < lab->plan.phones; i++) {
        if (!phone_registered(&lab->sim.fleet.phone[i]) && !telling(lab, i))
            print_message("phone %u (%s) is neither registered nor does it say why not: doing %d, last news %x\n", i,
                          lab->plan.phone[i].model->name, (int)lab->sim.fleet.phone[i].doing, lab->last[i]);
        assert_true(phone_registered(&lab->sim.fleet.phone[i]) || telling(lab, i));
    }
    end(lab);
}

static void whatever_happens_phones_register_or_say_why_not(void **state)
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
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_happens_phones_register_or_say_why_not)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    if (failed)
        fprintf(stderr, "again: PROPERTY_SEED=%llu build/tests/sim/test_sim_property\n",
                (unsigned long long)property_seed);
    return failed;
}
