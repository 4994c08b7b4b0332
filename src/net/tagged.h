/* net/tagged.h: this machine in a tagged VLAN of an interface, so that servers can answer phones that tag.
 *
 * What is made, in this order of preference, is an interface to bind servers to (SO_BINDTODEVICE):
 *   TAGGED_EXISTING  "IF.N" is there already, and not by us: it is used as it is. If it has no address it gets ours,
 *                    and loses it at the end; nothing else of it is changed.
 *   TAGGED_8021Q     a link of kind "vlan" (Linux 802.1q).
 *   TAGGED_RELAY     where the kernel has no 802.1q: a veth pair. One end has the address and the interface's own
 *                    hardware address; what the kernel sends there is read at the other end and leaves by the
 *                    interface's own packet socket with the tag, and what comes in with the tag goes the other way, if
 *                    it is for us or for a group. The offloads of the pair are off, so that each frame is whole; so is
 *                    the interface's receive offload (GRO), until the end (SIGKILL leaves it off): segments put
 *                    together are no frames.
 * Its name is "IF.N", or "dtINDEX.N" if that is too long for an interface. All that was made is taken away by
 * tagged_close; what SIGKILL left is known by its alias, "dialtone PID", and replaced. If process PID lives and is one
 * like ours: -EBUSY.
 *
 * Takes   the interface, which is up; `out`: its packet socket, which stays its owner's. In the relay's case that
 *         socket becomes promiscuous (hardware that sorts by VLAN drops the tag otherwise), and its owner gives each
 *         frame to tagged_frame, and, if the socket has a filter, lets the VLAN through (packet_filter).
 * Gives   0, or a negative errno with what could not be done.
 * Memory  in the relay's case a packet ring (config.ring_bytes).
 * Rights  CAP_NET_ADMIN and CAP_NET_RAW in the namespace, at tagged_close too: who has dropped them leaves the link
 *         behind, to be replaced at the next start.
 */
#ifndef NET_TAGGED_H
#define NET_TAGGED_H
#include "base/address.h"
#include "net/packet.h"

enum tagged_how { TAGGED_NOT, TAGGED_EXISTING, TAGGED_8021Q, TAGGED_RELAY };

struct tagged_config {
    const char *interface;
    uint16_t vlan; /* 1 to 4094 */
    ipv4 address;
    unsigned prefix;    /* 1 to 31 */
    uint8_t priority;   /* 802.1p of what is sent */
    bool relay_only;    /* do not try the kernel's 802.1q */
    struct packet *out; /* NULL: no relay */
    size_t ring_bytes;  /* 0: PACKET_RING */
};

struct tagged_counts {
    uint64_t to_kernel, from_kernel;
    uint64_t for_others; /* with the tag, but to somebody else's address, or our own frames come back */
    uint64_t unfit;      /* from the kernel: tagged already, or too long */
};

struct tagged {
    enum tagged_how how;
    char name[16]; /* to bind servers to */
    int index;
    ipv4 address; /* TAGGED_EXISTING: the first one that it has */
    unsigned prefix;
    struct mac mac;
    struct net_error no_8021q; /* TAGGED_RELAY: why it is not the kernel's */
    struct tagged_counts counts;
    /* private */
    char interface[16];
    uint16_t vlan;
    uint8_t priority;
    bool made, address_made, offload_was_on;
    struct packet *out;
    struct packet far; /* the relay's end */
};

/* The struct must not move while it is open, and lives until the loop has turned once after tagged_close. */
int tagged_open(struct tagged *, struct loop *, const struct tagged_config *, struct net_error *why);
/* A frame that the interface's packet socket has heard. True when it has the VLAN's tag and the relay took it, or
 * dropped it as somebody else's. */
bool tagged_frame(struct tagged *, struct bytes frame);
void tagged_close(struct tagged *); /* also of one that is all zero, or was closed */
#endif
