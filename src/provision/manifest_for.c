/* What a load of some name does on some model: the manifest of the built-in loads, and of a vendor's, which has none.
 *
 * What was seen on the wire, or stands in a manual, is said to be so. The rest is this emulator's choice (marked
 * "choice"): the lowest SCCP version and the shortest Register that a phone of that age is known to use, since servers
 * take those. */
#include "provision/load.h"
#include <string.h>

/* The release that a name tells: P0030801SR02 8.1(2), CP7912080004SCCP080108A 8.0(4), SCCP41.9-4-2SR3-1S 9.4(2). */
struct release {
    uint8_t part[3];
    uint8_t parts;
};

static bool digit(struct bytes b, size_t at)
{
    return at < b.len && b.at[at] >= '0' && b.at[at] <= '9';
}

/* Pairs of digits from `at` on, with SR between them or not. */
static struct release pairs(struct bytes name, size_t at)
{
    struct release r = {.parts = 0};

    while (r.parts < 3) {
        if (at + 1 < name.len && name.at[at] == 'S' && name.at[at + 1] == 'R') at += 2;
        if (!digit(name, at) || !digit(name, at + 1)) break;
        r.part[r.parts++] = (uint8_t)((name.at[at] - '0') * 10 + name.at[at + 1] - '0');
        at += 2;
    }
    return r;
}

/* Numbers with `-` or `.` between, after the first `.` or `-` that a digit follows. */
static struct release numbers(struct bytes name)
{
    struct release r = {.parts = 0};
    size_t at = 0;

    while (at < name.len && !((name.at[at] == '.' || name.at[at] == '-') && digit(name, at + 1))) at++;
    for (at++; r.parts < 3 && digit(name, at); at++) {
        unsigned n = 0;
        for (; digit(name, at); at++) n = (n * 10 + name.at[at] - '0') % 256;
        r.part[r.parts++] = (uint8_t)n;
        if (at >= name.len || (name.at[at] != '.' && name.at[at] != '-')) break;
    }
    return r;
}

static struct release release_of(struct bytes name)
{
    if (bytes_begin(name, "P0")) return pairs(name, 4);
    if (bytes_begin(name, "CP79") && name.len > 7 && digit(name, 6) && digit(name, 7)) return pairs(name, 6);
    return numbers(name);
}

/* What names of loads for the same phones have in common: P003, CP7912, SCCP41. A 7960 compares those first four
 * letters, too, before it fetches an image. */
static struct bytes family(struct bytes name)
{
    size_t n = bytes_begin(name, "P0") ? 4 : bytes_begin(name, "CP79") ? 6 : name.len;

    if (n < name.len) return (struct bytes){name.at, n};
    return bytes_cut(&name, '.');
}

static bool at_least(struct release r, unsigned major, unsigned minor)
{
    return r.part[0] > major || (r.part[0] == major && r.part[1] >= minor);
}

/* What the phones of a file order have in common, with their newest load. */
struct habits {
    char files;
    uint8_t protocol, instance;
    uint16_t register_length;
    bool loads, trust, lldp;
    uint32_t capabilities; /* of CDP: host 0x10, VoIP phone 0x80, two-port MAC relay 0x400 */
};

static const struct habits habits[] = {
    {'A', 11, 1, 64, true, true, false, 0x10},  /* 7940, 7960: seen with 8.x; 0x10 seen of a SIP load */
    {'B', 20, 0, 124, true, true, true, 0x490}, /* 79x1 and later: 124 and instance 0 seen; 0x490 of a 7942 with 8.4 */
    {'C', 7, 1, 52, false, false, false, 0x10}, /* 7912 seen at CallManager 4; `.bin` stands for .sbin and .zup */
    {'D', 5, 1, 52, false, false, false, 0x10}, /* 7910: version and length unknown; choice */
    {'E', 16, 1, 64, true, true, false,
     0x90}, /* 7925: 16 and instance 1 seen; the rest choice, CDP on its one cable too */
    {'F', 4, 1, 52, false, false, false,
     0x90}, /* 7936: 4 and instance 1 seen; it stops at 44 bytes, 52 is near; choice */
    {'G', 11, 1, 64, false, true, false, 0x90},  /* 7937: choice */
    {'H', 20, 1, 64, true, true, true, 0x490},   /* 69xx: 17 to 20, 64 and instance 1 seen of a 6961; the rest choice */
    {'I', 20, 0, 124, true, true, false, 0x90},  /* IP Communicator with 9.x: 20 or 22 seen; the rest choice */
    {'K', 11, 1, 64, false, false, false, 0x90}, /* 7985: choice */
};

/* Older loads of the same phones, as far as it is known what they did otherwise. */
static void older(struct load_manifest *m, const struct phone_model *model, struct release r)
{
    if (r.parts == 0) return;
    switch (m->files_order) {
    case 'A':
        if (at_least(r, 8, 0)) break;
        m->protocol = 6;                         /* what a CallManager 4 of its time agreed on; choice */
        m->asks_loads = false;                   /* the older loader asks .bin; the universal one needs the list */
        m->trust_files = at_least(r, 7, 0);      /* 8.0(5) seen to ask CTLSEP; 7.x by analogy; choice */
        if (!at_least(r, 3, 0)) m->xml = XML_NO; /* 7960 guide 3.2: XML since 3.x, the ones before ask .cnf */
        break;
    case 'B':
        if (!at_least(r, 9, 0)) m->protocol = 17;           /* 8.4, 8.5: seen */
        if (!at_least(r, 8, 4)) m->cdp_capabilities = 0x90; /* 7941 with 8.2: seen */
        m->lldp = at_least(r, 8, 3);
        break;
    case 'E':
        if (model->device_type != 30002) break; /* the 7920 is of an older kind: no trust list, .bin */
        m->protocol = 5;                        /* choice */
        m->trust_files = m->asks_loads = false;
        break;
    case 'H':
        if (!at_least(r, 9, 0)) m->protocol = 15; /* 6961 with 8.5.3: seen */
        break;
    default: break;
    }
}

/* Seen: 7912 at 6, 7940 and 7960 at 11, 7941 at 17. Below 6 nothing is claimed: no dynamic messages; choice. */
static void set_features(struct load_manifest *m)
{
    static const uint8_t modern[] = {0x00, 0x72, 0x85}, middle[] = {0x00, 0x60, 0x85}, early[] = {0x00, 0x00, 0x81};

    if (m->protocol >= 6)
        memcpy(m->features, m->protocol >= 17 ? modern : m->protocol >= 11 ? middle : early, sizeof m->features);
}

static void set_codecs(struct load_manifest *m)
{
    static const uint16_t narrow[] = {4, 2, 11, 12, 15, 16};           /* 7912: seen */
    static const uint16_t wide[] = {4, 2, 25, 6, 11, 12, 15, 16, 257}; /* with wideband, G.722, RFC 2833; choice */
    bool modern = m->protocol >= 16;

    m->codecs = (uint8_t)(modern ? ARRAY_LENGTH(wide) : ARRAY_LENGTH(narrow));
    memcpy(m->codec, modern ? wide : narrow, m->codecs * sizeof m->codec[0]);
}

/* All models of the table that run loads of this family. */
static void set_models(struct load_manifest *m, const struct phone_model *self, struct bytes name)
{
    struct bytes own = family(name);

    if (self->load[0] == '\0')
        m->model[m->models++] = self->device_type; /* no example in the table: nothing to compare */
    for (size_t i = 0; i < model_count() && m->models < LOAD_MODELS; i++) {
        const struct phone_model *other = model_at(i);
        if (other->speaks_sccp && other->load[0] && bytes_equal(own, family(bytes_of(other->load))))
            m->model[m->models++] = other->device_type;
    }
}

static void set_version(struct load_manifest *m, struct release r)
{
    struct writer w = writer(m->version, sizeof m->version - 1);

    if (r.parts == 0) return;
    write_decimal(&w, r.part[0]);
    write_u8(&w, '.');
    write_decimal(&w, r.part[1]);
    if (r.parts < 3) return;
    write_u8(&w, '(');
    write_decimal(&w, r.part[2]);
    write_u8(&w, ')');
}

void load_manifest_for(struct load_manifest *out, const struct phone_model *model, struct bytes name)
{
    const struct habits *h = &habits[0];
    struct release r = release_of(name);

    for (size_t i = 0; i < ARRAY_LENGTH(habits); i++)
        if (habits[i].files == model->files_order) h = &habits[i];
    *out = (struct load_manifest){
        .hardware_least = 1,
        .hardware_most = 9, /* no revision of any phone is known to refuse these loads; choice */
        .files_order = h->files,
        .xml = model->needs_xml == XML_UNKNOWN ? XML_BOTH : model->needs_xml,
        .asks_loads = h->loads,
        .protocol = h->protocol,
        .register_length = h->register_length,
        .instance = h->instance,
        .cdp = true,
        .lldp = h->lldp,
        .cdp_capabilities = h->capabilities,
        /* The 7970 and its class 3 kin boot in low power and ask for more. */
        .asks_power = model->ieee_class == 3,
        /* 7910: none (chan-sccp); 7902 and 6901 have no display to show them on. */
        .soft_keys = h->files != 'D' && model->device_type != 30008 && model->device_type != 547,
        .trust_files = h->trust,
        .vlan_wait = 10,
    };
    text_copy(out->name, sizeof out->name, name);
    set_version(out, r);
    set_models(out, model, name);
    older(out, model, r);
    set_features(out);
    set_codecs(out);
}
