#include "harness.h"
#include "provision/time_zone.h"

static void every_kind_of_name_has_its_iana_twin(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"Central Europe Standard/Daylight Time", "Europe/Paris"},
        {"E. Europe Standard/Daylight Time", "Europe/Athens"},
        {"GMT Standard/Daylight Time", "Europe/London"},
        {"Russian Standard/Daylight Time", "Europe/Moscow"},
        {"South America Standard/Daylight Time", "America/Sao_Paulo"},
        {"Dateline Standard Time", "Etc/GMT+12"},
        {"Greenwich Standard Time", "Etc/UTC"},
        {"Samoa Standard Time ", "Pacific/Pago_Pago"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++) {
        assert_string_equal(time_zone_iana(bytes_of(pairs[i][0])), pairs[i][1]);
        assert_string_equal(time_zone_cisco(bytes_of(pairs[i][1])), pairs[i][0]);
    }
}

static void a_cisco_name_is_taken_with_or_without_its_final_blank(void **state)
{
    (void)state;
    assert_string_equal(time_zone_iana(bytes_of("South Africa Standard Time ")), "Africa/Johannesburg");
    assert_string_equal(time_zone_iana(bytes_of("South Africa Standard Time")), "Africa/Johannesburg");
    assert_string_equal(time_zone_iana(bytes_of("Greenwich Standard Time ")), "Etc/UTC");
    assert_string_equal(time_zone_cisco(bytes_of("Africa/Johannesburg")), "South Africa Standard Time ");
}

static void a_zone_has_its_standard_offset_and_an_unknown_one_none(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        int32_t minutes;
    } rows[] = {{"America/Los_Angeles", -480}, {"America/St_Johns", -210}, {"Europe/Paris", 60}, {"Europe/Dublin", 0},
                {"Asia/Kolkata", 330},         {"Pacific/Auckland", 720},  {"Etc/GMT+12", -720}, {"UTC", 0}};
    int32_t seconds = 77;

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        assert_true(time_zone_standard_offset(bytes_of(rows[i].zone), &seconds));
        assert_int_equal(seconds, rows[i].minutes * 60);
    }
    seconds = 77;
    assert_false(time_zone_standard_offset(bytes_of("Mars/Olympus_Mons"), &seconds));
    assert_false(time_zone_standard_offset(bytes_of("Tokyo Standard Time"), &seconds));
    assert_int_equal(seconds, 77);
}

static void a_name_that_nobody_has_is_unknown(void **state)
{
    (void)state;
    assert_null(time_zone_iana(bytes_of("Europe/Paris")));
    assert_null(time_zone_iana(bytes_of("")));
    assert_null(time_zone_iana(bytes_of(" ")));
    assert_null(time_zone_cisco(bytes_of("Mars/Olympus_Mons")));
    assert_null(time_zone_cisco(bytes_of("")));
    assert_null(time_zone_cisco(bytes_of("europe/paris")));
}

static void a_date_template_is_d_m_y_in_any_order_with_one_separator(void **state)
{
    (void)state;
    static const char *const good[] = {"D/M/Y", "D-M-YA", "M/D/YA", "D.M.Y", "Y/M/D", "D.M.YA"};
    static const char *const bad[] = {"",       "D/M",     "D/M/D", "D/M-Y",  "D M Y",  "d/m/y",
                                      "D/M/YB", "D/M/YAA", "DMY",   "D/M/Y ", "Unused", "D:M:Y"};

    for (size_t i = 0; i < ARRAY_LENGTH(good); i++) assert_true(date_template_valid(bytes_of(good[i])));
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) assert_false(date_template_valid(bytes_of(bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_name_has_its_iana_twin),
        cmocka_unit_test(a_cisco_name_is_taken_with_or_without_its_final_blank),
        cmocka_unit_test(a_zone_has_its_standard_offset_and_an_unknown_one_none),
        cmocka_unit_test(a_name_that_nobody_has_is_unknown),
        cmocka_unit_test(a_date_template_is_d_m_y_in_any_order_with_one_separator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
