/* base/digest.h: SHA-256 (FIPS 180-4), the strong check of an image load and the name of its content.
 * Engines may not allocate, which OpenSSL's does: hence our own, checked against NIST's vectors. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H
#include "base/blocks.h"

enum { DIGEST_SIZE = 32 };

struct digest {
    uint8_t byte[DIGEST_SIZE];
};

struct digesting {
    uint32_t state[8];
    struct blocks blocks;
};

struct digesting digest_begin(void);
void digest_add(struct digesting *, struct bytes);
struct digest digest_end(struct digesting *);
struct digest digest_of(struct bytes);
bool digest_equal(const struct digest *, const struct digest *);
#endif
