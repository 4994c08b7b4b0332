#include "phone/power.h"

enum { ON_AT = 42000, OFF_UNDER = 30000 }; /* mV: IEEE 802.3af table 33-12 */
enum { SIGNATURE_OHMS = 25000, SIGNATURE_NF = 80 };
enum { DRAW_UNKNOWN = 6300 }; /* mW: the low-power limit that every one of these phones starts under */

void power_init(struct power *p, const struct phone_model *model, bool wall)
{
    /* Known not to take power from a cable: battery, adaptor, or a PC program. */
    bool never = model->prestandard == NO && model->ieee_class == 0xff;

    *p = (struct power){
        .prestandard = model->prestandard == YES, .wall = wall || never, .ieee_class = model->ieee_class};
    /* A model of which no way of detection is known gets the IEEE signature of class 0: else it had no power, ever. */
    if (model->prestandard != YES && model->ieee_class == 0xff) p->ieee_class = 0;
    power_low(p, model);
    p->heard = p->said = LINE_IDLE;
}

void power_low(struct power *p, const struct phone_model *model)
{
    uint32_t most = model->max_milliwatts;

    p->milliwatts = model->cdp_milliwatts ? model->cdp_milliwatts : most && most < DRAW_UNKNOWN ? most : DRAW_UNKNOWN;
}

static uint32_t volts(const struct line *l)
{
    return l->millivolts < 0 ? (uint32_t) - (int64_t)l->millivolts : (uint32_t)l->millivolts;
}

uint32_t power_volts(const struct power *p)
{
    return volts(&p->heard);
}

bool power_hear(struct power *p, const struct line *heard)
{
    enum power_state before = p->state;

    p->heard = *heard;
    if (p->wall)
        p->state = p->state == POWER_OFF ? POWER_INRUSH : p->state;
    else if (p->state == POWER_OFF && volts(heard) >= ON_AT)
        p->state = POWER_INRUSH;
    else if (p->state != POWER_OFF && volts(heard) < OFF_UNDER)
        p->state = POWER_OFF;
    return p->state != before;
}

/* Class current at the phone: the middle of each range of IEEE 802.3af table 33-10. */
static uint32_t class_microamperes(uint8_t ieee_class)
{
    static const uint32_t middle[] = {2000, 10500, 18500, 28000, 40000};
    return ieee_class < ARRAY_LENGTH(middle) ? middle[ieee_class] : 0;
}

bool power_say(struct power *p, struct line *out)
{
    struct line l = LINE_IDLE;
    uint32_t mv = volts(&p->heard);

    if (p->state == POWER_OFF && !p->wall) {
        if (p->prestandard &&
            p->heard.pulse == PULSE_WIDE) { /* the relay is closed; the filter stops the narrow ones */
            l.pulse = PULSE_WIDE;
            l.word = p->heard.word;
        }
        if (p->ieee_class != 0xff) {
            l.ohms = SIGNATURE_OHMS;
            l.nanofarads = SIGNATURE_NF;
            if (mv >= 15500 && mv <= 20500)
                l.microamperes = class_microamperes(p->ieee_class);
            else
                l.microamperes = mv * 1000 / SIGNATURE_OHMS;
        }
    } else if (!p->wall) {
        /* What the bulk capacitor and converter look like to a supply: the draw says more than the ohms. */
        l.microamperes = mv ? (uint32_t)((uint64_t)p->milliwatts * 1000000 / mv) : 0;
        l.ohms = l.microamperes ? (uint32_t)((uint64_t)mv * 1000 / l.microamperes) : UINT32_MAX;
    }
    if (p->state == POWER_ON && p->carrier) {
        l.carrier = true;
        l.speed = SPEED_100;
        l.full_duplex = true;
    }
    *out = l;
    if (line_equal(&l, &p->said)) return false;
    p->said = l;
    return true;
}

bool power_carrier(const struct power *p)
{
    return p->state == POWER_ON && p->carrier && p->heard.carrier;
}
