/* base/blocks.h: the frame that MD5 (RFC 1321, 3.1 to 3.4) and SHA-256 (FIPS 180-4, 5.1.1) share: bytes come in
 * pieces of any size, and go on in blocks of 64; after the last one a bit of 1, zeros, and how many bits there were.
 *
 * Takes   the function that mixes a block into the state. A whole block of a piece goes there from where it is,
 *         uncopied.
 * Memory  struct blocks; zeroed it is empty. It may be copied at any time, to know the digest until now.
 * Here, in the header, because a function that is known while it is compiled costs no call.
 */
#ifndef BASE_BLOCKS_H
#define BASE_BLOCKS_H
#include "base/bytes.h"
#include <string.h>

enum { BLOCK_SIZE = 64, BLOCK_LENGTH = 8 /* of the count of bits at the end of the last block */ };

struct blocks {
    uint64_t total; /* bytes */
    uint8_t block[BLOCK_SIZE];
};

typedef void block_fn(uint32_t *state, const uint8_t *block);

static inline void blocks_add(struct blocks *s, struct bytes b, block_fn *mix, uint32_t *state)
{
    while (b.len) {
        size_t used = (size_t)(s->total % BLOCK_SIZE), n = BLOCK_SIZE - used < b.len ? BLOCK_SIZE - used : b.len;
        s->total += n;
        if (n == BLOCK_SIZE) {
            mix(state, b.at);
        } else {
            memcpy(s->block + used, b.at, n);
            if (used + n == BLOCK_SIZE) mix(state, s->block);
        }
        b = bytes_from(b, n);
    }
}

/* `length`: the bits of `total` in the order of bytes that the digest wants; see blocks_bits. */
static inline void blocks_end(struct blocks *s, const uint8_t length[BLOCK_LENGTH], block_fn *mix, uint32_t *state)
{
    static const uint8_t pad[BLOCK_SIZE] = {0x80};
    size_t used = (size_t)(s->total % BLOCK_SIZE), room = BLOCK_SIZE - BLOCK_LENGTH;

    blocks_add(s, (struct bytes){pad, used < room ? room - used : room + BLOCK_SIZE - used}, mix, state);
    blocks_add(s, (struct bytes){length, BLOCK_LENGTH}, mix, state);
}

static inline uint64_t blocks_bits(const struct blocks *s)
{
    return s->total * 8;
}
#endif
