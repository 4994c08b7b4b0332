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
    [SCCP_ENBLOC_CALL] = "EnblocCall",
    [SCCP_STIMULUS] = "Stimulus",
    [SCCP_OFF_HOOK] = "OffHook",
    [SCCP_ON_HOOK] = "OnHook",
    [SCCP_HOOK_FLASH] = "HookFlash",
    [SCCP_FORWARD_STAT_REQ] = "ForwardStatReq",
    [SCCP_SPEED_DIAL_STAT_REQ] = "SpeedDialStatReq",
    [SCCP_LINE_STAT_REQ] = "LineStatReq",
    [SCCP_CONFIG_STAT_REQ] = "ConfigStatReq",
    [SCCP_TIME_DATE_REQ] = "TimeDateReq",
    [SCCP_BUTTON_TEMPLATE_REQ] = "ButtonTemplateReq",
    [SCCP_VERSION_REQ] = "VersionReq",
    [SCCP_CAPABILITIES_RES] = "CapabilitiesRes",
    [SCCP_MEDIA_PORT_LIST] = "MediaPortList",
    [SCCP_SERVER_REQ] = "ServerReq",
    [SCCP_ALARM] = "Alarm",
    [SCCP_MULTICAST_MEDIA_RECEPTION_ACK] = "MulticastMediaReceptionAck",
    [SCCP_OPEN_RECEIVE_CHANNEL_ACK] = "OpenReceiveChannelAck",
    [SCCP_CONNECTION_STATISTICS_RES] = "ConnectionStatisticsRes",
    [SCCP_OFF_HOOK_WITH_CALLING_PARTY] = "OffHookWithCallingParty",
    [SCCP_SOFT_KEY_SET_REQ] = "SoftKeySetReq",
    [SCCP_SOFT_KEY_EVENT] = "SoftKeyEvent",
    [SCCP_UNREGISTER] = "Unregister",
    [SCCP_SOFT_KEY_TEMPLATE_REQ] = "SoftKeyTemplateReq",
    [SCCP_REGISTER_TOKEN_REQ] = "RegisterTokenReq",
    [SCCP_MEDIA_TRANSMISSION_FAILURE] = "MediaTransmissionFailure",
    [SCCP_HEADSET_STATUS] = "HeadsetStatus",
    [SCCP_MEDIA_RESOURCE_NOTIFICATION] = "MediaResourceNotification",
    [SCCP_REGISTER_AVAILABLE_LINES] = "RegisterAvailableLines",
    [SCCP_DEVICE_TO_USER_DATA] = "DeviceToUserData",
    [SCCP_DEVICE_TO_USER_DATA_RESPONSE] = "DeviceToUserDataResponse",
    [SCCP_UPDATE_CAPABILITIES] = "UpdateCapabilities",
    [SCCP_SERVICE_URL_STAT_REQ] = "ServiceURLStatReq",
    [SCCP_FEATURE_STAT_REQ] = "FeatureStatReq",
    [SCCP_DEVICE_TO_USER_DATA_V1] = "DeviceToUserDataV1",
    [SCCP_DEVICE_TO_USER_DATA_RESPONSE_V1] = "DeviceToUserDataResponseV1",
    [SCCP_UPDATE_CAPABILITIES_V2] = "UpdateCapabilitiesV2",
    [SCCP_UPDATE_CAPABILITIES_V3] = "UpdateCapabilitiesV3",
    [SCCP_PORT_RESPONSE] = "PortResponse",
    [SCCP_SUBSCRIPTION_STAT_REQ] = "SubscriptionStatReq",
    [SCCP_MEDIA_PATH_EVENT] = "MediaPathEvent",
    [SCCP_MEDIA_PATH_CAPABILITY] = "MediaPathCapability",
    [SCCP_MWI_NOTIFICATION] = "MwiNotification",
    [SCCP_REGISTER_ACK] = "RegisterAck",
    [SCCP_START_TONE] = "StartTone",
    [SCCP_STOP_TONE] = "StopTone",
    [SCCP_SET_RINGER] = "SetRinger",
    [SCCP_SET_LAMP] = "SetLamp",
    [SCCP_SET_HOOK_FLASH_DETECT] = "SetHookFlashDetect",
    [SCCP_SET_SPEAKER_MODE] = "SetSpeakerMode",
    [SCCP_SET_MICRO_MODE] = "SetMicroMode",
    [SCCP_START_MEDIA_TRANSMISSION] = "StartMediaTransmission",
    [SCCP_STOP_MEDIA_TRANSMISSION] = "StopMediaTransmission",
    [SCCP_START_MEDIA_RECEPTION] = "StartMediaReception",
    [SCCP_STOP_MEDIA_RECEPTION] = "StopMediaReception",
    [SCCP_CALL_INFO] = "CallInfo",
    [SCCP_FORWARD_STAT] = "ForwardStat",
    [SCCP_SPEED_DIAL_STAT] = "SpeedDialStat",
    [SCCP_LINE_STAT] = "LineStat",
    [SCCP_CONFIG_STAT] = "ConfigStat",
    [SCCP_DEFINE_TIME_DATE] = "DefineTimeDate",
    [SCCP_BUTTON_TEMPLATE_RES] = "ButtonTemplateRes",
    [SCCP_VERSION] = "Version",
    [SCCP_DISPLAY_TEXT] = "DisplayText",
    [SCCP_CLEAR_DISPLAY] = "ClearDisplay",
    [SCCP_CAPABILITIES_REQ] = "CapabilitiesReq",
    [SCCP_REGISTER_REJECT] = "RegisterReject",
    [SCCP_SERVER_RES] = "ServerRes",
    [SCCP_RESET] = "Reset",
    [SCCP_KEEP_ALIVE_ACK] = "KeepAliveAck",
    [SCCP_OPEN_RECEIVE_CHANNEL] = "OpenReceiveChannel",
    [SCCP_CLOSE_RECEIVE_CHANNEL] = "CloseReceiveChannel",
    [SCCP_CONNECTION_STATISTICS_REQ] = "ConnectionStatisticsReq",
    [SCCP_SOFT_KEY_TEMPLATE_RES] = "SoftKeyTemplateRes",
    [SCCP_SOFT_KEY_SET_RES] = "SoftKeySetRes",
    [SCCP_SELECT_SOFT_KEYS] = "SelectSoftKeys",
    [SCCP_CALL_STATE] = "CallState",
    [SCCP_DISPLAY_PROMPT_STATUS] = "DisplayPromptStatus",
    [SCCP_CLEAR_PROMPT_STATUS] = "ClearPromptStatus",
    [SCCP_DISPLAY_NOTIFY] = "DisplayNotify",
    [SCCP_CLEAR_NOTIFY] = "ClearNotify",
    [SCCP_ACTIVATE_CALL_PLANE] = "ActivateCallPlane",
    [SCCP_DEACTIVATE_CALL_PLANE] = "DeactivateCallPlane",
    [SCCP_UNREGISTER_ACK] = "UnregisterAck",
    [SCCP_BACK_SPACE_RES] = "BackSpaceRes",
    [SCCP_REGISTER_TOKEN_ACK] = "RegisterTokenAck",
    [SCCP_REGISTER_TOKEN_REJECT] = "RegisterTokenReject",
    [SCCP_DIALED_NUMBER] = "DialedNumber",
    [SCCP_USER_TO_DEVICE_DATA] = "UserToDeviceData",
    [SCCP_FEATURE_STAT] = "FeatureStat",
    [SCCP_DISPLAY_PRI_NOTIFY] = "DisplayPriNotify",
    [SCCP_CLEAR_PRI_NOTIFY] = "ClearPriNotify",
    [SCCP_SERVICE_URL_STAT] = "ServiceURLStat",
    [SCCP_CALL_SELECT_STAT] = "CallSelectStat",
    [SCCP_USER_TO_DEVICE_DATA_V1] = "UserToDeviceDataV1",
    [SCCP_CONFIG_STAT_DYNAMIC] = "ConfigStatDynamic",
    [SCCP_DISPLAY_DYNAMIC_NOTIFY] = "DisplayDynamicNotify",
    [SCCP_DISPLAY_DYNAMIC_PRI_NOTIFY] = "DisplayDynamicPriNotify",
    [SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS] = "DisplayDynamicPromptStatus",
    [SCCP_FEATURE_STAT_DYNAMIC] = "FeatureStatDynamic",
    [SCCP_LINE_STAT_DYNAMIC] = "LineStatDynamic",
    [SCCP_SERVICE_URL_STAT_DYNAMIC] = "ServiceURLStatDynamic",
    [SCCP_SPEED_DIAL_STAT_DYNAMIC] = "SpeedDialStatDynamic",
    [SCCP_CALL_INFO_DYNAMIC] = "CallInfoDynamic",
    [SCCP_PORT_REQUEST] = "PortRequest",
    [SCCP_PORT_CLOSE] = "PortClose",
    [SCCP_SUBSCRIPTION_STAT] = "SubscriptionStat",
    [SCCP_NOTIFICATION] = "Notification",
    [SCCP_START_MEDIA_TRANSMISSION_ACK] = "StartMediaTransmissionAck",
    [SCCP_CALL_HISTORY_DISPOSITION] = "CallHistoryDisposition",
    [SCCP_LOCATION_INFO] = "LocationInfo",
    [SCCP_EXTENSION_DEVICE_CAPS] = "ExtensionDeviceCaps",
    [SCCP_XML_ALARM] = "XMLAlarm",
    [SCCP_CALL_COUNT_REQ] = "CallCountReq",
    [SCCP_CALL_COUNT_RES] = "CallCountRes",
    [SCCP_RECORDING_STATUS] = "RecordingStatus",
};

const char *sccp_name(uint32_t id)
{
    switch (id) { /* of SPA phones, far above the others */
    case SCCP_SPCP_TOKEN_REQ: return "SPCPRegisterTokenReq";
    case SCCP_SPCP_TOKEN_ACK: return "SPCPRegisterTokenAck";
    case SCCP_SPCP_TOKEN_REJECT: return "SPCPRegisterTokenReject";
    default: return id < ARRAY_LENGTH(names) ? names[id] : NULL;
    }
}
