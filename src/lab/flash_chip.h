/* lab/flash_chip.h: the flash of a lab's phones, kept small: what it reads as is all that counts (phone/flash.h has the
 * layout).
 *
 * A bank that holds, from its beginning, a load of the plan is a reference to it, and so is one into which such a load
 * is being written in order: what was written so far is the new one, the rest what was there before. A bank that was
 * written otherwise is a copy of its own until it begins with a whole load of the plan again; what stands behind that
 * is then erased, which no reader looks at (provision/load.h). Of the rest only pages that differ from a new phone's
 * are kept.
 * Memory  sizeof(struct flash_chip), CHIP_PAGE bytes and a few a page that was written, FLASH_BANK a bank of its own;
 *         allocated as needed, freed by chip_close.
 * Errors  chip_write says false when there is no memory: the write is lost, as in a worn-out cell.
 */
#ifndef LAB_FLASH_CHIP_H
#define LAB_FLASH_CHIP_H
#include "phone/flash.h"
#include "server/documents.h"

enum { CHIP_PAGE = 64, CHIP_KNOWN = 8 };

/* A load that phones ran, and what was found in it. */
struct chip_known {
    const struct bytes *load;
    struct load_info info;
};

/* The loads that banks may refer to: the files of a plan, and those that only a phone has. They do not move. */
struct chip_loads {
    const struct file *file;
    size_t files;
    const struct file *more; /* from load_built_in_make */
    size_t count;
    struct chip_known known[CHIP_KNOWN]; /* opened once, the newest first */
    uint8_t boot[FLASH_BOOT_SLOT];       /* of every new phone; the records behind it are erased */
    /* Around the opening of one, which takes as long as many a phone's steps: it begins, or is over. May be NULL. */
    void (*opens)(void *context, bool begins);
    void *context;
};
_Static_assert(FLASH_BOOT_SLOT % CHIP_PAGE == 0, "a page is all in the boot record's slot, or all behind it");

struct chip_page {
    uint16_t number; /* offset / CHIP_PAGE */
    uint8_t byte[CHIP_PAGE];
};

struct chip_bank {
    const struct bytes *under, *over; /* what was there, and what is being written over it; NULL: nothing */
    uint32_t written;                 /* bytes of `over` */
    uint8_t *own;                     /* FLASH_BANK bytes instead of all that; NULL: none */
};

struct flash_chip {
    struct chip_loads *loads;
    struct chip_bank bank[FLASH_BANKS];
    struct chip_page *page;
    uint32_t pages;
};

void chip_loads_init(struct chip_loads *, const struct file *, size_t files, const struct file *more);
/* A new phone's flash: `load` (one of `loads`) in bank 0, and what its user set. */
bool chip_open(struct flash_chip *, struct chip_loads *, const struct bytes *load, struct bytes preferences);
void chip_close(struct flash_chip *);
bool chip_read(void *chip, size_t at, uint8_t *to, size_t n); /* flash_memory.read */
const struct load_info *chip_known(void *chip, uint8_t bank); /* flash_memory.known */
bool chip_write(struct flash_chip *, size_t at, struct bytes);
size_t chip_memory(const struct flash_chip *); /* all that it holds now, itself too */
#endif
