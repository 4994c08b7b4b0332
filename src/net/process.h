/* net/process.h: the processes of a lab on real frames, and how they speak with the one that shows it.
 *
 * Messages between them are datagrams of a SEQPACKET socket: a kind (one byte), then as the comment says, big endian.
 */
#ifndef NET_PROCESS_H
#define NET_PROCESS_H
#include "lab/plan.h"
#include "net/attach.h"

enum { PROCESS_MESSAGE = 8192 };

/* Laid down before the processes are forked: all of them read the same. */
struct process {
    const struct plan *plan;
    bool record_failed;                 /* said once */
    int record;                         /* descriptor of a recording, opened O_APPEND; -1: none */
    int capture, capture_uplink;        /* descriptors of pcapng files; -1: none */
    struct attach attach;               /* the host's interfaces at spare ports of the switch: for the fleet alone */
    const char *store;                  /* folder of the world's tmpfs */
    int (*servers)(int socket, void *); /* a role: DHCP, TFTP, CallManagers, the store (app/servers.h) */
    int up;                             /* socket to the process that shows it all: set by the keeper */
};

/* To the showing process. */
enum process_says {
    SAYS_READY = 'R',  /* role u8 */
    SAYS_NEWS = 'N',   /* moment be64, role u8, engine be32, news be16, facts */
    SAYS_FAILED = 'E', /* role u8, text: the role ends */
    SAYS_PORT =
        'P', /* port be32, allocated mW be32, mV be32, max mW be32, then admin, oper, device, class, each with its NUL */
    SAYS_COUNTS =
        'C', /* role u8, frames sent be64, dropped by a fault be64, lost in the kernel be64, memory in KiB be64 */
    SAYS_DONE = 'D',    /* role u8: all was said */
    SAYS_REFUSED = 'X', /* role u8, text: a change was refused */
    /* An attached interface, whenever its carrier changes, and in a report: which u8, port be32, link u8, Mbit/s be32 (0:
     * not told), frames that came in be64, that left be64, lost be64. */
    SAYS_ATTACHED = 'A',
};
enum process_role { ROLE_FLEET, ROLE_SERVERS, ROLES_OF_A_LAB };

/* To a role, from the keeper, or through it from the showing process. */
enum process_asks {
    ASKS_NETWORK = 'n', /* the links are there: begin */
    ASKS_PLUG = 'p',    /* phone be32; UINT32_MAX: all */
    ASKS_UNPLUG = 'u',  /* phone be32 */
    ASKS_DOWN = 'd',    /* CallManager u8: its connections are reset and its port refuses */
    ASKS_UP = 'U',
    ASKS_CHANGE = 'c', /* device name, NUL, field, NUL, value, NUL */
    ASKS_USER = 'h',   /* phone be32, what the person at it does (phone/call.h) */
    ASKS_REPORT = 'r', /* say the rows, the counts, and DONE */
    ASKS_END = 'e',
};

struct port_row {
    uint32_t port, milliwatts, millivolts, max_milliwatts;
    const char *text[4]; /* admin, oper, device, class */
};
void write_port_row(struct writer *, const struct port_row *); /* SAYS_PORT */
void say_news(const struct process *, enum process_role, usec now, const struct action *, struct bytes facts);
void say_text(const struct process *, enum process_says, enum process_role, const char *text);
void say_byte(const struct process *, enum process_says, enum process_role);
void say_counts(const struct process *, enum process_role, uint64_t frames, uint64_t dropped, uint64_t lost);
void process_record(void *process, struct bytes); /* a recording_write_fn: appends to `record` */
uint64_t process_memory_kib(void); /* PSS of this process and the socket memory of its namespace; 0: not known */

int fleet_run(int socket, void *process); /* a role: the switch and all phones */
int lab_keeper(
    int socket,
    void *process); /* world_config.keeper: starts both roles, joins their networks, passes on what is asked */
#endif
