/* lab/ground.h: memory for the engines of a large lab, in few large pieces, of which the kernel is asked to make huge
 * pages.
 *
 * A hundred thousand phones with their switches are several hundred MiB, of which each step touches some lines here and
 * there: with pages of 4 KiB looking up where they are takes longer than reading them.
 * A ground of piece 0 allocates each place by itself: for small labs, where a page of 2 MiB would be a waste and a
 * place too far is to be noticed.
 * Memory  what ground_take gave is freed by ground_close, all at once.
 */
#ifndef LAB_GROUND_H
#define LAB_GROUND_H
#include <stddef.h>

struct ground_piece;
struct ground {
    size_t piece; /* bytes of each; 0: as large as what is taken */
    struct ground_piece *newest;
};

void *ground_take(struct ground *, size_t size); /* all zero, aligned to a cache line; NULL: no memory */
void ground_close(struct ground *);
void ground_huge(void *memory, size_t size); /* asks for huge pages; what is too small for one is left alone */
#endif
