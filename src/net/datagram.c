#include "net/datagram.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TURNS = 4, WAITING_MANY = 2048, SOCKET_BUFFER = 4 << 20, CONTROL = CMSG_SPACE(sizeof(struct in_pktinfo)) };

#ifndef SO_MEMINFO
#define SO_MEMINFO 55 /* Linux 4.12 */
#endif

/* One message and all that the kernel needs with it, close together: in lock step the peer may run on our processor in
 * between, and the pages that are touched again after that are what a turn costs. */
struct datagram_one {
    struct msghdr header;
    struct iovec part;
    struct sockaddr_in end;
    uint8_t control[CONTROL] __attribute__((aligned(8)));
};

struct datagram_buffers {
    struct datagram_one one;
    uint8_t one_bytes[DATAGRAM_SLOT];
    struct mmsghdr messages[BATCH_CALL];
    struct iovec parts[BATCH_CALL];
    struct sockaddr_in ends[BATCH_CALL];
    uint8_t control[BATCH_CALL][CONTROL] __attribute__((aligned(8)));
    uint8_t bytes[BATCH_CALL][DATAGRAM_SLOT];
};

static struct sockaddr_in socket_address(ipv4 address, uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
}

static void read_message(struct datagram_socket *s, struct msghdr *m, size_t len)
{
    struct datagrams *set = s->set;
    const struct sockaddr_in *from = m->msg_name;
    struct event event = {.kind = EVENT_DATAGRAM,
                          .from = {ntohl(from->sin_addr.s_addr), ntohs(from->sin_port), MAC_NONE},
                          .to = {s->address, s->port, MAC_NONE},
                          .bytes = {m->msg_iov->iov_base, len}};

    if (m->msg_flags & MSG_TRUNC || event.bytes.len > DATAGRAM_SLOT) {
        set->counts.oversize++;
        return;
    }
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        struct in_pktinfo info;
        if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO) continue;
        memcpy(&info, CMSG_DATA(c), sizeof info);
        event.to.address = ntohl(info.ipi_addr.s_addr); /* of the IP header; ipi_spec_dst would hide a broadcast */
        set->arrived_on = info.ipi_ifindex;
    }
    set->counts.received++;
    set->look.came++;
    set->look.socket = s;
    meter_count(set->loop->meter, set->service, 1);
    set->receive(set->context, (uint32_t)(s - set->sockets), &event);
}

static struct msghdr one_message(struct sockaddr_in *end, struct iovec *part, uint8_t *control)
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
    b->messages[i].msg_hdr = one_message(&b->ends[i], &b->parts[i], b->control[i]);
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
        for (int i = 0; i < n && s->fd >= 0; i++) read_message(s, &b->messages[i].msg_hdr, b->messages[i].msg_len);
        for (int i = 0; i < n && s->fd >= 0; i++) prepare(b, (size_t)i);
        if (n < BATCH_CALL) break;
    }
    (void)meter_at(set->loop->meter, was);
}

static bool read_one(struct datagram_socket *s)
{
    struct datagram_buffers *b = s->set->buffers;

    b->one.part = (struct iovec){b->one_bytes, DATAGRAM_SLOT};
    b->one.header = one_message(&b->one.end, &b->one.part, b->one.control);
    uint32_t was = meter_at(s->set->loop->meter, s->set->service);
    ssize_t n = recvmsg(s->fd, &b->one.header, MSG_DONTWAIT);
    if (n >= 0) read_message(s, &b->one.header, (size_t)n);
    (void)meter_at(s->set->loop->meter, was);
    return n >= 0;
}

/* Until anything at all comes, as libuv would wait, but without its turn of handles: most often it is the peer. */
static bool look(void *context, int wait_ms)
{
    struct datagrams *set = context;
    struct datagram_look *l = &set->look;
    struct datagram_socket *s = l->socket;
    bool lone = s && l->came == 1 && l->answered > 0 && s->lock_step && batch_waiting(&s->out) == 0;
    struct epoll_event any;

    l->came = l->answered = 0;
    if (!lone) return false;
    set->counts.looks++;
    if (epoll_wait(uv_backend_fd(&set->loop->uv), &any, 1, wait_ms) <= 0 || !read_one(s)) return false;
    set->counts.found++;
    return true;
}

/* One that waits, with its source and device: the address that was asked, and, for a broadcast, the socket's own device. */
static void address_one(struct datagram_one *o, const struct datagram_socket *s, size_t i)
{
    const struct batch_item *item = batch_at(&s->out, i);
    struct in_pktinfo info = {.ipi_ifindex = s->index};

    if (item->from.address != IPV4_BROADCAST) info.ipi_spec_dst.s_addr = htonl(item->from.address);
    o->part = (struct iovec){s->out.bytes + item->at, item->len};
    o->end = socket_address(item->to.address, item->to.port);
    o->header = one_message(&o->end, &o->part, o->control);
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

static int send_many(struct datagram_socket *s)
{
    struct mmsghdr messages[BATCH_CALL];
    struct datagram_one one[BATCH_CALL];
    unsigned n = 0;

    for (; n < BATCH_CALL && n < batch_waiting(&s->out); n++) {
        address_one(&one[n], s, n);
        messages[n].msg_hdr = one[n].header;
    }
    return sendmmsg(s->fd, messages, n, MSG_DONTWAIT);
}

/* Sends what waits. False when the kernel has no room now. */
static bool send_waiting(struct datagram_socket *s)
{
    struct datagrams *set = s->set;

    while (batch_waiting(&s->out) > 0) {
        int sent = batch_waiting(&s->out) == 1 ? send_one(s) : send_many(s);
        if (sent > 0) {
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
static void flush(void *context)
{
    struct datagrams *set = context;
    bool held = false;

    if (!set->waiting || uv_is_active((uv_handle_t *)&set->retry)) return;
    struct datagram_socket *s = set->waiting, *next;
    set->waiting = NULL;
    set->last = &set->waiting;
    for (; s; s = next) {
        next = s->next;
        s->waiting = false;
        if (send_waiting(s)) continue;
        held = true;
        wait_to_send(set, s);
    }
    if (!held) return;
    set->counts.held++;
    (void)uv_timer_start(&set->retry, on_retry, 1, 0);
}

static void on_retry(uv_timer_t *timer)
{
    (void)uv_timer_stop(timer);
    flush(timer->data);
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

static int open_socket(struct datagram_socket *s, const struct datagram_config *config, struct net_error *why)
{
    struct sockaddr_in address = socket_address(config->address, config->port);
    socklen_t size = sizeof address;
    char text[IPV4_TEXT];

    s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->fd < 0) return net_fail_errno(why, "UDP socket");
    int error = set_options(s, config, why);
    if (error) return error;
    if (bind(s->fd, (struct sockaddr *)&address, size) < 0)
        return net_fail_errno(why, "bind UDP %s:%u", ipv4_text(text, config->address), config->port);
    if (getsockname(s->fd, (struct sockaddr *)&address, &size) == 0) s->port = ntohs(address.sin_port);
    if (uv_poll_init(&s->set->loop->uv, &s->poll, s->fd) != 0)
        return net_fail(why, -ENOMEM, "UDP socket: no memory for its poll");
    s->poll.data = s;
    s->lock_step = config->lock_step;
    if (s->lock_step) (void)loop_on_look(s->set->loop, look, s->set);
    (void)uv_poll_start(&s->poll, UV_READABLE, on_ready);
    return 0;
}

int datagrams_bind(struct datagrams *set, const struct datagram_config *config, struct net_error *why)
{
    uint32_t number = 0;

    while (number < set->count && (set->sockets[number].fd >= 0 || set->sockets[number].closing)) number++;
    struct datagram_socket *s = &set->sockets[number];
    if (number == DATAGRAM_SOCKETS_MOST)
        return net_fail(why, -ENOSPC, "more than %d UDP sockets", DATAGRAM_SOCKETS_MOST);
    *s = (struct datagram_socket){
        .set = set, .fd = -1, .address = config->address, .port = config->port, .out = {.most = DATAGRAM_SEND_MOST}};
    int error = open_socket(s, config, why);
    if (error) {
        if (s->fd >= 0) close(s->fd);
        s->fd = -1;
        return error;
    }
    if (number == set->count) set->count++;
    return (int)number;
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
    if (asked && asked->port == from.port && asked->fd >= 0 && asked->index == 0 &&
        (asked->address == 0 || asked->address == from.address))
        return asked;
    for (uint32_t i = 0; i < set->count; i++) {
        struct datagram_socket *s = &set->sockets[i];
        if (s->port != from.port || s->fd < 0) continue;
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
    struct sockaddr_in address = socket_address(to.address, 0);

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
        uv_close((uv_handle_t *)&s->poll, NULL);
        close(s->fd);
        s->fd = -1;
        batch_free(&s->out);
    }
    set->count = 0;
    set->waiting = set->look.socket = NULL;
    set->last = &set->waiting;
    uv_close((uv_handle_t *)&set->retry, NULL);
    free(set->buffers);
    set->buffers = NULL;
}
