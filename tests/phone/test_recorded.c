/* Recorded CallManagers (tests/vectors: 2.x, 4.x and a newer one in sccp-messages.json, a 3.1 in a file of its own)
 * play the server of our phone: each request is answered with what that CallManager answered when it was recorded, byte
 * for byte. What it was never asked in its recording, ours answers; each test says which that are. */
#include "phone/world.h"
#include <jansson.h>
#include <stdlib.h>

static struct world w;
static struct {
    json_t *file; /* sccp-messages.json */
    struct {
        uint8_t bytes[SCCP_MOST];
        size_t len;
        uint32_t id, index;
    } said[64]; /* by the CallManager, in the order of its recording */
    size_t count;
    unsigned replayed, ours;
    uint32_t ours_id[64];
    uint8_t protocol;   /* that its RegisterAck agreed on */
    unsigned heard;     /* of what the phone said, so far */
    unsigned asked[64]; /* how often, by id, so that a request for the nth line is known */
} cm;

static size_t from_hex(uint8_t *to, size_t size, const char *hex)
{
    size_t n = 0;

    for (; hex[0] && hex[1] && n < size; hex += 2) {
        char two[3] = {hex[0], hex[1], 0};
        to[n++] = (uint8_t)strtoul(two, NULL, 16);
    }
    return n;
}

/* Which line or speed dial an answer is about; 0: it has none. */
static uint32_t index_of(const struct sccp_message *m)
{
    switch (m->id) {
    case SCCP_LINE_STAT: return m->line.line;
    case SCCP_SPEED_DIAL_STAT: return m->speed_dial.index;
    case SCCP_FEATURE_STAT: return m->feature.index;
    default: return 0;
    }
}

static void remember(const uint8_t *bytes, size_t n)
{
    struct sccp_message m;
    struct fault why;

    assert_true(cm.count < ARRAY_LENGTH(cm.said));
    memcpy(cm.said[cm.count].bytes, bytes, n);
    cm.said[cm.count].len = n;
    assert_true(sccp_message_decode(&m, (struct bytes){bytes, n}, 0, &why));
    cm.said[cm.count].id = m.id;
    cm.said[cm.count++].index = index_of(&m);
}

/* The messages of a group of sccp-messages.json that came from the CallManager before `until` seconds. */
static void recording(const char *group, double until)
{
    size_t i;
    json_t *message;

    memset(&cm.said, 0, sizeof cm.said);
    cm.count = 0;
    cm.replayed = cm.ours = cm.heard = 0;
    cm.protocol = 0;
    memset(cm.asked, 0, sizeof cm.asked);
    json_array_foreach (json_object_get(cm.file, "messages"), i, message) {
        uint8_t bytes[SCCP_MOST];
        if (strcmp(json_string_value(json_object_get(message, "group")), group) != 0 ||
            strcmp(json_string_value(json_object_get(message, "direction")), "cm->phone") != 0 ||
            json_number_value(json_object_get(message, "t")) >= until)
            continue;
        remember(bytes, from_hex(bytes, sizeof bytes, json_string_value(json_object_get(message, "hex"))));
    }
}

/* Each frame of this file lacks its last 4 bytes, of which its length still counts: zeros stand in for them. */
static void recording_of_3_1(void)
{
    json_error_t error;
    json_t *file = json_load_file(VECTORS "/sccp-callmanager-3.1-registration.json", 0, &error), *frame;
    const char *name;

    recording("", 0);
    assert_non_null(file);
    json_object_foreach (json_object_get(file, "frames"), name, frame) {
        uint8_t bytes[SCCP_MOST] = {0};
        size_t n = from_hex(bytes, sizeof bytes, json_string_value(frame));
        remember(bytes, n + 4);
    }
    json_decref(file);
}

static void deliver(const uint8_t *bytes, size_t n)
{
    struct event e = {.kind = EVENT_DATA, .stream = w.site.cm[0].stream, .bytes = {bytes, n}};

    assert_int_not_equal(e.stream, 0);
    world_event(&w, &e);
}

static bool replay(uint32_t id, uint32_t index)
{
    for (size_t i = 0; i < cm.count; i++)
        if (cm.said[i].id == id && (index == 0 || cm.said[i].index == index)) {
            cm.replayed++;
            deliver(cm.said[i].bytes, cm.said[i].len);
            return true;
        }
    return false;
}

/* What the recording does not have. */
static void answer_ourselves(uint32_t id, uint32_t index)
{
    uint8_t room[SCCP_MOST];
    struct writer to = writer(room, sizeof room);
    static struct sccp_message m;

    memset(&m, 0, sizeof m);
    m.id = id;
    if (id == SCCP_REGISTER_ACK)
        m.ack = (struct sccp_register_ack){30, 60, bytes_of("M/D/Y"), 3, {0, 0, 0}};
    else if (id == SCCP_VERSION)
        m.text = bytes_of(w.site.version);
    else if (id == SCCP_LINE_STAT || id == SCCP_LINE_STAT_DYNAMIC)
        m.line = (struct sccp_line_stat){.line = index, .number = bytes_of("1001")};
    else if (id == SCCP_SPEED_DIAL_STAT)
        m.speed_dial.index = index;
    else if (id == SCCP_BUTTON_TEMPLATE_RES)
        m.buttons = (struct sccp_button_template){.count = 1, .total = 1, .button = {{1, BUTTON_LINE}}};
    else if (id == SCCP_DEFINE_TIME_DATE)
        m.time = (struct sccp_time){.year = 2026, .month = 1, .day = 1, .unix_time = 1767225600};
    cm.ours_id[cm.ours++] = id;
    sccp_message_encode(&to, &m, cm.protocol);
    deliver(room, to.len);
}

static void give(uint32_t id, uint32_t index)
{
    if (!replay(id, index)) answer_ourselves(id, index);
}

static void answer(uint32_t id)
{
    uint32_t nth = id < ARRAY_LENGTH(cm.asked) ? ++cm.asked[id] : 0;

    switch (id) {
    case SCCP_REGISTER:
        give(SCCP_REGISTER_ACK, 0);
        cm.protocol = w.phone.station.protocol;
        give(SCCP_CAPABILITIES_REQ, 0);
        break;
    case SCCP_VERSION_REQ: give(SCCP_VERSION, 0); break;
    case SCCP_BUTTON_TEMPLATE_REQ: give(SCCP_BUTTON_TEMPLATE_RES, 0); break;
    case SCCP_SOFT_KEY_TEMPLATE_REQ: give(SCCP_SOFT_KEY_TEMPLATE_RES, 0); break;
    case SCCP_SOFT_KEY_SET_REQ:
        give(SCCP_SOFT_KEY_SET_RES, 0);
        (void)replay(SCCP_SELECT_SOFT_KEYS, 0);
        (void)replay(SCCP_DISPLAY_PROMPT_STATUS, 0);
        break;
    case SCCP_LINE_STAT_REQ: give(cm.protocol >= 17 ? SCCP_LINE_STAT_DYNAMIC : SCCP_LINE_STAT, nth); break;
    case SCCP_SPEED_DIAL_STAT_REQ: give(SCCP_SPEED_DIAL_STAT, nth); break;
    case SCCP_SERVER_REQ: give(SCCP_SERVER_RES, 0); break;
    case SCCP_TIME_DATE_REQ:
        give(SCCP_DEFINE_TIME_DATE, 0);
        (void)replay(SCCP_DISPLAY_PROMPT_STATUS, 0);
        break;
    case SCCP_KEEP_ALIVE: (void)replay(SCCP_KEEP_ALIVE_ACK, 0); break; /* CallManager 2.x sent none */
    default: break;
    }
}

/* Runs until the phone is told `news`, and answers what it asks. */
static bool run(uint16_t news, usec within)
{
    usec until = w.now + within;
    unsigned before = world_count(&w, news);

    while (world_count(&w, news) == before) {
        if (!world_next(&w, until)) return false;
        while (cm.heard < w.site.cm[0].count) answer(w.site.cm[0].heard[cm.heard++]);
    }
    return true;
}

static void boot(const char *model, const char *load, const char *file)
{
    world_init(&w, model, load, "");
    world_document(&w, file, load, 1);
    text_copy(w.site.version, sizeof w.site.version, bytes_of(load));
    w.site.cm[0].way = CM_DEAF; /* it takes the connection; what it says comes from here */
    world_plug(&w);
    assert_true(run(PHONE_REGISTERED, 60 * SECOND));
    assert_true(station_registered(&w.phone.station));
    assert_int_equal(w.phone.station.malformed, 0);
}

/* What ours answered, in order; one id for several of a kind in a row. */
static void ours_were(const uint32_t *ids, size_t n)
{
    size_t k = 0;

    for (size_t i = 0; i < cm.ours; i++) {
        if (i > 0 && cm.ours_id[i] == cm.ours_id[i - 1]) continue;
        assert_true(k < n);
        if (cm.ours_id[i] != ids[k]) fail_msg("%s, not %s", sccp_name(cm.ours_id[i]), sccp_name(ids[k]));
        k++;
    }
    assert_int_equal(k, n);
}

static void it_registers_with_callmanager_2(void **state)
{
    /* Its template has 4 lines and 10 speed dials; the recorded phone asked for the first line alone. */
    static const uint32_t ours[] = {SCCP_VERSION, SCCP_LINE_STAT, SCCP_SPEED_DIAL_STAT, SCCP_SERVER_RES};

    (void)state;
    recording("cm2", 60);
    boot("7910", "P00405000700", "SEP020000000001.cnf");
    ours_were(ours, ARRAY_LENGTH(ours));
    assert_int_equal(cm.replayed, 5);
    assert_int_equal(w.phone.station.protocol, 3); /* its RegisterAck of 12 bytes names none: the oldest */
    assert_true(w.phone.station.keepalive > 0);
    assert_true(bytes_are(bytes_of(w.phone.station.number), "1091"));
}

static void it_registers_with_callmanager_3_1(void **state)
{
    static const uint32_t ours[] = {SCCP_REGISTER_ACK, SCCP_CAPABILITIES_REQ, SCCP_VERSION,   SCCP_SOFT_KEY_SET_RES,
                                    SCCP_LINE_STAT,    SCCP_SPEED_DIAL_STAT,  SCCP_SERVER_RES};

    (void)state;
    recording_of_3_1();
    boot("7960", "P0030801SR02", "SEP020000000001.cnf.xml");
    ours_were(ours, ARRAY_LENGTH(ours));
    assert_int_equal(cm.replayed, 7);
    assert_int_equal(w.phone.station.protocol, 3);
    assert_string_equal(w.phone.station.number, "1003");
}

static void it_registers_with_callmanager_4_and_keeps_its_calls(void **state)
{
    static const uint32_t ours[] = {SCCP_VERSION, SCCP_SERVER_RES};

    (void)state;
    recording("cm4-7912-register", 65);
    boot("7960", "P0030801SR02", "SEP020000000001.cnf.xml");
    ours_were(ours, ARRAY_LENGTH(ours));
    assert_int_equal(w.phone.station.protocol, 6);
    assert_string_equal(w.phone.station.number, "1012");
    assert_int_equal(cm.replayed, 14);
    /* Its keepalives are acknowledged as recorded: it stays. Then a call comes, is answered and ended, which it shows
     * nobody; it neither loses its registration nor takes a message for malformed. */
    (void)run(PHONE_SERVICE_LOST, 200 * SECOND);
    assert_true(station_registered(&w.phone.station));
    recording("cm4-7912-incoming-call", 1e9);
    assert_true(cm.count > 20);
    for (size_t i = 0; i < cm.count; i++)
        if (cm.said[i].id != SCCP_REGISTER_ACK) deliver(cm.said[i].bytes, cm.said[i].len);
    assert_true(station_registered(&w.phone.station));
    assert_int_equal(w.phone.station.malformed, 0);
}

/* The messages of the recording from `from` to `to`, from 0 up. */
static void deliver_all(size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) deliver(cm.said[i].bytes, cm.said[i].len);
}

static size_t first_of(uint32_t id, size_t from)
{
    while (from < cm.count && cm.said[from].id != id) from++;
    assert_true(from < cm.count);
    return from;
}

static struct sccp_message last_said; /* by the phone, of a call */
static void keep(struct world *world, unsigned i, const struct sccp_message *m)
{
    (void)world;
    (void)i;
    last_said = *m;
}

static void user(enum user_does does)
{
    uint8_t b[8];
    struct writer x = writer(b, sizeof b);

    user_encode(&x, &(struct user){.does = does});
    world_event(&w, &(struct event){.kind = EVENT_USER, .bytes = written(&x)});
}

/* As a 7912 was called in that recording by 1003, answered, talked and hung up. */
static void a_call_of_callmanager_4_rings_is_answered_talks_and_ends(void **state)
{
    (void)state;
    recording("cm4-7912-register", 65);
    boot("7912", load_built_in(model_find(bytes_of("7912")), false), "SEP020000000001.cnf.xml");
    recording("cm4-7912-incoming-call", 1e9);
    w.site.cm[0].way = CM_UP;
    w.sccp = keep;
    w.tells = 0;
    size_t rings = first_of(SCCP_CALL_STATE, 0),
           answered = first_of(SCCP_SET_RINGER, first_of(SCCP_SET_RINGER, rings) + 1),
           starts = first_of(SCCP_START_MEDIA_TRANSMISSION, answered);
    deliver_all(rings, answered);
    assert_int_equal(world_count(&w, PHONE_RINGS), 1);
    assert_text(world_facts(&w, PHONE_RINGS), FACT_CALLING, "1003");
    user(USER_LIFTS);
    assert_true(last_said.id == SCCP_OFF_HOOK && last_said.call.of.call == 0x0100001f);
    deliver_all(answered, starts);
    assert_int_equal(world_count(&w, PHONE_CONNECTED), 1);
    assert_true(last_said.id == SCCP_OPEN_RECEIVE_CHANNEL_ACK && last_said.call.receiving.status == 0);
    assert_int_equal(last_said.call.receiving.party, 0x01000101); /* as the recorded phone's */
    deliver_all(starts, starts + 1);
    world_run(&w, SECOND);
    assert_in_range(w.voice.count, 48, 51);
    assert_true(w.voice.packet.to == IPV4(10, 102, 219, 27) && w.voice.udp.to == 0xeb1a && w.voice.len == 172);
    user(USER_HANGS_UP);
    assert_int_equal(last_said.id, SCCP_ON_HOOK);
    deliver_all(starts + 1, cm.count);
    assert_text(world_facts(&w, PHONE_ON_HOOK), FACT_WHY, "hung up");
    assert_true(w.phone.call.stage == STAGE_IDLE && w.phone.station.malformed == 0);
}

static void it_registers_with_a_newer_callmanager(void **state)
{
    static const uint32_t ours[] = {SCCP_BUTTON_TEMPLATE_RES, SCCP_SOFT_KEY_TEMPLATE_RES,
                                    SCCP_SOFT_KEY_SET_RES,    SCCP_LINE_STAT_DYNAMIC,
                                    SCCP_SERVER_RES,          SCCP_DEFINE_TIME_DATE};

    (void)state;
    recording("hw-conference-bridge", 1e9); /* a bridge has no keys */
    boot("7970", "SCCP70.9-4-2SR3-1S", "SEP020000000001.cnf.xml");
    ours_were(ours, ARRAY_LENGTH(ours));
    assert_int_equal(w.phone.station.protocol, 18);
    assert_int_equal(cm.replayed, 3);
}

static int load(void **state)
{
    json_error_t error;

    (void)state;
    cm.file = json_load_file(VECTORS "/sccp-messages.json", 0, &error);
    return cm.file ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    json_decref(cm.file);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_registers_with_callmanager_2),
        cmocka_unit_test(it_registers_with_callmanager_3_1),
        cmocka_unit_test(it_registers_with_callmanager_4_and_keeps_its_calls),
        cmocka_unit_test(a_call_of_callmanager_4_rings_is_answered_talks_and_ends),
        cmocka_unit_test(it_registers_with_a_newer_callmanager),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
