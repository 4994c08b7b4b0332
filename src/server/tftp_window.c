#include "server/tftp_window.h"

/* --- options --- */

/* Options that we do not know, or whose value makes no sense, are left out of the OACK (RFC 2347). */
bool window_options(struct tftp_transfer *t, const struct tftp_server_config *config, struct bytes options)
{
    uint64_t v;

    t->blksize = TFTP_BLOCK;
    t->window = 1;
    t->timeout = config->timeout;
    if (tftp_option_number(options, "blksize", 8, 65464, &v)) { /* RFC 2348; we may answer less */
        t->asked_blksize = true;
        t->blksize = v < config->blksize_most ? (uint16_t)v : config->blksize_most;
    }
    if (tftp_option_number(options, "timeout", 1, 255, &v)) { /* RFC 2349 */
        t->asked_timeout = true;
        t->timeout = v * SECOND;
    }
    if (tftp_option_number(options, "windowsize", 1, 65535, &v)) { /* RFC 7440; we may answer less */
        t->asked_window = true;
        t->window = v < config->window_most ? (uint16_t)v : config->window_most;
    }
    /* In netascii the size on the wire is not that of the file, and is not known before all is sent. Of an empty file
     * none is told either: curl (7.88) takes a tsize of 0 for an error. */
    if (!t->netascii && t->served->bytes.len > 0 && tftp_option_number(options, "tsize", 0, UINT64_MAX, &v))
        t->tsize = true;
    return t->asked_blksize || t->asked_timeout || t->asked_window || t->tsize;
}

/* A load, a ring or an ERROR waits for no disk; a document does. */
static struct action packet_of(const struct tftp_transfer *t)
{
    return (struct action){.kind = ACTION_DATAGRAM, .ahead = !t->served->promises, .from = t->us, .to = t->client};
}

static void send_options(struct tftp_transfer *t, struct outbox *out)
{
    struct writer *w = put(out, packet_of(t));
    uint8_t options[96];
    struct writer o = writer(options, sizeof options);

    if (t->asked_blksize) write_tftp_option(&o, "blksize", t->blksize);
    if (t->asked_timeout) write_tftp_option(&o, "timeout", t->timeout / SECOND);
    if (t->tsize) write_tftp_option(&o, "tsize", t->served->bytes.len);
    if (t->asked_window) write_tftp_option(&o, "windowsize", t->window);
    tftp_encode(w, &(struct tftp){.op = TFTP_OACK, .options = written(&o)});
}

/* --- blocks --- */

/* RFC 764, "The NVT printer and keyboard": end of line is CR LF, a CR that is none is CR NUL. */
static size_t write_netascii(struct writer *w, struct bytes from, struct tftp_place *p, size_t most)
{
    size_t n = 0;

    for (; n < most && p->at < from.len; n++) {
        uint8_t c = from.at[p->at];
        if (!p->half && (c == '\n' || c == '\r')) {
            write_u8(w, '\r');
            p->half = true;
            continue;
        }
        write_u8(w, p->half && c == '\r' ? 0 : c);
        p->half = false;
        p->at++;
    }
    return n;
}

/* Writes the block that begins at *p, and moves *p to the next. */
static size_t write_block(struct writer *w, const struct tftp_transfer *t, struct tftp_place *p)
{
    struct bytes rest = bytes_from(t->served->bytes, p->at);

    if (t->netascii) return write_netascii(w, t->served->bytes, p, t->blksize);
    if (rest.len > t->blksize) rest.len = t->blksize;
    write_bytes(w, rest);
    p->at += rest.len;
    return rest.len;
}

static void skip_blocks(struct tftp_transfer *t, uint32_t n)
{
    uint8_t none;
    struct writer nowhere = writer(&none, 0);

    if (t->netascii)
        while (n-- > 0) (void)write_block(&nowhere, t, &t->place);
    else
        t->place.at += (size_t)n * t->blksize;
}

static uint16_t number_of(const struct tftp_server_config *config, uint32_t block)
{
    if (config->roll_over_to_1 && block > 0) return (uint16_t)((block - 1) % 65535 + 1);
    return (uint16_t)block;
}

/* The OACK, or the blocks of the window. */
void window_send(struct tftp_transfer *t, const struct tftp_server_config *config, struct tftp_counts *counts,
                 struct outbox *out)
{
    struct tftp_place p = t->place;
    uint32_t block = t->first;

    if (block == 0) {
        send_options(t, out);
        if (t->tries > 0) t->repeats++, counts->retransmissions++;
        return;
    }
    do {
        struct writer *w = put(out, packet_of(t));
        tftp_encode(w, &(struct tftp){.op = TFTP_DATA, .number = number_of(config, block)});
        size_t n = write_block(w, t, &p);
        t->ended = n < t->blksize; /* RFC 1350, section 6: a short block is the last */
        t->last = block;
        counts->blocks++;
        counts->bytes += n;
        if (block > t->top)
            t->top = block;
        else
            t->repeats++, counts->retransmissions++;
        block++;
    } while (!t->ended && block - t->first < t->window);
}

/* --- acknowledgements --- */

/* How many packets from `first` on it acknowledges; *known is false when it is of none that is or just was out. */
static uint32_t reach_of(const struct tftp_transfer *t, const struct tftp_server_config *config, uint16_t number,
                         bool *known)
{
    uint32_t before = t->first - 1, n = 0;

    *known = true;
    if (t->first == 0) {
        *known = number == 0;
        return 1;
    }
    for (; n <= t->last - before; n++)
        if (number_of(config, before + n) == number) return n;
    *known = false;
    return 0;
}

enum window_heard window_heard(struct tftp_transfer *t, const struct tftp_server_config *config, uint16_t number)
{
    bool known;
    uint32_t n = reach_of(t, config, number, &known), out = t->last - t->first + 1;

    if (!known) return WINDOW_NOTHING;
    if (n == 0) { /* in a window of 1 an old one must not cause a send (RFC 1123, 4.2.3.1) */
        if (t->window == 1 || t->deaf > 0) return WINDOW_NOTHING;
        t->deaf = 2;
        return WINDOW_REPEAT;
    }
    if (n < out)
        t->deaf = 2; /* what follows it was lost: RFC 7440, section 4 */
    else if (t->deaf > 0)
        t->deaf--;
    if (t->first > 0) {
        if (n == out && t->ended) return WINDOW_DONE;
        skip_blocks(t, n);
    }
    t->first += n;
    return WINDOW_ADVANCED;
}
