#include "wire/ipv4_udp.h"

enum {
    IPV4_HEADER = 20,      /* RFC 791, 3.1, without options */
    IPV4_CHECKSUM_AT = 10, /* in the header */
    IPV4_TOTAL_AT = 2,
    DONT_FRAGMENT = 0x4000,
    MORE_FRAGMENTS = 0x2000,
    FRAGMENT_OFFSET = 0x1fff,
    TTL_USUAL = 64, /* RFC 1700, "IP time to live" */
    UDP_HEADER = 8, /* RFC 768 */
    UDP_LENGTH_AT = 4,
    UDP_CHECKSUM_AT = 6,
};

uint16_t internet_checksum(struct bytes b, uint32_t start)
{
    uint64_t sum = start; /* wide enough that carries are folded only once, at the end */
    size_t i = 0;

    /* Four bytes at once: a word is its halves' sum, modulo 0xffff (RFC 1071, 2 (C)). */
    for (; i + 4 <= b.len; i += 4)
        sum += (uint32_t)b.at[i] << 24 | (uint32_t)b.at[i + 1] << 16 | (uint32_t)b.at[i + 2] << 8 | b.at[i + 3];
    if (i + 2 <= b.len) sum += (uint32_t)b.at[i] << 8 | b.at[i + 1];
    if (b.len % 2) sum += (uint32_t)b.at[b.len - 1] << 8; /* RFC 1071, 1: as if a zero followed */
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

bool ipv4_decode(struct ipv4_packet *out, struct bytes in, struct fault *why)
{
    struct reader r = reader(in, why);
    uint8_t first = read_u8(&r);
    size_t header = (size_t)(first & 15) * 4;

    *out = (struct ipv4_packet){0};
    if (first >> 4 != 4) refuse(&r, FAULT_VALUE, "IPv4 version");
    if (header < IPV4_HEADER) refuse(&r, FAULT_VALUE, "IPv4 header length");
    out->tos = read_u8(&r);
    size_t total = read_be16(&r);
    if (total < header) refuse(&r, FAULT_VALUE, "IPv4 total length below its header");
    if (total > in.len) refuse(&r, FAULT_SHORT, "IPv4 total length beyond the frame");
    out->id = read_be16(&r);
    uint16_t flags = read_be16(&r);
    out->dont_fragment = flags & DONT_FRAGMENT;
    out->fragment = flags & (MORE_FRAGMENTS | FRAGMENT_OFFSET);
    out->ttl = read_u8(&r);
    out->protocol = read_u8(&r);
    if (sound(&r) && internet_checksum((struct bytes){in.at, header}, 0) != 0)
        refuse(&r, FAULT_CHECK, "IPv4 header checksum");
    (void)read_be16(&r); /* the checksum, which counts itself above */
    out->from = read_be32(&r);
    out->to = read_be32(&r);
    if (!sound(&r)) return false;
    out->options = read_bytes(&r, header - IPV4_HEADER);
    out->payload = read_bytes(&r, total - header);
    return sound(&r);
}

size_t ipv4_begin(struct writer *w, const struct ipv4_packet *p)
{
    size_t begun = w->len;

    write_u8(w, 4 << 4 | IPV4_HEADER / 4);
    write_u8(w, p->tos);
    write_be16(w, 0); /* the total length: ipv4_end */
    write_be16(w, p->id);
    write_be16(w, p->dont_fragment ? DONT_FRAGMENT : 0);
    write_u8(w, p->ttl ? p->ttl : TTL_USUAL);
    write_u8(w, p->protocol);
    write_be16(w, 0); /* the checksum: ipv4_end */
    write_be32(w, p->from);
    write_be32(w, p->to);
    return begun;
}

void ipv4_end(struct writer *w, size_t begun)
{
    size_t total = w->len - begun;

    if (total > UINT16_MAX) w->full = true;
    if (w->full) return;
    patch_be16(w, begun + IPV4_TOTAL_AT, (uint16_t)total);
    struct bytes header = {w->start + begun, IPV4_HEADER};
    patch_be16(w, begun + IPV4_CHECKSUM_AT, internet_checksum(header, 0));
}

/* RFC 768: addresses, protocol and length, which the UDP checksum counts too. Its halves of 16 bits are summed. */
static uint32_t pseudo_header(ipv4 from, ipv4 to, size_t length)
{
    return (from >> 16) + (from & 0xffff) + (to >> 16) + (to & 0xffff) + PROTOCOL_UDP + (uint32_t)length;
}

bool udp_decode(struct udp *out, const struct ipv4_packet *p, struct fault *why)
{
    struct reader r = reader(p->payload, why);

    *out = (struct udp){.from = read_be16(&r)};
    out->to = read_be16(&r);
    size_t length = read_be16(&r);
    if (length < UDP_HEADER) refuse(&r, FAULT_VALUE, "UDP length below its header");
    if (length > p->payload.len) refuse(&r, FAULT_SHORT, "UDP length beyond the packet");
    uint16_t checksum = read_be16(&r); /* 0: the sender made none */
    if (!sound(&r)) return false;
    struct bytes datagram = {p->payload.at, length};
    if (checksum != 0 && internet_checksum(datagram, pseudo_header(p->from, p->to, length)) != 0)
        refuse(&r, FAULT_CHECK, "UDP checksum");
    out->payload = read_bytes(&r, length - UDP_HEADER);
    return sound(&r);
}

size_t udp_begin(struct writer *w, uint16_t from, uint16_t to)
{
    size_t begun = w->len;

    write_be16(w, from);
    write_be16(w, to);
    write_be16(w, 0); /* the length and */
    write_be16(w, 0); /* the checksum: udp_end */
    return begun;
}

void udp_end(struct writer *w, size_t begun, ipv4 from, ipv4 to)
{
    size_t length = w->len - begun;

    if (length > UINT16_MAX) w->full = true;
    if (w->full) return;
    patch_be16(w, begun + UDP_LENGTH_AT, (uint16_t)length);
    uint16_t checksum = internet_checksum(written_from(w, begun), pseudo_header(from, to, length));
    patch_be16(w, begun + UDP_CHECKSUM_AT, checksum ? checksum : 0xffff); /* RFC 768: 0 would mean none */
}
