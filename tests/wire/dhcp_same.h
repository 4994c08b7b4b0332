/* tests/wire/dhcp_same.h: are two DHCP messages equal in every value? Where their options lie does not count, nor does
 * option 52: an encoder that needs no overload writes none. For the test and the fuzz target. */
#ifndef TESTS_WIRE_DHCP_SAME_H
#define TESTS_WIRE_DHCP_SAME_H
#include "wire/dhcp.h"

static inline bool same_addresses(const struct dhcp_addresses *a, const struct dhcp_addresses *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->at[i] != b->at[i]) return false;
    return a->count == b->count;
}

static inline bool dhcp_same(const struct dhcp *a, const struct dhcp *b)
{
    for (unsigned code = 0; code < 256; code++) {
        if (code == DHCP_OVERLOAD) continue;
        if (dhcp_has(a, (uint8_t)code) != dhcp_has(b, (uint8_t)code)) return false;
    }
    return a->op == b->op && a->htype == b->htype && a->hlen == b->hlen && a->hops == b->hops && a->xid == b->xid &&
           a->secs == b->secs && a->broadcast == b->broadcast && a->ciaddr == b->ciaddr && a->yiaddr == b->yiaddr &&
           a->siaddr == b->siaddr && a->giaddr == b->giaddr && mac_equal(a->chaddr, b->chaddr) &&
           bytes_equal(a->sname, b->sname) && bytes_equal(a->file, b->file) && a->type == b->type &&
           a->requested == b->requested && a->server_id == b->server_id && a->mask == b->mask && a->lease == b->lease &&
           a->t1 == b->t1 && a->t2 == b->t2 && a->max_size == b->max_size && same_addresses(&a->routers, &b->routers) &&
           same_addresses(&a->dns, &b->dns) && same_addresses(&a->ntp, &b->ntp) && same_addresses(&a->tftp, &b->tftp) &&
           bytes_equal(a->host_name, b->host_name) && bytes_equal(a->domain, b->domain) &&
           bytes_equal(a->vendor, b->vendor) && bytes_equal(a->parameters, b->parameters) &&
           bytes_equal(a->message, b->message) && bytes_equal(a->vendor_class, b->vendor_class) &&
           bytes_equal(a->client_id, b->client_id) && bytes_equal(a->tftp_name, b->tftp_name) &&
           bytes_equal(a->boot_file, b->boot_file) && bytes_equal(a->relay_agent, b->relay_agent);
}
#endif
