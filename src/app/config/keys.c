/* The keys that hold one value: of which kind, where from, where to. */
#include "app/config/value.h"

#define SIZE(of, member) sizeof(((struct of *)NULL)->member)
#define FROM(of, member) .from = offsetof(struct of, member)
#define TO(of, member)   .to = offsetof(struct of, member), .size = SIZE(of, member)
#define ALSO(of, member) .also = offsetof(struct of, member)
#define MARK(of, member) .mark = offsetof(struct of, member)
#define SERVE(member)    TO(serve_config, member)

enum { DAY = 86400, HOUR = 3600, YEAR = 365 * DAY };

const struct config_key keys_top[] = {{"state", VALUE_PATH, FROM(file, state), SERVE(state)},
                                      {"user", VALUE_TEXT, FROM(file, user), SERVE(user), .least = 1},
                                      {0}};

const struct config_key keys_interface[] = {
    {"name", VALUE_INTERFACE, FROM(file_interface, name), TO(config_interface, name), MARK(config_interface, at)},
    {"voice-vlan", VALUE_NUMBER, FROM(file_interface, voice_vlan), TO(config_interface, voice_vlan), .least = 1,
     .most = 4094}, /* IEEE 802.1Q: 0 and 4095 are no VLANs */
    {"voice-address", VALUE_STATION, FROM(file_interface, voice_address), TO(config_interface, voice_address),
     ALSO(config_interface, voice_prefix)},
    {"announce", VALUE_SWITCH, FROM(file_interface, announce), TO(config_interface, announce)},
    {"cdp", VALUE_YES, FROM(file_interface, cdp), TO(config_interface, cdp)},
    {"lldp", VALUE_YES, FROM(file_interface, lldp), TO(config_interface, lldp)},
    {"priority", VALUE_NUMBER, FROM(file_interface, priority), TO(config_interface, priority), .most = 7},
    {"dscp", VALUE_NUMBER, FROM(file_interface, dscp), TO(config_interface, dscp), .most = 63},
    {0}};

const struct config_key keys_subnet[] = {
    {"network", VALUE_NETWORK, FROM(file_subnet, network), TO(config_subnet, network), ALSO(config_subnet, prefix)},
    {"interface", VALUE_INTERFACE, FROM(file_subnet, interface), TO(config_subnet, interface),
     MARK(config_subnet, interface_at)},
    {"domain", VALUE_TEXT, FROM(file_subnet, domain), TO(config_subnet, domain)},
    {"lease", VALUE_SECONDS, FROM(file_subnet, lease), TO(config_subnet, lease), .least = 60, .most = YEAR},
    {"phone-lease", VALUE_SECONDS, FROM(file_subnet, phone_lease), TO(config_subnet, phone_lease), .least = 60,
     .most = YEAR},
    {0}};

const struct config_key keys_dhcp[] = {
    {"serve", VALUE_SWITCH, FROM(file_dhcp, serve), SERVE(dhcp.serve)},
    {"conflict-probe", VALUE_YES, FROM(file_dhcp, conflict_probe), SERVE(dhcp.conflict_probe)},
    {"authoritative", VALUE_YES, FROM(file_dhcp, authoritative), SERVE(dhcp.authoritative)},
    {"lease", VALUE_SECONDS, FROM(file_dhcp, lease), SERVE(dhcp.lease), .least = 60, .most = YEAR},
    {"phone-lease", VALUE_SECONDS, FROM(file_dhcp, phone_lease), SERVE(dhcp.phone_lease), .least = 60, .most = YEAR},
    {"leases-per-port", VALUE_NUMBER, FROM(file_dhcp, leases_per_port), SERVE(dhcp.leases_per_port), .most = 65535},
    {0}};

const struct config_key keys_tftp[] = {
    {"serve", VALUE_YES, FROM(file_tftp, serve), SERVE(tftp.serve)},
    {"folder", VALUE_PATH, FROM(file_tftp, folder), SERVE(tftp.folder)},
    {"ports", VALUE_PORTS, FROM(file_tftp, ports), SERVE(tftp.first_port), ALSO(serve_config, tftp.last_port)},
    {"single-port", VALUE_YES, FROM(file_tftp, single_port), SERVE(tftp.single_port)},
    {0}};

const struct config_key keys_http[] = {
    {"serve", VALUE_YES, FROM(file_http, serve), SERVE(http.serve)},
    {"port", VALUE_NUMBER, FROM(file_http, port), SERVE(http.port), .least = 1, .most = 65535},
    {0}};

const struct config_key keys_node[] = {
    {"name", VALUE_TEXT, FROM(file_node, name), TO(config_node, name), MARK(config_node, at), .least = 1},
    {"address", VALUE_ADDRESS, FROM(file_node, address), TO(config_node, address)},
    {"port", VALUE_NUMBER, FROM(file_node, port), TO(config_node, port), .least = 1, .most = 65535},
    {0}};

const struct config_key keys_callmanager[] = {
    {"serve", VALUE_YES, FROM(file_callmanager, serve), SERVE(callmanager.serve)},
    {"keepalive", VALUE_SECONDS, FROM(file_callmanager, keepalive), SERVE(callmanager.keepalive), .least = 5,
     .most = HOUR},
    {"standby-keepalive", VALUE_SECONDS, FROM(file_callmanager, standby_keepalive),
     SERVE(callmanager.standby_keepalive), .least = 5, .most = HOUR},
    {"tokens", VALUE_NUMBER, FROM(file_callmanager, tokens), SERVE(callmanager.tokens), .least = 1, .most = 100000},
    {"devices", VALUE_NUMBER, FROM(file_callmanager, devices), SERVE(callmanager.devices), .least = 1, .most = 1000000},
    {"connections", VALUE_NUMBER, FROM(file_callmanager, connections), SERVE(callmanager.connections), .least = 1,
     .most = 1000000},
    {0}};

const struct config_key keys_automatic[] = {
    {"enabled", VALUE_YES, FROM(file_automatic, enabled), SERVE(automatic.automatic)},
    {"first-number", VALUE_NUMBER, FROM(file_automatic, first_number), SERVE(automatic.first), .least = 1,
     .most = 999999999},
    {"last-number", VALUE_NUMBER, FROM(file_automatic, last_number), SERVE(automatic.last), .least = 1,
     .most = 999999999, MARK(serve_config, automatic_at.last)},
    {"pool", VALUE_TEXT, FROM(file_automatic, pool), SERVE(automatic.pool), .least = 1,
     MARK(serve_config, automatic_at.pool)},
    {0}};

const struct config_key keys_pool[] = {
    {"name", VALUE_TEXT, FROM(file_pool, name), TO(pool_record, name), .least = 1},
    {"group", VALUE_TEXT, FROM(file_pool, group), TO(pool_record, group)},
    {"date-format", VALUE_DATE, FROM(file_pool, date_format), TO(pool_record, date_template)},
    {"time-zone", VALUE_ZONE, FROM(file_pool, time_zone), TO(pool_record, time_zone)},
    {"user-locale", VALUE_TEXT, FROM(file_pool, user_locale), TO(pool_record, user_locale)},
    {"network-locale", VALUE_TEXT, FROM(file_pool, network_locale), TO(pool_record, network_locale)},
    {"connection-monitor", VALUE_SECONDS, FROM(file_pool, connection_monitor), TO(pool_record, connection_monitor),
     .least = 1, .most = 65535},
    {"region", VALUE_TEXT, FROM(file_pool, region), TO(pool_record, region)},
    {0}};

const struct config_key keys_device[] = {
    {"model", VALUE_MODEL, FROM(file_device, model), TO(device_record, device_type)},
    {"pool", VALUE_TEXT, FROM(file_device, pool), TO(device_record, pool)},
    {"description", VALUE_TEXT, FROM(file_device, description), TO(device_record, description)},
    {"load", VALUE_LOAD, FROM(file_device, load), TO(device_record, load)},
    {"date-format", VALUE_DATE, FROM(file_device, date_format), TO(device_record, date_template)},
    {"time-zone", VALUE_ZONE, FROM(file_device, time_zone), TO(device_record, time_zone)},
    {"user-locale", VALUE_TEXT, FROM(file_device, user_locale), TO(device_record, user_locale)},
    {"network-locale", VALUE_TEXT, FROM(file_device, network_locale), TO(device_record, network_locale)},
    {0}};

const struct config_key keys_line[] = {{"number", VALUE_DIGITS, FROM(file_line, number), TO(record_line, number)},
                                       {"label", VALUE_TEXT, FROM(file_line, label), TO(record_line, label)},
                                       {0}};

const struct config_key keys_admin[] = {{"serve", VALUE_YES, FROM(file_admin, serve), SERVE(admin_http.serve)},
                                        {"address", VALUE_ENDPOINT, FROM(file_admin, address),
                                         SERVE(admin_http.address), ALSO(serve_config, admin_http.port),
                                         MARK(serve_config, admin_http.at)},
                                        {"token", VALUE_TEXT, FROM(file_admin, token), SERVE(admin_http.token)},
                                        {0}};

const struct config_key keys_log[] = {
    {"level", VALUE_WORD, FROM(file_log, level), SERVE(log.level), .words = "error|warning|info|debug"},
    {"to", VALUE_WORD, FROM(file_log, to), SERVE(log.to), .words = "auto|stderr|syslog"},
    {0}};
