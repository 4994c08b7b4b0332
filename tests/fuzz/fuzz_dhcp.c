/* Any bytes as a DHCP message: spans stay inside, and what was decoded encodes to equal values, then to equal bytes. */
#include <assert.h>
#include "wire/dhcp.h"
#include "../wire/dhcp_same.h"

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n);

static volatile unsigned sum;

/* Reads every byte, so that the sanitizer sees a span that leaves its memory. */
static void touch(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++) sum += b.at[i];
}

static void look(const struct dhcp *d)
{
    const struct bytes all[] = {d->sname,      d->file,        d->host_name,    d->domain,    d->vendor,
                                d->parameters, d->message,     d->vendor_class, d->client_id, d->tftp_name,
                                d->boot_file,  d->relay_agent, d->options};

    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) touch(all[i]);
    for (unsigned code = d->xid % 8; code < 256;
         code += 8) { /* the rest with other transactions: each is a walk over all */
        struct bytes value = dhcp_option(d, (uint8_t)code);
        touch(value);
        bool list = code == DHCP_ROUTERS || code == DHCP_DNS || code == DHCP_NTP || code == DHCP_TFTP_SERVERS;
        assert(value.at != NULL || !dhcp_has(d, (uint8_t)code));
        assert(value.at == NULL || dhcp_has(d, (uint8_t)code) || list); /* one without a whole address says nothing */
    }
    static const uint8_t sub_options[] = {0, DHCP_CIRCUIT_ID, DHCP_REMOTE_ID, DHCP_LINK_SELECTION,
                                          DHCP_SERVER_ID_OVERRIDE};
    for (size_t i = 0; i < ARRAY_LENGTH(sub_options); i++) {
        struct bytes value;
        if (dhcp_relay_option(d->relay_agent, sub_options[i], &value)) touch(value);
    }
    assert(d->routers.count <= DHCP_ADDRESSES && d->tftp.count <= DHCP_ADDRESSES && d->joins <= sizeof d->joined);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n)
{
    static struct dhcp first, second;
    static uint8_t once[70000], twice[70000];
    struct writer w = writer(once, sizeof once), again = writer(twice, sizeof twice);
    struct fault why;

    if (n > 65507 - 1000) return 0; /* the most a UDP datagram holds, less what overload adds */
    if (!dhcp_decode(&first, (struct bytes){in, n}, &why)) {
        assert(why.kind != FAULT_NONE && why.at <= n && why.what);
        return 0;
    }
    assert(why.kind == FAULT_NONE);
    look(&first);
    dhcp_encode(&w, &first);
    assert(!w.full && w.len >= DHCP_LEAST);
    assert(dhcp_decode(&second, written(&w), &why));
    look(&second);
    assert(dhcp_same(&first, &second));
    dhcp_encode(&again, &second);
    assert(bytes_equal(written(&w), written(&again)));
    return 0;
}
