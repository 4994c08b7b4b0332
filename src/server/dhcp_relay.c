#include "server/lease.h"
#include "base/hex.h"

static ipv4 address_in(const struct dhcp *m, uint8_t code)
{
    struct fault why;
    struct bytes value;

    if (!dhcp_relay_option(m->relay_agent, code, &value) || value.len != 4) return 0;
    struct reader r = reader(value, &why);
    return read_be32(&r);
}

ipv4 relay_link(const struct dhcp *m)
{
    /* Without giaddr no relay has vouched for option 82: it says nothing of where the client is (RFC 3527, section
     * 3). */
    ipv4 link = m->giaddr ? address_in(m, DHCP_LINK_SELECTION) : 0;

    return link ? link : m->giaddr;
}

ipv4 relay_server_id(const struct dhcp *m)
{
    return m->giaddr ? address_in(m, DHCP_SERVER_ID_OVERRIDE) : 0;
}

/* FNV-1a: it is stored, so that no secret goes into it. */
static uint64_t mixed(uint64_t h, struct bytes b)
{
    h = (h ^ b.len) * 0x100000001b3u;
    for (size_t i = 0; i < b.len; i++) h = (h ^ b.at[i]) * 0x100000001b3u;
    return h;
}

void relay_of(struct dhcp_client *c, const struct dhcp *m)
{
    struct bytes circuit = {0}, remote = {0};
    uint8_t giaddr[4];
    struct writer w = writer(giaddr, sizeof giaddr);

    c->relay = m->giaddr;
    if (!dhcp_relay_option(m->relay_agent, DHCP_CIRCUIT_ID, &circuit)) return;
    (void)dhcp_relay_option(m->relay_agent, DHCP_REMOTE_ID, &remote); /* a switch that is no relay has no giaddr */
    write_be32(&w, m->giaddr);
    /* The top bit: never 0, and never the number of a relay. */
    c->port = mixed(mixed(mixed(0xcbf29ce484222325u, written(&w)), circuit), remote) | (uint64_t)1 << 63;
}

/* The table of ports and relays that have leases. */

static uint32_t *chain_of(struct dhcp_server *s, uint64_t key)
{
    return &s->port_bucket[hash_number(key ^ s->key[0]) & (s->port_buckets - 1)];
}

static struct dhcp_port *find(struct dhcp_server *s, uint64_t key)
{
    for (uint32_t i = *chain_of(s, key); i != NOBODY; i = s->port[i].next)
        if (s->port[i].key == key) return &s->port[i];
    return NULL;
}

static void add(struct dhcp_server *s, uint64_t key)
{
    struct dhcp_port *p = key ? find(s, key) : NULL;

    if (!p) {
        uint32_t i = key ? s->port_unused : NOBODY;
        if (i == NOBODY) return;
        uint32_t *chain = chain_of(s, key);
        p = &s->port[i];
        s->port_unused = p->next;
        *p = (struct dhcp_port){.key = key, .next = *chain};
        *chain = i;
    }
    p->count++;
}

static void drop(struct dhcp_server *s, uint64_t key)
{
    for (uint32_t *at = key ? chain_of(s, key) : NULL; at && *at != NOBODY; at = &s->port[*at].next) {
        struct dhcp_port *p = &s->port[*at];
        if (p->key != key) continue;
        if (--p->count) return;
        uint32_t i = *at;
        *at = p->next;
        p->next = s->port_unused;
        s->port_unused = i;
        return;
    }
}

void ports_count(struct dhcp_server *s, struct dhcp_lease *l, ipv4 relay, uint64_t port)
{
    drop(s, l->record.relay);
    drop(s, l->record.port);
    l->record.relay = relay;
    l->record.port = port;
    add(s, relay);
    add(s, port);
}

static void limited(struct dhcp_server *s, const struct request *q, bool of_port)
{
    struct bytes circuit = {0};
    char text[64];
    struct writer w = writer(text, sizeof text);

    s->counts.limited++;
    if (told_lately(&s->limited_told, q->now)) return;
    struct writer *t = dhcp_tell(q->out, DHCP_TOLD_LIMITED, q->m->chaddr, q->client.relay);
    if (of_port) (void)dhcp_relay_option(q->m->relay_agent, DHCP_CIRCUIT_ID, &circuit);
    for (size_t i = 0; i < circuit.len; i++) {
        write_u8(&w, (uint8_t)HEX_DIGITS[circuit.at[i] >> 4]);
        write_u8(&w, (uint8_t)HEX_DIGITS[circuit.at[i] & 15]);
    }
    if (of_port) tell_text(t, FACT_TEXT, written(&w));
    tell_number(t, FACT_COUNT, s->counts.limited);
}

bool relay_may_have_more(struct dhcp_server *s, const struct request *q)
{
    const struct dhcp_port *port = q->client.port ? find(s, q->client.port) : NULL;
    const struct dhcp_port *relay = q->client.relay ? find(s, q->client.relay) : NULL;
    bool port_full = s->config.per_port && port && port->count >= s->config.per_port;
    bool relay_full = s->config.per_relay && relay && relay->count >= s->config.per_relay;

    if (port_full || relay_full) limited(s, q, port_full);
    return !port_full && !relay_full;
}
