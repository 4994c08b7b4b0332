/* Any frames from both sides at any times, under any faults: bounded, never spinning, and what goes on is no longer
 * than what came. */
#include "lab/interloper.h"
#include <assert.h>
#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct action actions[INTERLOPER_MOST + 8];
    static uint8_t bytes[256 * 1024];
    struct plan plan = {
        .seed = 1, .voice_mask = 0xffffff00, .voice_last = IPV4(10, 0, 0, 254), .server = {IPV4(10, 0, 0, 2)}};
    struct interloper i;
    struct outbox out;
    struct fault why;
    struct reader r = reader((struct bytes){data, size}, &why);
    uint32_t which = read_be32(&r);
    usec now = 0, due = NEVER;

    for (int f = 0; f < FAULT_KINDS; f++) {
        plan.faults.on[f] = which >> (f % 32) & 1;
        plan.faults.value[f] = f == FAULT_IS_LATENCY ? which % 100 : which % 5000;
    }
    if (!interloper_open(&i, &plan, 0)) return 0;
    outbox_init(&out, actions, INTERLOPER_MOST + 8, bytes, sizeof bytes);
    while (unread(&r)) {
        uint8_t head = read_u8(&r);
        struct event e = {.kind = head & 1 ? EVENT_FRAME : EVENT_WAKE, .stream = head >> 1 & 1};
        now = head & 4 && due != NEVER && due > now ? due : now + read_be16(&r);
        if (e.kind == EVENT_FRAME) e.bytes = read_bytes(&r, unread(&r) < 600 ? unread(&r) / 2 : read_be16(&r) % 600);
        outbox_clear(&out);
        due = interloper_step(&i, now, &e, &out);
        assert(!out.bytes.full && out.count <= INTERLOPER_MOST + 2);
        assert(e.kind != EVENT_WAKE || due > now || out.count > 0);
        assert(i.count <= INTERLOPER_HELD);
    }
    interloper_close(&i);
    return 0;
}
