#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "wire/dns.h"

#define TEST(name) cmocka_unit_test(name)

/* Made by hand after RFC 1035, 4.1.
 *   1234 id   0100 recursion desired   0001 question, 0000 answers, 0000, 0000
 *   4 "tftp" 7 "example" 3 "com" 0   0001 A   0001 IN */
static const char question[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0"
                               "\4tftp\7example\3com\0\0\1\0\1";
/* The answer: 8180, the question again, then an alias (type 5) to a name that is compressed in its middle, and the A
 * record of that name, 300 s, 10.0.0.66. */
static const char answer[] = "\x12\x34\x81\x80\0\1\0\2\0\0\0\0"
                             "\4tftp\7example\3com\0\0\1\0\1"
                             "\xc0\x0c\0\5\0\1\0\0\1\x2c\0\5\2s1\xc0\x11"
                             "\xc0\x2e\0\1\0\1\0\0\1\x2c\0\4\x0a\0\0\x42";
#define BYTES(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})

/* From a copy of its very size, so that the sanitizer sees each read behind it. */
static bool decodes(struct dns_answer *out, struct bytes in, struct fault *why)
{
    uint8_t *exact = malloc(in.len ? in.len : 1);

    assert_non_null(exact);
    if (in.len) memcpy(exact, in.at, in.len);
    bool ok = dns_answer_decode(out, (struct bytes){exact, in.len}, why);
    free(exact);
    assert_int_equal(ok, why->kind == FAULT_NONE);
    assert_true(ok || (why->at <= in.len && why->what));
    return ok;
}

static void a_question_asks_for_the_address_of_a_name(void **state)
{
    static const char *const same[] = {"tftp.example.com", "tftp.example.com."};
    uint8_t bytes[300];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(same); i++) {
        struct writer w = writer(bytes, sizeof bytes);
        dns_question_encode(&w, 0x1234, bytes_of(same[i]));
        assert_int_equal(w.len, sizeof question - 1);
        assert_memory_equal(bytes, question, sizeof question - 1);
    }
}

static void what_is_no_name_is_not_asked_for(void **state)
{
    char long_label[65], long_name[260];
    uint8_t bytes[300];
    struct writer w = writer(bytes, sizeof bytes);
    const char *none[] = {"", ".", "a..b", ".a", "a..", "a b", "a/b", "10.0.0.66", "\xff", long_label, long_name};

    (void)state;
    memset(long_label, 'a', 64);
    long_label[64] = '\0';
    for (size_t i = 0; i < 254; i++) long_name[i] = i % 2 ? '.' : 'a';
    memcpy(long_name + 252, "aa", 3);
    for (size_t i = 0; i < ARRAY_LENGTH(none); i++) {
        assert_false(dns_name(bytes_of(none[i])));
        dns_question_encode(&w, 1, bytes_of(none[i]));
    }
    assert_int_equal(w.len, 0);
    assert_false(dns_name((struct bytes){(const uint8_t *)"a\0b", 3}));
    long_label[63] = '\0';
    long_name[253] = '\0';
    assert_true(dns_name(bytes_of(long_label)) && dns_name(bytes_of(long_name)) && dns_name(bytes_of("cm_1-b")));
    dns_question_encode(&w, 1, bytes_of(long_name));
    assert_int_equal(w.len, 12 + 255 + 4); /* the most: RFC 1035, 2.3.4 */
}

static void behind_an_alias_stands_the_address(void **state)
{
    struct dns_answer a;
    struct fault why;

    (void)state;
    assert_true(decodes(&a, BYTES(answer), &why));
    assert_true(a.id == 0x1234 && a.code == DNS_NO_ERROR && a.address == IPV4(10, 0, 0, 66));
    for (size_t n = 0; n < sizeof answer - 1; n++) {
        assert_false(decodes(&a, (struct bytes){(const uint8_t *)answer, n}, &why));
        assert_int_equal(why.kind, FAULT_SHORT);
    }
}

static void a_name_that_there_is_not_has_no_address(void **state)
{
    struct dns_answer a;
    struct fault why;

    (void)state;
    assert_true(decodes(&a, BYTES("\0\7\x81\x83\0\1\0\0\0\0\0\0\4none\0\0\1\0\1"), &why));
    assert_true(a.id == 7 && a.code == DNS_NO_SUCH_NAME && a.address == 0);
    /* IPv6 alone (type 28), and an address of another class */
    assert_true(decodes(&a,
                        BYTES("\0\7\x81\x80\0\0\0\2\0\0\0\0"
                              "\0\0\x1c\0\1\0\0\0\0\0\x10"
                              "0123456789abcdef"
                              "\0\0\1\0\3\0\0\0\0\0\4\1\2\3\4"),
                        &why));
    assert_int_equal(a.address, 0);
}

static void what_is_no_answer_is_refused_at_its_byte(void **state)
{
    struct dns_answer a;
    struct fault why;

    (void)state;
    assert_false(decodes(&a, BYTES(question), &why));
    assert_true(why.kind == FAULT_VALUE && why.at == 2);
    assert_false(decodes(&a, BYTES("\0\1\x81\x80\0\1\0\1\0\0\0\0\x80xxxxxxxxx"), &why));
    assert_true(why.kind == FAULT_VALUE && why.at == 12);
    assert_false(decodes(&a, BYTES("\0\1\x81\x80\xff\xff\xff\xff\0\0\0\0"), &why)); /* it claims 65,535 of each */
    assert_true(why.kind == FAULT_SHORT && why.at == 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_question_asks_for_the_address_of_a_name), TEST(what_is_no_name_is_not_asked_for),
        TEST(behind_an_alias_stands_the_address),        TEST(a_name_that_there_is_not_has_no_address),
        TEST(what_is_no_answer_is_refused_at_its_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
