#include "app/admin/admin.h"
#include "app/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELL = 96 };

/* The value at "lines.0.number". */
static const json_t *value_at(const json_t *j, const char *path)
{
    char part[48];

    while (j && *path) {
        size_t n = strcspn(path, ".");
        (void)snprintf(part, sizeof part, "%.*s", (int)n, path);
        j = json_is_array(j) ? json_array_get(j, strtoul(part, NULL, 10)) : json_object_get(j, part);
        path += n + (path[n] == '.');
    }
    return j;
}

static const char *cell(char to[CELL], const json_t *object, const char *path)
{
    const json_t *v = value_at(object, path);

    to[0] = '\0';
    if (json_is_string(v)) (void)snprintf(to, CELL, "%s", json_string_value(v));
    if (json_is_integer(v)) (void)snprintf(to, CELL, "%lld", (long long)json_integer_value(v));
    if (json_is_boolean(v)) (void)snprintf(to, CELL, "%s", json_is_true(v) ? "yes" : "no");
    return to[0] ? log_plain(to) : "-";
}

/* Letters, not bytes: those that begin one in UTF-8. */
static int letters(const char *text)
{
    int n = 0;

    for (; *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static void print_row(const char *const text[], const int width[], size_t columns)
{
    for (size_t c = 0; c < columns; c++)
        (void)printf("%s%*s", text[c], c + 1 < columns ? width[c] - letters(text[c]) + 2 : 0, "");
    (void)putchar('\n');
}

void admin_table(const json_t *list, const char *const keys[], const char *const titles[], size_t columns)
{
    enum { COLUMNS = 16 };
    char text[COLUMNS][CELL];
    const char *row[COLUMNS];
    int width[COLUMNS] = {0};
    const json_t *one;
    size_t i;

    for (size_t c = 0; c < columns; c++) width[c] = letters(titles[c]);
    json_array_foreach (list, i, one)
        for (size_t c = 0; c < columns; c++) {
            int n = letters(cell(text[c], one, keys[c]));
            if (n > width[c]) width[c] = n;
        }
    print_row(titles, width, columns);
    json_array_foreach (list, i, one) {
        for (size_t c = 0; c < columns; c++) row[c] = cell(text[c], one, keys[c]);
        print_row(row, width, columns);
    }
}
