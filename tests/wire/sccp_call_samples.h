/* One of every message of wire/sccp_call.h that has a layout, each field with a value that no other field of it has,
 * for a protocol version: what that version does not carry is 0. */
#ifndef TESTS_WIRE_SCCP_CALL_SAMPLES_H
#define TESTS_WIRE_SCCP_CALL_SAMPLES_H
#include "sccp_samples.h"

enum { CALL_SAMPLES = 96 };

#define NUMBER_24 "123456789012345678901234"
#define NUMBER_25 "1234567890123456789012345"

static inline struct bytes longest_number(uint8_t version)
{
    return bytes_of(version >= 18 ? NUMBER_25 : NUMBER_24);
}

static inline struct sccp_transport transport(uint8_t version, bool ipv6)
{
    struct sccp_transport t = {.address = IPV4(10, 1, 2, 3), .port = 16384};
    static const uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

    if (version < 17 || !ipv6) return t;
    t.type = 1;
    t.address = 0;
    memcpy(t.ipv6, address, sizeof address);
    return t;
}

static inline void sample_presses(struct sccp_message *to, size_t *n, uint8_t version)
{
    static const uint32_t hooks[] = {SCCP_OFF_HOOK, SCCP_ON_HOOK, SCCP_HOOK_FLASH, SCCP_CLEAR_PROMPT_STATUS,
                                     SCCP_BACK_SPACE_RES};

    sample(to, n, SCCP_KEYPAD_BUTTON)->call.pressed = (struct sccp_pressed){15, 1, 16777242};
    sample(to, n, SCCP_SOFT_KEY_EVENT)->call.pressed = (struct sccp_pressed){9, 2, 16777243};
    sample(to, n, SCCP_ENBLOC_CALL)->call.enbloc = (struct sccp_enbloc){longest_number(version), version >= 17 ? 3 : 0};
    sample(to, n, SCCP_ENBLOC_CALL)->call.enbloc = (struct sccp_enbloc){bytes_of("98011"), 0};
    sample(to, n, SCCP_STIMULUS)->call.stimulus = (struct sccp_stimulus){9, 1, 16777244, 2};
    for (size_t i = 0; i < ARRAY_LENGTH(hooks); i++)
        sample(to, n, hooks[i])->call.of = (struct sccp_line_call){2, 16777245};
    sample(to, n, SCCP_OFF_HOOK_WITH_CALLING_PARTY)->call.calling =
        (struct sccp_calling_number){longest_number(version), bytes_of("8500"), 4};
    sample(to, n, SCCP_MEDIA_PATH_EVENT)->call.path = (struct sccp_media_path){3, 1};
    sample(to, n, SCCP_MEDIA_PATH_CAPABILITY)->call.path = (struct sccp_media_path){2, 1};
}

static inline void sample_shown(struct sccp_message *to, size_t *n, uint8_t version)
{
    static const uint32_t notices[] = {SCCP_DISPLAY_PRI_NOTIFY, SCCP_DISPLAY_DYNAMIC_PRI_NOTIFY};
    static const uint32_t numbers[] = {SCCP_SET_SPEAKER_MODE, SCCP_SET_MICRO_MODE, SCCP_ACTIVATE_CALL_PLANE,
                                       SCCP_CLEAR_PRI_NOTIFY, SCCP_SPCP_TOKEN_ACK, SCCP_SPCP_TOKEN_REJECT};
    static const uint32_t empty[] = {SCCP_SET_HOOK_FLASH_DETECT, SCCP_CLEAR_DISPLAY, SCCP_CLEAR_NOTIFY,
                                     SCCP_DEACTIVATE_CALL_PLANE, SCCP_CALL_COUNT_REQ};

    for (size_t i = 0; i < ARRAY_LENGTH(empty); i++) (void)sample(to, n, empty[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) sample(to, n, numbers[i])->number = 2;
    sample(to, n, SCCP_SET_RINGER)->call.ring = (struct sccp_ring){RINGER_OUTSIDE, 1, 4, 16777246};
    sample(to, n, SCCP_SET_LAMP)->call.lamp = (struct sccp_lamp_mode){9, 2, LAMP_BLINK};
    sample(to, n, SCCP_START_TONE)->call.tone = (struct sccp_tone_of){TONE_ALERTING, 2, 1, 16777247};
    sample(to, n, SCCP_STOP_TONE)->call.tone =
        (struct sccp_tone_of){.tone = version >= 11 ? TONE_BUSY : 0, .line = 1, .call = 16777248};
    sample(to, n, SCCP_DISPLAY_TEXT)->text = bytes_of("32 letters are all that it takes");
    for (size_t i = 0; i < ARRAY_LENGTH(notices); i++) {
        sample(to, n, notices[i])->call.notice =
            (struct sccp_notice){.timeout = 10, .priority = 5, .label = 0x17, .text = bytes_of("1003")};
        sample(to, n, notices[i])->call.notice =
            (struct sccp_notice){.timeout = 11, .priority = 6, .text = bytes_of("Maintenance at 6")};
    }
}

static inline struct sccp_party party(const char *name, const char *number, const char *mailbox)
{
    return (struct sccp_party){bytes_of(name), bytes_of(number), bytes_of(mailbox)};
}

static inline void sample_info(struct sccp_message *to, size_t *n, uint8_t version)
{
    struct sccp_info i = {.calling = party("Ada Lovelace", "1012", "8012"),
                          .called = party("Charles Babbage", "1003", "8003"),
                          .original = party("Mary Somerville", "1004", "8004"),
                          .redirecting = party("Augustus De Morgan", "1005", "8005"),
                          .line = 3,
                          .call = 16777249,
                          .type = 2,
                          .original_reason = 4,
                          .redirecting_reason = 5,
                          .instance = 6,
                          .security = 1,
                          .restriction = 0xa5};

    sample(to, n, SCCP_CALL_INFO)->call.info = i;
    if (version >= 16) {
        i.alternate_calling = bytes_of("+441012");
        i.hunt_pilot = bytes_of("1099");
        i.hunt_pilot_name = bytes_of("Analytical Society");
    }
    sample(to, n, SCCP_CALL_INFO_DYNAMIC)->call.info = i;
}

static inline void sample_calls(struct sccp_message *to, size_t *n, uint8_t version)
{
    sample(to, n, SCCP_CALL_STATE)->call.state = (struct sccp_state){CALL_CONNECTED, 2, 16777250, 1, 4, 3};
    sample(to, n, SCCP_DIALED_NUMBER)->call.dialed = (struct sccp_dialed){longest_number(version), 2, 16777251};
    sample(to, n, SCCP_CALL_HISTORY_DISPOSITION)->call.history = (struct sccp_history){3, 1, 16777252};
    sample(to, n, SCCP_CALL_SELECT_STAT)->call.select = (struct sccp_select){1, 16777253, 2};
    sample(to, n, SCCP_RECORDING_STATUS)->call.recording = (struct sccp_recording){16777254, 1};
    struct sccp_counts *c = &sample(to, n, SCCP_CALL_COUNT_RES)->call.counts;
    *c = (struct sccp_counts){.lines = 2, .first = 1, .count = 3, .line = {{4, 2}, {5, 3}, {6, 7}}};
    sample(to, n, SCCP_MWI_NOTIFICATION)->call.waiting =
        (struct sccp_waiting){bytes_of(NUMBER_25), bytes_of("8500"), 1, {{2, 3}, {4, 5}, {6, 7}, {8, 9}}};
    sample(to, n, SCCP_SUBSCRIPTION_STAT_REQ)->call.subscription =
        (struct sccp_subscription){.transaction = 7, .feature = 1, .timer = 3403, .text = bytes_of("4000")};
    sample(to, n, SCCP_SUBSCRIPTION_STAT)->call.subscription =
        (struct sccp_subscription){.transaction = 8, .feature = 1, .timer = 3404, .status = 2};
    sample(to, n, SCCP_NOTIFICATION)->call.subscription =
        (struct sccp_subscription){.transaction = 9, .feature = 1, .status = 3, .text = bytes_of("In use")};
    sample(to, n, SCCP_EXTENSION_DEVICE_CAPS)->call.extension =
        (struct sccp_extension){1, 3, 2, bytes_of("max-chained=2 deviceLine=24")};
    sample(to, n, SCCP_LOCATION_INFO)->text = bytes_of("<locationInfo><ap>0200c0ffee00</ap></locationInfo>");
    sample(to, n, SCCP_SPCP_TOKEN_REQ)->call.spcp_token =
        (struct sccp_spcp_token){bytes_of("SEP0011223344AA"), 6, 16777216, IPV4(10, 1, 2, 3), 80009, 5};
}

static inline void sample_user_data(struct sccp_message *to, size_t *n)
{
    static const uint32_t plain[] = {SCCP_DEVICE_TO_USER_DATA, SCCP_DEVICE_TO_USER_DATA_RESPONSE,
                                     SCCP_USER_TO_DEVICE_DATA};
    static const uint32_t v1[] = {SCCP_DEVICE_TO_USER_DATA_V1, SCCP_DEVICE_TO_USER_DATA_RESPONSE_V1,
                                  SCCP_USER_TO_DEVICE_DATA_V1};
    struct sccp_user_data d = {.application = 9091, .line = 1, .call = 16777255, .transaction = 17};

    d.data = bytes_of("<CiscoIPPhoneText><Text>Good day</Text></CiscoIPPhoneText>");
    for (size_t i = 0; i < ARRAY_LENGTH(plain); i++) sample(to, n, plain[i])->call.user_data = d;
    d.sequence = 2;
    d.priority = 3;
    d.conference = 4;
    d.instance = 5;
    d.routing = 6;
    for (size_t i = 0; i < ARRAY_LENGTH(v1); i++) sample(to, n, v1[i])->call.user_data = d;
}

static inline struct sccp_media media(uint8_t version, bool open, bool ipv6)
{
    struct sccp_media m = {.conference = 16777256,
                           .party = 16777473,
                           .peer = transport(version, ipv6),
                           .milliseconds = 20,
                           .codec = 4,
                           .parameters = version >= 11 ? 0x0d0c0b0a : 2,
                           .call = 16777257,
                           .encryption = {.algorithm = 1,
                                          .key_length = 16,
                                          .salt_length = 14,
                                          .key = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
                                          .salt = {21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34},
                                          .mki = 1,
                                          .derivation_rate = 48},
                           .stream = 71,
                           .associated_stream = 72,
                           .dtmf_payload = 101,
                           .dtmf_type = 10,
                           .mixing = 73,
                           .direction = 74};

    if (open) {
        m.echo_cancellation = 1;
        if (version >= 17) m.address_type = 2;
        if (version >= 22) m.level = 75;
    } else {
        m.precedence = 184;
        m.silence_suppression = 1;
        m.frames = 6;
    }
    if (version >= 22)
        m.latent = (struct sccp_latent){.active = 1,
                                        .version = 81,
                                        .modulation = 82,
                                        .most = {83, 84, 85, 86},
                                        .standard = 87,
                                        .vendor = 88,
                                        .flags = {1, 2, 3, 4, 5, 6, 7, 8}};
    return m;
}

static inline void sample_media(struct sccp_message *to, size_t *n, uint8_t version)
{
    for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
        struct sccp_transport at = transport(version, ipv6);
        struct sccp_port port = {.conference = 16777258, .call = 16777259, .party = 16777474};
        sample(to, n, SCCP_OPEN_RECEIVE_CHANNEL)->call.media = media(version, true, ipv6);
        sample(to, n, SCCP_START_MEDIA_TRANSMISSION)->call.media = media(version, false, ipv6);
        sample(to, n, SCCP_OPEN_RECEIVE_CHANNEL_ACK)->call.receiving =
            (struct sccp_receiving){3, at, 16777475, 16777260};
        sample(to, n, SCCP_START_MEDIA_TRANSMISSION_ACK)->call.sending =
            (struct sccp_sending){16777261, 16777476, 16777262, at, 2};
        sample(to, n, SCCP_MEDIA_TRANSMISSION_FAILURE)->call.failure =
            (struct sccp_failure){16777263, 16777477, at, 16777264};
        port.at = at;
        port.rtcp_port = 16385;
        port.media = version >= 20 ? 1 : 0;
        sample(to, n, SCCP_PORT_RESPONSE)->call.port = port;
    }
    sample(to, n, SCCP_PORT_REQUEST)->call.port =
        (struct sccp_port){.conference = 1, .call = 2, .party = 3, .transport = 4, .address_type = 1, .media = 5};
    sample(to, n, SCCP_PORT_CLOSE)->call.port = (struct sccp_port){.conference = 1, .call = 2, .party = 3, .media = 6};
    sample(to, n, SCCP_CLOSE_RECEIVE_CHANNEL)->call.close = (struct sccp_close){1, 2, 3, 1};
    sample(to, n, SCCP_STOP_MEDIA_TRANSMISSION)->call.close = (struct sccp_close){4, 5, 6, 1};
    sample(to, n, SCCP_MULTICAST_MEDIA_RECEPTION_ACK)->call.multicast = (struct sccp_multicast){1, 16777478, 16777265};
    sample(to, n, SCCP_MEDIA_RESOURCE_NOTIFICATION)->call.resource = (struct sccp_resource){52, 8, 7, 3};
}

static inline size_t call_samples(struct sccp_message to[CALL_SAMPLES], uint8_t version)
{
    size_t n = 0;

    sample_presses(to, &n, version);
    sample_shown(to, &n, version);
    sample_info(to, &n, version);
    sample_calls(to, &n, version);
    sample_user_data(to, &n);
    sample_media(to, &n, version);
    sample(to, &n, SCCP_CONNECTION_STATISTICS_REQ)->call.statistics_req =
        (struct sccp_statistics_req){longest_number(version), 16777266, 1};
    sample(to, &n, SCCP_CONNECTION_STATISTICS_RES)->call.statistics =
        (struct sccp_statistics){.number = bytes_of("98011"),
                                 .call = 16777267,
                                 .mode = 1,
                                 .sent_packets = 92,
                                 .sent_octets = 15824,
                                 .received_packets = 89,
                                 .received_octets = 15308,
                                 .lost_packets = 3,
                                 .jitter = 4,
                                 .latency = 5,
                                 .text = bytes_of("MLQK=0.0000;CCR=0.0000;ICR=0.000;CS=0;SCS=0")};
    sample(to, &n, SCCP_UPDATE_CAPABILITIES)->call.audio =
        (struct sccp_audio){.count = 3, .video = 0, .codec = {{4, 40}, {2, 41}, {11, 60}}};
    sample(to, &n, SCCP_UPDATE_CAPABILITIES_V2)->call.audio =
        (struct sccp_audio){.count = 4, .codec = {{25, 20}, {4, 40}, {2, 41}, {86, 60}}};
    sample(to, &n, SCCP_UPDATE_CAPABILITIES_V3)->call.audio =
        (struct sccp_audio){.count = 5, .codec = {{41, 20}, {6, 20}, {4, 40}, {2, 41}, {12, 60}}};
    sample(to, &n, SCCP_CONFIG_STAT_DYNAMIC)->config = (struct sccp_config){.name = bytes_of("SEP0011223344AA"),
                                                                            .user = 4,
                                                                            .instance = 1,
                                                                            .user_name = bytes_of("ada"),
                                                                            .server_name = bytes_of("callmanager-a"),
                                                                            .lines = 2,
                                                                            .speed_dials = 3};
    return n;
}
#endif
