/* `dialtone device`, `dialtone line`, `dialtone reset`. */
#include "app/admin/admin.h"
#include "app/log.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int list(const struct admin *a)
{
    static const char *const keys[] = {"device",  "model",        "lines.0.number", "registered",
                                       "address", "running_load", "pool",           "description"};
    static const char *const titles[] = {"DEVICE",  "MODEL", "NUMBER", "REGISTERED",
                                         "ADDRESS", "LOAD",  "POOL",   "DESCRIPTION"};
    int status;
    json_t *j = admin_ask(a, json_pack("{s:s, s:s}", "do", "device-list", "match", a->match ? a->match : ""), &status);

    if (!j) return status;
    if (a->json) return admin_print_json(j);
    admin_table(json_object_get(j, "devices"), keys, titles, sizeof keys / sizeof *keys);
    json_decref(j);
    return ADMIN_DONE;
}

/* `key: value`, a line each; lists and objects as JSON. */
static void print_object(const json_t *o)
{
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)o, key, value) {
        char *text = json_is_string(value) ? strdup(json_string_value(value))
                                           : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        (void)printf("%-16s %s\n", key, text ? log_plain(text) : "");
        free(text);
    }
}

static int show(const struct admin *a)
{
    int status;

    if (a->words != 2) return admin_wrong_use(a->command, "device show DEVICE");
    json_t *j = admin_ask(a, json_pack("{s:s, s:s}", "do", "device-show", "device", a->word[1]), &status);
    if (!j) return status;
    if (a->json) return admin_print_json(j);
    print_object(json_object_get(j, "device"));
    json_decref(j);
    return ADMIN_DONE;
}

/* FIELD=VALUE words from `first` on. */
static json_t *fields(const struct admin *a, size_t first)
{
    json_t *o = json_object();
    char key[64];

    for (size_t i = first; i < a->words; i++) {
        const char *equal = strchr(a->word[i], '=');
        if (!equal || equal == a->word[i] || (size_t)(equal - a->word[i]) >= sizeof key) {
            (void)fprintf(stderr, "dialtone %s: '%s' is not FIELD=VALUE\n", a->command, a->word[i]);
            json_decref(o);
            return NULL;
        }
        (void)snprintf(key, sizeof key, "%.*s", (int)(equal - a->word[i]), a->word[i]);
        if (json_object_set_new(o, key, json_string(equal + 1)) < 0) {
            (void)fprintf(stderr, "dialtone %s: '%s' is not UTF-8\n", a->command, a->word[i]);
            json_decref(o);
            return NULL;
        }
    }
    return o;
}

static int done(const struct admin *a, json_t *j, const char *said)
{
    if (a->json) return admin_print_json(j);
    (void)puts(said);
    json_decref(j);
    return ADMIN_DONE;
}

static int add(const struct admin *a)
{
    char why[200];
    int status;

    if (a->words < 3) return admin_wrong_use(a->command, "device add DEVICE model=MODEL [number=N] [FIELD=VALUE ...]");
    json_t *o = fields(a, 2);
    if (!o) return ADMIN_USAGE;
    if (!admin_unflatten(o, why)) {
        json_decref(o);
        return admin_wrong_use(a->command, why);
    }
    (void)json_object_set_new(o, "device", json_string(a->word[1]));
    (void)json_object_set_new(o, "do", json_string("device-add"));
    json_t *j = admin_ask(a, o, &status);
    return j ? done(a, j, "added") : status;
}

static int set(const struct admin *a)
{
    int status;

    if (a->words < 3) return admin_wrong_use(a->command, "device set DEVICE FIELD=VALUE [FIELD=VALUE ...]");
    json_t *o = fields(a, 2);
    if (!o) return ADMIN_USAGE;
    for (size_t i = 1; i <= 24; i++) { /* the names that add and export have */
        char given[16], name[32];
        (void)snprintf(given, sizeof given, i == 1 ? "number" : "number%zu", i);
        (void)snprintf(name, sizeof name, "directory_%s", given);
        json_t *number = json_object_get(o, given);
        if (number) (void)json_object_set(o, name, number);
        (void)json_object_del(o, given);
    }
    json_t *j = admin_ask(
        a, json_pack("{s:s, s:s, s:o, s:b}", "do", "device-set", "device", a->word[1], "set", o, "reset", !a->no_reset),
        &status);
    if (!j) return status;
    bool changed = json_is_true(json_object_get(j, "changed")),
         registered = json_is_true(json_object_get(json_object_get(j, "device"), "registered"));
    const char *owes = json_string_value(json_object_get(json_object_get(j, "device"), "owes"));
    return done(a, j,
                !changed             ? "it has that already"
                : owes && registered ? "changed; the phone is reset"
                                     : "changed");
}

static int remove_device(const struct admin *a)
{
    int status;

    if (a->words != 2) return admin_wrong_use(a->command, "device remove DEVICE");
    json_t *j = admin_ask(a, json_pack("{s:s, s:s}", "do", "device-remove", "device", a->word[1]), &status);
    return j ? done(a, j, "removed") : status;
}

static char *read_whole(const char *path, size_t *length)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    char *text = NULL;
    size_t room = 0, n = 0;

    while (f && !ferror(f) && !feof(f)) {
        if (room - n < 65536) {
            char *more = realloc(text, room += room + 131072);
            if (!more) break;
            text = more;
        }
        n += fread(text + n, 1, room - n, f);
    }
    bool good = f && text && !ferror(f) && feof(f);
    if (!good) (void)fprintf(stderr, "dialtone device: %s: %s\n", path, strerror(errno));
    if (f && f != stdin) (void)fclose(f);
    *length = n;
    if (good) return text;
    free(text);
    return NULL;
}

/* {"devices": [...]}, [...], or CSV. */
static json_t *read_devices(const char *path)
{
    char why[200] = "", *text;
    size_t n, i = 0;
    json_t *j, *one, *devices;

    if (!(text = read_whole(path, &n))) return NULL;
    while (i < n && strchr(" \t\r\n", text[i])) i++;
    if (i < n && (text[i] == '{' || text[i] == '[')) {
        json_error_t error;
        j = json_loadb(text, n, 0, &error);
        devices = json_is_object(j) ? json_incref(json_object_get(j, "devices")) : json_incref(j);
        if (!j)
            (void)snprintf(why, sizeof why, "line %d, column %d: %.120s", error.line, error.column, error.text);
        else if (!json_is_array(devices))
            (void)snprintf(why, sizeof why, "it holds no list of devices");
        if (j) json_decref(j);
    } else {
        devices = admin_csv_read(text, n, why);
        json_array_foreach (devices, i, one)
            if (!admin_unflatten(one, why)) break;
    }
    free(text);
    if (!why[0]) return devices;
    (void)fprintf(stderr, "dialtone device: %s: %s\n", path, why);
    json_decref(devices);
    return NULL;
}

enum { SOME = 100 }; /* the largest device, each letter escaped, has 10 KiB of JSON */

/* Some of them, from the `first`: a request is 1 MiB at most. What was refused goes to `errors`, numbered as in the
 * file. */
static int import_some(const struct admin *a, const json_t *devices, size_t first, json_int_t *good, json_t *errors)
{
    json_t *some = json_array(), *one;
    int status;
    size_t i;

    for (i = first; i < first + SOME && i < json_array_size(devices); i++)
        (void)json_array_append(some, json_array_get(devices, i));
    json_t *j = admin_ask(a, json_pack("{s:s, s:o}", "do", "device-import", "devices", some), &status);
    if (!j) return status;
    *good += json_integer_value(json_object_get(j, "imported"));
    json_array_foreach (json_object_get(j, "errors"), i, one) {
        json_int_t row = json_integer_value(json_object_get(one, "row")) + (json_int_t)first;
        (void)json_object_set_new(one, "row", json_integer(row));
        (void)json_array_append(errors, one);
        (void)fprintf(stderr, "dialtone device: device %lld (%s): %s\n", (long long)row,
                      json_string_value(json_object_get(one, "device")),
                      json_string_value(json_object_get(one, "error")));
    }
    json_decref(j);
    if (isatty(2) && json_array_size(devices) > first + SOME)
        (void)fprintf(stderr, "\r%zu of %zu\r", first + SOME, json_array_size(devices));
    return ADMIN_DONE;
}

static int import(const struct admin *a)
{
    json_t *devices, *errors = json_array();
    json_int_t good = 0;
    int status = ADMIN_DONE;

    if (a->words != 2) return admin_wrong_use(a->command, "device import FILE");
    if (!(devices = read_devices(a->word[1]))) return ADMIN_USAGE;
    for (size_t i = 0; status == ADMIN_DONE && i < json_array_size(devices); i += SOME)
        status = import_some(a, devices, i, &good, errors);
    size_t bad = json_array_size(errors);
    json_decref(devices);
    if (status)
        (void)fprintf(stderr, "dialtone device: %lld were imported before that\n", (long long)good);
    else if (a->json)
        return admin_print_json(json_pack("{s:I, s:o}", "imported", good, "errors", errors)) || bad ? ADMIN_REFUSED
                                                                                                    : ADMIN_DONE;
    else
        (void)printf("%lld imported, %zu refused\n", (long long)good, bad);
    json_decref(errors);
    return status ? status : bad ? ADMIN_REFUSED : ADMIN_DONE;
}

static int export(const struct admin *a)
{
    int status;
    json_t *j = admin_ask(a, json_pack("{s:s}", "do", "device-list"), &status);

    if (!j) return status;
    if (a->json || (a->format && strcmp(a->format, "json") == 0)) return admin_print_json(j);
    admin_write_csv(json_object_get(j, "devices"), stdout);
    json_decref(j);
    return fflush(stdout) == 0 ? ADMIN_DONE : ADMIN_NOBODY;
}

int admin_device(const struct admin *a)
{
    static const struct {
        const char *name;
        int (*run)(const struct admin *);
    } verbs[] = {{"list", list},     {"show", show},    {"add", add}, {"set", set}, {"remove", remove_device},
                 {"import", import}, {"export", export}};

    if (a->format && strcmp(a->format, "csv") != 0 && strcmp(a->format, "json") != 0)
        return admin_wrong_use(a->command, "--format is csv or json");
    for (size_t i = 0; a->words && i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(a->word[0], verbs[i].name) == 0) return verbs[i].run(a);
    return admin_wrong_use(a->command, "list, show, add, set, remove, import or export?");
}

int admin_line(const struct admin *a)
{
    static const char *const keys[] = {"number", "label", "device", "line", "registered"};
    static const char *const titles[] = {"NUMBER", "LABEL", "DEVICE", "LINE", "REGISTERED"};
    int status;

    if (a->words != 1 || strcmp(a->word[0], "list") != 0) return admin_wrong_use(a->command, "line list");
    json_t *j = admin_ask(a, json_pack("{s:s}", "do", "line-list"), &status);
    if (!j) return status;
    if (a->json) return admin_print_json(j);
    admin_table(json_object_get(j, "lines"), keys, titles, sizeof keys / sizeof *keys);
    json_decref(j);
    return ADMIN_DONE;
}

int admin_reset(const struct admin *a)
{
    char *end = NULL, said[80];
    long rate = a->rate ? strtol(a->rate, &end, 10) : 0;
    int status;

    if (a->rate && (*a->rate < '0' || *a->rate > '9' || (*end && strcmp(end, "/s") != 0) || rate < 1 || rate > 1000000))
        return admin_wrong_use(a->command, "--rate is a number a second: 20 or 20/s");
    if (a->all ? a->words != 0 : a->words != 1) return admin_wrong_use(a->command, "reset DEVICE, or --all");
    json_t *o = json_pack("{s:s, s:b, s:I}", "do", "reset", "restart", a->restart, "rate", (json_int_t)rate);
    if (!a->all) (void)json_object_set_new(o, "device", json_string(a->word[0]));
    json_t *j = admin_ask(a, o, &status);
    if (!j) return status;
    json_int_t n = json_integer_value(json_object_get(j, "reset"));
    (void)snprintf(said, sizeof said, "%lld registered phone%s %s", (long long)n, n == 1 ? " is" : "s are",
                   a->restart ? "restarted" : "reset");
    return done(a, j, said);
}
