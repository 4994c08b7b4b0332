/* Any bytes as an IPv4 packet with UDP. The first byte says whether the checksums are mended before, without which
 * almost nothing would pass them. What was read must be written, and read again, as it was. */
#include <assert.h>
#include <string.h>
#include "wire/ipv4_udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 1 << 17 };

static uint8_t packet[ROOM], room[ROOM];

static bool inside(struct bytes part, struct bytes whole)
{
    return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static bool judged(bool ok, const struct fault *why, struct bytes in)
{
    assert(ok == (why->kind == FAULT_NONE));
    assert(ok || (why->what && why->at <= in.len));
    return ok;
}

static void set16(uint8_t *at, uint16_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static void mend_header(uint8_t *at, size_t size)
{
    size_t header = size ? (size_t)(at[0] & 15) * 4 : 0;

    if (header < 20 || header > size) return;
    set16(at + 10, 0);
    set16(at + 10, internet_checksum((struct bytes){at, header}, 0));
}

/* The sum is made here in the plainest way, apart from the codec's. */
static void mend_udp(uint8_t *at, size_t size, const struct ipv4_packet *p)
{
    uint8_t whole[12] = {(uint8_t)(p->from >> 24),
                         (uint8_t)(p->from >> 16),
                         (uint8_t)(p->from >> 8),
                         (uint8_t)p->from,
                         (uint8_t)(p->to >> 24),
                         (uint8_t)(p->to >> 16),
                         (uint8_t)(p->to >> 8),
                         (uint8_t)p->to,
                         0,
                         PROTOCOL_UDP};
    uint32_t sum = 0;

    if (size < 8) return;
    size_t length = (size_t)(at[4] << 8 | at[5]);
    if (length < 8 || length > size) return;
    set16(at + 6, 0);
    set16(whole + 10, (uint16_t)length);
    for (size_t i = 0; i < 12 + length; i++) {
        sum += (uint32_t)(i < 12 ? whole[i] : at[i - 12]) << (i % 2 ? 0 : 8);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    set16(at + 6, sum == 0xffff ? 0xffff : (uint16_t)~sum);
}

static void udp(const struct ipv4_packet *p, bool mended)
{
    struct udp u, again;
    struct fault why;
    struct writer w = writer(room, sizeof room);
    bool ok = judged(udp_decode(&u, p, &why), &why, p->payload);

    assert(!mended || why.kind != FAULT_CHECK);
    if (!ok) return;
    assert(inside(u.payload, p->payload) && u.payload.len + 8 <= p->payload.len);
    size_t ip = ipv4_begin(&w, p), begun = udp_begin(&w, u.from, u.to);
    write_bytes(&w, u.payload);
    udp_end(&w, begun, p->from, p->to);
    ipv4_end(&w, ip);
    assert(!w.full);
    assert(w.start[begun + 6] != 0 || w.start[begun + 7] != 0); /* we always send a checksum */
    struct ipv4_packet packet_again;
    assert(ipv4_decode(&packet_again, written(&w), &why));
    assert(packet_again.from == p->from && packet_again.to == p->to && packet_again.protocol == p->protocol);
    assert(packet_again.tos == p->tos && packet_again.id == p->id && packet_again.ttl == (p->ttl ? p->ttl : 64));
    assert(packet_again.dont_fragment == p->dont_fragment && !packet_again.fragment && packet_again.options.len == 0);
    assert(udp_decode(&again, &packet_again, &why));
    assert(again.from == u.from && again.to == u.to && bytes_equal(again.payload, u.payload));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ipv4_packet p;
    struct fault why;

    if (size == 0 || size > ROOM / 2) return 0;
    bool mended = data[0] & 1;
    struct bytes in = {data + 1, size - 1};
    if (mended) { /* at the end of the buffer, so that the sanitizer sees each read behind it */
        uint8_t *copy = packet + ROOM - in.len;
        if (in.len) memcpy(copy, in.at, in.len);
        mend_header(copy, in.len);
        in.at = copy;
    }
    if (!judged(ipv4_decode(&p, in, &why), &why, in)) return 0;
    assert(inside(p.options, in) && inside(p.payload, in));
    assert(20 + p.options.len + p.payload.len <= in.len && p.options.len % 4 == 0 && p.options.len <= 40);
    if (mended) mend_udp(packet + ROOM - in.len + 20 + p.options.len, p.payload.len, &p);
    udp(&p, mended);
    return 0;
}
