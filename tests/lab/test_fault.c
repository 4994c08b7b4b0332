/* lab/fault.h: the table of faults, and how a user names one. */
#include "plan.h"

static void each_fault_has_a_name_of_its_own_and_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAULT_KINDS; i++) {
        struct bytes name = bytes_of(fault_name((enum lab_fault)i));
        assert_true(name.len > 0);
        assert_true(strlen(fault_what((enum lab_fault)i)) > 10);
        for (size_t c = 0; c < name.len; c++) /* it is an argument: no blanks, no commas, no '=' */
            assert_true((name.at[c] >= 'a' && name.at[c] <= 'z') || (name.at[c] >= '0' && name.at[c] <= '9') ||
                        name.at[c] == '-');
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(fault_name((enum lab_fault)i), fault_name((enum lab_fault)k));
    }
}

static void each_name_sets_its_own_fault_and_no_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAULT_KINDS; i++) {
        struct faults f = {0};
        char text[64] = {0};
        struct writer w = writer(text, sizeof text);
        write_text(&w, fault_name((enum lab_fault)i));
        if (fault_takes_value((enum lab_fault)i)) write_text(&w, "=7");
        assert_true(fault_set(&f, written(&w)));
        for (size_t k = 0; k < FAULT_KINDS; k++) assert_int_equal(f.on[k], k == i);
    }
}

/* The names of issue #4, and whether a phone goes on all the same. */
static void fifteen_faults_are_survived_and_sixteen_are_not(void **state)
{
    static const char *const survived[] = {"no-voice-vlan",   "no-cdp",         "missing-load", "corrupt-load",
                                           "wrong-load",      "bad-flash-bank", "cm1-down",     "cm1-silent",
                                           "tftp-down-known", "loss",           "latency",      "duplicate",
                                           "reorder",         "slow-tftp",      "two-dhcp"};
    static const char *const fatal[] = {"poe-budget",
                                        "bad-hardware",
                                        "dhcp-down",
                                        "dhcp-exhausted",
                                        "dhcp-nak",
                                        "no-tftp-option",
                                        "duplicate-address",
                                        "tftp-down",
                                        "tftp-denied",
                                        "no-config",
                                        "bad-config",
                                        "empty-group",
                                        "cm-down",
                                        "cm-silent-after-connect",
                                        "reject",
                                        "numbers-used-up"};

    (void)state;
    assert_int_equal(ARRAY_LENGTH(survived) + ARRAY_LENGTH(fatal), FAULT_KINDS);
    for (size_t i = 0; i < FAULT_KINDS; i++) {
        const char *name = fault_name((enum lab_fault)i);
        bool good = false, bad = false;
        for (size_t k = 0; k < ARRAY_LENGTH(survived); k++) good |= strcmp(name, survived[k]) == 0;
        for (size_t k = 0; k < ARRAY_LENGTH(fatal); k++) bad |= strcmp(name, fatal[k]) == 0;
        assert_int_equal(good + bad, 1);
        assert_int_equal(fault_survived((enum lab_fault)i), good);
    }
}

static void a_percentage_has_two_places_at_most_and_latency_is_in_whole_milliseconds(void **state)
{
    static const struct {
        const char *text;
        enum lab_fault fault;
        uint32_t value;
    } good[] = {{"loss=0", FAULT_IS_LOSS, 0},
                {"loss=100", FAULT_IS_LOSS, 10000},
                {"loss=2.5", FAULT_IS_LOSS, 250},
                {"loss=0.01", FAULT_IS_LOSS, 1},
                {"reorder=7.05", FAULT_IS_REORDER, 705},
                {"duplicate=99.99", FAULT_IS_DUPLICATE, 9999},
                {"latency=10000", FAULT_IS_LATENCY, 10000}};
    static const char *const bad[] = {
        "loss",       "loss=",       "loss=100.01", "loss=101",    "loss=-1",       "loss=2.555", "loss=.5",
        "loss=x",     "loss=1.x",    "latency=",    "latency=1.5", "latency=10001", "latency=1s", "loss=1=2",
        "dhcp-down=", "dhcp-down=1", "dhcp-dow",    "dhcp-downs",  "LOSS=1",        " loss=1",    "",
        "="};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
        struct faults f = {0};
        assert_true(fault_set(&f, bytes_of(good[i].text)));
        assert_true(f.on[good[i].fault]);
        assert_int_equal(f.value[good[i].fault], good[i].value);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct faults f = {0}, none = {0};
        if (fault_set(&f, bytes_of(bad[i]))) fail_msg("'%s' was taken", bad[i]);
        assert_memory_equal(f.on, none.on, sizeof f.on);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_has_a_name_of_its_own_and_words),
        cmocka_unit_test(each_name_sets_its_own_fault_and_no_other),
        cmocka_unit_test(fifteen_faults_are_survived_and_sixteen_are_not),
        cmocka_unit_test(a_percentage_has_two_places_at_most_and_latency_is_in_whole_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
