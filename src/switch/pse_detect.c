/* Detection, in rounds of two kinds that take turns (switch/pse.h). What a round has found goes to the budget. */
#include "switch/pse_parts.h"

enum {
    SIGNATURE_LEAST = 19000,
    SIGNATURE_MOST = 26500,     /* ohms accepted (33.2.5) */
    SIGNATURE_NF = 150,         /* and less capacitance than this */
    CLASSIFIED_WITHIN = 400000, /* us from detection to power, else detect again (33.2.7, Tpon) */
};

/* --- the rounds --- */

static void new_words(struct pse *p)
{
    for (int i = 0; i < 3; i++) {
        p->words[i + 3] = p->words[i];
        do p->words[i] = (uint16_t)(1 + random_below(&p->random, UINT16_MAX));
        while (i > 0 && (p->words[i] == p->words[0] || (i == 2 && p->words[2] == p->words[1])));
    }
}

static void begin_round(struct pse *p, usec now, usec first)
{
    p->step = 0;
    p->began = now;
    p->found = PSE_FOUND_NOTHING;
    p->due = after(now, first);
}

void pse_begin_cisco(struct pse *p, usec now)
{
    begin_round(p, now, p->timing->narrow);
    p->courting = p->narrow_back = false;
    new_words(p);
}

void pse_begin_ieee(struct pse *p, usec now)
{
    begin_round(p, now, p->timing->point);
}

/* A round has found nothing: rest, then the other kind. Nothing moved at the far end: the next comes later. */
static void rest(struct pse *p, usec now)
{
    p->step = RESTING;
    p->denied_told = false; /* a denied device is looked for by its own kind of round first: it has gone */
    p->round = p->answered                            ? p->timing->round
               : 2 * p->round < p->timing->round_most ? 2 * p->round
                                                      : p->timing->round_most;
    p->answered = false;
    p->due = after(p->began, p->round);
    if (p->due <= now) p->due = now + 1; /* we were woken late: no round without a moment between */
}

static void detected(struct pse *p, struct outbox *out)
{
    if (p->denied_told) return; /* the same device, looked at again */
    struct writer *w = pse_tell(p, SWITCH_DETECTED, out);
    tell_text(w, FACT_DETECTED, bytes_of(pse_how(p)));
    if (p->found == PSE_FOUND_IEEE) tell_number(w, FACT_CLASS, p->class);
}

/* --- pre-standard: pulses --- */

void pse_hear_pulses(struct pse *p, usec now, struct outbox *out)
{
    const struct line *far = &p->far;

    if (far->pulse == PULSE_NONE) return;
    for (size_t i = 0; i < ARRAY_LENGTH(p->words); i++) {
        if (far->word != p->words[i]) continue;
        if (i == NARROW) p->narrow_back = true;
        if (far->pulse != PULSE_WIDE || p->narrow_back || p->state != PSE_DETECT_CISCO) return;
        if (i == WIDE && p->step == WIDE) {
            p->step = WIDE_AGAIN;
            p->due = after(now, p->timing->listen);
        } else if (i == WIDE_AGAIN && p->step >= WIDE_AGAIN) { /* the rest of the round counts: an echo may be late */
            p->found = PSE_FOUND_CISCO;
            detected(p, out);
            pse_power_or_deny(p, now, out);
        }
        return;
    }
    p->courting = true; /* not of ours: a link partner that negotiates */
}

void pse_wake_cisco(struct pse *p, usec now, struct outbox *out)
{
    if (p->step == NARROW) pse_hear_pulses(p, now, out); /* of another, that were there before this state began */
    if (p->step == RESTING) {
        pse_enter(p, PSE_DETECT_IEEE, now);
    } else if (p->step == NARROW && !p->narrow_back) {
        p->step = WIDE;
        p->due = after(now, p->timing->listen);
    } else {
        rest(p, now);
    }
}

/* --- IEEE 802.3af: volts --- */

static bool signature(const struct line *l)
{
    return l->ohms >= SIGNATURE_LEAST && l->ohms <= SIGNATURE_MOST && l->nanofarads < SIGNATURE_NF;
}

/* IEEE 802.3af table 33-4. Between the ranges of two classes the choice is the supply's: it is the midpoint here. Above
 * class 4 it is class 0 (33.2.6). */
static uint8_t class_of(uint32_t microamperes)
{
    static const uint32_t below[] = {6500, 14500, 23000, 33000, 48000};

    for (uint8_t i = 0; i < ARRAY_LENGTH(below); i++)
        if (microamperes < below[i]) return i;
    return 0;
}

void pse_wake_ieee(struct pse *p, usec now)
{
    if (p->step == RESTING) {
        pse_enter(p, PSE_DETECT_CISCO, now);
    } else if (!signature(&p->far)) {
        rest(p, now);
    } else if (p->step == FIRST_VOLTS) {
        p->step = SECOND_VOLTS;
        p->due = after(now, p->timing->point);
    } else {
        p->found = PSE_FOUND_IEEE;
        pse_enter(p, PSE_CLASSIFY, now);
    }
}

void pse_wake_classify(struct pse *p, usec now, struct outbox *out)
{
    if (now > after(p->began, CLASSIFIED_WITHIN)) { /* woken too late: who knows what is there by now */
        pse_enter(p, PSE_DETECT_IEEE, now);
        return;
    }
    p->class = class_of(p->far.microamperes);
    detected(p, out);
    pse_power_or_deny(p, now, out);
}
