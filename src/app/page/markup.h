/* app/page/markup.h: text and numbers for a page (HTML, and the SVG in it). */
#ifndef APP_PAGE_MARKUP_H
#define APP_PAGE_MARKUP_H
#include <stdint.h>
#include <stdio.h>

/* Escaped, for text and for attributes in double quotes. What is not UTF-8, and control characters, become U+FFFD. */
void markup_text(FILE *, const char *text);

enum { NUMBER_TEXT = 32 };
const char *grouped_text(char to[NUMBER_TEXT], uint64_t n); /* "100,000" */
const char *took_text(char to[NUMBER_TEXT], double ms);     /* "0.85 ms", "12.3 ms", "4.21 s", "2 min 5 s" */
#endif
