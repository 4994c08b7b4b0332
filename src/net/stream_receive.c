/* What comes: bytes, of which the stream's framing function makes messages. A read goes into memory that all streams
 * share, behind what came of a message that was not whole yet: a stream that waits for nothing keeps no buffer.
 */
#include "net/stream_parts.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

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
            stream_end_and_tell(s, DOWN_MALFORMED);
            return false;
        }
        stream_tell(s, (struct event){.kind = EVENT_DATA, .from = s->from, .to = s->to, .bytes = {at, n}});
        if (s->state != STREAM_UP) return false; /* the receiver closed it */
        at += n;
        len -= n;
    }
    if (keep_part(s, at, len)) return true;
    stream_end_and_tell(s, DOWN_RESET);
    return false;
}

void stream_receive(struct stream *s)
{
    struct streams *set = s->set;

    /* The bytes that wait are copied in front of what comes; a part is never longer than a message. */
    if (s->part_len) memcpy(set->scratch, s->part, s->part_len);
    ssize_t n = recv(s->fd, set->scratch + s->part_len, STREAM_SCRATCH - s->part_len, MSG_DONTWAIT);
    if (n > 0)
        (void)take_messages(s, s->part_len + (size_t)n);
    else if (n == 0)
        stream_end_and_tell(s, DOWN_CLOSED);
    else if (errno != EAGAIN && errno != EINTR)
        stream_end_and_tell(s, stream_down_by(errno));
}

void stream_receive_in_vain(struct stream *s)
{
    ssize_t n = recv(s->fd, s->set->scratch, STREAM_SCRATCH, MSG_DONTWAIT);

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) stream_end(s, STREAM_BY_RESET);
}
