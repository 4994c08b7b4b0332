/* phone/power.h: the phone's end of the powered cable: relay, IEEE signature, class, draw, carrier.
 *
 * Takes    the far end's line.
 * Gives    its own. Without power the relay joins receive to transmit behind a low-pass filter: wide link pulses come
 *          back as they came, narrow ones do not (only models that know the pre-standard way). The IEEE signature is
 *          25 kOhm and 80 nF, its class current is drawn at 15.5 to 20.5 V. It turns on at 42 V and off under 30 V.
 * Memory   one struct power; nothing is allocated.
 * Garbage  volts of any value are taken; positive ones count as their magnitude (the bridge rectifier).
 */
#ifndef PHONE_POWER_H
#define PHONE_POWER_H
#include "base/engine.h"
#include "provision/models.h"
#include "wire/line.h"

enum power_state { POWER_OFF, POWER_INRUSH, POWER_ON };

struct power {
    enum power_state state;
    bool prestandard, wall; /* wall: a power adaptor is plugged: relay open, no signature, no class */
    bool carrier;           /* our transceiver is up (boot sets it) */
    uint8_t ieee_class;     /* 0 to 4; 0xff: no IEEE signature */
    uint32_t milliwatts;    /* drawn when on */
    struct line heard, said;
};

void power_init(struct power *, const struct phone_model *, bool wall);
/* It draws what it starts with: a grant of more lives in RAM only. */
void power_low(struct power *, const struct phone_model *);
/* What the far end does changed. True when the state of the supply changed: POWER_INRUSH or POWER_OFF. */
bool power_hear(struct power *, const struct line *);
/* What our end does now; true when that differs from what was said before (then it is to be put as ACTION_LINE). */
bool power_say(struct power *, struct line *out);
uint32_t power_volts(const struct power *); /* mV that it sees, whichever way round */
bool power_carrier(const struct power *);   /* both ends are up */
#endif
