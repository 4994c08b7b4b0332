/* phone/tftp.h: TFTP client as these phones are one (RFC 1350): mode octet, no options, blocks of 512, a new source
 * port for each file.
 *
 * Repeats  a request or ACK that stays unanswered is repeated after 4 s, 8 s; 3 sends in all, and 16 s after the last
 *          the transfer is given up. No figure of Cisco's is public: these are choices of this emulator.
 *
 * Takes    the host's datagrams to its port, wakes.
 * Gives    frames through the host. The server's address is resolved by ARP first; an unresolved one counts as silence.
 * Data     comes out as tftp_heard TFTP_GOT_BLOCK with the block's bytes, each exactly once, in order; the ACK has left
 *          already: what cannot be used is stopped with tftp_client_abort, which sends ERROR.
 * Memory   one struct tftp_client; nothing is allocated.
 * Garbage  wrong port or address: ERROR 5 to the sender (RFC 1350, 4), the transfer goes on. A broken packet, an old or
 *          future block: ignored (the last one is acknowledged again). OACK: ERROR 8, since no option was asked.
 */
#ifndef PHONE_TFTP_H
#define PHONE_TFTP_H
#include "phone/host.h"
#include "wire/tftp.h"

enum { FILE_NAME = 72, TFTP_TRIES = 3 };
enum tftp_heard { TFTP_NOTHING, TFTP_MALFORMED, TFTP_GOT_BLOCK, TFTP_GOT_ALL, TFTP_FAILED, TFTP_SILENT };

struct tftp_client {
    bool running;
    bool unsent;   /* the next hop is not resolved yet */
    bool finished; /* all is here, but the ACK may get lost */
    uint8_t tries;
    uint16_t port, peer; /* ours; the server's transfer id, 0 before its first answer */
    uint16_t block;      /* the next that we want */
    uint16_t error;      /* FAILED: its code */
    uint32_t received;   /* bytes */
    /* How the wire was: our own repeats and the server's (a block that came again 150 ms and more after it came first),
     * blocks that came twice at once, and the longest wait for one that came. */
    uint16_t repeated, doubled;
    usec began, heard, worst;
    ipv4 server;
    usec due;
    char name[FILE_NAME];
};

void tftp_client_start(struct tftp_client *, struct host *, usec now, ipv4 server, uint16_t port, struct bytes name,
                       struct outbox *);
void tftp_client_stop(struct tftp_client *);
void tftp_client_abort(struct tftp_client *, struct host *, enum tftp_error, const char *text, struct outbox *);
/* GOT_BLOCK, GOT_ALL: *data is the block (the last one may be empty). FAILED: the server's words, or ours. */
enum tftp_heard tftp_client_hear(struct tftp_client *, struct host *, usec now, const struct host_frame *,
                                 struct bytes *data, struct fault *why, struct outbox *);
enum tftp_heard tftp_client_wake(struct tftp_client *, struct host *, usec now, struct outbox *);
/* ARP answered: what waits is sent. */
void tftp_client_resolved(struct tftp_client *, struct host *, usec now, struct outbox *);
usec tftp_client_due(const struct tftp_client *);
#endif
