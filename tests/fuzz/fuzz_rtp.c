/* Any bytes as an RTP packet: what decodes lies within the input, and what is encoded of it decodes to the same. */
#include <assert.h>
#include "wire/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n)
{
    static uint8_t once[65536 + RTP_HEADER];
    struct writer w = writer(once, sizeof once);
    struct rtp first, second;
    struct fault why;

    if (n > 65507) return 0; /* the most a UDP datagram holds */
    if (!rtp_decode(&first, (struct bytes){in, n}, &why)) {
        assert(why.kind != FAULT_NONE && why.at <= n && why.what);
        assert(first.payload.len == 0);
        return 0;
    }
    assert(why.kind == FAULT_NONE && first.type < 128 && first.sources <= RTP_CSRCS);
    assert(n >= RTP_HEADER + first.sources * 4u + first.payload.len);
    assert(first.payload.len == 0 || (first.payload.at >= in && first.payload.at + first.payload.len <= in + n));
    rtp_encode(&w, &first);
    assert(!w.full && w.len == RTP_HEADER + first.payload.len);
    assert(rtp_decode(&second, written(&w), &why));
    assert(first.marker == second.marker && first.type == second.type && first.sequence == second.sequence);
    assert(first.timestamp == second.timestamp && first.ssrc == second.ssrc && second.sources == 0);
    assert(bytes_equal(first.payload, second.payload));
    if (n == w.len && in[0] == 0x80) assert(bytes_equal(written(&w), (struct bytes){in, n}));
    return 0;
}
