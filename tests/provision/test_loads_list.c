/* The list <load>.loads, and the signed header before a vendor's files. The lists are the forms that real ones have;
 * the names and the header are made here: no file of a vendor is in this project. */
#include "harness.h"
#include "provision/load.h"

static struct fault why;

static void assert_names(const char *text, size_t n, const char *const names[])
{
    struct bytes rest = bytes_of(text), name;

    for (size_t i = 0; i < n; i++) {
        assert_true(loads_next(&rest, &name));
        assert_text(name, names[i]);
    }
    assert_false(loads_next(&rest, &name));
}
#define NAMES(text, ...)                                                                                               \
    assert_names(text, sizeof(const char *[]){__VA_ARGS__} / sizeof(char *), (const char *[]){__VA_ARGS__})

static void the_list_of_a_79x1_names_five_files_in_order(void **state)
{
    (void)state;
    NAMES("# comment\r\n#HARDWARE_COMP_1 5\r\njar41sccp.9-4-2.sbn\r\ncnu41.9-4-2.sbn\r\napps41.9-4-2.sbn "
          "\r\ndsp41.9-4-2.sbn\t\r\n"
          "cvm41sccp.9-4-2.sbn",
          "jar41sccp.9-4-2.sbn", "cnu41.9-4-2.sbn", "apps41.9-4-2.sbn", "dsp41.9-4-2.sbn", "cvm41sccp.9-4-2.sbn");
}

static void a_line_with_an_equals_sign_names_no_file(void **state)
{
    (void)state;
    NAMES("P0030801SR02.sbn\nP0030801SR02.sb2\nLA_VERSION=PAS30831\n", "P0030801SR02.sbn", "P0030801SR02.sb2");
}

static void a_wireless_phones_list_has_size_and_digest_behind_the_name(void **state)
{
    (void)state;
    NAMES("#? HW_REV 0-4.*\n#? SW_CAP 1\nTNUX-1.SBN 123456 00112233445566778899aabbccddeeff\n#+ OPTIONAL.SBN 1 "
          "2\nSYS-1.SBN 7 x\n",
          "TNUX-1.SBN", "SYS-1.SBN");
}

static void the_size_and_the_digest_of_a_part_are_taken_where_they_are_such(void **state)
{
    struct bytes rest =
        TEXT("A.SBN 123456 00112233445566778899AABBCCDDEEFF\r\n#+ B.SBN 1 2\n#+\n#+ \n# + no\nC.SBN\t7\n"
             "D.SBN 99999999999999999999 x\nE.SBN 00112233445566778899aabbccddeeff\n");
    struct loads_part p;
    static const char *const names[] = {"A.SBN", "B.SBN", "C.SBN", "D.SBN", "E.SBN"};
    static const uint64_t sizes[] = {123456, 1, 7, 0, 0};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_true(loads_next_part(&rest, &p));
        assert_text(p.name, names[i]);
        assert_int_equal(p.size, sizes[i]);
        assert_int_equal(p.optional, i == 1);
        assert_int_equal(p.has_md5, i == 0);
        if (i == 0) assert_int_equal(p.md5.byte[15], 0xff);
    }
    assert_false(loads_next_part(&rest, &p));
}

static void an_empty_list_names_nothing(void **state)
{
    (void)state;
    struct bytes rest = TEXT("\r\n \n#\n"), name;

    assert_false(loads_next(&rest, &name));
    assert_int_equal(rest.len, 0);
    rest = (struct bytes){NULL, 0};
    assert_false(loads_next(&rest, &name));
}

static void our_own_list_names_one_bin(void **state)
{
    (void)state;
    char to[256] = {0};
    struct writer w = writer(to, sizeof to - 1);

    loads_write(&w, bytes_of("P0030801SR02"));
    NAMES(to, "P0030801SR02.bin");
}

/* The header as it is described: 01 0002 0102 version, 02 0002 total length, 03 signer { 04 subject, 05 serial, 06
 * issuer }, 07 signature information { 08 digest 1, 09 algorithm { 0a 0, 0b 2 } }, 0c 0100 signature, 0e file name, 0d
 * padding. */
static size_t header(uint8_t *to, size_t size, unsigned padding)
{
    struct writer w = writer(to, size);

    write_bytes(&w, TEXT("\x01\x00\x02\x01\x02\x02\x00\x02\x00\x00"));
    write_bytes(&w, TEXT("\x03\x00\x23\x04\x00\x09"
                         "CN=Maker\0"
                         "\x05\x00\x08\1\2\3\4\5\6\7\x08\x06\x00\x09"
                         "CN=Maker\0"));
    write_bytes(&w, TEXT("\x07\x00\x0f\x08\x00\x01\x01\x09\x00\x08\x0a\x00\x01\x00\x0b\x00\x01\x02"));
    write_bytes(&w, TEXT("\x0c\x01\x00"));
    for (size_t i = 0; i < 256; i++) write_u8(&w, (uint8_t)i);
    write_bytes(&w, TEXT("\x0e\x00\x13"
                         "P0030801SR02.loads\0"));
    for (unsigned i = 0; i < padding; i++) write_u8(&w, 0x0d);
    patch_be16(&w, 8, (uint16_t)w.len);
    assert_false(w.full);
    return w.len;
}

static void a_signed_header_gives_its_length_and_the_file_name(void **state)
{
    (void)state;
    uint8_t file[1024];
    struct bytes name;

    for (unsigned padding = 0; padding < 4; padding++) {
        size_t n = header(file, sizeof file, padding);
        memcpy(file + n, "P0030801SR02.sbn\r\n", 18);
        assert_int_equal(load_foreign((struct bytes){file, n + 18}, &name, &why), n);
        assert_int_equal(why.kind, FAULT_NONE);
        assert_text(name, "P0030801SR02.loads");
        struct bytes text = bytes_from((struct bytes){file, n + 18}, n);
        assert_true(loads_next(&text, &name));
        assert_text(name, "P0030801SR02.sbn");
    }
}

static void a_header_cut_at_any_byte_is_refused(void **state)
{
    (void)state;
    uint8_t file[1024];
    struct bytes name;
    size_t whole = header(file, sizeof file, 3);

    for (size_t n = 0; n < whole; n++) {
        assert_int_equal(load_foreign((struct bytes){file, n}, &name, &why), 0);
        if (n >= 5) assert_int_equal(why.kind, FAULT_SHORT); /* before that it is not known to be a header */
        assert_true(why.at <= n);
    }
}

static void a_file_without_header_is_no_fault(void **state)
{
    (void)state;
    struct bytes name;

    assert_int_equal(load_foreign(TEXT("P0030801SR02.sbn\r\n"), &name, &why), 0);
    assert_int_equal(why.kind, FAULT_NONE);
    assert_int_equal(load_foreign(TEXT(""), &name, &why), 0);
    assert_int_equal(why.kind, FAULT_NONE);
    assert_int_equal(load_foreign(TEXT("\1\0\2\1\3\2\0\2\0\x0a"), &name, &why), 0); /* version 0103 */
    assert_int_equal(why.kind, FAULT_NONE);
}

static void a_header_that_contradicts_itself_is_refused(void **state)
{
    (void)state;
    uint8_t file[1024];
    struct bytes name;
    size_t n = header(file, sizeof file, 0);

    patch_be16(&(struct writer){.start = file, .len = n, .size = n}, 8, 9); /* shorter than its own first two values */
    assert_int_equal(load_foreign((struct bytes){file, n}, &name, &why), 0);
    assert_int_equal(why.kind, FAULT_VALUE);
    n = header(file, sizeof file, 0);
    file[n - 1] = 'x'; /* the name without its NUL */
    assert_int_equal(load_foreign((struct bytes){file, n}, &name, &why), 0);
    assert_int_equal(why.kind, FAULT_VALUE);
    n = header(file, sizeof file, 1);
    file[n - 1] = 0x10; /* no such tag */
    assert_int_equal(load_foreign((struct bytes){file, n}, &name, &why), 0);
    assert_int_equal(why.kind, FAULT_VALUE);
    assert_int_equal(load_foreign(TEXT("\1\0\2\1\2\2\0\2\0\x0a"), &name, &why), 0); /* no signature, no name */
    assert_int_equal(why.kind, FAULT_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_of_a_79x1_names_five_files_in_order),
        cmocka_unit_test(a_line_with_an_equals_sign_names_no_file),
        cmocka_unit_test(a_wireless_phones_list_has_size_and_digest_behind_the_name),
        cmocka_unit_test(the_size_and_the_digest_of_a_part_are_taken_where_they_are_such),
        cmocka_unit_test(an_empty_list_names_nothing),
        cmocka_unit_test(our_own_list_names_one_bin),
        cmocka_unit_test(a_signed_header_gives_its_length_and_the_file_name),
        cmocka_unit_test(a_header_cut_at_any_byte_is_refused),
        cmocka_unit_test(a_file_without_header_is_no_fault),
        cmocka_unit_test(a_header_that_contradicts_itself_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
