/* app/lab/csv.h: what `dialtone lab --csv FILE` writes: a row a phone, in the form of RFC 4180, with a header
 * (dialtone-lab(1) has its columns). Numbers are those of the document of --json.
 */
#ifndef APP_LAB_CSV_H
#define APP_LAB_CSV_H
#include "app/lab/board.h"
#include <stdio.h>

int csv_write(const struct board *, FILE *); /* 0, or -1 when it could not be written */
#endif
