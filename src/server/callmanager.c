#include "server/carve.h"
#include "server/cm.h"
#include <string.h>

enum { NONE = UINT32_MAX, MISSES = 3 }; /* keepalive times without a message: field reports, CallManager's way */

static void lay_out(struct callmanager *m, uint32_t n, struct carving *c)
{
    m->buckets = buckets_for(n);
    m->connection = carve(c, sizeof *m->connection, n);
    m->bucket = carve(c, sizeof *m->bucket, m->buckets);
    struct timer *heap = carve(c, sizeof *heap, n);
    uint32_t *place = carve(c, sizeof *place, n);
    if (heap && place) timers_init(&m->timers, heap, place, n);
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

    *m = (struct callmanager){.config = *config, .told = NEVER, .full_told = NEVER};
    if (config->index >= DEVICES_CALLMANAGERS || !config->devices || config->connections == 0 || !memory ||
        callmanager_size(config->connections) > size)
        return false;
    lay_out(m, config->connections, &c);
    for (uint32_t i = 0; i < m->buckets; i++) m->bucket[i] = NONE;
    for (uint32_t i = 0; i < config->connections; i++)
        m->connection[i] = (struct cm_connection){.next = i + 1 < config->connections ? i + 1 : NONE};
    if (m->config.port == 0) m->config.port = SCCP_PORT;
    if (!m->config.name) m->config.name = "Dialtone";
    if (m->config.keepalive == 0) m->config.keepalive = 30;
    if (m->config.standby_keepalive == 0) m->config.standby_keepalive = 60;
    if (m->config.protocol_most == 0) m->config.protocol_most = 22;
    if (m->config.tokens == 0) m->config.tokens = 10;
    if (m->config.reset_wait == 0) m->config.reset_wait = 10 * SECOND;
    if (m->config.reset_grace == 0) m->config.reset_grace = 30 * SECOND;
    m->seen = config->devices->changes;
    config->devices->manager[config->index] = m;
    return true;
}

/* Connections. */

static uint32_t *chain_of(struct callmanager *m, uint32_t stream)
{
    return &m->bucket[hash_number(stream) & (m->buckets - 1)];
}

static uint32_t index_of(const struct callmanager *m, const struct cm_connection *c)
{
    return (uint32_t)(c - m->connection);
}

struct cm_connection *cm_find(struct callmanager *m, uint32_t stream)
{
    for (uint32_t i = *chain_of(m, stream); i != NONE; i = m->connection[i].next)
        if (m->connection[i].stream == stream) return &m->connection[i];
    return NULL;
}

struct device *cm_device(const struct callmanager *m, const struct cm_connection *c)
{
    struct device *d = c->device == NONE ? NULL : &m->config.devices->device[c->device];

    return d && d->used && d->manager == m->config.index + 1 && d->stream == c->stream ? d : NULL;
}

static struct cm_connection *take(struct callmanager *m, uint32_t stream, struct endpoint phone, usec now)
{
    uint32_t i = m->free, *chain = chain_of(m, stream);

    if (i == NONE) return NULL;
    m->free = m->connection[i].next;
    m->connection[i] = (struct cm_connection){.state = CM_OPEN,
                                              .stream = stream,
                                              .next = *chain,
                                              .device = NONE,
                                              .phone = phone,
                                              .heard = now,
                                              .reset_at = NEVER};
    *chain = i;
    m->open++;
    cm_schedule(m, &m->connection[i]);
    return &m->connection[i];
}

void cm_schedule(struct callmanager *m, struct cm_connection *c)
{
    bool registered = c->state == CM_ACKED || c->state == CM_COMPLETE;
    usec silence = (usec)(registered ? m->config.keepalive : m->config.standby_keepalive) * MISSES * SECOND;

    timers_set(&m->timers, index_of(m, c), earlier(after(c->heard, silence), c->reset_at));
}

void cm_forget(struct callmanager *m, struct cm_connection *c)
{
    uint32_t self = index_of(m, c);
    struct device *d = cm_device(m, c);

    if (d) d->manager = 0;
    for (uint32_t *at = chain_of(m, c->stream); *at != NONE; at = &m->connection[*at].next)
        if (*at == self) {
            *at = c->next;
            break;
        }
    timers_set(&m->timers, self, NEVER);
    *c = (struct cm_connection){.next = m->free};
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
    tell_ipv4(w, FACT_ADDRESS, c->phone.address);
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

    if (c) cm_forget(m, c); /* a number that its owner gives anew: the old stream is gone */
    c = take(m, e->stream, e->from, now);
    if (c) {
        (void)cm_tell(m, CM_CONNECTED, c, out);
        return;
    }
    (void)put(out, (struct action){.kind = ACTION_CLOSE, .stream = e->stream});
    m->full++;
    if (m->full_told != NEVER && now - m->full_told < SECOND) return;
    m->full_told = now;
    struct cm_connection none = {.stream = e->stream, .phone = e->from};
    tell_number(cm_tell(m, CM_FULL, &none, out), FACT_COUNT, m->full);
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
    if (c->state == CM_RESETTING) why = "reset";
    if (c->device != NONE)
        cm_unregistered(m, c, why, out);
    else
        tell_text(cm_tell(m, CM_DISCONNECTED, c, out), FACT_WHY, bytes_of(why));
    cm_forget(m, c);
}

static void alarm_came(struct callmanager *m, struct cm_connection *c, uint32_t severity, struct bytes text,
                       struct outbox *out)
{
    struct device *d = cm_device(m, c);

    text_copy(c->alarm, sizeof c->alarm, text);
    if (d) memcpy(d->alarm, c->alarm, sizeof d->alarm);
    struct writer *w = cm_tell(m, CM_ALARM, c, out);
    tell_number(w, FACT_PRIORITY, severity);
    tell_text(w, FACT_TEXT, text);
}

static void unknown_came(struct callmanager *m, struct cm_connection *c, uint32_t id, struct outbox *out)
{
    m->unknown++;
    if (c->unknown++ > 0) return;
    struct writer *w = cm_tell(m, CM_UNKNOWN_MESSAGE, c, out);
    tell_number(w, FACT_REASON, id);
    tell_number(w, FACT_COUNT, c->unknown);
}

static void malformed_came(struct callmanager *m, usec now, struct cm_connection *c, uint32_t id,
                           const struct fault *why, struct outbox *out)
{
    m->malformed++;
    c->malformed++;
    if (m->told != NEVER && now - m->told < SECOND) return;
    m->told = now;
    struct writer *w = cm_tell(m, CM_MALFORMED, c, out);
    tell_number(w, FACT_REASON, id);
    tell_fault(w, why);
    tell_number(w, FACT_COUNT, c->malformed);
}

/* The time was answered: registration is complete, and a device that owes a reset gets it. */
static void complete(struct callmanager *m, usec now, struct cm_connection *c, struct device *d, struct outbox *out)
{
    char stamp[STAMP_TEXT];

    if (c->state != CM_ACKED) return;
    c->state = CM_COMPLETE;
    c->reset_at = NEVER;
    m->registered++;
    struct writer *w = cm_tell(m, CM_REGISTERED, c, out);
    cm_tell_device(w, d);
    cm_tell_protocol(m, w, c);
    tell_text(w, FACT_DIRECTORY_NUMBER, bytes_of(d->record.line[0].number));
    tell_text(w, FACT_STAMP, bytes_of(stamp_text(stamp, d->record.stamp)));
    tell_number(w, FACT_TOOK, (now - c->acked) / MSEC);
    if (cm_owes(d))
        cm_send_reset(m, now, c, d, d->record.automatic && d->fetched == 0 ? "auto-registered" : "changed", out);
}

/* Requests that a phone makes only after it has heard RegisterAck: what stands before that in the outbox is stored. */
static bool proves_stored(uint32_t id)
{
    return id == SCCP_CAPABILITIES_RES || id == SCCP_BUTTON_TEMPLATE_REQ || id == SCCP_TIME_DATE_REQ;
}

static void registered_message(struct callmanager *m, usec now, struct cm_connection *c,
                               const struct sccp_message *message, struct outbox *out)
{
    struct device *d = cm_device(m, c);

    if (!d) return; /* before registration the rest is ignored */
    if (proves_stored(message->id)) d->confirmed = true;
    if (!cm_answer(m, now, c, d, message, out)) return;
    if (message->id == SCCP_TIME_DATE_REQ) complete(m, now, c, d, out);
}

static void data(struct callmanager *m, usec now, const struct event *e, struct outbox *out)
{
    struct cm_connection *c = cm_find(m, e->stream);
    struct sccp_message message;
    struct fault why;

    if (!c) return;
    c->heard = now;
    memset(&message, 0, sizeof message);
    if (!sccp_message_decode(&message, e->bytes, c->version, &why)) {
        malformed_came(m, now, c, message.id, &why, out);
        cm_schedule(m, c);
        return;
    }
    switch (message.id) {
    case SCCP_KEEP_ALIVE: /* also of an unregistered connection: a phone's standby is one */
        cm_write(c, &(struct sccp_message){.id = SCCP_KEEP_ALIVE_ACK}, out);
        break;
    case SCCP_REGISTER: cm_register(m, now, c, &message.reg, out); break;
    case SCCP_REGISTER_TOKEN_REQ: cm_token(m, now, c, &message.token, out); break;
    case SCCP_UNREGISTER:
        cm_write(c, &(struct sccp_message){.id = SCCP_UNREGISTER_ACK}, out);
        cm_unregistered(m, c, c->state == CM_RESETTING ? "reset" : "unregistered", out);
        break;
    case SCCP_ALARM: alarm_came(m, c, message.alarm.severity, message.alarm.text, out); break;
    case SCCP_XML_ALARM: alarm_came(m, c, ALARM_UNKNOWN, message.text, out); break;
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
    struct cm_connection *c = &m->connection[timers_first(&m->timers)];
    struct device *d = cm_device(m, c);

    if (c->reset_at > now) {
        cm_close(m, c, c->device != NONE ? "keepalive timeout" : "silent", out);
    } else if (c->state != CM_ACKED) {
        cm_close(m, c, c->device != NONE ? "no response to reset" : "reset", out);
    } else {
        c->reset_at = NEVER;
        if (d && cm_owes(d)) cm_send_reset(m, now, c, d, "time was not asked", out);
        cm_schedule(m, c);
    }
}

usec callmanager_step(void *callmanager, usec now, const struct event *e, struct outbox *out)
{
    struct callmanager *m = callmanager;
    uint32_t until = out->count + CALLMANAGER_MOST - 16; /* no single event or timer puts more than 16 */

    m->engine = out->engine;
    switch (e->kind) {
    case EVENT_UP: up(m, now, e, out); break;
    case EVENT_DATA: data(m, now, e, out); break;
    case EVENT_DOWN: down(m, e, out); break;
    case EVENT_UNSTORED: unstored(m, e, out); break;
    case EVENT_WAKE:
    case EVENT_LINE:
    case EVENT_FRAME:
    case EVENT_DATAGRAM:
    case EVENT_CLOCK: break;
    }
    while (timers_next(&m->timers) <= now && out->count < until) due(m, now, out);
    if (m->seen != m->config.devices->changes) cm_walk(m, now, until, out);
    return m->seen != m->config.devices->changes ? now : timers_next(&m->timers);
}

usec callmanager_reset_changed(struct callmanager *m, usec now, struct outbox *out)
{
    return callmanager_step(m, now, &(struct event){.kind = EVENT_WAKE}, out);
}

uint32_t callmanager_registered(const struct callmanager *m)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->config.connections; i++) n += m->connection[i].state == CM_COMPLETE;
    return n;
}

void callmanager_clock(struct callmanager *m, uint64_t wall_at_start)
{
    m->config.wall_at_start = wall_at_start;
}
