/* A front: the connections of one CallManager in a process of its own, where one process may not open as many files as
 * all phones have connections. It accepts, cuts into messages and writes; what they mean is the servers' affair. */
#include "net/channel.h"
#include "net/process.h"
#include "net/stream.h"
#include "net/world.h"
#include "wire/sccp.h"
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

struct front {
    struct process *process;
    int socket;
    struct loop loop;
    struct streams streams;
    struct channel servers;
    uv_poll_t asked;
    int listener; /* -1: none yet */
};

static void from_stream(void *context, uint32_t owner, const struct event *e)
{
    struct front *f = context;

    (void)owner;
    channel_put(&f->servers, &(struct channel_message){.kind = (uint8_t)e->kind,
                                                       .why = e->why,
                                                       .stream = e->stream,
                                                       .from = e->from,
                                                       .to = e->to,
                                                       .bytes = e->bytes});
}

/* The first time the servers have laid their network: only now is there an address to listen at. */
static void listen_as_told(struct front *f, bool up)
{
    struct net_error why = {0};
    bool first = f->listener < 0;

    if (first) {
        f->streams.tos = SIGNALLING_TOS;
        f->listener =
            stream_listen(&f->streams, 0, f->process->plan->server[f->process->which], SCCP_PORT, sccp_frame, &why);
    }
    if (f->listener >= 0 && !up)
        stream_listener_down(&f->streams, f->listener);
    else if (f->listener >= 0)
        (void)stream_listener_up(&f->streams, f->listener, &why);
    if (why.code)
        say_text(f->process, SAYS_FAILED, ROLE_FRONT, why.text);
    else if (first)
        say_byte(f->process, SAYS_READY, ROLE_FRONT);
}

static void from_servers(void *context, const struct channel_message *m)
{
    struct front *f = context;

    if (!m) {
        loop_stop(&f->loop);
        return;
    }
    if (m->kind == CHANNEL_LISTEN) {
        listen_as_told(f, m->why);
        return;
    }
    struct action a = {.kind = (enum action_kind)m->kind, .stream = m->stream, .news = m->news};
    (void)stream_act(&f->streams, 0, &a, m->bytes, sccp_frame);
}

static void report(struct front *f)
{
    say_counts(f->process, ROLE_FRONT, 0, 0, f->loop.counts.dropped);
    say_byte(f->process, SAYS_DONE, ROLE_FRONT);
}

static void on_asked(uv_poll_t *poll, int status, int events)
{
    struct front *f = poll->data;
    uint8_t bytes[PROCESS_MESSAGE];
    ssize_t n = world_receive(f->socket, bytes, sizeof bytes);

    (void)status;
    (void)events;
    if (n <= 0 || bytes[0] == ASKS_END)
        loop_stop(&f->loop);
    else if (bytes[0] == ASKS_REPORT)
        report(f);
}

/* Into the network of the servers, whose addresses these are. */
static int join_servers(const struct process *p, struct net_error *why)
{
    int fd = (int)syscall(SYS_pidfd_open, p->servers_pid, 0);

    if (fd < 0) return net_fail_errno(why, "find the servers' process");
    if (setns(fd, CLONE_NEWNET) < 0) {
        int error = net_fail_errno(why, "join the servers' network");
        close(fd);
        return error;
    }
    close(fd);
    return 0;
}

static int set_up(struct front *f, struct net_error *why)
{
    struct loop_config config = {.parties_most = 1, .start = f->process->plan->start};
    uint8_t asked[PROCESS_MESSAGE];

    if (world_receive(f->socket, asked, sizeof asked) <= 0 || asked[0] != ASKS_NETWORK)
        return net_fail(why, -1, "the lab ended before it began");
    int error = join_servers(f->process, why);
    if (error) return error;
    error = loop_init(&f->loop, &config);
    if (error) return net_fail(why, error, "event loop");
    error = streams_init(&f->streams, &f->loop, from_stream, f);
    if (error) return net_fail(why, error, "streams");
    error = channel_open(&f->servers, &f->loop, f->process->front[f->process->which][1], true, from_servers, f, why);
    if (error) return error;
    f->asked.data = f;
    error = uv_poll_init(&f->loop.uv, &f->asked, f->socket);
    if (!error) error = uv_poll_start(&f->asked, UV_READABLE, on_asked);
    return error ? net_fail(why, error, "control socket") : 0;
}

int front_run(int socket, void *process)
{
    static struct front f;
    struct net_error why = {0};

    f.process = process;
    f.socket = socket;
    f.listener = -1;
    if (set_up(&f, &why)) {
        say_text(f.process, SAYS_FAILED, ROLE_FRONT, why.text);
        return 3;
    }
    loop_run(&f.loop);
    return 0;
}
