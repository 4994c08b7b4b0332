#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "wire/icmp.h"

/* An echo request of Windows' ping (RFC 792).
 *   08 echo   00 code   4d5a checksum   0001 identifier   0001 sequence   "abcdefghijklmnopqrstuvwabcdefghi"
 * The checksum is well known from such captures: 0x4d5a for sequence 1, one less for each sequence after it. */
static const uint8_t echo[] = "\x08\x00\x4d\x5a\x00\x01\x00\x01"
                              "abcdefghijklmnopqrstuvwabcdefghi";

enum { SIZE = sizeof echo - 1 };

static bool decodes(const uint8_t *at, size_t n, struct icmp *i, struct fault *why)
{
    uint8_t *exact = malloc(n ? n : 1); /* of its very size, so that the sanitizer sees each read behind it */
    bool ok;

    if (n) memcpy(exact, at, n);
    ok = icmp_decode(i, (struct bytes){exact, n}, why);
    if (ok) i->data.at = at + (i->data.at - exact);
    free(exact);
    assert_int_equal(ok, why->kind == FAULT_NONE);
    return ok;
}

static void an_echo_request_is_read(void **state)
{
    struct icmp i;
    struct fault why;

    (void)state;
    assert_true(decodes(echo, SIZE, &i, &why));
    assert_true(i.type == ICMP_ECHO && i.code == 0 && i.id == 1 && i.sequence == 1);
    assert_true(bytes_are(i.data, "abcdefghijklmnopqrstuvwabcdefghi"));
}

static void the_reply_differs_in_type_and_checksum_alone(void **state)
{
    struct icmp i;
    struct fault why;
    uint8_t room[SIZE + 3];
    struct writer w = writer(room, sizeof room);

    (void)state;
    assert_true(decodes(echo, SIZE, &i, &why));
    i.type = ICMP_ECHO_REPLY;
    write_text(&w, "xyz"); /* an encoder counts from where the writer stands, an odd place too */
    icmp_encode(&w, &i);
    assert_false(w.full);
    assert_memory_equal(room + 3, "\x00\x00\x55\x5a", 4); /* 0800 less in the sum: 0800 more in its complement */
    assert_memory_equal(room + 7, echo + 4, SIZE - 4);
}

static void data_of_any_length_odd_or_even_survives_the_round_trip(void **state)
{
    uint8_t data[65], room[80];

    (void)state;
    for (size_t n = 0; n < sizeof data; n++) data[n] = (uint8_t)(255 - n);
    for (size_t n = 0; n <= sizeof data; n++) {
        struct icmp i = {.type = ICMP_ECHO, .id = 0xffff, .sequence = (uint16_t)n, .data = {data, n}}, got;
        struct fault why;
        struct writer w = writer(room, sizeof room);
        icmp_encode(&w, &i);
        assert_int_equal(w.len, 8 + n);
        assert_true(decodes(room, w.len, &got, &why));
        assert_true(got.id == 0xffff && got.sequence == n && bytes_equal(got.data, i.data));
    }
}

static void other_types_come_with_their_code_both_halves_and_the_rest(void **state)
{
    struct icmp i = {.type = ICMP_UNREACHABLE, .code = 4, .id = 0, .sequence = 1400, .data = {echo, 28}}, got;
    struct fault why;
    uint8_t room[64];
    struct writer w = writer(room, sizeof room);

    (void)state;
    icmp_encode(&w, &i); /* RFC 1191, 4: fragmentation needed, the next hop takes 1400 bytes */
    assert_true(decodes(room, w.len, &got, &why));
    assert_true(got.type == ICMP_UNREACHABLE && got.code == 4 && got.sequence == 1400 && got.data.len == 28);
}

static void fewer_than_8_bytes_are_short_and_a_cut_anywhere_else_fails_the_checksum(void **state)
{
    struct icmp i;
    struct fault why;

    (void)state;
    for (size_t n = 0; n < SIZE; n++) {
        assert_false(decodes(echo, n, &i, &why));
        assert_int_equal(why.kind, n < 8 ? FAULT_SHORT : FAULT_CHECK);
    }
}

static void each_flipped_bit_fails_the_checksum(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < SIZE * 8; bit++) {
        uint8_t bad[SIZE];
        struct icmp i;
        struct fault why;
        memcpy(bad, echo, SIZE);
        bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(decodes(bad, SIZE, &i, &why));
        assert_int_equal(why.kind, FAULT_CHECK);
        assert_int_equal(why.at, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_echo_request_is_read),
        cmocka_unit_test(the_reply_differs_in_type_and_checksum_alone),
        cmocka_unit_test(data_of_any_length_odd_or_even_survives_the_round_trip),
        cmocka_unit_test(other_types_come_with_their_code_both_halves_and_the_rest),
        cmocka_unit_test(fewer_than_8_bytes_are_short_and_a_cut_anywhere_else_fails_the_checksum),
        cmocka_unit_test(each_flipped_bit_fails_the_checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
