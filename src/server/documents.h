/* server/documents.h: the files that phones ask for: configuration made from the device table, and the owner's files.
 *
 * Takes   names. SEP<MAC>.cnf.xml and SEP<MAC>.cnf are there for known devices only; XMLDefault.cnf.xml
 *         (SEPDefault.cnf.xml is the same) and SEPDefault.cnf only while auto-registration is on, or the setting
 *         default_file_always (CUCM's way) is. Any other name, and one of these that is not made now, is looked up
 *         among the owner's files: a list in memory (the lab's loads), then a source (net/folder.h). Names are compared
 *         as server/catalogue.h says; no name is a path, so nothing can be escaped from.
 * Lists   of rings and of backgrounds (provision/phone_lists.h) are made of the names of the owner's files when he has
 *         no file of that name, and at least one to put into it. All else that phones ask and nobody has (CTL, ITL,
 *         locales, dialplan.xml) is not made: it is the vendor's, or its lack is no trouble.
 * Both    When a document is made and the source has a file of that name as well, the made one wins, or with
 *         `source_first` the file; either way `both` is called, once for each of the last DOCUMENTS_BOTH names.
 * Gives   a `struct served` whose bytes never change, and which is there until it is released as often as it was
 *         found. When a device changes, the next find makes a new version; a transfer goes on with the one it holds.
 * Memory  documents_size(slots) bytes from the owner; each slot holds one document of up to DOCUMENT_SLOT bytes, of
 *         which only what was written is ever touched. As many slots are needed as different phones fetch at the same
 *         time.
 * Cost    a find is one hash; a document that has not changed since it was last asked is not made again.
 * Errors  FOUND_NOTHING: no such file; FOUND_BUSY: all slots are held; a document longer than a slot is FOUND_BUSY too;
 *         FOUND_DENIED: the source has it and may not read it.
 */
#ifndef SERVER_DOCUMENTS_H
#define SERVER_DOCUMENTS_H
#include "server/catalogue.h"
#include "server/devices.h"

enum { DOCUMENT_SLOT = 12288, DOCUMENTS_BOTH = 64 };

/* What a transfer reads. Whoever serves it holds one from `find` to `release`. */
struct served {
    struct bytes bytes;
    uint32_t held;
    const void *owner; /* the context of the source that it came from; NULL: the documents themselves */
    bool promises;     /* it says what is to be remembered (server/store.h): it leaves when that is stored */
};

enum found { FOUND, FOUND_NOTHING, FOUND_BUSY, FOUND_DENIED };

struct file {
    struct bytes name, bytes; /* both outlive the documents; not moved or changed while the engine runs */
};

/* Where files come from that are not in memory. */
struct file_source {
    enum found (*find)(void *context, struct bytes name, struct served **out);
    void (*release)(void *context, struct served *);
    bool (*has)(void *context, struct bytes name); /* without fetching it */
    void *context;                                 /* not NULL */
    bool (*at)(void *context, uint32_t i,
               struct bytes *name); /* the ith name, 0 up; false: no more; NULL: cannot tell */
};

struct document_slot {
    struct served served;
    enum asked_kind kind, made; /* kind ASKED_OTHER: cannot be found; made: what is in it all the same */
    struct mac mac;
    uint64_t stamp;        /* of the device, or of the table when a default file */
    uint32_t next;         /* in its hash chain */
    uint32_t newer, older; /* among those that nobody holds, by their last use */
    uint8_t *memory;
};

struct documents {
    struct devices *devices;
    struct document_slot *slot;
    uint32_t slots, *bucket, buckets, newest, oldest;
    const struct file *file;
    struct served *file_served; /* one for each file */
    struct catalogue catalogue; /* of the files */
    struct file_source source;  /* find NULL: none */
    bool source_first;
    void (*both)(void *context, struct bytes name, bool made_wins); /* may be NULL */
    void *both_context;
    uint32_t told[DOCUMENTS_BOTH]; /* hashes of the names that `both` was called for; a ring */
    uint32_t told_at;
};

size_t documents_size(uint32_t slots, size_t files);
bool documents_init(struct documents *, struct devices *, uint32_t slots, const struct file *files, size_t file_count,
                    void *memory, size_t size);
/* Files from elsewhere, from now on. `both` may be NULL. */
void documents_from(struct documents *, const struct file_source *, bool source_first,
                    void (*both)(void *context, struct bytes name, bool made_wins), void *context);
enum found documents_find(void *documents, struct bytes name, struct served **out);
/* `whole`: the client has acknowledged all of it. An own file is then noted as fetched in its device. */
void documents_release(void *documents, struct served *, bool whole);
#endif
