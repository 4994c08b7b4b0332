/* base/random.h: a small seeded generator (splitmix64), so that a run can be repeated. Not for secrets. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H
#include "base/engine.h"

struct random {
    uint64_t state;
};

struct random random_from(uint64_t seed);
uint64_t random_u64(struct random *);
uint32_t random_u32(struct random *);
uint32_t random_below(struct random *, uint32_t n);           /* 0 to n - 1; 0 when n is 0 */
usec random_about(struct random *, usec middle, usec spread); /* middle ± spread, never below 0 */
#endif
