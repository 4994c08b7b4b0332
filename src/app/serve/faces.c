/* The interfaces of `dialtone serve`: what the machine has, voice VLANs, the look around, the announcer. */
#include "app/log.h"
#include "app/serve/serve.h"
#include "base/facts.h"
#include "wire/ethernet.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RING = 4 << 20 };
static const uint8_t SIGNALLING_PRIORITY = 3, SIGNALLING_DSCP = 24;

static ipv4 voice_address(const struct face *f)
{
    uint8_t prefix;

    return config_voice_address(f->config, &prefix);
}

static unsigned voice_prefix(const struct face *f)
{
    uint8_t prefix;

    (void)config_voice_address(f->config, &prefix);
    return prefix;
}

static bool overlap(ipv4 a, ipv4 a_mask, ipv4 b, ipv4 b_mask)
{
    ipv4 shorter = a_mask & b_mask;

    return (a & shorter) == (b & shorter);
}

/* From what any interface has, served or not: a route of ours would take its neighbours away from it. */
bool serve_voice_is_apart(const struct serve *s, const struct face *f, struct net_error *why)
{
    ipv4 voice = voice_address(f), mask = ipv4_mask(voice_prefix(f)), its;
    char a[IPV4_TEXT], b[IPV4_TEXT], own[2 * CONFIG_NAME], name[INTERFACE_TEXT];

    if (!f->config->voice_vlan) return true;
    if (snprintf(own, sizeof own, "%s.%u", f->config->name, f->config->voice_vlan) >= INTERFACE_TEXT)
        (void)snprintf(own, sizeof own, "dt%d.%u", f->machine.index,
                       f->config->voice_vlan); /* as net/tagged.h has it */
    if (machine_overlap(voice, mask, own, name, &its))
        return net_fail(why, -EINVAL,
                        "the voice VLAN's subnet %s/%u overlaps the one of %s (%s): give --voice-address another",
                        ipv4_text(a, voice), voice_prefix(f), name, ipv4_text(b, its)) == 0;
    for (const struct face *other = s->face; other < f; other++)
        if (other->config->voice_vlan && overlap(voice, mask, voice_address(other), ipv4_mask(voice_prefix(other))))
            return net_fail(why, -EINVAL,
                            "the voice VLANs of %s and %s have the same subnet: give each a --voice-address",
                            other->config->name, f->config->name) == 0;
    return true;
}

bool serve_find_faces(struct serve *s, struct net_error *why)
{
    s->faces = s->config.interfaces;
    for (size_t i = 0; i < s->faces; i++) {
        struct face *f = &s->face[i];
        f->serve = s;
        f->config = &s->config.interface[i];
        f->heard = serve_space(s, NEIGHBOURS_DEFAULT * sizeof *f->heard);
        if (!f->heard) return net_fail(why, -ENOMEM, "no memory for the neighbours") == 0;
        f->here = serve_face_is_there(f, &f->machine, f->why);
        f->was_here = f->here;
        f->home = f->machine.address;
        if (!f->here) log_say(LOG_IS_WARNING, "%s: %s: not served until that changes", f->config->name, f->why);
    }
    for (size_t i = 0; i < s->faces; i++)
        if (!serve_voice_is_apart(s, &s->face[i], why)) return false;
    return true;
}

/* --- frames --- */

static const size_t ADDRESSES = 12; /* bytes of both MAC addresses */

/* Is it ARP, untagged or in the voice VLAN? What the conflict probe of DHCP hears; `network` as in serve.h. */
static bool is_arp(const struct face *f, struct bytes frame, uint32_t *network)
{
    struct ethernet e;
    struct fault why;

    if (!ethernet_decode(&e, frame, &why) || e.form != ETHERNET_II || e.type != TYPE_ARP) return false;
    bool tagged = e.tagged && e.vlan != 0; /* VLAN 0 is a priority alone: IEEE 802.1Q, 6.9 */
    bool voice = tagged && e.vlan == f->config->voice_vlan && f->tagged_open;
    *network = serve_network(f->serve, f, voice);
    return (voice || !tagged) && *network != UINT32_MAX;
}

static void on_frame(void *context, struct bytes frame)
{
    struct face *f = context;
    struct serve *s = f->serve;
    uint32_t number = (uint32_t)(f - s->face);
    struct event e = {.kind = EVENT_FRAME, .stream = number, .bytes = frame};

    if (interface_wants(frame)) loop_deliver(&s->loop, SERVE_FACE + number, &e);
    if (f->tagged_open) (void)tagged_frame(&f->tagged, frame);
    if (s->dhcp_on && s->config.dhcp.conflict_probe && is_arp(f, frame, &e.stream))
        loop_deliver(&s->loop, SERVE_DHCP, &e);
}

void serve_face_frame(struct serve *s, uint32_t party, const struct action *a, struct bytes frame)
{
    uint8_t bytes[ETHERNET_MOST + 4];
    struct writer w = writer(bytes, sizeof bytes);
    struct face *f = &s->face[party == SERVE_DHCP ? s->network_of[a->stream].face : a->stream];

    if (!f->packet_open) return; /* its interface is away */
    if (party != SERVE_DHCP || !s->network_of[a->stream].voice) {
        packet_send(&f->packet, frame);
        return;
    }
    /* The probe of a voice VLAN leaves with its tag. */
    write_bytes(&w, (struct bytes){frame.at, ADDRESSES});
    write_be16(&w, TYPE_VLAN);
    write_be16(&w, (uint16_t)(f->config->priority << 13 | f->config->voice_vlan));
    write_bytes(&w, bytes_from(frame, ADDRESSES));
    if (!w.full) packet_send(&f->packet, written(&w));
}

static void set_announcement(struct serve *s, struct face *f)
{
    struct interface_announce a = {.voice_vlan = f->voice_vlan,
                                   .priority = f->config->priority,
                                   .dscp = f->config->dscp,
                                   .signalling_priority = SIGNALLING_PRIORITY,
                                   .signalling_dscp = SIGNALLING_DSCP,
                                   .management = f->machine.address,
                                   .cdp = f->config->cdp,
                                   .lldp = f->config->lldp};

    f->announces = true;
    interface_announce(&f->engine, &a);
    loop_wake(&s->loop, SERVE_FACE + (uint32_t)(f - s->face), loop_now(&s->loop));
}

static bool wants_look(const struct serve *s, const struct face *f)
{
    bool dhcp = s->config.dhcp.serve == SWITCH_AUTO && s->dhcp_bound;
    bool announcer = f->voice_vlan && f->config->announce == SWITCH_AUTO;

    return dhcp || announcer;
}

void serve_open_face_engine(struct serve *s, struct face *f)
{
    static struct interface_timing no_look;
    static char host[65];

    if (!host[0] && gethostname(host, sizeof host - 1) < 0) (void)snprintf(host, sizeof host, "dialtone");
    no_look = INTERFACE_REAL;
    no_look.look = 0;
    struct interface_config c = {.number = (uint32_t)(f - s->face),
                                 .mac = f->machine.mac,
                                 .name = host,
                                 .platform = "Dialtone",
                                 .software = "Dialtone " DIALTONE_VERSION,
                                 .port = f->config->name,
                                 .look_vlan = f->tagged_open ? f->config->voice_vlan : 0,
                                 .timing = wants_look(s, f) ? NULL : &no_look,
                                 .seed = s->wall_at_start ^ mac_number(f->machine.mac)};
    if (!c.timing) c.timing = &INTERFACE_REAL;
    f->looked = c.timing == &no_look || !f->here; /* nobody waits for one that is away */
    interface_init(&f->engine, &c, f->heard, NEIGHBOURS_DEFAULT);
}

static const char *how_text(enum tagged_how how)
{
    switch (how) {
    case TAGGED_NOT: break;
    case TAGGED_EXISTING: return "it was there already";
    case TAGGED_8021Q: return "made, 802.1Q by the kernel";
    case TAGGED_RELAY: return "made, tagged by us: this kernel has no 802.1Q";
    }
    return "not made";
}

static bool open_voice(struct serve *s, struct face *f, struct net_error *why)
{
    struct tagged_config c = {.interface = f->config->name,
                              .vlan = f->config->voice_vlan,
                              .address = voice_address(f),
                              .prefix = voice_prefix(f),
                              .priority = f->config->priority,
                              .out = &f->packet,
                              .ring_bytes = RING};
    char a[IPV4_TEXT];

    if (!f->config->voice_vlan) return true;
    if (tagged_open(&f->tagged, &s->loop, &c, why)) {
        if (f->config->announce == SWITCH_ON) return false;
        log_say(LOG_IS_WARNING, "%s: voice VLAN %u cannot be served, so it is not announced: %s", f->config->name,
                f->config->voice_vlan, why->text);
        return true;
    }
    f->tagged_open = true;
    if (f->tagged.how !=
        TAGGED_RELAY) { /* the kernel takes the tag off itself: do not wake us for all that is said there */
        struct packet_filter less = {.discovery = true, .arp = true, .dhcp_replies = true};
        if (packet_filter(&f->packet, &less, why)) return false;
    }
    if (f->config->announce != SWITCH_OFF && (f->config->cdp || f->config->lldp)) f->voice_vlan = f->config->voice_vlan;
    log_say(LOG_IS_INFO, "%s: voice VLAN %u: %s has %s/%u (%s)", f->config->name, f->config->voice_vlan, f->tagged.name,
            ipv4_text(a, f->tagged.address), f->tagged.prefix, how_text(f->tagged.how));
    return true;
}

bool serve_open_face(struct serve *s, struct face *f, struct net_error *why)
{
    struct packet_filter filter = {.discovery = true,
                                   .arp = true,
                                   .dhcp_replies = true,
                                   .vlan = {f->config->voice_vlan},
                                   .vlans = f->config->voice_vlan ? 1 : 0};
    struct packet_config c = {.interface = f->config->name,
                              .hears = PACKET_HEARS_GROUPS,
                              .ring_bytes = RING,
                              .filter = &filter,
                              .receive = on_frame,
                              .context = f};

    if (packet_open(&f->packet, &s->loop, &c, why)) return false;
    f->packet_open = true;
    return open_voice(s, f, why);
}

/* As phones know us: of the first voice VLAN that is here, else of the first interface. None: it stays. */
void serve_choose_address(struct serve *s)
{
    for (int voice = 1; voice >= 0; voice--)
        for (size_t i = 0; i < s->faces; i++) {
            uint32_t n = serve_network(s, &s->face[i], voice);
            if (n == UINT32_MAX || !serve_network_is_here(s, n)) continue;
            s->address = s->network[n].address;
            return;
        }
}

bool serve_open_faces(struct serve *s, struct net_error *why)
{
    bool all = true;

    for (size_t i = 0; i < s->faces; i++) {
        all &= s->face[i].here;
        if (s->face[i].here && !serve_open_face(s, &s->face[i], why)) return false;
    }
    serve_list_networks(s);
    serve_choose_address(s);
    if (s->address || !all) return true; /* links.c waits for the others */
    return net_fail(why, -EADDRNOTAVAIL, "no interface has an IPv4 address, and no voice VLAN could be made") == 0;
}

/* Who we are on every segment: an answer of our own server, heard on another of our interfaces, is no foreign one. */
void serve_tell_ours(struct serve *s)
{
    size_t macs = 0, addresses = 0;

    for (size_t i = 0; i < s->faces; i++) {
        s->our_mac[macs++] = s->face[i].machine.mac;
        if (s->face[i].machine.address) s->our_address[addresses++] = s->face[i].machine.address;
        if (s->face[i].tagged_open) s->our_address[addresses++] = s->face[i].tagged.address;
    }
    for (size_t i = 0; i < s->faces; i++)
        interface_ours(&s->face[i].engine, s->our_mac, macs, s->our_address, addresses);
}

void serve_list_networks(struct serve *s)
{
    for (uint32_t i = 0; i < s->faces; i++) {
        const struct face *f = &s->face[i];
        for (int voice = 0; voice < 2; voice++) {
            ipv4 address = voice ? f->tagged.address : f->machine.address;
            if (!f->here || !address || (voice && !f->tagged_open)) continue;
            uint32_t n = serve_network(s, f, voice);
            if (n == UINT32_MAX) n = s->networks++;
            s->network_of[n].face = (uint8_t)i;
            s->network_of[n].voice = voice;
            s->network_of[n].prefix = (uint8_t)(voice ? f->tagged.prefix : ipv4_prefix(f->machine.mask));
            text_copy(s->network_of[n].name, INTERFACE_TEXT, bytes_of(voice ? f->tagged.name : f->config->name));
            s->network[n] = (struct dhcp_interface){address, f->machine.mac};
        }
    }
}

bool serve_network_is_here(const struct serve *s, uint32_t n)
{
    const struct face *f = &s->face[s->network_of[n].face];

    return f->here && (s->network_of[n].voice ? f->tagged_open : f->machine.address != 0);
}

uint32_t serve_network(const struct serve *s, const struct face *f, bool voice)
{
    for (uint32_t n = 0; n < s->networks; n++)
        if (&s->face[s->network_of[n].face] == f && s->network_of[n].voice == voice) return n;
    return UINT32_MAX;
}

const char *serve_network_name(const struct serve *s, uint32_t n)
{
    return s->network_of[n].name;
}

void serve_open_face_engines(struct serve *s)
{
    for (size_t i = 0; i < s->faces; i++) serve_open_face_engine(s, &s->face[i]);
    serve_tell_ours(s);
}

void serve_start_face(struct serve *s, struct face *f)
{
    if (f->voice_vlan && (f->config->announce == SWITCH_ON || f->looked)) set_announcement(s, f);
    if (!f->looked)
        log_say(LOG_IS_INFO, "%s: looks for other DHCP servers and a switch with a voice VLAN, %u s", f->config->name,
                (unsigned)(INTERFACE_REAL.look / SECOND));
    loop_wake(&s->loop, SERVE_FACE + (uint32_t)(f - s->face), loop_now(&s->loop));
}

void serve_start_faces(struct serve *s)
{
    for (size_t i = 0; i < s->faces; i++)
        if (s->face[i].here) serve_start_face(s, &s->face[i]);
}

static void looked(struct serve *s, struct face *f, struct bytes facts)
{
    uint64_t servers = told_number(facts, FACT_COUNT, 0), vlan = told_number(facts, FACT_VLAN, 0);
    char other[200] = "", a[IPV4_TEXT], who[64];

    f->looked = true;
    if (servers)
        (void)snprintf(other, sizeof other,
                       "another DHCP server answers on %s: %s (--dhcp on starts ours all the same)", f->config->name,
                       ipv4_text(a, (ipv4)told_number(facts, FACT_SERVER, 0)));
    if (vlan && f->voice_vlan && f->config->announce == SWITCH_AUTO) {
        text_copy(who, sizeof who, told_text(facts, FACT_SWITCH));
        (void)snprintf(f->why, sizeof f->why, "%s gives voice VLAN %u there already", who, (unsigned)vlan);
        log_say(LOG_IS_WARNING, "%s: the announcer stays off: %s (--announce on starts it all the same)",
                f->config->name, f->why);
    } else if (f->voice_vlan && !f->announces) {
        set_announcement(s, f);
    }
    if (f->quiet && servers) {
        (void)snprintf(f->why, sizeof f->why, "DHCP is off there: %.160s", other);
        log_say(LOG_IS_WARNING, "%s: %s", f->config->name, f->why);
        return;
    }
    f->quiet = false;
    serve_looked(s, servers ? other : NULL);
}

void serve_face_news(struct serve *s, uint32_t face, uint16_t news, struct bytes facts)
{
    if (news == INTERFACE_LOOKED && !s->face[face].looked) looked(s, &s->face[face], facts);
}

/* The last words, by CDP and LLDP. */
void serve_say_farewell(struct serve *s)
{
    for (size_t i = 0; i < s->faces; i++) {
        if (!s->face[i].announces) continue;
        interface_shutdown(&s->face[i].engine);
        loop_deliver(&s->loop, SERVE_FACE + (uint32_t)i, &(struct event){.kind = EVENT_WAKE});
    }
}

void serve_close_face(struct face *f)
{
    if (f->tagged_open) tagged_close(&f->tagged);
    if (f->packet_open) packet_close(&f->packet);
    f->tagged_open = f->packet_open = false;
}

void serve_close_faces(struct serve *s)
{
    for (size_t i = 0; i < s->faces; i++) serve_close_face(&s->face[i]);
}
