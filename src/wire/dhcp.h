/* wire/dhcp.h: DHCPv4 messages (RFC 2131, 2132), long options split (RFC 3396), option overload, relay agent
 * information (RFC 3046), TFTP server addresses (RFC 5859 = Cisco's option 150).
 *
 * Decoded options land in fields; each one that came has its bit in `has` (see dhcp_has). Options split over several
 * instances, or over the file and sname fields (overload), are joined in `joined` first. Everything else is found with
 * dhcp_option. Garbage: an op other than 1 and 2, a wrong magic cookie, hlen over 16, an option beyond the end, a
 * length that its type cannot have, message type 0, an overload other than 1 to 3, split options of more than `joined`
 * holds: refused. Of a list of addresses whose length is no multiple of 4 the whole ones count; one without any is as
 * if it were absent. Of an option of one length that was repeated the first counts.
 * A missing end option is taken. Text options may end in NUL, as Cisco's option 60 and others' option 66 do: the NUL
 * stays in the span (dhcp_text cuts it).
 */
#ifndef WIRE_DHCP_H
#define WIRE_DHCP_H
#include "base/address.h"

enum { DHCP_SERVER_PORT = 67, DHCP_CLIENT_PORT = 68, DHCP_LEAST = 300, DHCP_MOST = 1472, DHCP_ADDRESSES = 8 };
enum dhcp_op { BOOTREQUEST = 1, BOOTREPLY = 2 };
enum dhcp_type {
    DHCP_DISCOVER = 1,
    DHCP_OFFER,
    DHCP_REQUEST,
    DHCP_DECLINE,
    DHCP_ACK,
    DHCP_NAK,
    DHCP_RELEASE,
    DHCP_INFORM
};
enum dhcp_code {
    DHCP_MASK = 1,
    DHCP_ROUTERS = 3,
    DHCP_DNS = 6,
    DHCP_HOST_NAME = 12,
    DHCP_DOMAIN = 15,
    DHCP_NTP = 42,
    DHCP_VENDOR = 43,
    DHCP_REQUESTED = 50,
    DHCP_LEASE = 51,
    DHCP_OVERLOAD = 52,
    DHCP_MESSAGE_TYPE = 53,
    DHCP_SERVER_ID = 54,
    DHCP_PARAMETERS = 55,
    DHCP_MESSAGE = 56,
    DHCP_MAX_SIZE = 57,
    DHCP_T1 = 58,
    DHCP_T2 = 59,
    DHCP_CLASS = 60,
    DHCP_CLIENT_ID = 61,
    DHCP_TFTP_NAME = 66,
    DHCP_BOOT_FILE = 67,
    DHCP_RELAY_AGENT = 82,
    DHCP_SEARCH = 119, /* RFC 3397 */
    DHCP_TFTP_SERVERS = 150,
};
/* Sub-options of option 82: RFC 3046, section 2.0; RFC 3527; RFC 5107. */
enum dhcp_relay_code { DHCP_CIRCUIT_ID = 1, DHCP_REMOTE_ID = 2, DHCP_LINK_SELECTION = 5, DHCP_SERVER_ID_OVERRIDE = 11 };
enum { DHCP_FILE_OVERLOADED = 1, DHCP_SNAME_OVERLOADED = 2 };                /* option 52 (RFC 2132, section 9.3) */
enum { DHCP_SNAME_SIZE = 64, DHCP_FILE_SIZE = 128, DHCP_HEADER_SIZE = 240 }; /* with the magic cookie */

struct dhcp_addresses {
    uint8_t count; /* the first DHCP_ADDRESSES of them are kept */
    ipv4 at[DHCP_ADDRESSES];
};

struct dhcp {
    uint8_t op, htype, hlen, hops;
    uint32_t xid;
    uint16_t secs;
    bool broadcast;
    ipv4 ciaddr, yiaddr, siaddr, giaddr;
    struct mac chaddr;
    struct bytes sname, file;        /* cut at NUL; empty when overloaded */
    uint64_t has[4];                 /* bit (code % 64) of has[code / 64]; encode writes these, in the order below */
    enum dhcp_type type;             /* 53; 0: plain BOOTP */
    ipv4 requested, server_id, mask; /* 50, 54, 1 */
    uint32_t lease, t1, t2;          /* s; 51, 58, 59; UINT32_MAX: infinite */
    uint16_t max_size;               /* 57 */
    struct dhcp_addresses routers, dns, ntp, tftp; /* 3, 6, 42, 150 */
    struct bytes host_name, domain, vendor, parameters, message, vendor_class, client_id, tftp_name, boot_file,
        relay_agent;
    struct bytes options;       /* decode: the raw options area, after the cookie. Encode: more options, written raw
                                         (code, length, value) behind the fields and before 82 and the end, less
                                         what a field has written: so what was decoded can be encoded */
    struct bytes overloaded[2]; /* decode: file, sname, where they hold options (52); encode: empty */
    uint8_t joined[640];
    uint16_t joins; /* decode: where split options are put together */
};

bool dhcp_has(const struct dhcp *, uint8_t code);
void dhcp_set(struct dhcp *, uint8_t code);
bool dhcp_decode(struct dhcp *out, struct bytes in, struct fault *why); /* *out borrows `in` and points into itself */
/* Order: 53, 61, 12, 60, 50, 54, 57, 55, 51, 58, 59, 1, 3, 6, 15, 42, 43, 66, 67, 150, 56, `options`, 82, end; padded
 * to DHCP_LEAST. A value over 255 bytes is split (RFC 3396). */
void dhcp_encode(struct writer *, const struct dhcp *);
struct bytes dhcp_option(const struct dhcp *,
                         uint8_t code);     /* the first instance, raw; empty with at == NULL when absent */
struct bytes dhcp_text(struct bytes value); /* without trailing NULs */

/* For one who lays the options out himself (a server that must keep to the client's maximum size). */
void dhcp_encode_header(struct writer *, const struct dhcp *);                  /* up to the magic cookie */
void dhcp_write_option(struct writer *, uint8_t code, struct bytes value);      /* over 255 bytes: split (RFC 3396) */
size_t dhcp_option_size(struct bytes value);                                    /* what that writes */
bool dhcp_relay_option(struct bytes relay_agent, uint8_t code, struct bytes *); /* sub-option of 82; false: absent, or
                                                                        what stands before it is cut */
#endif
