/* app/page/chart.h: the frame of a chart in SVG: a field with two axes, ticks on round numbers, a line of grid a tick.
 *
 * A chart is drawn once for a wide and once for a narrow screen, and style sheets show one of them: one that is scaled
 * down has letters that nobody can read.
 */
#ifndef APP_PAGE_CHART_H
#define APP_PAGE_CHART_H
#include <stdbool.h>
#include <stdio.h>

struct chart {
    FILE *to;
    double width, height, left, right, top, bottom; /* the picture, and the margins of the field in it */
    double least, most, high;                       /* what the field shows: x from least to most, y from 0 to high */
    bool logarithmic;                               /* x: each power of ten as wide as the next; least is not 0 then */
};

extern const double CHART_WIDTHS[2]; /* wide, narrow */
/* Opens the picture for CHART_WIDTHS[which]; `title` is read aloud instead of it. */
void chart_open(struct chart *, int which, const char *title);
double chart_x(const struct chart *, double value);
double chart_y(const struct chart *, double value);
/* Ticks below the field, with what they count ("seconds since power came") under them. */
void chart_axis_x(const struct chart *, const char *unit);
void chart_axis_y(const struct chart *, const char *unit); /* ticks at its left; the unit stands above the axis */
void chart_text(const struct chart *, double x, double y, const char *class, const char *text);
void chart_close(const struct chart *);
double chart_round(double most,
                   int ticks); /* the round step (1, 2 or 5 times a power of ten) of as many ticks, or fewer */
#endif
