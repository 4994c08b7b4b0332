/* `dialtone lab`: starts the world, opens what is written, shows the end (lab_parts.h has the rest). */
#include "app/lab/lab.h"
#include "app/lab/parts.h"
#include "app/lab/machine.h"
#include "app/lab/csv.h"
#include "app/lab/plan_of.h"
#include "app/lab/report.h"
#include "app/page/page.h"
#include "app/lab/servers.h"
#include "lab/recording.h"
#include "net/loop.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

static const usec DEATH_WAIT = 2 * SECOND;

enum { ARGUMENTS_MOST = 120 };

static int open_capture(const char *name, int *fd, struct net_error *why)
{
    if (!name) return 0;
    *fd = strcmp(name, "-") == 0 ? dup(STDOUT_FILENO) : open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return *fd < 0 ? net_fail_errno(why, "%s cannot be written", name) : 0;
}

/* Two of them in one file would spoil each other. */
static int files_differ(const struct lab *lab, struct net_error *why)
{
    const int fd[] = {lab->process.capture,
                      lab->process.capture_uplink,
                      lab->process.record,
                      lab->csv ? fileno(lab->csv) : -1,
                      lab->report ? fileno(lab->report) : -1,
                      lab->calibration ? fileno(lab->calibration) : -1};
    struct stat a, b;

    for (size_t i = 0; i < ARRAY_LENGTH(fd); i++) {
        for (size_t k = i + 1; k < ARRAY_LENGTH(fd); k++) {
            if (fd[i] < 0 || fd[k] < 0 || fstat(fd[i], &a) != 0 || fstat(fd[k], &b) != 0 || !S_ISREG(a.st_mode))
                continue;
            if (a.st_dev == b.st_dev && a.st_ino == b.st_ino)
                return net_fail(
                    why, -EINVAL,
                    "--pcap, --pcap-uplink, --record, --csv, --report and --calibrate must be different files");
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

/* As many as this process may run at once. More than a few have little to share: the servers are one of the places. */
static uint32_t threads(const struct lab *lab)
{
    enum { DEFAULT_MOST = 8 };
    cpu_set_t may;

    if (lab->options.threads) return lab->options.threads;
    uint32_t n = sched_getaffinity(0, sizeof may, &may) == 0 ? (uint32_t)CPU_COUNT(&may) : 1;
    return n < DEFAULT_MOST ? n : DEFAULT_MOST;
}

static int start_sim(struct lab *lab, struct net_error *why)
{
    const char *what;

    lab->sim = sim_world_open(&lab->process, lab->options.calibrate ? &lab->times : NULL, threads(lab), lab_hear_sim,
                              lab, &what);
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

/* What is written at the end is opened at the beginning, with the caller's rights: nobody waits an hour to hear that it
 * cannot be. */
static int open_outputs(struct lab *lab, struct net_error *why)
{
    int error = open_output(lab->options.csv, &lab->csv, why);

    if (!error) error = open_output(lab->options.report, &lab->report, why);
    if (!error && !lab->options.sim) error = open_output(lab->options.calibrate, &lab->calibration, why);
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
    if (!lab->options.json) (void)fprintf(lab_people(lab), "virtual time: %s\n", lab->options.why_sim);
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
                                    .measure = lab->options.calibrate && !lab->options.sim,
                                    .up = -1};
    int error = open_record(lab, why);
    if (!error) error = open_outputs(lab, why);
    if (!error) error = lab->options.sim ? start_sim(lab, why) : start_frames(lab, why);
    bool frames_asked =
        lab->options.pcap || lab->options.pcap_uplink || lab->options.attached || lab->options.calibrate;
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
    lab_ask_byte(lab, ASKS_END);
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
    if (lab->calibration)
        error |=
            close_output(lab->calibration, lab->options.calibrate, calibration_write(&lab->times, lab->calibration));
    diary_close(&lab->diary);
    return error;
}

static int show_end(struct lab *lab)
{
    FILE *to = lab->options.json ? stdout : lab_people(lab);

    if (lab->live) table_close(&lab->table, &lab->board, lab->board.ended);
    lines_close(&lab->lines);
    for (uint32_t i = 0; i < lab->board.rows; i++)
        lab->board.row[i].wire.whole = !lab->board.dropped && !lab->board.lost;
    if (lab->failed) {
        if (lab->why[0]) (void)fprintf(stderr, "dialtone lab: %s\n", lab->why);
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
        if (!lab_reader_gone(to)) (void)fprintf(stderr, "dialtone lab: standard output could not be written\n");
        return EXIT_LAB;
    }
    if (write_outputs(lab)) return EXIT_LAB;
    bool call = !lab->options.call || !ladder_verdict(&lab->ladder, (char[400]){0}, (char[300]){0});
    return call && board_registered(&lab->board) == lab->board.rows ? EXIT_REGISTERED : EXIT_NOT_REGISTERED;
}

/* On real frames there is a machine to measure; in virtual time one to be like. */
static void calibrate(struct lab *lab, uint32_t cores)
{
    char why[CALIBRATION_WHY];

    lab->times = (struct service_times){.cores = cores, .phones = lab->plan.phones};
    if (!lab->options.sim || calibration_read(&lab->times, lab->options.calibrate, why)) return;
    (void)fprintf(stderr, "dialtone lab: --calibrate: %s\n", why);
    exit(EXIT_USAGE);
}

/* Over how many processes, so that none has more open files than it may have. */
static bool lay_out(struct lab *lab)
{
    struct rlimit r;
    char why[LAYOUT_WHY];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    bool known = getrlimit(RLIMIT_NOFILE, &r) == 0;

    lab->roles = 2; /* in virtual time too: fleet and servers */
    if (lab->options.calibrate) calibrate(lab, cores > 1 ? (uint32_t)cores : 1);
    if (lab->options.sim) { /* of what the machine to be like had; --calibrate alone asks for it */
        (void)layout_of(&lab->process.layout, &lab->plan, UINT64_MAX, lab->times.cores, why);
        return true;
    }
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
    lab.live = !lab.options.sim && lab_people(&lab) == stdout && table_possible(stdout);
    if (!plan_of(&lab.plan, &lab.options, &why) || !board_init(&lab.board, &lab.options, &lab.plan) ||
        !lines_open(&lab.lines, &lab.board,
                    lab.options.json || lab.options.phones > PHONES_SHOWN ? NULL : lab_people(&lab),
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
    lab_run(&lab);
    lab.board.ended = lab_now(&lab);
    lab_collect(&lab);
    end_world(&lab);
    int status = show_end(&lab);
    board_free(&lab.board);
    return status;
}
