/* app/lab/options.h: the command line of `dialtone lab`. */
#ifndef APP_LAB_OPTIONS_H
#define APP_LAB_OPTIONS_H
#include "base/random.h"
#include "lab/plan.h"
#include "provision/device_name.h"

enum { PHONES_ON_FRAMES = 10000, PHONES_IN_SIM = 1000000, PHONES_SHOWN = 1000 /* of more no lines are printed */ };
enum { MODELS_MOST = 64, CHANGES_MOST = 32, PREFERENCES_MOST = 64, MOMENTS_MOST = 64 };
enum { EXIT_REGISTERED = 0, EXIT_NOT_REGISTERED = 1, EXIT_USAGE = 2, EXIT_LAB = 3 };

struct option_change { /* --change 'SEP...:load=NAME' */
    char device[DEVICE_NAME];
    char field[32], value[128];
    bool done;
};

struct option_preference { /* --preference DEVICE|MODEL:KEY=VALUE */
    char whose[32], key[32], value[96];
};

enum moment_kind { MOMENT_UNPLUG, MOMENT_PLUG, MOMENT_CM_DOWN, MOMENT_CM_UP };
struct option_moment { /* --at 30s:unplug=2 */
    usec at;
    enum moment_kind kind;
    uint32_t which; /* phone from 1, or CallManager from 1 */
    bool done;
};

struct options {
    uint32_t phones, per_switch, ramp; /* ramp: so many are plugged in each second; 0: all at once */
    bool poisson;                      /* at random moments, so many a second on average */
    uint32_t known;                    /* known: UINT32_MAX: the pattern (each third) */
    const struct phone_model *model[MODELS_MOST];
    uint32_t models; /* 0: 7910, 7960, 7970 */
    uint8_t callmanagers;
    uint32_t power_budget; /* mW; UINT32_MAX: not given */
    uint64_t mac_base, seed;
    bool json, realtime, stay, sim;
    struct faults faults;
    const char *record;
    char why_sim[320]; /* why it runs in virtual time though nobody asked for that */
    const char *pcap, *pcap_uplink;
    const char *csv, *report; /* files to write at the end */
    uint32_t threads;         /* with `sim`; 0: as many as there are processors */
    const char *calibrate;    /* on real frames: to write at the end; with `sim`: to read */
    usec deadline;
    struct option_change change[CHANGES_MOST];
    uint32_t changes;
    struct option_preference preference[PREFERENCES_MOST];
    uint32_t preferences;
    struct option_moment moment[MOMENTS_MOST];
    uint32_t moments;
    struct plan_attached attach[PLAN_ATTACHED]; /* --attach eth1:trunk */
    uint32_t attached;
    usec call; /* --call: how long the first two phones talk; 0: they do not */
};

/* Reads the command line of `dialtone lab`; on wrong usage prints why to stderr and exits with EXIT_USAGE; --help and
 * --usage print and exit 0. */
void options_read(struct options *, int argc, char **argv);
/* Is this phone, the i-th from 0, in the device database before the lab begins? */
bool options_known(const struct options *, uint32_t i);
/* When is the i-th phone plugged in, after the first moment? To be asked in order, from 0: `at` is that of the one
 * before. */
usec options_arrival(const struct options *, struct random *, uint32_t i, usec at);
const struct phone_model *options_model(const struct options *, uint32_t i);
/* Does a --preference or --change name this phone? Matches its device name or, for preferences, its model. */
bool options_names(const char *whose, const char *device, const struct phone_model *);
#endif
