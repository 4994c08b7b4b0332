#include "app/servers.h"
#include "base/facts.h"
#include "net/datagram.h"
#include "net/durable.h"
#include "net/netlink.h"
#include "net/plan.h"
#include "net/stream.h"
#include "net/world.h"
#include "server/callmanager.h"
#include "server/dhcp.h"
#include "server/documents.h"
#include "server/news.h"
#include "server/tftp.h"
#include "provision/load.h"
#include "wire/dhcp.h"
#include "wire/tftp.h"
#include "store/sqlite.h"
#include "wire/sccp.h"
#include <stdlib.h>
#include <string.h>

enum { TRANSFER_PORT = 51000, TRANSFER_PORTS = 16, TRANSFERS = 1024, SLOTS = 512, CONNECTIONS = 1024, DEVICES = 1024 };
enum { PARTY_DHCP, PARTY_TFTP, PARTY_CALLMANAGER }; /* CallManagers follow one another */

struct servers {
    const struct plan *plan;
    int socket;
    struct loop loop;
    struct datagrams datagrams;
    struct streams streams;
    uv_poll_t asked;
    struct devices devices;
    struct documents documents;
    struct dhcp_server dhcp;
    struct dhcp_subnet subnet[2];
    struct tftp_server tftp;
    struct callmanager callmanager[PLAN_CALLMANAGERS];
    int listener[PLAN_CALLMANAGERS];
    struct store *store;
    struct durable durable;
    uint64_t messages;
};

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

/* An action leaves. */
static void apply(void *context, uint32_t party, const struct action *a, struct bytes bytes)
{
    struct servers *s = context;

    (void)party;
    switch (a->kind) {
    case ACTION_DATAGRAM:
        s->messages++;
        datagrams_send(&s->datagrams, a->from, a->to, bytes);
        break;
    case ACTION_TELL:
        plan_say_news(s->plan, ROLE_SERVERS, loop_now(&s->loop), a, bytes);
        break;
    case ACTION_OPEN:
    case ACTION_WRITE:
    case ACTION_CLOSE:
        s->messages++;
        (void)stream_act(&s->streams, a->engine, a, bytes, sccp_frame); /* a->engine: a device that moved is closed at the other one */
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
    loop_deliver(&s->loop, e->to.port == DHCP_SERVER_PORT ? PARTY_DHCP : PARTY_TFTP, e);
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
    struct bytes device = bytes_cut(&what, 0), field = bytes_cut(&what, 0), value = bytes_cut(&what, 0);

    outbox_init(&out, actions, ARRAY_LENGTH(actions), bytes, sizeof bytes);
    out.engine = PARTY_CALLMANAGER;
    if (!devices_change(&s->devices, device, field, value, &out, &why)) {
        plan_say_text(s->plan, SAYS_REFUSED, ROLE_SERVERS, why.what);
        return;
    }
    for (uint32_t i = 0; i < out.count; i++) act(s, PARTY_CALLMANAGER, &out.actions[i], payload(&out, i));
    for (uint32_t i = 0; i < s->plan->callmanagers; i++) loop_wake(&s->loop, PARTY_CALLMANAGER + i, loop_now(&s->loop));
}

static void set_listening(struct servers *s, uint8_t which, bool up)
{
    struct net_error why;

    if (which >= s->plan->callmanagers) return;
    if (!up) stream_listener_down(&s->streams, s->listener[which]);
    else if (stream_listener_up(&s->streams, s->listener[which], &why)) plan_say_text(s->plan, SAYS_REFUSED, ROLE_SERVERS, why.text);
}

static void report(struct servers *s)
{
    struct datagram_counts d;

    datagrams_count(&s->datagrams, &d);
    plan_say_counts(s->plan, ROLE_SERVERS, 0, d.lost_in_kernel + d.unsent + s->loop.counts.dropped);
    plan_say_byte(s->plan, SAYS_DONE, ROLE_SERVERS);
}

static void on_asked(uv_poll_t *poll, int status, int events)
{
    struct servers *s = poll->data;
    uint8_t bytes[PLAN_MESSAGE];
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
    case ASKS_DOWN:   set_listening(s, read_u8(&r), false); break;
    case ASKS_UP:     set_listening(s, read_u8(&r), true); break;
    case ASKS_REPORT: report(s); break;
    case ASKS_END:    loop_stop(&s->loop); break;
    default: break;
    }
}

/* --- setting up --- */

static unsigned prefix_of(ipv4 mask)
{
    unsigned n = 0;

    while (mask & 0x80000000u) {
        n++;
        mask <<= 1;
    }
    return n;
}

static int set_network(const struct plan *plan, struct net_error *why)
{
    struct netlink n;
    struct route data = {.via = plan->voice_router}; /* everything else is behind the switch's router */
    int error = netlink_open(&n, why);

    if (error) return error;
    (void)sysctl_set("net/ipv4/conf/all/rp_filter", "0", NULL);
    (void)sysctl_set("net/ipv4/conf/eth0/rp_filter", "0", NULL);
    (void)sysctl_set("net/ipv6/conf/eth0/disable_ipv6", "1", NULL);
    error = interface_offloads_off("eth0", why);
    for (uint8_t i = 0; !error && i < plan->callmanagers; i++)
        error = netlink_add_address(&n, "eth0", plan->server[i], prefix_of(plan->voice_mask), why);
    if (!error) error = netlink_set_up(&n, "eth0", true, why);
    if (!error) error = netlink_add_route(&n, &data, why);
    netlink_close(&n);
    return error;
}

static void *space(size_t size)
{
    return size ? malloc(size) : NULL;
}

/* The device database as this lab begins: one group, one pool, whom we know already. */
static bool fill_devices(struct servers *s, struct fault *why)
{
    const struct plan *plan = s->plan;
    struct devices_limits limits = {DEVICES, 4, 4};
    size_t size = devices_size(&limits);
    struct group_record group = {.name = "Default", .callmanagers = plan->callmanagers};
    struct pool_record pool = {.name = "Default", .group = "Default", .date_template = "D/M/Y", .time_zone = "Etc/GMT",
                               .user_locale = "English_United_States", .network_locale = "United_States", .connection_monitor = 120};
    struct settings_record settings = {.automatic = true, .first = plan->first_number, .last = plan->first_number + 999, .pool = "Default"};

    *why = (struct fault){FAULT_LONG, 0, "no memory for the device table"};
    if (!devices_init(&s->devices, &limits, space(size), size)) return false;
    for (uint8_t i = 0; i < plan->callmanagers; i++) group.callmanager[i] = (struct record_callmanager){plan->server[i], SCCP_PORT};
    for (size_t i = 0; i < model_count() && pool.loads < RECORD_LOADS; i++) {
        const struct phone_model *m = model_at(i);
        const char *load = m->speaks_sccp ? load_built_in(m, false) : NULL;
        if (!load) continue;
        pool.load[pool.loads].device_type = m->device_type;
        text_copy(pool.load[pool.loads++].load, LOAD_NAME, bytes_of(load));
    }
    if (!devices_put_group(&s->devices, &group, NULL, why) || !devices_put_pool(&s->devices, &pool, NULL, why)) return false;
    uint32_t known = 0;
    for (uint32_t i = 0; i < plan->phones; i++) known += plan->phone[i].known;
    settings.first += known; /* known devices have the first numbers of the range */
    if (!devices_put_settings(&s->devices, &settings, NULL, why)) return false;
    known = 0;
    for (uint32_t i = 0; i < plan->phones; i++) {
        const struct plan_phone *p = &plan->phone[i];
        struct device_record d = {.mac = p->mac, .device_type = p->model->device_type, .pool = "Default"};
        struct writer w = writer(d.line[0].number, sizeof d.line[0].number - 1);
        if (!p->known) continue;
        write_decimal(&w, (uint64_t)plan->first_number + known++);
        text_copy(d.line[0].label, sizeof d.line[0].label, written(&w));
        if (!devices_create(&s->devices, &d, NULL, why)) return false;
    }
    return true;
}

static bool make_dhcp(struct servers *s, struct fault *why)
{
    const struct plan *p = s->plan;

    s->subnet[0] = (struct dhcp_subnet){.network = p->voice_router & p->voice_mask, .mask = p->voice_mask, .first = p->voice_first,
                                        .last = p->voice_last, .router = p->voice_router, .tftp = {p->server[0]}, .tftps = 1, .lease = 86400};
    s->subnet[1] = (struct dhcp_subnet){.network = p->data_router & p->data_mask, .mask = p->data_mask, .first = p->data_first,
                                        .last = p->data_last, .router = p->data_router, .tftp = {p->server[0]}, .tftps = 1, .lease = 86400};
    struct dhcp_server_config c = {.address = p->server[0], .subnets = s->subnet, .subnet_count = 2, .local = 0, .wall_at_start = p->wall / 1000000};
    size_t size = dhcp_server_size(&c);
    return dhcp_server_init(&s->dhcp, &c, space(size), size, why) &&
           loop_add(&s->loop, &(struct party){dhcp_server_step, &s->dhcp, act, s}, NEVER) == PARTY_DHCP;
}

static bool make_tftp(struct servers *s)
{
    size_t size = documents_size(SLOTS, s->plan->files);
    if (!documents_init(&s->documents, &s->devices, SLOTS, s->plan->file, s->plan->files, space(size), size)) return false;
    struct tftp_server_config c = {.first_port = TRANSFER_PORT, .ports = TRANSFER_PORTS, .find = documents_find, .release = documents_release,
                                   .context = &s->documents, .seed = s->plan->seed, .transfers = TRANSFERS};
    size = tftp_server_size(TRANSFERS);
    return tftp_server_init(&s->tftp, &c, space(size), size) &&
           loop_add(&s->loop, &(struct party){tftp_server_step, &s->tftp, act, s}, NEVER) == PARTY_TFTP;
}

static bool make_callmanagers(struct servers *s)
{
    static const char *const name[] = {"cm1", "cm2", "cm3"};

    for (uint8_t i = 0; i < s->plan->callmanagers; i++) {
        struct callmanager_config c = {.index = i, .address = s->plan->server[i], .devices = &s->devices, .name = name[i],
                                       .connections = CONNECTIONS, .wall_at_start = s->plan->wall};
        size_t size = callmanager_size(CONNECTIONS);
        if (!callmanager_init(&s->callmanager[i], &c, space(size), size)) return false;
        if (loop_add(&s->loop, &(struct party){callmanager_step, &s->callmanager[i], act, s}, NEVER) != (uint32_t)PARTY_CALLMANAGER + i) return false;
    }
    return true;
}

static int open_sockets(struct servers *s, struct net_error *why)
{
    struct datagram_config dhcp = {.port = DHCP_SERVER_PORT, .interface = "eth0", .broadcast = true};
    int error = datagrams_init(&s->datagrams, &s->loop, from_socket, s);

    if (error) return net_fail(why, error, "UDP sockets");
    error = datagrams_bind(&s->datagrams, &dhcp, why);
    for (uint16_t i = 0; error >= 0 && i <= TRANSFER_PORTS; i++) {
        struct datagram_config tftp = {.port = i == TRANSFER_PORTS ? TFTP_PORT : (uint16_t)(TRANSFER_PORT + i), .interface = "eth0"};
        error = datagrams_bind(&s->datagrams, &tftp, why);
    }
    if (error < 0) return error;
    error = streams_init(&s->streams, &s->loop, from_stream, s);
    if (error) return net_fail(why, error, "streams");
    s->streams.reset_at_close = false;
    for (uint8_t i = 0; i < s->plan->callmanagers; i++) {
        s->listener[i] = stream_listen(&s->streams, PARTY_CALLMANAGER + i, s->plan->server[i], SCCP_PORT, sccp_frame, why);
        if (s->listener[i] < 0) return s->listener[i];
    }
    return 0;
}

static int set_up(struct servers *s, struct net_error *why)
{
    struct loop_config config = {.parties_most = PARTY_CALLMANAGER + PLAN_CALLMANAGERS, .start = s->plan->start};
    uint8_t ask[PLAN_MESSAGE];
    char path[256];
    struct fault fault;

    if (world_receive(s->socket, ask, sizeof ask) <= 0 || ask[0] != ASKS_NETWORK) return net_fail(why, -1, "the lab ended before it began");
    struct writer w = writer(path, sizeof path - 1);
    write_text(&w, s->plan->store);
    write_text(&w, "/dialtone.db");
    path[w.len] = '\0';
    int error = loop_init(&s->loop, &config);
    if (error) return net_fail(why, error, "event loop");
    error = durable_init(&s->durable, &s->loop, commit, apply, s, why); /* before the sockets: nothing leaves before it is stored */
    if (error) return error;
    s->store = store_open(path, stored, s, &fault);
    if (!s->store) return net_fail(why, -5, "store %s: %s", path, fault.what);
    if (!fill_devices(s, &fault) || !make_dhcp(s, &fault)) return net_fail(why, -22, "servers: %s", fault.what);
    if (!make_tftp(s) || !make_callmanagers(s)) return net_fail(why, -12, "servers: no memory");
    error = set_network(s->plan, why);
    if (!error) error = open_sockets(s, why);
    if (error) return error;
    s->asked.data = s;
    error = uv_poll_init(&s->loop.uv, &s->asked, s->socket);
    if (!error) error = uv_poll_start(&s->asked, UV_READABLE, on_asked);
    return error ? net_fail(why, error, "control socket") : 0;
}

int servers_run(int socket, void *context)
{
    static struct servers s;
    struct net_error why = {0};

    s.plan = context;
    s.socket = socket;
    if (set_up(&s, &why)) {
        plan_say_text(s.plan, SAYS_FAILED, ROLE_SERVERS, why.text);
        return 3;
    }
    plan_say_byte(s.plan, SAYS_READY, ROLE_SERVERS);
    loop_run(&s.loop);
    durable_settle(&s.durable);
    store_close(s.store);
    return 0;
}
