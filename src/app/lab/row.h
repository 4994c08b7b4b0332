/* app/lab/row.h: what is known of one phone of a lab, from its own news, its switch port's and the servers'.
 *
 * Takes   news in the order in which they came, with the moment of each. News that are none of these change nothing.
 * Memory  a row owns its steps and troubles: row_init before anything, row_free once. Where memory is short a step's
 *         facts are left out.
 */
#ifndef APP_LAB_ROW_H
#define APP_LAB_ROW_H
#include "base/facts.h"
#include "lab/plan.h"
#include "phone/news.h"
#include "phone/phone.h"
#include "provision/device_name.h"

enum { BOARD_STEPS = 64, DETAIL = 640 };

struct board_step { /* one finished step of one boot */
    uint32_t boot;
    uint16_t detail; /* bytes of facts */
    uint8_t step;
    double at_ms, took_ms; /* since plug-in; own length */
    uint8_t *facts;
};

struct board_trouble { /* the last thing that went wrong and has not been overcome since */
    uint16_t news;     /* 0: none */
    uint32_t times;
    uint8_t step;
    uint16_t len;
    uint8_t *facts; /* shared with its copies: see row.c */
};

struct row {
    char device[DEVICE_NAME];
    struct mac mac;
    const struct phone_model *model;
    int vlan; /* -1: untagged, or not yet */
    ipv4 address, tftp, callmanager;
    char load[LOAD_NAME], load_before[LOAD_NAME], wanted_load[LOAD_NAME], refused_load[LOAD_NAME], number[25],
        stamp[STAMP], server_stamp[STAMP];
    uint32_t boots;
    uint8_t step;                           /* in which it is */
    bool counted;                           /* in board.registered */
    bool brief;                             /* of its steps the facts are not kept: so many phones, and no document */
    bool plugged, line;                     /* line: registered at a CallManager, whatever it runs */
    bool gone_on;                           /* it registered without what the server wanted of it, and says why */
    usec plugged_at, line_since, last_step; /* moments */
    usec without;                           /* without service since it was first registered as the server wants it */
    usec lost_at;                           /* NEVER: it has service, or never had */
    double registered_ms;                   /* first time that it was registered as the server wants it; < 0: never */
    struct board_trouble trouble, warning;
    struct board_trouble fallback; /* why it is not with a higher CallManager */
    struct board_trouble denied;   /* a file that TFTP denied */
    struct board_trouble behind;   /* of a later step than `trouble`: stands again when that is overcome */
    struct {                       /* how the wire was, over all files and DHCP */
        uint32_t blocks, took, worst, repeated, doubled, overtaken; /* took, worst: ms; overtaken: by the lab's count */
        bool whole;           /* the lab has counted, and no frame was lost: a long wait was none of a lost one */
        uint32_t waits, best; /* for an error of TFTP or the blocks of a file, their longest left out: how many, the
                                 shortest (ms): where one was quick, the way is not slow */
    } wire;
    usec asked_at;        /* moment: the file at hand */
    bool asking;          /* no answer yet */
    bool addressed;       /* it had an address at some time */
    uint8_t callmanagers; /* in its configuration */
    struct board_step *steps;
    uint32_t step_count;
    struct {
        uint32_t allocated, negotiated, volts;
        char how[8];
        int class;
    } power;
};

void row_init(struct row *, const struct plan_phone *, bool brief);
void row_free(struct row *);
void row_phone_news(struct row *, usec now, uint16_t news, struct bytes facts);
void row_switch_news(struct row *, uint16_t news, struct bytes facts);
void row_server_news(struct row *, usec now, uint16_t news, struct bytes facts);
/* RegisterAck held, the time answered, and document and load are those that the server would give now; or the phone has
 * gone on without them and says why. */
bool row_registered(const struct row *);
bool row_given_up(const struct row *);          /* it has a verdict that waiting cannot change */
usec row_without(const struct row *, usec now); /* without service until now, since it first had it */
extern const char *const step_names[STEPS];
#endif
