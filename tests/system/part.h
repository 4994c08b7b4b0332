/* part.h: one engine, or a few, on interfaces that are there already: what the tests against strangers run.
 *
 *   part phone IFACE [--model NAME] [--mac MAC] [--seconds N] [--vlan-wait N] [--load newest|older]
 *              [--until vlan|address|configuration|registration|end] [--preference 'KEY VALUE']
 *   part phones IFACE --count N [--model NAME] [--mac MAC of the first] [--seconds N] [--vlan-wait N] [--until end]
 *   part servers IFACE ADDRESS/BITS [--pool FIRST-LAST] [--router ADDRESS] [--without dhcp|tftp]
 *              [--device MAC=MODEL] [--relayed ROUTER/BITS,FIRST-LAST]
 *   part switch IFACE... [--uplink IFACE] [--announce yes|no]     voice VLAN 100, untagged at the uplink
 *   part load NAME                  the built-in image load of that name, to standard output
 *
 * --until end: it goes on for all of --seconds, and is to be registered then. Phones also end at SIGTERM; the last
 * thing that they say is `registered R of N in S s`, and of many each line has
 * the seconds since the start and the MAC address of its phone before it.
 * Each works in the network namespace in which it is started, as root of it, and sets there what it needs: only for a
 * namespace that was made for it. What happens is one line each on standard output: the number of the news, then its
 * facts as key=value, text in quotation marks. Status: 0 as asked, 1 not in time, 2 not understood, 3 not possible
 * here.
 */
#ifndef SYSTEM_PART_H
#define SYSTEM_PART_H
#include "lab/plan.h"
#include "net/loop.h"
#include "net/netlink.h"

enum part_until { UNTIL_REGISTRATION, UNTIL_VLAN, UNTIL_ADDRESS, UNTIL_CONFIGURATION, UNTIL_END };
enum {
    PART_FILES = 512,
    PART_INTERFACES = 8,
    PART_PHONES = 4000,
    PART_DEVICES = 250, /* of --device */
    STATUS_LATE = 1,
    STATUS_USAGE = 2,
    STATUS_IMPOSSIBLE = 3
};

struct part {
    const char *interface[PART_INTERFACES];
    uint32_t interfaces;
    const char *uplink; /* of the switch; NULL: none */
    bool silent;        /* the switch announces nothing */
    const struct phone_model *model;
    struct mac mac;
    unsigned count;              /* phones */
    unsigned seconds, vlan_wait; /* vlan_wait 0: as the load has it */
    enum part_until until;
    const char *preference;          /* a line of the phone's flash; NULL: none */
    bool older;                      /* the phone runs the older load of its model */
    bool without_dhcp, without_tftp; /* a stranger has that port */
    struct plan plan;                /* of the servers */
};

int part_phone(struct part *);
int part_phones(struct part *);
int part_servers(struct part *);
int part_switch(struct part *);

void part_say(const struct action *, struct bytes facts); /* a line */
int part_impossible(const struct net_error *);            /* says why; returns STATUS_IMPOSSIBLE */
/* Carrier on an interface of this namespace, IPv6 and offloads off; `arp`: the kernel answers there. */
int part_ready(const char *interface, bool arp, struct net_error *why);
#endif
