/* wire/sccp_call.h: the media of a call. */
#include "wire/sccp_body.h"

enum {
    LATENT = 22,     /* protocol version from which level and latent capabilities stand at the end */
    MEDIA_TYPE = 20, /* from which a PortResponse says its media */
    PACKED_STATISTICS = 22,
    OPEN_SHORT = 108, /* bodies of the forms before TYPED_ADDRESSES */
    START_SHORT = 116,
    START_CM2 = 36,
    OPEN_ACK_SHORT = 20,
    OPEN_ACK_7912 = 16,
    START_ACK_SHORT = 24,
    FAILURE_SHORT = 20,
    PORT_SHORT = 24,
    STATISTICS_REQ_SHORT = 32,
    STATISTICS_SHORT = 664,   /* with a number of 24 */
    STATISTICS_ALIGNED = 668, /* with one of 28 */
    WIDE_NUMBER = 28,
    AUDIO_PLACE = 312, /* where the audio codecs of an UpdateCapabilities stand (captured of a 7960 and a 7970) */
    AUDIO_CODEC = 16,
    AUDIO_END = 1840,
    AUDIO_END_V2 = 2000,
    AUDIO_END_V3 = 2340,
    AUDIO_COUNTS = 3 * sizeof(uint32_t),
    PICTURE = 20,  /* a custom picture format */
    RESOURCE = 16, /* a service resource, behind its layouts */
};

static void walk_peer_address(struct walk *k, struct sccp_transport *t, bool typed)
{
    if (typed) walk_le32(k, &t->type);
    if (typed && t->type == 1) {
        walk_bytes(k, t->ipv6, IPV6);
    } else {
        walk_address(k, &t->address);
        if (typed) walk_skip(k, IPV6 - sizeof t->address);
    }
}

static void walk_transport(struct walk *k, struct sccp_transport *t, bool typed)
{
    walk_peer_address(k, t, typed);
    walk_le32(k, &t->port);
}

static void walk_encryption(struct walk *k, struct sccp_encryption *e)
{
    walk_le32(k, &e->algorithm);
    walk_le16(k, &e->key_length);
    walk_le16(k, &e->salt_length);
    walk_bytes(k, e->key, sizeof e->key);
    walk_bytes(k, e->salt, sizeof e->salt);
    walk_le32(k, &e->mki);
    walk_le32(k, &e->derivation_rate);
}

static void walk_latent(struct walk *k, struct sccp_latent *l)
{
    walk_le32(k, &l->active);
    walk_le32(k, &l->version);
    walk_le32(k, &l->modulation);
    for (size_t i = 0; i < ARRAY_LENGTH(l->most); i++) walk_le16(k, &l->most[i]);
    walk_le32(k, &l->standard);
    walk_le32(k, &l->vendor);
    for (size_t i = 0; i < ARRAY_LENGTH(l->flags); i++) walk_u8(k, &l->flags[i]);
}

/* What both orders have from the codec's parameters on. */
static void walk_stream(struct walk *k, struct sccp_media *m)
{
    walk_le32(k, &m->parameters);
    walk_le32(k, &m->call);
    walk_encryption(k, &m->encryption);
    walk_le32(k, &m->stream);
    walk_le32(k, &m->associated_stream);
    walk_le32(k, &m->dtmf_payload);
    walk_le32(k, &m->dtmf_type);
    walk_le32(k, &m->mixing);
    walk_le32(k, &m->direction);
}

static void walk_open(struct walk *k, struct sccp_message *message)
{
    struct sccp_media *m = &message->call.media;
    bool typed = k->version >= TYPED_ADDRESSES && (k->to || k->size != OPEN_SHORT); /* still older: no address */

    walk_le32(k, &m->conference);
    walk_le32(k, &m->party);
    walk_le32(k, &m->milliseconds);
    walk_le32(k, &m->codec);
    walk_le32(k, &m->echo_cancellation);
    walk_stream(k, m);
    walk_transport(k, &m->peer, typed);
    if (typed) walk_le32(k, &m->address_type);
    if (k->version < LATENT) return;
    walk_le32(k, &m->level);
    walk_latent(k, &m->latent);
}

static void walk_start(struct walk *k, struct sccp_message *message)
{
    struct sccp_media *m = &message->call.media;
    bool cm2 = !k->to && k->size == START_CM2;
    bool old =
        !k->to && k->size <= START_SHORT; /* no typed form is that short: 40 Asterisk's first, 84, 108 CallManager's */
    bool typed = k->version >= TYPED_ADDRESSES && !old;

    if (!cm2) {
        walk_le32(k, &m->conference);
        walk_le32(k, &m->party);
    }
    walk_transport(k, &m->peer, typed);
    walk_le32(k, &m->milliseconds);
    walk_le32(k, &m->codec);
    walk_le32(k, &m->precedence);
    if (cm2) return; /* what follows is stale there */
    walk_le32(k, &m->silence_suppression);
    walk_le16(k, &m->frames);
    walk_skip(k, sizeof m->frames);
    walk_stream(k, m);
    if (k->version >= LATENT) walk_latent(k, &m->latent);
}

static void walk_receiving(struct walk *k, struct sccp_message *m)
{
    struct sccp_receiving *r = &m->call.receiving;
    bool old = !k->to && (k->size == OPEN_ACK_SHORT || k->size == OPEN_ACK_7912);

    walk_le32(k, &r->status);
    walk_transport(k, &r->at, k->version >= TYPED_ADDRESSES && !old);
    walk_le32(k, &r->party);
    walk_le32(k, &r->call);
}

static void walk_sending(struct walk *k, struct sccp_message *m)
{
    struct sccp_sending *s = &m->call.sending;

    walk_le32(k, &s->conference);
    walk_le32(k, &s->party);
    walk_le32(k, &s->call);
    walk_transport(k, &s->at, k->version >= TYPED_ADDRESSES && (k->to || k->size != START_ACK_SHORT));
    walk_le32(k, &s->status);
}

static void walk_failure(struct walk *k, struct sccp_message *m)
{
    struct sccp_failure *f = &m->call.failure;

    walk_le32(k, &f->conference);
    walk_le32(k, &f->party);
    walk_transport(k, &f->peer, k->version >= TYPED_ADDRESSES && (k->to || k->size != FAILURE_SHORT));
    walk_le32(k, &f->call);
}

static void walk_close(struct walk *k, struct sccp_message *m)
{
    struct sccp_close *c = &m->call.close;

    walk_le32(k, &c->conference);
    walk_le32(k, &c->party);
    walk_le32(k, &c->call);
    walk_le32(k, &c->port_handling);
}

static void walk_multicast(struct walk *k, struct sccp_message *m)
{
    walk_le32(k, &m->call.multicast.status);
    walk_le32(k, &m->call.multicast.party);
    walk_le32(k, &m->call.multicast.call);
}

static void walk_whose_port(struct walk *k, struct sccp_port *p)
{
    walk_le32(k, &p->conference);
    walk_le32(k, &p->call);
    walk_le32(k, &p->party);
}

static void walk_port_request(struct walk *k, struct sccp_message *m)
{
    walk_whose_port(k, &m->call.port);
    walk_le32(k, &m->call.port.transport);
    walk_le32(k, &m->call.port.address_type);
    walk_le32(k, &m->call.port.media);
}

static void walk_port_response(struct walk *k, struct sccp_message *m)
{
    struct sccp_port *p = &m->call.port;

    walk_whose_port(k, p);
    walk_transport(k, &p->at, k->version >= TYPED_ADDRESSES && (k->to || k->size != PORT_SHORT));
    walk_le32(k, &p->rtcp_port);
    if (k->version >= MEDIA_TYPE) walk_le32(k, &p->media);
}

static void walk_port_close(struct walk *k, struct sccp_message *m)
{
    walk_whose_port(k, &m->call.port);
    walk_le32(k, &m->call.port.media);
}

static void walk_resource(struct walk *k, struct sccp_message *m)
{
    struct sccp_resource *r = &m->call.resource;

    walk_le32(k, &r->device_type);
    walk_le32(k, &r->in_service);
    walk_le32(k, &r->most_per_conference);
    walk_le32(k, &r->out_of_service);
}

static void walk_statistics_req(struct walk *k, struct sccp_message *m)
{
    struct sccp_statistics_req *s = &m->call.statistics_req;
    bool longer = k->version >= LONG_NUMBERS && (k->to || k->size != STATISTICS_REQ_SHORT);

    walk_field(k, &s->number, longer ? WIDE_NUMBER : MOST_NUMBER);
    walk_le32(k, &s->call);
    walk_le32(k, &s->mode);
}

/* A phone at protocol 20 sent 668 bytes, one at 22 the packed form (chan-sccp's dumps); Wireshark takes all from 18 on
 * as packed. So the version says what is sent, and of what comes from 18 on the length: the other is never shorter. */
static bool packed(const struct walk *k)
{
    if (k->to) return k->version >= PACKED_STATISTICS;
    bool old = k->size == STATISTICS_SHORT && k->version < PACKED_STATISTICS;
    return k->version >= LONG_NUMBERS && k->size < STATISTICS_ALIGNED && !old;
}

static void walk_mode(struct walk *k, uint32_t *mode, bool of_one_byte)
{
    uint8_t byte = (uint8_t)*mode;

    if (!of_one_byte) {
        walk_le32(k, mode);
        return;
    }
    walk_u8(k, &byte);
    *mode = byte;
}

static void walk_statistics_text(struct walk *k, struct bytes *text, bool is_packed)
{
    struct bytes within = text_within(*text, SCCP_STATISTICS);
    uint32_t n = (uint32_t)within.len;

    walk_le32(k, &n);
    if (k->to && is_packed)
        walk_data(k, &within, n);
    else
        walk_field(k, text, SCCP_STATISTICS);
    if (!k->to && text->len > n) text->len = n;
}

static void walk_statistics(struct walk *k, struct sccp_message *m)
{
    struct sccp_statistics *s = &m->call.statistics;
    bool is_packed = packed(k);
    bool longer = k->version >= LONG_NUMBERS && (k->to || is_packed || k->size != STATISTICS_SHORT);

    walk_field(k, &s->number, longer ? WIDE_NUMBER : MOST_NUMBER);
    walk_le32(k, &s->call);
    walk_mode(k, &s->mode, is_packed);
    walk_le32(k, &s->sent_packets);
    walk_le32(k, &s->sent_octets);
    walk_le32(k, &s->received_packets);
    walk_le32(k, &s->received_octets);
    walk_le32(k, &s->lost_packets);
    walk_le32(k, &s->jitter);
    walk_le32(k, &s->latency);
    walk_statistics_text(k, &s->text, is_packed);
}

static void walk_codec(struct walk *k, struct sccp_audio *a, size_t i)
{
    walk_le32(k, &a->codec[i].codec);
    walk_le32(k, &a->codec[i].milliseconds);
    walk_skip(k, AUDIO_CODEC - 2 * sizeof(uint32_t));
}

/* Arrays of full size, whatever the counts say: 6 picture formats and 4 resources before the audio codecs, 18 of these,
 * 10 of video behind them, of 116 bytes in the first form, 132 in the second, 136 in the third, then data. */
static void walk_audio_aligned(struct walk *k, struct sccp_audio *a, size_t end)
{
    walk_skip(k, AUDIO_PLACE - AUDIO_COUNTS);
    for (size_t i = 0; i < a->count; i++) walk_codec(k, a, i);
    walk_skip(k, end - AUDIO_PLACE - a->count * AUDIO_CODEC);
}

/* Arrays as long as their counts say; a resource has an array of its own. A count that the body cannot meet ends with
 * it. */
static void read_audio_packed(struct walk *k, struct sccp_audio *a)
{
    uint32_t pictures = 0, resources = 0, layouts = 0;

    walk_skip(k, sizeof(uint32_t)); /* RTP payload format */
    walk_le32(k, &pictures);
    for (uint32_t i = 0; i < pictures && unread(&k->from) > 0; i++) walk_skip(k, PICTURE);
    walk_skip(k, 2 * sizeof(uint32_t)); /* streams and bandwidth at registration */
    walk_le32(k, &resources);
    for (uint32_t i = 0; i < resources && unread(&k->from) > 0; i++) {
        walk_le32(k, &layouts);
        for (uint32_t l = 0; l < layouts && unread(&k->from) > 0; l++) walk_skip(k, sizeof layouts);
        walk_skip(k, RESOURCE);
    }
    for (size_t i = 0; i < a->count; i++) walk_codec(k, a, i);
}

static void walk_audio_counts(struct walk *k, struct sccp_audio *a)
{
    walk_count(k, &a->count, SCCP_AUDIO_CODECS);
    walk_le32(k, &a->video);
    walk_le32(k, &a->data);
}

static void walk_audio(struct walk *k, struct sccp_message *m)
{
    walk_audio_counts(k, &m->call.audio);
    walk_audio_aligned(k, &m->call.audio, AUDIO_END);
}

static void walk_audio_v2(struct walk *k, struct sccp_message *m)
{
    walk_audio_counts(k, &m->call.audio);
    walk_audio_aligned(k, &m->call.audio, AUDIO_END_V2);
}

/* chan-sccp reads this form as arrays of full size, Wireshark as packed: the length of the body says which of them it
 * is. */
static void walk_audio_v3(struct walk *k, struct sccp_message *m)
{
    walk_audio_counts(k, &m->call.audio);
    if (k->to || k->size >= AUDIO_END)
        walk_audio_aligned(k, &m->call.audio, AUDIO_END_V3);
    else
        read_audio_packed(k, &m->call.audio);
}

static const struct body bodies[] = {
    {SCCP_MULTICAST_MEDIA_RECEPTION_ACK, 8, walk_multicast},
    {SCCP_OPEN_RECEIVE_CHANNEL_ACK, 16, walk_receiving},
    {SCCP_CONNECTION_STATISTICS_RES, 57, walk_statistics},
    {SCCP_MEDIA_TRANSMISSION_FAILURE, 16, walk_failure},
    {SCCP_MEDIA_RESOURCE_NOTIFICATION, 4, walk_resource},
    {SCCP_UPDATE_CAPABILITIES, 12, walk_audio},
    {SCCP_UPDATE_CAPABILITIES_V2, 12, walk_audio_v2},
    {SCCP_UPDATE_CAPABILITIES_V3, 12, walk_audio_v3},
    {SCCP_PORT_RESPONSE, 16, walk_port_response},
    {SCCP_START_MEDIA_TRANSMISSION, 36, walk_start},
    {SCCP_STOP_MEDIA_TRANSMISSION, 4, walk_close},
    {SCCP_START_MEDIA_RECEPTION, 0, walk_other},
    {SCCP_STOP_MEDIA_RECEPTION, 0, walk_other},
    {SCCP_OPEN_RECEIVE_CHANNEL, 24, walk_open}, /* up to protocol 4 there is no call reference */
    {SCCP_CLOSE_RECEIVE_CHANNEL, 4, walk_close},
    {SCCP_CONNECTION_STATISTICS_REQ, 28, walk_statistics_req},
    {SCCP_PORT_REQUEST, 12, walk_port_request},
    {SCCP_PORT_CLOSE, 12, walk_port_close},
    {SCCP_START_MEDIA_TRANSMISSION_ACK, 16, walk_sending},
};

const struct body *media_body(uint32_t id)
{
    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++)
        if (bodies[i].id == id) return &bodies[i];
    return NULL;
}
