/* wire/rtp.h: RTP packets (RFC 3550, 5.1), the payload of a UDP datagram between two phones that talk.
 *
 * Takes   one whole packet. CSRC identifiers, a header extension and padding are stepped over: they are not part of
 *         `payload`.
 * Gives   the fixed header without CSRC and extension, then the payload: 12 bytes and its length.
 * Memory  `payload` borrows the input.
 * Garbage another version than 2, fewer bytes than the header, its CSRC list, its extension or its padding promise,
 *         padding of no bytes or longer than what is there: refused. RTCP on the wrong port (payload types 72 to 76
 *         with the marker, RFC 5761, 4) decodes like any other: the payload type tells.
 */
#ifndef WIRE_RTP_H
#define WIRE_RTP_H
#include "base/bytes.h"

enum { RTP_HEADER = 12, RTP_CSRCS = 15 };

/* RFC 3551, 6: the payload types that Cisco's phones use of those with a fixed number; all have a clock of 8 kHz (G.722
 * too, by an old mistake that 4.5.2 keeps). */
enum rtp_payload {
    RTP_PCMU = 0,
    RTP_G726_32 = 2, /* by RFC 1890; these phones kept it */
    RTP_GSM = 3,
    RTP_G723 = 4,
    RTP_PCMA = 8,
    RTP_G722 = 9,
    RTP_G728 = 15,
    RTP_G729 = 18,
};

struct rtp {
    bool marker;  /* the first packet of a talk spurt */
    uint8_t type; /* 0 to 127 */
    uint16_t sequence;
    uint32_t timestamp, ssrc;
    uint8_t sources; /* decode: CSRC identifiers that stand in it */
    struct bytes payload;
};

bool rtp_decode(struct rtp *out, struct bytes in, struct fault *why);
void rtp_encode(struct writer *, const struct rtp *); /* without CSRC, extension or padding */
void rtp_begin(struct writer *, const struct rtp *);  /* the header alone; the payload follows */
#endif
