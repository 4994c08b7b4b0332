/* net/folder.h: the files of a folder, for TFTP and HTTP: a `struct file_source` of server/documents.h.
 *
 * Takes   a path. The folder is looked through at the start and soon after each change in it that the kernel tells
 *         (inotify, by uv_fs_event), or when folder_rescan is called; where the kernel tells nothing, every 10 s. Later
 *         looks run on a worker thread. net/folder_scan.h says what is served, and which links.
 * Names   are those of a catalogue in memory (server/catalogue.h), never a path for the kernel: no request can lead
 *         out.
 * Gives   contents that never change: a file is read whole into shared memory when it is first asked for, by pread, and
 *         kept while anybody holds it and for a minute after. Not mapped: a file that is cut short under a mapping is a
 *         SIGBUS, and one that is written over changes under a transfer; a transfer goes on with what it began with,
 *         whatever happens to the file. 5 MB in the page cache take 2 ms, once for all phones that fetch it.
 * Changes a file that was replaced, written to or removed is noticed when it is asked for, at most a second late (its
 *         identity is compared: device, inode, size, times), also where the kernel tells nothing. One that changes
 *         while it is read is read again, and FOUND_BUSY after the third time: a file had best be put in place by
 *         rename.
 * Memory  memory_most bytes of contents in all (FOUND_BUSY when what others hold leaves too little), and about 200
 *         bytes a file.
 * Errors  FOUND_DENIED: it may not be read, or is larger than memory_most. What a person should know is heard by
 *         `heard`.
 */
#ifndef NET_FOLDER_H
#define NET_FOLDER_H
#include "net/error.h"
#include "net/folder_scan.h"
#include "net/loop.h"
#include "server/catalogue.h"
#include "server/documents.h"

struct folder_config {
    const char *path;
    size_t memory_most;                                                          /* 0: 256 MiB */
    void (*heard)(void *context, enum folder_news, const char *name, int error); /* may be NULL; `name` is borrowed */
    void *context;
};

/* One version of one file. */
struct folder_file {
    struct served served; /* first */
    char *name, *path;    /* path NULL: the name */
    struct file_identity identity;
    bool current; /* the catalogue has it */
    bool read;    /* its content is in memory */
    usec checked; /* when its identity was last compared */
    usec used;
    struct folder_file *newer, *older; /* those that are read, by their last use */
};

struct folder_counts {
    uint64_t files, folders, scans, read, read_bytes, dropped, torn; /* torn: changed while it was read */
    uint64_t memory;                                                 /* of contents, now */
};

struct folder {
    struct loop *loop;
    char *path;
    size_t memory_most;
    void (*heard)(void *context, enum folder_news, const char *name, int error);
    void *context;
    int root; /* the folder; -1: gone */
    struct catalogue catalogue;
    void *catalogue_memory;
    struct folder_file **file; /* as in the catalogue */
    uint32_t files;
    struct folder_file *newest, *oldest;
    uv_timer_t tick, soon;
    uv_work_t work;
    struct scan *scan; /* by the worker */
    bool scanning, again, closing, unwatched, gone;
    usec scan_began, scan_took;
    uv_fs_event_t **watch; /* of each folder in `folder` */
    char **watched;
    uint32_t watches;
    uint64_t trouble_hash;
    struct folder_counts counts;
};

/* Looks through it before it returns. 0 or a negative errno: the folder cannot be opened. */
int folder_open(struct folder *, struct loop *, const struct folder_config *, struct net_error *why);
/* What is held is freed too: the servers that hold it must be gone. Waits for the worker. */
void folder_close(struct folder *);
void folder_rescan(struct folder *); /* soon, on the worker; for SIGHUP */
struct file_source folder_source(struct folder *);
/* The i-th file, in the order of names; NULL: no more. For lists of people. */
const struct folder_file *folder_at(const struct folder *, uint32_t i);
#endif
