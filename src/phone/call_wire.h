/* phone/call_wire.h: the numbers of a call's messages, what of a message is told, and how EVENT_USER is written.
 * Internal to the room, but for user_encode (phone/call.h). */
#ifndef PHONE_CALL_WIRE_H
#define PHONE_CALL_WIRE_H
#include "wire/sccp_register.h"

enum { KEY_STAR = 14, KEY_POUND = 15 };                   /* of KeypadButton */
enum { KEY_HOLD = 3, KEY_END_CALL = 9, KEY_RESUME = 10 }; /* events of SoftKeyEvent */
enum { STIMULUS_HOLD = 3, SPEAKER_ON = 1, SPEAKER_OFF = 2 };
enum { CALL_ACKNOWLEDGES = 17 /* StartMediaTransmissionAck: phones of this protocol version and newer */ };

uint32_t call_wire_reference(const struct sccp_message *); /* of which call it is; 0: it does not say */
/* SOURCE, MESSAGE (its name), and what of it is worth a line: VALUE (a state, tone, mode or key), LABEL and TEXT
 * (what is shown), ADDRESS, PORT, CODEC, CALLING, CALLED. */
void call_wire_tell(struct writer *facts, const char *source, const struct sccp_message *);
#endif
