/* Registration: RegisterReq, RegisterAck, then the requests of registration one after the other
 * (phone/station_wire.h has their order). Each must be answered but ServerReq; the last one is for the time, and
 * with its answer the phone is registered.
 */
#include "phone/station_parts.h"

static const usec ACK_WAIT = 10 * SECOND, SERVERS_WAIT = 2 * SECOND;

void station_register_at(struct station *s, const struct station_self *self, uint8_t i, usec now, struct outbox *out)
{
    struct station_link *l = &s->link[i];

    s->active = i;
    s->complete = false;
    s->protocol = 0;
    l->state = LINK_REGISTERING;
    l->due = now + ACK_WAIT;
    station_send_register(s, self, l->stream, out);
}

void station_register_ack(struct station *s, const struct station_self *self, usec now,
                          const struct sccp_register_ack *ack)
{
    struct station_link *l = &s->link[s->active];

    if (l->state != LINK_REGISTERING) return;
    /* CallManager 2.x names no version: the oldest layouts then. */
    uint8_t theirs = ack->protocol ? ack->protocol : 3;
    s->protocol = theirs < self->load->protocol ? theirs : self->load->protocol;
    s->keepalive = ack->keepalive >= 1 && ack->keepalive <= 86400 ? ack->keepalive : 30; /* 0 would make it spin */
    s->standby = ack->standby_keepalive >= 1 && ack->standby_keepalive <= 86400 ? ack->standby_keepalive : 60;
    l->state = LINK_LOADING;
    l->due = now + (usec)s->keepalive * SECOND;
    l->since = now;
    station_request_first(s);
    s->request_due = now + self->timing->request_pause;
    s->asked = false;
    s->repeats = 0;
}

static void complete(struct station *s, const struct station_self *self, usec now, struct outbox *out)
{
    struct station_link *l = &s->link[s->active];
    struct writer *w = station_tell(s, self, PHONE_REGISTERED, s->active, out);

    s->complete = true;
    l->state = LINK_ACTIVE;
    l->failures = 0;
    s->request_due = NEVER;
    s->token_due = NEVER;
    tell_text(w, FACT_DIRECTORY_NUMBER, bytes_of(s->number));
    tell_text(w, FACT_LABEL, bytes_of(s->label));
    tell_number(w, FACT_PROTOCOL, s->protocol);
    tell_number(w, FACT_KEEPALIVE, s->keepalive);
    tell_number(w, FACT_TIME, s->time);
    tell_text(w, FACT_STAMP, bytes_of(self->stamp));
    tell_text(w, FACT_LOAD, bytes_of(self->load->name));
    for (uint8_t i = 0; i < s->cms; i++) s->link[i].failures = 0;
    station_keep_others(s, now);
}

/* A .cnf names no load: the Version answer does ("Verifying Load" stands in the 7960's displays before all other
 * requests). */
static bool other_load(const struct station *s, const struct station_self *self)
{
    struct bytes load = bytes_of(s->load);

    return bytes_end(bytes_of(self->file), ".cnf") && load.len &&
           !bytes_equal_nocase(load, bytes_of(self->load->name)) && !bytes_equal_nocase(load, bytes_of(self->refused));
}

enum station_heard station_register_next(struct station *s, const struct station_self *self, usec now,
                                         struct outbox *out)
{
    if (s->request == REQUEST_VERSION && other_load(s, self)) {
        station_leave(s, self, now, STATION_LOAD, out);
        return STATION_NOTHING;
    }
    station_request_done(s, self);
    if (s->request == REQUESTS) {
        complete(s, self, now, out);
        return STATION_REGISTERED;
    }
    s->asked = false;
    s->repeats = 0;
    s->request_due = now + self->timing->request_pause;
    return STATION_NOTHING;
}

enum station_heard station_register_due(struct station *s, const struct station_self *self, usec now,
                                        struct outbox *out)
{
    if (s->asked && s->request == REQUEST_SERVERS) return station_register_next(s, self, now, out);
    if (s->asked && s->repeats >= 2) {
        s->request_due = NEVER;
        return station_lost(s, self, s->active, now, "a request of registration stays unanswered", LAST_TCP_TIMEOUT,
                            out);
    }
    if (s->asked) s->repeats++;
    s->asked = true;
    s->request_due = now + (s->request == REQUEST_SERVERS ? SERVERS_WAIT : ACK_WAIT);
    if (station_send_request(s, self, s->link[s->active].stream, out)) return STATION_NOTHING;
    return station_register_next(s, self, now, out); /* one that has no answer */
}
