#include "base/address.h"
#include "base/hex.h"
#include <string.h>

const struct mac MAC_BROADCAST = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
const struct mac MAC_NONE = {{0}};

bool mac_equal(struct mac a, struct mac b)
{
    return memcmp(a.byte, b.byte, sizeof a.byte) == 0;
}

bool mac_is_none(struct mac m)
{
    return mac_equal(m, MAC_NONE);
}

bool mac_is_group(struct mac m)
{
    return m.byte[0] & 1;
}

struct mac read_mac(struct reader *r)
{
    struct bytes b = read_bytes(r, 6);
    struct mac m = MAC_NONE;

    if (b.len == 6) memcpy(m.byte, b.at, 6);
    return m;
}

void write_mac(struct writer *w, struct mac m)
{
    write_bytes(w, (struct bytes){m.byte, 6});
}

uint64_t mac_number(struct mac m)
{
    uint64_t v = 0;

    for (size_t i = 0; i < 6; i++) v = v << 8 | m.byte[i];
    return v;
}

struct mac mac_from_number(uint64_t v)
{
    struct mac m;

    for (size_t i = 6; i > 0; i--, v >>= 8) m.byte[i - 1] = (uint8_t)v;
    return m;
}

const char *mac_text(char to[MAC_TEXT], struct mac m)
{
    for (size_t i = 0; i < 6; i++) {
        to[3 * i] = HEX_DIGITS[m.byte[i] >> 4];
        to[3 * i + 1] = HEX_DIGITS[m.byte[i] & 15];
        to[3 * i + 2] = i < 5 ? ':' : '\0';
    }
    return to;
}

void write_ipv4_text(struct writer *w, ipv4 a)
{
    for (unsigned shift = 32; shift > 0; shift -= 8) {
        write_decimal(w, a >> (shift - 8) & 255);
        if (shift > 8) write_u8(w, '.');
    }
}

const char *ipv4_text(char to[IPV4_TEXT], ipv4 a)
{
    struct writer w = writer(to, IPV4_TEXT - 1);

    write_ipv4_text(&w, a);
    to[w.len] = '\0';
    return to;
}

bool mac_parse(struct bytes b, struct mac *out)
{
    uint64_t v = 0;
    size_t digits = 0;

    for (size_t i = 0; i < b.len; i++) {
        int digit = hex_value(b.at[i]);
        bool between = (b.at[i] == ':' || b.at[i] == '-' || b.at[i] == '.') && digits > 0 && digits < 12;
        if (digit >= 0 && digits < 12) {
            v = v << 4 | (uint64_t)digit;
            digits++;
        } else if (!between || digits % 2 != 0) {
            return false;
        }
    }
    if (digits != 12) return false;
    *out = mac_from_number(v);
    return true;
}

bool ipv4_parse(struct bytes b, ipv4 *out)
{
    ipv4 a = 0;

    for (unsigned part = 0; part < 4; part++) {
        uint64_t v;
        size_t before = b.len;
        struct bytes number = bytes_cut(&b, '.');
        bool dot = number.len < before;
        if (dot != (part < 3) || number.len > 3 || !bytes_number(number, 255, &v)) return false;
        if (number.len > 1 && number.at[0] == '0') return false;
        a = a << 8 | (ipv4)v;
    }
    *out = a;
    return true;
}

bool ipv4_same_subnet(ipv4 a, ipv4 b, ipv4 mask)
{
    return (a & mask) == (b & mask);
}

ipv4 ipv4_mask(unsigned prefix)
{
    return prefix == 0 ? 0 : IPV4_BROADCAST << (prefix < 32 ? 32 - prefix : 0);
}

unsigned ipv4_prefix(ipv4 mask)
{
    unsigned n = 0;

    for (; mask & 0x80000000u; mask <<= 1) n++;
    return n;
}
