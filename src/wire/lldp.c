#include "wire/lldp.h"

/* Sections without a name are those of IEEE 802.1AB-2009. 8.4: types of TLVs. */
enum {
    END,
    CHASSIS,
    PORT,
    TTL,
    PORT_DESCRIPTION,
    SYSTEM_NAME,
    SYSTEM_DESCRIPTION,
    CAPABILITIES,
    MANAGEMENT,
    ORGANIZATION = 127,
};

enum {
    LENGTH_BITS = 9,
    LENGTH_MOST = (1 << LENGTH_BITS) - 1,
    TEXT_MOST = 255, /* 8.5.2 to 8.5.7: ids, names and descriptions */
    OUI_8023 = 0x00120f,
    MAC_PHY = 1, /* IEEE 802.3 subtypes */
    POWER_MDI = 2,
    POWER_MDI_LEAST = 3, /* support, pair, class; 802.3at and bt add to them */
    OUI_MED = 0x0012bb,  /* ANSI/TIA-1057, 10.2: subtypes of LLDP-MED */
    SUBTYPE_CAPABILITIES = 1,
    SUBTYPE_POLICY = 2,
    SUBTYPE_POWER = 4,
    SUBTYPE_INVENTORY = 5, /* to 11, in the order of enum med_inventory */
    ADDRESS_IPV4 = 1,      /* IANA address family, in a management address */
    ADDRESS_LEAST = 2,     /* 8.5.9: its family and 1 to 31 bytes */
    ADDRESS_MOST = 32,
    INTERFACE_UNKNOWN = 1, /* 8.5.9: no numbering of interfaces */
    OBJECT_MOST = 128,
};

const struct mac MAC_LLDP = {{0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e}};

bool lldp_group(struct mac to)
{
    static const uint8_t last[] = {0x0e, 0x03, 0x00};

    for (size_t i = 0; i < ARRAY_LENGTH(last); i++)
        if (mac_number(to) == (UINT64_C(0x0180c2000000) | last[i])) return true;
    return false;
}

static struct bytes read_id(struct reader *r, uint8_t *subtype)
{
    *subtype = read_u8(r);
    struct bytes id = read_rest(r);
    if (id.len < 1 || id.len > TEXT_MOST) refuse(r, FAULT_VALUE, "LLDP id length");
    return id;
}

static struct bytes read_text(struct reader *r)
{
    struct bytes text = read_rest(r);
    if (text.len > TEXT_MOST) text.len = TEXT_MOST;
    return text;
}

/* There may be one for each address of the device: the first of IPv4 counts. */
static void read_management(struct lldp *out, struct reader *r)
{
    uint8_t length = read_u8(r);
    if (length < ADDRESS_LEAST || length > ADDRESS_MOST) refuse(r, FAULT_VALUE, "LLDP management address length");
    struct reader address = read_part(r, length);
    uint8_t family = read_u8(&address);
    if (family == ADDRESS_IPV4 && length != 1 + sizeof(ipv4)) refuse(r, FAULT_VALUE, "LLDP management address length");
    if (family == ADDRESS_IPV4 && out->management == 0) out->management = read_be32(&address);
    (void)read_u8(r);   /* how interfaces are numbered */
    (void)read_be32(r); /* the interface */
    uint8_t object = read_u8(r);
    if (object > OBJECT_MOST) refuse(r, FAULT_VALUE, "LLDP management object length");
    (void)read_bytes(r, object);
}

static void read_8023(struct lldp *out, struct reader *r, uint8_t subtype)
{
    if (subtype == MAC_PHY) {
        out->has_mac_phy = true;
        out->autonegotiation = read_u8(r);
        out->advertised = read_be16(r);
        out->mau = read_be16(r);
    } else if (subtype == POWER_MDI) {
        out->has_power = true;
        out->power_mdi = read_rest(r);
        if (out->power_mdi.len < POWER_MDI_LEAST) refuse(r, FAULT_SHORT, "802.3 power via MDI");
    } else {
        (void)read_rest(r);
    }
}

/* TIA-1057, 10.2.3: unknown 1, tagged 1, reserved 1, VLAN 12, priority 3, DSCP 6 bits. */
static void read_policy(struct lldp *out, struct reader *r)
{
    struct med_policy p = {.application = read_u8(r)};
    uint32_t bits = read_be24(r);

    p.unknown = bits >> 23 & 1;
    p.tagged = bits >> 22 & 1;
    p.vlan = bits >> 9 & 0x0fff;
    p.priority = bits >> 6 & 7;
    p.dscp = bits & 0x3f;
    if (out->policies == LLDP_POLICIES) {
        refuse(r, FAULT_LONG, "LLDP-MED policies: more than applications"); /* the first ones stay */
        return;
    }
    out->policy[out->policies++] = p;
}

static void read_med(struct lldp *out, struct reader *r, uint8_t subtype)
{
    if (subtype == SUBTYPE_CAPABILITIES) {
        out->has_med = true;
        out->med_capabilities = read_be16(r);
        out->med_class = read_u8(r);
    } else if (subtype == SUBTYPE_POLICY) {
        read_policy(out, r);
    } else if (subtype == SUBTYPE_POWER) {
        uint8_t bits = read_u8(r); /* TIA-1057, 10.2.5: type 2, source 2, priority 4 bits */
        out->has_med_power = true;
        out->power_type = bits >> 6;
        out->power_source = bits >> 4 & 3;
        out->power_priority = bits & 0x0f;
        out->power = read_be16(r);
    } else if (subtype >= SUBTYPE_INVENTORY && subtype < SUBTYPE_INVENTORY + MED_INVENTORIES) {
        /* TIA-1057, 10.2.6 allows 32 characters; lldpd takes more, and so do we. */
        out->inventory[subtype - SUBTYPE_INVENTORY] = read_rest(r);
    } else {
        (void)read_rest(r);
    }
}

static void read_organization(struct lldp *out, struct reader *r)
{
    uint32_t oui = read_be24(r);
    uint8_t subtype = read_u8(r);

    if (oui == OUI_8023)
        read_8023(out, r, subtype);
    else if (oui == OUI_MED)
        read_med(out, r, subtype);
    else
        (void)read_rest(r);
}

static void read_value(struct lldp *out, struct reader *r, unsigned type)
{
    switch (type) {
    case CHASSIS: out->chassis = read_id(r, &out->chassis_subtype); break;
    case PORT: out->port = read_id(r, &out->port_subtype); break;
    case TTL: out->ttl = read_be16(r); break;
    case PORT_DESCRIPTION: out->port_description = read_text(r); break;
    case SYSTEM_NAME: out->system_name = read_text(r); break;
    case SYSTEM_DESCRIPTION: out->system_description = read_text(r); break;
    case CAPABILITIES:
        out->has_capabilities = true;
        out->capabilities = read_be16(r);
        out->enabled = read_be16(r);
        break;
    case MANAGEMENT: read_management(out, r); break;
    case ORGANIZATION: read_organization(out, r); break;
    case END: break;
    default: (void)read_rest(r);
    }
}

/* IEEE 802.1AB-2009, 9.2.7.7.2: an error in what need not be there costs its TLV, not the LLDPDU. */
static void read_optional(struct lldp *out, struct bytes value, unsigned type)
{
    struct lldp before = *out;
    struct fault why;
    struct reader r = reader(value, &why);

    read_value(out, &r, type);
    if (sound(&r)) return;
    *out = before;
    if (out->dropped < UINT8_MAX) out->dropped++;
}

bool lldp_decode(struct lldp *out, struct bytes in, struct fault *why)
{
    struct reader r = reader(in, why);
    unsigned type = CHASSIS, expected = CHASSIS; /* the first three are 1, 2, 3, and none of them comes again (8.2) */

    *out = (struct lldp){0};
    for (; sound(&r) && type != END && unread(&r) > 0; expected++) {
        uint16_t head = read_be16(&r);
        type = head >> LENGTH_BITS;
        bool leading = type >= CHASSIS && type <= TTL;
        if (expected <= TTL ? type != expected : leading) refuse(&r, FAULT_ORDER, "LLDP chassis, port, TTL");
        struct reader value = read_part(&r, head & LENGTH_MOST);
        if (!sound(&value)) break;
        if (leading)
            read_value(out, &value, type);
        else
            read_optional(out, read_rest(&value), type);
    }
    if (expected <= TTL) refuse(&r, FAULT_ABSENT, "LLDP chassis, port or TTL");
    return sound(&r);
}

static size_t begin_tlv(struct writer *w, unsigned type)
{
    size_t begun = w->len;

    write_be16(w, (uint16_t)(type << LENGTH_BITS));
    return begun;
}

static size_t begin_organization(struct writer *w, uint32_t oui, uint8_t subtype)
{
    size_t begun = begin_tlv(w, ORGANIZATION);

    write_be24(w, oui);
    write_u8(w, subtype);
    return begun;
}

static void end_tlv(struct writer *w, size_t begun, unsigned type)
{
    if (w->full) return;
    size_t length = w->len - begun - 2;
    if (length > LENGTH_MOST)
        w->full = true; /* nine bits cannot say it */
    else
        patch_be16(w, begun, (uint16_t)(type << LENGTH_BITS | length));
}

static void write_id(struct writer *w, unsigned type, uint8_t subtype, struct bytes id)
{
    size_t begun = begin_tlv(w, type);

    if (id.len > TEXT_MOST) w->full = true; /* no format for it: 8.5.2 */
    write_u8(w, subtype);
    write_bytes(w, id);
    end_tlv(w, begun, type);
}

static void write_string(struct writer *w, unsigned type, struct bytes text)
{
    if (text.len == 0) return;
    if (text.len > TEXT_MOST) w->full = true; /* 8.5.5 */
    size_t begun = begin_tlv(w, type);
    write_bytes(w, text);
    end_tlv(w, begun, type);
}

static void write_management(struct writer *w, ipv4 address)
{
    size_t begun = begin_tlv(w, MANAGEMENT);

    write_u8(w, 1 + sizeof address);
    write_u8(w, ADDRESS_IPV4);
    write_be32(w, address);
    write_u8(w, INTERFACE_UNKNOWN);
    write_be32(w, 0); /* its number */
    write_u8(w, 0);   /* length of an object identifier */
    end_tlv(w, begun, MANAGEMENT);
}

static void write_8023(struct writer *w, const struct lldp *l)
{
    if (l->has_mac_phy) {
        size_t begun = begin_organization(w, OUI_8023, MAC_PHY);
        write_u8(w, l->autonegotiation);
        write_be16(w, l->advertised);
        write_be16(w, l->mau);
        end_tlv(w, begun, ORGANIZATION);
    }
    if (l->has_power) {
        size_t begun = begin_organization(w, OUI_8023, POWER_MDI);
        write_bytes(w, l->power_mdi);
        end_tlv(w, begun, ORGANIZATION);
    }
}

static void write_policy(struct writer *w, const struct med_policy *p)
{
    size_t begun = begin_organization(w, OUI_MED, SUBTYPE_POLICY);

    write_u8(w, p->application);
    write_be24(w, (p->unknown ? UINT32_C(1) << 23 : 0) | (p->tagged ? UINT32_C(1) << 22 : 0) |
                      (p->vlan & UINT32_C(0x0fff)) << 9 | (p->priority & UINT32_C(7)) << 6 |
                      (p->dscp & UINT32_C(0x3f)));
    end_tlv(w, begun, ORGANIZATION);
}

static void write_med(struct writer *w, const struct lldp *l)
{
    if (l->has_med) { /* it must stand before the others (TIA-1057, 10.2.2) */
        size_t begun = begin_organization(w, OUI_MED, SUBTYPE_CAPABILITIES);
        write_be16(w, l->med_capabilities);
        write_u8(w, l->med_class);
        end_tlv(w, begun, ORGANIZATION);
    }
    for (size_t i = 0; i < l->policies && i < LLDP_POLICIES; i++) write_policy(w, &l->policy[i]);
    if (l->has_med_power) {
        size_t begun = begin_organization(w, OUI_MED, SUBTYPE_POWER);
        write_u8(w, (uint8_t)((l->power_type & 3) << 6 | (l->power_source & 3) << 4 | (l->power_priority & 0x0f)));
        write_be16(w, l->power);
        end_tlv(w, begun, ORGANIZATION);
    }
    for (size_t i = 0; i < MED_INVENTORIES; i++) {
        if (l->inventory[i].len == 0) continue;
        size_t begun = begin_organization(w, OUI_MED, (uint8_t)(SUBTYPE_INVENTORY + i));
        write_bytes(w, l->inventory[i]);
        end_tlv(w, begun, ORGANIZATION);
    }
}

void lldp_encode(struct writer *w, const struct lldp *l)
{
    write_id(w, CHASSIS, l->chassis_subtype, l->chassis);
    write_id(w, PORT, l->port_subtype, l->port);
    size_t begun = begin_tlv(w, TTL);
    write_be16(w, l->ttl);
    end_tlv(w, begun, TTL);
    write_string(w, PORT_DESCRIPTION, l->port_description);
    write_string(w, SYSTEM_NAME, l->system_name);
    write_string(w, SYSTEM_DESCRIPTION, l->system_description);
    if (l->has_capabilities) {
        begun = begin_tlv(w, CAPABILITIES);
        write_be16(w, l->capabilities);
        write_be16(w, l->enabled);
        end_tlv(w, begun, CAPABILITIES);
    }
    if (l->management != 0) write_management(w, l->management);
    write_8023(w, l);
    write_med(w, l);
    end_tlv(w, begin_tlv(w, END), END);
}

const struct med_policy *lldp_voice_policy(const struct lldp *l)
{
    if (!l->has_med || l->med_class != MED_NETWORK) return NULL;
    for (uint8_t i = 0; i < l->policies; i++)
        if (l->policy[i].application == MED_VOICE && !l->policy[i].unknown) return &l->policy[i];
    return NULL;
}
