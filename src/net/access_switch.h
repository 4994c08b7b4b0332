/* net/access_switch.h: an access switch with its phones in a fleet's process: a fleet (lab/fleet.h) as parties of
 * the loop, its uplink as a packet socket, with a fault an interloper (lab/interloper.h) in between.
 *
 * Takes   what the switches of a process share (struct access_shared), which outlives them; frames at the uplink, of
 *         which the capture of the uplink has each once.
 * Gives   its phones' streams and TCP to what is shared; news (SAYS_NEWS): a phone is told by its number in the
 *         whole lab, a switch, and who is on its uplink, by that of its first phone.
 * Memory  that of the fleet and of the interloper, and the ring of the uplink's socket. The struct must not move.
 * Parties access_switch_open adds them one after the other: the phones, the switch, the interloper if there is one.
 */
#ifndef NET_ACCESS_SWITCH_H
#define NET_ACCESS_SWITCH_H
#include "lab/fleet.h"
#include "lab/interloper.h"
#include "net/attached.h"
#include "net/captures.h"
#include "net/netlink.h"
#include "net/process.h"
#include "net/relay.h"
#include "net/stream.h"

struct access_shared {
    struct process *process;
    struct loop loop;
    struct meter meter; /* with process.measure */
    struct streams streams;
    struct relay relay;
    struct attached attached;
    struct captures captures;
};

struct access_switch {
    struct access_shared *shared;
    uint32_t party; /* of its first phone, on the loop */
    struct fleet fleet;
    struct interloper interloper;
    uint32_t interloper_party; /* 0: none */
    struct packet uplink;
    uint64_t uplink_frames;
    uint32_t opens_in; /* what the meter was at before a load is opened */
};

/* The parties that switch `number` of the plan has at most. */
uint32_t access_switch_parties(const struct plan *, uint32_t number);
bool access_switch_open(struct access_switch *, struct access_shared *, uint32_t number); /* false: no memory */
/* Sets up the interface `uplinkN` and opens its socket. `measure`: its delay first, into shared.meter. */
int access_switch_uplink(struct access_switch *, struct netlink *, bool measure, struct net_error *why);
void access_switch_start(struct access_switch *);
/* Who has this address now, and as which party; NULL: nobody. */
const struct phone *access_switch_find(struct access_switch *, ipv4, uint32_t *party);
uint32_t access_switch_service(const struct access_switch *, uint32_t party,
                               const struct event *); /* a meter_step_fn's */
void access_switch_say_ports(const struct access_switch *);
#endif
