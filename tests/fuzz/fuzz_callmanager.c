/* Two CallManagers over one device table: connections that come and go, any messages of any version, calls between the
 * phones, changes, removals, stores that fail, at any time, and silence. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "server/callmanager.h"
#include "wire/sccp_register.h"

struct world {
    struct devices t;
    struct callmanager m[2];
    struct action actions[CALLMANAGER_MOST + 8];
    uint8_t bytes[256 * 1024], stored[RECORD_MOST];
    size_t stored_length;
    struct outbox out;
    usec now, due[2];
};

/* Each device is registered where it says, each connection's device says so too. */
static void check_registrations(struct world *w)
{
    for (struct device *d = devices_next(&w->t, NULL); d; d = devices_next(&w->t, d)) {
        if (d->manager == 0) continue;
        struct callmanager *m = &w->m[d->manager - 1];
        unsigned n = 0;
        for (uint32_t i = 0; i < m->used; i++)
            n += m->connection[i].state != CM_FREE && m->connection[i].stream == d->stream &&
                 m->connection[i].device == (uint32_t)(d - w->t.device);
        assert(n == 1);
    }
    for (int k = 0; k < 2; k++) {
        uint32_t open = 0;
        for (uint32_t i = 0; i < w->m[k].used; i++) {
            const struct cm_connection *c = &w->m[k].connection[i];
            open += c->state != CM_FREE;
            assert((c->state == CM_FREE) == (w->m[k].timers.place[i] == UINT32_MAX));
            assert(c->state != CM_OPEN || c->device == UINT32_MAX);
        }
        assert(open == w->m[k].open);
    }
}

/* A call's parties say the same as their connections; no connection is in a call that is free; the lists are whole. */
static void check_calls(const struct callmanager *m)
{
    uint32_t used = 0, strangers = 0;

    for (uint32_t i = 0; i < m->calls.used; i++) {
        const struct call *c = &m->calls.call[i];
        used += c->phase != PHASE_FREE;
        assert(c->phase != PHASE_FREE || m->timers.place[m->config.connections + i] == UINT32_MAX);
        for (int p = 0; p < 2 && c->phase != PHASE_FREE; p++) {
            uint32_t at = c->party[p].connection;
            assert(at == UINT32_MAX || (m->connection[at].state != CM_FREE && m->connection[at].call == i));
            assert(at != UINT32_MAX || (!c->party[p].opened && !c->party[p].sending) || p == 1 ||
                   c->phase != PHASE_TALKING);
        }
        assert(c->phase != PHASE_TALKING ||
               (c->party[0].connection != UINT32_MAX && c->party[1].connection != UINT32_MAX));
        assert(c->phase == PHASE_FREE || c->party[0].connection != UINT32_MAX);
        assert(c->phase != PHASE_DIALLING || c->due != NEVER);
        assert(c->phase == PHASE_FREE || strlen(c->dialled) == c->digits);
    }
    assert(used == m->calls.count);
    for (uint32_t i = 0; i < m->used; i++) {
        const struct cm_connection *c = &m->connection[i];
        strangers += c->state != CM_FREE && c->stranger;
        if (c->state == CM_FREE || c->call == UINT32_MAX) continue;
        const struct call *k = &m->calls.call[c->call];
        assert(k->phase != PHASE_FREE && (k->party[0].connection == i) + (k->party[1].connection == i) == 1);
        bool rings = k->phase == PHASE_RINGING && k->party[1].connection == i; /* as it may until it obeys its Reset */
        assert(c->state == CM_ACKED || c->state == CM_COMPLETE || (c->state == CM_RESETTING && rings));
    }
    assert(strangers == m->strangers && strangers <= m->config.connections / 4);
}

static void step(struct world *w, unsigned k, const struct event *e)
{
    outbox_clear(&w->out);
    w->out.engine = k;
    w->due[k] = callmanager_step(&w->m[k], w->now, e, &w->out);
    assert(!w->out.bytes.full && w->out.bytes.len <= CALLMANAGER_BYTES && w->out.count <= CALLMANAGER_MOST &&
           w->out.engine == k);
    assert(e->kind != EVENT_WAKE || w->due[k] > w->now || w->out.count > 0);
    check_registrations(w);
    for (unsigned i = 0; i < 2; i++) check_calls(&w->m[i]);
    for (uint32_t i = 0; i < w->out.count; i++) {
        struct bytes b = payload(&w->out, i);
        struct sccp s;
        struct record r;
        struct fault why;
        if (w->out.actions[i].kind == ACTION_WRITE) {
            assert(sccp_frame(b) == b.len && sccp_decode(&s, b, &why));
            assert(s.id != 0x0087 && s.id != 0x009a &&
                   s.id >= 0x0081); /* what restarts a 9.x phone, or is a phone's own */
        }
        if (w->out.actions[i].kind == ACTION_STORE) {
            assert(record_decode(&r, b, &why));
            w->stored_length = b.len;
            memcpy(w->stored, b.at, b.len);
        }
    }
}

static void say(struct world *w, unsigned k, uint32_t stream, const uint8_t *p, size_t n)
{
    static const uint16_t ids[] = {0x00, 0x01,  0x02,  0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
                                   0x10, 0x12,  0x20,  0x25, 0x27, 0x28, 0x29, 0x2b, 0x2d, 0x33,
                                   0x34, 0x15a, 0x777, 0x81, 0x30, 0x24, 0x08, 0x154};
    static const char *const names[] = {"SEP020000000001", "sep020000000002", "SEP020000000009", "SEP02000000000A",
                                        "nobody"};
    uint8_t bytes[SCCP_MOST];
    struct writer to = writer(bytes, sizeof bytes);
    struct sccp_message m = {
        .id = SCCP_REGISTER,
        .reg = {.name = bytes_of(names[p[1] % 5]), .device_type = p[2] % 4 ? 7 : 6, .protocol = p[3], .length = 64}};

    if (p[0] % 3 == 0)
        sccp_message_encode(&to, &m, 0);
    else {
        size_t begun = sccp_begin(&to, 0, ids[p[0] % (sizeof ids / sizeof ids[0])]);
        write_bytes(&to, (struct bytes){p + 1, n - 1});
        sccp_end(&to, begun);
    }
    step(w, k, &(struct event){.kind = EVENT_DATA, .stream = stream, .bytes = written(&to)});
}

/* What phones do with calls, sound by itself; the Ack is of the channel that is open, of another one, or refuses. */
static void use(struct world *w, unsigned k, uint32_t stream, const uint8_t *p)
{
    static const char *const numbers[] = {"10", "11", "12", "1", "11#", "777777"};
    static const uint32_t ids[] = {SCCP_OFF_HOOK,
                                   SCCP_ON_HOOK,
                                   SCCP_KEYPAD_BUTTON,
                                   SCCP_KEYPAD_BUTTON,
                                   SCCP_ENBLOC_CALL,
                                   SCCP_STIMULUS,
                                   SCCP_SOFT_KEY_EVENT,
                                   SCCP_SOFT_KEY_EVENT,
                                   SCCP_OFF_HOOK,
                                   SCCP_ON_HOOK,
                                   SCCP_OPEN_RECEIVE_CHANNEL_ACK,
                                   SCCP_CAPABILITIES_RES};
    uint8_t bytes[SCCP_MOST];
    struct writer to = writer(bytes, sizeof bytes);
    struct sccp_message m = {.id = ids[p[0] % (sizeof ids / sizeof ids[0])]};
    const struct cm_connection *c = callmanager_connection(&w->m[k], stream);
    const struct call *call = c && c->call != UINT32_MAX ? &w->m[k].calls.call[c->call] : NULL;

    if (m.id == SCCP_KEYPAD_BUTTON) m.call.pressed.key = p[1] % 2 ? 1 : p[2] % 17;
    if (m.id == SCCP_SOFT_KEY_EVENT) m.call.pressed.key = p[1] % 12;
    if (m.id == SCCP_STIMULUS) m.call.stimulus = (struct sccp_stimulus){.button = p[1] % 18, .instance = p[2] % 4};
    if (m.id == SCCP_ENBLOC_CALL) m.call.enbloc.number = bytes_of(numbers[p[1] % 6]);
    if (m.id == SCCP_CAPABILITIES_RES) {
        m.capabilities.count = 1 + p[1] % 2;
        m.capabilities.codec[0] = (struct sccp_codec){p[1] % 8 ? 4 : 9, 40};
    }
    if (m.id == SCCP_OPEN_RECEIVE_CHANNEL_ACK)
        m.call.receiving = (struct sccp_receiving){
            .status = p[1] % 8 == 7,
            .at = {.address = 5, .port = p[2]},
            .party =
                call ? call->party[call->party[0].connection != (uint32_t)(c - w->m[k].connection)].stream + p[1] % 2
                     : p[1]};
    sccp_message_encode(&to, &m, c ? c->version : 0);
    step(w, k, &(struct event){.kind = EVENT_DATA, .stream = stream, .bytes = written(&to)});
}

static void set_up(struct world *w)
{
    static uint8_t memory[3][1 << 20];
    struct devices_limits limits = {.devices = 6, .groups = 1, .pools = 1};
    struct group_record group = {.name = "G", .callmanager = {{1, 2000}}, .callmanagers = 1};
    struct pool_record pool = {.name = "P", .group = "G"};
    struct settings_record settings = {.automatic = true, .first = 10, .last = 12, .pool = "P"};
    struct device_record one = {.mac = {{2, 0, 0, 0, 0, 1}}, .device_type = 7, .pool = "P"}, two = one;
    struct fault why;

    assert(devices_init(&w->t, &limits, memory[2], sizeof memory[2]));
    assert(devices_put_group(&w->t, &group, NULL, &why) && devices_put_pool(&w->t, &pool, NULL, &why) &&
           devices_put_settings(&w->t, &settings, NULL, &why));
    two.mac.byte[5] = 2;
    memcpy(one.line[0].number, "11", 3);
    memcpy(two.line[0].number, "1", 2);
    memcpy(one.speed_dial[0].number, "1", 2);
    assert(devices_create(&w->t, &one, NULL, &why) && devices_create(&w->t, &two, NULL, &why));
    for (uint8_t k = 0; k < 2; k++) {
        struct callmanager_config config = {.index = k, .devices = &w->t, .connections = 8, .tokens = 1};
        assert(callmanager_init(&w->m[k], &config, memory[k], sizeof memory[k]));
        w->due[k] = NEVER;
    }
    outbox_init(&w->out, w->actions, sizeof w->actions / sizeof w->actions[0], w->bytes, sizeof w->bytes);
    w->now = 0;
    w->stored_length = 0;
}

/* Half of the inputs begin with two phones that can call one another, half of these with a call that is answered. */
static void two_phones(struct world *w, uint8_t version, bool talk)
{
    static const uint8_t number[] = {4, 3, 0}, answer[] = {6, 11, 0}, opened[] = {10, 0, 9};

    for (uint8_t i = 0; i < 2; i++) {
        const uint8_t reg[] = {0, i, 1, version}, caps[] = {11, 0, 0};
        step(w, 0, &(struct event){.kind = EVENT_UP, .stream = i});
        say(w, 0, i, reg, sizeof reg);
        use(w, 0, i, caps);
    }
    if (!talk) return;
    use(w, 0, 0, number);
    use(w, 0, 1, answer);
    use(w, 0, 1, opened);
}

static void change(struct world *w, const uint8_t *p)
{
    static const char *const fields[] = {"load", "label", "directory_number", "callmanagers", "speed_dial2"};
    static const char *const values[] = {"A", "B", "11", "10.0.0.1", "1"};
    struct device *d = devices_find(&w->t, (struct mac){{2, 0, 0, 0, 0, p[0] % 12}});
    struct fault why;

    outbox_clear(&w->out);
    if (p[1] % 5 == 4 && d)
        devices_remove(&w->t, d, &w->out);
    else if (p[1] % 5 == 3 && d)
        d->fetched = d->record.stamp;
    else {
        char name[DEVICE_NAME];
        device_name(name, (struct mac){{2, 0, 0, 0, 0, p[0] % 12}});
        (void)devices_change(&w->t, bytes_of(name), bytes_of(fields[p[2] % 5]), bytes_of(values[p[3] % 5]), &w->out,
                             &why);
    }
    assert(!w->out.bytes.full);
    for (unsigned k = 0; k < 2; k++) step(w, k, &(struct event){.kind = EVENT_CLOCK});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;

    set_up(&w);
    if (size && data[0] & 0x80) two_phones(&w, data[0] & 0x1f, data[0] & 0x40);
    while (size >= 8) {
        unsigned k = data[0] & 1;
        uint32_t stream = data[0] / 2 % 6;
        w.now += (usec)data[1] * data[1] * 1000;
        for (unsigned i = 0; i < 2; i++)
            if (w.due[i] <= w.now) step(&w, i, &(struct event){.kind = EVENT_WAKE});
        size_t n = 8;
        switch (data[2] % 12) {
        case 0: step(&w, k, &(struct event){.kind = EVENT_UP, .stream = stream}); break;
        case 1: step(&w, k, &(struct event){.kind = EVENT_DOWN, .stream = stream, .why = data[3]}); break;
        case 2: change(&w, data + 3); break;
        case 3: step(&w, k, &(struct event){.kind = EVENT_UNSTORED, .bytes = {w.stored, w.stored_length}}); break;
        case 4: /* raw */
            n = 8 + (size_t)data[3] < size ? 8 + (size_t)data[3] : size;
            step(&w, k, &(struct event){.kind = EVENT_DATA, .stream = stream, .bytes = {data + 4, n - 4}});
            break;
        case 5:
        case 6:
            n = 8 + (size_t)data[3] < size ? 8 + (size_t)data[3] : size;
            say(&w, k, stream, data + 4, n - 4);
            break;
        default: use(&w, k, stream, data + 4);
        }
        data += n;
        size -= n;
    }
    for (unsigned i = 0; w.due[0] != NEVER || w.due[1] != NEVER; i++) { /* silence closes every connection */
        assert(i < 1000);
        unsigned k = w.due[1] < w.due[0];
        if (w.due[k] > w.now) w.now = w.due[k];
        step(&w, k, &(struct event){.kind = EVENT_WAKE});
    }
    assert(w.m[0].open == 0 && w.m[1].open == 0 && w.m[0].calls.count == 0 && w.m[1].calls.count == 0);
    return 0;
}
