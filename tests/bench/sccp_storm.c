/* sccp_storm ADDRESS COUNT [CONCURRENCY [HOLD_S [ROUNDS]]]: phones' side of SCCP registration, many in one process.
 *
 * COUNT devices register at ADDRESS, port 2000, CONCURRENCY at a time (0: all at once), in ROUNDS (1): in a further one
 * each comes again. A device connects, and sends Register and then one request after the other, each when the one
 * before was answered, as phones do: button template, soft key template and set, line, time. Registered: the time was
 * answered. Then it stays, if all come at once or are to be held, and all keep alive for HOLD_S; else it closes. The
 * next one comes. With HOLD_S the rounds are 1.
 *
 * STORM_SOURCES=ADDRESS: source addresses count up from it, 250 of them (a route of type local must cover them).
 * STORM_FIRST=N (1): the first device is SEP02AA and N in eight hex digits.
 * The last line: `registered R of N in S s, A a second, median M ms, 99 of 100 within P ms, F failed`. Status 0: none
 * failed. */
#include "wire/sccp_register.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum { SOURCES = 250, BUFFER = 16384, EVENTS = 512, PATIENCE_S = 60, IDLE = -1 };

static const uint32_t request[] = {SCCP_BUTTON_TEMPLATE_REQ, SCCP_SOFT_KEY_TEMPLATE_REQ, SCCP_SOFT_KEY_SET_REQ,
                                   SCCP_LINE_STAT_REQ, SCCP_TIME_DATE_REQ};
static const uint32_t answer[] = {SCCP_BUTTON_TEMPLATE_RES, SCCP_SOFT_KEY_TEMPLATE_RES, SCCP_SOFT_KEY_SET_RES,
                                  SCCP_LINE_STAT, SCCP_DEFINE_TIME_DATE};
enum { REQUESTS = ARRAY_LENGTH(request) };

struct station {
    int fd;
    uint32_t device, step, have; /* step: which answer it waits for; REQUESTS: registered */
    uint8_t part[SCCP_MOST];
    double began, next; /* next: keepalive */
};

struct storm {
    struct sockaddr_in to;
    uint32_t count, concurrency, rounds, begun, done, failed, keepalive, first;
    uint32_t sources;
    int epoll;
    double *took, ended;
    bool stays;
    struct station *station;
};

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say(struct station *s, const struct sccp_message *m)
{
    uint8_t bytes[1024];
    struct writer w = writer(bytes, sizeof bytes);

    sccp_message_encode(&w, m, 0);
    (void)!send(s->fd, bytes, w.len,
                MSG_NOSIGNAL); /* a few hundred bytes into an empty buffer; a failure shows at the next read */
}

static void register_it(const struct storm *all, struct station *s)
{
    char name[24];
    struct sccp_message m = {.id = SCCP_REGISTER};

    (void)snprintf(name, sizeof name, "SEP02AA%08X", all->first + s->device % all->count);
    m.reg =
        (struct sccp_register){.name = bytes_of(name), .device_type = 7, .protocol = 8, .max_streams = 5, .length = 52};
    say(s, &m);
}

static void begin(struct storm *all, struct station *s)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = s};
    int on = 1;

    *s = (struct station){
        .fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), .device = all->begun++, .began = now()};
    (void)setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (all->sources) {
        (void)setsockopt(s->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        from.sin_addr.s_addr = htonl(all->sources + s->device % SOURCES);
        if (bind(s->fd, (struct sockaddr *)&from, sizeof from) < 0) perror("bind");
    }
    if (s->fd < 0 || (connect(s->fd, (struct sockaddr *)&all->to, sizeof all->to) < 0 && errno != EINPROGRESS) ||
        epoll_ctl(all->epoll, EPOLL_CTL_ADD, s->fd, &e) < 0) {
        perror("connect");
        exit(3);
    }
}

static void next_one(struct storm *all, struct station *s)
{
    (void)close(s->fd);
    s->fd = IDLE;
    if (all->begun < all->count * all->rounds) begin(all, all->stays ? &all->station[all->begun] : s);
}

static void fail(struct storm *all, struct station *s, const char *what)
{
    if (s->step < REQUESTS) {
        if (all->failed++ < 5) (void)fprintf(stderr, "device %u, step %u: %s\n", s->device, s->step, what);
        all->done++;
    }
    next_one(all, s);
}

static void ask(struct station *s)
{
    struct sccp_message m = {.id = request[s->step]};

    if (m.id == SCCP_LINE_STAT_REQ) m.number = 1;
    say(s, &m);
}

static void registered(struct storm *all, struct station *s)
{
    double t = now();

    all->took[all->done++] = t - s->began;
    all->ended = t;
    s->next = t + all->keepalive * (double)(s->device % 1000) / 1000;
    if (!all->stays)
        next_one(all, s);
    else if (all->begun < all->count)
        begin(all, &all->station[all->begun]);
}

/* False: its connection is another's now. */
static bool hear(struct storm *all, struct station *s, struct bytes message)
{
    struct sccp_message m;
    struct fault why;
    uint32_t device = s->device;

    if (!sccp_message_decode(&m, message, 8, &why)) return true;
    if (m.id == SCCP_REGISTER_REJECT) {
        fail(all, s, "rejected");
        return false;
    }
    if (m.id == SCCP_REGISTER_ACK) {
        all->keepalive = m.ack.keepalive;
        ask(s);
    } else if (m.id == SCCP_CAPABILITIES_REQ) {
        say(s, &(struct sccp_message){.id = SCCP_CAPABILITIES_RES, .capabilities = {.count = 1, .codec = {{4, 40}}}});
    } else if (s->step < REQUESTS && m.id == answer[s->step]) {
        if (++s->step < REQUESTS)
            ask(s);
        else
            registered(all, s);
    }
    return s->fd >= 0 && s->device == device;
}

static void read_it(struct storm *all, struct station *s)
{
    static uint8_t bytes[BUFFER + SCCP_MOST];
    size_t n;

    memcpy(bytes, s->part, s->have);
    ssize_t came = recv(s->fd, bytes + s->have, BUFFER, 0);
    if (came < 0 && errno == EAGAIN) return;
    if (came <= 0) {
        fail(all, s, came < 0 ? strerror(errno) : "closed");
        return;
    }
    struct bytes in = {bytes, s->have + (size_t)came};
    while ((n = sccp_frame(in)) && n <= in.len) {
        if (!hear(all, s, (struct bytes){in.at, n})) return;
        in = bytes_from(in, n);
    }
    s->have = (uint32_t)(in.len < SCCP_MOST ? in.len : SCCP_MOST);
    memcpy(s->part, in.at, s->have);
}

static void on_event(struct storm *all, struct station *s, uint32_t events)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = s};
    int error = 0;
    socklen_t size = sizeof error;

    if (s->fd < 0) return;
    if (events & EPOLLERR && getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error) {
        fail(all, s, strerror(error));
        return;
    }
    if (events & EPOLLOUT) {
        (void)epoll_ctl(all->epoll, EPOLL_CTL_MOD, s->fd, &e);
        register_it(all, s);
    }
    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) read_it(all, s);
}

static void turn(struct storm *all, int wait_ms)
{
    struct epoll_event e[EVENTS];
    int n = epoll_wait(all->epoll, e, EVENTS, wait_ms);

    for (int i = 0; i < n; i++) on_event(all, e[i].data.ptr, e[i].events);
}

static void hold(struct storm *all, double seconds)
{
    uint32_t lost = 0;
    double end = now() + seconds;

    for (uint32_t i = 0; i < all->count; i++) all->station[i].next += now() - all->ended;
    while (now() < end) {
        double t = now();
        turn(all, 20);
        for (uint32_t i = 0; i < all->count; i++) {
            struct station *s = &all->station[i];
            if (s->fd < 0 || s->step < REQUESTS || t < s->next) continue;
            s->next = t + all->keepalive;
            say(s, &(struct sccp_message){.id = SCCP_KEEP_ALIVE});
        }
    }
    for (uint32_t i = 0; i < all->count; i++) lost += all->station[i].fd < 0;
    (void)printf("held %u devices for %.0f s, %u lost, a keepalive each %u s\n", all->count - lost, seconds, lost,
                 all->keepalive);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static uint32_t number(int n, char **word, int at, uint32_t otherwise)
{
    return n > at ? (uint32_t)strtoul(word[at], NULL, 10) : otherwise;
}

int main(int n, char **word)
{
    static struct storm all;
    const char *sources = getenv("STORM_SOURCES"), *first = getenv("STORM_FIRST");
    struct rlimit r;

    all.to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(SCCP_PORT)};
    all.count = number(n, word, 2, 0);
    all.concurrency = number(n, word, 3, 0);
    all.rounds = n > 4 && strtod(word[4], NULL) > 0 ? 1 : number(n, word, 5, 1);
    if (!all.count || inet_pton(AF_INET, word[1], &all.to.sin_addr) != 1) {
        (void)fputs("usage: sccp_storm ADDRESS COUNT [CONCURRENCY [HOLD_S [ROUNDS]]]\n", stderr);
        return 2;
    }
    double hold_s = n > 4 ? strtod(word[4], NULL) : 0;
    all.stays = !all.concurrency || hold_s > 0;
    if (!all.concurrency || all.concurrency > all.count) all.concurrency = all.count;
    all.first = first ? (uint32_t)strtoul(first, NULL, 10) : 1;
    if (sources) all.sources = ntohl(inet_addr(sources));
    if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = r.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &r);
    }
    uint32_t wanted = all.count * all.rounds;
    all.station = calloc(all.count, sizeof *all.station);
    all.took = calloc(wanted, sizeof *all.took);
    all.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!all.station || !all.took || all.epoll < 0) return 3;
    double began = now();
    for (uint32_t i = 0; i < all.concurrency; i++) begin(&all, &all.station[i]);
    while (all.done < wanted && now() - began < PATIENCE_S) turn(&all, 100);
    uint32_t good = 0;
    for (uint32_t i = 0; i < wanted; i++)
        if (all.took[i] > 0) all.took[good++] = all.took[i];
    qsort(all.took, good, sizeof *all.took, by_size);
    double seconds = all.ended - began;
    (void)printf("registered %u of %u in %.3f s, %.0f a second, median %.1f ms, 99 of 100 within %.1f ms, %u failed\n",
                 good, wanted, seconds, good / seconds, good ? all.took[good / 2] * 1e3 : 0,
                 good ? all.took[(size_t)good * 99 / 100] * 1e3 : 0, wanted - good);
    (void)fflush(stdout);
    if (hold_s > 0) hold(&all, hold_s);
    return good == wanted ? 0 : 1;
}
