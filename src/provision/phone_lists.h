/* provision/phone_lists.h: the lists from which a phone's user chooses a ring or a background, made of the names of the
 * files that the owner put there.
 *
 * Rings        Ringlist.xml (in any case) and DistinctiveRingList.xml: sounds of the uppermost folder, *.raw and *.pcm;
 *              a ring is shown by its name without that suffix. Cisco's guides allow 50 of them, and 25 letters a name:
 *              what is longer is left out.
 * Backgrounds  Desktops/320x212x12/List.xml and the like: pictures *.png of that folder of which there is a small one
 *              too, TN-*.png. Cisco's guides allow 50.
 * Garbage      any name is taken, and is no list; a file whose name is not printable ASCII is left out.
 */
#ifndef PROVISION_PHONE_LISTS_H
#define PROVISION_PHONE_LISTS_H
#include "base/bytes.h"

enum phone_list { LIST_NONE, LIST_RINGS, LIST_BACKGROUNDS };
enum { PHONE_LIST_MOST = 50, PHONE_LIST_NAME = 25, PHONE_LIST_PATH = 120 };

/* Which list this name (without "/" or "Cisco/" before it) asks for. *folder: the folder of the pictures; empty: of
 * rings. Both "/" and "\" are taken between folders. */
enum phone_list phone_list_of(struct bytes name, struct bytes *folder);
/* Whether this file, by its name in the catalogue ("/" between folders), belongs in that list. Of a picture, *small
 * becomes the name of its small one, which must be there too; written to `room`. */
bool phone_list_takes(enum phone_list, struct bytes folder, struct bytes file, struct bytes *small,
                      char room[PHONE_LIST_PATH]);
void phone_list_begin(struct writer *, enum phone_list);
void phone_list_add(struct writer *, enum phone_list, struct bytes file, struct bytes small);
void phone_list_end(struct writer *, enum phone_list);
#endif
