#include "switch/pse.h"
#include "base/facts.h"
#include "switch/news.h"

enum {
    VOLTS_POWER = -48000, /* mV; the point between 44 and 57 V (IEEE 802.3af 33.2.8) that Cisco's ports have */
    VOLTS_FIRST = -4000,
    VOLTS_SECOND = -8000, /* within 2.8 to 10 V, at least 1 V apart (33.2.5) */
    VOLTS_CLASS = -18000, /* 15.5 to 20.5 V (33.2.6) */
    SIGNATURE_LEAST = 19000,
    SIGNATURE_MOST = 26500,     /* ohms accepted (33.2.5) */
    SIGNATURE_NF = 150,         /* and less capacitance than this */
    MAINTAIN_LEAST = 5000,      /* uA: less is certainly absent (33.2.10.1) */
    SHORT_OHMS = 50,            /* -48 V over it would be twice the current limit */
    DEFAULT_ALLOCATION = 15400, /* mW: pre-standard, and classes 0, 3 and 4 (Catalyst 2960, 3560) */
    TYPE_1 = 15400,
    TYPE_2 = 30000,             /* mW: what Icut is reckoned from */
    CLASSIFIED_WITHIN = 400000, /* us from detection to power, else detect again (33.2.7, Tpon) */
};
enum { NARROW, WIDE, WIDE_AGAIN, FIRST_VOLTS = 0, SECOND_VOLTS, RESTING = 3 }; /* steps of a round */

static struct writer *tell(const struct pse *p, enum switch_news news, struct outbox *out)
{
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .stream = p->port, .news = (uint16_t)news});

    tell_number(w, FACT_PORT, p->port);
    return w;
}

static const char *how(const struct pse *p)
{
    return p->found == PSE_FOUND_IEEE ? "ieee" : "cisco";
}

static void tell_why(const struct pse *p, enum switch_news news, const char *why, struct outbox *out)
{
    tell_text(tell(p, news, out), FACT_REASON, bytes_of(why));
}

/* --- budget --- */

static bool hold(struct pse *p, uint32_t milliwatts)
{
    uint32_t want = p->admin == POWER_STATIC ? p->most : milliwatts, others = p->budget->used - p->held;

    if (want > p->budget->total - others) return false;
    p->budget->used = others + want;
    p->held = want;
    return true;
}

static void give_back(struct pse *p)
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

bool pse_gives(const struct pse *p)
{
    return p->state == PSE_POWER_UP || p->state == PSE_WAIT_LINK || p->state == PSE_POWERED;
}

bool pse_allocate(struct pse *p, uint32_t milliwatts)
{
    if (!pse_gives(p) || p->admin == POWER_STATIC || milliwatts > p->most || !hold(p, milliwatts)) return false;
    p->allocated = milliwatts;
    return true;
}

/* --- this end of the line --- */

bool pse_carrier(const struct pse *p)
{
    return p->near.carrier && p->far.carrier;
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

static void new_words(struct pse *p)
{
    for (int i = 0; i < 3; i++) {
        p->words[i + 3] = p->words[i];
        do p->words[i] = (uint16_t)(1 + random_below(&p->random, UINT16_MAX));
        while (i > 0 && (p->words[i] == p->words[0] || (i == 2 && p->words[2] == p->words[1])));
    }
}

/* Before volts go on again nothing is known of the load. */
static void forget_load(struct pse *p)
{
    p->low_since = p->over_since = NEVER;
}

static void begin_round(struct pse *p, usec now, usec first)
{
    p->step = 0;
    p->began = now;
    p->found = PSE_FOUND_NOTHING;
    p->due = after(now, first);
}

static void enter(struct pse *p, enum pse_state state, usec now)
{
    p->state = state;
    switch (state) {
    case PSE_DISABLED: p->due = NEVER; break;
    case PSE_DETECT_CISCO:
        begin_round(p, now, p->timing->narrow);
        p->courting = p->narrow_back = false;
        new_words(p);
        break;
    case PSE_DETECT_IEEE: begin_round(p, now, p->timing->point); break;
    case PSE_CLASSIFY:
        p->began = now;
        p->due = after(now, p->timing->classify);
        break;
    case PSE_LINK_ONLY: p->due = NEVER; break;
    case PSE_DENIED: p->due = after(now, p->timing->denied_retry); break;
    case PSE_POWER_UP:
        forget_load(p);
        p->due = after(now, p->timing->power_up);
        break;
    case PSE_WAIT_LINK: p->began = now; break; /* watch() says when */
    case PSE_POWERED: break;
    case PSE_DISCONNECT:
        give_back(p);
        p->due = after(now, p->timing->rest);
        break;
    case PSE_FAULT:
    case PSE_OVERLOAD:
        give_back(p);
        p->due = state == PSE_FAULT && p->admin == POWER_STATIC ? NEVER : after(now, p->timing->fault_hold);
        break;
    }
    if (state != PSE_DETECT_CISCO && state != PSE_DETECT_IEEE) {
        p->courting = false;
        p->round = p->timing->round;
    }
}

/* --- detection --- */

static void power_or_deny(struct pse *p, usec now, struct outbox *out)
{
    if (hold(p, pse_need(p))) {
        p->allocated = pse_need(p);
        p->denied_told = false;
        enter(p, PSE_POWER_UP, now);
        return;
    }
    if (!p->denied_told) { /* looked at again and again, told once */
        struct writer *w = tell(p, SWITCH_POWER_DENIED, out);
        tell_number(w, FACT_WATTS, pse_need(p));
        tell_text(w, FACT_DETECTED, bytes_of(how(p)));
        p->denied_told = true;
    }
    enter(p, PSE_DENIED, now);
}

static void detected(struct pse *p, struct outbox *out)
{
    if (p->denied_told) return; /* the same device, looked at again */
    struct writer *w = tell(p, SWITCH_DETECTED, out);
    tell_text(w, FACT_DETECTED, bytes_of(how(p)));
    if (p->found == PSE_FOUND_IEEE) tell_number(w, FACT_CLASS, p->class);
}

/* Pulses of the far end during either kind of round: an echo of ours, or words of its own. */
static void hear_pulses(struct pse *p, usec now, struct outbox *out)
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
            power_or_deny(p, now, out);
        }
        return;
    }
    p->courting = true; /* not of ours: a link partner that negotiates */
}

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

static void wake_cisco(struct pse *p, usec now, struct outbox *out)
{
    if (p->step == NARROW) hear_pulses(p, now, out); /* of another, that were there before this state began */
    if (p->step == RESTING) {
        enter(p, PSE_DETECT_IEEE, now);
    } else if (p->step == NARROW && !p->narrow_back) {
        p->step = WIDE;
        p->due = after(now, p->timing->listen);
    } else {
        rest(p, now);
    }
}

static void wake_ieee(struct pse *p, usec now)
{
    if (p->step == RESTING) {
        enter(p, PSE_DETECT_CISCO, now);
    } else if (!signature(&p->far)) {
        rest(p, now);
    } else if (p->step == FIRST_VOLTS) {
        p->step = SECOND_VOLTS;
        p->due = after(now, p->timing->point);
    } else {
        p->found = PSE_FOUND_IEEE;
        enter(p, PSE_CLASSIFY, now);
    }
}

static void wake_classify(struct pse *p, usec now, struct outbox *out)
{
    if (now > after(p->began, CLASSIFIED_WITHIN)) { /* woken too late: who knows what is there by now */
        enter(p, PSE_DETECT_IEEE, now);
        return;
    }
    p->class = class_of(p->far.microamperes);
    detected(p, out);
    power_or_deny(p, now, out);
}

static void look_again(struct pse *p, usec now)
{
    enter(p, p->found == PSE_FOUND_IEEE ? PSE_DETECT_IEEE : PSE_DETECT_CISCO, now);
}

/* --- power --- */

static uint32_t cut_off(const struct pse *p)
{
    return (uint32_t)((uint64_t)(p->most > TYPE_1 ? TYPE_2 : TYPE_1) * 1000000 / -VOLTS_POWER); /* Icut, uA */
}

static bool draws_well(const struct pse *p)
{
    return p->far.microamperes >= MAINTAIN_LEAST && p->far.microamperes <= cut_off(p) && p->far.ohms >= SHORT_OHMS;
}

static void power_is_good(struct pse *p, usec now, struct outbox *out)
{
    struct writer *w = tell(p, SWITCH_POWER_GRANTED, out);

    tell_text(w, FACT_DETECTED, bytes_of(how(p)));
    tell_number(w, FACT_WATTS, p->allocated);
    tell_number(w, FACT_VOLTS, -VOLTS_POWER / 1000);
    if (p->found == PSE_FOUND_IEEE) tell_number(w, FACT_CLASS, p->class);
    enter(p, p->found == PSE_FOUND_CISCO && !p->far.carrier ? PSE_WAIT_LINK : PSE_POWERED, now);
}

static void too_much(struct pse *p, usec now, struct outbox *out)
{
    if (p->far.ohms < SHORT_OHMS) {
        tell_why(p, SWITCH_POWER_FAULT, "short circuit", out);
        enter(p, PSE_FAULT, now);
    } else {
        tell(p, SWITCH_OVERLOADED, out);
        enter(p, PSE_OVERLOAD, now);
    }
}

static void disconnect(struct pse *p, usec now, const char *why, struct outbox *out)
{
    tell_why(p, SWITCH_DISCONNECTED, why, out);
    enter(p, PSE_DISCONNECT, now);
}

/* WAIT_LINK and POWERED: since when is the current wrong, and when does that, or the wait for a link, end? */
static void watch(struct pse *p, usec now)
{
    bool over = p->far.microamperes > cut_off(p) || p->far.ohms < SHORT_OHMS;
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

/* True when one of those times had ended, however late we were called. */
static bool expired(struct pse *p, usec now, struct outbox *out)
{
    if (now >= after(p->over_since, p->timing->overload)) {
        too_much(p, now, out);
    } else if (now >= after(p->low_since, p->timing->maintain)) {
        disconnect(p, now, "maintain power absent", out);
    } else if (p->state == PSE_WAIT_LINK && now >= after(p->began, p->timing->wait_link)) {
        tell(p, SWITCH_NO_LINK, out);
        enter(p, PSE_DISCONNECT, now);
    } else {
        return false;
    }
    return true;
}

static void wake_power_up(struct pse *p, usec now, struct outbox *out)
{
    if (p->far.microamperes > cut_off(p) || p->far.ohms < SHORT_OHMS) {
        too_much(p, now, out);
    } else {
        tell_why(p, SWITCH_POWER_FAULT, "no power good", out);
        enter(p, PSE_FAULT, now);
    }
}

/* --- events --- */

void pse_init(struct pse *p, uint32_t port, uint32_t most, const struct pse_timing *timing, struct pse_budget *budget,
              uint64_t seed)
{
    *p = (struct pse){.port = port, .most = most, .timing = timing, .budget = budget, .round = timing->round};
    p->random = random_from(seed);
    p->near = p->far = LINE_IDLE;
    forget_load(p);
    p->state = most ? PSE_DETECT_IEEE : PSE_DISABLED;
    p->step = RESTING; /* the first wake ends it: a pre-standard round comes first */
    p->due = most ? 0 : NEVER;
}

usec pse_line(struct pse *p, usec now, const struct line *far, struct outbox *out)
{
    bool powered = p->state == PSE_WAIT_LINK || p->state == PSE_POWERED;

    if (powered && expired(p, now, out)) powered = false; /* its time ended before this change came */
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
            enter(p, PSE_LINK_ONLY, now);
        } else if (p->state == PSE_DETECT_CISCO || p->state == PSE_DETECT_IEEE) {
            hear_pulses(p, now, out);
            bool waits_long = p->step == RESTING && p->due > after(now, p->round);
            if (waits_long && (p->state == PSE_DETECT_CISCO || p->state == PSE_DETECT_IEEE))
                p->due = after(now, p->round);
        }
        break;
    case PSE_LINK_ONLY:
        if (!far->carrier) enter(p, PSE_DETECT_CISCO, now);
        break;
    case PSE_POWER_UP:
        if (draws_well(p)) power_is_good(p, now, out);
        break;
    case PSE_WAIT_LINK:
        if (far->carrier) enter(p, PSE_POWERED, now);
        break;
    case PSE_POWERED:
        if (p->found == PSE_FOUND_CISCO && !far->carrier) disconnect(p, now, "link down", out);
        break;
    case PSE_DISABLED:
    case PSE_DISCONNECT:
    case PSE_OVERLOAD:
    case PSE_FAULT: break;
    }
    if (p->state == PSE_WAIT_LINK || p->state == PSE_POWERED) watch(p, now);
    return show(p, out);
}

usec pse_wake(struct pse *p, usec now, struct outbox *out)
{
    if (now < p->due) return show(p, out);
    switch (p->state) {
    case PSE_DETECT_CISCO: wake_cisco(p, now, out); break;
    case PSE_DETECT_IEEE: wake_ieee(p, now); break;
    case PSE_CLASSIFY: wake_classify(p, now, out); break;
    case PSE_POWER_UP: wake_power_up(p, now, out); break;
    case PSE_WAIT_LINK:
    case PSE_POWERED:
        if (!expired(p, now, out)) watch(p, now);
        break;
    case PSE_DENIED: look_again(p, now); break;
    case PSE_DISCONNECT:
    case PSE_OVERLOAD:
    case PSE_FAULT: enter(p, p->far.carrier ? PSE_LINK_ONLY : PSE_DETECT_CISCO, now); break;
    case PSE_DISABLED:
    case PSE_LINK_ONLY: p->due = NEVER; break;
    }
    return show(p, out);
}

usec pse_admin(struct pse *p, usec now, enum power_admin admin, bool shut, struct outbox *out)
{
    bool off = shut || admin == POWER_NEVER || p->most == 0, same = admin == p->admin && shut == p->shut;

    if (same) return show(p, out);
    if (pse_gives(p)) tell_why(p, SWITCH_DISCONNECTED, "administrator", out);
    p->admin = admin;
    p->shut = shut;
    p->denied_told = false;
    give_back(p);
    enter(p, off ? PSE_DISABLED : PSE_DISCONNECT, now); /* the line rests, then is looked at afresh */
    return show(p, out);
}

void pse_retry(struct pse *p, usec now)
{
    if (p->state == PSE_DENIED) p->due = now;
}
