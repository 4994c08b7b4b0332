#include "wire/sccp_body.h"
#include "wire/xml_alarm.h"
#include <string.h>

enum {
    REGISTER_SHORT = 52, /* what a 7912 sends */
    REGISTER_LONG = 124, /* with a load: 79x1 and newer */
    MAC_PLACE = 12,      /* 6 of them used */
    ACK_TEMPLATE = 6,
    ALARM_TEXT = 80,
    USER_NAME = 40,
    SERVER_NAME = 48,
    SERVERS_SHORT = 280,  /* body of a ServerRes whose addresses are 4 bytes */
    CODEC_PARAMETERS = 8, /* of codecs that no voice phone has */
};

static void walk_features(struct walk *k, uint8_t feature[3])
{
    for (int i = 0; i < 3; i++) walk_u8(k, &feature[i]);
}

/* 12 bytes: 79x1 write 6 binary ones and zeros, a 6961 its 12 hexadecimal digits. */
static void walk_mac(struct walk *k, struct mac *mac)
{
    if (k->to) {
        write_mac(k->to, *mac);
        write_zeros(k->to, MAC_PLACE - sizeof mac->byte);
        return;
    }
    struct bytes place = read_bytes(&k->from, unread(&k->from) < MAC_PLACE ? unread(&k->from) : MAC_PLACE);
    if (place.len < sizeof mac->byte) return;
    if (place.len < MAC_PLACE || !mac_parse(place, mac)) memcpy(mac->byte, place.at, sizeof mac->byte);
}

/* Every load sends a prefix of this: 44 bytes (7936), 52 (7912), 64 (7940, 7960, 6961), 124 (79x1). */
static void walk_register(struct walk *k, struct sccp_message *m)
{
    struct sccp_register *p = &m->reg;

    walk_field(k, &p->name, MOST_NAME);
    walk_le32(k, &p->user);
    walk_le32(k, &p->instance);
    walk_address(k, &p->address);
    walk_le32(k, &p->device_type);
    walk_le32(k, &p->max_streams);
    walk_le32(k, &p->active_streams);
    walk_u8(k, &p->protocol);
    walk_features(k, p->features);
    walk_le32(k, &p->max_conferences);
    walk_le32(k, &p->active_conferences);
    walk_mac(k, &p->mac);
    walk_le32(k, &p->address_scope);
    walk_le32(k, &p->max_lines);
    walk_skip(k, IPV6);
    walk_skip(k, sizeof(uint32_t)); /* IPv6 address scope */
    if (k->to || k->size >= REGISTER_LONG) walk_field(k, &p->load, 32);
    if (!k->to) {
        p->length = k->size > UINT16_MAX ? UINT16_MAX : (uint16_t)k->size;
    } else if (!k->to->full && p->length < REGISTER_LONG) {
        k->to->len = k->begun + (p->length < REGISTER_SHORT ? REGISTER_SHORT : p->length);
    }
}

/* CallManager 2.x ends before the standby keepalive: its phones speak protocol 0. */
static void walk_register_ack(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->ack.keepalive);
    walk_field(k, &m->ack.date_template, ACK_TEMPLATE);
    walk_skip(k, 2);
    walk_le32(k, &m->ack.standby_keepalive);
    walk_u8(k, &m->ack.protocol);
    walk_features(k, m->ack.features);
}

/* Cisco documents 33 letters at most; CallManager 2.x sends 36 bytes, chan-sccp 32. */
static void walk_reject(struct walk *k, struct sccp_message *m)
{
    walk_field(k, &m->text, MOST_REJECT);
    walk_padding(k);
}

static void walk_version(struct walk *k, struct sccp_message *m)
{
    walk_field(k, &m->text, MOST_NAME);
}

static void walk_xml_alarm(struct walk *k, struct sccp_message *m)
{
    if (!k->to) {
        m->text = xml_alarm_document(read_rest(&k->from));
        return;
    }
    size_t n = m->text.len > MOST_XML ? MOST_XML - 1 : m->text.len; /* even: it may be UTF-16 */
    write_bytes(k->to, (struct bytes){m->text.at, n});
    write_u8(k->to, 0);
    walk_padding(k);
}

static void walk_alarm(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->alarm.severity);
    walk_field(k, &m->alarm.text, ALARM_TEXT);
    walk_le32(k, &m->alarm.parameter1);
    walk_address(k, &m->alarm.parameter2); /* a phone's own address, in network order */
}

void walk_number(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->number);
}

static void walk_capabilities(struct walk *k, struct sccp_message *m)
{
    struct sccp_capabilities *c = &m->capabilities;

    walk_count(k, &c->count, SCCP_CODECS);
    for (size_t i = 0; i < c->count; i++) {
        walk_le32(k, &c->codec[i].codec);
        walk_le32(k, &c->codec[i].milliseconds);
        walk_skip(k, CODEC_PARAMETERS);
    }
    walk_skip(k, (SCCP_CODECS - c->count) * (2 * sizeof(uint32_t) + CODEC_PARAMETERS)); /* stale in real phones */
}

/* From version 17 on each address is led by its type: 0 IPv4, 1 IPv6 (which we do not have: read as none). A body of
 * exactly the old length has the old layout, whatever was agreed. */
static void walk_typed_address(struct walk *k, ipv4 *address)
{
    uint32_t type = 0;

    walk_le32(k, &type);
    walk_address(k, address);
    walk_skip(k, IPV6 - sizeof *address);
    if (type != 0) *address = 0;
}

static void walk_servers(struct walk *k, struct sccp_message *m)
{
    struct sccp_servers *s = &m->servers;
    bool typed = k->version >= TYPED_ADDRESSES && (k->to || k->size != SERVERS_SHORT);

    for (size_t i = 0; i < SCCP_SERVERS; i++) walk_field(k, &s->server[i].name, SERVER_NAME);
    for (size_t i = 0; i < SCCP_SERVERS; i++) walk_le32(k, &s->server[i].port);
    for (size_t i = 0; i < SCCP_SERVERS; i++)
        if (typed)
            walk_typed_address(k, &s->server[i].address);
        else
            walk_address(k, &s->server[i].address);
}

static void walk_config(struct walk *k, struct sccp_message *m)
{
    walk_field(k, &m->config.name, MOST_NAME);
    walk_le32(k, &m->config.user);
    walk_le32(k, &m->config.instance);
    walk_field(k, &m->config.user_name, USER_NAME);
    walk_field(k, &m->config.server_name, USER_NAME);
    walk_le32(k, &m->config.lines);
    walk_le32(k, &m->config.speed_dials);
}

/* Its numbers stand behind a string, so at any offset. */
static void walk_config_dynamic(struct walk *k, struct sccp_message *m)
{
    walk_string(k, &m->config.name, MOST_NAME);
    walk_le32(k, &m->config.user);
    walk_le32(k, &m->config.instance);
    walk_le32(k, &m->config.lines);
    walk_le32(k, &m->config.speed_dials);
    walk_string(k, &m->config.user_name, USER_NAME);
    walk_string(k, &m->config.server_name, USER_NAME);
    walk_padding(k);
}

static void walk_token(struct walk *k, struct sccp_message *m)
{
    walk_field(k, &m->token.name, MOST_NAME);
    walk_le32(k, &m->token.user);
    walk_le32(k, &m->token.instance);
    walk_address(k, &m->token.address);
    walk_le32(k, &m->token.device_type);
    walk_skip(k, IPV6);
    walk_skip(k, sizeof(uint32_t)); /* whether a call is up, by chan-sccp */
}

/* Without a body; what newer firmware appends is kept in `other`. */
void walk_other(struct walk *k, struct sccp_message *m)
{
    if (!k->to)
        m->other = read_rest(&k->from);
    else if (m->other.len <= SCCP_MOST - SCCP_HEADER)
        write_bytes(k->to, m->other);
    else
        write_bytes(k->to, (struct bytes){m->other.at, SCCP_MOST - SCCP_HEADER});
}

static const struct body bodies[] = {
    {SCCP_KEEP_ALIVE, 0, walk_other},
    {SCCP_KEEP_ALIVE_ACK, 0, walk_other},
    {SCCP_REGISTER, 36, walk_register},
    {SCCP_IP_PORT, 4, walk_number},
    {SCCP_FORWARD_STAT_REQ, 4, walk_number},
    {SCCP_SPEED_DIAL_STAT_REQ, 4, walk_number},
    {SCCP_LINE_STAT_REQ, 4, walk_number},
    {SCCP_CONFIG_STAT_REQ, 0, walk_other},
    {SCCP_TIME_DATE_REQ, 0, walk_other},
    {SCCP_BUTTON_TEMPLATE_REQ, 0, walk_other},
    {SCCP_VERSION_REQ, 0, walk_other},
    {SCCP_CAPABILITIES_RES, 4, walk_capabilities},
    {SCCP_SERVER_REQ, 0, walk_other},
    {SCCP_ALARM, 4, walk_alarm},
    {SCCP_SOFT_KEY_SET_REQ, 0, walk_other},
    {SCCP_UNREGISTER, 0, walk_number},
    {SCCP_SOFT_KEY_TEMPLATE_REQ, 0, walk_other},
    {SCCP_REGISTER_TOKEN_REQ, 32, walk_token},
    {SCCP_HEADSET_STATUS, 4, walk_number},
    {SCCP_REGISTER_AVAILABLE_LINES, 4, walk_number},
    {SCCP_SERVICE_URL_STAT_REQ, 4, walk_number},
    {SCCP_FEATURE_STAT_REQ, 4, walk_feature_req},
    {SCCP_XML_ALARM, 0, walk_xml_alarm},
    {SCCP_REGISTER_ACK, 12, walk_register_ack},
    {SCCP_FORWARD_STAT, 8, walk_forward},
    {SCCP_SPEED_DIAL_STAT, 4, walk_speed_dial},
    {SCCP_LINE_STAT, 28, walk_line},
    {SCCP_CONFIG_STAT, 24, walk_config},
    {SCCP_CONFIG_STAT_DYNAMIC, 1, walk_config_dynamic},
    {SCCP_DEFINE_TIME_DATE, 32, walk_time},
    {SCCP_BUTTON_TEMPLATE_RES, 12, walk_buttons},
    {SCCP_VERSION, 0, walk_version},
    {SCCP_CAPABILITIES_REQ, 0, walk_other},
    {SCCP_REGISTER_REJECT, 0, walk_reject},
    {SCCP_SERVER_RES, 240, walk_servers},
    {SCCP_RESET, 4, walk_number},
    {SCCP_SOFT_KEY_TEMPLATE_RES, 12, walk_soft_keys},
    {SCCP_SOFT_KEY_SET_RES, 12, walk_key_sets},
    {SCCP_SELECT_SOFT_KEYS, 12, walk_keys},
    {SCCP_DISPLAY_PROMPT_STATUS, 4, walk_prompt},
    {SCCP_DISPLAY_NOTIFY, 4, walk_notify},
    {SCCP_UNREGISTER_ACK, 0, walk_number},
    {SCCP_REGISTER_TOKEN_ACK, 0, walk_other},
    {SCCP_REGISTER_TOKEN_REJECT, 4, walk_number},
    {SCCP_FEATURE_STAT, 4, walk_feature},
    {SCCP_SERVICE_URL_STAT, 4, walk_service},
    {SCCP_DISPLAY_DYNAMIC_NOTIFY, 4, walk_notify_dynamic},
    {SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS, 12, walk_prompt_dynamic},
    {SCCP_FEATURE_STAT_DYNAMIC, 12, walk_feature_dynamic},
    {SCCP_LINE_STAT_DYNAMIC, 8, walk_line_dynamic},
    {SCCP_SERVICE_URL_STAT_DYNAMIC, 4, walk_service_dynamic},
    {SCCP_SPEED_DIAL_STAT_DYNAMIC, 4, walk_speed_dial_dynamic},
};

static const struct body *body_of(uint32_t id)
{
    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++)
        if (bodies[i].id == id) return &bodies[i];
    const struct body *of_a_call = call_body(id);
    return of_a_call ? of_a_call : media_body(id);
}

bool sccp_message_decode(struct sccp_message *out, struct bytes message, uint8_t version, struct fault *why)
{
    struct sccp s;
    bool whole = sccp_decode(&s, message, why);
    const struct body *body = body_of(s.id);

    memset(out, 0, sizeof *out);
    if (!whole) return false;
    out->id = s.id;
    out->header_version = s.header_version;
    out->known = body != NULL;
    if (!body) {
        out->other = s.body;
        return true;
    }
    struct reader r =
        reader(message, why); /* of the whole message, so that the offset of a fault counts from its start */
    (void)read_bytes(&r, SCCP_HEADER);
    if (s.body.len < body->least) {
        (void)read_rest(&r);
        refuse(&r, FAULT_SHORT, "body of an SCCP message ends too early");
        return false;
    }
    struct walk k = {.from = r, .size = s.body.len, .version = version};
    body->walk(&k, out);
    return true;
}

/* wire/sccp.h, "Header version". Wireshark takes the layout of a body from this word, phones do not. */
static uint32_t header_version(uint32_t id, uint8_t version)
{
    if (version < TYPED_ADDRESSES) return 0;
    switch (id) {
    case SCCP_REGISTER_ACK:
    case SCCP_KEEP_ALIVE_ACK:
    case SCCP_UNREGISTER_ACK:
    case SCCP_CAPABILITIES_REQ:
    case SCCP_ALARM:
    case SCCP_XML_ALARM: /* before Register, as the two others */
    case SCCP_REGISTER:
    case SCCP_IP_PORT: return 0;
    default: return version;
    }
}

void sccp_message_encode(struct writer *w, const struct sccp_message *m, uint8_t version)
{
    const struct body *body = body_of(m->id);
    struct sccp_message copy = *m; /* a walk may cut its counts */
    size_t begun = sccp_begin(w, header_version(m->id, version), m->id);
    struct walk k = {.to = w, .begun = w->len, .version = version};

    if (body)
        body->walk(&k, &copy);
    else
        walk_other(&k, &copy);
    sccp_end(w, begun);
}
