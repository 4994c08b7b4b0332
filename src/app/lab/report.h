/* app/lab/report.h: what a lab says at its end: the summary for people, the document for machines (dialtone-lab(1) has
 * its form). */
#ifndef APP_LAB_REPORT_H
#define APP_LAB_REPORT_H
#include "app/lab/board.h"
#include "app/lab/guests.h"
#include "app/lab/ladder.h"
#include <stdio.h>

void report_summary(const struct board *, FILE *);
/* `ladder`: NULL without --call. */
int report_json(const struct board *, const struct guests *, const struct ladder *,
                FILE *); /* 0, or -1 when it could not be written */
#endif
