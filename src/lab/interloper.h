/* lab/interloper.h: what goes wrong between a switch and the servers: an engine on its uplink through which every frame
 * passes.
 *
 * Takes   EVENT_FRAME: `stream` INTERLOPER_UP: from the switch, for the servers; INTERLOPER_DOWN: from the servers.
 *         EVENT_WAKE.
 * Gives   ACTION_FRAME with the side to which it goes on; without faults each frame goes on at once. ACTION_TELL of
 *         WAY_OVERTAKEN. At most INTERLOPER_MOST a step.
 * Memory  allocated by interloper_open. INTERLOPER_HELD frames that wait; more are dropped, and counted.
 * Does    loss, latency, doubling, disorder; slow TFTP; DHCP, TFTP or a CallManager cut off; a NAK in place of each
 *         ACK; a second DHCP server whose OFFERs come first and name no TFTP server; an ERROR 2 in place of TFTP's
 *         answers; an ARP answer for each address that is probed.
 * Counts  frames that were overtaken: one goes on after another of the same phone, the same side and the same protocol
 *         (UDP, TCP, the rest) that came in later. Frames that the switch routes for a phone (the data VLAN's, and all
 *         of a routed uplink) bear its router's MAC: not counted. Phones are numbered as in the fleet of that switch.
 * Garbage what it cannot decode goes on as it is.
 */
#ifndef LAB_INTERLOPER_H
#define LAB_INTERLOPER_H
#include "base/random.h"
#include "lab/plan.h"

enum { INTERLOPER_UP, INTERLOPER_DOWN };
enum lab_news {
    WAY_OVERTAKEN = 0x3f0, /* a frame of a phone was overtaken by a later one. PORT (the phone's), COUNT (until now) */
};
enum { INTERLOPER_KINDS = 3 }; /* of protocols; within one the order of a phone's frames means something */
enum { INTERLOPER_HELD = 1024, INTERLOPER_FRAME = 1522, INTERLOPER_MOST = 64 };
#define INTERLOPER_ROGUE IPV4(10, 0, 0, 66) /* the second DHCP server says that it is this one */

struct interloper_held {
    usec due;
    uint64_t order; /* of arrival: ties go by it */
    uint16_t len, side;
    uint32_t flow; /* see interloper.newest; UINT32_MAX: no phone's, or the second of two copies */
    uint8_t frame[INTERLOPER_FRAME];
};

struct interloper {
    const struct plan *plan;
    struct plan_switch at;
    struct random random;
    struct interloper_held *held;
    uint32_t count;
    uint64_t order, passed, dropped, changed;
    uint64_t *newest;    /* the latest arrival that has gone on: by phone, side, kind */
    uint32_t *overtaken; /* by phone */
};

bool interloper_needed(const struct plan *); /* is there a fault that it would do? */
bool interloper_open(struct interloper *, const struct plan *, uint32_t number); /* at the uplink of that switch */
void interloper_close(struct interloper *);
usec interloper_step(void *interloper, usec now, const struct event *, struct outbox *);
#endif
