/* sim/cores.h: which process has a core: the kernel's scheduler, as far as processes that wake each other all the time
 * meet it.
 *
 * On a core those who want it have it by turns, evenly (EEVDF, Linux 6.6 and later: kernel/sched/fair.c). Each has a
 * virtual time, that goes on while it runs. Whoever is behind the mean is eligible; of these the one whose slice would
 * end first has the core. Who wakes is as far behind as it was when it fell asleep, and takes the core at once from one
 * that is ahead of the mean. A process stays on its core. Who wakes goes where it was before, though that core is busy
 * and another idles: of 2,394 such wakes in a lab on two cores 2,364 did. Only at a tick does the core that fewest want
 * take one that waits where most do, if those are two more.
 *
 * Takes   who wakes, who sleeps, when something that took time is over (cores_over: a slice may be, too), all at the
 *         owner's moment.
 * Gives   to the hooks: who has a core from now on, and who has lost it. They may be called before the call returns.
 * Memory  of cores_open. Nothing is drawn at random.
 */
#ifndef SIM_CORES_H
#define SIM_CORES_H
#include "base/engine.h"

struct cores_user {
    int64_t time, deadline; /* virtual, µs; the end of its slice */
    int64_t lag;            /* asleep: how far it was behind the mean */
    usec began;             /* has the core: since, or until when `time` is counted; else when it had it last */
    uint32_t core;
    bool wants, has;
};

struct core {
    uint32_t user; /* who has it; NOBODY */
    int64_t mean;  /* virtual: when the last one fell asleep */
};

struct cores_hooks {
    void *context;
    usec (*now)(void *context);
    void (*has)(void *context, uint32_t user);
    void (*lost)(void *context, uint32_t user);
};

struct cores {
    struct cores_hooks hooks;
    struct core *core;
    struct cores_user *user;
    uint32_t cores, users;
    usec slice, tick; /* tick: when the next one is */
};

enum { NOBODY = UINT32_MAX };

/* Users begin asleep, spread over the cores. False: no memory. */
bool cores_open(struct cores *, uint32_t cores, uint32_t users, const struct cores_hooks *);
void cores_close(struct cores *);
bool cores_idle(const struct cores *, uint32_t user); /* the core where it would wake */
void cores_wake(struct cores *, uint32_t user);
void cores_sleep(struct cores *, uint32_t user);
void cores_over(struct cores *, uint32_t user);
void cores_go(struct cores *); /* time has gone on: there may have been a tick */
#endif
