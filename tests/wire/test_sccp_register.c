#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "hex.h"
#include "sccp_same.h"
#include "sccp_samples.h"

static const uint8_t versions[] = {3, 6, 11, 17, 18, 20, 22};
static struct sccp_message all[SAMPLES];

/* What `m` is on the wire, of exactly its size on the heap. */
static struct bytes encoded(const struct sccp_message *m, uint8_t version)
{
    uint8_t room[SCCP_MOST];
    struct writer w = writer(room, sizeof room);

    sccp_message_encode(&w, m, version);
    assert_false(w.full);
    assert_int_equal(sccp_frame(written(&w)), w.len);
    uint8_t *to = malloc(w.len);
    memcpy(to, room, w.len);
    return (struct bytes){to, w.len};
}

static bool decodes(struct sccp_message *m, struct bytes b, uint8_t version, struct fault *why)
{
    bool ok = sccp_message_decode(m, b, version, why);

    assert_int_equal(ok, why->kind == FAULT_NONE);
    if (!ok) assert_true(why->what && why->at <= b.len);
    return ok;
}

/* The first n bytes of a message's body as a message of its own, on the heap. */
static struct bytes shortened(struct bytes b, size_t n)
{
    uint8_t *to = malloc(SCCP_HEADER + n);
    struct writer w = writer(to, 4);

    memcpy(to, b.at, SCCP_HEADER + n);
    write_le32(&w, (uint32_t)(4 + n));
    return (struct bytes){to, SCCP_HEADER + n};
}

static void every_message_comes_back_by_value_in_every_protocol_version(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_LENGTH(versions); v++) {
        size_t n = samples(all, versions[v]);
        assert_in_range(n, 58, SAMPLES);
        for (size_t i = 0; i < n; i++) {
            struct bytes b = encoded(&all[i], versions[v]);
            struct sccp_message m;
            struct fault why;

            assert_true(decodes(&m, b, versions[v], &why));
            if (!sccp_same(&all[i], &m)) fail_msg("%s at protocol %u", sccp_name(m.id), versions[v]);
            assert_int_equal(b.len % 4, 0);
            drop(b);
        }
    }
}

static size_t body_length(uint32_t id, uint8_t version)
{
    for (size_t i = 0, n = samples(all, version); i < n; i++)
        if (all[i].id == id) {
            struct bytes b = encoded(&all[i], version);
            drop(b);
            return b.len - SCCP_HEADER;
        }
    fail_msg("no sample of 0x%x", id);
    return 0;
}

/* The lengths that phones of each version expect, and below which Wireshark calls a message malformed. */
static void fixed_messages_are_sent_in_their_full_form(void **state)
{
    static const struct {
        uint32_t id;
        size_t to_11, to_17, to_20;
    } lengths[] = {
        {SCCP_REGISTER, 124, 124, 124},
        {SCCP_REGISTER_ACK, 20, 20, 20},
        {SCCP_REGISTER_REJECT, 36, 36, 36},
        {SCCP_ALARM, 92, 92, 92},
        {SCCP_CAPABILITIES_RES, 292, 292, 292},
        {SCCP_BUTTON_TEMPLATE_RES, 96, 96, 96},
        {SCCP_SOFT_KEY_TEMPLATE_RES, 652, 652, 652},
        {SCCP_SOFT_KEY_SET_RES, 780, 780, 780},
        {SCCP_SELECT_SOFT_KEYS, 16, 16, 16},
        {SCCP_LINE_STAT, 112, 112, 112},
        {SCCP_SPEED_DIAL_STAT, 68, 68, 68},
        {SCCP_FORWARD_STAT, 92, 92, 96},
        {SCCP_FEATURE_STAT, 52, 52, 52},
        {SCCP_SERVICE_URL_STAT, 300, 300, 300},
        {SCCP_DEFINE_TIME_DATE, 36, 36, 36},
        {SCCP_VERSION, 16, 16, 16},
        {SCCP_SERVER_RES, 280, 360, 360},
        {SCCP_CONFIG_STAT, 112, 112, 112},
        {SCCP_DISPLAY_PROMPT_STATUS, 44, 44, 44},
        {SCCP_DISPLAY_NOTIFY, 36, 36, 36},
        {SCCP_REGISTER_TOKEN_REQ, 52, 52, 52},
        {SCCP_UNREGISTER_ACK, 4, 4, 4},
        {SCCP_KEEP_ALIVE, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        assert_int_equal(body_length(lengths[i].id, 11), lengths[i].to_11);
        assert_int_equal(body_length(lengths[i].id, 17), lengths[i].to_17);
        assert_int_equal(body_length(lengths[i].id, 20), lengths[i].to_20);
    }
}

/* The least body that is taken, by wire/sccp_register.h; 0 where any is. */
static size_t least(uint32_t id)
{
    switch (id) {
    case SCCP_REGISTER: return 36;
    case SCCP_SERVER_RES: return 240;
    case SCCP_REGISTER_TOKEN_REQ:
    case SCCP_DEFINE_TIME_DATE: return 32;
    case SCCP_LINE_STAT: return 28;
    case SCCP_CONFIG_STAT: return 24;
    case SCCP_REGISTER_ACK:
    case SCCP_BUTTON_TEMPLATE_RES:
    case SCCP_SOFT_KEY_TEMPLATE_RES:
    case SCCP_SOFT_KEY_SET_RES:
    case SCCP_SELECT_SOFT_KEYS:
    case SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS:
    case SCCP_FEATURE_STAT_DYNAMIC: return 12;
    case SCCP_FORWARD_STAT:
    case SCCP_LINE_STAT_DYNAMIC: return 8;
    case SCCP_UNREGISTER:
    case SCCP_UNREGISTER_ACK:
    case SCCP_REGISTER_REJECT:
    case SCCP_VERSION:
    case SCCP_XML_ALARM: return 0;
    default: return 4;
    }
}

static void a_body_cut_at_any_byte_is_too_short_below_its_least_and_taken_from_there_on(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_LENGTH(versions); v++) {
        size_t n = samples(all, versions[v]);
        for (size_t i = 0; i < n; i++) {
            struct bytes b = encoded(&all[i], versions[v]);
            for (size_t len = 0; len < b.len - SCCP_HEADER; len++) {
                struct bytes part = shortened(b, len);
                struct sccp_message m;
                struct fault why;

                bool ok = decodes(&m, part, versions[v], &why);
                if (ok != (len >= least(all[i].id))) fail_msg("%s with %zu bytes", sccp_name(all[i].id), len);
                if (!ok) assert_int_equal(why.kind, FAULT_SHORT);
                drop(part);
            }
            drop(b);
        }
    }
}

static struct sccp_message decoded(const char *text, uint8_t version)
{
    static struct bytes kept; /* the spans of the message that was given last borrow it */
    struct sccp_message m;
    struct fault why;

    drop(kept);
    kept = hex(text);
    if (text[0] == 0) return (struct sccp_message){0};
    assert_true(decodes(&m, kept, version, &why));
    return m;
}

static int let_go(void **state)
{
    (void)state;
    (void)decoded("", 0);
    return 0;
}

static void fields_behind_the_cut_are_zero_and_those_before_it_stay(void **state)
{
    struct sccp_message whole = {.id = SCCP_DEFINE_TIME_DATE, .time = {2026, 6, 3, 4, 19, 10, 18, 500, 1780513818}};
    struct bytes b = encoded(&whole, 11);
    struct sccp_message m;
    struct fault why;

    (void)state;
    for (size_t n = 32; n < 36; n++) { /* a number of which bytes are missing is not there */
        struct bytes part = shortened(b, n);
        assert_true(decodes(&m, part, 11, &why));
        assert_int_equal(m.time.millisecond, 500);
        assert_int_equal(m.time.unix_time, 0);
        drop(part);
    }
    drop(b);
}

static void a_register_ends_where_its_load_ended_it(void **state)
{
    size_t n = samples(all, 11);
    struct sccp_message *reg = NULL, m;
    struct fault why;

    (void)state;
    for (size_t i = 0; i < n && !reg; i++)
        if (all[i].id == SCCP_REGISTER) reg = &all[i];
    assert_non_null(reg);
    struct bytes b = encoded(reg, 11);
    static const struct {
        size_t body;
        uint8_t protocol;
        bool conferences, mac, lines, load;
    } ends[] = {{36, 0, false, false, false, false}, {44, 20, false, false, false, false},
                {52, 20, true, false, false, false}, {64, 20, true, true, false, false},
                {72, 20, true, true, true, false},   {123, 20, true, true, true, false},
                {124, 20, true, true, true, true}};

    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++) {
        struct bytes part = shortened(b, ends[i].body);
        assert_true(decodes(&m, part, 0, &why));
        assert_true(bytes_are(m.reg.name, "SEP0011223344AA"));
        assert_int_equal(m.reg.address, IPV4(10, 1, 2, 3));
        assert_int_equal(m.reg.max_streams, 5);
        assert_int_equal(m.reg.protocol, ends[i].protocol);
        assert_int_equal(m.reg.active_conferences, ends[i].conferences ? 7 : 0);
        assert_int_equal(mac_is_none(m.reg.mac), !ends[i].mac);
        assert_int_equal(m.reg.max_lines, ends[i].lines ? 8 : 0);
        assert_int_equal(m.reg.load.len > 0, ends[i].load);
        assert_int_equal(m.reg.length, ends[i].body);
        drop(part);
    }
    drop(b);
}

static void a_register_is_sent_as_long_as_it_says_but_never_under_52_or_over_124_bytes(void **state)
{
    static const uint16_t asked[] = {0, 52, 64, 124, 999}, sent[] = {52, 52, 64, 124, 124};
    struct sccp_message m = {.id = SCCP_REGISTER, .reg = {.name = bytes_of("SEP0011223344AA")}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(asked); i++) {
        m.reg.length = asked[i];
        struct bytes b = encoded(&m, 11);
        assert_int_equal(b.len - SCCP_HEADER, sent[i]);
        drop(b);
    }
}

/* SpeedDialStat: number 1; number field without a NUL; name `Ada`, NUL, and stale bytes. */
static void a_full_field_has_no_nul_and_what_stands_behind_one_is_ignored(void **state)
{
    struct sccp_message m = decoded("480000000000000091000000"
                                    "01000000"
                                    "313233343536373839303132333435363738393031323334"
                                    "41646100deadbeef4d5f0102030405060708090a0b0c0d0e0f10111213141516171819202122231f",
                                    11);

    (void)state;
    assert_true(bytes_are(m.speed_dial.number, "123456789012345678901234"));
    assert_true(bytes_are(m.speed_dial.name, "Ada"));
}

static void a_text_longer_than_its_field_is_cut_and_a_shorter_one_padded_with_zeros(void **state)
{
    struct sccp_message m = {.id = SCCP_SPEED_DIAL_STAT,
                             .speed_dial = {.index = 1,
                                            .number = bytes_of("1234567890123456789012345678"),
                                            .name = {(const uint8_t *)"Ada\0stale", 9}}};
    struct bytes want = hex("480000000000000091000000"
                            "01000000"
                            "313233343536373839303132333435363738393031323334"
                            "41646100000000000000000000000000000000000000000000000000000000000000000000000000");
    struct bytes b = encoded(&m, 11);

    (void)state;
    assert_true(bytes_equal(b, want));
    drop(want);
    drop(b);
}

/* LineStatDynamic: line 1, options 15, `1012`, name absent, label `Ada` that lacks its NUL. */
static void a_dynamic_string_may_be_absent_and_the_last_may_lack_its_nul(void **state)
{
    struct sccp_message m = decoded("150000001100000047010000"
                                    "01000000"
                                    "0f000000"
                                    "3130313200"
                                    "00"
                                    "416461",
                                    17);

    (void)state;
    assert_int_equal(m.line.options, 15);
    assert_true(bytes_are(m.line.number, "1012"));
    assert_int_equal(m.line.name.len, 0);
    assert_true(bytes_are(m.line.label, "Ada"));
}

static void dynamic_strings_stand_one_after_the_other_padded_to_four(void **state)
{
    struct sccp_message m = {.id = SCCP_LINE_STAT_DYNAMIC,
                             .line = {.line = 1, .options = 15, .number = bytes_of("1012"), .label = bytes_of("Ada")}};
    struct bytes want = hex("180000001100000047010000"
                            "01000000"
                            "0f000000"
                            "3130313200"
                            "00"
                            "41646100"
                            "0000");
    struct bytes b = encoded(&m, 17);

    (void)state;
    assert_true(bytes_equal(b, want));
    drop(want);
    drop(b);
}

static void a_dynamic_prompt_is_cut_to_what_a_phone_holds(void **state)
{
    static uint8_t text[300];
    struct sccp_message m = {.id = SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS, .prompt = {.text = {text, sizeof text}}};
    struct sccp_message again;
    struct fault why;

    (void)state;
    memset(text, 'x', sizeof text);
    struct bytes b = encoded(&m, 11);
    assert_true(decodes(&again, b, 11, &why));
    assert_int_equal(again.prompt.text.len, 96);
    drop(b);
    m.prompt.label = 0x17;
    b = encoded(&m, 11);
    assert_true(decodes(&again, b, 11, &why));
    assert_int_equal(again.prompt.label, 0x17);
    assert_int_equal(again.prompt.text.len, 94);
    drop(b);
}

static void a_phrase_of_the_phones_dictionary_is_a_label_and_text_may_follow_it(void **state)
{
    /* DisplayPriNotify's text of a call from 1003, in a DisplayNotify: 10 s, `80 17` "From " and `1003`. */
    struct sccp_message m = decoded("280000000000000014010000"
                                    "0a000000"
                                    "8017313030330000000000000000000000000000000000000000000000000000",
                                    6);

    (void)state;
    assert_int_equal(m.prompt.timeout, 10);
    assert_int_equal(m.prompt.label, 0x17);
    assert_true(bytes_are(m.prompt.text, "1003"));
    /* The mark alone is a text. */
    m = decoded("280000000000000014010000"
                "0a000000"
                "8000000000000000000000000000000000000000000000000000000000000000",
                6);
    assert_int_equal(m.prompt.label, 0);
    assert_int_equal(m.prompt.text.len, 1);
}

static void numbers_in_a_forward_stat_have_25_bytes_from_protocol_18_on(void **state)
{
    struct sccp_message m = {.id = SCCP_FORWARD_STAT,
                             .forward = {.active = 1,
                                         .line = 1,
                                         .all = {1, bytes_of("1234567890123456789012345")},
                                         .no_answer = {1, bytes_of("1003")}}};
    struct bytes old = encoded(&m, 17), new = encoded(&m, 18);
    struct sccp_message again;
    struct fault why;

    (void)state;
    assert_true(decodes(&again, old, 17, &why));
    assert_int_equal(again.forward.all.number.len, 24);
    assert_true(decodes(&again, new, 18, &why));
    assert_int_equal(again.forward.all.number.len, 25);
    assert_true(bytes_are(again.forward.no_answer.number, "1003"));
    /* A body of exactly the old length has the old layout though 18 was agreed. */
    assert_true(decodes(&again, old, 18, &why));
    assert_int_equal(again.forward.no_answer.active, 1);
    assert_true(bytes_are(again.forward.no_answer.number, "1003"));
    drop(old);
    drop(new);
}

static void server_addresses_have_a_type_from_protocol_17_on(void **state)
{
    struct sccp_message m = {.id = SCCP_SERVER_RES, .servers = {.server[1] = {bytes_of("b"), 2001, IPV4(10, 1, 0, 2)}}};
    struct bytes old = encoded(&m, 16), new = encoded(&m, 17);
    struct sccp_message again;
    struct fault why;

    (void)state;
    assert_true(decodes(&again, old, 16, &why));
    assert_int_equal(again.servers.server[1].address, IPV4(10, 1, 0, 2));
    assert_true(decodes(&again, old, 17, &why)); /* the old length, whatever was agreed */
    assert_int_equal(again.servers.server[1].address, IPV4(10, 1, 0, 2));
    assert_true(decodes(&again, new, 17, &why));
    assert_int_equal(again.servers.server[1].address, IPV4(10, 1, 0, 2));
    assert_int_equal(again.servers.server[1].port, 2001);
    /* An IPv6 address is none that we have. */
    ((uint8_t *)(uintptr_t) new.at)[SCCP_HEADER + 260 + 20] = 1;
    assert_true(decodes(&again, new, 17, &why));
    assert_int_equal(again.servers.server[1].address, 0);
    drop(old);
    drop(new);
}

static void a_count_beyond_its_places_is_cut_to_them(void **state)
{
    static const uint32_t tables[] = {SCCP_BUTTON_TEMPLATE_RES, SCCP_SOFT_KEY_TEMPLATE_RES, SCCP_SOFT_KEY_SET_RES};
    struct sccp_message m = decoded("080000000000000010000000"
                                    "ffffffff",
                                    11);

    (void)state;
    assert_int_equal(m.capabilities.count, SCCP_CODECS);
    assert_int_equal(m.capabilities.codec[SCCP_CODECS - 1].codec, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
        uint8_t bytes[24];
        struct writer w = writer(bytes, sizeof bytes);
        struct fault why;

        size_t begun = sccp_begin(&w, 0, tables[i]);
        write_le32(&w, 0);
        write_le32(&w, 1000);
        write_le32(&w, 1000);
        sccp_end(&w, begun);
        assert_true(decodes(&m, written(&w), 11, &why));
        if (tables[i] == SCCP_BUTTON_TEMPLATE_RES) assert_int_equal(m.buttons.count, SCCP_BUTTONS);
        if (tables[i] == SCCP_SOFT_KEY_TEMPLATE_RES) assert_int_equal(m.soft_keys.count, SCCP_SOFT_KEYS);
        if (tables[i] == SCCP_SOFT_KEY_SET_RES) assert_int_equal(m.key_sets.count, SCCP_KEY_SETS);
    }
}

static void buttons_are_sent_in_42_places_or_56_and_unused_ones_are_00_ff(void **state)
{
    static struct sccp_message m = {.id = SCCP_BUTTON_TEMPLATE_RES,
                                    .buttons = {.count = 1, .total = 1, .button = {{1, BUTTON_LINE}, {7, 7}}}};
    struct bytes b = encoded(&m, 11);

    (void)state;
    assert_int_equal(b.len - SCCP_HEADER, 12 + 2 * 42);
    assert_memory_equal(b.at + SCCP_HEADER + 12, "\x01\x09\x00\xff\x00\xff", 6);
    assert_memory_equal(b.at + b.len - 2, "\x00\xff", 2);
    drop(b);
    m.buttons.count = 43; /* more than 42 places hold */
    b = encoded(&m, 11);
    assert_int_equal(b.len - SCCP_HEADER, 12 + 2 * 56);
    drop(b);
    m.buttons.count = 1;
    m.buttons.buttons = 56;
    b = encoded(&m, 11);
    assert_int_equal(b.len - SCCP_HEADER, 12 + 2 * 56);
    drop(b);
}

static void an_unregister_needs_no_reason_and_its_ack_no_status(void **state)
{
    struct sccp_message m = decoded("040000000000000027000000", 11);

    (void)state;
    assert_true(m.known);
    assert_int_equal(m.number, 0);
    m = decoded("040000000000000018010000", 11);
    assert_true(m.known);
    assert_int_equal(m.number, 0);
    m = decoded("08000000000000001801000002000000", 11);
    assert_int_equal(m.number, 2);
}

static void a_reject_of_any_length_is_read(void **state)
{
    struct sccp_message m = decoded("04000000000000009d000000", 0);

    (void)state;
    assert_int_equal(m.text.len, 0);
    m = decoded("0a000000000000009d0000004e6f20776179", 0);
    assert_true(bytes_are(m.text, "No way"));
}

static void what_follows_the_full_form_is_ignored(void **state)
{
    /* Reset 2, restart; 4 more bytes. LineStatReq 3; 1 more. */
    struct sccp_message m = decoded("0c000000000000009f00000002000000ffffffff", 11);

    (void)state;
    assert_int_equal(m.number, SCCP_RESET_RESTART);
    m = decoded("09000000000000000b00000003000000ff", 11);
    assert_int_equal(m.number, 3);
}

static void an_id_that_is_not_in_the_list_is_kept_and_sent_as_it_came(void **state)
{
    static const char *const ids[] = {"13000000", "5d010000", "ff000000", "01800000", "ffffffff"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        char text[64] = "0800000000000000";
        strcat(strcat(text, ids[i]), "01020304");
        struct sccp_message m = decoded(text, 11);
        struct bytes want = hex(text), b = encoded(&m, 11);

        assert_false(m.known);
        assert_int_equal(m.other.len, 4);
        assert_true(bytes_equal(b, want));
        drop(want);
        drop(b);
    }
}

static void a_message_without_a_body_keeps_what_newer_firmware_appends(void **state)
{
    struct sccp_message m = decoded("08000000000000000000000001020304", 11);

    (void)state;
    assert_true(m.known);
    assert_int_equal(m.id, SCCP_KEEP_ALIVE);
    assert_int_equal(m.other.len, 4);
}

static void a_message_is_the_same_wherever_it_begins(void **state)
{
    static uint8_t room[SCCP_MOST + 8];

    (void)state;
    for (size_t i = 0, n = samples(all, 20); i < n; i++)
        for (size_t before = 1; before < 4; before++) {
            struct bytes b = encoded(&all[i], 20);
            struct writer w = writer(room, sizeof room);
            write_zeros(&w, before);
            sccp_message_encode(&w, &all[i], 20);
            if (!bytes_equal(written_from(&w, before), b)) fail_msg("%s behind %zu", sccp_name(all[i].id), before);
            drop(b);
        }
}

/* The MAC of a Register stands at 52 and is there with its sixth byte; the address of an Alarm at 88 with its
 * fourth. */
static void a_value_is_there_with_its_last_byte(void **state)
{
    struct sccp_message reg = {.id = SCCP_REGISTER, .reg = {.mac = mac_from_number(0x000653112233), .length = 64}};
    struct sccp_message alarm = {.id = SCCP_ALARM, .alarm = {.parameter2 = IPV4(10, 1, 2, 3)}}, m;
    struct bytes whole = encoded(&reg, 11), told = encoded(&alarm, 11);
    struct fault why;

    (void)state;
    for (size_t n = 52; n <= 64; n++) {
        struct bytes part = shortened(whole, n);
        assert_true(decodes(&m, part, 11, &why));
        assert_true(mac_number(m.reg.mac) == (n < 58 ? 0 : 0x000653112233));
        drop(part);
    }
    for (size_t n = 85; n <= 92; n++) {
        struct bytes part = shortened(told, n);
        assert_true(decodes(&m, part, 11, &why));
        assert_int_equal(m.alarm.parameter2, n < 92 ? 0 : IPV4(10, 1, 2, 3));
        drop(part);
    }
    drop(whole);
    drop(told);
}

/* A template that claims five buttons and brings three and a half: the rest are none. */
static void buttons_that_did_not_come_are_none(void **state)
{
    struct sccp_message m = decoded("170000000000000097000000"
                                    "000000000500000005000000"
                                    "0109020203090a",
                                    11);

    (void)state;
    assert_int_equal(m.buttons.count, 5);
    assert_true(m.buttons.button[2].instance == 3 && m.buttons.button[2].definition == BUTTON_LINE);
    for (size_t i = 3; i < SCCP_BUTTONS; i++)
        assert_true(m.buttons.button[i].instance == 0 && m.buttons.button[i].definition == BUTTON_NONE);
}

static void forty_two_buttons_fit_the_42_places(void **state)
{
    static struct sccp_message m = {.id = SCCP_BUTTON_TEMPLATE_RES, .buttons = {.count = 42, .total = 42}};
    struct bytes b = encoded(&m, 11);

    (void)state;
    assert_int_equal(b.len - SCCP_HEADER, 12 + 2 * 42);
    drop(b);
}

static void a_body_longer_than_a_message_may_be_is_cut(void **state)
{
    static const uint8_t much[2 * SCCP_MOST];
    struct sccp_message m = {.id = 0x7777, .other = {much, sizeof much}};

    (void)state;
    for (size_t n = SCCP_MOST - SCCP_HEADER - 1; n <= SCCP_MOST - SCCP_HEADER + 1; n++) {
        m.other.len = n;
        struct bytes b = encoded(&m, 11);
        assert_int_equal(b.len, n < SCCP_MOST - SCCP_HEADER ? SCCP_MOST - 1 : SCCP_MOST);
        drop(b);
    }
    uint8_t room[SCCP_MOST + 64];
    struct writer w = writer(room, sizeof room); /* also when there is room for more */
    m.other.len = SCCP_MOST;
    sccp_message_encode(&w, &m, 11);
    assert_int_equal(w.len, SCCP_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_comes_back_by_value_in_every_protocol_version),
        cmocka_unit_test(fixed_messages_are_sent_in_their_full_form),
        cmocka_unit_test(a_body_cut_at_any_byte_is_too_short_below_its_least_and_taken_from_there_on),
        cmocka_unit_test(fields_behind_the_cut_are_zero_and_those_before_it_stay),
        cmocka_unit_test(a_register_ends_where_its_load_ended_it),
        cmocka_unit_test(a_register_is_sent_as_long_as_it_says_but_never_under_52_or_over_124_bytes),
        cmocka_unit_test(a_full_field_has_no_nul_and_what_stands_behind_one_is_ignored),
        cmocka_unit_test(a_text_longer_than_its_field_is_cut_and_a_shorter_one_padded_with_zeros),
        cmocka_unit_test(a_dynamic_string_may_be_absent_and_the_last_may_lack_its_nul),
        cmocka_unit_test(dynamic_strings_stand_one_after_the_other_padded_to_four),
        cmocka_unit_test(a_dynamic_prompt_is_cut_to_what_a_phone_holds),
        cmocka_unit_test(a_phrase_of_the_phones_dictionary_is_a_label_and_text_may_follow_it),
        cmocka_unit_test(numbers_in_a_forward_stat_have_25_bytes_from_protocol_18_on),
        cmocka_unit_test(server_addresses_have_a_type_from_protocol_17_on),
        cmocka_unit_test(a_count_beyond_its_places_is_cut_to_them),
        cmocka_unit_test(buttons_are_sent_in_42_places_or_56_and_unused_ones_are_00_ff),
        cmocka_unit_test(an_unregister_needs_no_reason_and_its_ack_no_status),
        cmocka_unit_test(a_reject_of_any_length_is_read),
        cmocka_unit_test(what_follows_the_full_form_is_ignored),
        cmocka_unit_test(an_id_that_is_not_in_the_list_is_kept_and_sent_as_it_came),
        cmocka_unit_test(a_message_without_a_body_keeps_what_newer_firmware_appends),
        cmocka_unit_test(a_message_is_the_same_wherever_it_begins),
        cmocka_unit_test(a_value_is_there_with_its_last_byte),
        cmocka_unit_test(buttons_that_did_not_come_are_none),
        cmocka_unit_test(forty_two_buttons_fit_the_42_places),
        cmocka_unit_test(a_body_longer_than_a_message_may_be_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, let_go);
}
