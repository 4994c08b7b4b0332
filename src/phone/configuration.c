#include "phone/configuration.h"
#include "base/hex.h"
#include "provision/device_name.h"

/* One letter a file: o OS79XX.TXT, c CTL, i own ITL, f ITLFile, x own XML, X default XML, n own .cnf, N default .cnf,
 * p profile, P default profile. */
static const char *order_of(const struct load_manifest *load)
{
    bool itl = load->protocol >= 20; /* 9.x loads; 8.3 and older know no ITL */

    switch (load->files_order) {
    case 'A':
        if (load->xml == XML_NO) return load->asks_loads ? "nN" : "onN";
        return load->asks_loads ? load->trust_files ? "cxX" : "xX" : load->trust_files ? "ocxX" : "oxX";
    case 'C': return load->xml == XML_NO ? "nNpP" : "xXNpP";
    case 'D': return "nN";
    case 'E': return load->trust_files ? "cxX" : "xX";
    case 'F':
        return load->xml == XML_BOTH ? "xXnN" : load->xml == XML_YES ? "xX" : "nN"; /* the order of BOTH: choice */
    default:
        if (load->xml == XML_NO) return "nN";
        return !load->trust_files ? "xX" : itl ? "cifxX" : "cxX";
    }
}

static void profile_name(struct writer *w, const struct phone_model *model, struct mac mac, bool own)
{
    const char *prefix = bytes_are(bytes_of(model->name), "7902")   ? "ff"
                         : bytes_are(bytes_of(model->name), "7905") ? "ld"
                                                                    : "gk";

    write_text(w, prefix);
    for (size_t i = 0; own && i < sizeof mac.byte; i++) {
        write_u8(w, (uint8_t)HEX_DIGITS[mac.byte[i] >> 4]);
        write_u8(w, (uint8_t)HEX_DIGITS[mac.byte[i] & 15]);
    }
    if (!own) write_text(w, "default.cfg");
}

enum want configuration_name(char *to, size_t size, const struct load_manifest *load, const struct phone_model *model,
                             struct mac mac, uint8_t place)
{
    struct bytes order = bytes_of(order_of(load));
    struct writer w = writer(to, size - 1);
    char name[DEVICE_NAME];
    enum want want = WANT_NOTHING;

    to[0] = '\0';
    if (place >= order.len) return WANT_NOTHING;
    device_name(name, mac);
    switch (order.at[place]) {
    case 'o':
        write_text(&w, "OS79XX.TXT");
        want = WANT_BOOT_IMAGE;
        break;
    case 'c': write_text(&w, "CTL"); /* fall through */
    case 'i':
        if (order.at[place] == 'i') write_text(&w, "ITL");
        write_text(&w, name);
        write_text(&w, ".tlv");
        want = WANT_TRUST;
        break;
    case 'f':
        write_text(&w, "ITLFile.tlv");
        want = WANT_TRUST;
        break;
    case 'x':
        write_text(&w, name);
        write_text(&w, ".cnf.xml");
        want = WANT_OWN_XML;
        break;
    case 'X':
        write_text(&w, "XMLDefault.cnf.xml");
        want = WANT_DEFAULT_XML;
        break;
    case 'n':
        write_text(&w, name);
        write_text(&w, ".cnf");
        want = WANT_OWN_CNF;
        break;
    case 'N':
        write_text(&w, "SEPDefault.cnf");
        want = WANT_DEFAULT_CNF;
        break;
    case 'p':
        profile_name(&w, model, mac, true);
        want = WANT_PROFILE;
        break;
    default:
        profile_name(&w, model, mac, false);
        want = WANT_PROFILE;
        break;
    }
    to[w.len] = '\0';
    return want;
}

bool want_is_document(enum want want)
{
    return want == WANT_OWN_XML || want == WANT_DEFAULT_XML || want == WANT_OWN_CNF || want == WANT_DEFAULT_CNF;
}

bool want_is_xml(enum want want)
{
    return want == WANT_OWN_XML || want == WANT_DEFAULT_XML;
}

static void write_counted(struct writer *w, const char *text)
{
    struct bytes b = bytes_of(text);

    write_u8(w, (uint8_t)b.len);
    write_bytes(w, b);
}

void good_encode(struct writer *w, const struct good_configuration *g)
{
    write_u8(w, 1); /* the form's version */
    write_be32(w, g->connection_monitor);
    write_counted(w, g->load);
    write_counted(w, g->stamp);
    write_counted(w, g->file);
    write_u8(w, g->callmanagers);
    for (uint8_t i = 0; i < g->callmanagers; i++) {
        write_be32(w, g->callmanager[i].address);
        write_be16(w, g->callmanager[i].port);
        write_counted(w, g->callmanager[i].node);
    }
}

static void read_counted(struct reader *r, char *to, size_t size)
{
    text_copy(to, size, read_bytes(r, read_u8(r)));
}

bool good_decode(struct good_configuration *g, struct bytes in, struct fault *why)
{
    struct reader r = reader(in, why);

    *g = (struct good_configuration){0};
    if (read_u8(&r) != 1) refuse(&r, FAULT_VALUE, "form of the last good configuration");
    g->connection_monitor = read_be32(&r);
    read_counted(&r, g->load, sizeof g->load);
    read_counted(&r, g->stamp, sizeof g->stamp);
    read_counted(&r, g->file, sizeof g->file);
    g->callmanagers = read_u8(&r);
    if (g->callmanagers > DOCUMENT_CALLMANAGERS) refuse(&r, FAULT_VALUE, "number of CallManagers");
    for (uint8_t i = 0; sound(&r) && i < g->callmanagers; i++) {
        g->callmanager[i].address = read_be32(&r);
        g->callmanager[i].port = read_be16(&r);
        read_counted(&r, g->callmanager[i].node, sizeof g->callmanager[i].node);
    }
    return sound(&r);
}
