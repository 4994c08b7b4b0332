/* Image loads, manifests, lists of files, and the signed header of a vendor's: any bytes. */
#include "provision/load.h"
#include <assert.h>
#include <string.h>

static uint8_t made[65536], to[8192], again[8192];

static void check(const struct load_manifest *m)
{
    assert(m->models <= LOAD_MODELS && m->codecs <= LOAD_CODECS && m->hardware_least <= m->hardware_most);
    assert(memchr(m->name, 0, LOAD_NAME) && memchr(m->version, 0, sizeof m->version));
}

/* Any text that is a manifest is written in one form, and makes a load that opens. */
static void manifest(struct bytes in)
{
    struct load_manifest m;
    struct load_info info;
    struct fault why;
    struct writer w = writer(to, sizeof to), v = writer(again, sizeof again), load = writer(made, sizeof made);

    if (!manifest_read(&m, in, &why)) {
        assert(why.kind != FAULT_NONE && why.at <= in.len);
        return;
    }
    check(&m);
    manifest_write(&w, &m);
    assert(!w.full && manifest_read(&m, written(&w), &why));
    manifest_write(&v, &m);
    assert(bytes_equal(written(&w), written(&v)));
    if (w.len > LOAD_MANIFEST_MOST || in.len > 16384) return;
    load_make(&load, &m, in);
    assert(load_open_bytes(&info, written(&load), &why));
    assert(strcmp(info.manifest.name, m.name) == 0 && info.length == load.len && !info.foreign);
    made[in.len % load.len] ^= 1;
    assert(!load_open_bytes(&info, written(&load), &why));
}

static void list(struct bytes text)
{
    struct bytes name, rest = text;

    while (loads_next(&rest, &name)) {
        assert(name.len > 0 && name.at >= text.at && name.at + name.len <= text.at + text.len);
        assert(rest.len < text.len);
        text = rest;
    }
    assert(rest.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size}, name;
    struct load_info info;
    struct fault why;
    size_t header = load_foreign(in, &name, &why);

    assert(header <= size && (header == 0 || (why.kind == FAULT_NONE && name.len > 0)));
    if (load_open_bytes(&info, in, &why)) {
        check(&info.manifest);
        assert(info.length == size);
    } else {
        assert(why.kind != FAULT_NONE && why.at <= (size > LOAD_HEADER ? size : LOAD_HEADER));
    }
    manifest(in);
    list(bytes_from(in, header));
    return 0;
}
