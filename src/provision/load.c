/* Image loads: what a .bin is, how it is checked, how it is made. */
#include "provision/load.h"
#include "provision/load_form.h"
#include <string.h>

enum { CHUNK = 1024 };

struct source {
    load_read_fn *read;
    void *context;
    size_t capacity;
};

static bool fail(struct fault *why, enum fault_kind kind, size_t at, const char *what)
{
    *why = (struct fault){.kind = kind, .at = at, .what = what};
    return false;
}

/* Adds n bytes from `at` to the digest, a chunk at a time: a load lives in flash, not in memory. */
static bool add_range(struct digesting *sum, const struct source *s, size_t at, size_t n, struct fault *why)
{
    uint8_t chunk[CHUNK];

    while (n) {
        size_t part = n < sizeof chunk ? n : sizeof chunk;
        if (!s->read(s->context, at, chunk, part)) return fail(why, FAULT_SHORT, at, "load ends too early");
        digest_add(sum, (struct bytes){chunk, part});
        at += part;
        n -= part;
    }
    return true;
}

/* A vendor's file says how long its header is but not how long it is itself: it ends where reading does. */
static size_t length_of(const struct source *s)
{
    uint8_t chunk[CHUNK];
    size_t at = 0;

    for (size_t part = sizeof chunk; part > 0;)
        if (part <= s->capacity - at && s->read(s->context, at, chunk, part))
            at += part;
        else
            part /= 2;
    return at;
}

/* P0030801SR02.sbn carries the load's name and which part it is. */
static struct bytes stem(struct bytes file_name)
{
    for (size_t i = file_name.len; i > 0; i--)
        if (file_name.at[i - 1] == '.') return (struct bytes){file_name.at, i - 1};
    return file_name;
}

/* Not ours. Its header must be sound from end to end and name a file; whose signature it is nobody here can say. The
 * manifest is that of the first model of the table that runs loads of this family; of none, it fits nothing. */
static bool open_foreign(struct load_info *out, const struct source *s, struct fault *why)
{
    uint8_t header[LOAD_MANIFEST_MOST];
    struct digesting sum = digest_begin();
    struct bytes name;
    size_t length = length_of(s), n = length < sizeof header ? length : sizeof header;

    if (!s->read(s->context, 0, header, n)) return fail(why, FAULT_SHORT, 0, "load ends too early");
    if (load_foreign((struct bytes){header, n}, &name, why) == 0)
        return why->kind == FAULT_NONE ? fail(why, FAULT_VALUE, 0, "heading of a load") : false;
    if (!add_range(&sum, s, 0, length, why)) return false;
    out->digest = digest_end(&sum);
    out->length = length;
    out->foreign = true;
    name = stem(name);
    for (size_t i = 0; i < model_count() && out->manifest.models == 0; i++) {
        if (model_at(i)->load[0]) load_manifest_for(&out->manifest, model_at(i), name);
        if (!load_fits(&out->manifest, model_at(i)->device_type, out->manifest.hardware_least))
            out->manifest = (struct load_manifest){.models = 0};
    }
    text_copy(out->manifest.name, sizeof out->manifest.name, name);
    return true;
}

static bool open_ours(struct load_info *out, const struct source *s, const uint8_t *header, struct fault *why)
{
    struct reader r = reader((struct bytes){header, LOAD_HEADER}, why);
    struct digesting sum = digest_begin();
    uint8_t manifest[LOAD_MANIFEST_MOST];

    (void)read_bytes(&r, sizeof LOAD_MAGIC - 1);
    if (read_be16(&r) != LOAD_FORM) return fail(why, FAULT_VALUE, 8, "form of a load");
    if (read_be16(&r) != 0) return fail(why, FAULT_VALUE, 10, "flags of a load");
    uint32_t text = read_be32(&r), payload = read_be32(&r);
    struct bytes digest = read_bytes(&r, DIGEST_SIZE);
    while (unread(&r))
        if (read_u8(&r) != 0) return fail(why, FAULT_VALUE, read_offset(&r) - 1, "zeros of a load's header");
    if (text > sizeof manifest) return fail(why, FAULT_LONG, LOAD_AT_MANIFEST_LENGTH, "manifest of a load");
    if (s->capacity - LOAD_HEADER < text || s->capacity - LOAD_HEADER - text < payload)
        return fail(why, FAULT_LONG, LOAD_AT_PAYLOAD_LENGTH, "load for its place");
    if (!s->read(s->context, LOAD_HEADER, manifest, text))
        return fail(why, FAULT_SHORT, LOAD_HEADER, "load ends too early");
    digest_add(&sum, (struct bytes){manifest, text});
    if (!add_range(&sum, s, LOAD_HEADER + (size_t)text, payload, why)) return false;
    out->digest = digest_end(&sum);
    out->length = LOAD_HEADER + (size_t)text + payload;
    if (!bytes_equal((struct bytes){out->digest.byte, DIGEST_SIZE}, digest))
        return fail(why, FAULT_CHECK, LOAD_AT_DIGEST, "digest of a load");
    if (manifest_read(&out->manifest, (struct bytes){manifest, text}, why)) return true;
    why->at += LOAD_HEADER;
    return false;
}

bool load_open(struct load_info *out, load_read_fn *read, void *context, size_t capacity, struct fault *why)
{
    struct source s = {read, context, capacity};
    uint8_t header[LOAD_HEADER];
    bool good;

    memset(out, 0, sizeof *out);
    *why = (struct fault){.kind = FAULT_NONE};
    if (capacity < sizeof header || !read(context, 0, header, sizeof header))
        return fail(why, FAULT_SHORT, 0, "load ends too early");
    if (memcmp(header, LOAD_MAGIC, sizeof LOAD_MAGIC - 1) == 0)
        good = open_ours(out, &s, header, why);
    else
        good = open_foreign(out, &s, why);
    if (!good) memset(out, 0, sizeof *out);
    return good;
}

static bool read_memory(void *context, size_t at, uint8_t *to, size_t n)
{
    const struct bytes *in = context;

    if (at > in->len || in->len - at < n) return false;
    if (n) memcpy(to, in->at + at, n);
    return true;
}

bool load_open_bytes(struct load_info *out, struct bytes in, struct fault *why)
{
    if (!load_open(out, read_memory, &in, SIZE_MAX, why)) return false;
    if (out->length == in.len) return true;
    size_t end = out->length;
    memset(out, 0, sizeof *out);
    return fail(why, FAULT_LONG, end, "bytes after a load");
}

bool load_fits(const struct load_manifest *m, uint32_t device_type, uint8_t hardware)
{
    bool model = false;

    for (size_t i = 0; i < m->models; i++) model = model || m->model[i] == device_type;
    return model && hardware >= m->hardware_least && hardware <= m->hardware_most;
}

void load_begin(struct writer *w, const struct load_manifest *m)
{
    write_text(w, LOAD_MAGIC);
    write_be16(w, LOAD_FORM);
    write_zeros(w, LOAD_HEADER - 10);
    size_t text = w->len;
    manifest_write(w, m);
    text = w->len - text;
    size_t at = w->len - text - LOAD_HEADER + LOAD_AT_MANIFEST_LENGTH;
    if (w->full) return;
    patch_be16(w, at, (uint16_t)(text >> 16));
    patch_be16(w, at + 2, (uint16_t)text);
}

void load_finish(struct writer *w, size_t at)
{
    if (w->full) return;
    struct fault why;
    struct reader r = reader(bytes_from(written_from(w, at), LOAD_AT_MANIFEST_LENGTH), &why);
    size_t payload = w->len - at - LOAD_HEADER - read_be32(&r);
    struct digest sum = digest_of(written_from(w, at + LOAD_HEADER));
    patch_be16(w, at + LOAD_AT_PAYLOAD_LENGTH, (uint16_t)(payload >> 16));
    patch_be16(w, at + LOAD_AT_PAYLOAD_LENGTH + 2, (uint16_t)payload);
    for (size_t i = 0; i < DIGEST_SIZE; i++) patch_u8(w, at + LOAD_AT_DIGEST + i, sum.byte[i]);
}

void load_make(struct writer *w, const struct load_manifest *m, struct bytes payload)
{
    size_t at = w->len;

    load_begin(w, m);
    write_bytes(w, payload);
    load_finish(w, at);
}
