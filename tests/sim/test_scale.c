/* Labs of several switches, up to 20,000 phones: each switch a routed subnet with a relay, the servers behind them
 * all. */
#include "lab.h"

static void five_hundred_phones_at_three_switches_all_register_by_relays_and_routers(void **state)
{
    struct lab *lab = lab_over(500, 200, 1);

    (void)state;
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 10 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), 500);
    for (uint32_t i = 0; i < 500; i++) {
        const struct plan_switch at = plan_switch(&lab->plan, i / 200);
        const struct phone *p = sim_phone(&lab->sim, i);
        assert_in_range(phone_address(p), at.voice_first, at.voice_last);
        assert_int_equal(p->host.router, at.voice_router);
        assert_int_equal(p->station.cm[0].address, IPV4(172, 31, 255, 1));
    }
    for (uint32_t k = 0; k < 3; k++) {
        const struct router_counts *c = &lab->sim.fleet[k].ethernet.router.counts;
        assert_true(c->relayed > 0 && c->forwarded > 0);
        assert_int_equal(c->no_route, 0);
    }
    end(lab);
}

/* Forty seconds with all that can happen: phones that upgrade, cables that are pulled, a CallManager that goes and
 * comes back. */
static struct digest digest_of_run(struct sim_config config, usec turn, uint64_t seed, const char *fault)
{
    struct lab *lab = lab_over(60, 7, seed);

    if (fault) wrong(lab, fault);
    begin(lab, config);
    run_in_turns(lab, 10 * SECOND, turn);
    for (uint32_t i = 0; i < 60; i += 5) sim_plug(&lab->sim, i, CABLE_OPEN);
    run_in_turns(lab, 12 * SECOND, turn);
    sim_callmanager(&lab->sim, 0, true, false);
    sim_plug(&lab->sim, UINT32_MAX, CABLE_STRAIGHT);
    run_in_turns(lab, 30 * SECOND, turn);
    sim_callmanager(&lab->sim, 0, false, true);
    run_in_turns(lab, 35 * SECOND, turn);
    sim_callmanager(&lab->sim, 0, false, false);
    assert_true(sim_restart_site(&lab->sim));
    run_in_turns(lab, 40 * SECOND, turn);
    struct digest d = sim_digest(&lab->sim);
    end(lab);
    return d;
}

static void a_run_is_the_same_in_the_order_of_time_or_switch_by_switch_and_for_any_number_of_threads(void **state)
{
    static const char *const faults[] = {NULL, "cm1-down", "cm1-silent", "loss=2", "reorder=1"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
        const char *fault = faults[i];
        struct digest strict = digest_of_run((struct sim_config){.strict = true}, 0, 7, fault),
                      other = digest_of_run((struct sim_config){.strict = true}, 0, 8, fault);
        assert_memory_not_equal(&strict, &other, sizeof strict);
        for (uint32_t hands = 1; hands <= 4; hands++) {
            struct digest d = digest_of_run((struct sim_config){.hands = hands}, hands * 1111, 7, fault);
            assert_memory_equal(&strict, &d, sizeof d);
        }
    }
}

/* There all is one part, and the threads have nothing to do. */
static void a_run_on_a_machine_is_the_same_for_any_number_of_threads(void **state)
{
    struct service_times times = {.cores = 2, .phones = 60};

    (void)state;
    for (uint32_t i = 0; i < SERVICE_TIMES; i++) times.of[i] = (struct service_time){100, 100 * (700 + 31 * i)};
    struct sim_config config = {.times = &times, .fleets = 2, .hands = 1};
    struct digest one = digest_of_run(config, 0, 7, NULL), at_once = digest_of_run((struct sim_config){0}, 0, 7, NULL);
    assert_memory_not_equal(&one, &at_once, sizeof one);
    for (config.hands = 2; config.hands <= 4; config.hands++) {
        struct digest d = digest_of_run(config, config.hands * 1111, 7, NULL);
        assert_memory_equal(&one, &d, sizeof d);
    }
}

static void without_a_voice_vlan_the_data_subnet_of_each_switch_serves(void **state)
{
    struct lab *lab = lab_over(6, 2, 9);

    (void)state;
    wrong(lab, "no-voice-vlan");
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 60 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), 6);
    for (uint32_t i = 0; i < 6; i++) {
        const struct plan_switch at = plan_switch(&lab->plan, i / 2);
        assert_in_range(phone_address(sim_phone(&lab->sim, i)), at.data_first, at.data_last);
    }
    end(lab);
}

static void power_comes_in_waves_where_each_switch_has_too_little(void **state)
{
    struct lab *lab = lab_over(120, 60, 3);

    (void)state;
    lab->plan.power_budget = 300000; /* of each member: for 19 phones that ask for all of theirs */
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 60 * SECOND, NULL, NULL);
    assert_true(lab->denied > 0);
    for (uint32_t k = 0; k < 2; k++)
        for (uint32_t member = 0; member < 2; member++)
            assert_true(switch_budget_used(&lab->sim.fleet[k].ethernet, member) <= 300000);
    assert_true(registered_now(lab) > 60);
    end(lab);
}

static void a_phone_at_rest_costs_at_most_4_kib(void **state)
{
    struct lab *lab = lab_over(500, 250, 5);

    (void)state;
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 10 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), 500);
    for (uint32_t k = 0; k < 2; k++) {
        const struct fleet *f = &lab->sim.fleet[k];
        size_t shared = LOAD_BUILT_IN_MOST * f->loads.count, n = fleet_memory(f) - shared;
        print_message("a phone at rest, with its flash, cable and share of the switch: %zu bytes\n", n / 250);
        assert_true(n / 250 + sizeof(struct plan_phone) <= 4096);
        assert_true(f->loads.count <= 3); /* the old loads, once for all */
    }
    end(lab);
}

struct crowd {
    uint32_t registered;
};

static void count(void *context, usec now, enum sim_side side, uint32_t party, const struct action *a,
                  struct bytes facts)
{
    struct crowd *c = context;

    (void)now;
    (void)party;
    (void)facts;
    if (side == SIDE_FLEET && a->news == PHONE_REGISTERED) c->registered++;
}

static void twenty_thousand_known_phones_come_back_within_seconds(void **state)
{
    enum { MANY = 20000 };
    struct lab *lab = lab_over(MANY, PLAN_PHONES, 1);
    struct crowd crowd = {0};
    struct fault why;

    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        struct plan_phone *p = &lab->plan.phone[i];
        p->known = true;
        p->load = load_built_in(p->model, false);
    }
    struct sim_config config = {.plan = &lab->plan, .tell = count, .context = &crowd};
    assert_true(sim_open(&lab->sim, &config, &why));
    sim_plug(&lab->sim, UINT32_MAX, CABLE_STRAIGHT);
    sim_run(&lab->sim, 3 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), MANY);
    assert_int_equal(crowd.registered, MANY);
    end(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_hundred_phones_at_three_switches_all_register_by_relays_and_routers),
        cmocka_unit_test(a_run_is_the_same_in_the_order_of_time_or_switch_by_switch_and_for_any_number_of_threads),
        cmocka_unit_test(a_run_on_a_machine_is_the_same_for_any_number_of_threads),
        cmocka_unit_test(without_a_voice_vlan_the_data_subnet_of_each_switch_serves),
        cmocka_unit_test(power_comes_in_waves_where_each_switch_has_too_little),
        cmocka_unit_test(a_phone_at_rest_costs_at_most_4_kib),
        cmocka_unit_test(twenty_thousand_known_phones_come_back_within_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
