/* net/pace.h: how many datagrams may leave now by a socket whose reader is one program with a small buffer.
 *
 * PACE_AT_ONCE after a rest; then `rate` a millisecond, or a PACE_SHARE-th of what waits when that is more: so nothing
 * waits much longer than PACE_SHARE milliseconds, and no number of clients a second is too many.
 * Why   who collects the answers of many clients (a relay agent, a load generator) has one socket, and Linux gives that
 *       208 KiB, which is some 160 datagrams of DHCP. When either side has stood still for 20 ms, because of its disk
 *       or of another program, hundreds of answers are ready within a few milliseconds: sent at once, what is over that
 *       number is lost there, with no trace here.
 * Garbage a clock that goes back gives nothing, and waits for itself. A rate of 0: no limit.
 */
#ifndef NET_PACE_H
#define NET_PACE_H
#include "base/engine.h"

enum { PACE_AT_ONCE = 64, PACE_SHARE = 64 };

struct pace {
    uint32_t rate; /* datagrams a millisecond; 0: no limit */
    uint64_t room; /* thousandths of a datagram that may leave at once: a microsecond at `rate` 1 is one */
    usec since;    /* when `room` was right */
};

size_t pace_room(struct pace *, usec now, size_t waiting); /* of `waiting`, so many may leave now */
void pace_sent(struct pace *, size_t n);
#endif
