/* What the CallManager knows and says for those who run it: counts, lists, alarms, advice, memory; and every SCCP
 * model. */
#include "calls.h"

static void settings(bool automatic, uint32_t first, uint32_t last)
{
    struct settings_record s = {.automatic = automatic, .first = first, .last = last, .pool = "Default"};
    struct fault why;

    assert_true(devices_put_settings(&w.t, &s, NULL, &why));
}

static void a_rejected_name_that_is_one_digit_away_from_a_known_device_is_told_as_such(void **state)
{
    static const struct {
        const char *name;
        bool near;
    } rows[] = {
        {"SEP020000000A1F", true},  /* the last digit */
        {"SEP12000000AA1F", false}, /* two digits */
        {"SEP120000000A1F", false}, /* two, far apart */
        {"SEP020000000AE1", true},  /* two neighbours that changed places */
        {"SEP0200000A001E", false}, {"SEP200000000A1E", true}, {"SEPF20000000A1E", true},
    };

    (void)state;
    (void)table_add(&w, 0xa1e, T7960, "2001");
    settings(false, 1000, 1003);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct sccp_message reg = registering(1, T7960, 11);
        reg.reg.name = bytes_of(rows[i].name);
        up(5);
        say(5, reg);
        assert_true(told(&box.out, CM_REJECTED));
        assert_text(told_text(facts_of(&box.out, CM_REJECTED), FACT_NEAREST), rows[i].near ? "SEP020000000A1E" : "");
    }
    settings(true, 2001, 2001); /* also when its range is used up */
    up(5);
    say(5, registering(0xa1f, T7960, 11));
    assert_string_equal(why_of(CM_REJECTED), DEVICES_NO_NUMBER);
    assert_text(told_text(facts_of(&box.out, CM_REJECTED), FACT_NEAREST), "SEP020000000A1E");
    assert_int_equal(m[0].count.rejected[REJECT_UNKNOWN], ARRAY_LENGTH(rows));
    assert_int_equal(m[0].count.rejected[REJECT_NO_NUMBER], 1);
    assert_int_equal(callmanager_rejected(&m[0]), ARRAY_LENGTH(rows) + 1);
}

static void a_device_is_not_near_to_itself(void **state)
{
    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    assert_null(devices_nearest(&w.t, mac_n(1)));
    assert_non_null(devices_nearest(&w.t, mac_n(2)));
    struct device *d = devices_find(&w.t, mac_n(1)); /* what auto-registration made, nobody mistyped */
    d->record.automatic = true;
    assert_null(devices_nearest(&w.t, mac_n(2)));
    d->record.automatic = false;
    d->manager = 1; /* nor what its own phone is registered as; phones are bought with MACs in a row */
    assert_null(devices_nearest(&w.t, mac_n(2)));
    (void)table_add(&w, 4, T7960, "2004");
    assert_ptr_equal(devices_nearest(&w.t, mac_n(5)), devices_find(&w.t, mac_n(4)));
}

static void counts_rise_with_what_happens(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    (void)phone(2, 2, 11, "2001");
    ask(1, SCCP_KEEP_ALIVE, 0);
    ask(1, 0x7777, 0);
    say(2, (struct sccp_message){.id = SCCP_ALARM, .alarm = {.text = bytes_of("x")}});
    step_at(0, &(struct event){.kind = EVENT_DATA, .stream = 1, .bytes = bytes_of("\x05\0\0\0\0\0\0\0\x01\0\0\0?")});
    talk(1, 2, "2001");
    ask(1, SCCP_UNREGISTER, 0);
    const struct callmanager_counts *c = &m[0].count;
    assert_int_equal(c->connections, 2);
    assert_int_equal(c->registering, 2);
    assert_int_equal(c->registered, 2);
    assert_int_equal(c->unregistered, 1);
    assert_int_equal(c->keepalives, 1);
    assert_int_equal(c->unknown, 1);
    assert_int_equal(c->alarms, 1);
    assert_int_equal(c->malformed, 1);
    assert_int_equal(c->calls_begun, 1);
    assert_int_equal(c->calls[OUTCOME_LOST], 1);
    up(3);
    say(3, registering(9, T7960, 11)); /* auto-registration */
    assert_int_equal(c->made, 1);
    up(4); /* HTTP, say */
    now += 2 * SECOND;
    step_at(0, &(struct event){.kind = EVENT_DOWN, .stream = 4, .why = DOWN_MALFORMED});
    assert_int_equal(c->malformed, 2);
    assert_true(told(&box.out, CM_MALFORMED));
}

static void connections_and_their_devices_can_be_listed(void **state)
{
    (void)state;
    (void)phone(1, 1, 11, "2000");
    up(7);
    unsigned n = 0, devices = 0;
    for (const struct cm_connection *c = callmanager_next(&m[0], NULL); c; c = callmanager_next(&m[0], c)) {
        n++;
        devices += callmanager_device(&m[0], c) == devices_find(&w.t, mac_n(1));
    }
    assert_int_equal(n, 2);
    assert_int_equal(devices, 1);
    assert_null(callmanager_device(&m[0], callmanager_connection(&m[0], 7)));
    assert_null(callmanager_connection(&m[0], 8));
    const struct device *d = devices_find(&w.t, mac_n(1));
    assert_int_equal(d->capabilities, 2);
    assert_int_equal(d->capability[1].codec, G729A);
    assert_string_equal(callmanager_connection(&m[0], 1)->load, "P0030801SR02");
}

static void a_capability_list_of_any_content_is_bounded_and_the_newest_counts(void **state)
{
    struct sccp_message caps = {.id = SCCP_CAPABILITIES_RES, .capabilities = {.count = SCCP_CODECS}};

    (void)state;
    struct device *d = phone(1, 1, 11, "2000");
    for (uint32_t i = 0; i < SCCP_CODECS; i++) caps.capabilities.codec[i] = (struct sccp_codec){i * 7919, UINT32_MAX};
    say(1, caps);
    assert_true(d->capabilities <= DEVICE_CAPABILITIES);
    assert_int_equal(d->capability[0].milliseconds, UINT16_MAX);
    caps.capabilities.count = 0;
    say(1, caps);
    assert_int_equal(d->capabilities, 0);
}

static void a_token_for_a_device_that_is_registered_disturbs_nothing(void **state)
{
    (void)state;
    struct device *d = phone(1, 1, 11, "2000");
    char name[DEVICE_NAME];
    device_name(name, mac_n(1));
    struct sccp_message token = {.id = SCCP_REGISTER_TOKEN_REQ,
                                 .token = {.name = bytes_of(name), .device_type = T7960}};
    off_hook(1);
    up_at(1, 9); /* at a higher CallManager */
    say_at(1, 9, token, 0);
    assert_non_null(written_to(9, SCCP_REGISTER_TOKEN_ACK, 0));
    up(10); /* and here, from another connection */
    say(10, token);
    assert_int_equal(d->manager, 1);
    assert_int_equal(d->stream, 1);
    assert_int_equal(the_call()->phase, PHASE_DIALLING);
    say(1, token);
    assert_int_equal(the_call()->phase, PHASE_DIALLING);
    assert_int_equal(m[0].count.unregistered, 0);
}

/* Speed dials and buttons: lines first, then speed dials for what buttons the model has. */
static void buttons_are_the_lines_then_the_speed_dials_that_the_model_has_place_for(void **state)
{
    struct fault why;

    (void)state;
    struct device *d = phone(1, 1, 11, "2000");
    assert_true(
        devices_change(&w.t, bytes_of("SEP020000000001"), bytes_of("directory_number2"), bytes_of("2002"), NULL, &why));
    assert_true(
        devices_change(&w.t, bytes_of("SEP020000000001"), bytes_of("speed_dial"), bytes_of("9001"), NULL, &why));
    assert_true(
        devices_change(&w.t, bytes_of("SEP020000000001"), bytes_of("speed_dial_label"), bytes_of("Desk"), NULL, &why));
    assert_true(
        devices_change(&w.t, bytes_of("SEP020000000001"), bytes_of("speed_dial3"), bytes_of("9003"), NULL, &why));
    d->record.owed = OWED_NOTHING;
    ask(1, SCCP_BUTTON_TEMPLATE_REQ, 0);
    struct sccp_button_template t = written_to(1, SCCP_BUTTON_TEMPLATE_RES, 11)->buttons;
    assert_int_equal(t.count, 6); /* of a 7960 */
    assert_int_equal(t.button[1].definition, BUTTON_LINE);
    assert_int_equal(t.button[1].instance, 2);
    assert_int_equal(t.button[2].definition, BUTTON_SPEED_DIAL);
    assert_int_equal(t.button[2].instance, 1);
    assert_int_equal(t.button[5].instance, 4);
    ask(1, SCCP_SPEED_DIAL_STAT_REQ, 1);
    assert_text(written_to(1, SCCP_SPEED_DIAL_STAT, 11)->speed_dial.number, "9001");
    assert_text(written_to(1, SCCP_SPEED_DIAL_STAT, 11)->speed_dial.name, "Desk");
    ask(1, SCCP_SPEED_DIAL_STAT_REQ, 3);
    assert_text(written_to(1, SCCP_SPEED_DIAL_STAT, 11)->speed_dial.name, "9003"); /* no label: its number */
    ask(1, SCCP_SPEED_DIAL_STAT_REQ, 2);
    assert_text(written_to(1, SCCP_SPEED_DIAL_STAT, 11)->speed_dial.number, "");
    ask(1, SCCP_SPEED_DIAL_STAT_REQ, 0xffffffff);
    assert_text(written_to(1, SCCP_SPEED_DIAL_STAT, 11)->speed_dial.number, "");
}

static void every_sccp_model_of_the_table_registers_gets_all_its_answers_and_a_dial_tone(void **state)
{
    static const uint32_t requests[] = {SCCP_BUTTON_TEMPLATE_REQ, SCCP_SOFT_KEY_TEMPLATE_REQ, SCCP_SOFT_KEY_SET_REQ,
                                        SCCP_LINE_STAT_REQ,       SCCP_SPEED_DIAL_STAT_REQ,   SCCP_FORWARD_STAT_REQ,
                                        SCCP_FEATURE_STAT_REQ,    SCCP_SERVICE_URL_STAT_REQ,  SCCP_VERSION_REQ,
                                        SCCP_SERVER_REQ,          SCCP_CONFIG_STAT_REQ};
    unsigned models = 0;

    (void)state;
    for (size_t i = 0; i < model_count(); i++) {
        const struct phone_model *model = model_at(i);
        if (!model->speaks_sccp) continue;
        models++;
        uint8_t version = model->protocol ? model->protocol : 3;
        uint32_t stream = 5;
        struct fault why;
        struct device_record r = {.mac = mac_n(i + 1), .device_type = model->device_type, .pool = "Default"};
        for (size_t l = 0; l < RECORD_LINES && l < (model->lines ? model->lines : 1u); l++) {
            struct writer number = writer(r.line[l].number, sizeof r.line[l].number - 1);
            write_decimal(&number, 5000 + l);
        }
        struct device *d = devices_create(&w.t, &r, NULL, &why);
        if (!d) fail_msg("%s: %s", model->name, why.what);
        up(stream);
        say(stream, registering(i + 1, model->device_type, version));
        if (!written_to(stream, SCCP_REGISTER_ACK, version)) fail_msg("%s is not acknowledged", model->name);
        with_codecs(stream, G711_U, G711_A);
        for (size_t k = 0; k < ARRAY_LENGTH(requests); k++) {
            ask(stream, requests[k], 1);
            if (count_of(&box.out, ACTION_WRITE) == 0) fail_msg("%s: no answer to 0x%04x", model->name, requests[k]);
            if (requests[k] != SCCP_BUTTON_TEMPLATE_REQ) continue;
            const struct sccp_button_template *t = &written_to(stream, SCCP_BUTTON_TEMPLATE_RES, version)->buttons;
            unsigned lines = 0;
            for (uint32_t b = 0; b < t->count; b++) lines += t->button[b].definition == BUTTON_LINE;
            if (lines != (model->lines ? model->lines : 1u) || t->count < model->buttons)
                fail_msg("%s: %u lines of %u buttons", model->name, lines, t->count);
        }
        ask(stream, SCCP_TIME_DATE_REQ, 0);
        assert_true(told(&box.out, CM_REGISTERED));
        assert_text(told_text(facts_of(&box.out, CM_REGISTERED), FACT_MODEL), model->name);
        off_hook(stream);
        assert_int_equal(written_to(stream, SCCP_START_TONE, version)->call.tone.tone, TONE_INSIDE_DIAL);
        ask(stream, SCCP_UNREGISTER, 0);
        devices_remove(&w.t, d, NULL);
        up(stream); /* and unknown, by auto-registration */
        say(stream, registering(i + 100, model->device_type, version));
        assert_true(told(&box.out, CM_DEVICE_MADE));
        devices_remove(&w.t, devices_find(&w.t, mac_n(i + 100)), NULL);
        step_at(0, &(struct event){.kind = EVENT_WAKE});
        assert_int_equal(m[0].open, 0);
    }
    assert_true(models > 30);
}

static void a_model_has_no_more_lines_than_the_table_says(void **state)
{
    struct device_record r = {
        .mac = mac_n(1), .device_type = T7910, .pool = "Default", .line = {{"2001", ""}, {"2002", ""}}};
    struct fault why;

    (void)state;
    assert_null(devices_create(&w.t, &r, NULL, &why));
    assert_string_equal(why.what, "this model has not so many lines");
}

static void keepalive_times_and_connection_monitors_must_go_together(void **state)
{
    struct callmanager_config c = {.devices = &w.t};
    struct pool_record pool = w.t.pool[0];
    struct fault why;

    (void)state;
    assert_true(callmanager_sound(&c, &why)); /* 30, 60 and 120 s */
    c.standby_keepalive = 121;
    assert_false(callmanager_sound(&c, &why));
    assert_string_equal(why.what, "a pool's connection monitor is shorter than the standby keepalive time");
    pool.connection_monitor = 121;
    assert_true(devices_put_pool(&w.t, &pool, NULL, &why));
    assert_true(callmanager_sound(&c, &why));
    c.keepalive = 122;
    assert_false(callmanager_sound(&c, &why));
    c.keepalive = 4;
    assert_false(callmanager_sound(&c, &why));
    assert_string_equal(why.what, "a keepalive time is 5 s to a day");
}

/* All that grows with a registered device: what init asks for more when one more of each is wanted, by the thousand. */
static void a_registered_device_takes_less_than_4_kib(void **state)
{
    struct devices_limits few = {.devices = 1024, .groups = 1, .pools = 1},
                          many = {.devices = 2048, .groups = 1, .pools = 1};
    size_t device = (devices_size(&many) - devices_size(&few)) / 1024;
    size_t connection = (callmanager_size(2048) - callmanager_size(1024)) / 1024;

    (void)state;
    print_message("# a device %zu, a connection with half a call %zu bytes\n", device, connection);
    assert_true(device > sizeof(struct device));
    assert_true(device + connection < 4096);
}

static void places_of_connections_that_were_never_taken_are_never_touched(void **state)
{
    (void)state;
    for (uint32_t stream = 0; stream < 3; stream++) up(stream);
    step_at(0, &(struct event){.kind = EVENT_DOWN, .stream = 1});
    up(7); /* takes the place that came free */
    assert_int_equal(m[0].open, 3);
    assert_true(is_untouched(m[0].connection + 3, (32 - 3) * sizeof *m[0].connection));
    assert_true(is_untouched(m[1].connection, 32 * sizeof *m[1].connection));
    for (uint32_t stream = 0; stream < 41; stream++) { /* all places; nobody is a stranger, so nobody makes place */
        if (stream > 7) up(stream);
        if (stream != 1) ask(stream, SCCP_KEEP_ALIVE, 0);
    }
    assert_int_equal(m[0].open, 32);
    assert_int_equal(m[0].count.full, 4);
    for (uint32_t stream = 8; stream < 37; stream++) assert_true(callmanager_connection(&m[0], stream) != NULL);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_rejected_name_that_is_one_digit_away_from_a_known_device_is_told_as_such),
        T(a_device_is_not_near_to_itself),
        T(counts_rise_with_what_happens),
        T(connections_and_their_devices_can_be_listed),
        T(a_capability_list_of_any_content_is_bounded_and_the_newest_counts),
        T(a_token_for_a_device_that_is_registered_disturbs_nothing),
        T(buttons_are_the_lines_then_the_speed_dials_that_the_model_has_place_for),
        T(every_sccp_model_of_the_table_registers_gets_all_its_answers_and_a_dial_tone),
        T(a_model_has_no_more_lines_than_the_table_says),
        T(keepalive_times_and_connection_monitors_must_go_together),
        T(a_registered_device_takes_less_than_4_kib),
        T(places_of_connections_that_were_never_taken_are_never_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
