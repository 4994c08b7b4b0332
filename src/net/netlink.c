#include "net/netlink.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

#define ATTRIBUTE_HEAD sizeof(struct nlattr)

enum { ALIAS_MOST = 255, PRIORITIES = 8 }; /* of an ifAlias, with its NUL; of 802.1p */

static size_t padded(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

/* One request: the header, then the fixed part of its type, then attributes (type, length, value, padded to 4). */
struct request {
    union {
        struct nlmsghdr head;
        uint8_t bytes[1024];
    };
};

static void *append(struct request *r, size_t size)
{
    void *at = r->bytes + NLMSG_ALIGN(r->head.nlmsg_len);

    r->head.nlmsg_len = (uint32_t)(NLMSG_ALIGN(r->head.nlmsg_len) + size);
    return at;
}

/* The requests here are short, and names are cut to what an interface may have: 1,024 bytes always suffice. */
static void attribute(struct request *r, uint16_t type, const void *value, size_t size)
{
    struct nlattr *a = append(r, ATTRIBUTE_HEAD + padded(size));

    a->nla_type = type;
    a->nla_len = (uint16_t)(ATTRIBUTE_HEAD + size);
    if (size) memcpy((uint8_t *)a + ATTRIBUTE_HEAD, value, size);
}

static void attribute_u32(struct request *r, uint16_t type, uint32_t v)
{
    attribute(r, type, &v, sizeof v);
}

static void attribute_ipv4(struct request *r, uint16_t type, ipv4 address)
{
    attribute_u32(r, type, htonl(address));
}

static void attribute_text(struct request *r, uint16_t type, const char *text)
{
    char name[IFNAMSIZ] = {0};

    size_t len = text_copy(name, sizeof name, bytes_of(text));
    attribute(r, type, name, len + 1);
}

static uint32_t nest(struct request *r, uint16_t type)
{
    uint32_t at = NLMSG_ALIGN(r->head.nlmsg_len);

    attribute(r, type, NULL, 0);
    return at;
}

static void nest_end(struct request *r, uint32_t at)
{
    ((struct nlattr *)(void *)(r->bytes + at))->nla_len = (uint16_t)(r->head.nlmsg_len - at);
}

static void begin(struct request *r, struct netlink *nl, uint16_t type, uint16_t flags)
{
    memset(r, 0, sizeof *r);
    r->head = (struct nlmsghdr){.nlmsg_len = NLMSG_LENGTH(0),
                                .nlmsg_type = type,
                                .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags),
                                .nlmsg_seq = ++nl->sequence};
}

int netlink_open(struct netlink *nl, struct net_error *why)
{
    int on = 1;
    struct timeval patience = {.tv_sec = 5};

    *nl = (struct netlink){.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
    if (nl->fd < 0) return net_fail_errno(why, "netlink socket");
    /* Both are for better words only; a kernel before 4.12 has neither. */
    (void)setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
    (void)setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
    (void)setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return 0;
}

void netlink_close(struct netlink *nl)
{
    if (nl->fd >= 0) close(nl->fd);
    nl->fd = -1;
}

/* The explanation behind an error: with NETLINK_CAP_ACK it follows the struct nlmsgerr at once, without it the whole
 * request stands between. */
static const char *explanation(const struct nlmsghdr *head, const struct nlmsgerr *error)
{
    size_t at = NLMSG_HDRLEN + sizeof *error;

    if (!(head->nlmsg_flags & NLM_F_ACK_TLVS)) return NULL;
    if (!(head->nlmsg_flags & NLM_F_CAPPED)) at += NLMSG_ALIGN(error->msg.nlmsg_len - NLMSG_HDRLEN);
    while (at + ATTRIBUTE_HEAD <= head->nlmsg_len) {
        const struct nlattr *a = (const void *)((const uint8_t *)head + at);
        if (a->nla_len < ATTRIBUTE_HEAD || a->nla_len > head->nlmsg_len - at) return NULL;
        const char *text = (const char *)a + ATTRIBUTE_HEAD;
        size_t len = a->nla_len - ATTRIBUTE_HEAD;
        if ((a->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG && len > 0 && text[len - 1] == '\0') return text;
        at += padded(a->nla_len);
    }
    return NULL;
}

static int conclude(const struct nlmsghdr *head, struct net_error *why, const char *what)
{
    const struct nlmsgerr *error = NLMSG_DATA(head);

    if (head->nlmsg_len < NLMSG_LENGTH(sizeof *error)) return net_fail(why, -EBADMSG, "%s: short answer", what);
    if (error->error == 0) return 0;
    const char *text = explanation(head, error);
    if (!text) return net_fail(why, error->error, "%s: %s", what, strerror(-error->error));
    return net_fail(why, error->error, "%s: %s (%s)", what, strerror(-error->error), text);
}

/* Sends, and waits for the acknowledgement. An answer of another kind on the way (RTM_GETLINK's) goes to `seen`. */
static int converse(struct netlink *nl, struct request *r, void (*seen)(void *to, const struct nlmsghdr *), void *to,
                    struct net_error *why, const char *what)
{
    union {
        struct nlmsghdr head;
        uint8_t bytes[16384];
    } answer;

    if (send(nl->fd, r, r->head.nlmsg_len, 0) < 0) return net_fail_errno(why, "%s", what);
    for (;;) {
        ssize_t n = recv(nl->fd, &answer, sizeof answer, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) errno = ETIMEDOUT;
        if (n < 0) return net_fail_errno(why, "%s", what);
        size_t left = (size_t)n;
        for (const struct nlmsghdr *m = &answer.head; left >= sizeof *m; m = (const void *)((const uint8_t *)m + n)) {
            if (m->nlmsg_len < sizeof *m || m->nlmsg_len > left) break;
            if (m->nlmsg_seq == r->head.nlmsg_seq) {
                if (m->nlmsg_type == NLMSG_ERROR) return conclude(m, why, what);
                if (seen) seen(to, m);
            }
            n = (ssize_t)NLMSG_ALIGN(m->nlmsg_len);
            if ((size_t)n >= left) break;
            left -= (size_t)n;
        }
    }
}

static void note_link(void *to, const struct nlmsghdr *m)
{
    struct netlink_link *facts = to;
    const struct ifinfomsg *info = NLMSG_DATA(m);

    if (m->nlmsg_type != RTM_NEWLINK || m->nlmsg_len < NLMSG_LENGTH(sizeof *info)) return;
    facts->index = info->ifi_index;
    facts->up = info->ifi_flags & IFF_UP;
    facts->running = info->ifi_flags & IFF_RUNNING;
    size_t at = NLMSG_LENGTH(sizeof *info);
    while (at + ATTRIBUTE_HEAD <= m->nlmsg_len) {
        const struct nlattr *a = (const void *)((const uint8_t *)m + at);
        if (a->nla_len < ATTRIBUTE_HEAD || a->nla_len > m->nlmsg_len - at) return;
        struct bytes value = {(const uint8_t *)a + ATTRIBUTE_HEAD, a->nla_len - ATTRIBUTE_HEAD};
        if (a->nla_type == IFLA_ADDRESS && value.len == sizeof facts->mac)
            memcpy(facts->mac.byte, value.at, sizeof facts->mac);
        if (a->nla_type == IFLA_MTU && value.len == sizeof facts->mtu) memcpy(&facts->mtu, value.at, sizeof facts->mtu);
        if (a->nla_type == IFLA_IFALIAS && value.len > 0)
            (void)text_copy(facts->alias, sizeof facts->alias, (struct bytes){value.at, value.len - 1});
        at += padded(a->nla_len);
    }
}

int netlink_link(struct netlink *nl, const char *name, struct netlink_link *facts, struct net_error *why)
{
    struct request r;
    char what[64];

    (void)snprintf(what, sizeof what, "interface %.20s", name);
    *facts = (struct netlink_link){0};
    begin(&r, nl, RTM_GETLINK, 0);
    ((struct ifinfomsg *)append(&r, sizeof(struct ifinfomsg)))->ifi_family = AF_UNSPEC;
    attribute_text(&r, IFLA_IFNAME, name);
    int error = converse(nl, &r, note_link, facts, why, what);
    if (error == 0 && facts->index <= 0) return net_fail(why, -ENODEV, "%s: no answer names it", what);
    return error;
}

int netlink_link_index(struct netlink *nl, const char *name, struct net_error *why)
{
    struct netlink_link facts;
    int error = netlink_link(nl, name, &facts, why);

    return error ? error : facts.index;
}

int netlink_link_mac(struct netlink *nl, const char *name, struct mac *out, struct net_error *why)
{
    struct netlink_link facts;
    int error = netlink_link(nl, name, &facts, why);

    *out = facts.mac;
    return error;
}

static void describe_end(struct request *r, const struct veth_end *end, uint32_t mtu)
{
    attribute_text(r, IFLA_IFNAME, end->name);
    if (!mac_is_none(end->mac)) attribute(r, IFLA_ADDRESS, &end->mac, sizeof end->mac);
    if (mtu) attribute_u32(r, IFLA_MTU, mtu);
    if (end->pid)
        attribute_u32(r, IFLA_NET_NS_PID, (uint32_t)end->pid);
    else if (end->namespace_fd > 0)
        attribute_u32(r, IFLA_NET_NS_FD, (uint32_t)end->namespace_fd);
}

int netlink_add_veth(struct netlink *nl, const struct veth_end *end, const struct veth_end *peer, uint32_t mtu,
                     struct net_error *why)
{
    struct request r;
    char what[80];

    (void)snprintf(what, sizeof what, "add veth %.20s, %.20s", end->name, peer->name);
    begin(&r, nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    ((struct ifinfomsg *)append(&r, sizeof(struct ifinfomsg)))->ifi_family = AF_UNSPEC;
    describe_end(&r, end, mtu);
    uint32_t info = nest(&r, IFLA_LINKINFO);
    attribute_text(&r, IFLA_INFO_KIND, "veth");
    uint32_t data = nest(&r, IFLA_INFO_DATA);
    uint32_t other = nest(&r, VETH_INFO_PEER); /* holds a struct ifinfomsg, then attributes as of any link */
    ((struct ifinfomsg *)append(&r, sizeof(struct ifinfomsg)))->ifi_family = AF_UNSPEC;
    describe_end(&r, peer, mtu);
    nest_end(&r, other);
    nest_end(&r, data);
    nest_end(&r, info);
    return converse(nl, &r, NULL, NULL, why, what);
}

int netlink_delete_link(struct netlink *nl, const char *name, struct net_error *why)
{
    struct request r;

    begin(&r, nl, RTM_DELLINK, 0);
    ((struct ifinfomsg *)append(&r, sizeof(struct ifinfomsg)))->ifi_family = AF_UNSPEC;
    attribute_text(&r, IFLA_IFNAME, name);
    return converse(nl, &r, NULL, NULL, why, "delete link");
}

/* Changes flags (those in `mask`), and one attribute if `size` is not 0. */
static int change_link(struct netlink *nl, const char *name, uint32_t flags, uint32_t mask, uint16_t type,
                       const void *value, size_t size, struct net_error *why)
{
    struct request r;
    char what[64];
    int index = netlink_link_index(nl, name, why);

    if (index < 0) return index;
    (void)snprintf(what, sizeof what, "change interface %.20s", name);
    begin(&r, nl, RTM_NEWLINK, 0);
    struct ifinfomsg *info = append(&r, sizeof *info);
    *info = (struct ifinfomsg){.ifi_family = AF_UNSPEC, .ifi_index = index, .ifi_flags = flags, .ifi_change = mask};
    if (size) attribute(&r, type, value, size);
    return converse(nl, &r, NULL, NULL, why, what);
}

int netlink_set_up(struct netlink *nl, const char *name, bool up, struct net_error *why)
{
    return change_link(nl, name, up ? IFF_UP : 0, IFF_UP, 0, NULL, 0, why);
}

int netlink_wait_up(struct netlink *nl, const char *name, unsigned patience_ms, struct net_error *why)
{
    struct timespec ms = {.tv_nsec = 1000000};

    for (unsigned n = 0; n <= patience_ms; n++) {
        struct netlink_link facts;
        int error = netlink_link(nl, name, &facts, why);
        if (error || facts.running) return error;
        (void)nanosleep(&ms, NULL);
    }
    return net_fail(why, -ETIMEDOUT, "interface %.20s is not running after %u ms", name, patience_ms);
}

int netlink_set_arp(struct netlink *nl, const char *name, bool on, struct net_error *why)
{
    return change_link(nl, name, on ? 0 : IFF_NOARP, IFF_NOARP, 0, NULL, 0, why);
}

int netlink_set_mtu(struct netlink *nl, const char *name, uint32_t mtu, struct net_error *why)
{
    return change_link(nl, name, 0, 0, IFLA_MTU, &mtu, sizeof mtu, why);
}

int netlink_set_mac(struct netlink *nl, const char *name, struct mac mac, struct net_error *why)
{
    return change_link(nl, name, 0, 0, IFLA_ADDRESS, &mac, sizeof mac, why);
}

int netlink_set_alias(struct netlink *nl, const char *name, const char *alias, struct net_error *why)
{
    return change_link(nl, name, 0, 0, IFLA_IFALIAS, alias, strlen(alias) < ALIAS_MOST ? strlen(alias) + 1 : ALIAS_MOST,
                       why);
}

int netlink_add_vlan(struct netlink *nl, const char *name, const char *parent, uint16_t vlan, uint8_t priority,
                     struct net_error *why)
{
    struct request r;
    char what[80];
    int index = netlink_link_index(nl, parent, why);

    if (index < 0) return index;
    (void)snprintf(what, sizeof what, "add VLAN %u on %.20s", vlan, parent);
    begin(&r, nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    ((struct ifinfomsg *)append(&r, sizeof(struct ifinfomsg)))->ifi_family = AF_UNSPEC;
    attribute_text(&r, IFLA_IFNAME, name);
    attribute_u32(&r, IFLA_LINK, (uint32_t)index);
    uint32_t info = nest(&r, IFLA_LINKINFO);
    attribute_text(&r, IFLA_INFO_KIND, "vlan");
    uint32_t data = nest(&r, IFLA_INFO_DATA);
    attribute(&r, IFLA_VLAN_ID, &vlan, sizeof vlan);
    uint32_t map = nest(&r, IFLA_VLAN_EGRESS_QOS);
    for (uint32_t from = 0; from < PRIORITIES; from++) { /* from the socket's priority to 802.1p */
        struct ifla_vlan_qos_mapping one = {.from = from, .to = priority};
        attribute(&r, IFLA_VLAN_QOS_MAPPING, &one, sizeof one);
    }
    nest_end(&r, map);
    nest_end(&r, data);
    nest_end(&r, info);
    return converse(nl, &r, NULL, NULL, why, what);
}

static int change_address(struct netlink *nl, uint16_t type, uint16_t flags, const char *name, ipv4 address,
                          unsigned prefix, struct net_error *why)
{
    struct request r;
    char what[80], text[IPV4_TEXT];
    int index = netlink_link_index(nl, name, why);

    if (index < 0) return index;
    (void)snprintf(what, sizeof what,
                   type == RTM_NEWADDR ? "add address %s/%u to %.20s" : "delete address %s/%u of %.20s",
                   ipv4_text(text, address), prefix, name);
    begin(&r, nl, type, flags);
    struct ifaddrmsg *a = append(&r, sizeof *a);
    *a = (struct ifaddrmsg){.ifa_family = AF_INET, .ifa_prefixlen = (uint8_t)prefix, .ifa_index = (uint32_t)index};
    attribute_ipv4(&r, IFA_LOCAL, address);
    attribute_ipv4(&r, IFA_ADDRESS, address);
    /* Without it the kernel has no broadcast address for the subnet; DHCP's 255.255.255.255 does not need it. */
    if (prefix > 0 && prefix < 31) attribute_ipv4(&r, IFA_BROADCAST, address | (ipv4)(0xffffffffU >> prefix));
    return converse(nl, &r, NULL, NULL, why, what);
}

int netlink_add_address(struct netlink *nl, const char *name, ipv4 address, unsigned prefix, struct net_error *why)
{
    return change_address(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, name, address, prefix, why);
}

int netlink_delete_address(struct netlink *nl, const char *name, ipv4 address, unsigned prefix, struct net_error *why)
{
    return change_address(nl, RTM_DELADDR, 0, name, address, prefix, why);
}

static int change_route(struct netlink *nl, uint16_t type, uint16_t flags, const struct route *route,
                        struct net_error *why)
{
    struct request r;
    char what[80], text[IPV4_TEXT];
    uint32_t table = route->table ? route->table : (route->local ? RT_TABLE_LOCAL : RT_TABLE_MAIN);
    uint8_t scope = route->local ? RT_SCOPE_HOST : route->via ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
    int index = route->device ? netlink_link_index(nl, route->device, why) : 0;

    if (index < 0) return index;
    (void)snprintf(what, sizeof what, "%s route %s/%u", type == RTM_NEWROUTE ? "add" : "delete",
                   ipv4_text(text, route->to), route->prefix);
    begin(&r, nl, type, flags);
    struct rtmsg *m = append(&r, sizeof *m);
    *m = (struct rtmsg){.rtm_family = AF_INET,
                        .rtm_dst_len = (uint8_t)route->prefix,
                        .rtm_table = (uint8_t)(table < 256 ? table : RT_TABLE_COMPAT),
                        .rtm_protocol = RTPROT_STATIC,
                        .rtm_scope = scope,
                        .rtm_type = route->local ? RTN_LOCAL : RTN_UNICAST,
                        .rtm_flags = route->onlink ? RTNH_F_ONLINK : 0};
    attribute_u32(&r, RTA_TABLE, table);
    if (route->prefix) attribute_ipv4(&r, RTA_DST, route->to);
    if (route->via) attribute_ipv4(&r, RTA_GATEWAY, route->via);
    if (index) attribute_u32(&r, RTA_OIF, (uint32_t)index);
    if (route->source) attribute_ipv4(&r, RTA_PREFSRC, route->source);
    return converse(nl, &r, NULL, NULL, why, what);
}

int netlink_add_route(struct netlink *nl, const struct route *route, struct net_error *why)
{
    return change_route(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route, why);
}

int netlink_delete_route(struct netlink *nl, const struct route *route, struct net_error *why)
{
    return change_route(nl, RTM_DELROUTE, 0, route, why);
}

static int change_rule(struct netlink *nl, uint16_t type, uint16_t flags, const struct rule *rule,
                       struct net_error *why)
{
    struct request r;
    char what[64];

    (void)snprintf(what, sizeof what, "%s rule %u", type == RTM_NEWRULE ? "add" : "delete", rule->priority);
    begin(&r, nl, type, flags);
    struct fib_rule_hdr *m = append(&r, sizeof *m);
    *m = (struct fib_rule_hdr){.family = AF_INET,
                               .table = (uint8_t)(rule->table < 256 ? rule->table : RT_TABLE_COMPAT),
                               .action = FR_ACT_TO_TBL};
    attribute_u32(&r, FRA_PRIORITY, rule->priority);
    attribute_u32(&r, FRA_TABLE, rule->table);
    if (rule->iif) attribute_text(&r, FRA_IIFNAME, rule->iif);
    return converse(nl, &r, NULL, NULL, why, what);
}

int netlink_add_rule(struct netlink *nl, const struct rule *rule, struct net_error *why)
{
    return change_rule(nl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule, why);
}

int netlink_delete_rule(struct netlink *nl, const struct rule *rule, struct net_error *why)
{
    return change_rule(nl, RTM_DELRULE, 0, rule, why);
}

int netlink_add_neighbour(struct netlink *nl, const char *device, ipv4 address, struct mac mac, struct net_error *why)
{
    struct request r;
    char what[80], text[IPV4_TEXT];
    int index = netlink_link_index(nl, device, why);

    if (index < 0) return index;
    (void)snprintf(what, sizeof what, "add neighbour %s on %.20s", ipv4_text(text, address), device);
    begin(&r, nl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
    struct ndmsg *m = append(&r, sizeof *m);
    *m = (struct ndmsg){.ndm_family = AF_INET, .ndm_ifindex = index, .ndm_state = NUD_PERMANENT};
    attribute_ipv4(&r, NDA_DST, address);
    attribute(&r, NDA_LLADDR, &mac, sizeof mac);
    return converse(nl, &r, NULL, NULL, why, what);
}
