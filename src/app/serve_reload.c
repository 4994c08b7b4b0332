/* SIGHUP: the configuration is read again. What can change while phones are served does; what cannot is said. */
#include "app/log.h"
#include "app/serve.h"
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

/* What a running daemon keeps until its next start: sockets and what they are bound to, the folder of the store. */
static void say_fixed(const struct serve_config *now, const struct serve_config *new)
{
    const struct {
        const char *key;
        bool differs;
    } fixed[] = {
        {"state", strcmp(now->state, new->state) != 0},
        {"user", strcmp(now->user, new->user) != 0},
        {"interfaces", now->interfaces != new->interfaces},
        {"tftp", now->tftp.serve != new->tftp.serve || now->tftp.single_port != new->tftp.single_port ||
                     now->tftp.first_port != new->tftp.first_port || now->tftp.last_port != new->tftp.last_port},
        {"http", now->http.serve != new->http.serve || now->http.port != new->http.port},
        {"callmanager", memcmp(&now->callmanager.keepalive, &new->callmanager.keepalive, 5 * sizeof(uint32_t)) != 0 ||
                            now->callmanager.serve != new->callmanager.serve ||
                            now->callmanager.nodes != new->callmanager.nodes},
        {"admin-http", now->admin_http.address != new->admin_http.address ||
                           now->admin_http.port != new->admin_http.port ||
                           strcmp(now->admin_http.token, new->admin_http.token) != 0},
        {"dhcp: serve", now->dhcp.serve != new->dhcp.serve},
    };

    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (fixed[i].differs)
            log_say(LOG_IS_WARNING, "reload: %s has changed, and is taken at the next start only", fixed[i].key);
}

/* DHCP, and the database, take it all; of the rest the old one stays. */
static void take(struct serve *s, struct serve_config *new)
{
    struct net_error why = {0};
    struct serve_config old = s->config;

    say_fixed(&old, new);
    s->config.dhcp = new->dhcp;
    s->config.dhcp.serve = old.dhcp.serve;
    if (!serve_reload_dhcp(s, &why)) {
        log_say(LOG_IS_ERROR, "reload: DHCP stays as it is: %s", why.text);
        s->config.dhcp = old.dhcp;
        new->dhcp = old.dhcp;
    }
    s->config.automatic = new->automatic;
    s->config.group = new->group;
    s->config.groups = new->groups;
    s->config.pool = new->pool;
    s->config.pools = new->pools;
    s->config.device = new->device;
    s->config.devices = new->devices;
    s->config.log = new->log;
    (void)log_level_set(s->config.log.level);
    if (!serve_lay_down(s, &why)) log_say(LOG_IS_ERROR, "reload: %s", why.text);
    for (uint32_t i = 0; i < s->callmanagers; i++) loop_wake(&s->loop, SERVE_CALLMANAGER + i, loop_now(&s->loop));
    serve_rescan_folder(s);
    /* What is replaced may still be pointed to by what runs: it stays until the end. */
    log_say(LOG_IS_INFO, "reload: done");
}

void serve_reload(struct serve *s)
{
    static struct serve_config new;

    if (!serve_read_config(&new, s->argc, s->argv, say_wrong, NULL)) {
        log_say(LOG_IS_ERROR, "reload: nothing was changed");
        return;
    }
    take(s, &new);
}
