/* wire/tftp.h: TFTP packets (RFC 1350) and their options (RFC 2347 to 2349, window RFC 7440).
 *
 * Garbage: no such opcode, a name or mode without NUL, fewer bytes than the opcode needs: refused. An ERROR whose text
 * lacks its NUL is taken with what there is (Cisco and BusyBox peers), as is an ACK with bytes behind it.
 * Options stay raw in `options`; tftp_option_next walks them, and refuses an unfinished pair by ending.
 */
#ifndef WIRE_TFTP_H
#define WIRE_TFTP_H
#include "base/bytes.h"

enum { TFTP_PORT = 69, TFTP_BLOCK = 512, TFTP_BLOCK_MOST = 65464 };
enum tftp_op { TFTP_RRQ = 1, TFTP_WRQ, TFTP_DATA, TFTP_ACK, TFTP_ERROR, TFTP_OACK };
enum tftp_error {
    TFTP_UNDEFINED,
    TFTP_NOT_FOUND,
    TFTP_ACCESS,
    TFTP_DISK_FULL,
    TFTP_ILLEGAL,
    TFTP_UNKNOWN_ID,
    TFTP_EXISTS,
    TFTP_NO_USER,
    TFTP_BAD_OPTION
};

struct tftp {
    enum tftp_op op;
    struct bytes name, mode; /* RRQ, WRQ */
    uint16_t number;         /* DATA, ACK: block; ERROR: code */
    struct bytes data;       /* DATA; ERROR: its text */
    struct bytes options;    /* RRQ, WRQ, OACK: name NUL value NUL ... */
};

struct tftp_option {
    struct bytes name, value; /* names compare without case */
};

bool tftp_decode(struct tftp *out, struct bytes in, struct fault *why);
void tftp_encode(struct writer *, const struct tftp *);
bool tftp_option_next(struct bytes *options, struct tftp_option *out);
/* The value of a numeric option, when it is there, a decimal number, and within least..most. */
bool tftp_option_number(struct bytes options, const char *name, uint64_t least, uint64_t most, uint64_t *out);
void write_tftp_option(struct writer *, const char *name, uint64_t value);
#endif
