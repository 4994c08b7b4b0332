#include "two_namespaces.h"
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static void a_veth_pair_joins_two_namespaces_with_the_given_macs(void **state)
{
    struct netlink nl;
    struct mac mac;
    (void)state;
    NEEDS_NAMESPACES;
    be_in(left_namespace);
    assert_done(netlink_open(&nl, &told));
    assert_done(netlink_link_mac(&nl, "left", &mac, &told));
    assert_true(mac_equal(mac, LEFT_MAC));
    assert_int_equal(netlink_link_index(&nl, "right", NULL), -ENODEV);
    be_in(right_namespace); /* the socket stays where it was opened */
    assert_int_equal(netlink_link_index(&nl, "right", NULL), -ENODEV);
    netlink_close(&nl);
    assert_done(netlink_open(&nl, &told));
    assert_done(netlink_link_mac(&nl, "right", &mac, &told));
    assert_true(mac_equal(mac, RIGHT_MAC));
    netlink_close(&nl);
    be_in(left_namespace);
}

static void what_is_there_already_is_refused_with_the_name_of_what_was_tried(void **state)
{
    struct netlink nl;
    (void)state;
    NEEDS_NAMESPACES;
    assert_done(netlink_open(&nl, &told));
    assert_int_equal(netlink_add_address(&nl, "left", LEFT, 24, &told), -EEXIST);
    assert_non_null(strstr(told.text, "add address 10.9.0.1/24 to left"));
    assert_int_equal(told.code, -EEXIST);
    netlink_close(&nl);
}

static void the_kernels_own_explanation_is_in_the_text(void **state)
{
    struct netlink nl;
    struct route route = {.to = 0x0a140000, .prefix = 16, .via = 0xc0000201};
    (void)state;
    NEEDS_NAMESPACES;
    assert_done(netlink_open(&nl, &told));
    assert_true(netlink_add_route(&nl, &route, &told) < 0); /* 192.0.2.1 is on no link */
    assert_non_null(strstr(told.text, "add route 10.20.0.0/16"));
    assert_non_null(strstr(told.text, "Nexthop has invalid gateway"));
    netlink_close(&nl);
}

static bool can_bind(ipv4 address)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    bool bound = bind(fd, (struct sockaddr *)&a, sizeof a) == 0;
    close(fd);
    return bound;
}

static void a_local_route_makes_every_address_of_its_prefix_bindable_until_it_is_deleted(void **state)
{
    struct netlink nl;
    struct route route = {.to = 0x0a010000, .prefix = 16, .device = "left", .local = true};
    (void)state;
    NEEDS_NAMESPACES;
    assert_false(can_bind(0x0a01ff07));
    assert_done(netlink_open(&nl, &told));
    assert_done(netlink_add_route(&nl, &route, &told));
    assert_true(can_bind(0x0a01ff07));
    assert_true(can_bind(0x0a010001));
    assert_done(netlink_delete_route(&nl, &route, &told));
    assert_false(can_bind(0x0a01ff07));
    netlink_close(&nl);
}

/* Which device would carry a datagram from a to b, by the kernel's own choice: connect and ask for the cost-free
 * facts. */
static ipv4 source_towards(ipv4 to)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(to)};
    socklen_t size = sizeof a;
    ipv4 source = 0;
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0 && getsockname(fd, (struct sockaddr *)&a, &size) == 0)
        source = ntohl(a.sin_addr.s_addr);
    close(fd);
    return source;
}

static void rules_send_what_this_host_sends_to_its_own_addresses_out_by_the_link(void **state)
{
    struct netlink nl;
    struct route local = {.to = 0x0a010000, .prefix = 16, .device = "left", .local = true};
    struct route out = {.via = 0xc0000201, .device = "left", .onlink = true, .table = 100, .source = LEFT};
    struct rule first = {.priority = 10, .iif = "lo", .table = 100}, second = {.priority = 20, .table = 255},
                kernels = {.priority = 0, .table = 255};
    (void)state;
    NEEDS_NAMESPACES;
    assert_done(netlink_open(&nl, &told));
    assert_done(netlink_add_route(&nl, &local, &told));
    assert_int_equal(source_towards(0x0a010005), 0x0a010005); /* the short cut: an own address, over lo */
    assert_done(netlink_add_route(&nl, &out, &told));
    assert_done(netlink_add_rule(&nl, &first, &told));
    assert_done(netlink_add_rule(&nl, &second, &told));
    assert_done(netlink_delete_rule(&nl, &kernels, &told));
    assert_int_equal(source_towards(0x0a010005), LEFT); /* by the link now, with that route's source */
    assert_int_equal(netlink_delete_rule(&nl, &kernels, NULL), -ENOENT);
    assert_done(netlink_add_rule(&nl, &kernels, &told));
    assert_done(netlink_delete_rule(&nl, &first, &told));
    assert_done(netlink_delete_rule(&nl, &second, &told));
    assert_done(netlink_delete_route(&nl, &out, &told));
    assert_done(netlink_delete_route(&nl, &local, &told));
    netlink_close(&nl);
}

static void a_neighbour_is_permanent_and_can_be_replaced(void **state)
{
    struct netlink nl;
    struct arpreq request = {.arp_dev = "left"};
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a090009)};
    struct mac first = {{2, 0, 0, 0, 1, 1}}, second = {{2, 0, 0, 0, 1, 2}};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    (void)state;
    NEEDS_NAMESPACES;
    assert_done(netlink_open(&nl, &told));
    assert_done(netlink_add_neighbour(&nl, "left", 0x0a090009, first, &told));
    assert_done(netlink_add_neighbour(&nl, "left", 0x0a090009, second, &told));
    close(fd);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    memcpy(&request.arp_pa, &a, sizeof a);
    assert_int_equal(ioctl(fd, SIOCGARP, &request), 0);
    assert_memory_equal(request.arp_ha.sa_data, second.byte, 6);
    assert_true(request.arp_flags & ATF_PERM);
    close(fd);
    netlink_close(&nl);
}

static short flags_of(const char *name)
{
    struct ifreq r = {0};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
    assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &r), 0);
    close(fd);
    return r.ifr_flags;
}

static void arp_mtu_and_link_state_can_be_set(void **state)
{
    struct netlink nl;
    (void)state;
    NEEDS_NAMESPACES;
    assert_done(netlink_open(&nl, &told));
    assert_done(netlink_set_arp(&nl, "left", false, &told));
    assert_true(flags_of("left") & IFF_NOARP);
    assert_done(netlink_set_arp(&nl, "left", true, &told));
    assert_false(flags_of("left") & IFF_NOARP);
    assert_done(netlink_set_mtu(&nl, "left", 1400, &told));
    assert_done(netlink_set_mtu(&nl, "left", 1500, &told));
    assert_done(netlink_set_up(&nl, "left", false, &told));
    assert_false(flags_of("left") & IFF_UP);
    assert_int_equal(netlink_wait_up(&nl, "left", 5, &told), -ETIMEDOUT);
    assert_non_null(strstr(told.text, "left is not running"));
    assert_done(netlink_set_up(&nl, "left", true, &told));
    assert_true(flags_of("left") & IFF_UP);
    assert_done(netlink_wait_up(&nl, "left", 5000, &told));
    netlink_close(&nl);
}

static uint32_t ethtool(const char *name, uint32_t command)
{
    struct ethtool_value v = {.cmd = command};
    struct ifreq r = {.ifr_data = (void *)&v};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
    assert_int_equal(ioctl(fd, SIOCETHTOOL, &r), 0);
    close(fd);
    return v.data;
}

static void offloads_are_on_at_first_and_off_afterwards(void **state)
{
    struct netlink nl;
    (void)state;
    NEEDS_NAMESPACES;
    assert_done(netlink_open(&nl, &told));
    assert_done(netlink_add_veth(&nl, &(struct veth_end){.name = "a"}, &(struct veth_end){.name = "b"}, 1500, &told));
    assert_int_equal(ethtool("a", ETHTOOL_GTXCSUM), 1);
    assert_int_equal(ethtool("a", ETHTOOL_GTSO), 1);
    assert_done(interface_offloads_off("a", &told));
    assert_int_equal(ethtool("a", ETHTOOL_GTXCSUM), 0);
    assert_int_equal(ethtool("a", ETHTOOL_GTSO), 0);
    assert_int_equal(ethtool("a", ETHTOOL_GGSO), 0);
    assert_int_equal(ethtool("a", ETHTOOL_GGRO), 0);
    assert_done(netlink_delete_link(&nl, "a", &told));
    assert_int_equal(netlink_link_index(&nl, "b", NULL), -ENODEV);
    assert_int_equal(interface_offloads_off("a", NULL), -ENODEV);
    netlink_close(&nl);
}

static void a_sysctl_is_of_the_namespace(void **state)
{
    char text[16];
    (void)state;
    NEEDS_NAMESPACES;
    assert_done(sysctl_set("net/ipv4/tcp_orphan_retries", "1", &told));
    assert_done(sysctl_get("net/ipv4/tcp_orphan_retries", text, sizeof text, &told));
    assert_string_equal(text, "1");
    be_in(right_namespace);
    assert_done(sysctl_get("net/ipv4/tcp_orphan_retries", text, sizeof text, &told));
    assert_string_equal(text, "0");
    be_in(left_namespace);
    assert_int_equal(sysctl_set("net/ipv4/no_such_setting", "1", &told), -ENOENT);
    assert_non_null(strstr(told.text, "/proc/sys/net/ipv4/no_such_setting"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_veth_pair_joins_two_namespaces_with_the_given_macs),
        cmocka_unit_test(what_is_there_already_is_refused_with_the_name_of_what_was_tried),
        cmocka_unit_test(the_kernels_own_explanation_is_in_the_text),
        cmocka_unit_test(a_local_route_makes_every_address_of_its_prefix_bindable_until_it_is_deleted),
        cmocka_unit_test(rules_send_what_this_host_sends_to_its_own_addresses_out_by_the_link),
        cmocka_unit_test(a_neighbour_is_permanent_and_can_be_replaced),
        cmocka_unit_test(arp_mtu_and_link_state_can_be_set),
        cmocka_unit_test(offloads_are_on_at_first_and_off_afterwards),
        cmocka_unit_test(a_sysctl_is_of_the_namespace),
    };
    return cmocka_run_group_tests(tests, two_namespaces, NULL);
}
