/* app/lab/ladder.h: the call of `dialtone lab --call`: it is begun when all phones are registered, heard as news of the
 * two phones, shown as a ladder, and judged.
 *
 * The first phone calls the number of the second, which answers a second after it began to ring; the first hangs up
 * when they have talked for as long as was asked. It is well when both heard the other's RTP and it ended by that
 * hang-up.
 */
#ifndef APP_LAB_LADDER_H
#define APP_LAB_LADDER_H
#include "app/lab/board.h"
#include <stdio.h>

#define LADDER_CODE "call-failed"
enum { LADDER_LINES = 512, LADDER_TEXT = 96 };
enum ladder_end { END_CALLER, END_CALLED, END_CALLMANAGER, END_NOBODY };

struct ladder_line {
    usec at;
    enum ladder_end from, to; /* to: END_NOBODY: what `from` does, or hears, itself */
    const char *message;      /* SCCP's name, "RTP"; NULL: none */
    char text[LADDER_TEXT];
};

struct ladder_phone {
    const struct row *row;
    bool off_hook, dial_tone, rang, connected, heard, on_hook, refused;
    usec off_hook_at, rang_at, connected_at, on_hook_at;
    uint32_t sent, received, lost, jitter_us;
    char why[40];            /* of PHONE_ON_HOOK, or of PHONE_REFUSED */
    char shown[LADDER_TEXT]; /* the last prompt */
};

struct ladder {
    const struct board *board;
    bool begun, over;
    usec talk, began, until; /* until: when it is given up */
    ipv4 callmanager;
    char codec[24];
    struct ladder_phone phone[2]; /* by END_CALLER, END_CALLED */
    struct ladder_line line[LADDER_LINES];
    uint32_t lines;
};

/* What the person at a phone shall do (phone/call.h). */
typedef void ladder_ask_fn(void *context, uint32_t phone, struct bytes user);

void ladder_init(struct ladder *, const struct board *, usec talk);
void ladder_begin(struct ladder *, usec now, ladder_ask_fn *, void *context);
void ladder_news(struct ladder *, usec now, const struct row *, uint16_t news, struct bytes facts);
bool ladder_done(const struct ladder *, usec now); /* the call is over, or given up */
/* What is wrong with it; false: nothing is. */
bool ladder_verdict(const struct ladder *, char text[400], char fix[300]);
void ladder_summary(const struct ladder *, FILE *);
const char *ladder_end_name(const struct ladder *, enum ladder_end,
                            char to[IPV4_TEXT]); /* a device name, an address; NULL */
#endif
