/* A device as a flat row: what CSV has in its columns, and `dialtone device add` in its FIELD=VALUE words. The first
 * line is `number` and `label`, the second `number2` and `label2`; speed dials are `speed_dial` and `speed_dial_label`
 * alike. */
#include "app/admin/admin.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 24, SPEED_DIALS = 12, NAME = 24 }; /* as in server/store.h */

/* What stands in a row once for each device. */
static const char *const before[] = {"device", "model", "description", "pool"};
static const char *const behind[] = {"load",      "callmanagers", "date_format",
                                     "time_zone", "user_locale",  "network_locale"};

#define LENGTH(a) (sizeof(a) / sizeof *(a))

static const char *numbered(char to[NAME], const char *name, size_t i)
{
    (void)snprintf(to, NAME, i ? "%s%zu" : "%s", name, i + 1);
    return to;
}

static void move(json_t *to, const char *key, json_t *row, const char *name, size_t i)
{
    char column[NAME];
    json_t *v = json_object_get(row, numbered(column, name, i));

    if (v) (void)json_object_set(to, key, v);
    (void)json_object_del(row, column);
}

/* A list of `most` at most, without the empty ones at its end: those between stay, so that each keeps its key. */
static void gather(json_t *row, const char *list, const char *number, const char *label, size_t most)
{
    json_t *all = json_array();
    size_t used = 0;

    for (size_t i = 0; i < most; i++) {
        json_t *one = json_object();
        move(one, "number", row, number, i);
        move(one, "label", row, label, i);
        if (json_object_size(one)) used = i + 1;
        (void)json_array_append_new(all, one);
    }
    while (json_array_size(all) > used) (void)json_array_remove(all, json_array_size(all) - 1);
    if (used)
        (void)json_object_set_new(row, list, all);
    else
        json_decref(all);
}

static void split_callmanagers(json_t *row)
{
    const char *managers = json_string_value(json_object_get(row, "callmanagers"));
    char *copy = managers ? strdup(managers) : NULL, *rest = copy, *one;

    if (!copy) return;
    json_t *list = json_array();
    while ((one = strsep(&rest, ", "))) /* either between them */
        if (*one) (void)json_array_append_new(list, json_string(one));
    free(copy);
    (void)json_object_set_new(row, "callmanagers", list);
}

/* A column whose name is mistyped would be lost in silence. */
static bool all_known(const json_t *row, char why[200])
{
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)row, key, value) {
        bool known = strcmp(key, "mac") == 0 || strcmp(key, "lines") == 0 || strcmp(key, "speed_dials") == 0;
        for (size_t i = 0; i < LENGTH(before); i++) known |= strcmp(key, before[i]) == 0;
        for (size_t i = 0; i < LENGTH(behind); i++) known |= strcmp(key, behind[i]) == 0;
        if (known) continue;
        (void)snprintf(why, 200, "there is no field '%.60s' of a device", key);
        return false;
    }
    return true;
}

bool admin_unflatten(json_t *row, char why[200])
{
    static const char *const own[] = {"lines", "speed_dials"}; /* not of a row, which says number and speed_dial */

    for (size_t i = 0; i < LENGTH(own); i++)
        if (json_object_get(row, own[i])) return snprintf(why, 200, "there is no field '%s' of a row", own[i]) < 0;
    gather(row, "lines", "number", "label", LINES);
    gather(row, "speed_dials", "speed_dial", "speed_dial_label", SPEED_DIALS);
    split_callmanagers(row);
    return all_known(row, why);
}

/* --- the other way --- */

static void put_at(json_t *row, const char *name, size_t i, const json_t *one, const char *key)
{
    char column[NAME];
    json_t *v = json_object_get(one, key);

    if (v) (void)json_object_set(row, numbered(column, name, i), v);
}

static void flatten(json_t *o, size_t *lines, size_t *dials)
{
    const json_t *managers = json_object_get(o, "callmanagers"), *one;
    char text[256] = "";
    size_t i, n = 0;

    json_array_foreach (json_object_get(o, "lines"), i, one) {
        put_at(o, "number", i, one, "number");
        put_at(o, "label", i, one, "label");
        if (i >= *lines) *lines = i + 1;
    }
    json_array_foreach (json_object_get(o, "speed_dials"), i, one) {
        json_int_t key = json_integer_value(json_object_get(one, "key"));
        if (key < 1 || key > SPEED_DIALS) continue;
        put_at(o, "speed_dial", (size_t)key - 1, one, "number");
        put_at(o, "speed_dial_label", (size_t)key - 1, one, "label");
        if ((size_t)key > *dials) *dials = (size_t)key;
    }
    json_array_foreach (managers, i, one)
        if (n < sizeof text)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i ? " " : "", json_string_value(one));
    if (managers) (void)json_object_set_new(o, "callmanagers", json_string(text));
}

/* As many columns of lines and speed dials as one of them has, two lines at least. */
void admin_write_csv(json_t *devices, void *stdio_file)
{
    static char name[2 * (LINES + SPEED_DIALS)][NAME];
    const char *keys[LENGTH(before) + LENGTH(behind) + LENGTH(name)];
    size_t lines = 2, dials = 0, n = 0, names = 0, i;
    json_t *one;

    json_array_foreach (devices, i, one) flatten(one, &lines, &dials);
    for (i = 0; i < LENGTH(before); i++) keys[n++] = before[i];
    for (i = 0; i < lines && i < LINES; i++) {
        keys[n++] = numbered(name[names++], "number", i);
        keys[n++] = numbered(name[names++], "label", i);
    }
    for (i = 0; i < LENGTH(behind); i++) keys[n++] = behind[i];
    for (i = 0; i < dials; i++) {
        keys[n++] = numbered(name[names++], "speed_dial", i);
        keys[n++] = numbered(name[names++], "speed_dial_label", i);
    }
    admin_csv_write(devices, keys, n, stdio_file);
}
