/* Whole labs in virtual time. */
#include "lab.h"

static void three_phones_go_from_a_bare_cable_to_a_registered_line(void **state)
{
    struct lab *lab = lab_of(3, 1);

    (void)state;
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 5 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), 3);
    assert_int_equal(lab->boots[0], 2); /* unknown: registered, reset, registered as its own */
    assert_int_equal(lab->boots[1], 3); /* and an upgrade before */
    assert_int_equal(lab->boots[2], 1); /* known */
    assert_string_equal(lab->load[1], "P0030801SR02");
    end(lab);
}

static struct digest digest_of_run(usec turn, uint64_t seed)
{
    struct lab *lab = lab_of(12, seed);

    wrong(lab, "loss=2");
    wrong(lab, "duplicate=1");
    wrong(lab, "reorder=1");
    begin(lab, (struct sim_config){0});
    run_in_turns(lab, 20 * SECOND, turn);
    struct digest d = sim_digest(&lab->sim);
    end(lab);
    return d;
}

static void the_same_seed_gives_the_same_run_in_turns_of_any_length_and_another_seed_another(void **state)
{
    struct digest one = digest_of_run(0, 7), many = digest_of_run(1234, 7), other = digest_of_run(0, 8);

    (void)state;
    assert_memory_equal(one.byte, many.byte, DIGEST_SIZE);
    assert_memory_not_equal(one.byte, other.byte, DIGEST_SIZE);
}

static void with_one_frame_in_twenty_lost_all_register_in_the_end(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct lab *lab = lab_of(24, seed);
        wrong(lab, "loss=5");
        wrong(lab, "duplicate=2");
        wrong(lab, "reorder=2");
        begin(lab, (struct sim_config){0});
        sim_run(&lab->sim, 600 * SECOND, NULL, NULL);
        assert_int_equal(registered_now(lab), 24);
        assert_true(lab->sim.access->interloper.dropped > 0);
        end(lab);
    }
}

static void the_first_callmanager_falls_and_all_go_to_the_second_and_back_after_120_seconds(void **state)
{
    struct lab *lab = lab_of(24, 3);

    (void)state;
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 10 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), 24);
    sim_callmanager(&lab->sim, 0, true, false);
    sim_run(&lab->sim, 12 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), 24);
    for (uint32_t i = 0; i < 24; i++) assert_int_equal(lab->sim.fleet->phone[i].station.active, 1);
    sim_callmanager(&lab->sim, 0, false, false);
    sim_run(&lab->sim, 100 * SECOND, NULL, NULL); /* connection_monitor is 120 s */
    for (uint32_t i = 0; i < 24; i++) assert_int_equal(lab->sim.fleet->phone[i].station.active, 1);
    sim_run(&lab->sim, 220 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), 24);
    for (uint32_t i = 0; i < 24; i++) assert_int_equal(lab->sim.fleet->phone[i].station.active, 0);
    end(lab);
}

static void a_silent_callmanager_is_noticed_by_three_unanswered_keepalives(void **state)
{
    struct lab *lab = lab_of(3, 4);

    (void)state;
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 5 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), 3);
    sim_callmanager(&lab->sim, 0, false, true);
    sim_run(&lab->sim, 85 * SECOND, NULL, NULL);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(lab->sim.fleet->phone[i].station.active, 0); /* they do not know yet */
    sim_run(&lab->sim, 130 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), 3);
    for (uint32_t i = 0; i < 3; i++) assert_int_equal(lab->sim.fleet->phone[i].station.active, 1);
    end(lab);
}

static void power_lost_and_back_at_any_moment_ends_registered(void **state)
{
    (void)state;
    for (usec cut = 1 * MSEC; cut < 1000 * MSEC; cut += 7 * MSEC) {
        struct lab *lab = lab_of(3, cut);
        begin(lab, (struct sim_config){0});
        sim_run(&lab->sim, cut, NULL, NULL);
        sim_plug(&lab->sim, UINT32_MAX, CABLE_OPEN);
        sim_run(&lab->sim, cut + 200 * MSEC, NULL, NULL);
        for (uint32_t i = 0; i < 3; i++) assert_int_equal(lab->sim.fleet->phone[i].power.state, POWER_OFF);
        sim_plug(&lab->sim, UINT32_MAX, CABLE_STRAIGHT);
        sim_run(&lab->sim, cut + 60 * SECOND, NULL, NULL);
        if (registered_now(lab) != 3) print_message("cut at %llu us\n", (unsigned long long)cut);
        assert_int_equal(registered_now(lab), 3);
        end(lab);
    }
}

static void a_store_that_fails_promises_nothing_and_the_phones_ask_again(void **state)
{
    struct lab *lab = lab_of(6, 5);

    (void)state;
    begin(lab, (struct sim_config){0});
    sim_fail_stores(&lab->sim, 5);
    sim_run(&lab->sim, 120 * SECOND, NULL, NULL);
    assert_int_equal(sim_counts(&lab->sim).unstored, 5);
    assert_int_equal(registered_now(lab), 6);
    end(lab);
}

static void a_change_of_load_makes_the_phone_fetch_and_boot_it(void **state)
{
    struct lab *lab = lab_of(3, 6);
    struct fault why;
    static const char change[] = "SEP020000000003\0load\0SCCP70.8-5-3S";

    (void)state;
    add_load(lab, "SCCP70.8-5-3S");
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 5 * SECOND, NULL, NULL);
    assert_true(sim_change(&lab->sim, (struct bytes){(const uint8_t *)change, sizeof change}, &why));
    sim_run(&lab->sim, 60 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), 3);
    assert_string_equal(lab->load[2], "SCCP70.8-5-3S");
    end(lab);
}

static void without_a_voice_vlan_phones_work_untagged_through_the_router_and_its_dhcp_relay(void **state)
{
    struct lab *lab = lab_of(3, 9);

    (void)state;
    wrong(lab, "no-voice-vlan");
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 60 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(lab->sim.fleet->phone[i].host.vlan, VLAN_UNTAGGED);
        assert_int_equal(phone_address(&lab->sim.fleet->phone[i]) & 0xffffff00, IPV4(10, 1, 0, 0));
    }
    end(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_phones_go_from_a_bare_cable_to_a_registered_line),
        cmocka_unit_test(the_same_seed_gives_the_same_run_in_turns_of_any_length_and_another_seed_another),
        cmocka_unit_test(with_one_frame_in_twenty_lost_all_register_in_the_end),
        cmocka_unit_test(the_first_callmanager_falls_and_all_go_to_the_second_and_back_after_120_seconds),
        cmocka_unit_test(a_silent_callmanager_is_noticed_by_three_unanswered_keepalives),
        cmocka_unit_test(power_lost_and_back_at_any_moment_ends_registered),
        cmocka_unit_test(a_store_that_fails_promises_nothing_and_the_phones_ask_again),
        cmocka_unit_test(a_change_of_load_makes_the_phone_fetch_and_boot_it),
        cmocka_unit_test(without_a_voice_vlan_phones_work_untagged_through_the_router_and_its_dhcp_relay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
