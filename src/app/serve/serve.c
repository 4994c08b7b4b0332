#include "app/serve/serve.h"
#include "app/serve/control.h"
#include "app/serve/daemon.h"
#include "app/serve/metrics.h"
#include "app/log.h"
#include "app/serve/sockets.h"
#include "app/serve/words.h"
#include "base/facts.h"
#include "server/news.h"
#include "wire/sccp.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const usec READY_LATEST = 6 * SECOND;

/* --- memory --- */

void *serve_space(struct serve *s, size_t size)
{
    if (s->memories == s->memories_room) {
        size_t room = s->memories_room ? 2 * s->memories_room : 64;
        void **more = realloc(s->memory, room * sizeof *more);
        if (!more) return NULL;
        s->memory = more;
        s->memories_room = room;
    }
    void *memory = size ? calloc(1, size) : NULL;
    if (memory) s->memory[s->memories++] = memory;
    return memory;
}

void serve_free_space(struct serve *s, size_t first, size_t last)
{
    for (size_t i = first; i < last; i++) free(s->memory[i]);
    memmove(s->memory + first, s->memory + last, (s->memories - last) * sizeof *s->memory);
    s->memories -= last - first;
}

/* --- actions: into the journal, and out when what they promise is stored --- */

static bool commit(void *context, const struct outbox *batch)
{
    const struct serve *s = context;

    return store_commit(s->store, batch);
}

static void stored(void *context, const struct outbox *batch, bool ok)
{
    struct serve *s = context;

    (void)batch;
    durable_committed(&s->durable, ok);
}

static void say_news(struct serve *s, uint32_t party, uint16_t news, struct bytes facts)
{
    char words[SERVE_WORDS], line[SERVE_WORDS + 128];
    const char *label;
    enum log_level level;

    if (!log_is_on(serve_words_level(news))) return;
    serve_words_of(words, &label, &level, news, facts);
    if (party >= SERVE_FACE && party - SERVE_FACE < s->faces)
        (void)snprintf(line, sizeof line, "%s: %s: %s", label, s->face[party - SERVE_FACE].config->name, words);
    else
        (void)snprintf(line, sizeof line, "%s: %s", label, words);
    log_limited(loop_now(&s->loop), news, level, line);
}

static void leave(void *context, uint32_t party, const struct action *a, struct bytes bytes)
{
    struct serve *s = context;

    switch (a->kind) {
    case ACTION_DATAGRAM:
        if (party == SERVE_DHCP)
            datagrams_send_by(&s->datagrams, (uint32_t)s->dhcp_socket[a->stream], a->from, a->to,
                              bytes); /* -1: its interface went away meanwhile */
        else
            datagrams_send(&s->datagrams, a->from, a->to, bytes);
        break;
    case ACTION_FRAME: serve_face_frame(s, party, a, bytes); break;
    case ACTION_TELL:
        if (party == SERVE_CONTROL) {
            control_leave(s->control, a, bytes);
            break;
        }
        say_news(s, party, a->news, bytes);
        steps_news(&s->steps, loop_now(&s->loop), a->news, bytes);
        if (a->news == CM_REGISTERED) askers_registered(&s->askers, (ipv4)told_number(bytes, FACT_ADDRESS, 0));
        if (party >= SERVE_FACE) serve_face_news(s, party - SERVE_FACE, a->news, bytes);
        break;
    case ACTION_OPEN:
    case ACTION_WRITE:
    case ACTION_CLOSE: /* of a->engine: a device that moved to another CallManager is closed at its old one */
        (void)stream_act(&s->streams, a->engine, a, bytes, sccp_frame);
        break;
    case ACTION_STORE:
    case ACTION_LINE: break;
    }
}

void serve_act(void *serve, uint32_t party, const struct action *a, struct bytes payload)
{
    struct serve *s = serve;

    if (a->kind == ACTION_DATAGRAM && durable_idle(&s->durable))
        leave(s, party, a, payload); /* to wait for the end of the turn, it has the socket's own batch */
    else
        durable_act(&s->durable, party, a, payload);
}

/* --- the store and the engines --- */

static bool open_store(struct serve *s, struct net_error *why)
{
    char path[CONFIG_PATH + 32];
    struct fault fault;
    size_t bad = 0;

    (void)snprintf(path, sizeof path, "%s/dialtone.db", s->config.state);
    s->store = store_open(path, stored, s, &fault);
    if (!s->store) return net_fail(why, -EIO, "store %s: %s", path, fault.what) == 0;
    if (!store_load(s->store, &s->devices, &s->dhcp, 0, &bad, &fault))
        return net_fail(why, -EIO, "store %s: %s", path, fault.what) == 0;
    if (bad) log_say(LOG_IS_WARNING, "store %s: %zu records cannot be read; they are left as they are", path, bad);
    return true;
}

static usec nobody_step(void *engine, usec now, const struct event *e, struct outbox *out)
{
    (void)engine;
    (void)now;
    (void)e;
    (void)out;
    return NEVER;
}

static bool add_parties(struct serve *s, struct net_error *why)
{
    for (uint32_t i = 0; i < SERVE_PARTIES; i++) {
        struct party p = {nobody_step, NULL, serve_act, s};
        if (i == SERVE_DHCP) p = (struct party){dhcp_server_step, &s->dhcp, serve_act, s};
        if (i == SERVE_TFTP) p = (struct party){tftp_server_step, &s->tftp, serve_act, s};
        if (i >= SERVE_CALLMANAGER && i < SERVE_CALLMANAGER + (uint32_t)s->callmanagers)
            p = (struct party){callmanager_step, &s->callmanager[i - SERVE_CALLMANAGER], serve_act, s};
        if (i == SERVE_CONTROL) p = (struct party){control_step, s->control, serve_act, s};
        if (i >= SERVE_FACE && i - SERVE_FACE < s->faces)
            p = (struct party){interface_step, &s->face[i - SERVE_FACE].engine, serve_act, s};
        if (loop_add(&s->loop, &p, NEVER) != i) return net_fail(why, -ENOMEM, "too many parties") == 0;
    }
    return true;
}

/* --- from the look to ready --- */

static void address_list(const struct serve *s, char *to, size_t size)
{
    char a[IPV4_TEXT];
    size_t n = 0;

    to[0] = '\0';
    for (size_t i = 0; i < s->faces && n < size; i++) {
        const struct face *f = &s->face[i];
        if (f->here && f->machine.address)
            n += (size_t)snprintf(to + n, size - n, "%s%s (%s)", n ? ", " : "", f->config->name,
                                  ipv4_text(a, f->machine.address));
        if (f->tagged_open && n < size)
            n += (size_t)snprintf(to + n, size - n, "%sVLAN %u (%s)", n ? ", " : "", f->config->voice_vlan,
                                  ipv4_text(a, f->tagged.address));
    }
    if (!n) (void)snprintf(to, size, "no interface is there yet");
}

static void say_ready(struct serve *s)
{
    char on[400], announcer[200] = "off", dhcp[220];
    size_t n = 0;

    address_list(s, on, sizeof on);
    for (size_t i = 0; i < s->faces; i++)
        if (s->face[i].announces && n < sizeof announcer)
            n += (size_t)snprintf(announcer + n, sizeof announcer - n, "%s%s VLAN %u", n ? ", " : "on ",
                                  s->face[i].config->name, s->face[i].voice_vlan);
    (void)snprintf(dhcp, sizeof dhcp, "%s%s", s->dhcp_on ? "on" : "off: ", s->dhcp_on ? "" : s->dhcp_why);
    log_say(LOG_IS_INFO, "ready: %s; announcer %s; DHCP %s; TFTP %s; HTTP %s; CallManager %s", on, announcer, dhcp,
            s->config.tftp.serve ? "on" : "off", s->config.http.serve ? "on" : "off", s->callmanagers ? "on" : "off");
    daemon_notify("READY=1\nSTATUS=ready");
    s->ready = true;
}

/* The look is over on every interface, or nobody looks: what was left open is settled. */
static void settle(struct serve *s)
{
    bool looked = true;

    for (size_t i = 0; i < s->faces; i++) looked &= s->face[i].looked;
    if (!looked && loop_now(&s->loop) < s->ready_at) return;
    if (s->dhcp_bound && !s->dhcp_why[0]) s->dhcp_on = true;
    say_ready(s);
}

void serve_looked(struct serve *s, const char *other_dhcp)
{
    if (other_dhcp && s->config.dhcp.serve == SWITCH_AUTO && !s->dhcp_why[0])
        (void)snprintf(s->dhcp_why, sizeof s->dhcp_why, "%.190s", other_dhcp);
    if (!s->ready) settle(s);
}

static void on_second(uv_timer_t *timer)
{
    struct serve *s = timer->data;
    static usec fed;
    usec every = daemon_watchdog();

    if (s->stopping) return;
    if (!s->ready) settle(s);
    serve_watch(s);
    log_due(loop_now(&s->loop));
    control_turn(s->control);
    if (every && loop_now(&s->loop) - fed >= every / 2) {
        fed = loop_now(&s->loop);
        daemon_notify("WATCHDOG=1");
    }
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct serve *s = signal->data;

    if (s->stopping) return;
    if (number == SIGHUP) {
        serve_reload(s);
        return;
    }
    log_due(NEVER); /* what was left out so far is said now, or never */
    log_say(LOG_IS_INFO, "%s: stops", number == SIGINT ? "interrupted" : "told to end");
    loop_stop(&s->loop);
}

static int hear_signals(struct serve *s, struct net_error *why)
{
    static const int number[] = {SIGINT, SIGTERM, SIGHUP};
    int error = uv_timer_init(&s->loop.uv, &s->second);

    s->second.data = s;
    for (size_t i = 0; !error && i < ARRAY_LENGTH(number); i++) {
        error = uv_signal_init(&s->loop.uv, &s->signals[i]);
        s->signals[i].data = s;
        if (!error) error = uv_signal_start(&s->signals[i], on_signal, number[i]);
    }
    return error ? net_fail(why, error, "signals: %s", uv_strerror(error)) : 0;
}

/* --- beginning and end --- */

/* The first thing that somebody without rights meets. */
static int no_rights_here(struct net_error *why, int error)
{
    struct net_error before = *why;

    if (error != -EACCES || geteuid() == 0) return error;
    return net_fail(why, error, "%.200s: start it as root, or name a folder of yours with --state DIR", before.text);
}

static int open_state(struct serve *s, struct net_error *why)
{
    char path[CONFIG_PATH + 32];
    struct stat st;

    if (mkdir(s->config.state, 0750) < 0 && errno != EEXIST)
        return no_rights_here(why, net_fail_errno(why, "make the folder %s", s->config.state));
    s->lock = daemon_lock(s->config.state, why);
    if (s->lock < 0) return no_rights_here(why, s->lock);
    if (!s->config.tftp.folder[0])
        (void)snprintf(s->config.tftp.folder, sizeof s->config.tftp.folder, "%.240s/files", s->config.state);
    (void)snprintf(path, sizeof path, "%s", s->config.tftp.folder);
    if (mkdir(path, 0755) < 0) return errno == EEXIST ? 0 : net_fail_errno(why, "make the folder %s", path);
    if (geteuid() == 0 &&
        stat(s->config.state, &st) == 0) /* whom we may become: under umask 077 root's is closed to it */
        (void)!lchown(path, st.st_uid, st.st_gid);
    return 0;
}

static bool start(struct serve *s, struct net_error *why)
{
    struct loop_config config = {.parties_most = SERVE_PARTIES};
    char said[200], path[CONFIG_PATH + 32];
    static const uint64_t keep =
        UINT64_C(1) << 10 | UINT64_C(1) << 12 | UINT64_C(1) << 13; /* net_bind_service, net_admin, net_raw */

    if (!serve_find_faces(s, why) || open_state(s, why)) return false;
    int error = loop_init(&s->loop, &config);
    if (error) return net_fail(why, error, "event loop") == 0;
    if (hear_signals(s, why)) return false; /* before there is anything that an early SIGTERM would leave behind */
    s->wall_at_start = wall_now() - loop_now(&s->loop);
    if (durable_init(&s->durable, &s->loop, commit, leave, s, why))
        return false; /* before the sockets: its flush comes first */
    if (!serve_open_faces(s, why) || serve_open_sockets(s, why)) return false;
    if (serve_watch_links(s, why)) return false;
    if (daemon_drop(s->config.user, s->config.state, keep, said, why)) return false;
    log_say(LOG_IS_INFO, "%s", said);
    serve_open_face_engines(s);
    if (!serve_open_engines(s, why) || !open_store(s, why)) return false;
    (void)snprintf(path, sizeof path, "%s/control", s->config.state);
    s->control = control_open(s, path, why);
    if (!s->control || !add_parties(s, why) || !serve_lay_down(s, why)) return false;
    if (!daemon_filter(why)) log_say(LOG_IS_WARNING, "%s", why->text);
    s->dhcp_on = s->dhcp_bound && s->config.dhcp.serve == SWITCH_ON; /* it waits for no look */
    serve_start_faces(s);
    s->ready_at = after(loop_now(&s->loop), READY_LATEST);
    return uv_timer_start(&s->second, on_second, 50, 50) == 0;
}

/* From here on nothing that comes in reaches an engine: what these point to goes, while libuv still turns for its
 * closes. */
static void deafen(struct serve *s)
{
    for (uint32_t i = 0; i < s->loop.count; i++) s->loop.parties[i].step = nobody_step;
    s->stopping = true;
}

static void stop(struct serve *s)
{
    daemon_notify("STOPPING=1");
    serve_say_farewell(s);
    durable_settle(&s->durable);
    loop_turn(&s->loop); /* what was promised leaves */
    deafen(s);
    serve_close_links(s);
    serve_close_faces(s);
    metrics_close(s->metrics);
    control_close(s->control);
    s->control = NULL; /* an answer of it that leaves late finds nobody */
    serve_close_files(s);
    durable_settle(&s->durable); /* of that last turn */
    store_close(s->store);
    while (s->memories) free(s->memory[--s->memories]);
    free(s->memory);
}

int serve_run(struct serve *s)
{
    struct net_error why = {0};

    if (s->config.callmanager.serve && !s->config.callmanager.nodes) {
        s->config.callmanager.nodes = 1;
        s->config.callmanager.node[0] = (struct config_node){.port = SCCP_PORT};
    }
    s->callmanagers = s->config.callmanager.serve ? s->config.callmanager.nodes : 0;
    for (size_t n = 0; n < ARRAY_LENGTH(s->dhcp_socket); n++) s->dhcp_socket[n] = -1;
    for (size_t n = 0; n < CONFIG_NODES; n++)
        for (size_t i = 0; i < ARRAY_LENGTH(s->listener[n]); i++) s->listener[n][i] = -1;
    if (getrandom(&s->seed, sizeof s->seed, 0) != (ssize_t)sizeof s->seed) s->seed = wall_now();
    if (!start(s, &why)) {
        log_say(LOG_IS_ERROR, "%s", why.text);
        serve_close_faces(s); /* no voice VLAN of ours stays behind */
        return EXIT_MACHINE;
    }
    loop_run(&s->loop);
    stop(s);
    return EXIT_SERVED;
}
