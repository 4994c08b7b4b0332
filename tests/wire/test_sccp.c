#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "hex.h"
#include "wire/sccp_register.h"

/* RegisterAck of a CUCM, captured: length 24, header version 0, id 0x81; keepalive 30 s, date template `Unused`, 2 zero
 * bytes, standby keepalive 60 s, protocol 18, features 00 80 28. */
#define ACK                                                                                                            \
    "180000000000000081000000"                                                                                         \
    "1e000000"                                                                                                         \
    "556e75736564"                                                                                                     \
    "0000"                                                                                                             \
    "3c000000"                                                                                                         \
    "12"                                                                                                               \
    "008028"
/* KeepAlive: length 4, header version 0, id 0. */
#define KEEP_ALIVE "040000000000000000000000"

static void a_message_is_as_long_as_its_length_and_eight(void **state)
{
    struct bytes ack = hex(ACK), alive = hex(KEEP_ALIVE);

    (void)state;
    assert_int_equal(sccp_frame(ack), 32);
    assert_int_equal(sccp_frame(alive), 12);
    drop(ack);
    drop(alive);
}

static void two_messages_in_one_segment_are_told_apart(void **state)
{
    struct bytes both = hex(ACK KEEP_ALIVE), second = bytes_from(both, 32);
    struct sccp s;
    struct fault why;

    (void)state;
    assert_int_equal(sccp_frame(both), 32);
    assert_true(sccp_decode(&s, (struct bytes){both.at, 32}, &why));
    assert_int_equal(s.id, SCCP_REGISTER_ACK);
    assert_int_equal(s.body.len, 20);
    assert_int_equal(sccp_frame(second), 12);
    assert_true(sccp_decode(&s, second, &why));
    assert_int_equal(s.id, SCCP_KEEP_ALIVE);
    assert_int_equal(s.body.len, 0);
    drop(both);
}

static void a_message_that_comes_byte_by_byte_is_whole_with_its_last_byte(void **state)
{
    struct bytes ack = hex(ACK KEEP_ALIVE);

    (void)state;
    for (size_t n = 0; n < 32; n++) {
        struct bytes part = {malloc(n ? n : 1), n};
        memcpy((void *)(uintptr_t)part.at, ack.at, n);
        assert_int_equal(sccp_frame(part), 0);
        drop(part);
    }
    for (size_t n = 32; n <= ack.len; n++) assert_int_equal(sccp_frame((struct bytes){ack.at, n}), 32);
    drop(ack);
}

static void a_length_that_does_not_hold_the_id_is_no_message(void **state)
{
    (void)state;
    for (uint8_t length = 0; length < 4; length++) {
        const uint8_t bytes[16] = {length};
        struct sccp s;
        struct fault why;

        assert_true(sccp_frame((struct bytes){bytes, 4}) == SIZE_MAX);
        assert_true(sccp_frame((struct bytes){bytes, 16}) == SIZE_MAX);
        assert_false(sccp_decode(&s, (struct bytes){bytes, 16}, &why));
        assert_int_equal(why.kind, FAULT_VALUE);
        assert_int_equal(why.at, 0);
    }
}

static void more_than_4096_bytes_are_no_message(void **state)
{
    static uint8_t bytes[SCCP_MOST + 8];
    struct writer w = writer(bytes, 4);
    struct sccp s;
    struct fault why;

    (void)state;
    write_le32(&w, SCCP_MOST - 8);
    assert_int_equal(sccp_frame((struct bytes){bytes, 4}), 0); /* of 4,096 bytes: to be waited for */
    assert_int_equal(sccp_frame((struct bytes){bytes, SCCP_MOST}), SCCP_MOST);
    assert_true(sccp_decode(&s, (struct bytes){bytes, SCCP_MOST}, &why));
    assert_int_equal(s.body.len, SCCP_MOST - SCCP_HEADER);
    w.len = 0;
    write_le32(&w, SCCP_MOST - 7);
    assert_true(sccp_frame((struct bytes){bytes, 4}) == SIZE_MAX);
    assert_false(sccp_decode(&s, (struct bytes){bytes, SCCP_MOST + 1}, &why));
    assert_int_equal(why.kind, FAULT_LONG);
    memset(bytes, 0xff, 4);
    assert_true(sccp_frame((struct bytes){bytes, 4}) == SIZE_MAX);
}

static void a_message_cut_at_any_byte_is_too_short_and_one_with_more_is_too_long(void **state)
{
    struct bytes both = hex(ACK KEEP_ALIVE);
    struct sccp s;
    struct fault why;

    (void)state;
    for (size_t n = 0; n < 32; n++) {
        assert_false(sccp_decode(&s, (struct bytes){both.at, n}, &why));
        assert_int_equal(why.kind, FAULT_SHORT);
        assert_true(why.at <= n);
    }
    assert_false(sccp_decode(&s, (struct bytes){both.at, 33}, &why));
    assert_int_equal(why.kind, FAULT_LONG);
    assert_int_equal(why.at, 32);
    drop(both);
}

static void any_header_version_is_taken_and_given_back(void **state)
{
    /* KeepAlive with header version 22, and with one that nobody uses. */
    struct bytes of_22 = hex("040000001600000000000000"), odd = hex("04000000efbeadde00000000");
    struct sccp s;
    struct fault why;

    (void)state;
    assert_true(sccp_decode(&s, of_22, &why));
    assert_int_equal(s.header_version, 22);
    assert_true(sccp_decode(&s, odd, &why));
    assert_int_equal(s.header_version, 0xdeadbeef);
    drop(of_22);
    drop(odd);
}

static void begin_and_end_put_the_length_also_behind_other_messages(void **state)
{
    uint8_t room[64];
    struct writer w = writer(room, sizeof room);
    struct bytes want = hex(KEEP_ALIVE "080000001100000012000000"
                                       "aabbccdd");

    (void)state;
    sccp_end(&w, sccp_begin(&w, 0, SCCP_KEEP_ALIVE));
    size_t begun = sccp_begin(&w, 17, SCCP_SERVER_REQ);
    assert_int_equal(begun, 12);
    write_be32(&w, 0xaabbccdd);
    sccp_end(&w, begun);
    assert_true(bytes_equal(written(&w), want));
    drop(want);
}

static void what_does_not_fit_is_told_and_stays_within_its_room(void **state)
{
    uint8_t room[20];
    struct sccp_message m = {.id = SCCP_REGISTER_ACK, .ack = {.keepalive = 30}};

    (void)state;
    memset(room, 0x5a, sizeof room);
    for (size_t size = 0; size < 20; size++) {
        struct writer w = writer(room, size);
        sccp_message_encode(&w, &m, 11);
        assert_true(w.full);
        assert_true(w.len <= size);
        assert_int_equal(room[size], 0x5a);
        memset(room, 0x5a, sizeof room);
    }
}

static uint32_t version_word(uint32_t id, uint8_t version)
{
    static struct sccp_message m;
    uint8_t room[1024];
    struct writer w = writer(room, sizeof room);
    struct sccp s;
    struct fault why;

    m.id = id;
    sccp_message_encode(&w, &m, version);
    assert_true(sccp_decode(&s, written(&w), &why));
    return s.header_version;
}

static void the_header_version_is_zero_below_17_and_the_agreed_one_from_17_on(void **state)
{
    (void)state;
    assert_int_equal(version_word(SCCP_KEEP_ALIVE, 0), 0);
    assert_int_equal(version_word(SCCP_LINE_STAT, 11), 0);
    assert_int_equal(version_word(SCCP_LINE_STAT, 16), 0);
    assert_int_equal(version_word(SCCP_LINE_STAT, 17), 17);
    assert_int_equal(version_word(SCCP_DEFINE_TIME_DATE, 20), 20);
    assert_int_equal(version_word(SCCP_KEEP_ALIVE, 22), 22);
    assert_int_equal(version_word(0x0026, 22), 22);
}

static void seven_messages_have_header_version_zero_at_any_protocol(void **state)
{
    static const uint32_t zero[] = {SCCP_REGISTER_ACK, SCCP_KEEP_ALIVE_ACK, SCCP_UNREGISTER_ACK, SCCP_CAPABILITIES_REQ,
                                    SCCP_ALARM,        SCCP_REGISTER,       SCCP_IP_PORT};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(zero); i++)
        for (uint8_t version = 0; version <= 22; version++) assert_int_equal(version_word(zero[i], version), 0);
}

static void messages_have_the_names_of_the_field_and_unknown_ids_none(void **state)
{
    (void)state;
    assert_string_equal(sccp_name(SCCP_KEEP_ALIVE), "KeepAlive");
    assert_string_equal(sccp_name(SCCP_REGISTER_ACK), "RegisterAck");
    assert_string_equal(sccp_name(0x008a), "StartMediaTransmission");
    assert_string_equal(sccp_name(SCCP_XML_ALARM), "XMLAlarm");
    assert_string_equal(sccp_name(0x0160), "RecordingStatus");
    assert_null(sccp_name(0x00ff));
    assert_null(sccp_name(0x0161));
    assert_string_equal(sccp_name(SCCP_SPCP_TOKEN_REQ), "SPCPRegisterTokenReq");
    assert_null(sccp_name(0x8001));
    assert_null(sccp_name(UINT32_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_as_long_as_its_length_and_eight),
        cmocka_unit_test(two_messages_in_one_segment_are_told_apart),
        cmocka_unit_test(a_message_that_comes_byte_by_byte_is_whole_with_its_last_byte),
        cmocka_unit_test(a_length_that_does_not_hold_the_id_is_no_message),
        cmocka_unit_test(more_than_4096_bytes_are_no_message),
        cmocka_unit_test(a_message_cut_at_any_byte_is_too_short_and_one_with_more_is_too_long),
        cmocka_unit_test(any_header_version_is_taken_and_given_back),
        cmocka_unit_test(begin_and_end_put_the_length_also_behind_other_messages),
        cmocka_unit_test(what_does_not_fit_is_told_and_stays_within_its_room),
        cmocka_unit_test(the_header_version_is_zero_below_17_and_the_agreed_one_from_17_on),
        cmocka_unit_test(seven_messages_have_header_version_zero_at_any_protocol),
        cmocka_unit_test(messages_have_the_names_of_the_field_and_unknown_ids_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
