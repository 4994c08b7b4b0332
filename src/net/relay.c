#include "net/relay.h"
#include "net/netlink.h"
#include "wire/ethernet.h"
#include "wire/ipv4_udp.h"

enum { PHONES_PREFIX = 8, TABLE_OUT = 100, LINK_WAIT_MS = 5000 };
static const ipv4 PHONES_NETWORK = IPV4(10, 0, 0, 0), GATEWAY = IPV4(192, 0, 2, 1);

static void from_kernel(void *context, struct bytes frame)
{
    struct relay *r = context;
    struct ethernet e;
    struct ipv4_packet p;
    struct phone_path path;
    struct fault why;
    uint32_t number;
    uint8_t bytes[ETHERNET_MOST + 4];
    struct writer w = writer(bytes, sizeof bytes);

    if (!ethernet_decode(&e, frame, &why) || e.form != ETHERNET_II || e.type != TYPE_IPV4) return;
    if (!ipv4_decode(&p, e.payload, &why) || p.protocol != PROTOCOL_TCP) return;
    const struct phone *phone = r->find(r->context, p.from, &number);
    if (!phone || !phone_path(phone, p.to, &path)) {
        r->homeless++;
        return;
    }
    struct ethernet out = {.to = path.next,
                           .from = path.self,
                           .tagged = path.tagged,
                           .vlan = path.vlan,
                           .priority = path.priority,
                           .type = TYPE_IPV4};
    size_t begun = ethernet_begin(&w, &out);
    write_bytes(&w, (struct bytes){e.payload.at, (size_t)(p.payload.at + p.payload.len - e.payload.at)});
    ethernet_end(&w, begun);
    if (!w.full) r->frame(r->context, number, written(&w));
}

void relay_to_kernel(struct relay *r, struct bytes packet)
{
    uint8_t bytes[ETHERNET_MOST + 4];
    struct writer w = writer(bytes, sizeof bytes);
    struct ethernet e = {.to = r->kernel, .from = r->gateway, .type = TYPE_IPV4};
    size_t begun = ethernet_begin(&w, &e);

    write_bytes(&w, packet);
    ethernet_end(&w, begun);
    if (!w.full) packet_send(&r->packet, written(&w));
}

/* The sysctls that a namespace copies from its host, or that the default of is not ours. */
static int settle(struct net_error *why)
{
    static const char *const zero[] = {"net/ipv4/conf/all/rp_filter", "net/ipv4/conf/default/rp_filter"};
    int error = 0;

    for (size_t i = 0; !error && i < ARRAY_LENGTH(zero); i++) error = sysctl_set(zero[i], "0", why);
    (void)sysctl_set("net/ipv6/conf/all/disable_ipv6", "1", NULL); /* no IPv6 in this kernel: nothing to switch off */
    (void)sysctl_set("net/ipv6/conf/default/disable_ipv6", "1", NULL);
    return error;
}

static int route_all(struct netlink *n, struct net_error *why)
{
    struct route local = {.to = PHONES_NETWORK, .prefix = PHONES_PREFIX, .device = RELAY_KERNEL, .local = true};
    struct route out = {.via = GATEWAY, .device = RELAY_KERNEL, .onlink = true, .table = TABLE_OUT};
    struct rule send = {.priority = 10, .iif = "lo", .table = TABLE_OUT}, receive = {.priority = 20, .table = 255},
                first = {.priority = 0, .table = 255};
    int error = netlink_add_route(n, &local, why);

    if (!error) error = netlink_add_route(n, &out, why);
    if (!error) error = netlink_add_rule(n, &send, why);
    if (!error) error = netlink_add_rule(n, &receive, why);
    if (!error) error = netlink_delete_rule(n, &first, why);
    return error;
}

static int make_links(struct relay *r, struct net_error *why)
{
    struct netlink n;
    struct veth_end kernel = {.name = RELAY_KERNEL, .mac = r->kernel}, end = {.name = RELAY_END};
    int error = netlink_open(&n, why);

    if (error) return error;
    error = netlink_add_veth(&n, &kernel, &end, 0, why);
    if (!error) error = netlink_set_arp(&n, RELAY_KERNEL, false, why);
    if (!error) error = netlink_set_arp(&n, RELAY_END, false, why);
    if (!error) error = interface_offloads_off(RELAY_KERNEL, why);
    if (!error) error = interface_offloads_off(RELAY_END, why);
    if (!error) error = netlink_set_up(&n, RELAY_KERNEL, true, why);
    if (!error) error = netlink_set_up(&n, RELAY_END, true, why);
    if (!error) error = netlink_wait_up(&n, RELAY_KERNEL, LINK_WAIT_MS, why);
    if (!error) error = netlink_wait_up(&n, RELAY_END, LINK_WAIT_MS, why);
    if (!error) error = sysctl_set("net/ipv4/conf/" RELAY_KERNEL "/rp_filter", "0", why);
    if (!error) error = route_all(&n, why);
    if (!error) error = netlink_add_neighbour(&n, RELAY_KERNEL, GATEWAY, r->gateway, why);
    netlink_close(&n);
    return error;
}

int relay_open(struct relay *r, struct loop *loop, relay_find_fn *find, relay_frame_fn *frame, void *context,
               struct net_error *why)
{
    struct packet_config config = {.interface = RELAY_END, .receive = from_kernel, .context = r};

    *r = (struct relay){.kernel = {{0x02, 0xd1, 0, 0, 0, 1}},
                        .gateway = {{0x02, 0xd1, 0, 0, 0, 2}},
                        .find = find,
                        .frame = frame,
                        .context = context};
    int error = settle(why);
    if (!error) error = make_links(r, why);
    if (!error) error = packet_open(&r->packet, loop, &config, why);
    return error;
}

void relay_close(struct relay *r)
{
    packet_close(&r->packet);
}
