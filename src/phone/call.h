/* phone/call.h: a phone's side of a call: what the person at it does (EVENT_USER), what the CallManager tells it, what
 * it answers; its voice is phone/voice.h's.
 *
 * The person  lifts (the speaker key) and dials once the dial tone is heard, a key each 100 ms; or dials en bloc;
 *             answers when told to, or a settable time after it began to ring; holds, resumes, hangs up, by itself too
 *             so long after it was answered.
 * Does        OffHook, KeypadButton or EnblocCall, SoftKeyEvent (Hold, Resume; a load without soft keys: Stimulus),
 *             OnHook. OpenReceiveChannel is answered with its own address and an even port, or with status 1 when the
 *             codec is none of its load's; StartMediaTransmission starts to send (from protocol 17 on acknowledged, as
 *             newer phones do; a codec that it has not: MediaTransmissionFailure), ConnectionStatisticsReq is answered.
 *             SetSpeakerMode off puts it on hook, and it says so.
 * One call    at a time: what is of another call (a reference that is not its own) is not heard. The call ends with the
 *             CallManager's connection; a real phone would let its voice go on (no call preservation here).
 * Tells       PHONE_OFF_HOOK to PHONE_ON_HOOK (phone/news.h), and each message of the call as PHONE_MESSAGE.
 * Gives       at most CALL_MOST actions for an event. A phone in no call gives nothing and has no timer.
 * Memory      one struct phone_call; nothing is allocated.
 * Garbage     a message out of place changes nothing; what a user's event cannot be read as does nothing.
 */
#ifndef PHONE_CALL_H
#define PHONE_CALL_H
#include "phone/voice.h"
#include "wire/sccp_register.h"

enum { CALL_MOST = 12, CALL_NUMBER = 25 };

enum user_does {
    USER_LIFTS = 1,     /* off hook; dials nothing. Ringing: answers */
    USER_CALLS,         /* `number`; hangs up `milliseconds` after it was answered (0: only when told) */
    USER_CALLS_EN_BLOC, /* the same, in one message */
    USER_PRESSES,       /* the first of `number`, 0-9 * # */
    USER_ANSWERS_AFTER, /* from now on: each call after it has rung for `milliseconds`; USER_NEVER: none */
    USER_HOLDS,
    USER_RESUMES,
    USER_HANGS_UP,
};
#define USER_NEVER UINT32_MAX

struct user { /* the payload of EVENT_USER: u8 does, be32 milliseconds, then the number */
    enum user_does does;
    uint32_t milliseconds;
    struct bytes number;
};
bool user_decode(struct user *out, struct bytes, struct fault *why);
void user_encode(struct writer *, const struct user *);

enum call_stage {
    STAGE_IDLE,
    STAGE_OFF_HOOK,  /* waits for the dial tone */
    STAGE_DIAL_TONE, /* hears it; dials, or the person presses */
    STAGE_DIALLED,   /* all keys are pressed */
    STAGE_RING_BACK,
    STAGE_RINGING,  /* called */
    STAGE_ANSWERED, /* called and off hook; not connected yet */
    STAGE_TALKING,
    STAGE_HELD,    /* by it */
    STAGE_REFUSED, /* hears busy or reorder */
    STAGE_OVER,    /* it is over, and its handset still off */
};

struct phone_call {
    uint8_t stage;
    bool off_hook;                   /* the handset, or the speaker */
    bool mine, dials, hung_up, rung; /* mine: it calls; dials: the person has a number to dial */
    bool media, was_connected;       /* media: a channel was open, or it sent */
    uint8_t digit;                   /* of number: the next to dial */
    uint32_t stream;                 /* of the CallManager's connection */
    uint32_t line, reference;
    uint32_t answer_after, talk; /* ms */
    uint32_t party;              /* pass-through number of the open channel */
    usec due;                    /* the person's next act */
    usec since, answered;        /* off hook or ringing; connected */
    struct voice voice;
    char number[CALL_NUMBER]; /* dialled, then who is at the other end */
};

struct call_self { /* what the call needs of its phone, for one step */
    struct host *host;
    const struct load_manifest *load;
    struct random *random;
    uint8_t boot, protocol;
    bool soft_keys, registered;
    uint32_t stream; /* of the active CallManager; 0: none */
};

void phone_call_init(struct phone_call *);
void phone_call_rest(struct phone_call *); /* on hook, in no call: for the room itself */
void phone_call_user(struct phone_call *, const struct call_self *, usec now, struct bytes what, struct outbox *);
void phone_call_hear(struct phone_call *, const struct call_self *, usec now, const struct sccp_message *,
                     struct outbox *);
/* A UDP datagram to this phone. False: it is not for an open channel. */
bool phone_call_voice(struct phone_call *, const struct call_self *, usec now, const struct host_frame *,
                      struct outbox *);
void phone_call_wake(struct phone_call *, const struct call_self *, usec now, struct outbox *);
/* The connection of its call is gone. */
void phone_call_lost(struct phone_call *, const struct call_self *, usec now, struct outbox *);
usec phone_call_due(const struct phone_call *);
#endif
