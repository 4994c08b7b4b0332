/* sim/machine.h: the machine that a lab on real frames runs on, in virtual time: its cores, and the processes that
 * share them.
 *
 * A process does one thing at a time, in turns, as net/loop.h has it: it takes what its sockets hold, steps the engines
 * whose it is and those that they set off (wakes in between), then what was put for others leaves, one after the other;
 * then it looks at its sockets again. What comes meanwhile waits. Each of these takes its measured time
 * (lab/service_times.h), while the process has a core (sim/cores.h). One that sleeps gets going a moment after what
 * wakes it, if its core sleeps too. The fleets have their switches with the phones; the servers have DHCP, TFTP and the
 * CallManagers, and a journal (net/durable.h): two boxes, one fills while the other's stores are committed by the
 * store, a process of its own here, as its thread is there. One shows the lab: it only takes time.
 * TCP belongs to the kernel, but a phone's segments pass the relay and the switch of its fleet's process: so they wait
 * there too.
 *
 * Takes   from its owner what happens (the calls below), at the owner's present moment; machine_go when a process is to
 *         go on.
 * Gives   to the hooks: steps to take, what leaves, moments at which to call machine_go.
 * Memory  an item for all that waits, with a copy of its bytes. `failed`: there was none.
 * It draws nothing at random: the same calls give the same.
 */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H
#include "lab/service_times.h"
#include "sim/cores.h"

enum machine_what {
    ITEM_EVENT,     /* for an engine */
    ITEM_SEGMENT,   /* of TCP, on its way through a fleet */
    ITEM_FRAME,     /* to an uplink: of the switch `party` */
    ITEM_STREAM,    /* an action on a stream: of the phone, or of the servers' party, `party` */
    ITEM_DATAGRAM,  /* of the servers' party `party` */
    ITEM_TOLD,      /* of the servers: waits in the journal, as all that they put */
    ITEM_STORE,     /* a record */
    ITEM_COMMITTED, /* the store has come back */
};

struct machine_item {
    struct machine_item *next;
    enum machine_what what;
    uint32_t party, passes; /* ITEM_SEGMENT: how often it still passes its fleet, this time included */
    bool outside, free;     /* an event that came by a socket; a segment that is counted with another */
    struct event event;
    struct action action;
    size_t len;
    uint8_t bytes[];
};

struct machine_list {
    struct machine_item *first, *last;
    uint32_t count;
};

enum machine_stage { STAGE_STEPS, STAGE_FLUSH, STAGE_POLL };

struct machine_process {
    struct machine_list sockets, queue, out;
    struct machine_item *leaving; /* its time is being spent */
    uint32_t *wakes;              /* parties whose time has come, in that order: a ring */
    uint32_t wakes_first, wakes_count, wakes_size;
    uint32_t readable, steps_left, events_left; /* of this turn */
    uint64_t news;                              /* told in this turn; of the one that shows: to be shown */
    uint64_t owed;                              /* nanoseconds that were not a whole microsecond */
    enum machine_stage stage;
    bool busy;    /* on a core, or waits for one; or is being woken: */
    bool waking;  /* the latter */
    usec resumes; /* what it does takes until then; NEVER: it waits for a core */
    usec left;    /* then: what it still takes */
};

struct machine_hooks {
    void *context;
    usec (*now)(void *context);
    uint32_t (*service)(void *context, uint32_t party, const struct event *); /* which one its step is */
    void (*step)(void *context, uint32_t party, const struct event *);
    void (*leave)(void *context,
                  const struct machine_item *); /* ITEM_FRAME, STREAM, DATAGRAM, TOLD, SEGMENT (one pass less) */
    bool (*stored)(void *context, const struct machine_list *batch); /* false: this commit failed */
    void (*again)(void *context, usec at, uint32_t process);         /* calls machine_go then */
};

struct machine {
    struct machine_hooks hooks;
    const struct service_times *times;
    uint32_t fleets, servers, store, show, processes; /* numbers of processes: the fleets first */
    struct cores cores;
    struct machine_process *process;
    uint64_t longer; /* nanoseconds that the step under way takes beside its own */
    uint8_t *woken;  /* by party: its wake waits in its process */
    struct machine_list box[2];
    uint8_t filling;
    bool committing, failed;
    usec begun;              /* the last commit, */
    bool begun_any, waiting; /* if there was one; the next waits until it may begin */
};

bool machine_open(struct machine *, const struct service_times *, uint32_t fleets, uint32_t parties,
                  const struct machine_hooks *);
void machine_close(struct machine *);
uint32_t machine_processes(uint32_t fleets);
void machine_go(struct machine *, uint32_t process); /* at the moment that hooks.again was told, or later */

/* An event by a socket of the process; or, `outside` false, from an engine of the same process, which it reads no
 * socket for. */
void machine_event(struct machine *, uint32_t process, uint32_t party, const struct event *, bool outside);
/* A segment comes to the relay or the uplink of a fleet. `free`: it is counted with another. */
void machine_segment(struct machine *, uint32_t process, uint32_t party, const struct event *, uint32_t passes,
                     bool free);
void machine_wake(struct machine *, uint32_t process, uint32_t party); /* this engine's moment has come */
void machine_stepped(struct machine *, uint32_t party);                /* it was stepped: a wake that waits is void */
/* Leaves the process at the end of its turn; of the servers: goes into the journal first. */
void machine_put(struct machine *, uint32_t process, enum machine_what, uint32_t party, const struct action *,
                 struct bytes);
void machine_opens(struct machine *);                  /* the step under way opens a load: it takes that much longer */
void machine_told(struct machine *, uint32_t process); /* news: it leaves at the end of the turn, and is shown */
void machine_forget_servers(struct machine *);         /* they start again: all that waits there is gone */
#endif
