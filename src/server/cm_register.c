#include "server/cm.h"
#include <string.h>

enum {
    NONE = UINT32_MAX,
    OLDEST = 3,
    NEWEST_KNOWN = 24,
    TOKEN_WAIT = 10,
    TOKEN_WAIT_UNKNOWN = 60,
    TOKEN_WAIT_MOST = 600,
    SPCP_FEATURES = 65535, /* of SPCP's token acknowledgement: what chan-sccp answers, with which SPA phones come up */
    FEATURE_UTF8 = 0x10    /* of Register's second feature byte: a 7941 has it (00 72 85), a 7960 not (00 60 85) */
};

const char *cm_reject_name(enum cm_reject which)
{
    static const char *const name[REJECTS] = {"name", "model", "unknown", "no_number", "no_room"};

    return (size_t)which < REJECTS ? name[which] : "";
}

/* An ATA calls itself ATA and its MAC address (its second port: with another one), a port of an analogue gateway VGC:
 * both are in the database as all others are, as SEP and these twelve digits. */
static bool station_mac(struct bytes name, struct mac *mac)
{
    static const char *const prefixes[] = {"ATA", "VGC"};
    uint8_t as_sep[DEVICE_NAME - 1] = {'S', 'E', 'P'};

    if (device_name_parse(name, mac)) return true;
    if (name.len != sizeof as_sep) return false;
    memcpy(as_sep + 3, name.at + 3, sizeof as_sep - 3);
    for (size_t i = 0; i < ARRAY_LENGTH(prefixes); i++)
        if (memcmp(name.at, prefixes[i], 3) == 0) return device_name_parse((struct bytes){as_sep, sizeof as_sep}, mac);
    return false;
}

static void reject(struct callmanager *m, struct cm_connection *c, const struct sccp_register *reg,
                   enum cm_reject which, const char *why, struct outbox *out)
{
    /* "Error: DBConfig" is what CallManager says while auto-registration is off. */
    static const char *const texts[REJECTS] = {"Error: DBConfig", "Error: Mismatch", "Error: DBConfig",
                                               "Error: No directory number left", "Error: Database"};
    const char *text = texts[which];
    struct mac mac;
    struct device *near = NULL;

    cm_write(c, &(struct sccp_message){.id = SCCP_REGISTER_REJECT, .text = bytes_of(text)}, out);
    struct writer *w = cm_tell(m, CM_REJECTED, c, out);
    tell_text(w, FACT_DEVICE, reg->name);
    tell_text(w, FACT_TEXT, bytes_of(text));
    tell_text(w, FACT_WHY, bytes_of(why));
    if (which >= REJECT_UNKNOWN && station_mac(reg->name, &mac)) near = devices_nearest(m->config.devices, mac);
    if (near) { /* a label that was misread, most likely */
        char name[DEVICE_NAME];
        device_name(name, near->record.mac);
        tell_text(w, FACT_NEAREST, bytes_of(name));
    }
    m->count.rejected[which]++;
    cm_unregistered(m, c, "rejected", out); /* when another device was registered on it */
    (void)put(out, (struct action){.kind = ACTION_CLOSE, .stream = c->stream}); /* in order: after the text has left */
    cm_forget(m, c);
}

/* The newest connection of a device wins, wherever the old one is: a phone that lost its own comes back before we
 * notice. The other CallManager's actions stand in this outbox under its own engine number. */
static void take_over(struct callmanager *m, struct cm_connection *c, struct device *d, struct outbox *out)
{
    struct callmanager *other = d->manager ? m->config.devices->manager[d->manager - 1] : NULL;
    struct cm_connection *old = other ? cm_find(other, d->stream) : NULL;
    uint32_t engine = out->engine;

    if (old && old != c) {
        out->engine = other == m ? engine : other->engine;
        other->now = m->now;
        cm_close(other, old, "duplicate", out);
        out->engine = engine;
    }
    d->manager = 0;
}

/* An unknown phone: made when auto-registration is on. NULL: rejected. */
static struct device *make(struct callmanager *m, struct cm_connection *c, const struct sccp_register *reg,
                           struct mac mac, struct outbox *out)
{
    struct fault why;
    struct device *d = devices_register_automatically(m->config.devices, mac, reg->device_type, out, &why);

    if (!d) {
        bool used_up = bytes_are(bytes_of(why.what), DEVICES_NO_NUMBER);
        reject(m, c, reg,
               !m->config.devices->settings.automatic ? REJECT_UNKNOWN
               : used_up                              ? REJECT_NO_NUMBER
                                                      : REJECT_NO_ROOM,
               why.what, out);
        return NULL;
    }
    m->count.made++;
    struct writer *w = cm_tell(m, CM_DEVICE_MADE, c, out);
    cm_tell_device(w, d);
    tell_text(w, FACT_DIRECTORY_NUMBER, bytes_of(device_line(d, 1)->number));
    return d;
}

/* The lower of both. 0 is served as 3 (VG248), as is an ATA, which claims 33. */
static uint8_t agree(const struct callmanager *m, uint8_t theirs)
{
    if (theirs == 0 || theirs > NEWEST_KNOWN) theirs = OLDEST;
    return theirs < m->config.protocol_most ? theirs : m->config.protocol_most;
}

static void acknowledge(struct callmanager *m, struct cm_connection *c, const struct device *d, struct outbox *out)
{
    static const uint8_t none[3], to_10[3] = {0x20, 0x00, 0xfe}, from_11[3] = {0x20, 0xf1, 0xff};
    struct sccp_message ack = {.id = SCCP_REGISTER_ACK,
                               .ack = {.keepalive = m->config.keepalive,
                                       .standby_keepalive = m->config.standby_keepalive,
                                       .date_template = device_date_template(m->config.devices, d),
                                       .protocol = c->version}};

    memcpy(ack.ack.features, c->version <= OLDEST ? none : c->version <= 10 ? to_10 : from_11, 3);
    cm_write(c, &ack, out);
    cm_write(c, &(struct sccp_message){.id = SCCP_CAPABILITIES_REQ}, out);
}

void cm_register(struct callmanager *m, usec now, struct cm_connection *c, const struct sccp_register *reg,
                 struct outbox *out)
{
    struct mac mac;

    if (!station_mac(reg->name, &mac)) {
        reject(m, c, reg, REJECT_NAME, "the device name is not SEP and 12 hex digits", out);
        return;
    }
    struct device *d = devices_find(m->config.devices, mac);
    if (d && d->record.device_type != reg->device_type) {
        reject(m, c, reg, REJECT_MODEL, "the device is another model in the database", out);
        return;
    }
    if (cm_device(m, c) && cm_device(m, c) != d) cm_unregistered(m, c, "another device on its connection", out);
    if (!d) d = make(m, c, reg, mac, out);
    if (!d) return;
    take_over(m, c, d, out);
    device_settle(m->config.devices, d, out);
    d->manager = (uint8_t)(m->config.index + 1);
    d->stream = c->stream;
    cm_call_gone(m, now, c, out); /* a phone that registers anew on its connection has forgotten its call */
    d->capabilities = 0;
    cm_keep_alarms(c, d);
    c->device = (uint32_t)(d - m->config.devices->device);
    c->version = agree(m, reg->protocol);
    c->utf8 = reg->features[1] & FEATURE_UTF8;
    c->state = CM_ACKED;
    m->count.registering++;
    c->acked = now;
    c->reset_at = cm_owes(d) ? after(now, m->config.reset_wait) : NEVER;
    if (reg->load.len) text_copy(c->load, sizeof c->load, reg->load); /* else what its alarm said */
    acknowledge(m, c, d, out);
    struct writer *w = cm_tell(m, CM_REGISTERING, c, out);
    cm_tell_device(w, d);
    cm_tell_protocol(m, w, c);
}

/* Failback; an SPA phone asks before each registration, with the message of its own protocol (`spcp`). Up to one
 * second's tokens at once, then at the configured rate; who must wait is told a moment of his own, so that not all come
 * back together. */
void cm_token(struct callmanager *m, usec now, struct cm_connection *c, struct bytes name, bool spcp,
              struct outbox *out)
{
    usec interval = SECOND / m->config.tokens;
    struct mac mac;
    bool known =
        station_mac(name, &mac) && (devices_find(m->config.devices, mac) || m->config.devices->settings.automatic);
    usec wait = (usec)TOKEN_WAIT_UNKNOWN * SECOND;

    if (m->token_at < now) m->token_at = now;
    if (known && m->token_at - now < SECOND) {
        m->token_at += interval;
        m->count.tokens_given++;
        struct sccp_message ack = {.id = spcp ? SCCP_SPCP_TOKEN_ACK : SCCP_REGISTER_TOKEN_ACK};
        if (spcp) ack.number = SPCP_FEATURES;
        cm_write(c, &ack, out);
        tell_text(cm_tell(m, CM_TOKEN_GIVEN, c, out), FACT_DEVICE, name);
        return;
    }
    if (known) {
        if (m->token_wait < now + (usec)TOKEN_WAIT * SECOND) m->token_wait = now + (usec)TOKEN_WAIT * SECOND;
        wait = m->token_wait - now;
        if (wait < (usec)TOKEN_WAIT_MOST * SECOND) m->token_wait += interval;
    }
    m->count.tokens_refused++;
    uint32_t seconds = (uint32_t)((wait + SECOND - 1) / SECOND);
    cm_write(
        c, &(struct sccp_message){.id = spcp ? SCCP_SPCP_TOKEN_REJECT : SCCP_REGISTER_TOKEN_REJECT, .number = seconds},
        out);
    struct writer *w = cm_tell(m, CM_TOKEN_REFUSED, c, out);
    tell_text(w, FACT_DEVICE, name);
    tell_number(w, FACT_WAIT, seconds);
}
