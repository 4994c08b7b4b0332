#include "stations.h"

static void a_known_device_gets_register_ack_with_its_times_and_date_template_then_capabilities_req(void **state)
{
    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    up(5);
    assert_true(told(&box.out, CM_CONNECTED));
    say(5, registering(1, T7960, 11));
    const struct sccp_message *ack = written_to(5, SCCP_REGISTER_ACK, 11);
    assert_non_null(ack);
    assert_int_equal(ack->ack.keepalive, 30);
    assert_int_equal(ack->ack.standby_keepalive, 60);
    assert_int_equal(ack->ack.protocol, 11);
    assert_text(ack->ack.date_template, "D/M/Y");
    assert_int_equal(ack->header_version, 0);
    assert_non_null(written_to(5, SCCP_CAPABILITIES_REQ, 11));
    assert_text(told_text(facts_of(&box.out, CM_REGISTERING), FACT_DEVICE), "SEP020000000001");
    assert_text(told_text(facts_of(&box.out, CM_REGISTERING), FACT_MODEL), "7960");
    assert_int_equal(count_of(&box.out, ACTION_STORE), 0);
}

static void registration_is_complete_when_the_time_was_answered_and_not_before(void **state)
{
    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    register_on(5, 1, T7960);
    assert_false(told(&box.out, CM_REGISTERED));
    ask(5, SCCP_LINE_STAT_REQ, 1);
    assert_false(told(&box.out, CM_REGISTERED));
    assert_int_equal(callmanager_registered(&m[0]), 0);
    now += 700 * MSEC;
    complete(5);
    assert_text(told_text(facts_of(&box.out, CM_REGISTERED), FACT_DIRECTORY_NUMBER), "2001");
    assert_int_equal(told_number(facts_of(&box.out, CM_REGISTERED), FACT_TOOK, 0), 700);
    assert_int_equal(callmanager_registered(&m[0]), 1);
    complete(5);
    assert_false(told(&box.out, CM_REGISTERED)); /* once */
}

static void the_time_is_wall_time_with_the_offset_of_the_phones(void **state)
{
    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    register_on(5, 1, T7960);
    now = 15 * SECOND + 250 * MSEC; /* 00:00:05 UTC on 1 March 2024, a Friday; 01:00:05 for phones */
    ask(5, SCCP_TIME_DATE_REQ, 0);
    const struct sccp_time *t = &written_to(5, SCCP_DEFINE_TIME_DATE, 11)->time;
    assert_int_equal(t->year, 2024);
    assert_int_equal(t->month, 3);
    assert_int_equal(t->day, 1);
    assert_int_equal(t->weekday, 5);
    assert_int_equal(t->hour, 1);
    assert_int_equal(t->minute, 0);
    assert_int_equal(t->second, 5);
    assert_int_equal(t->millisecond, 250);
    assert_int_equal(t->unix_time, 1709251205);
}

struct asked_zone {
    char zone[48];
    uint64_t at;
};

static int32_t two_zones(void *context, const char *zone, uint64_t at)
{
    struct asked_zone *asked = context;

    text_copy(asked->zone, sizeof asked->zone, bytes_of(zone));
    asked->at = at;
    return strcmp(zone, "America/Los_Angeles") == 0 ? -8 * 3600 : 3600;
}

static void each_device_is_told_the_local_time_of_its_own_time_zone(void **state)
{
    struct asked_zone asked;
    struct fault why;

    (void)state;
    init_one(0, (struct callmanager_config){.wall_at_start = 1709251190u * (uint64_t)SECOND,
                                            .utc_offset_of = two_zones,
                                            .zone_context = &asked,
                                            .utc_offset = 12345}); /* not taken */
    (void)table_add(&w, 1, T7960, "2001");
    (void)table_add(&w, 2, T7960, "2002");
    assert_true(devices_change(&w.t, bytes_of("SEP020000000002"), bytes_of("time_zone"),
                               bytes_of("Pacific Standard/Daylight Time"), NULL, &why));
    devices_find(&w.t, mac_n(2))->fetched = devices_find(&w.t, mac_n(2))->record.stamp;
    now = 15 * SECOND; /* 00:00:05 UTC on 1 March 2024 */
    register_on(5, 1, T7960);
    ask(5, SCCP_TIME_DATE_REQ, 0);
    assert_int_equal(written_to(5, SCCP_DEFINE_TIME_DATE, 11)->time.hour, 1);
    assert_string_equal(asked.zone, "Europe/Paris"); /* the pool's */
    assert_true(asked.at == 1709251205);
    register_on(6, 2, T7960);
    ask(6, SCCP_TIME_DATE_REQ, 0);
    const struct sccp_time *t = &written_to(6, SCCP_DEFINE_TIME_DATE, 11)->time;
    assert_string_equal(asked.zone, "America/Los_Angeles");
    assert_int_equal(t->month, 2); /* the day before, which is the 29th there too */
    assert_int_equal(t->day, 29);
    assert_int_equal(t->weekday, 4);
    assert_int_equal(t->hour, 16);
    assert_int_equal(t->unix_time, 1709251205); /* of UTC */
}

/* Paris, 31 March 2024, 01:00 UTC: winter ends. */
static int32_t paris(void *context, const char *zone, uint64_t at)
{
    (void)context;
    (void)zone;
    return at >= 1711846800 ? 7200 : 3600;
}

static void a_phone_is_told_the_time_again_when_its_zone_or_our_clock_has_changed(void **state)
{
    (void)state;
    init_one(0, (struct callmanager_config){.wall_at_start = 1711846700u * (uint64_t)SECOND, .utc_offset_of = paris});
    (void)table_add(&w, 1, T7960, "2001");
    now = 0;
    register_on(5, 1, T7960);
    ask(5, SCCP_KEEP_ALIVE, 0);
    assert_null(written_to(5, SCCP_DEFINE_TIME_DATE, 11)); /* it has not asked yet */
    complete(5);
    assert_int_equal(written_to(5, SCCP_DEFINE_TIME_DATE, 11)->time.hour, 1);
    up(6); /* a standby connection shows nothing */
    now = 99 * SECOND;
    ask(5, SCCP_KEEP_ALIVE, 0);
    assert_non_null(written_to(5, SCCP_KEEP_ALIVE_ACK, 11));
    assert_null(written_to(5, SCCP_DEFINE_TIME_DATE, 11));
    now = 101 * SECOND;
    ask(6, SCCP_KEEP_ALIVE, 0);
    assert_null(written_to(6, SCCP_DEFINE_TIME_DATE, 0));
    ask(5, SCCP_KEEP_ALIVE, 0);
    const struct sccp_message *t = written_to(5, SCCP_DEFINE_TIME_DATE, 11);
    assert_non_null(t); /* 01:59:59 was followed by 03:00:00 */
    assert_int_equal(t->time.hour, 3);
    assert_int_equal(t->time.minute, 0);
    assert_int_equal(t->time.second, 1);
    ask(5, SCCP_KEEP_ALIVE, 0);
    assert_null(written_to(5, SCCP_DEFINE_TIME_DATE, 11));                   /* once */
    callmanager_clock(&m[0], 1711846700u * (uint64_t)SECOND + 500 * SECOND); /* NTP */
    ask(5, SCCP_KEEP_ALIVE, 0);
    t = written_to(5, SCCP_DEFINE_TIME_DATE, 11);
    assert_non_null(t);
    assert_int_equal(t->time.minute, 8);
    assert_int_equal(t->time.second, 21);
    callmanager_clock(&m[0], 0); /* a machine that has lost its time: years back, and without daylight saving */
    ask(5, SCCP_KEEP_ALIVE, 0);
    t = written_to(5, SCCP_DEFINE_TIME_DATE, 11);
    assert_non_null(t);
    assert_int_equal(t->time.year, 1970);
    ask(5, SCCP_KEEP_ALIVE, 0);
    assert_null(written_to(5, SCCP_DEFINE_TIME_DATE, 11));
}

static void texts_are_utf_8_only_to_a_phone_that_announced_it_else_iso_8859_1(void **state)
{
    static const uint8_t yes[] = {0x00, 0x72, 0x85}, no[] = {0x00, 0x60, 0x85}; /* a 7941's, a 7960's */
    struct fault why;

    (void)state;
    init_one(0, (struct callmanager_config){.name = "B\xc3\xbcro"});
    (void)table_add(&w, 1, T7960, "2001");
    assert_true(devices_change(&w.t, bytes_of("SEP020000000001"), bytes_of("label"),
                               bytes_of("K\xc3\xbc"
                                        "che \xe2\x82\xac"),
                               NULL, &why));
    devices_find(&w.t, mac_n(1))->fetched = devices_find(&w.t, mac_n(1))->record.stamp;
    up(5);
    for (uint8_t version = 11; version <= 17; version += 6) {
        uint32_t stat = version >= 17 ? SCCP_LINE_STAT_DYNAMIC : SCCP_LINE_STAT;
        for (unsigned utf8 = 0; utf8 < 2; utf8++) {
            struct sccp_message reg = registering(1, T7960, version);
            memcpy(reg.reg.features, utf8 ? yes : no, 3);
            say(5, reg);
            ask(5, SCCP_LINE_STAT_REQ, 1);
            const struct sccp_message *a = written_to(5, stat, version);
            assert_text(a->line.number, "2001");
            assert_text(a->line.label, utf8 ? "K\xc3\xbc"
                                              "che \xe2\x82\xac"
                                            : "K\xfc"
                                              "che ?");
            assert_text(a->line.name, utf8 ? "K\xc3\xbc"
                                             "che \xe2\x82\xac"
                                           : "K\xfc"
                                             "che ?");
            ask(5, SCCP_CONFIG_STAT_REQ, 0);
            assert_text(written_to(5, SCCP_CONFIG_STAT, version)->config.server_name, utf8 ? "B\xc3\xbcro" : "B\xfcro");
        }
    }
}

static void the_lower_protocol_version_is_agreed(void **state)
{
    static const uint8_t offered[] = {0, 3, 6, 11, 17, 22, 24, 33}, agreed[] = {3, 3, 6, 11, 17, 22, 22, 3};

    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    up(5);
    for (size_t i = 0; i < ARRAY_LENGTH(offered); i++) {
        say(5, registering(1, T7960, offered[i]));
        assert_int_equal(written_to(5, SCCP_REGISTER_ACK, agreed[i])->ack.protocol, agreed[i]);
    }
}

static void settings(bool automatic, uint32_t first, uint32_t last)
{
    struct settings_record s = {.automatic = automatic, .first = first, .last = last, .pool = "Default"};
    struct fault why;

    assert_true(devices_put_settings(&w.t, &s, NULL, &why));
}

static void rejected(uint32_t stream, struct sccp_message reg, const char *text, const char *why)
{
    up(stream);
    say(stream, reg);
    assert_text(written_to(stream, SCCP_REGISTER_REJECT, 0)->text, text);
    assert_null(written_to(stream, SCCP_REGISTER_ACK, 0));
    assert_string_equal(why_of(CM_REJECTED), why);
    assert_true(closed(stream, 40));
    assert_int_equal(count_of(&box.out, ACTION_STORE), 0);
    assert_int_equal(m[0].open, 0);
}

static void who_may_not_come_gets_a_reject_with_a_text_and_the_connection_is_closed(void **state)
{
    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    rejected(5, registering(1, T7970, 11), "Error: Mismatch", "the device is another model in the database");
    settings(false, 1000, 1003);
    rejected(5, registering(9, T7960, 11), "Error: DBConfig", "auto-registration is off");
    settings(true, 2001, 2001);
    rejected(5, registering(9, T7960, 11), "Error: No directory number left", "no directory number is left");
    struct sccp_message odd = registering(1, T7960, 11);
    odd.reg.name = bytes_of("VGC0200000001");
    rejected(5, odd, "Error: DBConfig", "the device name is not SEP and 12 hex digits");
}

static void a_name_in_lower_case_is_the_same_device(void **state)
{
    (void)state;
    (void)table_add(&w, 10, T7960, "2001");
    up(5);
    struct sccp_message reg = registering(10, T7960, 11);
    reg.reg.name = bytes_of("SEP02000000000a");
    say(5, reg);
    assert_non_null(written_to(5, SCCP_REGISTER_ACK, 11));
    assert_int_equal(w.t.count, 1);
}

static void the_newest_connection_of_a_device_wins(void **state)
{
    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    register_on(5, 1, T7960);
    complete(5);
    register_on(6, 1, T7960);
    assert_true(closed(5, 40));
    assert_string_equal(why_of(CM_UNREGISTERED), "duplicate");
    complete(6);
    assert_int_equal(callmanager_registered(&m[0]), 1);
    ask(5, SCCP_LINE_STAT_REQ, 1); /* what still comes of the old one says nothing to us */
    assert_int_equal(box.out.count, 0);
}

static void also_across_the_callmanagers_of_a_process_with_the_others_engine_number(void **state)
{
    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    register_on(5, 1, T7960);
    complete(5);
    up_at(1, 5); /* stream numbers are each engine's own */
    say_at(1, 5, registering(1, T7960, 11), 0);
    assert_true(closed(5, 40)); /* at the first */
    assert_false(closed(5, 41));
    assert_non_null(written_to(5, SCCP_REGISTER_ACK, 11));
    assert_int_equal(callmanager_registered(&m[0]), 0);
    assert_int_equal(m[0].open, 0);
    assert_int_equal(devices_find(&w.t, mac_n(1))->manager, 2);
    assert_int_equal(box.out.engine, 41);
}

static void register_again_on_the_same_connection_is_acknowledged_again(void **state)
{
    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    register_on(5, 1, T7960);
    say(5, registering(1, T7960, 11));
    assert_non_null(written_to(5, SCCP_REGISTER_ACK, 11));
    assert_int_equal(count_of(&box.out, ACTION_CLOSE), 0);
}

static void keepalives_are_acknowledged_also_on_an_unregistered_connection(void **state)
{
    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    up(5);
    ask(5, SCCP_KEEP_ALIVE, 0);
    assert_non_null(written_to(5, SCCP_KEEP_ALIVE_ACK, 0));
    say(5, registering(1, T7960, 11));
    ask(5, SCCP_KEEP_ALIVE, 0);
    assert_non_null(written_to(5, SCCP_KEEP_ALIVE_ACK, 11));
}

static void a_registered_device_is_gone_after_three_keepalive_times_without_a_message(void **state)
{
    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    register_on(5, 1, T7960);
    complete(5);
    now += 60 * SECOND;
    ask(5, SCCP_KEEP_ALIVE, 0);
    assert_true(due[0] == now + 90 * SECOND);
    wake(0);
    assert_true(closed(5, 40));
    assert_string_equal(why_of(CM_UNREGISTERED), "keepalive timeout");
    assert_int_equal(devices_find(&w.t, mac_n(1))->manager, 0);
}

static void an_unregistered_connection_is_closed_after_three_standby_times(void **state)
{
    (void)state;
    up(5);
    assert_true(due[0] == now + 180 * SECOND);
    wake(0);
    assert_true(closed(5, 40));
    assert_string_equal(why_of(CM_DISCONNECTED), "silent");
}

static void before_registration_requests_are_ignored(void **state)
{
    static const uint32_t ids[] = {SCCP_LINE_STAT_REQ, SCCP_TIME_DATE_REQ, SCCP_BUTTON_TEMPLATE_REQ, SCCP_IP_PORT,
                                   SCCP_VERSION_REQ};

    (void)state;
    up(5);
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        ask(5, ids[i], 1);
        assert_int_equal(box.out.count, 0);
    }
    ask(5, SCCP_UNREGISTER, 0);
    assert_non_null(written_to(5, SCCP_UNREGISTER_ACK, 0));
}

/* A 7960 waits in registration until each is answered (alarm 27, "Waiting for Requesting Feature Key Status"). */
static void every_request_is_answered_at_once_also_for_what_is_not_there(void **state)
{
    static const uint8_t versions[] = {3, 6, 7, 8, 11, 15, 16, 17, 18, 20, 22};

    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    up(5);
    for (size_t i = 0; i < ARRAY_LENGTH(versions); i++) {
        uint8_t v = versions[i];
        const struct {
            uint32_t ask, answer;
        } rows[] = {
            {SCCP_VERSION_REQ, SCCP_VERSION},
            {SCCP_BUTTON_TEMPLATE_REQ, SCCP_BUTTON_TEMPLATE_RES},
            {SCCP_SOFT_KEY_TEMPLATE_REQ, SCCP_SOFT_KEY_TEMPLATE_RES},
            {SCCP_SOFT_KEY_SET_REQ, SCCP_SOFT_KEY_SET_RES},
            {SCCP_SOFT_KEY_SET_REQ, SCCP_SELECT_SOFT_KEYS},
            {SCCP_SOFT_KEY_SET_REQ, v >= 8 ? SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS : SCCP_DISPLAY_PROMPT_STATUS},
            {SCCP_CONFIG_STAT_REQ, SCCP_CONFIG_STAT},
            {SCCP_LINE_STAT_REQ, v >= 17 ? SCCP_LINE_STAT_DYNAMIC : SCCP_LINE_STAT},
            {SCCP_SPEED_DIAL_STAT_REQ, SCCP_SPEED_DIAL_STAT},
            {SCCP_FORWARD_STAT_REQ, SCCP_FORWARD_STAT},
            {SCCP_FEATURE_STAT_REQ, SCCP_FEATURE_STAT},
            {SCCP_SERVICE_URL_STAT_REQ, v >= 7 ? SCCP_SERVICE_URL_STAT_DYNAMIC : SCCP_SERVICE_URL_STAT},
            {SCCP_SERVER_REQ, SCCP_SERVER_RES},
            {SCCP_TIME_DATE_REQ, SCCP_DEFINE_TIME_DATE},
            {SCCP_TIME_DATE_REQ, v >= 8 ? SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS : SCCP_DISPLAY_PROMPT_STATUS},
        };
        say(5, registering(1, T7960, v));
        for (size_t k = 0; k < ARRAY_LENGTH(rows); k++)
            for (uint32_t number = 1; number <= 99; number += 98) {
                ask(5, rows[k].ask, number);
                if (!written_to(5, rows[k].answer, v)) fail_msg("version %u: no answer 0x%04x", v, rows[k].answer);
            }
    }
    say(5, (struct sccp_message){.id = SCCP_FEATURE_STAT_REQ, .feature_req = {.index = 1, .capabilities = 1}});
    assert_non_null(written_to(5, SCCP_FEATURE_STAT_DYNAMIC, 22));
}

static void what_needs_no_answer_gets_none(void **state)
{
    static const uint32_t ids[] = {SCCP_IP_PORT, SCCP_HEADSET_STATUS, SCCP_REGISTER_AVAILABLE_LINES};

    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    register_on(5, 1, T7960);
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        ask(5, ids[i], 1);
        assert_int_equal(box.out.count, 0);
    }
    say(5, (struct sccp_message){.id = SCCP_CAPABILITIES_RES, .capabilities = {.count = 1, .codec = {{4, 40}}}});
    assert_int_equal(box.out.count, 0);
}

static void the_answers_say_what_the_database_says(void **state)
{
    struct fault why;

    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    assert_true(devices_change(&w.t, bytes_of("SEP020000000001"), bytes_of("label"), bytes_of("Anna"), NULL, &why));
    devices_find(&w.t, mac_n(1))->fetched = devices_find(&w.t, mac_n(1))->record.stamp;
    register_on(5, 1, T7960);
    ask(5, SCCP_LINE_STAT_REQ, 1);
    const struct sccp_message *a = written_to(5, SCCP_LINE_STAT, 11);
    assert_text(a->line.number, "2001");
    assert_text(a->line.label, "Anna");
    ask(5, SCCP_LINE_STAT_REQ, 2);
    assert_text(written_to(5, SCCP_LINE_STAT, 11)->line.number, "");
    ask(5, SCCP_VERSION_REQ, 0);
    assert_text(written_to(5, SCCP_VERSION, 11)->text, "P0030801SR02");
    ask(5, SCCP_BUTTON_TEMPLATE_REQ, 0);
    a = written_to(5, SCCP_BUTTON_TEMPLATE_RES, 11);
    assert_int_equal(a->buttons.total, 6); /* a 7960 */
    assert_int_equal(a->buttons.button[0].definition, BUTTON_LINE);
    assert_int_equal(a->buttons.button[1].definition, BUTTON_SPEED_DIAL);
    assert_int_equal(a->buttons.button[5].instance, 5);
    assert_int_equal(a->buttons.button[6].definition, BUTTON_NONE);
    ask(5, SCCP_SERVER_REQ, 0);
    a = written_to(5, SCCP_SERVER_RES, 11);
    assert_text(a->servers.server[0].name, "10.0.0.1");
    assert_int_equal(a->servers.server[1].address, IPV4(10, 0, 0, 2));
    assert_int_equal(a->servers.server[1].port, 2000);
    ask(5, SCCP_CONFIG_STAT_REQ, 0);
    a = written_to(5, SCCP_CONFIG_STAT, 11);
    assert_int_equal(a->config.lines, 1);
    assert_int_equal(a->config.speed_dials, 5);
    ask(5, SCCP_SOFT_KEY_TEMPLATE_REQ, 0);
    a = written_to(5, SCCP_SOFT_KEY_TEMPLATE_RES, 11);
    assert_int_equal(a->soft_keys.total, 20);
    assert_int_equal(a->soft_keys.key[15].event, 21);
    assert_int_equal(a->soft_keys.key[15].label, 0x43);
    ask(5, SCCP_SOFT_KEY_SET_REQ, 0);
    a = written_to(5, SCCP_SOFT_KEY_SET_RES, 11);
    assert_int_equal(a->key_sets.set[0].info[2], 305);
    assert_int_equal(a->key_sets.set[10].position[0], 16); /* Barge: the sixteenth of the template */
    assert_int_equal(a->key_sets.set[10].info[0], 321);
}

static void a_plain_phone_learns_its_load_from_version_and_a_load_that_is_too_long_is_not_cut(void **state)
{
    struct fault why;

    (void)state;
    (void)table_add(&w, 2, T7910, "2002");
    register_on(5, 2, T7910);
    ask(5, SCCP_VERSION_REQ, 0);
    assert_text(written_to(5, SCCP_VERSION, 11)->text, "P00405000700");
    (void)table_add(&w, 1, T7960, "2001");
    assert_true(
        devices_change(&w.t, bytes_of("SEP020000000001"), bytes_of("load"), bytes_of("P0030801SR02-17-X"), NULL, &why));
    register_on(6, 1, T7960);
    ask(6, SCCP_VERSION_REQ, 0);
    assert_text(written_to(6, SCCP_VERSION, 11)->text, "");
}

static void tokens_are_given_at_a_rate_and_the_others_are_told_different_waits(void **state)
{
    unsigned given = 0;
    uint32_t first = 0, last = 0;
    char name[DEVICE_NAME];

    (void)state;
    init_one(0, (struct callmanager_config){.tokens = 2, .connections = 20});
    (void)table_add(&w, 1, T7960, "2001");
    device_name(name, mac_n(1));
    for (uint32_t i = 0; i < 20; i++) {
        up(i);
        say(i, (struct sccp_message){.id = SCCP_REGISTER_TOKEN_REQ,
                                     .token = {.name = bytes_of(name), .device_type = T7960}});
        if (written_to(i, SCCP_REGISTER_TOKEN_ACK, 0)) {
            given++;
            assert_true(told(&box.out, CM_TOKEN_GIVEN));
            continue;
        }
        last = written_to(i, SCCP_REGISTER_TOKEN_REJECT, 0)->number;
        if (first == 0) first = last;
    }
    assert_int_equal(given, 2);
    assert_int_equal(first, 10);
    assert_int_equal(last, 19); /* 18 of them, two a second: 10 to 18.5 */
    now += SECOND;
    say(0,
        (struct sccp_message){.id = SCCP_REGISTER_TOKEN_REQ, .token = {.name = bytes_of(name), .device_type = T7960}});
    assert_non_null(written_to(0, SCCP_REGISTER_TOKEN_ACK, 0));
}

static void an_unknown_device_gets_no_token_while_auto_registration_is_off(void **state)
{
    (void)state;
    settings(false, 1000, 1003);
    up(5);
    say(5, (struct sccp_message){.id = SCCP_REGISTER_TOKEN_REQ,
                                 .token = {.name = bytes_of("SEP020000000009"), .device_type = T7960}});
    assert_int_equal(written_to(5, SCCP_REGISTER_TOKEN_REJECT, 0)->number, 60);
}

static void alarms_are_told_and_kept_with_the_device(void **state)
{
    (void)state;
    struct device *d = table_add(&w, 1, T7960, "2001");
    up(5);
    say(5,
        (struct sccp_message){.id = SCCP_ALARM,
                              .alarm = {.severity = ALARM_INFORMATIONAL,
                                        .text = bytes_of("Name=SEP020000000001 Load=P0030801SR02 Last=Initialized")}});
    assert_int_equal(count_of(&box.out, ACTION_WRITE), 0); /* never answered */
    assert_text(told_text(facts_of(&box.out, CM_ALARM), FACT_TEXT),
                "Name=SEP020000000001 Load=P0030801SR02 Last=Initialized");
    assert_int_equal(told_number(facts_of(&box.out, CM_ALARM), FACT_PRIORITY, 99), 2);
    assert_int_equal(d->alarms, 0); /* whose it is, nobody knows yet */
    say(5, registering(1, T7960, 11));
    assert_int_equal(d->alarms, 1);
    assert_string_equal(d->alarm[0].text, "Name=SEP020000000001 Load=P0030801SR02 Last=Initialized");
    assert_int_equal(d->alarm[0].severity, 2);
    assert_int_equal(d->alarm[0].wall, 1709251190);
    now += 3 * SECOND;
    say(5, (struct sccp_message){.id = SCCP_XML_ALARM, .text = bytes_of("<x-cisco-alarm></x-cisco-alarm>")});
    assert_true(told(&box.out, CM_ALARM));
    assert_string_equal(d->alarm[0].text,
                        "<x-cisco-alarm></x-cisco-alarm>"); /* what tells nothing is kept as it came */
    assert_int_equal(d->alarm[0].wall, 1709251193);
    for (uint32_t i = 3; i <= 6; i++)
        say(5,
            (struct sccp_message){.id = SCCP_ALARM,
                                  .alarm = {.severity = i, .text = bytes_of("x"), .parameter1 = 7, .parameter2 = i}});
    assert_int_equal(d->alarms, DEVICE_ALARMS); /* the newest two, the newest first */
    assert_int_equal(d->alarm[0].severity, 6);
    assert_int_equal(d->alarm[1].severity, 5);
    assert_int_equal(d->alarm[1].parameter1, 7);
    say(5, registering(1, T7960, 11));
    assert_int_equal(d->alarms, DEVICE_ALARMS);
}

static void xml(uint32_t stream, const char *document)
{
    say(stream, (struct sccp_message){.id = SCCP_XML_ALARM, .text = bytes_of(document)});
    assert_int_equal(count_of(&box.out, ACTION_WRITE), 0); /* never answered */
    assert_true(told(&box.out, CM_ALARM));
}

#define OUT_OF_SERVICE "<x-cisco-alarm><Alarm Name=\"LastOutOfServiceInformation\"><ParameterList>"

static void a_phone_whose_register_ends_before_its_load_tells_it_in_its_alarm(void **state)
{
    (void)state;
    struct sccp_message reg = registering(1, T7960, 11);
    struct sccp_message alarm = {.id = SCCP_ALARM,
                                 .alarm = {.text = bytes_of("Name=SEP020000000001 Load=8.0(10.0) Last=Reset-Reset")}};
    table_add(&w, 1, T7960, "2001");
    up(5);
    say(5, alarm);
    assert_string_equal(callmanager_connection(&m[0], 5)->load, "8.0(10.0)");
    say(5, reg); /* one that is long enough counts */
    assert_string_equal(callmanager_connection(&m[0], 5)->load, "P0030801SR02");
    up(6);
    say(6, alarm);
    reg.reg.load = (struct bytes){0};
    say(6, reg);
    assert_string_equal(callmanager_connection(&m[0], 6)->load, "8.0(10.0)");
    alarm.alarm.text =
        bytes_of("Name=SEP020000000001 Download=x Load="); /* of garbage nothing is learnt, and no byte behind it */
    up(7);
    say(7, alarm);
    assert_string_equal(callmanager_connection(&m[0], 7)->load, "");
}

static void an_alarm_in_xml_is_kept_as_the_others_are(void **state)
{
    struct device *d = table_add(&w, 1, T7970, "2001");

    (void)state;
    up(5);
    xml(5, OUT_OF_SERVICE "<String name=\"DeviceName\">SEP020000000001</String>"
                          "<String name=\"DeviceIPv4Address\">10.1.2.3/24</String>"
                          "<Enum name=\"ReasonForOutOfService\">14</Enum></ParameterList></Alarm></x-cisco-alarm>");
    assert_text(told_text(facts_of(&box.out, CM_ALARM), FACT_TEXT),
                "LastOutOfServiceInformation: Name=SEP020000000001 Last=CM-closed-TCP (14)");
    assert_int_equal(told_number(facts_of(&box.out, CM_ALARM), FACT_PRIORITY, 99), ALARM_UNKNOWN);
    say(5, registering(1, T7970, 20));
    assert_int_equal(d->alarms, 1);
    assert_string_equal(d->alarm[0].text, "LastOutOfServiceInformation: Name=SEP020000000001 Last=CM-closed-TCP (14)");
    assert_int_equal(d->alarm[0].severity, ALARM_UNKNOWN);
    assert_int_equal(d->alarm[0].parameter1, 14);
    assert_int_equal(d->alarm[0].parameter2, IPV4(10, 1, 2, 3));
    assert_int_equal(d->alarm[0].wall, 1709251190);
    for (unsigned way = 0; way < 2; way++) { /* before Register, both kinds: neither displaces the other */
        up(6 + way);
        if (way) xml(6 + way, OUT_OF_SERVICE "<Enum name=\"ReasonForOutOfService\">10</Enum>");
        say(6 + way, (struct sccp_message){.id = SCCP_ALARM, .alarm = {.text = bytes_of("10: Name=SEP020000000001")}});
        if (!way) xml(6 + way, OUT_OF_SERVICE "<Enum name=\"ReasonForOutOfService\">10</Enum>");
        say(6 + way, registering(1, T7970, 20));
        assert_string_equal(d->alarm[way].text, "LastOutOfServiceInformation: Last=TCP-timeout (10)");
        assert_string_equal(d->alarm[!way].text, "10: Name=SEP020000000001");
    }
    say(7, registering(1, T7970, 20)); /* once */
    assert_string_equal(d->alarm[0].text, "10: Name=SEP020000000001");
}

/* Before Register and after it, and with the Register between its parts. */
static void an_alarm_in_two_messages_is_one(void **state)
{
    static const char *const first = OUT_OF_SERVICE "<String name=\"DeviceName\">SEP020000000001</String><Enu";
    static const char *const second =
        "<Enum name=\"ReasonForOutOfService\">10</Enum></ParameterList></Alarm></x-cisco-alarm>";
    static const char *const one = "LastOutOfServiceInformation: Name=SEP020000000001 Last=TCP-timeout (10)";
    struct device *d = table_add(&w, 1, T7970, "2001");

    (void)state;
    up(5);
    xml(5, first);
    xml(5, second);
    assert_text(told_text(facts_of(&box.out, CM_ALARM), FACT_TEXT), one);
    xml(5, first);
    say(5, registering(1, T7970, 20));
    assert_int_equal(d->alarms, 1);
    assert_string_equal(d->alarm[0].text, "LastOutOfServiceInformation: Name=SEP020000000001");
    xml(5, second);
    assert_int_equal(d->alarms, 1);
    assert_string_equal(d->alarm[0].text, one);
    assert_int_equal(d->alarm[0].parameter1, 10);
    xml(5, second); /* its end has come: this is another one */
    assert_int_equal(d->alarms, 2);
    assert_string_equal(d->alarm[0].text, "XMLAlarm: Last=TCP-timeout (10)");
    assert_string_equal(d->alarm[1].text, one);
    xml(5, first); /* and so is what follows an alarm of the other kind */
    say(5, (struct sccp_message){.id = SCCP_ALARM, .alarm = {.text = bytes_of("10: Name=SEP020000000001")}});
    xml(5, second);
    assert_string_equal(d->alarm[0].text, "XMLAlarm: Last=TCP-timeout (10)");
    assert_string_equal(d->alarm[1].text, "10: Name=SEP020000000001");
    assert_int_equal(m[0].count.alarms, 8);
}

static void unknown_messages_are_counted_and_never_fatal(void **state)
{
    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    register_on(5, 1, T7960);
    for (unsigned i = 0; i < 3; i++) {
        uint8_t bytes[64];
        struct writer out = writer(bytes, sizeof bytes);
        size_t begun = sccp_begin(&out, 11, 0x0777);
        write_zeros(&out, 8);
        sccp_end(&out, begun);
        step_at(0, &(struct event){.kind = EVENT_DATA, .stream = 5, .bytes = written(&out)});
        assert_int_equal(count_of(&box.out, ACTION_WRITE) + count_of(&box.out, ACTION_CLOSE), 0);
        assert_int_equal(told(&box.out, CM_UNKNOWN_MESSAGE), i == 0);
    }
    assert_int_equal(m[0].count.unknown, 3);
    complete(5);
}

static void a_message_that_is_cut_is_counted_and_the_connection_stays(void **state)
{
    uint8_t bytes[64];

    (void)state;
    (void)table_add(&w, 1, T7960, "2001");
    up(5);
    struct writer out = writer(bytes, sizeof bytes);
    size_t begun = sccp_begin(&out, 0, SCCP_REGISTER);
    write_zeros(&out, 20);
    sccp_end(&out, begun);
    step_at(0, &(struct event){.kind = EVENT_DATA, .stream = 5, .bytes = written(&out)});
    assert_true(told(&box.out, CM_MALFORMED));
    assert_int_equal(box.out.count, 1);
    step_at(0, &(struct event){.kind = EVENT_DATA, .stream = 5, .bytes = written(&out)});
    assert_int_equal(box.out.count, 0); /* once a second */
    say(5, registering(1, T7960, 11));
    assert_non_null(written_to(5, SCCP_REGISTER_ACK, 11));
    step_at(0, &(struct event){.kind = EVENT_DATA, .stream = 77, .bytes = written(&out)}); /* of no connection */
    assert_int_equal(box.out.count, 0);
}

static void a_lost_connection_unregisters_its_device(void **state)
{
    (void)state;
    struct device *d = table_add(&w, 1, T7960, "2001");
    register_on(5, 1, T7960);
    assert_int_equal(d->manager, 1);
    step_at(0, &(struct event){.kind = EVENT_DOWN, .stream = 5, .why = DOWN_CLOSED});
    assert_string_equal(why_of(CM_UNREGISTERED), "connection closed");
    assert_int_equal(d->manager, 0);
    assert_true(due[0] == NEVER);
    step_at(0, &(struct event){.kind = EVENT_DOWN, .stream = 5, .why = DOWN_CLOSED});
    assert_int_equal(box.out.count, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_known_device_gets_register_ack_with_its_times_and_date_template_then_capabilities_req),
        T(registration_is_complete_when_the_time_was_answered_and_not_before),
        T(the_time_is_wall_time_with_the_offset_of_the_phones),
        T(each_device_is_told_the_local_time_of_its_own_time_zone),
        T(a_phone_is_told_the_time_again_when_its_zone_or_our_clock_has_changed),
        T(texts_are_utf_8_only_to_a_phone_that_announced_it_else_iso_8859_1),
        T(the_lower_protocol_version_is_agreed),
        T(who_may_not_come_gets_a_reject_with_a_text_and_the_connection_is_closed),
        T(a_name_in_lower_case_is_the_same_device),
        T(the_newest_connection_of_a_device_wins),
        T(also_across_the_callmanagers_of_a_process_with_the_others_engine_number),
        T(register_again_on_the_same_connection_is_acknowledged_again),
        T(keepalives_are_acknowledged_also_on_an_unregistered_connection),
        T(a_registered_device_is_gone_after_three_keepalive_times_without_a_message),
        T(an_unregistered_connection_is_closed_after_three_standby_times),
        T(before_registration_requests_are_ignored),
        T(every_request_is_answered_at_once_also_for_what_is_not_there),
        T(what_needs_no_answer_gets_none),
        T(the_answers_say_what_the_database_says),
        T(a_plain_phone_learns_its_load_from_version_and_a_load_that_is_too_long_is_not_cut),
        T(tokens_are_given_at_a_rate_and_the_others_are_told_different_waits),
        T(an_unknown_device_gets_no_token_while_auto_registration_is_off),
        T(alarms_are_told_and_kept_with_the_device),
        T(a_phone_whose_register_ends_before_its_load_tells_it_in_its_alarm),
        T(an_alarm_in_xml_is_kept_as_the_others_are),
        T(an_alarm_in_two_messages_is_one),
        T(unknown_messages_are_counted_and_never_fatal),
        T(a_message_that_is_cut_is_counted_and_the_connection_stays),
        T(a_lost_connection_unregisters_its_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
