/* server/call_parts.h: what the files of calls share with one another and with the CallManager's connections; no other
 * file includes it.
 */
#ifndef SERVER_CALL_PARTS_H
#define SERVER_CALL_PARTS_H
#include "server/cm.h"

/* One step of one call. */
struct calling {
    struct callmanager *m;
    usec now;
    struct call *k;
    struct outbox *out;
};
enum { CALLER, CALLED };

/* call_table.c */
uint32_t call_index(const struct calls *, const struct call *);
struct call *call_take(struct callmanager *, struct cm_connection *caller); /* NULL: no room */
void call_give(struct calling *);                                           /* back to the free ones */
void call_wake_at(struct calling *, usec);
struct cm_connection *party_of(const struct calling *, int side); /* NULL: it has none */
int side_of(const struct calling *, const struct cm_connection *);

/* call.c: the state of a call */
void call_begin(struct callmanager *, usec now, struct cm_connection *, uint32_t line, struct bytes number,
                struct outbox *);
void call_put_down(struct callmanager *, usec now, struct cm_connection *,
                   struct outbox *); /* there was no room for its call: the tone and the text end */
void call_digit(struct calling *, char digit);
void call_back_space(struct calling *);
void call_number(struct calling *, struct bytes number); /* whole */
void call_answer(struct calling *);
void call_hold(struct calling *, int side);
void call_resume(struct calling *, int side);
void call_hang_up(struct calling *, int side);
void call_fail(struct calling *, enum call_outcome); /* while they talk: both are released */

/* call_show.c: what a phone is told, as CallManager 4 and a newer CUCM did in the captured calls */
void show_dialling(const struct calling *, bool dial_tone);
void show_first_digit(const struct calling *);
void show_ringing(const struct calling *);
void show_refused(const struct calling *, enum call_outcome);
void show_answering(const struct calling *); /* the called, before its channel is opened */
void show_talking(const struct calling *, int side);
void show_held(const struct calling *, int side);
void show_holding_on(const struct calling *, int side); /* to the one who is held */
void show_released(const struct calling *, int side);   /* call_media.c closes its channels in the midst of it */
void show_tone(const struct calling *, int side, enum sccp_tone);
void show_no_tone(const struct calling *, int side);
void show_notice(struct cm_connection *, uint8_t label, const char *text, struct outbox *);

/* call_media.c */
bool media_agree(const struct device *, const struct device *, uint32_t *codec, uint32_t *milliseconds);
void media_open(struct calling *, int side);
void media_close(struct calling *, int side);
void media_opened(struct calling *, int side, const struct sccp_receiving *);
#endif
