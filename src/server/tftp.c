#include "server/carve.h"
#include "server/news.h"
#include "server/tftp.h"
#include "base/facts.h"
#include "wire/tftp.h"
#include <string.h>

enum { NONE = UINT32_MAX };
enum {
    LEAST_REPEAT = 200 * 1000, /* us: no network that phones boot on is slower to answer than this by jitter alone */
    MOST_REPEAT = 64 * 1000000
};

static void lay_out(struct tftp_server *s, uint32_t n, struct carving *c)
{
    s->buckets = buckets_for(n);
    s->transfer = carve(c, sizeof *s->transfer, n);
    s->bucket = carve(c, sizeof *s->bucket, s->buckets);
    struct timer *heap = carve(c, sizeof *heap, n);
    uint32_t *place = carve(c, sizeof *place, n);
    if (heap && place) timers_init(&s->timers, heap, place, n);
}

size_t tftp_server_size(uint32_t transfers)
{
    struct tftp_server s;
    struct carving c = {0};

    lay_out(&s, transfers, &c);
    return c.used;
}

bool tftp_server_init(struct tftp_server *s, const struct tftp_server_config *config, void *memory, size_t size)
{
    struct carving c = {.at = memory, .size = size};

    *s = (struct tftp_server){.config = *config, .random = random_from(config->seed), .told = NEVER};
    if (config->transfers == 0 || config->ports == 0 || config->first_port > 65535 - (config->ports - 1) || !memory ||
        tftp_server_size(config->transfers) > size)
        return false;
    lay_out(s, config->transfers, &c);
    for (uint32_t i = 0; i < s->buckets; i++) s->bucket[i] = NONE;
    for (uint32_t i = 0; i < config->transfers; i++) s->transfer[i].next = i + 1 < config->transfers ? i + 1 : NONE;
    if (s->config.timeout == 0) s->config.timeout = SECOND;
    if (s->config.tries == 0) s->config.tries = 6;
    if (s->config.blksize_most == 0) s->config.blksize_most = 1428;
    return true;
}

/* Transfers by (client address, client port): a client has one for each of its ports, and ours is compared then. */

static uint32_t *chain_of(struct tftp_server *s, struct endpoint client)
{
    return &s->bucket[hash_number((uint64_t)client.address << 16 | client.port) & (s->buckets - 1)];
}

static struct tftp_transfer *find(struct tftp_server *s, struct endpoint client)
{
    for (uint32_t i = *chain_of(s, client); i != NONE; i = s->transfer[i].next)
        if (s->transfer[i].client.address == client.address && s->transfer[i].client.port == client.port)
            return &s->transfer[i];
    return NULL;
}

static uint32_t index_of(const struct tftp_server *s, const struct tftp_transfer *t)
{
    return (uint32_t)(t - s->transfer);
}

static struct tftp_transfer *take(struct tftp_server *s, struct endpoint client)
{
    uint32_t i = s->free, *chain = chain_of(s, client);

    if (i == NONE) return NULL;
    s->free = s->transfer[i].next;
    s->transfer[i] = (struct tftp_transfer){.client = client, .next = *chain};
    *chain = i;
    s->running++;
    return &s->transfer[i];
}

static void end(struct tftp_server *s, struct tftp_transfer *t, bool whole)
{
    uint32_t self = index_of(s, t);

    for (uint32_t *at = chain_of(s, t->client); *at != NONE; at = &s->transfer[*at].next)
        if (*at == self) {
            *at = t->next;
            break;
        }
    s->config.release(s->config.context, t->served, whole);
    timers_set(&s->timers, self, NEVER);
    *t = (struct tftp_transfer){.next = s->free};
    s->free = self;
    s->running--;
}

/* What is told. */

static struct writer *tell(struct outbox *out, enum server_news news, struct endpoint client, struct bytes name)
{
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .news = (uint16_t)news});

    tell_ipv4(w, FACT_ADDRESS, client.address);
    tell_number(w, FACT_PORT, client.port);
    if (name.len) tell_text(w, FACT_FILE, name);
    return w;
}

static void answer_error(struct outbox *out, const struct event *e, uint16_t port, enum tftp_error code,
                         const char *text)
{
    struct endpoint us = {.address = e->to.address, .port = port};
    struct writer *w = put(out, (struct action){.kind = ACTION_DATAGRAM, .from = us, .to = e->from});

    tftp_encode(w, &(struct tftp){.op = TFTP_ERROR, .number = (uint16_t)code, .data = bytes_of(text)});
}

static uint16_t any_port(struct tftp_server *s)
{
    return (uint16_t)(s->config.first_port + random_below(&s->random, s->config.ports));
}

static void refuse_request(struct tftp_server *s, const struct event *e, const struct tftp *p, enum tftp_error code,
                           const char *text, struct outbox *out)
{
    answer_error(out, e, any_port(s), code,
                 text); /* an ERROR too comes from a transfer id, not from 69 (RFC 1350, 4) */
    struct writer *w = tell(out, TFTP_TOLD_REFUSED, e->from, p->name);
    tell_number(w, FACT_ERROR, code);
    tell_text(w, FACT_WHY, bytes_of(text));
    s->refused++;
}

/* The packet that is out: the OACK, or a block read from its document. */

static struct bytes block_of(const struct tftp_transfer *t)
{
    struct bytes rest = bytes_from(t->served->bytes, (size_t)(t->block - 1) * t->blksize);

    if (rest.len > t->blksize) rest.len = t->blksize;
    return rest;
}

static void send(struct tftp_server *s, struct tftp_transfer *t, usec now, struct outbox *out)
{
    struct writer *w = put(out, (struct action){.kind = ACTION_DATAGRAM, .from = t->us, .to = t->client});

    if (t->block == 0) {
        uint8_t options[64];
        struct writer o = writer(options, sizeof options);
        if (t->asked_blksize) write_tftp_option(&o, "blksize", t->blksize);
        if (t->asked_timeout) write_tftp_option(&o, "timeout", t->timeout / SECOND);
        if (t->tsize) write_tftp_option(&o, "tsize", t->served->bytes.len);
        tftp_encode(w, &(struct tftp){.op = TFTP_OACK, .options = written(&o)});
    } else
        tftp_encode(w, &(struct tftp){.op = TFTP_DATA, .number = (uint16_t)t->block, .data = block_of(t)});
    if (t->tries++ > 0) {
        t->repeats++;
        t->wait = earlier(t->wait * 2, MOST_REPEAT);
    } else
        t->wait = t->timeout;
    t->sent = now;
    timers_set(&s->timers, index_of(s, t), after(now, t->wait));
}

/* Options that we do not know, or whose value makes no sense, are left out of the OACK (RFC 2347). */
static void take_options(struct tftp_server *s, struct tftp_transfer *t, struct bytes options)
{
    uint64_t v;

    t->blksize = TFTP_BLOCK;
    t->timeout = s->config.timeout;
    if (tftp_option_number(options, "blksize", 8, 65464, &v)) { /* RFC 2348; we may answer less */
        t->asked_blksize = true;
        t->blksize = v < s->config.blksize_most ? (uint16_t)v : s->config.blksize_most;
    }
    if (tftp_option_number(options, "timeout", 1, 255, &v)) { /* RFC 2349 */
        t->asked_timeout = true;
        t->timeout = v * SECOND;
    }
    if (tftp_option_number(options, "tsize", 0, UINT64_MAX, &v)) t->tsize = true;
    t->options = t->asked_blksize || t->asked_timeout || t->tsize;
}

/* A read request comes again: either nothing of ours was heard, or its client begins anew from the same port. */
static bool heard_nothing(const struct tftp_transfer *t, const struct tftp *p)
{
    return t->block <= (t->options ? 0u : 1u) && bytes_equal_nocase(bytes_of(t->name), p->name);
}

static void read_request(struct tftp_server *s, usec now, const struct event *e, const struct tftp *p,
                         struct outbox *out)
{
    struct tftp_transfer *t = find(s, e->from);
    struct served *served = NULL;

    if (t && heard_nothing(t, p)) {
        t->tries = 1; /* the client is there: its asking again is no try of ours */
        t->wait = t->timeout / 2;
        send(s, t, now, out);
        return;
    }
    if (t) end(s, t, false);
    if (!bytes_equal_nocase(p->mode, bytes_of("octet"))) {
        refuse_request(s, e, p, TFTP_ILLEGAL, "only mode octet", out);
        return;
    }
    enum found found = s->config.find(s->config.context, p->name, &served);
    if (found == FOUND_NOTHING) {
        refuse_request(s, e, p, TFTP_NOT_FOUND, "File not found", out);
        return;
    }
    t = found == FOUND ? take(s, e->from) : NULL;
    if (!t) {
        if (served) s->config.release(s->config.context, served, false);
        refuse_request(s, e, p, TFTP_UNDEFINED, "busy", out);
        return;
    }
    t->served = served;
    t->us = (struct endpoint){.address = e->to.address, .port = any_port(s)};
    t->begun = now;
    text_copy(t->name, sizeof t->name, p->name);
    take_options(s, t, p->options);
    t->block = t->options ? 0 : 1;
    s->begun++;
    send(s, t, now, out);
    tell_number(tell(out, TFTP_TOLD_BEGUN, t->client, bytes_of(t->name)), FACT_BYTES, served->bytes.len);
}

static void acknowledged(struct tftp_server *s, struct tftp_transfer *t, usec now, uint16_t number, struct outbox *out)
{
    if (number != (uint16_t)t->block) return; /* an old one must not cause a send (RFC 1123, 4.2.3.1) */
    if (t->tries == 1 && !t->asked_timeout) { /* a repeated packet says nothing of the round trip */
        usec four = (now - t->sent) * 4;
        t->timeout = four < LEAST_REPEAT ? LEAST_REPEAT : earlier(four, s->config.timeout * 4);
    }
    if (t->block > 0 && block_of(t).len < t->blksize) { /* the short block was the last (RFC 1350, 6) */
        struct writer *w = tell(out, TFTP_TOLD_DONE, t->client, bytes_of(t->name));
        tell_number(w, FACT_BYTES, t->served->bytes.len);
        tell_number(w, FACT_BLOCKS, t->block);
        tell_number(w, FACT_TRIES, t->repeats);
        tell_number(w, FACT_TOOK, (now - t->begun) / MSEC);
        s->done++;
        end(s, t, true);
        return;
    }
    t->block++;
    t->tries = 0;
    send(s, t, now, out);
}

static void aborted(struct tftp_server *s, struct tftp_transfer *t, const struct tftp *p, struct outbox *out)
{
    struct writer *w = tell(out, TFTP_TOLD_ABORTED, t->client, bytes_of(t->name));

    tell_number(w, FACT_ERROR, p->number);
    tell_text(w, FACT_TEXT, p->data);
    end(s, t, false);
}

static bool is_transfer_port(const struct tftp_server *s, uint16_t port)
{
    return port >= s->config.first_port && port - s->config.first_port < s->config.ports;
}

static void to_transfer(struct tftp_server *s, usec now, const struct event *e, const struct tftp *p,
                        struct outbox *out)
{
    struct tftp_transfer *t = find(s, e->from);
    bool ours = t && t->us.port == e->to.port && t->us.address == e->to.address;

    switch (p->op) {
    case TFTP_ACK:
        if (ours)
            acknowledged(s, t, now, p->number, out);
        else
            answer_error(out, e, e->to.port, TFTP_UNKNOWN_ID, "unknown transfer id");
        break;
    case TFTP_DATA: /* nobody may write: whoever sends data has a transfer elsewhere */
        answer_error(out, e, e->to.port, TFTP_UNKNOWN_ID, "unknown transfer id");
        break;
    case TFTP_ERROR: /* never answered, and it ends the transfer (RFC 1350, 7) */
        if (ours) aborted(s, t, p, out);
        break;
    case TFTP_RRQ: /* requests go to port 69 (RFC 1350, 4); OACK is a server's */
    case TFTP_WRQ:
    case TFTP_OACK: break;
    }
}

static bool is_group(ipv4 a)
{
    return a == IPV4_BROADCAST || a >> 28 == 14;
}

static void malformed(struct tftp_server *s, usec now, const struct event *e, const struct fault *why,
                      struct outbox *out)
{
    s->malformed++;
    if (s->told != NEVER && now - s->told < SECOND) return;
    s->told = now;
    struct writer *w = tell(out, TFTP_TOLD_MALFORMED, e->from, (struct bytes){0});
    tell_fault(w, why);
    tell_number(w, FACT_COUNT, s->malformed);
}

static void datagram(struct tftp_server *s, usec now, const struct event *e, struct outbox *out)
{
    struct fault why;
    struct tftp p;

    if (is_group(e->to.address) || is_group(e->from.address) || e->from.port == 0) return;
    if (e->to.port != TFTP_PORT && !is_transfer_port(s, e->to.port)) return;
    if (!tftp_decode(&p, e->bytes, &why)) {
        malformed(s, now, e, &why, out);
        return;
    }
    if (e->to.port != TFTP_PORT)
        to_transfer(s, now, e, &p, out);
    else if (p.op == TFTP_RRQ)
        read_request(s, now, e, &p, out);
    else if (p.op == TFTP_WRQ)
        refuse_request(s, e, &p, TFTP_ACCESS, "read only", out);
}

static void repeat(struct tftp_server *s, usec now, struct outbox *out)
{
    struct tftp_transfer *t = &s->transfer[timers_first(&s->timers)];

    if (t->tries < s->config.tries) {
        send(s, t, now, out);
        return;
    }
    struct writer *w = tell(out, TFTP_TOLD_TIMED_OUT, t->client, bytes_of(t->name));
    uint64_t acknowledged = t->block > 1 ? (uint64_t)(t->block - 1) * t->blksize : 0;
    tell_number(w, FACT_BYTES, acknowledged);
    tell_number(w, FACT_TRIES, t->tries);
    s->timed_out++;
    end(s, t, false);
}

usec tftp_server_step(void *server, usec now, const struct event *e, struct outbox *out)
{
    struct tftp_server *s = server;
    uint32_t before = out->count;

    if (e->kind == EVENT_DATAGRAM) datagram(s, now, e, out);
    /* One action for each that is due; whatever is left asks to be woken at once. */
    while (timers_next(&s->timers) <= now && out->count - before < TFTP_SERVER_MOST - 4) repeat(s, now, out);
    return timers_next(&s->timers);
}
