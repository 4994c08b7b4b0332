#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "base/facts.h"
#include "base/random.h"

static void every_key_has_a_name_of_its_own_and_fits_a_byte(void **state)
{
    (void)state;
    assert_true(FACT_COUNT_OF_KEYS <= 256);
    for (unsigned i = 0; i < FACT_COUNT_OF_KEYS; i++) {
        assert_non_null(fact_name((enum fact)i));
        for (unsigned k = 0; k < i; k++) assert_string_not_equal(fact_name((enum fact)i), fact_name((enum fact)k));
    }
    assert_null(fact_name(FACT_COUNT_OF_KEYS));
    assert_string_equal(fact_name(FACT_DIRECTORY_NUMBER), "directory_number");
}

static void a_fact_is_key_type_length_and_value(void **state)
{
    uint8_t room[64];
    struct writer w = writer(room, sizeof room);

    (void)state;
    tell_text(&w, FACT_LOAD, bytes_of("ab"));
    tell_ipv4(&w, FACT_ADDRESS, IPV4(10, 0, 0, 21));
    assert_int_equal(w.len, 6 + 12);
    assert_memory_equal(room, ((uint8_t[]){FACT_LOAD, TOLD_TEXT, 0, 2, 'a', 'b'}), 6);
    assert_memory_equal(room + 6, ((uint8_t[]){FACT_ADDRESS, TOLD_IPV4, 0, 8, 0, 0, 0, 0, 10, 0, 0, 21}), 12);
}

static void what_was_told_is_taken_off_in_order_and_found_by_its_key(void **state)
{
    uint8_t room[128];
    struct writer w = writer(room, sizeof room);
    struct told t;

    (void)state;
    tell_number(&w, FACT_VLAN, UINT64_MAX);
    tell_text(&w, FACT_DEVICE, bytes_of("SEP020000000001"));
    tell_mac(&w, FACT_MAC, mac_from_number(0x020000000001));
    tell_text(&w, FACT_LABEL, bytes_of(NULL));
    struct bytes facts = written(&w), rest = facts;
    assert_true(told_next(&rest, &t) && t.key == FACT_VLAN && t.type == TOLD_NUMBER && t.number == UINT64_MAX);
    assert_true(told_next(&rest, &t) && t.key == FACT_DEVICE && bytes_are(t.text, "SEP020000000001"));
    assert_true(told_next(&rest, &t) && t.key == FACT_MAC && t.type == TOLD_MAC && t.number == 0x020000000001);
    assert_true(told_next(&rest, &t) && t.key == FACT_LABEL && t.text.len == 0);
    assert_int_equal(rest.len, 0);
    assert_false(told_next(&rest, &t));
    assert_true(told_number(facts, FACT_VLAN, 7) == UINT64_MAX);
    assert_true(told_number(facts, FACT_MASK, 7) == 7);   /* absent */
    assert_true(told_number(facts, FACT_DEVICE, 7) == 7); /* a text is no number */
    assert_true(bytes_are(told_text(facts, FACT_DEVICE), "SEP020000000001"));
    assert_int_equal(told_text(facts, FACT_VLAN).len, 0); /* a number is no text */
    assert_true(told_says(facts, FACT_DEVICE, "SEP02") && told_says(facts, FACT_DEVICE, "0001"));
    assert_false(told_says(facts, FACT_DEVICE, "0002") || told_says(facts, FACT_WHY, "SEP02") ||
                 told_says(facts, FACT_VLAN, "1"));
    assert_true(told_find(facts, FACT_LABEL, &t) && !told_find(facts, FACT_WHY, &t));
}

static void a_fault_is_told_as_what_and_where_and_none_as_nothing(void **state)
{
    uint8_t room[64];
    struct writer w = writer(room, sizeof room);
    const struct fault none = {.kind = FAULT_NONE}, cookie = {FAULT_VALUE, 236, "DHCP magic cookie"};

    (void)state;
    tell_fault(&w, &none);
    assert_int_equal(w.len, 0);
    tell_fault(&w, &cookie);
    assert_true(bytes_are(told_text(written(&w), FACT_WHAT), "DHCP magic cookie"));
    assert_true(told_number(written(&w), FACT_AT, 0) == 236);
}

static void a_text_longer_than_1024_bytes_is_cut(void **state)
{
    static uint8_t text[70000], room[2000];
    struct writer w = writer(room, sizeof room);

    (void)state;
    memset(text, 'x', sizeof text);
    tell_text(&w, FACT_TEXT, (struct bytes){text, sizeof text});
    tell_number(&w, FACT_COUNT, 5);
    assert_int_equal(told_text(written(&w), FACT_TEXT).len, 1024);
    assert_true(told_number(written(&w), FACT_COUNT, 0) == 5);
}

static void facts_cut_at_every_byte_end_there_and_are_not_half_told(void **state)
{
    uint8_t room[64];
    struct writer w = writer(room, sizeof room);

    (void)state;
    tell_number(&w, FACT_VLAN, 100);
    tell_text(&w, FACT_LOAD, bytes_of("P00308"));
    for (size_t n = 0; n <= w.len; n++) {
        struct bytes rest = {room, n};
        struct told t;
        unsigned count = 0;
        while (told_next(&rest, &t)) count++;
        assert_int_equal(count, n < 12 ? 0 : n < w.len ? 1 : 2);
        assert_int_equal(rest.len, n < 12 ? n : n < w.len ? n - 12 : 0); /* it stands at what is not sound */
    }
}

static void unknown_keys_types_and_number_lengths_are_refused(void **state)
{
    static const uint8_t good[] = {FACT_VLAN, TOLD_NUMBER, 0, 8, 0, 0, 0, 0, 0, 0, 0, 100, 0};
    static const struct {
        size_t at;
        uint8_t value;
    } wrong[] = {{0, FACT_COUNT_OF_KEYS}, {0, 255}, {1, 0}, {1, TOLD_MAC + 1}, {1, 255}, {3, 0}, {3, 7}, {3, 9}};

    (void)state;
    struct bytes rest = {good, sizeof good};
    struct told t;
    assert_true(told_next(&rest, &t));
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        uint8_t bad[sizeof good];
        memcpy(bad, good, sizeof bad);
        bad[wrong[i].at] = wrong[i].value;
        rest = (struct bytes){bad, sizeof bad};
        assert_false(told_next(&rest, &t));
    }
}

static void garbage_is_walked_to_its_end_without_a_step_outside(void **state)
{
    struct random r = random_from(11);

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        size_t n = random_below(&r, 40);
        uint8_t *exact = malloc(n ? n : 1); /* of its very size, so that the sanitizer sees each read behind it */
        for (size_t i = 0; i < n; i++) exact[i] = (uint8_t)random_below(&r, random_below(&r, 2) ? 256 : 10);
        struct bytes rest = {exact, n};
        struct told t;
        for (size_t before = n; told_next(&rest, &t); before = rest.len) {
            assert_true(rest.len < before); /* each fact takes bytes: the walk ends */
            assert_non_null(fact_name(t.key));
            assert_true(t.type >= TOLD_NUMBER && t.type <= TOLD_MAC);
            if (t.type == TOLD_TEXT) assert_true(t.text.at >= exact && t.text.at + t.text.len <= exact + n);
        }
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_has_a_name_of_its_own_and_fits_a_byte),
        cmocka_unit_test(a_fact_is_key_type_length_and_value),
        cmocka_unit_test(what_was_told_is_taken_off_in_order_and_found_by_its_key),
        cmocka_unit_test(a_fault_is_told_as_what_and_where_and_none_as_nothing),
        cmocka_unit_test(a_text_longer_than_1024_bytes_is_cut),
        cmocka_unit_test(facts_cut_at_every_byte_end_there_and_are_not_half_told),
        cmocka_unit_test(unknown_keys_types_and_number_lengths_are_refused),
        cmocka_unit_test(garbage_is_walked_to_its_end_without_a_step_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
