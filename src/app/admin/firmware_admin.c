#include "app/admin/firmware_admin.h"
#include "app/admin/admin.h"
#include "app/admin/firmware_folder.h"
#include "provision/load.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct firmware {
    struct admin ask; /* state, json, words */
    const char *folder, *pool;
    bool state_given, force;
    char served[4096]; /* the folder: as given, or as the daemon says */
};

static bool read_arguments(struct firmware *f, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *state = NULL;
        if (admin_value(&state, "--state", argc, argv, &i)) {
            f->ask.state = state;
            f->state_given = true;
        } else if (admin_value(&f->folder, "--folder", argc, argv, &i) ||
                   admin_value(&f->pool, "--pool", argc, argv, &i)) {
            continue;
        } else if (strcmp(argv[i], "--json") == 0) {
            f->ask.json = true;
        } else if (strcmp(argv[i], "--force") == 0) {
            f->force = true;
        } else if (argv[i][0] == '-' && argv[i][1]) {
            (void)fprintf(
                stderr,
                "dialtone firmware: %s: no such option, or a value is missing\nTry 'dialtone firmware --help'.\n",
                argv[i]);
            return false;
        } else if (f->ask.words == sizeof f->ask.word / sizeof *f->ask.word) {
            return admin_wrong_use("firmware", "too many at once") == ADMIN_DONE;
        } else {
            f->ask.word[f->ask.words++] = argv[i];
        }
    }
    return true;
}

/* The folder's name into f->served. */
static int find_folder(struct firmware *f)
{
    int status = ADMIN_DONE;

    if (f->folder) {
        (void)snprintf(f->served, sizeof f->served, "%s", f->folder);
        return status;
    }
    json_t *j = admin_ask(&f->ask, json_pack("{s:s}", "do", "status"), &status);
    const char *folder = json_string_value(json_object_get(json_object_get(j, "tftp"), "folder"));
    if (j && (!folder || !folder[0])) {
        (void)fprintf(stderr, "dialtone firmware: the daemon names no folder: give it with --folder\n");
        status = ADMIN_REFUSED;
    } else if (j) {
        (void)snprintf(f->served, sizeof f->served, "%s", folder);
    } else {
        (void)fprintf(stderr, "dialtone firmware: --folder DIR does without a daemon\n");
    }
    if (j) json_decref(j);
    return status;
}

static int open_folder(struct firmware *f, struct firmware_folder *folder)
{
    int status = find_folder(f);

    if (status) return status;
    int error = firmware_folder_open(folder, f->served);
    if (error) (void)fprintf(stderr, "dialtone firmware: %s: %s\n", f->served, strerror(-error));
    return error ? ADMIN_REFUSED : ADMIN_DONE;
}

/* --- list --- */

/* "Default (7960), Warehouse (7940)": pools that give this load to a model. */
static void add_pools(json_t *load, const json_t *pools)
{
    const json_t *pool, *one;
    json_t *users = json_array();
    size_t i, k;

    json_array_foreach (pools, i, pool)
        json_array_foreach (json_object_get(pool, "loads"), k, one) {
            const char *name = json_string_value(json_object_get(one, "load"));
            if (name && strcasecmp(name, json_string_value(json_object_get(load, "load"))) == 0)
                (void)json_array_append_new(users, json_pack("{s:O, s:O}", "pool", json_object_get(pool, "name"),
                                                             "model", json_object_get(one, "model")));
        }
    (void)json_object_set_new(load, "pools", users);
}

static const char *kind_text(const char *kind)
{
    if (strcmp(kind, "ours") == 0) return "Dialtone's";
    return strcmp(kind, "signed") == 0 ? "vendor's, signed" : "vendor's, bare";
}

static void add_text(char *to, size_t size, const char *text)
{
    size_t n = strlen(to);

    (void)snprintf(to + n, size - n, "%s%s", n ? ", " : "", text);
}

/* What the table shows, beside what JSON has. */
static json_t *row_of(const json_t *load)
{
    char models[400] = "", pools[400] = "", state[120], one[128];
    size_t i, missing = json_array_size(json_object_get(load, "missing"));
    const json_t *m;

    json_array_foreach (json_object_get(load, "models"), i, m) add_text(models, sizeof models, json_string_value(m));
    json_array_foreach (json_object_get(load, "pools"), i, m) {
        (void)snprintf(one, sizeof one, "%s (%s)", json_string_value(json_object_get(m, "pool")),
                       json_string_value(json_object_get(m, "model")));
        add_text(pools, sizeof pools, one);
    }
    if (missing)
        (void)snprintf(state, sizeof state, "%zu missing", missing);
    else
        (void)snprintf(state, sizeof state, "%s", firmware_is_whole(load) ? "whole" : "not sound");
    return json_pack(
        "{s:O, s:O, s:I, s:s, s:s, s:s, s:s}", "load", json_object_get(load, "load"), "bytes",
        json_object_get(load, "bytes"), "files", (json_int_t)json_array_size(json_object_get(load, "files")), "kind",
        kind_text(json_string_value(json_object_get(load, "kind"))), "models", models, "pools", pools, "state", state);
}

static int list(struct firmware *f)
{
    static const char *const keys[] = {"load", "files", "bytes", "kind", "state", "models", "pools"};
    static const char *const titles[] = {"LOAD", "FILES", "BYTES", "KIND", "STATE", "MODELS", "POOLS"};
    struct firmware_folder folder;
    json_t *pools = NULL, *one;
    size_t i;

    if (f->ask.words) return admin_wrong_use("firmware", "list takes no names");
    int status = open_folder(f, &folder);
    if (status) return status;
    bool asks = !f->folder || f->state_given;
    if (asks && !(pools = admin_ask(&f->ask, json_pack("{s:s}", "do", "pools"), &status))) {
        firmware_folder_close(&folder);
        return status;
    }
    json_t *loads = firmware_loads(&folder), *rows = json_array();
    firmware_folder_close(&folder);
    json_array_foreach (loads, i, one) {
        if (pools) add_pools(one, json_object_get(pools, "pools"));
        (void)json_array_append_new(rows, row_of(one));
    }
    if (pools) json_decref(pools);
    if (f->ask.json) {
        json_decref(rows);
        return admin_print_json(json_pack("{s:s, s:o}", "folder", f->served, "loads", loads));
    }
    admin_table(rows, keys, titles, sizeof keys / sizeof *keys - !asks);
    json_decref(loads);
    json_decref(rows);
    return fflush(stdout) == 0 ? ADMIN_DONE : ADMIN_NOBODY;
}

/* --- check --- */

/* What is wrong with it, on `to`, a line each. */
static void say_wrong(const json_t *load, FILE *to)
{
    const json_t *one;
    size_t i;

    json_array_foreach (json_object_get(load, "missing"), i, one)
        (void)fprintf(to, "%s: %s is not in the folder\n", json_string_value(json_object_get(load, "load")),
                      json_string_value(one));
    json_array_foreach (json_object_get(load, "files"), i, one) {
        const char *wrong = json_string_value(json_object_get(one, "wrong"));
        if (wrong)
            (void)fprintf(to, "%s: %s: %s\n", json_string_value(json_object_get(load, "load")),
                          json_string_value(json_object_get(one, "name")), wrong);
    }
}

static int check(struct firmware *f)
{
    struct firmware_folder folder;

    if (f->ask.words != 1) return admin_wrong_use("firmware", "check LOAD: its name, without .loads or .bin");
    if (!f->ask.word[0][0] || strlen(f->ask.word[0]) >= LOAD_NAME)
        return admin_wrong_use("firmware", "this is no name of a load");
    int status = open_folder(f, &folder);
    if (status) return status;
    json_t *load = firmware_load(&folder, f->ask.word[0]);
    firmware_folder_close(&folder);
    if (!load) return admin_wrong_use("firmware", "a name of a load is UTF-8");
    bool whole = firmware_is_whole(load);
    if (f->ask.json) {
        (void)json_object_set_new(load, "whole", json_boolean(whole));
        return admin_print_json(load) == ADMIN_DONE && whole ? ADMIN_DONE : ADMIN_REFUSED;
    }
    say_wrong(load, stderr);
    if (whole) {
        json_t *row = row_of(load);
        (void)printf("%s: whole: %lld files, %lld bytes, %s, for %s\n", f->ask.word[0],
                     (long long)json_integer_value(json_object_get(row, "files")),
                     (long long)json_integer_value(json_object_get(row, "bytes")),
                     json_string_value(json_object_get(row, "kind")),
                     json_string_value(json_object_get(row, "models")));
        json_decref(row);
    }
    json_decref(load);
    return whole ? ADMIN_DONE : ADMIN_REFUSED;
}

/* --- default --- */

/* A load that is not there, or is another model's, would leave the phones without service at their next start. */
static int refuse_unfit(struct firmware *f, const char *model, const char *name)
{
    struct firmware_folder folder;
    const struct phone_model *m = model_find(bytes_of(model));
    const json_t *one;
    bool fits = false;
    size_t i;
    int status = open_folder(f, &folder);

    if (status) return status;
    json_t *load = firmware_load(&folder, name);
    firmware_folder_close(&folder);
    if (!load) return admin_wrong_use("firmware", "a name of a load is UTF-8");
    json_array_foreach (json_object_get(load, "models"), i, one)
        fits |= m && strcmp(json_string_value(one), m->name) == 0;
    if (!firmware_is_whole(load)) {
        say_wrong(load, stderr);
        status = ADMIN_REFUSED;
    } else if (m && !fits) {
        (void)fprintf(stderr, "dialtone firmware: %s is not for the %s\n", name, m->name);
        status = ADMIN_REFUSED;
    }
    if (status) (void)fprintf(stderr, "dialtone firmware: nothing was changed; --force does it all the same\n");
    json_decref(load);
    return status;
}

static int set_default(struct firmware *f)
{
    const char *model = f->ask.words ? f->ask.word[0] : "", *load = f->ask.words > 1 ? f->ask.word[1] : "",
               *pool = f->pool ? f->pool : "Default";
    int status;

    if (f->ask.words != 2)
        return admin_wrong_use("firmware", "default MODEL LOAD [--pool NAME]; LOAD '' takes it away");
    if (load[0] && !f->force && (status = refuse_unfit(f, model, load))) return status;
    json_t *request =
        json_pack("{s:s, s:s, s:s, s:s}", "do", "firmware-default", "model", model, "load", load, "pool", pool);
    if (!request) return admin_wrong_use("firmware", "names are UTF-8");
    json_t *j = admin_ask(&f->ask, request, &status);
    if (!j) return status;
    (void)json_object_del(j, "ok");
    if (f->ask.json) return admin_print_json(j);
    if (load[0])
        (void)printf("%s in pool %s runs %s from now on\n", json_string_value(json_object_get(j, "model")), pool, load);
    else
        (void)printf("%s in pool %s runs what it has from now on\n", json_string_value(json_object_get(j, "model")),
                     pool);
    json_decref(j);
    return fflush(stdout) == 0 ? ADMIN_DONE : ADMIN_NOBODY;
}

/* --- add --- */

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int copy_bytes(int from, int to)
{
    static uint8_t bytes[1 << 16];
    ssize_t n;

    while ((n = read(from, bytes, sizeof bytes)) > 0)
        for (ssize_t done = 0, put; done < n; done += put)
            if ((put = write(to, bytes + done, (size_t)(n - done))) <= 0) return -1;
    return n < 0 || fchmod(to, 0644) < 0 || fsync(to) < 0 ? -1 : 0;
}

/* Under a name that begins with a dot, which is not served, then renamed: a phone gets the old file or the new one. */
static bool copy_file(const struct firmware *f, const char *from_path)
{
    char at[5000], whole[5000];
    int from = open(from_path, O_RDONLY | O_CLOEXEC);

    (void)snprintf(whole, sizeof whole, "%s/%s", f->served, name_of(from_path));
    (void)snprintf(at, sizeof at, "%s/.%ld.%s", f->served, (long)getpid(), name_of(from_path));
    int to = from >= 0 ? open(at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    bool good = to >= 0 && copy_bytes(from, to) == 0;
    int error = errno;
    if (to >= 0 && close(to) < 0 && good) {
        good = false;
        error = errno;
    }
    if (from >= 0) close(from);
    if (good && rename(at, whole) < 0) {
        good = false;
        error = errno;
    }
    if (!good && to >= 0) (void)unlink(at);
    if (!good) (void)fprintf(stderr, "dialtone firmware: %s: %s\n", from < 0 ? from_path : whole, strerror(error));
    return good;
}

static bool is_list(const char *path)
{
    size_t n = strlen(path);

    return n > 6 && strcasecmp(path + n - 6, ".loads") == 0;
}

/* All of them are looked at before the first is copied. */
static bool all_sound(struct firmware *f)
{
    bool good = true;

    for (size_t i = 0; i < f->ask.words; i++) {
        const char *path = f->ask.word[i], *name = name_of(path);
        json_t *file = firmware_file(path, name, NULL);
        const char *wrong = json_string_value(json_object_get(file, "wrong"));
        if (!name[0] || name[0] == '.') wrong = "files whose names begin with a dot are not served";
        if (wrong) (void)fprintf(stderr, "dialtone firmware: %s: %s\n", path, wrong);
        good &= !wrong;
        json_decref(file);
    }
    if (!good) (void)fprintf(stderr, "dialtone firmware: nothing was added\n");
    return good;
}

/* What lists among them name, and the folder does not have. */
static void say_missing(const struct firmware *f, const json_t *added)
{
    struct firmware_folder folder;
    char name[256];
    size_t i;
    const json_t *one;

    if (firmware_folder_open(&folder, f->served)) return;
    json_array_foreach (added, i, one) {
        const char *file = json_string_value(one);
        if (!file || !is_list(file)) continue;
        (void)snprintf(name, sizeof name, "%.*s", (int)(strlen(file) - strlen(".loads")), file);
        json_t *load = firmware_load(&folder, name);
        if (load) say_wrong(load, stderr);
        if (load) json_decref(load);
    }
    firmware_folder_close(&folder);
}

static int add(struct firmware *f)
{
    json_t *added = json_array();
    int status;

    if (!f->ask.words) return admin_wrong_use("firmware", "add FILE...");
    if (!all_sound(f)) return ADMIN_REFUSED;
    if ((status = find_folder(f))) return status;
    for (int lists = 0; lists < 2; lists++) /* lists last: what they name is there when a phone reads them */
        for (size_t i = 0; i < f->ask.words; i++)
            if (is_list(f->ask.word[i]) == lists) {
                if (!copy_file(f, f->ask.word[i]))
                    status = ADMIN_REFUSED;
                else
                    (void)json_array_append_new(added, json_string(name_of(f->ask.word[i])));
            }
    say_missing(f, added);
    if (f->ask.json) {
        int printed = admin_print_json(json_pack("{s:s, s:o}", "folder", f->served, "added", added));
        return status ? status : printed;
    }
    (void)printf("%zu file%s added to %s\n", json_array_size(added), json_array_size(added) == 1 ? "" : "s", f->served);
    json_decref(added);
    return status;
}

/* --- the command line --- */

static const struct {
    const char *name;
    int (*run)(struct firmware *);
} commands[] = {{"list", list}, {"add", add}, {"check", check}, {"default", set_default}};

bool firmware_admin_is(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    bool of_folder = false;

    for (int i = 2; i < argc; i++)
        of_folder |= strncmp(argv[i], "--state", 7) == 0 || strncmp(argv[i], "--folder", 8) == 0;
    if (strcmp(what, "list") == 0) return of_folder;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(what, commands[i].name) == 0) return true;
    return false;
}

int firmware_admin_main(int argc, char **argv)
{
    static struct firmware f;

    f = (struct firmware){.ask = {.command = "firmware", .state = "/var/lib/dialtone"}};
    if (!read_arguments(&f, argc - 1, argv + 1)) return ADMIN_USAGE;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(&f);
    return ADMIN_USAGE;
}
