/* lab/plan.h: what a lab is made of: its phones, its switches, its servers. Laid down before anything runs; the same
 * for real frames (net) and for virtual time (sim).
 *
 * One switch: the servers are on its voice VLAN's segment. Several (more phones than one switch takes): each has
 * subnets of its own and a routed uplink, and the servers are elsewhere:
 *   voice    10.0.0.0/9 by /24s, data 10.128.0.0/9 by /24s; the router .1, phones from .5
 *   uplinks  172.16.0.0 up by /30s: the switch's router + 1, the servers' side + 2
 *   servers  172.31.255.1 up
 */
#ifndef LAB_PLAN_H
#define LAB_PLAN_H
#include "base/engine.h"
#include "lab/fault.h"
#include "provision/models.h"

struct file; /* server/documents.h */

/* PLAN_PHONES: at one switch, at most: they, a router and three servers fill the voice subnet. PLAN_SWITCHES: as many
 * /24s as there are in a /9. */
enum {
    PLAN_PHONES = 250,
    PLAN_SWITCHES = 32768,
    PLAN_CALLMANAGERS = 3,
    PLAN_PREFERENCES = 512,
    PLAN_ATTACHED = 4,
    PLAN_INTERFACE = 16
};

struct plan_phone {
    struct mac mac;
    bool known; /* in the device database before */
    const struct phone_model *model;
    const char *load;        /* in its flash */
    const char *preferences; /* lines for its flash, less than PLAN_PREFERENCES; NULL: none. They outlive the plan */
};

/* An interface of the host at a spare port of the first switch: guests are behind it. */
struct plan_attached {
    char interface[PLAN_INTERFACE];
    bool trunk; /* all VLANs, the data VLAN untagged; else as a phone's port */
};

struct plan {
    struct plan_phone *phone; /* see plan_phones */
    uint32_t phones, per_switch;
    struct plan_attached attach[PLAN_ATTACHED]; /* at the ports behind those of the first switch's phones */
    uint32_t attached;
    uint8_t callmanagers;
    uint16_t voice_vlan, data_vlan, uplink_vlan;            /* uplink_vlan: of a routed uplink */
    ipv4 voice_router, voice_mask, voice_first, voice_last, /* of the only switch; of several: see plan_switch */
        server[PLAN_CALLMANAGERS];                          /* server[0] has DHCP and TFTP too */
    ipv4 data_router, data_mask, data_first, data_last;
    uint32_t power_budget; /* mW of each switch member */
    struct faults faults;  /* what is wrong; see lab/fault.h */
    bool realtime;
    uint64_t seed;
    usec start;    /* zero of every process's clock, on the monotonic clock's scale */
    uint64_t wall; /* microseconds since 1970 at that moment */
    /* How far local time in a zone (IANA's name) is ahead of UTC then, in seconds. NULL: its standard time throughout,
     * which is the same on every machine. `context` is NULL. */
    int32_t (*utc_offset_of)(void *context, const char *iana_zone, uint64_t unix_seconds);
    uint32_t first_number;   /* of auto-registration */
    const struct file *file; /* image loads and their lists that TFTP serves, from load_built_in */
    size_t files;
};

/* A switch of the plan, with its phones first to first + phones - 1. */
struct plan_switch {
    uint32_t first, phones;
    ipv4 voice_router, voice_mask, voice_first, voice_last, data_router, data_mask, data_first, data_last;
    ipv4 uplink_router, uplink_server, uplink_mask; /* routed: the two ends of its uplink */
    bool routed;
};

/* VLANs, subnets, servers and the power budget of a lab; no phones yet. */
void plan_default(struct plan *);
/* Memory for `phones` phones, all zero, per_switch (1 to PLAN_PHONES) of them at each switch; several switches move the
 * servers. False: no memory, or more than PLAN_SWITCHES. plan_free gives it back. */
bool plan_phones(struct plan *, uint32_t phones, uint32_t per_switch);
void plan_free(struct plan *);
uint32_t plan_switches(const struct plan *); /* 1 at least */
struct plan_switch plan_switch(const struct plan *, uint32_t k);
uint32_t plan_switch_of(const struct plan *, uint32_t phone);
/* Several switches: behind which uplink is this address? UINT32_MAX: behind none. */
uint32_t plan_switch_towards(const struct plan *, ipv4);
#endif
