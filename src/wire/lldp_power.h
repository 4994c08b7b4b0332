/* wire/lldp_power.h: the value of LLDP's 802.3 TLV "power via MDI" (IEEE 802.3-2012, 79.3.2), struct lldp's
 * `power_mdi`: what a port can do, and, since IEEE 802.3at, what a device asks for and what its switch allots to it.
 *
 * Takes   3 bytes (802.3af), 8 (802.3at), or more, whose rest is ignored (802.3bt has 25). Of 4 to 7 bytes, the
 *         extension is absent.
 * Gives   `extended` when type, source, priority and both values are there.
 * Garbage fewer than 3 bytes: FAULT_SHORT. Every value of a byte has a meaning or is kept as it is.
 */
#ifndef WIRE_LLDP_POWER_H
#define WIRE_LLDP_POWER_H
#include "base/bytes.h"

enum lldp_power_pair { LLDP_PAIR_SIGNAL = 1, LLDP_PAIR_SPARE = 2 }; /* data pairs (alternative A), spare pairs (B) */
enum lldp_power_type { LLDP_TYPE_2_PSE, LLDP_TYPE_2_PD, LLDP_TYPE_1_PSE, LLDP_TYPE_1_PD };
/* The source has two readings: a PSE's is its own supply, a PD's what it is fed from. 0: unknown. */
enum lldp_power_source {
    LLDP_PSE_PRIMARY = 1,
    LLDP_PSE_BACKUP = 2,
    LLDP_PD_FROM_PSE = 1,
    LLDP_PD_FROM_LOCAL = 2,
    LLDP_PD_FROM_BOTH = 3
};
enum lldp_power_priority { LLDP_POWER_UNKNOWN, LLDP_POWER_CRITICAL, LLDP_POWER_HIGH, LLDP_POWER_LOW };

struct lldp_power {
    bool pse;       /* the port is a PSE's; else a PD's */
    bool supported; /* the PSE can give power, */
    bool enabled;   /* does so, */
    bool pairs_set; /* and its pairs can be chosen */
    uint8_t pair;   /* enum lldp_power_pair */
    uint8_t class;  /* 0 to 4: of the PD, as the PSE saw it. Sent as one more; a byte 0 on the wire is UINT8_MAX here */
    bool extended;
    uint8_t type, source, priority; /* 2 bits each */
    uint16_t requested, allocated;  /* 0.1 W, at the PD: what it wishes, and what it may draw */
};

bool lldp_power_decode(struct lldp_power *out, struct bytes power_mdi, struct fault *why);
void lldp_power_encode(struct writer *, const struct lldp_power *); /* 3 bytes, or 8 */
#endif
