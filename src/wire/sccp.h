/* wire/sccp.h: SCCP ("Skinny") framing and message ids. TCP port 2000, little endian but for addresses.
 *
 * A message: length le32 = 4 + body, header version le32, message id le32, body. Whole: length + 8 bytes. Many may
 * share a segment, one may span many: sccp_frame is the framing function of such a stream.
 * Header version: decoded by the agreed protocol version and the length, not by this word; any is accepted. Sent: 0
 * below protocol 17, the agreed version from 17 on, and 0 always in RegisterAck, KeepAliveAck, UnregisterAck,
 * CapabilitiesReq, and in a phone's Alarm, XMLAlarm, Register and IpPort.
 */
#ifndef WIRE_SCCP_H
#define WIRE_SCCP_H
#include "base/address.h"

enum { SCCP_PORT = 2000, SCCP_HEADER = 12, SCCP_MOST = 4096 };

enum sccp_id { /* registration, keepalive, failback, reset: wire/sccp_register.h */
               SCCP_KEEP_ALIVE = 0x0000,
               SCCP_REGISTER = 0x0001,
               SCCP_IP_PORT = 0x0002,
               SCCP_FORWARD_STAT_REQ = 0x0009,
               SCCP_SPEED_DIAL_STAT_REQ = 0x000a,
               SCCP_LINE_STAT_REQ = 0x000b,
               SCCP_CONFIG_STAT_REQ = 0x000c,
               SCCP_TIME_DATE_REQ = 0x000d,
               SCCP_BUTTON_TEMPLATE_REQ = 0x000e,
               SCCP_VERSION_REQ = 0x000f,
               SCCP_CAPABILITIES_RES = 0x0010,
               SCCP_SERVER_REQ = 0x0012,
               SCCP_ALARM = 0x0020,
               SCCP_SOFT_KEY_SET_REQ = 0x0025,
               SCCP_UNREGISTER = 0x0027,
               SCCP_SOFT_KEY_TEMPLATE_REQ = 0x0028,
               SCCP_REGISTER_TOKEN_REQ = 0x0029,
               SCCP_HEADSET_STATUS = 0x002b,
               SCCP_REGISTER_AVAILABLE_LINES = 0x002d,
               SCCP_SERVICE_URL_STAT_REQ = 0x0033,
               SCCP_FEATURE_STAT_REQ = 0x0034,
               SCCP_XML_ALARM = 0x015a,
               SCCP_REGISTER_ACK = 0x0081,
               SCCP_FORWARD_STAT = 0x0090,
               SCCP_SPEED_DIAL_STAT = 0x0091,
               SCCP_LINE_STAT = 0x0092,
               SCCP_CONFIG_STAT = 0x0093,
               SCCP_DEFINE_TIME_DATE = 0x0094,
               SCCP_BUTTON_TEMPLATE_RES = 0x0097,
               SCCP_VERSION = 0x0098,
               SCCP_CAPABILITIES_REQ = 0x009b,
               SCCP_REGISTER_REJECT = 0x009d,
               SCCP_SERVER_RES = 0x009e,
               SCCP_RESET = 0x009f,
               SCCP_KEEP_ALIVE_ACK = 0x0100,
               SCCP_SOFT_KEY_TEMPLATE_RES = 0x0108,
               SCCP_SOFT_KEY_SET_RES = 0x0109,
               SCCP_SELECT_SOFT_KEYS = 0x0110,
               SCCP_DISPLAY_PROMPT_STATUS = 0x0112,
               SCCP_DISPLAY_NOTIFY = 0x0114,
               SCCP_UNREGISTER_ACK = 0x0118,
               SCCP_REGISTER_TOKEN_ACK = 0x011a,
               SCCP_REGISTER_TOKEN_REJECT = 0x011b,
               SCCP_FEATURE_STAT = 0x011f,
               SCCP_SERVICE_URL_STAT = 0x012f,
               SCCP_DISPLAY_DYNAMIC_NOTIFY = 0x0143,
               SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS = 0x0145,
               SCCP_FEATURE_STAT_DYNAMIC = 0x0146,
               SCCP_LINE_STAT_DYNAMIC = 0x0147,
               SCCP_SERVICE_URL_STAT_DYNAMIC = 0x0148,
               SCCP_SPEED_DIAL_STAT_DYNAMIC = 0x0149,
               /* calls and media: wire/sccp_call.h; from a phone */
               SCCP_KEYPAD_BUTTON = 0x0003,
               SCCP_ENBLOC_CALL = 0x0004,
               SCCP_STIMULUS = 0x0005,
               SCCP_OFF_HOOK = 0x0006,
               SCCP_ON_HOOK = 0x0007,
               SCCP_HOOK_FLASH = 0x0008,
               SCCP_MEDIA_PORT_LIST = 0x0011,
               SCCP_MULTICAST_MEDIA_RECEPTION_ACK = 0x0021,
               SCCP_OPEN_RECEIVE_CHANNEL_ACK = 0x0022,
               SCCP_CONNECTION_STATISTICS_RES = 0x0023,
               SCCP_OFF_HOOK_WITH_CALLING_PARTY = 0x0024,
               SCCP_SOFT_KEY_EVENT = 0x0026,
               SCCP_MEDIA_TRANSMISSION_FAILURE = 0x002a,
               SCCP_MEDIA_RESOURCE_NOTIFICATION = 0x002c,
               SCCP_DEVICE_TO_USER_DATA = 0x002e,
               SCCP_DEVICE_TO_USER_DATA_RESPONSE = 0x002f,
               SCCP_UPDATE_CAPABILITIES = 0x0030,
               SCCP_DEVICE_TO_USER_DATA_V1 = 0x0041,
               SCCP_DEVICE_TO_USER_DATA_RESPONSE_V1 = 0x0042,
               SCCP_UPDATE_CAPABILITIES_V2 = 0x0043,
               SCCP_UPDATE_CAPABILITIES_V3 = 0x0044,
               SCCP_PORT_RESPONSE = 0x0045,
               SCCP_SUBSCRIPTION_STAT_REQ = 0x0048,
               SCCP_MEDIA_PATH_EVENT = 0x0049,
               SCCP_MEDIA_PATH_CAPABILITY = 0x004a,
               SCCP_MWI_NOTIFICATION = 0x004c,
               SCCP_START_MEDIA_TRANSMISSION_ACK = 0x0154,
               SCCP_LOCATION_INFO = 0x0157,
               SCCP_EXTENSION_DEVICE_CAPS = 0x0159,
               SCCP_CALL_COUNT_REQ = 0x015e,
               SCCP_SPCP_TOKEN_REQ = 0x8000,
               /* to a phone */
               SCCP_START_TONE = 0x0082,
               SCCP_STOP_TONE = 0x0083,
               SCCP_SET_RINGER = 0x0085,
               SCCP_SET_LAMP = 0x0086,
               SCCP_SET_HOOK_FLASH_DETECT = 0x0087,
               SCCP_SET_SPEAKER_MODE = 0x0088,
               SCCP_SET_MICRO_MODE = 0x0089,
               SCCP_START_MEDIA_TRANSMISSION = 0x008a,
               SCCP_STOP_MEDIA_TRANSMISSION = 0x008b,
               SCCP_START_MEDIA_RECEPTION = 0x008c,
               SCCP_STOP_MEDIA_RECEPTION = 0x008d,
               SCCP_CALL_INFO = 0x008f,
               SCCP_DISPLAY_TEXT = 0x0099,
               SCCP_CLEAR_DISPLAY = 0x009a,
               SCCP_OPEN_RECEIVE_CHANNEL = 0x0105,
               SCCP_CLOSE_RECEIVE_CHANNEL = 0x0106,
               SCCP_CONNECTION_STATISTICS_REQ = 0x0107,
               SCCP_CALL_STATE = 0x0111,
               SCCP_CLEAR_PROMPT_STATUS = 0x0113,
               SCCP_CLEAR_NOTIFY = 0x0115,
               SCCP_ACTIVATE_CALL_PLANE = 0x0116,
               SCCP_DEACTIVATE_CALL_PLANE = 0x0117,
               SCCP_BACK_SPACE_RES = 0x0119,
               SCCP_DIALED_NUMBER = 0x011d,
               SCCP_USER_TO_DEVICE_DATA = 0x011e,
               SCCP_DISPLAY_PRI_NOTIFY = 0x0120,
               SCCP_CLEAR_PRI_NOTIFY = 0x0121,
               SCCP_CALL_SELECT_STAT = 0x0130,
               SCCP_USER_TO_DEVICE_DATA_V1 = 0x013f,
               SCCP_CONFIG_STAT_DYNAMIC = 0x0142,
               SCCP_DISPLAY_DYNAMIC_PRI_NOTIFY = 0x0144,
               SCCP_CALL_INFO_DYNAMIC = 0x014a,
               SCCP_PORT_REQUEST = 0x014b,
               SCCP_PORT_CLOSE = 0x014c,
               SCCP_SUBSCRIPTION_STAT = 0x0152,
               SCCP_NOTIFICATION = 0x0153,
               SCCP_CALL_HISTORY_DISPOSITION = 0x0156,
               SCCP_CALL_COUNT_RES = 0x015f,
               SCCP_RECORDING_STATUS = 0x0160,
               SCCP_SPCP_TOKEN_ACK = 0x8100,
               SCCP_SPCP_TOKEN_REJECT = 0x8101,
};

struct sccp {
    uint32_t header_version;
    uint32_t id; /* an enum sccp_id, or one that we do not know */
    struct bytes body;
};

/* The length of the first whole message in `in`; 0: more bytes are needed; SIZE_MAX: this cannot be one (length below
 * 4, or a message longer than SCCP_MOST). */
size_t sccp_frame(struct bytes in);
bool sccp_decode(struct sccp *out, struct bytes message, struct fault *why);
size_t sccp_begin(struct writer *, uint32_t header_version, uint32_t id); /* then the body, then sccp_end */
void sccp_end(struct writer *, size_t begun);
const char *sccp_name(uint32_t id); /* "RegisterAck"; NULL when unknown */
#endif
