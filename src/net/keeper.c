/* The keeper: starts the processes of a lab, joins their networks, passes on what is asked of them. */
#include "net/loop.h"
#include "net/netlink.h"
#include "net/process.h"
#include "net/world.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* Which roles are what: the fleets first, then the servers, then the fronts of their CallManagers. */
struct lab_roles {
    struct roles all;
    uint32_t fleets;
    int servers;
};

static int join_switch(struct netlink *n, const struct lab_roles *roles, uint32_t k, uint32_t fleet,
                       struct net_error *why)
{
    char near[16], far[16];
    struct veth_end uplink = {.name = near, .pid = roles->all.role[fleet].pid},
                    server = {.name = far,
                              .mac = mac_from_number(UINT64_C(0x025e00000001) + k),
                              .pid = roles->all.role[roles->servers].pid};

    (void)snprintf(near, sizeof near, "uplink%u", k);
    (void)snprintf(far, sizeof far, "eth%u", k);
    return netlink_add_veth(n, &uplink, &server, 0, why);
}

static int join(const struct process *process, const struct lab_roles *roles, struct net_error *why)
{
    struct netlink n;
    int error = netlink_open(&n, why);

    if (error) return error;
    for (uint32_t i = 0; !error && i < roles->fleets; i++) {
        uint32_t first, switches;
        layout_fleet(&process->layout, i, &first, &switches);
        for (uint32_t k = 0; !error && k < switches; k++) error = join_switch(&n, roles, first + k, i, why);
    }
    netlink_close(&n);
    return error;
}

static int each(const struct roles *roles, size_t first, size_t count, const void *message, size_t size)
{
    int error = 0;

    for (size_t i = first; i < first + count; i++) {
        int e = world_send(roles->role[i].socket, message, size);
        if (e) error = e;
    }
    return error;
}

/* To the fleet that has this phone; all phones are everybody's. */
static void pass_to_fleet(const struct process *process, const struct lab_roles *roles, const uint8_t *bytes,
                          size_t size)
{
    struct fault why;
    struct reader r = reader((struct bytes){bytes + 1, size - 1}, &why);
    uint32_t phone = read_be32(&r);

    if (phone < process->plan->phones)
        (void)each(&roles->all, layout_fleet_of(&process->layout, plan_switch_of(process->plan, phone)), 1, bytes,
                   size);
    else
        (void)each(&roles->all, 0, roles->fleets, bytes, size);
}

/* One message from the process that shows the lab goes to whom it concerns. False: it is gone. */
static bool pass_on(int socket, const struct process *process, const struct lab_roles *roles)
{
    uint8_t bytes[PROCESS_MESSAGE];
    ssize_t n = world_receive(socket, bytes, sizeof bytes);
    const struct roles *all = &roles->all;

    if (n <= 0) return false;
    switch (bytes[0]) {
    case ASKS_PLUG:
    case ASKS_USER:
    case ASKS_UNPLUG: pass_to_fleet(process, roles, bytes, (size_t)n); return true;
    case ASKS_DOWN:
    case ASKS_UP:
    case ASKS_CHANGE: (void)each(all, (size_t)roles->servers, 1, bytes, (size_t)n); return true;
    case ASKS_REPORT: /* the keeper's own memory belongs to the whole */
        say_counts(process, ROLE_FLEET, 0, 0, 0);
        (void)each(all, 0, all->count, bytes, (size_t)n);
        return true;
    default: (void)each(all, 0, all->count, bytes, (size_t)n); return bytes[0] != ASKS_END;
    }
}

/* A role that ended by itself: told, and the lab ends. */
static bool check_roles(const struct process *process, struct roles *roles, bool ending)
{
    char status[STATUS_TEXT], text[128];
    bool ended = false;

    for (int i; (i = roles_reap(roles)) >= 0;) {
        ended = true;
        if (ending) continue;
        (void)snprintf(text, sizeof text, "the %s process ended: %s", roles->role[i].name,
                       status_text(status, roles->role[i].status));
        say_text(process, SAYS_FAILED, ROLE_FLEET, text);
    }
    return ended;
}

static int watch(int socket, const struct process *process, struct lab_roles *roles)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    struct pollfd polled[] = {{.fd = socket, .events = POLLIN}, {.fd = fd, .events = POLLIN}};

    if (fd < 0) return 3;
    for (;;) {
        if (check_roles(process, &roles->all, false)) return 3;
        if (poll(polled, 2, -1) < 0 && errno != EINTR) return 3;
        if (polled[1].revents) {
            struct signalfd_siginfo info;
            while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
            }
        }
        if (polled[0].revents && !pass_on(socket, process, roles)) break;
    }
    return 0;
}

static int start_fleets(struct lab_roles *roles, struct process *process, struct net_error *why)
{
    for (uint32_t i = 0; i < process->layout.fleets; i++) {
        char name[ROLE_NAME] = "fleet";
        if (process->layout.fleets > 1) (void)snprintf(name, sizeof name, "fleet %u", i + 1);
        process->which = i;
        struct role_config config = {.name = name, .own_network = true, .run = fleet_run, .context = process};
        int error = roles_start(&roles->all, &config, why);
        if (error < 0) return error;
        if (i == 0) attach_close(&process->attach); /* the first fleet has it, and nobody else is to hold it */
        roles->fleets++;
    }
    return 0;
}

static int start_servers(struct lab_roles *roles, struct process *process, struct net_error *why)
{
    struct role_config config = {.name = "servers", .own_network = true, .run = process->servers, .context = process};

    process->which = 0;
    roles->servers = roles_start(&roles->all, &config, why);
    return roles->servers < 0 ? roles->servers : 0;
}

/* After the servers, whose network they join; and no fleet holds their sockets. */
static int start_fronts(struct lab_roles *roles, struct process *process, struct net_error *why)
{
    uint32_t fronts = process->layout.fronts ? process->plan->callmanagers : 0;
    int error = 0;

    process->servers_pid = roles->all.role[roles->servers].pid;
    for (uint32_t i = 0; error >= 0 && i < fronts; i++) {
        char name[ROLE_NAME];
        struct role_config config = {.name = name, .run = front_run, .context = process};
        process->which = i;
        (void)snprintf(name, sizeof name, "CallManager %u", i + 1);
        error = roles_start(&roles->all, &config, why);
    }
    for (uint32_t i = 0; i < fronts; i++) { /* the ends that are left to the keeper would hide that one is gone */
        close(process->front[i][0]);
        close(process->front[i][1]);
    }
    return error < 0 ? error : 0;
}

static int make_channels(struct process *process, struct net_error *why)
{
    for (uint32_t i = 0; process->layout.fronts && i < process->plan->callmanagers; i++)
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, process->front[i]) < 0)
            return net_fail_errno(why, "socketpair");
    return 0;
}

static bool any_left(const struct roles *roles)
{
    for (size_t i = 0; i < roles->count; i++)
        if (roles->role[i].pid) return true;
    return false;
}

int lab_keeper(int socket, void *context)
{
    static struct lab_roles roles;
    struct process *process = context;
    struct net_error why = {0};
    uint8_t network = ASKS_NETWORK;
    sigset_t set;

    /* The showing process has the terminal's signals too, and decides: it says END, or is gone. */
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);

    process->up = socket;
    if (start_fleets(&roles, process, &why) || make_channels(process, &why) || start_servers(&roles, process, &why) ||
        start_fronts(&roles, process, &why) || join(process, &roles, &why) ||
        each(&roles.all, 0, roles.all.count, &network, 1)) {
        say_text(process, SAYS_FAILED, ROLE_FLEET,
                 why.text[0] ? why.text : "a process of the lab could not be started");
        roles_kill(&roles.all);
        return 3;
    }
    int status = watch(socket, process, &roles);
    usec until = monotonic_now() + 2 * SECOND; /* they close what is open; then whatever is left is killed */
    while (status == 0 && monotonic_now() < until && any_left(&roles.all)) {
        (void)check_roles(process, &roles.all, true);
        (void)poll(NULL, 0, 5);
    }
    roles_kill(&roles.all);
    return status;
}
