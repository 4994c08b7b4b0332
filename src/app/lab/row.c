#include "app/lab/row.h"
#include "app/lab/verdict.h"
#include "lab/interloper.h"
#include "server/news.h"
#include "switch/news.h"
#include <stdlib.h>
#include <string.h>

const char *const step_names[STEPS] = {"power", "image", "vlan", "address", "configuration", "registration"};

/* Facts are kept as long as anybody has them: how many do stands in front of them. */
enum { HOLDERS = sizeof(uint32_t) };
static const struct board_trouble NO_TROUBLE;

static void facts_hold(uint8_t *facts, int more)
{
    uint32_t holders;

    if (!facts) return;
    memcpy(&holders, facts - HOLDERS, HOLDERS);
    holders += (uint32_t)more;
    memcpy(facts - HOLDERS, &holders, HOLDERS);
    if (holders == 0) free(facts - HOLDERS);
}

static void facts_drop(uint8_t *facts)
{
    facts_hold(facts, -1);
}

/* NULL: no memory, and nothing is known of it. */
static uint8_t *facts_new(struct bytes facts, size_t len)
{
    static const uint32_t one = 1;
    uint8_t *memory = malloc(HOLDERS + len);

    if (!memory) return NULL;
    memcpy(memory, &one, HOLDERS);
    memcpy(memory + HOLDERS, facts.at, len);
    return memory + HOLDERS;
}

static void become(struct board_trouble *to, const struct board_trouble *from)
{
    uint8_t *before = to->facts;

    facts_hold(from->facts, 1);
    *to = *from;
    facts_drop(before);
}

static void add_fact(struct board_step *s, enum fact key, uint64_t number)
{
    uint8_t bytes[DETAIL];
    struct writer w = writer(bytes, sizeof bytes);

    write_bytes(&w, (struct bytes){s->facts, s->detail});
    tell_number(&w, key, number);
    uint8_t *more = w.full ? NULL : facts_new(written(&w), w.len);
    if (!more) return;
    facts_drop(s->facts);
    s->facts = more;
    s->detail = (uint16_t)w.len;
}

/* A phone that comes up once has six of them. */
static bool room_for_step(struct row *r)
{
    uint32_t n = r->step_count;

    if (n % 6 != 0) return true;
    struct board_step *more = realloc(r->steps, (n + 6) * sizeof *more);
    if (!more) return false;
    r->steps = more;
    return true;
}

void row_init(struct row *r, const struct plan_phone *phone, bool brief)
{
    *r = (struct row){
        .brief = brief, .mac = phone->mac, .model = phone->model, .vlan = -1, .registered_ms = -1, .lost_at = NEVER};
    r->power.class = -1;
    device_name(r->device, r->mac);
}

void row_free(struct row *r)
{
    for (uint32_t k = 0; k < r->step_count; k++) facts_drop(r->steps[k].facts);
    facts_drop(r->trouble.facts);
    facts_drop(r->warning.facts);
    facts_drop(r->fallback.facts);
    facts_drop(r->denied.facts);
    facts_drop(r->behind.facts);
    free(r->steps);
}

static uint16_t kept(struct bytes facts)
{
    struct bytes rest = facts;
    struct told t;
    size_t whole = 0;

    while (told_next(&rest, &t) && facts.len - rest.len <= DETAIL) whole = facts.len - rest.len;
    return (uint16_t)whole;
}

static void add_step(struct row *r, usec now, enum phone_step step, struct bytes facts)
{
    if (r->step_count ==
        BOARD_STEPS) { /* a phone that starts over for hours: the first and the newest steps are kept */
        facts_drop(r->steps[BOARD_STEPS / 2].facts);
        memmove(r->steps + BOARD_STEPS / 2, r->steps + BOARD_STEPS / 2 + 1, (BOARD_STEPS / 2 - 1) * sizeof *r->steps);
        r->step_count--;
    }
    if (!room_for_step(r)) return;
    struct board_step *s = &r->steps[r->step_count++];
    s->boot = (uint32_t)told_number(facts, FACT_BOOT, r->boots) +
              (step == STEP_POWER); /* power begins the boot that follows */
    s->step = (uint8_t)step;
    s->at_ms = (double)(now - r->plugged_at) / 1000;
    s->took_ms = (double)(now - (r->last_step ? r->last_step : r->plugged_at)) / 1000;
    s->detail = r->brief ? 0 : kept(facts);
    s->facts = s->detail ? facts_new(facts, s->detail) : NULL;
    if (!s->facts) s->detail = 0;
    r->last_step = now;
    r->step = (uint8_t)(step + 1 < STEPS ? step + 1 : step);
    /* Overcome by its own step or a later one. What is wrong with TFTP or a CallManager is not by the steps that lead
     * there again; and an address without a TFTP server can be got again and again. */
    bool again = r->trouble.news == PHONE_NO_TFTP_SERVER && step == STEP_ADDRESS;
    if (step >= r->trouble.step && !again) {
        become(&r->trouble, step < r->behind.step ? &r->behind : &NO_TROUBLE);
        become(&r->behind, &NO_TROUBLE);
    } else if (!verdict_is_final(r)) {
        r->trouble.times = 0; /* it tries again from an earlier step: a new round begins */
    }
}

static void note(struct board_trouble *t, enum phone_step step, uint16_t news, struct bytes facts)
{
    t->times = t->news == news ? t->times + 1 : 1;
    t->news = news;
    t->step = (uint8_t)step;
    t->len = kept(facts);
    facts_drop(t->facts);
    t->facts = facts_new(facts, t->len);
    if (!t->facts) t->len = 0;
}

/* Something goes wrong. What went wrong at a later step stands again once this is overcome. */
static void suffer(struct row *r, enum phone_step step, uint16_t news, struct bytes facts)
{
    if (r->trouble.news && r->trouble.step > step) become(&r->behind, &r->trouble);
    note(&r->trouble, step, news, facts);
}

static void copy_text(char *to, size_t size, struct bytes facts, enum fact key)
{
    struct told t;

    if (told_find(facts, key, &t) && t.type == TOLD_TEXT) text_copy(to, size, t.text);
}

static void registered(struct row *r, usec now, struct bytes facts)
{
    add_step(r, now, STEP_REGISTRATION, facts);
    r->line = true;
    r->line_since = now;
    if (r->lost_at != NEVER) r->without += now - r->lost_at;
    r->lost_at = NEVER;
    r->callmanager = (ipv4)told_number(facts, FACT_CALLMANAGER, 0);
    copy_text(r->number, sizeof r->number, facts, FACT_DIRECTORY_NUMBER);
    copy_text(r->stamp, sizeof r->stamp, facts, FACT_STAMP);
    copy_text(r->load, sizeof r->load, facts, FACT_LOAD);
    if (told_number(facts, FACT_PRIORITY, 1) > 1 && r->fallback.news)
        become(&r->warning, &r->fallback);
    else if (r->warning.news == PHONE_CM_DOWN)
        become(&r->warning, &NO_TROUBLE);
    become(&r->fallback, &NO_TROUBLE);
    if (row_registered(r) && r->registered_ms < 0) r->registered_ms = (double)(now - r->plugged_at) / 1000;
}

static void lost(struct row *r, usec now, enum phone_step step)
{
    if (r->line && r->registered_ms >= 0 && r->lost_at == NEVER) r->lost_at = now;
    if (r->line) r->last_step = now; /* what follows is counted from here */
    r->line = false;
    r->step = (uint8_t)step;
}

/* From here on it has no address. */
static void without_address(struct row *r)
{
    r->address = r->tftp = 0;
}

/* What was wrong at a step and is no longer, now that it was done again. */
static void overcome(struct row *r, enum phone_step step)
{
    if (r->warning.step == step) become(&r->warning, &NO_TROUBLE);
}

static void image(struct row *r, usec now, struct bytes facts)
{
    char load[LOAD_NAME] = "";

    r->boots = (uint32_t)told_number(facts, FACT_BOOT, r->boots);
    copy_text(load, sizeof load, facts, FACT_LOAD);
    if (r->load[0] && strcmp(load, r->load) != 0) memcpy(r->load_before, r->load, sizeof r->load);
    memcpy(r->load, load, sizeof load);
    r->refused_load[0] = 0;
    overcome(r, STEP_IMAGE);
    add_step(r, now, STEP_IMAGE, facts);
}

/* How long TFTP let it wait: for an error, or for the blocks of a file but the one that took longest. */
static void waited(struct row *r, uint32_t ms, uint32_t worst)
{
    if (r->trouble.news == PHONE_TFTP_SILENT) become(&r->trouble, &NO_TROUBLE); /* it has answered */
    if (r->wire.waits++ == 0 || ms < r->wire.best) r->wire.best = ms;
    if (worst > r->wire.worst) r->wire.worst = worst;
}

static void file_got(struct row *r, struct bytes facts)
{
    uint32_t worst = (uint32_t)told_number(facts, FACT_WORST, 0), took = (uint32_t)told_number(facts, FACT_TOOK, 0),
             blocks = (uint32_t)told_number(facts, FACT_BLOCKS, 0);

    waited(r, blocks > 1 ? (took > worst ? took - worst : 0) / (blocks - 1) : took, worst);
    r->wire.blocks += blocks;
    r->wire.took += took;
    r->wire.repeated += (uint32_t)told_number(facts, FACT_REPEATED, 0);
    r->wire.doubled += (uint32_t)told_number(facts, FACT_DOUBLED, 0);
}

static void file_missing(struct row *r, usec now, struct bytes facts)
{
    uint32_t ms = (uint32_t)((now - r->asked_at) / MSEC);

    waited(r, ms, ms);
    if (told_number(facts, FACT_ERROR, 0) == 2 && !r->line)              /* registered, it can do without */
        note(&r->denied, STEP_CONFIGURATION, PHONE_FILE_MISSING, facts); /* RFC 1350: access violation */
}

static void configuration(struct row *r, usec now, struct bytes facts)
{
    struct told t;

    add_step(r, now, STEP_CONFIGURATION, facts);
    r->callmanagers = (uint8_t)told_number(facts, FACT_COUNT, 0);
    become(&r->denied, &NO_TROUBLE);
    if (told_find(facts, FACT_LOAD, &t)) text_copy(r->wanted_load, sizeof r->wanted_load, t.text);
    r->gone_on =
        r->refused_load[0] && strcmp(r->wanted_load, r->refused_load) == 0; /* not asked for again in this boot */
    if (r->gone_on) return;
    overcome(r, STEP_CONFIGURATION);
    r->gone_on = bytes_are(told_text(facts, FACT_SOURCE), "flash");
    if (r->gone_on) note(&r->warning, STEP_CONFIGURATION, PHONE_CONFIGURATION, facts);
}

static void address(struct row *r, usec now, struct bytes facts)
{
    add_step(r, now, STEP_ADDRESS, facts);
    r->address = (ipv4)told_number(facts, FACT_ADDRESS, 0);
    r->addressed = true;
    r->tftp = (ipv4)told_number(facts, FACT_TFTP, 0);
    if (told_number(facts, FACT_OTHER_SERVER, 0)) note(&r->warning, STEP_ADDRESS, PHONE_ADDRESS, facts);
}

static void power_on(struct row *r, usec now, struct bytes facts)
{
    uint8_t more[DETAIL];
    struct writer w = writer(more, sizeof more);

    write_bytes(&w, facts);
    if (r->power.how[0]) tell_text(&w, FACT_DETECTED, bytes_of(r->power.how));
    if (r->power.allocated) tell_number(&w, FACT_WATTS, r->power.allocated);
    tell_number(&w, FACT_VOLTS, 48);
    if (r->power.class >= 0) tell_number(&w, FACT_CLASS, (uint64_t)r->power.class);
    add_step(r, now, STEP_POWER, written(&w));
}

/* Steps done, and what takes a phone back to one of them. */
static void phone_moves(struct row *r, usec now, uint16_t news, struct bytes facts)
{
    switch (news) {
    case PHONE_POWERED: power_on(r, now, facts); break;
    case PHONE_UNPOWERED:
        lost(r, now, STEP_POWER);
        without_address(r);
        r->callmanager = 0;
        r->vlan = -1;
        r->number[0] = '\0';
        r->last_step = now;
        break;
    case PHONE_IMAGE:
        lost(r, now, STEP_IMAGE);
        without_address(r);
        image(r, now, facts);
        if (told_find(facts, FACT_WHAT, &(struct told){0})) note(&r->warning, STEP_IMAGE, news, facts);
        break;
    case PHONE_VLAN:
        overcome(r, STEP_VLAN);
        add_step(r, now, STEP_VLAN, facts);
        r->vlan = (int)told_number(facts, FACT_VLAN, UINT64_MAX);
        if (r->vlan < 0) note(&r->warning, STEP_VLAN, news, facts);
        break;
    case PHONE_ADDRESS: address(r, now, facts); break;
    case PHONE_CONFIGURATION: configuration(r, now, facts); break;
    case PHONE_REGISTERED: registered(r, now, facts); break;
    case PHONE_LOAD_REFUSED:
        note(&r->warning, STEP_CONFIGURATION, news, facts);
        copy_text(r->refused_load, sizeof r->refused_load, facts, FACT_NEW);
        r->gone_on = true;
        break;
    case PHONE_UPGRADE:
        copy_text(r->wanted_load, sizeof r->wanted_load, facts, FACT_NEW);
        lost(r, now, STEP_CONFIGURATION);
        break;
    case PHONE_SERVICE_LOST: /* and until another CallManager has it, this is what it suffers from */
        lost(r, now, STEP_REGISTRATION);
        suffer(r, STEP_REGISTRATION, PHONE_CM_DOWN, facts);
        r->trouble.times = 0; /* it is about to try: nothing has failed yet */
        break;
    case PHONE_FAILBACK: /* it leaves the one before it registers with the other */
    case PHONE_RESET: lost(r, now, STEP_REGISTRATION); break;
    case PHONE_VLAN_CHANGED:
    case PHONE_LINK_DOWN:
        lost(r, now, STEP_VLAN);
        without_address(r);
        break;
    case PHONE_LEASE_LOST:
        lost(r, now, STEP_ADDRESS);
        without_address(r);
        break;
    default: break;
    }
}

/* What goes wrong: the last of it is kept until a later step is done. */
static void phone_troubles(struct row *r, usec now, uint16_t news, struct bytes facts)
{
    switch (news) {
    case PHONE_NO_IMAGE: suffer(r, STEP_IMAGE, news, facts); break;
    case PHONE_DHCP_SILENT: /* the server may have told why already */
        without_address(r); /* it asks for a new one: a renewal that is not answered says nothing */
        r->wire.repeated++;
        if (r->trouble.news != DHCP_TOLD_EXHAUSTED)
            suffer(r, STEP_ADDRESS, news, facts);
        else if (r->trouble.times < told_number(facts, FACT_TRIES, 0))
            r->trouble.times = (uint32_t)told_number(facts, FACT_TRIES, 0); /* the server tells it once a second only */
        break;
    case PHONE_DHCP_NAK:
    case PHONE_DUPLICATE_ADDRESS:
    case PHONE_NO_TFTP_SERVER: suffer(r, STEP_ADDRESS, news, facts); break;
    case PHONE_NO_CONFIGURATION: /* says that it is stuck; what it is stuck on was told before, if anything was */
        if (r->trouble.news && r->trouble.step <= STEP_CONFIGURATION) break;
        if (r->denied.news)
            become(&r->trouble, &r->denied);
        else
            suffer(r, STEP_CONFIGURATION, news, facts);
        break;
    case PHONE_TFTP_SILENT:
    case PHONE_BAD_DOCUMENT:
    case PHONE_EMPTY_GROUP: suffer(r, STEP_CONFIGURATION, news, facts); break;
    case PHONE_CM_DOWN:
        note(&r->fallback, STEP_REGISTRATION, news, facts);
        if (!r->line) suffer(r, STEP_REGISTRATION, news, facts);
        break;
    case PHONE_REJECTED: /* the server may have told the reason already */
        if (r->trouble.news != CM_REJECTED) suffer(r, STEP_REGISTRATION, news, facts);
        break;
    case PHONE_FILE_ASKED:
        r->asked_at = now;
        r->asking = true;
        break;
    case PHONE_FILE_GOT:
        r->asking = false;
        file_got(r, facts);
        break;
    case PHONE_FILE_MISSING:
        r->asking = false;
        file_missing(r, now, facts);
        break;
    case PHONE_OPTIONAL_SILENT: r->asking = false; break;
    default: break;
    }
}

/* What was negotiated belongs to the power step of the same boot. */
static void negotiated(struct row *r, uint32_t milliwatts)
{
    r->power.negotiated = milliwatts;
    for (uint32_t i = r->step_count; i > 0; i--) {
        struct board_step *s = &r->steps[i - 1];
        struct told t;
        if (s->step != STEP_POWER) continue;
        if (!told_find((struct bytes){s->facts, s->detail}, FACT_WATTS_LATER, &t)) {
            if (!r->brief) add_fact(s, FACT_WATTS_LATER, milliwatts);
        }
        break;
    }
}

void row_switch_news(struct row *r, uint16_t news, struct bytes facts)
{
    if (news == SWITCH_POWER_GRANTED) {
        copy_text(r->power.how, sizeof r->power.how, facts, FACT_DETECTED);
        r->power.allocated = (uint32_t)told_number(facts, FACT_WATTS, 0);
        r->power.negotiated = 0;
        r->power.class = (int)told_number(facts, FACT_CLASS, UINT64_MAX);
        if (r->trouble.news == SWITCH_POWER_DENIED) become(&r->trouble, &NO_TROUBLE);
    } else if (news == SWITCH_POWER_NEGOTIATED) {
        negotiated(r, (uint32_t)told_number(facts, FACT_WATTS_LATER, 0));
    } else if (news == WAY_OVERTAKEN) {
        r->wire.overtaken = (uint32_t)told_number(facts, FACT_COUNT, 0);
    } else if (news == SWITCH_POWER_DENIED || news == SWITCH_OVERLOADED || news == SWITCH_POWER_FAULT ||
               news == SWITCH_NO_LINK) {
        suffer(r, STEP_POWER, news, facts);
    }
}

void row_server_news(struct row *r, usec now, uint16_t news, struct bytes facts)
{
    if (news == DHCP_TOLD_EXHAUSTED && r->address == 0) suffer(r, STEP_ADDRESS, news, facts);
    if (news == CM_REJECTED && told_says(facts, FACT_WHY, "directory number"))
        suffer(r, STEP_REGISTRATION, news, facts);
    if (news == CM_REGISTERED || news == CM_RESET || news == DEVICE_CHANGED) {
        copy_text(r->server_stamp, sizeof r->server_stamp, facts, FACT_STAMP);
        if (row_registered(r) && r->registered_ms < 0) r->registered_ms = (double)(now - r->plugged_at) / 1000;
    }
}

void row_phone_news(struct row *r, usec now, uint16_t news, struct bytes facts)
{
    phone_moves(r, now, news, facts);
    phone_troubles(r, now, news, facts);
}

bool row_registered(const struct row *r)
{
    bool document = r->server_stamp[0] && strcmp(r->stamp, r->server_stamp) == 0;
    bool load = r->wanted_load[0] == '\0' || strcmp(r->load, r->wanted_load) == 0;

    return r->line && ((document && load) || r->gone_on);
}

bool row_given_up(const struct row *r)
{
    return !r->line && r->trouble.news && verdict_is_final(r);
}

usec row_without(const struct row *r, usec now)
{
    return r->without + (r->lost_at != NEVER && now > r->lost_at ? now - r->lost_at : 0);
}
