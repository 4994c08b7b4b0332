#include "app/lab/diary.h"

bool diary_open(struct diary *d)
{
    *d = (struct diary){.file = tmpfile()};
    return d->file != NULL;
}

void diary_keep(struct diary *d, usec at, uint32_t phone, uint16_t news, struct bytes facts)
{
    struct diary_entry e = {at, phone, news, (uint16_t)facts.len};

    if (!d->file || d->failed || facts.len > DIARY_FACTS) return; /* no news has as much */
    if (fwrite_unlocked(&e, sizeof e, 1, d->file) != 1 || fwrite_unlocked(facts.at, 1, facts.len, d->file) != facts.len)
        d->failed = true;
}

bool diary_rewind(struct diary *d)
{
    return d->file && fflush(d->file) == 0 && fseek(d->file, 0, SEEK_SET) == 0;
}

bool diary_next(struct diary *d, struct diary_entry *e, uint8_t facts[DIARY_FACTS])
{
    return d->file && fread(e, sizeof *e, 1, d->file) == 1 && e->len <= DIARY_FACTS &&
           fread(facts, 1, e->len, d->file) == e->len;
}

void diary_close(struct diary *d)
{
    if (d->file) (void)fclose(d->file);
    d->file = NULL;
}
