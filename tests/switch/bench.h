/* tests/switch/bench.h: a switch on a bench: the far end of each of its cables, virtual time, and what came out. */
#ifndef TESTS_SWITCH_BENCH_H
#define TESTS_SWITCH_BENCH_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/facts.h"
#include "switch/cable.h"
#include "switch/switch.h"

enum { NO_CLASS = 0xff, BENCH_PORTS = SWITCH_PORTS + 2, BENCH_SEEN = 8192, FRAME_ROOM = 1600 };
enum far_kind { FAR_NOTHING, FAR_PHONE, FAR_HOST }; /* HOST: up by its own power: a PC, or a wall-powered phone */

/* The far end of a cable. */
struct far {
    enum far_kind kind;
    enum cable_mode mode;
    bool prestandard;   /* its relay closes without power */
    uint8_t ieee_class; /* NO_CLASS: no signature */
    uint32_t ohms, nanofarads;
    uint32_t microamperes; /* once powered */
    usec link_after;       /* from power to carrier; NEVER */
    bool powered;
    usec carrier_at;
    struct line seen, said, arrived;
};

struct seen {
    usec at;
    enum action_kind kind;
    uint32_t port;
    uint16_t news;
    uint16_t len;
    uint8_t bytes[FRAME_ROOM];
};

struct bench {
    struct switch_config config;
    struct switch_svi svi[SWITCH_SVIS];
    struct switch_timing timing;
    struct poe_switch sw;
    void *memory;
    struct action *actions;
    uint8_t *bytes;
    struct outbox out;
    usec now, due;
    struct far far[BENCH_PORTS];
    bool dirty[BENCH_PORTS];
    struct seen *seen;
    uint32_t count;
};

/* A switch of `ports` ports in real timing: data VLAN 1, voice VLAN 100, uplink in the voice VLAN and up. */
struct bench *bench_new(uint32_t ports);
void bench_init(struct bench *); /* after changes to its config, before anything else */
void bench_free(struct bench *);
void bench_step(struct bench *, enum event_kind, uint32_t port, struct bytes);
void bench_run(struct bench *, usec until);
void bench_plug(struct bench *, uint32_t port, struct far);
void bench_refresh(struct bench *, uint32_t port); /* after a change to far[port] */
void bench_admin(struct bench *, uint32_t port, enum power_admin, bool shut);
void bench_clear(struct bench *); /* forgets what was seen */
struct far a_phone(void);         /* pre-standard, no class, 6.3 W, link after 2 s */
struct far an_ieee_phone(uint8_t ieee_class);
struct far a_host(void);
void make_host_ports(struct bench *, uint32_t first, uint32_t last); /* plugs hosts: links are up */

unsigned heard_news(const struct bench *, uint32_t port, enum switch_news);
const struct seen *last_news(const struct bench *, uint32_t port, enum switch_news); /* NULL: none */
struct bytes facts_of(const struct seen *);
unsigned frames_at(const struct bench *, uint32_t port);
const struct seen *last_frame(const struct bench *, uint32_t port);
const struct seen *next_frame_to(const struct bench *, uint32_t port, struct mac to, const struct seen *after);
bool powered(const struct bench *, uint32_t port);

/* Frames. Returns their length. */
size_t make_frame(uint8_t *to, struct mac dst, struct mac src, int vlan, uint16_t type, struct bytes payload);
void send_frame(struct bench *, uint32_t port, struct mac dst, struct mac src, int vlan, uint16_t type, struct bytes);
#define UNTAGGED (-1)
struct mac host_mac(uint32_t n);
#endif
