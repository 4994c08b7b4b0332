/* net/packet_filter.h: which frames a packet socket is woken for: a filter in the kernel (SO_ATTACH_FILTER, classic
 * BPF).
 *
 * On a busy interface a daemon that waits for announcements and DHCP would else be handed every frame of it.
 * Takes   what is wanted, below: a frame passes that fits any of it. Nothing set: nothing passes.
 * Gives   0, or a negative errno (-EPERM is not among them: it needs no rights).
 */
#ifndef NET_PACKET_FILTER_H
#define NET_PACKET_FILTER_H
#include "net/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACKET_FILTER_VLANS = 4 };

struct packet_filter {
    bool discovery;                     /* to the group of CDP, and LLDP */
    bool arp;                           /* the rest untagged or with whatever tag: */
    bool dhcp_replies;                  /* UDP from port 67 to 68 */
    bool dhcp;                          /* UDP to or from port 67 or 68 */
    uint16_t vlan[PACKET_FILTER_VLANS]; /* everything that has one of these tags */
    size_t vlans;
};

/* For the socket `fd`; replaces the filter that is there. NULL: takes it away. */
int packet_filter_attach(int fd, const struct packet_filter *, struct net_error *why);
#endif
