/* What a real 7912 and a CallManager 4 said to one another (tests/vectors/sccp-messages.json: pyskinny's captures
 * callmanager4-7912-register.pcapng and callmanager4-7912-fallback-register-call.pcapng), said to ours. */
#include "calls.h"
#include <jansson.h>

static size_t from_hex(uint8_t *to, size_t size, const char *hex)
{
    size_t n = 0;

    for (; hex[0] && hex[1] && n < size; hex += 2) {
        char two[3] = {hex[0], hex[1], 0};
        to[n++] = (uint8_t)strtoul(two, NULL, 16);
    }
    return n;
}

/* The next message of a group, from *at on. False at its end. */
struct recorded {
    bool from_phone;
    double t;
    uint8_t bytes[SCCP_MOST];
    size_t length;
};

static bool next_of(json_t *all, const char *group, size_t *at, struct recorded *out)
{
    json_t *list = json_object_get(all, "messages");

    for (; *at < json_array_size(list); (*at)++) {
        json_t *message = json_array_get(list, *at);
        if (strcmp(json_string_value(json_object_get(message, "group")), group) != 0) continue;
        out->from_phone = strcmp(json_string_value(json_object_get(message, "direction")), "phone->cm") == 0;
        out->t = json_number_value(json_object_get(message, "t"));
        out->length = from_hex(out->bytes, sizeof out->bytes, json_string_value(json_object_get(message, "hex")));
        (*at)++;
        return true;
    }
    return false;
}

static json_t *recordings(void)
{
    json_error_t error;
    json_t *all = json_load_file(VECTORS "/sccp-messages.json", 0, &error);

    assert_non_null(all);
    return all;
}

static void know_the_7912(void)
{
    struct device_record r = {
        .mac = {{0x00, 0x13, 0x80, 0xad, 0x9e, 0x5f}}, .device_type = 30007, .pool = "Default", .line = {{"1012", ""}}};
    struct fault why;

    assert_non_null(devices_create(&w.t, &r, NULL, &why));
    up(5);
}

/* SelectSoftKeys differs in its mask alone: CallManager shows all keys of the set on hook, ours not CFwdAll, which it
 * has not. */
static bool same_bytes_expected(uint32_t id)
{
    return id == SCCP_SOFT_KEY_TEMPLATE_RES || id == SCCP_SOFT_KEY_SET_RES || id == SCCP_CAPABILITIES_REQ ||
           id == SCCP_KEEP_ALIVE_ACK || id == SCCP_DISPLAY_PROMPT_STATUS;
}

/* Each answer has the same message id and length as CallManager's, in the same order, and the tables of soft keys are
 * the same byte for byte. */
static void a_real_7912_gets_from_us_what_callmanager_4_gave_it(void **state)
{
    static uint8_t ours[64][SCCP_MOST];
    static size_t length[64];
    static struct recorded r;
    unsigned answers = 0, expected = 0;
    json_t *all = recordings();
    size_t i = 0;

    (void)state;
    know_the_7912();
    while (next_of(all, "cm4-7912-register", &i, &r)) {
        if (r.t > 65) continue; /* then it gets a dial tone: below */
        if (!r.from_phone) {
            assert_true(expected < answers);
            uint32_t id = (uint32_t)r.bytes[8] | (uint32_t)r.bytes[9] << 8;
            const uint8_t *our = ours[expected];
            if (((uint32_t)our[8] | (uint32_t)our[9] << 8) != id || length[expected] != r.length)
                fail_msg("answer %u: CallManager's 0x%04x of %zu bytes, ours 0x%02x%02x of %zu", expected, id, r.length,
                         our[9], our[8], length[expected]);
            if (same_bytes_expected(id)) assert_memory_equal(our, r.bytes, r.length);
            if (id == SCCP_SELECT_SOFT_KEYS) assert_memory_equal(our, r.bytes, r.length - 4);
            expected++;
            continue;
        }
        step_at(0, &(struct event){.kind = EVENT_DATA, .stream = 5, .bytes = {r.bytes, r.length}});
        for (uint32_t k = 0; k < box.out.count; k++)
            if (box.actions[k].kind == ACTION_WRITE) {
                struct bytes b = payload(&box.out, k);
                length[answers] = b.len;
                memcpy(ours[answers++], b.at, b.len);
            }
    }
    assert_int_equal(answers, expected);
    assert_int_equal(expected, 16);
    assert_int_equal(callmanager_registered(&m[0]), 1);
    assert_true(m[0].count.malformed == 0);
    json_decref(all);
}

/* Registration as recorded, whatever we answer. */
static void register_the_7912(json_t *all)
{
    static struct recorded r;
    size_t i = 0;

    know_the_7912();
    while (next_of(all, "cm4-7912-register", &i, &r))
        if (r.from_phone && r.t < 65)
            step_at(0, &(struct event){.kind = EVENT_DATA, .stream = 5, .bytes = {r.bytes, r.length}});
    assert_int_equal(callmanager_registered(&m[0]), 1);
    version_of[5] = 6;
}

/* What we wrote to the phone and have not compared yet. */
static struct {
    uint8_t bytes[64][SCCP_MOST];
    size_t length[64], written, compared;
} our;

static void gather(void)
{
    for (uint32_t k = 0; k < box.out.count; k++) {
        if (box.actions[k].kind != ACTION_WRITE || box.actions[k].stream != 5) continue;
        struct bytes b = payload(&box.out, k);
        assert_true(our.written < ARRAY_LENGTH(our.bytes));
        our.length[our.written] = b.len;
        memcpy(our.bytes[our.written++], b.at, b.len);
    }
}

#define SAME(field)                                                                                                    \
    do {                                                                                                               \
        if (a->field != b->field)                                                                                      \
            fail_msg("%s: " #field " is 0x%x in CallManager's, 0x%x in ours", sccp_name(a->id), (unsigned)a->field,    \
                     (unsigned)b->field);                                                                              \
    } while (0)
#define SAME_TEXT(field)                                                                                               \
    do {                                                                                                               \
        if (!bytes_equal(a->field, b->field))                                                                          \
            fail_msg("%s: " #field " is '%.*s' in CallManager's, '%.*s' in ours", sccp_name(a->id), (int)a->field.len, \
                     a->field.at, (int)b->field.len, b->field.at);                                                     \
    } while (0)

/* Its references, and what stands for them in ours. */
static uint32_t their_call, our_call, their_party, our_party;

static void same_call(const struct sccp_message *theirs, uint32_t a, uint32_t b)
{
    if (a == 0 && b == 0) return;
    if (their_call == 0) {
        their_call = a;
        our_call = b;
    }
    if (a != their_call || b != our_call)
        fail_msg("%s: the call is 0x%x of 0x%x in CallManager's, 0x%x of 0x%x in ours", sccp_name(theirs->id), a,
                 their_call, b, our_call);
}

static void same_party(uint32_t a, uint32_t b)
{
    if (their_party == 0) {
        their_party = a;
        our_party = b;
    }
    assert_true(a == their_party && b == our_party);
}

/* a: CallManager's, b: ours. What is not compared, and why:
 *  - call and party numbers are each server's own; that the same one stands in all messages of a call is compared.
 *  - SelectSoftKeys: the mask; CallManager shows Transfer, Park, Confrn and so on, ours shows what it has.
 *  - CallInfo: names of the original and the redirecting party (CallManager has a second name for a line, "7912 1012").
 *  - OpenReceiveChannel 108 bytes instead of 68 and StartMediaTransmission 116 instead of 84: the longer forms' fields
 *    are 0, but the source address of OpenReceiveChannel, which is behind all that a 7912 knows.
 *  - DefineTimeDate: the time of the recording. */
static void compare_media(const struct sccp_message *a, const struct sccp_message *b)
{
    same_call(a, a->call.media.conference, b->call.media.conference);
    same_call(a, a->call.media.call, b->call.media.call);
    same_party(a->call.media.party, b->call.media.party);
    SAME(call.media.milliseconds);
    SAME(call.media.codec);
    SAME(call.media.echo_cancellation);
    SAME(call.media.silence_suppression);
    SAME(call.media.precedence);
    SAME(call.media.frames);
    SAME(call.media.parameters);
    SAME(call.media.encryption.algorithm);
    SAME(call.media.stream);
    SAME(call.media.dtmf_payload);
    SAME(call.media.peer.address);
    SAME(call.media.peer.port);
}

static void compare_info(const struct sccp_message *a, const struct sccp_message *b)
{
    SAME_TEXT(call.info.calling.name);
    SAME_TEXT(call.info.calling.number);
    SAME_TEXT(call.info.called.name);
    SAME_TEXT(call.info.called.number);
    SAME_TEXT(call.info.original.number);
    SAME_TEXT(call.info.redirecting.number);
    SAME(call.info.line);
    same_call(a, a->call.info.call, b->call.info.call);
    SAME(call.info.type);
    SAME(call.info.original_reason);
    SAME(call.info.redirecting_reason);
    SAME(call.info.instance);
    SAME(call.info.security);
    SAME(call.info.restriction);
}

static void compare(const struct sccp_message *a, const struct sccp_message *b)
{
    SAME(id);
    switch (a->id) {
    case SCCP_CALL_STATE:
        SAME(call.state.state);
        SAME(call.state.line);
        same_call(a, a->call.state.call, b->call.state.call);
        SAME(call.state.privacy);
        SAME(call.state.precedence);
        SAME(call.state.domain);
        break;
    case SCCP_SELECT_SOFT_KEYS:
        SAME(keys.line);
        same_call(a, a->keys.call, b->keys.call);
        SAME(keys.set);
        break;
    case SCCP_DISPLAY_PROMPT_STATUS:
        SAME(prompt.timeout);
        SAME(prompt.line);
        same_call(a, a->prompt.call, b->prompt.call);
        SAME(prompt.label);
        SAME_TEXT(prompt.text);
        break;
    case SCCP_DISPLAY_PRI_NOTIFY:
        SAME(call.notice.timeout);
        SAME(call.notice.priority);
        SAME(call.notice.label);
        SAME_TEXT(call.notice.text);
        break;
    case SCCP_CALL_INFO: compare_info(a, b); break;
    case SCCP_SET_LAMP:
        SAME(call.lamp.button);
        SAME(call.lamp.instance);
        SAME(call.lamp.mode);
        break;
    case SCCP_SET_RINGER:
        SAME(call.ring.mode);
        SAME(call.ring.duration);
        SAME(call.ring.line);
        same_call(a, a->call.ring.call, b->call.ring.call);
        break;
    case SCCP_SET_SPEAKER_MODE:
    case SCCP_ACTIVATE_CALL_PLANE: SAME(number); break;
    case SCCP_START_TONE: SAME(call.tone.tone); SAME(call.tone.direction); /* fall through */
    case SCCP_STOP_TONE:
        SAME(call.tone.line);
        same_call(a, a->call.tone.call, b->call.tone.call);
        break;
    case SCCP_CLEAR_PROMPT_STATUS:
        SAME(call.of.line);
        same_call(a, a->call.of.call, b->call.of.call);
        break;
    case SCCP_OPEN_RECEIVE_CHANNEL:
    case SCCP_START_MEDIA_TRANSMISSION: compare_media(a, b); break;
    case SCCP_CLOSE_RECEIVE_CHANNEL:
    case SCCP_STOP_MEDIA_TRANSMISSION:
        same_call(a, a->call.close.conference, b->call.close.conference);
        same_party(a->call.close.party, b->call.close.party);
        same_call(a, a->call.close.call, b->call.close.call);
        break;
    case SCCP_DEFINE_TIME_DATE:
    case SCCP_KEEP_ALIVE_ACK: break;
    default: fail_msg("0x%04x is not compared", a->id);
    }
}

static void compare_with(const struct recorded *r)
{
    static struct sccp_message a, b;
    struct fault why;

    if (our.compared >= our.written) {
        assert_true(sccp_message_decode(&a, (struct bytes){r->bytes, r->length}, 6, &why));
        fail_msg("CallManager sent %s, and ours nothing more", sccp_name(a.id));
    }
    assert_true(sccp_message_decode(&a, (struct bytes){r->bytes, r->length}, 6, &why));
    assert_true(sccp_message_decode(&b, (struct bytes){our.bytes[our.compared], our.length[our.compared]}, 6, &why));
    our.compared++;
    compare(&a, &b);
}

static void begin_comparing(void)
{
    memset(&our, 0, sizeof our);
    their_call = our_call = their_party = our_party = 0;
}

/* NewCall at 66.1 s, EndCall at 68.8 s: dial tone and hang-up. After it CallManager's last two messages are cut off in
 * the capture: SetRinger, which the other recording has, is ours alone here. */
static void its_dial_tone_and_hang_up_are_callmanagers_in_each_field(void **state)
{
    static struct recorded r;
    json_t *all = recordings();
    size_t i = 0;

    (void)state;
    register_the_7912(all);
    begin_comparing();
    while (next_of(all, "cm4-7912-register", &i, &r)) {
        if (r.t < 65) continue;
        if (!r.from_phone) {
            compare_with(&r);
            continue;
        }
        step_at(0, &(struct event){.kind = EVENT_DATA, .stream = 5, .bytes = {r.bytes, r.length}});
        gather();
    }
    assert_int_equal(our.compared, 15);
    assert_int_equal(our.written, 16);
    json_decref(all);
}

/* At 44.4 s 1003 ("Python", an emulated phone) calls it; it answers with its handset, is sent to where the other
 * receives, and presses EndCall at 83.4 s. The caller's side is not in the recording: it is a phone of this test, whose
 * number and name are those of the recording, and which acknowledges its channel when CallManager's
 * StartMediaTransmission is due. The numbers in what the 7912 said are CallManager's: its Ack's party is put in
 * ours. */
static void the_call_that_it_gets_is_callmanagers_in_each_field(void **state)
{
    static struct recorded r;
    json_t *all = recordings();
    size_t i = 0;
    struct fault why;

    (void)state;
    register_the_7912(all);
    (void)phone(6, 6, 11, "1003");
    assert_true(devices_change(&w.t, bytes_of("SEP020000000006"), bytes_of("label"), bytes_of("Python"), NULL, &why));
    devices_find(&w.t, mac_n(6))->record.owed = OWED_NOTHING;
    begin_comparing();
    off_hook(6);
    dial(6, "1012");
    gather();
    while (next_of(all, "cm4-7912-incoming-call", &i, &r)) {
        uint32_t id = (uint32_t)r.bytes[8] | (uint32_t)r.bytes[9] << 8;
        const struct call *k = callmanager_next_call(&m[0], NULL);
        if (id == SCCP_START_MEDIA_TRANSMISSION) { /* 10.102.219.27, port 60186: where "Python" listened */
            struct sccp_message ack = {.id = SCCP_OPEN_RECEIVE_CHANNEL_ACK};
            ack.call.receiving = (struct sccp_receiving){
                .at = {.address = IPV4(10, 102, 219, 27), .port = (uint32_t)r.bytes[24] | (uint32_t)r.bytes[25] << 8},
                .party = k->party[0].stream};
            say(6, ack);
            gather();
        }
        if (!r.from_phone) {
            compare_with(&r);
            continue;
        }
        if (id == SCCP_OPEN_RECEIVE_CHANNEL_ACK) {
            struct writer party = writer(r.bytes, sizeof r.bytes);
            party.len = r.length;
            patch_le32(&party, 24, k->party[1].stream);
        }
        step_at(0, &(struct event){.kind = EVENT_DATA, .stream = 5, .bytes = {r.bytes, r.length}});
        gather();
        if (id == SCCP_OPEN_RECEIVE_CHANNEL_ACK) { /* 10.102.10.209, port 16384: the other one learns it */
            assert_int_equal(written_to(6, SCCP_START_MEDIA_TRANSMISSION, 11)->call.media.peer.address,
                             IPV4(10, 102, 10, 209));
            assert_int_equal(written_to(6, SCCP_START_MEDIA_TRANSMISSION, 11)->call.media.peer.port, 16384);
        }
    }
    assert_int_equal(our.compared, our.written);
    assert_int_equal(our.compared, 31);
    assert_int_equal(m[0].count.malformed + m[0].count.unknown, 0);
    json_decref(all);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_real_7912_gets_from_us_what_callmanager_4_gave_it),
        T(its_dial_tone_and_hang_up_are_callmanagers_in_each_field),
        T(the_call_that_it_gets_is_callmanagers_in_each_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
