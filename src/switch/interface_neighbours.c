/* The neighbours that an interface hears. */
#include "base/facts.h"
#include "switch/announcement.h"
#include "switch/interface.h"
#include <string.h>

enum { NEWS_MOST = 1024, NEWS_A_STEP = 32 };
#define NEWS_EACH (10 * MSEC)

/* True when one more piece of news may be told. */
static bool may_tell(struct interface *f, usec now)
{
    usec more = (now - f->news_counted) / NEWS_EACH;

    if (more > NEWS_MOST - f->news_left) {
        f->news_left = NEWS_MOST;
        f->news_counted = now;
    } else {
        f->news_left += (uint32_t)more;
        f->news_counted += more * NEWS_EACH;
    }
    if (f->news_left == 0) {
        f->counts.untold++;
        return false;
    }
    f->news_left--;
    return true;
}

static void tell_of(struct interface *f, usec now, enum interface_news news, const struct heard_neighbour *n,
                    struct outbox *out)
{
    if (!may_tell(f, now)) return;
    struct writer *w = interface_tell(f, news, out);
    tell_text(w, FACT_PROTOCOL, bytes_of(n->protocol == HEARD_BY_CDP ? "CDP" : "LLDP"));
    tell_text(w, FACT_DEVICE, bytes_of(n->who.device));
    if (news == INTERFACE_NEIGHBOUR_GONE) {
        tell_mac(w, FACT_MAC, n->who.mac);
        return;
    }
    neighbour_tell(w, &n->who);
    if (n->milliwatts) tell_number(w, FACT_WATTS, n->milliwatts);
    if (n->address) tell_ipv4(w, FACT_ADDRESS, n->address);
}

static void forget(struct interface *f, usec now, struct heard_neighbour *n, struct outbox *out)
{
    tell_of(f, now, INTERFACE_NEIGHBOUR_GONE, n, out);
    if (n->med) f->endpoints--;
    f->counts.gone++;
    neighbours_remove(&f->neighbours, n);
}

/* Whole seconds, up: so the table is looked through once a second at most, whatever times to live are claimed. */
static usec end_of(usec now, uint32_t ttl)
{
    usec until = after(now, ttl * SECOND), over = until % SECOND;

    return over == 0 ? until : after(until, SECOND - over);
}

/* How it was known before: absent from the table, present, or present as an LLDP-MED endpoint. */
enum acquaintance { UNKNOWN, KNOWN, KNOWN_ENDPOINT };

static enum acquaintance meet(struct interface *f, usec now, struct heard_neighbour *n, uint32_t ttl,
                              struct outbox *out)
{
    struct heard_neighbour *known = neighbours_find(&f->neighbours, n->who.mac, n->protocol, n->id);
    enum acquaintance was = !known ? UNKNOWN : known->med ? KNOWN_ENDPOINT : KNOWN;

    if (ttl == 0) { /* a farewell: IEEE 802.1AB-2009, 9.1.2; CDP has it too */
        if (known) forget(f, now, known, out);
        return was;
    }
    n->who.until = end_of(now, ttl);
    n->first = n->last = now;
    if (known) {
        bool changed = !neighbour_same(&known->who, &n->who) || known->milliwatts != n->milliwatts;
        f->endpoints = f->endpoints + n->med - known->med;
        neighbours_refresh(&f->neighbours, known, n);
        if (changed) tell_of(f, now, INTERFACE_NEIGHBOUR, n, out);
        return was;
    }
    struct heard_neighbour *victim = neighbours_victim(&f->neighbours);
    if (victim) {
        f->counts.evicted++;
        forget(f, now, victim, out);
    }
    f->counts.new_neighbours++;
    if (neighbours_add(&f->neighbours, n) && n->med) f->endpoints++;
    tell_of(f, now, INTERFACE_NEIGHBOUR, n, out);
    return was;
}

/* A wish of 0x19 comes first; 0x10 is what it has now. */
static uint32_t wants_by_cdp(const struct cdp *c)
{
    if (c->has & CDP_HAS(CDP_POWER_REQUESTED)) return c->requested.milliwatts[0];
    return c->has & CDP_HAS(CDP_POWER_CONSUMPTION) ? c->power_consumption : 0;
}

bool interface_hear_cdp(struct interface *f, usec now, const struct ethernet *e, struct fault *why, struct outbox *out)
{
    struct cdp c;

    if (!cdp_decode(&c, e->payload, why)) return false;
    f->counts.heard_cdp++;
    struct heard_neighbour n = {.who = neighbour_of_cdp(&c, e->from),
                                .protocol = HEARD_BY_CDP,
                                .id = neighbours_id(&f->neighbours, c.device_id, c.port_id),
                                .address = cdp_ipv4(c.addresses),
                                .milliwatts = wants_by_cdp(&c)};
    enum acquaintance was = meet(f, now, &n, c.ttl, out);
    if (c.ttl == 0) {
        interface_giver_ends(f, e->from, HEARD_BY_CDP);
        return true;
    }
    if ((c.has & CDP_HAS(CDP_VLAN_QUERY)) || (n.who.phone && was == UNKNOWN)) interface_answer(f, &f->cdp, now);
    struct interface_giver giver = {.mac = e->from, .protocol = HEARD_BY_CDP, .until = end_of(now, c.ttl)};
    if (n.who.phone || !cdp_voice_vlan(&c, &giver.vlan)) return true;
    (void)text_copy(giver.device, sizeof giver.device, bytes_of(n.who.device));
    (void)text_copy(giver.port, sizeof giver.port, bytes_of(n.who.port));
    interface_hear_giver(f, now, &giver, out);
    return true;
}

enum { UNTAGGED = 4095 }; /* as CDP has it: switch/interface.h */

bool interface_hear_lldp(struct interface *f, usec now, const struct ethernet *e, struct fault *why, struct outbox *out)
{
    struct lldp l;

    if (!lldp_decode(&l, e->payload, why)) return false;
    f->counts.heard_lldp++;
    bool endpoint = l.has_med && l.med_class >= MED_CLASS_1 && l.med_class <= MED_CLASS_3;
    struct heard_neighbour n = {.who = neighbour_of_lldp(&l, e->from),
                                .protocol = HEARD_BY_LLDP,
                                .id = neighbours_id(&f->neighbours, l.chassis, l.port),
                                .med = endpoint,
                                .address = l.management,
                                .milliwatts = l.has_med_power && l.power_type == 1 ? (uint32_t)l.power * 100 : 0};
    enum acquaintance was = meet(f, now, &n, l.ttl, out);
    if (l.ttl == 0) {
        interface_giver_ends(f, e->from, HEARD_BY_LLDP);
        return true;
    }
    if (endpoint && was != KNOWN_ENDPOINT && f->announce.lldp) {
        f->fast = FAST_START;
        interface_answer(f, &f->lldp, now);
    }
    const struct med_policy *policy = lldp_voice_policy(&l);
    if (!policy || n.who.phone) return true;
    struct interface_giver giver = {.mac = e->from,
                                    .protocol = HEARD_BY_LLDP,
                                    .vlan = policy->tagged ? policy->vlan : UNTAGGED,
                                    .until = end_of(now, l.ttl)};
    (void)text_copy(giver.device, sizeof giver.device, bytes_of(n.who.device));
    (void)text_copy(giver.port, sizeof giver.port, bytes_of(n.who.port));
    interface_hear_giver(f, now, &giver, out);
    return true;
}

/* What has ended goes; as much as a step may tell, the rest with the next. */
usec interface_age(struct interface *f, usec now, struct outbox *out)
{
    uint32_t before = out->count;
    struct heard_neighbour *n;

    while (out->count - before < NEWS_A_STEP && (n = neighbours_ended(&f->neighbours, now))) forget(f, now, n, out);
    return earlier(neighbours_due(&f->neighbours), interface_age_givers(f, now));
}
