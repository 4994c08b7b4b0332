/* Frames as text, so that each TLV stands on a line of its own beside its meaning. */
#ifndef TESTS_WIRE_HEX_H
#define TESTS_WIRE_HEX_H
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"

/* The bytes of hex digits, of exactly their size on the heap: a sanitizer sees each read behind them. */
static inline struct bytes hex(const char *text)
{
    size_t n = strlen(text) / 2;
    uint8_t *to = malloc(n ? n : 1);

    for (size_t i = 0; i < n; i++) {
        char two[3] = {text[2 * i], text[2 * i + 1], 0};
        to[i] = (uint8_t)strtoul(two, NULL, 16);
    }
    return (struct bytes){to, n};
}

static inline void drop(struct bytes b)
{
    free((void *)(uintptr_t)b.at);
}
#endif
