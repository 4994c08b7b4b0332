/* tests/sim/lab.h: a lab of the same pattern as `dialtone lab` has, in virtual time, for tests. */
#ifndef TESTS_SIM_LAB_H
#define TESTS_SIM_LAB_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "base/facts.h"
#include "phone/news.h"
#include "switch/news.h"
#include "server/news.h"
#include "sim/sim.h"
#include "wire/sccp.h"

enum { FILES = 128, LAB_PHONES = 600 };

struct lab {
    struct plan plan;
    struct sim sim;
    struct file file[FILES];
    uint32_t registered[LAB_PHONES], boots[LAB_PHONES];
    char load[LAB_PHONES][LOAD_NAME];
    uint16_t last[LAB_PHONES];
    uint32_t seen[LAB_PHONES][256]; /* how often each of the phone news, from PHONE_POWERED up */
    uint32_t denied, overtaken;     /* ports that got no power; frames and segments that later ones overtook */
};

static inline void hear(void *context, usec now, enum sim_side side, uint32_t party, const struct action *a,
                        struct bytes facts)
{
    struct lab *lab = context;

    (void)now;
    if (side == SIDE_FLEET && a->news == SWITCH_POWER_DENIED) lab->denied++;
    if (side == SIDE_FLEET && a->news == WAY_OVERTAKEN) lab->overtaken++;
    if (side != SIDE_FLEET || party >= lab->plan.phones) return;
    lab->seen[party][a->news - PHONE_POWERED]++;
    lab->last[party] = a->news;
    if (a->news == PHONE_REGISTERED) lab->registered[party]++;
    if (a->news == PHONE_IMAGE) {
        lab->boots[party]++;
        text_copy(lab->load[party], LOAD_NAME, told_text(facts, FACT_LOAD));
    }
}

static inline void add_load(struct lab *lab, const char *name)
{
    uint8_t *bytes = malloc(LOAD_BUILT_IN_MOST), *list = malloc(512);
    char *file = malloc(80), *list_name = malloc(80);
    struct writer w = writer(bytes, LOAD_BUILT_IN_MOST), l = writer(list, 512), n = writer(file, 80),
                  m = writer(list_name, 80);

    assert_true(load_built_in_make(&w, bytes_of(name)));
    loads_write(&l, bytes_of(name));
    write_text(&n, name);
    write_text(&n, ".bin");
    write_text(&m, name);
    write_text(&m, ".loads");
    lab->file[lab->plan.files++] = (struct file){written(&n), written(&w)};
    lab->file[lab->plan.files++] = (struct file){written(&m), written(&l)};
}

static inline void add_load_once(struct lab *lab, const struct phone_model *m)
{
    const char *load = m->speaks_sccp ? load_built_in(m, false) : NULL;

    for (size_t i = 0; load && i < lab->plan.files; i++)
        if (bytes_begin(lab->file[i].name, load) && bytes_end(lab->file[i].name, ".bin")) return;
    if (load) add_load(lab, load);
}

/* The lab of `./run lab`: 7910, 7960 with an older load, 7970 that is known; in turn. */
static inline struct lab *lab_over(uint32_t phones, uint32_t per_switch, uint64_t seed)
{
    static const char *const models[] = {"7910", "7960", "7970"};
    struct lab *lab = calloc(1, sizeof *lab);
    struct plan *p = &lab->plan;

    plan_default(p);
    assert_true(plan_phones(p, phones, per_switch));
    p->seed = seed;
    p->wall = UINT64_C(1790000000000000);
    p->file = lab->file;
    for (uint32_t i = 0; i < phones; i++) {
        const struct phone_model *m = model_find(bytes_of(models[i % 3]));
        p->phone[i] = (struct plan_phone){.mac = mac_from_number(0x020000000001 + i),
                                          .model = m,
                                          .load = load_built_in(m, i % 3 == 1),
                                          .known = i % 3 == 2};
    }
    for (size_t i = 0; i < 3; i++) add_load(lab, load_built_in(model_find(bytes_of(models[i])), false));
    return lab;
}

static inline struct lab *lab_of(uint32_t phones, uint64_t seed)
{
    return lab_over(phones, PLAN_PHONES, seed);
}

static inline void wrong(struct lab *lab, const char *fault)
{
    assert_true(fault_set(&lab->plan.faults, bytes_of(fault)));
}

static inline void begin(struct lab *lab, struct sim_config config)
{
    struct fault why;

    config.plan = &lab->plan;
    config.tell = hear;
    config.context = lab;
    assert_true(sim_open(&lab->sim, &config, &why));
    sim_plug(&lab->sim, UINT32_MAX, CABLE_STRAIGHT);
}

/* In turns of this length: 0: in one. */
static inline void run_in_turns(struct lab *lab, usec until, usec turn)
{
    for (usec at = turn; turn && at < until; at += turn) sim_run(&lab->sim, at, NULL, NULL);
    sim_run(&lab->sim, until, NULL, NULL);
}

static inline void end(struct lab *lab)
{
    assert_false(lab->sim.failed);
    const struct sim_counts counts = sim_counts(&lab->sim);
    assert_int_equal(counts.overflows, 0);
    assert_int_equal(counts.spins, 0);
    sim_close(&lab->sim);
    for (size_t i = 0; i < lab->plan.files; i++) {
        free((void *)(uintptr_t)lab->file[i].name.at);
        free((void *)(uintptr_t)lab->file[i].bytes.at);
    }
    plan_free(&lab->plan);
    free(lab);
}

static inline uint32_t registered_now(const struct lab *lab)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < lab->plan.phones; i++) n += phone_registered(sim_phone(&lab->sim, i));
    return n;
}

#endif
