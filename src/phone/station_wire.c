#include "phone/station_wire.h"
#include "base/text.h"
#include "provision/device_name.h"
#include <string.h>

enum { PACKET_MS = 20, RTP_PORT = 16384, FEATURE_UTF8 = 0x10 /* of the second feature byte */ };

const char *last_words(enum last last)
{
    switch (last) {
    case LAST_TCP_TIMEOUT: return "TCP-timeout";
    case LAST_CM_RESET_TCP: return "CM-reset-TCP";
    case LAST_CM_ABORTED_TCP: return "CM-aborted-TCP";
    case LAST_CM_CLOSED_TCP: return "CM-closed-TCP";
    case LAST_KEEPALIVE_TO: return "KeepaliveTO";
    case LAST_FAILBACK: return "Failback";
    case LAST_RESET_RESET: return "Reset-Reset";
    case LAST_RESET_RESTART: return "Reset-Restart";
    case LAST_REG_REJECTED: return "Phone-Reg-Rej";
    case LAST_INITIALIZED: return "Initialized";
    }
    return "Initialized";
}

static void send_message(const struct station *s, const struct sccp_message *m, uint32_t stream, struct outbox *out)
{
    bool agreed =
        s->active != STATION_NONE && s->link[s->active].stream == stream; /* on a standby connection nothing is */

    sccp_message_encode(put(out, (struct action){.kind = ACTION_WRITE, .stream = stream}), m, agreed ? s->protocol : 0);
}

void station_send_number(const struct station *s, uint32_t id, uint32_t number, uint32_t stream, struct outbox *out)
{
    struct sccp_message m = {.id = id};

    m.number = number;
    send_message(s, &m, stream, out);
}

static bool numbered_alarm(const struct load_manifest *load)
{
    return load->files_order == 'B' || load->files_order == 'H' || load->files_order == 'I';
}

/* 7940, 7960 and older: `Name=SEP... Load=... Last=...`; 79x1 and newer: `25: Name=SEP... Load= ... Last=...`. */
static void send_alarm(const struct station *s, const struct station_self *self, const char *name, uint32_t stream,
                       struct outbox *out)
{
    uint8_t text[80];
    struct writer w = writer(text, sizeof text);
    struct sccp_message m = {.id = SCCP_ALARM};
    char order = self->load->files_order;
    bool numbered = numbered_alarm(self->load);

    if (numbered) {
        write_decimal(&w, s->last);
        write_text(&w, ": ");
    }
    write_text(&w, "Name=");
    write_text(&w, name);
    write_text(&w, numbered ? "Load= " : " Load=");
    write_text(&w, self->load->name);
    write_text(&w, " Last=");
    write_text(&w, last_words((enum last)s->last));
    m.alarm.severity = ALARM_INFORMATIONAL;
    m.alarm.text = written(&w);
    m.alarm.parameter1 = order == 'C' || order == 'E' ? 0x10800 : 0; /* as a 7912 and a 7925 have it */
    m.alarm.parameter2 = numbered ? 0 : self->host->address;
    send_message(s, &m, stream, out);
}

static void tag(struct writer *w, const char *type, const char *name, const char *value)
{
    write_text(w, "<");
    write_text(w, type);
    write_text(w, " name=\"");
    write_text(w, name);
    write_text(w, "\">");
    write_text(w, value);
    write_text(w, "</");
    write_text(w, type);
    write_text(w, ">\n");
}

/* CallManager's numbers of why a phone was out of service (wire/xml_alarm.h) are the phones' own but for one; a phone
 * that was not, tells none. */
static void reason_text(char to[4], enum last last)
{
    struct writer w = writer(to, 3);

    if (last != LAST_INITIALIZED) write_decimal(&w, last == LAST_KEEPALIVE_TO ? 15 : last);
    to[w.len] = '\0';
}

/* What loads of 9.x send before their text alarm. Of the parameters that a 7961 was seen to tell, those that this phone
 * knows, in that order. */
static void send_xml_alarm(const struct station *s, const struct station_self *self, const char *name, uint32_t stream,
                           struct outbox *out)
{
    char document[1024], address[IPV4_TEXT + 3], router[IPV4_TEXT], vlan[8], reason[4];
    struct writer w = writer(document, sizeof document), a = writer(address, sizeof address - 1),
                  v = writer(vlan, sizeof vlan - 1);
    struct host *h = self->host;

    write_ipv4_text(&a, h->address);
    write_u8(&a, '/');
    write_decimal(&a, ipv4_prefix(h->mask));
    address[a.len] = '\0';
    write_decimal(&v, h->vlan == VLAN_UNTAGGED ? 4095 : h->vlan);
    vlan[v.len] = '\0';
    reason_text(reason, (enum last)s->last);
    write_text(&w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<x-cisco-alarm>\n"
                   "<Alarm Name=\"LastOutOfServiceInformation\">\n<ParameterList>\n");
    tag(&w, "String", "DeviceName", name);
    tag(&w, "String", "DeviceIPv4Address", address);
    tag(&w, "String", "IPv4DefaultGateway", ipv4_text(router, h->router));
    tag(&w, "String", "VoiceVLAN", vlan);
    tag(&w, "Enum", "ReasonForOutOfService", reason);
    write_text(&w, "</ParameterList>\n</Alarm>\n</x-cisco-alarm>\n");
    struct sccp_message message = {.id = SCCP_XML_ALARM, .text = written(&w)};
    send_message(s, &message, stream, out);
}

void station_send_register(const struct station *s, const struct station_self *self, uint32_t stream,
                           struct outbox *out)
{
    char name[DEVICE_NAME];
    struct sccp_message m = {.id = SCCP_REGISTER};
    const struct load_manifest *load = self->load;

    device_name(name, self->host->mac);
    if (self->load->protocol >= 20 && numbered_alarm(self->load)) send_xml_alarm(s, self, name, stream, out);
    send_alarm(s, self, name, stream, out);
    m.reg = (struct sccp_register){.name = bytes_of(name),
                                   .instance = load->instance,
                                   .address = self->host->address,
                                   .device_type = self->model->device_type,
                                   .max_streams = load->protocol >= 15 ? 5 : 0,
                                   .protocol = load->protocol,
                                   .mac = self->host->mac,
                                   .max_lines = self->model->lines,
                                   .load = bytes_of(load->name),
                                   .length = load->register_length};
    for (size_t i = 0; i < 3; i++) m.reg.features[i] = load->features[i];
    send_message(s, &m, stream, out);
    station_send_number(s, SCCP_IP_PORT, RTP_PORT, stream, out);
}

void station_send_capabilities(const struct station *s, const struct station_self *self, uint32_t stream,
                               struct outbox *out)
{
    struct sccp_message m = {.id = SCCP_CAPABILITIES_RES};

    m.capabilities = (struct sccp_capabilities){.count = self->load->codecs};
    for (uint8_t i = 0; i < self->load->codecs; i++)
        m.capabilities.codec[i] = (struct sccp_codec){self->load->codec[i], PACKET_MS};
    send_message(s, &m, stream, out);
}

void station_send_token(const struct station *s, const struct station_self *self, uint32_t stream, struct outbox *out)
{
    char name[DEVICE_NAME];
    struct sccp_message m = {.id = SCCP_REGISTER_TOKEN_REQ};

    device_name(name, self->host->mac);
    m.token =
        (struct sccp_token){bytes_of(name), 0, self->load->instance, self->host->address, self->model->device_type};
    send_message(s, &m, stream, out);
}

void station_request_first(struct station *s)
{
    s->request = REQUEST_VERSION;
    s->index = 1;
    memset(s->button, 0, sizeof s->button);
}

/* The next button that the request at hand asks about, from instance `from` up. The template says how CallManager calls
 * it: one that counts all buttons of a phone through calls the first feature 2. */
static bool next_button(struct station *s, uint8_t from)
{
    uint64_t asks = s->button[s->request - REQUEST_LINE];

    for (; from < 64; from++) {
        if (!(asks >> from & 1)) continue;
        s->index = from;
        return true;
    }
    return false;
}

static bool applies(struct station *s, const struct station_self *self)
{
    switch (s->request) {
    case REQUEST_SOFT_KEYS:
    case REQUEST_KEY_SETS: return self->load->soft_keys;
    case REQUEST_LINE:
    case REQUEST_SPEED_DIAL:
    case REQUEST_FEATURE:
    case REQUEST_SERVICE: return next_button(s, 1);
    default: return true;
    }
}

void station_request_done(struct station *s, const struct station_self *self)
{
    if (s->request >= REQUEST_LINE && s->request <= REQUEST_SERVICE && next_button(s, (uint8_t)(s->index + 1))) return;
    do {
        s->request++;
        s->index = 1;
    } while (s->request < REQUESTS && !applies(s, self));
}

/* What phones were seen to say: a 7960 0, a 7962 and a 7970 2, a 7912 1. */
static uint32_t available_lines(const struct station_self *self)
{
    if (self->load->files_order == 'A') return 0;
    return self->load->files_order == 'B' && self->model->lines > 2 ? 2 : self->model->lines;
}

bool station_send_request(const struct station *s, const struct station_self *self, uint32_t stream, struct outbox *out)
{
    static const uint32_t id[REQUESTS] = {
        SCCP_VERSION_REQ,   SCCP_BUTTON_TEMPLATE_REQ,      SCCP_SOFT_KEY_TEMPLATE_REQ, SCCP_SOFT_KEY_SET_REQ,
        SCCP_LINE_STAT_REQ, SCCP_SPEED_DIAL_STAT_REQ,      SCCP_FEATURE_STAT_REQ,      SCCP_SERVICE_URL_STAT_REQ,
        SCCP_SERVER_REQ,    SCCP_REGISTER_AVAILABLE_LINES, SCCP_TIME_DATE_REQ};
    struct sccp_message m = {.id = id[s->request]};

    if (m.id == SCCP_FEATURE_STAT_REQ) {
        m.feature_req.index = s->index;
        m.feature_req.capabilities = s->protocol >= 15;
    } else if (m.id == SCCP_REGISTER_AVAILABLE_LINES) {
        m.number = available_lines(self);
    } else {
        m.number = s->index;
    }
    send_message(s, &m, stream, out);
    return m.id != SCCP_REGISTER_AVAILABLE_LINES;
}

/* A phone has 42 buttons at most: what is called 64 and up is none of them, nor is 0. */
static void take_buttons(struct station *s, const struct sccp_button_template *t)
{
    static const uint8_t definition[] = {BUTTON_LINE, BUTTON_SPEED_DIAL, 0x13 /* feature */, 0x14 /* service URL */};

    for (uint8_t i = 0; i < t->buttons && i < SCCP_BUTTONS; i++)
        for (size_t k = 0; k < ARRAY_LENGTH(definition); k++)
            if (t->button[i].definition == definition[k] && t->button[i].instance && t->button[i].instance < 64)
                s->button[k] |= (uint64_t)1 << t->button[i].instance;
}

static bool is_first_line(const struct station *s)
{
    return s->index && s->button[0] << (64 - s->index) == 0;
}

/* A load that has not announced UTF-8 takes texts as ISO 8859-1. */
static void take_label(struct station *s, const struct station_self *self, struct bytes label)
{
    struct writer w = writer(s->label, sizeof s->label - 1);

    if (self->load->features[1] & FEATURE_UTF8)
        write_bytes(&w, label);
    else
        text_from_latin1(&w, label);
    s->label[w.len] = '\0';
}

bool station_answers(struct station *s, const struct station_self *self, const struct sccp_message *m)
{
    switch (s->request) {
    case REQUEST_VERSION:
        if (m->id != SCCP_VERSION) return false;
        text_copy(s->load, sizeof s->load, m->text);
        return true;
    case REQUEST_BUTTONS:
        if (m->id != SCCP_BUTTON_TEMPLATE_RES) return false;
        take_buttons(s, &m->buttons);
        return true;
    case REQUEST_SOFT_KEYS: return m->id == SCCP_SOFT_KEY_TEMPLATE_RES;
    case REQUEST_KEY_SETS: return m->id == SCCP_SOFT_KEY_SET_RES;
    case REQUEST_LINE:
        if ((m->id != SCCP_LINE_STAT && m->id != SCCP_LINE_STAT_DYNAMIC) || m->line.line != s->index) return false;
        if (is_first_line(s)) {
            text_copy(s->number, sizeof s->number, m->line.number);
            take_label(s, self, m->line.label);
        }
        return true;
    case REQUEST_SPEED_DIAL:
        return (m->id == SCCP_SPEED_DIAL_STAT || m->id == SCCP_SPEED_DIAL_STAT_DYNAMIC) &&
               m->speed_dial.index == s->index;
    case REQUEST_FEATURE:
        return (m->id == SCCP_FEATURE_STAT || m->id == SCCP_FEATURE_STAT_DYNAMIC) && m->feature.index == s->index;
    case REQUEST_SERVICE:
        return (m->id == SCCP_SERVICE_URL_STAT || m->id == SCCP_SERVICE_URL_STAT_DYNAMIC) &&
               m->service.index == s->index;
    case REQUEST_SERVERS: return m->id == SCCP_SERVER_RES;
    case REQUEST_TIME:
        if (m->id != SCCP_DEFINE_TIME_DATE) return false;
        s->time = m->time.unix_time;
        return true;
    default: return false;
    }
}
