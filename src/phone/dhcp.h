/* phone/dhcp.h: DHCP client (RFC 2131, figure 5), as a phone is one.
 *
 * Asks     DISCOVER with 53, 61 (01 + MAC), 12, 60, 55 = 1, 66, 6, 3, 15, 150, 35. Unanswered it asks again after 4,
 *          8, 16, 32, 64, 64 ... s, give or take one (4.1). An OFFER with mask and TFTP server is taken at once; a
 *          poorer one only if no better comes within 1 s.
 *          An OFFER without server identifier, of 0 s, or of an address that no host can have is none. No mask: that of
 *          the address's class (RFC 950).
 * TFTP     option 150 (two at most), option 66 when it is a dotted address, siaddr, sname when it is one; of each the
 *          addresses that a host can have. Without 150, a name in 66 and DNS servers (6) are left to `resolver`: what
 *          it finds comes before siaddr, and stays over renewals.
 * Probe    a new address is probed by ARP (RFC 5227); a conflict: DECLINE, and from the start after 10 s (RFC 2131,
 *          3.1 (5)).
 * Lease    T1 unicast, T2 broadcast, the end: the address is given up. What an ACK leaves out stays as the OFFER, or
 *          the ACK before a renewal, had it. An ACK whose lease is over already is no answer. NAK: from the start.
 *          Where one server was asked, another's NAK, or ACK of another address, is no answer.
 * Reboot   with the lease that it had before a reset: INIT-REBOOT first; unanswered, it goes on with that lease while
 *          it lives.
 *
 * Takes    the host's datagrams to port 68, from whatever port (a relay may stand behind a translator), wakes.
 * Gives    DHCP frames through the host: one a call, with its ARP request when the server's MAC is not known.
 * Memory   one struct dhcp_client; nothing is allocated.
 * Garbage  what does not decode, has another xid, chaddr or client identifier (RFC 6842), or is no reply: discarded,
 *          moves no timer.
 */
#ifndef PHONE_DHCP_H
#define PHONE_DHCP_H
#include "base/random.h"
#include "phone/host.h"
#include "phone/resolver.h"
#include "phone/timing.h"
#include "wire/dhcp.h"

enum { DHCP_SAID = 40 };
enum dhcp_state {
    DHCP_IDLE,
    DHCP_INIT,
    DHCP_SELECTING,
    DHCP_REQUESTING,
    DHCP_REBOOTING,
    DHCP_PROBING,
    DHCP_BOUND,
    DHCP_RENEWING,
    DHCP_REBINDING
};
enum dhcp_heard {
    DHCP_NOTHING,
    DHCP_MALFORMED,
    DHCP_GOT,
    DHCP_RENEWED,
    DHCP_REFUSED,
    DHCP_LOST,
    DHCP_NO_ANSWER,
    DHCP_DUPLICATED
};
enum tftp_source {
    TFTP_FROM_NOTHING,
    TFTP_FROM_150,
    TFTP_FROM_66,
    TFTP_FROM_SIADDR,
    TFTP_FROM_SNAME,
    TFTP_FROM_PREFERENCE
};

struct lease {
    ipv4 address, mask, router, server;
    ipv4 tftp[2];
    uint8_t tftp_source;
    uint32_t seconds;
    usec t1, t2, end;      /* moments; NEVER for an infinite lease */
    struct mac server_mac; /* who sent the ACK */
};

struct dhcp_client {
    enum dhcp_state state;
    uint32_t xid;
    uint8_t tries, probes, naks, declines;
    uint8_t worth;            /* of the offer: see dhcp.c */
    bool has_offer, unsent;   /* unsent: a unicast waits for the server's MAC */
    uint16_t secs;            /* of the last DISCOVER */
    usec due, started, asked; /* next wake; DISCOVER began (for secs); when the last REQUEST left */
    struct lease lease;       /* the offer, then the lease */
    struct mac other;         /* of a duplicate */
    ipv4 refused;             /* the address that it has */
    ipv4 other_server;        /* another DHCP server, whose OFFER was passed over; 0: none */
    struct resolver resolver; /* for the name in option 66 of the ACK; the phone starts it */
};

struct dhcp_self { /* who asks; filled for each call */
    struct host *host;
    const struct phone_timing *timing;
    struct random *random;
    struct bytes option60; /* exact, with its NUL byte where the phone has one */
    char *said;            /* DHCP_SAID bytes, for the words of a NAK; NULL: nobody wants them */
};

/* `remembered` may be NULL: none. */
void dhcp_client_start(struct dhcp_client *, const struct dhcp_self *, usec now, const struct lease *remembered);
void dhcp_client_stop(struct dhcp_client *); /* link or VLAN lost: nothing is sent */
void dhcp_client_release(struct dhcp_client *, const struct dhcp_self *, struct outbox *);
/* GOT: the host has the address. NO_ANSWER: after each try that nobody answered (tries says how many). */
enum dhcp_heard dhcp_client_hear(struct dhcp_client *, const struct dhcp_self *, usec now, const struct host_frame *,
                                 struct fault *why, struct outbox *);
enum dhcp_heard dhcp_client_duplicate(struct dhcp_client *, const struct dhcp_self *, usec now, struct mac other,
                                      struct outbox *);
enum dhcp_heard dhcp_client_wake(struct dhcp_client *, const struct dhcp_self *, usec now, struct outbox *);
/* ARP answered: a unicast that waited for it leaves. */
void dhcp_client_resolved(struct dhcp_client *, const struct dhcp_self *, usec now, struct outbox *);
usec dhcp_client_due(const struct dhcp_client *);
#endif
