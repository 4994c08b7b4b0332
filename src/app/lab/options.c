#include "app/lab/options.h"
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include "phone/flash.h"
#include "provision/load.h"
#include "sim/crew.h"

enum {
    KEY_MODELS = 256,
    KEY_KNOWN,
    KEY_CALLMANAGERS,
    KEY_JSON,
    KEY_PCAP,
    KEY_PCAP_UPLINK,
    KEY_DEADLINE,
    KEY_STAY,
    KEY_AT,
    KEY_CHANGE,
    KEY_PREFERENCE,
    KEY_REALTIME,
    KEY_MAC_BASE,
    KEY_BUDGET,
    KEY_SEED,
    KEY_SIM,
    KEY_FAULT,
    KEY_RECORD,
    KEY_ATTACH,
    KEY_CALL,
    KEY_CSV,
    KEY_REPORT,
    KEY_PER_SWITCH,
    KEY_RAMP,
    KEY_ARRIVALS,
    KEY_CALIBRATE,
    KEY_THREADS
};

static const struct argp_option known_options[] = {
    {"phones", 'n', "N", 0, "Number of phones, 1 to 10000, with --sim to 1000000 (default 3)", 1},
    {"phones-per-switch", KEY_PER_SWITCH, "N", 0, "Phones at one access switch, 1 to 250 (default 250)", 1},
    {"models", KEY_MODELS, "LIST", 0, "Models, separated by commas; they take turns (default 7910,7960,7970)", 1},
    {"known", KEY_KNOWN, "all|none|N", 0,
     "Which phones are in the device database before: the first N (default: each third)", 1},
    {"preference", KEY_PREFERENCE, "WHOSE:KEY=VALUE", 0,
     "A user preference in the flash of a device (SEP...) or of all phones of a model: alternate-tftp, admin-vlan, "
     "static-address, ring, contrast",
     1},
    {"mac-base", KEY_MAC_BASE, "MAC", 0, "MAC address of the first phone (default 02:00:00:00:00:01)", 1},
    {"ramp", KEY_RAMP, "N/s", 0, "Plug in so many phones each second (default: all at once)", 2},
    {"arrivals", KEY_ARRIVALS, "poisson:N/s", 0, "Plug in phones at random moments, so many a second on average", 2},
    {"callmanagers", KEY_CALLMANAGERS, "N", 0, "CallManagers, 1 to 3 (default 2)", 2},
    {"power-budget", KEY_BUDGET, "WATTS", 0, "Power of each 48-port member of the switch (default 740)", 2},
    {"change", KEY_CHANGE, "DEVICE:FIELD=VALUE", 0,
     "Change a device in the database once it is registered: load, directory_number, label, callmanagers, date_format, "
     "time_zone",
     3},
    {"at", KEY_AT, "TIME:WHAT[,...]", 0,
     "Make things happen, counted from plug-in: unplug=N, plug=N, cm1-down, cm1-up; implies --stay. Example: "
     "30s:unplug=2,60s:plug=2",
     3},
    {"call", KEY_CALL, "SECONDS", OPTION_ARG_OPTIONAL,
     "Once all are registered the first phone calls the second: they talk for so long (default 2) with real RTP "
     "between "
     "them, and the ladder of the call is shown",
     3},
    {"stay", KEY_STAY, NULL, 0, "Keep the lab running until ^C", 3},
    {"deadline", KEY_DEADLINE, "SECONDS", 0, "When to give up (default 60; more with --fault loss or latency)", 3},
    {"attach", KEY_ATTACH, "IFACE[:access|trunk]", 0,
     "Put a real interface on a spare port of the switch (needs CAP_NET_RAW), so that what is behind it joins the lab: "
     "as a phone's port (access, the default) or with all VLANs",
     3},
    {"sim", KEY_SIM, NULL, 0,
     "In virtual time: no namespaces, no sockets; the same seed gives the same document, byte for byte", 3},
    {"threads", KEY_THREADS, "N", 0,
     "With --sim: share the switches out to so many threads, 1 to 64 (default: one for each processor, 8 at most); the "
     "outcome is the same",
     3},
    {"calibrate", KEY_CALIBRATE, "FILE", 0,
     "On real frames: measure what the lab's processes spend on what they do, and write it; with --sim: read such a "
     "file, and let virtual time spend the same",
     3},
    {"fault", KEY_FAULT, "NAME[,NAME...]", 0, "Make something wrong; an unknown name lists them all", 3},
    {"realtime", KEY_REALTIME, NULL, 0, "Phones and switch take the time that real ones take", 3},
    {"seed", KEY_SEED, "N", 0, "Seed of all random choices (default 1)", 3},
    {"record", KEY_RECORD, "FILE", 0, "Keep all that the engines hear, for `dialtone replay FILE`", 4},
    {"json", KEY_JSON, NULL, 0, "One JSON document on standard output, and nothing else there", 4},
    {"csv", KEY_CSV, "FILE", 0, "Write a table, a row a phone, at the end; - for standard output", 4},
    {"report", KEY_REPORT, "FILE", 0,
     "Write a page to look at in a browser, at the end: arrivals, step times, power, the ladder of each phone", 4},
    {"pcap", KEY_PCAP, "FILE", 0, "Record each frame at the phones' ports as pcapng; - for standard output", 4},
    {"pcap-uplink", KEY_PCAP_UPLINK, "FILE", 0, "Record the uplink of the switch", 4},
    {0},
};

static void refuse_usage(struct argp_state *state, const char *what, const char *value)
{
    argp_error(state, "%s: %s", what, value);
}

static uint64_t number(struct argp_state *state, const char *name, const char *text, uint64_t least, uint64_t most)
{
    uint64_t n = 0;

    if (!bytes_number(bytes_of(text), most, &n) || n < least)
        argp_error(state, "%s takes a number from %llu to %llu, not '%s'", name, (unsigned long long)least,
                   (unsigned long long)most, text);
    return n;
}

static void take_models(struct options *o, struct argp_state *state, const char *text)
{
    struct bytes rest = bytes_of(text);

    o->models = 0;
    while (rest.len) {
        struct bytes name = bytes_cut(&rest, ',');
        const struct phone_model *m = model_find(bytes_trim(name));
        if (!m) argp_error(state, "no phone model is called '%.*s'", (int)name.len, (const char *)name.at);
        if (!m->speaks_sccp)
            argp_error(state, "a %s speaks only SIP: it cannot register with this lab's CallManagers, which speak SCCP",
                       m->name);
        if (!load_built_in(m, false)) argp_error(state, "there is no image load for a %s here", m->name);
        if (o->models == MODELS_MOST) argp_error(state, "--models takes %d models at most", MODELS_MOST);
        o->model[o->models++] = m;
    }
    if (o->models == 0) refuse_usage(state, "--models names no model", text);
}

static void take_known(struct options *o, struct argp_state *state, const char *text)
{
    if (strcmp(text, "all") == 0)
        o->known = UINT32_MAX - 1;
    else if (strcmp(text, "none") == 0)
        o->known = 0;
    else
        o->known = (uint32_t)number(state, "--known", text, 0, PHONES_IN_SIM);
}

/* N/s, or N */
static void take_ramp(struct options *o, struct argp_state *state, const char *name, struct bytes text)
{
    uint64_t n;

    if (bytes_end(text, "/s")) text.len -= 2;
    if (!bytes_number(text, PHONES_IN_SIM, &n) || n == 0)
        argp_error(state, "%s takes phones a second, 1/s to %d/s", name, PHONES_IN_SIM);
    o->ramp = (uint32_t)n;
}

static void take_arrivals(struct options *o, struct argp_state *state, const char *text)
{
    struct bytes how = bytes_of(text);

    if (!bytes_begin(how, "poisson:")) argp_error(state, "--arrivals takes poisson:N/s, not '%s'", text);
    o->poisson = true;
    take_ramp(o, state, "--arrivals poisson:", bytes_from(how, strlen("poisson:")));
}

/* WHOSE:KEY=VALUE in its three parts. */
static void take_parts(struct argp_state *state, const char *option, const char *text, char *whose, size_t whose_size,
                       char *key, size_t key_size, char *value, size_t value_size)
{
    struct bytes rest = bytes_of(text), w = bytes_cut(&rest, ':'), k = bytes_cut(&rest, '=');

    if (w.len == 0 || k.len == 0 || !strchr(text, ':') || !strchr(text, '=') || w.len >= whose_size ||
        k.len >= key_size || rest.len >= value_size)
        argp_error(state, "%s takes WHOSE:KEY=VALUE, not '%s'", option, text);
    text_copy(whose, whose_size, w);
    text_copy(key, key_size, k);
    text_copy(value, value_size, rest);
}

static void take_change(struct options *o, struct argp_state *state, const char *text)
{
    static const char *const fields[] = {"load",         "directory_number", "label",
                                         "callmanagers", "date_format",      "time_zone"};
    struct mac mac;
    bool known = false;

    if (o->changes == CHANGES_MOST) argp_error(state, "--change can be given %d times at most", CHANGES_MOST);
    struct option_change *c = &o->change[o->changes++];
    take_parts(state, "--change", text, c->device, sizeof c->device, c->field, sizeof c->field, c->value,
               sizeof c->value);
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) known |= strcmp(c->field, fields[i]) == 0;
    if (!known)
        argp_error(
            state,
            "--change: no field '%s'; there are load, directory_number, label, callmanagers, date_format, time_zone",
            c->field);
    if (!device_name_parse(bytes_of(c->device), &mac))
        argp_error(state, "--change: '%s' is not a device name (SEP and 12 hex digits)", c->device);
    device_name(c->device, mac);
}

static void take_preference(struct options *o, struct argp_state *state, const char *text)
{
    if (o->preferences == PREFERENCES_MOST)
        argp_error(state, "--preference can be given %d times at most", PREFERENCES_MOST);
    struct option_preference *p = &o->preference[o->preferences++];
    struct mac mac;
    take_parts(state, "--preference", text, p->whose, sizeof p->whose, p->key, sizeof p->key, p->value,
               sizeof p->value);
    if (!model_find(bytes_of(p->whose)) && !device_name_parse(bytes_of(p->whose), &mac))
        argp_error(state, "--preference: '%s' is neither a device name (SEP and 12 hex digits) nor a model", p->whose);
    if (!preferences_check(bytes_of(p->key), bytes_of(p->value)))
        argp_error(state,
                   "--preference: '%s=%s' is not one of alternate-tftp=ADDRESS, admin-vlan=1..4094, "
                   "static-address=ADDRESS/BITS[,ROUTER], ring=1..255, contrast=1..255",
                   p->key, p->value);
}

static bool take_time(struct bytes text, usec *out)
{
    uint64_t n;
    usec unit = SECOND;

    if (bytes_end(text, "ms")) {
        unit = MSEC;
        text.len -= 2;
    } else if (bytes_end(text, "s")) {
        text.len -= 1;
    } else if (bytes_end(text, "m")) {
        unit = 60 * SECOND;
        text.len -= 1;
    }
    if (!bytes_number(text, 1000000, &n)) return false;
    *out = n * unit;
    return true;
}

static bool take_what(struct bytes what, struct option_moment *m)
{
    uint64_t n;

    if (bytes_begin(what, "unplug=") || bytes_begin(what, "plug=")) {
        m->kind = bytes_begin(what, "unplug=") ? MOMENT_UNPLUG : MOMENT_PLUG;
        (void)bytes_cut(&what, '=');
        if (!bytes_number(what, PHONES_IN_SIM, &n) || n == 0) return false;
        m->which = (uint32_t)n;
        return true;
    }
    if (!bytes_begin(what, "cm") || what.len < 3 || what.at[2] < '1' || what.at[2] > '3') return false;
    m->which = (uint32_t)(what.at[2] - '0');
    what = bytes_from(what, 3);
    m->kind = bytes_are(what, "-down") ? MOMENT_CM_DOWN : MOMENT_CM_UP;
    return bytes_are(what, "-down") || bytes_are(what, "-up");
}

static void take_faults(struct options *o, struct argp_state *state, const char *text)
{
    struct bytes rest = bytes_of(text);

    while (rest.len) {
        struct bytes one = bytes_cut(&rest, ',');
        if (fault_set(&o->faults, one)) continue;
        (void)fprintf(stderr, "%s: --fault takes no '%.*s'. There are:\n", state->name, (int)one.len,
                      (const char *)one.at);
        for (int i = 0; i < FAULT_KINDS; i++) {
            enum lab_fault f = (enum lab_fault)i;
            (void)fprintf(stderr, "  %-24s %s%s\n", fault_name(f), fault_takes_value(f) ? "(=N) " : "", fault_what(f));
        }
        exit(EXIT_USAGE);
    }
}

static void take_moments(struct options *o, struct argp_state *state, const char *text)
{
    struct bytes rest = bytes_of(text);

    while (rest.len) {
        struct bytes what = bytes_cut(&rest, ','), when = bytes_cut(&what, ':');
        struct option_moment m = {0};
        if (!take_time(when, &m.at) || !take_what(what, &m))
            argp_error(state, "--at takes TIME:WHAT (30s:unplug=2, 60s:plug=2, 90s:cm1-down, 150s:cm1-up), not '%s'",
                       text);
        if (o->moments == MOMENTS_MOST) argp_error(state, "--at takes %d moments at most", MOMENTS_MOST);
        o->moment[o->moments++] = m;
    }
    o->stay = true;
}

/* IFACE[:access|trunk] */
static void take_attach(struct options *o, struct argp_state *state, const char *text)
{
    struct bytes mode = bytes_of(text), name = bytes_cut(&mode, ':');
    bool has_mode = name.len < strlen(text);

    if (name.len == 0 || name.len >= PLAN_INTERFACE ||
        (has_mode && !bytes_are(mode, "access") && !bytes_are(mode, "trunk")))
        argp_error(state, "--attach takes IFACE, IFACE:access or IFACE:trunk, with a name of 1 to %d bytes, not '%s'",
                   PLAN_INTERFACE - 1, text);
    if (o->attached == PLAN_ATTACHED) argp_error(state, "--attach can be given %d times at most", PLAN_ATTACHED);
    for (uint32_t i = 0; i < o->attached; i++)
        if (bytes_are(name, o->attach[i].interface))
            argp_error(state, "--attach: %s is attached already: a cable has one end there", o->attach[i].interface);
    struct plan_attached *a = &o->attach[o->attached++];
    text_copy(a->interface, sizeof a->interface, name);
    a->trunk = bytes_are(mode, "trunk");
}

/* One thing at most goes to standard output. */
static void check_output(const struct options *o, struct argp_state *state)
{
    const struct {
        const char *option, *file;
    } to[] = {{"--json", o->json ? "-" : NULL},
              {"--pcap -", o->pcap},
              {"--pcap-uplink -", o->pcap_uplink},
              {"--csv -", o->csv},
              {"--report -", o->report}};
    const char *taken = NULL;

    for (size_t i = 0; i < ARRAY_LENGTH(to); i++) {
        if (!to[i].file || strcmp(to[i].file, "-") != 0) continue;
        if (taken) argp_error(state, "%s and %s both want standard output", taken, to[i].option);
        taken = to[i].option;
    }
}

/* What goes with many phones, and what does not. */
static void check_size(struct options *o, struct argp_state *state)
{
    uint32_t switches = (o->phones - 1) / o->per_switch + 1;

    if (!o->sim && o->phones > PHONES_ON_FRAMES)
        argp_error(state, "--phones: %d at most on real frames; with --sim up to %d", PHONES_ON_FRAMES, PHONES_IN_SIM);
    if (switches > PLAN_SWITCHES)
        argp_error(state, "--phones-per-switch: %u phones would need %u switches; there are subnets for %d", o->phones,
                   switches, PLAN_SWITCHES);
    if (switches > 1 && (o->faults.on[FAULT_IS_TWO_DHCP] || o->faults.on[FAULT_IS_DUPLICATE_ADDRESS]))
        argp_error(state, "--fault two-dhcp and duplicate-address are of one segment: they take one switch's phones");
}

static void check_all(struct options *o, struct argp_state *state)
{
    check_size(o, state);
    if (o->sim && (o->pcap || o->pcap_uplink))
        argp_error(state, "--sim has no frames of TCP to record: --pcap and --pcap-uplink are for real frames");
    if (o->sim && o->attached)
        argp_error(state, "--sim has no frames and no clock that others could follow: --attach is for real frames");
    if (o->threads && !o->sim) argp_error(state, "--threads goes with --sim: on real frames processes share the work");
    if (o->calibrate && strcmp(o->calibrate, "-") == 0)
        argp_error(state, "--calibrate takes the name of a file, not -");
    if (o->call && o->phones < 2) argp_error(state, "--call: a call takes two phones");
    check_output(o, state);
    for (uint32_t i = 0; i < o->moments; i++) {
        const struct option_moment *m = &o->moment[i];
        bool phone = m->kind == MOMENT_UNPLUG || m->kind == MOMENT_PLUG;
        if (m->which > (phone ? o->phones : o->callmanagers))
            argp_error(state, "--at: there is no %s %u in this lab", phone ? "phone" : "CallManager", m->which);
    }
    if (mac_is_group(mac_from_number(o->mac_base + o->phones - 1)) || o->mac_base + o->phones - 1 > 0xffffffffffff)
        argp_error(state, "--mac-base leaves no room for %u addresses of single stations", o->phones);
    if (o->models == 0) {
        o->model[0] = model_find(bytes_of("7910"));
        o->model[1] = model_find(bytes_of("7960"));
        o->model[2] = model_find(bytes_of("7970"));
        o->models = 3;
    }
}

enum { LOSS_BORNE = 30 /* % */, LATENCY_BORNE = 4000 /* ms */ };

static error_t take(int key, char *text, struct argp_state *state)
{
    struct options *o = state->input;
    struct mac mac;

    switch (key) {
    case 'n': o->phones = (uint32_t)number(state, "--phones", text, 1, PHONES_IN_SIM); break;
    case KEY_PER_SWITCH: o->per_switch = (uint32_t)number(state, "--phones-per-switch", text, 1, PLAN_PHONES); break;
    case KEY_RAMP: take_ramp(o, state, "--ramp", bytes_of(text)); break;
    case KEY_ARRIVALS: take_arrivals(o, state, text); break;
    case KEY_MODELS: take_models(o, state, text); break;
    case KEY_KNOWN: take_known(o, state, text); break;
    case KEY_CALLMANAGERS:
        o->callmanagers = (uint8_t)number(state, "--callmanagers", text, 1, PLAN_CALLMANAGERS);
        break;
    case KEY_BUDGET: o->power_budget = (uint32_t)number(state, "--power-budget", text, 0, 100000) * 1000; break;
    case KEY_SEED: o->seed = number(state, "--seed", text, 0, UINT64_MAX); break;
    case KEY_DEADLINE: o->deadline = number(state, "--deadline", text, 1, 1000000) * SECOND; break;
    case KEY_JSON: o->json = true; break;
    case KEY_REALTIME: o->realtime = true; break;
    case KEY_STAY: o->stay = true; break;
    case KEY_PCAP: o->pcap = text; break;
    case KEY_PCAP_UPLINK: o->pcap_uplink = text; break;
    case KEY_RECORD: o->record = text; break;
    case KEY_CSV: o->csv = text; break;
    case KEY_REPORT: o->report = text; break;
    case KEY_SIM: o->sim = true; break;
    case KEY_CALIBRATE: o->calibrate = text; break;
    case KEY_THREADS: o->threads = (uint32_t)number(state, "--threads", text, 1, CREW_HANDS); break;
    case KEY_FAULT: take_faults(o, state, text); break;
    case KEY_ATTACH: take_attach(o, state, text); break;
    case KEY_CALL: o->call = (text ? number(state, "--call", text, 1, 3600) : 2) * SECOND; break;
    case KEY_AT: take_moments(o, state, text); break;
    case KEY_CHANGE: take_change(o, state, text); break;
    case KEY_PREFERENCE: take_preference(o, state, text); break;
    case KEY_MAC_BASE:
        if (!mac_parse(bytes_of(text), &mac) || mac_is_group(mac) || mac_is_none(mac) ||
            mac_number(mac) >> 32 == 0x02ac || mac_number(mac) >> 32 == 0x025e || mac_number(mac) >> 32 == 0x02ba ||
            mac_number(mac) >> 32 == 0x02d1)
            argp_error(state,
                       "--mac-base takes the MAC address of a single station, not '%s' (02:ac, 02:5e, 02:ba and 02:d1 "
                       "are the lab's own)",
                       text);
        o->mac_base = mac_number(mac);
        break;
    case ARGP_KEY_ARG: argp_error(state, "'%s' is not an option of lab", text); break;
    case ARGP_KEY_END: check_all(o, state); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* What is lost is sent again after 4, 8, 16 s, a walk through the files begins again after 45 s: on a lossy way phones
 * need longer, and the few that lose the same thing again and again much longer; on a slow way all do. What was
 * measured is in docs/verdicts.md (loss, latency); the square of the percentage and a quarter of a second for each
 * millisecond are above it. */
static usec patience(const struct faults *f)
{
    uint64_t percent = f->on[FAULT_IS_LOSS] ? f->value[FAULT_IS_LOSS] / 100 : 0,
             ms = f->on[FAULT_IS_LATENCY] ? f->value[FAULT_IS_LATENCY] : 0;

    if (percent > LOSS_BORNE)
        percent = LOSS_BORNE; /* beyond these phones may never get there: no use in waiting for hours */
    if (ms > LATENCY_BORNE) ms = LATENCY_BORNE;
    return (60 + percent * percent) * SECOND + ms * 250 * MSEC;
}

/* Servers answer one after the other, and those that came last wait: a minute more for each 5,000 phones; and the last
 * is plugged in when it is. */
static usec crowd(const struct options *o)
{
    return (usec)(o->phones / 5000) * 60 * SECOND + (o->ramp ? (usec)o->phones * SECOND / o->ramp : 0);
}

void options_read(struct options *o, int argc, char **argv)
{
    static char name[] = "dialtone lab";
    static const struct argp argp = {
        .options = known_options,
        .parser = take,
        .doc =
            "Boots IP phones from a bare cable to a registered line, on this machine: a virtual PoE switch, DHCP, TFTP "
            "and "
            "CallManagers, on real Ethernet frames in network namespaces of its own. No privileges, no configuration.\v"
            "Exit status: 0 all phones registered, 1 not all (or the call failed), 2 wrong usage, 3 the lab itself "
            "failed. See "
            "dialtone-lab(1).",
    };

    *o = (struct options){.phones = 3,
                          .per_switch = PLAN_PHONES,
                          .known = UINT32_MAX,
                          .callmanagers = 2,
                          .power_budget = UINT32_MAX,
                          .mac_base = 0x020000000001,
                          .seed = 1};
    argp_err_exit_status = EXIT_USAGE;
    argv[0] = name;
    (void)argp_parse(&argp, argc, argv, 0, NULL, o);
    if (o->deadline == 0) o->deadline = patience(&o->faults) + crowd(o);
}

/* Unit: 1/65536 of a mean interval. -ln of a number drawn from (0, 1], by its binary logarithm in 16 steps: no libm,
 * and the same on any machine. */
static uint64_t exponential(struct random *r)
{
    uint64_t x = random_u64(r) | 1, whole = 0, parts = 0;

    for (; !(x >> 63); x <<= 1) whole++;
    x >>= 32; /* 1.0 to 2.0 with 31 bits behind the point */
    for (int i = 0; i < 16; i++) {
        x = x * x >> 31;
        parts = parts << 1 | x >> 32;
        if (x >> 32) x >>= 1;
    }
    return (((whole + 1) << 16) - parts) * 45426 >> 16; /* ln 2 */
}

usec options_arrival(const struct options *o, struct random *r, uint32_t i, usec at)
{
    if (o->ramp == 0) return 0;
    if (!o->poisson) return (usec)i * SECOND / o->ramp;
    return i == 0 ? 0 : at + (exponential(r) * SECOND / o->ramp >> 16);
}

bool options_known(const struct options *o, uint32_t i)
{
    return o->known == UINT32_MAX ? i % 3 == 2 : i < o->known;
}

const struct phone_model *options_model(const struct options *o, uint32_t i)
{
    return o->model[i % o->models];
}

bool options_names(const char *whose, const char *device, const struct phone_model *model)
{
    return bytes_equal_nocase(bytes_of(whose), bytes_of(device)) || model_find(bytes_of(whose)) == model;
}
