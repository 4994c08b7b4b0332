/* lab/service_times.h: what the processes of a lab on real frames spend on what they do: measured there (net/meter.h),
 * spent again in virtual time (sim/machine.h).
 *
 * A service time is processor time, user and system, in nanoseconds, and how often it was spent: a mean is their
 * quotient. Each step of an engine has one by who it is and what it heard; what comes before and after steps has
 * others. Nothing of it is in an engine.
 */
#ifndef LAB_SERVICE_TIMES_H
#define LAB_SERVICE_TIMES_H
#include "base/engine.h"

enum service_role { SERVICE_PHONE, SERVICE_SWITCH, SERVICE_DHCP, SERVICE_TFTP, SERVICE_CALLMANAGER, SERVICE_ROLES };
enum { SERVICE_EVENTS = EVENT_USER + 1, SERVICE_STEPS = SERVICE_ROLES * SERVICE_EVENTS };

enum service {                                     /* beside the steps, which are numbered from 0 (service_step) */
               SERVICE_FLEET_TURN = SERVICE_STEPS, /* of a fleet's loop: poll, timers */
               SERVICE_PHONE_ANNOUNCEMENT,         /* a phone's step with an announcement: CDP, LLDP */
               SERVICE_PHONE_LAST_BLOCK,    /* a phone's step with the last block of a file, which it then reads */
               SERVICE_TFTP_REQUEST,        /* the TFTP server's with a request: it makes a document, often */
               SERVICE_SWITCH_ANNOUNCEMENT, /* the same of a switch */
               SERVICE_FLOOD,               /* a switch's step with a broadcast */
               SERVICE_LOAD,                /* opening a load that no phone of a switch ran before */
               SERVICE_UPLINK,              /* a frame at an uplink, in or out */
               SERVICE_SEGMENT,             /* a TCP segment of a phone: relay and switch, either way */
               SERVICE_FLEET_STREAM,        /* what a phone's stream carries: opened, a message, closed; either way */
               SERVICE_FLEET_NEWS,          /* something told to the process that shows the lab */
               SERVICE_SERVERS_TURN,        /* of the servers' loop */
               SERVICE_DATAGRAM,            /* in or out */
               SERVICE_SERVERS_STREAM,      /* as SERVICE_FLEET_STREAM, at a CallManager */
               SERVICE_SERVERS_NEWS,
               SERVICE_COMMIT, /* a transaction of the store, without its records */
               SERVICE_RECORD, /* of one */
               SERVICE_SHOW,   /* news at the process that shows the lab */
               SERVICE_LINK,   /* no processor time: an uplink's delay, one way */
               SERVICE_WAKING, /* no processor time: from what wakes a sleeping process until it runs */
               SERVICE_TIMES
};

struct service_time {
    uint64_t count, nanoseconds;
};

struct service_times {
    uint32_t cores, phones; /* of the machine; of the lab that was measured */
    struct service_time of[SERVICE_TIMES];
};

/* Of an event at an engine: its number. */
uint32_t service_step(enum service_role, enum event_kind);
/* The same of a phone, of a switch and of a TFTP server, where the time is that of what comes: an announcement (CDP,
 * LLDP: to a group) is read and answered, with its last block a file is there, a broadcast goes everywhere, for a
 * request a document is found or made. */
uint32_t service_of_phone(const struct event *);
uint32_t service_of_switch(const struct event *);
uint32_t service_of_tftp(const struct event *);
uint64_t service_mean(const struct service_times *, uint32_t service); /* nanoseconds; 0 where there was none */
/* Its name: at most SERVICE_NAME bytes with the NUL; "phone wake", "uplink". */
enum { SERVICE_NAME = 32 };
void service_name(char to[SERVICE_NAME], uint32_t service);
/* What several processes of one kind measured becomes one. */
void service_add(struct service_times *, uint32_t service, struct service_time);
#endif
