/* provision/document.h: what a configuration file tells a phone: SEP<MAC>.cnf.xml, XMLDefault.cnf.xml, the plain .cnf.
 *
 * One struct for reading and writing. Text fields are NUL-terminated UTF-8, without white space around them (but a time
 * zone's final blank is kept), and cut to their size, between characters, when read.
 * document_read takes a whole XML file: root `device` (own) or `Default`. CallManagers come out in the order of their
 *   `priority` (absent: the order of the file), at most 3; a member without processNodeName is nobody; of two groups
 *   the first counts. In a default file the load is `loadInformation<N>` whose N equals `device_type` (without case,
 *   leading zeros allowed). An empty load means "keep the one you have". An empty group is no fault: callmanagers = 0.
 *   Elements that it does not know are passed over, but the raw bytes of unknown children of the root are kept in
 *   `extra` (as UTF-8; at most DOCUMENT_EXTRA bytes, cut at a whole element; `extra_cut` says so) and written back.
 * Garbage: malformed XML, an internal or external entity or DOCTYPE, nesting over 32, more than 64 KiB, another root,
 *   another encoding than UTF-8, ISO-8859-1 or US-ASCII, no CallManager group element, a port, priority or monitor
 *   duration that is no such number: refused with the byte offset, and *out is an empty document. FAULT_SHORT: the
 *   file may be whole when there is more of it.
 * document_write says in every own file fullConfig true, deviceProtocol SCCP and deviceSecurityMode 1, which some loads
 *   want, unless `extra` says them otherwise. What XML cannot hold (control characters, broken UTF-8) becomes `?`, so
 *   that whatever is written can be read.
 * Memory: Expat works in the caller's scratch (DOCUMENT_SCRATCH bytes are enough for any sane file); nothing else is
 *   allocated, and each thread may read with its own scratch. Scratch that is too small, or none, is FAULT_LONG.
 * plain_read / plain_write: our own form of .cnf, since the real one is not public: see provision/plain_cnf.c and
 *   docs/plain-cnf.md. It holds no load: such a phone learns it from the CallManager (SCCP Version).
 */
#ifndef PROVISION_DOCUMENT_H
#define PROVISION_DOCUMENT_H
#include "base/address.h"

enum {
    DOCUMENT_MOST = 65536,
    DOCUMENT_SCRATCH = 512 * 1024,
    DOCUMENT_CALLMANAGERS = 3,
    DOCUMENT_EXTRA = 2048,
    LOAD_NAME = 64,
    STAMP = 64,
    NODE_NAME = 64,
    URL = 128
};
enum document_kind { DOCUMENT_OWN, DOCUMENT_DEFAULT };
enum document_url {
    URL_AUTHENTICATION,
    URL_DIRECTORY,
    URL_IDLE,
    URL_INFORMATION,
    URL_MESSAGES,
    URL_SERVICES,
    URL_PROXY,
    URLS
};

struct document_callmanager {
    char node[NODE_NAME]; /* processNodeName: a dotted address or a name */
    ipv4 address;         /* 0 when `node` is a name */
    uint16_t port;        /* ethernetPhonePort, 2000 when absent */
};

struct document_load { /* default file: one a model */
    uint32_t device_type;
    char model[32]; /* the attribute model="Cisco 7960"; may be empty */
    char load[LOAD_NAME];
};

struct document {
    enum document_kind kind;
    struct document_callmanager callmanager[DOCUMENT_CALLMANAGERS];
    uint8_t callmanagers;
    char group[32], pool[32];
    char load[LOAD_NAME]; /* own: loadInformation. Default, read: that of device_type; written: `loads` */
    const struct document_load *loads;
    size_t load_count;                                   /* write, default file only */
    char stamp[STAMP], date_template[16], time_zone[48]; /* time_zone: Cisco's name */
    char user_locale[32], network_locale[32];
    char url[URLS][URL];
    uint32_t connection_monitor; /* s, 120 when absent */
    bool auto_registration;      /* default file: element autoRegistration */
    char extra[DOCUMENT_EXTRA];
    size_t extra_len;
    bool extra_cut;
};

bool document_read(struct document *out, struct bytes xml, uint32_t device_type, void *scratch, size_t scratch_size,
                   struct fault *why);
void document_write(struct writer *, const struct document *); /* escapes what XML needs; UTF-8 */
bool plain_read(struct document *out, struct bytes in, struct fault *why);
void plain_write(struct writer *, const struct document *);
#endif
