#include "wire/lldp_power.h"

/* IEEE 802.3-2012, 79.3.2: bits of the first byte, MDI power support. */
enum { CLASS_PSE = 1, SUPPORTED = 2, ENABLED = 4, PAIRS_SET = 8 };

enum { EXTENSION = 5 }; /* 79.3.2.4 to 79.3.2.6: a byte and two values */

bool lldp_power_decode(struct lldp_power *out, struct bytes power_mdi, struct fault *why)
{
    struct reader r = reader(power_mdi, why);
    uint8_t support = read_u8(&r);

    *out = (struct lldp_power){.pair = read_u8(&r)};
    out->pse = support & CLASS_PSE;
    out->supported = support & SUPPORTED;
    out->enabled = support & ENABLED;
    out->pairs_set = support & PAIRS_SET;
    out->class = (uint8_t)(read_u8(&r) - 1);
    if (!sound(&r) || unread(&r) < EXTENSION) return sound(&r);

    uint8_t bits = read_u8(&r); /* type 2, source 2, reserved 2 (802.3bt: one says 4PID), priority 2 */
    out->extended = true;
    out->type = bits >> 6;
    out->source = bits >> 4 & 3;
    out->priority = bits & 3;
    out->requested = read_be16(&r);
    out->allocated = read_be16(&r);
    return true;
}

void lldp_power_encode(struct writer *w, const struct lldp_power *p)
{
    write_u8(w, (uint8_t)((p->pse ? CLASS_PSE : 0) | (p->supported ? SUPPORTED : 0) | (p->enabled ? ENABLED : 0) |
                          (p->pairs_set ? PAIRS_SET : 0)));
    write_u8(w, p->pair);
    write_u8(w, (uint8_t)(p->class + 1));
    if (!p->extended) return;
    write_u8(w, (uint8_t)((p->type & 3) << 6 | (p->source & 3) << 4 | (p->priority & 3)));
    write_be16(w, p->requested);
    write_be16(w, p->allocated);
}
