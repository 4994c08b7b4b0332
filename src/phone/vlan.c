/* Step 3: the link is up, and the phone finds out in which VLAN its voice belongs: by CDP, LLDP-MED, or the user's
 * preference (phone/discovery.h). With it comes the power that it may draw from now on. It ends when the VLAN is
 * decided, and begins anew in the midst of all later steps when the switch names another one.
 */
#include "phone/boot.h"

static struct discovery_self discovery_self(const struct phone *p)
{
    return (struct discovery_self){&p->host, p->config.model, &p->load, p->config.timing,
                                   p->power.wall ? 0 : p->power.milliwatts};
}

void vlan_start(struct phone *p, usec now, struct outbox *out)
{
    struct discovery_self self = discovery_self(p);
    const struct phone_model *m = p->config.model;
    bool asks = p->load.asks_power && m->max_milliwatts > p->power.milliwatts;

    (void)phone_tell(p, PHONE_LINK_UP, out);
    p->began = now;
    discovery_start(&p->discovery, &self, now, asks ? m->max_milliwatts : 0);
    phone_do(p, DOING_VLAN, NEVER);
    if (p->preferences.admin_vlan) {
        p->discovery.decided = true;
        p->discovery.source = VLAN_FROM_PREFERENCE;
        p->discovery.vlan = p->preferences.admin_vlan;
        p->discovery.decide_due = NEVER;
    }
}

static void tell_vlan(struct phone *p, usec now, struct outbox *out)
{
    static const char *const source[] = {"none", "cdp", "lldp", "preference"};
    struct discovery *d = &p->discovery;
    struct writer *w = phone_tell_step(p, now, PHONE_VLAN, out);

    if (d->vlan != VLAN_UNTAGGED) tell_number(w, FACT_VLAN, d->vlan);
    tell_text(w, FACT_SOURCE, bytes_of(source[d->source]));
    if (d->neighbour[0]) tell_text(w, FACT_SWITCH, bytes_of(d->neighbour));
    if (d->port[0]) tell_text(w, FACT_PORT, bytes_of(d->port));
    if (d->native_vlan) tell_number(w, FACT_NATIVE_VLAN, d->native_vlan);
    if (d->vlan != VLAN_UNTAGGED) return;
    bool told = now < d->held, heard = d->heard_cdp || d->heard_lldp; /* told: 0, 4095, or a policy without a tag */
    tell_text(w, FACT_WHY,
              bytes_of(told    ? "the switch wants voice without a VLAN"
                       : heard ? "the switch announces no voice VLAN"
                               : "no CDP or LLDP came"));
}

static void decided(struct phone *p, usec now, struct outbox *out)
{
    if (p->doing == DOING_VLAN) {
        tell_vlan(p, now, out);
        address_start(p, now, out);
    } else if (p->doing > DOING_VLAN && p->doing != DOING_CLOSING && p->doing != DOING_DEAD &&
               p->host.vlan != p->discovery.vlan) {
        struct writer *w = phone_tell(p, PHONE_VLAN_CHANGED, out);
        if (p->discovery.vlan != VLAN_UNTAGGED) tell_number(w, FACT_VLAN, p->discovery.vlan);
        station_stop(&p->station, out);
        address_release(p, out); /* in the old VLAN, while it still can */
        p->began = now;
        tell_vlan(p, now, out);
        address_start(p, now, out);
    }
}

static void take_grant(struct phone *p, usec now, struct outbox *out)
{
    if (p->discovery.granted < p->discovery.wants) return;
    p->power.milliwatts = p->discovery.granted;
    p->discovery.cdp_due = now; /* it says at once what it draws from now on */
    tell_number(phone_tell(p, PHONE_POWER_GRANTED, out), FACT_WATTS, p->power.milliwatts);
    phone_say_line(p, out);
}

void vlan_hear(struct phone *p, usec now, struct host_frame *f, struct outbox *out)
{
    struct discovery_self self = discovery_self(p);
    struct fault why = {.kind = FAULT_NONE};
    uint32_t before = p->discovery.granted;

    switch (discovery_hear(&p->discovery, &self, now, &f->ethernet, &why)) {
    case DISCOVERY_NOTHING: break;
    case DISCOVERY_MALFORMED: phone_malformed(p, now, "discovery", &why, out); break;
    case DISCOVERY_VLAN: decided(p, now, out); break;
    case DISCOVERY_POWER: break;
    }
    if (p->discovery.granted != before) take_grant(p, now, out); /* it may come in one message with the VLAN */
}

void vlan_wake(struct phone *p, usec now, struct outbox *out)
{
    struct discovery_self self = discovery_self(p);
    bool settled = false;

    (void)discovery_wake(&p->discovery, &self, now, &settled, out);
    if (settled || (p->doing == DOING_VLAN && p->discovery.decided)) decided(p, now, out);
}
