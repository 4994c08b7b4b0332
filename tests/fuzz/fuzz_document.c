/* Configuration documents: any bytes, read as XML and as the plain form. What was read, once written, is read alike. */
#include "provision/document.h"
#include <assert.h>
#include <string.h>

static uint8_t scratch[DOCUMENT_SCRATCH], to[32768], again[32768];

static void check(const struct document *d)
{
    assert(d->callmanagers <= DOCUMENT_CALLMANAGERS && d->extra_len <= DOCUMENT_EXTRA);
    for (size_t i = 0; i < d->callmanagers; i++) {
        assert(d->callmanager[i].port != 0 && d->callmanager[i].node[0]);
        assert(memchr(d->callmanager[i].node, 0, NODE_NAME));
    }
    assert(memchr(d->load, 0, LOAD_NAME) && memchr(d->stamp, 0, STAMP) && memchr(d->time_zone, 0, sizeof d->time_zone));
    for (size_t i = 0; i < URLS; i++) assert(memchr(d->url[i], 0, URL));
}

static void xml(struct bytes in, uint32_t type, size_t size)
{
    struct document first, second;
    struct document_load load = {.device_type = type};
    struct fault why;
    struct writer w = writer(to, sizeof to), v = writer(again, sizeof again);

    if (!document_read(&first, in, type, scratch, size, &why)) {
        assert(why.kind != FAULT_NONE && why.what && why.at <= in.len && first.callmanagers == 0);
        return;
    }
    check(&first);
    memcpy(load.load, first.load, sizeof load.load);
    first.loads = &load;
    first.load_count = first.kind == DOCUMENT_DEFAULT;
    document_write(&w, &first);
    assert(!w.full);
    assert(document_read(&second, written(&w), type, scratch, sizeof scratch, &why));
    check(&second);
    second.loads = first.loads;
    second.load_count = first.load_count;
    assert(strcmp(first.load, second.load) == 0 && first.extra_len == second.extra_len);
    document_write(&v, &second);
    assert(bytes_equal(written(&w), written(&v)));
}

static void plain(struct bytes in)
{
    struct document d;
    struct fault why;
    struct writer w = writer(to, sizeof to), v = writer(again, sizeof again);

    if (!plain_read(&d, in, &why)) {
        assert(why.kind != FAULT_NONE && why.at <= in.len);
        return;
    }
    check(&d);
    plain_write(&w, &d);
    assert(!w.full && plain_read(&d, written(&w), &why));
    plain_write(&v, &d);
    assert(bytes_equal(written(&w), written(&v)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    struct bytes in = {data + 2, size - 2};

    xml(in, data[0] & 15, data[1] ? sizeof scratch : (size_t)data[0] * 128);
    plain(in);
    return 0;
}
