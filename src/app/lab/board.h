/* app/lab/board.h: what is known of a lab: a row for each phone, put together from the news of all processes, read by
 * table, lines, JSON and verdicts.
 */
#ifndef APP_LAB_BOARD_H
#define APP_LAB_BOARD_H
#include "app/lab/options.h"
#include "app/lab/row.h"
#include "lab/interloper.h"
#include "net/process.h"
#include "server/news.h"
#include "switch/news.h"

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
uint32_t board_registered(const struct board *);
uint64_t board_budget(const struct board *); /* mW of all members of the switch together */
double board_at_ms(const struct board *, const struct row *,
                   double at_ms);               /* since power came to the lab, of a moment since its own */
uint64_t board_overtaken(const struct board *); /* frames of all phones that later ones overtook */
bool board_settled(struct board *, usec now);   /* every phone is registered or given up */
bool board_asking(const struct board *);        /* a registered phone waits for a file that it can do without */
struct row *board_find(const struct board *, struct bytes device);
#endif
