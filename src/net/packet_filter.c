#include "net/packet_filter.h"
#include "base/bytes.h"
#include "wire/cdp.h"
#include "wire/dhcp.h"
#include "wire/ethernet.h"
#include "wire/ipv4_udp.h"
#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

/* Where a jump goes: to the next instruction, or to one of the two ends. An instruction holds eight bits of it. */
enum target { NEXT, ACCEPT, REJECT };
enum { MOST = 64, WHOLE = 0x40000, TYPE_AT = 12, IP_AT = 14, VLAN_ID = 0x0fff, FRAGMENT_OFFSET = 0x1fff };

struct program {
    struct sock_filter code[MOST];
    enum target yes[MOST], no[MOST];
    uint8_t skip_no[MOST]; /* instructions to skip, for `no` == NEXT */
    unsigned short len;
};

static void add(struct program *p, uint16_t code, uint32_t k)
{
    p->skip_no[p->len] = 0;
    p->yes[p->len] = p->no[p->len] = NEXT;
    p->code[p->len++] = (struct sock_filter)BPF_STMT(code, k);
}

static void test_equal(struct program *p, uint32_t k, enum target yes, enum target no, uint8_t skip_no)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, k);
    p->yes[p->len - 1] = yes;
    p->no[p->len - 1] = no;
    p->skip_no[p->len - 1] = skip_no;
}

/* The kernel has taken the tag off: it is beside the frame. */
static void add_vlans(struct program *p, const struct packet_filter *f)
{
    if (f->vlans == 0) return;
    add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT));
    test_equal(p, 1, NEXT, NEXT, (uint8_t)(2 + (f->vlans < PACKET_FILTER_VLANS ? f->vlans : PACKET_FILTER_VLANS)));
    add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG));
    add(p, BPF_ALU | BPF_AND | BPF_K, VLAN_ID);
    for (size_t i = 0; i < f->vlans && i < PACKET_FILTER_VLANS; i++) test_equal(p, f->vlan[i], ACCEPT, NEXT, 0);
}

static void add_group(struct program *p, struct mac group)
{
    const uint8_t *b = group.byte;

    add(p, BPF_LD | BPF_W | BPF_ABS, 0);
    test_equal(p, (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3], NEXT, NEXT, 2);
    add(p, BPF_LD | BPF_H | BPF_ABS, 4);
    test_equal(p, (uint32_t)b[4] << 8 | b[5], ACCEPT, NEXT, 0);
}

/* The last: what is not IPv4, UDP, and the first fragment of its datagram is rejected. */
static void add_dhcp(struct program *p, const struct packet_filter *f)
{
    add(p, BPF_LD | BPF_H | BPF_ABS, TYPE_AT);
    test_equal(p, TYPE_IPV4, NEXT, REJECT, 0);
    add(p, BPF_LD | BPF_B | BPF_ABS, IP_AT + 9);
    test_equal(p, PROTOCOL_UDP, NEXT, REJECT, 0);
    add(p, BPF_LD | BPF_H | BPF_ABS, IP_AT + 6);
    add(p, BPF_ALU | BPF_AND | BPF_K, FRAGMENT_OFFSET);
    test_equal(p, 0, NEXT, REJECT, 0);
    add(p, BPF_LDX | BPF_B | BPF_MSH, IP_AT); /* X: the length of the IP header */
    add(p, BPF_LD | BPF_H | BPF_IND, IP_AT);  /* source port */
    if (f->dhcp) {
        test_equal(p, DHCP_SERVER_PORT, ACCEPT, NEXT, 0);
        test_equal(p, DHCP_CLIENT_PORT, ACCEPT, NEXT, 0);
        add(p, BPF_LD | BPF_H | BPF_IND, IP_AT + 2);
        test_equal(p, DHCP_SERVER_PORT, ACCEPT, NEXT, 0);
    } else {
        test_equal(p, DHCP_SERVER_PORT, NEXT, REJECT, 0);
        add(p, BPF_LD | BPF_H | BPF_IND, IP_AT + 2);
    }
    test_equal(p, DHCP_CLIENT_PORT, ACCEPT, REJECT, 0);
}

static void end(struct program *p)
{
    unsigned short reject = p->len, accept = (unsigned short)(p->len + 1);

    add(p, BPF_RET | BPF_K, 0);
    add(p, BPF_RET | BPF_K, WHOLE);
    for (unsigned short i = 0; i < reject; i++) {
        unsigned short next = (unsigned short)(i + 1);
        p->code[i].jt = (uint8_t)(p->yes[i] == NEXT ? 0 : (p->yes[i] == ACCEPT ? accept : reject) - next);
        p->code[i].jf = (uint8_t)(p->no[i] == NEXT ? p->skip_no[i] : (p->no[i] == ACCEPT ? accept : reject) - next);
    }
}

int packet_filter_attach(int fd, const struct packet_filter *f, struct net_error *why)
{
    struct program p = {.len = 0};
    int unused = 0;

    if (!f) {
        if (setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) < 0 && errno != ENOENT)
            return net_fail_errno(why, "packet socket: take the filter away");
        return 0;
    }
    add_vlans(&p, f);
    if (f->discovery) {
        add_group(&p, MAC_CDP);
        add(&p, BPF_LD | BPF_H | BPF_ABS, TYPE_AT); /* its groups are others' too: spanning tree's, for one */
        test_equal(&p, TYPE_LLDP, ACCEPT, NEXT, 0);
    }
    if (f->arp) {
        add(&p, BPF_LD | BPF_H | BPF_ABS, TYPE_AT);
        test_equal(&p, TYPE_ARP, ACCEPT, NEXT, 0);
    }
    if (f->dhcp || f->dhcp_replies) add_dhcp(&p, f);
    end(&p);
    struct sock_fprog program = {.len = p.len, .filter = p.code};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0)
        return net_fail_errno(why, "packet socket: filter");
    return 0;
}
