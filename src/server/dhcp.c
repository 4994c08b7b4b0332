#include "server/lease.h"
#include <string.h>

bool told_lately(usec *told, usec now)
{
    if (*told != NEVER && now - *told < SECOND) return true;
    *told = now;
    return false;
}

/* A request, and whose it is. */

bool dhcp_is_phone(struct bytes vendor_class)
{
    /* 69xx say no more than the name of the company; a wireless phone has no comma behind it. */
    return bytes_begin(vendor_class, "Cisco Systems, Inc. IP Phone") ||
           bytes_begin(vendor_class, "Cisco Systems Inc. Wireless Phone") ||
           bytes_are(dhcp_text(vendor_class), "Cisco Systems, Inc.");
}

static bool class_fits(const struct dhcp_class *c, const struct request *q)
{
    struct bytes told = q->m->vendor_class;

    if (c->prefix.len == 0) return q->phone;
    return told.len >= c->prefix.len && memcmp(told.at, c->prefix.at, c->prefix.len) == 0;
}

static void add_classes(struct request *q, const struct dhcp_class *c, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (class_fits(&c[i], q)) q->scope[q->scopes++] = &c[i].scope;
}

static void find_scopes(struct dhcp_server *s, struct request *q)
{
    const struct dhcp_reserved *r = reserved_for(s, q->subnet, q->m);
    const struct dhcp_subnet *n = &s->config.subnets[q->subnet];

    q->reserved = r && r->address ? lease_at(s, q->subnet, r->address) : NULL;
    if (r && r->scope) q->scope[q->scopes++] = r->scope;
    add_classes(q, n->classes, n->class_count);
    add_classes(q, s->config.classes, s->config.class_count);
    q->scope[q->scopes++] = &n->scope;
    q->scope[q->scopes++] = &s->config.scope;
}

static uint32_t subnet_of(const struct dhcp_server *s, const struct request *q)
{
    const struct dhcp *m = q->m;

    if (m->giaddr) return subnet_with(s, relay_link(m)); /* RFC 2131, 4.3.1; RFC 3527 */
    /* By unicast it came over routers. What came by broadcast came from the wire, whatever the client thinks. */
    uint32_t own = m->ciaddr && q->to_us ? subnet_with(s, m->ciaddr) : NOBODY;
    return own != NOBODY ? own : s->of_interface[q->interface];
}

static bool is_ours(const struct dhcp_server *s, ipv4 address)
{
    for (uint32_t i = 0; i < s->config.interface_count; i++)
        if (s->config.interfaces[i].address == address) return true;
    return false;
}

/* What a client calls itself: for people, who may read it on a terminal. */
static void take_host(char to[RECORD_HOST], struct bytes name)
{
    size_t n = text_copy(to, RECORD_HOST, dhcp_text(name));

    for (size_t i = 0; i < n; i++)
        if (to[i] <= ' ' || to[i] > '~') to[i] = '?';
}

bool request_open(struct dhcp_server *s, struct request *q, const struct dhcp *m, struct bytes raw, uint32_t interface,
                  ipv4 to, usec now, struct outbox *out)
{
    q->m = m;
    q->raw = raw;
    q->interface = interface;
    q->to = to;
    q->now = now;
    q->out = out;
    q->to_us = is_ours(s, to);
    q->scopes = 0;
    q->subnet = subnet_of(s, q);
    if (q->subnet == NOBODY) return false;
    q->client = client_of(m->htype == 1 && m->hlen == 6 ? m->chaddr : MAC_NONE, m->client_id);
    relay_of(&q->client, m);
    take_host(q->client.host, m->host_name);
    q->phone = dhcp_is_phone(m->vendor_class);
    /* The address by which it reaches us is the best to be called by. */
    q->server_id = q->to_us ? to : s->config.interfaces[interface].address;
    if (s->config.server_id_override && relay_server_id(m)) q->server_id = relay_server_id(m);
    find_scopes(s, q);
    return true;
}

/* Ours to give: in a pool, or reserved. */
static bool given(const struct dhcp_server *s, const struct dhcp_lease *l)
{
    return l && (l->reserved != NOBODY || l < s->lease + s->pooled);
}

static struct dhcp_lease *given_at(struct dhcp_server *s, const struct request *q, ipv4 address)
{
    struct dhcp_lease *l = lease_at(s, q->subnet, address);

    return given(s, l) ? l : NULL;
}

/* A boot ROM and the system behind it, an old load and a new one: each calls itself by another identifier (option 61),
 * or by none. What is reserved is reserved for the machine. */
static bool same_machine(const struct dhcp_lease *l, const struct request *q)
{
    return !mac_is_none(q->client.mac) && mac_equal(l->record.mac, q->client.mac);
}

/* May this client have it now? */
static bool may_have(const struct dhcp_server *s, const struct dhcp_lease *l, const struct request *q)
{
    if (!given(s, l) || l->record.state == LEASE_QUARANTINED || (l->reserved != NOBODY && l != q->reserved))
        return false;
    return l->record.state == LEASE_FREE || lease_belongs(l, &q->client) || (l == q->reserved && same_machine(l, q));
}

/* Another client's, by what we know. */
static bool taken(const struct dhcp_lease *l, const struct request *q)
{
    return l && l->record.state == LEASE_BOUND && !lease_belongs(l, &q->client);
}

/* The address that is reserved for it, when it is not this one and can be had. */
static bool must_move(const struct dhcp_server *s, const struct dhcp_lease *l, const struct request *q)
{
    return l != q->reserved && may_have(s, q->reserved, q);
}

static void exhausted(struct dhcp_server *s, const struct request *q)
{
    s->counts.exhausted++;
    if (told_lately(&s->exhausted_told, q->now)) return;
    const struct dhcp_subnet *n = &s->config.subnets[q->subnet];
    ipv4 first = n->pool_count ? n->pools[0].first : n->network;
    tell_number(dhcp_tell(q->out, DHCP_TOLD_EXHAUSTED, q->m->chaddr, first), FACT_COUNT, s->counts.exhausted);
}

/* In a flood of DISCOVERs an offer does not live until its client has chosen. So for STARVED after one was taken back
 * no offer waits for a probe, and who asks for an address gets it although it was offered to somebody else since: a
 * REQUEST is worth more than a DISCOVER. The other, if there is one, gets a NAK and begins again. */
static const usec STARVED = 10 * SECOND;

static bool starved(const struct dhcp_server *s, const struct request *q)
{
    return q->now < s->pool[q->subnet].starved_until;
}

/* Offers that nobody took may hold a quarter of what is free: a flood of DISCOVERs does not shut the others out. */
static void bound_offers(struct dhcp_server *s, const struct request *q)
{
    const struct dhcp_pool *p = &s->pool[q->subnet];
    uint32_t most = (p->ready + p->waiting) / 4;

    if (p->waiting < (most ? most : 1)) return;
    struct dhcp_lease *oldest = lease_oldest(s, q->subnet, LIST_OFFERED);
    struct mac mac = oldest->record.mac;
    lease_free(s, oldest);
    s->pool[q->subnet].starved_until = after(q->now, STARVED);
    s->counts.starved++;
    if (told_lately(&s->starved_told, q->now)) return;
    tell_number(dhcp_tell(q->out, DHCP_TOLD_STARVED, mac, oldest->record.address), FACT_COUNT, s->counts.starved);
}

/* DISCOVER (RFC 2131, 4.3.1). */

static struct dhcp_lease *choose(struct dhcp_server *s, const struct request *q, struct dhcp_lease *own)
{
    if (may_have(s, q->reserved, q)) return q->reserved;
    if (may_have(s, own, q)) return own;
    struct dhcp_lease *asked = q->m->requested ? given_at(s, q, q->m->requested) : NULL;
    return may_have(s, asked, q) ? asked : NULL;
}

void discover(struct dhcp_server *s, struct request *q, uint8_t tries)
{
    struct dhcp_lease *own = lease_of(s, q->subnet, &q->client), *l = choose(s, q, own);

    if (l && l->probe) {
        probe_again(s, q, l);
        return;
    }
    bool fresh = !l || l->record.state == LEASE_FREE;
    if (fresh && !relay_may_have_more(s, q)) return;
    if (!l || (fresh && l != q->reserved)) bound_offers(s, q); /* what it takes back goes to the end of the list */
    if (!l) l = lease_oldest(s, q->subnet, LIST_FREE);
    if (!l) {
        exhausted(s, q);
        return;
    }
    bool dynamic = l->reserved == NOBODY && !l->used && !starved(s, q);
    lease_offer(s, l, &q->client, after(q->now, s->config.offer));
    if (dynamic && probe_begin(s, q, l, tries)) return;
    answer_offer(s, q, l);
}

/* REQUEST (RFC 2131, 4.3.2; table 4 tells the four apart). */

/* Another lease of the client in this subnet ends: who asks for this address does not use that one. */
static void end_other(struct dhcp_server *s, const struct request *q, struct dhcp_lease *l)
{
    struct dhcp_lease *own = lease_of(s, q->subnet, &q->client);
    bool bound = own && own != l && own->record.state == LEASE_BOUND;

    lease_let_go(s, l, &q->client, LEASE_BOUND);
    if (bound) lease_store(own, q->out);
}

static void grant(struct dhcp_server *s, const struct request *q, struct dhcp_lease *l, const char *why)
{
    end_other(s, q, l);
    lease_bind(s, l, &q->client, q->now, lease_time(q));
    lease_store(l, q->out); /* before the ACK: what is promised must be kept over a restart */
    answer_ack(s, q, l, why);
}

static void selecting(struct dhcp_server *s, const struct request *q)
{
    const struct dhcp *m = q->m;
    struct dhcp_lease *own = lease_of(s, q->subnet, &q->client);

    if (m->server_id != q->server_id && !is_ours(s, m->server_id)) { /* it chose another: our offer is declined */
        if (own && own->record.state == LEASE_OFFERED) lease_free(s, own);
        return;
    }
    struct dhcp_lease *l = given_at(s, q, m->requested);
    /* The address offered; or, when the offer has run out or we were restarted, one that is still free. */
    bool other = own && own != l && own->record.state == LEASE_BOUND && may_have(s, own, q) && l != q->reserved;
    bool offered = given(s, l) && l->record.state == LEASE_OFFERED && l->reserved == NOBODY && starved(s, q);
    if ((!may_have(s, l, q) && !offered) || other) {
        answer_nak(s, q, m->requested, "address not available");
        return;
    }
    bool more = l->record.state == LEASE_FREE || (offered && !lease_belongs(l, &q->client));
    if (more && !relay_may_have_more(s, q)) return;
    grant(s, q, l, "selecting");
}

/* It says that it has this address. */
static void confirm(struct dhcp_server *s, const struct request *q, ipv4 asked, const char *why)
{
    const struct dhcp_subnet *n = &s->config.subnets[q->subnet];
    struct dhcp_lease *own = lease_of(s, q->subnet, &q->client), *l = given_at(s, q, asked);
    bool known = l && (lease_belongs(l, &q->client) || l == q->reserved);

    if (!ipv4_same_subnet(asked, n->network, n->mask)) {
        if (s->config.authoritative) answer_nak(s, q, asked, "wrong network");
    } else if (known && may_have(s, l, q) && !must_move(s, l, q)) {
        if (l->record.state != LEASE_FREE || relay_may_have_more(s, q)) grant(s, q, l, why);
    } else if (known && must_move(s, l, q))
        answer_nak(s, q, asked, "another address is reserved");
    else if (known || taken(l, q) || (own && own->record.state == LEASE_BOUND))
        answer_nak(s, q, asked, "not your address");
    else if (s->config.authoritative && (l || (q->to_us && !q->m->giaddr)))
        /* of our pools, or asked alone (a relay asks all of its servers): nobody else answers */
        answer_nak(s, q, asked, "no such lease");
    /* "If the DHCP server has no record of this client, then it MUST remain silent" (4.3.2): others may know it. */
}

static bool for_us(const struct dhcp_server *s, const struct request *q)
{
    return !dhcp_has(q->m, DHCP_SERVER_ID) || q->m->server_id == q->server_id || is_ours(s, q->m->server_id);
}

static void request(struct dhcp_server *s, const struct request *q)
{
    const struct dhcp *m = q->m;

    /* With ciaddr and no option 50 it renews, though it must not name its server then (4.3.2) and some clients do: a
     * NAK would take their address away at each T1. */
    if (dhcp_has(m, DHCP_SERVER_ID) && (m->requested || !m->ciaddr))
        selecting(s, q);
    else if (m->ciaddr && for_us(s, q))
        confirm(s, q, m->ciaddr, q->to_us && !m->giaddr ? "renewing" : "rebinding");
    else if (m->requested)
        confirm(s, q, m->requested, "init-reboot");
}

/* DECLINE, RELEASE, INFORM (RFC 2131, 4.3.3 to 4.3.5). */

static void decline(struct dhcp_server *s, const struct request *q)
{
    struct dhcp_lease *l = lease_at(s, q->subnet, q->m->requested);

    if (!for_us(s, q) || !l || !lease_belongs(l, &q->client) || l->record.state == LEASE_QUARANTINED) return;
    lease_quarantine(s, l, q->now);
    lease_store(l, q->out);
    tell_number(dhcp_tell(q->out, DHCP_TOLD_DECLINED, q->m->chaddr, l->record.address), FACT_WAIT,
                s->config.quarantine / SECOND);
}

static void release(struct dhcp_server *s, const struct request *q)
{
    struct dhcp_lease *l = lease_at(s, q->subnet, q->m->ciaddr);

    if (!for_us(s, q) || !l || !lease_belongs(l, &q->client) || l->record.state != LEASE_BOUND) return;
    lease_free(s, l);
    lease_store(l, q->out);
    (void)dhcp_tell(q->out, DHCP_TOLD_RELEASED, q->m->chaddr, l->record.address);
}

/* Events. */

static void garbage(struct dhcp_server *s, usec now, const struct event *e, const struct fault *why, struct outbox *out)
{
    s->counts.malformed++;
    if (told_lately(&s->told, now)) return;
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .news = DHCP_TOLD_MALFORMED});
    tell_ipv4(w, FACT_ADDRESS, e->from.address);
    tell_fault(w, why);
    tell_number(w, FACT_COUNT, s->counts.malformed);
}

/* Sound as a message, but nothing that a client may send. */
static bool from_client(const struct dhcp *m, struct fault *why)
{
    bool type = m->type == DHCP_DISCOVER || m->type == DHCP_REQUEST || m->type == DHCP_DECLINE ||
                m->type == DHCP_RELEASE || m->type == DHCP_INFORM;
    bool ethernet = m->htype == 1 && m->hlen == 6 && !mac_is_none(m->chaddr) && !mac_is_group(m->chaddr);

    if (m->op != BOOTREQUEST) return dhcp_no(why, 0, "op that is not BOOTREQUEST");
    if (!type) return dhcp_no(why, 0, "message type that a client does not send");
    if (m->client_id.len == 0 && !ethernet) return dhcp_no(why, 0, "client without an identity");
    return true;
}

static void datagram(struct dhcp_server *s, usec now, const struct event *e, struct outbox *out)
{
    struct fault why;
    struct dhcp m;
    struct request q;

    if (e->to.port != DHCP_SERVER_PORT) return;
    s->counts.received[0]++;
    bool there = e->stream < s->config.interface_count || dhcp_no(&why, 0, "no such interface");
    if (!there || !dhcp_decode(&m, e->bytes, &why) || !from_client(&m, &why)) {
        garbage(s, now, e, &why, out);
        return;
    }
    s->counts.received[m.type]++;
    /* Its address (RFC 2131, 4.4.3), which some leave to the IP header. */
    if (m.type == DHCP_INFORM && !m.ciaddr && !m.giaddr) m.ciaddr = e->from.address;
    if (!request_open(s, &q, &m, e->bytes, e->stream, e->to.address, now, out)) {
        s->counts.no_subnet++;
        if (!told_lately(&s->told, now))
            (void)dhcp_tell(out, DHCP_TOLD_NO_SUBNET, m.chaddr, m.giaddr ? m.giaddr : m.ciaddr);
        return;
    }
    switch (m.type) {
    case DHCP_DISCOVER: discover(s, &q, 0); break;
    case DHCP_REQUEST: request(s, &q); break;
    case DHCP_DECLINE: decline(s, &q); break;
    case DHCP_RELEASE: release(s, &q); break;
    case DHCP_INFORM:
        if (m.ciaddr) answer_inform(s, &q);
        break;
    case DHCP_OFFER: /* a server's: from_client has refused them */
    case DHCP_ACK:
    case DHCP_NAK: break;
    }
}

static void unstored(struct dhcp_server *s, usec now, struct bytes payload, struct outbox *out)
{
    struct record r;
    struct fault why;

    if (!record_decode(&r, payload, &why) || r.kind != RECORD_LEASE || r.lease.state != LEASE_BOUND) return;
    uint32_t subnet = subnet_with(s, r.lease.address);
    struct dhcp_lease *l = subnet == NOBODY ? NULL : lease_at(s, subnet, r.lease.address);
    struct dhcp_client c = {.mac = r.lease.mac, .id_length = r.lease.client_length};
    memcpy(c.id, r.lease.client, sizeof c.id);
    if (!l || !lease_belongs(l, &c)) return;
    if (l->record.until == r.lease.until) lease_restore(s, l, now); /* else a later STORE is under way, or on disk */
    s->counts.unstored++;
    (void)dhcp_tell(out, DHCP_TOLD_UNSTORED, r.lease.mac, r.lease.address);
}

static void expire(struct dhcp_server *s, usec now, struct outbox *out)
{
    struct dhcp_lease *l = &s->lease[timers_first(&s->timers)];
    bool bound = l->record.state == LEASE_BOUND;

    if (l->probe) {
        probe_due(s, l, now, out);
        return;
    }
    lease_free(s, l);
    if (!bound) return;
    s->counts.expired++;
    (void)dhcp_tell(out, DHCP_TOLD_EXPIRED, l->record.mac, l->record.address);
}

bool dhcp_server_init(struct dhcp_server *s, const struct dhcp_server_config *config, void *memory, size_t size,
                      struct fault *why)
{
    *s = (struct dhcp_server){.config = *config,
                              .told = NEVER,
                              .exhausted_told = NEVER,
                              .starved_told = NEVER,
                              .limited_told = NEVER,
                              .restamp = UINT32_MAX};
    if (!dhcp_config_sound(config, why)) return false;
    if (!leases_init(s, memory, size)) return dhcp_no(why, 0, "memory of the DHCP server");
    return reservations_init(s, why);
}

size_t dhcp_server_size(const struct dhcp_server_config *config)
{
    struct fault why;

    return dhcp_config_sound(config, &why) ? leases_size(config) : 0;
}

/* The clock that its end is written in has stepped. */
static void restamp(struct dhcp_lease *l, struct outbox *out)
{
    if (l->record.state != LEASE_BOUND && l->record.state != LEASE_QUARANTINED) return;
    l->before = l->record.until;
    lease_store(l, out);
}

static bool room(const struct outbox *out, uint32_t count, size_t bytes)
{
    return out->count - count < DHCP_SERVER_MOST - 8 && out->bytes.len - bytes < DHCP_SERVER_BYTES - 8192;
}

usec dhcp_server_step(void *server, usec now, const struct event *e, struct outbox *out)
{
    struct dhcp_server *s = server;
    const uint32_t before = out->count;
    const size_t begun = out->bytes.len;

    /* What has run out by now is free before anybody is answered. The last eight actions and 8 KiB are for the
     * event. */
    while (timers_next(&s->timers) <= now && room(out, before, begun)) expire(s, now, out);
    if (e->kind == EVENT_DATAGRAM) datagram(s, now, e, out);
    if (e->kind == EVENT_FRAME) probe_frame(s, now, e->stream, e->bytes, out);
    if (e->kind == EVENT_UNSTORED) unstored(s, now, e->bytes, out);
    while (s->restamp < s->leases && room(out, before, begun)) restamp(&s->lease[s->restamp++], out);
    return s->restamp < s->leases ? now : timers_next(&s->timers);
}
