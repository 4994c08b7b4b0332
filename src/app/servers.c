#include "app/servers.h"
#include "lab/recording.h"
#include "lab/site.h"
#include "net/datagram.h"
#include "net/durable.h"
#include "net/netlink.h"
#include "net/process.h"
#include "net/stream.h"
#include "net/world.h"
#include "store/sqlite.h"
#include "wire/dhcp.h"
#include "wire/sccp.h"
#include "wire/tftp.h"
#include <stdio.h>

enum { LINK_WAIT_MS = 5000, SIGNALLING_TOS = 0x60 }; /* CS3: signalling, as the phones' own */

struct servers {
    const struct process *process;
    int socket;
    struct loop loop;
    struct site site;
    struct durable durable;
    struct store *store;
    struct datagrams datagrams;
    struct streams streams;
    int listener[PLAN_CALLMANAGERS];
    struct recording recording;
    uv_poll_t asked;
};

/* --- actions: into the journal, and out when what they promise is stored --- */

static bool commit(void *context, const struct outbox *batch)
{
    const struct servers *s = context;

    return store_commit(s->store, batch);
}

static void stored(void *context, const struct outbox *batch, bool ok)
{
    struct servers *s = context;

    (void)batch;
    durable_committed(&s->durable, ok);
}

static void leave(void *context, uint32_t party, const struct action *a, struct bytes bytes)
{
    struct servers *s = context;

    (void)party;
    switch (a->kind) {
    case ACTION_DATAGRAM: datagrams_send(&s->datagrams, a->from, a->to, bytes); break;
    case ACTION_TELL: say_news(s->process, ROLE_SERVERS, loop_now(&s->loop), a, bytes); break;
    case ACTION_OPEN:
    case ACTION_WRITE:
    case ACTION_CLOSE: /* of a->engine: a device that moved to another CallManager is closed at its old one */
        (void)stream_act(&s->streams, a->engine, a, bytes, sccp_frame);
        break;
    case ACTION_STORE:
    case ACTION_LINE:
    case ACTION_FRAME: break;
    }
}

static void act(void *context, uint32_t party, const struct action *a, struct bytes bytes)
{
    struct servers *s = context;

    durable_act(&s->durable, party, a, bytes);
}

static void from_socket(void *context, uint32_t socket, const struct event *e)
{
    struct servers *s = context;

    (void)socket;
    loop_deliver(&s->loop, site_of_port(e->to.port), e);
}

static void from_stream(void *context, uint32_t owner, const struct event *e)
{
    struct servers *s = context;

    loop_deliver(&s->loop, owner, e);
}

/* --- what is asked --- */

static void change(struct servers *s, struct bytes what)
{
    static struct action actions[DEVICES_MOST + 8];
    static uint8_t bytes[64 * 1024];
    struct outbox out;
    struct fault why;

    outbox_init(&out, actions, ARRAY_LENGTH(actions), bytes, sizeof bytes);
    out.engine = SITE_CALLMANAGER;
    if (s->process->record >= 0) recording_change(&s->recording, loop_now(&s->loop), what);
    if (!site_change(&s->site, what, &out, &why)) {
        say_text(s->process, SAYS_REFUSED, ROLE_SERVERS, why.what);
        return;
    }
    for (uint32_t i = 0; i < out.count; i++) act(s, SITE_CALLMANAGER, &out.actions[i], payload(&out, i));
    for (uint32_t i = SITE_CALLMANAGER; i < site_parties(&s->site); i++) loop_wake(&s->loop, i, loop_now(&s->loop));
}

static void set_listening(struct servers *s, uint8_t which, bool up)
{
    struct net_error why;

    if (which >= s->process->plan->callmanagers) return;
    if (!up)
        stream_listener_down(&s->streams, s->listener[which]);
    else if (stream_listener_up(&s->streams, s->listener[which], &why))
        say_text(s->process, SAYS_FAILED, ROLE_SERVERS, why.text);
}

static void report(struct servers *s)
{
    struct datagram_counts d;

    if (s->loop.counts.overflows || s->loop.counts.spins)
        say_text(s->process, SAYS_FAILED, ROLE_SERVERS, "a server overran its outbox, or woke for nothing: a bug");
    if (s->process->record >= 0) recording_flush(&s->recording);
    datagrams_count(&s->datagrams, &d);
    say_counts(s->process, ROLE_SERVERS, 0, 0, d.lost_in_kernel + d.unsent + s->loop.counts.dropped);
    say_byte(s->process, SAYS_DONE, ROLE_SERVERS);
}

static void on_asked(uv_poll_t *poll, int status, int events)
{
    struct servers *s = poll->data;
    uint8_t bytes[PROCESS_MESSAGE];
    ssize_t n = world_receive(s->socket, bytes, sizeof bytes);
    struct fault why;

    (void)status;
    (void)events;
    if (n <= 0) {
        loop_stop(&s->loop);
        return;
    }
    struct reader r = reader((struct bytes){bytes, (size_t)n}, &why);
    switch (read_u8(&r)) {
    case ASKS_CHANGE: change(s, read_rest(&r)); break;
    case ASKS_DOWN: set_listening(s, read_u8(&r), false); break;
    case ASKS_UP: set_listening(s, read_u8(&r), true); break;
    case ASKS_REPORT: report(s); break;
    case ASKS_END: loop_stop(&s->loop); break;
    default: break;
    }
}

/* --- setting up --- */

static unsigned prefix_of(ipv4 mask)
{
    unsigned n = 0;

    for (; mask & 0x80000000u; mask <<= 1) n++;
    return n;
}

static int set_network(const struct plan *plan, struct net_error *why)
{
    struct netlink n;
    struct route out = {.via = plan->voice_router}; /* everything else is behind the switch's router */
    int error = netlink_open(&n, why);

    if (error) return error;
    (void)sysctl_set("net/ipv4/conf/all/rp_filter", "0",
                     NULL); /* a host may have another default; without the file there is no filter */
    (void)sysctl_set("net/ipv4/conf/eth0/rp_filter", "0", NULL);
    (void)sysctl_set("net/ipv6/conf/eth0/disable_ipv6", "1", NULL);
    error = interface_offloads_off("eth0", why);
    for (uint8_t i = 0; !error && i < plan->callmanagers; i++)
        error = netlink_add_address(&n, "eth0", plan->server[i], prefix_of(plan->voice_mask), why);
    if (!error) error = netlink_set_up(&n, "eth0", true, why);
    if (!error) error = netlink_wait_up(&n, "eth0", LINK_WAIT_MS, why);
    if (!error) error = netlink_add_route(&n, &out, why);
    netlink_close(&n);
    return error;
}

static int open_sockets(struct servers *s, struct net_error *why)
{
    struct datagram_config dhcp = {.port = DHCP_SERVER_PORT, .interface = "eth0", .broadcast = true};
    int error = datagrams_init(&s->datagrams, &s->loop, from_socket, s);

    if (error) return net_fail(why, error, "UDP sockets");
    error = datagrams_bind(&s->datagrams, &dhcp, why);
    for (uint16_t i = 0; error >= 0 && i <= SITE_TRANSFER_PORTS; i++) {
        uint16_t port = i == SITE_TRANSFER_PORTS ? TFTP_PORT : (uint16_t)(SITE_TRANSFER_PORT + i);
        error = datagrams_bind(&s->datagrams, &(struct datagram_config){.port = port, .interface = "eth0"}, why);
    }
    if (error < 0) return error;
    error = streams_init(&s->streams, &s->loop, from_stream, s);
    if (error) return net_fail(why, error, "streams");
    s->streams.tos = SIGNALLING_TOS;
    for (uint8_t i = 0; i < s->process->plan->callmanagers; i++) {
        s->listener[i] = stream_listen(&s->streams, (uint32_t)SITE_CALLMANAGER + i, s->process->plan->server[i],
                                       SCCP_PORT, sccp_frame, why);
        if (s->listener[i] < 0) return s->listener[i];
        if (!site_listens(&s->site, i)) stream_listener_down(&s->streams, s->listener[i]);
    }
    return 0;
}

static int open_engines(struct servers *s, struct net_error *why)
{
    char path[256];
    struct fault fault;

    (void)snprintf(path, sizeof path, "%s/dialtone.db", s->process->store);
    s->store = store_open(path, stored, s, &fault);
    if (!s->store) return net_fail(why, -5, "store %s: %s", path, fault.what);
    if (!site_open(&s->site, s->process->plan, &fault)) return net_fail(why, -22, "servers: %s", fault.what);
    for (uint32_t i = 0; i < site_parties(&s->site); i++) {
        void *engine;
        step_fn *step = site_party(&s->site, i, &engine);
        if (loop_add(&s->loop, &(struct party){step, engine, act, s}, NEVER) != i)
            return net_fail(why, -12, "servers: too many parties");
    }
    return 0;
}

static void stepped(void *context, uint32_t party, usec now, const struct event *e, const struct outbox *out)
{
    struct servers *s = context;

    recording_step(&s->recording, now, party, e, out);
}

static int set_up(struct servers *s, struct net_error *why)
{
    struct loop_config config = {.parties_most = SITE_PARTIES, .start = s->process->plan->start};
    static uint8_t buffer[RECORDING_BUFFER];
    uint8_t asked[PROCESS_MESSAGE];

    if (world_receive(s->socket, asked, sizeof asked) <= 0 || asked[0] != ASKS_NETWORK)
        return net_fail(why, -1, "the lab ended before it began");
    if (s->process->record >= 0) {
        recording_open(&s->recording, RECORDED_SITE, buffer, process_record, (void *)(uintptr_t)s->process);
        config.stepped = stepped;
        config.context = s;
    }
    int error = loop_init(&s->loop, &config);
    if (error) return net_fail(why, error, "event loop");
    error = durable_init(&s->durable, &s->loop, commit, leave, s, why); /* before the sockets: its flush comes first */
    if (!error) error = open_engines(s, why);
    if (!error) error = set_network(s->process->plan, why);
    if (!error) error = open_sockets(s, why);
    if (error) return error;
    s->asked.data = s;
    error = uv_poll_init(&s->loop.uv, &s->asked, s->socket);
    if (!error) error = uv_poll_start(&s->asked, UV_READABLE, on_asked);
    return error ? net_fail(why, error, "control socket") : 0;
}

int servers_run(int socket, void *process)
{
    static struct servers s;
    struct net_error why = {0};

    s.process = process;
    s.socket = socket;
    if (set_up(&s, &why)) {
        say_text(s.process, SAYS_FAILED, ROLE_SERVERS, why.text);
        return 3;
    }
    say_byte(s.process, SAYS_READY, ROLE_SERVERS);
    loop_run(&s.loop);
    if (s.process->record >= 0) recording_end(&s.recording, loop_now(&s.loop));
    durable_settle(&s.durable);
    store_close(s.store);
    site_close(&s.site);
    return 0;
}
