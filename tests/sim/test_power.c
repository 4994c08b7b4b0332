/* Power in waves: 48 phones on a member of the switch with 370 W (a Catalyst 3560-48PS, as bought). A pre-standard
 * phone begins with 15.4 W, so that 24 start; as CDP lowers them to what they draw, power comes free for the next ones,
 * in the order of the ports. */
#include "lab.h"

enum { PORTS = 48, BUDGET = 370000, FIRST_WAVE = BUDGET / 15400, LOW = 6300, BRIGHT = 10250 };

static struct lab *lab_with(const char *const models[], size_t n)
{
    struct lab *lab = lab_of(PORTS, 370);

    lab->plan.power_budget = BUDGET;
    for (uint32_t i = 0; i < PORTS; i++) {
        struct plan_phone *p = &lab->plan.phone[i];
        p->model = model_find(bytes_of(models[i % n]));
        p->load = load_built_in(p->model, false);
        p->known = true;
    }
    return lab;
}

static const struct pse *port(const struct lab *lab, uint32_t phone)
{
    return &lab->sim.fleet->ethernet.ports[phone + 1].pse;
}

static uint32_t powered(const struct lab *lab)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < PORTS; i++) n += pse_gives(port(lab, i));
    return n;
}

struct watched {
    struct lab *lab;
    uint32_t most, first_wave; /* mW in use at most; ports that had power when the first one was lowered */
    bool lowered, ordered;
};

/* After each thing that happens: the budget holds, and what it says is the sum of its ports. */
static bool watch(void *context)
{
    struct watched *w = context;
    uint32_t used = switch_budget_used(&w->lab->sim.fleet->ethernet, 0), sum = 0;
    bool lower = false;

    for (uint32_t i = 0; i < PORTS; i++) {
        sum += port(w->lab, i)->held;
        lower |= port(w->lab, i)->state == PSE_POWERED && port(w->lab, i)->allocated < 15400;
    }
    assert_int_equal(sum, used);
    assert_true(used <= BUDGET);
    if (used > w->most) w->most = used;
    if (!w->lowered && lower) {
        w->first_wave = powered(w->lab);
        w->ordered = true;
        for (uint32_t i = 0; i < PORTS; i++) w->ordered &= pse_gives(port(w->lab, i)) == (i < w->first_wave);
        w->lowered = true;
    }
    return false;
}

static void twenty_four_start_and_as_cdp_lowers_them_all_48_come_up(void **state)
{
    static const char *const models[] = {"7960"};
    struct lab *lab = lab_with(models, 1);
    struct watched w = {.lab = lab};

    (void)state;
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 60 * SECOND, watch, &w);
    assert_int_equal(FIRST_WAVE, 24);
    assert_int_equal(w.first_wave, FIRST_WAVE);
    assert_true(w.ordered); /* ports 1 to 24 */
    assert_true(lab->denied >= PORTS - FIRST_WAVE);
    assert_int_equal(registered_now(lab), PORTS);
    assert_int_equal(switch_budget_used(&lab->sim.fleet->ethernet, 0), PORTS * LOW);
    assert_true(w.most > BUDGET - 15400); /* it was used as far as it goes */
    end(lab);
}

/* 16 x 6.3 + 16 x 6.3 + 15 x 10.25 W = 355.35 W are in use: the 14.65 W that are left do not start the last one, the
 * 7970 at port 48. */
static void with_the_models_of_the_default_pattern_47_of_48_come_up(void **state)
{
    static const char *const models[] = {"7910", "7960", "7970"};
    struct lab *lab = lab_with(models, 3);
    struct watched w = {.lab = lab};
    uint32_t bright = 0;

    (void)state;
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 120 * SECOND, watch, &w);
    assert_int_equal(w.first_wave, FIRST_WAVE);
    assert_int_equal(powered(lab), 47);
    assert_int_equal(registered_now(lab), 47);
    for (uint32_t i = 0; i < PORTS; i++) bright += port(lab, i)->allocated == BRIGHT;
    assert_int_equal(bright, 15);
    assert_int_equal(switch_budget_used(&lab->sim.fleet->ethernet, 0), 32 * LOW + 15 * BRIGHT);
    assert_int_equal(port(lab, PORTS - 1)->state, PSE_DENIED);
    end(lab);
}

static uint32_t denied_port(const struct lab *lab)
{
    for (uint32_t i = 0; i < PORTS; i++)
        if (port(lab, i)->state == PSE_DENIED) return i;
    return PORTS;
}

static void a_phone_that_is_unplugged_makes_room_for_the_one_that_was_denied(void **state)
{
    static const char *const models[] = {"7910", "7960", "7970"};
    struct lab *lab = lab_with(models, 3);

    (void)state;
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 120 * SECOND, NULL, NULL);
    uint32_t poor = denied_port(lab);
    assert_true(poor < PORTS);
    assert_true(lab->seen[poor][0] == 0);   /* it never had power */
    uint32_t unplugged = poor == 2 ? 5 : 2; /* a 7970: 10.25 W more than the 14.65 W that are left */
    sim_plug(&lab->sim, unplugged, CABLE_OPEN);
    sim_run(&lab->sim, 124 * SECOND, NULL,
            NULL); /* before the 5 s after which a denied port looks again by itself, or at them */
    assert_true(pse_gives(port(lab, poor)));
    sim_run(&lab->sim, 180 * SECOND, NULL, NULL);
    assert_true(phone_registered(&lab->sim.fleet->phone[poor]));
    assert_int_equal(registered_now(lab), 47);
    sim_plug(&lab->sim, unplugged, CABLE_STRAIGHT); /* now it is the one that comes too late */
    sim_run(&lab->sim, 240 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), 47);
    assert_false(pse_gives(port(lab, unplugged)));
    end(lab);
}

static void with_16_watts_the_first_port_alone_is_served(void **state)
{
    static const char *const models[] = {"7960"};
    struct lab *lab = lab_with(models, 1);

    (void)state;
    lab->plan.power_budget = 16000;
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 60 * SECOND, NULL, NULL);
    assert_int_equal(powered(lab), 1);
    assert_true(pse_gives(port(lab, 0)));
    assert_int_equal(registered_now(lab), 1);
    assert_int_equal(lab->denied, PORTS - 1); /* each told once */
    end(lab);
}

/* Two with power, then three places: each goes to the lowest port that was denied. */
static void what_comes_free_goes_to_the_denied_ports_in_their_order(void **state)
{
    static const char *const models[] = {"7960"};
    struct lab *lab = lab_with(models, 1);

    (void)state;
    lab->plan.power_budget = 2 * LOW + 15400; /* a third starts, is lowered, and nobody else has 15.4 W */
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 60 * SECOND, NULL, NULL);
    assert_int_equal(powered(lab), 3);
    for (uint32_t i = 0; i < 3; i++) assert_true(pse_gives(port(lab, i)));
    for (uint32_t i = 0; i < 3; i++) { /* the phone at port 1 leaves, then 2, then 3: 4, then 5, then 6 come up */
        sim_plug(&lab->sim, i, CABLE_OPEN);
        sim_run(&lab->sim, (80 + 20 * (usec)i) * SECOND, NULL, NULL);
        assert_int_equal(powered(lab), 3);
        assert_true(pse_gives(port(lab, i + 3)));
    }
    end(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twenty_four_start_and_as_cdp_lowers_them_all_48_come_up),
        cmocka_unit_test(with_the_models_of_the_default_pattern_47_of_48_come_up),
        cmocka_unit_test(a_phone_that_is_unplugged_makes_room_for_the_one_that_was_denied),
        cmocka_unit_test(with_16_watts_the_first_port_alone_is_served),
        cmocka_unit_test(what_comes_free_goes_to_the_denied_ports_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
