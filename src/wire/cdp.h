/* wire/cdp.h: Cisco Discovery Protocol, from the version byte on (the payload of SNAP 00000C/2000).
 *
 * TLVs that are decoded land in their field, and their bit in `has`. `order` names the types of all TLVs as they came,
 * or shall be sent; an unknown type, or a known one of a length that we do not know, is kept raw in `other`. So decode
 * → encode is the identity for every frame whose TLVs come at most once each. Of a type that comes again the first
 * decides and the later ones are kept raw. More than CDP_TLVS TLVs, or CDP_OTHERS raw ones: FAULT_LONG. A type in
 * `order` that is neither in `has` nor in `other` is not written. The payload must be cut to its 802.3 length: padding
 * would be taken as TLVs.
 * A bad checksum does not refuse the frame (phones and lldpd take it): `checksum_good` says so. The rule for an odd
 * last byte is not IP's: see cdp_checksum.
 */
#ifndef WIRE_CDP_H
#define WIRE_CDP_H
#include "base/address.h"

extern const struct mac MAC_CDP; /* 01:00:0c:cc:cc:cc */

enum cdp_type {
    CDP_DEVICE_ID = 0x01,
    CDP_ADDRESSES = 0x02,
    CDP_PORT_ID = 0x03,
    CDP_CAPABILITIES = 0x04,
    CDP_SOFTWARE = 0x05,
    CDP_PLATFORM = 0x06,
    CDP_VTP_DOMAIN = 0x09,
    CDP_NATIVE_VLAN = 0x0a,
    CDP_DUPLEX = 0x0b,
    CDP_VLAN_REPLY = 0x0e,
    CDP_VLAN_QUERY = 0x0f,
    CDP_POWER_CONSUMPTION = 0x10,
    CDP_MTU = 0x11,
    CDP_TRUST = 0x12,
    CDP_UNTRUSTED_COS = 0x13,
    CDP_SYSTEM_NAME = 0x14,
    CDP_MANAGEMENT_ADDRESSES = 0x16,
    CDP_POWER_REQUESTED = 0x19,
    CDP_POWER_AVAILABLE = 0x1a,
};

enum cdp_capability {
    CDP_ROUTER = 1,
    CDP_BRIDGE = 2,
    CDP_SWITCH = 8,
    CDP_HOST = 0x10,
    CDP_IGMP = 0x20,
    CDP_PHONE = 0x80,
    CDP_TWO_PORT_RELAY = 0x400,
};

enum { CDP_TLVS = 40, CDP_OTHERS = 24, CDP_LEVELS = 8 };
enum { CDP_VLAN = 1 }; /* a Cisco trunk has CDP in VLAN 1, with its tag when the native VLAN is another one */
#define CDP_HAS(type) (UINT64_C(1) << (type)) /* for types below 64 */

struct cdp_other {
    uint16_t type;
    struct bytes value;
};

struct cdp {
    uint8_t version, ttl; /* 2; seconds, 180 */
    uint16_t checksum;    /* decode: as it came */
    bool checksum_good;   /* decode */
    uint64_t has;         /* CDP_HAS(type) of each field below that is set */
    struct bytes device_id, port_id, software, platform, vtp_domain, system_name;
    struct bytes addresses, management_addresses; /* raw values of 0x02, 0x16; see cdp_ipv4 and write_cdp_ipv4 */
    uint32_t capabilities;
    uint16_t native_vlan;
    uint8_t duplex; /* 1 full */
    uint8_t reply_appliance;
    uint16_t voice_vlan;        /* 0x0e: appliance 1 = the phone; VLAN 0 dot1p, 4095 untagged: see cdp_voice_vlan */
    struct bytes more_replies;  /* 0x0e: of further appliances, 3 bytes each, raw */
    struct bytes query;         /* 0x0f: phones send 20 02 00 01 */
    uint16_t power_consumption; /* mW */
    uint32_t mtu;
    uint8_t trust, untrusted_cos;
    struct {
        uint16_t request, management;
        uint32_t milliwatts[CDP_LEVELS];
        uint8_t count;
    } requested; /* 0x19 */
    struct {
        uint16_t request, management;
        uint32_t available, level;
    } available;              /* 0x1a, mW; a value that ends before the level says no preference: 0xffffffff */
    bool level_absent;        /* 0x1a: so */
    struct bytes more_levels; /* 0x1a: what newer switches have behind it, 4 bytes each, raw */
    struct cdp_other other[CDP_OTHERS];
    uint8_t others;
    uint16_t order[CDP_TLVS];
    uint8_t tlvs; /* encode: exactly these, in this order */
};

bool cdp_decode(struct cdp *out, struct bytes in, struct fault *why);
void cdp_encode(struct writer *, const struct cdp *); /* with its checksum */
/* 16-bit sum of big-endian words; a last odd byte is added as a SIGNED 8-bit number, not shifted left as IP does. */
uint16_t cdp_checksum(struct bytes);
/* The voice VLAN that 0x0e has for a phone, appliance 1, whichever entry that is. False: it says none. */
bool cdp_voice_vlan(const struct cdp *, uint16_t *vlan);
/* Is there a type among the raw ones? For a known one: it came in a form that we do not know, or again. */
bool cdp_has_other(const struct cdp *, uint16_t type);
/* The first IPv4 address of a raw addresses value; 0 when it has none. */
ipv4 cdp_ipv4(struct bytes addresses);
/* Writes the raw value of an addresses TLV with this one address (17 - 4 = 13 bytes). */
void write_cdp_ipv4(struct writer *, ipv4);
#endif
