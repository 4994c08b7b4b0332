/* tftp_storm ADDRESS CLIENTS SECONDS BLOCK FILE [FILE]: so many TFTP clients at once in one process, each with a port
 * of its own.
 *
 * Each fetches FILE, then the other FILE when there is one. SECONDS 0: once; else again and again until so long has
 * passed. BLOCK 512: without options, else by the option blksize (RFC 2348). What is not answered is sent again after
 * 1, 2, 4, 8 and 8 s, the last block's ACK too; then the transfer has failed. A block that comes again is not
 * acknowledged again (RFC 1123, 4.2.3.1). STORM_SOURCES=ADDRESS: source addresses count up from it, 250 of them.
 * The last line: `fetched T, B bytes, in S s, A a second, R repeats, F failed`. Status 0: none failed. */
#include "wire/tftp.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SOURCES = 250, EVENTS = 512, TRIES = 6, ROOM = 2048 };

struct client {
    int fd;
    struct sockaddr_in server; /* its transfer port, once it has answered */
    uint16_t block;            /* the last that came */
    uint8_t tries, file;
    size_t bytes;
    double due;
    uint8_t said[ROOM];
    size_t said_len;
};

struct storm {
    struct sockaddr_in to;
    uint32_t clients, sources, busy;
    unsigned block;
    const char *file[2];
    uint8_t files;
    int epoll;
    double until; /* 0: each fetches once */
    struct client *client;
    uint64_t fetched, bytes, repeats, failed, size[2];
};

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say(struct client *c)
{
    static const double wait[TRIES] = {1, 2, 4, 8, 8, 8};

    (void)!sendto(c->fd, c->said, c->said_len, 0, (struct sockaddr *)&c->server, sizeof c->server);
    c->due = now() + wait[c->tries];
}

/* A socket of its own for each transfer: what belongs to the one before cannot be taken for this one's. */
static void begin(struct storm *s, struct client *c)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    uint8_t options[64];
    struct writer o = writer(options, sizeof options), w = writer(c->said, sizeof c->said);
    uint32_t which = (uint32_t)(c - s->client);

    c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->sources) from.sin_addr.s_addr = htonl(s->sources + which % SOURCES);
    if (c->fd < 0 || bind(c->fd, (struct sockaddr *)&from, sizeof from) < 0 ||
        epoll_ctl(s->epoll, EPOLL_CTL_ADD, c->fd, &e) < 0) {
        perror("socket");
        exit(3);
    }
    if (s->block != TFTP_BLOCK) write_tftp_option(&o, "blksize", s->block);
    tftp_encode(
        &w, &(struct tftp){
                .op = TFTP_RRQ, .name = bytes_of(s->file[c->file]), .mode = bytes_of("octet"), .options = written(&o)});
    c->said_len = w.len;
    c->server = s->to;
    c->block = 0;
    c->tries = 0;
    c->bytes = 0;
    say(c);
}

static void end(struct storm *s, struct client *c, bool good)
{
    (void)close(c->fd);
    c->fd = -1;
    if (good && !s->size[c->file]) s->size[c->file] = c->bytes; /* all are to get as much as the first one did */
    good = good && c->bytes == s->size[c->file];
    if (good) s->fetched++, s->bytes += c->bytes;
    if (!good && s->failed++ < 5)
        (void)fprintf(stderr, "client %ld: %s: block %u, %zu bytes\n", (long)(c - s->client), s->file[c->file],
                      c->block, c->bytes);
    c->file = (uint8_t)((c->file + 1) % s->files);
    if (c->file != 0 || (s->until > 0 && now() < s->until))
        begin(s, c);
    else
        s->busy--;
}

static void acknowledge(struct client *c, uint16_t block)
{
    struct writer w = writer(c->said, sizeof c->said);

    tftp_encode(&w, &(struct tftp){.op = TFTP_ACK, .number = block});
    c->said_len = w.len;
    c->tries = 0;
    say(c);
}

static void hear(struct storm *s, struct client *c, struct bytes in)
{
    struct tftp t;
    struct fault why;

    if (!tftp_decode(&t, in, &why)) return;
    if (t.op == TFTP_ERROR) {
        end(s, c, false);
    } else if (t.op == TFTP_OACK && c->block == 0) {
        acknowledge(c, 0);
    } else if (t.op == TFTP_DATA && t.number == (uint16_t)(c->block + 1)) {
        c->block = t.number;
        c->bytes += t.data.len;
        acknowledge(c, t.number);
        if (t.data.len < s->block) end(s, c, true);
    }
}

static void on_readable(struct storm *s, struct client *c)
{
    static uint8_t bytes[65536];
    struct sockaddr_in from;

    for (int i = 0; c->fd >= 0 && i < 4; i++) {
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(c->fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size);
        if (n < 0) return;
        if (c->server.sin_port == s->to.sin_port)
            c->server.sin_port = from.sin_port; /* a server of one port alone keeps it */
        if (from.sin_port == c->server.sin_port) hear(s, c, (struct bytes){bytes, (size_t)n});
    }
}

static void look_at_clocks(struct storm *s)
{
    double t = now();

    for (uint32_t i = 0; i < s->clients; i++) {
        struct client *c = &s->client[i];
        if (c->fd < 0 || t < c->due) continue;
        if (++c->tries == TRIES) {
            end(s, c, false);
            continue;
        }
        s->repeats++;
        say(c);
    }
}

int main(int n, char **word)
{
    static struct storm s;
    const char *sources = getenv("STORM_SOURCES");
    struct epoll_event e[EVENTS];
    struct rlimit r;

    s.to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(TFTP_PORT)};
    if (n < 6 || n > 7 || inet_pton(AF_INET, word[1], &s.to.sin_addr) != 1 ||
        !(s.clients = (uint32_t)strtoul(word[2], NULL, 10))) {
        (void)fputs("usage: tftp_storm ADDRESS CLIENTS SECONDS BLOCK FILE [FILE]\n", stderr);
        return 2;
    }
    s.block = (unsigned)strtoul(word[4], NULL, 10);
    s.file[s.files++] = word[5];
    if (n == 7) s.file[s.files++] = word[6];
    if (sources) s.sources = ntohl(inet_addr(sources));
    if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = r.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &r);
    }
    s.client = calloc(s.clients, sizeof *s.client);
    s.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!s.client || s.epoll < 0) return 3;
    double began = now(), looked = began, for_s = strtod(word[3], NULL);
    if (for_s > 0) s.until = began + for_s;
    s.busy = s.clients;
    for (uint32_t i = 0; i < s.clients; i++) begin(&s, &s.client[i]);
    while (s.busy) {
        int ready = epoll_wait(s.epoll, e, EVENTS, 50);
        for (int i = 0; i < ready; i++) on_readable(&s, e[i].data.ptr);
        if (now() - looked > 0.05) {
            look_at_clocks(&s);
            looked = now();
        }
    }
    double seconds = now() - began;
    (void)printf("fetched %llu, %llu bytes, in %.3f s, %.0f a second, %llu repeats, %llu failed\n",
                 (unsigned long long)s.fetched, (unsigned long long)s.bytes, seconds, (double)s.fetched / seconds,
                 (unsigned long long)s.repeats, (unsigned long long)s.failed);
    return s.failed == 0 ? 0 : 1;
}
