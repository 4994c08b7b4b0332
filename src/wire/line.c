#include "wire/line.h"

/* Pulse and the three last fields are single bytes; a zero byte behind the pulse and one at the end keep the numbers
 * on their own boundaries and make the 24. */
const struct line LINE_IDLE = {.ohms = UINT32_MAX};

static bool read_bool(struct reader *r, const char *what)
{
    uint8_t v = read_u8(r);

    if (v > 1) refuse(r, FAULT_VALUE, what);
    return v == 1;
}

bool line_decode(struct line *out, struct bytes in, struct fault *why)
{
    struct reader r = reader(in, why);
    uint8_t pulse = read_u8(&r);

    *out = LINE_IDLE;
    if (pulse > PULSE_WIDE) refuse(&r, FAULT_VALUE, "width of the link pulses");
    if (read_u8(&r) != 0) refuse(&r, FAULT_VALUE, "byte that must be zero");
    out->pulse = (enum pulse_width)pulse;
    out->word = read_be16(&r);
    out->millivolts = (int32_t)read_be32(&r);
    out->ohms = read_be32(&r);
    out->nanofarads = read_be32(&r);
    out->microamperes = read_be32(&r);
    out->carrier = read_bool(&r, "carrier");
    uint8_t speed = read_u8(&r);
    if (speed > SPEED_1000) refuse(&r, FAULT_VALUE, "speed");
    out->speed = (enum link_speed)speed;
    out->full_duplex = read_bool(&r, "duplex");
    if (read_u8(&r) != 0) refuse(&r, FAULT_VALUE, "byte that must be zero");
    if (unread(&r) > 0) refuse(&r, FAULT_LONG, "bytes behind the state of a line");
    return sound(&r);
}

void line_encode(struct writer *w, const struct line *l)
{
    write_u8(w, (uint8_t)l->pulse);
    write_u8(w, 0);
    write_be16(w, l->word);
    write_be32(w, (uint32_t)l->millivolts);
    write_be32(w, l->ohms);
    write_be32(w, l->nanofarads);
    write_be32(w, l->microamperes);
    write_u8(w, l->carrier);
    write_u8(w, (uint8_t)l->speed);
    write_u8(w, l->full_duplex);
    write_u8(w, 0);
}

bool line_equal(const struct line *a, const struct line *b)
{
    return a->pulse == b->pulse && a->word == b->word && a->millivolts == b->millivolts && a->ohms == b->ohms &&
           a->nanofarads == b->nanofarads && a->microamperes == b->microamperes && a->carrier == b->carrier &&
           a->speed == b->speed && a->full_duplex == b->full_duplex;
}
