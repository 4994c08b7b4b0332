/* Power: whether the budget has it, and whether a device that has it draws what it should. */
#include "switch/pse_parts.h"

enum {
    MAINTAIN_LEAST = 5000,      /* uA: less is certainly absent (33.2.10.1) */
    SHORT_OHMS = 50,            /* -48 V over it would be twice the current limit */
    DEFAULT_ALLOCATION = 15400, /* mW: pre-standard, and classes 0, 3 and 4 (Catalyst 2960, 3560) */
    TYPE_1 = 15400,
    TYPE_2 = 30000, /* mW: what Icut is reckoned from */
};

/* --- budget --- */

static bool hold(struct pse *p, uint32_t milliwatts)
{
    uint32_t want = p->admin == POWER_STATIC ? p->most : milliwatts, others = p->budget->used - p->held;

    if (want > p->budget->total - others) return false;
    p->budget->used = others + want;
    p->held = want;
    return true;
}

void pse_give_back(struct pse *p)
{
    bool reserve = p->admin == POWER_STATIC && !p->shut;

    p->allocated = 0;
    if (reserve && hold(p, 0)) return;
    p->budget->used -= p->held;
    p->held = 0;
}

uint32_t pse_need(const struct pse *p)
{
    static const uint32_t of_class[] = {DEFAULT_ALLOCATION, 4000, 7000, DEFAULT_ALLOCATION, DEFAULT_ALLOCATION};
    uint32_t need = p->found == PSE_FOUND_IEEE ? of_class[p->class] : DEFAULT_ALLOCATION;

    return p->admin == POWER_STATIC || need > p->most ? p->most : need;
}

bool pse_allocate(struct pse *p, uint32_t milliwatts)
{
    if (!pse_gives(p) || p->admin == POWER_STATIC || milliwatts > p->most || !hold(p, milliwatts)) return false;
    p->allocated = milliwatts;
    return true;
}

void pse_power_or_deny(struct pse *p, usec now, struct outbox *out)
{
    if (hold(p, pse_need(p))) {
        p->allocated = pse_need(p);
        p->denied_told = false;
        pse_enter(p, PSE_POWER_UP, now);
        return;
    }
    if (!p->denied_told) { /* looked at again and again, told once */
        struct writer *w = pse_tell(p, SWITCH_POWER_DENIED, out);
        tell_number(w, FACT_WATTS, pse_need(p));
        tell_text(w, FACT_DETECTED, bytes_of(pse_how(p)));
        p->denied_told = true;
    }
    pse_enter(p, PSE_DENIED, now);
}

/* --- what it draws --- */

void pse_forget_load(struct pse *p)
{
    p->low_since = p->over_since = NEVER;
}

static uint32_t cut_off(const struct pse *p)
{
    return (uint32_t)((uint64_t)(p->most > TYPE_1 ? TYPE_2 : TYPE_1) * 1000000 / -VOLTS_POWER); /* Icut, uA */
}

static bool draws_too_much(const struct pse *p)
{
    return p->far.microamperes > cut_off(p) || p->far.ohms < SHORT_OHMS;
}

static void power_is_good(struct pse *p, usec now, struct outbox *out)
{
    struct writer *w = pse_tell(p, SWITCH_POWER_GRANTED, out);

    tell_text(w, FACT_DETECTED, bytes_of(pse_how(p)));
    tell_number(w, FACT_WATTS, p->allocated);
    tell_number(w, FACT_VOLTS, -VOLTS_POWER / 1000);
    if (p->found == PSE_FOUND_IEEE) tell_number(w, FACT_CLASS, p->class);
    pse_enter(p, p->found == PSE_FOUND_CISCO && !p->far.carrier ? PSE_WAIT_LINK : PSE_POWERED, now);
}

static void too_much(struct pse *p, usec now, struct outbox *out)
{
    if (p->far.ohms < SHORT_OHMS) {
        pse_tell_why(p, SWITCH_POWER_FAULT, "short circuit", out);
        pse_enter(p, PSE_FAULT, now);
    } else {
        pse_tell(p, SWITCH_OVERLOADED, out);
        pse_enter(p, PSE_OVERLOAD, now);
    }
}

static void disconnect(struct pse *p, usec now, const char *why, struct outbox *out)
{
    pse_tell_why(p, SWITCH_DISCONNECTED, why, out);
    pse_enter(p, PSE_DISCONNECT, now);
}

void pse_hear_load(struct pse *p, usec now, struct outbox *out)
{
    if (p->far.microamperes >= MAINTAIN_LEAST && !draws_too_much(p)) power_is_good(p, now, out);
}

void pse_link_down(struct pse *p, usec now, struct outbox *out)
{
    if (p->found == PSE_FOUND_CISCO) disconnect(p, now, "link down", out);
}

void pse_watch(struct pse *p, usec now)
{
    bool over = draws_too_much(p);
    bool low = p->far.microamperes < MAINTAIN_LEAST && p->found == PSE_FOUND_IEEE; /* a pre-standard one has its link */

    if (!over)
        p->over_since = NEVER;
    else if (p->over_since == NEVER)
        p->over_since = now;
    if (!low)
        p->low_since = NEVER;
    else if (p->low_since == NEVER)
        p->low_since = now;
    p->due = earlier(after(p->over_since, p->timing->overload), after(p->low_since, p->timing->maintain));
    if (p->state == PSE_WAIT_LINK) p->due = earlier(p->due, after(p->began, p->timing->wait_link));
}

bool pse_expired(struct pse *p, usec now, struct outbox *out)
{
    if (now >= after(p->over_since, p->timing->overload)) {
        too_much(p, now, out);
    } else if (now >= after(p->low_since, p->timing->maintain)) {
        disconnect(p, now, "maintain power absent", out);
    } else if (p->state == PSE_WAIT_LINK && now >= after(p->began, p->timing->wait_link)) {
        pse_tell(p, SWITCH_NO_LINK, out);
        pse_enter(p, PSE_DISCONNECT, now);
    } else {
        return false;
    }
    return true;
}

void pse_wake_power_up(struct pse *p, usec now, struct outbox *out)
{
    if (draws_too_much(p)) {
        too_much(p, now, out);
    } else {
        pse_tell_why(p, SWITCH_POWER_FAULT, "no power good", out);
        pse_enter(p, PSE_FAULT, now);
    }
}
