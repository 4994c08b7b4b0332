#include "net/http_files.h"
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 1024,
    REQUEST_HEAD = 8192,
    NAME_MOST = 512,
    CONNECTIONS = 512,
    IDLE_S = 15,
    SLOWEST = 4096, /* bytes a second */
    SWEEP_MS = 1000,
};
#define PATIENCE (30 * SECOND)

struct http_connection {
    struct http_files *http;
    struct http_connection *next, **place;
    int fd;
    usec deadline; /* of what it does now: sending a request, or reading an answer */
    struct served *served;
    bool whole; /* the answer is all of it */
};

/* --- names --- */

static int hex_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 9112, section 3.2.2: absolute form, also to a server; 3.2.1: no path is "/". A scheme has no case (RFC 3986,
 * 3.1). */
static const char *path_of(const char *url)
{
    size_t scheme = strncasecmp(url, "http://", 7) == 0 ? 7 : strncasecmp(url, "https://", 8) == 0 ? 8 : 0;

    if (!scheme) return url;
    url = strchr(url + scheme, '/');
    return url ? url : "/";
}

/* Once: "%252e" is the name "%2e". */
static bool decode(struct writer *to, const char *url)
{
    for (; *url; url++) {
        if (*url != '%') {
            write_u8(to, (uint8_t)*url);
            continue;
        }
        int high = hex_of(url[1]), low = high < 0 ? -1 : hex_of(url[2]);
        if (low < 0 || high + low == 0) return false;
        write_u8(to, (uint8_t)(high << 4 | low));
        url += 2;
    }
    return !to->full;
}

/* libmicrohttpd would decode in place, and cut the name at %00. */
static size_t leave_as_is(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

/* --- ranges (RFC 9110, section 14.1.2) --- */

enum range { RANGE_NONE, RANGE_PART, RANGE_OUTSIDE };

/* A position may have any number of digits (RFC 9110, section 14.1.2): it is only beyond the end then. */
static bool position(struct bytes digits, uint64_t *out)
{
    for (size_t i = 0; i < digits.len; i++)
        if (digits.at[i] < '0' || digits.at[i] > '9') return false;
    if (digits.len && !bytes_number(digits, UINT64_MAX, out)) *out = UINT64_MAX;
    return digits.len > 0;
}

static enum range range_of(const char *header, uint64_t size, uint64_t *first, uint64_t *last)
{
    struct bytes rest = bytes_of(header), unit = bytes_cut(&rest, '='), from;

    if (!header || !bytes_equal_nocase(unit, bytes_of("bytes")) || memchr(header, ',', strlen(header)) ||
        !memchr(header, '-', strlen(header)))
        return RANGE_NONE;
    from = bytes_trim(bytes_cut(&rest, '-'));
    rest = bytes_trim(rest);
    if (from.len == 0) { /* the last so many */
        if (!position(rest, last)) return RANGE_NONE;
        if (*last == 0 || size == 0) return RANGE_OUTSIDE;
        *first = *last < size ? size - *last : 0;
        *last = size - 1;
        return RANGE_PART;
    }
    *last = UINT64_MAX;
    if (!position(from, first)) return RANGE_NONE;
    if (rest.len && (!position(rest, last) || *last < *first)) return RANGE_NONE;
    if (*first >= size) return RANGE_OUTSIDE;
    if (*last >= size) *last = size - 1;
    return RANGE_PART;
}

/* --- answers --- */

static enum MHD_Result queue(struct MHD_Connection *c, unsigned status, struct MHD_Response *r)
{
    if (!r) return MHD_NO;
    enum MHD_Result result = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result say(struct MHD_Connection *c, unsigned status, const char *text, const char *header,
                           const char *value)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);

    if (r) (void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain");
    if (r && header) (void)MHD_add_response_header(r, header, value);
    return queue(c, status, r);
}

static const char *type_of(struct bytes name)
{
    return name.len > 4 && bytes_equal_nocase(bytes_from(name, name.len - 4), bytes_of(".xml"))
               ? "text/xml"
               : "application/octet-stream";
}

static enum MHD_Result give(struct http_connection *of, struct MHD_Connection *c, struct bytes name, bool head)
{
    struct http_files *h = of->http;
    struct bytes bytes = of->served->bytes;
    uint64_t first = 0, last = 0;
    char range[80];
    const char *asked = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_RANGE);

    if (head || MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_RANGE)) asked = NULL;
    enum range kind = range_of(asked, bytes.len, &first, &last);
    if (kind == RANGE_OUTSIDE) {
        h->counts.refused++;
        (void)snprintf(range, sizeof range, "bytes */%zu", bytes.len);
        return say(c, MHD_HTTP_RANGE_NOT_SATISFIABLE, "range not satisfiable\n", MHD_HTTP_HEADER_CONTENT_RANGE, range);
    }
    if (kind == RANGE_PART) {
        (void)snprintf(range, sizeof range, "bytes %llu-%llu/%zu", (unsigned long long)first, (unsigned long long)last,
                       bytes.len);
        bytes = (struct bytes){bytes.at + first, (size_t)(last - first + 1)};
        h->counts.partial++;
    }
    struct MHD_Response *r = MHD_create_response_from_buffer(
        bytes.len, bytes.len ? (void *)(uintptr_t)bytes.at : (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    if (!r) return MHD_NO;
    (void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type_of(name));
    (void)MHD_add_response_header(r, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
    if (kind == RANGE_PART) (void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_RANGE, range);
    of->whole = !head && bytes.len == of->served->bytes.len;
    if (!head) {
        h->counts.bytes += bytes.len;
        of->deadline += (usec)bytes.len * SECOND / SLOWEST;
    }
    return queue(c, kind == RANGE_PART ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK, r);
}

static ipv4 client_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct sockaddr_in a;

    if (!info || !info->client_addr || info->client_addr->sa_family != AF_INET) return 0;
    memcpy(&a, info->client_addr, sizeof a);
    return ntohl(a.sin_addr.s_addr);
}

/* Every byte is looked at, whatever differs: the time says nothing of the token. */
static bool knows_token(struct MHD_Connection *c, const char *token)
{
    const char *said = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
    size_t n = strlen(token);
    unsigned differs = 0;

    if (!said || strncmp(said, "Bearer ", 7) != 0 || strlen(said + 7) != n) return false;
    for (size_t i = 0; i < n; i++) differs |= (unsigned char)said[7 + i] ^ (unsigned char)token[i];
    return differs == 0;
}

struct hosts {
    unsigned count, odd;
};

static enum MHD_Result count_host(void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
    static const char of_hosts[] = /* RFC 3986, 3.2.2 and 3.2.3 */
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%!$&'()*+,;=:[]";
    struct hosts *h = context;

    (void)kind;
    if (strcasecmp(key, MHD_HTTP_HEADER_HOST) != 0) return MHD_YES;
    h->count++;
    if (value && value[strspn(value, of_hosts)]) h->odd++;
    return MHD_YES;
}

/* RFC 9112, section 3.2: one, and sound; a request of HTTP/1.0 may have none. */
static bool names_host(struct MHD_Connection *c, const char *version)
{
    struct hosts h = {0, 0};

    (void)MHD_get_connection_values(c, MHD_HEADER_KIND, count_host, &h);
    return h.odd == 0 && (h.count == 1 || (h.count == 0 && strcmp(version, MHD_HTTP_VERSION_1_0) == 0));
}

static enum MHD_Result answer(struct http_connection *of, struct MHD_Connection *c, const char *url, bool head)
{
    struct http_files *h = of->http;
    uint8_t name_bytes[NAME_MOST];
    struct writer name = writer(name_bytes, sizeof name_bytes);

    of->deadline = loop_now(h->loop) + PATIENCE;
    h->counts.requests++;
    if (h->config.token && !knows_token(c, h->config.token)) {
        h->counts.refused++;
        return say(c, MHD_HTTP_UNAUTHORIZED, "a token is needed\n", MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    }
    if (!decode(&name, path_of(url))) {
        h->counts.refused++;
        return say(c, MHD_HTTP_BAD_REQUEST, "not a name\n", NULL, NULL);
    }
    enum found found = h->config.find(h->config.context, written(&name), &of->served);
    if (found != FOUND) of->served = NULL;
    if (h->config.asked) h->config.asked(h->config.asked_context, client_of(c), written(&name), found != FOUND_NOTHING);
    switch (found) {
    case FOUND: h->counts.found++; return give(of, c, written(&name), head);
    case FOUND_DENIED: h->counts.denied++; return say(c, MHD_HTTP_FORBIDDEN, "may not be read\n", NULL, NULL);
    case FOUND_BUSY:
        h->counts.busy++;
        return say(c, MHD_HTTP_SERVICE_UNAVAILABLE, "busy\n", MHD_HTTP_HEADER_RETRY_AFTER, "5");
    case FOUND_NOTHING: break;
    }
    h->counts.not_found++;
    return say(c, MHD_HTTP_NOT_FOUND, "not found\n", NULL, NULL);
}

/* --- what libmicrohttpd calls --- */

/* First when the head of a request is there, then for its body, then once it is whole. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *url, const char *method,
                                  const char *version, const char *body, size_t *body_size, void **state)
{
    struct http_files *h = context;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_connection *of = info ? info->socket_context : NULL;
    bool head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;

    (void)body;
    if (!of) return MHD_NO;
    if (!*state && !names_host(c, version)) {
        h->counts.requests++;
        h->counts.refused++;
        return say(c, MHD_HTTP_BAD_REQUEST, "one Host is needed\n", NULL, NULL);
    }
    if (!head && strcmp(method, MHD_HTTP_METHOD_GET) != 0) {
        h->counts.requests++;
        h->counts.refused++;
        return say(c, MHD_HTTP_METHOD_NOT_ALLOWED, "read only\n", MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    }
    if (!*state) {
        *state = of;
        return MHD_YES;
    }
    if (*body_size > 0) { /* of a GET: it means nothing (RFC 9110, section 9.3.1) */
        *body_size = 0;
        return MHD_YES;
    }
    return answer(of, c, url, head);
}

static void let_go(struct http_connection *of, bool whole)
{
    struct http_files *h = of->http;

    if (of->served) h->config.release(h->config.context, of->served, whole && of->whole);
    of->served = NULL;
    of->whole = false;
    of->deadline = loop_now(h->loop) + PATIENCE;
}

static void on_completed(void *context, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode how)
{
    (void)context;
    (void)c;
    if (*state) let_go(*state, how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    *state = NULL;
}

static void on_connection(void *context, struct MHD_Connection *c, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_files *h = context;
    struct http_connection *of = *state;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
        of = calloc(1, sizeof *of);
        if (!of) return; /* on_request refuses it */
        *of = (struct http_connection){.http = h,
                                       .next = h->first,
                                       .place = &h->first,
                                       .fd = info ? (int)info->connect_fd : -1,
                                       .deadline = loop_now(h->loop) + PATIENCE};
        if (h->first) h->first->place = &of->next;
        h->first = of;
        h->counts.connections++;
        h->counts.active++;
        *state = of;
    } else if (of) {
        let_go(of, false);
        *of->place = of->next;
        if (of->next) of->next->place = of->place;
        h->counts.active--;
        free(of);
        *state = NULL;
    }
}

/* --- the loop --- */

static void run(struct http_files *);

static void on_ready(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(poll->data);
}

static void on_again(uv_timer_t *timer)
{
    run(timer->data);
}

/* libmicrohttpd closes what is silent; who sends or reads a byte now and then is closed here. */
static void on_sweep(uv_timer_t *timer)
{
    struct http_files *h = timer->data;
    usec now = loop_now(h->loop);

    for (struct http_connection *of = h->first; of; of = of->next) {
        if (now < of->deadline || of->fd < 0) continue;
        h->counts.cut++;
        of->deadline = NEVER;
        (void)shutdown(of->fd, SHUT_RDWR);
    }
    run(h);
}

static void run(struct http_files *h)
{
    MHD_UNSIGNED_LONG_LONG wait;

    (void)MHD_run(h->daemon);
    if (MHD_get_timeout(h->daemon, &wait) == MHD_YES)
        (void)uv_timer_start(&h->again, on_again, wait, 0);
    else
        (void)uv_timer_stop(&h->again);
    if (!h->first)
        (void)uv_timer_stop(&h->sweep);
    else if (!uv_is_active((uv_handle_t *)&h->sweep))
        (void)uv_timer_start(&h->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
}

static int bind_socket(const struct http_files_config *c, uint16_t *port, struct net_error *why)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(c->port), .sin_addr.s_addr = htonl(c->address)};
    socklen_t size = sizeof a;
    char text[IPV4_TEXT];
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) return net_fail_errno(why, "HTTP socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    int error = c->from ? arrival_only(fd, c->from, why) : 0;
    if (!error && c->interface &&
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, c->interface, (socklen_t)strlen(c->interface) + 1) < 0)
        error = net_fail_errno(why, "bind HTTP to %s", c->interface);
    else if (!error && (bind(fd, (struct sockaddr *)&a, size) < 0 || listen(fd, BACKLOG) < 0))
        error = net_fail_errno(why, "listen for HTTP on %s:%u", ipv4_text(text, c->address), c->port);
    if (error) {
        close(fd);
        return error;
    }
    *port = getsockname(fd, (struct sockaddr *)&a, &size) == 0 ? ntohs(a.sin_port) : c->port;
    return fd;
}

static void say_nothing(void *context, const char *format, va_list list)
{
    (void)context;
    (void)format;
    (void)list;
}

int http_files_from(struct http_files *h, struct net_error *why)
{
    return h->config.from ? arrival_only(h->fd, h->config.from, why) : 0;
}

int http_files_open(struct http_files *h, struct loop *loop, const struct http_files_config *config,
                    struct net_error *why)
{
    *h = (struct http_files){.loop = loop, .config = *config};
    int fd = bind_socket(config, &h->port, why);
    if (fd < 0) return fd;
    h->fd = fd;
    unsigned connections = config->connections ? config->connections : CONNECTIONS;
    h->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, h, MHD_OPTION_EXTERNAL_LOGGER, say_nothing,
                                 NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, connections,
                                 MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)config->per_address,
                                 MHD_OPTION_CONNECTION_TIMEOUT, config->idle ? config->idle : IDLE_S,
                                 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_HEAD, MHD_OPTION_UNESCAPE_CALLBACK,
                                 leave_as_is, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
                                 MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_END);
    if (!h->daemon) {
        close(fd);
        return net_fail(why, -ENOMEM, "HTTP: libmicrohttpd does not start");
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    int error = info ? uv_poll_init(&loop->uv, &h->poll, info->epoll_fd) : -ENOSYS;
    if (error) {
        MHD_stop_daemon(h->daemon);
        return net_fail(why, error, "HTTP: its events cannot be polled");
    }
    (void)uv_timer_init(&loop->uv, &h->again);
    (void)uv_timer_init(&loop->uv, &h->sweep);
    h->poll.data = h->again.data = h->sweep.data = h;
    (void)uv_poll_start(&h->poll, UV_READABLE, on_ready);
    return 0;
}

void http_files_close(struct http_files *h)
{
    uv_close((uv_handle_t *)&h->poll, NULL);
    uv_close((uv_handle_t *)&h->again, NULL);
    uv_close((uv_handle_t *)&h->sweep, NULL);
    MHD_stop_daemon(h->daemon);
    h->daemon = NULL;
}

void http_files_count(struct http_files_counts *to, const struct http_files_counts *c)
{
    to->requests += c->requests;
    to->found += c->found;
    to->not_found += c->not_found;
    to->denied += c->denied;
    to->busy += c->busy;
    to->partial += c->partial;
    to->refused += c->refused;
    to->bytes += c->bytes;
    to->connections += c->connections;
    to->active += c->active;
    to->cut += c->cut;
}
