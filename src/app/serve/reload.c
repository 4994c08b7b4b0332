/* SIGHUP: the configuration is read again. What can change while phones are served does; what cannot is said. */
#include "app/log.h"
#include "app/serve/serve.h"
#include "wire/sccp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say_wrong(void *context, const char *file, int line, int column, const char *text)
{
    (void)context;
    if (line)
        log_say(LOG_IS_ERROR, "%s:%d:%d: %s", file, line, column, text);
    else
        log_say(LOG_IS_ERROR, "%s%s%s", file ? file : "", file && *file ? ": " : "", text);
}

static bool interfaces_differ(const struct serve_config *now, const struct serve_config *new)
{
    if (now->interfaces != new->interfaces) return true;
    for (size_t i = 0; i < now->interfaces; i++) {
        const struct config_interface *a = &now->interface[i], *b = &new->interface[i];
        if (strcmp(a->name, b->name) != 0 || a->voice_vlan != b->voice_vlan || a->voice_address != b->voice_address ||
            a->voice_prefix != b->voice_prefix || a->announce != b->announce || a->cdp != b->cdp ||
            a->lldp != b->lldp || a->priority != b->priority || a->dscp != b->dscp)
            return true;
    }
    return false;
}

/* `now` is what runs: one node stands there where none was given, and the folder has its default. */
static bool tftp_differs(const struct serve_config *now, const struct serve_config *new)
{
    char folder[CONFIG_PATH];

    (void)snprintf(folder, sizeof folder, new->tftp.folder[0] ? "%.255s" : "%.240s/files",
                   new->tftp.folder[0] ? new->tftp.folder : now->state);
    return strcmp(now->tftp.folder, folder) != 0 || now->tftp.serve != new->tftp.serve ||
           now->tftp.single_port != new->tftp.single_port || now->tftp.first_port != new->tftp.first_port ||
           now->tftp.last_port != new->tftp.last_port;
}

static bool callmanagers_differ(const struct serve_config *now, const struct serve_config *new)
{
    if (memcmp(&now->callmanager.keepalive, &new->callmanager.keepalive, 5 * sizeof(uint32_t)) != 0 ||
        now->callmanager.serve != new->callmanager.serve)
        return true;
    if (!now->callmanager.serve) return false;
    if (!new->callmanager.nodes)
        return now->callmanager.nodes != 1 || now->callmanager.node[0].address || now->callmanager.node[0].name[0] ||
               now->callmanager.node[0].port != SCCP_PORT;
    if (now->callmanager.nodes != new->callmanager.nodes) return true;
    for (size_t i = 0; i < now->callmanager.nodes; i++) {
        const struct config_node *a = &now->callmanager.node[i], *b = &new->callmanager.node[i];
        if (strcmp(a->name, b->name) != 0 || a->address != b->address || a->port != b->port) return true;
    }
    return false;
}

/* What a running daemon keeps until its next start: sockets and what they are bound to, the folder of the store. */
static void say_fixed(const struct serve_config *now, const struct serve_config *new)
{
    const struct {
        const char *key;
        bool differs;
    } fixed[] = {
        {"state", strcmp(now->state, new->state) != 0},
        {"user", strcmp(now->user, new->user) != 0},
        {"interfaces", interfaces_differ(now, new)},
        {"tftp", tftp_differs(now, new)},
        {"http", now->http.serve != new->http.serve || now->http.port != new->http.port},
        {"callmanager", callmanagers_differ(now, new)},
        {"admin-http",
         now->admin_http.serve != new->admin_http.serve || now->admin_http.address != new->admin_http.address ||
             now->admin_http.port != new->admin_http.port || strcmp(now->admin_http.token, new->admin_http.token) != 0},
        {"dhcp: serve", now->dhcp.serve != new->dhcp.serve},
        {"log: to", strcmp(now->log.to, new->log.to) != 0},
    };

    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (fixed[i].differs)
            log_say(LOG_IS_WARNING, "reload: %s has changed, and is taken at the next start only", fixed[i].key);
}

static void take_lists(struct serve_config *to, const struct serve_config *from)
{
    to->group = from->group;
    to->groups = from->groups;
    to->group_at = from->group_at;
    to->pool = from->pool;
    to->pools = from->pools;
    to->pool_at = from->pool_at;
    to->device = from->device;
    to->devices = from->devices;
}

/* DHCP, and the database, take it all; of the rest the old one stays. What is replaced is left in *new. */
static void take(struct serve *s, struct serve_config *new)
{
    struct net_error why = {0};
    struct serve_config old = s->config;

    say_fixed(&old, new);
    s->config.dhcp = new->dhcp;
    s->config.dhcp.serve = old.dhcp.serve;
    if (serve_reload_dhcp(s, &why)) {
        new->dhcp = old.dhcp; /* the server has copies of all that it needs */
    } else {
        log_say(LOG_IS_ERROR, "reload: DHCP stays as it is: %s", why.text);
        s->config.dhcp = old.dhcp;
    }
    s->config.automatic = new->automatic;
    take_lists(&s->config, new);
    take_lists(new, &old);
    (void)memcpy(s->config.log.level, new->log.level, sizeof s->config.log.level);
    (void)log_level_set(s->config.log.level);
    if (!serve_lay_down(s, &why)) log_say(LOG_IS_ERROR, "reload: %s", why.text);
    for (uint32_t i = 0; i < s->callmanagers; i++) loop_wake(&s->loop, SERVE_CALLMANAGER + i, loop_now(&s->loop));
    serve_rescan_folder(s);
    log_say(LOG_IS_INFO, "reload: done");
}

void serve_reload(struct serve *s)
{
    static struct serve_config new;

    if (serve_read_config(&new, s->argc, s->argv, say_wrong, NULL))
        take(s, &new);
    else
        log_say(LOG_IS_ERROR, "reload: nothing was changed");
    config_free(&new);
}
