#include "wire/icmp.h"
#include "wire/ipv4_udp.h"

bool icmp_decode(struct icmp *out, struct bytes in, struct fault *why)
{
    struct reader r = reader(in, why);

    *out = (struct icmp){.type = read_u8(&r)};
    out->code = read_u8(&r);
    if (sound(&r) && in.len >= 8 && internet_checksum(in, 0) != 0) refuse(&r, FAULT_CHECK, "ICMP checksum");
    (void)read_be16(&r); /* the checksum, which counts itself above */
    out->id = read_be16(&r);
    out->sequence = read_be16(&r);
    out->data = read_rest(&r);
    return sound(&r);
}

void icmp_encode(struct writer *w, const struct icmp *i)
{
    size_t begun = w->len;

    write_u8(w, i->type);
    write_u8(w, i->code);
    write_be16(w, 0);
    write_be16(w, i->id);
    write_be16(w, i->sequence);
    write_bytes(w, i->data);
    if (!w->full) patch_be16(w, begun + 2, internet_checksum(written_from(w, begun), 0));
}
