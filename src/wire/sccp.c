#include "wire/sccp.h"

enum { BEFORE_LENGTH = 8, LENGTH_LEAST = 4 }; /* the length counts from the message id on, which is 4 bytes of it */

size_t sccp_frame(struct bytes in)
{
    struct fault why;
    struct reader r = reader(in, &why);
    uint32_t length = read_le32(&r);

    if (!sound(&r)) return 0;
    if (length < LENGTH_LEAST || length > SCCP_MOST - BEFORE_LENGTH) return SIZE_MAX;
    return in.len < BEFORE_LENGTH + length ? 0 : BEFORE_LENGTH + length;
}

bool sccp_decode(struct sccp *out, struct bytes message, struct fault *why)
{
    struct reader r = reader(message, why);
    struct reader start = r;
    uint32_t length = read_le32(&r);

    *out = (struct sccp){0};
    if (sound(&r) && length < LENGTH_LEAST) refuse(&start, FAULT_VALUE, "length of an SCCP message");
    if (sound(&r) && length > SCCP_MOST - BEFORE_LENGTH) refuse(&start, FAULT_LONG, "length of an SCCP message");
    out->header_version = read_le32(&r);
    out->id = read_le32(&r);
    out->body = read_bytes(&r, sound(&r) ? length - LENGTH_LEAST : 0);
    if (unread(&r) > 0) refuse(&r, FAULT_LONG, "bytes behind an SCCP message");
    return sound(&r);
}

size_t sccp_begin(struct writer *w, uint32_t header_version, uint32_t id)
{
    size_t begun = w->len;

    write_le32(w, 0); /* the length, by sccp_end */
    write_le32(w, header_version);
    write_le32(w, id);
    return begun;
}

void sccp_end(struct writer *w, size_t begun)
{
    if (!w->full) patch_le32(w, begun, (uint32_t)(w->len - begun - BEFORE_LENGTH));
}

/* By id. The names are those of the field: Wireshark's and Cisco's without their ending "Message". */
static const char *const names[] = {
    [SCCP_KEEP_ALIVE] = "KeepAlive",
    [SCCP_REGISTER] = "Register",
    [SCCP_IP_PORT] = "IpPort",
    [SCCP_KEYPAD_BUTTON] = "KeypadButton",
    [0x0004] = "EnblocCall",
    [SCCP_STIMULUS] = "Stimulus",
    [SCCP_OFF_HOOK] = "OffHook",
    [SCCP_ON_HOOK] = "OnHook",
    [0x0008] = "HookFlash",
    [SCCP_FORWARD_STAT_REQ] = "ForwardStatReq",
    [SCCP_SPEED_DIAL_STAT_REQ] = "SpeedDialStatReq",
    [SCCP_LINE_STAT_REQ] = "LineStatReq",
    [SCCP_CONFIG_STAT_REQ] = "ConfigStatReq",
    [SCCP_TIME_DATE_REQ] = "TimeDateReq",
    [SCCP_BUTTON_TEMPLATE_REQ] = "ButtonTemplateReq",
    [SCCP_VERSION_REQ] = "VersionReq",
    [SCCP_CAPABILITIES_RES] = "CapabilitiesRes",
    [0x0011] = "MediaPortList",
    [SCCP_SERVER_REQ] = "ServerReq",
    [SCCP_ALARM] = "Alarm",
    [0x0021] = "MulticastMediaReceptionAck",
    [0x0022] = "OpenReceiveChannelAck",
    [0x0023] = "ConnectionStatisticsRes",
    [0x0024] = "OffHookWithCallingParty",
    [SCCP_SOFT_KEY_SET_REQ] = "SoftKeySetReq",
    [SCCP_SOFT_KEY_EVENT] = "SoftKeyEvent",
    [SCCP_UNREGISTER] = "Unregister",
    [SCCP_SOFT_KEY_TEMPLATE_REQ] = "SoftKeyTemplateReq",
    [SCCP_REGISTER_TOKEN_REQ] = "RegisterTokenReq",
    [0x002a] = "MediaTransmissionFailure",
    [SCCP_HEADSET_STATUS] = "HeadsetStatus",
    [0x002c] = "MediaResourceNotification",
    [SCCP_REGISTER_AVAILABLE_LINES] = "RegisterAvailableLines",
    [0x002e] = "DeviceToUserData",
    [0x002f] = "DeviceToUserDataResponse",
    [0x0030] = "UpdateCapabilities",
    [SCCP_SERVICE_URL_STAT_REQ] = "ServiceURLStatReq",
    [SCCP_FEATURE_STAT_REQ] = "FeatureStatReq",
    [0x0041] = "DeviceToUserDataV1",
    [0x0042] = "DeviceToUserDataResponseV1",
    [0x0043] = "UpdateCapabilitiesV2",
    [0x0044] = "UpdateCapabilitiesV3",
    [0x0045] = "PortResponse",
    [0x0048] = "SubscriptionStatReq",
    [0x0049] = "MediaPathEvent",
    [0x004a] = "MediaPathCapability",
    [0x004c] = "MwiNotification",
    [SCCP_REGISTER_ACK] = "RegisterAck",
    [0x0082] = "StartTone",
    [0x0083] = "StopTone",
    [0x0085] = "SetRinger",
    [0x0086] = "SetLamp",
    [0x0087] = "SetHookFlashDetect",
    [0x0088] = "SetSpeakerMode",
    [0x0089] = "SetMicroMode",
    [0x008a] = "StartMediaTransmission",
    [0x008b] = "StopMediaTransmission",
    [0x008c] = "StartMediaReception",
    [0x008d] = "StopMediaReception",
    [0x008f] = "CallInfo",
    [SCCP_FORWARD_STAT] = "ForwardStat",
    [SCCP_SPEED_DIAL_STAT] = "SpeedDialStat",
    [SCCP_LINE_STAT] = "LineStat",
    [SCCP_CONFIG_STAT] = "ConfigStat",
    [SCCP_DEFINE_TIME_DATE] = "DefineTimeDate",
    [SCCP_BUTTON_TEMPLATE_RES] = "ButtonTemplateRes",
    [SCCP_VERSION] = "Version",
    [0x0099] = "DisplayText",
    [0x009a] = "ClearDisplay",
    [SCCP_CAPABILITIES_REQ] = "CapabilitiesReq",
    [SCCP_REGISTER_REJECT] = "RegisterReject",
    [SCCP_SERVER_RES] = "ServerRes",
    [SCCP_RESET] = "Reset",
    [SCCP_KEEP_ALIVE_ACK] = "KeepAliveAck",
    [0x0105] = "OpenReceiveChannel",
    [0x0106] = "CloseReceiveChannel",
    [0x0107] = "ConnectionStatisticsReq",
    [SCCP_SOFT_KEY_TEMPLATE_RES] = "SoftKeyTemplateRes",
    [SCCP_SOFT_KEY_SET_RES] = "SoftKeySetRes",
    [SCCP_SELECT_SOFT_KEYS] = "SelectSoftKeys",
    [0x0111] = "CallState",
    [SCCP_DISPLAY_PROMPT_STATUS] = "DisplayPromptStatus",
    [0x0113] = "ClearPromptStatus",
    [SCCP_DISPLAY_NOTIFY] = "DisplayNotify",
    [0x0115] = "ClearNotify",
    [0x0116] = "ActivateCallPlane",
    [0x0117] = "DeactivateCallPlane",
    [SCCP_UNREGISTER_ACK] = "UnregisterAck",
    [0x0119] = "BackSpaceRes",
    [SCCP_REGISTER_TOKEN_ACK] = "RegisterTokenAck",
    [SCCP_REGISTER_TOKEN_REJECT] = "RegisterTokenReject",
    [0x011d] = "DialedNumber",
    [0x011e] = "UserToDeviceData",
    [SCCP_FEATURE_STAT] = "FeatureStat",
    [0x0120] = "DisplayPriNotify",
    [0x0121] = "ClearPriNotify",
    [SCCP_SERVICE_URL_STAT] = "ServiceURLStat",
    [0x0130] = "CallSelectStat",
    [0x013f] = "UserToDeviceDataV1",
    [0x0142] = "ConfigStatDynamic",
    [SCCP_DISPLAY_DYNAMIC_NOTIFY] = "DisplayDynamicNotify",
    [0x0144] = "DisplayDynamicPriNotify",
    [SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS] = "DisplayDynamicPromptStatus",
    [SCCP_FEATURE_STAT_DYNAMIC] = "FeatureStatDynamic",
    [SCCP_LINE_STAT_DYNAMIC] = "LineStatDynamic",
    [SCCP_SERVICE_URL_STAT_DYNAMIC] = "ServiceURLStatDynamic",
    [SCCP_SPEED_DIAL_STAT_DYNAMIC] = "SpeedDialStatDynamic",
    [0x014a] = "CallInfoDynamic",
    [0x014b] = "PortRequest",
    [0x014c] = "PortClose",
    [0x0152] = "SubscriptionStat",
    [0x0153] = "Notification",
    [0x0154] = "StartMediaTransmissionAck",
    [0x0156] = "CallHistoryDisposition",
    [0x0157] = "LocationInfo",
    [0x0159] = "ExtensionDeviceCaps",
    [SCCP_XML_ALARM] = "XMLAlarm",
    [0x015e] = "CallCountReq",
    [0x015f] = "CallCountRes",
    [0x0160] = "RecordingStatus",
};

const char *sccp_name(uint32_t id)
{
    return id < ARRAY_LENGTH(names) ? names[id] : NULL;
}
