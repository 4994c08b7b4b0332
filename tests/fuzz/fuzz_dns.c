/* Any bytes as a DNS answer: it is read or refused, at a byte of it. Any bytes as a name: asked for as it is, or not at
 * all. */
#include <assert.h>
#include "wire/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n)
{
    uint8_t bytes[300];
    struct writer w = writer(bytes, sizeof bytes);
    struct dns_answer a;
    struct fault why;

    if (dns_answer_decode(&a, (struct bytes){in, n}, &why))
        assert(why.kind == FAULT_NONE);
    else
        assert(why.kind != FAULT_NONE && why.at <= n && why.what);
    dns_question_encode(&w, 1, (struct bytes){in, n});
    assert(!w.full && (w.len > 0) == dns_name((struct bytes){in, n}));
    if (w.len) {
        bytes[2] |= 0x80; /* what we ask, sent back as an answer, is sound and has no address */
        assert(dns_answer_decode(&a, written(&w), &why) && a.address == 0);
    }
    return 0;
}
