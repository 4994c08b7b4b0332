#include "base/md5.h"
#include "base/hex.h"
#include <string.h>

/* RFC 1321, 3.4: the integer part of 2^32 times abs(sin(i)), i in radians from 1 to 64. */
static const uint32_t T[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static const uint8_t SHIFT[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static uint32_t rotate_left(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

static void md5_block(uint32_t *state, const uint8_t *block)
{
    uint32_t x[16], a = state[0], b = state[1], c = state[2], d = state[3];

    for (size_t i = 0; i < 16; i++) {
        const uint8_t *p = block + 4 * i;
        x[i] = (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
    }
    for (uint32_t i = 0; i < 64; i++) { /* the functions F, G, H, I of the four rounds, and the order of their words */
        static const uint8_t factor[4] = {1, 5, 3, 7}, offset[4] = {0, 1, 5, 0};
        uint32_t round = i / 16, f = round == 0   ? (b & c) | (~b & d)
                                     : round == 1 ? (b & d) | (c & ~d)
                                     : round == 2 ? b ^ c ^ d
                                                  : c ^ (b | ~d);
        uint32_t sum = a + f + x[(factor[round] * i + offset[round]) % 16] + T[i];
        a = d, d = c, c = b;
        b += rotate_left(sum, SHIFT[round][i % 4]);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
}

struct md5_counting md5_begin(void)
{
    return (struct md5_counting){.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}};
}

void md5_add(struct md5_counting *m, struct bytes b)
{
    blocks_add(&m->blocks, b, md5_block, m->state);
}

struct md5 md5_end(struct md5_counting *m)
{
    uint64_t bits = blocks_bits(&m->blocks);
    uint8_t length[BLOCK_LENGTH];
    struct md5 out;

    for (size_t i = 0; i < BLOCK_LENGTH; i++) length[i] = (uint8_t)(bits >> (8 * i));
    blocks_end(&m->blocks, length, md5_block, m->state);
    for (size_t i = 0; i < MD5_SIZE; i++) out.byte[i] = (uint8_t)(m->state[i / 4] >> (8 * (i % 4)));
    return out;
}

bool md5_equal(const struct md5 *a, const struct md5 *b)
{
    return memcmp(a->byte, b->byte, MD5_SIZE) == 0;
}

bool md5_parse(struct bytes text, struct md5 *out)
{
    struct md5 m;

    if (text.len != 2 * (size_t)MD5_SIZE) return false;
    for (size_t i = 0; i < MD5_SIZE; i++) {
        int high = hex_value(text.at[2 * i]), low = hex_value(text.at[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        m.byte[i] = (uint8_t)(high << 4 | low);
    }
    *out = m;
    return true;
}

const char *md5_text(char to[MD5_TEXT], const struct md5 *m)
{
    for (size_t i = 0; i < MD5_SIZE; i++) {
        to[2 * i] = HEX_DIGITS[m->byte[i] >> 4];
        to[2 * i + 1] = HEX_DIGITS[m->byte[i] & 15];
    }
    to[2 * MD5_SIZE] = '\0';
    return to;
}
