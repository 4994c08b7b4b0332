/* wire/sccp_register.h: the bodies of the SCCP messages of registration, keepalive, failback and reset; and, by
 * wire/sccp_call.h, of all others.
 *
 * One message, one union member. Each has a least length (shorter is FAULT_SHORT); between that and the full form
 * absent fields are 0; what follows the full form is ignored (newer firmware appends). Fixed strings stop at the first
 * NUL or the field's end, what stands behind is ignored (real peers leave stale bytes there); encoding pads with NUL
 * and cuts. The count of a table is cut to the places that its structure has; places behind the count are 0, buttons
 * BUTTON_NONE. An id that is not in the list below decodes with `known` false and its body in `other`: never an error.
 * `version`: the agreed protocol version (layouts change at 8, 11, 15, 17, 18 and 22); 0 before agreement.
 * Memory: spans borrow the input.
 */
#ifndef WIRE_SCCP_REGISTER_H
#define WIRE_SCCP_REGISTER_H
#include "wire/sccp_call.h"

enum { SCCP_CODECS = 18, SCCP_BUTTONS = 56, SCCP_SOFT_KEYS = 32, SCCP_KEY_SETS = 16, SCCP_KEYS = 16, SCCP_SERVERS = 5 };
enum sccp_alarm_severity {
    ALARM_CRITICAL = 0,
    ALARM_WARNING = 1,
    ALARM_INFORMATIONAL = 2,
    ALARM_UNKNOWN = 4,
    ALARM_MAJOR = 7,
    ALARM_MINOR = 8
};
enum sccp_reset { SCCP_RESET_RESET = 1, SCCP_RESET_RESTART = 2, SCCP_RESET_APPLY = 3 };
enum sccp_button { BUTTON_SPEED_DIAL = 2, BUTTON_LINE = 9, BUTTON_NONE = 0xff };

struct sccp_register { /* 0x0001; least 36 */
    struct bytes name; /* 16: SEP and 12 hex digits */
    uint32_t user, instance;
    ipv4 address;
    uint32_t device_type, max_streams, active_streams;
    uint8_t protocol;
    uint8_t features[3];
    uint32_t max_conferences, active_conferences;
    struct mac mac; /* 6 of 12 bytes */
    uint32_t address_scope, max_lines;
    struct bytes load; /* 32; only in bodies of 124 and more */
    uint16_t length;   /* encode: 52, 64 or 124 bytes of it; decode: what came (cut to 65535) */
};
struct sccp_register_ack {
    uint32_t keepalive, standby_keepalive;
    struct bytes date_template;
    uint8_t protocol, features[3];
}; /* least 12: then protocol 0 */
struct sccp_alarm {
    uint32_t severity;
    struct bytes text;
    uint32_t parameter1;
    ipv4 parameter2;
};
struct sccp_button_of {
    uint8_t instance, definition;
};
struct sccp_button_template {
    uint32_t offset, count, total;
    struct sccp_button_of button[SCCP_BUTTONS];
    uint8_t buttons; /* encode: 42 or 56 */
};
struct sccp_soft_key {
    uint8_t label; /* of `80 nn`; 0: text */
    struct bytes text;
    uint32_t event;
};
struct sccp_soft_key_template {
    uint32_t offset, count, total;
    struct sccp_soft_key key[SCCP_SOFT_KEYS];
};
struct sccp_soft_key_set {
    uint32_t offset, count, total;
    struct {
        uint8_t position[SCCP_KEYS];
        uint16_t info[SCCP_KEYS];
    } set[SCCP_KEY_SETS];
};
struct sccp_codec {
    uint32_t codec, milliseconds;
};
struct sccp_capabilities {
    uint32_t count;
    struct sccp_codec codec[SCCP_CODECS];
}; /* encode: always 18 places, body 292 */
struct sccp_line_stat {
    uint32_t line;
    struct bytes number, name, label;
    uint32_t options;
};
struct sccp_speed_dial {
    uint32_t index;
    struct bytes number, name;
};
struct sccp_forward {
    uint32_t active, line;
    struct {
        uint32_t active;
        struct bytes number;
    } all, busy, no_answer;
};
struct sccp_feature {
    uint32_t index, definition, status;
    struct bytes label;
};
struct sccp_service {
    uint32_t index;
    struct bytes url, label;
};
struct sccp_time {
    uint32_t year, month, weekday, day, hour, minute, second, millisecond, unix_time;
};
struct sccp_servers {
    struct {
        struct bytes name;
        uint32_t port;
        ipv4 address;
    } server[SCCP_SERVERS];
};
struct sccp_config {
    struct bytes name;
    uint32_t user, instance;
    struct bytes user_name, server_name;
    uint32_t lines, speed_dials;
};
struct sccp_prompt {
    uint32_t timeout, line, call;
    uint8_t label; /* of `80 nn`; 0: none */
    struct bytes text;
};
struct sccp_token {
    struct bytes name;
    uint32_t user, instance;
    ipv4 address;
    uint32_t device_type;
};
struct sccp_keys {
    uint32_t line, call, set, mask;
};

struct sccp_message {
    uint32_t id;
    uint32_t header_version; /* decode */
    bool known;              /* decode: the id is one of those below */
    union {
        struct sccp_register reg;     /* REGISTER */
        struct sccp_register_ack ack; /* REGISTER_ACK */
        struct bytes text;            /* REGISTER_REJECT (33 in 36), VERSION (16: a load), XML_ALARM */
        struct sccp_alarm alarm;      /* ALARM */
        uint32_t number; /* IP_PORT, HEADSET_STATUS, REGISTER_AVAILABLE_LINES, LINE_STAT_REQ, SPEED_DIAL_STAT_REQ,
                                 FORWARD_STAT_REQ, SERVICE_URL_STAT_REQ, UNREGISTER (least 0: reason), UNREGISTER_ACK
                                 (least 0: 0 ok), RESET (enum sccp_reset), REGISTER_TOKEN_REJECT (wait, s) */
        struct {
            uint32_t index, capabilities;
        } feature_req;                           /* FEATURE_STAT_REQ; least 4 */
        struct sccp_button_template buttons;     /* BUTTON_TEMPLATE_RES; least 12 */
        struct sccp_soft_key_template soft_keys; /* SOFT_KEY_TEMPLATE_RES; least 12 */
        struct sccp_soft_key_set key_sets;       /* SOFT_KEY_SET_RES; least 12 */
        struct sccp_keys keys;                   /* SELECT_SOFT_KEYS */
        struct sccp_capabilities capabilities;   /* CAPABILITIES_RES; least 4 */
        struct sccp_line_stat line;        /* LINE_STAT (28, 68, 108, 112 bytes taken; 112 sent), LINE_STAT_DYNAMIC */
        struct sccp_speed_dial speed_dial; /* SPEED_DIAL_STAT, SPEED_DIAL_STAT_DYNAMIC */
        struct sccp_forward forward;       /* FORWARD_STAT: numbers 24, from version 18 on 25 packed */
        struct sccp_feature feature;       /* FEATURE_STAT, FEATURE_STAT_DYNAMIC */
        struct sccp_service service;       /* SERVICE_URL_STAT, SERVICE_URL_STAT_DYNAMIC */
        struct sccp_time time;             /* DEFINE_TIME_DATE; least 32 */
        struct sccp_servers servers;       /* SERVER_RES: 280, from version 17 on 360 */
        struct sccp_config config;         /* CONFIG_STAT, CONFIG_STAT_DYNAMIC (least 1) */
        struct sccp_prompt prompt;         /* DISPLAY_PROMPT_STATUS, DISPLAY_DYNAMIC_PROMPT_STATUS, DISPLAY_NOTIFY,
                                                           DISPLAY_DYNAMIC_NOTIFY (no line and call in the notifies) */
        struct sccp_token token;           /* REGISTER_TOKEN_REQ; least 32 */
        union sccp_call call;              /* the messages of wire/sccp_call.h */
        struct bytes other;                /* not known, and those without a body */
    };
};

bool sccp_message_decode(struct sccp_message *out, struct bytes message, uint8_t version, struct fault *why);
void sccp_message_encode(struct writer *, const struct sccp_message *, uint8_t version);
#endif
