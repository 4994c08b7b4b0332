#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "wire/rtp.h"

/* The header of RFC 3550, 5.1, a packet of G.711 u-law:
 *   80        version 2, no padding, no extension, no CSRC
 *   80        marker, payload type 0 (RFC 3551, 6: PCMU)
 *   12 34     sequence number
 *   00 01 00 a0  timestamp
 *   de ad be ef  SSRC
 *   then the voice */
static const uint8_t pcmu[] = "\x80\x80\x12\x34\x00\x01\x00\xa0\xde\xad\xbe\xef"
                              "\x1e\x0b\x0b\x1e\x9e\x8b\x8b\x9e";
enum { SIZE = sizeof pcmu - 1 };

/* The same with all that a header may have besides:
 *   b2        version 2, padding, extension, two CSRC
 *   08        payload type 8 (PCMA)
 *   00 01  00 00 00 02  00 00 00 03
 *   00 00 00 0a  00 00 00 0b    CSRC
 *   be de 00 01  10 ff 00 00    extension of one word (RFC 8285)
 *   55 55        the voice
 *   00 00 03     three bytes of padding */
static const uint8_t full[] = "\xb2\x08\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03"
                              "\x00\x00\x00\x0a\x00\x00\x00\x0b\xbe\xde\x00\x01\x10\xff\x00\x00\x55\x55\x00\x00\x03";
enum { FULL = sizeof full - 1 };

static bool decodes(const uint8_t *at, size_t n, struct rtp *p, struct fault *why)
{
    uint8_t *exact = malloc(n ? n : 1); /* of its very size, so that the sanitizer sees each read behind it */

    if (n) memcpy(exact, at, n);
    bool ok = rtp_decode(p, (struct bytes){exact, n}, why);
    if (ok) p->payload.at = at + (p->payload.at - exact);
    free(exact);
    assert_int_equal(ok, why->kind == FAULT_NONE);
    return ok;
}

static void a_packet_of_g711_is_read(void **state)
{
    struct rtp p;
    struct fault why;

    (void)state;
    assert_true(decodes(pcmu, SIZE, &p, &why));
    assert_true(p.marker && p.type == RTP_PCMU && p.sequence == 0x1234 && p.timestamp == 0x100a0 &&
                p.ssrc == 0xdeadbeef);
    assert_true(p.sources == 0 && p.payload.len == 8 && p.payload.at == pcmu + RTP_HEADER);
}

static void sources_extension_and_padding_are_stepped_over(void **state)
{
    struct rtp p;
    struct fault why;

    (void)state;
    assert_true(decodes(full, FULL, &p, &why));
    assert_true(!p.marker && p.type == RTP_PCMA && p.sequence == 1 && p.timestamp == 2 && p.ssrc == 3 &&
                p.sources == 2);
    assert_true(bytes_are(p.payload, "\x55\x55"));
}

static void what_is_encoded_is_the_plain_header_and_the_payload(void **state)
{
    struct rtp p;
    struct fault why;
    uint8_t room[SIZE + 3];
    struct writer w = writer(room, sizeof room);

    (void)state;
    assert_true(decodes(pcmu, SIZE, &p, &why));
    write_text(&w, "xyz"); /* an encoder counts from where the writer stands */
    rtp_encode(&w, &p);
    assert_true(!w.full && w.len == SIZE + 3);
    assert_memory_equal(room + 3, pcmu, SIZE);
}

static void each_field_survives_the_round_trip(void **state)
{
    uint8_t room[64];

    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        struct rtp p = {.marker = i & 1,
                        .type = i & 127,
                        .sequence = (uint16_t)(i * 257),
                        .timestamp = i * 0x01010101u,
                        .ssrc = ~(i * 0x01000001u),
                        .payload = {pcmu, i % 20}},
                   got;
        struct fault why;
        struct writer w = writer(room, sizeof room);
        rtp_encode(&w, &p);
        assert_true(decodes(room, w.len, &got, &why));
        assert_true(got.marker == p.marker && got.type == p.type && got.sequence == p.sequence);
        assert_true(got.timestamp == p.timestamp && got.ssrc == p.ssrc && bytes_equal(got.payload, p.payload));
    }
}

static void a_cut_in_the_header_is_short_and_one_in_the_voice_is_a_shorter_voice(void **state)
{
    struct rtp p;
    struct fault why;

    (void)state;
    for (size_t n = 0; n < SIZE; n++) {
        assert_int_equal(decodes(pcmu, n, &p, &why), n >= RTP_HEADER);
        if (n >= RTP_HEADER) assert_int_equal(p.payload.len, n - RTP_HEADER);
        if (n < RTP_HEADER) assert_true(why.kind == FAULT_SHORT && p.payload.len == 0);
    }
    for (size_t n = 0; n < 28; n++) { /* up to the extension's end */
        assert_false(decodes(full, n, &p, &why));
        assert_int_equal(why.kind, FAULT_SHORT);
    }
}

static void another_version_is_refused(void **state)
{
    uint8_t bad[SIZE];
    struct rtp p;
    struct fault why;

    (void)state;
    memcpy(bad, pcmu, SIZE);
    for (unsigned version = 0; version < 4; version++) {
        bad[0] = (uint8_t)(version << 6);
        assert_int_equal(decodes(bad, SIZE, &p, &why), version == 2);
        if (version != 2) assert_int_equal(why.kind, FAULT_VALUE);
    }
}

static void padding_of_nothing_or_of_more_than_there_is_is_refused(void **state)
{
    uint8_t bad[FULL];
    struct rtp p;
    struct fault why;

    (void)state;
    memcpy(bad, full, FULL);
    for (unsigned n = 0; n < 256; n++) {
        bad[FULL - 1] = (uint8_t)n;
        assert_int_equal(decodes(bad, FULL, &p, &why), n >= 1 && n <= 5);
        if (n >= 1 && n <= 5) assert_int_equal(p.payload.len, 5 - n);
    }
    assert_false(decodes(full, 28, &p, &why)); /* promised, and there is no byte to count it */
    assert_int_equal(why.kind, FAULT_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_of_g711_is_read),
        cmocka_unit_test(sources_extension_and_padding_are_stepped_over),
        cmocka_unit_test(what_is_encoded_is_the_plain_header_and_the_payload),
        cmocka_unit_test(each_field_survives_the_round_trip),
        cmocka_unit_test(a_cut_in_the_header_is_short_and_one_in_the_voice_is_a_shorter_voice),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(padding_of_nothing_or_of_more_than_there_is_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
