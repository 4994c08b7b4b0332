#include "wire/tftp.h"

bool tftp_decode(struct tftp *out, struct bytes in, struct fault *why)
{
    struct reader r = reader(in, why);
    struct reader op = r; /* so that a wrong opcode is refused at its own offset */

    *out = (struct tftp){.op = (enum tftp_op)read_be16(&r)};
    switch (out->op) {
    case TFTP_RRQ:
    case TFTP_WRQ:
        out->name = read_string(&r);
        out->mode = read_string(&r);
        out->options = read_rest(&r); /* unknown ones, and their order, survive (RFC 2347, section 2) */
        break;
    case TFTP_DATA:
        out->number = read_be16(&r);
        out->data = read_rest(&r);
        break;
    case TFTP_ACK:
        out->number = read_be16(&r); /* what a peer's padding puts behind it says nothing */
        break;
    case TFTP_ERROR:
        out->number = read_be16(&r);
        out->data = read_field(&r, unread(&r)); /* RFC 1350, section 5 ends the text with a NUL; not all peers do */
        break;
    case TFTP_OACK: out->options = read_rest(&r); break;
    default: refuse(&op, FAULT_VALUE, "TFTP opcode");
    }
    return sound(&r);
}

static void write_string(struct writer *w, struct bytes text)
{
    write_bytes(w, text);
    write_u8(w, 0);
}

void tftp_encode(struct writer *w, const struct tftp *in)
{
    write_be16(w, (uint16_t)in->op);
    switch (in->op) {
    case TFTP_RRQ:
    case TFTP_WRQ:
        write_string(w, in->name);
        write_string(w, in->mode);
        write_bytes(w, in->options);
        break;
    case TFTP_DATA:
        write_be16(w, in->number);
        write_bytes(w, in->data);
        break;
    case TFTP_ACK: write_be16(w, in->number); break;
    case TFTP_ERROR:
        write_be16(w, in->number);
        write_string(w, in->data);
        break;
    case TFTP_OACK: write_bytes(w, in->options); break;
    }
}

bool tftp_option_next(struct bytes *options, struct tftp_option *out)
{
    struct fault why;
    struct reader r = reader(*options, &why);

    *out = (struct tftp_option){.name = read_string(&r)};
    out->value = read_string(&r);
    *options = read_rest(&r); /* empty once something lacked its NUL */
    return sound(&r);
}

bool tftp_option_number(struct bytes options, const char *name, uint64_t least, uint64_t most, uint64_t *out)
{
    struct tftp_option option;

    while (tftp_option_next(&options, &option)) {
        uint64_t number;
        if (!bytes_equal_nocase(option.name, bytes_of(name))) continue;
        /* An option comes once (RFC 2347, section 2): the first one counts, however bad. */
        if (!bytes_number(option.value, most, &number) || number < least) return false;
        *out = number;
        return true;
    }
    return false;
}

void write_tftp_option(struct writer *w, const char *name, uint64_t value)
{
    write_text(w, name);
    write_u8(w, 0);
    write_decimal(w, value);
    write_u8(w, 0);
}
