#include "app/lab/parts.h"
#include "net/loop.h"
#include <stdlib.h>
#include <string.h>

static const usec REDRAW = 100 * MSEC, LOOK = 10 * MSEC, SETTLED = 200 * MSEC, AGAIN = 2 * MSEC,
                  REPORT_WAIT = 5 * SECOND, READY_WAIT = 15 * SECOND;

enum { MANY = 1000 };

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
            lab_plug(lab, m->which - 1, m->kind == MOMENT_PLUG);
            continue;
        }
        write_u8(&w, m->kind == MOMENT_CM_DOWN ? ASKS_DOWN : ASKS_UP);
        write_u8(&w, (uint8_t)(m->which - 1));
        lab_ask(lab, &w);
    }
}

/* The next phones are plugged in: all at once, or as --ramp and --arrivals say. */
static void arrivals_due(struct lab *lab, usec since)
{
    const struct options *o = &lab->options;

    if (o->ramp == 0 && !lab->arrived) {
        lab_plug(lab, UINT32_MAX, true);
        lab->arrived = lab->board.rows;
    }
    for (; lab->arrived < lab->board.rows && lab->arrival <= since; lab->arrived++) {
        lab_plug(lab, lab->arrived, true);
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
    lab_ask(lab, &w);
}

/* Begins the call once everybody is there. False: it is under way, and what is to happen takes until `*deadline`. */
static bool call_done(struct lab *lab, usec now, usec *deadline)
{
    struct ladder *l = &lab->ladder;

    if (!lab->options.call) return true;
    if (!l->begun && lab_changes_done(lab) && board_registered(&lab->board) == lab->board.rows) {
        ladder_begin(l, now, ask_user, lab);
        if (*deadline < l->until) *deadline = l->until;
    }
    return l->begun ? ladder_done(l, now) : lab_changes_done(lab) && board_settled(&lab->board, now);
}

/* On frames the news of one process may come before what another told first. What waiting cannot change has to stay so
 * for SETTLED; and so long may the files take that the last phone can do without, where its lines are shown. */
static bool settled(struct lab *lab, usec now)
{
    bool is = board_settled(&lab->board, now);
    bool all = board_registered(&lab->board) == lab->board.rows;

    bool asking = lab->board.rows <= PHONES_SHOWN && board_asking(&lab->board);

    if (!is || (all ? !asking : lab->options.sim)) {
        lab->settled_at = NEVER;
        return is;
    }
    if (lab->settled_at == NEVER) lab->settled_at = now;
    return now - lab->settled_at >= SETTLED;
}

void lab_run(struct lab *lab)
{
    lab->settled_at = NEVER;
    usec drawn = 0, looked = 0, pause = lab->board.rows > MANY ? LOOK : 0;

    usec patience = lab_now(lab) + READY_WAIT;
    while (lab->ready < lab->roles) {
        if (!lab_turn(lab, lab_now(lab) + SECOND)) return;
        if (lab->ready < lab->roles && lab_now(lab) > patience) {
            lab_fail(lab, EXIT_LAB, "a process of the lab did not get ready", bytes_of(""));
            return;
        }
    }
    lab->board.plugged_at = lab_now(lab);
    lab->shown_from = lab_processor_time();
    lab->arrivals = random_from(lab->options.seed);
    usec deadline = deadline_of(lab);
    for (;;) {
        usec now = lab_now(lab);
        arrivals_due(lab, now - lab->board.plugged_at);
        moments_due(lab, now - lab->board.plugged_at);
        if (now < looked + pause) { /* to look at each of so many after each message would take longer than all else */
            if (!lab_turn(lab, earlier(looked + pause, after(lab->board.plugged_at, next_moment(lab))))) return;
            continue;
        }
        looked = now;
        lines_due(&lab->lines, now);
        if (lab->live && now >= drawn + REDRAW) {
            table_draw(&lab->table, &lab->board, now);
            drawn = now;
        }
        if (ferror(lab_people(lab))) { /* whoever read has gone */
            lab_fail(lab, EXIT_LAB, lab_reader_gone(lab_people(lab)) ? "" : "the output could not be written",
                     bytes_of(""));
            return;
        }
        bool called = call_done(lab, now, &deadline);
        if (now >= deadline) return;
        if (!lab->options.stay && called && lab_changes_done(lab) && settled(lab, now)) return;
        usec until = earlier(deadline, after(lab->board.plugged_at, next_moment(lab)));
        if (lab->settled_at != NEVER) until = earlier(until, earlier(after(lab->settled_at, SETTLED), now + AGAIN));
        if (!lab_turn(lab, earlier(until, now + (lab->live ? REDRAW : SECOND)))) return;
    }
}

/* Asks for the rows of the switch and the counters. */
void lab_collect(struct lab *lab)
{
    usec until = lab_now(lab) + REPORT_WAIT;

    if (lab->failed) return;
    service_add(&lab->times, SERVICE_SHOW, (struct service_time){lab->news, lab_processor_time() - lab->shown_from});
    lab->ending = false; /* a second ^C ends this wait too */
    lab_ask_byte(lab, ASKS_REPORT);
    while (lab->done < lab->roles && lab_now(lab) < until)
        if (!lab_turn(lab, lab_now(lab) + 100 * MSEC)) break;
    if (lab->done < lab->roles && !lab->ending)
        lab_fail(lab, EXIT_LAB, "a process of the lab does not answer",
                 bytes_of(lab->options.pcap ? ": is the reader of the capture slow?" : ""));
    if (!lab->sim)
        lab->board.memory +=
            process_memory_kib() + network_memory_kib(); /* virtual time: the same document on any machine */
}
