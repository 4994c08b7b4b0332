#include "app/serve/daemon.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

int daemon_lock(const char *state, struct net_error *why)
{
    char path[300], text[32] = "";
    struct stat st;

    (void)snprintf(path, sizeof path, "%s/lock", state);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0) return net_fail_errno(why, "open %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        ssize_t n = pread(fd, text, sizeof text - 1, 0);
        int code = errno == EWOULDBLOCK ? -EALREADY : -errno;
        close(fd);
        if (code != -EALREADY) return net_fail(why, code, "lock %s: %s", path, strerror(-code));
        long pid = n > 0 ? strtol(text, NULL, 10) : 0;
        return net_fail(why, code, "another dialtone (pid %ld) serves from %s", pid, state);
    }
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n) {
        int code = net_fail_errno(why, "write %s", path);
        close(fd);
        return code;
    }
    if (stat(state, &st) == 0 && geteuid() == 0) (void)!fchown(fd, st.st_uid, st.st_gid);
    return fd;
}

void daemon_notify(const char *text)
{
    const char *to = getenv("NOTIFY_SOCKET");
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t length = to ? strlen(to) : 0;

    if (!length || length >= sizeof a.sun_path || (to[0] != '/' && to[0] != '@')) return;
    memcpy(a.sun_path, to, length);
    if (to[0] == '@') a.sun_path[0] = '\0'; /* an abstract name */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    (void)sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&a,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    close(fd);
}

usec daemon_watchdog(void)
{
    const char *every = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    uint64_t n;

    if (!every || !bytes_number(bytes_of(every), UINT64_MAX / 2, &n)) return 0;
    if (pid && strtol(pid, NULL, 10) != (long)getpid()) return 0;
    return n / 2;
}

static int become(const struct passwd *user, struct net_error *why)
{
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return net_fail_errno(why, "keep capabilities");
    if (initgroups(user->pw_name, user->pw_gid) < 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0)
        return net_fail_errno(why, "become user %s", user->pw_name);
    return 0;
}

/* Needs CAP_SETPCAP, which is not effective any more once root has become somebody else. Without it the set is what it
 * is. */
static void limit_bounding_set(uint64_t keep)
{
    for (int c = 0; c <= CAP_LAST_CAP; c++)
        if (!(keep >> c & 1)) (void)prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
}

/* The kernel's own call: libcap would be a library for three lines. */
static int limit_capabilities(uint64_t keep, struct net_error *why)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];

    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capget, &header, data) < 0) return net_fail_errno(why, "read capabilities");
    for (int i = 0; i < 2; i++) {
        data[i].permitted &= (uint32_t)(keep >> (32 * i));
        data[i].effective = data[i].permitted;
        data[i].inheritable = 0;
    }
    if (syscall(SYS_capset, &header, data) < 0) return net_fail_errno(why, "drop capabilities");
    return 0;
}

int daemon_drop(const char *user, const char *state, uint64_t keep, char said[200], struct net_error *why)
{
    const struct passwd *who = user[0] ? getpwnam(user) : NULL;
    struct stat st;
    int error = 0;

    limit_bounding_set(keep);
    if (geteuid() != 0)
        (void)snprintf(said, 200, "runs as uid %u", (unsigned)geteuid());
    else if (!who)
        (void)snprintf(said, 200, "keeps running as root, with fewer capabilities: there is no user '%.32s'", user);
    else if (stat(state, &st) < 0 || st.st_uid != who->pw_uid)
        (void)snprintf(said, 200, "keeps running as root, with fewer capabilities: %.64s does not own %.64s", user,
                       state);
    else if ((error = become(who, why)) == 0)
        (void)snprintf(said, 200, "runs as %.64s", user);
    if (!error) error = limit_capabilities(keep, why);
    if (!error && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) error = net_fail_errno(why, "no_new_privs");
    return error;
}
