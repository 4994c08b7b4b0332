/* provision/time_zone.h: Cisco's time zone names and their IANA twins, and date templates.
 * A Cisco name is taken with or without its final blank. Unknown: NULL. */
#ifndef PROVISION_TIME_ZONE_H
#define PROVISION_TIME_ZONE_H
#include "base/bytes.h"

const char *time_zone_cisco(struct bytes iana); /* "Europe/Paris" -> "Central Europe Standard/Daylight Time" */
const char *time_zone_iana(struct bytes cisco);
/* D, M, Y in any order with one of / - . between, and a final A for a 12-hour clock: "D.M.YA". At most 6 bytes. */
bool date_template_valid(struct bytes);
#endif
