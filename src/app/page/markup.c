#include "app/page/markup.h"
#include <stdbool.h>

/* Bytes of the character that begins here; 0: these are not UTF-8 (RFC 3629, section 4: no long forms, no
 * surrogates). */
static size_t character(const unsigned char *c)
{
    size_t n = c[0] < 0x80                   ? 1
               : c[0] >= 0xc2 && c[0] < 0xe0 ? 2
               : (c[0] & 0xf0) == 0xe0       ? 3
               : (c[0] & 0xf8) == 0xf0       ? 4
                                             : 0;

    for (size_t i = 1; i < n; i++)
        if ((c[i] & 0xc0) != 0x80) return 0;
    if (n == 3 && ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] >= 0xa0))) return 0;
    if (n == 4 && ((c[0] == 0xf0 && c[1] < 0x90) || c[0] > 0xf4 || (c[0] == 0xf4 && c[1] >= 0x90))) return 0;
    return n;
}

/* Puts one character; gives its bytes. */
static size_t put_character(FILE *to, const char *text)
{
    size_t n = character((const unsigned char *)text);

    switch (*text) {
    case '&': (void)fputs("&amp;", to); break;
    case '<': (void)fputs("&lt;", to); break;
    case '>': (void)fputs("&gt;", to); break;
    case '"': (void)fputs("&quot;", to); break;
    case '\'': (void)fputs("&#39;", to); break;
    default:
        if (n == 0 || (unsigned char)*text < 0x20 || *text == 0x7f)
            (void)fputs("\xef\xbf\xbd", to); /* U+FFFD */
        else
            (void)fwrite(text, 1, n, to);
    }
    return n ? n : 1;
}

void markup_text(FILE *to, const char *text)
{
    while (*text) text += put_character(to, text);
}

const char *grouped_text(char to[NUMBER_TEXT], uint64_t n)
{
    char digits[NUMBER_TEXT];
    size_t count = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), at = 0;

    for (size_t i = 0; i < count; i++) {
        if (i && (count - i) % 3 == 0) to[at++] = ',';
        to[at++] = digits[i];
    }
    to[at] = '\0';
    return to;
}

const char *took_text(char to[NUMBER_TEXT], double ms)
{
    uint64_t s = (uint64_t)(ms / 1000 + 0.5);

    if (ms < 10)
        (void)snprintf(to, NUMBER_TEXT, "%.2f ms", ms);
    else if (ms < 100)
        (void)snprintf(to, NUMBER_TEXT, "%.1f ms", ms);
    else if (ms < 999.5)
        (void)snprintf(to, NUMBER_TEXT, "%.0f ms", ms);
    else if (ms < 99995)
        (void)snprintf(to, NUMBER_TEXT, ms < 9995 ? "%.2f s" : "%.1f s", ms / 1000);
    else
        (void)snprintf(to, NUMBER_TEXT, "%llu min %llu s", (unsigned long long)(s / 60), (unsigned long long)(s % 60));
    return to;
}
