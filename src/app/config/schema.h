/* app/config/schema.h: what a configuration file may hold, as libcyaml's schema, and what libcyaml makes of it.
 *
 * Every value is loaded as its text, NULL when it is not there: config_value.h reads it, the same way for the file and
 * for an option of the command line. (libcyaml's own numbers take 010 for 8, and its booleans every other word for
 * true.) The keys are described in dialtone.yaml(5); tests/checks/config.bats compares.
 */
#ifndef APP_CONFIG_SCHEMA_H
#define APP_CONFIG_SCHEMA_H
#include <cyaml/cyaml.h>

struct file_interface {
    char *name, *voice_vlan, *voice_address, *announce, *cdp, *lldp, *priority, *dscp;
};

struct file_option {
    char *number, *hex, *text, **addresses;
    unsigned addresses_count;
};

struct file_subnet {
    char *network, *interface, *domain, *lease, *phone_lease;
    char **pools, **exclude, **routers, **dns, **ntp, **tftp;
    struct file_option *options;
    unsigned pools_count, exclude_count, routers_count, dns_count, ntp_count, tftp_count, options_count;
};

struct file_reservation {
    char *device, *mac, *address, *host_name;
};

struct file_dhcp {
    char *serve, *conflict_probe, *authoritative, *lease, *phone_lease, *leases_per_port;
    struct file_subnet *subnets;
    struct file_reservation *reservations;
    struct file_option *options;
    unsigned subnets_count, reservations_count, options_count;
};

struct file_tftp {
    char *serve, *folder, *ports, *single_port;
};

struct file_http {
    char *serve, *port;
};

struct file_node {
    char *name, *address, *port;
};

struct file_callmanager {
    char *serve, *keepalive, *standby_keepalive, *tokens, *devices, *connections;
    struct file_node *nodes;
    unsigned nodes_count;
};

struct file_automatic {
    char *enabled, *first_number, *last_number, *pool;
};

struct file_group {
    char *name, **callmanagers;
    unsigned callmanagers_count;
};

struct file_load {
    char *model, *load;
};

struct file_pool {
    char *name, *group, *date_format, *time_zone, *user_locale, *network_locale, *connection_monitor, *region;
    struct file_load *loads;
    unsigned loads_count;
};

struct file_line {
    char *number, *label;
};

struct file_device {
    char *name, *model, *pool, *description, *load, *date_format, *time_zone, *user_locale, *network_locale;
    struct file_line *lines, *speed_dials;
    char **callmanagers;
    unsigned lines_count, speed_dials_count, callmanagers_count;
};

struct file_admin {
    char *serve, *address, *token;
};

struct file_log {
    char *level, *to;
};

struct file {
    char *state, *user;
    struct file_interface *interfaces;
    unsigned interfaces_count;
    struct file_dhcp dhcp;
    struct file_tftp tftp;
    struct file_http http;
    struct file_callmanager callmanager;
    struct file_automatic automatic;
    struct file_group *groups;
    struct file_pool *pools;
    struct file_device *devices;
    unsigned groups_count, pools_count, devices_count;
    struct file_admin admin_http;
    struct file_log log;
};

extern const cyaml_schema_value_t config_schema;
#endif
