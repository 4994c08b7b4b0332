/* lab/fault.h: what can be made wrong in a lab, by name; one table for both worlds.
 *
 * A fault is either a way in which the plan is laid down differently (a bad flash bank, a missing load, a small budget)
 * or something that the interloper on the uplink does (lab/interloper.h).
 */
#ifndef LAB_FAULT_H
#define LAB_FAULT_H
#include "base/bytes.h"

/* name, what it makes wrong, survived: the phone goes on (exit status 0, a verdict of severity warning) */
#define LAB_FAULTS(X)                                                                                                  \
    X(NO_VOICE_VLAN, "no-voice-vlan", true, "the switch announces no voice VLAN")                                      \
    X(NO_CDP, "no-cdp", true, "the switch sends neither CDP nor LLDP")                                                 \
    X(MISSING_LOAD, "missing-load", true, "the load that the configuration names is not on the TFTP server")           \
    X(CORRUPT_LOAD, "corrupt-load", true, "one byte of that load is wrong")                                            \
    X(WRONG_LOAD, "wrong-load", true, "that load is made for another model")                                           \
    X(BAD_FLASH_BANK, "bad-flash-bank", true, "the bank that each phone would boot is damaged")                        \
    X(CM1_DOWN, "cm1-down", true, "the first CallManager refuses connections")                                         \
    X(CM1_SILENT, "cm1-silent", true, "nothing that goes to the first CallManager is answered")                        \
    X(TFTP_DOWN_KNOWN, "tftp-down-known", true, "TFTP is down; all phones hold a last good configuration")             \
    X(LOSS, "loss", true, "of the frames between switch and servers PERCENT are lost")                                 \
    X(LATENCY, "latency", true, "these frames take MS longer")                                                         \
    X(DUPLICATE, "duplicate", true, "PERCENT of them come twice")                                                      \
    X(REORDER, "reorder", true, "PERCENT of them are overtaken by others")                                             \
    X(SLOW_TFTP, "slow-tftp", true, "each TFTP packet takes 300 ms longer")                                            \
    X(TWO_DHCP, "two-dhcp", true, "a second DHCP server offers addresses without a TFTP server")                       \
    X(POE_BUDGET, "poe-budget", false, "the switch has 16 W for all ports (--power-budget says otherwise)")            \
    X(BAD_HARDWARE, "bad-hardware", false, "both banks of each phone's flash are damaged")                             \
    X(DHCP_DOWN, "dhcp-down", false, "nobody answers DHCP")                                                            \
    X(DHCP_EXHAUSTED, "dhcp-exhausted", false, "the voice VLAN's pool has a single address")                           \
    X(DHCP_NAK, "dhcp-nak", false, "the DHCP server refuses each REQUEST")                                             \
    X(NO_TFTP_OPTION, "no-tftp-option", false, "DHCP names no TFTP server")                                            \
    X(DUPLICATE_ADDRESS, "duplicate-address", false, "somebody answers ARP for each address that is offered")          \
    X(TFTP_DOWN, "tftp-down", false, "nobody answers TFTP")                                                            \
    X(TFTP_DENIED, "tftp-denied", false, "the TFTP server denies access to each file")                                 \
    X(NO_CONFIG, "no-config", false, "auto-registration is off: no default file for unknown phones")                   \
    X(BAD_CONFIG, "bad-config", false, "the configuration files are malformed XML")                                    \
    X(EMPTY_GROUP, "empty-group", false, "the CallManager group is empty")                                             \
    X(CM_DOWN, "cm-down", false, "all CallManagers refuse connections")                                                \
    X(CM_SILENT, "cm-silent-after-connect", false, "the CallManagers accept connections and say nothing")              \
    X(REJECT, "reject", false, "the CallManager refuses unknown phones")                                               \
    X(NUMBERS_USED_UP, "numbers-used-up", false, "auto-registration has a single directory number")

enum lab_fault {
#define X(name, text, survived, what) FAULT_IS_##name,
    LAB_FAULTS(X)
#undef X
        FAULT_KINDS
};

enum { OVERTAKEN_MS = 2 }; /* `reorder` makes a frame that much later than those behind it */

struct faults {
    bool on[FAULT_KINDS];
    uint32_t value[FAULT_KINDS]; /* LOSS, DUPLICATE, REORDER: in each 10,000; LATENCY: ms */
};

/* NAME or NAME=VALUE; false: no such fault, or a value that it does not take. */
bool fault_set(struct faults *, struct bytes text);
const char *fault_name(enum lab_fault);
const char *fault_what(enum lab_fault);
bool fault_survived(enum lab_fault);
bool fault_takes_value(enum lab_fault);
#endif
