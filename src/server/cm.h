/* server/cm.h: what the files of the CallManager engine share; no other file includes it.
 */
#ifndef SERVER_CM_H
#define SERVER_CM_H
#include "server/callmanager.h"
#include "server/news.h"
#include "base/facts.h"
#include "wire/sccp_register.h"

/* callmanager.c: connections */
bool cm_full(const struct callmanager *); /* no place for another connection */
uint32_t cm_index(const struct callmanager *, const struct cm_connection *);
bool cm_in_service(const struct cm_connection *); /* registered, and not about to be reset */
struct cm_connection *cm_find(struct callmanager *, uint32_t stream);
struct device *cm_device(const struct callmanager *,
                         const struct cm_connection *); /* that is registered on it; else NULL */
void cm_schedule(struct callmanager *, struct cm_connection *);
void cm_forget(struct callmanager *, struct cm_connection *); /* frees it; says nothing to anybody */
/* Closes it and tells why: CM_UNREGISTERED when a device was registered on it, else CM_DISCONNECTED. */
void cm_close(struct callmanager *, struct cm_connection *, const char *why, struct outbox *);
void cm_unregistered(struct callmanager *, struct cm_connection *, const char *why, struct outbox *);
void cm_write(struct cm_connection *, const struct sccp_message *, struct outbox *);
struct writer *cm_tell(const struct callmanager *, enum server_news, const struct cm_connection *, struct outbox *);
void cm_tell_device(struct writer *, const struct device *);
void cm_tell_protocol(const struct callmanager *, struct writer *, const struct cm_connection *);

/* cm_strangers.c: connections that may have to make place */
void cm_stranger(struct callmanager *, struct cm_connection *); /* the youngest of them */
void cm_no_stranger(struct callmanager *, struct cm_connection *);
void cm_silent(struct callmanager *, struct cm_connection *, struct outbox *); /* it becomes one */
void cm_make_place(struct callmanager *, struct outbox *);                     /* for one that comes, if it must be */

/* cm_alarm.c: why it was out of service, as it tells it */
void cm_alarm(struct callmanager *, struct cm_connection *, const struct sccp_alarm *, struct outbox *);
void cm_xml_alarm(struct callmanager *, struct cm_connection *, struct bytes document, struct outbox *);
void cm_keep_alarms(struct cm_connection *,
                    struct device *); /* those that came before it registered on this connection */

/* cm_register.c: who may come, and who goes */
void cm_register(struct callmanager *, usec now, struct cm_connection *, const struct sccp_register *, struct outbox *);
void cm_token(struct callmanager *, usec now, struct cm_connection *, struct bytes name, bool spcp, struct outbox *);

/* cm_text.c: the message as this phone can read it: itself, or *room with its texts in `texts` */
enum { CM_TEXTS = 512 };
const struct sccp_message *cm_readable(const struct cm_connection *, const struct sccp_message *,
                                       struct sccp_message *room, uint8_t texts[CM_TEXTS]);

/* cm_answers.c: the requests of a registration. False: it was none. */
bool cm_answer(struct callmanager *, usec now, struct cm_connection *, const struct device *,
               const struct sccp_message *, struct outbox *);
void cm_time(struct callmanager *, usec now, struct cm_connection *, struct outbox *); /* DefineTimeDate */
void cm_clock(struct callmanager *, usec now, struct cm_connection *,
              struct outbox *); /* cm_time, if what it was told is wrong now */

/* call.c, call_keys.c, call_table.c: calls (server/call_parts.h has the rest) */
void calls_init(struct calls *, struct call *, uint32_t n);
/* A message of a call, of a device in service. False: it is none. */
bool cm_call_message(struct callmanager *, usec now, struct cm_connection *, struct device *,
                     const struct sccp_message *, struct outbox *);
/* The device on it is registered no more: whatever call it was in goes on without it. Nothing is said to it. */
void cm_call_gone(struct callmanager *, usec now, struct cm_connection *, struct outbox *);
void cm_call_due(struct callmanager *, usec now, uint32_t which, struct outbox *);

/* cm_reset.c: what a device owes */
bool cm_owes(const struct device *);
void cm_reset_lost(const struct cm_connection *, struct device *);
void cm_send_reset(struct callmanager *, usec now, struct cm_connection *, struct device *, const char *why,
                   struct outbox *);
void cm_reset_waits(struct callmanager *, struct cm_connection *, struct device *, const struct sccp_message *,
                    struct outbox *); /* when this message begins a call: for its end */
void cm_pay(struct callmanager *, usec now, struct cm_connection *, struct outbox *); /* what it owes, if it may now */
void cm_walk(struct callmanager *, usec now, uint32_t until, struct outbox *); /* until the outbox holds that many */
#endif
