#include "net/world.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What init has to say to the parent: once, that the world stands (code 0) or why not; then how the keeper ended. */
struct report {
    struct net_error error;
    bool own_proc;
};

struct seed { /* what init needs of the parent */
    const struct world_config *config;
    bool user_namespace;
    uid_t uid;
    gid_t gid;
    int socket, report;
};

static bool may_administer(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

    if (geteuid() != 0 || syscall(SYS_capget, &head, data) != 0) return false;
    return data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN);
}

/* The first number in a file: -1 when there is no such file. */
static long setting(const char *path)
{
    char text[32] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) return -1;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    return n > 0 ? strtol(text, NULL, 10) : -1;
}

static bool file_has(const char *path, const char *words)
{
    char line[1024];
    bool found = false;
    FILE *f = fopen(path, "re");

    if (!f) return false;
    while (!found && fgets(line, sizeof line, f)) found = strstr(line, words) != NULL;
    (void)fclose(f);
    return found;
}

/* In a chroot no mount of /proc/self/mountinfo is at "/" (its 5th field), unless the chroot is itself a mount. */
static bool in_chroot(void)
{
    return access("/proc/self/mountinfo", R_OK) == 0 && !file_has("/proc/self/mountinfo", " / / ") &&
           !file_has("/proc/self/mountinfo", " / rw") && !file_has("/proc/self/mountinfo", " / ro");
}

/* Which setting or privilege is missing: the likely ones by their files, else only what the kernel said. */
static int explain(struct net_error *why, int error, const char *step)
{
    static const char *const limits[] = {"user", "net", "pid", "mnt"};
    char path[64];
    const char *reason = NULL;

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        (void)snprintf(path, sizeof path, "/proc/sys/user/max_%s_namespaces", limits[i]);
        if (setting(path) == 0 && (error == ENOSPC || error == EPERM))
            return net_fail(why, -error, "%s: %s; %s is 0: `sysctl user.max_%s_namespaces=1000` as root allows it",
                            step, strerror(error), path, limits[i]);
    }
    if (error == EPERM || error == EACCES) {
        if (setting("/proc/sys/kernel/unprivileged_userns_clone") == 0)
            reason =
                "kernel.unprivileged_userns_clone is 0: `sysctl kernel.unprivileged_userns_clone=1` as root allows it, "
                "or run this as root";
        else if (setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
            reason = "kernel.apparmor_restrict_unprivileged_userns is 1: set it to 0 as root, or run this as root";
        else if (access("/proc/self/status", F_OK) != 0)
            reason = "there is no /proc (a chroot?): namespaces need it, and in a chroot the kernel allows no user "
                     "namespace";
        else if (in_chroot())
            reason = "this is a chroot, where the kernel allows no user namespace: leave it, or run this as root with "
                     "CAP_SYS_ADMIN";
        else if (file_has("/proc/self/status", "Seccomp:\t2"))
            reason = "a seccomp filter is in force, as in a container: allow it namespaces (`--privileged`)";
        else
            reason = "CAP_SYS_ADMIN is missing, and a user namespace is not allowed either";
    }
    if (error == EINVAL) reason = "this kernel was built without namespaces of that kind";
    if (error == ENOSPC || error == EUSERS) reason = "too many namespaces, or nested too deep (/proc/sys/user/max_*)";
    if (!reason) return net_fail(why, -error, "%s: %s", step, strerror(error));
    return net_fail(why, -error, "%s: %s; %s", step, strerror(error), reason);
}

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;

    if (fd < 0) return errno;
    if (write(fd, text, strlen(text)) < 0) error = errno;
    close(fd);
    return error;
}

/* user_namespaces(7): an ordinary user may map one id, its own, and only after it gave up setgroups(2). */
static int map_ids(const struct seed *seed, struct net_error *why)
{
    char map[64];
    int error = write_file("/proc/self/setgroups", "deny");

    if (error && error != ENOENT) return explain(why, error, "/proc/self/setgroups");
    (void)snprintf(map, sizeof map, "0 %lu 1", (unsigned long)seed->uid);
    error = write_file("/proc/self/uid_map", map);
    if (error) return explain(why, error, "map the user to root of the world (/proc/self/uid_map)");
    (void)snprintf(map, sizeof map, "0 %lu 1", (unsigned long)seed->gid);
    error = write_file("/proc/self/gid_map", map);
    return error ? explain(why, error, "map the group to that of root (/proc/self/gid_map)") : 0;
}

static int mount_all(const struct world_config *config, struct report *report)
{
    char options[64];

    if (mount(NULL, "/", "none", MS_REC | MS_PRIVATE, NULL) < 0) {
        if (errno == EINVAL)
            return net_fail(&report->error, -EINVAL, "keep mounts to ourselves: / is not a mount point (a chroot?)");
        return explain(&report->error, errno, "keep mounts to ourselves");
    }
    (void)snprintf(options, sizeof options, "mode=0700,size=%.32s", config->tmpfs_size ? config->tmpfs_size : "256m");
    if (config->tmpfs_on && mount("dialtone", config->tmpfs_on, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0) {
        if (errno == EPERM || errno == EACCES) return explain(&report->error, errno, "mount a tmpfs");
        return net_fail_errno(&report->error, "mount a tmpfs on %.120s", config->tmpfs_on);
    }
    /* Refused where a part of /proc is covered by another mount: then the old one stays, and serves nearly as well. */
    report->own_proc = mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
    return 0;
}

/* A handler that the parent installed would act on the parent's descriptors. What is ignored stays ignored. */
static void forget_handlers(void)
{
    sigset_t none;
    struct sigaction now, plain = {.sa_handler = SIG_DFL};

    for (int s = 1; s < NSIG; s++)
        if (sigaction(s, NULL, &now) == 0 && now.sa_handler != SIG_IGN) (void)sigaction(s, &plain, NULL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void run_and_exit(world_fn *run, int socket, void *context)
{
    int status = run(socket, context);

    (void)fflush(NULL);
    _exit(status);
}

/* Process 1: waits for the keeper's end, reaps whatever else ends, and takes all with it when it goes. */
static void keep_until_end(pid_t keeper, int report)
{
    int status = 0;
    pid_t pid;

    if (report > 0) (void)close_range(0, (unsigned)report - 1, 0); /* so that a pipe's reader does not wait for us */
    (void)close_range((unsigned)report + 1, ~0U, 0);
    do {
        pid = waitpid(-1, &status, 0);
    } while (pid != keeper && (pid > 0 || errno == EINTR));
    (void)!write(report, &status, sizeof status);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void init_of_the_world(const struct seed *seed)
{
    struct report report = {0};
    struct pollfd parent = {.fd = seed->socket};

    forget_handlers();
    (void)signal(SIGPIPE, SIG_IGN);
    /* After the clone: credentials that change clear it (prctl(2)). The parent may be gone before: then its end is. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (poll(&parent, 1, 0) == 1) _exit(1);
    int error = seed->user_namespace ? map_ids(seed, &report.error) : 0;
    if (!error) error = mount_all(seed->config, &report);
    pid_t keeper = error ? -1 : fork();
    if (keeper == 0) {
        (void)signal(SIGPIPE, SIG_DFL);
        close(seed->report);
        run_and_exit(seed->config->keeper, seed->socket, seed->config->context);
    }
    if (!error && keeper < 0) error = net_fail_errno(&report.error, "fork");
    (void)!write(seed->report, &report, sizeof report);
    if (error) _exit(1);
    keep_until_end(keeper, seed->report);
}

/* fork(2) into new namespaces. Not fork(): that cannot make a process 1, and unshare(2) would bind the caller. The
 * child forks properly before it runs anything that could miss what fork() does for libc. */
static pid_t clone_into(unsigned long flags)
{
    return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

static ssize_t read_whole(int fd, void *to, size_t size)
{
    ssize_t n;

    do {
        n = read(fd, to, size);
    } while (n < 0 && errno == EINTR);
    return n;
}

static void close_both(int pair[2])
{
    close(pair[0]);
    close(pair[1]);
}

int world_start(struct world *w, const struct world_config *config, struct net_error *why)
{
    const unsigned long flags = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID;
    struct seed seed = {.config = config, .user_namespace = !may_administer(), .uid = geteuid(), .gid = getegid()};
    struct report report = {0};
    int sockets[2], pipes[2];

    *w = (struct world){.socket = -1, .report = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) return net_fail_errno(why, "socketpair");
    if (pipe2(pipes, O_CLOEXEC) < 0) {
        int error = net_fail_errno(why, "pipe");
        close_both(sockets);
        return error;
    }
    seed.socket = sockets[1];
    seed.report = pipes[1];
    (void)fflush(NULL); /* or the copy would print again what waits here */
    pid_t pid = clone_into(flags | (seed.user_namespace ? CLONE_NEWUSER : 0));
    if (pid < 0 && errno == EPERM && !seed.user_namespace) {
        seed.user_namespace = true;
        pid = clone_into(flags | CLONE_NEWUSER);
    }
    if (pid == 0) {
        close(sockets[0]);
        close(pipes[0]);
        init_of_the_world(&seed);
    }
    int error = errno;
    close(sockets[1]);
    close(pipes[1]);
    if (pid < 0) {
        close(sockets[0]);
        close(pipes[0]);
        return explain(why, error, "make namespaces");
    }
    *w = (struct world){.init = pid, .socket = sockets[0], .report = pipes[0], .user_namespace = seed.user_namespace};
    ssize_t n = read_whole(w->report, &report, sizeof report);
    if (n == (ssize_t)sizeof report && report.error.code == 0) {
        w->own_proc = report.own_proc;
        return 0;
    }
    int status = world_wait(w);
    char text[STATUS_TEXT];
    if (n != (ssize_t)sizeof report)
        return net_fail(why, -ECHILD, "the world's init ended early: %s", status_text(text, status));
    if (why) *why = report.error;
    return report.error.code;
}

int world_wait(struct world *w)
{
    int status = 0, keeper = 0;
    pid_t pid;

    if (w->init <= 0) return 0;
    do {
        pid = waitpid(w->init, &status, 0);
    } while (pid < 0 && errno == EINTR);
    if (read_whole(w->report, &keeper, sizeof keeper) == (ssize_t)sizeof keeper) status = keeper;
    if (w->socket >= 0) close(w->socket);
    close(w->report);
    *w = (struct world){.socket = -1, .report = -1};
    return status;
}

int world_kill(struct world *w)
{
    if (w->init <= 0) return 0;
    (void)kill(w->init, SIGKILL);
    return world_wait(w);
}

static int do_nothing(int socket, void *context)
{
    (void)socket;
    (void)context;
    return 0;
}

int world_possible(struct net_error *why)
{
    struct world w;
    struct world_config config = {.keeper = do_nothing};
    int error = world_start(&w, &config, why);

    if (!error) (void)world_wait(&w);
    return error;
}

const char *status_text(char to[STATUS_TEXT], int status)
{
    if (WIFSIGNALED(status))
        (void)snprintf(to, STATUS_TEXT, "killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        (void)snprintf(to, STATUS_TEXT, "exit status %d", WEXITSTATUS(status));
    return to;
}

int world_send(int socket, const void *message, size_t size)
{
    ssize_t n;

    do {
        n = send(socket, message, size, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0;
}

ssize_t world_receive(int socket, void *to, size_t size)
{
    ssize_t n;

    do {
        n = recv(socket, to, size, 0);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? (errno == ECONNRESET ? 0 : -errno) : n;
}
