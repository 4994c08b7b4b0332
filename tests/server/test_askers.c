#include "harness.h"
#include "server/askers.h"

enum { MOST = 4 };
static const ipv4 PHONE = IPV4(10, 0, 0, 50);
static uint8_t memory[8192];
static struct askers a;
static struct box box;
static usec now;

static int set_up(void **state)
{
    (void)state;
    assert_true(askers_size(MOST) <= sizeof memory);
    assert_true(askers_init(&a, MOST, memory, sizeof memory));
    now = SECOND;
    return 0;
}

static void asks_of(ipv4 client, const char *name, bool found)
{
    now += 100 * MSEC;
    askers_asked(&a, now, client, bytes_of(name), found, box_empty(&box));
    assert_true(box.out.count <= 1);
}

static void asks(const char *name, bool found)
{
    asks_of(PHONE, name, found);
}

static enum asker_verdict verdict(void)
{
    return askers_find(&a, PHONE)->verdict;
}

static void a_phone_that_boots_is_nothing_special(void **state)
{
    (void)state;
    asks("CTLSEP020000000001.tlv", false);
    asks("ITLSEP020000000001.tlv", false);
    asks("ITLFile.tlv", false);
    asks("SEP020000000001.cnf.xml", true);
    asks("English_United_States/mk-sccp.jar", false);
    assert_int_equal(box.out.count, 0);
    const struct asker *k = askers_find(&a, PHONE);
    assert_int_equal(k->verdict, ASKER_PLAIN);
    assert_int_equal(k->requests, 5);
    assert_int_equal(k->missed, 4);
    assert_string_equal(k->name, "English_United_States/mk-sccp.jar");
    assert_int_equal(k->asked, ASKER_ASKED_TRUST | ASKER_ASKED_OWN);
    assert_true(mac_equal(k->mac, mac_n(1)));
    assert_null(asker_verdict_text(ASKER_PLAIN));
}

static void one_that_asks_for_sip_files_runs_sip_and_is_told_once_with_what_to_do(void **state)
{
    (void)state;
    asks("OS79XX.TXT", false);
    assert_int_equal(verdict(), ASKER_PLAIN); /* the oldest SCCP loads ask for it too */
    asks("SIPDefault.cnf", false);
    assert_int_equal(verdict(), ASKER_RUNS_SIP);
    struct bytes facts = facts_of(&box.out, ASKER_TOLD_SIP);
    struct told t;
    assert_true(told_find(facts, FACT_ADDRESS, &t) && t.number == PHONE);
    assert_text(told_text(facts, FACT_FILE), "SIPDefault.cnf");
    assert_text(told_text(facts, FACT_WHY), "runs SIP");
    assert_true(told_text(facts, FACT_TEXT).len > 0);
    asks("SIP020000000001.cnf", false);
    assert_int_equal(box.out.count, 0);
    assert_true(mac_equal(askers_find(&a, PHONE)->mac, mac_n(1)));
}

static void each_of_the_sip_names_is_enough(void **state)
{
    static const char *const name[] = {"SIPDefault.cnf", "/sipdefault.CNF", "SIP020000000001.cnf",
                                       "sip02000000000A.cnf.xml", "Cisco/SIP020000000001.cnf"};

    for (size_t i = 0; i < ARRAY_LENGTH(name); i++) {
        (void)set_up(state);
        asks(name[i], false);
        assert_int_equal(verdict(), ASKER_RUNS_SIP);
    }
    (void)set_up(state);
    asks("SIP02000000000.cnf", false);
    asks("SIP020000000001.txt", false);
    asks("SIP02000000000G.cnf", false);
    assert_int_equal(verdict(), ASKER_PLAIN);
}

static void an_ata_that_finds_no_profile_is_told_once_until_it_has_one(void **state)
{
    static const char *const name[] = {"ata020000000001", "ATA020000000001.cnf.xml", "ATA020000000001.cnf"};

    for (size_t i = 0; i < ARRAY_LENGTH(name); i++) {
        (void)set_up(state);
        asks(name[i], false);
        assert_int_equal(verdict(), ASKER_ATA);
        struct bytes facts = facts_of(&box.out, ASKER_TOLD_ATA);
        assert_text(told_text(facts, FACT_FILE), name[i]);
        assert_text(told_text(facts, FACT_WHY), "is an ATA without a profile");
        assert_true(told_text(facts, FACT_TEXT).len > 0);
        assert_true(mac_equal(askers_find(&a, PHONE)->mac, mac_n(1)));
        asks("atadefault.cfg", false);
        assert_int_equal(box.out.count, 0);
        asks(name[i], true); /* somebody made it */
        assert_int_equal(verdict(), ASKER_PLAIN);
        assert_int_equal(box.out.count, 0);
    }
    asks("ata02000000000", false);
    asks("ata02000000000g", false);
    asks("ata020000000001.txt", false);
    assert_int_equal(verdict(), ASKER_PLAIN);
}

static void who_finds_neither_its_own_nor_a_default_file_is_not_known_and_told_with_who_is_near(void **state)
{
    struct table w;

    (void)state;
    table_init(&w);
    (void)table_add(&w, 0x11, 7, "2001");
    asks("SEP020000000001.cnf.xml", false);
    asks("XMLDefault.cnf.xml", false);
    assert_int_equal(verdict(), ASKER_PLAIN); /* who is known it was not told */
    askers_know(&a, &w.t);
    asks("XMLDefault.cnf.xml", false);
    assert_int_equal(verdict(), ASKER_STRANGER);
    struct bytes facts = facts_of(&box.out, ASKER_TOLD_STRANGER);
    assert_int_equal(told_number(facts, FACT_MAC, 0), mac_number(mac_n(1)));
    assert_text(told_text(facts, FACT_NEAREST), "SEP020000000011");
    assert_text(told_text(facts, FACT_WHY), "is not known");
    assert_true(told_text(facts, FACT_TEXT).len > 0);
    asks("SEP020000000001.cnf.xml", false); /* once */
    asks("SEPDefault.cnf", false);
    assert_int_equal(box.out.count, 0);
    asks("SEP020000000001.cnf.xml", true); /* it was entered */
    assert_int_equal(verdict(), ASKER_PLAIN);
    asks("SEP020000000234.cnf.xml", false); /* another phone, nobody is near */
    asks("SEPDefault.cnf", false);
    assert_int_equal(verdict(), ASKER_STRANGER);
    assert_text(told_text(facts_of(&box.out, ASKER_TOLD_STRANGER), FACT_NEAREST), "");
    asks("SEPDefault.cnf", true); /* auto-registration is on */
    assert_int_equal(verdict(), ASKER_PLAIN);
    asks("SEP020000000011.cnf.xml", false); /* a known one whose file could not be made at the moment */
    asks("XMLDefault.cnf.xml", false);
    assert_int_equal(verdict(), ASKER_PLAIN);
    asks_of(PHONE + 1, "XMLDefault.cnf.xml", false); /* somebody with curl */
    assert_int_equal(askers_find(&a, PHONE + 1)->verdict, ASKER_PLAIN);
    free(w.memory);
}

static void round_of(const char *trust, const char *own)
{
    asks(trust, false);
    asks("ITLFile.tlv", false);
    asks(own, true);
}

static void one_that_takes_its_file_and_asks_for_its_trust_list_again_and_again_is_told(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        round_of("CTLSEP020000000001.tlv", "SEP020000000001.cnf.xml");
        assert_int_equal(verdict(), ASKER_PLAIN);
        now += 45 * SECOND;
    }
    asks("CTLSEP020000000001.tlv", false); /* the third time after it took its file */
    assert_int_equal(verdict(), ASKER_OLD_TRUST);
    assert_true(told(&box.out, ASKER_TOLD_TRUST));
    assert_text(told_text(facts_of(&box.out, ASKER_TOLD_TRUST), FACT_WHY), "probably holds an old trust list");
    asks("SEP020000000001.cnf.xml", true);
    asks("CTLSEP020000000001.tlv", false);
    assert_int_equal(box.out.count, 0);
}

static void reboots_that_lie_apart_are_no_loop(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        round_of("CTLSEP020000000001.tlv", "SEP020000000001.cnf.xml");
        now += 121 * SECOND;
    }
    assert_int_equal(verdict(), ASKER_PLAIN);
}

static void one_that_never_gets_its_file_loops_for_another_reason(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        asks("CTLSEP020000000001.tlv", false);
        asks("SEP020000000001.cnf.xml", false);
    }
    assert_int_equal(verdict(), ASKER_PLAIN);
}

static void one_that_asks_for_signed_files_three_times_holds_a_trust_list(void **state)
{
    (void)state;
    asks("SEP020000000001.cnf.xml.sgn", false);
    asks("SEP020000000001.cnf.xml.sgn", false);
    assert_int_equal(verdict(), ASKER_PLAIN);
    asks("SEP020000000001.cnf.xml.enc.sgn", false);
    assert_int_equal(verdict(), ASKER_OLD_TRUST);
}

static void phones_behind_one_address_do_not_add_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        round_of("CTLSEP020000000001.tlv", "SEP020000000001.cnf.xml");
        round_of("CTLSEP020000000002.tlv", "SEP020000000002.cnf.xml");
    }
    assert_int_equal(verdict(), ASKER_PLAIN);
    assert_true(mac_equal(askers_find(&a, PHONE)->mac, mac_n(2)));
}

static void one_that_registers_is_cleared(void **state)
{
    (void)state;
    asks("SIPDefault.cnf", false);
    askers_registered(&a, PHONE);
    assert_int_equal(verdict(), ASKER_PLAIN);
    askers_registered(&a, PHONE + 1); /* never heard of */
    assert_null(askers_find(&a, PHONE + 1));
    asks("SIPDefault.cnf", false);
    assert_int_equal(box.out.count, 1);
}

static void they_are_listed_latest_first_and_the_one_not_heard_for_longest_is_forgotten(void **state)
{
    static const ipv4 order[MOST] = {PHONE + 1, PHONE + 5, PHONE + 4, PHONE + 3};
    const struct asker *k = NULL;

    (void)state;
    for (ipv4 i = 1; i <= 4; i++) asks_of(PHONE + i, "a", false);
    asks_of(PHONE + 5, "a", false); /* PHONE + 1 goes */
    assert_null(askers_find(&a, PHONE + 1));
    asks_of(PHONE + 2, "a", false);
    asks_of(PHONE + 1, "a", false); /* PHONE + 3 goes */
    assert_null(askers_find(&a, PHONE + 3));
    asks_of(PHONE + 3, "a", false); /* PHONE + 4 goes */
    asks_of(PHONE + 4, "a", false); /* PHONE + 5 goes */
    asks_of(PHONE + 5, "a", false); /* PHONE + 2 goes */
    asks_of(PHONE + 1, "a", false);
    assert_null(askers_find(&a, PHONE + 2));
    for (size_t i = 0; i < MOST; i++) {
        k = askers_next(&a, k);
        assert_non_null(k);
        assert_int_equal(k->address, order[i]);
    }
    assert_null(askers_next(&a, k));
}

static void without_an_outbox_the_verdict_is_kept_all_the_same(void **state)
{
    (void)state;
    askers_asked(&a, now, PHONE, bytes_of("SIPDefault.cnf"), false, NULL);
    assert_int_equal(verdict(), ASKER_RUNS_SIP);
    assert_false(askers_init(&a, MOST, memory, askers_size(MOST) - 1));
    assert_false(askers_init(&a, 0, memory, sizeof memory));
}

#define T(name) cmocka_unit_test_setup(name, set_up)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_phone_that_boots_is_nothing_special),
        T(one_that_asks_for_sip_files_runs_sip_and_is_told_once_with_what_to_do),
        T(each_of_the_sip_names_is_enough),
        T(an_ata_that_finds_no_profile_is_told_once_until_it_has_one),
        T(who_finds_neither_its_own_nor_a_default_file_is_not_known_and_told_with_who_is_near),
        T(one_that_takes_its_file_and_asks_for_its_trust_list_again_and_again_is_told),
        T(reboots_that_lie_apart_are_no_loop),
        T(one_that_never_gets_its_file_loops_for_another_reason),
        T(one_that_asks_for_signed_files_three_times_holds_a_trust_list),
        T(phones_behind_one_address_do_not_add_up),
        T(one_that_registers_is_cleared),
        T(they_are_listed_latest_first_and_the_one_not_heard_for_longest_is_forgotten),
        T(without_an_outbox_the_verdict_is_kept_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
