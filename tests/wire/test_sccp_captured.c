/* Messages of real phones and real CallManagers: tests/vectors/sccp-messages.json says of each its bytes, and what the
 * fields hold that Wireshark names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "hex.h"
#include "sccp_same.h"

static json_t *vectors;
static unsigned compared; /* fields, so that a name that the file does not have is not taken for an equal one */

static int load(void **state)
{
    json_error_t error;

    (void)state;
    vectors = json_load_file(VECTORS "/sccp-messages.json", 0, &error);
    if (!vectors) print_error("%s\n", error.text);
    return vectors ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    json_decref(vectors);
    return 0;
}

static const char *text_of(json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* The number `at` of a field that repeats, or the only one; NULL when the file does not name it. */
static const char *value(json_t *fields, const char *name, size_t at)
{
    json_t *v = json_object_get(fields, name);

    if (json_is_array(v)) v = json_array_get(v, at);
    const char *shown = json_string_value(v);
    return shown && strncmp(shown, "... ", 4) != 0 ? shown : NULL; /* "... 2 more" ends a list that was cut */
}

static void number_at(json_t *fields, const char *name, size_t at, uint32_t got)
{
    const char *want = value(fields, name, at);

    if (!want) return;
    if (strtoul(want, NULL, 0) != got) fail_msg("%s[%zu]: %u is not %s", name, at, got, want);
    compared++;
}

static void number(json_t *fields, const char *name, uint32_t got)
{
    number_at(fields, name, 0, got);
}

/* Wireshark shows a byte that is not UTF-8 as U+FFFD: of a phrase `80 nn` the mark is compared, of stale bytes nothing. */
static void label_at(json_t *fields, const char *name, size_t at, uint8_t label, struct bytes got)
{
    const char *want = value(fields, name, at);

    if (!want) return;
    if (strncmp(want, "\xef\xbf\xbd", 3) == 0) {
        if (want[3] == 0) return;
        assert_int_equal(label, want[3]);
        want += 4;
    } else {
        assert_int_equal(label, 0);
    }
    if (!bytes_are(got, want)) fail_msg("%s: %.*s is not %s", name, (int)got.len, (const char *)got.at, want);
    compared++;
}

static void text(json_t *fields, const char *name, struct bytes got)
{
    const char *want = value(fields, name, 0);

    if (want && strstr(want, "\xef\xbf\xbd")) return; /* a name that CallManager 2.x left stale */
    label_at(fields, name, 0, 0, got);
}

static void address(json_t *fields, const char *name, ipv4 got)
{
    char shown[IPV4_TEXT];
    const char *want = value(fields, name, 0);

    if (!want) return;
    assert_string_equal(ipv4_text(shown, got), want);
    compared++;
}

static void compare_register(json_t *f, const struct sccp_register *r)
{
    char shown[MAC_TEXT];

    text(f, "DeviceName", r->name);
    number(f, "reserved.for.future.use", r->user);
    number(f, "instance", r->instance);
    address(f, "stationIpAddr", r->address);
    number(f, "deviceType", r->device_type);
    number(f, "maxStreams", r->max_streams);
    number(f, "activeStreams", r->active_streams);
    number(f, "protocolVer", r->protocol);
    number(f, "unknown", r->features[0]);
    number(f, "maxConferences", r->max_conferences);
    number(f, "activeConferences", r->active_conferences);
    number(f, "ipV4AddressScope", r->address_scope);
    number(f, "maxNumberOfLines", r->max_lines);
    text(f, "firmwareLoadName", r->load);
    if (value(f, "macAddress", 0)) assert_string_equal(mac_text(shown, r->mac), value(f, "macAddress", 0));
}

static void compare_tables(json_t *f, const struct sccp_message *m)
{
    switch (m->id) {
    case SCCP_BUTTON_TEMPLATE_RES:
        number(f, "buttonOffset", m->buttons.offset);
        number(f, "buttonCount", m->buttons.count);
        number(f, "totalButtonCount", m->buttons.total);
        for (size_t i = 0; i < SCCP_BUTTONS; i++) {
            number_at(f, "instanceNumber", i, m->buttons.button[i].instance);
            number_at(f, "buttonDefinition", i, m->buttons.button[i].definition);
        }
        break;
    case SCCP_SOFT_KEY_TEMPLATE_RES:
        number(f, "softKeyOffset", m->soft_keys.offset);
        number(f, "softKeyCount", m->soft_keys.count);
        number(f, "totalSoftKeyCount", m->soft_keys.total);
        for (size_t i = 0; i < SCCP_SOFT_KEYS; i++) {
            label_at(f, "softKeyLabel", i, m->soft_keys.key[i].label, m->soft_keys.key[i].text);
            number_at(f, "softKeyEvent", i, m->soft_keys.key[i].event);
        }
        break;
    case SCCP_SOFT_KEY_SET_RES:
        number(f, "softKeySetOffset", m->key_sets.offset);
        number(f, "softKeySetCount", m->key_sets.count);
        number(f, "totalSoftKeySetCount", m->key_sets.total);
        break;
    case SCCP_CAPABILITIES_RES:
        number(f, "capCount", m->capabilities.count);
        for (size_t i = 0; i < SCCP_CODECS; i++) {
            number_at(f, "payloadCapability", i, m->capabilities.codec[i].codec);
            number_at(f, "maxFramesPerPacket", i, m->capabilities.codec[i].milliseconds);
        }
        break;
    default: break;
    }
}

static void compare_status(json_t *f, const struct sccp_message *m)
{
    switch (m->id) {
    case SCCP_LINE_STAT:
        number(f, "lineNumber", m->line.line);
        text(f, "lineDirNumber", m->line.number);
        text(f, "lineFullyQualifiedDisplayName", m->line.name);
        text(f, "lineTextLabel", m->line.label);
        number(f, "lineDisplayOptions", m->line.options);
        break;
    case SCCP_SPEED_DIAL_STAT:
        number(f, "speedDialNumber", m->speed_dial.index);
        text(f, "speedDialDirNumber", m->speed_dial.number);
        text(f, "speedDialDisplayName", m->speed_dial.name);
        break;
    case SCCP_FEATURE_STAT:
        number(f, "featureIndex", m->feature.index);
        number(f, "featureID", m->feature.definition);
        number(f, "featureStatus", m->feature.status);
        break;
    case SCCP_DISPLAY_PROMPT_STATUS:
        number(f, "timeOutValue", m->prompt.timeout);
        label_at(f, "promptStatus", 0, m->prompt.label, m->prompt.text);
        number(f, "lineInstance", m->prompt.line);
        number(f, "callReference", m->prompt.call);
        break;
    case SCCP_SELECT_SOFT_KEYS:
        number(f, "lineInstance", m->keys.line);
        number(f, "callReference", m->keys.call);
        number(f, "softKeySetIndex", m->keys.set);
        break;
    case SCCP_DEFINE_TIME_DATE:
        number(f, "wYear", m->time.year);
        number(f, "wMonth", m->time.month);
        number(f, "wDayOfWeek", m->time.weekday);
        number(f, "wDay", m->time.day);
        number(f, "wHour", m->time.hour);
        number(f, "wMinute", m->time.minute);
        number(f, "wSecond", m->time.second);
        number(f, "wMilliseconds", m->time.millisecond);
        number(f, "systemTime", m->time.unix_time);
        break;
    default: compare_tables(f, m);
    }
}

static void compare(json_t *f, const struct sccp_message *m)
{
    switch (m->id) {
    case SCCP_REGISTER: compare_register(f, &m->reg); break;
    case SCCP_REGISTER_ACK:
        number(f, "keepAliveInterval", m->ack.keepalive);
        text(f, "dateTemplate", m->ack.date_template);
        number(f, "secondaryKeepAliveInterval", m->ack.standby_keepalive);
        number(f, "maxProtocolVer", m->ack.protocol);
        number(f, "unknown", m->ack.features[0]);
        break;
    case SCCP_ALARM:
        number(f, "alarmSeverity", m->alarm.severity);
        text(f, "text", m->alarm.text);
        number(f, "parm1", m->alarm.parameter1);
        break;
    case SCCP_CONFIG_STAT:
        number(f, "reserved.for.future.use", m->config.user);
        number(f, "instance", m->config.instance);
        text(f, "userName", m->config.user_name);
        text(f, "serverName", m->config.server_name);
        number(f, "numberOfLines", m->config.lines);
        number(f, "numberOfSpeedDials", m->config.speed_dials);
        break;
    case SCCP_REGISTER_REJECT: text(f, "text", m->text); break;
    case SCCP_VERSION: text(f, "versionStr", m->text); break;
    case SCCP_IP_PORT: number(f, "rtpMediaPort", m->number); break;
    case SCCP_REGISTER_AVAILABLE_LINES: number(f, "maxNumOfAvailLines", m->number); break;
    case SCCP_LINE_STAT_REQ: number(f, "lineNumber", m->number); break;
    case SCCP_SPEED_DIAL_STAT_REQ: number(f, "speedDialNumber", m->number); break;
    case SCCP_FEATURE_STAT_REQ: number(f, "featureIndex", m->feature_req.index); break;
    default: compare_status(f, m);
    }
}

/* What the two sides of a group agreed on; dumps without a registration: what their header says. */
static uint8_t version_of(json_t *message)
{
    const char *group = text_of(message, "group");

    if (strcmp(group, "hw-conference-bridge") == 0) return 18;
    if (strncmp(group, "cm4-", 4) == 0) return 6;
    if (strncmp(group, "cm2", 3) == 0) return 0;
    return (uint8_t)json_integer_value(json_object_get(message, "header_version"));
}

static void every_captured_message_decodes_to_the_fields_that_wireshark_shows(void **state)
{
    size_t i, known = 0, unknown = 0;
    json_t *message;

    (void)state;
    compared = 0;
    json_array_foreach(json_object_get(vectors, "messages"), i, message)
    {
        struct bytes b = hex(text_of(message, "hex"));
        struct sccp_message m;
        struct fault why;

        if (!sccp_message_decode(&m, b, version_of(message), &why))
            fail_msg("message %zu, %s: %s", i, text_of(message, "name"), why.what);
        assert_int_equal(m.id, strtoul(text_of(message, "id"), NULL, 0));
        assert_int_equal(m.header_version, json_integer_value(json_object_get(message, "header_version")));
        if (m.known)
            known++;
        else
            unknown++;
        if (!m.known) assert_int_equal(m.other.len, json_integer_value(json_object_get(message, "body_bytes")));
        if (m.known) compare(json_object_get(message, "fields"), &m);
        drop(b);
    }
    assert_int_equal(known, 63);
    assert_int_equal(unknown, 87);
    assert_int_equal(compared, 353);
}

static void what_a_captured_message_says_survives_our_own_encoding(void **state)
{
    size_t i;
    json_t *message;

    (void)state;
    json_array_foreach(json_object_get(vectors, "messages"), i, message)
    {
        struct bytes b = hex(text_of(message, "hex"));
        uint8_t version = version_of(message);
        struct sccp_message m, again;
        struct fault why;
        uint8_t room[SCCP_MOST];
        struct writer w = writer(room, sizeof room);

        assert_true(sccp_message_decode(&m, b, version, &why));
        sccp_message_encode(&w, &m, version);
        assert_true(sccp_message_decode(&again, written(&w), version, &why));
        if (!sccp_same(&m, &again)) fail_msg("message %zu, %s", i, text_of(message, "name"));
        drop(b);
    }
}

/* The first message of a group with an id. */
static struct bytes captured(const char *group, uint32_t id)
{
    size_t i;
    json_t *message;

    json_array_foreach(json_object_get(vectors, "messages"), i, message)
    {
        if (strcmp(text_of(message, "group"), group) == 0 && strtoul(text_of(message, "id"), NULL, 0) == id)
            return hex(text_of(message, "hex"));
    }
    fail_msg("no message 0x%x in %s", id, group);
    return (struct bytes){NULL, 0};
}

static void the_first_key_set_of_callmanager_4_is_redial_new_call_and_forward_all(void **state)
{
    struct bytes b = captured("cm4-7912-register", SCCP_SOFT_KEY_SET_RES);
    struct sccp_message m;
    struct fault why;

    (void)state;
    assert_true(sccp_message_decode(&m, b, 6, &why));
    assert_int_equal(m.key_sets.count, 11);
    /* 01 02 05 00 ... | 2d01 2e01 3101 0000 ... */
    const uint8_t positions[] = {1, 2, 5, 0};
    const uint16_t info[] = {301, 302, 305, 0};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(m.key_sets.set[0].position[i], positions[i]);
        assert_int_equal(m.key_sets.set[0].info[i], info[i]);
    }
    assert_int_equal(m.key_sets.set[1].position[0], 3); /* Hold */
    assert_int_equal(m.key_sets.set[11].position[0], 0);
    drop(b);
}

static void a_7912_registers_with_52_bytes_and_its_callmanager_answers_with_protocol_6(void **state)
{
    struct bytes reg = captured("cm4-7912-register", SCCP_REGISTER),
                 ack = captured("cm4-7912-register", SCCP_REGISTER_ACK);
    struct sccp_message m;
    struct fault why;

    (void)state;
    assert_true(sccp_message_decode(&m, reg, 0, &why));
    assert_true(bytes_are(m.reg.name, "SEP001380AD9E5F"));
    assert_int_equal(m.reg.device_type, 30007);
    assert_int_equal(m.reg.protocol, 7);
    assert_memory_equal(m.reg.features, "\x00\x00\x81", 3);
    assert_int_equal(m.reg.length, 52);
    assert_true(mac_is_none(m.reg.mac));
    assert_int_equal(m.reg.load.len, 0);
    assert_true(sccp_message_decode(&m, ack, 0, &why));
    assert_int_equal(m.ack.keepalive, 30);
    assert_int_equal(m.ack.standby_keepalive, 60);
    assert_int_equal(m.ack.protocol, 6);
    assert_memory_equal(m.ack.features, "\x00\x00\xfe", 3);
    drop(reg);
    drop(ack);
}

static void a_phones_own_address_stands_in_its_alarm_in_network_order(void **state)
{
    struct bytes b = captured("cm4-7912-register", SCCP_ALARM);
    struct sccp_message m;
    struct fault why;

    (void)state;
    assert_true(sccp_message_decode(&m, b, 0, &why));
    assert_int_equal(m.alarm.parameter2, IPV4(10, 102, 10, 209)); /* Wireshark shows 3507119626 = d10a660a */
    drop(b);
}

static void a_6961_writes_its_mac_as_12_digits_and_a_7941_as_6_bytes(void **state)
{
    size_t i, seen = 0;
    json_t *message;

    (void)state;
    json_array_foreach(json_object_get(vectors, "messages"), i, message)
    {
        struct bytes b = hex(text_of(message, "hex"));
        struct sccp_message m;
        struct fault why;

        assert_true(sccp_message_decode(&m, b, 0, &why));
        if (m.id == SCCP_REGISTER && (m.reg.device_type == 497 || m.reg.device_type == 115)) {
            char shown[MAC_TEXT];
            assert_string_equal(mac_text(shown, m.reg.mac),
                                m.reg.device_type == 497 ? "00:11:21:ff:8a:3e" : "00:1f:9e:26:63:69");
            seen++;
        }
        drop(b);
    }
    assert_int_equal(seen, 2);
}

static void the_short_bodies_of_callmanager_2_are_met_calmly(void **state)
{
    struct bytes ack = captured("cm2", SCCP_REGISTER_ACK), line = captured("cm2", SCCP_LINE_STAT);
    struct sccp_message m;
    struct fault why;

    (void)state;
    assert_int_equal(ack.len, SCCP_HEADER + 12);
    assert_true(sccp_message_decode(&m, ack, 0, &why));
    assert_true(m.ack.keepalive > 0);
    assert_int_equal(m.ack.protocol, 0);
    assert_int_equal(m.ack.standby_keepalive, 0);
    assert_int_equal(line.len, SCCP_HEADER + 28);
    assert_true(sccp_message_decode(&m, line, 0, &why));
    assert_int_equal(m.line.line, 1);
    assert_true(m.line.number.len > 0);
    assert_int_equal(m.line.name.len, 0);
    assert_int_equal(m.line.options, 0);
    drop(ack);
    drop(line);
}

/* Every frame of this file lacks its last 4 bytes: first as it is, then with its length put right. */
static void frames_of_callmanager_3_1_that_lack_their_last_4_bytes_are_met_calmly(void **state)
{
    json_error_t error;
    json_t *file = json_load_file(VECTORS "/sccp-callmanager-3.1-registration.json", 0, &error);
    const char *name;
    json_t *frame;

    (void)state;
    assert_non_null(file);
    assert_int_equal(json_object_size(json_object_get(file, "frames")), 7);
    json_object_foreach(json_object_get(file, "frames"), name, frame)
    {
        struct bytes b = hex(json_string_value(frame));
        uint8_t *length = (uint8_t *)(uintptr_t)b.at;
        struct sccp_message m;
        struct fault why;

        assert_int_equal(sccp_frame(b), 0);
        assert_false(sccp_message_decode(&m, b, 0, &why));
        assert_int_equal(why.kind, FAULT_SHORT);
        length[0] = (uint8_t)(b.len - 8);
        length[1] = (uint8_t)((b.len - 8) >> 8);
        assert_true(sccp_message_decode(&m, b, 0, &why));
        assert_true(m.known);
        if (strcmp(name, "line_stat") == 0) {
            assert_true(bytes_are(m.line.number, "1003"));
            assert_true(bytes_are(m.line.name, "8165551003"));
            assert_int_equal(m.line.label.len, 0);
        } else if (strcmp(name, "button_template") == 0) {
            assert_int_equal(m.buttons.count, 6);
            assert_int_equal(m.buttons.button[5].definition, BUTTON_SPEED_DIAL);
            assert_int_equal(m.buttons.button[6].definition, BUTTON_NONE);
        } else if (strcmp(name, "softkey_template") == 0) {
            assert_true(bytes_are(m.soft_keys.key[0].text, "Redial"));
            assert_int_equal(m.soft_keys.key[0].label, 0);
            assert_true(bytes_are(m.soft_keys.key[17].text, "GPickUp"));
            assert_int_equal(m.soft_keys.key[18].text.len, 0); /* behind the 18 that it counts all is stale */
        } else if (strcmp(name, "time_date") == 0) {
            assert_int_equal(m.time.year, 2026);
            assert_int_equal(m.time.unix_time, 0);
        } else if (strcmp(name, "select_softkeys") == 0) {
            assert_int_equal(m.keys.mask, 0);
        } else if (strcmp(name, "display") == 0) {
            assert_true(bytes_are(m.prompt.text, "Your current options"));
            assert_int_equal(m.prompt.call, 0);
        } else {
            assert_string_equal(name, "config_stat");
            assert_true(bytes_are(m.config.server_name, "PUBLISHER"));
            assert_int_equal(m.config.lines, 1);
            assert_int_equal(m.config.speed_dials, 0);
        }
        drop(b);
    }
    json_decref(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_captured_message_decodes_to_the_fields_that_wireshark_shows),
        cmocka_unit_test(what_a_captured_message_says_survives_our_own_encoding),
        cmocka_unit_test(the_first_key_set_of_callmanager_4_is_redial_new_call_and_forward_all),
        cmocka_unit_test(a_7912_registers_with_52_bytes_and_its_callmanager_answers_with_protocol_6),
        cmocka_unit_test(a_phones_own_address_stands_in_its_alarm_in_network_order),
        cmocka_unit_test(a_6961_writes_its_mac_as_12_digits_and_a_7941_as_6_bytes),
        cmocka_unit_test(the_short_bodies_of_callmanager_2_are_met_calmly),
        cmocka_unit_test(frames_of_callmanager_3_1_that_lack_their_last_4_bytes_are_met_calmly),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
