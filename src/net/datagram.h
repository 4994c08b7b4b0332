/* net/datagram.h: UDP sockets for an engine: a set of bound ports, received by recvmmsg, sent by sendmmsg.
 *
 * Takes   ACTION_DATAGRAM's ends and payload: `from.port` names the socket of the set (the first bound to it whose
 *         address or device fits), `from.address` the source address (0, or a broadcast: the kernel's choice).
 * Gives   EVENT_DATAGRAM to the callback, with which socket it came by: `to` is the address that was really written to
 *         (IP_PKTINFO; also 255.255.255.255), so that an answer can leave from it. Borrowed.
 * ARP     A datagram to an end with a `mac` first makes the neighbour entry of that address on the socket's device
 *         (SIOCSARP), as a DHCP server must do for a client that has no address yet (RFC 2131, section 4.1: "the server
 *         must unicast to the client's hardware address"). The socket must name its device for that.
 * Lock step a peer that answers each datagram with the next, as a TFTP client does: when one datagram came in a turn,
 * and its
 *         answer has left by the same socket, that socket is read as soon as anything is ready, and what comes by it is
 *         handled without a turn of libuv (loop_on_look). One set a loop.
 *         After DATAGRAM_LINE_AFTER such rounds the peer has a socket of its own, a line: bound to the same port and
 *         connected to the peer, so that the kernel knows way and source of what is sent by it, and an answer by it
 *         leaves at once, not at the flush. One line a set, until another peer in lock step takes it or its port is
 *         unbound; no place for it: it goes without. To the owner all this is one socket. What is sent so must not
 *         promise what is stored later in the same step.
 * Order   datagrams wait for the loop's flush, and leave in order per socket. What a socket cannot send then, or may
 *         not by its pace, is tried again a millisecond later; other sockets do not wait for it. datagrams_close sends
 *         what only its pace kept.
 * Memory  a receive buffer of 64 x 2 KiB a set; 4 MiB of socket buffer are asked for; 16 MiB at most wait to be sent.
 * Errors  what cannot be sent is counted (`unsent`, with its errno), what is longer than 2,048 bytes too (`oversize`);
 *         the kernel's own losses are in `lost_in_kernel` (SO_MEMINFO).
 */
#ifndef NET_DATAGRAM_H
#define NET_DATAGRAM_H
#include "net/batch.h"
#include "net/error.h"
#include "net/loop.h"
#include "net/pace.h"

enum { DATAGRAM_SLOT = 2048, DATAGRAM_SOCKETS_MOST = 80, DATAGRAM_SEND_MOST = 16 << 20, DATAGRAM_LINE_AFTER = 16 };

typedef void datagram_fn(void *context, uint32_t socket, const struct event *);

struct datagram_config {
    ipv4 address;          /* 0: any */
    uint16_t port;         /* 0: the kernel's choice, see datagrams.sockets[].port */
    const char *interface; /* SO_BINDTODEVICE; NULL: any */
    bool broadcast;        /* may send to 255.255.255.255 */
    bool lock_step;        /* see above */
    uint32_t pace;         /* datagrams a millisecond that leave by it, as net/pace.h; 0: as they come */
    bool exclusive;        /* -EADDRINUSE when another process has the port, though it would share it (SO_REUSEADDR) */
};

struct datagram_counts {
    uint64_t received, sent, oversize, unsent, held, lost_in_kernel;
    uint64_t looks, found; /* lock step: how often the peer was waited for, and came first */
    uint64_t lines;        /* lock step: sockets that a peer had alone */
    uint64_t arp_refused;  /* neighbour entries that could not be made */
    int unsent_error;      /* errno of the latest */
};

struct datagram_socket {
    struct datagrams *set;
    int fd;
    ipv4 address;
    uint16_t port;
    char interface[16]; /* "": any */
    int index;          /* of the interface; 0: any */
    bool closing;       /* until libuv has let go of `poll` */
    bool lock_step, waiting;
    struct endpoint peer;         /* of a line: whom alone it hears; its port is 0: no line */
    uint32_t of;                  /* whose port it has */
    int arrived_on;               /* index of the interface by which its peer comes */
    bool pure;                    /* what came before it was connected has been read */
    struct datagram_socket *next; /* that waits to send */
    struct pace pace;
    bool held; /* it waits for the retry: the kernel had no room, or its pace none */
    uv_poll_t poll;
    struct batch out;
};

struct datagrams {
    struct loop *loop;
    datagram_fn *receive;
    void *context;
    struct datagram_socket sockets[DATAGRAM_SOCKETS_MOST];
    struct datagram_socket *waiting, **last; /* those with something to send, a list, and its end */
    uint32_t count;
    uv_timer_t retry;
    struct datagram_buffers *buffers;
    struct datagram_look {
        struct datagram_socket *socket; /* by which the latest came */
        struct endpoint us, peer;       /* of it */
        uint32_t came, answered, left;  /* in this turn; left: of the answers those that left at once */
        uint32_t rounds;                /* with that peer, in a row */
    } look;
    struct datagram_socket *line; /* one of the sockets; NULL: none */
    int arrived_on; /* index of the interface by which the datagram came that is being given to `receive` */
    struct datagram_counts counts;
    uint32_t service; /* as that of net/packet.h */
};

int datagrams_init(struct datagrams *, struct loop *, datagram_fn *, void *context); /* 0 or a negative errno */
/* Binds one more; returns its number in the set or a negative errno. */
int datagrams_bind(struct datagrams *, const struct datagram_config *, struct net_error *why);
/* Its port is free at once, what waits to be sent is dropped; its number is free for another after the loop has turned.
 * Garbage: a number that is not bound is passed over. */
void datagrams_unbind(struct datagrams *, uint32_t socket);
void datagrams_send(struct datagrams *, struct endpoint from, struct endpoint to, struct bytes payload); /* copies */
/* The same by a certain socket of the set: where several have the port, each on a device of its own. */
void datagrams_send_by(struct datagrams *, uint32_t socket, struct endpoint from, struct endpoint to,
                       struct bytes payload);
void datagrams_discard(struct datagrams *); /* what has not left yet */
void datagrams_count(struct datagrams *, struct datagram_counts *out);
void datagrams_close(struct datagrams *); /* the struct lives until the loop has turned once */
#endif
