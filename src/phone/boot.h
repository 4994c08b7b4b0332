/* phone/boot.h: the phone's own inside, shared by phone.c (power to address), files.c (configuration) and upgrade.c
 * (loads). Not for other rooms. */
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
void phone_ask_address(struct phone *, usec now, struct outbox *); /* step 4 from its start */
void phone_malformed(struct phone *, usec now, const char *layer, const struct fault *, struct outbox *);
struct station_self phone_station_self(struct phone *);

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
