/* lab/fleet.h: the engines of a lab's access side: one switch of the plan, its phones, the cables between them.
 *
 * Parties are numbered within the fleet: its phones from 0, then the switch (fleet_switch). Whoever has several fleets
 * adds fleet.at.first to the number of a phone. A driver steps them (fleet_party says
 * how) and hands each of their actions to fleet_act, which moves lines and frames between them and calls the driver's
 * hooks for what leaves: the uplink, streams, news. What belongs to the kernel's TCP is offered to `tcp`, if there is
 * that hook.
 * Memory  allocated by fleet_open, freed by fleet_close. The plan outlives the fleet.
 */
#ifndef LAB_FLEET_H
#define LAB_FLEET_H
#include "lab/flash_chip.h"
#include "lab/ground.h"
#include "lab/plan.h"
#include "phone/heed.h"
#include "switch/cable.h"
#include "switch/switch.h"

enum { FLEET_BENCHES = 32 };

struct fleet_hooks {
    void *context;
    void (*deliver)(void *context, uint32_t party, const struct event *); /* later, or now: the driver's choice */
    void (*uplink)(void *context, struct bytes frame);                    /* leaves the switch by its uplink */
    void (*stream)(void *context, uint32_t phone, const struct action *, struct bytes payload); /* OPEN, WRITE, CLOSE */
    void (*tell)(void *context, const struct action *, struct bytes facts);
    void (*tcp)(void *context, uint32_t phone,
                struct bytes packet); /* a packet for this phone's TCP; NULL: to the engine */
    void (*seen)(void *context, uint32_t phone,
                 struct bytes frame); /* each frame at a phone's port, once; may be NULL. From `phones` up: attached */
    void (*attached)(void *context, uint32_t which, struct bytes frame); /* leaves by an attached port, from 0 */
    void (*opens)(void *context, bool begins); /* a load that no phone here ran before: chip_loads.opens */
};

struct cable {
    enum cable_mode mode;
    struct line phone, port;       /* what each end does */
    struct line at_phone, at_port; /* what was last heard there */
};

struct fleet {
    const struct plan *plan;
    uint32_t number; /* of its switch, from 0 */
    struct plan_switch at;
    uint32_t attached; /* interfaces of the host: at the first switch only */
    char name[16];
    struct fleet_hooks hooks;
    struct phone *phone;
    struct flash_chip *chip;
    struct chip_loads loads;
    struct file *made; /* loads that only phones here have */
    struct cable *cable;
    struct poe_switch ethernet;
    struct switch_config switch_config;
    struct switch_svi svi[3];
    void *switch_memory;
    uint32_t uplink_port;
    struct ground *ground, own_ground;
    /* Of its phones: a document is on one for some round trips, and who finds none asks again a moment later. */
    struct workbenches benches;
    uint64_t frames, nowhere; /* at phones' ports; into cables that are not plugged in */
    uint64_t *concern;        /* by port: which broadcasts may mean something there (phone/heed.h) */
    uint32_t hint[256];       /* by the last byte of an address: the phone that had it */
};

/* Switch `number` of the plan. False: no memory. The struct must not move after. */
bool fleet_open(struct fleet *, const struct plan *, uint32_t number, const struct fleet_hooks *);
/* The same, on common ground, which outlives it; NULL: each place by itself. */
bool fleet_open_on(struct fleet *, const struct plan *, uint32_t number, const struct fleet_hooks *, struct ground *);
void fleet_close(struct fleet *);
size_t fleet_memory(const struct fleet *);   /* all that it holds now, itself and its own workbenches left out */
void fleet_begin(struct fleet *);            /* once the parties are known to the driver: the uplink is up */
uint32_t fleet_switch(const struct fleet *); /* its party number; parties = that + 1 */
step_fn *fleet_party(struct fleet *, uint32_t party, void **engine, usec *first_wake);
/* After a step of this phone, if the driver likes: broadcasts of others are spared it then without a look at the phone
 * itself. Whoever calls it at all calls it after each step. */
void fleet_stepped(struct fleet *, uint32_t phone);
void fleet_act(struct fleet *, uint32_t party, const struct action *, struct bytes payload);
void fleet_from_uplink(struct fleet *, struct bytes frame);
void fleet_from_phone(struct fleet *, uint32_t phone, struct bytes frame); /* a frame as the phone sends it (its TCP) */
void fleet_plug(struct fleet *, uint32_t phone, enum cable_mode);
/* plan.attach, from 0: an interface of the host at the end of this port's cable. What it does to the line, what it
 * brings. */
uint32_t fleet_attached_port(const struct fleet *, uint32_t which);
void fleet_attached_line(struct fleet *, uint32_t which, const struct line *);
void fleet_from_attached(struct fleet *, uint32_t which, struct bytes frame);
const struct phone *fleet_at(struct fleet *, ipv4 address,
                             uint32_t *phone); /* who has this address now; NULL: nobody */
#endif
