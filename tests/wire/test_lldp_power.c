#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "hex.h"
#include "wire/lldp.h"
#include "wire/lldp_power.h"

/* IEEE 802.3-2012, 79.3.2, made by hand:
 *   0f  a PSE's port, can give power, does so, pairs can be chosen   01 signal pairs   04 class 3
 *   5e  type 2 PD (01), fed by the PSE (01), reserved bits 11, high (10)   00fa 25.0 W wished   00c8 20.0 W allotted */
static const char switch_at[] = "0f0104"
                                "5e00fa00c8";

static bool decodes(const char *text, struct lldp_power *p, struct fault *why)
{
    struct bytes in = hex(text);
    bool ok = lldp_power_decode(p, in, why);

    assert_int_equal(ok, why->kind == FAULT_NONE);
    assert_true(why->at <= in.len);
    drop(in);
    return ok;
}

static void assert_encodes(const struct lldp_power *p, const char *expected)
{
    struct bytes want = hex(expected);
    uint8_t room[16];
    struct writer w = writer(room, sizeof room);

    lldp_power_encode(&w, p);
    assert_int_equal(w.len, want.len);
    assert_memory_equal(room, want.at, want.len);
    drop(want);
}

static void a_switch_says_what_its_port_can_and_what_it_allots(void **state)
{
    struct lldp_power p;
    struct fault why;

    (void)state;
    assert_true(decodes(switch_at, &p, &why));
    assert_true(p.pse && p.supported && p.enabled && p.pairs_set && p.pair == LLDP_PAIR_SIGNAL && p.class == 3);
    assert_true(p.extended && p.type == LLDP_TYPE_2_PD && p.source == LLDP_PD_FROM_PSE);
    assert_int_equal(p.priority, LLDP_POWER_HIGH);
    assert_true(p.requested == 250 && p.allocated == 200);
    assert_encodes(&p, "0f0104"
                       "5200fa00c8"); /* reserved bits are sent as 0 */
}

static void each_bit_of_the_support_has_its_meaning(void **state)
{
    static const char *const text[] = {"000000", "010000", "020000", "040000", "080000", "f00000"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(text); i++) {
        struct lldp_power p;
        struct fault why;
        assert_true(decodes(text[i], &p, &why));
        assert_true(p.pse == (i == 1) && p.supported == (i == 2) && p.enabled == (i == 3) && p.pairs_set == (i == 4));
        if (i < 5) assert_encodes(&p, text[i]);
    }
}

static void each_bit_of_type_source_and_priority_has_its_place(void **state)
{
    struct lldp_power p;
    struct fault why;

    (void)state;
    assert_true(decodes("0f0205c000010002", &p, &why));
    assert_true(p.type == LLDP_TYPE_1_PD && p.source == 0 && p.priority == LLDP_POWER_UNKNOWN);
    assert_true(p.pair == LLDP_PAIR_SPARE && p.class == 4 && p.requested == 1 && p.allocated == 2);
    assert_encodes(&p, "0f0205c000010002");
    assert_true(decodes("0f02053000010002", &p, &why));
    assert_true(p.type == LLDP_TYPE_2_PSE && p.source == LLDP_PD_FROM_BOTH && p.priority == LLDP_POWER_UNKNOWN);
    assert_encodes(&p, "0f02053000010002");
    assert_true(decodes("0f02050300010002", &p, &why));
    assert_true(p.type == LLDP_TYPE_2_PSE && p.source == 0 && p.priority == LLDP_POWER_LOW);
    assert_encodes(&p, "0f02050300010002");
}

static void values_too_wide_for_their_bits_do_not_spill_into_others(void **state)
{
    struct lldp_power p = {.extended = true, .class = 2, .type = 4, .source = 4, .priority = 4};

    (void)state;
    assert_encodes(&p, "0000030000000000");
    p = (struct lldp_power){.extended = true, .type = 7, .source = 7, .priority = 7};
    assert_encodes(&p, "000001f300000000");
}

static void without_the_whole_extension_there_is_none(void **state)
{
    (void)state;
    for (size_t n = 0; n <= sizeof switch_at / 2; n++) {
        char text[sizeof switch_at];
        struct lldp_power p;
        struct fault why;
        memcpy(text, switch_at, 2 * n);
        text[2 * n] = 0;
        assert_int_equal(decodes(text, &p, &why), n >= 3);
        assert_int_equal(p.extended, n >= 8);
        if (n < 3) assert_int_equal(why.kind, FAULT_SHORT);
        if (n < 8) assert_true(p.type == 0 && p.requested == 0 && p.allocated == 0);
        if (n == 3) assert_encodes(&p, "0f0104");
    }
}

static void what_bt_puts_behind_it_is_ignored(void **state)
{
    struct lldp_power p;
    struct fault why;

    (void)state;
    assert_true(decodes("0f01045e00fa00c8"
                        "0000000000000000000000000000000000",
                        &p, &why));
    assert_true(p.extended && p.allocated == 200);
}

/* 12 bytes of it stand in the TLV: OUI and subtype lead. */
static void it_travels_in_a_frame_of_lldp(void **state)
{
    struct lldp_power p = {.supported = true, .class = 3, .extended = true, .type = LLDP_TYPE_1_PD, .requested = 63};
    uint8_t value[8], room[64];
    struct writer v = writer(value, sizeof value), w = writer(room, sizeof room);
    struct lldp l = {.chassis_subtype = 7, .port_subtype = 7, .chassis = bytes_of("c"), .port = bytes_of("p")}, again;
    struct lldp_power seen;
    struct fault why;

    (void)state;
    lldp_power_encode(&v, &p);
    assert_int_equal(v.len, 8);
    l.has_power = true;
    l.power_mdi = written(&v);
    lldp_encode(&w, &l);
    assert_true(lldp_decode(&again, written(&w), &why) && again.has_power);
    assert_true(lldp_power_decode(&seen, again.power_mdi, &why));
    assert_true(seen.supported && !seen.pse && seen.class == 3 && seen.type == LLDP_TYPE_1_PD && seen.requested == 63);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_switch_says_what_its_port_can_and_what_it_allots),
        cmocka_unit_test(each_bit_of_the_support_has_its_meaning),
        cmocka_unit_test(each_bit_of_type_source_and_priority_has_its_place),
        cmocka_unit_test(values_too_wide_for_their_bits_do_not_spill_into_others),
        cmocka_unit_test(without_the_whole_extension_there_is_none),
        cmocka_unit_test(what_bt_puts_behind_it_is_ignored),
        cmocka_unit_test(it_travels_in_a_frame_of_lldp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
