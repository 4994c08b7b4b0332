/* base/facts.h: what an engine tells: named values, the payload of ACTION_TELL.
 *
 * An engine formats no text. It says which news (a number) and gives facts; the app has the words, and writes the same
 * facts as JSON. Form: for each fact: key u8, type u8, length be16, value. A key appears once.
 */
#ifndef BASE_FACTS_H
#define BASE_FACTS_H
#include "base/engine.h"

/* clang-format off */
#define FACTS(X)                                                                                                     \
    X(BOOT, "boot") X(STEP, "step") X(TOOK, "took_ms") X(WATTS, "milliwatts")                                        \
    X(WATTS_LATER, "negotiated_milliwatts") X(DETECTED, "detected") X(CLASS, "class") X(VOLTS, "volts")              \
    X(PORT, "port") X(BANK, "bank") X(BANKS, "banks") X(LOAD, "load") X(LOAD_BEFORE, "load_before")                  \
    X(MODEL, "model") X(DEVICE, "device") X(MAC, "mac") X(PARTS, "parts") X(VLAN, "vlan")                            \
    X(NATIVE_VLAN, "native_vlan") X(SOURCE, "source") X(SWITCH, "switch") X(ADDRESS, "address") X(MASK, "mask")      \
    X(ROUTER, "router") X(SERVER, "server") X(TFTP, "tftp_server") X(TFTP_SOURCE, "tftp_source")                     \
    X(LEASE, "lease_s") X(FILE, "file") X(FILES, "files") X(BYTES, "bytes") X(BLOCKS, "blocks")                      \
    X(CALLMANAGER, "callmanager") X(CALLMANAGERS, "callmanagers") X(DIRECTORY_NUMBER, "directory_number")            \
    X(PROTOCOL, "protocol") X(KEEPALIVE, "keepalive_s") X(REASON, "reason") X(TEXT, "text") X(COUNT, "count")        \
    X(STAMP, "version_stamp") X(AT, "fault_at") X(WHAT, "fault") X(WHY, "why") X(TRIES, "tries")                     \
    X(RESET, "reset") X(PRIORITY, "priority") X(LABEL, "label") X(TIME, "time") X(OLD, "before") X(NEW, "after")     \
    X(ROLE, "role") X(TRANSFER, "transfer") X(HARDWARE, "hardware") X(WAIT, "wait_s") X(STREAM, "stream")            \
    X(ERROR, "error") X(PREFERENCE, "preference") X(NEIGHBOUR, "neighbour") X(CAPABILITIES, "capabilities")          \
    X(OTHER_SERVER, "other_server") X(WORST, "worst_ms") X(DOUBLED, "doubled") X(REPEATED, "repeated")               \
    X(CALL, "call") X(CALLING, "calling") X(CALLED, "called") X(CODEC, "codec") X(NEAREST, "nearest_device")         \
    X(INTERFACE, "interface") X(SENT, "packets_sent") X(RECEIVED, "packets_received") X(LOST, "packets_lost")           \
    X(JITTER, "jitter_us") X(MESSAGE, "message") X(VALUE, "value")
/* clang-format on */

enum fact {
#define X(name, text) FACT_##name,
    FACTS(X)
#undef X
        FACT_COUNT_OF_KEYS
};

enum fact_type { TOLD_NUMBER = 1, TOLD_TEXT, TOLD_IPV4, TOLD_MAC };

const char *fact_name(enum fact); /* its key in JSON; NULL past the last */

void tell_number(struct writer *, enum fact, uint64_t);
void tell_text(struct writer *, enum fact, struct bytes);
void tell_ipv4(struct writer *, enum fact, ipv4);
void tell_mac(struct writer *, enum fact, struct mac);
void tell_fault(struct writer *, const struct fault *); /* FACT_WHAT and FACT_AT; nothing for FAULT_NONE */

struct told {
    enum fact key;
    enum fact_type type;
    uint64_t number;   /* all but TOLD_TEXT; IPV4 in host order */
    struct bytes text; /* TOLD_TEXT */
};

/* Takes the next fact off *facts. False at the end, and at the first that is not sound. */
bool told_next(struct bytes *facts, struct told *out);
bool told_find(struct bytes facts, enum fact key, struct told *out);
uint64_t told_number(struct bytes facts, enum fact key, uint64_t otherwise);
struct bytes told_text(struct bytes facts, enum fact key);            /* empty when absent */
bool told_says(struct bytes facts, enum fact key, const char *words); /* they stand somewhere in that text */
#endif
