/* phone/boot.h: the phone's own inside, shared by phone.c (power to address), files.c (configuration, loads) and its
 * station's boot side. Not for other rooms. */
#ifndef PHONE_BOOT_H
#define PHONE_BOOT_H
#include "base/facts.h"
#include "phone/news.h"
#include "phone/phone.h"

struct writer *phone_tell(const struct phone *, enum phone_news, struct outbox *); /* with BOOT */
struct writer *phone_tell_step(struct phone *, usec now, enum phone_news,
                               struct outbox *); /* with BOOT and TOOK; the next step begins now */
void phone_do(struct phone *, enum phone_doing, usec due);
void phone_reboot(struct phone *, usec now, enum last,
                  struct outbox *); /* the loader again: RAM is gone but for why and the lease */
void phone_ask_address(struct phone *, usec now, struct outbox *); /* step 4 from its start */
void phone_malformed(struct phone *, usec now, const char *layer, const struct fault *, struct outbox *);
struct station_self phone_station_self(struct phone *);

/* files.c: step 5 */
void files_start(struct phone *, usec now, struct outbox *);
void files_hear(struct phone *, usec now, const struct host_frame *, struct outbox *);
void files_wake(struct phone *, usec now,
                struct outbox *);  /* the TFTP client's timers, and DOING_FILES .. DOING_FLASH, DOING_WAIT_FILES */
void files_forget(struct phone *); /* stop; give the workbench back */
void files_upgrade(struct phone *, usec now, struct bytes load,
                   struct outbox *);                            /* fetch this load; then reboot, or go on to register */
void files_register(struct phone *, usec now, struct outbox *); /* on to step 6 */
void files_keep(struct phone *, struct outbox *); /* registered: what configured it is the last good configuration */
#endif
