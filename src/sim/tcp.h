/* sim/tcp.h: streams between phones and CallManagers in virtual time.
 *
 * What TCP promises, and what it shows when the world is bad, with the times of Linux: a SYN that is lost comes again
 * after 1, 2, 4 s (RFC 6298, 2.1); a lost segment after the least RTO and a round trip (Linux adds its least to the
 * smoothed round trip, where RFC 6298, 2.4 has it as a floor), doubling up to 120 s. The least is 200 ms at a single
 * switch, and 1 s where uplinks are routed, as a lab on real frames sets it there (net/process.h: network_patient).
 * Loss probes (RFC 8985), which a single switch's kernels send sooner when more than one segment is on its way, are not
 * here: phones and CallManagers wait for answers. Order is kept: what overtook a segment waits for it; a port that
 * nobody listens on refuses; a machine that is silent takes all and says nothing, and what was sent to it or by it
 * arrives once it is back, when it is sent again the next time; a phone without power says no FIN, and what is sent to
 * it is never delivered. It gives its deliveries to a callback with the moment at which they happen; entries for itself
 * come back by sim_tcp_due, to the side of the phone.
 * Sides   who calls says for which side: each has a way of its own, and its hooks a context of their own. The phones of
 *         each switch may be one side and the CallManagers another, at the same time on several threads: what a phone
 *         does to a stream and what the other end does to it never touch the same, unless a whole way lies in between.
 *         sim_tcp_set and the like are alone.
 */
#ifndef SIM_TCP_H
#define SIM_TCP_H
#include "lab/plan.h"
#include "sim/link.h"

enum { SIM_PHONE_STREAMS = 4, SIM_STREAM_PIECES = 20 };
enum sim_end { END_PHONE, END_CALLMANAGER };

struct sim_held {
    struct sim_held *next;
    bool fin;
    size_t len;
    uint8_t bytes[];
};

struct sim_stream {
    uint32_t phone, number; /* the phone's own number of it */
    uint32_t id;            /* the CallManager's */
    uint8_t manager, tries;
    bool up, phone_open, manager_open, stuck[2]; /* stuck: this direction will never deliver again */
    struct endpoint from, to;
    usec last[2];             /* the latest delivery of each direction */
    struct sim_held *held[2]; /* what waits, in order, for a silent CallManager to be back */
    usec since[2];            /* when the first of it was sent */
    usec late[2];             /* when a segment arrives that those behind it overtake; 0: none */
};

struct sim_tcp_hooks {
    bool (*path)(void *context, uint32_t phone, ipv4 to); /* can this phone send to that address now, and be reached? */
    void (*deliver)(void *context, usec at, enum sim_end, uint32_t whose,
                    const struct event *);              /* whose: phone, or CallManager */
    void (*later)(void *context, usec at, uint32_t id); /* calls sim_tcp_due then */
    void (*overtaken)(void *context, uint32_t phone);   /* a segment of this phone's was; it is counted once */
};

struct sim_tcp_side {
    void *context;
    struct sim_link way; /* both directions alike */
    bool failed;         /* no memory */
};

/* The streams of a switch's phones, as they were opened. The pieces are 64, 128, 256... streams: none ever moves. */
struct sim_streams {
    struct sim_stream *piece[SIM_STREAM_PIECES];
    uint32_t count;
};

struct sim_tcp {
    const struct plan *plan;
    struct sim_tcp_hooks hooks;
    struct sim_streams *at; /* of each switch */
    uint32_t switches;
    usec rto;                                /* the first time */
    uint32_t (*of_phone)[SIM_PHONE_STREAMS]; /* their ids; 0: free */
    bool down[PLAN_CALLMANAGERS], silent[PLAN_CALLMANAGERS];
};

bool sim_tcp_open(struct sim_tcp *, const struct plan *, const struct sim_tcp_hooks *, usec latency);
void sim_tcp_close(struct sim_tcp *);
void sim_tcp_phone(struct sim_tcp *, struct sim_tcp_side *, usec now, uint32_t phone, const struct action *,
                   struct bytes payload); /* OPEN, WRITE, CLOSE */
void sim_tcp_manager(struct sim_tcp *, struct sim_tcp_side *, usec now, uint8_t manager, const struct action *,
                     struct bytes payload); /* WRITE, CLOSE */
void sim_tcp_due(struct sim_tcp *, struct sim_tcp_side *, usec now, uint32_t id);
/* Is this event still one for its receiver? A stream that was closed in the meantime delivers nothing. */
bool sim_tcp_arrives(struct sim_tcp *, const struct sim_tcp_side *, enum sim_end, uint32_t whose, const struct event *);
void sim_tcp_set(struct sim_tcp *, struct sim_tcp_side *, usec now, uint8_t manager, bool down,
                 bool silent); /* down: its streams are reset */
uint32_t sim_tcp_phone_of(const struct sim_tcp *,
                          uint32_t id); /* the phone at the other end; UINT32_MAX: no such stream */
#endif
