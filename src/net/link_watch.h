/* net/link_watch.h: hears that links or IPv4 addresses of this network namespace have changed: rtnetlink(7), the groups
 * RTMGRP_LINK and RTMGRP_IPV4_IFADDR.
 *
 * Takes   the namespace in which it is opened. No rights are needed, and what it does after it was opened a seccomp
 *         filter lets through that lets sockets be read.
 * Gives   `changed`, once for all that came together. What has changed is not said: a message that is lost (ENOBUFS,
 *         told as a change as well) would make that wrong; whoever is told looks at the state as it is.
 * Memory  none but the socket.
 * Errors  link_watch_open: a negative errno with words in *why, and nothing is open.
 */
#ifndef NET_LINK_WATCH_H
#define NET_LINK_WATCH_H
#include "net/error.h"
#include "net/loop.h"

typedef void link_changed_fn(void *context);

struct link_watch {
    int fd; /* -1: closed; of one that is all zero, too, as long as `changed` is NULL */
    uv_poll_t poll;
    link_changed_fn *changed;
    void *context;
};

/* The struct must not move while it is open, and lives until the loop has turned once after link_watch_close. */
int link_watch_open(struct link_watch *, struct loop *, link_changed_fn *, void *context, struct net_error *why);
void link_watch_close(struct link_watch *); /* also of one that is all zero, or was closed */
#endif
