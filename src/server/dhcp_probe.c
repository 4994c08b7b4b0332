#include "server/lease.h"
#include "wire/arp.h"
#include "wire/ethernet.h"
#include <string.h>

/* RFC 5227, section 2.1.1: sender address 0, so that nobody's cache learns anything from it. */
static void ask(struct dhcp_server *s, const struct dhcp_probe *p, ipv4 address, struct outbox *out)
{
    struct mac ours = s->config.interfaces[p->interface].mac;
    struct writer *w = put(out, (struct action){.kind = ACTION_FRAME, .stream = p->interface, .ahead = true});
    size_t begun = ethernet_begin(w, &(struct ethernet){.to = MAC_BROADCAST, .from = ours, .type = TYPE_ARP});

    arp_encode(w, &(struct arp){.op = ARP_REQUEST, .sender_mac = ours, .target = address});
    ethernet_end(w, begun);
    s->counts.probes++;
}

static void keep(struct dhcp_probe *p, const struct request *q)
{
    p->to = q->to;
    p->length = (uint16_t)q->raw.len;
    memcpy(p->message, q->raw.at, q->raw.len);
}

bool probe_begin(struct dhcp_server *s, const struct request *q, struct dhcp_lease *l, uint8_t tries)
{
    bool local = !q->m->giaddr && s->config.subnets[q->subnet].interface == q->interface &&
                 !mac_is_none(s->config.interfaces[q->interface].mac);
    uint32_t self = s->probe_unused;

    if (!s->config.probe || !local || l->record.state != LEASE_OFFERED) return false;
    if (self == NOBODY || q->raw.len > PROBE_MESSAGE) {
        s->counts.unprobed++;
        return false;
    }
    struct dhcp_probe *p = &s->probe[self];
    s->probe_unused = p->next;
    p->lease = (uint32_t)(l - s->lease);
    p->interface = q->interface;
    p->second = false;
    p->tries = tries;
    keep(p, q);
    l->probe = (uint16_t)(self + 1);
    lease_timer(s, l, after(q->now, s->config.probe_wait / 2));
    ask(s, p, l->record.address, q->out);
    return true;
}

void probe_again(struct dhcp_server *s, const struct request *q, struct dhcp_lease *l)
{
    if (q->raw.len <= PROBE_MESSAGE) keep(&s->probe[l->probe - 1], q); /* it waits for an answer to this one now */
}

void probe_drop(struct dhcp_server *s, struct dhcp_lease *l)
{
    uint32_t self = l->probe - 1u;

    l->probe = 0;
    s->probe[self].next = s->probe_unused;
    s->probe_unused = self;
}

/* The DISCOVER that waits, once more. False: the configuration has moved away from under it. */
static bool reopen(struct dhcp_server *s, const struct dhcp_probe *p, struct dhcp *m, struct request *q, usec now,
                   struct outbox *out)
{
    struct fault why;

    return dhcp_decode(m, (struct bytes){p->message, p->length}, &why) &&
           request_open(s, q, m, (struct bytes){p->message, p->length}, p->interface, p->to, now, out);
}

void probe_due(struct dhcp_server *s, struct dhcp_lease *l, usec now, struct outbox *out)
{
    struct dhcp_probe *p = &s->probe[l->probe - 1];
    struct dhcp m;
    struct request q;

    if (!p->second) {
        p->second = true;
        lease_timer(s, l, after(now, s->config.probe_wait - s->config.probe_wait / 2));
        ask(s, p, l->record.address, out);
        return;
    }
    const struct dhcp_probe answered = *p;
    probe_drop(s, l);
    lease_timer(s, l, after(now, s->config.offer));
    if (reopen(s, &answered, &m, &q, now, out)) answer_offer(s, &q, l);
}

/* Somebody has it: the next address is tried, as often as a client waits for (3 + 1 times 500 ms is less than its 4
 * s). */
static void conflict(struct dhcp_server *s, struct dhcp_lease *l, struct mac whose, usec now, struct outbox *out)
{
    enum { TRIES = 3 };
    const struct dhcp_probe found = s->probe[l->probe - 1];
    struct dhcp m;
    struct request q;

    lease_quarantine(s, l, now);
    l->used = false; /* nor is it taken for sound when it has rested */
    lease_store(l, out);
    s->counts.conflicts++;
    tell_number(dhcp_tell(out, DHCP_TOLD_CONFLICT, whose, l->record.address), FACT_WAIT, s->config.quarantine / SECOND);
    if (found.tries < TRIES && reopen(s, &found, &m, &q, now, out)) discover(s, &q, (uint8_t)(found.tries + 1));
}

void probe_frame(struct dhcp_server *s, usec now, uint32_t interface, struct bytes frame, struct outbox *out)
{
    struct ethernet e;
    struct arp a;
    struct fault why;

    if (!s->config.probe || interface >= s->config.interface_count) return;
    /* Whose VLAN a tag means is known to who says by which interface it came. */
    if (!ethernet_decode(&e, frame, &why) || e.form != ETHERNET_II || e.type != TYPE_ARP) return;
    if (!arp_decode(&a, e.payload, &why)) return;
    /* Who says that it has the address, and who probes for it as we do (RFC 5227, 2.1.1). */
    ipv4 address = a.sender ? a.sender : a.op == ARP_REQUEST ? a.target : 0;
    uint32_t subnet = s->of_interface[interface];
    struct dhcp_lease *l = subnet == NOBODY ? NULL : lease_at(s, subnet, address);
    if (!l || !l->probe || mac_equal(a.sender_mac, s->config.interfaces[interface].mac)) return;
    if (mac_equal(a.sender_mac, l->record.mac)) return; /* the client itself, which still uses what it had */
    conflict(s, l, a.sender_mac, now, out);
}
