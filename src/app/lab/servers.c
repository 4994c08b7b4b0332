#include "app/lab/servers.h"
#include "lab/recording.h"
#include "lab/site.h"
#include "net/channel.h"
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
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { LINK_WAIT_MS = 5000, RATES_MS = 200 };

struct servers {
    struct process *process;
    int socket;
    struct loop loop;
    struct site site;
    struct durable durable;
    struct store *store;
    struct datagrams datagrams;
    struct streams streams;
    int listener[PLAN_CALLMANAGERS];
    struct channel front[PLAN_CALLMANAGERS]; /* with fronts: in place of streams and listeners */
    struct recording recording;
    uv_poll_t asked;
    uv_timer_t rates;
    struct meter meter;   /* with process.measure */
    uint64_t store_clock; /* of the store's thread, which alone reads it */
    struct regression commits;
    pthread_mutex_t commits_lock;
};

/* --- actions: into the journal, and out when what they promise is stored --- */

static bool commit(void *context, const struct outbox *batch)
{
    const struct servers *s = context;

    return store_commit(s->store, batch);
}

/* In the store's thread, whose processor time since the commit before is that of this one. */
static void measure_commit(struct servers *s, const struct outbox *batch)
{
    uint64_t now = meter_clock(), records = 0;

    for (uint32_t i = 0; i < batch->count; i++) records += batch->actions[i].kind == ACTION_STORE;
    (void)pthread_mutex_lock(&s->commits_lock);
    regression_add(&s->commits, records, now - s->store_clock);
    (void)pthread_mutex_unlock(&s->commits_lock);
    s->store_clock = now;
}

static void stored(void *context, const struct outbox *batch, bool ok)
{
    struct servers *s = context;

    if (s->process->measure) measure_commit(s, batch);
    durable_committed(&s->durable, ok);
}

static bool has_fronts(const struct servers *s)
{
    return s->process->layout.fronts;
}

/* To whoever has the stream: of a->engine: a device that moved to another CallManager is closed at its old one. */
static void to_stream(struct servers *s, const struct action *a, struct bytes bytes)
{
    if (has_fronts(s))
        channel_put(
            &s->front[a->engine - SITE_CALLMANAGER],
            &(struct channel_message){.kind = (uint8_t)a->kind, .news = a->news, .stream = a->stream, .bytes = bytes});
    else
        (void)stream_act(&s->streams, a->engine, a, bytes, sccp_frame);
}

static void tell(struct servers *s, const struct action *a, struct bytes facts)
{
    uint32_t was = meter_at(s->loop.meter, SERVICE_SERVERS_NEWS);

    meter_count(s->loop.meter, SERVICE_SERVERS_NEWS, 1);
    say_news(s->process, ROLE_SERVERS, loop_now(&s->loop), a, facts);
    (void)meter_at(s->loop.meter, was);
}

static void send_datagram(struct servers *s, const struct action *a, struct bytes bytes)
{
    uint32_t was = meter_at(s->loop.meter, SERVICE_DATAGRAM);

    datagrams_send(&s->datagrams, a->from, a->to, bytes);
    (void)meter_at(s->loop.meter, was);
}

static void leave(void *context, uint32_t party, const struct action *a, struct bytes bytes)
{
    struct servers *s = context;

    (void)party;
    switch (a->kind) {
    case ACTION_DATAGRAM: send_datagram(s, a, bytes); break;
    case ACTION_TELL: tell(s, a, bytes); break;
    case ACTION_OPEN:
    case ACTION_WRITE:
    case ACTION_CLOSE: to_stream(s, a, bytes); break;
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

static void from_front(void *context, const struct channel_message *m)
{
    struct channel *front = context;
    struct servers *s = (struct servers *)front->loop->context;

    if (!m) return; /* the keeper tells who ended */
    loop_deliver(&s->loop, SITE_CALLMANAGER + (uint32_t)(front - s->front),
                 &(struct event){.kind = (enum event_kind)m->kind,
                                 .why = m->why,
                                 .stream = m->stream,
                                 .from = m->from,
                                 .to = m->to,
                                 .bytes = m->bytes});
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
    if (has_fronts(s))
        channel_put(&s->front[which], &(struct channel_message){.kind = CHANNEL_LISTEN, .why = up});
    else if (!up)
        stream_listener_down(&s->streams, s->listener[which]);
    else if (stream_listener_up(&s->streams, s->listener[which], &why))
        say_text(s->process, SAYS_FAILED, ROLE_SERVERS, why.text);
}

static uint64_t lost_at_sockets(struct servers *s)
{
    struct datagram_counts d;

    datagrams_count(&s->datagrams, &d);
    return d.lost_in_kernel + d.unsent + s->loop.counts.dropped;
}

static void on_rates(uv_timer_t *timer)
{
    struct servers *s = timer->data;

    say_rates(s->process, ROLE_SERVERS, lost_at_sockets(s), network_resent());
}

static void flush_news(void *context)
{
    struct servers *s = context;
    uint32_t was = meter_at(s->loop.meter, SERVICE_SERVERS_NEWS);

    process_flush(s->process);
    (void)meter_at(s->loop.meter, was);
}

static void say_measured(struct servers *s)
{
    if (!s->process->measure) return;
    meter_stop(&s->meter);
    (void)pthread_mutex_lock(&s->commits_lock);
    regression_ends(&s->commits, &s->meter.times.of[SERVICE_COMMIT], &s->meter.times.of[SERVICE_RECORD]);
    (void)pthread_mutex_unlock(&s->commits_lock);
    say_services(s->process, &s->meter.times);
}

static void report(struct servers *s)
{
    say_measured(s);
    process_flush(s->process);

    if (s->loop.counts.overflows || s->loop.counts.spins)
        say_text(s->process, SAYS_FAILED, ROLE_SERVERS, "a server overran its outbox, or woke for nothing: a bug");
    if (s->process->record >= 0) recording_flush(&s->recording);
    say_counts(s->process, ROLE_SERVERS, 0, 0, lost_at_sockets(s));
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

/* The only switch: its segment is the servers' own, everything else is behind its router. */
static int join_segment(const struct plan *plan, struct netlink *n, struct net_error *why)
{
    struct route out = {.via = plan->voice_router};
    int error = interface_offloads_off("eth0", why);

    for (uint8_t i = 0; !error && i < plan->callmanagers; i++)
        error = netlink_add_address(n, "eth0", plan->server[i], ipv4_prefix(plan->voice_mask), why);
    if (!error) error = netlink_set_up(n, "eth0", true, why);
    if (!error) error = netlink_wait_up(n, "eth0", LINK_WAIT_MS, why);
    if (!error) error = netlink_add_route(n, &out, why);
    return error;
}

/* A routed uplink: the switch's subnets are behind the far end. */
static int join_uplink(struct netlink *n, const struct plan_switch *s, uint32_t k, struct net_error *why)
{
    char name[16], path[64];
    struct route voice = {.to = s->voice_router & s->voice_mask,
                          .prefix = ipv4_prefix(s->voice_mask),
                          .via = s->uplink_router},
                 data = {
                     .to = s->data_router & s->data_mask, .prefix = ipv4_prefix(s->data_mask), .via = s->uplink_router};

    (void)snprintf(name, sizeof name, "eth%u", k);
    (void)snprintf(path, sizeof path, "net/ipv4/conf/%s/rp_filter", name);
    (void)sysctl_set(path, "0", NULL);
    int error = interface_offloads_off(name, why);
    if (!error) error = netlink_add_address(n, name, s->uplink_server, ipv4_prefix(s->uplink_mask), why);
    if (!error) error = netlink_set_up(n, name, true, why);
    if (!error) error = netlink_wait_up(n, name, LINK_WAIT_MS, why);
    if (!error) error = netlink_add_route(n, &voice, why);
    if (!error) error = netlink_add_route(n, &data, why);
    return error;
}

static int join_uplinks(const struct plan *plan, struct netlink *n, struct net_error *why)
{
    int error = 0;

    for (uint8_t i = 0; !error && i < plan->callmanagers; i++)
        error = netlink_add_address(n, "lo", plan->server[i], 32, why);
    for (uint32_t k = 0; !error && k < plan_switches(plan); k++) {
        struct plan_switch s = plan_switch(plan, k);
        error = join_uplink(n, &s, k, why);
    }
    return error;
}

static int set_network(const struct plan *plan, struct net_error *why)
{
    static const char *const ours[][2] = {
        /* a host may have others; where there is no such file there is nothing to set */
        {"net/ipv4/conf/all/rp_filter", "0"},      {"net/ipv4/conf/default/rp_filter", "0"},
        {"net/ipv4/conf/eth0/rp_filter", "0"},     {"net/ipv6/conf/all/disable_ipv6", "1"},
        {"net/ipv6/conf/eth0/disable_ipv6", "1"},  {"net/core/somaxconn", "65535"},
        {"net/ipv4/tcp_max_syn_backlog", "65535"}, /* with 128 a storm of SYNs overflows both queues */
    };
    struct netlink n;
    int error = netlink_open(&n, why);

    if (error) return error;
    for (size_t i = 0; i < ARRAY_LENGTH(ours); i++) (void)sysctl_set(ours[i][0], ours[i][1], NULL);
    error = plan_switches(plan) > 1 ? join_uplinks(plan, &n, why) : join_segment(plan, &n, why);
    netlink_close(&n);
    return error;
}

static int open_datagrams(struct servers *s, struct net_error *why)
{
    /* Behind routers only relays ask, and what is sent finds its device by the route. */
    const char *device = s->process->layout.switches > 1 ? NULL : "eth0";
    struct datagram_config dhcp = {.port = DHCP_SERVER_PORT, .interface = device, .broadcast = true};
    int error = datagrams_init(&s->datagrams, &s->loop, from_socket, s);

    if (error) return net_fail(why, error, "UDP sockets");
    s->datagrams.service = SERVICE_DATAGRAM;
    error = datagrams_bind(&s->datagrams, &dhcp, why);
    for (uint16_t i = 0; error >= 0 && i <= SITE_TRANSFER_PORTS; i++) {
        uint16_t port = i == SITE_TRANSFER_PORTS ? TFTP_PORT : (uint16_t)(SITE_TRANSFER_PORT + i);
        error = datagrams_bind(&s->datagrams, &(struct datagram_config){.port = port, .interface = device}, why);
    }
    return error < 0 ? error : 0;
}

static int open_fronts(struct servers *s, struct net_error *why)
{
    int error = 0;

    for (uint8_t i = 0; !error && i < s->process->plan->callmanagers; i++) {
        error = channel_open(&s->front[i], &s->loop, s->process->front[i][0], false, from_front, &s->front[i], why);
        close(s->process->front[i][1]);
        if (!error) set_listening(s, i, site_listens(&s->site, i));
    }
    return error;
}

static int open_sockets(struct servers *s, struct net_error *why)
{
    int error = open_datagrams(s, why);

    if (error) return error;
    if (has_fronts(s)) return open_fronts(s, why);
    error = streams_init(&s->streams, &s->loop, from_stream, s);
    if (error) return net_fail(why, error, "streams");
    s->streams.tos = SIGNALLING_TOS;
    s->streams.service = SERVICE_SERVERS_STREAM;
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

static uint32_t service_of(void *context, uint32_t party, const struct event *e)
{
    (void)context;
    if (party == SITE_TFTP) return service_of_tftp(e);
    return service_step(party == SITE_DHCP ? SERVICE_DHCP : SERVICE_CALLMANAGER, e->kind);
}

/* Many switches: news leave together, and the counters are told while it runs. */
static int begin_batches(struct servers *s)
{
    if (s->process->layout.switches == 1) return 0;
    process_batch(s->process);
    (void)uv_timer_init(&s->loop.uv, &s->rates);
    s->rates.data = s;
    (void)uv_timer_start(&s->rates, on_rates, RATES_MS, RATES_MS);
    return loop_on_flush(&s->loop, flush_news, s);
}

static int set_up(struct servers *s, struct net_error *why)
{
    struct loop_config config = {.parties_most = SITE_PARTIES, .context = s, .start = s->process->plan->start};
    static uint8_t buffer[RECORDING_BUFFER];
    uint8_t asked[PROCESS_MESSAGE];

    if (world_receive(s->socket, asked, sizeof asked) <= 0 || asked[0] != ASKS_NETWORK)
        return net_fail(why, -1, "the lab ended before it began");
    if (s->process->record >= 0) {
        recording_open(&s->recording, RECORDED_SITE, buffer, process_record, s->process);
        config.stepped = stepped;
        config.context = s;
    }
    if (s->process->measure) {
        (void)pthread_mutex_init(&s->commits_lock, NULL);
        s->meter.step = service_of;
        meter_start(&s->meter, SERVICE_SERVERS_TURN);
        config.meter = &s->meter;
    }
    int error = loop_init(&s->loop, &config);
    if (error) return net_fail(why, error, "event loop");
    error = durable_init(&s->durable, &s->loop, commit, leave, s, why); /* before the sockets: its flush comes first */
    network_patient(s->process);
    if (!error) error = open_engines(s, why);
    if (!error) error = set_network(s->process->plan, why);
    if (!error) error = open_sockets(s, why);
    if (error) return error;
    error = begin_batches(s);
    if (error) return net_fail(why, error, "news");
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
    process_flush(s.process);
    if (s.process->record >= 0) recording_end(&s.recording, loop_now(&s.loop));
    durable_settle(&s.durable);
    process_flush(s.process);
    store_close(s.store);
    site_close(&s.site);
    return 0;
}
