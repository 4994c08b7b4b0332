#include "app/log.h"
#include "app/serve/serve.h"
#include "app/zone.h"
#include "wire/sccp.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    DEVICES_AT_ONCE = 1000,
    GROUPS = 1024,
    POOLS = 1024,
    FILES_ELSE = 1024
}; /* as many as the configuration takes, and some that are of the store */

/* A CallManager of address 0 in a group is ourselves: the nodes, each by the address that phones know. */
static struct group_record group_of(const struct serve *s, const struct group_record *configured)
{
    struct group_record g = *configured;

    for (uint8_t i = 0; i < g.callmanagers; i++)
        if (!g.callmanager[i].address) g.callmanager[i].address = s->address;
    return g;
}

static bool put_group(struct serve *s, const struct group_record *g, struct outbox *out, struct fault *why)
{
    const struct group_record *now = devices_group(&s->devices, g->name);

    return (now && memcmp(now, g, sizeof *g) == 0) || devices_put_group(&s->devices, g, out, why);
}

static bool put_pool(struct serve *s, const struct pool_record *p, struct outbox *out, struct fault *why)
{
    const struct pool_record *now = devices_pool(&s->devices, p->name);

    return (now && memcmp(now, p, sizeof *p) == 0) || devices_put_pool(&s->devices, p, out, why);
}

/* A device of the file that is there already keeps its stamp, and what the file does not say of it. */
static bool put_device(struct serve *s, const struct config_device *d, struct outbox *out, struct fault *why)
{
    if (devices_find(&s->devices, d->record.mac)) return true; /* the store has it: `dialtone device set` changes it */
    return devices_create(&s->devices, &d->record, out, why) != NULL;
}

/* Hands over what a change puts, and begins anew. */
static void hand_over(struct serve *s, struct outbox *out)
{
    for (uint32_t i = 0; i < out->count; i++) serve_act(s, SERVE_CONTROL, &out->actions[i], payload(out, i));
    outbox_clear(out);
}

static bool lay(struct serve *s, struct outbox *out, struct fault *why, const char **what)
{
    struct group_record group;
    const struct serve_config *c = &s->config;

    for (size_t i = 0; i < c->groups; i++) {
        group = group_of(s, &c->group[i]);
        *what = c->group[i].name;
        if (!put_group(s, &group, out, why)) return false;
        hand_over(s, out);
    }
    for (size_t i = 0; i < c->pools; i++) {
        bool given = c->pool_at && c->pool_at[i].name.line;
        *what = c->pool[i].name;
        if (!given && devices_pool(&s->devices, c->pool[i].name)) continue; /* ours: what was changed since stays */
        if (!put_pool(s, &c->pool[i], out, why)) return false;
        hand_over(s, out);
    }
    for (size_t i = 0; i < c->devices; i++) {
        if (i % DEVICES_AT_ONCE == DEVICES_AT_ONCE - 1) durable_settle(&s->durable); /* its outbox has an end */
        *what = c->device[i].record.line[0].number;
        if (!put_device(s, &c->device[i], out, why)) return false;
        hand_over(s, out);
    }
    *what = "auto-registration";
    if (memcmp(&s->devices.settings, &c->automatic, sizeof c->automatic) != 0 &&
        !devices_put_settings(&s->devices, &c->automatic, out, why))
        return false;
    hand_over(s, out);
    return true;
}

static bool lay_down(struct serve *s, struct net_error *why)
{
    enum { ACTIONS = 65536, BYTES = 32 << 20 }; /* a pool that many devices are in: a STORE for each */
    struct action *actions = malloc(ACTIONS * sizeof *actions);
    uint8_t *bytes = malloc(BYTES);
    struct outbox out;
    struct fault fault = {0};
    const char *what = "";
    bool good = actions && bytes;

    if (good) {
        outbox_init(&out, actions, ACTIONS, bytes, BYTES);
        out.engine = SERVE_CONTROL;
        good = lay(s, &out, &fault, &what);
    }
    free(actions);
    free(bytes);
    durable_settle(&s->durable);
    return good || net_fail(why, -EINVAL, "%s: %s", what, fault.what ? fault.what : "no memory") == 0;
}

/* Groups are to name our address: what the store has stays as it is until there is one. */
bool serve_lay_down(struct serve *s, struct net_error *why)
{
    return !s->address || lay_down(s, why);
}

static bool open_devices(struct serve *s)
{
    struct devices_limits limits = {s->config.callmanager.devices, GROUPS, POOLS};
    size_t size = devices_size(&limits);

    return devices_init(&s->devices, &limits, serve_space(s, size), size);
}

/* A connection is an open file. What this process may open less than was asked for is said here, and not first by a
 * listener that rests while a thousand phones wait; a quarter of it, 1,024 at most, is for HTTP, transfers, the store
 * and the folder. */
static uint32_t connections_each(const struct serve *s)
{
    uint32_t wanted = s->config.callmanager.connections;
    struct rlimit files;

    if (!s->callmanagers || getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return wanted;
    uint64_t may = files.rlim_cur, rest = may / 4 < FILES_ELSE ? may / 4 : FILES_ELSE;
    uint64_t each = (may - rest) / s->callmanagers;
    if (each >= wanted) return wanted;
    log_say(
        LOG_IS_WARNING,
        "callmanager: %u connections are more than the %llu open files that this process may have: %llu%s are taken. "
        "Raise LimitNOFILE= of the systemd unit, or `ulimit -n`, or lower --connections",
        wanted, (unsigned long long)may, (unsigned long long)each, s->callmanagers > 1 ? " for each node" : "");
    return each ? (uint32_t)each : 1;
}

static bool open_callmanagers(struct serve *s)
{
    uint32_t connections = connections_each(s);

    for (uint8_t i = 0; i < s->callmanagers; i++) {
        const struct config_node *n = &s->config.callmanager.node[i];
        struct callmanager_config c = {.index = i,
                                       .address = n->address ? n->address : s->address,
                                       .port = n->port,
                                       .devices = &s->devices,
                                       .name = n->name[0] ? n->name : NULL,
                                       .connections = connections,
                                       .keepalive = s->config.callmanager.keepalive,
                                       .standby_keepalive = s->config.callmanager.standby_keepalive,
                                       .tokens = s->config.callmanager.tokens,
                                       .wall_at_start = s->wall_at_start,
                                       .utc_offset_of = zone_utc_offset};
        size_t size = callmanager_size(connections);
        if (!callmanager_init(&s->callmanager[i], &c, serve_space(s, size), size)) return false;
    }
    return true;
}

bool serve_open_engines(struct serve *s, struct net_error *why)
{
    if (!open_devices(s)) return net_fail(why, -ENOMEM, "no memory for %u devices", s->config.callmanager.devices) == 0;
    if (!open_callmanagers(s)) return net_fail(why, -ENOMEM, "no memory for the CallManagers") == 0;
    return serve_open_dhcp(s, why) && serve_open_files(s, why);
}
