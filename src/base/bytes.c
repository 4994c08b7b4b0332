#include "base/bytes.h"
#include <string.h>

struct reader reader(struct bytes in, struct fault *why)
{
    static const uint8_t nothing[1];
    const uint8_t *at = in.at ? in.at : nothing;

    *why = (struct fault){.kind = FAULT_NONE};
    return (struct reader){.start = at, .at = at, .end = at + (in.at ? in.len : 0), .why = why};
}

size_t unread(const struct reader *r)
{
    return r->failed || r->why->kind != FAULT_NONE ? 0
                                                   : (size_t)(r->end - r->at); /* 0 ends every loop over what is left */
}

size_t read_offset(const struct reader *r)
{
    return (size_t)(r->at - r->start);
}

void refuse(struct reader *r, enum fault_kind kind, const char *what)
{
    if (r->why->kind == FAULT_NONE) *r->why = (struct fault){.kind = kind, .at = read_offset(r), .what = what};
    r->failed = true;
}

bool sound(const struct reader *r)
{
    return !r->failed && r->why->kind == FAULT_NONE;
}

/* The next n bytes, or NULL with the fault recorded. Everything else reads through this. */
static const uint8_t *take(struct reader *r, size_t n)
{
    const uint8_t *at = r->at;

    if (r->failed || r->why->kind != FAULT_NONE) return NULL;
    if ((size_t)(r->end - r->at) < n) {
        refuse(r, FAULT_SHORT, "ends too early");
        return NULL;
    }
    r->at += n;
    return at;
}

/* Each width is written out: a loop over the bytes costs several times as much, and these are most of what a codec
 * does. */
static uint32_t big16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t big32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint8_t read_u8(struct reader *r)
{
    const uint8_t *p = take(r, 1);
    return p ? p[0] : 0;
}

uint16_t read_be16(struct reader *r)
{
    const uint8_t *p = take(r, 2);
    return (uint16_t)(p ? big16(p) : 0);
}

uint32_t read_be24(struct reader *r)
{
    const uint8_t *p = take(r, 3);
    return p ? (uint32_t)p[0] << 16 | big16(p + 1) : 0;
}

uint32_t read_be32(struct reader *r)
{
    const uint8_t *p = take(r, 4);
    return p ? big32(p) : 0;
}

uint64_t read_be64(struct reader *r)
{
    const uint8_t *p = take(r, 8);
    return p ? (uint64_t)big32(p) << 32 | big32(p + 4) : 0;
}

uint16_t read_le16(struct reader *r)
{
    const uint8_t *p = take(r, 2);
    return (uint16_t)(p ? p[0] | p[1] << 8 : 0);
}

uint32_t read_le32(struct reader *r)
{
    const uint8_t *p = take(r, 4);
    return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0;
}

struct bytes read_bytes(struct reader *r, size_t n)
{
    const uint8_t *p = take(r, n);
    return p ? (struct bytes){p, n} : (struct bytes){r->at, 0};
}

struct bytes read_rest(struct reader *r)
{
    return read_bytes(r, unread(r));
}

struct bytes read_string(struct reader *r)
{
    size_t n = unread(r);
    const uint8_t *nul = n ? memchr(r->at, 0, n) : NULL;

    if (!nul) {
        refuse(r, FAULT_SHORT, "string without its NUL");
        return (struct bytes){r->at, 0};
    }
    struct bytes s = read_bytes(r, (size_t)(nul - r->at));
    (void)read_u8(r);
    return s;
}

struct bytes read_field(struct reader *r, size_t n)
{
    struct bytes s = read_bytes(r, n);
    const uint8_t *nul = s.len ? memchr(s.at, 0, s.len) : NULL;

    if (nul) s.len = (size_t)(nul - s.at);
    return s;
}

struct reader read_part(struct reader *r, size_t n)
{
    struct reader part = *r;
    const uint8_t *p = take(r, n);

    part.at = p ? p : r->at;
    part.end = p ? p + n : r->at;
    part.failed = p == NULL;
    return part;
}

struct writer writer(void *to, size_t size)
{
    return (struct writer){.start = to, .size = size};
}

/* Room for n more bytes, or NULL with `full` set. Everything else writes through this. */
static uint8_t *room(struct writer *w, size_t n)
{
    uint8_t *at = w->start + w->len;

    if (w->full || w->size - w->len < n) {
        w->full = true;
        return NULL;
    }
    w->len += n;
    return at;
}

static void put_big16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put_big32(uint8_t *p, uint32_t v)
{
    put_big16(p, v >> 16);
    put_big16(p + 2, v);
}

void write_u8(struct writer *w, uint8_t v)
{
    uint8_t *p = room(w, 1);

    if (p) p[0] = v;
}

void write_be16(struct writer *w, uint16_t v)
{
    uint8_t *p = room(w, 2);

    if (p) put_big16(p, v);
}

void write_be24(struct writer *w, uint32_t v)
{
    uint8_t *p = room(w, 3);

    if (!p) return;
    p[0] = (uint8_t)(v >> 16);
    put_big16(p + 1, v);
}

void write_be32(struct writer *w, uint32_t v)
{
    uint8_t *p = room(w, 4);

    if (p) put_big32(p, v);
}

void write_be64(struct writer *w, uint64_t v)
{
    uint8_t *p = room(w, 8);

    if (!p) return;
    put_big32(p, (uint32_t)(v >> 32));
    put_big32(p + 4, (uint32_t)v);
}

static void little(uint8_t *p, uint32_t v, size_t n)
{
    for (size_t i = 0; p && i < n; i++, v >>= 8) p[i] = (uint8_t)v;
}

void write_le16(struct writer *w, uint16_t v)
{
    little(room(w, 2), v, 2);
}

void write_le32(struct writer *w, uint32_t v)
{
    little(room(w, 4), v, 4);
}

void write_bytes(struct writer *w, struct bytes b)
{
    uint8_t *p = room(w, b.len);

    if (p && b.len) memcpy(p, b.at, b.len);
}

void write_zeros(struct writer *w, size_t n)
{
    uint8_t *p = room(w, n);

    if (p && n) memset(p, 0, n);
}

void write_text(struct writer *w, const char *text)
{
    write_bytes(w, bytes_of(text));
}

void write_field(struct writer *w, struct bytes b, size_t n)
{
    if (b.len > n) b.len = n;
    write_bytes(w, b);
    write_zeros(w, n - b.len);
}

void write_decimal(struct writer *w, uint64_t v)
{
    uint8_t digits[20];
    size_t at = sizeof digits;

    do digits[--at] = (uint8_t)('0' + v % 10);
    while ((v /= 10) != 0);
    write_bytes(w, (struct bytes){digits + at, sizeof digits - at});
}

void patch_u8(struct writer *w, size_t at, uint8_t v)
{
    if (at < w->len) w->start[at] = v;
}

void patch_be16(struct writer *w, size_t at, uint16_t v)
{
    if (w->len < 2 || at > w->len - 2) return;
    w->start[at] = (uint8_t)(v >> 8);
    w->start[at + 1] = (uint8_t)v;
}

void patch_le32(struct writer *w, size_t at, uint32_t v)
{
    if (w->len < 4 || at > w->len - 4) return;
    little(w->start + at, v, 4);
}

struct bytes written(const struct writer *w)
{
    return (struct bytes){w->start, w->len};
}

struct bytes written_from(const struct writer *w, size_t at)
{
    return bytes_from(written(w), at);
}

struct bytes bytes_of(const char *text)
{
    return (struct bytes){(const uint8_t *)text, text ? strlen(text) : 0};
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool bytes_equal_nocase(struct bytes a, struct bytes b)
{
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++)
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i])) return false;
    return true;
}

bool bytes_are(struct bytes b, const char *text)
{
    return bytes_equal(b, bytes_of(text));
}

bool bytes_begin(struct bytes b, const char *prefix)
{
    struct bytes p = bytes_of(prefix);

    return b.len >= p.len && bytes_equal((struct bytes){b.at, p.len}, p);
}

bool bytes_end(struct bytes b, const char *suffix)
{
    struct bytes s = bytes_of(suffix);

    return b.len >= s.len && bytes_equal((struct bytes){b.at + (b.len - s.len), s.len}, s);
}

struct bytes bytes_from(struct bytes b, size_t at)
{
    if (at > b.len) at = b.len;
    return (struct bytes){b.at ? b.at + at : b.at, b.len - at};
}

static bool white(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct bytes bytes_trim(struct bytes b)
{
    while (b.len && white(b.at[0])) b = bytes_from(b, 1);
    while (b.len && white(b.at[b.len - 1])) b.len--;
    return b;
}

bool bytes_number(struct bytes b, uint64_t most, uint64_t *out)
{
    uint64_t v = 0;

    if (b.len == 0 || b.len > 20) return false;
    for (size_t i = 0; i < b.len; i++) {
        unsigned digit = (unsigned)b.at[i] - '0';
        if (digit > 9 || v > (UINT64_MAX - digit) / 10) return false;
        v = v * 10 + digit;
    }
    if (v > most) return false;
    *out = v;
    return true;
}

struct bytes bytes_cut(struct bytes *rest, uint8_t separator)
{
    const uint8_t *at = rest->len ? memchr(rest->at, separator, rest->len) : NULL;
    struct bytes before = {rest->at, at ? (size_t)(at - rest->at) : rest->len};

    *rest = bytes_from(*rest, before.len + (at != NULL));
    return before;
}

size_t text_copy(char *to, size_t size, struct bytes b)
{
    if (size == 0) return 0;
    if (b.len > size - 1) b.len = size - 1;
    if (b.len) memcpy(to, b.at, b.len);
    memset(to + b.len, 0, size - b.len);
    return b.len;
}
