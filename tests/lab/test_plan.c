/* lab/plan.h: how the phones of a plan are laid out over switches and subnets. */
#include "plan.h"
#include "base/address.h"

static struct plan laid(uint32_t phones, uint32_t per_switch)
{
    struct plan p;

    plan_default(&p);
    assert_true(plan_phones(&p, phones, per_switch));
    return p;
}

static void up_to_250_phones_are_at_one_switch_with_the_servers_on_its_voice_vlan(void **state)
{
    struct plan p = laid(250, PLAN_PHONES);
    struct plan_switch at = plan_switch(&p, 0);

    (void)state;
    assert_int_equal(plan_switches(&p), 1);
    assert_false(at.routed);
    assert_int_equal(at.phones, 250);
    assert_int_equal(at.voice_router, IPV4(10, 0, 0, 1));
    assert_int_equal(at.voice_last - at.voice_first + 1, 250);
    assert_int_equal(p.server[0], IPV4(10, 0, 0, 2));
    plan_free(&p);
}

static void more_have_switches_with_subnets_and_uplinks_of_their_own(void **state)
{
    struct plan p = laid(501, PLAN_PHONES);
    struct plan_switch first = plan_switch(&p, 0), last = plan_switch(&p, 2);

    (void)state;
    assert_int_equal(plan_switches(&p), 3);
    assert_true(first.routed && last.routed);
    assert_int_equal(last.first, 500);
    assert_int_equal(last.phones, 1);
    assert_int_equal(plan_switch_of(&p, 499), 1);
    assert_int_equal(plan_switch_of(&p, 500), 2);
    assert_int_equal(last.voice_router, IPV4(10, 0, 2, 1));
    assert_int_equal(last.data_router, IPV4(10, 128, 2, 1));
    assert_int_equal(last.uplink_router, IPV4(172, 16, 0, 9));
    assert_int_equal(last.uplink_server, IPV4(172, 16, 0, 10));
    assert_int_equal(p.server[2], IPV4(172, 31, 255, 3));
    plan_free(&p);
}

static void subnets_and_uplinks_never_overlap_however_many_switches_there_are(void **state)
{
    struct plan p = laid(PLAN_SWITCHES, 1);
    struct plan_switch before = plan_switch(&p, 0);

    (void)state;
    for (uint32_t k = 1; k < PLAN_SWITCHES; k++) {
        struct plan_switch at = plan_switch(&p, k);
        assert_true(at.voice_router > before.voice_last && at.data_router > before.data_last);
        assert_true(at.voice_last - at.voice_first + 1 >= at.phones);
        assert_true((at.voice_last & at.voice_mask) == (at.voice_router & at.voice_mask));
        assert_true((at.uplink_router & at.uplink_mask) == (at.uplink_server & at.uplink_mask));
        assert_true(at.uplink_router > before.uplink_server && at.voice_last < IPV4(10, 128, 0, 0));
        before = at;
    }
    assert_true(before.data_last < IPV4(11, 0, 0, 0) && before.uplink_server < p.server[0]);
    plan_free(&p);
}

static void more_switches_than_there_are_subnets_are_refused(void **state)
{
    struct plan p;

    (void)state;
    plan_default(&p);
    assert_false(plan_phones(&p, PLAN_SWITCHES + 1, 1));
    plan_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(up_to_250_phones_are_at_one_switch_with_the_servers_on_its_voice_vlan),
        cmocka_unit_test(more_have_switches_with_subnets_and_uplinks_of_their_own),
        cmocka_unit_test(subnets_and_uplinks_never_overlap_however_many_switches_there_are),
        cmocka_unit_test(more_switches_than_there_are_subnets_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
