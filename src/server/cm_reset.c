#include "server/cm.h"

bool cm_owes(const struct device *d)
{
    return d->record.owed != OWED_NOTHING;
}

void cm_send_reset(struct callmanager *m, usec now, struct cm_connection *c, struct device *d, const char *why,
                   struct outbox *out)
{
    uint32_t type = d->record.owed == OWED_RESET ? SCCP_RESET_RESET : SCCP_RESET_RESTART;
    char stamp[STAMP_TEXT];

    /* One Reset for each stamp: a phone whose TFTP server is down comes back with its old file, and must not be reset
     * for ever. What it owes is settled in the store when it registers again. */
    if (d->reset_for != 0) d->resent = 0; /* that one arrived */
    d->reset_for = d->record.stamp;
    c->state = CM_RESETTING;
    m->count.resets++;
    c->reset_at = after(now, m->config.reset_grace);
    cm_write(c, &(struct sccp_message){.id = SCCP_RESET, .number = type}, out);
    struct writer *w = cm_tell(m, CM_RESET, c, out);
    cm_tell_device(w, d);
    tell_number(w, FACT_RESET, type);
    tell_text(w, FACT_STAMP, bytes_of(stamp_text(stamp, d->record.stamp)));
    tell_text(w, FACT_WHY, bytes_of(why));
    cm_schedule(m, c);
}

/* Nothing says that the phone got it: it is sent again when the phone comes back, RESENDS times at most, for one that
 * gets it and does not obey would else be closed each half minute for ever. */
void cm_reset_lost(const struct cm_connection *c, struct device *d)
{
    enum { RESENDS = 3 };

    if (!d || c->state != CM_RESETTING || d->resent == RESENDS) return;
    d->resent++;
    d->reset_for = 0;
}

/* Or answers one. */
static bool begins_a_call(const struct sccp_message *in)
{
    enum { REDIAL = 1, NEW_CALL = 2, ANSWER = 11 };
    uint32_t key = in->call.pressed.key;

    if (in->id == SCCP_SOFT_KEY_EVENT) return key == REDIAL || key == NEW_CALL || key == ANSWER;
    return in->id == SCCP_OFF_HOOK || in->id == SCCP_OFF_HOOK_WITH_CALLING_PARTY || in->id == SCCP_ENBLOC_CALL ||
           in->id == SCCP_STIMULUS;
}

/* Cisco's phones do not reset during a call: one whose handset was lifted when its Reset came does it after the call,
 * by itself; and a soft client may never do it. Both have been told, and are served. */
void cm_reset_waits(struct callmanager *m, struct cm_connection *c, struct device *d, const struct sccp_message *in,
                    struct outbox *out)
{
    if (c->state != CM_RESETTING || !begins_a_call(in)) return;
    c->state = CM_COMPLETE;
    c->reset_at = NEVER;
    device_settle(m->config.devices, d, out);
}

void cm_pay(struct callmanager *m, usec now, struct cm_connection *c, struct outbox *out)
{
    struct device *d = cm_device(m, c);

    if (c->state == CM_FREE || c->device == UINT32_MAX) return;
    if (!d) {
        cm_close(m, c, "removed", out);
    } else if (c->call != UINT32_MAX) { /* its call's end calls this again */
        return;
    } else if (cm_owes(d) && c->state == CM_COMPLETE) {
        cm_send_reset(m, now, c, d, "changed", out);
    } else if (cm_owes(d) && c->state == CM_ACKED) { /* once it is complete, or has taken too long */
        c->reset_at = after(c->acked, m->config.reset_wait);
        cm_schedule(m, c);
    }
}

void cm_walk(struct callmanager *m, usec now, uint32_t until, struct outbox *out)
{
    if (m->scan_for != m->config.devices->changes) { /* another change: from the first again */
        m->scan_for = m->config.devices->changes;
        m->scan = 0;
    }
    while (m->scan < m->used && out->count < until) cm_pay(m, now, &m->connection[m->scan++], out);
    if (m->scan >= m->used) m->seen = m->scan_for;
}
