/* app/admin/firmware_folder.h: the loads in a folder that TFTP serves: which are there, for which models, and whether
 * all their files are. For people only: the daemon serves whatever the folder holds.
 *
 * A load is what a configuration names: a list, LOAD.loads, with the files that it names; or one file, LOAD.bin and the
 * like. Names are found as a phone's request would find them (net/folder_scan.h, server/catalogue.h).
 *
 * firmware_folder_open  looks through the folder. 0 or a negative errno.
 * firmware_file         what is known of one file: {"name", "bytes", "kind"}, and "wrong", a sentence, when it is not
 *                       sound. Kinds: "ours" (lengths, digest and manifest were checked); "signed" (a vendor's: its
 *                       header was checked; its signature cannot be, nobody here has the key); "list" (a .loads without
 *                       a header); "bare" (no header that we know, so nothing to check but that it is no page, archive
 *                       or nothing). `listed` goes to the models that it says it fits ("model" names are added, each
 *                       once); may be NULL. A file of a list must have the size and the MD5 that a list may say of it
 *                       (provision/load.h).
 * firmware_load         one load: {"load", "bytes", "kind", "models": [], "files": [as above], "missing": [names]}.
 * firmware_loads        all of them, in the order of names.
 * firmware_is_whole     nothing is missing, and every file is sound.
 */
#ifndef APP_ADMIN_FIRMWARE_FOLDER_H
#define APP_ADMIN_FIRMWARE_FOLDER_H
#include "net/folder_scan.h"
#include "server/catalogue.h"
#include <jansson.h>

struct firmware_folder {
    struct scan *scan;
    struct catalogue catalogue;
    void *memory;
};

int firmware_folder_open(struct firmware_folder *, const char *path);
void firmware_folder_close(struct firmware_folder *);
json_t *firmware_file(const char *path, const char *name, json_t *models);
json_t *firmware_load(const struct firmware_folder *, const char *load);
json_t *firmware_loads(const struct firmware_folder *);
bool firmware_is_whole(const json_t *load);
#endif
