/* The Registers of real phones (tests/vectors/sccp-messages.json), each as long as its load sends it, said to ours: 44
 * bytes of a 7936, 52 of a 7912, 68 of a 6961 with its MAC as 12 digits and of a 7960 with stale bytes there, 124 of a
 * 7941 and of a conference bridge. */
#include "stations.h"
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

static json_t *recordings(void)
{
    json_error_t error;
    json_t *all = json_load_file(VECTORS "/sccp-messages.json", 0, &error);

    assert_non_null(all);
    return all;
}

struct registered {
    uint32_t type, length; /* of its body */
    bool seen;
};

/* The device as our database has it; false: its name is none of a phone (a conference bridge). */
static bool know(const struct sccp_register *reg)
{
    struct device_record r = {.device_type = reg->device_type, .pool = "Default", .line = {{"1012", ""}}};
    struct fault why;

    if (!device_name_parse(reg->name, &r.mac)) return false;
    assert_non_null(devices_create(&w.t, &r, NULL, &why));
    return true;
}

/* The first n bytes of a body, as a message of its own. */
static void say_body(const uint8_t *message, size_t n)
{
    uint8_t bytes[SCCP_MOST] = {0};

    memcpy(bytes, message, SCCP_HEADER + n);
    bytes[0] = (uint8_t)(n + 4);
    bytes[1] = (uint8_t)((n + 4) >> 8);
    step_at(0, &(struct event){.kind = EVENT_DATA, .stream = 5, .bytes = {bytes, SCCP_HEADER + n}});
}

static void every_captured_register_is_taken_whatever_its_length(void **state)
{
    struct registered wanted[] = {{30019, 44, 0}, {30007, 52, 0}, {497, 68, 0}, {7, 68, 0}, {115, 124, 0}};
    json_t *all = recordings(), *message;
    size_t i;

    json_array_foreach (json_object_get(all, "messages"), i, message) {
        uint8_t bytes[SCCP_MOST];
        size_t n = from_hex(bytes, sizeof bytes, json_string_value(json_object_get(message, "hex")));
        struct sccp_message came;
        struct fault why;
        assert_true(sccp_message_decode(&came, (struct bytes){bytes, n}, 0, &why));
        if (came.id != SCCP_REGISTER) continue;
        (void)tear_down(state);
        (void)set_up(state);
        if (!know(&came.reg)) continue;
        for (size_t k = 0; k < ARRAY_LENGTH(wanted); k++)
            if (wanted[k].type == came.reg.device_type && wanted[k].length == n - SCCP_HEADER) wanted[k].seen = true;
        up(5);
        step_at(0, &(struct event){.kind = EVENT_DATA, .stream = 5, .bytes = {bytes, n}});
        const struct sccp_message *ack = written_to(5, SCCP_REGISTER_ACK, 0);
        if (!ack) fail_msg("the Register of %zu bytes of a %u gets no RegisterAck", n, came.reg.device_type);
        uint8_t agreed = ack->ack.protocol;
        assert_true(agreed <= came.reg.protocol);
        assert_non_null(written_to(5, SCCP_CAPABILITIES_REQ, 0));
        ask(5, SCCP_TIME_DATE_REQ, 0);
        assert_int_equal(callmanager_registered(&m[0]), 1);
        assert_int_equal(m[0].count.malformed, 0);
    }
    for (size_t k = 0; k < ARRAY_LENGTH(wanted); k++)
        if (!wanted[k].seen) fail_msg("no Register of %u bytes of a %u", wanted[k].length, wanted[k].type);
    json_decref(all);
}

/* A dump may run 4 bytes over, and loads that nobody captured may stop elsewhere: from 36 bytes on, which end with the
 * device type and the streams, any is taken. Below that it is malformed, and the connection stays. */
static void a_register_that_stops_at_any_byte_behind_its_device_type_is_taken(void **state)
{
    json_t *all = recordings(), *message;
    unsigned taken = 0;
    size_t i;

    json_array_foreach (json_object_get(all, "messages"), i, message) {
        uint8_t bytes[SCCP_MOST];
        size_t n = from_hex(bytes, sizeof bytes, json_string_value(json_object_get(message, "hex")));
        struct sccp_message came;
        struct fault why;
        assert_true(sccp_message_decode(&came, (struct bytes){bytes, n}, 0, &why));
        if (came.id != SCCP_REGISTER || (came.reg.device_type != 497 && came.reg.device_type != 30019)) continue;
        for (size_t length = 0; length <= n - SCCP_HEADER; length++) {
            (void)tear_down(state);
            (void)set_up(state);
            assert_true(know(&came.reg));
            up(5);
            say_body(bytes, length);
            bool acked = written_to(5, SCCP_REGISTER_ACK, 0) != NULL;
            if (acked != (length >= 36)) fail_msg("%zu bytes of a %u", length, came.reg.device_type);
            assert_int_equal(m[0].count.malformed, length < 36);
            assert_false(closed(5, 40));
            taken += acked;
        }
    }
    assert_int_equal(taken, 44 - 35 + 68 - 35);
    json_decref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_captured_register_is_taken_whatever_its_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_register_that_stops_at_any_byte_behind_its_device_type_is_taken, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
