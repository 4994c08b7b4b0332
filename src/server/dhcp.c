#include "server/lease.h"
#include "server/news.h"
#include "base/facts.h"
#include "wire/dhcp.h"
#include <string.h>

enum { NO_SUBNET = -1 };

/* One request, and what we know of it. */
struct request {
    const struct dhcp *m;
    struct dhcp_client client;
    uint32_t subnet;
    bool to_us; /* it was sent to our own address, by unicast */
    usec now;
    struct outbox *out;
};

size_t dhcp_server_size(const struct dhcp_server_config *config)
{
    uint64_t all = 0;

    if (config->subnet_count == 0 || config->subnet_count > DHCP_SERVER_SUBNETS) return 0;
    for (uint32_t i = 0; i < config->subnet_count; i++) {
        const struct dhcp_subnet *s = &config->subnets[i];
        if (s->last < s->first || s->tftps > DHCP_SERVER_TFTP) return 0;
        all += (uint64_t)s->last - s->first + 1;
    }
    return all > 1u << 24 ? 0 : leases_size(config);
}

static bool no(struct fault *why, const char *what)
{
    *why = (struct fault){.kind = FAULT_VALUE, .what = what};
    return false;
}

static bool config_sound(const struct dhcp_server_config *c, struct fault *why)
{
    *why = (struct fault){.kind = FAULT_NONE};
    if (dhcp_server_size(c) == 0) return no(why, "pools of the DHCP server");
    if (c->address == 0) return no(why, "address of the DHCP server");
    if (c->local < NO_SUBNET || c->local >= (int32_t)c->subnet_count) return no(why, "local subnet");
    for (uint32_t i = 0; i < c->subnet_count; i++) {
        const struct dhcp_subnet *s = &c->subnets[i];
        uint32_t hosts = ~s->mask;
        if ((hosts & (hosts + 1)) != 0 || s->mask == 0 || (s->network & hosts) != 0)
            return no(why, "network or mask of a subnet");
        if (!ipv4_same_subnet(s->first, s->network, s->mask) || !ipv4_same_subnet(s->last, s->network, s->mask))
            return no(why, "pool outside of its subnet");
        if (s->first == s->network || s->last == (s->network | hosts))
            return no(why, "pool with the network's or broadcast address");
        for (uint32_t k = 0; k < i; k++)
            if (s->first <= c->subnets[k].last && c->subnets[k].first <= s->last) return no(why, "pools that overlap");
    }
    return true;
}

bool dhcp_server_init(struct dhcp_server *s, const struct dhcp_server_config *config, void *memory, size_t size,
                      struct fault *why)
{
    *s = (struct dhcp_server){.config = *config, .told = NEVER, .exhausted_told = NEVER};
    if (!config_sound(config, why)) return false;
    if (s->config.offer == 0) s->config.offer = 60 * SECOND;
    if (s->config.quarantine == 0) s->config.quarantine = 600 * SECOND;
    if (!leases_init(s, memory, size)) return no(why, "memory of the DHCP server");
    return true;
}

static uint32_t lease_time(const struct dhcp_subnet *n)
{
    return n->lease ? n->lease : 86400;
}

/* What is told. */

static struct writer *tell(struct outbox *out, enum server_news news, struct mac mac, ipv4 address)
{
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .news = (uint16_t)news});

    tell_mac(w, FACT_MAC, mac);
    tell_ipv4(w, FACT_ADDRESS, address);
    return w;
}

static struct writer *tell_lease(const struct dhcp_server *s, const struct request *q, enum server_news news,
                                 const struct dhcp_lease *l)
{
    const struct dhcp_subnet *n = &s->config.subnets[q->subnet];
    struct writer *w = tell(q->out, news, q->m->chaddr, l->record.address);

    tell_ipv4(w, FACT_MASK, n->mask);
    if (n->router) tell_ipv4(w, FACT_ROUTER, n->router);
    if (n->tftps) tell_ipv4(w, FACT_TFTP, n->tftp[0]);
    tell_number(w, FACT_LEASE, lease_time(n));
    return w;
}

/* Answers. */

static void from_addresses(struct dhcp_addresses *to, const ipv4 *from, uint8_t n)
{
    to->count = n;
    for (uint8_t i = 0; i < n; i++) to->at[i] = from[i];
}

/* The options of an OFFER or ACK: all of them, whether asked for or not. Every phone of the list asks for less than
 * fits. */
static void add_options(struct dhcp *r, const struct dhcp_subnet *n, char tftp_name[IPV4_TEXT])
{
    dhcp_set(r, DHCP_MASK);
    r->mask = n->mask;
    if (n->router) {
        dhcp_set(r, DHCP_ROUTERS);
        from_addresses(&r->routers, &n->router, 1);
    }
    if (n->dns) {
        dhcp_set(r, DHCP_DNS);
        from_addresses(&r->dns, &n->dns, 1);
    }
    if (n->tftps) { /* 150, 66 and siaddr all alike: phones differ in which they look at first */
        dhcp_set(r, DHCP_TFTP_SERVERS);
        from_addresses(&r->tftp, n->tftp, n->tftps);
        dhcp_set(r, DHCP_TFTP_NAME);
        r->tftp_name = bytes_of(ipv4_text(tftp_name, n->tftp[0]));
        r->siaddr = n->tftp[0];
    }
}

static void add_times(struct dhcp *r, const struct dhcp_subnet *n)
{
    uint32_t lease = lease_time(n);

    dhcp_set(r, DHCP_LEASE);
    dhcp_set(r, DHCP_T1);
    dhcp_set(r, DHCP_T2);
    r->lease = lease;
    r->t1 = lease == UINT32_MAX ? lease : lease / 2; /* RFC 2131, 4.4.5 */
    r->t2 = lease == UINT32_MAX ? lease : (uint32_t)((uint64_t)lease * 7 / 8);
}

/* Where an answer goes: RFC 2131, 4.1; for a NAK also 4.3.2. */
static struct endpoint destination(const struct dhcp_server *s, const struct request *q, enum dhcp_type type,
                                   ipv4 yiaddr)
{
    const struct dhcp *m = q->m;

    if (type == DHCP_ACK && m->type == DHCP_INFORM)
        return (struct endpoint){.address = m->ciaddr, .port = DHCP_CLIENT_PORT};
    if (m->giaddr) return (struct endpoint){.address = m->giaddr, .port = DHCP_SERVER_PORT};
    if (type == DHCP_NAK) {
        /* A client of a routed subnet asked by unicast: a broadcast on our own wire would not reach it. */
        bool far = m->ciaddr && (int32_t)q->subnet != s->config.local;
        return (struct endpoint){.address = far ? m->ciaddr : IPV4_BROADCAST, .port = DHCP_CLIENT_PORT};
    }
    if (m->ciaddr) return (struct endpoint){.address = m->ciaddr, .port = DHCP_CLIENT_PORT};
    if (m->broadcast || mac_is_none(m->chaddr))
        return (struct endpoint){.address = IPV4_BROADCAST, .port = DHCP_CLIENT_PORT};
    return (struct endpoint){.address = yiaddr, .port = DHCP_CLIENT_PORT, .mac = m->chaddr};
}

static void answer(const struct dhcp_server *s, const struct request *q, enum dhcp_type type, ipv4 yiaddr,
                   const char *message)
{
    const struct dhcp *m = q->m;
    const struct dhcp_subnet *n = &s->config.subnets[q->subnet];
    char tftp_name[IPV4_TEXT];
    struct dhcp r = {.op = BOOTREPLY,
                     .htype = m->htype,
                     .hlen = m->hlen,
                     .xid = m->xid,
                     .broadcast = m->broadcast,
                     .giaddr = m->giaddr,
                     .chaddr = m->chaddr,
                     .yiaddr = yiaddr,
                     .type = type,
                     .server_id = s->config.address};

    dhcp_set(&r, DHCP_MESSAGE_TYPE);
    dhcp_set(&r, DHCP_SERVER_ID);
    if (type == DHCP_NAK) {
        if (m->giaddr) r.broadcast = true; /* the relay must broadcast it (4.3.2) */
        dhcp_set(&r, DHCP_MESSAGE);
        r.message = bytes_of(message);
    } else {
        if (type == DHCP_ACK) r.ciaddr = m->ciaddr; /* RFC 2131, table 3 */
        add_options(&r, n, tftp_name);
        if (m->type != DHCP_INFORM) add_times(&r, n);
    }
    if (dhcp_has(m, DHCP_CLIENT_ID)) { /* RFC 6842 */
        dhcp_set(&r, DHCP_CLIENT_ID);
        r.client_id = m->client_id;
    }
    if (dhcp_has(m, DHCP_RELAY_AGENT)) {
        dhcp_set(&r, DHCP_RELAY_AGENT);
        r.relay_agent = m->relay_agent;
    }
    struct action action = {.kind = ACTION_DATAGRAM,
                            .from = {.address = s->config.address, .port = DHCP_SERVER_PORT},
                            .to = destination(s, q, type, yiaddr)};
    dhcp_encode(put(q->out, action), &r);
}

static void refuse_request(struct dhcp_server *s, const struct request *q, ipv4 address, const char *message)
{
    answer(s, q, DHCP_NAK, 0, message);
    s->naks++;
    tell_text(tell(q->out, DHCP_TOLD_REFUSED, q->m->chaddr, address), FACT_WHY, bytes_of(message));
}

static void store(const struct dhcp_lease *l, struct outbox *out)
{
    lease_record_encode(put(out, (struct action){.kind = ACTION_STORE}), &l->record);
}

static void grant(struct dhcp_server *s, const struct request *q, struct dhcp_lease *l, const char *why)
{
    lease_bind(s, l, &q->client, q->now, lease_time(&s->config.subnets[q->subnet]));
    store(l, q->out); /* before the ACK: what is promised must be kept over a restart */
    answer(s, q, DHCP_ACK, l->record.address, NULL);
    s->acks++;
    tell_text(tell_lease(s, q, DHCP_TOLD_BOUND, l), FACT_WHY, bytes_of(why));
}

/* DISCOVER (RFC 2131, 4.3.1). */

static bool may_have(const struct dhcp_lease *l, const struct dhcp_client *c)
{
    return l && (l->record.state == LEASE_FREE || (l->record.state != LEASE_QUARANTINED && lease_belongs(l, c)));
}

static void exhausted(struct dhcp_server *s, const struct request *q)
{
    s->exhausted++;
    if (s->exhausted_told != NEVER && q->now - s->exhausted_told < SECOND) return;
    s->exhausted_told = q->now;
    tell_number(tell(q->out, DHCP_TOLD_EXHAUSTED, q->m->chaddr, s->config.subnets[q->subnet].first), FACT_COUNT,
                s->exhausted);
}

static void discover(struct dhcp_server *s, const struct request *q)
{
    struct dhcp_lease *l = lease_of(s, q->subnet, &q->client);

    if (!l && q->m->requested) {
        l = lease_at(s, q->subnet, q->m->requested);
        if (!may_have(l, &q->client)) l = NULL;
    }
    if (!l) l = lease_oldest_free(s, q->subnet);
    if (!l) {
        exhausted(s, q);
        return;
    }
    lease_offer(s, l, &q->client, q->now);
    answer(s, q, DHCP_OFFER, l->record.address, NULL);
    s->offers++;
    (void)tell_lease(s, q, DHCP_TOLD_OFFERED, l);
}

/* REQUEST (RFC 2131, 4.3.2; table 4 tells the four apart). */

static void selecting(struct dhcp_server *s, const struct request *q)
{
    struct dhcp_lease *own = lease_of(s, q->subnet, &q->client);

    if (q->m->server_id != s->config.address) { /* it chose another: our offer is declined */
        if (own && own->record.state == LEASE_OFFERED) lease_free(s, own, q->now);
        return;
    }
    struct dhcp_lease *l = lease_at(s, q->subnet, q->m->requested);
    /* The address offered; or, when the offer has run out or we were restarted, one that is still free. */
    if (!may_have(l, &q->client) || (own && own != l && own->record.state == LEASE_BOUND)) {
        refuse_request(s, q, q->m->requested, "address not available");
        return;
    }
    if (own && own != l) lease_free(s, own, q->now);
    grant(s, q, l, "selecting");
}

static void init_reboot(struct dhcp_server *s, const struct request *q)
{
    const struct dhcp_subnet *n = &s->config.subnets[q->subnet];
    struct dhcp_lease *own = lease_of(s, q->subnet, &q->client);
    ipv4 asked = q->m->requested;

    if (!ipv4_same_subnet(asked, n->network, n->mask)) {
        refuse_request(s, q, asked, "wrong network");
        return;
    }
    if (own && own->record.address == asked) {
        grant(s, q, own, "init-reboot");
        return;
    }
    struct dhcp_lease *l = lease_at(s, q->subnet, asked);
    if (own || (l && l->record.state == LEASE_BOUND)) refuse_request(s, q, asked, "not your address");
    /* No record of this client: "the DHCP server MUST remain silent" (4.3.2). */
}

static void renew(struct dhcp_server *s, const struct request *q)
{
    struct dhcp_lease *l = lease_at(s, q->subnet, q->m->ciaddr);

    if (l && lease_belongs(l, &q->client) && l->record.state != LEASE_QUARANTINED) {
        grant(s, q, l, q->to_us ? "renewing" : "rebinding");
        return;
    }
    /* To us alone: nobody else will answer. By broadcast: another server may know it, unless the address is of our pool
     * and another client has it. */
    if (q->to_us || (l && l->record.state == LEASE_BOUND)) refuse_request(s, q, q->m->ciaddr, "not your address");
}

static void request(struct dhcp_server *s, const struct request *q)
{
    const struct dhcp *m = q->m;

    if (dhcp_has(m, DHCP_SERVER_ID))
        selecting(s, q);
    else if (m->requested && m->ciaddr == 0)
        init_reboot(s, q);
    else if (m->ciaddr)
        renew(s, q);
}

/* DECLINE, RELEASE, INFORM (RFC 2131, 4.3.3 to 4.3.5). */

static bool for_us(const struct dhcp_server *s, const struct dhcp *m)
{
    return !dhcp_has(m, DHCP_SERVER_ID) || m->server_id == s->config.address;
}

static void decline(struct dhcp_server *s, const struct request *q)
{
    struct dhcp_lease *l = lease_at(s, q->subnet, q->m->requested);

    if (!for_us(s, q->m) || !l || !lease_belongs(l, &q->client) || l->record.state == LEASE_QUARANTINED) return;
    lease_quarantine(s, l, q->now);
    store(l, q->out);
    tell_number(tell(q->out, DHCP_TOLD_DECLINED, q->m->chaddr, l->record.address), FACT_WAIT,
                s->config.quarantine / SECOND);
}

static void release(struct dhcp_server *s, const struct request *q)
{
    struct dhcp_lease *l = lease_at(s, q->subnet, q->m->ciaddr);

    if (!for_us(s, q->m) || !l || !lease_belongs(l, &q->client) || l->record.state != LEASE_BOUND) return;
    lease_free(s, l, q->now);
    store(l, q->out);
    (void)tell(q->out, DHCP_TOLD_RELEASED, q->m->chaddr, l->record.address);
}

static void inform(struct dhcp_server *s, const struct request *q)
{
    if (q->m->ciaddr == 0) return;
    answer(s, q, DHCP_ACK, 0, NULL);
    (void)tell(q->out, DHCP_TOLD_INFORMED, q->m->chaddr, q->m->ciaddr);
}

static int32_t subnet_with(const struct dhcp_server *s, ipv4 address)
{
    for (uint32_t i = 0; i < s->config.subnet_count; i++)
        if (ipv4_same_subnet(address, s->config.subnets[i].network, s->config.subnets[i].mask)) return (int32_t)i;
    return NO_SUBNET;
}

static int32_t subnet_of(const struct dhcp_server *s, const struct dhcp *m)
{
    if (m->giaddr) return subnet_with(s, m->giaddr); /* RFC 2131, 4.3.1 */
    if (m->ciaddr && subnet_with(s, m->ciaddr) != NO_SUBNET) return subnet_with(s, m->ciaddr);
    return s->config.local;
}

static void garbage(struct dhcp_server *s, usec now, const struct event *e, const struct fault *why, struct outbox *out)
{
    s->malformed++;
    if (s->told != NEVER && now - s->told < SECOND) return;
    s->told = now;
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .news = DHCP_TOLD_MALFORMED});
    tell_ipv4(w, FACT_ADDRESS, e->from.address);
    tell_fault(w, why);
    tell_number(w, FACT_COUNT, s->malformed);
}

/* Sound as a message, but nothing that a client may send. */
static bool from_client(const struct dhcp *m, struct fault *why)
{
    bool type = m->type == DHCP_DISCOVER || m->type == DHCP_REQUEST || m->type == DHCP_DECLINE ||
                m->type == DHCP_RELEASE || m->type == DHCP_INFORM;

    if (m->op != BOOTREQUEST) return no(why, "op that is not BOOTREQUEST");
    if (!type) return no(why, "message type that a client does not send");
    if (m->client_id.len == 0 && (m->hlen != 6 || mac_is_none(m->chaddr) || mac_is_group(m->chaddr)))
        return no(why, "client without an identity");
    return true;
}

static void datagram(struct dhcp_server *s, usec now, const struct event *e, struct outbox *out)
{
    struct fault why;
    struct dhcp m;

    if (e->to.port != DHCP_SERVER_PORT) return;
    if (!dhcp_decode(&m, e->bytes, &why) || !from_client(&m, &why)) {
        garbage(s, now, e, &why, out);
        return;
    }
    int32_t subnet = subnet_of(s, &m);
    if (subnet == NO_SUBNET) {
        if (s->told != NEVER && now - s->told < SECOND) return;
        s->told = now;
        (void)tell(out, DHCP_TOLD_NO_SUBNET, m.chaddr, m.giaddr ? m.giaddr : m.ciaddr);
        return;
    }
    struct request q = {.m = &m,
                        .client = client_of(m.chaddr, m.client_id),
                        .subnet = (uint32_t)subnet,
                        .to_us = e->to.address == s->config.address,
                        .now = now,
                        .out = out};
    switch (m.type) {
    case DHCP_DISCOVER: discover(s, &q); break;
    case DHCP_REQUEST: request(s, &q); break;
    case DHCP_DECLINE: decline(s, &q); break;
    case DHCP_RELEASE: release(s, &q); break;
    case DHCP_INFORM: inform(s, &q); break;
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
    for (uint32_t p = 0; p < s->config.subnet_count; p++) {
        struct dhcp_lease *l = lease_at(s, p, r.lease.address);
        struct dhcp_client c = {.mac = r.lease.mac, .id_length = r.lease.client_length};
        memcpy(c.id, r.lease.client, sizeof c.id);
        if (!l || !lease_belongs(l, &c)) continue;
        lease_restore(s, l, now);
        (void)tell(out, DHCP_TOLD_UNSTORED, r.lease.mac, r.lease.address);
    }
}

static void expire(struct dhcp_server *s, usec now, struct outbox *out)
{
    struct dhcp_lease *l = &s->lease[timers_first(&s->timers)];
    bool bound = l->record.state == LEASE_BOUND;

    lease_free(s, l, now);
    if (bound) (void)tell(out, DHCP_TOLD_EXPIRED, l->record.mac, l->record.address);
}

usec dhcp_server_step(void *server, usec now, const struct event *e, struct outbox *out)
{
    struct dhcp_server *s = server;
    uint32_t before = out->count;

    /* What has run out by now is free before anybody is answered. */
    while (timers_next(&s->timers) <= now && out->count - before < DHCP_SERVER_MOST - 8) expire(s, now, out);
    if (e->kind == EVENT_DATAGRAM) datagram(s, now, e, out);
    if (e->kind == EVENT_UNSTORED) unstored(s, now, e->bytes, out);
    return timers_next(&s->timers);
}
