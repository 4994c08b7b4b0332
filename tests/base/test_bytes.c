#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/bytes.h"

#define SPAN(array) ((struct bytes){(array), sizeof(array)})

static const uint8_t counting[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};

static void numbers_are_read_in_both_orders(void **state)
{
    struct fault why;
    struct reader r;

    (void)state;
    r = reader(SPAN(counting), &why);
    assert_int_equal(read_u8(&r), 0x01);
    assert_int_equal(read_be16(&r), 0x0203);
    assert_int_equal(read_le16(&r), 0x0504);
    assert_int_equal(read_be24(&r), 0x060708);
    assert_true(sound(&r) && unread(&r) == 0 && read_offset(&r) == 8);
    r = reader(SPAN(counting), &why);
    assert_int_equal(read_be32(&r), 0x01020304);
    assert_int_equal(read_le32(&r), 0x08070605);
    r = reader(SPAN(counting), &why);
    assert_true(read_be64(&r) == 0x0102030405060708);
    assert_true(sound(&r));
}

static void the_first_read_past_the_end_is_the_fault_and_nothing_is_read_after_it(void **state)
{
    struct fault why;
    struct reader r = reader((struct bytes){counting, 5}, &why);

    (void)state;
    (void)read_be32(&r);
    assert_int_equal(read_be16(&r), 0);
    assert_true(!sound(&r) && why.kind == FAULT_SHORT && why.at == 4);
    assert_int_equal(unread(&r), 0);
    assert_int_equal(read_u8(&r), 0); /* there is one byte, but it is not where the format has it */
    assert_int_equal(read_bytes(&r, 1).len, 0);
    assert_int_equal(read_rest(&r).len, 0);
    assert_int_equal(read_string(&r).len, 0);
    assert_int_equal(read_field(&r, 1).len, 0);
    refuse(&r, FAULT_VALUE, "later");
    assert_true(why.kind == FAULT_SHORT && why.at == 4);
}

static void a_refusal_is_sticky_and_says_where(void **state)
{
    struct fault why;
    struct reader r = reader(SPAN(counting), &why);

    (void)state;
    (void)read_be16(&r);
    refuse(&r, FAULT_VALUE, "test value");
    assert_true(!sound(&r) && why.kind == FAULT_VALUE && why.at == 2);
    assert_string_equal(why.what, "test value");
    assert_int_equal(read_u8(&r), 0);
    assert_int_equal(why.at, 2);
}

static void a_cut_at_every_byte_is_short_at_the_read_that_crosses_it(void **state)
{
    (void)state;
    for (size_t n = 0; n < 8; n++) {
        struct fault why;
        struct reader r = reader((struct bytes){counting, n}, &why);
        (void)read_be16(&r);
        (void)read_le32(&r);
        (void)read_be16(&r);
        assert_false(sound(&r));
        assert_int_equal(why.kind, FAULT_SHORT);
        assert_int_equal(why.at, n < 2 ? 0 : n < 6 ? 2 : 6);
    }
}

static void an_empty_span_without_an_address_reads_as_nothing(void **state)
{
    struct fault why;
    struct reader r = reader((struct bytes){NULL, 0}, &why);

    (void)state;
    assert_int_equal(read_rest(&r).len, 0);
    assert_true(sound(&r));
    r = reader((struct bytes){NULL, 9}, &why); /* a length without an address is no promise */
    assert_int_equal(read_u8(&r), 0);
    assert_false(sound(&r));
}

static void a_length_near_the_top_of_size_t_does_not_wrap(void **state)
{
    struct fault why;
    struct reader r = reader(SPAN(counting), &why);

    (void)state;
    (void)read_u8(&r);
    assert_int_equal(read_bytes(&r, SIZE_MAX).len, 0);
    assert_int_equal(why.kind, FAULT_SHORT);
    r = reader(SPAN(counting), &why);
    (void)read_u8(&r);
    struct reader part = read_part(&r, SIZE_MAX - 1);
    assert_true(!sound(&part) && !sound(&r) && unread(&part) == 0);
}

static void a_string_ends_at_its_nul_and_without_one_it_is_refused(void **state)
{
    struct fault why;
    struct reader r = reader((struct bytes){(const uint8_t *)"octet\0\0tail", 11}, &why);

    (void)state;
    assert_true(bytes_are(read_string(&r), "octet"));
    assert_int_equal(read_offset(&r), 6);
    assert_true(bytes_are(read_string(&r), ""));
    assert_true(sound(&r));
    assert_int_equal(read_string(&r).len, 0);
    assert_true(why.kind == FAULT_SHORT && why.at == 7);
}

static void a_field_is_cut_at_its_nul_but_read_to_its_end(void **state)
{
    struct fault why;
    struct reader r = reader((struct bytes){(const uint8_t *)"SEP\0junkfull", 12}, &why);

    (void)state;
    assert_true(bytes_are(read_field(&r, 8), "SEP"));
    assert_true(bytes_are(read_field(&r, 4), "full"));
    assert_true(sound(&r) && unread(&r) == 0);
}

static void a_part_ends_where_it_should_and_shares_offsets_and_fault(void **state)
{
    struct fault why;
    struct reader r = reader(SPAN(counting), &why);

    (void)state;
    (void)read_u8(&r);
    struct reader part = read_part(&r, 3);
    assert_int_equal(read_offset(&r), 4);
    assert_int_equal(read_offset(&part), 1);
    assert_int_equal(unread(&part), 3);
    assert_int_equal(read_be16(&part), 0x0203);
    (void)read_be16(&part); /* one byte is left in the part, five in the whole */
    assert_true(why.kind == FAULT_SHORT && why.at == 3);
    assert_false(sound(&r)); /* a fault in a part is the whole's */
    assert_int_equal(read_u8(&r), 0);
}

static void numbers_are_written_in_both_orders(void **state)
{
    static const uint8_t expected[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c,
                                       0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18};
    uint8_t room[24];
    struct writer w = writer(room, sizeof room);

    (void)state;
    write_u8(&w, 0x01);
    write_be16(&w, 0x0203);
    write_be24(&w, 0x040506);
    write_be32(&w, 0x0708090a);
    write_be64(&w, 0x0b0c0d0e0f101112);
    write_le16(&w, 0x1413);
    write_le32(&w, 0x18171615);
    assert_false(w.full);
    assert_true(bytes_equal(written(&w), SPAN(expected)));
    assert_true(bytes_equal(written_from(&w, 20), (struct bytes){expected + 20, 4}));
    assert_int_equal(written_from(&w, 25).len, 0);
}

static void a_full_writer_writes_nothing_more_even_what_would_fit(void **state)
{
    uint8_t room[8];
    struct writer w = writer(room, 5);

    (void)state;
    memset(room, 0xee, sizeof room);
    write_be32(&w, 0x01020304);
    write_be16(&w, 0xffff);
    assert_true(w.full && w.len == 4);
    write_u8(&w, 0x55); /* a format with a hole is worse than one that ends */
    write_zeros(&w, 1);
    write_text(&w, "x");
    write_bytes(&w, (struct bytes){counting, SIZE_MAX});
    assert_int_equal(w.len, 4);
    for (size_t i = 4; i < sizeof room; i++) assert_int_equal(room[i], 0xee);
}

static void text_fields_and_decimal_numbers_are_written(void **state)
{
    static const uint8_t expected[] = "ab\0\0abcd0"
                                      "9"
                                      "18446744073709551615"
                                      "xyz";
    uint8_t room[64];
    struct writer w = writer(room, sizeof room);

    (void)state;
    write_field(&w, bytes_of("ab"), 4);
    write_field(&w, bytes_of("abcdef"), 4);
    write_decimal(&w, 0);
    write_decimal(&w, 9);
    write_decimal(&w, UINT64_MAX);
    write_text(&w, "xyz");
    assert_true(bytes_equal(written(&w), (struct bytes){expected, sizeof expected - 1}));
}

static void a_patch_changes_only_what_is_already_written(void **state)
{
    uint8_t room[8] = {0};
    struct writer w = writer(room, sizeof room);

    (void)state;
    patch_u8(&w, 0, 0xff);
    patch_be16(&w, 0, 0xffff);
    patch_le32(&w, 0, 0xffffffff);
    patch_be16(&w, SIZE_MAX, 0xffff);
    assert_memory_equal(room, "\0\0\0\0\0\0\0\0", 8);
    write_zeros(&w, 4);
    patch_be16(&w, 3, 0xffff); /* half of it would be behind the end */
    patch_le32(&w, 1, 0xffffffff);
    patch_u8(&w, 4, 0xff);
    assert_memory_equal(room, "\0\0\0\0\0\0\0\0", 8);
    patch_le32(&w, 0, 0x04030201);
    assert_memory_equal(room, "\1\2\3\4", 4);
    patch_be16(&w, 2, 0x0506);
    patch_u8(&w, 0, 9);
    assert_memory_equal(room, "\x9\2\5\6\0\0\0\0", 8);
    assert_int_equal(w.len, 4);
}

static void spans_compare_by_content(void **state)
{
    (void)state;
    assert_true(bytes_equal(bytes_of(NULL), bytes_of("")));
    assert_false(bytes_equal(bytes_of("a"), bytes_of("ab")));
    assert_false(bytes_equal(bytes_of("a"), bytes_of("b")));
    assert_true(bytes_equal_nocase(bytes_of("sepDEFAULT.cnf[@`{"), bytes_of("SEPdefault.CNF[@`{")));
    assert_false(bytes_equal_nocase(bytes_of("["), bytes_of("{"))); /* 32 apart too, but no letters */
    assert_false(bytes_equal_nocase(bytes_of("@"), bytes_of("`")));
    assert_false(bytes_equal_nocase(bytes_of("ab"), bytes_of("abc")));
    assert_true(bytes_begin(bytes_of("SEP0200"), "SEP") && bytes_begin(bytes_of("SEP"), ""));
    assert_false(bytes_begin(bytes_of("SE"), "SEP"));
    assert_true(bytes_end(bytes_of("a.cnf.xml"), ".xml") && bytes_end(bytes_of("x"), "x"));
    assert_false(bytes_end(bytes_of("xml"), ".xml") || bytes_end(bytes_of("a.xml2"), ".xml"));
}

static void spans_are_cut_and_trimmed(void **state)
{
    struct bytes rest = bytes_of("a,,bc"), end;

    (void)state;
    assert_true(bytes_are(bytes_cut(&rest, ','), "a"));
    assert_true(bytes_are(bytes_cut(&rest, ','), ""));
    assert_true(bytes_are(bytes_cut(&rest, ','), "bc") && rest.len == 0);
    assert_true(bytes_are(bytes_cut(&rest, ','), ""));
    assert_true(bytes_are(bytes_trim(bytes_of(" \t\r\n a b \n")), "a b"));
    assert_int_equal(bytes_trim(bytes_of(" \t ")).len, 0);
    assert_true(bytes_are(bytes_from(bytes_of("abc"), 2), "c"));
    end = bytes_from(bytes_of("abc"), 4);
    assert_int_equal(end.len, 0);
    assert_null(bytes_from(bytes_of(NULL), 3).at);
}

static void a_number_is_decimal_whole_and_bounded(void **state)
{
    uint64_t v = 7;

    (void)state;
    assert_true(bytes_number(bytes_of("0"), 0, &v) && v == 0);
    assert_true(bytes_number(bytes_of("18446744073709551615"), UINT64_MAX, &v) && v == UINT64_MAX);
    assert_true(bytes_number(bytes_of("00000000000000000042"), 42, &v) && v == 42);
    v = 7;
    static const char *const wrong[] = {"",
                                        "18446744073709551616",
                                        "99999999999999999999",
                                        "000000000000000000042",
                                        "-1",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "0x1",
                                        "1.0",
                                        "/",
                                        ":"};
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) assert_false(bytes_number(bytes_of(wrong[i]), UINT64_MAX, &v));
    assert_false(bytes_number(bytes_of("256"), 255, &v));
    assert_int_equal(v, 7); /* untouched */
}

static void a_text_copy_is_cut_ended_and_leaves_nothing_old_behind(void **state)
{
    char to[6] = "?????";

    (void)state;
    assert_int_equal(text_copy(to, sizeof to, bytes_of("ab")), 2);
    assert_memory_equal(to, "ab\0\0\0\0", 6);
    assert_int_equal(text_copy(to, 5, bytes_of("abcdef")), 4);
    assert_memory_equal(to, "abcd\0\0", 6);
    assert_int_equal(text_copy(to, 0, bytes_of("zz")), 0);
    assert_int_equal(text_copy(to, 1, bytes_of("zz")), 0);
    assert_memory_equal(to, "\0bcd\0\0", 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_in_both_orders),
        cmocka_unit_test(the_first_read_past_the_end_is_the_fault_and_nothing_is_read_after_it),
        cmocka_unit_test(a_refusal_is_sticky_and_says_where),
        cmocka_unit_test(a_cut_at_every_byte_is_short_at_the_read_that_crosses_it),
        cmocka_unit_test(an_empty_span_without_an_address_reads_as_nothing),
        cmocka_unit_test(a_length_near_the_top_of_size_t_does_not_wrap),
        cmocka_unit_test(a_string_ends_at_its_nul_and_without_one_it_is_refused),
        cmocka_unit_test(a_field_is_cut_at_its_nul_but_read_to_its_end),
        cmocka_unit_test(a_part_ends_where_it_should_and_shares_offsets_and_fault),
        cmocka_unit_test(numbers_are_written_in_both_orders),
        cmocka_unit_test(a_full_writer_writes_nothing_more_even_what_would_fit),
        cmocka_unit_test(text_fields_and_decimal_numbers_are_written),
        cmocka_unit_test(a_patch_changes_only_what_is_already_written),
        cmocka_unit_test(spans_compare_by_content),
        cmocka_unit_test(spans_are_cut_and_trimmed),
        cmocka_unit_test(a_number_is_decimal_whole_and_bounded),
        cmocka_unit_test(a_text_copy_is_cut_ended_and_leaves_nothing_old_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
