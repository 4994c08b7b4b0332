#include "lab/interloper.h"
#include "base/facts.h"
#include "wire/arp.h"
#include "wire/dhcp.h"
#include "wire/ethernet.h"
#include "wire/ipv4_udp.h"
#include "wire/tftp.h"
#include <stdlib.h>
#include <string.h>

enum { WHOLE = 10000, NO_FLOW = UINT32_MAX };
static const usec SLOW = 300 * MSEC, OVERTAKEN = OVERTAKEN_MS * MSEC;
static const struct mac STRANGER = {{0x02, 0xba, 0xd0, 0, 0, 1}};

/* What a frame is, as far as faults ask. */
struct seen {
    struct ethernet ethernet;
    struct ipv4_packet packet;
    struct udp udp;
    struct arp arp;
    bool is_arp, is_ip, is_udp;
};

/* A frame on its way through. */
struct passing {
    uint64_t order;
    uint32_t side, flow;
    struct bytes frame;
};

bool interloper_needed(const struct plan *plan)
{
    static const enum lab_fault mine[] = {FAULT_IS_LOSS,      FAULT_IS_LATENCY,     FAULT_IS_DUPLICATE,
                                          FAULT_IS_REORDER,   FAULT_IS_SLOW_TFTP,   FAULT_IS_TWO_DHCP,
                                          FAULT_IS_DHCP_DOWN, FAULT_IS_DHCP_NAK,    FAULT_IS_DUPLICATE_ADDRESS,
                                          FAULT_IS_TFTP_DOWN, FAULT_IS_TFTP_DENIED, FAULT_IS_TFTP_DOWN_KNOWN,
                                          FAULT_IS_CM1_SILENT};

    for (size_t i = 0; i < ARRAY_LENGTH(mine); i++)
        if (plan->faults.on[mine[i]]) return true;
    return false;
}

bool interloper_open(struct interloper *i, const struct plan *plan, uint32_t number)
{
    struct plan_switch at = plan_switch(plan, number);

    *i = (struct interloper){.plan = plan,
                             .at = at,
                             .random = random_from((plan->seed + number) ^ 0x6c6f6f70),
                             .held = malloc(INTERLOPER_HELD * sizeof *i->held),
                             .newest = calloc(((size_t)at.phones + 1) * 2 * INTERLOPER_KINDS, sizeof *i->newest),
                             .overtaken = calloc((size_t)at.phones + 1, sizeof *i->overtaken)};
    return i->held && i->newest && i->overtaken;
}

void interloper_close(struct interloper *i)
{
    free(i->held);
    free(i->newest);
    free(i->overtaken);
    i->held = NULL;
    i->newest = NULL;
    i->overtaken = NULL;
}

static bool on(const struct interloper *i, enum lab_fault f)
{
    return i->plan->faults.on[f];
}

static bool happens(struct interloper *i, enum lab_fault f)
{
    return on(i, f) && random_below(&i->random, WHOLE) < i->plan->faults.value[f];
}

static struct seen look(struct bytes frame)
{
    struct seen s = {0};
    struct fault why;

    if (!ethernet_decode(&s.ethernet, frame, &why) || s.ethernet.form != ETHERNET_II) return s;
    if (s.ethernet.type == TYPE_ARP) s.is_arp = arp_decode(&s.arp, s.ethernet.payload, &why);
    if (s.ethernet.type != TYPE_IPV4) return s;
    s.is_ip = ipv4_decode(&s.packet, s.ethernet.payload, &why) && !s.packet.fragment;
    s.is_udp = s.is_ip && s.packet.protocol == PROTOCOL_UDP && udp_decode(&s.udp, &s.packet, &why);
    return s;
}

static bool is_dhcp(const struct seen *s)
{
    return s->is_udp && (s->udp.to == DHCP_SERVER_PORT || s->udp.from == DHCP_SERVER_PORT);
}

/* TFTP has no ports of its own but the first: all UDP that is not DHCP's. */
static bool is_tftp(const struct seen *s)
{
    return s->is_udp && !is_dhcp(s);
}

/* Whose frame it is, on which side, of which protocol: within one flow the order of frames means something. */
static uint32_t flow_of(const struct interloper *i, const struct seen *s, uint32_t side)
{
    struct mac phone = side == INTERLOPER_UP ? s->ethernet.from : s->ethernet.to;
    bool tcp = s->is_ip && s->packet.protocol == PROTOCOL_TCP;
    uint32_t kind = s->is_udp ? 0 : tcp ? 1 : 2;

    for (uint32_t p = 0; p < i->at.phones; p++)
        if (mac_equal(i->plan->phone[i->at.first + p].mac, phone))
            return (p * 2 + (side == INTERLOPER_DOWN)) * INTERLOPER_KINDS + kind;
    return NO_FLOW;
}

static void tell_overtaken(struct interloper *i, uint32_t phone, struct outbox *out)
{
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .news = WAY_OVERTAKEN});

    tell_number(w, FACT_PORT, (uint64_t)phone + 1);
    tell_number(w, FACT_COUNT, ++i->overtaken[phone]);
}

static void go_on(struct interloper *i, const struct passing *p, struct outbox *out)
{
    write_bytes(put(out, (struct action){.kind = ACTION_FRAME, .stream = p->side}), p->frame);
    if (p->flow == NO_FLOW) return;
    if (p->order < i->newest[p->flow])
        tell_overtaken(i, p->flow / (2 * INTERLOPER_KINDS), out);
    else
        i->newest[p->flow] = p->order;
}

static void hold(struct interloper *i, usec due, const struct passing *p)
{
    if (i->count == INTERLOPER_HELD || p->frame.len > INTERLOPER_FRAME) {
        i->dropped++;
        return;
    }
    struct interloper_held *h = &i->held[i->count++];
    *h = (struct interloper_held){
        .due = due, .order = p->order, .len = (uint16_t)p->frame.len, .side = (uint16_t)p->side, .flow = p->flow};
    memcpy(h->frame, p->frame.at, p->frame.len);
}

/* --- things that somebody says who should not --- */

static struct writer *begin_udp(struct outbox *out, uint32_t side, struct mac to, struct mac from,
                                const struct ipv4_packet *p, size_t begun[2])
{
    struct ethernet e = {.to = to, .from = from, .type = TYPE_IPV4};
    struct writer *w = put(out, (struct action){.kind = ACTION_FRAME, .stream = side});

    begun[0] = ethernet_begin(w, &e);
    begun[1] = ipv4_begin(w, p);
    return w;
}

static void end_udp(struct writer *w, const size_t begun[2], size_t udp, const struct ipv4_packet *p)
{
    udp_end(w, udp, p->from, p->to);
    ipv4_end(w, begun[1]);
    ethernet_end(w, begun[0]);
}

static void say_dhcp(struct outbox *out, const struct seen *s, ipv4 from, struct mac from_mac, const struct dhcp *m)
{
    bool relayed = m->giaddr != 0;
    struct ipv4_packet p = {.from = from, .to = relayed ? m->giaddr : IPV4_BROADCAST, .protocol = PROTOCOL_UDP};
    size_t begun[2];
    struct writer *w = begin_udp(out, INTERLOPER_DOWN, relayed ? s->ethernet.to : MAC_BROADCAST, from_mac, &p, begun);
    size_t udp = udp_begin(w, DHCP_SERVER_PORT, relayed ? DHCP_SERVER_PORT : DHCP_CLIENT_PORT);

    dhcp_encode(w, m);
    end_udp(w, begun, udp, &p);
}

/* The server's ACK becomes a NAK. */
static bool nak(struct interloper *i, const struct seen *s, struct outbox *out)
{
    struct dhcp m;
    struct fault why;

    if (!is_dhcp(s) || !dhcp_decode(&m, s->udp.payload, &why) || m.op != BOOTREPLY || m.type != DHCP_ACK) return false;
    struct dhcp n = {.op = BOOTREPLY,
                     .htype = 1,
                     .hlen = 6,
                     .xid = m.xid,
                     .broadcast = true,
                     .chaddr = m.chaddr,
                     .giaddr = m.giaddr,
                     .type = DHCP_NAK,
                     .server_id = m.server_id,
                     .message = bytes_of("address not available")};
    dhcp_set(&n, DHCP_MESSAGE_TYPE);
    dhcp_set(&n, DHCP_SERVER_ID);
    dhcp_set(&n, DHCP_MESSAGE);
    say_dhcp(out, s, s->packet.from, s->ethernet.from, &n);
    i->changed++;
    return true;
}

/* A rogue offers at once, an address of the same subnet, without a TFTP server. */
static void rogue(struct interloper *i, const struct seen *s, struct outbox *out)
{
    struct dhcp m;
    struct fault why;

    if (!is_dhcp(s) || !dhcp_decode(&m, s->udp.payload, &why) || m.op != BOOTREQUEST || m.type != DHCP_DISCOVER ||
        m.giaddr)
        return;
    struct dhcp offer = {.op = BOOTREPLY,
                         .htype = 1,
                         .hlen = 6,
                         .xid = m.xid,
                         .broadcast = true,
                         .chaddr = m.chaddr,
                         .type = DHCP_OFFER,
                         .yiaddr = i->at.voice_last - (ipv4)(mac_number(m.chaddr) & 15),
                         .server_id = INTERLOPER_ROGUE,
                         .mask = i->at.voice_mask,
                         .lease = 600,
                         .routers = {1, {INTERLOPER_ROGUE}}};
    dhcp_set(&offer, DHCP_MESSAGE_TYPE);
    dhcp_set(&offer, DHCP_SERVER_ID);
    dhcp_set(&offer, DHCP_MASK);
    dhcp_set(&offer, DHCP_LEASE);
    dhcp_set(&offer, DHCP_ROUTERS);
    say_dhcp(out, s, INTERLOPER_ROGUE, STRANGER, &offer);
    i->changed++;
}

/* The TFTP server's first answer becomes ERROR 2. */
static bool deny(struct interloper *i, const struct seen *s, struct outbox *out)
{
    struct tftp t, error = {.op = TFTP_ERROR, .number = TFTP_ACCESS, .data = bytes_of("Access violation")};
    struct fault why;
    size_t begun[2];

    if (!is_tftp(s) || !tftp_decode(&t, s->udp.payload, &why)) return false;
    struct ipv4_packet p = {.from = s->packet.from, .to = s->packet.to, .protocol = PROTOCOL_UDP};
    struct writer *w = begin_udp(out, INTERLOPER_DOWN, s->ethernet.to, s->ethernet.from, &p, begun);
    size_t udp = udp_begin(w, s->udp.from, s->udp.to);
    tftp_encode(w, &error);
    end_udp(w, begun, udp, &p);
    i->changed++;
    return true;
}

/* Somebody has each address that is probed (RFC 5227: sender 0). */
static void claim(struct interloper *i, const struct seen *s, struct outbox *out)
{
    if (!s->is_arp || s->arp.op != ARP_REQUEST || s->arp.sender != 0) return;
    struct arp arp = {ARP_REPLY, STRANGER, s->arp.sender_mac, s->arp.target, 0};
    struct ethernet e = {.to = s->arp.sender_mac, .from = STRANGER, .type = TYPE_ARP};
    struct writer *w = put(out, (struct action){.kind = ACTION_FRAME, .stream = INTERLOPER_DOWN});
    size_t begun = ethernet_begin(w, &e);
    arp_encode(w, &arp);
    ethernet_end(w, begun);
    i->changed++;
}

/* --- the way of a frame --- */

static bool cut_off(const struct interloper *i, const struct seen *s, uint32_t side)
{
    ipv4 cm1 = i->plan->server[0];
    bool tcp = s->is_ip && s->packet.protocol == PROTOCOL_TCP;

    if (on(i, FAULT_IS_DHCP_DOWN) && is_dhcp(s)) return true;
    if ((on(i, FAULT_IS_TFTP_DOWN) || on(i, FAULT_IS_TFTP_DOWN_KNOWN)) && is_tftp(s)) return true;
    return on(i, FAULT_IS_CM1_SILENT) && tcp && (side == INTERLOPER_UP ? s->packet.to : s->packet.from) == cm1;
}

static bool replaced(struct interloper *i, const struct seen *s, uint32_t side, struct outbox *out)
{
    if (side == INTERLOPER_UP && on(i, FAULT_IS_TWO_DHCP)) rogue(i, s, out);
    if (side == INTERLOPER_UP && on(i, FAULT_IS_DUPLICATE_ADDRESS)) claim(i, s, out);
    if (side == INTERLOPER_DOWN && on(i, FAULT_IS_DHCP_NAK)) return nak(i, s, out);
    if (side == INTERLOPER_DOWN && on(i, FAULT_IS_TFTP_DENIED)) return deny(i, s, out);
    return false;
}

static void pass(struct interloper *i, usec now, uint32_t side, struct bytes frame, struct outbox *out)
{
    struct seen s = look(frame);
    usec delay = on(i, FAULT_IS_LATENCY) ? i->plan->faults.value[FAULT_IS_LATENCY] * MSEC : 0;

    if (cut_off(i, &s, side) || happens(i, FAULT_IS_LOSS)) {
        i->dropped++;
        return;
    }
    if (replaced(i, &s, side, out)) return;
    i->passed++;
    if (on(i, FAULT_IS_SLOW_TFTP) && is_tftp(&s)) delay += SLOW;
    if (happens(i, FAULT_IS_REORDER)) delay += OVERTAKEN;
    bool twice = happens(i, FAULT_IS_DUPLICATE);
    struct passing p = {.order = i->order++, .side = side, .flow = flow_of(i, &s, side), .frame = frame};
    for (int copies = twice ? 2 : 1; copies > 0; copies--) {
        if (delay)
            hold(i, now + delay, &p);
        else
            go_on(i, &p, out);
        p.flow = NO_FLOW; /* a second copy is the same frame */
    }
}

static uint32_t earliest(const struct interloper *i)
{
    uint32_t first = UINT32_MAX;

    for (uint32_t k = 0; k < i->count; k++) {
        if (first == UINT32_MAX || i->held[k].due < i->held[first].due ||
            (i->held[k].due == i->held[first].due && i->held[k].order < i->held[first].order))
            first = k;
    }
    return first;
}

usec interloper_step(void *interloper, usec now, const struct event *e, struct outbox *out)
{
    struct interloper *i = interloper;
    uint32_t first;

    if (e->kind == EVENT_FRAME) pass(i, now, e->stream, e->bytes, out);
    while ((first = earliest(i)) != UINT32_MAX && i->held[first].due <= now) {
        struct interloper_held *h = &i->held[first];
        if (out->count + 2 > INTERLOPER_MOST) return now; /* the frame, and that it was overtaken */
        struct passing p = {.order = h->order, .side = h->side, .flow = h->flow, .frame = {h->frame, h->len}};
        go_on(i, &p, out);
        i->held[first] = i->held[--i->count];
    }
    return first == UINT32_MAX ? NEVER : i->held[first].due;
}
