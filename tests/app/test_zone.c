/* app/zone.h and app/tz_string.h, against the C library where it can say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "app/tz_string.h"
#include "app/zone.h"
#include "provision/time_zone.h"

static int32_t by_c_library(int64_t when)
{
    time_t t = (time_t)when;
    struct tm local;

    assert_non_null(localtime_r(&t, &local));
    return (int32_t)local.tm_gmtoff;
}

/* From 1970 to 2137, 39 hours 16 minutes on each time: past the last transition of every file, so by its footer too. */
static void every_moment_is_as_the_c_library_has_it(void **state)
{
    static const char *const names[] = {
        "America/Los_Angeles", "Europe/Paris",     "Europe/Dublin",       "Asia/Kolkata",        "Australia/Adelaide",
        "Pacific/Auckland",    "America/St_Johns", "America/Sao_Paulo",   "Africa/Cairo",        "Africa/Casablanca",
        "Asia/Jerusalem",      "Asia/Tehran",      "America/Nuuk",        "America/Mexico_City", "Asia/Kabul",
        "Pacific/Apia",        "Pacific/Chatham",  "Australia/Lord_Howe", "Etc/GMT+12",          "UTC"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        assert_int_equal(setenv("TZ", names[i], 1), 0);
        tzset();
        for (int64_t when = 0; when < INT64_C(5270400000); when += 141380) {
            int32_t ours = zone_utc_offset(NULL, names[i], (uint64_t)when);
            if (ours != by_c_library(when)) fail_msg("%s at %lld: %d", names[i], (long long)when, ours);
        }
    }
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
}

/* The second before and at each change of daylight saving time. */
static void daylight_saving_time_begins_and_ends_to_the_second(void **state)
{
    (void)state;
    assert_int_equal(zone_utc_offset(NULL, "America/Los_Angeles", 1772963999), -8 * 3600); /* 2026-03-08 09:59:59 UTC */
    assert_int_equal(zone_utc_offset(NULL, "America/Los_Angeles", 1772964000), -7 * 3600);
    assert_int_equal(zone_utc_offset(NULL, "Europe/Paris", 1792889999), 2 * 3600); /* 2026-10-25 00:59:59 UTC */
    assert_int_equal(zone_utc_offset(NULL, "Europe/Paris", 1792890000), 3600);
}

/* POSIX strings as the C library reads them from TZ itself. */
static void a_tz_string_is_read_in_each_of_its_forms(void **state)
{
    static const char *const strings[] = {"EST5EDT,M3.2.0,M11.1.0",               /* north */
                                          "NZST-12NZDT,M9.5.0,M4.1.0/3",          /* south */
                                          "IST-1GMT0,M10.5.0,M3.5.0/1",           /* Ireland: winter is the exception */
                                          "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", /* half an hour */
                                          "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",      /* Nuuk: before the day begins */
                                          "EET-2EEST,M4.5.5/0,M10.5.4/24",        /* Cairo: at its end */
                                          "IST-2IDT,M3.4.4/26,M10.5.0",           /* Jerusalem: on the next day */
                                          "AAA3BBB,J60/2,J300/3:30:15",           /* never 29 February */
                                          "AAA3BBB,59,299",                       /* that counts it */
                                          "<+0545>-5:45",
                                          "UTC0"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(strings); i++) {
        assert_int_equal(setenv("TZ", strings[i], 1), 0);
        tzset();
        for (int64_t when = 86400 * 2; when < INT64_C(5270400000); when += 141380) {
            int32_t ours = 0;
            assert_true(tz_string_offset(bytes_of(strings[i]), when, &ours));
            if (ours != by_c_library(when)) fail_msg("%s at %lld: %d", strings[i], (long long)when, ours);
        }
    }
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
}

/* RFC 8536, 3.3.1, its own example. (glibc leaves it for an hour or so at the end of a year.) */
static void daylight_saving_time_can_be_all_the_year(void **state)
{
    (void)state;
    for (int64_t when = 0; when < INT64_C(5270400000); when += 1800) {
        int32_t ours = 0;
        assert_true(tz_string_offset(bytes_of("XXX3EDT4,0/0,J365/23"), when, &ours));
        if (ours != -4 * 3600) fail_msg("at %lld: %d", (long long)when, ours);
    }
}

static void what_is_no_tz_string_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "5",
                                      "ES5",
                                      "EST",
                                      "EST25",
                                      "<EST5",
                                      "<E.T>5",
                                      "EST5EDT",
                                      "EST5EDT,M3.2.0",
                                      "EST5EDT,M3.2.0,",
                                      "EST5EDT,M13.2.0,M11.1.0",
                                      "EST5EDT,M3.6.0,M11.1.0",
                                      "EST5EDT,M3.2.7,M11.1.0",
                                      "EST5EDT,M0.2.0,M11.1.0",
                                      "EST5EDT,M3.0.0,M11.1.0",
                                      "EST5EDT,J0,J365",
                                      "EST5EDT,J1,J366",
                                      "EST5EDT,0,366",
                                      "EST5EDT,M3.2.0/168,M11.1.0",
                                      "EST5:60",
                                      "EST5EDT,M3.2.0,M11.1.0 ",
                                      "EST5 ",
                                      "EST-+5",
                                      "EST5EDT,M3.2.0,M11.1.0,J1"};
    int32_t seconds;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        if (tz_string_offset(bytes_of(bad[i]), 1700000000, &seconds)) fail_msg("taken: %s", bad[i]);
}

/* What Dialtone shows without a database differs from the truth by daylight saving time only. */
static void standard_offsets_are_those_of_the_database(void **state)
{
    static const char *const cisco[] = {"Pacific Standard/Daylight Time",
                                        "Newfoundland Standard/Daylight Time",
                                        "GMT Standard/Daylight Time",
                                        "India Standard Time",
                                        "New Zealand Standard/Daylight Time",
                                        "Cen. Australia Standard/Daylight Time",
                                        "Dateline Standard Time",
                                        "Iran Standard/Daylight Time"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cisco); i++) {
        const char *iana = time_zone_iana(bytes_of(cisco[i]));
        int32_t standard = 1, winter = zone_utc_offset(NULL, iana, 1767268800), /* 2026-01-01 12:00 UTC */
            summer = zone_utc_offset(NULL, iana, 1782907200);                   /* 2026-07-01 12:00 UTC */
        assert_true(time_zone_standard_offset(bytes_of(iana), &standard));
        assert_int_equal(standard, winter < summer ? winter : summer);
    }
}

static void without_a_sound_file_the_zone_has_its_standard_time(void **state)
{
    (void)state;
    assert_int_equal(zone_utc_offset("/nowhere", "America/Los_Angeles", 1782907200), -8 * 3600);
    assert_int_equal(zone_utc_offset("/etc", "passwd", 1782907200), 0);
    assert_int_equal(zone_utc_offset(NULL, "Mars/Olympus_Mons", 1782907200), 0);
    assert_int_equal(zone_utc_offset(NULL, "", 1782907200), 0);
    assert_int_equal(zone_utc_offset(NULL, "America", 1782907200), 0);                            /* a folder */
    assert_int_equal(zone_utc_offset("/usr/share/zoneinfo/Etc", "../Asia/Tokyo", 1782907200), 0); /* no way out */
}

static size_t slurp(const char *path, uint8_t *to, size_t size)
{
    FILE *f = fopen(path, "rb");
    size_t n;

    assert_non_null(f);
    n = fread(to, 1, size, f);
    (void)fclose(f);
    return n;
}

/* Each cut is refused, or has lost nothing that matters; no change of a byte reads outside of it (run under ASan). */
static void a_file_cut_at_each_byte_or_changed_in_each_is_refused_or_read_within_itself(void **state)
{
    static uint8_t file[65536];
    size_t size = slurp("/usr/share/zoneinfo/America/Los_Angeles", file, sizeof file);
    int32_t seconds;
    struct fault why;

    (void)state;
    assert_true(size > 100);
    for (size_t i = 0; i < size; i++) {
        uint8_t *cut = malloc(i ? i : 1);
        memcpy(cut, file, i);
        assert_false(tzif_offset((struct bytes){cut, i}, 1782907200, &seconds, &why));
        assert_int_not_equal(why.kind, FAULT_NONE);
        free(cut);
    }
    for (size_t i = 0; i < size; i++) {
        uint8_t was = file[i];
        for (unsigned flip = 1; flip < 256; flip = flip * 2 + 1) {
            file[i] = (uint8_t)(was ^ flip);
            for (int64_t when = -4000000000; when < 5000000000; when += 3000000000)
                if (tzif_offset((struct bytes){file, size}, when, &seconds, &why))
                    assert_true(seconds >= -90000 && seconds <= 93600);
        }
        file[i] = was;
    }
    file[4] = '\0'; /* version 1 */
    assert_false(tzif_offset((struct bytes){file, size}, 1782907200, &seconds, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_moment_is_as_the_c_library_has_it),
        cmocka_unit_test(daylight_saving_time_begins_and_ends_to_the_second),
        cmocka_unit_test(a_tz_string_is_read_in_each_of_its_forms),
        cmocka_unit_test(daylight_saving_time_can_be_all_the_year),
        cmocka_unit_test(what_is_no_tz_string_is_refused),
        cmocka_unit_test(standard_offsets_are_those_of_the_database),
        cmocka_unit_test(without_a_sound_file_the_zone_has_its_standard_time),
        cmocka_unit_test(a_file_cut_at_each_byte_or_changed_in_each_is_refused_or_read_within_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
