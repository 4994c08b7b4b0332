/* What those who run a CallManager ask of it. */
#include "server/cm.h"

enum { NONE = UINT32_MAX };

/* A registered device: its record and what is known of it, a connection, half a call, places in hashes and timers. */
_Static_assert(sizeof(struct device) + sizeof(struct cm_connection) + sizeof(struct call) / 2 + 64 < 4096,
               "a registered device takes 4 KiB or more");

bool callmanager_sound(const struct callmanager_config *config, struct fault *why)
{
    enum { LEAST = 5, MOST = 86400, STANDBY = 60, KEEPALIVE = 30, MONITOR = 120 };
    uint32_t keepalive = config->keepalive ? config->keepalive : KEEPALIVE;
    uint32_t standby = config->standby_keepalive ? config->standby_keepalive : STANDBY;
    const char *what = NULL;

    *why = (struct fault){.kind = FAULT_NONE};
    if (keepalive < LEAST || keepalive > MOST || standby > MOST) what = "a keepalive time is 5 s to a day";
    if (!what && standby < keepalive) what = "the standby keepalive time is shorter than that of registered phones";
    for (uint32_t i = 0; !what && i < config->devices->pools; i++) {
        uint32_t monitor = config->devices->pool[i].connection_monitor;
        if ((monitor ? monitor : MONITOR) < standby)
            what = "a pool's connection monitor is shorter than the standby keepalive time";
    }
    if (what) *why = (struct fault){.kind = FAULT_VALUE, .what = what};
    return !what;
}

uint32_t callmanager_registered(const struct callmanager *m)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->used; i++) n += m->connection[i].state == CM_COMPLETE;
    return n;
}

uint64_t callmanager_rejected(const struct callmanager *m)
{
    uint64_t n = 0;

    for (size_t i = 0; i < REJECTS; i++) n += m->count.rejected[i];
    return n;
}

const struct cm_connection *callmanager_next(const struct callmanager *m, const struct cm_connection *after)
{
    for (uint32_t i = after ? cm_index(m, after) + 1 : 0; i < m->used; i++)
        if (m->connection[i].state != CM_FREE) return &m->connection[i];
    return NULL;
}

const struct device *callmanager_device(const struct callmanager *m, const struct cm_connection *c)
{
    return cm_device(m, c);
}

const struct device *callmanager_party(const struct callmanager *m, const struct call *k, int which)
{
    uint32_t c = which == 0 || which == 1 ? k->party[which].connection : NONE;

    return c == NONE ? NULL : cm_device(m, &m->connection[c]);
}
