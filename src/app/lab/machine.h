/* app/lab/machine.h: what the machine that serves has: its interfaces and their addresses, its routers, who holds a
 * port.
 *
 * machine_interface   the IPv4 address of an interface, its mask, MAC and index: `home` if that is one of its
 *                     addresses, else the first. False with *why: there is no such interface; it is down. One without
 *                     an address: true, address 0.
 * machine_overlap     the first interface, other than `ours`, with an address whose subnet overlaps that of
 *                     address/mask, and that address; false: there is none.
 * machine_router      the gateway of the default route by way of that interface (any when NULL); 0: none.
 * machine_dns         the IPv4 name servers of /etc/resolv.conf, loopback ones left out; how many.
 * machine_holder      who holds a UDP or TCP port, "dnsmasq (pid 812)"; false: nobody can be seen (needs to read
 *                     /proc/PID/fd).
 * Garbage in the files of /proc and /etc is passed over.
 */
#ifndef APP_LAB_MACHINE_H
#define APP_LAB_MACHINE_H
#include "base/address.h"
#include "net/error.h"

struct machine_interface {
    int index;
    struct mac mac;
    ipv4 address, mask;
};

enum { HOLDER_TEXT = 64 };
bool machine_interface(const char *name, ipv4 home, struct machine_interface *out, struct net_error *why);
enum { INTERFACE_TEXT = 16 };
bool machine_overlap(ipv4 address, ipv4 mask, const char *ours, char name[INTERFACE_TEXT], ipv4 *its);
ipv4 machine_router(const char *interface);
uint8_t machine_dns(ipv4 out[], uint8_t most);
bool machine_holder(char to[HOLDER_TEXT], bool udp, uint16_t port);
/* As many open files as the hard limit allows: the soft one of many systems is 1,024. */
void machine_raise_limits(void);
#endif
