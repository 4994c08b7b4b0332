/* server/documents.h: the files that phones ask for: configuration made from the device table, and the owner's files.
 *
 * Takes   names. SEP<MAC>.cnf.xml and SEP<MAC>.cnf are there for known devices only; XMLDefault.cnf.xml
 *         (SEPDefault.cnf.xml is the same) and SEPDefault.cnf only while auto-registration is on, or the setting
 *         default_file_always (CUCM's way) is. Any other name is looked up, without case, among the owner's files
 *         (image loads and their lists); "/", "\" and "Cisco/" before a name are passed over. There is no folder:
 *         nothing can be escaped from.
 * Gives   a `struct served` whose bytes never change, and which is there until it is released as often as it was
 *         found. When a device changes, the next find makes a new version; a transfer goes on with the one it holds.
 * Memory  documents_size(slots) bytes from the owner; each slot holds one document of up to DOCUMENT_SLOT bytes.
 * Errors  FOUND_NOTHING: no such file; FOUND_BUSY: all slots are held; a document longer than a slot is FOUND_BUSY too.
 */
#ifndef SERVER_DOCUMENTS_H
#define SERVER_DOCUMENTS_H
#include "server/devices.h"

enum { DOCUMENT_SLOT = 12288 };

/* What a transfer reads. The TFTP engine holds one from `find` to `release`. */
struct served {
    struct bytes bytes;
    uint32_t held;
};

enum found { FOUND, FOUND_NOTHING, FOUND_BUSY };

struct file {
    struct bytes name, bytes; /* both outlive the documents; not moved or changed while the engine runs */
};

struct document_slot {
    struct served served;
    enum asked_kind kind; /* ASKED_OTHER: never used */
    struct mac mac;
    uint64_t stamp; /* of the device, or of the table when a default file */
    uint64_t last;  /* use, for reuse of the one that was not used longest */
    uint8_t *memory;
};

struct documents {
    struct devices *devices;
    struct document_slot *slot;
    uint32_t slots;
    uint64_t uses;
    const struct file *file;
    struct served *file_served; /* one for each file */
    size_t files;
};

size_t documents_size(uint32_t slots, size_t files);
bool documents_init(struct documents *, struct devices *, uint32_t slots, const struct file *files, size_t file_count,
                    void *memory, size_t size);
enum found documents_find(void *documents, struct bytes name, struct served **out);
/* `whole`: the client has acknowledged all of it. An own file is then noted as fetched in its device. */
void documents_release(void *documents, struct served *, bool whole);
#endif
