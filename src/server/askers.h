/* server/askers.h: who asked for files, and what that says of the phone.
 *
 * Takes   each request for a file: from which address, which name, whether it was there; by TFTP and by HTTP alike.
 * Gives   TELL (server/news.h), one at most a call, once for each phone and verdict:
 *         ASKER_RUNS_SIP    it asked for SIPDefault.cnf, SIP<MAC>.cnf or SIP<MAC>.cnf.xml, which no SCCP load does.
 *                           OS79XX.TXT alone says nothing, since the oldest SCCP loads ask for it too: it is only kept.
 *         ASKER_OLD_TRUST   ASKER_ROUNDS times, never more than ASKER_ROUND apart, it took its configuration file and
 *                           then asked for its trust list again; or asked so often for a signed file (.cnf.xml.sgn),
 *                           which only a phone that holds a trust list does. A phone that boots asks once.
 *         ASKER_ATA         it asked in vain for a file of an ATA 186 or 188: ata<MAC>, ATA<MAC>.cnf or .cnf.xml,
 *                           atadefault.cfg. Its profile is a binary that Cisco's cfgfmt makes, of no published layout,
 *                           so none is made here; one that somebody put into the folder is served as any file.
 *         ASKER_STRANGER    it asked in vain for its own file and then for the default one, and the table of
 *                           askers_know has no such device: it will not get as far as a CallManager, whose
 *                           RegisterReject would say so. With NEAREST, a known device one digit away, if there is one.
 *         And an iterator for administration, the latest asker first.
 * Identity is the address; a request that names another MAC than the ones before begins the entry anew, so that phones
 *         behind one translated address never add up to a verdict.
 * Memory  askers_size(most) bytes from the owner at init; full, the one not heard for longest is forgotten.
 * Garbage any name is a name; what is kept of it is cut.
 */
#ifndef SERVER_ASKERS_H
#define SERVER_ASKERS_H
#include "base/engine.h"
#include "server/devices.h"

enum { ASKER_ROUNDS = 3, ASKER_NAME = 48 };
#define ASKER_ROUND (120 * SECOND) /* a 7961 that cannot use its file asks for the same list about every 45 s */

enum asker_verdict { ASKER_PLAIN, ASKER_RUNS_SIP, ASKER_OLD_TRUST, ASKER_ATA, ASKER_STRANGER };

/* Bits of `asked`. */
enum asker_asked {
    ASKER_ASKED_OS79XX = 1,
    ASKER_ASKED_SIP = 2,     /* SIPDefault.cnf, SIP<MAC>.cnf(.xml) */
    ASKER_ASKED_OWN = 4,     /* SEP<MAC>.cnf.xml, SEP<MAC>.cnf */
    ASKER_ASKED_DEFAULT = 8, /* XMLDefault.cnf.xml, SEPDefault.cnf */
    ASKER_ASKED_TRUST = 16,  /* CTL, ITL */
    ASKER_ASKED_SIGNED = 32, /* SEP<MAC>.cnf.xml.sgn, .enc.sgn */
    ASKER_ASKED_ATA = 64,    /* ata<MAC>, ATA<MAC>.cnf(.xml), atadefault.cfg */
};

struct asker {
    ipv4 address;   /* 0: this place is free */
    struct mac mac; /* that it named; MAC_NONE: none so far */
    enum asker_verdict verdict;
    uint8_t asked;
    bool took;       /* its own file, since it last asked for a trust list */
    uint32_t rounds; /* towards ASKER_OLD_TRUST */
    uint32_t requests, missed;
    usec first, last, round;                    /* round: when the latest round was counted */
    char name[ASKER_NAME], missing[ASKER_NAME]; /* asked last; asked last of those that are not there */
    uint32_t next, newer, older;                /* hash chain; list by time */
};

struct askers {
    struct asker *asker;
    uint32_t *bucket, buckets, most, count, newest, oldest;
    const struct devices *devices; /* NULL: nobody is a stranger */
};

size_t askers_size(uint32_t most);
bool askers_init(struct askers *, uint32_t most, void *memory, size_t size);
/* Which devices are known; the table outlives it. */
void askers_know(struct askers *, const struct devices *);
/* `out` may be NULL: then nothing is told, and the verdict is there for the iterator. */
void askers_asked(struct askers *, usec now, ipv4 client, struct bytes name, bool found, struct outbox *out);
/* It registered by SCCP: whatever was thought of it is over. */
void askers_registered(struct askers *, ipv4 client);
const struct asker *askers_next(const struct askers *,
                                const struct asker *after); /* NULL: the latest; NULL at the end */
const struct asker *askers_find(const struct askers *, ipv4 client);
/* For people: what it is ("runs SIP", "probably holds an old trust list", "is an ATA without a profile", "is not
 * known"; NULL for ASKER_PLAIN), and what to do. */
const char *asker_verdict_text(enum asker_verdict);
const char *asker_advice(enum asker_verdict);
#endif
