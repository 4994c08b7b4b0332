/* app/serve/daemon.h: what a good daemon owes its machine: one instance a store, as little privilege as will do, word
 * to systemd.
 *
 * daemon_lock        STATE/lock, flock(2), with our pid in it. -EALREADY with the other's pid in *why when another
 *                    instance has it. The descriptor stays open: the lock ends with the process, however that ends.
 * daemon_notify      sd_notify(3)'s datagram to NOTIFY_SOCKET: "READY=1", "STOPPING=1", "STATUS=...". Nothing when
 *                    there is none.
 * daemon_watchdog    how often to say WATCHDOG=1: half of WATCHDOG_USEC when that is meant for us; 0: not asked for.
 * daemon_drop        after binding. As root: becomes `user` when such a user exists and owns the folder `state`, else
 *                    keeps its uid. Every capability but those of `keep` leaves all five sets (capabilities(7)), and no
 *                    program that it runs can gain any (no_new_privs). What was done is in `said`, one line.
 * daemon_filter      a seccomp filter: what a server of datagrams, streams and files needs, and threads; all else
 *                    answers EPERM, execve(2) and ptrace(2) among it. For every thread, those that run already too.
 *                    False where the kernel has none (*why).
 */
#ifndef APP_SERVE_DAEMON_H
#define APP_SERVE_DAEMON_H
#include "base/engine.h"
#include "net/error.h"

int daemon_lock(const char *state, struct net_error *why); /* the descriptor, or a negative errno */
void daemon_notify(const char *text);
usec daemon_watchdog(void);
int daemon_drop(const char *user, const char *state, uint64_t keep, char said[200], struct net_error *why);
bool daemon_filter(struct net_error *why);
#endif
