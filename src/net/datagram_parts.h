/* net/datagram_parts.h: what net/datagram.c and net/lock_step.c share, and nobody else sees. */
#ifndef NET_DATAGRAM_PARTS_H
#define NET_DATAGRAM_PARTS_H
#include "net/datagram.h"
#include <netinet/in.h>
#include <sys/socket.h>

enum { DATAGRAM_CONTROL = CMSG_SPACE(sizeof(struct in_pktinfo)) };

/* One message and all that the kernel needs with it, close together: in lock step the peer may run on our processor in
 * between, and the pages that are touched again after that are what a turn costs. */
struct datagram_one {
    struct msghdr header;
    struct iovec part;
    struct sockaddr_in end;
    uint8_t control[DATAGRAM_CONTROL] __attribute__((aligned(8)));
};

struct datagram_buffers {
    struct datagram_one one;
    uint8_t one_bytes[DATAGRAM_SLOT];
    struct mmsghdr messages[BATCH_CALL];
    struct iovec parts[BATCH_CALL];
    struct sockaddr_in ends[BATCH_CALL];
    uint8_t control[BATCH_CALL][DATAGRAM_CONTROL] __attribute__((aligned(8)));
    uint8_t bytes[BATCH_CALL][DATAGRAM_SLOT];
};

struct sockaddr_in datagram_address(ipv4, uint16_t port);
struct msghdr datagram_message(struct sockaddr_in *end, struct iovec *part, uint8_t *control);
/* What is longer than DATAGRAM_SLOT is counted, and no more. */
void datagram_came(struct datagram_socket *, const struct event *);
void datagram_read(struct datagram_socket *, struct msghdr *, size_t len); /* what was received is delivered */
struct datagram_socket *datagram_slot(struct datagrams *);                 /* a free one, empty; NULL: none */
bool datagram_watch(struct datagram_socket *);                             /* from now on the loop reads it */

enum looked lock_step_look(void *set, int wait_ms); /* a look_fn */
/* The line of the set that has exactly these ends, else NULL. */
struct datagram_socket *lock_step_line(struct datagrams *, struct endpoint from, struct endpoint to);
/* By a line. False: it has to leave by the socket of the port, behind what waits there. */
bool lock_step_send(struct datagram_socket *, struct bytes payload);
void lock_step_leave(struct datagrams *, uint32_t socket); /* closes the line that has the port of this one */
#endif
