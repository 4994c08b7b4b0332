#include "net/batch.h"
#include <stdlib.h>
#include <string.h>

enum { KEEP = 1 << 20 }; /* bytes of an empty batch that are kept for the next storm */

/* What was sent stays in front until all is sent, or until it is more than half: then the rest moves up. */
static void compact(struct batch *b)
{
    if (b->sent == 0) return;
    size_t gone = b->sent < b->count ? b->items[b->sent].at : b->len;
    memmove(b->bytes, b->bytes + gone, b->len - gone);
    memmove(b->items, b->items + b->sent, (b->count - b->sent) * sizeof *b->items);
    b->len -= gone;
    b->count -= b->sent;
    b->sent = 0;
    for (size_t i = 0; i < b->count; i++) b->items[i].at -= gone;
}

static bool grow(struct batch *b, size_t len)
{
    if (b->len + len > b->size) {
        size_t size = b->size ? b->size : 16384;
        while (size < b->len + len) size *= 2;
        uint8_t *bytes = realloc(b->bytes, size);
        if (!bytes) return false;
        b->bytes = bytes;
        b->size = size;
    }
    if (b->count == b->items_size) {
        size_t n = b->items_size ? 2 * b->items_size : BATCH_CALL;
        struct batch_item *items = realloc(b->items, n * sizeof *items);
        if (!items) return false;
        b->items = items;
        b->items_size = n;
    }
    return true;
}

bool batch_add(struct batch *b, struct bytes message, const struct endpoint *from, const struct endpoint *to)
{
    if (b->sent > 0 && b->sent * 2 >= b->count) compact(b);
    if (b->len + message.len > b->most) compact(b);
    if (b->len + message.len > b->most || !grow(b, message.len)) return false;
    struct batch_item *item = &b->items[b->count++];
    *item = (struct batch_item){.at = b->len, .len = message.len};
    if (from) item->from = *from;
    if (to) item->to = *to;
    if (message.len) memcpy(b->bytes + b->len, message.at, message.len);
    b->len += message.len;
    return true;
}

size_t batch_waiting(const struct batch *b)
{
    return b->count - b->sent;
}

const struct batch_item *batch_at(const struct batch *b, size_t n)
{
    return &b->items[b->sent + n];
}

void batch_sent(struct batch *b, size_t n)
{
    b->sent += n;
    if (b->sent == b->count) batch_discard(b);
}

void batch_discard(struct batch *b)
{
    b->count = b->sent = b->len = 0;
    if (b->size > KEEP) batch_free(b);
}

void batch_free(struct batch *b)
{
    free(b->bytes);
    free(b->items);
    *b = (struct batch){.most = b->most};
}
