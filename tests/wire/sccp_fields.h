/* What an SCCP message says, field by field by the names that Wireshark gives them (without "skinny."): to compare it
 * with what Wireshark showed of a captured message, and for the referee, which compares what it shows of ours.
 *
 * A name may come several times; `at` is which. The messages of calls are in sccp_call_fields.h. */
#ifndef TESTS_WIRE_SCCP_FIELDS_H
#define TESTS_WIRE_SCCP_FIELDS_H
#include <string.h>
#include "wire/sccp_register.h"

struct fields {
    void (*number)(struct fields *, const char *name, size_t at, uint32_t);
    void (*text)(struct fields *, const char *name, size_t at, uint8_t label,
                 struct bytes); /* label: `80 nn` before it */
    uint8_t version;
};

static inline void number(struct fields *f, const char *name, uint32_t value)
{
    f->number(f, name, 0, value);
}

static inline void text(struct fields *f, const char *name, struct bytes value)
{
    f->text(f, name, 0, 0, value);
}

static inline void address_at(struct fields *f, const char *name, size_t at, ipv4 value)
{
    char shown[IPV4_TEXT];

    f->text(f, name, at, 0, bytes_of(ipv4_text(shown, value)));
}

/* The bits of a number, each shown as a field of its own, from the lowest on. */
static inline void bits(struct fields *f, const char *const *names, size_t n, uint32_t value)
{
    for (size_t i = 0; i < n; i++) f->number(f, names[i], 0, value >> i & 1);
}

static inline void codec_parameters(struct fields *f, size_t at, uint32_t value)
{
    static const char *const names[] = {"codecMode", "dynamicPayload", "codecParam1", "codecParam2"};

    for (unsigned i = 0; i < ARRAY_LENGTH(names); i++) f->number(f, names[i], at, value >> 8 * i & 0xff);
}

/* Wireshark's names; what the bits mean is another matter. */
static inline void phone_features(struct fields *f, const uint8_t features[3])
{
    static const char *const names[] = {
        "PhoneFeatures.Bit1",  "PhoneFeatures.Bit2",    "PhoneFeatures.Bit3",  "PhoneFeatures.Bit4",
        "PhoneFeatures.UTF8",  "PhoneFeatures.Bit6",    "PhoneFeatures.Bit7",  "PhoneFeatures.DynamicMessages",
        "PhoneFeatures.Bit9",  "PhoneFeatures.RFC2833", "PhoneFeatures.Bit11", "PhoneFeatures.Bit12",
        "PhoneFeatures.Bit13", "PhoneFeatures.Bit14",   "PhoneFeatures.Bit15", "PhoneFeatures.Abbreviated.Dial"};

    number(f, "unknown", features[0]);
    bits(f, names, ARRAY_LENGTH(names), features[1] | (uint32_t)features[2] << 8);
}

static inline void fields_register(struct fields *f, const struct sccp_register *r)
{
    char shown[MAC_TEXT];

    text(f, "DeviceName", r->name);
    number(f, "reserved.for.future.use", r->user);
    number(f, "instance", r->instance);
    address_at(f, "stationIpAddr", 0, r->address);
    number(f, "deviceType", r->device_type);
    number(f, "maxStreams", r->max_streams);
    if (r->length >= 40) number(f, "activeStreams", r->active_streams);
    if (r->length >= 44) number(f, "protocolVer", r->protocol);
    if (r->length >= 44) phone_features(f, r->features);
    if (r->length >= 52) number(f, "maxConferences", r->max_conferences);
    if (r->length < 124) return; /* of the forms between, it shows no more */
    number(f, "activeConferences", r->active_conferences);
    text(f, "macAddress", bytes_of(mac_text(shown, r->mac)));
    number(f, "ipV4AddressScope", r->address_scope);
    number(f, "maxNumberOfLines", r->max_lines);
    text(f, "stationIpV6Addr", bytes_of("::"));
    number(f, "ipV6AddressScope", 0);
    text(f, "firmwareLoadName", r->load);
}

static inline void fields_servers(struct fields *f, const struct sccp_servers *s)
{
    for (size_t i = 0; i < SCCP_SERVERS; i++) {
        f->text(f, "ServerName", i, 0, s->server[i].name);
        f->number(f, "serverTcpListenPort", i, s->server[i].port);
        if (f->version >= 17) f->number(f, "ipv4or6", i, 0);
        address_at(f, f->version >= 17 ? "stationIpAddr.ipv4" : "stationIpAddr", i, s->server[i].address);
    }
}

/* Of two messages it shows the address as a number that is not in network order. Addresses are, in SCCP; of no phone is
 * a token request known that would settle it. */
static inline ipv4 turned(ipv4 a)
{
    return (a & 0xff) << 24 | (a & 0xff00) << 8 | (a >> 8 & 0xff00) | a >> 24;
}

static inline void fields_tables(struct fields *f, const struct sccp_message *m)
{
    size_t n = 0;

    switch (m->id) {
    case SCCP_BUTTON_TEMPLATE_RES:
        number(f, "buttonOffset", m->buttons.offset);
        number(f, "buttonCount", m->buttons.count);
        number(f, "totalButtonCount", m->buttons.total);
        for (size_t i = 0; i < m->buttons.total && m->buttons.total <= 42; i++) { /* of more it shows none */
            f->number(f, "instanceNumber", i, m->buttons.button[i].instance);
            f->number(f, "buttonDefinition", i, m->buttons.button[i].definition);
        }
        break;
    case SCCP_SOFT_KEY_TEMPLATE_RES:
        number(f, "softKeyOffset", m->soft_keys.offset);
        number(f, "softKeyCount", m->soft_keys.count);
        number(f, "totalSoftKeyCount", m->soft_keys.total);
        for (size_t i = 0; i < m->soft_keys.count; i++) {
            f->text(f, "softKeyLabel", i, m->soft_keys.key[i].label, m->soft_keys.key[i].text);
            f->number(f, "softKeyEvent", i, m->soft_keys.key[i].event);
        }
        break;
    case SCCP_SOFT_KEY_SET_RES:
        number(f, "softKeySetOffset", m->key_sets.offset);
        number(f, "softKeySetCount", m->key_sets.count);
        number(f, "totalSoftKeySetCount", m->key_sets.total);
        for (size_t i = 0; i < m->key_sets.count; i++)
            for (size_t k = 0; k < SCCP_KEYS; k++, n++) {
                f->number(f, "softKeyTemplateIndex", n, m->key_sets.set[i].position[k]);
                f->number(f, "softKeyInfoIndex", n, m->key_sets.set[i].info[k]);
            }
        break;
    case SCCP_CAPABILITIES_RES:
        number(f, "capCount", m->capabilities.count);
        for (size_t i = 0; i < m->capabilities.count; i++) {
            f->number(f, "payloadCapability", i, m->capabilities.codec[i].codec);
            f->number(f, "maxFramesPerPacket", i, m->capabilities.codec[i].milliseconds);
            codec_parameters(f, i, 0);
        }
        break;
    case SCCP_SERVER_RES: fields_servers(f, &m->servers); break;
    default: break;
    }
}

static inline void fields_soft_key_mask(struct fields *f, uint32_t mask)
{
    static const char *const names[] = {
        "SoftKeyMask.SoftKey1",  "SoftKeyMask.SoftKey2",  "SoftKeyMask.SoftKey3",  "SoftKeyMask.SoftKey4",
        "SoftKeyMask.SoftKey5",  "SoftKeyMask.SoftKey6",  "SoftKeyMask.SoftKey7",  "SoftKeyMask.SoftKey8",
        "SoftKeyMask.SoftKey9",  "SoftKeyMask.SoftKey10", "SoftKeyMask.SoftKey11", "SoftKeyMask.SoftKey12",
        "SoftKeyMask.SoftKey13", "SoftKeyMask.SoftKey14", "SoftKeyMask.SoftKey15", "SoftKeyMask.SoftKey16"};

    bits(f, names, ARRAY_LENGTH(names), mask);
}

static inline void fields_keys(struct fields *f, const struct sccp_message *m)
{
    static const char *const options[] = {"OrigDialed", "RedirDialed", "CallingPartyNumber", "CallingPartyName"};

    switch (m->id) {
    case SCCP_LINE_STAT:
    case SCCP_LINE_STAT_DYNAMIC:
        number(f, "lineNumber", m->line.line);
        text(f, "lineDirNumber", m->line.number);
        text(f, "lineFullyQualifiedDisplayName", m->line.name);
        text(f, "lineTextLabel", m->line.label);
        if (m->id == SCCP_LINE_STAT)
            number(f, "lineDisplayOptions", m->line.options);
        else
            bits(f, options, ARRAY_LENGTH(options), m->line.options);
        break;
    case SCCP_SPEED_DIAL_STAT:
    case SCCP_SPEED_DIAL_STAT_DYNAMIC:
        number(f, "speedDialNumber", m->speed_dial.index);
        text(f, "speedDialDirNumber", m->speed_dial.number);
        text(f, "speedDialDisplayName", m->speed_dial.name);
        break;
    case SCCP_FEATURE_STAT:
    case SCCP_FEATURE_STAT_DYNAMIC:
        number(f, "featureIndex", m->feature.index);
        number(f, "featureID", m->feature.definition);
        number(f, "featureStatus", m->feature.status);
        text(f, "featureTextLabel", m->feature.label);
        break;
    case SCCP_SERVICE_URL_STAT:
    case SCCP_SERVICE_URL_STAT_DYNAMIC:
        number(f, "serviceURLIndex", m->service.index);
        if (m->id == SCCP_SERVICE_URL_STAT_DYNAMIC) break; /* of the dynamic form it shows the index alone */
        text(f, "serviceURL", m->service.url);
        text(f, "serviceURLDisplayName", m->service.label);
        break;
    case SCCP_FORWARD_STAT:
        number(f, "activeForward", m->forward.active);
        number(f, "lineNumber", m->forward.line);
        number(f, "forwardAllActive", m->forward.all.active);
        text(f, "forwardAllDirnum", m->forward.all.number);
        number(f, "forwardBusyActive", m->forward.busy.active);
        text(f, "forwardBusyDirnum", m->forward.busy.number);
        number(f, "forwardNoAnswerActive", m->forward.no_answer.active);
        text(f, "forwardNoAnswerlDirnum", m->forward.no_answer.number);
        break;
    default: fields_tables(f, m);
    }
}

static inline void fields_status(struct fields *f, const struct sccp_message *m)
{
    switch (m->id) {
    case SCCP_DISPLAY_PROMPT_STATUS:
    case SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS:
        number(f, "lineInstance", m->prompt.line);
        number(f, "callReference", m->prompt.call);
        number(f, "timeOutValue", m->prompt.timeout);
        f->text(f, "promptStatus", 0, m->prompt.label, m->prompt.text);
        break;
    case SCCP_DISPLAY_NOTIFY:
    case SCCP_DISPLAY_DYNAMIC_NOTIFY:
        number(f, "timeOutValue", m->prompt.timeout);
        f->text(f, "notify", 0, m->prompt.label, m->prompt.text);
        break;
    case SCCP_SELECT_SOFT_KEYS:
        number(f, "lineInstance", m->keys.line);
        number(f, "callReference", m->keys.call);
        number(f, "softKeySetIndex", m->keys.set);
        fields_soft_key_mask(f, m->keys.mask);
        break;
    case SCCP_DEFINE_TIME_DATE:
        number(f, "wYear", m->time.year);
        number(f, "wMonth", m->time.month);
        number(f, "wDayOfWeek", m->time.weekday);
        number(f, "wDay", m->time.day);
        number(f, "wHour", m->time.hour);
        number(f, "wMinute", m->time.minute);
        number(f, "wSecond", m->time.second);
        number(f, "wMilliseconds", m->time.millisecond);
        number(f, "systemTime", m->time.unix_time);
        break;
    case SCCP_CONFIG_STAT:
    case SCCP_CONFIG_STAT_DYNAMIC:
        text(f, "DeviceName", m->config.name);
        number(f, "reserved.for.future.use", m->config.user);
        number(f, "instance", m->config.instance);
        text(f, "userName", m->config.user_name);
        text(f, "serverName", m->config.server_name);
        number(f, "numberOfLines", m->config.lines);
        number(f, "numberOfSpeedDials", m->config.speed_dials);
        break;
    default: fields_keys(f, m);
    }
}

/* Not shown, as Wireshark takes them of longer bodies alone: the reason of an Unregister, the capabilities of a
 * FeatureStatReq. */
static inline void fields_of_registration(struct fields *f, const struct sccp_message *m)
{
    switch (m->id) {
    case SCCP_REGISTER: fields_register(f, &m->reg); break;
    case SCCP_REGISTER_ACK:
        number(f, "keepAliveInterval", m->ack.keepalive);
        text(f, "dateTemplate", m->ack.date_template);
        if (m->ack.protocol == 0) break; /* the 12 bytes of CallManager 2.x */
        number(f, "alignmentPadding", 0);
        number(f, "secondaryKeepAliveInterval", m->ack.standby_keepalive);
        number(f, "maxProtocolVer", m->ack.protocol);
        phone_features(f, m->ack.features);
        break;
    case SCCP_ALARM:
        number(f, "alarmSeverity", m->alarm.severity);
        text(f, "text", m->alarm.text);
        number(f, "parm1", m->alarm.parameter1);
        number(f, "parm2", turned(m->alarm.parameter2)); /* it takes the address for a number like the others */
        break;
    case SCCP_REGISTER_TOKEN_REQ:
        text(f, "DeviceName", m->token.name);
        number(f, "reserved.for.future.use", m->token.user);
        number(f, "instance", m->token.instance);
        address_at(f, "stationIpAddr", 0, turned(m->token.address));
        number(f, "deviceType", m->token.device_type);
        if (f->version >= 17) number(f, "ipv4or6", 0);
        address_at(f, "stationIpV6Addr.ipv4", 0, 0);
        break;
    case SCCP_REGISTER_REJECT: text(f, "text", m->text); break;
    case SCCP_VERSION: text(f, "versionStr", m->text); break;
    case SCCP_XML_ALARM: text(f, "alarmInfo", m->text); break;
    case SCCP_IP_PORT: number(f, "rtpMediaPort", m->number); break;
    case SCCP_HEADSET_STATUS: number(f, "headsetStatus", m->number); break;
    case SCCP_REGISTER_AVAILABLE_LINES: number(f, "maxNumOfAvailLines", m->number); break;
    case SCCP_FORWARD_STAT_REQ:
    case SCCP_LINE_STAT_REQ: number(f, "lineNumber", m->number); break;
    case SCCP_SPEED_DIAL_STAT_REQ: number(f, "speedDialNumber", m->number); break;
    case SCCP_SERVICE_URL_STAT_REQ: number(f, "serviceURLIndex", m->number); break;
    case SCCP_UNREGISTER_ACK: number(f, "status", m->number); break;
    case SCCP_RESET: number(f, "resetType", m->number); break;
    case SCCP_REGISTER_TOKEN_REJECT: number(f, "waitTimeBeforeNextReq", m->number); break;
    case SCCP_FEATURE_STAT_REQ: number(f, "featureIndex", m->feature_req.index); break;
    default: fields_status(f, m);
    }
}
#endif
