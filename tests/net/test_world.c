#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "net/netlink.h"
#include "net/world.h"

static struct net_error no_world;

#define NEEDS_A_WORLD                                                                                                  \
    do {                                                                                                               \
        if (no_world.code) {                                                                                           \
            fprintf(stderr, "# skipped: %s\n", no_world.text);                                                         \
            skip();                                                                                                    \
        }                                                                                                              \
    } while (0)

static int is_it_possible(void **state)
{
    (void)state;
    (void)world_possible(&no_world);
    return 0;
}

struct found {
    int pid, uid, wrote, links;
    bool proc_is_ours;
    char folder[64];
};

static int links(void)
{
    struct if_nameindex *all = if_nameindex();
    int n = 0;
    while (all && all[n].if_index) n++;
    if_freenameindex(all);
    return n;
}

static int look_around(int socket, void *context)
{
    struct found f = *(struct found *)context;
    char path[128], self[32] = "";
    f.pid = getpid();
    f.uid = (int)geteuid();
    f.links = links();
    f.proc_is_ours = readlink("/proc/self", self, sizeof self - 1) > 0 && atoi(self) == getpid();
    snprintf(path, sizeof path, "%s/file", f.folder);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    f.wrote = fd >= 0;
    if (fd >= 0) close(fd);
    world_send(socket, &f, sizeof f);
    char word[8];
    return world_receive(socket, word, sizeof word) == 4 ? 42 : 1; /* until the parent says "done" */
}

static void the_keeper_is_root_of_a_world_with_its_own_processes_network_and_files(void **state)
{
    struct found f = {.folder = "/tmp/test_world_XXXXXX"};
    struct world w;
    struct net_error why = {0};
    char path[128];
    (void)state;
    NEEDS_A_WORLD;
    assert_non_null(mkdtemp(f.folder));
    struct world_config config = {.tmpfs_on = f.folder, .keeper = look_around, .context = &f};
    if (world_start(&w, &config, &why) < 0) fail_msg("%s", why.text);
    assert_int_equal(world_receive(w.socket, &f, sizeof f), sizeof f);
    assert_int_equal(f.pid, 2);
    assert_int_equal(f.uid, 0);
    assert_int_equal(f.links, 1); /* lo */
    assert_true(f.wrote);
    assert_true(f.proc_is_ours == w.own_proc);
    snprintf(path, sizeof path, "%s/file", f.folder);
    assert_int_equal(access(path, F_OK), -1); /* it lies in the world's tmpfs, not here */
    assert_int_equal(world_send(w.socket, "done", 4), 0);
    int status = world_wait(&w);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    assert_int_equal(rmdir(f.folder), 0);
}

static int crash(int socket, void *context)
{
    (void)socket;
    (void)context;
    signal(SIGSEGV, SIG_DFL); /* ASan has a handler of its own */
    raise(SIGSEGV);
    return 0;
}

static void the_parent_learns_by_which_signal_the_keeper_died(void **state)
{
    struct world w;
    char text[STATUS_TEXT];
    (void)state;
    NEEDS_A_WORLD;
    assert_int_equal(world_start(&w, &(struct world_config){.keeper = crash}, NULL), 0);
    int status = world_wait(&w);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    assert_string_equal(status_text(text, status), "killed by signal 11 (Segmentation fault)");
}

static void a_folder_that_is_not_there_is_named_in_the_reason(void **state)
{
    struct world w;
    struct net_error why;
    (void)state;
    NEEDS_A_WORLD;
    struct world_config config = {.tmpfs_on = "/no/such/folder", .keeper = look_around};
    assert_int_equal(world_start(&w, &config, &why), -ENOENT);
    assert_non_null(strstr(why.text, "/no/such/folder"));
}

struct role_found {
    int links, lo_up, pid_group_is_own;
    char retries[8];
};

static bool lo_is_up(void)
{
    struct ifreq r = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    bool up = ioctl(fd, SIOCGIFFLAGS, &r) == 0 && r.ifr_flags & IFF_UP;
    close(fd);
    return up;
}

static int a_role(int to_keeper, void *context)
{
    struct role_found f = {.links = links(), .lo_up = lo_is_up(), .pid_group_is_own = getpgrp() == getpid()};
    char word[8];
    (void)context;
    sysctl_get("net/ipv4/tcp_orphan_retries", f.retries, sizeof f.retries, NULL);
    world_send(to_keeper, &f, sizeof f);
    return world_receive(to_keeper, word, sizeof word) > 0 ? 7 : 0;
}

static int wait_for_role(struct roles *roles)
{
    int which;
    while ((which = roles_reap(roles)) < 0) usleep(1000);
    return which;
}

struct verdict {
    int error, crashed, status, ended, ended_status;
    struct role_found found;
    char name[ROLE_NAME], text[320];
};

static int keeper_of_roles(int socket, void *context)
{
    struct roles roles = {0};
    struct verdict v = {0};
    struct net_error why = {0};
    (void)context;
    int steady = roles_start(&roles, &(struct role_config){"steady", true, a_role, NULL}, &why);
    if (steady >= 0) v.error = roles_start(&roles, &(struct role_config){"frail", true, crash, NULL}, &why);
    snprintf(v.text, sizeof v.text, "%s", why.text);
    if (steady >= 0 && v.error >= 0) {
        v.crashed = wait_for_role(&roles);
        v.status = roles.role[v.crashed].status;
        snprintf(v.name, sizeof v.name, "%s", roles.role[v.crashed].name);
        world_receive(roles.role[steady].socket, &v.found, sizeof v.found);
        world_send(roles.role[steady].socket, "end", 3);
        v.ended = wait_for_role(&roles);
        v.ended_status = roles.role[v.ended].status;
    }
    world_send(socket, &v, sizeof v);
    return 0;
}

static void a_role_that_crashes_is_named_with_its_signal_and_the_others_go_on(void **state)
{
    struct world w;
    struct verdict v = {0};
    (void)state;
    NEEDS_A_WORLD;
    assert_int_equal(world_start(&w, &(struct world_config){.keeper = keeper_of_roles}, NULL), 0);
    assert_int_equal(world_receive(w.socket, &v, sizeof v), sizeof v);
    assert_string_equal(v.text, "");
    assert_string_equal(v.name, "frail");
    assert_true(WIFSIGNALED(v.status) && WTERMSIG(v.status) == SIGSEGV);
    assert_int_equal(v.found.links, 1);
    assert_true(v.found.lo_up);
    assert_true(v.found.lo_up);
    assert_string_equal(v.found.retries, "1"); /* orphaned sockets do not hold its namespace for minutes */
    assert_true(v.found.pid_group_is_own);
    assert_int_equal(v.ended, 0);
    assert_true(WIFEXITED(v.ended_status) && WEXITSTATUS(v.ended_status) == 7);
    world_wait(&w);
}

/* Each process of the world holds the write end of a pipe and writes a byte to it when it runs: the reader knows when
 * all are there, and when the last is gone. */
static int hold_on(int socket, void *context)
{
    int fd = *(int *)context;
    (void)socket;
    if (write(fd, "r", 1) != 1) return 1;
    for (;;) pause();
}

static int keeper_that_stays(int socket, void *context)
{
    struct roles roles = {0};
    for (int i = 0; i < 3; i++)
        if (roles_start(&roles, &(struct role_config){"holder", i != 2, hold_on, context}, NULL) < 0) return 1;
    return hold_on(socket, context);
}

static int keeper_that_leaves(int socket, void *context)
{
    struct roles roles = {0};
    char word[4];
    for (int i = 0; i < 3; i++)
        if (roles_start(&roles, &(struct role_config){"holder", true, hold_on, context}, NULL) < 0) return 1;
    if (write(*(int *)context, "r", 1) != 1) return 1;
    return world_receive(socket, word, sizeof word) == 0 ? 5 : 6;
}

static void wait_until_all_run(int fd, int n)
{
    char c;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    for (int i = 0; i < n; i++) {
        assert_int_equal(poll(&p, 1, 5000), 1);
        assert_int_equal(read(fd, &c, 1), 1);
    }
}

static void assert_all_gone_soon(int fd)
{
    struct pollfd p = {.fd = fd};
    char c;
    assert_int_equal(poll(&p, 1, 3000), 1); /* hung up: nobody holds the other end */
    assert_int_equal(read(fd, &c, 1), 0);
    close(fd);
}

static void kill_the_parent(bool as_nobody)
{
    struct world w;
    int pipes[2], tell[2];
    pid_t init = 0;
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(pipe(tell), 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* init's end comes to this process */
    pid_t parent = fork();
    if (parent == 0) {
        close(pipes[0]);
        /* An exec makes a process dumpable again; without one its /proc files stay root's. */
        if (as_nobody && (setgid(65534) != 0 || setuid(65534) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0)) _exit(1);
        if (world_start(&w, &(struct world_config){.keeper = keeper_that_stays, .context = &pipes[1]}, NULL) < 0)
            _exit(2);
        if (write(tell[1], &w.init, sizeof w.init) < 0) _exit(3);
        for (;;) pause();
    }
    close(pipes[1]);
    close(tell[1]);
    wait_until_all_run(pipes[0], 4);
    assert_int_equal(read(tell[0], &init, sizeof init), sizeof init);
    close(tell[0]);
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    assert_all_gone_soon(pipes[0]);
    assert_int_equal(waitpid(init, NULL, 0), init);
    assert_int_equal(kill(init, 0), -1);
}

static void sigkill_of_the_parent_leaves_no_process(void **state)
{
    (void)state;
    NEEDS_A_WORLD;
    kill_the_parent(false);
}

static void sigkill_of_the_parent_leaves_no_process_of_an_ordinary_user(void **state)
{
    (void)state;
    NEEDS_A_WORLD;
    kill_the_parent(geteuid() == 0); /* who is not root is an ordinary user already */
}

static void the_end_of_the_keeper_is_the_end_of_all_and_it_sees_the_parents_socket_close(void **state)
{
    struct world w;
    int pipes[2];
    (void)state;
    NEEDS_A_WORLD;
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(world_start(&w, &(struct world_config){.keeper = keeper_that_leaves, .context = &pipes[1]}, NULL),
                     0);
    close(pipes[1]);
    wait_until_all_run(pipes[0], 4);
    close(w.socket);
    w.socket = -1;
    int status = world_wait(&w);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 5);
    assert_all_gone_soon(pipes[0]);
}

static void world_kill_ends_all_at_once(void **state)
{
    struct world w;
    int pipes[2];
    (void)state;
    NEEDS_A_WORLD;
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(world_start(&w, &(struct world_config){.keeper = keeper_that_stays, .context = &pipes[1]}, NULL),
                     0);
    close(pipes[1]);
    wait_until_all_run(pipes[0], 4);
    int status = world_kill(&w);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_all_gone_soon(pipes[0]);
}

/* In a user namespace of its own the limits below /proc/sys/user can be set to 0, for that namespace only. */
static void a_limit_of_no_namespaces_is_named(void **state)
{
    int pipes[2];
    struct net_error why = {0};
    (void)state;
    NEEDS_A_WORLD;
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        struct world w;
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0)) _exit(1);
        char map[32];
        snprintf(map, sizeof map, "0 %u 1", geteuid());
        int bad = unshare(CLONE_NEWUSER);
        int fd = open("/proc/self/uid_map", O_WRONLY);
        bad |= write(fd, map, strlen(map)) < 0;
        bad |= sysctl_set("user/max_net_namespaces", "0", &why);
        if (!bad) bad = world_start(&w, &(struct world_config){.keeper = keeper_that_stays}, &why) != -ENOSPC;
        if (write(pipes[1], &why, sizeof why) < 0) bad = 1;
        _exit(bad);
    }
    int status;
    assert_int_equal(read(pipes[0], &why, sizeof why), sizeof why);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!strstr(why.text, "/proc/sys/user/max_net_namespaces is 0")) fail_msg("%s", why.text);
    assert_int_equal(status, 0);
    close(pipes[0]);
    close(pipes[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_keeper_is_root_of_a_world_with_its_own_processes_network_and_files),
        cmocka_unit_test(the_parent_learns_by_which_signal_the_keeper_died),
        cmocka_unit_test(a_folder_that_is_not_there_is_named_in_the_reason),
        cmocka_unit_test(a_role_that_crashes_is_named_with_its_signal_and_the_others_go_on),
        cmocka_unit_test(sigkill_of_the_parent_leaves_no_process),
        cmocka_unit_test(sigkill_of_the_parent_leaves_no_process_of_an_ordinary_user),
        cmocka_unit_test(the_end_of_the_keeper_is_the_end_of_all_and_it_sees_the_parents_socket_close),
        cmocka_unit_test(world_kill_ends_all_at_once),
        cmocka_unit_test(a_limit_of_no_namespaces_is_named),
    };
    return cmocka_run_group_tests(tests, is_it_possible, NULL);
}
