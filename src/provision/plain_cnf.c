/* The plain configuration file, SEP<MAC>.cnf and SEPDefault.cnf, for phones that read no XML (7910, 12SP+, 30VIP).
 *
 * CallManager compiles these files, and no public text describes their bytes; what is known is that they hold the
 * CallManagers and their ports, and no load. So the form is our own, and docs/plain-cnf.md describes it. It is text, a
 * line a value, between a heading and `end`: a file cut short is never taken for a whole one. */
#include "provision/document.h"
#include <string.h>

#define HEADING "plain-cnf 1"

static const char *const url_words[URLS] = {
    [URL_AUTHENTICATION] = "authentication",
    [URL_DIRECTORY] = "directory",
    [URL_IDLE] = "idle",
    [URL_INFORMATION] = "information",
    [URL_MESSAGES] = "messages",
    [URL_SERVICES] = "services",
    [URL_PROXY] = "proxy",
};

/* The keys whose value is text, and where it goes. */
static const struct {
    const char *key;
    size_t at, size;
} texts[] = {
    {"group", offsetof(struct document, group), sizeof((struct document *)0)->group},
    {"pool", offsetof(struct document, pool), sizeof((struct document *)0)->pool},
    {"version-stamp", offsetof(struct document, stamp), sizeof((struct document *)0)->stamp},
    {"date-template", offsetof(struct document, date_template), sizeof((struct document *)0)->date_template},
    {"time-zone", offsetof(struct document, time_zone), sizeof((struct document *)0)->time_zone},
    {"user-locale", offsetof(struct document, user_locale), sizeof((struct document *)0)->user_locale},
    {"network-locale", offsetof(struct document, network_locale), sizeof((struct document *)0)->network_locale},
};

struct plain {
    struct document *out;
    uint64_t priority[DOCUMENT_CALLMANAGERS];
    struct reader *lines; /* for offsets and the fault */
};

/* `callmanager <priority> <address or name> <port>`: the three of the lowest priorities, in their order. */
static void take_callmanager(struct plain *p, struct bytes value)
{
    struct document *d = p->out;
    struct bytes priority = bytes_cut(&value, ' '), node = bytes_cut(&value, ' ');
    struct document_callmanager c = {.address = 0};
    uint64_t port, prio;
    size_t at = d->callmanagers;

    if (!bytes_number(priority, UINT32_MAX, &prio) || node.len == 0 || node.len >= sizeof c.node ||
        !bytes_number(bytes_trim(value), UINT16_MAX, &port) || port == 0) {
        refuse(p->lines, FAULT_VALUE, "callmanager line");
        return;
    }
    text_copy(c.node, sizeof c.node, node);
    if (!ipv4_parse(node, &c.address)) c.address = 0;
    c.port = (uint16_t)port;
    while (at > 0 && p->priority[at - 1] > prio) at--;
    if (at == DOCUMENT_CALLMANAGERS) return;
    if (d->callmanagers < DOCUMENT_CALLMANAGERS) d->callmanagers++;
    for (size_t i = d->callmanagers - 1u; i > at; i--) {
        d->callmanager[i] = d->callmanager[i - 1];
        p->priority[i] = p->priority[i - 1];
    }
    d->callmanager[at] = c;
    p->priority[at] = prio;
}

static void take_url(struct plain *p, struct bytes value)
{
    struct bytes which = bytes_cut(&value, ' ');

    for (size_t i = 0; i < URLS; i++)
        if (bytes_are(which, url_words[i])) text_copy(p->out->url[i], URL, value);
}

/* Keys that it does not know are passed over: a later form may have more. */
static void take_line(struct plain *p, struct bytes line)
{
    struct document *d = p->out;
    struct bytes key = bytes_cut(&line, ' ');
    uint64_t n;

    if (bytes_are(key, "callmanager")) {
        take_callmanager(p, line);
    } else if (bytes_are(key, "url")) {
        take_url(p, line);
    } else if (bytes_are(key, "auto-registration")) {
        d->auto_registration = bytes_are(bytes_trim(line), "yes");
    } else if (bytes_are(key, "connection-monitor")) {
        if (!bytes_number(bytes_trim(line), UINT32_MAX, &n))
            refuse(p->lines, FAULT_VALUE, "connection-monitor line");
        else
            d->connection_monitor = (uint32_t)n;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        if (bytes_are(key, texts[i].key)) text_copy((char *)d + texts[i].at, texts[i].size, line);
}

static struct bytes next_line(struct reader *r)
{
    size_t left = unread(r);
    const uint8_t *newline = left ? memchr(r->at, '\n', left) : NULL;
    struct bytes line = read_bytes(r, newline ? (size_t)(newline - r->at) : left);

    if (newline) (void)read_u8(r);
    if (line.len && line.at[line.len - 1] == '\r') line.len--;
    return line;
}

/* A NUL would end a text field early, so that one file could be read in two ways. */
static bool has_nul(struct bytes b)
{
    return b.len && memchr(b.at, 0, b.len);
}

bool plain_read(struct document *out, struct bytes in, struct fault *why)
{
    struct reader r = reader(in, why);
    struct plain p = {.out = out, .lines = &r};
    bool ended = false;

    *out = (struct document){.connection_monitor = 120};
    if (in.len > DOCUMENT_MOST) refuse(&r, FAULT_LONG, "configuration document");
    struct bytes heading = bytes_trim(next_line(&r));
    if (bytes_are(heading, HEADING " default"))
        out->kind = DOCUMENT_DEFAULT;
    else if (!bytes_are(heading, HEADING " own"))
        refuse(&r, FAULT_VALUE, "heading of a plain configuration");
    while (unread(&r) && !ended) {
        struct bytes line = next_line(&r), trimmed = bytes_trim(line);
        if (has_nul(line))
            refuse(&r, FAULT_VALUE, "NUL in a plain configuration");
        else if (bytes_are(trimmed, "end"))
            ended = true;
        else if (trimmed.len && trimmed.at[0] != '#')
            take_line(&p, line);
    }
    if (!ended) refuse(&r, FAULT_SHORT, "plain configuration without its end");
    if (!sound(&r)) *out = (struct document){.connection_monitor = 120};
    return sound(&r);
}

/* One line holds a value, so nothing in it may end the line; nor, in a word, may anything end the word. */
static void write_clean(struct writer *w, const char *text, uint8_t least)
{
    for (; *text; text++) write_u8(w, (uint8_t)*text < least ? '?' : (uint8_t)*text);
}

static void write_line(struct writer *w, const char *key, const char *text)
{
    if (!text[0]) return;
    write_text(w, key);
    write_u8(w, ' ');
    write_clean(w, text, ' ');
    write_u8(w, '\n');
}

void plain_write(struct writer *w, const struct document *d)
{
    write_text(w, d->kind == DOCUMENT_DEFAULT ? HEADING " default\n" : HEADING " own\n");
    for (size_t i = 0; i < d->callmanagers && i < DOCUMENT_CALLMANAGERS; i++) {
        write_text(w, "callmanager ");
        write_decimal(w, i);
        write_u8(w, ' ');
        write_clean(w, d->callmanager[i].node, '!');
        write_u8(w, ' ');
        write_decimal(w, d->callmanager[i].port);
        write_u8(w, '\n');
    }
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) write_line(w, texts[i].key, (const char *)d + texts[i].at);
    write_text(w, "connection-monitor ");
    write_decimal(w, d->connection_monitor);
    write_u8(w, '\n');
    if (d->auto_registration) write_line(w, "auto-registration", "yes");
    for (size_t i = 0; i < URLS; i++) {
        if (!d->url[i][0]) continue;
        write_text(w, "url ");
        write_line(w, url_words[i], d->url[i]);
    }
    write_text(w, "end\n");
}
