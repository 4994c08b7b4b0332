/* app/config/value.h: one value of the configuration, from its text; the same for the file and for an option.
 *
 * value_take    reads `text` as the key's kind says, into the member at `to` of the struct `into`. False: why, in the
 *               form "'VALUE' is not ..., such as ..."; nothing is changed.
 * Tables        of the keys of each mapping that hold one value each: where libcyaml left the text, and where it goes.
 */
#ifndef APP_CONFIG_VALUE_H
#define APP_CONFIG_VALUE_H
#include "app/config/schema.h"
#include "app/config/tree.h"

enum { WHY = 256 };

enum value_kind {
    VALUE_YES,       /* bool: on, off, yes, no, true, false */
    VALUE_SWITCH,    /* enum config_switch: auto too */
    VALUE_NUMBER,    /* from least to most */
    VALUE_SECONDS,   /* the same, with s, m, h, d or w behind it */
    VALUE_TEXT,      /* UTF-8 without control characters */
    VALUE_PATH,      /* one that begins with / */
    VALUE_WORD,      /* one of `words` */
    VALUE_INTERFACE, /* a name that Linux takes */
    VALUE_ADDRESS,   /* of a single station */
    VALUE_STATION,   /* ADDRESS or ADDRESS/BITS; `also`: the prefix */
    VALUE_NETWORK,   /* ADDRESS/BITS, no bits of a host; `also` */
    VALUE_PORTS,     /* FIRST-LAST; `also`: the last */
    VALUE_ENDPOINT,  /* ADDRESS[:PORT]; `also`: the port */
    VALUE_DIGITS,    /* a directory number */
    VALUE_DATE,      /* D/M/YA */
    VALUE_ZONE,      /* IANA's name */
    VALUE_MODEL,     /* a device type, by the model's name */
    VALUE_LOAD,      /* a load's name, not a file's */
};

struct config_key {
    const char *key;
    enum value_kind kind;
    size_t from, to, size, also; /* from: of the char * */
    uint32_t least, most;
    const char *words; /* with | between */
    size_t mark;       /* where its place is kept; 0: nowhere */
};

/* No struct begins with a mark, so that an offset of 0 can say "nowhere". */
extern const struct config_key keys_top[], keys_interface[], keys_subnet[], keys_dhcp[], keys_tftp[], keys_http[],
    keys_node[], keys_callmanager[], keys_automatic[], keys_pool[], keys_device[], keys_line[], keys_admin[],
    keys_log[]; /* end with a key of NULL */

bool value_take(void *into, const struct config_key *, const char *text, char why[WHY]);

/* What stands in lists. */
bool value_address(struct bytes, ipv4 *, char why[WHY]);
bool value_range(struct bytes, struct config_range *, char why[WHY]); /* FIRST-LAST, or one address */
bool value_callmanager(struct bytes, const struct serve_config *, struct record_callmanager *,
                       char why[WHY]); /* ADDRESS[:PORT], self[:PORT] or a node's name */
bool value_hex(const char *text, uint8_t *to, size_t most, size_t *length, char why[WHY]);
bool value_text_sound(struct bytes, size_t most, char why[WHY]);
bool value_load_sound(struct bytes, char why[WHY]);
bool value_is_station(ipv4, ipv4 network, uint8_t prefix); /* neither the network's own address nor its broadcast */
const char *duration_text(char to[16], uint32_t seconds);  /* 90s, 15m, 12h, 1d: as it can be read again */
#endif
