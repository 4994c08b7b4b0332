/* switch/neighbour.h: who a neighbour says that it is, by CDP or LLDP.
 *
 * Takes   a decoded message and the frame's source address.
 * Gives   the text fields as they came, UTF-8 or not, NUL-terminated, cut to their field; ids of LLDP that are
 *         addresses in their own form. The platform is CDP's, or the model of LLDP-MED's inventory; the software is
 *         CDP's version, or the inventory's, else LLDP's system description.
 * Memory  nothing is borrowed after the call.
 */
#ifndef SWITCH_NEIGHBOUR_H
#define SWITCH_NEIGHBOUR_H
#include "base/engine.h"
#include "wire/cdp.h"
#include "wire/lldp.h"

struct neighbour {
    char device[64], platform[64], software[64], port[32]; /* UTF-8 or not, as it came; NUL-terminated; cut */
    struct mac mac;
    uint32_t capabilities;
    bool phone; /* it says that it is one: CDP_PHONE, a VLAN query, LLDP_TELEPHONE, or class 3 of LLDP-MED */
    usec until; /* 0: none */
};

struct neighbour neighbour_of_cdp(const struct cdp *, struct mac from);
struct neighbour neighbour_of_lldp(const struct lldp *, struct mac from);
bool neighbour_same(const struct neighbour *, const struct neighbour *); /* all but `until` and `phone` */
/* The facts of who it is, all but FACT_DEVICE: MODEL, LOAD, NEIGHBOUR, CAPABILITIES, MAC, SOURCE "voice" for a
 * phone. */
void neighbour_tell(struct writer *, const struct neighbour *);
#endif
