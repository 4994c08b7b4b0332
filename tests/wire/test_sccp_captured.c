/* Messages of real phones and real CallManagers: tests/vectors/sccp-messages.json says of each its bytes, and what the
 * fields hold that Wireshark names. */
#include "sccp_vectors.h"

static void every_captured_message_decodes_to_the_fields_that_wireshark_shows(void **state)
{
    size_t i, known = 0;
    unsigned compared = 0;
    json_t *message;

    (void)state;
    json_array_foreach (json_object_get(vectors, "messages"), i, message) {
        struct bytes b = hex(text_of(message, "hex"));
        struct sccp_message m;
        struct fault why;

        if (!sccp_message_decode(&m, b, version_of(message), &why))
            fail_msg("message %zu, %s: %s", i, text_of(message, "name"), why.what);
        assert_int_equal(m.id, strtoul(text_of(message, "id"), NULL, 0));
        assert_int_equal(m.header_version, json_integer_value(json_object_get(message, "header_version")));
        known += m.known;
        compared += compare(message, &m);
        drop(b);
    }
    assert_int_equal(known, 150);
    assert_int_equal(compared, 674);
}

static void what_a_captured_message_says_survives_our_own_encoding(void **state)
{
    size_t i;
    json_t *message;

    (void)state;
    json_array_foreach (json_object_get(vectors, "messages"), i, message) {
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

static void the_first_key_set_of_callmanager_4_is_redial_new_call_and_forward_all(void **state)
{
    struct bytes b = captured("cm4-7912-register", SCCP_SOFT_KEY_SET_RES, 0);
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
    struct bytes reg = captured("cm4-7912-register", SCCP_REGISTER, 0),
                 ack = captured("cm4-7912-register", SCCP_REGISTER_ACK, 0);
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
    struct bytes b = captured("cm4-7912-register", SCCP_ALARM, 0);
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
    json_array_foreach (json_object_get(vectors, "messages"), i, message) {
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
    struct bytes ack = captured("cm2", SCCP_REGISTER_ACK, 0), line = captured("cm2", SCCP_LINE_STAT, 0);
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
    json_object_foreach (json_object_get(file, "frames"), name, frame) {
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
    return cmocka_run_group_tests(tests, load_vectors, unload_vectors);
}
