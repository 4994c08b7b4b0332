/* net/process.h: the processes of a lab on real frames, and how they speak with the one that shows it.
 *
 * Messages between them are datagrams of a SEQPACKET socket: a kind (one byte), then as the comment says, big endian.
 */
#ifndef NET_PROCESS_H
#define NET_PROCESS_H
#include "lab/plan.h"
#include "lab/service_times.h"
#include "net/attach.h"
#include "net/layout.h"
#include <sys/types.h>

/* PROCESS_BATCH: of news that leave together, where there are many; a single message is never longer than
 * PROCESS_MESSAGE. */
enum { PROCESS_MESSAGE = 8192, PROCESS_BATCH = 65536 };
enum { SIGNALLING_TOS = 0x60 }; /* of the servers' streams: CS3, as the phones' own */

/* Laid down before the processes are forked: all of them read the same. */
struct process {
    const struct plan *plan;
    struct layout layout;
    uint32_t which; /* of the fleets, or of the fronts: set by the keeper before it starts one */
    uint8_t *batch; /* news that wait for process_flush; NULL: each leaves at once */
    size_t batch_len;
    bool record_failed;              /* said once */
    bool measure;                    /* the roles measure their service times, and say them in their report */
    int record;                      /* descriptor of a recording, opened O_APPEND; -1: none */
    int capture, capture_uplink;     /* descriptors of pcapng files; -1: none */
    struct attach attach;            /* the host's interfaces at spare ports of the switch: for the fleet alone */
    int front[PLAN_CALLMANAGERS][2]; /* with fronts: sockets, [0] for the servers, [1] for the front (net/channel.h) */
    pid_t servers_pid;               /* for the fronts, which join its network */
    const char *store;               /* folder of the world's tmpfs */
    int (*servers)(int socket, void *); /* a role: DHCP, TFTP, CallManagers, the store (app/lab/servers.h) */
    int up;                             /* socket to the process that shows it all: set by the keeper */
};

/* To the showing process. */
enum process_says {
    SAYS_READY = 'R', /* role u8 */
    /* moment be64, role u8, engine be32, news be16, facts. The engine of a phone's news is the phone's number in the
     * whole lab, that of a switch's the number of its first phone. */
    SAYS_NEWS = 'N',
    SAYS_BATCH =
        'B', /* news of one process in the order of time, each: length be16, then as SAYS_NEWS behind its kind */
    SAYS_FAILED = 'E', /* role u8, text: the role ends */
    /* port be32, allocated mW be32, mV be32, max mW be32, then admin, oper, device, class, each with its NUL */
    SAYS_PORT = 'P',
    /* role u8, frames sent be64, dropped by a fault be64, lost in the kernel be64, memory in KiB be64, TCP segments
     * that were sent again be64 */
    SAYS_COUNTS = 'C',
    SAYS_RATES =
        'T',         /* role u8, which u8, lost in the kernel be64, TCP segments that were sent again be64: until now */
    SAYS_DONE = 'D', /* role u8: all was said */
    SAYS_REFUSED = 'X', /* role u8, text: a change was refused */
    /* An attached interface, whenever its carrier changes, and in a report: which u8, port be32, link u8, Mbit/s be32
     * (0: not told), frames that came in be64, that left be64, lost be64. */
    SAYS_ATTACHED = 'A',
    SAYS_SERVICE = 'S', /* with `measure`: which u32 (lab/service_times.h), count be64, nanoseconds be64 */
};
enum process_role { ROLE_FLEET, ROLE_SERVERS, ROLE_FRONT, ROLES_OF_A_LAB };

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
void say_news(struct process *, enum process_role, usec now, const struct action *, struct bytes facts);
void process_batch(struct process *); /* from here on news wait for process_flush; without memory they do not */
void process_flush(struct process *);
void say_text(const struct process *, enum process_says, enum process_role, const char *text);
void say_byte(const struct process *, enum process_says, enum process_role);
void say_counts(const struct process *, enum process_role, uint64_t frames, uint64_t dropped, uint64_t lost);
void say_rates(const struct process *, enum process_role, uint64_t lost, uint64_t resent); /* SAYS_RATES */
void process_record(void *process, struct bytes); /* a recording_write_fn: appends to `record` */
uint64_t process_memory_kib(void);                /* PSS of this process; 0: not known */
/* Of the calling thread's network namespace. The memory of sockets is the whole machine's: the kernel counts no
 * other. */
uint64_t network_memory_kib(void);
uint64_t network_resent(void);
/* Of a lab of several switches, before its first socket. Where thousands of phones share a core an answer may well take
 * longer than the least RTO of 200 ms, and what is sent again then makes all of it slower still: RFC 6298, 2.4 says 1
 * s. Before Linux 6.11 that cannot be set. */
void network_patient(const struct process *);

void say_services(const struct process *, const struct service_times *); /* SAYS_SERVICE, those that were spent */
/* The delay of an uplink of the calling process's namespace: ARP probes (RFC 5227) that the kernel at the other end
 * answers at once, one after the other; half of the median. Returns nanoseconds, 0: it could not be measured. Takes
 * some ms. */
uint64_t link_delay(const char *interface, ipv4 neighbour);
/* From what wakes a thread that sleeps in poll(2) until it runs, while whoever woke it goes on, on another core where
 * there is one: the median of some. The same otherwise. */
uint64_t waking_delay(void);

int fleet_run(int socket, void *process); /* a role: a fleet's switches and their phones */
int front_run(int socket, void *process); /* a role: the connections of one CallManager, process.which */
int lab_keeper(
    int socket,
    void *process); /* world_config.keeper: starts the roles, joins their networks, passes on what is asked */
#endif
