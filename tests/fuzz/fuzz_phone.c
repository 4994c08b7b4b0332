/* A phone at the mercy of its cable: any line, frame and message, at any time, and silence. The input is a script: some
 * of its steps are what an honest site would answer just now, so that it comes as far as a registered line. Whatever
 * comes: nothing is dropped, no more than PHONE_MOST, no spin, no stream or workbench lost, no write into the bank that
 * runs. */
#include <assert.h>
#include <string.h>
#include "phone/phone.h"
#include "phone/station_wire.h"
#include "wire/cdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n);

enum { STREAMS = 64 };
static const struct mac SELF = {{2, 0, 0, 0, 0, 1}}, SITE = {{2, 0, 0, 0, 9, 9}};

static struct phone p;
static uint8_t flash[FLASH_SIZE], fresh[FLASH_SIZE], document[4096], image[LOAD_BUILT_IN_MOST];
static size_t document_len, image_len;
static struct workbench bench;
static struct workbenches benches = {.bench = &bench, .count = 1};
static struct action actions[PHONE_MOST];
static uint8_t bytes[PHONE_MOST_BYTES];
static struct outbox out;
static usec now, due;
static uint32_t open_stream[STREAMS];
static size_t opens;

static bool read_flash(void *context, size_t at, uint8_t *to, size_t size)
{
    (void)context;
    if (at > FLASH_SIZE || size > FLASH_SIZE - at) return false;
    memcpy(to, flash + at, size);
    return true;
}

static bool forget_stream(uint32_t stream)
{
    for (size_t i = 0; i < opens; i++)
        if (open_stream[i] == stream) {
            open_stream[i] = open_stream[--opens];
            return true;
        }
    return false;
}

static void apply(uint8_t bank)
{
    for (uint32_t i = 0; i < out.count; i++) {
        const struct action *a = &actions[i];
        struct bytes b = payload(&out, i);
        if (a->kind == ACTION_OPEN) {
            assert(opens < STREAMS);
            open_stream[opens++] = a->stream;
        } else if (a->kind == ACTION_CLOSE) {
            assert(forget_stream(a->stream));
        } else if (a->kind == ACTION_STORE) {
            size_t running = FLASH_BANK_AT + (size_t)bank * FLASH_BANK;
            assert(a->stream + b.len <= FLASH_SIZE &&
                   (a->stream + b.len <= running || a->stream >= running + FLASH_BANK));
            memcpy(flash + a->stream, b.at, b.len);
        }
    }
}

static void step(const struct event *e)
{
    uint8_t bank = p.bank;

    if (e->kind == EVENT_DOWN) (void)forget_stream(e->stream);
    outbox_clear(&out);
    due = phone_step(&p, now, e, &out);
    assert(!out.bytes.full && out.count <= PHONE_MOST);
    assert(e->kind != EVENT_WAKE || due > now || out.count > 0); /* never spins */
    apply(bank);
    assert(bench.taken == (p.bench != NULL));
    assert(opens == 0 || p.doing == DOING_REGISTRATION);
    assert(opens <= STATION_CMS);
    assert(p.call.stage == STAGE_IDLE ||
           p.call.stream == station_stream(&p.station)); /* no call without its CallManager */
    assert(p.call.stage != STAGE_IDLE || phone_call_due(&p.call) == NEVER);
    assert(p.power.state == POWER_ON || !phone_registered(&p));
    (void)phone_step_of(&p);
}

/* Until nothing is due at this moment: bounded. */
static void settle(void)
{
    for (unsigned i = 0; due <= now; i++) {
        assert(i < 200);
        step(&(struct event){.kind = EVENT_WAKE});
    }
}

static void line(int32_t millivolts, bool carrier)
{
    uint8_t b[LINE_SIZE];
    struct writer w = writer(b, sizeof b);
    struct line l = LINE_IDLE;

    l.millivolts = millivolts;
    l.carrier = carrier;
    line_encode(&w, &l);
    step(&(struct event){.kind = EVENT_LINE, .bytes = written(&w)});
}

/* ---- frames to the phone, in its VLAN */
static uint8_t frame[2048];
static struct writer fw;
static size_t begun, packet, datagram;

static void begin_frame(uint16_t type)
{
    struct ethernet e = {
        .to = SELF, .from = SITE, .type = type, .tagged = p.host.vlan != VLAN_UNTAGGED, .vlan = p.host.vlan};

    if (type == SNAP_CDP)
        e = (struct ethernet){.to = MAC_CDP, .from = SITE, .form = ETHERNET_SNAP, .oui = SNAP_CISCO, .type = type};
    fw = writer(frame, sizeof frame);
    begun = ethernet_begin(&fw, &e);
}

static void end_frame(void)
{
    ethernet_end(&fw, begun);
    step(&(struct event){.kind = EVENT_FRAME, .bytes = written(&fw)});
}

static void begin_udp(ipv4 from, uint16_t from_port, uint16_t to_port)
{
    begin_frame(TYPE_IPV4);
    packet = ipv4_begin(&fw, &(struct ipv4_packet){.from = from, .to = p.host.address, .protocol = PROTOCOL_UDP});
    datagram = udp_begin(&fw, from_port, to_port);
}

static void end_udp(ipv4 from)
{
    udp_end(&fw, datagram, from, p.host.address);
    ipv4_end(&fw, packet);
    end_frame();
}

/* ---- what an honest site answers just now */
static void honest_cdp(uint16_t vlan)
{
    struct cdp c = {.version = 2, .ttl = 180, .device_id = bytes_of("sw"), .reply_appliance = 1, .voice_vlan = vlan};

    c.order[c.tlvs++] = CDP_DEVICE_ID;
    c.order[c.tlvs++] = CDP_VLAN_REPLY;
    c.has = CDP_HAS(CDP_DEVICE_ID) | CDP_HAS(CDP_VLAN_REPLY);
    begin_frame(SNAP_CDP);
    cdp_encode(&fw, &c);
    end_frame();
}

static void honest_dhcp(enum dhcp_type type, uint32_t lease)
{
    static struct dhcp m;

    memset(&m, 0, sizeof m);
    m = (struct dhcp){.op = BOOTREPLY, .htype = 1, .hlen = 6, .xid = p.dhcp.xid, .chaddr = SELF, .type = type};
    m.yiaddr = p.dhcp.lease.address ? p.dhcp.lease.address : IPV4(10, 0, 0, 50);
    m.server_id = IPV4(10, 0, 0, 1);
    m.lease = lease;
    m.mask = IPV4(255, 255, 255, 0);
    m.tftp = (struct dhcp_addresses){2, {IPV4(10, 0, 0, 2), IPV4(10, 0, 0, 3)}};
    dhcp_set(&m, DHCP_MESSAGE_TYPE);
    dhcp_set(&m, DHCP_SERVER_ID);
    dhcp_set(&m, DHCP_LEASE);
    dhcp_set(&m, DHCP_MASK);
    dhcp_set(&m, DHCP_TFTP_SERVERS);
    begin_udp(m.server_id, DHCP_SERVER_PORT, DHCP_CLIENT_PORT);
    dhcp_encode(&fw, &m);
    end_udp(m.server_id);
}

static void honest_arp(void)
{
    for (size_t i = 0; i < HOST_NEIGHBOURS; i++) {
        ipv4 a = p.host.neighbour[i].address;
        if (a == 0 || !mac_is_none(p.host.neighbour[i].mac)) continue;
        begin_frame(TYPE_ARP);
        arp_encode(&fw, &(struct arp){ARP_REPLY, SITE, SELF, a, p.host.address});
        end_frame();
        return;
    }
}

static void honest_tftp(void)
{
    struct bytes name = bytes_of(p.tftp.name);
    bool text = bytes_end(name, ".cnf.xml"), bin = bytes_end(name, ".bin");
    struct bytes file = {text ? document : image, text ? document_len : image_len};
    struct tftp t = {.op = TFTP_ERROR, .number = TFTP_NOT_FOUND, .data = bytes_of("no")};
    size_t at = (size_t)(uint16_t)(p.tftp.block - 1) * TFTP_BLOCK;

    if ((text || bin) && at <= file.len) {
        size_t len = file.len - at < TFTP_BLOCK ? file.len - at : TFTP_BLOCK;
        t = (struct tftp){.op = TFTP_DATA, .number = p.tftp.block, .data = {file.at + at, len}};
    }
    begin_udp(p.tftp.server, p.tftp.peer ? p.tftp.peer : 40000, p.tftp.port);
    tftp_encode(&fw, &t);
    end_udp(p.tftp.server);
}

static void say(uint32_t stream, const struct sccp_message *m)
{
    static uint8_t b[SCCP_MOST];
    struct writer w = writer(b, sizeof b);

    sccp_message_encode(&w, m, p.station.protocol);
    step(&(struct event){.kind = EVENT_DATA, .stream = stream, .bytes = written(&w)});
}

static void honest_request(uint32_t stream)
{
    static const uint32_t answer[REQUESTS] = {SCCP_VERSION,
                                              SCCP_BUTTON_TEMPLATE_RES,
                                              SCCP_SOFT_KEY_TEMPLATE_RES,
                                              SCCP_SOFT_KEY_SET_RES,
                                              SCCP_LINE_STAT,
                                              SCCP_SPEED_DIAL_STAT,
                                              SCCP_FEATURE_STAT,
                                              SCCP_SERVICE_URL_STAT,
                                              SCCP_SERVER_RES,
                                              0,
                                              SCCP_DEFINE_TIME_DATE};
    static struct sccp_message m;

    if (p.station.request >= REQUESTS || !answer[p.station.request]) return;
    memset(&m, 0, sizeof m);
    m.id = answer[p.station.request];
    if (m.id == SCCP_BUTTON_TEMPLATE_RES) {
        static const uint8_t kinds[] = {BUTTON_LINE, BUTTON_SPEED_DIAL, 0x13, 0x14};
        for (uint8_t i = 0; i < 4; i++) m.buttons.button[i] = (struct sccp_button_of){1, kinds[i]};
        m.buttons.buttons = 4;
    } else if (m.id == SCCP_LINE_STAT) {
        m.line.line = p.station.index;
    } else if (m.id == SCCP_SPEED_DIAL_STAT) {
        m.speed_dial.index = p.station.index;
    } else if (m.id == SCCP_FEATURE_STAT) {
        m.feature.index = p.station.index;
    } else if (m.id == SCCP_SERVICE_URL_STAT) {
        m.service.index = p.station.index;
    }
    say(stream, &m);
}

static void honest_sccp(uint8_t which)
{
    const struct station_link *l = &p.station.link[which % STATION_CMS];
    struct sccp_message m = {.id = 0};
    uint32_t stream = l->stream;

    switch ((enum link_state)l->state) {
    case LINK_CONNECTING: step(&(struct event){.kind = EVENT_UP, .stream = stream}); return;
    case LINK_REGISTERING:
        m.id = SCCP_REGISTER_ACK;
        m.ack = (struct sccp_register_ack){.keepalive = 30, .standby_keepalive = 60, .protocol = 22};
        break;
    case LINK_LOADING: honest_request(stream); return;
    case LINK_TOKEN: m.id = SCCP_REGISTER_TOKEN_ACK; break;
    case LINK_LEAVING: m.id = SCCP_UNREGISTER_ACK; break;
    case LINK_OPEN:
    case LINK_ACTIVE: m.id = SCCP_KEEP_ALIVE_ACK; break;
    case LINK_CLOSED:
    case LINK_RESOLVING: return;
    }
    say(stream, &m);
}

static void honest(uint8_t which)
{
    if (p.power.state == POWER_OFF)
        line(-48000, false);
    else if (p.doing == DOING_LINK && p.power.carrier)
        line(-48000, true);
    else if (p.doing == DOING_VLAN)
        honest_cdp(100);
    else if (p.doing == DOING_ADDRESS && p.dhcp.state == DHCP_SELECTING)
        honest_dhcp(DHCP_OFFER, 3600);
    else if (p.doing == DOING_ADDRESS)
        honest_dhcp(DHCP_ACK, 3600);
    honest_arp();
    if (p.tftp.running) honest_tftp();
    if (p.doing == DOING_REGISTRATION) honest_sccp(which);
}

/* ---- the script */
struct script {
    const uint8_t *at, *end;
};

static uint8_t take(struct script *s)
{
    return s->at < s->end ? *s->at++ : 0;
}

static struct bytes take_bytes(struct script *s)
{
    size_t n = take(s) * 3u;

    if (n > (size_t)(s->end - s->at)) n = (size_t)(s->end - s->at);
    s->at += n;
    return (struct bytes){s->at - n, n};
}

static uint32_t some_stream(uint8_t which)
{
    return which < 3 ? p.station.link[which].stream : which;
}

static void arbitrary(struct script *s, uint8_t op)
{
    static const uint16_t types[] = {TYPE_ARP, TYPE_IPV4, TYPE_LLDP, SNAP_CDP};
    uint8_t which = take(s);
    static struct sccp_message m;
    size_t at;

    switch (op) {
    case 0: step(&(struct event){.kind = EVENT_LINE, .bytes = take_bytes(s)}); break;
    case 1: line((which & 3) * -16000, which & 4); break;
    case 2: step(&(struct event){.kind = EVENT_FRAME, .bytes = take_bytes(s)}); break;
    case 3:
        begin_frame(types[which % 4]);
        write_bytes(&fw, take_bytes(s));
        end_frame();
        break;
    case 4:
        begin_udp(p.tftp.server, which & 1 ? p.tftp.peer : 40000, p.tftp.port);
        write_bytes(&fw, take_bytes(s));
        end_udp(p.tftp.server);
        break;
    case 5: honest_dhcp((enum dhcp_type)(which % 9), (uint32_t)take(s) * take(s)); break;
    case 6: step(&(struct event){.kind = EVENT_UP, .stream = some_stream(which)}); break;
    case 7: step(&(struct event){.kind = EVENT_DOWN, .stream = some_stream(which), .why = take(s)}); break;
    case 8: step(&(struct event){.kind = EVENT_DATA, .stream = some_stream(which), .bytes = take_bytes(s)}); break;
    case 9:
        fw = writer(frame, sizeof frame);
        at = sccp_begin(&fw, 0, which | (uint32_t)(take(s) & 1) << 8);
        write_bytes(&fw, take_bytes(s));
        sccp_end(&fw, at);
        step(&(struct event){.kind = EVENT_DATA, .stream = some_stream(take(s)), .bytes = written(&fw)});
        break;
    case 10:
        m.id = SCCP_RESET;
        m.number = which;
        say(some_stream(take(s)), &m);
        break;
    case 11: honest_cdp(take(s)); break;
    default:
        begin_frame(TYPE_ARP);
        arp_encode(&fw, &(struct arp){which & 1 ? ARP_REPLY : ARP_REQUEST, SITE, MAC_NONE,
                                      which & 2 ? p.dhcp.lease.address : IPV4(10, 0, 0, which), p.dhcp.lease.address});
        end_frame();
        break;
    }
}

/* ---- calls: the person at the phone, and what a CallManager may say of one */
static void user_acts(struct script *s)
{
    uint8_t b[32];
    struct writer w = writer(b, sizeof b);

    user_encode(&w, &(struct user){(enum user_does)(take(s) % 10), take(s) * 20u, bytes_of("10#2")});
    step(&(struct event){.kind = EVENT_USER, .bytes = written(&w)});
}

static void say_of_call(struct script *s)
{
    static const uint32_t ids[] = {SCCP_CALL_STATE,
                                   SCCP_START_TONE,
                                   SCCP_SET_RINGER,
                                   SCCP_SET_SPEAKER_MODE,
                                   SCCP_OPEN_RECEIVE_CHANNEL,
                                   SCCP_START_MEDIA_TRANSMISSION,
                                   SCCP_CLOSE_RECEIVE_CHANNEL,
                                   SCCP_STOP_MEDIA_TRANSMISSION};
    static struct sccp_message m;
    uint8_t which = take(s), n = take(s), call = 1 + (take(s) & 1);

    memset(&m, 0, sizeof m);
    m.id = ids[which % ARRAY_LENGTH(ids)];
    if (m.id == SCCP_CALL_STATE)
        m.call.state = (struct sccp_state){.state = n % 16, .line = 1, .call = call};
    else if (m.id == SCCP_START_TONE)
        m.call.tone = (struct sccp_tone_of){.tone = 0x20u + n % 8, .line = 1, .call = call};
    else if (m.id == SCCP_SET_RINGER)
        m.call.ring = (struct sccp_ring){n % 6, 1, 1, call};
    else if (m.id == SCCP_SET_SPEAKER_MODE)
        m.number = n % 4;
    else if (m.id == SCCP_OPEN_RECEIVE_CHANNEL || m.id == SCCP_START_MEDIA_TRANSMISSION)
        m.call.media = (struct sccp_media){.party = 3,
                                           .milliseconds = n,
                                           .codec = n % 20,
                                           .call = call,
                                           .peer = {.address = IPV4(10, 0, 0, 60), .port = 9}};
    say(some_stream(0), &m);
}

static void voice(struct script *s)
{
    begin_udp(IPV4(10, 0, 0, 60), 9, p.call.voice.port);
    write_bytes(&fw, take_bytes(s));
    end_udp(IPV4(10, 0, 0, 60));
}

static void pass(usec length)
{
    usec until = now + length;

    for (unsigned i = 0; due <= until && i < 400; i++) {
        if (due > now) now = due;
        settle();
    }
    if (until > now) now = until;
    settle(); /* late, too, when there was more to do than that */
}

static void prepare(void)
{
    static const char text[] =
        "<device><devicePool><callManagerGroup><members>"
        "<member priority=\"0\"><callManager><processNodeName>10.0.0.11</processNodeName></callManager></member>"
        "<member priority=\"1\"><callManager><processNodeName>10.0.0.12</processNodeName></callManager></member>"
        "<member priority=\"2\"><callManager><processNodeName>10.1.0.13</processNodeName></callManager></member>"
        "</members></callManagerGroup></devicePool><loadInformation>P0030801SR02</loadInformation></device>";
    static const char *const names[] = {"P00307020200", "P0030801SR02"};

    for (size_t i = 0; i < 2;
         i++) { /* as the built-in loads, but short: most of the time would go into their digests */
        struct writer w = writer(image, sizeof image);
        struct load_manifest m;
        load_manifest_for(&m, model_find(bytes_of("7960")), bytes_of(names[i]));
        load_make(&w, &m, (struct bytes){fresh, 700});
        if (i == 0) flash_format(fresh, written(&w), bytes_of("ring 2\n"));
        image_len = w.len;
    }
    document_len = sizeof text - 1;
    memcpy(document, text, document_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n)
{
    struct script s = {in, in + n};
    static bool prepared;

    if (!prepared) prepare();
    prepared = true;
    memcpy(flash, fresh, sizeof flash);
    bench.taken = false;
    opens = 0;
    now = 0;
    due = NEVER;
    outbox_init(&out, actions, PHONE_MOST, bytes, sizeof bytes);
    phone_init(&p, &(struct phone_config){.mac = SELF,
                                          .model = model_find(bytes_of("7960")),
                                          .timing = &PHONE_SHORTENED,
                                          .flash = {{read_flash, NULL, NULL}},
                                          .benches = &benches,
                                          .seed = n});
    for (unsigned i = take(&s) * 2u; i > 0; i--) { /* an honest beginning, as long as the script says */
        honest((uint8_t)i);
        pass(10 * MSEC);
    }
    while (s.at < s.end) {
        uint8_t op = take(&s);
        if (op < 13)
            arbitrary(&s, op);
        else if (op < 32)
            pass((usec)take(&s) * take(&s) * MSEC);
        else if (op < 40)
            pass((usec)take(&s) * 20 * SECOND);
        else if (op < 44)
            now += (usec)take(&s) * 100 * SECOND; /* a late wake */
        else if (op >= 200)
            (op < 216 ? user_acts : op < 240 ? say_of_call : voice)(&s);
        else
            honest(op);
        if (op < 44 || op >= 200) settle();
    }
    pass(SECOND);
    line(0, false);
    settle();
    assert(opens == 0 && !bench.taken && due == NEVER);
    return 0;
}
