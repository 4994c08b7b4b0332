/* phone/voice.h: what two phones say to one another: RTP (RFC 3550) as the CallManager orders it, packets sent and
 * counted.
 *
 * Sends    from the moment that the next hop is known, a packet each `milliseconds` (at most VOICE_MOST_MS): G.711 as
 *          the 1 kHz tone of ITU-T G.711, tables 5 and 6; of other codecs the right number of zero bytes (a silence
 *          that nobody decodes here). Expedited forwarding: DSCP 46 (RFC 3246) and, in a voice VLAN, priority 5. One
 *          that is late by more than ten packets goes on from now instead of sending them all at once.
 * Hears    packets of the payload type that its channel was opened for, at the port that it told, from anybody:
 *          counted, with what is lost by the sequence numbers (RFC 3550, A.3) and the jitter (A.8). A new SSRC, or a
 *          leap in the sequence, begins a new count; the sums go on.
 * Gives    at most one frame a wake, and an ARP request.
 * Memory   one struct voice; nothing is allocated.
 * Garbage  what is no RTP, or of another payload type, is not counted and changes nothing.
 */
#ifndef PHONE_VOICE_H
#define PHONE_VOICE_H
#include "base/random.h"
#include "phone/host.h"
#include "provision/load.h"

enum { VOICE_MOST_MS = 40, VOICE_FIRST_PORT = 16384, VOICE_LAST_PORT = 32766 }; /* the range of Cisco's phones, even */

struct voice {
    usec due;                /* the next packet; NEVER: it does not send */
    ipv4 to;                 /* whom it sends to */
    uint16_t to_port, port;  /* port: where it receives; 0: it does not */
    uint16_t last_port;      /* that was given */
    uint8_t sends, receives; /* the codec: its place in the table */
    uint8_t milliseconds;
    bool first; /* the next packet is the first of its stream */
    uint16_t sequence;
    uint32_t timestamp, ssrc;
    uint32_t sent;
    uint32_t received, lost, jitter;            /* over all streams of the call; jitter: sixteenths of 1/8000 s */
    uint32_t source, extended, base, of_source; /* of the stream that is heard; of_source: packets; 0: none yet */
    uint32_t transit;
};

void voice_reset(struct voice *); /* as a new call finds it; the ports go on */
/* Opens a receive channel, on the next even port. False: no load of this phone has this codec. */
bool voice_open(struct voice *, const struct load_manifest *, uint32_t codec);
void voice_close(struct voice *);
bool voice_send(struct voice *, const struct load_manifest *, usec now, ipv4 to, uint16_t port, uint32_t codec,
                uint32_t milliseconds, struct random *);
void voice_stop(struct voice *);
/* Is this datagram for the open channel? *first: it is the first of its stream that was counted. */
bool voice_hear(struct voice *, usec now, const struct host_frame *, bool *first);
/* Sends what is due. *first: it was the first packet of its stream. */
void voice_wake(struct voice *, struct host *, usec now, bool *first, struct outbox *);
uint32_t voice_lost(const struct voice *);                     /* until now */
uint32_t voice_jitter_us(const struct voice *);                /* of what was heard last */
uint32_t voice_octets(const struct voice *, uint32_t packets); /* of payload, with the codec that it sends */
const char *voice_name(const struct voice *);                  /* of that codec */
const char *voice_codec_name(uint32_t codec);                  /* "G.711 u-law"; "" when it is none that phones have */
#endif
