#include "sim/crew.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { LOOKS = 4000, LINE = 64 };

struct crew_room {
    crew_work_fn *work;
    void *context;
    uint32_t items, hands;
    bool over;
    pthread_mutex_t lock;
    pthread_cond_t called;
    pthread_t thread[CREW_HANDS];
    _Alignas(LINE) atomic_uint next;  /* the item that nobody has taken yet */
    _Alignas(LINE) atomic_uint round; /* goes up as a work begins */
    _Alignas(LINE) atomic_uint busy;  /* hands that are not done with it */
    _Alignas(LINE) atomic_uint asleep;
};

struct hand {
    struct crew_room *room;
    uint32_t number;
};

static void breathe(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static void do_items(struct crew_room *r, uint32_t hand)
{
    for (uint32_t i; (i = atomic_fetch_add_explicit(&r->next, 1, memory_order_relaxed)) < r->items;)
        r->work(r->context, hand, i);
}

static void wait_for_work(struct crew_room *r, unsigned seen)
{
    for (unsigned i = 0; i < LOOKS; i++) {
        if (atomic_load_explicit(&r->round, memory_order_acquire) != seen) return;
        breathe();
    }
    (void)pthread_mutex_lock(&r->lock);
    atomic_fetch_add(&r->asleep, 1);
    while (atomic_load(&r->round) == seen) (void)pthread_cond_wait(&r->called, &r->lock);
    atomic_fetch_sub(&r->asleep, 1);
    (void)pthread_mutex_unlock(&r->lock);
}

static void *live(void *of)
{
    struct hand h = *(struct hand *)of;
    struct crew_room *r = h.room;

    free(of);
    for (unsigned round = 0;; round++) {
        wait_for_work(r, round);
        if (r->over) return NULL;
        do_items(r, h.number);
        atomic_fetch_sub_explicit(&r->busy, 1, memory_order_release);
    }
}

static void call(struct crew_room *r)
{
    atomic_fetch_add(&r->round, 1);
    if (atomic_load(&r->asleep) == 0) return;
    (void)pthread_mutex_lock(&r->lock);
    (void)pthread_cond_broadcast(&r->called);
    (void)pthread_mutex_unlock(&r->lock);
}

static bool hire(struct crew_room *r)
{
    struct hand *h = malloc(sizeof *h);

    if (!h) return false;
    *h = (struct hand){r, r->hands};
    if (pthread_create(&r->thread[r->hands], NULL, live, h) != 0) {
        free(h);
        return false;
    }
    r->hands++;
    return true;
}

void crew_open(struct crew *c, uint32_t hands)
{
    sigset_t all, before;

    *c = (struct crew){.hands = 1};
    if (hands > CREW_HANDS) hands = CREW_HANDS;
    if (hands <= 1) return;
    size_t size = (sizeof *c->room + LINE - 1) / LINE * LINE;
    struct crew_room *r = aligned_alloc(LINE, size);
    if (!r) return;
    r->hands = 1;
    r->over = false;
    atomic_init(&r->next, 0);
    atomic_init(&r->round, 0);
    atomic_init(&r->busy, 0);
    atomic_init(&r->asleep, 0);
    (void)pthread_mutex_init(&r->lock, NULL);
    (void)pthread_cond_init(&r->called, NULL);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (r->hands < hands && hire(r)) continue;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    *c = (struct crew){.hands = r->hands, .room = r};
}

void crew_do(struct crew *c, crew_work_fn *work, void *context, uint32_t items)
{
    struct crew_room *r = c->room;

    if (!r) {
        for (uint32_t i = 0; i < items; i++) work(context, 0, i);
        return;
    }
    r->work = work;
    r->context = context;
    r->items = items;
    atomic_store_explicit(&r->next, 0, memory_order_relaxed);
    atomic_store_explicit(&r->busy, r->hands - 1, memory_order_relaxed);
    call(r);
    do_items(r, 0);
    for (unsigned i = 0; atomic_load_explicit(&r->busy, memory_order_acquire) > 0; i++)
        if (i < LOOKS)
            breathe();
        else
            (void)sched_yield(); /* another hand has lost its core */
}

void crew_close(struct crew *c)
{
    struct crew_room *r = c->room;

    if (r) {
        r->over = true;
        call(r);
        for (uint32_t i = 1; i < r->hands; i++) (void)pthread_join(r->thread[i], NULL);
        (void)pthread_cond_destroy(&r->called);
        (void)pthread_mutex_destroy(&r->lock);
        free(r);
    }
    *c = (struct crew){.hands = 1};
}
