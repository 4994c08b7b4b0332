#include "lab/ground.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LINE = 64, HUGE_PAGE = 2 << 20 };

struct ground_piece {
    struct ground_piece *next;
    size_t used, size; /* with this head */
};

static size_t up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

void ground_huge(void *memory, size_t size)
{
    uintptr_t at = (uintptr_t)memory, begin = up(at, HUGE_PAGE), end = (at + size) / HUGE_PAGE * HUGE_PAGE;

    if (memory && end > begin)
        (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE); /* a kernel without: as before */
}

static struct ground_piece *new_piece(struct ground *g, size_t size)
{
    bool large = size < g->piece;
    size_t all = large ? up(g->piece, HUGE_PAGE) : up(LINE + size, LINE);
    struct ground_piece *p = aligned_alloc(large ? HUGE_PAGE : LINE, all);

    if (!p) return NULL;
    if (large) ground_huge(p, all);
    *p = (struct ground_piece){.next = g->newest, .used = LINE, .size = all};
    return g->newest = p;
}

void *ground_take(struct ground *g, size_t size)
{
    struct ground_piece *p = g->newest;

    if (size > SIZE_MAX / 2) return NULL;
    size = up(size, LINE);
    if (!p || p->size - p->used < size) p = new_piece(g, size + LINE);
    if (!p || p->size - p->used < size) return NULL;
    void *place = (uint8_t *)p + p->used;
    p->used += size;
    return memset(place, 0, size);
}

void ground_close(struct ground *g)
{
    for (struct ground_piece *p = g->newest, *next; p; p = next) {
        next = p->next;
        free(p);
    }
    g->newest = NULL;
}
