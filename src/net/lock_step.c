/* The peer in lock step of net/datagram.h. */
#include "net/datagram_parts.h"
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

static bool is_peer(const struct datagram_socket *s, struct endpoint from)
{
    return s->peer.address == from.address && s->peer.port == from.port;
}

/* By the line nobody comes but its peer, to one address: there is nothing to be asked but the bytes. */
static bool read_line(struct datagram_socket *s)
{
    struct datagram_buffers *b = s->set->buffers;
    uint32_t was = meter_at(s->set->loop->meter, s->set->service);
    ssize_t n = recv(s->fd, b->one_bytes, DATAGRAM_SLOT, MSG_DONTWAIT | MSG_TRUNC);

    if (n >= 0) {
        datagram_came(s, &(struct event){.kind = EVENT_DATAGRAM,
                                         .from = s->peer,
                                         .to = {s->address, s->port, MAC_NONE},
                                         .bytes = {b->one_bytes, (size_t)n}});
    }
    (void)meter_at(s->set->loop->meter, was);
    return n >= 0;
}

static bool read_one(struct datagram_socket *s)
{
    struct datagram_buffers *b = s->set->buffers;

    if (s->pure) return read_line(s);
    b->one.part = (struct iovec){b->one_bytes, DATAGRAM_SLOT};
    b->one.header = datagram_message(&b->one.end, &b->one.part, b->one.control);
    uint32_t was = meter_at(s->set->loop->meter, s->set->service);
    ssize_t n = recvmsg(s->fd, &b->one.header, MSG_DONTWAIT);
    if (n >= 0) datagram_read(s, &b->one.header, (size_t)n);
    (void)meter_at(s->set->loop->meter, was);
    return n >= 0;
}

/* What waits there is nobody else's to read. */
static bool read_all(struct datagram_socket *s)
{
    for (unsigned i = 0; i < BATCH_CALL && s->fd >= 0; i++)
        if (!read_one(s)) return true;
    return false;
}

static void close_line(struct datagrams *set)
{
    struct datagram_socket *line = set->line;

    if (!line) return;
    (void)read_all(line);
    set->line = NULL;
    datagrams_unbind(set, (uint32_t)(line - set->sockets));
}

void lock_step_leave(struct datagrams *set, uint32_t socket)
{
    if (set->line && set->line->of == socket) close_line(set);
}

/* Binds it beside the socket of the port: for that moment alone both of them share it, and nobody else can. */
static bool bind_line(struct datagram_socket *line, int beside)
{
    struct sockaddr_in us = datagram_address(line->address, line->port);
    struct sockaddr_in peer = datagram_address(line->peer.address, line->peer.port);
    int on = 1, off = 0, was = 0;
    socklen_t size = sizeof was;

    line->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (line->fd < 0 || setsockopt(line->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        getsockopt(beside, SOL_SOCKET, SO_REUSEADDR, &was, &size) < 0)
        return false;
    (void)setsockopt(beside, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool bound = bind(line->fd, (struct sockaddr *)&us, sizeof us) == 0 &&
                 connect(line->fd, (struct sockaddr *)&peer, sizeof peer) == 0;
    if (!was) (void)setsockopt(beside, SOL_SOCKET, SO_REUSEADDR, &off, sizeof off);
    return bound;
}

/* False when there is none to be had: it goes on as before. */
static bool open_line(struct datagrams *set, const struct datagram_socket *s)
{
    close_line(set);
    struct datagram_socket *line = datagram_slot(set);
    if (!line) return false;
    line->address = set->look.us.address;
    line->port = s->port;
    line->peer = set->look.peer;
    line->of = (uint32_t)(s - set->sockets);
    line->arrived_on = set->arrived_on;
    line->lock_step = true;
    if (!bind_line(line, s->fd) || !datagram_watch(line)) {
        if (line->fd >= 0) close(line->fd);
        line->fd = -1;
        return false;
    }
    if (line == &set->sockets[set->count]) set->count++;
    set->line = line;
    set->counts.lines++;
    /* Before it was connected it took whatever came for the port: each has its sender's address. */
    line->pure = read_all(line);
    return true;
}

struct datagram_socket *lock_step_line(struct datagrams *set, struct endpoint from, struct endpoint to)
{
    struct datagram_socket *line = set->line;

    return line && line->port == from.port && line->address == from.address && is_peer(line, to) ? line : NULL;
}

bool lock_step_send(struct datagram_socket *line, struct bytes payload)
{
    struct datagrams *set = line->set;

    if (batch_waiting(&set->sockets[line->of].out) > 0 || send(line->fd, payload.at, payload.len, MSG_DONTWAIT) < 0)
        return false; /* also when an earlier one was refused: ICMP of it, told now */
    set->counts.sent++;
    set->look.left++;
    meter_count(set->loop->meter, set->service, 1);
    return true;
}

/* Until anything at all comes, as libuv would wait, but without its turn of handles: most often it is the peer. */
enum looked lock_step_look(void *context, int wait_ms)
{
    struct datagrams *set = context;
    struct datagram_look *l = &set->look;
    struct datagram_socket *s = l->socket;
    bool lone = s && l->came == 1 && l->answered > 0 && s->lock_step && batch_waiting(&s->out) == 0;
    uint64_t steps = set->loop->counts.steps;
    struct epoll_event any;

    l->came = l->answered = l->left = 0;
    l->rounds = lone ? l->rounds + 1 : 0;
    if (!lone) return LOOK_NOTHING;
    if (l->rounds % DATAGRAM_LINE_AFTER == 0 && s != set->line && open_line(set, s)) return LOOK_DELIVERED;
    set->counts.looks++;
    if (epoll_wait(uv_backend_fd(&set->loop->uv), &any, 1, wait_ms) <= 0 || !read_one(s)) return LOOK_NOTHING;
    set->counts.found++;
    bool settled = l->left == 1 && set->loop->counts.steps == steps + 1 && set->loop->outbox.count == 1;
    return settled ? LOOK_SETTLED : LOOK_DELIVERED;
}
