/* Any bytes as what an engine told: a walk over the facts ends, stays inside, and finds what a search finds. */
#include <assert.h>
#include "base/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n)
{
    struct bytes all = {in, n}, rest = all;
    struct told t, found;
    size_t left = rest.len;

    for (; told_next(&rest, &t); left = rest.len) {
        assert(rest.len < left && fact_name(t.key));
        assert(t.type >= TOLD_NUMBER && t.type <= TOLD_MAC);
        if (t.type == TOLD_TEXT) assert(t.text.len <= left - 4 && (!t.text.len || t.text.at >= in));
        assert(told_find(all, t.key, &found) && found.key == t.key);
        assert(told_text(all, t.key).len <= n);
        (void)told_number(all, t.key, 0);
    }
    assert(rest.len == left);
    return 0;
}
