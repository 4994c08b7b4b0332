/* base/bytes.h: bounded reading and writing of bytes; the only way in which Dialtone touches a wire format.
 *
 * Reading  is sticky: the first read past the end records the fault (FAULT_SHORT, its offset, what was asked) and from
 *          then on every read yields 0 or an empty span, so that a decoder reads straight down the page and asks
 *          sound() once, at its end. Offsets in a fault count from the start of the bytes given to reader().
 * Writing  never leaves its buffer: what does not fit sets `full`, and from then on nothing is written.
 * Memory   Nothing is allocated. A `struct bytes` borrows what it points into.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

struct bytes {
    const uint8_t *at;
    size_t len;
};

enum fault_kind {
    FAULT_NONE,
    FAULT_SHORT,  /* the input ends before what its format promises */
    FAULT_LONG,   /* more than its format, or our bound, allows */
    FAULT_VALUE,  /* a value that the format does not have */
    FAULT_CHECK,  /* a checksum or digest does not match */
    FAULT_ORDER,  /* sound in itself, but not here or not now */
    FAULT_ABSENT, /* something that must be there is not */
};

/* What is wrong, at which byte. `what` is a constant string: a noun phrase, no full stop ("DHCP magic cookie"). */
struct fault {
    enum fault_kind kind;
    size_t at;
    const char *what;
};

struct reader {
    const uint8_t *start, *at, *end;
    struct fault *why;
    bool failed;
};

struct reader reader(struct bytes in, struct fault *why); /* *why becomes FAULT_NONE; `why` may not be NULL */
uint8_t read_u8(struct reader *);
uint16_t read_be16(struct reader *);
uint32_t read_be24(struct reader *);
uint32_t read_be32(struct reader *);
uint64_t read_be64(struct reader *);
uint16_t read_le16(struct reader *);
uint32_t read_le32(struct reader *);
struct bytes read_bytes(struct reader *, size_t n);
struct bytes read_rest(struct reader *);
struct bytes read_string(struct reader *);          /* up to a NUL, which must be there and is consumed, not included */
struct bytes read_field(struct reader *, size_t n); /* n bytes, cut at the first NUL if there is one */
struct reader read_part(struct reader *, size_t n); /* a reader of the next n bytes, with the same offsets and fault */
size_t unread(const struct reader *);               /* bytes left; 0 once failed */
size_t read_offset(const struct reader *);          /* bytes from the start */
void refuse(struct reader *, enum fault_kind, const char *what); /* the first fault stays; the reader is failed */
bool sound(const struct reader *);                               /* nothing was read past the end, nothing refused */

struct writer {
    uint8_t *start;
    size_t len, size;
    bool full;
};

struct writer writer(void *to, size_t size);
void write_u8(struct writer *, uint8_t);
void write_be16(struct writer *, uint16_t);
void write_be24(struct writer *, uint32_t);
void write_be32(struct writer *, uint32_t);
void write_be64(struct writer *, uint64_t);
void write_le16(struct writer *, uint16_t);
void write_le32(struct writer *, uint32_t);
void write_bytes(struct writer *, struct bytes);
void write_zeros(struct writer *, size_t n);
void write_text(struct writer *, const char *);            /* without its NUL */
void write_field(struct writer *, struct bytes, size_t n); /* cut or NUL-padded to n bytes */
void write_decimal(struct writer *, uint64_t);             /* as text */
void patch_u8(struct writer *, size_t at, uint8_t);        /* over what stands at `at`; ignored when not written yet */
void patch_be16(struct writer *, size_t at, uint16_t);
void patch_le32(struct writer *, size_t at, uint32_t);
struct bytes written(const struct writer *);
struct bytes written_from(const struct writer *, size_t at); /* what was written since the writer's len was `at` */

/* Spans and text. */
struct bytes bytes_of(const char *text); /* without the NUL; NULL gives an empty span */
bool bytes_equal(struct bytes, struct bytes);
static inline uint8_t ascii_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}
bool bytes_equal_nocase(struct bytes, struct bytes); /* ASCII letters only */
bool bytes_are(struct bytes, const char *text);
bool bytes_begin(struct bytes, const char *prefix);
bool bytes_end(struct bytes, const char *suffix);
struct bytes bytes_from(struct bytes, size_t at);              /* the rest from `at`; empty when past the end */
struct bytes bytes_trim(struct bytes);                         /* without white space at both ends */
bool bytes_number(struct bytes, uint64_t most, uint64_t *out); /* all of it decimal digits, 1 to 20, at most `most` */
struct bytes bytes_cut(struct bytes *rest,
                       uint8_t separator); /* what stands before the separator; moves *rest past it */
/* Copies text into a fixed field of `size` bytes, cut to size - 1 and always NUL-terminated. Returns what was kept. */
size_t text_copy(char *to, size_t size, struct bytes);
#endif
