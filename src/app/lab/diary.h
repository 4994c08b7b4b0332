/* app/lab/diary.h: all that was told of the phones, in the order in which it was told, for a report that shows the
 * ladder of any of them and the power of all.
 *
 * It is kept in a file without a name in /tmp, as long as the lab runs: of a large lab nobody knows in advance whose
 * ladder is worth keeping, and in memory all of them would cost more than the lab itself.
 * Errors  `failed` once something could not be written or read; what was before it can be read all the same.
 */
#ifndef APP_LAB_DIARY_H
#define APP_LAB_DIARY_H
#include "base/bytes.h"
#include "base/engine.h"
#include <stdio.h>

enum { DIARY_FACTS = 1024 };

struct diary {
    FILE *file; /* NULL: nothing is kept */
    bool failed;
};

struct diary_entry {
    usec at;
    uint32_t phone;
    uint16_t news, len; /* len: bytes of facts */
};

bool diary_open(struct diary *);
void diary_keep(struct diary *, usec at, uint32_t phone, uint16_t news, struct bytes facts);
bool diary_rewind(struct diary *);
bool diary_next(struct diary *, struct diary_entry *, uint8_t facts[DIARY_FACTS]); /* false: no more */
void diary_close(struct diary *);
#endif
