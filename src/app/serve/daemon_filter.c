/* The seccomp filter of app/serve/daemon.h. By name, so that libseccomp finds each call's number on any architecture;
 * what an architecture does not have is passed over. */
#include "app/serve/daemon.h"
#include <errno.h>
#include <seccomp.h>
#include <sys/socket.h>

static const char *const allowed[] = {
    /* bytes in and out */
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    "recvmmsg_time64",
    "close",
    "lseek",
    "fsync",
    "fdatasync",
    "ftruncate",
    "sendfile",
    "splice",
    /* files: the store and the folder */
    "openat",
    "openat2",
    "open",
    "fstat",
    "newfstatat",
    "fstatat64",
    "statx",
    "stat",
    "lstat",
    "access",
    "faccessat",
    "faccessat2",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "mkdir",
    "mkdirat",
    "getdents64",
    "readlink",
    "readlinkat",
    "getcwd",
    "fchmod",
    "fchmodat",
    "fchown",
    "umask",
    "flock",
    "fallocate",
    "utimensat",
    "chmod",
    "fstatfs",
    "statfs",
    "rmdir",
    "inotify_init1",
    "inotify_add_watch",
    "inotify_rm_watch",
    /* sockets */
    "bind",
    "listen",
    "accept",
    "accept4",
    "connect",
    "getsockname",
    "getpeername",
    "setsockopt",
    "getsockopt",
    "shutdown",
    "socketpair",
    "ioctl",
    "fcntl",
    "fcntl64",
    "dup",
    "dup2",
    "dup3",
    "pipe2",
    "eventfd2",
    /* waiting */
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "timerfd_create",
    "timerfd_settime",
    "nanosleep",
    "clock_nanosleep",
    "clock_gettime",
    "clock_getres",
    "gettimeofday",
    "time",
    "restart_syscall",
    /* memory and threads */
    "mmap",
    "mmap2",
    "munmap",
    "mprotect",
    "mremap",
    "madvise",
    "brk",
    "futex",
    "futex_time64",
    "clone",
    "clone3",
    "set_robust_list",
    "rseq",
    "set_tid_address",
    "sched_yield",
    "sched_getaffinity",
    "membarrier",
    "mlock",
    "munlock",
    "exit",
    "exit_group",
    "get_robust_list",
    "arch_prctl",
    "prctl",
    "getrandom",
    /* about ourselves */
    "getpid",
    "gettid",
    "getppid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "uname",
    "sysinfo",
    "getrusage",
    "prlimit64",
    "getrlimit",
    "times",
    "getcpu",
    /* signals */
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "rt_sigtimedwait",
    "tgkill",
    "rt_sigpending",
};

/* Which families a socket may be of: addresses (4, 6 for the resolver's sake), Unix, netlink (getifaddrs, the voice
 * VLAN), packet (an interface that comes later). */
static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET};

bool daemon_filter(struct net_error *why)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int error = filter ? 0 : -ENOMEM;

    /* The store's writer runs already: it is filtered too. */
    if (!error) error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    for (size_t i = 0; !error && i < ARRAY_LENGTH(allowed); i++) {
        int number = seccomp_syscall_resolve_name(allowed[i]);
        if (number != __NR_SCMP_ERROR && number >= 0) error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
    }
    for (size_t i = 0; !error && i < ARRAY_LENGTH(families); i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                                 SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0));
    if (!error) error = seccomp_load(filter);
    if (filter) seccomp_release(filter);
    return !error || net_fail(why, error, "seccomp filter: the kernel takes none (%d)", error) == 0;
}
