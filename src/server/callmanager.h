/* server/callmanager.h: CallManager, as far as registration goes: SCCP over streams that the driver accepts.
 *
 * Takes   EVENT_UP (a connection was accepted; from: the phone, to: us), EVENT_DATA (one SCCP message), EVENT_DOWN,
 *         EVENT_WAKE, EVENT_UNSTORED. All else changes nothing.
 * Gives   ACTION_WRITE, ACTION_CLOSE, ACTION_STORE (a device that it makes, before its RegisterAck), ACTION_TELL
 *         (server/news.h, CM_...): at most CALLMANAGER_MOST a step. When a device moves here from another CallManager
 *         of the same table, that one's CLOSE and TELL stand in this outbox, with the other's `engine` number: all must
 *         use the same driver and thread.
 * Known device: registers when its device type is the record's. Unknown: with auto-registration on (server/devices.h)
 *         it is made, with the next free number; else RegisterReject with a text, and the connection is closed. The
 *         newest connection of a device wins, here or at another CallManager of the process; the old one is closed.
 * Answers RegisterAck (keepalive times, date template, version: the lower of both) and CapabilitiesReq; then every
 *         request of registration, at once, in any order, also for what is not there (a 7960 waits for ever otherwise).
 *         Before registration: keepalives, alarms, tokens, Unregister are taken, the rest is ignored. Registration is
 *         complete when the time was answered: CM_REGISTERED. Unknown messages are counted, never fatal.
 *         The time is the local time of the device's time zone. Texts go out in UTF-8 to a phone that announced it,
 *         else in ISO 8859-1, with `?` for what that has not.
 *         A device that owes a reset gets it once its time was answered, or 10 s after RegisterAck; after a Reset the
 *         connection is left to the phone for 30 s, then closed.
 * Timing  a registered device is gone after three keepalive times without a message; an unregistered connection after
 *         three standby keepalive times. Tokens (failback): at most `tokens` a second, the others are told how long to
 *         wait.
 * Garbage a body that cannot be decoded, or is shorter than its message may be: no answer, counted, told; the
 *         connection stays. What cannot be framed never gets here (DOWN_MALFORMED).
 * Memory  callmanager_size(connections) bytes from the owner at init.
 */
#ifndef SERVER_CALLMANAGER_H
#define SERVER_CALLMANAGER_H
#include "base/timers.h"
#include "server/devices.h"

enum { CALLMANAGER_MOST = 128, CALLMANAGER_BYTES = 64 * 1024 }; /* a step: actions, bytes */

struct callmanager_config {
    uint8_t index; /* 0 to 2: its place among the CallManagers of this device table */
    ipv4 address;  /* ours, to tell; and in ServerRes when a device has no group */
    uint16_t port; /* 0: 2000 */
    struct devices *devices;
    const char *name;                      /* ConfigStat's server name; outlives the engine; NULL: "Dialtone" */
    uint32_t connections;                  /* at the same time */
    uint32_t keepalive, standby_keepalive; /* s; 0: 30 and 60 */
    uint8_t protocol_most;                 /* 0: 22 */
    uint32_t tokens;                       /* a second; 0: 10 */
    usec reset_wait;                       /* after RegisterAck, at most; 0: 10 s */
    usec reset_grace;                      /* a connection after its Reset; 0: 30 s */
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
    usec heard, acked; /* the last message; RegisterAck */
    usec reset_at;     /* ACKED: when its Reset goes out, at the latest; after its Reset: when it is closed; NEVER */
    char load[33];     /* that it told in Register */
    char alarm[81];
};

struct callmanager {
    struct callmanager_config config;
    struct cm_connection *connection;
    uint32_t *bucket, buckets, free, open;
    struct timers timers;
    uint32_t engine; /* as the outbox calls it */
    uint64_t seen;   /* devices->changes up to which owed resets have gone out */
    uint32_t scan;   /* the connection at which that walk goes on */
    uint64_t scan_for;
    usec token_at, token_wait; /* when the next token is free; until when those who wait were told to wait */
    usec told, full_told;      /* when garbage and CM_FULL were last told: once a second at most */
    uint64_t registered, rejected, unknown, malformed, full; /* counts since the start */
};

size_t callmanager_size(uint32_t connections);
bool callmanager_init(struct callmanager *, const struct callmanager_config *, void *memory, size_t size);
usec callmanager_step(void *callmanager, usec now, const struct event *, struct outbox *);
/* After devices were changed: those that are registered here and owe something get Reset or Restart (once they are
 * complete). The same as a step with EVENT_WAKE; returns the next wake. */
usec callmanager_reset_changed(struct callmanager *, usec now, struct outbox *);
/* How many devices are registered and complete here now. */
uint32_t callmanager_registered(const struct callmanager *);
void callmanager_clock(struct callmanager *, uint64_t wall_at_start);
#endif
