/* Any bytes as a record of the store: a database file may come from anywhere. What is taken is encoded, and taken again
 * with the same bytes. */
#include <assert.h>
#include <string.h>
#include "server/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n);

static void encode(struct writer *w, const struct record *r)
{
    switch (r->kind) {
    case RECORD_DEVICE:
        if (r->operation == RECORD_REMOVE)
            device_remove_encode(w, r->device.mac);
        else
            device_record_encode(w, &r->device);
        break;
    case RECORD_GROUP: group_record_encode(w, &r->group); break;
    case RECORD_POOL: pool_record_encode(w, &r->pool); break;
    case RECORD_SETTINGS: settings_record_encode(w, &r->settings); break;
    case RECORD_LEASE: lease_record_encode(w, &r->lease); break;
    case RECORD_COUNTER: counter_record_encode(w, &r->counter); break;
    }
}

static void check(const struct record *r)
{
    if (r->kind == RECORD_DEVICE) {
        assert(r->device.callmanagers <= RECORD_CALLMANAGERS && memchr(r->device.pool, 0, RECORD_NAME));
        for (size_t i = 0; i < RECORD_LINES; i++) assert(memchr(r->device.line[i].number, 0, RECORD_NUMBER));
    }
    if (r->kind == RECORD_GROUP) assert(r->group.callmanagers <= RECORD_CALLMANAGERS);
    if (r->kind == RECORD_POOL) assert(r->pool.loads <= RECORD_LOADS && memchr(r->pool.name, 0, RECORD_NAME));
    if (r->kind == RECORD_COUNTER) assert(r->counter.which < COUNTERS);
}

/* The outer form alone, which a store reads: one form, so the bytes come back as they were. */
static void stored(struct bytes in)
{
    static uint8_t to[70000];
    struct writer w = writer(to, sizeof to);
    struct stored s;
    struct fault why;

    if (!stored_read(&s, in, &why)) {
        assert(why.kind != FAULT_NONE && why.what && why.at <= in.len);
        return;
    }
    stored_write(&w, &s);
    assert(!w.full && bytes_equal(written(&w), in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint8_t once[RECORD_MOST], twice[RECORD_MOST];
    static struct record first, second;
    struct bytes in = {data, n};
    struct writer w = writer(once, sizeof once), again = writer(twice, sizeof twice);
    struct fault why;

    if (n > 65507) return 0;
    stored(in);
    if (!record_decode(&first, in, &why)) {
        assert(why.kind != FAULT_NONE && why.what && why.at <= n);
        return 0;
    }
    assert(why.kind == FAULT_NONE);
    check(&first);
    if (first.operation == RECORD_REMOVE && first.kind != RECORD_DEVICE) return 0; /* nobody writes those */
    encode(&w, &first);
    assert(!w.full && record_decode(&second, written(&w), &why));
    encode(&again, &second);
    assert(bytes_equal(written(&w), written(&again)));
    return 0;
}
