/* Any bytes as a TFTP packet: decode and encode are a fixed point, and a walk over its options ends. */
#include <assert.h>
#include "wire/tftp.h"

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n);

static void walk(struct bytes options)
{
    static const char *const names[] = {"blksize", "tsize", "timeout", "windowsize"};
    struct tftp_option o;
    uint64_t number = 1234567;
    size_t left = options.len;

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (tftp_option_number(options, names[i], 8, TFTP_BLOCK_MOST, &number))
            assert(number >= 8 && number <= TFTP_BLOCK_MOST);
    while (tftp_option_next(&options, &o)) {
        assert(options.len + o.name.len + o.value.len + 2 == left);
        left = options.len;
    }
    assert(options.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n)
{
    static uint8_t once[70000], twice[70000];
    struct writer w = writer(once, sizeof once), again = writer(twice, sizeof twice);
    struct tftp first, second;
    struct fault why;

    if (n > 65507) return 0; /* the most a UDP datagram holds */
    if (!tftp_decode(&first, (struct bytes){in, n}, &why)) {
        assert(why.kind != FAULT_NONE && why.at <= n && why.what);
        return 0;
    }
    assert(why.kind == FAULT_NONE);
    walk(first.options);
    tftp_encode(&w, &first);
    assert(!w.full && w.len <= n + 1); /* an ERROR may gain its NUL */
    assert(tftp_decode(&second, written(&w), &why));
    assert(first.op == second.op && first.number == second.number && bytes_equal(first.name, second.name));
    assert(bytes_equal(first.mode, second.mode) && bytes_equal(first.data, second.data));
    assert(bytes_equal(first.options, second.options));
    tftp_encode(&again, &second);
    assert(bytes_equal(written(&w), written(&again)));
    if (first.op != TFTP_ERROR && first.op != TFTP_ACK) assert(bytes_equal(written(&w), (struct bytes){in, n}));
    return 0;
}
