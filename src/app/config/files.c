#include "app/config/files.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILES_MOST = 65536 };

/* What a load begins with, model by model: docs/models.md, column load_parts. Phones ask in any case. */
static const char *const suffixes[] = {".loads", ".bin", ".sbn", ".sbin", ".zup", ".sb2"};

struct folder {
    char path[CONFIG_PATH + 8];
    char **stem; /* of each file that has such a suffix */
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* The name without its suffix, allocated; NULL: it is no load's. */
static char *stem_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot && i < ARRAY_LENGTH(suffixes); i++)
        if (strcasecmp(dot, suffixes[i]) == 0) return strndup(name, (size_t)(dot - name));
    return NULL;
}

static bool folder_read(struct folder *f)
{
    DIR *d = opendir(f->path);

    if (!d) return false;
    f->stem = calloc(FILES_MOST, sizeof *f->stem);
    for (struct dirent *e; f->stem && f->count < FILES_MOST && (e = readdir(d));) {
        char *stem = stem_of(e->d_name);
        if (stem) f->stem[f->count++] = stem;
    }
    (void)closedir(d);
    if (f->count) qsort(f->stem, f->count, sizeof *f->stem, by_name);
    return true;
}

static void check_load(const struct folder *f, const char *load, struct config_mark at, struct teller *t)
{
    if (!load[0]) return;
    if (f->count && bsearch(&load, f->stem, f->count, sizeof *f->stem, by_name)) return;
    tell(t, at, "load: there is no %s.loads, .bin, .sbn, .sbin, .zup or .sb2 in %s", load, f->path);
}

void check_loads(const struct serve_config *c, struct teller *t)
{
    const struct config_mark *first = NULL;
    static const struct config_mark nowhere = {0, 0};
    struct folder f = {.path = ""};

    for (size_t i = 0; i < c->pools && !first; i++)
        if (c->pool[i].loads) first = c->pool_at ? &c->pool_at[i].load[0] : &nowhere;
    for (size_t i = 0; i < c->devices && !first; i++)
        if (c->device[i].record.load[0]) first = &c->device[i].load_at;
    if (!first || !c->tftp.serve) return;
    (void)snprintf(f.path, sizeof f.path, c->tftp.folder[0] ? "%s" : "%s/files",
                   c->tftp.folder[0] ? c->tftp.folder : c->state);
    if (!folder_read(&f)) {
        int error = errno;
        if (error == ENOENT)
            tell_note(t, *first, "load: whether it is there cannot be said: there is no folder %s yet", f.path);
        else
            tell(t, *first, "load: the folder %s cannot be read: %s", f.path, strerror(error));
        return;
    }
    for (size_t i = 0; i < c->pools; i++)
        for (uint8_t l = 0; l < c->pool[i].loads; l++)
            check_load(&f, c->pool[i].load[l].load, c->pool_at ? c->pool_at[i].load[l] : nowhere, t);
    for (size_t i = 0; i < c->devices; i++) check_load(&f, c->device[i].record.load, c->device[i].load_at, t);
    for (size_t i = 0; i < f.count; i++) free(f.stem[i]);
    free(f.stem);
}
