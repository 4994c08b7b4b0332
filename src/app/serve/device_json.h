/* app/serve/device_json.h: a device as JSON, both ways: what `dialtone device list --json`, import and export hold.
 *
 *   device (SEP...), mac, model, type (SCCP's number), description, pool, lines: [{number, label}], speed_dials: [{key,
 *   number, label}]; what it has for itself, absent when it is its pool's: load, callmanagers ("10.0.0.1:2000"),
 *   date_format, time_zone, user_locale, network_locale.
 *   Given only: automatic, stamp, owes ("reset", "restart"), registered, and when it is: callmanager, address,
 *   running_load.
 */
#ifndef APP_SERVE_DEVICE_JSON_H
#define APP_SERVE_DEVICE_JSON_H
#include "server/devices.h"
#include <jansson.h>

json_t *device_to_json(const struct devices *, const struct device *);
/* What the object says, over *out; what it does not say stays. False: *why, a sentence. */
bool device_from_json(struct device_record *out, const json_t *, char why[200]);
#endif
