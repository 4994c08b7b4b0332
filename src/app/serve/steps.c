#include "app/serve/steps.h"
#include "base/facts.h"
#include "provision/device_name.h"
#include "server/news.h"

const double STEP_BOUNDS[STEP_BUCKETS] = {0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120};
const char *const STEP_NAMES[STEPS] = {"address", "configuration", "registration"};

static void took(struct steps *s, enum step_kind step, usec from, usec now)
{
    double seconds = (double)(now - from) / (double)SECOND;
    size_t i = 0;

    if (from == NEVER || from > now) return;
    while (i < STEP_BUCKETS && seconds > STEP_BOUNDS[i]) i++;
    s->step[step].bucket[i]++;
    s->step[step].count++;
    s->step[step].sum += seconds;
}

static bool is_configuration(struct bytes file)
{
    switch (asked_name(file).kind) {
    case ASKED_OWN_XML:
    case ASKED_OWN_CNF:
    case ASKED_DEFAULT_XML:
    case ASKED_DEFAULT_CNF: return true;
    case ASKED_OTHER:
    case ASKED_TRUST:
    case ASKED_LOADS:
    case ASKED_BIN: break;
    }
    return false;
}

void steps_news(struct steps *s, usec now, uint16_t news, struct bytes facts)
{
    ipv4 address = (ipv4)told_number(facts, FACT_ADDRESS, 0);
    size_t place = address % STEPS_KEPT;

    if (!address) return;
    if (news == DHCP_TOLD_OFFERED) {
        if (s->phone[place].address == address && s->phone[place].bound == NEVER) return; /* asked again */
        s->phone[place].address = address;
        s->phone[place].offered = now;
        s->phone[place].bound = s->phone[place].configured = NEVER;
    }
    if (s->phone[place].address != address) return;
    if (news == DHCP_TOLD_BOUND && bytes_are(told_text(facts, FACT_WHY), "selecting")) {
        took(s, STEP_ADDRESS, s->phone[place].offered, now);
        s->phone[place].bound = now;
        s->phone[place].configured = NEVER;
    } else if (news == TFTP_TOLD_DONE && is_configuration(told_text(facts, FACT_FILE))) {
        if (s->phone[place].configured == NEVER) took(s, STEP_CONFIGURATION, s->phone[place].bound, now);
        s->phone[place].configured = now; /* one that is made known by auto-registration fetches a second file */
    } else if (news == CM_REGISTERED) {
        took(s, STEP_REGISTRATION, s->phone[place].configured, now);
        s->phone[place].address = 0;
    }
}
