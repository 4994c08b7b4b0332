#include "wire/cdp.h"

enum {
    VERSION_1 = 1, /* the same layout with fewer TLVs; devices still take it */
    VERSION_2 = 2,
    HEAD = 4,        /* of the message: version, TTL, checksum; of a TLV: type, length (which counts these 4) */
    CHECKSUM_AT = 2, /* from the version byte */
    NLPID = 1,       /* protocol type of an address: ISO/IEC TR 9577, */
    NLPID_IPV4 = 0xcc,
    PHONE = 1,        /* appliance id */
    REPLY_LENGTH = 3, /* appliance id, VLAN */
    IDS = 4,          /* request id, management id */
    LEVEL = 4,
};

const struct mac MAC_CDP = {{0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc}};

enum shape { SPAN, BYTE, HALF, WORD, REPLY, REQUESTED, AVAILABLE };

/* The types that have a field of their own, and where it is. Any other is kept raw. */
static const struct field {
    uint16_t type;
    enum shape shape;
    size_t at;
} fields[] = {
    {CDP_DEVICE_ID, SPAN, offsetof(struct cdp, device_id)},
    {CDP_ADDRESSES, SPAN, offsetof(struct cdp, addresses)},
    {CDP_PORT_ID, SPAN, offsetof(struct cdp, port_id)},
    {CDP_CAPABILITIES, WORD, offsetof(struct cdp, capabilities)},
    {CDP_SOFTWARE, SPAN, offsetof(struct cdp, software)},
    {CDP_PLATFORM, SPAN, offsetof(struct cdp, platform)},
    {CDP_VTP_DOMAIN, SPAN, offsetof(struct cdp, vtp_domain)},
    {CDP_NATIVE_VLAN, HALF, offsetof(struct cdp, native_vlan)},
    {CDP_DUPLEX, BYTE, offsetof(struct cdp, duplex)},
    {CDP_VLAN_REPLY, REPLY, 0},
    {CDP_VLAN_QUERY, SPAN, offsetof(struct cdp, query)},
    {CDP_POWER_CONSUMPTION, HALF, offsetof(struct cdp, power_consumption)},
    {CDP_MTU, WORD, offsetof(struct cdp, mtu)},
    {CDP_TRUST, BYTE, offsetof(struct cdp, trust)},
    {CDP_UNTRUSTED_COS, BYTE, offsetof(struct cdp, untrusted_cos)},
    {CDP_SYSTEM_NAME, SPAN, offsetof(struct cdp, system_name)},
    {CDP_MANAGEMENT_ADDRESSES, SPAN, offsetof(struct cdp, management_addresses)},
    {CDP_POWER_REQUESTED, REQUESTED, 0},
    {CDP_POWER_AVAILABLE, AVAILABLE, 0},
};

static const struct field *field_of(uint16_t type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        if (fields[i].type == type) return &fields[i];
    return NULL;
}

/* The last odd byte, as a signed number, is added in its ones' complement form: below 0x80 as it is, above as
 * byte - 0x100, which modulo 0xffff is 0xff00 + byte - 1. The sum thereby never goes below zero. */
uint16_t cdp_checksum(struct bytes b)
{
    uint64_t sum = 0;

    for (size_t i = 0; i + 1 < b.len; i += 2) sum += (uint64_t)(b.at[i] << 8 | b.at[i + 1]);
    if (b.len % 2) {
        uint8_t last = b.at[b.len - 1];
        sum += last < 0x80 ? last : 0xff00U + last - 1;
    }
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* A value of a known length. */
static void read_value(struct cdp *c, const struct field *f, struct bytes v)
{
    struct fault why;
    struct reader r = reader(v, &why);
    void *to = (char *)c + f->at;

    switch (f->shape) {
    case SPAN: *(struct bytes *)to = v; break;
    case BYTE: *(uint8_t *)to = read_u8(&r); break;
    case HALF: *(uint16_t *)to = read_be16(&r); break;
    case WORD: *(uint32_t *)to = read_be32(&r); break;
    case REPLY:
        c->reply_appliance = read_u8(&r);
        c->voice_vlan = read_be16(&r);
        c->more_replies = read_rest(&r);
        break;
    case REQUESTED:
        c->requested.request = read_be16(&r);
        c->requested.management = read_be16(&r);
        for (size_t i = 0; i < v.len / 4 - 1; i++) c->requested.milliwatts[i] = read_be32(&r);
        c->requested.count = (uint8_t)(v.len / 4 - 1);
        break;
    case AVAILABLE:
        c->available.request = read_be16(&r);
        c->available.management = read_be16(&r);
        c->available.available = read_be32(&r);
        c->level_absent = unread(&r) == 0;
        c->available.level = c->level_absent ? UINT32_MAX : read_be32(&r);
        c->more_levels = read_rest(&r);
        break;
    }
}

/* So that only a value of a length that we know touches a field. Of 0x0e there are some that are no row of entries, and
 * tcpdump knows 0x10 of 1 to 3 bytes: those stay raw. */
static bool length_known(enum shape shape, size_t n)
{
    switch (shape) {
    case SPAN: return true;
    case BYTE: return n == 1;
    case HALF: return n == 2;
    case WORD: return n == 4;
    case REPLY: return n % REPLY_LENGTH == 0 && n > 0;
    case REQUESTED: return n % LEVEL == 0 && n > IDS && n <= IDS + LEVEL * CDP_LEVELS;
    case AVAILABLE: return n % LEVEL == 0 && n > IDS;
    }
    return false;
}

/* Of a type that comes again the first decides, and the later ones are kept raw. */
static void take_tlv(struct cdp *c, struct reader *r, uint16_t type, struct bytes value)
{
    const struct field *f = field_of(type);

    if (c->tlvs == CDP_TLVS) {
        refuse(r, FAULT_LONG, "CDP TLVs: too many");
        return;
    }
    c->order[c->tlvs++] = type;
    if (f && !(c->has & CDP_HAS(type)) && length_known(f->shape, value.len)) {
        read_value(c, f, value);
        c->has |= CDP_HAS(type);
    } else if (c->others < CDP_OTHERS) {
        c->other[c->others++] = (struct cdp_other){type, value};
    } else {
        refuse(r, FAULT_LONG, "unknown CDP TLVs: too many");
    }
}

bool cdp_decode(struct cdp *out, struct bytes in, struct fault *why)
{
    struct reader r = reader(in, why);

    *out = (struct cdp){.version = read_u8(&r)};
    if (out->version != VERSION_1 && out->version != VERSION_2) refuse(&r, FAULT_VALUE, "CDP version");
    out->ttl = read_u8(&r);
    out->checksum = read_be16(&r);
    while (unread(&r) > 0) {
        uint16_t type = read_be16(&r), length = read_be16(&r);
        if (length < HEAD) refuse(&r, FAULT_VALUE, "CDP TLV length");
        struct bytes value = read_bytes(&r, length < HEAD ? 0 : length - HEAD);
        if (sound(&r)) take_tlv(out, &r, type, value);
    }
    /* Together with its own complement a ones' complement sum has all bits set. */
    out->checksum_good = sound(&r) && cdp_checksum(in) == 0;
    return sound(&r);
}

static void write_tlv(struct writer *w, uint16_t type, struct bytes value, struct bytes more)
{
    if (value.len > UINT16_MAX - HEAD || more.len > UINT16_MAX - HEAD - value.len) {
        w->full = true; /* its length has no form; no frame could carry it either */
        return;
    }
    write_be16(w, type);
    write_be16(w, (uint16_t)(value.len + more.len + HEAD));
    write_bytes(w, value);
    write_bytes(w, more);
}

static void write_value(struct writer *w, const struct cdp *c, const struct field *f)
{
    const void *from = (const char *)c + f->at;
    uint8_t room[IDS + LEVEL * CDP_LEVELS];
    struct writer v = writer(room, sizeof room);
    struct bytes more = {0};

    switch (f->shape) {
    case SPAN: write_tlv(w, f->type, *(const struct bytes *)from, more); return;
    case BYTE: write_u8(&v, *(const uint8_t *)from); break;
    case HALF: write_be16(&v, *(const uint16_t *)from); break;
    case WORD: write_be32(&v, *(const uint32_t *)from); break;
    case REPLY:
        write_u8(&v, c->reply_appliance);
        write_be16(&v, c->voice_vlan);
        more = c->more_replies;
        break;
    case REQUESTED:
        write_be16(&v, c->requested.request);
        write_be16(&v, c->requested.management);
        for (size_t i = 0; i < c->requested.count && i < CDP_LEVELS; i++) write_be32(&v, c->requested.milliwatts[i]);
        break;
    case AVAILABLE:
        write_be16(&v, c->available.request);
        write_be16(&v, c->available.management);
        write_be32(&v, c->available.available);
        if (!c->level_absent) write_be32(&v, c->available.level);
        more = c->more_levels;
        break;
    }
    write_tlv(w, f->type, written(&v), more);
}

void cdp_encode(struct writer *w, const struct cdp *c)
{
    size_t start = w->len;
    uint64_t fields_done = 0;
    uint32_t others_done = 0; /* a bit for each of CDP_OTHERS */

    write_u8(w, c->version);
    write_u8(w, c->ttl);
    write_be16(w, 0);
    for (size_t i = 0; i < c->tlvs && i < CDP_TLVS; i++) {
        const struct field *f = field_of(c->order[i]);
        if (f && c->has & ~fields_done & CDP_HAS(f->type)) {
            write_value(w, c, f);
            fields_done |= CDP_HAS(f->type);
            continue;
        }
        for (size_t k = 0; k < c->others && k < CDP_OTHERS; k++) {
            if (c->other[k].type != c->order[i] || others_done >> k & 1) continue;
            write_tlv(w, c->other[k].type, c->other[k].value, (struct bytes){0});
            others_done |= UINT32_C(1) << k;
            break;
        }
    }
    patch_be16(w, start + CHECKSUM_AT, cdp_checksum(written_from(w, start)));
}

bool cdp_voice_vlan(const struct cdp *c, uint16_t *vlan)
{
    struct fault why;
    struct reader r = reader(c->more_replies, &why);
    uint8_t appliance = c->reply_appliance;

    if (!(c->has & CDP_HAS(CDP_VLAN_REPLY))) return false;
    *vlan = c->voice_vlan;
    while (appliance != PHONE && unread(&r) >= REPLY_LENGTH) {
        appliance = read_u8(&r);
        *vlan = read_be16(&r);
    }
    return appliance == PHONE;
}

bool cdp_has_other(const struct cdp *c, uint16_t type)
{
    for (size_t i = 0; i < c->others && i < CDP_OTHERS; i++)
        if (c->other[i].type == type) return true;
    return false;
}

ipv4 cdp_ipv4(struct bytes addresses)
{
    struct fault why;
    struct reader r = reader(addresses, &why);
    uint32_t count = read_be32(&r);

    /* The count may claim more than there is: the reader ends the loop. */
    for (uint32_t i = 0; i < count && sound(&r); i++) {
        uint8_t kind = read_u8(&r);
        struct bytes protocol = read_bytes(&r, read_u8(&r));
        struct bytes address = read_bytes(&r, read_be16(&r));
        if (!sound(&r) || kind != NLPID || protocol.len != 1 || protocol.at[0] != NLPID_IPV4) continue;
        if (address.len == sizeof(ipv4)) return IPV4(address.at[0], address.at[1], address.at[2], address.at[3]);
    }
    return 0;
}

void write_cdp_ipv4(struct writer *w, ipv4 address)
{
    write_be32(w, 1); /* one address */
    write_u8(w, NLPID);
    write_u8(w, 1);
    write_u8(w, NLPID_IPV4);
    write_be16(w, sizeof address);
    write_be32(w, address);
}
