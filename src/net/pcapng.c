#include "net/pcapng.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* draft-ietf-opsawg-pcapng: block types (section 4), LINKTYPE_ETHERNET, option codes. */
enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, ENHANCED = 6, BYTE_ORDER_MAGIC = 0x1a2b3c4d, ETHERNET = 1 };
enum { OPTION_END = 0, INTERFACE_NAME = 2, SECTION_WRITER = 4 };
enum { BUFFER = 65536, FRAME_MOST = 65535, NAME_MOST = 200, BLOCK_MOST = FRAME_MOST + 64 };

static size_t padding(size_t n)
{
    return (4 - n % 4) % 4;
}

int pcapng_flush(struct pcapng *p)
{
    size_t at = 0;

    while (p->error == 0 && at < p->buffer.len) {
        ssize_t n = write(p->fd, p->buffer.start + at, p->buffer.len - at);
        if (n >= 0)
            at += (size_t)n;
        else if (errno != EINTR)
            p->error = -errno;
    }
    p->buffer.len = 0;
    return p->error;
}

/* A block: type, total length, body, total length again (section 3.1). Begins one, with room made for `body` bytes. */
static struct writer *block(struct pcapng *p, uint32_t type, size_t body)
{
    if (p->buffer.len + body + 12 > BUFFER) (void)pcapng_flush(p);
    write_le32(&p->buffer, type);
    write_le32(&p->buffer, (uint32_t)(body + 12));
    return &p->buffer;
}

static void option(struct writer *w, uint16_t code, struct bytes text)
{
    write_le16(w, code);
    write_le16(w, (uint16_t)text.len);
    write_bytes(w, text);
    write_zeros(w, padding(text.len));
}

int pcapng_open(struct pcapng *p, int fd, usec epoch)
{
    static const char application[] = "dialtone " DIALTONE_VERSION;
    struct bytes us = bytes_of(application);
    size_t body = 16 + 4 + us.len + padding(us.len) + 4;
    uint8_t *memory = malloc(BUFFER + BLOCK_MOST); /* a block of the largest frame fits behind a full buffer's worth */

    *p = (struct pcapng){.fd = fd, .epoch = epoch};
    if (!memory) return p->error = -ENOMEM;
    p->buffer = writer(memory, BUFFER + BLOCK_MOST);
    struct writer *w = block(p, SECTION, body);
    write_le32(w, BYTE_ORDER_MAGIC);
    write_le16(w, 1); /* version 1.0 */
    write_le16(w, 0);
    write_le32(w, UINT32_MAX); /* section length: not known, 64 bits of ones */
    write_le32(w, UINT32_MAX);
    option(w, SECTION_WRITER, us);
    write_le32(w, OPTION_END);
    write_le32(w, (uint32_t)(body + 12));
    return 0;
}

int pcapng_interface(struct pcapng *p, const char *name, uint32_t *number)
{
    struct bytes text = bytes_of(name);

    if (p->error) return p->error;
    if (text.len > NAME_MOST) text.len = NAME_MOST;
    size_t body = 8 + 4 + text.len + padding(text.len) + 4;
    struct writer *w = block(p, INTERFACE, body);
    write_le16(w, ETHERNET);
    write_le16(w, 0);
    write_le32(w, 0); /* no limit of captured length */
    option(w, INTERFACE_NAME, text);
    write_le32(w, OPTION_END); /* no if_tsresol: microseconds are the default */
    write_le32(w, (uint32_t)(body + 12));
    *number = p->interfaces++;
    return p->error;
}

int pcapng_frame(struct pcapng *p, uint32_t interface, usec now, struct bytes frame)
{
    usec at = p->epoch + now;
    struct bytes kept = frame;

    if (p->error) return p->error;
    if (interface >= p->interfaces) return -EINVAL;
    if (kept.len > FRAME_MOST) kept.len = FRAME_MOST;
    size_t body = 20 + kept.len + padding(kept.len);
    struct writer *w = block(p, ENHANCED, body);
    write_le32(w, interface);
    write_le32(w, (uint32_t)(at >> 32));
    write_le32(w, (uint32_t)at);
    write_le32(w, (uint32_t)kept.len);
    write_le32(w, (uint32_t)frame.len);
    write_bytes(w, kept);
    write_zeros(w, padding(kept.len));
    write_le32(w, (uint32_t)(body + 12));
    p->frames++;
    return p->error;
}

int pcapng_close(struct pcapng *p)
{
    int error = p->buffer.start ? pcapng_flush(p) : p->error;

    free(p->buffer.start);
    p->buffer = (struct writer){0};
    if (!p->error) p->error = -EBADF; /* for whoever writes on */
    return error;
}
