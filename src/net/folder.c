#include "net/folder.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TICK_MS = 10 * 1000,
    SOON_MS = 200, /* several changes come together: one look */
    REST = 20,     /* a look takes at most one part in so many of the time */
    READ_TRIES = 3,
    MEMORY_MOST = 256 << 20,
    CHUNK = 1 << 20,
};
#define CHECK_EVERY (1 * SECOND)
#define KEEP_UNUSED (60 * SECOND)

static void hear(const struct folder *f, enum folder_news what, const char *name, int error)
{
    if (f->heard) f->heard(f->context, what, name, error);
}

/* --- contents in memory --- */

static void unlink_used(struct folder *f, struct folder_file *file)
{
    *(file->newer ? &file->newer->older : &f->newest) = file->older;
    *(file->older ? &file->older->newer : &f->oldest) = file->newer;
    file->newer = file->older = NULL;
}

static void link_used(struct folder *f, struct folder_file *file)
{
    file->older = f->newest;
    *(f->newest ? &f->newest->newer : &f->oldest) = file;
    f->newest = file;
}

static void drop_content(struct folder *f, struct folder_file *file)
{
    if (!file->read) return;
    unlink_used(f, file);
    f->counts.memory -= file->served.bytes.len;
    free((void *)(uintptr_t)file->served.bytes.at);
    file->served.bytes = (struct bytes){0};
    file->read = false;
}

static void free_file(struct folder *f, struct folder_file *file)
{
    drop_content(f, file);
    free(file->name);
    free(file->path);
    free(file);
}

/* The catalogue has it no longer. */
static void retire(struct folder *f, struct folder_file *file)
{
    file->current = false;
    if (file->served.held == 0) free_file(f, file);
}

/* Drops what nobody holds, from the one not used longest on, until `size` more bytes may be read. */
static bool make_room(struct folder *f, uint64_t size)
{
    struct folder_file *file = f->oldest;

    while (file && f->counts.memory + size > f->memory_most) {
        struct folder_file *newer = file->newer;
        if (file->served.held == 0) {
            f->counts.dropped++;
            drop_content(f, file);
        }
        file = newer;
    }
    return f->counts.memory + size <= f->memory_most;
}

static bool read_whole(int fd, uint8_t *to, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = pread(fd, to + done, size - done < CHUNK ? size - done : CHUNK, (off_t)done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        done += (size_t)n;
    }
    return true;
}

/* Reads the file that `fd` is, of identity *id; *id becomes what was read. */
static enum found read_in(struct folder *f, struct folder_file *file, int fd, struct file_identity *id)
{
    for (unsigned i = 0; i < READ_TRIES; i++) {
        struct stat after;
        if (id->size > f->memory_most) {
            hear(f, FOLDER_TOO_LARGE, file->name, 0);
            return FOUND_DENIED;
        }
        if (!make_room(f, id->size)) return FOUND_BUSY;
        uint8_t *bytes = malloc(id->size ? id->size : 1);
        if (!bytes) return FOUND_BUSY;
        bool whole = read_whole(fd, bytes, id->size);
        int error = errno;
        if (fstat(fd, &after) != 0) whole = false;
        struct file_identity now = identity_of(&after);
        if (whole && identity_equal(id, &now)) {
            file->served.bytes = (struct bytes){bytes, id->size};
            file->read = true;
            f->counts.memory += id->size;
            f->counts.read++;
            f->counts.read_bytes += id->size;
            link_used(f, file);
            return FOUND;
        }
        free(bytes);
        if (!whole && identity_equal(id, &now)) {
            hear(f, FOLDER_UNREADABLE, file->name, error);
            return FOUND_DENIED;
        }
        f->counts.torn++;
        *id = now;
    }
    return FOUND_BUSY;
}

/* --- finding --- */

static struct folder_file *new_file(const char *name, const char *path)
{
    struct folder_file *file = calloc(1, sizeof *file);

    if (!file) return NULL;
    file->name = strdup(name);
    file->path = path ? strdup(path) : NULL;
    file->current = true;
    if (file->name && (!path || file->path)) return file;
    free(file->name);
    free(file->path);
    free(file);
    return NULL;
}

static enum found hold(struct folder *f, struct folder_file *file, usec now, struct served **out)
{
    file->used = now;
    unlink_used(f, file);
    link_used(f, file);
    file->served.owner = f;
    file->served.held++;
    *out = &file->served;
    return FOUND;
}

/* It is another version than before: those who hold that go on with it. The new one, in its place in the catalogue. */
static struct folder_file *another_version(struct folder *f, uint32_t i)
{
    struct folder_file *old = f->file[i], *file = new_file(old->name, old->path);

    if (!file) return NULL;
    f->file[i] = file;
    f->catalogue.entry[i].name = bytes_of(file->name);
    retire(f, old);
    return file;
}

static enum found open_and_read(struct folder *f, uint32_t i, usec now, struct served **out)
{
    struct folder_file *file = f->file[i];
    struct stat is;
    int fd = open_beneath(f->root, file->path ? file->path : file->name, O_RDONLY | O_NONBLOCK);

    if (fd < 0) {
        folder_rescan(f);
        if (fd == -EACCES || fd == -EPERM) return FOUND_DENIED;
        return fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM ? FOUND_BUSY : FOUND_NOTHING;
    }
    enum found found = FOUND_NOTHING;
    if (fstat(fd, &is) == 0 && S_ISREG(is.st_mode)) {
        struct file_identity id = identity_of(&is);
        bool same = identity_equal(&id, &file->identity);
        if (!same && file->read) file = another_version(f, i);
        found = !file ? FOUND_BUSY : file->read ? FOUND : read_in(f, file, fd, &id);
        if (file) file->identity = id;
    }
    close(fd);
    if (found != FOUND || !file) return found;
    file->checked = now;
    return hold(f, file, now, out);
}

static enum found find(void *folder, struct bytes name, struct served **out)
{
    struct folder *f = folder;
    uint32_t i = catalogue_find(&f->catalogue, name);
    usec now = loop_now(f->loop);

    if (i == CATALOGUE_NONE) return FOUND_NOTHING;
    struct folder_file *file = f->file[i];
    if (file->read && (f->root < 0 || now - file->checked < CHECK_EVERY)) return hold(f, file, now, out);
    return f->root < 0 ? FOUND_NOTHING : open_and_read(f, i, now, out);
}

static void release(void *folder, struct served *served)
{
    struct folder *f = folder;
    struct folder_file *file = (struct folder_file *)served;

    if (served->held > 0) served->held--;
    if (served->held == 0 && !file->current) free_file(f, file);
}

static bool has(void *folder, struct bytes name)
{
    return catalogue_find(&((struct folder *)folder)->catalogue, name) != CATALOGUE_NONE;
}

static bool at(void *context, uint32_t i, struct bytes *name)
{
    const struct folder_file *file = folder_at(context, i);

    if (file) *name = bytes_of(file->name);
    return file != NULL;
}

struct file_source folder_source(struct folder *f)
{
    return (struct file_source){find, release, has, f, at};
}

const struct folder_file *folder_at(const struct folder *f, uint32_t i)
{
    return i < f->files ? f->file[i] : NULL;
}

/* --- a new catalogue --- */

/* Both lists are in the order of names. A file that is as it was keeps what was read of it. Returns how many differ. */
static uint32_t fill(struct folder *f, struct folder_file **to, const struct scan *s)
{
    uint32_t old = 0, n = 0, differ = 0;

    for (uint32_t i = 0; i < s->files; i++) {
        const struct scanned_file *is = &s->file[i];
        int order = -1;
        while (old < f->files && (order = strcmp(f->file[old]->name, is->name)) < 0)
            retire(f, f->file[old++]), differ++;
        struct folder_file *file = NULL;
        if (old < f->files && order == 0) {
            file = f->file[old++];
            bool same_path = strcmp(is->path ? is->path : is->name, file->path ? file->path : file->name) == 0;
            if (!same_path || !identity_equal(&file->identity, &is->identity)) {
                retire(f, file);
                file = NULL;
            }
        }
        if (!file) {
            file = new_file(is->name, is->path);
            differ++;
            if (!file) continue;
            file->identity = is->identity;
        }
        if (catalogue_add(&f->catalogue, bytes_of(file->name)) == n)
            to[n++] = file;
        else
            retire(f, file);
    }
    while (old < f->files) retire(f, f->file[old++]), differ++;
    f->files = n;
    return differ;
}

static void adopt(struct folder *f, const struct scan *s)
{
    size_t size = catalogue_size(s->files);
    struct folder_file **file = calloc(s->files ? s->files : 1, sizeof *file);
    void *memory = malloc(size ? size : 1);

    if (!file || !memory) {
        free(file);
        free(memory);
        hear(f, FOLDER_TOO_MANY, "", ENOMEM);
        return;
    }
    (void)catalogue_init(&f->catalogue, s->files, memory, size);
    uint32_t differ = fill(f, file, s);
    free(f->file);
    free(f->catalogue_memory);
    f->file = file;
    f->catalogue_memory = memory;
    f->counts.files = f->files;
    f->counts.folders = s->folders;
    if (differ || f->counts.scans == 0) hear(f, FOLDER_SCANNED, "", (int)f->files);
    if (s->trouble_hash != f->trouble_hash)
        for (uint32_t i = 0; i < s->troubles; i++) hear(f, s->trouble[i].what, s->trouble[i].name, s->trouble[i].error);
    f->trouble_hash = s->trouble_hash;
}

/* --- watching --- */

static void on_event(uv_fs_event_t *watch, const char *name, int events, int status)
{
    (void)name;
    (void)events;
    (void)status;
    folder_rescan(watch->data);
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void unwatch(struct folder *f)
{
    for (uint32_t i = 0; i < f->watches; i++) {
        if (f->watch[i]) uv_close((uv_handle_t *)f->watch[i], free_handle);
        free(f->watched[i]);
    }
    free(f->watch);
    free(f->watched);
    f->watch = NULL;
    f->watched = NULL;
    f->watches = 0;
}

static bool watch_one(struct folder *f, const char *folder, int *error)
{
    size_t size = strlen(f->path) + strlen(folder) + 2;
    char *path = malloc(size), *copy = strdup(folder);
    uv_fs_event_t *watch = malloc(sizeof *watch);

    if (!path || !copy || !watch) {
        free(path);
        free(copy);
        free(watch);
        *error = ENOMEM;
        return false;
    }
    (void)snprintf(path, size, "%s/%s", f->path, folder);
    (void)uv_fs_event_init(&f->loop->uv, watch);
    watch->data = f;
    *error = -uv_fs_event_start(watch, on_event, path, 0);
    free(path);
    f->watch[f->watches] = watch;
    f->watched[f->watches++] = copy;
    return *error == 0;
}

/* Watches the folders of this scan. True when they are others than before: what changed between is looked for again. */
static bool watch(struct folder *f, const struct scan *s)
{
    bool same = s->folders == f->watches;
    int error = 0;

    for (uint32_t i = 0; same && i < s->folders; i++) same = strcmp(s->folder[i], f->watched[i]) == 0;
    if (same) return false;
    unwatch(f);
    f->watch = calloc(s->folders, sizeof *f->watch);
    f->watched = calloc(s->folders, sizeof *f->watched);
    bool all = f->watch && f->watched;
    for (uint32_t i = 0; all && i < s->folders; i++) all = watch_one(f, s->folder[i], &error);
    if (!all && !f->unwatched) hear(f, FOLDER_UNWATCHED, "", error);
    f->unwatched = !all;
    return all;
}

/* --- looking through --- */

/* The folder may be another one of the same name by now. */
static void open_root(struct folder *f, int scan_error)
{
    int root = scan_error ? -1 : open(f->path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (root < 0 && !f->gone) hear(f, FOLDER_GONE, "", scan_error ? -scan_error : errno);
    f->gone = root < 0;
    if (f->root >= 0) close(f->root);
    f->root = root;
}

static void take(struct folder *f, struct scan *s)
{
    open_root(f, s->error);
    if (!s->error) {
        adopt(f, s);
        if (watch(f, s)) folder_rescan(f);
    } else {
        unwatch(f); /* of what is gone */
        f->unwatched = true;
    }
    f->counts.scans++;
    f->scan_took = loop_now(f->loop) - f->scan_began;
}

static void scan_on_worker(uv_work_t *work)
{
    struct folder *f = work->data;

    f->scan = folder_scan(f->path);
}

static void scanned(uv_work_t *work, int status)
{
    struct folder *f = work->data;
    struct scan *s = f->scan;

    f->scanning = false;
    f->scan = NULL;
    if (s && status == 0 && !f->closing) take(f, s);
    folder_scan_free(s);
    if (f->again && !f->closing) {
        f->again = false;
        folder_rescan(f);
    }
}

static void on_soon(uv_timer_t *timer)
{
    struct folder *f = timer->data;

    f->scanning = true;
    f->scan_began = loop_now(f->loop);
    f->work.data = f;
    if (uv_queue_work(&f->loop->uv, &f->work, scan_on_worker, scanned) != 0) f->scanning = false;
}

void folder_rescan(struct folder *f)
{
    if (f->closing || uv_is_active((uv_handle_t *)&f->soon)) return;
    if (f->scanning) {
        f->again = true;
        return;
    }
    uint64_t wait = f->scan_took * REST / MSEC;
    (void)uv_timer_start(&f->soon, on_soon, wait > SOON_MS ? wait : SOON_MS, 0);
}

static void on_tick(uv_timer_t *timer)
{
    struct folder *f = timer->data;
    usec now = loop_now(f->loop);

    for (struct folder_file *file = f->oldest, *newer; file; file = newer) {
        newer = file->newer;
        if (file->served.held == 0 && now - file->used >= KEEP_UNUSED) drop_content(f, file);
    }
    if (f->unwatched) folder_rescan(f);
}

int folder_open(struct folder *f, struct loop *loop, const struct folder_config *config, struct net_error *why)
{
    *f = (struct folder){.loop = loop,
                         .memory_most = config->memory_most ? config->memory_most : MEMORY_MOST,
                         .heard = config->heard,
                         .context = config->context,
                         .root = -1};
    f->path = strdup(config->path);
    f->scan_began = loop_now(loop);
    struct scan *s = f->path ? folder_scan(f->path) : NULL;
    int error = s ? s->error : -ENOMEM;
    if (error) {
        folder_scan_free(s);
        free(f->path);
        errno = -error;
        return net_fail_errno(why, "folder %s", config->path);
    }
    (void)uv_timer_init(&loop->uv, &f->tick);
    (void)uv_timer_init(&loop->uv, &f->soon);
    f->tick.data = f->soon.data = f;
    take(f, s);
    folder_scan_free(s);
    (void)uv_timer_start(&f->tick, on_tick, TICK_MS, TICK_MS);
    return 0;
}

void folder_close(struct folder *f)
{
    f->closing = true;
    uv_close((uv_handle_t *)&f->tick, NULL);
    uv_close((uv_handle_t *)&f->soon, NULL);
    unwatch(f);
    while (f->scanning) (void)uv_run(&f->loop->uv, UV_RUN_ONCE);
    while (f->oldest) {
        struct folder_file *file = f->oldest;
        drop_content(f, file);
        if (!file->current) free_file(f, file);
    }
    for (uint32_t i = 0; i < f->files; i++) free_file(f, f->file[i]);
    free(f->file);
    free(f->catalogue_memory);
    free(f->path);
    if (f->root >= 0) close(f->root);
}
