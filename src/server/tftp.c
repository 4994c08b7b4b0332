#include "server/carve.h"
#include "server/news.h"
#include "server/tftp_window.h"
#include "base/facts.h"
#include <string.h>

enum { NONE = UINT32_MAX };
enum {
    LEAST_REPEAT = 200 * 1000, /* us: no network that phones boot on is slower to answer than this by jitter alone */
    MOST_REPEAT = 64 * 1000000,
    REMEMBER = 5 * 1000000, /* us: a choice */
    WINDOW_BYTES = TFTP_SERVER_BYTES / 2,
    BESIDE = 4, /* actions of a step that are not blocks */
};

_Static_assert(sizeof(struct tftp_transfer) <= 184, "server/tftp.h states it");
_Static_assert(TFTP_SERVER_WINDOW + BESIDE < TFTP_SERVER_MOST, "a window fits a step");

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

static void set_defaults(struct tftp_server_config *c)
{
    if (c->port == 0) c->port = TFTP_PORT;
    if (c->timeout == 0) c->timeout = SECOND;
    if (c->tries == 0) c->tries = 6;
    if (c->tries > UINT8_MAX) c->tries = UINT8_MAX;
    if (c->blksize_most == 0) c->blksize_most = 1428;
    if (c->blksize_most > TFTP_BLOCK_MOST) c->blksize_most = TFTP_BLOCK_MOST;
    if (c->window_most == 0) c->window_most = 16;
    if (c->window_most > TFTP_SERVER_WINDOW) c->window_most = TFTP_SERVER_WINDOW;
    if (c->window_most * (4u + c->blksize_most) > WINDOW_BYTES)
        c->window_most = (uint16_t)(WINDOW_BYTES / (4u + c->blksize_most));
    if (c->one_port) {
        c->first_port = c->port;
        c->ports = 1;
    }
}

bool tftp_server_init(struct tftp_server *s, const struct tftp_server_config *config, void *memory, size_t size)
{
    struct carving c = {.at = memory, .size = size};

    *s = (struct tftp_server){
        .config = *config, .random = random_from(config->seed), .newest = NONE, .oldest = NONE, .told = NEVER};
    set_defaults(&s->config);
    if (config->transfers == 0 || s->config.ports == 0 || s->config.first_port > 65535 - (s->config.ports - 1) ||
        !memory || tftp_server_size(config->transfers) > size)
        return false;
    lay_out(s, config->transfers, &c);
    for (uint32_t i = 0; i < s->buckets; i++) s->bucket[i] = NONE;
    for (uint32_t i = 0; i < config->transfers; i++) s->transfer[i].next = i + 1 < config->transfers ? i + 1 : NONE;
    return true;
}

/* Transfers by (client address, client port): a client has one for each of its ports, and ours is compared then. */

static uint32_t hash_of(struct endpoint client)
{
    return hash_number((uint64_t)client.address << 16 | client.port);
}

static uint32_t *chain_of(struct tftp_server *s, struct endpoint client)
{
    return &s->bucket[hash_of(client) & (s->buckets - 1)];
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

/* Of which nothing was acknowledged yet: a list by age. */

static void be_newest(struct tftp_server *s, struct tftp_transfer *t)
{
    t->newer = NONE;
    t->older = s->newest;
    *(s->newest == NONE ? &s->oldest : &s->transfer[s->newest].newer) = index_of(s, t);
    s->newest = index_of(s, t);
}

static void be_heard(struct tftp_server *s, struct tftp_transfer *t)
{
    if (t->heard) return;
    t->heard = true;
    *(t->newer == NONE ? &s->newest : &s->transfer[t->newer].older) = t->older;
    *(t->older == NONE ? &s->oldest : &s->transfer[t->older].newer) = t->newer;
}

static void end(struct tftp_server *s, struct tftp_transfer *t, bool whole)
{
    uint32_t self = index_of(s, t);

    be_heard(s, t);
    for (uint32_t *at = chain_of(s, t->client); *at != NONE; at = &s->transfer[*at].next)
        if (*at == self) {
            *at = t->next;
            break;
        }
    s->config.release(s->config.context, t->served, whole);
    timers_set(&s->timers, self, NEVER);
    *t = (struct tftp_transfer){.next = s->free};
    s->free = self;
    s->counts.active--;
}

static struct tftp_transfer *take(struct tftp_server *s, struct endpoint client)
{
    if (s->free == NONE && s->oldest != NONE) {
        s->counts.displaced++;
        end(s, &s->transfer[s->oldest], false);
    }
    uint32_t i = s->free, *chain = chain_of(s, client);
    if (i == NONE) return NULL;
    struct tftp_transfer *t = &s->transfer[i];
    s->free = t->next;
    *t = (struct tftp_transfer){.client = client, .next = *chain};
    *chain = i;
    be_newest(s, t);
    if (++s->counts.active > s->counts.active_most) s->counts.active_most = s->counts.active;
    return t;
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
    struct writer *w = put(out, (struct action){.kind = ACTION_DATAGRAM, .ahead = true, .from = us, .to = e->from});

    tftp_encode(w, &(struct tftp){.op = TFTP_ERROR, .number = (uint16_t)code, .data = bytes_of(text)});
}

static uint16_t any_port(struct tftp_server *s)
{
    return (uint16_t)(s->config.first_port + random_below(&s->random, s->config.ports));
}

static void refuse_request(struct tftp_server *s, const struct event *e, const struct tftp *p, enum tftp_error code,
                           const char *text, struct outbox *out)
{
    /* An ERROR too comes from a transfer id, not from 69 (RFC 1350, section 4). */
    answer_error(out, e, any_port(s), code, text);
    struct writer *w = tell(out, TFTP_TOLD_REFUSED, e->from, p->name);
    tell_number(w, FACT_ERROR, code);
    tell_text(w, FACT_WHY, bytes_of(text));
}

/* Sends what is out, as the `tries`-th time, and again after `wait`. */
static void send(struct tftp_server *s, struct tftp_transfer *t, usec now, unsigned tries, usec wait,
                 struct outbox *out)
{
    window_send(t, &s->config, &s->counts, out);
    t->tries = (uint8_t)tries;
    t->wait = wait;
    t->sent = now;
    timers_set(&s->timers, index_of(s, t), after(now, wait));
}

static bool is_netascii(const struct tftp *p)
{
    return bytes_equal_nocase(p->mode, bytes_of("netascii"));
}

/* A read request comes again: either nothing of ours was heard, or its client begins anew from the same port, maybe
 * with other options, since it could not use those of before. */
static bool heard_nothing(const struct tftp_server *s, const struct tftp_transfer *t, const struct tftp *p)
{
    struct tftp_transfer again = {.served = t->served, .netascii = is_netascii(p)};
    bool options = window_options(&again, &s->config, p->options);

    return t->first == (options ? 0u : 1u) && bytes_equal_nocase(bytes_of(t->name), p->name) &&
           t->netascii == again.netascii && t->blksize == again.blksize && t->window == again.window &&
           t->tsize == again.tsize && t->asked_blksize == again.asked_blksize &&
           t->asked_timeout == again.asked_timeout && t->asked_window == again.asked_window;
}

static void begin(struct tftp_server *s, usec now, const struct event *e, const struct tftp *p, struct served *served,
                  struct outbox *out)
{
    struct tftp_transfer *t = take(s, e->from);

    if (!t) {
        s->config.release(s->config.context, served, false);
        s->counts.busy++;
        refuse_request(s, e, p, TFTP_UNDEFINED, "busy", out);
        return;
    }
    t->served = served;
    t->us = (struct endpoint){.address = e->to.address, .port = any_port(s)};
    t->begun = now;
    t->netascii = is_netascii(p);
    text_copy(t->name, sizeof t->name, p->name);
    t->first = window_options(t, &s->config, p->options) ? 0 : 1;
    s->counts.found++;
    send(s, t, now, 1, t->timeout, out);
    tell_number(tell(out, TFTP_TOLD_BEGUN, t->client, bytes_of(t->name)), FACT_BYTES, served->bytes.len);
}

static void look_up(struct tftp_server *s, usec now, const struct event *e, const struct tftp *p, struct outbox *out)
{
    struct served *served = NULL;
    enum found found = s->config.find(s->config.context, p->name, &served);

    switch (found) {
    case FOUND: begin(s, now, e, p, served, out); break;
    case FOUND_NOTHING:
        s->counts.not_found++;
        refuse_request(s, e, p, TFTP_NOT_FOUND, "File not found", out);
        break;
    case FOUND_BUSY:
        s->counts.busy++;
        refuse_request(s, e, p, TFTP_UNDEFINED, "busy", out);
        break;
    case FOUND_DENIED:
        s->counts.denied++;
        refuse_request(s, e, p, TFTP_ACCESS, "may not be read", out);
        break;
    }
    if (s->config.askers) askers_asked(s->config.askers, now, e->from.address, p->name, found != FOUND_NOTHING, out);
}

static void read_request(struct tftp_server *s, usec now, const struct event *e, const struct tftp *p,
                         struct outbox *out)
{
    struct tftp_transfer *t = find(s, e->from);

    if (t && heard_nothing(s, t, p)) { /* the client is there: its asking again is no try of ours */
        send(s, t, now, 2, t->timeout, out);
        return;
    }
    if (t) {
        s->counts.replaced++;
        end(s, t, false);
    }
    s->counts.requests++;
    if (bytes_equal_nocase(p->mode, bytes_of("octet")) || is_netascii(p)) {
        look_up(s, now, e, p, out);
        return;
    }
    s->counts.denied++;
    refuse_request(s, e, p, TFTP_ILLEGAL, "only modes octet and netascii", out);
}

static void done(struct tftp_server *s, struct tftp_transfer *t, usec now, struct outbox *out)
{
    struct writer *w = tell(out, TFTP_TOLD_DONE, t->client, bytes_of(t->name));

    tell_number(w, FACT_BYTES, t->served->bytes.len);
    tell_number(w, FACT_BLOCKS, t->last);
    tell_number(w, FACT_TRIES, t->repeats);
    tell_number(w, FACT_TOOK, (now - t->begun) / MSEC);
    s->counts.done++;
    s->ended[hash_of(t->client) % TFTP_SERVER_ENDED] =
        (struct tftp_ended){.client = t->client.address, .client_port = t->client.port, .port = t->us.port, .at = now};
    end(s, t, true);
}

static void acknowledged(struct tftp_server *s, struct tftp_transfer *t, usec now, uint16_t number, struct outbox *out)
{
    enum window_heard heard = window_heard(t, &s->config, number);

    if (heard != WINDOW_NOTHING) be_heard(s, t);
    switch (heard) {
    case WINDOW_NOTHING: break;
    case WINDOW_REPEAT: send(s, t, now, 2, t->timeout, out); break;
    case WINDOW_DONE: done(s, t, now, out); break;
    case WINDOW_ADVANCED:
        if (t->tries == 1 && !t->asked_timeout) { /* a repeated packet says nothing of the round trip */
            usec four = (now - t->sent) * 4;
            t->timeout = four < LEAST_REPEAT ? LEAST_REPEAT : earlier(four, s->config.timeout * 4);
        }
        t->tries = 0;
        send(s, t, now, 1, t->timeout, out);
        break;
    }
}

static void aborted(struct tftp_server *s, struct tftp_transfer *t, const struct tftp *p, struct outbox *out)
{
    struct writer *w = tell(out, TFTP_TOLD_ABORTED, t->client, bytes_of(t->name));

    tell_number(w, FACT_ERROR, p->number);
    tell_text(w, FACT_TEXT, p->data);
    s->counts.aborted++;
    end(s, t, false);
}

static bool is_transfer_port(const struct tftp_server *s, uint16_t port)
{
    return port >= s->config.first_port && port - s->config.first_port < s->config.ports;
}

/* The network, or the client, sent the last ACK twice. Where all goes by one port, the client's next request may be on
 * its way from the same port already, and an ERROR from 69 would be taken for its answer. */
static bool ended_lately(const struct tftp_server *s, usec now, const struct event *e)
{
    const struct tftp_ended *at = &s->ended[hash_of(e->from) % TFTP_SERVER_ENDED];

    return at->port == e->to.port && at->client == e->from.address && at->client_port == e->from.port &&
           now - at->at < REMEMBER;
}

/* From someone who has no transfer at that port. When it has one elsewhere, this is of its transfer before: its last
 * ACK, which its next request overtook on the way; an ERROR would end the new one. */
static void unknown_id(struct tftp_server *s, const struct event *e, const struct tftp_transfer *has,
                       struct outbox *out)
{
    s->counts.unknown_id++;
    if (!has) answer_error(out, e, e->to.port, TFTP_UNKNOWN_ID, "unknown transfer id");
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
        else if (t || !ended_lately(s, now, e))
            unknown_id(s, e, t, out);
        break;
    case TFTP_DATA: unknown_id(s, e, NULL, out); break; /* nobody may write: who sends data has a transfer elsewhere */
    case TFTP_ERROR:                                    /* never answered, and it ends the transfer (RFC 1350, 7) */
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
    s->counts.malformed++;
    if (s->told != NEVER && now - s->told < SECOND) return;
    s->told = now;
    struct writer *w = tell(out, TFTP_TOLD_MALFORMED, e->from, (struct bytes){0});
    tell_fault(w, why);
    tell_number(w, FACT_COUNT, s->counts.malformed);
}

static void datagram(struct tftp_server *s, usec now, const struct event *e, struct outbox *out)
{
    struct fault why;
    struct tftp p;

    if (is_group(e->to.address) || is_group(e->from.address) || e->from.port == 0) return;
    if (e->to.port != s->config.port && !is_transfer_port(s, e->to.port)) return;
    if (!tftp_decode(&p, e->bytes, &why)) {
        malformed(s, now, e, &why, out);
        return;
    }
    bool request = p.op == TFTP_RRQ || p.op == TFTP_WRQ;
    if (e->to.port != s->config.port || (s->config.one_port && !request)) {
        to_transfer(s, now, e, &p, out);
    } else if (p.op == TFTP_RRQ) {
        read_request(s, now, e, &p, out);
    } else if (p.op == TFTP_WRQ) {
        s->counts.write_refused++;
        refuse_request(s, e, &p, TFTP_ACCESS, "read only", out);
    }
}

/* Also who answers within milliseconds may erase a page of its flash for seconds: a transfer is given up when the last
 * wait was about as long as that of the last try of a client whose round trip is not known. */
static bool waited_enough(const struct tftp_server *s, const struct tftp_transfer *t)
{
    usec last = s->config.timeout;

    for (unsigned i = 1; i < s->config.tries && last < MOST_REPEAT; i++) last *= 2;
    return t->tries >= s->config.tries && t->wait * 2 > earlier(last, MOST_REPEAT);
}

static void repeat(struct tftp_server *s, usec now, struct outbox *out)
{
    struct tftp_transfer *t = &s->transfer[timers_first(&s->timers)];

    if (!waited_enough(s, t)) {
        unsigned tries = t->tries < UINT8_MAX ? t->tries + 1u : UINT8_MAX;
        send(s, t, now, tries, earlier(t->wait * 2, MOST_REPEAT), out);
        return;
    }
    struct writer *w = tell(out, TFTP_TOLD_TIMED_OUT, t->client, bytes_of(t->name));
    tell_number(w, FACT_BYTES, t->place.at);
    tell_number(w, FACT_TRIES, t->tries);
    s->counts.timed_out++;
    end(s, t, false);
}

/* Has this step room for the window of the transfer that is due first? */
static bool room(const struct tftp_server *s, uint32_t actions, size_t bytes)
{
    const struct tftp_transfer *t = &s->transfer[timers_first(&s->timers)];

    return actions + t->window + BESIDE <= TFTP_SERVER_MOST &&
           bytes + t->window * (4u + t->blksize) + 1024 <= TFTP_SERVER_BYTES;
}

usec tftp_server_step(void *server, usec now, const struct event *e, struct outbox *out)
{
    struct tftp_server *s = server;
    uint32_t before = out->count;
    size_t begin_bytes = out->bytes.len;

    if (e->kind == EVENT_DATAGRAM) datagram(s, now, e, out);
    while (timers_next(&s->timers) <= now && room(s, out->count - before, out->bytes.len - begin_bytes))
        repeat(s, now, out);
    return timers_next(&s->timers);
}
