/* net/packet.h: whole Ethernet frames of an interface: packet(7), received from a ring, sent by sendmmsg.
 *
 * Takes   frames to send: complete, without FCS, a tag included if there is one.
 * Gives   each frame that comes in (never those that this host sends there), without FCS, its 802.1Q tag put back in
 *         place if the kernel had taken it off, and a UDP or TCP checksum finished that a kernel on this machine had
 *         left to hardware (TP_STATUS_CSUMNOTREADY). Borrowed until the callback returns.
 * Order   frames to send wait until the loop's flush, and leave in order. If the interface cannot take more they stay
 *         and are tried again; nothing is dropped silently: `unsent` counts what was lost, `lost_in_kernel` what the
 *         kernel had no room for on its way to us.
 * Memory  a ring of config.ring_bytes shared with the kernel (16 MiB when 0: 8,192 frames; smaller ones lose frames in
 *         a storm), or, where the kernel refuses it, a socket buffer of up to 4 MiB. Frames to send: 16 MiB at most.
 * Another namespace  packet_socket makes a socket where the interface is; a process of another network namespace that
 *         inherited it hands it over as config.socket, and then has the interface, and no rights are needed any more.
 * Errors  a frame of more than about 1,950 bytes (offloads left on: interface_offloads_off) is dropped and counted.
 */
#ifndef NET_PACKET_H
#define NET_PACKET_H
#include "net/batch.h"
#include "net/error.h"
#include "net/loop.h"
#include "net/packet_filter.h"

enum { PACKET_SLOT = 2048, PACKET_RING = 16 << 20, PACKET_SEND_MOST = 16 << 20 };
enum packet_hears {
    PACKET_HEARS_WHAT_COMES, /* what the interface takes anyway: enough on a veth, which takes all */
    PACKET_HEARS_GROUPS,     /* every multicast as well: CDP and LLDP on a real interface */
    PACKET_HEARS_ALL,        /* promiscuous: emulated phones on a real interface */
};

typedef void packet_fn(void *context, struct bytes frame);

struct packet_config {
    const char *interface;
    int socket; /* above 0: of packet_socket; the packet's, even if it cannot be opened. `interface` is for messages */
    enum packet_hears hears;
    size_t ring_bytes;                  /* 0: PACKET_RING */
    bool no_ring;                       /* recvmmsg(2) with a socket buffer instead */
    const struct packet_filter *filter; /* NULL: all frames */
    packet_fn *receive;                 /* NULL: only to send */
    void *context;
};

struct packet_counts {
    uint64_t received, sent;
    uint64_t lost_in_kernel; /* PACKET_STATISTICS tp_drops */
    uint64_t oversize;       /* received, and dropped: longer than a slot */
    uint64_t unsent;         /* lost on the way out: the interface was down, or more than 16 MiB waited */
    uint64_t held;           /* times that the kernel had no room and frames stayed */
};

struct packet {
    int fd;
    struct loop *loop;
    uv_poll_t poll;
    uv_timer_t retry;
    int events; /* that the poll asks for */
    packet_fn *receive;
    void *context;
    uint8_t *ring; /* NULL: recvmmsg */
    size_t ring_bytes, slots, next;
    struct packet_buffers *buffers; /* of recvmmsg */
    struct batch out;
    struct packet_counts counts;
    uint32_t service; /* of net/meter.h: what its frames are counted as; its owner sets it where that is measured */
};

/* A socket on an interface of the caller's network namespace that hears nothing yet: above 0, or a negative errno. */
int packet_socket(const char *interface, struct net_error *why);
/* The struct must not move while it is open, and after packet_close not be freed before the loop has turned once (or
 * was closed): libuv lets go of it then. */
int packet_open(struct packet *, struct loop *, const struct packet_config *, struct net_error *why);
void packet_send(struct packet *, struct bytes frame); /* copies; leaves at the loop's next flush */
void packet_discard(struct packet *);                  /* what has not left yet */
/* Later, for one that receives: what it hears beside that, and another filter (NULL: none). */
int packet_hear(struct packet *, enum packet_hears, struct net_error *why);
int packet_filter(struct packet *, const struct packet_filter *, struct net_error *why);
void packet_count(struct packet *, struct packet_counts *out);
void packet_close(struct packet *);
#endif
