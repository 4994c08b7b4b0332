/* server/devices.h: the device table in memory, shared in one process by TFTP and up to 3 CallManager engines.
 *
 * Devices, by MAC and by directory number; groups (an ordered list of CallManagers); pools (what many devices have in
 * common); settings of auto-registration; counters. A phone's file is made from it (server/documents.h), and a
 * registering phone is held against it (server/callmanager.h).
 *
 * Takes   calls; all in the one thread that steps those engines.
 * Gives   each change: ACTION_STORE of the record (and now and then of a counter) into `out`; at most DEVICES_MOST
 *         actions, or for a change of a group or pool DEVICES_MOST plus one for each device that it touches. `out` may
 *         be NULL: then nothing is stored (a world without a store, or what is laid down before the first step).
 * A change that the phone must see gets the device a new version stamp and marks it: it owes a reset (a load) or a
 *         restart (anything else). Its file then differs. A change that no phone sees does neither. docs/changes.md has
 *         the table. The CallManager at which it is registered pays the debt (callmanager_reset_changed).
 * Memory  devices_size(limits) bytes from the owner at init, nothing later. A part of it is touched only for devices
 *         that have more than one line, speed dials, or something of their own instead of their pool's: memory that
 *         comes page by page is not spent on others.
 * Errors  a call that refuses returns false with the reason in *why (`what` is words for a person) and changes nothing.
 */
#ifndef SERVER_DEVICES_H
#define SERVER_DEVICES_H
#include "server/store.h"
#include "provision/device_name.h"
#include "provision/models.h"

enum { DEVICES_MOST = 4, DEVICES_CALLMANAGERS = 3 };

enum { DEVICE_ALARMS = 2, DEVICE_CAPABILITIES = 18 };

/* What a phone sent about itself: why it restarted. Of an XMLAlarm the text is made (wire/xml_alarm.h), parameter1 is
 * its reason; one that tells nothing is kept as it came, cut. */
struct device_alarm {
    uint64_t wall; /* s since 1970 */
    uint32_t severity, parameter1;
    ipv4 parameter2; /* mostly its own address */
    char text[81];
};

/* What a device has for itself instead of its pool's, as in device_record. */
struct device_own {
    char load[LOAD_NAME], date_template[16], time_zone[48], user_locale[32], network_locale[32];
    struct record_callmanager callmanager[RECORD_CALLMANAGERS];
    uint8_t callmanagers;
};

/* The part of a record that most devices have nothing in. */
struct device_more {
    struct device_own own;
    struct record_line line[RECORD_LINES - 1]; /* from the second on */
    uint32_t next_number[RECORD_LINES - 1];
    struct record_speed_dial speed_dial[RECORD_SPEED_DIALS];
    struct device_more *next; /* of the free ones */
};

struct device {
    struct { /* as in device_record */
        struct mac mac;
        bool automatic;
        uint32_t device_type;
        enum owed owed;
        uint64_t stamp;
        char description[RECORD_LABEL], pool[RECORD_NAME];
    } record;
    struct record_line first;
    struct device_more *more; /* NULL: nothing of it is there */
    /* Of the running process only. */
    uint64_t fetched;             /* the stamp of the own file that it last fetched whole; 0: none */
    uint64_t reset_for;           /* the stamp for which it was last sent Reset; 0: none */
    uint8_t resent;               /* how often that Reset was given up as lost */
    uint8_t manager;              /* at which CallManager engine it is registered: its index + 1; 0: at none */
    uint32_t stream;              /* there */
    bool used, confirmed;         /* confirmed: it is known to be stored */
    uint32_t next_mac;            /* in its hash chain, and in the list of free ones */
    uint32_t next_number;         /* device * RECORD_LINES + line, in the chain of its first line's number */
    uint8_t lines;                /* none behind this one has a number */
    uint8_t alarms, capabilities; /* of those below */
    struct device_alarm alarm[DEVICE_ALARMS]; /* the newest first */
    struct {
        uint16_t codec, milliseconds;  /* as SCCP numbers them; the longest packet */
    } capability[DEVICE_CAPABILITIES]; /* that it told in this registration */
    char redial[RECORD_NUMBER];        /* the number that it dialled last */
};

struct devices_limits {
    uint32_t devices, groups, pools;
};

struct callmanager;

struct devices {
    struct device *device;
    struct group_record *group;
    struct pool_record *pool;
    struct device_more *more,
        *more_free; /* as many as devices; the first more_used were taken once: what was never touched costs nothing */
    uint32_t more_used;
    uint32_t most, count, groups_most, groups, pools_most, pools;
    uint32_t buckets, *by_mac, *by_number; /* a power of two */
    uint32_t free;
    uint32_t of_length[RECORD_NUMBER]; /* how many directory numbers have so many digits */
    uint32_t next_directory;           /* where the search for a free directory number goes on */
    struct settings_record settings;
    struct {
        uint64_t next, reserved;
    } counter[COUNTERS];
    uint64_t changes; /* rises when a device begins to owe something, or is removed */
    uint64_t edition; /* rises when a group, a pool or the settings change: of the default file */
    struct callmanager *manager[DEVICES_CALLMANAGERS]; /* the engines that share this table, by their index */
};

size_t devices_size(const struct devices_limits *);
bool devices_init(struct devices *, const struct devices_limits *, void *memory, size_t size);
/* One record of a store, at the start (device, group, pool, settings, counter; a lease is passed over: true). */
bool devices_load(struct devices *, const struct record *, struct fault *why);
/* EVENT_UNSTORED's payload. A device that was made and of which nothing proves that it was ever stored is taken out
 * again: true. A change of an older one stays in memory and is stored with its next. */
bool devices_unstored(struct devices *, struct bytes payload, struct mac *whose);

struct device *devices_find(const struct devices *, struct mac);
struct device *devices_find_name(const struct devices *, struct bytes name); /* SEP..., in any case */
struct device *devices_find_number(const struct devices *, struct bytes number);
struct device *devices_find_line(const struct devices *, struct bytes number, uint8_t *line); /* line: from 1 */
/* Whether digits may still come: the number is not known and a longer one is, or it is known and longer ones begin with
 * it. (Only the latter, where directory numbers of several lengths exist, looks at every device.) */
bool devices_number_goes_on(const struct devices *, struct bytes digits);
/* A device whose MAC differs from this one in one hex digit, or in two neighbours that changed places: the one whose
 * name was mistyped, so none that auto-registration made or whose own phone is registered; NULL. */
struct device *devices_nearest(const struct devices *, struct mac);
struct device *devices_next(const struct devices *, const struct device *after); /* NULL: the first; NULL at the end */
const struct group_record *devices_group(const struct devices *, const char *name);
const struct pool_record *devices_pool(const struct devices *, const char *name);

/* Group and pool are made or replaced; every device that sees a difference gets a new stamp and owes a restart, or a
 * reset when its load differs. Refused: no room; a pool of an unknown group; a bad date format or time zone; a load
 * name of more than 16 letters for a device type that learns its load from SCCP's Version. */
bool devices_put_group(struct devices *, const struct group_record *, struct outbox *, struct fault *why);
bool devices_put_pool(struct devices *, const struct pool_record *, struct outbox *, struct fault *why);
bool devices_put_settings(struct devices *, const struct settings_record *, struct outbox *, struct fault *why);

/* Makes a device: `record` with mac, device_type, pool and what else is known; its stamp is given here. Refused: it is
 * there already; a number that another has; no room; unknown pool; a load name that is too long. */
struct device *devices_create(struct devices *, const struct device_record *record, struct outbox *, struct fault *why);
/* Auto-registration: makes it with the next free directory number and the settings' pool; it owes a reset.
 * Refused: off ("auto-registration is off"), used up (DEVICES_NO_NUMBER), no room, unknown pool. */
struct device *devices_register_automatically(struct devices *, struct mac, uint32_t device_type, struct outbox *,
                                              struct fault *why);
#define DEVICES_NO_NUMBER "no directory number is left"
void devices_remove(struct devices *, struct device *, struct outbox *);

/* For `--change DEVICE:FIELD=VALUE`. Fields: load, directory_number (of line 1; or directory_number2 .. 24), label
 * (label2 ..), speed_dial (of key 1; or speed_dial2 .. 12), speed_dial_label (..), callmanagers (`ADDRESS[:PORT],...`,
 * up to 3), date_format (D/M/YA), time_zone (IANA's or Cisco's name), user_locale, network_locale, pool, description.
 * An empty value of load, callmanagers, date_format, time_zone and the locales: the pool's again. The value that it has
 * already: true, and nothing changes. Puts STORE and TELL (DEVICE_CHANGED). */
bool devices_change(struct devices *, struct bytes device_name, struct bytes field, struct bytes value, struct outbox *,
                    struct fault *why);

/* For administration. Replace: the whole record, but its MAC, stamp, debt and origin, as devices_change does one field;
 * the record that it has already: true, and nothing changes. Owe: a reset or restart though nothing changed (a new
 * stamp, so that it is not settled before it was sent). Forgive: no reset follows; the phone sees the change when it
 * next boots. Restore: the record as it was, stamp and debt too, when a change could not be stored. */
bool devices_replace(struct devices *, struct device *, const struct device_record *, struct outbox *,
                     struct fault *why);
void devices_owe(struct devices *, struct device *, enum owed, struct outbox *);
void devices_forgive(struct devices *, struct device *, struct outbox *);
void devices_restore(struct devices *, struct device *, const struct device_record *before, struct outbox *);

/* The parts of a device's record. Lines and keys from 1; one that is not there is empty. */
const struct record_line *device_line(const struct device *, uint32_t line);
const struct record_speed_dial *device_speed_dial(const struct device *, uint32_t key);
const struct device_own *device_own(const struct device *);
void device_record_of(const struct device *, struct device_record *out); /* all of it, as it is stored */

/* What a device has, its own or its pool's. */
struct bytes device_load(const struct devices *, const struct device *); /* empty: it keeps what it runs */
struct bytes pool_load_of(const struct pool_record *, uint32_t device_type);
struct bytes device_date_template(const struct devices *, const struct device *);
struct bytes device_time_zone(const struct devices *, const struct device *); /* IANA's name */
uint8_t device_callmanagers(const struct devices *, const struct device *,
                            struct record_callmanager out[RECORD_CALLMANAGERS]);
/* Models without XML: the load goes in SCCP's Version, which holds 16 letters. */
bool learns_load_from_version(uint32_t device_type);
enum { STAMP_TEXT = 17 };
const char *stamp_text(char to[STAMP_TEXT], uint64_t stamp); /* 16 hex digits; as the document's versionStamp has it */
uint64_t counter_next(struct devices *, enum counter, struct outbox *); /* rises, also over a restart */
/* It registers again. When it was sent Reset for its newest stamp, or has fetched its file of that stamp, it owes
 * nothing: STORE. (Only now: a Reset that was lost with a crash is sent again.) */
void device_settle(struct devices *, struct device *, struct outbox *);
void device_alarm_add(struct device *, const struct device_alarm *); /* the newest; the oldest goes */
#endif
