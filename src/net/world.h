/* net/world.h: the lab's own world: namespaces of its own for network, mounts and processes, for root and for anybody.
 *
 *     parent (outside) ── init (process 1 of the world: reaps, ends all) ── keeper (runs the caller's function) ──
 *     roles
 *
 * world_start makes the namespaces (a user namespace too, where the caller is not root or lacks CAP_SYS_ADMIN: the
 * caller is then root inside), mounts a tmpfs on a folder and a /proc of the world's own, and runs a function of the
 * caller's in it, the keeper. The keeper starts roles, each a process with a network namespace of its own and a socket
 * to the keeper. When the keeper ends, or is killed, init ends, and with it the kernel kills every process of the
 * world; so it does when the parent dies, by whatever signal (PR_SET_PDEATHSIG; tied to the THREAD that called
 * world_start: call it from the main thread, before others are made).
 *
 * Takes   functions. They run in forked copies of the caller, with its memory as it was; their return value is the exit
 *         status. Roles ought to be started before the keeper makes a libuv loop or a thread: a fork has neither.
 * Gives   0, or a negative errno and in *why which setting or privilege of this machine is missing.
 * Memory  descriptors and processes only.
 * Signals The keeper is in the parent's process group and has the default actions: it gets the terminal's ^C, as the
 *         parent does; each of them should have a handler. Roles are in groups of their own, so that ^C leaves their
 *         end to the keeper. A role that is killed is reported by roles_reap: which, and by what signal.
 * Left    nothing once init is gone, but orphaned TCP sockets: each role sets tcp_orphan_retries to 1 for that (done
 *         here), or they would hold their namespaces for minutes.
 */
#ifndef NET_WORLD_H
#define NET_WORLD_H
#include "net/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef int world_fn(int socket, void *context); /* returns the exit status of its process */

struct world_config {
    const char *tmpfs_on;   /* an existing folder that gets a tmpfs of the world's own; NULL: none */
    const char *tmpfs_size; /* as mount(8) takes it: "256m"; NULL: "256m" */
    world_fn *keeper;       /* `socket`: to the parent, a SOCK_SEQPACKET pair; EOF when the parent is gone */
    void *context;
};

struct world {
    pid_t init; /* as the parent sees it; the parent's child */
    int socket; /* to the keeper; the parent closes it with world_wait, or before to tell the keeper to end */
    int report;
    bool user_namespace;
    bool own_proc; /* false: the kernel forbids a new /proc (where the old one is partly covered, as in a container) */
};

int world_start(struct world *, const struct world_config *, struct net_error *why);
/* Waits until the world is gone; closes its descriptors. Returns the keeper's wait status (see <sys/wait.h>), or, when
 * init itself was killed, init's. Sockets of the world may need some 2 s more to leave the kernel. */
int world_wait(struct world *);
/* Ends the world at once, as SIGKILL of the parent would, and waits. */
int world_kill(struct world *);
/* Could a world be made here? 0, or what world_start would say. Makes one with nothing in it and ends it. */
int world_possible(struct net_error *why);

enum { ROLES_MOST = 64, ROLE_NAME = 24 };

struct role {
    char name[ROLE_NAME];
    pid_t pid;  /* 0 once it ended */
    int socket; /* to it, SOCK_SEQPACKET; -1 once closed */
    int status; /* wait status once it ended */
};

struct roles {
    struct role role[ROLES_MOST];
    size_t count;
};

struct role_config {
    const char *name;
    bool own_network; /* a network namespace of its own, with lo up; else the keeper's */
    world_fn *run;    /* `socket`: to the keeper */
    void *context;
};

/* For the keeper (and for tests, as root). The role exists, in its namespace, when the call returns. Returns its index
 * in roles->role, or a negative errno. */
int roles_start(struct roles *, const struct role_config *, struct net_error *why);
/* Which role has ended since the last call: its index, with its `status` set, or -1 for none (yet). Never waits; also
 * reaps what is not a role. Call it on SIGCHLD until it says -1. */
int roles_reap(struct roles *);
/* Sends SIGKILL to all that live, and reaps them. */
void roles_kill(struct roles *);

enum { STATUS_TEXT = 64 };
/* "exit status 3", "killed by signal 11 (Segmentation fault)"; returns `to`. */
const char *status_text(char to[STATUS_TEXT], int status);

/* One message, whole, over such a socket; waits while the other side does not read. 0 or a negative errno. */
int world_send(int socket, const void *message, size_t size);
/* One message; waits for it. Its length, 0 when the other side is gone, or a negative errno; a longer one is cut. */
ssize_t world_receive(int socket, void *to, size_t size);
#endif
