/* What a real 7912 said to a CallManager 4 (tests/vectors/sccp-messages.json, group cm4-7912-register: pyskinny's
 * capture), said to ours: each answer has the same message id and length as CallManager's, in the same order, and the
 * tables of soft keys are the same byte for byte. */
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

static bool same_bytes_expected(uint32_t id)
{
    return id == SCCP_SOFT_KEY_TEMPLATE_RES || id == SCCP_SOFT_KEY_SET_RES || id == SCCP_SELECT_SOFT_KEYS ||
           id == SCCP_CAPABILITIES_REQ || id == SCCP_KEEP_ALIVE_ACK || id == SCCP_DISPLAY_PROMPT_STATUS;
}

static void a_real_7912_gets_from_us_what_callmanager_4_gave_it(void **state)
{
    static uint8_t ours[64][SCCP_MOST];
    static size_t length[64];
    unsigned answers = 0, expected = 0;
    json_error_t error;
    json_t *all = json_load_file(VECTORS "/sccp-messages.json", 0, &error), *message;
    size_t i;

    (void)state;
    assert_non_null(all);
    struct device_record r = {
        .mac = {{0x00, 0x13, 0x80, 0xad, 0x9e, 0x5f}}, .device_type = 30007, .pool = "Default", .line = {{"1012", ""}}};
    struct fault why;
    assert_non_null(devices_create(&w.t, &r, NULL, &why));
    up(5);
    json_array_foreach(json_object_get(all, "messages"), i, message)
    {
        uint8_t bytes[SCCP_MOST];
        const char *direction = json_string_value(json_object_get(message, "direction"));
        size_t n = from_hex(bytes, sizeof bytes, json_string_value(json_object_get(message, "hex")));
        if (strcmp(json_string_value(json_object_get(message, "group")), "cm4-7912-register") != 0) continue;
        if (json_number_value(json_object_get(message, "t")) > 65) continue; /* then it makes a call */
        if (strcmp(direction, "cm->phone") == 0) {
            assert_true(expected < answers);
            uint32_t id = (uint32_t)bytes[8] | (uint32_t)bytes[9] << 8;
            const uint8_t *our = ours[expected];
            if (((uint32_t)our[8] | (uint32_t)our[9] << 8) != id || length[expected] != n)
                fail_msg("answer %u: CallManager's 0x%04x of %zu bytes, ours 0x%02x%02x of %zu", expected, id, n,
                         our[9], our[8], length[expected]);
            if (same_bytes_expected(id)) assert_memory_equal(our, bytes, n);
            expected++;
            continue;
        }
        step_at(0, &(struct event){.kind = EVENT_DATA, .stream = 5, .bytes = {bytes, n}});
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
    assert_true(m[0].malformed == 0);
    json_decref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_real_7912_gets_from_us_what_callmanager_4_gave_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
