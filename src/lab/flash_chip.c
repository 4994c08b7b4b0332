#include "lab/flash_chip.h"
#include <stdlib.h>
#include <string.h>

enum { ERASED = 0xff };

void chip_loads_init(struct chip_loads *l, const struct file *file, size_t files, const struct file *more)
{
    uint8_t head[FLASH_BANK_AT];

    *l = (struct chip_loads){.file = file, .files = files, .more = more};
    flash_format_records(head, (struct bytes){0});
    memcpy(l->boot, head, sizeof l->boot);
}

/* What every new phone's flash has before the banks: the boot record, and nothing. Within one page. */
static void read_new(const struct flash_chip *c, size_t at, uint8_t *to, size_t n)
{
    if (at < sizeof c->loads->boot)
        memcpy(to, c->loads->boot + at, n);
    else
        memset(to, ERASED, n);
}

/* --- records --- */

static struct chip_page *page_of(const struct flash_chip *c, uint32_t number)
{
    for (uint32_t i = 0; i < c->pages; i++)
        if (c->page[i].number == number) return &c->page[i];
    return NULL;
}

static struct chip_page *new_page(struct flash_chip *c, uint32_t number)
{
    struct chip_page *more = realloc(c->page, (c->pages + 1) * sizeof *more);

    if (!more) return NULL;
    c->page = more;
    struct chip_page *p = &more[c->pages++];
    p->number = (uint16_t)number;
    read_new(c, (size_t)number * CHIP_PAGE, p->byte, CHIP_PAGE);
    return p;
}

static size_t part_of(size_t at, size_t n)
{
    size_t left = CHIP_PAGE - at % CHIP_PAGE;

    return n < left ? n : left;
}

static void read_records(const struct flash_chip *c, size_t at, uint8_t *to, size_t n)
{
    for (size_t part; n > 0; at += part, to += part, n -= part) {
        const struct chip_page *p = page_of(c, (uint32_t)(at / CHIP_PAGE));
        part = part_of(at, n);
        if (p)
            memcpy(to, p->byte + at % CHIP_PAGE, part);
        else
            read_new(c, at, to, part);
    }
}

static bool write_records(struct flash_chip *c, size_t at, struct bytes b)
{
    for (size_t part; b.len > 0; at += part, b = bytes_from(b, part)) {
        uint32_t number = (uint32_t)(at / CHIP_PAGE);
        struct chip_page *p = page_of(c, number);
        uint8_t fresh[CHIP_PAGE];
        part = part_of(at, b.len);
        if (!p) read_new(c, at, fresh, part);
        if (!p && memcmp(fresh, b.at, part) == 0) continue;
        if (!p) p = new_page(c, number);
        if (!p) return false;
        memcpy(p->byte + at % CHIP_PAGE, b.at, part);
    }
    return true;
}

/* --- banks --- */

/* `n` bytes at `at` of a load, erased behind its end. */
static void read_load(const struct bytes *load, size_t at, uint8_t *to, size_t n)
{
    size_t have = load && at < load->len ? load->len - at : 0;

    if (have > n) have = n;
    if (have) memcpy(to, load->at + at, have);
    memset(to + have, ERASED, n - have);
}

static void read_bank(const struct chip_bank *b, size_t at, uint8_t *to, size_t n)
{
    size_t over = !b->own && at < b->written ? b->written - at : 0;

    if (over > n) over = n;
    if (over) memcpy(to, b->over->at + at, over);
    if (b->own)
        memcpy(to, b->own + at, n);
    else
        read_load(b->under, at + over, to + over, n - over);
}

static const struct bytes *begins_with(const struct file *file, size_t files, struct bytes b, bool whole)
{
    for (size_t i = 0; i < files; i++) {
        struct bytes load = file[i].bytes;
        if (whole ? load.len > b.len : load.len < b.len) continue;
        if (load.len && memcmp(load.at, b.at, whole ? load.len : b.len) == 0) return &file[i].bytes;
    }
    return NULL;
}

/* Whole: the load with which `b` begins; else the load that begins with `b`. Lists of loads are too short to be
 * either. */
static const struct bytes *load_with(const struct chip_loads *l, struct bytes b, bool whole)
{
    const struct bytes *found = begins_with(l->file, l->files, b, whole);

    return found ? found : begins_with(l->more, l->count, b, whole);
}

static void take_whole(struct chip_bank *b, const struct bytes *load)
{
    free(b->own);
    *b = (struct chip_bank){.under = load};
}

/* The next part of a known load, in its order, of a bank that is no copy? */
static bool goes_on(struct chip_bank *b, const struct chip_loads *loads, size_t at, struct bytes data)
{
    if (at == 0 && b->written <= data.len &&
        data.len >= LOAD_HEADER) { /* the header holds the digest: no two loads share it */
        b->over = load_with(loads, data, false);
        b->written = 0;
    }
    if (!b->over || at != b->written || data.len > b->over->len - at ||
        memcmp(b->over->at + at, data.at, data.len) != 0)
        return false;
    b->written += (uint32_t)data.len;
    if (b->written == b->over->len) take_whole(b, b->over);
    return true;
}

static bool write_bank(struct chip_bank *b, const struct chip_loads *loads, size_t at, struct bytes data)
{
    if (data.len == 0) return true;
    if (!b->own) {
        uint8_t *own = NULL;
        struct chip_bank before = *b;
        if (goes_on(b, loads, at, data)) return true;
        own = malloc(FLASH_BANK);
        if (!own) return false;
        read_bank(&before, 0, own, FLASH_BANK);
        *b = (struct chip_bank){.own = own};
    }
    memcpy(b->own + at, data.at, data.len);
    const struct bytes *whole = load_with(loads, (struct bytes){b->own, FLASH_BANK}, true);
    if (whole && at + data.len <= whole->len) take_whole(b, whole); /* it was this write that made it so */
    return true;
}

/* --- all of it --- */

bool chip_open(struct flash_chip *c, struct chip_loads *loads, const struct bytes *load, struct bytes preferences)
{
    uint8_t head[FLASH_BANK_AT];

    *c = (struct flash_chip){.loads = loads};
    c->bank[0].under = load;
    if (preferences.len == 0) return true;
    flash_format_records(head, preferences);
    return write_records(c, 0, (struct bytes){head, sizeof head});
}

void chip_close(struct flash_chip *c)
{
    for (size_t i = 0; i < FLASH_BANKS; i++) free(c->bank[i].own);
    free(c->page);
    *c = (struct flash_chip){0};
}

bool chip_read(void *chip, size_t at, uint8_t *to, size_t n)
{
    const struct flash_chip *c = chip;

    if (at > FLASH_SIZE || n > FLASH_SIZE - at) return false;
    for (size_t part; n > 0; at += part, to += part, n -= part) {
        size_t bank = at < FLASH_BANK_AT ? 0 : (at - FLASH_BANK_AT) / FLASH_BANK,
               end = at < FLASH_BANK_AT ? FLASH_BANK_AT : FLASH_BANK_AT + (bank + 1) * FLASH_BANK;
        part = n < end - at ? n : end - at;
        if (at < FLASH_BANK_AT)
            read_records(c, at, to, part);
        else
            read_bank(&c->bank[bank], (at - FLASH_BANK_AT) % FLASH_BANK, to, part);
    }
    return true;
}

const struct load_info *chip_known(void *chip, uint8_t bank)
{
    struct flash_chip *c = chip;
    struct chip_known *known = c->loads->known, found = {.load = c->bank[bank].under};
    struct chip_loads *loads = c->loads;
    size_t at = 0;
    struct fault why;

    if (!found.load || found.load->len == 0 || c->bank[bank].own || c->bank[bank].written) return NULL;
    while (at < CHIP_KNOWN && known[at].load != found.load) at++;
    if (at < CHIP_KNOWN) return &known[at].info;
    if (loads->opens) loads->opens(loads->context, true);
    bool sound = load_open_bytes(&found.info, *found.load, &why);
    if (loads->opens) loads->opens(loads->context, false);
    if (!sound || found.info.foreign) return NULL; /* a foreign one goes to the end of the bank */
    memmove(known + 1, known, (CHIP_KNOWN - 1) * sizeof *known);
    known[0] = found;
    return &known[0].info;
}

bool chip_write(struct flash_chip *c, size_t at, struct bytes b)
{
    bool all = at <= FLASH_SIZE && b.len <= FLASH_SIZE - at;

    for (size_t part; all && b.len > 0; at += part, b = bytes_from(b, part)) {
        size_t bank = at < FLASH_BANK_AT ? 0 : (at - FLASH_BANK_AT) / FLASH_BANK,
               end = at < FLASH_BANK_AT ? FLASH_BANK_AT : FLASH_BANK_AT + (bank + 1) * FLASH_BANK;
        part = b.len < end - at ? b.len : end - at;
        struct bytes piece = {b.at, part};
        all = at < FLASH_BANK_AT ? write_records(c, at, piece)
                                 : write_bank(&c->bank[bank], c->loads, (at - FLASH_BANK_AT) % FLASH_BANK, piece);
    }
    return all;
}

size_t chip_memory(const struct flash_chip *c)
{
    size_t n = sizeof *c + c->pages * sizeof *c->page;

    for (size_t i = 0; i < FLASH_BANKS; i++) n += c->bank[i].own ? FLASH_BANK : 0;
    return n;
}
