#include "switch/neighbour.h"
#include "base/facts.h"
#include <string.h>

struct neighbour neighbour_of_cdp(const struct cdp *c, struct mac from)
{
    struct neighbour n = {.mac = from, .capabilities = c->capabilities};

    text_copy(n.device, sizeof n.device, c->device_id);
    text_copy(n.platform, sizeof n.platform, c->platform);
    text_copy(n.software, sizeof n.software, c->software);
    text_copy(n.port, sizeof n.port, c->port_id);
    /* A 7960 with a SIP load says "host" only, but asks. */
    n.phone = (c->capabilities & CDP_PHONE) || (c->has & CDP_HAS(CDP_VLAN_QUERY));
    return n;
}

/* An id of LLDP as text: addresses in their own form, the rest as it came. */
static void id_text(char *to, size_t size, struct bytes id, bool is_mac, bool is_address)
{
    struct fault why;
    struct reader r = reader(id, &why);
    char text[MAC_TEXT];

    if (is_mac && id.len == sizeof(struct mac)) {
        text_copy(to, size, bytes_of(mac_text(text, read_mac(&r))));
    } else if (is_address && id.len == 5 && read_u8(&r) == 1) { /* IANA address family 1: IPv4 */
        text_copy(to, size, bytes_of(ipv4_text(text, read_be32(&r))));
    } else {
        text_copy(to, size, id);
    }
}

struct neighbour neighbour_of_lldp(const struct lldp *l, struct mac from)
{
    struct neighbour n = {.mac = from, .capabilities = l->enabled};

    if (l->system_name.len > 0)
        text_copy(n.device, sizeof n.device, l->system_name);
    else
        id_text(n.device, sizeof n.device, l->chassis, l->chassis_subtype == LLDP_CHASSIS_MAC,
                l->chassis_subtype == LLDP_CHASSIS_ADDRESS);
    text_copy(n.platform, sizeof n.platform, l->inventory[MED_MODEL]);
    text_copy(n.software, sizeof n.software,
              l->inventory[MED_SOFTWARE].len > 0 ? l->inventory[MED_SOFTWARE] : l->system_description);
    id_text(n.port, sizeof n.port, l->port, l->port_subtype == LLDP_PORT_MAC, false);
    n.phone =
        (l->has_capabilities && (l->capabilities & LLDP_TELEPHONE)) || (l->has_med && l->med_class == MED_CLASS_3);
    return n;
}

bool neighbour_same(const struct neighbour *a, const struct neighbour *b)
{
    return strcmp(a->device, b->device) == 0 && strcmp(a->platform, b->platform) == 0 &&
           strcmp(a->software, b->software) == 0 && strcmp(a->port, b->port) == 0 && mac_equal(a->mac, b->mac) &&
           a->capabilities == b->capabilities;
}

void neighbour_tell(struct writer *w, const struct neighbour *n)
{
    tell_text(w, FACT_MODEL, bytes_of(n->platform));
    tell_text(w, FACT_LOAD, bytes_of(n->software));
    tell_text(w, FACT_NEIGHBOUR, bytes_of(n->port));
    tell_number(w, FACT_CAPABILITIES, n->capabilities);
    tell_mac(w, FACT_MAC, n->mac);
    if (n->phone) tell_text(w, FACT_SOURCE, bytes_of("voice"));
}
