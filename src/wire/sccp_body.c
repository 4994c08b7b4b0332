#include "wire/sccp_body.h"
#include <string.h>

enum {
    LABEL_MARK = 0x80,
    LABEL_BYTES = 2
}; /* `80 nn`: phrase 100 + nn of the phone's dictionary, in the phone's own language */

/* Whether n bytes are there. When not, the rest of the body goes: what is cut off within a number is not a number, and
 * everything behind it is absent too. */
static bool there(struct walk *k, size_t n)
{
    if (unread(&k->from) >= n) return true;
    (void)read_rest(&k->from);
    return false;
}

void walk_u8(struct walk *k, uint8_t *v)
{
    if (k->to)
        write_u8(k->to, *v);
    else
        *v = there(k, 1) ? read_u8(&k->from) : 0;
}

void walk_le16(struct walk *k, uint16_t *v)
{
    if (k->to)
        write_le16(k->to, *v);
    else
        *v = there(k, 2) ? read_le16(&k->from) : 0;
}

void walk_le32(struct walk *k, uint32_t *v)
{
    if (k->to)
        write_le32(k->to, *v);
    else
        *v = there(k, 4) ? read_le32(&k->from) : 0;
}

void walk_count(struct walk *k, uint32_t *v, uint32_t most)
{
    if (*v > most) *v = most;
    walk_le32(k, v);
    if (*v > most) *v = most;
}

void walk_address(struct walk *k, ipv4 *v)
{
    if (k->to)
        write_be32(k->to, *v);
    else
        *v = there(k, 4) ? read_be32(&k->from) : 0;
}

void walk_skip(struct walk *k, size_t n)
{
    if (k->to)
        write_zeros(k->to, n);
    else if (there(k, n))
        (void)read_bytes(&k->from, n);
}

struct bytes text_within(struct bytes text, size_t most)
{
    const uint8_t *nul = text.len ? memchr(text.at, 0, text.len) : NULL;

    if (nul) text.len = (size_t)(nul - text.at);
    if (text.len > most) text.len = most;
    return text;
}

void walk_field(struct walk *k, struct bytes *text, size_t n)
{
    if (k->to) {
        write_field(k->to, text_within(*text, n), n);
    } else {
        size_t left = unread(&k->from);
        *text = read_field(&k->from, left < n ? left : n);
    }
}

void walk_string(struct walk *k, struct bytes *text, size_t most)
{
    if (k->to) {
        write_bytes(k->to, text_within(*text, most));
        write_u8(k->to, 0);
    } else {
        size_t left = unread(&k->from);
        bool ended = left > 0 && memchr(k->from.at, 0, left) != NULL;
        *text = ended ? read_string(&k->from) : read_rest(&k->from);
    }
}

void walk_bytes(struct walk *k, uint8_t *at, size_t n)
{
    if (k->to)
        write_bytes(k->to, (struct bytes){at, n});
    else if (there(k, n))
        memcpy(at, read_bytes(&k->from, n).at, n);
    else
        memset(at, 0, n);
}

void walk_data(struct walk *k, struct bytes *data, size_t n)
{
    if (k->to)
        write_bytes(k->to, (struct bytes){data->at, n});
    else
        *data = read_bytes(&k->from, unread(&k->from) < n ? unread(&k->from) : n);
}

void walk_padding(struct walk *k)
{
    if (k->to) write_zeros(k->to, (PAD - (k->to->len - k->begun) % PAD) % PAD);
}

static void split(uint8_t *label, struct bytes *text)
{
    bool marked = text->len >= LABEL_BYTES && text->at[0] == LABEL_MARK;

    *label = marked ? text->at[1] : 0;
    if (marked) *text = bytes_from(*text, LABEL_BYTES);
}

/* Writes the mark and its number if there is one; the bytes that it took. */
static size_t mark(struct walk *k, uint8_t label)
{
    if (label == 0) return 0;
    write_u8(k->to, LABEL_MARK);
    write_u8(k->to, label);
    return LABEL_BYTES;
}

void walk_label_field(struct walk *k, uint8_t *label, struct bytes *text, size_t n)
{
    if (k->to) n -= mark(k, *label);
    walk_field(k, text, n);
    if (!k->to) split(label, text);
}

void walk_label_string(struct walk *k, uint8_t *label, struct bytes *text, size_t most)
{
    if (k->to) most -= mark(k, *label);
    walk_string(k, text, most);
    if (!k->to) split(label, text);
}
