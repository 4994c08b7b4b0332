/* tests/lab/plan.h: a small plan for tests of src/lab: phones that are told, and loads for them. */
#ifndef TESTS_LAB_PLAN_H
#define TESTS_LAB_PLAN_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "lab/plan.h"
#include "provision/load.h"
#include "server/documents.h"

enum { PLAN_FILES = 8 };

static inline struct plan *plan_of(const char *const models[], uint32_t phones)
{
    struct plan *p = calloc(1, sizeof *p);

    plan_default(p);
    assert_true(plan_phones(p, phones, PLAN_PHONES));
    p->callmanagers = 3;
    p->seed = 5;
    p->wall = UINT64_C(1790000000000000);
    for (uint32_t i = 0; i < phones; i++) {
        const struct phone_model *m = model_find(bytes_of(models[i]));
        p->phone[i] = (struct plan_phone){
            .mac = mac_from_number(0x020000000001 + i), .model = m, .load = load_built_in(m, false)};
    }
    return p;
}

static inline void plan_end(struct plan *p)
{
    plan_free(p);
    free(p);
}

static inline void plan_wrong(struct plan *p, const char *fault)
{
    assert_true(fault_set(&p->faults, bytes_of(fault)));
}
#endif
