/* app/page/page.h: what `dialtone lab --report FILE` writes: one page to look at in a browser, on a desk or on a phone:
 * when the phones arrived, how long each step took, how the switch's power was shared out, what went wrong, and the
 * ladder of a phone.
 *
 * It needs nothing but itself: pictures are SVG in it, styles and the few lines of script too; without script it lacks
 * only search and sorting. The same run in virtual time gives the same page, byte for byte.
 * A ladder is some 7 KB: of more than PAGE_PHONES phones it shows those of PAGE_PHONES_OF_MORE, of those that failed,
 * of the slowest and of some others from end to end, so that it stays below 3 MB; curves and tables are always of all.
 */
#ifndef APP_PAGE_PAGE_H
#define APP_PAGE_PAGE_H
#include "app/lab/board.h"
#include "app/lab/diary.h"
#include "app/lab/ladder.h"
#include <stdio.h>

enum { PAGE_PHONES = 400, PAGE_PHONES_OF_MORE = 260 };

struct report_page {
    const struct board *board;
    const struct ladder *ladder; /* of --call, or NULL */
    struct diary *diary;
    int argc; /* the command line, as it was given */
    char **argv;
};

int report_html(const struct report_page *, FILE *); /* 0, or -1: it could not be written, or there was no memory */
#endif
