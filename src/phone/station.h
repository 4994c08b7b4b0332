/* phone/station.h: the phone's SCCP side: registration, keepalive, fallback, failback, reset.
 *
 * Connects to the CallManagers in the order of its configuration, up to three. On the first that answers: Alarm (why it
 * comes), Register, IpPort; after RegisterAck the requests of registration one after the other (version, button and
 * soft key templates, lines, speed dials, available lines, servers, time). Registered: the time was answered. Keepalive
 * at the intervals of RegisterAck to the active one, and to each other open connection at the standby interval; three
 * unanswered: gone.
 *
 * Load       a phone whose file is a .cnf learns its load from the Version answer; when that is another one, the phone
 *            unregisters, and STATION_LOAD says which stands in `load`.
 * Fallback   a lost active CallManager: an open standby connection first, else the list from its top. All refused: one
 *            round is over (STATION_NOBODY); the boot asks for the configuration again and starts over.
 * Failback   a higher CallManager whose connection has held for connection_monitor is asked for a token; with it the
 *            phone unregisters below and registers above. Refused: it asks again after the wait that it was told. Not
 *            during a call: it asks when that is over.
 * ServerReq  is asked once, and goes unanswered for 2 s at most: other call servers (FreeSWITCH's mod_skinny,
 *            wazo-libsccp) do not know it, and phones come up there. All other requests must be answered.
 * Reset      is obeyed at once, in a call when that is over.
 * Waits      connection 10 s, RegisterAck 10 s (both choices of this emulator: no figure is public), an answer to a
 *            request 10 s and two repeats, UnregisterAck 2 s.
 * Gives      ACTION_OPEN, ACTION_WRITE, ACTION_CLOSE, ACTION_TELL, and ARP requests through the host.
 * Memory     one struct station; nothing is allocated.
 * Garbage    a message that does not decode is told, once a second at most, and ignored; one with an unknown id, or
 *            from a stream that is not ours, is ignored.
 */
#ifndef PHONE_STATION_H
#define PHONE_STATION_H
#include "base/random.h"
#include "phone/host.h"
#include "phone/timing.h"
#include "provision/load.h"
#include "wire/sccp_register.h"

enum { STATION_CMS = 3, STATION_NONE = 0xff };
enum station_heard {
    STATION_NOTHING,
    STATION_REGISTERED,
    STATION_RESET,
    STATION_RESTART,
    STATION_REJECTED,
    STATION_LOAD,
    STATION_NOBODY
};
enum link_state {
    LINK_CLOSED,
    LINK_RESOLVING,
    LINK_CONNECTING,
    LINK_OPEN,
    LINK_TOKEN,
    LINK_REGISTERING,
    LINK_LOADING,
    LINK_ACTIVE,
    LINK_LEAVING
};

/* Why the phone comes: the number in its alarm ("Last="), as the phones' own list has them. */
enum last {
    LAST_TCP_TIMEOUT = 10,
    LAST_CM_RESET_TCP = 12,
    LAST_CM_ABORTED_TCP = 13,
    LAST_CM_CLOSED_TCP = 14,
    LAST_KEEPALIVE_TO = 17,
    LAST_FAILBACK = 18,
    LAST_RESET_RESET = 22,
    LAST_RESET_RESTART = 23,
    LAST_REG_REJECTED = 24,
    LAST_INITIALIZED = 25
};

struct station_link {
    uint8_t state, unanswered, failures;
    uint32_t stream; /* 0: none */
    usec due;        /* CLOSED: next attempt; RESOLVING..REGISTERING, LEAVING: given up; else the next keepalive */
    usec since;      /* open since */
};

struct station {
    bool running;
    uint8_t cms, active; /* active: whose registration stands or is under way; STATION_NONE */
    struct {
        ipv4 address;
        uint16_t port;
    } cm[STATION_CMS];
    struct station_link link[STATION_CMS];
    uint32_t streams; /* the last stream number given */
    uint8_t last, protocol,
        leaving;              /* leaving: what follows UnregisterAck: an enum station_heard, or NOTHING: failback */
    uint8_t request, repeats; /* of registration */
    uint8_t index;            /* of the button that is asked about: its instance */
    uint64_t button[4];       /* of the template, a bit an instance: lines, speed dials, features, services */
    bool complete, asked;     /* asked: the request at hand has left */
    usec request_due, token_due, reset_due, connection_monitor, malformed_told;
    uint32_t reset;                       /* that waits for the end of the call, while reset_due is not NEVER */
    uint32_t keepalive, standby;          /* s */
    uint32_t malformed;                   /* messages that did not decode, since the start */
    char number[25], label[81], load[17]; /* line 1, in UTF-8; load: of Version */
    uint32_t time;                        /* Unix time of DefineTimeDate */
};

struct phone_call;
struct station_self {
    struct host *host;
    const struct phone_model *model;
    const struct load_manifest *load;
    const struct phone_timing *timing;
    uint8_t boot;
    const char *stamp;
    const char *file;        /* of its configuration: a .cnf names no load, the Version answer does */
    const char *refused;     /* a load that could not be had in this boot: it is not asked for again; may be empty */
    struct phone_call *call; /* hears what is not of registration; NULL: nobody does */
    struct random *random;
};

void station_start(struct station *, const struct station_self *, usec now, enum last,
                   struct outbox *);                    /* cm, cms, connection_monitor are set */
void station_stop(struct station *, struct outbox *);   /* closes in order what is open */
void station_vanish(struct station *, struct outbox *); /* power is gone: closes silently */
/* Unregisters first; `then` is heard when that is done. */
void station_leave(struct station *, const struct station_self *, usec now, enum station_heard then, struct outbox *);
enum station_heard station_hear(struct station *, const struct station_self *, usec now, const struct event *,
                                struct outbox *);
enum station_heard station_wake(struct station *, const struct station_self *, usec now, struct outbox *);
usec station_due(const struct station *);
bool station_registered(const struct station *);
uint32_t station_stream(const struct station *); /* on which it is registered, or loading; 0: none */
const char *last_words(enum last);
#endif
