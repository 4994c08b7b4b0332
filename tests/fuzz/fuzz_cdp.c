/* Any bytes as a CDP message. What is taken is encoded to the same length; the encoding has a good checksum, is taken
 * again, and encodes to itself; where no type came twice it is the input but for the checksum. */
#include <assert.h>
#include <string.h>
#include "wire/cdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool came_once(const struct cdp *c)
{
    for (size_t i = 0; i < c->tlvs; i++)
        for (size_t k = 0; k < i; k++)
            if (c->order[i] == c->order[k]) return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t first[1 << 16], second[1 << 16];
    struct cdp c, again;
    struct fault why;

    if (size > sizeof first) return 0;
    (void)cdp_ipv4((struct bytes){data, size});
    if (!cdp_decode(&c, (struct bytes){data, size}, &why)) {
        assert(why.kind != FAULT_NONE && why.what && why.at <= size && !c.checksum_good);
        return 0;
    }
    assert(why.kind == FAULT_NONE && c.tlvs <= CDP_TLVS && c.others <= CDP_OTHERS);
    assert(c.requested.count <= CDP_LEVELS);

    struct writer w = writer(first, size), v = writer(second, size);
    cdp_encode(&w, &c);
    assert(!w.full && w.len == size);
    assert(memcmp(first, data, 2) == 0);
    if (came_once(&c)) assert(memcmp(first + 4, data + 4, size - 4) == 0);

    assert(cdp_decode(&again, written(&w), &why) && again.checksum_good);
    /* 0 and ffff are the same number in ones' complement: an ffff is taken, but we write 0 */
    if (came_once(&c) && c.checksum_good)
        assert(again.checksum == c.checksum || (again.checksum == 0 && c.checksum == 0xffff));
    assert(again.has == c.has && again.tlvs == c.tlvs && again.others == c.others && again.voice_vlan == c.voice_vlan);
    assert(memcmp(&again.available, &c.available, sizeof c.available) == 0);
    assert(memcmp(again.order, c.order, sizeof c.order) == 0);
    assert(bytes_equal(again.device_id, c.device_id) && cdp_ipv4(again.addresses) == cdp_ipv4(c.addresses));
    cdp_encode(&v, &again);
    assert(bytes_equal(written(&w), written(&v)));

    struct writer small = writer(second, size - 1);
    cdp_encode(&small, &c);
    assert(small.full && small.len < size);
    return 0;
}
