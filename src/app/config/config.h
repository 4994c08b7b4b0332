/* app/config/config.h: what `dialtone serve` shall do: its configuration file (YAML, dialtone.yaml(5)), and the options
 * over it.
 *
 * Takes   a file that a person wrote. Every key may be left out. Nothing is looked up on the machine here: what depends
 *         on interfaces (addresses, the subnet of an interface) is settled by serve at its start and stated there.
 * Gives   a struct serve_config with every default filled in.
 * Errors  config_load and config_check tell each thing that is wrong, one line each, `FILE:LINE:COLUMN: what, and what
 *         would be right`, through config_say: unknown key, wrong type, a value out of its range, overlapping pools, a
 *         pool outside of its subnet, a subnet of an interface that is not served, a reservation or directory number
 *         that stands twice, a device of an unknown pool or model, a pool of an unknown group, a load that is not in
 *         the folder, a time zone that does not exist. False: at least one.
 * Memory  one struct; what it points to is freed by config_free.
 */
#ifndef APP_CONFIG_CONFIG_H
#define APP_CONFIG_CONFIG_H
#include "server/store.h"
#include <stddef.h>

enum config_switch { SWITCH_AUTO, SWITCH_ON, SWITCH_OFF };
enum { CONFIG_NAME = 64, CONFIG_PATH = 256, CONFIG_INTERFACES = 8, CONFIG_NODES = 3, CONFIG_ADDRESSES = 8 };
enum {
    CONFIG_SUBNETS = 1024,
    CONFIG_RANGES = 64,
    CONFIG_OPTION = 1024
}; /* subnets; pools of one; bytes of an option */
enum {
    CONFIG_DEVICES = 100000,
    CONFIG_POOLS = 256,
    CONFIG_LEASES = 1 << 20
};                                            /* devices; device pools, and groups; addresses of all DHCP pools */
enum { CONFIG_FILE_MOST = 16 * 1024 * 1024 }; /* bytes of a file */

/* Where in the file a thing stands, for what config_check has to tell; line 0: it came from no file. */
struct config_mark {
    int line, column;
};

struct config_interface {
    char name[CONFIG_NAME];
    uint16_t voice_vlan;         /* 0: none */
    ipv4 voice_address;          /* 0: 10.(VLAN % 256).0.1 */
    uint8_t voice_prefix;        /* 0: 24 */
    enum config_switch announce; /* auto: unless a switch gives a voice VLAN already */
    bool cdp, lldp;              /* yes, yes */
    uint8_t priority, dscp;      /* of voice: 5, 46 */
    struct config_mark at;
};

struct config_range {
    ipv4 first, last; /* both included */
    struct config_mark at;
};

struct config_option { /* an arbitrary DHCP option: its bytes */
    uint8_t number;
    uint8_t *bytes;
    size_t length;
    struct config_mark at;
};

struct config_addresses {
    ipv4 at[CONFIG_ADDRESSES];
    uint8_t count;
};

struct config_subnet {
    ipv4 network;
    uint8_t prefix;
    char interface[CONFIG_NAME]; /* empty: the one that has an address in it, or behind a relay */
    struct config_range *pool, *exclude;
    size_t pools, excludes; /* no pool: the whole subnet less network, broadcast, ours, the routers */
    struct config_addresses routers, dns, ntp, tftp; /* tftp: none: ourselves */
    char domain[CONFIG_NAME];
    uint32_t lease,
        phone_lease; /* s; 0: of the whole server; phone_lease: to phones in a subnet that is not a voice VLAN's */
    struct config_option *option;
    size_t options;
    int line, column;
    struct config_mark interface_at, routers_at;
};

struct config_reservation {
    struct mac mac;
    ipv4 address;
    char host_name[CONFIG_NAME];
    int line, column; /* of device or mac */
    struct config_mark address_at;
};

struct config_node { /* one CallManager */
    char name[CONFIG_NAME];
    ipv4 address; /* 0: every interface's own */
    uint16_t port;
    struct config_mark at;
};

struct config_pool_marks { /* beside a pool_record */
    struct config_mark name, group, load[RECORD_LOADS];
};

struct config_device {
    struct device_record record; /* device_type by `model`; stamp and owed are 0 */
    int line, column;
    struct config_mark pool_at, load_at, number_at[RECORD_LINES];
};

struct serve_config {
    char state[CONFIG_PATH]; /* /var/lib/dialtone */
    char user[CONFIG_NAME];  /* dialtone */
    struct config_interface interface[CONFIG_INTERFACES];
    size_t interfaces;
    struct {
        enum config_switch serve;
        bool conflict_probe, authoritative; /* yes, yes */
        uint32_t lease, phone_lease;        /* 86400, 3600 */
        struct config_subnet *subnet;
        size_t subnets; /* none: one for each interface and voice VLAN */
        struct config_reservation *reservation;
        size_t reservations;
        struct config_option *option; /* in every subnet */
        size_t options;
        uint32_t leases_per_port; /* of an option-82 port; 0: no limit */
    } dhcp;
    struct {
        bool serve, single_port;        /* yes, no */
        char folder[CONFIG_PATH];       /* empty: STATE/files */
        uint16_t first_port, last_port; /* of transfers: 51000 to 51015 */
    } tftp;
    struct {
        bool serve;
        uint16_t port; /* 6970 */
    } http;
    struct {
        bool serve;
        struct config_node node[CONFIG_NODES];
        uint8_t nodes;                         /* none: one, port 2000, every address */
        uint32_t keepalive, standby_keepalive; /* s: 30, 60 */
        uint32_t tokens;                       /* a second: 10 */
        uint32_t devices, connections;         /* most: 20000, 25000 */
    } callmanager;
    size_t option_interface; /* that the next option of an interface acts on, from 1; 0: the only one there is */
    struct settings_record automatic; /* auto-registration: on, 1000 to 1999, pool "Default" */
    struct {
        struct config_mark last, pool;
    } automatic_at;
    struct group_record *group; /* callmanagers of address 0: ours, as the phone reaches us */
    size_t groups;
    bool group_made;              /* none was given: "Default", of all our nodes in order */
    struct config_mark *group_at; /* NULL: they came from no file; as many as groups */
    struct pool_record *pool;
    size_t pools;
    struct config_pool_marks *pool_at;
    struct config_device *device;
    size_t devices;
    struct {
        bool serve;
        ipv4 address;    /* 127.0.0.1 */
        uint16_t port;   /* 8970 */
        char token[128]; /* needed when address is not loopback */
        struct config_mark at;
    } admin_http;
    struct {
        char level[16]; /* error, warning, info, debug: info */
        char to[16];    /* auto (journal when systemd started us, else stderr), stderr, syslog */
    } log;
};

/* One line about the file or an option; `line` 0: none. Lines and columns count from 1; a column counts characters. */
typedef void config_say_fn(void *context, const char *file, int line, int column, const char *text);

void config_default(struct serve_config *); /* allocates nothing */
/* *out needs no config_default before it; what an earlier load allocated is to be freed first. What is told comes in
 * the order of the file. A file that holds nothing is the defaults. On false *out holds what was sound, so that options
 * and config_check can go on and tell the rest. */
bool config_load(struct serve_config *out, const char *file, config_say_fn *, void *context);
/* The same of bytes in memory; `file` is for what is told. */
bool config_read(struct serve_config *out, struct bytes text, const char *file, config_say_fn *, void *context);
/* An option of the command line: a key of the file, `--voice-vlan` by its name without the dashes. Those of an
 * interface act on the last `--interface` before them; before any, on the file's only one. `value` NULL: as `on`.
 * False: *why; an option that does not exist too. */
bool config_option(struct serve_config *, const char *name, const char *value, char why[256]);
/* All that config_option knows, for --help. An argument of NULL never stands here; help is a short phrase. Ends with a
 * name of NULL. */
struct config_option_name {
    const char *name, *argument, *help;
};
extern const struct config_option_name config_option_names[];
extern const size_t config_option_count;
/* What no single key shows: overlaps, duplicates, unknown names. After the options, since they may change it. Looks
 * into the TFTP folder for the loads; when there is no such folder yet, that is told, and nothing is wrong. */
bool config_check(const struct serve_config *, const char *file, config_say_fn *, void *context);
void config_print(const struct serve_config *,
                  void *stdio_file); /* YAML with comments, ready to edit; config_load takes it */
/* What an interface's voice-address is when nobody gave one. */
ipv4 config_voice_address(const struct config_interface *, uint8_t *prefix);
void config_free(struct serve_config *);
#endif
