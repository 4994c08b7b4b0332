/* switch/switch.h: the virtual PoE switch: a stack of members, each port with its power machine (switch/pse.h) and its
 * announcer (switch/announcer.h), one bridge (switch/bridge.h) and one router (switch/router.h).
 *
 * Ports   1 to `ports` are for phones: access ports with data_vlan untagged and voice_vlan tagged. Port `ports` + 1 is
 *         the uplink: uplink_vlan untagged, no power (uplink_trunk: the other VLANs tagged). event.stream and
 *         action.stream are the port. Its driver tells the uplink's carrier by EVENT_LINE like any other port's.
 * Takes   EVENT_WAKE (the first at its start), EVENT_LINE (LINE_SIZE bytes: what arrives at this end; cable.h),
 *         EVENT_FRAME. Others are ignored.
 * Gives   ACTION_LINE, ACTION_FRAME, ACTION_TELL (switch/news.h): at most SWITCH_MOST a step and SWITCH_MOST_BYTES;
 *         when more is due it asks to be woken at once. A frame flooded to all ports is what needs the room.
 * Memory  switch_memory(config) bytes, aligned as malloc's, from the owner at init; the config must outlive the switch.
 * Errors  a frame or line that is not sound changes nothing, and is told once a second at most (SWITCH_MALFORMED); a
 *         port that is not there is ignored; a frame on a port whose link is down is counted (port_down).
 */
#ifndef SWITCH_SWITCH_H
#define SWITCH_SWITCH_H
#include "base/timers.h"
#include "switch/announcer.h"
#include "switch/bridge.h"
#include "switch/news.h"
#include "switch/pse.h"
#include "switch/router.h"

enum { SWITCH_PORTS = 288, SWITCH_MEMBERS = 9 };             /* without the uplink */
enum { SWITCH_MOST = 768, SWITCH_MOST_BYTES = 1024 * 1024 }; /* of one step */

struct switch_timing {
    struct pse_timing power;
    struct announcer_timing announce;
    usec mac_age;
};
extern const struct switch_timing SWITCH_REAL; /* detection rounds of 1 s, classification 30 ms */
extern const struct switch_timing
    SWITCH_SHORTENED; /* rounds of 5 ms (1 s after a while on an empty port); waits stay true */

struct switch_config {
    const char *name;          /* host name: CDP device id, LLDP system name */
    uint32_t ports;            /* 1 to SWITCH_PORTS */
    uint32_t ports_per_member; /* 48; ports / ports_per_member, rounded up, is at most SWITCH_MEMBERS */
    uint32_t budget_mw;        /* of each member: 740000 */
    uint32_t port_max_mw;      /* 15400 (Type 1) or 30000 (Type 2); 0: 15400 */
    uint16_t data_vlan, voice_vlan, uplink_vlan; /* voice 0: none */
    bool uplink_trunk;
    const struct switch_svi *svi;
    uint8_t svis;        /* at most SWITCH_SVIS, each VLAN once */
    ipv4 default_router; /* 0: none */
    bool relay_option_82;
    struct mac
        base_mac; /* ports: + 1 to + 289; SVIs: + 512 up. It and the 1,023 above are the switch's alone: a port that
                                  hears a frame from one of them is looped */
    bool cdp, lldp;
    const struct switch_timing *timing;
    uint64_t seed;
};

struct switch_port {
    struct pse pse;
    struct announcer announcer;
    bool up;          /* frames pass */
    bool looped;      /* it heard itself; until the carrier goes */
    uint32_t refused; /* mW: the wish that was last told as refused */
};

struct switch_counts {
    uint64_t malformed;
    uint64_t port_down; /* frames that came by a port whose link is down */
};

struct poe_switch {
    const struct switch_config *config;
    struct switch_port *ports; /* [0] is unused, [ports + 1] the uplink */
    struct pse_budget budget[SWITCH_MEMBERS];
    struct announcer_config announcing;
    struct router_config routing;
    struct bridge bridge;
    struct router router;
    struct timers timers; /* by port; 0: the router */
    struct switch_counts counts;
    uint64_t untold; /* malformed since the last news of it */
    usec tell_after;
};

size_t switch_memory(const struct switch_config *); /* 0: the config is not possible */
bool switch_init(struct poe_switch *, const struct switch_config *, void *memory, size_t size);
usec switch_step(struct poe_switch *, usec now, const struct event *, struct outbox *);
/* `power inline auto|static|never` and `shutdown` of one port, at once. Returns the next wake. */
usec switch_set_admin(struct poe_switch *, usec now, uint32_t port, enum power_admin, bool shut, struct outbox *);

/* `switchport mode trunk` of one port, before its first line: every VLAN, the data VLAN untagged. It announces no voice
 * VLAN: what is behind it has a switch of its own. */
void switch_set_trunk(struct poe_switch *, uint32_t port);

/* A row of `show power inline`. */
struct switch_report {
    uint32_t port;
    const char *admin;               /* auto, static, off */
    const char *oper;                /* on, off, power-deny, faulty */
    uint32_t milliwatts, millivolts; /* allocated; on the line (48000 or 0) */
    const char *device;              /* "IP Phone 7960", "Cisco PD", "Ieee PD", "n/a"; lives as long as the switch */
    const char *class;               /* "0" to "4", "n/a" */
    uint32_t max_milliwatts;
    bool link;
};
struct switch_report switch_port_report(const struct poe_switch *, uint32_t port);
const struct neighbour *switch_neighbour(const struct poe_switch *, uint32_t port); /* CDP's, else LLDP's; NULL: none */
uint32_t switch_budget_used(const struct poe_switch *, uint32_t member);            /* mW; members from 0 */
#endif
