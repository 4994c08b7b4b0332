/* server/table.h: what devices.c and device_change.c share; no other file includes it.
 */
#ifndef SERVER_TABLE_H
#define SERVER_TABLE_H
#include "server/devices.h"

void device_keep(struct devices *, struct device *,
                 const struct device_record *); /* not its numbers' places in the hash */
void device_give_more(struct devices *, struct device *);
uint32_t *next_of_number(struct device *, size_t line);          /* of a line that is there */
void number_add(struct devices *, struct device *, size_t line); /* line's number into the hash; nothing when empty */
void number_drop(struct devices *, struct device *, size_t line);
void device_put(struct devices *, const struct device *, struct outbox *); /* STORE; nothing without an outbox */
struct group_record *group_place(struct devices *,
                                 const char *name); /* the one of that name, or a new one; NULL: no room */
struct pool_record *pool_place(struct devices *, const char *name);
/* Every value of it may be told to a phone, and its pool is there. Directory numbers of others are not looked at. */
bool device_sound(const struct devices *, const struct device_record *, struct fault *why);
#endif
