/* server/tftp.h: TFTP server, read only (RFC 1350; options RFC 2347; blksize 2348; timeout, tsize 2349; windowsize
 * 7440).
 *
 * Takes   EVENT_DATAGRAM (`to.port` is the request port, 69, or one of its transfer ports), EVENT_WAKE. All else
 *         changes nothing.
 * Gives   ACTION_DATAGRAM (from the address that was asked), ACTION_TELL (server/news.h, TFTP_TOLD_... and, by its
 *         askers, ASKER_TOLD_...): at most TFTP_SERVER_MOST actions and TFTP_SERVER_BYTES a step; when more is due it
 *         asks to be woken at once. What answers a datagram comes first: a name that is not there waits for no repeat.
 * Ports   each transfer has one of `ports` ports from first_port on (a transfer id, RFC 1350, section 4), drawn at
 *         random; a port serves many clients. With `one_port` all is sent from the request port, for firewalls that let
 *         nothing else pass; a client is then known by its address and port alone.
 * Timing  first repeat after 1 s, or after four round trips once one was measured (a packet that was repeated is not
 *         measured), never under 200 ms; or what the client asked by option `timeout`; it doubles. After `tries` sends
 *         of a packet, more when they began under 1 s, the transfer is given up, silently (RFC 1350, section 2).
 * Window  as many blocks as the client asked for by `windowsize`, at most window_most; 1 when it did not ask. An ACK of
 *         a block within the window has the next one begin behind it (RFC 7440, section 4); an ACK of the block before
 *         the window repeats it, but not again before two whole windows were acknowledged. In a window of 1 only the
 *         ACK of the block that is out moves a transfer; an older one is dropped and never causes a send (RFC 1123,
 *         4.2.3.1: the Sorcerer's Apprentice).
 * Numbers roll over after 65535 to 0, or to 1 by roll_over_to_1.
 * A read request from the same address and port as a running transfer starts that transfer again: the client did not
 *         hear us, or begins another file; never two at once.
 * Full    when no transfer is free, one that its client has acknowledged nothing of gives way, the oldest first:
 *         requests with invented senders, however many, keep nobody out who answers. All acknowledged: ERROR 0 "busy".
 * Modes   octet; netascii (a line ends in CR LF, a CR is CR NUL: RFC 764), for which no tsize is told, nor for an empty
 *         file.
 * Answers unknown name: ERROR 1; a file that may not be read, a write request: ERROR 2; mode mail: ERROR 4; no transfer
 * or
 *         no document free: ERROR 0 "busy"; an ACK from someone who has no transfer, DATA: ERROR 5, and a transfer of
 *         another client at that port goes on (RFC 1350, section 4); an ACK from someone whose transfer has another of
 *         our ports is dropped, being of the transfer before; so is one from someone whose transfer ended well in the
 *         last 5 s, at that port: its last ACK came twice, and an ERROR would end what it asks for next from the same
 *         port. ERROR is never answered. A request that was sent to a broadcast or multicast address is dropped (RFC
 *         1123, 4.2.3.5).
 * Garbage what cannot be decoded changes no state, gets no answer and is told with its fault, once a second at most.
 * Memory  tftp_server_size(transfers) bytes from the owner at init, nothing later: sizeof(struct tftp_transfer), at
 *         most 184 bytes, and 24 to 28 for hash and timer. No file data: a block is read from its document each time it
 *         is sent.
 * Cost    a packet is one hash and one change in a heap of timers, however many transfers there are.
 */
#ifndef SERVER_TFTP_H
#define SERVER_TFTP_H
#include "base/random.h"
#include "base/timers.h"
#include "server/askers.h"
#include "server/documents.h"

enum {
    TFTP_SERVER_MOST = 64,          /* actions a step */
    TFTP_SERVER_BYTES = 128 * 1024, /* of them */
    TFTP_SERVER_NAME = 60,
    TFTP_SERVER_WINDOW = 32, /* the largest window_most */
    TFTP_SERVER_ENDED = 256, /* transfers that ended well and are remembered, fewer where two have one place */
};

struct tftp_server_config {
    uint16_t port;              /* of requests; 0: 69 */
    uint16_t first_port, ports; /* transfer ids: ports that the driver has bound; each serves many clients */
    bool one_port;              /* transfers too go by `port`; first_port and ports say nothing */
    bool roll_over_to_1;        /* what a few clients expect after block 65535; else 0 */
    usec timeout;               /* first repeat; 0: 1 s */
    unsigned tries;             /* sends of a packet before the transfer is given up; 0: 6 */
    uint16_t blksize_most;      /* 0: 1428, which with all headers fits an Ethernet frame, tag and all */
    uint16_t window_most;       /* 0: 16; it is cut so that a window is 64 KiB at most */
    enum found (*find)(void *context, struct bytes name, struct served **out); /* documents_find */
    void (*release)(void *context, struct served *, bool whole);               /* documents_release */
    void *context;
    struct askers *askers; /* hears of each request; NULL: nobody does */
    uint64_t seed;
    uint32_t transfers; /* at the same time */
};

/* Where in its document a block begins. */
struct tftp_place {
    size_t at;
    bool half; /* netascii: the first byte of a pair stands at the end of the block before */
};

struct tftp_transfer {
    struct served *served;           /* NULL: free */
    struct tftp_place place;         /* of block `first` */
    usec timeout, wait, sent, begun; /* wait: until the next repeat */
    struct endpoint client, us;
    uint32_t newer, older;     /* among those of which nothing was acknowledged yet */
    uint32_t next;             /* in its hash chain, or in the list of free ones */
    uint32_t first, last, top; /* blocks, not cut to 16 bits: the first that was not acknowledged (0: the OACK), the
                                    last that is out, the last that ever was */
    uint32_t repeats;
    uint16_t blksize, window;
    uint8_t tries; /* sends of the window so far */
    uint8_t deaf;  /* windows to be acknowledged before an ACK may ask for a repeat again */
    bool heard;    /* something of it was acknowledged */
    bool ended;    /* `last` is the short block */
    bool netascii, tsize, asked_timeout, asked_blksize, asked_window;
    char name[TFTP_SERVER_NAME]; /* as asked, cut; to tell */
};

/* Who had all of a file lately, and from which of our ports. */
struct tftp_ended {
    ipv4 client;
    uint16_t client_port, port; /* port 0: nobody */
    usec at;
};

/* replaced: by a new request of its client; displaced: by one of another client. */
struct tftp_counts {
    uint64_t requests;                                      /* to read, but for those that came again */
    uint64_t found, not_found, busy, denied, write_refused; /* what became of requests; denied: and of a bad mode */
    uint64_t done, timed_out, aborted, replaced, displaced; /* how transfers ended */
    uint64_t blocks, bytes, retransmissions;                /* DATA sent, its bytes; blocks and OACKs sent again */
    uint64_t malformed, unknown_id;
    uint64_t active, active_most; /* transfers now, and at most so far */
};

struct tftp_server {
    struct tftp_server_config config;
    struct tftp_transfer *transfer;
    uint32_t *bucket, buckets, free;
    uint32_t newest, oldest; /* of those of which nothing was acknowledged yet */
    struct timers timers;
    struct random random;
    struct tftp_ended ended[TFTP_SERVER_ENDED]; /* by hash of the client */
    usec told;                                  /* when garbage was last told */
    struct tftp_counts counts;
};

size_t tftp_server_size(uint32_t transfers);
bool tftp_server_init(struct tftp_server *, const struct tftp_server_config *, void *memory, size_t size);
usec tftp_server_step(void *server, usec now, const struct event *, struct outbox *);
#endif
