/* wire/lldp.h: LLDP (IEEE 802.1AB) with LLDP-MED (ANSI/TIA-1057) and the IEEE 802.3 TLVs that phones use; payload of
 * 0x88CC.
 *
 * Chassis, port and TTL must come first, once and in that order, the end TLV last (its absence at the end of the frame
 * is taken, as lldpd does); an error in those three, or a TLV beyond the frame, refuses the frame. Any other TLV that
 * is too short for its fields, or whose inner lengths are wrong, is dropped alone and counted in `dropped`
 * (802.1AB-2009, 9.2.7.7.2); so are policies beyond LLDP_POLICIES. What a TLV has behind its fields is ignored, as
 * lldpd does; of a text of more than 255 bytes the first 255 count. Unknown TLVs are skipped on decode; of one that
 * comes again the last counts, of management addresses the first of IPv4. Encode writes the order: 1 2 3 4 5 6 7 8,
 * 802.3, MED capabilities, policies, power, inventory, end; what is longer than its TLV can say makes the writer full.
 */
#ifndef WIRE_LLDP_H
#define WIRE_LLDP_H
#include "base/address.h"

extern const struct mac MAC_LLDP; /* 01:80:c2:00:00:0e: nearest bridge, to which we send */
/* One of the three groups to which LLDPDUs go (802.1AB-2009, 7.1): nearest bridge, nearest non-TPMR bridge (…:03),
 * nearest customer bridge (…:00), which is spanning tree's too. */
bool lldp_group(struct mac);

enum lldp_capability { LLDP_BRIDGE = 0x04, LLDP_ROUTER = 0x10, LLDP_TELEPHONE = 0x20 };
enum lldp_chassis { LLDP_CHASSIS_MAC = 4, LLDP_CHASSIS_ADDRESS = 5, LLDP_CHASSIS_LOCAL = 7 };
enum lldp_port { LLDP_PORT_MAC = 3, LLDP_PORT_INTERFACE = 5, LLDP_PORT_LOCAL = 7 };
enum med_application { MED_VOICE = 1, MED_VOICE_SIGNALLING = 2 };
enum med_class { MED_CLASS_1 = 1, MED_CLASS_2, MED_CLASS_3, MED_NETWORK };
enum med_capability {
    MED_CAPABILITIES = 1,
    MED_POLICY = 2,
    MED_LOCATION = 4,
    MED_POWER_PSE = 8,
    MED_POWER_PD = 16,
    MED_INVENTORY = 32
};
enum med_inventory {
    MED_HARDWARE,
    MED_FIRMWARE,
    MED_SOFTWARE,
    MED_SERIAL,
    MED_MANUFACTURER,
    MED_MODEL,
    MED_ASSET,
    MED_INVENTORIES
};
enum { LLDP_POLICIES = 8 };

struct med_policy {
    uint8_t application;
    bool unknown, tagged;
    uint16_t vlan;    /* 12 bits */
    uint8_t priority; /* 802.1p */
    uint8_t dscp;
};

struct lldp {
    uint8_t chassis_subtype, port_subtype;
    struct bytes chassis, port;                                     /* their ids, without the subtype */
    uint16_t ttl;                                                   /* s; 0: going away */
    struct bytes port_description, system_name, system_description; /* empty: absent */
    bool has_capabilities;
    uint16_t capabilities, enabled;
    ipv4 management; /* 0: absent */
    bool has_mac_phy;
    uint8_t autonegotiation;
    uint16_t advertised, mau; /* 802.3 subtype 1 */
    bool has_power;
    struct bytes power_mdi; /* 802.3 subtype 2, raw: wire/lldp_power.h */
    bool has_med;
    uint16_t med_capabilities;
    uint8_t med_class;
    struct med_policy policy[LLDP_POLICIES];
    uint8_t policies;
    bool has_med_power;
    uint8_t power_type, power_source, power_priority;
    uint16_t power;                          /* type 0 PSE, 1 PD; 0.1 W */
    struct bytes inventory[MED_INVENTORIES]; /* empty: absent */
    uint8_t dropped;                         /* decode: TLVs with an error; 255: or more */
};

bool lldp_decode(struct lldp *out, struct bytes in, struct fault *why);
void lldp_encode(struct writer *, const struct lldp *);
/* The policy for voice that a switch has set; NULL: none. A phone's own is what it uses, or "unknown". */
const struct med_policy *lldp_voice_policy(const struct lldp *);
#endif
