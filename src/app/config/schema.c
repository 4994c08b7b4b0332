#include "app/config/schema.h"

#define MUST_BE_THERE CYAML_FLAG_DEFAULT
#define MAY_BE_THERE  CYAML_FLAG_OPTIONAL
/* A text, a list of texts, a list of mappings, a mapping. */
#define TEXT(key, of, member) CYAML_FIELD_STRING_PTR(key, MAY_BE_THERE, struct of, member, 0, CYAML_UNLIMITED)
#define MUST(key, of, member) CYAML_FIELD_STRING_PTR(key, MUST_BE_THERE, struct of, member, 0, CYAML_UNLIMITED)
#define TEXTS(key, of, member)                                                                                         \
    CYAML_FIELD_SEQUENCE(key, MAY_BE_THERE | CYAML_FLAG_POINTER, struct of, member, &text_entry, 0, CYAML_UNLIMITED)
#define LIST(key, of, member, entry)                                                                                   \
    CYAML_FIELD_SEQUENCE(key, MAY_BE_THERE | CYAML_FLAG_POINTER, struct of, member, &entry, 0, CYAML_UNLIMITED)
#define MAP(key, of, member, fields) CYAML_FIELD_MAPPING(key, MAY_BE_THERE, struct of, member, fields)
#define END                          CYAML_FIELD_END

typedef const cyaml_schema_field_t fields;
typedef const cyaml_schema_value_t entry;

static entry text_entry = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED)};

static fields interface_fields[] = {MUST("name", file_interface, name),
                                    TEXT("voice-vlan", file_interface, voice_vlan),
                                    TEXT("voice-address", file_interface, voice_address),
                                    TEXT("announce", file_interface, announce),
                                    TEXT("cdp", file_interface, cdp),
                                    TEXT("lldp", file_interface, lldp),
                                    TEXT("priority", file_interface, priority),
                                    TEXT("dscp", file_interface, dscp),
                                    END};
static entry interface_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_interface, interface_fields)};

static fields option_fields[] = {MUST("number", file_option, number), TEXT("hex", file_option, hex),
                                 TEXT("text", file_option, text), TEXTS("addresses", file_option, addresses), END};
static entry option_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_option, option_fields)};

static fields subnet_fields[] = {MUST("network", file_subnet, network),
                                 TEXT("interface", file_subnet, interface),
                                 TEXTS("pools", file_subnet, pools),
                                 TEXTS("exclude", file_subnet, exclude),
                                 TEXTS("routers", file_subnet, routers),
                                 TEXTS("dns", file_subnet, dns),
                                 TEXT("domain", file_subnet, domain),
                                 TEXTS("ntp", file_subnet, ntp),
                                 TEXTS("tftp", file_subnet, tftp),
                                 TEXT("lease", file_subnet, lease),
                                 TEXT("phone-lease", file_subnet, phone_lease),
                                 LIST("options", file_subnet, options, option_entry),
                                 END};
static entry subnet_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_subnet, subnet_fields)};

static fields reservation_fields[] = {TEXT("device", file_reservation, device), TEXT("mac", file_reservation, mac),
                                      MUST("address", file_reservation, address),
                                      TEXT("host-name", file_reservation, host_name), END};
static entry reservation_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_reservation, reservation_fields)};

static fields dhcp_fields[] = {TEXT("serve", file_dhcp, serve),
                               TEXT("conflict-probe", file_dhcp, conflict_probe),
                               TEXT("authoritative", file_dhcp, authoritative),
                               TEXT("lease", file_dhcp, lease),
                               TEXT("phone-lease", file_dhcp, phone_lease),
                               TEXT("leases-per-port", file_dhcp, leases_per_port),
                               LIST("subnets", file_dhcp, subnets, subnet_entry),
                               LIST("reservations", file_dhcp, reservations, reservation_entry),
                               LIST("options", file_dhcp, options, option_entry),
                               END};

static fields tftp_fields[] = {TEXT("serve", file_tftp, serve), TEXT("folder", file_tftp, folder),
                               TEXT("ports", file_tftp, ports), TEXT("single-port", file_tftp, single_port), END};

static fields http_fields[] = {TEXT("serve", file_http, serve), TEXT("port", file_http, port), END};

static fields node_fields[] = {TEXT("name", file_node, name), TEXT("address", file_node, address),
                               TEXT("port", file_node, port), END};
static entry node_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_node, node_fields)};

static fields callmanager_fields[] = {TEXT("serve", file_callmanager, serve),
                                      LIST("nodes", file_callmanager, nodes, node_entry),
                                      TEXT("keepalive", file_callmanager, keepalive),
                                      TEXT("standby-keepalive", file_callmanager, standby_keepalive),
                                      TEXT("tokens", file_callmanager, tokens),
                                      TEXT("devices", file_callmanager, devices),
                                      TEXT("connections", file_callmanager, connections),
                                      END};

static fields automatic_fields[] = {
    TEXT("enabled", file_automatic, enabled), TEXT("first-number", file_automatic, first_number),
    TEXT("last-number", file_automatic, last_number), TEXT("pool", file_automatic, pool), END};

static fields group_fields[] = {MUST("name", file_group, name), TEXTS("callmanagers", file_group, callmanagers), END};
static entry group_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_group, group_fields)};

static fields load_fields[] = {MUST("model", file_load, model), MUST("load", file_load, load), END};
static entry load_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_load, load_fields)};

static fields pool_fields[] = {MUST("name", file_pool, name),
                               TEXT("group", file_pool, group),
                               TEXT("date-format", file_pool, date_format),
                               TEXT("time-zone", file_pool, time_zone),
                               TEXT("user-locale", file_pool, user_locale),
                               TEXT("network-locale", file_pool, network_locale),
                               TEXT("connection-monitor", file_pool, connection_monitor),
                               TEXT("region", file_pool, region),
                               LIST("loads", file_pool, loads, load_entry),
                               END};
static entry pool_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_pool, pool_fields)};

static fields line_fields[] = {MUST("number", file_line, number), TEXT("label", file_line, label), END};
static entry line_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_line, line_fields)};

static fields device_fields[] = {MUST("name", file_device, name),
                                 MUST("model", file_device, model),
                                 TEXT("pool", file_device, pool),
                                 TEXT("description", file_device, description),
                                 LIST("lines", file_device, lines, line_entry),
                                 LIST("speed-dials", file_device, speed_dials, line_entry),
                                 TEXT("load", file_device, load),
                                 TEXT("date-format", file_device, date_format),
                                 TEXT("time-zone", file_device, time_zone),
                                 TEXT("user-locale", file_device, user_locale),
                                 TEXT("network-locale", file_device, network_locale),
                                 TEXTS("callmanagers", file_device, callmanagers),
                                 END};
static entry device_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_device, device_fields)};

static fields admin_fields[] = {TEXT("serve", file_admin, serve), TEXT("address", file_admin, address),
                                TEXT("token", file_admin, token), END};

static fields log_fields[] = {TEXT("level", file_log, level), TEXT("to", file_log, to), END};

static fields file_fields[] = {TEXT("state", file, state),
                               TEXT("user", file, user),
                               LIST("interfaces", file, interfaces, interface_entry),
                               MAP("dhcp", file, dhcp, dhcp_fields),
                               MAP("tftp", file, tftp, tftp_fields),
                               MAP("http", file, http, http_fields),
                               MAP("callmanager", file, callmanager, callmanager_fields),
                               MAP("auto-registration", file, automatic, automatic_fields),
                               LIST("groups", file, groups, group_entry),
                               LIST("pools", file, pools, pool_entry),
                               LIST("devices", file, devices, device_entry),
                               MAP("admin-http", file, admin_http, admin_fields),
                               MAP("log", file, log, log_fields),
                               END};

entry config_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields)};
