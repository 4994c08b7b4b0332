#include "server/catalogue.h"
#include "server/carve.h"

/* A name in the one form in which names are compared. */
struct folded {
    uint8_t byte[CATALOGUE_NAME];
    size_t len;
};

static void lay_out(struct catalogue *c, struct carving *carving)
{
    c->buckets = buckets_for(c->most);
    c->entry = carve(carving, sizeof *c->entry, c->most);
    c->bucket = carve(carving, sizeof *c->bucket, c->buckets);
}

size_t catalogue_size(uint32_t most)
{
    struct catalogue c = {.most = most};
    struct carving carving = {0};

    lay_out(&c, &carving);
    return carving.used;
}

bool catalogue_init(struct catalogue *c, uint32_t most, void *memory, size_t size)
{
    struct carving carving = {.at = memory, .size = size};

    *c = (struct catalogue){.most = most};
    if (!memory || catalogue_size(most) > size) return false;
    lay_out(c, &carving);
    for (uint32_t i = 0; i < c->buckets; i++) c->bucket[i] = CATALOGUE_NONE;
    return true;
}

static bool is_slash(uint8_t c)
{
    return c == '/' || c == '\\';
}

/* "." and ".." mean a folder to a file system, and nothing here. */
static bool means_a_folder(const uint8_t *at, size_t len)
{
    return len <= 2 && len > 0 && at[0] == '.' && at[len - 1] == '.';
}

static bool fold(struct folded *to, struct bytes name)
{
    size_t part = 0; /* where the part after the latest slash begins */

    to->len = 0;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.at[i];
        if (c == 0) return false;
        if (is_slash(c)) {
            if (to->len == part) continue; /* at the beginning, or behind another */
            if (means_a_folder(to->byte + part, to->len - part)) return false;
            c = '/';
        }
        if (to->len == sizeof to->byte) return false;
        to->byte[to->len++] = ascii_lower(c);
        if (c == '/') part = to->len;
    }
    return to->len > part && !means_a_folder(to->byte + part, to->len - part);
}

static uint32_t *chain_of(const struct catalogue *c, struct bytes folded)
{
    return &c->bucket[hash_bytes(folded) & (c->buckets - 1)];
}

uint32_t catalogue_add(struct catalogue *c, struct bytes name)
{
    struct folded folded;

    if (c->count == c->most || !fold(&folded, name)) return CATALOGUE_NONE;
    uint32_t *chain = chain_of(c, (struct bytes){folded.byte, folded.len});
    c->entry[c->count] = (struct catalogue_entry){.name = name, .next = *chain};
    *chain = c->count;
    return c->count++;
}

static bool folds_to(struct bytes name, struct bytes folded)
{
    struct folded f;

    return fold(&f, name) && bytes_equal((struct bytes){f.byte, f.len}, folded);
}

static uint32_t find(const struct catalogue *c, struct bytes folded, struct bytes as_asked)
{
    uint32_t best = CATALOGUE_NONE;

    for (uint32_t i = *chain_of(c, folded); i != CATALOGUE_NONE; i = c->entry[i].next) {
        if (!folds_to(c->entry[i].name, folded)) continue;
        if (bytes_equal(c->entry[i].name, as_asked)) return i;
        if (i < best) best = i;
    }
    return best;
}

uint32_t catalogue_find(const struct catalogue *c, struct bytes name)
{
    static const char prefix[] = "cisco/";
    struct folded folded;

    if (c->count == 0 || !fold(&folded, name)) return CATALOGUE_NONE;
    while (name.len && is_slash(name.at[0])) name = bytes_from(name, 1);
    struct bytes f = {folded.byte, folded.len};
    uint32_t found = find(c, f, name);
    if (found != CATALOGUE_NONE || !bytes_begin(f, prefix)) return found;
    return find(c, bytes_from(f, sizeof prefix - 1), bytes_from(name, sizeof prefix - 1));
}
