/* app/lab/step_times.h: how long the steps of phones took: of one phone, and of all. */
#ifndef APP_LAB_STEP_TIMES_H
#define APP_LAB_STEP_TIMES_H
#include "app/lab/board.h"

struct step_spread {
    double *took; /* ms, sorted; of each time that a phone finished this step; step_spread_free */
    size_t count;
};

/* took[i]: ms in that step, all boots together, 0 where it was never finished. Gives a bit for each step that was. */
unsigned step_times(const struct row *, double took[STEPS]);
bool step_spread(struct step_spread *, const struct board *, int step); /* false: no memory */
void step_spread_free(struct step_spread *);
/* Of sorted numbers the one below which so many percent lie: nearest rank. 0 of none. */
double percentile(const double *sorted, size_t count, unsigned percent);
int by_size(const void *a, const void *b); /* of doubles, for qsort */
#endif
