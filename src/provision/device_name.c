#include "provision/device_name.h"
#include "base/hex.h"
#include <string.h>

void device_name(char to[DEVICE_NAME], struct mac mac)
{
    static const char hex[] =
        "0123456789ABCDEF"; /* upper case in every phone's Register and file names but one's alarm */

    memcpy(to, "SEP", 3);
    for (size_t i = 0; i < 6; i++) {
        to[3 + 2 * i] = hex[mac.byte[i] >> 4];
        to[4 + 2 * i] = hex[mac.byte[i] & 15];
    }
    to[DEVICE_NAME - 1] = '\0';
}

bool device_name_parse(struct bytes name, struct mac *out)
{
    struct mac mac = MAC_NONE;

    if (name.len != DEVICE_NAME - 1 || !bytes_equal_nocase((struct bytes){name.at, 3}, bytes_of("SEP"))) return false;
    for (size_t i = 0; i < 6; i++) {
        int high = hex_value(name.at[3 + 2 * i]), low = hex_value(name.at[4 + 2 * i]);
        if (high < 0 || low < 0) return false;
        mac.byte[i] = (uint8_t)(high << 4 | low);
    }
    *out = mac;
    return true;
}

static bool take_prefix(struct bytes *name, const char *prefix)
{
    struct bytes p = bytes_of(prefix);

    if (name->len < p.len || !bytes_equal_nocase((struct bytes){name->at, p.len}, p)) return false;
    *name = bytes_from(*name, p.len);
    return true;
}

static bool take_suffix(struct bytes *name, const char *suffix)
{
    struct bytes s = bytes_of(suffix);

    if (name->len < s.len || !bytes_equal_nocase(bytes_from(*name, name->len - s.len), s)) return false;
    name->len -= s.len;
    return true;
}

/* A load's name is one word of a file name: nothing that a file system or a log could read otherwise. */
static bool could_be_load(struct bytes stem)
{
    if (stem.len == 0 || stem.at[0] == '.') return false;
    for (size_t i = 0; i < stem.len; i++)
        if (stem.at[i] <= ' ' || stem.at[i] >= 0x7f || stem.at[i] == '/' || stem.at[i] == '\\') return false;
    return true;
}

static bool trust_list(struct bytes name, struct mac *mac)
{
    if (!take_suffix(&name, ".tlv")) return false;
    if (bytes_equal_nocase(name, bytes_of("ITLFile"))) return true;
    return (take_prefix(&name, "CTL") || take_prefix(&name, "ITL")) && device_name_parse(name, mac);
}

struct asked asked_name(struct bytes name)
{
    struct asked asked = {.kind = ASKED_OTHER};

    /* Phones put "/", "\" or "Cisco/" before a name, and servers see them combined. */
    while (take_prefix(&name, "/") || take_prefix(&name, "\\")) continue;
    if (take_prefix(&name, "Cisco/") || take_prefix(&name, "Cisco\\"))
        while (take_prefix(&name, "/") || take_prefix(&name, "\\")) continue;
    asked.stem = name;

    struct bytes stem = name;
    if (take_suffix(&stem, ".cnf.xml")) {
        if (device_name_parse(stem, &asked.mac))
            asked.kind = ASKED_OWN_XML;
        else if (bytes_equal_nocase(stem, bytes_of("XMLDefault")))
            asked.kind = ASKED_DEFAULT_XML;
        else if (bytes_equal_nocase(stem, bytes_of("SEPDefault")))
            asked.kind = ASKED_DEFAULT_XML;
    } else if (take_suffix(&stem, ".cnf")) {
        if (device_name_parse(stem, &asked.mac))
            asked.kind = ASKED_OWN_CNF;
        else if (bytes_equal_nocase(stem, bytes_of("SEPDefault")))
            asked.kind = ASKED_DEFAULT_CNF;
    } else if (trust_list(name, &asked.mac)) {
        asked.kind = ASKED_TRUST;
    } else if (take_suffix(&stem, ".loads") && could_be_load(stem)) {
        asked.kind = ASKED_LOADS;
        asked.stem = stem;
    } else if (take_suffix(&stem, ".bin") && could_be_load(stem)) {
        asked.kind = ASKED_BIN;
        asked.stem = stem;
    }
    return asked;
}
