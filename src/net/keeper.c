/* The keeper: starts the two processes of a lab, joins their networks, passes on what is asked of them. */
#include "net/loop.h"
#include "net/netlink.h"
#include "net/process.h"
#include "net/world.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int join(const struct roles *roles, int fleet, int servers, struct net_error *why)
{
    struct netlink n;
    struct veth_end uplink = {.name = "uplink0", .pid = roles->role[fleet].pid},
                    server = {.name = "eth0", .mac = {{0x02, 0x5e, 0, 0, 0, 1}}, .pid = roles->role[servers].pid};
    int error = netlink_open(&n, why);

    if (error) return error;
    error = netlink_add_veth(&n, &uplink, &server, 0, why);
    netlink_close(&n);
    return error;
}

static int both(const struct roles *roles, const void *message, size_t size)
{
    int error = 0;

    for (size_t i = 0; i < roles->count; i++) {
        int e = world_send(roles->role[i].socket, message, size);
        if (e) error = e;
    }
    return error;
}

/* One message from the process that shows the lab goes to whom it concerns. False: it is gone. */
static bool pass_on(int socket, const struct process *process, const struct roles *roles, int fleet, int servers)
{
    uint8_t bytes[PROCESS_MESSAGE];
    ssize_t n = world_receive(socket, bytes, sizeof bytes);

    if (n <= 0) return false;
    switch (bytes[0]) {
    case ASKS_PLUG:
    case ASKS_USER:
    case ASKS_UNPLUG: (void)world_send(roles->role[fleet].socket, bytes, (size_t)n); return true;
    case ASKS_DOWN:
    case ASKS_UP:
    case ASKS_CHANGE: (void)world_send(roles->role[servers].socket, bytes, (size_t)n); return true;
    case ASKS_REPORT: /* the keeper's own memory belongs to the whole */
        say_counts(process, ROLE_FLEET, 0, 0, 0);
        (void)both(roles, bytes, (size_t)n);
        return true;
    default: (void)both(roles, bytes, (size_t)n); return bytes[0] != ASKS_END;
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
        say_text(process, SAYS_FAILED, (enum process_role)i, text);
    }
    return ended;
}

static int watch(int socket, const struct process *process, struct roles *roles, int fleet, int servers)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    struct pollfd polled[] = {{.fd = socket, .events = POLLIN}, {.fd = fd, .events = POLLIN}};

    if (fd < 0) return 3;
    for (;;) {
        if (check_roles(process, roles, false)) return 3;
        if (poll(polled, 2, -1) < 0 && errno != EINTR) return 3;
        if (polled[1].revents) {
            struct signalfd_siginfo info;
            while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
            }
        }
        if (polled[0].revents && !pass_on(socket, process, roles, fleet, servers)) break;
    }
    return 0;
}

int lab_keeper(int socket, void *context)
{
    struct process *process = context;
    struct roles roles = {0};
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
    int fleet = roles_start(
        &roles, &(struct role_config){.name = "fleet", .own_network = true, .run = fleet_run, .context = process},
        &why);
    attach_close(&process->attach); /* the fleet has it, and nobody else is to hold it */
    int servers =
        fleet < 0
            ? fleet
            : roles_start(&roles,
                          &(struct role_config){
                              .name = "servers", .own_network = true, .run = process->servers, .context = process},
                          &why);
    if (servers < 0 || join(&roles, fleet, servers, &why) || both(&roles, &network, 1)) {
        say_text(process, SAYS_FAILED, ROLE_FLEET,
                 why.text[0] ? why.text : "a process of the lab could not be started");
        roles_kill(&roles);
        return 3;
    }
    int status = watch(socket, process, &roles, fleet, servers);
    usec until = monotonic_now() + 2 * SECOND; /* they close what is open; then whatever is left is killed */
    while (monotonic_now() < until && (roles.role[fleet].pid || roles.role[servers].pid)) {
        (void)check_roles(process, &roles, true);
        (void)poll(NULL, 0, 5);
    }
    roles_kill(&roles);
    return status;
}
