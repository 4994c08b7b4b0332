/* app/page/story.h: the words and the place of a news in the ladder of a phone: who says it to whom. */
#ifndef APP_PAGE_STORY_H
#define APP_PAGE_STORY_H
#include "app/lab/words.h"

enum story_lane { LANE_PHONE, LANE_SWITCH, LANE_DHCP, LANE_TFTP, LANE_CALLMANAGER, LANES };

struct story {
    enum story_lane from, to; /* the same: what it does, or notices, itself */
    int step;                 /* that ends with it; -1: none */
    bool trouble;
    char text[WORDS];
};

bool story_of(struct story *, const struct row *, uint16_t news,
              struct bytes facts); /* false: not part of the ladder */
#endif
