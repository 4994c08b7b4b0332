/* What leaves: messages wait for the loop's flush, and whatever the kernel does not take then until it does; whose
 * peer does not read for too long is reset. The buffer is there only while something waits.
 */
#include "net/stream_parts.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { TURN_MOST = 1 << 20 };

bool stream_send_waiting(struct stream *s, size_t limit)
{
    bool all = limit == s->unsent_len;

    while (s->unsent_at < limit) {
        ssize_t n = send(s->fd, s->unsent + s->unsent_at, limit - s->unsent_at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            s->unsent_at += (size_t)n;
        } else if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) {
            break;
        } else if (errno != EINTR) {
            stream_end_and_tell(s, stream_down_by(errno));
            return false;
        }
    }
    size_t left = s->unsent_len - s->unsent_at;
    if (all && left > STREAM_UNSENT_MOST && s->state != STREAM_LINGERING) {
        stream_end_and_tell(s, DOWN_SLOW);
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
        stream_end(s, s->set->reset_at_close ? STREAM_BY_RESET : STREAM_IN_ORDER);
        return false;
    }
    stream_listen_for(s, s->settled > 0 ? UV_READABLE | UV_WRITABLE : UV_READABLE);
    return true;
}

void streams_flush(void *context)
{
    struct streams *set = context;

    if (!set->dirty) return;
    uint32_t was = meter_at(set->loop->meter, set->service);
    while (set->dirty) {
        struct stream *s = set->dirty;
        stream_clean(set, s);
        s->settled = s->unsent_len;
        if (s->state != STREAM_CONNECTING) (void)stream_send_waiting(s, s->unsent_len);
    }
    (void)meter_at(set->loop->meter, was);
}

void stream_write(struct streams *set, uint32_t owner, uint32_t number, struct bytes message)
{
    struct stream *s = stream_find(set, owner, number);

    if (!s || message.len == 0) return;
    size_t len = s->unsent_len + message.len;
    if (len > TURN_MOST) { /* more in a turn than an engine puts: nobody reads there, and the owner does not heed it */
        stream_end_and_tell(s, DOWN_SLOW);
        return;
    }
    if (len > s->unsent_size) {
        size_t size = s->unsent_size ? s->unsent_size : 256;
        while (size < len) size *= 2;
        uint8_t *unsent = realloc(s->unsent, size);
        if (!unsent) {
            stream_end_and_tell(s, DOWN_RESET);
            return;
        }
        s->unsent = unsent;
        s->unsent_size = size;
    }
    memcpy(s->unsent + s->unsent_len, message.at, message.len);
    s->unsent_len = len;
    stream_soil(set, s);
}

void streams_discard(struct streams *set)
{
    while (set->dirty) {
        struct stream *s = set->dirty;
        stream_clean(set, s);
        s->unsent_len = s->settled;
        if (s->state == STREAM_LINGERING && s->unsent_len == 0) stream_end(s, STREAM_IN_ORDER);
    }
}
