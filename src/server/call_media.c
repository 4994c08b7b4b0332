/* The media of a call: one codec for both directions, a receive channel at each phone, and each sends to where the
 * other receives. */
#include "server/call_parts.h"

enum {
    PACKET = 20,
    OUT_OF_BAND = 10, /* digits in a call: to the CallManager, not in RTP (RFC 2833); as in all captured calls */
    G711_U = 4,
    G711_A = 2,
    G7231 = 9,
    RATE_G7231 = 2 /* 6.3 kbit/s */,
    TYPED_FROM = 17,
    PRECEDENCE = 184
};

/* In the order of preference: G.711 as every phone has it, G.729 with its annexes, then what both may happen to have.
 * Numbers above these are no codecs for a voice (257: RFC 2833). */
static const uint8_t wanted[] = {G711_U, G711_A, 12, 11, 16, 15, 6, 9, 10, 18, 80, 82, 86, 40, 41, 25};

static const struct {
    uint32_t codec;
    const char *name;
} names[] = {{2, "G.711 A-law"},  {4, "G.711 u-law"}, {6, "G.722"},          {9, "G.723.1"},
             {10, "G.728"},       {11, "G.729"},      {12, "G.729A"},        {15, "G.729B"},
             {16, "G.729AB"},     {18, "GSM FR"},     {25, "wideband 256k"}, {40, "G.722.1 32k"},
             {41, "G.722.1 24k"}, {80, "GSM"},        {82, "G.726-32"},      {86, "iLBC"}};

const char *call_codec_name(uint32_t codec)
{
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (names[i].codec == codec) return names[i].name;
    return "";
}

/* The longest packet of a codec that a phone takes, ms; 0: it has not this codec. Cisco's phones say milliseconds; what
 * is less than one frame of 10 ms can only be the number of frames that the field is named after, and says nothing
 * here. */
static uint32_t most_of(const struct device *d, uint32_t codec)
{
    enum { FRAME = 10, ANY = 60 };

    for (size_t i = 0; i < d->capabilities; i++)
        if (d->capability[i].codec == codec)
            return d->capability[i].milliseconds >= FRAME ? d->capability[i].milliseconds : ANY;
    return 0;
}

bool media_agree(const struct device *a, const struct device *b, uint32_t *codec, uint32_t *milliseconds)
{
    for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++) {
        uint32_t of_a = most_of(a, wanted[i]), of_b = most_of(b, wanted[i]), least = of_a < of_b ? of_a : of_b;
        uint32_t packet = wanted[i] == G7231 ? 30 : PACKET; /* a frame of G.723.1 is 30 ms */
        if (least == 0) continue;
        *codec = wanted[i];
        *milliseconds = least < packet ? least : packet;
        return true;
    }
    return false;
}

static struct sccp_media media_of(const struct calling *x, int side)
{
    return (struct sccp_media){.conference = x->k->id, /* the call reference serves as conference for two parties */
                               .party = x->k->party[side].stream,
                               .milliseconds = x->k->milliseconds,
                               .codec = x->k->codec,
                               .parameters = x->k->codec == G7231 ? RATE_G7231 : 0,
                               .call = x->k->id,
                               .dtmf_type = OUT_OF_BAND};
}

void media_open(struct calling *x, int side)
{
    struct cm_connection *c = party_of(x, side);
    struct call_party *p = &x->k->party[side];
    struct sccp_message open = {.id = SCCP_OPEN_RECEIVE_CHANNEL};

    if (!c) return;
    /* A number that no earlier channel had: an Ack that comes late, after Hold and Resume, is then known for what it
     * is. */
    p->stream = ((uint32_t)x->m->config.index + 1) << 24 | (++x->m->calls.streams & 0xffffff);
    p->opened = true;
    p->at = (struct endpoint){0};
    open.call.media = media_of(x, side);
    cm_write(c, &open, x->out);
}

static void start(struct calling *x, int side)
{
    struct cm_connection *c = party_of(x, side);
    struct call_party *p = &x->k->party[side];
    const struct endpoint *to = &x->k->party[!side].at;
    struct sccp_message m = {.id = SCCP_START_MEDIA_TRANSMISSION};

    if (!c || !p->opened) return;
    m.call.media = media_of(x, side);
    m.call.media.peer = (struct sccp_transport){.address = to->address, .port = to->port};
    m.call.media.precedence = PRECEDENCE; /* DSCP 46, shifted by the two bits behind it */
    p->sending = true;
    cm_write(c, &m, x->out);
}

/* A channel is open: the other phone learns where to send. A 7912 names no call in it, so the party number decides. */
void media_opened(struct calling *x, int side, const struct sccp_receiving *r)
{
    struct cm_connection *c = party_of(x, side);
    struct call_party *p = &x->k->party[side];

    if (!c || x->k->phase != PHASE_TALKING || !p->opened || r->party != p->stream || p->at.address) return;
    if (r->status != 0 || r->at.port == 0 || r->at.port > UINT16_MAX || r->at.type == 1) {
        call_fail(x, OUTCOME_NO_MEDIA);
        return;
    }
    p->at.address = r->at.address ? r->at.address : c->phone.address;
    p->at.port = (uint16_t)r->at.port;
    start(x, !side);
}

void media_close(struct calling *x, int side)
{
    struct cm_connection *c = party_of(x, side);
    struct call_party *p = &x->k->party[side];
    struct sccp_message m = {.id = SCCP_CLOSE_RECEIVE_CHANNEL,
                             .call.close = {.conference = x->k->id, .party = p->stream, .call = x->k->id}};

    if (c && p->opened) {
        cm_write(c, &m, x->out);
        m.id = SCCP_STOP_MEDIA_TRANSMISSION; /* also when it has not begun: CallManager does not ask */
        cm_write(c, &m, x->out);
    }
    p->opened = p->sending = false;
    p->at = (struct endpoint){0};
}
