#include "phone/world.h"
#include "wire/xml_alarm.h"
#include "provision/device_name.h"

const struct mac WORLD_PHONE = {{0x02, 0, 0, 0, 0, 1}}, WORLD_SERVER = {{0x02, 0, 0, 0, 1, 1}};
static const usec LATENCY = 100; /* of the cable and of whoever answers */

static bool flash_read(void *context, size_t at, uint8_t *to, size_t n)
{
    const struct world *w = context;

    if (at > FLASH_SIZE || n > FLASH_SIZE - at) return false;
    memcpy(to, w->flash + at, n);
    return true;
}

void world_restart(struct world *w)
{
    struct phone_config config = {.mac = WORLD_PHONE,
                                  .model = w->phone.config.model,
                                  .timing = &PHONE_SHORTENED,
                                  .flash = {{flash_read, w, NULL}},
                                  .benches = &w->benches,
                                  .seed = 1};

    for (size_t i = 0; i < WORLD_BENCHES; i++) w->bench[i].taken = false;
    w->benches = (struct workbenches){.bench = w->bench, .count = WORLD_BENCHES};
    outbox_init(&w->out, w->actions, PHONE_MOST, w->bytes, sizeof w->bytes);
    phone_init(&w->phone, &config);
    w->due = NEVER;
    w->waiting = 0;
    w->plugged = false;
    w->store_most = SIZE_MAX;
    w->stored = 0;
    w->tells = 0;
    w->line = LINE_IDLE;
    for (size_t i = 0; i < 3; i++) w->site.cm[i].stream = 0;
}

void world_init(struct world *w, const char *model, const char *load, const char *preferences)
{
    static uint8_t image[LOAD_BUILT_IN_MOST];
    struct writer i = writer(image, sizeof image);

    memset(w, 0, sizeof *w);
    w->phone.config.model = model_find(bytes_of(model));
    assert_non_null(w->phone.config.model);
    if (load) assert_true(load_built_in_make(&i, bytes_of(load)));
    flash_format(w->flash, written(&i), bytes_of(preferences));
    w->site = (struct site){.answers_cdp = true,
                            .answers_lldp = true,
                            .answers_arp = true,
                            .answers_dhcp = true,
                            .answers_dns = true,
                            .answers_tftp = true,
                            .voice_vlan = 100,
                            .offered = IPV4(10, 0, 0, 50),
                            .mask = IPV4(255, 255, 255, 0),
                            .router = IPV4(10, 0, 0, 1),
                            .tftp1 = WORLD_TFTP,
                            .lease = 86400,
                            .keepalive = 30,
                            .standby = 60,
                            .lines = 1,
                            .number = "1001"};
    world_restart(w);
}

/* ---- what reaches the phone */
static struct writer begin_event(struct world *w, struct event e, usec delay)
{
    assert_true(w->waiting < WORLD_PENDING);
    struct world_pending *p = &w->pending[(w->first + w->waiting++) % WORLD_PENDING];

    p->event = e;
    p->at = w->now + delay;
    return writer(p->bytes, sizeof p->bytes);
}

static void end_event(struct world *w, const struct writer *b)
{
    struct world_pending *p = &w->pending[(w->first + w->waiting - 1) % WORLD_PENDING];

    assert_false(b->full);
    p->event.bytes = (struct bytes){p->bytes, b->len};
}

void world_line(struct world *w, int32_t millivolts, bool carrier)
{
    struct line l = LINE_IDLE;
    struct writer b = begin_event(w, (struct event){.kind = EVENT_LINE}, 0);

    l.millivolts = millivolts;
    l.carrier = carrier;
    l.speed = carrier ? SPEED_100 : SPEED_NONE;
    line_encode(&b, &l);
    end_event(w, &b);
}

void world_plug(struct world *w)
{
    w->plugged = true;
    world_line(w, -48000, false);
}

/* The cable is out: nothing that is under way arrives any more. */
void world_unplug(struct world *w)
{
    w->plugged = false;
    w->waiting = 0;
    world_line(w, 0, false);
}

/* ---- the switch */
static struct writer begin_frame(struct world *w, struct ethernet e, size_t *begun)
{
    struct writer b = begin_event(w, (struct event){.kind = EVENT_FRAME}, LATENCY);

    *begun = ethernet_begin(&b, &e);
    return b;
}

static void end_frame(struct world *w, struct writer *b, size_t begun)
{
    ethernet_end(b, begun);
    end_event(w, b);
}

static void switch_cdp(struct world *w, const struct ethernet *in)
{
    struct cdp heard, c = {.version = 2, .ttl = 180};
    struct fault why;
    size_t begun;

    w->cdps++;
    assert_true(cdp_decode(&heard, in->payload, &why));
    if (!w->site.answers_cdp) return;
    c.device_id = bytes_of("switch");
    c.port_id = bytes_of("FastEthernet0/1");
    c.capabilities = CDP_SWITCH | CDP_IGMP;
    c.reply_appliance = 1;
    c.voice_vlan = w->site.voice_vlan;
    c.available.request = heard.requested.request;
    c.available.management = 1;
    c.available.available = w->site.grants;
    c.available.level = UINT32_MAX;
    static const uint16_t order[] = {CDP_DEVICE_ID, CDP_PORT_ID, CDP_CAPABILITIES, CDP_VLAN_REPLY, CDP_POWER_AVAILABLE};
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
        if (order[i] == CDP_VLAN_REPLY && w->site.voice_vlan == 0) continue;
        if (order[i] == CDP_POWER_AVAILABLE && w->site.grants == 0) continue;
        c.order[c.tlvs++] = order[i];
        c.has |= CDP_HAS(order[i]);
    }
    struct writer b = begin_frame(
        w,
        (struct ethernet){
            .to = MAC_CDP, .from = WORLD_SERVER, .form = ETHERNET_SNAP, .oui = SNAP_CISCO, .type = SNAP_CDP},
        &begun);
    cdp_encode(&b, &c);
    end_frame(w, &b, begun);
}

static struct ethernet to_phone(const struct world *w, uint16_t type)
{
    const struct host *h = &w->phone.host;

    return (struct ethernet){
        .to = WORLD_PHONE, .from = WORLD_SERVER, .type = type, .tagged = h->vlan != VLAN_UNTAGGED, .vlan = h->vlan};
}

/* ---- hosts: one MAC for all */
static void answer_arp(struct world *w, struct bytes payload)
{
    struct arp a;
    struct fault why;
    size_t begun;

    w->arps++;
    assert_true(arp_decode(&a, payload, &why));
    bool known = a.target == WORLD_DHCP || a.target == WORLD_TFTP || a.target == w->site.tftp2 ||
                 a.target == WORLD_PEER || a.target == WORLD_DNS;
    for (unsigned i = 0; i < 3; i++) known = known || a.target == WORLD_CM(i);
    if (!w->site.answers_arp || a.op != ARP_REQUEST || !known || a.sender == 0) return;
    struct writer b = begin_frame(w, to_phone(w, TYPE_ARP), &begun);
    arp_encode(&b, &(struct arp){ARP_REPLY, WORLD_SERVER, WORLD_PHONE, a.target, a.sender});
    end_frame(w, &b, begun);
}

struct reply {
    struct writer b;
    size_t frame, packet, udp;
    ipv4 from, to;
};

static struct reply begin_udp(struct world *w, ipv4 from, uint16_t from_port, ipv4 to, uint16_t to_port)
{
    struct reply r = {.from = from, .to = to};

    r.b = begin_frame(w, to_phone(w, TYPE_IPV4), &r.frame);
    r.packet = ipv4_begin(&r.b, &(struct ipv4_packet){.from = from, .to = to, .protocol = PROTOCOL_UDP});
    r.udp = udp_begin(&r.b, from_port, to_port);
    return r;
}

static void end_udp(struct world *w, struct reply *r)
{
    udp_end(&r->b, r->udp, r->from, r->to);
    ipv4_end(&r->b, r->packet);
    end_frame(w, &r->b, r->frame);
}

static void answer_dhcp(struct world *w, struct bytes in)
{
    static struct dhcp m, a;
    struct fault why;
    const struct site *s = &w->site;

    assert_true(dhcp_decode(&m, in, &why));
    w->discovers += m.type == DHCP_DISCOVER;
    if (!s->answers_dhcp || (m.type != DHCP_DISCOVER && m.type != DHCP_REQUEST)) return;
    memset(&a, 0, sizeof a);
    a.op = BOOTREPLY;
    a.htype = 1;
    a.hlen = 6;
    a.xid = m.xid;
    a.chaddr = m.chaddr;
    a.type = m.type == DHCP_DISCOVER ? DHCP_OFFER : DHCP_ACK;
    a.yiaddr = s->offered;
    a.server_id = WORLD_DHCP;
    a.lease = s->lease;
    a.mask = s->mask;
    a.routers = (struct dhcp_addresses){1, {s->router}};
    a.tftp = (struct dhcp_addresses){s->tftp2 ? 2 : 1, {s->tftp1, s->tftp2}};
    dhcp_set(&a, DHCP_MESSAGE_TYPE);
    dhcp_set(&a, DHCP_SERVER_ID);
    dhcp_set(&a, DHCP_LEASE);
    if (s->mask) dhcp_set(&a, DHCP_MASK);
    if (s->router) dhcp_set(&a, DHCP_ROUTERS);
    if (s->tftp1) dhcp_set(&a, DHCP_TFTP_SERVERS);
    if (s->tftp_name) {
        a.tftp_name = bytes_of(s->tftp_name);
        a.dns = (struct dhcp_addresses){1, {WORLD_DNS}};
        dhcp_set(&a, DHCP_TFTP_NAME);
        dhcp_set(&a, DHCP_DNS);
    }
    struct reply r = begin_udp(w, WORLD_DHCP, DHCP_SERVER_PORT, s->offered, DHCP_CLIENT_PORT);
    dhcp_encode(&r.b, &a);
    end_udp(w, &r);
}

/* Every name has the same address. */
static void answer_dns(struct world *w, const struct ipv4_packet *ip, const struct udp *udp)
{
    struct bytes q = udp->payload;

    assert_int_equal(ip->to, WORLD_DNS);
    w->questions++;
    if (!w->site.answers_dns) return;
    struct reply r = begin_udp(w, WORLD_DNS, DNS_PORT, ip->from, udp->from);
    write_bytes(&r.b, (struct bytes){q.at, 2});
    write_be16(&r.b, (uint16_t)(0x8180 | w->site.dns_code)); /* RFC 1035, 4.1.1 */
    write_be16(&r.b, 1);
    write_be16(&r.b, w->site.dns_address ? 1 : 0);
    write_bytes(&r.b, bytes_from(q, 8));
    if (w->site.dns_address) {
        write_be16(&r.b, 0xc00c); /* the name of the question */
        write_be16(&r.b, 1);
        write_be16(&r.b, 1);
        write_be32(&r.b, 300);
        write_be16(&r.b, 4);
        write_be32(&r.b, w->site.dns_address);
    }
    end_udp(w, &r);
}

static void send_block(struct world *w, ipv4 from, uint16_t number)
{
    const struct world_file *f = w->transfer.file;
    size_t at = (size_t)(number - 1) * TFTP_BLOCK;

    if (!f || at > f->len) return;
    size_t n = f->len - at < TFTP_BLOCK ? f->len - at : TFTP_BLOCK;
    struct reply r = begin_udp(w, from, w->transfer.tid, w->transfer.client, w->transfer.port);
    tftp_encode(&r.b, &(struct tftp){.op = TFTP_DATA, .number = number, .data = {f->bytes + at, n}});
    end_udp(w, &r);
}

static void answer_tftp(struct world *w, const struct ipv4_packet *ip, const struct udp *udp)
{
    struct tftp t;
    struct fault why;

    assert_true(tftp_decode(&t, udp->payload, &why));
    w->rrqs += t.op == TFTP_RRQ;
    if (ip->to == w->site.tftp1 ? !w->site.answers_tftp : w->site.never_answers_tftp2) return;
    if (t.op == TFTP_RRQ) {
        w->transfer.client = ip->from;
        w->transfer.port = udp->from;
        w->transfer.tid = (uint16_t)(w->transfer.tid < 40000 ? 40000 : w->transfer.tid + 1);
        w->transfer.file = NULL;
        for (size_t i = 0; i < w->files; i++)
            if (bytes_equal_nocase(bytes_of(w->file[i].name), t.name)) w->transfer.file = &w->file[i];
        if (w->transfer.file) {
            send_block(w, ip->to, 1);
            return;
        }
        struct reply r = begin_udp(w, ip->to, w->transfer.tid, ip->from, udp->from);
        tftp_encode(&r.b,
                    &(struct tftp){.op = TFTP_ERROR, .number = TFTP_NOT_FOUND, .data = bytes_of("File not found")});
        end_udp(w, &r);
    } else if (t.op == TFTP_ACK && udp->to == w->transfer.tid && w->site.forgets) {
        struct reply r = begin_udp(w, ip->to, w->transfer.tid, ip->from, udp->from);
        w->site.forgets--;
        tftp_encode(
            &r.b, &(struct tftp){.op = TFTP_ERROR, .number = TFTP_UNKNOWN_ID, .data = bytes_of("Unknown transfer ID")});
        end_udp(w, &r);
    } else if (t.op == TFTP_ACK && udp->to == w->transfer.tid) {
        send_block(w, ip->to, (uint16_t)(t.number + 1));
    }
}

static void hear_voice(struct world *w, const struct ethernet *e, const struct ipv4_packet *ip, const struct udp *udp)
{
    struct world_voice *v = &w->voice;

    v->count++;
    v->at = w->now;
    v->ethernet = *e;
    v->packet = *ip;
    v->udp = *udp;
    assert_true(udp->payload.len <= sizeof v->bytes);
    memcpy(v->bytes, udp->payload.at, udp->payload.len);
    v->len = udp->payload.len;
}

static void hear_frame(struct world *w, struct bytes frame)
{
    struct ethernet e;
    struct ipv4_packet ip;
    struct udp udp;
    struct fault why;

    w->frames++;
    assert_true(ethernet_decode(&e, frame, &why));
    if (e.form == ETHERNET_SNAP) {
        switch_cdp(w, &e);
    } else if (e.type == TYPE_LLDP) {
        w->lldps++;
    } else if (e.type == TYPE_ARP) {
        answer_arp(w, e.payload);
    } else if (e.type == TYPE_IPV4) {
        assert_true(ipv4_decode(&ip, e.payload, &why));
        if (ip.protocol != PROTOCOL_UDP) return;
        assert_true(udp_decode(&udp, &ip, &why));
        if (ip.to == WORLD_PEER || ip.tos >> 2 == 46) /* or by way of the router */
            hear_voice(w, &e, &ip, &udp);
        else if (udp.to == DHCP_SERVER_PORT)
            answer_dhcp(w, udp.payload);
        else if (udp.to == DNS_PORT)
            answer_dns(w, &ip, &udp);
        else
            answer_tftp(w, &ip, &udp);
    }
}

/* ---- CallManagers */
static void answer_sccp(struct world *w, struct world_cm *cm, const struct sccp_message *m, uint8_t version)
{
    struct writer b = begin_event(w, (struct event){.kind = EVENT_DATA, .stream = cm->stream}, LATENCY);

    sccp_message_encode(&b, m, version);
    end_event(w, &b);
}

static void say(struct world *w, struct world_cm *cm, uint32_t id, uint32_t number)
{
    struct sccp_message m = {.id = id};

    m.number = number;
    answer_sccp(w, cm, &m, cm->protocol);
}

static void register_phone(struct world *w, struct world_cm *cm, const struct sccp_register *r)
{
    struct sccp_message a = {.id = SCCP_REGISTER_ACK};

    if (cm->way == CM_REJECTS) {
        a.id = SCCP_REGISTER_REJECT;
        a.text = bytes_of("Device Unknown");
        answer_sccp(w, cm, &a, 0);
        return;
    }
    cm->registered = true;
    cm->protocol = r->protocol;
    a.ack.keepalive = w->site.keepalive;
    a.ack.standby_keepalive = w->site.standby;
    a.ack.date_template = bytes_of("D.M.Y");
    a.ack.protocol = r->protocol;
    answer_sccp(w, cm, &a, 0);
    say(w, cm, SCCP_CAPABILITIES_REQ, 0);
}

static void hear_sccp(struct world *w, struct world_cm *cm, struct bytes bytes)
{
    static struct sccp_message m, a;
    struct fault why;

    assert_int_equal(sccp_frame(bytes), bytes.len);
    assert_true(sccp_message_decode(&m, bytes, cm->protocol, &why));
    if (cm->count < ARRAY_LENGTH(cm->heard)) {
        cm->heard[cm->count] = m.id;
        cm->header[cm->count] = m.header_version;
        cm->at[cm->count++] = w->now;
    }
    if (m.id == SCCP_ALARM) text_copy(cm->alarm, sizeof cm->alarm, m.alarm.text);
    if (m.id == SCCP_XML_ALARM) {
        struct xml_alarm x;
        struct writer text = writer(cm->xml_alarm, sizeof cm->xml_alarm - 1);
        xml_alarm_decode(&x, m.text);
        assert_true(x.begun && x.ended && x.address == w->phone.host.address);
        xml_alarm_text(&text, &x);
        cm->xml_alarm[text.len] = '\0';
    }
    if (m.id == SCCP_REGISTER) cm->reg = m.reg;
    if (cm->way == CM_DEAF || (w->site.mute && m.id == w->site.mute)) return;
    memset(&a, 0, sizeof a);
    switch (m.id) {
    case SCCP_KEEP_ALIVE: say(w, cm, SCCP_KEEP_ALIVE_ACK, 0); return;
    case SCCP_REGISTER: register_phone(w, cm, &m.reg); return;
    case SCCP_UNREGISTER:
        cm->registered = false;
        say(w, cm, SCCP_UNREGISTER_ACK, 0);
        return;
    case SCCP_REGISTER_TOKEN_REQ:
        if (cm->token != TOKEN_SILENCE)
            say(w, cm, cm->token == TOKEN_ACK ? SCCP_REGISTER_TOKEN_ACK : SCCP_REGISTER_TOKEN_REJECT, 20);
        return;
    case SCCP_VERSION_REQ:
        a.id = SCCP_VERSION;
        a.text = bytes_of(w->site.version);
        break;
    case SCCP_BUTTON_TEMPLATE_REQ:
        a.id = SCCP_BUTTON_TEMPLATE_RES;
        for (uint8_t i = 0; i < w->site.lines; i++)
            a.buttons.button[a.buttons.buttons++] = (struct sccp_button_of){(uint8_t)(i + 1), BUTTON_LINE};
        for (uint8_t i = 0; i < w->site.speed_dials; i++)
            a.buttons.button[a.buttons.buttons++] = (struct sccp_button_of){(uint8_t)(i + 1), BUTTON_SPEED_DIAL};
        if (w->site.other_line)
            a.buttons.button[a.buttons.buttons++] = (struct sccp_button_of){w->site.other_line, BUTTON_LINE};
        if (w->site.feature) a.buttons.button[a.buttons.buttons++] = (struct sccp_button_of){w->site.feature, 0x13};
        a.buttons.count = a.buttons.total = a.buttons.buttons;
        break;
    case SCCP_SOFT_KEY_TEMPLATE_REQ: a.id = SCCP_SOFT_KEY_TEMPLATE_RES; break;
    case SCCP_SOFT_KEY_SET_REQ: a.id = SCCP_SOFT_KEY_SET_RES; break;
    case SCCP_LINE_STAT_REQ:
        a.id = cm->protocol >= 17 ? SCCP_LINE_STAT_DYNAMIC : SCCP_LINE_STAT;
        w->site.asked_line = a.line.line = m.number;
        a.line.number = a.line.label = a.line.name = bytes_of(w->site.number);
        break;
    case SCCP_SPEED_DIAL_STAT_REQ:
        a.id = SCCP_SPEED_DIAL_STAT;
        a.speed_dial.index = m.number;
        break;
    case SCCP_FEATURE_STAT_REQ:
        w->site.asked_feature = m.feature_req.index;
        a.id = SCCP_FEATURE_STAT;
        a.feature.index = m.feature_req.index;
        break;
    case SCCP_SERVER_REQ: a.id = SCCP_SERVER_RES; break;
    case SCCP_TIME_DATE_REQ:
        a.id = SCCP_DEFINE_TIME_DATE;
        a.time.unix_time = 1700000000;
        break;
    default: /* Alarm, IpPort, CapabilitiesRes, RegisterAvailableLines: no answer */
        if (w->sccp) w->sccp(w, (unsigned)(cm - w->site.cm), &m);
        return;
    }
    answer_sccp(w, cm, &a, cm->protocol);
}

static void hear_open(struct world *w, const struct action *a)
{
    uint32_t i = a->to.address - WORLD_CM(0);
    struct event e = {.kind = EVENT_UP, .stream = a->stream};

    w->opened++;
    assert_true(i < 3);
    struct world_cm *cm = &w->site.cm[i];
    if (cm->way == CM_SILENT) return;
    if (cm->way == CM_REFUSES) {
        e.kind = EVENT_DOWN;
        e.why = DOWN_REFUSED;
    } else {
        cm->stream = a->stream;
        cm->protocol = 0;
    }
    (void)begin_event(w, e, LATENCY);
}

static struct world_cm *cm_of(struct world *w, uint32_t stream)
{
    for (size_t i = 0; i < 3; i++)
        if (w->site.cm[i].stream == stream) return &w->site.cm[i];
    return NULL;
}

/* ---- the phone's output */
static void tell(struct world *w, const struct action *a, struct bytes facts)
{
    assert_true(w->tells < WORLD_TOLD);
    struct world_told *t = &w->told[w->tells++];

    *t = (struct world_told){.at = w->now, .news = a->news};
    assert_true(facts.len <= sizeof t->bytes);
    if (facts.len) memcpy(t->bytes, facts.at, facts.len);
    t->len = facts.len;
}

static void store(struct world *w, const struct action *a, struct bytes b)
{
    w->stores++;
    assert_true(a->stream <= FLASH_SIZE && b.len <= FLASH_SIZE - a->stream);
    for (size_t i = 0; i < b.len && w->stored < w->store_most; i++, w->stored++) w->flash[a->stream + i] = b.at[i];
}

static void hear_line(struct world *w, struct bytes b)
{
    struct fault why;

    assert_true(line_decode(&w->line, b, &why));
    if (w->plugged) world_line(w, -48000, w->line.carrier);
}

static void flush(struct world *w)
{
    for (uint32_t i = 0; i < w->out.count; i++) {
        const struct action *a = &w->out.actions[i];
        struct bytes b = payload(&w->out, i);
        struct world_cm *cm;
        switch (a->kind) {
        case ACTION_LINE: hear_line(w, b); break;
        case ACTION_FRAME: hear_frame(w, b); break;
        case ACTION_OPEN: hear_open(w, a); break;
        case ACTION_WRITE:
            cm = cm_of(w, a->stream);
            if (cm) hear_sccp(w, cm, b);
            break;
        case ACTION_CLOSE:
            w->closed++;
            w->vanished += a->news == 1;
            cm = cm_of(w, a->stream);
            if (cm) cm->stream = 0, cm->registered = false;
            break;
        case ACTION_STORE: store(w, a, b); break;
        case ACTION_TELL: tell(w, a, b); break;
        case ACTION_DATAGRAM: fail_msg("a phone sends frames"); break;
        }
    }
    outbox_clear(&w->out);
}

void world_say(struct world *w, unsigned cm, const struct sccp_message *m)
{
    static uint8_t b[SCCP_MOST];
    struct writer x = writer(b, sizeof b);
    struct event e = {.kind = EVENT_DATA, .stream = w->site.cm[cm].stream};

    sccp_message_encode(&x, m, w->site.cm[cm].protocol);
    e.bytes = written(&x);
    world_event(w, &e);
}

void world_voice(struct world *w, uint16_t port, struct bytes payload)
{
    struct reply r = begin_udp(w, WORLD_PEER, 20000, w->phone.host.address, port);

    write_bytes(&r.b, payload);
    end_udp(w, &r);
}

void world_event(struct world *w, const struct event *e)
{
    outbox_clear(&w->out);
    w->due = phone_step(&w->phone, w->now, e, &w->out);
    assert_false(w->out.bytes.full);
    assert_true(w->out.count <= PHONE_MOST);
    if (e->kind == EVENT_WAKE && w->due <= w->now && w->out.count == 0) fail_msg("it spins: doing %d", w->phone.doing);
    flush(w);
}

bool world_next(struct world *w, usec until)
{
    static struct world_pending p;
    usec arrives = w->waiting ? w->pending[w->first].at : NEVER, at = earlier(arrives, w->due);

    if (at > until || at == NEVER) {
        if (until != NEVER && until > w->now) w->now = until;
        return false;
    }
    w->still = at > w->now ? 0 : w->still + 1;
    if (w->still > 500) fail_msg("the clock stands: doing %d", w->phone.doing);
    if (at > w->now) w->now = at;
    if (arrives <= w->due) {
        p = w->pending[w->first];
        p.event.bytes.at = p.bytes;
        w->first = (w->first + 1) % WORLD_PENDING;
        w->waiting--;
        world_event(w, &p.event);
    } else {
        world_event(w, &(struct event){.kind = EVENT_WAKE});
    }
    return true;
}

void world_run(struct world *w, usec length)
{
    usec until = w->now + length;

    while (world_next(w, until)) continue;
}

bool world_until(struct world *w, uint16_t news, usec within)
{
    usec until = w->now + within;
    unsigned before = world_count(w, news);

    while (world_count(w, news) == before)
        if (!world_next(w, until)) return false;
    return true;
}

/* ---- files */
struct world_file *world_put(struct world *w, const char *name, struct bytes b)
{
    struct world_file *f = NULL;

    for (size_t i = 0; i < w->files; i++)
        if (bytes_are(bytes_of(name), w->file[i].name)) f = &w->file[i];
    if (!f) f = &w->file[w->files++];
    assert_true(w->files <= WORLD_FILES && b.len <= sizeof f->bytes);
    text_copy(f->name, sizeof f->name, bytes_of(name));
    if (b.len) memcpy(f->bytes, b.at, b.len);
    f->len = b.len;
    return f;
}

void world_remove(struct world *w, const char *name)
{
    for (size_t i = 0; i < w->files; i++)
        if (bytes_are(bytes_of(name), w->file[i].name)) w->file[i].name[0] = '\0';
}

void world_document(struct world *w, const char *name, const char *load, unsigned callmanagers)
{
    static struct document d;
    static struct document_load of_model;
    static uint8_t text[16384];
    struct writer t = writer(text, sizeof text);
    bool own = bytes_begin(bytes_of(name), "SEP0");

    memset(&d, 0, sizeof d);
    d.kind = own ? DOCUMENT_OWN : DOCUMENT_DEFAULT;
    d.callmanagers = (uint8_t)callmanagers;
    for (unsigned i = 0; i < callmanagers; i++) {
        struct document_callmanager *c = &d.callmanager[i];
        c->address = WORLD_CM(i);
        c->port = SCCP_PORT;
        ipv4_text(c->node, c->address);
    }
    text_copy(d.load, sizeof d.load, bytes_of(load));
    of_model.device_type = w->phone.config.model->device_type;
    text_copy(of_model.load, sizeof of_model.load, bytes_of(load));
    d.loads = &of_model;
    d.load_count = load && load[0] ? 1 : 0;
    d.connection_monitor = 120;
    text_copy(d.stamp, sizeof d.stamp, bytes_of("stamp-1"));
    text_copy(d.date_template, sizeof d.date_template, bytes_of("D.M.Y"));
    text_copy(d.user_locale, sizeof d.user_locale, bytes_of(w->site.user_locale));
    text_copy(d.network_locale, sizeof d.network_locale, bytes_of(w->site.network_locale));
    if (bytes_end(bytes_of(name), ".xml"))
        document_write(&t, &d);
    else
        plain_write(&t, &d);
    assert_false(t.full);
    world_put(w, name, written(&t));
}

void world_load(struct world *w, const char *name)
{
    static uint8_t image[LOAD_BUILT_IN_MOST];
    uint8_t list[200];
    char file[FILE_NAME + 8];
    struct writer i = writer(image, sizeof image), l = writer(list, sizeof list), n = writer(file, sizeof file);

    assert_true(load_built_in_make(&i, bytes_of(name)));
    loads_write(&l, bytes_of(name));
    write_text(&n, name);
    size_t stem = n.len;
    write_bytes(&n, (struct bytes){(const uint8_t *)".bin", 5});
    world_put(w, file, written(&i));
    n.len = stem;
    write_bytes(&n, (struct bytes){(const uint8_t *)".loads", 7});
    world_put(w, file, written(&l));
}

/* ---- what was told */
const struct world_told *world_told(const struct world *w, uint16_t news, unsigned nth)
{
    for (size_t i = 0; i < w->tells; i++)
        if (w->told[i].news == news && nth-- == 0) return &w->told[i];
    return NULL;
}

unsigned world_count(const struct world *w, uint16_t news)
{
    unsigned n = 0;

    for (size_t i = 0; i < w->tells; i++) n += w->told[i].news == news;
    return n;
}

struct bytes world_facts(const struct world *w, uint16_t news)
{
    for (size_t i = w->tells; i > 0; i--)
        if (w->told[i - 1].news == news) return (struct bytes){w->told[i - 1].bytes, w->told[i - 1].len};
    fail_msg("news %x was not told", news);
    return (struct bytes){0};
}

bool world_asked(const struct world *w, const char *const *names, size_t n)
{
    size_t k = 0;
    bool same = true;

    for (size_t i = 0; i < w->tells; i++) {
        if (w->told[i].news != PHONE_FILE_ASKED) continue;
        struct bytes file = told_text((struct bytes){w->told[i].bytes, w->told[i].len}, FACT_FILE);
        if (k >= n || !bytes_are(file, names[k])) same = false;
        if (!same) print_message("asked %.*s\n", (int)file.len, (const char *)file.at);
        k++;
    }
    return same && k == n;
}

void assert_text(struct bytes facts, enum fact key, const char *text)
{
    struct bytes is = told_text(facts, key);

    if (!bytes_are(is, text))
        fail_msg("%s is \"%.*s\", not \"%s\"", fact_name(key), (int)is.len, (const char *)is.at, text);
}

void assert_about(usec is, usec wanted, usec give_or_take)
{
    if (is + give_or_take < wanted || is > wanted + give_or_take)
        fail_msg("%llu us is not about %llu us", (unsigned long long)is, (unsigned long long)wanted);
}

bool is_named(const char *name, const char *wanted)
{
    bool same = strcmp(name, wanted) == 0;

    if (!same) print_message("\"%s\", not \"%s\"\n", name, wanted);
    return same;
}
