/* app/lab/lines.h: what happens, said as it happens: a plain line for each step of each phone, or below the live
 * table. */
#ifndef APP_LAB_LINES_H
#define APP_LAB_LINES_H
#include "app/lab/board.h"
#include "app/lab/table.h"

struct held;

struct lines {
    FILE *to;            /* NULL: nothing is said (--json) */
    struct table *table; /* not NULL: a live table shows them */
    const struct board *board;
    struct held *held; /* by phone: lines that wait for the one in front of them */
    uint32_t holding;  /* so many phones' lines wait */
};

bool lines_open(struct lines *, const struct board *, FILE *to, struct table *live); /* false: no memory */
void lines_news(struct lines *, usec now, const struct row *, uint16_t news, struct bytes facts);
void lines_say(struct lines *, usec now, const char *label, const char *words); /* of the lab itself */
void lines_due(struct lines *, usec now); /* now and then: says what has waited long enough for what belongs to it */
void lines_plain(struct lines *);         /* no table after all */
void lines_close(struct lines *);         /* says what still waits */
#endif
