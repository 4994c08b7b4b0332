/* app/lab/board.h: what is known of a lab's phones: put together from the news of all processes, read by table, lines, JSON
 * and verdicts.
 */
#ifndef APP_LAB_BOARD_H
#define APP_LAB_BOARD_H
#include "app/lab/options.h"
#include "base/facts.h"
#include "lab/interloper.h"
#include "net/process.h"
#include "phone/news.h"
#include "phone/phone.h"
#include "server/news.h"
#include "switch/news.h"

enum { BOARD_STEPS = 64, DETAIL = 640 };

struct board_step { /* one finished step of one boot */
    uint32_t boot;
    uint8_t step;
    double at_ms, took_ms; /* since plug-in; own length */
    uint16_t detail;       /* bytes of facts */
    uint8_t *facts;
};

struct board_trouble { /* the last thing that went wrong and has not been overcome since */
    uint16_t news;     /* 0: none */
    uint32_t times;
    uint8_t step;
    uint16_t len;
    uint8_t *facts; /* shared with its copies: see board.c */
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
    usec asked_at;        /* moment: the file at hand, or when the last one was had */
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

struct board_port {
    uint32_t port, milliwatts, millivolts, max;
    char admin[16], oper[16], device[40], class[8];
};

struct board {
    const struct options *options;
    const struct plan *plan;
    struct row *row;
    uint32_t rows;
    struct board_port *port;
    uint32_t ports, ports_most;
    usec plugged_at; /* moment at which all were plugged in */
    uint64_t frames, dropped, lost, memory;
    uint32_t registered; /* rows that are */
    uint32_t unsettled;  /* a row that was not when last looked at */
    bool exhausted;      /* a pool of addresses was, at some time */
    usec power_changed;  /* moment at which the switch last gave, took or refused power */
    usec ended;          /* moment */
};

bool board_init(struct board *, const struct options *, const struct plan *);
void board_free(struct board *);
/* One news of a process; *row gets whose it is (NULL: nobody's). */
void board_news(struct board *, usec now, enum process_role, uint32_t engine, uint16_t news, struct bytes facts,
                struct row **row);
void board_changed(struct board *, struct row *); /* something in the row was changed but by board_news */
void board_port_row(struct board *, struct reader *);
/* RegisterAck held, the time answered, and document and load are those that the server would give now; or the phone has gone on
 * without them and says why. */
bool row_registered(const struct row *);
bool row_given_up(const struct row *); /* it has a verdict that waiting cannot change */
uint32_t board_registered(const struct board *);
uint64_t board_budget(const struct board *); /* mW of all members of the switch together */
double board_at_ms(const struct board *, const struct row *,
                   double at_ms);                  /* since power came to the lab, of a moment since its own */
uint64_t board_overtaken(const struct board *);    /* frames of all phones that later ones overtook */
bool board_settled(struct board *, usec now);      /* every phone is registered or given up */
bool board_asking(const struct board *, usec now); /* a registered phone waits for a file that it can do without */
struct row *board_find(const struct board *, struct bytes device);
usec row_without(const struct row *, usec now); /* without service until now, since it first had it */
extern const char *const step_names[STEPS];
#endif
