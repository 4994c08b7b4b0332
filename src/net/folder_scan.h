/* net/folder_scan.h: what stands in a folder, and opening what stands in it; used by net/folder.c alone.
 *
 * folder_scan  walks the folder and its sub-folders; touches nothing but its own memory, so that it can run on a worker
 *         thread. Of regular files: name, where it really is, identity. Names that begin with a dot are passed over, as
 *         are sockets, pipes and devices.
 * Links   are followed when they lead to something in the folder, also by an absolute path. One that leads out is
 *         trouble, told and not served. A link to a folder that it stands in is not entered.
 * open_beneath  opens a path that is relative to the folder; the kernel (openat2, RESOLVE_BENEATH) refuses whatever
 *         leads out of it, at that very moment, whoever has changed a link since. Where there is
 *         no openat2 (before Linux 5.6, or by a filter) no link in the path is followed: those that the walk found to
 *         lead to something in the folder are opened by where they lead.
 */
#ifndef NET_FOLDER_SCAN_H
#define NET_FOLDER_SCAN_H
#include "base/engine.h"
#include <sys/stat.h>

enum { FOLDER_FILES_MOST = 65536, FOLDER_FOLDERS_MOST = 1024, FOLDER_DEPTH = 16, FOLDER_TROUBLES = 16 };

/* `error`, where it is named, is a positive errno. */
enum folder_news {
    FOLDER_SCANNED,    /* and something differs from before; `error` is the count of files */
    FOLDER_OUTSIDE,    /* a link leads out of the folder */
    FOLDER_UNREADABLE, /* we may not read it, or it cannot be read: `error` */
    FOLDER_TOO_MANY,   /* files, folders or levels: the rest is not served */
    FOLDER_TOO_LARGE,  /* larger than all the memory that may be used for files */
    FOLDER_GONE,       /* the folder itself: `error`. What was read in is still served */
    FOLDER_UNWATCHED,  /* the kernel tells no changes (`error`): it is looked through every 10 s instead */
};

/* Which version of which file: it differs whenever the content may differ. */
struct file_identity {
    uint64_t device, inode, size;
    int64_t modified, changed; /* ns */
};

struct scanned_file {
    char *name; /* relative to the folder, as asked for */
    char *path; /* relative to the folder, without links; NULL: the name */
    struct file_identity identity;
};

struct scan {
    char *root; /* path of the folder */
    struct scanned_file *file;
    char **folder; /* sub-folders, "" first */
    uint32_t files, folders, files_size;
    struct {
        enum folder_news what;
        int error;
        char name[128];
    } trouble[FOLDER_TROUBLES];
    uint32_t troubles;
    uint64_t trouble_hash; /* of all, also those beyond FOLDER_TROUBLES */
    int error;             /* the folder itself cannot be opened: a negative errno */
};

struct scan *folder_scan(const char *root); /* NULL: no memory */
void folder_scan_free(struct scan *);
int open_beneath(int root, const char *path, int flags); /* a descriptor, or a negative errno */
struct file_identity identity_of(const struct stat *);
bool identity_equal(const struct file_identity *, const struct file_identity *);
#endif
