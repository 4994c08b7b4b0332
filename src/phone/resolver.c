#include "phone/resolver.h"
#include "wire/dns.h"
#include <string.h>

static const usec FIRST_WAIT = 2 * SECOND;
enum { FIRST_PORT = 32768, PORTS = 16384 }; /* below those of TFTP */

bool resolver_take(struct resolver *r, const struct dhcp *m)
{
    struct bytes text = dhcp_text(m->tftp_name), domain = dhcp_text(m->domain);
    struct writer w = writer((uint8_t *)r->name, sizeof r->name - 1);

    *r = (struct resolver){.due = NEVER};
    for (uint8_t i = 0, n = 0; i < m->dns.count && n < RESOLVER_SERVERS; i++)
        if (m->dns.at[i]) r->server[n++] = m->dns.at[i];
    if (!dhcp_has(m, DHCP_TFTP_NAME) || !r->server[0] || !dns_name(text)) return false;
    write_bytes(&w, text);
    if (dns_name(domain) &&
        !memchr(text.at, '.', text.len)) { /* RFC 2132, 3.17: what a host is to complete names with */
        write_u8(&w, '.');
        write_bytes(&w, domain);
    }
    if (w.full || !dns_name(written(&w))) r->name[0] = '\0';
    return r->name[0] != '\0';
}

/* Whom this try asks. */
static ipv4 asked(const struct resolver *r)
{
    ipv4 second = r->server[1];

    return r->tries % 2 == 0 && second ? second : r->server[0]; /* tries counts from 1 */
}

static void say(struct resolver *r, struct host *h, usec now, struct outbox *out)
{
    struct mac next;

    r->unsent = !host_reach(h, now, asked(r), &next, out);
    if (r->unsent) return;
    struct host_datagram d = host_udp_begin(h, next, h->address, r->port, asked(r), DNS_PORT, out);
    dns_question_encode(d.w, r->id, bytes_of(r->name));
    host_udp_end(&d);
}

static void attempt(struct resolver *r, struct host *h, usec now, struct outbox *out)
{
    r->tries++;
    r->due = now + (FIRST_WAIT << (r->tries - 1) / 2);
    say(r, h, now, out);
}

void resolver_start(struct resolver *r, struct host *h, struct random *random, usec now, struct outbox *out)
{
    r->running = true;
    r->tries = 0;
    r->id = (uint16_t)random_u32(random);
    r->port = (uint16_t)(FIRST_PORT + random_below(random, PORTS));
    attempt(r, h, now, out);
}

void resolver_stop(struct resolver *r)
{
    r->running = false;
}

usec resolver_due(const struct resolver *r)
{
    return r->running ? r->due : NEVER;
}

enum resolver_heard resolver_wake(struct resolver *r, struct host *h, usec now, struct outbox *out)
{
    if (!r->running || r->due > now) return RESOLVER_NOTHING;
    if (r->tries >= RESOLVER_TRIES) {
        r->running = false;
        return RESOLVER_SILENT;
    }
    attempt(r, h, now, out);
    return RESOLVER_NOTHING;
}

void resolver_resolved(struct resolver *r, struct host *h, usec now, struct outbox *out)
{
    struct mac next;

    if (r->running && r->unsent && host_known(h, asked(r), &next)) say(r, h, now, out);
}

enum resolver_heard resolver_hear(struct resolver *r, struct host *h, usec now, const struct host_frame *f,
                                  ipv4 *address, struct fault *why, struct outbox *out)
{
    struct dns_answer a;

    if (!r->running || f->udp.to != r->port || f->udp.from != DNS_PORT) return RESOLVER_NOTHING;
    if (f->packet.from != r->server[0] && f->packet.from != r->server[1]) return RESOLVER_NOTHING;
    if (!dns_answer_decode(&a, f->udp.payload, why)) return RESOLVER_MALFORMED;
    if (a.id != r->id) return RESOLVER_NOTHING;
    if (a.code != DNS_NO_ERROR && a.code != DNS_NO_SUCH_NAME) { /* it cannot tell: the other one may */
        if (f->packet.from != asked(r)) return RESOLVER_NOTHING;
        r->due = now;
        return resolver_wake(r, h, now, out);
    }
    r->running = false;
    *address = a.address;
    return a.address ? RESOLVER_GOT : RESOLVER_UNKNOWN;
}
