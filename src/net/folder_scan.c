#include "net/folder_scan.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct walk {
    struct scan *scan;
    int root;
    char real[PATH_MAX]; /* of the folder */
    struct file_identity above[FOLDER_DEPTH];
    uint32_t depth;
};

struct file_identity identity_of(const struct stat *s)
{
    return (struct file_identity){s->st_dev, s->st_ino, (uint64_t)s->st_size,
                                  s->st_mtim.tv_sec * 1000000000 + s->st_mtim.tv_nsec,
                                  s->st_ctim.tv_sec * 1000000000 + s->st_ctim.tv_nsec};
}

bool identity_equal(const struct file_identity *a, const struct file_identity *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size && a->modified == b->modified &&
           a->changed == b->changed;
}

/* Part by part, and no link in any of them. */
static int open_without_links(int root, const char *path, int flags)
{
    char part[NAME_MAX + 1];
    int at = root, next = -1;

    for (;;) {
        size_t n = strcspn(path, "/");
        bool last = path[n] == '\0';
        if (n == 0 || n >= sizeof part) {
            errno = ENAMETOOLONG;
            next = -1;
        } else {
            memcpy(part, path, n);
            part[n] = '\0';
            int how = last ? flags : O_PATH | O_DIRECTORY;
            next = strcmp(part, "..") == 0 ? -1 : openat(at, part, how | O_NOFOLLOW | O_CLOEXEC);
        }
        int error = errno;
        if (at != root) close(at);
        if (next < 0) return error ? -error : -ENOENT;
        if (last) return next;
        at = next;
        path += n + 1;
    }
}

int open_beneath(int root, const char *path, int flags)
{
    struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};

    int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0) return fd;
    if (errno == ENOSYS || errno == EPERM) return open_without_links(root, path, flags); /* EPERM: a seccomp filter */
    return -errno;
}

static void trouble(struct scan *s, enum folder_news what, int error, const char *name)
{
    s->trouble_hash = s->trouble_hash * 31 + (uint64_t)what;
    for (const char *c = name; *c; c++) s->trouble_hash = (s->trouble_hash ^ (uint8_t)*c) * 0x100000001b3u;
    if (s->troubles == FOLDER_TROUBLES) return;
    s->trouble[s->troubles].what = what;
    s->trouble[s->troubles].error = error;
    (void)text_copy(s->trouble[s->troubles].name, sizeof s->trouble[0].name, bytes_of(name));
    s->troubles++;
}

static void add_file(struct walk *w, const char *name, const char *path, const struct stat *is)
{
    struct scan *s = w->scan;

    if (s->files == FOLDER_FILES_MOST) {
        trouble(s, FOLDER_TOO_MANY, 0, name);
        return;
    }
    if (s->files == s->files_size) {
        uint32_t size = s->files_size ? s->files_size * 2 : 64;
        struct scanned_file *more = realloc(s->file, size * sizeof *more);
        if (!more) {
            trouble(s, FOLDER_TOO_MANY, ENOMEM, name);
            return;
        }
        s->file = more;
        s->files_size = size;
    }
    struct scanned_file *f = &s->file[s->files];
    *f = (struct scanned_file){.name = strdup(name), .path = strcmp(name, path) == 0 ? NULL : strdup(path)};
    f->identity = identity_of(is);
    if (f->name)
        s->files++;
    else
        free(f->path);
}

/* Where a link really leads: true when that is in the folder, even if its text leads out of it first (an absolute
 * path), or the kernel has no openat2. Else errno is ENOENT when it leads to nothing. */
static bool is_inside(const struct walk *w, int folder, const char *entry, char path[PATH_MAX])
{
    char link[64], real[PATH_MAX];
    size_t root = strlen(w->real);
    int fd = openat(folder, entry, O_PATH | O_CLOEXEC);

    if (fd < 0) return false;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, real, sizeof real - 1);
    close(fd);
    errno = EXDEV;
    if (n <= 0 || root == 0) return false;
    real[n] = '\0';
    if (strncmp(real, w->real, root) != 0 || real[root] != '/') return false;
    (void)snprintf(path, PATH_MAX, "%s", real + root + 1);
    return path[0] != '\0';
}

static void walk(struct walk *, const char *name, const char *path);

static void look_at(struct walk *w, int folder, const char *entry, const char *name, const char *path)
{
    char real[PATH_MAX];
    struct stat is = {0};
    int fd = open_beneath(w->root, path, O_PATH);
    bool known = fd >= 0 && fstat(fd, &is) == 0;

    if (fd == -EXDEV || fd == -ELOOP || (known && S_ISLNK(is.st_mode))) { /* a link itself: by O_NOFOLLOW */
        if (fd >= 0) close(fd);
        if (!is_inside(w, folder, entry, real)) {
            if (errno != ENOENT) trouble(w->scan, FOLDER_OUTSIDE, 0, name);
            return;
        }
        path = real;
        fd = open_beneath(w->root, path, O_PATH);
        known = fd >= 0 && fstat(fd, &is) == 0;
    }
    if (fd >= 0) close(fd);
    if (fd < 0 && fd != -ENOENT) trouble(w->scan, FOLDER_UNREADABLE, -fd, name); /* not: gone, or a link to nothing */
    if (!known) return;
    if (S_ISDIR(is.st_mode))
        walk(w, name, path);
    else if (S_ISREG(is.st_mode)) {
        if (faccessat(w->root, path, R_OK, AT_EACCESS) != 0) trouble(w->scan, FOLDER_UNREADABLE, errno, name);
        add_file(w, name, path, &is);
    }
}

/* Names are text of C, so none has a NUL; what the catalogue does not take is not served. */
static void each_entry(struct walk *w, DIR *dir, const char *name, const char *path)
{
    char entry_name[PATH_MAX], entry_path[PATH_MAX];
    struct dirent *e;

    while ((e = readdir(dir))) {
        if (e->d_name[0] == '.') continue;
        const char *slash = name[0] ? "/" : "";
        int n = snprintf(entry_name, sizeof entry_name, "%s%s%s", name, slash, e->d_name);
        int p = snprintf(entry_path, sizeof entry_path, "%s%s%s", path, path[0] ? "/" : "", e->d_name);
        if (n >= (int)sizeof entry_name || p >= (int)sizeof entry_path) continue;
        look_at(w, dirfd(dir), e->d_name, entry_name, entry_path);
    }
}

static bool is_above(const struct walk *w, const struct file_identity *id)
{
    for (uint32_t i = 0; i < w->depth; i++)
        if (w->above[i].device == id->device && w->above[i].inode == id->inode) return true;
    return false;
}

static void walk(struct walk *w, const char *name, const char *path)
{
    struct scan *s = w->scan;
    struct stat is;
    int fd = open_beneath(w->root, path[0] ? path : ".", O_RDONLY | O_DIRECTORY);

    if (fd < 0 || fstat(fd, &is) != 0) {
        if (fd >= 0) close(fd);
        if (fd != -ENOENT) trouble(s, FOLDER_UNREADABLE, fd < 0 ? -fd : errno, name);
        return;
    }
    struct file_identity id = identity_of(&is);
    bool loop = is_above(w, &id), full = w->depth == FOLDER_DEPTH || s->folders == FOLDER_FOLDERS_MOST;
    if (full && !loop) trouble(s, FOLDER_TOO_MANY, 0, name);
    DIR *dir = loop || full ? NULL : fdopendir(fd);
    char *copy = dir ? strdup(name) : NULL;
    if (!dir || !copy) {
        if (dir)
            (void)closedir(dir);
        else
            close(fd);
        return;
    }
    s->folder[s->folders++] = copy;
    w->above[w->depth++] = id;
    each_entry(w, dir, name, path);
    w->depth--;
    (void)closedir(dir);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct scanned_file *)a)->name, ((const struct scanned_file *)b)->name);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct scan *folder_scan(const char *root)
{
    struct scan *s = calloc(1, sizeof *s);
    struct walk *w = calloc(1, sizeof *w);
    char link[64];

    if (s) s->root = strdup(root);
    if (s) s->folder = calloc(FOLDER_FOLDERS_MOST, sizeof *s->folder);
    if (!w || !s || !s->root || !s->folder) {
        folder_scan_free(s);
        free(w);
        return NULL;
    }
    w->scan = s;
    w->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w->root < 0) {
        s->error = -errno;
    } else {
        (void)snprintf(link, sizeof link, "/proc/self/fd/%d", w->root);
        ssize_t n = readlink(link, w->real, sizeof w->real - 1);
        w->real[n > 0 ? n : 0] = '\0';
        walk(w, "", "");
        close(w->root);
    }
    if (s->files) qsort(s->file, s->files, sizeof *s->file, by_name);
    if (s->folders) qsort(s->folder, s->folders, sizeof *s->folder, by_text);
    free(w);
    return s;
}

void folder_scan_free(struct scan *s)
{
    if (!s) return;
    for (uint32_t i = 0; i < s->files; i++) {
        free(s->file[i].name);
        free(s->file[i].path);
    }
    for (uint32_t i = 0; s->folder && i < s->folders; i++) free(s->folder[i]);
    free(s->file);
    free(s->folder);
    free(s->root);
    free(s);
}
