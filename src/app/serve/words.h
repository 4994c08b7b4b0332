/* app/serve/words.h: a line of the log for each news of the servers and announcers (server/news.h, switch/news.h).
 *
 * serve_words_of   the line, its level, and its label ("dhcp", "tftp", "callmanager", ...). News that the table does
 *                  not know are shown as their facts, `key value`, at level debug: never false.
 * A template holds {key} for a fact, by its name of base/facts.h, and [...] for what stands there only when every fact
 * inside of it was told.
 */
#ifndef APP_SERVE_WORDS_H
#define APP_SERVE_WORDS_H
#include "app/log.h"

enum { SERVE_WORDS = 512 };

enum log_level serve_words_level(uint16_t news); /* so that nobody forms words that are not said */
void serve_words_of(char to[SERVE_WORDS], const char **label, enum log_level *, uint16_t news, struct bytes facts);
/* For the test of the table. */
void words_fill(char to[SERVE_WORDS], const char *template, struct bytes facts);
#endif
