/* The TFTP server: any packets, from any of a few clients, to any of its ports, at any time, and silence; in both modes
 * of ports, with both ways to roll over, any window, and its askers. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "server/tftp.h"
#include "wire/tftp.h"

static struct served blobs[3];
static uint8_t content[300000];

static enum found find(void *context, struct bytes name, struct served **out)
{
    (void)context;
    if (name.len == 0) return FOUND_NOTHING;
    if (name.at[0] == 'b') return FOUND_BUSY;
    if (name.at[0] == 'd') return FOUND_DENIED;
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
    struct askers askers;
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
    assert(blobs[0].held + blobs[1].held + blobs[2].held == w->s.counts.active);
    for (uint32_t i = 0; i < w->out.count; i++)
        if (w->out.actions[i].kind == ACTION_DATAGRAM) {
            assert(tftp_decode(&p, payload(&w->out, i), &why));
            assert(p.op == TFTP_DATA || p.op == TFTP_OACK || p.op == TFTP_ERROR);
            assert(w->out.actions[i].from.address == e->to.address || e->kind == EVENT_WAKE ||
                   w->out.actions[i].from.address);
            assert((w->out.actions[i].from.port == 69) == w->s.config.one_port);
            assert(p.op != TFTP_DATA || p.data.len <= TFTP_BLOCK || p.data.len <= w->s.config.blksize_most);
        }
}

/* An ACK of the block that is out, so that a transfer also gets on. */
static size_t sound_ack(const struct world *w, const struct event *e, uint8_t ack[4])
{
    for (uint32_t i = 0; i < w->s.config.transfers; i++) {
        const struct tftp_transfer *t = &w->s.transfer[i];
        if (!t->served || t->client.address != e->from.address || t->client.port != e->from.port) continue;
        ack[0] = 0;
        ack[1] = TFTP_ACK;
        ack[2] = (uint8_t)(t->last >> 8);
        ack[3] = (uint8_t)t->last;
        return 4;
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    static uint8_t memory[65536], askers_memory[8192];
    struct tftp_server_config config = {.first_port = 100,
                                        .ports = 2,
                                        .tries = 3,
                                        .find = find,
                                        .release = release,
                                        .askers = &w.askers,
                                        .transfers = 5};

    if (size > 0) {
        config.one_port = data[0] & 1;
        config.roll_over_to_1 = data[0] & 2;
        config.blksize_most = data[0] & 4 ? 65464 : data[0] & 8 ? 8 : 1428;
        config.window_most = data[0] >> 4;
        data++;
        size--;
    }
    if (!content[0]) /* once */
        for (size_t i = 0; i < sizeof content; i += 3) content[i] = i % 2 ? '\n' : '\r';
    for (int i = 0; i < 3; i++)
        blobs[i] = (struct served){.bytes = {content, i == 0 ? 0 : i == 1 ? 1024 : sizeof content}};
    assert(tftp_server_size(5) <= sizeof memory && tftp_server_init(&w.s, &config, memory, sizeof memory));
    assert(askers_init(&w.askers, 2, askers_memory, sizeof askers_memory));
    outbox_init(&w.out, w.actions, sizeof w.actions / sizeof w.actions[0], w.bytes, sizeof w.bytes);
    w.now = 0;
    w.due = NEVER;
    while (size >= 4) { /* who, to which port, when, how long */
        struct event e = {.kind = EVENT_DATAGRAM,
                          .from = {.address = 1u + data[0] % 3, .port = (uint16_t)(1 + data[0] / 64)},
                          .to = {.address = 9, .port = data[1] % 4 == 0 ? 69 : (uint16_t)(99 + data[1] % 4)}};
        w.now += (usec)data[2] * data[2] * 1000;
        size_t n = data[3] < size - 4 ? data[3] : size - 4;
        uint8_t ack[4];
        e.bytes = (struct bytes){data + 4, n};
        if (data[3] == 0) { /* nothing of its own: the sound ACK, where it belongs */
            e.bytes = (struct bytes){ack, sound_ack(&w, &e, ack)};
            for (uint32_t i = 0; i < 5; i++)
                if (w.s.transfer[i].served && w.s.transfer[i].client.port == e.from.port)
                    e.to.port = w.s.transfer[i].us.port;
        }
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
    assert(w.s.counts.active == 0);
    return 0;
}
