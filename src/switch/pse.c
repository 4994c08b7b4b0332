#include "switch/pse.h"
#include "switch/pse_parts.h"

struct writer *pse_tell(const struct pse *p, enum switch_news news, struct outbox *out)
{
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .stream = p->port, .news = (uint16_t)news});

    tell_number(w, FACT_PORT, p->port);
    return w;
}

const char *pse_how(const struct pse *p)
{
    return p->found == PSE_FOUND_IEEE ? "ieee" : "cisco";
}

void pse_tell_why(const struct pse *p, enum switch_news news, const char *why, struct outbox *out)
{
    tell_text(pse_tell(p, news, out), FACT_REASON, bytes_of(why));
}

/* --- this end of the line --- */

bool pse_carrier(const struct pse *p)
{
    return p->near.carrier && p->far.carrier;
}

bool pse_gives(const struct pse *p)
{
    return p->state == PSE_POWER_UP || p->state == PSE_WAIT_LINK || p->state == PSE_POWERED;
}

static struct line what_we_do(const struct pse *p)
{
    struct line l = LINE_IDLE;

    switch (p->state) {
    case PSE_DISABLED: l.carrier = !p->shut; break;
    case PSE_DETECT_CISCO:
        if (p->step < RESTING) {
            l.pulse = p->step == NARROW ? PULSE_NARROW : PULSE_WIDE;
            l.word = p->words[p->step];
        }
        l.carrier = p->courting;
        break;
    case PSE_DETECT_IEEE:
        if (p->step < RESTING) l.millivolts = p->step == FIRST_VOLTS ? VOLTS_FIRST : VOLTS_SECOND;
        l.carrier = p->courting;
        break;
    case PSE_CLASSIFY: l.millivolts = VOLTS_CLASS; break;
    case PSE_LINK_ONLY: l.carrier = true; break;
    case PSE_POWER_UP:
    case PSE_WAIT_LINK:
    case PSE_POWERED:
        l.millivolts = VOLTS_POWER;
        l.carrier = true; /* from discovery to normal autonegotiation: the port is switched before power goes on */
        break;
    case PSE_DENIED:
    case PSE_DISCONNECT:
    case PSE_OVERLOAD:
    case PSE_FAULT: break;
    }
    if (l.carrier) {
        l.speed = SPEED_100;
        l.full_duplex = true;
    }
    return l;
}

static usec show(struct pse *p, struct outbox *out)
{
    struct line l = what_we_do(p);

    if (!line_equal(&l, &p->near)) {
        p->near = l;
        line_encode(put(out, (struct action){.kind = ACTION_LINE, .stream = p->port}), &l);
    }
    return p->due;
}

/* --- what each state begins with --- */

void pse_enter(struct pse *p, enum pse_state state, usec now)
{
    p->state = state;
    switch (state) {
    case PSE_DISABLED: p->due = NEVER; break;
    case PSE_DETECT_CISCO: pse_begin_cisco(p, now); break;
    case PSE_DETECT_IEEE: pse_begin_ieee(p, now); break;
    case PSE_CLASSIFY:
        p->began = now;
        p->due = after(now, p->timing->classify);
        break;
    case PSE_LINK_ONLY: p->due = NEVER; break;
    case PSE_DENIED: p->due = after(now, p->timing->denied_retry); break;
    case PSE_POWER_UP:
        pse_forget_load(p);
        p->due = after(now, p->timing->power_up);
        break;
    case PSE_WAIT_LINK: p->began = now; break; /* pse_watch says when */
    case PSE_POWERED: break;
    case PSE_DISCONNECT:
        pse_give_back(p);
        p->due = after(now, p->timing->rest);
        break;
    case PSE_FAULT:
    case PSE_OVERLOAD:
        pse_give_back(p);
        p->due = state == PSE_FAULT && p->admin == POWER_STATIC ? NEVER : after(now, p->timing->fault_hold);
        break;
    }
    if (state != PSE_DETECT_CISCO && state != PSE_DETECT_IEEE) {
        p->courting = false;
        p->round = p->timing->round;
    }
}

static void look_again(struct pse *p, usec now)
{
    pse_enter(p, p->found == PSE_FOUND_IEEE ? PSE_DETECT_IEEE : PSE_DETECT_CISCO, now);
}

/* --- events --- */

void pse_init(struct pse *p, uint32_t port, uint32_t most, const struct pse_timing *timing, struct pse_budget *budget,
              uint64_t seed)
{
    *p = (struct pse){.port = port, .most = most, .timing = timing, .budget = budget, .round = timing->round};
    p->random = random_from(seed);
    p->near = p->far = LINE_IDLE;
    pse_forget_load(p);
    p->state = most ? PSE_DETECT_IEEE : PSE_DISABLED;
    p->step = RESTING; /* the first wake ends it: a pre-standard round comes first */
    p->due = most ? 0 : NEVER;
}

usec pse_line(struct pse *p, usec now, const struct line *far, struct outbox *out)
{
    bool powered = p->state == PSE_WAIT_LINK || p->state == PSE_POWERED;

    if (powered && pse_expired(p, now, out)) powered = false; /* its time ended before this change came */
    if (!line_equal(far, &p->far)) {
        p->answered = true;
        p->round = p->timing->round;
    }
    p->far = *far;
    switch (p->state) {
    case PSE_DETECT_CISCO:
    case PSE_DETECT_IEEE:
    case PSE_DENIED:
    case PSE_CLASSIFY:
        if (far->carrier) {
            p->denied_told = false;
            pse_enter(p, PSE_LINK_ONLY, now);
        } else if (p->state == PSE_DETECT_CISCO || p->state == PSE_DETECT_IEEE) {
            pse_hear_pulses(p, now, out);
            bool waits_long = p->step == RESTING && p->due > after(now, p->round);
            if (waits_long && (p->state == PSE_DETECT_CISCO || p->state == PSE_DETECT_IEEE))
                p->due = after(now, p->round);
        }
        break;
    case PSE_LINK_ONLY:
        if (!far->carrier) pse_enter(p, PSE_DETECT_CISCO, now);
        break;
    case PSE_POWER_UP: pse_hear_load(p, now, out); break;
    case PSE_WAIT_LINK:
        if (far->carrier) pse_enter(p, PSE_POWERED, now);
        break;
    case PSE_POWERED:
        if (!far->carrier) pse_link_down(p, now, out);
        break;
    case PSE_DISABLED:
    case PSE_DISCONNECT:
    case PSE_OVERLOAD:
    case PSE_FAULT: break;
    }
    if (p->state == PSE_WAIT_LINK || p->state == PSE_POWERED) pse_watch(p, now);
    return show(p, out);
}

usec pse_wake(struct pse *p, usec now, struct outbox *out)
{
    if (now < p->due) return show(p, out);
    switch (p->state) {
    case PSE_DETECT_CISCO: pse_wake_cisco(p, now, out); break;
    case PSE_DETECT_IEEE: pse_wake_ieee(p, now); break;
    case PSE_CLASSIFY: pse_wake_classify(p, now, out); break;
    case PSE_POWER_UP: pse_wake_power_up(p, now, out); break;
    case PSE_WAIT_LINK:
    case PSE_POWERED:
        if (!pse_expired(p, now, out)) pse_watch(p, now);
        break;
    case PSE_DENIED: look_again(p, now); break;
    case PSE_DISCONNECT:
    case PSE_OVERLOAD:
    case PSE_FAULT: pse_enter(p, p->far.carrier ? PSE_LINK_ONLY : PSE_DETECT_CISCO, now); break;
    case PSE_DISABLED:
    case PSE_LINK_ONLY: p->due = NEVER; break;
    }
    return show(p, out);
}

usec pse_admin(struct pse *p, usec now, enum power_admin admin, bool shut, struct outbox *out)
{
    bool off = shut || admin == POWER_NEVER || p->most == 0, same = admin == p->admin && shut == p->shut;

    if (same) return show(p, out);
    if (pse_gives(p)) pse_tell_why(p, SWITCH_DISCONNECTED, "administrator", out);
    p->admin = admin;
    p->shut = shut;
    p->denied_told = false;
    pse_give_back(p);
    pse_enter(p, off ? PSE_DISABLED : PSE_DISCONNECT, now); /* the line rests, then is looked at afresh */
    return show(p, out);
}

void pse_retry(struct pse *p, usec now)
{
    if (p->state == PSE_DENIED) p->due = now;
}
