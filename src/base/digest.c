#include "base/digest.h"
#include <string.h>

/* FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t v, unsigned n)
{
    return v >> n | v << (32 - n);
}

/* FIPS 180-4, 6.2.2, 3: what becomes of d and h; the other six only change their names. */
static inline void round_of(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f, uint32_t g,
                            uint32_t *h, uint32_t kw)
{
    uint32_t t1 = *h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + kw;
    uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));

    *d += t1;
    *h = t1 + t2;
}

static void digest_block(uint32_t *state, const uint8_t *block)
{
    uint32_t w[64];

    for (size_t i = 0; i < 16; i++) {
        const uint8_t *p = block + 4 * i;
        w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
    for (size_t i = 16; i < 64; i++) {
        uint32_t near = w[i - 2], far = w[i - 15];
        w[i] = w[i - 16] + (rotate(far, 7) ^ rotate(far, 18) ^ far >> 3) + w[i - 7] +
               (rotate(near, 17) ^ rotate(near, 19) ^ near >> 10);
    }
    /* The eight working variables of FIPS 180-4, 6.2.2, under its names: in registers. */
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6],
             h = state[7];
    /* Eight rounds at once, after which each variable is in its place again: no round moves them. */
    for (size_t i = 0; i < 64; i += 8) {
        round_of(a, b, c, &d, e, f, g, &h, K[i] + w[i]);
        round_of(h, a, b, &c, d, e, f, &g, K[i + 1] + w[i + 1]);
        round_of(g, h, a, &b, c, d, e, &f, K[i + 2] + w[i + 2]);
        round_of(f, g, h, &a, b, c, d, &e, K[i + 3] + w[i + 3]);
        round_of(e, f, g, &h, a, b, c, &d, K[i + 4] + w[i + 4]);
        round_of(d, e, f, &g, h, a, b, &c, K[i + 5] + w[i + 5]);
        round_of(c, d, e, &f, g, h, a, &b, K[i + 6] + w[i + 6]);
        round_of(b, c, d, &e, f, g, h, &a, K[i + 7] + w[i + 7]);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

struct digesting digest_begin(void)
{
    return (struct digesting){
        .state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void digest_add(struct digesting *d, struct bytes b)
{
    blocks_add(&d->blocks, b, digest_block, d->state);
}

struct digest digest_end(struct digesting *d)
{
    uint64_t bits = blocks_bits(&d->blocks);
    uint8_t length[BLOCK_LENGTH];
    struct digest out;

    for (size_t i = 0; i < BLOCK_LENGTH; i++) length[i] = (uint8_t)(bits >> (56 - 8 * i));
    blocks_end(&d->blocks, length, digest_block, d->state);
    for (size_t i = 0; i < DIGEST_SIZE; i++) out.byte[i] = (uint8_t)(d->state[i / 4] >> (24 - 8 * (i % 4)));
    return out;
}

struct digest digest_of(struct bytes b)
{
    struct digesting d = digest_begin();

    digest_add(&d, b);
    return digest_end(&d);
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->byte, b->byte, DIGEST_SIZE) == 0;
}
