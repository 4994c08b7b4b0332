#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "base/digest.h"

static void assert_digest(struct digest d, const char *hex)
{
    char text[2 * DIGEST_SIZE + 1] = "";

    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        text[2 * i] = "0123456789abcdef"[d.byte[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[d.byte[i] & 15];
    }
    assert_string_equal(text, hex);
}

/* NIST, "Examples with intermediate values" for FIPS 180-4, SHA-256, and the empty message of its short vectors. */
static void the_examples_of_nist(void **state)
{
    (void)state;
    assert_digest(digest_of(bytes_of("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest(digest_of(bytes_of(NULL)), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest(digest_of(bytes_of("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest(digest_of(bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_digest(digest_of(bytes_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                                     "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu")),
                  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

static void a_million_times_a_in_pieces_of_every_size(void **state)
{
    static uint8_t as[1000];
    struct digesting d = digest_begin();
    size_t left = 1000000;

    (void)state;
    memset(as, 'a', sizeof as);
    for (size_t n = 1; left > 0; n = n % sizeof as + 1) {
        size_t piece = n < left ? n : left;
        digest_add(&d, (struct bytes){as, piece});
        left -= piece;
    }
    assert_digest(digest_end(&d), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* The padding takes one block or two, by the length: each length around the border, cut in two at each byte. */
static void it_does_not_matter_where_the_message_is_cut(void **state)
{
    uint8_t message[130];

    (void)state;
    for (size_t i = 0; i < sizeof message; i++) message[i] = (uint8_t)(7 * i);
    for (size_t n = 0; n <= sizeof message; n++) {
        struct digest whole = digest_of((struct bytes){message, n});
        for (size_t cut = 0; cut <= n; cut++) {
            struct digesting d = digest_begin();
            digest_add(&d, (struct bytes){message, cut});
            digest_add(&d, (struct bytes){message + cut, n - cut});
            struct digest parts = digest_end(&d);
            assert_true(digest_equal(&whole, &parts));
        }
    }
}

/* As many times `a` as fill a block, or leave one byte too few for the length beside the padding. From coreutils'
 * sha256sum. */
static void lengths_at_the_border_of_a_block(void **state)
{
    static const struct {
        size_t n;
        const char *hex;
    } each[] = {
        {55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
        {56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
        {63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
        {64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
        {119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"},
        {120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c"},
    };
    uint8_t as[128];

    (void)state;
    memset(as, 'a', sizeof as);
    for (size_t i = 0; i < ARRAY_LENGTH(each); i++)
        assert_digest(digest_of((struct bytes){as, each[i].n}), each[i].hex);
}

static void a_single_bit_makes_another_digest(void **state)
{
    struct digest a = digest_of(bytes_of("load")), b = a;

    (void)state;
    assert_true(digest_equal(&a, &b));
    for (size_t bit = 0; bit < 8 * DIGEST_SIZE; bit++) {
        b = a;
        b.byte[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(digest_equal(&a, &b));
    }
    b = digest_of(bytes_of("loae"));
    assert_false(digest_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_nist),
        cmocka_unit_test(a_million_times_a_in_pieces_of_every_size),
        cmocka_unit_test(it_does_not_matter_where_the_message_is_cut),
        cmocka_unit_test(lengths_at_the_border_of_a_block),
        cmocka_unit_test(a_single_bit_makes_another_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
