/* wire/sccp.h: SCCP ("Skinny") framing and message ids. TCP port 2000, little endian but for addresses.
 *
 * A message: length le32 = 4 + body, header version le32, message id le32, body. Whole: length + 8 bytes. Many may share
 * a segment, one may span many: sccp_frame is the framing function of such a stream.
 * Header version: decoded by the agreed protocol version and the length, not by this word; any is accepted. Sent: 0 below
 * protocol 17, the agreed version from 17 on, and 0 always in RegisterAck, KeepAliveAck, UnregisterAck, CapabilitiesReq, and
 * in a phone's Alarm, Register and IpPort.
 */
#ifndef WIRE_SCCP_H
#define WIRE_SCCP_H
#include "base/address.h"

enum { SCCP_PORT = 2000, SCCP_HEADER = 12, SCCP_MOST = 4096 };

enum sccp_id {
    SCCP_KEEP_ALIVE = 0x0000, SCCP_REGISTER = 0x0001, SCCP_IP_PORT = 0x0002, SCCP_KEYPAD_BUTTON = 0x0003,
    SCCP_STIMULUS = 0x0005, SCCP_OFF_HOOK = 0x0006, SCCP_ON_HOOK = 0x0007, SCCP_FORWARD_STAT_REQ = 0x0009,
    SCCP_SPEED_DIAL_STAT_REQ = 0x000a, SCCP_LINE_STAT_REQ = 0x000b, SCCP_CONFIG_STAT_REQ = 0x000c,
    SCCP_TIME_DATE_REQ = 0x000d, SCCP_BUTTON_TEMPLATE_REQ = 0x000e, SCCP_VERSION_REQ = 0x000f,
    SCCP_CAPABILITIES_RES = 0x0010, SCCP_SERVER_REQ = 0x0012, SCCP_ALARM = 0x0020, SCCP_SOFT_KEY_SET_REQ = 0x0025,
    SCCP_SOFT_KEY_EVENT = 0x0026, SCCP_UNREGISTER = 0x0027, SCCP_SOFT_KEY_TEMPLATE_REQ = 0x0028,
    SCCP_REGISTER_TOKEN_REQ = 0x0029, SCCP_HEADSET_STATUS = 0x002b, SCCP_REGISTER_AVAILABLE_LINES = 0x002d,
    SCCP_SERVICE_URL_STAT_REQ = 0x0033, SCCP_FEATURE_STAT_REQ = 0x0034, SCCP_XML_ALARM = 0x015a,
    SCCP_REGISTER_ACK = 0x0081, SCCP_FORWARD_STAT = 0x0090, SCCP_SPEED_DIAL_STAT = 0x0091, SCCP_LINE_STAT = 0x0092,
    SCCP_CONFIG_STAT = 0x0093, SCCP_DEFINE_TIME_DATE = 0x0094, SCCP_BUTTON_TEMPLATE_RES = 0x0097, SCCP_VERSION = 0x0098,
    SCCP_CAPABILITIES_REQ = 0x009b, SCCP_REGISTER_REJECT = 0x009d, SCCP_SERVER_RES = 0x009e, SCCP_RESET = 0x009f,
    SCCP_KEEP_ALIVE_ACK = 0x0100, SCCP_SOFT_KEY_TEMPLATE_RES = 0x0108, SCCP_SOFT_KEY_SET_RES = 0x0109,
    SCCP_SELECT_SOFT_KEYS = 0x0110, SCCP_DISPLAY_PROMPT_STATUS = 0x0112, SCCP_DISPLAY_NOTIFY = 0x0114,
    SCCP_UNREGISTER_ACK = 0x0118, SCCP_REGISTER_TOKEN_ACK = 0x011a, SCCP_REGISTER_TOKEN_REJECT = 0x011b,
    SCCP_FEATURE_STAT = 0x011f, SCCP_SERVICE_URL_STAT = 0x012f, SCCP_DISPLAY_DYNAMIC_NOTIFY = 0x0143,
    SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS = 0x0145, SCCP_FEATURE_STAT_DYNAMIC = 0x0146, SCCP_LINE_STAT_DYNAMIC = 0x0147,
    SCCP_SERVICE_URL_STAT_DYNAMIC = 0x0148, SCCP_SPEED_DIAL_STAT_DYNAMIC = 0x0149,
};

struct sccp {
    uint32_t header_version;
    uint32_t id;       /* an enum sccp_id, or one that we do not know */
    struct bytes body;
};

/* The length of the first whole message in `in`; 0: more bytes are needed; SIZE_MAX: this cannot be one (length below 4,
 * or a message longer than SCCP_MOST). */
size_t sccp_frame(struct bytes in);
bool sccp_decode(struct sccp *out, struct bytes message, struct fault *why);
size_t sccp_begin(struct writer *, uint32_t header_version, uint32_t id); /* then the body, then sccp_end */
void sccp_end(struct writer *, size_t begun);
const char *sccp_name(uint32_t id); /* "RegisterAck"; NULL when unknown */
#endif
