#include "lab/fault.h"

struct known {
    const char *name, *what;
    bool survived;
};

static const struct known table[FAULT_KINDS] = {
#define X(name, text, survived, what) {text, what, survived},
    LAB_FAULTS(X)
#undef X
};

const char *fault_name(enum lab_fault f)
{
    return table[f].name;
}

const char *fault_what(enum lab_fault f)
{
    return table[f].what;
}

bool fault_survived(enum lab_fault f)
{
    return table[f].survived;
}

bool fault_takes_value(enum lab_fault f)
{
    return f == FAULT_IS_LOSS || f == FAULT_IS_LATENCY || f == FAULT_IS_DUPLICATE || f == FAULT_IS_REORDER;
}

/* "2.5" as hundredths: 250; at most two places. */
static bool hundredths(struct bytes text, uint32_t most, uint32_t *out)
{
    struct bytes whole = bytes_cut(&text, '.');
    uint64_t n, part = 0;

    if (!bytes_number(whole, most, &n)) return false;
    if (text.len && (text.len > 2 || !bytes_number(text, 99, &part))) return false;
    if (text.len == 1) part *= 10;
    n = n * 100 + part;
    if (n > (uint64_t)most * 100) return false;
    *out = (uint32_t)n;
    return true;
}

bool fault_set(struct faults *f, struct bytes text)
{
    const size_t whole = text.len;
    struct bytes name = bytes_cut(&text, '=');
    const bool valued = name.len < whole; /* "dhcp-down=" has a value, an empty one */
    uint64_t ms;

    for (size_t i = 0; i < FAULT_KINDS; i++) {
        if (!bytes_are(name, table[i].name)) continue;
        if (fault_takes_value((enum lab_fault)i) != valued) return false;
        if (i == FAULT_IS_LATENCY) {
            if (!bytes_number(text, 10000, &ms)) return false;
            f->value[i] = (uint32_t)ms;
        } else if (valued && !hundredths(text, 100, &f->value[i])) {
            return false;
        }
        f->on[i] = true;
        return true;
    }
    return false;
}
