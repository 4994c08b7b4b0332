/* server/callmanager.h: CallManager: SCCP over streams that the driver accepts; registration here, calls in
 * server/call.h.
 *
 * Takes   EVENT_UP (a connection was accepted; from: the phone, to: us), EVENT_DATA (one SCCP message), EVENT_DOWN,
 *         EVENT_WAKE, EVENT_UNSTORED. All else changes nothing.
 * Gives   ACTION_WRITE, ACTION_CLOSE, ACTION_STORE (a device that it makes, before its RegisterAck), ACTION_TELL
 *         (server/news.h, CM_...): at most CALLMANAGER_MOST a step. When a device moves here from another CallManager
 *         of the same table, that one's CLOSE and TELL stand in this outbox, with the other's `engine` number: all must
 *         use the same driver and thread.
 * Name    SEP, ATA or VGC and 12 hex digits; whichever it is, the device is the one of these digits.
 * Known device: registers when its device type is the record's. Unknown: with auto-registration on (server/devices.h)
 *         it is made, with the next free number; else RegisterReject with a text, and the connection is closed. The
 *         newest connection of a device wins, here or at another CallManager of the process; the old one is closed.
 * Answers RegisterAck (keepalive times, date template, version: the lower of both) and CapabilitiesReq; then every
 *         request of registration, at once, in any order, also for what is not there (a 7960 waits for ever otherwise).
 *         Before registration: keepalives, alarms, tokens, Unregister are taken, the rest is ignored. Registration is
 *         complete when the time was answered, or at the first keepalive of a device that does not ask for it:
 *         CM_REGISTERED. Unknown messages are counted, never fatal.
 *         The time is the local time of the device's time zone. It is told again, with the acknowledgement of the next
 *         keepalive, when ours was set (callmanager_clock) or that zone's offset has changed: a phone asks once, when
 *         it registers, and would show the hour of winter all summer. Texts go out in UTF-8 to a phone that announced
 *         it, else in ISO 8859-1, with `?` for what that has not.
 *         A device that owes a reset gets it once its time was answered, or 10 s after RegisterAck; after a Reset the
 *         connection is left to the phone for 30 s, then closed; one that begins or answers a call meanwhile is served
 *         on.
 * Timing  a registered device is gone after three keepalive times without a message; an unregistered connection after
 *         three standby keepalive times. Tokens (failback): at most `tokens` a second, the others are told how long to
 *         wait. A token takes nothing from a registration that stands, here or at another CallManager.
 * Strangers  connections that have sent no sound message yet, or are unregistered and have sent none for three
 *            keepalive
 *         times, may take a quarter of `connections`: a further one closes the oldest of them (CM_EVICTED), and so does
 *         one that finds the table full. A standby connection that is kept alive is none. There is no limit for an
 *         address. So `connections` should be four times the phones that may connect at the same moment.
 * In a call  a registration that ends takes its phone out of the call; a reset that is owed waits for the call's end.
 * Garbage a body that cannot be decoded, or is shorter than its message may be: no answer, counted, told; the
 *         connection stays. What cannot be framed never gets here (DOWN_MALFORMED); it is counted and told alike.
 * Memory  callmanager_size(connections) bytes from the owner at init. A registered device takes less than 4 KiB: its
 *         record and what is known of it (struct device, and device_more where it has more), a connection, half a call,
 *         its places in hashes and timers; one with a line and nothing of its own some 1 KiB. Places that were never
 *         taken are never touched.
 */
#ifndef SERVER_CALLMANAGER_H
#define SERVER_CALLMANAGER_H
#include "base/timers.h"
#include "server/call.h"
#include "server/devices.h"
#include "wire/xml_alarm.h"

enum { CALLMANAGER_MOST = 128, CALLMANAGER_BYTES = 64 * 1024 }; /* a step: actions, bytes */

struct callmanager_config {
    uint8_t index; /* 0 to 2: its place among the CallManagers of this device table */
    ipv4 address;  /* ours, to tell; and in ServerRes when a device has no group */
    uint16_t port; /* 0: 2000 */
    struct devices *devices;
    const char *name;                      /* ConfigStat's server name; outlives the engine; NULL: "Dialtone" */
    uint32_t connections;                  /* at the same time; half as many calls, 16,384 at most */
    uint32_t keepalive, standby_keepalive; /* s; 0: 30 and 60 */
    uint8_t protocol_most;                 /* 0: 22 */
    uint32_t tokens;                       /* a second; 0: 10 */
    usec reset_wait;                       /* after RegisterAck, at most; 0: 10 s */
    usec reset_grace;                      /* a connection after its Reset; 0: 30 s */
    usec digit_wait;                       /* after a digit, for the next; 0: 10 s */
    usec first_digit_wait;                 /* dial tone; 0: 15 s */
    usec ring_most;                        /* 0: 180 s (T301 of Q.931) */
    usec tone_most;                        /* busy, reorder; then the call is ended; 0: 15 s */
    uint64_t wall_at_start;                /* UTC, in microseconds since 1970, when `now` was 0 */
    /* s: how far local time in a zone (IANA's name) is ahead of UTC then; what its phones show */
    int32_t (*utc_offset_of)(void *context, const char *iana_zone, uint64_t unix_seconds);
    void *zone_context;
    int32_t utc_offset; /* s: of all zones, when utc_offset_of is NULL */
};

enum cm_state { CM_FREE, CM_OPEN, CM_ACKED, CM_COMPLETE, CM_RESETTING };

struct cm_connection {
    enum cm_state state;
    uint32_t stream, next; /* next: in its hash chain, or in the list of free ones */
    uint32_t device;       /* its index in the table; UINT32_MAX: none */
    struct endpoint phone;
    uint8_t version; /* agreed; 0 before */
    bool utf8;       /* Register announced it; else its texts go out as ISO 8859-1 */
    uint32_t unknown, malformed;
    bool off_hook;           /* its handset is lifted, or its speaker on by itself */
    uint8_t refused;         /* the line on which it hears that there is no room for its call; 0: none */
    bool stranger;           /* in the list of them: nothing sound came, or not lately */
    uint32_t older, younger; /* there; UINT32_MAX: none */
    uint32_t call;           /* its index in `calls`; UINT32_MAX: it is in none */
    usec heard, acked;       /* the last sound message; RegisterAck */
    int64_t clock;           /* what its clock was last told, as local seconds since 1970 when `now` was 0 */
    bool asked_time;         /* what has never asked is not told: a bridge or a gateway has no clock to show */
    usec reset_at; /* ACKED: when its Reset goes out, at the latest; after its Reset: when it is closed; NEVER */
    char load[33]; /* that it told in Register; where that ends before it, in its last Alarm */
    struct device_alarm alarm;  /* the last one, until it registers; wall 0: none */
    struct xml_alarm xml_alarm; /* the last one in XML, and when it came; 0: none that waits for Register */
    uint64_t xml_alarm_wall;
    bool xml_alarm_open, xml_alarm_last; /* its end is still to come; it came after `alarm` */
};

enum cm_reject {                   /* why RegisterReject was sent */
                 REJECT_NAME,      /* not such a name */
                 REJECT_MODEL,     /* another device type than the database's */
                 REJECT_UNKNOWN,   /* unknown, and auto-registration is off */
                 REJECT_NO_NUMBER, /* the range of auto-registration is used up */
                 REJECT_NO_ROOM,   /* the device table is full, or its pool is not there */
                 REJECTS
};
const char *cm_reject_name(enum cm_reject); /* "name", "model", "unknown", "no_number", "no_room" */

/* Since the start; each rises only. */
struct callmanager_counts {
    uint64_t connections, full,
        evicted; /* accepted; closed at once since there was no place; strangers that made place */
    uint64_t messages, keepalives, alarms, unknown, malformed; /* that came; messages: all that decoded */
    uint64_t registering, registered, unregistered, made;      /* RegisterAcks; complete; ended; auto-registered */
    uint64_t tokens_given, tokens_refused, resets;
    uint64_t rejected[REJECTS];
    uint64_t calls_begun, calls[OUTCOMES];
};

struct callmanager {
    struct callmanager_config config;
    struct cm_connection *connection;
    uint32_t *bucket, buckets, free, open;
    /* So many places of `connection` were ever taken: what is behind them was never touched, and costs no memory. */
    uint32_t used;
    uint32_t strangers, oldest, youngest; /* how many; UINT32_MAX: none */
    struct calls calls;
    struct timers timers; /* of the connections, then of the calls */
    usec now;             /* of the step */
    bool stepping;        /* else it is another engine's step, to which a device of ours has moved */
    uint32_t engine;      /* as the outbox calls it */
    uint64_t seen;        /* devices->changes up to which owed resets have gone out */
    uint32_t scan;        /* the connection at which that walk goes on */
    uint64_t scan_for;
    usec token_at, token_wait;          /* when the next token is free; until when those who wait were told to wait */
    usec told, full_told, evicted_told; /* when garbage, CM_FULL and CM_EVICTED were last told: once a second at most */
    struct callmanager_counts count;
};

/* Whether the configuration can work, and with what the device table says: keepalive times of 5 s to a day, the standby
 * one not shorter; no pool's connectionMonitorDuration under the standby keepalive (a phone would go back to a
 * CallManager whose connection was not kept alive once). For `serve --check`. */
bool callmanager_sound(const struct callmanager_config *, struct fault *why);
size_t callmanager_size(uint32_t connections);
bool callmanager_init(struct callmanager *, const struct callmanager_config *, void *memory, size_t size);
usec callmanager_step(void *callmanager, usec now, const struct event *, struct outbox *);
/* After devices were changed: those that are registered here and owe something get Reset or Restart (once they are
 * complete). The same as a step with EVENT_WAKE; returns the next wake. */
usec callmanager_reset_changed(struct callmanager *, usec now, struct outbox *);
/* How many devices are registered and complete here now. */
uint32_t callmanager_registered(const struct callmanager *);
uint64_t callmanager_rejected(const struct callmanager *); /* of all reasons, since the start */
/* For administration; each in the order of its table, NULL at the end. `after` NULL: the first. */
const struct cm_connection *callmanager_next(const struct callmanager *, const struct cm_connection *after);
const struct call *callmanager_next_call(const struct callmanager *, const struct call *after);
/* The connection of a stream; the device registered on a connection, the party's of a call: NULL when there is none. */
const struct cm_connection *callmanager_connection(const struct callmanager *, uint32_t stream);
const struct device *callmanager_device(const struct callmanager *, const struct cm_connection *);
const struct device *callmanager_party(const struct callmanager *, const struct call *, int which);
/* The wall clock was set: what it would have been when `now` was 0. */
void callmanager_clock(struct callmanager *, uint64_t wall_at_start);
#endif
