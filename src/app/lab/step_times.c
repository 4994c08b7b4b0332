#include "app/lab/step_times.h"
#include <stdlib.h>

unsigned step_times(const struct row *r, double took[STEPS])
{
    unsigned ended = 0;

    for (int i = 0; i < STEPS; i++) took[i] = 0;
    for (uint32_t i = 0; i < r->step_count; i++) {
        took[r->steps[i].step] += r->steps[i].took_ms;
        ended |= 1u << r->steps[i].step;
    }
    return ended;
}

int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

bool step_spread(struct step_spread *s, const struct board *b, int step)
{
    size_t n = 0;

    *s = (struct step_spread){0};
    for (uint32_t i = 0; i < b->rows; i++)
        for (uint32_t k = 0; k < b->row[i].step_count; k++) n += b->row[i].steps[k].step == step;
    s->took = malloc((n + 1) * sizeof *s->took);
    if (!s->took) return false;
    for (uint32_t i = 0; i < b->rows; i++)
        for (uint32_t k = 0; k < b->row[i].step_count; k++)
            if (b->row[i].steps[k].step == step) s->took[s->count++] = b->row[i].steps[k].took_ms;
    qsort(s->took, s->count, sizeof *s->took, by_size);
    return true;
}

void step_spread_free(struct step_spread *s)
{
    free(s->took);
    *s = (struct step_spread){0};
}

double percentile(const double *sorted, size_t count, unsigned percent)
{
    size_t rank = (count * percent + 99) / 100;

    return count ? sorted[rank ? rank - 1 : 0] : 0;
}
