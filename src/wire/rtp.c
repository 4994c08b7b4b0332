#include "wire/rtp.h"

enum { VERSION = 2, PADDED = 0x20, EXTENDED = 0x10, MARKER = 0x80 };

static void without_padding(struct reader *r, struct rtp *out)
{
    size_t n = out->payload.len;
    uint8_t padding = n ? out->payload.at[n - 1] : 0; /* the last byte counts itself */

    if (padding == 0 || padding > n)
        refuse(r, FAULT_VALUE, "RTP padding");
    else
        out->payload.len -= padding;
}

bool rtp_decode(struct rtp *out, struct bytes in, struct fault *why)
{
    struct reader r = reader(in, why);
    uint8_t first = read_u8(&r), second = read_u8(&r);

    *out = (struct rtp){.marker = second & MARKER, .type = second & 0x7f, .sources = first & 0x0f};
    if (sound(&r) && first >> 6 != VERSION) refuse(&r, FAULT_VALUE, "RTP version");
    out->sequence = read_be16(&r);
    out->timestamp = read_be32(&r);
    out->ssrc = read_be32(&r);
    (void)read_bytes(&r, (size_t)out->sources * 4);
    if (first & EXTENDED) {
        (void)read_be16(&r); /* defined by profile */
        (void)read_bytes(&r, (size_t)read_be16(&r) * 4);
    }
    out->payload = read_rest(&r);
    if (sound(&r) && first & PADDED) without_padding(&r, out);
    if (!sound(&r)) out->payload = (struct bytes){0};
    return sound(&r);
}

void rtp_begin(struct writer *w, const struct rtp *p)
{
    write_u8(w, VERSION << 6);
    write_u8(w, (uint8_t)((p->marker ? MARKER : 0) | (p->type & 0x7f)));
    write_be16(w, p->sequence);
    write_be32(w, p->timestamp);
    write_be32(w, p->ssrc);
}

void rtp_encode(struct writer *w, const struct rtp *p)
{
    rtp_begin(w, p);
    write_bytes(w, p->payload);
}
