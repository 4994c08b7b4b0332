#include "net/stream.h"
#include "net/stream_table.h"
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

enum { SCRATCH = 2 * STREAM_MESSAGE_MOST, TURN_MOST = 1 << 20, PATIENCE_MS = 100, LINGER_TICKS = 50 };

static void on_ready(uv_poll_t *, int status, int events);

static enum down why_of(int error)
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

static void tell(struct stream *s, struct event event)
{
    event.stream = s->number;
    meter_count(s->set->loop->meter, s->set->service, 1);
    s->set->deliver(s->set->context, s->owner, &event);
}

static void listen_for(struct stream *s, int events)
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

enum ending { IN_ORDER, BY_RESET, SILENT };

static void close_socket(int fd, enum ending ending)
{
    int on = 1;
    uint8_t rest[4096];

    switch (ending) {
    case IN_ORDER:
        /* What was not read yet would turn the close into a reset. */
        (void)shutdown(fd, SHUT_WR);
        for (unsigned n = 0; n < 64 && recv(fd, rest, sizeof rest, MSG_DONTWAIT) > 0; n++) continue;
        break;
    case SILENT: /* in repair mode a close sends nothing and leaves nothing; needs CAP_NET_ADMIN in the namespace */
        if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof on) == 0) break;
        linger_not(fd);
        break;
    case BY_RESET: linger_not(fd); break;
    }
    close(fd);
}

/* The stream is gone, at once: out of every list, its socket closed. Its memory goes when libuv lets go of it. */
static void end(struct stream *s, enum ending ending)
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

static void end_and_tell(struct stream *s, enum down why)
{
    bool heard = s->state != STREAM_LINGERING;

    end(s, why == DOWN_CLOSED && !s->set->reset_at_close ? IN_ORDER : BY_RESET);
    if (heard) tell(s, (struct event){.kind = EVENT_DOWN, .why = (uint8_t)why, .from = s->from, .to = s->to});
}

/* Sends the first `limit` bytes of what waits: all at a flush, between flushes only what an earlier one has released. What
 * the kernel does not take stays. False when the stream is gone. */
static bool send_waiting(struct stream *s, size_t limit)
{
    bool all = limit == s->unsent_len;

    while (s->unsent_at < limit) {
        ssize_t n = send(s->fd, s->unsent + s->unsent_at, limit - s->unsent_at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            s->unsent_at += (size_t)n;
        } else if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) {
            break;
        } else if (errno != EINTR) {
            end_and_tell(s, why_of(errno));
            return false;
        }
    }
    size_t left = s->unsent_len - s->unsent_at;
    if (all && left > STREAM_UNSENT_MOST && s->state != STREAM_LINGERING) {
        end_and_tell(s, DOWN_SLOW);
        return false;
    }
    if (left > 0) {
        if (s->unsent_at > 0) memmove(s->unsent, s->unsent + s->unsent_at, left);
    } else {
        free(s->unsent);
        s->unsent = NULL;
        s->unsent_size = 0;
    }
    s->settled = all ? left : limit - s->unsent_at;
    s->unsent_at = 0;
    s->unsent_len = left;
    if (s->state == STREAM_LINGERING && left == 0) {
        end(s, s->set->reset_at_close ? BY_RESET : IN_ORDER);
        return false;
    }
    listen_for(s, s->settled > 0 ? UV_READABLE | UV_WRITABLE : UV_READABLE);
    return true;
}

static void flush(void *context)
{
    struct streams *set = context;

    if (!set->dirty) return;
    uint32_t was = meter_at(set->loop->meter, set->service);
    while (set->dirty) {
        struct stream *s = set->dirty;
        stream_clean(set, s);
        s->settled = s->unsent_len;
        if (s->state != STREAM_CONNECTING) (void)send_waiting(s, s->unsent_len);
    }
    (void)meter_at(set->loop->meter, was);
}

/* Keeps what came of a message that is not whole yet. */
static bool keep_part(struct stream *s, const uint8_t *at, size_t len)
{
    if (len == 0) {
        free(s->part);
        s->part = NULL;
        s->part_len = 0;
        return true;
    }
    uint8_t *part = realloc(s->part, len);
    if (!part) return false;
    memcpy(part, at, len);
    s->part = part;
    s->part_len = len;
    return true;
}

/* Hands over each whole message of the scratch memory. False when the stream is gone. */
static bool take_messages(struct stream *s, size_t len)
{
    const uint8_t *at = s->set->scratch;

    while (len > 0) {
        size_t n = s->frame((struct bytes){at, len});
        if (n == 0 && len < STREAM_MESSAGE_MOST) break;
        if (n == 0 || n > len) { /* SIZE_MAX too */
            end_and_tell(s, DOWN_MALFORMED);
            return false;
        }
        tell(s, (struct event){.kind = EVENT_DATA, .from = s->from, .to = s->to, .bytes = {at, n}});
        if (s->state != STREAM_UP) return false; /* the receiver closed it */
        at += n;
        len -= n;
    }
    if (keep_part(s, at, len)) return true;
    end_and_tell(s, DOWN_RESET);
    return false;
}

static void read_some(struct stream *s)
{
    struct streams *set = s->set;

    /* The bytes that wait are copied in front of what comes; a part is never longer than a message. */
    if (s->part_len) memcpy(set->scratch, s->part, s->part_len);
    ssize_t n = recv(s->fd, set->scratch + s->part_len, SCRATCH - s->part_len, MSG_DONTWAIT);
    if (n > 0)
        (void)take_messages(s, s->part_len + (size_t)n);
    else if (n == 0)
        end_and_tell(s, DOWN_CLOSED);
    else if (errno != EAGAIN && errno != EINTR)
        end_and_tell(s, why_of(errno));
}

/* In order, but not all was sent: what comes meanwhile is of no interest; only the end of the other side is. */
static void read_in_vain(struct stream *s)
{
    ssize_t n = recv(s->fd, s->set->scratch, SCRATCH, MSG_DONTWAIT);

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) end(s, BY_RESET);
}

static void connected(struct stream *s)
{
    int error = 0;
    socklen_t size = sizeof error;
    struct sockaddr_in local = {0};
    socklen_t local_size = sizeof local;

    (void)getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        end_and_tell(s, why_of(error));
        return;
    }
    if (getsockname(s->fd, (struct sockaddr *)&local, &local_size) == 0) {
        s->from.address = ntohl(local.sin_addr.s_addr);
        s->from.port = ntohs(local.sin_port);
    }
    s->state = STREAM_UP;
    listen_for(s, UV_READABLE);
    if (s->unsent_len) stream_soil(s->set, s);
    tell(s, (struct event){.kind = EVENT_UP, .from = s->from, .to = s->to});
}

static void ready(struct stream *s, int status, int events)
{
    if (status < 0) { /* an error waits on the socket; libuv stopped the poll: what is read now tells which */
        s->events = 0;
        listen_for(s, UV_READABLE);
        events = UV_READABLE | UV_WRITABLE;
    }
    if (s->state == STREAM_CONNECTING) {
        connected(s);
        return;
    }
    if (events & UV_WRITABLE && s->settled && !send_waiting(s, s->settled)) return;
    if (!(events & UV_READABLE)) return;
    if (s->state == STREAM_UP)
        read_some(s);
    else
        read_in_vain(s);
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
    listen_for(s, UV_READABLE);
    tell(s, (struct event){.kind = EVENT_UP, .from = s->from, .to = s->to});
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
    /* A fixed port may be in TIME_WAIT, of a stream whose port the kernel chose as well: so all allow it to be shared. A
     * port that the kernel is to choose is chosen by connect, where the whole quadruple counts. */
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

    if (older) end(older, BY_RESET);
    int error = fd < 0 ? -errno : begin(fd, from, to);
    struct stream *s = error ? NULL : stream_new(set, owner, number, fd, frame);
    if (!s) {
        if (fd >= 0) close_socket(fd, BY_RESET);
        /* Our own want of ports, descriptors or memory is not the other side's doing: it is as if no way led there. */
        bool ours = error == 0 || fd < 0 || error == -EADDRINUSE;
        down.why = (uint8_t)(ours ? DOWN_UNREACHABLE : why_of(-error));
        set->deliver(set->context, owner, &down);
        return;
    }
    set->counts.opened++;
    s->from = from;
    s->to = to;
    s->state = STREAM_CONNECTING;
    listen_for(s, UV_WRITABLE);
}

void stream_write(struct streams *set, uint32_t owner, uint32_t number, struct bytes message)
{
    struct stream *s = stream_find(set, owner, number);

    if (!s || message.len == 0) return;
    size_t len = s->unsent_len + message.len;
    if (len >
        TURN_MOST) { /* more in one turn than any engine puts: a peer that does not read, and an owner that does not heed */
        end_and_tell(s, DOWN_SLOW);
        return;
    }
    if (len > s->unsent_size) {
        size_t size = s->unsent_size ? s->unsent_size : 256;
        while (size < len) size *= 2;
        uint8_t *unsent = realloc(s->unsent, size);
        if (!unsent) {
            end_and_tell(s, DOWN_RESET);
            return;
        }
        s->unsent = unsent;
        s->unsent_size = size;
    }
    memcpy(s->unsent + s->unsent_len, message.at, message.len);
    s->unsent_len = len;
    stream_soil(set, s);
}

void stream_close(struct streams *set, uint32_t owner, uint32_t number)
{
    struct stream *s = stream_find(set, owner, number);

    if (!s) return;
    if (s->state == STREAM_CONNECTING || s->unsent_len == 0) {
        end(s, set->reset_at_close || s->state == STREAM_CONNECTING ? BY_RESET : IN_ORDER);
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

    if (s) end(s, SILENT);
}

void stream_reset(struct streams *set, uint32_t owner, uint32_t number)
{
    struct stream *s = stream_find(set, owner, number);

    if (s) end(s, BY_RESET);
}

void streams_vanish(struct streams *set, uint32_t owner)
{
    for (struct stream *s = set->all, *next; s; s = next) {
        next = s->next;
        if (s->owner == owner) end(s, SILENT); /* those that linger as well: without power nothing is sent */
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

void streams_discard(struct streams *set)
{
    while (set->dirty) {
        struct stream *s = set->dirty;
        stream_clean(set, s);
        s->unsent_len = s->settled;
        if (s->state == STREAM_LINGERING && s->unsent_len == 0) end(s, IN_ORDER);
    }
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
        end_and_tell(s, DOWN_RESET);
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
        if (--s->ticks == 0) end(s, BY_RESET);
    }
    if (!work) (void)uv_timer_stop(timer);
}

int streams_init(struct streams *set, struct loop *loop, stream_fn *deliver, void *context)
{
    *set = (struct streams){
        .loop = loop, .deliver = deliver, .context = context, .next_accepted = STREAM_ACCEPTED, .service = loop->turn};
    set->scratch = malloc(SCRATCH);
    if (!set->scratch || !stream_table_grow(set)) {
        stream_table_free(set);
        free(set->scratch);
        set->scratch = NULL;
        return -ENOMEM;
    }
    for (size_t i = 0; i < LISTENERS_MOST; i++) set->listeners[i].fd = -1;
    (void)uv_timer_init(&loop->uv, &set->timer);
    set->timer.data = set;
    int error = loop_on_flush(loop, flush, set);
    if (error) streams_close(set);
    return error;
}

void streams_close(struct streams *set)
{
    if (!set->scratch) return;
    loop_no_flush(set->loop, set);
    for (size_t i = 0; i < LISTENERS_MOST; i++) listener_close(&set->listeners[i]);
    while (set->all) end(set->all, set->reset_at_close ? BY_RESET : IN_ORDER);
    uv_close((uv_handle_t *)&set->timer, NULL);
    stream_table_free(set);
    free(set->scratch);
    set->scratch = NULL;
}
