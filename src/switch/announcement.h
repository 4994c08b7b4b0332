/* switch/announcement.h: what an announcer says of itself: a whole CDP (version 2) frame, a whole LLDP frame with
 * LLDP-MED.
 *
 * CDP   TLVs in the order of a Catalyst 3560 (12.2); 0x0e (appliance VLAN reply) when there is a voice VLAN; 0x1a
 *       (power available) only where power is given; capabilities 0x28, as a 3560 says, also when it routes.
 * LLDP  with `med` also the MED TLVs (ANSI/TIA-1057): network connectivity device; when there is a voice VLAN the
 *       policies voice and voice signalling, both tagged; power PSE (primary, low) when power is allocated. A time to
 *       live of 0 makes the shutdown LLDPDU: chassis, port, time to live, and no more (IEEE 802.1AB-2009, 9.1.2 and
 *       8.2).
 * Takes   texts of at most 255 bytes each, and together few enough for a frame; the owner cuts them.
 * Gives   one ACTION_FRAME on `stream`.
 */
#ifndef SWITCH_ANNOUNCEMENT_H
#define SWITCH_ANNOUNCEMENT_H
#include "base/engine.h"
#include "wire/lldp.h"

struct announcement {
    uint32_t stream;
    struct mac from;    /* of the port */
    struct mac chassis; /* LLDP's chassis id */
    const char *name, *software, *platform;
    struct bytes port;
    ipv4 management;      /* 0: none */
    uint16_t native_vlan; /* 0: not said */
    bool full_duplex;     /* said: by CDP's 0x0b, and as a 100BASE-TX port by LLDP's MAC/PHY TLV. False: not said */
    uint16_t capabilities, enabled; /* LLDP's */
    uint16_t voice_vlan;            /* 0: none */
    uint8_t voice_priority, voice_dscp, signalling_priority, signalling_dscp;
    bool gives_power;
    uint16_t request, management_id; /* of 0x1a */
    uint32_t allocated;              /* mW */
    bool med;
    uint8_t cdp_ttl; /* s */
    uint16_t lldp_ttl;
};

/* What a Cisco phone gives its own frames, and so what a switch tells it: EF and priority 5 for voice, CS3 and 3 for
 * signalling. */
enum { VOICE_PRIORITY = 5, VOICE_DSCP = 46, SIGNALLING_PRIORITY = 3, SIGNALLING_DSCP = 24 };
enum { ANNOUNCED_CDP_TTL = 180, ANNOUNCED_LLDP_TTL = 120, FAST_START = 3 }; /* s; TIA-1057: medFastStartRepeatCount */

void announcement_cdp(const struct announcement *, struct outbox *);
void announcement_lldp(const struct announcement *, struct outbox *);
#endif
