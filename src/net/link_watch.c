#include "net/link_watch.h"
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGES = 8192, TURNS = 64 };

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct link_watch *w = poll->data;
    uint8_t bytes[MESSAGES];
    ssize_t n = 1;

    (void)events;
    for (unsigned i = 0; i < TURNS && n > 0; i++) {
        do n = recv(w->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        while (n < 0 && (errno == EINTR || errno == ENOBUFS)); /* ENOBUFS: some were lost, which is told once */
    }
    if (status < 0) (void)uv_poll_start(poll, UV_READABLE, on_ready); /* the error was read, libuv stopped the poll */
    w->changed(w->context);
}

int link_watch_open(struct link_watch *w, struct loop *loop, link_changed_fn *changed, void *context,
                    struct net_error *why)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR};

    *w = (struct link_watch){.changed = changed, .context = context};
    w->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    int error = w->fd < 0 || bind(w->fd, (struct sockaddr *)&address, sizeof address) < 0
                    ? net_fail_errno(why, "hear of changes of links")
                    : 0;
    if (!error && uv_poll_init(&loop->uv, &w->poll, w->fd) != 0)
        error = net_fail(why, -ENOMEM, "hear of changes of links: no memory");
    if (error) {
        if (w->fd >= 0) close(w->fd);
        *w = (struct link_watch){.fd = -1};
        return error;
    }
    w->poll.data = w;
    (void)uv_poll_start(&w->poll, UV_READABLE, on_ready);
    return 0;
}

void link_watch_close(struct link_watch *w)
{
    if (!w->changed || w->fd < 0) return;
    uv_close((uv_handle_t *)&w->poll, NULL);
    close(w->fd);
    w->fd = -1;
}
