/* server/call.h: calls between two phones that are registered at one CallManager engine (server/callmanager.h), as who
 * administers it reads them. The engine itself makes and ends them; nothing here changes one.
 *
 * What a phone can do   Off hook, NewCall, a line button, EnblocCall, a speed dial or Redial begin a call, of the line
 *                       that
 *         is named, else its first (also when no such line is there; only the button of such a line does nothing).
 *         Digits end when the number is a known directory number and no longer one begins with it, when no longer one
 *         is known at all, with `#`, or `digit_wait` after the last. Hold and Resume by soft key, Hold by stimulus
 *         (pressed again it resumes); hang up by OnHook or EndCall. OnHook leaves a call that this phone holds as it
 *         is; off hook again resumes it.
 * One call a phone      A phone that is in a call, or hears a tone, is busy to others. There is no call waiting, no
 *         transfer, no conference and no forwarding: their keys are masked out, and one that is pressed all the same is
 *         told to be not active.
 * Refused, with a tone, a text and the moment of `tone_most`: number unknown, busy, not registered, registered at
 *         another CallManager of the process (calls stay within one), no common codec, no answer in `ring_most`, no
 *         room for another call.
 * Media   goes between the phones: OpenReceiveChannel to both, and when one's OpenReceiveChannelAck brings an address
 *         and port, StartMediaTransmission to the other. An Ack of a channel that is not open any more is ignored.
 * The other side of one that hangs up, vanishes, or cannot open its media or send is released; with its handset still
 * off it
 *         hears the reorder tone half a second later (a phone on its speaker goes on hook by itself before that).
 * Garbage a key, line or call that does not fit the phone's state does nothing. No message ends somebody else's call.
 */
#ifndef SERVER_CALL_H
#define SERVER_CALL_H
#include "server/store.h"

enum call_phase {
    PHASE_FREE,
    PHASE_DIALLING, /* dial tone, or digits that are not complete */
    PHASE_RINGING,
    PHASE_TALKING, /* also while one of them holds it */
    PHASE_REFUSED, /* the caller hears busy or reorder */
    PHASE_LEFT,    /* it is over, and the one who is left (party 0) has not hung up */
};

enum call_outcome {
    OUTCOME_ANSWERED,  /* and ended by one of them */
    OUTCOME_ABANDONED, /* the caller hung up before */
    OUTCOME_BUSY,
    OUTCOME_UNKNOWN_NUMBER,
    OUTCOME_NOT_REGISTERED,
    OUTCOME_ELSEWHERE, /* registered at another CallManager */
    OUTCOME_NO_CODEC,
    OUTCOME_NO_ANSWER,
    OUTCOME_NOT_DIALLED, /* no digit came */
    OUTCOME_NO_MEDIA,    /* a phone could not open its receive channel */
    OUTCOME_LOST,        /* a phone vanished while they talked */
    OUTCOME_NO_ROOM,
    OUTCOMES
};

struct call_party {
    uint32_t connection; /* in the CallManager's table; UINT32_MAX: none (yet, or any more) */
    uint8_t line;
    bool held;          /* by it */
    bool opened;        /* it has an OpenReceiveChannel to answer or answered */
    bool sending;       /* it has a StartMediaTransmission */
    uint32_t stream;    /* pass-through party number of the open channel */
    struct endpoint at; /* where it receives; address 0: not told yet */
    char number[RECORD_NUMBER], name[RECORD_LABEL];
};

struct call {
    enum call_phase phase;
    enum call_outcome outcome;  /* REFUSED, LEFT */
    uint32_t id, next;          /* call reference; the list of free ones */
    struct call_party party[2]; /* the caller, the called */
    char dialled[RECORD_NUMBER];
    uint8_t digits;
    bool toned; /* LEFT: the tone was begun */
    uint32_t codec, milliseconds;
    usec since, talking, due; /* it began; was answered; next does something by itself */
};

struct calls {
    struct call *call;
    uint32_t most, count, free;
    uint32_t used;    /* so many were ever taken: what is behind them was never touched, and costs no memory */
    uint32_t streams; /* pass-through party numbers given */
};

const char *call_phase_name(enum call_phase);     /* "dialling", "ringing", "talking", ... */
const char *call_outcome_name(enum call_outcome); /* "answered", "abandoned", "busy", "unknown number", ... */
const char *call_codec_name(uint32_t codec);      /* "G.711 u-law"; "" when it is none that we know */
#endif
