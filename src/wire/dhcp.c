#include "wire/dhcp.h"
#include <string.h>

enum { COOKIE = 0x63825363, CHADDR = 16, PAD = 0, END = 255, PIECE_MOST = 255 };

enum shape { TYPE, ADDRESS, SECONDS, SIZE, ADDRESSES, RAW };

/* The options that have a field, in the order in which they are written. 53 stands first so that a server's and a
 * switch's snooping see it at once; 82 is the last option before the end (RFC 3046, section 2.1) and is written apart.
 */
static const struct field {
    uint8_t code, shape;
    uint16_t at;        /* in struct dhcp */
    const char *length; /* the fault when it is wrong; NULL: any length will do */
} fields[] = {
    {DHCP_MESSAGE_TYPE, TYPE, offsetof(struct dhcp, type), "length of DHCP option 53, message type"},
    {DHCP_CLIENT_ID, RAW, offsetof(struct dhcp, client_id), NULL},
    {DHCP_HOST_NAME, RAW, offsetof(struct dhcp, host_name), NULL},
    {DHCP_CLASS, RAW, offsetof(struct dhcp, vendor_class), NULL},
    {DHCP_REQUESTED, ADDRESS, offsetof(struct dhcp, requested), "length of DHCP option 50, requested address"},
    {DHCP_SERVER_ID, ADDRESS, offsetof(struct dhcp, server_id), "length of DHCP option 54, server identifier"},
    {DHCP_MAX_SIZE, SIZE, offsetof(struct dhcp, max_size), "length of DHCP option 57, maximum size"},
    {DHCP_PARAMETERS, RAW, offsetof(struct dhcp, parameters), NULL},
    {DHCP_LEASE, SECONDS, offsetof(struct dhcp, lease), "length of DHCP option 51, lease time"},
    {DHCP_T1, SECONDS, offsetof(struct dhcp, t1), "length of DHCP option 58, renewal time"},
    {DHCP_T2, SECONDS, offsetof(struct dhcp, t2), "length of DHCP option 59, rebinding time"},
    {DHCP_MASK, ADDRESS, offsetof(struct dhcp, mask), "length of DHCP option 1, subnet mask"},
    {DHCP_ROUTERS, ADDRESSES, offsetof(struct dhcp, routers), NULL},
    {DHCP_DNS, ADDRESSES, offsetof(struct dhcp, dns), NULL},
    {DHCP_DOMAIN, RAW, offsetof(struct dhcp, domain), NULL},
    {DHCP_NTP, ADDRESSES, offsetof(struct dhcp, ntp), NULL},
    {DHCP_VENDOR, RAW, offsetof(struct dhcp, vendor), NULL},
    {DHCP_TFTP_NAME, RAW, offsetof(struct dhcp, tftp_name), NULL},
    {DHCP_BOOT_FILE, RAW, offsetof(struct dhcp, boot_file), NULL},
    {DHCP_TFTP_SERVERS, ADDRESSES, offsetof(struct dhcp, tftp), NULL},
    {DHCP_MESSAGE, RAW, offsetof(struct dhcp, message), NULL},
    {DHCP_RELAY_AGENT, RAW, offsetof(struct dhcp, relay_agent), NULL},
};

static const struct field *field_of(uint8_t code)
{
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        if (fields[i].code == code) return &fields[i];
    return NULL;
}

bool dhcp_has(const struct dhcp *d, uint8_t code)
{
    return d->has[code / 64] >> code % 64 & 1;
}

void dhcp_set(struct dhcp *d, uint8_t code)
{
    d->has[code / 64] |= (uint64_t)1 << code % 64;
}

struct option {
    uint8_t code;
    size_t at; /* offset of the code */
    struct bytes value;
};

/* The next option of an area; false at the end option, at the end of the area (a missing end option is taken: some
 * relays cut it off), and when an option reaches beyond the area, which is refused. */
static bool next(struct reader *r, struct option *out)
{
    while (sound(r) && unread(r) > 0) {
        struct reader here = *r;
        uint8_t code = read_u8(r);
        if (code == PAD) continue;
        if (code == END) return false;
        size_t len = unread(r) > 0 ? read_u8(r) : SIZE_MAX;
        if (unread(r) < len) {
            refuse(&here, FAULT_SHORT, "DHCP option beyond the end");
            return false;
        }
        *out = (struct option){.code = code, .at = read_offset(&here), .value = read_bytes(r, len)};
        return true;
    }
    return false;
}

/* All options of a message in the order in which they are joined (RFC 3396, section 5): options, file, sname. */
struct walk {
    const struct dhcp *d;
    size_t area;
    struct fault why;
    struct reader r;
};

static void begin(struct walk *w, const struct dhcp *d)
{
    *w = (struct walk){.d = d};
    w->r = reader(d->options, &w->why);
}

static bool step(struct walk *w, struct option *out)
{
    while (!next(&w->r, out)) {
        if (w->area == ARRAY_LENGTH(w->d->overloaded)) return false;
        w->r = reader(w->d->overloaded[w->area++], &w->why);
    }
    return true;
}

struct bytes dhcp_option(const struct dhcp *d, uint8_t code)
{
    struct walk w;
    struct option o;

    begin(&w, d);
    while (step(&w, &o))
        if (o.code == code) return o.value;
    return (struct bytes){NULL, 0};
}

static void refuse_option(struct reader *r, const struct option *o, enum fault_kind kind, const char *what)
{
    struct reader at = *r;

    at.at = at.start + o->at;
    refuse(&at, kind, what);
}

/* All instances one behind the other (RFC 3396, section 7). An option that came once stays where it is. */
static struct bytes join(struct dhcp *d, struct reader *r, const struct option *first)
{
    struct walk w;
    struct option o;
    size_t instances = 0, total = 0, at = d->joins;

    for (begin(&w, d); step(&w, &o);) {
        if (o.code != first->code) continue;
        instances++;
        total += o.value.len;
    }
    if (instances == 1) return first->value;
    if (total > sizeof d->joined - at) {
        refuse_option(r, first, FAULT_LONG, "split DHCP option");
        return first->value;
    }
    for (begin(&w, d); step(&w, &o);) {
        if (o.code != first->code) continue;
        memcpy(d->joined + d->joins, o.value.at, o.value.len);
        d->joins = (uint16_t)(d->joins + o.value.len);
    }
    return (struct bytes){d->joined + at, total};
}

static void read_addresses(struct reader *r, struct dhcp_addresses *out)
{
    while (unread(r) > 0 && out->count < DHCP_ADDRESSES) out->at[out->count++] = read_be32(r);
}

static size_t fixed_length(enum shape shape)
{
    switch (shape) {
    case TYPE: return 1;
    case SIZE: return 2;
    case ADDRESS:
    case SECONDS: return 4;
    case ADDRESSES:
    case RAW: break;
    }
    return 0;
}

/* The first instance of an option that has a field. False: it says nothing, as if it were not there. */
static bool take_field(struct dhcp *d, struct reader *r, const struct option *o, const struct field *f)
{
    enum shape shape = (enum shape)f->shape;
    size_t length = fixed_length(shape);
    /* An option of one length that was sent twice was repeated, not split: the first one counts. */
    struct bytes value = length > 0 && o->value.len == length ? o->value : join(d, r, o);
    void *to = (uint8_t *)d + f->at;
    struct fault why;
    struct reader v = reader(value, &why);

    if (length > 0 && value.len != length) refuse_option(r, o, FAULT_VALUE, f->length);
    switch (shape) {
    case TYPE:
        *(enum dhcp_type *)to = (enum dhcp_type)read_u8(&v);
        /* 0 would pass for plain BOOTP; types above 8 (RFC 3203, 4388) are for the engines to ignore. */
        if (d->type == 0) refuse_option(r, o, FAULT_VALUE, "DHCP message type");
        break;
    case ADDRESS: *(ipv4 *)to = read_be32(&v); break;
    case SECONDS: *(uint32_t *)to = read_be32(&v); break;
    case SIZE: *(uint16_t *)to = read_be16(&v); break;
    case ADDRESSES:
        /* The rest of the message does not suffer for a list that was typed in wrong: its whole addresses count. */
        value.len -= value.len % 4;
        v = reader(value, &why);
        read_addresses(&v, to);
        return value.len > 0;
    case RAW: *(struct bytes *)to = value; break;
    }
    return true;
}

static void take_options(struct dhcp *d, struct reader *r)
{
    struct option o;

    while (next(r, &o)) {
        const struct field *f = field_of(o.code);
        bool says = !f || dhcp_has(d, o.code) || take_field(d, r, &o, f);
        if (o.code == DHCP_OVERLOAD && (o.value.len != 1 || o.value.at[0] < 1 || o.value.at[0] > 3))
            refuse_option(r, &o, FAULT_VALUE, "DHCP option 52, overload");
        if (says) dhcp_set(d, o.code);
    }
}

bool dhcp_decode(struct dhcp *out, struct bytes in, struct fault *why)
{
    struct reader r = reader(in, why), here = r;
    struct bytes overload;

    *out = (struct dhcp){.op = read_u8(&r)};
    if (out->op != BOOTREQUEST && out->op != BOOTREPLY) refuse(&here, FAULT_VALUE, "BOOTP op");
    out->htype = read_u8(&r);
    here = r;
    out->hlen = read_u8(&r);
    if (out->hlen > CHADDR) refuse(&here, FAULT_VALUE, "BOOTP hlen");
    out->hops = read_u8(&r);
    out->xid = read_be32(&r);
    out->secs = read_be16(&r);
    out->broadcast = read_be16(&r) >> 15; /* the other flags must be zero and are ignored (RFC 2131, section 2) */
    out->ciaddr = read_be32(&r);
    out->yiaddr = read_be32(&r);
    out->siaddr = read_be32(&r);
    out->giaddr = read_be32(&r);
    out->chaddr = read_mac(&r);
    (void)read_bytes(&r, CHADDR - sizeof out->chaddr.byte);
    struct reader sname = read_part(&r, DHCP_SNAME_SIZE), file = read_part(&r, DHCP_FILE_SIZE);
    here = r;
    if (read_be32(&r) != COOKIE) refuse(&here, FAULT_VALUE, "DHCP magic cookie");
    struct reader options = read_part(&r, unread(&r));
    if (!sound(&r)) return false;

    out->options = (struct bytes){options.at, unread(&options)};
    overload = dhcp_option(out, DHCP_OVERLOAD);
    uint8_t overloads = overload.len == 1 ? overload.at[0] : 0;
    if (overloads & DHCP_FILE_OVERLOADED) out->overloaded[0] = (struct bytes){file.at, DHCP_FILE_SIZE};
    if (overloads & DHCP_SNAME_OVERLOADED) out->overloaded[1] = (struct bytes){sname.at, DHCP_SNAME_SIZE};
    take_options(out, &options);
    if (overloads & DHCP_FILE_OVERLOADED)
        take_options(out, &file);
    else
        out->file = read_field(&file, DHCP_FILE_SIZE);
    if (overloads & DHCP_SNAME_OVERLOADED)
        take_options(out, &sname);
    else
        out->sname = read_field(&sname, DHCP_SNAME_SIZE);
    return sound(&r);
}

/* A value over 255 bytes goes into several instances, one behind the other (RFC 3396, section 6). */
void dhcp_write_option(struct writer *w, uint8_t code, struct bytes value)
{
    do {
        struct bytes piece = {value.at, value.len < PIECE_MOST ? value.len : PIECE_MOST};
        write_u8(w, code);
        write_u8(w, (uint8_t)piece.len);
        write_bytes(w, piece);
        value = bytes_from(value, piece.len);
    } while (value.len > 0);
}

static void write_field_option(struct writer *w, const struct dhcp *d, const struct field *f)
{
    const void *from = (const uint8_t *)d + f->at;
    const struct dhcp_addresses *list = from;
    uint8_t bytes[4 * DHCP_ADDRESSES];
    struct writer v = writer(bytes, sizeof bytes);

    switch ((enum shape)f->shape) {
    case TYPE: write_u8(&v, (uint8_t) * (const enum dhcp_type *)from); break;
    case ADDRESS: write_be32(&v, *(const ipv4 *)from); break;
    case SECONDS: write_be32(&v, *(const uint32_t *)from); break;
    case SIZE: write_be16(&v, *(const uint16_t *)from); break;
    case ADDRESSES:
        for (size_t i = 0; i < list->count && i < DHCP_ADDRESSES; i++) write_be32(&v, list->at[i]);
        if (v.len == 0) return; /* an empty list has no form: at least one address (RFC 2132, RFC 5859) */
        break;
    case RAW: dhcp_write_option(w, f->code, *(const struct bytes *)from); return;
    }
    dhcp_write_option(w, f->code, written(&v));
}

/* What stands in the raw options and is in no field. */
static void write_others(struct writer *w, const struct dhcp *d)
{
    struct walk walk;
    struct option o;

    for (begin(&walk, d); step(&walk, &o);)
        if (o.code != DHCP_OVERLOAD && !(field_of(o.code) && dhcp_has(d, o.code)))
            dhcp_write_option(w, o.code, o.value);
}

size_t dhcp_option_size(struct bytes value)
{
    return value.len + 2 * (value.len <= PIECE_MOST ? 1 : (value.len + PIECE_MOST - 1) / PIECE_MOST);
}

void dhcp_encode_header(struct writer *w, const struct dhcp *d)
{
    write_u8(w, d->op);
    write_u8(w, d->htype);
    write_u8(w, d->hlen);
    write_u8(w, d->hops);
    write_be32(w, d->xid);
    write_be16(w, d->secs);
    write_be16(w, d->broadcast ? 0x8000 : 0);
    write_be32(w, d->ciaddr);
    write_be32(w, d->yiaddr);
    write_be32(w, d->siaddr);
    write_be32(w, d->giaddr);
    write_mac(w, d->chaddr);
    write_zeros(w, CHADDR - sizeof d->chaddr.byte);
    write_field(w, d->sname, DHCP_SNAME_SIZE);
    write_field(w, d->file, DHCP_FILE_SIZE);
    write_be32(w, COOKIE);
}

void dhcp_encode(struct writer *w, const struct dhcp *d)
{
    size_t start = w->len;

    dhcp_encode_header(w, d);
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        if (fields[i].code != DHCP_RELAY_AGENT && dhcp_has(d, fields[i].code)) write_field_option(w, d, &fields[i]);
    write_others(w, d);
    if (dhcp_has(d, DHCP_RELAY_AGENT)) write_field_option(w, d, field_of(DHCP_RELAY_AGENT));
    write_u8(w, END);
    if (w->len - start < DHCP_LEAST) write_zeros(w, DHCP_LEAST - (w->len - start));
}

struct bytes dhcp_text(struct bytes value)
{
    while (value.len > 0 && value.at[value.len - 1] == 0) value.len--;
    return value;
}

bool dhcp_relay_option(struct bytes relay_agent, uint8_t code, struct bytes *out)
{
    struct fault why;
    struct reader r = reader(relay_agent, &why);

    while (unread(&r) > 0) {
        uint8_t c = read_u8(&r);
        struct bytes value = read_bytes(&r, read_u8(&r));
        if (!sound(&r)) return false;
        if (c != code) continue;
        *out = value;
        return true;
    }
    return false;
}
