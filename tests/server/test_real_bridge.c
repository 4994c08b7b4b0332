/* What a real hardware conference bridge (protocol 18) and its CUCM said to one another at registration
 * (tests/vectors/sccp_hw_conf_register.pcapng of nDPI, in sccp-messages.json the group hw-conference-bridge), said to
 * ours.
 *
 * The bridge calls itself NONSECURE_CONF, and our database knows phones alone, by MAC: as it is, it is rejected. That
 * is a difference that stays until there are conferences. So that the rest can be compared, its Register is said once
 * more under the name of a device of ours, of its device type (52); nothing else of its bytes is touched. */
#include "stations.h"
#include <jansson.h>

struct recorded {
    bool from_bridge;
    uint8_t bytes[SCCP_MOST];
    size_t length;
};

static size_t bridge(struct recorded to[16])
{
    json_error_t error;
    json_t *all = json_load_file(VECTORS "/sccp-messages.json", 0, &error), *message;
    size_t i, n = 0;

    assert_non_null(all);
    json_array_foreach (json_object_get(all, "messages"), i, message) {
        const char *hex = json_string_value(json_object_get(message, "hex"));
        if (strcmp(json_string_value(json_object_get(message, "group")), "hw-conference-bridge") != 0) continue;
        assert_true(n < 16);
        struct recorded *r = &to[n++];
        r->from_bridge = strcmp(json_string_value(json_object_get(message, "direction")), "phone->cm") == 0;
        for (r->length = 0; hex[0] && hex[1]; hex += 2) {
            char two[3] = {hex[0], hex[1], 0};
            r->bytes[r->length++] = (uint8_t)strtoul(two, NULL, 16);
        }
    }
    json_decref(all);
    return n;
}

static void hear(const struct recorded *r)
{
    step_at(0, &(struct event){.kind = EVENT_DATA, .stream = 5, .bytes = {r->bytes, r->length}});
}

static void under_its_own_name_it_is_rejected_with_a_text(void **state)
{
    static struct recorded r[16];

    (void)state;
    assert_int_equal(bridge(r), 8);
    up(5);
    hear(&r[0]);
    assert_text(written_to(5, SCCP_REGISTER_REJECT, 0)->text, "Error: DBConfig");
    assert_string_equal(why_of(CM_REJECTED), "the device name is not SEP and 12 hex digits");
    assert_true(closed(5, 40));
    assert_int_equal(m[0].count.rejected[REJECT_NAME], 1);
}

static struct sccp_message theirs(const struct recorded *r, uint8_t version)
{
    struct sccp_message message;
    struct fault why;

    assert_true(sccp_message_decode(&message, (struct bytes){r->bytes, r->length}, version, &why));
    return message;
}

static void its_registration_is_cucms_in_each_field_but_the_ones_named(void **state)
{
    static struct recorded r[16];
    struct device_record d = {.mac = mac_n(1), .device_type = 52, .pool = "Default", .line = {{"2001", ""}}};
    struct fault why;
    char name[DEVICE_NAME];

    (void)state;
    assert_int_equal(bridge(r), 8);
    assert_non_null(devices_create(&w.t, &d, NULL, &why));
    device_name(name, mac_n(1));
    memset(r[0].bytes + SCCP_HEADER, 0, 16);
    memcpy(r[0].bytes + SCCP_HEADER, name, strlen(name));
    up(5);

    hear(&r[0]); /* Register, 124 bytes, protocol 18 */
    assert_int_equal(count_of(&box.out, ACTION_WRITE), 2);
    struct sccp_message cucm = theirs(&r[2], 0);
    const struct sccp_message *ours = written_to(5, SCCP_REGISTER_ACK, 18);
    assert_int_equal(cucm.id, SCCP_REGISTER_ACK);
    assert_int_equal(ours->header_version, cucm.header_version); /* 0, though 18 was agreed */
    assert_int_equal(ours->ack.keepalive, cucm.ack.keepalive);
    assert_int_equal(ours->ack.standby_keepalive, cucm.ack.standby_keepalive);
    assert_int_equal(ours->ack.protocol, cucm.ack.protocol);
    /* The date template: CUCM says "Unused" to a device without a display; ours says its pool's to every device. */
    assert_text(cucm.ack.date_template, "Unused");
    assert_text(ours->ack.date_template, "D/M/Y");
    /* Features: 00 80 28 of that CUCM, 20 F1 FF of ours from 11 on, which are what phones were seen to take. */
    assert_int_equal(cucm.ack.features[1], 0x80);
    assert_int_equal(ours->ack.features[1], 0xf1);

    cucm = theirs(&r[3], 0);
    ours = written_to(5, SCCP_CAPABILITIES_REQ, 18);
    assert_int_equal(cucm.id, SCCP_CAPABILITIES_REQ);
    assert_int_equal(ours->header_version, cucm.header_version);

    hear(&r[1]); /* IpPort 0, and MediaResourceNotification: no answer there, none here */
    assert_int_equal(box.out.count, 0);
    hear(&r[4]);
    assert_int_equal(box.out.count, 0);
    assert_int_equal(m[0].count.unknown, 0);

    hear(&r[5]); /* VersionReq */
    cucm = theirs(&r[7], 18);
    ours = written_to(5, SCCP_VERSION, 18);
    assert_int_equal(count_of(&box.out, ACTION_WRITE), 1);
    assert_int_equal(cucm.id, SCCP_VERSION);
    assert_true(bytes_equal(ours->text, cucm.text)); /* empty: keep your load */
    /* The header's version word: CUCM leaves it 0 in Version, ours has the agreed one from 17 on in all but
     * RegisterAck, KeepAliveAck, UnregisterAck and CapabilitiesReq, as chan-sccp and CUCM's call messages; receivers go
     * by neither. */
    assert_int_equal(cucm.header_version, 0);
    assert_int_equal(ours->header_version, 18);

    hear(&r[6]); /* CapabilitiesRes: nine codecs in 18 places, stale bytes behind the count */
    assert_int_equal(box.out.count, 0);
    const struct device *known = devices_find(&w.t, mac_n(1));
    assert_int_equal(known->capabilities, 9);
    assert_int_equal(known->capability[0].codec, 4);
    assert_int_equal(known->capability[0].milliseconds, 30);
    assert_int_equal(known->capability[2].codec, 12);
    assert_int_equal(known->capability[8].codec, 261);
    assert_int_equal(m[0].count.malformed, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(under_its_own_name_it_is_rejected_with_a_text),
        T(its_registration_is_cucms_in_each_field_but_the_ones_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
