#include "net/stream.h"
#include "net/stream_parts.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum { PATIENCE_MS = 100, LINGER_TICKS = 50 };

static void on_ready(uv_poll_t *, int status, int events);

enum down stream_down_by(int error)
{
    switch (error) {
    case ECONNREFUSED: return DOWN_REFUSED;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EACCES:
    case EPERM: return DOWN_UNREACHABLE;
    case ETIMEDOUT: return DOWN_TIMED_OUT;
    default: return DOWN_RESET;
    }
}

void stream_tell(struct stream *s, struct event event)
{
    event.stream = s->number;
    meter_count(s->set->loop->meter, s->set->service, 1);
    s->set->deliver(s->set->context, s->owner, &event);
}

void stream_listen_for(struct stream *s, int events)
{
    if (s->events == events) return;
    s->events = events;
    (void)uv_poll_start(&s->poll, events, on_ready);
}

static void linger_not(int fd)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};

    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void close_socket(int fd, enum stream_ending ending)
{
    int on = 1;
    uint8_t rest[4096];

    switch (ending) {
    case STREAM_IN_ORDER:
        /* What was not read yet would turn the close into a reset. */
        (void)shutdown(fd, SHUT_WR);
        for (unsigned n = 0; n < 64 && recv(fd, rest, sizeof rest, MSG_DONTWAIT) > 0; n++) continue;
        break;
    case STREAM_SILENT: /* in repair mode a close sends and leaves nothing; needs CAP_NET_ADMIN in the namespace */
        if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof on) == 0) break;
        linger_not(fd);
        break;
    case STREAM_BY_RESET: linger_not(fd); break;
    }
    close(fd);
}

void stream_end(struct stream *s, enum stream_ending ending)
{
    struct streams *set = s->set;

    if (s->state == STREAM_GONE) return;
    stream_table_remove(set, s);
    s->state = STREAM_GONE;
    set->counts.open--;
    free(s->part);
    free(s->unsent);
    s->part = s->unsent = NULL;
    s->part_len = s->unsent_len = s->unsent_at = 0;
    uv_close((uv_handle_t *)&s->poll, on_closed);
    close_socket(s->fd, ending);
    s->fd = -1;
    for (size_t i = 0; i < LISTENERS_MOST; i++) listener_resume(&set->listeners[i]);
}

void stream_end_and_tell(struct stream *s, enum down why)
{
    bool heard = s->state != STREAM_LINGERING;

    stream_end(s, why == DOWN_CLOSED && !s->set->reset_at_close ? STREAM_IN_ORDER : STREAM_BY_RESET);
    if (heard) stream_tell(s, (struct event){.kind = EVENT_DOWN, .why = (uint8_t)why, .from = s->from, .to = s->to});
}

static void connected(struct stream *s)
{
    int error = 0;
    socklen_t size = sizeof error;
    struct sockaddr_in local = {0};
    socklen_t local_size = sizeof local;

    (void)getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        stream_end_and_tell(s, stream_down_by(error));
        return;
    }
    if (getsockname(s->fd, (struct sockaddr *)&local, &local_size) == 0) {
        s->from.address = ntohl(local.sin_addr.s_addr);
        s->from.port = ntohs(local.sin_port);
    }
    s->state = STREAM_UP;
    stream_listen_for(s, UV_READABLE);
    if (s->unsent_len) stream_soil(s->set, s);
    stream_tell(s, (struct event){.kind = EVENT_UP, .from = s->from, .to = s->to});
}

static void ready(struct stream *s, int status, int events)
{
    if (status < 0) { /* an error waits on the socket; libuv stopped the poll: what is read now tells which */
        s->events = 0;
        stream_listen_for(s, UV_READABLE);
        events = UV_READABLE | UV_WRITABLE;
    }
    if (s->state == STREAM_CONNECTING) {
        connected(s);
        return;
    }
    if (events & UV_WRITABLE && s->settled && !stream_send_waiting(s, s->settled)) return;
    if (!(events & UV_READABLE)) return;
    if (s->state == STREAM_UP)
        stream_receive(s);
    else
        stream_receive_in_vain(s);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct stream *s = poll->data;
    struct streams *set = s->set;

    if (s->state == STREAM_GONE || loop_busy(set->loop)) return; /* epoll reports it again */
    uint32_t was = meter_at(set->loop->meter, set->service);
    ready(s, status, events);
    (void)meter_at(set->loop->meter, was);
}

static struct stream *stream_new(struct streams *set, uint32_t owner, uint32_t number, int fd, frame_fn *frame)
{
    struct stream *s = calloc(1, sizeof *s);
    int on = 1, tos = set->tos;

    if (!s) return NULL;
    *s = (struct stream){.set = set, .owner = owner, .number = number, .fd = fd, .frame = frame, .listener = -1};
    if (!stream_table_grow(set) || uv_poll_init(&set->loop->uv, &s->poll, fd) != 0) {
        free(s);
        return NULL;
    }
    s->poll.data = s;
    (void)setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* a message is short, and its answer is awaited */
    stream_table_add(set, s);
    set->counts.open++;
    return s;
}

bool stream_accepted(struct listener *l, int fd, const struct sockaddr_in *peer)
{
    struct streams *set = l->set;
    struct sockaddr_in local = {0};
    socklen_t size = sizeof local;

    while (stream_find(set, l->owner, set->next_accepted)) set->next_accepted++;
    struct stream *s = stream_new(set, l->owner, set->next_accepted, fd, l->frame);
    if (!s) return false;
    set->next_accepted++;
    set->counts.accepted++;
    s->listener = (int)(l - set->listeners);
    s->state = STREAM_UP;
    (void)getsockname(fd, (struct sockaddr *)&local, &size);
    s->from = (struct endpoint){ntohl(peer->sin_addr.s_addr), ntohs(peer->sin_port), MAC_NONE};
    s->to = (struct endpoint){ntohl(local.sin_addr.s_addr), ntohs(local.sin_port), MAC_NONE};
    stream_listen_for(s, UV_READABLE);
    stream_tell(s, (struct event){.kind = EVENT_UP, .from = s->from, .to = s->to});
    return true;
}

/* Binds and begins to connect. 0 or a negative errno. If bind fails there must be no connect: the kernel would take
 * another source address, and the answer would never find its phone. */
static int begin(int fd, struct endpoint from, struct endpoint to)
{
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(from.port)};
    struct sockaddr_in remote = {.sin_family = AF_INET, .sin_port = htons(to.port)};
    int on = 1;

    local.sin_addr.s_addr = htonl(from.address);
    remote.sin_addr.s_addr = htonl(to.address);
    /* A fixed port may be in TIME_WAIT, of a stream whose port the kernel chose as well: so all allow it to be shared.
     * A port that the kernel is to choose is chosen by connect, where the whole quadruple counts. */
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!from.port) (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if ((from.address || from.port) && bind(fd, (struct sockaddr *)&local, sizeof local) < 0)
        return errno == EADDRINUSE ? -EADDRINUSE : -EADDRNOTAVAIL;
    if (connect(fd, (struct sockaddr *)&remote, sizeof remote) < 0 && errno != EINPROGRESS) return -errno;
    return 0;
}

void stream_open(struct streams *set, uint32_t owner, uint32_t number, struct endpoint from, struct endpoint to,
                 frame_fn *frame)
{
    struct event down = {.kind = EVENT_DOWN, .stream = number, .from = from, .to = to};
    struct stream *older = stream_find(set, owner, number);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (older) stream_end(older, STREAM_BY_RESET);
    int error = fd < 0 ? -errno : begin(fd, from, to);
    struct stream *s = error ? NULL : stream_new(set, owner, number, fd, frame);
    if (!s) {
        if (fd >= 0) close_socket(fd, STREAM_BY_RESET);
        /* Our own want of ports, descriptors or memory is not the other side's doing: it is as if no way led there. */
        bool ours = error == 0 || fd < 0 || error == -EADDRINUSE;
        down.why = (uint8_t)(ours ? DOWN_UNREACHABLE : stream_down_by(-error));
        set->deliver(set->context, owner, &down);
        return;
    }
    set->counts.opened++;
    s->from = from;
    s->to = to;
    s->state = STREAM_CONNECTING;
    stream_listen_for(s, UV_WRITABLE);
}

void stream_close(struct streams *set, uint32_t owner, uint32_t number)
{
    struct stream *s = stream_find(set, owner, number);

    if (!s) return;
    if (s->state == STREAM_CONNECTING || s->unsent_len == 0) {
        stream_end(s, set->reset_at_close || s->state == STREAM_CONNECTING ? STREAM_BY_RESET : STREAM_IN_ORDER);
        return;
    }
    stream_linger(set, s, LINGER_TICKS); /* its number is free at once; flush() ends it */
    stream_soil(set, s);
    if (!uv_is_active((uv_handle_t *)&set->timer))
        (void)uv_timer_start(&set->timer, streams_tick, PATIENCE_MS, PATIENCE_MS);
}

void stream_vanish(struct streams *set, uint32_t owner, uint32_t number)
{
    struct stream *s = stream_find(set, owner, number);

    if (s) stream_end(s, STREAM_SILENT);
}

void stream_reset(struct streams *set, uint32_t owner, uint32_t number)
{
    struct stream *s = stream_find(set, owner, number);

    if (s) stream_end(s, STREAM_BY_RESET);
}

void streams_vanish(struct streams *set, uint32_t owner)
{
    for (struct stream *s = set->all, *next; s; s = next) {
        next = s->next;
        if (s->owner == owner)
            stream_end(s, STREAM_SILENT); /* those that linger as well: without power nothing is sent */
    }
}

bool stream_act(struct streams *set, uint32_t owner, const struct action *action, struct bytes message, frame_fn *frame)
{
    struct meter *meter = set->loop->meter;
    uint32_t was = meter_at(meter, set->service);
    bool ours = true;

    if (action->kind == ACTION_OPEN)
        stream_open(set, owner, action->stream, action->from, action->to, frame);
    else if (action->kind == ACTION_WRITE)
        stream_write(set, owner, action->stream, message);
    else if (action->kind == ACTION_CLOSE && action->news == 1)
        stream_vanish(set, owner, action->stream);
    else if (action->kind == ACTION_CLOSE)
        stream_close(set, owner, action->stream);
    else
        ours = false;
    meter_count(meter, set->service, ours);
    (void)meter_at(meter, was);
    return ours;
}

/* Of the streams that came by one listener: reset, and told. */
void streams_reset_accepted(struct streams *set, int listener)
{
    /* A receiver may close others meanwhile: begin anew after each. */
    for (struct stream *s = set->all; s;) {
        if (s->listener != listener) {
            s = s->next;
            continue;
        }
        stream_end_and_tell(s, DOWN_RESET);
        s = set->all;
    }
}

void streams_tick(uv_timer_t *timer)
{
    struct streams *set = timer->data;
    bool work = false;

    for (size_t i = 0; i < LISTENERS_MOST; i++) listener_resume(&set->listeners[i]);
    for (struct stream *s = set->all, *next; s; s = next) {
        next = s->next;
        if (s->state != STREAM_LINGERING) continue;
        work = true;
        if (--s->ticks == 0) stream_end(s, STREAM_BY_RESET);
    }
    if (!work) (void)uv_timer_stop(timer);
}

int streams_init(struct streams *set, struct loop *loop, stream_fn *deliver, void *context)
{
    *set = (struct streams){
        .loop = loop, .deliver = deliver, .context = context, .next_accepted = STREAM_ACCEPTED, .service = loop->turn};
    set->scratch = malloc(STREAM_SCRATCH);
    if (!set->scratch || !stream_table_grow(set)) {
        stream_table_free(set);
        free(set->scratch);
        set->scratch = NULL;
        return -ENOMEM;
    }
    for (size_t i = 0; i < LISTENERS_MOST; i++) set->listeners[i].fd = -1;
    (void)uv_timer_init(&loop->uv, &set->timer);
    set->timer.data = set;
    int error = loop_on_flush(loop, streams_flush, set);
    if (error) streams_close(set);
    return error;
}

void streams_close(struct streams *set)
{
    if (!set->scratch) return;
    loop_no_flush(set->loop, set);
    for (size_t i = 0; i < LISTENERS_MOST; i++) listener_close(&set->listeners[i]);
    while (set->all) stream_end(set->all, set->reset_at_close ? STREAM_BY_RESET : STREAM_IN_ORDER);
    uv_close((uv_handle_t *)&set->timer, NULL);
    stream_table_free(set);
    free(set->scratch);
    set->scratch = NULL;
}
