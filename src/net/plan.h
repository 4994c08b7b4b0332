/* net/plan.h: what a lab is made of, and how its processes speak with the one that shows it.
 *
 * The plan is laid down before the processes are forked: they all read the same. Messages between them are datagrams of a
 * SEQPACKET socket: a kind (one byte), then as the comment says, big endian.
 */
#ifndef NET_PLAN_H
#define NET_PLAN_H
#include "base/engine.h"
#include "provision/models.h"

struct file; /* server/documents.h */

enum { PLAN_PHONES = 250, PLAN_CALLMANAGERS = 3, PLAN_MESSAGE = 8192, PLAN_PREFERENCES = 512 };

struct plan_phone {
    struct mac mac;
    const struct phone_model *model;
    const char *load;                   /* in its flash */
    bool known;                         /* in the device database before */
    char preferences[PLAN_PREFERENCES]; /* lines for its flash */
};

struct plan {
    struct plan_phone phone[PLAN_PHONES];
    uint32_t phones;
    uint8_t callmanagers;
    uint16_t voice_vlan, data_vlan;
    ipv4 voice_router, voice_mask, voice_first, voice_last, server[PLAN_CALLMANAGERS]; /* server[0] has DHCP and TFTP too */
    ipv4 data_router, data_mask, data_first, data_last;
    uint32_t power_budget;              /* mW of each switch member */
    bool realtime;
    uint64_t seed;
    usec start;                         /* zero of every process's clock, on monotonic_now's scale */
    uint64_t wall;                      /* microseconds since 1970 at that moment */
    uint32_t first_number;              /* of auto-registration */
    const char *store;                  /* folder of the world's tmpfs */
    int capture, capture_uplink;        /* descriptors of pcapng files; -1: none */
    int up;                             /* socket to the process that shows it all */
    int (*servers)(int socket, void *plan); /* a role: DHCP, TFTP, CallManagers, the store (app/servers.h) */
    const struct file *file;            /* image loads and their lists that TFTP serves, from load_built_in */
    size_t files;
};

/* To the showing process. */
enum plan_says {
    SAYS_READY = 'R',   /* role u8 */
    SAYS_NEWS = 'N',    /* moment be64, role u8, engine be32, news be16, facts */
    SAYS_FAILED = 'E',  /* role u8, text: the role ends */
    SAYS_PORT = 'P',    /* a row of the switch: see fleet.c */
    SAYS_COUNTS = 'C',  /* role u8, frames sent be64, lost in the kernel be64, memory in KiB be64 */
    SAYS_DONE = 'D',    /* role u8: all was said */
    SAYS_REFUSED = 'X', /* a change was refused: text */
};
enum plan_role { ROLE_FLEET, ROLE_SERVERS, ROLES_OF_A_LAB };

/* To a role, from the keeper, or through it from the showing process. */
enum plan_asks {
    ASKS_NETWORK = 'n',  /* the links are there: begin */
    ASKS_PLUG = 'p',     /* phone be32; UINT32_MAX: all */
    ASKS_UNPLUG = 'u',   /* phone be32 */
    ASKS_DOWN = 'd',     /* CallManager u8: its connections are reset and its port refuses */
    ASKS_UP = 'U',
    ASKS_CHANGE = 'c',   /* device name, NUL, field, NUL, value, NUL */
    ASKS_REPORT = 'r',   /* say the rows, the counts, and DONE */
    ASKS_END = 'e',
};

void plan_say_news(const struct plan *, enum plan_role, usec now, const struct action *, struct bytes facts);
void plan_say_text(const struct plan *, enum plan_says, enum plan_role, const char *text);
void plan_say_counts(const struct plan *, enum plan_role, uint64_t frames, uint64_t lost);
void plan_say_byte(const struct plan *, enum plan_says, enum plan_role);
uint64_t process_memory_kib(void); /* PSS of this process and the socket memory of its namespace; 0: not known */

int fleet_run(int socket, void *plan);   /* a role: the switch and all phones */
int lab_keeper(int socket, void *plan);  /* world_config.keeper: starts both, joins their networks, passes on what is asked */
#endif
