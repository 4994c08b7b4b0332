#include "lab/recording.h"

void recording_open(struct recording *r, enum recorded_role role, uint8_t buffer[RECORDING_BUFFER],
                    recording_write_fn *write, void *context)
{
    *r = (struct recording){.write = write,
                            .context = context,
                            .role = (uint8_t)role,
                            .digesting = digest_begin(),
                            .buffer = writer(buffer, RECORDING_BUFFER)};
}

void recording_flush(struct recording *r)
{
    if (r->buffer.len) r->write(r->context, written(&r->buffer));
    r->buffer.len = 0;
}

/* Opens an entry; its length is set by end_entry. */
static size_t begin_entry(struct recording *r, enum recorded_kind kind, usec now, uint32_t party)
{
    if (r->buffer.size - r->buffer.len < RECORDED_MOST + 64) recording_flush(r);
    size_t at = r->buffer.len;
    write_be32(&r->buffer, 0);
    write_u8(&r->buffer, r->role);
    write_u8(&r->buffer, (uint8_t)kind);
    write_be64(&r->buffer, now);
    write_be32(&r->buffer, party);
    return at;
}

static void end_entry(struct recording *r, size_t at)
{
    size_t len = r->buffer.len - at - 4;

    patch_be16(&r->buffer, at, (uint16_t)(len >> 16));
    patch_be16(&r->buffer, at + 2, (uint16_t)len);
}

void recording_begin(struct recording *r, uint64_t wall, int argc, char *const *argv)
{
    size_t at = begin_entry(r, RECORDED_BEGIN, 0, 0);

    write_u8(&r->buffer, RECORDING_VERSION);
    write_be64(&r->buffer, wall);
    for (int i = 0; i < argc; i++) {
        write_text(&r->buffer, argv[i]);
        write_u8(&r->buffer, 0);
    }
    end_entry(r, at);
    recording_flush(r);
}

static void write_endpoint(struct writer *w, const struct endpoint *e)
{
    write_be32(w, e->address);
    write_be16(w, e->port);
    write_mac(w, e->mac);
}

static void write_event(struct writer *w, const struct event *e)
{
    write_be32(w, e->stream);
    write_u8(w, (uint8_t)e->kind);
    write_u8(w, e->why);
    write_endpoint(w, &e->from);
    write_endpoint(w, &e->to);
    write_bytes(w, e->bytes);
}

void recording_digest(struct digesting *d, usec now, uint32_t party, const struct event *e, const struct outbox *out)
{
    uint8_t bytes[64];
    struct writer w = writer(bytes, sizeof bytes);
    struct event head = *e;

    head.bytes.len = 0;
    write_be64(&w, now);
    write_be32(&w, party);
    write_event(&w, &head);
    digest_add(d, written(&w));
    digest_add(d, e->bytes);
    for (uint32_t i = 0; i < out->count; i++) {
        const struct action *a = &out->actions[i];
        w.len = 0;
        write_u8(&w, (uint8_t)a->kind);
        write_be32(&w, a->stream);
        write_be16(&w, a->news);
        write_endpoint(&w, &a->from);
        write_endpoint(&w, &a->to);
        digest_add(d, written(&w));
        digest_add(d, payload(out, i));
    }
}

void recording_step(struct recording *r, usec now, uint32_t party, const struct event *e, const struct outbox *out)
{
    size_t at = begin_entry(r, RECORDED_EVENT, now, party);

    write_event(&r->buffer, e);
    end_entry(r, at);
    recording_digest(&r->digesting, now, party, e, out);
}

void recording_change(struct recording *r, usec now, struct bytes what)
{
    size_t at = begin_entry(r, RECORDED_CHANGE, now, 0);

    write_bytes(&r->buffer, what);
    end_entry(r, at);
}

void recording_end(struct recording *r, usec now)
{
    size_t at = begin_entry(r, RECORDED_END, now, 0);
    struct digest d = digest_end(&r->digesting);

    write_bytes(&r->buffer, (struct bytes){d.byte, DIGEST_SIZE});
    end_entry(r, at);
    recording_flush(r);
}

static struct endpoint read_endpoint(struct reader *r)
{
    struct endpoint e = {.address = read_be32(r)};

    e.port = read_be16(r);
    e.mac = read_mac(r);
    return e;
}

static void read_body(struct reader *r, struct recorded *out)
{
    switch (out->kind) {
    case RECORDED_BEGIN:
        if (read_u8(r) != RECORDING_VERSION) refuse(r, FAULT_VALUE, "version of a recording");
        out->wall = read_be64(r);
        break;
    case RECORDED_EVENT:
        out->event.stream = read_be32(r);
        out->event.kind = (enum event_kind)read_u8(r);
        if (out->event.kind > EVENT_USER) refuse(r, FAULT_VALUE, "kind of an event");
        out->event.why = read_u8(r);
        out->event.from = read_endpoint(r);
        out->event.to = read_endpoint(r);
        out->event.bytes = read_rest(r);
        return;
    case RECORDED_CHANGE:
    case RECORDED_END: break;
    default: refuse(r, FAULT_VALUE, "kind of an entry");
    }
    out->bytes = read_rest(r);
}

bool recorded_next(struct bytes *file, struct recorded *out, struct fault *why)
{
    struct reader r = reader(*file, why);

    *out = (struct recorded){0};
    if (file->len == 0) return false;
    uint32_t len = read_be32(&r);
    if (len > RECORDED_MOST + 64) refuse(&r, FAULT_LONG, "entry of a recording");
    struct reader entry = read_part(&r, len);
    out->role = (enum recorded_role)read_u8(&entry);
    if (out->role >= RECORDED_ROLES) refuse(&entry, FAULT_VALUE, "role of an entry");
    out->kind = (enum recorded_kind)read_u8(&entry);
    out->at = read_be64(&entry);
    out->party = read_be32(&entry);
    read_body(&entry, out);
    if (!sound(&entry) || !sound(&r)) return false;
    *file = bytes_from(*file, 4 + (size_t)len);
    return true;
}
