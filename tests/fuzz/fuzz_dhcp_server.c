/* The DHCP server: any bytes, and any messages of a few clients over a small pool, at any time, with stores that
 * fail. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "server/dhcp.h"
#include "server/lease.h" /* for its invariants */
#include "wire/arp.h"
#include "wire/ethernet.h"

static const uint8_t options[] = {3, 4, 10, 0, 0, 1, 66, 3,  'a', 'b', 0,  67, 1,  'f', 200, 20, 1,  2,
                                  3, 4, 5,  6, 7, 8, 9,  10, 11,  12,  13, 14, 15, 16,  17,  18, 19, 20};
static const struct dhcp_interface interfaces[] = {{IPV4(10, 0, 0, 1), {{2, 0, 0, 0, 1, 1}}},
                                                   {IPV4(10, 2, 0, 1), {{0}}}};
static const struct dhcp_range pools[][2] = {
    {{IPV4(10, 0, 0, 10), IPV4(10, 0, 0, 13)}, {IPV4(10, 1, 0, 10), IPV4(10, 1, 0, 11)}},
    {{IPV4(10, 0, 0, 12), IPV4(10, 0, 0, 15)}, {IPV4(10, 1, 0, 11), IPV4(10, 1, 0, 14)}}};
static const struct dhcp_class class = {.scope = {.lease = 30}};
static struct dhcp_subnet subnets[] = {
    {.network = IPV4(10, 0, 0, 0),
     .mask = 0xffffff00,
     .pools = &pools[0][0],
     .pool_count = 1,
     .scope = {.lease = 300, .tftp = {IPV4(10, 0, 0, 1)}, .tftps = 1, .options = {options, sizeof options}}},
    {.network = IPV4(10, 1, 0, 0),
     .mask = 0xffffff00,
     .interface = DHCP_NO_INTERFACE,
     .pools = &pools[0][1],
     .pool_count = 1,
     .scope = {.lease = 60},
     .classes = &class,
     .class_count = 1},
};

struct world {
    struct dhcp_server s;
    struct action actions[DHCP_SERVER_MOST + 8];
    uint8_t bytes[128 * 1024], stored[RECORD_MOST];
    size_t stored_length;
    struct outbox out;
    usec now, due;
};

/* No client has two addresses of a subnet, each free address is in the list, each other one has a timer. */
static void check_leases(const struct dhcp_server *s)
{
    for (uint32_t p = 0; p < 2; p++) {
        uint32_t ready = 0, states[4] = {0};
        for (uint32_t i = 0; i < s->leases; i++) {
            const struct dhcp_lease *a = &s->lease[i];
            if (a->record.address == 0 || a->subnet != p) continue;
            bool anybodys = a->reserved == UINT32_MAX && i < s->pooled;
            states[a->record.state]++;
            ready += a->record.state == LEASE_FREE && anybodys;
            assert((a->list == 1) == (a->record.state == LEASE_FREE && anybodys));
            assert((a->list == 2) == (a->record.state == LEASE_OFFERED && anybodys));
            assert((s->timers.place[i] == UINT32_MAX) == (a->record.state == LEASE_FREE));
            assert(!a->probe || (a->record.state == LEASE_OFFERED && s->probe[a->probe - 1].lease == i));
            for (uint32_t k = 0; k < i; k++) {
                const struct dhcp_lease *b = &s->lease[k];
                if (b->record.address == 0 || b->subnet != p || a->record.state != LEASE_BOUND ||
                    b->record.state != LEASE_BOUND)
                    continue;
                assert(a->record.client_length != b->record.client_length ||
                       memcmp(a->record.client, b->record.client, sizeof a->record.client) != 0 ||
                       (a->record.client_length == 0 && !mac_equal(a->record.mac, b->record.mac)));
            }
        }
        assert(ready == s->pool[p].ready && states[LEASE_FREE] == s->pool[p].free);
        assert(states[LEASE_OFFERED] == s->pool[p].offered && states[LEASE_BOUND] == s->pool[p].bound);
        assert(states[LEASE_QUARANTINED] == s->pool[p].quarantined);
    }
}

/* Every lease that counts in a port or relay does so once. */
static void check_ports(const struct dhcp_server *s)
{
    uint32_t counted = 0, expected = 0;

    if (!s->config.per_port) return;
    for (uint32_t b = 0; b < s->port_buckets; b++)
        for (uint32_t i = s->port_bucket[b]; i != UINT32_MAX; i = s->port[i].next) counted += s->port[i].count;
    for (uint32_t i = 0; i < s->leases; i++)
        expected += (s->lease[i].record.relay != 0) + (s->lease[i].record.port != 0);
    assert(counted == expected);
}

static void step(struct world *w, const struct event *e)
{
    bool stored = false;
    struct dhcp m;
    struct fault why;

    outbox_clear(&w->out);
    w->due = dhcp_server_step(&w->s, w->now, e, &w->out);
    assert(!w->out.bytes.full && w->out.bytes.len <= DHCP_SERVER_BYTES && w->out.count <= DHCP_SERVER_MOST);
    assert(e->kind != EVENT_WAKE || w->due > w->now || w->out.count > 0);
    check_leases(&w->s);
    check_ports(&w->s);
    for (uint32_t i = 0; i < w->out.count; i++) {
        struct bytes b = payload(&w->out, i);
        if (w->out.actions[i].kind == ACTION_STORE) {
            struct record r;
            assert(record_decode(&r, b, &why));
            stored = true;
            w->stored_length = b.len;
            memcpy(w->stored, b.at, b.len);
        }
        if (w->out.actions[i].kind != ACTION_DATAGRAM) continue;
        assert(dhcp_decode(&m, b, &why));
        assert(m.op == BOOTREPLY && (m.type == DHCP_OFFER || m.type == DHCP_ACK || m.type == DHCP_NAK));
        assert(m.type != DHCP_ACK || m.yiaddr == 0 || stored); /* nothing is promised before it is stored */
    }
}

static void message(struct world *w, const uint8_t p[8])
{
    static const ipv4 addresses[] = {
        0, IPV4(10, 0, 0, 10), IPV4(10, 0, 0, 11), IPV4(10, 0, 0, 99), IPV4(10, 1, 0, 10), IPV4(10, 9, 0, 1)};
    struct dhcp m = {.op = BOOTREQUEST,
                     .htype = 1,
                     .hlen = 6,
                     .chaddr = {{2, 0, 0, 0, 0, p[0] % 8}},
                     .type = (enum dhcp_type)(p[1] % 9)};
    uint8_t bytes[1500];
    struct writer to = writer(bytes, sizeof bytes);

    dhcp_set(&m, DHCP_MESSAGE_TYPE);
    m.requested = addresses[p[2] % 6];
    if (m.requested) dhcp_set(&m, DHCP_REQUESTED);
    m.ciaddr = addresses[p[3] % 6];
    m.giaddr = p[4] % 3 == 1 ? IPV4(10, 1, 0, 1) : p[4] % 7 == 6 ? IPV4(10, 9, 9, 9) : 0;
    if (p[5] % 3) {
        dhcp_set(&m, DHCP_SERVER_ID);
        m.server_id = p[5] % 3 == 1 ? IPV4(10, 0, 0, 1) : 5;
    }
    if (p[6] % 4 == 1) {
        dhcp_set(&m, DHCP_CLIENT_ID);
        m.client_id = (struct bytes){p, p[6] % 9};
    }
    if (p[7] & 4) {
        dhcp_set(&m, DHCP_RELAY_AGENT);
        m.relay_agent = (struct bytes){p, p[0] % 9u};
    }
    if (p[7] & 8) {
        dhcp_set(&m, DHCP_PARAMETERS);
        m.parameters = bytes_of("\x43\x42\xc8\x96");
    }
    if (p[7] & 16) {
        dhcp_set(&m, DHCP_CLASS);
        m.vendor_class = bytes_of("Cisco Systems, Inc.");
    }
    if (p[7] & 32) {
        dhcp_set(&m, DHCP_HOST_NAME);
        m.host_name = (struct bytes){p, 3};
    }
    m.broadcast = p[7] & 1;
    dhcp_encode(&to, &m);
    step(w, &(struct event){.kind = EVENT_DATAGRAM,
                            .stream = p[7] >> 6,
                            .to = {.address = p[7] & 2 ? IPV4(10, 0, 0, 1) : IPV4_BROADCAST, .port = 67},
                            .bytes = written(&to)});
}

static struct dhcp_server_config config_of(unsigned which)
{
    subnets[0].pools = &pools[which][0];
    subnets[1].pools = &pools[which][1];
    return (struct dhcp_server_config){.interfaces = interfaces,
                                       .interface_count = 2,
                                       .subnets = subnets,
                                       .subnet_count = 2,
                                       .reservations_most = 3,
                                       .authoritative = which == 0,
                                       .server_id_override = which,
                                       .probe = true,
                                       .probes = 2,
                                       .per_port = 2 * which,
                                       .wall_at_start = 1000};
}

static void arp(struct world *w, const uint8_t p[8])
{
    uint8_t bytes[128];
    struct writer to = writer(bytes, sizeof bytes);
    struct mac from = {{2, 0, 0, 0, 0, p[0] % 9}};
    size_t begun = ethernet_begin(&to, &(struct ethernet){.to = MAC_BROADCAST, .from = from, .type = TYPE_ARP});

    arp_encode(&to, &(struct arp){.op = p[1] & 1 ? ARP_REQUEST : ARP_REPLY,
                                  .sender_mac = from,
                                  .sender = p[1] & 2 ? 0 : IPV4(10, 0, 0, 10 + p[2] % 6),
                                  .target = IPV4(10, 0, 0, 10 + p[3] % 6)});
    ethernet_end(&to, begun);
    step(w, &(struct event){.kind = EVENT_FRAME, .bytes = written(&to)});
}

static void administer(struct world *w, const uint8_t p[8], void *memory[2])
{
    struct dhcp_reservation r = {.by = (enum dhcp_reserved_by)(p[1] % 3),
                                 .mac = {{2, 0, 0, 0, 0, p[2] % 8}},
                                 .key = {p + 3, 3},
                                 .address = p[4] % 5 == 4 ? 0 : IPV4(10, p[4] & 1, 0, 8 + p[5] % 8)};
    struct dhcp_server_config config = config_of(p[6] & 1);
    struct dhcp_reloaded what;
    struct fault why;

    if (p[0] & 1)
        (void)dhcp_server_reserve(&w->s, &r, &why);
    else if (p[0] & 2)
        (void)dhcp_server_unreserve(&w->s, &r);
    else {
        assert(dhcp_server_reload(&w->s, &config, memory[1], dhcp_server_size(&config), w->now, &what, &why));
        void *old = memory[0];
        memory[0] = memory[1];
        memory[1] = old;
    }
    step(w, &(struct event){.kind = EVENT_WAKE});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    static uint64_t blocks[2][8192];
    void *memory[2] = {blocks[0], blocks[1]};
    struct dhcp_server_config config = config_of(size & 1);
    struct fault why;

    assert(dhcp_server_size(&config) <= sizeof blocks[0] &&
           dhcp_server_init(&w.s, &config, memory[0], sizeof blocks[0], &why));
    outbox_init(&w.out, w.actions, sizeof w.actions / sizeof w.actions[0], w.bytes, sizeof w.bytes);
    w.now = 0;
    w.due = NEVER;
    w.stored_length = 0;
    while (size >= 10) {
        w.now += (usec)data[1] * data[1] * 10000;
        if (w.due <= w.now) step(&w, &(struct event){.kind = EVENT_WAKE});
        size_t n = 10;
        switch (data[0] % 12) {
        case 0: /* raw */
            n = data[2] < size ? 10 + (size_t)data[2] : size;
            if (n > size) n = size;
            step(&w, &(struct event){.kind = EVENT_DATAGRAM,
                                     .to = {.address = IPV4_BROADCAST, .port = 67},
                                     .bytes = {data + 3, n - 3}});
            break;
        case 1: step(&w, &(struct event){.kind = EVENT_UNSTORED, .bytes = {w.stored, w.stored_length}}); break;
        case 2: dhcp_server_clock(&w.s, 1000 + (uint64_t)data[2] * 100); break;
        case 3: arp(&w, data + 2); break;
        case 4: administer(&w, data + 2, memory); break;
        case 5: { /* what was stored is loaded again */
            struct record r;
            if (record_decode(&r, (struct bytes){w.stored, w.stored_length}, &why)) dhcp_server_load(&w.s, &r, w.now);
            step(&w, &(struct event){.kind = EVENT_FRAME, .stream = data[2], .bytes = {data, 10}});
            break;
        }
        default: message(&w, data + 2);
        }
        data += n;
        size -= n;
    }
    for (unsigned i = 0; w.due != NEVER; i++) { /* silence frees every address */
        assert(i < 1000);
        if (w.due > w.now) w.now = w.due;
        step(&w, &(struct event){.kind = EVENT_WAKE});
    }
    return 0;
}
