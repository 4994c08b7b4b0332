/* provision/device_name.h: device names (SEP + 12 hex digits) and the file names that phones ask for.
 *
 * Phones vary the case, prefix "/", "\" or "Cisco/", and old texts say sepdefault.cnf.xml: all are taken, without case.
 * Any other name, whatever bytes it has, is ASKED_OTHER: never an error.
 */
#ifndef PROVISION_DEVICE_NAME_H
#define PROVISION_DEVICE_NAME_H
#include "base/address.h"

enum { DEVICE_NAME = 16 }; /* with the NUL */

enum asked_kind {
    ASKED_OTHER,
    ASKED_OWN_XML,     /* SEP<MAC>.cnf.xml */
    ASKED_OWN_CNF,     /* SEP<MAC>.cnf */
    ASKED_DEFAULT_XML, /* XMLDefault.cnf.xml, SEPDefault.cnf.xml */
    ASKED_DEFAULT_CNF, /* SEPDefault.cnf */
    ASKED_TRUST,       /* CTLSEP<MAC>.tlv, ITLSEP<MAC>.tlv, ITLFile.tlv */
    ASKED_LOADS,       /* <load>.loads, any case */
    ASKED_BIN,         /* <load>.bin */
};

struct asked {
    enum asked_kind kind;
    struct mac mac;    /* OWN_*, and TRUST when it names one */
    struct bytes stem; /* LOADS, BIN: the load's name; OTHER: the whole name without its prefix; borrows the input */
};

void device_name(char to[DEVICE_NAME], struct mac);    /* SEP020000000001 */
bool device_name_parse(struct bytes, struct mac *out); /* case-blind; exactly SEP + 12 hex digits */
struct asked asked_name(struct bytes file_name);
#endif
