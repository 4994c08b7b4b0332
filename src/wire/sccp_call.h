/* wire/sccp_call.h: the bodies of the SCCP messages of calls, media and all else that is not registration; decoded and
 * encoded with the others by wire/sccp_register.h, in whose struct sccp_message they are the member `call`.
 *
 * They are one more member of that message's union, not a message of their own: the largest body of registration (a
 * soft key template) is far larger than any of these, so a message on a stack grows by nothing, and whoever reads a
 * stream decodes each message once. (sccp_call.c holds that at compile time.)
 *
 * Each struct says which messages it is of, the least body that is taken ("least"; 0 when nothing is said), the full
 * form that is sent, and what differs by the agreed protocol version: it decides, and where a body has exactly the
 * length of an older form, that form. All else is as wire/sccp_register.h says: between the least and the full form
 * absent fields are 0, what follows is ignored, fixed texts end at their first NUL, dynamic ones follow one another and
 * are padded to 4.
 *
 * Messages without a body: SET_HOOK_FLASH_DETECT, CLEAR_DISPLAY, CLEAR_NOTIFY, DEACTIVATE_CALL_PLANE, CALL_COUNT_REQ.
 * With one number, in `number` of struct sccp_message (least 4): SET_SPEAKER_MODE and SET_MICRO_MODE (1 on, 2 off),
 * ACTIVATE_CALL_PLANE (line), CLEAR_PRI_NOTIFY (priority), SPCP_TOKEN_ACK (features), SPCP_TOKEN_REJECT (wait, s).
 * With one text, in `text`: DISPLAY_TEXT (32; CallManager 2.x sends 36), LOCATION_INFO (XML in 2,404).
 * Of no documented layout, so taken and given as they are in `other`: MEDIA_PORT_LIST, START_MEDIA_RECEPTION and
 * STOP_MEDIA_RECEPTION (of CallManager 2.x alone).
 * Never send SET_HOOK_FLASH_DETECT or CLEAR_DISPLAY to a 7911 or 7975 with a 9.x load: it closes the connection and
 * restarts (chan-sccp's issues 280 and 424).
 */
#ifndef WIRE_SCCP_CALL_H
#define WIRE_SCCP_CALL_H
#include "wire/sccp.h"

enum {
    SCCP_AUDIO_CODECS = 18, /* places in an UpdateCapabilities */
    SCCP_LINE_COUNTS = 42,  /* of lines in a CallCountRes, as many as a phone has buttons */
    SCCP_WAITING = 4,       /* pairs of counts in an MwiNotification */
    SCCP_USER_DATA = 2000,  /* most bytes that are sent in one UserToDeviceData, DeviceToUserData */
    SCCP_STATISTICS = 600,  /* most of the text of a ConnectionStatisticsRes */
};

enum sccp_call_state {
    CALL_OFF_HOOK = 1,
    CALL_ON_HOOK = 2,
    CALL_RING_OUT = 3,
    CALL_RING_IN = 4,
    CALL_CONNECTED = 5,
    CALL_BUSY = 6,
    CALL_CONGESTION = 7,
    CALL_HOLD = 8,
    CALL_WAITING = 9,
    CALL_TRANSFER = 10,
    CALL_PARK = 11,
    CALL_PROCEED = 12,
    CALL_IN_USE_REMOTELY = 13,
    CALL_INVALID_NUMBER = 14,
};
enum sccp_lamp { LAMP_OFF = 1, LAMP_ON = 2, LAMP_WINK = 3, LAMP_FLASH = 4, LAMP_BLINK = 5 };
enum sccp_ringer { RINGER_OFF = 1, RINGER_INSIDE = 2, RINGER_OUTSIDE = 3, RINGER_FEATURE = 4, RINGER_FLASH_ONLY = 5 };
enum sccp_tone {
    TONE_INSIDE_DIAL = 0x21,
    TONE_OUTSIDE_DIAL = 0x22,
    TONE_BUSY = 0x23,
    TONE_ALERTING = 0x24,
    TONE_REORDER = 0x25,
    TONE_CALL_WAITING = 0x2d,
    TONE_NONE = 0x7f,
};

/* ---- keys, hook, lamps, tones, ringer */
struct sccp_pressed { /* KEYPAD_BUTTON (0-9, 14 *, 15 #, 16 +; least 4), SOFT_KEY_EVENT (its event; least 4); full 12 */
    uint32_t key, line, call;
};
struct sccp_enbloc { /* ENBLOC_CALL; 24: the number alone, line 0 (the default line); 17: 28; from 18 on 32, a number of
                        25 and the line at 25, or (8945) a number of 28 and the line at 28: read when 25 to 27 are 0 */
    struct bytes number;
    uint32_t line;
};
struct sccp_stimulus { /* STIMULUS; least 4, older phones send 8; full 16 */
    uint32_t button, instance, call, status;
};
/* OFF_HOOK, ON_HOOK (a 7912 sends 0 bytes), HOOK_FLASH, CLEAR_PROMPT_STATUS, BACK_SPACE_RES; full 8 */
struct sccp_line_call {
    uint32_t line, call;
};
struct sccp_calling_number { /* OFF_HOOK_WITH_CALLING_PARTY; 52; from 18 on numbers of 25: 56 */
    struct bytes number, mailbox;
    uint32_t line;
};
struct sccp_media_path { /* MEDIA_PATH_EVENT (1 on, 2 off), MEDIA_PATH_CAPABILITY (1 enabled); least 4, full 8 */
    uint32_t path;       /* 1 headset, 2 handset, 3 speaker */
    uint32_t value;
};
struct sccp_ring { /* SET_RINGER; least 4, full 16 */
    uint32_t mode, duration, line, call;
};
struct sccp_lamp_mode { /* SET_LAMP; 12 */
    uint32_t button, instance, mode;
};
struct sccp_tone_of { /* START_TONE (least 4: CallManager 2.x; full 16);
                         STOP_TONE (full 8: line, call; from 11 on the tone too: 12) */
    uint32_t tone, direction, line, call;
};

/* ---- the state of a call and what the phone shows of it */
struct sccp_state { /* CALL_STATE; least 12, full 24 */
    uint32_t state, line, call, privacy, precedence, domain;
};
struct sccp_party {
    struct bytes name, number, mailbox;
};
struct sccp_info { /* CALL_INFO: 128 (CallManager 2.x, up to the called number), full 384, names 40 and numbers 24.
                      CALL_INFO_DYNAMIC; least 32; then the strings: from 16 on 15; before, 12: without
                      alternate_calling, hunt_pilot and hunt_pilot_name. A wrong number of them restarts a phone. */
    struct sccp_party calling, called, original, redirecting;
    uint32_t line, call, type; /* type: 1 in, 2 out, 3 forward */
    uint32_t original_reason, redirecting_reason, instance, security, restriction;
    struct bytes alternate_calling, hunt_pilot, hunt_pilot_name;
};
struct sccp_dialed { /* DIALED_NUMBER; least 24, full 32; from 18 on a number of 25: 36 */
    struct bytes number;
    uint32_t line, call;
};
struct sccp_history {                 /* CALL_HISTORY_DISPOSITION; least 4, full 12 */
    uint32_t disposition, line, call; /* 0 ignore, 1 placed, 2 received, 3 missed */
};
struct sccp_select { /* CALL_SELECT_STAT; least 4, full 12 */
    uint32_t status, call, line;
};
struct sccp_notice { /* DISPLAY_PRI_NOTIFY (40), DISPLAY_DYNAMIC_PRI_NOTIFY; least 8 */
    uint32_t timeout, priority;
    uint8_t label; /* of `80 nn`; 0: none */
    struct bytes text;
};
struct sccp_recording { /* RECORDING_STATUS; 8 */
    uint32_t call, status;
};

/* ---- media. An address is 4 bytes; from 17 on a type and 16 bytes. */
struct sccp_transport {
    uint32_t type; /* 1 IPv6; else IPv4. 0 below 17 */
    ipv4 address;
    uint8_t ipv6[16]; /* of type 1, then `address` is 0 */
    uint32_t port;
};
struct sccp_encryption {
    uint32_t algorithm; /* 0: none */
    uint16_t key_length, salt_length;
    uint8_t key[16], salt[16];
    uint32_t mki, derivation_rate;
};
struct sccp_latent { /* modem capabilities that rest until a call turns out to be one */
    uint32_t active, version, modulation;
    uint16_t most[4];
    uint32_t standard, vendor;
    uint8_t flags[8];
};
/* OPEN_RECEIVE_CHANNEL; least 24 (up to protocol 4: without the call); taken 68 and 92 (CallManager 4, 7); 108; from 17
 * on 128, 22: 168. START_MEDIA_TRANSMISSION; least 36; taken 40, 84 and 108; 116; from 17 on 132, 22: 168; and the 36
 * bytes of CallManager 2.x: address, port, milliseconds, codec and precedence alone. */
struct sccp_media {
    uint32_t conference, party;
    struct sccp_transport peer; /* Open: whom to hear (behind all that is sent below 15); Start: whom to send to */
    uint32_t milliseconds, codec;
    uint32_t echo_cancellation;               /* Open */
    uint32_t precedence, silence_suppression; /* Start */
    uint16_t frames;                          /* Start */
    uint32_t parameters; /* below 11: the bit rate of G.723; else 4 bytes of the codec, the first the lowest */
    uint32_t call;
    struct sccp_encryption encryption;
    uint32_t stream, associated_stream, dtmf_payload, dtmf_type, mixing, direction;
    uint32_t address_type;     /* Open, from 17 on: the one asked for */
    uint32_t level;            /* Open, from 22 on */
    struct sccp_latent latent; /* from 22 on */
};
struct sccp_receiving { /* OPEN_RECEIVE_CHANNEL_ACK; least 16 (7912: without the call), full 20; from 17 on 36 */
    uint32_t status;    /* 0 ok */
    struct sccp_transport at;
    uint32_t party, call;
};
struct sccp_sending {                 /* START_MEDIA_TRANSMISSION_ACK; least 16, full 24; from 17 on 40 */
    uint32_t conference, party, call; /* a 6901 leaves the first two 0 */
    struct sccp_transport at;
    uint32_t status;
};
struct sccp_failure { /* MEDIA_TRANSMISSION_FAILURE; least 16, full 20; from 17 on 36 */
    uint32_t conference, party;
    struct sccp_transport peer;
    uint32_t call;
};
struct sccp_close { /* CLOSE_RECEIVE_CHANNEL, STOP_MEDIA_TRANSMISSION; least 4 (2.x), 12 (CallManager 4), full 16 */
    uint32_t conference, party, call, port_handling;
};
struct sccp_multicast { /* MULTICAST_MEDIA_RECEPTION_ACK; least 8, full 12 */
    uint32_t status, party, call;
};
/* PORT_REQUEST (least 12, full 24), PORT_CLOSE (least 12, full 16), PORT_RESPONSE (least 16, full 24;
 * from 17 on 40, from 20 on with the media type 44) */
struct sccp_port {
    uint32_t conference, call, party;
    uint32_t transport, address_type; /* PORT_REQUEST */
    struct sccp_transport at;         /* PORT_RESPONSE, with the port of RTCP */
    uint32_t rtcp_port;
    uint32_t media; /* type */
};
struct sccp_resource { /* MEDIA_RESOURCE_NOTIFICATION; least 4, full 16 */
    uint32_t device_type, in_service, most_per_conference, out_of_service;
};
struct sccp_statistics_req { /* CONNECTION_STATISTICS_REQ; least 28, full 32; from 18 on a number of 28: 36 */
    struct bytes number;
    uint32_t call, mode;
};
/* CONNECTION_STATISTICS_RES; least 57; 664; 18 to 21: a number of 28, 668; from 22 on a number of
 * 28, a mode of one byte, all behind it unaligned, and the text as long as it is */
struct sccp_statistics {
    struct bytes number;
    uint32_t call, mode, sent_packets, sent_octets, received_packets, received_octets, lost_packets, jitter, latency;
    struct bytes text;
};
/* UPDATE_CAPABILITIES (full 1,840), _V2 (full 2,000), _V3 (full 2,340); least 12: video and data are sent as 0 and read
 * as their counts. The first was captured; the others' arrays are as chan-sccp has them, and newer Wiresharks for the
 * second. For the third these say that it is as long as its counts, and so one of less than 1,840 is read. */
struct sccp_audio {
    uint32_t count, video, data;
    struct {
        uint32_t codec, milliseconds;
    } codec[SCCP_AUDIO_CODECS];
};

/* ---- what stands beside a call */
struct sccp_subscription { /* SUBSCRIPTION_STAT_REQ (least 12, full 272: a text of 64 and zeros, as a 7921 sends it),
                              SUBSCRIPTION_STAT (least 12, full 16), NOTIFICATION (least 12, full 112: a text of 97) */
    uint32_t transaction, feature;
    uint32_t timer;    /* not in NOTIFICATION */
    uint32_t status;   /* SUBSCRIPTION_STAT: the cause; NOTIFICATION: the status */
    struct bytes text; /* SUBSCRIPTION_STAT_REQ: of what; NOTIFICATION */
};
struct sccp_waiting {             /* MWI_NOTIFICATION; least 54, full 88 */
    struct bytes target, control; /* numbers of 25 at any version */
    uint32_t waiting;
    struct {
        uint32_t unheard, heard;
    } messages[SCCP_WAITING];
};
struct sccp_counts {              /* CALL_COUNT_RES; least 12 */
    uint32_t lines, first, count; /* count: of the entries below */
    struct {
        uint16_t most, busy_trigger;
    } line[SCCP_LINE_COUNTS];
};
struct sccp_extension {           /* EXTENSION_DEVICE_CAPS; least 12, full 164 */
    uint32_t number, type, third; /* type: 1 7914, 2 7915, 3 7916; third: 2 in all that was captured */
    struct bytes text;            /* 128, at 36: `max-chained=2 deviceLine=14` */
};
struct sccp_user_data { /* USER_TO_DEVICE_DATA, DEVICE_TO_USER_DATA and _RESPONSE (least 20), the same _V1 (least 40) */
    uint32_t application, line, call, transaction;
    uint32_t sequence, priority, conference, instance, routing; /* V1 */
    struct bytes data;                                          /* as it is, NULs and all; padded to 4 behind it */
};
struct sccp_spcp_token { /* SPCP_TOKEN_REQ, of SPA phones; least 32, full 36 */
    struct bytes name;
    uint32_t user, instance;
    ipv4 address;
    uint32_t device_type, max_streams;
};

union sccp_call {
    struct sccp_pressed pressed;
    struct sccp_enbloc enbloc;
    struct sccp_stimulus stimulus;
    struct sccp_line_call of;
    struct sccp_calling_number calling;
    struct sccp_media_path path;
    struct sccp_ring ring;
    struct sccp_lamp_mode lamp;
    struct sccp_tone_of tone;
    struct sccp_state state;
    struct sccp_info info;
    struct sccp_dialed dialed;
    struct sccp_history history;
    struct sccp_select select;
    struct sccp_notice notice;
    struct sccp_recording recording;
    struct sccp_media media;
    struct sccp_receiving receiving;
    struct sccp_sending sending;
    struct sccp_failure failure;
    struct sccp_close close;
    struct sccp_multicast multicast;
    struct sccp_port port;
    struct sccp_resource resource;
    struct sccp_statistics_req statistics_req;
    struct sccp_statistics statistics;
    struct sccp_audio audio;
    struct sccp_subscription subscription;
    struct sccp_waiting waiting;
    struct sccp_counts counts;
    struct sccp_extension extension;
    struct sccp_user_data user_data;
    struct sccp_spcp_token spcp_token;
};
#endif
