#include "switch/interface.h"
#include "base/facts.h"
#include "switch/announcement.h"
#include "wire/dhcp.h"
#include "wire/ipv4_udp.h"
#include <string.h>

enum {
    NEWS_MOST = 1024, /* of neighbours at once */
    ADDRESSES = 12,   /* bytes of an Ethernet header before its type */
    TAG = 4,
    IPV4_LEAST = 20,
    NOT_FIRST = 0x1fff, /* fragment offset: RFC 791, 3.1 */
};

const struct interface_timing INTERFACE_REAL = {.look = 5 * SECOND,
                                                .repeat = 2 * SECOND,
                                                .cdp = 60 * SECOND,
                                                .lldp = 30 * SECOND,
                                                .fast = SECOND,
                                                .gap = 200 * MSEC,
                                                .remind = 3600 * SECOND};

static const char *keep(char *to, size_t size, const char *text)
{
    (void)text_copy(to, size, bytes_of(text));
    return to;
}

void interface_init(struct interface *f, const struct interface_config *config, struct heard_neighbour *memory,
                    uint32_t n)
{
    struct random random = random_from(config->seed);

    memset(f, 0, sizeof *f);
    f->config = *config;
    f->config.name = keep(f->name, sizeof f->name, config->name);
    f->config.platform = keep(f->platform, sizeof f->platform, config->platform);
    f->config.software = keep(f->software, sizeof f->software, config->software);
    f->config.port = keep(f->port, sizeof f->port, config->port);
    f->config.vendor_class =
        keep(f->vendor_class, sizeof f->vendor_class, config->vendor_class ? config->vendor_class : "dialtone");
    f->look_ends = f->repeat_at = f->cdp.due = f->lldp.due = NEVER;
    f->xid = random_u32(&random);
    f->news_left = NEWS_MOST;
    neighbours_init(&f->neighbours, memory, n, random_u64(&random));
}

void interface_ours(struct interface *f, const struct mac *macs, size_t macs_count, const ipv4 *addresses, size_t n)
{
    f->our_macs = macs;
    f->our_macs_count = macs_count;
    f->our_addresses = addresses;
    f->our_addresses_count = n;
}

static bool from_ourselves(const struct interface *f, struct mac mac)
{
    if (mac_equal(mac, f->config.mac)) return true;
    for (size_t i = 0; i < f->our_macs_count; i++)
        if (mac_equal(mac, f->our_macs[i])) return true;
    return false;
}

struct writer *interface_tell(const struct interface *f, enum interface_news news, struct outbox *out)
{
    struct writer *w =
        put(out, (struct action){.kind = ACTION_TELL, .stream = f->config.number, .news = (uint16_t)news});

    tell_text(w, FACT_INTERFACE, bytes_of(f->config.port));
    return w;
}

/* --- announcing --- */

static void switch_sending(struct sending *s, bool was, bool on)
{
    if (was && !on) s->farewell = true;
    s->due = on || s->farewell ? 0 : NEVER; /* 0: with the next step */
    if (on) s->farewell = false;
    s->free_at = 0;
}

void interface_announce(struct interface *f, const struct interface_announce *a)
{
    switch_sending(&f->cdp, f->announce.cdp, a->cdp);
    switch_sending(&f->lldp, f->announce.lldp, a->lldp);
    if (a->lldp && f->endpoints > 0) f->fast = FAST_START; /* they were there first */
    f->announce = *a;
}

void interface_shutdown(struct interface *f)
{
    struct interface_announce off = f->announce;

    off.cdp = off.lldp = false;
    interface_announce(f, &off);
}

static struct announcement said_by(const struct interface *f)
{
    const struct interface_announce *a = &f->announce;

    return (struct announcement){.stream = f->config.number,
                                 .from = f->config.mac,
                                 .chassis = f->config.mac,
                                 .name = f->config.name,
                                 .software = f->config.software,
                                 .platform = f->config.platform,
                                 .port = bytes_of(f->config.port),
                                 .management = a->management,
                                 .native_vlan = a->native_vlan,
                                 .capabilities = LLDP_BRIDGE,
                                 .enabled = LLDP_BRIDGE,
                                 .voice_vlan = a->voice_vlan,
                                 .voice_priority = a->priority,
                                 .voice_dscp = a->dscp,
                                 .signalling_priority = a->signalling_priority,
                                 .signalling_dscp = a->signalling_dscp,
                                 .med = f->endpoints > 0,
                                 .cdp_ttl = f->cdp.farewell ? 0 : ANNOUNCED_CDP_TTL,
                                 .lldp_ttl = f->lldp.farewell ? 0 : ANNOUNCED_LLDP_TTL};
}

/* Sent, and next due after `wait`; after a farewell never. */
static void have_sent(const struct interface *f, struct sending *s, usec now, usec wait)
{
    s->due = s->farewell ? NEVER : after(now, wait);
    s->free_at = after(now, f->config.timing->gap);
    s->farewell = false;
}

static usec announce(struct interface *f, usec now, struct outbox *out)
{
    const struct interface_timing *timing = f->config.timing;
    struct announcement said = said_by(f);

    if (now >= f->cdp.due) {
        announcement_cdp(&said, out);
        f->counts.sent_cdp++;
        have_sent(f, &f->cdp, now, timing->cdp);
    }
    if (now >= f->lldp.due) {
        announcement_lldp(&said, out);
        f->counts.sent_lldp++;
        if (f->fast > 0) f->fast--;
        have_sent(f, &f->lldp, now, f->fast > 0 ? timing->fast : timing->lldp);
    }
    return earlier(f->cdp.due, f->lldp.due);
}

void interface_answer(struct interface *f, struct sending *s, usec now)
{
    bool on = s == &f->cdp ? f->announce.cdp : f->announce.lldp;

    if (!on) return;
    f->counts.asked++;
    if (now < s->free_at) f->counts.held_back++;
    s->due = earlier(s->due, now < s->free_at ? s->free_at : now);
}

/* --- hearing --- */

/* The wire's bytes, not a decoder: it is asked of every frame of a busy interface. */
bool interface_wants(struct bytes frame)
{
    const uint8_t *at = frame.at;

    if (frame.len < ADDRESSES + 2) return false;
    struct mac to;
    memcpy(to.byte, at, sizeof to.byte);
    if (mac_equal(to, MAC_CDP) || lldp_group(to)) return true;
    size_t type = ADDRESSES;
    if (at[type] == TYPE_VLAN >> 8 && at[type + 1] == (TYPE_VLAN & 0xff)) type += TAG;
    if (frame.len < type + 2 + IPV4_LEAST || at[type] != TYPE_IPV4 >> 8 || at[type + 1] != (TYPE_IPV4 & 0xff))
        return false;
    const uint8_t *ip = at + type + 2;
    size_t head = (size_t)(ip[0] & 0x0f) * 4;
    if (ip[9] != PROTOCOL_UDP || ((ip[6] << 8 | ip[7]) & NOT_FIRST) != 0 || frame.len < type + 2 + head + 4)
        return false;
    return (ip[head] << 8 | ip[head + 1]) == DHCP_SERVER_PORT && (ip[head + 2] << 8 | ip[head + 3]) == DHCP_CLIENT_PORT;
}

static void malformed(struct interface *f, usec now, const struct fault *why, struct outbox *out)
{
    f->counts.malformed++;
    if (now < f->malformed_at) return;
    struct writer *w = interface_tell(f, INTERFACE_MALFORMED, out);
    tell_fault(w, why);
    tell_number(w, FACT_COUNT, f->counts.malformed - f->malformed_told);
    f->malformed_told = f->counts.malformed;
    f->malformed_at = after(now, SECOND);
}

static void hear(struct interface *f, usec now, struct bytes frame, struct outbox *out)
{
    struct ethernet e;
    struct fault why = {0};
    bool good = true;

    if (!interface_wants(frame)) return;
    if (!ethernet_decode(&e, frame, &why)) {
        malformed(f, now, &why, out);
        return;
    }
    if (from_ourselves(f, e.from)) {
        f->counts.own++;
        return;
    }
    /* Both belong to the cable, not to a VLAN: a tag other than a priority tag is somebody else's (802.1AB-2009, 7.2),
     * but for CDP's own VLAN. */
    uint16_t tag = e.tagged ? e.vlan : 0;
    bool snap = e.form == ETHERNET_SNAP && e.oui == SNAP_CISCO && e.type == SNAP_CDP;
    if (tag <= CDP_VLAN && mac_equal(e.to, MAC_CDP) && snap)
        good = interface_hear_cdp(f, now, &e, &why, out);
    else if (tag == 0 && lldp_group(e.to) && e.form == ETHERNET_II && e.type == TYPE_LLDP)
        good = interface_hear_lldp(f, now, &e, &why, out);
    else if (e.form == ETHERNET_II && e.type == TYPE_IPV4)
        good = interface_hear_dhcp(f, now, &e, &why, out);
    if (!good) malformed(f, now, &why, out);
}

usec interface_step(void *engine, usec now, const struct event *e, struct outbox *out)
{
    struct interface *f = engine;

    if (e->kind == EVENT_FRAME) hear(f, now, e->bytes, out);
    usec due = interface_look_step(f, now, out);
    due = earlier(due, interface_age(f, now, out));
    return earlier(due, announce(f, now, out));
}

struct interface_counts interface_count(const struct interface *f)
{
    struct interface_counts c = f->counts;

    c.neighbours = f->neighbours.count;
    return c;
}
