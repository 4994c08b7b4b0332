#include "app/admin/firmware_folder.h"
#include "provision/load.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIST_MOST = 65536, PATH_ROOM = 4096 };

/* What stands behind the last dot of a file that a phone may ask for as its load (docs/models.md, column
 * load_parts). */
static const char *const endings[] = {".loads", ".bin", ".sbn", ".sbin", ".zup"};

int firmware_folder_open(struct firmware_folder *f, const char *path)
{
    *f = (struct firmware_folder){.scan = folder_scan(path)};
    if (!f->scan) return -ENOMEM;
    int error = f->scan->error;
    size_t size = catalogue_size(f->scan->files + 1);
    if (!error) f->memory = malloc(size);
    if (!error && (!f->memory || !catalogue_init(&f->catalogue, f->scan->files + 1, f->memory, size))) error = -ENOMEM;
    for (uint32_t i = 0; !error && i < f->scan->files; i++)
        (void)catalogue_add(&f->catalogue, bytes_of(f->scan->file[i].name));
    if (error) firmware_folder_close(f);
    return error;
}

void firmware_folder_close(struct firmware_folder *f)
{
    if (f->scan) folder_scan_free(f->scan);
    free(f->memory);
    *f = (struct firmware_folder){0};
}

/* --- one file --- */

static bool read_file(void *context, size_t at, uint8_t *to, size_t n)
{
    return pread(*(const int *)context, to, n, (off_t)at) == (ssize_t)n;
}

static void add_model(json_t *models, const char *name)
{
    const json_t *one;
    size_t i;

    json_array_foreach (models, i, one)
        if (strcmp(json_string_value(one), name) == 0) return;
    (void)json_array_append_new(models, json_string(name));
}

static void add_models(json_t *models, const struct load_manifest *m)
{
    for (size_t i = 0; models && i < m->models; i++) {
        const struct phone_model *model = model_of_type(m->model[i]);
        if (model) add_model(models, model->name);
    }
}

/* A list names no models; those that run loads of its family do (as provision/load.h has it for a vendor's). */
static void add_models_of_name(json_t *models, struct bytes load)
{
    for (size_t i = 0; models && i < model_count(); i++) {
        struct load_manifest m;
        if (!model_at(i)->load[0]) continue;
        load_manifest_for(&m, model_at(i), load);
        if (load_fits(&m, model_at(i)->device_type, m.hardware_least)) add_models(models, &m);
    }
}

/* What people put into such folders by accident. NULL: none of that. */
static const char *known_accident(const uint8_t *b, size_t n)
{
    static const struct {
        const char *begins, *what;
        size_t length;
    } accidents[] = {{"PK\3\4", "it is a zip archive: unpack it, and add the files in it", 4},
                     {"\x1f\x8b", "it is compressed (gzip): unpack it, and add the files in it", 2},
                     {"\x7f"
                      "ELF",
                      "it is a program of this machine", 4},
                     {"<!DOCTYPE", "it is a web page: the download gave a page, not the file", 9},
                     {"<html", "it is a web page: the download gave a page, not the file", 5}};

    for (size_t i = 0; i < ARRAY_LENGTH(accidents); i++)
        if (n >= accidents[i].length &&
            bytes_equal_nocase((struct bytes){b, accidents[i].length},
                               (struct bytes){(const uint8_t *)accidents[i].begins, accidents[i].length}))
            return accidents[i].what;
    return NULL;
}

/* The names in a list, behind its signed header if it has one. */
static struct bytes list_text(struct bytes whole, struct fault *why)
{
    struct bytes inner_name;

    return bytes_from(whole, load_foreign(whole, &inner_name, why));
}

static const char *look_at_list(int fd, size_t size, const char *name, json_t *o, json_t *models)
{
    static uint8_t text[LIST_MOST];
    struct bytes whole = {text, size}, one, stem = {(const uint8_t *)name, strlen(name) - strlen(".loads")};
    struct fault why;

    if (size > sizeof text || !read_file(&fd, 0, text, size)) return "too long for a list of files";
    struct bytes rest = list_text(whole, &why);
    if (why.kind != FAULT_NONE) return why.what;
    (void)json_object_set_new(o, "kind", json_string(rest.len < size ? "signed" : "list"));
    if (!loads_next(&rest, &one)) return "a list that names no file";
    if (memchr(one.at, 0, one.len)) return "no list of files";
    add_models_of_name(models, stem);
    return NULL;
}

/* The sentence of what is wrong, or NULL. */
static const char *look_at(int fd, size_t size, const char *name, json_t *o, json_t *models, char room[160])
{
    uint8_t begin[LOAD_HEADER] = {0};
    size_t n = size < sizeof begin ? size : sizeof begin;
    struct load_info info;
    struct fault why;

    if (size == 0) return "it is empty";
    if (!read_file(&fd, 0, begin, n)) return "it cannot be read";
    const char *accident = known_accident(begin, n);
    if (accident) return accident;
    if (bytes_end(bytes_of(name), ".loads") || bytes_end(bytes_of(name), ".LOADS"))
        return look_at_list(fd, size, name, o, models);
    if (load_open(&info, read_file, &fd, size, &why)) {
        (void)json_object_set_new(o, "kind", json_string(info.foreign ? "signed" : "ours"));
        add_models(models, &info.manifest);
        if (info.length == size) return NULL;
        (void)snprintf(room, 160, "byte %zu: bytes after a load", info.length);
        return room;
    }
    /* Without one of the two headers there is nothing to check, but where a header must be. */
    bool headed = n >= 8 && (memcmp(begin, "DIALLOAD", 8) == 0 || memcmp(begin, "\1\0\2\1", 4) == 0);
    if (!headed && !bytes_end(bytes_of(name), ".sbn") && !bytes_end(bytes_of(name), ".SBN")) return NULL;
    (void)snprintf(room, 160, "byte %zu: %s", why.at, why.what);
    return room;
}

json_t *firmware_file(const char *path, const char *name, json_t *models)
{
    char room[160];
    struct stat st;
    json_t *o = json_pack("{s:s, s:I, s:s}", "name", name, "bytes", (json_int_t)0, "kind", "bare");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const char *wrong = NULL;

    if (!o) { /* a name that is not UTF-8 */
        if (fd >= 0) close(fd);
        return json_pack("{s:s, s:I, s:s, s:s}", "name", "?", "bytes", (json_int_t)0, "kind", "bare", "wrong",
                         "its name is not UTF-8");
    }
    if (fd < 0 || fstat(fd, &st) < 0)
        wrong = strerror(errno);
    else if (!S_ISREG(st.st_mode))
        wrong = "it is no file";
    else
        wrong = look_at(fd, (size_t)st.st_size, name, o, models, room);
    if (fd >= 0 && (!wrong || st.st_size)) (void)json_object_set_new(o, "bytes", json_integer((json_int_t)st.st_size));
    if (wrong) (void)json_object_set_new(o, "wrong", json_string(wrong));
    if (fd >= 0) close(fd);
    return o;
}

/* --- one load --- */

static const char *found(const struct firmware_folder *f, struct bytes name)
{
    uint32_t i = catalogue_find(&f->catalogue, name);

    return i == CATALOGUE_NONE ? NULL : f->scan->file[i].name;
}

static bool has_file(const json_t *load, const char *name)
{
    const json_t *one;
    size_t i;

    json_array_foreach (json_object_get(load, "files"), i, one)
        if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0) return true;
    return false;
}

/* --- what a list says of its files --- */

static bool count_md5(int fd, size_t from, struct md5 *out)
{
    struct md5_counting m = md5_begin();
    uint8_t piece[16384];
    ssize_t n;

    for (size_t at = from; (n = pread(fd, piece, sizeof piece, (off_t)at)) > 0; at += (size_t)n)
        md5_add(&m, (struct bytes){piece, (size_t)n});
    *out = md5_end(&m);
    return n == 0;
}

/* Size and digest of what stands from `from` on. NULL: as the list says. */
static const char *differs(int fd, size_t size, size_t from, const struct loads_part *part, char room[160])
{
    char is[MD5_TEXT], said[MD5_TEXT];
    struct md5 md5;

    if (part->size && part->size != size - from) {
        (void)snprintf(room, 160, "it has %zu bytes, and the list says %llu", size - from,
                       (unsigned long long)part->size);
        return room;
    }
    if (!part->has_md5) return NULL;
    if (!count_md5(fd, from, &md5)) return "it cannot be read";
    if (md5_equal(&md5, &part->md5)) return NULL;
    (void)snprintf(room, 160, "its MD5 is %s, and the list says %s", md5_text(is, &md5), md5_text(said, &part->md5));
    return room;
}

/* Whether the list counts a file with its signed header or without is not public: either will do. */
static void compare(const char *path, const struct loads_part *part, json_t *file)
{
    static uint8_t begin[4096];
    char room[160];
    struct stat st;
    struct bytes inner;
    struct fault why;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0) return; /* said already */
    if (!json_object_get(file, "wrong") && fstat(fd, &st) == 0) {
        const char *wrong = differs(fd, (size_t)st.st_size, 0, part, room);
        ssize_t n = wrong ? pread(fd, begin, sizeof begin, 0) : 0;
        size_t header = n > 0 ? load_foreign((struct bytes){begin, (size_t)n}, &inner, &why) : 0;
        char other[160];
        if (header && !differs(fd, (size_t)st.st_size, header, part, other)) wrong = NULL;
        if (wrong) (void)json_object_set_new(file, "wrong", json_string(wrong));
    }
    close(fd);
}

/* The file of this name, into the load. False: it is not there. `part`: what the list says of it; NULL: it is in
 * none. */
static bool add_file(const struct firmware_folder *f, json_t *load, struct bytes asked, const struct loads_part *part,
                     json_t *models)
{
    const char *name = found(f, asked);
    char path[PATH_ROOM];

    if (!name) return false;
    if (has_file(load, name)) return true;
    (void)snprintf(path, sizeof path, "%s/%s", f->scan->root, name);
    json_t *file = firmware_file(path, name, models);
    if (part) compare(path, part, file);
    const char *kind = json_string_value(json_object_get(file, "kind")),
               *before = json_string_value(json_object_get(load, "kind"));
    json_int_t bytes =
        json_integer_value(json_object_get(load, "bytes")) + json_integer_value(json_object_get(file, "bytes"));
    (void)json_object_set_new(load, "bytes", json_integer(bytes));
    if (!before || strcmp(kind, "ours") == 0 || (strcmp(kind, "signed") == 0 && strcmp(before, "ours") != 0))
        (void)json_object_set_new(load, "kind", json_string(kind));
    (void)json_array_append_new(json_object_get(load, "files"), file);
    return true;
}

static void add_parts(const struct firmware_folder *f, json_t *load, const char *list, json_t *models)
{
    static uint8_t text[LIST_MOST];
    char path[PATH_ROOM];
    struct loads_part part;
    struct bytes rest;
    struct fault why;

    (void)snprintf(path, sizeof path, "%s/%s", f->scan->root, list);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : -1;
    if (fd >= 0) close(fd);
    if (n <= 0) return; /* said already, as what is wrong with the list */
    rest = list_text((struct bytes){text, (size_t)n}, &why);
    while (why.kind == FAULT_NONE && loads_next_part(&rest, &part))
        if (!add_file(f, load, part.name, &part, models) && !part.optional) {
            json_t *name = json_stringn((const char *)part.name.at, part.name.len);
            (void)json_array_append_new(json_object_get(load, "missing"), name ? name : json_string("?"));
        }
}

json_t *firmware_load(const struct firmware_folder *f, const char *load)
{
    char name[LOAD_NAME + 16];
    json_t *models = json_array(), *o = json_pack("{s:s, s:I, s:o, s:[], s:[]}", "load", load, "bytes", (json_int_t)0,
                                                  "models", models, "files", "missing");

    if (!o) return NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(endings); i++) {
        (void)snprintf(name, sizeof name, "%.*s%s", LOAD_NAME, load, endings[i]);
        const char *is = found(f, bytes_of(name));
        if (is && add_file(f, o, bytes_of(name), NULL, models) && i == 0) add_parts(f, o, is, models);
    }
    if (!json_array_size(json_object_get(o, "files"))) {
        (void)snprintf(name, sizeof name, "%.*s.loads", LOAD_NAME, load);
        (void)json_array_append_new(json_object_get(o, "missing"), json_string(name));
    }
    if (!json_object_get(o, "kind")) (void)json_object_set_new(o, "kind", json_string("bare"));
    if (!json_array_size(models)) add_models_of_name(models, bytes_of(load));
    return o;
}

bool firmware_is_whole(const json_t *load)
{
    const json_t *one;
    size_t i;

    json_array_foreach (json_object_get(load, "files"), i, one)
        if (json_object_get(one, "wrong")) return false;
    return json_array_size(json_object_get(load, "missing")) == 0;
}

/* --- all --- */

static bool is_named(const json_t *loads, const char *file)
{
    const json_t *one;
    size_t i;

    json_array_foreach (loads, i, one)
        if (has_file(one, file)) return true;
    return false;
}

/* Those with this ending that belong to none yet. */
static void add_loads(const struct firmware_folder *f, const char *ending, json_t *loads)
{
    char name[LOAD_NAME];

    for (uint32_t i = 0; i < f->scan->files; i++) {
        const char *file = f->scan->file[i].name;
        size_t n = strlen(file), tail = strlen(ending);
        if (n <= tail || n - tail >= sizeof name || strcasecmp(file + n - tail, ending) != 0 || strchr(file, '/'))
            continue;
        if (is_named(loads, file)) continue;
        (void)snprintf(name, sizeof name, "%.*s", (int)(n - tail), file);
        json_t *load = firmware_load(f, name);
        if (load) (void)json_array_append_new(loads, load);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(json_string_value(json_object_get(*(json_t *const *)a, "load")),
                  json_string_value(json_object_get(*(json_t *const *)b, "load")));
}

json_t *firmware_loads(const struct firmware_folder *f)
{
    json_t *loads = json_array(), *sorted = json_array();

    for (size_t i = 0; i < ARRAY_LENGTH(endings); i++)
        add_loads(f, endings[i], loads); /* lists first: they name others */
    size_t n = json_array_size(loads);
    json_t **all = malloc((n + 1) * sizeof *all);
    if (!all) {
        json_decref(sorted);
        return loads;
    }
    for (size_t i = 0; i < n; i++) all[i] = json_array_get(loads, i);
    qsort(all, n, sizeof *all, by_name);
    for (size_t i = 0; i < n; i++) (void)json_array_append(sorted, all[i]);
    free(all);
    json_decref(loads);
    return sorted;
}
