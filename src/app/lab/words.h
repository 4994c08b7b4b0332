/* app/lab/words.h: the words for what happens, one line each. */
#ifndef APP_LAB_WORDS_H
#define APP_LAB_WORDS_H
#include "app/lab/board.h"

enum { WORDS = 512 };
/* The line for this news of a phone, its switch port or its servers; false: nothing that a person asked for. *label is
 * what stands in front ("power", "vlan", "upgrade", ...). */
bool words_of(char to[WORDS], const char **label, const struct row *, uint16_t news, struct bytes facts);
void words_power(char to[WORDS], const struct row *);
const char *watts_text(char to[16], uint32_t milliwatts); /* "15.4 W" */
#endif
