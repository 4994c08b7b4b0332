/* wire/line.h: what one end of a cable does to the other: link pulses, volts, load, carrier.
 *
 * Not a wire format of others: it is how an engine's copper is handed over (EVENT_LINE, ACTION_LINE), as 24 bytes, big
 * endian, in the order of the struct. The state holds until the next LINE from the same end. Power is detected, never
 * flagged: an engine sees volts and a load, nothing else.
 */
#ifndef WIRE_LINE_H
#define WIRE_LINE_H
#include "base/bytes.h"

enum pulse_width { PULSE_NONE, PULSE_NARROW, PULSE_WIDE };
enum link_speed { SPEED_NONE, SPEED_10, SPEED_100, SPEED_1000 };

struct line {
    enum pulse_width pulse; /* link pulses that leave this end; a low-pass filter stops the narrow ones */
    uint16_t word;          /* the Fast Link Pulse code word that they carry */
    int32_t millivolts;     /* what this end puts on the pairs: -48000 when powered, -2800 to -10000 detecting,
                                -15500 to -20500 classifying, 0 none */
    uint32_t ohms;          /* the load that this end shows across the pairs; UINT32_MAX: open */
    uint32_t nanofarads;    /* beside it */
    uint32_t microamperes;  /* the current that this end draws at the volts that it sees */
    bool carrier;           /* this end's transceiver is up: idle or data */
    enum link_speed speed;  /* of the carrier */
    bool full_duplex;
};

enum { LINE_SIZE = 24 };
extern const struct line LINE_IDLE; /* no pulses, no volts, open, no carrier */

bool line_decode(struct line *out, struct bytes in, struct fault *why);
void line_encode(struct writer *, const struct line *);
bool line_equal(const struct line *, const struct line *);
#endif
