/* Each fault of lab/fault.h: who registers all the same, and what the others tell. Three phones: 7910 (.cnf, unknown),
 * 7960 (unknown, shall run a newer load), 7970 (known, runs what it shall). */
#include "lab.h"

static uint32_t seen(const struct lab *lab, uint32_t phone, enum phone_news news)
{
    return lab->seen[phone][news - PHONE_POWERED];
}

struct expectation {
    const char *fault;
    uint32_t registered; /* at the end */
    uint32_t phone;      /* this one told ... */
    enum phone_news news;
    uint32_t seconds; /* of virtual time */
};

static void check(const struct expectation *e)
{
    struct lab *lab = lab_of(3, 11);

    wrong(lab, e->fault);
    if (lab->plan.faults.on[FAULT_IS_POE_BUDGET]) lab->plan.power_budget = 16000;
    for (uint32_t i = 0; i < 3 && lab->plan.faults.on[FAULT_IS_TFTP_DOWN_KNOWN]; i++) lab->plan.phone[i].known = true;
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, e->seconds * SECOND, NULL, NULL);
    if (registered_now(lab) != e->registered || seen(lab, e->phone, e->news) == 0)
        print_message("%s: %u registered, phone %u told it %u times; last %x %x %x\n", e->fault, registered_now(lab),
                      e->phone, seen(lab, e->phone, e->news), lab->last[0], lab->last[1], lab->last[2]);
    assert_int_equal(registered_now(lab), e->registered);
    assert_true(seen(lab, e->phone, e->news) > 0);
    end(lab);
}

/* Counted of frames and of TCP's segments alike, and only where something was late. */
static void what_was_overtaken_is_told(void **state)
{
    struct lab *lab = lab_of(3, 11);

    (void)state;
    wrong(lab, "reorder=30");
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 20 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), 3);
    assert_true(lab->overtaken > 0);
    end(lab);
    lab = lab_of(3, 11);
    wrong(lab, "latency=30");
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 20 * SECOND, NULL, NULL);
    assert_int_equal(lab->overtaken, 0);
    end(lab);
}

static void phones_survive_what_they_can(void **state)
{
    static const struct expectation all[] = {
        {"no-voice-vlan", 3, 0, PHONE_VLAN, 10},
        {"no-cdp", 3, 0, PHONE_VLAN, 60},
        {"missing-load", 3, 1, PHONE_LOAD_REFUSED, 10},
        {"corrupt-load", 3, 1, PHONE_LOAD_REFUSED, 10},
        {"wrong-load", 3, 1, PHONE_LOAD_REFUSED, 10},
        {"bad-flash-bank", 3, 2, PHONE_IMAGE, 10},
        {"cm1-down", 3, 2, PHONE_CM_DOWN, 10},
        {"cm1-silent", 3, 2, PHONE_CM_DOWN, 60},
        {"tftp-down-known", 3, 0, PHONE_TFTP_SILENT, 60},
        {"loss=2", 3, 0, PHONE_REGISTERED, 60},
        {"latency=30", 3, 0, PHONE_REGISTERED, 60},
        {"duplicate=30", 3, 0, PHONE_REGISTERED, 60},
        {"reorder=30", 3, 0, PHONE_REGISTERED, 60},
        {"slow-tftp", 3, 1, PHONE_UPGRADED, 120},
        {"two-dhcp", 3, 0, PHONE_REGISTERED, 20},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) check(&all[i]);
}

static void what_they_cannot_survive_they_tell(void **state)
{
    static const struct expectation all[] = {
        {"poe-budget", 1, 0, PHONE_REGISTERED, 10},
        {"bad-hardware", 0, 0, PHONE_NO_IMAGE, 10},
        {"dhcp-down", 0, 0, PHONE_DHCP_SILENT, 60},
        {"dhcp-exhausted", 1, 1, PHONE_DHCP_SILENT, 60},
        {"dhcp-nak", 0, 0, PHONE_DHCP_NAK, 20},
        {"no-tftp-option", 0, 0, PHONE_NO_TFTP_SERVER, 20},
        {"duplicate-address", 0, 0, PHONE_DUPLICATE_ADDRESS, 60},
        {"tftp-down", 0, 0, PHONE_TFTP_SILENT, 60},
        {"tftp-denied", 0, 0, PHONE_NO_CONFIGURATION, 20},
        {"no-config", 1, 0, PHONE_NO_CONFIGURATION, 20},
        {"bad-config", 0, 2, PHONE_BAD_DOCUMENT, 20},
        {"empty-group", 0, 0, PHONE_EMPTY_GROUP, 20},
        {"cm-down", 0, 0, PHONE_CM_DOWN, 20},
        {"cm-silent-after-connect", 0, 0, PHONE_CM_DOWN, 60},
        {"reject", 1, 0, PHONE_REJECTED, 20},
        {"numbers-used-up", 2, 1, PHONE_REJECTED, 20},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) check(&all[i]);
}

static void every_fault_of_the_table_is_tried_here(void **state)
{
    (void)state;
    assert_int_equal(FAULT_KINDS, 15 + 16);
}

static void a_fault_that_is_not_known_or_has_a_wrong_value_is_refused(void **state)
{
    struct faults f = {0};

    (void)state;
    assert_false(fault_set(&f, bytes_of("no-such-fault")));
    assert_false(fault_set(&f, bytes_of("loss")));
    assert_false(fault_set(&f, bytes_of("loss=101")));
    assert_false(fault_set(&f, bytes_of("loss=2.555")));
    assert_false(fault_set(&f, bytes_of("dhcp-down=1")));
    assert_false(fault_set(&f, bytes_of("latency=x")));
    assert_true(fault_set(&f, bytes_of("loss=2.5")));
    assert_int_equal(f.value[FAULT_IS_LOSS], 250);
    assert_true(fault_set(&f, bytes_of("latency=30")));
    assert_int_equal(f.value[FAULT_IS_LATENCY], 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phones_survive_what_they_can),
        cmocka_unit_test(what_was_overtaken_is_told),
        cmocka_unit_test(what_they_cannot_survive_they_tell),
        cmocka_unit_test(every_fault_of_the_table_is_tried_here),
        cmocka_unit_test(a_fault_that_is_not_known_or_has_a_wrong_value_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
