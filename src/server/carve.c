#include "server/carve.h"
#include <stdalign.h>
#include <string.h>

void *carve_untouched(struct carving *c, size_t size, size_t n)
{
    size_t align = alignof(max_align_t);
    size_t begin = (c->used + align - 1) / align * align;

    c->used = begin + size * n;
    if (!c->at || c->used > c->size) return NULL;
    return c->at + begin;
}

void *carve(struct carving *c, size_t size, size_t n)
{
    void *at = carve_untouched(c, size, n);

    return at ? memset(at, 0, size * n) : NULL;
}

uint32_t buckets_for(uint32_t n)
{
    uint32_t b = 1;

    while (b < n && b < 0x80000000u) b <<= 1;
    return b;
}

/* The finaliser of splitmix64: each bit of the number moves about half of those of the result. */
uint32_t hash_number(uint64_t v)
{
    v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9u;
    v = (v ^ v >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(v ^ v >> 31);
}

/* FNV-1a. */
uint32_t hash_bytes(struct bytes b)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < b.len; i++) h = (h ^ b.at[i]) * 0x100000001b3u;
    return hash_number(h);
}
