/* app/lab/parts.h: what the files of `dialtone lab` share; no other file includes it.
 *
 * lab.c       starts the lab, opens what is written, shows the end
 * lab_hear.c  what its processes, or virtual time, have to say, and what they are asked
 * lab_run.c   what is to happen while it runs, and when that is over
 */
#ifndef APP_LAB_PARTS_H
#define APP_LAB_PARTS_H
#include "app/lab/board.h"
#include "app/lab/calibration.h"
#include "app/lab/diary.h"
#include "app/lab/guests.h"
#include "app/lab/ladder.h"
#include "app/lab/lines.h"
#include "app/lab/sim_world.h"
#include "app/lab/table.h"
#include "net/world.h"

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
    struct ladder ladder;             /* of --call */
    struct diary diary;               /* of --report */
    FILE *csv, *report, *calibration; /* NULL: not asked for */
    struct service_times times;       /* of --calibrate: measured, or read */
    uint64_t news, shown_from; /* heard until now; processor time of this process when the first phone was plugged in */
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

/* lab_hear.c */
usec lab_now(const struct lab *);
/* Processor time of all threads of this process, nanoseconds. */
uint64_t lab_processor_time(void);
void lab_ask(const struct lab *, const struct writer *);
void lab_ask_byte(const struct lab *, enum process_asks);
void lab_fail(struct lab *, int status, const char *before, struct bytes text); /* the first reason stays */
bool lab_reader_gone(FILE *); /* it is a pipe whose other end was closed, as `head` does: no need to tell anybody */
FILE *lab_people(const struct lab *); /* where people read: standard output, unless a document or a capture has it */
void lab_plug(struct lab *, uint32_t which, bool in);
void lab_changes_due(struct lab *);
bool lab_changes_done(const struct lab *);
/* Waits until something is said, a signal comes, or `until`. False: end now. */
bool lab_turn(struct lab *, usec until);
void lab_hear_sim(void *lab, struct bytes message); /* sim_world's */
/* lab_run.c */
void lab_run(struct lab *);
void lab_collect(struct lab *); /* asks for the rows of the switch and the counters */
#endif
