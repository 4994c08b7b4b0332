#include "net/datagram_parts.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { TURNS = 4, WAITING_MANY = 2048, SOCKET_BUFFER = 4 << 20, CONTROL = DATAGRAM_CONTROL };

#ifndef SO_MEMINFO
#define SO_MEMINFO 55 /* Linux 4.12 */
#endif

struct sockaddr_in datagram_address(ipv4 address, uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
}

void datagram_came(struct datagram_socket *s, const struct event *event)
{
    struct datagrams *set = s->set;

    if (event->bytes.len > DATAGRAM_SLOT) {
        set->counts.oversize++;
        return;
    }
    if (s->peer.port) set->arrived_on = s->arrived_on;
    set->counts.received++;
    set->look.came++;
    set->look.socket = s;
    set->look.us = event->to;
    if (set->look.peer.address != event->from.address || set->look.peer.port != event->from.port) {
        set->look.peer = event->from;
        set->look.rounds = 0;
    }
    meter_count(set->loop->meter, set->service, 1);
    set->receive(set->context, s->peer.port ? s->of : (uint32_t)(s - set->sockets), event);
}

void datagram_read(struct datagram_socket *s, struct msghdr *m, size_t len)
{
    const struct sockaddr_in *from = m->msg_name;
    struct event event = {.kind = EVENT_DATAGRAM,
                          .from = {ntohl(from->sin_addr.s_addr), ntohs(from->sin_port), MAC_NONE},
                          .to = {s->address, s->port, MAC_NONE},
                          .bytes = {m->msg_iov->iov_base, m->msg_flags & MSG_TRUNC ? SIZE_MAX : len}};

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        struct in_pktinfo info;
        if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO) continue;
        memcpy(&info, CMSG_DATA(c), sizeof info);
        event.to.address = ntohl(info.ipi_addr.s_addr); /* of the IP header; ipi_spec_dst would hide a broadcast */
        s->set->arrived_on = info.ipi_ifindex;
    }
    datagram_came(s, &event);
}

struct msghdr datagram_message(struct sockaddr_in *end, struct iovec *part, uint8_t *control)
{
    return (struct msghdr){.msg_name = end,
                           .msg_namelen = sizeof *end,
                           .msg_iov = part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = CONTROL};
}

/* Makes a place ready for recvmmsg, which writes over what it uses: only those places need it again. */
static void prepare(struct datagram_buffers *b, size_t i)
{
    b->parts[i] = (struct iovec){b->bytes[i], DATAGRAM_SLOT};
    b->messages[i].msg_hdr = datagram_message(&b->ends[i], &b->parts[i], b->control[i]);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct datagram_socket *s = poll->data;
    struct datagrams *set = s->set;
    struct datagram_buffers *b = set->buffers;

    (void)events;
    if (status < 0) (void)uv_poll_start(poll, UV_READABLE, on_ready); /* an error waits; reading takes it */
    uint32_t was = meter_at(set->loop->meter, set->service);
    for (unsigned turn = 0; turn < TURNS && s->fd >= 0 && !loop_busy(set->loop); turn++) {
        int n = recvmmsg(s->fd, b->messages, BATCH_CALL, MSG_DONTWAIT, NULL);
        for (int i = 0; i < n && s->fd >= 0; i++) datagram_read(s, &b->messages[i].msg_hdr, b->messages[i].msg_len);
        for (int i = 0; i < n && s->fd >= 0; i++) prepare(b, (size_t)i);
        if (n < BATCH_CALL) break;
    }
    (void)meter_at(set->loop->meter, was);
}

/* One that waits, with its source and device: the address that was asked, and, for a broadcast, the socket's own
 * device. */
static void address_one(struct datagram_one *o, const struct datagram_socket *s, size_t i)
{
    const struct batch_item *item = batch_at(&s->out, i);
    struct in_pktinfo info = {.ipi_ifindex = s->index};

    if (item->from.address != IPV4_BROADCAST) info.ipi_spec_dst.s_addr = htonl(item->from.address);
    o->part = (struct iovec){s->out.bytes + item->at, item->len};
    o->end = datagram_address(item->to.address, item->to.port);
    o->header = datagram_message(&o->end, &o->part, o->control);
    memset(o->control, 0, CONTROL);
    struct cmsghdr *c = CMSG_FIRSTHDR(&o->header);
    c->cmsg_level = IPPROTO_IP;
    c->cmsg_type = IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(c), &info, sizeof info);
}

/* The first that waits, alone; the number of those that left, or -1. */
static int send_one(struct datagram_socket *s)
{
    struct datagram_one one;

    address_one(&one, s, 0);
    return sendmsg(s->fd, &one.header, MSG_DONTWAIT) < 0 ? -1 : 1;
}

static int send_many(struct datagram_socket *s, size_t most)
{
    struct mmsghdr messages[BATCH_CALL];
    struct datagram_one one[BATCH_CALL];
    unsigned n = 0;

    for (; n < BATCH_CALL && n < most; n++) {
        address_one(&one[n], s, n);
        messages[n].msg_hdr = one[n].header;
    }
    return sendmmsg(s->fd, messages, n, MSG_DONTWAIT);
}

/* Sends what waits. False when the kernel has no room now, or the pace none. */
static bool send_waiting(struct datagram_socket *s)
{
    struct datagrams *set = s->set;
    usec now = s->pace.rate > 0 ? monotonic_now() : 0;

    while (batch_waiting(&s->out) > 0) {
        size_t may = pace_room(&s->pace, now, batch_waiting(&s->out));
        if (may == 0) return false;
        int sent = may == 1 ? send_one(s) : send_many(s, may);
        if (sent > 0) {
            pace_sent(&s->pace, (size_t)sent);
            set->counts.sent += (unsigned)sent;
            meter_count(set->loop->meter, set->service, (unsigned)sent);
            batch_sent(&s->out, (size_t)sent);
        } else if (errno == EAGAIN || errno == ENOBUFS) {
            return false;
        } else if (errno != EINTR) { /* the first of them: no route, not our address, too long, broadcast not allowed */
            set->counts.unsent++;
            set->counts.unsent_error = errno;
            batch_sent(&s->out, 1);
        }
    }
    return true;
}

static void wait_to_send(struct datagrams *set, struct datagram_socket *s)
{
    s->waiting = true;
    s->next = NULL;
    *set->last = s;
    set->last = &s->next;
}

static void on_retry(uv_timer_t *);

/* ENOBUFS comes from a full device queue, while the socket stays writable: time must pass. EAGAIN waits alike. */
static void send_all(struct datagrams *set, bool held_too)
{
    struct datagram_socket *s = set->waiting, *next;
    uint32_t was = meter_at(set->loop->meter, set->service);
    bool held = false;

    set->waiting = NULL;
    set->last = &set->waiting;
    for (; s; s = next) {
        next = s->next;
        s->waiting = false;
        if (s->held && !held_too) {
            wait_to_send(set, s);
            continue;
        }
        s->held = !send_waiting(s);
        if (!s->held) continue;
        held = true;
        wait_to_send(set, s);
    }
    (void)meter_at(set->loop->meter, was);
    if (!held) return;
    set->counts.held++;
    if (!uv_is_active((uv_handle_t *)&set->retry)) (void)uv_timer_start(&set->retry, on_retry, 1, 0);
}

static void flush(void *context)
{
    struct datagrams *set = context;

    if (set->waiting) send_all(set, false);
}

static void on_retry(uv_timer_t *timer)
{
    (void)uv_timer_stop(timer);
    send_all(timer->data, true);
}

int datagrams_init(struct datagrams *set, struct loop *loop, datagram_fn *receive, void *context)
{
    *set = (struct datagrams){.loop = loop, .receive = receive, .context = context};
    set->last = &set->waiting;
    set->buffers = malloc(sizeof *set->buffers);
    if (!set->buffers) return -ENOMEM;
    int error = loop_on_flush(loop, flush, set);
    if (error) {
        free(set->buffers);
        set->buffers = NULL;
        return error;
    }
    (void)uv_timer_init(&loop->uv, &set->retry);
    set->retry.data = set;
    for (size_t i = 0; i < BATCH_CALL; i++) prepare(set->buffers, i);
    return 0;
}

static int set_options(struct datagram_socket *s, const struct datagram_config *config, struct net_error *why)
{
    int on = 1, size = SOCKET_BUFFER;

    (void)setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size); /* the kernel cuts it to rmem_max */
    (void)setsockopt(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    (void)setsockopt(s->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if ((!config->exclusive && setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) ||
        setsockopt(s->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) < 0)
        return net_fail_errno(why, "UDP socket options");
    if (config->broadcast && setsockopt(s->fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) < 0)
        return net_fail_errno(why, "UDP socket: broadcast");
    if (!config->interface) return 0;
    (void)text_copy(s->interface, sizeof s->interface, bytes_of(config->interface));
    s->index = (int)if_nametoindex(s->interface);
    if (s->index == 0) return net_fail_errno(why, "interface %s", s->interface);
    if (setsockopt(s->fd, SOL_SOCKET, SO_BINDTODEVICE, s->interface, (socklen_t)strlen(s->interface) + 1) < 0)
        return net_fail_errno(why, "bind a UDP socket to %s", s->interface);
    return 0;
}

bool datagram_watch(struct datagram_socket *s)
{
    if (uv_poll_init(&s->set->loop->uv, &s->poll, s->fd) != 0) return false;
    s->poll.data = s;
    (void)uv_poll_start(&s->poll, UV_READABLE, on_ready);
    return true;
}

static int open_socket(struct datagram_socket *s, const struct datagram_config *config, struct net_error *why)
{
    struct sockaddr_in address = datagram_address(config->address, config->port);
    socklen_t size = sizeof address;
    char text[IPV4_TEXT];

    s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->fd < 0) return net_fail_errno(why, "UDP socket");
    int error = set_options(s, config, why);
    if (error) return error;
    if (bind(s->fd, (struct sockaddr *)&address, size) < 0)
        return net_fail_errno(why, "bind UDP %s:%u", ipv4_text(text, config->address), config->port);
    if (getsockname(s->fd, (struct sockaddr *)&address, &size) == 0) s->port = ntohs(address.sin_port);
    s->lock_step = config->lock_step;
    if (s->lock_step) (void)loop_on_look(s->set->loop, lock_step_look, s->set);
    return datagram_watch(s) ? 0 : net_fail(why, -ENOMEM, "UDP socket: no memory for its poll");
}

struct datagram_socket *datagram_slot(struct datagrams *set)
{
    uint32_t number = 0;

    while (number < set->count && (set->sockets[number].fd >= 0 || set->sockets[number].closing)) number++;
    if (number == DATAGRAM_SOCKETS_MOST) return NULL;
    set->sockets[number] = (struct datagram_socket){.set = set, .fd = -1, .out = {.most = DATAGRAM_SEND_MOST}};
    return &set->sockets[number];
}

int datagrams_bind(struct datagrams *set, const struct datagram_config *config, struct net_error *why)
{
    struct datagram_socket *s = datagram_slot(set);

    if (!s) return net_fail(why, -ENOSPC, "more than %d UDP sockets", DATAGRAM_SOCKETS_MOST);
    s->address = config->address;
    s->port = config->port;
    int error = open_socket(s, config, why);
    if (error) {
        if (s->fd >= 0) close(s->fd);
        s->fd = -1;
        return error;
    }
    s->pace.rate = config->pace;
    if (s == &set->sockets[set->count]) set->count++;
    return (int)(s - set->sockets);
}

static void on_closed(uv_handle_t *handle)
{
    struct datagram_socket *s = handle->data;

    s->closing = false;
}

static void wait_no_more(struct datagrams *set, struct datagram_socket *s)
{
    struct datagram_socket **at = &set->waiting;

    if (!s->waiting) return;
    while (*at != s) at = &(*at)->next;
    *at = s->next;
    if (set->last == &s->next) set->last = at;
    s->waiting = false;
}

void datagrams_unbind(struct datagrams *set, uint32_t socket)
{
    struct datagram_socket *s = &set->sockets[socket < set->count ? socket : 0];

    if (socket >= set->count || s->fd < 0) return;
    lock_step_leave(set, socket);
    if (s->fd < 0) return; /* what was read then took it away */
    if (set->line == s) set->line = NULL;
    wait_no_more(set, s);
    if (set->look.socket == s) set->look.socket = NULL;
    s->closing = true;
    uv_close((uv_handle_t *)&s->poll, on_closed);
    close(s->fd);
    s->fd = -1;
    batch_free(&s->out);
}

/* The socket that sends for `from`: its port, and best its very address; a wildcard socket serves any address. */
static struct datagram_socket *choose(struct datagrams *set, struct endpoint from)
{
    struct datagram_socket *any = NULL, *asked = set->look.socket;

    /* Most often what answers leaves by where the question came. */
    if (asked && asked->peer.port == 0 && asked->port == from.port && asked->fd >= 0 && asked->index == 0 &&
        (asked->address == 0 || asked->address == from.address))
        return asked;
    for (uint32_t i = 0; i < set->count; i++) {
        struct datagram_socket *s = &set->sockets[i];
        if (s->port != from.port || s->fd < 0 || s->peer.port) continue;
        if (s->address == from.address) return s;
        bool fits = s->address == 0 || from.address == 0 || from.address == IPV4_BROADCAST;
        if (fits && !any) any = s;
    }
    return any;
}

/* RFC 2131, section 4.1: to a client that cannot answer ARP yet, by its hardware address. */
static bool install_neighbour(const struct datagram_socket *s, struct endpoint to)
{
    struct arpreq request = {.arp_flags = ATF_COM, .arp_ha = {.sa_family = ARPHRD_ETHER}};
    struct sockaddr_in address = datagram_address(to.address, 0);

    memcpy(&request.arp_pa, &address, sizeof address);
    memcpy(request.arp_ha.sa_data, to.mac.byte, sizeof to.mac.byte);
    memcpy(request.arp_dev, s->interface, sizeof request.arp_dev);
    return s->index > 0 && ioctl(s->fd, SIOCSARP, &request) == 0;
}

static void send_by(struct datagrams *set, struct datagram_socket *s, struct endpoint from, struct endpoint to,
                    struct bytes payload)
{
    if (!s || s->fd < 0) {
        set->counts.unsent++;
        set->counts.unsent_error = EADDRNOTAVAIL;
        return;
    }
    if (!mac_is_none(to.mac) && to.address != IPV4_BROADCAST && !install_neighbour(s, to)) set->counts.arp_refused++;
    if (!batch_add(&s->out, payload, &from, &to)) {
        set->counts.unsent++;
        set->counts.unsent_error = ENOBUFS;
    }
    if (!s->waiting) wait_to_send(set, s);
    if (s == set->look.socket) set->look.answered++;
    if (batch_waiting(&s->out) >= WAITING_MANY) loop_end_turn(set->loop);
}

void datagrams_send(struct datagrams *set, struct endpoint from, struct endpoint to, struct bytes payload)
{
    struct datagram_socket *line = lock_step_line(set, from, to);

    if (line && line == set->look.socket) set->look.answered++;
    if (line && lock_step_send(line, payload)) return;
    send_by(set, choose(set, from), from, to, payload);
}

void datagrams_send_by(struct datagrams *set, uint32_t socket, struct endpoint from, struct endpoint to,
                       struct bytes payload)
{
    send_by(set, socket < set->count ? &set->sockets[socket] : NULL, from, to, payload);
}

void datagrams_discard(struct datagrams *set)
{
    for (uint32_t i = 0; i < set->count; i++) batch_discard(&set->sockets[i].out);
}

void datagrams_count(struct datagrams *set, struct datagram_counts *out)
{
    uint64_t lost = 0;

    for (uint32_t i = 0; i < set->count; i++) {
        uint32_t info[SK_MEMINFO_VARS] = {0};
        socklen_t size = sizeof info;
        if (set->sockets[i].fd >= 0 && getsockopt(set->sockets[i].fd, SOL_SOCKET, SO_MEMINFO, info, &size) == 0)
            lost += info[SK_MEMINFO_DROPS];
    }
    if (set->count > 0) set->counts.lost_in_kernel = lost;
    *out = set->counts;
}

void datagrams_close(struct datagrams *set)
{
    struct datagram_counts last;

    if (!set->buffers) return;
    datagrams_count(set, &last);
    loop_no_flush(set->loop, set);
    for (uint32_t i = 0; i < set->count; i++) {
        struct datagram_socket *s = &set->sockets[i];
        if (s->fd < 0) continue;
        s->pace.rate = 0;
        (void)send_waiting(s);
        uv_close((uv_handle_t *)&s->poll, NULL);
        close(s->fd);
        s->fd = -1;
        batch_free(&s->out);
    }
    set->count = 0;
    set->waiting = set->line = set->look.socket = NULL;
    set->last = &set->waiting;
    uv_close((uv_handle_t *)&set->retry, NULL);
    free(set->buffers);
    set->buffers = NULL;
}
