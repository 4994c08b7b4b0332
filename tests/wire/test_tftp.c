#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "wire/tftp.h"

/* UDP payloads of a real 7912 and its CallManager 4.x (vectors/callmanager4-7912-register.pcapng).
 * Frame 1, phone to port 69:  0001 RRQ  "SEP001380AD9E5F.cnf.xml" 00  "octet" 00, and no options. */
static const char rrq[] = "\0\1SEP001380AD9E5F.cnf.xml\0octet";
/* Frame 12, server to phone:  0003 DATA  0006 block 6, the last: 63 bytes. */
static const char data[] = "\0\3\0\6Name>CUCM4</processNodeName>\r\n</capf>\r\n</capfList>\r\n</device>\r\n";
/* Frame 3, phone to server:  0004 ACK  0001 block 1. */
static const uint8_t ack[] = {0, 4, 0, 1};
/* Made by hand (the capture has none), RFC 1350, figure 5-4:  0005 ERROR  0001 not found  "File not found" 00. */
static const char error[] = "\0\5\0\1File not found";
/* Made by hand, RFC 2347:  0006 OACK  "blksize" 00 "1428" 00  "tsize" 00 "1228800" 00. */
static const char oack[] = "\0\6blksize\0"
                           "1428\0tsize\0"
                           "1228800";

static const struct packet {
    struct bytes bytes;
    size_t least; /* bytes without which it is refused */
} packets[] = {
    {{(const uint8_t *)rrq, sizeof rrq}, sizeof rrq},
    {{(const uint8_t *)data, sizeof data - 1}, 4},
    {{ack, sizeof ack}, 4},
    {{(const uint8_t *)error, sizeof error}, 4},
    {{(const uint8_t *)oack, sizeof oack}, 2},
};

/* `in` may be freed already when the spans of *out are looked at only by their length. */
static bool decodes(struct tftp *out, struct bytes in, struct fault *why)
{
    uint8_t *exact = malloc(in.len ? in.len : 1); /* of its very size, so that the sanitizer sees each read behind it */
    struct tftp looked;
    struct fault same;
    bool ok;

    assert_non_null(exact);
    if (in.len) memcpy(exact, in.at, in.len);
    ok = tftp_decode(&looked, (struct bytes){exact, in.len}, &same);
    free(exact);
    assert_int_equal(tftp_decode(out, in, why), ok);
    assert_true(why->kind == same.kind && why->at == same.at);
    assert_int_equal(ok, why->kind == FAULT_NONE);
    return ok;
}

static void are(struct bytes b, const char *text)
{
    if (!bytes_are(b, text)) fail_msg("\"%.*s\" is not \"%s\"", (int)b.len, (const char *)b.at, text);
}

static void the_read_request_of_a_7912_has_a_name_a_mode_and_no_options(void **state)
{
    struct tftp t;
    struct fault why;

    (void)state;
    assert_true(decodes(&t, packets[0].bytes, &why));
    assert_int_equal(t.op, TFTP_RRQ);
    are(t.name, "SEP001380AD9E5F.cnf.xml");
    are(t.mode, "octet");
    assert_int_equal(t.options.len, 0);
}

static void data_ack_error_and_oack_are_read(void **state)
{
    struct tftp t;
    struct fault why;

    (void)state;
    assert_true(decodes(&t, packets[1].bytes, &why));
    assert_true(t.op == TFTP_DATA && t.number == 6 && t.data.len == 63);
    assert_true(bytes_begin(t.data, "Name>CUCM4<") && bytes_end(t.data, "</device>\r\n"));
    assert_true(decodes(&t, packets[2].bytes, &why));
    assert_true(t.op == TFTP_ACK && t.number == 1);
    assert_true(decodes(&t, packets[3].bytes, &why));
    assert_true(t.op == TFTP_ERROR && t.number == TFTP_NOT_FOUND);
    are(t.data, "File not found");
    assert_true(decodes(&t, packets[4].bytes, &why));
    assert_true(t.op == TFTP_OACK && t.options.len == sizeof oack - 2);
}

static void what_was_read_is_written_byte_for_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(packets); i++) {
        struct tftp t;
        struct fault why;
        uint8_t room[600];
        struct writer w = writer(room, sizeof room);
        assert_true(decodes(&t, packets[i].bytes, &why));
        write_u8(&w, 0x77);
        tftp_encode(&w, &t);
        struct bytes out = written_from(&w, 1);
        assert_int_equal(out.len, packets[i].bytes.len);
        assert_memory_equal(out.at, packets[i].bytes.at, out.len);
    }
}

static void a_cut_before_what_the_opcode_needs_is_refused_as_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(packets); i++) {
        for (size_t n = 0; n < packets[i].bytes.len; n++) {
            struct tftp t;
            struct fault why;
            bool ok = decodes(&t, (struct bytes){packets[i].bytes.at, n}, &why);
            assert_int_equal(ok, n >= packets[i].least);
            assert_true(ok || (why.kind == FAULT_SHORT && why.at <= n));
        }
    }
}

static void an_unknown_opcode_is_refused_at_byte_0(void **state)
{
    (void)state;
    for (unsigned op = 0; op < 65536; op += op < 8 ? 1 : 257) {
        uint8_t in[] = {(uint8_t)(op >> 8), (uint8_t)op, 0, 0, 0, 0};
        struct tftp t;
        struct fault why;
        bool ok = decodes(&t, (struct bytes){in, sizeof in}, &why);
        assert_int_equal(ok, op >= TFTP_RRQ && op <= TFTP_OACK);
        assert_true(ok || (why.kind == FAULT_VALUE && why.at == 0));
    }
}

static void an_error_without_its_nul_and_an_ack_with_bytes_behind_it_are_taken(void **state)
{
    static const uint8_t padded[46] = {0, 4, 0xff, 0xfe, 9, 9};
    struct tftp t;
    struct fault why;

    (void)state;
    assert_true(decodes(&t, (struct bytes){(const uint8_t *)error, sizeof error - 1}, &why));
    are(t.data, "File not found");
    assert_true(decodes(&t, (struct bytes){(const uint8_t *)"\0\5\0\0no\0rest", 11}, &why));
    are(t.data, "no");
    assert_true(decodes(&t, (struct bytes){padded, sizeof padded}, &why));
    assert_int_equal(t.number, 0xfffe);
}

/* A request as later loads send it: RFC 2348, 2349 and 7440, names in mixed case, and one that nobody knows. */
static const char request[] = "\0\1term61.default.loads\0OCTET\0BlkSize\0"
                              "1428\0tsize\0"
                              "0\0timeout\0"
                              "5\0x-none\0\0windowsize\0"
                              "8";

static void the_options_of_a_request_are_walked_in_their_order(void **state)
{
    static const char *const expected[][2] = {
        {"BlkSize", "1428"}, {"tsize", "0"}, {"timeout", "5"}, {"x-none", ""}, {"windowsize", "8"}};
    struct tftp t;
    struct tftp_option o;
    struct fault why;

    (void)state;
    assert_true(decodes(&t, (struct bytes){(const uint8_t *)request, sizeof request}, &why));
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
        assert_true(tftp_option_next(&t.options, &o));
        are(o.name, expected[i][0]);
        are(o.value, expected[i][1]);
    }
    assert_false(tftp_option_next(&t.options, &o));
    assert_int_equal(t.options.len, 0);
}

static void an_unfinished_pair_ends_the_walk(void **state)
{
    static const char *const garbage = "blksize\0"
                                       "512\0tsize\0"
                                       "77";
    enum { WHOLE = 21, FIRST = 12 };

    (void)state;
    for (size_t n = 0; n <= WHOLE; n++) {
        struct bytes options = {(const uint8_t *)garbage, n};
        struct tftp_option o;
        assert_int_equal(tftp_option_next(&options, &o), n >= FIRST);
        assert_int_equal(tftp_option_next(&options, &o), n >= WHOLE);
        assert_false(tftp_option_next(&options, &o));
        assert_int_equal(options.len, 0);
    }
    struct bytes none = {NULL, 0};
    struct tftp_option o;
    assert_false(tftp_option_next(&none, &o));
    struct bytes nuls = {(const uint8_t *)"\0\0\0", 3}; /* a padded request: an empty pair, then half of one */
    assert_true(tftp_option_next(&nuls, &o));
    assert_true(o.name.len == 0 && o.value.len == 0);
    assert_false(tftp_option_next(&nuls, &o));
}

static bool number(const char *value, uint64_t least, uint64_t most, uint64_t *out)
{
    uint8_t room[64];
    struct writer w = writer(room, sizeof room);

    write_text(&w, "x");
    write_u8(&w, 0);
    write_u8(&w, 0);
    write_text(&w, "BLKSIZE");
    write_u8(&w, 0);
    write_text(&w, value);
    write_u8(&w, 0);
    return tftp_option_number(written(&w), "blksize", least, most, out);
}

static void a_number_counts_only_within_its_bounds(void **state)
{
    static const char *const bad[] = {"",   "7", "65465", "-8", "+8", " 8", "8 ", "0x10", "8k", "18446744073709551616",
                                      "1e3"};
    uint64_t n = 1;

    (void)state;
    assert_true(number("8", 8, TFTP_BLOCK_MOST, &n) && n == 8); /* RFC 2348: 8 to 65464 */
    assert_true(number("65464", 8, TFTP_BLOCK_MOST, &n) && n == 65464);
    assert_true(number("0001428", 8, TFTP_BLOCK_MOST, &n) && n == 1428);
    assert_true(number("18446744073709551615", 0, UINT64_MAX, &n) && n == UINT64_MAX);
    n = 42;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        if (number(bad[i], 8, TFTP_BLOCK_MOST, &n)) fail_msg("\"%s\" was taken as a block size", bad[i]);
        assert_true(n == 42);
    }
}

static void of_an_option_that_came_twice_the_first_counts(void **state)
{
    struct bytes twice = {(const uint8_t *)"timeout\0"
                                           "3\0timeout\0"
                                           "4",
                          20};
    struct bytes bad_first = {(const uint8_t *)"timeout\0"
                                               "0\0timeout\0"
                                               "4",
                              20};
    uint64_t n = 0;

    (void)state;
    assert_true(tftp_option_number(twice, "timeout", 1, 255, &n) && n == 3);
    assert_false(tftp_option_number(bad_first, "timeout", 1, 255, &n));
    assert_false(tftp_option_number(twice, "time", 0, 255, &n));
    assert_false(tftp_option_number((struct bytes){NULL, 0}, "timeout", 0, 255, &n));
}

static void options_are_written_as_text(void **state)
{
    uint8_t room[64], small[8];
    struct writer w = writer(room, sizeof room);
    struct tftp t = {.op = TFTP_OACK};

    (void)state;
    write_tftp_option(&w, "blksize", 1428);
    write_tftp_option(&w, "tsize", 1228800);
    t.options = written(&w);
    uint8_t out[64];
    struct writer packet = writer(out, sizeof out);
    tftp_encode(&packet, &t);
    assert_int_equal(packet.len, sizeof oack);
    assert_memory_equal(out, oack, sizeof oack);
    packet = writer(small, sizeof small);
    tftp_encode(&packet, &t);
    assert_true(packet.full && packet.len <= sizeof small);
}

/* RFC 7440, section 2, figure 1: a read request of blocks of 1,428 bytes in windows of 16; and section 2's bounds: 1 to
 * 65535. RFC 2349: a timeout of 1 to 255 s, a size of any number. */
static void a_request_with_every_option_is_written_and_each_is_read_within_its_bounds(void **state)
{
    static const uint8_t expected[] = "\0\1image\0octet\0blksize\0"
                                      "1428\0tsize\0"
                                      "0\0timeout\0"
                                      "255\0windowsize\0"
                                      "65535";
    uint8_t options[64], room[128];
    struct writer o = writer(options, sizeof options), w = writer(room, sizeof room);
    struct tftp t = {.op = TFTP_RRQ, .name = bytes_of("image"), .mode = bytes_of("octet")};
    struct fault why;
    uint64_t n;

    (void)state;
    write_tftp_option(&o, "blksize", 1428);
    write_tftp_option(&o, "tsize", 0);
    write_tftp_option(&o, "timeout", 255);
    write_tftp_option(&o, "windowsize", 65535);
    t.options = written(&o);
    tftp_encode(&w, &t);
    assert_int_equal(w.len, sizeof expected);
    assert_memory_equal(room, expected, sizeof expected);
    assert_true(tftp_decode(&t, written(&w), &why));
    assert_true(tftp_option_number(t.options, "blksize", 8, TFTP_BLOCK_MOST, &n) && n == 1428);
    assert_true(tftp_option_number(t.options, "tsize", 0, UINT64_MAX, &n) && n == 0);
    assert_true(tftp_option_number(t.options, "timeout", 1, 255, &n) && n == 255);
    assert_true(tftp_option_number(t.options, "windowsize", 1, 65535, &n) && n == 65535);
    assert_false(tftp_option_number(t.options, "windowsize", 1, 65534, &n));
    assert_false(tftp_option_number(t.options, "tsize", 1, UINT64_MAX, &n));
}

/* Behind block 65535 comes block 0 (which of the two ways a peer goes, 0 or 1, is the engine's to see). */
static void a_block_number_has_16_bits_and_may_be_0(void **state)
{
    static const uint16_t numbers[] = {0, 1, 65535};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        for (int op = TFTP_DATA; op <= TFTP_ACK; op++) {
            struct tftp t = {.op = (enum tftp_op)op, .number = numbers[i]}, again;
            struct fault why;
            uint8_t room[8];
            struct writer w = writer(room, sizeof room);
            tftp_encode(&w, &t);
            assert_int_equal(w.len, 4);
            assert_true(tftp_decode(&again, written(&w), &why) && again.number == numbers[i] && again.data.len == 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_read_request_of_a_7912_has_a_name_a_mode_and_no_options),
        cmocka_unit_test(data_ack_error_and_oack_are_read),
        cmocka_unit_test(what_was_read_is_written_byte_for_byte),
        cmocka_unit_test(a_cut_before_what_the_opcode_needs_is_refused_as_short),
        cmocka_unit_test(an_unknown_opcode_is_refused_at_byte_0),
        cmocka_unit_test(an_error_without_its_nul_and_an_ack_with_bytes_behind_it_are_taken),
        cmocka_unit_test(the_options_of_a_request_are_walked_in_their_order),
        cmocka_unit_test(an_unfinished_pair_ends_the_walk),
        cmocka_unit_test(a_number_counts_only_within_its_bounds),
        cmocka_unit_test(of_an_option_that_came_twice_the_first_counts),
        cmocka_unit_test(options_are_written_as_text),
        cmocka_unit_test(a_request_with_every_option_is_written_and_each_is_read_within_its_bounds),
        cmocka_unit_test(a_block_number_has_16_bits_and_may_be_0),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
