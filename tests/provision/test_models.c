#include "harness.h"
#include "provision/models.h"

static const struct phone_model *find(const char *name)
{
    return model_find(bytes_of(name));
}

static void the_table_has_the_columns_of_a_7960(void **state)
{
    (void)state;
    const struct phone_model *m = find("7960");

    assert_non_null(m);
    assert_int_equal(m->device_type, 7);
    assert_true(m->speaks_sccp && m->speaks_sip);
    assert_string_equal(m->cdp_platform, "Cisco IP Phone 7960");
    assert_int_equal(m->prestandard, YES);
    assert_int_equal(m->ieee_class, 0xff);
    assert_int_equal(m->max_milliwatts, 6300);
    assert_int_equal(m->cdp_milliwatts, 6300);
    assert_int_equal(m->protocol, 11);
    assert_int_equal(m->needs_xml, XML_YES);
    assert_string_equal(m->load, "P0030801SR02");
    assert_int_equal(m->lines, 6);
    assert_int_equal(m->buttons, 6);
    assert_int_equal(m->files_order, 'A');
}

/* Option 60 of a 7960 ends with a NUL byte inside the option; that of a 7912 does not. */
static void option_60_counts_its_nul_byte_where_the_phone_sends_one(void **state)
{
    (void)state;
    const struct phone_model *with = find("7960"), *without = find("7912"), *unknown = find("7910");

    assert_string_equal(with->option60, "Cisco Systems, Inc. IP Phone CP-7960G");
    assert_int_equal(with->option60_len, strlen(with->option60) + 1);
    assert_string_equal(without->option60, "Cisco Systems, Inc. IP Phone 7912");
    assert_int_equal(without->option60_len, strlen(without->option60));
    assert_string_equal(unknown->option60, "");
    assert_int_equal(unknown->option60_len, 0);
}

static void what_the_table_does_not_know_is_unknown_and_never_a_guess(void **state)
{
    (void)state;
    const struct phone_model *m = find("7985");

    assert_int_equal(m->prestandard, UNKNOWN);
    assert_int_equal(m->ieee_class, 0xff);
    assert_int_equal(m->max_milliwatts, 0);
    assert_int_equal(m->cdp_milliwatts, 0);
    assert_int_equal(m->protocol, 0);
    assert_int_equal(find("7935")->needs_xml, XML_UNKNOWN);
    assert_int_equal(find("7902")->needs_xml, XML_BOTH);
    assert_int_equal(find("7910")->needs_xml, XML_NO);
    assert_int_equal(find("7935")->prestandard, NO);
    assert_string_equal(find("IP Communicator")->load, "");
}

static void of_two_hardware_revisions_the_first_gives_the_class(void **state)
{
    (void)state;
    assert_int_equal(find("8851")->ieee_class, 3); /* class 3 before V08, 4 from then on */
    assert_int_equal(find("7970")->ieee_class, 3);
    assert_int_equal(find("7941")->ieee_class, 2);
}

static void the_newest_load_gives_the_sccp_version(void **state)
{
    (void)state;
    assert_int_equal(find("7970")->protocol, 22); /* 17 (8.5);20-22 (9.x) */
    assert_int_equal(find("7936")->protocol, 4);
}

static void a_phone_that_speaks_only_sip_says_so(void **state)
{
    (void)state;
    assert_false(find("8851")->speaks_sccp);
    assert_true(find("8851")->speaks_sip);
    assert_false(find("7910")->speaks_sip);
}

static void a_model_is_found_by_every_name_that_people_and_phones_give_it(void **state)
{
    (void)state;
    static const char *const names[] = {"7960",     "Cisco 7960",          "CP-7960G",
                                        "cp-7960g", "cisco 7960",          "7960G",
                                        "CP-7960",  "Cisco IP Phone 7960", "IP Phone 7960"};

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        assert_non_null(find(names[i]));
        assert_int_equal(find(names[i])->device_type, 7);
    }
    assert_int_equal(find("ip communicator")->device_type, 30016);
    assert_int_equal(find("Cisco IP Communicator")->device_type, 30016);
    assert_int_equal(find("CP-7971G-GE")->device_type, 119);
    assert_null(find("7941G-GE")); /* type 309, not in the table, and no 7941 */
    assert_null(find(""));
    assert_null(find("Cisco "));
    assert_null(find("796"));
    assert_null(find("79600"));
    assert_null(find("G"));
}

static void names_and_types_are_unique_and_lead_back_to_their_row(void **state)
{
    (void)state;
    assert_true(model_count() > 40);
    for (size_t i = 0; i < model_count(); i++) {
        assert_ptr_equal(find(model_at(i)->name), model_at(i));
        assert_ptr_equal(model_of_type(model_at(i)->device_type), model_at(i));
        assert_true(strlen(model_at(i)->load) < 64);
    }
    assert_null(model_at(model_count()));
    assert_null(model_of_type(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_has_the_columns_of_a_7960),
        cmocka_unit_test(option_60_counts_its_nul_byte_where_the_phone_sends_one),
        cmocka_unit_test(what_the_table_does_not_know_is_unknown_and_never_a_guess),
        cmocka_unit_test(of_two_hardware_revisions_the_first_gives_the_class),
        cmocka_unit_test(the_newest_load_gives_the_sccp_version),
        cmocka_unit_test(a_phone_that_speaks_only_sip_says_so),
        cmocka_unit_test(a_model_is_found_by_every_name_that_people_and_phones_give_it),
        cmocka_unit_test(names_and_types_are_unique_and_lead_back_to_their_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
