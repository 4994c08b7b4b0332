/* server/carve.h: divides one block of an owner's memory into tables. With `at` NULL it only adds up what they need.
 */
#ifndef SERVER_CARVE_H
#define SERVER_CARVE_H
#include "base/bytes.h"

struct carving {
    uint8_t *at;
    size_t used, size;
};

/* `n` things of `size` bytes, all zero, aligned for anything; NULL when there is no room, or `at` is NULL. */
void *carve(struct carving *, size_t size, size_t n);
/* The same, but as its owner gave it: for what is written before it is read, so that what nobody needs is never touched
 * and costs nothing where memory comes page by page. */
void *carve_untouched(struct carving *, size_t size, size_t n);
uint32_t buckets_for(uint32_t n); /* the least power of two that is not under n (1 at least) */
uint32_t hash_number(uint64_t);   /* mixes all its bits */
uint32_t hash_bytes(struct bytes);
#endif
