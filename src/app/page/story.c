#include "app/page/story.h"
#include <stdio.h>
#include <string.h>

static const char *text_fact(struct bytes facts, enum fact key, char to[80])
{
    text_copy(to, 80, told_text(facts, key));
    return to;
}

static const char *address_fact(struct bytes facts, enum fact key, char to[IPV4_TEXT])
{
    return ipv4_text(to, (ipv4)told_number(facts, key, 0));
}

static unsigned long long number_fact(struct bytes facts, enum fact key)
{
    return (unsigned long long)told_number(facts, key, 0);
}

#define SAY(s, ...) ((void)snprintf((s)->text, WORDS, __VA_ARGS__), true)

static bool arrow(struct story *s, enum story_lane from, enum story_lane to, bool trouble)
{
    s->from = from;
    s->to = to;
    s->trouble = trouble;
    return true;
}

static bool with_switch(struct story *s, uint16_t news, struct bytes f)
{
    char a[80], w[16], v[16];
    bool cisco = bytes_are(told_text(f, FACT_DETECTED), "cisco"),
         lldp = bytes_begin(told_text(f, FACT_PROTOCOL), "LLDP");

    switch (news) {
    case SWITCH_DETECTED:
        (void)arrow(s, LANE_PHONE, LANE_SWITCH, false);
        return SAY(s, "%s", cisco ? "Fast Link Pulses come back" : "IEEE 802.3af signature, 25 kOhm");
    case SWITCH_POWER_GRANTED:
        (void)arrow(s, LANE_SWITCH, LANE_PHONE, false);
        return SAY(s, "-48 V DC, %s", watts_text(w, (uint32_t)number_fact(f, FACT_WATTS)));
    case SWITCH_POWER_DENIED:
        (void)arrow(s, LANE_SWITCH, LANE_PHONE, true);
        return SAY(s, "no power: no budget for %s", watts_text(w, (uint32_t)number_fact(f, FACT_WATTS)));
    case SWITCH_POWER_NEGOTIATED:
        (void)arrow(s, LANE_PHONE, LANE_SWITCH, false);
        return SAY(s, "%s: %s is enough, not %s", lldp ? "LLDP-MED" : "CDP",
                   watts_text(w, (uint32_t)number_fact(f, FACT_WATTS_LATER)),
                   watts_text(v, (uint32_t)number_fact(f, FACT_WATTS)));
    case SWITCH_OVERLOADED:
    case SWITCH_NO_LINK:
        (void)arrow(s, LANE_SWITCH, LANE_PHONE, true);
        return SAY(s, "power off: %s", news == SWITCH_NO_LINK ? "no link in time" : "overload");
    case SWITCH_POWER_FAULT:
    case SWITCH_DISCONNECTED:
        (void)arrow(s, LANE_SWITCH, LANE_PHONE, true);
        return SAY(s, "power off: %s", text_fact(f, FACT_REASON, a));
    case SWITCH_NEIGHBOUR:
        (void)arrow(s, LANE_PHONE, LANE_SWITCH, false);
        return SAY(s, "%s: %s", lldp ? "LLDP" : "CDP", text_fact(f, FACT_DEVICE, a));
    default: return false;
    }
}

static bool with_dhcp(struct story *s, uint16_t news, struct bytes f)
{
    char a[80], x[IPV4_TEXT];

    switch (news) {
    case DHCP_TOLD_OFFERED:
        (void)arrow(s, LANE_DHCP, LANE_PHONE, false);
        return SAY(s, "DHCP OFFER %s", address_fact(f, FACT_ADDRESS, x));
    case DHCP_TOLD_BOUND:
        (void)arrow(s, LANE_DHCP, LANE_PHONE, false);
        return SAY(s, "DHCP ACK %s (%s)", address_fact(f, FACT_ADDRESS, x), text_fact(f, FACT_WHY, a));
    case DHCP_TOLD_REFUSED:
        (void)arrow(s, LANE_DHCP, LANE_PHONE, true);
        return SAY(s, "DHCP NAK %s: %s", address_fact(f, FACT_ADDRESS, x), text_fact(f, FACT_WHY, a));
    case DHCP_TOLD_EXHAUSTED: (void)arrow(s, LANE_DHCP, LANE_DHCP, true); return SAY(s, "no address is left");
    case DHCP_TOLD_DECLINED:
        (void)arrow(s, LANE_PHONE, LANE_DHCP, true);
        return SAY(s, "DHCP DECLINE %s", address_fact(f, FACT_ADDRESS, x));
    case DHCP_TOLD_CONFLICT:
        (void)arrow(s, LANE_DHCP, LANE_DHCP, true);
        return SAY(s, "%s is in use", address_fact(f, FACT_ADDRESS, x));
    case PHONE_DHCP_SILENT:
        (void)arrow(s, LANE_PHONE, LANE_DHCP, true);
        return SAY(s, "DHCP: no answer (%llu)", number_fact(f, FACT_TRIES));
    default: return false;
    }
}

static bool with_tftp(struct story *s, uint16_t news, struct bytes f)
{
    char a[80], b[80];

    switch (news) {
    case PHONE_FILE_ASKED:
        (void)arrow(s, LANE_PHONE, LANE_TFTP, false);
        return SAY(s, "RRQ %s", text_fact(f, FACT_FILE, a));
    case PHONE_FILE_GOT:
        (void)arrow(s, LANE_TFTP, LANE_PHONE, false);
        return SAY(s, "%llu bytes in %llu block%s", number_fact(f, FACT_BYTES), number_fact(f, FACT_BLOCKS),
                   number_fact(f, FACT_BLOCKS) == 1 ? "" : "s");
    case PHONE_FILE_MISSING:
        (void)arrow(s, LANE_TFTP, LANE_PHONE, false);
        return SAY(s, "ERROR %llu %s", number_fact(f, FACT_ERROR), text_fact(f, FACT_TEXT, b));
    case PHONE_TFTP_SILENT:
    case PHONE_OPTIONAL_SILENT:
        (void)arrow(s, LANE_PHONE, LANE_TFTP, true);
        return SAY(s, "%s: no answer", text_fact(f, FACT_FILE, a));
    default: return false;
    }
}

static bool with_callmanager(struct story *s, uint16_t news, struct bytes f)
{
    char a[80], x[IPV4_TEXT];

    switch (news) {
    case PHONE_CM_CONNECTING:
        (void)arrow(s, LANE_PHONE, LANE_CALLMANAGER, false);
        return SAY(s, "TCP to %s", address_fact(f, FACT_CALLMANAGER, x));
    case PHONE_CM_DOWN:
        (void)arrow(s, LANE_PHONE, LANE_CALLMANAGER, true);
        return SAY(s, "%s: %s", address_fact(f, FACT_CALLMANAGER, x), text_fact(f, FACT_WHY, a));
    case CM_DEVICE_MADE:
        (void)arrow(s, LANE_CALLMANAGER, LANE_CALLMANAGER, false);
        return SAY(s, "unknown: auto-registered, gets number %s", text_fact(f, FACT_DIRECTORY_NUMBER, a));
    case CM_REGISTERING:
        (void)arrow(s, LANE_CALLMANAGER, LANE_PHONE, false);
        return SAY(s, "RegisterAck, SCCP version %llu", number_fact(f, FACT_PROTOCOL));
    case CM_REJECTED:
        (void)arrow(s, LANE_CALLMANAGER, LANE_PHONE, true);
        return SAY(s, "RegisterReject \"%s\"", text_fact(f, FACT_TEXT, a));
    case CM_RESET:
        (void)arrow(s, LANE_CALLMANAGER, LANE_PHONE, false);
        return SAY(s, "Reset: %s", number_fact(f, FACT_RESET) == 2 ? "restart" : "reset");
    case PHONE_STANDBY:
        (void)arrow(s, LANE_PHONE, LANE_CALLMANAGER, false);
        return SAY(s, "second connection to %s", address_fact(f, FACT_CALLMANAGER, x));
    case PHONE_FAILBACK:
    case PHONE_TOKEN_REFUSED:
        (void)arrow(s, LANE_CALLMANAGER, LANE_PHONE, news != PHONE_FAILBACK);
        return SAY(s, "%s: %s", address_fact(f, FACT_CALLMANAGER, x),
                   news == PHONE_FAILBACK ? "token: the phone goes back to it" : "no token yet");
    default: return false;
    }
}

/* A step ends: the same words as in the lines of the lab. */
static bool step_ends(struct story *s, const struct row *r, uint16_t news, struct bytes facts)
{
    static const struct {
        uint16_t news;
        uint8_t step;
    } ends[] = {{PHONE_POWERED, STEP_POWER},
                {PHONE_IMAGE, STEP_IMAGE},
                {PHONE_VLAN, STEP_VLAN},
                {PHONE_ADDRESS, STEP_ADDRESS},
                {PHONE_CONFIGURATION, STEP_CONFIGURATION},
                {PHONE_REGISTERED, STEP_REGISTRATION}};
    const char *label;

    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
        if (ends[i].news == news) s->step = ends[i].step;
    if (s->step < 0) return false;
    if (news == PHONE_POWERED)
        words_power(s->text, r);
    else
        (void)words_of(s->text, &label, r, news, facts);
    return arrow(s, LANE_PHONE, LANE_PHONE, false);
}

/* What else there are words for, but the calls, which have a ladder of their own, and what stands in it already. */
static bool otherwise(struct story *s, const struct row *r, uint16_t news, struct bytes facts)
{
    const char *label = "";

    if (news == PHONE_RESET || (news >= PHONE_OFF_HOOK && news < PHONE_MALFORMED)) return false;
    if (!words_of(s->text, &label, r, news, facts)) return false;
    return arrow(s, LANE_PHONE, LANE_PHONE, strcmp(label, "trouble") == 0 || news == PHONE_UNPOWERED);
}

bool story_of(struct story *s, const struct row *r, uint16_t news, struct bytes facts)
{
    *s = (struct story){.step = -1};
    return step_ends(s, r, news, facts) || with_switch(s, news, facts) || with_dhcp(s, news, facts) ||
           with_tftp(s, news, facts) || with_callmanager(s, news, facts) || otherwise(s, r, news, facts);
}
