/* server/store.h: what the servers remember, and what they promise about it.
 *
 * The payload of ACTION_STORE is one change of one record, in this form:
 *   kind u8 (enum record_kind), operation u8 (enum record_operation), version u8 (of the value's form),
 *   key length u8, key, value (to the end; empty when removed).
 * A store may keep it as it is: key and value are opaque to it. For each (kind, key) the last PUT counts.
 *
 * Promised: nothing that an engine puts after an ACTION_STORE (in the same outbox, or a later one) leaves before that
 *   record is on stable storage: an address is not promised before its lease is, nor a directory number before its
 *   device. When a commit fails, what was put after its STOREs is dropped, and for each STORE of the failed batch its
 *   engine gets EVENT_UNSTORED whose `bytes` are that STORE's payload. It takes the change back; the clients ask again.
 *   (An EVENT_UNSTORED with no bytes is taken and changes nothing.)
 *   What promises nothing (`ahead` of struct action: an OFFER, a NAK, a probe, a TFTP packet that is not of a document)
 *   leaves at once all the same: a disk that stands still for a moment keeps nobody waiting who has not been given
 *   anything yet.
 * Commits share: the first begins at once, the next STORE_SPACING after that at the earliest, with all that came until
 *   then. Under load that is a tenth of the syncs, at most a millisecond later.
 * Time in records is wall time, seconds since 1970: a restart does not move it.
 * Versions: what is written has the newest version of its kind (record_version). An older one is read too, its new
 *   fields empty: device 1 has 6 lines and no speed dials; pool 1 no region.
 * Garbage: a record whose kind, version or text is not known, that ends early or has bytes left over, is refused with
 *   its offset, and the rest of the store is still loaded. A newer version's record is never half understood.
 * Memory: encoding and decoding allocate nothing; decoded text is copied into fixed fields, NUL-terminated. Text that
 *   is too long for its field is refused, not cut.
 */
#ifndef SERVER_STORE_H
#define SERVER_STORE_H
#include "base/engine.h"
#include "provision/document.h"

enum record_kind { RECORD_DEVICE = 1, RECORD_GROUP, RECORD_POOL, RECORD_SETTINGS, RECORD_LEASE, RECORD_COUNTER };
enum record_operation { RECORD_PUT = 1, RECORD_REMOVE };
enum {
    RECORD_VERSION = 1, /* of the kinds that have no version of their own below */
    RECORD_DEVICE_VERSION = 2,
    RECORD_POOL_VERSION = 2,
    RECORD_LEASE_VERSION = 2, /* of a lease; its version 1 ended after `until`, and is still read */
    RECORD_NAME = 32,         /* of a group or pool, with the NUL */
    RECORD_NUMBER = 25,       /* a directory number: SCCP's 24 digits (LineStat), and the NUL */
    RECORD_LABEL = 41,        /* SCCP's 40 letters (LineStat), and the NUL */
    RECORD_LINES = 24,        /* of a device: what a 7931, the widest of the model table, has */
    RECORD_SPEED_DIALS = 12,
    RECORD_CALLMANAGERS = DOCUMENT_CALLMANAGERS,
    RECORD_LOADS = 64,  /* load defaults of a pool */
    RECORD_CLIENT = 32, /* of a DHCP client identifier: as it is, or the SHA-256 of a longer one */
    RECORD_HOST = 28,   /* of the name that a DHCP client tells, and the NUL: longer ones are cut */
    RECORD_MOST = 6144, /* bytes of any payload: a pool with RECORD_LOADS loads; a device has less than 3 KiB */
};

static const usec STORE_SPACING = 1 * MSEC;

struct record_callmanager {
    ipv4 address;
    uint16_t port;
};

struct record_line {
    char number[RECORD_NUMBER]; /* empty: no such line */
    char label[RECORD_LABEL];   /* beside its button */
};

struct record_speed_dial {
    char number[RECORD_NUMBER]; /* empty: none */
    char label[RECORD_LABEL];
};

/* What a change still owes to a registered phone. */
enum owed { OWED_NOTHING, OWED_RESTART, OWED_RESET };

struct device_record { /* key: MAC, 6 bytes */
    struct mac mac;
    uint32_t device_type;           /* SCCP */
    char description[RECORD_LABEL]; /* for people only */
    struct record_line line[RECORD_LINES];
    struct record_speed_dial speed_dial[RECORD_SPEED_DIALS];
    char pool[RECORD_NAME];
    /* What it has for itself instead of its pool's; empty or 0: the pool's. */
    char load[LOAD_NAME], date_template[16], time_zone[48], user_locale[32], network_locale[32];
    struct record_callmanager callmanager[RECORD_CALLMANAGERS];
    uint8_t callmanagers;
    uint64_t stamp; /* version stamp: rises with each change that the phone must see */
    enum owed owed;
    bool automatic; /* made by auto-registration */
};

struct group_record { /* key: name */
    char name[RECORD_NAME];
    struct record_callmanager callmanager[RECORD_CALLMANAGERS]; /* in order: the first is asked first */
    uint8_t callmanagers;
};

struct pool_load {
    uint32_t device_type;
    char load[LOAD_NAME];
};

struct pool_record { /* key: name */
    char name[RECORD_NAME], group[RECORD_NAME];
    char date_template[16], time_zone[48]; /* time_zone: IANA's name */
    char user_locale[32], network_locale[32];
    uint16_t connection_monitor;         /* s; 0: 120 */
    struct pool_load load[RECORD_LOADS]; /* the load of each device type that has no load of its own */
    uint8_t loads;
    char region[RECORD_NAME]; /* for people only: no rule looks at it */
};

struct settings_record {      /* auto-registration; key: empty */
    bool automatic;           /* unknown phones are taken */
    bool default_file_always; /* the default file is served also when they are not: CallManager's way, which ends in
                                       RegisterReject */
    uint32_t first, last;     /* directory numbers to give away, both included */
    char pool[RECORD_NAME];   /* of the devices it makes, and of the default file */
};

enum lease_state { LEASE_FREE, LEASE_OFFERED, LEASE_BOUND, LEASE_QUARANTINED }; /* OFFERED is never stored */

struct lease_record { /* key: address, 4 bytes */
    ipv4 address;
    enum lease_state state;
    struct mac mac;
    uint8_t client[RECORD_CLIENT], client_length; /* client_length 0: known by its MAC; 255: `client` is a digest */
    uint64_t until;                               /* wall time, s */
    uint64_t port;                                /* BOUND: a number of its relay's port (option 82); 0: none */
    ipv4 relay;                                   /* BOUND: giaddr; 0: none */
    char host[RECORD_HOST];                       /* option 12 as the client told it */
};

/* Numbers that must not come twice, not even over a restart. Taken in runs: what is stored is the end of the run. */
enum counter { COUNTER_STAMP, COUNTER_CALL, COUNTER_TOKEN, COUNTERS };

struct counter_record { /* key: u8 */
    enum counter which;
    uint64_t value; /* the first that was never given */
};

struct record {
    enum record_kind kind;
    enum record_operation operation;
    union {
        struct device_record device; /* removed: only the keys are set, in each of them */
        struct group_record group;
        struct pool_record pool;
        struct settings_record settings;
        struct lease_record lease;
        struct counter_record counter;
    };
};

uint8_t record_version(enum record_kind); /* of what is written now */
void device_record_encode(struct writer *, const struct device_record *);
void group_record_encode(struct writer *, const struct group_record *);
void pool_record_encode(struct writer *, const struct pool_record *);
void settings_record_encode(struct writer *, const struct settings_record *);
void lease_record_encode(struct writer *, const struct lease_record *);
void counter_record_encode(struct writer *, const struct counter_record *);
void device_remove_encode(struct writer *, struct mac);
bool record_decode(struct record *out, struct bytes payload, struct fault *why);

/* A payload apart, for a store. */
struct stored {
    uint8_t kind, operation, version;
    struct bytes key, value;
};
bool stored_read(struct stored *out, struct bytes payload, struct fault *why);
void stored_write(struct writer *, const struct stored *);
#endif
