/* phone/station_wire.h: what the station says, message by message, and which answer it waits for. Internal to the room.
 */
#ifndef PHONE_STATION_WIRE_H
#define PHONE_STATION_WIRE_H
#include "phone/station.h"

/* The requests of registration in the order of a 7960's displays: version, templates, lines, speed dials, features,
 * services, servers; then time. */
enum station_request {
    REQUEST_VERSION,
    REQUEST_BUTTONS,
    REQUEST_SOFT_KEYS,
    REQUEST_KEY_SETS,
    REQUEST_LINE,
    REQUEST_SPEED_DIAL,
    REQUEST_FEATURE,
    REQUEST_SERVICE,
    REQUEST_SERVERS,
    REQUEST_AVAILABLE_LINES,
    REQUEST_TIME,
    REQUESTS
};

void station_send_register(const struct station *, const struct station_self *, uint32_t stream, struct outbox *);
void station_send_capabilities(const struct station *, const struct station_self *, uint32_t stream, struct outbox *);
void station_send_token(const struct station *, const struct station_self *, uint32_t stream, struct outbox *);
void station_send_number(const struct station *, uint32_t id, uint32_t number, uint32_t stream, struct outbox *);
void station_request_first(struct station *);
void station_request_done(struct station *,
                          const struct station_self *); /* moves to the next that applies, or REQUESTS */
bool station_send_request(const struct station *, const struct station_self *, uint32_t stream,
                          struct outbox *); /* false: no answer will come */
bool station_answers(struct station *, const struct station_self *,
                     const struct sccp_message *); /* it is the answer to the request at hand; its content is kept */
#endif
