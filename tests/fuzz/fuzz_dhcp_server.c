/* The DHCP server: any bytes, and any messages of a few clients over a small pool, at any time, with stores that
 * fail. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "server/dhcp.h"
#include "wire/dhcp.h"

static const struct dhcp_subnet subnets[] = {
    {.network = IPV4(10, 0, 0, 0),
     .mask = 0xffffff00,
     .first = IPV4(10, 0, 0, 10),
     .last = IPV4(10, 0, 0, 13),
     .lease = 300,
     .tftp = {IPV4(10, 0, 0, 1)},
     .tftps = 1},
    {.network = IPV4(10, 1, 0, 0),
     .mask = 0xffffff00,
     .first = IPV4(10, 1, 0, 10),
     .last = IPV4(10, 1, 0, 11),
     .lease = 60,
     .router = IPV4(10, 1, 0, 1)},
};

struct world {
    struct dhcp_server s;
    struct action actions[DHCP_SERVER_MOST + 8];
    uint8_t bytes[64 * 1024], stored[RECORD_MOST];
    size_t stored_length;
    struct outbox out;
    usec now, due;
};

/* No client has two addresses of a subnet, each free address is in the list, each other one has a timer. */
static void check_leases(const struct dhcp_server *s)
{
    for (uint32_t p = 0; p < 2; p++) {
        uint32_t free = 0;
        for (uint32_t i = s->pool[p].begin; i < s->pool[p].end; i++) {
            const struct dhcp_lease *a = &s->lease[i];
            free += a->record.state == LEASE_FREE;
            assert(a->listed == (a->record.state == LEASE_FREE));
            assert((s->timers.place[i] == UINT32_MAX) == (a->record.state == LEASE_FREE));
            for (uint32_t k = s->pool[p].begin; k < i; k++) {
                const struct dhcp_lease *b = &s->lease[k];
                if (a->record.state != LEASE_BOUND || b->record.state != LEASE_BOUND) continue;
                assert(a->record.client_length != b->record.client_length ||
                       memcmp(a->record.client, b->record.client, sizeof a->record.client) != 0 ||
                       (a->record.client_length == 0 && !mac_equal(a->record.mac, b->record.mac)));
            }
        }
        assert(free == s->pool[p].free);
    }
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
    m.broadcast = p[7] & 1;
    dhcp_encode(&to, &m);
    step(w, &(struct event){.kind = EVENT_DATAGRAM,
                            .to = {.address = p[7] & 2 ? IPV4(10, 0, 0, 1) : IPV4_BROADCAST, .port = 67},
                            .bytes = written(&to)});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    static uint8_t memory[65536];
    struct dhcp_server_config config = {
        .address = IPV4(10, 0, 0, 1), .subnets = subnets, .subnet_count = 2, .local = 0, .wall_at_start = 1000};
    struct fault why;

    assert(dhcp_server_size(&config) <= sizeof memory && dhcp_server_init(&w.s, &config, memory, sizeof memory, &why));
    outbox_init(&w.out, w.actions, sizeof w.actions / sizeof w.actions[0], w.bytes, sizeof w.bytes);
    w.now = 0;
    w.due = NEVER;
    w.stored_length = 0;
    while (size >= 10) {
        w.now += (usec)data[1] * data[1] * 10000;
        if (w.due <= w.now) step(&w, &(struct event){.kind = EVENT_WAKE});
        size_t n = 10;
        switch (data[0] % 8) {
        case 0: /* raw */
            n = data[2] < size ? 10 + (size_t)data[2] : size;
            if (n > size) n = size;
            step(&w, &(struct event){.kind = EVENT_DATAGRAM,
                                     .to = {.address = IPV4_BROADCAST, .port = 67},
                                     .bytes = {data + 3, n - 3}});
            break;
        case 1: step(&w, &(struct event){.kind = EVENT_UNSTORED, .bytes = {w.stored, w.stored_length}}); break;
        case 2: dhcp_server_clock(&w.s, 1000 + (uint64_t)data[2] * 100); break;
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
