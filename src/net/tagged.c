#include "net/tagged.h"
#include "net/netlink.h"
#include "wire/ethernet.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    ADDRESSES = 12, /* bytes before a frame's tag or type */
    TAG = 4,
    TAGGED_LEAST = ETHERNET_LEAST + TAG, /* so that it is legal without the tag, too */
    FRAME_MOST = PACKET_SLOT,
    MTU_MOST = 1500, /* what a packet slot holds with certainty */
    VLAN_MOST = 4094,
    PRIORITY_MOST = 7,
    LINK_WAIT_MS = 5000,
    COMM = 17, /* proc(5): 16 bytes and a newline */
};
#define ALIAS "dialtone "

/* --- frames --- */

static void from_kernel(void *context, struct bytes frame)
{
    struct tagged *t = context;
    uint8_t whole[FRAME_MOST + TAG];
    struct writer w = writer(whole, sizeof whole);

    if (frame.len < ADDRESSES + 2 || frame.len > FRAME_MOST ||
        (frame.at[ADDRESSES] == TYPE_VLAN >> 8 && frame.at[ADDRESSES + 1] == (TYPE_VLAN & 0xff))) {
        t->counts.unfit++;
        return;
    }
    write_bytes(&w, (struct bytes){frame.at, ADDRESSES});
    write_be16(&w, TYPE_VLAN);
    write_be16(&w, (uint16_t)(t->priority << 13 | t->vlan));
    write_bytes(&w, bytes_from(frame, ADDRESSES));
    if (w.len < TAGGED_LEAST) write_zeros(&w, TAGGED_LEAST - w.len);
    t->counts.from_kernel++;
    packet_send(t->out, written(&w));
}

bool tagged_frame(struct tagged *t, struct bytes frame)
{
    uint8_t whole[FRAME_MOST];
    struct writer w = writer(whole, sizeof whole);
    struct fault why;
    struct reader r = reader(frame, &why);
    struct mac to = read_mac(&r), from = read_mac(&r);
    uint16_t type = read_be16(&r), tci = read_be16(&r);

    if (t->how != TAGGED_RELAY || !sound(&r) || type != TYPE_VLAN || (tci & 0x0fff) != t->vlan) return false;
    if ((!mac_is_group(to) && !mac_equal(to, t->mac)) || mac_equal(from, t->mac)) {
        t->counts.for_others++;
        return true;
    }
    write_mac(&w, to);
    write_mac(&w, from);
    write_bytes(&w, read_rest(&r));
    t->counts.to_kernel++;
    packet_send(&t->far, written(&w));
    return true;
}

/* --- whose link --- */

static void comm_of(const char *pid, char to[COMM])
{
    char path[64];

    to[0] = '\0';
    (void)snprintf(path, sizeof path, "/proc/%.16s/comm", pid);
    FILE *f = fopen(path, "re");
    if (!f) return;
    if (!fgets(to, COMM, f)) to[0] = '\0';
    (void)fclose(f);
}

/* Does the process that made it live? Then it is no leftover. A number that is our own has been given again. */
static bool maker_lives(const char *alias)
{
    char theirs[COMM], ours[COMM], self[16];
    const char *pid = alias + strlen(ALIAS);

    (void)snprintf(self, sizeof self, "%ld", (long)getpid());
    if (pid[0] == '\0' || strspn(pid, "0123456789") != strlen(pid) || strcmp(pid, self) == 0) return false;
    comm_of(pid, theirs);
    comm_of("self", ours);
    return theirs[0] != '\0' && strcmp(theirs, ours) == 0;
}

/* Uses a link of our name that somebody else has made. */
static int adopt(struct tagged *t, struct netlink *nl, const struct tagged_config *config,
                 const struct netlink_link *link, struct net_error *why)
{
    int error = interface_address(t->name, &t->address, &t->prefix, why);

    if (!error && t->address == 0) {
        t->address = config->address;
        t->prefix = config->prefix;
        error = netlink_add_address(nl, t->name, t->address, t->prefix, why);
        t->address_made = error == 0;
    }
    if (!error && !link->up) error = netlink_set_up(nl, t->name, true, why);
    t->index = link->index;
    t->mac = link->mac;
    if (!error) t->how = TAGGED_EXISTING;
    return error;
}

/* 1: it was there, and is used. 0: it is not there, or no longer. */
static int use_or_clear(struct tagged *t, struct netlink *nl, const struct tagged_config *config, struct net_error *why)
{
    struct netlink_link link;
    int error = netlink_link(nl, t->name, &link, NULL);

    if (error == -ENODEV) return 0;
    if (error) return net_fail(why, error, "interface %s: %s", t->name, strerror(-error));
    if (strncmp(link.alias, ALIAS, strlen(ALIAS)) != 0) {
        error = adopt(t, nl, config, &link, why);
        return error ? error : 1;
    }
    if (maker_lives(link.alias))
        return net_fail(why, -EBUSY, "interface %s is in use by process %s", t->name, link.alias + strlen(ALIAS));
    return netlink_delete_link(nl, t->name, why);
}

/* --- making --- */

static int mark(struct netlink *nl, const char *name, struct net_error *why)
{
    char alias[32];

    (void)snprintf(alias, sizeof alias, ALIAS "%ld", (long)getpid());
    return netlink_set_alias(nl, name, alias, why);
}

/* The servers speak IPv4; what IPv6 would send by itself is not wanted in the phones' VLAN. */
static void no_ipv6(const char *name)
{
    char path[64];

    (void)snprintf(path, sizeof path, "net/ipv6/conf/%s/disable_ipv6", name);
    (void)sysctl_set(path, "1", NULL); /* no IPv6 in this kernel: nothing to switch off */
}

static int bring_up(struct tagged *t, struct netlink *nl, const struct tagged_config *config, struct net_error *why)
{
    int error = netlink_add_address(nl, t->name, config->address, config->prefix, why);

    no_ipv6(t->name);
    if (!error) error = netlink_set_up(nl, t->name, true, why);
    if (!error) error = t->index = netlink_link_index(nl, t->name, why);
    return error < 0 ? error : 0;
}

static int make_8021q(struct tagged *t, struct netlink *nl, const struct tagged_config *config, struct net_error *why)
{
    int error = netlink_add_vlan(nl, t->name, config->interface, config->vlan, config->priority, why);

    if (error) return error;
    t->made = true;
    error = mark(nl, t->name, why);
    if (!error) error = bring_up(t, nl, config, why);
    if (!error) t->how = TAGGED_8021Q;
    return error;
}

static int make_pair(struct tagged *t, struct netlink *nl, const struct tagged_config *config, const char *far,
                     uint32_t mtu, struct net_error *why)
{
    struct veth_end near = {.name = t->name, .mac = t->mac}, end = {.name = far};
    int error = netlink_add_veth(nl, &near, &end, mtu < MTU_MOST ? mtu : MTU_MOST, why);

    if (error) return error;
    t->made = true;
    error = mark(nl, t->name, why);
    if (!error) error = mark(nl, far, why);
    if (!error) error = netlink_set_arp(nl, far, false, why); /* the kernel shall not answer itself there */
    no_ipv6(far);
    if (!error) error = interface_offloads_off(t->name, why);
    if (!error) error = interface_offloads_off(far, why);
    if (!error) error = netlink_set_up(nl, far, true, why);
    if (!error) error = bring_up(t, nl, config, why);
    if (!error) error = netlink_wait_up(nl, t->name, LINK_WAIT_MS, why);
    if (!error) error = netlink_wait_up(nl, far, LINK_WAIT_MS, why);
    return error;
}

static int make_relay(struct tagged *t, struct loop *loop, struct netlink *nl, const struct tagged_config *config,
                      const struct netlink_link *parent, struct net_error *why)
{
    char far[16];
    struct packet_config end = {
        .interface = far, .ring_bytes = config->ring_bytes, .receive = from_kernel, .context = t};

    if (!config->out)
        return net_fail(why, -EOPNOTSUPP, "VLAN %u on %.20s: no 802.1q (%.120s), and no packet socket for a relay",
                        config->vlan, config->interface, t->no_8021q.text);
    if ((size_t)snprintf(far, sizeof far, "dt%dr%u", parent->index, config->vlan) >= sizeof far)
        return net_fail(why, -ENAMETOOLONG, "interface number %d is too long for a name", parent->index);
    int error = make_pair(t, nl, config, far, parent->mtu, why);
    if (!error) error = packet_hear(t->out, PACKET_HEARS_ALL, why);
    if (!error) error = interface_receive_offload(t->interface, false, &t->offload_was_on, why);
    if (!error) error = packet_open(&t->far, loop, &end, why);
    if (!error) t->how = TAGGED_RELAY;
    return error;
}

static int make(struct tagged *t, struct loop *loop, struct netlink *nl, const struct tagged_config *config,
                struct net_error *why)
{
    struct netlink_link parent;
    int error = netlink_link(nl, config->interface, &parent, why);

    if (error) return error;
    if ((size_t)snprintf(t->name, sizeof t->name, "%s.%u", config->interface, config->vlan) >= sizeof t->name &&
        (size_t)snprintf(t->name, sizeof t->name, "dt%d.%u", parent.index, config->vlan) >= sizeof t->name)
        return net_fail(why, -ENAMETOOLONG, "interface number %d is too long for a name", parent.index);
    error = use_or_clear(t, nl, config, why);
    if (error) return error < 0 ? error : 0;
    t->mac = parent.mac;
    t->address = config->address;
    t->prefix = config->prefix;
    t->no_8021q = (struct net_error){.code = -EOPNOTSUPP, .text = "not tried"};
    if (!config->relay_only) {
        error = make_8021q(t, nl, config, &t->no_8021q);
        if (!error) return 0;
        if (error == -EPERM) return net_fail(why, error, "%.250s (needs CAP_NET_ADMIN)", t->no_8021q.text);
        if (t->made) { /* it has 802.1q, and something else is wrong: a relay would hide it */
            if (why) *why = t->no_8021q;
            return error;
        }
    }
    error = make_relay(t, loop, nl, config, &parent, why);
    if (error == -EPERM && why) {
        struct net_error bare = *why;
        return net_fail(why, error, "%.250s (needs CAP_NET_ADMIN)", bare.text);
    }
    return error;
}

int tagged_open(struct tagged *t, struct loop *loop, const struct tagged_config *config, struct net_error *why)
{
    struct netlink nl;

    *t = (struct tagged){.vlan = config->vlan, .priority = config->priority, .out = config->out, .far.fd = -1};
    if (config->vlan == 0 || config->vlan > VLAN_MOST)
        return net_fail(why, -EINVAL, "VLAN %u: 1 to %d are possible", config->vlan, VLAN_MOST);
    if (config->priority > PRIORITY_MOST || config->prefix == 0 || config->prefix > 31 || config->address == 0)
        return net_fail(why, -EINVAL, "VLAN %u: address, prefix or priority", config->vlan);
    if (text_copy(t->interface, sizeof t->interface, bytes_of(config->interface)) != strlen(config->interface))
        return net_fail(why, -ENODEV, "interface %.40s: its name is too long", config->interface);
    int error = netlink_open(&nl, why);
    if (error) return error;
    error = make(t, loop, &nl, config, why);
    netlink_close(&nl);
    if (error) tagged_close(t);
    return error;
}

void tagged_close(struct tagged *t)
{
    struct netlink nl;
    bool was;

    if (t->far.loop) packet_close(&t->far); /* else it was never opened */
    if ((t->made || t->address_made) && netlink_open(&nl, NULL) == 0) {
        if (t->made)
            (void)netlink_delete_link(&nl, t->name, NULL); /* its peer goes with it */
        else
            (void)netlink_delete_address(&nl, t->name, t->address, t->prefix, NULL);
        netlink_close(&nl);
    }
    if (t->offload_was_on) (void)interface_receive_offload(t->interface, true, &was, NULL);
    t->made = t->address_made = t->offload_was_on = false;
    t->how = TAGGED_NOT;
}
