/* A recording is a file from somebody: any bytes end with a fault or at their end, and never read past it. */
#include "lab/recording.h"
#include <assert.h>
#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = {data, size};
    struct recorded e;
    struct fault why = {.kind = FAULT_NONE};
    size_t before = rest.len;
    uint32_t sum = 0;

    while (recorded_next(&rest, &e, &why)) {
        assert(rest.len < before);
        before = rest.len;
        assert(e.event.kind <= EVENT_USER && e.role < RECORDED_ROLES);
        for (size_t i = 0; i < e.event.bytes.len; i++) sum += e.event.bytes.at[i];
        for (size_t i = 0; i < e.bytes.len; i++) sum += e.bytes.at[i];
    }
    assert(rest.len == 0 || why.kind != FAULT_NONE);
    return sum == 0xdeadbeef;
}
