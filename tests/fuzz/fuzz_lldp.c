/* Any bytes as an LLDPDU. What is taken is encoded, taken again with equal values, and then encodes to itself. */
#include <assert.h>
#include <string.h>
#include "wire/lldp.h"
#include "wire/lldp_power.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_same(const struct lldp *a, const struct lldp *b)
{
    assert(a->chassis_subtype == b->chassis_subtype && bytes_equal(a->chassis, b->chassis));
    assert(a->port_subtype == b->port_subtype && bytes_equal(a->port, b->port) && a->ttl == b->ttl);
    assert(bytes_equal(a->port_description, b->port_description) && bytes_equal(a->system_name, b->system_name));
    assert(bytes_equal(a->system_description, b->system_description) && a->management == b->management);
    assert(a->has_capabilities == b->has_capabilities && a->capabilities == b->capabilities &&
           a->enabled == b->enabled);
    assert(a->has_mac_phy == b->has_mac_phy && a->autonegotiation == b->autonegotiation);
    assert(a->advertised == b->advertised && a->mau == b->mau);
    assert(a->has_power == b->has_power && bytes_equal(a->power_mdi, b->power_mdi));
    assert(a->has_med == b->has_med && a->med_capabilities == b->med_capabilities && a->med_class == b->med_class);
    assert(a->policies == b->policies);
    for (size_t i = 0; i < a->policies; i++) {
        const struct med_policy *p = &a->policy[i], *q = &b->policy[i];
        assert(p->application == q->application && p->unknown == q->unknown && p->tagged == q->tagged);
        assert(p->vlan == q->vlan && p->priority == q->priority && p->dscp == q->dscp);
    }
    assert(a->has_med_power == b->has_med_power && a->power == b->power && a->power_type == b->power_type);
    assert(a->power_source == b->power_source && a->power_priority == b->power_priority);
    for (size_t i = 0; i < MED_INVENTORIES; i++) assert(bytes_equal(a->inventory[i], b->inventory[i]));
}

/* All but the reserved bits comes back, of the length that is known. */
static void power(struct bytes in)
{
    uint8_t to[8];
    struct writer w = writer(to, sizeof to);
    struct lldp_power p;
    struct fault why;

    assert(lldp_power_decode(&p, in, &why)); /* lldp_decode refused what is too short */
    assert(p.extended == (in.len >= 8) && p.type < 4 && p.source < 4 && p.priority < 4);
    lldp_power_encode(&w, &p);
    assert(!w.full && w.len == (p.extended ? 8 : 3));
    for (size_t i = 0; i < w.len; i++) {
        uint8_t kept = i == 0 ? 0x0f : i == 3 ? 0xf3 : 0xff;
        assert(to[i] == (in.at[i] & kept));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t first[1 << 14], second[1 << 14];
    struct lldp l, again;
    struct fault why;

    if (!lldp_decode(&l, (struct bytes){data, size}, &why)) {
        assert(why.kind != FAULT_NONE && why.what && why.at <= size);
        return 0;
    }
    assert(why.kind == FAULT_NONE && l.policies <= LLDP_POLICIES);
    for (size_t i = 0; i < l.policies; i++)
        assert(l.policy[i].vlan <= 4095 && l.policy[i].priority < 8 && l.policy[i].dscp < 64);
    if (l.has_power) power(l.power_mdi);

    struct writer w = writer(first, sizeof first), v = writer(second, sizeof second);
    lldp_encode(&w, &l);
    assert(!w.full); /* every field once, at most 511 bytes each: never more than the buffer */
    assert(lldp_decode(&again, written(&w), &why));
    assert_same(&l, &again);
    lldp_encode(&v, &again);
    assert(bytes_equal(written(&w), written(&v)));

    struct writer small = writer(second, w.len - 1);
    lldp_encode(&small, &l);
    assert(small.full && small.len < w.len);
    return 0;
}
