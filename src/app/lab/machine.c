#include "app/lab/machine.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static ipv4 address_of(const struct sockaddr *a)
{
    struct sockaddr_in in;

    memcpy(&in, a, sizeof in);
    return ntohl(in.sin_addr.s_addr);
}

bool machine_interface(const char *name, ipv4 home, struct machine_interface *out, struct net_error *why)
{
    struct ifaddrs *all, *a;
    unsigned index = if_nametoindex(name);
    bool up = false;

    *out = (struct machine_interface){.index = (int)index};
    if (!index) return net_fail(why, -ENODEV, "there is no interface %s", name) == 0;
    if (getifaddrs(&all) < 0) return net_fail_errno(why, "read the addresses of %s", name) == 0;
    for (a = all; a; a = a->ifa_next) {
        if (strcmp(a->ifa_name, name) != 0) continue;
        up |= (a->ifa_flags & IFF_UP) != 0;
        if (a->ifa_addr && a->ifa_addr->sa_family == AF_PACKET) {
            struct sockaddr_ll ll;
            memcpy(&ll, a->ifa_addr, sizeof ll);
            memcpy(out->mac.byte, ll.sll_addr, sizeof out->mac.byte);
        } else if (a->ifa_addr && a->ifa_netmask && a->ifa_addr->sa_family == AF_INET &&
                   (!out->address || address_of(a->ifa_addr) == home)) {
            out->address = address_of(a->ifa_addr);
            out->mask = address_of(a->ifa_netmask);
        }
    }
    freeifaddrs(all);
    return up || net_fail(why, -ENETDOWN, "%s is down: ip link set %s up", name, name) == 0;
}

bool machine_overlap(ipv4 address, ipv4 mask, const char *ours, char name[INTERFACE_TEXT], ipv4 *its)
{
    struct ifaddrs *all, *a;
    bool found = false;

    if (getifaddrs(&all) < 0) return false;
    for (a = all; a && !found; a = a->ifa_next) {
        if (!a->ifa_addr || !a->ifa_netmask || a->ifa_addr->sa_family != AF_INET || strcmp(a->ifa_name, ours) == 0)
            continue;
        ipv4 shorter = mask & address_of(a->ifa_netmask);
        *its = address_of(a->ifa_addr);
        found = (*its & shorter) == (address & shorter);
        (void)snprintf(name, INTERFACE_TEXT, "%s", a->ifa_name);
    }
    freeifaddrs(all);
    return found;
}

ipv4 machine_router(const char *interface)
{
    FILE *f = fopen("/proc/net/route", "r");
    char line[256], name[64];
    unsigned to, via, mask;
    ipv4 router = 0;

    while (f && !router && fgets(line, sizeof line, f))
        if (sscanf(line, "%63s %x %x %*x %*d %*d %*d %x", name, &to, &via, &mask) == 4 && !to && !mask && via &&
            (!interface || strcmp(interface, name) == 0))
            router = ntohl(via);
    if (f) (void)fclose(f);
    return router;
}

uint8_t machine_dns(ipv4 out[], uint8_t most)
{
    FILE *f = fopen("/etc/resolv.conf", "r");
    char line[256], text[64];
    uint8_t n = 0;
    ipv4 a;

    while (f && n < most && fgets(line, sizeof line, f))
        if (sscanf(line, " nameserver %63s", text) == 1 && ipv4_parse(bytes_of(text), &a) && a >> 24 != 127 && a)
            out[n++] = a;
    if (f) (void)fclose(f);
    return n;
}

/* The inode of the socket that is bound to this port: a listening one, or any of UDP. */
static unsigned long inode_of(bool udp, uint16_t port)
{
    static const char *const path[2][2] = {{"/proc/net/tcp", "/proc/net/tcp6"}, {"/proc/net/udp", "/proc/net/udp6"}};
    unsigned long inode, found = 0;
    unsigned local, state;
    char line[512];

    for (int i = 0; i < 2 && !found; i++) {
        FILE *f = fopen(path[udp][i], "r");
        while (f && !found && fgets(line, sizeof line, f))
            if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*d %*d %lu", &local, &state,
                       &inode) == 3 &&
                local == port && (udp || state == 0x0a))
                found = inode;
        if (f) (void)fclose(f);
    }
    return found;
}

static bool has_socket(const char *pid, const char *link)
{
    char path[320], to[64];
    bool found = false;
    struct dirent *e;

    (void)snprintf(path, sizeof path, "/proc/%.16s/fd", pid);
    DIR *d = opendir(path);
    while (d && !found && (e = readdir(d))) {
        (void)snprintf(path, sizeof path, "/proc/%.16s/fd/%.32s", pid, e->d_name);
        ssize_t n = readlink(path, to, sizeof to - 1);
        if (n > 0) to[n] = '\0';
        found = n > 0 && strcmp(to, link) == 0;
    }
    if (d) (void)closedir(d);
    return found;
}

bool machine_holder(char to[HOLDER_TEXT], bool udp, uint16_t port)
{
    unsigned long inode = inode_of(udp, port);
    char link[64], path[64], name[32] = "?";
    bool found = false;
    struct dirent *e;

    if (!inode) return false;
    (void)snprintf(link, sizeof link, "socket:[%lu]", inode);
    DIR *d = opendir("/proc");
    while (d && !found && (e = readdir(d))) {
        if (e->d_name[0] < '0' || e->d_name[0] > '9' || !has_socket(e->d_name, link)) continue;
        (void)snprintf(path, sizeof path, "/proc/%.16s/comm", e->d_name);
        FILE *f = fopen(path, "r");
        if (f && fgets(name, sizeof name, f)) name[strcspn(name, "\n")] = '\0';
        if (f) (void)fclose(f);
        (void)snprintf(to, HOLDER_TEXT, "%s (pid %.16s)", name, e->d_name);
        found = true;
    }
    if (d) (void)closedir(d);
    return found;
}

void machine_raise_limits(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur == r.rlim_max) return;
    r.rlim_cur = r.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &r);
}
