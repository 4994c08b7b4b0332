#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/text.h"

static void becomes(const char *utf8, const char *latin1)
{
    char to[64] = "";
    struct writer w = writer(to, sizeof to - 1);

    text_to_latin1(&w, bytes_of(utf8));
    to[w.len] = '\0';
    assert_string_equal(to, latin1);
}

static void what_iso_8859_1_has_becomes_one_byte_and_all_else_a_question_mark(void **state)
{
    (void)state;
    becomes("Front desk", "Front desk");
    becomes("K\xc3\xbc"
            "che",
            "K\xfc"
            "che");
    becomes("\xc2\x80\xc2\xa0\xc3\xbf", "\x80\xa0\xff");
    becomes("\xc4\x80|\xe2\x82\xac|\xf0\x9f\x98\x80", "?|?|?"); /* U+0100, the euro sign, U+1F600 */
    becomes("", "");
}

/* Each gives one mark for the longest part that could have begun a character (Unicode 3.9). */
static void malformed_utf_8_becomes_question_marks_and_what_follows_is_read(void **state)
{
    (void)state;
    becomes("a\xfc"
            "b",
            "a?b");
    becomes("\x80x", "?x");
    becomes("\xc3", "?");
    becomes("\xe2\x82x", "?x");
    becomes("\xe2\x82", "?");
    becomes("\xc0\xaf", "??");           /* overlong */
    becomes("\xe0\x80\xaf", "???");      /* overlong */
    becomes("\xed\xa0\x80", "???");      /* a surrogate */
    becomes("\xf4\x90\x80\x80", "????"); /* beyond U+10FFFF */
    becomes("\xff\xc3\xbc", "?\xfc");
}

static void every_byte_of_iso_8859_1_comes_back(void **state)
{
    uint8_t all[256], there[512], back[256];
    struct writer w = writer(there, sizeof there), b = writer(back, sizeof back);

    (void)state;
    for (unsigned i = 0; i < 256; i++) all[i] = (uint8_t)i;
    text_from_latin1(&w, (struct bytes){all, sizeof all});
    assert_int_equal(w.len, 128 + 2 * 128);
    text_to_latin1(&b, written(&w));
    assert_false(b.full);
    assert_int_equal(b.len, 256);
    assert_memory_equal(back, all, sizeof all);
}

static void a_character_that_does_not_fit_is_not_halved(void **state)
{
    uint8_t to[4];
    struct writer w = writer(to, sizeof to);

    (void)state;
    text_from_latin1(&w, bytes_of("abc\xfc"));
    assert_true(w.full);
    assert_int_equal(w.len, 3);
}

/* Every first and second byte, with two behind: never more bytes than came, never less than one for four. */
static void no_beginning_makes_more_of_a_text_than_it_was(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 65536; i++) {
        uint8_t in[4] = {(uint8_t)(i >> 8), (uint8_t)i, 0x80, 0x80}, to[4];
        for (size_t len = 0; len <= sizeof in; len++) {
            struct writer w = writer(to, sizeof to);
            text_to_latin1(&w, (struct bytes){in, len});
            assert_false(w.full);
            assert_true(w.len * 4 >= len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_iso_8859_1_has_becomes_one_byte_and_all_else_a_question_mark),
        cmocka_unit_test(malformed_utf_8_becomes_question_marks_and_what_follows_is_read),
        cmocka_unit_test(every_byte_of_iso_8859_1_comes_back),
        cmocka_unit_test(a_character_that_does_not_fit_is_not_halved),
        cmocka_unit_test(no_beginning_makes_more_of_a_text_than_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
