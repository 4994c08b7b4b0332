/* lab/plan.h: what a lab is made of: its phones, its switch, its servers. Laid down before anything runs; the same for
 * real frames (net) and for virtual time (sim).
 */
#ifndef LAB_PLAN_H
#define LAB_PLAN_H
#include "base/engine.h"
#include "lab/fault.h"
#include "provision/models.h"

struct file; /* server/documents.h */

enum { PLAN_PHONES = 250, PLAN_CALLMANAGERS = 3, PLAN_PREFERENCES = 512, PLAN_ATTACHED = 4, PLAN_INTERFACE = 16 };

struct plan_phone {
    struct mac mac;
    const struct phone_model *model;
    const char *load;                   /* in its flash */
    bool known;                         /* in the device database before */
    char preferences[PLAN_PREFERENCES]; /* lines for its flash */
};

/* An interface of the host at a spare port of the switch: guests are behind it. */
struct plan_attached {
    char interface[PLAN_INTERFACE];
    bool trunk; /* all VLANs, the data VLAN untagged; else as a phone's port */
};

struct plan {
    struct plan_phone phone[PLAN_PHONES];
    uint32_t phones;
    struct plan_attached attach[PLAN_ATTACHED]; /* at the ports behind those of the phones */
    uint32_t attached;
    uint8_t callmanagers;
    uint16_t voice_vlan, data_vlan;
    ipv4 voice_router, voice_mask, voice_first, voice_last,
        server[PLAN_CALLMANAGERS]; /* server[0] has DHCP and TFTP too */
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
/* VLANs, subnets, servers and the power budget of a lab; no phones yet. 250 phones, a router and three servers fill the voice
 * subnet. */
void plan_default(struct plan *);
#endif
