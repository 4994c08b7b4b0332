/* net/http_files.h: the same files as TFTP's, by HTTP/1.1 (RFC 9110, 9112), for phones that ask port 6970 first.
 *
 * Takes   GET and HEAD. The name is the path, percent-decoded once (RFC 3986, section 2.1), without what follows a "?";
 *         it is looked up by `find`, the same function as TFTP's, and is never a path for the kernel. A range of bytes,
 *         if it is one alone; several are answered by the whole file, as is a range under If-Range, since no validators
 *         are given (RFC 9110, section 14.2 and 13.1.5).
 * Gives   200, 206, 416; 404 no such name; 403 may not be read; 503 busy, with Retry-After; 400 a name with a NUL or a
 *         bad escape, no Host (but by HTTP/1.0), two, or one that can be none (RFC 9112, section 3.2); 405 any other
 *         method. Content-Length always; connections are kept alive. No directory lists.
 * Limits  `connections` at the same time, beyond which new ones wait in the listen backlog; of one address no limit
 *         unless one is set, since phones sit behind translators. A connection that is silent for `idle` seconds is
 *         closed, as is one that has sent no whole request for 30 s, or reads its answer slower than 4 KiB/s over 30 s.
 * Memory  8 KiB a connection (a longer request head gets 431 or 414), and the file that it holds.
 * Driver  libmicrohttpd without threads of its own; its epoll descriptor is polled by the loop.
 */
#ifndef NET_HTTP_FILES_H
#define NET_HTTP_FILES_H
#include "net/arrival.h"
#include "net/error.h"
#include "net/loop.h"
#include "server/documents.h"

enum { HTTP_FILES_PORT = 6970 };

struct http_files_config {
    ipv4 address;                /* 0: any */
    uint16_t port;               /* 0: the kernel's choice, see http_files.port */
    const char *interface;       /* SO_BINDTODEVICE; NULL: any */
    const struct arrivals *from; /* only who arrives by these (net/arrival.h); outlives it; NULL: any */
    uint32_t connections;        /* 0: 512 */
    uint32_t per_address;        /* 0: no limit */
    unsigned idle;               /* s; 0: 15 */
    const char *token; /* not NULL: who does not send `Authorization: Bearer TOKEN` gets 401 (RFC 6750, section 2.1) */
    enum found (*find)(void *context, struct bytes name, struct served **out); /* documents_find */
    void (*release)(void *context, struct served *, bool whole);               /* documents_release */
    void *context;
    /* Each request for a name, for server/askers.h; may be NULL. */
    void (*asked)(void *context, ipv4 client, struct bytes name, bool found);
    void *asked_context;
};

struct http_files_counts {
    uint64_t requests, found, not_found, denied, busy, partial, refused; /* refused: 400, 405, 416 */
    uint64_t bytes;                                                      /* of files, in answers that were queued */
    uint64_t connections, active, cut; /* accepted; now; cut: closed by us for being slow */
};

struct http_connection;

struct http_files {
    struct loop *loop;
    struct http_files_config config;
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_timer_t again, sweep;
    struct http_connection *first;
    uint16_t port; /* that is bound */
    int fd;        /* that listens: the daemon's */
    struct http_files_counts counts;
};

int http_files_open(struct http_files *, struct loop *, const struct http_files_config *, struct net_error *why);
/* The list of config.from has changed. */
int http_files_from(struct http_files *, struct net_error *why);
void http_files_close(struct http_files *); /* every connection; what they hold is released */
/* Adds the one to the other. */
void http_files_count(struct http_files_counts *to, const struct http_files_counts *);
#endif
