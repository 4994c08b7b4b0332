/* What netlink.h offers beside rtnetlink: ethtool's ioctl and files below /proc/sys. */
#include "net/netlink.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int interface_offloads_off(const char *name, struct net_error *why)
{
    /* TSO and GSO need transmit checksums, so that these go last would do too; off one by one, each is explicit. */
    static const uint32_t off[] = {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_STXCSUM};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0) return net_fail_errno(why, "offloads of %.20s", name);
    for (size_t i = 0; i < ARRAY_LENGTH(off); i++) {
        struct ethtool_value value = {.cmd = off[i], .data = 0};
        struct ifreq request = {.ifr_data = (void *)&value};
        (void)text_copy(request.ifr_name, sizeof request.ifr_name, bytes_of(name));
        /* EOPNOTSUPP: a device that has no such offload has none to switch off. */
        if (ioctl(fd, SIOCETHTOOL, &request) < 0 && errno != EOPNOTSUPP) {
            int error = net_fail_errno(why, "switch off offload %u of %.20s", off[i], name);
            close(fd);
            return error;
        }
    }
    close(fd);
    return 0;
}

static int ethtool_value(int fd, const char *name, struct ethtool_value *value)
{
    struct ifreq request = {.ifr_data = (void *)value};

    (void)text_copy(request.ifr_name, sizeof request.ifr_name, bytes_of(name));
    return ioctl(fd, SIOCETHTOOL, &request);
}

int interface_receive_offload(const char *name, bool on, bool *was, struct net_error *why)
{
    struct ethtool_value value = {.cmd = ETHTOOL_GGRO}, wish = {.cmd = ETHTOOL_SGRO, .data = on};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;

    *was = false;
    if (fd < 0) return net_fail_errno(why, "receive offload of %.20s", name);
    if (ethtool_value(fd, name, &value) == 0) *was = value.data;
    if (*was != on && ethtool_value(fd, name, &wish) < 0 && errno != EOPNOTSUPP)
        error = net_fail_errno(why, "switch receive offload of %.20s", name);
    close(fd);
    return error;
}

int interface_address(const char *name, ipv4 *address, unsigned *prefix, struct net_error *why)
{
    struct ifreq request = {0};
    struct sockaddr_in got;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;

    *address = 0;
    *prefix = 0;
    if (fd < 0) return net_fail_errno(why, "address of %.20s", name);
    (void)text_copy(request.ifr_name, sizeof request.ifr_name, bytes_of(name));
    if (ioctl(fd, SIOCGIFADDR, &request) == 0) {
        memcpy(&got, &request.ifr_addr, sizeof got);
        *address = ntohl(got.sin_addr.s_addr);
        if (ioctl(fd, SIOCGIFNETMASK, &request) == 0) {
            memcpy(&got, &request.ifr_netmask, sizeof got);
            *prefix = ipv4_prefix(ntohl(got.sin_addr.s_addr));
        }
    } else if (errno != EADDRNOTAVAIL) {
        error = net_fail_errno(why, "address of %.20s", name);
    }
    close(fd);
    return error;
}

static int open_sysctl(const char *path, int flags, struct net_error *why)
{
    char whole[256];
    int n = snprintf(whole, sizeof whole, "/proc/sys/%s", path);

    if (n < 0 || (size_t)n >= sizeof whole) return net_fail(why, -ENAMETOOLONG, "sysctl %.100s...", path);
    int fd = open(whole, flags | O_CLOEXEC);
    return fd < 0 ? net_fail_errno(why, "open %s", whole) : fd;
}

int sysctl_set(const char *path, const char *value, struct net_error *why)
{
    int fd = open_sysctl(path, O_WRONLY, why), error = 0;

    if (fd < 0) return fd;
    if (write(fd, value, strlen(value)) < 0) error = net_fail_errno(why, "write %.40s to /proc/sys/%s", value, path);
    close(fd);
    return error;
}

int sysctl_get(const char *path, char *to, size_t size, struct net_error *why)
{
    int fd = open_sysctl(path, O_RDONLY, why);

    if (fd < 0) return fd;
    ssize_t n = read(fd, to, size - 1);
    int error = n < 0 ? net_fail_errno(why, "read /proc/sys/%s", path) : 0;
    close(fd);
    while (n > 0 && to[n - 1] == '\n') n--;
    to[n > 0 ? n : 0] = '\0';
    return error;
}
