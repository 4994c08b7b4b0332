#include "app/serve/sockets.h"
#include "app/log.h"
#include "app/serve/metrics.h"
#include "wire/dhcp.h"
#include "wire/sccp.h"
#include "wire/tftp.h"
#include <errno.h>
#include <stdio.h>

/* "port 69 is held by in.tftpd (pid 812)" in place of the kernel's "Address already in use". */
static int in_use(struct net_error *why, int code, bool udp, uint16_t port, const char *role)
{
    char holder[HOLDER_TEXT] = "a process that cannot be seen from here";

    if (code != -EADDRINUSE) return code;
    (void)machine_holder(holder, udp, port);
    return net_fail(why, code, "%s: %s port %u is held by %s: stop it, or turn this role off", role,
                    udp ? "UDP" : "TCP", port, holder);
}

/* --- who is served --- */

static bool is_served(const struct serve *s, int index)
{
    for (size_t i = 0; i < s->arrivals.count; i++)
        if (s->arrivals.index[i] == index) return true;
    return false;
}

static void list_arrivals(struct serve *s)
{
    struct arrivals *a = &s->arrivals;

    *a = (struct arrivals){.index = {1}, .count = 1}; /* lo, of whatever namespace: this machine asks itself */
    for (size_t i = 0; i < s->faces; i++) {
        if (s->face[i].here) a->index[a->count++] = s->face[i].machine.index;
        if (s->face[i].tagged_open) a->index[a->count++] = s->face[i].tagged.index;
    }
}

void serve_take_arrivals(struct serve *s)
{
    struct net_error why = {0};
    int error = 0;

    list_arrivals(s);
    for (uint8_t n = 0; n < s->callmanagers; n++)
        for (uint32_t i = 0; !s->config.callmanager.node[n].address && i < s->networks; i++)
            if (s->listener[n][i] >= 0)
                error |= stream_listener_from(&s->streams, s->listener[n][i], &s->arrivals, &why);
    for (uint32_t n = 0; n < s->networks; n++)
        if (s->http_open[n]) error |= http_files_from(&s->http[n], &why);
    if (error) log_say(LOG_IS_ERROR, "%s", why.text);
}

/* --- UDP: DHCP and TFTP --- */

static void from_socket(void *context, uint32_t socket, const struct event *e)
{
    struct serve *s = context;

    if (e->to.port != DHCP_SERVER_PORT) {
        if (is_served(s, s->datagrams.arrived_on)) loop_deliver(&s->loop, SERVE_TFTP, e);
        return;
    }
    if (!s->dhcp_on) return;
    struct event numbered = *e;
    for (uint32_t n = 0; n < ARRAY_LENGTH(s->dhcp_socket); n++)
        if (s->dhcp_socket[n] == (int)socket) numbered.stream = n;
    if (s->face[s->network_of[numbered.stream].face].quiet) return;
    loop_deliver(&s->loop, SERVE_DHCP, &numbered);
}

/* Choice: 12,000 leases a second before anything waits; perfdhcp on one core reads 25 to 40 datagrams a millisecond
 * while it sends. */
enum { DHCP_PACE = 24 };

/* A broadcast goes out where the socket is bound to. */
static int bind_missing_dhcp(struct serve *s, struct net_error *why)
{
    int error = 0;

    for (uint32_t n = 0; error >= 0 && n < s->networks; n++) {
        if (s->dhcp_socket[n] >= 0 || !serve_network_is_here(s, n)) continue;
        struct datagram_config c = {.port = DHCP_SERVER_PORT,
                                    .interface = serve_network_name(s, n),
                                    .broadcast = true,
                                    .pace = DHCP_PACE,
                                    .exclusive = true};
        error = s->dhcp_socket[n] = datagrams_bind(&s->datagrams, &c, why);
    }
    return error < 0 ? error : 0;
}

static int bind_dhcp(struct serve *s, struct net_error *why)
{
    if (s->config.dhcp.serve == SWITCH_OFF) {
        (void)snprintf(s->dhcp_why, sizeof s->dhcp_why, "it is off");
        return 0;
    }
    int error = in_use(why, bind_missing_dhcp(s, why), true, DHCP_SERVER_PORT, "DHCP");
    if (error && s->config.dhcp.serve == SWITCH_AUTO) {
        (void)snprintf(s->dhcp_why, sizeof s->dhcp_why, "%.190s", why->text);
        return 0;
    }
    s->dhcp_bound = error == 0;
    return error;
}

static int bind_tftp_at(struct serve *s, uint16_t port, bool lock_step, const char *role, struct net_error *why)
{
    struct datagram_config c = {.port = port, .lock_step = lock_step, .exclusive = true};
    int bound = datagrams_bind(&s->datagrams, &c, why);

    return in_use(why, bound < 0 ? bound : 0, true, port, role);
}

static int bind_tftp(struct serve *s, struct net_error *why)
{
    if (!s->config.tftp.serve) return 0;
    int error = bind_tftp_at(s, TFTP_PORT, s->config.tftp.single_port, "TFTP", why);
    for (uint32_t port = s->config.tftp.first_port;
         !error && !s->config.tftp.single_port && port <= s->config.tftp.last_port; port++)
        error = bind_tftp_at(s, (uint16_t)port, true, "TFTP transfers", why);
    return error;
}

/* --- TCP: CallManagers and HTTP --- */

static void from_stream(void *context, uint32_t owner, const struct event *e)
{
    struct serve *s = context;

    loop_deliver(&s->loop, owner, e);
}

/* A node whose address was given is for whoever reaches that address: it may be of no served interface at all. */
static int listen_one(struct serve *s, uint8_t node, ipv4 address, uint32_t slot, struct net_error *why)
{
    uint16_t port = s->config.callmanager.node[node].port;
    int l = stream_listen(&s->streams, SERVE_CALLMANAGER + (uint32_t)node, address, port, sccp_frame, why);

    s->listener[node][slot] = l;
    if (l < 0) return in_use(why, l, false, port, "CallManager");
    return s->config.callmanager.node[node].address ? 0 : stream_listener_from(&s->streams, l, &s->arrivals, why);
}

/* At a network that is away nothing is closed: an address that comes back has its connections still. */
static int listen_at_network(struct serve *s, uint8_t node, uint32_t i, struct net_error *why)
{
    int l = s->listener[node][i];

    if (l < 0) return listen_one(s, node, s->network[i].address, i, why);
    if (s->streams.listeners[l].fd >= 0 && s->streams.listeners[l].address == s->network[i].address) return 0;
    int error = stream_listener_move(&s->streams, l, s->network[i].address, why);
    return error ? in_use(why, error, false, s->config.callmanager.node[node].port, "CallManager") : 0;
}

/* One that cannot listen keeps no other from it. */
static int listen_missing(struct serve *s, struct net_error *why)
{
    int first = 0, error;

    for (uint8_t n = 0; n < s->callmanagers; n++) {
        ipv4 address = s->config.callmanager.node[n].address;
        error = address && s->listener[n][0] < 0 ? listen_one(s, n, address, 0, why) : 0;
        for (uint32_t i = 0; !address && !error && i < s->networks; i++)
            if (serve_network_is_here(s, i)) error = listen_at_network(s, n, i, why);
        if (!first) first = error;
    }
    return first;
}

/* At the start. The address of a node may be that of an interface which is not there yet: links.c tries again. */
static int listen_first(struct serve *s, struct net_error *why)
{
    int error = listen_missing(s, why);
    bool all = true;

    for (size_t i = 0; i < s->faces; i++) all &= s->face[i].here;
    return error == -EADDRNOTAVAIL && !all ? 0 : error;
}

static int open_streams(struct serve *s, struct net_error *why)
{
    int error = streams_init(&s->streams, &s->loop, from_stream, s);

    if (error) return net_fail(why, error, "streams");
    s->streams.tos = 0x60; /* CS3: signalling, as the phones' own */
    return listen_first(s, why);
}

static int open_http(struct serve *s, struct net_error *why)
{
    int error = in_use(why, serve_open_http(s, why), false, s->config.http.port, "HTTP");

    if (error || !s->config.admin_http.serve) return error;
    s->metrics = metrics_open(s, why);
    return s->metrics ? 0 : in_use(why, why->code, false, s->config.admin_http.port, "admin-http");
}

/* --- all of them --- */

int serve_open_sockets(struct serve *s, struct net_error *why)
{
    int error = datagrams_init(&s->datagrams, &s->loop, from_socket, s);

    list_arrivals(s);
    if (error) return net_fail(why, error, "UDP sockets");
    error = bind_tftp(s, why);
    if (!error) error = bind_dhcp(s, why);
    if (!error) error = open_streams(s, why);
    return error ? error : open_http(s, why);
}

int serve_open_missing_sockets(struct serve *s, struct net_error *why)
{
    int error = s->dhcp_bound ? bind_missing_dhcp(s, why) : 0;

    if (!error) error = listen_missing(s, why);
    return error ? error : serve_open_http(s, why);
}
