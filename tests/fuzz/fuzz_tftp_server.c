/* The TFTP server: any packets, from any of a few clients, to any of its ports, at any time, and silence. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "server/tftp.h"
#include "wire/tftp.h"

static struct served blobs[3];
static uint8_t content[2000];

static enum found find(void *context, struct bytes name, struct served **out)
{
    (void)context;
    if (name.len == 0) return FOUND_NOTHING;
    if (name.at[0] == 'b') return FOUND_BUSY;
    struct served *s = &blobs[name.at[0] % 3];
    s->held++;
    *out = s;
    return FOUND;
}

static void release(void *context, struct served *s, bool whole)
{
    (void)context;
    (void)whole;
    assert(s->held > 0);
    s->held--;
}

struct world {
    struct tftp_server s;
    struct action actions[TFTP_SERVER_MOST + 8];
    uint8_t bytes[256 * 1024];
    struct outbox out;
    usec now, due;
};

static void step(struct world *w, const struct event *e)
{
    struct tftp p;
    struct fault why;

    outbox_clear(&w->out);
    w->due = tftp_server_step(&w->s, w->now, e, &w->out);
    assert(!w->out.bytes.full && w->out.bytes.len <= TFTP_SERVER_BYTES && w->out.count <= TFTP_SERVER_MOST);
    assert(e->kind != EVENT_WAKE || w->due > w->now || w->out.count > 0); /* never spins */
    assert(blobs[0].held + blobs[1].held + blobs[2].held == w->s.running);
    for (uint32_t i = 0; i < w->out.count; i++)
        if (w->out.actions[i].kind == ACTION_DATAGRAM) {
            assert(tftp_decode(&p, payload(&w->out, i), &why));
            assert(p.op == TFTP_DATA || p.op == TFTP_OACK || p.op == TFTP_ERROR);
            assert(w->out.actions[i].from.address == e->to.address || e->kind == EVENT_WAKE ||
                   w->out.actions[i].from.address);
            assert(w->out.actions[i].from.port != 69);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    static uint8_t memory[65536];
    struct tftp_server_config config = {
        .first_port = 100, .ports = 2, .tries = 3, .find = find, .release = release, .transfers = 5};

    for (int i = 0; i < 3; i++) blobs[i] = (struct served){.bytes = {content, i == 0 ? 0 : i == 1 ? 1024 : 2000}};
    assert(tftp_server_size(5) <= sizeof memory && tftp_server_init(&w.s, &config, memory, sizeof memory));
    outbox_init(&w.out, w.actions, sizeof w.actions / sizeof w.actions[0], w.bytes, sizeof w.bytes);
    w.now = 0;
    w.due = NEVER;
    while (size >= 4) { /* who, to which port, when, how long */
        struct event e = {.kind = EVENT_DATAGRAM,
                          .from = {.address = 1u + data[0] % 3, .port = (uint16_t)(1 + data[0] / 64)},
                          .to = {.address = 9, .port = data[1] % 4 == 0 ? 69 : (uint16_t)(99 + data[1] % 4)}};
        w.now += (usec)data[2] * data[2] * 1000;
        size_t n = data[3] < size - 4 ? data[3] : size - 4;
        e.bytes = (struct bytes){data + 4, n};
        data += 4 + n;
        size -= 4 + n;
        if (w.due <= w.now) step(&w, &(struct event){.kind = EVENT_WAKE});
        step(&w, &e);
    }
    for (unsigned i = 0; w.due != NEVER; i++) { /* silence ends every transfer */
        assert(i < 1000);
        if (w.due > w.now) w.now = w.due;
        step(&w, &(struct event){.kind = EVENT_WAKE});
    }
    assert(w.s.running == 0);
    return 0;
}
