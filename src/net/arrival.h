/* net/arrival.h: lets in to a socket only what arrives by certain interfaces.
 *
 * A socket that listens on an address of one interface hears whoever reaches that address by any other one: Linux takes
 * an address as the machine's, not the interface's (the weak host model, RFC 1122, section 3.3.4.2). SO_BINDTODEVICE
 * allows one interface alone, which is wrong for phones that come from behind a router by another one. So a filter in
 * the kernel (SO_ATTACH_FILTER) looks at the interface by which a packet has come, whatever the address that it is for:
 * from others it is dropped unanswered.
 *
 * arrival_only  of an IPv4 socket of UDP, or of TCP before listen() or while it listens. It takes the place of the one
 *               before. What a TCP listener accepts inherits it.
 * arrival_any   takes the filter away again; without one nothing happens.
 *
 * Takes   indexes of interfaces, of which 0 is passed over; more than ARRIVALS_MOST: -EINVAL. With none nothing comes
 *         in.
 * Rights  none.
 * Errors  a negative errno with words in *why.
 */
#ifndef NET_ARRIVAL_H
#define NET_ARRIVAL_H
#include "net/error.h"
#include <stddef.h>
#include <stdint.h>

enum { ARRIVALS_MOST = 32 };

struct arrivals {
    int index[ARRIVALS_MOST];
    size_t count;
};

int arrival_only(int fd, const struct arrivals *, struct net_error *why);
void arrival_any(int fd);
#endif
