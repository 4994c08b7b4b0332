/* base/text.h: text between UTF-8 (RFC 3629) and ISO 8859-1, which phones of before UTF-8 show.
 *
 * text_to_latin1   U+0000 to U+00FF become one byte, each other character one '?'. What is malformed (a byte that
 *                  begins nothing, a character that is cut short, overlong, a surrogate, beyond U+10FFFF) becomes one
 *                  '?' for each longest beginning of a character, as Unicode has it (3.9, "maximal subpart"). Never
 *                  more bytes than came.
 * text_from_latin1 the way back: bytes from 0x80 on become two. Any input is sound.
 * Both write to the writer from its len on; one character is written whole or not at all. Nothing is allocated.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H
#include "base/bytes.h"

void text_to_latin1(struct writer *, struct bytes utf8);
void text_from_latin1(struct writer *, struct bytes latin1);
#endif
