#include "base/random.h"

struct random random_from(uint64_t seed)
{
    return (struct random){.state = seed};
}

uint64_t random_u64(struct random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint32_t random_u32(struct random *r)
{
    return (uint32_t)(random_u64(r) >> 32);
}

uint32_t random_below(struct random *r, uint32_t n)
{
    return (uint32_t)((uint64_t)random_u32(r) * n >> 32);
}

usec random_about(struct random *r, usec middle, usec spread)
{
    usec low = middle > spread ? middle - spread : 0;
    usec width = middle + spread - low;

    return low + (width ? random_u64(r) % (width + 1) : 0);
}
