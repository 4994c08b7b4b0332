/* tests/net/two_namespaces.h: two network namespaces joined by a veth, held by one process.
 *
 * left 10.9.0.1/24 02:00:00:00:00:aa (interface "left")  ---  right 10.9.0.2/24 02:00:00:00:00:bb (interface "right")
 *
 * A socket stays in the namespace in which it was made, so a test opens one side in each, and one loop serves both.
 * Where the machine forbids namespaces, NEEDS_NAMESPACES skips the test and says why.
 */
#ifndef TWO_NAMESPACES_H
#define TWO_NAMESPACES_H
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "net/netlink.h"
#include "net/world.h"

enum { LEFT = 0x0a090001, RIGHT = 0x0a090002 };
static const struct mac LEFT_MAC = {{2, 0, 0, 0, 0, 0xaa}}, RIGHT_MAC = {{2, 0, 0, 0, 0, 0xbb}};

static int left_namespace = -1, right_namespace = -1;
static struct net_error no_namespaces;
static struct net_error told; /* by the latest call that was given `why` */

#define NEEDS_NAMESPACES                                                                                               \
    do {                                                                                                               \
        if (no_namespaces.code) {                                                                                      \
            fprintf(stderr, "# skipped: %s\n", no_namespaces.text);                                                    \
            skip();                                                                                                    \
        }                                                                                                              \
    } while (0)

#define assert_done(call)                                                                                              \
    do {                                                                                                               \
        told = (struct net_error){0};                                                                                  \
        int done = (call);                                                                                             \
        if (done < 0) fail_msg("%s: %s", #call, told.text[0] ? told.text : strerror(-done));                           \
    } while (0)

static inline void write_to(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    if (fd >= 0 && write(fd, text, strlen(text)) < 0) perror(path);
    if (fd >= 0) close(fd);
}

static inline void be_in(int namespace)
{
    if (setns(namespace, CLONE_NEWNET) < 0) perror("setns");
}

static inline int end_up(const char *name, ipv4 address, struct net_error *why)
{
    struct netlink nl;
    int error = netlink_open(&nl, why);

    if (!error) error = sysctl_set("net/ipv6/conf/all/disable_ipv6", "1", NULL), error = 0;
    if (!error) error = netlink_set_up(&nl, "lo", true, why);
    if (!error) error = netlink_add_address(&nl, name, address, 24, why);
    if (!error) error = netlink_set_up(&nl, name, true, why);
    if (!error) error = interface_offloads_off(name, why);
    netlink_close(&nl);
    return error;
}

static inline int wait_up(const char *name, struct net_error *why)
{
    struct netlink nl;
    int error = netlink_open(&nl, why);

    if (!error) error = netlink_wait_up(&nl, name, 5000, why);
    netlink_close(&nl);
    return error;
}

static inline int own_namespace(int *fd, struct net_error *why)
{
    if (unshare(CLONE_NEWNET) < 0) return net_fail_errno(why, "unshare");
    *fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    return *fd < 0 ? net_fail_errno(why, "/proc/self/ns/net") : 0;
}

static inline int make_two(struct net_error *why)
{
    char uid[32], gid[32];
    struct netlink nl;

    snprintf(uid, sizeof uid, "0 %u 1", geteuid());
    snprintf(gid, sizeof gid, "0 %u 1", getegid());
    int error = world_possible(why);
    if (error) return error;
    if (geteuid() != 0) {
        if (unshare(CLONE_NEWUSER) < 0) return net_fail_errno(why, "unshare");
        write_to("/proc/self/setgroups", "deny");
        write_to("/proc/self/uid_map", uid);
        write_to("/proc/self/gid_map", gid);
    }
    error = own_namespace(&right_namespace, why);
    if (!error) error = own_namespace(&left_namespace, why);
    if (!error) error = netlink_open(&nl, why);
    if (error) return error;
    error = netlink_add_veth(&nl, &(struct veth_end){.name = "left", .mac = LEFT_MAC},
                             &(struct veth_end){.name = "right", .mac = RIGHT_MAC, .namespace_fd = right_namespace}, 0,
                             why);
    netlink_close(&nl);
    if (error) return error;
    be_in(right_namespace);
    error = end_up("right", RIGHT, why);
    be_in(left_namespace);
    if (!error) error = end_up("left", LEFT, why);
    if (!error) error = wait_up("left", why);
    be_in(right_namespace);
    if (!error) error = wait_up("right", why);
    be_in(left_namespace);
    return error;
}

/* A cmocka group setup. */
static inline int two_namespaces(void **state)
{
    (void)state;
    (void)make_two(&no_namespaces);
    return 0;
}
#endif
