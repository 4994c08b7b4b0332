#include "dhcp_world.h"
#include "base/random.h"

/* Whatever clients, relays, the store and the administrator do: no address is held by two clients at once.
 *
 * A client holds an address from the ACK that reached it until its lease ends, it releases or declines it, a NAK comes,
 * or it asks for another one of that subnet. An ACK whose lease was not stored does not reach it. */

enum { CLIENTS = 12, SUBNETS = 2, ADDRESSES = 64, STEPS = 20000 };

struct holding {
    ipv4 address, offered, before;
    usec until;
};

static struct holding held[CLIENTS][SUBNETS];
static struct record journal[ADDRESSES * SUBNETS];
static bool in_journal[ADDRESSES * SUBNETS];
static struct random dice;
static usec began; /* what `now` 0 is of the test's own time */
static unsigned acks, naks, moved;

static const struct dhcp_range pools[2][2] = {
    {{IPV4(10, 0, 0, 10), IPV4(10, 0, 0, 17)}, {IPV4(10, 1, 0, 10), IPV4(10, 1, 0, 13)}},
    {{IPV4(10, 0, 0, 14), IPV4(10, 0, 0, 20)}, {IPV4(10, 1, 0, 12), IPV4(10, 1, 0, 15)}}};

static usec moment(void)
{
    return began + now;
}

static uint32_t place(ipv4 a)
{
    return (a >> 16 & 1) * ADDRESSES + (a & (ADDRESSES - 1));
}

static struct dhcp_subnet now_subnets[2];

static struct dhcp_server_config config_of(unsigned which)
{
    struct dhcp_server_config c = usual();

    for (unsigned i = 0; i < 2; i++) {
        now_subnets[i] = subnets[i];
        now_subnets[i].pools = &pools[which][i];
        now_subnets[i].scope.lease = which ? 90 : 200;
    }
    c.subnets = now_subnets;
    c.reservations_most = 6;
    c.per_port = which ? 0 : 3;
    c.probe = which;
    c.probes = 3;
    c.wall_at_start = WALL + began / SECOND;
    return c;
}

static void load_all(void)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(journal); i++)
        if (in_journal[i]) dhcp_server_load(&s, &journal[i], now);
}

static void nobody_else_holds(unsigned client, ipv4 address)
{
    for (unsigned c = 0; c < CLIENTS; c++)
        for (unsigned n = 0; n < SUBNETS; n++)
            if (c != client && held[c][n].address == address && held[c][n].until > moment())
                fail_msg("%u.%u.%u.%u is held by client %u and given to client %u", address >> 24, address >> 16 & 255,
                         address >> 8 & 255, address & 255, c, client);
}

static void check_server(void)
{
    uint32_t seen[2][5] = {{0}};
    struct dhcp_lease_view v;

    for (uint32_t i = 0; i < s.pooled; i++) {
        const struct dhcp_lease *l = &s.lease[i];
        seen[l->subnet][l->record.state]++;
        assert_int_equal(l->list == 1, l->record.state == LEASE_FREE && l->reserved == UINT32_MAX);
        assert_int_equal(s.timers.place[i] == UINT32_MAX, l->record.state == LEASE_FREE);
        assert_true(!l->probe || l->record.state == LEASE_OFFERED);
    }
    for (uint32_t cursor = 0; dhcp_server_next_lease(&s, &cursor, &v);)
        for (uint32_t again = cursor; v.record->state == LEASE_BOUND;) {
            struct dhcp_lease_view w;
            if (!dhcp_server_next_lease(&s, &again, &w)) break;
            assert_false(w.record->state == LEASE_BOUND && w.subnet == v.subnet &&
                         mac_equal(w.record->mac, v.record->mac)); /* one client, one lease of a subnet */
        }
    for (uint32_t n = 0; n < 2; n++)
        assert_true(s.pool[n].free + s.pool[n].bound + s.pool[n].offered + s.pool[n].quarantined >=
                    s.pool[n].addresses);
}

/* What the server did: stored, or not. */
static void take(bool stored)
{
    struct dhcp m;
    struct fault why;
    uint8_t failed[8][RECORD_MOST];
    size_t length[8], failures = 0;
    bool refused = false;

    for (uint32_t i = 0; i < box.out.count; i++) {
        const struct bytes b = payload(&box.out, i);
        if (box.actions[i].kind == ACTION_STORE) {
            struct record r;
            assert_true(record_decode(&r, b, &why));
            if (stored) {
                journal[place(r.lease.address)] = r;
                in_journal[place(r.lease.address)] = true;
            } else if (failures < ARRAY_LENGTH(failed)) {
                refused = true;
                length[failures] = b.len;
                memcpy(failed[failures++], b.at, b.len);
            }
        }
        if (box.actions[i].kind != ACTION_DATAGRAM || refused) continue;
        assert_true(dhcp_decode(&m, b, &why));
        unsigned client = (unsigned)(mac_number(m.chaddr) & 0xff), n = m.yiaddr >> 16 & 1;
        struct holding *h = &held[client][m.type == DHCP_NAK ? m.giaddr != 0 : n];
        if (m.type == DHCP_NAK) {
            h->address = 0;
            naks++;
        } else if (m.type == DHCP_OFFER) {
            nobody_else_holds(client, m.yiaddr);
            h->offered = m.yiaddr;
        } else {
            nobody_else_holds(client, m.yiaddr);
            moved += h->before && h->before != m.yiaddr;
            *h = (struct holding){m.yiaddr, m.yiaddr, m.yiaddr, moment() + m.lease * SECOND};
            acks++;
        }
    }
    for (size_t i = 0; i < failures; i++)
        step_with(&(struct event){.kind = EVENT_UNSTORED, .bytes = {failed[i], length[i]}});
}

static void client_acts(void)
{
    static const enum dhcp_type types[] = {DHCP_DISCOVER, DHCP_DISCOVER, DHCP_REQUEST, DHCP_REQUEST, DHCP_REQUEST,
                                           DHCP_REQUEST,  DHCP_REQUEST,  DHCP_RELEASE, DHCP_DECLINE};
    static const uint8_t circuit[][4] = {{1, 2, 0, 1}, {1, 2, 0, 2}};
    unsigned client = random_below(&dice, CLIENTS), n = random_below(&dice, SUBNETS), how = random_below(&dice, 4);
    struct holding *h = &held[client][n];
    struct dhcp m = message(types[random_below(&dice, ARRAY_LENGTH(types))], client);
    uint8_t bytes[1500], id[40] = {255, (uint8_t)client};
    struct writer w = writer(bytes, sizeof bytes);
    ipv4 any = IPV4(10, n, 0, 8 + random_below(&dice, 16)), to = how == 0 ? SERVER : IPV4_BROADCAST;

    if (client % 3) { /* two of three clients have an identifier, one of them a long one */
        m.client_id = (struct bytes){id, client % 3 == 1 ? 7 : sizeof id};
        dhcp_set(&m, DHCP_CLIENT_ID);
    }
    m.giaddr = n ? RELAY : 0;
    if (n && client % 2) {
        m.relay_agent = (struct bytes){circuit[client / 2 % 2], 4};
        dhcp_set(&m, DHCP_RELAY_AGENT);
    }
    if (h->until <= moment()) h->address = 0;
    if (m.type == DHCP_REQUEST && how == 1 && h->address) {
        m.ciaddr = h->address;
    } else if (m.type == DHCP_REQUEST) {
        m.requested = how == 3 ? any : h->offered;
        if (how != 2) m.server_id = SERVER;
        if (how != 2) dhcp_set(&m, DHCP_SERVER_ID);
        if (m.requested) dhcp_set(&m, DHCP_REQUESTED);
        if (m.requested != h->address) h->address = 0; /* who asks for it has no other */
    } else if (m.type == DHCP_RELEASE || m.type == DHCP_DECLINE) {
        m.ciaddr = m.requested = h->address ? h->address : any;
        if (m.type == DHCP_DECLINE) m.ciaddr = 0;
        if (m.type == DHCP_DECLINE) dhcp_set(&m, DHCP_REQUESTED);
        h->address = 0;
    } else if (how == 3) {
        m.requested = any;
        dhcp_set(&m, DHCP_REQUESTED);
    }
    dhcp_encode(&w, &m);
    give(written(&w), m.ciaddr, to);
    take(random_below(&dice, 8) != 0);
}

static void administrator_acts(void)
{
    struct dhcp_reservation r = {.mac = mac_n(random_below(&dice, CLIENTS)),
                                 .address = IPV4(10, random_below(&dice, 2), 0, 8 + random_below(&dice, 16))};
    struct fault why;

    switch (random_below(&dice, 4)) {
    case 0: /* another boot, by what was stored */
        began += now;
        init_as(&(struct dhcp_server_config[]){config_of(random_below(&dice, 2))}[0]);
        now = 0;
        load_all();
        break;
    case 1: {
        struct dhcp_server_config c = config_of(random_below(&dice, 2));
        struct dhcp_reloaded what;
        size_t size = dhcp_server_size(&c);
        uint8_t *other = malloc(size);
        assert_true(dhcp_server_reload(&s, &c, other, size, now, &what, &why));
        free(memory);
        memory = other;
        load_all();
        break;
    }
    case 2:
        if (dhcp_server_reserve(&s, &r, &why)) load_all();
        break;
    default:
        for (unsigned i = 0; i < CLIENTS * 32; i++) {
            r.mac = mac_n(i % CLIENTS);
            r.address = IPV4(10, i & 1, 0, 8 + i / CLIENTS % 16);
            if (random_below(&dice, 3)) (void)dhcp_server_unreserve(&s, &r);
        }
    }
    wake();
    take(true);
}

static void run(uint64_t seed)
{
    dice = random_from(seed);
    memset(held, 0, sizeof held);
    memset(in_journal, 0, sizeof in_journal);
    began = 0;
    acks = naks = moved = 0;
    struct dhcp_server_config c = config_of(0);
    init_as(&c);
    for (unsigned i = 0; i < STEPS; i++) {
        now += random_below(&dice, 20) ? random_below(&dice, 1500) * MSEC : random_below(&dice, 300) * SECOND;
        while (due <= now) {
            wake();
            take(true);
        }
        if (random_below(&dice, 100) == 0)
            administrator_acts();
        else
            client_acts();
        if (i % 16 == 0) check_server();
    }
    assert_true(acks > STEPS / 100 && naks > 0 && moved > 0); /* it did happen */
}

static void no_address_is_given_to_two_clients_whatever_happens(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) run(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(no_address_is_given_to_two_clients_whatever_happens, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
