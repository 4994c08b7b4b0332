/* tests/server/dhcp_world.h: a DHCP server on one wire and behind one relay, time in the test's hand. */
#ifndef TESTS_SERVER_DHCP_WORLD_H
#define TESTS_SERVER_DHCP_WORLD_H
#include "harness.h"
#include "server/dhcp.h"
#include "wire/dhcp.h"

enum { WALL = 1700000000 };
static const ipv4 SERVER = IPV4(10, 0, 0, 1), RELAY = IPV4(10, 1, 0, 254);
static const struct dhcp_interface interfaces[] = {{.address = IPV4(10, 0, 0, 1), .mac = {{2, 9, 9, 9, 9, 1}}}};
static const struct dhcp_range local_pool = {IPV4(10, 0, 0, 100), IPV4(10, 0, 0, 102)};
static const struct dhcp_range relayed_pool = {IPV4(10, 1, 0, 10), IPV4(10, 1, 0, 59)};
static const uint8_t local_options[] = {3, 4, 10, 0, 0, 254}, relayed_options[] = {3, 4, 10, 1, 0, 254};
static const struct dhcp_subnet subnets[] = {
    {.network = IPV4(10, 0, 0, 0),
     .mask = 0xffffff00,
     .interface = 0,
     .pools = &local_pool,
     .pool_count = 1,
     .scope = {.tftp = {IPV4(10, 0, 0, 1), IPV4(10, 0, 0, 2)},
               .tftps = 2,
               .options = {local_options, sizeof local_options},
               .lease = 3600}},
    {.network = IPV4(10, 1, 0, 0),
     .mask = 0xffffff00,
     .interface = DHCP_NO_INTERFACE,
     .pools = &relayed_pool,
     .pool_count = 1,
     .scope =
         {.tftp = {IPV4(10, 0, 0, 1)}, .tftps = 1, .options = {relayed_options, sizeof relayed_options}, .lease = 600}},
};

static struct dhcp_server s;
static struct box box;
static uint8_t *memory;
static usec now, due;
static struct dhcp got; /* the last answer */
static struct bytes got_bytes;
static struct endpoint got_to, got_from;
static uint32_t got_stream;

static inline struct dhcp_server_config usual(void)
{
    return (struct dhcp_server_config){.interfaces = interfaces,
                                       .interface_count = 1,
                                       .subnets = subnets,
                                       .subnet_count = 2,
                                       .authoritative = true,
                                       .wall_at_start = WALL};
}

static inline void init_as(const struct dhcp_server_config *config)
{
    struct fault why;

    free(memory);
    memory = malloc(dhcp_server_size(config));
    assert_true(dhcp_server_init(&s, config, memory, dhcp_server_size(config), &why));
    now = 10 * SECOND;
    due = NEVER;
}

static inline void init(uint64_t wall_at_start)
{
    struct dhcp_server_config config = usual();

    config.wall_at_start = wall_at_start;
    init_as(&config);
}

static inline int set_up(void **state)
{
    (void)state;
    init(WALL);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    free(memory);
    memory = NULL;
    return 0;
}

static inline void step_with(const struct event *e)
{
    due = dhcp_server_step(&s, now, e, box_empty(&box));
    assert_false(box.out.bytes.full);
    assert_true(box.out.count <= DHCP_SERVER_MOST && box.out.bytes.len <= DHCP_SERVER_BYTES);
}

static inline void wake(void)
{
    step_with(&(struct event){.kind = EVENT_WAKE});
}

static inline void give_on(uint32_t interface, struct bytes bytes, ipv4 from, ipv4 to)
{
    step_with(&(struct event){.kind = EVENT_DATAGRAM,
                              .stream = interface,
                              .from = {.address = from, .port = 68},
                              .to = {.address = to, .port = 67},
                              .bytes = bytes});
}

static inline void give(struct bytes bytes, ipv4 from, ipv4 to)
{
    give_on(0, bytes, from, to);
}

/* The answer in the outbox into `got`; false: there is none. */
static inline bool heard(void)
{
    struct fault why;
    int at = found_at(&box.out, ACTION_DATAGRAM, 0);

    if (at < 0) return false;
    assert_int_equal(count_of(&box.out, ACTION_DATAGRAM), 1);
    got_bytes = payload(&box.out, (uint32_t)at);
    assert_true(dhcp_decode(&got, got_bytes, &why));
    assert_int_equal(got.op, BOOTREPLY);
    assert_int_equal(box.actions[at].from.port, 67);
    got_from = box.actions[at].from;
    got_to = box.actions[at].to;
    got_stream = box.actions[at].stream;
    bool ahead = box.out.actions[at].ahead; /* of a disk that stands still: what gives nothing away */
    assert_int_equal(ahead, got.type == DHCP_OFFER || got.type == DHCP_NAK);
    return true;
}

/* Sends a message; true and `got` when it was answered. */
static inline bool say_on(uint32_t interface, const struct dhcp *m, ipv4 to)
{
    uint8_t bytes[1500];
    struct writer w = writer(bytes, sizeof bytes);

    dhcp_encode(&w, m);
    give_on(interface, written(&w), m->ciaddr, to);
    if (!heard()) return false;
    assert_int_equal(got.xid, m->xid);
    assert_true(mac_equal(got.chaddr, m->chaddr));
    assert_int_equal(got.giaddr, m->giaddr);
    return true;
}

static inline bool say(const struct dhcp *m, ipv4 to)
{
    return say_on(0, m, to);
}

static inline struct dhcp message(enum dhcp_type type, uint64_t client)
{
    struct dhcp m = {.op = BOOTREQUEST,
                     .htype = 1,
                     .hlen = 6,
                     .xid = 0x1000 + (uint32_t)client,
                     .chaddr = mac_n(client),
                     .type = type};

    dhcp_set(&m, DHCP_MESSAGE_TYPE);
    return m;
}

static inline struct dhcp selecting(uint64_t client, ipv4 address)
{
    struct dhcp m = message(DHCP_REQUEST, client);

    dhcp_set(&m, DHCP_REQUESTED);
    dhcp_set(&m, DHCP_SERVER_ID);
    m.requested = address;
    m.server_id = SERVER;
    return m;
}

static inline struct dhcp rebooting(uint64_t client, ipv4 address)
{
    struct dhcp m = message(DHCP_REQUEST, client);

    dhcp_set(&m, DHCP_REQUESTED);
    m.requested = address;
    return m;
}

static inline struct dhcp renewing(uint64_t client, ipv4 address)
{
    struct dhcp m = message(DHCP_REQUEST, client);

    m.ciaddr = address;
    return m;
}

static inline ipv4 offer(uint64_t client)
{
    struct dhcp m = message(DHCP_DISCOVER, client);

    if (!say(&m, IPV4_BROADCAST)) return 0;
    assert_int_equal(got.type, DHCP_OFFER);
    return got.yiaddr;
}

static inline ipv4 bind(uint64_t client)
{
    ipv4 address = offer(client);
    struct dhcp m = selecting(client, address);

    assert_true(say(&m, IPV4_BROADCAST));
    assert_int_equal(got.type, DHCP_ACK);
    assert_int_equal(got.yiaddr, address);
    return address;
}

static inline void ask_for(struct dhcp *m, const char *codes)
{
    dhcp_set(m, DHCP_PARAMETERS);
    m->parameters = bytes_of(codes);
}

static inline struct record stored_at(unsigned n)
{
    struct record r = {0};
    struct fault why;

    for (uint32_t i = 0; i < box.out.count; i++)
        if (box.actions[i].kind == ACTION_STORE && n-- == 0) {
            assert_true(record_decode(&r, payload(&box.out, i), &why));
            return r;
        }
    fail_msg("no such STORE");
    return r;
}
#endif
