/* server/tftp.h: TFTP server, read only (RFC 1350; options RFC 2347; blksize 2348; timeout, tsize 2349).
 *
 * Takes   EVENT_DATAGRAM (`to.port` is 69, or one of its transfer ports), EVENT_WAKE. All else changes nothing.
 * Gives   ACTION_DATAGRAM (from the address that was asked), ACTION_TELL (server/news.h, TFTP_TOLD_...): at most
 *         TFTP_SERVER_MOST a step; when more is due it asks to be woken at once.
 * Timing  first repeat after 1 s, or after four round trips once one was measured (a packet that was repeated is not
 *         measured), never under 200 ms; or what the client asked by option `timeout`; it doubles. After `tries` sends
 *         of a packet the transfer is given up, silently (RFC 1350, section 2).
 *         Only the ACK of the block that is out moves a transfer; an older one is dropped and never causes a send
 *         (RFC 1123, 4.2.3.1: the Sorcerer's Apprentice). Block numbers roll over to 0 after 65535.
 * A read request from the same address and port as a running transfer starts that transfer again: the client did not
 *         hear us, or begins another file; never two at once.
 * Answers unknown name: ERROR 1; a write request: ERROR 2; a mode other than octet: ERROR 4; no transfer or no document
 *         free: ERROR 0 "busy"; ACK or DATA to a transfer port by someone who has no transfer there: ERROR 5, and a
 *         transfer of another client there goes on (RFC 1350, section 4). ERROR is never answered. A request that was
 *         sent to a broadcast or multicast address is dropped (RFC 1123, 4.2.3.5).
 * Garbage what cannot be decoded changes no state, gets no answer and is told with its fault, once a second at most.
 * Memory  tftp_server_size(transfers) bytes from the owner at init, nothing later. No file data: a block is read from
 *         its document each time it is sent. A packet is up to 4 + blksize_most bytes in the outbox.
 */
#ifndef SERVER_TFTP_H
#define SERVER_TFTP_H
#include "base/random.h"
#include "base/timers.h"
#include "server/documents.h"

enum { TFTP_SERVER_MOST = 64, TFTP_SERVER_BYTES = 128 * 1024, TFTP_SERVER_NAME = 64 }; /* a step: actions, bytes */

struct tftp_server_config {
    uint16_t first_port, ports; /* transfer ids: ports that the driver has bound; each serves many clients */
    usec timeout;               /* first repeat; 0: 1 s */
    unsigned tries;             /* sends of a packet before the transfer is given up; 0: 6 */
    uint16_t blksize_most;      /* 0: 1428, which with all headers fits an Ethernet frame, tag and all */
    enum found (*find)(void *context, struct bytes name, struct served **out); /* documents_find */
    void (*release)(void *context, struct served *, bool whole);               /* documents_release */
    void *context;
    uint64_t seed;
    uint32_t transfers; /* at the same time */
};

struct tftp_transfer {
    struct served *served; /* NULL: free */
    struct endpoint client, us;
    uint32_t next;  /* in its hash chain, or in the list of free ones */
    uint32_t block; /* that is out; 0: the OACK. Not cut to 16 bits */
    uint16_t blksize;
    uint8_t tries; /* sends of it so far */
    bool options, tsize, asked_timeout, asked_blksize;
    usec timeout, wait, sent, begun; /* wait: until the next repeat */
    uint32_t repeats;
    char name[TFTP_SERVER_NAME]; /* as asked, cut; to tell */
};

struct tftp_server {
    struct tftp_server_config config;
    struct tftp_transfer *transfer;
    uint32_t *bucket, buckets, free, running;
    struct timers timers;
    struct random random;
    usec told;                                           /* when garbage was last told */
    uint64_t malformed, begun, done, refused, timed_out; /* counts since the start */
};

size_t tftp_server_size(uint32_t transfers);
bool tftp_server_init(struct tftp_server *, const struct tftp_server_config *, void *memory, size_t size);
usec tftp_server_step(void *server, usec now, const struct event *, struct outbox *);
#endif
