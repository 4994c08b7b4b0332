/* base/hex.h: hexadecimal digits, one at a time.
 *
 * HEX_DIGITS  by value, in lower case, as a text.
 * hex_value   of a digit of either case; any other byte: -1.
 */
#ifndef BASE_HEX_H
#define BASE_HEX_H
#include <stdint.h>

extern const char HEX_DIGITS[17];
int hex_value(uint8_t c);
#endif
