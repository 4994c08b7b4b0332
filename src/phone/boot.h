/* phone/boot.h: the phone's own inside, shared by the files that put its parts in order, each with its step of the
 * startup process: phone.c (power and image, and the order of all), vlan.c, address.c, files.c and upgrade.c
 * (configuration), optional.c (what comes after). Not for other rooms.
 */
#ifndef PHONE_BOOT_H
#define PHONE_BOOT_H
#include "base/facts.h"
#include "phone/news.h"
#include "phone/phone.h"

/* With BOOT; a step's end with TOOK too, and the next step begins now. */
struct writer *phone_tell(const struct phone *, enum phone_news, struct outbox *);
struct writer *phone_tell_step(struct phone *, usec now, enum phone_news, struct outbox *);
void phone_do(struct phone *, enum phone_doing, usec due);
/* The loader again: RAM is gone but for why, and the lease. */
void phone_reboot(struct phone *, usec now, enum last, struct outbox *);
void phone_malformed(struct phone *, usec now, const char *layer, const struct fault *, struct outbox *);
void phone_say_line(struct phone *, struct outbox *); /* what this end of the cable does now, if that is new */
struct station_self phone_station_self(struct phone *);

/* vlan.c: step 3. The link is up */
void vlan_start(struct phone *, usec now, struct outbox *);
void vlan_hear(struct phone *, usec now, struct host_frame *, struct outbox *); /* CDP, LLDP */
void vlan_wake(struct phone *, usec now, struct outbox *);

/* As address_due in the header: asked after each step of each phone. */
static inline usec vlan_due(const struct phone *p)
{
    const struct discovery *d = &p->discovery;

    if (p->doing == DOING_VLAN && d->decided) return 0; /* the user's preference: no need to wait */
    if (!d->running) return NEVER;
    return earlier(earlier(d->cdp_due, d->lldp_due), d->decided ? NEVER : d->decide_due);
}

/* address.c: step 4, from its start: in the VLAN that was decided */
void address_start(struct phone *, usec now, struct outbox *);
bool address_hear(struct phone *, usec now, struct host_frame *, struct outbox *); /* UDP; false: of other protocols */
void address_resolved(struct phone *, usec now, struct outbox *);                  /* a next hop has answered ARP */
void address_duplicate(struct phone *, usec now, struct mac other, struct outbox *);
void address_release(struct phone *, struct outbox *); /* tells the DHCP server, if it still can */
void address_wake(struct phone *, usec now, struct outbox *);

static inline usec address_due(const struct phone *p)
{
    return earlier(dhcp_client_due(&p->dhcp), resolver_due(&p->dhcp.resolver));
}

/* files.c: step 5 */
static const usec BENCH_WAIT = 20 * MSEC; /* all workbenches are in use by other phones of this process */
void files_start(struct phone *, usec now, struct outbox *);
void files_hear(struct phone *, usec now, const struct host_frame *, struct outbox *);
/* The TFTP client's timers, DOING_FILES to DOING_FLASH, and DOING_WAIT_FILES. */
void files_wake(struct phone *, usec now, struct outbox *);
void files_forget(struct phone *); /* stop; give the workbench back */
void files_give_back(struct phone *);
void files_fetch(struct phone *, usec now, const char *name, struct outbox *);
void files_register(struct phone *, usec now, struct outbox *); /* on to step 6, or to the load that is wanted first */
void files_keep(struct phone *, struct outbox *); /* registered: what configured it is the last good configuration */
void workbench_add(struct workbench *, struct bytes); /* the caller has seen that it fits */

/* optional.c: what it asks for once it is registered (phone/optional.h) */
void optional_start(struct phone *, usec now,
                    struct outbox *); /* registered: unless it has done so since its configuration */
void optional_next(struct phone *, usec now, struct outbox *); /* one is had, or missing */
void optional_silent(struct phone *, struct outbox *);

/* upgrade.c: the image load of step 5 */
/* Fetches it; then reboots, or goes on to register. */
void upgrade_start(struct phone *, usec now, struct bytes load, struct outbox *);
void upgrade_block(struct phone *, usec now, struct bytes data, struct outbox *); /* a block of its files came */
void upgrade_got(struct phone *, usec now, struct outbox *);                      /* one of its files is complete */
void upgrade_refused(struct phone *, usec now, const char *why, const struct fault *, struct outbox *);
void upgrade_wake(struct phone *, usec now, struct outbox *);
#endif
