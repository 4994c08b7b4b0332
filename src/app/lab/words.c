#include "app/lab/words.h"
#include "app/lab/ladder_words.h"
#include <stdio.h>
#include <string.h>

const char *watts_text(char to[16], uint32_t milliwatts)
{
    unsigned tenths = milliwatts % 1000 / 100, hundredths = milliwatts % 100 / 10;

    if (hundredths)
        (void)snprintf(to, 16, "%u.%u%u W", milliwatts / 1000, tenths, hundredths);
    else
        (void)snprintf(to, 16, "%u.%u W", milliwatts / 1000, tenths);
    return to;
}

struct words {
    char *to;
    struct bytes facts;
};

static const char *text(struct words *w, enum fact key, char *to, size_t size)
{
    text_copy(to, size, told_text(w->facts, key));
    for (char *c = to; *c; c++) /* what a peer sent may be anything: nothing of it steers a terminal */
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
    return to;
}

static const char *address(struct words *w, enum fact key, char to[IPV4_TEXT])
{
    return ipv4_text(to, (ipv4)told_number(w->facts, key, 0));
}

static unsigned long long number(struct words *w, enum fact key)
{
    return (unsigned long long)told_number(w->facts, key, 0);
}

#define SAY(w, ...) (void)snprintf((w)->to, WORDS, __VA_ARGS__)

void words_power(char to[WORDS], const struct row *r)
{
    char allocated[16], later[16], class[32] = "";
    bool cisco = strcmp(r->power.how, "cisco") == 0;

    if (!r->power.how[0]) {
        (void)snprintf(to, WORDS, "by its own adaptor or battery: nothing from the switch");
        return;
    }
    if (r->power.class >= 0) (void)snprintf(class, sizeof class, " class %d", r->power.class);
    int n = snprintf(to, WORDS, "%s, -48 V DC on, %s allocated", cisco ? "FLP came back" : "25 kOhm seen",
                     watts_text(allocated, r->power.allocated));
    if (!cisco) n = snprintf(to, WORDS, "IEEE 802.3af detected%s, -48 V DC on, %s allocated", class, allocated);
    if (r->power.negotiated && n > 0 && n < WORDS)
        (void)snprintf(to + n, (size_t)(WORDS - n), " (%s after CDP)", watts_text(later, r->power.negotiated));
}

static bool first_steps(struct words *w, const char **label, const struct row *r, uint16_t news)
{
    char a[96], b[96], x[IPV4_TEXT], y[IPV4_TEXT], z[IPV4_TEXT];

    (void)r;
    if (news == PHONE_IMAGE) {
        *label = "image";
        int n = snprintf(w->to, WORDS, "bank %llu of %llu, %s, check good; Ethernet, codec, display, keypad up",
                         number(w, FACT_BANK), number(w, FACT_BANKS), text(w, FACT_LOAD, a, sizeof a));
        if (told_text(w->facts, FACT_WHAT).len && n > 0 && n < WORDS)
            (void)snprintf(w->to + n, (size_t)(WORDS - n), " (bank %llu refused: %s)", number(w, FACT_ERROR),
                           text(w, FACT_WHAT, b, sizeof b));
    } else if (news == PHONE_VLAN && told_find(w->facts, FACT_VLAN, &(struct told){0})) {
        *label = "vlan";
        const char *by = bytes_are(told_text(w->facts, FACT_SOURCE), "cdp") ? "CDP" : "LLDP-MED";
        if (bytes_are(told_text(w->facts, FACT_SOURCE), "preference"))
            SAY(w, "voice VLAN %llu by the user's preference", number(w, FACT_VLAN));
        else
            SAY(w, "voice VLAN %llu by %s from %s, port %s", number(w, FACT_VLAN), by, text(w, FACT_SWITCH, b, 33),
                told_text(w->facts, FACT_PORT).len ? text(w, FACT_PORT, a, sizeof a) : "?");
    } else if (news == PHONE_VLAN) {
        *label = "vlan";
        SAY(w, "untagged: %s", text(w, FACT_WHY, a, sizeof a));
    } else if (news == PHONE_ADDRESS) {
        *label = "address";
        bool dhcp = strcmp(text(w, FACT_SOURCE, a, sizeof a), "dhcp") == 0;
        ipv4 mask = (ipv4)told_number(w->facts, FACT_MASK, 0);
        SAY(w, "%s/%u%s%s, router %s, TFTP server %s (%s)", address(w, FACT_ADDRESS, x), ipv4_prefix(mask),
            dhcp ? " from " : " by ", dhcp ? address(w, FACT_SERVER, y) : "the user's preference",
            address(w, FACT_ROUTER, z), address(w, FACT_TFTP, (char[IPV4_TEXT]){0}),
            text(w, FACT_TFTP_SOURCE, b, sizeof b));
    } else {
        return false;
    }
    return true;
}

static bool later_steps(struct words *w, const char **label, const struct row *r, uint16_t news)
{
    char a[96], b[96], c[96], x[IPV4_TEXT];

    if (news == PHONE_CONFIGURATION) {
        *label = "configuration";
        bool flash = strcmp(text(w, FACT_SOURCE, a, sizeof a), "flash") == 0;
        text(w, FACT_LOAD, c, sizeof c);
        SAY(w, "%s%s: CallManagers %s%s%s", text(w, FACT_FILE, a, sizeof a),
            flash ? " (the last good one, from flash)" : "", text(w, FACT_CALLMANAGERS, b, sizeof b),
            c[0] ? "; load " : "", c);
    } else if (news == PHONE_REGISTERED) {
        *label = "registration";
        SAY(w, "registered with %s as %s, SCCP version %llu, keepalive %llu s", address(w, FACT_CALLMANAGER, x),
            text(w, FACT_DIRECTORY_NUMBER, a, sizeof a), number(w, FACT_PROTOCOL), number(w, FACT_KEEPALIVE));
    } else if (news == PHONE_UPGRADE) {
        *label = "upgrade";
        SAY(w, "runs %s, shall run %s: asks for %s", text(w, FACT_OLD, a, sizeof a), text(w, FACT_NEW, b, sizeof b),
            text(w, FACT_FILE, c, sizeof c));
    } else if (news == PHONE_UPGRADED) {
        *label = "upgrade";
        SAY(w, "%s written to bank %llu (%llu bytes), check good; boots it", text(w, FACT_LOAD, a, sizeof a),
            number(w, FACT_BANK), number(w, FACT_BYTES));
    } else if (news == PHONE_LOAD_REFUSED) {
        *label = "upgrade";
        SAY(w, "%s refused: %s%s%s; goes on with %s", text(w, FACT_NEW, a, sizeof a), text(w, FACT_WHY, b, sizeof b),
            told_text(w->facts, FACT_WHAT).len ? ", " : "", text(w, FACT_WHAT, c, sizeof c), r->load);
    } else if (news == PHONE_RESET) {
        *label = "reset";
        SAY(w, "the CallManager %s asks for a %s", address(w, FACT_CALLMANAGER, x), text(w, FACT_RESET, a, sizeof a));
    } else if (news == PHONE_FILE_MISSING) {
        *label = "file";
        SAY(w, "%s: TFTP error %llu, %s", text(w, FACT_FILE, a, sizeof a), number(w, FACT_ERROR),
            text(w, FACT_TEXT, b, sizeof b));
    } else {
        return false;
    }
    return true;
}

static bool until_configured(struct words *w, const char **label, uint16_t news)
{
    char a[96], b[96], x[IPV4_TEXT], y[MAC_TEXT];

    *label = "trouble";
    switch (news) {
    case PHONE_LINK_DOWN:
        *label = "vlan";
        SAY(w, "link down");
        return true;
    case PHONE_UNPOWERED:
        *label = "power";
        SAY(w, "power lost");
        return true;
    case PHONE_NO_IMAGE: SAY(w, "no image can run: %s", text(w, FACT_WHAT, a, sizeof a)); return true;
    case PHONE_VLAN_CHANGED:
        *label = "vlan";
        SAY(w, "the switch announces another voice VLAN: the address is given up");
        return true;
    case PHONE_POWER_GRANTED:
        *label = "power";
        SAY(w, "the switch grants %s: full power", watts_text(a, (uint32_t)number(w, FACT_WATTS)));
        return true;
    case PHONE_DHCP_SILENT: SAY(w, "no answer to DHCP (%llu)", number(w, FACT_TRIES)); return true;
    case PHONE_DHCP_NAK:
        SAY(w, "DHCP NAK from %s: %s", address(w, FACT_SERVER, x), text(w, FACT_TEXT, a, sizeof a));
        return true;
    case PHONE_NO_TFTP_SERVER:
        if (text(w, FACT_WHY, a, sizeof a)[0])
            SAY(w, "option 66 names %s: %s", text(w, FACT_TEXT, b, sizeof b), a);
        else
            SAY(w, "nothing names a TFTP server");
        return true;
    case PHONE_DUPLICATE_ADDRESS:
        SAY(w, "%s is in use by %s", address(w, FACT_ADDRESS, x), mac_text(y, mac_from_number(number(w, FACT_MAC))));
        return true;
    case PHONE_LEASE_LOST: SAY(w, "the lease is lost"); return true;
    case PHONE_TFTP_SILENT:
        SAY(w, "%s: TFTP server %s does not answer", text(w, FACT_FILE, a, sizeof a), address(w, FACT_TFTP, x));
        return true;
    case PHONE_OPTIONAL_SILENT:
        *label = "file";
        SAY(w, "%s: no answer; it does without", text(w, FACT_FILE, a, sizeof a));
        return true;
    case PHONE_BAD_DOCUMENT:
        SAY(w, "%s: %s at byte %llu", text(w, FACT_FILE, a, sizeof a), text(w, FACT_WHAT, b, sizeof b),
            number(w, FACT_AT));
        return true;
    case PHONE_NO_CONFIGURATION: SAY(w, "no configuration: %s", text(w, FACT_WHY, a, sizeof a)); return true;
    case PHONE_EMPTY_GROUP: SAY(w, "%s names no CallManager", text(w, FACT_FILE, a, sizeof a)); return true;
    default: return false;
    }
}

static bool with_callmanagers(struct words *w, const char **label, uint16_t news)
{
    char a[96], b[96], x[IPV4_TEXT];

    *label = "trouble";
    switch (news) {
    case PHONE_CM_DOWN:
        SAY(w, "CallManager %s: %s", address(w, FACT_CALLMANAGER, x), text(w, FACT_WHY, a, sizeof a));
        return true;
    case PHONE_REJECTED:
        SAY(w, "rejected by %s: \"%s\"", address(w, FACT_CALLMANAGER, x), text(w, FACT_TEXT, a, sizeof a));
        return true;
    case PHONE_SERVICE_LOST:
        SAY(w, "no service: CallManager %s %s", address(w, FACT_CALLMANAGER, x), text(w, FACT_WHY, a, sizeof a));
        return true;
    case PHONE_STANDBY:
        *label = "standby";
        SAY(w, "second connection to %s", address(w, FACT_CALLMANAGER, x));
        return true;
    case PHONE_FAILBACK:
        *label = "failback";
        SAY(w, "token from %s: goes back", address(w, FACT_CALLMANAGER, x));
        return true;
    case PHONE_TOKEN_REFUSED:
        *label = "failback";
        SAY(w, "%s: not yet, wait %llu s", address(w, FACT_CALLMANAGER, x), number(w, FACT_WAIT));
        return true;
    case PHONE_MALFORMED:
        SAY(w, "garbage (%s): %s at byte %llu", text(w, FACT_ROLE, a, sizeof a), text(w, FACT_WHAT, b, sizeof b),
            number(w, FACT_AT));
        return true;
    default: return false;
    }
}

/* What the switch and the servers say of a phone. */
static bool from_others(struct words *w, const char **label, uint16_t news)
{
    char a[96], b[96];

    switch (news) {
    case SWITCH_POWER_DENIED:
        *label = "power";
        SAY(w, "inline power denied: no budget for %s", watts_text(a, (uint32_t)number(w, FACT_WATTS)));
        return true;
    case SWITCH_OVERLOADED:
        *label = "power";
        SAY(w, "overload: power off");
        return true;
    case SWITCH_POWER_FAULT:
        *label = "power";
        SAY(w, "power fault: %s", text(w, FACT_REASON, a, sizeof a));
        return true;
    case SWITCH_NO_LINK:
        *label = "power";
        SAY(w, "no link in time: power off");
        return true;
    case SWITCH_DISCONNECTED:
        *label = "power";
        SAY(w, "power taken away: %s", text(w, FACT_REASON, a, sizeof a));
        return true;
    case CM_DEVICE_MADE:
        *label = "registration";
        SAY(w, "unknown to the CallManager: auto-registered with directory number %s",
            text(w, FACT_DIRECTORY_NUMBER, a, sizeof a));
        return true;
    case DEVICE_CHANGED:
        *label = "change";
        SAY(w, "%s changed to '%s'", text(w, FACT_PREFERENCE, a, sizeof a), text(w, FACT_NEW, b, sizeof b));
        return true;
    default: return false;
    }
}

static bool in_call(struct words *w, const char **label, uint16_t news)
{
    if (news < PHONE_OFF_HOOK || news > PHONE_ON_HOOK) return false;
    *label = "call";
    ladder_news_words(w->to, WORDS, news, w->facts);
    return true;
}

bool words_of(char to[WORDS], const char **label, const struct row *r, uint16_t news, struct bytes facts)
{
    struct words w = {to, facts};

    to[0] = '\0';
    return first_steps(&w, label, r, news) || later_steps(&w, label, r, news) || until_configured(&w, label, news) ||
           with_callmanagers(&w, label, news) || in_call(&w, label, news) || from_others(&w, label, news);
}
