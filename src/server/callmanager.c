#include "server/carve.h"
#include "server/cm.h"
#include <string.h>

enum {
    NONE = UINT32_MAX,
    SLACK = 56,
    MISSES = 3
}; /* keepalive times without a message: field reports, CallManager's way */

enum { CALLS_MOST = 16384 };

static uint32_t calls_of(uint32_t connections)
{
    return connections / 2 < CALLS_MOST ? connections / 2 + 1 : CALLS_MOST;
}

static void lay_out(struct callmanager *m, uint32_t n, struct carving *c)
{
    uint32_t wakes = n + calls_of(n);

    m->buckets = buckets_for(n);
    m->connection = carve_untouched(c, sizeof *m->connection, n);
    m->bucket = carve(c, sizeof *m->bucket, m->buckets);
    struct call *call = carve_untouched(c, sizeof *call, calls_of(n));
    if (call) calls_init(&m->calls, call, calls_of(n));
    struct timer *heap = carve_untouched(c, sizeof *heap, wakes);
    uint32_t *place = carve(c, sizeof *place, wakes);
    if (heap && place) timers_init(&m->timers, heap, place, wakes);
}

size_t callmanager_size(uint32_t connections)
{
    struct callmanager m;
    struct carving c = {0};

    lay_out(&m, connections, &c);
    return c.used;
}

bool callmanager_init(struct callmanager *m, const struct callmanager_config *config, void *memory, size_t size)
{
    struct carving c = {.at = memory, .size = size};

    *m = (struct callmanager){.config = *config,
                              .told = NEVER,
                              .full_told = NEVER,
                              .evicted_told = NEVER,
                              .free = NONE,
                              .oldest = NONE,
                              .youngest = NONE};
    if (config->index >= DEVICES_CALLMANAGERS || !config->devices || config->connections == 0 || !memory ||
        callmanager_size(config->connections) > size)
        return false;
    lay_out(m, config->connections, &c);
    for (uint32_t i = 0; i < m->buckets; i++) m->bucket[i] = NONE;
    if (m->config.port == 0) m->config.port = SCCP_PORT;
    if (!m->config.name) m->config.name = "Dialtone";
    if (m->config.keepalive == 0) m->config.keepalive = 30;
    if (m->config.standby_keepalive == 0) m->config.standby_keepalive = 60;
    if (m->config.protocol_most == 0) m->config.protocol_most = 22;
    if (m->config.tokens == 0) m->config.tokens = 10;
    if (m->config.reset_wait == 0) m->config.reset_wait = 10 * SECOND;
    if (m->config.reset_grace == 0) m->config.reset_grace = 30 * SECOND;
    if (m->config.digit_wait == 0) m->config.digit_wait = 10 * SECOND;
    if (m->config.first_digit_wait == 0) m->config.first_digit_wait = 15 * SECOND;
    if (m->config.ring_most == 0) m->config.ring_most = 180 * SECOND;
    if (m->config.tone_most == 0) m->config.tone_most = 15 * SECOND;
    m->seen = config->devices->changes;
    config->devices->manager[config->index] = m;
    return true;
}

/* Connections. */

static uint32_t *chain_of(struct callmanager *m, uint32_t stream)
{
    return &m->bucket[hash_number(stream) & (m->buckets - 1)];
}

uint32_t cm_index(const struct callmanager *m, const struct cm_connection *c)
{
    return (uint32_t)(c - m->connection);
}

bool cm_in_service(const struct cm_connection *c)
{
    return c->state == CM_ACKED || c->state == CM_COMPLETE;
}

const struct cm_connection *callmanager_connection(const struct callmanager *m, uint32_t stream)
{
    for (uint32_t i = m->bucket[hash_number(stream) & (m->buckets - 1)]; i != NONE; i = m->connection[i].next)
        if (m->connection[i].stream == stream) return &m->connection[i];
    return NULL;
}

struct cm_connection *cm_find(struct callmanager *m, uint32_t stream)
{
    const struct cm_connection *c = callmanager_connection(m, stream);

    return c ? &m->connection[cm_index(m, c)] : NULL;
}

struct device *cm_device(const struct callmanager *m, const struct cm_connection *c)
{
    struct device *d = c->device == NONE ? NULL : &m->config.devices->device[c->device];

    return d && d->used && d->manager == m->config.index + 1 && d->stream == c->stream ? d : NULL;
}

bool cm_full(const struct callmanager *m)
{
    return m->free == NONE && m->used == m->config.connections;
}

static struct cm_connection *take(struct callmanager *m, uint32_t stream, struct endpoint phone, usec now)
{
    bool again = m->free != NONE;
    uint32_t i = again ? m->free : m->used, *chain = chain_of(m, stream);

    if (cm_full(m)) return NULL;
    if (again)
        m->free = m->connection[i].next;
    else
        m->used++;
    m->connection[i] = (struct cm_connection){.state = CM_OPEN,
                                              .stream = stream,
                                              .next = *chain,
                                              .device = NONE,
                                              .call = NONE,
                                              .phone = phone,
                                              .heard = now,
                                              .reset_at = NEVER};
    *chain = i;
    m->open++;
    cm_stranger(m, &m->connection[i]);
    cm_schedule(m, &m->connection[i]);
    return &m->connection[i];
}

/* When its silence has a consequence: a registered device is gone; an unregistered connection becomes a stranger after
 * three keepalive times, and is closed after three standby ones. */
static usec silent_at(const struct callmanager *m, const struct cm_connection *c)
{
    bool early = cm_in_service(c) || (c->state == CM_OPEN && !c->stranger);

    return after(c->heard, (usec)(early ? m->config.keepalive : m->config.standby_keepalive) * MISSES * SECOND);
}

void cm_schedule(struct callmanager *m, struct cm_connection *c)
{
    timers_set(&m->timers, cm_index(m, c), earlier(silent_at(m, c), c->reset_at));
}

void cm_forget(struct callmanager *m, struct cm_connection *c)
{
    uint32_t self = cm_index(m, c);
    struct device *d = cm_device(m, c);

    if (d) d->manager = 0;
    cm_no_stranger(m, c);
    for (uint32_t *at = chain_of(m, c->stream); *at != NONE; at = &m->connection[*at].next)
        if (*at == self) {
            *at = c->next;
            break;
        }
    timers_set(&m->timers, self, NEVER);
    *c = (struct cm_connection){.next = m->free, .call = NONE};
    m->free = self;
    m->open--;
}

/* What is told. */

struct writer *cm_tell(const struct callmanager *m, enum server_news news, const struct cm_connection *c,
                       struct outbox *out)
{
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .news = (uint16_t)news, .stream = c->stream});

    tell_ipv4(w, FACT_CALLMANAGER, m->config.address);
    tell_number(w, FACT_PORT, m->config.port);
    if (c->phone.address) tell_ipv4(w, FACT_ADDRESS, c->phone.address);
    return w;
}

void cm_tell_device(struct writer *w, const struct device *d)
{
    const struct phone_model *model = model_of_type(d->record.device_type);
    char name[DEVICE_NAME];

    device_name(name, d->record.mac);
    tell_text(w, FACT_DEVICE, bytes_of(name));
    tell_mac(w, FACT_MAC, d->record.mac);
    if (model) tell_text(w, FACT_MODEL, bytes_of(model->name));
}

void cm_tell_protocol(const struct callmanager *m, struct writer *w, const struct cm_connection *c)
{
    tell_number(w, FACT_PROTOCOL, c->version);
    tell_number(w, FACT_KEEPALIVE, m->config.keepalive);
    if (c->load[0]) tell_text(w, FACT_LOAD, bytes_of(c->load));
}

void cm_write(struct cm_connection *c, const struct sccp_message *message, struct outbox *out)
{
    struct sccp_message room;
    uint8_t texts[CM_TEXTS];

    message = cm_readable(c, message, &room, texts);
    sccp_message_encode(put(out, (struct action){.kind = ACTION_WRITE, .stream = c->stream}), message, c->version);
}

/* The device on it is registered no more; the connection stays, as an unregistered one. */
void cm_unregistered(struct callmanager *m, struct cm_connection *c, const char *why, struct outbox *out)
{
    struct device *d = cm_device(m, c);

    if (c->device == NONE) return;
    cm_call_gone(m, m->now, c, out);
    m->count.unregistered++;
    struct writer *w = cm_tell(m, CM_UNREGISTERED, c, out);
    if (d) {
        cm_tell_device(w, d);
        d->manager = 0;
    }
    tell_text(w, FACT_WHY, bytes_of(why));
    c->device = NONE;
    c->state = CM_OPEN;
}

void cm_close(struct callmanager *m, struct cm_connection *c, const char *why, struct outbox *out)
{
    if (c->device != NONE)
        cm_unregistered(m, c, why, out);
    else
        tell_text(cm_tell(m, CM_DISCONNECTED, c, out), FACT_WHY, bytes_of(why));
    (void)put(out, (struct action){.kind = ACTION_CLOSE, .stream = c->stream});
    cm_forget(m, c);
}

/* Events. */

static void up(struct callmanager *m, usec now, const struct event *e, struct outbox *out)
{
    struct cm_connection *c = cm_find(m, e->stream);

    if (c) { /* a number that its owner gives anew: the old stream is gone */
        cm_unregistered(m, c, "connection lost", out);
        cm_forget(m, c);
    }
    cm_make_place(m, out);
    c = take(m, e->stream, e->from, now);
    if (c) {
        m->count.connections++;
        (void)cm_tell(m, CM_CONNECTED, c, out);
        return;
    }
    (void)put(out, (struct action){.kind = ACTION_CLOSE, .stream = e->stream});
    m->count.full++;
    if (m->full_told != NEVER && now - m->full_told < SECOND) return;
    m->full_told = now;
    struct cm_connection none = {.stream = e->stream, .phone = e->from};
    tell_number(cm_tell(m, CM_FULL, &none, out), FACT_COUNT, m->count.full);
}

enum { NO_MESSAGE = UINT32_MAX }; /* what came cannot be framed */

static void malformed_came(struct callmanager *m, usec now, struct cm_connection *c, uint32_t id,
                           const struct fault *why, struct outbox *out)
{
    m->count.malformed++;
    c->malformed++;
    if (m->told != NEVER && now - m->told < SECOND) return;
    m->told = now;
    struct writer *w = cm_tell(m, CM_MALFORMED, c, out);
    if (id != NO_MESSAGE) tell_number(w, FACT_REASON, id);
    tell_fault(w, why);
    tell_number(w, FACT_COUNT, c->malformed);
}

static void down(struct callmanager *m, const struct event *e, struct outbox *out)
{
    static const char *const reason[] = {[DOWN_REFUSED] = "connection refused",     [DOWN_UNREACHABLE] = "unreachable",
                                         [DOWN_TIMED_OUT] = "connection timed out", [DOWN_RESET] = "connection reset",
                                         [DOWN_CLOSED] = "connection closed",       [DOWN_SLOW] = "does not read",
                                         [DOWN_MALFORMED] = "cannot be framed"};
    struct cm_connection *c = cm_find(m, e->stream);
    const char *why = e->why < ARRAY_LENGTH(reason) && reason[e->why] ? reason[e->why] : "connection lost";

    if (!c) return;
    if (e->why == DOWN_MALFORMED)
        malformed_came(m, m->now, c, NO_MESSAGE, &(struct fault){.kind = FAULT_VALUE, .what = "not SCCP"}, out);
    if (e->why == DOWN_TIMED_OUT || e->why == DOWN_UNREACHABLE) cm_reset_lost(c, cm_device(m, c));
    if (c->state == CM_RESETTING) why = "reset";
    if (c->device != NONE)
        cm_unregistered(m, c, why, out);
    else
        tell_text(cm_tell(m, CM_DISCONNECTED, c, out), FACT_WHY, bytes_of(why));
    cm_forget(m, c);
}

static void unknown_came(struct callmanager *m, struct cm_connection *c, uint32_t id, struct outbox *out)
{
    m->count.unknown++;
    if (c->unknown++ > 0) return;
    struct writer *w = cm_tell(m, CM_UNKNOWN_MESSAGE, c, out);
    tell_number(w, FACT_REASON, id);
    tell_number(w, FACT_COUNT, c->unknown);
}

/* The time was answered, or a keepalive shows that it is not asked for: registration is complete, and a device that
 * owes a reset gets it. */
static void complete(struct callmanager *m, usec now, struct cm_connection *c, struct device *d, struct outbox *out)
{
    char stamp[STAMP_TEXT];

    if (c->state != CM_ACKED) return;
    c->state = CM_COMPLETE;
    c->reset_at = NEVER;
    m->count.registered++;
    struct writer *w = cm_tell(m, CM_REGISTERED, c, out);
    cm_tell_device(w, d);
    cm_tell_protocol(m, w, c);
    tell_text(w, FACT_DIRECTORY_NUMBER, bytes_of(device_line(d, 1)->number));
    tell_text(w, FACT_STAMP, bytes_of(stamp_text(stamp, d->record.stamp)));
    tell_number(w, FACT_TOOK, (now - c->acked) / MSEC);
    if (cm_owes(d) && c->call == NONE) /* else when its call ends */
        cm_send_reset(m, now, c, d, d->record.automatic && d->fetched == 0 ? "auto-registered" : "changed", out);
}

/* A bridge, a gateway or a soft client may never ask for the time. Its first keepalive at the interval of RegisterAck
 * says that it asks for nothing more; one that comes at once says nothing (a 6911 sends it before it registers). */
static void kept_alive(struct callmanager *m, usec now, struct cm_connection *c, struct outbox *out)
{
    struct device *d = cm_device(m, c);

    if (d && c->state == CM_ACKED && now - c->acked >= (usec)m->config.keepalive * SECOND / 2) {
        d->confirmed = true;
        complete(m, now, c, d, out);
    }
}

/* Requests that a phone makes only after it has heard RegisterAck: what stands before that in the outbox is stored. */
static bool proves_stored(uint32_t id)
{
    return id == SCCP_CAPABILITIES_RES || id == SCCP_BUTTON_TEMPLATE_REQ || id == SCCP_TIME_DATE_REQ;
}

static void capability(struct device *d, uint32_t codec, uint32_t milliseconds)
{
    if (d->capabilities == DEVICE_CAPABILITIES || codec == 0 || codec > UINT16_MAX) return;
    d->capability[d->capabilities].codec = (uint16_t)codec;
    d->capability[d->capabilities++].milliseconds = milliseconds < UINT16_MAX ? (uint16_t)milliseconds : UINT16_MAX;
}

/* Of the third form two layouts are told (wire/sccp_call.h): what neither of them fits has no codec where one should
 * be. */
static bool is_a_list(const struct sccp_audio *a)
{
    enum { CODECS = 512 }; /* those that Wireshark knows end at 303 */

    for (uint32_t i = 0; i < a->count && i < SCCP_AUDIO_CODECS; i++)
        if (a->codec[i].codec == 0 || a->codec[i].codec >= CODECS) return false;
    return a->count > 0;
}

/* The newest list counts. One that has no audio is of its video; a phone that has told nothing else has G.711, as every
 * phone has. */
static void capabilities(struct device *d, const struct sccp_message *in)
{
    enum { G711_U = 4, G711_A = 2, PACKET = 20 };
    bool newer = in->id == SCCP_UPDATE_CAPABILITIES_V2 || in->id == SCCP_UPDATE_CAPABILITIES_V3;

    if (in->id == SCCP_CAPABILITIES_RES) {
        d->capabilities = 0;
        for (uint32_t i = 0; i < in->capabilities.count && i < SCCP_CODECS; i++)
            capability(d, in->capabilities.codec[i].codec, in->capabilities.codec[i].milliseconds);
    } else if ((in->id == SCCP_UPDATE_CAPABILITIES || newer) && is_a_list(&in->call.audio)) {
        d->capabilities = 0;
        for (uint32_t i = 0; i < in->call.audio.count && i < SCCP_AUDIO_CODECS; i++)
            capability(d, in->call.audio.codec[i].codec, in->call.audio.codec[i].milliseconds);
    } else if (newer && d->capabilities == 0) {
        capability(d, G711_U, PACKET);
        capability(d, G711_A, PACKET);
    }
}

static void registered_message(struct callmanager *m, usec now, struct cm_connection *c,
                               const struct sccp_message *message, struct outbox *out)
{
    struct device *d = cm_device(m, c);

    if (!d) return; /* before registration the rest is ignored */
    if (proves_stored(message->id)) d->confirmed = true;
    cm_reset_waits(m, c, d, message, out);
    if (cm_in_service(c) && cm_call_message(m, now, c, d, message, out)) return;
    capabilities(d, message);
    if (!cm_answer(m, now, c, d, message, out)) return;
    if (message->id == SCCP_TIME_DATE_REQ) complete(m, now, c, d, out);
}

/* Ids of before 0x80, and from 0x150 on what stands among the newer ones: all others go to a phone. */
static bool from_a_phone(uint32_t id)
{
    return id < SCCP_REGISTER_ACK || id == SCCP_START_MEDIA_TRANSMISSION_ACK || id == SCCP_LOCATION_INFO ||
           id == SCCP_EXTENSION_DEVICE_CAPS || id == SCCP_XML_ALARM || id == SCCP_CALL_COUNT_REQ ||
           id == SCCP_SPCP_TOKEN_REQ;
}

static void data(struct callmanager *m, usec now, const struct event *e, struct outbox *out)
{
    struct cm_connection *c = cm_find(m, e->stream);
    struct sccp_message message;
    struct fault why;

    if (!c) return;
    memset(&message, 0, sizeof message);
    if (!sccp_message_decode(&message, e->bytes, c->version, &why)) {
        malformed_came(m, now, c, message.id, &why, out);
        cm_schedule(m, c);
        return;
    }
    m->count.messages++;
    c->heard = now;
    if (message.known && from_a_phone(message.id)) cm_no_stranger(m, c);
    switch (message.id) {
    case SCCP_KEEP_ALIVE: /* also of an unregistered connection: a phone's standby is one */
        m->count.keepalives++;
        cm_write(c, &(struct sccp_message){.id = SCCP_KEEP_ALIVE_ACK}, out);
        kept_alive(m, now, c, out);
        cm_clock(m, now, c, out);
        break;
    case SCCP_REGISTER: cm_register(m, now, c, &message.reg, out); break;
    case SCCP_REGISTER_TOKEN_REQ: cm_token(m, now, c, message.token.name, false, out); break;
    case SCCP_SPCP_TOKEN_REQ: cm_token(m, now, c, message.call.spcp_token.name, true, out); break;
    case SCCP_UNREGISTER:
        cm_write(c, &(struct sccp_message){.id = SCCP_UNREGISTER_ACK}, out);
        cm_unregistered(m, c, c->state == CM_RESETTING ? "reset" : "unregistered", out);
        break;
    case SCCP_ALARM: cm_alarm(m, c, &message.alarm, out); break;
    case SCCP_XML_ALARM: cm_xml_alarm(m, c, message.text, out); break;
    default:
        if (message.known)
            registered_message(m, now, c, &message, out);
        else
            unknown_came(m, c, message.id, out);
    }
    c = cm_find(m, e->stream); /* a rejected one is gone */
    if (c) cm_schedule(m, c);
}

static void unstored(struct callmanager *m, const struct event *e, struct outbox *out)
{
    struct mac whose;
    char name[DEVICE_NAME];

    if (!devices_unstored(m->config.devices, e->bytes, &whose)) return;
    device_name(name, whose);
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .news = CM_UNSTORED});
    tell_ipv4(w, FACT_CALLMANAGER, m->config.address);
    tell_number(w, FACT_PORT, m->config.port);
    tell_text(w, FACT_DEVICE, bytes_of(name));
    tell_mac(w, FACT_MAC, whose);
}

static void due(struct callmanager *m, usec now, struct outbox *out)
{
    uint32_t which = timers_first(&m->timers);

    if (which >= m->config.connections) {
        cm_call_due(m, now, which - m->config.connections, out);
        return;
    }
    struct cm_connection *c = &m->connection[which];
    struct device *d = cm_device(m, c);
    if (c->reset_at > now && c->state == CM_OPEN && !c->stranger) {
        cm_silent(m, c, out);
    } else if (c->reset_at > now) {
        cm_close(m, c, c->device != NONE ? "keepalive timeout" : "silent", out);
    } else if (c->state != CM_ACKED) {
        cm_reset_lost(c, d);
        cm_close(m, c, c->device != NONE ? "no response to reset" : "reset", out);
    } else {
        c->reset_at = NEVER;
        if (d && cm_owes(d) && c->call == NONE) cm_send_reset(m, now, c, d, "time was not asked", out);
        cm_schedule(m, c);
    }
}

usec callmanager_step(void *callmanager, usec now, const struct event *e, struct outbox *out)
{
    struct callmanager *m = callmanager;
    uint32_t until = out->count + CALLMANAGER_MOST -
                     SLACK; /* no single event or timer puts more (a hang-up: both phones, news, resets) */

    m->engine = out->engine;
    m->now = now;
    m->stepping = true;
    switch (e->kind) {
    case EVENT_UP: up(m, now, e, out); break;
    case EVENT_DATA: data(m, now, e, out); break;
    case EVENT_DOWN: down(m, e, out); break;
    case EVENT_UNSTORED: unstored(m, e, out); break;
    case EVENT_WAKE:
    case EVENT_LINE:
    case EVENT_FRAME:
    case EVENT_DATAGRAM:
    case EVENT_CLOCK:
    case EVENT_USER: break;
    }
    while (timers_next(&m->timers) <= now && out->count < until) due(m, now, out);
    if (m->seen != m->config.devices->changes) cm_walk(m, now, until, out);
    m->stepping = false;
    return m->seen != m->config.devices->changes ? now : timers_next(&m->timers);
}

usec callmanager_reset_changed(struct callmanager *m, usec now, struct outbox *out)
{
    return callmanager_step(m, now, &(struct event){.kind = EVENT_WAKE}, out);
}

void callmanager_clock(struct callmanager *m, uint64_t wall_at_start)
{
    m->config.wall_at_start = wall_at_start;
}
