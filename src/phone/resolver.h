/* phone/resolver.h: asks DNS for the TFTP server that option 66 names, as a phone does (RFC 1035): one A question, from
 * a port of its own.
 *
 * Takes    the name, with the domain (option 15) behind it when it has no dot, and the servers (option 6, the first
 *          two) of an OFFER or ACK; the host's datagrams to its port; wakes.
 * Gives    frames through the host: one a call, with its ARP request when the next hop is not known; an unresolved one
 *          counts as silence.
 * Repeats  each server in turn, 2 s, 2 s, 4 s, 4 s, then it is given up (choices: no figure of Cisco's is public).
 * Garbage  a datagram from another address or port than was asked, another id, what is no answer: ignored, the question
 *          goes on. A server that fails or refuses: the next is asked at once; one that says that there is no such
 *          name, or no address of it, is believed.
 * Memory   one struct resolver; nothing is allocated.
 */
#ifndef PHONE_RESOLVER_H
#define PHONE_RESOLVER_H
#include "base/random.h"
#include "phone/host.h"
#include "wire/dhcp.h"

enum { RESOLVER_NAME = 64, RESOLVER_SERVERS = 2, RESOLVER_TRIES = 4 };
enum resolver_heard { RESOLVER_NOTHING, RESOLVER_MALFORMED, RESOLVER_GOT, RESOLVER_UNKNOWN, RESOLVER_SILENT };

struct resolver {
    char name[RESOLVER_NAME]; /* "": nothing is to be asked */
    ipv4 server[RESOLVER_SERVERS];
    uint16_t id, port;
    uint8_t tries;
    bool running, unsent; /* unsent: the next hop is not resolved yet */
    usec due;
};

/* What the message says of both: a name that DNS may know, and who is to be asked. False: not both of them. */
bool resolver_take(struct resolver *, const struct dhcp *);
void resolver_start(struct resolver *, struct host *, struct random *, usec now, struct outbox *);
void resolver_stop(struct resolver *);
/* GOT: *address is that of the name. UNKNOWN, SILENT: it has ended without one. */
enum resolver_heard resolver_hear(struct resolver *, struct host *, usec now, const struct host_frame *, ipv4 *address,
                                  struct fault *why, struct outbox *);
enum resolver_heard resolver_wake(struct resolver *, struct host *, usec now, struct outbox *);
void resolver_resolved(struct resolver *, struct host *, usec now, struct outbox *); /* ARP answered */
usec resolver_due(const struct resolver *);
#endif
