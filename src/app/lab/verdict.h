/* app/lab/verdict.h: one table of what can be wrong with a phone: the news that shows it, a code, what it means, what
 * to change. docs/verdicts.md tells the same at length. */
#ifndef APP_LAB_VERDICT_H
#define APP_LAB_VERDICT_H
#include "app/lab/row.h"

struct verdict {
    const char *code, *severity; /* warning: the phone survives; failure: it cannot */
    uint8_t step;
    char text[400], fix[300];
};

bool verdict_of(struct verdict *, const struct row *); /* false: nothing is wrong */
bool verdict_is_final(const struct row *);             /* waiting cannot change it */
#endif
