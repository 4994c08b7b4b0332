/* DHCP, TFTP and one CallManager on the kernel's sockets of this namespace; what they store is kept in memory only. */
#include "lab/site.h"
#include "net/datagram.h"
#include "net/stream.h"
#include "part.h"
#include "provision/load.h"
#include "wire/dhcp.h"
#include "wire/sccp.h"
#include "wire/tftp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct all_servers {
    struct part *part;
    struct loop loop;
    struct site site;
    struct datagrams datagrams;
    struct streams streams;
    struct file file[PART_FILES];
};

static void act(void *context, uint32_t party, const struct action *a, struct bytes payload)
{
    struct all_servers *s = context;

    (void)party;
    switch (a->kind) {
    case ACTION_DATAGRAM: datagrams_send(&s->datagrams, a->from, a->to, payload); break;
    case ACTION_TELL: part_say(a, payload); break;
    case ACTION_OPEN:
    case ACTION_WRITE:
    case ACTION_CLOSE: (void)stream_act(&s->streams, a->engine, a, payload, sccp_frame); break;
    case ACTION_STORE: /* the engines' own tables are all the memory that a test needs */
    case ACTION_LINE:
    case ACTION_FRAME: break;
    }
}

static void from_socket(void *context, uint32_t socket, const struct event *e)
{
    struct all_servers *s = context;

    (void)socket;
    loop_deliver(&s->loop, site_of_port(e->to.port), e);
}

static void from_stream(void *context, uint32_t owner, const struct event *e)
{
    struct all_servers *s = context;

    loop_deliver(&s->loop, owner, e);
}

static bool add_file(struct all_servers *s, const char *load, const char *suffix, struct bytes content)
{
    struct plan *plan = &s->part->plan;
    size_t size = strlen(load) + strlen(suffix) + 1;
    char *name = malloc(size);
    uint8_t *copy = malloc(content.len);

    if (!name || !copy || plan->files == PART_FILES) {
        free(name);
        free(copy);
        return false;
    }
    (void)snprintf(name, size, "%s%s", load, suffix);
    memcpy(copy, content.at, content.len);
    s->file[plan->files++] = (struct file){bytes_of(name), {copy, content.len}};
    return true; /* cppcheck-suppress memleak ; both stay until the end: TFTP serves from them */
}

static bool add_load(struct all_servers *s, const char *load)
{
    static uint8_t bytes[LOAD_BUILT_IN_MOST];
    uint8_t list[256];
    struct writer w = writer(bytes, sizeof bytes), l = writer(list, sizeof list);

    for (size_t i = 0; i < s->part->plan.files; i++)
        if (bytes_begin(s->file[i].name, load)) return true; /* several models run it */
    loads_write(&l, bytes_of(load));
    return load_built_in_make(&w, bytes_of(load)) && add_file(s, load, ".bin", written(&w)) &&
           add_file(s, load, ".loads", written(&l));
}

/* What the plan needs beside what the command line says. */
static bool complete(struct all_servers *s)
{
    struct plan *p = &s->part->plan;
    ipv4 network = p->server[0] & p->voice_mask;

    p->callmanagers = 1;
    p->start = monotonic_now();
    p->wall = wall_now();
    p->first_number = 1000;
    p->seed = 1;
    p->file = s->file;
    if (!p->voice_router) p->voice_router = p->server[0];
    if (!p->voice_first) p->voice_first = network + 10, p->voice_last = network + 100;
    if (!p->data_router) { /* no relay: a subnet that nobody is in (RFC 5737) */
        p->data_router = IPV4(192, 0, 2, 1);
        p->data_mask = 0xffffff00;
        p->data_first = IPV4(192, 0, 2, 5);
        p->data_last = IPV4(192, 0, 2, 6);
    }
    for (size_t i = 0; i < model_count(); i++)
        for (int older = 0; older <= 1; older++) {
            const char *load = model_at(i)->speaks_sccp ? load_built_in(model_at(i), older) : NULL;
            if (load && !add_load(s, load)) return false;
        }
    return true;
}

static int set_network(const struct part *part, struct net_error *why)
{
    struct netlink n;
    int error = part_ready(part->interface[0], true, why);

    if (!error) error = netlink_open(&n, why);
    if (error) return error;
    error = netlink_add_address(&n, part->interface[0], part->plan.server[0], ipv4_prefix(part->plan.voice_mask), why);
    if (error == -17) error = 0; /* EEXIST: the test had given it */
    netlink_close(&n);
    return error;
}

static int open_sockets(struct all_servers *s, struct net_error *why)
{
    const char *interface = s->part->interface[0];
    struct datagram_config dhcp = {.port = DHCP_SERVER_PORT, .interface = interface, .broadcast = true};
    int error = datagrams_init(&s->datagrams, &s->loop, from_socket, s);

    if (error) return net_fail(why, error, "UDP sockets");
    if (!s->part->without_dhcp) error = datagrams_bind(&s->datagrams, &dhcp, why);
    for (uint16_t i = 0; error >= 0 && !s->part->without_tftp && i <= SITE_TRANSFER_PORTS; i++) {
        uint16_t port = i == SITE_TRANSFER_PORTS ? TFTP_PORT : (uint16_t)(SITE_TRANSFER_PORT + i);
        error = datagrams_bind(&s->datagrams, &(struct datagram_config){.port = port, .interface = interface}, why);
    }
    if (error < 0) return error;
    error = streams_init(&s->streams, &s->loop, from_stream, s);
    if (error) return net_fail(why, error, "streams");
    error = stream_listen(&s->streams, SITE_CALLMANAGER, s->part->plan.server[0], SCCP_PORT, sccp_frame, why);
    return error < 0 ? error : 0;
}

static int open_engines(struct all_servers *s, struct net_error *why)
{
    struct fault fault;

    if (!complete(s)) return net_fail(why, -12, "no memory for the image loads");
    if (!site_open(&s->site, &s->part->plan, &fault)) return net_fail(why, -22, "servers: %s", fault.what);
    for (uint32_t i = 0; i < site_parties(&s->site); i++) {
        void *engine;
        step_fn *step = site_party(&s->site, i, &engine);
        if (loop_add(&s->loop, &(struct party){step, engine, act, s}, NEVER) != i)
            return net_fail(why, -12, "too many parties");
    }
    return 0;
}

int part_servers(struct part *part)
{
    static struct all_servers s;
    struct net_error why = {0};

    s.part = part;
    int error = loop_init(&s.loop, &(struct loop_config){.parties_most = SITE_PARTIES});
    if (error) (void)net_fail(&why, error, "event loop");
    if (!error) error = open_engines(&s, &why);
    if (!error) error = set_network(part, &why);
    if (!error) error = open_sockets(&s, &why);
    if (error) return part_impossible(&why);
    (void)puts("ready");
    (void)fflush(stdout);
    loop_run(&s.loop);
    return 0;
}
