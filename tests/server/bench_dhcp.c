/* How fast the DHCP server is by itself: bench_dhcp ADDRESSES, a fresh client for every DORA, as many as there are
 * addresses: DORAs, seconds of this process's time, DORAs a second, bytes a lease, resident KiB. Then as many renewals,
 * a flood of DISCOVERs of which nobody takes the offer, and a reload. No sockets, no store: what they cost comes on
 * top. */
#include "base/facts.h"
#include "server/dhcp.h"
#include "wire/dhcp.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { ACTIONS = DHCP_SERVER_MOST };

static struct dhcp_server s;
static struct action actions[ACTIONS];
static uint8_t bytes[DHCP_SERVER_BYTES], message[1500];
static struct outbox out;
static usec now;

static double cpu_seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* yiaddr of the answer; 0: none */
static ipv4 say(struct dhcp *m)
{
    struct writer w = writer(message, sizeof message);
    struct event e = {.kind = EVENT_DATAGRAM,
                      .to = {.address = m->ciaddr ? IPV4(10, 0, 0, 1) : IPV4_BROADCAST, .port = 67}};
    struct fault why;

    dhcp_encode(&w, m);
    e.bytes = written(&w);
    now += 30;
    outbox_clear(&out);
    (void)dhcp_server_step(&s, now, &e, &out);
    for (uint32_t i = 0; i < out.count; i++)
        if (out.actions[i].kind == ACTION_DATAGRAM) {
            struct bytes p = payload(&out, i);
            struct reader r = reader((struct bytes){p.at + 16, 4}, &why);
            return read_be32(&r);
        }
    return 0;
}

static struct dhcp message_of(enum dhcp_type type, uint32_t client)
{
    static uint8_t id[7] = {1};
    struct dhcp m = {.op = BOOTREQUEST, .htype = 1, .hlen = 6, .xid = client, .type = type};

    m.chaddr = mac_from_number(0x020000000000u + client);
    for (size_t i = 0; i < 6; i++) id[1 + i] = m.chaddr.byte[i];
    m.client_id = (struct bytes){id, sizeof id};
    m.parameters = bytes_of("\x01\x42\x06\x03\x0f\x96\x23");
    m.vendor_class = bytes_of("Cisco Systems, Inc. IP Phone CP-7960G");
    dhcp_set(&m, DHCP_MESSAGE_TYPE);
    dhcp_set(&m, DHCP_CLIENT_ID);
    dhcp_set(&m, DHCP_PARAMETERS);
    dhcp_set(&m, DHCP_CLASS);
    return m;
}

static bool dora(uint32_t client)
{
    struct dhcp m = message_of(DHCP_DISCOVER, client);
    ipv4 address = say(&m);

    m = message_of(DHCP_REQUEST, client);
    m.requested = address;
    m.server_id = IPV4(10, 0, 0, 1);
    dhcp_set(&m, DHCP_REQUESTED);
    dhcp_set(&m, DHCP_SERVER_ID);
    return address && say(&m) == address;
}

int main(int argc, char **argv)
{
    const uint32_t n = argc == 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    const struct dhcp_interface interface = {.address = IPV4(10, 0, 0, 1)};
    static const uint8_t options[] = {3, 4, 10, 0, 0, 1, 6, 4, 10, 0, 0, 1, 15, 3, 'l', 'a', 'b'};
    struct dhcp_range pool = {IPV4(10, 0, 0, 2), IPV4(10, 0, 0, 2) + n - 1};
    struct dhcp_subnet subnet = {
        .network = IPV4(10, 0, 0, 0),
        .mask = 0xff000000,
        .pools = &pool,
        .pool_count = 1,
        .scope = {.tftp = {IPV4(10, 0, 0, 1)}, .tftps = 1, .options = {options, sizeof options}}};
    struct dhcp_server_config config = {
        .interfaces = &interface, .interface_count = 1, .subnets = &subnet, .subnet_count = 1, .authoritative = true};
    struct rusage used;
    struct fault why;
    uint32_t done = 0;

    if (n < 1 || n > 1u << 23) {
        fprintf(stderr, "usage: bench_dhcp ADDRESSES\n");
        return 2;
    }
    size_t size = dhcp_server_size(&config);
    void *memory = malloc(size);
    outbox_init(&out, actions, ACTIONS, bytes, sizeof bytes);
    if (!memory || !dhcp_server_init(&s, &config, memory, size, &why)) return 1;
    double began = cpu_seconds();
    for (uint32_t i = 0; i < n; i++) done += dora(i);
    double took = cpu_seconds() - began;
    (void)getrusage(RUSAGE_SELF, &used);
    printf("%u DORAs %.3f s %.0f/s, %zu bytes a lease, %ld KiB\n", done, took, done / took, size / n, used.ru_maxrss);
    began = cpu_seconds();
    uint32_t renewed = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct dhcp m = message_of(DHCP_REQUEST, i);
        m.ciaddr = pool.first + i;
        renewed += say(&m) == m.ciaddr;
    }
    took = cpu_seconds() - began;
    printf("%u renewals %.3f s %.0f/s\n", renewed, took, renewed / took);
    void *other = malloc(size);
    struct dhcp_reloaded what;
    began = cpu_seconds();
    if (!other || !dhcp_server_reload(&s, &config, other, size, now, &what, &why)) return 1;
    printf("reload, %u leases kept %.3f s\n", what.kept, cpu_seconds() - began);
    free(memory);
    if (!dhcp_server_init(&s, &config, other, size, &why)) return 1;
    began = cpu_seconds();
    for (uint32_t i = 0; i < 2 * n; i++) {
        struct dhcp m = message_of(DHCP_DISCOVER, i);
        (void)say(&m);
    }
    took = cpu_seconds() - began;
    printf("%u DISCOVERs alone %.3f s %.0f/s, %llu offers taken back, %llu unanswered\n", 2 * n, took, 2 * n / took,
           (unsigned long long)s.counts.starved, (unsigned long long)s.counts.exhausted);
    free(other);
    return done == n ? 0 : 1;
}
