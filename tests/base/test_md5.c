#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/md5.h"

static void assert_md5(struct bytes b, const char *hex)
{
    char text[MD5_TEXT];
    struct md5_counting m = md5_begin();

    md5_add(&m, b);
    struct md5 is = md5_end(&m);
    assert_string_equal(md5_text(text, &is), hex);
}

/* RFC 1321, A.5. */
static void the_examples_of_rfc_1321(void **state)
{
    (void)state;
    assert_md5(bytes_of(""), "d41d8cd98f00b204e9800998ecf8427e");
    assert_md5(bytes_of(NULL), "d41d8cd98f00b204e9800998ecf8427e");
    assert_md5(bytes_of("a"), "0cc175b9c0f1b6a831c399e269772661");
    assert_md5(bytes_of("abc"), "900150983cd24fb0d6963f7d28e17f72");
    assert_md5(bytes_of("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
    assert_md5(bytes_of("abcdefghijklmnopqrstuvwxyz"), "c3fcd3d76192e4007dfb496cca67e13b");
    assert_md5(bytes_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
               "d174ab98d277d9f5a5611c2c9f419d9f");
    assert_md5(bytes_of("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
               "57edf4a22be3c955ac49da2e2107b67a");
}

static void pieces_of_any_size_give_the_same(void **state)
{
    static uint8_t bytes[1000];
    struct md5_counting whole = md5_begin();
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 7);
    md5_add(&whole, (struct bytes){bytes, sizeof bytes});
    struct md5 is = md5_end(&whole);
    for (size_t piece = 1; piece < 200; piece++) {
        struct md5_counting m = md5_begin();
        for (size_t at = 0; at < sizeof bytes; at += piece)
            md5_add(&m, (struct bytes){bytes + at, sizeof bytes - at < piece ? sizeof bytes - at : piece});
        struct md5 same = md5_end(&m);
        assert_true(md5_equal(&is, &same));
    }
}

static void only_32_hex_digits_are_one(void **state)
{
    struct md5 m = {{9}}, same;
    char text[MD5_TEXT];
    (void)state;
    assert_false(md5_parse(bytes_of(""), &m));
    assert_false(md5_parse(bytes_of(NULL), &m));
    assert_false(md5_parse(bytes_of("0"), &m));
    assert_false(md5_parse(bytes_of("00112233445566778899aabbccddeef"), &m));
    assert_false(md5_parse(bytes_of("00112233445566778899aabbccddeefff"), &m));
    assert_false(md5_parse(bytes_of("00112233445566778899aabbccddeefg"), &m));
    assert_int_equal(m.byte[0], 9); /* nothing was changed */
    assert_true(md5_parse(bytes_of("00112233445566778899AabBccDdeeff"), &m));
    assert_string_equal(md5_text(text, &m), "00112233445566778899aabbccddeeff");
    assert_true(md5_parse(bytes_of(text), &same));
    assert_true(md5_equal(&m, &same));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_rfc_1321),
        cmocka_unit_test(pieces_of_any_size_give_the_same),
        cmocka_unit_test(only_32_hex_digits_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
