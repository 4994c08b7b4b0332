/* phone/station_parts.h: what the files of the station share. Internal to the room.
 *
 *   station.c           the connections: whom to try, keepalives, what is lost; Reset; what comes goes to the others
 *                       by the state of its connection
 *   station_register.c  LINK_REGISTERING and LINK_LOADING: from RegisterReq until the last request of registration
 *                       is answered
 *   station_failback.c  LINK_TOKEN: may the phone come up to a CallManager that stands higher in its list?
 *   station_wire.c      the messages (phone/station_wire.h)
 */
#ifndef PHONE_STATION_PARTS_H
#define PHONE_STATION_PARTS_H
#include "base/facts.h"
#include "phone/news.h"
#include "phone/station_wire.h"

/* News of CallManager i: BOOT, CALLMANAGER, PRIORITY. */
struct writer *station_tell(const struct station *, const struct station_self *, enum phone_news, uint8_t i,
                            struct outbox *);
/* Connection i is lost, or could not be made: `why` are the words; `last` says the next alarm if it was the active
 * one. */
enum station_heard station_lost(struct station *, const struct station_self *, uint8_t i, usec now, const char *why,
                                enum last, struct outbox *);
void station_stand_by(const struct station *, struct station_link *, usec now); /* open, and not for registration */
void station_keep_others(struct station *,
                         usec now); /* connections beside the active one are made, if they are wanted */
/* Whoever talks does not fail back, and is not reset: the call would be lost. */
bool station_in_call(const struct station_self *);

/* station_register.c */
void station_register_at(struct station *, const struct station_self *, uint8_t i, usec now, struct outbox *);
void station_register_ack(struct station *, const struct station_self *, usec now, const struct sccp_register_ack *);
/* The request at hand is answered: on to the next one that applies; after the last one registration is complete. */
enum station_heard station_register_next(struct station *, const struct station_self *, usec now, struct outbox *);
enum station_heard station_register_due(struct station *, const struct station_self *, usec now, struct outbox *);

/* station_failback.c */
void station_failback_hear(struct station *, const struct station_self *, uint8_t i, usec now,
                           const struct sccp_message *, struct outbox *); /* an answer to the token */
void station_failback_silent(struct station *, struct station_link *, usec now);
void station_failback_due(struct station *, const struct station_self *, usec now, struct outbox *);
#endif
