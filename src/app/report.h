/* app/report.h: what a lab says at its end: the summary for people, the document for machines (dialtone-lab(1) has its form). */
#ifndef APP_REPORT_H
#define APP_REPORT_H
#include "app/board.h"
#include <stdio.h>

void report_summary(const struct board *, FILE *);
int report_json(const struct board *, FILE *); /* 0, or -1 when it could not be written */
#endif
