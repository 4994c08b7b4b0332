/* phone/configuration.h: which files a phone asks for, in which order, until one configures it.
 *
 * Order    that of the load's class (manifest `files`): A 7940/60, B 79x1 and later, C 7902/05/12, D 7910, E 7920
 *          family, F 7935/36, G 7937, H 69xx and 894x, I IP Communicator, J 78xx/88xx, K 7985.
 * Missing  trust files (CTL, ITL) are normally not there. An own file ends the search; a missing one leads to the
 *          default file. The profile of class C is asked in every case, its default only when it is missing.
 */
#ifndef PHONE_CONFIGURATION_H
#define PHONE_CONFIGURATION_H
#include "base/address.h"
#include "provision/load.h"

enum want {
    WANT_NOTHING,
    WANT_BOOT_IMAGE,
    WANT_TRUST,
    WANT_OWN_XML,
    WANT_DEFAULT_XML,
    WANT_OWN_CNF,
    WANT_DEFAULT_CNF,
    WANT_PROFILE
};

/* The name that stands at `place` (0 up) in the order of this load; WANT_NOTHING past the end. Writes at most `size`
 * bytes with the NUL. */
enum want configuration_name(char *to, size_t size, const struct load_manifest *, const struct phone_model *,
                             struct mac, uint8_t place);
bool want_is_document(enum want);
bool want_is_xml(enum want);

/* What is kept in flash as the last good configuration, and read back. */
struct good_configuration {
    struct document_callmanager callmanager[DOCUMENT_CALLMANAGERS];
    uint8_t callmanagers;
    uint32_t connection_monitor;
    char load[LOAD_NAME], stamp[STAMP], file[72];
};
void good_encode(struct writer *, const struct good_configuration *);
bool good_decode(struct good_configuration *out, struct bytes, struct fault *why);
#endif
