/* app/lab/ladder_words.h: what the messages and news of a call are in words. */
#ifndef APP_LAB_LADDER_WORDS_H
#define APP_LAB_LADDER_WORDS_H
#include "base/facts.h"

const char *ladder_message_name(struct bytes); /* the same, as a constant string */
/* Of FACT_VALUE, the shown text, address or number of a PHONE_MESSAGE; "" when the name says it all. */
void ladder_message_words(char *to, size_t size, const char *message, struct bytes facts);
void ladder_news_words(char *to, size_t size, uint16_t news, struct bytes facts); /* PHONE_OFF_HOOK to PHONE_ON_HOOK */
#endif
