/* Interfaces that go, come back, or have another address, while `dialtone serve` runs: a USB NIC that is unplugged, `ip
 * link set down`, a DHCP client of the machine that was given another address.
 *
 * Away is an interface that does not exist, is down (as the administrator's state goes: without carrier it is only
 * waiting), or has neither an address nor a voice VLAN. Its frames, announcements and DHCP stop, and it is said once;
 * all else goes on. What listens on its addresses stays: Linux keeps connections whose address is gone, and a phone
 * that finds the same address again has not noticed. Its networks keep their numbers and their leases. When an
 * interface of that name is there again it is served anew, after a look, since it may hang on another cable now. So is
 * one that was away when the daemon started: systemd starts it before a USB NIC is there.
 *
 * Of several addresses of an interface one is served, the first that it had: when that goes the next one is, and when
 * it returns it is again, as it would be after a start.
 *
 * The address by which phones know this server is of one of the interfaces. When that one does not come back within
 * ADDRESS_PATIENCE the first other one's takes its place, and keeps it: to go back would reset all phones once more.
 */
#include "app/log.h"
#include "app/serve/sockets.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Changes come in bursts (a link, up, its address), and libuv lets go of what was closed in the turn after. */
static const usec ADDRESS_PATIENCE = 10 * SECOND;
enum { SETTLE_MS = 50, RETRY_MS = 2000, LINKS_KIND = 0xf0e0 /* no place of log_limited that it shares with others */ };

static void say(struct serve *s, const struct face *f, enum log_level level, const char *text)
{
    char line[400];

    (void)snprintf(line, sizeof line, "%s: %s", f->config->name, text);
    log_limited(loop_now(&s->loop), LINKS_KIND + (uint32_t)(f - s->face), level, line);
}

/* --- what is there --- */

bool serve_face_is_there(const struct face *f, struct machine_interface *now, char why[sizeof f->why])
{
    struct net_error error = {0};
    bool good = machine_interface(f->config->name, f->home, now, &error);

    if (good && !now->address && !f->config->voice_vlan) {
        good = false;
        (void)snprintf(why, sizeof f->why, "it has no IPv4 address");
    } else if (!good) {
        (void)snprintf(why, sizeof f->why, "%s",
                       now->index         ? "it is down"
                       : f->machine.index ? "it is gone"
                                          : "there is no interface of that name");
    }
    return good;
}

static bool is_as_it_was(const struct face *f, const struct machine_interface *now)
{
    struct machine_interface voice;

    if (now->index != f->machine.index || now->address != f->machine.address || now->mask != f->machine.mask ||
        !mac_equal(now->mac, f->machine.mac))
        return false;
    return !f->tagged_open || (machine_interface(f->tagged.name, f->tagged.address, &voice, NULL) &&
                               voice.index == f->tagged.index && voice.address == f->tagged.address);
}

/* --- going --- */

static void leave(struct serve *s, struct face *f)
{
    for (int voice = 0; voice < 2; voice++) {
        uint32_t n = serve_network(s, f, voice);
        if (n == UINT32_MAX || s->dhcp_socket[n] < 0) continue;
        datagrams_unbind(&s->datagrams, (uint32_t)s->dhcp_socket[n]);
        s->dhcp_socket[n] = -1;
    }
    serve_close_face(f);
    f->here = f->announces = f->quiet = false;
    f->looked = true; /* nobody waits for it */
    f->voice_vlan = 0;
    serve_take_arrivals(s);
}

/* --- coming back --- */

static void make_dhcp_anew(struct serve *s)
{
    struct net_error why = {0};

    if (!serve_reload_dhcp(s, &why)) log_say(LOG_IS_ERROR, "DHCP stays as it is: %s", why.text);
}

/* Its networks may have other addresses now: what listened on the old ones goes. */
static void take_networks(struct serve *s)
{
    struct dhcp_interface before[ARRAY_LENGTH(s->network)];
    uint8_t prefix[ARRAY_LENGTH(s->network)];
    uint32_t count = s->networks;
    bool differs = false;

    for (uint32_t n = 0; n < count; n++) {
        before[n] = s->network[n];
        prefix[n] = s->network_of[n].prefix;
    }
    serve_list_networks(s);
    serve_tell_ours(s);
    for (uint32_t n = 0; n < count; n++) {
        if (before[n].address != s->network[n].address) serve_close_http(s, n);
        differs = differs || before[n].address != s->network[n].address || prefix[n] != s->network_of[n].prefix ||
                  !mac_equal(before[n].mac, s->network[n].mac);
    }
    if (differs || count != s->networks) make_dhcp_anew(s);
}

/* Has the address by which phones know us gone? One whose interface is away has a while to come back: documents that
 * change reset every phone, those of other interfaces too. */
static bool needs_address(struct serve *s)
{
    usec now = loop_now(&s->loop);

    for (uint32_t n = 0; n < s->networks; n++) {
        if (s->network[n].address != s->address) continue;
        if (serve_network_is_here(s, n)) {
            s->address_away = 0;
            return false;
        }
        if (!s->address_away) s->address_away = now;
        return now - s->address_away >= ADDRESS_PATIENCE;
    }
    return true;
}

static void take_address(struct serve *s)
{
    ipv4 before = s->address;
    struct net_error why = {0};
    char text[IPV4_TEXT];

    serve_choose_address(s);
    if (before == s->address) return; /* nothing is here */
    s->address_away = 0;
    for (uint8_t i = 0; i < s->callmanagers; i++)
        if (!s->config.callmanager.node[i].address) s->callmanager[i].config.address = s->address;
    log_say(before ? LOG_IS_WARNING : LOG_IS_INFO, "phones know this server as %s from now on%s",
            ipv4_text(text, s->address), before ? ": their documents have changed" : "");
    make_dhcp_anew(s);
    if (!serve_lay_down(s, &why)) log_say(LOG_IS_ERROR, "%s", why.text);
    for (uint32_t i = 0; i < s->callmanagers; i++) loop_wake(&s->loop, SERVE_CALLMANAGER + i, loop_now(&s->loop));
}

static bool come_back(struct serve *s, struct face *f, const struct machine_interface *now)
{
    struct net_error why = {0};
    char text[IPV4_TEXT], line[120];
    bool again;

    f->machine = *now;
    if (!f->home) f->home = now->address;
    f->why[0] = '\0';
    if (!serve_voice_is_apart(s, f, &why) || !serve_open_face(s, f, &why)) {
        serve_close_face(f);
        (void)snprintf(f->why, sizeof f->why, "it cannot be served: %.160s", why.text);
        say(s, f, LOG_IS_ERROR, f->why);
        return false;
    }
    again = f->was_here;
    f->here = f->was_here = true;
    serve_open_face_engine(s, f);
    take_networks(s);
    serve_take_arrivals(s);
    f->quiet = !f->looked && s->dhcp_on && s->config.dhcp.serve == SWITCH_AUTO;
    (void)snprintf(line, sizeof line, "it is there%s%s, and served %s", now->address ? " with " : "",
                   now->address ? ipv4_text(text, now->address) : "", again ? "again" : "now");
    say(s, f, LOG_IS_INFO, line);
    serve_start_face(s, f);
    return true;
}

/* --- changes --- */

/* One step at most, so that the loop turns between the end of a socket and the next one in its place. False: nothing to
 * do. */
static bool step(struct serve *s, struct face *f, bool *failed)
{
    struct machine_interface now;
    char why[sizeof f->why];
    bool there = serve_face_is_there(f, &now, why);

    if (f->here && there && is_as_it_was(f, &now)) return false;
    if (!f->here && there) {
        if (come_back(s, f, &now)) return true;
        *failed = true;
        return false;
    }
    if (f->here) {
        leave(s, f);
        (void)snprintf(f->why, sizeof f->why, "%s", there ? "it has changed" : why);
        if (there) return true; /* and comes back at once */
        (void)snprintf(why, sizeof why, "%.100s: not served until it is back", f->why);
        say(s, f, LOG_IS_WARNING, why);
        return true;
    }
    (void)snprintf(f->why, sizeof f->why, "%s", why); /* gone, then there but down */
    return false;
}

static void on_again(uv_timer_t *timer);

static void look_again(struct serve *s, uint64_t ms)
{
    (void)uv_timer_start(&s->links_again, on_again, ms, 0);
}

static void open_missing(struct serve *s, bool *failed)
{
    struct net_error why = {0};

    if (serve_open_missing_sockets(s, &why) == 0) return;
    log_limited(loop_now(&s->loop), LINKS_KIND + CONFIG_INTERFACES, LOG_IS_ERROR, why.text);
    *failed = true;
}

static void on_again(uv_timer_t *timer)
{
    struct serve *s = timer->data;
    bool changed = false, failed = false;

    if (s->stopping) return;
    for (size_t i = 0; i < s->faces; i++) changed |= step(s, &s->face[i], &failed);
    if (!changed) {
        if (needs_address(s)) take_address(s);
        open_missing(s, &failed);
    }
    if (changed)
        look_again(s, SETTLE_MS);
    else if (failed || s->address_away)
        look_again(s, RETRY_MS);
}

static void on_change(void *context)
{
    struct serve *s = context;

    if (!s->stopping && !uv_is_active((uv_handle_t *)&s->links_again)) look_again(s, SETTLE_MS);
    if (!s->stopping && uv_timer_get_due_in(&s->links_again) > SETTLE_MS) look_again(s, SETTLE_MS);
}

int serve_watch_links(struct serve *s, struct net_error *why)
{
    int error = uv_timer_init(&s->loop.uv, &s->links_again);

    s->links_again.data = s;
    if (error) return net_fail(why, error, "timer: %s", uv_strerror(error));
    error = link_watch_open(&s->links, &s->loop, on_change, s, why);
    if (!error) look_again(s, SETTLE_MS); /* what has changed since it was looked at first */
    return error;
}

void serve_close_links(struct serve *s)
{
    link_watch_close(&s->links);
    (void)uv_timer_stop(&s->links_again);
}
