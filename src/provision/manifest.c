/* The manifest of a load: lines `key value`. One table says how each key is read; one function how all are written. */
#include "provision/load.h"
#include "base/hex.h"
#include <string.h>

/* A load's name is a file's name without its suffix: one word of printable ASCII, no path in it. */
static bool read_name(struct load_manifest *m, struct bytes v)
{
    if (v.len == 0 || v.len >= sizeof m->name || v.at[0] == '.') return false;
    for (size_t i = 0; i < v.len; i++)
        if (v.at[i] <= ' ' || v.at[i] > '~' || v.at[i] == '/' || v.at[i] == '\\') return false;
    text_copy(m->name, sizeof m->name, v);
    return true;
}

static bool read_version(struct load_manifest *m, struct bytes v)
{
    for (size_t i = 0; i < v.len; i++)
        if (v.at[i] < ' ' || v.at[i] > '~') return false;
    return v.len < sizeof m->version && text_copy(m->version, sizeof m->version, v) == v.len;
}

static bool read_models(struct load_manifest *m, struct bytes v)
{
    m->models = 0;
    do {
        const struct phone_model *model = model_find(bytes_trim(bytes_cut(&v, ',')));
        if (!model || m->models == LOAD_MODELS) return false;
        m->model[m->models++] = model->device_type;
    } while (v.len);
    return true;
}

static bool read_hardware(struct load_manifest *m, struct bytes v)
{
    uint64_t least, most;
    struct bytes first = bytes_cut(&v, '-');

    if (!bytes_number(first, UINT8_MAX, &least) || !bytes_number(v, UINT8_MAX, &most) || least > most) return false;
    m->hardware_least = (uint8_t)least;
    m->hardware_most = (uint8_t)most;
    return true;
}

static bool read_files(struct load_manifest *m, struct bytes v)
{
    if (v.len != 1 || v.at[0] < 'A' || v.at[0] > 'K') return false;
    m->files_order = (char)v.at[0];
    return true;
}

static bool read_xml(struct load_manifest *m, struct bytes v)
{
    m->xml = bytes_are(v, "no")     ? XML_NO
             : bytes_are(v, "yes")  ? XML_YES
             : bytes_are(v, "both") ? XML_BOTH
                                    : XML_UNKNOWN;
    return m->xml != XML_UNKNOWN;
}

static bool either(bool *out, struct bytes v, const char *this, const char *that)
{
    *out = bytes_are(v, this);
    return *out || bytes_are(v, that);
}

static bool read_next(struct load_manifest *m, struct bytes v)
{
    return either(&m->asks_loads, v, "loads", "bin");
}

static bool read_sccp(struct load_manifest *m, struct bytes v)
{
    uint64_t n;

    if (!bytes_number(v, UINT8_MAX, &n) || n == 0) return false;
    m->protocol = (uint8_t)n;
    return true;
}

/* Hex digits, `least` to `most` of them. */
static bool hex(struct bytes v, size_t least, size_t most, uint32_t *out)
{
    if (v.len < least || v.len > most) return false;
    *out = 0;
    for (size_t i = 0; i < v.len; i++) {
        uint8_t c = v.at[i];
        if (c >= '0' && c <= '9')
            c = (uint8_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            c = (uint8_t)((c | 0x20) - 'a' + 10);
        else
            return false;
        *out = *out << 4 | c;
    }
    return true;
}

static bool read_features(struct load_manifest *m, struct bytes v)
{
    uint32_t n;

    if (!hex(v, 6, 6, &n)) return false;
    m->features[0] = (uint8_t)(n >> 16);
    m->features[1] = (uint8_t)(n >> 8);
    m->features[2] = (uint8_t)n;
    return true;
}

/* The Register bodies that are known: 52 (7912), 64 (7940, 7960, 6961), 124 (7941 and later). */
static bool read_register(struct load_manifest *m, struct bytes v)
{
    uint64_t n;

    if (!bytes_number(v, UINT16_MAX, &n) || (n != 52 && n != 64 && n != 124)) return false;
    m->register_length = (uint16_t)n;
    return true;
}

static bool read_instance(struct load_manifest *m, struct bytes v)
{
    uint64_t n;

    if (!bytes_number(v, UINT8_MAX, &n)) return false;
    m->instance = (uint8_t)n;
    return true;
}

static bool read_discovery(struct load_manifest *m, struct bytes v)
{
    m->cdp = m->lldp = false;
    if (bytes_are(v, "none")) return true;
    do {
        struct bytes word = bytes_trim(bytes_cut(&v, ','));
        if (bytes_are(word, "cdp"))
            m->cdp = true;
        else if (bytes_are(word, "lldp"))
            m->lldp = true;
        else
            return false;
    } while (v.len);
    return true;
}

static bool read_capabilities(struct load_manifest *m, struct bytes v)
{
    return bytes_begin(v, "0x") && hex(bytes_from(v, 2), 1, 8, &m->cdp_capabilities);
}

static bool read_power_request(struct load_manifest *m, struct bytes v)
{
    return either(&m->asks_power, v, "yes", "no");
}

static bool read_soft_keys(struct load_manifest *m, struct bytes v)
{
    return either(&m->soft_keys, v, "yes", "no");
}

static bool read_trust_files(struct load_manifest *m, struct bytes v)
{
    return either(&m->trust_files, v, "yes", "no");
}

static bool read_codecs(struct load_manifest *m, struct bytes v)
{
    uint64_t n;

    m->codecs = 0;
    do {
        if (!bytes_number(bytes_trim(bytes_cut(&v, ',')), UINT16_MAX, &n) || m->codecs == LOAD_CODECS) return false;
        m->codec[m->codecs++] = (uint16_t)n;
    } while (v.len);
    return true;
}

static bool read_vlan_wait(struct load_manifest *m, struct bytes v)
{
    uint64_t n;

    if (!bytes_number(v, UINT16_MAX, &n)) return false;
    m->vlan_wait = (uint16_t)n;
    return true;
}

static const struct {
    const char *key;
    bool (*read)(struct load_manifest *, struct bytes);
} keys[] = {
    {"name", read_name},
    {"version", read_version},
    {"models", read_models},
    {"hardware", read_hardware},
    {"files", read_files},
    {"xml", read_xml},
    {"next", read_next},
    {"sccp", read_sccp},
    {"features", read_features},
    {"register", read_register},
    {"instance", read_instance},
    {"discovery", read_discovery},
    {"capabilities", read_capabilities},
    {"power-request", read_power_request},
    {"soft-keys", read_soft_keys},
    {"trust-files", read_trust_files},
    {"codecs", read_codecs},
    {"vlan-wait", read_vlan_wait},
};

static void take_line(struct load_manifest *m, struct bytes line, size_t at, struct fault *why)
{
    struct bytes value = bytes_trim(line), key = bytes_cut(&value, ' ');

    value = bytes_trim(value);
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        if (!bytes_are(key, keys[i].key) || keys[i].read(m, value) || why->kind != FAULT_NONE) continue;
        at += value.len ? (size_t)(value.at - line.at) : line.len;
        *why = (struct fault){.kind = FAULT_VALUE, .at = at, .what = keys[i].key};
    }
}

/* A load must say what it is and what it fits; of everything else there is a plain, old phone's way, as of a 7960. */
bool manifest_read(struct load_manifest *out, struct bytes text, struct fault *why)
{
    struct bytes rest = text;

    *out = (struct load_manifest){
        .hardware_most = UINT8_MAX,
        .files_order = 'A',
        .xml = XML_YES,
        .asks_loads = true,
        .protocol = 5,
        .register_length = 52,
        .instance = 1,
        .cdp = true,
        .cdp_capabilities = 0x90,
        .soft_keys = true,
        .codec = {4, 2},
        .codecs = 2,
        .vlan_wait = 10,
    };
    *why = (struct fault){.kind = FAULT_NONE};
    while (rest.len && why->kind == FAULT_NONE) {
        size_t at = text.len - rest.len;
        struct bytes line = bytes_cut(&rest, '\n');
        if (line.len && line.at[0] != '#') take_line(out, line, at, why);
    }
    if (why->kind == FAULT_NONE && (!out->name[0] || !out->models))
        *why = (struct fault){.kind = FAULT_ABSENT, .at = text.len, .what = out->name[0] ? "models" : "name"};
    return why->kind == FAULT_NONE;
}

static void write_key(struct writer *w, const char *key, const char *value)
{
    write_text(w, key);
    write_u8(w, ' ');
    write_text(w, value);
}

static void write_number(struct writer *w, const char *key, uint64_t n)
{
    write_key(w, key, "");
    write_decimal(w, n);
    write_u8(w, '\n');
}

static void write_hex(struct writer *w, uint32_t n, unsigned digits)
{
    for (unsigned shift = digits * 4; shift > 0; shift -= 4) write_u8(w, (uint8_t)HEX_DIGITS[n >> (shift - 4) & 15]);
}

static void write_yes(struct writer *w, const char *key, bool yes)
{
    write_key(w, key, yes ? "yes\n" : "no\n");
}

void manifest_write(struct writer *w, const struct load_manifest *m)
{
    static const char *const xml[] = {[XML_UNKNOWN] = "both", [XML_NO] = "no", [XML_YES] = "yes", [XML_BOTH] = "both"};
    bool first = true;
    unsigned digits = 1;

    write_key(w, "name", m->name);
    write_key(w, "\nversion", m->version);
    write_key(w, "\nmodels", "");
    for (size_t i = 0; i < m->models && i < LOAD_MODELS; i++) {
        const struct phone_model *model = model_of_type(m->model[i]);
        if (!model) continue; /* a type that the table does not have has no name to write */
        if (!first) write_u8(w, ',');
        write_text(w, model->name);
        first = false;
    }
    write_key(w, "\nhardware", "");
    write_decimal(w, m->hardware_least);
    write_u8(w, '-');
    write_decimal(w, m->hardware_most);
    write_key(w, "\nfiles", "");
    write_u8(w, (uint8_t)m->files_order);
    write_key(w, "\nxml", xml[m->xml]);
    write_key(w, "\nnext", m->asks_loads ? "loads\n" : "bin\n");
    write_number(w, "sccp", m->protocol);
    write_key(w, "features", "");
    write_hex(w, (uint32_t)m->features[0] << 16 | (uint32_t)m->features[1] << 8 | m->features[2], 6);
    write_u8(w, '\n');
    write_number(w, "register", m->register_length);
    write_number(w, "instance", m->instance);
    write_key(w, "discovery", m->cdp ? m->lldp ? "cdp,lldp" : "cdp" : m->lldp ? "lldp" : "none");
    write_key(w, "\ncapabilities", "0x");
    while (digits < 8 && m->cdp_capabilities >> (4 * digits)) digits++;
    write_hex(w, m->cdp_capabilities, digits);
    write_u8(w, '\n');
    write_yes(w, "power-request", m->asks_power);
    write_yes(w, "soft-keys", m->soft_keys);
    write_yes(w, "trust-files", m->trust_files);
    write_key(w, "codecs", "");
    for (size_t i = 0; i < m->codecs && i < LOAD_CODECS; i++) {
        if (i) write_u8(w, ',');
        write_decimal(w, m->codec[i]);
    }
    write_u8(w, '\n');
    write_number(w, "vlan-wait", m->vlan_wait);
}
