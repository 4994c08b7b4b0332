/* Connections of which nothing sound was heard, or not lately: they may take a quarter of the table, and the oldest
 * goes first. So whoever opens connections and says nothing, or garbage, keeps no phone out. */
#include "server/cm.h"

enum { NONE = UINT32_MAX, SHARE = 4 };

void cm_stranger(struct callmanager *m, struct cm_connection *c)
{
    if (c->stranger) return;
    c->stranger = true;
    c->older = m->youngest;
    c->younger = NONE;
    if (m->youngest == NONE)
        m->oldest = cm_index(m, c);
    else
        m->connection[m->youngest].younger = cm_index(m, c);
    m->youngest = cm_index(m, c);
    m->strangers++;
}

void cm_no_stranger(struct callmanager *m, struct cm_connection *c)
{
    if (!c->stranger) return;
    c->stranger = false;
    if (c->older == NONE)
        m->oldest = c->younger;
    else
        m->connection[c->older].younger = c->younger;
    if (c->younger == NONE)
        m->youngest = c->older;
    else
        m->connection[c->younger].older = c->older;
    m->strangers--;
}

static uint32_t share(const struct callmanager *m)
{
    return m->config.connections / SHARE > 0 ? m->config.connections / SHARE : 1;
}

static void close_oldest(struct callmanager *m, struct outbox *out)
{
    struct cm_connection *c = &m->connection[m->oldest];

    m->count.evicted++;
    if (m->evicted_told == NEVER || m->now - m->evicted_told >= SECOND) {
        m->evicted_told = m->now;
        tell_number(cm_tell(m, CM_EVICTED, c, out), FACT_COUNT, m->count.evicted);
    }
    cm_close(m, c, "nothing sound came", out);
}

void cm_make_place(struct callmanager *m, struct outbox *out)
{
    if (m->strangers && (m->strangers >= share(m) || cm_full(m))) close_oldest(m, out);
}

void cm_silent(struct callmanager *m, struct cm_connection *c, struct outbox *out)
{
    cm_stranger(m, c);
    cm_schedule(m, c);
    if (m->strangers > share(m)) close_oldest(m, out);
}
