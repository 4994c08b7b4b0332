/* phone/discovery.h: the phone's CDP and LLDP-MED: it tells who it is, asks for its voice VLAN and for power, and hears
 * the switch.
 *
 * Sends    the first messages `first_discovery` after carrier, three more CDP at `discovery_repeat` until a switch has
 *          answered, then CDP each 60 s; LLDP three times 1 s apart, then each 30 s, only when the load speaks it. A
 *          CDP again at once when its power need changes.
 * VLAN     CDP's appliance VLAN reply for appliance 1 (1 to 4094: tag; 0, 4095: untagged) or an LLDP-MED voice policy.
 *          CDP wins over LLDP (Cisco's LLDP-MED paper says so of these phones). A switch's CDP without the reply means:
 *          none, at once; but a load that also speaks LLDP gives LLDP-MED 3 s more (lldpd's CDP, for one, carries no
 *          VLAN), unless that has said already that it has none. A reply that cannot be read means nothing.
 *          Nothing from anybody: the wait of the load's manifest (10 s), then untagged. A later change is told too.
 * Giver    who gave the VLAN (its port's MAC) may change it, or take it away by a message of the same protocol that has
 *          none. Others are not heard while its last message holds (its time to live): so two switches on one hub do
 *          not have the phone move in turns. When that has ended, or after a farewell (time to live 0), the phone stays
 *          where it is, and the next who speaks of a voice VLAN decides, LLDP-MED as well as CDP.
 * Power    TLV 0x19 with a request id, repeated until a 0x1A echoes it; what the switch has, or the level that it
 *          names, is the grant, and never more than was asked.
 *
 * Takes    frames that are not IP or ARP, wakes. Untagged or with a priority tag, for both belong to the cable
 *          (802.1AB-2009, 7.2); CDP also in VLAN 1, where a Cisco trunk with another native VLAN has it. LLDP to any of
 *          its three groups.
 * Gives    at most one CDP and one LLDP frame a wake.
 * Memory   one struct discovery; nothing is allocated.
 * Garbage  frames that do not decode are refused with their fault and change nothing; a bad CDP checksum is taken (see
 *          wire/cdp.h).
 */
#ifndef PHONE_DISCOVERY_H
#define PHONE_DISCOVERY_H
#include "phone/host.h"
#include "phone/timing.h"
#include "provision/load.h"

enum vlan_source { VLAN_FROM_NOTHING, VLAN_FROM_CDP, VLAN_FROM_LLDP, VLAN_FROM_PREFERENCE };
enum discovery_heard { DISCOVERY_NOTHING, DISCOVERY_MALFORMED, DISCOVERY_VLAN, DISCOVERY_POWER };

struct discovery {
    bool running, decided, heard_cdp, heard_lldp;
    bool other_heard, lldp_empty; /* a switch spoke CDP, or LLDP-MED, without a voice VLAN */
    uint8_t cdp_sent, lldp_sent, source;
    struct mac giver; /* of the VLAN, until `held`; 0: nobody */
    usec held;
    uint16_t vlan;                /* decided: VLAN_UNTAGGED or the tag */
    uint16_t native_vlan;         /* 0: not told */
    uint16_t request, management; /* of 0x19; 0: does not ask */
    uint32_t wants, granted;      /* mW */
    usec cdp_due, lldp_due, decide_due;
    char neighbour[32], port[24]; /* the switch's device id and port */
};

struct discovery_self { /* what the frames say of us; filled by the boot for each call: nothing is kept */
    const struct host *host;
    const struct phone_model *model;
    const struct load_manifest *load;
    const struct phone_timing *timing;
    uint32_t milliwatts; /* what it draws now; 0: nothing from the cable */
};

void discovery_start(struct discovery *, const struct discovery_self *, usec now, uint32_t wants_milliwatts);
void discovery_stop(struct discovery *);
/* A frame that host_hear called HOST_RAW. VLAN: decided or changed: see `vlan`, `source`. POWER: only `granted` changed
 * (it may have changed with VLAN too). */
enum discovery_heard discovery_hear(struct discovery *, const struct discovery_self *, usec now,
                                    const struct ethernet *, struct fault *why);
/* *decided: the wait for a voice VLAN has just ended, untagged. */
usec discovery_wake(struct discovery *, const struct discovery_self *, usec now, bool *decided, struct outbox *);
#endif
