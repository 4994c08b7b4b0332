/* app/page/ladder.h: a ladder in SVG: a line down for each who takes part, an arrow across for each thing that is said,
 * time on the left. Of one width, which a narrow screen has: its letters are never scaled down.
 */
#ifndef APP_PAGE_LADDER_H
#define APP_PAGE_LADDER_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct rung {
    double ms; /* since the ladder began */
    unsigned from, to;
    const char *text, *name; /* name: in front of the text, in bold; NULL: none */
    int mark;                /* number of a colour; -1: none */
    bool trouble;
};

struct ladder_picture {
    FILE *to;
    const char *const *lanes;
    unsigned lane_count;
    double lane[8]; /* where each is */
    double y;
    char before[16]; /* the time that stands above */
};

double rung_height(const struct rung *); /* what it will need */
/* `height`: of all rungs together. */
void ladder_picture_open(struct ladder_picture *, double height, const char *title);
void ladder_picture_rung(struct ladder_picture *, const struct rung *);
void ladder_picture_gap(struct ladder_picture *, uint32_t left_out); /* as high as LADDER_GAP */
void ladder_picture_close(struct ladder_picture *);

enum { LADDER_GAP = 22 };
#endif
