#include "wire/dns.h"

enum {
    RESPONSE = 0x8000, /* RFC 1035, 4.1.1 */
    RECURSE = 0x0100,
    CODE = 0x000f,
    POINTER = 0xc0, /* 4.1.4 */
    TYPE_A = 1,     /* 3.2.2 */
    CLASS_IN = 1,   /* 3.2.4 */
};

static bool of_label(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool dns_name(struct bytes name)
{
    size_t label = 0;
    ipv4 address;

    if (name.len > 0 && name.at[name.len - 1] == '.') name.len--;
    if (name.len == 0 || name.len > DNS_NAME || ipv4_parse(name, &address)) return false;
    for (size_t i = 0; i < name.len; i++) {
        bool dot = name.at[i] == '.';
        if (dot ? label == 0 : !of_label(name.at[i]) || ++label > DNS_LABEL) return false;
        if (dot) label = 0;
    }
    return label > 0;
}

void dns_question_encode(struct writer *w, uint16_t id, struct bytes name)
{
    if (!dns_name(name)) return;
    write_be16(w, id);
    write_be16(w, RECURSE);
    write_be16(w, 1); /* one question, */
    write_zeros(w, 6);
    while (name.len > 0) {
        struct bytes label = bytes_cut(&name, '.');
        write_u8(w, (uint8_t)label.len);
        write_bytes(w, label);
    }
    write_u8(w, 0);
    write_be16(w, TYPE_A);
    write_be16(w, CLASS_IN);
}

static void pass_name(struct reader *r)
{
    while (sound(r)) {
        struct reader here = *r;
        uint8_t length = read_u8(r);
        if (length == 0) return;
        if (length >= POINTER) {
            (void)read_u8(r);
            return;
        }
        if (length > DNS_LABEL)
            refuse(&here, FAULT_VALUE, "DNS label type");
        else
            (void)read_bytes(r, length);
    }
}

bool dns_answer_decode(struct dns_answer *out, struct bytes in, struct fault *why)
{
    struct reader r = reader(in, why);

    *out = (struct dns_answer){.id = read_be16(&r)};
    struct reader flags_at = r;
    uint16_t flags = read_be16(&r), questions = read_be16(&r), answers = read_be16(&r);
    (void)read_be32(&r); /* authorities, additional ones */
    if (!sound(&r)) return false;
    if (!(flags & RESPONSE)) {
        refuse(&flags_at, FAULT_VALUE, "DNS message that is no answer");
        return false;
    }
    out->code = flags & CODE;
    for (; questions > 0 && sound(&r); questions--) {
        pass_name(&r);
        (void)read_be32(&r);
    }
    for (; answers > 0 && sound(&r); answers--) {
        pass_name(&r);
        uint16_t type = read_be16(&r), class = read_be16(&r);
        (void)read_be32(&r); /* how long it holds */
        struct bytes data = read_bytes(&r, read_be16(&r));
        if (type != TYPE_A || class != CLASS_IN || data.len != 4) continue;
        out->address = (ipv4)data.at[0] << 24 | (ipv4)data.at[1] << 16 | (ipv4)data.at[2] << 8 | data.at[3];
        break;
    }
    return sound(&r);
}
