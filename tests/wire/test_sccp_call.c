#include "sccp_vectors.h"
#include "sccp_call_samples.h"

static const uint8_t versions[] = {3, 6, 11, 15, 16, 17, 18, 20, 22};
static struct sccp_message all[CALL_SAMPLES];

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

/* A message of n bytes of body, the first of them those of `b`, on the heap. */
static struct bytes resized(struct bytes b, size_t n)
{
    uint8_t *to = calloc(1, SCCP_HEADER + n);
    struct writer w = writer(to, 4);

    memcpy(to, b.at, b.len < SCCP_HEADER + n ? b.len : SCCP_HEADER + n);
    write_le32(&w, (uint32_t)(4 + n));
    return (struct bytes){to, SCCP_HEADER + n};
}

/* ---- every message */
static void every_message_comes_back_by_value_in_every_protocol_version(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_LENGTH(versions); v++) {
        size_t n = call_samples(all, versions[v]);
        assert_in_range(n, 70, CALL_SAMPLES);
        for (size_t i = 0; i < n; i++) {
            struct bytes b = encoded(&all[i], versions[v]);
            struct sccp_message m;
            struct fault why;

            assert_true(decodes(&m, b, versions[v], &why));
            assert_true(m.known);
            if (!sccp_same(&all[i], &m)) fail_msg("%s at protocol %u", sccp_name(m.id), versions[v]);
            if (m.id != SCCP_CONNECTION_STATISTICS_RES) assert_int_equal(b.len % 4, 0);
            drop(b);
        }
    }
}

/* The least body that is taken, by wire/sccp_call.h. */
static size_t least(uint32_t id)
{
    switch (id) {
    case SCCP_CALL_INFO: return 128;
    case SCCP_CONNECTION_STATISTICS_RES: return 57;
    case SCCP_MWI_NOTIFICATION: return 54;
    case SCCP_DEVICE_TO_USER_DATA_V1:
    case SCCP_DEVICE_TO_USER_DATA_RESPONSE_V1:
    case SCCP_USER_TO_DEVICE_DATA_V1: return 40;
    case SCCP_START_MEDIA_TRANSMISSION: return 36;
    case SCCP_CALL_INFO_DYNAMIC:
    case SCCP_SPCP_TOKEN_REQ: return 32;
    case SCCP_CONNECTION_STATISTICS_REQ: return 28;
    case SCCP_OPEN_RECEIVE_CHANNEL:
    case SCCP_DIALED_NUMBER:
    case SCCP_OFF_HOOK_WITH_CALLING_PARTY: return 24;
    case SCCP_DEVICE_TO_USER_DATA:
    case SCCP_DEVICE_TO_USER_DATA_RESPONSE:
    case SCCP_USER_TO_DEVICE_DATA: return 20;
    case SCCP_OPEN_RECEIVE_CHANNEL_ACK:
    case SCCP_START_MEDIA_TRANSMISSION_ACK:
    case SCCP_MEDIA_TRANSMISSION_FAILURE:
    case SCCP_PORT_RESPONSE: return 16;
    case SCCP_SET_LAMP:
    case SCCP_CALL_STATE:
    case SCCP_PORT_REQUEST:
    case SCCP_PORT_CLOSE:
    case SCCP_UPDATE_CAPABILITIES:
    case SCCP_UPDATE_CAPABILITIES_V2:
    case SCCP_UPDATE_CAPABILITIES_V3:
    case SCCP_SUBSCRIPTION_STAT_REQ:
    case SCCP_SUBSCRIPTION_STAT:
    case SCCP_NOTIFICATION:
    case SCCP_EXTENSION_DEVICE_CAPS:
    case SCCP_CALL_COUNT_RES: return 12;
    case SCCP_MULTICAST_MEDIA_RECEPTION_ACK:
    case SCCP_DISPLAY_PRI_NOTIFY:
    case SCCP_DISPLAY_DYNAMIC_PRI_NOTIFY:
    case SCCP_RECORDING_STATUS: return 8;
    case SCCP_ENBLOC_CALL:
    case SCCP_CONFIG_STAT_DYNAMIC: return 1;
    case SCCP_OFF_HOOK:
    case SCCP_ON_HOOK:
    case SCCP_HOOK_FLASH:
    case SCCP_CLEAR_PROMPT_STATUS:
    case SCCP_BACK_SPACE_RES:
    case SCCP_STOP_TONE:
    case SCCP_DISPLAY_TEXT:
    case SCCP_LOCATION_INFO: return 0;
    default: return 4;
    }
}

static void a_body_cut_at_any_byte_is_too_short_below_its_least_and_taken_from_there_on(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_LENGTH(versions); v++) {
        size_t n = call_samples(all, versions[v]);
        for (size_t i = 0; i < n; i++) {
            struct bytes b = encoded(&all[i], versions[v]);
            for (size_t len = 0; len < b.len - SCCP_HEADER; len++) {
                struct bytes part = resized(b, len);
                struct sccp_message m, again;
                struct fault why;

                bool ok = decodes(&m, part, versions[v], &why);
                if (ok != (len >= least(all[i].id))) fail_msg("%s with %zu bytes", sccp_name(all[i].id), len);
                if (!ok) assert_int_equal(why.kind, FAULT_SHORT);
                if (ok) { /* what was taken is a message of its own */
                    struct bytes full = encoded(&m, versions[v]);
                    assert_true(decodes(&again, full, versions[v], &why));
                    if (!sccp_same(&m, &again)) fail_msg("%s of %zu bytes", sccp_name(m.id), len);
                    drop(full);
                }
                drop(part);
            }
            drop(b);
        }
    }
}

static void what_follows_the_full_form_is_ignored(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_LENGTH(versions); v++) {
        size_t n = call_samples(all, versions[v]);
        for (size_t i = 0; i < n; i++) {
            struct bytes b = encoded(&all[i], versions[v]);
            struct bytes longer = resized(b, b.len - SCCP_HEADER + 8);
            struct sccp_message m;
            struct fault why;

            assert_true(decodes(&m, longer, versions[v], &why));
            /* A message without a body keeps what came. */
            if (m.id != SCCP_SET_HOOK_FLASH_DETECT && m.id != SCCP_CLEAR_DISPLAY && m.id != SCCP_CLEAR_NOTIFY &&
                m.id != SCCP_DEACTIVATE_CALL_PLANE && m.id != SCCP_CALL_COUNT_REQ && !sccp_same(&all[i], &m))
                fail_msg("%s at protocol %u", sccp_name(m.id), versions[v]);
            drop(longer);
            drop(b);
        }
    }
}

static size_t body_length(uint32_t id, uint8_t version)
{
    for (size_t i = 0, n = call_samples(all, version); i < n; i++)
        if (all[i].id == id) {
            struct bytes b = encoded(&all[i], version);
            drop(b);
            return b.len - SCCP_HEADER;
        }
    fail_msg("no sample of 0x%x", id);
    return 0;
}

/* The table of what a server sends to phones of each protocol version, and what these send. */
static void messages_have_the_lengths_that_phones_of_each_version_expect(void **state)
{
    static const uint8_t at[] = {3, 11, 15, 16, 17, 18, 20, 22};
    static const struct {
        uint32_t id;
        uint16_t length[ARRAY_LENGTH(at)];
    } lengths[] = {
        {SCCP_DIALED_NUMBER, {32, 32, 32, 32, 32, 36, 36, 36}},
        {SCCP_CONNECTION_STATISTICS_REQ, {32, 32, 32, 32, 32, 36, 36, 36}},
        {SCCP_OPEN_RECEIVE_CHANNEL, {108, 108, 108, 108, 128, 128, 128, 168}},
        {SCCP_START_MEDIA_TRANSMISSION, {116, 116, 116, 116, 132, 132, 132, 168}},
        {SCCP_STOP_TONE, {8, 12, 12, 12, 12, 12, 12, 12}},
        {SCCP_ENBLOC_CALL, {24, 24, 24, 24, 28, 32, 32, 32}},
        {SCCP_OFF_HOOK_WITH_CALLING_PARTY, {52, 52, 52, 52, 52, 56, 56, 56}},
        {SCCP_OPEN_RECEIVE_CHANNEL_ACK, {20, 20, 20, 20, 36, 36, 36, 36}},
        {SCCP_START_MEDIA_TRANSMISSION_ACK, {24, 24, 24, 24, 40, 40, 40, 40}},
        {SCCP_MEDIA_TRANSMISSION_FAILURE, {20, 20, 20, 20, 36, 36, 36, 36}},
        {SCCP_PORT_RESPONSE, {24, 24, 24, 24, 40, 40, 44, 44}},
        {SCCP_CONNECTION_STATISTICS_RES, {664, 664, 664, 664, 664, 668, 668, 65 + 43}},
        {SCCP_CALL_INFO, {384, 384, 384, 384, 384, 384, 384, 384}},
        {SCCP_CALL_STATE, {24, 24, 24, 24, 24, 24, 24, 24}},
        {SCCP_DISPLAY_PRI_NOTIFY, {40, 40, 40, 40, 40, 40, 40, 40}},
        {SCCP_CLOSE_RECEIVE_CHANNEL, {16, 16, 16, 16, 16, 16, 16, 16}},
        {SCCP_STOP_MEDIA_TRANSMISSION, {16, 16, 16, 16, 16, 16, 16, 16}},
        {SCCP_KEYPAD_BUTTON, {12, 12, 12, 12, 12, 12, 12, 12}},
        {SCCP_STIMULUS, {16, 16, 16, 16, 16, 16, 16, 16}},
        {SCCP_OFF_HOOK, {8, 8, 8, 8, 8, 8, 8, 8}},
        {SCCP_DISPLAY_TEXT, {32, 32, 32, 32, 32, 32, 32, 32}},
        {SCCP_UPDATE_CAPABILITIES, {1840, 1840, 1840, 1840, 1840, 1840, 1840, 1840}},
        {SCCP_UPDATE_CAPABILITIES_V2, {2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000}},
        {SCCP_UPDATE_CAPABILITIES_V3, {2340, 2340, 2340, 2340, 2340, 2340, 2340, 2340}},
        {SCCP_LOCATION_INFO, {2404, 2404, 2404, 2404, 2404, 2404, 2404, 2404}},
        {SCCP_EXTENSION_DEVICE_CAPS, {164, 164, 164, 164, 164, 164, 164, 164}},
        {SCCP_SUBSCRIPTION_STAT_REQ, {272, 272, 272, 272, 272, 272, 272, 272}},
        {SCCP_NOTIFICATION, {112, 112, 112, 112, 112, 112, 112, 112}},
        {SCCP_SPCP_TOKEN_REQ, {36, 36, 36, 36, 36, 36, 36, 36}},
        {SCCP_CLEAR_NOTIFY, {0, 0, 0, 0, 0, 0, 0, 0}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++)
        for (size_t v = 0; v < ARRAY_LENGTH(at); v++)
            if (body_length(lengths[i].id, at[v]) != lengths[i].length[v])
                fail_msg("%s at protocol %u: %zu bytes, not %u", sccp_name(lengths[i].id), at[v],
                         body_length(lengths[i].id, at[v]), lengths[i].length[v]);
}

static size_t strings_behind(struct bytes b, size_t at)
{
    size_t n = 0;

    for (size_t i = SCCP_HEADER + at; i < b.len; i++) n += b.at[i] == 0 && b.at[i - 1] != 0;
    return n;
}

static void a_dynamic_call_info_has_12_strings_below_protocol_16_and_15_from_there_on(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_LENGTH(versions); v++)
        for (size_t i = 0, n = call_samples(all, versions[v]); i < n; i++)
            if (all[i].id == SCCP_CALL_INFO_DYNAMIC) {
                struct bytes b = encoded(&all[i], versions[v]);
                assert_int_equal(strings_behind(b, 32), versions[v] < 16 ? 12 : 15);
                drop(b);
            }
}

/* ---- forms of other ages */
static void media_of_an_older_form_are_read_as_such_though_a_newer_protocol_was_agreed(void **state)
{
    static const uint32_t ids[] = {SCCP_OPEN_RECEIVE_CHANNEL,
                                   SCCP_START_MEDIA_TRANSMISSION,
                                   SCCP_OPEN_RECEIVE_CHANNEL_ACK,
                                   SCCP_START_MEDIA_TRANSMISSION_ACK,
                                   SCCP_MEDIA_TRANSMISSION_FAILURE,
                                   SCCP_PORT_RESPONSE,
                                   SCCP_DIALED_NUMBER,
                                   SCCP_CONNECTION_STATISTICS_REQ,
                                   SCCP_OFF_HOOK_WITH_CALLING_PARTY};
    size_t n = call_samples(all, 16), seen = 0;

    (void)state;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < ARRAY_LENGTH(ids); k++) {
            struct sccp_message m;
            struct fault why;
            if (all[i].id != ids[k]) continue;
            struct bytes b = encoded(&all[i], 16);
            assert_true(decodes(&m, b, 20, &why));
            if (!sccp_same(&all[i], &m)) fail_msg("%s", sccp_name(m.id));
            seen++;
            drop(b);
        }
    assert_int_equal(seen, 15);
}

/* A phone that agreed on 20 with a CallManager that stays with its old forms; each cut from our form of 16. */
static void each_shorter_form_that_was_ever_sent_is_known_by_its_length(void **state)
{
    static const struct {
        uint32_t id;
        uint16_t body;
    } forms[] = {{SCCP_OPEN_RECEIVE_CHANNEL, 24},       {SCCP_START_MEDIA_TRANSMISSION, 40},
                 {SCCP_OPEN_RECEIVE_CHANNEL, 68},       {SCCP_OPEN_RECEIVE_CHANNEL, 92},
                 {SCCP_OPEN_RECEIVE_CHANNEL, 108},      {SCCP_START_MEDIA_TRANSMISSION, 84},
                 {SCCP_START_MEDIA_TRANSMISSION, 108},  {SCCP_START_MEDIA_TRANSMISSION, 116},
                 {SCCP_OPEN_RECEIVE_CHANNEL_ACK, 16},   {SCCP_OPEN_RECEIVE_CHANNEL_ACK, 20},
                 {SCCP_CONNECTION_STATISTICS_RES, 664}, {SCCP_ENBLOC_CALL, 28}};

    (void)state;
    for (size_t k = 0; k < ARRAY_LENGTH(forms); k++) {
        uint8_t own = forms[k].id == SCCP_ENBLOC_CALL ? 17 : 16;
        for (size_t i = 0, n = call_samples(all, own); i < n; i++) {
            struct sccp_message old, m;
            struct fault why;
            if (all[i].id != forms[k].id) continue;
            struct bytes b = encoded(&all[i], own), part = resized(b, forms[k].body);
            assert_true(decodes(&old, part, own, &why));
            for (uint8_t version = 18; version <= 21; version++) {
                assert_true(decodes(&m, part, version, &why));
                if (!sccp_same(&old, &m)) fail_msg("%s of %u bytes at %u", sccp_name(m.id), forms[k].body, version);
            }
            drop(part);
            drop(b);
        }
    }
}

static void texts_are_cut_at_their_fields_end(void **state)
{
    static uint8_t long_text[700];
    struct sccp_message m = {.id = SCCP_SUBSCRIPTION_STAT_REQ}, again;
    struct fault why;

    (void)state;
    memset(long_text, 'x', sizeof long_text);
    m.call.subscription.text = (struct bytes){long_text, 70};
    struct bytes b = encoded(&m, 20);
    assert_true(decodes(&again, b, 20, &why));
    assert_int_equal(again.call.subscription.text.len, 64);
    drop(b);
    m.id = SCCP_NOTIFICATION;
    m.call.subscription.text.len = 110;
    b = encoded(&m, 20);
    assert_true(decodes(&again, b, 20, &why));
    assert_int_equal(again.call.subscription.text.len, 97);
    drop(b);
    memset(&m.call, 0, sizeof m.call);
    m.id = SCCP_CONNECTION_STATISTICS_RES;
    m.call.statistics.text = (struct bytes){long_text, sizeof long_text};
    for (uint8_t version = 17; version <= 22; version++) {
        b = encoded(&m, version);
        assert_true(decodes(&again, b, version, &why));
        assert_int_equal(again.call.statistics.text.len, SCCP_STATISTICS);
        drop(b);
    }
}

static void the_text_of_statistics_ends_where_their_size_says(void **state)
{
    struct sccp_message m = {.id = SCCP_CONNECTION_STATISTICS_RES, .call.statistics.text = bytes_of("MLQK=4.5;stale")},
                        again;
    struct bytes b = encoded(&m, 11);
    struct fault why;

    (void)state;
    ((uint8_t *)(uintptr_t)b.at)[SCCP_HEADER + 60] = 8;
    assert_true(decodes(&again, b, 11, &why));
    assert_true(bytes_are(again.call.statistics.text, "MLQK=4.5"));
    drop(b);
}

static void an_address_of_ipv6_survives_from_protocol_17_on(void **state)
{
    struct sccp_message m = {.id = SCCP_OPEN_RECEIVE_CHANNEL_ACK, .call.receiving = {.at = transport(17, true)}}, again;
    struct bytes b = encoded(&m, 17);
    struct fault why;

    (void)state;
    assert_int_equal(m.call.receiving.at.type, 1);
    assert_memory_equal(b.at + SCCP_HEADER + 4, "\x01\x00\x00\x00\x20\x01\x0d\xb8", 8);
    assert_true(decodes(&again, b, 17, &why));
    assert_memory_equal(&again.call.receiving, &m.call.receiving, sizeof m.call.receiving);
    drop(b);
}

static void the_line_of_an_enbloc_call_stands_at_25_or_at_28(void **state)
{
    /* Of a 7970 and of an 8945, both at protocol 22; the first call of each on the default line or on line 1. */
    struct bytes wide = captured("chan-sccp-dumps", SCCP_ENBLOC_CALL, 0),
                 packed = captured("chan-sccp-dumps", SCCP_ENBLOC_CALL, 1);
    struct sccp_message m;
    struct fault why;

    (void)state;
    assert_true(decodes(&m, wide, 22, &why));
    assert_int_equal(m.call.enbloc.line, 1);
    assert_true(bytes_are(m.call.enbloc.number, "98011"));
    assert_true(decodes(&m, packed, 22, &why));
    assert_int_equal(m.call.enbloc.line, 1);
    assert_true(bytes_are(m.call.enbloc.number, "98011"));
    drop(wide);
    drop(packed);
    /* A line that could not be read back at 25 is sent at 28. */
    struct sccp_message far = {.id = SCCP_ENBLOC_CALL, .call.enbloc = {bytes_of("1"), 0x01000000}};
    struct bytes b = encoded(&far, 18);
    assert_true(decodes(&m, b, 18, &why));
    assert_int_equal(m.call.enbloc.line, 0x01000000);
    drop(b);
}

static void the_statistics_of_three_phones_are_read_whatever_their_form(void **state)
{
    struct bytes old = captured("chan-sccp-dumps", SCCP_CONNECTION_STATISTICS_RES, 0),
                 aligned = captured("chan-sccp-dumps", SCCP_CONNECTION_STATISTICS_RES, 1),
                 packed = captured("chan-sccp-dumps", SCCP_CONNECTION_STATISTICS_RES, 2);
    struct sccp_message m;
    struct fault why;

    (void)state;
    assert_int_equal(old.len - SCCP_HEADER, 664);
    assert_true(decodes(&m, old, 17, &why));
    assert_int_equal(m.call.statistics.received_octets, 8256);
    assert_int_equal(m.call.statistics.text.len, 111);
    assert_int_equal(aligned.len - SCCP_HEADER, 668);
    for (uint8_t version = 18; version <= 22; version++) {
        assert_true(decodes(&m, aligned, version, &why));
        assert_true(bytes_are(m.call.statistics.number, "137"));
        assert_int_equal(m.call.statistics.call, 3);
        assert_int_equal(m.call.statistics.mode, 0);
        assert_int_equal(m.call.statistics.sent_packets, 153);
        assert_int_equal(m.call.statistics.sent_octets, 24480);
        assert_int_equal(m.call.statistics.received_packets, 145);
        assert_int_equal(m.call.statistics.received_octets, 23200);
        assert_int_equal(m.call.statistics.text.len, 116);
        assert_true(bytes_begin(m.call.statistics.text, "Log 476: mos 0.0000,"));
        assert_true(decodes(&m, packed, version, &why));
        assert_true(bytes_are(m.call.statistics.number, "98011"));
        assert_int_equal(m.call.statistics.received_octets, 15308);
        assert_true(bytes_end(m.call.statistics.text, "MLQKvr=0.95"));
    }
    struct bytes ours =
        encoded(&m, 22); /* what a phone at 22 sent, byte for byte but for stale ones behind its number */
    assert_int_equal(ours.len, packed.len);
    assert_memory_equal(ours.at + SCCP_HEADER, packed.at + SCCP_HEADER, ours.len - SCCP_HEADER);
    drop(ours);
    drop(old);
    drop(aligned);
    drop(packed);
}

/* ---- captured messages of which Wireshark shows no fields, as they are older than its layouts */
static struct sccp_message read_captured(const char *group, uint32_t id, unsigned nth, uint8_t version, size_t body)
{
    static struct bytes kept;
    struct sccp_message m;
    struct fault why;

    drop(kept);
    kept = (struct bytes){NULL, 0};
    if (!group) return (struct sccp_message){0};
    kept = captured(group, id, nth);
    assert_int_equal(kept.len - SCCP_HEADER, body);
    assert_true(decodes(&m, kept, version, &why));
    return m;
}

static void the_media_of_callmanager_4_end_before_their_fields_of_later_versions(void **state)
{
    struct sccp_message m = read_captured("cm4-7912-incoming-call", SCCP_OPEN_RECEIVE_CHANNEL, 0, 6, 68);

    (void)state;
    assert_int_equal(m.call.media.conference, 0x0100001f);
    assert_int_equal(m.call.media.party, 0x01000101);
    assert_int_equal(m.call.media.milliseconds, 20);
    assert_int_equal(m.call.media.codec, 4);
    assert_int_equal(m.call.media.call, 0x0100001f);
    assert_int_equal(m.call.media.dtmf_payload, 0);
    m = read_captured("cm4-7912-incoming-call", SCCP_START_MEDIA_TRANSMISSION, 0, 6, 84);
    assert_int_equal(m.call.media.conference, 0x0100001f);
    assert_int_equal(m.call.media.peer.address, IPV4(10, 102, 219, 27));
    assert_int_equal(m.call.media.peer.port, 60186);
    assert_int_equal(m.call.media.milliseconds, 20);
    assert_int_equal(m.call.media.codec, 4);
    assert_int_equal(m.call.media.precedence, 184);
    assert_int_equal(m.call.media.call, 0x0100001f);
    m = read_captured("cm4-7912-incoming-call", SCCP_CLOSE_RECEIVE_CHANNEL, 0, 6, 12);
    assert_int_equal(m.call.close.party, 0x01000101);
    assert_int_equal(m.call.close.call, 0x0100001f);
    m = read_captured("cm4-7912-incoming-call", SCCP_STOP_MEDIA_TRANSMISSION, 0, 6, 12);
    assert_int_equal(m.call.close.conference, 0x0100001f);
    m = read_captured("cm4-7912-incoming-call", SCCP_OFF_HOOK, 0, 6, 0);
    assert_int_equal(m.call.of.line, 0);
}

static void the_calls_of_callmanager_2_are_met_calmly(void **state)
{
    struct sccp_message m = read_captured("cm2", SCCP_START_MEDIA_TRANSMISSION, 0, 0, 36);

    (void)state;
    assert_int_equal(m.call.media.conference, 0);
    assert_int_equal(m.call.media.peer.address, IPV4(10, 102, 172, 11));
    assert_int_equal(m.call.media.peer.port, 5001);
    assert_int_equal(m.call.media.milliseconds, 30);
    assert_int_equal(m.call.media.codec, 4);
    assert_int_equal(m.call.media.call, 0); /* stale bytes */
    m = read_captured("cm2-hold", SCCP_CALL_INFO, 0, 0, 128);
    assert_true(bytes_are(m.call.info.calling.name, "Line 1091"));
    assert_true(bytes_are(m.call.info.calling.number, "1091"));
    assert_true(bytes_are(m.call.info.called.name, "John Doe"));
    assert_int_equal(m.call.info.call, 0);
    m = read_captured("cm2", SCCP_START_TONE, 0, 0, 4);
    assert_int_equal(m.call.tone.tone, TONE_INSIDE_DIAL);
    assert_int_equal(m.call.tone.call, 0);
    m = read_captured("cm2", SCCP_STOP_TONE, 0, 0, 0);
    assert_int_equal(m.call.tone.line, 0);
    m = read_captured("cm2-hold", SCCP_STIMULUS, 0, 0, 8);
    assert_int_equal(m.call.stimulus.button, 3); /* hold */
    assert_int_equal(m.call.stimulus.instance, 1);
    m = read_captured("cm2", SCCP_STOP_MEDIA_TRANSMISSION, 0, 0, 4);
    assert_true(m.known);
    m = read_captured("cm2", SCCP_START_MEDIA_RECEPTION, 0, 0, 24);
    assert_int_equal(m.other.len, 24);
    m = read_captured("cm2", SCCP_STOP_MEDIA_RECEPTION, 0, 0, 4);
    assert_int_equal(m.other.len, 4);
    m = read_captured("cm2", SCCP_DISPLAY_TEXT, 0, 0, 36);
    assert_true(bytes_are(m.text, "                    1091        "));
}

static void a_7970_tells_eight_audio_codecs_at_312(void **state)
{
    static const uint32_t codecs[] = {25, 4, 2, 15, 16, 11, 12, 257};
    struct sccp_message m = read_captured("chan-sccp-dumps", SCCP_UPDATE_CAPABILITIES, 0, 11, 1840);

    (void)state;
    assert_int_equal(m.call.audio.count, ARRAY_LENGTH(codecs));
    for (size_t i = 0; i < ARRAY_LENGTH(codecs); i++) assert_int_equal(m.call.audio.codec[i].codec, codecs[i]);
    assert_int_equal(m.call.audio.codec[0].milliseconds, 40);
    assert_int_equal(m.call.audio.codec[3].milliseconds, 60);
    m = read_captured("chan-sccp-dumps", SCCP_EXTENSION_DEVICE_CAPS, 0, 11, 164);
    assert_true(bytes_are(m.call.extension.text, "max-chained=2 deviceLine=14"));
    m = read_captured("chan-sccp-dumps", SCCP_EXTENSION_DEVICE_CAPS, 1, 11, 172);
    assert_int_equal(m.call.extension.type, 2);
    assert_true(bytes_are(m.call.extension.text, "max-chained=2 deviceLine=24"));
}

/* Decodes an UpdateCapabilitiesV3 whose body begins with these numbers and has n bytes. */
static struct sccp_message third_form(const uint32_t *numbers, size_t count, size_t n)
{
    uint8_t *to = calloc(1, SCCP_HEADER + n + 4 * count);
    struct writer w = writer(to, SCCP_HEADER + n + 4 * count);
    struct sccp_message m;
    struct fault why;

    write_le32(&w, (uint32_t)(4 + n));
    write_le32(&w, 20);
    write_le32(&w, SCCP_UPDATE_CAPABILITIES_V3);
    for (size_t i = 0; i < count; i++) write_le32(&w, numbers[i]);
    struct bytes b = resized((struct bytes){to, SCCP_HEADER + n}, n); /* of exactly that size */
    free(to);
    assert_true(decodes(&m, b, 20, &why));
    drop(b);
    return m;
}

static void the_third_form_of_capabilities_is_packed_by_its_counts(void **state)
{
    static const uint32_t body[] = {2,
                                    0,
                                    0,
                                    0,
                                    /* pictures: */ 2,
                                    1,
                                    1,
                                    1,
                                    1,
                                    1,
                                    2,
                                    2,
                                    2,
                                    2,
                                    2,
                                    /* streams, bandwidth, resources: */ 3,
                                    4,
                                    2,
                                    /* layouts, of the first: */ 1,
                                    9,
                                    1,
                                    1,
                                    1,
                                    1,
                                    /* of the second: */ 0,
                                    2,
                                    2,
                                    2,
                                    2,
                                    /* codecs: */ 41,
                                    20,
                                    0,
                                    0,
                                    4,
                                    40,
                                    0,
                                    0};
    uint32_t wild[ARRAY_LENGTH(body)];
    struct sccp_message m = third_form(body, ARRAY_LENGTH(body), sizeof body);

    (void)state;
    assert_int_equal(m.call.audio.count, 2);
    assert_int_equal(m.call.audio.codec[0].codec, 41);
    assert_int_equal(m.call.audio.codec[0].milliseconds, 20);
    assert_int_equal(m.call.audio.codec[1].codec, 4);
    assert_int_equal(m.call.audio.codec[1].milliseconds, 40);
    for (size_t n = 12; n < sizeof body - 16; n++) { /* cut anywhere before it, a codec is none */
        m = third_form(body, ARRAY_LENGTH(body), n);
        assert_int_equal(m.call.audio.codec[1].codec, 0);
    }
    for (size_t i = 3; i < ARRAY_LENGTH(body); i++) { /* a count that the body cannot meet ends with it */
        memcpy(wild, body, sizeof body);
        wild[i] = UINT32_MAX;
        m = third_form(wild, ARRAY_LENGTH(wild), sizeof wild);
        assert_int_equal(m.call.audio.count, 2);
    }
}

static void a_third_form_as_long_as_arrays_of_full_size_has_its_codecs_at_312(void **state)
{
    uint32_t body[86] = {2};
    struct sccp_message m;

    (void)state;
    body[78] = 25;
    body[79] = 20;
    body[82] = 86;
    body[83] = 60;
    m = third_form(body, ARRAY_LENGTH(body), 2340);
    assert_int_equal(m.call.audio.count, 2);
    assert_int_equal(m.call.audio.codec[0].codec, 25);
    assert_int_equal(m.call.audio.codec[1].codec, 86);
    assert_int_equal(m.call.audio.codec[1].milliseconds, 60);
}

static void every_captured_message_of_a_call_has_the_fields_that_wireshark_shows(void **state)
{
    size_t i, calls = 0, shown = 0;
    unsigned compared = 0;
    json_t *message;

    (void)state;
    json_array_foreach (json_object_get(vectors, "messages"), i, message) {
        struct bytes b = hex(text_of(message, "hex"));
        struct sccp_message m;
        struct fault why;

        assert_true(decodes(&m, b, version_of(message), &why));
        assert_true(m.known);
        unsigned fields = compare(message, &m);
        bool registration = m.id == SCCP_SERVER_REQ;
        for (size_t k = 0, n = samples(all, 11); k < n; k++) registration |= all[k].id == m.id;
        if (!registration) {
            calls++;
            shown += fields > 0;
            compared += fields;
            /* Of an 8945's EnblocCall Wireshark shows the line wrong. */
            bool wide = m.id == SCCP_ENBLOC_CALL && b.at[SCCP_HEADER + 28] != 0;
            assert_int_equal(fields + wide, values_shown(message));
        }
        drop(b);
    }
    assert_int_equal(calls, 87);
    assert_int_equal(shown, 62);
    assert_int_equal(compared, 312);
}

/* ---- bounds */
static void a_message_on_a_stack_is_not_larger_for_the_calls(void **state)
{
    (void)state;
    assert_true(sizeof(union sccp_call) <= sizeof(struct sccp_soft_key_template));
    assert_true(sizeof(struct sccp_message) <= 1056);
}

static void counts_and_lengths_beyond_their_places_are_cut(void **state)
{
    /* CallCountRes: lines 1, first 1, entries 2^32 - 1; one entry. DeviceToUserData: length 2^32 - 1, `abc`. */
    struct bytes counts = hex("14000000000000005f010000"
                              "0100000001000000ffffffff04000200"),
                 data = hex("1b000000000000002e000000"
                            "01000000020000000300000004000000ffffffff616263");
    struct sccp_message m;
    struct fault why;

    (void)state;
    assert_true(decodes(&m, counts, 11, &why));
    assert_int_equal(m.call.counts.count, SCCP_LINE_COUNTS);
    assert_int_equal(m.call.counts.line[0].busy_trigger, 2);
    assert_int_equal(m.call.counts.line[1].most, 0);
    assert_true(decodes(&m, data, 11, &why));
    assert_true(bytes_are(m.call.user_data.data, "abc"));
    drop(counts);
    drop(data);
}

static void user_data_longer_than_a_phone_takes_are_cut_and_nuls_within_are_kept(void **state)
{
    static uint8_t data[2100];
    struct sccp_message m = {.id = SCCP_USER_TO_DEVICE_DATA_V1, .call.user_data.data = {data, sizeof data}}, again;
    struct fault why;

    (void)state;
    struct bytes b = encoded(&m, 20);
    assert_true(decodes(&again, b, 20, &why));
    assert_int_equal(again.call.user_data.data.len, SCCP_USER_DATA);
    drop(b);
}

static void bodies_of_no_documented_layout_are_kept_and_sent_as_they_came(void **state)
{
    static const uint32_t raw[] = {SCCP_MEDIA_PORT_LIST, SCCP_START_MEDIA_RECEPTION, SCCP_STOP_MEDIA_RECEPTION};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(raw); i++) {
        struct sccp_message m = {.id = raw[i], .other = bytes_of("any bytes")}, again;
        struct bytes b = encoded(&m, 22);
        struct fault why;
        assert_true(decodes(&again, b, 22, &why));
        assert_true(again.known && bytes_are(again.other, "any bytes"));
        drop(b);
        m.other.len = 0; /* and none at all */
        b = encoded(&m, 22);
        assert_true(decodes(&again, b, 22, &why));
        assert_int_equal(again.other.len, 0);
        drop(b);
    }
}

static int let_go(void **state)
{
    (void)read_captured(NULL, 0, 0, 0, 0);
    return unload_vectors(state);
}

static void a_message_is_the_same_wherever_it_begins(void **state)
{
    static uint8_t room[SCCP_MOST + 8];

    (void)state;
    for (size_t i = 0, n = call_samples(all, 22); i < n; i++)
        for (size_t before = 1; before < 4; before++) {
            struct bytes b = encoded(&all[i], 22);
            struct writer w = writer(room, sizeof room);
            write_zeros(&w, before);
            sccp_message_encode(&w, &all[i], 22);
            if (!bytes_equal(written_from(&w, before), b)) fail_msg("%s behind %zu", sccp_name(all[i].id), before);
            drop(b);
        }
}

/* From protocol 18 on a number has 25 bytes and the line stands behind it; 24 digits fill the field but its NUL. */
static void the_line_of_an_enbloc_call_is_sent_at_25(void **state)
{
    struct sccp_message m = {.id = SCCP_ENBLOC_CALL, .call.enbloc = {bytes_of("123456789012345678901234"), 1}}, again;
    struct bytes b = encoded(&m, 18);
    struct fault why;

    (void)state;
    assert_int_equal(b.len, SCCP_HEADER + 32);
    assert_memory_equal(b.at + SCCP_HEADER + 23, "4\0\1\0\0\0\0\0\0", 9);
    drop(b);
    m.call.enbloc.line = 0x02000000; /* cannot be told from a line at 28, so it stands there */
    b = encoded(&m, 18);
    assert_memory_equal(b.at + SCCP_HEADER + 23, "4\0\0\0\0\0\0\0\2", 9);
    assert_true(decodes(&again, b, 18, &why));
    assert_int_equal(again.call.enbloc.line, 0x02000000);
    assert_true(bytes_are(again.call.enbloc.number, "123456789012345678901234"));
    drop(b);
}

/* Two numbers of 25 bytes, then the rest unaligned, in 88 bytes. */
static void a_waiting_message_has_its_fields_at_0_25_and_50(void **state)
{
    struct sccp_message m = {
        .id = SCCP_MWI_NOTIFICATION,
        .call.waiting = {.target = bytes_of("123456789012345678901234X"), .control = bytes_of("ab"), .waiting = 1}};
    m.call.waiting.messages[SCCP_WAITING - 1].heard = 7;
    struct bytes b = encoded(&m, 11);

    (void)state;
    assert_int_equal(b.len - SCCP_HEADER, 88);
    assert_memory_equal(b.at + SCCP_HEADER + 24, "Xab\0", 4);
    assert_memory_equal(b.at + SCCP_HEADER + 48, "\0\0\1\0\0\0", 6);
    assert_memory_equal(b.at + SCCP_HEADER + 54 + 8 * SCCP_WAITING - 4, "\7\0\0\0", 4);
    drop(b);
}

static void call_counts_have_as_many_entries_as_they_say(void **state)
{
    struct sccp_message m = {.id = SCCP_CALL_COUNT_RES, .call.counts = {.lines = 9, .first = 1}};

    (void)state;
    for (uint32_t n = 0; n <= SCCP_LINE_COUNTS; n++) {
        m.call.counts.count = n;
        struct bytes b = encoded(&m, 11);
        assert_int_equal(b.len - SCCP_HEADER, 12 + 4 * n);
        drop(b);
    }
}

/* Media without their key, as CallManager 2.x sent them, have none: not one of other bytes. */
static void a_key_of_which_a_byte_is_missing_is_zero(void **state)
{
    static const uint8_t none[16];
    struct sccp_message m = {.id = SCCP_OPEN_RECEIVE_CHANNEL}, again;
    struct fault why;

    (void)state;
    memset(m.call.media.encryption.key, 0xaa, sizeof m.call.media.encryption.key);
    struct bytes b = encoded(&m, 11);
    for (size_t n = 28; n < 52; n++) { /* the key stands at 36 and has 16 bytes */
        struct bytes part = resized(b, n);
        assert_true(decodes(&again, part, 11, &why));
        assert_memory_equal(again.call.media.encryption.key, none, sizeof none);
        drop(part);
    }
    struct bytes part = resized(b, 52);
    assert_true(decodes(&again, part, 11, &why));
    assert_memory_equal(again.call.media.encryption.key, m.call.media.encryption.key, sizeof none);
    drop(part);
    drop(b);
}

/* 664 bytes are the aligned form of old, but at 22 there is only the packed one, of any length. */
static void statistics_of_664_bytes_are_packed_at_22(void **state)
{
    static const char text[600] = "MLQK=4.5";
    struct sccp_message m = {.id = SCCP_CONNECTION_STATISTICS_RES,
                             .call.statistics = {.number = bytes_of("1012"), .call = 77, .mode = 1, .latency = 5}},
                        again;
    struct fault why;

    (void)state;
    m.call.statistics.text = bytes_of(text);
    struct bytes b = encoded(&m, 22), part = resized(b, 664);
    assert_true(decodes(&again, part, 22, &why));
    assert_true(again.call.statistics.call == 77 && again.call.statistics.mode == 1);
    assert_int_equal(again.call.statistics.latency, 5);
    assert_true(bytes_are(again.call.statistics.text, text));
    drop(part);
    drop(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_comes_back_by_value_in_every_protocol_version),
        cmocka_unit_test(a_body_cut_at_any_byte_is_too_short_below_its_least_and_taken_from_there_on),
        cmocka_unit_test(what_follows_the_full_form_is_ignored),
        cmocka_unit_test(messages_have_the_lengths_that_phones_of_each_version_expect),
        cmocka_unit_test(a_dynamic_call_info_has_12_strings_below_protocol_16_and_15_from_there_on),
        cmocka_unit_test(media_of_an_older_form_are_read_as_such_though_a_newer_protocol_was_agreed),
        cmocka_unit_test(each_shorter_form_that_was_ever_sent_is_known_by_its_length),
        cmocka_unit_test(texts_are_cut_at_their_fields_end),
        cmocka_unit_test(the_text_of_statistics_ends_where_their_size_says),
        cmocka_unit_test(an_address_of_ipv6_survives_from_protocol_17_on),
        cmocka_unit_test(the_line_of_an_enbloc_call_stands_at_25_or_at_28),
        cmocka_unit_test(the_statistics_of_three_phones_are_read_whatever_their_form),
        cmocka_unit_test(the_media_of_callmanager_4_end_before_their_fields_of_later_versions),
        cmocka_unit_test(the_calls_of_callmanager_2_are_met_calmly),
        cmocka_unit_test(a_7970_tells_eight_audio_codecs_at_312),
        cmocka_unit_test(the_third_form_of_capabilities_is_packed_by_its_counts),
        cmocka_unit_test(a_third_form_as_long_as_arrays_of_full_size_has_its_codecs_at_312),
        cmocka_unit_test(every_captured_message_of_a_call_has_the_fields_that_wireshark_shows),
        cmocka_unit_test(a_message_on_a_stack_is_not_larger_for_the_calls),
        cmocka_unit_test(counts_and_lengths_beyond_their_places_are_cut),
        cmocka_unit_test(user_data_longer_than_a_phone_takes_are_cut_and_nuls_within_are_kept),
        cmocka_unit_test(bodies_of_no_documented_layout_are_kept_and_sent_as_they_came),
        cmocka_unit_test(a_message_is_the_same_wherever_it_begins),
        cmocka_unit_test(the_line_of_an_enbloc_call_is_sent_at_25),
        cmocka_unit_test(a_waiting_message_has_its_fields_at_0_25_and_50),
        cmocka_unit_test(call_counts_have_as_many_entries_as_they_say),
        cmocka_unit_test(a_key_of_which_a_byte_is_missing_is_zero),
        cmocka_unit_test(statistics_of_664_bytes_are_packed_at_22),
    };

    return cmocka_run_group_tests(tests, load_vectors, let_go);
}
