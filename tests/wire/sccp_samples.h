/* One of every SCCP message that has an id of its own in wire/sccp.h, each field with a value that no other field of
 * the message has, so that two fields that changed places are seen. */
#ifndef TESTS_WIRE_SCCP_SAMPLES_H
#define TESTS_WIRE_SCCP_SAMPLES_H
#include <string.h>
#include "wire/sccp_register.h"

enum { SAMPLES = 64 };

static inline struct sccp_message *sample(struct sccp_message *to, size_t *n, uint32_t id)
{
    struct sccp_message *m = &to[(*n)++];

    memset(m, 0, sizeof *m);
    m->id = id;
    m->known = true;
    return m;
}

static inline void sample_registers(struct sccp_message *to, size_t *n)
{
    static const uint16_t lengths[] = {124, 64, 52};

    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        struct sccp_register *r = &sample(to, n, SCCP_REGISTER)->reg;
        *r = (struct sccp_register){
            .name = bytes_of("SEP0011223344AA"),
            .user = 3,
            .instance = 1,
            .address = IPV4(10, 1, 2, 3),
            .device_type = 115,
            .max_streams = 5,
            .active_streams = 2,
            .protocol = 20,
            .features = {0x00, 0x72, 0x85},
            .max_conferences = 6,
            .active_conferences = 7,
            .mac = lengths[i] >= 64 ? (struct mac){{0x00, 0x11, 0x22, 0x33, 0x44, 0xaa}} : (struct mac){{0}},
            .length = lengths[i],
        };
        if (lengths[i] < 124) continue;
        r->address_scope = 1;
        r->max_lines = 8;
        r->load = bytes_of("SCCP41.9-4-2SR3-1S");
    }
}

static inline void sample_tables(struct sccp_message *to, size_t *n)
{
    static const uint8_t button_places[] = {42, 56};

    for (size_t i = 0; i < ARRAY_LENGTH(button_places); i++) {
        struct sccp_button_template *b = &sample(to, n, SCCP_BUTTON_TEMPLATE_RES)->buttons;
        b->buttons = button_places[i];
        b->offset = 0;
        b->count = b->total = button_places[i] == 42 ? 6 : 50;
        for (size_t k = 0; k < SCCP_BUTTONS; k++) {
            bool used = k < b->count;
            b->button[k].instance = used ? (uint8_t)(k + 1) : 0;
            b->button[k].definition = !used ? BUTTON_NONE : k < 2 ? BUTTON_LINE : BUTTON_SPEED_DIAL;
        }
    }
    struct sccp_soft_key_template *t = &sample(to, n, SCCP_SOFT_KEY_TEMPLATE_RES)->soft_keys;
    t->count = t->total = 20;
    for (uint8_t k = 0; k < 19; k++) t->key[k] = (struct sccp_soft_key){.label = (uint8_t)(k + 1), .event = k + 1U};
    t->key[19] = (struct sccp_soft_key){.text = bytes_of("Emergency"), .event = 33};

    struct sccp_soft_key_set *s = &sample(to, n, SCCP_SOFT_KEY_SET_RES)->key_sets;
    s->count = s->total = 12;
    for (uint8_t i = 0; i < 12; i++)
        for (uint8_t k = 0; k < 16; k++) {
            s->set[i].position[k] = (uint8_t)(i + k + 1);
            s->set[i].info[k] = (uint16_t)(300 + i + k + 1);
        }

    struct sccp_capabilities *c = &sample(to, n, SCCP_CAPABILITIES_RES)->capabilities;
    c->count = 3;
    c->codec[0] = (struct sccp_codec){4, 40};
    c->codec[1] = (struct sccp_codec){2, 41};
    c->codec[2] = (struct sccp_codec){11, 60};
}

static inline void sample_status(struct sccp_message *to, size_t *n, uint8_t version)
{
    sample(to, n, SCCP_SELECT_SOFT_KEYS)->keys = (struct sccp_keys){1, 16777242, 4, 0xfffffdff};
    sample(to, n, SCCP_FEATURE_STAT_REQ)->feature_req.index = 7;
    to[*n - 1].feature_req.capabilities = 1;
    sample(to, n, SCCP_FORWARD_STAT)->forward = (struct sccp_forward){
        .active = 1,
        .line = 2,
        .all = {1, version >= 18 ? bytes_of("1234567890123456789012345") : bytes_of("123456789012345678901234")},
        .busy = {0, bytes_of("1002")},
        .no_answer = {3, bytes_of("1003")}};
    sample(to, n, SCCP_DEFINE_TIME_DATE)->time = (struct sccp_time){2026, 6, 3, 4, 19, 10, 18, 500, 1780513818};
    static const uint32_t lines[] = {SCCP_LINE_STAT, SCCP_LINE_STAT_DYNAMIC};
    static const uint32_t dials[] = {SCCP_SPEED_DIAL_STAT, SCCP_SPEED_DIAL_STAT_DYNAMIC};
    static const uint32_t features[] = {SCCP_FEATURE_STAT, SCCP_FEATURE_STAT_DYNAMIC};
    static const uint32_t services[] = {SCCP_SERVICE_URL_STAT, SCCP_SERVICE_URL_STAT_DYNAMIC};
    for (size_t i = 0; i < 2; i++) {
        sample(to, n, lines[i])->line = (struct sccp_line_stat){.line = 1,
                                                                .number = bytes_of("1012"),
                                                                .name = bytes_of("Ada Lovelace"),
                                                                .label = bytes_of("Ada 1012"),
                                                                .options = 15};
        sample(to, n, dials[i])->speed_dial =
            (struct sccp_speed_dial){.index = 2, .number = bytes_of("90031"), .name = bytes_of("Charles")};
        sample(to, n, features[i])->feature =
            (struct sccp_feature){.index = 4, .definition = 0x15, .status = 2, .label = bytes_of("Gate")};
        sample(to, n, services[i])->service = (struct sccp_service){
            .index = 5, .url = bytes_of("http://10.1.0.1/menu.xml?page=1"), .label = bytes_of("Menu")};
    }
}

static inline void sample_texts(struct sccp_message *to, size_t *n)
{
    static const uint32_t prompts[] = {SCCP_DISPLAY_PROMPT_STATUS, SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS};
    static const uint32_t notifies[] = {SCCP_DISPLAY_NOTIFY, SCCP_DISPLAY_DYNAMIC_NOTIFY};

    for (size_t i = 0; i < 2; i++) {
        sample(to, n, prompts[i])->prompt = (struct sccp_prompt){.timeout = 10, .line = 1, .call = 42, .label = 0x13};
        sample(to, n, prompts[i])->prompt =
            (struct sccp_prompt){.timeout = 11, .line = 2, .call = 43, .label = 0x17, .text = bytes_of("1003")};
        sample(to, n, prompts[i])->prompt =
            (struct sccp_prompt){.timeout = 12, .line = 3, .call = 44, .text = bytes_of("Welcome")};
        sample(to, n, notifies[i])->prompt = (struct sccp_prompt){.timeout = 13, .text = bytes_of("Rebooting soon")};
    }
    sample(to, n, SCCP_REGISTER_REJECT)->text = bytes_of("Error: DBConfig");
    sample(to, n, SCCP_VERSION)->text = bytes_of("P00308010200");
    sample(to, n, SCCP_XML_ALARM)->text = bytes_of(
        "<x-cisco-alarm><Alarm Name=\"LastOutOfServiceInformation\"><ParameterList>"
        "<String name=\"DeviceName\">SEP0011223344AA</String><String name=\"UnifiedCMIPAddress\">10.1.0.1</String>"
        "<Enum name=\"ReasonForOutOfService\">14</Enum></ParameterList></Alarm></x-cisco-alarm>");
    sample(to, n, SCCP_ALARM)->alarm =
        (struct sccp_alarm){.severity = ALARM_INFORMATIONAL,
                            .text = bytes_of("Name=SEP0011223344AA Load=P00308010200 Last=Initialized"),
                            .parameter1 = 0x00010800,
                            .parameter2 = IPV4(10, 1, 2, 3)};
}

static inline size_t samples(struct sccp_message to[SAMPLES], uint8_t version)
{
    static const uint32_t empty[] = {SCCP_KEEP_ALIVE,         SCCP_KEEP_ALIVE_ACK,       SCCP_CONFIG_STAT_REQ,
                                     SCCP_TIME_DATE_REQ,      SCCP_VERSION_REQ,          SCCP_SERVER_REQ,
                                     SCCP_SOFT_KEY_SET_REQ,   SCCP_BUTTON_TEMPLATE_REQ,  SCCP_CAPABILITIES_REQ,
                                     SCCP_REGISTER_TOKEN_ACK, SCCP_SOFT_KEY_TEMPLATE_REQ};
    static const uint32_t numbers[] = {SCCP_IP_PORT,
                                       SCCP_HEADSET_STATUS,
                                       SCCP_REGISTER_AVAILABLE_LINES,
                                       SCCP_LINE_STAT_REQ,
                                       SCCP_SPEED_DIAL_STAT_REQ,
                                       SCCP_FORWARD_STAT_REQ,
                                       SCCP_SERVICE_URL_STAT_REQ,
                                       SCCP_UNREGISTER,
                                       SCCP_UNREGISTER_ACK,
                                       SCCP_RESET,
                                       SCCP_REGISTER_TOKEN_REJECT};
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(empty); i++) (void)sample(to, &n, empty[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) sample(to, &n, numbers[i])->number = 1;
    sample_registers(to, &n);
    sample(to, &n, SCCP_REGISTER_ACK)->ack = (struct sccp_register_ack){.keepalive = 30,
                                                                        .date_template = bytes_of("D.M.YA"),
                                                                        .standby_keepalive = 60,
                                                                        .protocol = version,
                                                                        .features = {0x20, 0xf1, 0xfe}};
    sample_tables(to, &n);
    sample_status(to, &n, version);
    sample_texts(to, &n);
    struct sccp_servers *s = &sample(to, &n, SCCP_SERVER_RES)->servers;
    s->server[0].name = bytes_of("callmanager-a");
    s->server[0].port = 2000;
    s->server[0].address = IPV4(10, 1, 0, 1);
    s->server[1].name = bytes_of("callmanager-b");
    s->server[1].port = 2001;
    s->server[1].address = IPV4(10, 1, 0, 2);
    sample(to, &n, SCCP_CONFIG_STAT)->config = (struct sccp_config){.name = bytes_of("SEP0011223344AA"),
                                                                    .user = 4,
                                                                    .instance = 1,
                                                                    .user_name = bytes_of("ada"),
                                                                    .server_name = bytes_of("callmanager-a"),
                                                                    .lines = 2,
                                                                    .speed_dials = 3};
    sample(to, &n, SCCP_REGISTER_TOKEN_REQ)->token = (struct sccp_token){.name = bytes_of("SEP0011223344AA"),
                                                                         .user = 5,
                                                                         .instance = 1,
                                                                         .address = IPV4(10, 1, 2, 3),
                                                                         .device_type = 115};
    return n;
}
#endif
