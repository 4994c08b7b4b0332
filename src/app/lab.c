/* `dialtone lab`: starts the world, hears its processes, shows what happens, ends it. */
#include "app/lab.h"
#include "app/machine.h"
#include "app/board.h"
#include "app/csv.h"
#include "app/diary.h"
#include "app/guests.h"
#include "app/ladder.h"
#include "app/lines.h"
#include "app/plan_of.h"
#include "app/report.h"
#include "app/report_html.h"
#include "app/servers.h"
#include "app/sim_world.h"
#include "app/table.h"
#include "lab/recording.h"
#include "net/loop.h"
#include "net/world.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

static const usec REDRAW = 100 * MSEC, LOOK = 10 * MSEC, SETTLED = 200 * MSEC, REPORT_WAIT = 5 * SECOND,
                  READY_WAIT = 15 * SECOND, DEATH_WAIT = 2 * SECOND;

enum { ARGUMENTS_MOST = 120, MANY = 1000, BATCHES = 64 };

/* News of one process that came in a batch; the bytes lie in lab.batch until the turn is over. */
struct batched {
    usec at;
    uint32_t order; /* of arrival: ties go by it */
    struct bytes news;
};

struct lab {
    struct options options;
    struct plan plan;
    struct process process;
    struct board board;
    struct guests guests;
    struct ladder ladder; /* of --call */
    struct diary diary;   /* of --report */
    FILE *csv, *report;   /* NULL: not asked for */
    struct world world;
    struct sim_world *sim; /* NULL: real frames */
    struct table table;
    usec settled_at; /* since when nothing that waiting could change is left; NEVER: something is */
    struct lines lines;
    bool live, ending, forbidden, gone;
    /* forbidden: this machine makes no world */ /* gone: the world ended by itself */
    uint32_t arrived;                            /* phones that were plugged in */
    usec arrival;                                /* of the next, after the first moment */
    struct random arrivals;
    int failed;                  /* exit status; 0: all is well */
    unsigned roles, ready, done; /* of so many processes are so many ready, have said all */
    uint8_t *batch;              /* BATCHES messages; NULL: no memory was needed yet */
    struct batched *batched;
    uint32_t batches, batched_count, batched_size;
    int signals, argc;
    char **argv;
    char why[400];
};

static usec lab_now(const struct lab *lab)
{
    return lab->sim ? sim_world_now(lab->sim) : monotonic_now() - lab->plan.start;
}

static void ask(const struct lab *lab, const struct writer *w)
{
    if (lab->sim)
        sim_world_ask(lab->sim, written(w));
    else
        (void)world_send(lab->world.socket, w->start, w->len);
}

static void ask_byte(const struct lab *lab, enum process_asks kind)
{
    uint8_t byte = (uint8_t)kind;
    struct writer w = {.start = &byte, .len = 1, .size = 1};

    ask(lab, &w);
}

static void fail(struct lab *lab, int status, const char *before, struct bytes text)
{
    if (lab->failed) return;
    lab->failed = status;
    (void)snprintf(lab->why, sizeof lab->why, "%s%.*s", before, (int)text.len, (const char *)text.at);
}

/* Where people read: standard output, unless a document or a capture has it. */
static FILE *people(const struct lab *lab)
{
    bool taken = lab->options.json || (lab->options.pcap && strcmp(lab->options.pcap, "-") == 0) ||
                 (lab->options.pcap_uplink && strcmp(lab->options.pcap_uplink, "-") == 0) ||
                 (lab->options.csv && strcmp(lab->options.csv, "-") == 0) ||
                 (lab->options.report && strcmp(lab->options.report, "-") == 0);

    return taken ? stderr : stdout;
}

/* --- what the processes say --- */

static void plug(struct lab *lab, uint32_t which, bool in)
{
    uint8_t bytes[8];
    struct writer w = writer(bytes, sizeof bytes);
    usec now = lab_now(lab);

    write_u8(&w, in ? ASKS_PLUG : ASKS_UNPLUG);
    write_be32(&w, which);
    uint32_t first = which == UINT32_MAX ? 0 : which, end = which == UINT32_MAX ? lab->board.rows : which + 1;
    for (uint32_t i = first; i < end && i < lab->board.rows; i++) {
        struct row *r = &lab->board.row[i];
        if (in && !r->plugged && r->plugged_at == 0) r->plugged_at = now;
        if (in) r->last_step = now;
        r->plugged = in;
    }
    ask(lab, &w);
}

static void change_device(struct lab *lab, struct option_change *c)
{
    uint8_t bytes[512];
    struct writer w = writer(bytes, sizeof bytes);
    struct row *r = board_find(&lab->board, bytes_of(c->device));

    c->done = true;
    r->gone_on = false;
    r->server_stamp[0] =
        '\0'; /* whatever it has now is not what the change will make of it: DEVICE_CHANGED brings the new stamp */
    board_changed(&lab->board, r);
    write_u8(&w, ASKS_CHANGE);
    write_text(&w, c->device);
    write_u8(&w, 0);
    write_text(&w, c->field);
    write_u8(&w, 0);
    write_text(&w, c->value);
    write_u8(&w, 0);
    ask(lab, &w);
}

static void changes_due(struct lab *lab)
{
    for (uint32_t i = 0; i < lab->options.changes; i++) {
        struct option_change *c = &lab->options.change[i];
        const struct row *r = board_find(&lab->board, bytes_of(c->device));
        bool before_it = false; /* changes of one device go one after the other */
        for (uint32_t k = 0; k < i; k++)
            before_it |= !lab->options.change[k].done && strcmp(lab->options.change[k].device, c->device) == 0;
        if (!c->done && !before_it && r && row_registered(r)) change_device(lab, c);
    }
}

static bool changes_done(const struct lab *lab)
{
    for (uint32_t i = 0; i < lab->options.changes; i++)
        if (!lab->options.change[i].done) return false;
    return true;
}

static void hear_news(struct lab *lab, struct reader *r)
{
    usec at = read_be64(r);
    enum process_role role = (enum process_role)read_u8(r);
    uint32_t engine = read_be32(r);
    uint16_t news = read_be16(r);
    struct bytes facts = read_rest(r);
    struct row *row;
    char words[GUEST_WORDS];

    if (!sound(r)) return;
    board_news(&lab->board, at, role, engine, news, facts, &row);
    if (row) {
        diary_keep(&lab->diary, at, (uint32_t)(row - lab->board.row), news, facts);
        table_news(&lab->table, row, role, news);
        if (lab->options.call) ladder_news(&lab->ladder, at, row, news, facts);
        lines_news(&lab->lines, at, row, news, facts);
    } else if (guests_news(&lab->guests, role, news, facts, words))
        lines_say(&lab->lines, at, "attached", words);
    changes_due(lab);
}

static int by_time(const void *a, const void *b)
{
    const struct batched *x = a, *y = b;

    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

/* What several processes said since the last turn, in the order of time. */
static void hear_batches(struct lab *lab)
{
    struct fault why;

    if (lab->batched_count) qsort(lab->batched, lab->batched_count, sizeof *lab->batched, by_time);
    for (uint32_t i = 0; i < lab->batched_count; i++) {
        struct reader r = reader(lab->batched[i].news, &why);
        hear_news(lab, &r);
    }
    lab->batches = lab->batched_count = 0;
}

static bool keep_batched(struct lab *lab, struct bytes news)
{
    struct fault why;
    struct reader r = reader(news, &why);

    if (lab->batched_count == lab->batched_size) {
        uint32_t size = lab->batched_size ? 2 * lab->batched_size : 4096;
        struct batched *more = realloc(lab->batched, size * sizeof *more);
        if (!more) return false;
        lab->batched = more;
        lab->batched_size = size;
    }
    lab->batched[lab->batched_count] = (struct batched){read_be64(&r), lab->batched_count, news};
    lab->batched_count++;
    return true;
}

static void hear_batch(struct lab *lab, struct reader *r)
{
    bool memory = lab->batch || (lab->batch = malloc((size_t)BATCHES * PROCESS_BATCH)) != NULL;
    struct bytes rest = read_rest(r);
    struct fault why;

    if (memory) {
        uint8_t *kept = lab->batch + (size_t)lab->batches++ * PROCESS_BATCH;
        memcpy(kept, rest.at, rest.len);
        struct reader news = reader((struct bytes){kept, rest.len}, &why);
        while (memory && unread(&news)) memory = keep_batched(lab, read_bytes(&news, read_be16(&news)));
    }
    if (!memory) fail(lab, EXIT_LAB, "no memory for the news of the lab", bytes_of(""));
    if (lab->batches == BATCHES) hear_batches(lab);
}

static void hear_counts(struct lab *lab, struct reader *r)
{
    enum process_role role = (enum process_role)read_u8(r);

    lab->board.frames += read_be64(r);
    lab->board.dropped += read_be64(r);
    lab->board.lost += read_be64(r);
    lab->board.memory += read_be64(r);
    lab->table.resent += role == ROLE_FLEET || role == ROLE_SERVERS ? read_be64(r) : 0;
}

static void hear(struct lab *lab, struct bytes message)
{
    struct fault why;
    struct reader r = reader(message, &why);
    uint8_t kind = read_u8(&r);
    char words[GUEST_WORDS];

    switch ((enum process_says)kind) {
    case SAYS_NEWS: hear_news(lab, &r); break;
    case SAYS_BATCH: hear_batch(lab, &r); break;
    case SAYS_RATES: table_rates(&lab->table, &r); break;
    case SAYS_READY: lab->ready++; break;
    case SAYS_DONE: lab->done++; break;
    case SAYS_PORT: board_port_row(&lab->board, &r); break;
    case SAYS_ATTACHED:
        if (guests_port(&lab->guests, &r, words)) lines_say(&lab->lines, lab_now(lab), "attached", words);
        break;
    case SAYS_COUNTS: hear_counts(lab, &r); break;
    case SAYS_FAILED:
        (void)read_u8(&r);
        fail(lab, EXIT_LAB, "", read_rest(&r));
        break;
    case SAYS_REFUSED:
        (void)read_u8(&r);
        fail(lab, EXIT_USAGE, "--change is refused: ", read_rest(&r));
        break;
    }
}

static void hear_signals(struct lab *lab)
{
    struct signalfd_siginfo info;

    while (read(lab->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo != SIGCHLD) lab->ending = true;
}

static void hear_sim(void *context, struct bytes message)
{
    hear(context, message);
}

/* Waits until something is said, a signal comes, or `until`. False: end now. */
static bool turn(struct lab *lab, usec until)
{
    if (lab->sim) {
        sim_world_turn(lab->sim, until);
        hear_signals(lab);
        return !lab->failed && !lab->ending;
    }
    struct pollfd polled[] = {{.fd = lab->world.socket, .events = POLLIN}, {.fd = lab->signals, .events = POLLIN}};
    usec now = lab_now(lab);
    int wait = until <= now ? 0 : (int)((until - now) / MSEC + 1);
    static uint8_t message[PROCESS_BATCH];

    if (poll(polled, 2, wait) < 0 && errno != EINTR) return false;
    for (int i = 0; polled[0].revents && i < 256; i++) { /* many at once: one news is one datagram */
        struct pollfd again = {.fd = lab->world.socket, .events = POLLIN};
        ssize_t n = world_receive(lab->world.socket, message, sizeof message);
        if (n <= 0) {
            if (!lab->failed) lab->gone = true;
            fail(lab, EXIT_LAB, "the lab's own world ended",
                 bytes_of("")); /* show_end knows more, if it was not told before */
            return false;
        }
        hear(lab, (struct bytes){message, (size_t)n});
        if (poll(&again, 1, 0) <= 0) break;
    }
    hear_batches(lab);
    if (polled[1].revents) hear_signals(lab);
    return !lab->failed && !lab->ending;
}

static void say_moment(struct lab *lab, const struct option_moment *m)
{
    static const char *const words[] = {[MOMENT_UNPLUG] = "is unplugged",
                                        [MOMENT_PLUG] = "is plugged in",
                                        [MOMENT_CM_DOWN] = "goes down",
                                        [MOMENT_CM_UP] = "comes up"};
    bool phone = m->kind == MOMENT_PLUG || m->kind == MOMENT_UNPLUG;
    char text[80];

    (void)snprintf(text, sizeof text, "%s %u %s", phone ? "phone" : "CallManager", m->which, words[m->kind]);
    lines_say(&lab->lines, lab_now(lab), "at", text);
}

static void moments_due(struct lab *lab, usec since)
{
    uint8_t bytes[2];

    for (uint32_t i = 0; i < lab->options.moments; i++) {
        struct option_moment *m = &lab->options.moment[i];
        struct writer w = writer(bytes, sizeof bytes);
        if (m->done || m->at > since) continue;
        m->done = true;
        say_moment(lab, m);
        if (m->kind == MOMENT_PLUG || m->kind == MOMENT_UNPLUG) {
            plug(lab, m->which - 1, m->kind == MOMENT_PLUG);
            continue;
        }
        write_u8(&w, m->kind == MOMENT_CM_DOWN ? ASKS_DOWN : ASKS_UP);
        write_u8(&w, (uint8_t)(m->which - 1));
        ask(lab, &w);
    }
}

/* The next phones are plugged in: all at once, or as --ramp and --arrivals say. */
static void arrivals_due(struct lab *lab, usec since)
{
    const struct options *o = &lab->options;

    if (o->ramp == 0 && !lab->arrived) {
        plug(lab, UINT32_MAX, true);
        lab->arrived = lab->board.rows;
    }
    for (; lab->arrived < lab->board.rows && lab->arrival <= since; lab->arrived++) {
        plug(lab, lab->arrived, true);
        lab->arrival = options_arrival(o, &lab->arrivals, lab->arrived + 1, lab->arrival);
    }
}

static usec next_moment(const struct lab *lab)
{
    usec next = lab->arrived < lab->board.rows ? lab->arrival : NEVER;

    for (uint32_t i = 0; i < lab->options.moments; i++)
        if (!lab->options.moment[i].done) next = earlier(next, lab->options.moment[i].at);
    return next;
}

/* In virtual time nobody waits for ^C: what was to happen has happened, and had its time. */
static usec deadline_of(const struct lab *lab)
{
    usec last = 0;

    for (uint32_t i = 0; i < lab->options.moments; i++)
        if (lab->options.moment[i].at > last) last = lab->options.moment[i].at;
    if (lab->options.stay && !lab->options.sim) return NEVER;
    return lab->board.plugged_at + lab->options.deadline + (lab->options.stay ? last : 0);
}

static void ask_user(void *context, uint32_t phone, struct bytes user)
{
    struct lab *lab = context;
    uint8_t bytes[128];
    struct writer w = writer(bytes, sizeof bytes);

    write_u8(&w, ASKS_USER);
    write_be32(&w, phone);
    write_bytes(&w, user);
    ask(lab, &w);
}

/* Begins the call once everybody is there. False: it is under way, and what is to happen takes until `*deadline`. */
static bool call_done(struct lab *lab, usec now, usec *deadline)
{
    struct ladder *l = &lab->ladder;

    if (!lab->options.call) return true;
    if (!l->begun && changes_done(lab) && board_registered(&lab->board) == lab->board.rows) {
        ladder_begin(l, now, ask_user, lab);
        if (*deadline < l->until) *deadline = l->until;
    }
    return l->begun ? ladder_done(l, now) : changes_done(lab) && board_settled(&lab->board, now);
}

/* On frames the news of one step may come one by one: "TFTP is silent" and, a moment later, "the last good configuration". What waiting
 * cannot change has to stay so for SETTLED. */
static bool settled(struct lab *lab, usec now)
{
    bool is = board_settled(&lab->board, now);

    if (!is || lab->options.sim || board_registered(&lab->board) == lab->board.rows) {
        lab->settled_at = NEVER;
        return is;
    }
    if (lab->settled_at == NEVER) lab->settled_at = now;
    return now - lab->settled_at >= SETTLED;
}

static void run(struct lab *lab)
{
    lab->settled_at = NEVER;
    usec drawn = 0, looked = 0, pause = lab->board.rows > MANY ? LOOK : 0;

    usec patience = lab_now(lab) + READY_WAIT;
    while (lab->ready < lab->roles) {
        if (!turn(lab, lab_now(lab) + SECOND)) return;
        if (lab->ready < lab->roles && lab_now(lab) > patience) {
            fail(lab, EXIT_LAB, "a process of the lab did not get ready", bytes_of(""));
            return;
        }
    }
    lab->board.plugged_at = lab_now(lab);
    lab->arrivals = random_from(lab->options.seed);
    usec deadline = deadline_of(lab);
    for (;;) {
        usec now = lab_now(lab);
        arrivals_due(lab, now - lab->board.plugged_at);
        moments_due(lab, now - lab->board.plugged_at);
        if (now < looked + pause) { /* to look at each of so many after each message would take longer than all else */
            if (!turn(lab, earlier(looked + pause, after(lab->board.plugged_at, next_moment(lab))))) return;
            continue;
        }
        looked = now;
        lines_due(&lab->lines, now);
        if (lab->live && now >= drawn + REDRAW) {
            table_draw(&lab->table, &lab->board, now);
            drawn = now;
        }
        if (ferror(people(lab))) { /* whoever read has gone */
            fail(lab, EXIT_LAB, "the output could not be written", bytes_of(""));
            return;
        }
        bool called = call_done(lab, now, &deadline);
        if (now >= deadline) return;
        if (!lab->options.stay && called && changes_done(lab) && settled(lab, now)) return;
        usec until = earlier(deadline, after(lab->board.plugged_at, next_moment(lab)));
        if (lab->settled_at != NEVER) until = earlier(until, after(lab->settled_at, SETTLED));
        if (!turn(lab, earlier(until, now + (lab->live ? REDRAW : SECOND)))) return;
    }
}

/* Asks for the rows of the switch and the counters. */
static void collect(struct lab *lab)
{
    usec until = lab_now(lab) + REPORT_WAIT;

    if (lab->failed) return;
    lab->ending = false; /* a second ^C ends this wait too */
    ask_byte(lab, ASKS_REPORT);
    while (lab->done < lab->roles && lab_now(lab) < until)
        if (!turn(lab, lab_now(lab) + 100 * MSEC)) break;
    if (lab->done < lab->roles && !lab->ending)
        fail(lab, EXIT_LAB, "a process of the lab does not answer",
             bytes_of(lab->options.pcap ? ": is the reader of the capture slow?" : ""));
    if (!lab->sim)
        lab->board.memory +=
            process_memory_kib() + network_memory_kib(); /* virtual time: the same document on any machine */
}

static int open_capture(const char *name, int *fd, struct net_error *why)
{
    if (!name) return 0;
    *fd = strcmp(name, "-") == 0 ? dup(STDOUT_FILENO) : open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return *fd < 0 ? net_fail_errno(why, "%s cannot be written", name) : 0;
}

/* Two of them in one file would spoil each other. */
static int files_differ(const struct lab *lab, struct net_error *why)
{
    const int fd[] = {lab->process.capture, lab->process.capture_uplink, lab->process.record,
                      lab->csv ? fileno(lab->csv) : -1, lab->report ? fileno(lab->report) : -1};
    struct stat a, b;

    for (size_t i = 0; i < ARRAY_LENGTH(fd); i++) {
        for (size_t k = i + 1; k < ARRAY_LENGTH(fd); k++) {
            if (fd[i] < 0 || fd[k] < 0 || fstat(fd[i], &a) != 0 || fstat(fd[k], &b) != 0 || !S_ISREG(a.st_mode))
                continue;
            if (a.st_dev == b.st_dev && a.st_ino == b.st_ino)
                return net_fail(why, -EINVAL,
                                "--pcap, --pcap-uplink, --record, --csv and --report must be different files");
        }
    }
    return 0;
}

static int start_frames(struct lab *lab, struct net_error *why)
{
    struct world_config world = {.tmpfs_on = lab->process.store, .keeper = lab_keeper, .context = &lab->process};
    int error = attach_open(&lab->process.attach, &lab->plan, why);

    if (!error) error = open_capture(lab->options.pcap, &lab->process.capture, why);
    if (!error) error = open_capture(lab->options.pcap_uplink, &lab->process.capture_uplink, why);
    if (!error) error = files_differ(lab, why);
    if (error) return error;
    error = world_start(&lab->world, &world, why);
    attach_close(&lab->process.attach); /* it is the fleet's */
    lab->forbidden = error != 0;
    return error;
}

static int start_sim(struct lab *lab, struct net_error *why)
{
    const char *what;

    lab->sim = sim_world_open(&lab->process, hear_sim, lab, &what);
    return lab->sim ? 0 : net_fail(why, -ENOMEM, "%s", what);
}

/* The first entry of the recording: what replay needs to make the same engines. */
static int begin_record(struct lab *lab, struct net_error *why)
{
    static uint8_t buffer[RECORDING_BUFFER];
    static char sim[] = "--sim";
    char *words[ARGUMENTS_MOST];
    struct recording r;
    int n = 0;

    if (lab->process.record < 0) return 0;
    for (; n < lab->argc && n < ARGUMENTS_MOST - 1; n++) words[n] = lab->argv[n];
    if (lab->options.sim) words[n++] = sim;
    if (lseek(lab->process.record, 0, SEEK_CUR) > 0) (void)ftruncate(lab->process.record, 0);
    recording_open(&r, RECORDED_FLEET, buffer, process_record, &lab->process);
    recording_begin(&r, lab->plan.wall, n, words);
    return lab->process.record_failed ? net_fail_errno(why, "%s cannot be written", lab->options.record) : 0;
}

static int open_record(struct lab *lab, struct net_error *why)
{
    if (!lab->options.record) return 0;
    lab->process.record = open(lab->options.record, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (lab->process.record < 0) return net_fail_errno(why, "%s cannot be written", lab->options.record);
    return begin_record(lab, why);
}

static int open_output(const char *name, FILE **file, struct net_error *why)
{
    if (!name) return 0;
    *file = strcmp(name, "-") == 0 ? stdout : fopen(name, "we");
    return *file ? 0 : net_fail_errno(why, "%s cannot be written", name);
}

/* What is written at the end is opened at the beginning, with the caller's rights: nobody waits an hour to hear that it cannot be. */
static int open_outputs(struct lab *lab, struct net_error *why)
{
    int error = open_output(lab->options.csv, &lab->csv, why);

    if (!error) error = open_output(lab->options.report, &lab->report, why);
    if (!error) error = files_differ(lab, why);
    if (!error && lab->report && !diary_open(&lab->diary)) return net_fail_errno(why, "a temporary file in /tmp");
    return error;
}

/* Where the kernel forbids namespaces the lab runs in virtual time, and says so first. */
static int fall_back(struct lab *lab, struct net_error *why)
{
    text_copy(lab->options.why_sim, sizeof lab->options.why_sim, bytes_of(why->text));
    lab->options.sim = true;
    plan_virtual(&lab->plan);
    int error = begin_record(lab, why); /* again: as a run in virtual time */
    if (error) return error;
    if (!lab->options.json) (void)fprintf(people(lab), "virtual time: %s\n", lab->options.why_sim);
    if (lab->live) lines_plain(&lab->lines);
    lab->live = false;
    lab->roles = 2;
    return start_sim(lab, why);
}

static int start(struct lab *lab, struct net_error *why)
{
    sigset_t set;
    lab->process = (struct process){.plan = &lab->plan,
                                    .layout = lab->process.layout,
                                    .record = -1,
                                    .capture = -1,
                                    .capture_uplink = -1,
                                    .store = "/tmp",
                                    .servers = servers_run,
                                    .up = -1};
    int error = open_record(lab, why);
    if (!error) error = open_outputs(lab, why);
    if (!error) error = lab->options.sim ? start_sim(lab, why) : start_frames(lab, why);
    bool frames_asked = lab->options.pcap || lab->options.pcap_uplink || lab->options.attached;
    if (error && lab->forbidden && !frames_asked) error = fall_back(lab, why);

    if (error) return error;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    lab->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return lab->signals < 0 ? net_fail_errno(why, "signals") : 0;
}

/* A device that is named but not there is a slip of the pen. */
static void check_name(const struct lab *lab, const char *option, const char *device)
{
    const struct board *b = &lab->board;

    if (board_find(b, bytes_of(device))) return;
    (void)fprintf(stderr, "dialtone lab: %s: there is no %s in this lab; its phones are %s to %s\n", option, device,
                  b->row[0].device, b->row[b->rows - 1].device);
    exit(EXIT_USAGE);
}

static void check_names(const struct lab *lab)
{
    const struct options *o = &lab->options;

    for (uint32_t i = 0; i < o->changes; i++) check_name(lab, "--change", o->change[i].device);
    for (uint32_t i = 0; i < o->preferences; i++)
        if (!model_find(bytes_of(o->preference[i].whose))) check_name(lab, "--preference", o->preference[i].whose);
}

/* A killed keeper is reported by process 1 of its world, a killed process 1 by nobody: then its pipe is just closed. */
static const char *who_died(const struct lab *lab)
{
    struct pollfd report = {.fd = lab->world.report, .events = POLLIN};

    return poll(&report, 1, (int)(DEATH_WAIT / MSEC)) == 1 && report.revents & POLLIN ? "keeper process"
                                                                                      : "first process of its world";
}

/* Ends the world, waits for it; if it had ended by itself, says which of its processes died of what. */
static void end_world(struct lab *lab)
{
    char status[STATUS_TEXT];
    const char *who = lab->gone ? who_died(lab) : "";

    if (lab->sim) {
        sim_world_close(lab->sim);
        return;
    }
    ask_byte(lab, ASKS_END);
    int ended = world_wait(&lab->world);
    if (lab->gone && ended)
        (void)snprintf(lab->why, sizeof lab->why, "the %s ended: %s", who, status_text(status, ended));
}

static int close_output(FILE *file, const char *name, int error)
{
    if (file != stdout && fclose(file) == EOF) error = -1;
    if (error) (void)fprintf(stderr, "dialtone lab: %s could not be written\n", name);
    return error;
}

/* The files that were asked for. */
static int write_outputs(struct lab *lab)
{
    const struct report_page page = {.board = &lab->board,
                                     .ladder = lab->options.call ? &lab->ladder : NULL,
                                     .diary = &lab->diary,
                                     .argc = lab->argc,
                                     .argv = lab->argv};
    int error = 0;

    if (lab->csv) error = close_output(lab->csv, lab->options.csv, csv_write(&lab->board, lab->csv));
    if (lab->report) error |= close_output(lab->report, lab->options.report, report_html(&page, lab->report));
    diary_close(&lab->diary);
    return error;
}

static int show_end(struct lab *lab)
{
    FILE *to = lab->options.json ? stdout : people(lab);

    if (lab->live) table_close(&lab->table, &lab->board, lab->board.ended);
    lines_close(&lab->lines);
    for (uint32_t i = 0; i < lab->board.rows; i++)
        lab->board.row[i].wire.whole = !lab->board.dropped && !lab->board.lost;
    if (lab->failed) {
        (void)fprintf(stderr, "dialtone lab: %s\n", lab->why);
        return lab->failed;
    }
    int error = 0;
    if (lab->options.json)
        error = report_json(&lab->board, &lab->guests, lab->options.call ? &lab->ladder : NULL, to);
    else
        report_summary(&lab->board, to);
    if (!lab->options.json) guests_summary(&lab->guests, to);
    if (!lab->options.json && lab->options.call) ladder_summary(&lab->ladder, to);
    if (error || fflush(to) == EOF || ferror(to)) {
        (void)fprintf(stderr, "dialtone lab: standard output could not be written\n");
        return EXIT_LAB;
    }
    if (write_outputs(lab)) return EXIT_LAB;
    bool call = !lab->options.call || !ladder_verdict(&lab->ladder, (char[400]){0}, (char[300]){0});
    return call && board_registered(&lab->board) == lab->board.rows ? EXIT_REGISTERED : EXIT_NOT_REGISTERED;
}

/* Over how many processes, so that none has more open files than it may have. */
static bool lay_out(struct lab *lab)
{
    struct rlimit r;
    char why[LAYOUT_WHY];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    bool known = getrlimit(RLIMIT_NOFILE, &r) == 0;

    lab->roles = 2; /* in virtual time too: fleet and servers */
    if (lab->options.sim) return true;
    if (!layout_of(&lab->process.layout, &lab->plan, known ? r.rlim_cur : UINT64_MAX, cores > 1 ? (uint32_t)cores : 1,
                   why)) {
        (void)fprintf(stderr, "dialtone lab: %s\n", why);
        return false;
    }
    lab->roles = lab->process.layout.fleets + 1 + (lab->process.layout.fronts ? lab->plan.callmanagers : 0);
    return true;
}

/* A capture and a recording are one file, written by the one process that has the switch. */
static void check_files(const struct lab *lab)
{
    const struct options *o = &lab->options;
    const char *option = o->pcap ? "--pcap" : o->pcap_uplink ? "--pcap-uplink" : "--record";

    if (plan_switches(&lab->plan) == 1 || !(o->pcap || o->pcap_uplink || (o->record && !o->sim))) return;
    (void)fprintf(stderr, "dialtone lab: %s records one switch, and %u phones are at %u: use at most %u phones%s\n",
                  option, lab->plan.phones, plan_switches(&lab->plan), lab->plan.per_switch,
                  o->record ? ", or --sim" : "");
    exit(EXIT_USAGE);
}

int lab_main(int argc, char **argv)
{
    static struct lab lab;
    struct net_error why = {0};

    lab.argc = argc;
    lab.argv = argv;
    lab.guests.plan = &lab.plan;
    machine_raise_limits();
    options_read(&lab.options, argc, argv);
    if (!lab.options.json)
        (void)setvbuf(stdout, NULL, _IOLBF, 0); /* whoever reads the lines in a pipe or file reads them as they come */
    lab.live = !lab.options.sim && people(&lab) == stdout && table_possible(stdout);
    if (!plan_of(&lab.plan, &lab.options, &why) || !board_init(&lab.board, &lab.options, &lab.plan) ||
        !lines_open(&lab.lines, &lab.board, lab.options.json || lab.options.phones > PHONES_SHOWN ? NULL : people(&lab),
                    lab.live ? &lab.table : NULL)) {
        (void)fprintf(stderr, "dialtone lab: %s\n", why.text[0] ? why.text : "no memory");
        return EXIT_LAB;
    }
    ladder_init(&lab.ladder, &lab.board, lab.options.call);
    check_names(&lab);
    check_files(&lab);
    if (!lay_out(&lab)) return EXIT_LAB;
    if (start(&lab, &why)) {
        (void)fprintf(stderr, "dialtone lab: %s\n", why.text);
        return EXIT_LAB;
    }
    if (lab.live) table_open(&lab.table, stdout);
    run(&lab);
    lab.board.ended = lab_now(&lab);
    collect(&lab);
    end_world(&lab);
    int status = show_end(&lab);
    board_free(&lab.board);
    return status;
}
