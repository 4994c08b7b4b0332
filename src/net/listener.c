/* The listening side of net/stream.h. */
#include "net/stream_parts.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPTS = 64, REST_MS = 100 };

static void on_ready(uv_poll_t *poll, int status, int events);

void listener_resume(struct listener *l)
{
    if (!l->resting || l->fd < 0) return;
    l->resting = false;
    (void)uv_poll_start(l->poll, UV_READABLE, on_ready);
}

/* No descriptors or memory: the connection stays in the kernel's queue, and epoll would report it for ever. */
static void rest(struct listener *l)
{
    struct streams *set = l->set;

    l->resting = true;
    set->counts.rests++;
    (void)uv_poll_stop(l->poll);
    if (!uv_is_active((uv_handle_t *)&set->timer)) (void)uv_timer_start(&set->timer, streams_tick, REST_MS, REST_MS);
}

static void accept_some(struct listener *l)
{
    for (unsigned n = 0; n < ACCEPTS && l->fd >= 0 && !loop_busy(l->set->loop); n++) {
        struct sockaddr_in peer = {0};
        socklen_t size = sizeof peer;
        int fd = accept4(l->fd, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0 && l->from) arrival_any(fd); /* it lives on when its interface comes back with another index */
        if (fd >= 0 && stream_accepted(l, fd, &peer)) continue;
        if (fd >= 0) close(fd);
        if (fd >= 0 || errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            rest(l);
            return;
        }
        if (errno == EAGAIN) return;
        /* Anything else is the fate of that one connection (accept(2): ECONNABORTED, EPROTO, EPERM, EHOSTDOWN, ...) */
    }
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct listener *l = poll->data;
    struct streams *set = l->set;

    (void)events;
    if (status < 0) {
        rest(l);
        return;
    }
    uint32_t was = meter_at(set->loop->meter, set->service);
    accept_some(l);
    (void)meter_at(set->loop->meter, was);
}

static int open_socket(struct listener *l, struct net_error *why)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(l->port)};
    socklen_t size = sizeof address;
    int on = 1, tos = l->set->tos;
    char text[IPV4_TEXT];

    address.sin_addr.s_addr = htonl(l->address);
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0) return net_fail_errno(why, "TCP socket");
    int error = l->from ? arrival_only(l->fd, l->from, why) : 0;
    if (error) return error;
    /* So that a server can come back while its older connections are in TIME_WAIT. */
    (void)setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    (void)setsockopt(l->fd, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
    if (bind(l->fd, (struct sockaddr *)&address, size) < 0 || listen(l->fd, LISTEN_BACKLOG) < 0)
        return net_fail_errno(why, "listen on TCP %s:%u", ipv4_text(text, l->address), l->port);
    if (getsockname(l->fd, (struct sockaddr *)&address, &size) == 0) l->port = ntohs(address.sin_port);
    return 0;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void listener_close(struct listener *l)
{
    if (l->fd < 0) return;
    uv_close((uv_handle_t *)l->poll, free_handle);
    close(l->fd);
    l->fd = -1;
    l->poll = NULL;
    l->resting = false;
}

int stream_listener_up(struct streams *set, int listener, struct net_error *why)
{
    struct listener *l = &set->listeners[listener];

    if (l->fd >= 0) return 0;
    int error = open_socket(l, why);
    uv_poll_t *poll = error ? NULL : malloc(sizeof *poll);
    if (!error && (!poll || uv_poll_init(&set->loop->uv, poll, l->fd) != 0))
        error = net_fail(why, -ENOMEM, "listener: no memory");
    if (error) {
        free(poll);
        if (l->fd >= 0) close(l->fd);
        l->fd = -1;
        return error;
    }
    l->poll = poll; /* of its own: down and up within one turn, libuv still holds the older one */
    poll->data = l;
    (void)uv_poll_start(poll, UV_READABLE, on_ready);
    return 0;
}

void stream_listener_down(struct streams *set, int listener)
{
    listener_close(&set->listeners[listener]);
    streams_reset_accepted(set, listener);
}

int stream_listener_from(struct streams *set, int listener, const struct arrivals *from, struct net_error *why)
{
    struct listener *l = &set->listeners[listener];

    l->from = from;
    if (l->fd < 0) return 0;
    if (from) return arrival_only(l->fd, from, why);
    arrival_any(l->fd);
    return 0;
}

int stream_listener_move(struct streams *set, int listener, ipv4 address, struct net_error *why)
{
    stream_listener_down(set, listener);
    set->listeners[listener].address = address;
    return stream_listener_up(set, listener, why);
}

int stream_listen(struct streams *set, uint32_t owner, ipv4 address, uint16_t port, frame_fn *frame,
                  struct net_error *why)
{
    for (int i = 0; i < LISTENERS_MOST; i++) {
        struct listener *l = &set->listeners[i];
        if (l->used) continue;
        *l = (struct listener){.set = set, .fd = -1, .address = address, .port = port, .owner = owner, .frame = frame};
        int error = stream_listener_up(set, i, why);
        if (error) return error;
        l->used = true;
        return i;
    }
    return net_fail(why, -ENOSPC, "more than %d listeners", LISTENERS_MOST);
}
