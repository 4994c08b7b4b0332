/* app/table.h: the live table of a terminal, 80 columns: a row a phone; for more than 20 phones a bar a step. */
#ifndef APP_TABLE_H
#define APP_TABLE_H
#include "app/board.h"
#include <stdio.h>

struct table {
    FILE *to;
    bool colour;
    uint32_t drawn;  /* lines on the screen that the next draw overwrites */
};

void table_open(struct table *, FILE *to);
void table_draw(struct table *, const struct board *, usec now);
enum { TABLE_ROWS = 20 };
#endif
