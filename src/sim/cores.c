#include "sim/cores.h"
#include <stdlib.h>

/* sysctl_sched_base_slice: 0.7 ms * (1 + log2(cores)), of 8 cores at most. CONFIG_HZ=250, as distributions have it. A
 * lag is bounded by a tick (update_entity_lag). */
static const usec SLICE = 700, TICK = 4 * MSEC;
enum { CORES_SCALED = 8 };

bool cores_open(struct cores *c, uint32_t cores, uint32_t users, const struct cores_hooks *hooks)
{
    *c = (struct cores){.hooks = *hooks,
                        .core = calloc(cores, sizeof *c->core),
                        .user = calloc(users, sizeof *c->user),
                        .cores = cores,
                        .users = users,
                        .slice = SLICE,
                        .tick = TICK};
    for (uint32_t n = 2; n <= cores && n <= CORES_SCALED; n *= 2) c->slice += SLICE;
    for (uint32_t i = 0; c->core && i < cores; i++) c->core[i].user = NOBODY;
    for (uint32_t i = 0; c->user && i < users; i++) c->user[i].core = i % cores;
    if (c->core && c->user) return true;
    cores_close(c);
    return false;
}

void cores_close(struct cores *c)
{
    free(c->core);
    free(c->user);
    c->core = NULL;
    c->user = NULL;
}

/* --- virtual time --- */

/* Of those who want a core: how many, and the sum of their times. */
struct crowd {
    int64_t count, sum;
};

static struct crowd crowd_of(const struct cores *c, uint32_t core)
{
    struct crowd all = {0};

    for (uint32_t i = 0; i < c->users; i++) {
        if (!c->user[i].wants || c->user[i].core != core) continue;
        all.count++;
        all.sum += c->user[i].time;
    }
    return all;
}

static int64_t mean(const struct cores *c, uint32_t core)
{
    struct crowd all = crowd_of(c, core);

    return all.count ? all.sum / all.count : c->core[core].mean;
}

static void count_time(struct cores *c, uint32_t core)
{
    if (c->core[core].user == NOBODY) return;
    struct cores_user *u = &c->user[c->core[core].user];
    usec now = c->hooks.now(c->hooks.context);

    u->time += (int64_t)(now - u->began);
    u->began = now;
}

/* --- who has a core --- */

static void give(struct cores *c, uint32_t core, uint32_t user)
{
    uint32_t was = c->core[core].user;

    c->core[core].user = user;
    if (was != NOBODY) {
        c->user[was].has = false;
        c->hooks.lost(c->hooks.context, was);
    }
    if (user == NOBODY) return;
    c->user[user].has = true;
    c->user[user].began = c->hooks.now(c->hooks.context);
    c->hooks.has(c->hooks.context, user);
}

/* pick_eevdf. Somebody is eligible where somebody is: whoever is the furthest behind. */
static uint32_t best(const struct cores *c, uint32_t core)
{
    struct crowd all = crowd_of(c, core);
    uint32_t found = NOBODY;

    for (uint32_t i = 0; i < c->users; i++) {
        const struct cores_user *u = &c->user[i];
        if (!u->wants || u->core != core || u->time * all.count > all.sum) continue;
        if (found == NOBODY || u->deadline < c->user[found].deadline) found = i;
    }
    return found;
}

static bool is_ahead(const struct cores *c, uint32_t user)
{
    struct crowd all = crowd_of(c, c->user[user].core);

    return c->user[user].time * all.count > all.sum;
}

bool cores_idle(const struct cores *c, uint32_t user)
{
    return c->core[c->user[user].core].user == NOBODY;
}

/* place_entity: with it the mean moves, so that it is set back by more than its lag. Who was ahead is as far ahead as
 * it still is. */
static void place(struct cores *c, struct cores_user *u)
{
    struct crowd all = crowd_of(c, u->core);
    int64_t now = mean(c, u->core);

    if (u->lag < 0)
        u->time = u->time > now ? u->time : now;
    else
        u->time = all.count ? now - u->lag * (all.count + 1) / all.count : now;
    u->deadline = u->time + (int64_t)c->slice;
    u->wants = true;
}

void cores_wake(struct cores *c, uint32_t user)
{
    struct cores_user *u = &c->user[user];
    uint32_t core = u->core, has = c->core[core].user;

    if (u->wants) return;
    count_time(c, core);
    place(c, u);
    if (has == NOBODY || (is_ahead(c, has) && best(c, core) == user)) give(c, core, user);
}

void cores_sleep(struct cores *c, uint32_t user)
{
    struct cores_user *u = &c->user[user];
    uint32_t core = u->core;

    if (!u->wants) return;
    count_time(c, core);
    c->core[core].mean = mean(c, core);
    u->lag = c->core[core].mean - u->time;
    if (u->lag > (int64_t)TICK) u->lag = (int64_t)TICK;
    u->wants = false;
    if (!u->has) return;
    u->has = false;
    c->core[core].user = NOBODY;
    give(c, core, best(c, core));
}

void cores_over(struct cores *c, uint32_t user)
{
    struct cores_user *u = &c->user[user];

    if (!u->has) return;
    count_time(c, u->core);
    if (u->time < u->deadline) return;
    u->deadline = u->time + (int64_t)c->slice;
    uint32_t next = best(c, u->core);
    if (next != user) give(c, u->core, next);
}

/* --- ticks --- */

/* Whoever has not had its core for the longest time moves: it comes as far behind as it was. */
static void move_one(struct cores *c, uint32_t from, uint32_t to)
{
    uint32_t taken = NOBODY;

    for (uint32_t i = 0; i < c->users; i++) {
        const struct cores_user *u = &c->user[i];
        if (!u->wants || u->has || u->core != from) continue;
        if (taken == NOBODY || u->began < c->user[taken].began) taken = i;
    }
    if (taken == NOBODY) return;
    struct cores_user *u = &c->user[taken];
    count_time(c, from);
    int64_t lag = mean(c, from) - u->time;
    u->wants = false;
    u->core = to;
    u->time = mean(c, to) - lag;
    u->deadline = u->time + (int64_t)c->slice;
    u->wants = true;
    if (c->core[to].user == NOBODY) give(c, to, taken);
}

void cores_go(struct cores *c)
{
    usec now = c->hooks.now(c->hooks.context);
    uint32_t most = 0, least = 0;

    if (now < c->tick) return;
    c->tick = (now / TICK + 1) * TICK;
    for (uint32_t i = 1; i < c->cores; i++) {
        if (crowd_of(c, i).count > crowd_of(c, most).count) most = i;
        if (crowd_of(c, i).count < crowd_of(c, least).count) least = i;
    }
    if (crowd_of(c, most).count >= crowd_of(c, least).count + 2) move_one(c, most, least);
}
