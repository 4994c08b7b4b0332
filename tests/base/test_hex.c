#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/hex.h"

static void each_byte_is_a_digit_of_its_value_or_none(void **state)
{
    static const char upper[] = "ABCDEF";
    unsigned digits = 0;

    (void)state;
    for (unsigned c = 0; c <= UINT8_MAX; c++) {
        int value = hex_value((uint8_t)c);
        if (value < 0) continue;
        digits++;
        assert_true(value < 16);
        assert_true(HEX_DIGITS[value] == (char)c || (value >= 10 && upper[value - 10] == (char)c));
    }
    assert_int_equal(digits, 10 + 2 * 6);
    assert_int_equal(strlen(HEX_DIGITS), 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_byte_is_a_digit_of_its_value_or_none)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
