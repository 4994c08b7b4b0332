/* app/lab/table.h: the live table of a terminal, 80 columns: a row a phone; for more than 20 phones, or in a window
 * that is too low for the rows, a bar a step, and with several switches how it goes: phones a second, the slowest step,
 * what kernels lost and TCP sent again. Below it the latest that happened. */
#ifndef APP_LAB_TABLE_H
#define APP_LAB_TABLE_H
#include "app/lab/board.h"
#include <stdio.h>

enum { TABLE_ROWS = 20, TABLE_WIDTH = 80, TABLE_LINES = 4, TABLE_PROCESSES = 64 };

struct table {
    FILE *to;
    bool colour;
    uint32_t height; /* of the window, in lines */
    uint32_t drawn;  /* lines on the screen that the next draw overwrites */
    char line[TABLE_LINES][2 * TABLE_WIDTH];
    uint32_t lines; /* that were ever said; the last TABLE_LINES are kept */
    struct {        /* of the steps that were done, of all phones */
        uint32_t done;
        double took_ms;
    } step[STEPS];
    struct { /* of each process: until now */
        uint64_t lost, resent;
    } rates[TABLE_PROCESSES];
    uint64_t resent;     /* at the end */
    uint32_t registered; /* a moment ago */
    usec counted_at;
    double rate; /* phones a second */
};

/* Can this terminal show it? Not without one, nor where TERM is "dumb": there lines are said instead. */
bool table_possible(FILE *to);
void table_open(struct table *, FILE *to);
void table_say(struct table *, const char *line); /* one of the lines below the table from now on */
void table_news(struct table *, const struct row *, enum process_role, uint16_t news); /* once the board has it */
void table_rates(struct table *, struct reader *);                                     /* SAYS_RATES, behind its kind */
void table_draw(struct table *, const struct board *, usec now);
void table_close(struct table *, const struct board *, usec now); /* draws it a last time, without the lines below it */
#endif
