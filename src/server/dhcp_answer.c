#include "server/lease.h"
#include <string.h>

/* What is told. */

struct writer *dhcp_tell(struct outbox *out, enum server_news news, struct mac mac, ipv4 address)
{
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .news = (uint16_t)news});

    tell_mac(w, FACT_MAC, mac);
    tell_ipv4(w, FACT_ADDRESS, address);
    return w;
}

/* Where an answer goes: RFC 2131, 4.1; for a NAK also 4.3.2. */
static struct endpoint destination(const struct dhcp_server *s, const struct request *q, enum dhcp_type type,
                                   ipv4 yiaddr)
{
    const struct dhcp *m = q->m;

    if (type == DHCP_ACK && m->type == DHCP_INFORM)
        return (struct endpoint){.address = m->ciaddr, .port = DHCP_CLIENT_PORT};
    if (m->giaddr) return (struct endpoint){.address = m->giaddr, .port = DHCP_SERVER_PORT};
    if (type == DHCP_NAK) {
        /* A client of a routed subnet asked by unicast: a broadcast on the wire it came by would not reach it. */
        bool far = m->ciaddr && q->to_us && s->config.subnets[q->subnet].interface != q->interface;
        return (struct endpoint){.address = far ? m->ciaddr : IPV4_BROADCAST, .port = DHCP_CLIENT_PORT};
    }
    if (m->ciaddr) return (struct endpoint){.address = m->ciaddr, .port = DHCP_CLIENT_PORT};
    if (m->broadcast || m->htype != 1 || m->hlen != 6 || mac_is_none(m->chaddr))
        return (struct endpoint){.address = IPV4_BROADCAST, .port = DHCP_CLIENT_PORT};
    return (struct endpoint){.address = yiaddr, .port = DHCP_CLIENT_PORT, .mac = m->chaddr};
}

/* An answer is laid out in up to three areas, in this order when they are joined again (RFC 3396, section 5). */
enum { OPTIONS, FILE_AREA, SNAME_AREA, AREAS };
enum { IP_AND_UDP = 28, CONFIGURED_MOST = 96, LEAST_SIZE = 576 /* RFC 2132, section 9.10 */ };

struct answer {
    const struct request *q;
    struct dhcp head;
    struct told_option {
        uint8_t code;
        bool written;
        struct bytes value;
    } configured[CONFIGURED_MOST]; /* what the scopes have, each code of the narrowest that has it */
    uint32_t n;
    struct writer area[AREAS];
    uint8_t options[DHCP_MOST], file[DHCP_FILE_SIZE], sname[DHCP_SNAME_SIZE];
    uint8_t tftp[4 * DHCP_SERVER_TFTP];
    char tftp_name[IPV4_TEXT];
    uint32_t left_out;
    bool overflow;     /* it did not fit into the first area */
    uint8_t last_code; /* pieces of one value stay in the order of the areas */
    uint8_t last_area;
};

static struct told_option *option_of(struct answer *a, uint8_t code)
{
    for (uint32_t i = 0; i < a->n; i++)
        if (a->configured[i].code == code) return &a->configured[i];
    return NULL;
}

static void add(struct answer *a, uint8_t code, struct bytes value)
{
    if (a->n < CONFIGURED_MOST)
        a->configured[a->n++] = (struct told_option){.code = code, .value = value};
    else
        a->left_out++;
}

static void add_scope(struct answer *a, const struct dhcp_scope *scope)
{
    uint32_t narrower = a->n;
    struct fault why;
    struct reader r = reader(scope->options, &why);

    while (unread(&r) > 0) {
        uint8_t code = read_u8(&r);
        struct bytes value = read_bytes(&r, read_u8(&r));
        struct told_option *there = option_of(a, code);
        if (!there || there >= a->configured + narrower) add(a, code, value);
    }
    if (scope->tftps == 0 || option_of(a, DHCP_TFTP_SERVERS)) return;
    struct writer w = writer(a->tftp, sizeof a->tftp);
    for (uint8_t i = 0; i < scope->tftps; i++) write_be32(&w, scope->tftp[i]);
    add(a, DHCP_TFTP_SERVERS, written(&w));
}

/* 150, 66, siaddr and sname all alike: phones differ in which they look at first. */
static void add_tftp_server(struct answer *a)
{
    struct told_option *servers = option_of(a, DHCP_TFTP_SERVERS), *name = option_of(a, DHCP_TFTP_NAME);
    struct fault why;
    ipv4 first = 0;

    if (servers) {
        struct reader r = reader(servers->value, &why);
        first = read_be32(&r);
    } else if (name && ipv4_parse(dhcp_text(name->value), &first)) {
        struct writer w = writer(a->tftp, sizeof a->tftp);
        write_be32(&w, first);
        add(a, DHCP_TFTP_SERVERS, written(&w));
    }
    if (!name && first) add(a, DHCP_TFTP_NAME, bytes_of(ipv4_text(a->tftp_name, first)));
    a->head.siaddr = first;
}

static bool wants(const struct answer *a, uint8_t code)
{
    struct bytes list = a->q->m->parameters;

    return list.len == 0 || memchr(list.at, code, list.len);
}

/* Writing. */

static bool fits(const struct writer *w, size_t n)
{
    return n <= w->size - w->len;
}

static void write_option(struct answer *a, uint8_t code, struct bytes value)
{
    size_t size = dhcp_option_size(value);
    uint8_t area = code == a->last_code ? a->last_area : OPTIONS;

    while (area < AREAS && !fits(&a->area[area], size)) area++;
    if (area == AREAS) {
        a->left_out++;
        return;
    }
    if (area != OPTIONS) a->overflow = true;
    dhcp_write_option(&a->area[area], code, value);
    a->last_code = code;
    a->last_area = area;
}

static void write_number(struct answer *a, uint8_t code, uint32_t value)
{
    uint8_t bytes[4];
    struct writer w = writer(bytes, sizeof bytes);

    write_be32(&w, value);
    write_option(a, code, written(&w));
}

static void write_configured(struct answer *a, uint8_t code)
{
    for (uint32_t i = 0; i < a->n; i++) {
        struct told_option *o = &a->configured[i];
        if (o->code != code || o->written) continue;
        write_option(a, o->code, o->value);
        o->written = true;
    }
}

static void write_list(struct answer *a, struct bytes codes)
{
    for (size_t i = 0; i < codes.len; i++) write_configured(a, codes.at[i]);
}

/* How long the options may be: what the client takes (option 57 counts IP and UDP too), less what must come last. */
static void open_areas(struct answer *a)
{
    const struct dhcp *m = a->q->m;
    size_t size = dhcp_has(m, DHCP_MAX_SIZE) && m->max_size > LEAST_SIZE ? m->max_size : LEAST_SIZE;
    size_t last = 1 + 3 + (dhcp_has(m, DHCP_RELAY_AGENT) ? dhcp_option_size(m->relay_agent) : 0); /* end, 52, and 82 */

    size -= IP_AND_UDP;
    if (size > DHCP_MOST) size = DHCP_MOST;
    size -= DHCP_HEADER_SIZE;
    a->area[OPTIONS] = writer(a->options, size > last ? size - last : 0);
    a->area[FILE_AREA] = writer(a->file, sizeof a->file - 1); /* each area has its own end */
    a->area[SNAME_AREA] = writer(a->sname, sizeof a->sname - 1);
}

static void open_answer(struct answer *a, const struct request *q, enum dhcp_type type)
{
    const struct dhcp *m = q->m;
    uint8_t code = (uint8_t)type;

    a->q = q;
    a->n = a->left_out = 0;
    a->overflow = false;
    a->last_code = 0;
    a->head = (struct dhcp){.op = BOOTREPLY,
                            .htype = m->htype,
                            .hlen = m->hlen,
                            .xid = m->xid,
                            .broadcast = m->broadcast,
                            .giaddr = m->giaddr,
                            .chaddr = m->chaddr,
                            .type = type};
    open_areas(a);
    write_option(a, DHCP_MESSAGE_TYPE, (struct bytes){&code, 1}); /* first: snooping switches see it at once */
    write_number(a, DHCP_SERVER_ID, q->server_id);
    if (dhcp_has(m, DHCP_CLIENT_ID)) write_option(a, DHCP_CLIENT_ID, m->client_id); /* RFC 6842 */
}

/* With overload the names are options alone; without, they also stand where BOOTP has them. */
static void close_areas(struct answer *a)
{
    uint8_t overloads = 0;

    if (a->area[FILE_AREA].len) overloads |= DHCP_FILE_OVERLOADED;
    if (a->area[SNAME_AREA].len) overloads |= DHCP_SNAME_OVERLOADED;
    for (int i = FILE_AREA; i < AREAS; i++) {
        struct writer *w = &a->area[i];
        if (w->len == 0) continue;
        w->size++;
        write_u8(w, 255);
        *(i == FILE_AREA ? &a->head.file : &a->head.sname) = written(w);
    }
    a->area[OPTIONS].size += 3; /* they were kept for it */
    if (overloads) dhcp_write_option(&a->area[OPTIONS], DHCP_OVERLOAD, (struct bytes){&overloads, 1});
}

static void send(struct dhcp_server *s, struct answer *a)
{
    const struct request *q = a->q;
    struct action action = {.kind = ACTION_DATAGRAM,
                            .stream = q->interface,
                            .ahead = a->head.type == DHCP_OFFER || a->head.type == DHCP_NAK,
                            .from = {.address = s->config.interfaces[q->interface].address, .port = DHCP_SERVER_PORT},
                            .to = destination(s, q, a->head.type, a->head.yiaddr)};

    close_areas(a);
    struct writer *w = put(q->out, action);
    size_t start = w->len;
    dhcp_encode_header(w, &a->head);
    write_bytes(w, written(&a->area[OPTIONS]));
    if (dhcp_has(q->m, DHCP_RELAY_AGENT))
        dhcp_write_option(w, DHCP_RELAY_AGENT, q->m->relay_agent); /* last: RFC 3046, 2.1 */
    write_u8(w, 255);
    if (w->len - start < DHCP_LEAST) write_zeros(w, DHCP_LEAST - (w->len - start));
    s->counts.left_out += a->left_out;
}

/* Lease times. */

uint32_t lease_time(const struct request *q)
{
    for (uint32_t i = 0; i < q->scopes; i++)
        if (q->scope[i]->lease) return q->scope[i]->lease;
    return 86400;
}

static void write_times(struct answer *a)
{
    const struct request *q = a->q;
    uint32_t lease = lease_time(q), t1 = 0, t2 = 0;

    for (uint32_t i = 0; i < q->scopes; i++) {
        if (!t1) t1 = q->scope[i]->t1;
        if (!t2) t2 = q->scope[i]->t2;
    }
    if (!t2 || t2 >= lease) t2 = (uint32_t)((uint64_t)lease * 7 / 8); /* RFC 2131, 4.4.5 */
    if (!t1 || t1 >= t2) t1 = lease / 2;
    if (t1 >= t2) t1 = (uint32_t)((uint64_t)t2 * 4 / 7); /* as half is to seven eighths */
    if (lease == UINT32_MAX) t1 = t2 = lease;            /* for ever */
    write_number(a, DHCP_LEASE, lease);
    write_number(a, DHCP_T1, t1);
    write_number(a, DHCP_T2, t2);
}

/* The options of an OFFER or ACK. */
static void write_options(struct dhcp_server *s, struct answer *a)
{
    static const uint8_t of_phones[] = {DHCP_TFTP_SERVERS, DHCP_TFTP_NAME, DHCP_ROUTERS, DHCP_DNS};
    const struct request *q = a->q;

    for (uint32_t i = 0; i < q->scopes; i++) add_scope(a, q->scope[i]);
    add_tftp_server(a);
    write_number(a, DHCP_MASK, s->config.subnets[q->subnet].mask);
    if (q->phone) write_list(a, (struct bytes){of_phones, sizeof of_phones});
    for (uint32_t i = 0; i < q->scopes; i++) write_list(a, q->scope[i]->always);
    write_list(a, q->m->parameters); /* "in the requested order": RFC 2132, section 9.8 */
    for (uint32_t i = 0; i < a->n && q->m->parameters.len == 0; i++) write_configured(a, a->configured[i].code);

    const struct told_option *name = option_of(a, DHCP_TFTP_NAME), *file = option_of(a, DHCP_BOOT_FILE);
    bool served = q->phone || wants(a, DHCP_TFTP_SERVERS) || wants(a, DHCP_TFTP_NAME);
    if (!served) a->head.siaddr = 0; /* a PC is none of ours: it takes siaddr for where it boots from */
    if (name && served && dhcp_text(name->value).len < DHCP_SNAME_SIZE) a->head.sname = dhcp_text(name->value);
    if (file && wants(a, DHCP_BOOT_FILE) && dhcp_text(file->value).len < DHCP_FILE_SIZE)
        a->head.file = dhcp_text(file->value);
}

static void tell_lease(const struct dhcp_server *s, struct answer *a, enum server_news news, const struct dhcp_lease *l,
                       const char *why)
{
    const struct request *q = a->q;
    struct writer *w = dhcp_tell(q->out, news, q->m->chaddr, l->record.address);
    const struct told_option *router = option_of(a, DHCP_ROUTERS), *tftp = option_of(a, DHCP_TFTP_SERVERS);
    struct fault fault;

    tell_ipv4(w, FACT_MASK, s->config.subnets[q->subnet].mask);
    struct reader r = reader(router ? router->value : (struct bytes){0}, &fault);
    if (router) tell_ipv4(w, FACT_ROUTER, read_be32(&r));
    r = reader(tftp ? tftp->value : (struct bytes){0}, &fault);
    if (tftp) tell_ipv4(w, FACT_TFTP, read_be32(&r));
    tell_number(w, FACT_LEASE, lease_time(q));
    if (why) tell_text(w, FACT_WHY, bytes_of(why));
}

static void answer_lease(struct dhcp_server *s, const struct request *q, const struct dhcp_lease *l,
                         enum dhcp_type type, const char *why)
{
    struct answer a;

    open_answer(&a, q, type);
    a.head.yiaddr = l->record.address;
    if (type == DHCP_ACK) a.head.ciaddr = q->m->ciaddr; /* RFC 2131, table 3 */
    write_times(&a);
    write_options(s, &a);
    send(s, &a);
    tell_lease(s, &a, type == DHCP_ACK ? DHCP_TOLD_BOUND : DHCP_TOLD_OFFERED, l, why);
}

void answer_offer(struct dhcp_server *s, const struct request *q, const struct dhcp_lease *l)
{
    answer_lease(s, q, l, DHCP_OFFER, NULL);
    s->counts.offers++;
}

void answer_ack(struct dhcp_server *s, const struct request *q, const struct dhcp_lease *l, const char *why)
{
    answer_lease(s, q, l, DHCP_ACK, why);
    s->counts.acks++;
}

void answer_inform(struct dhcp_server *s, const struct request *q)
{
    struct answer a;

    open_answer(&a, q, DHCP_ACK);
    a.head.ciaddr = q->m->ciaddr;
    write_options(s, &a);
    send(s, &a);
    s->counts.acks++;
    (void)dhcp_tell(q->out, DHCP_TOLD_INFORMED, q->m->chaddr, q->m->ciaddr);
}

void answer_nak(struct dhcp_server *s, const struct request *q, ipv4 address, const char *message)
{
    struct answer a;

    open_answer(&a, q, DHCP_NAK);
    if (q->m->giaddr) a.head.broadcast = true; /* the relay must broadcast it (4.3.2) */
    write_option(&a, DHCP_MESSAGE, bytes_of(message));
    send(s, &a);
    s->counts.naks++;
    tell_text(dhcp_tell(q->out, DHCP_TOLD_REFUSED, q->m->chaddr, address), FACT_WHY, bytes_of(message));
}

void lease_store(const struct dhcp_lease *l, struct outbox *out)
{
    lease_record_encode(put(out, (struct action){.kind = ACTION_STORE}), &l->record);
}
