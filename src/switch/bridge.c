#include "switch/bridge.h"
#include <string.h>

enum {
    TAG_AT = 12,
    TAG = 4,              /* where a tag stands, and how long it is (802.1Q 9.3) */
    UNTAGGED_MOST = 1514, /* 802.3 3.2.7: 1500 of data and 14 of header; the FCS is not in our frames */
    VLAN_NONE = 0,
};

void bridge_init(struct bridge *b, struct bridge_port *ports, uint32_t count, struct bridge_entry *entries,
                 uint32_t entries_count, usec age)
{
    *b = (struct bridge){
        .ports = ports, .count = count, .entries = entries, .sets = entries_count / BRIDGE_WAYS, .age = age};
    memset(entries, 0, (size_t)entries_count * sizeof *entries);
    memset(ports, 0, (size_t)count * sizeof *ports);
}

/* --- addresses --- */

static uint64_t key_of(uint16_t vlan, struct mac mac)
{
    return (uint64_t)vlan << 48 | mac_number(mac);
}

static struct bridge_entry *set_of(const struct bridge *b, uint64_t key)
{
    uint64_t mixed = (key ^ key >> 32) * 0x9e3779b97f4a7c15u; /* Fibonacci hashing: neighbouring addresses spread */

    return &b->entries[(mixed >> 32) % b->sets * BRIDGE_WAYS];
}

static void learn(struct bridge *b, usec now, uint16_t vlan, struct mac mac, uint32_t port)
{
    uint64_t key = key_of(vlan, mac);
    struct bridge_entry *set = set_of(b, key), *place = set;

    for (int i = 0; i < BRIDGE_WAYS; i++) {
        if (set[i].key == key) {
            place = &set[i];
            break;
        }
        if (place->key != 0 && (set[i].key == 0 || set[i].seen < place->seen)) place = &set[i];
    }
    *place = (struct bridge_entry){.key = key, .seen = now, .port = port};
}

uint32_t bridge_where(const struct bridge *b, usec now, uint16_t vlan, struct mac mac)
{
    uint64_t key = key_of(vlan, mac);
    const struct bridge_entry *set = set_of(b, key);

    for (int i = 0; i < BRIDGE_WAYS; i++)
        if (set[i].key == key && now < after(set[i].seen, b->age)) return set[i].port;
    return 0;
}

void bridge_forget_port(struct bridge *b, uint32_t port)
{
    for (uint32_t i = 0; i < b->sets * BRIDGE_WAYS; i++)
        if (b->entries[i].port == port) b->entries[i] = (struct bridge_entry){0};
}

/* --- VLANs --- */

static bool trunk_carries(const struct bridge *b, uint16_t vlan)
{
    for (size_t i = 0; i < BRIDGE_VLANS && b->vlans[i] != VLAN_NONE; i++)
        if (b->vlans[i] == vlan) return true;
    return false;
}

static uint16_t vlan_of(const struct bridge *b, const struct bridge_port *port, const struct ethernet *e)
{
    if (!e->tagged || e->vlan == 0) return port->untagged;
    if (e->vlan == port->tagged) return e->vlan;
    return port->trunk && trunk_carries(b, e->vlan) ? e->vlan : VLAN_NONE;
}

static bool carries(const struct bridge *b, const struct bridge_port *port, uint16_t vlan)
{
    return port->up && (port->untagged == vlan || port->tagged == vlan || (port->trunk && trunk_carries(b, vlan)));
}

/* 01:80:c2:00:00:00 to 0f: for the bridges of one link only (802.1Q table 8-1). */
static bool reserved(struct mac mac)
{
    static const uint8_t prefix[] = {0x01, 0x80, 0xc2, 0x00, 0x00};

    return memcmp(mac.byte, prefix, sizeof prefix) == 0 && mac.byte[5] < 0x10;
}

/* --- frames --- */

bool bridge_take(struct bridge *b, usec now, uint32_t port, struct bytes frame, struct bridged *f, struct fault *why)
{
    b->counts.frames++;
    *f = (struct bridged){0};
    if (!ethernet_decode(&f->ethernet, frame, why)) {
        b->counts.malformed++;
        return false;
    }
    if (mac_is_group(f->ethernet.from) || mac_is_none(f->ethernet.from)) { /* 802.3 3.2.4: a source is one station */
        *why = (struct fault){FAULT_VALUE, sizeof f->ethernet.to, "source address that is no station's"};
        b->counts.malformed++;
        return false;
    }
    f->behind = bytes_from(frame, TAG_AT + (f->ethernet.tagged ? TAG : 0));
    f->vlan = vlan_of(b, &b->ports[port], &f->ethernet);
    if (reserved(f->ethernet.to)) {
        b->counts.reserved++;
        return false;
    }
    if (f->vlan == VLAN_NONE) {
        b->counts.wrong_vlan++;
        return false;
    }
    if (f->behind.len > UNTAGGED_MOST - TAG_AT) {
        b->counts.too_long++;
        return false;
    }
    learn(b, now, f->vlan, f->ethernet.from, port);
    return true;
}

static void emit(const struct bridge *b, uint32_t to, const struct bridged *f, struct outbox *out)
{
    struct writer *w = put(out, (struct action){.kind = ACTION_FRAME, .stream = to});
    size_t begun = w->len, least = ETHERNET_LEAST;

    write_mac(w, f->ethernet.to);
    write_mac(w, f->ethernet.from);
    if (b->ports[to].untagged != f->vlan) {
        write_be16(w, TYPE_VLAN);
        write_be16(w, (uint16_t)(f->ethernet.priority << 13 | (f->ethernet.drop_eligible ? 1 << 12 : 0) | f->vlan));
        least += TAG;
    }
    write_bytes(w, f->behind);
    if (w->len - begun < least) write_zeros(w, least - (w->len - begun));
}

void bridge_send(struct bridge *b, usec now, uint32_t from, const struct bridged *f, struct outbox *out)
{
    uint32_t known = mac_is_group(f->ethernet.to) ? 0 : bridge_where(b, now, f->vlan, f->ethernet.to);

    if (known != 0 && carries(b, &b->ports[known], f->vlan)) {
        if (known != from) emit(b, known, f, out);
        return;
    }
    bool asks = b->heeds.heeds && mac_equal(f->ethernet.to, MAC_BROADCAST);
    uint64_t whom = asks ? b->heeds.concern_of(f->behind) : 0;
    b->counts.flooded++;
    for (uint32_t port = 1; port < b->count; port++) {
        if (port == from || !carries(b, &b->ports[port], f->vlan)) continue;
        if (asks && !(b->heeds.concern[port] & whom))
            ++*b->heeds.spared;
        else if (!asks || b->heeds.heeds(b->heeds.context, port, f->behind))
            emit(b, port, f, out);
    }
}
