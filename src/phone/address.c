/* Step 4: an address, and a TFTP server. The user's preferences have both, or DHCP does (phone/dhcp.h); where its
 * option 66 has but a name, DNS is asked (phone/resolver.h). It ends in step 5, though nobody named a TFTP server:
 * that is told then. As long as the lease is there this goes on beside all later steps; without it the phone is back
 * here.
 */
#include "phone/boot.h"
#include "wire/dhcp.h"

enum { PRIORITY_SIGNALLING = 3 };

static struct dhcp_self dhcp_self(struct phone *p)
{
    const struct phone_model *m = p->config.model;

    return (struct dhcp_self){
        &p->host, p->config.timing, &p->random, {(const uint8_t *)m->option60, m->option60_len}, NULL};
}

static void tell_address(struct phone *p, usec now, const struct lease *l, const char *source, struct outbox *out)
{
    static const char *const tftp[] = {"none", "option 150", "option 66", "siaddr", "sname", "preference"};
    struct writer *w = phone_tell_step(p, now, PHONE_ADDRESS, out);

    tell_ipv4(w, FACT_ADDRESS, l->address);
    tell_ipv4(w, FACT_MASK, l->mask);
    tell_ipv4(w, FACT_ROUTER, l->router);
    if (l->server) tell_ipv4(w, FACT_SERVER, l->server);
    if (l->tftp[0]) tell_ipv4(w, FACT_TFTP, l->tftp[0]);
    tell_text(w, FACT_TFTP_SOURCE, bytes_of(tftp[l->tftp_source]));
    if (l->seconds) tell_number(w, FACT_LEASE, l->seconds);
    if (p->dhcp.other_server) tell_ipv4(w, FACT_OTHER_SERVER, p->dhcp.other_server);
    tell_text(w, FACT_SOURCE, bytes_of(source));
}

static void prefer_tftp(struct phone *p) /* the user's server wins over all that DHCP says */
{
    struct lease *l = &p->dhcp.lease;

    if (p->preferences.alternate_tftp == 0) return;
    l->tftp[0] = p->preferences.alternate_tftp;
    l->tftp[1] = 0;
    l->tftp_source = TFTP_FROM_PREFERENCE;
}

/* The TFTP server is known, or nothing will name it: on to the files. */
static void go_for_files(struct phone *p, usec now, const char *source, const char *why, struct outbox *out)
{
    struct lease *l = &p->dhcp.lease;

    tell_address(p, now, l, source, out);
    if (l->tftp[0] == 0) {
        struct writer *w = phone_tell(p, PHONE_NO_TFTP_SERVER, out);
        if (why) tell_text(w, FACT_WHY, bytes_of(why));
        if (why) tell_text(w, FACT_TEXT, bytes_of(p->dhcp.resolver.name));
    }
    files_start(p, now, out);
}

/* An address is there. */
static void got_address(struct phone *p, usec now, const char *source, struct outbox *out)
{
    struct dhcp_client *c = &p->dhcp;

    prefer_tftp(p);
    bool known = c->lease.tftp_source == TFTP_FROM_150 || c->lease.tftp_source == TFTP_FROM_PREFERENCE;
    if (c->resolver.name[0] && !known)
        resolver_start(&c->resolver, &p->host, &p->random, now, out);
    else
        go_for_files(p, now, source, NULL, out);
}

static void hear_name(struct phone *p, usec now, enum resolver_heard heard, ipv4 address, struct outbox *out)
{
    struct lease *l = &p->dhcp.lease;

    switch (heard) {
    case RESOLVER_NOTHING:
    case RESOLVER_MALFORMED: break;
    case RESOLVER_GOT:
        l->tftp[0] = address;
        l->tftp[1] = 0;
        l->tftp_source = TFTP_FROM_66;
        go_for_files(p, now, "dhcp", NULL, out);
        break;
    case RESOLVER_UNKNOWN: go_for_files(p, now, "dhcp", "DNS unknown host", out); break;
    case RESOLVER_SILENT: go_for_files(p, now, "dhcp", "DNS timeout", out); break;
    }
}

void address_start(struct phone *p, usec now, struct outbox *out)
{
    struct dhcp_self self = dhcp_self(p);
    struct preferences *u = &p->preferences;

    files_forget(p);
    host_forget(&p->host);
    p->host.vlan = p->discovery.vlan;
    p->host.priority = PRIORITY_SIGNALLING;
    if (u->address) {
        p->dhcp = (struct dhcp_client){
            .due = NEVER,
            .lease = {
                .address = u->address, .mask = u->mask, .router = u->router, .t1 = NEVER, .t2 = NEVER, .end = NEVER}};
        p->host.address = u->address;
        p->host.mask = u->mask;
        p->host.router = u->router;
        host_announce(&p->host, out);
        got_address(p, now, "preference", out);
        return;
    }
    dhcp_client_start(&p->dhcp, &self, now, &p->remembered);
    p->remembered = (struct lease){0};
    phone_do(p, DOING_ADDRESS, NEVER);
}

/* `said`: the words of a NAK. */
static void hear_dhcp(struct phone *p, usec now, enum dhcp_heard heard, const char *said, struct outbox *out)
{
    struct dhcp_client *c = &p->dhcp;
    struct writer *w;

    switch (heard) {
    case DHCP_NOTHING:
    case DHCP_MALFORMED: break;
    case DHCP_RENEWED: prefer_tftp(p); break;
    case DHCP_GOT: got_address(p, now, "dhcp", out); break;
    case DHCP_REFUSED:
        w = phone_tell(p, PHONE_DHCP_NAK, out);
        tell_ipv4(w, FACT_SERVER, c->lease.server);
        tell_text(w, FACT_TEXT, bytes_of(said));
        tell_number(w, FACT_TRIES, c->naks);
        break;
    case DHCP_LOST:
        (void)phone_tell(p, PHONE_LEASE_LOST, out);
        station_vanish(&p->station, out);     /* without an address nothing can be said */
        if (p->doing == DOING_CLOSING) break; /* it starts over anyway */
        files_forget(p);
        p->began = now;
        phone_do(p, DOING_ADDRESS, NEVER);
        break;
    case DHCP_NO_ANSWER:
        w = phone_tell(p, PHONE_DHCP_SILENT, out);
        tell_number(w, FACT_TRIES, c->tries > 1 ? c->tries - 1u : 1u);
        if (p->host.vlan != VLAN_UNTAGGED) tell_number(w, FACT_VLAN, p->host.vlan);
        break;
    case DHCP_DUPLICATED:
        w = phone_tell(p, PHONE_DUPLICATE_ADDRESS, out);
        tell_ipv4(w, FACT_ADDRESS, c->refused);
        tell_mac(w, FACT_MAC, c->other);
        tell_number(w, FACT_TRIES, c->declines);
        break;
    }
}

static void hear_dhcp_message(struct phone *p, usec now, struct host_frame *f, struct outbox *out)
{
    struct fault why = {.kind = FAULT_NONE};
    struct dhcp_self self = dhcp_self(p);
    char said[DHCP_SAID] = "";

    self.said = said;
    enum dhcp_heard heard = dhcp_client_hear(&p->dhcp, &self, now, f, &why, out);
    if (heard == DHCP_MALFORMED)
        phone_malformed(p, now, "dhcp", &why, out);
    else
        hear_dhcp(p, now, heard, said, out);
}

static void hear_dns_message(struct phone *p, usec now, struct host_frame *f, struct outbox *out)
{
    struct fault why = {.kind = FAULT_NONE};
    ipv4 address = 0;
    enum resolver_heard heard = resolver_hear(&p->dhcp.resolver, &p->host, now, f, &address, &why, out);

    if (heard == RESOLVER_MALFORMED)
        phone_malformed(p, now, "dns", &why, out);
    else
        hear_name(p, now, heard, address, out);
}

bool address_hear(struct phone *p, usec now, struct host_frame *f, struct outbox *out)
{
    if (f->udp.to == DHCP_CLIENT_PORT)
        hear_dhcp_message(p, now, f, out);
    else if (p->dhcp.resolver.running && f->udp.to == p->dhcp.resolver.port)
        hear_dns_message(p, now, f, out);
    else
        return false;
    return true;
}

void address_resolved(struct phone *p, usec now, struct outbox *out)
{
    struct dhcp_self self = dhcp_self(p);

    dhcp_client_resolved(&p->dhcp, &self, now, out);
    resolver_resolved(&p->dhcp.resolver, &p->host, now, out);
}

void address_duplicate(struct phone *p, usec now, struct mac other, struct outbox *out)
{
    struct dhcp_self self = dhcp_self(p);

    hear_dhcp(p, now, dhcp_client_duplicate(&p->dhcp, &self, now, other, out), "", out);
}

void address_release(struct phone *p, struct outbox *out)
{
    struct dhcp_self self = dhcp_self(p);

    dhcp_client_release(&p->dhcp, &self, out);
}

void address_wake(struct phone *p, usec now, struct outbox *out)
{
    struct dhcp_self self = dhcp_self(p);

    if (dhcp_client_due(&p->dhcp) <= now) hear_dhcp(p, now, dhcp_client_wake(&p->dhcp, &self, now, out), "", out);
    if (resolver_due(&p->dhcp.resolver) <= now)
        hear_name(p, now, resolver_wake(&p->dhcp.resolver, &p->host, now, out), 0, out);
}
