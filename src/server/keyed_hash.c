#include "server/keyed_hash.h"

static uint64_t turned(uint64_t v, unsigned bits)
{
    return v << bits | v >> (64 - bits);
}

static void round_of(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = turned(v[1], 13) ^ v[0];
    v[0] = turned(v[0], 32);
    v[2] += v[3];
    v[3] = turned(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = turned(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = turned(v[1], 17) ^ v[2];
    v[2] = turned(v[2], 32);
}

uint64_t keyed_hash(const uint64_t key[2], struct bytes b)
{
    /* The constants spell "somepseudorandomlygeneratedbytes" (section 2.1 of the paper). */
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
                     key[1] ^ 0x7465646279746573u};
    uint64_t word = 0;

    for (size_t i = 0; i < b.len; i++) {
        word |= (uint64_t)b.at[i] << 8 * (i % 8);
        if (i % 8 < 7) continue;
        v[3] ^= word;
        round_of(v);
        v[0] ^= word;
        word = 0;
    }
    word |= (uint64_t)b.len << 56;
    v[3] ^= word;
    round_of(v);
    v[0] ^= word;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++) round_of(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
