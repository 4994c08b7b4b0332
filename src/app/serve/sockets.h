/* app/serve/sockets.h: the sockets of `dialtone serve`: which are open, for whom, and to which party what they hear
 * goes.
 *
 *   TFTP         to SERVE_TFTP: one on port 69 and those of the transfers, for all interfaces
 *   DHCP         to SERVE_DHCP: one on port 67 at each network, whose number is the `stream` of what it hears
 *   CallManager  to SERVE_CALLMANAGER and up: a listener at each network, or one at the address that its node names
 *   HTTP         at each network (net/http_files.h); admin-http (app/serve/metrics.h) at its own address
 *
 * Served is who comes by an interface that is served, or by lo: others get no answer of TFTP, HTTP or a CallManager,
 * whichever of the machine's addresses they call (net/arrival.h). A CallManager's node whose address was given is
 * for whoever reaches that address.
 *
 * Errors  0 or a negative errno with words in *why. A port that is taken: "UDP port 69 is held by in.tftpd (pid
 *         812)", as far as our rights let us see who it is, and so all are opened before rights are dropped. With
 *         `dhcp: serve: auto` a port 67 that is taken turns DHCP off, and serve.dhcp_why says so; all others end the
 *         start.
 */
#ifndef APP_SERVE_SOCKETS_H
#define APP_SERVE_SOCKETS_H
#include "app/serve/serve.h"

int serve_open_sockets(struct serve *, struct net_error *why); /* at the start: all that is on, where a network is */
/* Later: of the networks that are here and have none yet, or have another address now. What is open stays. */
int serve_open_missing_sockets(struct serve *, struct net_error *why);
void serve_take_arrivals(struct serve *); /* which interfaces are served has changed */
#endif
