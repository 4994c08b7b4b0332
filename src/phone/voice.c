#include "phone/voice.h"
#include "wire/rtp.h"

enum {
    CLOCK_KHZ = 8,
    FORWARDED = 46 << 2 /* the TOS byte of DSCP 46 */,
    PRIORITY_VOICE = 5,
    MISORDER = 100,
    LEAP = 3000,
    CLOCK_MOST = 10 * 8000
};

/* SCCP's number, RTP's payload type, bytes in each `frame_ms`. The types from 96 on are dynamic: both ends are ours, or
 * were told the same by the same CallManager (iLBC is 116 with Cisco's phones, the others are this emulator's
 * choice). */
static const struct {
    uint16_t codec;
    uint8_t type, frame_ms;
    uint16_t bytes;
    const char *name;
} codecs[] = {
    {4, RTP_PCMU, 10, 80, "G.711 u-law"},  {2, RTP_PCMA, 10, 80, "G.711 A-law"},
    {6, RTP_G722, 10, 80, "G.722"},        {9, RTP_G723, 30, 24, "G.723.1"},
    {10, RTP_G728, 10, 20, "G.728"},       {11, RTP_G729, 10, 10, "G.729"},
    {12, RTP_G729, 10, 10, "G.729A"},      {15, RTP_G729, 10, 10, "G.729B"},
    {16, RTP_G729, 10, 10, "G.729AB"},     {18, RTP_GSM, 20, 33, "GSM FR"},
    {25, 97, 10, 320, "wideband 256k"},    {40, 98, 20, 80, "G.722.1 32k"},
    {41, 99, 20, 60, "G.722.1 24k"},       {80, RTP_GSM, 20, 33, "GSM"},
    {82, RTP_G726_32, 10, 40, "G.726-32"}, {86, 116, 20, 38, "iLBC"},
};

/* ITU-T G.711, tables 5 and 6: 1 kHz at 0 dBm0, eight samples a period. */
static const uint8_t u_law[] = {0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e},
                     a_law[] = {0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4};

static size_t place_of(const struct load_manifest *load, uint32_t codec)
{
    bool has = false;

    for (uint8_t i = 0; i < load->codecs; i++) has |= load->codec[i] == codec;
    for (size_t i = 0; has && i < ARRAY_LENGTH(codecs); i++)
        if (codecs[i].codec == codec) return i;
    return ARRAY_LENGTH(codecs);
}

const char *voice_codec_name(uint32_t codec)
{
    for (size_t i = 0; i < ARRAY_LENGTH(codecs); i++)
        if (codecs[i].codec == codec) return codecs[i].name;
    return "";
}

void voice_reset(struct voice *m)
{
    *m = (struct voice){.due = NEVER, .last_port = m->last_port};
}

bool voice_open(struct voice *m, const struct load_manifest *load, uint32_t codec)
{
    size_t place = place_of(load, codec);

    if (place == ARRAY_LENGTH(codecs)) return false;
    bool wraps = m->last_port < VOICE_FIRST_PORT || m->last_port >= VOICE_LAST_PORT;
    m->last_port = wraps ? VOICE_FIRST_PORT : (uint16_t)(m->last_port + 2);
    m->port = m->last_port;
    m->receives = (uint8_t)place;
    return true;
}

/* A.3: of what this source sent between the first and the last that came; one that came twice counts twice. */
static uint32_t lost_of_source(const struct voice *m)
{
    uint32_t expected = m->extended - m->base + 1;

    return m->of_source && expected > m->of_source ? expected - m->of_source : 0;
}

static void end_source(struct voice *m)
{
    m->lost += lost_of_source(m);
    m->of_source = 0;
}

void voice_close(struct voice *m)
{
    end_source(m);
    m->port = 0;
}

bool voice_send(struct voice *m, const struct load_manifest *load, usec now, ipv4 to, uint16_t port, uint32_t codec,
                uint32_t milliseconds, struct random *random)
{
    size_t place = place_of(load, codec);

    if (place == ARRAY_LENGTH(codecs) || to == 0 || port == 0) return false;
    uint32_t frame = codecs[place].frame_ms;
    if (milliseconds > VOICE_MOST_MS) milliseconds = VOICE_MOST_MS; /* a packet of 256 kbit/s has room in a frame */
    milliseconds -= milliseconds % frame;
    m->milliseconds = (uint8_t)(milliseconds ? milliseconds : frame);
    m->sends = (uint8_t)place;
    if (m->last_port == 0) m->last_port = VOICE_FIRST_PORT; /* nothing was to be heard yet: from where it would be */
    m->to = to;
    m->to_port = port;
    m->sequence = (uint16_t)random_u32(random); /* RFC 3550, 5.1: all three begin at random */
    m->timestamp = random_u32(random);
    m->ssrc = random_u32(random);
    m->first = true;
    m->due = now;
    return true;
}

void voice_stop(struct voice *m)
{
    m->due = NEVER;
}

uint32_t voice_octets(const struct voice *m, uint32_t packets)
{
    return packets * ((uint32_t)codecs[m->sends].bytes * m->milliseconds / codecs[m->sends].frame_ms);
}

const char *voice_name(const struct voice *m)
{
    return codecs[m->milliseconds ? m->sends : m->receives].name;
}

static void write_voice(struct writer *w, const struct voice *m)
{
    size_t n = voice_octets(m, 1);
    const uint8_t *tone = codecs[m->sends].type == RTP_PCMU ? u_law : codecs[m->sends].type == RTP_PCMA ? a_law : NULL;

    if (!tone) {
        write_zeros(w, n);
        return;
    }
    for (size_t i = 0; i < n; i++) write_u8(w, tone[i % sizeof u_law]); /* whole periods: each packet is the same */
}

void voice_wake(struct voice *m, struct host *h, usec now, bool *first, struct outbox *out)
{
    usec interval = m->milliseconds * MSEC;
    struct mac next;

    *first = false;
    if (m->due > now) return;
    bool late = now - m->due > 10 * interval;
    m->due = (late ? now : m->due) + interval;
    m->timestamp +=
        (uint32_t)m->milliseconds * CLOCK_KHZ; /* the voice goes on, whether anybody can be reached or not */
    if (!host_reach(h, now, m->to, &next, out)) {
        m->due = now + interval;
        return;
    }
    struct host_class voice = {PRIORITY_VOICE, FORWARDED};
    struct rtp p = {m->first, codecs[m->sends].type, m->sequence++, m->timestamp, m->ssrc, 0, {0}};
    struct host_datagram d = host_udp_begin_as(h, &voice, next, h->address, m->last_port, m->to, m->to_port, out);
    rtp_begin(d.w, &p);
    write_voice(d.w, m);
    host_udp_end(&d);
    m->sent++;
    *first = m->first;
    m->first = false;
}

static void begin_source(struct voice *m, const struct rtp *p)
{
    end_source(m);
    m->source = p->ssrc;
    m->base = m->extended = 65536 + (uint32_t)p->sequence; /* one that comes late may be of the cycle before */
    m->of_source = 0;
}

/* A.8: D is how much longer this one was under way than the one before, in units of the timestamp. */
static void count_jitter(struct voice *m, usec now, const struct rtp *p)
{
    uint32_t transit = (uint32_t)(now * CLOCK_KHZ / MSEC) - p->timestamp;
    int32_t d = (int32_t)(transit - m->transit);

    m->transit = transit;
    if (m->of_source == 0) return;
    int64_t size = d < 0 ? -(int64_t)d : d;
    if (size > CLOCK_MOST) size = CLOCK_MOST; /* a source that lies about its clock must not make the sum wrap */
    m->jitter += (uint32_t)size - ((m->jitter + 8) >> 4);
}

bool voice_hear(struct voice *m, usec now, const struct host_frame *f, bool *first)
{
    struct rtp p;
    struct fault why;

    *first = false;
    if (m->port == 0 || f->udp.to != m->port) return false;
    if (!rtp_decode(&p, f->udp.payload, &why) || p.type != codecs[m->receives].type) return true;
    if (m->of_source == 0 || p.ssrc != m->source) begin_source(m, &p);
    uint16_t ahead = (uint16_t)(p.sequence - (uint16_t)m->extended);
    if (ahead >= LEAP && ahead < UINT16_MAX - MISORDER) {
        begin_source(m, &p);
        ahead = 0;
    }
    if (ahead < LEAP) m->extended += ahead;
    count_jitter(m, now, &p);
    *first = m->of_source == 0;
    m->of_source++;
    m->received++;
    return true;
}

uint32_t voice_lost(const struct voice *m)
{
    return m->lost + lost_of_source(m);
}

uint32_t voice_jitter_us(const struct voice *m)
{
    return (uint32_t)((uint64_t)m->jitter * 1000 / CLOCK_KHZ / 16);
}
