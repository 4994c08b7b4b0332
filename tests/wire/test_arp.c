#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "wire/arp.h"

/* "Who has 10.0.0.1? Tell 10.0.0.21" (RFC 826), with the first four bytes of padding.
 *   0001 Ethernet   0800 IPv4   06 04 lengths of the addresses   0001 request
 *   020000000001 of sender   0a000015 10.0.0.21   000000000000 not known   0a000001 10.0.0.1   00000000 padding */
static const uint8_t request[] = {0, 1,  8, 0, 6, 4, 0, 1, 2,  0, 0, 0, 0, 1, 10, 0,
                                  0, 21, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1, 0, 0, 0,  0};

enum { SIZE = 28 };

static bool decodes(const uint8_t *at, size_t n, struct arp *a, struct fault *why)
{
    uint8_t *exact = malloc(n ? n : 1); /* of its very size, so that the sanitizer sees each read behind it */
    bool ok;

    if (n) memcpy(exact, at, n);
    ok = arp_decode(a, (struct bytes){exact, n}, why);
    free(exact);
    assert_int_equal(ok, why->kind == FAULT_NONE);
    return ok;
}

static void a_request_is_read_and_padding_behind_it_ignored(void **state)
{
    struct arp a;
    struct fault why;

    (void)state;
    assert_true(decodes(request, sizeof request, &a, &why));
    assert_int_equal(a.op, ARP_REQUEST);
    assert_true(mac_number(a.sender_mac) == 0x020000000001 && mac_is_none(a.target_mac));
    assert_int_equal(a.sender, IPV4(10, 0, 0, 21));
    assert_int_equal(a.target, IPV4(10, 0, 0, 1));
}

static void what_was_read_is_written_byte_for_byte(void **state)
{
    struct arp a;
    struct fault why;
    uint8_t room[40];
    struct writer w = writer(room, sizeof room);

    (void)state;
    assert_true(decodes(request, SIZE, &a, &why));
    write_u8(&w, 0x77);
    arp_encode(&w, &a);
    assert_int_equal(w.len, 1 + SIZE);
    assert_memory_equal(room + 1, request, SIZE);
}

static void a_reply_and_a_probe_survive_the_round_trip(void **state)
{
    static const struct arp both[] = {
        {ARP_REPLY, {{2, 0, 0, 0, 0, 1}}, {{2, 0, 0, 0, 0, 2}}, IPV4(10, 0, 0, 1), IPV4(10, 0, 0, 21)},
        {ARP_REQUEST, {{2, 0, 0, 0, 0, 3}}, {{0}}, 0, IPV4(192, 168, 255, 254)}, /* RFC 5227, 1.1: sender 0 */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(both); i++) {
        struct arp got;
        struct fault why;
        uint8_t room[SIZE];
        struct writer w = writer(room, sizeof room);
        arp_encode(&w, &both[i]);
        assert_false(w.full);
        assert_true(decodes(room, sizeof room, &got, &why));
        assert_true(got.op == both[i].op && got.sender == both[i].sender && got.target == both[i].target);
        assert_true(mac_equal(got.sender_mac, both[i].sender_mac) && mac_equal(got.target_mac, both[i].target_mac));
    }
}

static void a_cut_at_every_byte_is_refused_as_short(void **state)
{
    (void)state;
    for (size_t n = 0; n < SIZE; n++) {
        struct arp a;
        struct fault why;
        assert_false(decodes(request, n, &a, &why));
        assert_int_equal(why.kind, FAULT_SHORT);
        assert_true(why.at <= n);
    }
}

static void other_types_lengths_and_operations_are_refused(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
    } wrong[] = {{0, 1}, {1, 6}, {2, 0x86}, {3, 6}, {4, 8}, {5, 16}, {6, 1}, {7, 0}, {7, 3}, {7, 4}, {7, 8}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        uint8_t bad[sizeof request];
        struct arp a;
        struct fault why;
        memcpy(bad, request, sizeof bad);
        bad[wrong[i].at] = wrong[i].value;
        assert_false(decodes(bad, sizeof bad, &a, &why));
        assert_int_equal(why.kind, FAULT_VALUE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read_and_padding_behind_it_ignored),
        cmocka_unit_test(what_was_read_is_written_byte_for_byte),
        cmocka_unit_test(a_reply_and_a_probe_survive_the_round_trip),
        cmocka_unit_test(a_cut_at_every_byte_is_refused_as_short),
        cmocka_unit_test(other_types_lengths_and_operations_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
