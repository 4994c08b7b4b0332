/* provision/load.h: image loads. One file `<load>.bin`, made by `dialtone firmware make`; and the list `<load>.loads`.
 *
 * Form of .bin: header of LOAD_HEADER bytes (magic "DIALLOAD", format u16 = 1, flags u16 = 0, manifest length u32,
 * payload length u32, all big endian, and the SHA-256 of manifest + payload, padded with zeros), the manifest (text
 * lines `key value`), the payload. See provision/load_form.h.
 * The load makes the phone: its manifest says how a phone that runs it behaves. Keys: see struct load_manifest, one
 * line a key; unknown keys are passed over, a known key with a bad value is refused with its offset. `name` and
 * `models` must be there; what else is absent is as of a plain old phone (see manifest_read).
 * A load that is not ours (a vendor's) is recognised by its own header (see load_foreign) and runs with the manifest
 * that load_manifest_for derives from the model table for the name in that header; a name of no model's family gives a
 * manifest with models = 0, which fits nothing. Its signature cannot be checked: nobody here has the key. The project
 * holds none.
 * Reading goes through a function, since flash is not memory: load_open reads header and manifest, checks lengths and
 * the digest over everything, 1 KiB at a time.
 */
#ifndef PROVISION_LOAD_H
#define PROVISION_LOAD_H
#include "base/digest.h"
#include "base/md5.h"
#include "provision/document.h"
#include "provision/models.h"

enum { LOAD_HEADER = 64, LOAD_MANIFEST_MOST = 2048, LOAD_BUILT_IN_MOST = 32768, LOAD_CODECS = 12, LOAD_MODELS = 8 };

struct load_manifest {
    char name[LOAD_NAME]; /* name P0030801SR02 */
    char version[32];     /* version 8.1(2) */
    uint32_t model[LOAD_MODELS];
    uint8_t models;                        /* models 7940,7960 in the text: device types here; what it fits */
    uint8_t hardware_least, hardware_most; /* hardware 1-9: revisions that it fits */
    char files_order;                      /* files A: which names are asked, in the order of that class (A to K) */
    enum xml_use xml;                      /* xml yes|no|both */
    bool asks_loads;           /* next loads|bin: which name is asked for another load: <load>.loads or <load>.bin */
    uint8_t protocol;          /* sccp 11: highest protocol version */
    uint8_t features[3];       /* features 006085 (hex) */
    uint16_t register_length;  /* register 64: bytes of the Register body (52, 64, 124) */
    uint8_t instance;          /* instance 1 */
    bool cdp, lldp;            /* discovery cdp|lldp|cdp,lldp */
    uint32_t cdp_capabilities; /* capabilities 0x490 */
    bool asks_power;           /* power-request yes: sends TLV 0x19 and may go above low power */
    bool soft_keys;            /* soft-keys yes|no */
    bool trust_files;          /* trust-files yes|no: asks CTL (and ITL in class B) first */
    uint16_t codec[LOAD_CODECS];
    uint8_t codecs;     /* codecs 4,2,12: SCCP numbers */
    uint16_t vlan_wait; /* vlan-wait 10: s without an answer until it goes on untagged */
};

typedef bool load_read_fn(void *context, size_t at, uint8_t *to, size_t n); /* false: beyond the end or unreadable */

struct load_info {
    struct load_manifest manifest;
    size_t length;        /* of the whole file */
    struct digest digest; /* its content's name: of manifest and payload; of the whole file where it is foreign */
    bool foreign;         /* not ours: header and parts checked, manifest derived */
};

/* Checks everything. `capacity`: the most bytes that may be there (a bank's size); what stands behind one of our loads
 * is of no matter, a foreign one goes to the end of what can be read. Faults, with *out all zeros: FAULT_VALUE magic or
 * manifest, FAULT_LONG beyond capacity, FAULT_SHORT, FAULT_CHECK digest. load_open_bytes: of exactly these bytes; more
 * behind the load is FAULT_LONG. */
bool load_open(struct load_info *out, load_read_fn *, void *context, size_t capacity, struct fault *why);
bool load_open_bytes(struct load_info *out, struct bytes, struct fault *why);
bool load_fits(const struct load_manifest *, uint32_t device_type, uint8_t hardware); /* else "Load Rejected HC" */
bool manifest_read(struct load_manifest *out, struct bytes text, struct fault *why);
void manifest_write(struct writer *, const struct load_manifest *);
void load_make(struct writer *, const struct load_manifest *, struct bytes payload); /* a whole .bin */
/* What a load of this name does on this model, from the table: for foreign loads and as the base of the built-in ones.
 * Its models are all that run loads of that family (P003…, SCCP41.…): not `model` itself when the name is another
 * phone's. */
void load_manifest_for(struct load_manifest *out, const struct phone_model *, struct bytes name);
/* The lab's built-in loads: for each SCCP model its table load, and one older load each, deterministic payload (seeded
 * by the name). NULL when there is none of that name. `older` gives the model's older load name. */
const char *load_built_in(const struct phone_model *, bool older);
bool load_built_in_make(struct writer *, struct bytes name); /* false: no such load; at most LOAD_BUILT_IN_MOST bytes */

/* <load>.loads: lines (CRLF or LF, the last may have none, blanks at the end, `#` comments); a line with `=` is passed
 * over; what follows a name on its line (size, digest) too. A signed header must be taken off first (load_foreign). */
bool loads_next(struct bytes *text, struct bytes *file_name);
/* The same with what 792x lists say behind a name: `NAME size MD5` (?); what is no number, or no MD5, is as if it were
 * not there, and a size of 0 too. Gives optional files as well, `#+ NAME size MD5`, which a phone may do without
 * (?). */
struct loads_part {
    struct bytes name;
    bool optional, has_md5;
    uint64_t size; /* 0: not said */
    struct md5 md5;
};
bool loads_next_part(struct bytes *text, struct loads_part *);
void loads_write(struct writer *, struct bytes load); /* a comment and `<load>.bin` */
/* A vendor's signed header before .loads/.sbn/.sgn/.tlv (TLVs 01 .. 0f): its total length, 0 when there is none, and
 * the file name that it carries. None: 0 and FAULT_NONE; unsound: 0 and a fault. */
size_t load_foreign(struct bytes, struct bytes *file_name, struct fault *why);
#endif
