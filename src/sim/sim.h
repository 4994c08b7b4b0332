/* sim/sim.h: a whole lab in virtual time: the very same engines as on real frames, with the wire, TCP and the store as
 * models.
 *
 * Nothing sleeps, no socket is opened, no clock is read: the same plan and seed give the same run, byte for byte, on
 * any machine. Entries go in the order of sim/agenda.h, and each link and each engine has a random stream of its own.
 * What one switch and its phones do reaches others by its uplink only: where there are several switches, each goes on
 * by itself for as long as that takes (sim/parts.h), and so do the servers, on as many threads as `hands` says. Whether
 * they do so or all goes in the order of time (`strict`; and always at a single switch, with an interloper, on a
 * machine, or with a recorder) makes no difference to any engine, but news are told up to `uplink` before earlier ones
 * of others, and what is asked from outside about them comes when all are told. Several switches each have an uplink of
 * their own to the servers' machine, which routes. Phones and CallManagers are numbered as in the plan; as parties of
 * the fleet side: phones first, then the switches in their order (each with what is told of its uplink).
 * Takes   a plan; plugs, faults and changes by the calls below, at the present moment.
 * Gives   news to `tell`, with whose they are; a digest over all that happened.
 * Store   in memory: what is put after a STORE leaves `commit` later; sim_fail_stores makes the next commits fail:
 *         nothing of them leaves, and their engines get EVENT_UNSTORED.
 * Memory  allocated by sim_open and as the agenda grows; `failed` when there was none left.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H
#include "base/digest.h"
#include "lab/fleet.h"
#include "lab/interloper.h"
#include "lab/site.h"
#include "sim/crew.h"
#include "sim/host.h"
#include "sim/machine.h"
#include "sim/parts.h"
#include "sim/tcp.h"

enum sim_side { SIDE_FLEET, SIDE_SITE };
/* `party`: of the fleet side as above, else as site.h numbers them. A FACT_PORT is that of its switch. */
typedef void sim_tell_fn(void *context, usec now, enum sim_side, uint32_t party, const struct action *,
                         struct bytes facts);

struct sim_config {
    const struct plan *plan;
    usec cable, uplink, commit; /* latencies; 0: 5 µs, 50 µs, 100 µs */
    bool strict;                /* all in the order of time: see above */
    uint32_t hands;             /* threads, the caller's included; 0: 1 */
    /* The machine that all of it runs on (sim/machine.h): its processes take their time, the fleets spread over so
     * many; `uplink` is theirs then, `cable` and `commit` mean nothing. NULL: everything is done at once, by nobody. It
     * outlives the simulation. */
    const struct service_times *times;
    uint32_t fleets;
    sim_tell_fn *tell;
    /* After each step of an engine (the interloper is none): a recorder. May be NULL. */
    void (*stepped)(void *context, enum sim_side, uint32_t party, usec now, const struct event *,
                    const struct outbox *);
    void *context;
};

struct sim_place; /* sim/sim_inside.h */

/* Bytes that become more and more. */
struct sim_memory {
    uint8_t *at;
    size_t len, size;
};

/* A switch with its uplink. */
struct sim_access {
    struct sim *sim;
    uint32_t number;
    uint64_t sum;                 /* of what happened at the switch and its phones */
    struct sim_link up, down;     /* switch to servers, and back */
    struct interloper interloper; /* where there is none, frames go straight on */
    struct sim_host host;         /* the servers' end */
};

struct sim {
    struct sim_config config;
    struct parts parts;      /* one; or one for each switch, then one for the servers */
    struct sim_place *place; /* of each */
    struct crew crew;
    struct outbox *outbox;     /* of each hand */
    usec window, last;         /* so long a part may go on alone; until then they do */
    struct fleet *fleet;       /* of each switch */
    struct sim_access *access; /* the same */
    uint32_t switches;
    bool straight;        /* no interlopers */
    struct ground ground; /* of the fleets */
    struct sim_peer peer[HOST_PEERS];
    struct site site;
    struct sim_tcp tcp;
    struct machine machine; /* with config.times */
    uint64_t sum;           /* of what happened at the servers: see sim_digest */
    usec now, durable;      /* now: the furthest moment; durable: all that was stored is on stable storage then */
    usec committing;        /* the last commit begins, or began, then; NEVER: there was none */
    uint32_t parties, site_base, interloper_party, host_party, tcp_party;
    uint32_t machine_base,
        span;                  /* parties: its processes; an entry of party + n * span still passes its fleet n times */
    struct sim_memory journal; /* every record that was committed: length be32, payload; in order */
    uint32_t failing;          /* commits that will fail */
    uint64_t unstored;
    bool failed;
};

struct sim_counts {
    uint64_t events, spins, overflows, unstored;
    uint64_t frames, dropped; /* at phones' ports and uplinks; by faults */
};

bool sim_open(struct sim *, const struct sim_config *, struct fault *why); /* the struct must not move after */
void sim_close(struct sim *);
/* Goes on until the moment `until`, or until `stop` (may be NULL) says so: it is asked after each entry, or, where
 * parts go on alone, when all have done so. False: it was stopped, or nothing is left. */
bool sim_run(struct sim *, usec until, bool (*stop)(void *context), void *context);
void sim_plug(struct sim *, uint32_t phone, enum cable_mode);   /* UINT32_MAX: all */
void sim_user(struct sim *, uint32_t phone, struct bytes what); /* EVENT_USER */
void sim_callmanager(struct sim *, uint8_t manager, bool down, bool silent);
bool sim_change(struct sim *, struct bytes what, struct fault *why); /* as site_change */
void sim_fail_stores(struct sim *, uint32_t commits);
/* The servers' machine starts again at this moment: its connections are reset, what it knew in memory is gone, what was
 * committed is there. False: no memory. */
bool sim_restart_site(struct sim *);
struct digest sim_digest(const struct sim *); /* of all that each engine heard, in its order, and when */
struct phone *sim_phone(const struct sim *, uint32_t phone);
struct sim_counts sim_counts(const struct sim *);
#endif
