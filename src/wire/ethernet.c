#include "wire/ethernet.h"

enum {
    ADDRESSES = 12,        /* both addresses; behind them stands a type, a length or a tag */
    TAG = 4,               /* IEEE 802.1Q: 0x8100 and the tag control information */
    LENGTH_MOST = 1500,    /* IEEE 802.3, 3.2.6: up to here a length, */
    TYPE_LEAST = 0x0600,   /* from here a type; between them: neither */
    TYPE_SERVICE = 0x88a8, /* IEEE 802.1ad: the tag of a provider */
    LLC_SNAP = 0xaa,       /* IEEE 802.2 SAP that announces SNAP */
    LLC_UNNUMBERED = 0x03, /* unnumbered information: IEEE 802.2's control for plain data */
};

/* A numbered frame (IEEE 802.2) has a second byte of control: it stays in the payload, nobody here reads those. */
static void read_llc(struct ethernet *out, struct reader *r)
{
    out->form = ETHERNET_LLC;
    out->dsap = read_u8(r);
    out->ssap = read_u8(r);
    out->control = read_u8(r);
    if (out->dsap == LLC_SNAP && out->ssap == LLC_SNAP && out->control == LLC_UNNUMBERED) {
        out->form = ETHERNET_SNAP;
        out->oui = read_be24(r);
        out->type = read_be16(r);
    }
    out->payload = read_rest(r);
}

bool ethernet_decode(struct ethernet *out, struct bytes in, struct fault *why)
{
    struct reader r = reader(in, why);

    *out = (struct ethernet){.to = read_mac(&r)};
    out->from = read_mac(&r);
    uint16_t type = read_be16(&r);
    if (type == TYPE_VLAN) {
        uint16_t control = read_be16(&r);
        out->tagged = true;
        out->priority = (uint8_t)(control >> 13);
        out->drop_eligible = control >> 12 & 1;
        out->vlan = control & 0x0fff;
        type = read_be16(&r);
        if (type == TYPE_VLAN || type == TYPE_SERVICE) refuse(&r, FAULT_VALUE, "second VLAN tag");
    }
    if (type >= TYPE_LEAST) {
        out->type = type;
        out->payload = read_rest(&r);
    } else if (type > LENGTH_MOST) {
        refuse(&r, FAULT_VALUE, "neither an EtherType nor an 802.3 length");
    } else if (type > unread(&r)) {
        refuse(&r, FAULT_SHORT, "802.3 length beyond the frame");
    } else {
        struct reader llc = read_part(&r, type);
        read_llc(out, &llc);
    }
    return sound(&r);
}

size_t ethernet_begin(struct writer *w, const struct ethernet *e)
{
    size_t begun = w->len;

    write_mac(w, e->to);
    write_mac(w, e->from);
    if (e->tagged) {
        write_be16(w, TYPE_VLAN);
        write_be16(w, (uint16_t)((e->priority & 7) << 13 | (e->drop_eligible ? 1 << 12 : 0) | (e->vlan & 0x0fff)));
    }
    if (e->form == ETHERNET_II) {
        write_be16(w, e->type);
        return begun;
    }
    bool snap = e->form == ETHERNET_SNAP;
    write_be16(w, 0); /* the 802.3 length: ethernet_end */
    write_u8(w, snap ? LLC_SNAP : e->dsap);
    write_u8(w, snap ? LLC_SNAP : e->ssap);
    write_u8(w, snap ? LLC_UNNUMBERED : e->control);
    if (snap) {
        write_be24(w, e->oui);
        write_be16(w, e->type);
    }
    return begun;
}

void ethernet_end(struct writer *w, size_t begun)
{
    if (w->full) return; /* part of the frame is missing, and nothing may be read back */
    size_t at = begun + ADDRESSES;
    bool tagged = w->start[at] == TYPE_VLAN >> 8 && w->start[at + 1] == (TYPE_VLAN & 0xff);
    if (tagged) at += TAG;
    if (w->start[at] < TYPE_LEAST >> 8) { /* the place of an 802.3 length, not a type */
        size_t length = w->len - (at + 2);
        patch_be16(w, at, (uint16_t)length);
        if (length > LENGTH_MOST) w->full = true; /* it would be read as a type */
    }
    size_t least = ETHERNET_LEAST + (tagged ? TAG : 0), size = w->len - begun;
    if (size < least) write_zeros(w, least - size);
}
