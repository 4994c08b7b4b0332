#include "app/lab/parts.h"
#include "net/loop.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { BATCHES = 64 };

usec lab_now(const struct lab *lab)
{
    return lab->sim ? sim_world_now(lab->sim) : monotonic_now() - lab->plan.start;
}

uint64_t lab_processor_time(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void lab_ask(const struct lab *lab, const struct writer *w)
{
    if (lab->sim)
        sim_world_ask(lab->sim, written(w));
    else
        (void)world_send(lab->world.socket, w->start, w->len);
}

void lab_ask_byte(const struct lab *lab, enum process_asks kind)
{
    uint8_t byte = (uint8_t)kind;
    struct writer w = {.start = &byte, .len = 1, .size = 1};

    lab_ask(lab, &w);
}

void lab_fail(struct lab *lab, int status, const char *before, struct bytes text)
{
    if (lab->failed) return;
    lab->failed = status;
    (void)snprintf(lab->why, sizeof lab->why, "%s%.*s", before, (int)text.len, (const char *)text.at);
}

bool lab_reader_gone(FILE *to)
{
    struct pollfd end = {.fd = fileno(to), .events = POLLOUT};

    return poll(&end, 1, 0) == 1 && end.revents & POLLERR;
}

/* Where people read: standard output, unless a document or a capture has it. */
FILE *lab_people(const struct lab *lab)
{
    bool taken = lab->options.json || (lab->options.pcap && strcmp(lab->options.pcap, "-") == 0) ||
                 (lab->options.pcap_uplink && strcmp(lab->options.pcap_uplink, "-") == 0) ||
                 (lab->options.csv && strcmp(lab->options.csv, "-") == 0) ||
                 (lab->options.report && strcmp(lab->options.report, "-") == 0);

    return taken ? stderr : stdout;
}

/* --- what the processes say --- */

void lab_plug(struct lab *lab, uint32_t which, bool in)
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
    lab_ask(lab, &w);
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
    lab_ask(lab, &w);
}

void lab_changes_due(struct lab *lab)
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

bool lab_changes_done(const struct lab *lab)
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
    lab->news++;
    board_news(&lab->board, at, role, engine, news, facts, &row);
    if (row) {
        diary_keep(&lab->diary, at, (uint32_t)(row - lab->board.row), news, facts);
        table_news(&lab->table, row, role, news);
        if (lab->options.call) ladder_news(&lab->ladder, at, row, news, facts);
        lines_news(&lab->lines, at, row, news, facts);
    } else if (guests_news(&lab->guests, role, news, facts, words))
        lines_say(&lab->lines, at, "attached", words);
    lab_changes_due(lab);
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
    if (!memory) lab_fail(lab, EXIT_LAB, "no memory for the news of the lab", bytes_of(""));
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

static void hear_service(struct lab *lab, struct reader *r)
{
    uint32_t which = read_be32(r);
    struct service_time t = {.count = read_be64(r)};

    t.nanoseconds = read_be64(r);
    if (sound(r) && which < SERVICE_TIMES) service_add(&lab->times, which, t);
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
    case SAYS_SERVICE: hear_service(lab, &r); break;
    case SAYS_FAILED:
        (void)read_u8(&r);
        lab_fail(lab, EXIT_LAB, "", read_rest(&r));
        break;
    case SAYS_REFUSED:
        (void)read_u8(&r);
        lab_fail(lab, EXIT_USAGE, "--change is refused: ", read_rest(&r));
        break;
    }
}

static void hear_signals(struct lab *lab)
{
    struct signalfd_siginfo info;

    while (read(lab->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo != SIGCHLD) lab->ending = true;
}

void lab_hear_sim(void *context, struct bytes message)
{
    hear(context, message);
}

/* Waits until something is said, a signal comes, or `until`. False: end now. */
bool lab_turn(struct lab *lab, usec until)
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
            lab_fail(lab, EXIT_LAB, "the lab's own world ended",
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
