#include "phone/tftp.h"

static const usec FIRST_WAIT = 4 * SECOND;

static void send_packet(struct tftp_client *c, struct host *h, struct mac next, uint16_t to_port,
                        const struct tftp *packet, struct outbox *out)
{
    struct host_datagram d = host_udp_begin(h, next, h->address, c->port, c->server, to_port, out);

    tftp_encode(d.w, packet);
    host_udp_end(&d);
}

/* Says what we say now: the request until the first block came, then the ACK of the last block. */
static void say(struct tftp_client *c, struct host *h, usec now, struct outbox *out)
{
    struct mac next;
    bool request = c->peer == 0;
    struct tftp p = {.op = request ? TFTP_RRQ : TFTP_ACK,
                     .name = bytes_of(c->name),
                     .mode = bytes_of("octet"),
                     .number = (uint16_t)(c->block - 1)};

    c->unsent = !host_reach(h, now, c->server, &next, out);
    if (c->unsent) return;
    send_packet(c, h, next, request ? TFTP_PORT : c->peer, &p, out);
}

static void attempt(struct tftp_client *c, struct host *h, usec now, struct outbox *out)
{
    say(c, h, now, out);
    if (c->tries && c->repeated < UINT16_MAX) c->repeated++;
    c->due = now + (FIRST_WAIT << c->tries);
    c->tries++;
}

void tftp_client_start(struct tftp_client *c, struct host *h, usec now, ipv4 server, uint16_t port, struct bytes name,
                       struct outbox *out)
{
    *c = (struct tftp_client){.running = true, .port = port, .server = server, .block = 1, .began = now, .heard = now};
    text_copy(c->name, sizeof c->name, name);
    attempt(c, h, now, out);
}

void tftp_client_stop(struct tftp_client *c)
{
    c->running = c->finished = false;
}

void tftp_client_abort(struct tftp_client *c, struct host *h, enum tftp_error code, const char *text,
                       struct outbox *out)
{
    struct mac next;
    struct tftp p = {.op = TFTP_ERROR, .number = (uint16_t)code, .data = bytes_of(text)};

    if (c->running && c->peer && host_known(h, c->server, &next)) send_packet(c, h, next, c->peer, &p, out);
    c->running = false;
}

void tftp_client_resolved(struct tftp_client *c, struct host *h, usec now, struct outbox *out)
{
    struct mac next;

    /* Only what has not left yet: an ARP answer for somebody else repeats nothing. */
    if (!c->unsent || !(c->running || c->finished) || !host_known(h, c->server, &next)) return;
    say(c, h, now, out);
    c->due = now + (FIRST_WAIT << (c->tries - 1));
}

usec tftp_client_due(const struct tftp_client *c)
{
    return c->running ? c->due : NEVER;
}

enum tftp_heard tftp_client_wake(struct tftp_client *c, struct host *h, usec now, struct outbox *out)
{
    if (!c->running || c->due > now) return TFTP_NOTHING;
    if (c->tries >= TFTP_TRIES) {
        c->running = false;
        return TFTP_SILENT;
    }
    attempt(c, h, now, out);
    return TFTP_NOTHING;
}

/* No server repeats a block sooner than after 200 ms (a choice of ours and of others): what comes again at once was
 * doubled on the way. */
static void came_again(struct tftp_client *c, usec now)
{
    uint16_t *count = now - c->heard < 150 * MSEC ? &c->doubled : &c->repeated;

    if (*count < UINT16_MAX) (*count)++;
}

static enum tftp_heard hear_data(struct tftp_client *c, struct host *h, usec now, const struct tftp *p,
                                 struct bytes *data, struct outbox *out)
{
    if (p->data.len > TFTP_BLOCK) {
        tftp_client_abort(c, h, TFTP_ILLEGAL, "block too long", out);
        c->error = TFTP_ILLEGAL;
        *data = bytes_of("block of more than 512 bytes");
        return TFTP_FAILED;
    }
    if (p->number != c->block) {
        /* The last one again: our ACK was lost. Older or later ones are nobody's answer to us: no ACK, or each
         * duplicate would double all that follows (RFC 1123, 4.2.3.1). */
        if (p->number == (uint16_t)(c->block - 1)) came_again(c, now);
        if (p->number == (uint16_t)(c->block - 1)) say(c, h, now, out);
        return TFTP_NOTHING;
    }
    if (now - c->heard > c->worst) c->worst = now - c->heard;
    c->heard = now;
    *data = p->data;
    c->received += (uint32_t)p->data.len;
    c->block++; /* rolls over to 0 after 65535 */
    c->tries = 0;
    attempt(c, h, now, out);
    if (p->data.len == TFTP_BLOCK) return TFTP_GOT_BLOCK;
    c->running = false;
    c->finished = true;
    return TFTP_GOT_ALL;
}

static void refuse_stranger(const struct tftp_client *c, struct host *h, const struct host_frame *f, struct outbox *out)
{
    struct tftp refusal = {.op = TFTP_ERROR, .number = TFTP_UNKNOWN_ID, .data = bytes_of("Unknown transfer ID")};
    struct host_datagram d = host_udp_begin(h, f->ethernet.from, h->address, c->port, f->packet.from, f->udp.from, out);

    tftp_encode(d.w, &refusal);
    host_udp_end(&d);
}

enum tftp_heard tftp_client_hear(struct tftp_client *c, struct host *h, usec now, const struct host_frame *f,
                                 struct bytes *data, struct fault *why, struct outbox *out)
{
    struct tftp p;
    bool first = c->peer == 0;

    if ((!c->running && !c->finished) || f->udp.to != c->port) return TFTP_NOTHING;
    if (!tftp_decode(&p, f->udp.payload, why)) return TFTP_MALFORMED;
    if (c->finished) { /* RFC 1350, 6: the last block comes again when our last ACK was lost */
        if (p.op == TFTP_DATA && f->packet.from == c->server && f->udp.from == c->peer &&
            p.number == (uint16_t)(c->block - 1))
            say(c, h, now, out);
        return TFTP_NOTHING;
    }
    if (f->packet.from != c->server || (!first && f->udp.from != c->peer)) {
        if (p.op != TFTP_ERROR) refuse_stranger(c, h, f, out); /* an ERROR is never answered: RFC 1350, 7 */
        return TFTP_NOTHING;
    }
    switch (p.op) {
    case TFTP_DATA:
        if (first && p.number != 1) break; /* nothing of this transfer: its sender is not our server's new port */
        if (first) c->peer = f->udp.from;
        return hear_data(c, h, now, &p, data, out);
    case TFTP_ERROR:
        c->running = false;
        c->error = p.number;
        *data = p.data;
        return TFTP_FAILED;
    case TFTP_OACK:
        c->peer = f->udp.from;
        tftp_client_abort(c, h, TFTP_BAD_OPTION, "no option was asked", out);
        c->error = TFTP_BAD_OPTION;
        *data = bytes_of("options acknowledged that were not asked");
        return TFTP_FAILED;
    case TFTP_RRQ:
    case TFTP_WRQ:
    case TFTP_ACK: break; /* not what a server says */
    }
    return TFTP_NOTHING;
}
