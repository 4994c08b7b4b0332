/* `dialtone replay FILE`: feeds a recording to the same engines again and compares what they do. */
#include "app/lab/replay.h"
#include "app/lab/options.h"
#include "app/lab/plan_of.h"
#include "lab/fleet.h"
#include "lab/recording.h"
#include "lab/site.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { WORDS_MOST = 128, SAME = 0, DIFFERENT = 1, UNREADABLE = 3 };

struct replay {
    struct options options;
    struct plan plan;
    struct fleet *fleet; /* of each switch */
    struct site site;
    bool opened;
    struct outbox outbox;
    struct digesting digesting[RECORDED_ROLES];
    uint64_t events[RECORDED_ROLES];
    int ended[RECORDED_ROLES]; /* 0: not yet; 1: the same; -1: different */
};

/* Nothing leaves an engine here: what follows from an action is in the recording. */
static void no_deliver(void *context, uint32_t party, const struct event *e)
{
    (void)context;
    (void)party;
    (void)e;
}

static void no_frame(void *context, struct bytes frame)
{
    (void)context;
    (void)frame;
}

static void no_action(void *context, uint32_t phone, const struct action *a, struct bytes payload_)
{
    (void)context;
    (void)phone;
    (void)a;
    (void)payload_;
}

static void no_news(void *context, const struct action *a, struct bytes facts)
{
    (void)context;
    (void)a;
    (void)facts;
}

/* Which cables are plugged in shows in what the ends hear; that they lead to phones is all that a fleet is to know
 * here. */
static bool open_fleets(struct replay *r)
{
    struct fleet_hooks hooks = {r, no_deliver, no_frame, no_action, no_news, NULL, NULL, NULL, NULL};
    uint32_t switches = plan_switches(&r->plan);

    r->fleet = calloc(switches, sizeof *r->fleet);
    if (!r->fleet) return false;
    for (uint32_t k = 0; k < switches; k++) {
        if (!fleet_open(&r->fleet[k], &r->plan, k, &hooks)) return false;
        for (uint32_t i = 0; i < r->fleet[k].at.phones; i++) fleet_plug(&r->fleet[k], i, CABLE_STRAIGHT);
    }
    return true;
}

static bool open_engines(struct replay *r, const struct recorded *begin)
{
    static char lab[] = "lab", *words[WORDS_MOST] = {lab};
    struct bytes rest = begin->bytes;
    struct net_error why;
    struct fault fault;
    int n = 1;

    (void)bytes_cut(&rest, 0); /* the command's own name */
    while (rest.len && n < WORDS_MOST - 1) {
        struct bytes word = bytes_cut(&rest, 0);
        words[n] = calloc(1, word.len + 1);
        if (!words[n]) return false;
        text_copy(words[n++], word.len + 1, word);
    }
    for (int i = 1; i < n; i++) /* a run that only printed its help was never recorded */
        if (words[i][0] == '-' &&
            (strstr(words[i], "help") || strstr(words[i], "usage") || strcmp(words[i], "-?") == 0))
            return false;
    options_read(&r->options, n, words);
    if (!plan_of(&r->plan, &r->options, &why)) return false;
    r->plan.wall = begin->wall;
    r->opened = open_fleets(r) && site_open(&r->site, &r->plan, &fault);
    return r->opened;
}

/* Parties as sim/sim.h numbers them: phones, then switches; of one switch that is as a fleet numbers them. */
static struct fleet *fleet_of(struct replay *r, uint32_t party, uint32_t *local)
{
    const struct plan *plan = &r->plan;
    bool phone = party < plan->phones;
    uint32_t k = phone ? plan_switch_of(plan, party) : party - plan->phones;

    if (k >= plan_switches(plan)) return NULL;
    *local = phone ? party - r->fleet[k].at.first : fleet_switch(&r->fleet[k]);
    return &r->fleet[k];
}

static step_fn *engine_of(struct replay *r, const struct recorded *e, void **engine)
{
    uint32_t local;
    usec first;

    if (e->role == RECORDED_FLEET) {
        struct fleet *f = fleet_of(r, e->party, &local);
        return f ? fleet_party(f, local, engine, &first) : NULL;
    }
    return e->party < site_parties(&r->site) ? site_party(&r->site, e->party, engine) : NULL;
}

static bool feed(struct replay *r, const struct recorded *e)
{
    uint32_t local = 0;
    void *engine;
    step_fn *step = engine_of(r, e, &engine);

    if (!step) return e->role == RECORDED_FLEET; /* the interloper: its frames are in the recording as they went on */
    outbox_clear(&r->outbox);
    r->outbox.engine = e->party;
    (void)step(engine, e->at, &e->event, &r->outbox);
    r->events[e->role]++;
    recording_digest(&r->digesting[e->role], e->at, e->party, &e->event, &r->outbox);
    struct fleet *f = e->role == RECORDED_FLEET ? fleet_of(r, e->party, &local) : NULL;
    for (uint32_t i = 0; f && i < r->outbox.count; i++)
        if (r->outbox.actions[i].kind == ACTION_STORE)
            fleet_act(f, local, &r->outbox.actions[i], payload(&r->outbox, i));
    return true;
}

static void end(struct replay *r, const struct recorded *e)
{
    struct digest d = digest_end(&r->digesting[e->role]);

    r->ended[e->role] = bytes_equal(e->bytes, (struct bytes){d.byte, DIGEST_SIZE}) ? 1 : -1;
}

static bool take(struct replay *r, const struct recorded *e)
{
    struct fault why;

    if (e->kind == RECORDED_BEGIN) return !r->opened && open_engines(r, e);
    if (!r->opened) return false;
    if (e->kind == RECORDED_EVENT) return feed(r, e);
    outbox_clear(&r->outbox);
    if (e->kind == RECORDED_CHANGE)
        (void)site_change(&r->site, e->bytes, &r->outbox, &why);
    else
        end(r, e);
    return true;
}

static int say(const struct replay *r)
{
    static const char *const role[] = {"phones and switch", "servers"};
    int status = SAME;

    for (int i = 0; i < RECORDED_ROLES; i++) {
        (void)printf("%-18s %9llu events: %s\n", role[i], (unsigned long long)r->events[i],
                     r->ended[i] > 0   ? "the same actions, digest for digest"
                     : r->ended[i] < 0 ? "NOT the same actions"
                                       : "the recording ends early");
        if (r->ended[i] <= 0) status = DIFFERENT;
    }
    return status;
}

static int run(struct bytes file, const char *name)
{
    static struct replay r;
    struct action *actions = calloc(SWITCH_MOST, sizeof *actions);
    uint8_t *bytes = malloc(SWITCH_MOST_BYTES);
    struct recorded e;
    struct fault why = {.kind = FAULT_NONE};
    struct bytes rest = file;

    if (!actions || !bytes) return UNREADABLE;
    outbox_init(&r.outbox, actions, SWITCH_MOST, bytes, SWITCH_MOST_BYTES);
    for (int i = 0; i < RECORDED_ROLES; i++) r.digesting[i] = digest_begin();
    while (recorded_next(&rest, &e, &why)) {
        if (take(&r, &e)) continue;
        why = (struct fault){FAULT_ORDER, 0, "an entry that does not belong there"};
        break;
    }
    if (why.kind != FAULT_NONE || !r.opened) {
        if (rest.len == file.len) /* not even its first entry */
            (void)fprintf(stderr, "dialtone replay: %s: this is no recording of `dialtone lab --record FILE`\n", name);
        else
            (void)fprintf(stderr, "dialtone replay: %s: the recording is broken at byte %zu: %s\n", name,
                          file.len - rest.len + why.at, why.what ? why.what : "it does not begin as one");
        return UNREADABLE;
    }
    return say(&r);
}

int replay_main(int argc, char **argv)
{
    struct stat st;

    if (argc != 2 || argv[1][0] == '-') {
        (void)fputs("Usage: dialtone replay FILE\nRuns a recording of `dialtone lab --record FILE` again and says "
                    "whether the engines did the same.\n",
                    argc == 2 && strcmp(argv[1], "--help") == 0 ? stdout : stderr);
        return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : EXIT_USAGE;
    }
    int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
        (void)fprintf(stderr, "dialtone replay: %s cannot be read: %s\n", argv[1],
                      fd < 0 ? strerror(errno) : "it is empty, or no file");
        if (fd >= 0) (void)close(fd);
        return UNREADABLE;
    }
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    (void)close(fd);
    if (at == MAP_FAILED) return UNREADABLE;
    int status = run((struct bytes){at, (size_t)st.st_size}, argv[1]);
    (void)munmap(at, (size_t)st.st_size);
    return status;
}
