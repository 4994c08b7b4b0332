#include "net/attach.h"
#include "net/packet.h"
#include <errno.h>
#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#undef SPEED_10 /* linux/ethtool.h has them as numbers of Mbit/s, wire/line.h as an enum */
#undef SPEED_100
#undef SPEED_1000

enum { CHANGES_BUFFER = 8192 };

static int no_right(struct net_error *why, const char *interface)
{
    char us[160] = "dialtone";
    ssize_t n = readlink("/proc/self/exe", us, sizeof us - 1);

    if (n > 0) us[n] = '\0';
    return net_fail(
        why, -EPERM,
        "--attach %s: CAP_NET_RAW is missing, without which the kernel hands out no frames of an interface: "
        "run this as root, or once, as root, setcap cap_net_raw+ep %s",
        interface, us);
}

static struct ifreq request_for(const char *interface)
{
    struct ifreq r = {0};

    memcpy(r.ifr_name, interface, strnlen(interface, IFNAMSIZ - 1));
    return r;
}

/* A frame of an interface that is not Ethernet has another header, or none. */
static int check(int fd, const char *interface, struct net_error *why)
{
    struct ifreq r = request_for(interface);

    if (ioctl(fd, SIOCGIFHWADDR, &r) < 0) return net_fail_errno(why, "--attach %s", interface);
    if (r.ifr_hwaddr.sa_family != ARPHRD_ETHER)
        return net_fail(why, -EPROTOTYPE, "--attach %s: this interface is not Ethernet", interface);
    if (ioctl(fd, SIOCGIFFLAGS, &r) < 0) return net_fail_errno(why, "--attach %s", interface);
    if (r.ifr_flags & IFF_UP) return 0;
    return net_fail(why, -ENETDOWN, "--attach %s: this interface is down: `ip link set %s up` as root changes that",
                    interface, interface);
}

static int open_one(const char *interface, int *fd, struct net_error *why)
{
    struct net_error error = {0};

    *fd = packet_socket(interface, &error);
    if (*fd == -EPERM || *fd == -EACCES) return no_right(why, interface);
    if (*fd == -ENODEV || *fd == -ENXIO)
        return net_fail(why, *fd, "--attach %s: there is no such interface here; `ip link` lists those that there are",
                        interface);
    if (*fd < 0) return net_fail(why, *fd, "--attach %s: %.250s", interface, error.text);
    return check(*fd, interface, why);
}

static int open_changes(struct attach *a, struct net_error *why)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};

    a->changes = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (a->changes < 0 || bind(a->changes, (struct sockaddr *)&address, sizeof address) < 0)
        return net_fail_errno(why, "--attach: hear of changes of links");
    return 0;
}

/* With the sockets open nobody needs the right any more. A program that has it by its file (setcap) is also one whose
 * /proc files are root's (prctl(2), PR_SET_DUMPABLE), and so could not map its user into the lab's user namespace. */
static void give_up_right(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

    if (geteuid() == 0) return; /* root makes the world without a user namespace, and needs its rights for that */
    (void)syscall(SYS_capset, &head, none);
    (void)prctl(PR_SET_DUMPABLE, 1);
}

int attach_open(struct attach *a, const struct plan *plan, struct net_error *why)
{
    int error = 0;

    *a = (struct attach){.changes = -1};
    while (!error && a->count < plan->attached) {
        uint32_t i = a->count++;
        error = open_one(plan->attach[i].interface, &a->frames[i], why);
    }
    if (!error && a->count) error = open_changes(a, why);
    if (error) attach_close(a);
    if (!error && a->count) give_up_right();
    return error;
}

void attach_close(struct attach *a)
{
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->frames[i] >= 0) close(a->frames[i]);
        a->frames[i] = -1;
    }
    if (a->changes >= 0) close(a->changes);
    a->changes = -1;
}

/* ioctl(2) on a socket asks the namespace of the socket. Names change, the index stays. */
static bool name_of(int fd, struct ifreq *r)
{
    struct sockaddr_ll bound = {0};
    socklen_t size = sizeof bound;

    *r = (struct ifreq){0};
    if (getsockname(fd, (struct sockaddr *)&bound, &size) < 0) return false;
    r->ifr_ifindex = bound.sll_ifindex;
    return bound.sll_ifindex > 0 && ioctl(fd, SIOCGIFNAME, r) == 0;
}

static void learn_speed(int fd, const struct ifreq *named, struct line *l, uint32_t *megabits)
{
    struct ethtool_cmd c = {.cmd = ETHTOOL_GSET};
    struct ifreq r = *named;

    l->speed = SPEED_1000; /* of an interface that does not tell: most virtual ones */
    l->full_duplex = true;
    r.ifr_data = (void *)&c;
    if (ioctl(fd, SIOCETHTOOL, &r) < 0) return;
    uint32_t speed = ethtool_cmd_speed(&c);
    if (speed == 0 || speed == (uint32_t)SPEED_UNKNOWN) return;
    *megabits = speed;
    l->speed = speed >= 1000 ? SPEED_1000 : speed >= 100 ? SPEED_100 : SPEED_10;
    l->full_duplex = c.duplex != DUPLEX_HALF;
}

struct line attach_line(int fd, uint32_t *megabits)
{
    struct line l = LINE_IDLE;
    struct ifreq r, flags;

    *megabits = 0;
    if (!name_of(fd, &r)) return l;
    flags = r;
    if (ioctl(fd, SIOCGIFFLAGS, &flags) < 0) return l;
    l.carrier = (flags.ifr_flags & IFF_UP) && (flags.ifr_flags & IFF_RUNNING);
    if (l.carrier) learn_speed(fd, &r, &l, megabits);
    return l;
}

void attach_heard(const struct attach *a)
{
    uint8_t bytes[CHANGES_BUFFER];
    ssize_t n;

    do {
        n = recv(a->changes, bytes, sizeof bytes, MSG_DONTWAIT);
    } while (n > 0 || (n < 0 && (errno == EINTR || errno == ENOBUFS))); /* ENOBUFS: some were lost, told once */
}
