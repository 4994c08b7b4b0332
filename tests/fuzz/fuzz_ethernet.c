/* Any bytes as a frame: Ethernet, and behind it ARP and, in IPv4, ICMP; the same bytes as the state of a line.
 * What was read must be written again as it stood, and read again as it was. */
#include <assert.h>
#include <string.h>
#include "wire/arp.h"
#include "wire/ethernet.h"
#include "wire/icmp.h"
#include "wire/ipv4_udp.h"
#include "wire/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 1 << 17 };

static uint8_t room[ROOM];

static bool inside(struct bytes part, struct bytes whole)
{
    return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

/* A fault says what and where, and is there if and only if the decoder refused. */
static bool judged(bool ok, const struct fault *why, struct bytes in)
{
    assert(ok == (why->kind == FAULT_NONE));
    assert(ok || (why->what && why->at <= in.len));
    return ok;
}

static void arp(struct bytes in)
{
    struct arp a;
    struct fault why;
    struct writer w = writer(room, sizeof room);

    if (!judged(arp_decode(&a, in, &why), &why, in)) return;
    arp_encode(&w, &a);
    assert(!w.full && w.len == 28 && memcmp(room, in.at, w.len) == 0);
}

static void icmp(struct bytes in)
{
    struct icmp i, again;
    struct fault why;
    struct writer w = writer(room, sizeof room);

    if (!judged(icmp_decode(&i, in, &why), &why, in)) return;
    assert(inside(i.data, in) && i.data.len == in.len - 8);
    icmp_encode(&w, &i);
    assert(!w.full && w.len == in.len && icmp_decode(&again, written(&w), &why));
    assert(again.type == i.type && again.code == i.code && again.id == i.id && again.sequence == i.sequence);
    assert(bytes_equal(again.data, i.data));
}

static void line(struct bytes in)
{
    struct line l;
    struct fault why;
    struct writer w = writer(room, sizeof room);

    if (!judged(line_decode(&l, in, &why), &why, in)) return;
    assert(in.len == LINE_SIZE);
    line_encode(&w, &l);
    assert(bytes_equal(written(&w), in) && line_equal(&l, &l));
}

static void ethernet(struct bytes in)
{
    struct ethernet e, again;
    struct fault why;
    struct writer w = writer(room, sizeof room);

    if (!judged(ethernet_decode(&e, in, &why), &why, in)) return;
    assert(inside(e.payload, in) && e.priority <= 7 && e.vlan <= 4095);
    size_t begun = ethernet_begin(&w, &e), header = w.len;
    write_bytes(&w, e.payload);
    size_t used = w.len;
    ethernet_end(&w, begun);
    assert(!w.full && w.len >= (e.tagged ? 64 : 60));
    assert(used <= in.len && memcmp(room, in.at, used) == 0); /* all but the padding, which is ours */
    assert(e.form != ETHERNET_II || used == in.len);
    assert(ethernet_decode(&again, written(&w), &why));
    assert(again.form == e.form && again.type == e.type && again.tagged == e.tagged && again.vlan == e.vlan);
    if (e.form == ETHERNET_II)
        assert(again.payload.len == w.len - header); /* with its padding */
    else
        assert(bytes_equal(again.payload, e.payload));
    if (e.form == ETHERNET_II && e.type == TYPE_ARP) arp(e.payload);
    struct ipv4_packet p;
    if (e.form == ETHERNET_II && e.type == TYPE_IPV4 && judged(ipv4_decode(&p, e.payload, &why), &why, e.payload) &&
        p.protocol == PROTOCOL_ICMP)
        icmp(p.payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size};

    if (size > ROOM / 2) return 0;
    ethernet(in);
    arp(in); /* the inner formats from their first byte too, which fuzzing finds sooner than through the outer ones */
    icmp(in);
    line(in);
    return 0;
}
