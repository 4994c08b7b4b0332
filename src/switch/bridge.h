/* switch/bridge.h: a VLAN-aware learning bridge (IEEE 802.1Q), independent learning.
 *
 * Access port: its untagged VLAN without a tag (a priority tag, VID 0, counts as none), its tagged VLAN (voice) with
 * one. Trunk: its native VLAN without a tag, each VLAN that the bridge knows with one. Anything else is dropped and
 * counted.
 * Learns source addresses in (VLAN, address), forgets them after 300 s; floods unknown and group addresses within the
 * VLAN; never sends a frame back out of its port, nor to a port that is down; 01:80:c2:00:00:0x stays on its link
 * (802.1Q 8.6.3). More than 1514 bytes (1518 with FCS) without the tag: dropped. A frame that is less than 60 bytes
 * after a tag was taken off is padded.
 * Port 0 is the router inside the switch: it is given nothing by the bridge, and sends with bridge_send.
 *
 * Gives   ACTION_FRAME: at most one a port a call.
 * Memory  struct bridge_port a port (0 to count - 1) and struct bridge_entry, a multiple of BRIDGE_WAYS, from the
 *         owner. A full place drops its oldest entry, whose frames are then flooded until it speaks again.
 * Errors  a malformed frame changes nothing, is counted, and is handed back as a fault.
 */
#ifndef SWITCH_BRIDGE_H
#define SWITCH_BRIDGE_H
#include "base/engine.h"
#include "wire/ethernet.h"

enum { BRIDGE_WAYS = 4, BRIDGE_VLANS = 12 };

struct bridge_port {
    uint16_t untagged, tagged; /* 0: none */
    bool trunk, up;
};

struct bridge_entry {
    uint64_t key; /* VLAN and address; 0: empty */
    usec seen;
    uint32_t port;
};

struct bridge_counts {
    uint64_t frames, malformed, wrong_vlan, too_long, reserved, flooded;
};

/* Is what is behind this port concerned by a broadcast? `behind`: the frame from its EtherType on. False: it surely is
 * not, and need not be given it. For a driver whose phones are engines: thousands of them would spend their time on
 * what is for one. Asked are only ports whose concern shares a bit with that of the broadcast; the others are spared
 * it, and counted. */
struct bridge_heeds {
    bool (*heeds)(void *context, uint32_t port, struct bytes behind); /* NULL: everybody gets everything */
    uint64_t (*concern_of)(struct bytes behind);
    const uint64_t *concern; /* by port */
    uint64_t *spared;        /* counts them */
    void *context;
};

struct bridge {
    struct bridge_port *ports;
    struct bridge_heeds heeds;
    struct bridge_entry *entries;
    uint32_t count, sets;
    usec age;
    uint16_t vlans[BRIDGE_VLANS]; /* those that trunks carry; 0 ends */
    struct bridge_counts counts;
};

/* A frame that has been let in. */
struct bridged {
    struct ethernet ethernet;
    struct bytes behind; /* the frame from its EtherType or length on, without the tag */
    uint16_t vlan;
};

void bridge_init(struct bridge *, struct bridge_port *, uint32_t count, struct bridge_entry *, uint32_t entries,
                 usec age);
/* Lets a frame in: decides its VLAN, and learns. False: dropped and counted; *why says what is
 * malformed, or FAULT_NONE. */
bool bridge_take(struct bridge *, usec now, uint32_t port, struct bytes frame, struct bridged *, struct fault *why);
/* Sends it where it belongs; `from` is the port that it came by, 0 the router. */
void bridge_send(struct bridge *, usec now, uint32_t from, const struct bridged *, struct outbox *);
void bridge_forget_port(struct bridge *, uint32_t port);                           /* its link went down */
uint32_t bridge_where(const struct bridge *, usec now, uint16_t vlan, struct mac); /* 0: not known */
#endif
