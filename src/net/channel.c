#include "net/channel.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ROOM holds the largest message (STREAM_MESSAGE_MOST and a head) several times over. */
enum { ROOM = 256 * 1024, FIRST = 64 * 1024, READS = 8 };

struct head {
    struct channel_message message; /* `bytes.at` is not used: they follow */
};

static void end(struct channel *c)
{
    if (c->fd < 0) return;
    (void)uv_poll_stop(&c->poll);
    close(c->fd);
    c->fd = -1;
    c->hear(c->context, NULL);
}

static void on_ready(uv_poll_t *, int status, int events);

/* What waits goes as far as the socket takes it. */
static void send_waiting(struct channel *c)
{
    size_t sent = 0;

    while (c->fd >= 0 && sent < c->out_len) {
        ssize_t n = send(c->fd, c->out + sent, c->out_len - sent, MSG_NOSIGNAL | (c->patient ? 0 : MSG_DONTWAIT));
        if (n > 0) {
            sent += (size_t)n;
            continue;
        }
        if (errno == EINTR) continue;
        if (errno == EAGAIN) break;
        end(c);
        return;
    }
    if (c->fd < 0) return;
    if (sent > 0) memmove(c->out, c->out + sent, c->out_len - sent);
    c->out_len -= sent;
    (void)uv_poll_start(&c->poll, c->out_len ? UV_READABLE | UV_WRITABLE : UV_READABLE, on_ready);
}

static void flush(void *context)
{
    struct channel *c = context;

    if (c->out_len > 0) send_waiting(c);
}

static void hear_all(struct channel *c)
{
    size_t at = 0;
    struct head head;

    while (c->fd >= 0 && c->in_len - at >= sizeof head) {
        memcpy(&head, c->in + at, sizeof head);
        if (c->in_len - at - sizeof head < head.message.bytes.len) break;
        head.message.bytes.at = c->in + at + sizeof head;
        at += sizeof head + head.message.bytes.len;
        c->hear(c->context, &head.message);
    }
    memmove(c->in, c->in + at, c->in_len - at);
    c->in_len -= at;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct channel *c = poll->data;

    (void)status;
    if (events & UV_WRITABLE) send_waiting(c);
    for (int i = 0; i < READS && c->fd >= 0 && !loop_busy(c->loop); i++) {
        ssize_t n = recv(c->fd, c->in + c->in_len, ROOM - c->in_len, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) {
            end(c);
            return;
        }
        c->in_len += (size_t)n;
        hear_all(c);
    }
}

int channel_open(struct channel *c, struct loop *loop, int fd, bool patient, channel_fn *hear, void *context,
                 struct net_error *why)
{
    int size = 1 << 20;

    *c = (struct channel){.loop = loop, .fd = fd, .patient = patient, .hear = hear, .context = context};
    c->in = malloc(ROOM);
    if (!c->in) return net_fail(why, -ENOMEM, "channel: no memory");
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size); /* as much as the kernel allows */
    int error = uv_poll_init(&loop->uv, &c->poll, fd);
    c->poll.data = c;
    if (!error) error = uv_poll_start(&c->poll, UV_READABLE, on_ready);
    if (!error) error = loop_on_flush(loop, flush, c);
    return error ? net_fail(why, error, "channel") : 0;
}

void channel_put(struct channel *c, const struct channel_message *m)
{
    struct head head = {*m};
    size_t whole = sizeof head + m->bytes.len, size = c->out_size ? c->out_size : FIRST;

    if (c->fd < 0) return;
    while (size < c->out_len + whole) size *= 2;
    if (size > c->out_size) {
        uint8_t *more = realloc(c->out, size);
        if (!more) { /* a message that is missing would leave both ends at odds */
            end(c);
            return;
        }
        c->out = more;
        c->out_size = size;
    }
    memcpy(c->out + c->out_len, &head, sizeof head);
    if (m->bytes.len) memcpy(c->out + c->out_len + sizeof head, m->bytes.at, m->bytes.len);
    c->out_len += whole;
    if (c->patient && c->out_len >= FIRST) send_waiting(c);
}

void channel_free(struct channel *c)
{
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
    free(c->in);
    free(c->out);
    c->in = c->out = NULL;
}
