/* switch/announcer.h: CDP (version 2) and LLDP with LLDP-MED of one switch port, and the neighbours heard there.
 *
 * CDP   when the link comes up, each 60 s, and at once when a neighbour is first heard ("triggered"), asks for its VLAN
 *       or for power anew, or its allocation changes. Hold time 180 s. TLVs in the order of a Catalyst 3560 (12.2);
 *       0x0e (appliance VLAN reply) in each frame when the port has a voice VLAN; 0x1a (power available) always: it
 *       echoes the last request id of a 0x19. Its management id is 1 at first; it rises with a frame whose level or
 *       request id is not what the frame before it on this link said, and when the link goes down. What changes
 *       before the link comes up does not count, nor does a level that comes of the plain consumption (0x10) of a
 *       phone that asks for none: a 3750 stays at request 0, management 1, as it goes from 15400 to 6300 mW.
 * LLDP  when the link comes up, each 30 s, TTL 120 s (IEEE 802.1AB-2005 9.2.5.7). MED TLVs only once the other side has
 *       shown MED, then three frames 1 s apart, the first at once (TIA-1057 11.2.1 fast start): policies voice (tagged,
 *       priority 5, DSCP 46) and voice signalling (priority 3, DSCP 24), power PSE (primary, low).
 * Both end here: they are never bridged.
 *
 * Takes   announcer_link, announcer_hear (a frame of either protocol), announcer_power (0: none); what these make due
 *         is sent by the announcer_wake that must follow, so that what happens at one moment is one frame.
 * Gives   ACTION_FRAME, ACTION_TELL (NEIGHBOUR, NEIGHBOUR_GONE): at most ANNOUNCER_MOST a call.
 * Memory  sizeof(struct announcer) a port; one neighbour a protocol, the newest wins (a port is a cable).
 * Errors  a frame that cannot be decoded changes nothing, and is handed back as a fault.
 */
#ifndef SWITCH_ANNOUNCER_H
#define SWITCH_ANNOUNCER_H
#include "base/engine.h"
#include "switch/neighbour.h"
#include "wire/cdp.h"
#include "wire/ethernet.h"
#include "wire/lldp.h"

enum { ANNOUNCER_MOST = 6, WISHES = CDP_LEVELS }; /* actions; levels of a request */

struct announcer_timing {
    usec cdp, lldp, fast; /* 60 s, 30 s, 1 s */
};

/* One for all ports of a switch. */
struct announcer_config {
    const char *name, *software, *platform;
    struct mac base;     /* a port's own address is this + its number */
    ipv4 management;     /* 0: none */
    uint16_t voice_vlan; /* 0: none */
    uint16_t native_vlan;
    uint32_t uplink; /* this port has uplink_vlan and no voice VLAN */
    uint16_t uplink_vlan;
    uint16_t ports_per_member;
    bool cdp, lldp;
    const struct announcer_timing *timing;
};

/* What a neighbour asks of the power machine; the first level is its wish. */
struct power_wish {
    bool asked;
    bool by_lldp;
    uint8_t count;
    uint32_t milliwatts[WISHES];
};

struct announcer {
    uint32_t port;
    bool up;
    bool trunk;   /* no voice VLAN is announced there */
    bool med;     /* the other side has shown MED */
    uint8_t fast; /* frames left of a fast start */
    uint16_t request, management;
    struct {
        uint16_t request;
        uint32_t allocated;
    } said;                  /* the last 0x1a */
    bool asked;              /* on this link: a 0x19 was heard */
    bool locked, lldp_power; /* who first negotiated power on this link goes on alone, as IOS has it */
    uint32_t allocated;      /* mW; 0: the port is not powered */
    usec cdp_due, lldp_due;
    struct neighbour cdp, lldp;
};

void announcer_init(struct announcer *, uint32_t port);
void announcer_link(struct announcer *, const struct announcer_config *, usec now, bool up, struct outbox *);
usec announcer_wake(struct announcer *, const struct announcer_config *, usec now, struct outbox *);
/* A frame to MAC_CDP or to a group of LLDP that came in. False: *why. */
bool announcer_hear(struct announcer *, const struct announcer_config *, usec now, const struct ethernet *,
                    struct power_wish *, struct fault *why, struct outbox *);
void announcer_power(struct announcer *, const struct announcer_config *, usec now,
                     uint32_t milliwatts); /* allocated */
usec announcer_due(const struct announcer *);
struct mac announcer_mac(const struct announcer_config *, uint32_t port);
#endif
