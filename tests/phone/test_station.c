#include "phone/world.h"

static struct world w;
static const char own[] = "SEP020000000001.cnf.xml";

static void site(const char *model, const char *load, unsigned callmanagers)
{
    world_init(&w, model, load, "");
    if (strcmp(model, "7910") == 0)
        world_document(&w, "SEP020000000001.cnf", "", callmanagers);
    else
        world_document(&w, own, load, callmanagers);
    text_copy(w.site.version, sizeof w.site.version, bytes_of(load));
}

static void registered(unsigned callmanagers)
{
    site("7960", "P0030801SR02", callmanagers);
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
}

/* The connection of this CallManager goes, as the driver tells it. */
static void down(unsigned i, enum down why)
{
    struct event e = {.kind = EVENT_DOWN, .stream = w.site.cm[i].stream, .why = (uint8_t)why};

    assert_int_not_equal(e.stream, 0);
    w.site.cm[i].stream = 0;
    w.site.cm[i].registered = false;
    world_event(&w, &e);
}

static void from_callmanager(unsigned i, const struct sccp_message *m)
{
    uint8_t b[2048];
    struct writer x = writer(b, sizeof b);
    struct event e = {.kind = EVENT_DATA, .stream = w.site.cm[i].stream};

    sccp_message_encode(&x, m, w.site.cm[i].protocol);
    e.bytes = written(&x);
    world_event(&w, &e);
}

static void number_from(unsigned i, uint32_t id, uint32_t number)
{
    struct sccp_message m = {.id = id};

    m.number = number;
    from_callmanager(i, &m);
}

static unsigned heard(unsigned i, uint32_t id)
{
    unsigned n = 0;

    for (unsigned k = 0; k < w.site.cm[i].count; k++) n += w.site.cm[i].heard[k] == id;
    return n;
}

static usec last_heard(unsigned i, uint32_t id)
{
    for (unsigned k = w.site.cm[i].count; k > 0; k--)
        if (w.site.cm[i].heard[k - 1] == id) return w.site.cm[i].at[k - 1];
    fail_msg("%x was not heard", id);
    return 0;
}

static void heard_exactly(unsigned i, const uint32_t *ids, size_t n)
{
    for (size_t k = 0; k < n && k < w.site.cm[i].count; k++)
        if (w.site.cm[i].heard[k] != ids[k])
            fail_msg("message %zu is %s, not %s", k, sccp_name(w.site.cm[i].heard[k]), sccp_name(ids[k]));
    assert_int_equal(w.site.cm[i].count, n);
}

/* ---- registration, by the protocol of the load */
static void a_7960_registers_with_protocol_11(void **state)
{
    static const uint32_t ids[] = {SCCP_ALARM,
                                   SCCP_REGISTER,
                                   SCCP_IP_PORT,
                                   SCCP_CAPABILITIES_RES,
                                   SCCP_VERSION_REQ,
                                   SCCP_BUTTON_TEMPLATE_REQ,
                                   SCCP_SOFT_KEY_TEMPLATE_REQ,
                                   SCCP_SOFT_KEY_SET_REQ,
                                   SCCP_LINE_STAT_REQ,
                                   SCCP_LINE_STAT_REQ,
                                   SCCP_SPEED_DIAL_STAT_REQ,
                                   SCCP_SERVER_REQ,
                                   SCCP_REGISTER_AVAILABLE_LINES,
                                   SCCP_TIME_DATE_REQ};

    (void)state;
    site("7960", "P0030801SR02", 1);
    w.site.lines = 2;
    w.site.speed_dials = 1;
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    heard_exactly(0, ids, ARRAY_LENGTH(ids));
    assert_string_equal(w.site.cm[0].alarm, "Name=SEP020000000001 Load=P0030801SR02 Last=Initialized");
    assert_true(w.site.cm[0].reg.protocol == 11 && w.site.cm[0].reg.length == 64 && w.site.cm[0].reg.device_type == 7);
    assert_true(w.site.cm[0].reg.instance == 1 && w.site.cm[0].reg.address == IPV4(10, 0, 0, 50));
    for (unsigned k = 0; k < w.site.cm[0].count; k++)
        assert_int_equal(w.site.cm[0].header[k], 0); /* below 17: always 0 */
    struct bytes facts = world_facts(&w, PHONE_REGISTERED);
    assert_text(facts, FACT_DIRECTORY_NUMBER, "1001");
    assert_text(facts, FACT_STAMP, "stamp-1");
    assert_text(facts, FACT_LOAD, "P0030801SR02");
    assert_int_equal(told_number(facts, FACT_PRIORITY, 0), 1);
    assert_int_equal(told_number(facts, FACT_PROTOCOL, 0), 11);
    assert_int_equal(told_number(facts, FACT_KEEPALIVE, 0), 30);
    assert_int_equal(told_number(facts, FACT_TIME, 0), 1700000000);
}

static void a_7910_registers_with_protocol_5_and_asks_for_no_soft_keys(void **state)
{
    static const uint32_t ids[] = {SCCP_ALARM,
                                   SCCP_REGISTER,
                                   SCCP_IP_PORT,
                                   SCCP_CAPABILITIES_RES,
                                   SCCP_VERSION_REQ,
                                   SCCP_BUTTON_TEMPLATE_REQ,
                                   SCCP_LINE_STAT_REQ,
                                   SCCP_SERVER_REQ,
                                   SCCP_REGISTER_AVAILABLE_LINES,
                                   SCCP_TIME_DATE_REQ};

    (void)state;
    site("7910", "P00405000700", 1);
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    heard_exactly(0, ids, ARRAY_LENGTH(ids));
    assert_true(w.site.cm[0].reg.protocol == 5 && w.site.cm[0].reg.length == 52);
}

static void newer_phones_use_the_agreed_version_in_their_headers_after_register(void **state)
{
    static const struct {
        const char *model, *load;
        uint8_t protocol;
    } phones[] = {{"7941", "SCCP41.8-5-3S", 17}, {"7970", "SCCP70.9-4-2SR3-1S", 20}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(phones); i++) {
        site(phones[i].model, phones[i].load, 1);
        world_plug(&w);
        assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
        const struct world_cm *cm = &w.site.cm[0];
        assert_true(cm->reg.protocol == phones[i].protocol && cm->reg.length == 124 && cm->reg.instance == 0);
        assert_true(cm->reg.max_streams == 5 && mac_equal(cm->reg.mac, WORLD_PHONE));
        for (unsigned k = 0; k < cm->count; k++)
            assert_int_equal(cm->header[k], k < (phones[i].protocol >= 20 ? 4 : 3) ? 0 : phones[i].protocol);
        assert_int_equal(heard(0, SCCP_XML_ALARM), phones[i].protocol >= 20);
        assert_true(heard(0, SCCP_SOFT_KEY_SET_REQ) == 1 && heard(0, SCCP_TIME_DATE_REQ) == 1);
        assert_text(world_facts(&w, PHONE_REGISTERED), FACT_DIRECTORY_NUMBER, "1001");
    }
    assert_string_equal(w.site.cm[0].alarm, "25: Name=SEP020000000001Load= SCCP70.9-4-2SR3-1S Last=Initialized");
    assert_int_equal(w.site.cm[0].heard[0], SCCP_XML_ALARM);
    assert_string_equal(w.site.cm[0].xml_alarm, "LastOutOfServiceInformation: Name=SEP020000000001");
}

static void an_ack_without_a_version_means_the_oldest_layouts(void **state)
{
    struct sccp_message ack = {.id = SCCP_REGISTER_ACK};

    (void)state;
    site("7970", "SCCP70.9-4-2SR3-1S", 1);
    w.site.cm[0].way = CM_DEAF;
    world_plug(&w);
    while (w.site.cm[0].count < 3) assert_true(world_next(&w, 60 * SECOND));
    ack.ack.keepalive = 30;
    from_callmanager(0, &ack);
    assert_int_equal(w.phone.station.protocol, 3);
}

/* ---- time */
static void keepalives_come_at_the_intervals_of_register_ack(void **state)
{
    (void)state;
    registered(2);
    usec begin = w.now;
    world_run(&w, 200 * SECOND);
    usec ack = 0;
    for (unsigned k = 0; k < w.site.cm[0].count; k++) {
        if (w.site.cm[0].heard[k] == SCCP_REGISTER) ack = w.site.cm[0].at[k];
        if (w.site.cm[0].heard[k] != SCCP_KEEP_ALIVE) continue;
        assert_about(w.site.cm[0].at[k] - ack, 30 * SECOND, 10 * MSEC);
        ack = w.site.cm[0].at[k];
    }
    assert_int_equal(heard(0, SCCP_KEEP_ALIVE), 6);
    assert_true(heard(1, SCCP_KEEP_ALIVE) == 3 && w.site.cm[1].count == 3); /* the standby: 60 s, nothing else */
    assert_about(w.site.cm[1].at[0] - begin, 60 * SECOND, 100 * MSEC);
    assert_int_equal(world_count(&w, PHONE_STANDBY), 1);
    assert_true(phone_registered(&w.phone));
}

static void a_registered_phone_keeps_its_way_to_the_callmanager_for_hours(void **state)
{
    struct phone_path path;

    (void)state;
    registered(1);
    for (int i = 0; i < 200; i++) {
        world_run(&w, 60 * SECOND);
        assert_true(phone_path(&w.phone, WORLD_CM(0), &path) && mac_equal(path.next, WORLD_SERVER));
        assert_true(path.tagged && path.vlan == 100 && path.priority == 3);
        w.site.cm[0].count = 0;
    }
    assert_int_equal(world_count(&w, PHONE_CM_DOWN), 0);
}

/* CallManager numbers it 15, a text alarm would say 17. */
static void a_9_x_load_tells_in_xml_why_it_was_out_of_service(void **state)
{
    (void)state;
    site("7970", "SCCP70.9-4-2SR3-1S", 2);
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    w.site.cm[0].way = CM_DEAF;
    assert_true(world_until(&w, PHONE_REGISTERED, 300 * SECOND));
    assert_string_equal(w.site.cm[1].xml_alarm,
                        "LastOutOfServiceInformation: Name=SEP020000000001 Last=KeepaliveTO (15)");
    assert_string_equal(w.site.cm[1].alarm, "17: Name=SEP020000000001Load= SCCP70.9-4-2SR3-1S Last=KeepaliveTO");
}

static void three_unanswered_keepalives_mean_gone(void **state)
{
    (void)state;
    registered(2);
    world_run(&w, 35 * SECOND);
    usec last = last_heard(0, SCCP_KEEP_ALIVE);
    w.site.cm[0].way = CM_DEAF;
    assert_true(world_until(&w, PHONE_SERVICE_LOST, 200 * SECOND));
    assert_about(w.now - last, 120 * SECOND, 100 * MSEC); /* 30 + 3 x 30: each has its interval for an answer */
    assert_text(world_facts(&w, PHONE_SERVICE_LOST), FACT_WHY, "keepalive unanswered");
    assert_true(world_until(&w, PHONE_REGISTERED, SECOND)); /* the standby connection is open: at once */
    assert_int_equal(told_number(world_facts(&w, PHONE_REGISTERED), FACT_PRIORITY, 0), 2);
    assert_string_equal(w.site.cm[1].alarm, "Name=SEP020000000001 Load=P0030801SR02 Last=KeepaliveTO");
}

static void a_keepalive_of_0_from_a_server_does_not_spin(void **state)
{
    (void)state;
    site("7960", "P0030801SR02", 2);
    w.site.keepalive = w.site.standby = 0;
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    world_run(&w, 100 * SECOND);
    assert_int_equal(heard(0, SCCP_KEEP_ALIVE), 3);
    w.site.keepalive = w.site.standby = UINT32_MAX;
    down(0, DOWN_RESET);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    world_run(&w, 65 * SECOND);
    assert_true(heard(1, SCCP_KEEP_ALIVE) >= 2);
}

/* ---- fallback and failback */
static void it_falls_back_from_the_first_to_the_second_to_the_third(void **state)
{
    (void)state;
    registered(3);
    world_run(&w, SECOND);
    assert_int_not_equal(w.site.cm[1].stream, 0); /* standby: the next one only */
    assert_int_equal(w.site.cm[2].stream, 0);
    w.site.cm[0].way = CM_REFUSES;
    down(0, DOWN_RESET);
    assert_true(world_until(&w, PHONE_REGISTERED, SECOND));
    assert_true(w.site.cm[1].registered);
    assert_string_equal(w.site.cm[1].alarm, "Name=SEP020000000001 Load=P0030801SR02 Last=CM-reset-TCP");
    world_run(&w, SECOND);
    assert_int_not_equal(w.site.cm[2].stream, 0);
    w.site.cm[1].way = CM_REFUSES;
    down(1, DOWN_CLOSED);
    assert_true(world_until(&w, PHONE_REGISTERED, SECOND));
    assert_true(w.site.cm[2].registered);
    assert_string_equal(w.site.cm[2].alarm, "Name=SEP020000000001 Load=P0030801SR02 Last=CM-closed-TCP");
}

static void a_standby_that_was_down_is_tried_again_when_the_active_one_falls(void **state)
{
    (void)state;
    site("7960", "P0030801SR02", 2);
    w.site.cm[1].way = CM_REFUSES;
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    world_run(&w, 40 * SECOND); /* refused several times as standby */
    w.site.cm[1].way = CM_UP;
    w.site.cm[0].way = CM_REFUSES;
    w.tells = 0;
    down(0, DOWN_RESET);
    assert_true(world_until(&w, PHONE_REGISTERED, SECOND));
    assert_int_equal(world_count(&w, PHONE_FILE_ASKED), 0);
}

static void dead_callmanagers_are_passed_over_at_boot(void **state)
{
    (void)state;
    site("7960", "P0030801SR02", 3);
    w.site.cm[0].way = CM_SILENT; /* no answer to TCP: 10 s */
    w.site.cm[1].way = CM_DEAF;   /* no RegisterAck: 10 s */
    world_plug(&w);
    assert_true(world_until(&w, PHONE_CM_DOWN, 20 * SECOND));
    assert_text(world_facts(&w, PHONE_CM_DOWN), FACT_WHY, "timed out");
    usec first = w.now;
    assert_true(world_until(&w, PHONE_CM_DOWN, 20 * SECOND));
    assert_text(world_facts(&w, PHONE_CM_DOWN), FACT_WHY, "no RegisterAck");
    assert_about(w.now - first, 10 * SECOND, 10 * MSEC);
    assert_true(world_until(&w, PHONE_REGISTERED, SECOND));
    assert_int_equal(told_number(world_facts(&w, PHONE_REGISTERED), FACT_PRIORITY, 0), 3);
}

static void when_all_refuse_it_asks_for_its_configuration_again_after_10_20_40_and_60_seconds(void **state)
{
    static const usec wait[] = {10, 20, 40, 60, 60};

    (void)state;
    site("7960", "P0030801SR02", 2);
    w.site.cm[0].way = w.site.cm[1].way = CM_REFUSES;
    world_plug(&w);
    assert_true(world_until(&w, PHONE_CONFIGURATION, 20 * SECOND));
    for (size_t i = 0; i < ARRAY_LENGTH(wait); i++) {
        assert_true(world_until(&w, PHONE_CM_DOWN, 5 * SECOND) && world_until(&w, PHONE_CM_DOWN, 5 * SECOND));
        usec refused = w.now;
        assert_int_equal(phone_step_of(&w.phone), STEP_REGISTRATION);
        assert_true(world_until(&w, PHONE_FILE_ASKED, 100 * SECOND));
        assert_about(w.now - refused, wait[i] * SECOND, MSEC);
    }
    w.site.cm[0].way = CM_UP;
    assert_true(world_until(&w, PHONE_REGISTERED, 100 * SECOND));
    w.site.cm[0].way = CM_REFUSES;
    w.tells = 0;
    down(0, DOWN_RESET);
    assert_true(world_until(&w, PHONE_FILE_ASKED, 100 * SECOND));
    assert_about(w.now - world_told(&w, PHONE_CM_DOWN, 0)->at, 10 * SECOND, 100 * MSEC); /* the waits begin anew */
}

static void on_the_second(enum token_way token)
{
    site("7960", "P0030801SR02", 2);
    w.site.cm[0].way = CM_REFUSES;
    w.site.cm[0].token = token;
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 30 * SECOND));
    assert_true(w.site.cm[1].registered);
    w.site.cm[0].way = CM_UP;
    w.tells = 0;
    assert_true(world_until(&w, PHONE_STANDBY, 60 * SECOND)); /* the higher one is back */
}

static void it_goes_back_to_the_first_by_token_once_that_has_held_for_the_connection_monitor(void **state)
{
    (void)state;
    on_the_second(TOKEN_ACK);
    usec back = w.now;
    assert_true(world_until(&w, PHONE_FAILBACK, 300 * SECOND));
    assert_about(w.now - back, 120 * SECOND, 100 * MSEC);
    assert_int_equal(heard(0, SCCP_REGISTER_TOKEN_REQ), 1);
    assert_true(world_until(&w, PHONE_REGISTERED, SECOND));
    assert_int_equal(heard(1, SCCP_UNREGISTER), 1); /* below first, then above */
    assert_true(last_heard(1, SCCP_UNREGISTER) < last_heard(0, SCCP_REGISTER));
    assert_string_equal(w.site.cm[0].alarm, "Name=SEP020000000001 Load=P0030801SR02 Last=Failback");
    assert_int_equal(world_count(&w, PHONE_SERVICE_LOST), 0);
    world_run(&w, SECOND);
    assert_true(w.site.cm[0].registered && !w.site.cm[1].registered && w.site.cm[1].stream);
}

static void the_monitor_begins_anew_when_the_higher_one_was_away_in_between(void **state)
{
    (void)state;
    on_the_second(TOKEN_ACK);
    world_run(&w, 100 * SECOND);
    down(0, DOWN_RESET);
    assert_true(world_until(&w, PHONE_STANDBY, 60 * SECOND));
    usec back = w.now;
    assert_true(world_until(&w, PHONE_FAILBACK, 300 * SECOND));
    assert_about(w.now - back, 120 * SECOND, 100 * MSEC);
}

static void a_refused_token_is_asked_again_after_the_wait_that_was_told(void **state)
{
    (void)state;
    on_the_second(TOKEN_REJECT);
    assert_true(world_until(&w, PHONE_TOKEN_REFUSED, 300 * SECOND));
    usec refused = w.now;
    assert_int_equal(told_number(world_facts(&w, PHONE_TOKEN_REFUSED), FACT_WAIT, 0), 20);
    assert_true(world_until(&w, PHONE_TOKEN_REFUSED, 300 * SECOND));
    assert_about(w.now - refused, 20 * SECOND, 10 * MSEC);
    assert_true(w.site.cm[1].registered && phone_registered(&w.phone));
    w.site.cm[0].token = TOKEN_ACK;
    assert_true(world_until(&w, PHONE_FAILBACK, 30 * SECOND));
}

static void user(enum user_does does)
{
    uint8_t b[32];
    struct writer x = writer(b, sizeof b);

    user_encode(&x, &(struct user){.does = does});
    world_event(&w, &(struct event){.kind = EVENT_USER, .bytes = written(&x)});
}

static void nobody_fails_back_in_the_middle_of_a_call(void **state)
{
    (void)state;
    on_the_second(TOKEN_ACK);
    user(USER_LIFTS);
    world_run(&w, 200 * SECOND);
    assert_int_equal(heard(0, SCCP_REGISTER_TOKEN_REQ), 0);
    assert_true(w.site.cm[1].registered && phone_registered(&w.phone));
    user(USER_HANGS_UP);
    assert_true(world_until(&w, PHONE_FAILBACK, 10 * SECOND));
    assert_true(world_until(&w, PHONE_REGISTERED, SECOND));
    assert_true(w.site.cm[0].registered);
    /* the handset is lifted between the question and its answer */
    on_the_second(TOKEN_SILENCE);
    while (heard(0, SCCP_REGISTER_TOKEN_REQ) == 0) assert_true(world_next(&w, NEVER));
    user(USER_LIFTS);
    from_callmanager(0, &(struct sccp_message){.id = SCCP_REGISTER_TOKEN_ACK});
    assert_int_equal(heard(1, SCCP_UNREGISTER), 0);
    w.site.cm[0].token = TOKEN_ACK;
    user(USER_HANGS_UP);
    assert_true(world_until(&w, PHONE_FAILBACK, 10 * SECOND));
}

static void a_token_that_stays_unanswered_counts_as_refused(void **state)
{
    (void)state;
    on_the_second(TOKEN_SILENCE);
    usec back = w.now;
    world_run(&w, 125 * SECOND);
    assert_int_equal(heard(0, SCCP_REGISTER_TOKEN_REQ), 1);
    world_run(&w, 75 * SECOND); /* 120 + 10 + 60 */
    assert_int_equal(heard(0, SCCP_REGISTER_TOKEN_REQ), 2);
    assert_about(last_heard(0, SCCP_REGISTER_TOKEN_REQ) - back, 190 * SECOND, 100 * MSEC);
    assert_true(phone_registered(&w.phone));
}

/* ---- reset, reject */
static void reset_unregisters_first_and_then_boots(void **state)
{
    (void)state;
    registered(2);
    number_from(0, SCCP_RESET, SCCP_RESET_RESET);
    assert_text(world_facts(&w, PHONE_RESET), FACT_RESET, "reset");
    assert_int_equal(heard(0, SCCP_UNREGISTER), 1);
    assert_int_equal(world_count(&w, PHONE_IMAGE), 1);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    assert_int_equal(world_count(&w, PHONE_IMAGE), 2);
    assert_int_equal(w.vanished, 0); /* its connections were closed in order */
    assert_string_equal(w.site.cm[0].alarm, "Name=SEP020000000001 Load=P0030801SR02 Last=Reset-Reset");
    assert_int_equal(told_number(world_facts(&w, PHONE_REGISTERED), FACT_BOOT, 0), 2);
    assert_int_equal(w.discovers, 1); /* the lease outlives a reset: INIT-REBOOT asks for it again */
}

static void restart_unregisters_first_and_only_asks_for_its_files_again(void **state)
{
    (void)state;
    registered(2);
    w.tells = 0;
    number_from(0, SCCP_RESET, SCCP_RESET_RESTART);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    assert_int_equal(heard(0, SCCP_UNREGISTER), 1);
    assert_true(world_count(&w, PHONE_IMAGE) == 0 && world_count(&w, PHONE_ADDRESS) == 0);
    assert_true(world_count(&w, PHONE_CONFIGURATION) == 1);
    assert_string_equal(w.site.cm[0].alarm, "Name=SEP020000000001 Load=P0030801SR02 Last=Reset-Restart");
}

/* Cisco's manual: while a call is in progress, a phone does not reset. */
static void a_reset_waits_for_the_end_of_the_call(void **state)
{
    static const struct sccp_message dial_tone = {.id = SCCP_START_TONE, .call.tone = {.tone = TONE_INSIDE_DIAL}};

    (void)state;
    registered(2);
    user(USER_LIFTS);
    from_callmanager(0, &dial_tone);
    number_from(0, SCCP_RESET, SCCP_RESET_RESTART);
    world_run(&w, 20 * SECOND);
    assert_int_equal(heard(0, SCCP_UNREGISTER), 0);
    assert_int_equal(world_count(&w, PHONE_RESET), 0);
    w.tells = 0;
    user(USER_HANGS_UP);
    assert_true(world_until(&w, PHONE_RESET, 5 * SECOND));
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    assert_int_equal(heard(0, SCCP_UNREGISTER), 1);
    /* the connection falls in the call: what was to be reset comes back anyway */
    user(USER_LIFTS);
    from_callmanager(0, &dial_tone);
    number_from(0, SCCP_RESET, SCCP_RESET_RESET);
    down(0, DOWN_RESET);
    w.tells = 0;
    world_run(&w, 20 * SECOND);
    assert_true(phone_registered(&w.phone));
    assert_int_equal(world_count(&w, PHONE_RESET), 0);
    /* lifted, but no dial tone came: there is no call yet */
    registered(1);
    user(USER_LIFTS);
    number_from(0, SCCP_RESET, SCCP_RESET_RESTART);
    assert_int_equal(heard(0, SCCP_UNREGISTER), 1);
}

static void a_reset_goes_on_when_unregister_stays_unanswered_or_the_connection_falls(void **state)
{
    (void)state;
    registered(1);
    w.site.cm[0].way = CM_DEAF;
    number_from(0, SCCP_RESET, SCCP_RESET_RESET);
    usec asked = w.now;
    while (w.phone.doing == DOING_REGISTRATION) assert_true(world_next(&w, NEVER));
    assert_int_equal(w.now - asked, 2 * SECOND);
    registered(1);
    w.site.cm[0].way = CM_DEAF;
    number_from(0, SCCP_RESET, SCCP_RESET_RESET);
    down(0, DOWN_RESET);
    assert_int_equal(w.phone.doing, DOING_CLOSING);
    assert_true(w.opened == w.closed + 1); /* the one that fell needs no closing */
}

static void a_rejected_phone_shows_the_text_and_comes_back_after_31_seconds(void **state)
{
    (void)state;
    site("7960", "P0030801SR02", 2);
    w.site.cm[0].way = CM_REJECTS;
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REJECTED, 20 * SECOND));
    assert_text(world_facts(&w, PHONE_REJECTED), FACT_TEXT, "Device Unknown");
    usec rejected = w.now;
    assert_int_equal(phone_step_of(&w.phone), STEP_REGISTRATION);
    assert_int_equal(w.opened, w.closed);
    w.site.cm[0].way = CM_UP;
    assert_true(world_until(&w, PHONE_FILE_ASKED, 60 * SECOND));
    assert_about(w.now - rejected, 31 * SECOND, MSEC);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    assert_string_equal(w.site.cm[0].alarm, "Name=SEP020000000001 Load=P0030801SR02 Last=Phone-Reg-Rej");
}

/* ---- requests */
static void an_unanswered_request_is_repeated_twice_and_then_the_callmanager_is_lost(void **state)
{
    (void)state;
    site("7960", "P0030801SR02", 2);
    w.site.mute = SCCP_SOFT_KEY_SET_REQ;
    world_plug(&w);
    assert_true(world_until(&w, PHONE_CM_DOWN, 100 * SECOND));
    assert_text(world_facts(&w, PHONE_CM_DOWN), FACT_WHY, "a request of registration stays unanswered");
    assert_int_equal(heard(0, SCCP_SOFT_KEY_SET_REQ), 3);
    usec third = last_heard(0, SCCP_SOFT_KEY_SET_REQ);
    assert_int_equal(w.now - third, 10 * SECOND);
    assert_int_equal(world_count(&w, PHONE_REGISTERED), 0);
    w.site.mute = 0;
    assert_true(world_until(&w, PHONE_REGISTERED, 5 * SECOND));
    assert_int_equal(told_number(world_facts(&w, PHONE_REGISTERED), FACT_PRIORITY, 0), 2);
}

/* FreeSWITCH's mod_skinny and wazo-libsccp do not know it, and phones come up with them. */
static void a_server_list_that_is_not_answered_does_not_keep_a_phone_from_registering(void **state)
{
    (void)state;
    site("7960", "P0030801SR02", 1);
    w.site.mute = SCCP_SERVER_REQ;
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    assert_int_equal(heard(0, SCCP_SERVER_REQ), 1);
    assert_int_equal(world_count(&w, PHONE_CM_DOWN), 0);
    assert_about(last_heard(0, SCCP_REGISTER_AVAILABLE_LINES) - last_heard(0, SCCP_SERVER_REQ), 2 * SECOND, SECOND / 2);
}

/* wazo-libsccp counts a phone's buttons through: with one line, its first feature is 2, and it answers about no
 * other. */
static void buttons_are_asked_about_by_the_instance_that_the_template_gave_them(void **state)
{
    (void)state;
    site("7960", "P0030801SR02", 1);
    w.site.feature = 2;
    w.site.other_line = 4;
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    assert_int_equal(w.site.asked_feature, 2);
    assert_int_equal(heard(0, SCCP_FEATURE_STAT_REQ), 1);
    assert_int_equal(heard(0, SCCP_LINE_STAT_REQ), 2);
    assert_int_equal(w.site.asked_line, 4);
    assert_text(world_facts(&w, PHONE_REGISTERED), FACT_DIRECTORY_NUMBER, "1001");
}

static void an_unresolved_next_hop_is_unreachable_and_the_next_one_is_tried(void **state)
{
    (void)state;
    site("7960", "P0030801SR02", 2);
    world_plug(&w);
    assert_true(world_until(&w, PHONE_CONFIGURATION, 20 * SECOND));
    w.waiting = 0; /* the answer to its ARP request is lost, and all later ones */
    w.site.answers_arp = false;
    for (size_t i = 0; i < HOST_NEIGHBOURS; i++)
        if (w.phone.host.neighbour[i].address >= WORLD_CM(0)) w.phone.host.neighbour[i] = (struct host_neighbour){0};
    unsigned opened = w.opened;
    assert_true(world_until(&w, PHONE_CM_DOWN, 20 * SECOND));
    assert_text(world_facts(&w, PHONE_CM_DOWN), FACT_WHY, "unreachable");
    assert_int_equal(w.opened, opened); /* nothing was opened towards nobody */
    w.site.answers_arp = true;
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    assert_int_equal(told_number(world_facts(&w, PHONE_REGISTERED), FACT_PRIORITY, 0), 2);
}

static void garbage_is_told_once_a_second_and_ignored(void **state)
{
    static const uint8_t bad[] = {12, 0, 0, 0, 0, 0, 0, 0, 0x81, 0,
                                  0,  0, 1, 2, 3, 4, 5, 6, 7,    8}; /* a RegisterAck cut short */
    struct event e = {.kind = EVENT_DATA, .bytes = {bad, sizeof bad}};
    struct station before;

    (void)state;
    registered(2);
    world_run(&w, SECOND);
    before = w.phone.station;
    for (int i = 0; i < 100; i++) {
        e.stream = w.site.cm[i % 2].stream;
        world_event(&w, &e);
    }
    assert_int_equal(world_count(&w, PHONE_MALFORMED), 1);
    w.now += SECOND;
    world_event(&w, &e);
    assert_int_equal(world_count(&w, PHONE_MALFORMED), 2);
    assert_int_equal(told_number(world_facts(&w, PHONE_MALFORMED), FACT_COUNT, 0), 101);
    assert_true(w.phone.station.active == before.active && w.phone.station.keepalive == before.keepalive);
    e.stream = 4711; /* not a stream of ours */
    world_event(&w, &e);
    e.kind = EVENT_DOWN;
    world_event(&w, &e);
    number_from(0, 0x0999, 0); /* an id that nobody knows */
    number_from(0, SCCP_REGISTER_ACK, 0);
    number_from(1, SCCP_REGISTER_REJECT, 0); /* on the standby connection: not for us */
    number_from(1, SCCP_RESET, SCCP_RESET_RESET);
    number_from(1, SCCP_REGISTER_TOKEN_ACK, 0);
    assert_true(phone_registered(&w.phone));
    assert_int_equal(w.phone.station.active, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_7960_registers_with_protocol_11),
        cmocka_unit_test(a_7910_registers_with_protocol_5_and_asks_for_no_soft_keys),
        cmocka_unit_test(newer_phones_use_the_agreed_version_in_their_headers_after_register),
        cmocka_unit_test(an_ack_without_a_version_means_the_oldest_layouts),
        cmocka_unit_test(keepalives_come_at_the_intervals_of_register_ack),
        cmocka_unit_test(a_registered_phone_keeps_its_way_to_the_callmanager_for_hours),
        cmocka_unit_test(a_9_x_load_tells_in_xml_why_it_was_out_of_service),
        cmocka_unit_test(three_unanswered_keepalives_mean_gone),
        cmocka_unit_test(a_keepalive_of_0_from_a_server_does_not_spin),
        cmocka_unit_test(it_falls_back_from_the_first_to_the_second_to_the_third),
        cmocka_unit_test(a_standby_that_was_down_is_tried_again_when_the_active_one_falls),
        cmocka_unit_test(dead_callmanagers_are_passed_over_at_boot),
        cmocka_unit_test(when_all_refuse_it_asks_for_its_configuration_again_after_10_20_40_and_60_seconds),
        cmocka_unit_test(it_goes_back_to_the_first_by_token_once_that_has_held_for_the_connection_monitor),
        cmocka_unit_test(the_monitor_begins_anew_when_the_higher_one_was_away_in_between),
        cmocka_unit_test(a_refused_token_is_asked_again_after_the_wait_that_was_told),
        cmocka_unit_test(nobody_fails_back_in_the_middle_of_a_call),
        cmocka_unit_test(a_token_that_stays_unanswered_counts_as_refused),
        cmocka_unit_test(reset_unregisters_first_and_then_boots),
        cmocka_unit_test(restart_unregisters_first_and_only_asks_for_its_files_again),
        cmocka_unit_test(a_reset_waits_for_the_end_of_the_call),
        cmocka_unit_test(a_reset_goes_on_when_unregister_stays_unanswered_or_the_connection_falls),
        cmocka_unit_test(a_rejected_phone_shows_the_text_and_comes_back_after_31_seconds),
        cmocka_unit_test(an_unanswered_request_is_repeated_twice_and_then_the_callmanager_is_lost),
        cmocka_unit_test(a_server_list_that_is_not_answered_does_not_keep_a_phone_from_registering),
        cmocka_unit_test(buttons_are_asked_about_by_the_instance_that_the_template_gave_them),
        cmocka_unit_test(an_unresolved_next_hop_is_unreachable_and_the_next_one_is_tried),
        cmocka_unit_test(garbage_is_told_once_a_second_and_ignored),
    };

    return cmocka_run_group_tests_name("phone/station", tests, NULL, NULL);
}
