/* What is wrong with a configuration, collected and said in the order of the file. */
#include "app/config/tree.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void keep(struct teller *t, struct config_mark at, const char *form, va_list list)
{
    if (t->count == TELL_MOST || (!t->told && !(t->told = calloc(TELL_MOST, sizeof *t->told)))) {
        t->more++;
        return;
    }
    struct told *one = &t->told[t->count];
    one->line = at.line;
    one->column = at.column;
    one->order = t->count++;
    (void)vsnprintf(one->text, sizeof one->text, form, list);
}

void tell(struct teller *t, struct config_mark at, const char *form, ...)
{
    va_list list;

    t->wrong = true;
    va_start(list, form);
    keep(t, at, form, list);
    va_end(list);
}

void tell_note(struct teller *t, struct config_mark at, const char *form, ...)
{
    va_list list;

    va_start(list, form);
    keep(t, at, form, list);
    va_end(list);
}

static int by_place(const void *a, const void *b)
{
    const struct told *x = a, *y = b;

    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    if (x->column != y->column) return x->column < y->column ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

bool tell_all(struct teller *t)
{
    bool fine = !t->wrong;

    if (t->count) qsort(t->told, t->count, sizeof *t->told, by_place);
    for (unsigned i = 0; i < t->count; i++)
        t->say(t->context, t->file, t->told[i].line, t->told[i].column, t->told[i].text);
    if (t->more) {
        char text[64];
        (void)snprintf(text, sizeof text, "and %u more", t->more);
        t->say(t->context, t->file, 0, 0, text);
    }
    free(t->told);
    t->told = NULL;
    t->count = t->more = 0;
    t->wrong = false;
    return fine;
}

const char *quote(char to[QUOTE], const char *text, size_t len)
{
    size_t most = len > QUOTE - 6 ? QUOTE - 6 : len, n = 0;

    /* not in the middle of a character */
    while (most && most < len && ((unsigned char)text[most] & 0xc0) == 0x80) most--;
    to[n++] = '\'';
    for (size_t i = 0; i < most; i++) {
        unsigned char c = (unsigned char)text[i];
        to[n++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    if (most < len)
        for (int i = 0; i < 3; i++) to[n++] = '.';
    to[n++] = '\'';
    to[n] = 0;
    return to;
}
