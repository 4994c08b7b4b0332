#include "phone/dhcp.h"
#include "provision/device_name.h"
#include <string.h>

static const usec BETTER_OFFER = 1 * SECOND, AFTER_DECLINE = 10 * SECOND, RENEW_LEAST = 60 * SECOND;
enum { REQUEST_TRIES = 4, REBOOT_TRIES = 2 };

static usec backoff(const struct dhcp_client *c, const struct dhcp_self *self) /* RFC 2131, 4.1 */
{
    unsigned shift = c->tries < 5 ? c->tries : 5u;

    return random_about(self->random, (2 * SECOND) << (shift ? shift : 1), SECOND);
}

static void put_lease_times(struct lease *l, const struct dhcp *m, usec asked)
{
    l->seconds = m->lease;
    l->t1 = l->t2 = l->end = NEVER;
    if (!dhcp_has(m, DHCP_LEASE) || m->lease == UINT32_MAX) return;
    usec whole = (usec)m->lease * SECOND;
    /* a T1 of 0 would ask again as fast as the server answers */
    usec t1 = dhcp_has(m, DHCP_T1) && m->t1 && m->t1 < m->lease ? (usec)m->t1 * SECOND : whole / 2;
    usec t2 =
        dhcp_has(m, DHCP_T2) && m->t2 < m->lease && (usec)m->t2 * SECOND >= t1 ? (usec)m->t2 * SECOND : whole / 8 * 7;
    l->end = after(asked, whole); /* RFC 2131, 4.4.1: counted from when the request left */
    l->t1 = after(asked, t1);
    l->t2 = after(asked, t2 >= t1 ? t2 : t1);
}

/* Of a host: not of this network or host (RFC 1122, 3.2.1.3), a group or what is reserved. */
static bool is_host(ipv4 a)
{
    return a >> 24 != 0 && a >> 24 != 127 && a >> 28 < 14;
}

/* RFC 950, 2.1: what stands for a mask that nobody told. */
static ipv4 class_mask(ipv4 a)
{
    return ipv4_mask(a >> 31 == 0 ? 8 : a >> 30 == 2 ? 16 : 24);
}

/* The address that a text names first, as people type it into a server: in quotes, in a list, as a URL. */
static bool address_in(struct bytes text, ipv4 *out)
{
    static const char separators[] = "\0 \t\r\n,;/\"'";
    size_t n = 0;

    while (text.len > 0 && memchr(separators + 1, text.at[0], sizeof separators - 2)) text = bytes_from(text, 1);
    if (bytes_begin(text, "tftp://")) text = bytes_from(text, 7);
    while (n < text.len && !memchr(separators, text.at[n], sizeof separators - 1)) n++;
    return ipv4_parse((struct bytes){text.at, n}, out) && is_host(*out);
}

static void find_tftp(struct lease *l, const struct dhcp *m)
{
    ipv4 named = 0;
    uint8_t n = 0;

    for (uint8_t i = 0; i < m->tftp.count && n < ARRAY_LENGTH(l->tftp); i++)
        if (is_host(m->tftp.at[i])) l->tftp[n++] = m->tftp.at[i];
    if (n) {
        l->tftp_source = TFTP_FROM_150;
    } else if (dhcp_has(m, DHCP_TFTP_NAME) && address_in(m->tftp_name, &named)) {
        l->tftp[0] = named;
        l->tftp_source = TFTP_FROM_66;
    } else if (is_host(m->siaddr)) {
        l->tftp[0] = m->siaddr;
        l->tftp_source = TFTP_FROM_SIADDR;
    } else if (address_in(m->sname, &named)) {
        l->tftp[0] = named;
        l->tftp_source = TFTP_FROM_SNAME;
    }
}

static struct lease lease_of(const struct dhcp *m, usec asked)
{
    struct lease l = {.address = m->yiaddr, .server = m->server_id};

    if (dhcp_has(m, DHCP_MASK)) l.mask = m->mask;
    for (uint8_t i = m->routers.count; i-- > 0;)
        if (is_host(m->routers.at[i])) l.router = m->routers.at[i]; /* the first (RFC 2132, 3.5) that is one */
    find_tftp(&l, m);
    put_lease_times(&l, m, asked);
    return l;
}

/* How good an offer is: 3 with mask and TFTP server, or the name of one; a phone can do nothing with less. */
static uint8_t worth_of(const struct lease *l, const struct dhcp *m)
{
    struct resolver asked;
    bool tftp = l->tftp_source != TFTP_FROM_NOTHING || resolver_take(&asked, m);

    return (uint8_t)((l->mask ? 1 : 0) + (tftp ? 2 : 0));
}

static struct bytes own_id(const struct host *h, struct writer *w)
{
    write_u8(w, 1); /* Ethernet: RFC 2132, 9.14 */
    write_mac(w, h->mac);
    return written(w);
}

static void send_message(struct dhcp_client *c, const struct dhcp_self *self, usec now, enum dhcp_type type,
                         struct outbox *out)
{
    static const uint8_t parameters[] = {1, 66, 6, 3, 15, 150, 35};
    struct host *h = self->host;
    char name[DEVICE_NAME];
    uint8_t id[7];
    struct writer w = writer(id, sizeof id);
    struct dhcp m = {.op = BOOTREQUEST, .htype = 1, .hlen = 6, .xid = c->xid, .chaddr = h->mac, .type = type};
    bool renewing = c->state == DHCP_RENEWING || c->state == DHCP_REBINDING || type == DHCP_RELEASE;
    bool unicast = c->state == DHCP_RENEWING || type == DHCP_RELEASE;
    struct mac next = MAC_BROADCAST;
    ipv4 to = IPV4_BROADCAST;

    device_name(name, h->mac);
    m.client_id = own_id(h, &w);
    m.host_name = bytes_of(name);
    m.vendor_class = self->option60;
    m.parameters = (struct bytes){parameters, sizeof parameters};
    dhcp_set(&m, DHCP_MESSAGE_TYPE);
    dhcp_set(&m, DHCP_CLIENT_ID);
    if (type == DHCP_DISCOVER || type == DHCP_REQUEST) {
        dhcp_set(&m, DHCP_HOST_NAME);
        if (self->option60.len) dhcp_set(&m, DHCP_CLASS);
        dhcp_set(&m, DHCP_PARAMETERS);
        usec waited = (now - c->started) / SECOND;
        if (type == DHCP_DISCOVER) c->secs = (uint16_t)(waited > 65535 ? 65535 : waited);
        if (!renewing) m.secs = c->secs; /* RFC 2131, 3.1 (3): the REQUEST has the DISCOVER's */
    }
    if (renewing) m.ciaddr = c->lease.address;
    if ((type == DHCP_REQUEST && !renewing) || type == DHCP_DECLINE) {
        m.requested = c->lease.address;
        dhcp_set(&m, DHCP_REQUESTED);
    }
    if (((type == DHCP_REQUEST && c->state == DHCP_REQUESTING) || type == DHCP_DECLINE || type == DHCP_RELEASE) &&
        c->lease.server) {
        m.server_id = c->lease.server;
        dhcp_set(&m, DHCP_SERVER_ID);
    }
    if (unicast) {
        c->unsent = !host_reach(h, now, c->lease.server, &next, out);
        if (c->unsent) return; /* by ARP first: dhcp_client_resolved sends it */
        to = c->lease.server;
    }
    struct host_datagram d =
        host_udp_begin(h, next, renewing ? c->lease.address : 0, DHCP_CLIENT_PORT, to, DHCP_SERVER_PORT, out);
    dhcp_encode(d.w, &m);
    host_udp_end(&d);
}

/* RFC 2131, 4.4.5: half of what is left until the next moment, but not more often than each 60 s. */
static usec halfway(usec now, usec until)
{
    usec left = until > now ? until - now : 0;

    return left / 2 < RENEW_LEAST ? until : now + left / 2;
}

static void count_try(struct dhcp_client *c)
{
    if (c->tries < 255) c->tries++;
}

static void enter(struct dhcp_client *c, const struct dhcp_self *self, enum dhcp_state state, usec now,
                  struct outbox *out)
{
    if (c->state != state) c->tries = 0;
    c->state = state;
    c->unsent = false;
    switch (state) {
    case DHCP_IDLE: c->due = NEVER; break;
    case DHCP_INIT:
        host_forget(self->host);
        resolver_stop(&c->resolver);
        c->lease = (struct lease){0};
        c->has_offer = false;
        c->xid = random_u32(self->random);
        c->secs = 0;
        c->due = now + 1 + random_about(self->random, self->timing->dhcp_start / 2, self->timing->dhcp_start / 2);
        c->started = c->due;
        break;
    case DHCP_SELECTING:
        send_message(c, self, now, DHCP_DISCOVER, out);
        count_try(c);
        c->due = now + backoff(c, self);
        break;
    case DHCP_REQUESTING:
    case DHCP_REBOOTING:
        if (c->tries == 0) c->asked = now;
        send_message(c, self, now, DHCP_REQUEST, out);
        count_try(c);
        c->due = now + backoff(c, self);
        break;
    case DHCP_PROBING:
        c->probes = 0;
        c->due = now;
        break;
    case DHCP_BOUND: c->due = c->lease.t1; break;
    case DHCP_RENEWING:
    case DHCP_REBINDING:
        if (c->tries == 0) c->xid = random_u32(self->random);
        c->asked = now;
        count_try(c);
        send_message(c, self, now, DHCP_REQUEST, out);
        c->due = halfway(now, state == DHCP_RENEWING ? c->lease.t2 : c->lease.end);
        break;
    }
}

void dhcp_client_start(struct dhcp_client *c, const struct dhcp_self *self, usec now, const struct lease *remembered)
{
    *c = (struct dhcp_client){.due = NEVER};
    enter(c, self, DHCP_INIT, now, NULL);
    if (remembered && remembered->address && remembered->end > now) {
        c->lease = *remembered;
        c->has_offer = true; /* INIT-REBOOT: the wake from INIT asks for this one */
    }
}

void dhcp_client_stop(struct dhcp_client *c)
{
    c->state = DHCP_IDLE;
    c->due = NEVER;
    resolver_stop(&c->resolver);
}

void dhcp_client_release(struct dhcp_client *c, const struct dhcp_self *self, struct outbox *out)
{
    if (c->state == DHCP_BOUND || c->state == DHCP_RENEWING || c->state == DHCP_REBINDING)
        send_message(c, self, c->started, DHCP_RELEASE, out);
    dhcp_client_stop(c);
}

void dhcp_client_resolved(struct dhcp_client *c, const struct dhcp_self *self, usec now, struct outbox *out)
{
    struct mac next;

    if (!c->unsent || c->state != DHCP_RENEWING || !host_known(self->host, c->lease.server, &next)) return;
    c->asked = now;
    send_message(c, self, now, DHCP_REQUEST, out);
}

usec dhcp_client_due(const struct dhcp_client *c)
{
    return c->due;
}

static enum dhcp_heard bind(struct dhcp_client *c, const struct dhcp_self *self, usec now, struct outbox *out)
{
    struct host *h = self->host;

    h->address = c->lease.address;
    h->mask = c->lease.mask;
    h->router = c->lease.router;
    host_announce(h, out);
    enter(c, self, DHCP_BOUND, now, out);
    return DHCP_GOT;
}

/* However late the wake comes, it lands in the state that the lease says (RFC 2131, 4.4.5). */
static enum dhcp_heard by_the_lease(struct dhcp_client *c, const struct dhcp_self *self, usec now, struct outbox *out)
{
    if (now >= c->lease.end) {
        enter(c, self, DHCP_INIT, now, out);
        return DHCP_LOST;
    }
    enter(c, self, now >= c->lease.t2 ? DHCP_REBINDING : DHCP_RENEWING, now, out);
    return DHCP_NOTHING;
}

static enum dhcp_heard no_answer(struct dhcp_client *c, const struct dhcp_self *self, usec now, struct outbox *out)
{
    uint8_t tries = c->tries;

    if (c->state == DHCP_REBOOTING && c->tries >= REBOOT_TRIES) {
        /* RFC 2131, 3.2 (3): the server does not answer: the lease may be used while it lives */
        enter(c, self, DHCP_PROBING, now, out);
        return dhcp_client_wake(c, self, now, out);
    }
    if (c->state == DHCP_REQUESTING && c->tries >= REQUEST_TRIES)
        enter(c, self, DHCP_INIT, now, out);
    else
        enter(c, self, c->state, now, out);
    c->tries = c->tries > tries ? c->tries : tries;
    return DHCP_NO_ANSWER;
}

static enum dhcp_heard probe(struct dhcp_client *c, const struct dhcp_self *self, usec now, struct outbox *out)
{
    if (c->probes >= self->timing->probes) return bind(c, self, now, out);
    host_probe(self->host, c->lease.address, out);
    c->probes++;
    c->due = now + self->timing->probe_wait;
    return DHCP_NOTHING;
}

enum dhcp_heard dhcp_client_wake(struct dhcp_client *c, const struct dhcp_self *self, usec now, struct outbox *out)
{
    if (c->due > now) return DHCP_NOTHING;
    switch (c->state) {
    case DHCP_IDLE: c->due = NEVER; return DHCP_NOTHING;
    case DHCP_INIT: enter(c, self, c->has_offer ? DHCP_REBOOTING : DHCP_SELECTING, now, out); return DHCP_NOTHING;
    case DHCP_SELECTING:
        if (!c->has_offer) return no_answer(c, self, now, out);
        enter(c, self, DHCP_REQUESTING, now, out); /* nothing better came */
        return DHCP_NOTHING;
    case DHCP_REQUESTING:
    case DHCP_REBOOTING: return no_answer(c, self, now, out);
    case DHCP_PROBING: return probe(c, self, now, out);
    case DHCP_BOUND:
    case DHCP_RENEWING:
    case DHCP_REBINDING: return by_the_lease(c, self, now, out);
    }
    return DHCP_NOTHING;
}

static void hear_offer(struct dhcp_client *c, const struct dhcp_self *self, usec now, const struct dhcp *m,
                       struct outbox *out)
{
    struct lease offer = lease_of(m, now);

    if (!is_host(offer.address) || offer.server == 0) return; /* RFC 2131, table 3: an OFFER names its server */
    if (offer.end <= now) return;                             /* of 0 s: its ACK would be over at once */
    uint8_t worth = worth_of(&offer, m);
    bool better = !c->has_offer || worth > c->worth;
    if (c->has_offer && offer.server != c->lease.server) c->other_server = better ? c->lease.server : offer.server;
    if (better) {
        c->lease = offer;
        c->worth = worth;
    }
    if (better && worth == 3) {
        enter(c, self, DHCP_REQUESTING, now, out);
    } else if (!c->has_offer) {
        c->due = now + BETTER_OFFER;
    }
    c->has_offer = true;
}

/* RFC 2131, 4.3.2: we asked one server, and the others have nothing to say to it. */
static bool of_another(const struct dhcp_client *c, const struct dhcp *m)
{
    return (c->state == DHCP_REQUESTING || c->state == DHCP_RENEWING) && m->server_id &&
           m->server_id != c->lease.server;
}

/* What an ACK does not say again stays as the OFFER, or the ACK before a renewal, had it. */
static void keep_unsaid(struct lease *l, const struct lease *before)
{
    if (l->mask == 0) l->mask = before->mask;
    if (l->router == 0) l->router = before->router;
    /* Before siaddr and sname also what DNS told of the name in 66. */
    if (l->tftp_source != TFTP_FROM_NOTHING &&
        (l->tftp_source <= before->tftp_source || before->tftp_source != TFTP_FROM_66))
        return;
    l->tftp[0] = before->tftp[0];
    l->tftp[1] = before->tftp[1];
    l->tftp_source = before->tftp_source;
}

static enum dhcp_heard hear_ack(struct dhcp_client *c, const struct dhcp_self *self, usec now, const struct dhcp *m,
                                struct mac from, struct outbox *out)
{
    struct lease l = lease_of(m, c->asked);

    if (!is_host(l.address)) return DHCP_NOTHING;
    if (l.address != c->lease.address && (c->state != DHCP_REQUESTING || of_another(c, m))) return DHCP_NOTHING;
    if (l.end <= now) return DHCP_NOTHING; /* over already (a lease of 0 s): no answer; our own timers go on */
    if (l.server == 0) l.server = c->lease.server;
    l.server_mac = from;
    bool fresh = c->state == DHCP_REQUESTING || c->state == DHCP_REBOOTING;
    if (c->state != DHCP_REBOOTING && l.address == c->lease.address) keep_unsaid(&l, &c->lease);
    if (l.mask == 0) l.mask = class_mask(l.address);
    if (fresh) (void)resolver_take(&c->resolver, m);
    c->lease = l;
    c->naks = 0;
    if (fresh) {
        enter(c, self, DHCP_PROBING, now, out);
        return dhcp_client_wake(c, self, now, out);
    }
    self->host->mask = l.mask;
    self->host->router = l.router;
    enter(c, self, DHCP_BOUND, now, out);
    return DHCP_RENEWED;
}

static enum dhcp_heard hear_nak(struct dhcp_client *c, const struct dhcp_self *self, usec now, const struct dhcp *m,
                                struct outbox *out)
{
    bool had = c->state == DHCP_RENEWING || c->state == DHCP_REBINDING;
    uint8_t naks = c->naks;

    if (of_another(c, m)) return DHCP_NOTHING;
    if (self->said) text_copy(self->said, DHCP_SAID, dhcp_has(m, DHCP_MESSAGE) ? dhcp_text(m->message) : bytes_of(""));
    enter(c, self, DHCP_INIT, now, out);
    c->naks = (uint8_t)(naks < 255 ? naks + 1 : 255);
    /* a server that always says NAK would otherwise be asked hundreds of times a second: RFC 2131, 3.1 leaves the pause
     * to us */
    if (c->naks > 1) c->due = now + random_about(self->random, SECOND, 200 * MSEC);
    c->lease.server = m->server_id; /* who refused, for the telling */
    return had ? DHCP_LOST : DHCP_REFUSED;
}

enum dhcp_heard dhcp_client_hear(struct dhcp_client *c, const struct dhcp_self *self, usec now,
                                 const struct host_frame *f, struct fault *why, struct outbox *out)
{
    struct dhcp m;
    uint8_t id[7];
    struct writer w = writer(id, sizeof id);

    if (f->udp.to != DHCP_CLIENT_PORT || c->state == DHCP_IDLE) return DHCP_NOTHING;
    if (!dhcp_decode(&m, f->udp.payload, why)) return DHCP_MALFORMED;
    if (m.op != BOOTREPLY || m.xid != c->xid || !mac_equal(m.chaddr, self->host->mac)) return DHCP_NOTHING;
    if (m.client_id.len && !bytes_equal(m.client_id, own_id(self->host, &w))) return DHCP_NOTHING; /* RFC 6842, 3 */
    switch (m.type) {
    case DHCP_OFFER:
        if (c->state == DHCP_SELECTING) hear_offer(c, self, now, &m, out);
        return DHCP_NOTHING;
    case DHCP_ACK:
        if (c->state != DHCP_REQUESTING && c->state != DHCP_REBOOTING && c->state != DHCP_RENEWING &&
            c->state != DHCP_REBINDING)
            return DHCP_NOTHING;
        return hear_ack(c, self, now, &m, f->ethernet.from, out);
    case DHCP_NAK:
        if (c->state != DHCP_REQUESTING && c->state != DHCP_REBOOTING && c->state != DHCP_RENEWING &&
            c->state != DHCP_REBINDING)
            return DHCP_NOTHING;
        return hear_nak(c, self, now, &m, out);
    case DHCP_DISCOVER:
    case DHCP_REQUEST:
    case DHCP_DECLINE:
    case DHCP_RELEASE:
    case DHCP_INFORM:
    default: return DHCP_NOTHING; /* anything else is discarded silently, and moves no timer */
    }
}

enum dhcp_heard dhcp_client_duplicate(struct dhcp_client *c, const struct dhcp_self *self, usec now, struct mac other,
                                      struct outbox *out)
{
    uint8_t declines = c->declines;

    if (c->state != DHCP_PROBING) return DHCP_NOTHING;
    send_message(c, self, now, DHCP_DECLINE, out);
    c->refused = c->lease.address;
    enter(c, self, DHCP_INIT, now, out);
    c->declines = (uint8_t)(declines < 255 ? declines + 1 : 255);
    c->other = other;
    c->due = now + AFTER_DECLINE;
    return DHCP_DUPLICATED;
}
