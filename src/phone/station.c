#include "phone/station.h"
#include "phone/call.h"
#include "phone/station_parts.h"

static const usec CONNECT_WAIT = 10 * SECOND, UNREGISTER_WAIT = 2 * SECOND;
enum { UNANSWERED_MOST = 3 };

struct writer *station_tell(const struct station *s, const struct station_self *self, enum phone_news news, uint8_t i,
                            struct outbox *out)
{
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .news = (uint16_t)news});

    tell_number(w, FACT_BOOT, self->boot);
    tell_ipv4(w, FACT_CALLMANAGER, s->cm[i].address);
    tell_number(w, FACT_PRIORITY, (uint64_t)i + 1);
    return w;
}

/* A CallManager that failed is tried again after 5, 10, 20, then each 30 s, while another one serves. */
static usec retry_wait(const struct station_link *l)
{
    unsigned shift = l->failures ? l->failures - 1u : 0u;

    return shift >= 3 ? 30 * SECOND : (5 * SECOND) << shift;
}

static void close_link(struct station *s, uint8_t i, bool silent, struct outbox *out)
{
    struct station_link *l = &s->link[i];

    if (l->state > LINK_RESOLVING && l->stream)
        put(out, (struct action){.kind = ACTION_CLOSE, .stream = l->stream, .news = silent});
    l->state = LINK_CLOSED;
    l->due = NEVER;
}

static void connect_link(struct station *s, const struct station_self *self, uint8_t i, usec now, struct outbox *out)
{
    struct station_link *l = &s->link[i];
    struct mac next;

    l->unanswered = 0;
    l->due = now + CONNECT_WAIT;
    l->state = LINK_RESOLVING;
    if (!host_reach(self->host, now, s->cm[i].address, &next, out)) return;
    l->state = LINK_CONNECTING;
    l->stream = ++s->streams;
    put(out, (struct action){.kind = ACTION_OPEN,
                             .stream = l->stream,
                             .from = {.address = self->host->address},
                             .to = {.address = s->cm[i].address, .port = s->cm[i].port}});
}

void station_stand_by(const struct station *s, struct station_link *l, usec now)
{
    l->state = LINK_OPEN;
    l->due = now + (usec)s->standby * SECOND;
}

static void wait_for_nothing(struct station *s)
{
    s->request_due = s->token_due = s->reset_due = NEVER;
}

/* Whom to try for registration: an open connection first, then the next of the list that has not failed in this round.
 */
static enum station_heard seek(struct station *s, const struct station_self *self, usec now, struct outbox *out)
{
    s->active = STATION_NONE;
    for (uint8_t i = 0; i < s->cms; i++) {
        if (s->link[i].state != LINK_OPEN && s->link[i].state != LINK_TOKEN) continue;
        station_register_at(s, self, i, now, out);
        return STATION_NOTHING;
    }
    for (uint8_t i = 0; i < s->cms; i++) {
        if (s->link[i].state == LINK_RESOLVING || s->link[i].state == LINK_CONNECTING) return STATION_NOTHING;
        if (s->link[i].failures) continue;
        (void)station_tell(s, self, PHONE_CM_CONNECTING, i, out);
        connect_link(s, self, i, now, out);
        return STATION_NOTHING;
    }
    station_stop(s, out);
    return STATION_NOBODY;
}

void station_start(struct station *s, const struct station_self *self, usec now, enum last last, struct outbox *out)
{
    s->running = true;
    s->last = (uint8_t)last;
    s->leaving = STATION_NOTHING;
    s->complete = false;
    s->number[0] = s->label[0] = s->load[0] = '\0';
    wait_for_nothing(s);
    for (uint8_t i = 0; i < STATION_CMS; i++) s->link[i] = (struct station_link){.due = NEVER};
    (void)seek(s, self, now, out);
}

static void end(struct station *s, bool silent, struct outbox *out)
{
    for (uint8_t i = 0; i < s->cms; i++) close_link(s, i, silent, out);
    s->running = s->complete = false;
    s->active = STATION_NONE;
    wait_for_nothing(s);
}

void station_stop(struct station *s, struct outbox *out)
{
    end(s, false, out);
}

void station_vanish(struct station *s, struct outbox *out)
{
    end(s, true, out);
}

bool station_registered(const struct station *s)
{
    return s->running && s->complete && s->active != STATION_NONE && s->link[s->active].state == LINK_ACTIVE;
}

uint32_t station_stream(const struct station *s)
{
    if (!s->running || s->active == STATION_NONE) return 0;
    const struct station_link *l = &s->link[s->active];
    return l->state == LINK_LOADING || l->state == LINK_ACTIVE ? l->stream : 0;
}

/* Connections beside the active one: all higher CallManagers, for failback, and the next lower one, as standby. */
static bool wanted(const struct station *s, uint8_t i)
{
    return s->complete && s->active != STATION_NONE && i != s->active && i <= s->active + 1;
}

void station_keep_others(struct station *s, usec now)
{
    for (uint8_t i = 0; i < s->cms; i++)
        if (s->link[i].state == LINK_CLOSED && wanted(s, i) && s->link[i].due == NEVER) s->link[i].due = now;
}

static const char *down_words(uint8_t why)
{
    static const char *const words[] = {
        [DOWN_REFUSED] = "refused",   [DOWN_UNREACHABLE] = "unreachable", [DOWN_TIMED_OUT] = "timed out",
        [DOWN_RESET] = "reset",       [DOWN_CLOSED] = "closed",           [DOWN_SLOW] = "does not read",
        [DOWN_MALFORMED] = "not SCCP"};
    return why < ARRAY_LENGTH(words) && words[why] ? words[why] : "gone";
}

static enum last last_of(uint8_t why)
{
    switch (why) {
    case DOWN_RESET: return LAST_CM_RESET_TCP;
    case DOWN_CLOSED: return LAST_CM_CLOSED_TCP;
    case DOWN_SLOW:
    case DOWN_MALFORMED: return LAST_CM_ABORTED_TCP;
    default: return LAST_TCP_TIMEOUT;
    }
}

enum station_heard station_lost(struct station *s, const struct station_self *self, uint8_t i, usec now,
                                const char *why, enum last last, struct outbox *out)
{
    struct station_link *l = &s->link[i];
    bool was_active = i == s->active, leaving = l->state == LINK_LEAVING, seeking = s->active == STATION_NONE;

    if (leaving) { /* what was to follow UnregisterAck follows now */
        close_link(s, i, false, out);
        enum station_heard then = (enum station_heard)s->leaving;
        s->active = STATION_NONE;
        if (then == STATION_NOTHING) return seek(s, self, now, out);
        station_stop(s, out);
        return then;
    }
    close_link(s, i, false, out);
    if (l->failures < 255) l->failures++;
    tell_text(station_tell(s, self, PHONE_CM_DOWN, i, out), FACT_WHY, bytes_of(why));
    if (was_active) {
        if (s->complete) {
            tell_text(station_tell(s, self, PHONE_SERVICE_LOST, i, out), FACT_WHY, bytes_of(why));
            s->last = (uint8_t)last;
            for (uint8_t k = 0; k < s->cms; k++) /* a new round: those that were not tried yet count as not failed */
                if (k != i) s->link[k].failures = 0;
        }
        s->complete = false;
        wait_for_nothing(s);
    } else if (!seeking) {
        l->due = wanted(s, i) ? now + retry_wait(l) : NEVER;
        return STATION_NOTHING;
    }
    return seek(s, self, now, out);
}

void station_leave(struct station *s, const struct station_self *self, usec now, enum station_heard then,
                   struct outbox *out)
{
    struct station_link *l = &s->link[s->active];

    (void)self;
    s->leaving = (uint8_t)then;
    s->complete = false;
    wait_for_nothing(s);
    station_send_number(s, SCCP_UNREGISTER, 0, l->stream, out);
    l->state = LINK_LEAVING;
    l->due = now + UNREGISTER_WAIT;
}

/* Of a handset that was just lifted CallManager may know nothing yet; it may not give a dial tone to whom it has
 * reset. */
bool station_in_call(const struct station_self *self)
{
    return self->call && self->call->stage != STAGE_IDLE;
}

static enum station_heard hear_reset(struct station *s, const struct station_self *self, usec now, uint32_t type,
                                     struct outbox *out)
{
    s->reset_due = NEVER;
    if (station_in_call(self) && self->call->stage != STAGE_OFF_HOOK) { /* looks again in a second */
        s->reset = type;
        s->reset_due = now + SECOND;
        return STATION_NOTHING;
    }
    enum station_heard then = type == SCCP_RESET_RESET ? STATION_RESET : STATION_RESTART;
    struct writer *w = station_tell(s, self, PHONE_RESET, s->active, out);

    tell_text(w, FACT_RESET, bytes_of(then == STATION_RESET ? "reset" : "restart"));
    station_leave(s, self, now, then, out);
    return STATION_NOTHING;
}

static void tell_malformed(struct station *s, const struct station_self *self, uint8_t i, usec now,
                           const struct fault *why, struct outbox *out)
{
    s->malformed++;
    if (s->malformed_told && now < s->malformed_told + SECOND) return;
    struct writer *w = station_tell(s, self, PHONE_MALFORMED, i, out);
    tell_text(w, FACT_ROLE, bytes_of("sccp"));
    tell_fault(w, why);
    tell_number(w, FACT_COUNT, s->malformed);
    s->malformed_told = now ? now : 1;
}

static void hear_call(const struct station *s, const struct station_self *self, usec now, const struct sccp_message *m,
                      struct outbox *out)
{
    struct call_self call = {self->host,
                             self->load,
                             self->random,
                             self->boot,
                             s->protocol,
                             self->load->soft_keys,
                             station_registered(s),
                             station_stream(s)};

    if (self->call && call.stream) phone_call_hear(self->call, &call, now, m, out);
}

static enum station_heard hear_active(struct station *s, const struct station_self *self, usec now,
                                      struct bytes message, struct outbox *out)
{
    char words[41];
    struct sccp_message m;
    struct fault why;
    struct station_link *l = &s->link[s->active];

    if (!sccp_message_decode(&m, message, s->protocol, &why)) {
        tell_malformed(s, self, s->active, now, &why, out);
        return STATION_NOTHING;
    }
    if (l->state == LINK_LEAVING)
        return m.id == SCCP_UNREGISTER_ACK ? station_lost(s, self, s->active, now, "left", LAST_FAILBACK, out)
                                           : STATION_NOTHING;
    switch (m.id) {
    case SCCP_REGISTER_ACK: station_register_ack(s, self, now, &m.ack); return STATION_NOTHING;
    case SCCP_REGISTER_REJECT:
        text_copy(words, sizeof words, m.text);
        tell_text(station_tell(s, self, PHONE_REJECTED, s->active, out), FACT_TEXT, bytes_of(words));
        station_stop(s, out);
        return STATION_REJECTED;
    case SCCP_RESET: return hear_reset(s, self, now, m.number, out);
    case SCCP_CAPABILITIES_REQ: station_send_capabilities(s, self, l->stream, out); return STATION_NOTHING;
    default:
        if (l->state == LINK_LOADING && station_answers(s, self, &m)) return station_register_next(s, self, now, out);
        hear_call(s, self, now, &m, out);
        return STATION_NOTHING;
    }
}

/* A connection on which we are not registered: keepalives and tokens only. */
static void hear_other(struct station *s, const struct station_self *self, uint8_t i, usec now, struct bytes message,
                       struct outbox *out)
{
    struct sccp_message m;
    struct fault why;

    if (!sccp_message_decode(&m, message, 0, &why)) {
        tell_malformed(s, self, i, now, &why, out);
        return;
    }
    if (s->link[i].state == LINK_TOKEN) station_failback_hear(s, self, i, now, &m, out);
}

static uint8_t link_of(const struct station *s, uint32_t stream)
{
    for (uint8_t i = 0; i < s->cms; i++)
        if (s->link[i].state > LINK_RESOLVING && s->link[i].stream == stream) return i;
    return STATION_NONE;
}

enum station_heard station_hear(struct station *s, const struct station_self *self, usec now, const struct event *e,
                                struct outbox *out)
{
    uint8_t i = s->running ? link_of(s, e->stream) : STATION_NONE;

    if (i == STATION_NONE) return STATION_NOTHING;
    struct station_link *l = &s->link[i];
    switch (e->kind) {
    case EVENT_UP:
        if (l->state != LINK_CONNECTING) return STATION_NOTHING;
        l->state = LINK_OPEN;
        l->since = now;
        if (s->active == STATION_NONE) {
            station_register_at(s, self, i, now, out);
            return STATION_NOTHING;
        }
        l->failures = 0;
        station_stand_by(s, l, now);
        (void)station_tell(s, self, PHONE_STANDBY, i, out);
        if (i < s->active) s->token_due = earlier(s->token_due, now + s->connection_monitor);
        return STATION_NOTHING;
    case EVENT_DATA:
        l->unanswered = 0;
        if (i == s->active) return hear_active(s, self, now, e->bytes, out);
        hear_other(s, self, i, now, e->bytes, out);
        return STATION_NOTHING;
    case EVENT_DOWN:
        l->stream = 0; /* gone already: nothing to close */
        return station_lost(s, self, i, now, down_words(e->why), last_of(e->why), out);
    case EVENT_WAKE:
    case EVENT_LINE:
    case EVENT_FRAME:
    case EVENT_DATAGRAM:
    case EVENT_CLOCK:
    case EVENT_UNSTORED:
    case EVENT_USER: break;
    }
    return STATION_NOTHING;
}

static enum station_heard keepalive(struct station *s, const struct station_self *self, uint8_t i, usec now,
                                    usec interval, struct outbox *out)
{
    struct station_link *l = &s->link[i];
    struct mac next;

    (void)host_reach(self->host, now, s->cm[i].address, &next, out); /* in use: the driver's TCP only looks it up */
    if (l->unanswered >= UNANSWERED_MOST)
        return station_lost(s, self, i, now, "keepalive unanswered", LAST_KEEPALIVE_TO, out);
    l->unanswered++;
    l->due = now + interval;
    station_send_number(s, SCCP_KEEP_ALIVE, 0, l->stream, out);
    return STATION_NOTHING;
}

static enum station_heard link_due(struct station *s, const struct station_self *self, uint8_t i, usec now,
                                   struct outbox *out)
{
    struct station_link *l = &s->link[i];

    switch ((enum link_state)l->state) {
    case LINK_CLOSED:
        l->due = NEVER;
        if (wanted(s, i)) connect_link(s, self, i, now, out);
        return STATION_NOTHING;
    case LINK_RESOLVING: return station_lost(s, self, i, now, "unreachable", LAST_TCP_TIMEOUT, out);
    case LINK_CONNECTING: return station_lost(s, self, i, now, "timed out", LAST_TCP_TIMEOUT, out);
    case LINK_OPEN: return keepalive(s, self, i, now, (usec)s->standby * SECOND, out);
    case LINK_TOKEN: /* no answer to the token: as if it had said no */
        station_failback_silent(s, l, now);
        return STATION_NOTHING;
    case LINK_REGISTERING: return station_lost(s, self, i, now, "no RegisterAck", LAST_TCP_TIMEOUT, out);
    case LINK_LOADING:
    case LINK_ACTIVE: return keepalive(s, self, i, now, (usec)s->keepalive * SECOND, out);
    case LINK_LEAVING: return station_lost(s, self, i, now, "no UnregisterAck", LAST_TCP_TIMEOUT, out);
    }
    return STATION_NOTHING;
}

/* A next hop has answered ARP, or has finally not. */
static enum station_heard resolve(struct station *s, const struct station_self *self, uint8_t i, usec now,
                                  struct outbox *out)
{
    struct mac next;

    if (host_known(self->host, s->cm[i].address, &next))
        connect_link(s, self, i, now, out);
    else if (host_unreachable(self->host, s->cm[i].address))
        return station_lost(s, self, i, now, "unreachable", LAST_TCP_TIMEOUT, out);
    return STATION_NOTHING;
}

enum station_heard station_wake(struct station *s, const struct station_self *self, usec now, struct outbox *out)
{
    enum station_heard heard = STATION_NOTHING;

    for (uint8_t i = 0; s->running && heard == STATION_NOTHING && i < s->cms; i++) {
        if (s->link[i].state == LINK_RESOLVING) heard = resolve(s, self, i, now, out);
        if (heard == STATION_NOTHING && s->running && s->link[i].due <= now) heard = link_due(s, self, i, now, out);
    }
    if (s->running && heard == STATION_NOTHING && s->request_due <= now && s->active != STATION_NONE)
        heard = station_register_due(s, self, now, out);
    if (s->running && heard == STATION_NOTHING && s->reset_due <= now) heard = hear_reset(s, self, now, s->reset, out);
    if (s->running && heard == STATION_NOTHING && s->token_due <= now) station_failback_due(s, self, now, out);
    return heard;
}

usec station_due(const struct station *s)
{
    usec due = earlier(s->reset_due, earlier(s->request_due, s->token_due));

    if (!s->running) return NEVER;
    for (uint8_t i = 0; i < s->cms; i++) due = earlier(due, s->link[i].due);
    return due;
}
