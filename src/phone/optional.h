/* phone/optional.h: files that a phone asks for once it is registered, and can do without: rings, and the texts and
 * tones of the locales that its configuration names.
 *
 * When     after a registration that followed a configuration by TFTP; a phone that lives on the one in its flash, or
 *          changes to another CallManager, asks none. A 7912 was seen to ask its ring list at once when its time was
 *          answered; that the others wait for it too is a choice of this emulator (a 7942's locale came 4 s after its
 *          configuration).
 * Order    A (7940, 7960): ring list, then what CallManager Express binds for the user locale and for the network
 *          locale. B, H: <user locale>/<code>-sccp.jar, by CallManager Express's table of phone codes, and <network
 *          locale>/g3-tones.xml; a model whose code is not known asks neither.
 *          C: Ringlist.xml, and nothing for its locales, though they were named, as captured; a 7902 shows no list.
 *          All others none: what they ask is not known, or only for SIP (dialplan.xml), or when its user opens a menu.
 * Failing  a missing file is no trouble (PHONE_FILE_MISSING, and the next); a server that no longer answers ends it
 *          (PHONE_OPTIONAL_SILENT).
 */
#ifndef PHONE_OPTIONAL_H
#define PHONE_OPTIONAL_H
#include "provision/load.h"

struct optional_locales { /* as the configuration names them: folders of the server; empty: not named */
    char user[32], network[32];
};

/* The name that stands at `place` (0 up) for this load on this model; false past the end. Writes at most `size` bytes
 * with the NUL. What needs a locale that is not named is left out; a locale that is no plain folder name counts as
 * none. */
bool optional_name(char *to, size_t size, const struct load_manifest *, const struct phone_model *,
                   const struct optional_locales *, uint8_t place);
#endif
