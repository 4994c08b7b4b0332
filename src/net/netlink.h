/* net/netlink.h: links, addresses, routes, rules and neighbours of a network namespace: rtnetlink(7), ethtool, sysctl.
 *
 * A struct netlink is one NETLINK_ROUTE socket. It works on the namespace in which it was opened, whatever the process
 * does later. Calls are synchronous: one request, its acknowledgement.
 *
 * Takes   names of interfaces, addresses as numbers (base/address.h).
 * Gives   0, or a negative errno with the kernel's own explanation (NLMSGERR_ATTR_MSG) in *why, which may be NULL.
 * Memory  none but the socket.
 * Errors  -EEXIST when it is there already, -ENODEV for an unknown interface, -EPERM without CAP_NET_ADMIN in the
 *         namespace. An answer that is too short or not to our request is passed over; no answer in 5 s: -ETIMEDOUT.
 */
#ifndef NET_NETLINK_H
#define NET_NETLINK_H
#include "base/address.h"
#include "net/error.h"
#include <sys/types.h>

struct netlink {
    int fd;
    uint32_t sequence;
};

int netlink_open(struct netlink *, struct net_error *why);
void netlink_close(struct netlink *);

/* One end of a veth pair. Its namespace: of the process `pid` if that is not 0, else of the descriptor `namespace_fd`
 * (/proc/PID/ns/net) if that is above 0, else the netlink socket's own. */
struct veth_end {
    const char *name;
    struct mac mac; /* MAC_NONE: the kernel's choice */
    pid_t pid;
    int namespace_fd;
};

int netlink_add_veth(struct netlink *, const struct veth_end *, const struct veth_end *peer, uint32_t mtu,
                     struct net_error *why); /* mtu 0: 1,500; both ends are down */
int netlink_delete_link(struct netlink *, const char *name, struct net_error *why);
int netlink_link_index(struct netlink *, const char *name, struct net_error *why); /* above 0, or negative errno */
int netlink_link_mac(struct netlink *, const char *name, struct mac *out, struct net_error *why);
int netlink_set_up(struct netlink *, const char *name, bool up, struct net_error *why);
/* Waits until the link runs. A veth's first end gets its carrier when the second is set up, but by a worker of the
 * kernel, a moment later: until then what is sent there is dropped, such as the first ARP answer, which costs a second.
 * To be called for each end once both were set up. -ETIMEDOUT after `patience_ms`. */
int netlink_wait_up(struct netlink *, const char *name, unsigned patience_ms, struct net_error *why);
/* IFF_NOARP: the kernel neither asks nor answers ARP there. Needed where addresses are local by route, or it answers
 * for all of them. */
int netlink_set_arp(struct netlink *, const char *name, bool on, struct net_error *why);
int netlink_set_mtu(struct netlink *, const char *name, uint32_t mtu, struct net_error *why);
int netlink_set_mac(struct netlink *, const char *name, struct mac, struct net_error *why);

/* What is known of a link. */
struct netlink_link {
    int index;
    bool up, running;
    uint32_t mtu;
    struct mac mac;
    char alias[64]; /* ifAlias, cut; "": none */
};

int netlink_link(struct netlink *, const char *name, struct netlink_link *, struct net_error *why);
int netlink_set_alias(struct netlink *, const char *name, const char *alias, struct net_error *why);
/* A link of kind "vlan" (802.1Q) on `parent`, down. What this host sends there gets this 802.1p priority, whatever its
 * socket's. -EOPNOTSUPP where the kernel has no 802.1q, or the parent takes no VLANs. */
int netlink_add_vlan(struct netlink *, const char *name, const char *parent, uint16_t vlan, uint8_t priority,
                     struct net_error *why);

int netlink_add_address(struct netlink *, const char *name, ipv4, unsigned prefix, struct net_error *why);
int netlink_delete_address(struct netlink *, const char *name, ipv4, unsigned prefix, struct net_error *why);

struct route {
    ipv4 to;
    unsigned prefix;    /* 0 to 32; 0 with `to` 0: the default route */
    ipv4 via;           /* 0: no gateway */
    const char *device; /* may be NULL when a gateway is given */
    bool local;         /* type local: every address of the prefix is our own, any of them can be bound */
    bool onlink;        /* take the gateway as a neighbour although no address of ours shares its subnet */
    uint32_t table;     /* 0: main (254), or local (255) for `local` */
    ipv4 source;        /* preferred source address; 0: none */
};

int netlink_add_route(struct netlink *, const struct route *, struct net_error *why);
int netlink_delete_route(struct netlink *, const struct route *, struct net_error *why);

/* Policy rules. The lab's way to let a connection between two addresses of one namespace leave by its link:
 *   add    {.priority = 10, .iif = "lo", .table = 100}   what this host sends looks up table 100
 *   add    {.priority = 20, .table = 255}                what comes in looks up table local
 *   delete {.priority = 0, .table = 255}                 the kernel's own rule "local first" */
struct rule {
    uint32_t priority;
    const char *iif; /* NULL: any */
    uint32_t table;
};

int netlink_add_rule(struct netlink *, const struct rule *, struct net_error *why);
int netlink_delete_rule(struct netlink *, const struct rule *, struct net_error *why);

/* A neighbour entry that stays and is never asked for (NUD_PERMANENT); replaces one that is there. */
int netlink_add_neighbour(struct netlink *, const char *device, ipv4, struct mac, struct net_error *why);

/* The following work on the namespace of the calling thread.
 * Offloads off: what the kernel sends on a veth otherwise carries unfinished checksums and may be larger than the MTU.
 * To be called on each end where a kernel sends and a packet socket reads. */
int interface_offloads_off(const char *name, struct net_error *why);
/* Receive offload (GRO): puts segments of a TCP stream together to frames larger than the MTU. *was: how it was; false
 * where the device has none. */
int interface_receive_offload(const char *name, bool on, bool *was, struct net_error *why);
/* The first IPv4 address and its prefix length; 0 and *address = 0 when it has none. */
int interface_address(const char *name, ipv4 *address, unsigned *prefix, struct net_error *why);
/* sysctl_set("net/ipv4/tcp_orphan_retries", "1", &why) */
int sysctl_set(const char *path, const char *value, struct net_error *why);
int sysctl_get(const char *path, char *to, size_t size, struct net_error *why); /* without the newline */
#endif
