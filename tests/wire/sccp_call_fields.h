/* sccp_fields.h for the messages of wire/sccp_call.h, and the entry to both. */
#ifndef TESTS_WIRE_SCCP_CALL_FIELDS_H
#define TESTS_WIRE_SCCP_CALL_FIELDS_H
#include <arpa/inet.h>
#include <stdio.h>
#include "sccp_fields.h"

static inline void fields_line_call(struct fields *f, uint32_t line, uint32_t call)
{
    number(f, "lineInstance", line);
    number(f, "callReference", call);
}

static inline void fields_keys_pressed(struct fields *f, const struct sccp_message *m)
{
    const union sccp_call *c = &m->call;

    switch (m->id) {
    case SCCP_KEYPAD_BUTTON:
    case SCCP_SOFT_KEY_EVENT:
        number(f, m->id == SCCP_KEYPAD_BUTTON ? "kpButton" : "softKeyEvent", c->pressed.key);
        fields_line_call(f, c->pressed.line, c->pressed.call);
        break;
    case SCCP_ENBLOC_CALL:
        text(f, "calledParty", c->enbloc.number);
        if (f->version >= 17) number(f, "lineInstance", c->enbloc.line);
        break;
    case SCCP_STIMULUS:
        number(f, "stimulus", c->stimulus.button);
        fields_line_call(f, c->stimulus.instance, c->stimulus.call);
        number(f, "stimulusStatus", c->stimulus.status);
        break;
    case SCCP_OFF_HOOK:
    case SCCP_ON_HOOK:
    case SCCP_HOOK_FLASH:
    case SCCP_CLEAR_PROMPT_STATUS:
    case SCCP_BACK_SPACE_RES: fields_line_call(f, c->of.line, c->of.call); break;
    case SCCP_OFF_HOOK_WITH_CALLING_PARTY:
        text(f, "callingPartyNumber", c->calling.number);
        text(f, "cgpnVoiceMailbox", c->calling.mailbox);
        number(f, "lineInstance", c->calling.line);
        break;
    case SCCP_MEDIA_PATH_EVENT:
    case SCCP_MEDIA_PATH_CAPABILITY:
        number(f, "mediaPathID", c->path.path);
        number(f, m->id == SCCP_MEDIA_PATH_EVENT ? "mediaPathEvent" : "mediaPathCapabilities", c->path.value);
        break;
    default: break;
    }
}

static inline void fields_info(struct fields *f, const struct sccp_message *m)
{
    static const char *const restricted[] = {
        "RestrictInformationType.CallingPartyName",        "RestrictInformationType.CallingPartyNumber",
        "RestrictInformationType.CalledPartyName",         "RestrictInformationType.CalledPartyNumber",
        "RestrictInformationType.OriginalCalledPartyName", "RestrictInformationType.OriginalCalledPartyNumber",
        "RestrictInformationType.LastRedirectPartyName",   "RestrictInformationType.LastRedirectPartyNumber"};
    static const char *const either[] = {"RestrictInformationType.CallingParty", "RestrictInformationType.CalledParty",
                                         "RestrictInformationType.OriginalCalledParty",
                                         "RestrictInformationType.LastRedirectParty"};
    const struct sccp_info *i = &m->call.info;

    fields_line_call(f, i->line, i->call);
    number(f, "callType", i->type);
    number(f, "originalCdpnRedirectReason", i->original_reason);
    number(f, "lastRedirectingReason", i->redirecting_reason);
    number(f, "callInstance", i->instance);
    number(f, "callSecurityStatus", i->security);
    bits(f, restricted, ARRAY_LENGTH(restricted), i->restriction);
    for (unsigned k = 0; k < ARRAY_LENGTH(either); k++) number(f, either[k], (i->restriction >> 2 * k & 3) != 0);
    number(f, "RestrictInformationType.BitsReserved", i->restriction >> 8);
    text(f, "callingPartyName", i->calling.name);
    text(f, "callingParty", i->calling.number);
    text(f, "cgpnVoiceMailbox", i->calling.mailbox);
    text(f, "calledPartyName", i->called.name);
    text(f, "calledParty", i->called.number);
    text(f, "cdpnVoiceMailbox", i->called.mailbox);
    text(f, "originalCalledPartyName", i->original.name);
    text(f, "originalCalledParty", i->original.number);
    text(f, "originalCdpnVoiceMailbox", i->original.mailbox);
    text(f, "lastRedirectingPartyName", i->redirecting.name);
    text(f, "lastRedirectingParty", i->redirecting.number);
    text(f, "lastRedirectingVoiceMailbox", i->redirecting.mailbox);
    if (m->id == SCCP_CALL_INFO) return;
    text(f, "AlternateCallingParty", i->alternate_calling);
    text(f, "HuntPilotNumber", i->hunt_pilot);
    text(f, "HuntPilotName", i->hunt_pilot_name);
}

/* Below 16 a phone is sent 12 strings (sccp_call.h); Wireshark expects an alternate calling party at any version, so
 * that it shows each string behind the first by the name of the one before it. */
static inline void fields_info_of_12(struct fields *f, const struct sccp_message *m)
{
    struct sccp_message shifted = *m;
    struct sccp_info *to = &shifted.call.info;
    const struct sccp_info *i = &m->call.info;

    to->alternate_calling = i->called.number;
    to->called.number = i->original.number;
    to->original.number = i->redirecting.number;
    to->redirecting.number = i->calling.mailbox;
    to->calling.mailbox = i->called.mailbox;
    to->called.mailbox = i->original.mailbox;
    to->original.mailbox = i->redirecting.mailbox;
    to->redirecting.mailbox = i->calling.name;
    to->calling.name = i->called.name;
    to->called.name = i->original.name;
    to->original.name = i->redirecting.name;
    to->redirecting.name = (struct bytes){NULL, 0};
    fields_info(f, &shifted);
}

static inline void fields_of_a_call(struct fields *f, const struct sccp_message *m)
{
    const union sccp_call *c = &m->call;

    switch (m->id) {
    case SCCP_CALL_STATE:
        number(f, "callState", c->state.state);
        fields_line_call(f, c->state.line, c->state.call);
        number(f, "privacy", c->state.privacy);
        number(f, "precedenceLevel", c->state.precedence);
        number(f, "precedenceDomain", c->state.domain);
        break;
    case SCCP_CALL_INFO: fields_info(f, m); break;
    case SCCP_CALL_INFO_DYNAMIC:
        if (f->version < 16)
            fields_info_of_12(f, m);
        else
            fields_info(f, m);
        break;
    case SCCP_DIALED_NUMBER:
        text(f, "dialedNumber", c->dialed.number);
        fields_line_call(f, c->dialed.line, c->dialed.call);
        break;
    case SCCP_CALL_HISTORY_DISPOSITION:
        number(f, "callHistoryDisposition", c->history.disposition);
        fields_line_call(f, c->history.line, c->history.call);
        break;
    case SCCP_CALL_SELECT_STAT:
        number(f, "callSelectStat", c->select.status);
        fields_line_call(f, c->select.line, c->select.call);
        break;
    case SCCP_RECORDING_STATUS:
        number(f, "callReference", c->recording.call);
        number(f, "recording.status", c->recording.status);
        break;
    case SCCP_CALL_COUNT_RES:
        number(f, "totalNumOfConfiguredLines", c->counts.lines);
        number(f, "startingLineInstance", c->counts.first);
        number(f, "lineDataEntries", c->counts.count);
        for (size_t i = 0; i < c->counts.count; i++) {
            f->number(f, "maxNumCalls", i, c->counts.line[i].most);
            f->number(f, "busyTrigger", i, c->counts.line[i].busy_trigger);
        }
        break;
    default: fields_keys_pressed(f, m);
    }
}

static inline void fields_show(struct fields *f, const struct sccp_message *m)
{
    const union sccp_call *c = &m->call;

    switch (m->id) {
    case SCCP_SET_RINGER:
        number(f, "ringMode", c->ring.mode);
        number(f, "ringDuration", c->ring.duration);
        fields_line_call(f, c->ring.line, c->ring.call);
        break;
    case SCCP_SET_LAMP:
        number(f, "stimulus", c->lamp.button);
        number(f, "stimulusInstance", c->lamp.instance);
        number(f, "lampMode", c->lamp.mode);
        break;
    case SCCP_START_TONE:
        number(f, "tone", c->tone.tone);
        number(f, "tone.output.direction", c->tone.direction);
        fields_line_call(f, c->tone.line, c->tone.call);
        break;
    case SCCP_STOP_TONE:
        fields_line_call(f, c->tone.line, c->tone.call);
        if (f->version >= 17) number(f, "tone", c->tone.tone); /* by the header's word, which is 0 below 17 */
        break;
    case SCCP_SET_SPEAKER_MODE: number(f, "speakerMode", m->number); break;
    case SCCP_SET_MICRO_MODE: number(f, "micMode", m->number); break;
    case SCCP_ACTIVATE_CALL_PLANE: number(f, "lineInstance", m->number); break;
    case SCCP_CLEAR_PRI_NOTIFY: number(f, "priority", m->number); break;
    case SCCP_SPCP_TOKEN_ACK: number(f, "features", m->number); break;
    case SCCP_SPCP_TOKEN_REJECT: number(f, "waitTimeBeforeNextReq", m->number); break;
    case SCCP_DISPLAY_TEXT: text(f, "text", m->text); break;
    case SCCP_LOCATION_INFO: text(f, "locationInfo", m->text); break;
    case SCCP_DISPLAY_PRI_NOTIFY:
    case SCCP_DISPLAY_DYNAMIC_PRI_NOTIFY:
        number(f, "timeOutValue", c->notice.timeout);
        number(f, "priority", c->notice.priority);
        f->text(f, "notify", 0, c->notice.label, c->notice.text);
        break;
    default: fields_of_a_call(f, m);
    }
}

static inline void fields_transport(struct fields *f, const char *address, const char *port,
                                    const struct sccp_transport *t)
{
    char name[64], shown[INET6_ADDRSTRLEN];

    (void)snprintf(name, sizeof name, "%s.%s", address, t->type == 1 ? "ipv6" : "ipv4");
    if (f->version >= 17) number(f, "ipv4or6", t->type);
    if (t->type == 1)
        text(f, name, bytes_of(inet_ntop(AF_INET6, t->ipv6, shown, sizeof shown)));
    else
        address_at(f, name, 0, t->address);
    number(f, port, t->port);
}

static inline void fields_latent(struct fields *f, const struct sccp_latent *l)
{
    static const char *const most[] = {"chan0MaxPayload", "chan2MaxPayload", "chan3MaxPayload", "chan2MaxWindow"};
    static const char *const flags[] = {"nse",     "rfc2833",    "sse",        "v150sprt",
                                        "noaudio", "FutureUse1", "FutureUse2", "FutureUse3"};

    number(f, "active", l->active);
    number(f, "capAndVer", l->version);
    number(f, "modAnd2833", l->modulation);
    for (size_t i = 0; i < ARRAY_LENGTH(most); i++) number(f, most[i], l->most[i]);
    number(f, "standard", l->standard);
    number(f, "vendor", l->vendor);
    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++) number(f, flags[i], l->flags[i]);
}

static inline void fields_media(struct fields *f, const struct sccp_message *message)
{
    const struct sccp_media *m = &message->call.media;
    bool open = message->id == SCCP_OPEN_RECEIVE_CHANNEL;

    number(f, "conferenceId", m->conference);
    number(f, "passThroughPartyId", m->party);
    number(f, "milliSecondPacketSize", m->milliseconds);
    number(f, "compressionType", m->codec);
    if (open) {
        number(f, "ecValue", m->echo_cancellation);
    } else {
        number(f, "precedenceValue", m->precedence);
        number(f, "ssValue", m->silence_suppression);
        number(f, "maxFramesPerPacket", m->frames);
        number(f, "padding", 0);
    }
    if (f->version < 17)
        number(f, "g723BitRate", m->parameters); /* what it shows of a header version of 0 */
    else
        codec_parameters(f, 0, m->parameters);
    number(f, "callReference", m->call);
    number(f, "algorithmID", m->encryption.algorithm);
    number(f, "keylen", m->encryption.key_length);
    number(f, "saltlen", m->encryption.salt_length);
    for (size_t i = 0; i < m->encryption.key_length; i++) f->number(f, "key", i, m->encryption.key[i]);
    for (size_t i = 0; i < m->encryption.salt_length; i++) f->number(f, "salt", i, m->encryption.salt[i]);
    number(f, "isMKIPresent", m->encryption.mki);
    number(f, "keyDerivationRate", m->encryption.derivation_rate);
    number(f, "streamPassThroughId", m->stream);
    number(f, "associatedStreamId", m->associated_stream);
    number(f, "RFC2833PayloadType", m->dtmf_payload);
    number(f, "dtmfType", m->dtmf_type);
    if (!open || f->version >= 17) number(f, "mixingMode", m->mixing);
    if (f->version >= 17) number(f, "partyDirection", m->direction);
    if (!open || f->version >= 17)
        fields_transport(f, open ? "sourceIpAddr" : "remoteIpAddr", open ? "sourcePortNumber" : "remotePortNumber",
                         &m->peer);
    if (open && f->version >= 17) number(f, "requestedIpAddrType", m->address_type);
    if (open && f->version >= 22) number(f, "audioLevelAdjustment", m->level);
    if (f->version >= 22) fields_latent(f, &m->latent);
}

static inline void fields_statistics(struct fields *f, const struct sccp_statistics *s)
{
    text(f, "directoryNum", s->number);
    number(f, "callReference", s->call);
    number(f, "statsProcessingMode", s->mode);
    number(f, "numberPacketsSent", s->sent_packets);
    number(f, "numberOctetsSent", s->sent_octets);
    number(f, "numberPacketsReceived", s->received_packets);
    number(f, "numberOctetsReceived", s->received_octets);
    number(f, "numberPacketsLost", s->lost_packets);
    number(f, "jitter", s->jitter);
    number(f, "latency", s->latency);
    number(f, "dataSize", (uint32_t)s->text.len);
    text(f, "data", s->text);
}

static inline void fields_media_answers(struct fields *f, const struct sccp_message *m)
{
    const union sccp_call *c = &m->call;

    switch (m->id) {
    case SCCP_OPEN_RECEIVE_CHANNEL_ACK:
        number(f, "mediaReceptionStatus", c->receiving.status);
        fields_transport(f, "ipAddr", "portNumber", &c->receiving.at);
        number(f, "passThroughPartyId", c->receiving.party);
        number(f, "callReference", c->receiving.call);
        break;
    case SCCP_START_MEDIA_TRANSMISSION_ACK:
        number(f, "conferenceId", c->sending.conference);
        number(f, "passThroughPartyId", c->sending.party);
        number(f, "callReference", c->sending.call);
        fields_transport(f, "transmitIpAddr", "portNumber", &c->sending.at);
        number(f, "mediaTransmissionStatus", c->sending.status);
        break;
    case SCCP_MEDIA_TRANSMISSION_FAILURE:
        number(f, "conferenceId", c->failure.conference);
        number(f, "passThroughPartyId", c->failure.party);
        fields_transport(f, "remoteIpAddr", "remotePortNumber", &c->failure.peer);
        number(f, "callReference", c->failure.call);
        break;
    case SCCP_CLOSE_RECEIVE_CHANNEL:
    case SCCP_STOP_MEDIA_TRANSMISSION:
        number(f, "conferenceId", c->close.conference);
        number(f, "passThroughPartyId", c->close.party);
        number(f, "callReference", c->close.call);
        number(f, "portHandlingFlag", c->close.port_handling);
        break;
    case SCCP_MULTICAST_MEDIA_RECEPTION_ACK:
        number(f, "multicastReceptionStatus", c->multicast.status);
        number(f, "passThroughPartyId", c->multicast.party);
        number(f, "callReference", c->multicast.call);
        break;
    case SCCP_PORT_REQUEST:
    case SCCP_PORT_CLOSE:
    case SCCP_PORT_RESPONSE:
        number(f, "conferenceId", c->port.conference);
        number(f, "callReference", c->port.call);
        number(f, "passThroughPartyId", c->port.party);
        if (m->id == SCCP_PORT_REQUEST) number(f, "mediaTransportType", c->port.transport);
        if (m->id == SCCP_PORT_REQUEST) number(f, "ipAddressType", c->port.address_type);
        if (m->id == SCCP_PORT_RESPONSE) fields_transport(f, "ipAddr", "portNumber", &c->port.at);
        if (m->id == SCCP_PORT_RESPONSE) number(f, "RTCPPortNumber", c->port.rtcp_port);
        if (m->id != SCCP_PORT_RESPONSE || f->version >= 20) number(f, "mediaType", c->port.media);
        break;
    default: fields_show(f, m);
    }
}

static inline void fields_audio(struct fields *f, const struct sccp_audio *a)
{
    number(f, "audioCapCount", a->count);
    number(f, "videoCapCount", a->video);
    number(f, "dataCapCount", a->data);
    /* What lies between is 0. Wireshark takes the codecs to stand at 32, behind no custom pictures and no service
     * resources; phones have them at 312 (chan-sccp's dumps of a 7960 and a 7970), so it shows zeros. Newer Wiresharks
     * than Debian's have that right for the second form. */
    number(f, "rtpPayloadFormat", 0);
    number(f, "customPictureFormatCount", 0);
    number(f, "activeStreamsOnRegistration", 0);
    number(f, "maxBW", 0);
    number(f, "serviceResourceCount", 0);
    for (size_t i = 0; i < a->count; i++) {
        f->number(f, "payloadCapability", i, 0);
        f->number(f, "maxFramesPerPacket", i, 0);
        codec_parameters(f, i, 0);
    }
}

static inline void fields_beside_media(struct fields *f, const struct sccp_message *m)
{
    const union sccp_call *c = &m->call;

    switch (m->id) {
    case SCCP_OPEN_RECEIVE_CHANNEL:
    case SCCP_START_MEDIA_TRANSMISSION: fields_media(f, m); break;
    case SCCP_CONNECTION_STATISTICS_RES: fields_statistics(f, &c->statistics); break;
    case SCCP_CONNECTION_STATISTICS_REQ:
        text(f, "directoryNum", c->statistics_req.number);
        number(f, "callReference", c->statistics_req.call);
        number(f, "statsProcessingMode", c->statistics_req.mode);
        break;
    case SCCP_MEDIA_RESOURCE_NOTIFICATION:
        number(f, "deviceType", c->resource.device_type);
        number(f, "numberOfInServiceStreams", c->resource.in_service);
        number(f, "maxStreamsPerConf", c->resource.most_per_conference);
        number(f, "numberOfOutOfServiceStreams", c->resource.out_of_service);
        break;
    case SCCP_UPDATE_CAPABILITIES:
    case SCCP_UPDATE_CAPABILITIES_V2:
    case SCCP_UPDATE_CAPABILITIES_V3: fields_audio(f, &c->audio); break;
    default: fields_media_answers(f, m);
    }
}

static inline void fields_user_data(struct fields *f, const struct sccp_user_data *d, bool v1)
{
    number(f, "applicationId", d->application);
    fields_line_call(f, d->line, d->call);
    number(f, "transactionId", d->transaction);
    number(f, "dataLength", (uint32_t)d->data.len);
    if (v1) {
        number(f, "sequenceFlag", d->sequence);
        number(f, "displayPriority", d->priority);
        number(f, "conferenceId", d->conference);
        number(f, "appInstanceID", d->instance);
        number(f, "routingID", d->routing);
    }
    text(f, "xmldata", d->data);
}

static inline void fields_subscription(struct fields *f, const struct sccp_message *m)
{
    const struct sccp_subscription *s = &m->call.subscription;

    number(f, "transactionId", s->transaction);
    number(f, "subscriptionFeatureID", s->feature);
    if (m->id != SCCP_NOTIFICATION) number(f, "timer", s->timer);
    if (m->id == SCCP_SUBSCRIPTION_STAT_REQ) text(f, "subscriptionID", s->text);
    if (m->id == SCCP_SUBSCRIPTION_STAT) number(f, "cause", s->status);
    if (m->id == SCCP_NOTIFICATION) number(f, "notificationStatus", s->status);
    if (m->id == SCCP_NOTIFICATION) text(f, "text", s->text);
}

/* All of a message. */
static inline void fields_of(struct fields *f, const struct sccp_message *m)
{
    const union sccp_call *c = &m->call;

    switch (m->id) {
    case SCCP_DEVICE_TO_USER_DATA:
    case SCCP_DEVICE_TO_USER_DATA_RESPONSE:
    case SCCP_USER_TO_DEVICE_DATA: fields_user_data(f, &c->user_data, false); break;
    case SCCP_DEVICE_TO_USER_DATA_V1:
    case SCCP_DEVICE_TO_USER_DATA_RESPONSE_V1:
    case SCCP_USER_TO_DEVICE_DATA_V1: fields_user_data(f, &c->user_data, true); break;
    case SCCP_SUBSCRIPTION_STAT_REQ:
    case SCCP_SUBSCRIPTION_STAT:
    case SCCP_NOTIFICATION: fields_subscription(f, m); break;
    case SCCP_MWI_NOTIFICATION:
        text(f, "mwiTargetNumber", c->waiting.target);
        text(f, "mwiControlNumber", c->waiting.control);
        number(f, "areMessagesWaiting", c->waiting.waiting);
        for (size_t i = 0; i < SCCP_WAITING; i++) {
            f->number(f, "numNewMsgs", i, c->waiting.messages[i].unheard);
            f->number(f, "numOldMsgs", i, c->waiting.messages[i].heard);
        }
        break;
    case SCCP_EXTENSION_DEVICE_CAPS:
        number(f, "unknown1.0159", c->extension.number);
        number(f, "unknown2.0159", c->extension.type);
        number(f, "unknown3.0159", c->extension.third);
        text(f, "unknownString.0159", bytes_of("")); /* Wireshark's begins 24 bytes before the text */
        break;
    case SCCP_SPCP_TOKEN_REQ:
        text(f, "DeviceName", c->spcp_token.name);
        number(f, "reserved.for.future.use", c->spcp_token.user);
        number(f, "instance", c->spcp_token.instance);
        address_at(f, "stationIpAddr", 0, turned(c->spcp_token.address));
        number(f, "deviceType", c->spcp_token.device_type);
        number(f, "maxStreams", c->spcp_token.max_streams);
        break;
    default: fields_beside_media(f, m);
    }
    if (m->id < SCCP_SPCP_TOKEN_REQ) fields_of_registration(f, m);
}
#endif
