#include "switch/announcement.h"
#include "wire/cdp.h"
#include "wire/ethernet.h"

enum {
    AUTONEGOTIATION = 3, /* 802.3 TLV MAC/PHY: supported and enabled */
    ADVERTISED = 0x6c00,
    MAU = 0x0010, /* 10/100, half and full; 100BASE-TX full: as seen on Catalysts */
    CDP_IPV4 = 13 /* bytes */
};

static bool says(const struct announcement *a, uint16_t type)
{
    switch (type) {
    case CDP_ADDRESSES:
    case CDP_MANAGEMENT_ADDRESSES: return a->management != 0;
    case CDP_NATIVE_VLAN: return a->native_vlan != 0;
    case CDP_DUPLEX: return a->full_duplex;
    case CDP_VLAN_REPLY: return a->voice_vlan != 0;
    case CDP_POWER_AVAILABLE: return a->gives_power;
    default: return true;
    }
}

void announcement_cdp(const struct announcement *a, struct outbox *out)
{
    static const uint16_t order[] = {CDP_DEVICE_ID,
                                     CDP_SOFTWARE,
                                     CDP_PLATFORM,
                                     CDP_ADDRESSES,
                                     CDP_PORT_ID,
                                     CDP_CAPABILITIES,
                                     CDP_VTP_DOMAIN,
                                     CDP_NATIVE_VLAN,
                                     CDP_DUPLEX,
                                     CDP_VLAN_REPLY,
                                     CDP_TRUST,
                                     CDP_UNTRUSTED_COS,
                                     CDP_MANAGEMENT_ADDRESSES,
                                     CDP_POWER_AVAILABLE};
    uint8_t address[CDP_IPV4];
    struct writer ip = writer(address, sizeof address);
    struct cdp cdp = {.version = 2, .ttl = a->cdp_ttl};

    if (a->management) write_cdp_ipv4(&ip, a->management);
    cdp.device_id = bytes_of(a->name);
    cdp.software = bytes_of(a->software);
    cdp.platform = bytes_of(a->platform);
    cdp.port_id = a->port;
    cdp.addresses = cdp.management_addresses = written(&ip);
    cdp.capabilities = CDP_SWITCH | CDP_IGMP;
    cdp.native_vlan = a->native_vlan;
    cdp.duplex = 1;
    cdp.reply_appliance = 1;
    cdp.voice_vlan = a->voice_vlan;
    cdp.available.request = a->request;
    cdp.available.management = a->management_id;
    cdp.available.available = a->allocated;
    cdp.available.level = UINT32_MAX; /* no preference */
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
        if (!says(a, order[i])) continue;
        cdp.has |= CDP_HAS(order[i]);
        cdp.order[cdp.tlvs++] = order[i];
    }
    struct ethernet e = {.to = MAC_CDP, .from = a->from, .form = ETHERNET_SNAP, .oui = SNAP_CISCO, .type = SNAP_CDP};
    struct writer *w = put(out, (struct action){.kind = ACTION_FRAME, .stream = a->stream});
    size_t begun = ethernet_begin(w, &e);
    cdp_encode(w, &cdp);
    ethernet_end(w, begun);
}

static void add_med(const struct announcement *a, struct lldp *l)
{
    l->has_med = true;
    l->med_capabilities = MED_CAPABILITIES | MED_POLICY | (a->gives_power ? MED_POWER_PSE : 0);
    l->med_class = MED_NETWORK;
    if (a->voice_vlan != 0) {
        l->policy[l->policies++] = (struct med_policy){.application = MED_VOICE,
                                                       .tagged = true,
                                                       .vlan = a->voice_vlan,
                                                       .priority = a->voice_priority,
                                                       .dscp = a->voice_dscp};
        l->policy[l->policies++] = (struct med_policy){.application = MED_VOICE_SIGNALLING,
                                                       .tagged = true,
                                                       .vlan = a->voice_vlan,
                                                       .priority = a->signalling_priority,
                                                       .dscp = a->signalling_dscp};
    }
    if (!a->gives_power || a->allocated == 0) return;
    l->has_med_power = true;
    l->power_type = 0;     /* PSE */
    l->power_source = 1;   /* primary */
    l->power_priority = 3; /* low */
    l->power = (uint16_t)(a->allocated / 100);
}

static void describe(const struct announcement *a, struct lldp *l)
{
    l->port_description = a->port;
    l->system_name = bytes_of(a->name);
    l->system_description = bytes_of(a->software);
    l->has_capabilities = true;
    l->capabilities = a->capabilities;
    l->enabled = a->enabled;
    l->management = a->management;
    l->has_mac_phy = a->full_duplex;
    l->autonegotiation = AUTONEGOTIATION;
    l->advertised = ADVERTISED;
    l->mau = MAU;
    if (a->med) add_med(a, l);
}

void announcement_lldp(const struct announcement *a, struct outbox *out)
{
    struct lldp l = {.chassis_subtype = LLDP_CHASSIS_MAC,
                     .chassis = {a->chassis.byte, sizeof a->chassis.byte},
                     .port_subtype = LLDP_PORT_INTERFACE,
                     .port = a->port,
                     .ttl = a->lldp_ttl};
    struct ethernet e = {.to = MAC_LLDP, .from = a->from, .form = ETHERNET_II, .type = TYPE_LLDP};

    if (l.ttl != 0) describe(a, &l);
    struct writer *w = put(out, (struct action){.kind = ACTION_FRAME, .stream = a->stream});
    size_t begun = ethernet_begin(w, &e);
    lldp_encode(w, &l);
    ethernet_end(w, begun);
}
