/* CSV as RFC 4180 has it: fields in quotes may hold commas, line ends and doubled quotes; CRLF or LF; a byte order mark
 * at the start is passed over (spreadsheets write one). */
#include "app/admin/admin.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 128, FIELD_MOST = 4096 };

struct csv {
    const char *at, *end;
    unsigned line;
    char field[FIELD_MOST];
    size_t length;
    bool last; /* of its row */
};

static bool refuse(char why[200], unsigned line, const char *what)
{
    (void)snprintf(why, 200, "line %u: %s", line, what);
    return false;
}

static bool add(struct csv *c, char letter, char why[200])
{
    if (c->length == FIELD_MOST - 1) return refuse(why, c->line, "a field is too long");
    c->field[c->length++] = letter;
    return true;
}

static bool quoted(struct csv *c, char why[200])
{
    unsigned begun = c->line;

    for (c->at++; c->at < c->end; c->at++) {
        if (*c->at == '\n') c->line++;
        if (*c->at == '"') {
            if (c->at + 1 == c->end || c->at[1] != '"') {
                c->at++;
                return true;
            }
            c->at++;
        }
        if (!add(c, *c->at, why)) return false;
    }
    return refuse(why, begun, "a quote is not closed");
}

static bool next_field(struct csv *c, char why[200])
{
    c->length = 0;
    if (c->at < c->end && *c->at == '"') {
        if (!quoted(c, why)) return false;
        if (c->at < c->end && !strchr(",\r\n", *c->at))
            return refuse(why, c->line, "something stands behind a closing quote");
    }
    for (; c->at < c->end && *c->at != ',' && *c->at != '\n'; c->at++)
        if ((*c->at != '\r' || (c->at + 1 < c->end && c->at[1] != '\n')) && !add(c, *c->at, why)) return false;
    c->field[c->length] = '\0';
    if (memchr(c->field, '\0', c->length)) return refuse(why, c->line, "a NUL byte");
    c->last = c->at == c->end || *c->at == '\n';
    if (c->at < c->end) c->at++;
    return true;
}

static json_t *read_row(struct csv *c, char *titles[], size_t columns, char why[200])
{
    json_t *o = json_object();
    unsigned line = c->line;

    c->last = false;
    for (size_t i = 0; !c->last; i++) {
        if (!next_field(c, why)) break;
        if (i >= columns) {
            (void)refuse(why, line, "more fields than the first row has");
            break;
        }
        if (c->length && json_object_set_new(o, titles[i], json_stringn(c->field, c->length)) < 0) {
            (void)refuse(why, line, "a field is not UTF-8");
            break;
        }
    }
    c->line++;
    if (!why[0]) return o;
    json_decref(o);
    return NULL;
}

json_t *admin_csv_read(const char *text, size_t length, char why[200])
{
    struct csv c = {.at = text, .end = text + length, .line = 1};
    char *titles[COLUMNS];
    size_t columns = 0;
    json_t *list = json_array();

    why[0] = '\0';
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) c.at += 3;
    while (!c.last && !why[0] && columns < COLUMNS && c.at < c.end)
        if (next_field(&c, why)) {
            for (size_t i = 0; i < columns && !why[0]; i++)
                if (c.length && titles[i] && strcmp(titles[i], c.field) == 0)
                    (void)refuse(why, 1, "two columns have the same name");
            titles[columns++] = strdup(c.field);
        }
    if (!why[0] && !columns) (void)refuse(why, 1, "the first row holds the names of the columns");
    if (!why[0] && !c.last) (void)refuse(why, 1, "too many columns");
    c.line = 2;
    while (c.at < c.end && !why[0]) {
        json_t *row = read_row(&c, titles, columns, why);
        if (row && json_object_size(row))
            (void)json_array_append_new(list, row);
        else if (row)
            json_decref(row);
    }
    while (columns) free(titles[--columns]);
    if (!why[0]) return list;
    json_decref(list);
    return NULL;
}

void admin_csv_write(const json_t *list, const char *const keys[], size_t columns, void *stdio_file)
{
    FILE *to = stdio_file;
    const json_t *one;
    size_t i;

    for (size_t c = 0; c < columns; c++) (void)fprintf(to, "%s%s", c ? "," : "", keys[c]);
    (void)fputs("\r\n", to);
    json_array_foreach (list, i, one) {
        for (size_t c = 0; c < columns; c++) {
            const char *s = json_string_value(json_object_get(one, keys[c]));
            if (c) (void)putc(',', to);
            if (!s) continue;
            if (!strpbrk(s, ",\"\r\n")) {
                (void)fputs(s, to);
                continue;
            }
            (void)putc('"', to);
            for (; *s; s++) {
                if (*s == '"') (void)putc('"', to);
                (void)putc(*s, to);
            }
            (void)putc('"', to);
        }
        (void)fputs("\r\n", to);
    }
}
