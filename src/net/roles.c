/* The roles of net/world.h: processes of a world, each with a network namespace of its own. */
#include "net/netlink.h"
#include "net/world.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A network namespace with lo up, that lets go of its orphaned sockets after some 2 s instead of minutes. */
static int own_network(struct net_error *why)
{
    struct netlink nl;

    if (unshare(CLONE_NEWNET) < 0) return net_fail_errno(why, "make a network namespace");
    int error = netlink_open(&nl, why);
    if (error) return error;
    error = netlink_set_up(&nl, "lo", true, why);
    netlink_close(&nl);
    return error ? error : sysctl_set("net/ipv4/tcp_orphan_retries", "1", why);
}

static void become(const struct roles *roles, const struct role_config *config, int socket, int ready)
{
    struct net_error error = {0};
    struct sigaction now, plain = {.sa_handler = SIG_DFL};
    sigset_t none;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setpgid(0, 0);
    for (int s = 1; s < NSIG; s++) /* handlers of the keeper act on the keeper's descriptors */
        if (sigaction(s, NULL, &now) == 0 && now.sa_handler != SIG_IGN) (void)sigaction(s, &plain, NULL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    for (size_t i = 0; i < roles->count; i++)
        if (roles->role[i].socket >= 0) close(roles->role[i].socket);
    if (config->own_network) (void)own_network(&error);
    (void)!write(ready, &error, sizeof error);
    close(ready);
    if (error.code) _exit(1);
    int status = config->run(socket, config->context);
    (void)fflush(NULL);
    _exit(status);
}

int roles_start(struct roles *roles, const struct role_config *config, struct net_error *why)
{
    struct role *role = &roles->role[roles->count];
    struct net_error error = {0};
    int sockets[2], ready[2];
    ssize_t n;

    if (roles->count == ROLES_MOST) return net_fail(why, -ENOSPC, "more than %d roles", ROLES_MOST);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) return net_fail_errno(why, "socketpair");
    if (pipe2(ready, O_CLOEXEC) < 0) {
        int code = net_fail_errno(why, "pipe");
        close(sockets[0]);
        close(sockets[1]);
        return code;
    }
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        close(sockets[0]);
        close(ready[0]);
        become(roles, config, sockets[1], ready[1]);
    }
    if (pid < 0) (void)net_fail_errno(&error, "fork role %.20s", config->name);
    close(sockets[1]);
    close(ready[1]);
    do {
        n = pid < 0 ? 0 : read(ready[0], &error, sizeof error);
    } while (n < 0 && errno == EINTR);
    close(ready[0]);
    if (pid > 0 && n == (ssize_t)sizeof error && error.code == 0) {
        *role = (struct role){.pid = pid, .socket = sockets[0]};
        (void)snprintf(role->name, sizeof role->name, "%s", config->name);
        return (int)roles->count++;
    }
    close(sockets[0]);
    int status = 0;
    char text[STATUS_TEXT];
    if (pid > 0) (void)waitpid(pid, &status, 0);
    if (error.code) return net_fail(why, error.code, "role %.20s: %.250s", config->name, error.text);
    return net_fail(why, -ECHILD, "role %.20s ended early: %s", config->name, status_text(text, status));
}

int roles_reap(struct roles *roles)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < roles->count; i++) {
            if (roles->role[i].pid != pid) continue;
            roles->role[i].pid = 0;
            roles->role[i].status = status;
            return (int)i;
        }
    }
    return -1;
}

void roles_kill(struct roles *roles)
{
    for (size_t i = 0; i < roles->count; i++)
        if (roles->role[i].pid > 0) (void)kill(roles->role[i].pid, SIGKILL);
    for (size_t i = 0; i < roles->count; i++) {
        struct role *role = &roles->role[i];
        if (role->pid > 0) (void)waitpid(role->pid, &role->status, 0);
        role->pid = 0;
        if (role->socket >= 0) close(role->socket);
        role->socket = -1;
    }
}
