/* Failback: a CallManager that stands higher in the list than the active one is asked for a token (RegisterTokenReq)
 * once its connection has held for connection_monitor. RegisterTokenAck: the phone unregisters below, and registers
 * above. RegisterTokenReject, or no answer: it asks again after the wait that it was told, 60 s if it was told none.
 * During a call it asks for none, and uses none that came meanwhile.
 */
#include "phone/station_parts.h"

static const usec TOKEN_WAIT = 10 * SECOND, CALL_WAIT = 5 * SECOND;
enum { TOKEN_AGAIN = 60 /* s */ };

void station_failback_due(struct station *s, const struct station_self *self, usec now, struct outbox *out)
{
    s->token_due = NEVER;
    if (!station_registered(s)) return;
    if (station_in_call(self)) {
        s->token_due = now + CALL_WAIT;
        return;
    }
    for (uint8_t i = 0; i < s->active; i++) {
        struct station_link *l = &s->link[i];
        if (l->state != LINK_OPEN) continue;
        if (l->since + s->connection_monitor > now) { /* it was away in between */
            s->token_due = earlier(s->token_due, l->since + s->connection_monitor);
            continue;
        }
        l->state = LINK_TOKEN;
        l->due = now + TOKEN_WAIT;
        station_send_token(s, self, l->stream, out);
        return;
    }
}

void station_failback_silent(struct station *s, struct station_link *l, usec now)
{
    station_stand_by(s, l, now);
    s->token_due = now + TOKEN_AGAIN * SECOND;
}

void station_failback_hear(struct station *s, const struct station_self *self, uint8_t i, usec now,
                           const struct sccp_message *m, struct outbox *out)
{
    struct station_link *l = &s->link[i];

    if (m->id == SCCP_REGISTER_TOKEN_REJECT) {
        uint32_t wait = m->number >= 1 && m->number <= 86400 ? m->number : TOKEN_AGAIN;
        tell_number(station_tell(s, self, PHONE_TOKEN_REFUSED, i, out), FACT_WAIT, wait);
        station_stand_by(s, l, now);
        s->token_due = now + (usec)wait * SECOND;
    } else if (m->id == SCCP_REGISTER_TOKEN_ACK && station_in_call(self)) { /* one began meanwhile: another, later */
        station_stand_by(s, l, now);
        s->token_due = now + CALL_WAIT;
    } else if (m->id == SCCP_REGISTER_TOKEN_ACK && station_registered(s)) {
        (void)station_tell(s, self, PHONE_FAILBACK, i, out);
        s->last = LAST_FAILBACK;
        l->state = LINK_OPEN;
        station_leave(s, self, now, STATION_NOTHING, out);
    }
}
