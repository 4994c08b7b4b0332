/* What every cmocka test of this room includes, in the order that cmocka wants. */
#ifndef TESTS_PROVISION_HARNESS_H
#define TESTS_PROVISION_HARNESS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/bytes.h"

#define TEXT(s) ((struct bytes){(const uint8_t *)(s), sizeof(s) - 1}) /* a literal, with the NULs inside it */

static inline void assert_text(struct bytes b, const char *text)
{
    assert_int_equal(b.len, strlen(text));
    assert_memory_equal(b.at, text, b.len);
}
#endif
