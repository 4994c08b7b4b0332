/* switch/interface.h: one real interface of a machine that brings up phones: first a look at who is there already,
 * then, if told so, an announcer of the voice VLAN, and all the time the neighbours that are heard.
 *
 * Look      (timing->look, begun by the first EVENT_WAKE) One DHCPDISCOVER, broadcast, from this interface's own
 *           address, and one with the tag of `look_vlan` if that is not 0; both once more after timing->repeat if no
 *           server was heard. Unless `silent`, also one CDP frame with a voice VLAN query and one LLDP frame of an
 *           LLDP-MED endpoint (class I, policy unknown): a switch speaks by itself only each 60 or 30 s, and its MED
 *           not before it has seen MED, but answers these at once. They are forgotten by who hears them when the look
 *           is over. A BOOTREPLY from anybody else, to whomever, is a DHCP server; a CDP appliance VLAN reply (0x0e),
 *           or an LLDP-MED voice policy of a network connectivity device, is a giver of a voice VLAN. INTERFACE_LOOKED
 *           ends the look, and changes nothing: what follows is the owner's choice.
 * Announce  CDP (version 2) at once and each 60 s, LLDP at once and each 30 s (switch/announcement.h). An answer at
 *           once to a phone that asks by CDP (query 0x0f, or first heard), and three LLDP frames 1 s apart, the first
 *           at once, to an LLDP-MED endpoint first heard (TIA-1057 11.2.1); MED TLVs stand in the frames while such an
 *           endpoint is known. An answer is a group frame that serves all who ask: of each protocol there is at most
 *           one each timing->gap (200 ms), however many ask, so that nobody can make this a source of floods.
 * Foreign   A DHCP server, or a giver of another voice VLAN than ours, is told when it is first heard, in the look or
 *           later, when a giver changes its mind (once a minute at most), and again after timing->remind; nothing else
 *           changes. Of each the first INTERFACE_SERVERS and INTERFACE_GIVERS are kept, more are counted. A giver that
 *           says farewell, or whose time to live ends, makes room for another one, a minute after it was told at the
 *           earliest.
 * Ours      Frames from this interface's own address or those of interface_ours are passed over, and so are BOOTREPLYs
 *           of a server whose id or address is in interface_ours: one process may sit on a segment with two interfaces.
 *
 * Takes     EVENT_FRAME: anything heard on the interface; interface_wants says which are worth a step. EVENT_WAKE.
 * Gives     ACTION_FRAME, ACTION_TELL, both with config.number as their `stream`: at most INTERFACE_MOST and
 *           INTERFACE_MOST_BYTES a step.
 * Memory    sizeof(struct interface), and n records of neighbours from the owner (switch/neighbours.h). The texts of
 *           the configuration are copied, cut to 63 bytes (name, platform), 127 (software) and 31 (port). News of
 *           neighbours: 1,024 at once, 100 a second after that; more are counted as `untold`, and stand in the table
 *           all the same.
 * Errors    What cannot be decoded changes nothing, is counted, and told with its fault, once a second at most.
 */
#ifndef SWITCH_INTERFACE_H
#define SWITCH_INTERFACE_H
#include "base/random.h"
#include "switch/neighbours.h"
#include "wire/ethernet.h"

enum { INTERFACE_MOST = 48, INTERFACE_MOST_BYTES = 32768, INTERFACE_SERVERS = 8, INTERFACE_GIVERS = 4 };

/* All carry INTERFACE, the name of config.port. */
enum interface_news {
    /* SERVER (its id), MAC of the frame, VLAN when tagged; ADDRESS offered, MASK, ROUTER, TFTP (150, else siaddr) as
     * said. */
    INTERFACE_DHCP_SERVER = 0x280,
    /* VLAN (0: priority tag, 4095: untagged), PROTOCOL, SWITCH (who), NEIGHBOUR (its port), MAC; OLD: the VLAN
     * before */
    INTERFACE_VOICE_VLAN,
    /* COUNT of DHCP servers and, of the first, SERVER; of the first giver VLAN, PROTOCOL, SWITCH, NEIGHBOUR */
    INTERFACE_LOOKED,
    /* Heard first, or changed: PROTOCOL "CDP" or "LLDP", DEVICE, MODEL, LOAD, NEIGHBOUR (its port), CAPABILITIES (of
     * that protocol), MAC, SOURCE "voice" for a phone, WATTS it wants, ADDRESS */
    INTERFACE_NEIGHBOUR,
    INTERFACE_NEIGHBOUR_GONE, /* its time ended, it said farewell, or had to make room: PROTOCOL, DEVICE, MAC */
    INTERFACE_MALFORMED,      /* WHAT, AT, COUNT of those since the last such news */
    INTERFACE_NEWS_END
};

struct interface_timing {
    usec look;   /* 5 s; 0: no look */
    usec repeat; /* 2 s */
    usec cdp, lldp, fast;
    usec gap;    /* 200 ms */
    usec remind; /* 1 h */
};
extern const struct interface_timing INTERFACE_REAL;

struct interface_config {
    uint32_t number; /* `stream` of its actions */
    struct mac mac;  /* the interface's own */
    const char *name, *platform, *software;
    const char *port;         /* the interface's name: "eth1" */
    const char *vendor_class; /* of the DISCOVER; NULL: "dialtone" */
    uint16_t look_vlan;       /* 0: the look is untagged only */
    bool silent;              /* the look asks nothing by CDP and LLDP */
    const struct interface_timing *timing;
    uint64_t seed;
};

struct interface_announce {
    uint16_t voice_vlan;                          /* 0: none */
    uint8_t priority, dscp;                       /* of voice: 5, 46 */
    uint8_t signalling_priority, signalling_dscp; /* 3, 24 */
    uint16_t native_vlan;                         /* 0: not said, so that no switch finds a mismatch */
    ipv4 management;                              /* 0: none */
    bool cdp, lldp;
};

struct interface_server {
    ipv4 id; /* option 54, else the packet's source */
    struct mac mac;
    bool tagged;
    uint16_t vlan;
    ipv4 offered, mask, router, tftp; /* 0: not said */
    usec told;
};

struct interface_giver {
    struct mac mac;
    enum neighbour_protocol protocol;
    uint16_t vlan;
    char device[64], port[32];
    usec told, until; /* when its time to live ends; not before a minute after it was told */
};

struct interface_counts {
    uint64_t heard_cdp, heard_lldp, heard_dhcp; /* sound ones, of others */
    uint64_t own;                               /* passed over: from ourselves */
    uint64_t malformed;
    uint64_t sent_cdp, sent_lldp, sent_dhcp;
    uint64_t asked;      /* phones' questions that want an answer at once */
    uint64_t held_back;  /* of those: answered by a later frame, for the gap */
    uint64_t neighbours; /* now */
    uint64_t new_neighbours, gone, evicted, untold;
    uint64_t servers_beyond, givers_beyond; /* heard while their tables were full */
};

enum interface_phase { INTERFACE_FRESH, INTERFACE_LOOKS, INTERFACE_HAS_LOOKED };

struct interface {
    struct interface_config config; /* its texts point into the following */
    char name[64], platform[64], software[128], port[32], vendor_class[64];
    struct interface_announce announce;
    enum interface_phase phase;
    usec look_ends, repeat_at;
    uint32_t xid;
    struct sending {
        usec due, free_at; /* not before free_at */
        bool farewell;
    } cdp, lldp;
    uint8_t fast;       /* LLDP frames left of a fast start */
    uint32_t endpoints; /* LLDP-MED endpoints known */
    const struct mac *our_macs;
    size_t our_macs_count;
    const ipv4 *our_addresses;
    size_t our_addresses_count;
    struct neighbours neighbours;
    struct interface_server server[INTERFACE_SERVERS];
    struct interface_giver giver[INTERFACE_GIVERS];
    uint8_t servers, givers;
    uint32_t news_left; /* of neighbours */
    usec news_counted;
    usec malformed_at;
    uint64_t malformed_told;
    struct interface_counts counts;
};

void interface_init(struct interface *, const struct interface_config *, struct heard_neighbour *memory, uint32_t n);
usec interface_step(void *engine, usec now, const struct event *, struct outbox *);
/* Is the frame of any interest to the engine? Everything else may be kept from it. */
bool interface_wants(struct bytes frame);
/* Who is ourselves, beside config.mac: borrowed, and may be given again whenever it changes. */
void interface_ours(struct interface *, const struct mac *, size_t macs, const ipv4 *addresses, size_t n);
/* Begins to announce, or changes what is announced; a protocol that is switched off says farewell. The frames leave in
 * the step of the EVENT_WAKE that must follow at once. */
void interface_announce(struct interface *, const struct interface_announce *);
/* Ends all announcing: in the step that must follow a CDP frame and a shutdown LLDPDU with a time to live of 0. */
void interface_shutdown(struct interface *);
/* Begins to look anew, with the next EVENT_WAKE. */
void interface_look(struct interface *);
bool interface_looking(const struct interface *); /* until INTERFACE_LOOKED was told */
struct interface_counts interface_count(const struct interface *);

/* --- between interface.c, interface_look.c and interface_neighbours.c --- */
struct writer *interface_tell(const struct interface *, enum interface_news, struct outbox *);
usec interface_look_step(struct interface *, usec now, struct outbox *); /* returns when it is next due */
bool interface_hear_dhcp(struct interface *, usec now, const struct ethernet *, struct fault *, struct outbox *);
void interface_hear_giver(struct interface *, usec now, const struct interface_giver *, struct outbox *);
void interface_giver_ends(struct interface *, struct mac, enum neighbour_protocol); /* its farewell */
usec interface_age_givers(struct interface *, usec now);                            /* returns when the next one ends */
bool interface_hear_cdp(struct interface *, usec now, const struct ethernet *, struct fault *, struct outbox *);
bool interface_hear_lldp(struct interface *, usec now, const struct ethernet *, struct fault *, struct outbox *);
usec interface_age(struct interface *, usec now, struct outbox *);
void interface_answer(struct interface *, struct sending *, usec now);
#endif
