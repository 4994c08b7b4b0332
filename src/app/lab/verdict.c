#include "app/lab/verdict.h"
#include "lab/interloper.h"
#include "server/news.h"
#include "switch/news.h"
#include <stdio.h>

struct rule {
    uint16_t news;
    const char *when; /* these words stand in the fact WHY; NULL: whatever it says */
    const char *code, *text, *fix;
    uint32_t final_after;   /* so many times: waiting cannot change it; 0: it can */
    enum fact number, name; /* that fill %N and %T in the texts; 0 stands for FACT_BOOT: none */
};

/* %T: the text fact, %A: the address fact, %V: the phone's VLAN. */
enum { ALL_CALLMANAGERS = 255 }; /* of final_after: once each of its configuration has failed */
enum { /* a block on a LAN takes 1 ms; servers repeat after 200 ms at the soonest, the first block after 1 s */
       SLOW_BLOCK_MS = 100,
       REPEATED_MS = 190,
       FIRST_REPEAT_MS = 900
};

static const struct rule failures[] = {
    {SWITCH_POWER_DENIED, NULL, "poe-budget", "the switch has no power left for it (inline power denied)",
     "raise the budget (a larger power supply, --power-budget) or free a port: `power inline never` on ports that need "
     "none",
     0, 0, 0},
    {SWITCH_OVERLOADED, NULL, "poe-overload", "it drew more than its port gives, and the switch cut the power",
     "replace the phone or its cable", 3, 0, 0},
    {SWITCH_POWER_FAULT, NULL, "poe-fault", "the switch could not put power on the cable (%T)", "replace the cable", 3,
     0, FACT_REASON},
    {SWITCH_NO_LINK, NULL, "no-link", "it was powered, but no link came up in 4 s", "replace the phone or its cable", 3,
     0, 0},
    {PHONE_NO_IMAGE, NULL, "bad-hardware", "no image in its flash can run (%T)",
     "replace the phone, or restore its image", 1, 0, FACT_WHAT},
    {PHONE_DHCP_SILENT, NULL, "dhcp-down", "nobody answered its DHCP DISCOVER in VLAN %V (%N unanswered)",
     "start the DHCP server; behind a router: `ip helper-address SERVER` on the interface of the voice VLAN", 3,
     FACT_TRIES, 0},
    {DHCP_TOLD_EXHAUSTED, NULL, "dhcp-exhausted", "the DHCP server has no address left for VLAN %V",
     "make the pool larger, or the lease shorter", 3, 0, 0},
    {PHONE_DHCP_NAK, NULL, "dhcp-nak", "the DHCP server %A refuses its address (NAK, %N times: %T)",
     "look for two servers, or for a pool that does not match its subnet", 3, FACT_TRIES, FACT_TEXT},
    {PHONE_DUPLICATE_ADDRESS, NULL, "duplicate-address",
     "the address that DHCP gave is in use by another host (%N times)",
     "exclude addresses in use from the pool (IOS: `ip dhcp excluded-address`)", 3, FACT_TRIES, 0},
    {PHONE_NO_TFTP_SERVER, NULL, "no-tftp-option", "it has an address, but nothing names a TFTP server",
     "IOS: `option 150 ip SERVER` in the pool; dnsmasq: `dhcp-option=150,SERVER`; with a static address: the phone's "
     "own alternate TFTP server",
     1, 0, 0},
    {PHONE_TFTP_SILENT, NULL, "tftp-down", "the TFTP server %A did not answer (%T)",
     "start the TFTP server; let UDP port 69 and its answers from other ports through the firewall", 1, 0, FACT_FILE},
    {PHONE_FILE_MISSING, NULL, "tftp-denied", "the TFTP server denies access to its files (%T)",
     "make the files readable for the TFTP server; a chrooted server sees only its own folder", 1, 0, FACT_TEXT},
    {PHONE_NO_CONFIGURATION, NULL, "no-config", "the TFTP server has no configuration for it: %T",
     "add the device, or switch auto-registration on", 1, 0, FACT_WHY},
    {PHONE_BAD_DOCUMENT, NULL, "bad-config", "its configuration %T cannot be read",
     "correct the file; SEP<MAC>.cnf.xml must be well-formed XML", 1, 0, FACT_FILE},
    {PHONE_EMPTY_GROUP, NULL, "empty-group", "its configuration %T names no CallManager",
     "put a CallManager into its group", 1, 0, FACT_FILE},
    {CM_REJECTED, NULL, "numbers-used-up", "auto-registration has no directory number left for it",
     "make the range of auto-registration larger, or add the device", 1, 0, 0},
    {PHONE_REJECTED, NULL, "reject", "the CallManager %A refused to register it: \"%T\"",
     "add the device, or switch auto-registration on and check its range of numbers", 1, 0, FACT_TEXT},
    {PHONE_CM_DOWN, "no RegisterAck", "cm-silent-after-connect",
     "the CallManagers take its connection and do not answer; the last was %A", "restart the CallManager service",
     ALL_CALLMANAGERS, 0, 0},
    {PHONE_CM_DOWN, NULL, "cm-down", "no CallManager serves it; the last, %A: %T",
     "start the CallManager; let TCP port 2000 through", ALL_CALLMANAGERS, 0, FACT_WHY},
};

static const struct rule warnings[] = {
    {PHONE_IMAGE, NULL, "bad-flash-bank", "one image bank of its flash is bad (%T); it runs the other",
     "it repairs itself with the next upgrade", 0, 0, FACT_WHAT},
    {PHONE_VLAN, "no CDP", "no-cdp", "no switch spoke to it: %T; it works untagged",
     "IOS: `cdp run`, and `cdp enable` on the port; without a Cisco switch: lldpd with LLDP-MED", 0, 0, FACT_WHY},
    {PHONE_VLAN, NULL, "no-voice-vlan", "it works without a voice VLAN: %T",
     "IOS: `switchport voice vlan N` on the port, and `cdp enable`", 0, 0, FACT_WHY},
    {PHONE_LOAD_REFUSED, "File Not Found", "missing-load",
     "it runs its old image: the load that its configuration names is not on the TFTP server",
     "put that load (all of its files) on the TFTP server, or name another in its configuration", 0, 0, 0},
    {PHONE_LOAD_REFUSED, "Checksum", "corrupt-load",
     "it runs its old image: the load that its configuration names is damaged",
     "put a good copy of that load on the TFTP server", 0, 0, 0},
    {PHONE_LOAD_REFUSED, "Rejected HC", "wrong-load",
     "it runs its old image: the load that its configuration names is made for other hardware",
     "name a load for this model in its configuration (loadInformation)", 0, 0, 0},
    {PHONE_LOAD_REFUSED, NULL, "load-refused",
     "it runs its old image, since the load that its configuration names was refused: %T",
     "put a load that fits this model on the TFTP server, or name another in its configuration", 0, 0, FACT_WHY},
    {PHONE_CONFIGURATION, NULL, "tftp-down-known", "TFTP gave it no configuration; it works with the last good one",
     "start the TFTP server %A", 0, 0, 0},
    {PHONE_CM_DOWN, "timed out", "cm1-silent", "it is not with its first CallManager: %A does not answer",
     "start that CallManager; let TCP port 2000 through to it", 0, 0, 0},
    {PHONE_CM_DOWN, "keepalive", "cm1-silent", "it is not with its first CallManager: %A no longer answers",
     "start that CallManager; let TCP port 2000 through to it", 0, 0, 0},
    {PHONE_CM_DOWN, NULL, "cm1-down", "it is not with its first CallManager %A: %T",
     "start that CallManager; let TCP port 2000 through to it", 0, 0, FACT_WHY},
    {PHONE_ADDRESS, NULL, "two-dhcp", "a second DHCP server, %O, answers in its VLAN; it took the better offer",
     "find that server and stop it; IOS: `ip dhcp snooping`, trusted towards the right server only", 0, 0, 0},
};

static bool says(struct bytes text, const char *words)
{
    for (; text.len; text = bytes_from(text, 1))
        if (bytes_begin(text, words)) return true;
    return false;
}

static const struct rule *find(const struct rule *rules, size_t n, const struct board_trouble *t)
{
    struct bytes why = told_text((struct bytes){t->facts, t->len}, FACT_WHY);

    for (size_t i = 0; i < n; i++)
        if (rules[i].news == t->news && (!rules[i].when || says(why, rules[i].when))) return &rules[i];
    return NULL;
}

static void fill(char *to, size_t size, const char *form, const struct rule *rule, struct bytes facts,
                 const struct row *r)
{
    struct writer w = writer(to, size - 1);
    struct told t;

    for (const char *at = form; *at; at++) {
        if (*at != '%') {
            write_u8(&w, (uint8_t)*at);
        } else if (*++at == 'T') {
            struct bytes text = told_text(facts, rule->name);
            write_bytes(&w, text.len ? text : bytes_of("no reason given"));
        } else if (*at == 'N') {
            write_decimal(&w, told_number(facts, rule->number, 0));
        } else if (*at == 'V') {
            if (r->vlan > 0)
                write_decimal(&w, (uint64_t)r->vlan);
            else
                write_text(&w, "1 (untagged)");
        } else if (*at == 'O') {
            write_ipv4_text(&w, (ipv4)told_number(facts, FACT_OTHER_SERVER, 0));
        } else if (*at == 'A') {
            bool found = told_find(facts, FACT_CALLMANAGER, &t) || told_find(facts, FACT_TFTP, &t) ||
                         told_find(facts, FACT_SERVER, &t);
            write_ipv4_text(&w, found ? (ipv4)t.number : 0);
        }
    }
    to[w.len] = '\0';
}

static bool make(struct verdict *v, const struct rule *rule, const char *severity, const struct board_trouble *trouble,
                 const struct row *r)
{
    if (!rule) return false;
    struct bytes facts = {trouble->facts, trouble->len};
    *v = (struct verdict){.code = rule->code, .severity = severity, .step = trouble->step};
    fill(v->text, sizeof v->text, rule->text, rule, facts, r);
    fill(v->fix, sizeof v->fix, rule->fix, rule, facts, r);
    return true;
}

/* How long registration took, the last time. */
static double registration_ms(const struct row *r)
{
    for (uint32_t i = r->step_count; i > 0; i--)
        if (r->steps[i - 1].step == STEP_REGISTRATION) return r->steps[i - 1].took_ms;
    return 0;
}

/* What its waits for TFTP say, with how long the CallManager took for 7 to 16 questions and answers (it depends on the
 * model). */
enum way { WAY_QUICK, WAY_SLOW_TFTP, WAY_SLOW };

static enum way way_of(const struct row *r)
{
    if (r->wire.waits == 0 || r->wire.best < SLOW_BLOCK_MS) return WAY_QUICK;
    return registration_ms(r) >= 5.0 * r->wire.best ? WAY_SLOW : WAY_SLOW_TFTP;
}

static bool lossy(const struct row *r, enum way way)
{
    if (r->wire.whole) return false;
    /* Repeated before the answer could be there: none is lost. */
    if (way == WAY_SLOW && r->wire.best >= FIRST_REPEAT_MS) return false;
    if (r->wire.repeated) return true;
    if (way == WAY_QUICK) return r->wire.worst >= REPEATED_MS && r->wire.worst > 20 * r->wire.best;
    return way == WAY_SLOW_TFTP && r->wire.best >= FIRST_REPEAT_MS; /* as long as servers wait before they repeat */
}

/* The phone works, but its wire is not as it should be: what it saw of that. */
static bool wire_verdict(struct verdict *v, const struct row *r)
{
    double block = r->wire.blocks ? (double)r->wire.took / r->wire.blocks : 0;
    enum way way = way_of(r);
    bool all_slow = way == WAY_SLOW;

    *v = (struct verdict){.severity = "warning", .step = STEP_CONFIGURATION};
    if (lossy(r, way)) {
        v->code = "loss";
        (void)snprintf(
            v->text, sizeof v->text,
            "frames were lost on its way: %u requests or blocks came again, the longest wait for TFTP was %u ms",
            r->wire.repeated, r->wire.worst);
        (void)snprintf(v->fix, sizeof v->fix,
                       "look for errors on the ports on the way (IOS: `show interfaces counters errors`), a duplex "
                       "mismatch, an overloaded link");
    } else if (way != WAY_QUICK) {
        v->code = all_slow ? "latency" : "slow-tftp";
        (void)snprintf(v->text, sizeof v->text, "a TFTP block takes %.0f ms%s", block,
                       all_slow ? ", and the CallManager's answers are as slow"
                                : "; the CallManager's answers are not slow");
        (void)snprintf(v->fix, sizeof v->fix, "%s",
                       all_slow ? "look at the way between switch and servers"
                                : "look at the TFTP server's load; real networks take 1 to 5 ms a block");
    } else if (r->wire.doubled) {
        v->code = "duplicate";
        (void)snprintf(v->text, sizeof v->text, "frames come twice: %u TFTP blocks did", r->wire.doubled);
        (void)snprintf(v->fix, sizeof v->fix,
                       "look for a loop, or a port mirror that feeds back (IOS: `show monitor session all`)");
    } else if (r->wire.overtaken) {
        v->code = "reorder";
        (void)snprintf(
            v->text, sizeof v->text,
            "frames arrive in another order than they were sent in: %u of its own between switch and servers "
            "were overtaken by later ones",
            r->wire.overtaken);
        (void)snprintf(v->fix, sizeof v->fix,
                       "look for links of unequal delay that share one conversation (IOS: `port-channel load-balance "
                       "src-dst-ip`, not `ip load-sharing per-packet`), or for queues that split it");
    }
    return v->code != NULL;
}

/* Nothing is known to be wrong, and yet it is not where it should be. */
static void unfinished(struct verdict *v, const struct row *r)
{
    static const char *const waits[STEPS] = {"the switch has not powered it",  "it has not loaded its image",
                                             "it waits for its voice VLAN",    "it waits for an address",
                                             "it waits for its configuration", "it has not finished registering"};

    *v = (struct verdict){.code = "unfinished", .severity = "failure", .step = r->step};
    const char *text = waits[r->step], *fix = "give it more time (--deadline)";
    if (!r->plugged) {
        v->code = "unplugged";
        text = "its cable is not plugged in";
        fix = "plug it in";
    } else if (r->line) {
        v->code = "old-configuration";
        v->step = STEP_REGISTRATION;
        text = "it is registered, but with another configuration or load than the server has for it now";
        fix = "reset it: the reset that it was sent may have been lost";
    }
    (void)snprintf(v->text, sizeof v->text, "%s", text);
    (void)snprintf(v->fix, sizeof v->fix, "%s", fix);
}

bool verdict_of(struct verdict *v, const struct row *r)
{
    if (row_registered(r))
        return (r->warning.news &&
                make(v, find(warnings, ARRAY_LENGTH(warnings), &r->warning), "warning", &r->warning, r)) ||
               wire_verdict(v, r);
    if (!r->plugged || !make(v, find(failures, ARRAY_LENGTH(failures), &r->trouble), "failure", &r->trouble, r))
        unfinished(v, r);
    return true;
}

bool verdict_is_final(const struct row *r)
{
    const struct board_trouble *t = &r->trouble;
    const struct rule *rule = find(failures, ARRAY_LENGTH(failures), t);
    uint32_t times = t->times;
    uint64_t told = told_number((struct bytes){t->facts, t->len}, FACT_TRIES, 0);

    if (told > times) times = (uint32_t)told;
    if (rule && rule->final_after == ALL_CALLMANAGERS) return times >= (r->callmanagers ? r->callmanagers : 1);
    return rule && rule->final_after && times >= rule->final_after;
}
