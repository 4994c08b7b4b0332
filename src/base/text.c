#include "base/text.h"

enum { MALFORMED = 0xfffd };

/* RFC 3629, 4: how many bytes follow the first, and what the second may be. False: it begins no character. */
static bool begins(uint8_t first, size_t *more, uint8_t *least, uint8_t *most)
{
    *least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80; /* less is overlong */
    *most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;  /* more is a surrogate, or beyond U+10FFFF */
    *more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0x80 ? 1 : 0;
    return first < 0x80 || (first >= 0xc2 && first <= 0xf4);
}

/* The next character; *rest moves past it. */
static uint32_t next_character(struct bytes *rest)
{
    uint8_t first = rest->at[0], least, most;
    size_t more, i;

    *rest = bytes_from(*rest, 1);
    if (!begins(first, &more, &least, &most)) return MALFORMED;
    uint32_t c = more == 0 ? first : first & (0x3fu >> more);
    for (i = 0; i < more && i < rest->len && rest->at[i] >= least && rest->at[i] <= most; i++) {
        c = c << 6 | (rest->at[i] & 0x3fu);
        least = 0x80;
        most = 0xbf;
    }
    *rest = bytes_from(*rest, i);
    return i == more ? c : MALFORMED;
}

void text_to_latin1(struct writer *w, struct bytes utf8)
{
    while (utf8.len) {
        uint32_t c = next_character(&utf8);
        write_u8(w, c <= 0xff ? (uint8_t)c : '?');
    }
}

void text_from_latin1(struct writer *w, struct bytes latin1)
{
    for (size_t i = 0; i < latin1.len; i++) {
        uint8_t c = latin1.at[i];
        if (c < 0x80)
            write_u8(w, c);
        else
            write_be16(w, (uint16_t)((0xc0 | c >> 6) << 8 | (0x80 | (c & 0x3f))));
    }
}
