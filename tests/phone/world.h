/* tests/phone/world.h: a phone in virtual time: its flash in memory, and a site that answers it with our own codecs.
 *
 * The clock is in the test's hand: world_run and world_until move it from one moment to the next at which the phone
 * wants to wake or something reaches it. Nothing sleeps. Each step is checked: nothing was dropped, no more than
 * PHONE_MOST, and after a wake either something was put or the phone is due later.
 */
#ifndef TESTS_PHONE_WORLD_H
#define TESTS_PHONE_WORLD_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/facts.h"
#include "phone/boot.h"
#include "wire/cdp.h"
#include "wire/dns.h"
#include "wire/icmp.h"
#include "wire/lldp.h"

enum { WORLD_FILES = 16, WORLD_TOLD = 4096, WORLD_PENDING = 512, WORLD_EVENT = 2048, WORLD_BENCHES = 2 };

struct world_file {
    char name[FILE_NAME];
    uint8_t bytes[70000];
    size_t len;
};

struct world_told {
    usec at;
    uint16_t news;
    uint8_t bytes[400];
    size_t len;
};

struct world_pending {
    usec at;
    struct event event;
    uint8_t bytes[WORLD_EVENT];
};

enum cm_way { CM_UP, CM_REFUSES, CM_SILENT, CM_DEAF, CM_REJECTS }; /* SILENT: no TCP answer; DEAF: TCP, but no SCCP */
enum token_way { TOKEN_ACK, TOKEN_REJECT, TOKEN_SILENCE };

struct world_cm {
    enum cm_way way;
    enum token_way token;
    uint32_t stream; /* of the phone's connection; 0: none */
    bool registered;
    uint32_t heard[128], header[128]; /* ids of all messages and their header versions, in order */
    usec at[128];
    unsigned count;
    char alarm[81], xml_alarm[81]; /* the last ones; the second as wire/xml_alarm.h shows it */
    struct sccp_register reg;      /* the last one; its texts are gone */
    uint8_t protocol;
};

struct site {
    bool answers_cdp, answers_lldp, answers_arp, answers_dhcp, answers_tftp, never_answers_tftp2;
    uint16_t voice_vlan; /* 0: the switch's CDP has no VLAN reply */
    ipv4 offered, mask, router, tftp1, tftp2;
    const char *tftp_name; /* option 66; NULL: none. With it option 6, WORLD_DNS, which says dns_code and dns_address */
    bool answers_dns;
    uint8_t dns_code;
    ipv4 dns_address;
    uint32_t lease;
    uint32_t grants; /* mW of TLV 0x1A; 0: it says none */
    char version[17];
    struct world_cm cm[3];
    uint32_t keepalive, standby;
    uint8_t lines, speed_dials;
    uint8_t feature, other_line;        /* instances of two more buttons, a feature and a line; 0: they are not there */
    uint32_t asked_feature, asked_line; /* what the last FeatureStatReq and LineStatReq named */
    const char *number;
    unsigned forgets; /* so many ACKs to come are answered with ERROR 5: the server gave the transfer up */
    uint32_t mute;    /* a request that CallManagers do not answer; 0: none */
    const char *user_locale, *network_locale; /* in documents that are made from now on; NULL: none */
};

struct world {
    usec now, due;
    struct phone phone;
    uint8_t flash[FLASH_SIZE];
    struct workbench bench[WORLD_BENCHES];
    struct workbenches benches;
    struct site site;
    struct world_file file[WORLD_FILES];
    size_t files;
    struct world_told told[WORLD_TOLD];
    size_t tells;
    struct world_pending pending[WORLD_PENDING];
    size_t first, waiting;
    struct action actions[PHONE_MOST];
    uint8_t bytes[PHONE_MOST_BYTES];
    struct outbox out;
    unsigned still; /* steps without the clock moving */
    unsigned frames, opened, closed, vanished, stores, arps, cdps, lldps, rrqs, discovers, questions;
    size_t stored, store_most; /* bytes applied to flash; where the power goes (SIZE_MAX: never) */
    struct line line;          /* what the phone does on the cable */
    bool plugged;
    struct world_voice { /* frames to WORLD_PEER */
        unsigned count;
        usec at; /* the last one, and what it was */
        struct ethernet ethernet;
        struct ipv4_packet packet;
        struct udp udp;
        uint8_t bytes[WORLD_EVENT];
        size_t len;
    } voice;
    void (*sccp)(struct world *, unsigned cm,
                 const struct sccp_message *); /* hears what these CallManagers do not; NULL */
    struct {
        ipv4 client;
        uint16_t port, tid;
        const struct world_file *file;
    } transfer;
};

extern const struct mac WORLD_PHONE, WORLD_SERVER;
#define WORLD_CM(i) (IPV4(10, 0, 0, 11) + (ipv4)(i))
#define WORLD_TFTP  IPV4(10, 0, 0, 2)
#define WORLD_DHCP  IPV4(10, 0, 0, 1)
#define WORLD_DNS   IPV4(10, 0, 0, 3)
#define WORLD_PEER  IPV4(10, 0, 0, 60) /* another phone */

/* A phone of this model with this built-in load in bank 0, and a site that answers everything on voice VLAN 100. */
void world_init(struct world *, const char *model, const char *load, const char *preferences);
void world_restart(struct world *); /* the same flash, a phone without power; nothing is under way */
void world_plug(struct world *);
void world_unplug(struct world *);
void world_line(struct world *, int32_t millivolts, bool carrier);
void world_event(struct world *, const struct event *); /* one step, now */
bool world_next(struct world *, usec until);            /* one step at the next moment; false: nothing before `until` */
void world_run(struct world *, usec length);
bool world_until(struct world *, uint16_t news, usec within); /* until it is told, counted from now on */

void world_say(struct world *, unsigned cm, const struct sccp_message *); /* from this CallManager, now */
void world_voice(struct world *, uint16_t port, struct bytes); /* a datagram from WORLD_PEER to this port, now */

struct world_file *world_put(struct world *, const char *name, struct bytes);
void world_remove(struct world *, const char *name);
void world_document(struct world *, const char *name, const char *load, unsigned callmanagers); /* .cnf.xml or .cnf */
void world_load(struct world *, const char *name); /* its .bin and .loads */

/* The nth (0 up) telling of this news since the start; NULL. */
const struct world_told *world_told(const struct world *, uint16_t news, unsigned nth);
unsigned world_count(const struct world *, uint16_t news);
struct bytes world_facts(const struct world *, uint16_t news);              /* of the last one */
bool world_asked(const struct world *, const char *const *names, size_t n); /* exactly these files, in this order */
void assert_text(struct bytes facts, enum fact, const char *);
void assert_about(usec is, usec wanted, usec give_or_take);
bool is_named(const char *name, const char *wanted); /* a file; if not, both names are shown */
#endif
