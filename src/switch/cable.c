#include "switch/cable.h"

enum {
    DETECTING_MOST = 10000, /* mV: IEEE 802.3af 33.2.5, the highest detection voltage; its short circuit current is */
    DETECTING_LIMIT = 5000, /* uA, and */
    CLASSIFYING_MOST = 20500,
    CLASSIFYING_LIMIT = 100000, /* uA when classifying, 33.2.6; */
    POWER_LIMIT = 450000,       /* and Ilim when powered, 33.2.7 */
    PC_OHMS = 150,              /* the terminations of an ordinary transceiver, far below any signature */
    OTHER_WORD = 0x5a31,        /* what another switch sends; any word but ours would do */
};

static uint32_t short_current(int32_t millivolts)
{
    uint32_t mv = millivolts < 0 ? 0u - (uint32_t)millivolts : (uint32_t)millivolts;

    if (mv == 0) return 0;
    return mv <= DETECTING_MOST ? DETECTING_LIMIT : mv <= CLASSIFYING_MOST ? CLASSIFYING_LIMIT : POWER_LIMIT;
}

static void carry(struct line *l, bool carrier, enum link_speed speed, bool full_duplex)
{
    if (!carrier) return;
    l->carrier = true;
    l->speed = speed;
    l->full_duplex = full_duplex;
}

struct line cable_pass(enum cable_mode mode, const struct line *here, const struct line *there)
{
    struct line l = LINE_IDLE;

    switch (mode) {
    case CABLE_STRAIGHT: return *there;
    case CABLE_OPEN: break;
    case CABLE_SHORT:
        l.ohms = 0;
        l.microamperes = short_current(here->millivolts);
        break;
    case CABLE_LOOPBACK: /* both pairs joined: what leaves comes back, and direct current finds no resistance */
        l.pulse = here->pulse;
        l.word = here->word;
        l.ohms = 0;
        l.microamperes = short_current(here->millivolts);
        carry(&l, here->carrier, here->speed, here->full_duplex);
        break;
    case CABLE_PC:
        l.ohms = PC_OHMS;
        l.microamperes =
            here->millivolts ? short_current(here->millivolts) : 0; /* 150 ohms reach each of those limits */
        carry(&l, true, SPEED_100, true);
        break;
    case CABLE_SWITCH:
        if (!here->carrier) {
            l.pulse = PULSE_WIDE;
            l.word = OTHER_WORD;
        }
        carry(&l, here->carrier, SPEED_100, true);
        break;
    }
    return l;
}

enum cable_frames cable_frames(enum cable_mode mode)
{
    switch (mode) {
    case CABLE_STRAIGHT: return CABLE_TO_FAR;
    case CABLE_LOOPBACK: return CABLE_BACK;
    case CABLE_OPEN:
    case CABLE_SHORT:
    case CABLE_PC:
    case CABLE_SWITCH: break;
    }
    return CABLE_NOWHERE;
}
