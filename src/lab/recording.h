/* lab/recording.h: what the engines of a lab heard and said, so that a run can be run again: a bug report that is
 * bit-exact.
 *
 * A recording is a file of entries, each: length be32 of what follows, role u8, kind u8, moment be64, party be32, then
 * by kind:
 *   RECORDED_BEGIN  (once, first; party 0) version u8, wall time of moment 0 be64, the command line: each word and its
 *                   NUL
 *   RECORDED_EVENT  stream be32, event kind u8, why u8, from and to (address be32, port be16, MAC), bytes
 *   RECORDED_CHANGE bytes (as site_change takes them)
 *   RECORDED_END    the SHA-256 over all events of that role and all that its engines did about them
 * Entries of the two roles may be mixed; those of one role are in order. An engine is a function of what it hears, so
 * feeding the entries again gives the same actions: the digest at the end says whether it did.
 * Garbage: an entry that is cut, too long (RECORDED_MOST) or of an unknown kind is a fault.
 */
#ifndef LAB_RECORDING_H
#define LAB_RECORDING_H
#include "base/digest.h"
#include "base/engine.h"

enum { RECORDED_MOST = 65536, RECORDING_BUFFER = 131072, RECORDING_VERSION = 1 };
enum recorded_kind { RECORDED_BEGIN = 1, RECORDED_EVENT, RECORDED_CHANGE, RECORDED_END };
enum recorded_role { RECORDED_FLEET, RECORDED_SITE, RECORDED_ROLES };

typedef void recording_write_fn(void *context,
                                struct bytes); /* whole entries; one write(2) with O_APPEND keeps two processes apart */

struct recording {
    recording_write_fn *write;
    void *context;
    uint8_t role;
    struct digesting digesting;
    struct writer buffer;
};

struct recorded {
    enum recorded_role role;
    enum recorded_kind kind;
    usec at;
    uint32_t party;
    uint64_t wall;      /* BEGIN */
    struct event event; /* EVENT; borrows the input */
    struct bytes bytes; /* BEGIN: the words; CHANGE; END: the digest */
};

void recording_open(struct recording *, enum recorded_role, uint8_t buffer[RECORDING_BUFFER], recording_write_fn *,
                    void *context);
void recording_begin(struct recording *, uint64_t wall, int argc, char *const *argv);
/* A step has been made: what was heard, and what stands in the outbox for it. */
void recording_step(struct recording *, usec now, uint32_t party, const struct event *, const struct outbox *);
void recording_change(struct recording *, usec now, struct bytes what);
void recording_flush(struct recording *);
void recording_end(struct recording *, usec now); /* the digest; flushes */
/* The same digest, for who runs it again. */
void recording_digest(struct digesting *, usec now, uint32_t party, const struct event *, const struct outbox *);
/* Takes the next entry off *file. False at its end (why->kind FAULT_NONE) and at the first that is not sound. */
bool recorded_next(struct bytes *file, struct recorded *out, struct fault *why);
#endif
