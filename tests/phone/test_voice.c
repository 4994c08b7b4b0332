/* A phone's voice: RTP as it is ordered, sent and counted (phone/voice.h). */
#include "phone/calling.h"

/* ---- sending */
static void both_channels_open_and_rtp_goes_to_where_the_other_one_hears(void **state_)
{
    (void)state_;
    phone("7960");
    talking(U_LAW, 0);
    tells(PHONE_RING_BACK, 1); /* the tone and CallState say the same */
    tells(PHONE_CONNECTED, 1);
    assert_text(world_facts(&w, PHONE_CONNECTED), FACT_CALLED, "1002");
    world_run(&w, SECOND);
    const struct world_voice *v = &w.voice;
    struct rtp p = packet();
    assert_in_range(v->count, 49, 51);
    assert_true(v->ethernet.tagged && v->ethernet.vlan == 100 && v->ethernet.priority == 5);
    assert_int_equal(v->packet.tos >> 2, 46);
    assert_int_equal(v->udp.to, 20000);
    assert_int_equal(v->udp.from, own_port());
    assert_true(p.type == RTP_PCMU && !p.marker && p.payload.len == 160);
    assert_memory_equal(p.payload.at, "\x1e\x0b\x0b\x1e\x9e\x8b\x8b\x9e\x1e", 9); /* ITU-T G.711, table 6 */
    usec at = v->at;
    while (v->at == at) assert_true(world_next(&w, w.now + SECOND));
    struct rtp next = packet();
    assert_int_equal(v->at - at, 20 * MSEC);
    assert_int_equal((uint16_t)(next.sequence - p.sequence), 1);
    assert_int_equal(next.timestamp - p.timestamp, 160);
    assert_int_equal(next.ssrc, p.ssrc);
}

static void the_first_packet_of_a_stream_has_the_marker_and_waits_for_arp(void **state_)
{
    (void)state_;
    phone("7960");
    user(USER_CALLS, 0, "1002");
    dial_tone();
    ring_back();
    w.site.answers_arp = false;
    connects(U_LAW);
    world_run(&w, 500 * MSEC);
    assert_int_equal(w.voice.count, 0);
    w.site.answers_arp = true;
    while (w.voice.count == 0) assert_true(world_next(&w, w.now + 3 * SECOND));
    assert_true(packet().marker);
    world_run(&w, 100 * MSEC);
    assert_false(packet().marker);
    assert_in_range(w.voice.count, 5, 7);
}

static void the_acknowledgement_names_its_own_address_an_even_port_and_the_orders_party(void **state_)
{
    uint32_t port = 0;

    (void)state_;
    phone("7960");
    user(USER_LIFTS, 0, "");
    dial_tone();
    said.count = 0;
    for (unsigned i = 0; i < 3; i++) {
        struct sccp_message m = media(SCCP_OPEN_RECEIVE_CHANNEL, A_LAW);
        m.call.media.party = 77 + i;
        say(m);
        const struct sccp_receiving *r = &said.m[0].call.receiving;
        SAYS(SCCP_OPEN_RECEIVE_CHANNEL_ACK);
        assert_true(r->status == 0 && r->at.address == IPV4(10, 0, 0, 50) && r->party == 77 + i && r->call == CALL);
        assert_true(r->at.port % 2 == 0 && r->at.port >= 16384 && r->at.port <= 32766 && r->at.port != port);
        port = r->at.port;
    }
}

static void a_phone_of_protocol_17_and_newer_acknowledges_that_it_sends(void **state_)
{
    (void)state_;
    phone("7970");
    assert_int_equal(w.site.cm[0].protocol, 20);
    user(USER_LIFTS, 0, "");
    dial_tone();
    said.count = 0;
    say(media(SCCP_OPEN_RECEIVE_CHANNEL, U_LAW));
    say(media(SCCP_START_MEDIA_TRANSMISSION, U_LAW));
    assert_int_equal(said.m[1].call.sending.party, PARTY);
    assert_int_equal(said.m[1].call.sending.at.port, own_port());
    assert_int_equal(said.m[1].call.sending.at.address, IPV4(10, 0, 0, 50));
    SAYS(SCCP_OPEN_RECEIVE_CHANNEL_ACK, SCCP_START_MEDIA_TRANSMISSION_ACK);
}

/* ---- codecs */
static void a_codec_that_its_load_does_not_have_is_refused(void **state_)
{
    (void)state_;
    phone("7960");
    user(USER_LIFTS, 0, "");
    dial_tone();
    said.count = 0;
    say(media(SCCP_OPEN_RECEIVE_CHANNEL, G7231));
    assert_true(said.m[0].call.receiving.status != 0 && said.m[0].call.receiving.at.port == 0);
    SAYS(SCCP_OPEN_RECEIVE_CHANNEL_ACK);
    say(media(SCCP_START_MEDIA_TRANSMISSION, G7231));
    assert_int_equal(said.m[0].call.failure.party, PARTY);
    SAYS(SCCP_MEDIA_TRANSMISSION_FAILURE);
    struct sccp_message nowhere = media(SCCP_START_MEDIA_TRANSMISSION, U_LAW);
    nowhere.call.media.peer.port = 0;
    say(nowhere);
    SAYS(SCCP_MEDIA_TRANSMISSION_FAILURE);
    world_run(&w, SECOND);
    assert_int_equal(w.voice.count, 0);
}

static void each_codec_has_its_payload_type_and_size(void **state_)
{
    static const struct {
        uint32_t codec, ms;
        uint8_t type;
        size_t bytes;
        uint32_t step;
    } codecs[] = {{U_LAW, 20, 0, 160, 160}, {A_LAW, 20, 8, 160, 160}, {6, 20, 9, 160, 160}, {G729A, 20, 18, 20, 160},
                  {11, 30, 18, 30, 240},    {25, 20, 97, 640, 160},   {15, 0, 18, 10, 80},  {U_LAW, 500, 0, 320, 320}};

    (void)state_;
    phone("7970");
    user(USER_LIFTS, 0, "");
    dial_tone();
    for (size_t i = 0; i < ARRAY_LENGTH(codecs); i++) {
        struct sccp_message m = media(SCCP_START_MEDIA_TRANSMISSION, codecs[i].codec);
        m.call.media.milliseconds = codecs[i].ms;
        say(m);
        world_run(&w, SECOND);
        struct rtp p = packet();
        assert_int_equal(p.type, codecs[i].type);
        assert_int_equal(w.voice.udp.from, 16384); /* where it would hear */
        assert_int_equal(p.payload.len, codecs[i].bytes);
        unsigned before = w.voice.count;
        while (w.voice.count == before) assert_true(world_next(&w, w.now + SECOND));
        assert_int_equal(packet().timestamp - p.timestamp, codecs[i].step);
        if (codecs[i].codec == A_LAW) assert_memory_equal(w.voice.bytes + 12, "\x34\x21\x21\x34\xb4\xa1\xa1\xb4", 8);
    }
}

/* ---- what it hears */
static void what_comes_is_counted_and_what_is_missing_by_its_number(void **state_)
{
    static const uint16_t sequence[] = {65533, 65534, 65535, 0, 1, 4, 3, 5, 5, 8}; /* 2, 6, 7 never come; 5 twice */

    (void)state_;
    phone("7960");
    talking(U_LAW, 0);
    tells(PHONE_HEARS, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(sequence); i++) rtp_of(7, sequence[i], RTP_PCMU, 20 * MSEC);
    tells(PHONE_HEARS, 1);
    assert_int_equal(told_number(world_facts(&w, PHONE_HEARS), FACT_ADDRESS, 0), WORLD_PEER);
    release();
    assert_int_equal(counted(FACT_RECEIVED), 10);
    assert_int_equal(counted(FACT_LOST), 2); /* RFC 3550, A.3: 12 expected; the double one counts as received */
}

static void another_source_begins_a_new_count_and_the_sums_go_on(void **state_)
{
    (void)state_;
    phone("7960");
    talking(U_LAW, 0);
    rtp_of(7, 10, RTP_PCMU, MSEC);
    rtp_of(7, 12, RTP_PCMU, MSEC);
    rtp_of(8, 40000, RTP_PCMU, MSEC);
    rtp_of(8, 40001, RTP_PCMU, MSEC);
    rtp_of(8, 1000, RTP_PCMU, MSEC); /* a leap: it started again */
    rtp_of(8, 1002, RTP_PCMU, MSEC);
    tells(PHONE_HEARS, 3);
    rtp_of(9, 1010, RTP_PCMU, MSEC); /* near to where the other one was: it is another one all the same */
    tells(PHONE_HEARS, 4);
    release();
    assert_int_equal(counted(FACT_RECEIVED), 7);
    assert_int_equal(counted(FACT_LOST), 2);
}

static void a_phone_that_woke_late_sends_what_is_little_late_and_not_a_second_of_it_at_once(void **state_)
{
    (void)state_;
    phone("7960");
    talking(U_LAW, 0);
    world_run(&w, SECOND);
    unsigned sent = w.voice.count;
    w.now += SECOND;
    world_run(&w, 0);
    assert_in_range(w.voice.count, sent + 1, sent + 2);
    sent = w.voice.count;
    w.now += 100 * MSEC;
    world_run(&w, 0);
    assert_in_range(w.voice.count, sent + 5, sent + 6);
}

static void a_late_phone_that_reaches_nobody_does_not_spin(void **state_)
{
    (void)state_;
    phone("7960");
    w.site.answers_arp = false;
    talking(U_LAW, 0);
    for (unsigned i = 0; i < 100; i++) { /* world_event sees to it */
        w.now += (i % 10) * 20 * MSEC;
        world_run(&w, 5 * MSEC);
    }
    assert_int_equal(w.voice.count, 0);
}

static void a_call_in_which_nothing_was_sent_has_media_too(void **state_)
{
    (void)state_;
    phone("7960");
    user(USER_LIFTS, 0, "");
    dial_tone();
    say(media(SCCP_OPEN_RECEIVE_CHANNEL, A_LAW));
    rtp_of(1, 1, RTP_PCMA, MSEC);
    release();
    tells(PHONE_MEDIA, 1);
    assert_true(counted(FACT_SENT) == 0 && counted(FACT_RECEIVED) == 1);
    assert_text(world_facts(&w, PHONE_MEDIA), FACT_CODEC, "G.711 A-law");
}

static void regular_packets_have_no_jitter_and_late_ones_have(void **state_)
{
    (void)state_;
    phone("7960");
    talking(U_LAW, 0);
    for (uint16_t i = 0; i < 100; i++) rtp_of(7, i, RTP_PCMU, 20 * MSEC);
    assert_int_equal(voice_jitter_us(&w.phone.call.voice), 0);
    for (uint16_t i = 100; i < 200; i++) rtp_of(7, i, RTP_PCMU, (i & 1 ? 10 : 30) * MSEC);
    assert_about(voice_jitter_us(&w.phone.call.voice), 10000, 300); /* A.8: it settles at |D| */
}

static void a_source_that_lies_about_its_clock_does_not_make_the_jitter_wrap(void **state_)
{
    uint8_t b[RTP_HEADER];

    (void)state_;
    phone("7960");
    talking(U_LAW, 0);
    for (uint16_t i = 0; i < 200; i++) {
        struct writer x = writer(b, sizeof b);
        rtp_encode(&x, &(struct rtp){.type = RTP_PCMU, .sequence = i, .timestamp = i & 1 ? 0x80000000u : 0, .ssrc = 3});
        world_voice(&w, own_port(), written(&x));
        world_run(&w, 20 * MSEC);
    }
    assert_about(voice_jitter_us(&w.phone.call.voice), 10 * SECOND, SECOND);
}

static void what_is_no_rtp_of_this_call_is_not_counted(void **state_)
{
    (void)state_;
    phone("7960");
    talking(U_LAW, 0);
    rtp_of(7, 1, RTP_PCMA, MSEC);                                       /* another payload type */
    world_voice(&w, own_port(), bytes_of("\x40 not version 2 at all")); /* another version */
    world_voice(&w, own_port(), bytes_of("\x80"));
    world_voice(&w, (uint16_t)(own_port() + 1), bytes_of("rtcp"));
    world_run(&w, SECOND);
    tells(PHONE_HEARS, 0);
    uint16_t port = own_port();
    release();
    assert_int_equal(counted(FACT_RECEIVED), 0);
    world_voice(&w, port, bytes_of("\x80\0\0\1\0\0\0\1\0\0\0\1")); /* closed */
    world_run(&w, SECOND);
    tells(PHONE_HEARS, 0);
}

static void connection_statistics_are_answered_in_and_after_the_call(void **state_)
{
    struct sccp_message q = {.id = SCCP_CONNECTION_STATISTICS_REQ};

    (void)state_;
    phone("7960");
    talking(U_LAW, 0);
    rtp_of(7, 1, RTP_PCMU, 500 * MSEC);
    rtp_of(7, 3, RTP_PCMU, 500 * MSEC);
    q.call.statistics_req.call = CALL;
    release();
    said.count = 0;
    say(q);
    const struct sccp_statistics *s = &said.m[0].call.statistics;
    SAYS(SCCP_CONNECTION_STATISTICS_RES);
    assert_true(s->call == CALL && s->received_packets == 2 && s->lost_packets == 1 && s->received_octets == 320);
    assert_int_equal(s->sent_packets, w.voice.count);
    assert_int_equal(s->sent_octets, w.voice.count * 160);
}

#define T(name) cmocka_unit_test(name)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(both_channels_open_and_rtp_goes_to_where_the_other_one_hears),
        T(the_first_packet_of_a_stream_has_the_marker_and_waits_for_arp),
        T(the_acknowledgement_names_its_own_address_an_even_port_and_the_orders_party),
        T(a_phone_of_protocol_17_and_newer_acknowledges_that_it_sends),
        T(a_codec_that_its_load_does_not_have_is_refused),
        T(each_codec_has_its_payload_type_and_size),
        T(what_comes_is_counted_and_what_is_missing_by_its_number),
        T(another_source_begins_a_new_count_and_the_sums_go_on),
        T(a_phone_that_woke_late_sends_what_is_little_late_and_not_a_second_of_it_at_once),
        T(a_late_phone_that_reaches_nobody_does_not_spin),
        T(a_call_in_which_nothing_was_sent_has_media_too),
        T(regular_packets_have_no_jitter_and_late_ones_have),
        T(a_source_that_lies_about_its_clock_does_not_make_the_jitter_wrap),
        T(what_is_no_rtp_of_this_call_is_not_counted),
        T(connection_statistics_are_answered_in_and_after_the_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
